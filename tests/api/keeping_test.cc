// What is kept of sessions, over the API: files, notes, answers to the survey, the history of a device; and instant chats.
#include "router/limits.h"
#include "statemachine/limits.h"
#include "tests/api/sessions.h"

namespace guichet::api_test {
namespace {

class Keeping : public ::testing::Test {
 protected:
  Keeping() {
    sessions.Attach(world.ann);
    sessions.Attach(world.bob);
  }
  // A session of the device, led by ann; it ends with a note when `note` is not empty.
  Entered OfDevice(const std::string& device, const std::string& note = "") {
    pb::RedeemCodeRequest redeem;
    const auto made = world.CreatePin(world.ann);
    redeem.set_code(made.code());
    redeem.set_device_id(device);
    Entered entered{made.session().session_id(), world.Must<pb::RedeemCodeResponse>(redeem, "").device_token()};
    sessions.devices.push_back(std::make_unique<Device>(world.client(), entered.token));
    sessions.devices.back()->Hello();
    world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(entered.id), world.ann);
    if (note.empty()) return entered;
    Note(entered.id, note);
    End(entered.id);
    return entered;
  }
  void Note(uint64_t session, const std::string& text) {
    auto request = World::On<pb::AddNoteRequest>(session);
    request.set_text(text);
    world.Must<pb::AddNoteResponse>(request, world.ann);
  }
  void End(uint64_t session) { world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(session), world.ann); }
  pb::ListDeviceHistoryResponse History(const std::string& device, int size = 0, const std::string& token = "") {
    pb::ListDeviceHistoryRequest request;
    request.set_device_id(device);
    request.set_page_size(size);
    request.set_page_token(token);
    return world.Must<pb::ListDeviceHistoryResponse>(request, world.bob);
  }
  void SetSurvey() {
    pb::UpdateGroupRequest survey;
    survey.mutable_group()->set_group_id("desk");
    survey.mutable_group()->mutable_settings()->set_survey("How was it?");
    survey.mutable_group()->mutable_settings()->set_survey_at_end(true);
    world.Must<pb::UpdateGroupResponse>(survey, world.admin);
  }
  static pb::AnswerSurveyRequest Fine() {
    pb::AnswerSurveyRequest request;
    request.add_answers()->set_question("How was it?");
    request.mutable_answers(0)->set_answer("Fine.");
    return request;
  }

  World world;
  Sessions sessions{world};
};

// --- history of a device

TEST_F(Keeping, ADeviceHasItsEarlierSessionsWithNotesAndLogsTheNewestFirst) {
  const uint64_t first = OfDevice("lathe", "Oiled.").id;
  OfDevice("printer", "Of another device.");
  const uint64_t second = OfDevice("lathe", "Oiled again.").id;
  OfDevice("lathe");  // has not ended
  const auto history = History("lathe");
  ASSERT_EQ(history.sessions_size(), 2);
  EXPECT_EQ(history.next_page_token(), "");
  EXPECT_EQ(history.sessions(0).session().session_id(), second);
  EXPECT_EQ(history.sessions(1).session().session_id(), first);
  const pb::PastSession& past = history.sessions(1);
  ASSERT_EQ(past.notes_size(), 1);
  EXPECT_EQ(past.notes(0).text(), "Oiled.");
  EXPECT_EQ(past.notes(0).technician_id(), "ann");
  EXPECT_EQ(past.session().outcome(), pb::OUTCOME_CLOSED_BY_TECHNICIAN);
  EXPECT_EQ(past.session().note_count(), 1u);
  EXPECT_EQ(past.events(0).trigger(), "create");
  EXPECT_EQ(past.events(past.events_size() - 1).trigger(), "end");
  EXPECT_FALSE(past.more_events());
  EXPECT_EQ(History("no-such-device").sessions_size(), 0);
}

TEST_F(Keeping, HistoryComesInPagesAlsoAfterARestart) {
  std::vector<uint64_t> ids;
  for (int i = 0; i < 5; ++i) ids.insert(ids.begin(), OfDevice("lathe", "again").id);
  sessions.consoles.clear();
  sessions.devices.clear();
  world.daemon.Restart();
  std::vector<uint64_t> read;
  std::string token;
  do {
    const auto page = History("lathe", 2, token);
    EXPECT_LE(page.sessions_size(), 2);
    for (const auto& past : page.sessions()) read.push_back(past.session().session_id());
    token = page.next_page_token();
  } while (!token.empty());
  EXPECT_EQ(read, ids);
}

TEST_F(Keeping, ALongLogIsCutAndSaysSo) {
  const Entered entered = OfDevice("lathe");
  for (size_t i = 0; i < router::kHistoryEvents; ++i) {
    auto request = World::On<pb::SetChatRequest>(entered.id);
    request.set_off(i % 2 == 0);
    world.Must<pb::SetChatResponse>(request, world.ann);
  }
  Note(entered.id, "after all that");
  End(entered.id);
  const pb::PastSession past = History("lathe").sessions(0);
  EXPECT_EQ(past.events_size(), static_cast<int>(router::kHistoryEvents));
  EXPECT_TRUE(past.more_events());
  EXPECT_EQ(past.notes(0).text(), "after all that") << "notes are all there";
}

TEST_F(Keeping, HistoryIsRefusedForBadRequests) {
  pb::ListDeviceHistoryRequest request;
  EXPECT_EQ(world.Call<pb::ListDeviceHistoryResponse>(request, world.bob).outcome.metadata["field"], "device_id");
  request.set_device_id(std::string(limits::kDeviceIdBytes + 1, 'x'));
  EXPECT_EQ(world.Call<pb::ListDeviceHistoryResponse>(request, world.bob).outcome.metadata["field"], "device_id");
  request.set_device_id("lathe");
  request.set_page_token("x");
  EXPECT_EQ(world.Call<pb::ListDeviceHistoryResponse>(request, world.bob).outcome.metadata["field"], "page_token");
}

// --- notes

TEST_F(Keeping, ANoteIsAlsoWrittenOnceTheCustomerHasLeftAndNotWithoutAText) {
  const Entered entered = OfDevice("lathe");
  pb::AttachRequest end;
  end.mutable_end();
  sessions.devices.back()->Send(end);
  EXPECT_TRUE(sessions.devices.back()->End().ok());
  Note(entered.id, std::string(limits::kNoteChars, 'x'));
  auto request = World::On<pb::AddNoteRequest>(entered.id);
  EXPECT_EQ(world.Call<pb::AddNoteResponse>(request, world.ann).outcome.metadata["field"], "text");
  request.set_text(std::string(limits::kNoteChars + 1, 'x'));
  EXPECT_EQ(world.Call<pb::AddNoteResponse>(request, world.ann).outcome.metadata["field"], "text");
  request.set_text("x");
  EXPECT_EQ(world.Call<pb::AddNoteResponse>(request, world.cid).outcome.reason, "SESSION_ENDED");
  End(entered.id);
  EXPECT_EQ(world.Call<pb::AddNoteResponse>(request, world.ann).outcome.reason, "SESSION_ENDED");
}

// --- survey

TEST_F(Keeping, TheSurveyIsAnsweredAfterTheEndAlsoAfterARestart) {
  SetSurvey();
  const Entered entered = OfDevice("lathe");
  End(entered.id);
  std::vector<pb::AttachResponse> rest;
  EXPECT_TRUE(sessions.devices.back()->End(&rest).ok());
  EXPECT_EQ(rest.back().ended().survey(), "How was it?");
  sessions.consoles.clear();
  sessions.devices.clear();
  world.daemon.Restart();
  world.Must<pb::AnswerSurveyResponse>(Fine(), entered.token);
  const pb::PastSession past = History("lathe").sessions(0);
  ASSERT_EQ(past.survey_answers_size(), 1);
  EXPECT_EQ(past.survey_answers(0).question(), "How was it?");
  EXPECT_EQ(past.survey_answers(0).answer(), "Fine.");
  EXPECT_TRUE(past.session().survey_answered());
  EXPECT_EQ(world.Call<pb::AnswerSurveyResponse>(Fine(), entered.token).outcome.reason, "SURVEY_CLOSED")
      << "it has left memory";
}

TEST_F(Keeping, TheSurveyClosesAnHourAfterTheEnd) {
  SetSurvey();
  const Entered in_time = OfDevice("lathe");
  const Entered late = OfDevice("drill");
  End(in_time.id);
  End(late.id);
  world.daemon.clock().Advance(limits::kSurveyOpen - Duration{1});
  world.Must<pb::AnswerSurveyResponse>(Fine(), in_time.token);
  world.daemon.clock().Advance(Duration{1});
  EXPECT_EQ(world.Call<pb::AnswerSurveyResponse>(Fine(), late.token).outcome.reason, "SURVEY_CLOSED");
  EXPECT_EQ(History("drill").sessions(0).survey_answers_size(), 0);
}

TEST_F(Keeping, ASurveyThatNobodySentTakesNoAnswers) {
  const Entered entered = OfDevice("lathe");
  EXPECT_EQ(world.Call<pb::AnswerSurveyResponse>(Fine(), entered.token).outcome.reason, "SURVEY_CLOSED");
  EXPECT_EQ(world.Call<pb::AnswerSurveyResponse>(Fine(), world.ann).outcome.code, grpc::UNAUTHENTICATED);
  pb::AnswerSurveyRequest request;
  EXPECT_EQ(world.Call<pb::AnswerSurveyResponse>(request, entered.token).outcome.metadata["field"], "answers");
  for (size_t i = 0; i <= limits::kSurveyAnswers; ++i) request.add_answers()->set_question("?");
  EXPECT_EQ(world.Call<pb::AnswerSurveyResponse>(request, entered.token).outcome.metadata["field"], "answers");
  request = Fine();
  request.mutable_answers(0)->set_answer(std::string(limits::kSurveyAnswerChars + 1, 'x'));
  EXPECT_EQ(world.Call<pb::AnswerSurveyResponse>(request, entered.token).outcome.metadata["field"], "answers[0].answer");
}

// --- files

TEST_F(Keeping, AFileIsInTheTimelineWithNameSizeHashAndOutcome) {
  const Entered entered = OfDevice("lathe");
  auto ask = World::On<pb::RequestActivityRequest>(entered.id);
  ask.set_kind(pb::ACTIVITY_KIND_SEND_FILE);
  ask.mutable_file()->set_name("manual.pdf");
  ask.mutable_file()->set_size(4096);
  ask.mutable_file()->set_sha256(std::string(32, '\x0f'));
  world.Must<pb::RequestActivityResponse>(ask, world.ann);
  pb::AttachRequest answer;
  answer.mutable_activity()->set_activity_id(1);
  answer.mutable_activity()->set_granted(true);
  sessions.devices.back()->Send(answer);
  answer.mutable_revoke()->set_activity_id(1);
  answer.mutable_revoke()->set_file_outcome(pb::FILE_OUTCOME_COMPLETED);
  sessions.devices.back()->Send(answer);
  sessions.devices.back()->Beat(1);  // what came before it is durable
  End(entered.id);
  std::vector<std::string> about;
  const pb::PastSession past = History("lathe").sessions(0);
  for (const pb::TimelineEvent& event : past.events()) {
    if (event.trigger() == "activity") about.push_back(event.description());
  }
  std::string hash;
  for (int i = 0; i < 32; ++i) hash += "0f";
  EXPECT_EQ(about,
            (std::vector<std::string>{"ann asks for SEND_FILE, manual.pdf of 4096 bytes, SHA-256 " + hash, "activity 1 open",
                                      "activity 1: COMPLETED, manual.pdf of 4096 bytes, SHA-256 " + hash}));
}

TEST_F(Keeping, AFileHasANameAndBounds) {
  const Entered entered = OfDevice("lathe");
  auto ask = World::On<pb::RequestActivityRequest>(entered.id);
  ask.set_kind(pb::ACTIVITY_KIND_SEND_FILE);
  auto field = [&] { return world.Call<pb::RequestActivityResponse>(ask, world.ann).outcome.metadata["field"]; };
  EXPECT_EQ(field(), "file.name");
  for (const char* name : {"../passwd", "C:\\x", ".", ".."}) {
    ask.mutable_file()->set_name(name);
    EXPECT_EQ(field(), "file.name") << name;
  }
  ask.mutable_file()->set_name(std::string(limits::kFileNameChars + 1, 'x'));
  EXPECT_EQ(field(), "file.name");
  ask.mutable_file()->set_name(std::string(limits::kFileNameChars, 'x'));
  ask.mutable_file()->set_size(limits::kFileBytes + 1);
  EXPECT_EQ(field(), "file.size");
  ask.mutable_file()->set_size(limits::kFileBytes);
  ask.mutable_file()->set_sha256(std::string(31, 'x'));
  EXPECT_EQ(field(), "file.sha256");
  ask.mutable_file()->clear_sha256();
  EXPECT_EQ(field(), "");
  ask.set_kind(pb::ACTIVITY_KIND_CLIPBOARD);
  EXPECT_EQ(field(), "file") << "only of files";
  auto close = World::On<pb::CloseActivityRequest>(entered.id);
  close.set_activity_id(1);
  close.set_file_outcome(static_cast<pb::FileOutcome>(9));
  EXPECT_EQ(world.Call<pb::CloseActivityResponse>(close, world.ann).outcome.metadata["field"], "file_outcome");
}

// --- kinds of sessions

TEST_F(Keeping, AnInstantChatBecomesASessionLikeOthersWhenTheAppletAttaches) {
  pb::SubmitFormRequest form;
  form.set_organization_id("acme");
  form.set_channel_id("help");
  form.set_device_id("browser");
  form.set_type(pb::SESSION_TYPE_INSTANT_CHAT);
  const auto entered = world.Must<pb::SubmitFormResponse>(form, "");
  pb::AttachRequest hello;
  hello.mutable_hello()->set_chat_only(true);
  Device page(world.client(), entered.device_token());
  page.Send(hello);
  EXPECT_TRUE(page.Next().has_welcome());
  world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(entered.session_id()), world.ann);
  EXPECT_TRUE(world.Get(entered.session_id()).chat_only());
  auto control = World::On<pb::RequestActivityRequest>(entered.session_id());
  control.set_kind(pb::ACTIVITY_KIND_REMOTE_CONTROL);
  const Outcome refused = world.Call<pb::RequestActivityResponse>(control, world.ann).outcome;
  EXPECT_EQ(refused.reason, "SESSION_KIND");
  EXPECT_EQ(refused.metadata.at("type"), "INSTANT_CHAT");

  Device applet(world.client(), entered.device_token());
  applet.Hello();
  EXPECT_EQ(page.End().reason, "SUPERSEDED");
  EXPECT_FALSE(world.Get(entered.session_id()).chat_only());
  world.Must<pb::RequestActivityResponse>(control, world.ann);
  Device page_again(world.client(), entered.device_token());
  page_again.Send(hello);
  EXPECT_EQ(page_again.End().reason, "SESSION_KIND");
  applet.Beat(1);
}

TEST_F(Keeping, TypesGoWithTheirMethods) {
  auto field = [&](pb::Method method, pb::SessionType type) {
    pb::CreateSessionRequest request;
    request.set_method(method);
    request.set_type(type);
    return world.Call<pb::CreateSessionResponse>(request, world.ann).outcome.metadata["field"];
  };
  EXPECT_EQ(field(pb::METHOD_PIN, pb::SESSION_TYPE_INSTANT_CHAT), "type");
  EXPECT_EQ(field(pb::METHOD_PIN, pb::SESSION_TYPE_LAN), "type");
  EXPECT_EQ(field(pb::METHOD_PIN, pb::SESSION_TYPE_UNATTENDED), "type");
  EXPECT_EQ(field(pb::METHOD_LAN, pb::SESSION_TYPE_MOBILE), "type");
  EXPECT_EQ(field(pb::METHOD_LINK, pb::SESSION_TYPE_MOBILE), "");
}

}  // namespace
}  // namespace guichet::api_test

// What the customer is shown besides who helps him: chat, survey, and that nobody serves.
#include "tests/api/admin.h"
#include "tests/api/reading.h"

namespace guichet::api_test {
namespace {

class Customer : public ::testing::Test {
 protected:
  Customer() : sessions(world) { sessions.Attach(world.ann); }

  Device& device() { return *sessions.devices.back(); }
  void UpdateGroup(const std::string& settings) {
    world.Must<pb::UpdateGroupResponse>(
        Text<pb::UpdateGroupRequest>("group { group_id: 'desk' settings { " + settings + " } }"), world.admin);
  }
  void UpdateChannel(const std::string& fields) {
    world.Must<pb::UpdateChannelResponse>(Text<pb::UpdateChannelRequest>("channel { channel_id: 'help' " + fields + " }"),
                                          world.admin);
  }
  pb::AppletEnded Ended(Device& of) {
    std::vector<pb::AttachResponse> rest;
    EXPECT_TRUE(of.End(&rest).ok());
    EXPECT_FALSE(rest.empty());
    return rest.empty() ? pb::AppletEnded() : rest.back().ended();
  }
  // Of a device that was away when its session ended.
  pb::AppletEnded EndedLater(const std::string& token) {
    Device late(world.client(), token);
    pb::AttachRequest hello;
    hello.mutable_hello();
    late.Send(hello);
    return Ended(late);
  }

  World world;
  Sessions sessions;
};

TEST_F(Customer, ChatIsTurnedOffAndOn) {
  const uint64_t id = sessions.Active(world.ann);
  auto chat = World::On<pb::SetChatRequest>(id);
  chat.set_off(true);
  EXPECT_TRUE(world.Must<pb::SetChatResponse>(chat, world.ann).session().chat_off());
  ViewUntil(device(), [](const auto& v) { return v.chat_off(); });
  chat.set_off(false);
  EXPECT_FALSE(world.Must<pb::SetChatResponse>(chat, world.ann).session().chat_off());
  ViewUntil(device(), [](const auto& v) { return !v.chat_off(); });
  world.Must<pb::UpdateGroupResponse>(Text<pb::UpdateGroupRequest>("group { group_id: 'desk' permissions: PERMISSION_HOLD }"),
                                      world.admin);
  EXPECT_EQ(world.Call<pb::SetChatResponse>(chat, world.ann).outcome.metadata["permission"], "CHAT_SWITCH");
}

TEST_F(Customer, TheSurveyIsSentByHandWithTheTextOfTheGroup) {
  const uint64_t id = sessions.Active(world.ann);
  const auto survey = World::On<pb::SendSurveyRequest>(id);
  EXPECT_EQ(world.Call<pb::SendSurveyResponse>(survey, world.ann).outcome.reason, "WRONG_STATE");
  UpdateGroup("survey: 'https://example.com/1'");
  EXPECT_TRUE(world.Must<pb::SendSurveyResponse>(survey, world.ann).session().survey_sent());
  const pb::CustomerView view = ViewUntil(device(), [](const auto& v) { return !v.survey().empty(); });
  EXPECT_EQ(view.survey(), "https://example.com/1");
  const uint64_t revision = world.Revision();
  world.Must<pb::SendSurveyResponse>(survey, world.ann);
  EXPECT_EQ(world.Revision(), revision) << "it is sent once";
  UpdateGroup("survey: 'https://example.com/2'");
  world.Must<pb::HoldSessionResponse>(World::On<pb::HoldSessionRequest>(id), world.ann);
  ViewUntil(device(), [](const auto& v) { return v.survey() == "https://example.com/2"; });
}

TEST_F(Customer, TheSurveyComesAtTheEndOfAStartedSession) {
  UpdateGroup("survey: 'How was it?' survey_at_end: true");
  const Entered started = sessions.Waiting();
  world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(started.id), world.ann);
  ViewUntil(device(), [](const auto& v) { return v.phase() == pb::CustomerView::PHASE_ACTIVE && v.survey().empty(); });
  world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(started.id), world.ann);
  EXPECT_EQ(Ended(device()).survey(), "How was it?");
  for (int restarts = 0; restarts < 2; ++restarts) {
    const pb::AppletEnded later = EndedLater(started.token);
    EXPECT_EQ(later.survey(), "How was it?");
    EXPECT_EQ(later.outcome(), pb::OUTCOME_CLOSED_BY_TECHNICIAN);
    sessions.consoles.clear();
    world.daemon.Restart();
  }
  Sessions fresh(world);
  fresh.Attach(world.ann);
  const Entered waiting = fresh.Waiting();
  world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(waiting.id), world.ann);
  EXPECT_EQ(Ended(*fresh.devices.back()).survey(), "") << "it was never started";
}

TEST_F(Customer, ANoticeTellsThatNobodyServes) {
  UpdateChannel("nobody_online { action: ACTION_NOTIFY notice: 'We are out for lunch.' }");
  sessions.Waiting();
  pb::AttachRequest none;
  Flush(device());
  EXPECT_FALSE(world.Get(1).customer_notified());
  pb::AttachConsoleRequest out;
  out.mutable_sign_out();
  sessions.consoles[0]->Send(out);
  ViewUntil(device(), [](const auto& v) { return v.notice() == "We are out for lunch."; });
  EXPECT_TRUE(world.Get(1).customer_notified());
  // To one who arrives then, too.
  sessions.Waiting();
  ViewUntil(device(), [](const auto& v) { return v.notice() == "We are out for lunch."; });
  // Once somebody is there the notice is over, and again when he leaves it is shown.
  sessions.Attach(world.ann);
  ViewUntil(*sessions.devices[0], [](const auto& v) { return v.notice().empty(); });
  EXPECT_FALSE(world.Get(1).customer_notified());
  sessions.consoles.back()->Send(out);
  ViewUntil(*sessions.devices[0], [](const auto& v) { return v.notice() == "We are out for lunch."; });
  sessions.Attach(world.ann);
  world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(1), world.ann);
  ViewUntil(*sessions.devices[0],
            [](const auto& v) { return v.phase() == pb::CustomerView::PHASE_ACTIVE && v.notice().empty(); });
}

TEST_F(Customer, APageTellsWhereToGoWhenNobodyServes) {
  UpdateChannel("nobody_online { action: ACTION_END notice: 'Closed.' page_url: 'https://example.com/closed' }");
  const Entered entered = sessions.Waiting();
  sessions.consoles.clear();
  world.daemon.clock().Advance(seconds(19));
  device().Beat(1);
  world.daemon.clock().Advance(seconds(1));
  for (const pb::AppletEnded& ended : {Ended(device()), EndedLater(entered.token)}) {
    EXPECT_EQ(ended.outcome(), pb::OUTCOME_TIMED_OUT);
    EXPECT_EQ(ended.page_url(), "https://example.com/closed");
    EXPECT_EQ(ended.notice(), "Closed.");
    EXPECT_EQ(ended.survey(), "");
  }
}

TEST_F(Customer, OutOfHoursHasItsOwnNotice) {
  // Open for one hour of a day of the week that begins in two days.
  UpdateChannel(
      "out_of_hours { action: ACTION_NOTIFY notice: 'We open on another day.' } "
      "nobody_online { action: ACTION_NOTIFY notice: 'Nobody is here.' }");
  sessions.Waiting();
  const auto now = std::chrono::floor<std::chrono::days>(world.daemon.clock().Now());
  const unsigned weekday = std::chrono::weekday(now + std::chrono::days(2)).iso_encoding();
  UpdateChannel("hours { open { weekday: " + std::to_string(weekday) + " from_minute: 0 to_minute: 60 } }");
  const pb::CustomerView view = ViewUntil(device(), [](const auto& v) { return !v.notice().empty(); });
  EXPECT_EQ(view.notice(), "We open on another day.");
}

}  // namespace
}  // namespace guichet::api_test

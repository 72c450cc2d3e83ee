#include "tests/crash/driver.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "guichet/v1/applet_service.pb.h"
#include "guichet/v1/channel_service.pb.h"
#include "guichet/v1/session_service.pb.h"

namespace guichet::crash {
namespace {

constexpr size_t kCases = 6;         // live sessions; below the ten that a technician may lead
constexpr size_t kKeptAnswers = 15;  // of earlier loads, repeated after every crash

pb::CustomerView::Phase PhaseOf(const Facts& facts) {
  if (!facts.sender.empty()) return pb::CustomerView::PHASE_TRANSFERRING;
  if (facts.held) return pb::CustomerView::PHASE_HOLD;
  return facts.started() ? pb::CustomerView::PHASE_ACTIVE : pb::CustomerView::PHASE_WAITING;
}

}  // namespace

void Driver::Load(Server& server) {
  while (!pending_ && OneStep(server)) {
  }
}

bool Driver::OneStep(Server& server) {
  if (!accepted_.empty() && Chance(8)) {
    const Call& first = accepted_[Pick(accepted_.size())];
    const Call again = Make(server, first.token, first.request);
    if (again.answer == Answer::kLost) return false;
    EXPECT_EQ(again.response->SerializeAsString(), first.response->SerializeAsString()) << first.request->ShortDebugString();
    return true;
  }
  if (cases_.empty() || (cases_.size() < kCases && Chance(25))) return Create(server);
  Case& c = *cases_[Pick(cases_.size())];
  std::vector<Step> steps = StepsOf(c);
  const bool going = steps[Pick(steps.size())](server);
  if (going) std::erase_if(cases_, [](const auto& one) { return one->facts.ended(); });
  return going;
}

bool Driver::Create(Server& server) {
  Facts after;
  after.name = "Client " + NextId();
  if (Chance(25)) {
    auto enter = std::make_shared<pb::SubmitFormRequest>();
    enter->set_organization_id("acme");
    enter->set_channel_id(options_.channel);
    enter->set_name(after.name);
    enter->set_device_id(after.device = "device-" + NextId());
    enter->set_request_id(NextId());
    return Do(server, nullptr, "", enter, after);
  }
  auto create = std::make_shared<pb::CreateSessionRequest>();
  create->set_name(after.name);
  create->set_request_id(NextId());
  create->set_tracking_id(after.tracking = NextId());
  const size_t kind = Pick(3);
  create->set_method(kind == 0 ? pb::METHOD_PIN : kind == 1 ? pb::METHOD_LINK : pb::METHOD_CHANNEL_FORM);
  if (kind == 2) {
    create->set_channel_id(options_.channel);
  } else {
    create->set_technician_id(options_.ann);
  }
  return Do(server, nullptr, options_.integrator, create, after);
}

bool Driver::Redeem(Server& server, Case& c) {
  auto redeem = std::make_shared<pb::RedeemCodeRequest>();
  redeem->set_code(c.code);
  Facts after = c.facts;
  redeem->set_device_id(after.device = "device-" + NextId());
  redeem->set_request_id(NextId());
  return Do(server, &c, "", redeem, after);
}

absl::Status Driver::OpenDevice(Server& server, Case& c) {
  c.device = server.As(c.token)->Open(pb::AttachRequest::default_instance());
  pb::AttachRequest hello;
  hello.mutable_hello();
  pb::AttachResponse welcome;
  if (!c.device->Write(hello) || !c.device->Read(&welcome)) return c.device->Finish();
  EXPECT_EQ(welcome.welcome().session_id(), c.id) << welcome.ShortDebugString();
  EXPECT_EQ(welcome.welcome().state().phase(), PhaseOf(c.facts)) << ToString(c.facts) << "\n" << welcome.ShortDebugString();
  return absl::OkStatus();
}

bool Driver::Attach(Server& server, Case& c) {
  Facts after = c.facts;
  after.attached = true;
  pending_ = Pending{&c, {}, after};
  const absl::Status opened = OpenDevice(server, c);
  if (!opened.ok()) {
    EXPECT_EQ(AnswerOf(opened), Answer::kLost) << "a device cannot attach: " << opened << "\n" << ToString(c.facts);
    return false;
  }
  c.facts = after;
  pending_.reset();
  server.Acknowledged();
  c.revision = 0;
  return Learn(server, c);
}

// The revision of a change that was answered over a stream.
bool Driver::Learn(Server& server, Case& c) {
  pb::GetSessionRequest get;
  get.set_session_id(c.id);
  absl::Status status;
  const auto got = Ask<pb::GetSessionResponse>(server, options_.integrator, get, &status);
  if (!status.ok()) {
    EXPECT_EQ(AnswerOf(status), Answer::kLost) << status;
    return false;
  }
  EXPECT_EQ(ToString(FactsOf(got.session())), ToString(c.facts));
  c.revision = got.session().revision();
  c.epoch = got.session().epoch();
  return true;
}

bool Driver::Heartbeat(Case& c) {
  pb::AttachRequest beat;
  beat.mutable_heartbeat()->set_sequence(++sequence_);
  if (!c.device->Write(beat)) return false;
  pb::AttachResponse message;
  while (c.device->Read(&message)) {
    if (message.heartbeat_ack().sequence() == sequence_) return true;
  }
  return false;
}

bool Driver::CustomerEnd(Server& server, Case& c) {
  Facts after = c.facts;
  after.outcome = after.started() ? pb::OUTCOME_CLOSED_BY_CUSTOMER : pb::OUTCOME_CLOSED_BY_WAITING_CUSTOMER;
  pending_ = Pending{&c, {}, after};
  pb::AttachRequest end;
  end.mutable_end();
  if (!c.device->Write(end)) return false;
  pb::AttachResponse message;
  while (c.device->Read(&message)) {
    if (!message.has_ended()) continue;
    EXPECT_EQ(message.ended().outcome(), after.outcome);
    c.facts = after;
    pending_.reset();
    server.Acknowledged();
    c.revision = 0;
    return Learn(server, c);
  }
  return false;
}

template <typename Request>
Driver::Step Driver::Verb(Case& c, const std::string& technician, Facts after, Request request) {
  auto made = std::make_shared<Request>(std::move(request));
  made->mutable_target()->set_session_id(c.id);
  made->mutable_target()->set_technician_id(technician);
  if (Chance(50)) made->mutable_target()->set_expected_epoch(c.epoch);
  if constexpr (std::is_same_v<Request, pb::UpdateSessionRequest>) made->mutable_session()->set_tracking_id(after.tracking);
  return [this, &c, made, after](Server& server) {
    made->set_request_id(NextId());
    return Do(server, &c, options_.integrator, made, after);
  };
}

// What can be done with the session, by the rules of domain.md §2.
std::vector<Driver::Step> Driver::StepsOf(Case& c) {
  std::vector<Step> steps;
  const Facts& now = c.facts;
  const std::string lead = now.lead;
  const std::string other = lead == options_.bob ? options_.ann : options_.bob;
  const auto with = [&now](auto change) {
    Facts after = now;
    change(after);
    return after;
  };
  if (now.device.empty() && !c.code.empty()) steps.push_back([this, &c](Server& s) { return Redeem(s, c); });
  if (!now.attached && !c.token.empty()) steps.push_back([this, &c](Server& s) { return Attach(s, c); });
  if (now.attached && c.device != nullptr) steps.push_back([this, &c](Server&) { return Heartbeat(c); });
  if (now.attached && c.device != nullptr && Chance(10)) steps.push_back([this, &c](Server& s) { return CustomerEnd(s, c); });
  if (now.started() || c.facts.sender.empty()) {
    steps.push_back(Verb<pb::UpdateSessionRequest>(c, now.started() ? lead : options_.ann,
                                                   with([this](Facts& f) { f.tracking = NextId(); })));
  }
  if (Chance(15)) {
    steps.push_back(Verb<pb::EndSessionRequest>(c, now.started() ? lead : options_.ann,
                                                with([](Facts& f) { f.outcome = pb::OUTCOME_CLOSED_BY_TECHNICIAN; })));
  }
  if (!now.attached) return steps;
  if (!now.sender.empty()) {
    steps.push_back(Verb<pb::StartSessionRequest>(c, now.recipient, with([](Facts& f) {
                                                    f.lead = f.recipient;
                                                    f.sender = f.recipient = "";
                                                  })));
    steps.push_back(Verb<pb::CancelTransferRequest>(c, now.sender, with([](Facts& f) { f.sender = f.recipient = ""; })));
    return steps;
  }
  if (!now.started()) {
    steps.push_back(Verb<pb::StartSessionRequest>(c, options_.ann, with([this](Facts& f) { f.lead = options_.ann; })));
    return steps;
  }
  if (now.held) {
    steps.push_back(Verb<pb::StartSessionRequest>(c, lead, with([](Facts& f) { f.held = false; })));
    return steps;
  }
  if (!now.lead_offer.empty()) {
    steps.push_back(Verb<pb::AcceptLeadRequest>(c, other, with([&](Facts& f) {
                                                  f.lead = other;
                                                  f.collaborators = {lead};
                                                  f.lead_offer = "";
                                                })));
    steps.push_back(Verb<pb::CancelLeadOfferRequest>(c, lead, with([](Facts& f) { f.lead_offer = ""; })));
    return steps;
  }
  if (!now.invitees.empty()) {
    steps.push_back(Verb<pb::StartSessionRequest>(c, other, with([](Facts& f) { f.collaborators.swap(f.invitees); })));
    steps.push_back(Verb<pb::LeaveSessionRequest>(c, other, with([](Facts& f) { f.invitees.clear(); })));
    return steps;
  }
  steps.push_back(Verb<pb::HoldSessionRequest>(c, lead, with([](Facts& f) { f.held = true; })));
  if (!now.collaborators.empty()) {
    pb::OfferLeadRequest offer;
    offer.set_collaborator_technician_id(other);
    steps.push_back(Verb(c, lead, with([&](Facts& f) { f.lead_offer = other; }), offer));
    pb::RemoveTechnicianRequest remove;
    remove.set_removed_technician_id(other);
    steps.push_back(Verb(c, lead, with([](Facts& f) { f.collaborators.clear(); }), remove));
    return steps;
  }
  pb::InviteTechnicianRequest invite;
  invite.set_invitee_technician_id(other);
  steps.push_back(Verb(c, lead, with([&](Facts& f) { f.invitees = {other}; }), invite));
  pb::TransferSessionRequest transfer;
  transfer.mutable_to()->set_technician_id(other);
  transfer.set_comment("please take over");
  steps.push_back(Verb(c, lead, with([&](Facts& f) {
                         f.sender = lead;
                         f.recipient = other;
                       }),
                       transfer));
  return steps;
}

bool Driver::Do(Server& server, Case* c, const std::string& token, MessagePtr request, Facts after) {
  Call call = Make(server, token, std::move(request));
  if (call.answer == Answer::kLost) {
    pending_ = Pending{c, std::move(call), std::move(after)};
    return false;
  }
  EXPECT_EQ(call.answer, Answer::kAccepted) << call.status << "\n"
                                            << call.request->GetTypeName() << " " << call.request->ShortDebugString() << "\n"
                                            << (c != nullptr ? ToString(c->facts) : "");
  if (call.answer != Answer::kAccepted) return false;
  server.Acknowledged();
  Accept(c, call, after);
  accepted_.push_back(std::move(call));
  return true;
}

// The answer is what the model predicts; it becomes what the session is known to be.
void Driver::Accept(Case* c, const Call& call, const Facts& after) {
  if (c == nullptr) {
    cases_.push_back(std::make_unique<Case>());
    c = cases_.back().get();
  }
  c->facts = after;
  if (const auto* entered = dynamic_cast<const pb::SubmitFormResponse*>(call.response.get())) {
    c->id = entered->session_id();
    c->revision = entered->revision();
    c->token = entered->device_token();
    return;
  }
  if (const auto* redeemed = dynamic_cast<const pb::RedeemCodeResponse*>(call.response.get())) {
    EXPECT_EQ(redeemed->session_id(), c->id);
    EXPECT_GT(redeemed->revision(), c->revision);
    c->revision = redeemed->revision();
    c->token = redeemed->device_token();
    c->code.clear();
    return;
  }
  if (const auto* created = dynamic_cast<const pb::CreateSessionResponse*>(call.response.get())) {
    c->code = created->code();
    c->token = created->device_token();
  }
  const pb::Session& session = *SessionIn(*call.response);
  EXPECT_EQ(ToString(FactsOf(session)), ToString(after))
      << call.request->GetTypeName() << " " << call.request->ShortDebugString();
  EXPECT_GT(session.revision(), c->revision);
  EXPECT_GE(session.epoch(), c->epoch);
  c->id = session.session_id();
  c->revision = session.revision();
  c->epoch = session.epoch();
}

void Driver::Recover(Server& server) {
  for (const auto& c : cases_) {
    c->device.reset();
    CheckCase(server, *c);
  }
  if (testing::Test::HasFailure()) return;
  for (const Call& call : accepted_) {
    ExpectSameAnswer(server, call);
    ++repeated_;
  }
  RepeatPending(server);
  std::erase_if(cases_, [](const auto& one) { return one->facts.ended(); });
  for (const auto& c : cases_) {
    if (!c->facts.attached) continue;
    const absl::Status opened = OpenDevice(server, *c);
    EXPECT_TRUE(opened.ok()) << "a device cannot come back: " << opened << "\n" << ToString(c->facts);
    const uint64_t before = c->revision;
    Learn(server, *c);
    EXPECT_EQ(c->revision, before) << "coming back within the grace changed the session";
  }
  CheckCodes(server);
  std::shuffle(accepted_.begin(), accepted_.end(), random_);
  // A code may be redeemed again for two minutes only: its answer is not kept for later crashes.
  std::erase_if(accepted_,
                [](const Call& call) { return dynamic_cast<const pb::RedeemCodeRequest*>(call.request.get()) != nullptr; });
  if (accepted_.size() > kKeptAnswers) accepted_.resize(kKeptAnswers);
}

// A session is as the last acknowledged command left it, or as the one on its way does.
void Driver::CheckCase(Server& server, Case& c) {
  pb::GetSessionRequest get;
  get.set_session_id(c.id);
  absl::Status status;
  const auto got = Ask<pb::GetSessionResponse>(server, options_.integrator, get, &status);
  ASSERT_TRUE(status.ok()) << "session " << c.id << " is gone: " << status << "\n" << ToString(c.facts);
  const pb::Session& session = got.session();
  const Facts found = FactsOf(session);
  const bool changed =
      pending_ && pending_->of == &c && found == pending_->after && !(found == c.facts && session.revision() == c.revision);
  if (!changed) {
    EXPECT_EQ(ToString(found), ToString(c.facts)) << "session " << c.id;
    if (c.revision != 0) {
      EXPECT_EQ(session.revision(), c.revision) << "session " << c.id << " changed by itself\n" << ToString(found);
    }
  } else if (c.revision != 0) {
    EXPECT_GT(session.revision(), c.revision);
    EXPECT_EQ(EventsAfter(server, c.id, c.revision), 1u);
  }
  EXPECT_GE(session.epoch(), c.epoch);
  EXPECT_TRUE(found.ended() || session.has_deadline_time()) << "session " << c.id << " waits for ever";
  c.revision = std::max(c.revision, session.revision());
  c.epoch = session.epoch();
  if (pending_ && pending_->of == &c && pending_->call.request == nullptr) {  // a message of the device is not repeated
    if (changed) c.facts = pending_->after;
    pending_.reset();
  }
}

size_t Driver::EventsAfter(Server& server, uint64_t session, uint64_t revision) {
  pb::GetTimelineRequest request;
  request.set_session_id(session);
  request.set_page_size(500);
  absl::Status status;
  const auto timeline = Ask<pb::GetTimelineResponse>(server, options_.integrator, request, &status);
  EXPECT_TRUE(status.ok()) << status;
  return static_cast<size_t>(std::count_if(timeline.events().begin(), timeline.events().end(),
                                           [&](const pb::TimelineEvent& event) { return event.revision() > revision; }));
}

// Whether it had happened or not: after the repetition it has, once.
void Driver::RepeatPending(Server& server) {
  if (!pending_) return;
  Pending pending = *std::move(pending_);
  pending_.reset();
  const uint64_t id = pending.of != nullptr ? pending.of->id : 0;
  if (pending.of != nullptr) pending.of->revision = 0;  // known from the answer again
  Call call = Make(server, pending.call.token, pending.call.request);
  ASSERT_EQ(call.answer, Answer::kAccepted) << "repeating what was on its way: " << call.status << "\n"
                                            << call.request->GetTypeName() << " " << call.request->ShortDebugString();
  ExpectSameAnswer(server, call);
  Accept(pending.of, call, pending.after);
  if (id == 0) {
    pb::ListSessionsRequest list;
    list.set_tracking_id(pending.after.tracking);
    if (!list.tracking_id().empty()) {
      EXPECT_EQ(Ask<pb::ListSessionsResponse>(server, options_.integrator, list).sessions_size(), 1)
          << "a creation took effect twice";
    }
  } else {
    EXPECT_EQ(EventsAfter(server, id, pending.of->revision), 0u);
    pb::GetSessionRequest get;
    get.set_session_id(id);
    EXPECT_EQ(ToString(FactsOf(Ask<pb::GetSessionResponse>(server, options_.integrator, get).session())),
              ToString(pending.after));
  }
  accepted_.push_back(std::move(call));
}

// A code that was used is dead for others; one that was not still works.
void Driver::CheckCodes(Server& server) {
  for (const Call& call : accepted_) {
    const auto* used = dynamic_cast<const pb::RedeemCodeRequest*>(call.request.get());
    if (used == nullptr) continue;
    pb::RedeemCodeRequest stranger = *used;
    stranger.set_device_id("stranger-" + NextId());
    stranger.set_request_id(NextId());
    absl::Status status;
    Ask<pb::RedeemCodeResponse>(server, "", stranger, &status);
    EXPECT_TRUE(absl::IsNotFound(status)) << "a used code opens a session again: " << status;
    break;  // one a crash: wrong codes are counted
  }
  for (const auto& c : cases_) {
    if (c->code.empty() || !c->facts.device.empty()) continue;
    EXPECT_TRUE(Redeem(server, *c)) << "a code does not work after the restart";
    break;
  }
}

std::vector<std::string> Driver::LiveCodes() const {
  std::vector<std::string> codes;
  for (const auto& c : cases_) {
    if (!c->code.empty()) codes.push_back(c->code);
  }
  return codes;
}

}  // namespace guichet::crash

// Sessions that a channel offers to one technician after the other: ann, who comes first of those who are equal, then bob.
#include "statemachine/limits.h"
#include "tests/api/admin.h"
#include "tests/api/reading.h"

namespace guichet::api_test {
namespace {

class Offers : public ::testing::Test {
 protected:
  Offers() : sessions(world) {
    Route("mode: ROUTING_MODE_OFFER");
    sessions.Attach(world.ann);
    sessions.Attach(world.bob);
  }
  void Route(const std::string& policy) {
    world.Must<pb::UpdateChannelResponse>(
        Text<pb::UpdateChannelRequest>("channel { channel_id: 'help' routing { " + policy + " } }"), world.admin);
  }
  Device& device() { return *sessions.devices.back(); }
  // Time goes on; devices and consoles that are there answer, and what it changes is routed.
  void Pass(seconds time) {
    for (; time > seconds(0); time -= std::min(time, seconds(10))) {
      world.daemon.clock().Advance(std::min(time, seconds(10)));
      for (auto& console : sessions.consoles) console->Beat(++beats_);
      for (auto& at : sessions.devices) at->Beat(++beats_);
    }
    (void)world.Revision();  // may come in the turn that routes, and before that; what is asked after it does not
  }
  std::string OfferedTo(uint64_t id) { return world.Get(id).offer().technician_id(); }
  Outcome Start(uint64_t id, const std::string& token) {
    return world.Call<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(id), token).outcome;
  }
  Outcome Reject(uint64_t id, const std::string& token, const std::string& reason = "") {
    auto request = World::On<pb::RejectOfferRequest>(id);
    request.set_reason(reason);
    return world.Call<pb::RejectOfferResponse>(request, token).outcome;
  }
  // "ann REJECTED: lunch"
  std::vector<std::string> Declines(uint64_t id) {
    std::vector<std::string> words;
    const auto answer = world.Get(id);
    for (const pb::Decline& d : answer.declines()) {
      words.push_back(d.technician_id() + " " + pb::Decline::Cause_Name(d.cause()).substr(6) +
                      (d.reason().empty() ? "" : ": " + d.reason()));
    }
    return words;
  }
  using Words = std::vector<std::string>;

  World world;
  Sessions sessions;

 private:
  uint64_t beats_ = 0;
};

TEST_F(Offers, AnOfferReachesTheConsoleOfOneAndNobodyElseCanTakeIt) {
  QueueWatch of_ann(world.client(), {}, world.ann);
  QueueWatch of_bob(world.client(), {}, world.bob);
  of_ann.Next();
  of_bob.Next();
  const uint64_t id = sessions.Waiting().id;
  for (QueueWatch* watch : {&of_ann, &of_bob}) {
    const pb::QueueChange change =
        ChangeUntil(*watch, id, [](const pb::QueueChange& c) { return c.entry().session().has_offer(); });
    EXPECT_EQ(change.trigger(), "offer");
    EXPECT_EQ(change.actor(), "routing");
    EXPECT_EQ(change.entry().state(), pb::ENTRY_STATE_WAITING);
    const pb::Offer& offer = change.entry().session().offer();
    EXPECT_EQ(offer.technician_id(), "ann");
    EXPECT_EQ(offer.expire_time().seconds() - offer.create_time().seconds(), 20);
  }
  EXPECT_EQ(world.Technician("ann").load().offered_session_id(), id);
  EXPECT_EQ(world.Technician("bob").load().offered_session_id(), 0u);

  const Outcome start = Start(id, world.bob);
  EXPECT_EQ(start.code, grpc::FAILED_PRECONDITION) << start;
  EXPECT_EQ(start.reason, "OFFERED_TO_ANOTHER");
  EXPECT_EQ(start.metadata.at("technician_id"), "ann") << start;
  EXPECT_EQ(start.metadata.at("state"), "WAITING") << start;
  EXPECT_EQ(start.metadata.at("command"), "start") << start;
  EXPECT_EQ(start.metadata.count("expire_time_ms") + start.metadata.count("epoch"), 2u) << start;
  auto transfer = World::On<pb::TransferSessionRequest>(id);
  transfer.mutable_to()->set_technician_id("ann");
  EXPECT_EQ(world.Call<pb::TransferSessionResponse>(transfer, world.bob).outcome.reason, "OFFERED_TO_ANOTHER");
  const Outcome reject = Reject(id, world.bob);
  EXPECT_EQ(reject.reason, "NO_OFFER");
  EXPECT_EQ(reject.metadata.at("state"), "WAITING") << reject;
  EXPECT_EQ(reject.metadata.at("command"), "reject_offer") << reject;

  EXPECT_TRUE(Start(id, world.ann).ok());
  const pb::QueueChange active =
      ChangeUntil(of_ann, id, [](const pb::QueueChange& c) { return c.entry().state() == pb::ENTRY_STATE_ACTIVE; });
  EXPECT_FALSE(active.entry().session().has_offer());
  ChangeUntil(of_bob, id, [](const pb::QueueChange& c) { return c.entry().state() == pb::ENTRY_STATE_REMOVED; });
  EXPECT_EQ(world.Technician("ann").load().offered_session_id(), 0u);
}

TEST_F(Offers, ARejectedOfferGoesToTheNextWithItsReason) {
  const uint64_t id = sessions.Waiting().id;
  EXPECT_EQ(OfferedTo(id), "ann");
  EXPECT_TRUE(Reject(id, world.ann, "no French").ok());
  EXPECT_EQ(OfferedTo(id), "bob");
  EXPECT_EQ(Declines(id), (Words{"ann REJECTED: no French"}));
  EXPECT_EQ(Reject(id, world.ann).reason, "NO_OFFER");
  EXPECT_EQ(Start(id, world.ann).reason, "OFFERED_TO_ANOTHER");
  auto reject = World::On<pb::RejectOfferRequest>(id, "bob");
  EXPECT_FALSE(world.Must<pb::RejectOfferResponse>(reject, world.integrator).session().has_offer());
  EXPECT_EQ(OfferedTo(id), "") << "nobody is left to ask";
  EXPECT_EQ(Declines(id), (Words{"ann REJECTED: no French", "bob REJECTED"}));
  Pass(seconds(59));
  EXPECT_EQ(OfferedTo(id), "");
  Pass(seconds(1));
  EXPECT_EQ(OfferedTo(id), "ann") << "after retry_after";
  EXPECT_TRUE(Start(id, world.ann).ok());
}

TEST_F(Offers, WhoRejectedMayStillTakeItFromTheQueue) {
  const uint64_t id = sessions.Waiting().id;
  EXPECT_TRUE(Reject(id, world.ann).ok());
  EXPECT_TRUE(Reject(id, world.bob).ok());
  EXPECT_TRUE(Start(id, world.bob).ok());
}

TEST_F(Offers, AnOfferThatIsLetPassGoesToTheNext) {
  Route("mode: ROUTING_MODE_OFFER offer_timeout { seconds: 15 } retry_after { seconds: 120 }");
  const uint64_t id = sessions.Waiting().id;
  EXPECT_EQ(OfferedTo(id), "ann");
  EXPECT_EQ(world.Get(id).deadline_timer(), "offer");
  Pass(seconds(14));
  EXPECT_EQ(OfferedTo(id), "ann");
  Pass(seconds(1));
  EXPECT_EQ(OfferedTo(id), "bob");
  EXPECT_EQ(Declines(id), (Words{"ann TIMED_OUT"}));
  const auto paused = world.Technician("ann").load().pause_time();
  const auto now = world.daemon.clock().Now().time_since_epoch().count() / 1000;
  EXPECT_EQ(paused.seconds(), now + 120);
  const uint64_t second = sessions.Waiting().id;
  EXPECT_EQ(OfferedTo(second), "") << "ann is paused, and bob has an offer";
  EXPECT_TRUE(Start(id, world.bob).ok());
  EXPECT_EQ(OfferedTo(second), "bob");
}

TEST_F(Offers, ALostConsoleWithdrawsTheOffer) {
  Route("mode: ROUTING_MODE_OFFER offer_timeout { seconds: 300 }");
  const uint64_t id = sessions.Waiting().id;
  EXPECT_EQ(OfferedTo(id), "ann");
  sessions.consoles.erase(sessions.consoles.begin());
  Pass(seconds(19));
  EXPECT_EQ(OfferedTo(id), "ann") << "within the grace";
  Pass(seconds(1));
  EXPECT_EQ(OfferedTo(id), "bob");
  EXPECT_EQ(Declines(id), Words{}) << "he did not decline";
  pb::AttachConsoleRequest out;
  out.mutable_sign_out();
  sessions.consoles[0]->Send(out);
  EXPECT_TRUE(sessions.consoles[0]->End().ok());
  sessions.consoles.clear();
  EXPECT_EQ(OfferedTo(id), "");
  sessions.Attach(world.cid);
  EXPECT_EQ(OfferedTo(id), "cid") << "who comes is asked at once";
}

TEST_F(Offers, ALostDeviceTakesItsOfferBack) {
  Route("mode: ROUTING_MODE_OFFER offer_timeout { seconds: 300 }");
  const Entered entered = sessions.Waiting();
  EXPECT_EQ(OfferedTo(entered.id), "ann");
  sessions.devices.clear();
  Pass(seconds(20));
  EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_RECONNECTING);
  EXPECT_EQ(OfferedTo(entered.id), "");
  EXPECT_EQ(world.Technician("ann").load().offered_session_id(), 0u);
  Device back(world.client(), entered.token);
  back.Hello();
  EXPECT_EQ(OfferedTo(entered.id), "ann");
}

TEST_F(Offers, ThePreferredTechnicianIsAskedFirst) {
  auto create = Text<pb::CreateSessionRequest>("method: METHOD_CHANNEL_FORM channel_id: 'help' preferred_technician_id: 'bob'");
  const auto made = world.Must<pb::CreateSessionResponse>(create, world.integrator);
  sessions.devices.push_back(std::make_unique<Device>(world.client(), made.device_token()));
  device().Hello();
  const uint64_t id = made.session().session_id();
  EXPECT_EQ(OfferedTo(id), "bob");
  EXPECT_TRUE(Reject(id, world.bob).ok());
  EXPECT_EQ(OfferedTo(id), "ann");
}

TEST_F(Offers, AChannelMayStartSessionsForTechniciansAtOnce) {
  Route("mode: ROUTING_MODE_AUTO_START strategy: ROUTING_STRATEGY_LEAST_ACTIVE");
  QueueWatch watch(world.client(), {}, world.ann);
  watch.Next();
  const uint64_t first = sessions.Waiting().id;
  EXPECT_EQ(world.Get(first).lead_technician_id(), "ann");
  const pb::QueueChange change =
      ChangeUntil(watch, first, [](const pb::QueueChange& c) { return c.entry().state() == pb::ENTRY_STATE_ACTIVE; });
  EXPECT_EQ(change.trigger(), "auto_start");
  EXPECT_EQ(world.Get(sessions.Waiting().id).lead_technician_id(), "bob");
  ViewUntil(device(), [](const auto& v) { return v.phase() == pb::CustomerView::PHASE_ACTIVE; });
}

TEST_F(Offers, AReasonIsOneOverItsLimit) {
  const uint64_t id = sessions.Waiting().id;
  const std::string longest = Repeat("ü", limits::kReasonChars);
  EXPECT_EQ(Reject(id, world.ann, longest + "x").fields, std::vector<std::string>{"reason"});
  EXPECT_TRUE(Reject(id, world.ann, longest).ok());
  EXPECT_EQ(Declines(id), (Words{"ann REJECTED: " + longest}));
}

TEST_F(Offers, AnOfferSurvivesARestart) {
  Route("mode: ROUTING_MODE_OFFER offer_timeout { seconds: 300 }");
  const uint64_t id = sessions.Waiting().id;
  EXPECT_EQ(OfferedTo(id), "ann");
  sessions.consoles.clear();
  sessions.devices.clear();
  world.daemon.Restart();
  EXPECT_EQ(OfferedTo(id), "ann");
  EXPECT_EQ(Start(id, world.bob).reason, "OFFERED_TO_ANOTHER");
  EXPECT_TRUE(Start(id, world.ann).ok());
}

// --- what time alone changes has a timer, whatever led there

// ann has after-work of one session while another is offered to her, and takes it: when the after-work ends she gets a third.
TEST_F(Offers, AfterWorkThatEndsWhileSheWorksOnAnotherGivesHerTheNext) {
  Route("mode: ROUTING_MODE_OFFER wrap_up { seconds: 30 }");
  sessions.consoles.pop_back();  // bob
  Pass(seconds(20));
  const uint64_t first = sessions.Waiting().id;
  EXPECT_TRUE(Start(first, world.ann).ok());
  const uint64_t second = sessions.Waiting().id;
  ASSERT_EQ(OfferedTo(second), "ann");
  world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(first), world.ann);
  sessions.devices.erase(sessions.devices.begin());
  Pass(seconds(3));
  EXPECT_TRUE(Start(second, world.ann).ok());
  const uint64_t third = sessions.Waiting().id;
  EXPECT_EQ(OfferedTo(third), "");
  Pass(seconds(26));
  EXPECT_EQ(OfferedTo(third), "");
  Pass(seconds(1));
  EXPECT_EQ(OfferedTo(third), "ann");
}

// The night shift is asked after a minute, set up while the session waits, and across a restart.
TEST_F(Offers, OverflowComesForThoseWhoWaitAlreadyAndAfterARestart) {
  pb::CreateGroupRequest night;
  night.mutable_group()->set_group_id("night");
  world.Must<pb::CreateGroupResponse>(night, world.admin);
  world.Must<pb::UpdateTechnicianResponse>(
      Text<pb::UpdateTechnicianRequest>("technician { technician_id: 'cid' group_id: 'night' }"), world.admin);
  sessions.Attach(world.cid);
  sessions.consoles.erase(sessions.consoles.begin(), sessions.consoles.begin() + 2);  // ann and bob
  Pass(seconds(20));
  const Entered waiting = sessions.Waiting();
  Route("mode: ROUTING_MODE_OFFER overflow_after { seconds: 60 } overflow_group_ids: 'night'");
  Pass(seconds(50));
  EXPECT_EQ(OfferedTo(waiting.id), "");
  sessions.consoles.clear();
  sessions.devices.clear();
  world.daemon.Restart();
  sessions.Attach(world.cid);
  sessions.devices.push_back(std::make_unique<Device>(world.client(), waiting.token));
  sessions.devices.back()->Hello();
  Pass(seconds(9));
  EXPECT_EQ(OfferedTo(waiting.id), "");
  Pass(seconds(1));
  EXPECT_EQ(OfferedTo(waiting.id), "cid");
}

// Its minute passes while no daemon is there: the night shift is asked as soon as one is, before anybody is back.
TEST_F(Offers, OverflowThatWasDueWhileTheDaemonWasAwayComesAtOnce) {
  pb::CreateGroupRequest night;
  night.mutable_group()->set_group_id("night");
  world.Must<pb::CreateGroupResponse>(night, world.admin);
  world.Must<pb::UpdateTechnicianResponse>(
      Text<pb::UpdateTechnicianRequest>("technician { technician_id: 'cid' group_id: 'night' }"), world.admin);
  sessions.Attach(world.cid);
  sessions.consoles.erase(sessions.consoles.begin(), sessions.consoles.begin() + 2);  // ann and bob
  Pass(seconds(20));
  const uint64_t id = sessions.Waiting().id;
  Route("mode: ROUTING_MODE_OFFER overflow_after { seconds: 60 } overflow_group_ids: 'night'");
  Pass(seconds(50));
  EXPECT_EQ(OfferedTo(id), "");
  sessions.consoles.clear();
  sessions.devices.clear();
  world.daemon.Stop();
  world.daemon.clock().Advance(seconds(11));
  world.daemon.Restart();
  EXPECT_EQ(OfferedTo(id), "cid");
}

TEST_F(Offers, WhatDoesNotFitBesideWhatHePicksGoesToTheNext) {
  world.Must<pb::UpdateGroupResponse>(
      Text<pb::UpdateGroupRequest>("group { group_id: 'desk' settings { max_active_sessions: 1 } }"), world.admin);
  const uint64_t offered = sessions.Waiting().id;
  ASSERT_EQ(OfferedTo(offered), "ann");
  const auto own = world.CreatePin(world.ann);
  pb::RedeemCodeRequest redeem;
  redeem.set_code(own.code());
  redeem.set_device_id("d");
  Device device(world.client(), world.Must<pb::RedeemCodeResponse>(redeem, "").device_token());
  device.Hello();
  EXPECT_TRUE(Start(own.session().session_id(), world.ann).ok());
  EXPECT_EQ(OfferedTo(offered), "bob");
  EXPECT_EQ(Declines(offered), Words{}) << "ann has let nothing pass";
}

}  // namespace
}  // namespace guichet::api_test

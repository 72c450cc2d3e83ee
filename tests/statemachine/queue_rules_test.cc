// What the rules of a queue do with sessions that wait there: redirects, notices, ends (domain.md §6).
#include <functional>

#include "gtest/gtest.h"
#include "statemachine/limits.h"
#include "statemachine/route.h"
#include "tests/statemachine/router_loop.h"

namespace guichet::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const TechnicianId kDan{"dan"};
const TechnicianId kEve{"eve"};
const GroupId kNight{"night"};
const ChannelId kVip{"vip"};

// The channel web is served by group desk (ann, bob, cat), vip by group night (dan) and by ann. Technicians pick.
class QueueRulesTest : public ::testing::Test {
 protected:
  QueueRulesTest() {
    world_.Group(kNight);
    world_.Technician(kDan, kNight);
    web_.id = kWeb;
    web_.groups = {kDesk};
    vip_.id = kVip;
    vip_.groups = {kNight};
    vip_.technicians = {kAnn};
    Put(vip_);
    Put(web_);
  }

  void Put(const guichet::Channel& channel) { Do(command::PutChannel{channel, !world_.org.channels.contains(channel.id)}); }
  void Rules(std::vector<Redirect> rules) {
    web_.redirects = std::move(rules);
    Put(web_);
  }
  static Redirect ToVip(RedirectWhen when, Duration wait = {}, uint32_t length = 0) { return {when, wait, length, kVip, {}}; }
  static Redirect ToNight(RedirectWhen when, Duration wait = {}) { return {when, wait, 0, {}, kNight}; }

  Step Do(const Command& command) {
    Step step = world_.Do(command);
    RunRouting(world_);
    return step;
  }
  void Pass(Duration duration) { PassTime(world_, duration); }
  SessionId Created() {
    return world_.Do(command::CreateSession{.method = Method::kChannelForm, .channel = kWeb, .device_token_hash = "token"})
        .session;
  }
  SessionId Arrive() {
    const SessionId id = Created();
    Do(Attach(id));
    return id;
  }
  void Close(const ChannelId& channel, bool open = false) { Do(command::SetChannelOpen{channel, open}); }
  void SignOutAll(const std::vector<TechnicianId>& all) {
    for (const TechnicianId& id : all) Do(SignOut(id, world_.now));
  }
  Queue QueueOf(SessionId id) const { return world_.Get(id).queue(); }
  const Queue web_queue_{kWeb, {}};
  const Queue vip_queue_{kVip, {}};
  const Queue night_queue_{kWeb, kNight};

  World world_;
  guichet::Channel web_;
  guichet::Channel vip_;
};

// --- when

TEST_F(QueueRulesTest, AtOnce) {
  Rules({ToVip(RedirectWhen::kAtOnce)});
  const SessionId id = Created();
  world_.Do(Attach(id));
  const Step step = world_.Do(command::Route{id});
  EXPECT_EQ(step.entry.trigger, Trigger::kRedirect);
  const auto& redirected = std::get<event::Redirected>(step.entry.events.at(0));
  EXPECT_EQ(redirected.from, web_queue_);
  EXPECT_EQ(redirected.to, vip_queue_);
  EXPECT_EQ(redirected.when, RedirectWhen::kAtOnce);
  EXPECT_EQ(QueueOf(id), vip_queue_);
  EXPECT_EQ(world_.Get(id).redirects, 1u);
}

TEST_F(QueueRulesTest, AfterAWaitInThisQueueAtItsInstant) {
  Rules({ToVip(RedirectWhen::kAfterWait, seconds(90))});
  const SessionId id = Arrive();
  EXPECT_EQ(world_.Due(id, TimerKind::kRedirect)->due, world_.now + seconds(90));
  Pass(seconds(90) - milliseconds(1));
  EXPECT_EQ(QueueOf(id), web_queue_);
  Pass(milliseconds(1));
  EXPECT_EQ(QueueOf(id), vip_queue_);
  EXPECT_EQ(world_.Get(id).queue_since, world_.now);
  EXPECT_EQ(world_.Get(id).waiting_since, world_.now - seconds(90)) << "its place in line stays";
}

TEST_F(QueueRulesTest, AfterAWaitOfEachQueueItsOwn) {
  Rules({ToVip(RedirectWhen::kAfterWait, seconds(10))});
  vip_.redirects = {Redirect{RedirectWhen::kAfterWait, seconds(25), 0, kWeb, {}}};
  Put(vip_);
  const SessionId id = Arrive();
  Pass(seconds(10));
  ASSERT_EQ(QueueOf(id), vip_queue_);
  Pass(seconds(25) - milliseconds(1));
  EXPECT_EQ(QueueOf(id), vip_queue_);
  Pass(milliseconds(1));
  EXPECT_EQ(QueueOf(id), web_queue_);
}

TEST_F(QueueRulesTest, AWaitThatIsOverWhenTheRuleIsMadeMovesAtOnce) {
  const SessionId id = Arrive();
  Pass(minutes(5));
  Rules({ToVip(RedirectWhen::kAfterWait, minutes(4))});
  EXPECT_EQ(QueueOf(id), vip_queue_);
}

TEST_F(QueueRulesTest, AHeldOutSessionIsMovedWhenItsOfferHasEnded) {
  web_.routing.mode = RoutingMode::kOffer;
  web_.routing.offer_timeout = seconds(20);
  Rules({ToVip(RedirectWhen::kAfterWait, seconds(10))});
  const SessionId id = Arrive();
  ASSERT_TRUE(world_.Get(id).offer);
  Pass(seconds(20) - milliseconds(1));
  EXPECT_EQ(QueueOf(id), web_queue_);
  Pass(milliseconds(1));
  EXPECT_EQ(QueueOf(id), vip_queue_);
}

TEST_F(QueueRulesTest, WhenTheQueueIsLongerThan) {
  Rules({ToVip(RedirectWhen::kQueueLongerThan, {}, 2)});
  const SessionId first = Arrive();
  const SessionId second = Arrive();
  EXPECT_EQ(QueueOf(first), web_queue_);
  EXPECT_EQ(QueueOf(second), web_queue_);
  EXPECT_EQ(QueueOf(Arrive()), vip_queue_) << "two are before it";
  Do(Start(first, kAnn));
  EXPECT_EQ(QueueOf(Arrive()), web_queue_) << "one is before it";
}

TEST_F(QueueRulesTest, TheQueueIsLongerWhenSomebodyComesBackToHisPlace) {
  Rules({ToVip(RedirectWhen::kQueueLongerThan, {}, 2)});
  const SessionId first = Arrive();
  const SessionId second = Arrive();
  Do(Lose(first));
  const SessionId third = Arrive();
  const SessionId fourth = Arrive();
  EXPECT_EQ(QueueOf(third), web_queue_);
  EXPECT_EQ(QueueOf(fourth), vip_queue_);
  Do(Attach(first));
  EXPECT_EQ(QueueOf(first), web_queue_);
  EXPECT_EQ(QueueOf(second), web_queue_);
  EXPECT_EQ(QueueOf(third), vip_queue_);
}

TEST_F(QueueRulesTest, ASessionThatIsKeptForATechnicianIsPushedBackToo) {
  web_.routing.preferred_for = minutes(60);
  Rules({ToVip(RedirectWhen::kQueueLongerThan, {}, 1)});
  const SessionId first = Arrive();
  Do(Lose(first));
  const SessionId kept =
      world_
          .Do(command::CreateSession{
              .method = Method::kChannelForm, .channel = kWeb, .device_token_hash = "token", .preferred = kCat})
          .session;
  Do(Attach(kept));
  EXPECT_EQ(QueueOf(kept), web_queue_);
  Do(Attach(first));
  EXPECT_EQ(QueueOf(kept), vip_queue_);
}

TEST_F(QueueRulesTest, LongerThanNothingIsAlways) {
  Rules({ToVip(RedirectWhen::kQueueLongerThan, {}, 0)});
  EXPECT_EQ(QueueOf(Arrive()), vip_queue_);
}

TEST_F(QueueRulesTest, WhenNobodyIsOnline) {
  Rules({ToVip(RedirectWhen::kNobodyOnline)});
  Do(Away(kAnn, true));
  Do(SignOut(kBob, world_.now));
  const SessionId id = Arrive();
  EXPECT_EQ(QueueOf(id), web_queue_) << "AWAY is online";
  Do(SignOut(kCat, world_.now));
  EXPECT_EQ(QueueOf(id), web_queue_);
  Do(SignOut(kAnn, world_.now));
  EXPECT_EQ(QueueOf(id), vip_queue_) << "the last one left";
  EXPECT_EQ(QueueOf(Arrive()), vip_queue_);
  Do(SignIn(kBob));
  EXPECT_EQ(QueueOf(Arrive()), web_queue_);
}

TEST_F(QueueRulesTest, NobodyIsOnlineWhenTheLastOneIsDisabledDeletedOrMoved) {
  const std::vector<std::function<Command()>> ways = {
      [] {
        return command::PutTechnician{kAnn, Config(kAnn, kDesk, false, true)};
      },
      [] {
        return command::PutTechnician{kAnn, Config(kAnn, kNight)};
      },
      [] { return command::DeleteTechnician{kAnn}; },
      [this] {
        web_.groups = {};
        return command::PutChannel{web_};
      },
  };
  Rules({ToVip(RedirectWhen::kNobodyOnline)});
  SignOutAll({kBob, kCat});
  for (const auto& way : ways) {
    const World before = world_;
    const SessionId id = Arrive();
    ASSERT_EQ(QueueOf(id), web_queue_);
    Do(way());
    EXPECT_EQ(QueueOf(id), vip_queue_) << Text(way());
    world_ = before;
  }
}

TEST_F(QueueRulesTest, OutOfHours) {
  Rules({ToVip(RedirectWhen::kOutOfHours)});
  const SessionId id = Arrive();
  EXPECT_EQ(QueueOf(id), web_queue_);
  Close(kWeb);
  EXPECT_EQ(QueueOf(id), vip_queue_) << "who waits at closing time";
  EXPECT_EQ(QueueOf(Arrive()), vip_queue_);
  Close(kWeb, true);
  EXPECT_EQ(QueueOf(Arrive()), web_queue_);
}

TEST_F(QueueRulesTest, TheHoursOfTheChannelThatItIsIn) {
  Rules({ToVip(RedirectWhen::kOutOfHours)});
  vip_.out_of_hours = {Unserved::kEnd, "", "https://closed.example"};
  Put(vip_);
  Close(kVip);
  Close(kWeb);
  const SessionId id = Arrive();
  EXPECT_TRUE(world_.Gone(id));
  EXPECT_EQ(world_.LastOutcome(id), Outcome::kTimedOut);
}

// --- which rule, and how often

TEST_F(QueueRulesTest, TheFirstRuleThatApplies) {
  Rules({ToVip(RedirectWhen::kOutOfHours), ToNight(RedirectWhen::kNobodyOnline), ToVip(RedirectWhen::kAfterWait, seconds(5))});
  const SessionId waited = Arrive();
  SignOutAll({kAnn, kBob, kCat});
  EXPECT_EQ(QueueOf(waited), night_queue_);
  Close(kWeb);
  EXPECT_EQ(QueueOf(Arrive()), vip_queue_);
}

TEST_F(QueueRulesTest, ARuleThatCannotMoveTheSessionIsPassedOver) {
  Redirect to_itself = ToVip(RedirectWhen::kAtOnce);
  to_itself.channel = kWeb;
  Rules({to_itself, ToVip(RedirectWhen::kAtOnce)});
  EXPECT_EQ(QueueOf(Arrive()), vip_queue_);
}

TEST_F(QueueRulesTest, CirclesEndAtTheLimit) {
  Rules({ToVip(RedirectWhen::kAtOnce)});
  vip_.redirects = {Redirect{RedirectWhen::kAtOnce, {}, 0, kWeb, {}}};
  Put(vip_);
  const SessionId id = Created();
  world_.Do(Attach(id));
  for (uint32_t i = 0; i < limits::kRedirects; ++i) {
    EXPECT_EQ(world_.Do(command::Route{id}).entry.trigger, Trigger::kRedirect);
  }
  EXPECT_TRUE(world_.Do(command::Route{id}).entry.events.empty()) << "one over";
  EXPECT_EQ(world_.Get(id).redirects, limits::kRedirects);
  EXPECT_EQ(QueueOf(id), vip_queue_);
  EXPECT_FALSE(world_.Due(id, TimerKind::kRedirect));
  EXPECT_EQ(world_.Get(Arrive()).redirects, limits::kRedirects);
}

TEST_F(QueueRulesTest, CirclesOfWaitsEndAtTheLimitToo) {
  Rules({ToVip(RedirectWhen::kAfterWait, seconds(1))});
  vip_.redirects = {Redirect{RedirectWhen::kAfterWait, seconds(1), 0, kWeb, {}}};
  Put(vip_);
  const SessionId id = Arrive();
  Pass(seconds(1) * limits::kRedirects);
  EXPECT_EQ(world_.Get(id).redirects, limits::kRedirects);
  Pass(minutes(1));
  EXPECT_EQ(world_.Get(id).redirects, limits::kRedirects);
  EXPECT_EQ(QueueOf(id), vip_queue_);
}

// --- queues of groups

TEST_F(QueueRulesTest, AGroupsQueueIsSeenByItsMembersAlone) {
  Rules({ToNight(RedirectWhen::kAfterWait, seconds(5))});
  world_.Technician(kEve, kNight, false, false);
  const SessionId id = Arrive();
  EXPECT_EQ(world_.Views(id), "WAITING WAITING WAITING");
  EXPECT_EQ(world_.See(id, kDan), EntryState::kRemoved);
  Pass(seconds(5));
  EXPECT_EQ(QueueOf(id), night_queue_);
  EXPECT_EQ(world_.Views(id), "REMOVED REMOVED REMOVED");
  EXPECT_EQ(world_.See(id, kDan), EntryState::kWaiting);
  EXPECT_EQ(world_.See(id, kEve), EntryState::kWaiting) << "also without a console";
  EXPECT_EQ(world_.ReasonOf(Start(id, kAnn)), "NOT_IN_QUEUE");
  Do(Start(id, kDan));
  EXPECT_EQ(world_.See(id, kDan), EntryState::kActive);
}

TEST_F(QueueRulesTest, AGroupsQueueHasNoRules) {
  Rules({ToNight(RedirectWhen::kAtOnce), ToVip(RedirectWhen::kAtOnce)});
  const SessionId id = Arrive();
  EXPECT_EQ(QueueOf(id), night_queue_);
  Pass(minutes(60));
  EXPECT_EQ(QueueOf(id), night_queue_);
}

TEST_F(QueueRulesTest, AGroupsQueueIsRoutedByTheChannelsPolicyToTheGroup) {
  web_.routing.mode = RoutingMode::kOffer;
  Rules({ToNight(RedirectWhen::kAtOnce)});
  const SessionId id = Arrive();
  ASSERT_TRUE(world_.Get(id).offer);
  EXPECT_EQ(world_.Get(id).offer->technician, kDan);
}

TEST_F(QueueRulesTest, ADeletedGroupsQueueGoesBackToItsChannel) {
  Rules({ToNight(RedirectWhen::kAtOnce)});
  const SessionId waiting = Arrive();
  const SessionId active = Arrive();
  Do(Start(active, kDan));
  Do(command::PutTechnician{kDan, Config(kDan, kDesk)});
  EXPECT_EQ(world_.Views(waiting), "REMOVED REMOVED REMOVED");
  Do(command::DeleteGroup{kNight});
  EXPECT_EQ(QueueOf(waiting), web_queue_);
  EXPECT_EQ(world_.Views(waiting), "WAITING WAITING WAITING");
  EXPECT_EQ(world_.See(active, kDan), EntryState::kActive);
  EXPECT_EQ(QueueOf(active), web_queue_);
}

TEST_F(QueueRulesTest, WhoServesBothQueuesSeesOneChangeAndOthersOneEach) {
  Rules({ToVip(RedirectWhen::kAfterWait, seconds(5))});
  const SessionId id = Arrive();
  world_.Wait(seconds(5));
  const Step step = world_.Do(command::FireTimer{id});
  ASSERT_EQ(step.entry.trigger, Trigger::kRedirect);
  const std::vector<EntryChange> expected = {
      {{}, web_queue_, EntryState::kWaiting, EntryState::kRemoved, seconds(5)},
      {{}, vip_queue_, EntryState::kNone, EntryState::kWaiting, {}},
  };
  EXPECT_EQ(step.entry.sessions.at(0).changes, expected);
  EXPECT_EQ(world_.Views(id), "WAITING REMOVED REMOVED") << "ann serves both";
  EXPECT_EQ(world_.See(id, kDan), EntryState::kWaiting);
  EXPECT_EQ(SinceOf(world_.Get(id), kAnn), world_.now) << "in the queue that she sees it in";
}

// --- nobody serves

TEST_F(QueueRulesTest, KeepWaiting) {
  SignOutAll({kAnn, kBob, kCat});
  Close(kWeb);
  const SessionId id = Arrive();
  Pass(minutes(60));
  EXPECT_EQ(world_.See(id, kAnn), EntryState::kWaiting);
  EXPECT_FALSE(world_.Get(id).notified);
}

TEST_F(QueueRulesTest, NotifyTellsTheCustomerOnce) {
  web_.nobody_online = {Unserved::kNotify, "We are back at nine.", ""};
  Put(web_);
  const SessionId id = Created();
  world_.Do(Attach(id));
  EXPECT_TRUE(world_.Do(command::Route{id}).entry.events.empty());
  SignOutAll({kAnn, kBob});
  world_.Do(SignOut(kCat, world_.now));
  const Step step = world_.Do(command::Route{id});
  EXPECT_EQ(step.entry.trigger, Trigger::kUnattended);
  EXPECT_EQ(std::get<event::Unattended>(step.entry.events.at(0)).notice, "We are back at nine.");
  EXPECT_TRUE(world_.Get(id).notified);
  EXPECT_TRUE(world_.Do(command::Route{id}).entry.events.empty());
  EXPECT_EQ(world_.See(id, kAnn), EntryState::kWaiting);
}

TEST_F(QueueRulesTest, NotifyIsOnceAQueue) {
  Rules({ToVip(RedirectWhen::kAfterWait, seconds(5))});
  for (guichet::Channel* channel : {&web_, &vip_}) {
    channel->out_of_hours = {Unserved::kNotify, "Closed.", ""};
    Put(*channel);
    Close(channel->id);
  }
  const SessionId id = Arrive();
  EXPECT_TRUE(world_.Get(id).notified);
  world_.Wait(seconds(5));
  world_.Do(command::FireTimer{id});
  EXPECT_FALSE(world_.Get(id).notified);
  EXPECT_EQ(world_.Do(command::Route{id}).entry.trigger, Trigger::kUnattended);
}

TEST_F(QueueRulesTest, EndSendsTheWaitingCustomerToAPage) {
  web_.nobody_online = {Unserved::kEnd, "Nobody is here.", "https://help.example"};
  Put(web_);
  const SessionId id = Arrive();
  SignOutAll({kAnn, kBob});
  world_.Do(SignOut(kCat, world_.now));
  const Step step = world_.Do(command::Route{id});
  ASSERT_EQ(step.entry.events.size(), 2u);
  EXPECT_EQ(std::get<event::Unattended>(step.entry.events[0]).page_url, "https://help.example");
  EXPECT_EQ(step.entry.sessions.at(0).after->end_page, "https://help.example");
  EXPECT_TRUE(world_.Gone(id));
  EXPECT_EQ(world_.LastOutcome(id), Outcome::kTimedOut);
}

TEST_F(QueueRulesTest, AFormIsRefusedThatWouldEndAtOnce) {
  const Command form = command::CreateSession{.method = Method::kChannelForm, .channel = kWeb};
  web_.out_of_hours = {Unserved::kEnd, "", "https://closed.example"};
  Put(web_);
  Close(kWeb);
  EXPECT_EQ(world_.ReasonOf(form), "CHANNEL_CLOSED");
  Rules({ToVip(RedirectWhen::kOutOfHours)});
  EXPECT_EQ(world_.ReasonOf(form), "") << "a rule takes it elsewhere";
  Rules({});
  Close(kWeb, true);
  EXPECT_EQ(world_.ReasonOf(form), "");
  web_.nobody_online = {Unserved::kEnd, "", "https://nobody.example"};
  Put(web_);
  EXPECT_EQ(world_.ReasonOf(form), "");
  SignOutAll({kAnn, kBob, kCat});
  EXPECT_EQ(world_.ReasonOf(form), "CHANNEL_CLOSED");
}

TEST_F(QueueRulesTest, OutOfHoursComesBeforeNobodyOnline) {
  web_.out_of_hours = {Unserved::kNotify, "Closed.", ""};
  web_.nobody_online = {Unserved::kEnd, "", "https://nobody.example"};
  Put(web_);
  Close(kWeb);
  const SessionId id = Arrive();
  SignOutAll({kAnn, kBob, kCat});
  EXPECT_TRUE(world_.Get(id).notified);
  Close(kWeb, true);
  EXPECT_TRUE(world_.Gone(id)) << "open, and nobody there";
}

TEST_F(QueueRulesTest, ARuleComesBeforeBoth) {
  web_.out_of_hours = {Unserved::kEnd, "", "https://closed.example"};
  web_.nobody_online = {Unserved::kEnd, "", "https://nobody.example"};
  Rules({ToVip(RedirectWhen::kAfterWait, seconds(5))});
  const SessionId id = Arrive();
  Pass(seconds(5));
  EXPECT_EQ(QueueOf(id), vip_queue_);
  const SessionId other = Arrive();
  Close(kWeb);
  EXPECT_TRUE(world_.Gone(other)) << "the rule does not apply yet";
  EXPECT_EQ(QueueOf(id), vip_queue_);
}

TEST_F(QueueRulesTest, SessionsThatAreWorkedOnAreLeftAlone) {
  Rules({ToVip(RedirectWhen::kAfterWait, seconds(5))});
  web_.out_of_hours = {Unserved::kEnd, "", "https://closed.example"};
  Put(web_);
  const SessionId active = Arrive();
  Do(Start(active, kAnn));
  const SessionId transferred = Arrive();
  Do(Transfer(transferred, kAnn, kBob));
  const SessionId rebooting = Arrive();
  Do(Restart(rebooting));
  Pass(seconds(60));
  Close(kWeb);
  EXPECT_EQ(QueueOf(active), web_queue_);
  EXPECT_EQ(QueueOf(transferred), web_queue_);
  EXPECT_EQ(world_.See(rebooting, kAnn), EntryState::kRebooting);
  Do(Attach(rebooting));
  EXPECT_EQ(QueueOf(rebooting), vip_queue_) << "its wait went on";
}

}  // namespace
}  // namespace guichet::testing

// Every setting that ends or changes a session by itself: at its instant, not a millisecond before, and also when it is changed
// while its timer runs (domain.md §3).
#include "statemachine/timers.h"

#include <functional>

#include "gtest/gtest.h"
#include "tests/statemachine/world.h"

namespace guichet::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kTimeout = minutes(7) + milliseconds(3);

class TimersTest : public ::testing::Test {
 protected:
  // Nothing is due a millisecond before `due`; at `due` exactly `trigger` fires.
  void ExpectFiresAt(World& world, SessionId id, Time due, Trigger trigger) {
    world.At(due - milliseconds(1));
    EXPECT_EQ(world.Do(command::FireTimer{id}).entry.events.size(), 0u) << "too early";
    world.At(due);
    const Step step = world.Do(command::FireTimer{id});
    ASSERT_GT(step.entry.events.size(), 0u) << "not at its instant";
    EXPECT_EQ(Name(step.entry.trigger), Name(trigger));
    EXPECT_EQ(step.entry.time, due);
  }
};

TEST_F(TimersTest, PrivateCodeDiesButItsSessionGoesOn) {
  GroupSettings settings;
  settings.private_code_validity = kTimeout;
  World world(settings);
  const SessionId id = world.Do(command::CreateSession{.owner = kAnn, .code_key = "123456"}).session;
  const Time created = world.now;
  const Command redeem = command::RedeemCode{id, "123456", "token", "device", "", ""};
  world.At(created + kTimeout - milliseconds(1));
  EXPECT_TRUE(Decide(world.org, redeem, world.now).ok());
  world.At(created + kTimeout);
  EXPECT_EQ(world.ReasonOf(redeem), "CODE_NOT_FOUND");
  ExpectFiresAt(world, id, created + kTimeout, Trigger::kCodeExpired);
  EXPECT_EQ(world.See(id, kAnn), EntryState::kConnecting);
}

TEST_F(TimersTest, ConnectingTimeout) {
  GroupSettings settings;
  settings.connecting_timeout = kTimeout;
  World world(settings);
  const SessionId id = world.Do(command::CreateSession{.owner = kAnn, .code_key = "123456"}).session;
  ExpectFiresAt(world, id, world.now + kTimeout, Trigger::kConnectingTimeout);
  EXPECT_TRUE(world.Gone(id));
  EXPECT_EQ(world.LastOutcome(id), Outcome::kConnectingTimedOut);
}

TEST_F(TimersTest, ConnectingTimeoutRunsWhileTermsAreRead) {
  GroupSettings settings;
  settings.connecting_timeout = kTimeout;
  settings.terms = "Be kind.";
  World world(settings);
  const Time created = world.now;
  const SessionId id = world.Private();
  ExpectFiresAt(world, id, created + kTimeout, Trigger::kConnectingTimeout);
}

TEST_F(TimersTest, WaitingTimeoutCountsFromTheArrival) {
  GroupSettings settings;
  settings.waiting_timeout = kTimeout;
  World world(settings);
  const SessionId id = world.Do(command::CreateSession{.owner = kAnn, .code_key = "123456"}).session;
  world.Wait(minutes(2));
  world.Do(Attach(id));
  ExpectFiresAt(world, id, world.now + kTimeout, Trigger::kWaitingTimeout);
  EXPECT_EQ(world.LastOutcome(id), Outcome::kTimedOut);
  EXPECT_TRUE(world.Gone(id));
}

TEST_F(TimersTest, WaitingTimeoutRunsWhileATransferIsPendingAndTheDeviceIsAway) {
  GroupSettings settings;
  settings.waiting_timeout = kTimeout;
  World world(settings);
  const SessionId id = world.Private();
  const Time arrived = world.now;
  world.Wait(minutes(1));
  world.Do(Transfer(id, kAnn, kBob));
  world.At(arrived + kTimeout - minutes(1));
  world.Do(Lose(id));
  ExpectFiresAt(world, id, arrived + kTimeout, Trigger::kWaitingTimeout);
}

TEST_F(TimersTest, ChannelOverridesConnectingAndWaitingTimeout) {
  GroupSettings settings;
  settings.connecting_timeout = minutes(1);
  settings.waiting_timeout = minutes(1);
  World world(settings);
  world.Do(command::PutChannel{guichet::Channel{kWeb, "Web", {kDesk}, {}, kTimeout, 2 * kTimeout}, true});
  const SessionId unattached = world.Do(command::CreateSession{.method = Method::kChannelForm, .channel = kWeb}).session;
  const SessionId waiting = world.FromChannel();
  const Time start = world.now;
  ExpectFiresAt(world, unattached, start + kTimeout, Trigger::kConnectingTimeout);
  ExpectFiresAt(world, waiting, start + 2 * kTimeout, Trigger::kWaitingTimeout);
}

TEST_F(TimersTest, NeverIsNever) {
  World world;
  const SessionId waiting = world.Private();
  const SessionId active = world.Active();
  EXPECT_FALSE(world.Due(waiting, TimerKind::kWaiting));
  EXPECT_FALSE(world.Due(active, TimerKind::kIdle));
  EXPECT_TRUE(world.Due(active, TimerKind::kSystem));
}

TEST_F(TimersTest, IdleTimeoutOfTheLead) {
  GroupSettings settings;
  settings.idle_timeout = kTimeout;
  World world(settings);
  const SessionId id = world.Active();
  world.Do(Look(kAnn, id));
  world.Wait(2 * kTimeout);
  EXPECT_FALSE(world.Due(id, TimerKind::kIdle)) << "in the foreground";
  world.Do(Look(kAnn, {}));
  ExpectFiresAt(world, id, world.now + kTimeout, Trigger::kIdleTimeout);
  EXPECT_EQ(world.See(id, kAnn), EntryState::kTimedOut);
}

TEST_F(TimersTest, IdleTimeoutRunsOnWhileTheDeviceIsAway) {
  for (const auto& away :
       {std::function([](World&w, SessionId id) { w.Do(Lose(id)); }),
        std::function([](World&w, SessionId id) { w.Do(Restart(id)); }), std::function([](World&w, SessionId id) {
          w.Do(Lose(id));
          w.Wait(minutes(5));
          EXPECT_EQ(w.FireDue(), 1);
          EXPECT_EQ(w.See(id, kAnn), EntryState::kOffline);
        })}) {
    GroupSettings settings;
    settings.idle_timeout = minutes(6);
    settings.offline_after = minutes(5);
    World world(settings);
    const SessionId id = world.Active();
    const Time idle_since = world.now;
    away(world, id);
    if (world.See(id, kAnn) != EntryState::kOffline) {
      world.At(idle_since + minutes(5));
      EXPECT_EQ(world.FireDue(), 1);
    }
    ExpectFiresAt(world, id, idle_since + minutes(6), Trigger::kIdleTimeout);
  }
}

TEST_F(TimersTest, HoldDoesNotIdleAndResumingBeginsAnew) {
  GroupSettings settings;
  settings.idle_timeout = kTimeout;
  World world(settings);
  const SessionId id = world.Active();
  world.Wait(minutes(1));
  world.Do(Hold(id, kAnn));
  world.Wait(10 * kTimeout);
  EXPECT_EQ(world.FireDue(), 0);
  world.Do(Start(id, kAnn));
  ExpectFiresAt(world, id, world.now + kTimeout, Trigger::kIdleTimeout);
}

TEST_F(TimersTest, IdleTimeoutOfACollaboratorTakesHisEntryAway) {
  GroupSettings settings;
  settings.idle_timeout = kTimeout;
  World world(settings);
  const SessionId id = world.Collaborating();
  world.Do(Look(kAnn, id));
  world.Do(Look(kCat, id));
  const Time due = world.Due(id, TimerKind::kCollaboratorIdle)->due;
  ExpectFiresAt(world, id, due, Trigger::kIdleTimeout);
  EXPECT_EQ(world.Views(id), "ACTIVE REMOVED COLLABORATION");
}

TEST_F(TimersTest, ACollaboratorOnHoldDoesNotIdle) {
  GroupSettings settings;
  settings.idle_timeout = kTimeout;
  World world(settings);
  const SessionId id = world.Collaborating();
  world.Do(Look(kAnn, id));
  world.Do(Look(kCat, id));
  world.Do(Hold(id, kBob));
  EXPECT_FALSE(world.Due(id, TimerKind::kCollaboratorIdle));
}

TEST_F(TimersTest, OfflineAfterLossAndAfterReboot) {
  for (const bool reboots : {false, true}) {
    GroupSettings settings;
    settings.offline_after = kTimeout;
    World world(settings);
    const SessionId id = world.Active();
    world.Wait(minutes(1));
    world.Do(reboots ? Restart(id) : Lose(id));
    ExpectFiresAt(world, id, world.now + kTimeout, Trigger::kOfflineTimeout);
    EXPECT_EQ(world.See(id, kAnn), EntryState::kOffline);
    world.Do(Attach(id));
    EXPECT_EQ(world.See(id, kAnn), EntryState::kActive);
  }
}

TEST_F(TimersTest, HoldLimit) {
  GroupSettings settings;
  settings.hold_limit = kTimeout;
  World world(settings);
  const SessionId id = world.Active();
  world.Wait(minutes(1));
  world.Do(Hold(id, kAnn));
  ExpectFiresAt(world, id, world.now + kTimeout, Trigger::kHoldLimit);
  EXPECT_TRUE(world.Gone(id));
  EXPECT_EQ(world.LastOutcome(id), Outcome::kTimedOut);
}

TEST_F(TimersTest, SystemLimitCountsFromTheCreation) {
  GroupSettings settings;
  settings.system_limit = kTimeout;
  World world(settings);
  const Time created = world.now;
  const SessionId id = world.Active();
  world.Wait(minutes(1));
  world.Do(Transfer(id, kAnn, kBob));
  ExpectFiresAt(world, id, created + kTimeout, Trigger::kSystemLimit);
  EXPECT_TRUE(world.Gone(id));
}

TEST_F(TimersTest, LeadsConsoleIsShownLostAfterTheGraceFromWhenItWasLastSeen) {
  GroupSettings settings;
  settings.device_lost_grace = seconds(20);
  World world(settings);
  const SessionId id = world.Collaborating();
  const Time seen = world.now + seconds(1);
  world.Wait(seconds(5));
  world.Do(SignOut(kAnn, seen));
  ExpectFiresAt(world, id, seen + seconds(20), Trigger::kConsoleLost);
  EXPECT_EQ(world.Views(id), "ACTIVE RECONNECTING RECONNECTING");
  world.Do(SignIn(kAnn));
  EXPECT_EQ(world.Views(id), "ACTIVE COLLABORATION COLLABORATION");
}

TEST_F(TimersTest, ConsoleLostPolicyCountsFromWhenTheConsoleWasLastSeen) {
  GroupSettings settings;
  settings.device_lost_grace = seconds(20);
  settings.offline_after = kTimeout;
  settings.console_lost_policy = ConsoleLostPolicy::kGiveToCollaborator;
  World world(settings);
  const SessionId id = world.Collaborating();
  const Time seen = world.now;
  world.Do(SignOut(kAnn, seen));
  ExpectFiresAt(world, id, seen + seconds(20), Trigger::kConsoleLost);
  ExpectFiresAt(world, id, seen + kTimeout, Trigger::kConsoleLostPolicy);
  EXPECT_EQ(world.Views(id), "REMOVED ACTIVE COLLABORATION");
}

TEST_F(TimersTest, ConsoleLostPolicyNeverComesBeforeTheLossIsShown) {
  GroupSettings settings;
  settings.device_lost_grace = seconds(20);
  settings.offline_after = seconds(5);
  settings.console_lost_policy = ConsoleLostPolicy::kGiveToCollaborator;
  World world(settings);
  const SessionId id = world.Collaborating();
  const Time seen = world.now;
  world.Do(SignOut(kAnn, seen));
  world.At(seen + seconds(20));
  EXPECT_EQ(world.FireAllDue(id), (std::vector{Trigger::kConsoleLost, Trigger::kConsoleLostPolicy}));
}

TEST_F(TimersTest, KeepKeeps) {
  World world;
  const SessionId id = world.Collaborating();
  world.Do(SignOut(kAnn, world.now));
  world.Wait(std::chrono::hours(24));
  EXPECT_EQ(world.FireAllDue(id), (std::vector{Trigger::kConsoleLost}));
  EXPECT_EQ(world.Views(id), "ACTIVE RECONNECTING RECONNECTING");
}

TEST_F(TimersTest, ChangedSettingsApplyToRunningTimers) {
  struct Case {
    TimerKind kind;
    Trigger trigger;
    Duration GroupSettings::*setting;
    std::function<SessionId(World&)> prepare;
  };
  const std::vector<Case> cases = {
      {TimerKind::kConnecting, Trigger::kConnectingTimeout, &GroupSettings::connecting_timeout,
       [](World& w) { return w.Do(command::CreateSession{.owner = kAnn, .code_key = "123456"}).session; }},
      {TimerKind::kWaiting, Trigger::kWaitingTimeout, &GroupSettings::waiting_timeout, [](World& w) { return w.Private(); }},
      {TimerKind::kIdle, Trigger::kIdleTimeout, &GroupSettings::idle_timeout, [](World& w) { return w.Active(); }},
      {TimerKind::kOffline, Trigger::kOfflineTimeout, &GroupSettings::offline_after,
       [](World& w) {
         const SessionId id = w.Active();
         w.Do(Lose(id));
         return id;
       }},
      {TimerKind::kHold, Trigger::kHoldLimit, &GroupSettings::hold_limit,
       [](World& w) {
         const SessionId id = w.Active();
         w.Do(Hold(id, kAnn));
         return id;
       }},
      {TimerKind::kSystem, Trigger::kSystemLimit, &GroupSettings::system_limit, [](World& w) { return w.Active(); }},
      {TimerKind::kLeadLost, Trigger::kConsoleLost, &GroupSettings::device_lost_grace,
       [](World& w) {
         const SessionId id = w.Active();
         w.Do(SignOut(kAnn, w.now));
         return id;
       }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(Name(c.kind));
    World world;
    GroupSettings settings;
    settings.*c.setting = minutes(9);
    world.Settings(settings);
    const SessionId id = c.prepare(world);
    const Time begun = world.Due(id, c.kind)->due - minutes(9);
    settings.*c.setting = seconds(50);
    world.Wait(seconds(1));
    world.Settings(settings);
    ExpectFiresAt(world, id, begun + seconds(50), c.trigger);
  }
}

TEST_F(TimersTest, ChangingTheValidityOfCodesLeavesThoseGivenOutAlone) {
  World world;
  const SessionId id = world.Do(command::CreateSession{.owner = kAnn, .code_key = "123456"}).session;
  const Time due = world.Due(id, TimerKind::kCodeValidity)->due;
  GroupSettings settings;
  settings.private_code_validity = minutes(1);
  world.Settings(settings);
  EXPECT_EQ(world.Due(id, TimerKind::kCodeValidity)->due, due);
}

TEST_F(TimersTest, SeveralDueTimersFireInTheOrderOfTheirInstants) {
  GroupSettings settings;
  settings.idle_timeout = minutes(8);
  settings.offline_after = minutes(5);
  World world(settings);
  const SessionId id = world.Collaborating();  // ann's idle time began a millisecond and more before theirs
  world.Do(Lose(id));
  world.Do(Look(kAnn, id));
  world.Do(Look(kBob, id));
  world.Wait(milliseconds(10));
  world.Do(Look(kAnn, {}));
  world.Wait(std::chrono::hours(1));
  // The device goes offline, then cat's console idles out, then ann's, which ends the session.
  EXPECT_EQ(world.FireAllDue(id), (std::vector{Trigger::kOfflineTimeout, Trigger::kIdleTimeout, Trigger::kIdleTimeout}));
  EXPECT_EQ(world.Views(id), "TIMED_OUT REMOVED REMOVED");
}

TEST_F(TimersTest, TiesGoToTheLowerKind) {
  GroupSettings settings;
  settings.connecting_timeout = minutes(20);
  World world(settings);
  const SessionId id = world.Do(command::CreateSession{.owner = kAnn, .code_key = "123456"}).session;
  world.Wait(minutes(20));
  EXPECT_EQ(world.FireAllDue(id), (std::vector{Trigger::kCodeExpired, Trigger::kConnectingTimeout}));
}

TEST_F(TimersTest, AnEndedSessionHasNoDeadline) {
  GroupSettings settings;
  settings.idle_timeout = kTimeout;
  World world(settings);
  const SessionId id = world.Active();
  world.Do(CustomerEnds(id));
  EXPECT_TRUE(Deadlines(world.org, world.Get(id)).empty());
}

}  // namespace
}  // namespace guichet::testing

// Every setting of a group (domain.md §3), changed while sessions run. The instants of timers under unchanged settings are in
// timers_test.cc.
#include <functional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"
#include "statemachine/route.h"
#include "tests/statemachine/world.h"

namespace guichet::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const GroupId kNight{"night"};
const TechnicianId kEve{"eve"};  // of kNight

// A member that is added to GroupSettings does not compile here: it needs a test below.
TEST(Settings, EveryMemberHasATest) {
  const GroupSettings settings;
  const auto& [private_code_validity, connecting_timeout, waiting_timeout, idle_timeout, device_lost_grace, offline_after,
               hold_limit, system_limit, max_active_sessions, busy_at, auto_start_private, console_lost_policy, terms,
               away_after, logout_after, idle_blockers, auto_start_channel, login_deferral, connecting_alert, waiting_alert,
               survey, survey_at_end, approved_externals_only] = settings;
  EXPECT_EQ(private_code_validity, minutes(20));
  EXPECT_EQ(connecting_timeout, minutes(10));
  EXPECT_EQ(device_lost_grace, seconds(20));
  EXPECT_EQ(offline_after, minutes(5));
  EXPECT_EQ(std::tuple(hold_limit, system_limit), std::tuple(hours(24 * 14), hours(24 * 14)));
  EXPECT_EQ(std::tuple(max_active_sessions, busy_at), std::tuple(10u, 0u));
  EXPECT_EQ(console_lost_policy, ConsoleLostPolicy::kKeep);
  EXPECT_EQ(idle_blockers, kDefaultIdleBlockers);
  for (Duration never : {waiting_timeout, idle_timeout, away_after, logout_after, connecting_alert, waiting_alert}) {
    EXPECT_EQ(never, kNever);
  }
  EXPECT_EQ(login_deferral, Duration{0});
  for (bool off : {auto_start_private, auto_start_channel, survey_at_end, approved_externals_only}) EXPECT_FALSE(off);
  for (const std::string& none : {terms, survey}) EXPECT_EQ(none, "");
}

// --- timers

struct Timer {
  TimerKind kind;
  Trigger trigger;
  Duration GroupSettings::*setting;
  bool can_be_never;
  std::function<SessionId(World&)> prepare;  // the timer runs
};

SessionId Connecting(World& world) { return world.Do(command::CreateSession{.owner = kAnn, .code_key = "123456"}).session; }

std::vector<Timer> Timers() {
  auto lead_gone = [](World& w) {
    const SessionId id = w.Collaborating();
    w.Do(SignOut(kAnn, w.now));
    return id;
  };
  return {
      {TimerKind::kConnecting, Trigger::kConnectingTimeout, &GroupSettings::connecting_timeout, false, Connecting},
      {TimerKind::kWaiting, Trigger::kWaitingTimeout, &GroupSettings::waiting_timeout, true,
       [](World& w) { return w.Private(); }},
      {TimerKind::kIdle, Trigger::kIdleTimeout, &GroupSettings::idle_timeout, true, [](World& w) { return w.Active(); }},
      {TimerKind::kCollaboratorIdle, Trigger::kIdleTimeout, &GroupSettings::idle_timeout, true,
       [](World& w) {
         const SessionId id = w.Collaborating();
         w.Do(Look(kAnn, id));
         w.Do(Look(kCat, id));
         return id;
       }},
      {TimerKind::kOffline, Trigger::kOfflineTimeout, &GroupSettings::offline_after, false,
       [](World& w) {
         const SessionId id = w.Active();
         w.Do(Lose(id));
         return id;
       }},
      {TimerKind::kHold, Trigger::kHoldLimit, &GroupSettings::hold_limit, false,
       [](World& w) {
         const SessionId id = w.Active();
         w.Do(Hold(id, kAnn));
         return id;
       }},
      {TimerKind::kSystem, Trigger::kSystemLimit, &GroupSettings::system_limit, false, [](World& w) { return w.Active(); }},
      {TimerKind::kLeadLost, Trigger::kConsoleLost, &GroupSettings::device_lost_grace, false, lead_gone},
      {TimerKind::kLeadLostPolicy, Trigger::kConsoleLostPolicy, &GroupSettings::offline_after, false,
       [=](World& w) {
         const SessionId id = lead_gone(w);
         w.Wait(seconds(20));
         EXPECT_EQ(w.FireDue(), 1) << "the loss is shown";
         return id;
       }},
  };
}

// The timer began at `begun`; four minutes later its setting changes from nine minutes to `to`.
struct Changed {
  Changed(const Timer& timer, Duration to) : kind(timer.kind) {
    GroupSettings settings;
    settings.console_lost_policy = ConsoleLostPolicy::kGiveToCollaborator;
    settings.*timer.setting = minutes(9);
    world.Settings(settings);
    id = timer.prepare(world);
    begun = world.Due(id, kind)->due - minutes(9);
    world.At(begun + minutes(4));
    settings.*timer.setting = to;
    world.Settings(settings);
  }
  World world;
  SessionId id;
  TimerKind kind;
  Time begun{};
};

TEST(RunningTimer, AShorterOneCountsFromWhenItBegan) {
  for (const Timer& timer : Timers()) {
    SCOPED_TRACE(Name(timer.kind));
    Changed c(timer, minutes(5) + milliseconds(7));
    c.world.At(c.begun + minutes(5) + milliseconds(6));
    EXPECT_EQ(c.world.FireAllDue(c.id), std::vector<Trigger>{});
    c.world.At(c.begun + minutes(5) + milliseconds(7));
    EXPECT_EQ(c.world.FireAllDue(c.id).at(0), timer.trigger);
  }
}

TEST(RunningTimer, OneThatHasPassedFiresAtOnce) {
  for (const Timer& timer : Timers()) {
    SCOPED_TRACE(Name(timer.kind));
    Changed c(timer, minutes(3));
    EXPECT_EQ(c.world.FireAllDue(c.id).at(0), timer.trigger);
  }
}

TEST(RunningTimer, ALongerOneCountsFromWhenItBegan) {
  for (const Timer& timer : Timers()) {
    SCOPED_TRACE(Name(timer.kind));
    Changed c(timer, minutes(30));
    c.world.At(c.begun + minutes(30) - milliseconds(1));
    for (Trigger fired : c.world.FireAllDue(c.id)) EXPECT_NE(Name(fired), Name(timer.trigger));
    if (timer.kind == TimerKind::kLeadLost) continue;  // it fires later than all that follow from it
    ASSERT_TRUE(c.world.Due(c.id, timer.kind));
    EXPECT_EQ(c.world.Due(c.id, timer.kind)->due, c.begun + minutes(30));
  }
}

TEST(RunningTimer, NeverStopsItAndAnotherValueStartsItFromWhenItBegan) {
  for (const Timer& timer : Timers()) {
    if (!timer.can_be_never) continue;
    SCOPED_TRACE(Name(timer.kind));
    Changed c(timer, kNever);
    EXPECT_FALSE(c.world.Due(c.id, timer.kind));
    c.world.Wait(hours(24));
    EXPECT_EQ(c.world.FireAllDue(c.id), std::vector<Trigger>{});
    GroupSettings settings = c.world.org.groups.at(kDesk).settings;
    settings.*timer.setting = hours(48);
    c.world.Settings(settings);
    EXPECT_EQ(c.world.Due(c.id, timer.kind)->due, c.begun + hours(48));
  }
}

TEST(RunningTimer, ThatOfAChannelIsNotTheGroups) {
  GroupSettings settings;
  World world(settings);
  world.Do(command::PutChannel{guichet::Channel{kWeb, "Web", {kDesk}, {}, minutes(6), minutes(8)}, true});
  const SessionId connecting = world.Do(command::CreateSession{.method = Method::kChannelForm, .channel = kWeb}).session;
  const SessionId waiting = world.FromChannel();
  settings.connecting_timeout = settings.waiting_timeout = minutes(1);
  world.Settings(settings);
  EXPECT_EQ(world.Due(connecting, TimerKind::kConnecting)->due, world.now + minutes(6));
  EXPECT_EQ(world.Due(waiting, TimerKind::kWaiting)->due, world.now + minutes(8));
  guichet::Channel channel = world.org.channels.at(kWeb);
  channel.connecting_timeout = channel.waiting_timeout = std::nullopt;
  world.Do(command::PutChannel{channel, false});
  EXPECT_EQ(world.Due(connecting, TimerKind::kConnecting)->due, world.now + minutes(1));
  EXPECT_EQ(world.Due(waiting, TimerKind::kWaiting)->due, world.now + minutes(1));
  channel.waiting_timeout = kNever;
  world.Do(command::PutChannel{channel, false});
  EXPECT_FALSE(world.Due(waiting, TimerKind::kWaiting)) << "a channel's never overrides too";
}

TEST(RunningTimer, PrivateCodeValidityIsOfTheNextCode) {
  World world;
  const SessionId before = Connecting(world);
  GroupSettings settings;
  settings.private_code_validity = minutes(1);
  world.Settings(settings);
  const SessionId after = Connecting(world);
  EXPECT_EQ(world.Due(before, TimerKind::kCodeValidity)->due, world.now + minutes(20));
  EXPECT_EQ(world.Due(after, TimerKind::kCodeValidity)->due, world.now + minutes(1));
}

// Consoles report activity to the shard, and alerts are what a console shows: the core's sessions do not change by them.
TEST(Settings, InactivityAndAlertsEndNoSession) {
  World world;
  world.Channel({kAnn, kBob}, {kDesk});
  const std::vector<SessionId> ids = {Connecting(world), world.Private(), world.Active(), world.FromChannel()};
  auto all = [&] {
    std::set<std::tuple<SessionId, TimerKind, Time>> deadlines;
    for (SessionId id : ids) {
      for (const Deadline& d : Deadlines(world.org, world.Get(id))) deadlines.insert({id, d.kind, d.due});
    }
    return deadlines;
  };
  const auto before = all();
  for (Duration GroupSettings::*setting : {&GroupSettings::away_after, &GroupSettings::logout_after,
                                           &GroupSettings::connecting_alert, &GroupSettings::waiting_alert}) {
    GroupSettings settings;
    settings.*setting = milliseconds(1);
    world.Settings(settings);
    EXPECT_EQ(all(), before);
    EXPECT_EQ(world.org.technicians.at(kAnn).status, Status::kOnline);
  }
}

// --- whose settings

TEST(Settings, AreThoseOfTheLeadsGroup) {
  GroupSettings desk, night;
  desk.idle_timeout = minutes(9);
  night.idle_timeout = minutes(2);
  night.hold_limit = minutes(3);
  World world(desk);
  world.Group(kNight, night);
  world.Technician(kEve, kNight);
  const SessionId id = world.Active();
  EXPECT_EQ(world.Due(id, TimerKind::kIdle)->due, world.now + minutes(9));
  world.Do(Transfer(id, kAnn, kEve));
  EXPECT_EQ(world.Due(id, TimerKind::kIdle)->due, world.now + minutes(9)) << "he leads until another starts it";
  world.Do(Start(id, kEve));
  EXPECT_EQ(world.Due(id, TimerKind::kIdle)->due, world.now + minutes(2));
  world.Do(Hold(id, kEve));
  EXPECT_EQ(world.Due(id, TimerKind::kHold)->due, world.now + minutes(3));
  world.Do(Start(id, kEve));
  world.Technician(kEve, kDesk);
  EXPECT_EQ(world.Due(id, TimerKind::kIdle)->due, world.now + minutes(9)) << "he moved to another group";
}

TEST(Settings, ACollaboratorIdlesByThoseOfHisOwnGroup) {
  GroupSettings desk, night;
  night.idle_timeout = minutes(2);
  World world(desk);
  world.Group(kNight, night);
  world.Technician(kEve, kNight);
  const SessionId id = world.Active();
  world.Do(Invite(id, kAnn, kEve));
  world.Do(Start(id, kEve));
  EXPECT_FALSE(world.Due(id, TimerKind::kIdle));
  EXPECT_EQ(world.Due(id, TimerKind::kCollaboratorIdle)->due, world.now + minutes(2));
}

TEST(Settings, OfAQueueAreThoseOfItsFirstGroupOrTheDefaults) {
  GroupSettings settings;
  settings.waiting_timeout = minutes(9);
  World world(settings);
  world.Channel({kAnn});
  const SessionId id = world.FromChannel();
  EXPECT_FALSE(world.Due(id, TimerKind::kWaiting)) << "a channel without a group: the defaults";
  world.Channel({}, {kDesk});
  EXPECT_EQ(world.Due(id, TimerKind::kWaiting)->due, world.now + minutes(9));
}

// --- load

TEST(Settings, MaxActiveSessionsLoweredLetsRunningOnesGoOn) {
  World world;
  const SessionId first = world.Active();
  const SessionId second = world.Active();
  const SessionId third = world.Private();
  GroupSettings settings;
  settings.max_active_sessions = 1;
  world.Settings(settings);
  EXPECT_EQ(world.Views(first) + world.Views(second), "ACTIVE REMOVED REMOVEDACTIVE REMOVED REMOVED");
  EXPECT_EQ(world.ReasonOf(Start(third, kAnn)), "TOO_MANY_ACTIVE_SESSIONS");
  world.Do(Transfer(first, kAnn, kBob));
  world.Do(Start(first, kAnn));  // it counts already
  world.Do(End(first, kAnn));
  EXPECT_EQ(world.ReasonOf(Start(third, kAnn)), "TOO_MANY_ACTIVE_SESSIONS");
  settings.max_active_sessions = 2;
  world.Settings(settings);
  world.Do(Start(third, kAnn));
}

TEST(Settings, BusyAtAppliesToRunningSessions) {
  World world;
  auto status = [&] { return world.org.technicians.at(kAnn).status; };
  world.Active();
  GroupSettings settings;
  settings.busy_at = 1;
  const Step step = [&] {
    guichet::Group group = world.org.groups.at(kDesk);
    group.settings = settings;
    return world.Do(command::PutGroup{group, false});
  }();
  EXPECT_EQ(status(), Status::kBusy);
  EXPECT_EQ(step.touched.technicians, std::vector{kAnn}) << "of whom alone the status changed";
  settings.busy_at = 2;
  world.Settings(settings);
  EXPECT_EQ(status(), Status::kOnline);
  settings.busy_at = 1;
  world.Settings(settings);
  settings.busy_at = 0;
  world.Settings(settings);
  EXPECT_EQ(status(), Status::kOnline) << "0 is never";
}

// --- auto-start

TEST(Settings, AutoStartPrivateIsAskedWhenTheAppletAttaches) {
  World world;
  const SessionId early = Connecting(world);
  const SessionId waiting = world.Private();
  GroupSettings settings;
  settings.auto_start_private = true;
  world.Settings(settings);
  world.Do(Attach(early));
  EXPECT_EQ(world.See(early, kAnn), EntryState::kActive);
  EXPECT_EQ(world.See(waiting, kAnn), EntryState::kWaiting) << "it has arrived before";
  world.Do(Lose(waiting));
  world.Do(Attach(waiting));
  EXPECT_EQ(world.See(waiting, kAnn), EntryState::kWaiting) << "coming back is no arrival";
  const SessionId late = Connecting(world);
  settings.auto_start_private = false;
  world.Settings(settings);
  world.Do(Attach(late));
  EXPECT_EQ(world.See(late, kAnn), EntryState::kWaiting);
}

TEST(Settings, AutoStartChannelIsAskedWhenTheSessionIsRouted) {
  World world;
  world.Channel({}, {kDesk});
  const SessionId id = world.FromChannel();
  EXPECT_TRUE(world.Do(Route(id)).entry.events.empty());
  GroupSettings settings;
  settings.auto_start_channel = true;
  world.Settings(settings);
  EXPECT_EQ(Name(world.Do(Route(id)).entry.trigger), "auto_start");
  EXPECT_EQ(world.Views(id), "ACTIVE REMOVED REMOVED");
  const SessionId later = world.FromChannel();
  settings.auto_start_channel = false;
  world.Settings(settings);
  EXPECT_TRUE(world.Do(Route(later)).entry.events.empty());
}

TEST(Settings, LoginDeferralCountsFromTheLoginWhenItIsChanged) {
  GroupSettings settings;
  settings.auto_start_channel = true;
  settings.login_deferral = minutes(9);
  World world(settings);
  for (const TechnicianId& t : {kBob, kCat}) world.Do(Away(t, true));
  world.Channel({}, {kDesk});
  const Time login = world.now;
  const SessionId id = world.FromChannel();
  auto routed = [&] { return !world.Do(Route(id)).entry.events.empty(); };
  EXPECT_FALSE(routed());
  EXPECT_EQ(NextChange(world.org, kAnn, world.now), login + minutes(9));
  world.At(login + minutes(4));
  settings.login_deferral = minutes(20);
  world.Settings(settings);
  EXPECT_EQ(NextChange(world.org, kAnn, world.now), login + minutes(20));
  world.At(login + minutes(10));
  EXPECT_FALSE(routed());
  settings.login_deferral = minutes(10) + milliseconds(1);
  world.Settings(settings);
  EXPECT_FALSE(routed());
  world.Wait(milliseconds(1));
  EXPECT_TRUE(routed());
  EXPECT_EQ(world.Views(id), "ACTIVE REMOVED REMOVED");
}

TEST(Settings, WithoutLoginDeferralNobodyIsDeferred) {
  GroupSettings settings;
  settings.auto_start_channel = true;
  settings.login_deferral = minutes(9);
  World world(settings);
  world.Channel({}, {kDesk});
  const SessionId id = world.FromChannel();
  settings.login_deferral = Duration{0};
  world.Settings(settings);
  EXPECT_EQ(NextChange(world.org, kAnn, world.now), kNoTime);
  EXPECT_FALSE(world.Do(Route(id)).entry.events.empty());
}

// --- a lead whose console is lost

TEST(Settings, TheConsoleLostPolicyIsThatOfWhenItsTimeComes) {
  for (const auto& [before, after, views] :
       {std::tuple{ConsoleLostPolicy::kKeep, ConsoleLostPolicy::kGiveToCollaborator, "REMOVED ACTIVE COLLABORATION"},
        std::tuple{ConsoleLostPolicy::kGiveToCollaborator, ConsoleLostPolicy::kKeep, "ACTIVE RECONNECTING RECONNECTING"},
        std::tuple{ConsoleLostPolicy::kKeep, ConsoleLostPolicy::kRequeue, "ACTIVE RECONNECTING RECONNECTING"}}) {
    GroupSettings settings;
    settings.console_lost_policy = before;
    World world(settings);
    const SessionId id = world.Collaborating();
    world.Do(SignOut(kAnn, world.now));
    world.Wait(minutes(1));
    world.FireDue();
    settings.console_lost_policy = after;
    world.Settings(settings);
    world.Wait(hours(1));
    world.FireDue();
    EXPECT_EQ(world.Views(id), views);
  }
}

TEST(Settings, APolicySetLongAfterTheLossAppliesAtOnce) {
  World world;
  world.Channel({kAnn, kBob});
  const SessionId id = world.FromChannel();
  world.Do(Start(id, kAnn));
  world.Do(SignOut(kAnn, world.now));
  world.Wait(hours(5));
  world.FireDue();
  EXPECT_EQ(world.Views(id), "ACTIVE REMOVED REMOVED");
  GroupSettings settings;
  settings.console_lost_policy = ConsoleLostPolicy::kRequeue;
  world.Settings(settings);
  EXPECT_EQ(world.FireAllDue(id), std::vector{Trigger::kConsoleLostPolicy});
  EXPECT_EQ(world.Views(id), "REMOVED WAITING REMOVED");
}

// --- terms

TEST(Settings, TermsAreThoseOfWhenTheAppletAttaches) {
  GroupSettings with, without;
  with.terms = "Be kind.";
  World world;
  const SessionId before = Connecting(world);
  const SessionId waiting = world.Private();
  world.Settings(with);
  EXPECT_EQ(world.See(waiting, kAnn), EntryState::kWaiting) << "it was let in without";
  world.Do(Lose(waiting));
  world.Do(Attach(waiting));
  EXPECT_EQ(world.See(waiting, kAnn), EntryState::kWaiting) << "and comes back without";
  world.Do(Attach(before));
  EXPECT_EQ(world.See(before, kAnn), EntryState::kConnecting) << "the customer reads them";
  world.Settings(without);
  EXPECT_EQ(world.See(before, kAnn), EntryState::kConnecting);
  world.Do(command::AnswerTerms{before, true});
  EXPECT_EQ(world.See(before, kAnn), EntryState::kWaiting);
}

TEST(Settings, TermsWithdrawnWhileTheyAreReadLetTheNextAttachIn) {
  GroupSettings settings;
  settings.terms = "Be kind.";
  World world(settings);
  const SessionId id = world.Private();
  EXPECT_EQ(world.See(id, kAnn), EntryState::kConnecting);
  world.Settings({});
  world.Do(Attach(id));
  EXPECT_EQ(world.See(id, kAnn), EntryState::kWaiting);
}

TEST(Settings, AcceptedTermsAreNotAskedForAgainWhenTheyChange) {
  GroupSettings settings;
  settings.terms = "Be kind.";
  World world(settings);
  const SessionId id = world.Private();
  world.Do(command::AnswerTerms{id, true});
  settings.terms = "Be kinder.";
  world.Settings(settings);
  world.Do(Restart(id));
  world.Do(Attach(id));
  EXPECT_EQ(world.See(id, kAnn), EntryState::kWaiting);
}

// --- survey

GroupSettings WithSurvey(bool at_end) {
  GroupSettings settings;
  settings.survey = "https://example.com/survey";
  settings.survey_at_end = at_end;
  return settings;
}

// Whether the survey was sent with a session that the customer ends; `change` comes before its end.
bool SentAtEnd(World& world, SessionId id, const std::function<void()>& change) {
  change();
  const Step step = world.Do(CustomerEnds(id));
  return step.entry.sessions.at(0).after->survey_sent;
}

TEST(Settings, SurveyAtEndIsThatOfWhenTheSessionEnds) {
  World world;
  EXPECT_FALSE(SentAtEnd(world, world.Active(), [] {}));
  EXPECT_TRUE(SentAtEnd(world, world.Active(), [&] { world.Settings(WithSurvey(true)); }));
  EXPECT_FALSE(SentAtEnd(world, world.Active(), [&] { world.Settings(WithSurvey(false)); }));
  GroupSettings no_text;
  no_text.survey_at_end = true;
  EXPECT_FALSE(SentAtEnd(world, world.Active(), [&] { world.Settings(no_text); }));
}

TEST(Settings, SurveyAtEndNeedsASessionThatWasStarted) {
  World world(WithSurvey(true));
  EXPECT_FALSE(SentAtEnd(world, world.Private(), [] {}));
}

TEST(Settings, SurveyAtEndComesWithEveryEndOfAStartedSession) {
  for (const auto& end :
       {std::function([](World&w, SessionId id) { return w.Do(End(id, kAnn)); }),
        std::function([](World&w, SessionId id) { return w.Do(CustomerEnds(id)); }), std::function([](World&w, SessionId id) {
          w.Wait(hours(24 * 15));
          return w.Do(command::FireTimer{id});
        }),
        std::function([](World&w, SessionId) { return w.Do(command::DeleteTechnician{kAnn}); })}) {
    World world(WithSurvey(true));
    const Step step = end(world, world.Active());
    EXPECT_TRUE(step.entry.sessions.at(0).after->survey_sent) << Name(step.entry.trigger);
  }
}

// A monitoring session has no customer.
TEST(Settings, SurveyAtEndIsNotForMonitoring) {
  World world(WithSurvey(true));
  world.Technician(kAnn, kDesk, true);
  const SessionId id =
      world.Do(command::CreateSession{.method = Method::kMonitoring, .owner = kAnn, .monitored = kBob}).session;
  world.Do(Attach(id));
  world.Do(Start(id, kAnn));
  world.Do(SignOut(kBob, world.now));
  EXPECT_EQ(world.See(id, kAnn), EntryState::kClosed);
  EXPECT_FALSE(world.Get(id).survey_sent);
}

TEST(Settings, ASurveyByHandIsThatOfTheLeadsGroupAtThatTime) {
  World world;
  world.Group(kNight, WithSurvey(false));
  world.Technician(kEve, kNight);
  const SessionId id = world.Active();
  const auto send = [&](const TechnicianId& t) { return world.ReasonOf(command::SendSurvey{T(id, t)}); };
  EXPECT_EQ(send(kAnn), "WRONG_STATE") << "the group has none";
  world.Do(Transfer(id, kAnn, kEve));
  world.Do(Start(id, kEve));
  world.Settings({}, kNight);
  EXPECT_EQ(send(kEve), "WRONG_STATE") << "it has none any more";
  world.Settings(WithSurvey(false), kNight);
  EXPECT_EQ(send(kEve), "");
}

}  // namespace
}  // namespace guichet::testing

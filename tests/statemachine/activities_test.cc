// What technicians ask of the customer's device (domain.md §7): consent, standing grants, what closes an activity, and how open
// ones hold off the idle time-out (§3).
#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "statemachine/limits.h"
#include "tests/statemachine/world.h"

namespace guichet::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Kind = ActivityKind;

// --- request and consent

TEST(Activity, IsAskedForThenOpenThenClosed) {
  World world;
  const SessionId id = world.Active();
  const Step asked = world.Do(command::RequestActivity{T(id, kAnn), Kind::kSendFile, "setup.exe"});
  EXPECT_EQ(Name(asked.entry.trigger), "activity");
  const Activity first = world.Get(id).activities.at(0);
  EXPECT_EQ(first, (Activity{1, Kind::kSendFile, kAnn, false, "setup.exe", world.now}));
  world.Wait(seconds(3));
  world.Do(Answer(id, 1, true));
  const Activity open = world.Get(id).activities.at(0);
  EXPECT_EQ(open, (Activity{1, Kind::kSendFile, kAnn, true, "setup.exe", world.now})) << "since its opening";
  EXPECT_EQ(world.See(id, kAnn), EntryState::kActive) << "no state of an entry";
  world.Do(Close(id, kAnn, 1));
  EXPECT_EQ(world.Activities(id), "");
}

TEST(Activity, EveryKindIsAskedForAndOpened) {
  World world;
  world.Permit(Permissions::All());
  const SessionId id = world.Active();
  for (int i = 1; i < kActivityKindCount; ++i) {
    if (static_cast<Kind>(i) == Kind::kUnattendedAccess) continue;  // is over once it is agreed to: computers_test.cc
    const bool on_phones = static_cast<Kind>(i) == Kind::kMobileSettings;
    world.org.sessions.at(id).type = on_phones ? SessionType::kMobile : SessionType::kStandard;
    const uint32_t activity = world.Open(id, kAnn, static_cast<Kind>(i));
    EXPECT_EQ(activity, static_cast<uint32_t>(i));
    EXPECT_TRUE(world.Get(id).FindActivity(activity)->open);
  }
  EXPECT_EQ(world.Get(id).activities.size(), static_cast<size_t>(kActivityKindCount - 2));
}

TEST(Activity, ADeniedOneIsOverAndItsIdIsNotUsedAgain) {
  World world;
  const SessionId id = world.Active();
  const uint32_t denied = world.Ask(id, kAnn, Kind::kRemoteControl);
  world.Do(Answer(id, denied, false));
  EXPECT_EQ(world.Activities(id), "");
  EXPECT_EQ(world.Ask(id, kAnn, Kind::kRemoteControl), denied + 1) << "he may ask again";
}

TEST(Activity, ItsTechnicianTakesARequestBack) {
  World world;
  const SessionId id = world.Active();
  world.Do(Close(id, kAnn, world.Ask(id, kAnn, Kind::kRemoteControl)));
  EXPECT_EQ(world.Activities(id), "");
}

TEST(Activity, AStandingGrantIsTakenBackWithWhatIsOpen) {
  World world;
  const SessionId id = world.Active();
  const uint32_t asked = world.Ask(id, kAnn, Kind::kRemoteControl);
  world.Do(Answer(id, asked, true, true));
  world.Open(id, kAnn, Kind::kClipboard);
  world.Do(Answer(id, asked, false, true));
  EXPECT_EQ(world.Activities(id), "ann CLIPBOARD");
  world.Ask(id, kAnn, Kind::kRemoteControl);
  EXPECT_EQ(world.Activities(id), "ann CLIPBOARD, ann REMOTE_CONTROL?") << "it is asked for again";
}

TEST(Activity, AnAnswerThatComesTooLateOrTwiceIsNone) {
  World world;
  const SessionId id = world.Active();
  const uint32_t open = world.Open(id, kAnn, Kind::kRemoteControl);
  EXPECT_TRUE(world.Do(Answer(id, open, false)).entry.events.empty()) << "an open one is revoked, not denied";
  EXPECT_TRUE(world.Do(Answer(id, 99, true, true)).entry.events.empty());
  EXPECT_TRUE(world.Do(Revoke(id, 99)).entry.events.empty());
  EXPECT_EQ(world.Activities(id), "ann REMOTE_CONTROL");
  world.Do(CustomerEnds(id));
  EXPECT_EQ(world.ReasonOf(Answer(id, open, true)), "SESSION_ENDED");
  EXPECT_EQ(world.ReasonOf(Revoke(id)), "SESSION_ENDED");
  EXPECT_EQ(world.ReasonOf(Answer(SessionId{99}, 1, true)), "SESSION_NOT_FOUND");
}

TEST(Activity, TheLeadClosesAnyACollaboratorHisOwn) {
  World world;
  const SessionId id = world.Collaborating();
  const uint32_t anns = world.Open(id, kAnn, Kind::kRemoteControl);
  const uint32_t bobs = world.Open(id, kBob, Kind::kDesktopView);
  const uint32_t cats = world.Ask(id, kCat, Kind::kClipboard);
  EXPECT_EQ(world.ReasonOf(Close(id, kBob, anns)), "NOT_LEAD");
  EXPECT_EQ(world.ReasonOf(Close(id, kBob, cats)), "NOT_LEAD");
  world.Do(Close(id, kBob, bobs));
  world.Do(Close(id, kAnn, cats));
  world.Do(Close(id, {}, anns));  // an integrator acts as the lead
  EXPECT_EQ(world.ReasonOf(Close(id, kAnn, anns)), "ACTIVITY_NOT_FOUND") << "it is over";
  EXPECT_EQ(world.ReasonOf(Close(id, kAnn, 99)), "ACTIVITY_NOT_FOUND");
  EXPECT_EQ(world.ReasonOf(Close(SessionId{99}, kAnn, 1)), "SESSION_NOT_FOUND");
}

// --- who can ask, and when

TEST(ActivityRequest, OnlyByWhoIsAtWork) {
  GroupSettings settings;
  settings.console_lost_policy = ConsoleLostPolicy::kKeep;
  World world(settings);
  world.Technician(kCat, kDesk, true);
  auto reason = [&](SessionId id, const TechnicianId& t) { return world.ReasonOf(Request(id, t, Kind::kRemoteControl)); };
  const SessionId waiting = world.Private();
  EXPECT_EQ(reason(waiting, kAnn), "NOT_IN_SESSION");
  EXPECT_EQ(reason(waiting, {}), "INVALID_FIELD");
  const SessionId id = world.Active();
  EXPECT_EQ(reason(id, kBob), "NOT_IN_SESSION");
  world.Do(Invite(id, kAnn, kBob));
  EXPECT_EQ(reason(id, kBob), "NOT_IN_SESSION") << "an invitee";
  world.Do(Start(id, kBob));
  world.Do(Hold(id, kBob));
  EXPECT_EQ(reason(id, kBob), "WRONG_STATE") << "on hold for himself";
  EXPECT_EQ(reason(id, kAnn), "");
  world.Do(Hold(id, kAnn));
  EXPECT_EQ(reason(id, kAnn), "WRONG_STATE") << "held";
  world.Do(Start(id, kAnn));
  world.Do(Start(id, kBob));
  world.Do(Transfer(id, kAnn, kCat));
  EXPECT_EQ(reason(id, kAnn), "WRONG_STATE") << "on its way";
  EXPECT_EQ(reason(id, kBob), "WRONG_STATE");
  EXPECT_EQ(reason(id, kCat), "NOT_IN_SESSION");
  world.Do(Start(id, kAnn));
  world.Do(Lose(id));
  EXPECT_EQ(reason(id, kAnn), "LINK_NOT_ATTACHED");
  world.Do(Attach(id));
  world.Do(SignOut(kAnn, world.now));
  world.Wait(minutes(1));
  world.FireDue();
  EXPECT_EQ(reason(id, kBob), "LEAD_CONSOLE_LOST");
  world.Do(SignIn(kAnn));
  EXPECT_EQ(reason(id, kBob), "");
  world.Do(CustomerEnds(id));
  EXPECT_EQ(reason(id, kAnn), "WRONG_STATE");
  EXPECT_EQ(reason(id, kCat), "SESSION_ENDED");
  const SessionId monitoring =
      world.Do(command::CreateSession{.method = Method::kMonitoring, .owner = kCat, .monitored = kBob}).session;
  world.Do(Attach(monitoring));
  world.Do(Start(monitoring, kCat));
  EXPECT_EQ(reason(monitoring, kCat), "WRONG_STATE");
}

TEST(ActivityRequest, MoreThanTheLimitAreRefused) {
  World world;
  const SessionId id = world.Collaborating();
  for (size_t i = 0; i < limits::kActivities; ++i) {
    world.Do(Request(id, i % 2 == 0 ? kAnn : kBob, Kind::kSendUrl));
    if (i % 3 == 0) world.Do(Answer(id, world.Get(id).last_activity, true));
  }
  EXPECT_EQ(world.Get(id).activities.size(), limits::kActivities);
  for (const TechnicianId& t : {kAnn, kBob, kCat}) EXPECT_EQ(world.ReasonOf(Request(id, t, Kind::kSendUrl)), "TOO_MANY");
  world.Do(Close(id, kAnn, 2));
  world.Do(Request(id, kCat, Kind::kSendUrl));
  EXPECT_EQ(world.ReasonOf(Request(id, kCat, Kind::kSendUrl)), "TOO_MANY");
}

TEST(ActivityRequest, AtTheLimitTheCustomerStillAnswersAndRevokes) {
  World world;
  const SessionId id = world.Active();
  for (size_t i = 0; i < limits::kActivities; ++i) world.Do(Request(id, kAnn, Kind::kSendUrl));
  world.Do(Answer(id, 1, true, true));
  EXPECT_EQ(world.ReasonOf(Request(id, kAnn, Kind::kSendUrl)), "TOO_MANY") << "a standing grant makes no room";
  world.Do(Revoke(id));
  EXPECT_EQ(world.Get(id).activities.size(), 0u);
}

// --- standing grants

TEST(StandingGrant, OpensLaterRequestsOfTheKindInTheSameCommit) {
  World world;
  const SessionId id = world.Collaborating();
  world.Do(Answer(id, world.Ask(id, kAnn, Kind::kRemoteControl), true, true));
  const Step step = world.Do(Request(id, kBob, Kind::kRemoteControl));
  EXPECT_EQ(step.entry.events.size(), 2u) << "asked for and opened";
  world.Ask(id, kBob, Kind::kDesktopView);
  EXPECT_EQ(world.Activities(id), "ann REMOTE_CONTROL, bob REMOTE_CONTROL, bob DESKTOP_VIEW?");
}

TEST(StandingGrant, DoesNotAnswerWhatWasAskedBefore) {
  World world;
  const SessionId id = world.Collaborating();
  world.Ask(id, kBob, Kind::kRemoteControl);
  world.Do(Answer(id, world.Ask(id, kAnn, Kind::kRemoteControl), true, true));
  EXPECT_EQ(world.Activities(id), "bob REMOTE_CONTROL?, ann REMOTE_CONTROL");
}

TEST(StandingGrant, OutlivesTheActivityTheLeadAndTheDevicesAbsence) {
  World world;
  const SessionId id = world.Active();
  world.Do(Answer(id, world.Ask(id, kAnn, Kind::kRemoteControl), true, true));
  world.Do(Restart(id));
  world.Do(Attach(id));
  world.Do(Transfer(id, kAnn, kBob));
  world.Do(Start(id, kBob));
  EXPECT_EQ(world.Activities(id), "");
  world.Do(Request(id, kBob, Kind::kRemoteControl));
  EXPECT_EQ(world.Activities(id), "bob REMOTE_CONTROL");
}

TEST(StandingGrant, AStandingRefusalTakesItBack) {
  World world;
  const SessionId id = world.Collaborating();
  const uint32_t asked = world.Ask(id, kBob, Kind::kRemoteControl);
  const uint32_t other = world.Ask(id, kCat, Kind::kClipboard);
  world.Do(Answer(id, world.Ask(id, kAnn, Kind::kRemoteControl), true, true));
  world.Do(Answer(id, other, true, true));
  world.Do(Answer(id, asked, false, true));
  EXPECT_EQ(world.Get(id).standing_grants, ActivityKinds{Kind::kClipboard});
  EXPECT_EQ(world.Activities(id), "cat CLIPBOARD, ann REMOTE_CONTROL") << "what is open is closed by revoking it";
  world.Ask(id, kBob, Kind::kRemoteControl);
  EXPECT_EQ(world.Activities(id), "cat CLIPBOARD, ann REMOTE_CONTROL, bob REMOTE_CONTROL?");
}

TEST(StandingGrant, ASingleAnswerLeavesItAsItIs) {
  World world;
  const SessionId id = world.Collaborating();
  const uint32_t asked = world.Ask(id, kBob, Kind::kRemoteControl);
  world.Do(Answer(id, world.Ask(id, kAnn, Kind::kRemoteControl), true, true));
  world.Do(Answer(id, asked, false));
  EXPECT_EQ(world.Get(id).standing_grants, ActivityKinds{Kind::kRemoteControl});
}

TEST(StandingGrant, RevokingOneActivityLeavesIt) {
  World world;
  const SessionId id = world.Collaborating();
  const uint32_t open = world.Ask(id, kAnn, Kind::kRemoteControl);
  world.Do(Answer(id, open, true, true));
  world.Open(id, kBob, Kind::kDesktopView);
  world.Do(Revoke(id, open));
  EXPECT_EQ(world.Activities(id), "bob DESKTOP_VIEW");
  EXPECT_EQ(world.Get(id).standing_grants, ActivityKinds{Kind::kRemoteControl});
}

TEST(StandingGrant, RevokingAllAtOnceTakesThemBack) {
  World world;
  const SessionId id = world.Collaborating();
  world.Do(Answer(id, world.Ask(id, kAnn, Kind::kRemoteControl), true, true));
  world.Open(id, kBob, Kind::kDesktopView);
  world.Ask(id, kCat, Kind::kClipboard);
  world.Do(Revoke(id));
  EXPECT_EQ(world.Activities(id), "");
  EXPECT_EQ(world.Get(id).standing_grants, ActivityKinds{});
  EXPECT_EQ(world.Views(id), "ACTIVE COLLABORATION COLLABORATION") << "the session goes on";
  EXPECT_TRUE(world.Do(Revoke(id)).entry.events.empty()) << "nothing is left";
  world.Ask(id, kAnn, Kind::kRemoteControl);
  EXPECT_EQ(world.Activities(id), "ann REMOTE_CONTROL?");
}

TEST(StandingGrant, RevokingAllTakesThemBackWithoutAnyOpen) {
  World world;
  const SessionId id = world.Active();
  const uint32_t open = world.Ask(id, kAnn, Kind::kRemoteControl);
  world.Do(Answer(id, open, true, true));
  world.Do(Close(id, kAnn, open));
  world.Do(Transfer(id, kAnn, kBob));
  world.Do(Revoke(id));
  EXPECT_EQ(world.Get(id).standing_grants, ActivityKinds{}) << "the customer is asked again, whoever comes";
}

// --- what closes

// Ann leads; bob and cat collaborate. Open: remote control by ann, desktop view by bob, file manager by cat; the clipboard is
// asked for by ann and by bob.
struct Closer {
  std::string name;
  std::function<void(World&, SessionId)> act;
  std::string left;
};

TEST(ActivityClosed, ByWhatEndsThem) {
  const std::string all = "ann REMOTE_CONTROL, bob DESKTOP_VIEW, cat FILE_MANAGER, ann CLIPBOARD?, bob CLIPBOARD?";
  const std::string without_bob = "ann REMOTE_CONTROL, cat FILE_MANAGER, ann CLIPBOARD?";
  const TechnicianId dan{"dan"};
  const std::vector<Closer> closers = {
      {"nothing", [](World&, SessionId) {}, all},
      {"the lead transfers", [&](World& w, SessionId id) { w.Do(Transfer(id, kAnn, dan)); }, ""},
      {"the lead holds", [](World& w, SessionId id) { w.Do(Hold(id, kAnn)); }, ""},
      {"the device is lost", [](World& w, SessionId id) { w.Do(Lose(id)); }, ""},
      {"the customer reboots", [](World& w, SessionId id) { w.Do(Restart(id)); }, ""},
      {"a collaborator reboots", [](World& w, SessionId id) { w.Do(Reboot(id, kCat)); }, ""},
      {"the customer ends", [](World& w, SessionId id) { w.Do(CustomerEnds(id)); }, ""},
      {"the lead ends", [](World& w, SessionId id) { w.Do(End(id, kAnn)); }, ""},
      {"the customer revokes", [](World& w, SessionId id) { w.Do(Revoke(id)); }, ""},
      {"a collaborator is removed", [](World& w, SessionId id) { w.Do(Remove(id, kAnn, kBob)); }, without_bob},
      {"a collaborator leaves", [](World& w, SessionId id) { w.Do(Leave(id, kBob)); }, without_bob},
      {"a collaborator holds", [](World& w, SessionId id) { w.Do(Hold(id, kBob)); }, without_bob},
      {"a collaborator is deleted", [](World& w, SessionId) { w.Do(command::DeleteTechnician{kBob}); }, without_bob},
      {"a collaborator's seat is taken",
       [&](World& w, SessionId id) {
         w.Do(Transfer(id, kBob, dan));
         EXPECT_EQ(w.Get(id).activities.size(), 5u) << "an invitation closes nothing";
         w.Do(Start(id, dan));
       },
       without_bob},
      {"the lead changes hands",
       [](World& w, SessionId id) {
         w.Do(Offer(id, kAnn, kBob));
         w.Do(Accept(id, kBob));
       },
       all},
      {"the lead is handed over for good",
       [](World& w, SessionId) {
         w.Do(command::DeleteTechnician{kAnn, kBob});
       },
       "bob DESKTOP_VIEW, cat FILE_MANAGER, bob CLIPBOARD?"},
      {"the lead's console is lost, then back",
       [](World& w, SessionId) {
         w.Do(SignOut(kAnn, w.now));
         w.Wait(minutes(1));
         w.FireDue();
         w.Do(SignIn(kAnn));
       },
       all},
      {"the lead's console is lost for good",
       [](World& w, SessionId) {
         w.Do(SignOut(kAnn, w.now));
         w.Wait(hours(1));
         w.FireDue();
       },
       "bob DESKTOP_VIEW, cat FILE_MANAGER, bob CLIPBOARD?"},
      {"a console is attached again", [](World& w, SessionId) { w.Do(SignIn(kBob)); }, all},
  };
  for (const Closer& closer : closers) {
    SCOPED_TRACE(closer.name);
    GroupSettings settings;
    settings.console_lost_policy = ConsoleLostPolicy::kGiveToCollaborator;
    World world(settings);
    world.Technician(dan);
    const SessionId id = world.Collaborating();
    world.Open(id, kAnn, Kind::kRemoteControl);
    world.Open(id, kBob, Kind::kDesktopView);
    world.Open(id, kCat, Kind::kFileManager);
    world.Ask(id, kAnn, Kind::kClipboard);
    world.Ask(id, kBob, Kind::kClipboard);
    closer.act(world, id);
    EXPECT_EQ(world.Activities(id), closer.left);
  }
}

TEST(ActivityClosed, ByRequeueing) {
  GroupSettings settings;
  settings.console_lost_policy = ConsoleLostPolicy::kRequeue;
  World world(settings);
  world.Channel({kAnn, kBob});
  const SessionId id = world.FromChannel();
  world.Do(Start(id, kAnn));
  world.Open(id, kAnn, Kind::kRemoteControl);
  world.Do(SignOut(kAnn, world.now));
  world.Wait(hours(1));
  world.FireDue();
  EXPECT_EQ(world.Views(id), "REMOVED WAITING REMOVED");
  EXPECT_EQ(world.Activities(id), "");
}

// --- chat and survey, which need the same

TEST(Chat, IsSwitchedOffAndOn) {
  World world;
  const SessionId id = world.Collaborating();
  auto chat = [&](const TechnicianId& t, bool off) { return Command(command::SetChat{T(id, t), off}); };
  world.Do(chat(kBob, true));
  EXPECT_TRUE(world.Get(id).chat_off);
  EXPECT_TRUE(world.Do(chat(kAnn, true)).entry.events.empty()) << "it is off";
  world.Do(chat(kAnn, false));
  EXPECT_FALSE(world.Get(id).chat_off);
  world.Do(Hold(id, kAnn));
  EXPECT_EQ(world.ReasonOf(chat(kAnn, true)), "WRONG_STATE");
  EXPECT_EQ(world.ReasonOf(chat(TechnicianId{"dan"}, true)), "TECHNICIAN_NOT_FOUND");
}

TEST(Survey, IsSentByHandOnce) {
  GroupSettings settings;
  settings.survey = "https://example.com/survey";
  World world(settings);
  const SessionId id = world.Collaborating();
  world.Do(command::SendSurvey{T(id, kBob)});
  EXPECT_TRUE(world.Get(id).survey_sent);
  EXPECT_TRUE(world.Do(command::SendSurvey{T(id, kAnn)}).entry.events.empty()) << "it was sent";
  EXPECT_EQ(world.ReasonOf(command::SendSurvey{T(world.Private(), kAnn)}), "NOT_IN_SESSION");
}

// --- e-mail and SMS

TEST(DeliveryReport, IsKeptUntilTheSessionEnds) {
  World world;
  auto report = [](SessionId id, DeliveryState state, std::string detail) {
    return Command(command::ReportDelivery{id, {}, state, std::move(detail)});
  };
  const SessionId id =
      world
          .Do(command::CreateSession{
              .method = Method::kEmail, .owner = kAnn, .code_key = "123456", .delivery_address = "grace@example.com"})
          .session;
  EXPECT_EQ(world.Get(id).delivery->state, DeliveryState::kRequested);
  EXPECT_EQ(world.Get(id).delivery->address, "grace@example.com");
  world.Do(report(id, DeliveryState::kSent, "250 queued"));
  EXPECT_EQ(world.Get(id).delivery->state, DeliveryState::kSent);
  EXPECT_EQ(world.Get(id).delivery->detail, "250 queued");
  EXPECT_TRUE(world.Do(report(id, DeliveryState::kSent, "250 queued")).entry.events.empty());
  world.Do(report(id, DeliveryState::kFailed, "mailbox is full"));
  EXPECT_EQ(world.Get(id).delivery->state, DeliveryState::kFailed);
  EXPECT_EQ(world.ReasonOf(report(world.Private(), DeliveryState::kSent, "")), "SESSION_NOT_FOUND") << "nothing to deliver";
  world.Do(Attach(id));
  world.Do(Start(id, kAnn));
  world.Do(CustomerEnds(id));
  EXPECT_EQ(world.ReasonOf(report(id, DeliveryState::kSent, "late")), "SESSION_ENDED") << "nothing follows the outcome";
}

// --- idling

class Idle : public ::testing::Test {
 protected:
  static constexpr Duration kTimeout = minutes(7) + milliseconds(3);
  static GroupSettings WithTimeout() {
    GroupSettings settings;
    settings.idle_timeout = kTimeout;
    return settings;
  }
  void ExpectIdlesAt(SessionId id, Time due) {
    const std::optional<Deadline> deadline = world.Due(id, TimerKind::kIdle);
    ASSERT_TRUE(deadline);
    EXPECT_EQ(deadline->due, due);
    world.At(due - milliseconds(1));
    EXPECT_EQ(world.FireDue(), 0);
    world.At(due);
    EXPECT_EQ(world.FireAllDue(id), std::vector{Trigger::kIdleTimeout});
    EXPECT_EQ(world.See(id, kAnn), EntryState::kTimedOut);
  }

  World world{WithTimeout()};
};

TEST_F(Idle, ABlockingActivityHoldsItOffAndItRunsFromItsEnd) {
  for (int i = 1; i < kActivityKindCount; ++i) {
    const auto kind = static_cast<Kind>(i);
    if (kind == Kind::kUnattendedAccess) continue;  // is never open
    SCOPED_TRACE(Name(kind));
    World w(WithTimeout());
    w.Permit(Permissions::All());
    const SessionId id = w.Active();
    const Time started = w.now;
    w.Wait(minutes(1));
    if (kind == Kind::kMobileSettings) w.org.sessions.at(id).type = SessionType::kMobile;
    const uint32_t activity = w.Ask(id, kAnn, kind);
    EXPECT_EQ(w.Due(id, TimerKind::kIdle)->due, started + kTimeout) << "asked for is not open";
    w.Do(Answer(id, activity, true));
    w.Wait(minutes(1));
    const bool blocks = kDefaultIdleBlockers.Has(kind);
    EXPECT_EQ(w.Due(id, TimerKind::kIdle).has_value(), !blocks);
    w.Do(Close(id, kAnn, activity));
    EXPECT_EQ(w.Due(id, TimerKind::kIdle)->due, (blocks ? w.now : started) + kTimeout);
  }
}

TEST_F(Idle, ADeniedRequestDoesNotRestartIt) {
  const SessionId id = world.Active();
  const Time started = world.now;
  const uint32_t asked = world.Ask(id, kAnn, Kind::kRemoteControl);
  world.Wait(minutes(1));
  world.Do(Answer(id, asked, false));
  ExpectIdlesAt(id, started + kTimeout);
}

TEST_F(Idle, TheLastOfSeveralDecides) {
  const SessionId id = world.Active();
  const uint32_t first = world.Open(id, kAnn, Kind::kRemoteControl);
  const uint32_t second = world.Open(id, kAnn, Kind::kFileManager);
  world.Wait(hours(1));
  world.Do(Close(id, kAnn, first));
  world.Wait(hours(1));
  EXPECT_FALSE(world.Due(id, TimerKind::kIdle));
  world.Do(Revoke(id, second));
  ExpectIdlesAt(id, world.now + kTimeout);
}

// A lead does not idle while anybody works on the device; a collaborator idles unless he does.
TEST_F(Idle, ACollaboratorsActivityHoldsOffTheLeadsTimeout) {
  const SessionId id = world.Collaborating();
  world.Do(Look(kCat, id));
  const uint32_t bobs = world.Open(id, kBob, Kind::kRemoteControl);
  world.Wait(hours(1));
  EXPECT_EQ(world.FireDue(), 0);
  EXPECT_FALSE(world.Due(id, TimerKind::kIdle));
  EXPECT_FALSE(world.Due(id, TimerKind::kCollaboratorIdle));
  world.Do(Close(id, kBob, bobs));
  EXPECT_EQ(world.Due(id, TimerKind::kCollaboratorIdle)->due, world.now + kTimeout);
  world.Do(Leave(id, kBob));
  ExpectIdlesAt(id, world.now + kTimeout);
}

TEST_F(Idle, TheLeadsActivityDoesNotHoldOffACollaborators) {
  const SessionId id = world.Collaborating();
  world.Do(Look(kCat, id));
  const uint32_t anns = world.Open(id, kAnn, Kind::kRemoteControl);
  const Time due = world.Due(id, TimerKind::kCollaboratorIdle)->due;
  EXPECT_EQ(world.Due(id, TimerKind::kCollaboratorIdle)->technician, kBob);
  world.At(due);
  EXPECT_EQ(world.FireAllDue(id), std::vector{Trigger::kIdleTimeout});
  EXPECT_EQ(world.Views(id), "ACTIVE REMOVED COLLABORATION");
  world.Do(Close(id, kAnn, anns));
  ExpectIdlesAt(id, world.now + kTimeout);
}

// However a blocking activity ends, the time-out begins at its end.
TEST_F(Idle, RunsFromWhateverClosedThem) {
  const std::vector<std::pair<std::string, std::function<void(World&, SessionId)>>> closers = {
      {"revoked", [](World& w, SessionId id) { w.Do(Revoke(id)); }},
      {"lost", [](World& w, SessionId id) { w.Do(Lose(id)); }},
      {"rebooted", [](World& w, SessionId id) { w.Do(Restart(id)); }},
      {"transferred", [](World& w, SessionId id) { w.Do(Transfer(id, kAnn, kCat)); }},
      {"narrowed", [](World& w, SessionId id) { w.Do(Grant(id, kAnn, kBob, {})); }},
      {"removed", [](World& w, SessionId id) { w.Do(Remove(id, kAnn, kBob)); }},
      {"held by himself", [](World& w, SessionId id) { w.Do(Hold(id, kBob)); }},
      {"held and resumed",
       [](World& w, SessionId id) {
         w.Do(Hold(id, kAnn));
         w.Wait(hours(2));
         w.Do(Start(id, kAnn));
       }},
  };
  for (const auto& [name, act] : closers) {
    SCOPED_TRACE(name);
    GroupSettings settings = WithTimeout();
    settings.offline_after = hours(9);
    World w(settings);
    const SessionId id = w.Active();
    w.Do(Invite(id, kAnn, kBob));
    w.Do(Start(id, kBob));
    w.Open(id, kBob, Kind::kRemoteControl);
    w.Wait(hours(1));
    EXPECT_EQ(w.FireDue(), 0);
    act(w, id);
    ASSERT_TRUE(w.Due(id, TimerKind::kIdle));
    EXPECT_EQ(w.Due(id, TimerKind::kIdle)->due, w.now + kTimeout);
  }
}

TEST_F(Idle, AConsoleThatShowsTheSessionDoesNotIdleAnyway) {
  const SessionId id = world.Active();
  const uint32_t open = world.Open(id, kAnn, Kind::kRemoteControl);
  world.Do(Look(kAnn, id));
  world.Wait(hours(1));
  world.Do(Close(id, kAnn, open));
  EXPECT_FALSE(world.Due(id, TimerKind::kIdle));
  world.Wait(hours(1));
  world.Do(Look(kAnn, {}));
  ExpectIdlesAt(id, world.now + kTimeout);
}

// A transfer to a colleague ends a hold: nobody was idle while it lasted.
TEST_F(Idle, ATakenOverHoldBeginsAnewForCollaborators) {
  const SessionId id = world.Collaborating();
  world.Technician(TechnicianId{"dan"});
  world.Do(Hold(id, kAnn));
  world.Wait(hours(1));
  world.Do(Transfer(id, kAnn, TechnicianId{"dan"}));
  world.Do(Start(id, TechnicianId{"dan"}));
  EXPECT_EQ(world.FireDue(), 0);
  EXPECT_EQ(world.Views(id), "REMOVED COLLABORATION COLLABORATION");
  ASSERT_TRUE(world.Due(id, TimerKind::kCollaboratorIdle));
  EXPECT_EQ(world.Due(id, TimerKind::kCollaboratorIdle)->due, world.now + kTimeout);
}

// --- which kinds block is a setting

TEST_F(Idle, AnAddedBlockerHoldsOffAtOnceAndRestartsAtItsEnd) {
  const SessionId id = world.Active();
  const uint32_t open = world.Open(id, kAnn, Kind::kClipboard);
  world.Wait(minutes(5));
  EXPECT_TRUE(world.Due(id, TimerKind::kIdle));
  GroupSettings settings = WithTimeout();
  settings.idle_blockers.Set(Kind::kClipboard, true);
  world.Settings(settings);
  world.Wait(hours(1));
  EXPECT_EQ(world.FireDue(), 0);
  world.Do(Close(id, kAnn, open));
  ExpectIdlesAt(id, world.now + kTimeout);
}

// As if it had never blocked: the time-out counts from when the console left the foreground.
TEST_F(Idle, ARemovedBlockerIsAsIfItHadNeverBeen) {
  const SessionId id = world.Active();
  const Time started = world.now;
  world.Open(id, kAnn, Kind::kRemoteControl);
  world.Wait(minutes(2));
  GroupSettings settings = WithTimeout();
  settings.idle_blockers.Set(Kind::kRemoteControl, false);
  world.Settings(settings);
  ExpectIdlesAt(id, started + kTimeout);
}

TEST_F(Idle, WithoutBlockersNothingHoldsItOff) {
  GroupSettings settings = WithTimeout();
  settings.idle_blockers = {};
  world.Settings(settings);
  const SessionId id = world.Active();
  for (int i = 1; i <= static_cast<int>(Kind::kSendUrl); ++i) {
    if (static_cast<Kind>(i) != Kind::kMobileSettings) world.Open(id, kAnn, static_cast<Kind>(i));
  }
  ExpectIdlesAt(id, world.now + kTimeout);
}

// The group of the technician who does something decides whether it blocks.
TEST_F(Idle, BlockersAreThoseOfTheActivitysTechnician) {
  const GroupId night{"night"};
  const TechnicianId eve{"eve"};
  GroupSettings settings;
  settings.idle_blockers = {};
  world.Group(night, settings);
  world.Technician(eve, night);
  const SessionId id = world.Active();
  const Time started = world.now;
  world.Do(Invite(id, kAnn, eve));
  world.Do(Start(id, eve));
  world.Open(id, eve, Kind::kRemoteControl);
  ExpectIdlesAt(id, started + kTimeout);
}

}  // namespace
}  // namespace guichet::testing

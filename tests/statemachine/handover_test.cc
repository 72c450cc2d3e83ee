// A technician who is deleted or disabled: his sessions go to a successor, all or none, or are ABORTED. And technicians who are
// made in bulk, all or none.
#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "statemachine/limits.h"
#include "tests/statemachine/world.h"

namespace guichet::testing {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const TechnicianId kDan{"dan"};
const GroupId kNight{"night"};

Command Delete(const TechnicianId& t, const TechnicianId& successor) { return command::DeleteTechnician{t, successor}; }
Command Disable(const TechnicianId& t, const TechnicianId& successor) {
  return command::PutTechnician{t, Config(t, kDesk, false, true), false, successor};
}
using Leaving = Command (*)(const TechnicianId&, const TechnicianId&);
constexpr Leaving kBothWays[] = {Delete, Disable};

// Each case runs with a technician who is deleted, and with one who is disabled.
class HandOver : public ::testing::TestWithParam<Leaving> {
 protected:
  Command Leaves(const TechnicianId& t, const TechnicianId& successor = {}) { return GetParam()(t, successor); }
  SessionId Lens(World& w, const TechnicianId& owner = kAnn) {
    const SessionId id = w.Do(command::CreateSession{.owner = owner, .type = SessionType::kLens}).session;
    w.Do(Attach(id));
    return id;
  }
  SessionId ActiveLens(World& w, const TechnicianId& lead = kAnn) {
    const SessionId id = Lens(w, lead);
    w.Do(Start(id, lead));
    return id;
  }
};
INSTANTIATE_TEST_SUITE_P(BothWays, HandOver, ::testing::ValuesIn(kBothWays),
                         [](const auto& info) { return info.param == Leaving{Delete} ? "Deleted" : "Disabled"; });

// --- to a successor

TEST_P(HandOver, ASuccessorLeadsWhatHeLed) {
  World world;
  const SessionId id = world.Active();
  const Epoch epoch = world.Get(id).epoch;
  const Step step = world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(Name(step.entry.trigger), "hand_over");
  EXPECT_EQ(world.Views(id), "REMOVED ACTIVE REMOVED");
  EXPECT_GT(world.Get(id).epoch, epoch) << "a command by the former owner is stale";
  world.Do(Hold(id, kBob));
}

TEST_P(HandOver, OthersInTheSessionStay) {
  World world;
  world.Technician(kDan);
  const SessionId id = world.Active();
  world.Do(Invite(id, kAnn, kCat));
  world.Do(Start(id, kCat));
  world.Do(Hold(id, kCat));
  world.Do(Invite(id, kAnn, kDan));
  world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(world.Views(id), "REMOVED ACTIVE HOLD");
  EXPECT_EQ(world.See(id, kDan), EntryState::kInvitation);
}

TEST_P(HandOver, ACollaboratorBecomesLead) {
  World world;
  const SessionId id = world.Collaborating();
  world.Do(Hold(id, kBob));
  world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(world.Views(id), "REMOVED ACTIVE COLLABORATION");
}

// The successor decides what becomes of it: it is active, and counts.
TEST_P(HandOver, AHeldSessionIsActiveWithItsSuccessor) {
  World world;
  const SessionId id = world.Collaborating();
  world.Do(Hold(id, kAnn));
  world.Wait(hours(3));
  world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(world.Views(id), "REMOVED ACTIVE COLLABORATION");
  EXPECT_EQ(ActiveSessions(world.org, kBob), 1u);
}

TEST_P(HandOver, WhereverTheDeviceIs) {
  World world;
  const SessionId lost = world.Active();
  world.Do(Lose(lost));
  const SessionId rebooting = world.Collaborating();
  world.Do(Restart(rebooting));
  world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(world.Views(lost), "REMOVED RECONNECTING REMOVED");
  EXPECT_EQ(world.Views(rebooting), "REMOVED REBOOTING REBOOTING");
  for (SessionId id : {lost, rebooting}) world.Do(Attach(id));
  EXPECT_EQ(world.Views(lost), "REMOVED ACTIVE REMOVED");
  EXPECT_EQ(world.Views(rebooting), "REMOVED ACTIVE COLLABORATION");
}

// He sees RECONNECTING as before, but leads: his load is another.
TEST_P(HandOver, TheLoadOfASuccessorWhoSeesNoChange) {
  GroupSettings settings;
  settings.busy_at = 1;
  World world(settings);
  const SessionId id = world.Active();
  world.Do(Transfer(id, kAnn, kBob));
  world.Do(Lose(id));
  EXPECT_EQ(world.Views(id), "RECONNECTING RECONNECTING REMOVED");
  world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(world.Views(id), "REMOVED RECONNECTING REMOVED");
  EXPECT_EQ(world.org.technicians.at(kBob).status, Status::kBusy);
}

TEST_P(HandOver, ALostConsoleIsMadeGoodByTheSuccessors) {
  World world;
  const SessionId id = world.Collaborating();
  world.Do(SignOut(kAnn, world.now));
  world.Wait(minutes(1));
  world.FireDue();
  EXPECT_EQ(world.Views(id), "ACTIVE RECONNECTING RECONNECTING");
  world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(world.Views(id), "REMOVED ACTIVE COLLABORATION");
}

TEST_P(HandOver, ASuccessorWithoutAConsoleIsMissedFromThenOn) {
  World world;
  const SessionId id = world.Collaborating();
  world.Technician(kDan, kDesk, false, false);
  world.Wait(hours(1));
  world.Do(Leaves(kAnn, kDan));
  EXPECT_EQ(world.See(id, kDan), EntryState::kActive);
  EXPECT_EQ(world.Due(id, TimerKind::kLeadLost)->due, world.now + std::chrono::seconds(20));
}

TEST_P(HandOver, ASuccessorOwnsWhatHeOwned) {
  World world;
  const SessionId connecting = world.Do(command::CreateSession{.owner = kAnn, .code_key = "123456"}).session;
  const SessionId waiting = world.Private();
  world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(world.Views(connecting), "REMOVED CONNECTING REMOVED");
  EXPECT_EQ(world.Views(waiting), "REMOVED WAITING REMOVED");
  world.Do(command::RedeemCode{connecting, "123456", "token", "device", "", ""});
  world.Do(Attach(connecting));
  for (SessionId id : {connecting, waiting}) world.Do(Start(id, kBob));
}

TEST_P(HandOver, WhatHeOwnedAndAnotherLeadsStaysWithHim) {
  World world;
  const SessionId id = world.Active();
  world.Do(Transfer(id, kAnn, kCat));
  world.Do(Start(id, kCat));
  world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(world.Views(id), "REMOVED REMOVED ACTIVE");
}

// --- pending transfers

TEST_P(HandOver, APendingTransferOfALedSessionIsOver) {
  World world;
  const SessionId id = world.Active();
  world.Do(Transfer(id, kAnn, kDesk));
  EXPECT_EQ(world.Views(id), "OUTGOING INCOMING INCOMING");
  world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(world.Views(id), "REMOVED ACTIVE REMOVED");
}

TEST_P(HandOver, ATransferSentBackToTheLeadIsOver) {
  World world;
  const SessionId id = world.Active();
  world.Do(Transfer(id, kAnn, kBob));
  world.Do(Transfer(id, kBob, kAnn));
  world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(world.Views(id), "REMOVED ACTIVE REMOVED");
}

TEST_P(HandOver, APendingTransferOfAWaitingSessionIsOver) {
  World world;
  const SessionId sent = world.Private();
  world.Do(Transfer(sent, kAnn, kBob));
  const SessionId passed_on = world.Private();
  world.Do(Transfer(passed_on, kAnn, kCat));
  world.Do(Transfer(passed_on, kCat, kAnn));
  world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(world.Views(sent), "REMOVED WAITING REMOVED");
  EXPECT_EQ(world.Views(passed_on), "REMOVED WAITING REMOVED");
}

TEST_P(HandOver, FromTransfersOfOthersHeIsJustOut) {
  World world;
  world.Technician(kDan);
  const SessionId one_of_two = world.Active(kCat);
  world.Do(Transfer(one_of_two, kCat, kDesk));
  const SessionId only = world.Active(kCat);
  world.Do(Transfer(only, kCat, kAnn));
  const SessionId passed_on = world.Active(kCat);
  world.Do(Transfer(passed_on, kCat, kAnn));
  world.Do(Transfer(passed_on, kAnn, kDan));
  world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(world.Views(one_of_two), "REMOVED INCOMING OUTGOING");
  EXPECT_EQ(world.Views(only), "REMOVED REMOVED ACTIVE") << "its only recipient is gone";
  EXPECT_EQ(world.Views(passed_on), "REMOVED REMOVED OUTGOING");
  EXPECT_EQ(world.See(passed_on, kDan), EntryState::kIncoming);
}

TEST_P(HandOver, AChannelsWaitingSessionGoesBackToItsQueue) {
  World world;
  world.Channel({kAnn, kBob});
  const SessionId sent = world.FromChannel();
  world.Do(Transfer(sent, kAnn, kCat));
  const SessionId received = world.FromChannel();
  world.Do(Transfer(received, kBob, kAnn));
  world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(world.Views(sent), "REMOVED WAITING REMOVED");
  EXPECT_EQ(world.Views(received), "REMOVED WAITING REMOVED");
}

// --- other parts

TEST_P(HandOver, ASuccessorTakesNoOtherParts) {
  World world;
  const SessionId collaborates = world.Active(kCat);
  world.Do(Invite(collaborates, kCat, kAnn));
  world.Do(Start(collaborates, kAnn));
  const SessionId invited = world.Active(kCat);
  world.Do(Invite(invited, kCat, kAnn));
  world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(world.Views(collaborates), "REMOVED REMOVED ACTIVE");
  EXPECT_EQ(world.Views(invited), "REMOVED REMOVED ACTIVE");
}

TEST_P(HandOver, HisOfferIsTakenBack) {
  World world;
  world.Channel({kAnn, kBob});
  guichet::Channel channel = world.org.channels.at(kWeb);
  channel.routing.mode = RoutingMode::kOffer;
  world.Do(command::PutChannel{channel, false});
  const SessionId id = world.FromChannel();
  world.Do(Route(id));
  ASSERT_EQ(world.Get(id).offer->technician, kAnn);
  world.Do(Leaves(kAnn, kBob));
  EXPECT_FALSE(world.Get(id).offer);
  EXPECT_TRUE(world.Get(id).declines.empty()) << "he did not decline";
  EXPECT_EQ(world.Views(id), "REMOVED WAITING REMOVED");
  world.Do(Route(id));
  EXPECT_EQ(world.Get(id).offer->technician, kBob);
}

TEST_P(HandOver, EndedSessionsAreDismissed) {
  World world;
  const SessionId id = world.Collaborating();
  world.Do(CustomerEnds(id));
  world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(world.Views(id), "REMOVED CLOSED CLOSED");
  EXPECT_EQ(world.LastOutcome(id), Outcome::kClosedByCustomer);
}

TEST_P(HandOver, MonitoringIsNotHandedOver) {
  World world;
  world.Technician(kAnn, kDesk, true);
  world.Technician(kCat, kDesk, true);
  auto monitor = [&](const TechnicianId& owner, const TechnicianId& monitored) {
    const SessionId id =
        world.Do(command::CreateSession{.method = Method::kMonitoring, .owner = owner, .monitored = monitored}).session;
    world.Do(Attach(id));
    return id;
  };
  const SessionId led = monitor(kAnn, kBob);
  world.Do(Start(led, kAnn));
  const SessionId owned = monitor(kAnn, kBob);
  const SessionId of_him = monitor(kCat, kAnn);
  world.Do(Start(of_him, kCat));
  world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(world.LastOutcome(led), Outcome::kAborted);
  EXPECT_EQ(world.LastOutcome(owned), Outcome::kAborted);
  EXPECT_EQ(world.Views(of_him), "REMOVED REMOVED CLOSED");
}

// --- a successor who cannot take all over: nothing changes at all (World checks it of every refusal)

TEST_P(HandOver, TheActiveLimitOfTheSuccessorHolds) {
  GroupSettings settings;
  settings.max_active_sessions = 3;
  for (int anns = 1; anns <= 3; ++anns) {
    World world(settings);
    world.Active(kBob);
    world.Do(Hold(world.Active(kBob), kBob));  // does not count
    std::vector<SessionId> ids;
    for (int i = 0; i < anns; ++i) ids.push_back(world.Active(kAnn));
    if (anns <= 2) {
      world.Do(Leaves(kAnn, kBob));
      for (SessionId id : ids) EXPECT_EQ(world.See(id, kBob), EntryState::kActive);
      EXPECT_EQ(ActiveSessions(world.org, kBob), static_cast<size_t>(anns + 1));
    } else {
      EXPECT_EQ(world.ReasonOf(Leaves(kAnn, kBob)), "TOO_MANY_ACTIVE_SESSIONS");
      for (SessionId id : ids) EXPECT_EQ(world.See(id, kAnn), EntryState::kActive);
      EXPECT_FALSE(world.org.technicians.at(kAnn).disabled);
    }
  }
}

TEST_P(HandOver, TheLimitIsThatOfTheSuccessorsGroup) {
  GroupSettings night;
  night.max_active_sessions = 1;
  World world;
  world.Group(kNight, night);
  world.Technician(kDan, kNight);
  world.Active();
  world.Active();
  EXPECT_EQ(world.ReasonOf(Leaves(kAnn, kDan)), "TOO_MANY_ACTIVE_SESSIONS");
  world.Do(Leaves(kAnn, kBob));
}

TEST_P(HandOver, HeldSessionsCountForTheSuccessor) {
  GroupSettings settings;
  settings.max_active_sessions = 1;
  World world(settings);
  world.Do(Hold(world.Active(), kAnn));
  world.Do(Hold(world.Active(), kAnn));
  EXPECT_EQ(world.ReasonOf(Leaves(kAnn, kBob)), "TOO_MANY_ACTIVE_SESSIONS");
}

TEST_P(HandOver, TheLimitOfOwnedSessionsHolds) {
  World world;
  auto create = [&](const TechnicianId& owner) {  // Apply alone: the checks of World are slow for so many
    ASSERT_TRUE(Apply(world.org, command::CreateSession{.owner = owner}, "test", world.now).ok());
  };
  create(kAnn);
  for (size_t i = 1; i < limits::kOwnedSessions; ++i) create(kBob);
  EXPECT_TRUE(Decide(world.org, Leaves(kAnn, kBob), world.now).ok());
  create(kBob);
  EXPECT_EQ(RefusalOf(Decide(world.org, Leaves(kAnn, kBob), world.now).status()).reason, "TOO_MANY_SESSIONS");
  EXPECT_TRUE(Decide(world.org, Leaves(kAnn, kCat), world.now).ok());
}

TEST_P(HandOver, ALensSessionGoesToWhoMayHaveIt) {
  World world;
  world.Group(kNight);
  world.Technician(kDan, kNight);
  world.Permit(Without(Permission::kLens), kNight);
  const SessionId id = ActiveLens(world);
  EXPECT_EQ(world.ReasonOf(Leaves(kAnn, kDan)), "PERMISSION_DENIED");
  EXPECT_EQ(world.See(id, kAnn), EntryState::kActive);
  world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(world.Views(id), "REMOVED ACTIVE REMOVED");
}

TEST_P(HandOver, AWaitingLensSessionGoesToWhoMayHaveIt) {
  World world;
  world.Group(kNight);
  world.Technician(kDan, kNight);
  world.Permit(Without(Permission::kLens), kNight);
  const SessionId id = Lens(world);
  EXPECT_EQ(world.ReasonOf(Leaves(kAnn, kDan)), "PERMISSION_DENIED");
  world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(world.Views(id), "REMOVED WAITING REMOVED");
}

TEST_P(HandOver, OneActiveLensSessionATechnician) {
  World world;
  const SessionId anns = ActiveLens(world, kAnn);
  const SessionId bobs = ActiveLens(world, kBob);
  EXPECT_EQ(world.ReasonOf(Leaves(kAnn, kBob)), "TOO_MANY_ACTIVE_SESSIONS");
  world.Do(Hold(bobs, kBob));
  world.Do(Hold(anns, kAnn));
  const SessionId second = ActiveLens(world, kAnn);
  EXPECT_EQ(world.ReasonOf(Leaves(kAnn, kBob)), "TOO_MANY_ACTIVE_SESSIONS") << "both would be active with him";
  world.Do(End(second, kAnn));
  world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(world.Views(anns), "REMOVED ACTIVE REMOVED");
  EXPECT_EQ(world.Views(bobs), "REMOVED HOLD REMOVED");
}

TEST_P(HandOver, AnInviteeDoesNotBecomeLead) {
  World world;
  const SessionId id = world.Active();
  world.Do(Invite(id, kAnn, kBob));
  EXPECT_EQ(world.ReasonOf(Leaves(kAnn, kBob)), "ALREADY_IN_SESSION");
  EXPECT_EQ(world.Views(id), "ACTIVE INVITATION REMOVED");
  world.Do(Start(id, kBob));
  world.Do(Leaves(kAnn, kBob));
  EXPECT_EQ(world.Views(id), "REMOVED ACTIVE REMOVED");
}

TEST_P(HandOver, ASuccessorMustBeAnotherWhoIsThere) {
  World world;
  world.Technician(kDan);
  world.Do(Disable(kDan, {}));
  world.Active();
  EXPECT_EQ(world.ReasonOf(Leaves(kAnn, kAnn)), "INVALID_FIELD");
  EXPECT_EQ(world.ReasonOf(Leaves(kAnn, TechnicianId{"nobody"})), "TECHNICIAN_NOT_FOUND");
  EXPECT_EQ(world.ReasonOf(Leaves(kAnn, kDan)), "TECHNICIAN_DISABLED");
  EXPECT_EQ(world.ReasonOf(Leaves(TechnicianId{"nobody"}, kAnn)), "TECHNICIAN_NOT_FOUND");
}

// --- without one

TEST_P(HandOver, WithoutASuccessorWhatHeLedOrOwnedIsAborted) {
  World world;
  const SessionId led = world.Collaborating();
  const SessionId held = world.Active();
  world.Do(Hold(held, kAnn));
  const SessionId sent = world.Active();
  world.Do(Transfer(sent, kAnn, kBob));
  const SessionId lens = ActiveLens(world);
  const SessionId waiting = world.Private();
  const SessionId connecting = world.Do(command::CreateSession{.owner = kAnn}).session;
  const Step step = world.Do(Leaves(kAnn));
  EXPECT_EQ(Name(step.entry.trigger), "abort");
  for (SessionId id : {led, held, sent, lens, waiting, connecting}) {
    EXPECT_EQ(world.LastOutcome(id), Outcome::kAborted);
    EXPECT_TRUE(world.Gone(id));
  }
}

TEST(Disabled, HasNothingWhenHeIsEnabledAgain) {
  World world;
  const SessionId id = world.Active();
  world.Do(Disable(kAnn, kBob));
  EXPECT_EQ(world.org.technicians.at(kAnn).status, Status::kOffline);
  EXPECT_EQ(world.org.technicians.at(kAnn).link_cause, LinkCause::kDisabled);
  EXPECT_EQ(world.ReasonOf(SignIn(kAnn)), "TECHNICIAN_DISABLED");
  EXPECT_EQ(world.ReasonOf(Start(id, kAnn)), "TECHNICIAN_DISABLED");
  world.Technician(kAnn);
  EXPECT_EQ(world.Views(id), "REMOVED ACTIVE REMOVED");
  world.Do(Transfer(id, kBob, kAnn));
}

// A successor is named for the case that the technician becomes disabled; other changes move nothing.
TEST(Disabled, ASuccessorOfOneWhoStaysTakesNothing) {
  World world;
  const SessionId id = world.Active();
  world.Do(command::PutTechnician{kAnn, Config(kAnn, kDesk, true), false, kBob});
  EXPECT_EQ(world.Views(id), "ACTIVE REMOVED REMOVED");
}

// --- a group whose members' queue it was

TEST(GroupDeleted, ItsQueueGoesBackToTheChannel) {
  World world;
  world.Group(kNight);
  world.Technician(kDan, kNight);
  guichet::Channel channel{kWeb, "Web", {}, {kAnn}, {}, {}};
  channel.redirects = {{RedirectWhen::kAtOnce, {}, 0, {}, kNight}};
  world.Do(command::PutChannel{channel, true});
  const SessionId waiting = world.FromChannel();
  const SessionId led = world.FromChannel();
  for (SessionId id : {waiting, led}) world.Do(Route(id));
  world.Do(Start(led, kDan));
  world.Do(Transfer(led, kDan, kBob));
  world.Do(Start(led, kBob));
  EXPECT_EQ(world.See(waiting, kDan), EntryState::kWaiting);
  EXPECT_EQ(world.ReasonOf(command::DeleteGroup{kNight}), "GROUP_NOT_EMPTY");
  world.Do(Delete(kDan, {}));
  world.Do(command::DeleteGroup{kNight});
  EXPECT_EQ(world.Views(waiting), "WAITING REMOVED REMOVED");
  EXPECT_EQ(world.Views(led), "REMOVED ACTIVE REMOVED");
  EXPECT_EQ(world.Get(led).queue(), (Queue{kWeb, {}}));
}

// --- technicians in bulk

command::CreateTechnicians Bulk(size_t first, size_t count) {
  command::CreateTechnicians create;
  for (size_t i = first; i < first + count; ++i) {
    const TechnicianId id{absl::StrCat("t", i)};
    create.technicians.emplace_back(id, Config(id));
  }
  return create;
}

TEST(CreateTechnicians, AThousandAtOnce) {
  World world;
  const Step step = world.Do(Bulk(0, limits::kTechniciansAtOnce));
  EXPECT_EQ(world.org.technicians.size(), 3 + limits::kTechniciansAtOnce);
  EXPECT_EQ(step.touched.technicians.size(), limits::kTechniciansAtOnce);
  EXPECT_EQ(MembersOf(world.org, kDesk).size(), 3 + limits::kTechniciansAtOnce);
}

TEST(CreateTechnicians, AllOrNone) {
  const std::vector<std::pair<std::string, std::function<void(TechnicianId&, TechnicianConfig&)>>> mistakes = {
      {"ALREADY_EXISTS", [](TechnicianId& id, TechnicianConfig&) { id = kBob; }},
      {"ALREADY_EXISTS", [](TechnicianId& id, TechnicianConfig&) { id.value = "t3"; }},
      {"GROUP_NOT_FOUND", [](TechnicianId&, TechnicianConfig& config) { config.group = kNight; }},
      {"GROUP_NOT_FOUND",
       [](TechnicianId&, TechnicianConfig& config) {
         config.administers = {kDesk, kNight};
       }},
  };
  for (const auto& [reason, mistake] : mistakes) {
    for (size_t at : {0, 4, 9}) {
      SCOPED_TRACE(absl::StrCat(reason, " at ", at));
      World world;
      command::CreateTechnicians create = Bulk(0, 10);
      mistake(create.technicians[at].first, create.technicians[at].second);
      EXPECT_EQ(world.ReasonOf(create), reason);
      EXPECT_EQ(world.org.technicians.size(), 3u);
    }
  }
}

TEST(CreateTechnicians, MoreThanTheLimitOfTheOrganizationAreRefused) {
  World world;
  auto apply = [&](const Command& command) {  // Apply alone: the checks of World are slow for so many
    return std::string(RefusalOf(Apply(world.org, command, "test", world.now).status()).reason);
  };
  for (size_t i = 0; i < 19; ++i) ASSERT_EQ(apply(Bulk(i * 1000, 1000)), "");
  EXPECT_EQ(apply(Bulk(19000, 998)), "TOO_MANY");
  EXPECT_EQ(apply(Bulk(19000, 997)), "");
  EXPECT_EQ(world.org.technicians.size(), limits::kTechnicians);
  EXPECT_EQ(apply(Bulk(19997, 1)), "TOO_MANY");
}

}  // namespace
}  // namespace guichet::testing

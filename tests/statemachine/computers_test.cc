// Unattended access (domain.md §2, §5): asked for, agreed to, used, expired and revoked.
#include <algorithm>

#include "gtest/gtest.h"
#include "statemachine/limits.h"
#include "tests/statemachine/world.h"

namespace guichet::testing {
namespace {

constexpr ComputerId kFirst{1};

struct Office : World {
  Office() { Permit(Permissions::All()); }

  // Of a device with a stable id, led by ann.
  SessionId OnDevice(const std::string& device = "lathe") {
    const SessionId id = Do(command::CreateSession{.owner = kAnn, .code_key = "123456"}).session;
    Do(command::RedeemCode{id, "123456", "token", device, "Linux", "en"});
    Do(Attach(id));
    Do(Start(id, kAnn));
    return id;
  }
  command::RequestActivity Asking(SessionId id, Duration validity = std::chrono::hours(24)) {
    command::RequestActivity ask{T(id, kAnn), ActivityKind::kUnattendedAccess, ""};
    ask.access.validity = validity;
    ask.access.credentials = CredentialMode::kStored;
    return ask;
  }
  static command::AnswerActivity Agree(SessionId id, uint32_t activity, bool standing = false) {
    command::AnswerActivity answer{id, activity, true, standing};
    answer.secret_hash = "hash";
    return answer;
  }
  // Enrolled by ann, out of a session that has ended.
  ComputerId Enrolled(Duration validity = std::chrono::hours(24)) {
    const SessionId id = OnDevice();
    Do(Asking(id, validity));
    Do(Agree(id, Get(id).activities.back().id));
    Do(End(id, kAnn));
    return org.last_computer;
  }
  static command::ConnectComputer Connecting(ComputerId computer, const TechnicianId& technician) {
    return {computer, technician, true, kNoTime, "secret"};
  }
  SessionId Connected(ComputerId computer, const TechnicianId& technician = kAnn) {
    const SessionId id = Do(Connecting(computer, technician)).session;
    Do(Attach(id));
    return id;
  }
};

TEST(Computers, TheCustomerAgreesAndTheComputerIsEnrolled) {
  Office world;
  const SessionId id = world.OnDevice();
  world.Do(world.Asking(id));
  EXPECT_TRUE(world.org.computers.empty());
  EXPECT_EQ(world.Get(id).activities.at(0).access.validity, std::chrono::hours(24)) << "the customer sees for how long";
  world.Do(Office::Agree(id, 1));
  EXPECT_EQ(world.Activities(id), "") << "there is nothing more to do";
  const Computer& computer = world.org.computers.at(kFirst);
  EXPECT_EQ(computer.device_id, "lathe");
  EXPECT_EQ(computer.technician, kAnn);
  EXPECT_EQ(computer.enrolled_in, id);
  EXPECT_EQ(world.Get(id).enrolled, kFirst) << "whoever asked sees that he agreed";
  EXPECT_EQ(computer.expires, world.now + std::chrono::hours(24));
  EXPECT_EQ(computer.secret_hash, "hash");
}

TEST(Computers, NobodyAgreesBeforehandOrDeniesForGood) {
  Office world;
  const SessionId id = world.OnDevice();
  world.Do(world.Asking(id));
  world.Do(Office::Agree(id, 1, true));
  world.Do(world.Asking(id));
  EXPECT_FALSE(world.Get(id).activities.at(0).open) << "asked again";
  world.Do(Answer(id, 2, false));
  EXPECT_EQ(world.org.computers.size(), 1u);
}

TEST(Computers, ADeviceWithoutAStableIdCannotBeEnrolled) {
  Office world;
  const SessionId id = world.Active();
  world.org.sessions.at(id).profile.device_id = {};
  EXPECT_EQ(world.ReasonOf(world.Asking(id)), "WRONG_STATE");
}

TEST(Computers, LastForTwoWeeksAtMost) {
  Office world;
  world.Enrolled(limits::kMaxAccess * 2);
  EXPECT_EQ(world.org.computers.at(kFirst).expires, world.now + limits::kMaxAccess);
}

TEST(Computers, ATechnicianOfTheGroupConnectsAndIsActiveAtOnce) {
  Office world;
  world.Group(GroupId{"night"});
  world.Technician(TechnicianId{"nora"}, GroupId{"night"});
  world.Enrolled();
  EXPECT_EQ(world.ReasonOf(Office::Connecting(kFirst, TechnicianId{"nora"})), "COMPUTER_NOT_FOUND") << "of another group";
  EXPECT_EQ(world.ReasonOf(Office::Connecting(ComputerId{9}, kBob)), "COMPUTER_NOT_FOUND");
  const SessionId id = world.Connected(kFirst, kBob);
  EXPECT_EQ(world.See(id, kBob), EntryState::kActive);
  EXPECT_EQ(world.Get(id).type, SessionType::kUnattended);
  EXPECT_EQ(world.Get(id).credentials, CredentialMode::kStored);
  EXPECT_EQ(world.org.computers.at(kFirst).session, id);
  world.Do(Request(id, kBob, ActivityKind::kRemoteControl));
  EXPECT_TRUE(world.Get(id).activities.at(0).open) << "nobody sits there";
  EXPECT_EQ(world.ReasonOf(Office::Connecting(kFirst, kAnn)), "COMPUTER_BUSY");
  world.Do(End(id, kBob));
  EXPECT_FALSE(world.org.computers.at(kFirst).session);
  world.Connected(kFirst, kAnn);
}

TEST(Computers, TheGroupMustAllowItStill) {
  Office world;
  world.Enrolled();
  Permissions without = Permissions::All();
  without.Set(Permission::kUnattendedAccess, false);
  world.Permit(without);
  EXPECT_EQ(world.ReasonOf(Office::Connecting(kFirst, kAnn)), "PERMISSION_DENIED");
}

TEST(Computers, OutsideTheWindowNobodyConnectsAndSessionsEndWithIt) {
  Office world;
  world.Enrolled();
  command::ConnectComputer connect = Office::Connecting(kFirst, kAnn);
  connect.open = false;
  EXPECT_EQ(world.ReasonOf(connect), "OUTSIDE_WINDOW");
  connect.open = true;
  connect.open_until = world.now + std::chrono::hours(1);
  const SessionId id = world.Do(connect).session;
  world.Do(Attach(id));
  world.Wait(std::chrono::hours(1));
  EXPECT_EQ(world.FireAllDue(id), std::vector{Trigger::kAccessOver});
  EXPECT_EQ(world.See(id, kAnn), EntryState::kTimedOut);
  EXPECT_EQ(world.Get(id).outcome, Outcome::kUnattendedExpired);
  EXPECT_TRUE(world.org.computers.contains(kFirst)) << "tomorrow again";
  world.Do(End(id, kAnn));
  EXPECT_EQ(world.LastOutcome(id), Outcome::kUnattendedExpired) << "for good";
}

TEST(Computers, WhenItExpiresItsSessionEndsAndItIsGone) {
  Office world;
  world.Enrolled(std::chrono::hours(1));
  const SessionId id = world.Connected(kFirst);
  EXPECT_EQ(world.Get(id).access_until, world.org.computers.at(kFirst).expires);
  EXPECT_TRUE(world.Do(command::ExpireComputer{kFirst}).entry.events.empty()) << "not yet";
  world.Wait(std::chrono::hours(1));
  world.Do(command::ExpireComputer{kFirst});
  EXPECT_EQ(world.Get(id).outcome, Outcome::kUnattendedExpired);
  EXPECT_TRUE(world.org.computers.empty());
  EXPECT_EQ(world.ReasonOf(Office::Connecting(kFirst, kAnn)), "COMPUTER_NOT_FOUND");
}

TEST(Computers, OneThatHasExpiredCannotBeReachedThoughItsTimerIsLate) {
  Office world;
  world.Enrolled(std::chrono::hours(1));
  world.Wait(std::chrono::hours(1));
  EXPECT_EQ(world.ReasonOf(Office::Connecting(kFirst, kAnn)), "COMPUTER_NOT_FOUND");
}

TEST(Computers, RevokedItsSessionEndsAtOnce) {
  Office world;
  world.Enrolled();
  const SessionId id = world.Connected(kFirst);
  world.Do(command::RevokeComputer{kFirst});
  EXPECT_EQ(world.Get(id).outcome, Outcome::kUnattendedRevoked);
  EXPECT_EQ(world.See(id, kAnn), EntryState::kClosed);
  EXPECT_EQ(world.ReasonOf(command::RevokeComputer{kFirst}), "COMPUTER_NOT_FOUND");
}

TEST(Computers, OneWhoseAgentIsAwayIsOffline) {
  Office world;
  world.Enrolled();
  command::ConnectComputer connect = Office::Connecting(kFirst, kAnn);
  connect.online = false;
  EXPECT_EQ(world.ReasonOf(connect), "COMPUTER_OFFLINE");
}

TEST(Computers, WhatAHeldSessionDoesNotSeeWhenItsWindowEnds) {
  Office world;
  const ComputerId computer = world.Enrolled();
  command::ConnectComputer connect = Office::Connecting(computer, kAnn);
  connect.open_until = world.now + std::chrono::hours(1);
  const SessionId id = world.Do(connect).session;
  world.Do(Attach(id));
  world.Do(Hold(id, kAnn));
  world.Wait(std::chrono::hours(1));
  EXPECT_EQ(world.FireAllDue(id), std::vector{Trigger::kAccessOver});
  EXPECT_EQ(world.LastOutcome(id), Outcome::kUnattendedExpired);
  EXPECT_EQ(world.See(id, kAnn), EntryState::kRemoved) << "a held session does not time out";
}

TEST(Computers, RevokedWhileTheDeviceIsAwayNobodySeesItsEnd) {
  Office world;
  const ComputerId computer = world.Enrolled();
  const SessionId id = world.Connected(computer);
  world.Do(Lose(id));
  ASSERT_EQ(world.See(id, kAnn), EntryState::kReconnecting);
  world.Do(command::RevokeComputer{computer});
  EXPECT_EQ(world.See(id, kAnn), EntryState::kRemoved);
}

TEST(Computers, ATechnicianWhoIsFullDoesNotConnect) {
  Office world;
  const ComputerId computer = world.Enrolled();
  GroupSettings settings;
  settings.max_active_sessions = 1;
  world.Settings(settings);
  world.OnDevice("drill");
  EXPECT_EQ(world.ReasonOf(Office::Connecting(computer, kAnn)), "TOO_MANY_ACTIVE_SESSIONS");
}

TEST(Computers, ItsSessionGoesOnlyToWhomMayReachComputers) {
  Office world;
  const SessionId id = world.Connected(world.Enrolled());
  Permissions without = Permissions::All();
  without.Set(Permission::kUnattendedAccess, false);
  world.Group(GroupId{"night"});
  world.Permit(without, GroupId{"night"});
  world.Do(command::PutTechnician{kBob, Config(kBob, GroupId{"night"})});
  EXPECT_EQ(world.ReasonOf(Transfer(id, kAnn, kBob)), "PERMISSION_DENIED");
  EXPECT_EQ(world.ReasonOf(Invite(id, kAnn, kBob)), "PERMISSION_DENIED");
  EXPECT_EQ(world.ReasonOf(command::InviteExternal{T(id, kAnn), "Olga", "", "777777"}), "SESSION_KIND");
}

TEST(Computers, WhoGetsTheIdOfADeletedTechnicianDoesNotGetHisComputers) {
  Office world;
  const ComputerId computer = world.Enrolled();
  world.Do(command::DeleteTechnician{kAnn});
  world.Wait(std::chrono::seconds(1));
  world.Technician(kAnn, kDesk, false);
  EXPECT_EQ(world.ReasonOf(Office::Connecting(computer, kAnn)), "COMPUTER_NOT_FOUND");
}

TEST(Computers, ASessionThatWaitsForItsAgentGetsAnotherToken) {
  Office world;
  const ComputerId computer = world.Enrolled();
  EXPECT_TRUE(world.Do(command::ReachComputer{computer, "second"}).entry.events.empty()) << "nothing waits";
  const SessionId id = world.Do(Office::Connecting(computer, kAnn)).session;
  world.Do(command::ReachComputer{computer, "second"});
  EXPECT_EQ(world.Get(id).device_token_hash, "second");
  world.Do(Attach(id));
  EXPECT_TRUE(world.Do(command::ReachComputer{computer, "third"}).entry.events.empty()) << "it is there";
  world.Do(End(id, kAnn));
  EXPECT_TRUE(world.Do(command::ReachComputer{computer, "third"}).entry.events.empty()) << "it is over";
  EXPECT_EQ(world.ReasonOf(command::ReachComputer{ComputerId{2}, "x"}), "COMPUTER_NOT_FOUND");
}

TEST(Computers, AnOrganizationHasSoManyAtMost) {
  Office world;
  const SessionId id = world.OnDevice();
  world.Do(world.Asking(id));
  for (uint64_t i = 1; i < limits::kComputers; ++i) world.org.computers[ComputerId{1000 + i}].expires = kNoTime;
  world.Do(Office::Agree(id, 1));
  EXPECT_EQ(world.org.computers.size(), limits::kComputers);
  EXPECT_EQ(world.ReasonOf(world.Asking(id)), "TOO_MANY") << "the technician is told before the customer is asked";
}

TEST(Computers, AConsentThatComesTooLateCountsAsRefused) {
  Office world;
  const SessionId id = world.OnDevice();
  world.Do(world.Asking(id));
  for (uint64_t i = 0; i < limits::kComputers; ++i) world.org.computers[ComputerId{1000 + i}].expires = kNoTime;
  world.Do(Office::Agree(id, 1));
  EXPECT_EQ(world.org.computers.size(), limits::kComputers);
  EXPECT_TRUE(world.Get(id).activities.empty()) << "nobody waits for an answer that never comes";
  EXPECT_EQ(world.Get(id).enrolled, ComputerId{});
}

TEST(Computers, HaveNames) {
  Office world;
  world.Enrolled();
  world.Do(command::RenameComputer{kFirst, "Lathe in hall 2"});
  EXPECT_EQ(world.org.computers.at(kFirst).name, "Lathe in hall 2");
  EXPECT_EQ(world.ReasonOf(command::RenameComputer{ComputerId{2}, "x"}), "COMPUTER_NOT_FOUND");
}

TEST(Computers, StayReachableForTheGroupOnlyWhileTheirTechnicianIsThere) {
  Office world;
  world.Enrolled();
  world.Do(command::DeleteTechnician{kAnn, {}});
  EXPECT_EQ(world.ReasonOf(Office::Connecting(kFirst, kBob)), "COMPUTER_NOT_FOUND");
}

// --- deliveries

command::CreateSession Mail() {
  return {.method = Method::kEmail, .owner = kAnn, .code_key = "123456", .delivery_address = "grace@example.com"};
}
command::ReportDelivery Report(SessionId id, DeliveryState state, const TechnicianId& technician = {}) {
  return {id, technician, state, "mailbox full"};
}

TEST(DeliveriesCore, AreTriedAgainAfterTwiceAsLongEachTime) {
  World world;
  GroupSettings settings;
  settings.private_code_validity = std::chrono::hours(2);
  settings.connecting_timeout = std::chrono::hours(2);
  world.Settings(settings);
  const SessionId id = world.Do(Mail()).session;
  const Revision first = world.Get(id).delivery->due;
  EXPECT_EQ(first, world.org.revision);
  std::vector<Duration> waits;
  for (int i = 0; i < 8; ++i) {
    world.Do(Report(id, DeliveryState::kRequested));
    const Time from = world.now;
    EXPECT_TRUE(world.Do(Report(id, DeliveryState::kRequested)).entry.events.empty()) << "reported before";
    world.now = world.Due(id, TimerKind::kDelivery)->due;
    EXPECT_EQ(world.FireAllDue(id), std::vector{Trigger::kDelivery});
    waits.push_back(world.now - from);
    EXPECT_EQ(world.Get(id).delivery->due, world.org.revision) << "behind those that came meanwhile";
  }
  using std::chrono::seconds;
  EXPECT_EQ(waits, (std::vector<Duration>{seconds(10), seconds(20), seconds(40), seconds(80), seconds(160), seconds(320),
                                          seconds(600), seconds(600)}));
  EXPECT_EQ(world.Get(id).delivery->attempts, 8u);
  world.Do(Report(id, DeliveryState::kSent));
  EXPECT_EQ(world.Get(id).delivery->state, DeliveryState::kSent);
  EXPECT_FALSE(world.Due(id, TimerKind::kDelivery).has_value());
}

TEST(DeliveriesCore, AreNotTriedAgainOnceTheCodeIsUsedOrDead) {
  World world;
  const SessionId used = world.Do(Mail()).session;
  world.Do(Report(used, DeliveryState::kRequested));
  world.Do(command::RedeemCode{used, "123456", "token", "device", "Linux", "en"});
  EXPECT_FALSE(world.Due(used, TimerKind::kDelivery).has_value());
  EXPECT_EQ(world.Get(used).delivery->retry_at, kNoTime);
  EXPECT_TRUE(world.Do(Report(used, DeliveryState::kRequested)).entry.events.empty());
  GroupSettings settings;
  settings.private_code_validity = std::chrono::seconds(5);  // before it would be tried again
  world.Settings(settings);
  const SessionId dead = world.Do(Mail()).session;
  world.Do(Report(dead, DeliveryState::kRequested));
  world.Wait(settings.private_code_validity);
  EXPECT_EQ(world.FireAllDue(dead), std::vector{Trigger::kCodeExpired});
  EXPECT_EQ(world.Get(dead).delivery->retry_at, kNoTime);
}

TEST(DeliveriesCore, OfExternalTechniciansHaveTheirOwnState) {
  World world;
  world.Permit(Permissions::All());
  const SessionId id = world.Active();
  command::InviteExternal invite{T(id, kAnn), "Olga", "olga@example.com", "777777"};
  invite.deliver = true;
  invite.language = "de";
  world.Do(invite);
  const TechnicianId olga = ExternalId(id, 1);
  EXPECT_EQ(world.Get(id).Find(olga)->delivery->state, DeliveryState::kRequested);
  EXPECT_EQ(world.Get(id).Find(olga)->delivery->language, "de");
  world.Do(Report(id, DeliveryState::kFailed, olga));
  EXPECT_EQ(world.Get(id).Find(olga)->delivery->detail, "mailbox full");
  EXPECT_EQ(world.ReasonOf(Report(id, DeliveryState::kSent)), "SESSION_NOT_FOUND") << "the customer has none";
  EXPECT_EQ(world.ReasonOf(Report(id, DeliveryState::kSent, kBob)), "SESSION_NOT_FOUND");
}

// --- monitoring

struct Floor : World {
  Floor() {
    Permit(Permissions::All());
    Technician(kCat, kDesk, true);
  }
  SessionId Monitor(const TechnicianId& technician, const TechnicianId& by = kCat) {
    const SessionId id =
        Do(command::CreateSession{.method = Method::kMonitoring, .owner = by, .monitored = technician}).session;
    Do(Attach(id));
    Do(Start(id, by));
    return id;
  }
  static Command Join(SessionId id, const TechnicianId& t) { return command::Join{T(id, t)}; }
};

TEST(Monitoring, WhoMonitorsALeadJoinsHisSession) {
  Floor world;
  const SessionId id = world.Active();
  EXPECT_EQ(world.ReasonOf(Floor::Join(id, kCat)), "NOT_MONITORED");
  world.Monitor(kAnn);
  const Step step = world.Do(Floor::Join(id, kCat));
  EXPECT_EQ(world.Views(id), "ACTIVE REMOVED COLLABORATION");
  EXPECT_EQ(step.entry.trigger, Trigger::kJoin);
  EXPECT_EQ(world.ReasonOf(Floor::Join(id, kCat)), "ALREADY_IN_SESSION");
  world.Do(Leave(id, kCat));
  EXPECT_EQ(world.See(id, kCat), EntryState::kRemoved);
}

TEST(Monitoring, SilentlyNothingShowsThatAnybodyLooksOn) {
  for (const bool silently : {true, false}) {
    Floor world;
    world.org.settings.monitor_silently = silently;
    std::vector<Step> steps;
    steps.push_back(world.Do(command::CreateSession{.method = Method::kMonitoring, .owner = kCat, .monitored = kAnn}));
    const SessionId id = steps[0].session;
    steps.push_back(world.Do(Attach(id)));
    steps.push_back(world.Do(Start(id, kCat)));
    steps.push_back(world.Do(End(id, kCat)));
    size_t told = 0;
    for (const Step& step : steps) told += std::count(step.touched.loads.begin(), step.touched.loads.end(), kAnn);
    EXPECT_EQ(told > 0, !silently);
  }
}

TEST(Monitoring, JoinsAlsoWhatTheMonitoredCollaboratesIn) {
  Floor world;
  const SessionId id = world.Active();
  world.Do(Invite(id, kAnn, kBob));
  world.Monitor(kBob);
  EXPECT_EQ(world.ReasonOf(Floor::Join(id, kCat)), "NOT_MONITORED") << "he has not joined himself";
  world.Do(Start(id, kBob));
  EXPECT_EQ(world.ReasonOf(Floor::Join(id, kCat)), "");
}

TEST(Monitoring, JoinsOnlyWhatIsActiveAndTakesSeveral) {
  Floor world;
  world.Monitor(kAnn);
  const SessionId waiting = world.Private();
  EXPECT_EQ(world.ReasonOf(Floor::Join(waiting, kCat)), "NOT_MONITORED") << "nobody has started it";
  const SessionId held = world.Active();
  world.Do(Hold(held, kAnn));
  EXPECT_EQ(world.ReasonOf(Floor::Join(held, kCat)), "WRONG_STATE");
  const SessionId chat = world.Active();
  world.org.sessions.at(chat).chat_only = true;
  EXPECT_EQ(world.ReasonOf(Floor::Join(chat, kCat)), "SESSION_KIND");
  world.org.sessions.at(chat).chat_only = false;
  world.Do(Lose(chat));
  EXPECT_EQ(world.ReasonOf(Floor::Join(chat, kCat)), "LINK_NOT_ATTACHED");
}

TEST(Monitoring, EndsWithTheMonitoringSessionOnlyForLaterSessions) {
  Floor world;
  const SessionId id = world.Active();
  const SessionId monitoring = world.Monitor(kAnn);
  world.Do(Floor::Join(id, kCat));
  world.Do(End(monitoring, kCat));
  EXPECT_EQ(world.See(id, kCat), EntryState::kCollaboration);
  EXPECT_EQ(world.ReasonOf(Floor::Join(world.Active(), kCat)), "NOT_MONITORED");
}

TEST(Monitoring, GroupAdministratorsMonitorTheirGroups) {
  Floor world;
  world.Group(GroupId{"night"});
  TechnicianConfig boss = Config(kBob, GroupId{"night"});
  boss.administers = {kDesk};
  world.Do(command::PutTechnician{kBob, boss});
  const SessionId monitoring = world.Monitor(kAnn, kBob);
  EXPECT_EQ(world.Get(monitoring).monitored, kAnn);
  boss.administers = {GroupId{"night"}};
  world.Do(command::PutTechnician{kBob, boss});
  EXPECT_EQ(world.ReasonOf(command::CreateSession{.method = Method::kMonitoring, .owner = kBob, .monitored = kAnn}),
            "PERMISSION_DENIED");
  EXPECT_EQ(world.LastOutcome(monitoring), Outcome::kAborted) << "he may no more";
  EXPECT_TRUE(world.org.monitoring.empty());
}

TEST(Monitoring, EndsWhenTheMonitoredMovesAway) {
  Floor world;
  world.Group(GroupId{"night"});
  TechnicianConfig boss = Config(kBob, GroupId{"night"});
  boss.administers = {kDesk};
  world.Do(command::PutTechnician{kBob, boss});
  world.Monitor(kAnn, kBob);
  const SessionId all = world.Monitor(kAnn, kCat);
  world.Do(command::PutTechnician{kAnn, Config(kAnn, GroupId{"night"})});
  EXPECT_EQ(world.org.monitoring, std::set{all}) << "of whom administers everybody it goes on";
}

TEST(Monitoring, TheMonitoredIsTouchedSoThatHeCanBeTold) {
  Floor world;
  const SessionId id = world.Monitor(kAnn);
  const Step step = world.Do(End(id, kCat));
  EXPECT_NE(std::find(step.touched.technicians.begin(), step.touched.technicians.end(), kAnn), step.touched.technicians.end());
}

}  // namespace
}  // namespace guichet::testing

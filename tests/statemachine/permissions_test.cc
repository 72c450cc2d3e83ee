// Every permission (domain.md §4): allowed, and refused by its name; what a lead grants to a collaborator; locks.
#include "statemachine/permissions.h"

#include <functional>
#include <map>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "tests/statemachine/world.h"

namespace guichet::testing {
namespace {

const GroupId kNight{"night"};
const TechnicianId kEve{"eve"};  // of kNight

// What a permission is for. `command` is asked by the technician who has it or not, of an active session that ann leads and in
// which bob collaborates; creations ignore the session.
struct Case {
  std::function<Command(SessionId, const TechnicianId&)> command;
  bool by_collaborator = true;  // a collaborator can ask for it too
  Permissions also = {};        // needed besides
};

Command Create(const TechnicianId& owner, Method method, SessionType type = SessionType::kStandard) {
  const bool delivered = method == Method::kEmail || method == Method::kSms;
  return command::CreateSession{.method = method,
                                .owner = owner,
                                .code_key = method == Method::kLan ? "" : "654321",
                                .device_token_hash = method == Method::kLan ? "token" : "",
                                .type = type,
                                .delivery_address = delivered ? "grace@example.com" : ""};
}

std::map<Permission, Case> Cases() {
  using enum Permission;
  auto creates = [](Method method, SessionType type = SessionType::kStandard) {
    return [=](SessionId, const TechnicianId& t) { return Create(t, method, type); };
  };
  std::map<Permission, Case> cases = {
      {kStartPrivate, {creates(Method::kPin), false, {kPin}}},
      {kPin, {creates(Method::kPin), false, {kStartPrivate}}},
      {kLink, {creates(Method::kLink), false, {kStartPrivate}}},
      {kEmail, {creates(Method::kEmail), false, {kStartPrivate}}},
      {kSms, {creates(Method::kSms), false, {kStartPrivate}}},
      {kLan, {creates(Method::kLan), false, {kStartPrivate}}},
      {kLens, {creates(Method::kPin, SessionType::kLens), false, {kStartPrivate, kPin}}},
      {kHold, {[](SessionId id, const TechnicianId& t) { return Hold(id, t); }}},
      {kTransfer, {[](SessionId id, const TechnicianId& t) { return Transfer(id, t, kCat); }}},
      {kInviteInternal, {[](SessionId id, const TechnicianId& t) { return Invite(id, t, kCat); }, false}},
      {kInviteExternal,
       {[](SessionId id, const TechnicianId& t) {
          return command::InviteExternal{T(id, t), "Olga", "", "777777"};
        },
        false}},
      {kChatSwitch, {[](SessionId id, const TechnicianId& t) {
         return command::SetChat{T(id, t), true};
       }}},
      {kEditFields, {[](SessionId id, const TechnicianId& t) {
         return command::UpdateSession{T(id, t), "Grace", {}, {}, {}};
       }}},
      {kReboot, {[](SessionId id, const TechnicianId& t) { return Reboot(id, t); }}},
      {kSendSurvey, {[](SessionId id, const TechnicianId& t) { return command::SendSurvey{T(id, t)}; }}},
  };
  for (int i = 1; i < kActivityKindCount; ++i) {
    const auto kind = static_cast<ActivityKind>(i);
    const auto request = [kind](SessionId id, const TechnicianId& t) { return Request(id, t, kind); };
    EXPECT_TRUE(cases.emplace(PermissionOf(kind), Case{request}).second) << Name(kind) << " shares its permission";
  }
  return cases;
}

class Desk {
 public:
  // With a session in which there is something to do that needs the permission.
  explicit Desk(Permission permission = Permission::kRemoteControl) : world(Settings()) {
    world.Permit(Permissions::All());
    id = world.Active();
    if (permission == Permission::kMobileSettings) world.org.sessions.at(id).type = SessionType::kMobile;
    world.Do(Invite(id, kAnn, kBob));
    world.Do(Start(id, kBob));
  }

  // PERMISSION_DENIED that names the permission and the technician; nothing changes.
  void ExpectDenied(const Command& command, Permission permission, const TechnicianId& technician) {
    const Revision revision = world.org.revision;
    const absl::StatusOr<Step> step = world.Try(command);  // checks that a refusal changes nothing
    ASSERT_EQ(step.status().code(), absl::StatusCode::kPermissionDenied) << Text(command) << ": " << step.status();
    const Refusal refusal = RefusalOf(step.status());
    const std::map<std::string, std::string> metadata(refusal.metadata.begin(), refusal.metadata.end());
    EXPECT_EQ(refusal.reason, "PERMISSION_DENIED");
    EXPECT_EQ(metadata.at("permission"), Name(permission)) << Text(command);
    EXPECT_EQ(metadata.at("technician_id"), technician.value) << Text(command);
    EXPECT_EQ(world.org.revision, revision);
  }
  void ExpectDoes(const Command& command) { EXPECT_FALSE(world.Do(command).entry.events.empty()) << Text(command); }

  World world;
  SessionId id;

 private:
  static GroupSettings Settings() {
    GroupSettings settings;
    settings.survey = "https://example.com/survey";
    return settings;
  }
};

TEST(Permissions, EveryOneHasACase) {
  const std::map<Permission, Case> cases = Cases();
  for (int i = 1; i < kPermissionCount; ++i) {
    const auto permission = static_cast<Permission>(i);
    EXPECT_TRUE(cases.contains(permission)) << Name(permission);
  }
  EXPECT_EQ(cases.size(), static_cast<size_t>(kPermissionCount - 1));
}

TEST(Permissions, NamesAreDistinct) {
  std::set<std::string_view> permissions, kinds;
  for (int i = 1; i < kPermissionCount; ++i) EXPECT_TRUE(permissions.insert(Name(static_cast<Permission>(i))).second) << i;
  for (int i = 1; i < kActivityKindCount; ++i) EXPECT_TRUE(kinds.insert(Name(static_cast<ActivityKind>(i))).second) << i;
}

TEST(Permissions, DefaultsAreThoseOfTheSpecification) {
  const Permissions off{Permission::kInviteExternal, Permission::kUnattendedAccess, Permission::kLan};
  EXPECT_EQ(Permissions::All() ^ Permissions::Default(), off);
  World world;
  for (int i = 1; i < kPermissionCount; ++i) {
    const auto permission = static_cast<Permission>(i);
    EXPECT_EQ(Allowed(world.org, kAnn, permission), !off.Has(permission)) << Name(permission);
    EXPECT_FALSE(Allowed(world.org, TechnicianId{"nobody"}, permission)) << Name(permission);
  }
}

// Of bits from outside only those that name a permission count.
TEST(Permissions, UnknownBitsAreDropped) {
  EXPECT_EQ(Permissions(~uint64_t{0}), Permissions::All());
  EXPECT_TRUE(Permissions(uint64_t{1} | uint64_t{1} << kPermissionCount).empty());
  EXPECT_EQ(ActivityKinds(~uint32_t{0}).bits(), (uint32_t{1} << kActivityKindCount) - 2);
}

// The session runs when the administrator changes the group: the change applies to the next command.
TEST(Permissions, EachIsRefusedByItsNameAndNeedsNoOther) {
  for (const auto& [permission, c] : Cases()) {
    SCOPED_TRACE(Name(permission));
    Desk desk(permission);
    const Command command = c.command(desk.id, kAnn);
    desk.world.Permit(Without(permission));
    desk.ExpectDenied(command, permission, kAnn);
    Permissions enough = c.also;
    enough.Set(permission, true);
    desk.world.Permit(enough);
    desk.ExpectDoes(command);
  }
}

TEST(Permissions, TheGroupOfTheActingTechnicianDecides) {
  World world;
  world.Group(kNight);
  world.Technician(kEve, kNight);
  world.Permit(Without(Permission::kHold), kNight);
  world.Do(Hold(world.Active(kAnn), kAnn));
  EXPECT_EQ(world.ReasonOf(Hold(world.Active(kEve), kEve)), "PERMISSION_DENIED");
  world.Technician(kEve, kDesk);
  const SessionId id = world.Active(kEve);
  world.Do(Hold(id, kEve));
  world.Technician(kEve, kNight);
  world.Do(Start(id, kEve));
  EXPECT_EQ(world.ReasonOf(Hold(id, kEve)), "PERMISSION_DENIED") << "he moved while the session ran";
}

// The customer's consent does not stand for the permission of the group.
TEST(Permissions, AStandingGrantDoesNotReplaceThem) {
  Desk desk;
  const uint32_t asked = desk.world.Ask(desk.id, kAnn, ActivityKind::kClipboard);
  desk.world.Do(Answer(desk.id, asked, true, true));
  desk.world.Permit(Without(Permission::kClipboard));
  desk.ExpectDenied(Request(desk.id, kAnn, ActivityKind::kClipboard), Permission::kClipboard, kAnn);
  EXPECT_EQ(desk.world.Activities(desk.id), "ann CLIPBOARD") << "what is open is closed by its people";
}

TEST(Permissions, AnAdministratorWhoActsForNobodyNeedsNone) {
  Desk desk;
  desk.world.Permit({});
  desk.ExpectDoes(command::UpdateSession{T(desk.id, {}), "Grace", {}, {}, {}});
  desk.ExpectDoes(End(desk.id, {}));
}

TEST(Permissions, OfTheCustomerNoneIsNeeded) {
  Desk desk;
  const uint32_t asked = desk.world.Ask(desk.id, kAnn, ActivityKind::kRemoteControl);
  desk.world.Permit({});
  desk.ExpectDoes(Answer(desk.id, asked, true));
  desk.ExpectDoes(Revoke(desk.id));
  desk.ExpectDoes(Restart(desk.id));
  desk.ExpectDoes(CustomerEnds(desk.id));
}

// --- camera sessions

TEST(LensPermission, IsNeededToStart) {
  Desk desk;
  const SessionId id = desk.world.Do(Create(kAnn, Method::kPin, SessionType::kLens)).session;
  desk.world.Do(Attach(id));
  desk.world.Permit(Without(Permission::kLens));
  desk.ExpectDenied(Start(id, kAnn), Permission::kLens, kAnn);
  desk.world.Permit(Permissions::All());
  desk.ExpectDoes(Start(id, kAnn));
}

TEST(LensPermission, AutoStartNeedsItToo) {
  GroupSettings settings;
  settings.auto_start_private = true;
  World world(settings);
  const SessionId id = world.Do(Create(kAnn, Method::kPin, SessionType::kLens)).session;
  world.Permit(Without(Permission::kLens));
  world.Do(Attach(id));
  EXPECT_EQ(world.Views(id), "WAITING REMOVED REMOVED");
}

TEST(LensPermission, RecipientsHaveIt) {
  Desk desk;
  World& world = desk.world;
  world.Group(kNight);
  world.Technician(kEve, kNight);
  world.Permit(Without(Permission::kLens), kNight);
  const SessionId id = world.Do(Create(kAnn, Method::kPin, SessionType::kLens)).session;
  world.Do(Attach(id));
  world.Do(Start(id, kAnn));
  desk.ExpectDenied(Transfer(id, kAnn, kEve), Permission::kLens, kEve);
  EXPECT_EQ(world.ReasonOf(Transfer(id, kAnn, kNight)), "NO_RECIPIENT");
  world.Channel({kEve, kBob});
  world.Do(Transfer(id, kAnn, kWeb));
  EXPECT_EQ(world.Get(id).transfer->recipients, std::vector{kBob});
}

TEST(LensPermission, OneActiveLensSessionATechnicianAndNoCollaboration) {
  Desk desk;
  World& world = desk.world;
  std::vector<SessionId> ids;
  for (int i = 0; i < 2; ++i) {
    ids.push_back(world.Do(Create(kAnn, Method::kPin, SessionType::kLens)).session);
    world.Do(Attach(ids.back()));
  }
  world.Do(Start(ids[0], kAnn));
  EXPECT_EQ(world.ReasonOf(Start(ids[1], kAnn)), "TOO_MANY_ACTIVE_SESSIONS");
  EXPECT_EQ(world.ReasonOf(Invite(ids[0], kAnn, kCat)), "SESSION_KIND");
  world.Do(Transfer(ids[1], kAnn, kBob));
  world.Do(Start(ids[1], kBob));
  world.Do(Transfer(ids[1], kBob, kAnn));
  EXPECT_EQ(world.ReasonOf(Start(ids[1], kAnn)), "TOO_MANY_ACTIVE_SESSIONS");
  world.Do(Hold(ids[0], kAnn));
  world.Do(Start(ids[1], kAnn));
  EXPECT_EQ(world.ReasonOf(Start(ids[0], kAnn)), "TOO_MANY_ACTIVE_SESSIONS") << "resuming counts";
}

// --- collaborators

TEST(Granted, ACollaboratorHasWhatTheLeadGrants) {
  for (const auto& [permission, c] : Cases()) {
    if (!c.by_collaborator) continue;
    SCOPED_TRACE(Name(permission));
    Desk desk(permission);
    const Command command = c.command(desk.id, kBob);
    desk.world.Do(Grant(desk.id, kAnn, kBob, Without(permission)));
    desk.ExpectDenied(command, permission, kBob);
    desk.world.Do(Grant(desk.id, kAnn, kBob, Permissions{permission}));
    desk.ExpectDoes(command);
  }
}

TEST(Granted, TheInvitationNarrows) {
  for (const auto& [permission, c] : Cases()) {
    if (!c.by_collaborator) continue;
    SCOPED_TRACE(Name(permission));
    Desk desk;
    desk.world.Do(Remove(desk.id, kAnn, kBob));
    desk.world.Do(Narrowed(desk.id, kAnn, kBob, Without(permission)));
    desk.world.Do(Start(desk.id, kBob));
    desk.ExpectDenied(c.command(desk.id, kBob), permission, kBob);
  }
}

TEST(Granted, NeverMoreThanHisOwnGroupAllows) {
  World world;
  world.Group(kNight);
  world.Technician(kEve, kNight);
  world.Permit(Without(Permission::kRemoteControl), kNight);
  const SessionId id = world.Active();
  world.Do(Invite(id, kAnn, kEve));
  world.Do(Start(id, kEve));
  world.Do(Grant(id, kAnn, kEve, Permissions{Permission::kRemoteControl}));
  EXPECT_EQ(world.ReasonOf(Request(id, kEve, ActivityKind::kRemoteControl)), "PERMISSION_DENIED");
  EXPECT_EQ(world.ReasonOf(Request(id, kEve, ActivityKind::kDesktopView)), "PERMISSION_DENIED");
}

TEST(Granted, TheLeadsOwnGroupDoesNotMatter) {
  World world;
  world.Group(kNight);
  world.Technician(kEve, kNight);
  world.Permit(Without(Permission::kRemoteControl));
  const SessionId id = world.Active();
  world.Do(Invite(id, kAnn, kEve));
  world.Do(Start(id, kEve));
  EXPECT_EQ(world.ReasonOf(Request(id, kAnn, ActivityKind::kRemoteControl)), "PERMISSION_DENIED");
  EXPECT_EQ(world.ReasonOf(Request(id, kEve, ActivityKind::kRemoteControl)), "");
}

TEST(Granted, WhatIsNoLongerAllowedCloses) {
  World world;
  const SessionId id = world.Collaborating();
  world.Open(id, kAnn, ActivityKind::kRemoteControl);
  world.Open(id, kBob, ActivityKind::kRemoteControl);
  world.Open(id, kBob, ActivityKind::kDesktopView);
  world.Ask(id, kBob, ActivityKind::kRemoteControl);
  world.Open(id, kCat, ActivityKind::kRemoteControl);
  const Step step = world.Do(Grant(id, kAnn, kBob, Without(Permission::kRemoteControl)));
  EXPECT_EQ(Name(step.entry.trigger), "grant");
  EXPECT_EQ(world.Activities(id), "ann REMOTE_CONTROL, bob DESKTOP_VIEW, cat REMOTE_CONTROL");
  world.Do(Grant(id, kAnn, kBob, Permissions::All()));
  EXPECT_EQ(world.Activities(id), "ann REMOTE_CONTROL, bob DESKTOP_VIEW, cat REMOTE_CONTROL");
  EXPECT_EQ(world.ReasonOf(Request(id, kBob, ActivityKind::kRemoteControl)), "");
}

TEST(Granted, OnlyByTheLeadToCollaboratorsAndInvitees) {
  World world;
  const SessionId id = world.Active();
  world.Do(Invite(id, kAnn, kBob));
  EXPECT_EQ(world.ReasonOf(Grant(id, kBob, kBob, Permissions::All())), "NOT_LEAD") << "an invitee";
  world.Do(Grant(id, kAnn, kBob, Without(Permission::kHold)));
  world.Do(Start(id, kBob));
  EXPECT_EQ(world.ReasonOf(Hold(id, kBob)), "PERMISSION_DENIED") << "granted before he accepted";
  EXPECT_EQ(world.ReasonOf(Grant(id, kBob, kBob, Permissions::All())), "NOT_LEAD");
  EXPECT_EQ(world.ReasonOf(Grant(id, kCat, kBob, Permissions::All())), "NOT_LEAD");
  EXPECT_EQ(world.ReasonOf(Grant(id, kAnn, kCat, Permissions::All())), "NOT_IN_SESSION");
  EXPECT_EQ(world.ReasonOf(Grant(id, kAnn, kAnn, Permissions::All())), "NOT_IN_SESSION");
  EXPECT_TRUE(world.Do(Grant(id, kAnn, kBob, Without(Permission::kHold))).entry.events.empty()) << "as it is";
  world.Do(Grant(id, {}, kBob, Permissions::All()));  // an integrator acts as the lead
  world.Do(Lose(id));
  world.Do(Grant(id, kAnn, kBob, Without(Permission::kHold)));  // needs no device
  world.Do(CustomerEnds(id));
  EXPECT_EQ(world.ReasonOf(Grant(id, kAnn, kBob, Permissions::All())), "SESSION_ENDED");
}

TEST(Granted, DoesNotNarrowALead) {
  World world;
  const SessionId id = world.Active();
  world.Do(Narrowed(id, kAnn, kBob, {}));
  world.Do(Start(id, kBob));
  world.Do(Offer(id, kAnn, kBob));
  world.Do(Accept(id, kBob));
  world.Open(id, kBob, ActivityKind::kRemoteControl);
  world.Open(id, kAnn, ActivityKind::kRemoteControl);
  world.Do(Offer(id, kBob, kAnn));
  world.Do(Accept(id, kAnn));
  EXPECT_EQ(world.ReasonOf(Request(id, kBob, ActivityKind::kRemoteControl)), "PERMISSION_DENIED") << "narrowed as before";
  EXPECT_EQ(world.Activities(id), "ann REMOTE_CONTROL") << "what he opened as lead he may not go on with";
}

TEST(Granted, ASeatPassesWithItsNarrowing) {
  World world;
  const SessionId id = world.Active();
  world.Do(Narrowed(id, kAnn, kBob, Without(Permission::kRemoteControl)));
  world.Do(Start(id, kBob));
  world.Do(Transfer(id, kBob, kCat));
  EXPECT_EQ(world.Get(id).Find(kCat)->granted, Without(Permission::kRemoteControl));
  world.Do(Grant(id, kAnn, kBob, {Permission::kHold, Permission::kRemoteControl}));
  world.Do(Start(id, kCat));
  EXPECT_EQ(world.Get(id).Find(kCat)->granted, Permissions{Permission::kHold}) << "narrowed while he was on his way";
}

// --- locks

class Locks : public ::testing::Test {
 protected:
  Locks() {
    guichet::Group group = world.org.groups.at(kDesk);
    group.locked = {Permission::kReboot, Permission::kRecording};
    world.Do(command::PutGroup{group, false, true});
  }
  // By a group administrator.
  std::string ReasonOf(const guichet::Group& group) { return world.ReasonOf(command::PutGroup{group, false, false}); }
  guichet::Group Group() const { return world.org.groups.at(kDesk); }

  World world;
};

TEST_F(Locks, AGroupAdministratorChangesWhatIsNotLocked) {
  guichet::Group group = Group();
  group.permissions = Without(Permission::kHold, group.permissions);
  group.settings.idle_timeout = std::chrono::minutes(5);
  group.display_name = "Help desk";
  EXPECT_EQ(ReasonOf(group), "");
  EXPECT_EQ(Group(), group);
}

TEST_F(Locks, AGroupAdministratorCannotChangeALockedPermission) {
  for (const auto& [changed, named] :
       {std::pair{Permissions{Permission::kReboot}, "REBOOT"}, std::pair{Permissions{Permission::kRecording}, "RECORDING"},
        std::pair{Permissions{Permission::kHold, Permission::kReboot, Permission::kRecording}, "REBOOT,RECORDING"}}) {
    guichet::Group group = Group();
    group.permissions = group.permissions ^ changed;
    const absl::StatusOr<Step> step = world.Try(command::PutGroup{group, false, false});
    EXPECT_EQ(step.status().code(), absl::StatusCode::kPermissionDenied);
    const Refusal refusal = RefusalOf(step.status());
    const std::map<std::string, std::string> metadata(refusal.metadata.begin(), refusal.metadata.end());
    EXPECT_EQ(refusal.reason, "PERMISSION_LOCKED");
    EXPECT_EQ(metadata, (std::map<std::string, std::string>{{"group_id", "desk"}, {"permissions", named}}));
  }
}

TEST_F(Locks, LockedBothWays) {
  world.Permit(Without(Permission::kReboot));
  guichet::Group group = Group();
  group.permissions = Permissions::All();
  EXPECT_EQ(ReasonOf(group), "PERMISSION_LOCKED") << "a permission that is locked off is not to be turned on";
}

TEST_F(Locks, AGroupAdministratorCannotChangeTheLocks) {
  for (const Permissions locked : {Permissions{}, Permissions{Permission::kReboot}, Permissions::All()}) {
    guichet::Group group = Group();
    group.locked = locked;
    EXPECT_EQ(ReasonOf(group), "PERMISSION_LOCKED");
  }
}

TEST_F(Locks, AMasterAdministratorChangesAll) {
  guichet::Group group = Group();
  group.permissions = {};
  group.locked = Permissions::All();
  world.Do(command::PutGroup{group, false, true});
  EXPECT_EQ(Group(), group);
}

TEST_F(Locks, WhoMayNotLockCreatesNoLockedGroup) {
  guichet::Group group{kNight, "Night", {}};
  group.locked = {Permission::kHold};
  EXPECT_EQ(world.ReasonOf(command::PutGroup{group, true, false}), "PERMISSION_LOCKED");
  group.locked = {};
  EXPECT_EQ(world.ReasonOf(command::PutGroup{group, true, false}), "");
}

}  // namespace
}  // namespace guichet::testing

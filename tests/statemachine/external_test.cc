// External technicians (domain.md §1, §4): invited into one session, never lead, gone with it.
#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/statemachine/world.h"

namespace guichet::testing {
namespace {

constexpr Duration kCodeValidity = std::chrono::minutes(20);

Command InviteOlga(SessionId id, const TechnicianId& by, Permissions granted = Permissions::All(), std::string address = "") {
  return command::InviteExternal{T(id, by), "Olga", std::move(address), "777777", granted};
}

// ann leads a session, bob collaborates, and Olga from outside was invited, and came.
class Desk {
 public:
  explicit Desk(GroupSettings settings = {}) : world(std::move(settings)) {
    world.Permit(Permissions::All());
    id = world.Active();
    world.Do(Invite(id, kAnn, kBob));
    world.Do(Start(id, kBob));
    world.Do(InviteOlga(id, kAnn));
  }
  void Come() {
    world.Do(command::RedeemInvitation{id, olga, "777777", "hash"});
    world.Do(SignIn(olga));
    world.Do(Start(id, olga));
  }
  bool IsKnown() const { return world.org.technicians.contains(olga) || world.org.keys.contains(KeyId{olga.value}); }

  World world;
  SessionId id;
  const TechnicianId olga = ExternalId(SessionId{1}, 1);
};

TEST(External, IsInvitedRedeemsAndCollaborates) {
  Desk desk;
  EXPECT_EQ(desk.world.See(desk.id, desk.olga), EntryState::kInvitation);
  EXPECT_FALSE(desk.world.org.keys.contains(KeyId{desk.olga.value}));
  desk.Come();
  EXPECT_EQ(desk.world.See(desk.id, desk.olga), EntryState::kCollaboration);
  const ApiKey& key = desk.world.org.keys.at(KeyId{desk.olga.value});
  EXPECT_EQ(key.technician, desk.olga);
  EXPECT_EQ(key.secret_hash, "hash");
  EXPECT_TRUE(desk.world.Get(desk.id).Find(desk.olga)->code_key.empty());
}

TEST(External, ACodeIsGoodOnceAndForItsTime) {
  Desk desk;
  const command::RedeemInvitation redeem{desk.id, desk.olga, "777777", "hash"};
  command::RedeemInvitation wrong = redeem;
  wrong.code_key = "777778";
  EXPECT_EQ(desk.world.ReasonOf(wrong), "CODE_NOT_FOUND");
  wrong = redeem;
  wrong.technician = kBob;
  EXPECT_EQ(desk.world.ReasonOf(wrong), "CODE_NOT_FOUND");
  desk.world.Do(redeem);
  EXPECT_EQ(desk.world.ReasonOf(redeem), "CODE_NOT_FOUND");
}

TEST(External, AnInvitationThatNobodyRedeemsExpires) {
  Desk desk;
  desk.world.Wait(kCodeValidity - Duration{1});
  EXPECT_EQ(desk.world.FireDue(), 0);
  desk.world.Wait(Duration{1});
  EXPECT_EQ(desk.world.ReasonOf(command::RedeemInvitation{desk.id, desk.olga, "777777", "hash"}), "CODE_NOT_FOUND");
  EXPECT_EQ(desk.world.FireAllDue(desk.id), std::vector<Trigger>{Trigger::kInvitationExpired});
  EXPECT_EQ(desk.world.See(desk.id, desk.olga), EntryState::kRemoved);
  EXPECT_FALSE(desk.IsKnown());
  EXPECT_EQ(desk.world.Get(desk.id).participants.size(), 2u);
}

TEST(External, ARedeemedInvitationDoesNotExpire) {
  Desk desk;
  desk.world.Do(command::RedeemInvitation{desk.id, desk.olga, "777777", "hash"});
  desk.world.Wait(2 * kCodeValidity);
  EXPECT_EQ(desk.world.FireDue(), 0);
  EXPECT_EQ(desk.world.See(desk.id, desk.olga), EntryState::kInvitation);
}

// Whatever ends his part.
TEST(External, IsGoneWithHisPart) {
  struct Way {
    const char* name;
    std::function<void(Desk&)> take;
  };
  GroupSettings requeues;
  requeues.idle_timeout = std::chrono::minutes(5);
  const Way ways[] = {
      {"leaves", [](Desk& d) { d.world.Do(Leave(d.id, d.olga)); }},
      {"is removed", [](Desk& d) { d.world.Do(Remove(d.id, kAnn, d.olga)); }},
      {"lead ends", [](Desk& d) { d.world.Do(End(d.id, kAnn)); }},
      {"customer ends", [](Desk& d) { d.world.Do(CustomerEnds(d.id)); }},
      {"idles",
       [](Desk& d) {
         for (const TechnicianId& t : {kAnn, kBob}) d.world.Do(Look(t, d.id));
         d.world.Wait(std::chrono::minutes(5));
         d.world.FireDue();
       }},
  };
  for (const Way& way : ways) {
    SCOPED_TRACE(way.name);
    Desk desk(requeues);
    desk.Come();
    way.take(desk);
    EXPECT_FALSE(desk.IsKnown());
    if (desk.world.Gone(desk.id)) continue;
    EXPECT_EQ(desk.world.See(desk.id, desk.olga), EntryState::kRemoved);
    EXPECT_EQ(desk.world.Get(desk.id).Find(desk.olga), nullptr);
  }
}

TEST(External, IsGoneWhenTheSessionIsRequeued) {
  GroupSettings settings;
  settings.console_lost_policy = ConsoleLostPolicy::kRequeue;
  World world(settings);
  world.Permit(Permissions::All());
  world.Channel({kAnn, kBob});
  const SessionId id = world.FromChannel();
  world.Do(Start(id, kAnn));
  world.Do(InviteOlga(id, kAnn));
  const TechnicianId olga = ExternalId(id, 1);
  world.Do(command::RedeemInvitation{id, olga, "777777", "hash"});
  world.Do(SignIn(olga));
  world.Do(Start(id, olga));
  world.Do(SignOut(kAnn, world.now));
  world.Wait(std::chrono::minutes(10));
  world.FireDue();
  EXPECT_EQ(world.See(id, kBob), EntryState::kWaiting);
  EXPECT_FALSE(world.org.technicians.contains(olga));
}

TEST(External, NeverLeads) {
  GroupSettings settings;
  settings.console_lost_policy = ConsoleLostPolicy::kGiveToCollaborator;
  Desk desk(settings);
  desk.world.Do(Leave(desk.id, kBob));
  desk.Come();
  EXPECT_EQ(desk.world.ReasonOf(Offer(desk.id, kAnn, desk.olga)), "EXTERNAL_TECHNICIAN");
  EXPECT_EQ(desk.world.ReasonOf(Transfer(desk.id, kAnn, desk.olga)), "TECHNICIAN_NOT_FOUND");
  desk.world.Do(SignOut(kAnn, desk.world.now));
  desk.world.Wait(std::chrono::minutes(10));
  desk.world.FireDue();
  EXPECT_EQ(desk.world.Get(desk.id).lead()->technician, kAnn) << "there was nobody of the organization to give it to";
  desk.world.Do(SignIn(kAnn));
  const SessionId other = desk.world.Active(kAnn);
  EXPECT_EQ(desk.world.ReasonOf(Transfer(other, kAnn, desk.olga)), "TECHNICIAN_NOT_FOUND");
  EXPECT_EQ(desk.world.ReasonOf(Invite(other, kAnn, desk.olga)), "TECHNICIAN_NOT_FOUND");
  EXPECT_EQ(desk.world.ReasonOf(Start(other, desk.olga)), "ALREADY_STARTED");
}

TEST(External, MayWhatItsLeadMayButNothingOfTheOrganization) {
  Desk desk;
  desk.Come();
  World& world = desk.world;
  for (int i = 1; i < kPermissionCount; ++i) {
    const auto permission = static_cast<Permission>(i);
    world.Permit(Permissions::All());
    EXPECT_EQ(Allowed(world.org, desk.olga, permission), Permissions::External().Has(permission)) << Name(permission);
    world.Permit(Without(permission));
    EXPECT_FALSE(Allowed(world.org, desk.olga, permission)) << Name(permission);
  }
  world.Permit(Permissions::All());
  EXPECT_EQ(world.ReasonOf(Transfer(desk.id, desk.olga, kCat)), "PERMISSION_DENIED");
  EXPECT_EQ(world.ReasonOf(Invite(desk.id, desk.olga, kCat)), "PERMISSION_DENIED");
  EXPECT_EQ(world.ReasonOf(InviteOlga(desk.id, desk.olga)), "PERMISSION_DENIED");
  EXPECT_EQ(world.ReasonOf(command::CreateSession{.owner = desk.olga, .code_key = "123456"}), "PERMISSION_DENIED");
  world.Open(desk.id, desk.olga, ActivityKind::kRemoteControl);
  world.Do(Grant(desk.id, kAnn, desk.olga, Without(Permission::kRemoteControl)));
  EXPECT_EQ(world.Activities(desk.id), "");
  EXPECT_EQ(world.ReasonOf(Request(desk.id, desk.olga, ActivityKind::kRemoteControl)), "PERMISSION_DENIED");
}

TEST(External, IsNoTechnicianOfTheOrganization) {
  Desk desk;
  desk.Come();
  World& world = desk.world;
  EXPECT_EQ(FindMember(world.org, desk.olga), nullptr);
  EXPECT_FALSE(world.org.roster_at.contains(desk.olga));
  EXPECT_EQ(world.ReasonOf(command::DeleteTechnician{desk.olga}), "TECHNICIAN_NOT_FOUND");
  EXPECT_EQ(world.ReasonOf(command::CreateSession{.method = Method::kMonitoring, .owner = kAnn, .monitored = desk.olga}),
            "TECHNICIAN_NOT_FOUND");
}

TEST(External, OnlyApprovedOnesWhereTheGroupAsksForIt) {
  GroupSettings settings;
  settings.approved_externals_only = true;
  World world(settings);
  world.Permit(Permissions::All());
  const SessionId id = world.Active();
  OrgSettings org = world.org.settings;
  org.approved_externals = {"@partner.example", "olga@example.com"};
  world.Do(command::UpdateOrg{world.org.display_name, org});
  EXPECT_EQ(world.ReasonOf(InviteOlga(id, kAnn)), "NOT_APPROVED");
  EXPECT_EQ(world.ReasonOf(InviteOlga(id, kAnn, Permissions::All(), "olga@example.org")), "NOT_APPROVED");
  EXPECT_EQ(world.ReasonOf(InviteOlga(id, kAnn, Permissions::All(), "olga@evil.partner.example")), "NOT_APPROVED");
  EXPECT_EQ(world.ReasonOf(InviteOlga(id, kAnn, Permissions::All(), "olga@example.com")), "");
  EXPECT_EQ(world.ReasonOf(InviteOlga(id, kAnn, Permissions::All(), "piet@partner.example")), "");
  EXPECT_NE(ExternalId(id, 1), ExternalId(id, 2));
}

TEST(External, CountsAsParticipant) {
  Desk desk;
  for (size_t i = desk.world.Get(desk.id).participants.size(); i < limits::kParticipants; ++i) {
    EXPECT_EQ(desk.world.ReasonOf(InviteOlga(desk.id, kAnn)), "");
  }
  EXPECT_EQ(desk.world.ReasonOf(InviteOlga(desk.id, kAnn)), "TOO_MANY_PARTICIPANTS");
}

}  // namespace
}  // namespace guichet::testing

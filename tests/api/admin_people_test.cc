// Technicians: every field, many at once, who takes over from one who leaves, and the three layers of status.
#include "statemachine/limits.h"
#include "tests/api/admin.h"

namespace guichet::api_test {
namespace {

using AdminPeople = AdminTest;

pb::UpdateTechnicianRequest Update(const std::string& fields, const std::string& rest = "") {
  return Text<pb::UpdateTechnicianRequest>("technician { technician_id: 'ann' " + fields + " } " + rest);
}

TEST_F(AdminPeople, EveryFieldIsSetReadAndMasked) {
  MakeGroup("night");
  const pb::Technician before = world.Technician("ann");
  const std::vector<std::pair<std::string, std::string>> fields = {
      {"display_name", "'Ann Lee'"},
      {"group_id", "'night'"},
      {"administered_group_ids", "['night', 'desk']"},
      {"skills", "[{ skill_id: 'C++' level: 10 }, { skill_id: 'dos' level: 1 }]"},
      {"capacity", "1000"},
      {"routing_exempt", "true"},
      {"administrator", "true"},
      {"disabled", "true"}};
  pb::Technician expected = before;
  for (const auto& [field, value] : fields) {
    SCOPED_TRACE(field);
    google::protobuf::TextFormat::Parser parser;
    ASSERT_TRUE(parser.MergeFromString(field + ": " + value, &expected));
    if (field == "capacity") expected.mutable_load()->set_capacity(1000);
    const pb::UpdateTechnicianRequest set = Update(field + ": " + value);
    EXPECT_EQ(world.Must<pb::UpdateTechnicianResponse>(set, world.admin).technician().DebugString(), expected.DebugString());
    EXPECT_EQ(world.Technician("ann").DebugString(), expected.DebugString());
  }
  world.daemon.Restart();
  EXPECT_EQ(world.Technician("ann").DebugString(), expected.DebugString());
  // Back, with a mask that names what is not set.
  pb::UpdateTechnicianRequest back = Update("display_name: 'ann' group_id: 'desk'", "update_mask { paths: '*' }");
  EXPECT_EQ(world.Must<pb::UpdateTechnicianResponse>(back, world.admin).technician().DebugString(), before.DebugString());

  Refused(Update("", "update_mask { paths: 'display_name' }"), "technician.display_name");
  Refused(Update("", "update_mask { paths: 'group_id' }"), "technician.group_id");
  for (const char* path : {"status", "away", "load", "create_time", "technician_id", "skills.level"}) {
    Refused(Update("", "update_mask { paths: '" + std::string(path) + "' }"), "update_mask");
  }
}

TEST_F(AdminPeople, SkillsAreSortedAndLimited) {
  const auto made = world.Must<pb::UpdateTechnicianResponse>(
      Update("skills { skill_id: 'z' level: 1 } skills { skill_id: 'a' level: 2 }"), world.admin);
  ASSERT_EQ(made.technician().skills_size(), 2);
  EXPECT_EQ(made.technician().skills(0).skill_id(), "a");
  EXPECT_EQ(made.technician().skills(0).level(), 2u);

  Refused(Update("skills { skill_id: 'a' }"), "technician.skills[0].level");
  Refused(Update("skills { skill_id: 'a' level: 11 }"), "technician.skills[0].level");
  Refused(Update("skills { level: 1 }"), "technician.skills[0].skill_id");
  Allowed(Update("skills { level: 1 skill_id: '" + std::string(limits::kIdBytes, 's') + "' }"));
  Refused(Update("skills { level: 1 skill_id: '" + std::string(limits::kIdBytes + 1, 's') + "' }"),
          "technician.skills[0].skill_id");
  Refused(Update("skills { skill_id: 'a' level: 1 } skills { skill_id: 'b' level: 1 } skills { skill_id: 'a' level: 2 }"),
          "technician.skills");
  pb::UpdateTechnicianRequest many = Update("");
  for (size_t i = 0; i < limits::kSkills; ++i) {
    many.mutable_technician()->add_skills()->set_skill_id("s" + std::to_string(i));
    many.mutable_technician()->mutable_skills()->rbegin()->set_level(5);
  }
  Allowed(many);
  *many.mutable_technician()->add_skills() = Text<pb::Skill>("skill_id: 'one-more' level: 1");
  Refused(many, "technician.skills");
}

TEST_F(AdminPeople, CapacityAndAdministeredGroupsAreLimited) {
  Allowed(Update("capacity: 1000"));
  Refused(Update("capacity: 1001"), "technician.capacity");
  Refused(Update("administered_group_ids: ['desk', 'desk']"), "technician.administered_group_ids");
  Refused(Update("administered_group_ids: ['desk', 'No id']"), "technician.administered_group_ids[1]");
  EXPECT_EQ(Try(Update("administered_group_ids: 'nobody'"), world.admin).reason, "GROUP_NOT_FOUND");
  pb::UpdateTechnicianRequest many = Update("");
  for (size_t i = 0; i < limits::kAdministeredGroups; ++i) {
    MakeGroup("g" + std::to_string(i));
    many.mutable_technician()->add_administered_group_ids("g" + std::to_string(i));
  }
  Allowed(many);
  many.mutable_technician()->add_administered_group_ids("desk");
  Refused(many, "technician.administered_group_ids");
}

// --- Many at once -----------------------------------------------------------------------------------------------------------

pb::CreateTechniciansRequest Many(size_t count) {
  pb::CreateTechniciansRequest request;
  for (size_t i = 0; i < count; ++i) {
    pb::Technician* technician = request.add_technicians();
    technician->set_technician_id("t" + std::to_string(i));
    technician->set_group_id("desk");
  }
  return request;
}

TEST_F(AdminPeople, AThousandAtOnceAllOrNone) {
  Refused(pb::CreateTechniciansRequest(), "technicians");
  Refused(Many(limits::kTechniciansAtOnce + 1), "technicians");
  pb::CreateTechniciansRequest request = Many(limits::kTechniciansAtOnce);
  request.mutable_technicians(999)->set_technician_id("t998");
  Refused(request, "technicians[999].technician_id");
  request = Many(limits::kTechniciansAtOnce);
  request.mutable_technicians(500)->set_capacity(1001);
  Refused(request, "technicians[500].capacity");
  request.mutable_technicians(500)->clear_capacity();
  request.mutable_technicians(501)->clear_group_id();
  Refused(request, "technicians[501].group_id");
  request.mutable_technicians(501)->set_group_id("nobody");
  EXPECT_EQ(Try(request, world.admin).reason, "GROUP_NOT_FOUND");
  request.mutable_technicians(501)->set_group_id("desk");
  request.mutable_technicians(999)->set_technician_id("bob");
  const Outcome exists = Try(request, world.admin);
  EXPECT_EQ(exists.code, grpc::ALREADY_EXISTS) << exists;
  EXPECT_NE(exists.message.find("bob"), std::string::npos) << exists;
  const uint64_t revision = world.Revision();

  // Large ones: they fit into a request.
  request = Many(limits::kTechniciansAtOnce);
  for (pb::Technician& technician : *request.mutable_technicians()) {
    technician.set_display_name(Repeat("\xF0\x9F\x98\x80", limits::kDisplayNameChars));
    for (int i = 0; i < 16; ++i) {
      *technician.add_skills() =
          Text<pb::Skill>("skill_id: 'a-skill-with-a-long-name-" + std::to_string(10 + i) + "' level: 7");
    }
  }
  const auto made = world.Must<pb::CreateTechniciansResponse>(request, world.admin);
  EXPECT_EQ(made.revision(), revision + 1);
  EXPECT_EQ(world.Technician("t999").skills_size(), 16);
  EXPECT_EQ(world.Technician("t0").display_name().size(), 4 * limits::kDisplayNameChars);
  world.daemon.Restart();
  EXPECT_EQ(world.Technician("t999").skills_size(), 16);
}

// --- Successors -------------------------------------------------------------------------------------------------------------

TEST_F(AdminPeople, ASuccessorTakesOver) {
  Sessions sessions(world);
  for (const std::string& token : {world.ann, world.bob, world.cid}) sessions.Attach(token);
  const uint64_t first = sessions.Active(world.ann);
  const uint64_t second = sessions.Active(world.bob);
  Refused(Update("disabled: true", "successor_technician_id: 'No id'"), "successor_technician_id");
  Refused(Update("disabled: true", "successor_technician_id: 'ann'"), "successor_technician_id");
  Refused(Update("capacity: 3", "successor_technician_id: 'bob'"), "successor_technician_id");
  EXPECT_EQ(Try(Update("disabled: true", "successor_technician_id: 'nobody'"), world.admin).reason, "TECHNICIAN_NOT_FOUND");
  Allowed(Update("disabled: true", "successor_technician_id: 'bob'"));
  EXPECT_EQ(world.Get(first).lead_technician_id(), "bob");
  Refused(Update("disabled: true", "successor_technician_id: 'bob'"), "successor_technician_id");

  const auto remove = [](const std::string& successor) {
    return Text<pb::DeleteTechnicianRequest>("technician_id: 'bob' successor_technician_id: '" + successor + "'");
  };
  Allowed(Text<pb::UpdateGroupRequest>("group { group_id: 'desk' settings { max_active_sessions: 1 } }"));
  EXPECT_EQ(Try(remove("cid"), world.admin).reason, "TOO_MANY_ACTIVE_SESSIONS");
  Refused(remove("No id"), "successor_technician_id");
  EXPECT_EQ(Try(remove("ann"), world.admin).reason, "TECHNICIAN_DISABLED");
  Allowed(Text<pb::UpdateGroupRequest>("group { group_id: 'desk' settings { max_active_sessions: 2 } }"));
  Allowed(remove("cid"));
  for (const uint64_t id : {first, second}) EXPECT_EQ(world.Get(id).lead_technician_id(), "cid");
  Allowed(Text<pb::DeleteTechnicianRequest>("technician_id: 'cid'"));
  for (const uint64_t id : {first, second}) EXPECT_EQ(world.Get(id).outcome(), pb::OUTCOME_ABORTED);
}

// --- The layers of status ---------------------------------------------------------------------------------------------------

TEST_F(AdminPeople, LayersTellSinceWhenAndWhy) {
  const auto now = [&] { return world.daemon.clock().Now().time_since_epoch().count() / 1000; };
  const int64_t created = now();
  pb::Technician ann = world.Technician("ann");
  EXPECT_EQ(ann.link().cause(), pb::LinkLayer::CAUSE_NEVER_ATTACHED);
  EXPECT_FALSE(ann.link().attached());
  EXPECT_FALSE(ann.intent().away());
  EXPECT_EQ(ann.load().reason(), "0 active sessions, never BUSY");
  EXPECT_EQ(ann.load().capacity(), 10u);
  EXPECT_EQ(ann.load().since_time().seconds(), created);

  world.daemon.clock().Advance(seconds(60));
  Allowed(Text<pb::UpdateGroupRequest>("group { group_id: 'desk' settings { busy_at: 1 } }"));
  Allowed(Text<pb::UpdateChannelRequest>("channel { channel_id: 'help' routing { weight: 4 } }"));
  Sessions sessions(world);
  sessions.Attach(world.ann);
  ann = world.Technician("ann");
  EXPECT_EQ(ann.link().cause(), pb::LinkLayer::CAUSE_ATTACHED);
  EXPECT_TRUE(ann.link().attached());
  EXPECT_EQ(ann.link().console_name(), "desk");
  EXPECT_EQ(ann.link().since_time().seconds(), created + 60);
  EXPECT_FALSE(ann.load().busy());

  world.daemon.clock().Advance(seconds(5));
  sessions.Active(world.ann);
  ann = world.Technician("ann");
  EXPECT_TRUE(ann.load().busy());
  EXPECT_EQ(ann.load().reason(), "1 active session, BUSY at 1");
  EXPECT_EQ(ann.load().active_sessions(), 1u);
  EXPECT_EQ(ann.load().capacity_used(), 4u);
  EXPECT_EQ(ann.load().since_time().seconds(), created + 65);
  EXPECT_EQ(ann.status(), pb::TECHNICIAN_STATUS_BUSY);

  world.daemon.clock().Advance(seconds(5));
  world.Must<pb::SetStatusResponse>(Text<pb::SetStatusRequest>("status: TECHNICIAN_STATUS_AWAY reason: 'lunch'"), world.ann);
  ann = world.Technician("ann");
  EXPECT_TRUE(ann.intent().away());
  EXPECT_EQ(ann.intent().reason(), "lunch");
  EXPECT_EQ(ann.intent().since_time().seconds(), created + 70);
  EXPECT_TRUE(ann.load().busy());  // the layers are apart
  EXPECT_TRUE(ann.link().attached());
}

TEST_F(AdminPeople, LoadTellsOffersPausesAndAfterWork) {
  Allowed(
      Text<pb::UpdateChannelRequest>("channel { channel_id: 'help' routing { mode: ROUTING_MODE_OFFER offer_timeout { seconds: "
                                     "8 } retry_after { seconds: 60 } "
                                     "wrap_up { seconds: 30 } } }"));
  Sessions sessions(world);
  sessions.Attach(world.ann);
  const int64_t start = world.daemon.clock().Now().time_since_epoch().count() / 1000;
  const uint64_t id = sessions.Waiting().id;
  pb::Session session = world.Get(id);
  EXPECT_EQ(session.offer().technician_id(), "ann");
  EXPECT_EQ(session.offer().create_time().seconds(), start);
  EXPECT_EQ(session.offer().expire_time().seconds(), start + 8);
  EXPECT_EQ(world.Technician("ann").load().offered_session_id(), id);

  world.daemon.clock().Advance(seconds(8));
  session = world.Get(id);
  EXPECT_FALSE(session.has_offer());
  ASSERT_EQ(session.declines_size(), 1);
  EXPECT_EQ(session.declines(0).technician_id(), "ann");
  EXPECT_EQ(session.declines(0).cause(), pb::Decline::CAUSE_TIMED_OUT);
  EXPECT_EQ(session.declines(0).time().seconds(), start + 8);
  pb::Technician ann = world.Technician("ann");
  EXPECT_EQ(ann.load().offered_session_id(), 0u);
  EXPECT_EQ(ann.load().pause_time().seconds(), start + 68);
  EXPECT_FALSE(ann.load().has_wrap_up_time());

  world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(id), world.ann);
  world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(id), world.ann);
  EXPECT_EQ(world.Technician("ann").load().wrap_up_time().seconds(), start + 38);
}

}  // namespace
}  // namespace guichet::api_test

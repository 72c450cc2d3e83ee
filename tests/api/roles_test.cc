// What administrators of groups and integrators with scopes reach: in the group "desk" of World and in "night", which has nia,
// noa and the channel "late". gus belongs to desk and administers it.
#include <algorithm>
#include <map>
#include <set>

#include "tests/api/sessions.h"

namespace guichet::api_test {
namespace {

class Roles : public ::testing::Test {
 protected:
  Roles() : sessions(world) {
    pb::CreateGroupRequest group;
    group.mutable_group()->set_group_id("night");
    world.Must<pb::CreateGroupResponse>(group, world.admin);
    for (const char* id : {"nia", "noa"}) Create(Member(id, "night"));
    Create(Administrator("gus", {"desk"}));
    pb::CreateChannelRequest channel;
    channel.mutable_channel()->set_channel_id("late");
    channel.mutable_channel()->add_group_ids("night");
    world.Must<pb::CreateChannelResponse>(channel, world.admin);
    nia = KeyOf("nia");
    gus = KeyOf("gus");
  }

  static pb::Technician Member(const std::string& id, const std::string& group) {
    pb::Technician technician;
    technician.set_technician_id(id);
    technician.set_group_id(group);
    return technician;
  }
  // Of some groups; a member of desk.
  static pb::Technician Administrator(const std::string& id, const std::vector<std::string>& groups) {
    pb::Technician technician = Member(id, "desk");
    for (const std::string& group : groups) technician.add_administered_group_ids(group);
    return technician;
  }
  static pb::Technician Master(const std::string& id) {
    pb::Technician technician = Member(id, "desk");
    technician.set_administrator(true);
    return technician;
  }
  Outcome Create(const pb::Technician& technician, const std::string& token) {
    pb::CreateTechnicianRequest request;
    *request.mutable_technician() = technician;
    return world.Call<pb::CreateTechnicianResponse>(request, token).outcome;
  }
  void Create(const pb::Technician& technician) { EXPECT_TRUE(Create(technician, world.admin).ok()); }
  Outcome Update(const pb::Technician& technician, const std::vector<std::string>& mask, const std::string& token,
                 const std::string& successor = "") {
    pb::UpdateTechnicianRequest request;
    *request.mutable_technician() = technician;
    for (const std::string& path : mask) request.mutable_update_mask()->add_paths(path);
    request.set_successor_technician_id(successor);
    return world.Call<pb::UpdateTechnicianResponse>(request, token).outcome;
  }
  Outcome Move(const std::string& id, const std::string& group, const std::string& token) {
    return Update(Member(id, group), {"group_id"}, token);
  }
  Outcome Disable(const std::string& id, const std::string& token, const std::string& successor = "") {
    pb::Technician technician = Member(id, "");
    technician.set_disabled(true);
    return Update(technician, {"disabled"}, token, successor);
  }
  Outcome Delete(const std::string& id, const std::string& token, const std::string& successor = "") {
    pb::DeleteTechnicianRequest request;
    request.set_technician_id(id);
    request.set_successor_technician_id(successor);
    return world.Call<pb::DeleteTechnicianResponse>(request, token).outcome;
  }
  Outcome UpdateGroup(const pb::Group& group, const std::vector<std::string>& mask, const std::string& token) {
    pb::UpdateGroupRequest request;
    *request.mutable_group() = group;
    for (const std::string& path : mask) request.mutable_update_mask()->add_paths(path);
    return world.Call<pb::UpdateGroupResponse>(request, token).outcome;
  }
  pb::Group Group(const std::string& id) {
    pb::GetGroupRequest request;
    request.set_group_id(id);
    return world.Must<pb::GetGroupResponse>(request, world.admin).group();
  }
  std::string KeyOf(const std::string& technician) {
    return MakeKey(world.client(), world.admin, "key-" + technician, pb::ROLE_TECHNICIAN, technician);
  }
  std::string Integrator(const std::string& id, const std::vector<pb::Scope>& scopes) {
    pb::CreateApiKeyRequest request;
    request.mutable_api_key()->set_key_id(id);
    request.mutable_api_key()->set_role(pb::ROLE_INTEGRATOR);
    for (pb::Scope scope : scopes) request.mutable_api_key()->add_scopes(scope);
    return world.Must<pb::CreateApiKeyResponse>(request, world.admin).token();
  }
  pb::GetPrincipalResponse Principal(const std::string& token) {
    return world.Must<pb::GetPrincipalResponse>(pb::GetPrincipalRequest(), token);
  }
  pb::ApiKey Key(const std::string& id) {
    const auto answer = world.Must<pb::ListApiKeysResponse>(pb::ListApiKeysRequest(), world.admin);
    for (const pb::ApiKey& key : answer.api_keys()) {
      if (key.key_id() == id) return key;
    }
    return {};
  }
  Outcome Start(uint64_t session, const std::string& technician, const std::string& token) {
    return world.Call<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(session, technician), token).outcome;
  }
  Outcome Get(uint64_t session, const std::string& token) {
    pb::GetSessionRequest request;
    request.set_session_id(session);
    return world.Call<pb::GetSessionResponse>(request, token).outcome;
  }
  Outcome Timeline(uint64_t session, const std::string& token) {
    pb::GetTimelineRequest request;
    request.set_session_id(session);
    return world.Call<pb::GetTimelineResponse>(request, token).outcome;
  }
  std::set<uint64_t> Queue(const std::string& technician, const std::string& token) {
    pb::ListQueueRequest request;
    request.set_technician_id(technician);
    std::set<uint64_t> ids;
    const auto answer = world.Must<pb::ListQueueResponse>(request, token);
    for (const auto& entry : answer.entries()) {
      ids.insert(entry.session().session_id());
    }
    return ids;
  }
  static pb::WatchQueueRequest QueueOf(const std::string& technician) {
    pb::WatchQueueRequest request;
    request.set_technician_id(technician);
    return request;
  }

  World world;
  Sessions sessions;
  std::string nia;
  std::string gus;
};

void ExpectDenied(const Outcome& outcome, const std::string& reason = "PERMISSION_DENIED") {
  EXPECT_EQ(outcome.code, grpc::PERMISSION_DENIED) << outcome;
  EXPECT_EQ(outcome.reason, reason) << outcome;
}
void ExpectOk(const Outcome& outcome) { EXPECT_TRUE(outcome.ok()) << outcome; }

// --- Administrators of groups -----------------------------------------------------------------------------------------------

TEST_F(Roles, AGroupAdministratorKnowsWhatHeAdministers) {
  const pb::GetPrincipalResponse principal = Principal(gus);
  EXPECT_EQ(principal.role(), pb::ROLE_GROUP_ADMINISTRATOR);
  EXPECT_EQ(principal.technician_id(), "gus");
  ASSERT_EQ(principal.administered_group_ids_size(), 1);
  EXPECT_EQ(principal.administered_group_ids(0), "desk");
  EXPECT_EQ(principal.scopes_size(), 0);
  EXPECT_EQ(Principal(world.ann).role(), pb::ROLE_TECHNICIAN);
}

TEST_F(Roles, AGroupAdministratorChangesSettingsAndUnlockedPermissionsOfHisGroups) {
  pb::Group desk = Group("desk");
  pb::Group locks = desk;
  locks.add_locked_permissions(pb::PERMISSION_REBOOT);
  ExpectOk(UpdateGroup(locks, {"locked_permissions"}, world.admin));

  desk.mutable_settings()->set_busy_at(3);
  ExpectOk(UpdateGroup(desk, {"settings.busy_at"}, gus));
  desk.clear_permissions();
  for (int permission : locks.permissions()) {
    if (permission != pb::PERMISSION_SCRIPTS) desk.add_permissions(static_cast<pb::Permission>(permission));
  }
  ExpectOk(UpdateGroup(desk, {"permissions"}, gus));
  EXPECT_EQ(Group("desk").settings().busy_at(), 3u);
  EXPECT_EQ(Group("desk").permissions_size(), locks.permissions_size() - 1);
  EXPECT_EQ(Group("desk").locked_permissions_size(), 1);

  const uint64_t revision = world.Revision();
  pb::Group without = desk;
  without.clear_permissions();
  without.add_permissions(pb::PERMISSION_HOLD);
  const Outcome locked = UpdateGroup(without, {"permissions"}, gus);
  ExpectDenied(locked, "PERMISSION_LOCKED");
  EXPECT_EQ(locked.metadata.at("permissions"), "REBOOT");
  ExpectDenied(UpdateGroup(desk, {"locked_permissions"}, gus), "PERMISSION_LOCKED");  // to none
  locks.add_locked_permissions(pb::PERMISSION_HOLD);
  ExpectDenied(UpdateGroup(locks, {"locked_permissions"}, gus), "PERMISSION_LOCKED");
  pb::Group night;
  night.set_group_id("night");
  night.set_display_name("Day");
  ExpectDenied(UpdateGroup(night, {}, gus));
  EXPECT_EQ(world.Revision(), revision);

  // A master administrator changes both.
  ExpectOk(UpdateGroup(without, {"permissions", "locked_permissions"}, world.admin));
  EXPECT_EQ(Group("desk").permissions_size(), 1);
  EXPECT_EQ(Group("desk").locked_permissions_size(), 0);
}

TEST_F(Roles, AGroupAdministratorMakesNoGroupsChannelsOrKeys) {
  const uint64_t revision = world.Revision();
  pb::CreateGroupRequest group;
  group.mutable_group()->set_group_id("new");
  ExpectDenied(world.Call<pb::CreateGroupResponse>(group, gus).outcome);
  pb::DeleteGroupRequest delete_group;
  delete_group.set_group_id("desk");
  ExpectDenied(world.Call<pb::DeleteGroupResponse>(delete_group, gus).outcome);
  pb::CreateChannelRequest channel;
  channel.mutable_channel()->set_channel_id("new");
  channel.mutable_channel()->add_group_ids("desk");
  ExpectDenied(world.Call<pb::CreateChannelResponse>(channel, gus).outcome);
  pb::UpdateChannelRequest update_channel;
  update_channel.mutable_channel()->set_channel_id("help");
  update_channel.mutable_channel()->set_display_name("Mine");
  ExpectDenied(world.Call<pb::UpdateChannelResponse>(update_channel, gus).outcome);
  pb::DeleteChannelRequest delete_channel;
  delete_channel.set_channel_id("help");
  ExpectDenied(world.Call<pb::DeleteChannelResponse>(delete_channel, gus).outcome);
  pb::CreateApiKeyRequest key;
  key.mutable_api_key()->set_key_id("new");
  key.mutable_api_key()->set_role(pb::ROLE_TECHNICIAN);
  key.mutable_api_key()->set_technician_id("ann");
  ExpectDenied(world.Call<pb::CreateApiKeyResponse>(key, gus).outcome);
  ExpectDenied(world.Call<pb::ListApiKeysResponse>(pb::ListApiKeysRequest(), gus).outcome);
  pb::RevokeApiKeyRequest revoke;
  revoke.set_key_id("key-ann");
  ExpectDenied(world.Call<pb::RevokeApiKeyResponse>(revoke, gus).outcome);
  pb::UpdateOrganizationRequest organization;
  organization.mutable_organization()->set_display_name("Mine");
  ExpectDenied(world.Call<pb::UpdateOrganizationResponse>(organization, gus).outcome);
  EXPECT_EQ(world.Revision(), revision);
}

TEST_F(Roles, AGroupAdministratorManagesTechniciansOfHisGroups) {
  ExpectOk(Create(Member("dora", "desk"), gus));
  pb::Technician dora = Member("dora", "desk");
  dora.set_display_name("Dora");
  dora.set_capacity(7);
  ExpectOk(Update(dora, {"display_name", "capacity"}, gus));
  EXPECT_EQ(world.Technician("dora").display_name(), "Dora");
  ExpectOk(Disable("dora", gus));
  EXPECT_TRUE(world.Technician("dora").disabled());
  ExpectOk(Delete("dora", gus));
  pb::CreateTechniciansRequest many;
  *many.add_technicians() = Member("eva", "desk");
  *many.add_technicians() = Member("fred", "desk");
  ExpectOk(world.Call<pb::CreateTechniciansResponse>(many, gus).outcome);

  Create(Master("max"));
  const uint64_t revision = world.Revision();
  ExpectDenied(Create(Member("dora", "night"), gus));
  many.mutable_technicians(0)->set_technician_id("gina");
  *many.mutable_technicians(1) = Member("hugo", "night");
  ExpectDenied(world.Call<pb::CreateTechniciansResponse>(many, gus).outcome);
  ExpectDenied(Update(Member("nia", "night"), {"capacity"}, gus));
  ExpectDenied(Move("ann", "night", gus));
  ExpectDenied(Move("nia", "desk", gus));
  ExpectDenied(Disable("nia", gus));
  ExpectDenied(Delete("nia", gus));
  ExpectDenied(Delete("ann", gus, "nia"));
  ExpectDenied(Disable("ann", gus, "nia"));
  // Administrators are made, changed and unmade by master administrators.
  ExpectDenied(Create(Master("dora"), gus));
  ExpectDenied(Create(Administrator("dora", {"desk"}), gus));
  ExpectDenied(Update(Master("ann"), {"administrator"}, gus));
  ExpectDenied(Update(Administrator("ann", {"desk"}), {"administered_group_ids"}, gus));
  ExpectDenied(Update(Master("max"), {"capacity"}, gus));
  ExpectDenied(Disable("max", gus));
  ExpectDenied(Delete("max", gus));
  ExpectDenied(Update(Administrator("gus", {"desk", "night"}), {"administered_group_ids"}, gus));
  ExpectDenied(Update(Master("gus"), {"administrator"}, gus));
  EXPECT_EQ(world.Revision(), revision);
}

TEST_F(Roles, OfAnotherGroupAdministratorHeChangesWhatGivesNoRights) {
  Create(Administrator("gil", {"desk", "night"}));
  pb::Technician gil = Member("gil", "desk");
  gil.set_display_name("Gil");
  gil.set_routing_exempt(true);
  ExpectOk(Update(gil, {"display_name", "routing_exempt"}, gus));
  EXPECT_EQ(world.Technician("gil").administered_group_ids_size(), 2);
  const uint64_t revision = world.Revision();
  ExpectDenied(Update(gil, {"administered_group_ids"}, gus));
  ExpectDenied(Disable("gil", gus));
  ExpectDenied(Delete("gil", gus));
  EXPECT_EQ(world.Revision(), revision);
  ExpectOk(Disable("gil", world.admin));
  ExpectDenied(Update(gil, {"disabled"}, gus));  // back to an administrator
}

TEST_F(Roles, WhoAdministersTwoGroupsMovesTechniciansBetweenThem) {
  Create(Administrator("gil", {"desk", "night"}));
  const std::string token = KeyOf("gil");
  pb::Group night = Group("night");
  night.mutable_settings()->set_busy_at(1);
  ExpectOk(UpdateGroup(night, {"settings.busy_at"}, token));
  sessions.Attach(world.ann);
  const uint64_t led = sessions.Active(world.ann);
  const uint64_t waiting = sessions.Waiting().id;
  const uint64_t late = sessions.Waiting("late").id;
  EXPECT_EQ(Queue("ann", world.ann), (std::set<uint64_t>{led, waiting}));
  QueueWatch watch(world.client(), {}, world.ann);
  EXPECT_TRUE(watch.Next().snapshot().complete());

  ExpectOk(Move("ann", "night", token));
  EXPECT_EQ(Queue("ann", world.ann), (std::set<uint64_t>{led, late}));
  EXPECT_EQ(world.Technician("ann").status(), pb::TECHNICIAN_STATUS_BUSY);
  EXPECT_EQ(world.Get(led).lead_technician_id(), "ann");
  pb::WatchQueueResponse again = watch.Next();
  while (!again.has_snapshot()) again = watch.Next();
  EXPECT_TRUE(again.snapshot().first());
  EXPECT_EQ(again.snapshot().entries_size(), 2);
}

TEST_F(Roles, AGroupAdministratorActsForTechniciansOfHisGroups) {
  sessions.Attach(world.ann);
  sessions.Attach(nia);
  const uint64_t help = sessions.Waiting().id;
  const uint64_t late = sessions.Waiting("late").id;
  ExpectOk(Start(help, "ann", gus));
  EXPECT_EQ(world.Get(help).lead_technician_id(), "ann");
  pb::GetTimelineRequest timeline;
  timeline.set_session_id(help);
  const auto events = world.Must<pb::GetTimelineResponse>(timeline, gus);
  EXPECT_EQ(events.events().rbegin()->actor(), "technician:gus");
  pb::SetStatusRequest status;
  status.set_technician_id("ann");
  status.set_status(pb::TECHNICIAN_STATUS_AWAY);
  ExpectOk(world.Call<pb::SetStatusResponse>(status, gus).outcome);
  EXPECT_TRUE(world.Technician("ann").away());
  pb::CreateSessionRequest create;
  create.set_technician_id("ann");
  EXPECT_EQ(world.Must<pb::CreateSessionResponse>(create, gus).session().owner_technician_id(), "ann");

  const uint64_t revision = world.Revision();
  ExpectDenied(Start(late, "nia", gus));
  ExpectDenied(Start(help, "nobody", gus));
  status.set_technician_id("nia");
  ExpectDenied(world.Call<pb::SetStatusResponse>(status, gus).outcome);
  create.set_technician_id("nia");
  ExpectDenied(world.Call<pb::CreateSessionResponse>(create, gus).outcome);
  create.Clear();
  create.set_method(pb::METHOD_CHANNEL_FORM);
  create.set_channel_id("help");
  ExpectDenied(world.Call<pb::CreateSessionResponse>(create, gus).outcome);
  create.Clear();
  create.set_method(pb::METHOD_MONITORING);
  create.set_monitored_technician_id("nia");
  ExpectDenied(world.Call<pb::CreateSessionResponse>(create, gus).outcome);
  EXPECT_EQ(world.Revision(), revision);
  // He is a technician too: without a name he acts for himself, whose entry of `late` there is none.
  EXPECT_EQ(Start(late, "", gus).reason, "NOT_IN_QUEUE");
}

TEST_F(Roles, AGroupAdministratorMonitorsHimselfAndNotForAnAdministrator) {
  sessions.Attach(world.ann);
  pb::UpdateTechnicianRequest promote;
  promote.mutable_technician()->set_technician_id("bob");
  promote.mutable_technician()->set_administrator(true);
  world.Must<pb::UpdateTechnicianResponse>(promote, world.admin);
  pb::CreateSessionRequest create;
  create.set_method(pb::METHOD_MONITORING);
  create.set_monitored_technician_id("ann");
  create.set_technician_id("bob");
  ExpectDenied(world.Call<pb::CreateSessionResponse>(create, gus).outcome);
  create.clear_technician_id();
  ExpectOk(world.Call<pb::CreateSessionResponse>(create, gus).outcome);
  ExpectDenied(
      world.Call<pb::JoinSessionResponse>(World::On<pb::JoinSessionRequest>(sessions.Active(world.ann), "bob"), gus).outcome);
}

TEST_F(Roles, OnAStreamOfCommandsHeActsForThoseWhoAreInHisGroups) {
  sessions.Attach(world.ann);
  Attached<pb::SessionService::Stub, pb::ExecuteCommandsRequest, pb::ExecuteCommandsResponse> commands(
      world.client(), &pb::SessionService::Stub::ExecuteCommands, gus);
  auto start = [&](const std::string& technician) {
    pb::ExecuteCommandsRequest request;
    *request.mutable_start() = World::On<pb::StartSessionRequest>(sessions.Waiting().id, technician);
    commands.Send(request);
    return commands.Next();
  };
  EXPECT_TRUE(start("ann").has_effect());
  EXPECT_EQ(start("nia").error().reason(), "PERMISSION_DENIED");
  ExpectOk(Move("ann", "night", world.admin));
  EXPECT_EQ(start("ann").error().reason(), "PERMISSION_DENIED");
  ExpectOk(Move("nia", "desk", world.admin));
  EXPECT_TRUE(start("nia").has_effect());
}

// --- What he sees -----------------------------------------------------------------------------------------------------------

TEST_F(Roles, AGroupAdministratorSeesTheSessionsOfHisPeopleAndQueues) {
  for (const std::string& token : {world.ann, nia}) sessions.Attach(token);
  const uint64_t help = sessions.Waiting().id;
  const uint64_t late = sessions.Waiting("late").id;
  const uint64_t of_ann = world.CreatePin(world.ann).session().session_id();
  const uint64_t of_nia = world.CreatePin(nia).session().session_id();
  const uint64_t connecting = world.Enter().id;
  auto sees = [&](uint64_t session, bool expected) {
    for (const Outcome& outcome : {Get(session, gus), Timeline(session, gus)}) {
      EXPECT_EQ(outcome.code, expected ? grpc::OK : grpc::NOT_FOUND) << "session " << session << ": " << outcome;
    }
  };
  sees(help, true);
  sees(of_ann, true);
  sees(connecting, true);
  sees(late, false);
  sees(of_nia, false);
  sees(999, false);
  ExpectOk(Start(late, "", nia));
  sees(late, false);
  auto invite = World::On<pb::InviteTechnicianRequest>(late);
  invite.set_invitee_technician_id("ann");
  world.Must<pb::InviteTechnicianResponse>(invite, nia);
  sees(late, true);  // one of his is in it
  world.Must<pb::LeaveSessionResponse>(World::On<pb::LeaveSessionRequest>(late), world.ann);
  sees(late, false);

  EXPECT_EQ(Queue("ann", gus), Queue("ann", world.ann));
  pb::ListQueueRequest queue;
  queue.set_technician_id("nia");
  ExpectDenied(world.Call<pb::ListQueueResponse>(queue, gus).outcome);
  pb::ListSessionsRequest list;
  list.set_technician_id("ann");
  std::set<uint64_t> listed;
  const auto answer = world.Must<pb::ListSessionsResponse>(list, gus);
  for (const pb::Session& session : answer.sessions()) {
    listed.insert(session.session_id());
  }
  EXPECT_EQ(listed, (std::set<uint64_t>{help, of_ann, connecting}));
  list.set_technician_id("nia");
  ExpectDenied(world.Call<pb::ListSessionsResponse>(list, gus).outcome);
}

TEST_F(Roles, AQueueThatARuleMadeHisGroupsIsHisToSee) {
  sessions.Attach(world.ann);
  pb::UpdateChannelRequest redirect;
  redirect.mutable_channel()->set_channel_id("late");
  redirect.mutable_channel()->add_redirects()->set_when(pb::Redirect::WHEN_NOBODY_ONLINE);
  redirect.mutable_channel()->mutable_redirects(0)->set_group_id("desk");
  world.Must<pb::UpdateChannelResponse>(redirect, world.admin);
  const uint64_t late = sessions.Waiting("late").id;
  EXPECT_EQ(world.Get(late).queue_group_id(), "desk");
  ExpectOk(Get(late, gus));
  pb::Technician gil = Administrator("gil", {"night"});
  gil.set_group_id("night");
  Create(gil);
  EXPECT_EQ(Get(late, KeyOf("gil")).code, grpc::NOT_FOUND);
}

TEST_F(Roles, HisWatchOfATechnicianEndsWhenTheTechnicianLeavesTheGroup) {
  QueueWatch of_ann(world.client(), QueueOf("ann"), gus);
  QueueWatch of_bob(world.client(), QueueOf("bob"), gus);
  QueueWatch by_integrator(world.client(), QueueOf("ann"), world.integrator);
  for (QueueWatch* watch : {&of_ann, &of_bob, &by_integrator}) EXPECT_TRUE(watch->Next().snapshot().complete());
  ExpectDenied(QueueWatch(world.client(), QueueOf("nia"), gus).End());
  const std::string resume = [&] {
    const uint64_t session = world.CreatePin(world.ann).session().session_id();
    const pb::WatchQueueResponse change = of_ann.Next();
    EXPECT_EQ(change.change().entry().session().session_id(), session);
    return change.resume_token();
  }();
  ExpectOk(Move("ann", "night", world.admin));
  ExpectDenied(of_ann.End());
  pb::WatchQueueRequest again = QueueOf("ann");
  again.set_resume_token(resume);
  ExpectDenied(QueueWatch(world.client(), again, gus).End());
  sessions.Waiting();
  EXPECT_TRUE(of_bob.Next().has_change());
  EXPECT_TRUE(by_integrator.Next().has_change());
}

TEST_F(Roles, HisStreamsEndWhenHisGroupsChange) {
  pb::CreateGroupRequest empty;
  empty.mutable_group()->set_group_id("empty");
  world.Must<pb::CreateGroupResponse>(empty, world.admin);
  Create(Administrator("hal", {"empty"}));
  const std::string hal = KeyOf("hal");
  pb::DeleteGroupRequest remove;
  remove.set_group_id("empty");
  const std::vector<std::pair<std::string, std::function<void()>>> changes = {
      {gus, [&] { ExpectOk(Update(Administrator("gus", {"night"}), {"administered_group_ids"}, world.admin)); }},
      {gus, [&] { ExpectOk(Update(Administrator("gus", {}), {"administered_group_ids"}, world.admin)); }},
      {hal, [&] { world.Must<pb::DeleteGroupResponse>(remove, world.admin); }}};
  for (const auto& [token, change] : changes) {
    Console console(world.client(), token);
    console.Hello();
    QueueWatch queue(world.client(), {}, token);
    queue.Next();
    TechnicianWatch technicians(world.client(), {}, token);
    technicians.Next();
    Attached<pb::SessionService::Stub, pb::ExecuteCommandsRequest, pb::ExecuteCommandsResponse> commands(
        world.client(), &pb::SessionService::Stub::ExecuteCommands, token);
    pb::ExecuteCommandsRequest create;
    create.mutable_create();
    commands.Send(create);
    commands.Next();
    change();
    ExpectDenied(console.End());
    ExpectDenied(queue.End());
    ExpectDenied(technicians.End());
    ExpectDenied(commands.End());
  }
  EXPECT_EQ(Principal(gus).role(), pb::ROLE_TECHNICIAN);
  EXPECT_EQ(Principal(hal).role(), pb::ROLE_TECHNICIAN);
  ExpectDenied(Create(Member("dora", "night"), gus));
}

// --- Integrators ------------------------------------------------------------------------------------------------------------

TEST_F(Roles, AnIntegratorChangesTheOrganizationButNoAdministratorsLocksOrKeys) {
  const std::string token = Integrator("script", {pb::SCOPE_ORGANIZATION_WRITE});
  pb::CreateGroupRequest group;
  group.mutable_group()->set_group_id("day");
  ExpectOk(world.Call<pb::CreateGroupResponse>(group, token).outcome);
  ExpectOk(Create(Member("dora", "day"), token));
  ExpectOk(Move("dora", "night", token));
  ExpectOk(Move("nia", "day", token));
  pb::CreateChannelRequest channel;
  channel.mutable_channel()->set_channel_id("daily");
  channel.mutable_channel()->add_group_ids("day");
  ExpectOk(world.Call<pb::CreateChannelResponse>(channel, token).outcome);

  const uint64_t revision = world.Revision();
  ExpectDenied(Create(Master("eva"), token));
  ExpectDenied(Create(Administrator("eva", {"day"}), token));
  ExpectDenied(Update(Administrator("ann", {"day"}), {"administered_group_ids"}, token));
  ExpectDenied(Update(Member("gus", "desk"), {"administered_group_ids"}, token));
  ExpectDenied(Delete("gus", token));
  group.mutable_group()->set_group_id("locked");
  group.mutable_group()->add_locked_permissions(pb::PERMISSION_HOLD);
  ExpectDenied(world.Call<pb::CreateGroupResponse>(group, token).outcome, "PERMISSION_LOCKED");
  pb::Group desk = Group("desk");
  desk.add_locked_permissions(pb::PERMISSION_HOLD);
  ExpectDenied(UpdateGroup(desk, {"locked_permissions"}, token), "PERMISSION_LOCKED");
  pb::CreateApiKeyRequest key;
  key.mutable_api_key()->set_key_id("new");
  key.mutable_api_key()->set_role(pb::ROLE_INTEGRATOR);
  const Outcome keys = world.Call<pb::CreateApiKeyResponse>(key, token).outcome;
  ExpectDenied(keys);
  EXPECT_FALSE(keys.metadata.contains("scope")) << "no scope gives this";
  pb::RevokeApiKeyRequest revoke;
  revoke.set_key_id("key-ann");
  ExpectDenied(world.Call<pb::RevokeApiKeyResponse>(revoke, token).outcome);
  pb::UpdateOrganizationRequest organization;
  organization.mutable_organization()->set_display_name("Mine");
  ExpectDenied(world.Call<pb::UpdateOrganizationResponse>(organization, token).outcome);
  EXPECT_EQ(world.Revision(), revision);
}

TEST_F(Roles, NoMoveAndNoDeletionGoesRoundALock) {
  const std::string token = Integrator("script", {pb::SCOPE_ORGANIZATION_WRITE});
  pb::Group desk = Group("desk");
  desk.mutable_permissions()->erase(std::find(desk.permissions().begin(), desk.permissions().end(), pb::PERMISSION_REBOOT));
  desk.add_locked_permissions(pb::PERMISSION_REBOOT);
  ExpectOk(UpdateGroup(desk, {"permissions", "locked_permissions"}, world.admin));
  const Outcome out = Move("ann", "night", token);
  ExpectDenied(out, "PERMISSION_LOCKED");
  EXPECT_EQ(out.metadata.at("permissions"), "REBOOT");
  ExpectDenied(Move("nia", "desk", token), "PERMISSION_LOCKED");
  pb::Group night = Group("night");
  night.clear_permissions();
  for (int permission : desk.permissions()) night.add_permissions(static_cast<pb::Permission>(permission));
  ExpectOk(UpdateGroup(night, {"permissions"}, world.admin));
  ExpectOk(Move("ann", "night", token));
  ExpectOk(Move("ann", "desk", world.admin));
  pb::CreateGroupRequest locked;
  locked.mutable_group()->set_group_id("locked");
  locked.mutable_group()->add_locked_permissions(pb::PERMISSION_HOLD);
  world.Must<pb::CreateGroupResponse>(locked, world.admin);
  pb::DeleteGroupRequest remove;
  remove.set_group_id("locked");
  ExpectDenied(world.Call<pb::DeleteGroupResponse>(remove, token).outcome, "PERMISSION_LOCKED");
  world.Must<pb::DeleteGroupResponse>(remove, world.admin);
}

TEST_F(Roles, ARefusalNamesTheScopeThatIsMissing) {
  const uint64_t session = sessions.Waiting().id;
  const pb::GetOrganizationRequest read_organization;
  pb::GetSessionRequest read_session;
  read_session.set_session_id(session);
  const auto write_session = World::On<pb::StartSessionRequest>(session, "ann");
  pb::CreateGroupRequest write_organization;
  write_organization.mutable_group()->set_group_id("day");
  pb::ExplainTechnicianRequest routing;
  routing.set_technician_id("ann");
  pb::ReportDeliveryRequest delivery;
  delivery.set_session_id(session);
  delivery.set_state(pb::DELIVERY_STATE_SENT);
  const std::map<pb::Scope, const Message*> requests = {{pb::SCOPE_SESSIONS_READ, &read_session},
                                                        {pb::SCOPE_SESSIONS_WRITE, &write_session},
                                                        {pb::SCOPE_ORGANIZATION_READ, &read_organization},
                                                        {pb::SCOPE_ORGANIZATION_WRITE, &write_organization},
                                                        {pb::SCOPE_ROUTING_READ, &routing},
                                                        {pb::SCOPE_DELIVERIES, &delivery}};
  EXPECT_EQ(requests.size(), static_cast<size_t>(pb::Scope_ARRAYSIZE - 1));
  for (const auto& [missing, request] : requests) {
    const std::string name = pb::Scope_Name(missing).substr(std::string("SCOPE_").size());
    SCOPED_TRACE(name);
    std::vector<pb::Scope> others;
    for (const auto& [scope, unused] : requests) {
      if (scope != missing) others.push_back(scope);
    }
    const std::string token = Integrator("all-but-" + std::to_string(missing), others);
    EXPECT_EQ(Principal(token).scopes_size(), static_cast<int>(others.size()));
    auto response = NewMessage(MethodOf(*request)->output_type());
    const Outcome outcome = world.client().CallInto(*request, response.get(), token);
    ExpectDenied(outcome);
    EXPECT_EQ(outcome.metadata.count("scope") == 0 ? "" : outcome.metadata.at("scope"), name) << outcome;
    EXPECT_NE(outcome.message.find(name), std::string::npos) << outcome;
  }
}

// --- Keys -------------------------------------------------------------------------------------------------------------------

TEST_F(Roles, AKeySaysWhatItIsForAndWhatItMay) {
  pb::CreateApiKeyRequest request;
  request.mutable_api_key()->set_key_id("nightly");
  request.mutable_api_key()->set_role(pb::ROLE_INTEGRATOR);
  request.mutable_api_key()->set_display_name("Nightly import");
  request.mutable_api_key()->add_scopes(pb::SCOPE_ORGANIZATION_READ);
  request.mutable_api_key()->add_scopes(pb::SCOPE_ORGANIZATION_WRITE);
  const auto now = world.daemon.clock().Now().time_since_epoch().count() / 1000;
  request.mutable_api_key()->mutable_expire_time()->set_seconds(now + 3600);
  const std::string token = world.Must<pb::CreateApiKeyResponse>(request, world.admin).token();
  const pb::ApiKey key = Key("nightly");
  EXPECT_EQ(key.display_name(), "Nightly import");
  ASSERT_EQ(key.scopes_size(), 2);
  EXPECT_EQ(key.scopes(0), pb::SCOPE_ORGANIZATION_READ);
  EXPECT_EQ(key.scopes(1), pb::SCOPE_ORGANIZATION_WRITE);
  EXPECT_EQ(key.expire_time().seconds(), now + 3600);
  EXPECT_EQ(Key("integrator").scopes_size(), pb::Scope_ARRAYSIZE - 1) << "none named: all";
  EXPECT_EQ(Key("key-ann").scopes_size(), 0);

  pb::RevokeApiKeyRequest revoke;
  revoke.set_key_id("nightly");
  world.Must<pb::RevokeApiKeyResponse>(revoke, world.admin);
  EXPECT_EQ(Key("nightly").key_id(), "");
  EXPECT_EQ(world.Call<pb::GetPrincipalResponse>(pb::GetPrincipalRequest(), token).outcome.code, grpc::UNAUTHENTICATED);
}

TEST_F(Roles, AKeySaysWhenItWasUsedExactToTenMinutesAlsoAfterARestart) {
  auto used = [&](const std::string& id) {
    const pb::ApiKey key = Key(id);
    return key.has_last_used_time() ? key.last_used_time().seconds() * 1000 + key.last_used_time().nanos() / 1000000 : 0;
  };
  router::ManualClock& clock = world.daemon.clock();
  auto now = [&] { return clock.Now().time_since_epoch().count(); };
  EXPECT_EQ(used("integrator"), 0);
  const uint64_t revision = world.Revision();
  Principal(world.integrator);
  const int64_t first = now();
  EXPECT_EQ(used("integrator"), first);
  clock.Advance(minutes(10) - milliseconds(1));
  Principal(world.integrator);
  EXPECT_EQ(used("integrator"), first);
  clock.Advance(milliseconds(1));
  Principal(world.integrator);
  const int64_t second = now();
  EXPECT_EQ(used("integrator"), second);
  // A refused call is a use too; a wrong secret is none.
  EXPECT_EQ(used("key-bob"), 0);
  ExpectDenied(Create(Member("dora", "desk"), world.bob));
  EXPECT_EQ(used("key-bob"), second);
  EXPECT_FALSE(world.Call<pb::GetPrincipalResponse>(pb::GetPrincipalRequest(), world.cid + "x").ok());
  EXPECT_EQ(used("key-cid"), 0);
  EXPECT_EQ(world.Revision(), revision) << "a use is no event";

  world.daemon.Restart();
  EXPECT_EQ(used("integrator"), second);
  EXPECT_EQ(used("key-bob"), second);
  EXPECT_EQ(used("key-cid"), 0);
  clock.Advance(minutes(9));
  Principal(world.integrator);
  EXPECT_EQ(used("integrator"), second);
  clock.Advance(minutes(1));
  Principal(world.integrator);
  EXPECT_EQ(used("integrator"), now());
}

// --- Technicians who go -----------------------------------------------------------------------------------------------------

TEST_F(Roles, WhoIsDeletedOrDisabledHandsOverToHisSuccessor) {
  for (const bool deleted : {true, false}) {
    const std::string who = deleted ? "ann" : "bob";
    const std::string token = deleted ? world.ann : world.bob;
    SCOPED_TRACE(who + (deleted ? " is deleted" : " is disabled"));
    sessions.Attach(token);
    const uint64_t led = sessions.Active(token);
    const uint64_t held = sessions.Held(token);
    const uint64_t owned = world.CreatePin(token).session().session_id();
    const uint64_t waiting = sessions.Waiting().id;
    ExpectOk(deleted ? Delete(who, gus, "cid") : Disable(who, gus, "cid"));
    EXPECT_EQ(world.Get(led).lead_technician_id(), "cid");
    EXPECT_EQ(world.Get(held).lead_technician_id(), "cid");
    EXPECT_EQ(world.Get(owned).owner_technician_id(), "cid");
    EXPECT_EQ(world.Get(waiting).lead_technician_id(), "");
    for (uint64_t session : {led, held, owned}) EXPECT_EQ(world.Get(session).outcome(), pb::OUTCOME_UNSPECIFIED);
    EXPECT_EQ(world.Call<pb::GetPrincipalResponse>(pb::GetPrincipalRequest(), token).outcome.code, grpc::UNAUTHENTICATED);
    EXPECT_FALSE(sessions.consoles.back()->End().ok());
    EXPECT_EQ(Queue("cid", world.cid).count(led), 1u);
  }
}

TEST_F(Roles, WithoutASuccessorTheSessionsAreAborted) {
  for (const bool deleted : {true, false}) {
    const std::string who = deleted ? "ann" : "bob";
    const std::string token = deleted ? world.ann : world.bob;
    SCOPED_TRACE(who + (deleted ? " is deleted" : " is disabled"));
    sessions.Attach(token);
    const uint64_t owned = world.CreatePin(token).session().session_id();
    const uint64_t waiting = sessions.Waiting().id;
    const uint64_t led = sessions.Active(token);
    ExpectOk(deleted ? Delete(who, world.admin) : Disable(who, world.admin));
    for (uint64_t session : {led, owned}) EXPECT_EQ(world.Get(session).outcome(), pb::OUTCOME_ABORTED);
    EXPECT_EQ(world.Get(waiting).outcome(), pb::OUTCOME_UNSPECIFIED);
    std::vector<pb::AttachResponse> told;
    ExpectOk(sessions.devices.back()->End(&told));
    ASSERT_FALSE(told.empty());
    EXPECT_EQ(told.back().ended().outcome(), pb::OUTCOME_ABORTED);
  }
}

TEST_F(Roles, ASuccessorTakesAllOrNothing) {
  sessions.Attach(world.ann);
  const uint64_t first = sessions.Active(world.ann);
  const uint64_t second = sessions.Active(world.ann);
  pb::Group night = Group("night");
  night.mutable_settings()->set_max_active_sessions(1);
  ExpectOk(UpdateGroup(night, {"settings.max_active_sessions"}, world.admin));
  const uint64_t revision = world.Revision();
  for (const Outcome& outcome : {Delete("ann", world.admin, "nia"), Disable("ann", world.admin, "nia")}) {
    EXPECT_EQ(outcome.reason, "TOO_MANY_ACTIVE_SESSIONS") << outcome;
    EXPECT_EQ(outcome.metadata.at("technician_id"), "nia") << outcome;
  }
  EXPECT_EQ(Delete("ann", world.admin, "nobody").reason, "TECHNICIAN_NOT_FOUND");
  EXPECT_EQ(Delete("ann", world.admin, "ann").fields, std::vector<std::string>{"successor_technician_id"});
  EXPECT_EQ(Delete("ann", world.admin, "N0").fields, std::vector<std::string>{"successor_technician_id"});
  EXPECT_EQ(Update(Member("ann", "night"), {"group_id"}, world.admin, "bob").fields,
            std::vector<std::string>{"successor_technician_id"});
  EXPECT_EQ(world.Revision(), revision);
  for (uint64_t session : {first, second}) EXPECT_EQ(world.Get(session).lead_technician_id(), "ann");
}

}  // namespace
}  // namespace guichet::api_test

// Unattended access over the API: from the consent to the session on the computer, and its end.
#include <atomic>
#include <thread>

#include "router/limits.h"
#include "statemachine/limits.h"
#include "tests/api/sessions.h"

namespace guichet::api_test {
namespace {

using std::chrono::hours;

class Computers : public ::testing::Test {
 protected:
  Computers() {
    world.PermitAll();
    sessions.Attach(world.ann);
    sessions.Attach(world.bob);
  }
  pb::ListComputersResponse List(const std::string& token,
                                 const std::function<void(pb::ListComputersRequest&)>& fill = nullptr) {
    pb::ListComputersRequest request;
    if (fill) fill(request);
    return world.Must<pb::ListComputersResponse>(request, token);
  }
  Answer<pb::ConnectComputerResponse> Connect(uint64_t computer, const std::string& token) {
    pb::ConnectComputerRequest request;
    request.set_computer_id(computer);
    return world.Call<pb::ConnectComputerResponse>(request, token);
  }
  void Revoke(uint64_t computer, const std::string& token) {
    pb::RevokeComputerRequest request;
    request.set_computer_id(computer);
    world.Must<pb::RevokeComputerResponse>(request, token);
  }
  // The next message of the agent that is an order.
  static pb::ComputerConnect Order(Agent& agent) {
    pb::AttachComputerResponse response;
    while (!response.has_connect() && agent.Read(&response)) {
    }
    return response.connect();
  }

  World world;
  Sessions sessions{world};
};

TEST_F(Computers, AColleagueWorksOnAnEnrolledComputerWithNobodyThere) {
  const Sessions::Enrolled lathe = sessions.Enroll(world.ann);
  Agent agent(world.client(), lathe.token);
  const pb::ComputerWelcome welcome = agent.Hello();
  EXPECT_EQ(welcome.computer_id(), lathe.id);
  const auto made = Connect(lathe.id, world.bob);
  ASSERT_TRUE(made.ok()) << made.outcome;
  EXPECT_EQ(made->session().type(), pb::SESSION_TYPE_UNATTENDED);
  EXPECT_EQ(made->session().computer_id(), lathe.id);
  const pb::ComputerConnect order = Order(agent);
  EXPECT_EQ(order.session_id(), made->session().session_id());
  EXPECT_EQ(order.technician_name(), world.Technician("bob").display_name());
  EXPECT_EQ(order.credential_mode(), pb::CREDENTIAL_MODE_ASK);
  Device device(world.client(), order.device_token());
  EXPECT_EQ(device.Hello().state().phase(), pb::CustomerView::PHASE_ACTIVE) << "at once";
  auto control = World::On<pb::RequestActivityRequest>(order.session_id());
  control.set_kind(pb::ACTIVITY_KIND_REMOTE_CONTROL);
  EXPECT_TRUE(world.Must<pb::RequestActivityResponse>(control, world.bob).session().activities(0).open());
  const auto busy = Connect(lathe.id, world.ann);
  EXPECT_EQ(busy.outcome.reason, "COMPUTER_BUSY");
  EXPECT_EQ(busy.outcome.metadata.at("technician_id"), "bob") << "whom to ask, though the session is none of hers";
  EXPECT_EQ(List(world.ann).computers(0).session_technician_id(), "bob");
}

TEST_F(Computers, WhoSeesOneFromElsewhereLearnsWhyHeCannotConnect) {
  const Sessions::Enrolled lathe = sessions.Enroll(world.ann);
  pb::CreateGroupRequest night;
  night.mutable_group()->set_group_id("night");
  world.Must<pb::CreateGroupResponse>(night, world.admin);
  pb::UpdateTechnicianRequest move;
  move.mutable_technician()->set_technician_id("cid");
  move.mutable_technician()->set_group_id("night");
  world.Must<pb::UpdateTechnicianResponse>(move, world.admin);
  pb::ConnectComputerRequest request;
  request.set_computer_id(lathe.id);
  request.set_technician_id("cid");
  EXPECT_EQ(world.Call<pb::ConnectComputerResponse>(request, world.admin).outcome.metadata["field"], "technician_id");
  EXPECT_EQ(world.Call<pb::ConnectComputerResponse>(request, world.cid).outcome.reason, "COMPUTER_NOT_FOUND")
      << "a stranger does not learn that it is there";
}

TEST_F(Computers, TheGroupRevokesAlsoWithoutThePermissionToConnect) {
  const Sessions::Enrolled lathe = sessions.Enroll(world.ann);
  pb::UpdateGroupRequest group;
  group.mutable_group()->set_group_id(world.Technician("ann").group_id());
  for (int permission = 1; permission < pb::Permission_ARRAYSIZE; ++permission) {
    if (permission == pb::PERMISSION_UNATTENDED_ACCESS) continue;
    group.mutable_group()->add_permissions(static_cast<pb::Permission>(permission));
  }
  group.mutable_update_mask()->add_paths("permissions");
  world.Must<pb::UpdateGroupResponse>(group, world.admin);
  EXPECT_EQ(List(world.bob).computers_size(), 0);
  Revoke(lathe.id, world.bob);
  EXPECT_EQ(List(world.admin).computers_size(), 0);
}

TEST_F(Computers, AreListedWithFilters) {
  const Sessions::Enrolled lathe = sessions.Enroll(world.ann, "lathe");
  const Sessions::Enrolled drill = sessions.Enroll(world.bob, "drill");
  Agent agent(world.client(), drill.token);
  agent.Hello();
  EXPECT_EQ(List(world.ann).computers_size(), 2);
  EXPECT_EQ(List(world.integrator).computers_size(), 2);
  EXPECT_EQ(List(world.ann, [](auto& r) { r.set_technician_id("ann"); }).computers(0).computer_id(), lathe.id);
  EXPECT_EQ(List(world.ann, [](auto& r) { r.set_device_id("drill"); }).computers(0).computer_id(), drill.id);
  const auto online = List(world.ann, [](auto& r) { r.set_online_only(true); });
  ASSERT_EQ(online.computers_size(), 1);
  EXPECT_EQ(online.computers(0).computer_id(), drill.id);
  EXPECT_TRUE(online.computers(0).online());
  pb::UpdateComputerRequest name;
  name.set_computer_id(lathe.id);
  name.set_name("Lathe in hall 2");
  EXPECT_EQ(world.Must<pb::UpdateComputerResponse>(name, world.bob).computer().name(), "Lathe in hall 2");
  EXPECT_EQ(List(world.ann, [](auto& r) { r.set_name_contains("HALL"); }).computers_size(), 1);
  pb::ListComputersRequest wide;
  wide.set_name_contains(std::string(limits::kNameChars + 1, 'x'));
  EXPECT_EQ(world.Call<pb::ListComputersResponse>(wide, world.ann).outcome.metadata["field"], "name_contains");
  name.set_name(wide.name_contains());
  EXPECT_EQ(world.Call<pb::UpdateComputerResponse>(name, world.bob).outcome.metadata["field"], "name");
  const auto page = List(world.ann, [](auto& r) { r.set_page_size(1); });
  EXPECT_EQ(page.computers_size(), 1);
  const auto rest = List(world.ann, [&](auto& r) {
    r.set_page_size(1);
    r.set_page_token(page.next_page_token());
  });
  EXPECT_EQ(rest.computers(0).computer_id(), drill.id);
  EXPECT_EQ(rest.next_page_token(), "");
}

TEST_F(Computers, OneWhoseAgentIsAwayIsOfflineAndAnOrderWaitsForItsNextStream) {
  const Sessions::Enrolled lathe = sessions.Enroll(world.ann);
  EXPECT_EQ(Connect(lathe.id, world.ann).outcome.reason, "COMPUTER_OFFLINE");
  auto first = std::make_unique<Agent>(world.client(), lathe.token);
  first->Hello();
  const auto made = Connect(lathe.id, world.ann);
  ASSERT_TRUE(made.ok()) << made.outcome;
  Agent second(world.client(), lathe.token);
  second.Hello();
  EXPECT_EQ(first->End().reason, "SUPERSEDED");
  EXPECT_EQ(Order(second).session_id(), made->session().session_id()) << "the first did not attach";
}

TEST_F(Computers, ASessionThatWaitsForItsAgentIsReachedAfterARestart) {
  const Sessions::Enrolled lathe = sessions.Enroll(world.ann);
  auto agent = std::make_unique<Agent>(world.client(), lathe.token);
  agent->Hello();
  const uint64_t id = Connect(lathe.id, world.ann)->session().session_id();
  const std::string before = Order(*agent).device_token();
  agent.reset();
  sessions.consoles.clear();
  sessions.devices.clear();
  world.daemon.Restart();
  sessions.Attach(world.ann);
  Agent again(world.client(), lathe.token);
  again.Hello();
  const pb::ComputerConnect order = Order(again);
  EXPECT_EQ(order.session_id(), id);
  EXPECT_EQ(order.technician_name(), world.Technician("ann").display_name());
  Device old(world.client(), before);
  pb::AttachRequest hello;
  hello.mutable_hello();
  old.Send(hello);
  EXPECT_EQ(old.End().code, grpc::UNAUTHENTICATED) << "one token at a time";
  Device device(world.client(), order.device_token());
  EXPECT_EQ(device.Hello().state().phase(), pb::CustomerView::PHASE_ACTIVE);
  Agent third(world.client(), lathe.token);
  third.Hello();
  third.Beat(1);
  device.Beat(1);  // its token is left alone once it is there
}

TEST_F(Computers, AnAgentThatGoesAtOnceLeavesNoGhost) {
  const Sessions::Enrolled lathe = sessions.Enroll(world.ann);
  pb::CreateTechniciansRequest many;
  for (int i = 0; i < 500; ++i) {
    many.add_technicians()->set_technician_id("t" + std::to_string(i));
    many.mutable_technicians(i)->set_group_id("desk");
  }
  world.Must<pb::CreateTechniciansResponse>(many, world.admin);
  // Who keeps the shard busy, so that a stream may be gone before its hello is looked at.
  std::atomic<bool> over = false;
  std::vector<std::thread> others;
  for (int i = 0; i < 4; ++i) {
    others.emplace_back([&] {
      pb::ListTechniciansRequest list;
      list.set_page_size(500);
      while (!over) (void)world.Call<pb::ListTechniciansResponse>(list, world.ann);
    });
  }
  pb::AttachComputerRequest hello;
  hello.mutable_hello();
  for (int i = 0; i < 30 && !HasFailure(); ++i) {
    {
      Agent agent(world.client(), lathe.token);
      agent.Send(hello);
      agent.Cancel();
    }
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    while (List(world.ann).computers(0).online() && absl::Now() < deadline) {
    }
    EXPECT_FALSE(List(world.ann).computers(0).online());
  }
  over = true;
  for (std::thread& other : others) other.join();
}

TEST_F(Computers, AnAgentThatFallsSilentIsOffline) {
  const Sessions::Enrolled lathe = sessions.Enroll(world.ann);
  Agent agent(world.client(), lathe.token);
  agent.Hello();
  world.daemon.clock().Advance(router::kAgentGrace);
  EXPECT_EQ(agent.End().reason, "HEARTBEATS_MISSED");
}

TEST_F(Computers, AreThereAfterARestart) {
  const Sessions::Enrolled lathe = sessions.Enroll(world.ann);
  sessions.consoles.clear();
  sessions.devices.clear();
  world.daemon.Restart();
  Agent agent(world.client(), lathe.token);
  agent.Hello();
  EXPECT_EQ(List(world.ann).computers(0).device_id(), "lathe");
  EXPECT_TRUE(Connect(lathe.id, world.ann).ok());
}

TEST_F(Computers, TheCustomerRevokesAndTheSessionIsOver) {
  const Sessions::Enrolled lathe = sessions.Enroll(world.ann);
  Agent agent(world.client(), lathe.token);
  agent.Hello();
  const uint64_t id = Connect(lathe.id, world.ann)->session().session_id();
  Device device(world.client(), Order(agent).device_token());
  device.Hello();
  Revoke(0, lathe.token);
  std::vector<pb::AttachComputerResponse> rest;
  EXPECT_TRUE(agent.End(&rest).ok());
  EXPECT_EQ(rest.back().revoked().outcome(), pb::OUTCOME_UNATTENDED_REVOKED);
  EXPECT_EQ(world.Get(id).outcome(), pb::OUTCOME_UNATTENDED_REVOKED);
  EXPECT_EQ(List(world.ann).computers_size(), 0);
  Agent again(world.client(), lathe.token);
  pb::AttachComputerRequest hello;
  hello.mutable_hello();
  again.Send(hello);
  EXPECT_EQ(again.End().code, grpc::UNAUTHENTICATED);
}

TEST_F(Computers, AdministratorsAndTheGroupRevokeOthersDoNot) {
  const Sessions::Enrolled lathe = sessions.Enroll(world.ann, "lathe");
  const Sessions::Enrolled drill = sessions.Enroll(world.ann, "drill");
  pb::RevokeComputerRequest request;
  request.set_computer_id(drill.id);
  EXPECT_EQ(world.Call<pb::RevokeComputerResponse>(request, lathe.token).outcome.metadata["field"], "computer_id")
      << "of another computer";
  Revoke(lathe.id, world.bob);
  Revoke(drill.id, world.admin);
  EXPECT_EQ(world.Call<pb::RevokeComputerResponse>(request, world.admin).outcome.reason, "COMPUTER_NOT_FOUND");
}

TEST_F(Computers, ItExpiresByItself) {
  const Sessions::Enrolled lathe =
      sessions.Enroll(world.ann, "lathe", [](pb::AccessTerms& terms) { terms.mutable_validity()->set_seconds(10); });
  Agent agent(world.client(), lathe.token);
  agent.Hello();
  world.daemon.clock().Advance(std::chrono::seconds(10));
  std::vector<pb::AttachComputerResponse> rest;
  EXPECT_TRUE(agent.End(&rest).ok());
  EXPECT_EQ(rest.back().revoked().outcome(), pb::OUTCOME_UNATTENDED_EXPIRED);
  EXPECT_EQ(List(world.ann).computers_size(), 0);
}

TEST_F(Computers, OneThatExpiredWhileTheDaemonWasAwayIsGone) {
  const Sessions::Enrolled lathe =
      sessions.Enroll(world.ann, "lathe", [](pb::AccessTerms& terms) { terms.mutable_validity()->set_seconds(3600); });
  Agent agent(world.client(), lathe.token);
  agent.Hello();
  const uint64_t id = Connect(lathe.id, world.ann)->session().session_id();
  Device device(world.client(), Order(agent).device_token());
  device.Hello();
  sessions.consoles.clear();
  sessions.devices.clear();
  world.daemon.Stop();
  world.daemon.clock().Advance(hours(2));
  world.daemon.Restart();
  while (world.Get(id).outcome() == pb::OUTCOME_UNSPECIFIED) {
  }
  EXPECT_EQ(world.Get(id).outcome(), pb::OUTCOME_UNATTENDED_EXPIRED);
  EXPECT_EQ(List(world.ann).computers_size(), 0);
}

TEST_F(Computers, TheWindowIsOfItsZone) {
  // Open for one minute, half a day away from this one.
  const int64_t minute = world.daemon.clock().Now().time_since_epoch().count() / 60000 % 1440;
  const auto from = static_cast<uint32_t>((minute + 720) % 1440);
  const Sessions::Enrolled lathe = sessions.Enroll(world.ann, "lathe", [from](pb::AccessTerms& terms) {
    terms.set_from_minute(from);
    terms.set_to_minute(from + 1);
    terms.set_time_zone("UTC");
  });
  Agent agent(world.client(), lathe.token);
  agent.Hello();
  EXPECT_FALSE(List(world.ann).computers(0).window_open());
  const Outcome refused = Connect(lathe.id, world.ann).outcome;
  EXPECT_EQ(refused.reason, "OUTSIDE_WINDOW");
  EXPECT_EQ(refused.metadata.at("time_zone"), "UTC");
}

TEST_F(Computers, BadTermsNameTheirField) {
  const uint64_t id = sessions.Enroll(world.ann).session;
  auto ask = World::On<pb::RequestActivityRequest>(id);
  ask.set_kind(pb::ACTIVITY_KIND_UNATTENDED_ACCESS);
  auto field = [&] { return world.Call<pb::RequestActivityResponse>(ask, world.ann).outcome.metadata["field"]; };
  EXPECT_EQ(field(), "access.validity");
  ask.mutable_access()->mutable_validity()->set_seconds(14 * 86400 + 1);
  EXPECT_EQ(field(), "access.validity");
  ask.mutable_access()->mutable_validity()->set_seconds(14 * 86400);
  ask.mutable_access()->set_from_minute(1440);
  EXPECT_EQ(field(), "access.from_minute");
  ask.mutable_access()->set_from_minute(480);
  ask.mutable_access()->set_to_minute(1441);
  EXPECT_EQ(field(), "access.to_minute");
  ask.mutable_access()->set_to_minute(480);
  EXPECT_EQ(field(), "access.to_minute");
  ask.mutable_access()->set_to_minute(1080);
  EXPECT_EQ(field(), "access.time_zone");
  ask.mutable_access()->set_time_zone("Mars/Olympus");
  EXPECT_EQ(field(), "access.time_zone");
  ask.mutable_access()->set_time_zone("Europe/Vienna");
  EXPECT_EQ(field(), "");
  ask.set_kind(pb::ACTIVITY_KIND_CLIPBOARD);
  EXPECT_EQ(field(), "access");
}

// --- monitoring

class Monitoring : public ::testing::Test {
 protected:
  Monitoring() {
    pb::UpdateTechnicianRequest promote;
    promote.mutable_technician()->set_technician_id("cid");
    promote.mutable_technician()->set_administrator(true);
    world.Must<pb::UpdateTechnicianResponse>(promote, world.admin);
    sessions.Attach(world.ann);
  }
  // What ann's console is told next of who monitors her.
  std::vector<std::string> Told() {
    pb::AttachConsoleResponse response;
    while (!response.has_technician() && sessions.consoles[0]->Read(&response)) {
    }
    return {response.technician().monitored_by().begin(), response.technician().monitored_by().end()};
  }
  World world;
  Sessions sessions{world};
};

TEST_F(Monitoring, TheMonitoredIsToldAndTheAdministratorJoinsHisSession) {
  const uint64_t id = sessions.Active(world.ann);
  const uint64_t monitoring = sessions.Monitoring("cid", "ann");
  std::vector<std::string> told;
  while (told.empty()) told = Told();
  EXPECT_EQ(told, std::vector{world.Technician("cid").display_name()});
  EXPECT_EQ(world.Technician("ann").monitored_by_size(), 0) << "colleagues are not told";
  const auto joined = world.Must<pb::JoinSessionResponse>(World::On<pb::JoinSessionRequest>(id), world.cid);
  EXPECT_EQ(joined.session().participants(1).role(), pb::Participant::ROLE_COLLABORATOR);
  world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(monitoring), world.cid);
  while (!told.empty()) told = Told();
}

TEST_F(Monitoring, WhatTheMonitoredIsToldFollowsTheSetting) {
  sessions.Monitoring("cid", "ann");
  while (Told().empty()) {
  }
  pb::UpdateOrganizationRequest silently;
  silently.mutable_organization()->set_monitor_silently(true);
  world.Must<pb::UpdateOrganizationResponse>(silently, world.admin);
  while (!Told().empty()) {
  }
}

TEST_F(Monitoring, SilentlyWhereTheOrganizationWantsSo) {
  pb::UpdateOrganizationRequest silently;
  silently.mutable_organization()->set_monitor_silently(true);
  world.Must<pb::UpdateOrganizationResponse>(silently, world.admin);
  sessions.Monitoring("cid", "ann");
  pb::SetStatusRequest away;
  away.set_status(pb::TECHNICIAN_STATUS_AWAY);
  world.Must<pb::SetStatusResponse>(away, world.ann);
  pb::AttachConsoleResponse last;
  while (last.technician().status() != pb::TECHNICIAN_STATUS_AWAY && sessions.consoles[0]->Read(&last)) {
    EXPECT_EQ(last.technician().monitored_by_size(), 0);
  }
  Console again(world.client(), world.ann);
  EXPECT_EQ(again.Hello().technician().monitored_by_size(), 0);
  EXPECT_EQ(world.Call<pb::JoinSessionResponse>(World::On<pb::JoinSessionRequest>(sessions.Active(world.bob)), world.cid)
                .outcome.reason,
            "NOT_MONITORED");
}

}  // namespace
}  // namespace guichet::api_test

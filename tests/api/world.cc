#include "tests/api/world.h"

namespace guichet::api_test {

std::string MakeOrganization(const Client& client, const std::string& id) {
  pb::CreateOrganizationRequest request;
  request.mutable_organization()->set_organization_id(id);
  request.mutable_organization()->set_display_name(id);
  auto made = client.Call<pb::CreateOrganizationResponse>(request, kOperatorToken);
  EXPECT_TRUE(made.ok()) << made.outcome;
  return made->administrator_token();
}

std::string MakeKey(const Client& client, const std::string& admin, const std::string& key_id, pb::Role role,
                    const std::string& technician) {
  pb::CreateApiKeyRequest request;
  request.mutable_api_key()->set_key_id(key_id);
  request.mutable_api_key()->set_role(role);
  request.mutable_api_key()->set_technician_id(technician);
  auto made = client.Call<pb::CreateApiKeyResponse>(request, admin);
  EXPECT_TRUE(made.ok()) << made.outcome;
  return made->token();
}

World::World(router::DaemonOptions options, const std::string& organization)
    : daemon(std::move(options)), organization_(organization) {
  admin = MakeOrganization(client(), organization);
  pb::CreateGroupRequest group;
  group.mutable_group()->set_group_id("desk");
  Must<pb::CreateGroupResponse>(group, admin);
  for (const char* id : {"ann", "bob", "cid"}) {
    pb::CreateTechnicianRequest technician;
    technician.mutable_technician()->set_technician_id(id);
    technician.mutable_technician()->set_group_id("desk");
    Must<pb::CreateTechnicianResponse>(technician, admin);
  }
  pb::CreateChannelRequest channel;
  channel.mutable_channel()->set_channel_id("help");
  channel.mutable_channel()->add_group_ids("desk");
  Must<pb::CreateChannelResponse>(channel, admin);
  integrator = MakeKey(client(), admin, "integrator", pb::ROLE_INTEGRATOR);
  ann = MakeKey(client(), admin, "key-ann", pb::ROLE_TECHNICIAN, "ann");
  bob = MakeKey(client(), admin, "key-bob", pb::ROLE_TECHNICIAN, "bob");
  cid = MakeKey(client(), admin, "key-cid", pb::ROLE_TECHNICIAN, "cid");
}

Entered World::Enter(const std::string& channel) {
  pb::SubmitFormRequest request;
  request.set_organization_id(organization_);
  request.set_channel_id(channel);
  request.set_device_id("device");
  const auto entered = Must<pb::SubmitFormResponse>(request, "");
  return {entered.session_id(), entered.device_token()};
}

pb::CreateSessionResponse World::CreatePin(const std::string& token) {
  return Must<pb::CreateSessionResponse>(pb::CreateSessionRequest(), token);
}

void World::PermitAll() {
  pb::UpdateGroupRequest permit;
  permit.mutable_group()->set_group_id("desk");
  for (int i = 1; i < pb::Permission_ARRAYSIZE; ++i) permit.mutable_group()->add_permissions(static_cast<pb::Permission>(i));
  Must<pb::UpdateGroupResponse>(permit, admin);
}

pb::Session World::Get(uint64_t session) {
  pb::GetSessionRequest request;
  request.set_session_id(session);
  return Must<pb::GetSessionResponse>(request, admin).session();
}

pb::Technician World::Technician(const std::string& id) {
  pb::GetTechnicianRequest request;
  request.set_technician_id(id);
  return Must<pb::GetTechnicianResponse>(request, admin).technician();
}

uint64_t World::Revision() { return Must<pb::GetOrganizationResponse>(pb::GetOrganizationRequest(), admin).revision(); }

}  // namespace guichet::api_test

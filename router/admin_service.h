// AdminService: organizations and keys (admin_service.cc), groups and technicians (admin_people.cc), channels
// (admin_channels.cc), checkpoints (admin_checkpoints.cc).
#pragma once

#include "guichet/v1/admin_service.grpc.pb.h"
#include "router/gateway.h"

namespace guichet::router {

class AdminService final : public pb::AdminService::CallbackService {
 public:
  explicit AdminService(Gateway& gateway) : gateway_(gateway) {}
  using Context = grpc::CallbackServerContext*;
  using Unary = grpc::ServerUnaryReactor*;

  Unary GetPrincipal(Context, const pb::GetPrincipalRequest*, pb::GetPrincipalResponse*) override;
  Unary CreateOrganization(Context, const pb::CreateOrganizationRequest*, pb::CreateOrganizationResponse*) override;
  Unary ListOrganizations(Context, const pb::ListOrganizationsRequest*, pb::ListOrganizationsResponse*) override;
  Unary GetOrganization(Context, const pb::GetOrganizationRequest*, pb::GetOrganizationResponse*) override;
  Unary UpdateOrganization(Context, const pb::UpdateOrganizationRequest*, pb::UpdateOrganizationResponse*) override;
  Unary CreateGroup(Context, const pb::CreateGroupRequest*, pb::CreateGroupResponse*) override;
  Unary GetGroup(Context, const pb::GetGroupRequest*, pb::GetGroupResponse*) override;
  Unary UpdateGroup(Context, const pb::UpdateGroupRequest*, pb::UpdateGroupResponse*) override;
  Unary DeleteGroup(Context, const pb::DeleteGroupRequest*, pb::DeleteGroupResponse*) override;
  Unary ListGroups(Context, const pb::ListGroupsRequest*, pb::ListGroupsResponse*) override;
  Unary CreateTechnician(Context, const pb::CreateTechnicianRequest*, pb::CreateTechnicianResponse*) override;
  Unary CreateTechnicians(Context, const pb::CreateTechniciansRequest*, pb::CreateTechniciansResponse*) override;
  Unary GetTechnician(Context, const pb::GetTechnicianRequest*, pb::GetTechnicianResponse*) override;
  Unary UpdateTechnician(Context, const pb::UpdateTechnicianRequest*, pb::UpdateTechnicianResponse*) override;
  Unary DeleteTechnician(Context, const pb::DeleteTechnicianRequest*, pb::DeleteTechnicianResponse*) override;
  Unary CreateChannel(Context, const pb::CreateChannelRequest*, pb::CreateChannelResponse*) override;
  Unary GetChannel(Context, const pb::GetChannelRequest*, pb::GetChannelResponse*) override;
  Unary UpdateChannel(Context, const pb::UpdateChannelRequest*, pb::UpdateChannelResponse*) override;
  Unary DeleteChannel(Context, const pb::DeleteChannelRequest*, pb::DeleteChannelResponse*) override;
  Unary ListChannels(Context, const pb::ListChannelsRequest*, pb::ListChannelsResponse*) override;
  Unary CreateApiKey(Context, const pb::CreateApiKeyRequest*, pb::CreateApiKeyResponse*) override;
  Unary ListApiKeys(Context, const pb::ListApiKeysRequest*, pb::ListApiKeysResponse*) override;
  Unary RevokeApiKey(Context, const pb::RevokeApiKeyRequest*, pb::RevokeApiKeyResponse*) override;
  Unary CreateCheckpoint(Context, const pb::CreateCheckpointRequest*, pb::CreateCheckpointResponse*) override;
  Unary ListCheckpoints(Context, const pb::ListCheckpointsRequest*, pb::ListCheckpointsResponse*) override;
  Unary DeleteCheckpoint(Context, const pb::DeleteCheckpointRequest*, pb::DeleteCheckpointResponse*) override;

 private:
  Gateway& gateway_;
};

}  // namespace guichet::router

// Organizations and keys.
#include "router/admin_service.h"

#include "absl/strings/str_cat.h"
#include "router/admin_call.h"
#include "router/parse_org.h"

namespace guichet::router {
namespace {

// On the shard's thread: makes the organization, or finds that this request made it.
absl::Status CreateOrg(const Gateway& gateway, Turn& turn, const Mutation& mutation, const command::CreateOrg& command,
                       const std::string& secret, pb::CreateOrganizationResponse* response) {
  absl::Status status;
  const OrgRuntime* known = turn.Find(command.org);
  if (known != nullptr && AnswerAgain(*known, mutation, response, status)) return status;
  if (gateway.disk_nearly_full) return DiskNearlyFull(kDiskRetryDelay);
  absl::StatusOr<Step> step = turn.CreateOrg(command, mutation.actor);
  if (!step.ok()) return step.status();
  OrgRuntime& rt = *turn.Find(command.org);
  response->set_revision(step->entry.revision.value);
  ToProto(rt.org, response->mutable_organization());
  response->set_administrator_token(MakeKeyToken(rt.org.id, command.first_key.id, secret));
  KeepAnswer(turn, rt, mutation, *response);
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* AdminService::GetPrincipal(Context context, const pb::GetPrincipalRequest* request,
                                                     pb::GetPrincipalResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = gateway_.directory.Authenticate(BearerToken(*context), gateway_.clock.Now());
  if (!principal.ok()) {
    call->Done(principal.status());
    return call;
  }
  response->set_role(static_cast<pb::Role>(principal->role));
  response->set_organization_id(principal->org.value);
  response->set_key_id(principal->key.value);
  response->set_technician_id(principal->technician.value);
  for (const GroupId& group : principal->administers) response->add_administered_group_ids(group.value);
  if (principal->role == KeyRole::kIntegrator) AddScopes(principal->scopes, response->mutable_scopes());
  if (!principal->org) {
    call->Done(absl::OkStatus());
    return call;
  }
  Read(
      gateway_, principal->org,
      [technician = principal->technician, response](Turn&, OrgRuntime& rt) {
        response->set_revision(rt.org.revision.value);
        Permissions allowed;  // by his group; of an external technician by that of his lead
        for (int i = 1; i < kPermissionCount; ++i) {
          const auto permission = static_cast<Permission>(i);
          allowed.Set(permission, Allowed(rt.org, technician, permission));
        }
        AddPermissions(allowed, response->mutable_permissions());
        return absl::OkStatus();
      },
      [call](const absl::Status& status) { call->Done(status); });
  return call;
}

// --- Organizations ----------------------------------------------------------------------------------------------------------

grpc::ServerUnaryReactor* AdminService::CreateOrganization(Context context, const pb::CreateOrganizationRequest* request,
                                                           pb::CreateOrganizationResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(Right::kOperate, "create organizations");
  absl::Status refused = principal.status();
  if (refused.ok()) refused = CheckRequestId(request->request_id());
  if (refused.ok()) refused = CheckId("organization.organization_id", request->organization().organization_id());
  if (refused.ok()) refused = CheckDisplayName("organization.display_name", request->organization().display_name());
  if (!refused.ok()) {
    call->Done(refused);
    return call;
  }
  const std::string secret = RandomSecret();
  command::CreateOrg command;
  command.org.value = request->organization().organization_id();
  command.display_name = request->organization().display_name();
  command.first_key.id.value = "administrator";
  command.first_key.role = KeyRole::kAdministrator;
  command.first_key.secret_hash = Sha256(secret);
  command.first_key.created = gateway_.clock.Now();
  Mutation mutation = call->Begin(*principal, request->request_id(), *request);
  if (!mutation.request_key.empty()) {
    mutation.request_key = absl::StrCat(kOperatorRequest.data(), request->request_id());
    if (gateway_.directory.ClaimRequest(request->request_id(), command.org, gateway_.clock.Now())) {
      call->Done(RequestIdReused(request->request_id()));
      return call;
    }
  }
  absl::Status submitted = gateway_.ShardOf(command.org).Submit([this, call, command, secret, mutation, response](Turn& turn) {
    const absl::Status status = CreateOrg(gateway_, turn, mutation, command, secret, response);
    turn.AfterDurable([call, status] { call->Done(status); });
  });
  if (!submitted.ok()) call->Done(submitted);
  return call;
}

grpc::ServerUnaryReactor* AdminService::ListOrganizations(Context context, const pb::ListOrganizationsRequest* request,
                                                          pb::ListOrganizationsResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(Right::kOperate, "list organizations");
  absl::Status status = principal.status();
  if (status.ok()) {
    std::map<OrgId, Directory::OrgInfo> orgs;
    for (Directory::OrgInfo& info : gateway_.directory.ListOrgs()) orgs.emplace(info.id, info);
    status = Page(orgs, *request, response, "organizations", [&](const Directory::OrgInfo& info) {
      pb::Organization* organization = response->add_organizations();
      organization->set_organization_id(info.id.value);
      organization->set_display_name(info.display_name);
      SetTime(info.created, organization->mutable_create_time());
      SetDuration(info.settings.priority_step, organization->mutable_priority_step());
      organization->set_default_language(info.settings.default_language);
      organization->set_monitor_silently(info.settings.monitor_silently);
    });
  }
  call->Done(status);
  return call;
}

grpc::ServerUnaryReactor* AdminService::GetOrganization(Context context, const pb::GetOrganizationRequest* request,
                                                        pb::GetOrganizationResponse* response) {
  return Look(gateway_, context, request, response, [](const OrgRuntime& rt, pb::GetOrganizationResponse* out) {
    ToProto(rt.org, out->mutable_organization());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AdminService::UpdateOrganization(Context context, const pb::UpdateOrganizationRequest* request,
                                                           pb::UpdateOrganizationResponse* response) {
  return Change(
      gateway_, Right::kAdministrate, context, request, response,
      [request](const Principal&) -> absl::StatusOr<MakeCommand> {
        absl::StatusOr<Edit<OrgConfig>> edit = ToEdit(request->organization(), request->update_mask());
        if (!edit.ok()) return edit.status();
        return [edit = *std::move(edit)](const Org& org) -> absl::StatusOr<Command> {
          OrgConfig config{org.display_name, org.settings};
          edit(config);
          return Command{command::UpdateOrg{config.display_name, config.settings}};
        };
      },
      [](const OrgRuntime& rt, pb::UpdateOrganizationResponse* out) { ToProto(rt.org, out->mutable_organization()); });
}

// --- Keys -------------------------------------------------------------------------------------------------------------------

grpc::ServerUnaryReactor* AdminService::CreateApiKey(Context context, const pb::CreateApiKeyRequest* request,
                                                     pb::CreateApiKeyResponse* response) {
  const std::string secret = RandomSecret();
  return Change(
      gateway_, Right::kAdministrate, context, request, response,
      [this, request, secret](const Principal&) -> absl::StatusOr<MakeCommand> {
        absl::StatusOr<ApiKey> key = ToKey(request->api_key());
        if (!key.ok()) return key.status();
        key->secret_hash = Sha256(secret);
        key->created = gateway_.clock.Now();
        return [this, key = *std::move(key)](const Org&) -> absl::StatusOr<Command> {
          // Here, after a repetition was recognised: by then the key may have expired.
          if (key.expires != kNoTime && key.expires <= gateway_.clock.Now()) {
            return InvalidField("api_key.expire_time", "must be in the future");
          }
          return Command{command::CreateKey{key}};
        };
      },
      [id = KeyId{request->api_key().key_id()}, secret](const OrgRuntime& rt, pb::CreateApiKeyResponse* out) {
        ToProto(rt.org.keys.at(id), out->mutable_api_key());
        out->set_token(MakeKeyToken(rt.org.id, id, secret));
      });
}

grpc::ServerUnaryReactor* AdminService::ListApiKeys(Context context, const pb::ListApiKeysRequest* request,
                                                    pb::ListApiKeysResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(Right::kAdministrate, "list API keys");
  if (!principal.ok()) {
    call->Done(principal.status());
    return call;
  }
  Read(
      gateway_, principal->org,
      [request = *request, response](Turn&, OrgRuntime& rt) {
        response->set_revision(rt.org.revision.value);
        return Page(rt.org.keys, request, response, "keys", [&](const ApiKey& key) { ToProto(key, response->add_api_keys()); });
      },
      [call](const absl::Status& status) { call->Done(status); });
  return call;
}

grpc::ServerUnaryReactor* AdminService::RevokeApiKey(Context context, const pb::RevokeApiKeyRequest* request,
                                                     pb::RevokeApiKeyResponse* response) {
  return Change(
      gateway_, Right::kAdministrate, context, request, response,
      [request](const Principal&) -> absl::StatusOr<MakeCommand> {
        if (absl::Status id = CheckId("key_id", request->key_id()); !id.ok()) return id;
        return
            [id = KeyId{request->key_id()}](const Org&) -> absl::StatusOr<Command> { return Command{command::RevokeKey{id}}; };
      },
      [](const OrgRuntime&, pb::RevokeApiKeyResponse*) {});
}

}  // namespace guichet::router

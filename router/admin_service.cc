#include "router/admin_service.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "router/limits.h"
#include "router/parse.h"
#include "router/secrets.h"
#include "router/unary_call.h"
#include "router/validate.h"
#include "statemachine/limits.h"

namespace guichet::router {
namespace {

constexpr auto kAdministrators = {KeyRole::kAdministrator};
constexpr auto kPeople = {KeyRole::kTechnician, KeyRole::kIntegrator, KeyRole::kAdministrator};
constexpr auto kOperators = {KeyRole::kOperator};

// The paths of an update: those of the mask, or without one those that `set` names. "settings" and "*" stand for all below.
class Mask {
 public:
  template <class Request>
  Mask(const Request& request, std::set<std::string> allowed) : allowed_(std::move(allowed)) {
    paths_.insert(request.update_mask().paths().begin(), request.update_mask().paths().end());
  }
  absl::Status Check() const {
    for (const std::string& path : paths_) {
      if (path == "*" || allowed_.contains(path)) continue;
      if (path.starts_with("settings.") && allowed_.contains("settings") && KnownSetting(path.substr(9))) continue;
      return InvalidField("update_mask", absl::StrCat("\"", path, "\" is no field that can be updated"));
    }
    return absl::OkStatus();
  }
  bool Has(const std::string& path, bool is_set) const {
    if (paths_.empty()) return is_set;
    if (paths_.contains("*") || paths_.contains(path)) return true;
    return path.starts_with("settings.") && paths_.contains("settings");
  }

 private:
  static bool KnownSetting(const std::string& field) {
    return pb::GroupSettings::descriptor()->FindFieldByName(field) != nullptr;
  }
  const std::set<std::string> allowed_;
  std::set<std::string> paths_;
};

absl::Status CheckDisplayName(std::string_view field, const std::string& name) {
  if (name.empty()) return InvalidField(field, "required, 1-64 characters");
  return CheckChars(field, name, limits::kDisplayNameChars);
}

// `page(map, out)` for maps ordered by id.
template <class Map, class Request, class Response, class Id, class Add>
absl::Status Page(const Map& map, const Request& request, Response* response, const std::string& name, Id from,
                  const Add& add) {
  absl::StatusOr<size_t> size = CheckPageSize(request.page_size(), 100, kPageMax);
  if (!size.ok()) return size.status();
  const uint64_t filters = Fingerprint(name);
  absl::StatusOr<std::optional<std::string>> after = ParsePageToken(request.page_token(), filters);
  if (!after.ok()) return after.status();
  from.value = after->value_or("");
  size_t count = 0;
  std::string last;
  for (auto it = map.upper_bound(from); it != map.end(); ++it) {
    if (count++ == *size) {
      response->set_next_page_token(MakePageToken(filters, last));
      break;
    }
    last = it->first.value;
    add(it->second);
  }
  return absl::OkStatus();
}

absl::StatusOr<Channel> ToChannel(const Channel& base, const pb::Channel& from, const Mask& mask) {
  Channel to = base;
  if (mask.Has("display_name", !from.display_name().empty())) to.display_name = from.display_name();
  if (absl::Status name = CheckDisplayName("channel.display_name", to.display_name); !name.ok()) return name;
  if (mask.Has("group_ids", from.group_ids_size() > 0)) {
    if (static_cast<size_t>(from.group_ids_size()) > limits::kChannelGroups) {
      return InvalidField("channel.group_ids", absl::StrCat("at most ", limits::kChannelGroups));
    }
    to.groups.clear();
    for (const std::string& id : from.group_ids()) to.groups.push_back(GroupId{id});
  }
  if (mask.Has("technician_ids", from.technician_ids_size() > 0)) {
    if (static_cast<size_t>(from.technician_ids_size()) > limits::kChannelTechnicians) {
      return InvalidField("channel.technician_ids", absl::StrCat("at most ", limits::kChannelTechnicians));
    }
    to.technicians.clear();
    for (const std::string& id : from.technician_ids()) to.technicians.push_back(TechnicianId{id});
  }
  auto duration = [&](const std::string& field, bool is_set, const google::protobuf::Duration& value, bool zero,
                      std::optional<Duration>& out) -> absl::Status {
    if (!mask.Has(field, is_set)) return absl::OkStatus();
    out.reset();
    if (!is_set) return absl::OkStatus();
    absl::StatusOr<Duration> checked = CheckDuration("channel." + field, value, {limits::kMaxTimeout, zero});
    if (!checked.ok()) return checked.status();
    out = *checked;
    return absl::OkStatus();
  };
  absl::Status bad =
      duration("connecting_timeout", from.has_connecting_timeout(), from.connecting_timeout(), false, to.connecting_timeout);
  if (bad.ok()) bad = duration("waiting_timeout", from.has_waiting_timeout(), from.waiting_timeout(), true, to.waiting_timeout);
  if (!bad.ok()) return bad;
  return to;
}

absl::StatusOr<Group> ToGroup(const Group& base, const pb::Group& from, const Mask& mask) {
  Group to = base;
  if (mask.Has("display_name", !from.display_name().empty())) to.display_name = from.display_name();
  if (absl::Status name = CheckDisplayName("group.display_name", to.display_name); !name.ok()) return name;
  absl::StatusOr<GroupSettings> settings = ToSettings(base.settings, from.settings(), [&](std::string_view field, bool is_set) {
    return mask.Has(absl::StrCat("settings.", absl::string_view(field.data(), field.size())), is_set);
  });
  if (!settings.ok()) return settings.status();
  to.settings = *std::move(settings);
  return to;
}

}  // namespace

// A change by an administrator: `check` for form, `make` the command on the state as it is, `fill` the answer.
template <class Request, class Response>
grpc::ServerUnaryReactor* AdminService::Change(Context context, const Request* request, Response* response,
                                               std::function<absl::Status()> check, MakeCommand make,
                                               std::function<void(const OrgRuntime&, Response*)> fill) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(kAdministrators, "administer the organization");
  absl::Status refused = principal.status();
  if (refused.ok()) refused = CheckRequestId(request->request_id());
  if (refused.ok()) refused = check();
  if (!refused.ok()) {
    call->Done(refused);
    return call;
  }
  Mutate(
      gateway_, call->Begin(*principal, request->request_id(), *request), std::move(make), response,
      [response, fill](const OrgRuntime& rt, const Step& step) {
        response->set_revision(step.entry.revision.value);
        fill(rt, response);
      },
      [call](const absl::Status& status) { call->Done(status); });
  return call;
}

template <class Request, class Response>
grpc::ServerUnaryReactor* AdminService::Look(Context context, const Request* request, Response* response,
                                             std::function<absl::Status(const OrgRuntime&, Response*)> look) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(kPeople, "read the organization");
  if (!principal.ok()) {
    call->Done(principal.status());
    return call;
  }
  Read(
      gateway_, principal->org,
      [look = std::move(look), response](Turn&, OrgRuntime& rt) {
        response->set_revision(rt.org.revision.value);
        return look(rt, response);
      },
      [call](const absl::Status& status) { call->Done(status); });
  return call;
}

// --- Organizations ----------------------------------------------------------------------------------------------------------

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
  if (!principal->org) {
    call->Done(absl::OkStatus());
    return call;
  }
  Read(
      gateway_, principal->org,
      [response](Turn&, OrgRuntime& rt) {
        response->set_revision(rt.org.revision.value);
        return absl::OkStatus();
      },
      [call](const absl::Status& status) { call->Done(status); });
  return call;
}

grpc::ServerUnaryReactor* AdminService::CreateOrganization(Context context, const pb::CreateOrganizationRequest* request,
                                                           pb::CreateOrganizationResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(kOperators, "create organizations");
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
  absl::Status submitted = gateway_.ShardOf(command.org).Submit([call, command, secret, mutation, response](Turn& turn) {
    absl::Status status;
    OrgRuntime* known = turn.Find(command.org);
    // A repetition finds the organization that its first request made.
    auto again = known == nullptr || mutation.request_key.empty() ? decltype(known->requests.begin()){}
                                                                  : known->requests.find(mutation.request_key);
    if (known != nullptr && !mutation.request_key.empty() && again != known->requests.end()) {
      std::optional<std::string> first = Unseal(mutation.seal_secret, again->second.response);
      if (again->second.content_hash != mutation.content_hash || !first || !response->ParseFromString(*first)) {
        status = RequestIdReused(mutation.request_id);
      }
    } else if (absl::StatusOr<Step> step = turn.CreateOrg(command, mutation.actor); !step.ok()) {
      status = step.status();
    } else {
      OrgRuntime& rt = *turn.Find(command.org);
      response->set_revision(step->entry.revision.value);
      response->mutable_organization()->set_organization_id(rt.org.id.value);
      response->mutable_organization()->set_display_name(rt.org.display_name);
      SetTime(rt.org.created, response->mutable_organization()->mutable_create_time());
      response->set_administrator_token(MakeKeyToken(rt.org.id, command.first_key.id, secret));
      if (!mutation.request_key.empty()) {
        turn.Remember(
            rt, mutation.request_key,
            {mutation.content_hash, mutation.method, turn.now(), Seal(mutation.seal_secret, response->SerializeAsString())});
      }
    }
    turn.AfterDurable([call, status] { call->Done(status); });
  });
  if (!submitted.ok()) call->Done(submitted);
  return call;
}

grpc::ServerUnaryReactor* AdminService::ListOrganizations(Context context, const pb::ListOrganizationsRequest* request,
                                                          pb::ListOrganizationsResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(kOperators, "list organizations");
  absl::Status status = principal.status();
  if (status.ok()) {
    std::map<OrgId, Directory::OrgInfo> orgs;
    for (Directory::OrgInfo& info : gateway_.directory.ListOrgs()) orgs.emplace(info.id, info);
    status = Page(orgs, *request, response, "organizations", OrgId{}, [&](const Directory::OrgInfo& info) {
      pb::Organization* organization = response->add_organizations();
      organization->set_organization_id(info.id.value);
      organization->set_display_name(info.display_name);
      SetTime(info.created, organization->mutable_create_time());
    });
  }
  call->Done(status);
  return call;
}

namespace {
void FillOrganization(const OrgRuntime& rt, pb::Organization* out) {
  out->set_organization_id(rt.org.id.value);
  out->set_display_name(rt.org.display_name);
  SetTime(rt.org.created, out->mutable_create_time());
}
}  // namespace

grpc::ServerUnaryReactor* AdminService::GetOrganization(Context context, const pb::GetOrganizationRequest* request,
                                                        pb::GetOrganizationResponse* response) {
  return Look<pb::GetOrganizationRequest, pb::GetOrganizationResponse>(
      context, request, response, [](const OrgRuntime& rt, pb::GetOrganizationResponse* out) {
        FillOrganization(rt, out->mutable_organization());
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AdminService::UpdateOrganization(Context context, const pb::UpdateOrganizationRequest* request,
                                                           pb::UpdateOrganizationResponse* response) {
  return Change<pb::UpdateOrganizationRequest, pb::UpdateOrganizationResponse>(
      context, request, response,
      [request] {
        absl::Status mask = Mask(*request, {"display_name"}).Check();
        return mask.ok() ? CheckDisplayName("organization.display_name", request->organization().display_name()) : mask;
      },
      [name = request->organization().display_name()](const Org& org) -> absl::StatusOr<Command> {
        return Command{command::UpdateOrg{name, org.settings}};
      },
      [](const OrgRuntime& rt, pb::UpdateOrganizationResponse* out) { FillOrganization(rt, out->mutable_organization()); });
}

// --- Groups -----------------------------------------------------------------------------------------------------------------

grpc::ServerUnaryReactor* AdminService::CreateGroup(Context context, const pb::CreateGroupRequest* request,
                                                    pb::CreateGroupResponse* response) {
  return Change<pb::CreateGroupRequest, pb::CreateGroupResponse>(
      context, request, response, [request] { return CheckId("group.group_id", request->group().group_id()); },
      [from = request->group()](const Org&) -> absl::StatusOr<Command> {
        Group base;
        base.id.value = from.group_id();
        base.display_name = from.display_name().empty() ? from.group_id() : from.display_name();
        absl::StatusOr<Group> group = ToGroup(base, from, Mask(pb::UpdateGroupRequest(), {}));
        if (!group.ok()) return group.status();
        return Command{command::PutGroup{*std::move(group), true}};
      },
      [id = GroupId{request->group().group_id()}](const OrgRuntime& rt, pb::CreateGroupResponse* out) {
        ToProto(rt.org.groups.at(id), out->mutable_group());
      });
}

grpc::ServerUnaryReactor* AdminService::GetGroup(Context context, const pb::GetGroupRequest* request,
                                                 pb::GetGroupResponse* response) {
  return Look<pb::GetGroupRequest, pb::GetGroupResponse>(
      context, request, response,
      [id = GroupId{request->group_id()}](const OrgRuntime& rt, pb::GetGroupResponse* out) -> absl::Status {
        auto it = rt.org.groups.find(id);
        if (it == rt.org.groups.end()) return GroupNotFound(id);
        ToProto(it->second, out->mutable_group());
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AdminService::UpdateGroup(Context context, const pb::UpdateGroupRequest* request,
                                                    pb::UpdateGroupResponse* response) {
  const GroupId id{request->group().group_id()};
  return Change<pb::UpdateGroupRequest, pb::UpdateGroupResponse>(
      context, request, response,
      [request] {
        absl::Status form = CheckId("group.group_id", request->group().group_id());
        return form.ok() ? Mask(*request, {"display_name", "settings"}).Check() : form;
      },
      [request = *request, id](const Org& org) -> absl::StatusOr<Command> {
        auto it = org.groups.find(id);
        if (it == org.groups.end()) return GroupNotFound(id);
        absl::StatusOr<Group> group = ToGroup(it->second, request.group(), Mask(request, {"display_name", "settings"}));
        if (!group.ok()) return group.status();
        return Command{command::PutGroup{*std::move(group), false}};
      },
      [id](const OrgRuntime& rt, pb::UpdateGroupResponse* out) { ToProto(rt.org.groups.at(id), out->mutable_group()); });
}

grpc::ServerUnaryReactor* AdminService::DeleteGroup(Context context, const pb::DeleteGroupRequest* request,
                                                    pb::DeleteGroupResponse* response) {
  return Change<pb::DeleteGroupRequest, pb::DeleteGroupResponse>(
      context, request, response, [request] { return CheckId("group_id", request->group_id()); },
      [id = GroupId{request->group_id()}](const Org&) -> absl::StatusOr<Command> { return Command{command::DeleteGroup{id}}; },
      [](const OrgRuntime&, pb::DeleteGroupResponse*) {});
}

grpc::ServerUnaryReactor* AdminService::ListGroups(Context context, const pb::ListGroupsRequest* request,
                                                   pb::ListGroupsResponse* response) {
  return Look<pb::ListGroupsRequest, pb::ListGroupsResponse>(
      context, request, response, [request = *request](const OrgRuntime& rt, pb::ListGroupsResponse* out) {
        return Page(rt.org.groups, request, out, "groups", GroupId{},
                    [&](const Group& group) { ToProto(group, out->add_groups()); });
      });
}

// --- Technicians ------------------------------------------------------------------------------------------------------------

namespace {
template <class Response>
std::function<void(const OrgRuntime&, Response*)> FillTechnician(const std::string& id) {
  return [id = TechnicianId{id}](const OrgRuntime& rt, Response* out) {
    ToProto(InfoOf(rt.org, *FindTechnician(rt.org, id)), out->mutable_technician());
  };
}
}  // namespace

grpc::ServerUnaryReactor* AdminService::CreateTechnician(Context context, const pb::CreateTechnicianRequest* request,
                                                         pb::CreateTechnicianResponse* response) {
  const pb::Technician& from = request->technician();
  command::PutTechnician command{TechnicianId{from.technician_id()}, {}, true, {}};
  command.config.display_name = from.display_name().empty() ? from.technician_id() : from.display_name();
  command.config.group.value = from.group_id();
  command.config.administrator = from.administrator();
  command.config.disabled = from.disabled();
  return Change<pb::CreateTechnicianRequest, pb::CreateTechnicianResponse>(
      context, request, response,
      [request, command] {
        absl::Status form = CheckId("technician.technician_id", request->technician().technician_id());
        if (form.ok()) form = CheckId("technician.group_id", request->technician().group_id());
        return form.ok() ? CheckDisplayName("technician.display_name", command.config.display_name) : form;
      },
      [command](const Org&) -> absl::StatusOr<Command> { return Command{command}; },
      FillTechnician<pb::CreateTechnicianResponse>(from.technician_id()));
}

grpc::ServerUnaryReactor* AdminService::GetTechnician(Context context, const pb::GetTechnicianRequest* request,
                                                      pb::GetTechnicianResponse* response) {
  return Look<pb::GetTechnicianRequest, pb::GetTechnicianResponse>(
      context, request, response,
      [id = TechnicianId{request->technician_id()}](const OrgRuntime& rt, pb::GetTechnicianResponse* out) -> absl::Status {
        const Technician* technician = FindTechnician(rt.org, id);
        if (technician == nullptr) return TechnicianNotFound(id);
        ToProto(InfoOf(rt.org, *technician), out->mutable_technician());
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AdminService::UpdateTechnician(Context context, const pb::UpdateTechnicianRequest* request,
                                                         pb::UpdateTechnicianResponse* response) {
  const std::set<std::string> allowed = {"display_name", "group_id", "administrator", "disabled"};
  return Change<pb::UpdateTechnicianRequest, pb::UpdateTechnicianResponse>(
      context, request, response,
      [request, allowed] {
        absl::Status form = CheckId("technician.technician_id", request->technician().technician_id());
        return form.ok() ? Mask(*request, allowed).Check() : form;
      },
      [request = *request, allowed](const Org& org) -> absl::StatusOr<Command> {
        const pb::Technician& from = request.technician();
        const Technician* base = FindTechnician(org, TechnicianId{from.technician_id()});
        if (base == nullptr) return TechnicianNotFound(TechnicianId{from.technician_id()});
        const Mask mask(request, allowed);
        command::PutTechnician put{base->id, *base, false, {}};
        if (mask.Has("display_name", !from.display_name().empty())) put.config.display_name = from.display_name();
        if (mask.Has("group_id", !from.group_id().empty())) put.config.group.value = from.group_id();
        if (mask.Has("administrator", from.administrator())) put.config.administrator = from.administrator();
        if (mask.Has("disabled", from.disabled())) put.config.disabled = from.disabled();
        if (absl::Status name = CheckDisplayName("technician.display_name", put.config.display_name); !name.ok()) return name;
        if (absl::Status group = CheckId("technician.group_id", put.config.group.value); !group.ok()) return group;
        return Command{std::move(put)};
      },
      FillTechnician<pb::UpdateTechnicianResponse>(request->technician().technician_id()));
}

grpc::ServerUnaryReactor* AdminService::DeleteTechnician(Context context, const pb::DeleteTechnicianRequest* request,
                                                         pb::DeleteTechnicianResponse* response) {
  return Change<pb::DeleteTechnicianRequest, pb::DeleteTechnicianResponse>(
      context, request, response, [request] { return CheckId("technician_id", request->technician_id()); },
      [id = TechnicianId{request->technician_id()}](const Org&) -> absl::StatusOr<Command> {
        return Command{command::DeleteTechnician{id, {}}};
      },
      [](const OrgRuntime&, pb::DeleteTechnicianResponse*) {});
}

// --- Channels ---------------------------------------------------------------------------------------------------------------

namespace {
const std::set<std::string>& ChannelPaths() {
  static const auto* paths =
      new std::set<std::string>{"display_name", "group_ids", "technician_ids", "connecting_timeout", "waiting_timeout"};
  return *paths;
}
}  // namespace

grpc::ServerUnaryReactor* AdminService::CreateChannel(Context context, const pb::CreateChannelRequest* request,
                                                      pb::CreateChannelResponse* response) {
  const ChannelId id{request->channel().channel_id()};
  return Change<pb::CreateChannelRequest, pb::CreateChannelResponse>(
      context, request, response, [request] { return CheckId("channel.channel_id", request->channel().channel_id()); },
      [from = request->channel(), id](const Org&) -> absl::StatusOr<Command> {
        Channel base;
        base.id = id;
        base.display_name = from.display_name().empty() ? from.channel_id() : from.display_name();
        absl::StatusOr<Channel> channel = ToChannel(base, from, Mask(pb::UpdateChannelRequest(), ChannelPaths()));
        if (!channel.ok()) return channel.status();
        return Command{command::PutChannel{*std::move(channel), true}};
      },
      [id](const OrgRuntime& rt, pb::CreateChannelResponse* out) { ToProto(rt.org.channels.at(id), out->mutable_channel()); });
}

grpc::ServerUnaryReactor* AdminService::GetChannel(Context context, const pb::GetChannelRequest* request,
                                                   pb::GetChannelResponse* response) {
  return Look<pb::GetChannelRequest, pb::GetChannelResponse>(
      context, request, response,
      [id = ChannelId{request->channel_id()}](const OrgRuntime& rt, pb::GetChannelResponse* out) -> absl::Status {
        auto it = rt.org.channels.find(id);
        if (it == rt.org.channels.end()) return ChannelNotFound(id);
        ToProto(it->second, out->mutable_channel());
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AdminService::UpdateChannel(Context context, const pb::UpdateChannelRequest* request,
                                                      pb::UpdateChannelResponse* response) {
  const ChannelId id{request->channel().channel_id()};
  return Change<pb::UpdateChannelRequest, pb::UpdateChannelResponse>(
      context, request, response,
      [request] {
        absl::Status form = CheckId("channel.channel_id", request->channel().channel_id());
        return form.ok() ? Mask(*request, ChannelPaths()).Check() : form;
      },
      [request = *request, id](const Org& org) -> absl::StatusOr<Command> {
        auto it = org.channels.find(id);
        if (it == org.channels.end()) return ChannelNotFound(id);
        absl::StatusOr<Channel> channel = ToChannel(it->second, request.channel(), Mask(request, ChannelPaths()));
        if (!channel.ok()) return channel.status();
        return Command{command::PutChannel{*std::move(channel), false}};
      },
      [id](const OrgRuntime& rt, pb::UpdateChannelResponse* out) { ToProto(rt.org.channels.at(id), out->mutable_channel()); });
}

grpc::ServerUnaryReactor* AdminService::DeleteChannel(Context context, const pb::DeleteChannelRequest* request,
                                                      pb::DeleteChannelResponse* response) {
  return Change<pb::DeleteChannelRequest, pb::DeleteChannelResponse>(
      context, request, response, [request] { return CheckId("channel_id", request->channel_id()); },
      [id = ChannelId{request->channel_id()}](const Org&) -> absl::StatusOr<Command> {
        return Command{command::DeleteChannel{id}};
      },
      [](const OrgRuntime&, pb::DeleteChannelResponse*) {});
}

grpc::ServerUnaryReactor* AdminService::ListChannels(Context context, const pb::ListChannelsRequest* request,
                                                     pb::ListChannelsResponse* response) {
  return Look<pb::ListChannelsRequest, pb::ListChannelsResponse>(
      context, request, response, [request = *request](const OrgRuntime& rt, pb::ListChannelsResponse* out) {
        return Page(rt.org.channels, request, out, "channels", ChannelId{},
                    [&](const Channel& channel) { ToProto(channel, out->add_channels()); });
      });
}

// --- Keys -------------------------------------------------------------------------------------------------------------------

grpc::ServerUnaryReactor* AdminService::CreateApiKey(Context context, const pb::CreateApiKeyRequest* request,
                                                     pb::CreateApiKeyResponse* response) {
  const std::string secret = RandomSecret();
  auto key = std::make_shared<ApiKey>();
  auto check = [this, request, key, secret]() -> absl::Status {
    const pb::ApiKey& from = request->api_key();
    if (absl::Status id = CheckId("api_key.key_id", from.key_id()); !id.ok()) return id;
    if (from.role() != pb::ROLE_TECHNICIAN && from.role() != pb::ROLE_INTEGRATOR && from.role() != pb::ROLE_ADMINISTRATOR) {
      return InvalidField("api_key.role", "must be TECHNICIAN, INTEGRATOR or ADMINISTRATOR");
    }
    if (from.role() == pb::ROLE_TECHNICIAN) {
      if (absl::Status id = CheckId("api_key.technician_id", from.technician_id()); !id.ok()) return id;
    } else if (from.role() == pb::ROLE_INTEGRATOR && !from.technician_id().empty()) {
      return InvalidField("api_key.technician_id", "must be empty for an INTEGRATOR");
    }
    if (from.has_expire_time()) {
      absl::StatusOr<Time> expires = CheckTime("api_key.expire_time", from.expire_time());
      if (!expires.ok()) return expires.status();
      key->expires = *expires;
    }
    key->id.value = from.key_id();
    key->role = static_cast<KeyRole>(from.role());
    key->technician.value = from.technician_id();
    key->secret_hash = Sha256(secret);
    key->created = gateway_.clock.Now();
    return absl::OkStatus();
  };
  return Change<pb::CreateApiKeyRequest, pb::CreateApiKeyResponse>(
      context, request, response, check,
      [this, key](const Org&) -> absl::StatusOr<Command> {
        // Here, after a repetition was recognised: by then the key may have expired.
        if (key->expires != kNoTime && key->expires <= gateway_.clock.Now()) {
          return InvalidField("api_key.expire_time", "must be in the future");
        }
        return Command{command::CreateKey{*key}};
      },
      [key, secret](const OrgRuntime& rt, pb::CreateApiKeyResponse* out) {
        ToProto(*key, out->mutable_api_key());
        out->set_token(MakeKeyToken(rt.org.id, key->id, secret));
      });
}

grpc::ServerUnaryReactor* AdminService::ListApiKeys(Context context, const pb::ListApiKeysRequest* request,
                                                    pb::ListApiKeysResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(kAdministrators, "list API keys");
  if (!principal.ok()) {
    call->Done(principal.status());
    return call;
  }
  Read(
      gateway_, principal->org,
      [request = *request, response](Turn&, OrgRuntime& rt) {
        response->set_revision(rt.org.revision.value);
        return Page(rt.org.keys, request, response, "keys", KeyId{},
                    [&](const ApiKey& key) { ToProto(key, response->add_api_keys()); });
      },
      [call](const absl::Status& status) { call->Done(status); });
  return call;
}

grpc::ServerUnaryReactor* AdminService::RevokeApiKey(Context context, const pb::RevokeApiKeyRequest* request,
                                                     pb::RevokeApiKeyResponse* response) {
  return Change<pb::RevokeApiKeyRequest, pb::RevokeApiKeyResponse>(
      context, request, response, [request] { return CheckId("key_id", request->key_id()); },
      [id = KeyId{request->key_id()}](const Org&) -> absl::StatusOr<Command> { return Command{command::RevokeKey{id}}; },
      [](const OrgRuntime&, pb::RevokeApiKeyResponse*) {});
}

}  // namespace guichet::router

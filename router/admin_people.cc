// Groups and technicians.
#include <set>

#include "absl/strings/str_cat.h"
#include "router/admin_call.h"
#include "router/parse_org.h"
#include "statemachine/limits.h"

namespace guichet::router {

// --- Groups -----------------------------------------------------------------------------------------------------------------

grpc::ServerUnaryReactor* AdminService::CreateGroup(Context context, const pb::CreateGroupRequest* request,
                                                    pb::CreateGroupResponse* response) {
  const GroupId id{request->group().group_id()};
  return Change(
      gateway_, Right::kOrganizationWrite, context, request, response,
      [request, id](const Principal& caller) -> absl::StatusOr<MakeCommand> {
        if (absl::Status form = CheckId("group.group_id", id.value); !form.ok()) return form;
        absl::StatusOr<Edit<Group>> edit = ToEdit(request->group(), FieldMask());
        if (!edit.ok()) return edit.status();
        Group group{id, id.value, {}};
        (*edit)(group);
        const bool unlock = caller.role == KeyRole::kAdministrator;
        return [group = std::move(group), unlock](const Org&) -> absl::StatusOr<Command> {
          return Command{command::PutGroup{group, true, unlock}};
        };
      },
      [id](const OrgRuntime& rt, pb::CreateGroupResponse* out) { ToProto(rt.org.groups.at(id), out->mutable_group()); });
}

grpc::ServerUnaryReactor* AdminService::GetGroup(Context context, const pb::GetGroupRequest* request,
                                                 pb::GetGroupResponse* response) {
  return Look(gateway_, context, request, response,
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
  return Change(
      gateway_, Right::kOrganizationWrite, context, request, response,
      [request, id](const Principal& caller) -> absl::StatusOr<MakeCommand> {
        if (absl::Status form = CheckId("group.group_id", id.value); !form.ok()) return form;
        absl::StatusOr<Edit<Group>> edit = ToEdit(request->group(), request->update_mask());
        if (!edit.ok()) return edit.status();
        const bool unlock = caller.role == KeyRole::kAdministrator;
        return [id, edit = *std::move(edit), unlock](const Org& org) -> absl::StatusOr<Command> {
          auto it = org.groups.find(id);
          if (it == org.groups.end()) return GroupNotFound(id);
          Group group = it->second;
          edit(group);
          return Command{command::PutGroup{std::move(group), false, unlock}};
        };
      },
      [id](const OrgRuntime& rt, pb::UpdateGroupResponse* out) { ToProto(rt.org.groups.at(id), out->mutable_group()); });
}

grpc::ServerUnaryReactor* AdminService::DeleteGroup(Context context, const pb::DeleteGroupRequest* request,
                                                    pb::DeleteGroupResponse* response) {
  return Change(
      gateway_, Right::kOrganizationWrite, context, request, response,
      [request](const Principal&) -> absl::StatusOr<MakeCommand> {
        if (absl::Status id = CheckId("group_id", request->group_id()); !id.ok()) return id;
        return [id = GroupId{request->group_id()}](const Org&) -> absl::StatusOr<Command> {
          return Command{command::DeleteGroup{id}};
        };
      },
      [](const OrgRuntime&, pb::DeleteGroupResponse*) {});
}

grpc::ServerUnaryReactor* AdminService::ListGroups(Context context, const pb::ListGroupsRequest* request,
                                                   pb::ListGroupsResponse* response) {
  return Look(gateway_, context, request, response, [request = *request](const OrgRuntime& rt, pb::ListGroupsResponse* out) {
    return Page(rt.org.groups, request, out, "groups", [&](const Group& group) { ToProto(group, out->add_groups()); });
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

// A technician to make. `field`: what the request calls him.
absl::StatusOr<std::pair<TechnicianId, TechnicianConfig>> NewTechnician(const pb::Technician& from, const std::string& field) {
  if (absl::Status id = CheckId(field + ".technician_id", from.technician_id()); !id.ok()) return id;
  if (absl::Status group = CheckId(field + ".group_id", from.group_id()); !group.ok()) return group;
  absl::StatusOr<Edit<TechnicianConfig>> edit = ToEdit(from, FieldMask(), field);
  if (!edit.ok()) return edit.status();
  TechnicianConfig config;
  config.display_name = from.technician_id();
  (*edit)(config);
  return std::pair(TechnicianId{from.technician_id()}, std::move(config));
}

absl::Status CheckSuccessor(const std::string& id) {
  return id.empty() ? absl::OkStatus() : CheckId("successor_technician_id", id);
}

}  // namespace

grpc::ServerUnaryReactor* AdminService::CreateTechnician(Context context, const pb::CreateTechnicianRequest* request,
                                                         pb::CreateTechnicianResponse* response) {
  return Change(
      gateway_, Right::kOrganizationWrite, context, request, response,
      [request](const Principal&) -> absl::StatusOr<MakeCommand> {
        auto technician = NewTechnician(request->technician(), "technician");
        if (!technician.ok()) return technician.status();
        return [technician = *std::move(technician)](const Org&) -> absl::StatusOr<Command> {
          return Command{command::PutTechnician{technician.first, technician.second, true, {}}};
        };
      },
      FillTechnician<pb::CreateTechnicianResponse>(request->technician().technician_id()));
}

grpc::ServerUnaryReactor* AdminService::CreateTechnicians(Context context, const pb::CreateTechniciansRequest* request,
                                                          pb::CreateTechniciansResponse* response) {
  return Change(
      gateway_, Right::kOrganizationWrite, context, request, response,
      [request](const Principal&) -> absl::StatusOr<MakeCommand> {
        if (request->technicians_size() == 0) return InvalidField("technicians", "required: 1 to 1,000");
        if (absl::Status s = CheckCount("technicians", request->technicians_size(), limits::kTechniciansAtOnce); !s.ok()) {
          return s;
        }
        command::CreateTechnicians command;
        std::set<TechnicianId> known;
        for (const pb::Technician& from : request->technicians()) {
          const std::string field = absl::StrCat("technicians[", known.size(), "]");
          auto technician = NewTechnician(from, field);
          if (!technician.ok()) return technician.status();
          if (!known.insert(technician->first).second) {
            return InvalidField(field + ".technician_id", absl::StrCat("\"", from.technician_id(), "\" is in the list twice"));
          }
          command.technicians.push_back(*std::move(technician));
        }
        return [command = std::move(command)](const Org&) -> absl::StatusOr<Command> { return Command{command}; };
      },
      [](const OrgRuntime&, pb::CreateTechniciansResponse*) {});
}

grpc::ServerUnaryReactor* AdminService::GetTechnician(Context context, const pb::GetTechnicianRequest* request,
                                                      pb::GetTechnicianResponse* response) {
  return Look(
      gateway_, context, request, response,
      [id = TechnicianId{request->technician_id()}](const OrgRuntime& rt, pb::GetTechnicianResponse* out) -> absl::Status {
        const Technician* technician = FindMember(rt.org, id);
        if (technician == nullptr) return TechnicianNotFound(id);
        ToProto(InfoOf(rt.org, *technician), out->mutable_technician());
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* AdminService::UpdateTechnician(Context context, const pb::UpdateTechnicianRequest* request,
                                                         pb::UpdateTechnicianResponse* response) {
  return Change(
      gateway_, Right::kOrganizationWrite, context, request, response,
      [request](const Principal&) -> absl::StatusOr<MakeCommand> {
        const TechnicianId id{request->technician().technician_id()};
        const TechnicianId successor{request->successor_technician_id()};
        if (absl::Status form = CheckId("technician.technician_id", id.value); !form.ok()) return form;
        if (absl::Status form = CheckSuccessor(successor.value); !form.ok()) return form;
        absl::StatusOr<Edit<TechnicianConfig>> edit = ToEdit(request->technician(), request->update_mask(), "technician");
        if (!edit.ok()) return edit.status();
        return [id, successor, edit = *std::move(edit)](const Org& org) -> absl::StatusOr<Command> {
          const Technician* base = FindTechnician(org, id);
          if (base == nullptr) return TechnicianNotFound(id);
          command::PutTechnician put{id, *base, false, successor};
          edit(put.config);
          if (successor && (base->disabled || !put.config.disabled)) {
            return InvalidField("successor_technician_id", "only with an update that disables the technician");
          }
          return Command{std::move(put)};
        };
      },
      FillTechnician<pb::UpdateTechnicianResponse>(request->technician().technician_id()));
}

grpc::ServerUnaryReactor* AdminService::DeleteTechnician(Context context, const pb::DeleteTechnicianRequest* request,
                                                         pb::DeleteTechnicianResponse* response) {
  return Change(
      gateway_, Right::kOrganizationWrite, context, request, response,
      [request](const Principal&) -> absl::StatusOr<MakeCommand> {
        const command::DeleteTechnician command{TechnicianId{request->technician_id()},
                                                TechnicianId{request->successor_technician_id()}};
        if (absl::Status form = CheckId("technician_id", command.technician.value); !form.ok()) return form;
        if (absl::Status form = CheckSuccessor(command.successor.value); !form.ok()) return form;
        return [command](const Org&) -> absl::StatusOr<Command> { return Command{command}; };
      },
      [](const OrgRuntime&, pb::DeleteTechnicianResponse*) {});
}

}  // namespace guichet::router

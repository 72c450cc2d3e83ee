#include "router/authorize.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "statemachine/refusal.h"
#include "statemachine/view.h"

namespace guichet::router {
namespace {

// As things stand on the shard, which may have changed since the caller was authenticated.
bool Administers(const Principal& principal, const Org& org, const GroupId& group) {
  const Technician* self = FindTechnician(org, principal.technician);
  if (self == nullptr || principal.role != KeyRole::kGroupAdministrator) return false;
  return std::find(self->administers.begin(), self->administers.end(), group) != self->administers.end();
}

bool Reaches(const Principal& principal, const Org& org, const TechnicianId& id) {
  if (principal.may_act_for_others() || id == principal.technician) return true;
  const Technician* technician = FindTechnician(org, id);
  return technician != nullptr && Administers(principal, org, technician->group);
}

bool IsAdministrator(const TechnicianConfig& config) { return config.administrator || !config.administers.empty(); }

absl::Status Beyond(const Principal& principal, std::string_view what) { return PermissionDenied(Name(principal.role), what); }

// A scope that gives the right; nullopt: no key of an integrator has it.
std::optional<Scope> ScopeOf(Right right) {
  switch (right) {
    case Right::kSessionsRead:
    case Right::kColleaguesRead:
      return Scope::kSessionsRead;
    case Right::kSessionsWrite:
      return Scope::kSessionsWrite;
    case Right::kOrganizationRead:
      return Scope::kOrganizationRead;
    case Right::kOrganizationWrite:
      return Scope::kOrganizationWrite;
    case Right::kRoutingRead:
      return Scope::kRoutingRead;
    case Right::kDeliveries:
      return Scope::kDeliveries;
    case Right::kAdministrate:
    case Right::kOperate:
      break;
  }
  return std::nullopt;
}

// What a principal who is no master administrator may change of people and groups.
struct Changes {
  const Principal& principal;
  const Org& org;

  bool reaches_all() const { return principal.role == KeyRole::kIntegrator; }
  bool Reaches(const GroupId& group) const { return reaches_all() || Administers(principal, org, group); }

  absl::Status Config(const TechnicianConfig& config, const Technician* before) const {
    if (!Reaches(config.group) || (before != nullptr && !Reaches(before->group))) {
      return Beyond(principal, "change technicians of other groups");
    }
    if (before != nullptr && before->group != config.group) {
      if (absl::Status locks = KeepsLocks(before->group, config.group); !locks.ok()) return locks;
    }
    if (!IsAdministrator(config) && (before == nullptr || !IsAdministrator(*before))) return absl::OkStatus();
    // A group administrator is a technician too: what does not concern his rights may be changed.
    const bool same = before != nullptr && !before->administrator && !config.administrator &&
                      before->administers == config.administers && before->disabled == config.disabled;
    return same ? absl::OkStatus() : Beyond(principal, "make, change or unmake administrators");
  }

  // Another group must not give or take what a master administrator has locked.
  absl::Status KeepsLocks(const GroupId& from, const GroupId& to) const {
    auto a = org.groups.find(from);
    auto b = org.groups.find(to);
    if (a == org.groups.end() || b == org.groups.end()) return absl::OkStatus();  // NOT_FOUND follows
    const Permissions changed = a->second.permissions ^ b->second.permissions;
    for (const Group* group : {&a->second, &b->second}) {
      if (const Permissions locked = changed & group->locked; !locked.empty()) return PermissionLocked(group->id, locked);
    }
    return absl::OkStatus();
  }

  absl::Status operator()(const command::PutGroup& c) const {
    if (c.create && !reaches_all()) return Beyond(principal, "create groups");
    if (!Reaches(c.group.id)) return Beyond(principal, "change other groups");
    return c.unlock ? Beyond(principal, "change locks") : absl::OkStatus();
  }
  absl::Status operator()(const command::DeleteGroup& c) const {
    if (!reaches_all()) return Beyond(principal, "delete groups");
    auto group = org.groups.find(c.group);
    if (group != org.groups.end() && !group->second.locked.empty()) return PermissionLocked(c.group, group->second.locked);
    for (const auto& [id, technician] : org.technicians) {
      const auto& groups = technician.administers;
      if (std::find(groups.begin(), groups.end(), c.group) == groups.end()) continue;
      return Beyond(principal, "delete groups that somebody administers");
    }
    return absl::OkStatus();
  }
  absl::Status operator()(const command::PutTechnician& c) const {
    if (absl::Status config = Config(c.config, FindTechnician(org, c.technician)); !config.ok()) return config;
    return Successor(c.successor);
  }
  absl::Status operator()(const command::CreateTechnicians& c) const {
    for (const auto& [id, config] : c.technicians) {
      if (absl::Status may = Config(config, nullptr); !may.ok()) return may;
    }
    return absl::OkStatus();
  }
  absl::Status operator()(const command::DeleteTechnician& c) const {
    const Technician* technician = FindTechnician(org, c.technician);
    if (technician == nullptr) return absl::OkStatus();  // NOT_FOUND follows
    if (absl::Status may = Config(*technician, technician); !may.ok()) return may;
    if (IsAdministrator(*technician)) return Beyond(principal, "make, change or unmake administrators");
    return Successor(c.successor);
  }
  absl::Status Successor(const TechnicianId& id) const {
    const Technician* successor = FindTechnician(org, id);
    if (successor == nullptr || Reaches(successor->group)) return absl::OkStatus();
    return Beyond(principal, "hand sessions to technicians of other groups");
  }
  absl::Status operator()(const command::PutChannel&) const { return Channels(); }
  absl::Status operator()(const command::DeleteChannel&) const { return Channels(); }
  absl::Status Channels() const { return reaches_all() ? absl::OkStatus() : Beyond(principal, "change channels"); }
  absl::Status operator()(const command::UpdateOrg&) const { return Beyond(principal, "change the organization"); }
  absl::Status operator()(const command::CreateKey&) const { return Beyond(principal, "create credentials"); }
  absl::Status operator()(const command::RevokeKey&) const { return Beyond(principal, "revoke credentials"); }

  // Whom he monitors is within his own reach, not within that of an administrator for whom he acts.
  absl::Status operator()(const command::CreateSession& c) const {
    if (!c.owner) return absl::OkStatus();
    if (absl::Status acts = Acts(c.owner); !acts.ok() || c.method != Method::kMonitoring) return acts;
    return Himself(c.owner);
  }
  absl::Status operator()(const command::Join& c) const {
    if (absl::Status acts = Acts(c.target.technician); !acts.ok()) return acts;
    return Himself(c.target.technician);
  }
  absl::Status Himself(const TechnicianId& id) const {
    const bool himself = reaches_all() || id == principal.technician;
    return himself ? absl::OkStatus() : Beyond(principal, "monitor for somebody else");
  }
  // Commands on sessions and presence: the one who acts is within reach.
  template <class C>
  absl::Status operator()(const C& c) const {
    if constexpr (requires { c.target; }) {
      return Acts(c.target.technician);
    } else if constexpr (requires { c.owner; }) {
      return c.owner ? Acts(c.owner) : absl::OkStatus();
    } else if constexpr (requires { c.technician; }) {
      return Acts(c.technician);
    }
    return absl::OkStatus();
  }
  absl::Status Acts(const TechnicianId& id) const { return MayActFor(principal, org, id); }
};

// What an external technician may command at all: about the session that he was invited to, and his presence.
struct OwnSession {
  const Principal& principal;

  template <class C>
  absl::Status operator()(const C& c) const {
    if constexpr (requires { c.target; }) {
      return c.target.session == principal.external_of ? absl::OkStatus() : SessionNotFound(c.target.session);
    } else if constexpr (std::is_same_v<C, command::SetIntent>) {
      return absl::OkStatus();
    }
    return Beyond(principal, "do more than take part in one session");
  }
};

}  // namespace

absl::Status OnlyForCustomers(const Principal& principal) {
  return Beyond(principal, "be served at the address for customers; the daemon has another one");
}

absl::Status MayCall(const Principal& principal, Right right, std::string_view what) {
  bool may = false;
  switch (principal.role) {
    case KeyRole::kTechnician:
      may = right == Right::kSessionsRead || right == Right::kColleaguesRead || right == Right::kSessionsWrite ||
            right == Right::kOrganizationRead || right == Right::kRoutingRead;
      break;
    case KeyRole::kExternal:
      may = right == Right::kSessionsRead || right == Right::kSessionsWrite;
      break;
    case KeyRole::kGroupAdministrator:
      may = right == Right::kSessionsRead || right == Right::kColleaguesRead || right == Right::kSessionsWrite ||
            right == Right::kOrganizationRead || right == Right::kRoutingRead || right == Right::kOrganizationWrite;
      break;
    case KeyRole::kIntegrator:
      if (std::optional<Scope> scope = ScopeOf(right)) {
        if ((principal.scopes >> static_cast<unsigned>(*scope) & 1) != 0) return absl::OkStatus();
        const std::string_view name = Name(*scope);
        return WithMetadata(PermissionDenied(Name(principal.role),
                                             absl::StrCat(absl::string_view(what.data(), what.size()), " without the scope ",
                                                          absl::string_view(name.data(), name.size()))),
                            {{"scope", std::string(name)}});
      }
      break;
    case KeyRole::kAdministrator:
      may = right != Right::kOperate;
      break;
    case KeyRole::kOperator:
      may = right == Right::kOperate;
      break;
  }
  return may ? absl::OkStatus() : PermissionDenied(Name(principal.role), what);
}

absl::Status MayActFor(const Principal& principal, const Org& org, const TechnicianId& technician) {
  return Reaches(principal, org, technician) ? absl::OkStatus() : Beyond(principal, "act for another technician");
}

absl::Status MayCommand(const Principal& principal, const Org& org, const Command& command) {
  if (principal.role == KeyRole::kExternal) return std::visit(OwnSession{principal}, command);
  const bool bounded = principal.role == KeyRole::kGroupAdministrator || principal.role == KeyRole::kIntegrator;
  return bounded ? std::visit(Changes{principal, org}, command) : absl::OkStatus();
}

bool MaySee(const Principal& principal, const Org& org, const Session& session) {
  if (principal.role == KeyRole::kExternal && session.id != principal.external_of) return false;
  if (principal.role == KeyRole::kIntegrator || principal.role == KeyRole::kAdministrator) return true;
  if (session.owner == principal.technician || View(org, session, principal.technician) != EntryState::kRemoved) return true;
  if (principal.role != KeyRole::kGroupAdministrator) return false;
  auto his = [&](const TechnicianId& id) { return Reaches(principal, org, id); };
  const std::vector<TechnicianId> involved = Involved(session);
  if (his(session.owner) || std::any_of(involved.begin(), involved.end(), his)) return true;
  const Channel* channel = FindChannel(org, session.channel);
  if (channel == nullptr || PoolView(session) == EntryState::kRemoved) return false;
  if (session.queue_group) return Administers(principal, org, session.queue_group);
  return std::any_of(channel->groups.begin(), channel->groups.end(),
                     [&](const GroupId& g) { return Administers(principal, org, g); });
}

}  // namespace guichet::router

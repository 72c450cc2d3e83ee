// Who may do what: one table of rights by role, and what of an organization a caller reaches. Every service asks here.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "router/principal.h"
#include "statemachine/commands.h"

namespace guichet::router {

enum class Right {
  kSessionsRead,       // sessions and queues
  kColleaguesRead,     // … of others: lists, presence, availability
  kSessionsWrite,      // acting on sessions; presence
  kOrganizationRead,   // groups, technicians, channels, settings
  kOrganizationWrite,  // … changing them; group administrators within their groups
  kAdministrate,       // credentials, administrators, the organization itself
  kRoutingRead,        // explanations
  kDeliveries,         // invitations by e-mail and SMS
  kOperate,            // organizations
};

// PERMISSION_DENIED for a role, or an integrator's key without the scope; `what` says what was wanted.
absl::Status MayCall(const Principal& principal, Right right, std::string_view what);

// PERMISSION_DENIED for every principal, at the address for customers: those have tokens of devices and computers.
absl::Status OnlyForCustomers(const Principal& principal);

// PERMISSION_DENIED for a command that reaches beyond what the caller administers: a group administrator's other groups, locks
// and administrators for all but master administrators. Asked on the shard's thread for every command of a principal.
absl::Status MayCommand(const Principal& principal, const Org& org, const Command& command);

// PERMISSION_DENIED unless the caller is the technician, administers his group as things stand, or may act for all. On the
// shard's thread; what is checked before (Principal::Reaches) may have changed.
absl::Status MayActFor(const Principal& principal, const Org& org, const TechnicianId& technician);

// Whether the caller may know of a live session.
bool MaySee(const Principal& principal, const Org& org, const Session& session);

}  // namespace guichet::router

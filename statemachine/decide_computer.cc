// Unattended access: enrolled computers, and sessions on them. Rules: domain.md §2, §4, §5.
#include <algorithm>

#include "statemachine/decide_internal.h"
#include "statemachine/limits.h"

namespace guichet {

const Technician* OwnerOf(const Org& org, const Computer& computer) {
  const Technician* owner = FindMember(org, computer.technician);
  return owner == nullptr || owner->created > computer.enrolled ? nullptr : owner;
}

}  // namespace guichet

namespace guichet::internal {
namespace {

const Computer* FindComputer(const Org& org, ComputerId id) {
  auto it = org.computers.find(id);
  return it == org.computers.end() ? nullptr : &it->second;
}

// With the session that runs on it, for whoever sees it.
Decision Gone(const Org& org, const Computer& computer, Outcome outcome) {
  Decision decision{Trigger::kAccessOver, {}, computer.session};
  if (const Session* session = FindSession(org, computer.session); session != nullptr && !session->ended_already()) {
    decision.events.push_back(AccessEnded(*session, outcome));
  }
  decision.events.push_back(event::ComputerGone{computer.id, outcome});
  return decision;
}

}  // namespace

// Expiry is as idling out, which a held session does not: its entries go. Revocation is as the customer's end, which nobody
// sees while the device is away.
Event AccessEnded(const Session& session, Outcome outcome) {
  if (outcome == Outcome::kUnattendedExpired) return Ended(session, outcome, session.held ? EndedBy::kLimit : EndedBy::kIdle);
  return Ended(session, outcome, session.link == Link::kAttached ? EndedBy::kCustomer : EndedBy::kLimit);
}

void Enroll(const Org& org, const Session& session, const Activity& activity, const std::string& secret_hash, Time now,
            Events& events) {
  Computer computer;
  computer.id.value = org.last_computer.value + 1;
  computer.name = session.profile.name;
  computer.device_id = session.profile.device_id;
  computer.platform = session.profile.platform;
  computer.technician = activity.technician;
  computer.enrolled_in = session.id;
  computer.terms = activity.access;
  computer.secret_hash = secret_hash;
  computer.enrolled = now;
  computer.expires = now + std::min(activity.access.validity, limits::kMaxAccess);
  events.push_back(event::ComputerEnrolled{session.id, std::move(computer)});
  events.push_back(event::ActivityClosed{session.id, activity.id, FileOutcome::kNone, {}});
}

// By who enrolled it, and his colleagues of the group.
Result On(const Org& org, const command::ConnectComputer& c, Time now) {
  const Computer* computer = FindComputer(org, c.computer);
  const Technician* self = FindMember(org, c.technician);
  if (self == nullptr) return TechnicianNotFound(c.technician);
  const Technician* owner = computer == nullptr ? nullptr : OwnerOf(org, *computer);
  const bool his = owner != nullptr && owner->group == self->group;
  if (!his || computer->expires <= now) return ComputerNotFound(c.computer);
  if (self->disabled) return TechnicianDisabled(c.technician);
  if (!Allowed(org, c.technician, Permission::kUnattendedAccess)) {
    return PermissionMissing(c.technician, Permission::kUnattendedAccess);
  }
  if (!c.open) return OutsideWindow(*computer);
  if (const Session* session = FindSession(org, computer->session)) {
    const Participant* lead = session->lead();
    return ComputerBusy(*computer, lead != nullptr ? lead->technician : session->owner);
  }
  if (!c.online) return ComputerOffline(c.computer);
  if (org.sessions.size() >= limits::kLiveSessions) {
    return TooManySessions("the organization", "that have not ended or were not dismissed", limits::kLiveSessions);
  }
  if (absl::Status room = RoomForActive(org, c.technician, SessionType::kUnattended); !room.ok()) return room;
  if (OwnsTooMany(org, c.technician, 1)) {
    return TooManySessions("the technician", "of his own that have not ended; end one", limits::kOwnedSessions);
  }
  event::SessionCreated created;
  created.session.value = org.last_session.value + 1;
  created.method = Method::kUnattended;
  created.type = SessionType::kUnattended;
  created.owner = c.technician;
  created.profile.name = computer->name;
  created.profile.device_id = computer->device_id;
  created.profile.platform = computer->platform;
  created.device_token_hash = c.device_token_hash;
  created.computer = computer->id;
  created.access_until = c.open_until == kNoTime ? computer->expires : std::min(computer->expires, c.open_until);
  created.credentials = computer->terms.credentials;
  const SessionId id = created.session;
  return Decision{Trigger::kCreate, {std::move(created)}, id};
}

Result On(const Org& org, const command::ReachComputer& c, Time) {
  const Computer* computer = FindComputer(org, c.computer);
  if (computer == nullptr) return ComputerNotFound(c.computer);
  const Session* session = FindSession(org, computer->session);
  Decision decision{Trigger::kComputer, {}, computer->session};
  if (session == nullptr || session->link != Link::kNeverAttached) return decision;
  decision.events.push_back(event::DeviceTokenReplaced{session->id, c.device_token_hash});
  return decision;
}

Result On(const Org& org, const command::RenameComputer& c, Time) {
  const Computer* computer = FindComputer(org, c.computer);
  if (computer == nullptr) return ComputerNotFound(c.computer);
  Decision decision{Trigger::kComputer, {}, {}};
  if (computer->name != c.name) decision.events.push_back(event::ComputerRenamed{c.computer, c.name});
  return decision;
}

Result On(const Org& org, const command::RevokeComputer& c, Time) {
  const Computer* computer = FindComputer(org, c.computer);
  if (computer == nullptr) return ComputerNotFound(c.computer);
  return Gone(org, *computer, Outcome::kUnattendedRevoked);
}

Result On(const Org& org, const command::ExpireComputer& c, Time now) {
  const Computer* computer = FindComputer(org, c.computer);
  if (computer == nullptr || computer->expires > now) return Decision{Trigger::kAccessOver, {}, {}};
  return Gone(org, *computer, Outcome::kUnattendedExpired);
}

}  // namespace guichet::internal

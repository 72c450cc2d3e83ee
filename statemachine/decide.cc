#include "statemachine/decide.h"

#include "statemachine/decide_internal.h"

namespace guichet {

absl::StatusOr<Decision> Decide(const Org& org, const Command& command, Time now) {
  return std::visit([&](const auto& c) { return internal::On(org, c, now); }, command);
}

namespace internal {

Event Ended(const Session& session, Outcome outcome, EndedBy by) {
  event::SessionEnded ended{session.id, outcome, {}};
  auto keep = [&](const TechnicianId& technician) {
    for (const TechnicianId& known : ended.keepers) {
      if (known == technician) return;
    }
    ended.keepers.push_back(technician);
  };
  const Participant* lead = session.lead();
  if (by == EndedBy::kCustomer || by == EndedBy::kIdle) {
    if (lead != nullptr) keep(lead->technician);
    if (session.transfer) {
      for (const TechnicianId& sender : session.transfer->senders) keep(sender);
      if (by == EndedBy::kIdle) {
        for (const TechnicianId& recipient : session.transfer->recipients) keep(recipient);
      }
    }
  }
  if (by == EndedBy::kCustomer || by == EndedBy::kTechnician) {
    for (const Participant& participant : session.participants) {
      if (participant.role == Role::kCollaborator) keep(participant.technician);
    }
  }
  return ended;
}

}  // namespace internal
}  // namespace guichet

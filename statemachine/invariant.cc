#include "statemachine/invariant.h"

#include "statemachine/timers.h"

namespace guichet {

std::string_view BrokenInvariant(const Org& org, const Session& session) {
  if (session.ended_already()) {
    if (session.transfer || session.offer || session.lead_offered_to || !session.activities.empty()) {
      return "an ended session is busy";
    }
    return !session.code_key.empty() ? "an ended session has a live code" : "";
  }
  if (const Participant* lead = session.lead()) {
    if (FindTechnician(org, lead->technician) == nullptr) return "its lead does not exist";
  } else if (session.channel) {
    const bool group_exists = !session.queue_group || org.groups.contains(session.queue_group);
    if (FindChannel(org, session.channel) == nullptr || !group_exists) return "its queue does not exist";
  } else if (FindTechnician(org, session.owner) == nullptr) {
    return "nobody owns it";
  }
  if (session.transfer && (session.transfer->senders.empty() || session.transfer->recipients.empty())) {
    return "a transfer without a sender or a recipient";
  }
  if (session.offer) {
    auto offered = org.offers.find(session.offer->technician);
    if (offered == org.offers.end() || offered->second != session.id) return "two offers to one technician";
    if (session.lead() != nullptr) return "an offer of a session that somebody leads";
  }
  return Deadlines(org, session).empty() ? "no deadline" : "";
}

}  // namespace guichet

#include "tests/crash/facts.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace guichet::crash {

Facts FactsOf(const pb::Session& session) {
  Facts facts;
  facts.name = session.name();
  facts.tracking = session.tracking_id();
  facts.device = session.device_id();
  facts.attached = session.link() == pb::LINK_ATTACHED;
  facts.lead = session.lead_technician_id();
  facts.held = session.held();
  for (const pb::Participant& participant : session.participants()) {
    if (participant.role() == pb::Participant::ROLE_COLLABORATOR) facts.collaborators.push_back(participant.technician_id());
    if (participant.role() == pb::Participant::ROLE_INVITEE) facts.invitees.push_back(participant.technician_id());
  }
  facts.sender = absl::StrJoin(session.transfer().sender_technician_ids(), "+");
  facts.recipient = absl::StrJoin(session.transfer().recipient_technician_ids(), "+");
  facts.lead_offer = session.lead_offered_to();
  facts.outcome = session.outcome();
  return facts;
}

std::string ToString(const Facts& f) {
  const std::string kept =
      absl::StrCat(pb::Outcome_Name(f.outcome), " name=", f.name, " tracking=", f.tracking, " device=", f.device);
  if (f.ended()) return kept;
  return absl::StrCat(kept, " attached=", f.attached, " lead=", f.lead, " held=", f.held,
                      " with=", absl::StrJoin(f.collaborators, "+"), " invited=", absl::StrJoin(f.invitees, "+"),
                      " transfer=", f.sender, ">", f.recipient, " offer=", f.lead_offer);
}

std::string Stable(const pb::Session& session) {
  pb::Session copy = session;
  copy.clear_deadline_time();
  copy.clear_deadline_timer();
  return copy.SerializeAsString();
}

std::string Stable(const pb::QueueEntry& entry) {
  pb::QueueEntry copy = entry;
  copy.mutable_session()->clear_deadline_time();
  copy.mutable_session()->clear_deadline_timer();
  return copy.SerializeAsString();
}

}  // namespace guichet::crash

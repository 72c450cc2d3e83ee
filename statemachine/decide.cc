#include "statemachine/decide.h"

#include "statemachine/decide_internal.h"

namespace guichet {

namespace {

// The command's name in refusals: that of its rpc, in snake_case.
struct CommandName {
  std::string_view operator()(const command::Start&) const { return "start"; }
  std::string_view operator()(const command::Hold&) const { return "hold"; }
  std::string_view operator()(const command::TransferTo&) const { return "transfer"; }
  std::string_view operator()(const command::CancelTransfer&) const { return "cancel_transfer"; }
  std::string_view operator()(const command::End&) const { return "end"; }
  std::string_view operator()(const command::Reboot&) const { return "reboot"; }
  std::string_view operator()(const command::Invite&) const { return "invite"; }
  std::string_view operator()(const command::InviteExternal&) const { return "invite_external"; }
  std::string_view operator()(const command::RemoveTechnician&) const { return "remove_technician"; }
  std::string_view operator()(const command::Leave&) const { return "leave"; }
  std::string_view operator()(const command::OfferLead&) const { return "offer_lead"; }
  std::string_view operator()(const command::CancelLeadOffer&) const { return "cancel_lead_offer"; }
  std::string_view operator()(const command::AcceptLead&) const { return "accept_lead"; }
  std::string_view operator()(const command::UpdateSession&) const { return "update"; }
  std::string_view operator()(const command::Grant&) const { return "grant"; }
  std::string_view operator()(const command::RequestActivity&) const { return "request_activity"; }
  std::string_view operator()(const command::CloseActivity&) const { return "close_activity"; }
  std::string_view operator()(const command::SetChat&) const { return "set_chat"; }
  std::string_view operator()(const command::SendChat&) const { return "send_chat"; }
  std::string_view operator()(const command::SendSurvey&) const { return "send_survey"; }
  std::string_view operator()(const command::AddNote&) const { return "add_note"; }
  std::string_view operator()(const command::Join&) const { return "join"; }
  std::string_view operator()(const command::RejectOffer&) const { return "reject_offer"; }
};

// Every refusal of a command on a session says which command it was and what its technician sees.
absl::Status WithScene(const Org& org, const command::Target& target, std::string_view command, const absl::Status& status) {
  const Session* session = FindSession(org, target.session);
  if (status.code() != absl::StatusCode::kFailedPrecondition || session == nullptr) return status;
  const Participant* lead = session->lead();
  const TechnicianId& viewer = target.technician || lead == nullptr ? target.technician : lead->technician;
  const EntryState state = viewer ? View(org, *session, viewer) : PoolView(*session);
  return WithMetadata(status, {{"command", std::string(command)}, {"state", std::string(Name(state))}});
}

// External technicians go with their part in the session, whatever ended it.
void SendOff(const Org& org, Time now, Events& events) {
  std::vector<event::ExternalGone> gone;
  auto goes = [&](const Session& session, const TechnicianId& technician) {
    const Participant* participant = session.Find(technician);
    if (participant == nullptr || !participant->external()) return;
    for (const event::ExternalGone& known : gone) {
      if (known.technician == technician) return;
    }
    gone.push_back({session.id, technician});
  };
  for (const Event& event : events) {
    const auto* removed = std::get_if<event::ParticipantRemoved>(&event);
    const bool all = std::holds_alternative<event::SessionEnded>(event) || std::holds_alternative<event::Requeued>(event);
    const Session* session = removed != nullptr || all ? FindSession(org, SessionOf(event)) : nullptr;
    if (session == nullptr) continue;
    if (removed != nullptr) goes(*session, removed->technician);
    if (!all) continue;
    for (const Participant& participant : session->participants) goes(*session, participant.technician);
  }
  for (const event::ExternalGone& external : gone) {
    const Technician* technician = FindTechnician(org, external.technician);
    if (technician != nullptr && technician->console) {
      events.push_back(event::ConsoleGone{external.technician, now, LinkCause::kDisabled});
    }
    events.push_back(external);
  }
}

}  // namespace

absl::StatusOr<Decision> Decide(const Org& org, const Command& command, Time now) {
  return std::visit(
      [&](const auto& c) {
        internal::Result result = internal::On(org, c, now);
        if constexpr (requires { c.target; }) {
          if (!result.ok()) return internal::Result(WithScene(org, c.target, CommandName()(c), result.status()));
        }
        if (result.ok()) SendOff(org, now, result->events);
        return result;
      },
      command);
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
      if (participant.role == Role::kCollaborator && !participant.external()) keep(participant.technician);
    }
  }
  return ended;
}

}  // namespace internal
}  // namespace guichet

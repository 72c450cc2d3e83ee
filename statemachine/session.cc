#include "statemachine/session.h"

#include <algorithm>
#include <array>

namespace guichet {

std::string_view Name(EntryState state) {
  static constexpr std::array<std::string_view, kEntryStateCount> kNames = {
      "NONE",          "CONNECTING", "WAITING",      "ACTIVE",  "HOLD",      "INCOMING", "OUTGOING", "INVITATION",
      "COLLABORATION", "REBOOTING",  "RECONNECTING", "OFFLINE", "TIMED_OUT", "CLOSED",   "REMOVED"};
  return kNames[static_cast<size_t>(state)];
}

std::string_view Name(Link link) {
  static constexpr std::array<std::string_view, 6> kNames = {"NONE",         "NEVER_ATTACHED", "ATTACHED",
                                                             "RECONNECTING", "REBOOTING",      "OFFLINE"};
  return kNames[static_cast<size_t>(link)];
}

std::string_view Name(Outcome outcome) {
  static constexpr std::array<std::string_view, kOutcomeCount> kNames = {"NONE",
                                                                         "CLOSED_BY_CUSTOMER",
                                                                         "CLOSED_BY_WAITING_CUSTOMER",
                                                                         "CLOSED_BY_TECHNICIAN",
                                                                         "TIMED_OUT",
                                                                         "TIMED_OUT_CLOSED_BY_TECHNICIAN",
                                                                         "CONNECTING_TIMED_OUT",
                                                                         "TERMS_DECLINED",
                                                                         "ABORTED",
                                                                         "UNATTENDED_EXPIRED",
                                                                         "UNATTENDED_REVOKED"};
  return kNames[static_cast<size_t>(outcome)];
}

std::string_view Name(Method method) {
  static constexpr std::array<std::string_view, kMethodCount> kNames = {"NONE",  "PIN", "LINK", "CHANNEL_FORM", "MONITORING",
                                                                        "EMAIL", "SMS", "LAN",  "UNATTENDED"};
  return kNames[static_cast<size_t>(method)];
}

std::string_view Name(SessionType type) {
  static constexpr std::array<std::string_view, kSessionTypeCount> kNames = {"NONE",   "STANDARD", "LENS",       "INSTANT_CHAT",
                                                                             "MOBILE", "LAN",      "UNATTENDED", "MONITORING"};
  return kNames[static_cast<size_t>(type)];
}

std::string_view Name(FileOutcome outcome) {
  static constexpr std::array<std::string_view, kFileOutcomeCount> kNames = {"NONE", "COMPLETED", "FAILED", "CANCELED"};
  return kNames[static_cast<size_t>(outcome)];
}

std::string_view Name(OfferEnd end) {
  static constexpr std::array<std::string_view, 4> kNames = {"NONE", "REJECTED", "TIMED_OUT", "WITHDRAWN"};
  return kNames[static_cast<size_t>(end)];
}

std::string_view Name(DeliveryState state) {
  static constexpr std::array<std::string_view, kDeliveryStateCount> kNames = {"NONE", "REQUESTED", "SENT", "FAILED"};
  return kNames[static_cast<size_t>(state)];
}

const Activity* Session::FindActivity(uint32_t id) const {
  auto it = std::find_if(activities.begin(), activities.end(), [&](const Activity& a) { return a.id == id; });
  return it == activities.end() ? nullptr : &*it;
}

const Participant* Session::Find(const TechnicianId& technician) const {
  auto it =
      std::find_if(participants.begin(), participants.end(), [&](const Participant& p) { return p.technician == technician; });
  return it == participants.end() ? nullptr : &*it;
}

Participant* Session::Find(const TechnicianId& technician) {
  return const_cast<Participant*>(static_cast<const Session*>(this)->Find(technician));
}

const Participant* Session::lead() const {
  auto it = std::find_if(participants.begin(), participants.end(), [](const Participant& p) { return p.role == Role::kLead; });
  return it == participants.end() ? nullptr : &*it;
}

Participant* Session::lead() { return const_cast<Participant*>(static_cast<const Session*>(this)->lead()); }

bool Session::IsSender(const TechnicianId& technician) const {
  return transfer && std::find(transfer->senders.begin(), transfer->senders.end(), technician) != transfer->senders.end();
}

bool Session::IsRecipient(const TechnicianId& technician) const {
  return transfer &&
         std::find(transfer->recipients.begin(), transfer->recipients.end(), technician) != transfer->recipients.end();
}

}  // namespace guichet

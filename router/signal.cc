#include "router/signal.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "router/convert.h"
#include "router/shard.h"
#include "router/validate.h"
#include "statemachine/refusal.h"
#include "statemachine/view.h"

namespace guichet::router {
namespace {

bool TakesPart(const Org& org, const Session& session, const TechnicianId& technician) {
  const EntryState view = View(org, session, technician);
  return view == EntryState::kActive || view == EntryState::kCollaboration;
}

// The applet takes part while somebody works on its session.
bool DeviceTakesPart(const Session& session) {
  return session.link == Link::kAttached && session.lead() != nullptr && !session.held && !session.transfer;
}

}  // namespace

SentSignal::SentSignal(SignalBytes& bytes, pb::Signal signal)
    : bytes_(bytes), signal_(std::move(signal)), size_(signal_.ByteSizeLong()) {
  bytes_.fetch_add(size_, std::memory_order_relaxed);
}

SentSignal::~SentSignal() { bytes_.fetch_sub(size_, std::memory_order_relaxed); }

void SignalQueue::Push(SignalPtr signal) {
  bytes_ += signal->size();
  signals_.push_back(std::move(signal));
}

SignalPtr SignalQueue::Pop() {
  SignalPtr signal = std::move(signals_.front());
  signals_.pop_front();
  bytes_ -= signal->size();
  return signal;
}

absl::Status CheckSignal(const pb::SignalRequest& request, bool from_device) {
  if (!from_device && request.session_id() == 0) return InvalidField("signal.session_id", "required");
  if (request.to_case() == pb::SignalRequest::TO_NOT_SET) {
    return InvalidField("signal.to", "required: to_device, to_technician_id or to_all");
  }
  if (from_device && request.to_device()) return InvalidField("signal.to_device", "must not be set by an applet");
  if (request.type().empty()) return InvalidField("signal.type", absl::StrCat("required: 1-", kSignalTypeBytes, " bytes"));
  if (absl::Status s = CheckBytes("signal.type", request.type(), kSignalTypeBytes); !s.ok()) return s;
  if (request.payload().size() <= kSignalPayloadBytes) return absl::OkStatus();
  return InvalidField("signal.payload",
                      absl::StrCat("is ", request.payload().size(), " bytes, the limit is ", kSignalPayloadBytes));
}

absl::StatusOr<SignalReceivers> ReceiversOf(const Org& org, const SignalSender& sender, const pb::SignalRequest& request) {
  const Session* session = FindSession(org, sender.session);
  const bool foreign = sender.external_of && sender.external_of != sender.session;
  if (session == nullptr || foreign) return SessionNotFound(sender.session);
  if (session->ended_already()) return SessionEnded(session->id, session->outcome);
  if (sender.technician) {
    if (session->Find(sender.technician) == nullptr) return NotInSession(session->id, sender.technician);
    if (!TakesPart(org, *session, sender.technician)) {
      return WrongState(session->id, "signal", View(org, *session, sender.technician), "only ACTIVE and COLLABORATION can");
    }
  } else if (!DeviceTakesPart(*session)) {
    return WrongState(session->id, "signal", PoolView(*session), "wait until a technician is there");
  }
  SignalReceivers receivers;
  if (request.to_case() == pb::SignalRequest::kToTechnicianId) {
    const TechnicianId to{request.to_technician_id()};
    if (to == sender.technician || session->Find(to) == nullptr || !TakesPart(org, *session, to)) {
      return NotInSession(session->id, to);
    }
    receivers.push_back(to);
    return receivers;
  }
  if (sender.technician && DeviceTakesPart(*session)) receivers.emplace_back();
  if (request.to_case() == pb::SignalRequest::kToDevice) return receivers;
  for (const Participant& participant : session->participants) {
    if (participant.technician != sender.technician && TakesPart(org, *session, participant.technician)) {
      receivers.push_back(participant.technician);
    }
  }
  return receivers;
}

absl::StatusOr<std::vector<std::shared_ptr<Attachment>>> AttachedReceivers(const OrgRuntime& rt, const SignalSender& sender,
                                                                           const pb::SignalRequest& request) {
  absl::StatusOr<SignalReceivers> receivers = ReceiversOf(rt.org, sender, request);
  if (!receivers.ok()) return receivers.status();
  std::vector<std::shared_ptr<Attachment>> attached;
  for (const TechnicianId& receiver : *receivers) {
    const Presence* presence = nullptr;
    if (auto console = rt.consoles.find(receiver); receiver && console != rt.consoles.end()) presence = &console->second;
    if (auto device = rt.devices.find(sender.session); !receiver && device != rt.devices.end()) presence = &device->second;
    if (presence != nullptr && presence->attachment != nullptr) attached.push_back(presence->attachment);
  }
  if (!attached.empty() || request.to_all()) return attached;
  if (request.to_case() == pb::SignalRequest::kToTechnicianId)
    return ConsoleNotAttached(TechnicianId{request.to_technician_id()});
  const Session& session = *FindSession(rt.org, sender.session);
  return LinkNotAttached(session.id, "signal", View(rt.org, session, sender.technician), session.link);
}

void ToProto(const absl::Status& refused, pb::SignalResult* out) {
  const Refusal refusal = RefusalOf(refused);
  out->set_reason(std::string(refusal.reason));
  out->set_message(std::string(refused.message()));
  if (refusal.retry > Duration{0}) SetDuration(refusal.retry, out->mutable_retry_delay());
}

}  // namespace guichet::router

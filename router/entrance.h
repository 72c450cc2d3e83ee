// What the ways in have in common: a code (AppletService), a channel's form (ChannelService), the invitation of an external
// technician (TechnicianService).
#pragma once

#include <string>
#include <utility>

#include "router/gateway.h"
#include "router/parse.h"
#include "router/secrets.h"
#include "router/session_reads.h"
#include "router/validate.h"
#include "statemachine/kinds.h"
#include "statemachine/limits.h"
#include "statemachine/refusal.h"

namespace guichet::router {

inline constexpr size_t kCodeBytes = 64;  // as typed

// One try of a code, counted against the budgets of wrong guesses (codes.h).
class Guess {
 public:
  Guess(Gateway& gateway, std::string peer, std::string device, std::string_view code, Time now)
      : gateway_(gateway), who_{std::move(peer), std::move(device)}, key_(Codes::KeyOf(code)), now_(now) {}
  const std::string& key() const { return key_; }
  // As Codes::Try.
  absl::StatusOr<CodeTarget> Try(bool external) {
    absl::StatusOr<CodeTarget> target = gateway_.codes.Try(key_, who_, external, now_);
    if (absl::IsNotFound(target.status())) gateway_.metrics.CodeRefused(metrics::CodeRefusal::kUnknown);
    if (absl::IsResourceExhausted(target.status())) gateway_.metrics.CodeRefused(metrics::CodeRefusal::kThrottled);
    return target;
  }
  // What its session said.
  void Answered(const absl::Status& status) {
    if (status.ok()) gateway_.codes.Right(key_, who_, now_);
    if (!absl::IsNotFound(status)) return;
    gateway_.codes.Wrong(key_, who_, now_);
    gateway_.metrics.CodeRefused(metrics::CodeRefusal::kUnknown);
  }

 private:
  Gateway& gateway_;
  Guesser who_;
  std::string key_;
  Time now_;
};

// An applet has no credential: the request id seals the kept answer, so it must not be on disk in clear.
inline void HideRequestKey(Mutation& mutation) {
  if (!mutation.request_key.empty()) mutation.request_key = "device\x1f" + Sha256(mutation.request_key);
}

template <class Request>
absl::Status CheckDevice(const Request& request) {
  if (request.device_id().empty()) return InvalidField("device_id", "required: a stable id of the device");
  if (absl::Status s = CheckBytes("device_id", request.device_id(), limits::kDeviceIdBytes); !s.ok()) return s;
  if (absl::Status s = CheckBytes("platform", request.platform(), limits::kPlatformBytes); !s.ok()) return s;
  if (absl::Status s = CheckBytes("language", request.language(), limits::kLanguageBytes); !s.ok()) return s;
  return CheckRequestId(request.request_id());
}

// The answer of both ways in.
template <class Response>
Fill Entered(Response* response, std::string secret) {
  return [response, secret = std::move(secret)](const OrgRuntime& rt, const Step& step) {
    const Session& session = *SessionAfter(rt, step);
    response->set_revision(step.entry.revision.value);
    response->set_session_id(session.id.value);
    response->set_device_token(MakeDeviceToken(rt.org.id, session.id, secret));
    if (TermsPending(rt.org, session)) response->set_terms(SettingsOf(rt.org, session).terms);
  };
}

}  // namespace guichet::router

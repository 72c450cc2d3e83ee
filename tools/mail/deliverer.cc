#include "tools/mail/deliverer.h"

#include <openssl/sha.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "statemachine/limits.h"
#include "tools/client/status.h"

namespace guichet::mail {
namespace {

// Trying again does not cure these.
bool Final(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kUnimplemented:
      return true;
    default:
      return false;
  }
}

bool FinalForAll(const absl::Status& status) { return absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status); }

v1::DeliveryState StateOf(Result result) {
  switch (result) {
    case Result::kSent:
      return v1::DELIVERY_STATE_SENT;
    case Result::kFailed:
      return v1::DELIVERY_STATE_FAILED;
    case Result::kRetry:
      break;
  }
  return v1::DELIVERY_STATE_RETRY;
}

}  // namespace

Message MessageOf(const v1::WatchDeliveriesResponse& invitation) {
  constexpr size_t kHashBytes = 12;
  // Without the code: whoever reads a server's log could find its few digits by trying them all.
  const std::string key = absl::StrCat(invitation.session_id(), "\n", invitation.technician_id(), "\n", invitation.address(),
                                       "\n", invitation.expire_time().seconds(), ".", invitation.expire_time().nanos());
  unsigned char hash[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), hash);
  return {.address = invitation.address(),
          .subject = invitation.subject(),
          .text = invitation.text(),
          .id = absl::StrCat("guichet.", invitation.session_id(), ".",
                             absl::BytesToHexString(absl::string_view(reinterpret_cast<char*>(hash), kHashBytes)))};
}

Deliverer::Deliverer(const client::Client& client, Send send, Backoff backoff, Now now)
    : client_(client), send_(std::move(send)), backoff_(backoff), now_(std::move(now)) {}

void Deliverer::Stop() {
  absl::MutexLock lock(&mutex_);
  stopped_ = true;
  if (stream_ != nullptr) stream_->Cancel();
}

bool Deliverer::stopped() {
  absl::MutexLock lock(&mutex_);
  return stopped_;
}

void Deliverer::Wait(int failures) {
  constexpr int kDoublings = 20;  // beyond any use, far from overflow
  absl::BitGen random;
  const absl::Duration longest = std::min(backoff_.max, backoff_.min * (1 << std::min(failures - 1, kDoublings)));
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&stopped_), longest * absl::Uniform(random, 0.5, 1.0));
}

absl::Status Deliverer::Run() {
  for (int failures = 0; !stopped();) {
    bool received = false;
    if (absl::Status status = Watch(&received); !status.ok()) return status;
    failures = received ? 1 : failures + 1;
    Wait(failures);
  }
  return absl::OkStatus();
}

absl::Status Deliverer::Watch(bool* received) {
  const v1::WatchDeliveriesRequest request;
  const auto stream = client_.Open(request);
  {
    absl::MutexLock lock(&mutex_);
    if (stopped_) return absl::OkStatus();
    stream_ = stream.get();
  }
  absl::Status fatal;
  if (stream->Write(request)) {
    stream->WritesDone();
    v1::WatchDeliveriesResponse invitation;
    while (fatal.ok() && !stopped() && stream->Read(&invitation)) {
      *received = true;
      if (invitation.method() == v1::METHOD_EMAIL) fatal = Deliver(invitation);
    }
  }
  if (!fatal.ok()) stream->Cancel();
  const absl::Status end = stream->Finish();
  {
    absl::MutexLock lock(&mutex_);
    stream_ = nullptr;
    if (stopped_) return fatal;
  }
  if (!fatal.ok()) return fatal;
  if (Final(end)) return end;
  spdlog::warn("the daemon ended the stream of invitations, connecting again: {} {}", client::CodeName(end),
               std::string(end.message()));
  return absl::OkStatus();
}

absl::Status Deliverer::Deliver(const v1::WatchDeliveriesResponse& invitation) {
  const auto& expires = invitation.expire_time();
  if (invitation.has_expire_time() && now_() >= absl::FromUnixSeconds(expires.seconds()) + absl::Nanoseconds(expires.nanos())) {
    spdlog::warn("session {}: its code expired before it could be sent", invitation.session_id());
    return absl::OkStatus();
  }
  const Outcome outcome = send_(MessageOf(invitation));
  v1::ReportDeliveryRequest request;
  request.set_request_id(client::RandomRequestId());
  request.set_session_id(invitation.session_id());
  request.set_technician_id(invitation.technician_id());
  request.set_state(StateOf(outcome.result));
  // A filter that refuses a link may quote it, and with it the code.
  request.set_detail(invitation.code().empty() ? outcome.detail
                                               : absl::StrReplaceAll(outcome.detail, {{invitation.code(), "?"}}));
  // Cut only now, lest a part of the code be left at the end.
  if (request.detail().size() > limits::kDeliveryDetailChars) request.mutable_detail()->resize(limits::kDeliveryDetailChars);
  spdlog::info("session {}, attempt {}: {}{}{}", request.session_id(), invitation.attempt(),
               v1::DeliveryState_Name(request.state()), request.detail().empty() ? "" : ": ", request.detail());
  if (absl::Status status = Report(std::move(request)); !status.ok()) return status;
  server_failures_ = outcome.of_server ? server_failures_ + 1 : 0;
  if (server_failures_ == 1) spdlog::error("no message can be sent: {}", outcome.detail);
  // All that wait would run into the same, and too many wrong logins lock an account.
  if (server_failures_ > 0) Wait(server_failures_);
  return absl::OkStatus();
}

absl::Status Deliverer::Report(v1::ReportDeliveryRequest request) {
  for (int failures = 1;; ++failures) {
    v1::ReportDeliveryResponse response;
    const absl::Status status = client_.Call(request, &response);
    if (status.ok()) return status;
    spdlog::warn("session {}: the daemon did not take the report: {} {}", request.session_id(), client::CodeName(status),
                 std::string(status.message()));
    if (FinalForAll(status)) return status;
    const bool passes = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsResourceExhausted(status);
    if (!passes || stopped()) return absl::OkStatus();
    Wait(failures);
  }
}

}  // namespace guichet::mail

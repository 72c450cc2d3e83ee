// A server stream that goes on after the daemon went away: resume token, back-off, and a fresh snapshot when the token is too
// old.
#pragma once

#include <algorithm>
#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tools/client/client.h"

namespace guichet::client {

// Back-off between attempts: doubles from the first to the last, and starts over with each message received.
inline constexpr absl::Duration kWatchBackoffMin = absl::Milliseconds(250);
inline constexpr absl::Duration kWatchBackoffMax = absl::Seconds(5);

template <typename Request>
concept HasToken = requires(Request request) {
  request.resume_token();
};

// Of a chat: it ends for good with OK when the session has ended.
template <typename Request>
concept EndsWithSession = requires(Request request) {
  request.session_id();
};

// Calls `on_message` for each message of WatchQueue, WatchTechnicians, WatchDeliveries or WatchChat until it returns false;
// then OK. After UNAVAILABLE, or an end without an error, it connects again with the last resume token, where the watch has
// tokens; a first attempt that fails is final. OUT_OF_RANGE (token expired) begins again without a token. `on_resume` is told
// why, before each wait. Other errors are returned.
template <typename Request, typename Response>
absl::Status Watch(const Client& client, Request request, absl::FunctionRef<bool(const Response&)> on_message,
                   absl::FunctionRef<void(const absl::Status&)> on_resume) {
  absl::Duration backoff = kWatchBackoffMin;
  bool ever_received = false;
  while (true) {
    std::unique_ptr<Stream> stream = client.Open(request);
    bool received = false;
    if (stream->Write(request)) {
      stream->WritesDone();
      Response response;
      while (stream->Read(&response)) {
        received = ever_received = true;
        if constexpr (HasToken<Request>) {
          if (!response.resume_token().empty()) request.set_resume_token(response.resume_token());
        }
        if (!on_message(response)) return absl::OkStatus();
      }
    }
    const absl::Status status = stream->Finish();
    if (EndsWithSession<Request> && status.ok()) return status;
    bool expired = false;
    if constexpr (HasToken<Request>) {
      expired = absl::IsOutOfRange(status) && !request.resume_token().empty();
      if (expired) request.clear_resume_token();
    }
    if (!expired && !status.ok() && !(ever_received && absl::IsUnavailable(status))) return status;
    if (received) backoff = kWatchBackoffMin;
    on_resume(status);
    client.options().wait(backoff);
    backoff = std::min(backoff * 2, kWatchBackoffMax);
  }
}

}  // namespace guichet::client

// A stream of the kind that applets and consoles keep open: hello, welcome, then heartbeats at the interval of the welcome.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "tools/client/client.h"

namespace guichet::client {

// Used from one thread, which also destroys it; `on_message` is called from another. It is attached from a successful Attach
// until the stream ends or Drop.
template <typename Request, typename Response>
class Attachment {
 public:
  ~Attachment() { Drop(); }

  // Opens the stream and waits for the welcome, which `on_message` sees first. FAILED_PRECONDITION when the first message,
  // which `on_message` sees too, is none.
  absl::Status Attach(const Client& client, const Request& hello, std::function<void(const Response&)> on_message) {
    Drop();
    stream_ = client.Open(hello);
    stop_ = std::make_unique<absl::Notification>();
    read_all_ = std::make_unique<absl::Notification>();
    Response response;
    if (!stream_->Write(hello) || !stream_->Read(&response)) {
      const absl::Status status = stream_->Finish();
      return status.ok() ? absl::InternalError("the stream ended before its welcome") : status;
    }
    if (!response.has_welcome()) {
      on_message(response);
      return absl::FailedPreconditionError("the stream begins with another message than a welcome");
    }
    const auto& interval = response.welcome().heartbeat_interval();
    // A floor, so that a daemon that names no interval is not flooded.
    const absl::Duration every =
        std::max(absl::Seconds(interval.seconds()) + absl::Nanoseconds(interval.nanos()), absl::Milliseconds(50));
    on_message(response);
    reader_ = std::thread([stream = stream_.get(), read_all = read_all_.get(), on_message = std::move(on_message)] {
      Response message;
      while (stream->Read(&message)) on_message(message);
      read_all->Notify();
    });
    heart_ = std::thread([stream = stream_.get(), stop = stop_.get(), every] {
      Request beat;
      uint64_t sequence = 0;
      do {
        beat.mutable_heartbeat()->set_sequence(++sequence);
      } while (stream->Write(beat) && !stop->WaitForNotificationWithTimeout(every));
    });
    return absl::OkStatus();
  }

  bool Send(const Request& request) { return stream_ != nullptr && stream_->Write(request); }

  // Breaks the stream without a word, as a dead network does, and waits for its threads.
  void Drop() {
    if (stream_ == nullptr) return;
    stream_->Cancel();
    Join().IgnoreError();
  }

  // Whether the other side ended the stream within `patience`. Must be attached; Close returns the stream's status.
  bool EndsWithin(absl::Duration patience) { return read_all_->WaitForNotificationWithTimeout(patience); }

  // Half-closes and waits until the other side ends the stream, or for `patience`, and then breaks it.
  absl::Status Close(absl::Duration patience) {
    if (stream_ == nullptr) return absl::OkStatus();
    StopHeart();
    stream_->WritesDone();
    if (!read_all_->WaitForNotificationWithTimeout(patience)) stream_->Cancel();
    return Join();
  }

 private:
  void StopHeart() {
    if (!stop_->HasBeenNotified()) stop_->Notify();
    if (heart_.joinable()) heart_.join();
  }

  absl::Status Join() {
    StopHeart();
    if (reader_.joinable()) reader_.join();
    const absl::Status status = stream_->Finish();
    stream_.reset();
    return status;
  }

  std::unique_ptr<Stream> stream_;
  std::unique_ptr<absl::Notification> stop_;
  std::unique_ptr<absl::Notification> read_all_;
  std::thread reader_;
  std::thread heart_;
};

}  // namespace guichet::client

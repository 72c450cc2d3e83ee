// One attached stream of a console or an applet: what it received, when it ended, and heartbeats at the interval that the
// daemon asked for.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "tools/client/client.h"

namespace guichet::wire {

// How long a test waits for what must happen, in real time. Generous: it passes only when something is broken.
inline constexpr absl::Duration kPatience = absl::Seconds(10);

// `Request` and `Response` are those of Attach or AttachConsole. Thread safety: all methods may be called from any thread, but
// for the destructor.
template <class Request, class Response>
class Attached {
 public:
  // Says hello; returns at once.
  Attached(const client::Client& client, const Request& hello) : stream_(client.Open(hello)) {
    (void)stream_->Write(hello);
    reader_ = std::thread([this] { ReadAll(); });
    heart_ = std::thread([this] { BeatAtInterval(); });
  }

  ~Attached() {
    Vanish();
    heart_.join();
    reader_.join();
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

  // False when the stream is broken.
  bool Send(const Request& request) { return stream_->Write(request); }

  // Blocks for the first message, also one received already, that is `wanted`; throws when the stream ends without it.
  Response Await(const char* what, const std::function<bool(const Response&)>& wanted) {
    absl::MutexLock lock(&mu_);
    const absl::Time deadline = absl::Now() + kPatience;
    size_t seen = 0;
    while (true) {
      for (; seen < received_.size(); ++seen) {
        if (wanted(received_[seen])) return received_[seen];
      }
      if (end_) throw std::runtime_error(std::string("the stream ended without ") + what + ": " + end_->ToString());
      if (cv_.WaitWithDeadline(&mu_, deadline)) throw std::runtime_error(std::string("waited in vain for ") + what);
    }
  }

  void AwaitWelcome() {
    Await("a welcome", [](const Response& r) { return r.has_welcome(); });
  }

  // Sends a heartbeat and blocks for its answer: all that was sent before has taken effect by then.
  void Beat() {
    const uint64_t sequence = SendHeartbeat();
    Await("a heartbeat's answer",
          [&](const Response& r) { return r.has_heartbeat_ack() && r.heartbeat_ack().sequence() >= sequence; });
  }

  // Stops heartbeats and cuts the stream, without a word.
  void Vanish() {
    {
      absl::MutexLock lock(&mu_);
      gone_ = true;
      cv_.SignalAll();
    }
    stream_->Cancel();
  }

  // Blocks for the end of the stream and returns its status.
  absl::Status AwaitEnd() {
    absl::MutexLock lock(&mu_);
    const absl::Time deadline = absl::Now() + kPatience;
    while (!end_) {
      if (cv_.WaitWithDeadline(&mu_, deadline)) throw std::runtime_error("waited in vain for the end of a stream");
    }
    return *end_;
  }

  bool alive() const {
    absl::MutexLock lock(&mu_);
    return !gone_ && !end_;
  }

 private:
  void ReadAll() {
    Response response;
    while (stream_->Read(&response)) {
      absl::MutexLock lock(&mu_);
      if (response.has_welcome()) {
        const auto& interval = response.welcome().heartbeat_interval();
        interval_ = absl::Seconds(interval.seconds()) + absl::Nanoseconds(interval.nanos());
      }
      received_.push_back(response);
      cv_.SignalAll();
    }
    const absl::Status status = stream_->Finish();
    absl::MutexLock lock(&mu_);
    end_ = status;
    cv_.SignalAll();
  }

  void BeatAtInterval() {
    absl::MutexLock lock(&mu_);
    absl::Time next = absl::InfiniteFuture();
    while (!gone_ && !end_) {
      if (next == absl::InfiniteFuture() && interval_ > absl::ZeroDuration()) next = absl::Now() + interval_;
      if (!cv_.WaitWithDeadline(&mu_, next) || absl::Now() < next) continue;
      next = absl::Now() + interval_;
      mu_.Unlock();
      (void)SendHeartbeat();
      mu_.Lock();
    }
  }

  uint64_t SendHeartbeat() {
    Request request;
    {
      absl::MutexLock lock(&mu_);
      request.mutable_heartbeat()->set_sequence(++sequence_);
    }
    (void)stream_->Write(request);
    return request.heartbeat().sequence();
  }

  const std::unique_ptr<client::Stream> stream_;
  mutable absl::Mutex mu_;
  absl::CondVar cv_;
  std::vector<Response> received_ ABSL_GUARDED_BY(mu_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mu_);
  absl::Duration interval_ ABSL_GUARDED_BY(mu_);
  uint64_t sequence_ ABSL_GUARDED_BY(mu_) = 0;
  bool gone_ ABSL_GUARDED_BY(mu_) = false;
  std::thread reader_;
  std::thread heart_;
};

}  // namespace guichet::wire

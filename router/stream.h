// The one class under every stream: one write in flight, finished exactly once, kept alive while anybody holds it.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "router/errors.h"
#include "router/gateway.h"
#include "router/limits.h"
#include "router/methods.h"

namespace guichet::router {

// `Reactor` is grpc::ServerWriteReactor<Response> or grpc::ServerBidiReactor<Request, Response>. Owned by itself from Open
// until gRPC is done with it, and by whoever holds a shared_ptr. Thread safety: public methods may be called from any thread.
template <class Reactor, class Response>
class Stream : public Reactor, public OpenStream, public std::enable_shared_from_this<Stream<Reactor, Response>> {
 public:
  Stream(Gateway& gateway, grpc::CallbackServerContext* context, const google::protobuf::Message& request_type)
      : gateway_(gateway), context_(context), rpc_(gateway.metrics.Rpc(MethodOf(request_type))) {
    rpc_.Started();
  }

  // Makes the stream own itself and counts it. False: it was refused and has ended; nothing may begin.
  bool Open(std::shared_ptr<Stream> self, StreamKind kind, const Principal& principal) {
    absl::StatusOr<std::unique_ptr<Streams::Ticket>> ticket =
        gateway_.streams.Add(kind, principal, std::weak_ptr<OpenStream>(self));
    self_ = std::move(self);
    absl::Status refused = ticket.status();
    if (ticket.ok()) {
      ticket_ = *std::move(ticket);
      stream_id_ = ticket_->id();
    }
    // A key that was revoked between its first check and the count above is not found by the revocation.
    if (refused.ok() && !principal.token.empty()) {
      refused = gateway_.directory.Authenticate(principal.token, gateway_.clock.Now()).status();
    }
    if (!refused.ok()) EndStream(refused);
    return refused.ok();
  }

  // Keeps a stream alive that is refused before Open.
  void Refuse(std::shared_ptr<Stream> self, const absl::Status& why) {
    self_ = std::move(self);
    EndStream(why);
  }

  // The first end counts; what is being written is finished, what waits is dropped.
  void EndStream(absl::Status why) override {
    absl::MutexLock lock(&mu_);
    if (!closing_) end_ = std::move(why);
    closing_ = true;
    PumpLocked();
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mu_);
    writing_ = false;
    if (ok) {
      rpc_.MessageSent();
    } else {
      if (!closing_) end_ = absl::CancelledError("the receiver has gone");
      closing_ = true;
    }
    PumpLocked();
  }

  void OnCancel() override { EndStream(absl::CancelledError("the caller has gone")); }

  void OnDone() override {
    OnGone();
    ticket_.reset();
    self_.reset();  // may delete this
  }

 protected:
  // The next message, or false: nothing to send. Called while nothing is being written.
  virtual bool Next(Response* out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) = 0;
  // gRPC is done with the stream.
  virtual void OnGone() {}

  // Cancels a stream whose receiver has not taken a message for kSlowReader.
  void CancelIfStalled(Time now) {
    {
      absl::MutexLock lock(&mu_);
      // A daemon that stood still could not hear that something was read.
      if (!writing_ || now < std::max(write_since_, gateway_.clock.LastPause()) + kSlowReader || finishing_) return;
    }
    gateway_.metrics.SlowWatcherClosed();
    context_->TryCancel();
  }

  void Pump() {
    absl::MutexLock lock(&mu_);
    PumpLocked();
  }

  void PumpLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (writing_ || finishing_) return;
    if (!closing_) {
      current_.Clear();
      if (Next(&current_)) {
        writing_ = true;
        write_since_ = gateway_.clock.Now();
        this->StartWrite(&current_);
        return;
      }
      if (ending_) closing_ = true;
    }
    if (!closing_) return;
    finishing_ = true;
    CountRefusal(gateway_.metrics, end_);
    rpc_.Handled(static_cast<int>(end_.code()), 0);
    this->Finish(ToGrpc(end_));
  }

  // Ends with `status` once Next has nothing more.
  void EndAfterFlushLocked(absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (closing_ || ending_) return;
    ending_ = true;
    end_ = std::move(status);
  }

  // Counts a newcomer as what it has proved to be. Requires Open.
  absl::Status Admit(StreamKind kind) { return gateway_.streams.Admit(stream_id_, kind); }

  bool closing() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return closing_; }
  // Nothing may be started any more.
  bool finishing() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return finishing_; }
  std::shared_ptr<Stream> self() { return this->shared_from_this(); }

  Gateway& gateway_;
  grpc::CallbackServerContext* const context_;
  metrics::RpcMetrics& rpc_;
  mutable absl::Mutex mu_;

 private:
  std::shared_ptr<Stream> self_;
  std::unique_ptr<Streams::Ticket> ticket_;
  uint64_t stream_id_ = 0;                 // of the ticket; set by Open
  Response current_ ABSL_GUARDED_BY(mu_);  // unmodified while it is being written
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  Time write_since_ ABSL_GUARDED_BY(mu_){};
  bool ending_ ABSL_GUARDED_BY(mu_) = false;
  bool closing_ ABSL_GUARDED_BY(mu_) = false;
  bool finishing_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status end_ ABSL_GUARDED_BY(mu_);
};

}  // namespace guichet::router

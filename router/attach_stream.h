// What the attach streams share: a first `hello` within a time, heartbeats, reading one message at a time.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>

#include "router/limits.h"
#include "router/stream.h"
#include "statemachine/refusal.h"

namespace guichet::router {

template <class Request, class Response>
class AttachStream : public Stream<grpc::ServerBidiReactor<Request, Response>, Response>, public Attachment {
 public:
  using Base = Stream<grpc::ServerBidiReactor<Request, Response>, Response>;

  AttachStream(Gateway& gateway, grpc::CallbackServerContext* context)
      : Base(gateway, context, Request::default_instance()), Attachment(gateway.clock.Now()), opened_(gateway.clock.Now()) {}

  void Begin() { this->StartRead(&request_); }
  void Close(absl::Status why) override { this->EndStream(std::move(why)); }

  void Tick(Time now) override {
    this->CancelIfStalled(now);
    absl::MutexLock lock(&this->mu_);
    if (said_hello_ || now < std::max(opened_, this->gateway_.clock.LastPause()) + kHelloWithin) return;
    this->EndAfterFlushLocked(InvalidField("hello", "must be the first message, within 10 s"));
    this->PumpLocked();
  }

  void OnReadDone(bool ok) override {
    if (!ok) {  // half-closed or broken: presence decides what becomes of it
      absl::MutexLock lock(&this->mu_);
      this->EndAfterFlushLocked(absl::OkStatus());  // what it must still be told comes first
      this->PumpLocked();
      return;
    }
    this->rpc_.MessageReceived();
    bool hello_first;
    {
      absl::MutexLock lock(&this->mu_);
      hello_first = request_.has_hello() != said_hello_;
      said_hello_ = true;
    }
    if (!hello_first) {
      this->EndStream(InvalidField("hello", "must be the first message, and only that"));
      return;
    }
    Receive(request_);
  }

 protected:
  // One message; the next is read once ReadNext was called.
  virtual void Receive(const Request& request) = 0;
  void ReadNext() {
    absl::MutexLock lock(&this->mu_);
    if (!this->finishing()) this->StartRead(&request_);
  }

  void Heartbeat(uint64_t sequence) {
    Seen(this->gateway_.clock.Now());
    {
      absl::MutexLock lock(&this->mu_);
      ack_ = sequence;
      this->PumpLocked();
    }
    ReadNext();
  }

  // Runs a command that the peer sent; with `read_next` the next message is read when it is durable.
  void Run(const OrgId& org, Command command, std::string actor, std::function<void()> then = nullptr, bool read_next = true) {
    auto self = std::static_pointer_cast<AttachStream>(this->self());
    absl::Status submitted = this->gateway_.ShardOf(org).Submit(
        [self, org, command = std::move(command), actor = std::move(actor), then, read_next](Turn& turn) {
          OrgRuntime* rt = turn.Find(org);
          if (rt != nullptr) (void)turn.Apply(*rt, command, actor);
          turn.AfterDurable([self, then, read_next] {
            if (then) then();
            if (read_next) self->ReadNext();
          });
        });
    if (!submitted.ok()) this->EndStream(submitted);
  }

  bool HasRoom() override {
    absl::MutexLock lock(&this->mu_);
    return !signals_.full();
  }
  bool OnSignal(SignalPtr signal) override {
    absl::MutexLock lock(&this->mu_);
    if (this->closing() || last_) return false;
    signals_.Push(std::move(signal));
    this->PumpLocked();
    return true;
  }

  // Passes on what the peer sent, answers it, and reads the next message.
  void PassOn(const OrgId& org, const SignalSender& sender, const pb::SignalRequest& request) {
    absl::Status refused = CheckSignal(request, !sender.technician);
    if (refused.ok() && this->gateway_.signal_bytes.load(std::memory_order_relaxed) >= kSignalBytesInAll) {
      refused = Overloaded("the signals", kSignalBytesInAll, kRetryDelay);
    }
    if (refused.ok()) {
      auto self = std::static_pointer_cast<AttachStream>(this->self());
      auto sent = std::make_shared<pb::SignalRequest>(request);
      refused = this->gateway_.ShardOf(org).Submit([self, org, sender, sent](Turn& turn) {
        OrgRuntime* rt = turn.Find(org);
        absl::StatusOr<std::vector<std::shared_ptr<Attachment>>> to = SessionNotFound(sender.session);
        if (rt != nullptr) to = AttachedReceivers(*rt, sender, *sent);
        turn.AfterDurable(
            [self, sender, sent, to] { self->Answer(*sent, to.ok() ? self->Send(sender, *sent, *to) : to.status()); });
      });
      if (refused.ok()) return;
    }
    Answer(request, refused);
  }

  bool NextResult(Response* out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this->mu_) {
    if (results_.empty()) return false;
    *out->mutable_signal_result() = std::move(results_.front());
    results_.pop_front();
    if (paused_ && !this->finishing()) {
      paused_ = false;
      this->StartRead(&request_);
    }
    return true;
  }
  bool NextSignal(Response* out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this->mu_) {
    if (signals_.empty() || last_) return false;
    *out->mutable_signal() = signals_.Pop()->signal();
    return true;
  }

  bool last_ ABSL_GUARDED_BY(this->mu_) = false;            // what ends the stream was said
  std::optional<uint64_t> ack_ ABSL_GUARDED_BY(this->mu_);  // of the latest heartbeat; one answer may stand for several

 private:
  // Into the queues of all of them, or of none.
  absl::StatusOr<size_t> Send(const SignalSender& sender, const pb::SignalRequest& request,
                              const std::vector<std::shared_ptr<Attachment>>& to) {
    for (const std::shared_ptr<Attachment>& receiver : to) {
      if (!receiver->HasRoom()) return Overloaded("signals that wait for a receiver", kSignalsQueued, kRetryDelay);
    }
    pb::Signal signal;
    signal.set_session_id(sender.session.value);
    if (sender.technician) {
      signal.set_from_technician_id(sender.technician.value);
    } else {
      signal.set_from_device(true);
    }
    signal.set_type(request.type());
    signal.set_payload(request.payload());
    const auto sent = std::make_shared<const SentSignal>(this->gateway_.signal_bytes, std::move(signal));
    size_t taken = 0;
    for (const std::shared_ptr<Attachment>& receiver : to) taken += receiver->OnSignal(sent);
    if (taken > 0 || request.to_all()) return taken;
    // Its stream has just ended, and it has the grace to come back.
    if (request.to_device()) return LinkNotAttached(sender.session, "signal", EntryState::kActive, Link::kReconnecting);
    return ConsoleNotAttached(TechnicianId{request.to_technician_id()});
  }

  void Answer(const pb::SignalRequest& request, absl::StatusOr<size_t> receivers) {
    pb::SignalResult result;
    result.set_reference(request.reference());
    if (receivers.ok()) {
      result.set_receivers(static_cast<uint32_t>(*receivers));
    } else {
      CountRefusal(this->gateway_.metrics, receivers.status());
      ToProto(receivers.status(), &result);
    }
    this->gateway_.metrics.Signal(receivers.ok());
    absl::MutexLock lock(&this->mu_);
    results_.push_back(std::move(result));
    paused_ = results_.size() >= kSignalResults;
    if (!paused_ && !this->finishing()) this->StartRead(&request_);
    this->PumpLocked();
  }

  const Time opened_;
  Request request_;
  bool said_hello_ ABSL_GUARDED_BY(this->mu_) = false;
  SignalQueue signals_ ABSL_GUARDED_BY(this->mu_);
  std::deque<pb::SignalResult> results_ ABSL_GUARDED_BY(this->mu_);
  bool paused_ ABSL_GUARDED_BY(this->mu_) = false;  // too many results wait to be sent
};

}  // namespace guichet::router

// What both attach streams share: a first `hello` within a time, heartbeats, reading one message at a time.
#pragma once

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
    if (said_hello_ || now < opened_ + kHelloWithin) return;
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

  std::optional<uint64_t> ack_ ABSL_GUARDED_BY(this->mu_);  // of the latest heartbeat; one answer may stand for several

 private:
  const Time opened_;
  Request request_;
  bool said_hello_ ABSL_GUARDED_BY(this->mu_) = false;
};

}  // namespace guichet::router

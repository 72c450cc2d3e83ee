// The console's stream: presence of a technician.
#include "router/attach.h"
#include "router/attach_stream.h"
#include "router/validate.h"
#include "statemachine/limits.h"

namespace guichet::router {
namespace {

class ConsoleStream final : public AttachStream<pb::AttachConsoleRequest, pb::AttachConsoleResponse> {
 public:
  ConsoleStream(Gateway& gateway, grpc::CallbackServerContext* context, Principal principal)
      : AttachStream(gateway, context), principal_(std::move(principal)) {}

  void OnTechnician(TechnicianInfo info) override {
    absl::MutexLock lock(&mu_);
    latest_ = std::move(info);
    PumpLocked();
  }

 protected:
  void Receive(const pb::AttachConsoleRequest& request) override {
    const OrgId& org = principal_.org;
    switch (request.message_case()) {
      case pb::AttachConsoleRequest::kHello:
        return Hello(request.hello());
      case pb::AttachConsoleRequest::kHeartbeat:
        return Heartbeat(request.heartbeat().sequence());
      case pb::AttachConsoleRequest::kActivity:
        if (Active(gateway_.clock.Now())) return Run(org, command::SetInactive{principal_.technician, false}, Actor());
        return ReadNext();
      case pb::AttachConsoleRequest::kForeground:
        if (Active(gateway_.clock.Now())) Run(org, command::SetInactive{principal_.technician, false}, Actor(), nullptr, false);
        return Run(org, command::SetForeground{principal_.technician, SessionId{request.foreground().session_id()}}, Actor());
      case pb::AttachConsoleRequest::kSignal:
        return PassOn(org, {SessionId{request.signal().session_id()}, principal_.technician, principal_.external_of},
                      request.signal());
      case pb::AttachConsoleRequest::kSignOut:
        return SignOut();
      case pb::AttachConsoleRequest::MESSAGE_NOT_SET:
        break;
    }
    EndStream(InvalidField("message", "required: hello, heartbeat, foreground, activity, signal or sign_out"));
  }

  bool Next(pb::AttachConsoleResponse* out) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (welcome_) {
      *out->mutable_welcome() = *std::move(welcome_);
      welcome_.reset();
      welcomed_ = true;
      return true;
    }
    if (!welcomed_) return false;
    if (ack_) {
      out->mutable_heartbeat_ack()->set_sequence(*ack_);
      ack_.reset();
      return true;
    }
    if (NextResult(out)) return true;
    if (!latest_) return NextSignal(out);
    ToProto(*latest_, out->mutable_technician());
    for (const std::string& name : latest_->monitored_by) out->mutable_technician()->add_monitored_by(name);
    latest_.reset();
    return true;
  }

 private:
  std::string Actor() const { return "console:" + principal_.technician.value; }

  void Hello(const pb::ConsoleHello& hello) {
    if (absl::Status name = CheckChars("hello.console_name", hello.console_name(), limits::kConsoleNameChars); !name.ok()) {
      EndStream(name);
      return;
    }
    auto self = std::static_pointer_cast<ConsoleStream>(this->self());
    absl::Status submitted = gateway_.ShardOf(principal_.org).Submit([self, name = hello.console_name()](Turn& turn) {
      const TechnicianId& id = self->principal_.technician;
      OrgRuntime* rt = turn.Find(self->principal_.org);
      absl::Status status = rt == nullptr ? OrganizationNotFound(self->principal_.org.value) : absl::OkStatus();
      if (status.ok()) status = turn.Apply(*rt, command::AttachConsole{id, name}, self->Actor()).status();
      if (!status.ok()) {
        turn.AfterDurable([self, status] { self->EndStream(status); });
        return;
      }
      turn.AttachConsole(*rt, id, self);
      pb::ConsoleWelcome welcome;
      const Duration grace = turn.TellGrace(*rt, id);
      ToProto(InfoOf(rt->org, *FindTechnician(rt->org, id)), welcome.mutable_technician());
      for (const std::string& name : MonitoredBy(rt->org, id)) welcome.mutable_technician()->add_monitored_by(name);
      SetDuration(grace, welcome.mutable_console_lost_grace());
      SetDuration(std::max(grace / 3, Duration{1}), welcome.mutable_heartbeat_interval());
      turn.AfterDurable([self, welcome = std::move(welcome)] { self->Welcome(welcome); });
    });
    if (!submitted.ok()) EndStream(submitted);
  }

  void Welcome(const pb::ConsoleWelcome& welcome) {
    Seen(gateway_.clock.Now());
    {
      absl::MutexLock lock(&mu_);
      welcome_ = welcome;
      PumpLocked();
    }
    ReadNext();
  }

  // Only the console that counts as attached can sign its technician out.
  void SignOut() {
    auto self = std::static_pointer_cast<ConsoleStream>(this->self());
    absl::Status submitted = gateway_.ShardOf(principal_.org).Submit([self](Turn& turn) {
      OrgRuntime* rt = turn.Find(self->principal_.org);
      if (rt != nullptr) {
        auto console = rt->consoles.find(self->principal_.technician);
        if (console != rt->consoles.end() && console->second.attachment == self) {
          (void)turn.Apply(*rt, command::DetachConsole{self->principal_.technician, turn.now(), LinkCause::kSignedOut},
                           self->Actor());
        }
      }
      turn.AfterDurable([self] { self->EndStream(absl::OkStatus()); });
    });
    if (!submitted.ok()) EndStream(submitted);
  }

  const Principal principal_;
  std::optional<pb::ConsoleWelcome> welcome_ ABSL_GUARDED_BY(mu_);
  bool welcomed_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<TechnicianInfo> latest_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

grpc::ServerBidiReactor<pb::AttachConsoleRequest, pb::AttachConsoleResponse>* OpenConsoleStream(
    Gateway& gateway, grpc::CallbackServerContext* context) {
  absl::StatusOr<Principal> principal = gateway.directory.Authenticate(BearerToken(*context), gateway.clock.Now());
  auto stream = std::make_shared<ConsoleStream>(gateway, context, principal.ok() ? *principal : Principal{});
  if (!principal.ok() || !principal->technician) {
    stream->Refuse(stream, principal.ok()
                               ? PermissionDenied(Name(principal->role), "attach a console: the key has no technician")
                               : principal.status());
    return stream.get();
  }
  if (stream->Open(stream, StreamKind::kConsole, *principal)) stream->Begin();
  return stream.get();
}

}  // namespace guichet::router

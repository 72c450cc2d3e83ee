// The applet's stream. What it is told is a state, not a queue: the latest view of the session, at most one reboot order, one
// end.
#include "router/attach.h"
#include "router/attach_stream.h"
#include "router/parse.h"
#include "router/secrets.h"
#include "router/validate.h"
#include "statemachine/limits.h"
#include "store/keys.h"

namespace guichet::router {
namespace {

class DeviceStream final : public AttachStream<pb::AttachRequest, pb::AttachResponse> {
 public:
  DeviceStream(Gateway& gateway, grpc::CallbackServerContext* context, DeviceToken token)
      : AttachStream(gateway, context), token_(std::move(token)) {}

  void OnCustomer(CustomerUpdate update) override {
    absl::MutexLock lock(&mu_);
    if (update.session->ended_already()) ToProto(update, &ended_.emplace());
    if (update.reboot_ordered) reboot_ = update.session->reboot;
    latest_ = std::move(update);
    PumpLocked();
  }

 protected:
  void Receive(const pb::AttachRequest& request) override {
    switch (request.message_case()) {
      case pb::AttachRequest::kHello:
        return Hello(request.hello());
      case pb::AttachRequest::kHeartbeat:
        return Heartbeat(request.heartbeat().sequence());
      case pb::AttachRequest::kTerms:
        return Run(token_.org, command::AnswerTerms{token_.session, request.terms().accepted()}, "device");
      case pb::AttachRequest::kEnd:
        return Run(token_.org, command::CustomerEnd{token_.session}, "device");
      case pb::AttachRequest::kRebooting:
        return Rebooting(request.rebooting());
      case pb::AttachRequest::kActivity: {
        absl::StatusOr<FileInfo> file = ToFileInfo(request.activity().file());
        if (!file.ok()) return EndStream(file.status());
        return Answer({token_.session, request.activity().activity_id(), request.activity().granted(),
                       request.activity().standing(), *std::move(file), ""});
      }
      case pb::AttachRequest::kRevoke: {
        absl::StatusOr<command::RevokeActivity> revoke = ToRevoke(token_.session, request.revoke());
        return revoke.ok() ? Run(token_.org, *std::move(revoke), "device") : EndStream(revoke.status());
      }
      case pb::AttachRequest::kSignal:
        if (request.signal().session_id() != 0 && request.signal().session_id() != token_.session.value) {
          return EndStream(InvalidField("signal.session_id", "must be 0 or that of the token"));
        }
        return PassOn(token_.org, {token_.session, {}}, request.signal());
      case pb::AttachRequest::MESSAGE_NOT_SET:
        break;
    }
    EndStream(InvalidField("message", "required: hello, heartbeat, terms, end, rebooting, activity, revoke or signal"));
  }

  bool Next(pb::AttachResponse* out) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (welcome_) {
      *out->mutable_welcome() = *std::move(welcome_);
      welcome_.reset();
      welcomed_ = true;
      return true;
    }
    if (!welcomed_) return NextEnded(out);  // an ended session is told without a welcome
    if (ack_) {
      out->mutable_heartbeat_ack()->set_sequence(*ack_);
      ack_.reset();
      return true;
    }
    if (NextResult(out)) return true;
    if (!enrolled_.empty()) {
      *out->mutable_enrolled() = std::move(enrolled_.front());
      enrolled_.pop_front();
      return true;
    }
    if (latest_) {
      pb::CustomerView view;
      ToProto(*latest_, &view);
      latest_.reset();
      std::string bytes = view.SerializeAsString();
      if (bytes != shown_) {
        shown_ = std::move(bytes);
        *out->mutable_state() = std::move(view);
        return true;
      }
    }
    if (reboot_) {
      out->mutable_reboot()->set_kind(static_cast<pb::RebootKind>(*reboot_));
      reboot_.reset();
      last_ = true;
      EndAfterFlushLocked(absl::OkStatus());
      return true;
    }
    return NextEnded(out) || NextSignal(out);
  }

 private:
  bool NextEnded(pb::AttachResponse* out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (!ended_) return false;
    *out->mutable_ended() = *std::move(ended_);
    ended_.reset();
    last_ = true;
    EndAfterFlushLocked(absl::OkStatus());
    return true;
  }

  // Finds the session, checks the token against it and attaches, in one turn of the writer.
  void Hello(const pb::AppletHello& hello) {
    if (absl::Status platform = CheckBytes("hello.platform", hello.platform(), limits::kPlatformBytes); !platform.ok()) {
      EndStream(platform);
      return;
    }
    auto self = std::static_pointer_cast<DeviceStream>(this->self());
    absl::Status submitted =
        gateway_.ShardOf(token_.org).Submit([self, platform = hello.platform(), chat_only = hello.chat_only()](Turn& turn) {
          OrgRuntime* rt = turn.Find(self->token_.org);
          const Session* session = rt == nullptr ? nullptr : FindSession(rt->org, self->token_.session);
          if (session == nullptr) {
            turn.AfterDurable([self] { self->LookIntoHistory(); });
            return;
          }
          if (!EqualInConstantTime(session->device_token_hash, self->token_.hash)) {
            turn.AfterDurable([self] { self->EndStream(Unauthenticated("the device token is unknown")); });
            return;
          }
          if (session->ended_already()) {
            turn.AfterDurable([self, update = CustomerUpdateOf(rt->org, *session)] { self->TellEnded(update); });
            return;
          }
          if (chat_only && !session->chat_only) {
            absl::Status no_page = KindForbids(*session, "page that only chats: attach with the applet");
            turn.AfterDurable([self, no_page] { self->EndStream(no_page); });
            return;
          }
          absl::Status admitted = self->Admit(StreamKind::kDevice);
          if (admitted.ok()) admitted = turn.MayArrive(*rt, self->token_.session);
          if (!admitted.ok()) {
            turn.AfterDurable([self, admitted] { self->EndStream(admitted); });
            return;
          }
          turn.AttachDevice(*rt, self->token_.session, self);
          absl::StatusOr<Step> step =
              turn.Apply(*rt, command::AttachDevice{self->token_.session, platform, chat_only}, "device");
          if (step.ok() && !step->entry.events.empty()) turn.Arrived(*rt, self->token_.session);
          const Session& attached = *FindSession(rt->org, self->token_.session);
          pb::AppletWelcome welcome;
          const GroupSettings& settings = SettingsOf(rt->org, attached);
          const CustomerUpdate update = CustomerUpdateOf(rt->org, attached);
          welcome.set_session_id(attached.id.value);
          const Duration grace = turn.TellGrace(*rt, attached.id);
          SetDuration(grace, welcome.mutable_device_lost_grace());
          SetDuration(std::max(grace / 3, Duration{1}), welcome.mutable_heartbeat_interval());
          if (update.terms_pending) welcome.set_terms(settings.terms);
          ToProto(update, welcome.mutable_state());
          turn.AfterDurable([self, welcome = std::move(welcome)] { self->Welcome(welcome); });
        });
    if (!submitted.ok()) EndStream(submitted);
  }

  void Welcome(const pb::AppletWelcome& welcome) {
    Seen(gateway_.clock.Now());
    {
      absl::MutexLock lock(&mu_);
      shown_ = welcome.state().SerializeAsString();
      welcome_ = welcome;
      PumpLocked();
    }
    ReadNext();
  }

  void TellEnded(const CustomerUpdate& update) {
    absl::MutexLock lock(&mu_);
    ToProto(update, &ended_.emplace());
    PumpLocked();
  }

  // The session may have ended and left memory while the device was away: its device is told how.
  void LookIntoHistory() {
    auto self = std::static_pointer_cast<DeviceStream>(this->self());
    const bool taken = gateway_.workers.Run([self] {
      absl::StatusOr<std::string> record = self->gateway_.store.Get(
          store::OrgKey{self->token_.org.value}, store::Family::kHistory, store::NumberKey(self->token_.session.value));
      absl::StatusOr<Session> session = record.ok() ? store::DecodeSession(*record) : absl::StatusOr<Session>(record.status());
      if (session.ok() && EqualInConstantTime(session->device_token_hash, self->token_.hash)) {
        self->TellPast(*session);
      } else {
        self->EndStream(Unauthenticated("the device token is unknown"));
      }
    });
    if (!taken) EndStream(BusyReads());
  }

  // Its survey is its group's.
  void TellPast(const Session& session) {
    auto self = std::static_pointer_cast<DeviceStream>(this->self());
    auto update = std::make_shared<CustomerUpdate>();
    Read(
        gateway_, token_.org,
        [session, update](Turn&, OrgRuntime& rt) {
          *update = CustomerUpdateOf(rt.org, session);
          return absl::OkStatus();
        },
        [self, update](const absl::Status& status) {
          if (status.ok()) {
            self->TellEnded(*update);
          } else {
            self->EndStream(status);
          }
        });
  }

  // A computer that is enrolled by the answer gets its token; an answer that enrols nothing leaves the secret unused.
  void Answer(command::AnswerActivity answer) {
    auto self = std::static_pointer_cast<DeviceStream>(this->self());
    const std::string secret = RandomSecret();
    answer.secret_hash = Sha256(secret);
    absl::Status submitted = gateway_.ShardOf(token_.org).Submit([self, answer = std::move(answer), secret](Turn& turn) {
      OrgRuntime* rt = turn.Find(self->token_.org);
      absl::StatusOr<Step> step = rt == nullptr ? SessionNotFound(self->token_.session) : turn.Apply(*rt, answer, "device");
      if (!step.ok()) CountRefusal(self->gateway_.metrics, step.status());
      std::optional<pb::AppletEnrolled> enrolled;
      for (const Event& event : step.ok() ? step->entry.events : Events{}) {
        const auto* e = std::get_if<event::ComputerEnrolled>(&event);
        if (e == nullptr) continue;
        enrolled.emplace();
        enrolled->set_computer_id(e->computer.id.value);
        enrolled->set_computer_token(MakeComputerToken(self->token_.org, e->computer.id, secret));
        SetTime(e->computer.expires, enrolled->mutable_expire_time());
      }
      turn.AfterDurable([self, enrolled] {
        if (enrolled) {
          absl::MutexLock lock(&self->mu_);
          self->enrolled_.push_back(*enrolled);
          self->PumpLocked();
        }
        self->ReadNext();
      });
    });
    if (!submitted.ok()) EndStream(submitted);
  }

  void Rebooting(const pb::AppletRebooting& message) {
    absl::StatusOr<RebootKind> kind = ToRebootKind(message.kind());
    if (!kind.ok()) {
      EndStream(kind.status());
      return;
    }
    auto self = std::static_pointer_cast<DeviceStream>(this->self());
    Run(token_.org, command::DeviceReboots{token_.session, *kind}, "device", [self] {
      absl::MutexLock lock(&self->mu_);
      self->EndAfterFlushLocked(absl::OkStatus());
      self->PumpLocked();
    });
  }

  const DeviceToken token_;
  std::optional<pb::AppletWelcome> welcome_ ABSL_GUARDED_BY(mu_);
  bool welcomed_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<CustomerUpdate> latest_ ABSL_GUARDED_BY(mu_);
  std::string shown_ ABSL_GUARDED_BY(mu_);                        // the view sent last
  std::deque<pb::AppletEnrolled> enrolled_ ABSL_GUARDED_BY(mu_);  // at most one an activity of the session
  std::optional<RebootKind> reboot_ ABSL_GUARDED_BY(mu_);
  std::optional<pb::AppletEnded> ended_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

grpc::ServerBidiReactor<pb::AttachRequest, pb::AttachResponse>* OpenDeviceStream(Gateway& gateway,
                                                                                 grpc::CallbackServerContext* context) {
  const std::string bearer = BearerToken(*context);
  std::optional<DeviceToken> token = ParseDeviceToken(bearer);
  auto stream = std::make_shared<DeviceStream>(gateway, context, token ? *token : DeviceToken{});
  if (!token) {
    stream->Refuse(stream,
                   Unauthenticated(bearer.empty() ? "no credential: send the metadata \"authorization: Bearer DEVICE_TOKEN\""
                                                  : "the device token is unknown"));
    return stream.get();
  }
  if (stream->Open(stream, StreamKind::kNewcomer, Principal{.org = token->org})) stream->Begin();
  return stream.get();
}

}  // namespace guichet::router

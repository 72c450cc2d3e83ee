// SessionService.ExecuteCommands: many commands in flight over one stream.
#include <deque>

#include "router/authorize.h"
#include "router/limits.h"
#include "router/parse.h"
#include "router/session_reads.h"
#include "router/session_service.h"
#include "router/stream.h"
#include "statemachine/refusal.h"

namespace guichet::router {
namespace {

using Reactor = grpc::ServerBidiReactor<pb::ExecuteCommandsRequest, pb::ExecuteCommandsResponse>;

class CommandStream final : public Stream<Reactor, pb::ExecuteCommandsResponse> {
 public:
  CommandStream(Gateway& gateway, grpc::CallbackServerContext* context, Principal principal)
      : Stream(gateway, context, pb::ExecuteCommandsRequest::default_instance()), principal_(std::move(principal)) {}

  void Begin() { StartRead(&request_); }
  void Tick(Time now) override { CancelIfStalled(now); }

  void OnReadDone(bool ok) override {
    if (!ok) {
      absl::MutexLock lock(&mu_);
      read_all_ = true;
      FinishWhenIdle();
      PumpLocked();
      return;
    }
    rpc_.MessageReceived();
    {
      absl::MutexLock lock(&mu_);
      ++in_flight_;
    }
    Dispatch(request_);
    absl::MutexLock lock(&mu_);
    if (in_flight_ >= kCommandsInFlight) {
      paused_ = true;
    } else if (!finishing()) {
      StartRead(&request_);
    }
  }

 protected:
  bool Next(pb::ExecuteCommandsResponse* out) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (ready_.empty()) return false;
    *out = std::move(ready_.front());
    ready_.pop_front();
    --in_flight_;
    if (paused_ && in_flight_ < kCommandsInFlight) {
      paused_ = false;
      StartRead(&request_);
    }
    FinishWhenIdle();
    return true;
  }

 private:
  struct Answer {
    pb::CommandEffect effect;
    std::string code_key;
  };

  void FinishWhenIdle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (read_all_ && in_flight_ == 0) EndAfterFlushLocked(absl::OkStatus());
  }

  template <class Request>
  void Act(uint64_t tag, const Request& request) {
    absl::StatusOr<Command> command = ToCommand(principal_, request);
    if (!command.ok()) {
      Reply(tag, command.status(), {});
      return;
    }
    Submit(tag, request, *std::move(command), std::make_shared<Answer>());
  }

  void Create(uint64_t tag, const pb::CreateSessionRequest& request) {
    if (request.method() == pb::METHOD_CHANNEL_FORM || request.method() == pb::METHOD_MONITORING) {
      Reply(tag, InvalidField("create.method", "cannot be CHANNEL_FORM or MONITORING on this stream; use the unary call"), {});
      return;
    }
    absl::StatusOr<NewSession> made = ToNewSession(principal_, gateway_.codes, request);
    if (!made.ok()) {
      Reply(tag, made.status(), {});
      return;
    }
    auto answer = std::make_shared<Answer>();
    answer->effect.set_code(made->code);
    answer->code_key = made->command.code_key;
    Submit(tag, request, made->ToCommand(), answer);
  }

  template <class Request>
  void Submit(uint64_t tag, const Request& request, absl::StatusOr<Command> command, std::shared_ptr<Answer> answer) {
    auto self = std::static_pointer_cast<CommandStream>(this->self());
    Mutation mutation;
    mutation.org = principal_.org;
    mutation.principal = principal_;
    mutation.actor = principal_.actor();
    // A command of the stream and a unary call are different requests: their answers differ.
    SetRequest(mutation,
               principal_.key.value +
                   "\x1f"
                   "stream",
               principal_.token, request.request_id(), request);
    Mutate(
        gateway_, std::move(mutation), [command = std::move(command)](const Org&) { return command; }, &answer->effect,
        [answer](const OrgRuntime& rt, const Step& step) {
          answer->effect.set_revision(step.entry.revision.value);
          answer->effect.set_session_id(step.session.value);
          answer->effect.set_activity_id(ActivityRequestedBy(step));
          if (const Session* session = SessionAfter(rt, step)) answer->effect.set_epoch(session->epoch.value);
        },
        [self, tag, answer](const absl::Status& status) {
          if (!answer->code_key.empty()) self->gateway_.codes.Cancel(answer->code_key);
          self->Reply(tag, status, answer->effect);
        });
  }

  void Dispatch(const pb::ExecuteCommandsRequest& request) {
    const uint64_t tag = request.tag();
    switch (request.command_case()) {
      case pb::ExecuteCommandsRequest::kCreate:
        return Create(tag, request.create());
      case pb::ExecuteCommandsRequest::kStart:
        return Act(tag, request.start());
      case pb::ExecuteCommandsRequest::kHold:
        return Act(tag, request.hold());
      case pb::ExecuteCommandsRequest::kTransfer:
        return Act(tag, request.transfer());
      case pb::ExecuteCommandsRequest::kCancelTransfer:
        return Act(tag, request.cancel_transfer());
      case pb::ExecuteCommandsRequest::kEnd:
        return Act(tag, request.end());
      case pb::ExecuteCommandsRequest::kReboot:
        return Act(tag, request.reboot());
      case pb::ExecuteCommandsRequest::kInvite:
        return Act(tag, request.invite());
      case pb::ExecuteCommandsRequest::kRemove:
        return Act(tag, request.remove());
      case pb::ExecuteCommandsRequest::kLeave:
        return Act(tag, request.leave());
      case pb::ExecuteCommandsRequest::kOfferLead:
        return Act(tag, request.offer_lead());
      case pb::ExecuteCommandsRequest::kJoin:
        return Act(tag, request.join());
      case pb::ExecuteCommandsRequest::kAddNote:
        return Act(tag, request.add_note());
      case pb::ExecuteCommandsRequest::kCancelLeadOffer:
        return Act(tag, request.cancel_lead_offer());
      case pb::ExecuteCommandsRequest::kAcceptLead:
        return Act(tag, request.accept_lead());
      case pb::ExecuteCommandsRequest::kUpdate:
        return Act(tag, request.update());
      case pb::ExecuteCommandsRequest::kSetGrants:
        return Act(tag, request.set_grants());
      case pb::ExecuteCommandsRequest::kRequestActivity:
        return Act(tag, request.request_activity());
      case pb::ExecuteCommandsRequest::kCloseActivity:
        return Act(tag, request.close_activity());
      case pb::ExecuteCommandsRequest::kSetChat:
        return Act(tag, request.set_chat());
      case pb::ExecuteCommandsRequest::kSendSurvey:
        return Act(tag, request.send_survey());
      case pb::ExecuteCommandsRequest::kRejectOffer:
        return Act(tag, request.reject_offer());
      case pb::ExecuteCommandsRequest::COMMAND_NOT_SET:
        break;
    }
    Reply(tag, InvalidField("command", "required: set one command"), {});
  }

  void Reply(uint64_t tag, const absl::Status& status, const pb::CommandEffect& effect) {
    pb::ExecuteCommandsResponse response;
    response.set_tag(tag);
    if (status.ok()) {
      *response.mutable_effect() = effect;
    } else {
      CountRefusal(gateway_.metrics, status);
      const Refusal refusal = RefusalOf(status);
      pb::CommandError* error = response.mutable_error();
      error->set_code(static_cast<int>(status.code()));
      error->set_message(std::string(status.message()));
      error->set_reason(std::string(refusal.reason));
      for (const auto& [key, value] : refusal.metadata) (*error->mutable_metadata())[key] = value;
      if (refusal.retry > Duration{}) SetDuration(refusal.retry, error->mutable_retry_delay());
    }
    absl::MutexLock lock(&mu_);
    ready_.push_back(std::move(response));
    PumpLocked();
  }

  const Principal principal_;
  pb::ExecuteCommandsRequest request_;
  std::deque<pb::ExecuteCommandsResponse> ready_ ABSL_GUARDED_BY(mu_);
  size_t in_flight_ ABSL_GUARDED_BY(mu_) = 0;  // read and not handed to gRPC
  bool paused_ ABSL_GUARDED_BY(mu_) = false;
  bool read_all_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace

grpc::ServerBidiReactor<pb::ExecuteCommandsRequest, pb::ExecuteCommandsResponse>* SessionService::ExecuteCommands(
    Context context) {
  absl::StatusOr<Principal> principal = gateway_.directory.Authenticate(BearerToken(*context), gateway_.clock.Now());
  absl::Status refused = principal.status();
  if (refused.ok()) refused = MayCall(*principal, Right::kSessionsWrite, "act on sessions");
  auto stream = std::make_shared<CommandStream>(gateway_, context, principal.ok() ? *principal : Principal{});
  if (!refused.ok()) {
    stream->Refuse(stream, refused);
    return stream.get();
  }
  if (stream->Open(stream, StreamKind::kCommands, *principal)) stream->Begin();
  return stream.get();
}

}  // namespace guichet::router

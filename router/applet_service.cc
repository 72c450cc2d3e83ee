#include "router/applet_service.h"

#include "absl/strings/str_cat.h"
#include "router/attach.h"
#include "router/limits.h"
#include "router/parse.h"
#include "router/secrets.h"
#include "router/session_reads.h"
#include "router/unary_call.h"
#include "router/validate.h"
#include "statemachine/limits.h"

namespace guichet::router {
namespace {

// An applet has no credential: the request id seals the kept answer, so it must not be on disk in clear.
void HideRequestKey(Mutation& mutation) {
  if (!mutation.request_key.empty()) mutation.request_key = "device\x1f" + Sha256(mutation.request_key);
}

template <class Request>
absl::Status CheckDevice(const Request& request) {
  if (request.device_id().empty()) return InvalidField("device_id", "required: a stable id of the device");
  if (absl::Status s = CheckBytes("device_id", request.device_id(), limits::kDeviceIdBytes); !s.ok()) return s;
  if (absl::Status s = CheckBytes("platform", request.platform(), limits::kPlatformBytes); !s.ok()) return s;
  if (absl::Status s = CheckBytes("language", request.language(), limits::kLanguageBytes); !s.ok()) return s;
  return CheckRequestId(request.request_id());
}

// The answer of both ways in.
template <class Response>
Fill Entered(Response* response, std::string secret) {
  return [response, secret = std::move(secret)](const OrgRuntime& rt, const Step& step) {
    const Session& session = *SessionAfter(rt, step);
    response->set_revision(step.entry.revision.value);
    response->set_session_id(session.id.value);
    response->set_device_token(MakeDeviceToken(rt.org.id, session.id, secret));
    response->set_terms(SettingsOf(rt.org, session).terms);
  };
}

}  // namespace

grpc::ServerUnaryReactor* AppletService::RedeemCode(grpc::CallbackServerContext* context, const pb::RedeemCodeRequest* request,
                                                    pb::RedeemCodeResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  const Time now = gateway_.clock.Now();
  const std::string peer = PeerAddress(*context);
  auto check = [&]() -> absl::Status {
    if (request->code().empty()) return InvalidField("code", "required");
    if (absl::Status s = CheckBytes("code", request->code(), 64); !s.ok()) return s;
    if (absl::Status s = CheckDevice(*request); !s.ok()) return s;
    if (!Codes::IsGuessable(request->code())) return absl::OkStatus();
    absl::Status may = gateway_.codes.MayGuess(peer, request->device_id(), now);
    if (!may.ok()) gateway_.metrics.CodeRefused(metrics::CodeRefusal::kThrottled);
    return may;
  };
  if (absl::Status refused = check(); !refused.ok()) {
    call->Done(refused);
    return call;
  }
  auto wrong = [this, peer, device = request->device_id(), now, guessable = Codes::IsGuessable(request->code())] {
    if (guessable) gateway_.codes.WrongGuess(peer, device, now);
    gateway_.metrics.CodeRefused(metrics::CodeRefusal::kUnknown);
  };
  const std::string key = Codes::KeyOf(request->code());
  const std::optional<CodeTarget> target = gateway_.codes.Find(key, now);
  if (!target) {
    wrong();
    call->Done(CodeNotFound());
    return call;
  }
  const std::string secret = RandomSecret();
  Mutation mutation;
  mutation.org = target->org;
  mutation.actor = "device";
  mutation.abandoned = [context] { return context->IsCancelled(); };
  SetRequest(mutation, absl::StrCat("device\x1f", request->device_id()),
             request->code() + request->device_id() + request->request_id(), request->request_id(), *request);
  HideRequestKey(mutation);
  command::RedeemCode command{target->session,    key, Sha256(secret), request->device_id(), request->platform(),
                              request->language()};
  Mutate(
      gateway_, std::move(mutation), [command](const Org&) -> absl::StatusOr<Command> { return Command{command}; }, response,
      Entered(response, secret),
      [call, wrong](const absl::Status& status) {
        if (absl::IsNotFound(status)) wrong();
        call->Done(status);
      });
  return call;
}

grpc::ServerUnaryReactor* AppletService::EnterChannel(grpc::CallbackServerContext* context,
                                                      const pb::EnterChannelRequest* request,
                                                      pb::EnterChannelResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  command::CreateSession command;
  command.method = Method::kChannelForm;
  command.channel.value = request->channel_id();
  auto check = [&]() -> absl::Status {
    if (absl::Status s = CheckId("organization_id", request->organization_id()); !s.ok()) return s;
    if (absl::Status s = CheckId("channel_id", request->channel_id()); !s.ok()) return s;
    if (absl::Status s = CheckDevice(*request); !s.ok()) return s;
    absl::StatusOr<Profile> profile = ToProfile(request->name(), request->custom_fields(), "", request->language());
    if (!profile.ok()) return profile.status();
    command.profile = *std::move(profile);
    command.profile.device_id = request->device_id();
    command.profile.platform = request->platform();
    return gateway_.codes.TakeForm(PeerAddress(*context), gateway_.clock.Now());
  };
  if (absl::Status refused = check(); !refused.ok()) {
    call->Done(refused);
    return call;
  }
  const std::string secret = RandomSecret();
  command.device_token_hash = Sha256(secret);
  Mutation mutation;
  mutation.org.value = request->organization_id();
  mutation.actor = "device";
  mutation.abandoned = [context] { return context->IsCancelled(); };
  SetRequest(mutation, absl::StrCat("device\x1f", request->device_id()), request->device_id() + request->request_id(),
             request->request_id(), *request);
  HideRequestKey(mutation);
  Mutate(
      gateway_, std::move(mutation), [command](const Org&) -> absl::StatusOr<Command> { return Command{command}; }, response,
      Entered(response, secret),
      [call, channel = command.channel](const absl::Status& status) {
        // A stranger does not learn which organizations exist.
        const bool no_org = RefusalOf(status).reason == Name(Reason::kOrganizationNotFound);
        call->Done(no_org ? ChannelNotFound(channel) : status);
      });
  return call;
}

grpc::ServerBidiReactor<pb::AttachRequest, pb::AttachResponse>* AppletService::Attach(grpc::CallbackServerContext* context) {
  return OpenDeviceStream(gateway_, context);
}

}  // namespace guichet::router

#include "router/channel_service.h"

#include "absl/strings/str_cat.h"
#include "router/entrance.h"
#include "router/unary_call.h"

namespace guichet::router {

grpc::ServerUnaryReactor* ChannelService::SubmitForm(grpc::CallbackServerContext* context, const pb::SubmitFormRequest* request,
                                                     pb::SubmitFormResponse* response) {
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

}  // namespace guichet::router

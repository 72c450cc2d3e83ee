#include "router/channel_service.h"

#include "absl/strings/str_cat.h"
#include "router/entrance.h"
#include "router/form.h"
#include "router/live.h"
#include "router/unary_call.h"
#include "store/keys.h"

namespace guichet::router {
namespace {

// A stranger does not learn which organizations exist.
absl::Status AsChannelNotFound(const absl::Status& status, const std::string& channel) {
  const bool no_org = RefusalOf(status).reason == Name(Reason::kOrganizationNotFound);
  return no_org ? ChannelNotFound(ChannelId{channel}) : status;
}

absl::Status CheckChannel(const std::string& org, const std::string& channel) {
  if (absl::Status s = CheckId("organization_id", org); !s.ok()) return s;
  return CheckId("channel_id", channel);
}

// The fallback that applies to the channel as it is; null: none.
const Fallback* FallbackOf(const Org& org, const Channel& channel) {
  if (!channel.open && channel.out_of_hours.action != Unserved::kKeepWaiting) return &channel.out_of_hours;
  const bool applies = channel.nobody_online.action != Unserved::kKeepWaiting && !AnybodyOnline(org, Queue{channel.id, {}});
  return applies ? &channel.nobody_online : nullptr;
}

absl::StatusOr<DeviceToken> TokenOf(grpc::CallbackServerContext* context) {
  const std::string bearer = BearerToken(*context);
  std::optional<DeviceToken> token = ParseDeviceToken(bearer);
  if (token) return *token;
  return Unauthenticated(bearer.empty() ? "no credential: send the metadata \"authorization: Bearer DEVICE_TOKEN\""
                                        : "the device token is unknown");
}

// The session of a device token; null: it has left memory.
absl::StatusOr<const Session*> SessionOf(const Org& org, const DeviceToken& token) {
  const Session* session = FindSession(org, token.session);
  if (session != nullptr && !EqualInConstantTime(session->device_token_hash, token.hash)) {
    return Unauthenticated("the device token is unknown");
  }
  return session;
}

void ShowPlace(const Session* session, QueueRanks& ranks, pb::QueuePosition* out) {
  if (session == nullptr || session->ended_already()) {
    out->set_state(pb::QueuePosition::STATE_ENDED);
    return;
  }
  if (session->lead() != nullptr) {
    out->set_state(pb::QueuePosition::STATE_STARTED);
    return;
  }
  if (session->notified) {
    if (const Channel* channel = FindChannel(ranks.org(), session->channel)) {
      const Fallback* fallback = FallbackOf(ranks.org(), *channel);
      if (fallback != nullptr) out->set_notice(fallback->notice);
    }
  }
  if (session->waiting_since != kNoTime) SetDuration(ranks.now() - session->waiting_since, out->mutable_waited());
  if (session->link != Link::kAttached) {
    out->set_state(pb::QueuePosition::STATE_NOT_ATTACHED);
    return;
  }
  if (session->offer || session->transfer) {
    out->set_state(pb::QueuePosition::STATE_OFFERED);
    return;
  }
  out->set_state(pb::QueuePosition::STATE_WAITING);
  if (!session->channel) return;
  const size_t ahead = ranks.Ahead(*session);
  out->set_position(static_cast<uint32_t>(ahead + 1));
  if (std::optional<WaitEstimate> estimate = ranks.Estimate(*session, ahead)) {
    SetDuration(estimate->p50, out->mutable_estimate()->mutable_p50());
    SetDuration(estimate->p90, out->mutable_estimate()->mutable_p90());
  }
}

// For a session that is not in memory: OK when the token is that of an ended one. Other refusals stay; a stranger does not
// learn which organizations exist.
void EndedOrUnknown(Gateway& gateway, const DeviceToken& token, const absl::Status& status,
                    std::function<void(absl::Status)> done) {
  const std::string_view reason = RefusalOf(status).reason;
  const bool look = status.ok() || reason == Name(Reason::kSessionNotFound);
  if (!look) {
    done(reason == Name(Reason::kOrganizationNotFound) ? Unauthenticated("the device token is unknown") : status);
    return;
  }
  const bool taken = gateway.workers.Run([&gateway, token, done] {
    absl::StatusOr<std::string> record =
        gateway.store.Get(store::OrgKey{token.org.value}, store::Family::kHistory, store::NumberKey(token.session.value));
    absl::StatusOr<Session> session = record.ok() ? store::DecodeSession(*record) : absl::StatusOr<Session>(record.status());
    const bool his = session.ok() && EqualInConstantTime(session->device_token_hash, token.hash);
    done(his ? absl::OkStatus() : Unauthenticated("the device token is unknown"));
  });
  if (!taken) done(Overloaded("the read queue", kCommandQueue, kRetryDelay));
}

// The place of one session. `waited` grows all the time and is no reason to send it again.
class PositionWatch final : public LiveStream<pb::WatchPositionResponse> {
 public:
  PositionWatch(Gateway& gateway, grpc::CallbackServerContext* context, DeviceToken token)
      : LiveStream(gateway, context, pb::WatchPositionRequest::default_instance()), token_(std::move(token)) {}

 protected:
  absl::Status Check(const OrgRuntime& rt) override {
    absl::StatusOr<const Session*> session = SessionOf(rt.org, token_);
    if (!session.ok()) return session.status();
    return *session == nullptr ? Unauthenticated("the device token is unknown") : absl::OkStatus();
  }
  absl::Status Make(QueueRanks& ranks, pb::WatchPositionResponse* out, bool* last) override {
    ShowPlace(FindSession(ranks.org(), token_.session), ranks, out->mutable_position());
    const auto state = out->position().state();
    *last = state == pb::QueuePosition::STATE_ENDED || state == pb::QueuePosition::STATE_STARTED;
    return absl::OkStatus();
  }
  void Forget(pb::WatchPositionResponse* out) override { out->mutable_position()->clear_waited(); }

 private:
  const DeviceToken token_;
};

}  // namespace

grpc::ServerUnaryReactor* ChannelService::GetForm(Context context, const pb::GetFormRequest* request,
                                                  pb::GetFormResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  if (absl::Status bad = CheckChannel(request->organization_id(), request->channel_id()); !bad.ok()) {
    call->Done(bad);
    return call;
  }
  const OrgId org{request->organization_id()};
  Read(
      gateway_, org,
      [response, id = ChannelId{request->channel_id()}](Turn&, OrgRuntime& rt) -> absl::Status {
        const Channel* channel = FindChannel(rt.org, id);
        if (channel == nullptr) return ChannelNotFound(id);
        pb::Channel form;
        ToProto(*channel, &form);
        response->set_display_name(channel->display_name);
        response->mutable_fields()->Swap(form.mutable_fields());
        response->set_open(channel->open);
        if (form.has_hours()) *response->mutable_hours() = std::move(*form.mutable_hours());
        response->set_served(AnybodyOnline(rt.org, Queue{id, {}}));
        const Fallback* fallback = FallbackOf(rt.org, *channel);
        if (fallback == &channel->out_of_hours) *response->mutable_fallback() = std::move(*form.mutable_out_of_hours());
        if (fallback == &channel->nobody_online) *response->mutable_fallback() = std::move(*form.mutable_nobody_online());
        return absl::OkStatus();
      },
      [call, channel = request->channel_id()](const absl::Status& status) { call->Done(AsChannelNotFound(status, channel)); });
  return call;
}

grpc::ServerUnaryReactor* ChannelService::SubmitForm(grpc::CallbackServerContext* context, const pb::SubmitFormRequest* request,
                                                     pb::SubmitFormResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  command::CreateSession command;
  command.method = Method::kChannelForm;
  command.channel.value = request->channel_id();
  auto check = [&]() -> absl::Status {
    if (absl::Status s = CheckChannel(request->organization_id(), request->channel_id()); !s.ok()) return s;
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
      gateway_, std::move(mutation),
      [command](const Org& org) -> absl::StatusOr<Command> {
        if (const Channel* channel = FindChannel(org, command.channel)) {
          if (absl::Status form = CheckForm(channel->fields, command.profile.custom_fields); !form.ok()) return form;
        }
        return Command{command};
      },
      response, Entered(response, secret),
      [call, channel = request->channel_id()](const absl::Status& status) { call->Done(AsChannelNotFound(status, channel)); });
  return call;
}

grpc::ServerUnaryReactor* ChannelService::GetPosition(Context context, const pb::GetPositionRequest* request,
                                                      pb::GetPositionResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<DeviceToken> token = TokenOf(context);
  if (!token.ok()) {
    call->Done(token.status());
    return call;
  }
  auto in_memory = std::make_shared<bool>(true);
  Read(
      gateway_, token->org,
      [response, token = *token, in_memory](Turn& turn, OrgRuntime& rt) {
        response->set_revision(rt.org.revision.value);
        absl::StatusOr<const Session*> session = SessionOf(rt.org, token);
        if (!session.ok()) return session.status();
        *in_memory = *session != nullptr;
        QueueRanks ranks(rt.org, turn.now());
        ShowPlace(*session, ranks, response->mutable_position());
        return absl::OkStatus();
      },
      [this, call, token = *token, in_memory](const absl::Status& status) {
        if (status.ok() && *in_memory) {
          call->Done(status);
        } else {
          EndedOrUnknown(gateway_, token, status, [call](const absl::Status& ended) { call->Done(ended); });
        }
      });
  return call;
}

grpc::ServerWriteReactor<pb::WatchPositionResponse>* ChannelService::WatchPosition(Context context,
                                                                                   const pb::WatchPositionRequest*) {
  absl::StatusOr<DeviceToken> token = TokenOf(context);
  auto watch = std::make_shared<PositionWatch>(gateway_, context, token.ok() ? *token : DeviceToken{});
  if (!token.ok()) {
    watch->Refuse(watch, token.status());
    return watch.get();
  }
  if (watch->Open(watch, StreamKind::kWatch, Principal{.org = token->org})) watch->Begin(token->org);
  return watch.get();
}

grpc::ServerUnaryReactor* ChannelService::LeaveQueue(Context context, const pb::LeaveQueueRequest* request,
                                                     pb::LeaveQueueResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<DeviceToken> token = TokenOf(context);
  if (!token.ok()) {
    call->Done(token.status());
    return call;
  }
  Mutation mutation;
  mutation.org = token->org;
  mutation.actor = "device";
  auto left = std::make_shared<bool>(false);
  Mutate(
      gateway_, std::move(mutation),
      [token = *token, left](const Org& org) -> absl::StatusOr<Command> {
        absl::StatusOr<const Session*> session = SessionOf(org, token);
        if (!session.ok()) return session.status();
        *left = *session != nullptr && (*session)->ended_already();
        return Command{command::CustomerEnd{token.session}};
      },
      response, [response](const OrgRuntime&, const Step& step) { response->set_revision(step.entry.revision.value); },
      [this, call, token = *token, left](const absl::Status& status) {
        if (status.ok() || *left) {
          call->Done(absl::OkStatus());
        } else {
          EndedOrUnknown(gateway_, token, status, [call](const absl::Status& ended) { call->Done(ended); });
        }
      });
  return call;
}

}  // namespace guichet::router

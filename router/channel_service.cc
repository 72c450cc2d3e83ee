#include "router/channel_service.h"

#include "absl/strings/str_cat.h"
#include "router/board_stream.h"
#include "router/device_visit.h"
#include "router/entrance.h"
#include "router/form.h"
#include "router/parse.h"
#include "router/unary_call.h"

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

static_assert(static_cast<int>(Place::State::kNotAttached) == pb::QueuePosition::STATE_NOT_ATTACHED);
static_assert(static_cast<int>(Place::State::kEnded) == pb::QueuePosition::STATE_ENDED);

void ToProto(const Place& place, pb::QueuePosition* out) {
  out->set_state(static_cast<pb::QueuePosition::State>(place.state));
  out->set_position(static_cast<uint32_t>(place.position));
  SetDuration(place.waited, out->mutable_waited());
  if (place.estimate) router::ToProto(*place.estimate, out->mutable_estimate());
  out->set_notice(place.notice);
}

class PositionWatch final : public BoardStream<pb::WatchPositionResponse, Place> {
 public:
  using BoardStream::BoardStream;

  // Requires Open.
  void Begin(const DeviceToken& token) {
    auto self = std::static_pointer_cast<PositionWatch>(this->self());
    Visit visit;
    visit.here = [self](Turn& turn, OrgRuntime& rt, const Session& session) {
      if (session.ended_already()) {
        const Seen<Place> ended{1, rt.org.revision, rt.boards.PlaceOf(rt.org, session, turn.now())};
        turn.AfterDurable([self, ended] { self->Show(ended); });
        return;
      }
      absl::StatusOr<Seen<Place>> seen = rt.boards.Look(rt.org, session, std::weak_ptr<Looker>(self), turn.now());
      turn.AfterDurable([self, seen] { seen.ok() ? self->Show(*seen) : self->EndStream(seen.status()); });
    };
    visit.gone = [self](const Session& session) { self->Show(Seen<Place>{1, session.revision, Place{}}); };
    visit.refused = [self](const absl::Status& why) { self->EndStream(why); };
    VisitDevice(gateway_, token, std::move(visit));
  }

 protected:
  void Convert(const Place& place, pb::WatchPositionResponse* out) override { ToProto(place, out->mutable_position()); }
  bool IsLast(const Place& place) override { return place.final(); }
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
        const Fallback* fallback = FallbackNow(rt.org, Queue{id, {}});
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
    absl::StatusOr<SessionType> type = ToFormType(request->type());
    if (!type.ok()) return type.status();
    command.type = *type;
    return absl::OkStatus();
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
      [this, command, address = PeerAddress(*context)](const Org& org) -> absl::StatusOr<Command> {
        if (absl::Status taken = gateway_.codes.TakeForm(address, gateway_.clock.Now()); !taken.ok()) return taken;
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
  Visit visit;
  visit.here = [call, response](Turn& turn, OrgRuntime& rt, const Session& session) {
    response->set_revision(rt.org.revision.value);
    ToProto(rt.boards.PlaceOf(rt.org, session, turn.now()), response->mutable_position());
    turn.AfterDurable([call] { call->Done(absl::OkStatus()); });
  };
  visit.gone = [call, response](const Session& session) {
    response->set_revision(session.revision.value);
    response->mutable_position()->set_state(pb::QueuePosition::STATE_ENDED);
    call->Done(absl::OkStatus());
  };
  visit.refused = [call](const absl::Status& why) { call->Done(why); };
  VisitDevice(gateway_, *token, std::move(visit));
  return call;
}

grpc::ServerWriteReactor<pb::WatchPositionResponse>* ChannelService::WatchPosition(Context context,
                                                                                   const pb::WatchPositionRequest* request) {
  absl::StatusOr<DeviceToken> token = TokenOf(context);
  auto watch = std::make_shared<PositionWatch>(gateway_, context, *request);
  if (!token.ok()) {
    watch->Refuse(watch, token.status());
    return watch.get();
  }
  if (watch->Open(watch, StreamKind::kPosition, Principal{.org = token->org})) watch->Begin(*token);
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
  Visit visit;
  visit.here = [call, response](Turn& turn, OrgRuntime& rt, const Session& session) {
    absl::Status left;
    response->set_revision(session.revision.value);
    if (!session.ended_already()) {
      absl::StatusOr<Step> step = turn.Apply(rt, command::CustomerEnd{session.id}, "device");
      left = step.status();
      if (step.ok()) response->set_revision(step->entry.revision.value);
    }
    turn.AfterDurable([call, left] { call->Done(left); });
  };
  visit.gone = [call, response](const Session& session) {
    response->set_revision(session.revision.value);
    call->Done(absl::OkStatus());
  };
  visit.refused = [call](const absl::Status& why) { call->Done(why); };
  VisitDevice(gateway_, *token, std::move(visit));
  return call;
}

}  // namespace guichet::router

// Channels.
#include "router/admin_call.h"
#include "router/parse_org.h"

namespace guichet::router {

grpc::ServerUnaryReactor* AdminService::CreateChannel(Context context, const pb::CreateChannelRequest* request,
                                                      pb::CreateChannelResponse* response) {
  const ChannelId id{request->channel().channel_id()};
  return Change(
      gateway_, Right::kOrganizationWrite, context, request, response,
      [request, id](const Principal&) -> absl::StatusOr<MakeCommand> {
        if (absl::Status form = CheckId("channel.channel_id", id.value); !form.ok()) return form;
        absl::StatusOr<Edit<Channel>> edit = ToEdit(request->channel(), FieldMask());
        if (!edit.ok()) return edit.status();
        Channel channel;
        channel.id = id;
        channel.display_name = id.value;
        (*edit)(channel);
        return [channel = std::move(channel)](const Org&) -> absl::StatusOr<Command> {
          return Command{command::PutChannel{channel, true}};
        };
      },
      [id](const OrgRuntime& rt, pb::CreateChannelResponse* out) { ToProto(rt.org.channels.at(id), out->mutable_channel()); });
}

grpc::ServerUnaryReactor* AdminService::GetChannel(Context context, const pb::GetChannelRequest* request,
                                                   pb::GetChannelResponse* response) {
  return Look(gateway_, context, request, response,
              [id = ChannelId{request->channel_id()}](const OrgRuntime& rt, pb::GetChannelResponse* out) -> absl::Status {
                const Channel* channel = FindChannel(rt.org, id);
                if (channel == nullptr) return ChannelNotFound(id);
                ToProto(*channel, out->mutable_channel());
                return absl::OkStatus();
              });
}

grpc::ServerUnaryReactor* AdminService::UpdateChannel(Context context, const pb::UpdateChannelRequest* request,
                                                      pb::UpdateChannelResponse* response) {
  const ChannelId id{request->channel().channel_id()};
  return Change(
      gateway_, Right::kOrganizationWrite, context, request, response,
      [request, id](const Principal&) -> absl::StatusOr<MakeCommand> {
        if (absl::Status form = CheckId("channel.channel_id", id.value); !form.ok()) return form;
        absl::StatusOr<Edit<Channel>> edit = ToEdit(request->channel(), request->update_mask());
        if (!edit.ok()) return edit.status();
        return [id, edit = *std::move(edit)](const Org& org) -> absl::StatusOr<Command> {
          const Channel* base = FindChannel(org, id);
          if (base == nullptr) return ChannelNotFound(id);
          command::PutChannel put{*base, false};
          edit(put.channel);
          return Command{std::move(put)};
        };
      },
      [id](const OrgRuntime& rt, pb::UpdateChannelResponse* out) { ToProto(rt.org.channels.at(id), out->mutable_channel()); });
}

grpc::ServerUnaryReactor* AdminService::DeleteChannel(Context context, const pb::DeleteChannelRequest* request,
                                                      pb::DeleteChannelResponse* response) {
  return Change(
      gateway_, Right::kOrganizationWrite, context, request, response,
      [request](const Principal&) -> absl::StatusOr<MakeCommand> {
        if (absl::Status id = CheckId("channel_id", request->channel_id()); !id.ok()) return id;
        return [id = ChannelId{request->channel_id()}](const Org&) -> absl::StatusOr<Command> {
          return Command{command::DeleteChannel{id}};
        };
      },
      [](const OrgRuntime&, pb::DeleteChannelResponse*) {});
}

grpc::ServerUnaryReactor* AdminService::ListChannels(Context context, const pb::ListChannelsRequest* request,
                                                     pb::ListChannelsResponse* response) {
  return Look(gateway_, context, request, response, [request = *request](const OrgRuntime& rt, pb::ListChannelsResponse* out) {
    return Page(rt.org.channels, request, out, "channels",
                [&](const Channel& channel) { ToProto(channel, out->add_channels()); });
  });
}

}  // namespace guichet::router

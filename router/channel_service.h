// ChannelService: the customers' entrance.
#pragma once

#include "guichet/v1/channel_service.grpc.pb.h"
#include "router/gateway.h"

namespace guichet::router {

class ChannelService final : public pb::ChannelService::CallbackService {
 public:
  explicit ChannelService(Gateway& gateway) : gateway_(gateway) {}
  using Context = grpc::CallbackServerContext*;

  grpc::ServerUnaryReactor* GetForm(Context, const pb::GetFormRequest*, pb::GetFormResponse*) override;
  grpc::ServerUnaryReactor* SubmitForm(Context, const pb::SubmitFormRequest*, pb::SubmitFormResponse*) override;
  grpc::ServerUnaryReactor* GetPosition(Context, const pb::GetPositionRequest*, pb::GetPositionResponse*) override;
  grpc::ServerWriteReactor<pb::WatchPositionResponse>* WatchPosition(Context, const pb::WatchPositionRequest*) override;
  grpc::ServerUnaryReactor* LeaveQueue(Context, const pb::LeaveQueueRequest*, pb::LeaveQueueResponse*) override;

 private:
  Gateway& gateway_;
};

}  // namespace guichet::router

// ChannelService: the customers' entrance.
#pragma once

#include "guichet/v1/channel_service.grpc.pb.h"
#include "router/gateway.h"

namespace guichet::router {

class ChannelService final : public pb::ChannelService::CallbackService {
 public:
  explicit ChannelService(Gateway& gateway) : gateway_(gateway) {}
  grpc::ServerUnaryReactor* SubmitForm(grpc::CallbackServerContext*, const pb::SubmitFormRequest*,
                                       pb::SubmitFormResponse*) override;

 private:
  Gateway& gateway_;
};

}  // namespace guichet::router

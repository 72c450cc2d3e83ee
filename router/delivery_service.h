// DeliveryService: invitations by e-mail and SMS.
#pragma once

#include "guichet/v1/delivery_service.grpc.pb.h"
#include "router/gateway.h"

namespace guichet::router {

class DeliveryService final : public pb::DeliveryService::CallbackService {
 public:
  explicit DeliveryService(Gateway& gateway) : gateway_(gateway) {}

 private:
  [[maybe_unused]] Gateway& gateway_;
};

}  // namespace guichet::router

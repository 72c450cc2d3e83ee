// RoutingService: why routing did what it did.
#pragma once

#include "guichet/v1/routing_service.grpc.pb.h"
#include "router/gateway.h"

namespace guichet::router {

class RoutingService final : public pb::RoutingService::CallbackService {
 public:
  explicit RoutingService(Gateway& gateway) : gateway_(gateway) {}

 private:
  [[maybe_unused]] Gateway& gateway_;
};

}  // namespace guichet::router

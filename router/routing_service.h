// RoutingService: why routing did what it did, what it would do, and who is available.
#pragma once

#include "guichet/v1/routing_service.grpc.pb.h"
#include "router/gateway.h"

namespace guichet::router {

class RoutingService final : public pb::RoutingService::CallbackService {
 public:
  explicit RoutingService(Gateway& gateway) : gateway_(gateway) {}
  using Context = grpc::CallbackServerContext*;

  grpc::ServerUnaryReactor* ExplainSession(Context, const pb::ExplainSessionRequest*, pb::ExplainSessionResponse*) override;
  grpc::ServerUnaryReactor* ExplainTechnician(Context, const pb::ExplainTechnicianRequest*,
                                              pb::ExplainTechnicianResponse*) override;
  grpc::ServerUnaryReactor* GetAvailability(Context, const pb::GetAvailabilityRequest*, pb::GetAvailabilityResponse*) override;
  grpc::ServerWriteReactor<pb::WatchAvailabilityResponse>* WatchAvailability(Context,
                                                                             const pb::WatchAvailabilityRequest*) override;

 private:
  Gateway& gateway_;
};

}  // namespace guichet::router

// DeliveryService: invitations by e-mail and SMS.
#pragma once

#include "guichet/v1/delivery_service.grpc.pb.h"
#include "router/gateway.h"

namespace guichet::router {

class DeliveryService final : public pb::DeliveryService::CallbackService {
 public:
  explicit DeliveryService(Gateway& gateway) : gateway_(gateway) {}
  using Context = grpc::CallbackServerContext*;

  grpc::ServerWriteReactor<pb::WatchDeliveriesResponse>* WatchDeliveries(Context, const pb::WatchDeliveriesRequest*) override;
  grpc::ServerUnaryReactor* ReportDelivery(Context, const pb::ReportDeliveryRequest*, pb::ReportDeliveryResponse*) override;

 private:
  Gateway& gateway_;
};

}  // namespace guichet::router

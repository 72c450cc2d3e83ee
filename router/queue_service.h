// QueueService: one technician's queue, listed and watched.
#pragma once

#include "guichet/v1/queue_service.grpc.pb.h"
#include "router/gateway.h"

namespace guichet::router {

class QueueService final : public pb::QueueService::CallbackService {
 public:
  explicit QueueService(Gateway& gateway) : gateway_(gateway) {}
  grpc::ServerUnaryReactor* ListQueue(grpc::CallbackServerContext*, const pb::ListQueueRequest*,
                                      pb::ListQueueResponse*) override;
  grpc::ServerWriteReactor<pb::WatchQueueResponse>* WatchQueue(grpc::CallbackServerContext*,
                                                               const pb::WatchQueueRequest*) override;

 private:
  Gateway& gateway_;
};

}  // namespace guichet::router

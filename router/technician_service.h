// TechnicianService: presence, status, and who is there.
#pragma once

#include "guichet/v1/technician_service.grpc.pb.h"
#include "router/gateway.h"

namespace guichet::router {

class TechnicianService final : public pb::TechnicianService::CallbackService {
 public:
  explicit TechnicianService(Gateway& gateway) : gateway_(gateway) {}
  grpc::ServerBidiReactor<pb::AttachConsoleRequest, pb::AttachConsoleResponse>* AttachConsole(
      grpc::CallbackServerContext*) override;
  grpc::ServerUnaryReactor* RedeemInvitation(grpc::CallbackServerContext*, const pb::RedeemInvitationRequest*,
                                             pb::RedeemInvitationResponse*) override;
  grpc::ServerUnaryReactor* SetStatus(grpc::CallbackServerContext*, const pb::SetStatusRequest*,
                                      pb::SetStatusResponse*) override;
  grpc::ServerUnaryReactor* ListTechnicians(grpc::CallbackServerContext*, const pb::ListTechniciansRequest*,
                                            pb::ListTechniciansResponse*) override;
  grpc::ServerWriteReactor<pb::WatchTechniciansResponse>* WatchTechnicians(grpc::CallbackServerContext*,
                                                                           const pb::WatchTechniciansRequest*) override;

 private:
  Gateway& gateway_;
};

}  // namespace guichet::router

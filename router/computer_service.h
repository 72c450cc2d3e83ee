// ComputerService: unattended access.
#pragma once

#include "guichet/v1/computer_service.grpc.pb.h"
#include "router/gateway.h"

namespace guichet::router {

class ComputerService final : public pb::ComputerService::CallbackService {
 public:
  // kAgents refuses the calls of technicians and programs, at an address where anybody may connect.
  enum class Callers { kAll, kAgents };
  explicit ComputerService(Gateway& gateway, Callers callers = Callers::kAll) : gateway_(gateway), callers_(callers) {}
  using Context = grpc::CallbackServerContext*;
  using Unary = grpc::ServerUnaryReactor*;

  Unary ListComputers(Context, const pb::ListComputersRequest*, pb::ListComputersResponse*) override;
  Unary ConnectComputer(Context, const pb::ConnectComputerRequest*, pb::ConnectComputerResponse*) override;
  Unary UpdateComputer(Context, const pb::UpdateComputerRequest*, pb::UpdateComputerResponse*) override;
  Unary RevokeComputer(Context, const pb::RevokeComputerRequest*, pb::RevokeComputerResponse*) override;
  grpc::ServerBidiReactor<pb::AttachComputerRequest, pb::AttachComputerResponse>* AttachComputer(Context) override;

 private:
  Gateway& gateway_;
  const Callers callers_;
};

}  // namespace guichet::router

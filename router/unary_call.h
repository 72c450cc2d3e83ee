// Every unary call: counted, timed, logged, ended exactly once.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <chrono>
#include <string>

#include "router/authorize.h"
#include "router/errors.h"
#include "router/gateway.h"
#include "router/methods.h"
#include "statemachine/refusal.h"

namespace guichet::router {

// Lives until gRPC has sent the status; Done must be called exactly once, from any thread, and is the last touch of the object.
class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  UnaryCall(Gateway& gateway, grpc::CallbackServerContext* context, const google::protobuf::Message& request)
      : gateway_(gateway),
        context_(context),
        method_(MethodOf(request)),
        rpc_(gateway.metrics.Rpc(method_)),
        started_(std::chrono::steady_clock::now()) {
    rpc_.Started();
    rpc_.MessageReceived();
  }

  // The caller, who must have the right.
  absl::StatusOr<Principal> Caller(Right right, std::string_view what) {
    absl::StatusOr<Principal> principal = gateway_.directory.Authenticate(BearerToken(*context_), gateway_.clock.Now());
    if (!principal.ok()) return principal;
    absl::Status may = MayCall(*principal, right, what);
    return may.ok() ? principal : absl::StatusOr<Principal>(may);
  }

  // The mutation of an authenticated caller.
  Mutation Begin(const Principal& principal, const std::string& request_id, const google::protobuf::Message& request) {
    Mutation mutation;
    mutation.org = principal.org;
    mutation.principal = principal;
    mutation.actor = principal.actor();
    mutation.abandoned = [this] { return context_->IsCancelled(); };
    SetRequest(mutation, principal.key.value, principal.token, request_id, request);
    return mutation;
  }

  void Done(const absl::Status& status) {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started_;
    CountRefusal(gateway_.metrics, status);
    rpc_.Handled(static_cast<int>(status.code()), took.count());
    LogCall(method_, status, took.count());
    if (status.ok()) rpc_.MessageSent();
    Finish(ToGrpc(status));
  }

  grpc::CallbackServerContext& context() { return *context_; }
  Gateway& gateway() { return gateway_; }

  void OnDone() override { delete this; }
  void OnCancel() override {}

 private:
  Gateway& gateway_;
  grpc::CallbackServerContext* const context_;
  const size_t method_;
  metrics::RpcMetrics& rpc_;
  const std::chrono::steady_clock::time_point started_;
};

}  // namespace guichet::router

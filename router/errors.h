// The one place that turns a status into a gRPC status with google.rpc.ErrorInfo, BadRequest and RetryInfo.
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace guichet::router {

inline constexpr char kErrorDomain[] = "guichet";

grpc::Status ToGrpc(const absl::Status& status);

}  // namespace guichet::router

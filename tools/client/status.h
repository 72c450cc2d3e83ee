// From a gRPC status, with the details of its trailer, to absl::Status; and how to read those details.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "google/rpc/error_details.pb.h"

namespace grpc {
class Status;
}

namespace guichet::client {

// Same code and message. google.rpc.Status details of `status` become payloads under their type URLs; damaged details are left
// out.
absl::Status FromGrpc(const grpc::Status& status);

// The ErrorInfo of `status`; empty when it carries none.
google::rpc::ErrorInfo ErrorInfoOf(const absl::Status& status);

// The code in UPPER_SNAKE_CASE, as in NOT_FOUND.
std::string CodeName(const absl::Status& status);

}  // namespace guichet::client

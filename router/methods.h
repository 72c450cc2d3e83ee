// The list of all rpcs, read off the compiled protos: positions are what the metrics count by.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "metrics/metrics.h"

namespace guichet::router {

std::vector<metrics::RpcMethod> AllMethods();

// The position of the rpc whose request this is; the position after the last for one that is no request.
size_t MethodOf(const google::protobuf::Message& request);

// Everything whose names the metrics need: rpcs, rows, triggers, reasons …
metrics::MetricsOptions MakeMetricsOptions(std::string version);

// One line a call, at debug; at warn for what is the daemon's own fault. Never holds a credential or a customer's text.
void LogCall(size_t method, const absl::Status& status, double seconds);

// Counts a status that carries a reason.
void CountRefusal(metrics::Metrics& metrics, const absl::Status& status);

}  // namespace guichet::router

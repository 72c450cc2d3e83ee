#include "metrics/rpc_metrics.h"

#include <string>

#include "prometheus/counter.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"

namespace guichet::metrics {
namespace {

// By the number of the gRPC status code.
constexpr std::array<const char*, 17> kCodes = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};
constexpr int kUnknownCode = 2;
constexpr int kUnimplementedCode = 12;
constexpr int kDataLossCode = 15;

// Seconds. 1 s is the objective for a command that waits for the disk; the ends separate "memory only" from "stuck".
const prometheus::Histogram::BucketBoundaries kHandlingSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                                  0.05,   0.1,   0.25,   0.5,   1,    2.5};

const char* TypeLabel(RpcType type) {
  switch (type) {
    case RpcType::kUnary:
      return "unary";
    case RpcType::kClientStream:
      return "client_stream";
    case RpcType::kServerStream:
      return "server_stream";
    case RpcType::kBidiStream:
      return "bidi_stream";
  }
  return "unary";
}

prometheus::Labels LabelsOf(const RpcMethod& method) {
  return {{"grpc_type", TypeLabel(method.type)}, {"grpc_service", method.service}, {"grpc_method", method.method}};
}

}  // namespace

RpcFamilies::RpcFamilies(prometheus::Registry& registry)
    : started(
          prometheus::BuildCounter().Name("grpc_server_started_total").Help("RPCs started on the server.").Register(registry)),
      handled(prometheus::BuildCounter()
                  .Name("grpc_server_handled_total")
                  .Help("RPCs completed on the server, by status code, whether success or failure.")
                  .Register(registry)),
      received(prometheus::BuildCounter()
                   .Name("grpc_server_msg_received_total")
                   .Help("RPC messages received by the server.")
                   .Register(registry)),
      sent(prometheus::BuildCounter()
               .Name("grpc_server_msg_sent_total")
               .Help("RPC messages sent by the server.")
               .Register(registry)),
      handling(prometheus::BuildHistogram()
                   .Name("grpc_server_handling_seconds")
                   .Help("Seconds from taking in a unary RPC until its status was handed to the transport.")
                   .Register(registry)) {}

RpcMetrics::RpcMetrics(const RpcFamilies& families, const RpcMethod& method, Codes codes)
    : families_(families),
      method_(method),
      started_(families.started.Add(LabelsOf(method))),
      received_(families.received.Add(LabelsOf(method))),
      sent_(families.sent.Add(LabelsOf(method))) {
  for (int code = 0; code < static_cast<int>(kCodes.size()); ++code) {
    const bool usual = code != kUnimplementedCode && code != kDataLossCode;
    if (usual || codes == Codes::kAll) handled_[code] = &HandledChild(code);
  }
  if (method.type == RpcType::kUnary) handling_seconds_ = &families.handling.Add(LabelsOf(method), kHandlingSeconds);
}

void RpcMetrics::Started() { started_.Increment(); }

void RpcMetrics::Handled(int code, double seconds) {
  if (code < 0 || code >= static_cast<int>(kCodes.size())) code = kUnknownCode;
  prometheus::Counter* child = handled_[code];
  (child != nullptr ? *child : HandledChild(code)).Increment();
  // A clock that went back must not make the sum of a histogram fall.
  if (handling_seconds_ != nullptr) handling_seconds_->Observe(seconds > 0 ? seconds : 0);
}

void RpcMetrics::MessageReceived() { received_.Increment(); }
void RpcMetrics::MessageSent() { sent_.Increment(); }

prometheus::Counter& RpcMetrics::HandledChild(int code) {
  prometheus::Labels labels = LabelsOf(method_);
  labels["grpc_code"] = kCodes[code];
  return families_.handled.Add(labels);
}

}  // namespace guichet::metrics

#include "router/methods.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>

#include "absl/container/flat_hash_map.h"
#include "google/protobuf/descriptor.h"
#include "guichet/v1/admin_service.pb.h"
#include "guichet/v1/applet_service.pb.h"
#include "guichet/v1/channel_service.pb.h"
#include "guichet/v1/chat_service.pb.h"
#include "guichet/v1/computer_service.pb.h"
#include "guichet/v1/delivery_service.pb.h"
#include "guichet/v1/library_service.pb.h"
#include "guichet/v1/queue_service.pb.h"
#include "guichet/v1/routing_service.pb.h"
#include "guichet/v1/session_service.pb.h"
#include "guichet/v1/technician_service.pb.h"
#include "statemachine/refusal.h"
#include "statemachine/table.h"
#include "statemachine/timers.h"

namespace guichet::router {
namespace {

using google::protobuf::FileDescriptor;

std::vector<const google::protobuf::MethodDescriptor*> Descriptors() {
  const FileDescriptor* files[] = {
      guichet::v1::GetPrincipalRequest::descriptor()->file(),   guichet::v1::RedeemCodeRequest::descriptor()->file(),
      guichet::v1::WatchQueueRequest::descriptor()->file(),     guichet::v1::StartSessionRequest::descriptor()->file(),
      guichet::v1::SetStatusRequest::descriptor()->file(),      guichet::v1::SubmitFormRequest::descriptor()->file(),
      guichet::v1::ExplainSessionRequest::descriptor()->file(), guichet::v1::ReportDeliveryRequest::descriptor()->file(),
      guichet::v1::SendChatRequest::descriptor()->file(),       guichet::v1::GetLibraryRequest::descriptor()->file(),
      guichet::v1::ListComputersRequest::descriptor()->file()};
  std::vector<const google::protobuf::MethodDescriptor*> methods;
  for (const FileDescriptor* file : files) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) methods.push_back(file->service(s)->method(m));
    }
  }
  return methods;
}

std::string Lower(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

}  // namespace

std::vector<metrics::RpcMethod> AllMethods() {
  std::vector<metrics::RpcMethod> methods;
  for (const auto* method : Descriptors()) {
    const metrics::RpcType type = method->client_streaming()   ? metrics::RpcType::kBidiStream
                                  : method->server_streaming() ? metrics::RpcType::kServerStream
                                                               : metrics::RpcType::kUnary;
    methods.push_back({method->service()->full_name(), method->name(), type});
  }
  return methods;
}

size_t MethodOf(const google::protobuf::Message& request) {
  static const auto* const positions = [] {
    auto* map = new absl::flat_hash_map<const google::protobuf::Descriptor*, size_t>();
    const auto descriptors = Descriptors();
    for (size_t i = 0; i < descriptors.size(); ++i) map->emplace(descriptors[i]->input_type(), i);
    return map;
  }();
  auto it = positions->find(request.GetDescriptor());
  return it == positions->end() ? positions->size() : it->second;
}

metrics::MetricsOptions MakeMetricsOptions(std::string version) {
  metrics::MetricsOptions options;
  options.version = std::move(version);
  options.rpcs = AllMethods();
  for (const Transition& row : Table()) options.transition_rows.emplace_back(row.row);
  for (int i = 0; i < kTriggerCount; ++i) options.triggers.emplace_back(Name(static_cast<Trigger>(i)));
  for (int i = 0; i < kMethodCount; ++i) options.session_methods.push_back(Lower(Name(static_cast<Method>(i))));
  for (int i = 0; i < kOutcomeCount; ++i) options.session_outcomes.push_back(Lower(Name(static_cast<Outcome>(i))));
  for (int i = 0; i < kReasonCount; ++i) options.command_refusals.push_back(Lower(Name(static_cast<Reason>(i))));
  for (int i = 0; i < kTimerKindCount; ++i) options.timers.emplace_back(Name(static_cast<TimerKind>(i)));
  return options;
}

void LogCall(size_t method, const absl::Status& status, double seconds) {
  const bool own_fault = status.code() == absl::StatusCode::kInternal || status.code() == absl::StatusCode::kUnknown ||
                         status.code() == absl::StatusCode::kDataLoss;
  const auto level = own_fault ? spdlog::level::warn : spdlog::level::debug;
  if (!spdlog::should_log(level)) return;
  static const auto* const names = new std::vector<metrics::RpcMethod>(AllMethods());
  const std::string name = method < names->size() ? (*names)[method].service + "/" + (*names)[method].method : "other";
  spdlog::log(level, "{} {} {} {:.3f} ms", name, absl::StatusCodeToString(status.code()), RefusalOf(status).reason,
              seconds * 1000);
}

void CountRefusal(metrics::Metrics& metrics, const absl::Status& status) {
  if (status.ok()) return;
  const Refusal refusal = RefusalOf(status);
  for (int i = 0; i < kReasonCount; ++i) {
    if (refusal.reason == Name(static_cast<Reason>(i))) metrics.CommandRefused(static_cast<size_t>(i));
  }
}

}  // namespace guichet::router

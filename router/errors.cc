#include "router/errors.h"

#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "statemachine/refusal.h"

namespace guichet::router {

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const std::string message(status.message());
  const auto code = static_cast<grpc::StatusCode>(status.code());
  const Refusal refusal = RefusalOf(status);
  if (refusal.reason.empty()) return {code, message};

  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(message);
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(refusal.reason));
  info.set_domain(kErrorDomain);
  google::rpc::BadRequest bad;
  for (const auto& [key, value] : refusal.metadata) {
    (*info.mutable_metadata())[key] = value;
    if (key == "field" && status.code() == absl::StatusCode::kInvalidArgument) {
      auto* violation = bad.add_field_violations();
      violation->set_field(value);
      violation->set_description(message);
    }
  }
  details.add_details()->PackFrom(info);
  if (bad.field_violations_size() > 0) details.add_details()->PackFrom(bad);
  if (refusal.retry.count() > 0) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(refusal.retry.count() / 1000);
    retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(refusal.retry.count() % 1000) * 1000000);
    details.add_details()->PackFrom(retry);
  }
  return {code, message, details.SerializeAsString()};
}

}  // namespace guichet::router

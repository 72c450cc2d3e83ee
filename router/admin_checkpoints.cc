// Checkpoints of the store.
#include "router/admin_service.h"
#include "router/unary_call.h"
#include "router/validate.h"

namespace guichet::router {
namespace {

void ToProto(const CheckpointInfo& info, pb::Checkpoint* out) {
  out->set_name(info.name);
  SetTime(info.created, out->mutable_create_time());
  out->set_bytes(info.bytes);
  out->set_path(info.path);
}

// Checks the caller and the name, then runs `job` on a thread that may wait for the disk.
template <class Request>
UnaryCall* OnDisk(Gateway& gateway, grpc::CallbackServerContext* context, const Request* request, const absl::Status& bad,
                  std::function<absl::Status()> job) {
  auto* call = new UnaryCall(gateway, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(Right::kOperate, "manage checkpoints");
  absl::Status refused = principal.ok() ? bad : principal.status();
  if (refused.ok() && !gateway.workers.Run([call, job = std::move(job)] { call->Done(job()); })) refused = BusyReads();
  if (!refused.ok()) call->Done(refused);
  return call;
}

}  // namespace

grpc::ServerUnaryReactor* AdminService::CreateCheckpoint(Context context, const pb::CreateCheckpointRequest* request,
                                                         pb::CreateCheckpointResponse* response) {
  return OnDisk(gateway_, context, request, CheckId("name", request->name()), [this, request, response]() -> absl::Status {
    absl::StatusOr<CheckpointInfo> made = gateway_.checkpoints.Create(request->name());
    if (!made.ok()) return made.status();
    ToProto(*made, response->mutable_checkpoint());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AdminService::ListCheckpoints(Context context, const pb::ListCheckpointsRequest* request,
                                                        pb::ListCheckpointsResponse* response) {
  return OnDisk(gateway_, context, request, absl::OkStatus(), [this, response]() -> absl::Status {
    absl::StatusOr<std::vector<CheckpointInfo>> list = gateway_.checkpoints.List();
    if (!list.ok()) return list.status();
    for (const CheckpointInfo& info : *list) ToProto(info, response->add_checkpoints());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AdminService::DeleteCheckpoint(Context context, const pb::DeleteCheckpointRequest* request,
                                                         pb::DeleteCheckpointResponse*) {
  return OnDisk(gateway_, context, request, CheckId("name", request->name()),
                [this, request] { return gateway_.checkpoints.Delete(request->name()); });
}

}  // namespace guichet::router

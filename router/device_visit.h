// Calls with a device token: finding its session, wherever that is, and checking the token against it.
#pragma once

#include <functional>

#include "router/gateway.h"

namespace guichet::router {

// The device token of a call, not checked. UNAUTHENTICATED when it has none.
absl::StatusOr<DeviceToken> TokenOf(grpc::CallbackServerContext* context);

// What is done with the session of a device token. Exactly one of the three is called.
struct Visit {
  std::function<void(Turn&, OrgRuntime&, const Session&)> here;  // on the shard's thread; ended ones that are still shown, too
  std::function<void(const Session&)> gone;                      // on a worker: it has ended and left memory
  std::function<void(absl::Status)> refused;                     // on any thread
};
void VisitDevice(Gateway& gateway, const DeviceToken& token, Visit visit);

// A change by a device: the token is checked against its session in memory, then what is wrong with the `command`; `request_id`
// makes it repeatable within `scope`. Of a session that has left memory: `over` says why it is refused. UNAUTHENTICATED for an
// unknown token.
void MutateAsDevice(Gateway& gateway, grpc::CallbackServerContext* context, const DeviceToken& device, const std::string& scope,
                    const std::string& request_id, const google::protobuf::Message& request, absl::StatusOr<Command> command,
                    google::protobuf::Message* response, Fill fill, std::function<absl::Status(const Session&)> over,
                    std::function<void(absl::Status)> done);

}  // namespace guichet::router

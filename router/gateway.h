// What all services share, and the one way from a gRPC call to the writer: authenticate, validate, submit, answer when durable.
#pragma once

#include <grpcpp/server_context.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "router/agents.h"
#include "router/checkpoints.h"
#include "router/codes.h"
#include "router/convert.h"
#include "router/principal.h"
#include "router/shard.h"
#include "router/streams.h"
#include "router/workers.h"

namespace guichet::router {

// Thread safety: its members are thread-safe. The daemon owns it; it outlives the server.
struct Gateway {
  store::Store& store;
  Clock& clock;
  metrics::Metrics& metrics;
  Directory& directory;
  Codes& codes;
  Streams& streams;
  Workers& workers;
  Agents& agents;
  std::vector<std::unique_ptr<Shard>>& shards;
  SignalBytes& signal_bytes;
  Checkpoints& checkpoints;
  std::atomic<bool>& disk_nearly_full;  // nothing begins that takes more of it
  std::string link_base_url;
  std::string invitation_base_url;

  Shard& ShardOf(const OrgId& org) const;
};

// The bearer token of the call; "" without one.
std::string BearerToken(const grpc::ServerContextBase& context);
// The caller's address without the port, of IPv6 the /64: peers are told apart by it.
std::string PeerAddress(const grpc::ServerContextBase& context);

// One call that changes something.
struct Mutation {
  OrgId org;
  std::optional<Principal> principal;  // none: a device; its commands are checked by its token
  std::string actor;
  std::string request_key;  // "": not repeatable
  std::string request_id;   // for the error
  std::string seal_secret;  // keeps the kept answer unreadable on disk
  uint64_t content_hash = 0;
  uint32_t method = 0;
  std::function<bool()> abandoned;  // the caller has gone: then it need not begin
};

// Fills in what `request` says of repetition. The same request id of the same caller with the same bytes is the same request.
void SetRequest(Mutation& mutation, const std::string& caller, const std::string& secret, const std::string& request_id,
                const google::protobuf::Message& request);

using MakeCommand = std::function<absl::StatusOr<Command>(const Org&)>;
using Fill = std::function<void(const OrgRuntime&, const Step&)>;

// Runs `make` and its command on the organization's shard, calls `fill` there, and `done` once durable, on any thread.
// `response` is written by `fill` and kept for repetitions; a repetition parses the first one into it.
void Mutate(Gateway& gateway, Mutation mutation, MakeCommand make, google::protobuf::Message* response, Fill fill,
            std::function<void(absl::Status)> done);

// What Mutate does about repetitions, for a change that cannot go through it. True when the request was answered before:
// `status` and `response` are then the first answer, or REQUEST_ID_REUSED.
bool AnswerAgain(const OrgRuntime& rt, const Mutation& mutation, google::protobuf::Message* response, absl::Status& status);
void KeepAnswer(Turn& turn, OrgRuntime& rt, const Mutation& mutation, const google::protobuf::Message& response);

// Runs `read` on the organization's shard and `done` once what it saw is durable.
void Read(Gateway& gateway, const OrgId& org, std::function<absl::Status(Turn&, OrgRuntime&)> read,
          std::function<void(absl::Status)> done);

}  // namespace guichet::router

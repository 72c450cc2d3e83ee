#include "router/gateway.h"

#include <arpa/inet.h>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "router/authorize.h"
#include "router/secrets.h"
#include "statemachine/refusal.h"
#include "store/keys.h"

namespace guichet::router {

Shard& Gateway::ShardOf(const OrgId& org) const { return *shards[Fingerprint(org.value) % shards.size()]; }

std::string BearerToken(const grpc::ServerContextBase& context) {
  static constexpr std::string_view kPrefix = "Bearer ";
  const auto& metadata = context.client_metadata();
  auto it = metadata.find("authorization");
  if (it == metadata.end()) return "";
  const std::string_view value(it->second.data(), it->second.size());
  return value.starts_with(kPrefix) ? std::string(value.substr(kPrefix.size())) : std::string();
}

std::string PeerAddress(const grpc::ServerContextBase& context) {
  const std::string peer = context.peer();
  const std::string address = peer.substr(0, peer.rfind(':'));
  // "ipv6:[ADDRESS]", or with the brackets as "%5B" and "%5D".
  const size_t begin = address.find("%5B") != std::string::npos ? address.find("%5B") + 3 : address.find('[') + 1;
  in6_addr bytes;
  if (!address.starts_with("ipv6:") || begin == 0 ||
      inet_pton(AF_INET6, address.substr(begin, address.find_first_of("%]", begin) - begin).c_str(), &bytes) != 1) {
    return address;
  }
  return absl::StrCat("ipv6:", absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(bytes.s6_addr), 8)),
                      "/64");
}

void SetRequest(Mutation& mutation, const std::string& caller, const std::string& secret, const std::string& request_id,
                const google::protobuf::Message& request) {
  if (request_id.empty()) return;
  mutation.request_id = request_id;
  mutation.request_key = absl::StrCat(caller, "\x1f", request_id);
  mutation.seal_secret = secret;
  mutation.content_hash = Fingerprint(absl::StrCat(request.GetTypeName(), "\x1f", request.SerializeAsString()));
}

bool AnswerAgain(const OrgRuntime& rt, const Mutation& mutation, google::protobuf::Message* response, absl::Status& status) {
  if (mutation.request_key.empty()) return false;
  auto it = rt.requests.find(mutation.request_key);
  if (it == rt.requests.end()) return false;
  const store::RequestItem& item = it->second;
  std::optional<std::string> first;
  if (item.content_hash == mutation.content_hash) first = Unseal(mutation.seal_secret, item.response);
  if (!first || !response->ParseFromString(*first)) status = RequestIdReused(mutation.request_id);
  return true;
}

void KeepAnswer(Turn& turn, OrgRuntime& rt, const Mutation& mutation, const google::protobuf::Message& response) {
  if (mutation.request_key.empty()) return;
  turn.Remember(rt, mutation.request_key,
                {mutation.content_hash, mutation.method, turn.now(), Seal(mutation.seal_secret, response.SerializeAsString())});
}

namespace {

// A session that has left memory has ended: who lost the race against its end learns how it ended, as long as history is.
void AnswerFromHistory(Gateway& gateway, const OrgId& org, const absl::Status& status, std::function<void(absl::Status)> done) {
  SessionId id;
  for (const auto& [key, value] : RefusalOf(status).metadata) {
    if (key == "session_id") (void)absl::SimpleAtoi(value, &id.value);
  }
  const bool taken = gateway.workers.Run([&gateway, org, status, id, done] {
    absl::StatusOr<std::string> record =
        gateway.store.Get(store::OrgKey{org.value}, store::Family::kHistory, store::NumberKey(id.value));
    absl::StatusOr<Session> session = record.ok() ? store::DecodeSession(*record) : absl::StatusOr<Session>(record.status());
    done(session.ok() ? SessionEnded(id, session->outcome) : status);
  });
  if (!taken) done(status);
}

// Begins a session, or keeps a text or a record that would not be there otherwise. What runs goes on to its end: sessions,
// presence, revocations.
bool TakesDisk(const Command& command) {
  return std::holds_alternative<command::CreateSession>(command) || std::holds_alternative<command::ConnectComputer>(command) ||
         std::holds_alternative<command::SendChat>(command) || std::holds_alternative<command::CustomerChat>(command) ||
         std::holds_alternative<command::AddNote>(command) || std::holds_alternative<command::PutLibrary>(command) ||
         std::holds_alternative<command::PutGroup>(command) || std::holds_alternative<command::PutTechnician>(command) ||
         std::holds_alternative<command::CreateTechnicians>(command) || std::holds_alternative<command::PutChannel>(command) ||
         std::holds_alternative<command::CreateKey>(command);
}

void RunMutation(Gateway& gateway, Turn& turn, OrgRuntime& rt, const Mutation& mutation, const MakeCommand& make,
                 google::protobuf::Message* response, const Fill& fill, absl::Status& status) {
  absl::StatusOr<Command> command = make(rt.org);
  if (!command.ok()) {
    status = command.status();
    return;
  }
  if (mutation.principal) {
    if (absl::Status may = MayCommand(*mutation.principal, rt.org, *command); !may.ok()) {
      status = may;
      return;
    }
  }
  if (gateway.disk_nearly_full.load(std::memory_order_relaxed) && TakesDisk(*command)) {
    status = DiskNearlyFull(kDiskRetryDelay);
    return;
  }
  absl::StatusOr<Step> step = turn.Apply(rt, *command, mutation.actor);
  if (!step.ok()) {
    status = step.status();
    return;
  }
  fill(rt, *step);
  KeepAnswer(turn, rt, mutation, *response);
}

}  // namespace

void Mutate(Gateway& gateway, Mutation mutation, MakeCommand make, google::protobuf::Message* response, Fill fill,
            std::function<void(absl::Status)> done) {
  Shard& shard = gateway.ShardOf(mutation.org);
  absl::Status submitted = shard.Submit(
      [&gateway, mutation = std::move(mutation), make = std::move(make), response, fill = std::move(fill), done](Turn& turn) {
        if (mutation.abandoned && mutation.abandoned()) {
          turn.AfterDurable([done] { done(absl::CancelledError("the caller has gone")); });
          return;
        }
        absl::Status status;
        if (OrgRuntime* rt = turn.Find(mutation.org)) {
          if (!AnswerAgain(*rt, mutation, response, status))
            RunMutation(gateway, turn, *rt, mutation, make, response, fill, status);
        } else {
          status = OrganizationNotFound(mutation.org.value);
        }
        // An external technician knows of no session but his own, also of none that has ended.
        const bool may_know = mutation.principal && mutation.principal->role != KeyRole::kExternal;
        if (may_know && RefusalOf(status).reason == Name(Reason::kSessionNotFound)) {
          turn.AfterDurable([&gateway, org = mutation.org, done, status = std::move(status)] {
            AnswerFromHistory(gateway, org, status, done);
          });
          return;
        }
        turn.AfterDurable([done, status = std::move(status)] { done(status); });
      });
  if (!submitted.ok()) done(submitted);
}

void Read(Gateway& gateway, const OrgId& org, std::function<absl::Status(Turn&, OrgRuntime&)> read,
          std::function<void(absl::Status)> done) {
  absl::Status submitted = gateway.ShardOf(org).Submit([org, read = std::move(read), done](Turn& turn) {
    OrgRuntime* rt = turn.Find(org);
    absl::Status status = rt == nullptr ? OrganizationNotFound(org.value) : read(turn, *rt);
    turn.AfterDurable([done, status = std::move(status)] { done(status); });
  });
  if (!submitted.ok()) done(submitted);
}

}  // namespace guichet::router

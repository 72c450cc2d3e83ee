// Who calls, and the directory of credentials that answers it. gRPC threads read it; the writer changes it once a change is
// durable.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "statemachine/org.h"
#include "statemachine/step.h"

namespace guichet::router {

class Directory;

// An authenticated caller. Operators have no organization.
struct Principal {
  KeyRole role = KeyRole::kTechnician;  // … of a technician who is one: ADMINISTRATOR or GROUP_ADMINISTRATOR
  OrgId org;
  KeyId key;
  TechnicianId technician;               // for whom the key acts; empty: none
  Time expires{};                        // of the key; kNoTime: never
  std::string token;                     // as presented; seals what is kept for a repeated request
  std::vector<GroupId> administers;      // of a group administrator
  uint32_t scopes = 0;                   // of an integrator
  SessionId external_of;                 // of an external technician: the one session that he may know of
  const Directory* directory = nullptr;  // outlives it
  // Whether it may act for the technician: for himself, for those whom he administers, or for all.
  bool Reaches(const TechnicianId& id) const;
  bool may_act_for_others() const { return role == KeyRole::kIntegrator || role == KeyRole::kAdministrator; }
  std::string actor() const;  // "technician:ann" when the key has a technician, else "integrator:KEY", "administrator:KEY"
};

// Device tokens name their session and are checked by the session's own hash.
struct DeviceToken {
  OrgId org;
  SessionId session;
  std::string hash;
};

// Computer tokens name their computer and are checked by its own hash.
struct ComputerToken {
  OrgId org;
  ComputerId computer;
  std::string hash;
};

// Tokens are "gk_ORG_KEY_SECRET", "gd_ORG_SESSION_SECRET" and "gc_ORG_COMPUTER_SECRET": they say where to look, so that none
// has to be searched for.
std::string MakeKeyToken(const OrgId& org, const KeyId& key, std::string_view secret);
std::string MakeDeviceToken(const OrgId& org, SessionId session, std::string_view secret);
// nullopt when `token` is no device token.
std::optional<DeviceToken> ParseDeviceToken(std::string_view token);
std::string MakeComputerToken(const OrgId& org, ComputerId computer, std::string_view secret);
// nullopt when `token` is no computer token.
std::optional<ComputerToken> ParseComputerToken(std::string_view token);

// Prefix of the keys of the operator's requests; no key id begins so.
inline constexpr std::string_view kOperatorRequest = "\x1foperator\x1f";

// Thread safety: all methods may be called from any thread.
class Directory {
 public:
  // `operator_token`: the content of the operator's key file; empty: nobody is operator.
  explicit Directory(std::string operator_token);

  // Is told, at most once in kKeyUseStep for a key, that it was used. Before the first Authenticate.
  void OnKeyUsed(std::function<void(const OrgId&, const KeyId&, Time)> used) { on_key_used_ = std::move(used); }

  // UNAUTHENTICATED, with one message for every cause but a missing token.
  absl::StatusOr<Principal> Authenticate(std::string_view token, Time now) const;

  void Load(const Org& org);
  // Takes over what a durable log entry says of keys, technicians and the organization. Returns the technicians who lost rights
  // by it, and with what their streams must end.
  std::vector<std::pair<TechnicianId, absl::Status>> Apply(const OrgId& org, const LogEntry& entry);

  // Organization ids of the operator's requests, by request id: "" when `org` may be made, else another that the request was
  // for.
  OrgId ClaimRequest(const std::string& request_id, const OrgId& org, Time now);

  struct OrgInfo {
    OrgId id;
    std::string display_name;
    Time created{};
    OrgSettings settings;
  };
  std::vector<OrgInfo> ListOrgs() const;  // by id
  // Empty for one who does not exist.
  GroupId GroupOf(const OrgId& org, const TechnicianId& technician) const;

 private:
  struct Person {
    bool disabled = false;
    bool administrator = false;
    GroupId group;
    std::vector<GroupId> administers;
    SessionId external_of;
  };
  struct KnownKey {
    ApiKey key;
    std::shared_ptr<std::atomic<int64_t>> used_ms;  // the last use that was told
  };
  static Person PersonOf(const TechnicianConfig& config);
  static KnownKey KeyOf(const ApiKey& key);
  struct Known {
    OrgInfo info;
    absl::flat_hash_map<KeyId, KnownKey> keys;
    absl::flat_hash_map<TechnicianId, Person> people;
  };
  const std::string operator_hash_;
  std::function<void(const OrgId&, const KeyId&, Time)> on_key_used_;
  mutable absl::Mutex mu_;
  std::map<OrgId, Known> orgs_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::pair<OrgId, Time>> requests_ ABSL_GUARDED_BY(mu_);  // of operators
};

}  // namespace guichet::router

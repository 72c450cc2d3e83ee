#include "router/principal.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "router/limits.h"
#include "router/secrets.h"
#include "statemachine/limits.h"
#include "statemachine/refusal.h"

namespace guichet::router {
namespace {

// "gk_ORG_KEY_SECRET" → {ORG, KEY, SECRET}; ids hold no underscore.
std::optional<std::array<std::string, 3>> Split(std::string_view token, std::string_view prefix) {
  if (token.size() > 512) return std::nullopt;
  const std::vector<std::string> parts = absl::StrSplit(std::string(token), '_');
  if (parts.size() != 4 || parts[0] != prefix) return std::nullopt;
  return std::array<std::string, 3>{parts[1], parts[2], parts[3]};
}

// Only as MakeDeviceToken and MakeComputerToken write it: no sign, space or leading zero.
bool IsNumber(const std::string& text, uint64_t* number) {
  return absl::SimpleAtoi(text, number) && absl::StrCat(*number) == text;
}

}  // namespace

std::string Principal::actor() const {
  if (technician) return absl::StrCat("technician:", technician.value);
  const std::string_view name = Name(role);
  return absl::StrCat(absl::string_view(name.data(), name.size()), ":", key.value);
}

std::string MakeKeyToken(const OrgId& org, const KeyId& key, std::string_view secret) {
  return absl::StrCat("gk_", org.value, "_", key.value, "_", absl::string_view(secret.data(), secret.size()));
}

std::string MakeDeviceToken(const OrgId& org, SessionId session, std::string_view secret) {
  return absl::StrCat("gd_", org.value, "_", session.value, "_", absl::string_view(secret.data(), secret.size()));
}

std::optional<DeviceToken> ParseDeviceToken(std::string_view token) {
  auto parts = Split(token, "gd");
  DeviceToken device;
  if (!parts || !IsNumber((*parts)[1], &device.session.value)) return std::nullopt;
  device.org = OrgId{(*parts)[0]};
  device.hash = Sha256((*parts)[2]);
  return device;
}

std::string MakeComputerToken(const OrgId& org, ComputerId computer, std::string_view secret) {
  return absl::StrCat("gc_", org.value, "_", computer.value, "_", absl::string_view(secret.data(), secret.size()));
}

std::optional<ComputerToken> ParseComputerToken(std::string_view token) {
  auto parts = Split(token, "gc");
  ComputerToken computer;
  if (!parts || !IsNumber((*parts)[1], &computer.computer.value)) return std::nullopt;
  computer.org = OrgId{(*parts)[0]};
  computer.hash = Sha256((*parts)[2]);
  return computer;
}

Directory::Directory(std::string operator_token)
    : operator_hash_(operator_token.empty() ? std::string() : Sha256(operator_token)) {}

absl::StatusOr<Principal> Directory::Authenticate(std::string_view token, Time now) const {
  if (token.empty()) return Unauthenticated("no credential: send the metadata \"authorization: Bearer TOKEN\"");
  const absl::Status refused = Unauthenticated("the credential is unknown, expired or revoked");
  if (!operator_hash_.empty() && EqualInConstantTime(Sha256(token), operator_hash_)) {
    return Principal{KeyRole::kOperator, {}, KeyId{"operator"}, {}, kNoTime, std::string(token), {}, 0, {}, this};
  }
  auto parts = Split(token, "gk");
  if (!parts) return refused;
  const std::string hash = Sha256((*parts)[2]);
  absl::ReaderMutexLock lock(&mu_);
  auto org = orgs_.find(OrgId{(*parts)[0]});
  if (org == orgs_.end()) return refused;
  auto it = org->second.keys.find(KeyId{(*parts)[1]});
  if (it == org->second.keys.end()) return refused;
  const ApiKey& key = it->second.key;
  if (!EqualInConstantTime(key.secret_hash, hash) || (key.expires != kNoTime && key.expires <= now)) return refused;
  Principal principal{key.role, org->first, key.id, key.technician, key.expires, std::string(token), {}, key.scopes, {}, this};
  if (key.technician) {
    auto person = org->second.people.find(key.technician);
    if (person == org->second.people.end() || person->second.disabled) return refused;
    principal.external_of = person->second.external_of;
    if (person->second.administrator) {
      principal.role = KeyRole::kAdministrator;
    } else if (!person->second.administers.empty() && key.role == KeyRole::kTechnician) {
      principal.role = KeyRole::kGroupAdministrator;
      principal.administers = person->second.administers;
    }
  }
  int64_t told = it->second.used_ms->load(std::memory_order_relaxed);
  const int64_t ms = now.time_since_epoch().count();
  if (on_key_used_ && (told == 0 || ms - told >= limits::kKeyUseStep.count()) &&
      it->second.used_ms->compare_exchange_strong(told, ms)) {
    on_key_used_(org->first, key.id, now);
  }
  return principal;
}

bool Principal::Reaches(const TechnicianId& id) const {
  if (may_act_for_others() || id == technician) return true;
  if (role != KeyRole::kGroupAdministrator || directory == nullptr) return false;
  return std::find(administers.begin(), administers.end(), directory->GroupOf(org, id)) != administers.end();
}

GroupId Directory::GroupOf(const OrgId& org, const TechnicianId& technician) const {
  absl::ReaderMutexLock lock(&mu_);
  auto known = orgs_.find(org);
  if (known == orgs_.end()) return {};
  auto person = known->second.people.find(technician);
  return person == known->second.people.end() ? GroupId{} : person->second.group;
}

Directory::Person Directory::PersonOf(const TechnicianConfig& config) {
  return {config.disabled, config.administrator, config.group, config.administers, {}};
}

Directory::KnownKey Directory::KeyOf(const ApiKey& key) {
  return {key, std::make_shared<std::atomic<int64_t>>(key.last_used.time_since_epoch().count())};
}

void Directory::Load(const Org& org) {
  Known known{{org.id, org.display_name, org.created, org.settings}, {}, {}};
  for (const auto& [id, key] : org.keys) known.keys.emplace(id, KeyOf(key));
  for (const auto& [id, technician] : org.technicians)
    known.people.emplace(id, PersonOf(technician)).first->second.external_of = technician.external_of;
  absl::MutexLock lock(&mu_);
  orgs_.insert_or_assign(org.id, std::move(known));
}

std::vector<std::pair<TechnicianId, absl::Status>> Directory::Apply(const OrgId& org, const LogEntry& entry) {
  const bool concerns = std::any_of(entry.events.begin(), entry.events.end(), [](const Event& event) {
    return std::visit(
        [](const auto& e) {
          using E = std::decay_t<decltype(e)>;
          return std::is_same_v<E, event::KeyPut> || std::is_same_v<E, event::KeyRevoked> ||
                 std::is_same_v<E, event::TechnicianPut> || std::is_same_v<E, event::TechnicianDeleted> ||
                 std::is_same_v<E, event::OrgPut> || std::is_same_v<E, event::ExternalInvited> ||
                 std::is_same_v<E, event::ExternalAdmitted> || std::is_same_v<E, event::ExternalGone>;
        },
        event);
  });
  if (!concerns) return {};
  std::vector<std::pair<TechnicianId, absl::Status>> demoted;
  absl::MutexLock lock(&mu_);
  Known& known = orgs_[org];
  for (const Event& event : entry.events) {
    if (const auto* put = std::get_if<event::KeyPut>(&event)) known.keys.insert_or_assign(put->key.id, KeyOf(put->key));
    if (const auto* revoked = std::get_if<event::KeyRevoked>(&event)) known.keys.erase(revoked->key);
    if (const auto* put = std::get_if<event::TechnicianPut>(&event)) {
      Person& person = known.people[put->technician];
      if (put->config.disabled) {
        demoted.emplace_back(put->technician, TechnicianDisabled(put->technician));
      } else if ((person.administrator && !put->config.administrator) || person.administers != put->config.administers) {
        demoted.emplace_back(put->technician, PermissionDenied("technician", "go on as administrator; connect again"));
      }
      person = PersonOf(put->config);
    }
    if (const auto* deleted = std::get_if<event::TechnicianDeleted>(&event)) known.people.erase(deleted->technician);
    if (const auto* invited = std::get_if<event::ExternalInvited>(&event))
      known.people[invited->technician].external_of = invited->session;
    if (const auto* admitted = std::get_if<event::ExternalAdmitted>(&event)) {
      const ApiKey key = ExternalKey(admitted->technician, admitted->secret_hash, entry.time);
      known.keys.insert_or_assign(key.id, KeyOf(key));
    }
    if (const auto* gone = std::get_if<event::ExternalGone>(&event)) {
      known.people.erase(gone->technician);
      known.keys.erase(KeyId{gone->technician.value});
      demoted.emplace_back(gone->technician, NotInSession(gone->session, gone->technician));
    }
    if (const auto* put = std::get_if<event::OrgPut>(&event)) {
      if (!known.info.id) known.info.created = entry.time;
      known.info.id = put->org;
      known.info.display_name = put->display_name;
      known.info.settings = put->settings;
    }
  }
  return demoted;
}

OrgId Directory::ClaimRequest(const std::string& request_id, const OrgId& org, Time now) {
  absl::MutexLock lock(&mu_);
  auto it = requests_.find(request_id);
  const bool taken = it != requests_.end() && it->second.first != org && it->second.second + kRequestIdAge > now &&
                     orgs_.contains(it->second.first);
  if (taken) return it->second.first;
  if (it == requests_.end() && requests_.size() >= kRequestIds) requests_.erase(requests_.begin());
  if (it == requests_.end() || it->second.first != org) requests_.insert_or_assign(request_id, std::pair(org, now));
  return OrgId{};
}

std::vector<Directory::OrgInfo> Directory::ListOrgs() const {
  absl::ReaderMutexLock lock(&mu_);
  std::vector<OrgInfo> orgs;
  for (const auto& [id, known] : orgs_) orgs.push_back(known.info);
  return orgs;
}

}  // namespace guichet::router

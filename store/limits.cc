#include "store/limits.h"

#include "store/check.h"

namespace guichet::store {
namespace {

absl::Status ValidateOrg(const OrgKey& org) {
  if (IsValidOrg(org.value)) return absl::OkStatus();
  return absl::InvalidArgumentError("the organization's key must have 1 to 63 bytes");
}

absl::Status ValidateFamily(Family family) {
  if (IsRecordFamily(family)) return absl::OkStatus();
  return absl::InvalidArgumentError("the family holds no records");
}

absl::Status ValidateKey(std::string_view key) {
  if (key.size() <= kMaxKeyBytes) return absl::OkStatus();
  return absl::InvalidArgumentError("the key is longer than 1024 bytes");
}

}  // namespace

bool IsValidOrg(std::string_view org) { return !org.empty() && org.size() <= kMaxOrgBytes; }

bool IsRecordFamily(Family family) {
  const int number = static_cast<int>(family);
  return number < kFamilyCount && family != Family::kMeta && family != Family::kLog;
}

absl::Status ValidateGet(const OrgKey& org, Family family, std::string_view key) {
  if (absl::Status status = ValidateOrg(org); !status.ok()) return status;
  if (absl::Status status = ValidateFamily(family); !status.ok()) return status;
  return ValidateKey(key);
}

absl::Status ValidateScan(const OrgKey& org, const KeyRange& range) {
  if (absl::Status status = ValidateGet(org, range.family, range.begin); !status.ok()) return status;
  return ValidateKey(range.end);
}

absl::Status ValidateReadEvents(const OrgKey& org, size_t max) {
  if (max == 0) return absl::InvalidArgumentError("max must be positive");
  return ValidateOrg(org);
}

void CheckWriter(const OrgKey& org) { STORE_CHECK(IsValidOrg(org.value), "the organization's key must have 1 to 63 bytes"); }

void CheckCommits(const std::vector<Commit>& commits) {
  for (const Commit& commit : commits) {
    CheckWriter(commit.at.org);
    for (const Put& put : commit.puts) {
      STORE_CHECK(IsRecordFamily(put.family), "a put into a family without records");
      STORE_CHECK(put.key.size() <= kMaxKeyBytes, "a key is too long");
      STORE_CHECK(put.value.size() <= kMaxValueBytes, "a value is too long");
    }
    for (const Del& del : commit.dels) {
      STORE_CHECK(IsRecordFamily(del.family), "a deletion from a family without records");
      STORE_CHECK(del.key.size() <= kMaxKeyBytes, "a key is too long");
    }
    for (const std::string& event : commit.events) STORE_CHECK(event.size() <= kMaxValueBytes, "an event is too long");
  }
}

}  // namespace guichet::store

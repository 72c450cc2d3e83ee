// The limits of the interface (store.h), checked in one place for all engines: a read outside them is INVALID_ARGUMENT, a write
// outside them ends the process on the caller's own stack.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "store/store.h"

namespace guichet::store {

inline constexpr size_t kMaxOrgBytes = 63;

bool IsValidOrg(std::string_view org);
// A family whose records users of the Store read and write: all but kMeta and kLog.
bool IsRecordFamily(Family family);

absl::Status ValidateGet(const OrgKey& org, Family family, std::string_view key);
absl::Status ValidateScan(const OrgKey& org, const KeyRange& range);
absl::Status ValidateReadEvents(const OrgKey& org, size_t max);

// End the process on a violated contract.
void CheckWriter(const OrgKey& org);
void CheckCommits(const std::vector<Commit>& commits);

}  // namespace guichet::store

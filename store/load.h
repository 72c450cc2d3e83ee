// An organization from its records.
#pragma once

#include "absl/status/statusor.h"
#include "statemachine/org.h"
#include "store/store.h"

namespace guichet::store {

// As its records say, with its indexes. `last`: the number of its last event. Without an id when nothing of it ever became
// durable but that somebody acquired it. DATA_LOSS for a record that does not parse or that this version does not know.
absl::StatusOr<Org> LoadOrg(Reader& store, const OrgKey& key_of_org, Revision last);

}  // namespace guichet::store

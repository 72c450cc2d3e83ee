// Which records of an organization a command changes: what the writer puts beside each log entry, and what a verifier expects.
#pragma once

#include "statemachine/step.h"
#include "store/store.h"

namespace guichet::store {

// Adds to `puts` and `dels` what the folded entry made of the organization. Records that are not of the log (answers to
// requests, when a key was last used) are their writers' business.
void AddRecords(const Org& org, const LogEntry& entry, const Touched& touched, Commit& commit);

}  // namespace guichet::store

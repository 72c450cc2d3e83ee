// Folds a recorded log again, and compares what comes out with what was recorded: each state, each routing decision, each
// timer, and the records that the daemon wrote beside the log.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "statemachine/org.h"
#include "store/store.h"

namespace guichet::replay {

inline constexpr size_t kDifferencesKept = 20;

struct Difference {
  Revision revision;  // of the event; 0: found in the records
  std::string what;
};

// The state after an event.
struct Mark {
  Revision revision;
  std::string state;  // StateHash
};

struct Report {
  OrgId org;
  Revision after;           // where it began: the event before the first
  Revision last;            // the last event
  uint64_t events = 0;      // folded
  uint64_t decisions = 0;   // of routing, made again
  uint64_t timers = 0;      // of sessions, fired again
  uint64_t records = 0;     // compared
  std::string state;        // StateHash after the last event
  std::vector<Mark> marks;  // every Options::mark_every events
  uint64_t differences = 0;
  std::vector<Difference> first_differences;  // at most kDifferencesKept
};

struct Options {
  store::Reader* from = nullptr;  // an earlier copy of the same store, whose state to begin with; null: the first event
  uint64_t mark_every = 0;        // 0: no marks
  bool compare_records = false;   // the records of the store with what the log makes of them
};

// Replays one organization. A difference is no error: look at Report::differences. Errors: FAILED_PRECONDITION when events were
// trimmed and `from` does not bridge them, when `from` is of another history or later, when the organization has no events;
// DATA_LOSS for what does not parse; the store's own. Memory: the organization as the daemon holds it, and with compare_records
// about 100 bytes a record.
absl::StatusOr<Report> Replay(store::Reader& store, const store::OrgKey& org, const Options& options);

// 16 hexadecimal digits: two organizations of which anything differs that the log tells have different ones, whichever build or
// machine computed them. Not in it: when keys were last used. No defence against somebody who wants a collision.
std::string StateHash(const Org& org);

}  // namespace guichet::replay

// What would have been under another routing policy: recorded traffic again, with routing decided anew.
//
// Everything that people and devices did is taken from the log: who was there, what was asked for and when. A session goes its
// recorded way for as long as routing does with it what it did; from the first decision that differs it is modelled: it is
// started as long after its offer as it was in the log, is worked on for as long as it was, and is given up after the wait
// after which it was given up. What the log does not tell (the customer left before anybody took the session) is the median of
// what it tells of others. Technicians do not go faster or slower for having more or less to do. Sessions that somebody picks
// by hand are picked as recorded while they still wait.
//
// The same policy gives no difference at all: neither a decision nor a wait, whatever crashes and pauses the log spans.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "statemachine/org.h"
#include "store/store.h"

namespace guichet::replay {

inline constexpr size_t kChangedDecisionsKept = 20;

// Of one queue's, or all, sessions from channels.
struct Waits {
  uint64_t started = 0;
  uint64_t left = 0;                        // without having been started
  Duration mean{}, median{}, p90{}, max{};  // of those that were started: from joining the line
};

struct Outcome {
  Waits all;
  std::map<ChannelId, Waits> channels;
  std::map<TechnicianId, uint64_t> sessions;  // started by routing or by hand
  std::map<TechnicianId, Duration> busy;      // leading sessions of channels
  double fairness = 1;  // Jain's index of `busy` of those who are in either outcome: 1 all the same, 1/n one has all
};

struct ChangedDecision {
  Time at{};
  SessionId session;
  std::string recorded;  // "offered to ann"; empty: routing did nothing
  std::string instead;
};

struct WhatIf {
  OrgId org;
  uint64_t decisions = 0;                      // recorded
  uint64_t changed = 0;                        // made otherwise, or only in one of both
  std::vector<ChangedDecision> first_changed;  // at most kChangedDecisionsKept
  uint64_t modelled = 0;                       // sessions that left their recorded way
  Outcome recorded;
  Outcome instead;
};

// Called for each channel whenever it is written: sets the other policy.
using ChangePolicy = std::function<void(Channel&)>;

// `from`, errors: as Replay.
absl::StatusOr<WhatIf> RunWhatIf(store::Reader& store, const store::OrgKey& org, store::Reader* from,
                                 const ChangePolicy& change);

}  // namespace guichet::replay

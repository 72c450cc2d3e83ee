// One command from decision to log entry: fold its events, derive what every technician sees, and report what changed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "statemachine/decide.h"
#include "statemachine/view.h"

namespace guichet {

// A session after a command, and what changed for whom.
struct SessionChange {
  std::shared_ptr<const Session> after;
  std::vector<EntryChange> changes;
};

// One revision of an organization's log: what one command made true, who caused it, and what it looks like afterwards.
struct LogEntry {
  Revision revision;
  Time time{};
  Trigger trigger = Trigger::kTick;
  std::string actor;  // "technician:ann", "integrator:KEY", "device", "console:ann", "timer"
  Events events;
  std::vector<SessionChange> sessions;
};

// What a step touched besides the log, so that the writer knows which records to put or drop.
struct Touched {
  std::vector<SessionId> live;            // sessions to put
  std::vector<SessionId> finished;        // sessions gone from memory: ended and dismissed by all
  std::vector<TechnicianId> technicians;  // to put, or to drop when they are gone
  std::vector<TechnicianId> loads;        // whose sessions changed; their records need not be put
  std::vector<TechnicianId> timing;       // whose sessions' deadlines may have moved: his group or his console changed
  std::vector<GroupId> groups;
  std::vector<ChannelId> channels;
  std::vector<KeyId> keys;
  std::vector<ComputerId> computers;
  std::vector<TechnicianId> libraries;  // … of these technicians: to put, or to drop when they are gone
  std::vector<Queue> queues;            // whose statistics changed
  bool org = false;                     // its name or settings
  bool counters = false;                // the highest ids given out
  bool weights = false;                 // of running sessions: anybody may have more room for others
  bool membership = false;              // who serves which channel may have changed: watchers of queues begin again
};

struct Step {
  LogEntry entry;  // revision 0 and no events when there was nothing to do
  Touched touched;
  SessionId session;
};

// Decides and, when accepted, changes `org`. Sessions that nobody shows any more leave `org`; their last state is in the entry.
absl::StatusOr<Step> Apply(Org& org, const Command& command, std::string actor, Time now);

// Folds the events of a log entry as Apply did: the same organization afterwards. For replay and verification.
Touched Fold(Org& org, LogEntry& entry);

}  // namespace guichet

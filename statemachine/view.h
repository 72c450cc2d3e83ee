// What each technician sees: a pure function of the session and the technician (domain.md §2), and the change from what he saw.
#pragma once

#include <vector>

#include "statemachine/org.h"

namespace guichet {

// First match wins: no entry or dismissed → REMOVED; ended → TIMED_OUT or CLOSED; invited → INVITATION; device link; pending
// transfer → OUTGOING, INCOMING; held → HOLD; lead → ACTIVE; collaborator → COLLABORATION; nobody has started it → WAITING.
// kRemoved for a technician without an entry.
EntryState View(const Org& org, const Session& session, const TechnicianId& technician);

// What a technician sees who has no part of his own in the session but serves its channel; kRemoved when the pool does not see
// it.
EntryState PoolView(const Session& session);

// Technicians with a part of their own in the session: participants, senders, recipients, owner while nobody leads, keepers.
std::vector<TechnicianId> Involved(const Session& session);

// True when RECONNECTING is shown to `technician` because of the lead's console, not the device.
bool ReconnectingBecauseOfConsole(const Session& session, const TechnicianId& technician);

// One technician's view changing; an empty technician stands for everybody who serves `pool` and has no part of his own.
struct EntryChange {
  TechnicianId technician;
  Queue pool;  // whose pool; of a redirected session the one that it left and the one that it entered
  EntryState from = EntryState::kNone;
  EntryState to = EntryState::kNone;
  Duration stayed{};  // in `from`; 0 for a first appearance
  bool operator==(const EntryChange&) const = default;
};

// Brings marks, pool mark and the organization's indexes up to date after the events of one command, and returns what changed.
// `before`: the queue in which the session was before them.
std::vector<EntryChange> RefreshViews(Org& org, Session& session, const Queue& before, Time now);

// Since when `technician` sees what he sees.
Time SinceOf(const Session& session, const TechnicianId& technician);

// Sets the derived load and status; returns true when it changed.
bool RefreshStatus(const Org& org, Technician& technician, Time now);

// Index maintenance; used by RefreshViews and RebuildIndexes.
void IndexSession(Org& org, const Session& session);
void UnindexSession(Org& org, const Session& session);
// … of what routing goes by: out before the events of a command, in after them.
void IndexRouting(Org& org, const Session& session);
void UnindexRouting(Org& org, const Session& session);
// … of who serves a channel, or is asked when it overflows: out before it changes, in after.
void IndexChannel(Org& org, const Channel& channel);
void UnindexChannel(Org& org, const Channel& channel);

}  // namespace guichet

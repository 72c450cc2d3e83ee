// decide(): what a command does, or why it is refused. Pure: the same organization, command and time give the same answer.
#pragma once

#include "absl/status/statusor.h"
#include "statemachine/commands.h"
#include "statemachine/table.h"
#include "statemachine/timers.h"

namespace guichet {

// What one command made true, with its cause. No events: nothing to do (a repeated link change, a timer that is not due).
struct Decision {
  Trigger trigger = Trigger::kTick;
  Events events;
  SessionId session;  // the session that the command is about; 0: none
};

// Refusals are the factories of refusal.h. Changes nothing.
absl::StatusOr<Decision> Decide(const Org& org, const Command& command, Time now);

// What the firing of one deadline of the session does; FireTimer fires the earliest that is due.
Decision Fire(const Org& org, const Session& session, const Deadline& deadline, Time now);

}  // namespace guichet

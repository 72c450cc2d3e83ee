// Which waiting session to route next: after each command, and when time alone has changed an answer. A pure function of the
// organization, so that the same sessions are routed in the same order wherever it runs.
//
//   Note(org, step.touched, now, dirty);                             what the command may have made possible
//   while (SessionId id = NextToRoute(org, dirty, now)) { … Apply(org, command::Route{id}, …) and Note its step … }
//
// Afterwards no session waits that a rule would move or that some technician could have.
#pragma once

#include <set>

#include "statemachine/org.h"
#include "statemachine/step.h"

namespace guichet {

// What has to be looked at: sessions for which somebody may be able now, technicians who may be able to take one.
struct Dirty {
  std::set<SessionId> sessions;
  std::set<TechnicianId> technicians;
};

// Adds what a step may have made possible.
void Note(const Org& org, const Touched& touched, Time now, Dirty& dirty);

// The session for which command::Route is to be applied next; it does something with it: a rule of the queue, or a technician
// gets it, for whom no other waiting session comes first. 0: nothing is left, or `budget` is spent. Drops from the sets what it
// has dealt with, and counts it off the budget: how many sessions and technicians may be looked at; null: all.
SessionId NextToRoute(const Org& org, std::set<SessionId>& sessions, std::set<TechnicianId>& technicians, Time now,
                      size_t* budget = nullptr);
inline SessionId NextToRoute(const Org& org, Dirty& dirty, Time now, size_t* budget = nullptr) {
  return NextToRoute(org, dirty.sessions, dirty.technicians, now, budget);
}

}  // namespace guichet

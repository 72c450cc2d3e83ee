// Why a session waits, why a technician gets nothing, and what one change would alter it: from the same rules by which sessions
// are routed (route.h), so that an answer is what routing would do. Pure; nothing here changes anything.
#pragma once

#include <string>
#include <vector>

#include "statemachine/org.h"
#include "statemachine/route.h"

namespace guichet {

// One change, of one person or setting or by time alone, after which a technician could have a waiting session. A change that
// concerns several (of a channel, of a group, of a session's preference) names one of them: the best for whom the session would
// come first; a better one may get it when what comes before it goes elsewhere.
struct Change {
  TechnicianId technician;       // who could then have it
  std::optional<Filter> filter;  // the first that stands against him; nullopt: none, he is of an overflow group
  std::string description;       // "bob is back from AWAY"
  Time at{};                     // when it comes by itself; kNoTime: it does not
  SessionId first;               // what he would be given then: the session, or one that is served before it
  bool operator==(const Change&) const = default;
};

// A session that waits to be routed (IsRoutable, in a channel's queue), as things stand.
struct Waiting {
  RoutingRecord considered;  // of up to limits::kExplainedCandidates candidates of each sort
  size_t ahead = 0;          // sessions of its queue that are served before it
  size_t length = 0;         // of the queue, with it
  // Those that would route the session first, by technician; at most limits::kExplainedChanges. A technician against whom more
  // than one change is needed has none.
  std::vector<Change> changes;
};
Waiting WhyWaiting(const Org& org, const Session& session, Time now);

// One queue that a technician serves, or that overflows to his group.
struct ServedQueue {
  Queue queue;
  size_t waiting = 0;    // sessions; those apart that wait for their preferred technician alone
  SessionId first;       // that is served next; 0: none waits
  uint32_t filters = 0;  // what stands against him for it
  bool overflow = false;
  bool operator==(const ServedQueue&) const = default;
};

struct Standing {
  uint32_t filters = 0;  // what stands against him whatever the session
  Time changes{};        // when the earliest of it ends by itself; kNoTime: nothing does
  std::vector<ServedQueue>
      queues;      // by channel and group; at most limits::kExplainedQueues, those in which somebody waits first
  SessionId next;  // what he would be given if nothing stood against him; 0: nothing waits that he could have
};
// Of a technician who exists.
Standing WhyIdle(const Org& org, const TechnicianId& technician, Time now);

// The same in a few sentences for a person; of a session also when it does not wait, or has ended.
std::string Summary(const Org& org, const Session& session, const Waiting* waiting, Time now);
std::string Summary(const Org& org, const TechnicianId& technician, const Standing& standing, Time now);

// Names of the filters, the first one first: "AWAY, FULL".
std::string FilterNames(uint32_t filters);

// "4 min 10 s", "350 ms".
std::string Spoken(Duration duration);

}  // namespace guichet

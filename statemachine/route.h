// Who gets which waiting session: a pure policy. The same organization, session and time give the same decision, and every
// decision carries the record from which it can be made again.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "statemachine/org.h"

namespace guichet {

// Why a technician cannot have a session. On disk (as bits) and in the API: never renumber.
enum class Filter : uint8_t {
  kOffline = 0,     // no console attached
  kAway = 1,        // by intent or inactivity
  kExempt = 2,      // takes no part in automatic routing
  kManual = 3,      // the channel routes nothing and his group starts nothing by itself
  kOffered = 4,     // another session is offered to him
  kDeferred = 5,    // his console attached a moment ago
  kWrapUp = 6,      // after-work of his last session
  kPaused = 7,      // he let an offer pass a moment ago
  kFull = 8,        // as many active sessions as his group allows, or as many of any kind as anybody may have
  kCapacity = 9,    // the session's weight does not fit
  kBusy = 10,       // BUSY by his group's busy_at
  kSkill = 11,      // a skill is missing or too low
  kDeclined = 12,   // he rejected or missed this session a moment ago
  kPreferred = 13,  // the session waits for its preferred technician alone
  kLens = 14,       // no permission for camera sessions, or one is active
};
inline constexpr int kFilterCount = 15;
std::string_view Name(Filter filter);
constexpr uint32_t Bit(Filter filter) { return 1u << static_cast<unsigned>(filter); }

// What decides among those who can: compared from the left, lower wins; equal in all, the lower id. kStrategy by the channel's
// strategy: active sessions (longest idle), share of the capacity in thousandths (least active), time of the last offer (round
// robin).
enum class Term : uint8_t { kPreferred = 0, kStrategy = 1, kIdleSince = 2 };
inline constexpr int kTermCount = 3;
std::string_view Name(Term term);
using Terms = std::array<int64_t, kTermCount>;

struct Candidate {
  TechnicianId technician;
  uint32_t filters = 0;  // bits of Filter; 0: can have it
  Terms terms{};
  Time changes{};  // when the earliest of his time-bound filters ends by itself; kNoTime: none does
  bool operator==(const Candidate&) const = default;
};

// Why a decision was as it was. The winner follows from it alone: see Winner.
struct RoutingRecord {
  Queue queue;
  uint32_t policy_version = 0;
  RoutingMode mode = RoutingMode::kOffer;
  Strategy strategy = Strategy::kLongestIdle;
  Duration waited{};
  Duration head_start{};              // from the channel's priority
  std::vector<Candidate> candidates;  // those who can, best first, then the others, the fewest filters first and in those the
                                      // longest idle: some of each
  uint32_t eligible = 0;              // of all
  uint32_t considered = 0;
  std::array<uint32_t, kFilterCount> removed{};  // how many by their first filter
  bool operator==(const RoutingRecord&) const = default;
};

// The best of the record's candidates; empty: nobody. `decided_by`: the index of the term that set him apart from the next
// best, kTermCount when it was the id, -1 with fewer than two.
TechnicianId Winner(const RoutingRecord& record, int* decided_by = nullptr);

// Considers everybody who could get the session. `limit`: how many candidates of each sort the record names.
RoutingRecord Consider(const Org& org, const Session& session, Time now, size_t limit = 16);

// Who would get the session: the winner of Consider without its record.
TechnicianId BestFor(const Org& org, const Session& session, Time now);

// The waiting session that comes first for a technician who can take one; 0: none. The second form is about a line of the
// roster of his group as it might be.
SessionId FirstFor(const Org& org, const TechnicianId& technician, Time now);
SessionId FirstFor(const Org& org, const GroupId& group, const RosterItem& item, Time now);

// His line of the roster; null for one who is not there or disabled.
const RosterItem* FindRosterItem(const Org& org, const TechnicianId& technician);

// One technician of the roster as a candidate for the session, whether or not he serves its queue; with his terms also when
// something stands against him.
Candidate CandidateFor(const Org& org, const Session& session, const RosterItem& item, Time now);

// What stands against him whatever the session, and when the earliest of it ends by itself; kNoTime: nothing does.
uint32_t OwnFilters(const RosterItem& item, Time now, Time* changes = nullptr);

// The level of a skill that is asked for after so long a wait; 0: none. And what somebody has; 0: not the skill.
uint32_t LevelNeeded(const SkillNeed& need, Duration waited);
uint32_t LevelOf(const Org& org, const RosterItem& item, const SkillId& skill);
// For a line of the roster as it might be: a skill that a channel needs.
void SetLevel(const Org& org, RosterItem& item, const SkillId& skill, uint32_t level);

// Whether a technician of `group` can get something from the queue: he serves it, or it overflows to his group.
bool ServesOrOverflows(const TechnicianId& technician, const GroupId& group, const Queue& queue, const Channel& channel,
                       bool& overflow);

// True when routing may hand the session out: WAITING in a channel's queue, not offered.
bool IsRoutable(const Session& session);

// Sessions are served in this order: the time of arrival, earlier by the head start of the channel's priority. So a session can
// only be overtaken by those of a higher priority that arrive within (their priority - its own) * priority_step after it: a
// bound on starvation of 10 steps. A session that weighs more than the room that a technician has left is passed over by what
// fits: the bound holds among sessions of one weight.
Time PlaceOf(const Org& org, const Session& session);

// How many who serve the queue have a console attached, [+ 1: counting AWAY ones, + 2: counting BUSY ones]; who is both counts
// with both.
std::array<size_t, 4> AvailableOn(const Org& org, const Queue& queue);

// Who is here for sessions of the queue that have waited so long, as for one with nobody ahead.
QueueNow ServersOf(const Org& org, const Queue& queue, Duration waited, Time now);
// The session's queue as it sees it; `ahead` counts at most `limit`.
QueueNow LineOf(const Org& org, const Session& session, Time now, size_t limit = SIZE_MAX);

// When the answer for the session changes by time alone (skills that relax, overflow, retries): the first such instant after
// `now`; kNoTime: never.
Time NextChange(const Org& org, const Session& session, Time now);
// … and for a technician: deferral, wrap-up or pause end.
Time NextChange(const Org& org, const TechnicianId& technician, Time now);

// --- rules of queues
// The first rule of the channel that moves the session elsewhere as things stand; null: none.
const Redirect* RuleFor(const Org& org, const Session& session, const Channel& channel, Time now);
// Whether a rule could move the session at all: not out of a group's queue, not into its own, not for ever.
bool CanRedirect(const Org& org, const Session& session, const Redirect& rule);
// Whether command::Route does something with the routable session before it looks for a technician: the preference lapses, a
// rule moves it, or the customer is told, or sent away, because nobody serves.
bool RulesApply(const Org& org, const Session& session, Time now);
// Whether at least `length` sessions wait before it in its queue.
bool IsBehind(const Org& org, const Session& session, size_t length);
// What becomes of sessions of the queue that nobody can take as things stand, by the channel's rules for when it is closed or
// nobody is online; null: they keep waiting.
const Fallback* FallbackNow(const Org& org, const Queue& queue);
// Whether a console is attached of anybody who serves the queue.
bool AnybodyOnline(const Org& org, const Queue& queue);
// Whether sessions of the queue are given to technicians without their picking.
bool RoutesByItself(const Org& org, const Queue& queue);

// Keeps the technician's line of the roster; for a technician who is gone or disabled, drops it.
void RefreshRoster(Org& org, const TechnicianId& technician);

}  // namespace guichet

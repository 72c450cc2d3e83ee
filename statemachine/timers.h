// Deadlines as a pure function of the state: nothing is armed or cancelled, so nothing can be forgotten (domain.md §3).
#pragma once

#include <optional>
#include <vector>

#include "statemachine/org.h"

namespace guichet {

enum class TimerKind : uint8_t {
  kCodeValidity,      // the PIN or link dies; the session goes on until its connecting time-out
  kConnecting,        // A02
  kWaiting,           // A05
  kOffline,           // A28
  kIdle,              // A09, A24, A30
  kCollaboratorIdle,  // A47
  kHold,              // 14 days on hold
  kSystem,            // 14 days in all
  kLeadLost,          // the lead's console is gone for longer than the grace
  kLeadLostPolicy,    // … for longer than offline_after
  kOffer,             // the technician has not answered an offer
  kPreference,        // the preferred technician's time alone is over
  kRedirect,          // a rule of the queue moves a session that has waited
  kDelivery,          // an invitation that could not be sent is handed over again
  kAccess,            // unattended access to the computer is over
  kSurvey,            // an ended session waits for the answers to its survey no longer
  kInvitation,        // the code of an external technician's invitation dies, and the invitation with it
};
inline constexpr int kTimerKindCount = 17;
std::string_view Name(TimerKind kind);  // "waiting"

struct Deadline {
  Time due{};
  TimerKind kind = TimerKind::kSystem;
  TechnicianId technician;  // kCollaboratorIdle, kInvitation: whose
};

// Every deadline that the state calls for, at most one of a kind and technician. Empty for an ended session; every other one
// has at least the system limit.
std::vector<Deadline> Deadlines(const Org& org, const Session& session);

// The earliest of them; ties go to the lower kind.
std::optional<Deadline> NextDeadline(const Org& org, const Session& session);

// True while an alert level may be set for the session: it is CONNECTING, or waits for somebody to start it.
bool AwaitsStart(const Session& session);

// When such a session becomes, or became, urgent by the alert levels of its group; kNoTime: never.
Time UrgentAt(const Org& org, const Session& session);

}  // namespace guichet

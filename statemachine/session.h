// One support session as independent facts. What a technician sees of it is derived (view.h), never stored as truth.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "statemachine/ids.h"

namespace guichet {

// What one technician sees of one session. Values are on disk and in the API: never renumber.
enum class EntryState : uint8_t {
  kNone = 0,  // no entry yet
  kConnecting = 1,
  kWaiting = 2,
  kActive = 3,
  kHold = 4,
  kIncoming = 5,
  kOutgoing = 6,
  kInvitation = 7,
  kCollaboration = 8,
  kRebooting = 9,
  kReconnecting = 10,
  kOffline = 11,
  kTimedOut = 12,
  kClosed = 13,
  kRemoved = 14,
};
inline constexpr int kEntryStateCount = 15;
std::string_view Name(EntryState state);  // "WAITING"

// The device's connection. On disk and in the API: never renumber.
enum class Link : uint8_t { kNeverAttached = 1, kAttached = 2, kReconnecting = 3, kRebooting = 4, kOffline = 5 };
std::string_view Name(Link link);

// On disk and in the API: never renumber.
enum class Outcome : uint8_t {
  kNone = 0,
  kClosedByCustomer = 1,
  kClosedByWaitingCustomer = 2,
  kClosedByTechnician = 3,
  kTimedOut = 4,
  kTimedOutClosedByTechnician = 5,
  kConnectingTimedOut = 6,
  kTermsDeclined = 7,
  kAborted = 8,
};
inline constexpr int kOutcomeCount = 9;
std::string_view Name(Outcome outcome);

// On disk and in the API: never renumber.
enum class Method : uint8_t { kPin = 1, kLink = 2, kChannelForm = 3, kMonitoring = 4 };
inline constexpr int kMethodCount = 5;
std::string_view Name(Method method);

// On disk and in the API: never renumber.
enum class RebootKind : uint8_t { kNormal = 1, kSafeMode = 2, kEmergency = 3 };

// On disk and in the API: never renumber.
enum class Role : uint8_t { kLead = 1, kCollaborator = 2, kInvitee = 3 };

// What the customer or the creator told about the case. Limits: limits.h.
struct Profile {
  std::string name;
  std::vector<std::string> custom_fields;
  std::string tracking_id;
  std::string language;
  std::string platform;
  std::string device_id;
  bool operator==(const Profile&) const = default;
};

struct Participant {
  TechnicianId technician;
  Role role = Role::kLead;
  bool on_hold = false;     // a collaborator's own hold
  bool foreground = false;  // his console shows the session
  TechnicianId seat_of;     // an invitee takes this collaborator's place
  Time joined{};
  Time background_since{};  // the idle time-out runs from here while !foreground
  bool operator==(const Participant&) const = default;
};

// Where a transfer goes: exactly one is set.
struct TransferTarget {
  TechnicianId technician;
  GroupId group;
  ChannelId channel;
  bool operator==(const TransferTarget&) const = default;
};

// A pending transfer. Invariant: senders and recipients are disjoint and neither is empty.
struct Transfer {
  std::vector<TechnicianId> senders;
  std::vector<TechnicianId> recipients;
  TransferTarget target;
  std::string comment;
  Time since{};
  bool operator==(const Transfer&) const = default;
};

// What a technician saw after the last command, and since when. For the pool the technician is empty: it stands for every
// technician who serves the channel and has no mark of his own.
struct EntryMark {
  TechnicianId technician;
  EntryState state = EntryState::kNone;
  Time since{};
  bool operator==(const EntryMark&) const = default;
};

// Invariants: at most one participant is lead; `held` and `lead_console_lost` only with a lead; `outcome` is set once and, but
// for the dismissal of a timed-out session (state_table.csv A62), for good.
struct Session {
  SessionId id;
  Epoch epoch;
  Method method = Method::kPin;
  TechnicianId owner;      // private and monitoring sessions
  ChannelId channel;       // channel sessions
  TechnicianId monitored;  // monitoring sessions: whose console
  Profile profile;

  Link link = Link::kNeverAttached;
  bool terms_accepted = false;
  bool ever_started = false;
  bool held = false;
  bool lead_console_lost = false;
  RebootKind reboot = RebootKind::kNormal;  // meaningful while rebooting
  std::vector<Participant> participants;
  std::optional<Transfer> transfer;
  TechnicianId lead_offered_to;
  Outcome outcome = Outcome::kNone;
  std::vector<TechnicianId> keepers;      // who still shows the ended session
  std::vector<TechnicianId> hidden_from;  // channel members from whom a requeued session is hidden until their console is back

  std::string code_key;  // the PIN, or the hash of a link's code; empty once used or dead
  Time code_expires{};
  std::string device_token_hash;  // empty until a device has entered

  Time created{};
  Time waiting_since{};  // arrived in the queue, latest time
  Time first_waiting{};
  Time started{};  // first start
  Time ended{};
  Time link_since{};
  Time held_since{};
  Time lead_lost_since{};

  std::vector<EntryMark> marks;  // kept by RefreshViews (view.h)
  EntryMark pool;                // kept by RefreshViews
  Revision revision;             // of the last log entry that touched the session

  bool operator==(const Session&) const = default;

  bool ended_already() const { return outcome != Outcome::kNone; }
  const Participant* Find(const TechnicianId& technician) const;
  Participant* Find(const TechnicianId& technician);
  const Participant* lead() const;
  Participant* lead();
  bool IsSender(const TechnicianId& technician) const;
  bool IsRecipient(const TechnicianId& technician) const;
};

}  // namespace guichet

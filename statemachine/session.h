// One support session as independent facts. What a technician sees of it is derived (view.h), never stored as truth.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "statemachine/computer.h"
#include "statemachine/estimate.h"
#include "statemachine/ids.h"
#include "statemachine/permissions.h"
#include "statemachine/rare.h"

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
  kUnattendedExpired = 9,
  kUnattendedRevoked = 10,
};
inline constexpr int kOutcomeCount = 11;
std::string_view Name(Outcome outcome);

// On disk and in the API: never renumber.
enum class Method : uint8_t {
  kPin = 1,
  kLink = 2,
  kChannelForm = 3,
  kMonitoring = 4,
  kEmail = 5,
  kSms = 6,
  kLan = 7,
  kUnattended = 8
};
inline constexpr int kMethodCount = 9;
std::string_view Name(Method method);

// On disk and in the API: never renumber.
enum class RebootKind : uint8_t { kNormal = 1, kSafeMode = 2, kEmergency = 3 };

// On disk and in the API: never renumber.
enum class Role : uint8_t { kLead = 1, kCollaborator = 2, kInvitee = 3 };

// What kind of support it is. On disk and in the API: never renumber.
enum class SessionType : uint8_t {
  kStandard = 1,
  kLens = 2,         // the camera of the customer's phone
  kInstantChat = 3,  // a page that only chats, until the customer starts the applet
  kMobile = 4,
  kLan = 5,         // a device on the technician's network
  kUnattended = 6,  // a computer that nobody sits at
  kMonitoring = 7,  // another technician's console
};
inline constexpr int kSessionTypeCount = 8;
std::string_view Name(SessionType type);

// What the customer or the creator told about the case. Limits: limits.h.
struct Profile {
  std::string name;
  std::vector<std::string> custom_fields;
  Rare<std::string> tracking_id;
  Rare<std::string> language;
  Rare<std::string> platform;
  Rare<std::string> device_id;
  bool operator==(const Profile&) const = default;
};

// An invitation by e-mail or SMS, handed to whoever subscribes to deliveries. On disk and in the API: never renumber.
enum class DeliveryState : uint8_t { kNone = 0, kRequested = 1, kSent = 2, kFailed = 3 };
inline constexpr int kDeliveryStateCount = 4;
std::string_view Name(DeliveryState state);
struct Delivery {
  DeliveryState state = DeliveryState::kNone;
  std::string address;
  std::string language;   // of an external technician; customers have that of their profile
  std::string detail;     // of the last report
  uint32_t attempts = 0;  // that failed for a reason that may pass
  Time retry_at{};        // is handed over again then; kNoTime: it waits for a subscriber, or is over
  Revision due;           // since when it waits: the order of handing over
  bool operator==(const Delivery&) const = default;
};

struct Participant {
  TechnicianId technician;
  Role role = Role::kLead;
  bool on_hold = false;        // a collaborator's own hold
  bool foreground = false;     // his console shows the session
  Rare<TechnicianId> seat_of;  // an invitee takes this collaborator's place
  Time joined{};
  Time background_since{};                   // the idle time-out runs from here while !foreground
  Permissions granted = Permissions::All();  // a collaborator has his group's permissions narrowed by these of the lead
  Rare<std::string> external_name;           // of an external technician; empty: one of the organization
  std::string code_key;                      // of his invitation, as Session::code_key; empty once used
  Time code_expires{};
  Rare<Delivery> delivery;  // of the invitation, by e-mail
  bool external() const { return static_cast<bool>(external_name); }
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

// What went over in an activity SEND_FILE or RECEIVE_FILE; the bytes go from peer to peer.
struct FileInfo {
  std::string name;  // empty: not told
  uint64_t size = 0;
  std::string sha256;  // 32 bytes, or empty: not told
  bool operator==(const FileInfo&) const = default;
};

// How the file came out. On disk and in the API: never renumber.
enum class FileOutcome : uint8_t { kNone = 0, kCompleted = 1, kFailed = 2, kCanceled = 3 };
inline constexpr int kFileOutcomeCount = 4;
std::string_view Name(FileOutcome outcome);

// Something that a technician does with the device, or has asked the customer for.
struct Activity {
  uint32_t id = 0;  // in its session
  ActivityKind kind = ActivityKind::kRemoteControl;
  TechnicianId technician;
  bool open = false;  // the customer has agreed
  std::string detail;
  Time since{};  // asked, or opened
  FileInfo file;
  AccessTerms access;  // of kUnattendedAccess
  bool operator==(const Activity&) const = default;
};

// One answer of a customer to the survey.
struct SurveyAnswer {
  std::string question;
  std::string answer;
  bool operator==(const SurveyAnswer&) const = default;
};

// A waiting session is held out to one technician; until he answers or the offer expires nobody else can start it.
struct Offer {
  TechnicianId technician;
  Time since{};
  Time expires{};
  bool operator==(const Offer&) const = default;
};

// Why an offer came to nothing. On disk and in the API: never renumber.
enum class OfferEnd : uint8_t { kRejected = 1, kTimedOut = 2, kWithdrawn = 3 };
std::string_view Name(OfferEnd end);

// A technician to whom the session was offered in vain; he is not asked again for the policy's retry_after.
struct Decline {
  TechnicianId technician;
  OfferEnd cause = OfferEnd::kRejected;
  std::string reason;
  Time at{};
  bool operator==(const Decline&) const = default;
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
  SessionType type = SessionType::kStandard;
  TechnicianId owner;            // private and monitoring sessions
  ChannelId channel;             // channel sessions
  Rare<TechnicianId> monitored;  // monitoring sessions: whose console
  Profile profile;
  Rare<Delivery> delivery;

  Link link = Link::kNeverAttached;
  bool terms_accepted = false;
  bool ever_started = false;
  bool held = false;
  bool lead_console_lost = false;
  RebootKind reboot = RebootKind::kNormal;  // meaningful while rebooting
  std::vector<Participant> participants;
  RareOptional<Transfer> transfer;
  Rare<TechnicianId> lead_offered_to;
  std::vector<Activity> activities;
  uint32_t last_activity = 0;     // highest activity id given out
  ActivityKinds standing_grants;  // what the customer has agreed to for the whole session
  bool chat_off = false;          // for the customer
  uint32_t last_external = 0;     // how many external technicians were invited
  bool chat_only = false;         // an instant chat whose customer has no applet yet
  uint32_t messages = 0;          // of technicians in the chat; the timeline has them
  uint32_t customer_messages = 0;
  Time customer_chat_until{};  // the customer's budget of messages is used up so far ahead (limits.h)
  uint32_t notes = 0;          // how many there are in the timeline
  bool survey_sent = false;
  bool survey_answered = false;
  Time survey_until{};  // an ended session stays for its survey until then; kNoTime: it does not

  Rare<GroupId> queue_group;     // waits for this group's members instead of the channel's, by a redirect rule
  Rare<TechnicianId> preferred;  // is asked first
  bool preferred_only = false;   // … and, until the policy's preferred_for has passed, nobody else
  RareOptional<Offer> offer;
  std::vector<Decline> declines;                      // the latest of each technician, the oldest first
  ComputerId computer;                                // unattended sessions
  Time access_until{};                                // … which end then
  CredentialMode credentials = CredentialMode::kAsk;  // … and what they need
  ComputerId enrolled;                                // the computer that its customer last agreed to
  uint32_t redirects = 0;                             // how often a rule has moved it
  bool notified = false;                              // the customer was told that nobody serves
  std::optional<WaitEstimate> told;  // how long it would wait, when it joined its queue; nullopt: too little was known
  Rare<std::string> end_page;        // where the customer is sent when it ends unserved

  Outcome outcome = Outcome::kNone;
  std::vector<TechnicianId> keepers;      // who still shows the ended session
  std::vector<TechnicianId> hidden_from;  // channel members from whom a requeued session is hidden until their console is back

  std::string code_key;  // the PIN, or the hash of a link's code; empty once used or dead
  Time code_expires{};
  std::string device_token_hash;  // empty until a device has entered

  Time created{};
  Time waiting_since{};  // arrived in a queue, latest time; redirects keep it
  Time queue_since{};    // arrived in this queue
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

  Queue queue() const { return {channel, queue_group}; }
  // Nobody needs it in memory.
  bool finished() const { return ended_already() && marks.empty() && survey_until == kNoTime; }
  bool ended_already() const { return outcome != Outcome::kNone; }
  const Participant* Find(const TechnicianId& technician) const;
  Participant* Find(const TechnicianId& technician);
  const Activity* FindActivity(uint32_t id) const;
  const Participant* lead() const;
  Participant* lead();
  bool IsSender(const TechnicianId& technician) const;
  bool IsRecipient(const TechnicianId& technician) const;
};

}  // namespace guichet

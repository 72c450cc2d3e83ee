// One organization: its people, channels, settings and live sessions. All state that decide() reads and evolve() changes.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/container/inlined_vector.h"
#include "absl/container/node_hash_map.h"
#include "statemachine/estimate.h"
#include "statemachine/ids.h"
#include "statemachine/library.h"
#include "statemachine/message.h"
#include "statemachine/session.h"

namespace guichet {

// On disk and in the API: never renumber.
enum class ConsoleLostPolicy : uint8_t { kKeep = 1, kRequeue = 2, kGiveToCollaborator = 3 };

// Rules by which sessions of a group live (domain.md §3). Every value is set; defaults are the specification's.
struct GroupSettings {
  Duration private_code_validity = std::chrono::minutes(20);
  Duration connecting_timeout = std::chrono::minutes(10);
  Duration waiting_timeout = kNever;
  Duration idle_timeout = kNever;
  Duration device_lost_grace = std::chrono::seconds(20);
  Duration offline_after = std::chrono::minutes(5);
  Duration hold_limit = std::chrono::hours(24 * 14);
  Duration system_limit = std::chrono::hours(24 * 14);
  uint32_t max_active_sessions = 10;
  uint32_t busy_at = 0;  // 0: never BUSY
  bool auto_start_private = false;
  ConsoleLostPolicy console_lost_policy = ConsoleLostPolicy::kKeep;
  std::string terms;
  Duration away_after = kNever;                        // console without activity → AWAY
  Duration logout_after = kNever;                      // console without activity → signed out
  ActivityKinds idle_blockers = kDefaultIdleBlockers;  // open ones hold off the idle time-out
  bool auto_start_channel = false;       // waiting sessions of channels without routing are started for its members
  Duration login_deferral{0};            // nothing is routed to a technician whose console attached so recently
  Duration connecting_alert = kNever;    // CONNECTING for longer is urgent
  Duration waiting_alert = kNever;       // WAITING for longer is urgent
  std::string survey;                    // text or URL for the customer; empty: none
  bool survey_at_end = false;            // sent when the session ends; otherwise by hand
  bool approved_externals_only = false;  // who is invited from outside must be on OrgSettings::approved_externals
  bool operator==(const GroupSettings&) const = default;
};

struct Group {
  GroupId id;
  std::string display_name;
  GroupSettings settings;
  Permissions permissions = Permissions::Default();
  Permissions locked;  // only a master administrator changes these
  bool operator==(const Group&) const = default;
};

// In the API: never renumber.
enum class Status : uint8_t { kOnline = 1, kAway = 2, kBusy = 3, kOffline = 4 };
inline constexpr int kStatusCount = 5;
std::string_view Name(Status status);

struct Skill {
  SkillId skill;
  uint32_t level = 1;  // 1-10
  bool operator==(const Skill&) const = default;
};

// Why a console is attached or not. On disk and in the API: never renumber.
enum class LinkCause : uint8_t {
  kNeverAttached = 1,
  kAttached = 2,
  kSignedOut = 3,
  kLost = 4,       // heartbeats were missing for the grace
  kLoggedOut = 5,  // no activity for logout_after
  kDisabled = 6,
};
inline constexpr int kLinkCauseCount = 7;
std::string_view Name(LinkCause cause);

// What an administrator sets of a technician.
struct TechnicianConfig {
  std::string display_name;
  GroupId group;
  bool administrator = false;        // master administrator: the whole organization
  std::vector<GroupId> administers;  // group administrator: these groups
  bool disabled = false;
  std::vector<Skill> skills;    // by skill, each once
  uint32_t capacity = 0;        // units of weighted work; 0: as his group's max_active_sessions
  bool routing_exempt = false;  // is offered nothing automatically
  bool operator==(const TechnicianConfig&) const = default;
};

// Three layers that never overwrite each other: intent (away), link (console), load (derived from sessions) — domain.md §8.
struct Technician : TechnicianConfig {
  TechnicianId id;
  Time created{};

  bool away = false;
  std::string away_reason;
  Time away_since{};

  bool console = false;  // attached and answering
  std::string console_name;
  Time console_since{};  // attached, or gone, since
  LinkCause link_cause = LinkCause::kNeverAttached;
  SessionId foreground;  // what the console shows

  bool inactive = false;  // the console reports no activity for away_after; intent is untouched

  SessionId external_of;  // an external technician: the one session that he may join; he belongs to no group

  Status status = Status::kOffline;  // kept by RefreshStatus (view.h)
  Time status_since{};
  bool busy = false;  // the load layer; kept by RefreshStatus
  Time busy_since{};  // … since when it is so

  // What routing goes by.
  Time idle_since{};     // a session less, or the console attached
  Time last_offer{};     // for round robin
  Time wrap_up_until{};  // after-work of his last channel session
  Time paused_until{};   // after an offer that he let pass
  bool operator==(const Technician&) const = default;
};

// Opening hours of a channel in its own time zone. Whether it is open is a recorded fact (Channel::open), not computed here.
struct OpenInterval {
  uint32_t weekday = 1;      // 1 Monday … 7 Sunday, as ISO 8601
  uint32_t from_minute = 0;  // of the local day
  uint32_t to_minute = 1440;
  bool operator==(const OpenInterval&) const = default;
};
struct CalendarDay {
  int32_t year = 0;
  uint32_t month = 0;
  uint32_t day = 0;
  auto operator<=>(const CalendarDay&) const = default;
};
struct Hours {
  std::string time_zone;           // IANA name; empty: UTC
  std::vector<OpenInterval> open;  // empty: always, but for days off
  std::vector<CalendarDay> days_off;
  bool operator==(const Hours&) const = default;
};

// What a customer's form must contain, for one custom field.
struct FieldRule {
  std::string label;
  bool required = false;
  std::string pattern;  // RE2, for the whole value; empty: anything
  std::vector<std::string> choices;
  bool operator==(const FieldRule&) const = default;
};

// What becomes of a waiting session that nobody can take. On disk and in the API: never renumber.
enum class Unserved : uint8_t { kKeepWaiting = 1, kNotify = 2, kEnd = 3 };
struct Fallback {
  Unserved action = Unserved::kKeepWaiting;
  std::string notice;    // shown to the customer
  std::string page_url;  // where kEnd sends him
  bool operator==(const Fallback&) const = default;
};

// When a redirect rule applies. On disk and in the API: never renumber.
enum class RedirectWhen : uint8_t {
  kAtOnce = 1,
  kAfterWait = 2,        // so long in this queue
  kQueueLongerThan = 3,  // at least `length` wait before it
  kNobodyOnline = 4,     // no console attached of anybody who serves
  kOutOfHours = 5,
};
struct Redirect {
  RedirectWhen when = RedirectWhen::kAtOnce;
  Duration wait{};
  uint32_t length = 0;
  ChannelId channel;  // exactly one of the two
  GroupId group;
  bool operator==(const Redirect&) const = default;
};

// On disk and in the API: never renumber.
enum class RoutingMode : uint8_t {
  kManual = 1,     // technicians pick
  kOffer = 2,      // the session is offered to one technician at a time
  kAutoStart = 3,  // … and is started for him at once
};
enum class Strategy : uint8_t {
  kLongestIdle = 1,  // who has the fewest active sessions; of those the one whose last ended first
  kLeastActive = 2,  // who has the smallest share of his capacity in use
  kRoundRobin = 3,   // to whom the last offer was the longest ago
};
std::string_view Name(RoutingMode mode);
std::string_view Name(Strategy strategy);

struct SkillNeed {
  SkillId skill;
  uint32_t level = 1;      // 1-10, on arrival
  Duration relax_every{};  // one level less for each of these that it has waited; 0: never
  uint32_t relax_to = 1;   // not below; 0: at last anybody
  bool operator==(const SkillNeed&) const = default;
};

// How sessions of a channel are given to technicians.
struct RoutingPolicy {
  RoutingMode mode = RoutingMode::kManual;
  Strategy strategy = Strategy::kLongestIdle;
  Duration offer_timeout = std::chrono::seconds(20);
  Duration retry_after = std::chrono::seconds(60);  // who rejected or missed an offer of a session is not asked again so soon
  Duration wrap_up{0};                              // after-work of a session of this channel
  Duration preferred_for{0};                        // how long a session waits for its preferred technician alone
  Duration overflow_after = kNever;                 // waited longer: these groups are asked too
  std::vector<GroupId> overflow_groups;
  std::vector<SkillNeed> skills;  // all of them
  uint32_t weight = 1;            // units of capacity that a session takes
  bool operator==(const RoutingPolicy&) const = default;
};

struct Channel {
  ChannelId id;
  std::string display_name;
  std::vector<GroupId> groups;
  std::vector<TechnicianId> technicians;
  std::optional<Duration> connecting_timeout;
  std::optional<Duration> waiting_timeout;
  std::vector<FieldRule> fields;  // rules of custom fields 1-5
  Hours hours;
  Fallback out_of_hours;
  Fallback nobody_online;
  std::vector<Redirect> redirects;  // the first that applies
  uint32_t priority = 0;            // 0-10: each counts as priority_step of waiting more
  RoutingPolicy routing;

  bool open = true;             // by the hours; set by the daemon at their boundaries
  uint32_t policy_version = 0;  // counts the changes of the channel
  bool operator==(const Channel&) const = default;
};

// On disk and in the API: never renumber.
enum class KeyRole : uint8_t {
  kTechnician = 1,
  kIntegrator = 2,
  kAdministrator = 3,
  kOperator = 4,
  kGroupAdministrator = 5,
  kExternal = 6
};
inline constexpr int kKeyRoleCount = 7;
std::string_view Name(KeyRole role);

// What an integrator's key may do. On disk and in the API: never renumber.
enum class Scope : uint8_t {
  kSessionsRead = 1,
  kSessionsWrite = 2,
  kOrganizationRead = 3,
  kOrganizationWrite = 4,  // groups, technicians, channels; no keys, no locks
  kRoutingRead = 5,        // explanations
  kDeliveries = 6,
};
inline constexpr int kScopeCount = 7;
std::string_view Name(Scope scope);
inline constexpr uint32_t kAllScopes = (1u << kScopeCount) - 2;  // bit n: Scope n

struct ApiKey {
  KeyId id;
  KeyRole role = KeyRole::kTechnician;
  TechnicianId technician;
  std::string secret_hash;  // SHA-256 of the secret
  Time created{};
  Time expires{};                // kNoTime: never
  std::string display_name;      // what it is for
  uint32_t scopes = kAllScopes;  // of an integrator
  Time last_used{};              // kNoTime: never; not in the log, exact to kKeyUseStep
  bool operator==(const ApiKey&) const = default;
};

struct OrgSettings {
  Duration priority_step = std::chrono::seconds(30);  // a channel's priority is worth so much waiting a step
  // Who may be invited from outside by groups that ask for approval: addresses, or whole domains as "@example.com"; in lower
  // case, each once.
  std::vector<std::string> approved_externals;
  std::vector<MessageTemplate> templates;  // each kind and language once
  std::string default_language = "en";     // of messages to people whose language has no template
  bool monitor_silently = false;           // technicians are not told that somebody monitors them
  bool operator==(const OrgSettings&) const = default;
};

// A skill by its number in Org::skill_numbers.
struct RosterSkill {
  uint32_t skill : 28;
  uint32_t level : 4;
  bool operator==(const RosterSkill&) const = default;
};

// One technician as routing scans him: all that is not particular to a session, side by side with his colleagues. What every
// decision reads of everybody is in the first cache line.
struct alignas(64) RosterItem {
  uint32_t filters = 0;  // bits of Filter (route.h) that hold whatever the session
  uint32_t units = 0;    // taken by his active sessions
  uint32_t capacity = 0;
  uint32_t active = 0;
  Time not_before{};  // the latest of the three below
  Time idle_since{};
  uint64_t order = 0;  // as the ids are ordered: comparing those of ten thousand who are equal otherwise takes longer
  absl::InlinedVector<RosterSkill, 4> skills;  // by number

  Time last_offer{};
  uint32_t id_hash = 0;       // differs for most who are not the same
  bool auto_start = false;    // his group's auto_start_channel
  bool lens_allowed = false;  // by his group
  uint32_t lens = 0;          // active camera sessions
  uint32_t max_active = 0;
  Time deferred_until{};  // after log-in
  Time wrap_up_until{};
  Time paused_until{};
  TechnicianId technician;
  bool operator==(const RosterItem&) const = default;
};

// What the sessions that a technician leads come to, so that a decision does not visit them.
struct Leading {
  size_t all = 0;                      // also held ones, and ended ones that he still shows
  size_t lens = 0;                     // active camera sessions
  std::map<ChannelId, size_t> active;  // neither held nor ended; the empty channel for those of none
  bool operator==(const Leading&) const = default;
};

// Thread safety: none; one thread owns it. Invariant: the indexes hold exactly what RebuildIndexes would compute: `entries` the
// (technician, session) pairs of Session::marks, `leading` those of them where he leads, `pools` the live sessions that a
// queue's pool sees, `waiting` and `kept` those of them that routing may hand out.
struct Org {
  OrgId id;
  std::string display_name;
  Time created{};
  SessionId last_session;  // highest id given out
  Revision revision;       // of the last log entry
  OrgSettings settings;

  std::map<GroupId, Group> groups;
  std::map<TechnicianId, Technician> technicians;
  std::map<ChannelId, Channel> channels;
  std::map<KeyId, ApiKey> keys;
  absl::node_hash_map<SessionId, Session> sessions;  // live, or ended and still shown to somebody
  std::map<Queue, QueueStats> stats;                 // what was learnt of waiting
  std::map<TechnicianId, Library> libraries;         // none is empty
  std::map<ComputerId, Computer> computers;
  ComputerId last_computer;  // highest id given out

  // Indexes, derived: rebuilt by RebuildIndexes.
  size_t library_bytes = 0;  // of all libraries
  absl::flat_hash_map<TechnicianId, absl::btree_set<SessionId>> entries;
  absl::flat_hash_map<TechnicianId, Leading> leading;
  std::map<Queue, absl::btree_set<SessionId>> pools;
  std::set<SessionId> monitoring;                                 // monitoring sessions that have not ended
  absl::flat_hash_map<ChannelId, size_t> connecting;              // live sessions of a channel whose applet has not attached
  std::map<Queue, std::set<std::pair<Time, SessionId>>> waiting;  // WAITING, not offered, by arrival
  absl::flat_hash_map<TechnicianId, std::set<std::pair<Time, SessionId>>> kept;  // … those that wait for him alone
  std::set<SessionId> notified;                                  // … whose customer was told that nobody serves
  absl::flat_hash_map<TechnicianId, SessionId> offers;           // at most one each
  absl::flat_hash_map<GroupId, std::vector<RosterItem>> roster;  // enabled members, in no order
  absl::flat_hash_map<TechnicianId, std::pair<GroupId, size_t>> roster_at;
  absl::flat_hash_map<SkillId, uint32_t> skill_numbers;  // of all skills that anybody had or needed since the start
  absl::flat_hash_map<GroupId, std::set<ChannelId>> channels_of_group;            // that it serves or that overflow to it
  absl::flat_hash_map<TechnicianId, std::set<ChannelId>> channels_of_technician;  // that he serves by name
  absl::flat_hash_map<GroupId, std::set<ChannelId>> queues_of_group;              // `waiting` has a queue of the group itself
};

const GroupSettings& DefaultSettings();

// Settings by which `session` lives: its lead's group, else its owner's, else the group that a redirect rule moved it to, else
// the first group of its channel, else the defaults.
const GroupSettings& SettingsOf(const Org& org, const Session& session);
const GroupSettings& SettingsOf(const Org& org, const TechnicianId& technician);
Duration ConnectingTimeout(const Org& org, const Session& session);
Duration WaitingTimeout(const Org& org, const Session& session);

bool Serves(const Org& org, const TechnicianId& technician, const ChannelId& channel);
bool Serves(const Org& org, const TechnicianId& technician, const Queue& queue);
const Channel* FindChannel(const Org& org, const ChannelId& id);
// What the technician's group allows, whatever the session.
bool Allowed(const Org& org, const TechnicianId& technician, Permission permission);
// In order of id; without disabled technicians.
std::vector<TechnicianId> MembersOf(const Org& org, const GroupId& group);
std::vector<TechnicianId> TechniciansServing(const Org& org, const ChannelId& channel);
std::vector<ChannelId> ChannelsServedBy(const Org& org, const TechnicianId& technician);

// Sessions that the technician leads and that are neither held nor ended (domain.md §2), and the units of capacity they take.
struct Load {
  size_t led = 0;  // also held ones, and ended ones that he still shows
  size_t active = 0;
  size_t units = 0;
  size_t lens = 0;
};
Load LoadOf(const Org& org, const TechnicianId& technician);
size_t ActiveSessions(const Org& org, const TechnicianId& technician);
// The load layer, whatever intent and link are.
bool IsBusy(const Org& org, const Technician& technician);
Status StatusOf(const Org& org, const Technician& technician);

const Technician* FindTechnician(const Org& org, const TechnicianId& id);
// … of the organization: null for an external one.
const Technician* FindMember(const Org& org, const TechnicianId& id);
// Who enrolled it; null once he is deleted, also when somebody else has his id since.
const Technician* OwnerOf(const Org& org, const Computer& computer);
// Ids of external technicians are not like those that an organization gives.
TechnicianId ExternalId(SessionId session, uint32_t number);
bool IsExternalId(const TechnicianId& id);
const Session* FindSession(const Org& org, SessionId id);

// The key of an external technician: one, named as he is.
ApiKey ExternalKey(const TechnicianId& technician, std::string secret_hash, Time now);

// Recomputes the indexes from the sessions; for loading.
void RebuildIndexes(Org& org);

}  // namespace guichet

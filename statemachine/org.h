// One organization: its people, channels, settings and live sessions. All state that decide() reads and evolve() changes.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "statemachine/ids.h"
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
  Duration away_after = kNever;    // console without activity → AWAY
  Duration logout_after = kNever;  // console without activity → signed out
  bool operator==(const GroupSettings&) const = default;
};

struct Group {
  GroupId id;
  std::string display_name;
  GroupSettings settings;
  bool operator==(const Group&) const = default;
};

// In the API: never renumber.
enum class Status : uint8_t { kOnline = 1, kAway = 2, kBusy = 3, kOffline = 4 };
inline constexpr int kStatusCount = 5;
std::string_view Name(Status status);

// Three layers that never overwrite each other: intent (away), link (console), load (derived from sessions) — domain.md §8.
struct Technician {
  TechnicianId id;
  std::string display_name;
  GroupId group;
  bool administrator = false;
  bool disabled = false;
  Time created{};

  bool away = false;
  std::string away_reason;
  Time away_since{};

  bool console = false;  // attached and answering
  std::string console_name;
  Time console_since{};  // attached, or gone, since
  SessionId foreground;  // what the console shows

  bool inactive = false;  // the console reports no activity for away_after; intent is untouched

  Status status = Status::kOffline;  // kept by RefreshStatus (view.h)
  Time status_since{};
  bool operator==(const Technician&) const = default;
};

struct Channel {
  ChannelId id;
  std::string display_name;
  std::vector<GroupId> groups;
  std::vector<TechnicianId> technicians;
  std::optional<Duration> connecting_timeout;
  std::optional<Duration> waiting_timeout;
  bool operator==(const Channel&) const = default;
};

// On disk and in the API: never renumber.
enum class KeyRole : uint8_t { kTechnician = 1, kIntegrator = 2, kAdministrator = 3, kOperator = 4 };
std::string_view Name(KeyRole role);

struct ApiKey {
  KeyId id;
  KeyRole role = KeyRole::kTechnician;
  TechnicianId technician;
  std::string secret_hash;  // SHA-256 of the secret
  Time created{};
  Time expires{};  // kNoTime: never
  bool operator==(const ApiKey&) const = default;
};

// Thread safety: none; one thread owns it. Invariant: `entries` holds exactly the (technician, session) pairs of
// Session::marks, and `waiting_by_channel` exactly the live sessions that the pool of a channel sees.
struct Org {
  OrgId id;
  std::string display_name;
  Time created{};
  SessionId last_session;  // highest id given out
  Revision revision;       // of the last log entry

  std::map<GroupId, Group> groups;
  std::map<TechnicianId, Technician> technicians;
  std::map<ChannelId, Channel> channels;
  std::map<KeyId, ApiKey> keys;
  absl::flat_hash_map<SessionId, Session> sessions;  // live, or ended and still shown to somebody

  // Indexes, derived: rebuilt by RebuildIndexes.
  absl::flat_hash_map<TechnicianId, std::set<SessionId>> entries;
  std::map<ChannelId, std::set<SessionId>> pools;
  std::set<SessionId> monitoring;                     // monitoring sessions that have not ended
  absl::flat_hash_map<ChannelId, size_t> connecting;  // live sessions of a channel whose applet has not attached
};

const GroupSettings& DefaultSettings();

// Settings by which `session` lives: its lead's group, else its owner's, else the first group of its channel, else the
// defaults.
const GroupSettings& SettingsOf(const Org& org, const Session& session);
const GroupSettings& SettingsOf(const Org& org, const TechnicianId& technician);
Duration ConnectingTimeout(const Org& org, const Session& session);
Duration WaitingTimeout(const Org& org, const Session& session);

bool Serves(const Org& org, const TechnicianId& technician, const ChannelId& channel);
// In order of id; without disabled technicians.
std::vector<TechnicianId> MembersOf(const Org& org, const GroupId& group);
std::vector<TechnicianId> TechniciansServing(const Org& org, const ChannelId& channel);
std::vector<ChannelId> ChannelsServedBy(const Org& org, const TechnicianId& technician);

// Sessions that the technician leads and that are neither held nor ended (domain.md §2).
size_t ActiveSessions(const Org& org, const TechnicianId& technician);
Status StatusOf(const Org& org, const Technician& technician);

const Technician* FindTechnician(const Org& org, const TechnicianId& id);
const Session* FindSession(const Org& org, SessionId id);

// Recomputes the indexes from the sessions; for loading.
void RebuildIndexes(Org& org);

}  // namespace guichet

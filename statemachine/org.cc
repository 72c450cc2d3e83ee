#include "statemachine/org.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"

#include "statemachine/route.h"
#include "statemachine/view.h"

namespace guichet {

std::string_view Name(Status status) {
  static constexpr std::array<std::string_view, kStatusCount> kNames = {"NONE", "ONLINE", "AWAY", "BUSY", "OFFLINE"};
  return kNames[static_cast<size_t>(status)];
}

std::string_view Name(KeyRole role) {
  static constexpr std::array<std::string_view, kKeyRoleCount> kNames = {
      "none", "technician", "integrator", "administrator", "operator", "group_administrator", "external"};
  return kNames[static_cast<size_t>(role)];
}

std::string_view Name(Scope scope) {
  static constexpr std::array<std::string_view, kScopeCount> kNames = {
      "NONE", "SESSIONS_READ", "SESSIONS_WRITE", "ORGANIZATION_READ", "ORGANIZATION_WRITE", "ROUTING_READ", "DELIVERIES"};
  return kNames[static_cast<size_t>(scope)];
}

std::string_view Name(LinkCause cause) {
  static constexpr std::array<std::string_view, kLinkCauseCount> kNames = {"NONE", "NEVER_ATTACHED", "ATTACHED", "SIGNED_OUT",
                                                                           "LOST", "LOGGED_OUT",     "DISABLED"};
  return kNames[static_cast<size_t>(cause)];
}

std::string_view Name(RoutingMode mode) {
  static constexpr std::array<std::string_view, 4> kNames = {"NONE", "MANUAL", "OFFER", "AUTO_START"};
  return kNames[static_cast<size_t>(mode)];
}

std::string_view Name(Strategy strategy) {
  static constexpr std::array<std::string_view, 4> kNames = {"NONE", "LONGEST_IDLE", "LEAST_ACTIVE", "ROUND_ROBIN"};
  return kNames[static_cast<size_t>(strategy)];
}

const GroupSettings& DefaultSettings() {
  static const GroupSettings settings;
  return settings;
}

const GroupSettings& SettingsOf(const Org& org, const TechnicianId& technician) {
  if (const Technician* t = FindTechnician(org, technician)) {
    if (const Session* session = FindSession(org, t->external_of)) return SettingsOf(org, *session);
    auto group = org.groups.find(t->group);
    if (group != org.groups.end()) return group->second.settings;
  }
  return DefaultSettings();
}

const GroupSettings& SettingsOf(const Org& org, const Session& session) {
  if (const Participant* lead = session.lead()) return SettingsOf(org, lead->technician);
  if (session.owner) return SettingsOf(org, session.owner);
  if (auto group = org.groups.find(session.queue_group); group != org.groups.end()) return group->second.settings;
  auto channel = org.channels.find(session.channel);
  if (channel != org.channels.end() && !channel->second.groups.empty()) {
    auto group = org.groups.find(channel->second.groups.front());
    if (group != org.groups.end()) return group->second.settings;
  }
  return DefaultSettings();
}

Duration ConnectingTimeout(const Org& org, const Session& session) {
  auto channel = org.channels.find(session.channel);
  if (channel != org.channels.end() && channel->second.connecting_timeout) return *channel->second.connecting_timeout;
  return SettingsOf(org, session).connecting_timeout;
}

Duration WaitingTimeout(const Org& org, const Session& session) {
  auto channel = org.channels.find(session.channel);
  if (channel != org.channels.end() && channel->second.waiting_timeout) return *channel->second.waiting_timeout;
  return SettingsOf(org, session).waiting_timeout;
}

bool Serves(const Org& org, const TechnicianId& technician, const ChannelId& channel) {
  auto it = org.channels.find(channel);
  const Technician* t = FindTechnician(org, technician);
  if (it == org.channels.end() || t == nullptr || t->disabled) return false;
  const Channel& c = it->second;
  return std::find(c.groups.begin(), c.groups.end(), t->group) != c.groups.end() ||
         std::find(c.technicians.begin(), c.technicians.end(), technician) != c.technicians.end();
}

bool Serves(const Org& org, const TechnicianId& technician, const Queue& queue) {
  if (!queue.group) return Serves(org, technician, queue.channel);
  const Technician* t = FindTechnician(org, technician);
  return t != nullptr && !t->disabled && t->group == queue.group;
}

const Channel* FindChannel(const Org& org, const ChannelId& id) {
  auto it = org.channels.find(id);
  return it == org.channels.end() ? nullptr : &it->second;
}

bool Allowed(const Org& org, const TechnicianId& technician, Permission permission) {
  const Technician* t = FindTechnician(org, technician);
  if (t == nullptr) return false;
  if (t->external_of) {
    const Session* session = FindSession(org, t->external_of);
    const Participant* lead = session == nullptr ? nullptr : session->lead();
    return lead != nullptr && Permissions::External().Has(permission) && Allowed(org, lead->technician, permission);
  }
  auto group = org.groups.find(t->group);
  return (group == org.groups.end() ? Permissions::Default() : group->second.permissions).Has(permission);
}

std::vector<TechnicianId> MembersOf(const Org& org, const GroupId& group) {
  std::vector<TechnicianId> members;
  for (const auto& [id, technician] : org.technicians) {
    if (technician.group == group && !technician.disabled) members.push_back(id);
  }
  return members;
}

std::vector<TechnicianId> TechniciansServing(const Org& org, const ChannelId& channel) {
  std::vector<TechnicianId> serving;
  for (const auto& [id, technician] : org.technicians) {
    if (Serves(org, id, channel)) serving.push_back(id);
  }
  return serving;
}

std::vector<ChannelId> ChannelsServedBy(const Org& org, const TechnicianId& technician) {
  std::vector<ChannelId> served;
  for (const auto& [id, channel] : org.channels) {
    if (Serves(org, technician, id)) served.push_back(id);
  }
  return served;
}

Load LoadOf(const Org& org, const TechnicianId& technician) {
  Load load;
  auto leading = org.leading.find(technician);
  if (leading == org.leading.end()) return load;
  load.led = leading->second.all;
  load.lens = leading->second.lens;
  for (const auto& [id, active] : leading->second.active) {
    const Channel* channel = FindChannel(org, id);
    load.active += active;
    load.units += active * (channel == nullptr ? 1 : channel->routing.weight);
  }
  return load;
}

size_t ActiveSessions(const Org& org, const TechnicianId& technician) { return LoadOf(org, technician).active; }

bool IsBusy(const Org& org, const Technician& technician) {
  const uint32_t busy_at = SettingsOf(org, technician.id).busy_at;
  return busy_at > 0 && ActiveSessions(org, technician.id) >= busy_at;
}

Status StatusOf(const Org& org, const Technician& technician) {
  if (!technician.console || technician.disabled) return Status::kOffline;
  if (technician.away || technician.inactive) return Status::kAway;
  return IsBusy(org, technician) ? Status::kBusy : Status::kOnline;
}

const Technician* FindTechnician(const Org& org, const TechnicianId& id) {
  auto it = org.technicians.find(id);
  return it == org.technicians.end() ? nullptr : &it->second;
}

const Technician* FindMember(const Org& org, const TechnicianId& id) {
  const Technician* technician = FindTechnician(org, id);
  return technician == nullptr || technician->external_of ? nullptr : technician;
}

TechnicianId ExternalId(SessionId session, uint32_t number) {
  return TechnicianId{absl::StrCat("~", session.value, "-", number)};
}

bool IsExternalId(const TechnicianId& id) { return id.value.starts_with('~'); }

ApiKey ExternalKey(const TechnicianId& technician, std::string secret_hash, Time now) {
  ApiKey key;
  key.id.value = technician.value;
  key.role = KeyRole::kExternal;
  key.technician = technician;
  key.secret_hash = std::move(secret_hash);
  key.created = now;
  return key;
}

const Session* FindSession(const Org& org, SessionId id) {
  auto it = org.sessions.find(id);
  return it == org.sessions.end() ? nullptr : &it->second;
}

void RebuildIndexes(Org& org) {
  org.entries.clear();
  org.leading.clear();
  org.pools.clear();
  org.connecting.clear();
  org.monitoring.clear();
  org.waiting.clear();
  org.kept.clear();
  org.notified.clear();
  org.offers.clear();
  org.roster.clear();
  org.roster_at.clear();
  org.skill_numbers.clear();
  org.channels_of_group.clear();
  org.channels_of_technician.clear();
  org.queues_of_group.clear();
  org.library_bytes = 0;
  for (const auto& [technician, library] : org.libraries) org.library_bytes += BytesOf(library.items);
  for (const auto& [id, channel] : org.channels) IndexChannel(org, channel);
  for (const auto& [id, session] : org.sessions) {
    IndexSession(org, session);
    IndexRouting(org, session);
  }
  for (const auto& [id, technician] : org.technicians) RefreshRoster(org, id);
}

}  // namespace guichet

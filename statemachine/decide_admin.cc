// Commands of administrators: people, groups, channels, keys. Fields were checked for form at the edge.
#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "statemachine/decide_internal.h"
#include "statemachine/limits.h"

namespace guichet::internal {
namespace {

Result Administer(Events events) { return Decision{Trigger::kAdminister, std::move(events), {}}; }

size_t Bytes(const std::string& text) { return text.size() + 8; }

// About what the session takes in a log entry.
size_t Bytes(const Session& session) {
  size_t bytes = 1024 + 128 * session.marks.size() + Bytes(session.profile.name) + Bytes(session.profile.tracking_id);
  for (const std::string& field : session.profile.custom_fields) bytes += Bytes(field);
  if (session.transfer) bytes += 64 * (session.transfer->recipients.size() + session.transfer->senders.size());
  return bytes;
}

// Refuses to delete or disable a technician with so much to change that it does not fit into one log entry.
absl::Status FitsOneCommand(const Org& org, const TechnicianId& technician) {
  size_t bytes = 0;
  if (auto entries = org.entries.find(technician); entries != org.entries.end()) {
    for (SessionId id : entries->second) bytes += Bytes(*FindSession(org, id));
  }
  for (const auto& [id, channel] : org.channels) {
    const auto& list = channel.technicians;
    if (std::find(list.begin(), list.end(), technician) != list.end()) bytes += 64 * (list.size() + channel.groups.size() + 4);
  }
  if (bytes <= limits::kBytesPerCommand) return absl::OkStatus();
  return TooManyBytes(absl::StrCat("the sessions and channels of ", technician.value), bytes, limits::kBytesPerCommand,
                      "end or move some sessions, or take him out of some channels,");
}

// Refuses a successor who cannot take over all that the technician leads and owns.
absl::Status CanTakeOver(const Org& org, const TechnicianId& technician, const TechnicianId& successor) {
  if (!successor) return absl::OkStatus();
  if (successor == technician) return InvalidField("successor_technician_id", "must be another technician");
  const Technician* next = FindMember(org, successor);
  if (next == nullptr) return TechnicianNotFound(successor);
  if (next->disabled) return TechnicianDisabled(successor);
  auto entries = org.entries.find(technician);
  if (entries == org.entries.end()) return absl::OkStatus();
  Load load = LoadOf(org, successor);  // held sessions become active with him
  size_t owned = 0;
  for (SessionId id : entries->second) {
    const Session& session = *FindSession(org, id);
    if (session.ended_already() || session.method == Method::kMonitoring) continue;
    const Participant* lead = session.lead();
    const bool leads = lead != nullptr && lead->technician == technician;
    const bool owns = lead == nullptr && session.owner == technician;
    if (!leads && !owns) continue;
    const Participant* part = session.Find(successor);
    if (part != nullptr && part->role == Role::kInvitee) return AlreadyInSession(id, successor);
    const bool lens = session.type == SessionType::kLens;
    if (absl::Status may = MayTake(org, successor, session.type); !may.ok()) return may;
    load.active += leads;
    load.lens += leads && lens;
    owned += owns;
  }
  const size_t limit = SettingsOf(org, successor).max_active_sessions;
  if (load.active > limit) return TooManyActiveSessions(successor, limit);
  if (load.lens > 1) return TooManyActiveSessions(successor, 1);
  if (!OwnsTooMany(org, successor, owned)) return absl::OkStatus();
  return TooManySessions("the successor", "of his own that have not ended; choose another, or end some",
                         limits::kOwnedSessions);
}

// What happens to the sessions of a technician who is deleted or disabled: those that he leads or owns go to the successor or
// are ABORTED, from all others he is taken out.
void Abandon(const Org& org, const TechnicianId& technician, const TechnicianId& successor, Events& events) {
  WithdrawOffer(org, technician, events);
  auto entries = org.entries.find(technician);
  if (entries == org.entries.end()) return;
  for (SessionId id : entries->second) {
    const Session& session = *FindSession(org, id);
    const Participant* self = session.Find(technician);
    const auto& hidden = session.hidden_from;
    if (!session.ended_already() && std::find(hidden.begin(), hidden.end(), technician) != hidden.end()) {
      events.push_back(event::Revealed{id, technician});
    }
    if (session.ended_already()) {
      events.push_back(event::EntryDismissed{id, technician, session.outcome});
    } else if (session.owner == technician && session.lead() == nullptr && successor && session.method != Method::kMonitoring) {
      if (session.transfer) events.push_back(event::TransferCanceled{id});
      events.push_back(event::OwnerChanged{id, successor});
    } else if (self != nullptr && self->role == Role::kLead && successor && session.method != Method::kMonitoring) {
      events.push_back(event::LeadGiven{id, successor});
    } else if (session.owner == technician && session.lead() == nullptr) {
      events.push_back(Ended(session, Outcome::kAborted, EndedBy::kLimit));
    } else if (self != nullptr && self->role == Role::kLead) {
      events.push_back(Ended(session, Outcome::kAborted, EndedBy::kLimit));
    } else if (self != nullptr) {
      events.push_back(event::ParticipantRemoved{id, technician});
    } else if (session.IsSender(technician) || session.IsRecipient(technician)) {
      const bool last = (session.IsSender(technician) ? session.transfer->senders : session.transfer->recipients).size() == 1;
      if (last) {
        events.push_back(event::TransferCanceled{id});
      } else {
        events.push_back(event::TransferLeft{id, technician});
      }
    }
  }
}

}  // namespace

Result On(const Org& org, const command::CreateOrg& c, Time) {
  if (org.id) return AlreadyExists("organization", c.org.value);
  return Administer({event::OrgPut{c.org, c.display_name, {}}, event::KeyPut{c.first_key}});
}

Result On(const Org& org, const command::UpdateOrg& c, Time) {
  if (org.display_name == c.display_name && org.settings == c.settings) return Administer({});
  return Administer({event::OrgPut{org.id, c.display_name, c.settings}});
}

Result On(const Org& org, const command::PutGroup& c, Time) {
  auto it = org.groups.find(c.group.id);
  if (c.create && it != org.groups.end()) return AlreadyExists("group", c.group.id.value);
  if (!c.create && it == org.groups.end()) return GroupNotFound(c.group.id);
  if (c.create && org.groups.size() >= limits::kGroups) return TooMany("groups", limits::kGroups);
  if (it != org.groups.end() && it->second == c.group) return Administer({});
  if (!c.unlock) {
    const Permissions locked = it == org.groups.end() ? Permissions{} : it->second.locked;
    const Permissions before = it == org.groups.end() ? Permissions::Default() : it->second.permissions;
    const Permissions changed = (c.group.permissions ^ before) & locked;
    if (!changed.empty()) return PermissionLocked(c.group.id, changed);
    if (c.group.locked != locked) return PermissionLocked(c.group.id, c.group.locked ^ locked);
  }
  return Administer({event::GroupPut{c.group}});
}

Result On(const Org& org, const command::DeleteGroup& c, Time) {
  if (!org.groups.contains(c.group)) return GroupNotFound(c.group);
  for (const auto& [id, technician] : org.technicians) {
    if (technician.group == c.group) return GroupNotEmpty(c.group);
  }
  Events events;
  // Whoever waits, or will wait again, for its members waits for those who serve the channel.
  std::set<SessionId> queued;
  size_t bytes = 0;
  for (const auto& [id, session] : org.sessions) {
    if (session.queue_group != c.group || session.ended_already()) continue;
    queued.insert(id);
    bytes += Bytes(session);
  }
  if (bytes > limits::kBytesPerCommand) {
    return TooManyBytes(absl::StrCat("the sessions in the queues of group ", c.group.value), bytes, limits::kBytesPerCommand,
                        "end or move some sessions");
  }
  for (SessionId id : queued) {
    const Queue from = FindSession(org, id)->queue();
    events.push_back(event::Redirected{id, from, {from.channel, {}}, RedirectWhen::kAtOnce});
  }
  for (const auto& [id, channel] : org.channels) {
    Channel without = channel;
    std::erase(without.groups, c.group);
    std::erase(without.routing.overflow_groups, c.group);
    std::erase_if(without.redirects, [&](const Redirect& rule) { return rule.group == c.group; });
    if (without != channel) events.push_back(event::ChannelPut{std::move(without)});
  }
  for (const auto& [id, technician] : org.technicians) {
    TechnicianConfig without = technician;
    if (std::erase(without.administers, c.group) > 0) events.push_back(event::TechnicianPut{id, std::move(without)});
  }
  events.push_back(event::GroupDeleted{c.group});
  return Administer(std::move(events));
}

namespace {
absl::Status GroupsExist(const Org& org, const TechnicianConfig& config) {
  if (!org.groups.contains(config.group)) return GroupNotFound(config.group);
  for (const GroupId& group : config.administers) {
    if (!org.groups.contains(group)) return GroupNotFound(group);
  }
  return absl::OkStatus();
}
}  // namespace

// Monitoring that the change of one of the two takes the right to.
void EndMonitoring(const Org& org, const TechnicianId& changed, const TechnicianConfig& config, Events& events) {
  for (SessionId id : org.monitoring) {
    const Session& session = *FindSession(org, id);
    const Technician* owner = FindMember(org, session.owner);
    const Technician* monitored = FindMember(org, session.monitored);
    if (owner == nullptr || monitored == nullptr || (session.owner != changed && session.monitored != changed)) continue;
    const bool may = session.owner == changed ? MayMonitor(config, *monitored) : MayMonitor(*owner, config);
    if (!may) events.push_back(Ended(session, Outcome::kAborted, EndedBy::kLimit));
  }
}

Result On(const Org& org, const command::PutTechnician& c, Time now) {
  const Technician* existing = FindMember(org, c.technician);
  if (c.create && existing != nullptr) return AlreadyExists("technician", c.technician.value);
  if (!c.create && existing == nullptr) return TechnicianNotFound(c.technician);
  if (absl::Status groups = GroupsExist(org, c.config); !groups.ok()) return groups;
  if (c.create && org.technicians.size() >= limits::kTechnicians) return TooMany("technicians", limits::kTechnicians);
  Events events;
  Decision decision{Trigger::kAdminister, {}, {}};
  if (existing != nullptr && c.config.disabled && !existing->disabled) {
    if (absl::Status fits = FitsOneCommand(org, c.technician); !fits.ok()) return fits;
    if (absl::Status can = CanTakeOver(org, c.technician, c.successor); !can.ok()) return can;
    if (existing->console) {
      absl::StatusOr<Decision> gone = On(org, command::DetachConsole{c.technician, now, LinkCause::kDisabled}, now);
      if (gone.ok()) events = gone->events;
      std::erase_if(events, [](const Event& e) { return std::holds_alternative<event::OfferEnded>(e); });
    }
    Abandon(org, c.technician, c.successor, events);
    decision.trigger = c.successor ? Trigger::kHandOver : Trigger::kAbort;
  } else if (existing != nullptr && (c.config.group != existing->group || c.config.routing_exempt != existing->routing_exempt ||
                                     c.config.capacity != existing->capacity || c.config.skills != existing->skills)) {
    WithdrawOffer(org, c.technician, events);  // routing looks again
  }
  if (existing != nullptr && !c.config.disabled) {
    const size_t before = events.size();
    EndMonitoring(org, c.technician, c.config, events);
    if (events.size() > before) decision.trigger = Trigger::kAbort;
  }
  events.push_back(event::TechnicianPut{c.technician, c.config});
  decision.events = std::move(events);
  return decision;
}

Result On(const Org& org, const command::CreateTechnicians& c, Time) {
  if (org.technicians.size() + c.technicians.size() > limits::kTechnicians) return TooMany("technicians", limits::kTechnicians);
  Events events;
  std::set<TechnicianId> named;
  for (const auto& [id, config] : c.technicians) {
    if (FindMember(org, id) != nullptr || !named.insert(id).second) return AlreadyExists("technician", id.value);
    if (absl::Status groups = GroupsExist(org, config); !groups.ok()) return groups;
    events.push_back(event::TechnicianPut{id, config});
  }
  return Administer(std::move(events));
}

Result On(const Org& org, const command::DeleteTechnician& c, Time now) {
  if (FindMember(org, c.technician) == nullptr) return TechnicianNotFound(c.technician);
  if (absl::Status fits = FitsOneCommand(org, c.technician); !fits.ok()) return fits;
  if (absl::Status can = CanTakeOver(org, c.technician, c.successor); !can.ok()) return can;
  Decision decision{c.successor ? Trigger::kHandOver : Trigger::kAbort, {}, {}};
  absl::StatusOr<Decision> gone = On(org, command::DetachConsole{c.technician, now, LinkCause::kDisabled}, now);
  if (gone.ok()) decision.events = gone->events;
  std::erase_if(decision.events, [](const Event& e) { return std::holds_alternative<event::OfferEnded>(e); });
  Abandon(org, c.technician, c.successor, decision.events);
  for (const auto& [id, channel] : org.channels) {
    if (std::find(channel.technicians.begin(), channel.technicians.end(), c.technician) == channel.technicians.end()) continue;
    Channel without = channel;
    std::erase(without.technicians, c.technician);
    decision.events.push_back(event::ChannelPut{std::move(without)});
  }
  for (const auto& [id, key] : org.keys) {
    if (key.technician == c.technician) decision.events.push_back(event::KeyRevoked{id});
  }
  decision.events.push_back(event::TechnicianDeleted{c.technician});
  return decision;
}

Result On(const Org& org, const command::PutChannel& c, Time) {
  auto it = org.channels.find(c.channel.id);
  if (c.create && it != org.channels.end()) return AlreadyExists("channel", c.channel.id.value);
  if (!c.create && it == org.channels.end()) return ChannelNotFound(c.channel.id);
  if (c.create && org.channels.size() >= limits::kChannels) return TooMany("channels", limits::kChannels);
  for (const GroupId& group : c.channel.groups) {
    if (!org.groups.contains(group)) return GroupNotFound(group);
  }
  for (const TechnicianId& technician : c.channel.technicians) {
    if (FindMember(org, technician) == nullptr) return TechnicianNotFound(technician);
  }
  for (const GroupId& group : c.channel.routing.overflow_groups) {
    if (!org.groups.contains(group)) return GroupNotFound(group);
  }
  for (const Redirect& rule : c.channel.redirects) {
    if (rule.group && !org.groups.contains(rule.group)) return GroupNotFound(rule.group);
    if (rule.channel && !org.channels.contains(rule.channel)) return ChannelNotFound(rule.channel);
  }
  if (it != org.channels.end() && it->second == c.channel) return Administer({});
  return Administer({event::ChannelPut{c.channel}});
}

Result On(const Org& org, const command::DeleteChannel& c, Time) {
  if (!org.channels.contains(c.channel)) return ChannelNotFound(c.channel);
  for (const auto& [id, session] : org.sessions) {
    if (session.channel == c.channel && !session.ended_already()) return ChannelInUse(c.channel);
  }
  Events events;
  for (const auto& [id, channel] : org.channels) {
    Channel without = channel;
    std::erase_if(without.redirects, [&](const Redirect& rule) { return rule.channel == c.channel; });
    if (without != channel) events.push_back(event::ChannelPut{std::move(without)});
  }
  events.push_back(event::ChannelDeleted{c.channel});
  return Administer(std::move(events));
}

Result On(const Org& org, const command::CreateKey& c, Time) {
  if (org.keys.contains(c.key.id)) return AlreadyExists("API key", c.key.id.value);
  if (org.keys.size() >= limits::kApiKeys) return TooMany("API keys", limits::kApiKeys);
  if (c.key.technician && FindMember(org, c.key.technician) == nullptr) return TechnicianNotFound(c.key.technician);
  return Administer({event::KeyPut{c.key}});
}

Result On(const Org& org, const command::RevokeKey& c, Time) {
  if (!org.keys.contains(c.key)) return ApiKeyNotFound(c.key);
  return Administer({event::KeyRevoked{c.key}});
}

Result On(const Org& org, const command::PutLibrary& c, Time) {
  if (FindMember(org, c.technician) == nullptr) return TechnicianNotFound(c.technician);
  auto stored = org.libraries.find(c.technician);
  const Library none;
  const Library& before = stored == org.libraries.end() ? none : stored->second;
  if (c.expected && c.expected != before.revision) return LibraryChanged(c.technician, before.revision);
  std::vector<LibraryItem> items = c.append ? before.items : std::vector<LibraryItem>{};
  items.insert(items.end(), c.items.begin(), c.items.end());
  if (items.size() > limits::kLibraryItems) return TooMany("items of the library", limits::kLibraryItems);
  const size_t bytes = BytesOf(items);
  if (bytes > limits::kLibraryBytes) return TooMany("bytes of the library", limits::kLibraryBytes);
  if (org.library_bytes - BytesOf(before.items) + bytes > limits::kLibrariesBytes) {
    return TooMany("bytes of the libraries of the organization", limits::kLibrariesBytes);
  }
  Decision decision{Trigger::kLibrary, {}, {}};
  if (items != before.items) decision.events.push_back(event::LibraryPut{c.technician, std::move(items)});
  return decision;
}

}  // namespace guichet::internal

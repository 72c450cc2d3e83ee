// Commands of administrators: people, groups, channels, keys. Fields were checked for form at the edge.
#include <algorithm>

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
  return TooManySessions("the technician, who must end some or leave some channels first,", limits::kBytesPerCommand);
}

// What happens to the sessions of a technician who is deleted or disabled: those that he leads or owns are ABORTED, from all
// others he is taken out.
void Abandon(const Org& org, const TechnicianId& technician, Events& events) {
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
  return Administer({event::OrgPut{c.org, c.display_name}, event::KeyPut{c.first_key}});
}

Result On(const Org& org, const command::UpdateOrg& c, Time) { return Administer({event::OrgPut{org.id, c.display_name}}); }

Result On(const Org& org, const command::PutGroup& c, Time) {
  auto it = org.groups.find(c.group.id);
  if (c.create && it != org.groups.end()) return AlreadyExists("group", c.group.id.value);
  if (!c.create && it == org.groups.end()) return GroupNotFound(c.group.id);
  if (c.create && org.groups.size() >= limits::kGroups) return TooMany("groups", limits::kGroups);
  if (it != org.groups.end() && it->second == c.group) return Administer({});
  return Administer({event::GroupPut{c.group}});
}

Result On(const Org& org, const command::DeleteGroup& c, Time) {
  if (!org.groups.contains(c.group)) return GroupNotFound(c.group);
  for (const auto& [id, technician] : org.technicians) {
    if (technician.group == c.group) return GroupNotEmpty(c.group);
  }
  Events events;
  for (const auto& [id, channel] : org.channels) {
    if (std::find(channel.groups.begin(), channel.groups.end(), c.group) == channel.groups.end()) continue;
    Channel without = channel;
    std::erase(without.groups, c.group);
    events.push_back(event::ChannelPut{std::move(without)});
  }
  events.push_back(event::GroupDeleted{c.group});
  return Administer(std::move(events));
}

Result On(const Org& org, const command::PutTechnician& c, Time now) {
  const Technician* existing = FindTechnician(org, c.technician);
  if (c.create && existing != nullptr) return AlreadyExists("technician", c.technician.value);
  if (!c.create && existing == nullptr) return TechnicianNotFound(c.technician);
  if (!org.groups.contains(c.group)) return GroupNotFound(c.group);
  if (c.create && org.technicians.size() >= limits::kTechnicians) return TooMany("technicians", limits::kTechnicians);
  Events events;
  Decision decision{Trigger::kAdminister, {}, {}};
  if (existing != nullptr && c.disabled && !existing->disabled) {
    if (absl::Status fits = FitsOneCommand(org, c.technician); !fits.ok()) return fits;
    if (existing->console) {
      absl::StatusOr<Decision> gone = On(org, command::DetachConsole{c.technician, now}, now);
      if (gone.ok()) events = gone->events;
    }
    Abandon(org, c.technician, events);
    decision.trigger = Trigger::kAbort;
  }
  events.push_back(event::TechnicianPut{c.technician, c.display_name, c.group, c.administrator, c.disabled});
  decision.events = std::move(events);
  return decision;
}

Result On(const Org& org, const command::DeleteTechnician& c, Time now) {
  if (FindTechnician(org, c.technician) == nullptr) return TechnicianNotFound(c.technician);
  if (absl::Status fits = FitsOneCommand(org, c.technician); !fits.ok()) return fits;
  Decision decision{Trigger::kAbort, {}, {}};
  absl::StatusOr<Decision> gone = On(org, command::DetachConsole{c.technician, now}, now);
  if (gone.ok()) decision.events = gone->events;
  Abandon(org, c.technician, decision.events);
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
    if (FindTechnician(org, technician) == nullptr) return TechnicianNotFound(technician);
  }
  if (it != org.channels.end() && it->second == c.channel) return Administer({});
  return Administer({event::ChannelPut{c.channel}});
}

Result On(const Org& org, const command::DeleteChannel& c, Time) {
  if (!org.channels.contains(c.channel)) return ChannelNotFound(c.channel);
  for (const auto& [id, session] : org.sessions) {
    if (session.channel == c.channel && !session.ended_already()) return ChannelInUse(c.channel);
  }
  return Administer({event::ChannelDeleted{c.channel}});
}

Result On(const Org& org, const command::CreateKey& c, Time) {
  if (org.keys.contains(c.key.id)) return AlreadyExists("API key", c.key.id.value);
  if (org.keys.size() >= limits::kApiKeys) return TooMany("API keys", limits::kApiKeys);
  if (c.key.technician && FindTechnician(org, c.key.technician) == nullptr) return TechnicianNotFound(c.key.technician);
  return Administer({event::KeyPut{c.key}});
}

Result On(const Org& org, const command::RevokeKey& c, Time) {
  if (!org.keys.contains(c.key)) return ApiKeyNotFound(c.key);
  return Administer({event::KeyRevoked{c.key}});
}

}  // namespace guichet::internal

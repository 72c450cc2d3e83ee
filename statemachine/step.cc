#include "statemachine/step.h"

#include <set>
#include <type_traits>

#include "statemachine/evolve.h"

namespace guichet {
namespace {

using namespace event;  // NOLINT: Note() below is about nothing else

struct Notes {
  std::set<SessionId> sessions;
  std::set<TechnicianId> technicians;  // whose records changed
  std::set<TechnicianId> loads;        // whose sessions changed
  std::set<GroupId> groups;
  std::set<ChannelId> channels;
  std::set<KeyId> keys;
  bool org = false;
  bool membership = false;
};

void Note(const Event& event, Notes& notes) {
  if (SessionId id = SessionOf(event)) {
    notes.sessions.insert(id);
    if (std::holds_alternative<SessionCreated>(event)) notes.org = true;  // the last session id is in its record
    return;
  }
  std::visit(
      [&](const auto& e) {
        using E = std::decay_t<decltype(e)>;
        if constexpr (std::is_same_v<E, OrgPut>) notes.org = true;
        if constexpr (std::is_same_v<E, GroupPut>) notes.groups.insert(e.group.id);
        if constexpr (std::is_same_v<E, GroupDeleted>) notes.groups.insert(e.group);
        if constexpr (std::is_same_v<E, ChannelPut>) notes.channels.insert(e.channel.id);
        if constexpr (std::is_same_v<E, ChannelDeleted>) notes.channels.insert(e.channel);
        if constexpr (std::is_same_v<E, KeyPut>) notes.keys.insert(e.key.id);
        if constexpr (std::is_same_v<E, KeyRevoked>) notes.keys.insert(e.key);
        if constexpr (requires { e.technician; }) notes.technicians.insert(e.technician);
        notes.membership |= std::is_same_v<E, ChannelPut> || std::is_same_v<E, ChannelDeleted> ||
                            std::is_same_v<E, TechnicianPut> || std::is_same_v<E, TechnicianDeleted>;
      },
      event);
}

}  // namespace

Touched Fold(Org& org, LogEntry& entry) {
  Notes notes;
  const Time now = entry.time;
  for (const Event& event : entry.events) {
    Evolve(org, event, now);
    Note(event, notes);
  }
  ++org.revision.value;
  entry.revision = org.revision;
  entry.sessions.clear();

  Touched touched;
  for (SessionId id : notes.sessions) {
    auto it = org.sessions.find(id);
    if (it == org.sessions.end()) continue;
    Session& session = it->second;
    session.revision = org.revision;
    SessionChange change;
    change.changes = RefreshViews(org, session, now);
    for (const EntryChange& c : change.changes) {
      if (c.technician) notes.loads.insert(c.technician);
    }
    const bool finished = session.ended_already() && session.marks.empty();
    change.after = std::make_shared<const Session>(session);
    entry.sessions.push_back(std::move(change));
    if (finished) {
      UnindexSession(org, session);
      org.sessions.erase(it);
      touched.finished.push_back(id);
    } else {
      touched.live.push_back(id);
    }
  }
  // Load and settings decide BUSY: everybody's status after a change of settings, else that of those whose sessions changed.
  if (!notes.groups.empty()) {
    for (const auto& [id, technician] : org.technicians) notes.loads.insert(id);
  }
  notes.loads.insert(notes.technicians.begin(), notes.technicians.end());
  for (const TechnicianId& id : notes.loads) {
    auto it = org.technicians.find(id);
    if (it != org.technicians.end() && RefreshStatus(org, it->second, now)) notes.technicians.insert(id);
  }
  touched.technicians.assign(notes.technicians.begin(), notes.technicians.end());
  touched.loads.assign(notes.loads.begin(), notes.loads.end());
  touched.groups.assign(notes.groups.begin(), notes.groups.end());
  touched.channels.assign(notes.channels.begin(), notes.channels.end());
  touched.keys.assign(notes.keys.begin(), notes.keys.end());
  touched.org = notes.org;
  touched.membership = notes.membership;
  return touched;
}

absl::StatusOr<Step> Apply(Org& org, const Command& command, std::string actor, Time now) {
  absl::StatusOr<Decision> decision = Decide(org, command, now);
  if (!decision.ok()) return decision.status();
  Step step;
  step.session = decision->session;
  if (decision->events.empty()) return step;
  step.entry.time = now;
  step.entry.trigger = decision->trigger;
  step.entry.actor = std::move(actor);
  step.entry.events = std::move(decision->events);
  step.touched = Fold(org, step.entry);
  return step;
}

}  // namespace guichet

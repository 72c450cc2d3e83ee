#include "statemachine/step.h"

#include <map>
#include <set>
#include <type_traits>

#include "statemachine/evolve.h"
#include "statemachine/route.h"

namespace guichet {
namespace {

using namespace event;  // NOLINT: Note() below is about nothing else

struct Notes {
  std::set<SessionId> sessions;
  std::set<TechnicianId> technicians;  // whose records changed
  std::set<TechnicianId> loads;        // whose sessions changed
  std::set<TechnicianId> timing;       // whose group or console changed
  std::set<GroupId> groups;
  std::set<ChannelId> channels;
  std::set<KeyId> keys;
  std::set<TechnicianId> libraries;
  std::set<ComputerId> computers;
  std::set<Queue> queues;
  bool org = false;
  bool counters = false;
  bool membership = false;
  bool weights = false;  // of running sessions
};

void Note(const Event& event, Notes& notes) {
  if (SessionId id = SessionOf(event)) {
    notes.sessions.insert(id);
    notes.counters |= std::holds_alternative<SessionCreated>(event) || std::holds_alternative<ComputerEnrolled>(event);
    if (const auto* offered = std::get_if<Offered>(&event)) notes.technicians.insert(offered->technician);
    if (const auto* ended = std::get_if<OfferEnded>(&event)) notes.technicians.insert(ended->technician);
    if (const auto* external = std::get_if<ExternalInvited>(&event)) notes.technicians.insert(external->technician);
    if (const auto* created = std::get_if<SessionCreated>(&event); created != nullptr && created->computer) {
      notes.computers.insert(created->computer);
    }
    if (const auto* enrolled = std::get_if<ComputerEnrolled>(&event)) notes.computers.insert(enrolled->computer.id);
    if (const auto* admitted = std::get_if<ExternalAdmitted>(&event)) notes.keys.insert(KeyId{admitted->technician.value});
    if (const auto* gone = std::get_if<ExternalGone>(&event)) {
      notes.technicians.insert(gone->technician);
      notes.keys.insert(KeyId{gone->technician.value});
    }
    return;
  }
  if (const auto* put = std::get_if<LibraryPut>(&event)) {
    notes.libraries.insert(put->technician);
    return;
  }
  std::visit(
      [&](const auto& e) {
        using E = std::decay_t<decltype(e)>;
        if constexpr (std::is_same_v<E, TechnicianDeleted>) notes.libraries.insert(e.technician);
        if constexpr (std::is_same_v<E, ComputerRenamed> || std::is_same_v<E, ComputerGone>) notes.computers.insert(e.computer);
        if constexpr (std::is_same_v<E, OrgPut>) notes.org = true;
        if constexpr (std::is_same_v<E, GroupPut>) notes.groups.insert(e.group.id);
        if constexpr (std::is_same_v<E, GroupDeleted>) notes.groups.insert(e.group);
        if constexpr (std::is_same_v<E, ChannelPut>) notes.channels.insert(e.channel.id);
        if constexpr (std::is_same_v<E, ChannelDeleted>) notes.channels.insert(e.channel);
        if constexpr (std::is_same_v<E, KeyPut>) notes.keys.insert(e.key.id);
        if constexpr (std::is_same_v<E, KeyRevoked>) notes.keys.insert(e.key);
        if constexpr (std::is_same_v<E, ChannelHours>) notes.channels.insert(e.channel);
        if constexpr (requires { e.technician; }) notes.technicians.insert(e.technician);
        notes.membership |= std::is_same_v<E, ChannelPut> || std::is_same_v<E, ChannelDeleted> ||
                            std::is_same_v<E, TechnicianPut> || std::is_same_v<E, TechnicianDeleted>;
      },
      event);
}

// What of a technician the deadlines of his sessions go by.
struct Timing {
  bool exists = false;
  bool console = false;
  Time console_since{};
  GroupId group;
  bool operator==(const Timing&) const = default;
};

Timing TimingOf(const Org& org, const TechnicianId& id) {
  const Technician* technician = id ? FindTechnician(org, id) : nullptr;
  return technician == nullptr ? Timing{} : Timing{true, technician->console, technician->console_since, technician->group};
}

// Whom an event that is not a session's is about.
TechnicianId TechnicianOf(const Event& event) {
  return std::visit(
      [](const auto& e) {
        if constexpr (
            requires { TechnicianId{e.technician}; } && !requires { e.session; }) {
          return e.technician;
        } else {
          return TechnicianId{};
        }
      },
      event);
}

// What of a session decides about its technicians and its queue, before the events of a command.
struct Before {
  Queue queue;
  TechnicianId lead;  // of a live session
  Time lead_since{};
  bool active = false;   // counts for the lead
  bool in_line = false;  // waits for its first or next technician
  Time joined{};         // … since
};

// In a queue, also while it is offered to somebody.
bool InLine(const Session& session) { return session.link == Link::kAttached && PoolView(session) == EntryState::kWaiting; }

bool IsActive(const Session& session) { return session.lead() != nullptr && !session.held && !session.ended_already(); }

// Idle time, after-work and statistics follow from who stopped working on what, on whatever way that came about.
void FollowWork(Org& org, const Session& session, const Before& before, Time now, Notes& notes) {
  const Participant* lead = session.lead();
  const TechnicianId leads = lead == nullptr ? TechnicianId{} : lead->technician;
  if (leads != before.lead || IsActive(session) != before.active) {  // though he may see what he saw before
    if (leads) notes.loads.insert(leads);
    if (before.lead) notes.loads.insert(before.lead);
  }
  if (!before.lead) return;
  const bool still_his = lead != nullptr && lead->technician == before.lead && !session.ended_already();
  auto it = org.technicians.find(before.lead);
  if (before.active && it != org.technicians.end() && !(still_his && IsActive(session))) {
    it->second.idle_since = now;
    notes.technicians.insert(before.lead);
  }
  if (still_his || !before.queue) return;
  const Channel* channel = FindChannel(org, before.queue.channel);
  if (channel == nullptr) return;
  if (it != org.technicians.end() && channel->routing.wrap_up > Duration{0}) {
    it->second.wrap_up_until = now + channel->routing.wrap_up;
    notes.technicians.insert(before.lead);
  }
  LearnHandled(org.stats[before.queue], now - before.lead_since + channel->routing.wrap_up);
  notes.queues.insert(before.queue);
}

// What the customer was told of his wait when he joined the line is compared with how it came out.
void FollowLine(Org& org, Session& session, const Before& before, Time now, Notes& notes) {
  const bool in_line = InLine(session);
  const bool moved = before.queue != session.queue();
  if (before.in_line && before.queue && !in_line && !moved) {
    const bool started = session.lead() != nullptr;
    const bool left = session.ended_already();
    if (started != left) {
      LearnStay(org.stats[before.queue], session.told, now - before.joined, left ? StayEnd::kLeft : StayEnd::kServed);
      notes.queues.insert(before.queue);
    }
  }
  if (in_line && (!before.in_line || moved) && session.queue_since == now) {  // it joins; one that comes back kept its place
    auto stats = org.stats.find(session.queue());
    session.told = stats == org.stats.end() ? std::nullopt : EstimateWait(stats->second, LineOf(org, session, now));
  }
}

}  // namespace

Touched Fold(Org& org, LogEntry& entry) {
  Notes notes;
  const Time now = entry.time;
  std::map<SessionId, Before> before;
  std::set<TechnicianId> roster;  // whose offers changed
  for (const Event& event : entry.events) {
    const SessionId id = SessionOf(event);
    const Session* session = id ? FindSession(org, id) : nullptr;
    if (session == nullptr || before.contains(id)) continue;
    Before& was = before[id];
    was = {session->queue(), {}, {}, IsActive(*session), InLine(*session), session->queue_since};
    if (const Participant* lead = session->lead(); lead != nullptr && !session->ended_already()) {
      was.lead = lead->technician;
      was.lead_since = lead->joined;
    }
    if (session->offer) roster.insert(session->offer->technician);
    UnindexRouting(org, *session);
  }
  for (const Event& event : entry.events) {
    if (const auto* put = std::get_if<ChannelPut>(&event)) {
      const Channel* channel = FindChannel(org, put->channel.id);
      notes.weights |= channel != nullptr && channel->routing.weight != put->channel.routing.weight;
    }
    if (const auto* deleted = std::get_if<GroupDeleted>(&event)) {
      for (const auto& [queue, stats] : org.stats) {
        if (queue.group == deleted->group) notes.queues.insert(queue);
      }
    }
    if (const auto* deleted = std::get_if<ChannelDeleted>(&event)) {
      for (auto it = org.stats.lower_bound({deleted->channel, {}}); it != org.stats.end(); ++it) {
        if (it->first.channel != deleted->channel) break;
        notes.queues.insert(it->first);
      }
    }
    const TechnicianId whose = TechnicianOf(event);
    const Timing was = TimingOf(org, whose);
    Evolve(org, event, now);
    Note(event, notes);
    if (whose && TimingOf(org, whose) != was) notes.timing.insert(whose);
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
    auto known = before.find(id);
    change.changes = RefreshViews(org, session, known == before.end() ? session.queue() : known->second.queue, now);
    IndexRouting(org, session);
    if (session.offer) roster.insert(session.offer->technician);
    if (known != before.end()) {
      FollowLine(org, session, known->second, now, notes);
      FollowWork(org, session, known->second, now, notes);
    }
    for (const EntryChange& c : change.changes) {
      if (c.technician) notes.loads.insert(c.technician);
    }
    if (session.computer && session.ended_already()) notes.computers.insert(session.computer);
    // He is told who monitors him; where he must not know, nothing shows that anything changed.
    if (session.monitored && !org.settings.monitor_silently) notes.technicians.insert(session.monitored);
    const bool finished = session.finished();
    change.after = std::make_shared<const Session>(session);
    entry.sessions.push_back(std::move(change));
    if (finished) {
      UnindexRouting(org, session);
      UnindexSession(org, session);
      org.sessions.erase(it);
      touched.finished.push_back(id);
    } else {
      touched.live.push_back(id);
    }
  }
  // Load and settings decide BUSY: everybody's status after a change of settings, else that of those whose sessions changed.
  if (!notes.groups.empty()) {
    for (const auto& [id, technician] : org.technicians) {
      if (notes.groups.contains(technician.group)) notes.loads.insert(id);
    }
  }
  if (notes.weights) {
    for (const auto& [id, technician] : org.technicians) notes.loads.insert(id);
  }
  if (notes.org) {  // which decides whether he is told who monitors him
    for (SessionId id : org.monitoring) notes.loads.insert(FindSession(org, id)->monitored);
  }
  notes.loads.insert(notes.technicians.begin(), notes.technicians.end());
  for (const TechnicianId& id : notes.loads) {
    auto it = org.technicians.find(id);
    if (it != org.technicians.end() && RefreshStatus(org, it->second, now)) notes.technicians.insert(id);
    roster.insert(id);
  }
  for (const TechnicianId& id : roster) RefreshRoster(org, id);
  touched.technicians.assign(notes.technicians.begin(), notes.technicians.end());
  touched.loads.assign(notes.loads.begin(), notes.loads.end());
  touched.timing.assign(notes.timing.begin(), notes.timing.end());
  touched.groups.assign(notes.groups.begin(), notes.groups.end());
  touched.channels.assign(notes.channels.begin(), notes.channels.end());
  touched.keys.assign(notes.keys.begin(), notes.keys.end());
  touched.computers.assign(notes.computers.begin(), notes.computers.end());
  touched.libraries.assign(notes.libraries.begin(), notes.libraries.end());
  touched.queues.assign(notes.queues.begin(), notes.queues.end());
  touched.org = notes.org;
  touched.counters = notes.counters;
  touched.membership = notes.membership;
  touched.weights = notes.weights;
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

#include "statemachine/view.h"

#include <algorithm>

#include "statemachine/route.h"

namespace guichet {
namespace {

bool Contains(const std::vector<TechnicianId>& list, const TechnicianId& technician) {
  return std::find(list.begin(), list.end(), technician) != list.end();
}

EntryState LinkView(const Session& session) {
  switch (session.link) {
    case Link::kNeverAttached:
      return EntryState::kConnecting;
    case Link::kReconnecting:
      return EntryState::kReconnecting;
    case Link::kRebooting:
      return EntryState::kRebooting;
    case Link::kOffline:
      return EntryState::kOffline;
    case Link::kAttached:
      break;
  }
  return EntryState::kNone;
}

// View of a technician who is in Involved(session).
EntryState InvolvedView(const Session& session, const TechnicianId& technician) {
  if (session.ended_already()) {
    if (!Contains(session.keepers, technician)) return EntryState::kRemoved;
    const bool timed_out = session.outcome == Outcome::kTimedOut || session.outcome == Outcome::kTimedOutClosedByTechnician ||
                           session.outcome == Outcome::kUnattendedExpired;
    return timed_out ? EntryState::kTimedOut : EntryState::kClosed;
  }
  const Participant* self = session.Find(technician);
  const bool in_transfer = session.IsSender(technician) || session.IsRecipient(technician);
  if (self == nullptr && !in_transfer && Contains(session.hidden_from, technician)) return EntryState::kRemoved;
  if (self != nullptr && self->role == Role::kInvitee) return EntryState::kInvitation;
  if (EntryState link = LinkView(session); link != EntryState::kNone) return link;
  if (ReconnectingBecauseOfConsole(session, technician)) return EntryState::kReconnecting;
  if (session.IsSender(technician)) return EntryState::kOutgoing;
  if (session.IsRecipient(technician)) return EntryState::kIncoming;
  if (self == nullptr) return EntryState::kWaiting;
  if (session.held || self->on_hold) return EntryState::kHold;
  return self->role == Role::kLead ? EntryState::kActive : EntryState::kCollaboration;
}

// What a technician without a part of his own sees: the pool's view when he serves the channel.
EntryState FromPool(const Org& org, const Session& session, const TechnicianId& technician, EntryState pool,
                    const Queue& queue) {
  if (pool == EntryState::kNone || pool == EntryState::kRemoved) return EntryState::kRemoved;
  if (Contains(session.hidden_from, technician) || !Serves(org, technician, queue)) return EntryState::kRemoved;
  return pool;
}

// Adds (1) or takes away (-1) what the session's lead has by it.
void CountLead(Org& org, const Session& session, int by) {
  const Participant* lead = session.lead();
  if (lead == nullptr) return;
  const bool shown = std::any_of(session.marks.begin(), session.marks.end(),
                                 [&](const EntryMark& mark) { return mark.technician == lead->technician; });
  if (!shown) return;
  Leading& leading = org.leading[lead->technician];
  leading.all += by;
  if (!session.ended_already() && !session.held) {
    auto active = leading.active.try_emplace(session.channel).first;
    active->second += by;
    if (active->second == 0) leading.active.erase(active);
    if (session.type == SessionType::kLens) leading.lens += by;
  }
  if (leading.all == 0) org.leading.erase(lead->technician);
}

void LeavePool(Org& org, const Queue& queue, SessionId session) {
  auto pool = org.pools.find(queue);
  if (pool == org.pools.end()) return;
  pool->second.erase(session);
  if (pool->second.empty()) org.pools.erase(pool);
}

}  // namespace

bool ReconnectingBecauseOfConsole(const Session& session, const TechnicianId& technician) {
  if (session.link != Link::kAttached || !session.lead_console_lost) return false;
  const Participant* lead = session.lead();
  return lead != nullptr && lead->technician != technician;
}

std::vector<TechnicianId> Involved(const Session& session) {
  std::vector<TechnicianId> result;
  auto add = [&](const TechnicianId& technician) {
    if (!Contains(result, technician)) result.push_back(technician);
  };
  if (session.ended_already()) return session.keepers;
  for (const Participant& participant : session.participants) add(participant.technician);
  if (session.transfer) {
    // A participant is a recipient only when he is the lead himself; the lists are disjoint otherwise.
    for (const TechnicianId& sender : session.transfer->senders) add(sender);
    if (session.transfer->recipients.size() < 16) {
      for (const TechnicianId& recipient : session.transfer->recipients) add(recipient);
    } else {
      absl::flat_hash_set<TechnicianId> known(result.begin(), result.end());
      for (const TechnicianId& recipient : session.transfer->recipients) {
        if (known.insert(recipient).second) result.push_back(recipient);
      }
    }
  }
  if (session.owner && session.lead() == nullptr) add(session.owner);
  if (session.offer) add(session.offer->technician);
  for (const TechnicianId& technician : session.hidden_from) add(technician);
  return result;
}

EntryState PoolView(const Session& session) {
  if (!session.channel || session.ended_already() || session.lead() != nullptr || session.transfer) return EntryState::kRemoved;
  EntryState link = LinkView(session);
  return link == EntryState::kNone ? EntryState::kWaiting : link;
}

EntryState View(const Org& org, const Session& session, const TechnicianId& technician) {
  if (Contains(Involved(session), technician)) return InvolvedView(session, technician);
  return FromPool(org, session, technician, PoolView(session), session.queue());
}

Time SinceOf(const Session& session, const TechnicianId& technician) {
  for (const EntryMark& mark : session.marks) {
    if (mark.technician == technician) return mark.since;
  }
  return session.pool.since;
}

void IndexSession(Org& org, const Session& session) {
  for (const EntryMark& mark : session.marks) org.entries[mark.technician].insert(session.id);
  if (session.monitored && !session.ended_already()) org.monitoring.insert(session.id);
  if (!session.channel || session.ended_already()) return;
  if (session.pool.state != EntryState::kNone && session.pool.state != EntryState::kRemoved) {
    org.pools[session.queue()].insert(session.id);
  }
  if (session.link == Link::kNeverAttached) ++org.connecting[session.channel];
}

void UnindexSession(Org& org, const Session& session) {
  for (const EntryMark& mark : session.marks) {
    auto it = org.entries.find(mark.technician);
    if (it == org.entries.end()) continue;
    it->second.erase(session.id);
    if (it->second.empty()) org.entries.erase(it);
  }
  LeavePool(org, session.queue(), session.id);
}

bool IsRoutable(const Session& session) {
  return session.link == Link::kAttached && !session.offer && PoolView(session) == EntryState::kWaiting;
}

void IndexRouting(Org& org, const Session& session) {
  CountLead(org, session, 1);
  if (session.offer) org.offers[session.offer->technician] = session.id;
  if (!IsRoutable(session)) return;
  if (session.notified) org.notified.insert(session.id);
  const std::pair place(session.waiting_since, session.id);
  if (session.preferred_only) {
    org.kept[session.preferred].insert(place);
  } else {
    org.waiting[session.queue()].insert(place);
    if (session.queue_group) org.queues_of_group[session.queue_group].insert(session.channel);
  }
}

void UnindexRouting(Org& org, const Session& session) {
  CountLead(org, session, -1);
  if (session.offer) org.offers.erase(session.offer->technician);
  if (!IsRoutable(session)) return;
  org.notified.erase(session.id);
  const std::pair place(session.waiting_since, session.id);
  auto leave = [](auto& index, const auto& key, const auto& what) {
    auto it = index.find(key);
    if (it == index.end()) return false;
    it->second.erase(what);
    if (!it->second.empty()) return false;
    index.erase(it);
    return true;
  };
  if (session.preferred_only) {
    leave(org.kept, session.preferred, place);
  } else if (leave(org.waiting, session.queue(), place) && session.queue_group) {
    leave(org.queues_of_group, session.queue_group, session.channel);
  }
}

void IndexChannel(Org& org, const Channel& channel) {
  for (const std::vector<GroupId>* groups : {&channel.groups, &channel.routing.overflow_groups}) {
    for (const GroupId& group : *groups) org.channels_of_group[group].insert(channel.id);
  }
  for (const TechnicianId& technician : channel.technicians) org.channels_of_technician[technician].insert(channel.id);
  for (const SkillNeed& need : channel.routing.skills) org.skill_numbers.try_emplace(need.skill, org.skill_numbers.size());
}

void UnindexChannel(Org& org, const Channel& channel) {
  auto leave = [&](auto& index, const auto& key) {
    auto it = index.find(key);
    if (it == index.end()) return;
    it->second.erase(channel.id);
    if (it->second.empty()) index.erase(it);
  };
  for (const GroupId& group : channel.groups) leave(org.channels_of_group, group);
  for (const GroupId& group : channel.routing.overflow_groups) leave(org.channels_of_group, group);
  for (const TechnicianId& technician : channel.technicians) leave(org.channels_of_technician, technician);
}

std::vector<EntryChange> RefreshViews(Org& org, Session& session, const Queue& before_queue, Time now) {
  std::vector<EntryChange> changes;
  const EntryState old_pool = session.pool.state;
  const EntryState new_pool = PoolView(session);
  const Queue queue = session.queue();
  const std::vector<TechnicianId> involved = Involved(session);
  absl::flat_hash_map<TechnicianId, const EntryMark*> before;
  for (const EntryMark& mark : session.marks) before.emplace(mark.technician, &mark);

  std::vector<EntryMark> marks;
  marks.reserve(involved.size());
  for (const TechnicianId& technician : involved) {
    EntryMark mark{technician, InvolvedView(session, technician), now};
    auto it = before.find(technician);
    EntryState from = EntryState::kNone;
    Time since = now;
    if (it != before.end()) {
      from = it->second->state;
      since = it->second->since;
      if (from == EntryState::kRemoved && mark.state != from) from = EntryState::kNone;
      before.erase(it);
    } else if (FromPool(org, session, technician, old_pool, before_queue) != EntryState::kRemoved) {
      from = old_pool;
      since = session.pool.since;
    }
    if (from == mark.state) mark.since = since;
    if (from != mark.state && !(from == EntryState::kNone && mark.state == EntryState::kRemoved)) {
      changes.push_back({technician, {}, from, mark.state, from == EntryState::kNone ? Duration{0} : now - since});
    }
    marks.push_back(std::move(mark));
  }
  for (const EntryMark& mark : session.marks) {
    if (!before.contains(mark.technician)) continue;
    EntryState to = FromPool(org, session, mark.technician, new_pool, queue);
    if (to == mark.state) continue;
    const bool appears = mark.state == EntryState::kRemoved;
    changes.push_back(
        {mark.technician, {}, appears ? EntryState::kNone : mark.state, to, appears ? Duration{0} : now - mark.since});
  }
  auto pool_changes = [&](const Queue& pool, EntryState from, EntryState to) {
    if (from == EntryState::kRemoved) from = EntryState::kNone;
    if (from == to || (from == EntryState::kNone && to == EntryState::kRemoved)) return;
    changes.push_back({TechnicianId{}, pool, from, to, from == EntryState::kNone ? Duration{0} : now - session.pool.since});
  };
  if (before_queue == queue) {
    pool_changes(queue, old_pool, new_pool);
  } else {
    pool_changes(before_queue, old_pool, EntryState::kRemoved);
    pool_changes(queue, EntryState::kNone, new_pool);
  }

  for (const EntryMark& mark : session.marks) {
    auto it = org.entries.find(mark.technician);
    if (before.contains(mark.technician) && it != org.entries.end()) {
      it->second.erase(session.id);
      if (it->second.empty()) org.entries.erase(it);
    }
  }
  for (const EntryMark& mark : marks) org.entries[mark.technician].insert(session.id);
  if (before_queue != queue || new_pool == EntryState::kRemoved) LeavePool(org, before_queue, session.id);
  if (session.channel && new_pool != EntryState::kRemoved) org.pools[queue].insert(session.id);
  session.marks = std::move(marks);
  if (old_pool != new_pool || before_queue != queue) session.pool = {TechnicianId{}, new_pool, now};
  return changes;
}

bool RefreshStatus(const Org& org, Technician& technician, Time now) {
  const bool busy = IsBusy(org, technician);
  const Status status = StatusOf(org, technician);
  if (status == technician.status && busy == technician.busy) return false;
  if (busy != technician.busy) technician.busy_since = now;
  technician.busy = busy;
  if (status != technician.status) technician.status_since = now;
  technician.status = status;
  return true;
}

}  // namespace guichet

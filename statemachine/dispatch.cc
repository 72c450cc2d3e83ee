#include "statemachine/dispatch.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "statemachine/route.h"

namespace guichet {
namespace {

// Sessions that a rule of their queue, or the end of their preference, moves.
void NoteRules(const Org& org, const std::set<std::pair<Time, SessionId>>& waiting, Time now, Dirty& dirty) {
  for (const auto& [arrived, id] : waiting) {
    if (RulesApply(org, *FindSession(org, id), now)) dirty.sessions.insert(id);
  }
}

// A session that comes back to its place, as its device does or an offer ends, makes the line longer for those behind it: by so
// many places at most as sessions were touched.
void NotePushedBack(const Org& org, SessionId id, size_t touched, Time now, Dirty& dirty) {
  const Session* session = FindSession(org, id);
  const Channel* channel = session == nullptr ? nullptr : FindChannel(org, session->channel);
  if (channel == nullptr || !IsRoutable(*session)) return;
  auto note = [&](SessionId other) {
    if (RulesApply(org, *FindSession(org, other), now)) dirty.sessions.insert(other);
  };
  auto queue = org.waiting.find(session->queue());
  bool by_length = false;
  for (const Redirect& rule : channel->redirects) {
    if (rule.when != RedirectWhen::kQueueLongerThan) continue;
    by_length = true;
    if (queue == org.waiting.end() || queue->second.size() <= rule.length || queue->second.rbegin()->second == id) continue;
    auto it = std::next(queue->second.begin(), rule.length);
    for (size_t i = 0; i < touched && it != queue->second.end(); ++i, ++it) note(it->second);
  }
  if (!by_length) return;
  const std::pair place(session->waiting_since, id);
  for (const auto& [technician, kept] : org.kept) {
    for (auto it = kept.upper_bound(place); it != kept.end(); ++it) {
      if (FindSession(org, it->second)->queue() == session->queue()) note(it->second);
    }
  }
}

void NoteGroup(const Org& org, const GroupId& group, Dirty& dirty) {
  auto members = org.roster.find(group);
  if (members == org.roster.end()) return;
  for (const RosterItem& item : members->second) dirty.technicians.insert(item.technician);
}

bool AsksWhoIsOnline(const Channel& channel) {
  for (const Redirect& rule : channel.redirects) {
    if (rule.when == RedirectWhen::kNobodyOnline) return true;
  }
  return channel.nobody_online.action != Unserved::kKeepWaiting;
}

// Sessions of a queue that nobody is there for, whom that concerns. Who is there was asked once, not for each.
void NoteUnserved(const Org& org, const Channel& channel, const std::set<std::pair<Time, SessionId>>& waiting, Dirty& dirty) {
  for (const auto& [arrived, id] : waiting) {
    const Session& session = *FindSession(org, id);
    const bool moves = std::any_of(channel.redirects.begin(), channel.redirects.end(), [&](const Redirect& rule) {
      return rule.when == RedirectWhen::kNobodyOnline && CanRedirect(org, session, rule);
    });
    const Unserved action = channel.nobody_online.action;
    if (moves || action == Unserved::kEnd || (action == Unserved::kNotify && !session.notified)) dirty.sessions.insert(id);
  }
}

// From a session that somebody can have to the one that comes first for him, and so on while that one goes to somebody else:
// each is before the last in the order of service.
SessionId FirstInTurn(const Org& org, SessionId id, TechnicianId technician, Time now) {
  for (;;) {
    const SessionId first = FirstFor(org, technician, now);
    if (!first || first == id) return id;
    const Session& session = *FindSession(org, id);
    const Session& before = *FindSession(org, first);
    if (std::pair(PlaceOf(org, session), id) < std::pair(PlaceOf(org, before), first)) return id;
    id = first;
    if (RulesApply(org, before, now)) return id;
    const TechnicianId best = BestFor(org, before, now);
    if (!best || best == technician) return id;
    technician = best;
  }
}

}  // namespace

void Note(const Org& org, const Touched& touched, Time now, Dirty& dirty) {
  dirty.sessions.insert(touched.live.begin(), touched.live.end());
  dirty.technicians.insert(touched.loads.begin(), touched.loads.end());
  dirty.technicians.insert(touched.technicians.begin(), touched.technicians.end());
  for (SessionId id : touched.live) NotePushedBack(org, id, touched.live.size(), now, dirty);
  bool somebody_left = false;
  for (const TechnicianId& id : touched.technicians) {
    if (auto kept = org.kept.find(id); kept != org.kept.end()) NoteRules(org, kept->second, now, dirty);
    const Technician* technician = FindTechnician(org, id);
    somebody_left |= technician == nullptr || !technician->console || touched.membership;
  }
  if (somebody_left) {
    for (const auto& [queue, waiting] : org.waiting) {
      const Channel* channel = FindChannel(org, queue.channel);
      if (channel != nullptr && AsksWhoIsOnline(*channel) && !AnybodyOnline(org, queue)) {
        NoteUnserved(org, *channel, waiting, dirty);
      }
    }
    for (const auto& [technician, waiting] : org.kept) NoteRules(org, waiting, now, dirty);
  }
  if (!touched.technicians.empty() || !touched.channels.empty()) {
    for (SessionId id : org.notified) {
      if (FallbackNow(org, FindSession(org, id)->queue()) == nullptr) dirty.sessions.insert(id);
    }
  }
  for (const ChannelId& id : touched.channels) {
    for (auto it = org.waiting.lower_bound(Queue{id, {}}); it != org.waiting.end() && it->first.channel == id; ++it) {
      NoteRules(org, it->second, now, dirty);
    }
  }
  if (touched.weights) {
    for (const auto& [id, at] : org.roster_at) dirty.technicians.insert(id);
  }
  if (touched.channels.empty()) return;
  for (const auto& [technician, waiting] : org.kept) NoteRules(org, waiting, now, dirty);
  if (!touched.membership) return;
  // The terms of a channel changed: who is asked for it may be able to take what he could not.
  for (const ChannelId& id : touched.channels) {
    const Channel* channel = FindChannel(org, id);
    if (channel == nullptr) continue;
    for (const std::vector<GroupId>* groups : {&channel->groups, &channel->routing.overflow_groups}) {
      for (const GroupId& group : *groups) NoteGroup(org, group, dirty);
    }
    dirty.technicians.insert(channel->technicians.begin(), channel->technicians.end());
    for (auto it = org.waiting.lower_bound(Queue{id, {}}); it != org.waiting.end() && it->first.channel == id; ++it) {
      NoteGroup(org, it->first.group, dirty);
    }
  }
}

SessionId NextToRoute(const Org& org, std::set<SessionId>& sessions, std::set<TechnicianId>& technicians, Time now,
                      size_t* budget) {
  const auto spent = [&] { return budget != nullptr && (*budget == 0 || (*budget)-- == 0); };
  while (!sessions.empty()) {
    if (spent()) return {};
    const SessionId id = *sessions.begin();
    const Session* session = FindSession(org, id);
    if (session != nullptr && IsRoutable(*session)) {
      if (RulesApply(org, *session, now)) return id;
      if (RoutesByItself(org, session->queue())) {
        if (const TechnicianId best = BestFor(org, *session, now)) return FirstInTurn(org, id, best, now);
      }
    }
    sessions.erase(sessions.begin());
  }
  while (!technicians.empty()) {
    if (spent()) return {};
    const TechnicianId id = *technicians.begin();
    if (const SessionId first = FirstFor(org, id, now)) {
      const Session& session = *FindSession(org, first);
      if (RulesApply(org, session, now)) return first;
      const TechnicianId best = BestFor(org, session, now);
      return !best || best == id ? first : FirstInTurn(org, first, best, now);
    }
    technicians.erase(technicians.begin());
  }
  return {};
}

}  // namespace guichet

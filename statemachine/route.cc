#include "statemachine/route.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "statemachine/limits.h"
#include "statemachine/view.h"

namespace guichet {
namespace {

constexpr uint32_t kUntimed = ~(Bit(Filter::kDeferred) | Bit(Filter::kWrapUp) | Bit(Filter::kPaused));

constexpr uint32_t kOfOneSession = Bit(Filter::kDeclined) | Bit(Filter::kPreferred) | Bit(Filter::kLens);

constexpr Time kEndless = Time::max();
constexpr uint32_t kUnknownSkill = UINT32_MAX;

uint32_t NumberOf(const Org& org, const SkillId& skill) {
  auto it = org.skill_numbers.find(skill);
  return it == org.skill_numbers.end() ? kUnknownSkill : it->second;
}

uint32_t LevelOf(const RosterItem& item, uint32_t skill) {
  for (const RosterSkill& has : item.skills) {
    if (has.skill == skill) return has.level;
  }
  return 0;
}

uint32_t HashOf(const TechnicianId& technician) { return static_cast<uint32_t>(std::hash<std::string>()(technician.value)); }

// What is the same for all candidates of one session.
class Case {
 public:
  Case(const Org& org, const Session& session, const Channel& channel, Time now)
      : session_(session), policy_(channel.routing), now_(now), preferred_hash_(HashOf(session.preferred)) {
    for (const SkillNeed& need : policy_.skills) needed_.push_back(NumberOf(org, need.skill));
    for (const Decline& decline : session.declines) {
      if (decline.at + policy_.retry_after <= now) continue;
      declines_.push_back({HashOf(decline.technician), &decline});
      declined_ |= BitOf(declines_.back().first);
    }
  }

  // What a glance at him shows. None of what RestOf finds comes before any of it.
  uint32_t GlanceAt(const RosterItem& item) const {
    uint32_t filters = OwnFilters(item, now_);
    if (policy_.mode == RoutingMode::kManual && !item.auto_start) filters |= Bit(Filter::kManual);
    if (item.units + policy_.weight > item.capacity) filters |= Bit(Filter::kCapacity);
    return filters;
  }

  // … and the rest of what stands against him. `changes`: when the earliest of all of it ends by itself.
  uint32_t RestOf(const RosterItem& item, Time* changes = nullptr) const {
    uint32_t filters = 0;
    auto until = [&](Filter filter, Time end) {
      if (end <= now_) return;
      filters |= Bit(filter);
      if (changes != nullptr && end != kEndless && (*changes == kNoTime || end < *changes)) *changes = end;
    };
    if (changes != nullptr) OwnFilters(item, now_, changes);
    if (!needed_.empty()) until(Filter::kSkill, SkilledFrom(item));
    const bool may_have_declined = declined_ != 0 && (declined_ & BitOf(item.id_hash)) != 0;
    for (const auto& [hash, decline] : declines_) {
      if (!may_have_declined) break;
      if (hash != item.id_hash || decline->technician != item.technician) continue;
      until(Filter::kDeclined, decline->at + policy_.retry_after);
    }
    if (session_.preferred_only && !Prefers(item)) {
      filters |= Bit(Filter::kPreferred);
      until(Filter::kPreferred, session_.waiting_since + policy_.preferred_for);
    }
    if (session_.type == SessionType::kLens && (item.lens > 0 || !item.lens_allowed)) filters |= Bit(Filter::kLens);
    return filters;
  }

  uint32_t FiltersOf(const RosterItem& item, Time* changes = nullptr) const { return GlanceAt(item) | RestOf(item, changes); }

  Terms TermsOf(const RosterItem& item) const {
    const int64_t idle_since = item.idle_since.time_since_epoch().count();
    int64_t strategy = item.active;  // kLongestIdle: who works on nothing is idle, then who works on little
    if (policy_.strategy == Strategy::kLeastActive) strategy = int64_t{item.units} * 1000 / std::max(item.capacity, 1u);
    if (policy_.strategy == Strategy::kRoundRobin) strategy = item.last_offer.time_since_epoch().count();
    return {Prefers(item) ? 0 : 1, strategy, idle_since};
  }

 private:
  bool Prefers(const RosterItem& item) const {
    return session_.preferred && preferred_hash_ == item.id_hash && session_.preferred == item.technician;
  }

  // Since when the session asks no more of the technician than he has: kNoTime, from its arrival; kEndless, it always will.
  Time SkilledFrom(const RosterItem& item) const {
    Time from = kNoTime;
    for (size_t i = 0; i < needed_.size(); ++i) {
      const SkillNeed& need = policy_.skills[i];
      const uint32_t level = LevelOf(item, needed_[i]);
      if (level >= need.level) continue;
      if (need.relax_every <= Duration{0} || level < need.relax_to) return kEndless;
      from = std::max(from, session_.waiting_since + need.relax_every * (need.level - level));
    }
    return from;
  }

  static uint64_t BitOf(uint32_t hash) { return uint64_t{1} << (hash % 64); }

  const Session& session_;
  const RoutingPolicy& policy_;
  const Time now_;
  const uint32_t preferred_hash_;
  absl::InlinedVector<uint32_t, limits::kSkillNeeds> needed_;
  absl::InlinedVector<std::pair<uint32_t, const Decline*>, limits::kDeclines> declines_;  // that still count
  uint64_t declined_ = 0;                                                                 // BitOf their technicians
};

// Everybody who serves the session's queue, and after overflow_after the overflow groups, each once. `visit(RosterItem)`.
template <class Visit>
void VisitServing(const Org& org, const Queue& queue, const Channel& channel, Duration waited, const Visit& visit) {
  std::vector<const std::vector<RosterItem>*> groups;
  auto add = [&](const GroupId& group) {
    auto it = org.roster.find(group);
    if (it != org.roster.end()) groups.push_back(&it->second);
  };
  if (queue.group) {
    add(queue.group);
  } else {
    for (const GroupId& group : channel.groups) add(group);
  }
  const RoutingPolicy& policy = channel.routing;
  if (policy.overflow_after != kNever && waited >= policy.overflow_after) {
    for (const GroupId& group : policy.overflow_groups) add(group);
  }
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  for (const std::vector<RosterItem>* group : groups) {
    for (const RosterItem& item : *group) visit(item);
  }
  if (queue.group) return;
  std::vector<const RosterItem*> single;
  for (const TechnicianId& technician : channel.technicians) {
    auto at = org.roster_at.find(technician);
    if (at == org.roster_at.end()) continue;
    const std::vector<RosterItem>& group = org.roster.at(at->second.first);
    if (!std::binary_search(groups.begin(), groups.end(), &group)) single.push_back(&group[at->second.second]);
  }
  std::sort(single.begin(), single.end());  // a record may hold one twice
  single.erase(std::unique(single.begin(), single.end()), single.end());
  for (const RosterItem* item : single) visit(*item);
}

bool Better(const Terms& a, const TechnicianId& a_id, const Terms& b, const TechnicianId& b_id) {
  return a != b ? a < b : a_id < b_id;
}

}  // namespace

std::string_view Name(Filter filter) {
  static constexpr std::array<std::string_view, kFilterCount> kNames = {
      "OFFLINE", "AWAY",     "EXEMPT", "MANUAL", "OFFERED",  "DEFERRED",  "WRAP_UP", "PAUSED",
      "FULL",    "CAPACITY", "BUSY",   "SKILL",  "DECLINED", "PREFERRED", "LENS"};
  return kNames[static_cast<size_t>(filter)];
}

std::string_view Name(Term term) {
  static constexpr std::array<std::string_view, kTermCount> kNames = {"PREFERRED", "STRATEGY", "IDLE_SINCE"};
  return kNames[static_cast<size_t>(term)];
}

TechnicianId Winner(const RoutingRecord& record, int* decided_by) {
  const Candidate* best = nullptr;
  const Candidate* next = nullptr;
  for (const Candidate& candidate : record.candidates) {
    if (candidate.filters != 0) continue;
    if (best == nullptr || Better(candidate.terms, candidate.technician, best->terms, best->technician)) {
      next = best;
      best = &candidate;
    } else if (next == nullptr || Better(candidate.terms, candidate.technician, next->terms, next->technician)) {
      next = &candidate;
    }
  }
  if (decided_by != nullptr) {
    *decided_by = -1;
    if (next != nullptr) {
      *decided_by = kTermCount;
      for (int i = kTermCount; i-- > 0;) {
        if (best->terms[i] != next->terms[i]) *decided_by = i;
      }
    }
  }
  return best == nullptr ? TechnicianId{} : best->technician;
}

RoutingRecord Consider(const Org& org, const Session& session, Time now, size_t limit) {
  RoutingRecord record;
  record.queue = session.queue();
  const Channel* channel = FindChannel(org, session.channel);
  if (channel == nullptr) return record;
  limit = std::max<size_t>(limit, 1);
  const RoutingPolicy& policy = channel->routing;
  const Case c(org, session, *channel, now);
  record.policy_version = channel->policy_version;
  record.mode = policy.mode;
  record.strategy = policy.strategy;
  record.waited = now - session.waiting_since;
  record.head_start = org.settings.priority_step * channel->priority;

  // The best of those who can; and those closest to it of the others. In orders that do not depend on the roster's.
  struct Able {
    Terms terms;
    const RosterItem* item;
    bool operator<(const Able& other) const {
      return terms != other.terms ? terms < other.terms : item->order < other.item->order;
    }
  };
  struct Other {
    int count;  // of filters
    const RosterItem* item;
    bool operator<(const Other& other) const {
      if (count != other.count) return count < other.count;
      if (item->idle_since != other.item->idle_since) return item->idle_since < other.item->idle_since;
      return item->order < other.item->order;
    }
  };
  std::vector<Able> able;
  std::vector<Other> others;
  auto fits = [&](const auto& list, const auto& entry) { return list.size() < limit || entry < list.back(); };
  auto keep = [&](auto& list, const auto& entry) {
    if (!fits(list, entry)) return;
    if (list.size() == limit) list.pop_back();
    list.insert(std::upper_bound(list.begin(), list.end(), entry), entry);
  };
  VisitServing(org, record.queue, *channel, record.waited, [&](const RosterItem& item) {
    ++record.considered;
    uint32_t filters = c.GlanceAt(item);
    if (filters != 0) {
      ++record.removed[static_cast<size_t>(std::countr_zero(filters))];
      if (!fits(others, Other{std::popcount(filters), &item})) return;  // nor with more filters
      filters |= c.RestOf(item);
    } else {
      filters = c.RestOf(item);
      if (filters == 0) {
        ++record.eligible;
        keep(able, Able{c.TermsOf(item), &item});
        return;
      }
      ++record.removed[static_cast<size_t>(std::countr_zero(filters))];
    }
    keep(others, Other{std::popcount(filters), &item});
  });
  record.candidates.reserve(able.size() + others.size());
  for (const Able& a : able) record.candidates.push_back({a.item->technician, 0, a.terms, kNoTime});
  for (const Other& o : others) {
    Candidate& candidate = record.candidates.emplace_back();
    candidate.technician = o.item->technician;
    candidate.filters = c.FiltersOf(*o.item, &candidate.changes);
  }
  return record;
}

TechnicianId BestFor(const Org& org, const Session& session, Time now) {
  const Channel* channel = FindChannel(org, session.channel);
  if (channel == nullptr) return {};
  const Case c(org, session, *channel, now);
  const RosterItem* best = nullptr;
  Terms best_terms{};
  VisitServing(org, session.queue(), *channel, now - session.waiting_since, [&](const RosterItem& item) {
    if (c.GlanceAt(item) != 0) return;
    const Terms terms = c.TermsOf(item);
    if (best != nullptr && (terms != best_terms ? terms > best_terms : item.order > best->order)) return;
    if (c.RestOf(item) != 0) return;
    best = &item;
    best_terms = terms;
  });
  return best == nullptr ? TechnicianId{} : best->technician;
}

Time PlaceOf(const Org& org, const Session& session) {
  const Channel* channel = FindChannel(org, session.channel);
  return session.waiting_since - org.settings.priority_step * (channel == nullptr ? 0 : channel->priority);
}

uint32_t LevelNeeded(const SkillNeed& need, Duration waited) {
  if (need.relax_every <= Duration{0} || need.level <= need.relax_to) return need.level;
  const int64_t steps = waited / need.relax_every;
  const int64_t span = need.level - need.relax_to;
  return need.level - static_cast<uint32_t>(std::min(steps, span));
}

uint32_t LevelOf(const Org& org, const RosterItem& item, const SkillId& skill) { return LevelOf(item, NumberOf(org, skill)); }

void SetLevel(const Org& org, RosterItem& item, const SkillId& skill, uint32_t level) {
  const RosterSkill set{NumberOf(org, skill), level};
  auto place = std::find_if(item.skills.begin(), item.skills.end(), [&](const RosterSkill& s) { return s.skill >= set.skill; });
  if (place == item.skills.end() || place->skill != set.skill) place = item.skills.insert(place, set);
  *place = set;
}

bool ServesOrOverflows(const TechnicianId& technician, const GroupId& group, const Queue& queue, const Channel& channel,
                       bool& overflow) {
  overflow = false;
  auto in = [](const auto& list, const auto& id) { return std::find(list.begin(), list.end(), id) != list.end(); };
  if (queue.group ? group == queue.group : in(channel.groups, group) || in(channel.technicians, technician)) return true;
  overflow = channel.routing.overflow_after != kNever && in(channel.routing.overflow_groups, group);
  return overflow;
}

const RosterItem* FindRosterItem(const Org& org, const TechnicianId& technician) {
  auto at = org.roster_at.find(technician);
  return at == org.roster_at.end() ? nullptr : &org.roster.at(at->second.first)[at->second.second];
}

uint32_t OwnFilters(const RosterItem& item, Time now, Time* changes) {
  uint32_t filters = item.filters;
  auto until = [&](Filter filter, Time end) {
    if (end <= now) return;
    filters |= Bit(filter);
    if (changes != nullptr && (*changes == kNoTime || end < *changes)) *changes = end;
  };
  if (item.not_before > now) {
    until(Filter::kDeferred, item.deferred_until);
    until(Filter::kWrapUp, item.wrap_up_until);
    until(Filter::kPaused, item.paused_until);
  }
  return filters;
}

Candidate CandidateFor(const Org& org, const Session& session, const RosterItem& item, Time now) {
  Candidate candidate;
  candidate.technician = item.technician;
  const Channel* channel = FindChannel(org, session.channel);
  if (channel == nullptr) return candidate;
  const Case c(org, session, *channel, now);
  candidate.filters = c.FiltersOf(item, &candidate.changes);
  candidate.terms = c.TermsOf(item);
  return candidate;
}

SessionId FirstFor(const Org& org, const TechnicianId& technician, Time now) {
  auto at = org.roster_at.find(technician);
  if (at == org.roster_at.end()) return {};
  const GroupId& group = at->second.first;
  return FirstFor(org, group, org.roster.at(group)[at->second.second], now);
}

SessionId FirstFor(const Org& org, const GroupId& group, const RosterItem& item, Time now) {
  const TechnicianId& technician = item.technician;
  if (item.filters != 0 || item.not_before > now) return {};
  SessionId first;
  Time first_place{};
  auto offer = [&](SessionId id, Time place) {
    if (first && std::pair(first_place, first) < std::pair(place, id)) return;
    first = id;
    first_place = place;
  };
  if (auto kept = org.kept.find(technician); kept != org.kept.end()) {
    for (const auto& [arrived, id] : kept->second) {
      const Session& session = *FindSession(org, id);
      const Channel* channel = FindChannel(org, session.channel);
      bool overflow = false;
      if (channel == nullptr || !ServesOrOverflows(technician, group, session.queue(), *channel, overflow)) continue;
      if (Case(org, session, *channel, now).FiltersOf(item) == 0) offer(id, PlaceOf(org, session));
    }
  }
  using Places = std::set<std::pair<Time, SessionId>>;
  auto look = [&](const Queue& queue, const Places& sessions, const Channel& channel) {
    bool overflow = false;
    if (!ServesOrOverflows(technician, group, queue, channel, overflow)) return;
    const Duration head_start = org.settings.priority_step * channel.priority;
    const RoutingPolicy& policy = channel.routing;
    for (const auto& [arrived, id] : sessions) {
      // Sessions behind this one have waited less: they need as much of a skill or more, and overflow later. So only what is
      // particular to one session is a reason to look further.
      if (first && first_place < arrived - head_start) break;
      if (overflow && now - arrived < policy.overflow_after) break;
      const uint32_t filters = Case(org, *FindSession(org, id), channel, now).FiltersOf(item);
      if ((filters & ~kOfOneSession) != 0) break;
      if (filters != 0) continue;
      offer(id, arrived - head_start);
      break;
    }
  };
  auto look_at_channels = [&](const auto& index, const auto& key) {
    auto channels = index.find(key);
    if (channels == index.end()) return;
    for (const ChannelId& id : channels->second) {
      const Channel* channel = FindChannel(org, id);
      if (channel == nullptr) continue;
      auto queue = org.waiting.lower_bound(Queue{id, {}});
      for (; queue != org.waiting.end() && queue->first.channel == id; ++queue) look(queue->first, queue->second, *channel);
    }
  };
  look_at_channels(org.channels_of_group, group);
  look_at_channels(org.channels_of_technician, technician);
  if (auto channels = org.queues_of_group.find(group); channels != org.queues_of_group.end()) {
    for (const ChannelId& id : channels->second) {
      const Channel* channel = FindChannel(org, id);
      auto queue = org.waiting.find(Queue{id, group});
      if (channel != nullptr && queue != org.waiting.end()) look(queue->first, queue->second, *channel);
    }
  }
  return first;
}

std::array<size_t, 4> AvailableOn(const Org& org, const Queue& queue) {
  std::array<size_t, 4> available{};
  const Channel* channel = FindChannel(org, queue.channel);
  if (channel == nullptr) return available;
  VisitServing(org, queue, *channel, Duration{0}, [&](const RosterItem& item) {
    if ((item.filters & Bit(Filter::kOffline)) != 0) return;
    const size_t needs =
        ((item.filters & Bit(Filter::kAway)) != 0 ? 1 : 0) + ((item.filters & Bit(Filter::kBusy)) != 0 ? 2 : 0);
    for (size_t counting = 0; counting < available.size(); ++counting) {
      if ((needs & ~counting) == 0) ++available[counting];
    }
  });
  return available;
}

QueueNow ServersOf(const Org& org, const Queue& queue, Duration waited, Time now) {
  QueueNow here;
  const Channel* channel = FindChannel(org, queue.channel);
  if (channel == nullptr) return here;
  const uint32_t weight = channel->routing.weight;
  VisitServing(org, queue, *channel, waited, [&](const RosterItem& item) {
    if ((item.filters & (Bit(Filter::kOffline) | Bit(Filter::kAway))) != 0) return;
    here.servers += item.capacity / weight;
    if ((item.filters & (Bit(Filter::kFull) | Bit(Filter::kBusy))) == 0 && item.wrap_up_until <= now) {
      here.free += (item.capacity - std::min(item.units, item.capacity)) / weight;
    }
  });
  return here;
}

QueueNow LineOf(const Org& org, const Session& session, Time now, size_t limit) {
  QueueNow line;
  line.waited = now - session.queue_since;
  const Queue queue = session.queue();
  if (FindChannel(org, queue.channel) == nullptr) return line;
  auto waiting = org.waiting.find(queue);
  if (waiting != org.waiting.end()) {
    const std::set<std::pair<Time, SessionId>>& places = waiting->second;
    const std::pair place(session.waiting_since, session.id);
    // Mostly asked of the last.
    if (!places.empty() && !(place < *places.rbegin())) {
      line.ahead = places.size() - places.contains(place);
    } else {
      for (auto it = places.begin(); it != places.end() && *it < place && line.ahead < limit; ++it) ++line.ahead;
    }
  }
  const QueueNow here = ServersOf(org, queue, now - session.waiting_since, now);
  line.servers = here.servers;
  line.free = here.free > line.ahead ? here.free - line.ahead : 0;
  return line;
}

Time NextChange(const Org& org, const Session& session, Time now) {
  const Channel* channel = FindChannel(org, session.channel);
  if (channel == nullptr || !IsRoutable(session)) return kNoTime;
  const RoutingPolicy& policy = channel->routing;
  Time next{};
  auto at = [&](Time time) {
    if (time > now && (next == kNoTime || time < next)) next = time;
  };
  if (policy.overflow_after != kNever && !policy.overflow_groups.empty()) at(session.waiting_since + policy.overflow_after);
  for (const SkillNeed& need : policy.skills) {
    if (need.relax_every <= Duration{0} || need.level <= need.relax_to) continue;
    const int64_t steps = (now - session.waiting_since) / need.relax_every + 1;
    if (steps <= static_cast<int64_t>(need.level - need.relax_to)) at(session.waiting_since + need.relax_every * steps);
  }
  for (const Decline& decline : session.declines) at(decline.at + policy.retry_after);
  return next;
}

Time NextChange(const Org& org, const TechnicianId& technician, Time now) {
  const RosterItem* item = FindRosterItem(org, technician);
  if (item == nullptr) return kNoTime;
  return (item->filters & kUntimed) == 0 && item->not_before > now ? item->not_before : kNoTime;
}

namespace {

RosterItem* LineOf(Org& org, const TechnicianId& id) {
  auto at = org.roster_at.find(id);
  return at == org.roster_at.end() ? nullptr : &org.roster.at(at->second.first)[at->second.second];
}

// Puts a line between those of the ids around it. Where there is no number between them all get others.
void Order(Org& org, const TechnicianId& id) {
  constexpr uint64_t kStep = uint64_t{1} << 32;
  const auto self = org.technicians.find(id);
  const RosterItem* before = nullptr;
  for (auto it = self; it != org.technicians.begin() && before == nullptr;) before = LineOf(org, (--it)->first);
  const RosterItem* after = nullptr;
  for (auto it = std::next(self); it != org.technicians.end() && after == nullptr; ++it) after = LineOf(org, it->first);
  const uint64_t low = before == nullptr ? 0 : before->order;
  const uint64_t high = after == nullptr ? low + 2 * kStep : after->order;
  LineOf(org, id)->order = low + (high - low) / 2;
  if (high - low > 1) return;
  uint64_t order = 0;
  for (const auto& [other, technician] : org.technicians) {
    if (RosterItem* line = LineOf(org, other)) line->order = order += kStep;
  }
}

}  // namespace

void RefreshRoster(Org& org, const TechnicianId& id) {
  const Technician* technician = FindTechnician(org, id);
  auto at = org.roster_at.find(id);
  if (at != org.roster_at.end() && (technician == nullptr || technician->disabled || technician->group != at->second.first)) {
    auto group = org.roster.find(at->second.first);
    std::vector<RosterItem>& items = group->second;
    const size_t index = at->second.second;
    org.roster_at.erase(at);
    if (index + 1 != items.size()) {
      items[index] = items.back();
      org.roster_at[items[index].technician].second = index;
    }
    items.pop_back();
    if (items.empty()) org.roster.erase(group);
    at = org.roster_at.end();
  }
  if (technician == nullptr || technician->disabled || technician->external_of) return;
  if (at == org.roster_at.end()) {
    std::vector<RosterItem>& items = org.roster[technician->group];
    at = org.roster_at.insert_or_assign(id, std::pair(technician->group, items.size())).first;
    items.emplace_back();
    Order(org, id);
  }
  RosterItem& item = org.roster[at->second.first][at->second.second];
  const GroupSettings& settings = SettingsOf(org, id);
  const Load load = LoadOf(org, id);
  item.technician = id;
  item.id_hash = HashOf(id);
  item.skills.clear();
  for (const Skill& skill : technician->skills) {
    const uint32_t number = org.skill_numbers.try_emplace(skill.skill, org.skill_numbers.size()).first->second;
    item.skills.push_back({number, skill.level});
  }
  std::sort(item.skills.begin(), item.skills.end(), [](RosterSkill a, RosterSkill b) { return a.skill < b.skill; });
  item.auto_start = settings.auto_start_channel;
  item.idle_since = technician->idle_since;
  item.last_offer = technician->last_offer;
  const bool defers = technician->console && settings.login_deferral > Duration{0};
  item.deferred_until = defers ? technician->console_since + settings.login_deferral : kNoTime;
  item.wrap_up_until = technician->wrap_up_until;
  item.paused_until = technician->paused_until;
  item.not_before = std::max({item.deferred_until, item.wrap_up_until, item.paused_until});
  item.units = static_cast<uint32_t>(load.units);
  item.active = static_cast<uint32_t>(load.active);
  item.max_active = settings.max_active_sessions;
  item.lens = static_cast<uint32_t>(load.lens);
  item.lens_allowed = Allowed(org, id, Permission::kLens);
  item.capacity = technician->capacity > 0 ? technician->capacity : settings.max_active_sessions;
  item.filters =
      (technician->console ? 0 : Bit(Filter::kOffline)) | (technician->away || technician->inactive ? Bit(Filter::kAway) : 0) |
      (technician->routing_exempt ? Bit(Filter::kExempt) : 0) | (org.offers.contains(id) ? Bit(Filter::kOffered) : 0) |
      (item.active >= item.max_active || load.led >= limits::kLedSessions ? Bit(Filter::kFull) : 0) |
      (technician->busy ? Bit(Filter::kBusy) : 0);
}

}  // namespace guichet

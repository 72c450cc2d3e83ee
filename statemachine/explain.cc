#include "statemachine/explain.h"

#include <algorithm>
#include <bit>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "statemachine/limits.h"
#include "statemachine/timers.h"
#include "statemachine/view.h"

namespace guichet {
namespace {

constexpr uint32_t kLoad = Bit(Filter::kFull) | Bit(Filter::kCapacity) | Bit(Filter::kBusy);
constexpr uint32_t kTimed = Bit(Filter::kDeferred) | Bit(Filter::kWrapUp) | Bit(Filter::kPaused) | Bit(Filter::kDeclined);
// Technicians whose change is tried out, the closest first: an explanation takes the writer's thread for so long.
constexpr size_t kLooksAtOnce = 200;
constexpr int kStepsOfTime = 128;  // more than there are relaxations of skills, declines and ends of one technician's filters
constexpr size_t kLookedBefore = 100;  // sessions before it, for what would come first for one technician
constexpr size_t kSpokenChanges = 3;   // in a summary; the answer has them all

absl::string_view V(std::string_view s) { return {s.data(), s.size()}; }

Filter FirstOf(uint32_t filters) { return static_cast<Filter>(std::countr_zero(filters)); }

// Sessions that count for him: led, not held, not ended; as in LoadOf.
std::vector<const Session*> ActiveOf(const Org& org, const TechnicianId& technician) {
  std::vector<const Session*> active;
  auto entries = org.entries.find(technician);
  if (entries == org.entries.end()) return active;
  for (SessionId id : entries->second) {
    const Session* session = FindSession(org, id);
    const Participant* lead = session == nullptr ? nullptr : session->lead();
    if (lead == nullptr || lead->technician != technician || session->ended_already() || session->held) continue;
    active.push_back(session);
  }
  return active;
}

// Channels of which a queue may be his to serve, or overflow to his group; by id, each once.
std::vector<const Channel*> ChannelsFor(const Org& org, const TechnicianId& technician, const GroupId& group) {
  std::vector<const Channel*> channels;
  auto add = [&](const auto& index, const auto& key) {
    auto ids = index.find(key);
    if (ids == index.end()) return;
    for (const ChannelId& id : ids->second) {
      if (const Channel* channel = FindChannel(org, id)) channels.push_back(channel);
    }
  };
  add(org.channels_of_group, group);
  add(org.channels_of_technician, technician);
  add(org.queues_of_group, group);
  std::sort(channels.begin(), channels.end(), [](const Channel* a, const Channel* b) { return a->id < b->id; });
  channels.erase(std::unique(channels.begin(), channels.end()), channels.end());
  return channels;
}

uint32_t WeightOf(const Org& org, const Session& session) {
  const Channel* channel = FindChannel(org, session.channel);
  return channel == nullptr ? 1 : channel->routing.weight;
}

// Looks, one candidate after the other, for the one change that would let him have the session. Each change is made on a copy
// of his line of the roster, and the rules of routing are asked again.
class Changes {
 public:
  Changes(const Org& org, const Session& session, const Channel& channel, Time now)
      : org_(org), session_(session), channel_(channel), now_(now) {
    for (const Deadline& deadline : Deadlines(org, session)) {
      if (deadline.kind == TimerKind::kPreference) preference_ends_ = deadline.due;
      const bool leaves =
          deadline.kind == TimerKind::kWaiting || deadline.kind == TimerKind::kSystem || deadline.kind == TimerKind::kRedirect;
      if (leaves && (leaves_ == kNoTime || deadline.due < leaves_)) leaves_ = deadline.due;
    }
  }

  void Look(const TechnicianId& technician, uint32_t filters) {
    const RosterItem* item = FindRosterItem(org_, technician);
    if (item == nullptr || filters == 0 || found_.size() >= limits::kExplainedChanges || ++looked_at_ > kLooksAtOnce) return;
    LookAtTime(*item, filters);
    const bool alone = std::has_single_bit(filters);
    if ((filters & ~(kLoad | Bit(Filter::kLens))) == 0) {
      LookAtLoad(*item, filters);
    } else if (alone) {
      LookAtOne(*item, FirstOf(filters));
    }
  }

  std::vector<Change> Take() {
    for (const auto& [what, shared] : shared_) Add(shared.item, shared.change);
    LookAtOverflow();
    std::stable_sort(found_.begin(), found_.end(), [&](const Change& a, const Change& b) {
      const auto rank = [&](const Change& c) { return std::tuple(c.first != session_.id, c.at, c.technician); };
      return rank(a) < rank(b);
    });
    return std::move(found_);
  }

 private:
  const GroupId& GroupOf(const RosterItem& item) const { return org_.roster_at.at(item.technician).first; }
  const Technician& PersonOf(const RosterItem& item) const { return org_.technicians.at(item.technician); }

  // What he would be given with this line of the roster.
  SessionId FirstWith(const RosterItem& item, Time at) const {
    const SessionId first = FirstFor(org_, GroupOf(item), item, at);
    if (!first || first == session_.id) return session_.id;
    const bool before =
        std::pair(PlaceOf(org_, *FindSession(org_, first)), first) < std::pair(PlaceOf(org_, session_), session_.id);
    return before ? first : session_.id;
  }

  void Add(const RosterItem& item, Change change, Time at = kNoTime) {
    if (found_.size() >= limits::kExplainedChanges) return;
    change.technician = item.technician;
    if (!change.first) change.first = FirstWith(item, at == kNoTime ? now_ : at);
    found_.push_back(std::move(change));
  }

  // When nothing stands against him any more though nobody does anything; kNoTime: time alone does not do it.
  Time FreeAt(const Session& session, const RosterItem& item, Time from) const {
    Time at = from;
    for (int i = 0; i < kStepsOfTime; ++i) {
      const Candidate then = CandidateFor(org_, session, item, at);
      if (then.filters == 0) return at;
      if ((then.filters & ~(kTimed | Bit(Filter::kSkill))) != 0) return kNoTime;
      Time next = then.changes;
      if ((then.filters & Bit(Filter::kSkill)) != 0) {
        const Time relaxes = NextChange(org_, session, at);
        if (next == kNoTime || (relaxes != kNoTime && relaxes < next)) next = relaxes;
      }
      if (next == kNoTime || (leaves_ != kNoTime && next >= leaves_)) return kNoTime;
      at = next;
    }
    return kNoTime;
  }

  void LookAtTime(const RosterItem& item, uint32_t filters) {
    if ((filters & Bit(Filter::kPreferred)) != 0) {
      if (preference_ends_ == kNoTime || (leaves_ != kNoTime && preference_ends_ >= leaves_)) return;
      Session lapsed = session_;
      lapsed.preferred_only = false;
      if (FreeAt(lapsed, item, preference_ends_) != preference_ends_) return;
      Change change{.filter = Filter::kPreferred, .at = preference_ends_};
      change.description = absl::StrCat("its time alone with ", session_.preferred->value, " is over");
      change.first = FirstWith(item, preference_ends_);
      Share("preferred", item, std::move(change));
      return;
    }
    const Time at = FreeAt(session_, item, now_);
    if (at == kNoTime) return;
    Change change{.filter = FirstOf(filters), .at = at};
    change.description = absl::StrJoin(Ends(item, filters), " and ");
    Add(item, std::move(change), at);
  }

  std::vector<std::string> Ends(const RosterItem& item, uint32_t filters) const {
    std::vector<std::string> ends;
    const std::string& he = item.technician.value;
    if ((filters & Bit(Filter::kDeferred)) != 0) ends.push_back(absl::StrCat("the time after ", he, "'s log-in is over"));
    if ((filters & Bit(Filter::kWrapUp)) != 0) ends.push_back(absl::StrCat(he, "'s after-work is over"));
    if ((filters & Bit(Filter::kPaused)) != 0) ends.push_back(absl::StrCat(he, "'s pause after a missed offer is over"));
    if ((filters & Bit(Filter::kSkill)) != 0) ends.push_back(absl::StrCat("its wait has relaxed what it asks of ", he));
    if ((filters & Bit(Filter::kDeclined)) != 0) ends.push_back(absl::StrCat(he, " may be asked for it again"));
    return ends;
  }

  // One of his sessions less.
  void LookAtLoad(const RosterItem& item, uint32_t filters) {
    if ((filters & Bit(Filter::kLens)) != 0 && !item.lens_allowed) {
      if (std::has_single_bit(filters)) LookAtOne(item, Filter::kLens);
      return;
    }
    const std::vector<const Session*> active = ActiveOf(org_, item.technician);
    const uint32_t busy_at = SettingsOf(org_, item.technician).busy_at;
    const bool by_active = (filters & Bit(Filter::kFull)) == 0 || item.active >= item.max_active;
    struct Less {
      SessionId session;
      SessionId first;
      auto operator<=>(const Less&) const = default;
    };
    std::vector<Less> enough;  // one of these less would do
    bool after_work = false;
    for (const Session* less : active) {
      RosterItem then = item;
      then.filters &= ~kLoad;
      --then.active;
      then.units -= std::min(then.units, WeightOf(org_, *less));
      then.lens -= less->type == SessionType::kLens;
      const bool does = then.active < item.max_active && (busy_at == 0 || then.active < busy_at) &&
                        CandidateFor(org_, session_, then, now_).filters == 0;
      if (!does) continue;
      enough.push_back({less->id, FirstWith(then, now_)});
      const Channel* channel = FindChannel(org_, less->channel);
      after_work |= channel != nullptr && channel->routing.wrap_up > Duration{0};
    }
    if (enough.empty()) return;
    std::sort(enough.begin(), enough.end());
    auto best = std::find_if(enough.begin(), enough.end(), [&](const Less& l) { return l.first == session_.id; });
    if (best == enough.end()) best = enough.begin();
    const bool any = enough.size() == active.size() &&
                     std::all_of(enough.begin(), enough.end(), [&](const Less& l) { return l.first == best->first; });
    Change change{.filter = FirstOf(filters), .first = best->first};
    const std::string& he = item.technician.value;
    if (!by_active) {
      change.description =
          absl::StrCat("one of the ", limits::kLedSessions, " sessions that ", he, " leads, held ones too, is over");
    } else if (any && active.size() > 1) {
      change.description = absl::StrCat("one of ", he, "'s ", active.size(), " active sessions is held or ends");
    } else {
      change.description = absl::StrCat(he, "'s session ", best->session.value, " is held or ends");
    }
    if (after_work) absl::StrAppend(&change.description, ", after-work included");
    Add(item, std::move(change));
  }

  void LookAtOne(const RosterItem& item, Filter filter) {
    RosterItem then = item;
    then.filters &= ~Bit(filter);
    Change change{.filter = filter};
    const std::string& he = item.technician.value;
    const Technician& person = PersonOf(item);
    switch (filter) {
      case Filter::kOffline: {
        const Duration deferral = SettingsOf(org_, item.technician).login_deferral;
        change.description = absl::StrCat(he, "'s console attaches");
        if (deferral > Duration{0}) absl::StrAppend(&change.description, ", and ", Spoken(deferral), " have passed since");
        Add(then, std::move(change), now_ + deferral);
        return;
      }
      case Filter::kAway:
        change.description = absl::StrCat(he, person.away && person.inactive ? " uses his console again and is back from AWAY"
                                              : person.away                  ? " is back from AWAY"
                                                                             : " uses his console again");
        break;
      case Filter::kExempt:
        change.description = absl::StrCat(he, " takes part in routing again (routing_exempt)");
        break;
      case Filter::kOffered: {
        auto offer = org_.offers.find(item.technician);
        if (offer == org_.offers.end()) return;
        change.description = absl::StrCat(he, " rejects the offer of session ", offer->second.value);
        break;
      }
      case Filter::kSkill:
        change.description = absl::StrCat(he, " gets ", absl::StrJoin(Missing(item, then), ", "));
        break;
      case Filter::kManual: {
        change.description = absl::StrCat("channel ", channel_.id.value, " routes by itself (routing.mode OFFER)");
        change.first = FirstIfRouted(item);
        Share("manual", item, std::move(change));
        return;
      }
      case Filter::kLens:
        change.description = absl::StrCat("group ", GroupOf(item).value, " gets the permission LENS");
        then.lens_allowed = true;
        change.first = FirstWith(then, now_);
        Share(absl::StrCat("lens/", GroupOf(item).value), item, std::move(change));
        return;
      default:
        return;  // by time or load
    }
    Add(then, std::move(change));
  }

  // The skills that he lacks; `then` gets them.
  std::vector<std::string> Missing(const RosterItem& item, RosterItem& then) const {
    std::vector<std::string> missing;
    for (const SkillNeed& need : channel_.routing.skills) {
      const uint32_t level = LevelNeeded(need, now_ - session_.waiting_since);
      const uint32_t has = LevelOf(org_, item, need.skill);
      if (has >= level) continue;
      missing.push_back(absl::StrCat("skill ", need.skill.value, " ", level, has == 0 ? "" : absl::StrCat(" (has ", has, ")")));
      SetLevel(org_, then, need.skill, level);
    }
    return missing;
  }

  // What he would be given if the channel routed: the session, or one of the channel's that is served before it.
  SessionId FirstIfRouted(const RosterItem& item) const {
    std::pair first(PlaceOf(org_, session_), session_.id);
    size_t looked = 0;
    auto look = [&](const std::set<std::pair<Time, SessionId>>& waiting) {
      for (const auto& [arrived, id] : waiting) {
        const Session& other = *FindSession(org_, id);
        if (other.channel != channel_.id) continue;
        const std::pair place(PlaceOf(org_, other), id);
        if (!(place < first)) break;
        // After so many it is likely enough that one of those before it is for him.
        if (++looked < kLookedBefore && CandidateFor(org_, other, item, now_).filters != Bit(Filter::kManual)) continue;
        first = place;
        break;
      }
    };
    if (auto kept = org_.kept.find(item.technician); kept != org_.kept.end()) look(kept->second);
    for (auto it = org_.waiting.lower_bound(Queue{channel_.id, {}}); it != org_.waiting.end(); ++it) {
      if (it->first.channel != channel_.id) break;
      bool overflow = false;
      if (ServesOrOverflows(item.technician, GroupOf(item), it->first, channel_, overflow)) look(it->second);
    }
    return first.second;
  }

  // A change that concerns several: of those whom it would give the session, else of all, who comes first is kept.
  void Share(const std::string& what, const RosterItem& item, Change change) {
    const Terms terms = CandidateFor(org_, session_, item, now_).terms;
    auto [it, first] = shared_.try_emplace(what, Shared{item, terms, change});
    const Shared& known = it->second;
    const auto rank = [&](const Shared& s) { return std::tuple(s.change.first != session_.id, s.terms, s.item.technician); };
    if (!first && rank(Shared{item, terms, change}) < rank(known)) {
      it->second = Shared{item, terms, std::move(change)};
    }
  }

  // Who is of an overflow group, and able, when the session has waited long enough.
  void LookAtOverflow() {
    const RoutingPolicy& policy = channel_.routing;
    if (policy.overflow_after == kNever || session_.preferred_only) return;
    const Time at = session_.waiting_since + policy.overflow_after;
    if (at <= now_ || (leaves_ != kNoTime && at >= leaves_)) return;
    const TechnicianId winner = BestFor(org_, session_, at);
    const RosterItem* item = FindRosterItem(org_, winner);
    if (item == nullptr || Serves(org_, winner, session_.queue())) return;
    Change change{.at = at};
    change.description =
        absl::StrCat("it has waited ", Spoken(policy.overflow_after), " and overflows to group ", GroupOf(*item).value);
    Add(*item, std::move(change), at);
  }

  struct Shared {
    RosterItem item;
    Terms terms;
    Change change;
  };

  const Org& org_;
  const Session& session_;
  const Channel& channel_;
  const Time now_;
  Time preference_ends_{};
  Time leaves_{};  // when the session leaves the queue by itself; kNoTime: never
  size_t looked_at_ = 0;
  std::vector<Change> found_;
  std::map<std::string, Shared> shared_;
};

// --- words

std::string Count(size_t count, std::string_view noun) { return absl::StrCat(count, " ", V(noun), count == 1 ? "" : "s"); }

std::string Ordinal(size_t n) {
  static constexpr std::array<const char*, 4> kFirst = {"", "first", "second", "third"};
  if (n < kFirst.size()) return kFirst[n];
  const bool teen = n % 100 / 10 == 1;
  return absl::StrCat(n, teen || n % 10 == 0 || n % 10 > 3 ? "th" : n % 10 == 1 ? "st" : n % 10 == 2 ? "nd" : "rd");
}

std::string Removed(Filter filter, size_t count, const Session& session, const Channel& channel, Duration waited) {
  switch (filter) {
    case Filter::kExempt:
      return absl::StrCat(count, " exempt from routing");
    case Filter::kManual:
      return absl::StrCat(count, " who must pick it themselves (routing is MANUAL)");
    case Filter::kOffered:
      return absl::StrCat(count, " asked about another session");
    case Filter::kDeferred:
      return absl::StrCat(count, " logged in a moment ago");
    case Filter::kWrapUp:
      return absl::StrCat(count, " in after-work");
    case Filter::kPaused:
      return absl::StrCat(count, " paused after a missed offer");
    case Filter::kCapacity:
      return absl::StrCat(count, " without room for its weight of ", channel.routing.weight);
    case Filter::kSkill: {
      std::vector<std::string> needs;
      for (const SkillNeed& need : channel.routing.skills) {
        if (const uint32_t level = LevelNeeded(need, waited); level > 0)
          needs.push_back(absl::StrCat(need.skill.value, " ", level));
      }
      return absl::StrCat(count, count == 1 ? " lacks skill " : " lack skill ", absl::StrJoin(needs, " or "));
    }
    case Filter::kDeclined:
      return absl::StrCat(count, " who declined or missed it");
    case Filter::kPreferred:
      return absl::StrCat(count, " kept from it while it waits for ", session.preferred->value, " alone");
    case Filter::kLens:
      return absl::StrCat(count, " not for a camera session");
    default:
      return absl::StrCat(count, " ", V(Name(filter)));  // OFFLINE, AWAY, FULL, BUSY
  }
}

std::string Considered(const Org& org, const Session& session, const RoutingRecord& record) {
  const Channel& channel = *FindChannel(org, session.channel);
  std::string text = session.queue_group
                         ? absl::StrCat(Count(record.considered, "member"), " of group ", session.queue_group->value)
                         : absl::StrCat(Count(record.considered, "technician"),
                                        record.considered == 1 ? " serves channel " : " serve channel ", channel.id.value);
  if (record.considered == 0) return absl::StrCat("no", text.substr(1), ": nobody serves it");
  std::vector<std::string> removed;
  for (int i = 0; i < kFilterCount; ++i) {
    if (record.removed[i] == 0) continue;
    removed.push_back(Removed(static_cast<Filter>(i), record.removed[i], session, channel, record.waited));
  }
  if (record.eligible > 0) removed.push_back(absl::StrCat(record.eligible, " who could have it"));
  return absl::StrCat(text, ": ", absl::StrJoin(removed, ", "));
}

std::string Outlook(const Org& org, const Session& session, const Waiting& waiting, Time now) {
  if (waiting.considered.eligible > 0) {
    if (!RoutesByItself(org, session.queue())) return "";
    return absl::StrCat(" ", Winner(waiting.considered).value, " is about to be given it.");
  }
  const char* verb = waiting.considered.mode == RoutingMode::kOffer ? "offered" : "routed";
  std::vector<std::string> at_once;
  const Change* by_itself = nullptr;
  const Change* other = nullptr;
  for (const Change& change : waiting.changes) {
    if (change.first != session.id) {
      if (other == nullptr) other = &change;
    } else if (change.at != kNoTime) {
      if (by_itself == nullptr || change.at < by_itself->at) by_itself = &change;
    } else if (at_once.size() < kSpokenChanges) {
      at_once.push_back(absl::StrCat("if ", change.description));
    }
  }
  std::string text;
  if (!at_once.empty()) absl::StrAppend(&text, " It would be ", verb, " at once ", absl::StrJoin(at_once, ", or "), ".");
  if (by_itself != nullptr) {
    absl::StrAppend(&text, " By itself it comes to ", by_itself->technician.value, " in ", Spoken(by_itself->at - now),
                    ", when ", by_itself->description, ".");
  }
  if (text.empty() && other != nullptr) {
    absl::StrAppend(&text, " If ", other->description, ", session ", other->first.value, " would come first for ",
                    other->technician.value, ".");
  }
  if (text.empty() && waiting.considered.considered > 0) text = " No change of one thing alone would route it.";
  return text;
}

}  // namespace

std::string Spoken(Duration duration) {
  const int64_t ms = std::max<int64_t>(0, duration.count());
  if (ms < 1000) return absl::StrCat(ms, " ms");
  const int64_t s = ms / 1000;
  auto two = [](int64_t big, const char* a, int64_t small, const char* b) {
    return small == 0 ? absl::StrCat(big, a) : absl::StrCat(big, a, " ", small, b);
  };
  if (s < 60) return absl::StrCat(s, " s");
  if (s < 3600) return two(s / 60, " min", s % 60, " s");
  if (s < 86400) return two(s / 3600, " h", s % 3600 / 60, " min");
  return two(s / 86400, " d", s % 86400 / 3600, " h");
}

std::string FilterNames(uint32_t filters) {
  std::vector<absl::string_view> names;
  for (int i = 0; i < kFilterCount; ++i) {
    if ((filters & Bit(static_cast<Filter>(i))) != 0) names.push_back(V(Name(static_cast<Filter>(i))));
  }
  return absl::StrJoin(names, ", ");
}

Waiting WhyWaiting(const Org& org, const Session& session, Time now) {
  Waiting waiting;
  waiting.considered = Consider(org, session, now, limits::kExplainedCandidates);
  waiting.ahead = LineOf(org, session, now).ahead;
  auto queue = org.waiting.find(session.queue());
  waiting.length = (queue == org.waiting.end() ? 0 : queue->second.size()) + (session.preferred_only ? 1 : 0);
  const Channel* channel = FindChannel(org, session.channel);
  if (channel == nullptr || waiting.considered.eligible > 0) return waiting;
  Changes changes(org, session, *channel, now);
  for (const Candidate& candidate : waiting.considered.candidates) changes.Look(candidate.technician, candidate.filters);
  waiting.changes = changes.Take();
  return waiting;
}

Standing WhyIdle(const Org& org, const TechnicianId& technician, Time now) {
  Standing standing;
  const RosterItem* item = FindRosterItem(org, technician);
  if (item == nullptr) {  // disabled
    standing.filters = Bit(Filter::kOffline);
    return standing;
  }
  standing.filters = OwnFilters(*item, now, &standing.changes);
  const GroupId& group = org.roster_at.at(technician).first;
  RosterItem able = *item;
  able.filters = 0;
  able.not_before = able.deferred_until = able.wrap_up_until = able.paused_until = kNoTime;
  standing.next = FirstFor(org, group, able, now);

  std::vector<ServedQueue> empty;
  auto add = [&](const Queue& queue, const Channel& channel) {
    ServedQueue served{.queue = queue};
    if (!ServesOrOverflows(technician, group, queue, channel, served.overflow)) return;
    auto waiting = org.waiting.find(queue);
    if (waiting == org.waiting.end()) {
      if (!queue.group && empty.size() < limits::kExplainedQueues) empty.push_back(served);
      return;
    }
    if (standing.queues.size() == limits::kExplainedQueues) return;
    served.waiting = waiting->second.size();
    served.first = waiting->second.begin()->second;
    served.filters = CandidateFor(org, *FindSession(org, served.first), *item, now).filters;
    standing.queues.push_back(served);
  };
  for (const Channel* channel : ChannelsFor(org, technician, group)) {
    const Queue pool{channel->id, {}};
    auto queue = org.waiting.lower_bound(pool);
    if (queue == org.waiting.end() || queue->first != pool) add(pool, *channel);
    for (; queue != org.waiting.end() && queue->first.channel == channel->id; ++queue) add(queue->first, *channel);
  }
  const size_t room = limits::kExplainedQueues - standing.queues.size();
  std::move(empty.begin(), empty.begin() + std::min(room, empty.size()), std::back_inserter(standing.queues));
  std::sort(standing.queues.begin(), standing.queues.end(),
            [](const ServedQueue& a, const ServedQueue& b) { return a.queue < b.queue; });
  return standing;
}

std::string Summary(const Org& org, const Session& session, const Waiting* waiting, Time now) {
  if (session.ended_already()) {
    return absl::StrCat("Ended ", Spoken(now - session.ended), " ago: ", V(Name(session.outcome)), ".");
  }
  if (session.transfer)
    return absl::StrCat("A transfer waits for its recipients for ", Spoken(now - session.transfer->since), ".");
  if (const Participant* lead = session.lead()) {
    return absl::StrCat("With ", lead->technician.value, " for ", Spoken(now - lead->joined), ".");
  }
  if (session.link == Link::kNeverAttached)
    return "In no queue yet: the customer's device has not attached, or the terms are not accepted.";
  if (session.link != Link::kAttached) {
    return absl::StrCat("The customer's device is ", V(Name(session.link)), " for ", Spoken(now - session.link_since),
                        "; the session keeps its place.");
  }
  if (!session.channel) {
    return absl::StrCat("Waits ", Spoken(now - session.waiting_since), " for ", session.owner.value,
                        " to start it: it is private.");
  }
  if (session.offer) {
    return absl::StrCat("Offered to ", session.offer->technician.value, ", who has ", Spoken(session.offer->expires - now),
                        " left to answer.");
  }
  std::string text = absl::StrCat("Waits ", Spoken(now - session.waiting_since), "; ");
  if (waiting == nullptr) return text;
  absl::StrAppend(&text, Ordinal(waiting->ahead + 1), " of ", waiting->length, "; ");
  if (session.preferred_only) absl::StrAppend(&text, "for ", session.preferred->value, " alone; ");
  absl::StrAppend(&text, Considered(org, session, waiting->considered), ".");
  if (const Fallback* fallback = FallbackNow(org, session.queue()); fallback != nullptr) {
    absl::StrAppend(&text,
                    FindChannel(org, session.channel)->open ? " Nobody who serves it is online." : " The channel is closed.");
  }
  return text + Outlook(org, session, *waiting, now);
}

std::string Summary(const Org& org, const TechnicianId& technician, const Standing& standing, Time now) {
  const Technician& person = *FindTechnician(org, technician);
  std::string text = technician.value;
  if (person.disabled) return absl::StrCat(text, " is disabled.");
  if (standing.filters == 0) {
    absl::StrAppend(&text, " can be given sessions");
  } else {
    std::vector<std::string> reasons;
    const Load load = LoadOf(org, technician);
    for (int i = 0; i < kFilterCount; ++i) {
      const auto filter = static_cast<Filter>(i);
      if ((standing.filters & Bit(filter)) == 0) continue;
      std::string reason(Name(filter));
      if (filter == Filter::kOffline && person.console_since != kNoTime)
        absl::StrAppend(&reason, " for ", Spoken(now - person.console_since));
      if (filter == Filter::kAway && person.away) {
        absl::StrAppend(&reason, " for ", Spoken(now - person.away_since), person.away_reason.empty() ? "" : ": ",
                        person.away_reason);
      }
      if (filter == Filter::kFull || filter == Filter::kBusy)
        absl::StrAppend(&reason, " with ", Count(load.active, "active session"));
      if (filter == Filter::kOffered) absl::StrAppend(&reason, " session ", org.offers.at(technician).value);
      if (filter == Filter::kWrapUp) absl::StrAppend(&reason, " for ", Spoken(person.wrap_up_until - now), " more");
      if (filter == Filter::kPaused) absl::StrAppend(&reason, " for ", Spoken(person.paused_until - now), " more");
      reasons.push_back(std::move(reason));
    }
    absl::StrAppend(&text, " is given nothing: ", absl::StrJoin(reasons, "; "));
  }
  size_t serves = 0;
  size_t waiting = 0;
  for (const ServedQueue& queue : standing.queues) {
    serves += !queue.overflow;
    waiting += queue.waiting;
  }
  absl::StrAppend(&text, ". Serves ", Count(serves, "queue"), "; ", Count(waiting, "session"),
                  waiting == 1 ? " waits" : " wait", " in those that he serves or that overflow to him");
  if (standing.next) {
    absl::StrAppend(&text, standing.filters == 0 ? "; session " : "; but for that he would be given session ",
                    standing.next.value, standing.filters == 0 ? " is about to be given to him" : "");
  } else if (waiting > 0) {
    absl::StrAppend(&text, ", none of which he could have");
  }
  return absl::StrCat(text, ".");
}

}  // namespace guichet

#include "replay/what_if.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "replay/log.h"
#include "statemachine/decide.h"
#include "statemachine/dispatch.h"
#include "statemachine/route.h"
#include "statemachine/step.h"
#include "statemachine/timers.h"
#include "statemachine/view.h"

namespace guichet::replay {
namespace {

// What the log tells of one session from a channel.
struct Fate {
  ChannelId channel;
  std::optional<Duration> response;  // from an offer to the start
  std::optional<Duration> work;      // from the first start to the end of its last lead
  std::optional<Duration> patience;  // from joining the line to leaving without having been started
};

Duration MedianOf(std::vector<Duration>& values, Duration otherwise) {
  if (values.empty()) return otherwise;
  auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

bool IsInLine(const Session& session) { return session.link == Link::kAttached && PoolView(session) == EntryState::kWaiting; }

// Follows the sessions of channels through one run.
class Measure {
 public:
  void See(const LogEntry& entry) {
    for (const SessionChange& change : entry.sessions) See(*change.after, entry.time);
  }

  Outcome Finish(Time end) {
    for (auto& [id, track] : tracks_) Release(track, end);
    Outcome outcome;
    std::map<ChannelId, std::vector<Duration>> waits;
    std::vector<Duration> all;
    for (const auto& [id, track] : tracks_) {
      if (track.wait) {
        waits[track.channel].push_back(*track.wait);
        all.push_back(*track.wait);
      } else if (track.left) {
        ++outcome.channels[track.channel].left;
        ++outcome.all.left;
      }
    }
    for (auto& [channel, list] : waits) Fill(list, outcome.channels[channel]);
    Fill(all, outcome.all);
    outcome.sessions = std::move(sessions_);
    outcome.busy = std::move(busy_);
    return outcome;
  }

 private:
  struct Track {
    ChannelId channel;
    std::optional<Time> joined;
    std::optional<Duration> wait;
    bool left = false;
    TechnicianId lead;
    Time lead_since{};
  };

  void See(const Session& session, Time now) {
    if (!session.channel) return;
    Track& track = tracks_[session.id];
    track.channel = session.channel;
    if (!track.joined && IsInLine(session)) track.joined = now;
    const TechnicianId lead =
        session.lead() == nullptr || session.ended_already() ? TechnicianId{} : session.lead()->technician;
    if (lead != track.lead) {
      Release(track, now);
      track.lead = lead;
      track.lead_since = now;
      if (lead) ++sessions_[lead];
    }
    if (lead && track.joined && !track.wait) track.wait = now - *track.joined;
    if (session.ended_already() && track.joined && !track.wait) track.left = true;
  }

  void Release(Track& track, Time now) {
    if (track.lead) busy_[track.lead] += now - track.lead_since;
    track.lead = {};
  }

  static void Fill(std::vector<Duration>& values, Waits& waits) {
    if (values.empty()) return;
    std::sort(values.begin(), values.end());
    Duration sum{0};
    for (Duration value : values) sum += value;
    waits.started = values.size();
    waits.mean = sum / static_cast<int64_t>(values.size());
    waits.median = values[values.size() / 2];
    waits.p90 = values[values.size() * 9 / 10];
    waits.max = values.back();
  }

  std::map<SessionId, Track> tracks_;
  std::map<TechnicianId, uint64_t> sessions_;
  std::map<TechnicianId, Duration> busy_;
};

// "offered to ann", "moved to web", …: what was decided, without why.
std::string TextOf(const Events& events) {
  for (const Event& event : events) {
    if (const auto* offered = std::get_if<event::Offered>(&event)) {
      return absl::StrCat(offered->expires == kNoTime ? "started for " : "offered to ", offered->technician.value);
    }
    if (const auto* moved = std::get_if<event::Redirected>(&event)) {
      return absl::StrCat("moved to ", moved->to.channel.value, moved->to.group ? "/" : "", moved->to.group.value);
    }
    if (std::holds_alternative<event::PreferenceLapsed>(event)) return "its preference lapses";
    if (std::holds_alternative<event::Attended>(event)) return "somebody serves it";
    if (std::holds_alternative<event::Unattended>(event)) return events.size() > 1 ? "sent away" : "told that nobody serves it";
  }
  return events.empty() ? "" : "another decision";
}

double FairnessOf(const Outcome& outcome, const std::set<TechnicianId>& technicians) {
  double sum = 0, squares = 0;
  for (const TechnicianId& id : technicians) {
    auto it = outcome.busy.find(id);
    const double busy = it == outcome.busy.end() ? 0 : static_cast<double>(it->second.count());
    sum += busy;
    squares += busy * busy;
  }
  return squares == 0 ? 1 : sum * sum / (static_cast<double>(technicians.size()) * squares);
}

// First run: what became of the sessions.
class Fates {
 public:
  void See(const LogEntry& entry) {
    for (const Event& event : entry.events) {
      if (const auto* offered = std::get_if<event::Offered>(&event)) offered_[offered->session] = entry.time;
    }
    for (const SessionChange& change : entry.sessions) {
      const Session& session = *change.after;
      if (!session.channel) continue;
      Fate& fate = fates_[session.id];
      fate.channel = session.channel;
      if (IsInLine(session) && !joined_.contains(session.id)) joined_[session.id] = entry.time;
      const bool led = session.lead() != nullptr && !session.ended_already();
      if (led && !started_.contains(session.id)) {
        started_[session.id] = entry.time;
        if (auto offer = offered_.find(session.id); offer != offered_.end()) fate.response = entry.time - offer->second;
      }
      if (auto started = started_.find(session.id); started != started_.end()) {
        if (!led) fate.work = entry.time - started->second;
      } else if (session.ended_already() && joined_.contains(session.id)) {
        fate.patience = entry.time - joined_[session.id];
      }
    }
  }

  void Finish() {
    std::vector<Duration> responses, works;
    for (const auto& [id, fate] : fates_) {
      if (fate.response) responses.push_back(*fate.response);
      if (fate.work) works.push_back(*fate.work);
    }
    response_ = MedianOf(responses, std::chrono::seconds(5));
    work_ = MedianOf(works, std::chrono::minutes(5));
  }

  Duration ResponseOf(SessionId id) const { return Of(id).response.value_or(response_); }
  Duration WorkOf(SessionId id) const { return Of(id).work.value_or(work_); }
  std::optional<Duration> PatienceOf(SessionId id) const { return Of(id).patience; }

 private:
  Fate Of(SessionId id) const {
    auto it = fates_.find(id);
    return it == fates_.end() ? Fate{} : it->second;
  }
  std::map<SessionId, Fate> fates_;
  std::map<SessionId, Time> joined_, offered_, started_;
  Duration response_{}, work_{};
};

// Second run: the recorded organization and the one under the other policy, side by side.
class Sides {
 public:
  Sides(Org begin, const ChangePolicy& change, const Fates& fates, WhatIf& result)
      : recorded_(std::move(begin)), change_(change), fates_(fates), result_(result) {
    instead_ = recorded_;
    for (auto& [id, channel] : instead_.channels) change_(channel);
    RebuildIndexes(instead_);
    for (const auto& [queue, waiting] : instead_.waiting) {
      for (const auto& [arrived, id] : waiting) dirty_.sessions.insert(id);
    }
    for (const auto& [id, session] : instead_.sessions) Wake(id, session.created);
    for (const auto& [id, technician] : instead_.technicians) Wake(id, technician.created);
  }

  void Take(LogEntry entry) {
    if (entry.time > now_) PassTo(entry.time);
    now_ = entry.time;
    const bool routing = entry.actor == "routing";
    const SessionId session = routing ? SessionOf(entry.events.front()) : SessionId{};
    const Events decided = entry.events;
    LogEntry copy;
    if (!routing) copy = ForInstead(entry);
    Fold(recorded_, entry);
    recorded_measure_.See(entry);
    if (routing) {
      ++result_.decisions;
      TakeDecision(session, decided);
    } else if (!copy.events.empty()) {
      FoldInstead(std::move(copy));
    }
  }

  void Finish() {
    Drain();
    result_.modelled = parted_.size();
    result_.recorded = recorded_measure_.Finish(now_);
    result_.instead = instead_measure_.Finish(now_);
    std::set<TechnicianId> technicians;
    for (const auto& [id, busy] : result_.recorded.busy) technicians.insert(id);
    for (const auto& [id, busy] : result_.instead.busy) technicians.insert(id);
    result_.recorded.fairness = FairnessOf(result_.recorded, technicians);
    result_.instead.fairness = FairnessOf(result_.instead, technicians);
  }

 private:
  enum class What : uint8_t { kSession, kTechnician, kStart, kEnd, kLeave, kTimer };
  using Instant = std::tuple<Time, What, SessionId, TechnicianId>;

  // The entry without sessions that go another way, and with the other policy.
  LogEntry ForInstead(const LogEntry& entry) const {
    LogEntry copy;
    copy.time = entry.time;
    copy.trigger = entry.trigger;
    copy.actor = entry.actor;
    for (const Event& event : entry.events) {
      if (parted_.contains(SessionOf(event))) continue;
      copy.events.push_back(event);
      if (auto* put = std::get_if<event::ChannelPut>(&copy.events.back())) change_(put->channel);
    }
    return copy;
  }

  void FoldInstead(LogEntry entry) {
    const Touched touched = Fold(instead_, entry);
    instead_measure_.See(entry);
    Note(instead_, touched, now_, dirty_);
    for (SessionId id : touched.live) Wake(id, now_);
    for (const TechnicianId& id : touched.loads) Wake(id, now_);
    for (const ChannelId& channel : touched.channels) {
      for (const auto& [id, session] : instead_.sessions) {
        if (session.channel == channel) Wake(id, now_);
      }
    }
    for (SessionId id : touched.live) {
      if (parted_.contains(id)) Model(id);
    }
  }

  // When time alone changes what routing would do.
  void Wake(SessionId id, Time now) {
    const Session* session = FindSession(instead_, id);
    const Time next = session == nullptr ? kNoTime : NextChange(instead_, *session, now);
    if (next != kNoTime) agenda_.insert({next, What::kSession, id, {}});
  }
  void Wake(const TechnicianId& id, Time now) {
    const Time next = NextChange(instead_, id, now);
    if (next != kNoTime) agenda_.insert({next, What::kTechnician, {}, id});
  }

  // What was recorded, against what the other policy does at this moment.
  void TakeDecision(SessionId id, const Events& decided) {
    const std::string was = TextOf(decided);
    WakeDue();
    if (auto ahead = ahead_.find(id); ahead != ahead_.end()) {
      const std::string did = ahead->second;
      ahead_.erase(ahead);
      if (did != was) Changed(id, was, did);
      return;
    }
    if (parted_.contains(id)) {
      Changed(id, was, "");
      return;
    }
    while (SessionId next = NextToRoute(instead_, dirty_, now_)) {
      const std::string did = Route(next);
      if (next == id) {
        if (did != was) Changed(id, was, did);
        return;
      }
      ahead_[next] = did;
    }
    Changed(id, was, "");
  }

  // Lets the other policy do what it can; what the recorded policy could do as well and did not, because the daemon was away or
  // late, waits for the next entry of the log.
  void Drain() {
    for (const auto& [id, did] : std::exchange(ahead_, {})) Changed(id, "", did);
    while (SessionId next = NextToRoute(instead_, dirty_, now_)) {
      if (!parted_.contains(next) && RecordedWould(next)) return;
      Changed(next, "", Route(next));
    }
  }

  bool RecordedWould(SessionId id) const {
    Dirty alone{{id}, {}};
    return NextToRoute(recorded_, alone, now_) == id;
  }

  std::string Route(SessionId id) {
    absl::StatusOr<Decision> decision = Decide(instead_, command::Route{id}, now_);
    if (!decision.ok() || decision->events.empty()) {  // never: NextToRoute names what has something to do
      dirty_.sessions.erase(id);
      return "";
    }
    LogEntry entry;
    entry.time = now_;
    entry.trigger = decision->trigger;
    entry.actor = "routing";
    entry.events = std::move(decision->events);
    const std::string did = TextOf(entry.events);
    FoldInstead(std::move(entry));
    return did;
  }

  void Changed(SessionId id, const std::string& was, const std::string& did) {
    ++result_.changed;
    if (result_.first_changed.size() < kChangedDecisionsKept) result_.first_changed.push_back({now_, id, was, did});
    if (parted_.insert(id).second) Model(id);
  }

  // What happens next to a session that goes its own way.
  void Model(SessionId id) {
    const Session* session = FindSession(instead_, id);
    if (session == nullptr || session->ended_already()) return;
    if (session->offer) {
      agenda_.insert({now_ + fates_.ResponseOf(id), What::kStart, id, session->offer->technician});
    } else if (const Participant* lead = session->lead()) {
      agenda_.insert({lead->joined + fates_.WorkOf(id), What::kEnd, id, lead->technician});
    } else if (std::optional<Duration> patience = fates_.PatienceOf(id)) {
      agenda_.insert({session->waiting_since + *patience, What::kLeave, id, {}});
    }
    if (std::optional<Deadline> deadline = NextDeadline(instead_, *session)) {
      agenda_.insert({deadline->due, What::kTimer, id, {}});
    }
  }

  void Do(const Command& command, const char* actor) {
    absl::StatusOr<Decision> decision = Decide(instead_, command, now_);
    if (!decision.ok() || decision->events.empty()) return;
    LogEntry entry;
    entry.time = now_;
    entry.trigger = decision->trigger;
    entry.actor = actor;
    entry.events = std::move(decision->events);
    FoldInstead(std::move(entry));
  }

  void WakeDue() {
    std::vector<Instant> due;
    for (auto it = agenda_.begin(); it != agenda_.end() && std::get<Time>(*it) <= now_; ++it) {
      const What what = std::get<What>(*it);
      if (what == What::kSession || what == What::kTechnician) due.push_back(*it);
    }
    for (const Instant& instant : due) agenda_.erase(instant);
    for (const auto& [at, what, session, technician] : due) {
      if (what == What::kSession) {
        dirty_.sessions.insert(session);
        Wake(session, now_);
      } else {
        dirty_.technicians.insert(technician);
        Wake(technician, now_);
      }
    }
  }

  // Everything up to `time`, which is not yet reached.
  void PassTo(Time time) {
    Drain();
    while (!agenda_.empty() && std::get<Time>(*agenda_.begin()) < time) {
      const auto [at, what, session, technician] = *agenda_.begin();
      agenda_.erase(agenda_.begin());
      now_ = std::max(now_, at);
      switch (what) {
        case What::kSession:
          dirty_.sessions.insert(session);
          Wake(session, now_);
          break;
        case What::kTechnician:
          dirty_.technicians.insert(technician);
          Wake(technician, now_);
          break;
        case What::kStart:
          Do(command::Start{{session, technician}}, "model");
          break;
        case What::kEnd:
          Do(command::End{{session, technician}}, "model");
          break;
        case What::kLeave:
          if (const Session* s = FindSession(instead_, session); s != nullptr && s->lead() == nullptr) {
            Do(command::CustomerEnd{session}, "model");
          }
          break;
        case What::kTimer:
          Do(command::FireTimer{session}, "timer");
          break;
      }
      Drain();
    }
  }

  Org recorded_, instead_;
  const ChangePolicy& change_;
  const Fates& fates_;
  WhatIf& result_;
  Time now_{};
  Dirty dirty_;
  std::set<Instant> agenda_;
  std::set<SessionId> parted_;
  std::map<SessionId, std::string> ahead_;  // routed at this moment, before the log tells
  Measure recorded_measure_, instead_measure_;
};

}  // namespace

absl::StatusOr<WhatIf> RunWhatIf(store::Reader& store, const store::OrgKey& org, store::Reader* from,
                                 const ChangePolicy& change) {
  absl::StatusOr<Log> log = Log::Open(store, org, from);
  if (!log.ok()) return log.status();
  Fates fates;
  absl::Status read = log->Read([&](LogEntry entry, std::string_view) { fates.See(entry); });
  if (!read.ok()) return read;
  fates.Finish();
  WhatIf result;
  result.org = OrgId{org.value};
  Sides sides(log->TakeBegin(), change, fates, result);
  read = log->Read([&](LogEntry entry, std::string_view) { sides.Take(std::move(entry)); });
  if (!read.ok()) return read;
  sides.Finish();
  return result;
}

}  // namespace guichet::replay

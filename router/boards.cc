#include "router/boards.h"

#include <algorithm>

#include "router/limits.h"
#include "statemachine/refusal.h"

namespace guichet::router {
namespace {

// A tenth, or a second: an estimate that moves by less says the same.
bool Near(Duration a, Duration b) {
  const Duration apart = a > b ? a - b : b - a;
  return apart <= std::max<Duration>(std::max(a, b) / 10, std::chrono::seconds(1));
}

bool Near(const std::optional<WaitEstimate>& a, const std::optional<WaitEstimate>& b) {
  if (a.has_value() != b.has_value()) return false;
  return !a || (Near(a->p50, b->p50) && Near(a->p90, b->p90));
}

Place::State StateOf(const Session& session) {
  if (session.ended_already()) return Place::State::kEnded;
  if (session.lead() != nullptr) return Place::State::kStarted;
  if (session.link != Link::kAttached) return Place::State::kNotAttached;
  return session.offer || session.transfer ? Place::State::kOffered : Place::State::kWaiting;
}

Duration WaitedOf(const Session& session, Time now) {
  if (session.waiting_since == kNoTime) return Duration{0};
  const Participant* lead = session.lead();
  Time until = now;
  if (lead != nullptr) until = lead->joined;
  if (session.ended_already()) until = session.ever_started ? session.started : session.ended;
  return std::max(until - session.waiting_since, Duration{0});
}

void Prune(std::vector<std::weak_ptr<Looker>>& lookers) {
  std::erase_if(lookers, [](const std::weak_ptr<Looker>& looker) { return looker.expired(); });
}

// One more is told what he sees. Where others were told something else before, all will be told at the next computation, which
// is due: what is compared then must have been told to all.
template <class Looked, class View>
void NoteTold(Looked& looked, const View& view) {
  if (looked.lookers.empty()) {
    looked.told = view;
  } else if (looked.told && !view.IsAs(*looked.told)) {
    looked.told.reset();
  }
}

template <class View>
void Tell(const std::vector<std::weak_ptr<Looker>>& lookers, const Seen<View>& seen, std::vector<std::function<void()>>& out) {
  for (const std::weak_ptr<Looker>& looker : lookers) {
    out.push_back([looker, seen] {
      if (std::shared_ptr<Looker> alive = looker.lock()) alive->Show(seen);
    });
  }
}

}  // namespace

bool Place::IsAs(const Place& told) const {
  return state == told.state && position == told.position && notice == told.notice && Near(estimate, told.estimate);
}

bool Availability::IsAs(const Availability& told) const {
  return technicians == told.technicians && open == told.open && waiting == told.waiting && Near(estimate, told.estimate);
}

// --- what is known of a queue

void Boards::Index(const Org& org, const Queue& queue, Board& board) {
  Unindex(queue, board);
  const Channel* channel = FindChannel(org, queue.channel);
  if (channel == nullptr) return;
  if (queue.group) {
    board.groups = {queue.group};
  } else {
    board.groups = channel->groups;
    board.technicians = channel->technicians;
  }
  const std::vector<GroupId>& overflow = channel->routing.overflow_groups;
  board.groups.insert(board.groups.end(), overflow.begin(), overflow.end());
  for (const GroupId& group : board.groups) by_group_[group].insert(queue);
  for (const TechnicianId& technician : board.technicians) by_technician_[technician].insert(queue);
}

void Boards::Unindex(const Queue& queue, Board& board) {
  auto leave = [&](auto& index, auto& ids) {
    for (const auto& id : ids) {
      auto it = index.find(id);
      if (it == index.end()) continue;
      it->second.erase(queue);
      if (it->second.empty()) index.erase(it);
    }
    ids.clear();
  };
  leave(by_group_, board.groups);
  leave(by_technician_, board.technicians);
}

Boards::Board& Boards::BoardOf(const Org& org, const Queue& queue) {
  auto [it, added] = boards_.try_emplace(queue);
  if (added) Index(org, queue, it->second);
  return it->second;
}

Boards::Board& Boards::Fresh(const Org& org, const Queue& queue) {
  Board& board = BoardOf(org, queue);
  if (!board.stale) return board;
  board.stale = false;
  board.line.clear();
  if (auto waiting = org.waiting.find(queue); waiting != org.waiting.end()) {
    board.line.assign(waiting->second.begin(), waiting->second.end());
  }
  board.here = {};
  board.there.reset();
  const Fallback* fallback = FallbackNow(org, queue);
  board.notice = fallback == nullptr ? "" : fallback->notice;
  return board;
}

void Boards::Mark(const Queue& queue) {
  auto it = boards_.find(queue);
  if (it == boards_.end()) return;
  it->second.stale = true;
  marked_boards_.insert(queue);
}

void Boards::Note(const Org& org, const Step& step) {
  if ((boards_.empty() && customers_.empty()) || step.entry.trigger == Trigger::kChat) return;
  for (const SessionChange& change : step.entry.sessions) {
    const Session& session = *change.after;
    if (session.channel) Mark(session.queue());
    if (customers_.contains(session.id)) marked_sessions_[session.id] = change.after;
  }
  for (const Event& event : step.entry.events) {
    if (const auto* redirected = std::get_if<event::Redirected>(&event)) Mark(redirected->from);
  }
  for (const TechnicianId& technician : step.touched.loads) Note(org, technician);
  for (const Queue& queue : step.touched.queues) Mark(queue);
  for (const ChannelId& channel : step.touched.channels) {
    for (auto it = boards_.lower_bound(Queue{channel, {}}); it != boards_.end() && it->first.channel == channel; ++it) {
      Index(org, it->first, it->second);
      Mark(it->first);
    }
  }
  if (!step.touched.membership) return;
  for (const auto& [queue, board] : boards_) Mark(queue);
}

void Boards::Note(const Queue& queue) { Mark(queue); }

void Boards::Note(const Org& org, const TechnicianId& id) {
  if (auto queues = by_technician_.find(id); queues != by_technician_.end()) {
    for (const Queue& queue : queues->second) Mark(queue);
  }
  const Technician* technician = FindTechnician(org, id);
  if (technician == nullptr) return;
  if (auto queues = by_group_.find(technician->group); queues != by_group_.end()) {
    for (const Queue& queue : queues->second) Mark(queue);
  }
}

std::optional<WaitEstimate> Boards::Estimate(const Org& org, const Queue& queue, Board& board, QueueNow line, Duration waited,
                                             Time now) {
  auto stats = org.stats.find(queue);
  if (stats == org.stats.end()) return std::nullopt;
  const RoutingPolicy& policy = FindChannel(org, queue.channel)->routing;
  const bool overflows = policy.overflow_after != kNever && waited >= policy.overflow_after;
  std::optional<QueueNow>& here = board.here[overflows];
  if (!here) here = ServersOf(org, queue, waited, now);
  line.servers = here->servers;
  line.free = here->free > line.ahead ? here->free - line.ahead : 0;
  return EstimateWait(stats->second, line);
}

Place Boards::PlaceOf(const Org& org, const Session& session, Time now) {
  Place place{.state = StateOf(session), .waited = WaitedOf(session, now)};
  if (place.state != Place::State::kWaiting || FindChannel(org, session.channel) == nullptr) return place;
  const Queue queue = session.queue();
  Board& board = Fresh(org, queue);
  place.notice = board.notice;
  QueueNow line;
  const std::pair own(session.waiting_since, session.id);
  line.ahead = std::lower_bound(board.line.begin(), board.line.end(), own) - board.line.begin();
  line.waited = now - session.queue_since;
  place.position = line.ahead + 1;
  place.estimate = Estimate(org, queue, board, line, now - session.waiting_since, now);
  return place;
}

Availability Boards::AvailabilityOf(const Org& org, const ChannelId& id, Time now) {
  const Queue queue{id, {}};
  Board& board = Fresh(org, queue);
  if (!board.there) board.there = AvailableOn(org, queue);
  Availability availability{.technicians = *board.there, .open = FindChannel(org, id)->open, .waiting = board.line.size()};
  availability.estimate = Estimate(org, queue, board, QueueNow{.ahead = board.line.size()}, Duration{0}, now);
  return availability;
}

// --- who looks

absl::StatusOr<Seen<Place>> Boards::Look(const Org& org, const Session& session, std::weak_ptr<Looker> looker, Time now) {
  auto [it, added] = customers_.try_emplace(session.id);
  Customer& customer = it->second;
  Prune(customer.lookers);
  if (customer.lookers.size() >= kLookersPerSession) return TooManyStreams("position", kLookersPerSession);
  Seen<Place> seen{++version_, org.revision, PlaceOf(org, session, now)};
  if (added) {
    customer.queue = session.queue();
    if (session.channel) BoardOf(org, customer.queue).sessions.insert(session.id);
  }
  NoteTold(customer, seen.view);
  customer.lookers.push_back(std::move(looker));
  return seen;
}

Seen<Availability> Boards::Look(const Org& org, const ChannelId& channel, std::weak_ptr<Looker> looker, Time now) {
  Seen<Availability> seen{++version_, org.revision, AvailabilityOf(org, channel, now)};
  Board& board = BoardOf(org, Queue{channel, {}});
  if (board.lookers.size() >= board.prune_at) {
    Prune(board.lookers);
    board.prune_at = std::max<size_t>(16, 2 * board.lookers.size());
  }
  NoteTold(board, seen.view);
  board.lookers.push_back(std::move(looker));
  return seen;
}

void Boards::Leave(std::map<Queue, Board>::iterator board) {
  Unindex(board->first, board->second);
  boards_.erase(board);
}

void Boards::Forget(SessionId id) {
  auto customer = customers_.find(id);
  if (customer == customers_.end()) return;
  if (auto board = boards_.find(customer->second.queue); board != boards_.end()) board->second.sessions.erase(id);
  customers_.erase(customer);
}

// --- telling

std::vector<std::function<void()>> Boards::Compute(const Org& org, Time now, Time& next) {
  std::vector<std::function<void()>> out;
  next = kNoTime;
  TellSessions(org, now, out);
  for (auto it = marked_boards_.begin(); it != marked_boards_.end();) {
    auto board = boards_.find(*it);
    if (board == boards_.end()) {
      it = marked_boards_.erase(it);
      continue;
    }
    if (now < board->second.rests_until) {
      if (next == kNoTime || board->second.rests_until < next) next = board->second.rests_until;
      ++it;
      continue;
    }
    TellBoard(org, board, now, out);
    it = marked_boards_.erase(it);
  }
  return out;
}

// What is not the place in the line is told at once, also while the board rests.
void Boards::TellSessions(const Org& org, Time now, std::vector<std::function<void()>>& out) {
  std::map<SessionId, std::shared_ptr<const Session>> marked;
  marked.swap(marked_sessions_);
  for (const auto& [id, last] : marked) {
    auto it = customers_.find(id);
    if (it == customers_.end()) continue;
    Customer& customer = it->second;
    Prune(customer.lookers);
    if (customer.lookers.empty()) {
      Forget(id);
      continue;
    }
    if (customer.queue != last->queue()) {
      if (auto board = boards_.find(customer.queue); board != boards_.end()) board->second.sessions.erase(id);
      customer.queue = last->queue();
      BoardOf(org, customer.queue).sessions.insert(id);
      Mark(customer.queue);
    }
    const Place::State state = StateOf(*last);
    if (state == Place::State::kWaiting && last->channel) continue;
    const Place place = PlaceOf(org, *last, now);
    if (!customer.told || !place.IsAs(*customer.told)) {
      customer.told = place;
      Tell(customer.lookers, Seen<Place>{++version_, org.revision, place}, out);
    }
    if (place.final()) Forget(id);
  }
}

void Boards::TellBoard(const Org& org, std::map<Queue, Board>::iterator it, Time now, std::vector<std::function<void()>>& out) {
  const Queue& queue = it->first;
  Board& board = it->second;
  Prune(board.lookers);
  if (FindChannel(org, queue.channel) == nullptr) {
    for (const std::weak_ptr<Looker>& looker : board.lookers) {
      out.push_back([looker] {
        if (std::shared_ptr<Looker> alive = looker.lock()) alive->ShowGone();
      });
    }
    board.lookers.clear();
  }
  size_t told = board.lookers.size();
  const std::vector<SessionId> sessions(board.sessions.begin(), board.sessions.end());
  for (SessionId id : sessions) {
    Customer& customer = customers_.at(id);
    Prune(customer.lookers);
    const Session* session = FindSession(org, id);
    if (customer.lookers.empty() || session == nullptr) {
      Forget(id);
      continue;
    }
    told += customer.lookers.size();
    if (StateOf(*session) != Place::State::kWaiting) continue;
    const Place place = PlaceOf(org, *session, now);
    if (customer.told && place.IsAs(*customer.told)) continue;
    customer.told = place;
    Tell(customer.lookers, Seen<Place>{++version_, org.revision, place}, out);
  }
  if (told == 0) {
    Leave(it);
    return;
  }
  board.rests_until = now + Duration{static_cast<int64_t>(told / kToldPerMs)};
  if (board.lookers.empty()) return;
  const Availability availability = AvailabilityOf(org, queue.channel, now);
  if (board.told && availability.IsAs(*board.told)) return;
  board.told = availability;
  Tell(board.lookers, Seen<Availability>{++version_, org.revision, availability}, out);
}

}  // namespace guichet::router

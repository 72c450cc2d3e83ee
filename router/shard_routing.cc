// The shard's part in routing: what a command made possible is looked at in the same turn, and what time alone changes has a
// timer. So an offer is in the batch of what caused it; there is no interval at which anything is looked for.
#include "router/hours.h"
#include "router/limits.h"
#include "router/shard.h"
#include "statemachine/route.h"

namespace guichet::router {

void Shard::RouteAll(Turn& turn) {
  routing_left_ = false;
  size_t left = kRoutesPerTurn;
  for (auto& [org_id, rt] : orgs_) {
    while (SessionId id = NextToRoute(rt->org, rt->dirty, turn.now(), &left)) {
      absl::StatusOr<Step> step = turn.Apply(*rt, command::Route{id}, "routing");
      if (!step.ok() || step->entry.events.empty()) {  // never: what NextToRoute names has something to do
        parts_.metrics.InvariantViolated();
        rt->dirty.sessions.erase(id);
        rt->dirty.technicians.clear();
      }
    }
    routing_left_ |= !rt->dirty.sessions.empty() || !rt->dirty.technicians.empty();
  }
}

void Shard::WakeRouting(OrgRuntime& rt, SessionId id, Time now) {
  auto known = rt.routing_sessions.find(id);
  const Session* session = FindSession(rt.org, id);
  const Time next = session == nullptr ? kNoTime : NextChange(rt.org, *session, now);
  if (known != rt.routing_sessions.end()) {
    if (known->second == next) return;
    timers_.erase({known->second, What::kRouting, &rt, id, {}, {}});
    rt.routing_sessions.erase(known);
  }
  if (next == kNoTime) return;
  rt.routing_sessions.emplace(id, next);
  timers_.insert({next, What::kRouting, &rt, id, {}, {}});
}

void Shard::WakeRouting(OrgRuntime& rt, const TechnicianId& technician, Time now) {
  auto known = rt.routing_technicians.find(technician);
  const Time next = NextChange(rt.org, technician, now);
  if (known != rt.routing_technicians.end()) {
    if (known->second == next) return;
    timers_.erase({known->second, What::kRouting, &rt, {}, technician, {}});
    rt.routing_technicians.erase(known);
  }
  if (next == kNoTime) return;
  rt.routing_technicians.emplace(technician, next);
  timers_.insert({next, What::kRouting, &rt, {}, technician, {}});
}

// Whether a channel is open is computed here, from the zones of this machine, and recorded: the log replays without them.
void Shard::ArmHours(Turn& turn, OrgRuntime& rt, const ChannelId& id) {
  if (auto known = rt.channel_hours.find(id); known != rt.channel_hours.end()) {
    timers_.erase({known->second, What::kHours, &rt, {}, {}, id});
    rt.channel_hours.erase(known);
  }
  const Channel* channel = FindChannel(rt.org, id);
  if (channel == nullptr) return;
  const bool open = IsOpen(channel->hours, turn.now());
  const std::optional<Time> next = NextChange(channel->hours, turn.now());
  const Time due = next ? *next : turn.now() + kHoursAhead / 2;  // a day off may be further ahead than NextChange sees
  const bool bounded = !channel->hours.open.empty() || !channel->hours.days_off.empty();
  if (bounded) {
    rt.channel_hours.emplace(id, due);
    timers_.insert({due, What::kHours, &rt, {}, {}, id});
  }
  if (open != channel->open) (void)turn.Apply(rt, command::SetChannelOpen{id, open}, "timer");
}

// The timer's session stands for the computer.
void Shard::ArmComputer(OrgRuntime& rt, ComputerId id) {
  if (auto known = rt.computers.find(id); known != rt.computers.end()) {
    timers_.erase({known->second, What::kComputer, &rt, SessionId{id.value}, {}, {}});
    rt.computers.erase(known);
  }
  auto it = rt.org.computers.find(id);
  if (it == rt.org.computers.end()) return;
  rt.computers.emplace(id, it->second.expires);
  timers_.insert({it->second.expires, What::kComputer, &rt, SessionId{id.value}, {}, {}});
}

void Shard::FireRouting(Turn& turn, const Timer& timer) {
  OrgRuntime& rt = *timer.org;
  if (timer.what == What::kHours) {
    rt.channel_hours.erase(timer.channel);
    ArmHours(turn, rt, timer.channel);
  } else if (timer.session) {
    rt.routing_sessions.erase(timer.session);
    if (const Session* session = FindSession(rt.org, timer.session)) rt.boards.Note(session->queue());
    BoardsDue(rt);
    rt.dirty.sessions.insert(timer.session);
    WakeRouting(rt, timer.session, turn.now());
  } else {
    rt.routing_technicians.erase(timer.technician);
    rt.boards.Note(rt.org, timer.technician);
    BoardsDue(rt);
    rt.dirty.technicians.insert(timer.technician);
    WakeRouting(rt, timer.technician, turn.now());
  }
}

void Shard::BoardsDue(OrgRuntime& rt) {
  if (rt.boards_due || !rt.boards.marked()) return;
  rt.boards_due = true;
  boards_due_.push_back(&rt);
}

// What those who look at queues see after all that the turn has done.
void Shard::TellBoards(Turn& turn) {
  std::vector<OrgRuntime*> due;
  due.swap(boards_due_);
  for (OrgRuntime* rt : due) {
    rt->boards_due = false;
    Time next{};
    std::vector<std::function<void()>> told = rt->boards.Compute(rt->org, turn.now(), next);
    std::move(told.begin(), told.end(), std::back_inserter(batch_->told));
    if (next == rt->boards_wake) continue;
    if (rt->boards_wake != kNoTime) timers_.erase({rt->boards_wake, What::kBoards, rt, {}, {}, {}});
    rt->boards_wake = next;
    if (next != kNoTime) timers_.insert({next, What::kBoards, rt, {}, {}, {}});
  }
}

}  // namespace guichet::router

#include "tests/statemachine/router_loop.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "statemachine/route.h"

namespace guichet::testing {
namespace {

// A session can be moved a few times and given to one technician: more steps than that never end.
size_t MostRoutes(const Org& org) { return 20 + 10 * org.sessions.size(); }

}  // namespace

void RunRouting(World& world, const SeeStep& seen) {
  size_t left = MostRoutes(world.org);
  while (SessionId id = NextToRoute(world.org, world.dirty, world.now)) {
    const Org before = seen ? world.org : Org{};
    const Step step = world.Do(command::Route{id});
    if (step.entry.events.empty()) {
      ADD_FAILURE() << "nothing to do for session " << id.value << ", which routing named";
      world.dirty = {};
      return;
    }
    if (seen) seen(before, step);
    if (--left == 0) {
      ADD_FAILURE() << "routing goes on for ever";
      world.dirty = {};
      return;
    }
  }
}

Time NextInstant(const World& world) {
  Time next = kNoTime;
  auto at = [&](Time time) {
    if (time != kNoTime && (next == kNoTime || time < next)) next = time;
  };
  for (const auto& [id, session] : world.org.sessions) {
    if (const std::optional<Deadline> deadline = NextDeadline(world.org, session)) at(deadline->due);
    at(NextChange(world.org, session, world.now));
  }
  for (const auto& [id, technician] : world.org.technicians) at(NextChange(world.org, id, world.now));
  return next;
}

void PassTime(World& world, Duration duration, const SeeStep& seen) {
  const Time until = world.now + duration;
  for (int i = 0;; ++i) {
    const Time next = NextInstant(world);
    if (next == kNoTime || next > until) break;
    if (i == 100000) {
      ADD_FAILURE() << "time stands still";
      break;
    }
    // Of whom the answer changes then.
    for (const auto& [id, session] : world.org.sessions) {
      if (NextChange(world.org, session, world.now) == next) world.dirty.sessions.insert(id);
    }
    for (const auto& [id, technician] : world.org.technicians) {
      if (NextChange(world.org, id, world.now) == next) world.dirty.technicians.insert(id);
    }
    world.At(std::max(world.now, next));
    world.FireDue();
    RunRouting(world, seen);
  }
  world.At(until);
}

std::string LeftWaiting(const World& world) {
  const Org& org = world.org;
  for (const auto& [id, session] : org.sessions) {
    if (!IsRoutable(session)) continue;
    if (RulesApply(org, session, world.now)) return absl::StrCat("session ", id.value, " waits though a rule moves it");
    if (!RoutesByItself(org, session.queue())) continue;
    const TechnicianId technician = Winner(Consider(org, session, world.now));
    if (technician) return absl::StrCat("session ", id.value, " waits though ", technician.value, " can have it");
  }
  return "";
}

}  // namespace guichet::testing

#include "tools/sim/fold.h"

#include <set>

#include "absl/strings/str_cat.h"

namespace guichet::sim {
namespace {

bool Seen(EntryState state) { return state != EntryState::kNone && state != EntryState::kRemoved; }

// The pool's view from which somebody came who had no part of his own; its queue may have changed in the same entry.
const Fold::Sight* PoolWith(const Fold::Views& views, EntryState state) {
  for (const auto& [queue, sight] : views.pools) {
    if (sight.state == state) return &sight;
  }
  return nullptr;
}

}  // namespace

std::string Fold::Apply(const LogEntry& entry) {
  if (entry.revision.value != revision_.value + 1) {
    return absl::StrCat("revision ", entry.revision.value, " after ", revision_.value);
  }
  revision_ = entry.revision;
  for (const SessionChange& change : entry.sessions) {
    if (std::string broken = Apply(change, entry.time); !broken.empty()) {
      return absl::StrCat("session ", change.after->id.value, ": ", broken);
    }
  }
  return "";
}

std::string Fold::Apply(const SessionChange& change, Time time) {
  const Session& after = *change.after;
  Views& views = sessions_[after.id];
  const Views before = views;
  auto stays = [&](const EntryChange& c, const Sight& left) { return left.state == c.from && c.stayed == time - left.since; };
  for (const EntryChange& c : change.changes) {
    const std::string what = absl::StrCat(c.technician ? c.technician.value : "the pool", " from ", std::string(Name(c.from)),
                                          " to ", std::string(Name(c.to)), " after ", c.stayed.count(), " ms");
    const bool appears = c.from == EntryState::kNone;
    if (appears && c.stayed != Duration{0}) return absl::StrCat("a first appearance with a stay: ", what);
    if (!c.technician) {
      const auto known = before.pools.find(c.pool);
      if (appears != (known == before.pools.end())) return absl::StrCat("not what the pool saw: ", what);
      if (!appears && !stays(c, known->second)) return absl::StrCat("does not tile: ", what);
      if (Seen(c.to)) {
        views.pools[c.pool] = {c.to, time};
      } else {
        views.pools.erase(c.pool);
      }
      continue;
    }
    const auto known = before.own.find(c.technician);
    const bool seen = known != before.own.end() && Seen(known->second.state);
    if (seen && !stays(c, known->second)) return absl::StrCat("does not tile: ", what);
    if (!seen && !appears) {
      const Sight* pool = PoolWith(before, c.from);
      if (pool == nullptr || c.stayed != time - pool->since) return absl::StrCat("was not seen before: ", what);
    }
    views.own[c.technician] = {c.to, time};
  }

  std::set<TechnicianId> marked;
  for (const EntryMark& mark : after.marks) {
    marked.insert(mark.technician);
    const auto own = views.own.find(mark.technician);
    if (own != views.own.end()) {
      if (own->second.state != mark.state && (Seen(own->second.state) || Seen(mark.state))) {
        return absl::StrCat(mark.technician.value, " is said to see ", std::string(Name(mark.state)), " without a change");
      }
      continue;
    }
    if (!Seen(mark.state)) {
      views.own[mark.technician] = {mark.state, time};
      continue;
    }
    // He saw the same from the pool.
    const Sight* pool = PoolWith(before, mark.state);
    if (pool == nullptr) return absl::StrCat(mark.technician.value, " sees it from nowhere");
    views.own[mark.technician] = *pool;
  }
  for (auto own = views.own.begin(); own != views.own.end();) {
    if (marked.contains(own->first)) {
      ++own;
      continue;
    }
    // His part is over: he sees nothing more, or what the pool sees.
    if (Seen(own->second.state) && PoolWith(views, own->second.state) == nullptr) {
      return absl::StrCat(own->first.value, " sees ", std::string(Name(own->second.state)), " without a part in it");
    }
    own = views.own.erase(own);
  }
  if (views.own.empty() && views.pools.empty()) sessions_.erase(after.id);
  return "";
}

}  // namespace guichet::sim

#include "router/feed.h"

#include <algorithm>

#include "statemachine/timers.h"

namespace guichet::router {

void Published::AddUrgency(const Org& org) {
  for (const SessionChange& change : entry.sessions) urgent.push_back(UrgentAt(org, *change.after));
}

namespace {

// Those that are alive to `awake`; the others are dropped.
void Collect(std::vector<std::weak_ptr<Listener>>& listeners, std::vector<std::shared_ptr<Listener>>& awake) {
  std::erase_if(listeners, [&](const std::weak_ptr<Listener>& listener) {
    std::shared_ptr<Listener> alive = listener.lock();
    if (alive) awake.push_back(std::move(alive));
    return listener.expired();
  });
}

}  // namespace

void Feed::Publish(const std::vector<PublishedPtr>& next) {
  std::vector<std::shared_ptr<Listener>> awake;
  {
    absl::MutexLock lock(&mu_);
    last_ = next.back()->entry.revision;
    for (const PublishedPtr& published : next) {
      ring_.push_back(published);
      if (ring_.size() > ring_entries_) ring_.pop_front();
    }
    Collect(listeners_, awake);
    for (const PublishedPtr& published : next) {
      for (const SessionChange& change : published->entry.sessions) {
        if (of_sessions_.empty()) break;
        for (auto it = of_sessions_.lower_bound({change.after->id, 0});
             it != of_sessions_.end() && it->first.first == change.after->id;) {
          Collect(it->second, awake);
          const bool over = it->second.empty() || change.after->finished();  // nothing comes after its last entry
          it = over ? of_sessions_.erase(it) : std::next(it);
        }
      }
    }
  }
  std::partition(awake.begin(), awake.end(), [&](const auto& listener) {
    return std::any_of(next.begin(), next.end(),
                       [&](const PublishedPtr& published) { return listener->IsAboutHim(*published); });
  });
  for (const std::shared_ptr<Listener>& listener : awake) listener->Poke();
}

bool Feed::Read(Revision after, size_t max, std::vector<PublishedPtr>& out) const {
  absl::MutexLock lock(&mu_);
  if (after >= last_) return true;
  const uint64_t first = last_.value - ring_.size() + 1;
  if (after.value + 1 < first) return false;
  for (size_t i = after.value + 1 - first; i < ring_.size() && out.size() < max; ++i) out.push_back(ring_[i]);
  return true;
}

Revision Feed::last() const {
  absl::MutexLock lock(&mu_);
  return last_;
}

void Feed::Subscribe(std::weak_ptr<Listener> listener) {
  absl::MutexLock lock(&mu_);
  if (listeners_.size() >= prune_at_) {  // an organization where nothing happens publishes nothing
    std::erase_if(listeners_, [](const std::weak_ptr<Listener>& known) { return known.expired(); });
    prune_at_ = std::max<size_t>(16, 2 * listeners_.size());
  }
  listeners_.push_back(std::move(listener));
}

bool Feed::Subscribe(std::weak_ptr<Listener> listener, SessionId session, int side, size_t max) {
  absl::MutexLock lock(&mu_);
  Listeners& known = of_sessions_[{session, side}];
  std::erase_if(known, [](const std::weak_ptr<Listener>& other) { return other.expired(); });
  if (known.size() >= max) return false;
  known.push_back(std::move(listener));
  return true;
}

}  // namespace guichet::router

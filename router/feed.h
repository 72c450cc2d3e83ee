// Recent committed log entries of one organization, shared by all its watchers: each is a cursor into it, not a queue.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "statemachine/step.h"

namespace guichet::router {

// A technician as others see him, at one revision.
struct TechnicianInfo {
  Technician technician;
  uint32_t active_sessions = 0;
  uint32_t busy_at = 0;  // of his group; 0: never BUSY
  uint32_t units = 0;    // of capacity, taken by his active sessions
  uint32_t capacity = 0;
  SessionId offered;
  std::vector<std::string> monitored_by;  // names; empty where he must not know. For his own console alone
};

// A durable log entry, with what watchers need and the log does not keep.
struct Published {
  LogEntry entry;
  std::vector<Time> urgent;                 // UrgentAt of each of entry.sessions; empty: none of them
  std::vector<TechnicianInfo> technicians;  // those who changed
  std::vector<TechnicianId> deleted;

  // Fills `urgent` by the alert levels of the organization.
  void AddUrgency(const Org& org);
  Time UrgencyOf(size_t session) const { return session < urgent.size() ? urgent[session] : kNoTime; }
};
using PublishedPtr = std::shared_ptr<const Published>;

// Is told that there may be something to read. Called on the publisher's thread, without locks; must not block.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void Poke() = 0;
  // Whether the entry is about this listener's technician himself: then it is told before those who only look on.
  virtual bool IsAboutHim(const Published&) const { return false; }
};

// Thread safety: all methods may be called from any thread. Invariant: the ring holds consecutive revisions up to last().
class Feed {
 public:
  Feed(Revision last, size_t ring_entries) : ring_entries_(ring_entries), last_(last) {}

  // Appends the next revisions, at least one, in order, and pokes every listener once for all of them.
  void Publish(const std::vector<PublishedPtr>& next);
  // Up to `max` entries after `after`, in order, into `out`. False: `after` is behind the ring; read the log in the store.
  bool Read(Revision after, size_t max, std::vector<PublishedPtr>& out) const;
  Revision last() const;

  void Subscribe(std::weak_ptr<Listener> listener);
  // Is poked for entries that touch this session alone. False, and not subscribed: `max` others of its `side` (any number)
  // listen to it.
  bool Subscribe(std::weak_ptr<Listener> listener, SessionId session, int side, size_t max);

 private:
  using Listeners = std::vector<std::weak_ptr<Listener>>;
  const size_t ring_entries_;
  mutable absl::Mutex mu_;
  Revision last_ ABSL_GUARDED_BY(mu_);
  std::deque<PublishedPtr> ring_ ABSL_GUARDED_BY(mu_);
  Listeners listeners_ ABSL_GUARDED_BY(mu_);
  // One whose session rests keeps its dead listeners, at most `max` of each side; a session that leaves memory has none.
  std::map<std::pair<SessionId, int>, Listeners> of_sessions_ ABSL_GUARDED_BY(mu_);
  size_t prune_at_ ABSL_GUARDED_BY(mu_) = 16;  // number of listeners at which dead ones are looked for
};

}  // namespace guichet::router

// A console's view that outlives the daemon: it resumes its watch with the last token and never starts over.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "guichet/v1/queue_service.pb.h"
#include "guichet/v1/technician_service.pb.h"
#include "tests/crash/caller.h"
#include "tests/crash/facts.h"

namespace guichet::crash {

// Watches the queue of one technician on a thread of its own. Checks each message on arrival: revisions never go back, a
// revision is not seen with two contents, nothing at or before the token comes again.
class QueueWatcher {
 public:
  using Entries = std::map<uint64_t, std::string>;  // by session

  QueueWatcher(std::string technician, std::string token) : technician_(std::move(technician)), token_(std::move(token)) {}
  ~QueueWatcher() { Stop(); }

  // Begins, or goes on where the daemon went away.
  void Start(const Server& server);
  // Waits for the end of the stream; the daemon is gone, or `Start` was never called.
  void Stop();

  // Waits until everything up to `revision` was shown; false at the deadline. Some change at or after it must come.
  bool Await(uint64_t revision, absl::Duration within);
  // What is shown at `revision`; what came before it is folded for good.
  Entries At(uint64_t revision);
  // The highest revision that was shown.
  uint64_t shown() const;
  const std::string& technician() const { return technician_; }

 private:
  void Run(client::Stream& stream);
  void Take(const pb::WatchQueueResponse& message, bool resumed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  struct Change {
    uint64_t revision = 0;
    uint64_t session = 0;
    std::string entry;  // empty: it leaves
  };

  const std::string technician_;
  const std::string token_;
  std::unique_ptr<client::Stream> stream_;
  std::thread thread_;
  mutable absl::Mutex mutex_;
  std::string resume_ ABSL_GUARDED_BY(mutex_);
  uint64_t revision_ ABSL_GUARDED_BY(mutex_) = 0;
  Entries folded_ ABSL_GUARDED_BY(mutex_);
  std::vector<Change> changes_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<uint64_t, uint64_t>, size_t> seen_ ABSL_GUARDED_BY(mutex_);  // (revision, session) -> hash
};

// The same for WatchTechnicians.
class TechniciansWatcher {
 public:
  using Technicians = std::map<std::string, std::string>;

  explicit TechniciansWatcher(std::string token) : token_(std::move(token)) {}
  ~TechniciansWatcher() { Stop(); }
  void Start(const Server& server);
  void Stop();
  bool Await(uint64_t revision, absl::Duration within);
  Technicians now() const;

 private:
  void Run(client::Stream& stream);

  const std::string token_;
  std::unique_ptr<client::Stream> stream_;
  std::thread thread_;
  mutable absl::Mutex mutex_;
  std::string resume_ ABSL_GUARDED_BY(mutex_);
  uint64_t revision_ ABSL_GUARDED_BY(mutex_) = 0;
  Technicians technicians_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace guichet::crash

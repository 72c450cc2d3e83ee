// The commit thread of the RocksDB engine: decides about commits, gathers them into batches, and alone writes to the database.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "store/keys.h"
#include "store/rocksdb_database.h"
#include "store/store.h"

namespace guichet::store {

// Promise: work is decided, written and answered in the order in which it was handed in; everything that waits while a batch is
// synced becomes the next batch. Invariants: heads_ is what is durable; after a failure nothing is written. Thread-safe.
class Writer {
 public:
  // `database` is not owned and must outlive the writer. `heads` is what is durable in it.
  Writer(Database* database, std::map<OrgKey, Head> heads, SyncObserver on_sync);
  // Finishes everything handed in.
  ~Writer();

  void CommitAsync(std::vector<Commit> commits, Store::CommitCallback callback);
  // Both block until done; not from a callback.
  absl::StatusOr<Token> Acquire(const OrgKey& org);
  absl::Status Trim(const OrgKey& org, uint64_t up_to);

  std::vector<OrgKey> ListOrgs() const;
  uint64_t commits() const { return commits_.load(std::memory_order_relaxed); }
  uint64_t syncs() const { return syncs_.load(std::memory_order_relaxed); }

 private:
  class Batch;
  class Work;
  class CommitWork;
  class AcquireWork;
  class TrimWork;

  void Enqueue(std::unique_ptr<Work> work) ABSL_LOCKS_EXCLUDED(mu_);
  void Run() ABSL_LOCKS_EXCLUDED(mu_);
  // Stages works from the front of `*taken` into one batch, writes it and finishes them.
  void RunBatch(std::deque<std::unique_ptr<Work>>* taken) ABSL_LOCKS_EXCLUDED(mu_);
  // True when the batch is durable.
  bool Write(Batch* batch) ABSL_LOCKS_EXCLUDED(mu_);

  Database* const database_;
  const SyncObserver on_sync_;
  mutable absl::Mutex mu_;
  absl::CondVar cv_;  // the commit thread waits for work
  std::deque<std::unique_ptr<Work>> queue_ ABSL_GUARDED_BY(mu_);
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  std::map<OrgKey, Head> heads_ ABSL_GUARDED_BY(mu_);  // written by the commit thread alone
  std::atomic<uint64_t> commits_ = 0;
  std::atomic<uint64_t> syncs_ = 0;
  std::thread thread_;
};

}  // namespace guichet::store

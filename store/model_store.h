// The Store in memory: the model that engines are compared with.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "store/store.h"

namespace guichet::store {

struct ModelOptions {
  bool manual = false;   // CommitAsync holds its commits until they are completed
  SyncObserver on_sync;  // called for each completed call that wrote something, with 0 seconds
};

// Promise: the contract of Store. It has no thread: callbacks run inside the call that completes the commits, which is
// CommitAsync itself unless manual, without a lock held, so a callback may call the store. "Durable" means: survives CrashAnd….
// Checkpoint is refused: there is no disk.
class ModelStore : public Store {
 public:
  explicit ModelStore(ModelOptions options = {}) : options_(std::move(options)), manual_(options_.manual) {}

  // From manual to immediate: what is held is completed with the next write.
  void SetManual(bool manual);
  // CommitAsync calls that are held.
  size_t held() const;
  // Makes the oldest held call durable, then calls it back. False when none is held.
  bool CompleteOne();
  // Returns how many calls it completed.
  size_t CompleteAll();
  // The process dies: held calls are forgotten without a callback, all of them or all but the `durable` oldest, which reach the
  // disk although nobody hears of it. The store is then as after a restart.
  void CrashAndDropUnfinished() { CrashAndKeep(0); }
  void CrashAndKeep(size_t durable);
  // The disk fails: held and later commits answer kUnknown and write nothing, Acquire and Trim answer UNAVAILABLE, reads go on.
  void Fail();

  void CommitAsync(std::vector<Commit> commits, CommitCallback callback) override;
  absl::StatusOr<std::string> Get(const OrgKey& org, Family family, std::string_view key) override;
  absl::Status Scan(const OrgKey& org, const KeyRange& range, const RecordVisitor& visit) override;
  absl::Status ReadEvents(const OrgKey& org, uint64_t after, size_t max, const EventVisitor& visit) override;
  absl::StatusOr<LogRange> Log(const OrgKey& org) override;
  uint64_t history() const override { return 1; }
  // Completes everything held first, callbacks included: it is ordered with the commits.
  absl::StatusOr<Token> Acquire(const OrgKey& org) override;
  absl::StatusOr<std::vector<OrgKey>> ListOrgs() override;
  // Completes everything held first, like Acquire.
  absl::Status Trim(const OrgKey& org, uint64_t up_to) override;
  absl::Status Checkpoint(const std::string& folder) override;
  StoreStats Stats() override;

 private:
  struct Org {
    uint64_t epoch = 0;
    uint64_t seq = 0;
    std::map<uint64_t, std::string> events;
    std::map<std::pair<Family, std::string>, std::string> records;
  };
  struct Call {
    std::vector<Commit> commits;
    CommitCallback callback;
  };

  std::vector<CommitResult> ApplyLocked(const std::vector<Commit>& commits) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  CommitResult ApplyOneLocked(const Commit& commit) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Applies the call and calls back.
  void Complete(const Call& call) ABSL_LOCKS_EXCLUDED(mu_);

  const ModelOptions options_;
  mutable absl::Mutex mu_;
  bool manual_ ABSL_GUARDED_BY(mu_);
  std::map<OrgKey, Org> orgs_ ABSL_GUARDED_BY(mu_);
  std::deque<Call> held_ ABSL_GUARDED_BY(mu_);
  StoreStats stats_ ABSL_GUARDED_BY(mu_);
};

}  // namespace guichet::store

// The RocksDB database of one folder: opening it with all guards, and closing it in the right order.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/db.h"
#include "rocksdb/statistics.h"
#include "store/keys.h"
#include "store/rocksdb_store.h"
#include "store/store.h"

namespace guichet::store {

// The version of keys and values on disk. A store with a higher one is refused. One with a lower one is read as it is, and has
// this version from then on: an earlier release, which would drop what it does not know, refuses it.
// 2: computers, templates of messages, and the highest ids in a record of their own. 3: the number of the store's history.
inline constexpr uint64_t kSchemaVersion = 3;

// "What was tried: RocksDB's message" with the nearest code. `status` must not be ok.
absl::Status ToAbslStatus(const std::string& what, const rocksdb::Status& status);

// Set once and for ever when the store became read-only. Thread-safe.
class FailureLatch {
 public:
  explicit FailureLatch(std::function<void(const std::string&)> on_failure) : on_failure_(std::move(on_failure)) {}
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  // The first call reports `why`.
  void Set(const std::string& why) {
    if (!failed_.exchange(true, std::memory_order_acq_rel) && on_failure_) on_failure_(why);
  }

 private:
  std::atomic<bool> failed_ = false;
  const std::function<void(const std::string&)> on_failure_;
};

// Holds a file of the folder locked against every other process and every other FolderLock of this one.
class FolderLock {
 public:
  // UNAVAILABLE when somebody holds it.
  static absl::StatusOr<std::unique_ptr<FolderLock>> Take(const std::string& folder);
  // Without changing the folder; null when the file is not there, as in a checkpoint.
  static absl::StatusOr<std::unique_ptr<FolderLock>> TakeIfThere(const std::string& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  // Takes over `fd`.
  static absl::StatusOr<std::unique_ptr<FolderLock>> Lock(int fd, const std::string& folder);
  const int fd_;
};

// Owns the open database and the folder's lock. Iterators and snapshots must be gone before it.
class Database {
 public:
  // Checks lock, families and schema version, and writes the schema version of a fresh folder. Errors as in OpenRocksDbStore.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const RocksDbOptions& options, std::shared_ptr<FailureLatch> failure);
  // Changes nothing in the folder. NOT_FOUND when there is no store in it, FAILED_PRECONDITION for one of a later schema
  // version or with a family that this version does not know.
  static absl::StatusOr<std::unique_ptr<Database>> OpenForReading(const std::string& folder, size_t memory_budget_bytes);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rocksdb::DB* db() const { return db_; }
  rocksdb::ColumnFamilyHandle* family(Family family) const { return families_[static_cast<size_t>(family)]; }
  const std::string& folder() const { return folder_; }
  FailureLatch& failure() const { return *failure_; }
  // See Reader::history.
  uint64_t history() const { return history_; }
  absl::Status StartHistory();
  // Time writes were delayed, since Open.
  uint64_t stall_micros() const;

  // DATA_LOSS when a record of kMeta does not parse.
  absl::StatusOr<std::map<OrgKey, Head>> LoadHeads() const;

 private:
  Database() = default;
  absl::Status OpenFamilies(rocksdb::DBOptions db_options, size_t memory_budget_bytes, bool read_only);
  // 0: none is written.
  absl::StatusOr<uint64_t> ReadNumber(const std::string& key, const std::string& what) const;
  absl::Status CheckSchema();
  absl::Status CheckSchemaForReading();
  absl::Status WriteNumber(const std::string& key, uint64_t number, const std::string& what);

  std::string folder_;
  std::shared_ptr<FailureLatch> failure_;
  std::unique_ptr<FolderLock> lock_;
  std::shared_ptr<rocksdb::Statistics> statistics_;
  uint64_t history_ = 0;
  rocksdb::DB* db_ = nullptr;
  rocksdb::ColumnFamilyHandle* unused_default_ = nullptr;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount> families_ = {};
};

}  // namespace guichet::store

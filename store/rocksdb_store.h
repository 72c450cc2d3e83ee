// The embedded engine: a Store over RocksDB in one folder of one machine (README.md: its keys on disk).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "store/store.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace guichet::store {

struct RocksDbOptions {
  // Holds the database and nothing else. Created when missing; its parent must exist.
  std::string folder;
  // Bytes of memory for cached blocks and write buffers together; a quarter of it is for the buffers. Less means more reads
  // from disk and smaller files.
  size_t memory_budget_bytes = size_t{256} << 20;
  // Below this much free space Stats().disk_nearly_full is true, so that the caller sheds load before the disk is full. The
  // store itself goes on writing. 0: off.
  uint64_t min_free_disk_bytes = 0;
  SyncObserver on_sync;
  // Called once, when a failed write or background error makes the store read-only, before any commit answers kUnknown for it.
  // Runs on a thread of the engine: must not block and must not call the store.
  std::function<void(const std::string& why)> on_failure;
  // A line of the engine's for its operator: writes that are held up, errors. Called from any thread.
  std::function<void(const std::string& line)> on_warning;
  // For fault injection; nullptr is the machine's file system. Not owned; must outlive the store.
  rocksdb::Env* env = nullptr;
};

// Opens or creates the store. One commit thread gathers all waiting commits into one write with one fsync. After a failed write
// it never writes again: queued and later commits answer kUnknown, Acquire and Trim answer UNAVAILABLE, reads of durable data
// go on.
//
// The destructor makes everything queued durable, calls back, and closes; no call may run or start meanwhile except from
// callbacks. Acquire, Trim and the destructor must not be called from a callback (a failed check).
//
// Errors: UNAVAILABLE when another daemon uses the folder; FAILED_PRECONDITION when a newer version wrote it; DATA_LOSS when
// something in it is damaged or missing (a write torn by a power cut, at the very end of the log, is no damage: nobody was told
// it was durable).
absl::StatusOr<std::unique_ptr<Store>> OpenRocksDbStore(RocksDbOptions options);

// … and can tell whether its files are whole.
class CheckedReader : public Reader {
 public:
  // Reads every block of every table and compares its checksum: DATA_LOSS names the file.
  virtual absl::Status CheckFiles() = 0;
};

// A checkpoint, or the folder of a store that no daemon has open; it is not changed. Errors: NOT_FOUND when it holds no store,
// UNAVAILABLE when a daemon uses it, FAILED_PRECONDITION when a newer version wrote it, DATA_LOSS.
absl::StatusOr<std::unique_ptr<CheckedReader>> OpenRocksDbForReading(const std::string& folder,
                                                                     size_t memory_budget_bytes = size_t{256} << 20);

// Copies a checkpoint, once its checksums are found right, to `folder`, which must be empty or missing (ALREADY_EXISTS);
// missing parents are made. The copy has a history of its own: what the original wrote after the checkpoint is not in it.
// Durable when it returns; stopped halfway, it leaves only a folder with ".restoring" after its name, which the next try
// removes.
absl::Status RestoreRocksDbCheckpoint(const std::string& checkpoint, const std::string& folder);

}  // namespace guichet::store

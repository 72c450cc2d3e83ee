// A file system under RocksDB that knows which bytes are synced, and fails or holds writes of the write-ahead log on demand.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace guichet::store {

// Thread-safe. Files are those of the machine; only writes of *.log files are disturbed.
class FaultFileSystem : public rocksdb::FileSystemWrapper {
 public:
  FaultFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "FaultFileSystem"; }

  void FailLogAppends(bool fail);
  void FailLogSyncs(bool fail);
  // Called before each fsync of a log; may block, which holds the fsync.
  void SetLogSyncHook(std::function<void()> hook);
  // Fsyncs of logs that were asked for.
  size_t log_syncs() const;
  // What a power cut at this moment would leave of `from`: of each file the synced bytes alone. `to` must not exist.
  void CopySynced(const std::string& from, const std::string& to) const;

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

  // For the files it makes.
  rocksdb::IOStatus BeforeAppend(const std::string& path);
  rocksdb::IOStatus BeforeSync(const std::string& path);
  void AfterSync(const std::string& path, uint64_t bytes);

 private:
  mutable absl::Mutex mu_;
  bool fail_appends_ ABSL_GUARDED_BY(mu_) = false;
  bool fail_syncs_ ABSL_GUARDED_BY(mu_) = false;
  std::function<void()> hook_ ABSL_GUARDED_BY(mu_);
  size_t log_syncs_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<std::string, uint64_t> synced_bytes_ ABSL_GUARDED_BY(mu_);
};

}  // namespace guichet::store

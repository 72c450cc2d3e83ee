// A file system under RocksDB that knows which bytes are synced, fails or holds writes of the write-ahead log on demand, and
// shows what a crash at any write leaves behind. For tests and the simulator; the daemon has no part of it.
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

// Thread-safe. `base` holds the files; only writes of *.log files are disturbed, unless said otherwise.
class FaultFileSystem : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultFileSystem(std::shared_ptr<rocksdb::FileSystem> base = rocksdb::FileSystem::Default())
      : FileSystemWrapper(std::move(base)) {}
  const char* Name() const override { return "FaultFileSystem"; }

  void FailLogAppends(bool fail);
  void FailLogSyncs(bool fail);
  // The disk is full: no file grows.
  void Fill(bool full);
  // Called before each fsync of a log; may block, which holds the fsync.
  void SetLogSyncHook(std::function<void()> hook);
  // Fsyncs of logs that were asked for.
  size_t log_syncs() const;

  // The machine stops: nothing on disk changes any more, and whoever tries gets an error.
  void Freeze();
  // … at the `nth` append or fsync of a log from here on, which does not happen. 1: the next.
  void FreezeAtLogWrite(uint64_t nth);
  bool frozen() const;

  // How much of a file with so many synced and so many written bytes a crash leaves.
  using Keep = std::function<uint64_t(const std::string& path, uint64_t synced, uint64_t written)>;
  // What a crash at this moment would leave of the folder `from`, into the folder `to` of `disk`, which has nothing in it. The
  // default is a power cut: of each file the synced bytes alone.
  void CopyCrashed(const std::string& from, rocksdb::FileSystem& disk, const std::string& to, const Keep& keep = nullptr) const;

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file, rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

  // For the files it makes.
  rocksdb::IOStatus BeforeAppend(const std::string& path);
  rocksdb::IOStatus BeforeSync(const std::string& path);
  void AfterAppend(const std::string& path, uint64_t bytes);
  void AfterSync(const std::string& path, uint64_t bytes);

 private:
  struct Bytes {
    uint64_t synced = 0;
    uint64_t written = 0;
  };
  rocksdb::IOStatus IfRunning() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CountLogWrite() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable absl::Mutex mu_;
  bool fail_appends_ ABSL_GUARDED_BY(mu_) = false;
  bool fail_syncs_ ABSL_GUARDED_BY(mu_) = false;
  bool full_ ABSL_GUARDED_BY(mu_) = false;
  bool frozen_ ABSL_GUARDED_BY(mu_) = false;
  uint64_t freeze_in_ ABSL_GUARDED_BY(mu_) = 0;  // writes of logs until the machine stops; 0: it does not
  std::function<void()> hook_ ABSL_GUARDED_BY(mu_);
  size_t log_syncs_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<std::string, Bytes> files_ ABSL_GUARDED_BY(mu_);
};

}  // namespace guichet::store

#include "tests/store/fault_file_system.h"

#include <filesystem>
#include <fstream>
#include <utility>

#include "tests/store/store_testing.h"

namespace guichet::store {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

bool IsLog(const std::string& path) { return std::filesystem::path(path).extension() == ".log"; }

class FaultFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultFile(FaultFileSystem* owner, std::string path, std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)), owner_(*owner), path_(std::move(path)) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, IODebugContext* debug) override {
    if (IOStatus status = owner_.BeforeAppend(path_); !status.ok()) return status;
    bytes_ += data.size();
    return FSWritableFileOwnerWrapper::Append(data, options, debug);
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo& info,
                  IODebugContext* debug) override {
    if (IOStatus status = owner_.BeforeAppend(path_); !status.ok()) return status;
    bytes_ += data.size();
    return FSWritableFileOwnerWrapper::Append(data, options, info, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    if (IOStatus status = owner_.BeforeSync(path_); !status.ok()) return status;
    const IOStatus status = FSWritableFileOwnerWrapper::Sync(options, debug);
    if (status.ok()) owner_.AfterSync(path_, bytes_);
    return status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override { return Sync(options, debug); }

 private:
  FaultFileSystem& owner_;
  const std::string path_;
  uint64_t bytes_ = 0;
};

}  // namespace

void FaultFileSystem::FailLogAppends(bool fail) {
  absl::MutexLock lock(&mu_);
  fail_appends_ = fail;
}

void FaultFileSystem::FailLogSyncs(bool fail) {
  absl::MutexLock lock(&mu_);
  fail_syncs_ = fail;
}

void FaultFileSystem::SetLogSyncHook(std::function<void()> hook) {
  absl::MutexLock lock(&mu_);
  hook_ = std::move(hook);
}

size_t FaultFileSystem::log_syncs() const {
  absl::MutexLock lock(&mu_);
  return log_syncs_;
}

void FaultFileSystem::CopySynced(const std::string& from, const std::string& to) const {
  std::filesystem::create_directory(to);
  absl::MutexLock lock(&mu_);
  for (const auto& entry : std::filesystem::directory_iterator(from)) {
    const auto synced = synced_bytes_.find(entry.path().string());
    if (synced == synced_bytes_.end()) continue;
    std::ofstream out(to + "/" + entry.path().filename().string(), std::ios::binary);
    out << ReadFileBytes(entry.path().string()).substr(0, synced->second);
  }
}

IOStatus FaultFileSystem::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                          std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSWritableFile> inner;
  const IOStatus status = FileSystemWrapper::NewWritableFile(path, options, &inner, debug);
  if (!status.ok()) return status;
  AfterSync(path, 0);
  *file = std::make_unique<FaultFile>(this, path, std::move(inner));
  return status;
}

IOStatus FaultFileSystem::RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                                     IODebugContext* debug) {
  const IOStatus status = FileSystemWrapper::RenameFile(from, to, options, debug);
  if (!status.ok()) return status;
  absl::MutexLock lock(&mu_);
  if (auto node = synced_bytes_.extract(from); !node.empty()) synced_bytes_[to] = node.mapped();
  return status;
}

IOStatus FaultFileSystem::BeforeAppend(const std::string& path) {
  absl::MutexLock lock(&mu_);
  return fail_appends_ && IsLog(path) ? IOStatus::IOError("injected append error") : IOStatus::OK();
}

IOStatus FaultFileSystem::BeforeSync(const std::string& path) {
  if (!IsLog(path)) return IOStatus::OK();
  std::function<void()> hook;
  {
    absl::MutexLock lock(&mu_);
    ++log_syncs_;
    hook = hook_;
  }
  if (hook) hook();
  absl::MutexLock lock(&mu_);
  return fail_syncs_ ? IOStatus::IOError("injected sync error") : IOStatus::OK();
}

void FaultFileSystem::AfterSync(const std::string& path, uint64_t bytes) {
  absl::MutexLock lock(&mu_);
  synced_bytes_[path] = bytes;
}

}  // namespace guichet::store

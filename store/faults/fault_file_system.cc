#include "store/faults/fault_file_system.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "store/check.h"

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
    return Appended(data, FSWritableFileOwnerWrapper::Append(data, options, debug));
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo& info,
                  IODebugContext* debug) override {
    if (IOStatus status = owner_.BeforeAppend(path_); !status.ok()) return status;
    return Appended(data, FSWritableFileOwnerWrapper::Append(data, options, info, debug));
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    if (IOStatus status = owner_.BeforeSync(path_); !status.ok()) return status;
    const IOStatus status = FSWritableFileOwnerWrapper::Sync(options, debug);
    if (status.ok()) owner_.AfterSync(path_, bytes_);
    return status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override { return Sync(options, debug); }

 private:
  IOStatus Appended(const rocksdb::Slice& data, IOStatus status) {
    bytes_ += data.size();
    owner_.AfterAppend(path_, bytes_);
    return status;
  }

  FaultFileSystem& owner_;
  const std::string path_;
  uint64_t bytes_ = 0;
};

void Must(const IOStatus& status) { STORE_CHECK(status.ok(), "the copy of a crashed folder must succeed"); }

std::string ReadAll(rocksdb::FileSystem& disk, const std::string& path, uint64_t bytes) {
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  Must(disk.NewSequentialFile(path, {}, &file, nullptr));
  std::string text;
  std::vector<char> scratch(1 << 20);
  while (text.size() < bytes) {
    rocksdb::Slice read;
    Must(file->Read(std::min<uint64_t>(scratch.size(), bytes - text.size()), {}, &read, scratch.data(), nullptr));
    if (read.empty()) break;
    text.append(read.data(), read.size());
  }
  return text;
}

}  // namespace

void FaultFileSystem::FailLogAppends(bool fail) {
  absl::MutexLock lock(&mu_);
  fail_appends_ = fail;
}

void FaultFileSystem::FailLogSyncs(bool fail) {
  absl::MutexLock lock(&mu_);
  fail_syncs_ = fail;
}

void FaultFileSystem::Fill(bool full) {
  absl::MutexLock lock(&mu_);
  full_ = full;
}

void FaultFileSystem::SetLogSyncHook(std::function<void()> hook) {
  absl::MutexLock lock(&mu_);
  hook_ = std::move(hook);
}

size_t FaultFileSystem::log_syncs() const {
  absl::MutexLock lock(&mu_);
  return log_syncs_;
}

void FaultFileSystem::Freeze() {
  absl::MutexLock lock(&mu_);
  frozen_ = true;
}

void FaultFileSystem::FreezeAtLogWrite(uint64_t nth) {
  absl::MutexLock lock(&mu_);
  freeze_in_ = nth;
}

bool FaultFileSystem::frozen() const {
  absl::MutexLock lock(&mu_);
  return frozen_;
}

void FaultFileSystem::CopyCrashed(const std::string& from, rocksdb::FileSystem& disk, const std::string& to,
                                  const Keep& keep) const {
  Must(disk.CreateDirIfMissing(to, {}, nullptr));
  absl::MutexLock lock(&mu_);
  std::vector<std::string> names;
  Must(target()->GetChildren(from, {}, &names, nullptr));
  for (const std::string& name : names) {
    const std::string path = from + "/" + name;
    const auto known = files_.find(path);
    if (known == files_.end()) continue;
    const Bytes& bytes = known->second;
    const uint64_t kept = keep ? keep(path, bytes.synced, bytes.written) : bytes.synced;
    std::unique_ptr<rocksdb::FSWritableFile> copy;
    Must(disk.NewWritableFile(to + "/" + name, {}, &copy, nullptr));
    Must(copy->Append(ReadAll(*target(), path, kept), {}, nullptr));
    Must(copy->Sync({}, nullptr));
    Must(copy->Close({}, nullptr));
  }
}

IOStatus FaultFileSystem::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                          std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  {
    absl::MutexLock lock(&mu_);
    if (IOStatus status = IfRunning(); !status.ok()) return status;
  }
  std::unique_ptr<rocksdb::FSWritableFile> inner;
  const IOStatus status = FileSystemWrapper::NewWritableFile(path, options, &inner, debug);
  if (!status.ok()) return status;
  {
    absl::MutexLock lock(&mu_);
    files_[path] = {};
  }
  *file = std::make_unique<FaultFile>(this, path, std::move(inner));
  return status;
}

IOStatus FaultFileSystem::RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                                     IODebugContext* debug) {
  absl::MutexLock lock(&mu_);
  if (IOStatus status = IfRunning(); !status.ok()) return status;
  const IOStatus status = FileSystemWrapper::RenameFile(from, to, options, debug);
  if (!status.ok()) return status;
  if (auto node = files_.extract(from); !node.empty()) files_[to] = node.mapped();
  return status;
}

IOStatus FaultFileSystem::DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* debug) {
  absl::MutexLock lock(&mu_);
  if (IOStatus status = IfRunning(); !status.ok()) return status;
  const IOStatus status = FileSystemWrapper::DeleteFile(path, options, debug);
  if (status.ok()) files_.erase(path);
  return status;
}

IOStatus FaultFileSystem::IfRunning() const {
  return frozen_ ? IOStatus::IOError("injected: the machine has stopped") : IOStatus::OK();
}

void FaultFileSystem::CountLogWrite() {
  if (freeze_in_ > 0 && --freeze_in_ == 0) frozen_ = true;
}

IOStatus FaultFileSystem::BeforeAppend(const std::string& path) {
  absl::MutexLock lock(&mu_);
  if (IsLog(path)) CountLogWrite();
  if (IOStatus status = IfRunning(); !status.ok()) return status;
  if (full_) return IOStatus::NoSpace("injected: the disk is full");
  return fail_appends_ && IsLog(path) ? IOStatus::IOError("injected append error") : IOStatus::OK();
}

IOStatus FaultFileSystem::BeforeSync(const std::string& path) {
  std::function<void()> hook;
  {
    absl::MutexLock lock(&mu_);
    if (IsLog(path)) CountLogWrite();
    if (IOStatus status = IfRunning(); !status.ok()) return status;
    if (!IsLog(path)) return IOStatus::OK();
    ++log_syncs_;
    hook = hook_;
  }
  if (hook) hook();
  absl::MutexLock lock(&mu_);
  return fail_syncs_ ? IOStatus::IOError("injected sync error") : IOStatus::OK();
}

void FaultFileSystem::AfterAppend(const std::string& path, uint64_t bytes) {
  absl::MutexLock lock(&mu_);
  files_[path].written = bytes;
}

void FaultFileSystem::AfterSync(const std::string& path, uint64_t bytes) {
  absl::MutexLock lock(&mu_);
  files_[path].synced = bytes;
}

}  // namespace guichet::store

#include "store/rocksdb_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rocksdb/env.h"
#include "rocksdb/utilities/checkpoint.h"
#include "store/limits.h"
#include "store/rocksdb_reader.h"
#include "store/rocksdb_writer.h"

namespace guichet::store {
namespace {

constexpr size_t kRestoreMemoryBytes = size_t{64} << 20;

// Owns a database, and answers the reads of `Interface`, a Reader, from it.
template <class Interface>
class DatabaseReads : public Interface {
 public:
  explicit DatabaseReads(std::unique_ptr<Database> database) : database_(std::move(database)), reader_(database_.get()) {}

  absl::StatusOr<std::string> Get(const OrgKey& org, Family family, std::string_view key) override {
    return reader_.Get(org, family, key);
  }
  absl::Status Scan(const OrgKey& org, const KeyRange& range, const Reader::RecordVisitor& visit) override {
    return reader_.Scan(org, range, visit);
  }
  absl::Status ReadEvents(const OrgKey& org, uint64_t after, size_t max, const Reader::EventVisitor& visit) override {
    return reader_.ReadEvents(org, after, max, visit);
  }
  absl::StatusOr<LogRange> Log(const OrgKey& org) override { return reader_.Log(org); }
  absl::StatusOr<std::vector<OrgKey>> ListOrgs() override { return reader_.ListOrgs(); }
  uint64_t history() const override { return reader_.history(); }

 protected:
  const std::unique_ptr<Database> database_;

 private:
  RocksDbReader reader_;
};

class RocksDbStore : public DatabaseReads<Store> {
 public:
  RocksDbStore(const RocksDbOptions& options, std::unique_ptr<Database> database, std::map<OrgKey, Head> heads)
      : DatabaseReads(std::move(database)),
        min_free_disk_bytes_(options.min_free_disk_bytes),
        writer_(database_.get(), std::move(heads), options.on_sync) {}

  void CommitAsync(std::vector<Commit> commits, CommitCallback callback) override {
    CheckCommits(commits);
    writer_.CommitAsync(std::move(commits), std::move(callback));
  }

  absl::StatusOr<Token> Acquire(const OrgKey& org) override {
    CheckWriter(org);
    return writer_.Acquire(org);
  }

  absl::Status Trim(const OrgKey& org, uint64_t up_to) override {
    CheckWriter(org);
    return writer_.Trim(org, up_to);
  }

  absl::StatusOr<std::vector<OrgKey>> ListOrgs() override { return writer_.ListOrgs(); }
  absl::Status Checkpoint(const std::string& folder) override;
  StoreStats Stats() override;

 private:
  rocksdb::DB* db() const { return database_->db(); }

  const uint64_t min_free_disk_bytes_;
  Writer writer_;
};

absl::Status RocksDbStore::Checkpoint(const std::string& folder) {
  const rocksdb::Status exists = db()->GetEnv()->FileExists(folder);
  if (exists.ok()) return absl::AlreadyExistsError(absl::StrCat(folder, " exists already"));
  if (!exists.IsNotFound()) return ToAbslStatus(absl::StrCat("cannot look at ", folder), exists);
  rocksdb::Checkpoint* raw = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(db(), &raw);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
  if (status.ok()) status = checkpoint->CreateCheckpoint(folder);
  if (!status.ok()) return ToAbslStatus(absl::StrCat("cannot write a checkpoint into ", folder), status);
  return absl::OkStatus();
}

StoreStats RocksDbStore::Stats() {
  StoreStats stats;
  uint64_t number = 0;
  if (db()->GetAggregatedIntProperty(rocksdb::DB::Properties::kIsWriteStopped, &number)) stats.write_stopped = number != 0;
  if (db()->GetAggregatedIntProperty(rocksdb::DB::Properties::kLiveSstFilesSize, &number)) stats.disk_bytes = number;
  rocksdb::VectorLogPtr logs;
  if (db()->GetSortedWalFiles(logs).ok()) {
    for (const auto& log : logs) stats.disk_bytes += log->SizeFileBytes();
  }
  if (db()->GetAggregatedIntProperty(rocksdb::DB::Properties::kSizeAllMemTables, &number)) stats.memtable_bytes = number;
  if (db()->GetEnv()->GetFreeSpace(database_->folder(), &number).ok()) {
    stats.free_disk_bytes = number;
    stats.disk_nearly_full = number < min_free_disk_bytes_;
    stats.write_stopped |= stats.disk_nearly_full;
  }
  stats.failed = database_->failure().failed();
  stats.commits = writer_.commits();
  stats.syncs = writer_.syncs();
  stats.stall_micros = database_->stall_micros();
  return stats;
}

class ReadingStore final : public DatabaseReads<CheckedReader> {
 public:
  using DatabaseReads::DatabaseReads;

  absl::Status CheckFiles() override {
    const rocksdb::Status status = database_->db()->VerifyChecksum();
    return status.ok() ? absl::OkStatus() : ToAbslStatus(absl::StrCat(database_->folder(), " is damaged"), status);
  }
};

absl::Status SyncFile(const std::filesystem::path& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  return synced ? absl::OkStatus()
                : absl::InternalError(absl::StrCat("cannot sync ", path.string(), ": ", std::strerror(error)));
}

absl::Status FilesError(const std::string& what, const std::error_code& error) {
  return absl::InternalError(absl::StrCat(what, ": ", error.message()));
}

// Copies and syncs the files of a folder that has no folders in it.
absl::Status CopyFiles(const std::filesystem::path& from, const std::filesystem::path& to) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::directory_iterator files(from, error);
  if (error) return FilesError(absl::StrCat("cannot list ", from.string()), error);
  for (const fs::directory_entry& file : files) {
    if (file.path().filename() == "LOCK" || file.path().filename() == "guichet.lock") continue;
    if (!fs::copy_file(file.path(), to / file.path().filename(), error)) {
      return FilesError(absl::StrCat("cannot copy ", file.path().string(), " to ", to.string()), error);
    }
    if (absl::Status synced = SyncFile(to / file.path().filename(), O_RDONLY); !synced.ok()) return synced;
  }
  return SyncFile(to, O_RDONLY | O_DIRECTORY);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> OpenRocksDbStore(RocksDbOptions options) {
  absl::StatusOr<std::unique_ptr<Database>> database =
      Database::Open(options, std::make_shared<FailureLatch>(std::move(options.on_failure)));
  if (!database.ok()) return database.status();
  absl::StatusOr<std::map<OrgKey, Head>> heads = (*database)->LoadHeads();
  if (!heads.ok()) return heads.status();
  return std::make_unique<RocksDbStore>(options, *std::move(database), *std::move(heads));
}

absl::StatusOr<std::unique_ptr<CheckedReader>> OpenRocksDbForReading(const std::string& folder, size_t memory_budget_bytes) {
  absl::StatusOr<std::unique_ptr<Database>> database = Database::OpenForReading(folder, memory_budget_bytes);
  if (!database.ok()) return database.status();
  return std::make_unique<ReadingStore>(*std::move(database));
}

absl::Status RestoreRocksDbCheckpoint(const std::string& checkpoint, const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_empty(folder, error)) {
    return absl::AlreadyExistsError(absl::StrCat(folder, " is not empty: restore into a folder that does not exist"));
  }
  {
    absl::StatusOr<std::unique_ptr<CheckedReader>> source = OpenRocksDbForReading(checkpoint, kRestoreMemoryBytes);
    if (!source.ok()) return source.status();
    if (absl::Status whole = (*source)->CheckFiles(); !whole.ok()) return whole;
  }
  // Beside its place, and moved there when it is whole: a restore that stops halfway leaves no store that opens.
  const fs::path place = fs::absolute(folder, error).lexically_normal();
  fs::path half = place;
  half += ".restoring";
  fs::remove_all(half, error);
  if (error) return FilesError(absl::StrCat("cannot remove ", half.string()), error);
  if (!fs::create_directories(half, error)) return FilesError(absl::StrCat("cannot create ", half.string()), error);
  if (absl::Status copied = CopyFiles(checkpoint, half); !copied.ok()) return copied;
  {
    absl::StatusOr<std::unique_ptr<Database>> copy = Database::Open(
        {.folder = half.string(), .memory_budget_bytes = kRestoreMemoryBytes}, std::make_shared<FailureLatch>(nullptr));
    if (!copy.ok()) return copy.status();
    if (absl::Status started = (*copy)->StartHistory(); !started.ok()) return started;
  }
  fs::remove(place, error);  // when it is there, it is empty
  fs::rename(half, place, error);
  if (error) return FilesError(absl::StrCat("cannot move ", half.string(), " to ", place.string()), error);
  return SyncFile(place.parent_path(), O_RDONLY | O_DIRECTORY);
}

}  // namespace guichet::store

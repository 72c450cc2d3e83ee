#include "store/rocksdb_database.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rocksdb/cache.h"
#include "rocksdb/convenience.h"
#include "rocksdb/env.h"
#include "rocksdb/listener.h"
#include "rocksdb/table.h"
#include "rocksdb/write_buffer_manager.h"

namespace guichet::store {
namespace {

// Names of the column families, by number of Family. On disk: never rename, never reuse.
constexpr std::array<const char*, kFamilyCount> kFamilyNames = {"meta",    "log",      "sessions", "orgs",
                                                                "history", "timeline", "requests", "devices"};
constexpr char kLockFile[] = "guichet.lock";
// Bytes of log a restart replays at most; a quiet family's buffer is flushed when it holds back more.
constexpr uint64_t kMaxWalBytes = uint64_t{64} << 20;
// Bytes written between two background write-outs of table files, so that their flush does not stand in the way of the log's
// fsync.
constexpr uint64_t kBytesPerSync = uint64_t{1} << 20;

// Free bytes without which the store is not opened: RocksDB ends the process when its first writes fail.
constexpr uint64_t kFreeToOpen = uint64_t{8} << 20;

// RocksDB's warnings go where the daemon's log goes. Its own file would be on the disk that fills up, and its debug assertions,
// which Debian builds in, end the process when a line cannot be written there.
class ForwardingLogger : public rocksdb::Logger {
 public:
  explicit ForwardingLogger(std::function<void(const std::string&)> on_warning)
      : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL), on_warning_(std::move(on_warning)) {}
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    char line[1024];
    vsnprintf(line, sizeof(line), format, arguments);
    if (on_warning_) on_warning_(line);
  }

 private:
  const std::function<void(const std::string&)> on_warning_;
};

class FailureListener : public rocksdb::EventListener {
 public:
  explicit FailureListener(std::shared_ptr<FailureLatch> failure) : failure_(std::move(failure)) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    failure_->Set(
        absl::StrCat("background error: ", status->ToString(),
                     status->IsCorruption() ? "; the store is damaged: restore a checkpoint (guichetctl restore)" : ""));
  }

 private:
  const std::shared_ptr<FailureLatch> failure_;
};

constexpr uint64_t kHistorySchema = 3;  // the first with a number of the history
constexpr char kSchemaName[] = "the schema version";
constexpr char kHistoryName[] = "the number of the history";

absl::Status LaterSchema(const std::string& folder, uint64_t version) {
  return absl::FailedPreconditionError(absl::StrCat(folder, " has schema version ", version, "; this version reads up to ",
                                                    kSchemaVersion, ": use the version that wrote it"));
}

absl::Status SystemError(const std::string& what, int error) {
  return absl::InternalError(absl::StrCat(what, ": ", std::strerror(error)));
}

// Creates the folder durably: without the parent's fsync a power cut could take the folder away, acknowledged commits and all.
absl::Status CreateFolder(const std::string& folder) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(folder, error).lexically_normal();
  const bool created = !error && std::filesystem::create_directory(path, error);
  if (error) return absl::InternalError(absl::StrCat("cannot create ", folder, ": ", error.message()));
  if (!created) return absl::OkStatus();
  const auto parent = path.has_filename() ? path.parent_path() : path.parent_path().parent_path();
  const int fd = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return SystemError(absl::StrCat("cannot open ", parent.string()), errno);
  const int synced = ::fsync(fd);
  const int sync_error = errno;
  ::close(fd);
  if (synced != 0) return SystemError(absl::StrCat("cannot sync ", parent.string()), sync_error);
  return absl::OkStatus();
}

// The families on disk; empty when the folder holds no database. A folder with tables or logs but without CURRENT is a damaged
// database, which creating a fresh one would hide.
absl::StatusOr<std::vector<std::string>> ListFamilies(const rocksdb::DBOptions& options, const std::string& folder) {
  std::vector<std::string> names;
  const rocksdb::Status current = options.env->FileExists(folder + "/CURRENT");
  if (current.ok()) {
    const rocksdb::Status status = rocksdb::DB::ListColumnFamilies(options, folder, &names);
    if (!status.ok()) return ToAbslStatus(absl::StrCat("cannot read the manifest of ", folder), status);
    return names;
  }
  if (!current.IsNotFound()) return ToAbslStatus(absl::StrCat("cannot read ", folder, "/CURRENT"), current);
  std::vector<std::string> files;
  const rocksdb::Status status = options.env->GetChildren(folder, &files);
  if (!status.ok()) return ToAbslStatus(absl::StrCat("cannot list ", folder), status);
  for (const std::string& file : files) {
    if (absl::EndsWith(file, ".sst") || absl::EndsWith(file, ".log")) {
      return absl::DataLossError(
          absl::StrCat(folder, " has ", file, " but no CURRENT: the database is damaged; restore a checkpoint"));
    }
  }
  return names;
}

rocksdb::DBOptions MakeDbOptions(const RocksDbOptions& options, std::shared_ptr<FailureLatch> failure) {
  rocksdb::DBOptions db;
  db.env = options.env != nullptr ? options.env : rocksdb::Env::Default();
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.paranoid_checks = true;
  // The default mode opens without anything after a damaged record, acknowledged or not.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  db.recycle_log_file_num = 0;
  db.track_and_verify_wals_in_manifest = true;
  db.max_total_wal_size = kMaxWalBytes;
  // A failed write is final: after a failed fsync nobody knows what is on disk.
  db.max_bgerror_resume_count = 0;
  db.bytes_per_sync = kBytesPerSync;
  db.statistics = rocksdb::CreateDBStatistics();
  db.listeners.push_back(std::make_shared<FailureListener>(std::move(failure)));
  db.info_log = std::make_shared<ForwardingLogger>(options.on_warning);
  return db;
}

rocksdb::ColumnFamilyOptions MakeFamilyOptions(size_t memory_budget_bytes, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.write_buffer_size = memory_budget_bytes / 16;
  const auto codecs = rocksdb::GetSupportedCompressions();
  const bool has_lz4 = std::find(codecs.begin(), codecs.end(), rocksdb::kLZ4Compression) != codecs.end();
  family.compression = has_lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
  return family;
}

}  // namespace

absl::Status ToAbslStatus(const std::string& what, const rocksdb::Status& status) {
  const std::string message = absl::StrCat(what, ": ", status.ToString());
  if (status.IsNotFound()) return absl::NotFoundError(message);
  if (status.IsCorruption() || status.IsPathNotFound()) return absl::DataLossError(message);  // a file is gone
  if (status.IsInvalidArgument()) return absl::InvalidArgumentError(message);
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(message);
  return absl::InternalError(message);
}

absl::StatusOr<std::unique_ptr<FolderLock>> FolderLock::Take(const std::string& folder) {
  const std::string path = absl::StrCat(folder, "/", kLockFile);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) return SystemError(absl::StrCat("cannot open ", path), errno);
  return Lock(fd, folder);
}

absl::StatusOr<std::unique_ptr<FolderLock>> FolderLock::TakeIfThere(const std::string& folder) {
  const std::string path = absl::StrCat(folder, "/", kLockFile);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return nullptr;
  if (fd < 0) return SystemError(absl::StrCat("cannot open ", path), errno);
  return Lock(fd, folder);
}

absl::StatusOr<std::unique_ptr<FolderLock>> FolderLock::Lock(int fd, const std::string& folder) {
  std::unique_ptr<FolderLock> lock(new FolderLock(fd));
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) return absl::UnavailableError(absl::StrCat("another daemon uses this folder: ", folder));
  return SystemError(absl::StrCat("cannot lock ", folder, "/", kLockFile), errno);
}

FolderLock::~FolderLock() { ::close(fd_); }

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const RocksDbOptions& options, std::shared_ptr<FailureLatch> failure) {
  if (absl::Status status = CreateFolder(options.folder); !status.ok()) return status;
  std::unique_ptr<Database> database(new Database());
  database->folder_ = options.folder;
  database->failure_ = failure;
  absl::StatusOr<std::unique_ptr<FolderLock>> lock = FolderLock::Take(options.folder);
  if (!lock.ok()) return lock.status();
  database->lock_ = *std::move(lock);
  rocksdb::DBOptions db_options = MakeDbOptions(options, std::move(failure));
  uint64_t free_bytes = 0;
  if (db_options.env->GetFreeSpace(options.folder, &free_bytes).ok() && free_bytes < kFreeToOpen) {
    return absl::ResourceExhaustedError(absl::StrCat("the disk of ", options.folder, " is full: ", free_bytes,
                                                     " bytes are free, and ", kFreeToOpen,
                                                     " are needed to open the store; make room"));
  }
  database->statistics_ = db_options.statistics;
  if (absl::Status status = database->OpenFamilies(std::move(db_options), options.memory_budget_bytes, false); !status.ok())
    return status;
  if (absl::Status status = database->CheckSchema(); !status.ok()) return status;
  return database;
}

absl::StatusOr<std::unique_ptr<Database>> Database::OpenForReading(const std::string& folder, size_t memory_budget_bytes) {
  std::error_code error;
  if (!std::filesystem::exists(folder + "/CURRENT", error)) {
    return absl::NotFoundError(absl::StrCat(folder, " holds no store"));
  }
  std::unique_ptr<Database> database(new Database());
  database->folder_ = folder;
  database->failure_ = std::make_shared<FailureLatch>(nullptr);
  absl::StatusOr<std::unique_ptr<FolderLock>> lock = FolderLock::TakeIfThere(folder);
  if (!lock.ok()) return lock.status();
  database->lock_ = *std::move(lock);
  rocksdb::DBOptions db_options = MakeDbOptions({}, database->failure_);
  db_options.create_if_missing = false;
  db_options.create_missing_column_families = false;
  database->statistics_ = db_options.statistics;
  if (absl::Status status = database->OpenFamilies(std::move(db_options), memory_budget_bytes, true); !status.ok())
    return status;
  if (absl::Status status = database->CheckSchemaForReading(); !status.ok()) return status;
  return database;
}

absl::Status Database::OpenFamilies(rocksdb::DBOptions db_options, size_t memory_budget_bytes, bool read_only) {
  absl::StatusOr<std::vector<std::string>> existing = ListFamilies(db_options, folder_);
  if (!existing.ok()) return existing.status();
  for (const std::string& name : *existing) {
    const bool known = name == rocksdb::kDefaultColumnFamilyName ||
                       std::find(kFamilyNames.begin(), kFamilyNames.end(), name) != kFamilyNames.end();
    if (!known) {
      return absl::FailedPreconditionError(absl::StrCat(folder_, " has the column family '", name,
                                                        "', which this version does not know: use the version that wrote it"));
    }
  }
  const auto cache = rocksdb::NewLRUCache(memory_budget_bytes);
  // Buffers are charged to the cache, so that both together keep to the budget.
  db_options.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(memory_budget_bytes / 4, cache);
  const rocksdb::ColumnFamilyOptions family_options = MakeFamilyOptions(memory_budget_bytes, cache);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors = {{rocksdb::kDefaultColumnFamilyName, family_options}};
  for (const char* name : kFamilyNames) descriptors.emplace_back(name, family_options);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const rocksdb::Status status = read_only ? rocksdb::DB::OpenForReadOnly(db_options, folder_, descriptors, &handles, &db_)
                                           : rocksdb::DB::Open(db_options, folder_, descriptors, &handles, &db_);
  if (!status.ok()) return ToAbslStatus(absl::StrCat("cannot open the database in ", folder_), status);
  unused_default_ = handles[0];
  std::copy(handles.begin() + 1, handles.end(), families_.begin());
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> Database::ReadNumber(const std::string& key, const std::string& what) const {
  std::string value;
  const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), family(Family::kMeta), key, &value);
  if (status.IsNotFound()) return 0;
  if (!status.ok()) return ToAbslStatus(absl::StrCat("cannot read ", what), status);
  uint64_t number = 0;
  if (!ParseNumberKey(value, &number) || number == 0) return absl::DataLossError(absl::StrCat(what, " is damaged"));
  return number;
}

absl::Status Database::WriteNumber(const std::string& key, uint64_t number, const std::string& what) {
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const rocksdb::Status status = db_->Put(synced, family(Family::kMeta), key, NumberKey(number));
  return status.ok() ? absl::OkStatus() : ToAbslStatus(absl::StrCat("cannot write ", what), status);
}

absl::Status Database::CheckSchema() {
  const absl::StatusOr<uint64_t> version = ReadNumber(SchemaKey(), kSchemaName);
  if (!version.ok()) return version.status();
  if (*version > kSchemaVersion) return LaterSchema(folder_, *version);
  if (*version == 0) {
    // A crash between creation and the write below leaves an empty family; anything in it means that the version was lost.
    std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions(), family(Family::kMeta)));
    it->SeekToFirst();
    if (!it->status().ok()) return ToAbslStatus("cannot read the family 'meta'", it->status());
    if (it->Valid()) return absl::DataLossError(absl::StrCat(folder_, " has data but no schema version"));
  }
  if (*version < kSchemaVersion) {
    if (absl::Status status = WriteNumber(SchemaKey(), kSchemaVersion, kSchemaName); !status.ok()) return status;
  }
  const absl::StatusOr<uint64_t> history = ReadNumber(HistoryKey(), kHistoryName);
  if (!history.ok()) return history.status();
  history_ = *history;
  return history_ == 0 ? StartHistory() : absl::OkStatus();
}

absl::Status Database::CheckSchemaForReading() {
  const absl::StatusOr<uint64_t> version = ReadNumber(SchemaKey(), kSchemaName);
  if (!version.ok()) return version.status();
  if (*version > kSchemaVersion) return LaterSchema(folder_, *version);
  if (*version == 0) return absl::DataLossError(absl::StrCat(folder_, " has no schema version"));
  const absl::StatusOr<uint64_t> history = ReadNumber(HistoryKey(), kHistoryName);
  if (!history.ok()) return history.status();
  if (*history == 0 && *version >= kHistorySchema) return absl::DataLossError(absl::StrCat(folder_, " lacks ", kHistoryName));
  history_ = std::max<uint64_t>(*history, 1);  // 1: from before stores had one
  return absl::OkStatus();
}

absl::Status Database::StartHistory() {
  std::random_device random;
  uint64_t history = 0;
  while (history == 0) history = uint64_t{random()} << 32 | random();
  if (absl::Status status = WriteNumber(HistoryKey(), history, kHistoryName); !status.ok()) return status;
  history_ = history;
  return absl::OkStatus();
}

absl::StatusOr<std::map<OrgKey, Head>> Database::LoadHeads() const {
  std::map<OrgKey, Head> heads;
  std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions(), family(Family::kMeta)));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    if (it->key() == rocksdb::Slice(SchemaKey()) || it->key() == rocksdb::Slice(HistoryKey())) continue;
    OrgKey org;
    Head head;
    if (!ParseHeadKey(it->key().ToStringView(), &org) || !ParseHead(it->value().ToStringView(), &head)) {
      return absl::DataLossError(absl::StrCat("damaged record in the family 'meta': ", it->key().ToString(true)));
    }
    heads.emplace(std::move(org), head);
  }
  if (!it->status().ok()) return ToAbslStatus("cannot read the family 'meta'", it->status());
  return heads;
}

uint64_t Database::stall_micros() const { return statistics_->getTickerCount(rocksdb::STALL_MICROS); }

Database::~Database() {
  if (db_ == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* handle : families_) db_->DestroyColumnFamilyHandle(handle);
  db_->DestroyColumnFamilyHandle(unused_default_);
  // Everything acknowledged is synced already; an error has nobody left to hear it.
  db_->Close().PermitUncheckedError();
  delete db_;
}

}  // namespace guichet::store

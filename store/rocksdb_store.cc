#include "store/rocksdb_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "rocksdb/env.h"
#include "rocksdb/snapshot.h"
#include "rocksdb/utilities/checkpoint.h"
#include "store/limits.h"
#include "store/rocksdb_writer.h"

namespace guichet::store {
namespace {

class RocksDbStore : public Store {
 public:
  RocksDbStore(const RocksDbOptions& options, std::unique_ptr<Database> database, std::map<OrgKey, Head> heads)
      : min_free_disk_bytes_(options.min_free_disk_bytes),
        database_(std::move(database)),
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

  absl::StatusOr<std::string> Get(const OrgKey& org, Family family, std::string_view key) override;
  absl::Status Scan(const OrgKey& org, const KeyRange& range, const RecordVisitor& visit) override;
  absl::Status ReadEvents(const OrgKey& org, uint64_t after, size_t max, const EventVisitor& visit) override;
  absl::Status Checkpoint(const std::string& folder) override;
  StoreStats Stats() override;

 private:
  rocksdb::DB* db() const { return database_->db(); }
  // The head as of the snapshot; all zero when the organization was never acquired.
  absl::StatusOr<Head> ReadHead(const OrgKey& org, const rocksdb::Snapshot* snapshot) const;

  const uint64_t min_free_disk_bytes_;
  const std::unique_ptr<Database> database_;
  Writer writer_;
};

absl::StatusOr<std::string> RocksDbStore::Get(const OrgKey& org, Family family, std::string_view key) {
  if (absl::Status status = ValidateGet(org, family, key); !status.ok()) return status;
  std::string value;
  const rocksdb::Status status = db()->Get(rocksdb::ReadOptions(), database_->family(family), EngineKey(org, key), &value);
  if (status.IsNotFound()) return absl::NotFoundError("no record with this key");
  if (!status.ok()) return ToAbslStatus("cannot read a record", status);
  return value;
}

absl::Status RocksDbStore::Scan(const OrgKey& org, const KeyRange& range, const RecordVisitor& visit) {
  if (absl::Status status = ValidateScan(org, range); !status.ok()) return status;
  if (!range.end.empty() && range.begin >= range.end) return absl::OkStatus();
  const std::string prefix = EngineOrgPrefix(org);
  const std::string end = range.end.empty() ? PrefixEnd(prefix) : EngineKey(org, range.end);
  const rocksdb::Slice end_slice(end);  // must outlive the iterator
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &end_slice;
  options.fill_cache = false;
  std::unique_ptr<rocksdb::Iterator> it(db()->NewIterator(options, database_->family(range.family)));
  for (it->Seek(EngineKey(org, range.begin)); it->Valid(); it->Next()) {
    if (!visit(it->key().ToStringView().substr(prefix.size()), it->value().ToStringView())) return absl::OkStatus();
  }
  if (!it->status().ok()) return ToAbslStatus("cannot scan records", it->status());
  return absl::OkStatus();
}

absl::StatusOr<Head> RocksDbStore::ReadHead(const OrgKey& org, const rocksdb::Snapshot* snapshot) const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  std::string value;
  const rocksdb::Status status = db()->Get(options, database_->family(Family::kMeta), HeadKey(org), &value);
  if (status.IsNotFound()) return Head{};
  if (!status.ok()) return ToAbslStatus("cannot read an organization's head", status);
  Head head;
  if (!ParseHead(value, &head))
    return absl::DataLossError(absl::StrCat("the head of organization '", org.value, "' is damaged"));
  return head;
}

absl::Status RocksDbStore::ReadEvents(const OrgKey& org, uint64_t after, size_t max, const EventVisitor& visit) {
  if (absl::Status status = ValidateReadEvents(org, max); !status.ok()) return status;
  // Head and events from one snapshot: otherwise a Trim in between would look like lost events.
  rocksdb::ManagedSnapshot snapshot(db());
  const absl::StatusOr<Head> head = ReadHead(org, snapshot.snapshot());
  if (!head.ok()) return head.status();
  if (after >= head->seq) return absl::OkStatus();
  if (after < head->trimmed) return absl::OutOfRangeError("the event was trimmed");
  const std::string end = PrefixEnd(EngineOrgPrefix(org));
  const rocksdb::Slice end_slice(end);  // must outlive the iterator
  rocksdb::ReadOptions options;
  options.snapshot = snapshot.snapshot();
  options.iterate_upper_bound = &end_slice;
  options.fill_cache = false;
  std::unique_ptr<rocksdb::Iterator> it(db()->NewIterator(options, database_->family(Family::kLog)));
  const uint64_t last = max < head->seq - after ? after + max : head->seq;
  uint64_t seq = after + 1;
  for (it->Seek(EngineKey(org, NumberKey(seq))); it->Valid() && seq <= last; it->Next(), ++seq) {
    if (it->key() != rocksdb::Slice(EngineKey(org, NumberKey(seq)))) break;
    if (!visit(seq, it->value().ToStringView())) return absl::OkStatus();
  }
  if (!it->status().ok()) return ToAbslStatus("cannot read events", it->status());
  if (seq <= last) return absl::DataLossError(absl::StrCat("event ", seq, " of organization '", org.value, "' is missing"));
  return absl::OkStatus();
}

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
    if (number < min_free_disk_bytes_) stats.write_stopped = true;
  }
  stats.failed = database_->failure().failed();
  stats.commits = writer_.commits();
  stats.syncs = writer_.syncs();
  stats.stall_micros = database_->stall_micros();
  return stats;
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

}  // namespace guichet::store

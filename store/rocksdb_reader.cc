#include "store/rocksdb_reader.h"

#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "store/limits.h"

namespace guichet::store {

absl::StatusOr<std::string> RocksDbReader::Get(const OrgKey& org, Family family, std::string_view key) {
  if (absl::Status status = ValidateGet(org, family, key); !status.ok()) return status;
  std::string value;
  const rocksdb::Status status = db()->Get(rocksdb::ReadOptions(), database_.family(family), EngineKey(org, key), &value);
  if (status.IsNotFound()) return absl::NotFoundError("no record with this key");
  if (!status.ok()) return ToAbslStatus("cannot read a record", status);
  return value;
}

absl::Status RocksDbReader::Scan(const OrgKey& org, const KeyRange& range, const RecordVisitor& visit) {
  if (absl::Status status = ValidateScan(org, range); !status.ok()) return status;
  if (!range.end.empty() && range.begin >= range.end) return absl::OkStatus();
  const std::string prefix = EngineOrgPrefix(org);
  const std::string end = range.end.empty() ? PrefixEnd(prefix) : EngineKey(org, range.end);
  const rocksdb::Slice end_slice(end);  // must outlive the iterator
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &end_slice;
  options.fill_cache = false;
  std::unique_ptr<rocksdb::Iterator> it(db()->NewIterator(options, database_.family(range.family)));
  for (it->Seek(EngineKey(org, range.begin)); it->Valid(); it->Next()) {
    if (!visit(it->key().ToStringView().substr(prefix.size()), it->value().ToStringView())) return absl::OkStatus();
  }
  if (!it->status().ok()) return ToAbslStatus("cannot scan records", it->status());
  return absl::OkStatus();
}

absl::StatusOr<Head> RocksDbReader::ReadHead(const OrgKey& org, const rocksdb::Snapshot* snapshot) const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  std::string value;
  const rocksdb::Status status = db()->Get(options, database_.family(Family::kMeta), HeadKey(org), &value);
  if (status.IsNotFound()) return Head{};
  if (!status.ok()) return ToAbslStatus("cannot read an organization's head", status);
  Head head;
  if (!ParseHead(value, &head))
    return absl::DataLossError(absl::StrCat("the head of organization '", org.value, "' is damaged"));
  return head;
}

absl::Status RocksDbReader::ReadEvents(const OrgKey& org, uint64_t after, size_t max, const EventVisitor& visit) {
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
  std::unique_ptr<rocksdb::Iterator> it(db()->NewIterator(options, database_.family(Family::kLog)));
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

absl::StatusOr<LogRange> RocksDbReader::Log(const OrgKey& org) {
  const absl::StatusOr<Head> head = ReadHead(org, nullptr);
  if (!head.ok()) return head.status();
  return LogRange{head->trimmed + 1, head->seq};
}

absl::StatusOr<std::vector<OrgKey>> RocksDbReader::ListOrgs() {
  absl::StatusOr<std::map<OrgKey, Head>> heads = database_.LoadHeads();
  if (!heads.ok()) return heads.status();
  std::vector<OrgKey> orgs;
  for (const auto& [org, head] : *heads) orgs.push_back(org);
  return orgs;
}

}  // namespace guichet::store

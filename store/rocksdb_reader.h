// The reads of the RocksDB engine, which need no writer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rocksdb/snapshot.h"
#include "store/rocksdb_database.h"
#include "store/store.h"

namespace guichet::store {

// A part of RocksDbStore, and a Reader of its own over a folder that nobody writes. The database must outlive it.
class RocksDbReader final : public Reader {
 public:
  explicit RocksDbReader(Database* database) : database_(*database) {}

  absl::StatusOr<std::string> Get(const OrgKey& org, Family family, std::string_view key) override;
  absl::Status Scan(const OrgKey& org, const KeyRange& range, const RecordVisitor& visit) override;
  absl::Status ReadEvents(const OrgKey& org, uint64_t after, size_t max, const EventVisitor& visit) override;
  absl::StatusOr<LogRange> Log(const OrgKey& org) override;
  absl::StatusOr<std::vector<OrgKey>> ListOrgs() override;
  uint64_t history() const override { return database_.history(); }

 private:
  rocksdb::DB* db() const { return database_.db(); }
  // The head as of the snapshot; all zero when the organization was never acquired.
  absl::StatusOr<Head> ReadHead(const OrgKey& org, const rocksdb::Snapshot* snapshot) const;

  const Database& database_;
};

}  // namespace guichet::store

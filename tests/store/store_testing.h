// Helpers for tests of stores: temporary folders, seeds, commits one waits for, and whole contents to compare.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "store/rocksdb_store.h"
#include "store/store.h"

namespace guichet::store {

// A folder that is gone with the object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string Path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// GUICHET_SEED, or `fallback`. Printed, so that a failure can be repeated.
uint64_t TestSeed(uint64_t fallback);

// Opens, or fails the test and returns nullptr.
std::unique_ptr<Store> OpenOrFail(RocksDbOptions options);

// Waits for the results. Not for a ModelStore that holds commits.
std::vector<CommitResult> CommitAndWait(Store* store, std::vector<Commit> commits);
CommitResult CommitAndWait(Store* store, Commit commit);

// Acquires, or fails the test.
Token AcquireOrFail(Store* store, const OrgKey& org);

// A commit of one event and one put of the same text under its number in kSessions; the token moves on to the state after it.
Commit NextCommit(Token* token, const std::string& text);

using Records = std::vector<std::pair<std::string, std::string>>;
using Events = std::vector<std::pair<uint64_t, std::string>>;

Records ScanAll(Store* store, const OrgKey& org, const KeyRange& range);
Events ReadAll(Store* store, const OrgKey& org, uint64_t after = 0, size_t max = SIZE_MAX);

// The newest non-empty write-ahead log in a folder of a closed store.
std::string NewestLog(const std::string& folder);
std::string ReadFileBytes(const std::string& path);

}  // namespace guichet::store

#include "tests/store/store_testing.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/synchronization/notification.h"
#include "store/keys.h"

namespace guichet::store {

TempFolder::TempFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "guichet-store-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

TempFolder::~TempFolder() { std::filesystem::remove_all(path_); }

uint64_t TestSeed(uint64_t fallback) {
  const char* text = std::getenv("GUICHET_SEED");
  const uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 10) : fallback;
  std::printf("GUICHET_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

std::unique_ptr<Store> OpenOrFail(RocksDbOptions options) {
  auto store = OpenRocksDbStore(std::move(options));
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

std::vector<CommitResult> CommitAndWait(Store* store, std::vector<Commit> commits) {
  std::vector<CommitResult> results;
  absl::Notification done;
  store->CommitAsync(std::move(commits), [&](const std::vector<CommitResult>& got) {
    results = got;
    done.Notify();
  });
  done.WaitForNotification();
  return results;
}

CommitResult CommitAndWait(Store* store, Commit commit) {
  std::vector<Commit> commits;
  commits.push_back(std::move(commit));
  return CommitAndWait(store, std::move(commits)).at(0);
}

Token AcquireOrFail(Store* store, const OrgKey& org) {
  auto token = store->Acquire(org);
  EXPECT_TRUE(token.ok()) << token.status();
  return token.ok() ? *token : Token{};
}

Commit NextCommit(Token* token, const std::string& text) {
  Commit commit{.at = *token, .puts = {{Family::kSessions, NumberKey(token->seq + 1), text}}, .events = {text}};
  ++token->seq;
  return commit;
}

Records ScanAll(Store* store, const OrgKey& org, const KeyRange& range) {
  Records records;
  const absl::Status status = store->Scan(org, range, [&](std::string_view key, std::string_view value) {
    records.emplace_back(key, value);
    return true;
  });
  EXPECT_TRUE(status.ok()) << status;
  return records;
}

Events ReadAll(Store* store, const OrgKey& org, uint64_t after, size_t max) {
  Events events;
  const absl::Status status = store->ReadEvents(org, after, max, [&](uint64_t seq, std::string_view bytes) {
    events.emplace_back(seq, bytes);
    return true;
  });
  EXPECT_TRUE(status.ok()) << status;
  return events;
}

std::string NewestLog(const std::string& folder) {
  std::string newest;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".log" && entry.file_size() > 0) newest = std::max(newest, entry.path().string());
  }
  return newest;
}

std::string ReadFileBytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace guichet::store

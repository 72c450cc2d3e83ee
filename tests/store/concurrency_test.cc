// The RocksDB engine under many threads: writers of several organizations, a trimmer and a reader. Most useful under
// sanitizers.
#include <atomic>
#include <thread>

#include "absl/synchronization/blocking_counter.h"
#include "gtest/gtest.h"
#include "tests/store/store_testing.h"

namespace guichet::store {
namespace {

constexpr int kWriters = 4;
constexpr int kCommitsEach = 300;

TEST(Concurrency, WritersReadersAndTrimsKeepTheContract) {
  TempFolder temp;
  auto store = OpenOrFail({.folder = temp.Path("db"), .memory_budget_bytes = size_t{1} << 20});
  ASSERT_NE(store, nullptr);
  std::vector<Token> tokens;
  for (int i = 0; i < kWriters; ++i) tokens.push_back(AcquireOrFail(store.get(), {"org" + std::to_string(i)}));
  const OrgKey first = tokens[0].org;

  std::atomic<int> ok = 0;
  std::atomic<bool> done = false;
  absl::BlockingCounter answered(kWriters * kCommitsEach);
  std::vector<std::thread> writers;
  for (Token& token : tokens) {
    writers.emplace_back([&] {
      for (int i = 0; i < kCommitsEach; ++i) {
        store->CommitAsync({NextCommit(&token, std::string(200, 'e'))}, [&](const auto& results) {
          ok += results.at(0) == CommitResult::kOk;
          answered.DecrementCount();
        });
      }
    });
  }
  std::thread trimmer([&] {
    for (uint64_t up_to = 1; !done;) {
      if (store->Trim(first, up_to).ok()) ++up_to;
    }
  });
  std::thread reader([&] {
    while (!done) {
      uint64_t last = 0;
      const uint64_t after = store->Stats().commits / kWriters;
      const absl::Status status = store->ReadEvents(first, after, 50, [&](uint64_t seq, std::string_view) {
        EXPECT_EQ(seq, last == 0 ? after + 1 : last + 1);
        last = seq;
        return true;
      });
      EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kOutOfRange) << status;
      EXPECT_TRUE(store->ListOrgs().ok());
    }
  });
  for (std::thread& writer : writers) writer.join();
  answered.Wait();
  done = true;
  trimmer.join();
  reader.join();
  EXPECT_EQ(ok, kWriters * kCommitsEach);
  for (int i = 1; i < kWriters; ++i) EXPECT_EQ(ReadAll(store.get(), tokens[i].org).size(), size_t{kCommitsEach});
  EXPECT_EQ(ScanAll(store.get(), first, {Family::kSessions}).size(), size_t{kCommitsEach});
}

}  // namespace
}  // namespace guichet::store

// The RocksDB engine when the disk fails, and how it groups commits: fsyncs are held and failed by a file system of the test.
#include <atomic>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "store/faults/fault_file_system.h"
#include "tests/store/store_testing.h"

namespace guichet::store {
namespace {

const OrgKey kAcme{"acme"};

class FaultTest : public testing::Test {
 protected:
  void SetUp() override {
    store_ = OpenOrFail({.folder = temp_.Path("db"),
                         .on_sync = [this](size_t commits, double) { batches_.push_back(commits); },
                         .on_failure = [this](const std::string&) { ++failures_; },
                         .env = env_.get()});
    ASSERT_NE(store_, nullptr);
    token_ = AcquireOrFail(store_.get(), kAcme);
    batches_.clear();
  }

  // Holds every fsync of the log from here on; returns after `first` has arrived in one.
  void HoldSyncDuring(Commit first) {
    files_->SetLogSyncHook([this] {
      if (!held_.HasBeenNotified()) held_.Notify();
      release_.WaitForNotification();
    });
    CommitLater(std::move(first));
    ASSERT_TRUE(held_.WaitForNotificationWithTimeout(absl::Minutes(1))) << "no fsync came";
  }

  void CommitLater(Commit commit) {
    store_->CommitAsync({std::move(commit)}, [this](const auto& results) { results_.push_back(results.at(0)); });
  }

  // Closes, which waits for the callbacks, and opens without faults.
  void Reopen() {
    store_.reset();
    store_ = OpenOrFail({.folder = temp_.Path("db")});
    ASSERT_NE(store_, nullptr);
  }

  void ExpectFailed() {
    EXPECT_TRUE(store_->Stats().failed);
    EXPECT_EQ(failures_, 1);
    EXPECT_EQ(CommitAndWait(store_.get(), {.at = token_}), CommitResult::kUnknown);
    EXPECT_EQ(store_->Acquire(kAcme).status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(store_->Trim(kAcme, 1).code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(failures_, 1);
    EXPECT_EQ(ReadAll(store_.get(), kAcme), (Events{{1, "good"}})) << "only durable data is visible";
  }

  // Declared before the store, which uses them to its end.
  TempFolder temp_;
  std::shared_ptr<FaultFileSystem> files_ = std::make_shared<FaultFileSystem>();
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(files_);
  absl::Notification held_, release_;
  std::vector<CommitResult> results_;  // written by the commit thread; read after the store is closed or has answered
  std::vector<size_t> batches_;        // likewise
  std::atomic<int> failures_ = 0;
  Token token_;
  std::unique_ptr<Store> store_;
};

TEST_F(FaultTest, CommitsThatArriveDuringAnFsyncShareTheNext) {
  constexpr size_t kWaiting = 100;
  const size_t syncs_before = files_->log_syncs();
  HoldSyncDuring(NextCommit(&token_, "first"));
  for (size_t i = 0; i < kWaiting; ++i) CommitLater(NextCommit(&token_, "waiting"));
  EXPECT_TRUE(ReadAll(store_.get(), kAcme).empty()) << "nothing is visible before its fsync";
  release_.Notify();
  EXPECT_EQ(CommitAndWait(store_.get(), NextCommit(&token_, "last")), CommitResult::kOk);
  const size_t syncs = files_->log_syncs() - syncs_before;
  const StoreStats stats = store_->Stats();
  store_.reset();
  EXPECT_LE(syncs, 3u);
  ASSERT_GE(batches_.size(), 2u);
  EXPECT_EQ(batches_[0], 1u);
  EXPECT_GE(batches_[1], kWaiting);
  EXPECT_EQ(stats.commits, kWaiting + 2);
  EXPECT_EQ(results_, std::vector<CommitResult>(kWaiting + 1, CommitResult::kOk));
}

TEST_F(FaultTest, FailedFsyncMakesTheStoreReadOnly) {
  EXPECT_EQ(CommitAndWait(store_.get(), NextCommit(&token_, "good")), CommitResult::kOk);
  files_->FailLogSyncs(true);
  EXPECT_EQ(CommitAndWait(store_.get(), NextCommit(&token_, "bad")), CommitResult::kUnknown);
  files_->FailLogSyncs(false);
  ExpectFailed();
  Reopen();
  EXPECT_EQ(ReadAll(store_.get(), kAcme).at(0).second, "good");
}

TEST_F(FaultTest, FailedAppendMakesTheStoreReadOnly) {
  EXPECT_EQ(CommitAndWait(store_.get(), NextCommit(&token_, "good")), CommitResult::kOk);
  files_->FailLogAppends(true);
  EXPECT_EQ(CommitAndWait(store_.get(), NextCommit(&token_, "bad")), CommitResult::kUnknown);
  files_->FailLogAppends(false);
  ExpectFailed();
  Reopen();
  EXPECT_EQ(ReadAll(store_.get(), kAcme).at(0).second, "good");
}

TEST_F(FaultTest, CommitsQueuedBehindAFailureAreUnknownAndNeverWritten) {
  EXPECT_EQ(CommitAndWait(store_.get(), NextCommit(&token_, "good")), CommitResult::kOk);
  HoldSyncDuring(NextCommit(&token_, "fails"));
  for (int i = 0; i < 3; ++i) CommitLater(NextCommit(&token_, "queued"));
  files_->FailLogSyncs(true);
  release_.Notify();
  EXPECT_EQ(CommitAndWait(store_.get(), {.at = {kAcme, 99, 0}}), CommitResult::kUnknown)
      << "not even fenced: nothing is decided";
  EXPECT_EQ(results_, std::vector<CommitResult>(4, CommitResult::kUnknown));
  EXPECT_EQ(failures_, 1);
  Reopen();
  for (const auto& [seq, bytes] : ReadAll(store_.get(), kAcme)) EXPECT_NE(bytes, "queued");
}

TEST_F(FaultTest, PowerCutLosesNothingThatWasAcknowledged) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(CommitAndWait(store_.get(), NextCommit(&token_, "good")), CommitResult::kOk);
  EXPECT_TRUE(store_->Trim(kAcme, 5).ok());
  HoldSyncDuring(NextCommit(&token_, "in flight"));
  files_->CopyCrashed(temp_.Path("db"), *rocksdb::FileSystem::Default(), temp_.Path("after"));
  release_.Notify();
  auto after = OpenOrFail({.folder = temp_.Path("after")});
  ASSERT_NE(after, nullptr);
  const Events events = ReadAll(after.get(), kAcme, 5);
  ASSERT_EQ(events.size(), 15u) << "the commit in flight was not synced";
  for (const auto& [seq, bytes] : events) EXPECT_EQ(bytes, "good");
  EXPECT_EQ(ScanAll(after.get(), kAcme, {Family::kSessions}).size(), 20u);
  const Token token = AcquireOrFail(after.get(), kAcme);
  EXPECT_EQ(token.epoch, 2u);
  EXPECT_EQ(token.seq, 20u);
}

TEST_F(FaultTest, AcquireIsDurableBeforeItReturns) {
  EXPECT_EQ(AcquireOrFail(store_.get(), kAcme).epoch, 2u);
  files_->CopyCrashed(temp_.Path("db"), *rocksdb::FileSystem::Default(), temp_.Path("after"));
  auto after = OpenOrFail({.folder = temp_.Path("after")});
  ASSERT_NE(after, nullptr);
  EXPECT_EQ(AcquireOrFail(after.get(), kAcme).epoch, 3u);
}

TEST_F(FaultTest, ClosingFinishesWhatIsQueued) {
  HoldSyncDuring(NextCommit(&token_, "first"));
  for (int i = 0; i < 10; ++i) CommitLater(NextCommit(&token_, "queued"));
  release_.Notify();
  Reopen();
  EXPECT_EQ(results_, std::vector<CommitResult>(11, CommitResult::kOk));
  EXPECT_EQ(ReadAll(store_.get(), kAcme).size(), 11u);
}

}  // namespace
}  // namespace guichet::store

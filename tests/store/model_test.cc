// What the model offers to simulations beyond the Store: held commits, crashes, failure.
#include "store/model_store.h"

#include "gtest/gtest.h"
#include "tests/store/store_testing.h"

namespace guichet::store {
namespace {

const OrgKey kAcme{"acme"};

class ModelTest : public testing::Test {
 protected:
  void CommitNext() {
    store_.CommitAsync({NextCommit(&token_, "e")}, [this](const auto& results) { results_.push_back(results.at(0)); });
  }

  ModelStore store_;
  Token token_ = AcquireOrFail(&store_, kAcme);
  std::vector<CommitResult> results_;
};

TEST_F(ModelTest, HeldCommitsAreInvisibleUntilCompleted) {
  store_.SetManual(true);
  for (int i = 0; i < 3; ++i) CommitNext();
  EXPECT_EQ(store_.held(), 3u);
  EXPECT_TRUE(ReadAll(&store_, kAcme).empty());
  EXPECT_TRUE(store_.CompleteOne());
  EXPECT_EQ(ReadAll(&store_, kAcme).size(), 1u);
  EXPECT_EQ(store_.CompleteAll(), 2u);
  EXPECT_FALSE(store_.CompleteOne());
  EXPECT_EQ(results_, std::vector<CommitResult>(3, CommitResult::kOk));
  EXPECT_EQ(store_.Stats().commits, 3u);
}

TEST_F(ModelTest, CrashForgetsHeldCommitsWithoutCallback) {
  CommitNext();
  store_.SetManual(true);
  CommitNext();
  store_.CrashAndDropUnfinished();
  EXPECT_EQ(store_.held(), 0u);
  EXPECT_EQ(results_.size(), 1u);
  const Token after = AcquireOrFail(&store_, kAcme);
  EXPECT_EQ(after.epoch, 2u);
  EXPECT_EQ(after.seq, 1u);
}

TEST_F(ModelTest, CrashMayKeepWhatNobodyHeardOf) {
  store_.SetManual(true);
  for (int i = 0; i < 3; ++i) CommitNext();
  store_.CrashAndKeep(2);
  EXPECT_TRUE(results_.empty());
  EXPECT_EQ(ReadAll(&store_, kAcme).size(), 2u);
}

TEST_F(ModelTest, AcquireAndTrimCompleteWhatIsHeldBefore) {
  store_.SetManual(true);
  CommitNext();
  EXPECT_EQ(AcquireOrFail(&store_, kAcme).seq, 1u);
  EXPECT_EQ(results_.size(), 1u);
  token_.epoch = 2;
  CommitNext();
  EXPECT_TRUE(store_.Trim(kAcme, 2).ok());
  EXPECT_EQ(results_.size(), 2u);
}

TEST_F(ModelTest, LeavingManualKeepsTheOrder) {
  store_.SetManual(true);
  CommitNext();
  store_.SetManual(false);
  CommitNext();
  EXPECT_EQ(results_, std::vector<CommitResult>(2, CommitResult::kOk));
}

TEST_F(ModelTest, FailureAnswersUnknownForEver) {
  CommitNext();
  store_.SetManual(true);
  CommitNext();
  store_.Fail();
  store_.SetManual(false);
  CommitNext();
  EXPECT_EQ(results_, (std::vector<CommitResult>{CommitResult::kOk, CommitResult::kUnknown, CommitResult::kUnknown}));
  EXPECT_TRUE(store_.Stats().failed);
  EXPECT_EQ(store_.Acquire(kAcme).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(store_.Trim(kAcme, 1).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReadAll(&store_, kAcme).size(), 1u);
}

}  // namespace
}  // namespace guichet::store

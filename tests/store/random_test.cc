// A seeded random run of the RocksDB engine, with restarts, against the model. GUICHET_SEED=n repeats one run.
#include <random>

#include "gtest/gtest.h"
#include "store/model_store.h"
#include "tests/store/store_testing.h"

namespace guichet::store {
namespace {

constexpr int kSteps = 1500;
// Small enough that buffers are flushed and tables compacted within a run.
constexpr size_t kMemoryBudgetBytes = size_t{1} << 20;
const std::vector<OrgKey> kOrgs = {{"a"}, {"ab"}, {"\xff"}};

class RandomRun {
 public:
  explicit RandomRun(uint64_t seed) : random_(seed) { Reopen(); }

  void Step() {
    const uint64_t dice = Below(100);
    const OrgKey& org = kOrgs[Below(kOrgs.size())];
    if (dice < 50) {
      CommitSome();
    } else if (dice < 55) {
      CompareAcquire(org);
    } else if (dice < 60) {
      const uint64_t up_to = Below(tokens_[org].seq + 2);
      EXPECT_EQ(engine_->Trim(org, up_to).code(), model_.Trim(org, up_to).code());
    } else if (dice < 70) {
      CompareGet(org, RandomFamily(), RandomKey());
    } else if (dice < 80) {
      CompareScan(org, {RandomFamily(), RandomKey(), RandomKey()});
    } else if (dice < 98) {
      CompareEvents(org, Below(tokens_[org].seq + 2), 1 + Below(20));
    } else {
      Reopen();
    }
  }

  void CompareAll() {
    EXPECT_EQ(*engine_->ListOrgs(), *model_.ListOrgs());
    for (const OrgKey& org : kOrgs) {
      for (int family = 2; family < kFamilyCount; ++family) CompareScan(org, {static_cast<Family>(family)});
      for (uint64_t after = 0; after <= tokens_[org].seq; ++after) CompareEvents(org, after, 3);
    }
  }

  void Reopen() {
    engine_.reset();
    engine_ = OpenOrFail({.folder = temp_.Path("db"), .memory_budget_bytes = kMemoryBudgetBytes});
    ASSERT_NE(engine_, nullptr);
  }

 private:
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  Family RandomFamily() { return static_cast<Family>(2 + Below(kFamilyCount - 2)); }
  std::string RandomKey() {
    std::string key(Below(4), '\0');
    for (char& c : key) c = "\0a\xff"[Below(3)];
    return key;
  }
  std::string RandomValue() {
    return std::string(Below(20) == 0 ? Below(20000) : Below(50), static_cast<char>('a' + Below(26)));
  }

  void CommitSome() {
    std::vector<Commit> commits(1 + Below(4));
    std::map<OrgKey, Token> tokens = tokens_;
    for (Commit& commit : commits) {
      const OrgKey& org = kOrgs[Below(kOrgs.size())];
      Token& token = tokens[org];
      token.org = org;
      commit.at = token;
      for (uint64_t i = Below(4); i > 0; --i) commit.puts.push_back({RandomFamily(), RandomKey(), RandomValue()});
      for (uint64_t i = Below(3); i > 0; --i) commit.dels.push_back({RandomFamily(), RandomKey()});
      for (uint64_t i = Below(4); i > 0; --i) commit.events.push_back(RandomValue());
      const uint64_t dice = Below(20);
      if (dice == 0) commit.at.epoch += Below(3) - 1;
      if (dice == 1) commit.at.seq += Below(3) - 1;
      if (commit.at.epoch == token.epoch && commit.at.seq == token.seq) token.seq += commit.events.size();
    }
    const std::vector<CommitResult> expected = CommitAndWait(&model_, commits);
    EXPECT_EQ(CommitAndWait(engine_.get(), commits), expected);
    for (size_t i = 0; i < commits.size(); ++i) {
      if (expected[i] == CommitResult::kOk) tokens_[commits[i].at.org].seq += commits[i].events.size();
    }
  }

  void CompareAcquire(const OrgKey& org) {
    const Token expected = AcquireOrFail(&model_, org), got = AcquireOrFail(engine_.get(), org);
    EXPECT_EQ(got.epoch, expected.epoch);
    EXPECT_EQ(got.seq, expected.seq);
    tokens_[org] = expected;
  }

  void CompareGet(const OrgKey& org, Family family, const std::string& key) {
    const auto expected = model_.Get(org, family, key), got = engine_->Get(org, family, key);
    ASSERT_EQ(got.status().code(), expected.status().code());
    if (expected.ok()) {
      EXPECT_EQ(*got, *expected);
    }
  }

  void CompareScan(const OrgKey& org, const KeyRange& range) {
    EXPECT_EQ(ScanAll(engine_.get(), org, range), ScanAll(&model_, org, range));
  }

  void CompareEvents(const OrgKey& org, uint64_t after, size_t max) {
    const auto read = [&](Store* store, Events* events) {
      return store->ReadEvents(org, after, max, [&](uint64_t seq, std::string_view bytes) {
        events->emplace_back(seq, bytes);
        return true;
      });
    };
    Events expected, got;
    EXPECT_EQ(read(engine_.get(), &got).code(), read(&model_, &expected).code());
    EXPECT_EQ(got, expected);
  }

  std::mt19937_64 random_;
  TempFolder temp_;
  ModelStore model_;
  std::unique_ptr<Store> engine_;
  std::map<OrgKey, Token> tokens_;
};

class RandomTest : public testing::TestWithParam<uint64_t> {};

TEST_P(RandomTest, EngineAgreesWithTheModel) {
  RandomRun run(TestSeed(GetParam()));
  for (int i = 0; i < kSteps && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(i);
    run.Step();
  }
  run.CompareAll();
  run.Reopen();
  run.CompareAll();
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomTest, testing::Values(1, 2, 3));

}  // namespace
}  // namespace guichet::store

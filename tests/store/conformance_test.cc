// The contract of store.h, sentence by sentence, against every engine and the model.
#include <functional>
#include <map>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "store/keys.h"
#include "store/model_store.h"
#include "store/rocksdb_store.h"
#include "tests/store/store_testing.h"

namespace guichet::store {
namespace {

const OrgKey kAcme{"acme"};
const OrgKey kBolt{"bolt"};

class Conformance : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const SyncObserver on_sync = [this](size_t commits, double seconds) {
      synced_commits_ += commits;
      if (seconds < 0) ADD_FAILURE();
    };
    if (GetParam() == std::string("model")) {
      store_ = std::make_unique<ModelStore>(ModelOptions{.on_sync = on_sync});
    } else {
      store_ = OpenOrFail({.folder = temp_.Path("db"), .on_sync = on_sync});
    }
    ASSERT_NE(store_, nullptr);
  }

  Store* store() { return store_.get(); }
  CommitResult Do(Commit commit) { return CommitAndWait(store(), std::move(commit)); }

  TempFolder temp_;
  size_t synced_commits_ = 0;
  std::unique_ptr<Store> store_;
};

TEST_P(Conformance, UnknownOrganizationIsEmpty) {
  EXPECT_EQ(store()->Get(kAcme, Family::kOrgs, "k").status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(ScanAll(store(), kAcme, {Family::kOrgs}).empty());
  EXPECT_TRUE(ReadAll(store(), kAcme).empty());
  EXPECT_TRUE(store()->ListOrgs()->empty());
  EXPECT_EQ(store()->Trim(kAcme, 0).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Do({.at = {kAcme, 0, 0}}), CommitResult::kFenced);
}

TEST_P(Conformance, AcquireGivesTheNextEpochAndTheLastSeq) {
  Token token = AcquireOrFail(store(), kAcme);
  EXPECT_EQ(token.org, kAcme);
  EXPECT_EQ(token.epoch, 1u);
  EXPECT_EQ(token.seq, 0u);
  EXPECT_EQ(Do({.at = token, .events = {"a", "b"}}), CommitResult::kOk);
  token = AcquireOrFail(store(), kAcme);
  EXPECT_EQ(token.epoch, 2u);
  EXPECT_EQ(token.seq, 2u);
  EXPECT_EQ(AcquireOrFail(store(), kBolt).epoch, 1u);
}

TEST_P(Conformance, ListsOrganizationsInOrderOfBytes) {
  for (const char* name : {"b", "aa", "\xff", "a"}) AcquireOrFail(store(), {name});
  const std::vector<OrgKey> expected = {{"a"}, {"aa"}, {"b"}, {"\xff"}};
  EXPECT_EQ(*store()->ListOrgs(), expected);
}

TEST_P(Conformance, CommitWritesPutsDelsAndEventsTogether) {
  const Token token = AcquireOrFail(store(), kAcme);
  EXPECT_EQ(Do({.at = token, .puts = {{Family::kOrgs, "k", "v"}, {Family::kHistory, "k", "w"}}, .events = {"e1"}}),
            CommitResult::kOk);
  EXPECT_EQ(*store()->Get(kAcme, Family::kOrgs, "k"), "v");
  EXPECT_EQ(*store()->Get(kAcme, Family::kHistory, "k"), "w");
  EXPECT_EQ(Do({.at = {kAcme, 1, 1}, .dels = {{Family::kOrgs, "k"}, {Family::kOrgs, "absent"}}, .events = {"e2", "e3"}}),
            CommitResult::kOk);
  EXPECT_FALSE(store()->Get(kAcme, Family::kOrgs, "k").ok());
  EXPECT_TRUE(store()->Get(kAcme, Family::kHistory, "k").ok());
  EXPECT_EQ(ReadAll(store(), kAcme), (Events{{1, "e1"}, {2, "e2"}, {3, "e3"}}));
}

TEST_P(Conformance, DeletionsApplyBeforePutsAndTheLastPutWins) {
  const Token token = AcquireOrFail(store(), kAcme);
  Do({.at = token, .puts = {{Family::kOrgs, "k", "1"}, {Family::kOrgs, "k", "2"}}, .dels = {{Family::kOrgs, "k"}}});
  EXPECT_EQ(*store()->Get(kAcme, Family::kOrgs, "k"), "2");
}

TEST_P(Conformance, CommitWithoutEventsLeavesSeq) {
  const Token token = AcquireOrFail(store(), kAcme);
  EXPECT_EQ(Do({.at = token, .puts = {{Family::kOrgs, "k", "v"}}}), CommitResult::kOk);
  EXPECT_EQ(Do({.at = token}), CommitResult::kOk);
  EXPECT_EQ(Do({.at = token, .events = {"e"}}), CommitResult::kOk);
  EXPECT_EQ(Do({.at = token}), CommitResult::kConflict);
}

TEST_P(Conformance, OldEpochIsFencedAndWritesNothing) {
  const Token old_owner = AcquireOrFail(store(), kAcme);
  const Token owner = AcquireOrFail(store(), kAcme);
  EXPECT_EQ(Do({.at = old_owner, .puts = {{Family::kOrgs, "k", "v"}}, .events = {"e"}}), CommitResult::kFenced);
  EXPECT_EQ(Do({.at = {kAcme, 3, 0}, .puts = {{Family::kOrgs, "k", "v"}}}), CommitResult::kFenced);
  EXPECT_EQ(Do({.at = {kAcme, 1, 9}}), CommitResult::kFenced) << "the epoch is looked at before the seq";
  EXPECT_FALSE(store()->Get(kAcme, Family::kOrgs, "k").ok());
  EXPECT_TRUE(ReadAll(store(), kAcme).empty());
  EXPECT_EQ(Do({.at = owner, .events = {"e"}}), CommitResult::kOk);
}

TEST_P(Conformance, WrongSeqIsAConflictAndWritesNothing) {
  const Token token = AcquireOrFail(store(), kAcme);
  Do({.at = token, .events = {"e"}});
  for (uint64_t seq : {uint64_t{0}, uint64_t{2}, UINT64_MAX}) {
    EXPECT_EQ(Do({.at = {kAcme, 1, seq}, .puts = {{Family::kOrgs, "k", "v"}}, .events = {"x"}}), CommitResult::kConflict);
  }
  EXPECT_FALSE(store()->Get(kAcme, Family::kOrgs, "k").ok());
  EXPECT_EQ(ReadAll(store(), kAcme), (Events{{1, "e"}}));
}

TEST_P(Conformance, EachCommitOfACallHasItsOwnResultInOrder) {
  const Token token = AcquireOrFail(store(), kAcme);
  AcquireOrFail(store(), kBolt);
  const std::vector<CommitResult> results = CommitAndWait(store(), {
                                                                       {.at = token, .events = {"a"}},
                                                                       {.at = token, .events = {"lost"}},
                                                                       {.at = {kBolt, 7, 0}, .events = {"lost"}},
                                                                       {.at = {kAcme, 1, 1}, .events = {"b", "c"}},
                                                                       {.at = {kBolt, 1, 0}, .events = {"d"}},
                                                                       {.at = {kAcme, 1, 3}, .events = {"e"}},
                                                                   });
  EXPECT_EQ(results, (std::vector<CommitResult>{CommitResult::kOk, CommitResult::kConflict, CommitResult::kFenced,
                                                CommitResult::kOk, CommitResult::kOk, CommitResult::kOk}));
  EXPECT_EQ(ReadAll(store(), kAcme), (Events{{1, "a"}, {2, "b"}, {3, "c"}, {4, "e"}}));
  EXPECT_EQ(ReadAll(store(), kBolt), (Events{{1, "d"}}));
}

TEST_P(Conformance, CallWithoutCommitsIsAnsweredInOrder) {
  std::vector<int> order;
  absl::Notification done;
  store()->CommitAsync({},
                       [&](const std::vector<CommitResult>& results) { order.push_back(static_cast<int>(results.size())); });
  store()->CommitAsync({{.at = {kAcme, 0, 0}}}, [&](const std::vector<CommitResult>& results) {
    order.push_back(static_cast<int>(results.size()));
    done.Notify();
  });
  done.WaitForNotification();
  EXPECT_EQ(order, (std::vector<int>{0, 1}));
}

TEST_P(Conformance, CallbacksComeInOrderAndMayCommitAgainAndRead) {
  Token token = AcquireOrFail(store(), kAcme);
  std::vector<int> order;
  absl::Notification done;
  for (int i = 0; i < 50; ++i) {
    store()->CommitAsync({NextCommit(&token, "e")}, [&order, i](const auto&) { order.push_back(i); });
  }
  store()->CommitAsync({NextCommit(&token, "e")}, [&](const auto&) {
    EXPECT_EQ(ReadAll(store(), kAcme).size(), 51u);
    store()->CommitAsync({NextCommit(&token, "last")}, [&](const auto& results) {
      EXPECT_EQ(results.at(0), CommitResult::kOk);
      done.Notify();
    });
  });
  done.WaitForNotification();
  ASSERT_EQ(order.size(), 50u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(ReadAll(store(), kAcme, 51), (Events{{52, "last"}}));
}

TEST_P(Conformance, AcquireIsOrderedWithCommits) {
  const Token token = AcquireOrFail(store(), kAcme);
  absl::Notification before, after;
  CommitResult before_result{}, after_result{};
  store()->CommitAsync({{.at = token, .events = {"e"}}}, [&](const auto& results) {
    before_result = results.at(0);
    before.Notify();
  });
  EXPECT_EQ(AcquireOrFail(store(), kAcme).seq, 1u);
  EXPECT_TRUE(before.HasBeenNotified());
  store()->CommitAsync({{.at = {kAcme, 1, 1}, .events = {"e"}}}, [&](const auto& results) {
    after_result = results.at(0);
    after.Notify();
  });
  after.WaitForNotification();
  EXPECT_EQ(before_result, CommitResult::kOk);
  EXPECT_EQ(after_result, CommitResult::kFenced);
}

TEST_P(Conformance, ScanVisitsTheRangeInKeyOrder) {
  const Token token = AcquireOrFail(store(), kAcme);
  AcquireOrFail(store(), kBolt);
  std::vector<Put> puts;
  for (const char* key : {"b", "", "a", "ab", "\xff\xff", "c"}) puts.push_back({Family::kSessions, key, key});
  puts.push_back({Family::kOrgs, "other family", ""});
  Do({.at = token, .puts = puts});
  Do({.at = {kBolt, 1, 0}, .puts = {{Family::kSessions, "other organization", ""}}});
  const auto keys = [&](std::string begin, std::string end) {
    std::string joined;
    for (const auto& [key, value] : ScanAll(store(), kAcme, {Family::kSessions, begin, end})) {
      EXPECT_EQ(key, value);
      joined += "[" + key + "]";
    }
    return joined;
  };
  EXPECT_EQ(keys("", ""), "[][a][ab][b][c][\xff\xff]");
  EXPECT_EQ(keys("a", "b"), "[a][ab]");
  EXPECT_EQ(keys("aa", ""), "[ab][b][c][\xff\xff]");
  EXPECT_EQ(keys("a", "a"), "");
  EXPECT_EQ(keys("b", "a"), "");
  EXPECT_EQ(keys("", "a"), "[]");
}

TEST_P(Conformance, VisitorsStopEarlyWithoutError) {
  Token token = AcquireOrFail(store(), kAcme);
  for (int i = 0; i < 3; ++i) Do(NextCommit(&token, "e"));
  int visits = 0;
  EXPECT_TRUE(store()->Scan(kAcme, {Family::kSessions}, [&](auto, auto) { return ++visits < 2; }).ok());
  EXPECT_EQ(visits, 2);
  EXPECT_TRUE(store()->ReadEvents(kAcme, 0, 3, [&](auto, auto) { return ++visits < 3; }).ok());
  EXPECT_EQ(visits, 3);
}

TEST_P(Conformance, ReadsAreSnapshotsAndVisitorsMayWrite) {
  Token token = AcquireOrFail(store(), kAcme);
  for (int i = 0; i < 3; ++i) Do(NextCommit(&token, "e"));
  size_t scanned = 0, read = 0;
  EXPECT_TRUE(store()
                  ->Scan(kAcme, {Family::kSessions},
                         [&](auto, auto) {
                           EXPECT_EQ(Do(NextCommit(&token, "more")), CommitResult::kOk);
                           return ++scanned < 10;
                         })
                  .ok());
  EXPECT_EQ(scanned, 3u);
  EXPECT_TRUE(store()
                  ->ReadEvents(kAcme, 0, SIZE_MAX,
                               [&](auto, auto) {
                                 EXPECT_EQ(Do(NextCommit(&token, "more")), CommitResult::kOk);
                                 EXPECT_TRUE(store()->Trim(kAcme, token.seq).ok());
                                 return ++read < 20;
                               })
                  .ok());
  EXPECT_EQ(read, 6u);
}

TEST_P(Conformance, ReadEventsGivesAtMostMaxAfterTheCursor) {
  const Token token = AcquireOrFail(store(), kAcme);
  AcquireOrFail(store(), kBolt);
  Do({.at = token, .events = {"a", "b", "c", ""}});
  Do({.at = {kBolt, 1, 0}, .events = {"z"}});
  EXPECT_EQ(ReadAll(store(), kAcme, 1, 2), (Events{{2, "b"}, {3, "c"}}));
  EXPECT_EQ(ReadAll(store(), kAcme, 3, 9), (Events{{4, ""}}));
  EXPECT_TRUE(ReadAll(store(), kAcme, 4).empty());
  EXPECT_TRUE(ReadAll(store(), kAcme, UINT64_MAX).empty());
  EXPECT_EQ(store()->ReadEvents(kAcme, 0, 0, nullptr).code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(Conformance, TrimDropsEventsAndKeepsRecordsAndSeq) {
  Token token = AcquireOrFail(store(), kAcme);
  for (int i = 0; i < 5; ++i) Do(NextCommit(&token, "e"));
  EXPECT_TRUE(store()->Trim(kAcme, 3).ok());
  const auto read = [&](uint64_t after) {
    return store()->ReadEvents(kAcme, after, 9, [](auto, auto) { return true; }).code();
  };
  EXPECT_EQ(read(0), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(read(2), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ReadAll(store(), kAcme, 3), (Events{{4, "e"}, {5, "e"}}));
  EXPECT_EQ(*store()->Log(kAcme), (LogRange{4, 5}));
  EXPECT_TRUE(store()->Trim(kAcme, 3).ok());
  EXPECT_TRUE(store()->Trim(kAcme, 1).ok());
  EXPECT_EQ(read(2), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(store()->Trim(kAcme, 6).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(store()->Trim(kAcme, 5).ok());
  EXPECT_EQ(read(4), absl::StatusCode::kOutOfRange);
  EXPECT_TRUE(ReadAll(store(), kAcme, 5).empty());
  EXPECT_EQ(*store()->Log(kAcme), (LogRange{6, 5}));
  EXPECT_EQ(*store()->Log(OrgKey{"nobody"}), (LogRange{1, 0}));
  EXPECT_EQ(ScanAll(store(), kAcme, {Family::kSessions}).size(), 5u);
  EXPECT_EQ(Do(NextCommit(&token, "six")), CommitResult::kOk);
  EXPECT_EQ(ReadAll(store(), kAcme, 5), (Events{{6, "six"}}));
}

TEST_P(Conformance, LargestInputIsAccepted) {
  const OrgKey org{std::string(63, '\xff')};
  const std::string key(kMaxKeyBytes, '\xff'), value(kMaxValueBytes, 'v');
  const Token token = AcquireOrFail(store(), org);
  EXPECT_EQ(Do({.at = token, .puts = {{Family::kRequests, key, value}}, .events = {value}}), CommitResult::kOk);
  EXPECT_EQ(*store()->Get(org, Family::kRequests, key), value);
  EXPECT_EQ(ScanAll(store(), org, {Family::kRequests, key}).size(), 1u);
  EXPECT_EQ(ReadAll(store(), org).at(0).second, value);
}

TEST_P(Conformance, ReadsOutsideTheLimitsAreInvalid) {
  const std::string long_key(kMaxKeyBytes + 1, 'k');
  const auto visit = [](auto, auto) { return true; };
  const auto kInvalid = absl::StatusCode::kInvalidArgument;
  for (const OrgKey& org : {OrgKey{""}, OrgKey{std::string(64, 'o')}}) {
    EXPECT_EQ(store()->Get(org, Family::kOrgs, "k").status().code(), kInvalid);
    EXPECT_EQ(store()->Scan(org, {Family::kOrgs}, visit).code(), kInvalid);
    EXPECT_EQ(store()->ReadEvents(org, 0, 1, visit).code(), kInvalid);
  }
  EXPECT_EQ(store()->Get(kAcme, Family::kOrgs, long_key).status().code(), kInvalid);
  EXPECT_EQ(store()->Scan(kAcme, {Family::kOrgs, long_key}, visit).code(), kInvalid);
  EXPECT_EQ(store()->Scan(kAcme, {Family::kOrgs, "", long_key}, visit).code(), kInvalid);
  for (Family family : {Family::kMeta, Family::kLog, static_cast<Family>(kFamilyCount), static_cast<Family>(255)}) {
    EXPECT_EQ(store()->Get(kAcme, family, "k").status().code(), kInvalid);
    EXPECT_EQ(store()->Scan(kAcme, {family}, visit).code(), kInvalid);
  }
}

using ConformanceDeathTest = Conformance;

TEST_P(ConformanceDeathTest, WritesOutsideTheLimitsEndTheProcess) {
  const auto commit = [&](Commit c) { store()->CommitAsync({std::move(c)}, nullptr); };
  const Token at{kAcme, 1, 0};
  const std::string long_key(kMaxKeyBytes + 1, 'k'), long_value(kMaxValueBytes + 1, 'v');
  EXPECT_DEATH(commit({.at = {OrgKey{""}, 1, 0}}), "1 to 63 bytes");
  EXPECT_DEATH(commit({.at = {OrgKey{std::string(64, 'o')}, 1, 0}}), "1 to 63 bytes");
  EXPECT_DEATH(commit({.at = at, .puts = {{Family::kOrgs, long_key, ""}}}), "key is too long");
  EXPECT_DEATH(commit({.at = at, .puts = {{Family::kOrgs, "k", long_value}}}), "value is too long");
  EXPECT_DEATH(commit({.at = at, .dels = {{Family::kOrgs, long_key}}}), "key is too long");
  EXPECT_DEATH(commit({.at = at, .events = {long_value}}), "event is too long");
  EXPECT_DEATH(commit({.at = at, .puts = {{Family::kMeta, "k", ""}}}), "without records");
  EXPECT_DEATH(commit({.at = at, .puts = {{Family::kLog, "k", ""}}}), "without records");
  EXPECT_DEATH(commit({.at = at, .dels = {{static_cast<Family>(kFamilyCount), "k"}}}), "without records");
  EXPECT_DEATH(store()->Acquire(OrgKey{""}).status().IgnoreError(), "1 to 63 bytes");
  EXPECT_DEATH(store()->Trim(OrgKey{""}, 1).IgnoreError(), "1 to 63 bytes");
}

TEST_P(Conformance, StatsCountDurableCommits) {
  Token token = AcquireOrFail(store(), kAcme);
  for (int i = 0; i < 3; ++i) Do(NextCommit(&token, "e"));
  Do({.at = {kAcme, 9, 0}});
  const StoreStats stats = store()->Stats();
  EXPECT_FALSE(stats.failed);
  EXPECT_FALSE(stats.disk_nearly_full);
  EXPECT_FALSE(stats.write_stopped);
  EXPECT_EQ(stats.commits, 3u);
  EXPECT_GE(stats.syncs, 3u);
  EXPECT_EQ(synced_commits_, 3u);
}

INSTANTIATE_TEST_SUITE_P(Engines, Conformance, testing::Values("rocksdb", "model"),
                         [](const auto& info) { return std::string(info.param); });
INSTANTIATE_TEST_SUITE_P(Engines, ConformanceDeathTest, testing::Values("rocksdb", "model"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace guichet::store

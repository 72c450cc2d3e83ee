// What the RocksDB engine accepts and refuses to open: torn and damaged logs, other versions, other owners; and checkpoints.
#include <filesystem>
#include <fstream>
#include <functional>

#include "gtest/gtest.h"
#include "rocksdb/db.h"
#include "store/keys.h"
#include "tests/store/store_testing.h"

namespace guichet::store {
namespace {

namespace fs = std::filesystem;

const OrgKey kAcme{"acme"};
constexpr int kCommits = 30;

class RecoveryTest : public testing::Test {
 protected:
  void SetUp() override {
    auto store = OpenOrFail({.folder = folder_});
    ASSERT_NE(store, nullptr);
    Token token = AcquireOrFail(store.get(), kAcme);
    for (int i = 1; i <= kCommits; ++i) {
      ASSERT_EQ(CommitAndWait(store.get(), NextCommit(&token, "event " + std::to_string(i))), CommitResult::kOk);
    }
  }

  // Opens the closed store's database without the store's guards.
  void ChangeDirectly(const std::function<void(rocksdb::DB*, std::map<std::string, rocksdb::ColumnFamilyHandle*>)>& change) {
    std::vector<std::string> names;
    ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, folder_, &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
    for (const std::string& name : names) descriptors.emplace_back(name, rocksdb::ColumnFamilyOptions());
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open({}, folder_, descriptors, &handles, &db).ok());
    std::map<std::string, rocksdb::ColumnFamilyHandle*> by_name;
    for (size_t i = 0; i < names.size(); ++i) by_name[names[i]] = handles[i];
    change(db, by_name);
    for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
    delete db;
  }

  void ExpectRefused(absl::StatusCode code, const std::string& words) {
    const auto store = OpenRocksDbStore({.folder = folder_});
    ASSERT_FALSE(store.ok());
    EXPECT_EQ(store.status().code(), code) << store.status();
    EXPECT_NE(std::string(store.status().message()).find(words), std::string::npos) << store.status();
  }

  TempFolder temp_;
  const std::string folder_ = temp_.Path("db");
};

TEST_F(RecoveryTest, ReopenKeepsEverything) {
  {
    auto store = OpenOrFail({.folder = folder_});
    ASSERT_TRUE(store->Trim(kAcme, 10).ok());
  }
  auto store = OpenOrFail({.folder = folder_});
  EXPECT_EQ(store->ReadEvents(kAcme, 9, 1, nullptr).code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ReadAll(store.get(), kAcme, 10).size(), kCommits - 10u);
  EXPECT_EQ(ScanAll(store.get(), kAcme, {Family::kSessions}).size(), size_t{kCommits});
  const Token token = AcquireOrFail(store.get(), kAcme);
  EXPECT_EQ(token.epoch, 2u);
  EXPECT_EQ(token.seq, uint64_t{kCommits});
}

TEST_F(RecoveryTest, TornTailIsTolerated) {
  const uint64_t size = fs::file_size(NewestLog(folder_));
  for (uint64_t cut = 1; cut < 200; cut += 13) {
    SCOPED_TRACE(cut);
    const std::string copy = temp_.Path("torn");
    fs::remove_all(copy);
    fs::copy(folder_, copy, fs::copy_options::recursive);
    fs::resize_file(NewestLog(copy), size - cut);
    auto store = OpenOrFail({.folder = copy});
    ASSERT_NE(store, nullptr);
    const Token token = AcquireOrFail(store.get(), kAcme);
    EXPECT_LT(token.seq, uint64_t{kCommits});
    const Events events = ReadAll(store.get(), kAcme);
    ASSERT_EQ(events.size(), token.seq);
    for (const auto& [seq, bytes] : events) EXPECT_EQ(bytes, "event " + std::to_string(seq));
    EXPECT_EQ(ScanAll(store.get(), kAcme, {Family::kSessions}).size(), token.seq) << "a commit is atomic";
  }
}

TEST_F(RecoveryTest, DamagedRecordInTheMiddleIsRefusedAndTheLogIsLeft) {
  const std::string log = NewestLog(folder_);
  const std::string sound = ReadFileBytes(log);
  std::string damaged = sound;
  const size_t at = damaged.find("event 15");
  ASSERT_NE(at, std::string::npos);
  damaged[at] ^= 1;
  std::ofstream(log, std::ios::binary) << damaged;
  ExpectRefused(absl::StatusCode::kDataLoss, "cannot open the database");
  EXPECT_EQ(ReadFileBytes(log), damaged);
  std::ofstream(log, std::ios::binary) << sound;
  EXPECT_EQ(ReadAll(OpenOrFail({.folder = folder_}).get(), kAcme).size(), size_t{kCommits});
}

// A damaged length near the end is the one case that opens: RocksDB cannot tell it from a torn write (store/README.md).
TEST_F(RecoveryTest, AnyFlippedByteOfTheLogIsRefusedOrLeavesWholeCommits) {
  int opened = 0;
  const std::string log = NewestLog(folder_);
  const std::string sound = ReadFileBytes(log);
  int refused = 0;
  for (size_t at = 3; at < sound.size(); at += 41) {
    SCOPED_TRACE(at);
    const std::string copy = temp_.Path("flipped");
    fs::remove_all(copy);
    fs::copy(folder_, copy, fs::copy_options::recursive);
    std::string damaged = sound;
    damaged[at] ^= 0x40;
    std::ofstream(NewestLog(copy), std::ios::binary) << damaged;
    const auto store = OpenRocksDbStore({.folder = copy});
    if (!store.ok()) {
      EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss) << store.status();
      ++refused;
      continue;
    }
    ++opened;
    const Events events = ReadAll(store->get(), kAcme);
    for (const auto& [seq, bytes] : events) EXPECT_EQ(bytes, "event " + std::to_string(seq));
    EXPECT_EQ(ScanAll(store->get(), kAcme, {Family::kSessions}).size(), events.size());
  }
  EXPECT_GT(refused, 20 * opened);
}

TEST_F(RecoveryTest, MissingEventIsDataLossNotAGap) {
  ChangeDirectly([](rocksdb::DB* db, auto families) {
    ASSERT_TRUE(db->Delete({}, families["log"], EngineKey(kAcme, NumberKey(15))).ok());
    ASSERT_TRUE(db->Delete({}, families["log"], EngineKey(kAcme, NumberKey(kCommits))).ok());
  });
  auto store = OpenOrFail({.folder = folder_});
  const auto read = [&](uint64_t after) { return store->ReadEvents(kAcme, after, 99, [](auto, auto) { return true; }).code(); };
  EXPECT_EQ(read(10), absl::StatusCode::kDataLoss);
  EXPECT_EQ(read(14), absl::StatusCode::kDataLoss);
  EXPECT_EQ(read(20), absl::StatusCode::kDataLoss);
}

TEST_F(RecoveryTest, UnknownColumnFamilyIsRefused) {
  ChangeDirectly([](rocksdb::DB* db, auto) {
    rocksdb::ColumnFamilyHandle* handle = nullptr;
    ASSERT_TRUE(db->CreateColumnFamily({}, "future", &handle).ok());
    db->DestroyColumnFamilyHandle(handle);
  });
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "'future'");
}

TEST_F(RecoveryTest, NewerSchemaIsRefused) {
  ChangeDirectly(
      [](rocksdb::DB* db, auto families) { ASSERT_TRUE(db->Put({}, families["meta"], SchemaKey(), NumberKey(4)).ok()); });
  ExpectRefused(absl::StatusCode::kFailedPrecondition, "schema version 4");
}

TEST_F(RecoveryTest, OlderSchemaIsRaisedSoThatAnEarlierReleaseRefusesIt) {
  ChangeDirectly(
      [](rocksdb::DB* db, auto families) { ASSERT_TRUE(db->Put({}, families["meta"], SchemaKey(), NumberKey(1)).ok()); });
  ASSERT_NE(OpenOrFail({.folder = folder_}), nullptr);
  ChangeDirectly([](rocksdb::DB* db, auto families) {
    std::string version;
    ASSERT_TRUE(db->Get({}, families["meta"], SchemaKey(), &version).ok());
    EXPECT_EQ(version, NumberKey(3));
    ASSERT_TRUE(db->Get({}, families["meta"], HistoryKey(), &version).ok());
  });
}

TEST_F(RecoveryTest, DamagedSchemaIsRefused) {
  ChangeDirectly([](rocksdb::DB* db, auto families) { ASSERT_TRUE(db->Put({}, families["meta"], SchemaKey(), "x").ok()); });
  ExpectRefused(absl::StatusCode::kDataLoss, "schema version");
}

TEST_F(RecoveryTest, LostSchemaIsRefused) {
  ChangeDirectly([](rocksdb::DB* db, auto families) { ASSERT_TRUE(db->Delete({}, families["meta"], SchemaKey()).ok()); });
  ExpectRefused(absl::StatusCode::kDataLoss, "no schema version");
}

TEST_F(RecoveryTest, DamagedHeadIsRefused) {
  ChangeDirectly([](rocksdb::DB* db, auto families) { ASSERT_TRUE(db->Put({}, families["meta"], HeadKey(kAcme), "x").ok()); });
  ExpectRefused(absl::StatusCode::kDataLoss, "'meta'");
}

TEST_F(RecoveryTest, LostCurrentIsRefusedNotReplacedByAnEmptyStore) {
  fs::remove(folder_ + "/CURRENT");
  ExpectRefused(absl::StatusCode::kDataLoss, "no CURRENT");
}

TEST_F(RecoveryTest, SecondOpenIsRefusedUntilTheFirstCloses) {
  auto first = OpenOrFail({.folder = folder_});
  ExpectRefused(absl::StatusCode::kUnavailable, "another daemon uses this folder");
  first.reset();
  EXPECT_NE(OpenOrFail({.folder = folder_}), nullptr);
}

TEST_F(RecoveryTest, MissingParentIsAnError) { EXPECT_FALSE(OpenRocksDbStore({.folder = temp_.Path("absent/db")}).ok()); }

TEST_F(RecoveryTest, CheckpointIsAStoreOfThatMoment) {
  auto store = OpenOrFail({.folder = folder_});
  const std::string copy = temp_.Path("checkpoint");
  ASSERT_TRUE(store->Checkpoint(copy).ok());
  EXPECT_EQ(store->Checkpoint(copy).code(), absl::StatusCode::kAlreadyExists);
  Token token = AcquireOrFail(store.get(), kAcme);
  CommitAndWait(store.get(), NextCommit(&token, "later"));
  auto restored = OpenOrFail({.folder = copy});
  ASSERT_NE(restored, nullptr);
  EXPECT_EQ(ReadAll(restored.get(), kAcme).size(), size_t{kCommits});
  EXPECT_EQ(ScanAll(restored.get(), kAcme, {Family::kSessions}).size(), size_t{kCommits});
  const Token other = AcquireOrFail(restored.get(), kAcme);
  EXPECT_EQ(other.epoch, 2u);
  EXPECT_EQ(other.seq, uint64_t{kCommits});
}

std::map<std::string, std::string> FilesOf(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& file : fs::directory_iterator(folder)) {
    files[file.path().filename().string()] = ReadFileBytes(file.path().string());
  }
  return files;
}

TEST_F(RecoveryTest, ReadingChangesNothing) {
  const std::string copy = temp_.Path("copy");
  {
    auto store = OpenOrFail({.folder = folder_});
    ASSERT_TRUE(store->Checkpoint(copy).ok());
    EXPECT_EQ(OpenRocksDbForReading(folder_).status().code(), absl::StatusCode::kUnavailable) << "a daemon has it";
  }
  const auto before = FilesOf(copy);
  {
    auto reader = OpenRocksDbForReading(copy);
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_TRUE((*reader)->CheckFiles().ok());
    EXPECT_EQ(*(*reader)->ListOrgs(), std::vector<OrgKey>{kAcme});
    EXPECT_EQ(*(*reader)->Log(kAcme), (LogRange{1, kCommits}));
    EXPECT_EQ(*(*reader)->Get(kAcme, Family::kSessions, NumberKey(3)), "event 3");
    size_t events = 0;
    EXPECT_TRUE((*reader)->ReadEvents(kAcme, 10, SIZE_MAX, [&](auto, auto) { return ++events > 0; }).ok());
    EXPECT_EQ(events, size_t{kCommits - 10});
  }
  EXPECT_EQ(FilesOf(copy), before);
  EXPECT_EQ(OpenRocksDbForReading(temp_.Path("absent")).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(RecoveryTest, ARestoredCheckpointHasAHistoryOfItsOwn) {
  const std::string copy = temp_.Path("copy"), restored = temp_.Path("some/where/store");
  uint64_t history = 0;
  {
    auto store = OpenOrFail({.folder = folder_});
    history = store->history();
    ASSERT_NE(history, 0u);
    ASSERT_TRUE(store->Checkpoint(copy).ok());
  }
  EXPECT_EQ(OpenOrFail({.folder = folder_})->history(), history) << "the same after a restart";
  EXPECT_EQ((*OpenRocksDbForReading(copy))->history(), history) << "a checkpoint is a part of it";
  const auto before = FilesOf(copy);
  ASSERT_TRUE(RestoreRocksDbCheckpoint(copy, restored).ok());
  EXPECT_EQ(FilesOf(copy), before);
  EXPECT_FALSE(fs::exists(restored + ".restoring"));
  auto store = OpenOrFail({.folder = restored});
  EXPECT_NE(store->history(), history);
  EXPECT_EQ(ReadAll(store.get(), kAcme).size(), size_t{kCommits});
  EXPECT_EQ(RestoreRocksDbCheckpoint(copy, restored).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(RestoreRocksDbCheckpoint(temp_.Path("absent"), temp_.Path("new")).code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(fs::exists(temp_.Path("new")));
}

TEST_F(RecoveryTest, ADamagedCheckpointIsNotRestored) {
  const std::string copy = temp_.Path("copy"), restored = temp_.Path("restored");
  ASSERT_TRUE(OpenOrFail({.folder = folder_})->Checkpoint(copy).ok());
  std::string table;
  for (const auto& file : fs::directory_iterator(copy)) {
    if (file.path().extension() == ".sst") table = file.path().string();
  }
  ASSERT_FALSE(table.empty());
  {
    std::fstream file(table, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(20);
    file.put('!');
  }
  EXPECT_EQ(RestoreRocksDbCheckpoint(copy, restored).code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(fs::exists(restored));
}

TEST_F(RecoveryTest, StatsTellSizesAndNearlyFullDisk) {
  auto store = OpenOrFail({.folder = folder_, .min_free_disk_bytes = UINT64_MAX});
  Token token = AcquireOrFail(store.get(), kAcme);
  EXPECT_EQ(CommitAndWait(store.get(), NextCommit(&token, "e")), CommitResult::kOk);
  const StoreStats stats = store->Stats();
  EXPECT_TRUE(stats.disk_nearly_full);
  EXPECT_TRUE(stats.write_stopped);
  EXPECT_GT(stats.disk_bytes, 0u);
  EXPECT_GT(stats.memtable_bytes, 0u);
  EXPECT_GT(stats.free_disk_bytes, 0u);
}

}  // namespace
}  // namespace guichet::store

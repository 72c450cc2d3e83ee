// A byte of the store's files is another one: the daemon does not start and says what to do, or everything is there.
#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/faults/rig.h"

namespace guichet::faults {
namespace {

std::string Bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Write(const std::filesystem::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

std::map<std::string, std::string> Files(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(folder)) files[file.path().filename()] = Bytes(file.path());
  return files;
}

class CorruptionTest : public ::testing::Test {
 protected:
  // A store with tables, a manifest and a log behind them, and a checkpoint of it in the middle.
  CorruptionTest() {
    for (int i = 0; i < 40; ++i) EXPECT_TRUE(rig.TryCreate().ok());
    Checkpoint();
    for (int i = 0; i < 40; ++i) EXPECT_TRUE(rig.TryCreate().ok());
    rig.daemon().Kill();
    files = Files(store);
  }
  void Checkpoint() {
    pb::CreateCheckpointRequest request;
    request.set_name("before");
    wire::Must<pb::CreateCheckpointResponse>(rig.operators(), request);
  }
  void PutBack() {
    std::filesystem::remove_all(store);
    std::filesystem::create_directory(store);
    for (const auto& [name, bytes] : files) Write(store + "/" + name, bytes);
  }
  // Starts on the store as it is; whether the daemon did not start, or ended when it came upon the damage. Fails the test when
  // it goes on and something is missing.
  bool Refused() {
    std::string log;
    try {
      rig.Start();
      rig.ExpectAllAcknowledged();
    } catch (const std::runtime_error& error) {
      const int code = rig.daemon().AwaitEnd(kPatience);
      log = rig.daemon().log();
      EXPECT_TRUE(code == 1 || code == 70) << code << " " << error.what() << "\n" << log;
      EXPECT_TRUE(absl::StrContains(log, store)) << log;
      EXPECT_TRUE(absl::StrContains(log, "guichetctl restore")) << log;
      return true;
    }
    rig.daemon().Kill();
    return false;
  }

  Rig rig;
  const std::string store = rig.data() + "/store";
  std::map<std::string, std::string> files;
};

TEST_F(CorruptionTest, EachKindOfFileWithAnotherByteIsRefusedAndLeftAlone) {
  std::map<std::string, size_t> refused;
  for (const auto& [name, bytes] : files) {
    const bool table = absl::EndsWith(name, ".sst");
    if (!table && !absl::EndsWith(name, ".log") && name != "CURRENT" && !absl::StartsWith(name, "MANIFEST")) continue;
    for (const size_t at : {bytes.size() / 7, bytes.size() / 2}) {
      if (bytes.empty()) continue;
      SCOPED_TRACE(absl::StrCat(name, " byte ", at, " of ", bytes.size()));
      PutBack();
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
      Write(store + "/" + name, damaged);
      if (!Refused()) continue;
      ++refused[table ? "table" : absl::EndsWith(name, ".log") ? "log" : std::string(name.substr(0, 7))];
      EXPECT_EQ(Bytes(store + "/" + name), damaged) << "the evidence was changed";
    }
  }
  EXPECT_GE(refused["table"], 4u);
  EXPECT_GE(refused["log"], 1u);
  EXPECT_EQ(refused["CURRENT"], 2u);
  EXPECT_GE(refused["MANIFES"], 1u);
  PutBack();
  EXPECT_FALSE(Refused());
}

TEST_F(CorruptionTest, AFileThatIsGoneIsMissed) {
  for (const auto& [name, bytes] : files) {
    if (!absl::EndsWith(name, ".sst") && name != "CURRENT" && !absl::StartsWith(name, "MANIFEST")) continue;
    SCOPED_TRACE(name);
    PutBack();
    std::filesystem::remove(store + "/" + name);
    EXPECT_TRUE(Refused());
  }
}

TEST_F(CorruptionTest, ACheckpointBringsItBack) {
  Write(store + "/CURRENT", "damaged");
  ASSERT_TRUE(Refused());
  const std::string aside = rig.data() + "/damaged";
  std::filesystem::rename(store, aside);
  auto restore = rig.Ctl({"restore", "--checkpoint", rig.data() + "/checkpoints/before", "--data", rig.data()});
  ASSERT_EQ(restore->Wait(), 0) << restore->output();
  rig.Start();
  pb::ListQueueRequest request;
  request.set_page_size(100);
  pb::ListQueueResponse response;
  ASSERT_TRUE(rig.ann().Call(request, &response).ok());
  EXPECT_EQ(response.entries_size(), 40);
}

}  // namespace
}  // namespace guichet::faults

// The limits of the system: open files, memory.
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/faults/rig.h"

namespace guichet::faults {
namespace {

// Connections that say nothing.
class Crowd {
 public:
  Crowd(int port, size_t count) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (size_t i = 0; i < count; ++i) {
      const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (fd < 0) throw std::runtime_error("socket");
      fds_.push_back(fd);
      (void)connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to));
    }
  }
  ~Crowd() {
    for (const int fd : fds_) close(fd);
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

 private:
  std::vector<int> fds_;
};

TEST(LimitsTest, WithoutDescriptorsForMoreConnectionsTheOthersGoOnAndTheNextComeInLater) {
  Rig rig({.wrapper = {"/usr/bin/prlimit", "--nofile=400:400"}});
  const std::vector<std::string> list = {"queue", "list", "--token-file", rig.ann_token_file()};
  const uint64_t session = rig.Create().session().session_id();
  {
    const Crowd crowd(rig.port(), 600);
    // Whoever is connected is served, and the store can open its files.
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(rig.TryUpdate(session, absl::StrCat(i)).ok());
    pb::CreateCheckpointRequest checkpoint;
    checkpoint.set_name("crowded");
    wire::Must<pb::CreateCheckpointResponse>(rig.operators(), checkpoint);
    // Another is not, whatever the store has closed since.
    const Crowd more(rig.port(), 100);
    const auto refused = rig.Ctl(list);
    EXPECT_EQ(refused->Wait(), 5) << refused->output();
    EXPECT_TRUE(rig.daemon().AwaitLog("connections were closed at once", kPatience)) << rig.daemon().log();
  }
  Await("room", [&] { return rig.Ctl(list)->Wait() == 0; });
  rig.Stop();
  rig.Start();
  rig.ExpectAllAcknowledged();
}

TEST(LimitsTest, ACrowdOfCustomersLeavesTechniciansTheirConnections) {
  Rig rig({.flags = {"--customer-listen", "127.0.0.1:0"}, .wrapper = {"/usr/bin/prlimit", "--nofile=400:400"}});
  int port = 0;
  const std::string& log = rig.daemon().log();
  constexpr char kSays[] = "serving customers on port ";
  ASSERT_TRUE(rig.daemon().AwaitLog(kSays, kPatience));
  ASSERT_TRUE(absl::SimpleAtoi(log.substr(log.find(kSays) + sizeof(kSays) - 1, 5), &port)) << log;
  const Crowd crowd(port, 600);
  ASSERT_TRUE(rig.daemon().AwaitLog("connections were closed at once", kPatience)) << log;
  for (int i = 0; i < 5; ++i) {
    const auto list = rig.Ctl({"queue", "list", "--token-file", rig.ann_token_file()});
    EXPECT_EQ(list->Wait(), 0) << list->output();
  }
}

TEST(LimitsTest, WithTooFewDescriptorsItDoesNotStart) {
  Rig rig;
  rig.Stop();
  try {
    rig.Start({"/usr/bin/prlimit", "--nofile=200:200"});
    FAIL() << "it serves with 200 descriptors";
  } catch (const std::runtime_error&) {
    EXPECT_TRUE(absl::StrContains(rig.daemon().log(), "the limit of open files is 200; at least 256")) << rig.daemon().log();
  }
}

// By how much there is, the last straw is an object, a thread or the memory of a library that aborts.
class MemoryLimitsTest : public testing::TestWithParam<size_t> {};

TEST_P(MemoryLimitsTest, WithoutMemoryItEndsAndLosesNothingThatWasAcknowledged) {
  Rig rig;
  const uint64_t session = rig.Create().session().session_id();
  // What it may have beyond what it has.
  std::ifstream status(absl::StrCat("/proc/", rig.daemon().pid(), "/status"));
  size_t data_kib = 0;
  for (std::string line; std::getline(status, line);) {
    if (absl::StartsWith(line, "VmData:")) (void)absl::SimpleAtoi(line.substr(7, line.find(" kB") - 7), &data_kib);
  }
  ASSERT_GT(data_kib, 0u);
  const rlimit limit{(data_kib + GetParam()) << 10, (data_kib + GetParam()) << 10};
  ASSERT_EQ(prlimit(rig.daemon().pid(), RLIMIT_DATA, &limit, nullptr), 0);
  absl::Status last;
  for (int i = 0; i < 3000 && last.ok(); ++i) {
    if (last = rig.TryUpdate(session, absl::StrCat(i)); last.ok()) last = rig.TryCreate();
  }
  EXPECT_EQ(last.code(), absl::StatusCode::kUnavailable) << last;
  const int code = rig.daemon().AwaitEnd(kPatience);
  EXPECT_TRUE(code == 70 || code == 128 + SIGABRT) << code;
  const std::string& log = rig.daemon().log();
  EXPECT_EQ(code == 70, absl::StrContains(log, "no memory is left") || absl::StrContains(log, "no thread can be started"))
      << log;
  rig.Start();
  rig.ExpectAllAcknowledged();
}

INSTANTIATE_TEST_SUITE_P(KiB, MemoryLimitsTest, testing::Values(8, 150, 520, 1024, 2048, 5000));

}  // namespace
}  // namespace guichet::faults

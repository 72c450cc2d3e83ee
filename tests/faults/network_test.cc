// Packets that are lost without a word: clients in a network namespace of their own, whose cable is cut.
#include <sched.h>

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/faults/rig.h"

namespace guichet::faults {
namespace {

void Command(const std::string& command) {
  if (std::system(command.c_str()) != 0) throw std::runtime_error(command);
}

// A place from which clients reach the daemon as 10.77.N.1 over a cable; N is its number.
class Far {
 public:
  // Runs guichetctl there.
  Far(int number, const std::vector<std::string>& words) : near_(absl::StrCat("near", number)) {
    const std::string far = absl::StrCat("far", number);
    std::string command =
        absl::StrCat("echo ready; until ip link show ", far, " >/dev/null 2>&1; do sleep 0.02; done; ip addr add 10.77.",
                     number, ".2/24 dev ", far, "; ip link set ", far, " up; exec ", GUICHETCTL);
    for (const std::string& word : words) absl::StrAppend(&command, " '", word, "'");
    child = std::make_unique<mail_test::Child>(std::vector<std::string>{"/usr/bin/unshare", "--net", "/bin/sh", "-c", command});
    while (child->NextLine() != "ready") {
    }
    Command(absl::StrCat("ip link add ", near_, " type veth peer name ", far));
    Command(absl::StrCat("ip addr add 10.77.", number, ".1/24 dev ", near_, " && ip link set ", near_, " up"));
    Command(absl::StrCat("ip link set ", far, " netns ", child->pid()));
  }
  void Cut() { Command(absl::StrCat("ip link set ", near_, " down")); }
  void Mend() { Command(absl::StrCat("ip link set ", near_, " up")); }

  std::unique_ptr<mail_test::Child> child;

 private:
  const std::string near_;
};

class NetworkTest : public ::testing::Test {
 protected:
  // Before there are threads.
  static void SetUpTestSuite() {
    if (unshare(CLONE_NEWNET) != 0) throw std::runtime_error("unshare: see tests/README.md, label namespaces");
    Command("ip link set lo up");
  }
  std::string FarAddress(int number) const { return absl::StrCat("10.77.", number, ".1:", rig.port()); }

  Rig rig{{.flags = {"--allow-plaintext"}, .listen = "0.0.0.0:0"}};
  wire::QueueWatcher watcher{rig.ann(), "ann"};
};

TEST_F(NetworkTest, ADeviceThatIsCutOffReconnectsAndComesBack) {
  const auto created = rig.Create();
  const uint64_t session = created.session().session_id();
  Far device(1, {"--address", FarAddress(1), "--insecure", "applet", "attach", "--token", rig.Redeem(created.code())});
  watcher.AwaitState(session, pb::ENTRY_STATE_WAITING);
  pb::StartSessionRequest start;
  start.mutable_target()->set_session_id(session);
  wire::Must<pb::StartSessionResponse>(rig.ann(), start);
  device.Cut();
  watcher.AwaitState(session, pb::ENTRY_STATE_RECONNECTING);
  device.Mend();
  watcher.AwaitState(session, pb::ENTRY_STATE_ACTIVE);
}

TEST_F(NetworkTest, AWatcherThatWasCutOffMissesNothing) {
  const uint64_t session = rig.Create().session().session_id();
  Far watch(2, {"--address", FarAddress(2), "--insecure", "watch", "--token-file", rig.ann_token_file(), "-o", "json"});
  ASSERT_TRUE(rig.TryUpdate(session, "first").ok());
  while (!absl::StrContains(watch.child->NextLine(), "\"first\"")) {
  }
  int sent = 0;
  for (int cut = 0; cut < 3; ++cut) {
    watch.Cut();
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(rig.TryUpdate(session, absl::StrCat("number-", sent++, ".")).ok());
    watch.Mend();
    for (int i = 0; i < 30; ++i) ASSERT_TRUE(rig.TryUpdate(session, absl::StrCat("number-", sent++, ".")).ok());
  }
  ExpectNumbersInOrder(*watch.child, sent);
}

}  // namespace
}  // namespace guichet::faults

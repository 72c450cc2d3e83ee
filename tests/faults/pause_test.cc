// SIGSTOP, of the daemon and of its clients, and what comes after SIGCONT.
#include <signal.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/faults/rig.h"

namespace guichet::faults {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr size_t kQuarantine = 256 << 20;  // what AddressSanitizer keeps of memory that was freed
#else
constexpr size_t kQuarantine = 0;
#endif

class PauseTest : public ::testing::Test {
 protected:
  // Until the process has had no time for so long, by the time of the machine.
  static void Pause(pid_t pid, absl::Duration length) {
    kill(pid, SIGSTOP);
    const absl::Time end = absl::Now() + length;
    Await("the end of a pause", [&] { return absl::Now() > end; });
    kill(pid, SIGCONT);
  }
  // A session with its device, as `guichetctl applet attach`, and ann on it.
  std::unique_ptr<mail_test::Child> Attach(uint64_t session, const std::string& token) {
    auto applet = rig.Ctl({"applet", "attach", "--token", token});
    watcher.AwaitState(session, pb::ENTRY_STATE_WAITING);
    pb::StartSessionRequest start;
    start.mutable_target()->set_session_id(session);
    wire::Must<pb::StartSessionResponse>(rig.ann(), start);
    watcher.AwaitState(session, pb::ENTRY_STATE_ACTIVE);
    return applet;
  }

  Rig rig;
  wire::QueueWatcher watcher{rig.ann(), "ann"};
};

TEST_F(PauseTest, ADaemonThatStoodStillTakesNobodyForLost) {
  const auto created = rig.Create();
  const uint64_t session = created.session().session_id();
  const auto applet = Attach(session, rig.Redeem(created.code()));
  Pause(rig.daemon().pid(), absl::Seconds(4));  // four times the grace of devices
  // The next heartbeats have come in when the device has been heard for another grace.
  const absl::Time later = absl::Now() + absl::Seconds(3);
  std::string last;
  for (int i = 0; absl::Now() < later; ++i) ASSERT_TRUE(rig.TryUpdate(session, last = absl::StrCat(i)).ok());
  const auto view = watcher.Await("the last update", [&](const wire::QueueWatcher::View& v) {
    const auto entry = v.entries.find(session);
    return entry != v.entries.end() && entry->second.session().tracking_id() == last;
  });
  for (const pb::QueueChange& change : view.changes) {
    EXPECT_NE(change.entry().state(), pb::ENTRY_STATE_RECONNECTING) << change.ShortDebugString();
  }
  rig.ExpectAllAcknowledged();
}

TEST_F(PauseTest, ADeviceThatStoodStillReconnectsAndComesBack) {
  const auto created = rig.Create();
  const uint64_t session = created.session().session_id();
  const auto applet = Attach(session, rig.Redeem(created.code()));
  kill(applet->pid(), SIGSTOP);
  watcher.AwaitState(session, pb::ENTRY_STATE_RECONNECTING);
  kill(applet->pid(), SIGCONT);
  watcher.AwaitState(session, pb::ENTRY_STATE_ACTIVE);
}

TEST_F(PauseTest, AWatcherThatStoodStillGetsEveryChangeAndCostsTheOthersNothing) {
  const uint64_t session = rig.Create().session().session_id();
  auto stopped = rig.Ctl({"watch", "--token-file", rig.ann_token_file(), "-o", "json"});
  ASSERT_TRUE(rig.TryUpdate(session, "first").ok());
  while (!absl::StrContains(stopped->NextLine(), "\"first\"")) {
  }
  const size_t before = Resident(rig.daemon().pid());
  kill(stopped->pid(), SIGSTOP);
  constexpr int kUpdates = 4000;
  for (int i = 0; i < kUpdates; ++i) ASSERT_TRUE(rig.TryUpdate(session, absl::StrCat("number-", i, ".")).ok());
  watcher.Await("the last update", [&](const wire::QueueWatcher::View& v) {
    const auto entry = v.entries.find(session);
    return entry != v.entries.end() && entry->second.session().tracking_id() == absl::StrCat("number-", kUpdates - 1, ".");
  });
  EXPECT_LT(Resident(rig.daemon().pid()), before + (128 << 20) + kQuarantine);
  kill(stopped->pid(), SIGCONT);
  ExpectNumbersInOrder(*stopped, kUpdates);
}

}  // namespace
}  // namespace guichet::faults

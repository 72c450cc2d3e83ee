// More than the daemon can write: its disk hangs while commands come in at ten times what it can hold.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "tests/faults/rig.h"

namespace guichet::faults {
namespace {

// A stream of updates, as many in flight as it may have; an answer makes room for the next.
class Sender {
 public:
  Sender(const client::Client& client, uint64_t session)
      : stream_(client.Open(pb::ExecuteCommandsRequest())), session_(session) {
    writer_ = std::thread([this] { Write(); });
    reader_ = std::thread([this] { Read(); });
  }
  ~Sender() {
    stream_->Cancel();
    writer_.join();
    reader_.join();
  }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // Sends so many more.
  void Send(size_t count) {
    absl::MutexLock lock(&mu_);
    wanted_ += count;
  }
  struct Counts {
    size_t done = 0;
    size_t overloaded = 0;
    size_t others = 0;
    size_t all() const { return done + overloaded + others; }
  };
  Counts counts() const {
    absl::MutexLock lock(&mu_);
    return counts_;
  }

 private:
  void Write() {
    for (uint64_t tag = 1;; ++tag) {
      {
        absl::MutexLock lock(&mu_);
        mu_.Await(absl::Condition(this, &Sender::MayWrite));
        if (ended_) return;
        ++sent_;
      }
      pb::ExecuteCommandsRequest request;
      request.set_tag(tag);
      pb::UpdateSessionRequest& update = *request.mutable_update();
      update.mutable_target()->set_session_id(session_);
      update.set_request_id(absl::StrCat("s", session_, "-", tag));
      update.mutable_session()->set_tracking_id(absl::StrCat(tag));
      if (!stream_->Write(request)) return;
    }
  }
  void Read() {
    pb::ExecuteCommandsResponse response;
    while (stream_->Read(&response)) {
      absl::MutexLock lock(&mu_);
      ++(response.has_effect()                       ? counts_.done
         : response.error().reason() == "OVERLOADED" ? counts_.overloaded
                                                     : counts_.others);
    }
    absl::MutexLock lock(&mu_);
    ended_ = true;
  }
  bool MayWrite() const ABSL_SHARED_LOCKS_REQUIRED(mu_) { return ended_ || (sent_ < wanted_ && sent_ - counts_.all() < 1000); }

  const std::unique_ptr<client::Stream> stream_;
  const uint64_t session_;
  mutable absl::Mutex mu_;
  size_t wanted_ ABSL_GUARDED_BY(mu_) = 0;
  size_t sent_ ABSL_GUARDED_BY(mu_) = 0;
  Counts counts_ ABSL_GUARDED_BY(mu_);
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  std::thread writer_;
  std::thread reader_;
};

TEST(OverloadTest, IsRefusedWhileTheDiskHangsWithinAMemoryBudgetAndEndsByItself) {
  std::string folder = (std::filesystem::temp_directory_path() / "guichet-hang-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string hang = folder + "/hang";
  Rig rig({.wrapper = {"/usr/bin/env", absl::StrCat("LD_PRELOAD=", HANGING_DISK), absl::StrCat("GUICHET_HANG=", hang)}});
  constexpr size_t kSenders = 48;  // with 1,000 commands in flight each: twice what the queue and the batches hold
  std::vector<std::unique_ptr<Sender>> senders;
  for (size_t i = 0; i < kSenders; ++i)
    senders.push_back(std::make_unique<Sender>(rig.ann(), rig.Create().session().session_id()));
  auto count = [&] {
    Sender::Counts sum;
    for (const auto& sender : senders) {
      const auto counts = sender->counts();
      sum.done += counts.done;
      sum.overloaded += counts.overloaded;
      sum.others += counts.others;
    }
    return sum;
  };
  for (auto& sender : senders) sender->Send(100);
  Await("the first answers", [&] { return count().done == kSenders * 100; });
  const size_t before = Resident(rig.daemon().pid());

  std::ofstream(hang) << "now";
  for (auto& sender : senders) sender->Send(5000);
  // Of 240,000 commands, ten times what can wait, all others are answered although nothing gets to the disk.
  Await("refusals", [&] { return count().overloaded > 150000; });
  EXPECT_LT(Resident(rig.daemon().pid()), before + (300 << 20));
  const size_t done_while_hanging = count().done - kSenders * 100;
  EXPECT_LT(done_while_hanging, 20000u);  // what was on its way when the disk hung

  std::filesystem::remove(hang);
  Await("all answers", [&] { return count().all() == kSenders * 5100; });
  EXPECT_EQ(count().others, 0u);
  EXPECT_GT(count().done, done_while_hanging + kSenders * 100);
  // It is as before: everything is taken.
  const auto refused = count().overloaded;
  for (auto& sender : senders) sender->Send(100);
  Await("the last answers", [&] { return count().all() == kSenders * 5200; });
  EXPECT_EQ(count().overloaded, refused);
  senders.clear();
  rig.Stop();
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace guichet::faults

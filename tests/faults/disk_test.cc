// Disks that are full or read-only: a tmpfs in a mount namespace of this process.
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/faults/rig.h"

namespace guichet::faults {
namespace {

constexpr size_t kMiB = 1 << 20;

// Mounted where nobody else sees it.
class Disk {
 public:
  explicit Disk(size_t bytes) {
    std::string name = (std::filesystem::temp_directory_path() / "guichet-disk-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
    Mount(0, absl::StrCat("size=", bytes));
  }
  ~Disk() {
    (void)umount2(path_.c_str(), MNT_DETACH);
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  const std::string& path() const { return path_; }
  size_t available() const { return std::filesystem::space(path_).available; }
  // Leaves so many bytes free.
  void FillUp(size_t but) {
    std::ofstream file(path_ + "/ballast", std::ios::binary | std::ios::app);
    const std::string page(4096, 'x');
    while (available() > but) {
      file.write(page.data(), static_cast<std::streamsize>(page.size()));
      file.flush();
      if (!file) break;
    }
  }
  void MakeRoom() const { std::filesystem::remove(path_ + "/ballast"); }
  void ReadOnly(bool on) { Mount(MS_REMOUNT | (on ? MS_RDONLY : 0), ""); }

 private:
  void Mount(unsigned long flags, const std::string& options) {
    if (mount("guichet", path_.c_str(), "tmpfs", flags, options.c_str()) != 0) throw std::runtime_error("mount of a tmpfs");
  }
  std::string path_;
};

class DiskTest : public ::testing::Test {
 protected:
  // Before there are threads.
  static void SetUpTestSuite() {
    if (unshare(CLONE_NEWNS) != 0) throw std::runtime_error("unshare: see tests/README.md, label namespaces");
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) throw std::runtime_error("mount --make-rprivate");
  }

  Disk disk{128 * kMiB};
};

TEST_F(DiskTest, AFullDiskEndsTheDaemonAndLosesNothingThatWasAcknowledged) {
  Rig rig({.flags = {"--min-free-disk-mib", "0"}, .data = disk.path() + "/data"});
  const uint64_t session = rig.Create().session().session_id();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(rig.TryUpdate(session, absl::StrCat(i)).ok());
  disk.FillUp(0);
  absl::Status status;
  for (int i = 100; status.ok(); ++i) status = rig.TryUpdate(session, absl::StrCat(i, std::string(40, '-')));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(rig.daemon().AwaitEnd(kPatience), 70);
  EXPECT_TRUE(absl::StrContains(rig.daemon().log(), "No space left on device")) << rig.daemon().log();

  std::string log;
  EXPECT_EQ(rig.StartInVain(&log), 1);
  EXPECT_TRUE(absl::StrContains(log, "make room")) << log;

  disk.MakeRoom();
  rig.Start();
  rig.ExpectAllAcknowledged();
  EXPECT_TRUE(rig.TryCreate().ok());
}

TEST_F(DiskTest, BeforeItIsFullNothingBeginsAndWhatRunsCanBeEnded) {
  Rig rig({.flags = {"--min-free-disk-mib", "32"}, .data = disk.path() + "/data"});
  const uint64_t session = rig.Create().session().session_id();
  disk.FillUp(16 * kMiB);
  absl::Status status;
  Await("the guard", [&] { return !(status = rig.TryCreate()).ok(); });
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "disk")) << status;
  EXPECT_TRUE(rig.TryUpdate(session, "still").ok());
  rig.ExpectAllAcknowledged();
  rig.End(session);
  disk.MakeRoom();
  Await("room", [&] { return rig.TryCreate().ok(); });
}

TEST_F(DiskTest, AReadOnlyDiskIsRefusedAtTheStart) {
  Rig rig({.flags = {"--min-free-disk-mib", "0"}, .data = disk.path() + "/data"});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(rig.TryCreate().ok());
  rig.Stop();
  disk.ReadOnly(true);
  std::string log;
  EXPECT_EQ(rig.StartInVain(&log), 1);
  EXPECT_TRUE(absl::StrContains(log, "Read-only file system")) << log;
  EXPECT_TRUE(absl::StrContains(log, disk.path())) << log;
  disk.ReadOnly(false);
  rig.Start();
  rig.ExpectAllAcknowledged();
}

}  // namespace
}  // namespace guichet::faults

// Days that everything must survive: seeds that have found something are kept.
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tools/sim/simulation.h"

namespace guichet::sim {
namespace {

class Days : public testing::Test {
 protected:
  Days() {
    std::string name = (std::filesystem::temp_directory_path() / "guichet-days-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~Days() override { std::filesystem::remove_all(root_); }
  Report Play(uint64_t seed, int hours, bool faults = true) {
    return Simulation({.seed = seed, .hours = hours, .faults = faults, .what_if = true, .folder = (root_ / "store").string()})
        .Run();
  }

 private:
  std::filesystem::path root_;
};

TEST_F(Days, TheSameSeedPlaysTheSameDay) {
  const Report first = Play(7, 12);
  const Report second = Play(7, 12);
  EXPECT_EQ(first.broken, "");
  EXPECT_GT(first.events, 500u);
  EXPECT_EQ(first.events, second.events);
  EXPECT_EQ(first.hash, second.hash);
  EXPECT_EQ(first.crashes, second.crashes);
  EXPECT_NE(first.hash, Play(8, 12).hash);
}

// 2: the clock was set back between two lives of the daemon. 3: a technician was deleted who had his console attached.
TEST_F(Days, HoldUnderFaults) {
  size_t rows = 0;
  uint64_t crashes = 0, decisions = 0, timers = 0;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    const Report report = Play(seed, 24);
    EXPECT_EQ(report.broken, "") << "seed " << seed << ": guichet-sim --seed " << seed << " --hours 24 --log";
    rows = std::max(rows, report.rows);
    crashes += report.crashes;
    decisions += report.decisions;
    timers += report.timers;
  }
  EXPECT_GT(rows, 50u) << "of the state table";
  EXPECT_GT(crashes, 8u);
  EXPECT_GT(decisions, 1000u) << "that a replay of the log made again";
  EXPECT_GT(timers, 1000u);
}

TEST_F(Days, WithoutFaultsNothingCrashes) {
  const Report report = Play(1, 24, false);
  EXPECT_EQ(report.broken, "");
  EXPECT_EQ(report.crashes, 0u);
  EXPECT_FALSE(report.refusals.empty()) << "people are late and get in each other's way";
}

}  // namespace
}  // namespace guichet::sim

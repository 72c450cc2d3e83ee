// Long random runs of routing: every decision can be made again from its record and from the organization, nobody is overtaken
// beyond the bound of priorities, and no session waits that somebody could have. GUICHET_SEED=… repeats one run.
#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/statemachine/routed_run.h"

namespace guichet::testing {
namespace {

constexpr int kSeeds = 5;
constexpr int kSteps = 3000;

TEST(RoutingRandom, EveryDecisionIsExplainedAndNothingIsLeftWaiting) {
  const char* one = std::getenv("GUICHET_SEED");
  const uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
  int decisions = 0;
  int redirects = 0;
  for (uint64_t seed = first; seed < first + (one != nullptr ? 1 : kSeeds); ++seed) {
    SCOPED_TRACE(absl::StrCat("GUICHET_SEED=", seed));
    RoutedRun run(seed);
    for (int i = 0; i < kSteps && !::testing::Test::HasFailure(); ++i) run.Step();
    if (::testing::Test::HasFailure()) {
      std::cout << "failed with GUICHET_SEED=" << seed << "\n";
      return;
    }
    decisions += run.decisions;
    redirects += run.redirects;
  }
  std::cout << decisions << " decisions, " << redirects << " redirects, seeds from " << first << "\n";
  if (one != nullptr) return;
  EXPECT_GT(decisions, kSteps / 5);
  EXPECT_GT(redirects, kSteps / 100);
}

}  // namespace
}  // namespace guichet::testing

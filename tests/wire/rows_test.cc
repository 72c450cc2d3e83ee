// Every row of the state table over the wire: driven through the public API, seen in WatchQueue of the technician whose view it
// is.
#include <set>

#include "gtest/gtest.h"
#include "tests/wire/scenarios.h"
#include "tests/wire/shared_daemon.h"

namespace guichet::wire {
namespace {

class Wire : public SharedDaemon, public ::testing::WithParamInterface<Scenario> {};

TEST_P(Wire, Row) {
  Stage stage(daemon(), GetParam().row);
  GetParam().run(stage);
  stage.CheckQueues();
}

INSTANTIATE_TEST_SUITE_P(Rows, Wire, ::testing::ValuesIn(AllScenarios()),
                         [](const ::testing::TestParamInfo<Scenario>& info) { return info.param.row; });

TEST(Rows, EveryRowOfTheTableHasOneScenario) {
  std::multiset<std::string> table, scenarios;
  for (const Transition& row : Table()) table.insert(std::string(row.row));
  for (const Scenario& scenario : AllScenarios()) scenarios.insert(scenario.row);
  EXPECT_EQ(table, scenarios);
}

}  // namespace
}  // namespace guichet::wire

// The table as data: its counts, its rules and what is printed of it.
#include "statemachine/table.h"

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "gtest/gtest.h"

namespace guichet {
namespace {

size_t RowsOf(char letter) {
  size_t count = 0;
  for (const Transition& row : Table()) count += row.row.front() == letter;
  return count;
}

// Compares with a file of goldens/; writes it when UPDATE_GOLDENS is set.
void ExpectGolden(const std::string& name, const std::string& text) {
  const std::string path = std::string(GUICHET_STATEMACHINE_GOLDENS "/") + name;
  if (std::getenv("UPDATE_GOLDENS") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  std::stringstream golden;
  golden << file.rdbuf();
  EXPECT_EQ(golden.str(), text) << "run with UPDATE_GOLDENS=1 to rewrite " << path;
}

TEST(Table, HasTheRowsOfTheSpecificationAndItsAdditions) {
  EXPECT_EQ(RowsOf('A'), 62u);
  EXPECT_EQ(RowsOf('M'), 5u);
  EXPECT_EQ(RowsOf('X'), 21u);
  EXPECT_EQ(RowsOf('A') + RowsOf('M') + RowsOf('X'), Table().size());
}

TEST(Table, AdditionsAreNewPairs) {
  std::set<std::pair<EntryState, EntryState>> pairs;
  for (const Transition& row : Table()) {
    const bool known = !pairs.insert({row.from, row.to}).second;
    EXPECT_FALSE(known && row.row.front() == 'X') << row.row;
  }
}

TEST(Table, FindRowPrefersTheTriggerAndTheKindOfSession) {
  auto row = [](EntryState from, EntryState to, Trigger trigger, bool monitoring) -> std::string {
    const auto found = FindRow(from, to, trigger, monitoring);
    return found ? std::string(Table()[*found].row) : "none";
  };
  EXPECT_EQ(row(EntryState::kWaiting, EntryState::kActive, Trigger::kStart, false), "A03");
  EXPECT_EQ(row(EntryState::kWaiting, EntryState::kActive, Trigger::kStart, true), "M02");
  EXPECT_EQ(row(EntryState::kCollaboration, EntryState::kRemoved, Trigger::kIdleTimeout, false), "A47");
  EXPECT_EQ(row(EntryState::kCollaboration, EntryState::kRemoved, Trigger::kRemoveTechnician, false), "A50");
  EXPECT_EQ(row(EntryState::kCollaboration, EntryState::kRemoved, Trigger::kLeave, false), "A47");
  EXPECT_EQ(row(EntryState::kInvitation, EntryState::kWaiting, Trigger::kConsoleLostPolicy, false), "none");
  EXPECT_EQ(row(EntryState::kRemoved, EntryState::kWaiting, Trigger::kStart, false), "none");
}

TEST(Table, NamesOfTriggersAreDistinct) {
  std::set<std::string_view> names;
  for (int i = 1; i < kTriggerCount; ++i) EXPECT_TRUE(names.insert(Name(static_cast<Trigger>(i))).second) << i;
}

TEST(Table, MarkdownIsTheGolden) { ExpectGolden("state_table.md", TableAsMarkdown()); }

TEST(Table, DotIsTheGolden) { ExpectGolden("state_table.dot", TableAsDot()); }

}  // namespace
}  // namespace guichet

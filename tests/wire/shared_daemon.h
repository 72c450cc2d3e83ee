// One daemon for all tests of a suite; each test has an organization of its own.
#pragma once

#include <memory>

#include "gtest/gtest.h"
#include "tests/wire/harness.h"

namespace guichet::wire {

class SharedDaemon : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { daemon_ = std::make_unique<TestDaemon>(); }
  static void TearDownTestSuite() {
    EXPECT_EQ(daemon_->Metric("guichet_invariant_violations_total"), 0) << "an entry changed along no row of the table";
    daemon_.reset();
  }
  static TestDaemon& daemon() { return *daemon_; }

 private:
  static inline std::unique_ptr<TestDaemon> daemon_;
};

}  // namespace guichet::wire

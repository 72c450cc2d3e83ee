// What a session is told of its wait when it joins its queue, and what is learnt from how that comes out.
#include "gtest/gtest.h"
#include "statemachine/limits.h"
#include "tests/statemachine/world.h"

namespace guichet::testing {
namespace {

using std::chrono::minutes;

class WaitTold : public ::testing::Test {
 protected:
  WaitTold() {
    world.Channel({kAnn, kBob});
    for (size_t i = 0; i < 2 * limits::kEstimateServed; ++i) Serve(world.FromChannel());
  }
  void Serve(SessionId id) {
    world.Wait(minutes(1));
    world.Do(Start(id, kAnn));
    world.Wait(minutes(10));
    world.Do(End(id, kAnn));
  }
  const QueueStats& stats() { return world.org.stats.at(Queue{kWeb, {}}); }
  World world;
};

TEST_F(WaitTold, IsToldOnceThoughTheDeviceGoesAndComesBack) {
  const SessionId id = world.FromChannel();
  const std::optional<WaitEstimate> told = world.Get(id).told;
  ASSERT_TRUE(told.has_value());
  world.Wait(minutes(30));
  world.Do(Lose(id));
  world.Do(Attach(id));
  EXPECT_EQ(world.Get(id).told, told) << "it kept its place, and what it was told then";
}

TEST_F(WaitTold, ATransferThatIsTakenBackTeachesNothing) {
  const SessionId id = world.FromChannel();
  const std::optional<WaitEstimate> told = world.Get(id).told;
  const QueueStats before = stats();
  world.Wait(minutes(5));
  world.Do(Transfer(id, kAnn, kBob));
  world.Do(Cancel(id, kAnn));
  EXPECT_EQ(stats(), before);
  EXPECT_EQ(world.Get(id).told, told);
  Serve(id);
  EXPECT_NE(stats(), before);
}

TEST_F(WaitTold, WhatWasLearntGoesWithTheChannelAndWithTheGroup) {
  Step step = world.Do(command::DeleteChannel{kWeb});
  EXPECT_EQ(step.touched.queues, (std::vector<Queue>{{kWeb, {}}})) << "so that its record is dropped";
  EXPECT_TRUE(world.org.stats.empty());
}

}  // namespace
}  // namespace guichet::testing

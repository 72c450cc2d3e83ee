// urgent_time: the alert levels of a group, in reads, lists and watches, also behind the entries in memory.
#include "tests/api/queue_fold.h"

namespace guichet::api_test {
namespace {

class Urgency : public ::testing::Test {
 protected:
  static router::DaemonOptions FewInMemory() {
    router::DaemonOptions options;
    options.ring_entries = 4;
    return options;
  }
  Urgency() : world(FewInMemory()), sessions(world) {
    pb::UpdateGroupRequest request;
    request.mutable_group()->set_group_id("desk");
    request.mutable_group()->mutable_settings()->mutable_connecting_alert()->set_seconds(60);
    request.mutable_group()->mutable_settings()->mutable_waiting_alert()->set_seconds(30);
    world.Must<pb::UpdateGroupResponse>(request, world.admin);
    sessions.Attach(world.ann);
    sessions.Attach(world.bob);
  }
  int64_t Now() { return world.daemon.clock().Now().time_since_epoch().count() / 1000; }

  World world;
  Sessions sessions;
};

TEST_F(Urgency, FollowsTheStateAndTheLevels) {
  const int64_t start = Now();
  const Entered entered = world.Enter();
  EXPECT_EQ(world.Get(entered.id).urgent_time().seconds(), start + 60);
  const uint64_t own = world.CreatePin(world.ann).session().session_id();
  EXPECT_EQ(world.Get(own).urgent_time().seconds(), start + 60);
  world.daemon.clock().Advance(seconds(5));
  Device device(world.client(), entered.token);
  device.Hello();
  EXPECT_EQ(world.Get(entered.id).urgent_time().seconds(), start + 35);
  world.daemon.clock().Advance(seconds(5));

  pb::UpdateGroupRequest levels;
  levels.mutable_group()->set_group_id("desk");
  levels.mutable_group()->mutable_settings()->mutable_waiting_alert()->set_seconds(7);
  levels.mutable_group()->mutable_settings()->mutable_connecting_alert();
  world.Must<pb::UpdateGroupResponse>(levels, world.admin);
  EXPECT_EQ(world.Get(entered.id).urgent_time().seconds(), start + 12);
  EXPECT_FALSE(world.Get(own).has_urgent_time());

  world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(entered.id), world.ann);
  EXPECT_FALSE(world.Get(entered.id).has_urgent_time());
}

TEST_F(Urgency, WatchesShowItAlsoFromTheLogOnDisk) {
  QueueWatch watch(world.client(), {}, world.ann);
  Fold live;
  live.Add(watch.Next());
  const std::string token = live.token;
  Play(world, sessions);
  world.Enter();
  const uint64_t until = Mark(world);
  for (const auto& message : ReadUntil(world, watch, until)) live.Add(message);
  EXPECT_EQ(Shown(live.entries), Listed(world, {}, world.ann));

  pb::WatchQueueRequest request;
  request.set_resume_token(token);
  QueueWatch resumed(world.client(), request, world.ann);
  Fold late;
  for (const auto& message : ReadUntil(world, resumed, until)) late.Add(message);
  EXPECT_EQ(late.snapshots, 0);
  EXPECT_EQ(Shown(late.entries), Listed(world, {}, world.ann));
  size_t urgent = 0;
  for (const auto& [id, entry] : late.entries) urgent += entry.session().has_urgent_time() ? 1 : 0;
  EXPECT_GE(urgent, 3u);

  QueueWatch fresh(world.client(), {}, world.ann);
  Fold now;
  now.Add(fresh.Next());
  EXPECT_EQ(Shown(now.entries), Listed(world, {}, world.ann));
}

}  // namespace
}  // namespace guichet::api_test

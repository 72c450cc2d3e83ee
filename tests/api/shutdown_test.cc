// Stop while streams and calls are open: every call ends, and Stop returns.
#include <atomic>
#include <thread>

#include "tests/api/sessions.h"

namespace guichet::api_test {
namespace {

class Shutdown : public ::testing::Test {
 protected:
  World world;
};

TEST_F(Shutdown, EveryOpenStreamEndsWithDraining) {
  Sessions sessions(world);
  sessions.Attach(world.ann);
  sessions.Waiting();
  QueueWatch queue(world.client(), {}, world.ann);
  queue.Next();
  TechnicianWatch technicians(world.client(), {}, world.ann);
  technicians.Next();
  Attached<pb::SessionService::Stub, pb::ExecuteCommandsRequest, pb::ExecuteCommandsResponse> commands(
      world.client(), &pb::SessionService::Stub::ExecuteCommands, world.ann);
  pb::ExecuteCommandsRequest create;
  create.mutable_create();
  commands.Send(create);
  commands.Next();
  world.daemon.Stop();
  for (const Outcome& outcome :
       {queue.End(), technicians.End(), commands.End(), sessions.consoles[0]->End(), sessions.devices[0]->End()}) {
    EXPECT_EQ(outcome.code, grpc::UNAVAILABLE) << outcome;
    EXPECT_EQ(outcome.reason, "DRAINING") << outcome;
    EXPECT_TRUE(outcome.retry.has_value());
  }
  EXPECT_EQ(world.Call<pb::GetPrincipalResponse>(pb::GetPrincipalRequest(), world.ann).outcome.code, grpc::UNAVAILABLE);
}

TEST_F(Shutdown, TimeGoesOnThoughTheClockWasSetBackMeanwhile) {
  const auto before = world.CreatePin(world.ann).session();
  world.daemon.Stop();
  world.daemon.clock().Advance(-std::chrono::hours(1));
  world.daemon.Restart();
  const auto after = world.CreatePin(world.ann).session();
  EXPECT_EQ(after.create_time().seconds(), before.create_time().seconds());
  world.daemon.clock().Advance(std::chrono::minutes(11));
  EXPECT_EQ(world.Get(after.session_id()).outcome(), pb::OUTCOME_CONNECTING_TIMED_OUT) << "its timers run";
}

TEST_F(Shutdown, UnderLoadEveryCallEndsAndWhatWasAnsweredIsKept) {
  for (int round = 0; round < 3; ++round) {
    std::atomic<uint64_t> answered = 0;
    std::atomic<bool> bad = false;
    std::vector<std::thread> threads;
    const int port = world.daemon.daemon().port();
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, port] {
        Client client(port);
        pb::SubmitFormRequest enter;
        enter.set_organization_id("acme");
        enter.set_channel_id("help");
        enter.set_device_id("d");
        while (true) {
          auto answer = client.Call<pb::SubmitFormResponse>(enter, "");
          if (!answer.ok()) {
            bad = bad || (answer.outcome.code != grpc::UNAVAILABLE && answer.outcome.code != grpc::CANCELLED);
            return;
          }
          uint64_t seen = answered.load();
          while (seen < answer->session_id() && !answered.compare_exchange_weak(seen, answer->session_id())) {
          }
        }
      });
    }
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, port] {
        Client client(port);
        QueueWatch watch(client, {}, world.ann);
        const Outcome outcome = watch.End();
        bad = bad || outcome.code != grpc::UNAVAILABLE;
      });
    }
    const uint64_t before = world.Enter().id;
    while (answered.load() < before + 200 && !bad) std::this_thread::yield();
    world.daemon.Stop();
    for (std::thread& thread : threads) thread.join();
    EXPECT_FALSE(bad);
    world.daemon.Restart();
    EXPECT_EQ(world.Get(answered).session_id(), answered.load());
    EXPECT_GT(world.Enter().id, answered.load());
  }
}

TEST_F(Shutdown, AReaderThatStandsStillDoesNotHoldItUp) {
  for (int i = 0; i < 400; ++i) world.Enter();
  std::vector<std::unique_ptr<QueueWatch>> watches;
  for (int i = 0; i < 8; ++i)
    watches.push_back(std::make_unique<QueueWatch>(world.client(), pb::WatchQueueRequest(), world.ann));
  const auto started = std::chrono::steady_clock::now();
  world.daemon.Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - started, seconds(15));
  for (auto& watch : watches) EXPECT_FALSE(watch->End().ok());
}

TEST_F(Shutdown, StopTwiceIsNoError) {
  world.daemon.Stop();
  world.daemon.Stop();
  world.daemon.Restart();
  EXPECT_TRUE(world.Call<pb::GetPrincipalResponse>(pb::GetPrincipalRequest(), world.ann).ok());
}

TEST_F(Shutdown, TwoDaemonsDoNotShareAPort) {
  router::DaemonOptions options;
  options.data = world.daemon.folder() + "/second";
  options.listen = "127.0.0.1:" + std::to_string(world.daemon.daemon().port());
  auto second = router::Daemon::Start(options);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable) << second.status();
}

}  // namespace
}  // namespace guichet::api_test

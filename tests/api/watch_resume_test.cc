// WatchQueue: a watch that was cut goes on after its last message, whatever happened between.
#include "router/limits.h"
#include "tests/api/queue_fold.h"

namespace guichet::api_test {
namespace {

class WatchResume : public ::testing::Test {
 protected:
  WatchResume() : sessions(world) {
    sessions.Attach(world.ann);
    sessions.Attach(world.bob);
  }
  std::vector<pb::WatchQueueResponse> From(const std::string& token, uint64_t until, const std::string& of) {
    pb::WatchQueueRequest request;
    request.set_resume_token(token);
    QueueWatch watch(world.client(), request, of);
    return ReadUntil(world, watch, until);
  }
  // Every message's token gives exactly the messages after it.
  void EveryTokenGivesTheRest(const std::vector<pb::WatchQueueResponse>& all, uint64_t until, const std::string& of) {
    for (size_t i = 0; i + 1 < all.size(); ++i) {
      if (all[i].resume_token().empty()) continue;
      const auto rest = From(all[i].resume_token(), until, of);
      ASSERT_EQ(rest.size(), all.size() - i - 1) << "after " << all[i].ShortDebugString();
      for (size_t k = 0; k < rest.size(); ++k) EXPECT_EQ(rest[k].DebugString(), all[i + 1 + k].DebugString());
    }
  }
  World world;
  Sessions sessions;
};

TEST_F(WatchResume, EveryTokenGivesExactlyTheRest) {
  QueueWatch watch(world.client(), {}, world.ann);
  std::vector<pb::WatchQueueResponse> all = {watch.Next()};
  Play(world, sessions);
  const uint64_t until = Mark(world);
  for (auto& message : ReadUntil(world, watch, until)) all.push_back(std::move(message));
  EXPECT_GT(all.size(), 30u);
  EveryTokenGivesTheRest(all, until, world.ann);
}

TEST_F(WatchResume, WithinARevisionOfManyChangesToo) {
  for (int i = 0; i < 3; ++i) sessions.Collaboration(world.bob, "ann", world.ann);
  QueueWatch watch(world.client(), {}, world.ann);
  std::vector<pb::WatchQueueResponse> all = {watch.Next()};
  pb::DeleteTechnicianRequest remove;
  remove.set_technician_id("bob");
  world.Must<pb::DeleteTechnicianResponse>(remove, world.admin);
  const uint64_t until = Mark(world);
  for (auto& message : ReadUntil(world, watch, until)) all.push_back(std::move(message));
  ASSERT_EQ(all.size(), 5u);
  EveryTokenGivesTheRest(all, until, world.ann);
  world.daemon.Restart();
  sessions.consoles.clear();
  sessions.devices.clear();
  EveryTokenGivesTheRest(all, until, world.ann);
}

TEST_F(WatchResume, CutAfterEveryKthMessageFoldsToTheList) {
  for (size_t k = 1; k <= 4; ++k) {
    Fold fold;
    Play(world, sessions);
    const uint64_t until = Mark(world);
    while (fold.revision < until) {
      pb::WatchQueueRequest request;
      request.set_resume_token(fold.token);
      QueueWatch watch(world.client(), request, world.bob);
      for (size_t i = 0; i < k && fold.revision < until; ++i) fold.Add(watch.Next());
    }
    EXPECT_EQ(fold.snapshots, 1);
    EXPECT_EQ(Shown(fold.entries), Listed(world, {}, world.bob));
    for (const auto& [id, entry] : fold.entries) {  // room for the next round
      auto end = World::On<pb::EndSessionRequest>(id);
      (void)world.Call<pb::EndSessionResponse>(end, world.ann);
      (void)world.Call<pb::EndSessionResponse>(end, world.bob);
    }
  }
}

TEST_F(WatchResume, AfterARestart) {
  QueueWatch watch(world.client(), {}, world.ann);
  std::vector<pb::WatchQueueResponse> all = {watch.Next()};
  Play(world, sessions);
  const uint64_t until = Mark(world);
  for (auto& message : ReadUntil(world, watch, until)) all.push_back(std::move(message));
  world.daemon.Restart();
  EveryTokenGivesTheRest(all, until, world.ann);
  const uint64_t more = Mark(world);
  EXPECT_EQ(From(all.back().resume_token(), more, world.ann).size(), 1u);
}

TEST_F(WatchResume, BehindTheEntriesInMemory) {
  router::DaemonOptions options;
  options.ring_entries = 4;
  World small(options);
  QueueWatch watch(small.client(), {}, small.ann);
  Fold fold;
  fold.Add(watch.Next());
  const std::string token = fold.token;
  uint64_t until = 0;
  for (int i = 0; i < 600; ++i) until = small.Enter().id;
  until = small.Revision();
  for (const auto& message : ReadUntil(small, watch, until)) fold.Add(message);
  EXPECT_EQ(fold.entries.size(), 600u);
  EXPECT_EQ(fold.snapshots, 1);
  pb::WatchQueueRequest request;
  request.set_resume_token(token);
  QueueWatch resumed(small.client(), request, small.ann);
  const auto rest = ReadUntil(small, resumed, until);
  ASSERT_EQ(rest.size(), 600u);
  for (size_t i = 1; i < rest.size(); ++i) EXPECT_EQ(rest[i].revision(), rest[i - 1].revision() + 1);
}

TEST_F(WatchResume, TokensOfOthersAreRefused) {
  const std::string token = QueueWatch(world.client(), {}, world.ann).Next().resume_token();
  auto refused = [&](pb::WatchQueueRequest request, const std::string& with) {
    request.set_resume_token(token);
    const Outcome outcome = QueueWatch(world.client(), request, with).End();
    EXPECT_EQ(outcome.code, grpc::INVALID_ARGUMENT) << request.ShortDebugString() << outcome;
    EXPECT_EQ(outcome.fields, std::vector<std::string>{"resume_token"});
  };
  refused({}, world.bob);
  pb::WatchQueueRequest tab;
  tab.set_tab(pb::QUEUE_TAB_PRIVATE);
  refused(tab, world.ann);
  tab.set_tab(pb::QUEUE_TAB_CHANNEL);
  tab.set_channel_id("help");
  refused(tab, world.ann);
  for (const std::string& garbage : {std::string("garbage"), std::string(500, 'A'), token + token}) {
    pb::WatchQueueRequest request;
    request.set_resume_token(garbage);
    EXPECT_EQ(QueueWatch(world.client(), request, world.ann).End().fields, std::vector<std::string>{"resume_token"});
  }
}

TEST_F(WatchResume, AfterAChangeOfMembershipComesASnapshot) {
  pb::CreateChannelRequest create;
  create.mutable_channel()->set_channel_id("vip");
  world.Must<pb::CreateChannelResponse>(create, world.admin);
  const std::string token = QueueWatch(world.client(), {}, world.ann).Next().resume_token();
  const uint64_t vip = world.Enter("vip").id;
  pb::UpdateChannelRequest update;
  update.mutable_channel()->set_channel_id("vip");
  update.mutable_channel()->add_technician_ids("ann");
  world.Must<pb::UpdateChannelResponse>(update, world.admin);
  Fold fold;
  for (const auto& message : From(token, world.Revision(), world.ann)) fold.Add(message);
  EXPECT_TRUE(fold.complete);
  EXPECT_TRUE(fold.entries.contains(vip));
  // There and back: what he saw may have changed in between.
  update.mutable_channel()->clear_technician_ids();
  update.mutable_update_mask()->add_paths("technician_ids");
  world.Must<pb::UpdateChannelResponse>(update, world.admin);
  Fold back;
  for (const auto& message : From(token, world.Revision(), world.ann)) back.Add(message);
  EXPECT_FALSE(back.entries.contains(vip));
  EXPECT_EQ(Shown(back.entries), Listed(world, {}, world.ann));
}

}  // namespace
}  // namespace guichet::api_test

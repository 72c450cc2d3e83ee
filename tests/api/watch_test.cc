// WatchQueue: a snapshot, then every change once and in order.
#include <set>
#include <thread>

#include "router/limits.h"
#include "tests/api/queue_fold.h"

namespace guichet::api_test {
namespace {

class Watch : public ::testing::Test {
 protected:
  Watch() : sessions(world) {
    sessions.Attach(world.ann);
    sessions.Attach(world.bob);
  }
  World world;
  Sessions sessions;
};

pb::WatchQueueRequest Of(pb::QueueTab tab) {
  pb::WatchQueueRequest request;
  request.set_tab(tab);
  if (tab == pb::QUEUE_TAB_CHANNEL) request.set_channel_id("help");
  return request;
}

TEST_F(Watch, EveryTabFoldsToItsList) {
  Play(world, sessions);
  for (const std::string& token : {world.ann, world.bob}) {
    for (pb::QueueTab tab : {pb::QUEUE_TAB_ALL, pb::QUEUE_TAB_PRIVATE, pb::QUEUE_TAB_CHANNEL, pb::QUEUE_TAB_ACTIVE}) {
      SCOPED_TRACE(pb::QueueTab_Name(tab));
      QueueWatch watch(world.client(), Of(tab), token);
      Fold fold;
      while (!fold.complete) fold.Add(watch.Next());
      EXPECT_EQ(Shown(fold.entries), Listed(world, Of(tab), token));
    }
  }
}

TEST_F(Watch, ChangesFoldToTheListOfEveryTab) {
  const std::vector<pb::QueueTab> tabs = {pb::QUEUE_TAB_ALL, pb::QUEUE_TAB_PRIVATE, pb::QUEUE_TAB_CHANNEL,
                                          pb::QUEUE_TAB_ACTIVE};
  std::vector<std::pair<std::string, pb::QueueTab>> of;
  std::vector<std::unique_ptr<QueueWatch>> watches;
  for (const std::string& token : {world.ann, world.bob, world.cid}) {
    for (pb::QueueTab tab : tabs) {
      of.emplace_back(token, tab);
      watches.push_back(std::make_unique<QueueWatch>(world.client(), Of(tab), token));
    }
  }
  std::vector<Fold> folds(watches.size());
  for (size_t i = 0; i < watches.size(); ++i) {
    while (!folds[i].complete) folds[i].Add(watches[i]->Next());
  }
  Play(world, sessions);
  const uint64_t until = world.Revision();
  // Once one watch has the last change, all can have it: those that see nothing of it say so by a bookmark.
  for (const auto& message : ReadUntil(world, *watches[0], until)) folds[0].Add(message);
  world.daemon.clock().Advance(seconds(13));
  for (size_t i = 0; i < watches.size(); ++i) {
    SCOPED_TRACE(pb::QueueTab_Name(of[i].second) + of[i].first);
    if (i > 0) {
      for (const auto& message : ReadUntil(world, *watches[i], until)) folds[i].Add(message);
    }
    EXPECT_EQ(Shown(folds[i].entries), Listed(world, Of(of[i].second), of[i].first));
    EXPECT_EQ(folds[i].snapshots, 1);
  }
}

TEST_F(Watch, TwoWatchersSeeTheSameAndNothingTwice) {
  QueueWatch first(world.client(), {}, world.ann);
  Client other(world.daemon.daemon().port());
  QueueWatch second(other, {}, world.ann);
  first.Next();
  second.Next();
  Play(world, sessions);
  const uint64_t until = Mark(world);
  const auto a = ReadUntil(world, first, until);
  const auto b = ReadUntil(world, second, until);
  ASSERT_EQ(a.size(), b.size());
  std::set<std::pair<uint64_t, uint64_t>> seen;
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].DebugString(), b[i].DebugString());
    EXPECT_TRUE(seen.emplace(a[i].revision(), a[i].change().entry().session().session_id()).second) << a[i].ShortDebugString();
  }
}

TEST_F(Watch, ChangesContinueFromTheStateBefore) {
  QueueWatch watch(world.client(), {}, world.ann);
  watch.Next();
  Play(world, sessions);
  std::map<uint64_t, pb::EntryState> states;
  for (const auto& message : ReadUntil(world, watch, Mark(world))) {
    const pb::QueueChange& change = message.change();
    pb::EntryState& state = states[change.entry().session().session_id()];
    EXPECT_EQ(change.from(), state) << message.ShortDebugString();
    if (change.from() != 0 && change.from() != change.entry().state()) {
      EXPECT_NE(change.row(), "") << message.ShortDebugString();
    }
    EXPECT_NE(change.trigger(), "");
    EXPECT_NE(change.actor(), "");
    state = change.entry().state() == pb::ENTRY_STATE_REMOVED ? pb::ENTRY_STATE_UNSPECIFIED : change.entry().state();
  }
}

TEST_F(Watch, ALongSnapshotComesInParts) {
  for (size_t i = 0; i < 2 * router::kSnapshotPart + 1; ++i) world.Enter();
  QueueWatch watch(world.client(), {}, world.cid);
  std::vector<int> parts;
  Fold fold;
  while (!fold.complete) {
    const auto message = watch.Next();
    EXPECT_EQ(message.snapshot().first(), parts.empty());
    parts.push_back(message.snapshot().entries_size());
    fold.Add(message);
  }
  EXPECT_EQ(parts, (std::vector<int>{100, 100, 1}));
}

TEST_F(Watch, AnIdleStreamCarriesABookmark) {
  World quiet;  // nothing in it moves with time
  QueueWatch watch(quiet.client(), {}, quiet.ann);
  watch.Next();
  const uint64_t unseen = quiet.CreatePin(quiet.bob).revision();
  uint64_t last = 0;
  for (int i = 0; i < 3; ++i) {
    quiet.daemon.clock().Advance(seconds(12));
    const auto bookmark = watch.Next();
    EXPECT_TRUE(bookmark.has_bookmark()) << bookmark.ShortDebugString();
    EXPECT_FALSE(bookmark.resume_token().empty());
    last = bookmark.revision();
  }
  EXPECT_EQ(last, unseen);
}

TEST_F(Watch, ANewChannelOrGroupBringsASnapshotAgain) {
  pb::CreateChannelRequest create;
  create.mutable_channel()->set_channel_id("vip");
  world.Must<pb::CreateChannelResponse>(create, world.admin);
  const uint64_t vip = world.Enter("vip").id;
  QueueWatch watch(world.client(), {}, world.ann);
  Fold fold;
  fold.Add(watch.Next());
  EXPECT_FALSE(fold.entries.contains(vip));
  auto expect_snapshot = [&](bool with_vip) {
    fold.Add(watch.Next());
    EXPECT_TRUE(fold.complete);
    EXPECT_EQ(fold.entries.contains(vip), with_vip);
    EXPECT_EQ(Shown(fold.entries), Listed(world, {}, world.ann));
  };
  pb::UpdateChannelRequest update;
  update.mutable_channel()->set_channel_id("vip");
  update.mutable_channel()->add_technician_ids("ann");
  world.Must<pb::UpdateChannelResponse>(update, world.admin);
  expect_snapshot(true);
  update.mutable_channel()->clear_technician_ids();
  update.mutable_update_mask()->add_paths("technician_ids");
  world.Must<pb::UpdateChannelResponse>(update, world.admin);
  expect_snapshot(false);
  pb::CreateGroupRequest group;
  group.mutable_group()->set_group_id("night");
  world.Must<pb::CreateGroupResponse>(group, world.admin);
  pb::UpdateTechnicianRequest move;
  move.mutable_technician()->set_technician_id("ann");
  move.mutable_technician()->set_group_id("night");
  world.Must<pb::UpdateTechnicianResponse>(move, world.admin);
  expect_snapshot(false);
  move.mutable_technician()->set_group_id("desk");
  world.Must<pb::UpdateTechnicianResponse>(move, world.admin);
  expect_snapshot(false);
  EXPECT_EQ(fold.snapshots, 5);
  const uint64_t until = Mark(world);
  for (const auto& message : ReadUntil(world, watch, until)) fold.Add(message);
  EXPECT_EQ(Shown(fold.entries), Listed(world, {}, world.ann));
}

TEST_F(Watch, TheWatchOfADeletedTechnicianEnds) {
  pb::WatchQueueRequest request;
  request.set_technician_id("cid");
  QueueWatch watch(world.client(), request, world.admin);
  watch.Next();
  pb::DeleteTechnicianRequest remove;
  remove.set_technician_id("cid");
  world.Must<pb::DeleteTechnicianResponse>(remove, world.admin);
  const Outcome outcome = watch.End();
  EXPECT_EQ(outcome.code, grpc::NOT_FOUND) << outcome;
  EXPECT_EQ(outcome.reason, "TECHNICIAN_NOT_FOUND");
}

TEST_F(Watch, TheWatchOfADeletedChannelEnds) {
  pb::CreateChannelRequest create;
  create.mutable_channel()->set_channel_id("vip");
  create.mutable_channel()->add_technician_ids("ann");
  world.Must<pb::CreateChannelResponse>(create, world.admin);
  pb::WatchQueueRequest request = Of(pb::QUEUE_TAB_CHANNEL);
  request.set_channel_id("vip");
  QueueWatch watch(world.client(), request, world.ann);
  watch.Next();
  pb::DeleteChannelRequest remove;
  remove.set_channel_id("vip");
  world.Must<pb::DeleteChannelResponse>(remove, world.admin);
  EXPECT_EQ(watch.End().reason, "CHANNEL_NOT_FOUND");
}

// A rule moves a session to another channel that the technician serves too: he sees the same of it, and the tab does not.
TEST_F(Watch, ARedirectedSessionLeavesTheTabOfItsChannel) {
  pb::CreateChannelRequest create;
  create.mutable_channel()->set_channel_id("late");
  create.mutable_channel()->add_technician_ids("ann");
  world.Must<pb::CreateChannelResponse>(create, world.admin);
  QueueWatch watch(world.client(), Of(pb::QUEUE_TAB_CHANNEL), world.ann);
  watch.Next();
  const uint64_t id = sessions.Waiting().id;
  for (pb::QueueChange change; change.entry().state() != pb::ENTRY_STATE_WAITING;) change = watch.Next().change();
  pb::UpdateChannelRequest redirect;
  redirect.mutable_channel()->set_channel_id("help");
  pb::Redirect* rule = redirect.mutable_channel()->add_redirects();
  rule->set_when(pb::Redirect::WHEN_AT_ONCE);
  rule->set_channel_id("late");
  world.Must<pb::UpdateChannelResponse>(redirect, world.admin);
  const pb::QueueChange left = watch.Next().change();
  EXPECT_EQ(left.entry().session().session_id(), id);
  EXPECT_FALSE(left.in_tab());
  EXPECT_EQ(left.entry().session().channel_id(), "late");
}

TEST_F(Watch, AReaderThatStandsStillHoldsUpNobody) {
  QueueWatch slow(world.client(), {}, world.ann);
  QueueWatch fast(world.client(), {}, world.bob);
  fast.Next();
  pb::SubmitFormRequest enter;
  enter.set_organization_id("acme");
  enter.set_channel_id("help");
  enter.set_device_id("d");
  enter.add_custom_fields(std::string(512, 'x'));
  enter.add_custom_fields(std::string(512, 'y'));
  constexpr int kChanges = 900;  // more than the transport's window
  Fold fold;
  for (int i = 0; i < kChanges; ++i) {
    world.Must<pb::SubmitFormResponse>(enter, "");
    fold.Add(fast.Next());
  }
  Fold late;
  while (late.revision < fold.revision) late.Add(slow.Next());
  EXPECT_EQ(late.entries.size(), static_cast<size_t>(kChanges));
}

}  // namespace
}  // namespace guichet::api_test

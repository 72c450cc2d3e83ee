// WatchTechnicians: everybody's status, once and in order, resumable.
#include "tests/api/sessions.h"

namespace guichet::api_test {
namespace {

struct Fold {
  std::map<std::string, std::string> technicians;
  uint64_t revision = 0;
  std::string token;
  int snapshots = 0;
  void Add(const pb::WatchTechniciansResponse& message) {
    if (message.has_snapshot()) {
      if (message.snapshot().first()) {
        technicians.clear();
        ++snapshots;
      }
      for (const auto& technician : message.snapshot().technicians())
        technicians[technician.technician_id()] = technician.DebugString();
    } else if (message.has_technician()) {
      technicians[message.technician().technician_id()] = message.technician().DebugString();
    } else if (message.event_case() == pb::WatchTechniciansResponse::kDeletedTechnicianId) {
      technicians.erase(message.deleted_technician_id());
    }
    EXPECT_GE(message.revision(), revision);
    revision = message.revision();
    if (!message.resume_token().empty()) token = message.resume_token();
  }
};

class TechniciansWatch : public ::testing::Test {
 protected:
  std::map<std::string, std::string> Listed() {
    std::map<std::string, std::string> listed;
    const auto answer = world.Must<pb::ListTechniciansResponse>(pb::ListTechniciansRequest(), world.ann);
    for (const auto& t : answer.technicians()) {
      listed[t.technician_id()] = t.DebugString();
    }
    return listed;
  }
  // A change of a technician, whose revision marks an end.
  uint64_t Mark() {
    pb::SetStatusRequest status;
    status.set_status(++marks_ % 2 == 0 ? pb::TECHNICIAN_STATUS_ONLINE : pb::TECHNICIAN_STATUS_AWAY);
    return world.Must<pb::SetStatusResponse>(status, world.cid).revision();
  }
  uint64_t Play() {
    Sessions sessions(world);
    sessions.Attach(world.ann);
    sessions.Attach(world.bob);
    sessions.Active(world.ann);
    sessions.Held(world.ann);
    const uint64_t moved = sessions.Transferred(world.ann, "bob");
    world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(moved), world.bob);
    pb::UpdateTechnicianRequest rename;
    rename.mutable_technician()->set_technician_id("ann");
    rename.mutable_technician()->set_display_name("Ann Lee");
    world.Must<pb::UpdateTechnicianResponse>(rename, world.admin);
    pb::UpdateGroupRequest busy;
    busy.mutable_group()->set_group_id("desk");
    busy.mutable_group()->mutable_settings()->set_busy_at(1);
    world.Must<pb::UpdateGroupResponse>(busy, world.admin);
    busy.mutable_group()->mutable_settings()->set_busy_at(0);
    world.Must<pb::UpdateGroupResponse>(busy, world.admin);
    pb::DeleteTechnicianRequest remove;
    remove.set_technician_id("bob");
    world.Must<pb::DeleteTechnicianResponse>(remove, world.admin);
    return Mark();
  }
  std::vector<pb::WatchTechniciansResponse> Until(TechnicianWatch& watch, uint64_t revision) {
    std::vector<pb::WatchTechniciansResponse> messages;
    while (messages.empty() || messages.back().revision() < revision) {
      pb::WatchTechniciansResponse message;
      if (!watch.Read(&message)) {
        ADD_FAILURE() << "the watch has ended";
        break;
      }
      messages.push_back(std::move(message));
    }
    return messages;
  }
  World world;
  int marks_ = 0;
};

TEST_F(TechniciansWatch, FoldsToTheList) {
  TechnicianWatch watch(world.client(), {}, world.ann);
  Fold fold;
  fold.Add(watch.Next());
  EXPECT_EQ(fold.technicians, Listed());
  for (const auto& message : Until(watch, Play())) fold.Add(message);
  EXPECT_EQ(fold.technicians, Listed());
  EXPECT_EQ(fold.snapshots, 1);
}

TEST_F(TechniciansWatch, TwoWatchersSeeTheSame) {
  TechnicianWatch first(world.client(), {}, world.ann);
  TechnicianWatch second(world.client(), {}, world.admin);
  first.Next();
  second.Next();
  const uint64_t until = Play();
  const auto a = Until(first, until);
  const auto b = Until(second, until);
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i].DebugString(), b[i].DebugString());
}

TEST_F(TechniciansWatch, EveryTokenGivesExactlyTheRest) {
  TechnicianWatch watch(world.client(), {}, world.ann);
  std::vector<pb::WatchTechniciansResponse> all = {watch.Next()};
  const uint64_t until = Play();
  for (auto& message : Until(watch, until)) all.push_back(std::move(message));
  for (size_t i = 0; i + 1 < all.size(); ++i) {
    pb::WatchTechniciansRequest request;
    request.set_resume_token(all[i].resume_token());
    TechnicianWatch resumed(world.client(), request, world.ann);
    const auto rest = Until(resumed, until);
    ASSERT_EQ(rest.size(), all.size() - i - 1) << all[i].ShortDebugString();
    for (size_t k = 0; k < rest.size(); ++k) EXPECT_EQ(rest[k].DebugString(), all[i + 1 + k].DebugString());
  }
}

TEST_F(TechniciansWatch, AfterARestartATokenBringsASnapshot) {
  TechnicianWatch watch(world.client(), {}, world.ann);
  const std::string token = watch.Next().resume_token();
  const uint64_t until = Play();
  watch.Cancel();
  (void)watch.End();
  world.daemon.Restart();
  pb::WatchTechniciansRequest request;
  request.set_resume_token(token);
  TechnicianWatch resumed(world.client(), request, world.ann);
  Fold fold;
  for (const auto& message : Until(resumed, until)) fold.Add(message);
  EXPECT_EQ(fold.snapshots, 1);
  EXPECT_EQ(fold.technicians, Listed());
}

TEST_F(TechniciansWatch, TokensOfOthersAreRefused) {
  pb::WatchTechniciansRequest request;
  request.set_resume_token(QueueWatch(world.client(), {}, world.ann).Next().resume_token());
  EXPECT_EQ(TechnicianWatch(world.client(), request, world.ann).End().fields, std::vector<std::string>{"resume_token"});
  request.set_resume_token(
      TechnicianWatch(world.client(), {}, MakeOrganization(world.client(), "rival")).Next().resume_token());
  EXPECT_EQ(TechnicianWatch(world.client(), request, world.ann).End().fields, std::vector<std::string>{"resume_token"});
}

TEST_F(TechniciansWatch, AnIdleStreamCarriesABookmark) {
  TechnicianWatch watch(world.client(), {}, world.ann);
  const uint64_t revision = watch.Next().revision();
  for (int i = 0; i < 2; ++i) {
    world.daemon.clock().Advance(seconds(12));
    const auto bookmark = watch.Next();
    EXPECT_TRUE(bookmark.has_bookmark());
    EXPECT_EQ(bookmark.revision(), revision);
  }
}

}  // namespace
}  // namespace guichet::api_test

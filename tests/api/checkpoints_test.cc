// Checkpoints: made while the daemon serves, restored into another folder; and what begins when the disk is nearly full.
#include <filesystem>

#include "router/limits.h"
#include "store/rocksdb_store.h"
#include "tests/api/world.h"

namespace guichet::api_test {
namespace {

class CheckpointsTest : public testing::Test {
 protected:
  Answer<pb::CreateCheckpointResponse> Create(const std::string& name, const std::string& token = kOperatorToken) {
    pb::CreateCheckpointRequest request;
    request.set_name(name);
    return world.Call<pb::CreateCheckpointResponse>(request, token);
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    const auto list = world.Must<pb::ListCheckpointsResponse>(pb::ListCheckpointsRequest(), kOperatorToken);
    for (const auto& checkpoint : list.checkpoints()) names.push_back(checkpoint.name());
    return names;
  }
  Outcome Delete(const std::string& name) {
    pb::DeleteCheckpointRequest request;
    request.set_name(name);
    return world.Call<pb::DeleteCheckpointResponse>(request, kOperatorToken).outcome;
  }

  World world;
};

TEST_F(CheckpointsTest, AreMadeListedAndDeleted) {
  const auto made = Create("monday");
  ASSERT_TRUE(made.ok()) << made.outcome;
  EXPECT_EQ(made->checkpoint().name(), "monday");
  EXPECT_GT(made->checkpoint().bytes(), 1000u);
  EXPECT_TRUE(made->checkpoint().has_create_time());
  EXPECT_TRUE(std::filesystem::exists(made->checkpoint().path() + "/CURRENT"));
  EXPECT_EQ(Create("monday").outcome.reason, "ALREADY_EXISTS");
  ASSERT_TRUE(Create("friday").ok());
  EXPECT_EQ(Names(), (std::vector<std::string>{"friday", "monday"}));
  EXPECT_TRUE(Delete("monday").ok());
  EXPECT_FALSE(std::filesystem::exists(made->checkpoint().path()));
  EXPECT_EQ(Delete("monday").reason, "CHECKPOINT_NOT_FOUND");
  EXPECT_EQ(Names(), std::vector<std::string>{"friday"});
  for (const char* bad : {"", "../x", "a/b", "Monday", "x.tmp"}) {
    EXPECT_EQ(Create(bad).outcome.fields, std::vector<std::string>{"name"}) << bad;
    EXPECT_EQ(Delete(bad).fields, std::vector<std::string>{"name"}) << bad;
  }
}

// As a crash leaves them, in the middle of making or deleting one.
TEST_F(CheckpointsTest, AreNotListedWhileUnfinishedAndGoWithTheNextChange) {
  const auto made = Create("monday");
  ASSERT_TRUE(made.ok()) << made.outcome;
  const std::string left = made->checkpoint().path() + ".tmp";
  std::filesystem::copy(made->checkpoint().path(), left);
  EXPECT_EQ(Names(), std::vector<std::string>{"monday"});
  EXPECT_TRUE(Delete("monday").ok());
  EXPECT_FALSE(std::filesystem::exists(left));
  std::filesystem::create_directory(left);
  ASSERT_TRUE(Create("friday").ok());
  EXPECT_FALSE(std::filesystem::exists(left));
}

TEST_F(CheckpointsTest, AreLimited) {
  for (size_t i = 0; i < router::kCheckpoints; ++i) ASSERT_TRUE(Create("c" + std::to_string(i)).ok());
  const auto refused = Create("more");
  EXPECT_EQ(refused.outcome.code, grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(refused.outcome.reason, "TOO_MANY");
  ASSERT_TRUE(Delete("c3").ok());
  EXPECT_TRUE(Create("more").ok());
}

// What was written after the checkpoint is gone from the copy: a console that has seen it must begin again.
TEST_F(CheckpointsTest, AreRestoredIntoAnotherFolder) {
  const Entered before = world.Enter();
  const auto made = Create("noon");
  ASSERT_TRUE(made.ok()) << made.outcome;
  const Entered after = world.Enter();
  pb::WatchQueueRequest resume;
  resume.set_resume_token(QueueWatch(world.client(), {}, world.ann).Next().resume_token());
  pb::WatchChatRequest read_on;
  read_on.set_session_id(before.id);
  read_on.set_resume_token(ChatWatch(world.client(), read_on, world.integrator).Next().resume_token());

  const std::string data = world.daemon.folder() + "-restored";
  ASSERT_TRUE(store::RestoreRocksDbCheckpoint(made->checkpoint().path(), data + "/store").ok());
  {
    router::DaemonOptions options;
    options.data = data;
    options.listen = "127.0.0.1:0";
    options.operator_token = kOperatorToken;
    auto daemon = router::Daemon::Start(options);
    ASSERT_TRUE(daemon.ok()) << daemon.status();
    const Client client((*daemon)->port());
    pb::GetSessionRequest get;
    get.set_session_id(before.id);
    EXPECT_TRUE(client.Call<pb::GetSessionResponse>(get, world.admin).ok());
    get.set_session_id(after.id);
    EXPECT_EQ(client.Call<pb::GetSessionResponse>(get, world.admin).outcome.reason, "SESSION_NOT_FOUND");
    for (const Outcome& end :
         {QueueWatch(client, resume, world.ann).End(), ChatWatch(client, read_on, world.integrator).End()}) {
      EXPECT_EQ(end.code, grpc::OUT_OF_RANGE);
      EXPECT_EQ(end.reason, "RESUME_TOKEN_EXPIRED");
    }
  }
  std::filesystem::remove_all(data);
}

TEST(DiskTest, NothingBeginsWhenItIsNearlyFullAndWhatRunsGoesOn) {
  World world;
  const Entered entered = world.Enter();
  pb::CreateOrganizationRequest known;
  known.set_request_id("known");
  known.mutable_organization()->set_organization_id("known");
  known.mutable_organization()->set_display_name("Known");
  const auto made = world.Must<pb::CreateOrganizationResponse>(known, kOperatorToken);
  world.daemon.options().min_free_disk_bytes = UINT64_MAX;
  world.daemon.Restart();
  pb::CreateSessionRequest create;
  create.set_method(pb::METHOD_PIN);
  const auto refused = world.Call<pb::CreateSessionResponse>(create, world.ann);
  EXPECT_EQ(refused.outcome.code, grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(refused.outcome.reason, "DISK_NEARLY_FULL");
  EXPECT_TRUE(refused.outcome.retry.has_value());
  EXPECT_EQ(world.Must<pb::CreateOrganizationResponse>(known, kOperatorToken).revision(), made.revision()) << "a repetition";
  known.set_request_id("another");
  known.mutable_organization()->set_organization_id("another");
  EXPECT_EQ(world.Call<pb::CreateOrganizationResponse>(known, kOperatorToken).outcome.reason, "DISK_NEARLY_FULL");
  world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(entered.id), world.admin);
  world.daemon.options().min_free_disk_bytes = 0;
  world.daemon.Restart();
  EXPECT_TRUE(world.Call<pb::CreateSessionResponse>(create, world.ann).ok());
}

}  // namespace
}  // namespace guichet::api_test

// ExecuteCommands: many in flight over one stream.
#include <map>
#include <set>
#include <thread>

#include "router/limits.h"
#include "tests/api/sessions.h"

namespace guichet::api_test {
namespace {

using Stream = Attached<pb::SessionService::Stub, pb::ExecuteCommandsRequest, pb::ExecuteCommandsResponse>;

class Commands : public ::testing::Test {
 protected:
  Stream Open(const std::string& token) { return Stream(world.client(), &pb::SessionService::Stub::ExecuteCommands, token); }
  static pb::ExecuteCommandsRequest Create(uint64_t tag) {
    pb::ExecuteCommandsRequest request;
    request.set_tag(tag);
    request.mutable_create()->set_method(pb::METHOD_LINK);
    return request;
  }
  World world;
};

TEST_F(Commands, HalfCloseFlushesAllAnswers) {
  Stream stream = Open(world.ann);
  constexpr uint64_t kCount = 900;
  for (uint64_t tag = 1; tag <= kCount; ++tag) ASSERT_TRUE(stream.Send(Create(tag)));
  stream.HalfClose();
  std::vector<pb::ExecuteCommandsResponse> answers;
  EXPECT_TRUE(stream.End(&answers).ok());
  std::set<uint64_t> tags;
  std::set<uint64_t> sessions;
  for (const auto& answer : answers) {
    EXPECT_TRUE(answer.has_effect()) << answer.ShortDebugString();
    tags.insert(answer.tag());
    sessions.insert(answer.effect().session_id());
  }
  EXPECT_EQ(tags.size(), kCount);
  EXPECT_EQ(sessions.size(), kCount);
}

TEST_F(Commands, OrderHoldsPerSession) {
  Sessions sessions(world);
  sessions.Attach(world.ann);
  const uint64_t id = sessions.Waiting().id;
  Stream stream = Open(world.ann);
  constexpr int kRounds = 200;
  uint64_t tag = 0;
  for (int i = 0; i < kRounds; ++i) {
    pb::ExecuteCommandsRequest start;
    start.set_tag(++tag);
    start.mutable_start()->mutable_target()->set_session_id(id);
    ASSERT_TRUE(stream.Send(start));
    pb::ExecuteCommandsRequest hold;
    hold.set_tag(++tag);
    hold.mutable_hold()->mutable_target()->set_session_id(id);
    ASSERT_TRUE(stream.Send(hold));
  }
  stream.HalfClose();
  std::vector<pb::ExecuteCommandsResponse> answers;
  EXPECT_TRUE(stream.End(&answers).ok());
  ASSERT_EQ(answers.size(), 2u * kRounds);
  std::map<uint64_t, uint64_t> revisions;
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer.has_effect()) << answer.ShortDebugString();
    revisions[answer.tag()] = answer.effect().revision();
  }
  uint64_t last = 0;
  for (const auto& [t, revision] : revisions) {
    EXPECT_GT(revision, last) << "tag " << t;
    last = revision;
  }
  EXPECT_TRUE(world.Get(id).held());
}

TEST_F(Commands, AnErrorIsWhatTheUnaryCallSaysAndTheStreamGoesOn) {
  Stream stream = Open(world.ann);
  const uint64_t id = world.Enter().id;
  pb::ExecuteCommandsRequest start;
  start.set_tag(5);
  start.mutable_start()->mutable_target()->set_session_id(id);
  stream.Send(start);
  const auto refused = stream.Next();
  const Outcome unary = world.Call<pb::StartSessionResponse>(start.start(), world.ann).outcome;
  EXPECT_EQ(refused.tag(), 5u);
  EXPECT_EQ(refused.error().code(), unary.code);
  EXPECT_EQ(refused.error().reason(), unary.reason);
  EXPECT_EQ(refused.error().message(), unary.message);
  EXPECT_EQ((std::map<std::string, std::string>(refused.error().metadata().begin(), refused.error().metadata().end())),
            unary.metadata);
  pb::ExecuteCommandsRequest empty;
  empty.set_tag(6);
  stream.Send(empty);
  EXPECT_EQ(stream.Next().error().metadata().at("field"), "command");
  stream.Send(Create(7));
  EXPECT_TRUE(stream.Next().has_effect());
}

TEST_F(Commands, ARefusalForTheTimeBeingSaysWhenToTryAgain) {
  world.daemon.options().min_free_disk_bytes = UINT64_MAX;
  world.daemon.Restart();
  Stream stream = Open(world.ann);
  stream.Send(Create(1));
  const auto refused = stream.Next();
  const Outcome unary = world.Call<pb::CreateSessionResponse>(Create(1).create(), world.ann).outcome;
  ASSERT_TRUE(unary.retry.has_value()) << unary;
  EXPECT_EQ(refused.error().reason(), unary.reason);
  EXPECT_EQ(seconds(refused.error().retry_delay().seconds()), *unary.retry);
  pb::ExecuteCommandsRequest unknown;
  unknown.set_tag(2);
  unknown.mutable_start()->mutable_target()->set_session_id(12345);
  stream.Send(unknown);
  EXPECT_FALSE(stream.Next().error().has_retry_delay());
}

TEST_F(Commands, MoreThanTheLimitWaitAndAreAllAnswered) {
  Stream stream = Open(world.ann);
  const uint64_t count = 4 * router::kCommandsInFlight;
  std::thread writer([&] {
    for (uint64_t tag = 1; tag <= count; ++tag) {
      pb::ExecuteCommandsRequest request;
      request.set_tag(tag);
      request.mutable_start()->mutable_target()->set_session_id(12345);
      if (!stream.Send(request)) return;
    }
    stream.HalfClose();
  });
  std::set<uint64_t> tags;
  pb::ExecuteCommandsResponse answer;
  while (stream.Read(&answer)) {
    EXPECT_EQ(answer.error().reason(), "SESSION_NOT_FOUND");
    tags.insert(answer.tag());
  }
  writer.join();
  EXPECT_EQ(tags.size(), count);
}

TEST_F(Commands, CancellingMidwayLeavesTheDaemonHealthy) {
  for (int round = 0; round < 20; ++round) {
    Stream stream = Open(world.ann);
    for (uint64_t tag = 1; tag <= 40; ++tag) stream.Send(Create(tag));
    if (round % 2 == 0) stream.Next();
    stream.Cancel();
    EXPECT_EQ(stream.End().code, grpc::CANCELLED);
  }
  Stream stream = Open(world.bob);
  stream.Send(Create(1));
  EXPECT_TRUE(stream.Next().has_effect());
}

}  // namespace
}  // namespace guichet::api_test

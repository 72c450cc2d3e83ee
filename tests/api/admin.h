// What the tests of AdminService share: requests from text, and refusals by their field.
#pragma once

#include <string>
#include <vector>

#include "google/protobuf/text_format.h"
#include "tests/api/sessions.h"

namespace guichet::api_test {

// A message from its text format.
template <class M>
M Text(const std::string& text) {
  M message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

inline std::string Repeat(const std::string& text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

class AdminTest : public ::testing::Test {
 protected:
  Outcome Try(const Message& request, const std::string& token) {
    auto response = NewMessage(MethodOf(request)->output_type());
    return world.client().CallInto(request, response.get(), token);
  }
  void Allowed(const Message& request) {
    const Outcome outcome = Try(request, world.admin);
    EXPECT_TRUE(outcome.ok()) << request.ShortDebugString().substr(0, 300) << "\n" << outcome;
  }
  // INVALID_ARGUMENT that names `field`.
  void Refused(const Message& request, const std::string& field) {
    SCOPED_TRACE(request.ShortDebugString().substr(0, 300));
    const Outcome outcome = Try(request, world.admin);
    EXPECT_EQ(outcome.code, grpc::INVALID_ARGUMENT) << outcome;
    EXPECT_EQ(outcome.fields, std::vector<std::string>{field}) << outcome;
  }
  void Denied(const Message& request, const std::string& token, const std::string& reason) {
    SCOPED_TRACE(request.ShortDebugString().substr(0, 300));
    const Outcome outcome = Try(request, token);
    EXPECT_EQ(outcome.code, grpc::PERMISSION_DENIED) << outcome;
    EXPECT_EQ(outcome.reason, reason) << outcome;
  }

  pb::Group Group(const std::string& id = "desk") {
    pb::GetGroupRequest request;
    request.set_group_id(id);
    return world.Must<pb::GetGroupResponse>(request, world.admin).group();
  }
  pb::Channel Channel(const std::string& id = "help") {
    pb::GetChannelRequest request;
    request.set_channel_id(id);
    return world.Must<pb::GetChannelResponse>(request, world.admin).channel();
  }
  void MakeGroup(const std::string& id) {
    pb::CreateGroupRequest request;
    request.mutable_group()->set_group_id(id);
    world.Must<pb::CreateGroupResponse>(request, world.admin);
  }

  World world;
};

}  // namespace guichet::api_test

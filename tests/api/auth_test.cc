// Credentials: which are none, and what ends with them. Who may call what is in rpc_table.h and walked by tenants_test.cc.
#include "tests/api/rpc_table.h"
#include "tests/api/sessions.h"

namespace guichet::api_test {
namespace {

class Auth : public ::testing::Test {
 protected:
  Outcome Try(const MethodDescriptor& method, const std::string& token) { return world.client().CallRaw(method, "", token); }
  // Every rpc that needs a credential.
  void AllUnauthenticated(const std::string& token) {
    for (const MethodDescriptor* method : Methods()) {
      const Outcome outcome = Try(*method, token);
      SCOPED_TRACE(method->full_name());
      if (May(*method, 'N')) {
        EXPECT_EQ(outcome.code, grpc::INVALID_ARGUMENT) << outcome;
      } else {
        EXPECT_EQ(outcome.code, grpc::UNAUTHENTICATED) << outcome;
        EXPECT_EQ(outcome.reason, "UNAUTHENTICATED") << outcome;
      }
    }
  }
  World world;
};

TEST_F(Auth, WithoutAToken) { AllUnauthenticated(""); }

TEST_F(Auth, GarbageTokens) {
  AllUnauthenticated("garbage");
  const MethodDescriptor& method = *MethodOf(pb::GetPrincipalRequest());
  std::string wrong = world.ann;
  wrong.back() = wrong.back() == 'a' ? 'b' : 'a';
  for (const std::string& token :
       {wrong, world.ann + "x", world.ann.substr(0, 10), std::string("gk___"), std::string("gk_acme_key-ann_"),
        std::string("gk_nobody_key_x"), std::string(3000, 'g'), std::string("gd_acme_1_x"),
        std::string("gk_acme_key-bob_") + world.ann.substr(world.ann.rfind('_') + 1)}) {
    EXPECT_EQ(Try(method, token).code, grpc::UNAUTHENTICATED) << token;
  }
}

TEST_F(Auth, RevokedKeys) {
  pb::RevokeApiKeyRequest revoke;
  revoke.set_key_id("key-ann");
  world.Must<pb::RevokeApiKeyResponse>(revoke, world.admin);
  AllUnauthenticated(world.ann);
}

TEST_F(Auth, ExpiredKeys) {
  pb::CreateApiKeyRequest request;
  request.mutable_api_key()->set_key_id("short");
  request.mutable_api_key()->set_role(pb::ROLE_ADMINISTRATOR);
  const auto now = world.daemon.clock().Now().time_since_epoch().count() / 1000;
  request.mutable_api_key()->mutable_expire_time()->set_seconds(now);
  EXPECT_EQ(world.Call<pb::CreateApiKeyResponse>(request, world.admin).outcome.fields,
            std::vector<std::string>{"api_key.expire_time"});
  request.mutable_api_key()->mutable_expire_time()->set_seconds(now + 60);
  const std::string token = world.Must<pb::CreateApiKeyResponse>(request, world.admin).token();
  world.Must<pb::GetPrincipalResponse>(pb::GetPrincipalRequest(), token);
  world.daemon.clock().Advance(seconds(60));
  AllUnauthenticated(token);
}

TEST_F(Auth, DeviceTokensAreNoKeys) {
  const Entered entered = world.Enter();
  for (const MethodDescriptor* method : Methods()) {
    if (May(*method, 'D')) continue;
    EXPECT_EQ(Try(*method, entered.token).code, grpc::UNAUTHENTICATED) << method->full_name();
  }
}

TEST_F(Auth, DisabledAndDeletedTechnicians) {
  pb::UpdateTechnicianRequest disable;
  disable.mutable_technician()->set_technician_id("ann");
  disable.mutable_technician()->set_disabled(true);
  world.Must<pb::UpdateTechnicianResponse>(disable, world.admin);
  AllUnauthenticated(world.ann);
  pb::DeleteTechnicianRequest remove;
  remove.set_technician_id("bob");
  world.Must<pb::DeleteTechnicianResponse>(remove, world.admin);
  AllUnauthenticated(world.bob);
}

TEST_F(Auth, TechniciansActForThemselves) {
  const uint64_t id = world.Enter().id;
  EXPECT_EQ(world.Call<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(id, "bob"), world.ann).outcome.code,
            grpc::PERMISSION_DENIED);
  pb::ListQueueRequest queue;
  queue.set_technician_id("bob");
  EXPECT_EQ(world.Call<pb::ListQueueResponse>(queue, world.ann).outcome.code, grpc::PERMISSION_DENIED);
  pb::SetStatusRequest status;
  status.set_technician_id("bob");
  EXPECT_EQ(world.Call<pb::SetStatusResponse>(status, world.ann).outcome.code, grpc::PERMISSION_DENIED);
  pb::CreateSessionRequest create;
  create.set_method(pb::METHOD_MONITORING);
  create.set_monitored_technician_id("bob");
  EXPECT_EQ(world.Call<pb::CreateSessionResponse>(create, world.ann).outcome.code, grpc::PERMISSION_DENIED);
  const uint64_t private_of_bob = world.CreatePin(world.bob).session().session_id();
  pb::GetSessionRequest get;
  get.set_session_id(private_of_bob);
  EXPECT_EQ(world.Call<pb::GetSessionResponse>(get, world.ann).outcome.code, grpc::NOT_FOUND);
  EXPECT_EQ(world.Must<pb::ListSessionsResponse>(pb::ListSessionsRequest(), world.ann).sessions_size(), 1);
}

TEST_F(Auth, AnotherOrganizationIsInvisible) {
  const Entered entered = world.Enter();
  world.CreatePin(world.ann);
  const std::string stranger = MakeOrganization(world.client(), "rival");
  pb::GetSessionRequest get;
  get.set_session_id(entered.id);
  EXPECT_EQ(world.Call<pb::GetSessionResponse>(get, stranger).outcome.code, grpc::NOT_FOUND);
  pb::GetTimelineRequest timeline;
  timeline.set_session_id(entered.id);
  EXPECT_EQ(world.Call<pb::GetTimelineResponse>(timeline, stranger).outcome.code, grpc::NOT_FOUND);
  EXPECT_EQ(world.Call<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(entered.id, "ann"), stranger).outcome.code,
            grpc::NOT_FOUND);
  pb::GetTechnicianRequest technician;
  technician.set_technician_id("ann");
  EXPECT_EQ(world.Call<pb::GetTechnicianResponse>(technician, stranger).outcome.code, grpc::NOT_FOUND);
  EXPECT_EQ(world.Must<pb::ListSessionsResponse>(pb::ListSessionsRequest(), stranger).sessions_size(), 0);
  EXPECT_EQ(world.Must<pb::ListTechniciansResponse>(pb::ListTechniciansRequest(), stranger).technicians_size(), 0);
  EXPECT_EQ(world.Must<pb::ListApiKeysResponse>(pb::ListApiKeysRequest(), stranger).api_keys_size(), 1);
  TechnicianWatch watch(world.client(), {}, stranger);
  const auto snapshot = watch.Next();
  EXPECT_EQ(snapshot.snapshot().technicians_size(), 0);
  EXPECT_TRUE(snapshot.snapshot().complete());
  pb::WatchQueueRequest queue;
  queue.set_technician_id("ann");
  EXPECT_EQ(QueueWatch(world.client(), queue, stranger).End().code, grpc::NOT_FOUND);
  std::string token = entered.token;
  token.replace(token.find("acme"), 4, "rival");
  Device device(world.client(), token);
  pb::AttachRequest hello;
  hello.mutable_hello();
  device.Send(hello);
  EXPECT_EQ(device.End().code, grpc::UNAUTHENTICATED);
}

TEST_F(Auth, RevokingAKeyEndsItsStreams) {
  Console console(world.client(), world.ann);
  console.Hello();
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
  QueueWatch of_bob(world.client(), {}, world.bob);
  of_bob.Next();
  pb::RevokeApiKeyRequest revoke;
  revoke.set_key_id("key-ann");
  world.Must<pb::RevokeApiKeyResponse>(revoke, world.admin);
  EXPECT_EQ(console.End().code, grpc::UNAUTHENTICATED);
  EXPECT_EQ(queue.End().code, grpc::UNAUTHENTICATED);
  EXPECT_EQ(technicians.End().code, grpc::UNAUTHENTICATED);
  EXPECT_EQ(commands.End().code, grpc::UNAUTHENTICATED);
  world.Enter();
  EXPECT_TRUE(of_bob.Next().has_change());
}

TEST_F(Auth, DisablingATechnicianEndsTheStreamsOfHisKeys) {
  Console console(world.client(), world.ann);
  console.Hello();
  QueueWatch queue(world.client(), {}, world.ann);
  queue.Next();
  Attached<pb::SessionService::Stub, pb::ExecuteCommandsRequest, pb::ExecuteCommandsResponse> commands(
      world.client(), &pb::SessionService::Stub::ExecuteCommands, world.ann);
  pb::ExecuteCommandsRequest create;
  create.mutable_create();
  commands.Send(create);
  commands.Next();
  pb::UpdateTechnicianRequest disable;
  disable.mutable_technician()->set_technician_id("ann");
  disable.mutable_technician()->set_disabled(true);
  world.Must<pb::UpdateTechnicianResponse>(disable, world.admin);
  EXPECT_NE(console.End().code, grpc::OK);
  EXPECT_EQ(queue.End().reason, "TECHNICIAN_DISABLED");
  EXPECT_EQ(commands.End().reason, "TECHNICIAN_DISABLED");
}

}  // namespace
}  // namespace guichet::api_test

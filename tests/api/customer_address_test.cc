// The address for customers: what they need is there, nothing else is, and both addresses are of one daemon.
#include <set>

#include "tests/api/reading.h"
#include "tests/api/sessions.h"

namespace guichet::api_test {
namespace {

class CustomerAddress : public ::testing::Test {
 protected:
  CustomerAddress() {
    world.daemon.options().customer_listen = "127.0.0.1:0";
    world.daemon.Restart();
    customers = std::make_unique<Client>(world.daemon.daemon().customer_port());
  }

  World world;
  std::unique_ptr<Client> customers;
};

TEST_F(CustomerAddress, ServesWhatCustomersCallAndNothingElse) {
  const std::set<std::string> theirs = {"AppletService", "ChannelService", "ChatService", "ComputerService"};
  size_t served = 0, others = 0;
  for (const MethodDescriptor* rpc : Methods()) {
    const Outcome outcome = customers->CallRaw(*rpc, "", "");
    const bool expected = theirs.contains(rpc->service()->name());
    const bool known = outcome.code != grpc::UNIMPLEMENTED;  // check-words: allow (the name of a gRPC code)
    EXPECT_EQ(known, expected) << rpc->full_name() << " " << outcome;
    ++(expected ? served : others);
  }
  EXPECT_GT(served, 10u);
  EXPECT_GT(others, 60u);
}

TEST_F(CustomerAddress, RefusesTechniciansAndProgramsTheirComputers) {
  EXPECT_TRUE(world.client().Call<pb::ListComputersResponse>(pb::ListComputersRequest(), world.ann).ok());
  for (const Message* request : std::initializer_list<const Message*>{
           &pb::ListComputersRequest::default_instance(), &pb::ConnectComputerRequest::default_instance(),
           &pb::UpdateComputerRequest::default_instance(), &pb::RevokeComputerRequest::default_instance()}) {
    const MethodDescriptor& rpc = *MethodOf(*request);
    const Outcome outcome = customers->CallRaw(rpc, "", world.ann);
    EXPECT_EQ(outcome.code, grpc::PERMISSION_DENIED) << rpc.full_name() << " " << outcome;
    EXPECT_NE(outcome.message.find("the address for customers"), std::string::npos) << outcome;
    EXPECT_EQ(customers->CallRaw(rpc, "", "nobody's").code, grpc::UNAUTHENTICATED) << rpc.full_name();
  }
}

TEST_F(CustomerAddress, RefusesTechniciansAndProgramsTheirChats) {
  for (const Message* request :
       std::initializer_list<const Message*>{&pb::SendChatRequest::default_instance(), &pb::ListChatRequest::default_instance(),
                                             &pb::WatchChatRequest::default_instance()}) {
    const MethodDescriptor& rpc = *MethodOf(*request);
    for (const std::string& token : {world.ann, world.integrator}) {
      const Outcome outcome = customers->CallRaw(rpc, "", token);
      EXPECT_EQ(outcome.code, grpc::PERMISSION_DENIED) << rpc.full_name() << " " << outcome;
      EXPECT_NE(outcome.message.find("the address for customers"), std::string::npos) << outcome;
    }
    EXPECT_EQ(customers->CallRaw(rpc, "", "nobody's").code, grpc::UNAUTHENTICATED) << rpc.full_name();
  }
}

TEST_F(CustomerAddress, ACustomerOfOneIsHelpedAtTheOther) {
  Console console(world.client(), world.ann);
  console.Hello();
  pb::SubmitFormRequest form;
  form.set_organization_id("acme");
  form.set_channel_id("help");
  form.set_device_id("laptop");
  const auto entered = customers->Call<pb::SubmitFormResponse>(form, "");
  ASSERT_TRUE(entered.ok()) << entered.outcome;
  Device device(*customers, entered->device_token());
  device.Hello();
  world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(entered->session_id()), world.ann);
  ViewUntil(device, [](const auto& view) { return !view.technician_name().empty(); });
  auto words = World::On<pb::SendChatRequest>(entered->session_id());
  words.set_text("Hello!");
  world.Must<pb::SendChatResponse>(words, world.ann);
  words.set_text("It is on fire.");
  EXPECT_TRUE(customers->Call<pb::SendChatResponse>(words, entered->device_token()).ok());
  const auto said = customers->Call<pb::ListChatResponse>(pb::ListChatRequest(), entered->device_token());
  ASSERT_TRUE(said.ok()) << said.outcome;
  ASSERT_EQ(said->messages_size(), 2);
  EXPECT_EQ(said->messages(0).text(), "Hello!");
  EXPECT_EQ(said->messages(1).text(), "It is on fire.");
  world.daemon.Stop();
  const Outcome end = device.End();
  EXPECT_EQ(end.code, grpc::UNAVAILABLE) << end;
  EXPECT_EQ(end.reason, "DRAINING") << end;
}

TEST_F(CustomerAddress, IsNoneUnlessAskedFor) {
  world.daemon.options().customer_listen.clear();
  world.daemon.Restart();
  EXPECT_EQ(world.daemon.daemon().customer_port(), 0);
}

}  // namespace
}  // namespace guichet::api_test

// Health, reflection and channelz.
#include <grpcpp/impl/codegen/client_unary_call.h>

#include <set>

#include "grpc/health/v1/health.pb.h"
#include "tests/api/raw_call.h"
#include "tests/api/world.h"

namespace guichet::api_test {
namespace {

class Introspection : public ::testing::Test {
 protected:
  template <class Request, class Response>
  grpc::Status Call(const char* path, const Request& request, Response* response) {
    const grpc::internal::RpcMethod method(path, grpc::internal::RpcMethod::NORMAL_RPC, world.client().channel());
    auto context = ContextOf("");
    return grpc::internal::BlockingUnaryCall<Message, Message, google::protobuf::MessageLite, google::protobuf::MessageLite>(
        world.client().channel().get(), method, context.get(), request, response);
  }
  // A call with bytes; the answer's bytes.
  std::string Bytes(const char* path, const std::string& request) {
    RawCall call(world.client(), path, "");
    call.Write(request);
    call.HalfClose();
    const std::string answer = call.Read().value_or("");
    const grpc::Status status = call.End().status;
    EXPECT_TRUE(status.ok()) << path << ": " << status.error_message();
    return answer;
  }
  World world;
};

TEST_F(Introspection, HealthOfTheServerAndOfEachService) {
  std::set<std::string> services = {""};
  for (const MethodDescriptor* method : Methods()) services.insert(method->service()->full_name());
  EXPECT_EQ(services.size(), 12u);
  for (const std::string& service : services) {
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    grpc::health::v1::HealthCheckResponse response;
    EXPECT_TRUE(Call("/grpc.health.v1.Health/Check", request, &response).ok()) << service;
    EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::SERVING) << service;
  }
  grpc::health::v1::HealthCheckRequest request;
  request.set_service("nobody");
  grpc::health::v1::HealthCheckResponse response;
  EXPECT_EQ(Call("/grpc.health.v1.Health/Check", request, &response).error_code(), grpc::NOT_FOUND);
}

TEST_F(Introspection, ReflectionNamesEveryService) {
  // ServerReflectionRequest{list_services: "*"}: field 7.
  const std::string answer = Bytes("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", std::string("\x3A\x01*"));
  for (const MethodDescriptor* method : Methods()) {
    EXPECT_NE(answer.find(method->service()->full_name()), std::string::npos) << method->service()->full_name();
  }
}

TEST_F(Introspection, ChannelzListsTheServer) { EXPECT_FALSE(Bytes("/grpc.channelz.v1.Channelz/GetServers", "").empty()); }

}  // namespace
}  // namespace guichet::api_test

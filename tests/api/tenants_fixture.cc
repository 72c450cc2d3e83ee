#include "tests/api/tenants_fixture.h"

#include "absl/strings/escaping.h"

namespace guichet::api_test {

bool Refused(const Row& row, const Heard& heard) {
  auto refuses = [](int code) { return code == grpc::UNAUTHENTICATED || code == grpc::PERMISSION_DENIED; };
  if (row.rpc->output_type() == pb::ExecuteCommandsResponse::descriptor()) {
    for (const std::string& bytes : heard.messages) {
      pb::ExecuteCommandsResponse response;
      if (response.ParseFromString(bytes) && refuses(response.error().code())) return true;
    }
  }
  return refuses(heard.status.error_code());
}

bool Succeeded(const Row& row, const Heard& heard) {
  if (!heard.status.ok() || heard.messages.empty()) return false;
  pb::ExecuteCommandsResponse response;
  return row.rpc->output_type() != response.GetDescriptor() ||
         (response.ParseFromString(heard.messages.front()) && response.has_effect());
}

void Tenants::ExpectNothingOf(const Tenant& other, const MethodDescriptor& rpc, const Heard& heard) {
  std::string all = Text(rpc, heard) + heard.status.error_details();
  for (const std::string& bytes : heard.messages) {
    all += bytes;
    auto message = NewMessage(rpc.output_type());
    (void)message->ParseFromString(bytes);
    VisitStrings(*message, [&](const google::protobuf::FieldDescriptor& field, const std::string& value) {
      std::string decoded;
      if (field.name().ends_with("_token") && absl::WebSafeBase64Unescape(value, &decoded)) all += decoded;
    });
  }
  const size_t at = all.find(other.mark());
  EXPECT_EQ(at, std::string::npos) << "LEAK: \"" << all.substr(at, 40) << "\" in " << Text(rpc, heard);
  for (const std::string& secret : other.secrets()) {
    EXPECT_EQ(all.find(secret), std::string::npos) << "LEAK of the secret " << secret << " in " << Text(rpc, heard);
  }
}

}  // namespace guichet::api_test

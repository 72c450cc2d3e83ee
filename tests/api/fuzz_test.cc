// Empty, random and damaged requests to every rpc: the daemon answers and goes on.
#include <random>

#include "tests/api/world.h"

namespace guichet::api_test {
namespace {

constexpr uint64_t kSeed = 20240501;
constexpr int kCalls = 20000;

// Ids that exist among ones that do not, so that some calls get far.
std::string RandomText(std::mt19937_64& random, const std::string& field) {
  static const std::vector<std::string> words = {"ann",     "bob", "cid", "desk",   "help",        "acme",
                                                 "key-ann", "",    "x",   "000000", "display_name"};
  if (field.find("token") != std::string::npos && random() % 4 != 0) return "";
  if (random() % 4 != 0) return words[random() % words.size()];
  std::string text(random() % 3 == 0 ? random() % 2000 : random() % 20, ' ');
  for (char& c : text) c = static_cast<char>(random() % 128);
  return text;
}

void Fill(Message& message, std::mt19937_64& random, int depth) {
  using Field = google::protobuf::FieldDescriptor;
  const auto* reflection = message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const Field* field = message.GetDescriptor()->field(i);
    if (field->is_map() || random() % 3 == 0) continue;
    const int times = field->is_repeated() ? static_cast<int>(random() % 8) : 1;
    for (int t = 0; t < times; ++t) {
      const bool many = field->is_repeated();
      switch (field->cpp_type()) {
        case Field::CPPTYPE_STRING: {
          const std::string text = RandomText(random, field->name());
          many ? reflection->AddString(&message, field, text) : reflection->SetString(&message, field, text);
          break;
        }
        case Field::CPPTYPE_UINT64:
          reflection->SetUInt64(&message, field, random() % 2 == 0 ? random() % 30 : random());
          break;
        case Field::CPPTYPE_INT64:
          reflection->SetInt64(&message, field, static_cast<int64_t>(random() % 3 == 0 ? random() : random() % 99));
          break;
        case Field::CPPTYPE_INT32:
          reflection->SetInt32(&message, field, static_cast<int32_t>(random() % 5 == 0 ? random() : random() % 99));
          break;
        case Field::CPPTYPE_UINT32:
          reflection->SetUInt32(&message, field, static_cast<uint32_t>(random() % 12));
          break;
        case Field::CPPTYPE_BOOL:
          reflection->SetBool(&message, field, random() % 2 == 0);
          break;
        case Field::CPPTYPE_ENUM: {
          const int value = static_cast<int>(random() % 8) - 1;
          many ? reflection->AddEnumValue(&message, field, value) : reflection->SetEnumValue(&message, field, value);
          break;
        }
        case Field::CPPTYPE_MESSAGE:
          if (depth > 4) break;
          Fill(many ? *reflection->AddMessage(&message, field) : *reflection->MutableMessage(&message, field), random,
               depth + 1);
          break;
        default:
          break;
      }
    }
  }
}

class Fuzz : public ::testing::Test {
 protected:
  // A watch of deliveries says nothing until there is one; it is left at once.
  Outcome Try(const MethodDescriptor& method, const std::string& bytes, const std::string& token) {
    return world.client().CallRaw(method, bytes, token, method.name() == "WatchDeliveries" ? 0 : 1);
  }
  // The daemon still answers, and answers well.
  void Serves() {
    pb::ListTechniciansRequest list;
    auto listed = world.Call<pb::ListTechniciansResponse>(list, fresh_admin());
    EXPECT_TRUE(listed.ok()) << listed.outcome;
  }
  std::string fresh_admin() { return MakeOrganization(world.client(), "fresh-" + std::to_string(++organizations_)); }
  World world;

 private:
  int organizations_ = 0;
};

TEST_F(Fuzz, EmptyRequestsToEveryRpc) {
  for (const MethodDescriptor* method : Methods()) {
    for (const std::string& token : {std::string(), world.ann, world.integrator, world.admin, std::string(kOperatorToken)}) {
      const Outcome outcome = Try(*method, "", token);
      SCOPED_TRACE(method->full_name());
      EXPECT_NE(outcome.code, grpc::DEADLINE_EXCEEDED);
      EXPECT_NE(outcome.code, grpc::UNKNOWN) << outcome;
      EXPECT_NE(outcome.code, grpc::INTERNAL) << outcome;
      EXPECT_NE(outcome.code, grpc::UNIMPLEMENTED) << outcome;  // check-words: allow (the name of a gRPC code)
      if (!outcome.ok() && outcome.code != grpc::CANCELLED) {
        EXPECT_NE(outcome.reason, "") << outcome;
      }
    }
  }
  Serves();
}

TEST_F(Fuzz, RandomRequestsToEveryRpc) {
  std::mt19937_64 random(kSeed);
  const std::vector<std::string> tokens = {world.ann,      world.bob, world.integrator,   world.admin,
                                           kOperatorToken, "",        world.Enter().token};
  int counts[17] = {};
  for (int i = 0; i < kCalls; ++i) {
    const MethodDescriptor* method = Methods()[random() % Methods().size()];
    auto request = NewMessage(method->input_type());
    Fill(*request, random, 0);
    std::string bytes = request->SerializeAsString();
    const bool damage = random() % 8 == 0;
    if (damage) {
      for (int d = 0; d < 3 && !bytes.empty(); ++d) bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    const Outcome outcome = Try(*method, bytes, tokens[random() % tokens.size()]);
    ++counts[outcome.code];
    ASSERT_NE(outcome.code, grpc::DEADLINE_EXCEEDED) << "seed " << kSeed << " call " << i << " " << method->full_name();
    ASSERT_NE(outcome.code, grpc::UNAVAILABLE) << "seed " << kSeed << " call " << i << " " << method->full_name() << outcome;
    if (!damage) {
      EXPECT_NE(outcome.code, grpc::INTERNAL)
          << "call " << i << " " << method->full_name() << " " << outcome << request->ShortDebugString();
      EXPECT_NE(outcome.code, grpc::UNKNOWN) << "call " << i << " " << method->full_name() << " " << outcome;
    }
    if (outcome.code == grpc::INVALID_ARGUMENT && outcome.reason == "INVALID_FIELD") {
      EXPECT_EQ(outcome.fields.size(), 1u) << method->full_name() << " " << outcome;
    }
  }
  EXPECT_GT(counts[grpc::OK], kCalls / 100);
  EXPECT_GT(counts[grpc::INVALID_ARGUMENT], kCalls / 20);
  Serves();
}

TEST_F(Fuzz, RandomBytesToEveryRpc) {
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 1000; ++i) {
    std::string bytes(random() % 200, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    const MethodDescriptor* method = Methods()[random() % Methods().size()];
    ASSERT_NE(Try(*method, bytes, world.admin).code, grpc::DEADLINE_EXCEEDED) << method->full_name();
  }
  Serves();
}

}  // namespace
}  // namespace guichet::api_test

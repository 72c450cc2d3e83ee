// Empty, random and damaged requests to every rpc: the daemon answers as documented and goes on. GUICHET_FUZZ_CALLS=N makes so
// many random calls instead of kCalls; GUICHET_SEED=N begins with another seed. The calls follow from the seed but for the
// secrets in them.
#include <algorithm>
#include <cstdlib>
#include <deque>
#include <random>
#include <sstream>

#include "google/protobuf/stubs/logging.h"
#include "guichet/v1/chat_service.pb.h"
#include "router/limits.h"
#include "tests/api/http_get.h"
#include "tests/api/raw_call.h"
#include "tests/api/tenants.h"
#include "tests/api/world.h"
#include "tests/fuzz/proto_mutator.h"

namespace guichet::api_test {
namespace {

constexpr uint64_t kSeed = 20240501;
constexpr int kCalls = 12000;
constexpr size_t kRoundStates = 4;
constexpr int kRoundCalls = 2000;  // with one pair of organizations, whose keys and people some calls delete

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Values that requests are filled with: ids that exist and tokens and codes that were given out, in any field; texts and
// numbers at the limits; garbage.
class Pool : public fuzz::Values {
 public:
  // Takes over what an answer, or a request that is valid, holds.
  void Learn(const Message& message) {
    VisitStrings(message, [&](const google::protobuf::FieldDescriptor& field, const std::string& value) {
      if (value.size() > 200) return;
      Keep(all_, value);
      Keep(by_field_[field.name()], value);
    });
    google::protobuf::Reflection const& reflection = *message.GetReflection();
    if (const auto* id = message.GetDescriptor()->FindFieldByName("session_id"); id != nullptr && !id->is_repeated()) {
      if (const uint64_t session = reflection.GetUInt64(message, id); session != 0) sessions_ = std::max(sessions_, session);
    }
  }
  std::string Text(const google::protobuf::FieldDescriptor& field, const std::string& old, std::mt19937_64& random) override {
    const auto known = by_field_.find(field.name());
    const uint64_t how = random() % 16;
    if (how < 8 && known != by_field_.end()) return known->second[random() % known->second.size()];
    if (how < 10 && !all_.empty()) return all_[random() % all_.size()];
    if (how < 11) return "";
    if (how < 12) return std::string(fuzz::EdgeSize(random), static_cast<char>('a' + random() % 26));
    std::string text = old.empty() && !all_.empty() ? all_[random() % all_.size()] : old;
    for (uint64_t times = 1 + random() % 3; times > 0; --times) {
      const size_t at = text.empty() ? 0 : random() % text.size();
      random() % 2 == 0 || text.empty() ? text.insert(at, 1, static_cast<char>(random() % 128))
                                        : text.erase(at, 1 + random() % 4);
    }
    return text;
  }
  // A token that was given out: of a key, a device, a computer.
  std::string Credential(std::mt19937_64& random) const {
    static const char* const kFields[] = {"token", "device_token", "administrator_token", "computer_token", "code"};
    const auto known = by_field_.find(kFields[random() % std::size(kFields)]);
    return known == by_field_.end() ? "gk_x_y_z" : known->second[random() % known->second.size()];
  }
  uint64_t Number(const google::protobuf::FieldDescriptor& field, std::mt19937_64& random) override {
    const bool session = field.name().find("session_id") != std::string::npos;
    return session && random() % 8 != 0 ? 1 + random() % (sessions_ + 1) : fuzz::EdgeNumber(random);
  }

 private:
  static void Keep(std::deque<std::string>& values, const std::string& value) {
    constexpr size_t kKept = 64;
    values.push_back(value);
    if (values.size() > kKept) values.pop_front();
  }
  std::deque<std::string> all_;
  std::map<std::string, std::deque<std::string>> by_field_;
  uint64_t sessions_ = 0;
};

// What a daemon that works answers: every code of the API, and none that says that it does not know what happened.
bool IsDocumented(grpc::StatusCode code) {
  switch (code) {
    case grpc::OK:
    case grpc::CANCELLED:
    case grpc::INVALID_ARGUMENT:
    case grpc::NOT_FOUND:
    case grpc::ALREADY_EXISTS:
    case grpc::PERMISSION_DENIED:
    case grpc::UNAUTHENTICATED:
    case grpc::RESOURCE_EXHAUSTED:
    case grpc::FAILED_PRECONDITION:
    case grpc::ABORTED:
    case grpc::OUT_OF_RANGE:
      return true;
    default:
      return false;
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

// Random calls in rounds. Each has two organizations of its own in the same daemon, with people, sessions in many states and
// every kind of credential; calls begin as requests that are valid for somebody, as empty ones, or as random bytes.
class RandomCalls : public ::testing::Test {
 protected:
  RandomCalls() : daemon_(Options()) {}

  static router::DaemonOptions Options() {
    router::DaemonOptions options;
    options.metrics_listen = "127.0.0.1:0";
    return options;
  }

  void Round(uint64_t seed, int calls) {
    std::mt19937_64 random(seed);
    daemon_.clock().Advance(router::kBudgetRefill);  // the round before has guessed codes
    Tenant ours(daemon_, "ours-" + std::to_string(seed), "marka"), theirs(daemon_, "theirs-" + std::to_string(seed), "markb");
    const Tenant* const tenants[] = {&ours, &theirs};
    // Sessions in some of the states that rows need, until a call changes them; as many as one technician may lead.
    std::vector<State> states;
    for (const Row& row : Rows()) {
      if (std::find(states.begin(), states.end(), row.state) == states.end()) states.push_back(row.state);
    }
    std::map<State, Place> places;
    for (size_t i = 0; i < kRoundStates; ++i) {
      const State state = states[(seed * kRoundStates + i) % states.size()];
      places.emplace(state, ours.Prepare(state));
    }
    Pool pool;
    for (const Row& row : Rows()) {
      for (const Tenant* tenant : tenants) {
        for (const auto& message : row.ask(tenant->names())) pool.Learn(*message);
      }
    }
    for (int i = 0; i < calls; ++i) {
      size_t at = random() % Rows().size();
      for (bool meant = random() % 2 == 0; meant && !places.contains(Rows()[at].state);) at = random() % Rows().size();
      const Row& row = Rows()[at];
      auto prepared = random() % 4 == 0 ? std::next(places.begin(), random() % places.size()) : places.find(row.state);
      const Place* place = prepared == places.end() || random() % 8 == 0 ? nullptr : &prepared->second;
      const Names& names = place != nullptr ? place->names : tenants[random() % 4 == 0]->names();
      const std::string authorization = Credential(row, *tenants[random() % 8 == 0], place, pool, random);
      Messages messages = random() % 8 == 0 ? Messages() : row.ask(names);
      if (messages.empty()) messages.push_back(NewMessage(row.rpc->input_type()));
      for (uint64_t changes = random() % 3 == 0 ? 0 : random() % 5; changes > 0; --changes) {
        fuzz::MutateMessage(messages[random() % messages.size()].get(), pool, random);
      }
      // The rows' own is one for all.
      const auto* request_id = row.rpc->input_type()->FindFieldByName("request_id");
      if (request_id != nullptr && random() % 8 != 0) messages[0]->GetReflection()->ClearField(messages[0].get(), request_id);
      std::vector<std::string> bytes;
      for (const auto& message : messages) bytes.push_back(message->SerializeAsString());
      if (random() % 16 == 0) {
        for (int d = 0; d < 3 && !bytes[0].empty(); ++d) bytes[0][random() % bytes[0].size()] = static_cast<char>(random());
      }
      Try(*row.rpc, messages, bytes, authorization, pool, "seed " + std::to_string(seed) + " call " + std::to_string(i));
      if (HasFailure()) return;
      if (random() % 128 == 0) daemon_.clock().Advance(milliseconds(random() % (random() % 16 == 0 ? 90000000 : 60000)));
    }
  }

  // Still healthy, and no rule of the state was broken.
  void Serves() {
    RawCall health(daemon_.client(), "/grpc.health.v1.Health/Check", "");
    health.Write(std::string());
    health.HalfClose();
    const Heard heard = health.End();
    EXPECT_TRUE(heard.status.ok()) << heard.status.error_message();
    ASSERT_EQ(heard.messages.size(), 1u);
    EXPECT_EQ(heard.messages[0], "\x08\x01") << "SERVING";
    std::istringstream page(HttpGet(daemon_.daemon().metrics_port(), "/metrics"));
    bool found = false;
    for (std::string line; std::getline(page, line);) {
      if (line.rfind("guichet_invariant_violations_total", 0) != 0) continue;
      found = true;
      EXPECT_EQ(line.substr(line.rfind(' ') + 1), "0") << line;
    }
    EXPECT_TRUE(found) << "no metric of invariants";
  }

  std::map<grpc::StatusCode, int> counts_;
  std::map<std::string, int> answered_;  // OK, by rpc

 private:
  // Mostly of one who may.
  static std::string Credential(const Row& row, const Tenant& tenant, const Place* place, const Pool& pool,
                                std::mt19937_64& random) {
    if (random() % 32 == 0) return "";
    if (random() % 8 == 0) return Bearer(pool.Credential(random));
    const bool any = row.may == "*" || random() % 4 == 0;
    return tenant.Authorization(
        any ? Columns()[1 + random() % (Columns().size() - 1)].letter : row.may[random() % row.may.size()], place);
  }

  static bool Speaks(const MethodDescriptor& rpc, const Message& request) {
    if (!rpc.server_streaming() || rpc.client_streaming()) return true;
    const auto* resume = rpc.input_type()->FindFieldByName("resume_token");
    if (resume != nullptr && !request.GetReflection()->GetString(request, resume).empty()) return false;
    return rpc.name() != "WatchDeliveries" && rpc.name() != "WatchChat";
  }
  void Try(const MethodDescriptor& rpc, const Messages& messages, const std::vector<std::string>& bytes,
           const std::string& authorization, Pool& pool, const std::string& place) {
    bool parses = true;
    RawCall call(daemon_.client(), rpc, authorization);
    for (const std::string& message : bytes) {
      parses = parses && NewMessage(rpc.input_type())->ParseFromString(message);
      if (!call.Write(message)) break;
    }
    call.HalfClose();
    // Streams are read once and left; those that may have nothing to say until something happens are left at once.
    if (Speaks(rpc, *messages[0])) (void)call.Read();
    const Heard heard = rpc.server_streaming() ? call.Leave() : call.End();
    const Outcome outcome = Explain(heard.status);
    ++counts_[outcome.code];
    std::string what = place + " " + rpc.full_name();
    for (const auto& message : messages) what += " {" + message->ShortDebugString() + "}";
    // What is no message gRPC itself refuses, with these.
    const bool unread =
        outcome.code == grpc::INTERNAL || outcome.code == grpc::UNIMPLEMENTED;  // check-words: allow (the name of a gRPC code)
    EXPECT_TRUE(IsDocumented(outcome.code) || (!parses && unread)) << what << "\n" << outcome;
    if (parses && !outcome.ok() && outcome.code != grpc::CANCELLED) {
      EXPECT_NE(outcome.reason, "") << what << "\n" << outcome;
      if (outcome.reason == "INVALID_FIELD") {
        EXPECT_EQ(outcome.fields.size(), 1u) << what << "\n" << outcome;
      }
    }
    if (!outcome.ok()) return;
    ++answered_[rpc.full_name()];
    for (const std::string& message : heard.messages) {
      auto answer = NewMessage(rpc.output_type());
      EXPECT_TRUE(answer->ParseFromString(message)) << what;
      pool.Learn(*answer);
    }
  }

  TestDaemon daemon_;
};

TEST_F(RandomCalls, ToEveryRpcFromEverybody) {
  google::protobuf::LogSilencer silencer;  // of strings that are no UTF-8
  const uint64_t calls = FromEnvironment("GUICHET_FUZZ_CALLS", kCalls), first = FromEnvironment("GUICHET_SEED", kSeed);
  uint64_t done = 0;
  for (uint64_t seed = first; done < calls && !HasFailure(); ++seed) {
    const int now = static_cast<int>(std::min<uint64_t>(kRoundCalls, calls - done));
    Round(seed, now);
    Serves();
    done += now;
    if (done % 100000 != 0) continue;
    std::printf("%lu calls\n", static_cast<unsigned long>(done));
    std::fflush(stdout);
  }
  std::string codes;
  for (const auto& [code, count] : counts_) codes += " " + std::to_string(code) + ": " + std::to_string(count);
  std::printf("%lu calls from seed %lu; status codes%s; %zu of %zu rpcs answered OK\n", static_cast<unsigned long>(done),
              static_cast<unsigned long>(first), codes.c_str(), answered_.size(), Methods().size());
  if (HasFailure()) return;
  EXPECT_GT(counts_[grpc::OK], static_cast<int>(done / 10));
  EXPECT_GT(counts_[grpc::INVALID_ARGUMENT], static_cast<int>(done / 50));
  for (const MethodDescriptor* method : Methods()) {
    if (!answered_.contains(method->full_name())) std::printf("never OK: %s\n", method->full_name().c_str());
  }
  EXPECT_GE(answered_.size(), done >= kCalls ? Methods().size() * 3 / 4 : 1);
}

}  // namespace
}  // namespace guichet::api_test

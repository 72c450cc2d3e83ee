// A thread of load: drives its own sessions by its own two technicians, so that each session's history is linear, and knows
// what every one of them must be after a crash.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/crash/caller.h"
#include "tests/crash/facts.h"

namespace guichet::crash {

struct DriverOptions {
  std::string name;        // prefix of request ids, devices and tracking ids
  std::string integrator;  // token
  std::string ann;         // who leads
  std::string bob;         // who helps; both serve `channel`
  std::string channel;
  uint64_t seed = 0;
};

// One thread at a time: Load during a load, the others between loads.
class Driver {
 public:
  explicit Driver(DriverOptions options) : options_(std::move(options)), random_(options_.seed) {}

  // Commands until the daemon goes away.
  void Load(Server& server);
  // After a restart: checks every session, repeats what was acknowledged and what was not, brings the devices back.
  void Recover(Server& server);

  // Codes that were acknowledged and neither used nor ended.
  std::vector<std::string> LiveCodes() const;
  size_t repeated() const { return repeated_; }

 private:
  struct Case {
    uint64_t id = 0;
    uint64_t revision = 0;  // of the last known change
    uint64_t epoch = 0;
    Facts facts;
    std::string code;
    std::string token;  // of the device
    std::unique_ptr<client::Stream> device;
  };
  // What was on its way when the daemon went.
  struct Pending {
    Case* of = nullptr;  // null: it creates a session
    Call call;           // without a request: a message of the device
    Facts after;
  };
  using Step = std::function<bool(Server&)>;

  bool Chance(int percent) { return std::uniform_int_distribution<int>(0, 99)(random_) < percent; }
  size_t Pick(size_t count) { return std::uniform_int_distribution<size_t>(0, count - 1)(random_); }
  std::string NextId() { return options_.name + "-" + std::to_string(++sequence_); }

  // False: the daemon is gone.
  bool OneStep(Server& server);
  bool Create(Server& server);
  bool Redeem(Server& server, Case& c);
  bool Attach(Server& server, Case& c);
  bool Heartbeat(Case& c);
  bool CustomerEnd(Server& server, Case& c);
  std::vector<Step> StepsOf(Case& c);
  template <typename Request>
  Step Verb(Case& c, const std::string& technician, Facts after, Request request = {});

  bool Do(Server& server, Case* c, const std::string& token, MessagePtr request, Facts after);
  void Accept(Case* c, const Call& call, const Facts& after);
  bool Learn(Server& server, Case& c);
  absl::Status OpenDevice(Server& server, Case& c);

  void CheckCase(Server& server, Case& c);
  void RepeatPending(Server& server);
  void CheckCodes(Server& server);
  size_t EventsAfter(Server& server, uint64_t session, uint64_t revision);

  const DriverOptions options_;
  std::mt19937_64 random_;
  uint64_t sequence_ = 0;
  size_t repeated_ = 0;
  std::deque<std::unique_ptr<Case>> cases_;
  std::vector<Call> accepted_;  // of this load, and some older ones
  std::optional<Pending> pending_;
};

}  // namespace guichet::crash

// One simulated support day after another: the daemon without sockets (node.h), its clients over a bad network, faults of
// machine and disk, and the auditor who looks at all of it. Everything happens on one thread in an order that the seed alone
// decides.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "guichet/v1/session_service.pb.h"
#include "tools/sim/auditor.h"
#include "tools/sim/disk.h"
#include "tools/sim/node.h"
#include "tools/sim/watcher.h"

namespace guichet::sim {

namespace pb = guichet::v1;

struct Options {
  uint64_t seed = 1;
  int hours = 24;
  int organizations = 2;
  int technicians = 24;            // of each organization
  double customers_per_hour = 40;  // of each organization, at noon
  bool faults = true;
  bool what_if = false;  // at the end, the same policy over what was recorded: no decision may change
  Auditor::Seen seen;    // every durable event; may be null
  std::string folder;    // for the lock of the store; must not be used by others
};

struct Report {
  std::string broken;  // empty: everything held
  Time at{};           // … when it broke
  uint64_t hash = 0;   // of all durable events: the same for the same options
  uint64_t events = 0;
  uint64_t sessions = 0;
  uint64_t requests = 0;
  uint64_t repeated = 0;
  uint64_t crashes = 0;
  uint64_t shown = 0;                        // entries, to all watchers
  uint64_t decisions = 0;                    // of routing that a replay of the log made again
  uint64_t timers = 0;                       // … and that it fired again
  size_t rows = 0;                           // of the state table that were reached
  std::map<std::string, uint64_t> refusals;  // by reason
};

// A generator whose draws are the same on every machine.
class Chance {
 public:
  explicit Chance(uint64_t seed) : random_(seed) {}
  uint64_t Next() { return random_(); }
  int Below(int bound) { return static_cast<int>(random_() % static_cast<uint64_t>(bound)); }
  bool OneIn(int n) { return Below(n) == 0; }
  Duration Between(Duration least, Duration most) {
    return least + Duration{static_cast<int64_t>(random_() % static_cast<uint64_t>((most - least).count() + 1))};
  }
  template <class T>
  const T& Of(const std::vector<T>& list) {
    return list[static_cast<size_t>(Below(static_cast<int>(list.size())))];
  }

 private:
  std::mt19937_64 random_;
};

// The stream of a device or console. Heartbeats are sent while it is `alive`.
class Wire final : public router::Attachment {
 public:
  explicit Wire(Time now) : Attachment(now) {}
  void OnCustomer(router::CustomerUpdate update) override {
    if (on_customer) on_customer(update);
  }
  void Close(absl::Status) override {
    alive = false;
    if (on_close) on_close();
  }
  bool alive = true;
  std::function<void(const router::CustomerUpdate&)> on_customer;
  std::function<void()> on_close;
};

class Simulation {
 public:
  explicit Simulation(const Options& options);
  ~Simulation();

  Report Run();

  // --- for those who take part
  using Answer = std::function<void(const absl::Status&, const pb::CreateSessionResponse&)>;
  // A request of a client: lost, repeated, late and out of order as networks are, until it is answered once.
  void Request(const OrgId& org, const TechnicianId& technician, Command command, Answer answered = nullptr);
  // Something that a stream brings: it is lost with the stream.
  void Submit(router::Shard::Work work);
  void After(Duration delay, std::function<void()> what);
  // … unless the daemon has ended meanwhile.
  void AfterHere(Duration delay, std::function<void()> what);
  std::shared_ptr<Wire> MakeWire();
  Time now() const { return clock_.wall(); }
  Chance& chance() { return chance_; }
  const Options& options() const { return options_; }
  // What a console shows: a little late, as folded by a watcher.
  const Fold& Screen(const OrgId& org) const;
  uint64_t life() const { return life_; }  // counts the daemon's lives

 private:
  // The wall clock of the machine: true time, and how far it is off.
  class SimClock final : public router::Clock {
   public:
    Time Now() override { return wall(); }
    void NotBefore(Time floor) override { off += std::max(floor - wall(), Duration{0}); }
    void Wait(absl::CondVar&, absl::Mutex&, Time) override {}
    Time LastPause() override { return paused; }
    Time wall() const { return truth + off; }
    Time truth{std::chrono::hours(24 * 365 * 50)};
    Duration off{};
    Time paused{};
  };
  struct Call;

  void Open();
  void Crash();
  void PlanFaults();
  void Fault();
  void Send(const std::shared_ptr<Call>& call);
  void Deliver(const std::shared_ptr<Call>& call);
  void Answered(const std::shared_ptr<Call>& call, const absl::Status& status, const pb::CreateSessionResponse& response);
  void Work();
  void Settle();
  void Heartbeats();
  void Connect();
  void Watch();
  void ReplayAll();
  Time NextInstant() const;

  const Options options_;
  Chance chance_;
  SimClock clock_;
  Auditor auditor_;
  std::unique_ptr<Disk> disk_;
  std::unique_ptr<Node> node_;
  uint64_t life_ = 0;
  bool stalled_ = false;                                               // the disk answers no fsync
  std::map<std::pair<Time, uint64_t>, std::function<void()>> agenda_;  // by true time
  uint64_t planned_ = 0;
  std::vector<std::function<void()>> arrived_;  // answers, on their way to clients
  std::vector<std::weak_ptr<Wire>> wires_;
  std::map<OrgId, std::vector<std::unique_ptr<Watcher>>> watchers_;
  std::unique_ptr<class Day> day_;
  uint64_t requests_ = 0;
  Report report_;
};

}  // namespace guichet::sim

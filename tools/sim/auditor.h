// Checks the daemon against an independent model: what became durable, what clients were told, what watchers were shown. It
// shares with the core the data of the state table and the records of the log, and no code that decides.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "router/shard.h"
#include "tools/sim/fold.h"

namespace guichet::sim {

// The longest that settings of the simulated day allow.
struct Bounds {
  Duration connecting{};
  Duration reconnecting{};
};

// One thread uses it. The first violation is kept; after it nothing is checked any more.
class Auditor {
 public:
  using Seen = std::function<void(const OrgId&, const LogEntry&)>;
  // `seen` is told of every durable event; may be null.
  Auditor(Bounds bounds, Seen seen) : bounds_(bounds), seen_(std::move(seen)) {}

  // One event of the log became durable.
  void Durable(const OrgId& org, uint64_t seq, const std::string& bytes);
  // After a crash: everything that was durable must be there, byte for byte; what was on its way may be. `all`: from the
  // beginning of the log, else the last thousand events.
  void Recovered(store::Store& store, bool all);
  // A client got this answer to its request. `revision` 0: it changed nothing.
  void Answered(const OrgId& org, const std::string& request, Revision revision, const std::string& answer);
  // A watcher was shown this entry.
  void Shown(const OrgId& org, const LogEntry& entry);
  // Nothing is under way: the state in memory against the model.
  void Quiet(const router::OrgRuntime& rt, Time now);

  void Broken(const std::string& why);
  const std::string& broken() const { return broken_; }

  // Of every durable event so far, in order: the same for the same seed.
  uint64_t hash() const { return hash_; }
  uint64_t events() const { return events_; }
  uint64_t sessions() const { return sessions_; }
  size_t rows_reached() const;
  const Fold* FoldOf(const OrgId& org) const;
  std::vector<OrgId> orgs() const;

 private:
  struct Facts {
    TechnicianId lead;
    TechnicianId lead_offered_to;
    Epoch epoch;
    Link link = Link::kNeverAttached;
    Time link_since{};
    bool ended = false;
  };
  struct Model {
    Fold fold;
    Time last{};
    std::vector<uint64_t> entries;  // hash of each event, by seq - 1
    std::map<SessionId, Facts> facts;
    std::map<std::string, SessionId> codes;  // every code and token that a session was created with
  };
  void Take(Model& model, const LogEntry& entry);
  void TakeEvents(Model& model, const LogEntry& entry);
  void CheckSession(const Model& model, const SessionChange& change);

  const Bounds bounds_;
  const Seen seen_;
  std::map<OrgId, Model> models_;
  std::map<std::string, std::string> answers_;  // by organization and request
  std::vector<uint64_t> rows_;
  uint64_t hash_ = 0;
  uint64_t events_ = 0;
  uint64_t sessions_ = 0;
  std::string broken_;
};

}  // namespace guichet::sim

// One scenario for each row of the state table, by subject. Each ends when the row was seen by the technician whose view it is.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/wire/stage.h"

namespace guichet::wire {

struct Scenario {
  std::string row;
  std::function<void(Stage&)> run;
};

// For GoogleTest's messages.
inline void PrintTo(const Scenario& scenario, std::ostream* out) { *out << scenario.row; }

std::vector<Scenario> QueueScenarios();          // connecting and waiting, held and active
std::vector<Scenario> LinkScenarios();           // device lost, back, rebooting, offline
std::vector<Scenario> TransferScenarios();       // incoming and outgoing
std::vector<Scenario> CollaborationScenarios();  // invitations, collaborators, the lead role
std::vector<Scenario> EndScenarios();            // how sessions end, and dismissals
std::vector<Scenario> MonitoringScenarios();

inline std::vector<Scenario> AllScenarios() {
  std::vector<Scenario> all;
  for (auto part :
       {QueueScenarios, LinkScenarios, TransferScenarios, CollaborationScenarios, EndScenarios, MonitoringScenarios}) {
    for (Scenario& scenario : part()) all.push_back(std::move(scenario));
  }
  return all;
}

// Fails the scenario when the session ended otherwise.
inline void ExpectOutcome(Stage& s, uint64_t id, pb::Outcome outcome) {
  const pb::Outcome is = s.OutcomeOf(id);
  if (is != outcome) throw std::runtime_error("outcome " + pb::Outcome_Name(is) + ", expected " + pb::Outcome_Name(outcome));
}

}  // namespace guichet::wire

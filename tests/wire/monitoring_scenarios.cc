#include "tests/wire/scenarios.h"

namespace guichet::wire {
namespace {

uint64_t Watched(Stage& s) {
  const uint64_t id = s.Monitoring();
  s.Start("amy", id);
  s.AwaitState("amy", id, pb::ENTRY_STATE_ACTIVE);
  return id;
}

uint64_t SignedOut(Stage& s) {
  const uint64_t id = Watched(s);
  if (absl::Status end = s.console("bob").SignOut(); !end.ok()) throw std::runtime_error("sign_out: " + end.ToString());
  s.AwaitState("amy", id, pb::ENTRY_STATE_CLOSED);
  return id;
}

}  // namespace

std::vector<Scenario> MonitoringScenarios() {
  return {
      {"M01", [](Stage& s) { s.Sees("amy", s.Monitoring()); }},
      {"M02", [](Stage& s) { s.Sees("amy", Watched(s)); }},
      {"M03",
       [](Stage& s) {
         const uint64_t id = SignedOut(s);
         s.Sees("amy", id);
         ExpectOutcome(s, id, pb::OUTCOME_CLOSED_BY_CUSTOMER);
       }},
      {"M04",
       [](Stage& s) {
         const uint64_t id = Watched(s);
         s.End("amy", id);
         s.Sees("amy", id);
         ExpectOutcome(s, id, pb::OUTCOME_CLOSED_BY_TECHNICIAN);
       }},
      {"M05",
       [](Stage& s) {
         const uint64_t id = SignedOut(s);
         s.End("amy", id);
         s.Sees("amy", id);
         ExpectOutcome(s, id, pb::OUTCOME_CLOSED_BY_CUSTOMER);
       }},
  };
}

}  // namespace guichet::wire

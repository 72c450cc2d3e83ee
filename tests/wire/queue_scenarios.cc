#include "tests/wire/scenarios.h"

namespace guichet::wire {

std::vector<Scenario> QueueScenarios() {
  return {
      {"A01",
       [](Stage& s) {
         const uint64_t id = s.Connecting();
         s.device(id).Attach();
         s.Sees("ann", id);
       }},
      {"A03",
       [](Stage& s) {
         const uint64_t id = s.Waiting();
         s.Start("ann", id);
         s.Sees("ann", id);
       }},
      {"A14",
       [](Stage& s) {
         const uint64_t id = s.Active();
         s.Hold("ann", id);
         s.Sees("ann", id);
       }},
      {"A16",
       [](Stage& s) {
         const uint64_t id = s.Held();
         s.Start("ann", id);
         s.Sees("ann", id);
       }},
      {"X21",
       [](Stage& s) {
         pb::GroupSettings settings;
         settings.set_auto_start_private(true);
         s.Set(settings);
         const uint64_t id = s.Connecting();
         s.device(id).Attach();
         s.Sees("ann", id);
       }},
  };
}

}  // namespace guichet::wire

#include "tests/wire/scenarios.h"

namespace guichet::wire {

std::vector<Scenario> CollaborationScenarios() {
  return {
      {"A13",
       [](Stage& s) {
         const uint64_t id = s.Collaborating();
         s.HandLead("ann", id, "bob");
         s.AwaitState("bob", id, pb::ENTRY_STATE_ACTIVE);
         s.HandLead("bob", id, "ann");
         s.Sees("bob", id);
         s.AwaitState("ann", id, pb::ENTRY_STATE_ACTIVE);
       }},
      {"A19",
       [](Stage& s) {
         const uint64_t id = s.Collaborating();
         s.Hold("bob", id);
         s.AwaitState("bob", id, pb::ENTRY_STATE_HOLD);
         s.Start("bob", id);
         s.Sees("bob", id);
       }},
      {"A44",
       [](Stage& s) {
         const uint64_t id = s.Active();
         s.Invite(id, "bob");
         s.AwaitState("bob", id, pb::ENTRY_STATE_INVITATION);
         s.Start("bob", id);
         s.Sees("bob", id);
       }},
      {"A45",
       [](Stage& s) {
         const uint64_t id = s.Active();
         s.Invite(id, "bob");
         s.AwaitState("bob", id, pb::ENTRY_STATE_INVITATION);
         s.Remove(id, "bob");
         s.Sees("bob", id);
       }},
      {"A47",
       [](Stage& s) {
         const uint64_t id = s.Collaborating();
         s.console("ann").Foreground(id);
         s.IdleOut();
         s.Sees("bob", id);
         s.AwaitState("ann", id, pb::ENTRY_STATE_ACTIVE);
       }},
      {"A49",
       [](Stage& s) {
         const uint64_t id = s.Collaborating();
         s.Hold("bob", id);
         s.Sees("bob", id);
         s.AwaitState("ann", id, pb::ENTRY_STATE_ACTIVE);
       }},
      {"A50",
       [](Stage& s) {
         const uint64_t id = s.Collaborating();
         s.Remove(id, "bob");
         s.Sees("bob", id);
       }},
      {"A51",
       [](Stage& s) {
         const uint64_t id = s.Collaborating();
         s.HandLead("ann", id, "bob");
         s.Sees("bob", id);
         s.AwaitState("ann", id, pb::ENTRY_STATE_COLLABORATION);
       }},
      {"A54",
       [](Stage& s) {
         const uint64_t id = s.Collaborating();
         s.DeviceReboots(id);
         s.Remove(id, "bob");
         s.Sees("bob", id);
       }},
  };
}

}  // namespace guichet::wire

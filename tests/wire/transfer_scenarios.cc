#include "tests/wire/scenarios.h"

namespace guichet::wire {
namespace {

// A session that ann sent to bob, who sent it back to her.
uint64_t SentBack(Stage& s, uint64_t id) {
  s.Transfer("ann", id, "bob");
  s.AwaitState("bob", id, pb::ENTRY_STATE_INCOMING);
  s.Transfer("bob", id, "ann");
  s.AwaitState("ann", id, pb::ENTRY_STATE_INCOMING);
  s.AwaitState("bob", id, pb::ENTRY_STATE_OUTGOING);
  return id;
}

void Transfers(Stage& s, uint64_t id) {
  s.Transfer("ann", id, "bob");
  s.Sees("ann", id);
  s.AwaitState("bob", id, pb::ENTRY_STATE_INCOMING);
}

void Cancels(Stage& s, uint64_t id) {
  s.Transfer("ann", id, "bob");
  s.AwaitState("ann", id, pb::ENTRY_STATE_OUTGOING);
  s.CancelTransfer("ann", id);
  s.Sees("ann", id);
  s.AwaitState("bob", id, pb::ENTRY_STATE_REMOVED);
}

void CancelsWhatCameBack(Stage& s, uint64_t id) {
  SentBack(s, id);
  s.CancelTransfer("bob", id);
  s.Sees("ann", id);
  s.AwaitState("bob", id, pb::ENTRY_STATE_REMOVED);
}

}  // namespace

std::vector<Scenario> TransferScenarios() {
  return {
      {"A04", [](Stage& s) { Transfers(s, s.Waiting()); }},
      {"A15", [](Stage& s) { Transfers(s, s.Active()); }},
      {"A17", [](Stage& s) { Transfers(s, s.Held()); }},
      {"A34",
       [](Stage& s) {
         const uint64_t id = s.Sent();
         s.TransferToGroup("bob", id, "desk");  // which contains ann, too
         s.Sees("bob", id);
         s.AwaitState("cat", id, pb::ENTRY_STATE_INCOMING);
         s.AwaitState("ann", id, pb::ENTRY_STATE_OUTGOING);
       }},
      {"A37",
       [](Stage& s) {
         const uint64_t id = s.Sent();
         s.Start("ann", id);
         s.Sees("bob", id);
       }},
      {"A38",
       [](Stage& s) {
         const uint64_t id = s.Sent();
         s.Start("bob", id);
         s.Sees("bob", id);
       }},
      {"A39",
       [](Stage& s) {
         const uint64_t id = s.Sent();
         s.Start("ann", id);
         s.Sees("ann", id);
       }},
      {"A40",
       [](Stage& s) {
         const uint64_t id = SentBack(s, s.Active());
         s.Sees("ann", id);
       }},
      {"A43",
       [](Stage& s) {
         const uint64_t id = s.Sent();
         s.Start("bob", id);
         s.Sees("ann", id);
       }},
      {"X15",
       [](Stage& s) {
         const uint64_t id = s.InChannel();
         s.Transfer("ann", id, "bob");
         s.Sees("bob", id);
         s.AwaitState("cat", id, pb::ENTRY_STATE_REMOVED);
       }},
      {"X17", [](Stage& s) { Cancels(s, s.Held()); }},
      {"X18", [](Stage& s) { Cancels(s, s.Waiting()); }},
      {"X19", [](Stage& s) { CancelsWhatCameBack(s, s.Held()); }},
      {"X20", [](Stage& s) { CancelsWhatCameBack(s, s.Waiting()); }},
      {"X14",
       [](Stage& s) {
         const uint64_t id = SentBack(s, s.Active());
         s.device(id).End();
         s.Sees("ann", id);
         ExpectOutcome(s, id, pb::OUTCOME_CLOSED_BY_CUSTOMER);
       }},
  };
}

}  // namespace guichet::wire

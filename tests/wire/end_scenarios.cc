#include <algorithm>

#include "tests/wire/scenarios.h"

namespace guichet::wire {
namespace {

using Make = uint64_t (Stage::*)();

void Nothing(Stage&, uint64_t) {}
void Lost(Stage& s, uint64_t id) { s.Lose(id); }
void LostForLong(Stage& s, uint64_t id) { s.LoseForLong(id); }
void Reboots(Stage& s, uint64_t id) { s.DeviceReboots(id); }
using Then = void (*)(Stage&, uint64_t);

// `who` sees how ann ends it.
Scenario EndedByAnn(const std::string& row, const std::string& who, Make make, Then then = Nothing) {
  return {row, [=](Stage& s) {
            const uint64_t id = (s.*make)();
            then(s, id);
            s.End("ann", id);
            s.Sees(who, id);
            ExpectOutcome(s, id, pb::OUTCOME_CLOSED_BY_TECHNICIAN);
          }};
}

// `who` sees how the customer closes the applet.
Scenario EndedByCustomer(const std::string& row, const std::string& who, Make make) {
  return {row, [=](Stage& s) {
            const uint64_t id = (s.*make)();
            if (s.device(id).End() != pb::OUTCOME_CLOSED_BY_CUSTOMER) throw std::runtime_error("the applet was told otherwise");
            s.Sees(who, id);
            ExpectOutcome(s, id, pb::OUTCOME_CLOSED_BY_CUSTOMER);
          }};
}

// `who` sees how it idles out.
Scenario Idles(const std::string& row, const std::string& who, Make make, Then then = Nothing) {
  return {row, [=](Stage& s) {
            const uint64_t id = (s.*make)();
            then(s, id);
            s.IdleOut();
            s.Sees(who, id);
            ExpectOutcome(s, id, pb::OUTCOME_TIMED_OUT);
          }};
}

// A61: no later event of others and no bookmark takes the entry away, and nothing is sent about it.
void StaysTimedOut(Stage& s) {
  const uint64_t id = s.TimedOut();
  const auto count = [&](const QueueWatcher::View& view) {
    return std::count_if(view.changes.begin(), view.changes.end(),
                         [&](const pb::QueueChange& c) { return c.entry().session().session_id() == id; });
  };
  const auto before = s.queue("ann").AwaitState(id, pb::ENTRY_STATE_TIMED_OUT);
  s.Waiting();
  s.Pass(std::chrono::minutes(1));
  const auto after =
      s.queue("ann").Await("a bookmark", [&](const QueueWatcher::View& view) { return view.bookmarks > before.bookmarks; });
  if (count(after) != count(before)) throw std::runtime_error("the timed-out entry changed");
  const auto [listed, revision] = ListWholeQueue(s.org().technician("ann"), "ann");
  if (listed.at(id).state() != pb::ENTRY_STATE_TIMED_OUT) throw std::runtime_error("ListQueue shows another state");
  ExpectOutcome(s, id, pb::OUTCOME_TIMED_OUT);
}

}  // namespace

std::vector<Scenario> EndScenarios() {
  return {
      {"A02",
       [](Stage& s) {
         const uint64_t id = s.Connecting();
         s.Set(&pb::GroupSettings::mutable_connecting_timeout, kShort);
         s.Pass(kShort);
         s.Sees("ann", id);
         ExpectOutcome(s, id, pb::OUTCOME_CONNECTING_TIMED_OUT);
       }},
      {"A05",
       [](Stage& s) {
         const uint64_t id = s.Waiting();
         s.Set(&pb::GroupSettings::mutable_waiting_timeout, kShort);
         s.Pass(kShort);
         s.Sees("ann", id);
         ExpectOutcome(s, id, pb::OUTCOME_TIMED_OUT);
         if (s.device(id).AwaitEnded() != pb::OUTCOME_TIMED_OUT) throw std::runtime_error("the applet was told otherwise");
       }},
      EndedByCustomer("A08", "ann", &Stage::Active),
      EndedByCustomer("A20", "ann", &Stage::Held),
      EndedByCustomer("A42", "ann", &Stage::Sent),
      Idles("A09", "ann", &Stage::Active),
      Idles("A24", "ann", &Stage::Active, Lost),
      Idles("A30", "ann", &Stage::Active, LostForLong),
      Idles("X09", "ann", &Stage::Active, Reboots),
      Idles("X12", "bob", &Stage::Sent),
      Idles("X13", "ann", &Stage::Sent),
      EndedByAnn("A10", "ann", &Stage::Active),
      EndedByAnn("A25", "ann", &Stage::Active, Lost),
      EndedByAnn("A31", "ann", &Stage::Active, LostForLong),
      EndedByAnn("A48", "bob", &Stage::Collaborating),
      EndedByAnn("A53", "bob", &Stage::Collaborating, Reboots),
      EndedByAnn("X10", "bob", &Stage::Collaborating, Lost),
      EndedByAnn("X11", "bob", &Stage::Collaborating, LostForLong),
      {"X16",
       [](Stage& s) {
         const uint64_t id = s.Held();
         s.Set(&pb::GroupSettings::mutable_hold_limit, kShort);
         s.Pass(kShort);
         s.Sees("ann", id);
         ExpectOutcome(s, id, pb::OUTCOME_TIMED_OUT);
       }},
      {"A60",
       [](Stage& s) {
         const uint64_t id = s.Active();
         s.device(id).End();
         s.AwaitState("ann", id, pb::ENTRY_STATE_CLOSED);
         s.End("ann", id);
         s.Sees("ann", id);
         ExpectOutcome(s, id, pb::OUTCOME_CLOSED_BY_CUSTOMER);
       }},
      {"A61", StaysTimedOut},
      {"A62",
       [](Stage& s) {
         const uint64_t id = s.TimedOut();
         s.End("ann", id);
         s.Sees("ann", id);
         ExpectOutcome(s, id, pb::OUTCOME_TIMED_OUT_CLOSED_BY_TECHNICIAN);
       }},
  };
}

}  // namespace guichet::wire

#include "tests/wire/scenarios.h"

namespace guichet::wire {
namespace {

using Make = uint64_t (Stage::*)();
using Away = void (Stage::*)(uint64_t);

// `who` sees the device go from a session made by `make`.
Scenario Goes(const std::string& row, const std::string& who, Make make, Away away) {
  return {row, [=](Stage& s) {
            const uint64_t id = (s.*make)();
            (s.*away)(id);
            s.Sees(who, id);
          }};
}

// `who` sees the device come back, and what he saw before.
Scenario Returns(const std::string& row, const std::string& who, Make make, Away away) {
  return {row, [=](Stage& s) {
            const uint64_t id = (s.*make)();
            const pb::EntryState before =
                s.queue(who)
                    .Await("an entry", [&](const QueueWatcher::View& view) { return view.entries.contains(id); })
                    .entries.at(id)
                    .state();
            (s.*away)(id);
            s.Back(id);
            s.Sees(who, id);
            s.AwaitState(who, id, before);
          }};
}

// A technician's order, which the applet must get.
Scenario Ordered(const std::string& row, const std::string& by, Make make) {
  return {row, [=](Stage& s) {
            const uint64_t id = (s.*make)();
            s.Reboot(by, id);
            s.Sees(by, id);
          }};
}

}  // namespace

std::vector<Scenario> LinkScenarios() {
  return {
      Goes("A06", "ann", &Stage::Waiting, &Stage::Lose),
      Goes("A12", "ann", &Stage::Active, &Stage::Lose),
      Goes("A21", "ann", &Stage::Held, &Stage::Lose),
      Goes("A35", "bob", &Stage::Sent, &Stage::Lose),
      Goes("X01", "bob", &Stage::Collaborating, &Stage::Lose),
      Goes("X07", "ann", &Stage::Sent, &Stage::Lose),
      Goes("A28", "ann", &Stage::Active, &Stage::LoseForLong),
      Goes("A18", "ann", &Stage::Held, &Stage::DeviceReboots),
      Goes("A36", "bob", &Stage::Sent, &Stage::DeviceReboots),
      Goes("A41", "ann", &Stage::Sent, &Stage::DeviceReboots),
      Ordered("A07", "ann", &Stage::Waiting),
      Ordered("A11", "ann", &Stage::Active),
      Ordered("A46", "bob", &Stage::Collaborating),
      Returns("A22", "ann", &Stage::Active, &Stage::Lose),
      Returns("A23", "ann", &Stage::Held, &Stage::Lose),
      Returns("A26", "ann", &Stage::Waiting, &Stage::Lose),
      Returns("A27", "bob", &Stage::Sent, &Stage::Lose),
      Returns("X02", "bob", &Stage::Collaborating, &Stage::Lose),
      Returns("X04", "ann", &Stage::Sent, &Stage::Lose),
      Returns("A29", "ann", &Stage::Active, &Stage::LoseForLong),
      Returns("A32", "ann", &Stage::Held, &Stage::LoseForLong),
      Returns("A33", "ann", &Stage::Waiting, &Stage::LoseForLong),
      Returns("X03", "bob", &Stage::Collaborating, &Stage::LoseForLong),
      Returns("X05", "ann", &Stage::Sent, &Stage::LoseForLong),
      Returns("X06", "bob", &Stage::Sent, &Stage::LoseForLong),
      Returns("A52", "ann", &Stage::Active, &Stage::DeviceReboots),
      Returns("A55", "ann", &Stage::Sent, &Stage::DeviceReboots),
      Returns("A56", "ann", &Stage::Held, &Stage::DeviceReboots),
      Returns("A57", "bob", &Stage::Sent, &Stage::DeviceReboots),
      Returns("A58", "bob", &Stage::Collaborating, &Stage::DeviceReboots),
      Returns("A59", "ann", &Stage::Waiting, &Stage::DeviceReboots),
      {"X08",
       [](Stage& s) {
         const uint64_t id = s.Active();
         s.DeviceReboots(id);
         s.Pass(kOfflineAfter);
         s.Sees("ann", id);
       }},
  };
}

}  // namespace guichet::wire

// What the daemon does around the commands of a World: it routes what they touched, and fires timers and whatever else time
// changes, each at its instant.
#pragma once

#include <functional>

#include "tests/statemachine/world.h"

namespace guichet::testing {

// Routes until nothing is left. `seen`: of each step, with the organization before it.
using SeeStep = std::function<void(const Org& before, const Step& step)>;
void RunRouting(World& world, const SeeStep& seen = {});

// The next instant after now at which time alone changes something; kNoTime: none.
Time NextInstant(const World& world);

// Lets time pass; fires and routes at every instant in between.
void PassTime(World& world, Duration duration, const SeeStep& seen = {});

// Empty, or which session waits although a rule would move it or somebody could have it.
std::string LeftWaiting(const World& world);

}  // namespace guichet::testing

// What must hold of every session after every command. Checked by the writer on what a command touched, and by all tests of the
// core; a violation is counted in guichet_invariant_violations_total.
#pragma once

#include <string_view>

#include "statemachine/org.h"

namespace guichet {

// "", or what is wrong: an unfinished session must have somebody who is responsible (a lead, an owner or a queue that exist)
// and a deadline; what is held out or handed over must have a taker.
std::string_view BrokenInvariant(const Org& org, const Session& session);

}  // namespace guichet

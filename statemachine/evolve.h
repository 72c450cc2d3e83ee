// evolve(): the one place where state changes. Total: any event applies; one that names a missing thing does nothing.
#pragma once

#include "statemachine/events.h"

namespace guichet {

void Evolve(Org& org, const Event& event, Time now);

}  // namespace guichet

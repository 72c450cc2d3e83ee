// Explains all that was answered about a session by one order of effects: that of its timeline.
#pragma once

#include <string>
#include <vector>

#include "tests/race/contest.h"

namespace guichet::race {

// Replays the timeline on a model of its own and compares it with every answer:
//  - each effect that was answered is one event of the timeline, at its revision, and each event was answered;
//  - effects of an earlier phase come before those of a later one;
//  - each refusal is true of a state that the session had during its phase, and its facts are those of that state;
//  - an epoch has one owner whoever tells of it, is taken by one start at most, and no two technicians see ACTIVE at once.
// Effects in the order of the timeline and refusals at their states are a sequential execution with the same answers: what was
// answered is linearizable. Returns what is wrong, or "".
std::string Disagreement(const Contest& contest, const std::vector<pb::TimelineEvent>& timeline, const pb::Session& last);

// All of it, for a message.
std::string Story(const Contest& contest, const std::vector<pb::TimelineEvent>& timeline);

}  // namespace guichet::race

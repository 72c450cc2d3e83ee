#include "tests/race/ledger.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace guichet::race {
namespace {

// The session after an event, as far as ownership goes.
struct State {
  uint64_t epoch = 0;
  std::string lead;
  std::string sender;  // of a pending transfer
  pb::Outcome outcome = pb::OUTCOME_UNSPECIFIED;
  bool ended() const { return outcome != pb::OUTCOME_UNSPECIFIED; }
};

struct Problem {
  std::string text;
};

template <class... Parts>
void Check(bool holds, const Parts&... parts) {
  if (!holds) throw Problem{absl::StrCat(parts...)};
}

std::string TechnicianOf(const pb::TimelineEvent& event) {
  static const std::string kPrefix = "technician:";
  return event.actor().rfind(kPrefix, 0) == 0 ? event.actor().substr(kPrefix.size()) : "";
}

State After(State state, const pb::TimelineEvent& event) {
  const std::string& trigger = event.trigger();
  const std::string technician = TechnicianOf(event);
  if (trigger == "create" || trigger == "applet_connected") return state;
  if (state.ended() && trigger == "end" && event.description() == "dismissed by " + technician) return state;
  Check(!state.ended(), trigger, " after the end, at revision ", event.revision());
  if (trigger == "customer_end") {
    const bool started = !state.lead.empty();
    state.outcome = started ? pb::OUTCOME_CLOSED_BY_CUSTOMER : pb::OUTCOME_CLOSED_BY_WAITING_CUSTOMER;
    return state;
  }
  Check(!technician.empty(), trigger, " by ", event.actor());
  if (trigger == "start") {
    Check(event.description() == "started by " + technician, "a start is told as \"", event.description(), "\"");
    Check(state.lead.empty() || !state.sender.empty(), "started by ", technician, " while ", state.lead, " leads");
    state.lead = technician;
    state.sender.clear();
    ++state.epoch;
  } else if (trigger == "transfer") {
    Check(state.sender.empty() && (state.lead.empty() || state.lead == technician), "transferred by ", technician);
    state.sender = technician;
    ++state.epoch;
  } else if (trigger == "cancel_transfer") {
    Check(state.sender == technician, "a transfer of ", state.sender, " was cancelled by ", technician);
    state.sender.clear();
    ++state.epoch;
  } else if (trigger == "end") {
    Check(state.lead.empty() || state.lead == technician, "ended by ", technician, " while ", state.lead, " leads");
    state.sender.clear();
    state.outcome = pb::OUTCOME_CLOSED_BY_TECHNICIAN;
  } else {
    Check(false, "an event that nobody asked for: ", trigger);
  }
  return state;
}

std::string Fact(const Outcome& outcome, const std::string& key) {
  const auto it = outcome.metadata.find(key);
  return it == outcome.metadata.end() ? "" : it->second;
}

// Whether the refusal is what this state demands.
bool Explains(const State& state, const Answer& answer, uint64_t session) {
  const Outcome& told = answer.outcome;
  const bool by_precondition = told.code == grpc::StatusCode::FAILED_PRECONDITION;
  if (told.domain != "guichet" || Fact(told, "session_id") != absl::StrCat(session)) return false;
  if (state.ended()) {  // it is in memory while somebody shows it
    return (by_precondition && told.reason == "SESSION_ENDED" &&
            Fact(told, "outcome") == pb::Outcome_Name(state.outcome).substr(8)) ||
           (told.code == grpc::StatusCode::NOT_FOUND && told.reason == "SESSION_NOT_FOUND");
  }
  if (!by_precondition || Fact(told, "command") != Name(answer.verb) || Fact(told, "state") != "REMOVED") return false;
  if (state.lead.empty() || state.lead == answer.who) return false;
  if (answer.verb == Verb::kCancelTransfer) return state.sender.empty() && told.reason == "WRONG_STATE";
  return state.sender.empty() && told.reason == "ALREADY_STARTED" && Fact(told, "lead_technician_id") == state.lead &&
         Fact(told, "epoch") == absl::StrCat(state.epoch);
}

class Ledger {
 public:
  Ledger(const Contest& contest, const std::vector<pb::TimelineEvent>& timeline) : contest_(contest), timeline_(timeline) {}

  void CheckAll(const pb::Session& last) {
    Replay();
    MatchEffects();
    MatchRefusals();
    CheckOwners();
    CheckViews();
    const State& state = states_.back();
    Check(last.epoch() == state.epoch && last.lead_technician_id() == state.lead && last.outcome() == state.outcome,
          "GetSession tells another end: ", last.ShortDebugString());
  }

 private:
  void Replay() {
    State state;
    uint64_t revision = 0;
    for (const pb::TimelineEvent& event : timeline_) {
      Check(event.revision() > revision, "revision ", event.revision(), " after ", revision);
      revision = event.revision();
      state = After(state, event);
      states_.push_back(state);
      if (event.trigger() == "applet_connected") arrived_ = states_.size() - 1;
    }
    Check(!states_.empty(), "there is no timeline");
  }

  // The event of an effect: by its revision, and the customer's by its trigger.
  size_t EventOf(const Answer& answer) const {
    for (size_t i = 0; i < timeline_.size(); ++i) {
      const pb::TimelineEvent& event = timeline_[i];
      if (answer.who.empty() ? event.trigger() != Name(answer.verb) : event.revision() != answer.revision) continue;
      Check(event.trigger() == Name(answer.verb), "the effect of ", answer.who, "'s ", Name(answer.verb), " is told as ",
            event.trigger());
      Check(TechnicianOf(event) == answer.who, "the effect of ", answer.who, " is told of ", event.actor());
      return i;
    }
    Check(false, "no event for the effect of ", answer.who, "'s ", Name(answer.verb), " at revision ", answer.revision);
    return 0;
  }

  void MatchEffects() {
    std::set<size_t> told;
    for (const Answer& answer : contest_.answers()) {
      ends_.resize(answer.phase + 1, ends_.empty() ? arrived_ : ends_.back());
      if (!answer.ok()) continue;
      if (answer.who.empty()) {
        Check(answer.ended == states_.back().outcome, "the device was told ", pb::Outcome_Name(answer.ended));
        if (answer.ended == pb::OUTCOME_CLOSED_BY_TECHNICIAN) continue;  // he was first
      }
      const size_t event = EventOf(answer);
      Check(told.insert(event).second, "two effects at revision ", timeline_[event].revision());
      Check(event > (answer.phase == 0 ? arrived_ : ends_[answer.phase - 1]), "an effect before its command was sent");
      ends_.back() = std::max(ends_.back(), event);
      const State& state = states_[event];
      const bool same = answer.epoch == state.epoch && answer.lead == state.lead && answer.ended == state.outcome;
      Check(same || answer.who.empty(), answer.who, "'s ", Name(answer.verb), " answered epoch ", answer.epoch, " and lead ",
            answer.lead);
    }
    Check(told.size() + arrived_ + 1 == timeline_.size(), "the timeline has ", timeline_.size(), " events, ", told.size(),
          " were answered");
  }

  void MatchRefusals() {
    for (const Answer& answer : contest_.answers()) {
      if (answer.ok()) continue;
      const size_t first = answer.phase == 0 ? arrived_ : ends_[answer.phase - 1];
      const bool explained = std::any_of(states_.begin() + static_cast<ptrdiff_t>(first),
                                         states_.begin() + static_cast<ptrdiff_t>(ends_[answer.phase]) + 1,
                                         [&](const State& state) { return Explains(state, answer, contest_.id()); });
      Check(explained, answer.who, "'s ", Name(answer.verb), " was refused without reason: ", answer.outcome.reason, ", ",
            answer.outcome.message);
    }
  }

  void Own(uint64_t epoch, const std::string& owner) {
    const auto [known, first] = owners_.try_emplace(epoch, owner);
    Check(first || known->second == owner, "epoch ", epoch, " has two owners: ", known->second, " and ", owner);
  }

  void CheckOwners() {
    std::map<uint64_t, std::string> takers;
    for (const Answer& answer : contest_.answers()) {
      uint64_t epoch = answer.epoch;
      if (answer.ok() && !answer.who.empty()) Own(epoch, answer.lead);
      if (absl::SimpleAtoi(Fact(answer.outcome, "epoch"), &epoch)) Own(epoch, Fact(answer.outcome, "lead_technician_id"));
      if (!answer.ok() || answer.verb != Verb::kStart) continue;
      Check(answer.lead == answer.who, answer.who, " started and ", answer.lead, " leads");
      const auto [taker, first] = takers.try_emplace(answer.epoch, answer.who);
      Check(first, "epoch ", answer.epoch, " was taken by ", taker->second, " and by ", answer.who);
    }
    const auto starts = std::count_if(timeline_.begin(), timeline_.end(),
                                      [](const pb::TimelineEvent& event) { return event.trigger() == "start"; });
    Check(static_cast<size_t>(starts) == takers.size(), starts, " starts and ", takers.size(), " who took an epoch");
  }

  // What technicians see, folded from the changes.
  void CheckViews() {
    std::map<std::string, pb::EntryState> views;
    for (size_t i = 0; i < timeline_.size(); ++i) {
      for (const pb::EntryChange& change : timeline_[i].changes()) views[change.technician_id()] = change.to();
      for (const auto& [technician, view] : views) {
        if (view != pb::ENTRY_STATE_ACTIVE) continue;
        Check(technician == states_[i].lead, technician, " sees ACTIVE at revision ", timeline_[i].revision(), " and ",
              states_[i].lead, " leads");
      }
      const bool shown = !states_[i].lead.empty() && states_[i].sender.empty() && !states_[i].ended();
      Check(!shown || views[states_[i].lead] == pb::ENTRY_STATE_ACTIVE, states_[i].lead, " leads and does not see ACTIVE");
    }
  }

  const Contest& contest_;
  const std::vector<pb::TimelineEvent>& timeline_;
  std::vector<State> states_;  // after each event
  size_t arrived_ = 0;         // index of the event by which the session was WAITING
  std::vector<size_t> ends_;   // a phase: index of the last event that it or an earlier one caused
  std::map<uint64_t, std::string> owners_;
};

}  // namespace

std::string Disagreement(const Contest& contest, const std::vector<pb::TimelineEvent>& timeline, const pb::Session& last) {
  try {
    Ledger(contest, timeline).CheckAll(last);
  } catch (const Problem& problem) {
    return problem.text;
  }
  return "";
}

std::string Story(const Contest& contest, const std::vector<pb::TimelineEvent>& timeline) {
  std::string text = absl::StrCat("session ", contest.id());
  for (const pb::TimelineEvent& event : timeline) {
    absl::StrAppend(&text, "\n  revision ", event.revision(), ": ", event.trigger(), " by ", event.actor(), ": ",
                    event.description());
  }
  for (const Answer& answer : contest.answers()) {
    absl::StrAppend(&text, "\n  phase ", answer.phase, ": ", Name(answer.verb), " by ",
                    answer.who.empty() ? "the customer" : answer.who, ": ");
    if (answer.ok()) {
      absl::StrAppend(&text, "revision ", answer.revision, ", epoch ", answer.epoch, ", lead ", answer.lead, ", ",
                      pb::Outcome_Name(answer.ended));
    } else {
      absl::StrAppend(&text, answer.outcome.reason, ", ", answer.outcome.message);
      for (const auto& [key, value] : answer.outcome.metadata) absl::StrAppend(&text, ", ", key, "=", value);
    }
  }
  return text;
}

}  // namespace guichet::race

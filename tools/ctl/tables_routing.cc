// Explanations of routing, availability, and places in a queue.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/ctl/output.h"
#include "tools/ctl/tables.h"
#include "tools/ctl/words.h"

namespace guichet::ctl {
namespace {

// "AWAY, FULL".
std::string FiltersWord(const google::protobuf::RepeatedField<int>& filters) {
  return absl::StrJoin(
      filters, ", ", [](std::string* out, int filter) { absl::StrAppend(out, Word(static_cast<v1::RoutingFilter>(filter))); });
}

// "in 40s" for what is to come, "40s ago" for what was.
std::string When(const google::protobuf::Timestamp& time, absl::Time now) {
  const absl::Duration away = absl::Trunc(ToTime(time) - now, absl::Seconds(1));
  if (away > absl::ZeroDuration()) return absl::StrCat("in ", absl::FormatDuration(away));
  return absl::StrCat(absl::FormatDuration(-away), " ago");
}

std::string QueueWord(const std::string& channel, const std::string& group) {
  return group.empty() ? channel : absl::StrCat(channel, " → group ", group);
}

std::string EstimateWord(const v1::WaitEstimate& estimate) {
  return absl::StrCat(DurationWord(estimate.p50()), ", 9 of 10 within ", DurationWord(estimate.p90()));
}

std::string CandidateTable(const v1::RoutingDecision& decision, absl::Time now) {
  Table table({"TECHNICIAN", "AGAINST HIM", "FIRST OF IT ENDS"});
  for (const v1::RoutingCandidate& candidate : decision.candidates()) {
    table.Add({candidate.technician_id(), FiltersWord(candidate.filters()),
               candidate.has_change_time() ? When(candidate.change_time(), now) : ""});
  }
  return table.empty() ? "" : absl::StrCat("\n", table.Text());
}

std::string ChangeTable(const v1::ExplainSessionResponse& response, absl::Time now) {
  Table table({"IF", "WHEN", "THEN COMES", "FOR"});
  for (const v1::RoutingChange& change : response.changes()) {
    table.Add({change.description(), change.has_time() ? When(change.time(), now) : "",
               absl::StrCat("session ", change.first_session_id()), change.technician_id()});
  }
  return table.empty() ? "" : absl::StrCat("\n", table.Text());
}

std::string DecisionTable(const v1::ExplainSessionResponse& response, absl::Time now) {
  Table table({"DECIDED", "REVISION", "FOR", "OF", "BY", "RUNNER-UP"});
  for (const v1::RoutingDecision& decision : response.decisions()) {
    std::string next;
    for (const v1::RoutingCandidate& candidate : decision.candidates()) {
      const bool able = candidate.filters().empty() && candidate.technician_id() != decision.technician_id();
      if (able && next.empty()) next = candidate.technician_id();
    }
    table.Add({When(decision.time(), now), absl::StrCat(decision.revision()),
               absl::StrCat(decision.technician_id(), decision.started() ? " (started)" : ""),
               absl::StrCat(decision.eligible_count(), " of ", decision.considered_count()), decision.decided_by(), next});
  }
  return table.empty() ? "" : absl::StrCat("\n", table.Text());
}

}  // namespace

std::string ExplanationText(const v1::ExplainSessionResponse& response, absl::Time now) {
  return absl::StrCat(response.summary(), "\n", ChangeTable(response, now), CandidateTable(response.considered(), now),
                      DecisionTable(response, now));
}

std::string ExplanationText(const v1::ExplainTechnicianResponse& response, absl::Time now) {
  Table table({"QUEUE", "WAITING", "FIRST", "AGAINST HIM"});
  for (const v1::ExplainedQueue& queue : response.queues()) {
    table.Add({absl::StrCat(QueueWord(queue.channel_id(), queue.queue_group_id()), queue.overflow() ? " (overflow)" : ""),
               absl::StrCat(queue.waiting()), queue.first_session_id() == 0 ? "" : absl::StrCat(queue.first_session_id()),
               FiltersWord(queue.filters())});
  }
  return absl::StrCat(response.summary(), response.has_change_time() ? " The first of it ends " : "",
                      response.has_change_time() ? absl::StrCat(When(response.change_time(), now), ".") : "", "\n",
                      table.empty() ? "" : absl::StrCat("\n", table.Text()));
}

std::string AvailabilityLine(const v1::Availability& availability) {
  return absl::StrCat(availability.available() ? "available" : "nobody", "  ", availability.technicians(), " technicians  ",
                      availability.open() ? "open" : "closed", "  ", availability.waiting(), " waiting",
                      availability.has_estimate() ? "  wait " : "",
                      availability.has_estimate() ? EstimateWord(availability.estimate()) : "");
}

std::string PositionLine(const v1::QueuePosition& position) {
  return absl::StrCat(Word(position.state()), position.position() == 0 ? "" : absl::StrCat("  place ", position.position()),
                      position.has_estimate() ? absl::StrCat("  wait ", EstimateWord(position.estimate())) : "",
                      position.notice().empty() ? "" : "  ", Printable(position.notice()));
}

}  // namespace guichet::ctl

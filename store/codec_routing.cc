// Routing decisions and what was learnt of queues, to and from records.
#include <algorithm>

#include "store/codec_internal.h"

namespace guichet::store::codec {
namespace {

// An array with one number for each value of an enumeration that grows: a record that an earlier build wrote is shorter.
template <class Array, class Field>
void PutNumbers(const Array& numbers, Field* field) {
  field->Add(numbers.begin(), numbers.end());
}
template <class Array, class Field>
Array ToNumbers(const Field& field, const char* fault, Faults& faults) {
  Array numbers{};
  if (static_cast<size_t>(field.size()) > numbers.size()) {
    faults.Add(fault);
  } else {
    std::copy(field.begin(), field.end(), numbers.begin());
  }
  return numbers;
}

void Put(const Candidate& candidate, pb::CandidateRecord* record) {
  record->set_technician(candidate.technician.value);
  record->set_filters(candidate.filters);
  PutNumbers(candidate.terms, record->mutable_terms());
  record->set_changes(Millis(candidate.changes));
}

Candidate ToCandidate(const pb::CandidateRecord& record, Faults& faults) {
  Candidate candidate;
  candidate.technician.value = record.technician();
  candidate.filters = record.filters();
  candidate.terms = ToNumbers<Terms>(record.terms(), "more terms than there are", faults);
  candidate.changes = ToTime(record.changes());
  return candidate;
}

void Put(const Correction& correction, pb::CorrectionRecord* record) {
  record->set_middle(correction.middle);
  record->set_spread(correction.spread);
  record->set_seen(correction.seen);
}

Correction ToCorrection(const pb::CorrectionRecord& record) { return {record.middle(), record.spread(), record.seen()}; }

// One line a member here and in ToStats.
void PutStats(const QueueStats& stats, pb::QueueStatsRecord* record) {
  record->set_served(stats.served);
  record->set_mean_handle(Millis(stats.mean_handle));
  record->set_stays(stats.stays);
  record->set_stay_square(stats.stay_square);
  record->set_stay_left(stats.stay_left);
  record->set_mean_servers(stats.mean_servers);
  record->set_steady(stats.steady);
  Put(stats.queued, record->mutable_queued());
  Put(stats.at_once, record->mutable_at_once());
}

QueueStats ToStats(const pb::QueueStatsRecord& record) {
  QueueStats stats;
  stats.served = record.served();
  stats.mean_handle = Duration(record.mean_handle());
  stats.stays = record.stays();
  stats.stay_square = record.stay_square();
  stats.stay_left = record.stay_left();
  stats.mean_servers = record.mean_servers();
  stats.steady = record.steady();
  if (record.has_queued()) stats.queued = ToCorrection(record.queued());
  if (record.has_at_once()) stats.at_once = ToCorrection(record.at_once());
  return stats;
}

}  // namespace

void Put(const RoutingRecord& routing, pb::RoutingRecord* record) {
  Put(routing.queue, record->mutable_queue());
  record->set_policy_version(routing.policy_version);
  record->set_mode(Number(routing.mode));
  record->set_strategy(Number(routing.strategy));
  record->set_waited(Millis(routing.waited));
  record->set_head_start(Millis(routing.head_start));
  for (const Candidate& candidate : routing.candidates) Put(candidate, record->add_candidates());
  record->set_eligible(routing.eligible);
  record->set_considered(routing.considered);
  PutNumbers(routing.removed, record->mutable_removed());
}

RoutingRecord ToRouting(const pb::RoutingRecord& record, Faults& faults) {
  RoutingRecord routing;
  routing.queue = ToQueue(record.queue());
  routing.policy_version = record.policy_version();
  routing.mode = Enum<RoutingMode>(record.mode(), faults);
  routing.strategy = Enum<Strategy>(record.strategy(), faults);
  routing.waited = Duration(record.waited());
  routing.head_start = Duration(record.head_start());
  routing.candidates.reserve(record.candidates_size());
  for (const auto& candidate : record.candidates()) routing.candidates.push_back(ToCandidate(candidate, faults));
  routing.eligible = record.eligible();
  routing.considered = record.considered();
  routing.removed = ToNumbers<decltype(routing.removed)>(record.removed(), "more filters than there are", faults);
  return routing;
}

void Put(const QueueItem& item, pb::QueueStatsRecord* record) {
  Put(item.queue, record->mutable_queue());
  PutStats(item.stats, record);
}

QueueItem ToQueueItem(const pb::QueueStatsRecord& record, Faults&) { return {ToQueue(record.queue()), ToStats(record)}; }

}  // namespace guichet::store::codec

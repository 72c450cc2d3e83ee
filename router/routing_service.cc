#include "router/routing_service.h"

#include <deque>

#include "absl/strings/str_cat.h"
#include "router/board_stream.h"
#include "router/limits.h"
#include "router/parse.h"
#include "router/unary_call.h"
#include "router/validate.h"
#include "statemachine/explain.h"
#include "store/keys.h"

namespace guichet::router {
namespace {

static_assert(static_cast<int>(Filter::kLens) + 1 == pb::ROUTING_FILTER_LENS);
static_assert(static_cast<int>(RoutingMode::kAutoStart) == pb::ROUTING_MODE_AUTO_START);
static_assert(static_cast<int>(Strategy::kRoundRobin) == pb::ROUTING_STRATEGY_ROUND_ROBIN);

// In the API 0 is "unspecified".
pb::RoutingFilter ToProto(Filter filter) { return static_cast<pb::RoutingFilter>(static_cast<int>(filter) + 1); }

template <class Repeated>
void AddFilters(uint32_t filters, Repeated* out) {
  for (int i = 0; i < kFilterCount; ++i) {
    if ((filters >> i & 1) != 0) out->Add(ToProto(static_cast<Filter>(i)));
  }
}

void ToProto(const RoutingRecord& record, pb::RoutingDecision* out) {
  int decided_by = -1;
  out->set_technician_id(Winner(record, &decided_by).value);
  if (decided_by >= 0) {
    out->set_decided_by(decided_by == kTermCount ? "ID" : std::string(Name(static_cast<Term>(decided_by))));
  }
  out->set_channel_id(record.queue.channel.value);
  out->set_queue_group_id(record.queue.group.value);
  out->set_policy_version(record.policy_version);
  out->set_mode(static_cast<pb::RoutingMode>(record.mode));
  out->set_strategy(static_cast<pb::RoutingStrategy>(record.strategy));
  SetDuration(record.waited, out->mutable_waited());
  SetDuration(record.head_start, out->mutable_head_start());
  out->set_eligible_count(record.eligible);
  out->set_considered_count(record.considered);
  for (const Candidate& candidate : record.candidates) {
    pb::RoutingCandidate* c = out->add_candidates();
    c->set_technician_id(candidate.technician.value);
    AddFilters(candidate.filters, c->mutable_filters());
    if (candidate.filters == 0) {
      for (int64_t term : candidate.terms) c->add_terms(term);
    }
    if (candidate.changes != kNoTime) SetTime(candidate.changes, c->mutable_change_time());
  }
  for (int i = 0; i < kFilterCount; ++i) {
    if (record.removed[i] == 0) continue;
    pb::RoutingFilterCount* count = out->add_removed_counts();
    count->set_filter(ToProto(static_cast<Filter>(i)));
    count->set_count(record.removed[i]);
  }
}

// How a session ended that has left memory; on a worker.
absl::Status ReadEnd(Gateway& gateway, const OrgId& org, SessionId id, Time now, pb::ExplainSessionResponse* response) {
  absl::StatusOr<std::string> record =
      gateway.store.Get(store::OrgKey{org.value}, store::Family::kHistory, store::NumberKey(id.value));
  if (!record.ok()) return absl::IsNotFound(record.status()) ? SessionNotFound(id) : record.status();
  absl::StatusOr<Session> session = store::DecodeSession(*record);
  if (session.ok()) response->set_summary(Summary(Org{}, *session, nullptr, now));
  return session.status();
}

// The decisions about a session, from its timeline; on a worker.
absl::Status ReadDecisions(Gateway& gateway, const OrgId& org, SessionId id, pb::ExplainSessionResponse* response) {
  std::deque<pb::RoutingDecision> decisions;
  absl::Status bad;
  absl::Status scan = gateway.store.Scan(
      store::OrgKey{org.value}, {store::Family::kTimeline, store::PairKey(id.value, 0), store::PairKey(id.value + 1, 0)},
      [&](std::string_view, std::string_view value) {
        absl::StatusOr<store::TimelineItem> item = store::DecodeTimelineItem(value);
        if (!item.ok()) {
          bad = item.status();
          return false;
        }
        if (item->revision.value > response->revision()) return false;
        for (const Event& event : item->events) {
          const auto* offered = std::get_if<event::Offered>(&event);
          if (offered == nullptr) continue;
          pb::RoutingDecision& decision = decisions.emplace_back();
          ToProto(offered->record, &decision);
          decision.set_technician_id(offered->technician.value);
          decision.set_revision(item->revision.value);
          SetTime(item->time, decision.mutable_time());
          decision.set_started(offered->expires == kNoTime);
          if (decisions.size() > kExplainedDecisions) decisions.pop_front();
        }
        return true;
      });
  if (!scan.ok()) return scan;
  if (!bad.ok()) return bad;
  for (pb::RoutingDecision& decision : decisions) *response->add_decisions() = std::move(decision);
  return absl::OkStatus();
}

void Explain(const Org& org, const Session& session, Time now, pb::ExplainSessionResponse* response) {
  if (!IsRoutable(session)) {
    response->set_summary(Summary(org, session, nullptr, now));
    return;
  }
  const Waiting waiting = WhyWaiting(org, session, now);
  ToProto(waiting.considered, response->mutable_considered());
  SetTime(now, response->mutable_considered()->mutable_time());
  response->set_ahead(static_cast<uint32_t>(waiting.ahead));
  for (const Change& change : waiting.changes) {
    pb::RoutingChange* c = response->add_changes();
    c->set_technician_id(change.technician.value);
    if (change.filter) c->set_filter(ToProto(*change.filter));
    c->set_description(change.description);
    if (change.at != kNoTime) SetTime(change.at, c->mutable_time());
    c->set_first_session_id(change.first.value);
  }
  response->set_summary(Summary(org, session, &waiting, now));
}

template <class Request>
size_t CountedBy(const Request& request, const Availability& availability) {
  return availability.technicians[(request.count_away() ? 1 : 0) + (request.count_busy() ? 2 : 0)];
}

template <class Request>
void ToProto(const Availability& availability, const Request& request, pb::Availability* out) {
  const size_t count = CountedBy(request, availability);
  out->set_available(count > 0);
  out->set_technicians(static_cast<uint32_t>(count));
  out->set_open(availability.open);
  out->set_waiting(static_cast<uint32_t>(availability.waiting));
  if (availability.estimate) router::ToProto(*availability.estimate, out->mutable_estimate());
}

class AvailabilityWatch final : public BoardStream<pb::WatchAvailabilityResponse, Availability> {
 public:
  AvailabilityWatch(Gateway& gateway, grpc::CallbackServerContext* context, const pb::WatchAvailabilityRequest& request)
      : BoardStream(gateway, context, request), request_(request) {}

  // Requires Open.
  void Begin(const OrgId& org) {
    auto self = std::static_pointer_cast<AvailabilityWatch>(this->self());
    auto seen = std::make_shared<Seen<Availability>>();
    Read(
        gateway_, org,
        [self, seen](Turn& turn, OrgRuntime& rt) -> absl::Status {
          const ChannelId id{self->request_.channel_id()};
          if (!rt.org.channels.contains(id)) return ChannelNotFound(id);
          *seen = rt.boards.Look(rt.org, id, std::weak_ptr<Looker>(self), turn.now());
          return absl::OkStatus();
        },
        [self, seen](const absl::Status& status) { status.ok() ? self->Show(*seen) : self->EndStream(status); });
  }

  void ShowGone() override { EndStream(ChannelNotFound(ChannelId{request_.channel_id()})); }

 protected:
  void Convert(const Availability& availability, pb::WatchAvailabilityResponse* out) override {
    ToProto(availability, request_, out->mutable_availability());
  }
  // How many there are who do not count for it is no reason.
  bool IsAs(const Availability& availability, const Availability& told) override {
    Availability counted = availability;
    counted.technicians = told.technicians;
    return CountedBy(request_, availability) == CountedBy(request_, told) && counted.IsAs(told);
  }

 private:
  const pb::WatchAvailabilityRequest request_;
};

}  // namespace

grpc::ServerUnaryReactor* RoutingService::ExplainSession(Context context, const pb::ExplainSessionRequest* request,
                                                         pb::ExplainSessionResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(Right::kRoutingRead, "read explanations of routing");
  if (!principal.ok() || request->session_id() == 0) {
    call->Done(principal.ok() ? InvalidField("session_id", "required") : principal.status());
    return call;
  }
  const SessionId id{request->session_id()};
  Read(
      gateway_, principal->org,
      [principal = *principal, id, response](Turn& turn, OrgRuntime& rt) -> absl::Status {
        response->set_revision(rt.org.revision.value);
        const Session* session = FindSession(rt.org, id);
        if (session == nullptr) return absl::OkStatus();
        if (!session->ended_already() && !MaySee(principal, rt.org, *session)) return SessionNotFound(id);
        Explain(rt.org, *session, turn.now(), response);
        return absl::OkStatus();
      },
      [this, call, org = principal->org, id, response](const absl::Status& status) {
        if (!status.ok()) {
          call->Done(status);
          return;
        }
        const bool taken = gateway_.workers.Run([this, call, org, id, response] {
          absl::Status read =
              response->summary().empty() ? ReadEnd(gateway_, org, id, gateway_.clock.Now(), response) : absl::OkStatus();
          call->Done(read.ok() ? ReadDecisions(gateway_, org, id, response) : read);
        });
        if (!taken) call->Done(BusyReads());
      });
  return call;
}

grpc::ServerUnaryReactor* RoutingService::ExplainTechnician(Context context, const pb::ExplainTechnicianRequest* request,
                                                            pb::ExplainTechnicianResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(Right::kRoutingRead, "read explanations of routing");
  absl::StatusOr<TechnicianId> technician = principal.ok() ? Acting(*principal, "technician_id", request->technician_id())
                                                           : absl::StatusOr<TechnicianId>(principal.status());
  if (!technician.ok() || !*technician) {
    call->Done(technician.ok() ? InvalidField("technician_id", "required: name the technician") : technician.status());
    return call;
  }
  Read(
      gateway_, principal->org,
      [id = *technician, response](Turn& turn, OrgRuntime& rt) -> absl::Status {
        if (FindTechnician(rt.org, id) == nullptr) return TechnicianNotFound(id);
        response->set_revision(rt.org.revision.value);
        const Standing standing = WhyIdle(rt.org, id, turn.now());
        AddFilters(standing.filters, response->mutable_filters());
        if (standing.changes != kNoTime) SetTime(standing.changes, response->mutable_change_time());
        for (const ServedQueue& served : standing.queues) {
          pb::ExplainedQueue* queue = response->add_queues();
          queue->set_channel_id(served.queue.channel.value);
          queue->set_queue_group_id(served.queue.group.value);
          queue->set_waiting(static_cast<uint32_t>(served.waiting));
          queue->set_first_session_id(served.first.value);
          AddFilters(served.filters, queue->mutable_filters());
          queue->set_overflow(served.overflow);
        }
        response->set_next_session_id(standing.next.value);
        response->set_summary(Summary(rt.org, id, standing, turn.now()));
        return absl::OkStatus();
      },
      [call](const absl::Status& status) { call->Done(status); });
  return call;
}

grpc::ServerUnaryReactor* RoutingService::GetAvailability(Context context, const pb::GetAvailabilityRequest* request,
                                                          pb::GetAvailabilityResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(Right::kColleaguesRead, "read the availability of channels");
  absl::Status refused = principal.ok() ? CheckId("channel_id", request->channel_id()) : principal.status();
  if (!refused.ok()) {
    call->Done(refused);
    return call;
  }
  Read(
      gateway_, principal->org,
      [request = *request, response](Turn& turn, OrgRuntime& rt) -> absl::Status {
        const ChannelId id{request.channel_id()};
        if (!rt.org.channels.contains(id)) return ChannelNotFound(id);
        response->set_revision(rt.org.revision.value);
        ToProto(rt.boards.AvailabilityOf(rt.org, id, turn.now()), request, response->mutable_availability());
        return absl::OkStatus();
      },
      [call](const absl::Status& status) { call->Done(status); });
  return call;
}

grpc::ServerWriteReactor<pb::WatchAvailabilityResponse>* RoutingService::WatchAvailability(
    Context context, const pb::WatchAvailabilityRequest* request) {
  absl::StatusOr<Principal> principal = gateway_.directory.Authenticate(BearerToken(*context), gateway_.clock.Now());
  absl::Status refused = principal.status();
  if (refused.ok()) refused = MayCall(*principal, Right::kColleaguesRead, "watch the availability of channels");
  if (refused.ok()) refused = CheckId("channel_id", request->channel_id());
  auto watch = std::make_shared<AvailabilityWatch>(gateway_, context, *request);
  if (!refused.ok()) {
    watch->Refuse(watch, refused);
    return watch.get();
  }
  if (watch->Open(watch, StreamKind::kWatch, *principal)) watch->Begin(principal->org);
  return watch.get();
}

}  // namespace guichet::router

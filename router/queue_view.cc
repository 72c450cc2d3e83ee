#include "router/queue_view.h"

#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "router/parse.h"
#include "router/secrets.h"
#include "router/validate.h"
#include "statemachine/refusal.h"

namespace guichet::router {

uint64_t QueueScope::Fingerprint() const {
  return router::Fingerprint(
      absl::StrCat(org.value, "\x1f", technician.value, "\x1f", static_cast<int>(tab), "\x1f", channel.value));
}

absl::StatusOr<QueueScope> MakeQueueScope(const Principal& principal, const std::string& technician, pb::QueueTab tab,
                                          const std::string& channel) {
  absl::StatusOr<TechnicianId> acting = Acting(principal, "technician_id", technician);
  if (!acting.ok()) return acting.status();
  if (!*acting) return InvalidField("technician_id", "required: name the technician whose queue it is");
  QueueScope scope{principal.org, *acting, tab == pb::QUEUE_TAB_UNSPECIFIED ? pb::QUEUE_TAB_ALL : tab, ChannelId{channel}};
  if (!pb::QueueTab_IsValid(tab)) return InvalidField("tab", "must be ALL, PRIVATE, CHANNEL, ACTIVE or MONITORED");
  if (scope.tab == pb::QUEUE_TAB_CHANNEL) {
    if (absl::Status id = CheckId("channel_id", channel); !id.ok()) return id;
  } else if (!channel.empty()) {
    return InvalidField("channel_id", "only with the CHANNEL tab");
  }
  return scope;
}

bool InTab(const QueueScope& scope, const Session& session, EntryState state) {
  if (state == EntryState::kRemoved || state == EntryState::kNone) return false;
  switch (scope.tab) {
    case pb::QUEUE_TAB_PRIVATE:
      return session.owner == scope.technician && session.method != Method::kMonitoring;
    case pb::QUEUE_TAB_CHANNEL:
      return session.channel == scope.channel;
    case pb::QUEUE_TAB_MONITORED:
      return session.method == Method::kMonitoring;
    case pb::QUEUE_TAB_ACTIVE: {
      const Participant* self = session.Find(scope.technician);
      return self != nullptr && self->role != Role::kInvitee && !session.ended_already();
    }
    default:
      return true;
  }
}

void VisitQueue(const Org& org, const QueueScope& scope, SessionId after,
                const std::function<bool(const Session&, EntryState)>& visit) {
  // One cursor into the technician's own entries and one into the pool of each channel that he serves; the lowest id is next.
  using Ids = absl::btree_set<SessionId>;
  std::vector<std::pair<Ids::const_iterator, Ids::const_iterator>> cursors;
  if (auto own = org.entries.find(scope.technician); own != org.entries.end()) {
    cursors.emplace_back(own->second.upper_bound(after), own->second.end());
  }
  if (scope.tab == pb::QUEUE_TAB_ALL || scope.tab == pb::QUEUE_TAB_CHANNEL) {
    for (const auto& [queue, ids] : org.pools) {
      if (scope.channel && queue.channel != scope.channel) continue;
      if (Serves(org, scope.technician, queue)) cursors.emplace_back(ids.upper_bound(after), ids.end());
    }
  }
  while (true) {
    SessionId next;
    for (const auto& [at, end] : cursors) {
      if (at != end && (!next || *at < next)) next = *at;
    }
    if (!next) return;
    for (auto& [at, end] : cursors) {
      if (at != end && *at == next) ++at;
    }
    const Session& session = *FindSession(org, next);
    const EntryState state = View(org, session, scope.technician);
    if (InTab(scope, session, state) && !visit(session, state)) return;
  }
}

}  // namespace guichet::router

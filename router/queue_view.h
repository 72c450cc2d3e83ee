// The queue of one technician: which entries are in a tab, in order of session id.
#pragma once

#include <functional>

#include "guichet/v1/queue_service.pb.h"
#include "router/gateway.h"

namespace guichet::router {

// Whose queue, and which part of it.
struct QueueScope {
  OrgId org;
  TechnicianId technician;
  pb::QueueTab tab = pb::QUEUE_TAB_ALL;
  ChannelId channel;
  uint64_t Fingerprint() const;
};
// Checks a request's fields.
absl::StatusOr<QueueScope> MakeQueueScope(const Principal& principal, const std::string& technician, pb::QueueTab tab,
                                          const std::string& channel);

bool InTab(const QueueScope& scope, const Session& session, EntryState state);

// Visits entries with a session id above `after` until `visit` returns false.
void VisitQueue(const Org& org, const QueueScope& scope, SessionId after,
                const std::function<bool(const Session&, EntryState)>& visit);

}  // namespace guichet::router

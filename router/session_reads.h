// Reads of sessions and timelines: live ones from the shard, ended ones from the store on a worker.
#pragma once

#include "guichet/v1/session_service.pb.h"
#include "router/gateway.h"

namespace guichet::router {

using Done = std::function<void(absl::Status)>;

// The session of a step after it; null when the command was about none.
const Session* SessionAfter(const OrgRuntime& rt, const Step& step);

// A technician may read live sessions that he sees or takes part in, and all ended ones (domain.md §7: history of a device).
void ReadSession(Gateway& gateway, const Principal& principal, SessionId id, pb::GetSessionResponse* response, Done done);

// Whether the principal may read of the session: a live one that he sees, any that has ended.
bool MayReadSession(const Principal& principal, const Org& org, SessionId id);

// A checked ListSessionsRequest.
struct SessionList {
  bool ended = false;
  TechnicianId technician;
  ChannelId channel;
  std::string tracking_id;
  std::string device_id;
  size_t page_size = 0;
  uint64_t filters = 0;  // binds page tokens
  SessionId after;
};
absl::StatusOr<SessionList> MakeSessionList(const Principal& principal, const pb::ListSessionsRequest& request);
void ReadSessions(Gateway& gateway, const OrgId& org, SessionList list, pb::ListSessionsResponse* response, Done done);

// Ended sessions of a device, the newest first.
void ReadDeviceHistory(Gateway& gateway, const Principal& principal, const pb::ListDeviceHistoryRequest& request,
                       pb::ListDeviceHistoryResponse* response, Done done);

void ReadTimeline(Gateway& gateway, const Principal& principal, const pb::GetTimelineRequest& request,
                  pb::GetTimelineResponse* response, Done done);

}  // namespace guichet::router

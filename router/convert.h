// From the core's types to the API's. Proto types of the API stop here and at the services.
#pragma once

#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "guichet/v1/applet_service.pb.h"
#include "guichet/v1/session_service.pb.h"
#include "guichet/v1/types.pb.h"
#include "router/shard.h"

namespace guichet::router {

namespace pb = ::guichet::v1;

void SetTime(Time time, google::protobuf::Timestamp* out);
void SetDuration(Duration duration, google::protobuf::Duration* out);

// `org` gives the session's next deadline and when it becomes urgent; null where it is not at hand (ended sessions).
void ToProto(const Session& session, const Org* org, pb::Session* out);
void ToProto(const Session& session, const TechnicianId& technician, EntryState state, const Org* org, pb::QueueEntry* out);
// For watches, which show no deadlines. `urgent`: UrgentAt.
void ToWatched(const Session& session, const TechnicianId& technician, EntryState state, Time urgent, pb::QueueEntry* out);
void ToProto(const WaitEstimate& estimate, pb::WaitEstimate* out);
void ToProto(const AccessTerms& terms, pb::AccessTerms* out);
// All but whether it is online and its window open.
void ToProto(const Computer& computer, pb::Computer* out);
void ToProto(const CustomerUpdate& update, pb::CustomerView* out);
// Of a session that has ended.
void ToProto(const CustomerUpdate& update, pb::AppletEnded* out);
void ToProto(const store::TimelineItem& item, pb::TimelineEvent* out);
pb::EntryState ToProto(EntryState state);

// Of the organization: convert_org.cc.
void ToProto(const TechnicianInfo& info, pb::Technician* out);
void ToProto(const Group& group, pb::Group* out);
void ToProto(const Channel& channel, pb::Channel* out);
void ToProto(const ApiKey& key, pb::ApiKey* out);
void ToProto(const Org& org, pb::Organization* out);
template <class Out>
void AddPermissions(Permissions permissions, Out* out) {
  for (int i = 1; i < kPermissionCount; ++i) {
    if (permissions.Has(static_cast<Permission>(i))) out->Add(i);
  }
}
template <class Out>
void AddKinds(ActivityKinds kinds, Out* out) {
  for (int i = 1; i < kActivityKindCount; ++i) {
    if (kinds.Has(static_cast<ActivityKind>(i))) out->Add(i);
  }
}
template <class Out>
void AddScopes(uint32_t scopes, Out* out) {
  for (int i = 1; i < kScopeCount; ++i) {
    if ((scopes >> i & 1) != 0) out->Add(i);
  }
}

// The row's name, "" for a first appearance or no change.
std::string RowName(EntryState from, EntryState to, Trigger trigger, bool monitoring);

}  // namespace guichet::router

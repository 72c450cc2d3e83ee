// Rows for each noun of the API.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "google/protobuf/repeated_field.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "guichet/v1/channel_service.pb.h"
#include "guichet/v1/routing_service.pb.h"
#include "guichet/v1/session_service.pb.h"
#include "guichet/v1/types.pb.h"

namespace guichet::ctl {

template <typename T>
using Rows = google::protobuf::RepeatedPtrField<T>;

// Rows with one element, to show a single object.
template <typename T>
Rows<T> One(const T& value) {
  Rows<T> rows;
  *rows.Add() = value;
  return rows;
}

// What is going on in a session, in a few words: its outcome, transfer, link, hold, or that it is active or waiting.
std::string SessionStatus(const v1::Session& session);

// "REMOTE_CONTROL, SEND_FILE?": kinds of what is done with the device; with a question mark, what the customer is asked for.
std::string ActivitiesWord(const v1::Session& session);

std::string ActivityTable(const Rows<v1::Activity>& activities);
std::string SessionTable(const Rows<v1::Session>& sessions, absl::Time now);
// One session, one line a field.
std::string SessionDetails(const v1::Session& session, absl::Time now);
std::string QueueTable(const Rows<v1::QueueEntry>& entries, absl::Time now);
std::string TimelineTable(const Rows<v1::TimelineEvent>& events);
std::string TechnicianTable(const Rows<v1::Technician>& technicians, absl::Time now);
// One technician with the layers of his status.
std::string TechnicianDetails(const v1::Technician& technician, absl::Time now);
std::string GroupTable(const Rows<v1::Group>& groups);
// One group, one line a setting.
std::string GroupDetails(const v1::Group& group);
std::string ChannelTable(const Rows<v1::Channel>& channels);
std::string ChannelDetails(const v1::Channel& channel);
// What a customer must be asked.
std::string FormDetails(const v1::GetFormResponse& form);
std::string KeyTable(const Rows<v1::ApiKey>& keys, absl::Time now);
std::string OrganizationTable(const Rows<v1::Organization>& organizations, absl::Time now);

// The summary, then what would change it, who was considered and what was decided.
std::string ExplanationText(const v1::ExplainSessionResponse& response, absl::Time now);
std::string ExplanationText(const v1::ExplainTechnicianResponse& response, absl::Time now);
// One line each, without a line feed.
std::string AvailabilityLine(const v1::Availability& availability);
std::string PositionLine(const v1::QueuePosition& position);

// "all", "all but lan", or a list: words that --permissions takes.
std::string PermissionsWord(const google::protobuf::RepeatedField<int>& permissions);
std::string ScopesWord(const google::protobuf::RepeatedField<int>& scopes);

}  // namespace guichet::ctl

// From requests of AdminService to what an administrator sets, with every check of form. Nothing here looks at the
// organization.
#pragma once

#include "guichet/v1/admin_service.pb.h"
#include "router/edit.h"
#include "statemachine/org.h"

namespace guichet::router {

namespace pb = ::guichet::v1;
using google::protobuf::FieldMask;

// Each takes the fields that `mask` names, or without a mask those that are set. A field that it takes and that is not set goes
// back to its default.
absl::StatusOr<Edit<Group>> ToEdit(const pb::Group& from, const FieldMask& mask);
absl::StatusOr<Edit<Channel>> ToEdit(const pb::Channel& from, const FieldMask& mask);  // parse_channel.cc
// `field`: what the request calls the technician in refusals, "technician" or "technicians[3]".
absl::StatusOr<Edit<TechnicianConfig>> ToEdit(const pb::Technician& from, const FieldMask& mask, const std::string& field);

// What an operator and an administrator set of an organization.
struct OrgConfig {
  std::string display_name;
  OrgSettings settings;
};
absl::StatusOr<Edit<OrgConfig>> ToEdit(const pb::Organization& from, const FieldMask& mask);

// A key without its secret and the time of its making.
absl::StatusOr<ApiKey> ToKey(const pb::ApiKey& from);

}  // namespace guichet::router

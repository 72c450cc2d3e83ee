// Checks of form on what comes from outside. Every refusal names the field, the limit and the way out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "statemachine/ids.h"

namespace guichet::router {

size_t Characters(std::string_view utf8);

absl::Status CheckChars(std::string_view field, std::string_view value, size_t max);
absl::Status CheckBytes(std::string_view field, std::string_view value, size_t max);
// `^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`
absl::Status CheckId(std::string_view field, std::string_view value);
// … or that of an external technician.
absl::Status CheckTechnicianId(std::string_view field, std::string_view value);
absl::Status CheckRequestId(std::string_view value);
// Required, 1-64 characters.
absl::Status CheckDisplayName(std::string_view field, std::string_view value);
// Any word.
absl::Status CheckSkillId(std::string_view field, std::string_view value);
// Of a repeated field.
absl::Status CheckCount(std::string_view field, size_t count, size_t max);
// LOCAL@DOMAIN without quotes and comments, so that it is safe in a header of a mail.
absl::Status CheckEmailAddress(std::string_view field, std::string_view value);
// 3 to 15 digits, with an optional "+" before them.
absl::Status CheckPhoneNumber(std::string_view field, std::string_view value);
template <class Repeated>
absl::Status CheckCustomFields(std::string_view field, const Repeated& values);

struct DurationRange {
  Duration max{};
  bool zero_allowed = false;
};
absl::StatusOr<Duration> CheckDuration(std::string_view field, const google::protobuf::Duration& value, DurationRange range);
absl::StatusOr<Time> CheckTime(std::string_view field, const google::protobuf::Timestamp& value);
// Default for 0, at most `max`, INVALID_ARGUMENT for a negative one.
absl::StatusOr<size_t> CheckPageSize(int32_t value, size_t default_size, size_t max);

// Page tokens are opaque and bound to the filters of their list.
std::string MakePageToken(uint64_t filters, std::string_view last);
// nullopt for the first page; INVALID_ARGUMENT for a token of another list.
absl::StatusOr<std::optional<std::string>> ParsePageToken(std::string_view token, uint64_t filters);

}  // namespace guichet::router

// Between the API's values and words on the command line: enums, times, durations.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/generated_enum_reflection.h"
#include "google/protobuf/timestamp.pb.h"

namespace guichet::ctl {

// "WAITING" for ENTRY_STATE_WAITING; empty for UNSPECIFIED; the number for one that this build does not know.
std::string EnumWord(const google::protobuf::EnumDescriptor& type, int value);
// "safe-mode" for each value but UNSPECIFIED.
std::vector<std::string> EnumChoices(const google::protobuf::EnumDescriptor& type);
// One of them; the number for a value that this build does not know.
std::string EnumChoice(const google::protobuf::EnumDescriptor& type, int value);
// The value of a choice; 0 when there is none.
int EnumValue(const google::protobuf::EnumDescriptor& type, const std::string& choice);

template <typename Enum>
std::string Word(Enum value) {
  return EnumWord(*google::protobuf::GetEnumDescriptor<Enum>(), value);
}

absl::Time ToTime(const google::protobuf::Timestamp& time);
google::protobuf::Timestamp ToProto(absl::Time time);
google::protobuf::Duration ToProto(absl::Duration duration);

// "3m12s" from `time` to `now`, in whole seconds; never negative.
std::string Since(const google::protobuf::Timestamp& time, absl::Time now);
// "30m", "1.5s"; "never" for 0.
std::string DurationWord(const google::protobuf::Duration& duration);

// "08:00-18:00" as minutes of the day, and back. False for another form.
bool ParseWindow(const std::string& text, uint32_t* from_minute, uint32_t* to_minute);
std::string WindowWord(uint32_t from_minute, uint32_t to_minute);

}  // namespace guichet::ctl

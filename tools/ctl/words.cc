#include "tools/ctl/words.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace guichet::ctl {
namespace {

// "08:30" as minutes of the day; false for another form.
bool ParseMinute(absl::string_view text, uint32_t* minute) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  uint32_t hours = 0;
  uint32_t minutes = 0;
  if (parts.size() != 2 || parts[1].size() != 2 || !absl::SimpleAtoi(parts[0], &hours) ||
      !absl::SimpleAtoi(parts[1], &minutes) || hours > 24 || minutes > 59) {
    return false;
  }
  *minute = hours * 60 + minutes;
  return true;
}

std::string MinuteWord(uint32_t minute) {
  return absl::StrCat(absl::Dec(minute / 60, absl::kZeroPad2), ":", absl::Dec(minute % 60, absl::kZeroPad2));
}

// The length of what all values of the type begin with, as its value 0 shows: "ENTRY_STATE_" of ENTRY_STATE_UNSPECIFIED.
size_t PrefixLength(const google::protobuf::EnumDescriptor& type) {
  const std::string& zero = type.FindValueByNumber(0)->name();
  const size_t at = zero.rfind("UNSPECIFIED");
  return at == std::string::npos ? 0 : at;
}

}  // namespace

std::string EnumWord(const google::protobuf::EnumDescriptor& type, int value) {
  const auto* descriptor = type.FindValueByNumber(value);
  if (descriptor == nullptr) return absl::StrCat(value);
  const std::string word = descriptor->name().substr(PrefixLength(type));
  return word == "UNSPECIFIED" ? "" : word;
}

std::string EnumChoice(const google::protobuf::EnumDescriptor& type, int value) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(EnumWord(type, value)), {{"_", "-"}});
}

std::vector<std::string> EnumChoices(const google::protobuf::EnumDescriptor& type) {
  std::vector<std::string> choices;
  for (int i = 0; i < type.value_count(); ++i) {
    const std::string choice = EnumChoice(type, type.value(i)->number());
    if (!choice.empty()) choices.push_back(choice);
  }
  return choices;
}

int EnumValue(const google::protobuf::EnumDescriptor& type, const std::string& choice) {
  const std::string name = type.FindValueByNumber(0)->name().substr(0, PrefixLength(type)) +
                           absl::StrReplaceAll(absl::AsciiStrToUpper(choice), {{"-", "_"}});
  const auto* value = type.FindValueByName(name);
  return value == nullptr ? 0 : value->number();
}

absl::Time ToTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

google::protobuf::Timestamp ToProto(absl::Time time) {
  google::protobuf::Timestamp proto;
  const int64_t millis = absl::ToUnixMillis(time);
  proto.set_seconds(millis / 1000);
  proto.set_nanos(static_cast<int32_t>(millis % 1000) * 1'000'000);
  return proto;
}

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration proto;
  const int64_t millis = absl::ToInt64Milliseconds(duration);
  proto.set_seconds(millis / 1000);
  proto.set_nanos(static_cast<int32_t>(millis % 1000) * 1'000'000);
  return proto;
}

std::string Since(const google::protobuf::Timestamp& time, absl::Time now) {
  if (time.seconds() == 0 && time.nanos() == 0) return "";
  return absl::FormatDuration(absl::Trunc(std::max(now - ToTime(time), absl::ZeroDuration()), absl::Seconds(1)));
}

std::string DurationWord(const google::protobuf::Duration& duration) {
  const absl::Duration value = absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
  return value == absl::ZeroDuration() ? "never" : absl::FormatDuration(value);
}

bool ParseWindow(const std::string& text, uint32_t* from_minute, uint32_t* to_minute) {
  const std::vector<std::string> times = absl::StrSplit(text, '-');
  return times.size() == 2 && ParseMinute(times[0], from_minute) && ParseMinute(times[1], to_minute);
}

std::string WindowWord(uint32_t from_minute, uint32_t to_minute) {
  return absl::StrCat(MinuteWord(from_minute), "-", MinuteWord(to_minute));
}

}  // namespace guichet::ctl

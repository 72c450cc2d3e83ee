#include "router/validate.h"

#include <algorithm>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "router/secrets.h"
#include "statemachine/limits.h"
#include "statemachine/refusal.h"

namespace guichet::router {
namespace {

absl::string_view V(std::string_view s) { return {s.data(), s.size()}; }
bool Lower(char c) { return c >= 'a' && c <= 'z'; }
bool Digit(char c) { return c >= '0' && c <= '9'; }
bool LowerOrDigit(char c) { return Lower(c) || Digit(c); }
bool LetterOrDigit(char c) { return LowerOrDigit(c) || (c >= 'A' && c <= 'Z') || (c & 0x80) != 0; }

// Parts between single dots, of letters, digits and `others`.
bool IsDotted(std::string_view text, std::string_view others) {
  bool after_dot = true;
  for (char c : text) {
    if (c == '.' ? after_dot : !LetterOrDigit(c) && others.find(c) == std::string_view::npos) return false;
    after_dot = c == '.';
  }
  return !after_dot;
}

}  // namespace

size_t Characters(std::string_view utf8) {
  return std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

absl::Status CheckChars(std::string_view field, std::string_view value, size_t max) {
  if (value.find('\x1f') != std::string_view::npos || value.find('\0') != std::string_view::npos) {
    return InvalidField(field, "must not hold the control characters U+0000 and U+001F");
  }
  if (Characters(value) <= max) return absl::OkStatus();
  return InvalidField(field, absl::StrCat("has ", Characters(value), " characters, at most ", max, " are allowed"));
}

absl::Status CheckBytes(std::string_view field, std::string_view value, size_t max) {
  if (value.size() > max)
    return InvalidField(field, absl::StrCat("has ", value.size(), " bytes, at most ", max, " are allowed"));
  return CheckChars(field, value, max);
}

absl::Status CheckId(std::string_view field, std::string_view value) {
  const bool form = !value.empty() && value.size() <= limits::kIdBytes && Lower(value.front()) && LowerOrDigit(value.back()) &&
                    std::all_of(value.begin(), value.end(), [](char c) { return LowerOrDigit(c) || c == '-'; });
  if (form) return absl::OkStatus();
  if (value.empty()) return InvalidField(field, "required");
  return InvalidField(field, absl::StrCat("must match ^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$: 1-", limits::kIdBytes,
                                          " lower-case letters, digits and dashes, a letter first, no dash last"));
}

absl::Status CheckTechnicianId(std::string_view field, std::string_view value) {
  const bool external = value.size() <= limits::kIdBytes && value.size() > 1 && value.front() == '~' &&
                        std::all_of(value.begin() + 1, value.end(), [](char c) { return Digit(c) || c == '-'; });
  return external ? absl::OkStatus() : CheckId(field, value);
}

absl::Status CheckRequestId(std::string_view value) { return CheckBytes("request_id", value, limits::kRequestIdBytes); }

absl::Status CheckDisplayName(std::string_view field, std::string_view value) {
  if (value.empty()) return InvalidField(field, absl::StrCat("required, 1-", limits::kDisplayNameChars, " characters"));
  return CheckChars(field, value, limits::kDisplayNameChars);
}

absl::Status CheckSkillId(std::string_view field, std::string_view value) {
  if (value.empty()) return InvalidField(field, "required");
  return CheckBytes(field, value, limits::kIdBytes);
}

absl::Status CheckCount(std::string_view field, size_t count, size_t max) {
  if (count <= max) return absl::OkStatus();
  return InvalidField(field, absl::StrCat("has ", count, " values, at most ", max, " are allowed"));
}

absl::Status CheckEmailAddress(std::string_view field, std::string_view value) {
  constexpr size_t kLocalBytes = 64;  // RFC 5321
  if (absl::Status bytes = CheckBytes(field, value, limits::kAddressBytes); !bytes.ok()) return bytes;
  const size_t at = value.find('@');
  const bool form = at != std::string_view::npos && at <= kLocalBytes && IsDotted(value.substr(0, at), "!#$%&'*+-/=?^_`{|}~") &&
                    IsDotted(value.substr(at + 1), "-");
  return form ? absl::OkStatus() : InvalidField(field, "must be an e-mail address: LOCAL@DOMAIN, without quotes and spaces");
}

absl::Status CheckPhoneNumber(std::string_view field, std::string_view value) {
  constexpr size_t kMinDigits = 3;   // a short code
  constexpr size_t kMaxDigits = 15;  // E.164
  const std::string_view digits = value.substr(value.starts_with('+') ? 1 : 0);
  const bool form =
      digits.size() >= kMinDigits && digits.size() <= kMaxDigits && std::all_of(digits.begin(), digits.end(), Digit);
  if (form) return absl::OkStatus();
  return InvalidField(field, absl::StrCat("must be a telephone number: ", kMinDigits, "-", kMaxDigits,
                                          " digits, with an optional + before them and no spaces"));
}

template <class Repeated>
absl::Status CheckCustomFields(std::string_view field, const Repeated& values) {
  if (absl::Status count = CheckCount(field, values.size(), limits::kCustomFieldChars.size()); !count.ok()) return count;
  for (int i = 0; i < static_cast<int>(values.size()); ++i) {
    if (absl::Status chars = CheckChars(absl::StrCat(V(field), "[", i, "]"), values[i], limits::kCustomFieldChars[i]);
        !chars.ok()) {
      return chars;
    }
  }
  return absl::OkStatus();
}
template absl::Status CheckCustomFields(std::string_view, const google::protobuf::RepeatedPtrField<std::string>&);

absl::StatusOr<Duration> CheckDuration(std::string_view field, const google::protobuf::Duration& value, DurationRange range) {
  const bool form = value.seconds() >= 0 && value.nanos() >= 0 && value.nanos() < 1000000000;
  const std::string allowed =
      absl::StrCat(range.zero_allowed ? "0 (never) or " : "", "1 ms to ", range.max.count() / 1000, " s");
  if (!form || value.seconds() > range.max.count() / 1000 + 1) return InvalidField(field, absl::StrCat("must be ", allowed));
  const Duration duration{value.seconds() * 1000 + value.nanos() / 1000000};
  const bool zero = value.seconds() == 0 && value.nanos() == 0;
  if (zero && range.zero_allowed) return kNever;
  if (duration.count() < 1 || duration > range.max) return InvalidField(field, absl::StrCat("must be ", allowed));
  return duration;
}

absl::StatusOr<Time> CheckTime(std::string_view field, const google::protobuf::Timestamp& value) {
  constexpr int64_t kYear9999 = 253402300799;
  if (value.seconds() <= 0 || value.seconds() > kYear9999 || value.nanos() < 0 || value.nanos() >= 1000000000) {
    return InvalidField(field, "must be an instant from 1970 to 9999");
  }
  return Time{Duration{value.seconds() * 1000 + value.nanos() / 1000000}};
}

absl::StatusOr<size_t> CheckPageSize(int32_t value, size_t default_size, size_t max) {
  if (value < 0) return InvalidField("page_size", "must not be negative; 0 means the default");
  return value == 0 ? default_size : std::min<size_t>(value, max);
}

std::string MakePageToken(uint64_t filters, std::string_view last) {
  return absl::WebSafeBase64Escape(absl::StrCat(absl::Hex(filters, absl::kZeroPad16), V(last)));
}

absl::StatusOr<std::optional<std::string>> ParsePageToken(std::string_view token, uint64_t filters) {
  if (token.empty()) return std::nullopt;
  std::string text;
  if (token.size() > 1024 || !absl::WebSafeBase64Unescape(V(token), &text) || text.size() < 16 ||
      text.substr(0, 16) != absl::StrCat(absl::Hex(filters, absl::kZeroPad16)) ||
      MakePageToken(filters, std::string_view(text).substr(16)) != token) {
    return InvalidField("page_token", "is not a token of a list with these filters; begin without it");
  }
  return text.substr(16);
}

}  // namespace guichet::router

#include "router/watch.h"

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace guichet::router {

std::string MakeResumeToken(const ResumePoint& point, uint64_t history) {
  return absl::WebSafeBase64Escape(
      absl::StrCat(point.revision.value, ".", point.skip, ".", point.scope, ".", point.membership, ".", history));
}

absl::StatusOr<std::optional<ResumePoint>> ParseResumeToken(const std::string& token, uint64_t history) {
  if (token.empty()) return std::nullopt;
  std::string text;
  ResumePoint point;
  uint64_t of = 0;
  std::vector<std::string> parts;
  if (token.size() <= 128 && absl::WebSafeBase64Unescape(token, &text)) parts = absl::StrSplit(text, '.');
  if (parts.size() != 5 || !absl::SimpleAtoi(parts[0], &point.revision.value) || !absl::SimpleAtoi(parts[1], &point.skip) ||
      !absl::SimpleAtoi(parts[2], &point.scope) || !absl::SimpleAtoi(parts[3], &point.membership) ||
      !absl::SimpleAtoi(parts[4], &of) || MakeResumeToken(point, of) != token) {
    return InvalidField("resume_token", "is no token of a watch; begin without it");
  }
  if (of != history) return ResumeTokenOfAnotherHistory();
  return point;
}

}  // namespace guichet::router

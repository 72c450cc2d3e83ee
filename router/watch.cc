#include "router/watch.h"

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace guichet::router {

std::string MakeResumeToken(Revision revision, uint64_t scope) {
  return absl::WebSafeBase64Escape(absl::StrCat(revision.value, ".", scope));
}

absl::StatusOr<std::optional<std::pair<Revision, uint64_t>>> ParseResumeToken(const std::string& token) {
  if (token.empty()) return std::nullopt;
  std::string text;
  std::pair<Revision, uint64_t> parsed;
  std::vector<std::string> parts;
  if (token.size() <= 128 && absl::WebSafeBase64Unescape(token, &text)) parts = absl::StrSplit(text, '.');
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &parsed.first.value) || !absl::SimpleAtoi(parts[1], &parsed.second)) {
    return InvalidField("resume_token", "is no token of a watch; begin without it");
  }
  return parsed;
}

}  // namespace guichet::router

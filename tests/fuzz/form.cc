// Rules of a channel's form and what a customer fills in. Input: a line a rule, "LABEL|PATTERN|required|CHOICE|CHOICE …", an
// empty line, a line a value.
#include "router/form.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "router/validate.h"
#include "statemachine/limits.h"
#include "tests/fuzz/fuzz.h"

using namespace guichet;  // NOLINT: a program of one file

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  if (!fuzz::IsUtf8(input.Rest())) return 0;  // gRPC lets no other strings in
  std::vector<FieldRule> rules;
  while (!input.empty()) {
    const std::string_view line = input.Line();
    if (line.empty()) break;
    const std::vector<std::string> parts = absl::StrSplit(absl::string_view(line.data(), line.size()), '|');
    FieldRule rule{.label = parts[0]};
    if (parts.size() > 1) rule.pattern = parts[1];
    if (parts.size() > 2) rule.required = parts[2] == "required";
    if (parts.size() > 3) rule.choices.assign(parts.begin() + 3, parts.end());
    rules.push_back(std::move(rule));
  }
  if (const absl::Status status = router::CheckFieldRules(rules); !status.ok()) {
    fuzz::RequireRefusal(status, {absl::StatusCode::kInvalidArgument});
    return 0;
  }
  std::vector<std::string> values;
  for (size_t limit : limits::kCustomFieldChars) {
    const std::string value(input.Line());
    if (router::CheckChars("value", value, limit).ok()) values.push_back(value);
  }
  if (const absl::Status status = router::CheckForm(rules, values); !status.ok()) {
    fuzz::RequireRefusal(status, {absl::StatusCode::kInvalidArgument});
  }
  // What the rules themselves offer gets through, and nothing else does where there are choices.
  for (size_t i = 0; i < rules.size(); ++i) {
    std::vector<FieldRule> one(i + 1);
    one[i] = rules[i];
    std::vector<std::string> filled(i + 1);
    fuzz::Require(router::CheckForm(one, filled).ok() != rules[i].required, "an empty value is refused where it is required");
    for (const std::string& choice : rules[i].choices) {
      filled[i] = choice;
      fuzz::Require(router::CheckForm(one, filled).ok(), "a choice gets through");
    }
    if (rules[i].choices.empty() || i >= values.size()) continue;
    filled[i] = values[i];
    const bool offered = std::find(rules[i].choices.begin(), rules[i].choices.end(), values[i]) != rules[i].choices.end();
    FieldRule must = rules[i];
    must.required = true;
    one[i] = must;
    fuzz::Require(router::CheckForm(one, filled).ok() == offered, "only a choice gets through");
  }
  return 0;
}

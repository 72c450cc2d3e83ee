#include "router/form.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "re2/re2.h"
#include "router/limits.h"
#include "router/validate.h"
#include "statemachine/limits.h"
#include "statemachine/refusal.h"

namespace guichet::router {
namespace {

constexpr size_t kShownChoicesBytes = 150;  // of a message; a refusal's details are clipped at 256 bytes

RE2::Options Options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kPatternMemory);
  return options;
}

// Spaces, line ends, and characters that control or format others.
bool IsBlank(const std::string& value) {
  static const RE2& blank = *new RE2("[\\p{Z}\\p{Cc}\\p{Cf}]*");
  return RE2::FullMatch(value, blank);
}

bool IsOneOf(const std::string& value, const std::vector<std::string>& choices) {
  return std::find(choices.begin(), choices.end(), value) != choices.end();
}

// The first choices, and how many there are when not all fit.
std::string Shown(const std::vector<std::string>& choices) {
  std::string text;
  for (const std::string& choice : choices) {
    if (text.size() + choice.size() > kShownChoicesBytes && !text.empty()) {
      return absl::StrCat(text, " … (", choices.size(), " in all)");
    }
    absl::StrAppend(&text, text.empty() ? "" : ", ", "\"", choice, "\"");
  }
  return text;
}

std::string Wanted(const FieldRule& rule) {
  if (!rule.choices.empty()) return absl::StrCat("one of ", Shown(rule.choices));
  return absl::StrCat("a text that matches ", rule.pattern);
}

absl::Status CheckChoices(const std::string& field, const std::vector<std::string>& choices, const RE2& pattern) {
  if (choices.size() > kFieldChoices) {
    return InvalidField(field, absl::StrCat("has ", choices.size(), " choices, at most ", kFieldChoices, " are allowed"));
  }
  for (size_t i = 0; i < choices.size(); ++i) {
    const std::string choice = absl::StrCat(field, "[", i, "]");
    if (absl::Status s = CheckChars(choice, choices[i], kFieldChoiceChars); !s.ok()) return s;
    if (IsBlank(choices[i])) return InvalidField(choice, "must not be empty; leave out `required` to allow no choice");
    if (!pattern.pattern().empty() && !RE2::FullMatch(choices[i], pattern)) {
      return InvalidField(choice, "does not match the pattern of its field, so nobody could choose it");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRule(const std::string& field, const FieldRule& rule) {
  if (absl::Status s = CheckChars(absl::StrCat(field, ".label"), rule.label, kFieldLabelChars); !s.ok()) return s;
  const std::string pattern = absl::StrCat(field, ".pattern");
  if (absl::Status s = CheckBytes(pattern, rule.pattern, kPatternBytes); !s.ok()) return s;
  const RE2 compiled(rule.pattern, Options());
  if (compiled.error_code() == RE2::ErrorPatternTooLarge) {
    return InvalidField(pattern, "is too large once its counts are written out; leave counts out, values are short anyway");
  }
  if (!compiled.ok()) return InvalidField(pattern, absl::StrCat("is no RE2 pattern: ", compiled.error()));
  return CheckChoices(absl::StrCat(field, ".choices"), rule.choices, compiled);
}

absl::Status CheckValue(const std::string& field, const FieldRule& rule, const std::string& value) {
  const std::string name = rule.label.empty() ? "the value" : absl::StrCat("\"", rule.label, "\"");
  const bool ruled = !rule.choices.empty() || !rule.pattern.empty();
  if (IsBlank(value)) {
    if (!rule.required) return absl::OkStatus();
    return InvalidField(field, absl::StrCat(name, " is required", ruled ? absl::StrCat(": ", Wanted(rule)) : ""));
  }
  const bool good = (rule.choices.empty() || IsOneOf(value, rule.choices)) &&
                    (rule.pattern.empty() || RE2::FullMatch(value, RE2(rule.pattern, Options())));
  return good ? absl::OkStatus() : InvalidField(field, absl::StrCat(name, " must be ", Wanted(rule)));
}

}  // namespace

absl::Status CheckFieldRules(const std::vector<FieldRule>& rules) {
  if (rules.size() > limits::kCustomFieldChars.size()) {
    return InvalidField("channel.fields", absl::StrCat("has ", rules.size(), " rules, at most ",
                                                       limits::kCustomFieldChars.size(), " are allowed: one a custom field"));
  }
  for (size_t i = 0; i < rules.size(); ++i) {
    if (absl::Status s = CheckRule(absl::StrCat("channel.fields[", i, "]"), rules[i]); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status CheckForm(const std::vector<FieldRule>& rules, const std::vector<std::string>& values) {
  for (size_t i = 0; i < rules.size(); ++i) {
    const std::string& value = i < values.size() ? values[i] : std::string();
    if (absl::Status s = CheckValue(absl::StrCat("custom_fields[", i, "]"), rules[i], value); !s.ok()) return s;
  }
  return absl::OkStatus();
}

}  // namespace guichet::router

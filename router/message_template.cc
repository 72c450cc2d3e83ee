#include "router/message_template.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "router/validate.h"
#include "statemachine/limits.h"
#include "statemachine/refusal.h"

namespace guichet::router {
namespace {

struct Variable {
  std::string_view name;
  std::string MessageValues::*value;
};
constexpr std::array kVariables = {Variable{"customer", &MessageValues::customer},
                                   Variable{"technician", &MessageValues::technician},
                                   Variable{"organization", &MessageValues::organization},
                                   Variable{"code", &MessageValues::code},
                                   Variable{"link", &MessageValues::link},
                                   Variable{"expires", &MessageValues::expires}};
constexpr std::string_view kOpen = "{{", kClose = "}}";

absl::string_view V(std::string_view s) { return {s.data(), s.size()}; }

const Variable* FindVariable(std::string_view name) {
  const auto* found = std::find_if(kVariables.begin(), kVariables.end(), [&](const Variable& v) { return v.name == name; });
  return found == kVariables.end() ? nullptr : found;
}

// Splits `text` into literal pieces and names of variables, in order. A "{{" without its end is literal.
template <class OnLiteral, class OnName>
void Scan(std::string_view text, OnLiteral on_literal, OnName on_name) {
  while (true) {
    const size_t open = text.find(kOpen);
    const size_t close = open == std::string_view::npos ? open : text.find(kClose, open + kOpen.size());
    if (close == std::string_view::npos) break;
    on_literal(text.substr(0, open));
    on_name(text.substr(open + kOpen.size(), close - open - kOpen.size()));
    text.remove_prefix(close + kClose.size());
  }
  on_literal(text);
}

struct Filled {
  std::string text;
  bool dropped = false;  // it has variables, and all are absent
};

Filled Fill(std::string_view piece, const MessageValues& values) {
  Filled filled;
  bool any_variable = false, any_value = false;
  Scan(
      piece, [&](std::string_view literal) { filled.text += literal; },
      [&](std::string_view name) {
        const Variable* variable = FindVariable(name);
        if (variable == nullptr) {
          absl::StrAppend(&filled.text, V(kOpen), V(name), V(kClose));
          return;
        }
        any_variable = true;
        any_value |= !(values.*variable->value).empty();
        filled.text += values.*variable->value;
      });
  filled.dropped = any_variable && !any_value;
  return filled;
}

std::string FillText(std::string_view text, const MessageValues& values) {
  std::string out;
  bool any_line = false;
  while (true) {
    const size_t end = text.find('\n');
    const Filled line = Fill(text.substr(0, end), values);
    const bool blank = line.text.empty() || line.text == "\r";
    if (!line.dropped && (any_line || !blank)) {
      if (any_line) out += '\n';
      out += line.text;
      any_line = true;
    }
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

// Bytes of the control character or line break that `text` begins with, C1 and U+2028, U+2029 included; 0: none.
size_t ControlAt(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[0]);
  if (byte < 0x20 || byte == 0x7f) return 1;
  // Marks that turn the direction of what follows: U+202A to U+202E, U+2066 to U+2069.
  for (std::string_view mark : {"\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"}) {
    if (text.starts_with(mark)) return mark.size();
  }
  if (byte == 0xc2 && text.size() > 1 && static_cast<unsigned char>(text[1]) >= 0x80 &&
      static_cast<unsigned char>(text[1]) < 0xa0)
    return 2;
  return text.starts_with("\u2028") || text.starts_with("\u2029") ? 3 : 0;
}

std::string WithoutControls(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t control = ControlAt(text);
    out += control != 0 ? ' ' : text[0];
    text.remove_prefix(std::max<size_t>(control, 1));
  }
  return out;
}

// RFC 4647, 3.4: the next shorter range; a single letter or digit goes with what follows it. Empty: none is left.
std::string_view Shorter(std::string_view range) {
  range = range.substr(0, range.find_last_of('-') == std::string_view::npos ? 0 : range.find_last_of('-'));
  return range.size() > 2 && range[range.size() - 2] == '-' ? range.substr(0, range.size() - 2) : range;
}

const MessageTemplate* Lookup(const std::vector<MessageTemplate>& among, MessageKind kind, std::string_view range) {
  for (; !range.empty(); range = Shorter(range)) {
    for (const MessageTemplate& message : among) {
      if (message.kind == kind && absl::EqualsIgnoreCase(message.language, V(range))) return &message;
    }
  }
  return nullptr;
}

bool IsLanguage(std::string_view tag) {
  constexpr size_t kSubtagBytes = 8;
  for (bool first = true;; first = false) {
    const std::string_view subtag = tag.substr(0, tag.find('-'));
    const bool form = subtag.size() >= (first ? 2 : 1) && subtag.size() <= kSubtagBytes &&
                      std::all_of(subtag.begin(), subtag.end(),
                                  [&](unsigned char c) { return first ? absl::ascii_isalpha(c) : absl::ascii_isalnum(c); });
    if (!form) return false;
    if (subtag.size() == tag.size()) return true;
    tag.remove_prefix(subtag.size() + 1);
  }
}

std::string KnownVariables() {
  return absl::StrJoin(kVariables, ", ",
                       [](std::string* out, const Variable& v) { absl::StrAppend(out, V(kOpen), V(v.name), V(kClose)); });
}

absl::Status CheckVariables(const std::string& field, std::string_view text, bool* way_in) {
  constexpr size_t kNamed = 3, kNamedChars = 32;  // of a refusal, so that it stays readable
  std::vector<std::string> unknown;
  bool unclosed = false;
  Scan(
      text, [&](std::string_view literal) { unclosed |= literal.find(kOpen) != std::string_view::npos; },
      [&](std::string_view name) {
        *way_in |= name == "code" || name == "link";
        if (FindVariable(name) != nullptr || unknown.size() == kNamed) return;
        size_t end = 0;
        for (size_t chars = 0; end < name.size() && (chars += (name[end] & 0xC0) != 0x80) <= kNamedChars;) ++end;
        unknown.push_back(absl::StrCat(V(kOpen), V(name.substr(0, end)), end < name.size() ? "…" : "", V(kClose)));
      });
  if (!unknown.empty()) {
    return InvalidField(
        field, absl::StrCat("has the unknown variable ", absl::StrJoin(unknown, ", "), "; known are ", KnownVariables()));
  }
  if (unclosed) return InvalidField(field, absl::StrCat("has {{ without }}; variables are ", KnownVariables()));
  return absl::OkStatus();
}

}  // namespace

RenderedMessage Render(const std::vector<MessageTemplate>& own, MessageKind kind, std::string_view language,
                       std::string_view default_language, const MessageValues& values) {
  const MessageTemplate* chosen = nullptr;
  for (std::string_view range : {language, default_language, std::string_view("en")}) {
    if (chosen == nullptr) chosen = Lookup(own, kind, range);
    if (chosen == nullptr) chosen = Lookup(BuiltInTemplates(), kind, range);
  }
  if (chosen == nullptr) return {};  // only for a kind that is none
  MessageValues clean;               // a value must not look like a line of the template
  for (const Variable& variable : kVariables) clean.*variable.value = WithoutControls(values.*variable.value);
  return {chosen->language, WithoutControls(Fill(chosen->subject, clean).text), FillText(chosen->text, clean)};
}

absl::Status CheckLanguageTag(std::string_view field, std::string_view tag) {
  if (absl::Status s = CheckBytes(field, tag, limits::kLanguageBytes); !s.ok()) return s;
  return IsLanguage(tag) ? absl::OkStatus() : InvalidField(field, "must be a BCP 47 tag such as de or pt-BR");
}

absl::Status CheckTemplate(std::string_view field, const MessageTemplate& message) {
  const auto of = [&](std::string_view member) { return absl::StrCat(V(field), ".", V(member)); };
  if (message.kind < MessageKind::kEmailInvitation || message.kind > MessageKind::kExternalInvitation)
    return InvalidField(of("kind"), "required: e-mail, SMS, or e-mail to an external technician");
  if (absl::Status s = CheckLanguageTag(of("language"), message.language); !s.ok()) return s;
  if (message.kind == MessageKind::kSmsInvitation && !message.subject.empty())
    return InvalidField(of("subject"), "must be empty for SMS, which have none");
  if (absl::Status s = CheckChars(of("subject"), message.subject, limits::kTemplateSubjectChars); !s.ok()) return s;
  bool way_in = false;
  if (absl::Status s = CheckVariables(of("subject"), message.subject, &way_in); !s.ok()) return s;
  if (message.text.empty())
    return InvalidField(of("text"), absl::StrCat("required, 1-", limits::kTemplateTextChars, " characters"));
  if (absl::Status s = CheckChars(of("text"), message.text, limits::kTemplateTextChars); !s.ok()) return s;
  way_in = false;
  if (absl::Status s = CheckVariables(of("text"), message.text, &way_in); !s.ok()) return s;
  if (!way_in) return InvalidField(of("text"), "must have {{code}} or {{link}}: without them nobody gets in");
  return absl::OkStatus();
}

}  // namespace guichet::router

// Texts of invitations in the language of the invited: which template is taken, how values get in, what a template may hold.
// Pure functions, safe to call from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "statemachine/message.h"

namespace guichet::router {

// Subject and text hold variables: {{customer}}, {{technician}}, {{organization}}, {{code}}, {{link}}, {{expires}}, written
// exactly so, without spaces. Lines end with "\n" or "\r\n".
// Values of the variables; empty ones are absent. `expires` is written for people by the caller, zone included.
struct MessageValues {
  std::string customer, technician, organization, code, link, expires;
};

struct RenderedMessage {
  std::string language;  // of the template that was taken
  std::string subject, text;
};

// Fills in the best template: `language`, then `default_language`, then English, each looked up by RFC 4647 (de-CH-1996, de-CH,
// de; case does not matter) first in `own`, then among the built-in ones. Among equals of `own` the first is taken.
// Values go in literally: what looks like a variable in a value stays as it is. In the subject, control characters and line
// breaks of template and values become spaces, so that no value can add a header. A line of the text that has variables, all of
// them absent, is dropped with its line break, and so are empty lines before the first line that is left: "Link: {{link}}" goes
// away where there is no link. A template whose only way in is {{link}} is therefore useless to a daemon without a base URL;
// give {{code}} as well.
RenderedMessage Render(const std::vector<MessageTemplate>& own, MessageKind kind, std::string_view language,
                       std::string_view default_language, const MessageValues& values);

// Whether an organization may keep this template. The language must look like a BCP 47 tag of at most limits::kLanguageBytes,
// the subject has at most limits::kTemplateSubjectChars characters and is empty for SMS, the text has 1 to
// limits::kTemplateTextChars; all variables are known, and the text has {{code}} or {{link}}. Errors: INVALID_ARGUMENT that
// names `field` with ".kind",
// ".language", ".subject" or ".text".
absl::Status CheckTemplate(std::string_view field, const MessageTemplate& message);
// Of a BCP 47 tag.
absl::Status CheckLanguageTag(std::string_view field, std::string_view tag);

// English, German, French and Spanish, one of each kind. The SMS have only characters of the GSM alphabet, and fit 160 of them
// with a code of 15 digits while organization, link and expiry together have at most 91.
const std::vector<MessageTemplate>& BuiltInTemplates();

}  // namespace guichet::router

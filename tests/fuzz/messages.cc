// Templates of invitations and what they are filled with. Input: lines of kind, language, subject, six values; the rest is the
// text.
#include <vector>

#include "router/message_template.h"
#include "router/validate.h"
#include "statemachine/limits.h"
#include "tests/fuzz/fuzz.h"

using namespace guichet;  // NOLINT: a program of one file

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  if (!fuzz::IsUtf8(input.Rest())) return 0;  // gRPC lets no other strings in
  const std::string_view kind = input.Line();
  MessageTemplate message;
  message.kind = static_cast<MessageKind>(kind.empty() ? 0 : kind[0] - '0');
  message.language = input.Line();
  message.subject = input.Line();
  router::MessageValues values;
  for (std::string* value :
       {&values.customer, &values.technician, &values.organization, &values.code, &values.link, &values.expires}) {
    *value = input.Line();
  }
  message.text = input.Rest();
  if (const absl::Status status = router::CheckTemplate("template", message); !status.ok()) {
    fuzz::RequireRefusal(status, {absl::StatusCode::kInvalidArgument});
    return 0;
  }
  const router::RenderedMessage rendered = router::Render({message}, message.kind, message.language, "en", values);
  fuzz::Require(rendered.language == message.language, "the own template of the language is taken");
  fuzz::Require(fuzz::IsUtf8(rendered.subject) && fuzz::IsUtf8(rendered.text), "a message is UTF-8");
  for (char c : rendered.subject) fuzz::Require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "a subject is one line");
  size_t all = 0;
  for (const std::string& value :
       {values.customer, values.technician, values.organization, values.code, values.link, values.expires}) {
    all = std::max(all, router::Characters(value));
  }
  const size_t places = message.text.size() / 8 + 1;  // "{{code}}"
  fuzz::Require(router::Characters(rendered.text) <= limits::kTemplateTextChars + places * all, "values go in once a place");
  // A value adds no line.
  const auto lines = [](std::string_view text) { return std::count(text.begin(), text.end(), '\n'); };
  fuzz::Require(lines(rendered.text) <= lines(message.text), "no value adds a line");
  const router::RenderedMessage other = router::Render({message}, message.kind, "x-none", message.language, values);
  fuzz::Require(other.text == rendered.text, "the default language is taken for one that nobody has");
  return 0;
}

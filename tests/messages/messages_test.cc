// Texts of invitations: languages, variables, hostile values, refusals.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "router/message_template.h"
#include "router/validate.h"
#include "statemachine/limits.h"
#include "statemachine/refusal.h"

namespace guichet::router {
namespace {

using enum MessageKind;
using Templates = std::vector<MessageTemplate>;

const MessageValues kAll = {.customer = "Mrs Lind",
                            .technician = "Ann Arbor",
                            .organization = "Acme Support",
                            .code = "123456",
                            .link = "https://help.example.com/s/123456",
                            .expires = "2030-01-31 12:00 UTC"};

MessageTemplate Own(const std::string& language, const std::string& text = "{{code}}", const std::string& subject = "own") {
  return {kEmailInvitation, language, subject, text};
}
std::string TextOf(const std::string& text, const MessageValues& values) {
  return Render({Own("en", text)}, kEmailInvitation, "en", "", values).text;
}
std::string SubjectOf(const std::string& subject, const MessageValues& values) {
  return Render({Own("en", "{{code}}", subject)}, kEmailInvitation, "en", "", values).subject;
}
std::string LanguageOf(const Templates& own, const std::string& language, const std::string& default_language = "") {
  return Render(own, kEmailInvitation, language, default_language, kAll).language;
}
std::string Repeated(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

void ExpectRefused(const MessageTemplate& message, const std::string& field, const std::string& text) {
  const absl::Status status = CheckTemplate("messages[3]", message);
  EXPECT_EQ(RefusalOf(status).reason, Name(Reason::kInvalidField)) << status;
  const Metadata metadata = RefusalOf(status).metadata;
  ASSERT_FALSE(metadata.empty());
  EXPECT_EQ(metadata[0].second, "messages[3]." + field) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), text)) << status;
}

TEST(Messages, TheLongestPrefixOfTheLanguageIsTaken) {
  const Templates own = {Own("de"), Own("DE-ch"), Own("de-CH-1996"), Own("zh")};
  EXPECT_EQ(LanguageOf(own, "de-CH-1996"), "de-CH-1996");
  EXPECT_EQ(LanguageOf(own, "de-CH-1901"), "DE-ch");
  EXPECT_EQ(LanguageOf(own, "dE-Ch"), "DE-ch");
  EXPECT_EQ(LanguageOf(own, "de-AT"), "de");
  EXPECT_EQ(LanguageOf(own, "deu"), "en") << "a prefix ends at a dash";
  EXPECT_EQ(LanguageOf(own, "zh-x-private"), "zh");
  EXPECT_EQ(LanguageOf({Own("zh-x"), Own("zh")}, "zh-x-private"), "zh") << "a single letter goes with what follows it";
  EXPECT_EQ(LanguageOf({Own("de-CH")}, "de"), "de") << "a longer tag than the asked one is none of its prefixes";
}

TEST(Messages, OwnTemplatesBeforeBuiltInOnesBeforeTheDefaultBeforeEnglish) {
  EXPECT_EQ(Render({Own("fr")}, kEmailInvitation, "fr-CA", "", kAll).subject, "own");
  EXPECT_EQ(LanguageOf({Own("it")}, "es-MX", "it"), "es") << "built in, before the default";
  EXPECT_EQ(LanguageOf({Own("it")}, "pt-BR", "it-CH"), "it");
  EXPECT_EQ(LanguageOf({}, "pt-BR", "fr-CH"), "fr");
  EXPECT_EQ(LanguageOf({}, "pt-BR", "it"), "en");
  EXPECT_EQ(Render({Own("en")}, kEmailInvitation, "pt", "it", kAll).subject, "own");
  EXPECT_EQ(LanguageOf({}, "", ""), "en");
  EXPECT_EQ(LanguageOf({}, "-", "--"), "en");
  EXPECT_EQ(Render({Own("en", "{{code}}", "first"), Own("EN", "{{code}}", "second")}, kEmailInvitation, "en", "", kAll).subject,
            "first");
  EXPECT_NE(Render({Own("en")}, kSmsInvitation, "en", "", kAll).text, kAll.code) << "of another kind";
}

TEST(Messages, VariablesAreFilledIn) {
  EXPECT_EQ(TextOf("{{customer}}|{{technician}}|{{organization}}|{{code}}|{{link}}|{{expires}}|{{code}}", kAll),
            absl::StrCat("Mrs Lind|Ann Arbor|Acme Support|123456|", kAll.link, "|", kAll.expires, "|123456"));
  EXPECT_EQ(SubjectOf("Code {{code}} of {{technician}}", kAll), "Code 123456 of Ann Arbor");
  EXPECT_EQ(TextOf("a }} {b} { {code} }} {{code}", kAll), "a }} {b} { {code} }} {{code}") << "no variables";
  EXPECT_EQ(TextOf("{{ code }} {{Code}} {{}}", kAll), "{{ code }} {{Code}} {{}}") << "unknown ones stay";
}

TEST(Messages, ValuesAreNeverExpandedAgain) {
  MessageValues values = kAll;
  values.customer = "{{code}} {{customer}} {{";
  values.technician = "code}}";
  EXPECT_EQ(TextOf("{{customer}}{{technician}}", values), "{{code}} {{customer}} {{code}}");
  EXPECT_EQ(SubjectOf("{{customer}}{{technician}}", values), "{{code}} {{customer}} {{code}}");
  values.customer = "$1 \\0 %s";
  EXPECT_EQ(TextOf("{{customer}}", values), "$1 \\0 %s");
}

TEST(Messages, NoValueLooksLikeALine) {
  MessageValues values = kAll;
  values.customer = "Eve,\n\nNew link: http://example.com\u202e\u2066";
  EXPECT_EQ(TextOf("Hello {{customer}}\nBye", values), "Hello Eve,  New link: http://example.com  \nBye");
}

TEST(Messages, NoValueAddsAHeader) {
  MessageValues values;
  values.customer = "Eve\r\nBcc: all@example.com\n\nBody";
  EXPECT_EQ(SubjectOf("For {{customer}}", values), "For Eve  Bcc: all@example.com  Body");
  values.customer = std::string("a\0b", 3) + "\tc\x1b[31m\x7f d\u0085e\u009ff\u2028g\u2029h\u00a0é";
  EXPECT_EQ(SubjectOf("{{customer}}", values), "a b c [31m  d e f g h\u00a0é");
  EXPECT_EQ(SubjectOf("of the\r\ntemplate", values), "of the  template");
}

TEST(Messages, LinesOfAbsentValuesAreDropped) {
  MessageValues values;
  values.code = "1";
  EXPECT_EQ(TextOf("Hello {{customer}},\n\n\r\nCode: {{code}}\nLink: {{link}}\n\nBye\n", values), "Code: 1\n\nBye\n");
  EXPECT_EQ(TextOf("{{code}}\r\n{{link}}\r\n{{code}}", values), "1\r\n1");
  EXPECT_EQ(TextOf("{{code}} {{link}}\n{{link}}{{expires}}\nend", values), "1 \nend") << "all of them must be absent";
  EXPECT_EQ(TextOf("{{code}}\n{{link}}", values), "1");
  EXPECT_EQ(TextOf("no variable\n{{unknown}}", values), "no variable\n{{unknown}}");
  EXPECT_EQ(TextOf("{{code}}", {}), "");
  EXPECT_EQ(SubjectOf("For {{customer}}", {}), "For ") << "a subject is no line of the text";
}

TEST(Messages, EveryBuiltInTemplateIsCompleteAndAllowed) {
  EXPECT_EQ(BuiltInTemplates().size(), 12u);
  for (const MessageTemplate& message : BuiltInTemplates()) {
    SCOPED_TRACE(absl::StrCat(message.language, " ", static_cast<int>(message.kind)));
    EXPECT_EQ(CheckTemplate("messages[0]", message), absl::OkStatus());
    const RenderedMessage full = Render({}, message.kind, message.language, "", kAll);
    EXPECT_EQ(full.language, message.language);
    EXPECT_EQ(full.subject.empty(), message.kind == kSmsInvitation);
    for (const std::string& value : {kAll.code, kAll.link, kAll.expires, kAll.organization}) {
      EXPECT_TRUE(absl::StrContains(full.text, value)) << full.text;
    }
    MessageValues few;
    few.code = "123456";
    for (const MessageValues& values : {kAll, few, MessageValues{}}) {
      const RenderedMessage rendered = Render({}, message.kind, message.language, "", values);
      EXPECT_EQ((rendered.subject + rendered.text).find_first_of("{}"), std::string::npos) << rendered.text;
      for (const char* left : {": \n", " ,", "  "}) EXPECT_FALSE(absl::StrContains(rendered.text, left)) << left;
    }
  }
}

TEST(Messages, EverySmsFits) {
  // The basic GSM alphabet beyond ASCII, as far as the four languages use it.
  const std::string gsm = "èéùìòÇØøÅåÆæßÉÄÖÑÜäöñüà§";
  MessageValues values = kAll;
  values.organization = std::string(20, 'o');
  values.link = std::string(60, 'l');
  values.expires = std::string(20, 'e');
  for (const char* language : {"en", "de", "fr", "es"}) {
    const std::string text = Render({}, kSmsInvitation, language, "", values).text;
    EXPECT_LE(Characters(text), 160u) << text;
    for (size_t i = 0; i < text.size();) {
      const size_t bytes = (text[i] & 0x80) == 0 ? 1 : 2;
      const std::string one = text.substr(i, bytes);
      EXPECT_TRUE(bytes == 1 ? one.find_first_of("^{}\\[]~|`") == std::string::npos : absl::StrContains(gsm, one)) << one;
      i += bytes;
    }
  }
}

TEST(Messages, KindAndLanguageAreRequired) {
  EXPECT_EQ(CheckTemplate("messages[3]", Own("en")), absl::OkStatus());
  for (int kind : {0, 4, 255}) {
    MessageTemplate message = Own("en");
    message.kind = static_cast<MessageKind>(kind);
    ExpectRefused(message, "kind", "required");
  }
  const std::string longest = "abcdefgh-12345678-12345678-12345678";
  ASSERT_EQ(longest.size(), limits::kLanguageBytes);
  for (const std::string& good : {std::string("de"), std::string("gsw"), std::string("zh-Hant-TW"), std::string("de-CH-1996"),
                                  std::string("en-x-a"), longest}) {
    EXPECT_EQ(CheckTemplate("messages[3]", Own(good)), absl::OkStatus()) << good;
  }
  ExpectRefused(Own(longest + "-a"), "language", "at most 35");
  for (const char* bad :
       {"", "e", "e1", "1e", "de_CH", "de-", "-de", "de--CH", "de-abcdefghi", "abcdefghi", "de CH", "dé", "*", "de\n"})
    ExpectRefused(Own(bad), "language", "BCP 47");
}

TEST(Messages, LimitsOfSubjectAndText) {
  EXPECT_EQ(CheckTemplate("messages[3]", Own("en", "{{code}}", "")), absl::OkStatus());
  EXPECT_EQ(CheckTemplate("messages[3]", Own("en", "{{code}}", Repeated("é", limits::kTemplateSubjectChars))),
            absl::OkStatus());
  ExpectRefused(Own("en", "{{code}}", Repeated("é", limits::kTemplateSubjectChars + 1)), "subject", "at most 200");
  MessageTemplate sms = Own("en", "{{code}}", "x");
  sms.kind = kSmsInvitation;
  ExpectRefused(sms, "subject", "must be empty for SMS");
  ExpectRefused(Own("en", ""), "text", "required, 1-4000");
  EXPECT_EQ(CheckTemplate("messages[3]", Own("en", "{{code}}" + Repeated("é", limits::kTemplateTextChars - 8))),
            absl::OkStatus());
  ExpectRefused(Own("en", "{{code}}" + Repeated("é", limits::kTemplateTextChars - 7)), "text", "at most 4000");
  ExpectRefused(Own("en", std::string("{{code}}\0", 9)), "text", "control characters");
}

TEST(Messages, VariablesAreKnownAndOneLeadsIn) {
  const std::string known = "{{customer}}, {{technician}}, {{organization}}, {{code}}, {{link}}, {{expires}}";
  ExpectRefused(Own("en", "{{code}} {{nam}} {{ link }}"), "text", "{{nam}}, {{ link }}; known are " + known);
  ExpectRefused(Own("en", "{{code}}", "{{Customer}}"), "subject", "{{Customer}}; known are " + known);
  ExpectRefused(Own("en", "{{{code}}}"), "text", "{{{code}}");
  ExpectRefused(Own("en", "{{code}} {{}}"), "text", "variable {{}}; known");
  ExpectRefused(Own("en", "{{code}} {{a}}{{b}}{{c}}{{d}}"), "text", "{{a}}, {{b}}, {{c}}; known");
  ExpectRefused(Own("en", "{{code}} {{" + Repeated("é", 32) + "}}"), "text", "{{" + Repeated("é", 32) + "}}");
  ExpectRefused(Own("en", "{{code}} {{" + Repeated("é", 33) + "}}"), "text", "{{" + Repeated("é", 32) + "…}}");
  ExpectRefused(Own("en", "{{code}} {{link}"), "text", "{{ without }}");
  EXPECT_EQ(CheckTemplate("messages[3]", Own("en", "{code} }} {{link}}")), absl::OkStatus());
  ExpectRefused(Own("en", "Hello {{customer}}", "{{code}}"), "text", "must have {{code}} or {{link}}");
}

}  // namespace
}  // namespace guichet::router

// Rules of a channel's custom fields: what an administrator may ask for, and what a customer's form must contain.
#include "router/form.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "router/limits.h"
#include "statemachine/limits.h"
#include "statemachine/refusal.h"

namespace guichet::router {
namespace {

using Rules = std::vector<FieldRule>;
using Values = std::vector<std::string>;

std::string Repeated(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

FieldRule Pattern(std::string pattern) { return {"Serial", false, std::move(pattern)}; }
FieldRule Choices(Values choices) { return {"Kind", false, "", std::move(choices)}; }

// Refused with this field, and a message that holds `text`.
void ExpectRefused(const absl::Status& status, const std::string& field, const std::string& text) {
  EXPECT_EQ(RefusalOf(status).reason, Name(Reason::kInvalidField)) << status;
  const Metadata metadata = RefusalOf(status).metadata;
  ASSERT_FALSE(metadata.empty());
  EXPECT_EQ(metadata[0], (Metadata::value_type{"field", field}));
  EXPECT_TRUE(absl::StrContains(status.message(), text)) << status;
}

void ExpectPatternRefused(const std::string& pattern, const std::string& text) {
  SCOPED_TRACE(pattern);
  ExpectRefused(CheckFieldRules({Pattern(pattern)}), "channel.fields[0].pattern", text);
}

TEST(Form, WithoutRulesAnythingPasses) {
  EXPECT_EQ(CheckFieldRules({}), absl::OkStatus());
  EXPECT_EQ(CheckFieldRules(Rules(5)), absl::OkStatus());
  EXPECT_EQ(CheckForm({}, {"a", "b"}), absl::OkStatus());
  EXPECT_EQ(CheckForm(Rules(5), {"a", "", "\t", "x\ny"}), absl::OkStatus());
}

TEST(Form, RequiredFieldsAreNotEmpty) {
  const Rules rules = {{"Company"}, {}, {"Invoice number", true}, {"", true}};
  ASSERT_EQ(CheckFieldRules(rules), absl::OkStatus());
  EXPECT_EQ(CheckForm(rules, {"", "", "17", " 4 "}), absl::OkStatus());
  for (const char* blank : {"", " ", " \t\r\n", "\u00a0", "\u3000\u2003", "\u200b", "\u2028"}) {
    ExpectRefused(CheckForm(rules, {"a", "b", blank, "d"}), "custom_fields[2]", "\"Invoice number\" is required");
  }
  ExpectRefused(CheckForm(rules, {"a", "b"}), "custom_fields[2]", "\"Invoice number\" is required");
  ExpectRefused(CheckForm(rules, {"a", "b", "17"}), "custom_fields[3]", "the value is required");
}

TEST(Form, PatternsMatchTheWholeValue) {
  const Rules rules = {Pattern(R"([A-Z]{2}-\d{4}|none)")};
  ASSERT_EQ(CheckFieldRules(rules), absl::OkStatus());
  for (const char* good : {"AB-1234", "none", "", "  "}) EXPECT_EQ(CheckForm(rules, {good}), absl::OkStatus()) << good;
  for (const char* bad : {"AB-12345", " AB-1234", "AB-1234\n", "ab-1234", "nonexx", "xxnone"}) {
    ExpectRefused(CheckForm(rules, {bad}), "custom_fields[0]", R"("Serial" must be a text that matches [A-Z]{2}-\d{4}|none)");
  }
  EXPECT_EQ(CheckForm({Pattern(".")}, {"é"}), absl::OkStatus());
  EXPECT_EQ(CheckForm({Pattern("[\\p{L}\\p{M}' -]+")}, {"Zoë d'Été-Łukasz"}), absl::OkStatus());
}

TEST(Form, ChoicesAreExact) {
  const Rules rules = {{}, Choices({"Printer", "Écran"})};
  ASSERT_EQ(CheckFieldRules(rules), absl::OkStatus());
  for (const char* good : {"Printer", "Écran", "", " "}) EXPECT_EQ(CheckForm(rules, {"x", good}), absl::OkStatus()) << good;
  for (const char* bad : {"printer", "Printer ", "Print", "Printer, Écran", "Mouse"}) {
    ExpectRefused(CheckForm(rules, {"x", bad}), "custom_fields[1]", "\"Kind\" must be one of \"Printer\", \"Écran\"");
  }
  ExpectRefused(CheckForm({{"Kind", true, "", {"Printer"}}}, {}), "custom_fields[0]",
                "\"Kind\" is required: one of \"Printer\"");
}

TEST(Form, ALongListOfChoicesIsCutInTheMessage) {
  Values choices;
  for (size_t i = 0; i < kFieldChoices; ++i) choices.push_back(absl::StrCat(100 + i, Repeated("é", kFieldChoiceChars - 3)));
  ASSERT_EQ(CheckFieldRules({Choices(choices)}), absl::OkStatus());
  ExpectRefused(CheckForm({Choices(choices)}, {"x"}), "custom_fields[0]", "… (50 in all)");
  EXPECT_EQ(CheckForm({Choices(choices)}, {choices.back()}), absl::OkStatus());
}

TEST(Form, ChoicesThatNobodyCouldMakeAreRefused) {
  ExpectRefused(CheckFieldRules({Choices({"a", " "})}), "channel.fields[0].choices[1]", "must not be empty");
  ExpectRefused(CheckFieldRules({{"Kind", false, "[a-z]+", {"a", "B"}}}), "channel.fields[0].choices[1]", "does not match");
  EXPECT_EQ(CheckFieldRules({{"Kind", false, "[a-z]+", {"a", "b"}}}), absl::OkStatus());
}

TEST(Form, LimitsOfRules) {
  ExpectRefused(CheckFieldRules(Rules(6)), "channel.fields", "at most 5");

  EXPECT_EQ(CheckFieldRules({{Repeated("é", kFieldLabelChars)}}), absl::OkStatus());
  ExpectRefused(CheckFieldRules({{}, {Repeated("é", kFieldLabelChars + 1)}}), "channel.fields[1].label", "at most 64");

  EXPECT_EQ(CheckFieldRules({Pattern(Repeated("é", kPatternBytes / 2))}), absl::OkStatus());
  ExpectPatternRefused(Repeated("é", kPatternBytes / 2) + "e", "at most 256");

  EXPECT_EQ(CheckFieldRules({Choices(Values(kFieldChoices, Repeated("é", kFieldChoiceChars)))}), absl::OkStatus());
  ExpectRefused(CheckFieldRules({Choices(Values(kFieldChoices + 1, "a"))}), "channel.fields[0].choices", "at most 50");
  ExpectRefused(CheckFieldRules({Choices({"a", Repeated("é", kFieldChoiceChars + 1)})}), "channel.fields[0].choices[1]",
                "at most 64");
}

TEST(Form, PatternsThatAreNone) {
  for (const char* bad : {"(", "[a", "*", "a**", "\\", "(?=x)", "(a)\\1", "\\p{Klingon}", "a{1001}", "\xff"}) {
    ExpectPatternRefused(bad, "is no RE2 pattern");
  }
}

TEST(Form, PatternsWhoseProgramIsTooLarge) {
  EXPECT_EQ(CheckFieldRules({Pattern(".{0,256}")}), absl::OkStatus());
  for (const char* large : {".{0,1000}", "[^x]{1000}", "(\\pL{1,30}){1,30}", "\\pL{64}"})
    ExpectPatternRefused(large, "too large");
  ExpectPatternRefused("((a{100}){100}){100}", "is no RE2 pattern: invalid repetition");
  ExpectPatternRefused("((((((a{9}){9}){9}){9}){9}){9}){9}", "is no RE2 pattern: invalid repetition");
}

// Elsewhere these backtrack without end, or fill memory with states; here each is answered.
TEST(Form, HostilePatternsOnTheLongestValues) {
  const size_t most = limits::kCustomFieldChars[0];
  const std::string plain(most, 'a'), wide = Repeated("😀", most), mixed = Repeated("aé", most / 2);
  struct Case {
    std::string pattern;
    bool plain, wide, mixed;
  };
  for (const Case& c : {Case{"(a*)*b", false, false, false}, Case{"(a|aa)+", true, false, false},
                        Case{"((a?){1,20}){1,50}", true, false, false}, Case{"(a?){300}a{300}", true, false, false},
                        Case{"(.*)*(.*)*(.*)*x", false, false, false}, Case{"(.+)+", true, true, true},
                        Case{"(((((((a+)+)+)+)+)+)+)+", true, false, false}, Case{"(.*a.{100})+", true, false, false},
                        Case{"(aé|éa|a|é)*", true, false, true},
                        Case{std::string(kPatternBytes / 2, '(') + std::string(kPatternBytes / 2, ')'), false, false, false}}) {
    SCOPED_TRACE(c.pattern);
    const Rules rules = {Pattern(c.pattern)};
    ASSERT_EQ(CheckFieldRules(rules), absl::OkStatus());
    EXPECT_EQ(CheckForm(rules, {plain}).ok(), c.plain);
    EXPECT_EQ(CheckForm(rules, {wide}).ok(), c.wide);
    EXPECT_EQ(CheckForm(rules, {mixed}).ok(), c.mixed);
  }
}

TEST(Form, ValuesThatAreNoText) {
  const Rules rules = {Pattern(".*")};
  EXPECT_FALSE(CheckForm(rules, {"\xff\xfe"}).ok());
  EXPECT_EQ(CheckForm(rules, {std::string("a\0b", 3)}), absl::OkStatus());
}

}  // namespace
}  // namespace guichet::router

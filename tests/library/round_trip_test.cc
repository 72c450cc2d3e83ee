// What is written reads back to the same library, and documents of other programs mean what their format says.
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "router/limits.h"
#include "statemachine/limits.h"
#include "tests/library/library_testing.h"

namespace guichet::router {
namespace {

void ExpectRoundTrip(const pb::Library& library) {
  ASSERT_EQ(CheckLibrary(library), absl::OkStatus());
  for (const pb::LibraryFormat format : kFormats) {
    SCOPED_TRACE(format);
    const std::string document = WriteLibrary(format, library);
    const absl::StatusOr<pb::Library> read = ParseLibrary(format, document);
    ASSERT_TRUE(read.ok()) << read.status() << "\n" << document.substr(0, 1000);
    ExpectSame(*read, library);
    EXPECT_EQ(WriteLibrary(format, *read), document);
  }
}

void ExpectReads(pb::LibraryFormat format, std::string_view document, const pb::Library& library) {
  SCOPED_TRACE(document);
  const absl::StatusOr<pb::Library> read = ParseLibrary(format, document);
  ASSERT_TRUE(read.ok()) << read.status();
  ExpectSame(*read, library);
}

// Texts that a format may change on the way: names may hold the first of them only.
const std::vector<std::string> kOneLine = {"x",
                                           " ",
                                           "  a  b  ",
                                           "<",
                                           ">",
                                           "&",
                                           "\"",
                                           "'",
                                           "\\",
                                           "/",
                                           "&amp;",
                                           "&lt;",
                                           "&#10;",
                                           "&#x0;",
                                           "&unknown;",
                                           "&",
                                           "&;",
                                           "]]>",
                                           "]]",
                                           "<![CDATA[x]]>",
                                           "<!-- c -->",
                                           "<?pi?>",
                                           "<a/>",
                                           "</reply>",
                                           "--",
                                           "\\n",
                                           "\\u0041",
                                           "{\"a\": [1]}",
                                           "null",
                                           "%s%n",
                                           "\u00a0",
                                           "\u2028\u2029",
                                           "\ufeff",
                                           "\ufeffx",
                                           "\ufffd",
                                           "\u200b",
                                           "e\u0301",
                                           "\u202e",
                                           "Grüße, 你好 😀",
                                           "\U0010ffff"};
const std::vector<std::string> kManyLines = {"\n",        "\t",    " \n ",       "a\nb",
                                             "\n\na\n\n", "\ta\t", "a\n\n\n\tb", "line\n  <b>two</b>\n"};

TEST(LibraryRoundTrip, EveryAwkwardCharacter) {
  for (const std::string& text : kOneLine) {
    SCOPED_TRACE(text);
    ExpectRoundTrip(OneReply(text, "", "t"));
    ExpectRoundTrip(OneReply("n", text, "t"));
    ExpectRoundTrip(OneReply("n", "", text));
    ExpectRoundTrip(OneReply(text + text, text + "x" + text, text + "\n" + text));
  }
  for (const std::string& text : kManyLines) {
    SCOPED_TRACE(text);
    ExpectRoundTrip(OneReply("n", "", text));
  }
}

TEST(LibraryRoundTrip, EveryCharacterOfOneByteAndMany) {
  std::string name, text = "\n\t", url = "http://a/";
  for (char c = ' '; c < 0x7F; ++c) {
    text += c;
    if (c != ' ') url += c;
  }
  name = text.substr(2, 64);
  pb::Library library = OneReply(name, name, text);
  AddReply(library, "n", text.substr(66), "é\u0800\U00010000");
  AddLink(library, name, text.substr(66), url);
  ExpectRoundTrip(library);
}

TEST(LibraryRoundTrip, OrderAndRepeatedNamesAreKept) {
  pb::Library library;
  for (const char* name : {"b", "a", "b", "B"}) {
    AddReply(library, name, "z", "same");
    AddLink(library, name, "", "https://same.example/");
  }
  ExpectRoundTrip(library);
}

// Nothing that CheckLibrary lets pass makes a document that is too large to read: the longest names, of characters that are
// escaped.
TEST(LibraryRoundTrip, TheLargestDocuments) {
  for (const char* character : {"&", "\"", "<", "\\"}) {
    SCOPED_TRACE(character);
    pb::Library library;
    for (size_t i = 0; i < limits::kLibraryItems; ++i) AddReply(library, Times(64, character), Times(64, character), character);
    for (int i = 0; i < 1036; ++i) library.mutable_replies(i % 100)->mutable_text()->append(character);
    ExpectRoundTrip(library);
    library.mutable_replies(0)->mutable_text()->append(character);
    ExpectRefused(CheckLibrary(library), "library", "takes 65537 bytes");
  }
}

std::string Draw(std::mt19937_64& random, const std::vector<std::string>& parts, size_t max_chars) {
  std::string text;
  for (size_t count = 1 + random() % 8; count > 0; --count) {
    const std::string& part = parts[random() % parts.size()];
    if (text.size() + part.size() <= max_chars) text += part;
  }
  return text.empty() ? "x" : text;
}

TEST(LibraryRoundTrip, RandomLibraries) {
  constexpr int kRuns = 300;
  const char* given = std::getenv("GUICHET_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("GUICHET_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  std::vector<std::string> all = kOneLine;
  all.insert(all.end(), kManyLines.begin(), kManyLines.end());
  for (int run = 0; run < kRuns && !testing::Test::HasFailure(); ++run) {
    SCOPED_TRACE(absl::StrCat("seed ", seed, ", run ", run));
    pb::Library library;
    for (size_t left = random() % 20; left > 0; --left) {
      const std::string name = Draw(random, kOneLine, 64);
      const std::string category = random() % 2 == 0 ? "" : Draw(random, kOneLine, 64);
      if (random() % 2 == 0) {
        AddReply(library, name, category, Draw(random, all, 2000));
      } else {
        AddLink(library, name, category, absl::StrCat("https://a.example/?", random(), "&<>\"'%", random() % 10));
      }
    }
    ExpectRoundTrip(library);
  }
}

TEST(LibraryDocuments, JsonOfOthers) {
  constexpr auto kJson = pb::LIBRARY_FORMAT_JSON;
  ExpectReads(kJson, R"({"version":1})", {});
  ExpectReads(kJson, R"( {"links": [], "replies": [], "version": 1} )", {});
  ExpectReads(kJson, "\xef\xbb\xbf{\"version\": 1}\r\n", {});
  pb::Library library = OneReply("n", "", "a\"\\/\n\té😀");
  AddLink(library, "l", "c", "http://a");
  ExpectReads(kJson, R"({"links": [{"url": "http:\/\/a", "category": "c", "name": "\u006c"}], "version": 1,
                         "replies": [{"text": "a\"\\\/\n\t\u00e9\ud83d\uDE00", "name": "n"}]})",
              library);
}

TEST(LibraryDocuments, XmlOfOthers) {
  constexpr auto kXml = pb::LIBRARY_FORMAT_XML;
  ExpectReads(kXml, R"(<library version="1"/>)", {});
  ExpectReads(kXml,
              "<?xml version='1.0' encoding='utf-8' standalone='yes'?>\r\n<library\tversion = '&#49;' >\r\n</library>\r\n", {});
  ExpectReads(kXml, "\xef\xbb\xbf<?xml version=\"1.0\"?><library version=\"1\"></library><!-- end -->", {});
  pb::Library library = OneReply("a b  c\"", " x ", "one\ntwo<&>\"' &amp;]]>\té😀");
  AddReply(library, "n", "", " ");
  AddLink(library, "l", "", "http://a?b&c");
  ExpectReads(
      kXml,
      "<!-- <!DOCTYPE x> --><library version=\"1\"><!-- c --><link name='l'>http://a?b&amp;c</link>\n"
      "<reply category=' x ' name='a\tb\r\n c&quot;'>one\r\n<!-- c -->two<![CDATA[<&>\"']]> &amp;amp;]]&gt;&#9;&#xE9;&#128512;"
      "</reply><reply name=\"n\"> </reply></library>",
      library);
}

}  // namespace
}  // namespace guichet::router

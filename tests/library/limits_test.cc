// Each limit of a library, met and gone one over, by CheckLibrary and by a document of each format.
#include "router/limits.h"

#include "statemachine/limits.h"
#include "tests/library/library_testing.h"

namespace guichet::router {
namespace {

// Fine as it is, and as a document.
void ExpectTaken(const pb::Library& library) {
  EXPECT_EQ(CheckLibrary(library), absl::OkStatus());
  for (const pb::LibraryFormat format : kFormats) {
    const absl::StatusOr<pb::Library> read = ParseLibrary(format, WriteLibrary(format, library));
    ASSERT_TRUE(read.ok()) << format << read.status();
    ExpectSame(*read, library);
  }
}

// The same refusal as it is, and as a document.
void ExpectOver(const pb::Library& library, const std::string& field, const std::string& text) {
  ExpectRefused(CheckLibrary(library), field, text);
  for (const pb::LibraryFormat format : kFormats) {
    SCOPED_TRACE(format);
    ExpectRefused(ParseLibrary(format, WriteLibrary(format, library)).status(), field, text);
  }
}

TEST(LibraryLimits, AnEmptyOneAndAnyRevisionAreFine) {
  pb::Library library;
  ExpectTaken(library);
  library.set_revision(7);
  ExpectTaken(library);
}

TEST(LibraryLimits, Names) {
  for (const char* letter : {"x", "é", "😀"}) {
    ExpectTaken(OneReply(Times(64, letter), "", "t"));
    ExpectOver(OneReply(Times(65, letter), "", "t"), "library.replies[0].name", "has 65 characters, at most 64");
    ExpectTaken(OneReply("n", Times(64, letter), "t"));
    ExpectOver(OneReply("n", Times(65, letter), "t"), "library.replies[0].category", "has 65 characters, at most 64");
  }
  ExpectOver(OneReply("", "", "t"), "library.replies[0].name", "required, 1-64");
  pb::Library links = OneLink("http://a");
  AddLink(links, Times(64, "y"), Times(64, "z"), "http://a");
  ExpectTaken(links);
  AddLink(links, Times(65, "y"), "", "http://a");
  ExpectOver(links, "library.links[2].name", "has 65 characters, at most 64");
  links.mutable_links(2)->set_name("n");
  links.mutable_links(2)->set_category(Times(65, "z"));
  ExpectOver(links, "library.links[2].category", "has 65 characters, at most 64");
}

TEST(LibraryLimits, TextsOfReplies) {
  ExpectTaken(OneReply("n", "", "x"));
  ExpectTaken(OneReply("n", "", " "));
  ExpectOver(OneReply("n", "", ""), "library.replies[0].text", "required, 1-2000 characters");
  for (const char* letter : {"x", "é", "\n"}) {
    ExpectTaken(OneReply("n", "", Times(limits::kChatChars, letter)));
    ExpectOver(OneReply("n", "", Times(limits::kChatChars + 1, letter)), "library.replies[0].text",
               "has 2001 characters, at most 2000");
  }
  pb::Library library;
  for (int i = 0; i < 3; ++i) AddReply(library, "n", "", "t");
  AddReply(library, "n", "", "");
  ExpectOver(library, "library.replies[3].text", "required");
}

TEST(LibraryLimits, AddressesOfLinks) {
  for (const std::string url : {"http://a", "https://a/", "https://user:word@example.com:8080/p?q=<&>\"'#f", "http://[::1]/",
                                "https://bücher.example/ä"}) {
    SCOPED_TRACE(url);
    ExpectTaken(OneLink(url));
  }
  for (const std::string url : {"", "http", "http://", "https://", "http:///path", "http://?q", "https://#f", "http://\\a",
                                "http://:80/", "http://user@", "http://user@:80", "ftp://a", "javascript:alert(1)", "HTTP://a",
                                "//a", " http://a", "http://a ", "http://a/b c"}) {
    SCOPED_TRACE(url);
    ExpectOver(OneLink(url), "library.links[0].url", "must be an address such as https://");
  }
  for (const std::string url : {"http://a\nb", "http://a\tb"}) {
    ExpectOver(OneLink(url), "library.links[0].url", "control characters are not allowed");
  }
  const std::string head = "http://a/";
  ExpectTaken(OneLink(head + Times(limits::kUrlBytes - head.size(), "x")));
  ExpectOver(OneLink(head + Times(limits::kUrlBytes - head.size() + 1, "x")), "library.links[0].url",
             "has 2049 bytes, at most 2048");
  ExpectOver(OneLink(head + Times(limits::kUrlBytes / 2, "é")), "library.links[0].url", "bytes, at most 2048");
}

TEST(LibraryLimits, RepliesAndLinksTogether) {
  pb::Library library;
  for (size_t i = 0; i < limits::kLibraryItems / 2; ++i) {
    AddReply(library, "n", "", "t");
    AddLink(library, "n", "", "http://a");
  }
  ExpectTaken(library);
  pb::Library reply = library;
  AddReply(reply, "n", "", "t");
  ExpectOver(reply, "library", "has 501 replies and links, at most 500");
  AddLink(library, "n", "", "http://a");
  ExpectOver(library, "library", "has 501 replies and links, at most 500");
}

TEST(LibraryLimits, BytesOfAllTexts) {
  pb::Library library;
  for (int i = 0; i < 32; ++i) AddReply(library, "name", "category", Times(2000, "x"));
  AddLink(library, "link", "category", "http://a/");
  const size_t used = 32 * (4 + 8 + 2000) + 4 + 8 + 9;
  library.mutable_links(0)->mutable_url()->append(Times(limits::kLibraryBytes - used, "u"));
  ExpectTaken(library);
  for (const int field : {0, 1, 2}) {
    pb::Library over = library;
    pb::LibraryLink& link = *over.mutable_links(0);
    (field == 0 ? link.mutable_name() : field == 1 ? link.mutable_category() : link.mutable_url())->push_back('o');
    ExpectOver(over, "library", "takes 65537 bytes, at most 65536");
  }
  pb::Library over = library;
  over.mutable_replies(0)->mutable_name()->push_back('o');
  ExpectOver(over, "library", "takes 65537 bytes, at most 65536");
}

TEST(LibraryLimits, Characters) {
  const struct {
    const char* text;
    bool in_names, in_replies;
  } kCases[] = {{"\t", false, true},
                {"\n", false, true},
                {"\r", false, false},
                {"\x01", false, false},
                {"\x1f", false, false},
                {"\x7f", false, false},
                {"\u0080", false, false},
                {"\u0085", false, false},
                {"\u009f", false, false},
                {"\ufffe", false, false},
                {"\uffff", false, false},
                {" ", true, true},
                {"\u00a0", true, true},
                {"\u2028", true, true},
                {"\ufffd", true, true},
                {"\ufeff", true, true},
                {"\ue000", true, true},
                {"\ud7ff", true, true},
                {"\U0010ffff", true, true},
                {"\U0001fffe", true, true},
                {"\xc3", false, false},
                {"\xff", false, false},
                {"\xc0\x80", false, false},
                {"\xe0\x80\xaf", false, false},
                {"\xed\xa0\x80", false, false},
                {"\xf4\x90\x80\x80", false, false},
                {"\xf8\x88\x80\x80\x80", false, false}};
  for (const auto& [text, in_names, in_replies] : kCases) {
    SCOPED_TRACE(testing::PrintToString(std::string(text)));
    const std::string value = absl::StrCat("a", text, "b");
    EXPECT_EQ(CheckLibrary(OneReply(value, "", "t")).ok(), in_names);
    EXPECT_EQ(CheckLibrary(OneReply("n", value, "t")).ok(), in_names);
    EXPECT_EQ(CheckLibrary(OneReply("n", "", value)).ok(), in_replies);
    EXPECT_EQ(CheckLibrary(OneLink("http://" + value)).ok(), in_names && value != "a b");
  }
  const std::string nul("a\0b", 3);
  ExpectRefused(CheckLibrary(OneReply("n", "", nul)), "library.replies[0].text", "U+0000 at byte 1");
  ExpectRefused(CheckLibrary(OneReply("a\nb", "", "t")), "library.replies[0].name", "U+000A at byte 1; control characters are");
  ExpectRefused(CheckLibrary(OneReply("n", "\xff", "t")), "library.replies[0].category", "not valid UTF-8 at byte 0");
  ExpectRefused(CheckLibrary(OneReply("n", "", "é\r\n")), "library.replies[0].text", "control characters but newline and tab");
}

TEST(LibraryLimits, BytesOfADocument) {
  const pb::Library library = OneReply("n", "", "t");
  for (const pb::LibraryFormat format : kFormats) {
    std::string document = WriteLibrary(format, library);
    document.append(kLibraryDocumentBytes - document.size(), '\n');
    const absl::StatusOr<pb::Library> read = ParseLibrary(format, document);
    ASSERT_TRUE(read.ok()) << read.status();
    ExpectSame(*read, library);
    document.push_back('\n');
    ExpectRefused(ParseLibrary(format, document).status(), "document", "has 393217 bytes, at most 393216 are allowed");
  }
}

TEST(LibraryLimits, Formats) {
  for (const pb::LibraryFormat format : kFormats) EXPECT_EQ(CheckLibraryFormat(format), absl::OkStatus());
  for (const int other : {0, 3, -1}) {
    const auto format = static_cast<pb::LibraryFormat>(other);
    ExpectRefused(CheckLibraryFormat(format), "format", "must be LIBRARY_FORMAT_JSON or LIBRARY_FORMAT_XML");
    ExpectRefused(ParseLibrary(format, "{}").status(), "format", "must be LIBRARY_FORMAT_JSON or LIBRARY_FORMAT_XML");
  }
}

}  // namespace
}  // namespace guichet::router

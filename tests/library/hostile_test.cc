// Documents that are broken, of another shape, or made to do harm: each is refused with the place, and none is half read.
#include <array>

#include "router/limits.h"
#include "tests/library/library_testing.h"

namespace guichet::router {
namespace {

std::string Json(const std::string& members) { return absl::StrCat("{\"version\": 1, ", members, "}"); }
std::string Xml(const std::string& items) { return absl::StrCat("<library version=\"1\">", items, "</library>"); }

pb::Library Small() {
  pb::Library library = OneReply("né", "&", "a<b\n\"c\"");
  AddLink(library, "l", "", "http://a/?b");
  return library;
}

// Either refused with the reason of all refusals, or within the limits.
void ExpectNoHarm(pb::LibraryFormat format, const std::string& document) {
  const absl::StatusOr<pb::Library> read = ParseLibrary(format, document);
  if (read.ok()) {
    EXPECT_EQ(CheckLibrary(*read), absl::OkStatus()) << testing::PrintToString(document);
  } else {
    EXPECT_EQ(RefusalOf(read.status()).reason, Name(Reason::kInvalidField)) << read.status();
    EXPECT_FALSE(RefusalOf(read.status()).metadata[0].second.empty());
  }
}

TEST(LibraryHostile, DoctypesAndEntities) {
  const std::string library = Xml("<reply name=\"n\">&x;</reply>");
  for (const std::string doctype :
       {"<!DOCTYPE library>", "<!DOCTYPE library []>", "<!DOCTYPE library SYSTEM \"file:///etc/passwd\">",
        "<!DOCTYPE library [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>",
        "<!DOCTYPE library [<!ENTITY % x SYSTEM \"http://127.0.0.1/x\"> %x;]>",
        "<!DOCTYPE library [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">"
        "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY x \"&c;&c;&c;&c;&c;&c;&c;&c;\">]>"}) {
    ExpectXmlRefused(doctype + library, "line 1, column 11: a DOCTYPE; leave it out");
    ExpectXmlRefused("<?xml version=\"1.0\"?>\n" + doctype + library, "line 2, column 11: a DOCTYPE");
    ExpectXmlRefused(library + doctype, "a DOCTYPE");
    ExpectXmlRefused(Xml(doctype), "not XML");
  }
  ExpectXmlRefused(Xml("<!ENTITY x \"y\">"), "not XML");
  ExpectXmlRefused("<!-- --><!DOCTYPE a><!DOCTYPE b>" + Xml(""), "a DOCTYPE");
}

TEST(LibraryHostile, ReferencesThatXmlLacks) {
  for (const std::string reference :
       {"&x;",      "&nbsp;", "&AMP;",    "&",        "&;",         "& amp;",        "&#;",
        "&#x;",     "&#X41;", "&#-1;",    "&#+1;",    "&# 65;",     "&#xG;",         "&#65",
        "&#0;",     "&#x0;",  "&#xD800;", "&#xDFFF;", "&#x110000;", "&#4294967361;", "&#99999999999999999999;",
        "&#x;&#65;"}) {
    SCOPED_TRACE(reference);
    ExpectXmlRefused(Xml("<reply name=\"n\">" + reference + "</reply>"), "unknown reference after &");
    ExpectXmlRefused(Xml("<reply name=\"" + reference + "\">t</reply>"), "unknown reference after &");
  }
  ExpectXmlRefused(Xml("<reply name='n'>a&#13;</reply>"), "U+000D", "library.replies[0].text");
  ExpectXmlRefused(Xml("<reply name='n'>a&#xFFFE;</reply>"), "U+FFFE", "library.replies[0].text");
  ExpectXmlRefused(Xml("<reply name='a&#10;'>t</reply>"), "U+000A", "library.replies[0].name");
}

// Built so that a reader that recurses for each level would run out of stack, were the limit ten times as large.
TEST(LibraryHostile, DeepNesting) {
  const size_t half = kLibraryDocumentBytes / 2;
  ExpectJsonRefused(Times(kLibraryDocumentBytes, "["), "the document must be an object");
  ExpectJsonRefused("{\"version\":" + Times(half, "["), "version must be 1");
  ExpectJsonRefused(Json("\"replies\": " + Times(half, "[")), "replies[0] must be an object");
  ExpectJsonRefused(Json("\"replies\": [" + Times(half / 5, "{\"x\":")), "replies[0] has the key \"x\"");
  ExpectJsonRefused(Json("\"links\": [" + Times(half / 8, "{\"name\":")), "links[0].name must be a string");
  ExpectXmlRefused(Times(kLibraryDocumentBytes / 3, "<a>"), "not XML");
  const size_t closed = kLibraryDocumentBytes / 7;
  ExpectXmlRefused(Times(closed, "<a>") + Times(closed, "</a>"), "element \"a\"; the root must be library");
  const std::string nested = Times(closed - 100, "<a>") + Times(closed - 100, "</a>");
  ExpectXmlRefused(Xml(nested), "element \"a\"; a library holds reply and link");
  ExpectXmlRefused(Xml("<reply name=\"n\">" + nested + "</reply>"), "an element or instruction in a text");
  ExpectXmlRefused(Xml(Times(100000, "<a>")), "not XML");
  ExpectXmlRefused("<!DOCTYPE a " + Times(kLibraryDocumentBytes / 2, "[") + ">", "a DOCTYPE");
  ExpectXmlRefused("<!DOCTYPE a [" + Times(half / 3, "<!["), "not XML");
}

TEST(LibraryHostile, ManyItems) {
  std::string json = "\"replies\": [{}", xml;
  while (json.size() < kLibraryDocumentBytes - 100) json += ",{}";
  while (xml.size() < kLibraryDocumentBytes - 100) xml += "<link/>";
  ExpectJsonRefused(Json(json + "]"), "replies and links, at most 500", "library");
  ExpectXmlRefused(Xml(xml), "replies and links, at most 500", "library");
}

TEST(LibraryHostile, EveryTruncation) {
  for (const pb::LibraryFormat format : kFormats) {
    const std::string document = WriteLibrary(format, Small());
    for (size_t size = 0; size + 1 < document.size(); ++size) {  // without the newline at its end it is whole
      SCOPED_TRACE(document.substr(0, size));
      EXPECT_FALSE(ParseLibrary(format, document.substr(0, size)).ok());
    }
  }
}

TEST(LibraryHostile, EveryByteMutated) {
  for (const pb::LibraryFormat format : kFormats) {
    const std::string document = WriteLibrary(format, Small());
    for (size_t at = 0; at < document.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string mutated = document;
        mutated[at] = static_cast<char>(byte);
        ExpectNoHarm(format, mutated);
      }
      ExpectNoHarm(format, document.substr(0, at) + document.substr(at + 1));
      ExpectNoHarm(format, document.substr(0, at) + document.substr(at / 2));
    }
  }
}

TEST(LibraryHostile, OtherEncodings) {
  for (const pb::LibraryFormat format : kFormats) {
    SCOPED_TRACE(format);
    const std::string document = WriteLibrary(format, Small());
    const std::string ascii = WriteLibrary(format, OneReply("n", "", "t"));
    std::string little, big;
    for (const char c : ascii) {
      little += {c, '\0'};
      big += {'\0', c};
    }
    ExpectRefused(ParseLibrary(format, "\xff\xfe" + little).status(), "document", "line 1, column 1: not valid UTF-8");
    ExpectRefused(ParseLibrary(format, "\xfe\xff" + big).status(), "document", "line 1, column 1: not valid UTF-8");
    ExpectRefused(ParseLibrary(format, little).status(), "document", "line 1, column 2: a NUL byte");
    ExpectRefused(ParseLibrary(format, big).status(), "document", "line 1, column 1: a NUL byte");
    EXPECT_TRUE(ParseLibrary(format, "\xef\xbb\xbf" + document).ok());
    for (const std::string& tail : {std::string(1, '\0'), std::string("\0garbage", 8)}) {
      ExpectRefused(ParseLibrary(format, document + tail).status(), "document", "a NUL byte; save the document as UTF-8");
    }
    for (const char* bad : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82"}) {
      ExpectRefused(ParseLibrary(format, document + bad).status(), "document", "not valid UTF-8");
      ExpectRefused(ParseLibrary(format, bad + document).status(), "document", "line 1, column 1: not valid UTF-8");
    }
  }
  for (const char* encoding : {"UTF-16", "ISO-8859-1", "UTF-7", ""}) {
    ExpectXmlRefused(absl::StrCat("<?xml version=\"1.0\" encoding=\"", encoding, "\"?>", Xml("")),
                     "save the document as UTF-8");
  }
}

TEST(LibraryHostile, JsonOfTheWrongShape) {
  for (const char* document : {"[]", "1", "\"x\"", "null", "true", "1.5", "-1"}) {
    ExpectJsonRefused(document, "the document must be an object");
  }
  ExpectJsonRefused("{}", "version is missing; it must be 1");
  ExpectJsonRefused("{\"replies\": []}", "version is missing");
  for (const char* version : {"0", "2", "-1", "1.0", "1e0", "\"1\"", "true", "null", "[1]", "{}", "18446744073709551617"}) {
    ExpectJsonRefused(absl::StrCat("{\"version\": ", version, "}"), "version must be 1");
  }
  for (const char* value : {"null", "1", "\"x\"", "{}", "true"}) {
    ExpectJsonRefused(Json(absl::StrCat("\"links\": ", value)), "links must be an array");
    if (std::string_view(value) != "{}") {
      ExpectJsonRefused(Json(absl::StrCat("\"replies\": [", value, "]")), "replies[0] must be an object");
    }
  }
  const std::string fine = R"({"name": "n", "text": "t"}, )";
  ExpectJsonRefused(Json("\"replies\": [" + fine + "[]]"), "replies[1] must be an object");
  for (const char* value : {"null", "1", "-1", "0.5", "[]", "{}", "true"}) {
    ExpectJsonRefused(Json("\"replies\": [" + fine + "{\"text\": " + value + "}]"), "replies[1].text must be a string");
    ExpectJsonRefused(Json(absl::StrCat("\"links\": [{\"name\": ", value, "}]")), "links[0].name must be a string");
  }
  ExpectJsonRefused(Json("\"links\": [{\"name\": \"n\"}]"), "must be an address", "library.links[0].url");
  ExpectJsonRefused(Json("\"replies\": [" + fine + "{\"name\": \"n\"}]"), "required", "library.replies[1].text");
}

TEST(LibraryHostile, JsonKeys) {
  ExpectJsonRefused(Json("\"x\": 1"), "the document has the key \"x\"; known are version, replies, links");
  ExpectJsonRefused(Json("\"revision\": 1"), "the document has the key \"revision\"");
  ExpectJsonRefused(Json("\"Links\": []"), "the document has the key \"Links\"");
  ExpectJsonRefused(Json("\"\": []"), "the document has the key \"\"");
  ExpectJsonRefused(Json(R"("links\u0000": [])"), R"(the key "links\x00")");
  ExpectJsonRefused(Json("\"" + Times(1000, "é") + "\": []"), absl::StrCat("the key \"", Times(32, "é"), "…\"; known are"));
  ExpectJsonRefused(Json("\"version\": 1"), "the document has \"version\" twice");
  ExpectJsonRefused(Json("\"links\": [], \"links\": []"), "the document has \"links\" twice");
  ExpectJsonRefused(Json(R"("links": [], "\u006cinks": [])"), "the document has \"links\" twice");
  ExpectJsonRefused(Json(R"("replies": [{"url": "u"}])"), "replies[0] has the key \"url\"; known are name, category, text");
  ExpectJsonRefused(Json(R"("links": [{"text": "u"}])"), "links[0] has the key \"text\"; known are name, category, url");
  ExpectJsonRefused(Json(R"("links": [{"url": "http://a", "name": "a"}, {"url": "u", "url": "u"}])"),
                    "links[1] has \"url\" twice");
}

TEST(LibraryHostile, JsonOfTheWrongSyntax) {
  ExpectJsonRefused("", "line 1, column 1: syntax error while parsing value - unexpected end of input");
  ExpectJsonRefused("{\"version\": 1}}", "line 1, column 15: syntax error");
  ExpectJsonRefused("{\"version\": 1} {}", "line 1, column 16: syntax error");
  ExpectJsonRefused("{\n\"version\": NaN}", "line 2, column 12: syntax error while parsing value - invalid literal");
  for (const std::string value :
       {"NaN", "Infinity", "-Infinity", "1 1", "+1", ".5", "1.", "1x1", "'1'", "tru", "1 // c", "/* c */ 1"}) {
    ExpectJsonRefused("{\"version\": " + value + "}", "syntax error");
  }
  ExpectJsonRefused("{\"version\": 1e999}", "number overflow");
  for (const std::string members :
       {"", ",", "\"links\": [],", "\"links\": [,]", "\"links\": [{},]", "links: []", "\"links\" []"}) {
    ExpectJsonRefused(Json(members), "syntax error");
  }
  const auto text = [](const std::string& value) {
    return Json("\"replies\": [{\"name\": \"n\", \"text\": \"" + value + "\"}]");
  };
  for (const char* lone : {"\\ud800", "\\udc00", "\\ud800x", "\\ud800\\u0041", "\\ud800\\ud800", "\\udc00\\ud800"}) {
    ExpectJsonRefused(text(lone), "surrogate");
  }
  for (const char* bad : {"\n", "\t", "\x01", "\\x", "\\u12", "\\u12g4", "\\"}) ExpectJsonRefused(text(bad), "syntax error");
  ExpectJsonRefused(text("a\\u0000b"), "U+0000 at byte 1", "library.replies[0].text");
  ExpectJsonRefused(text("a\\r\\n"), "U+000D at byte 1", "library.replies[0].text");
  ExpectJsonRefused(text("\\uffff"), "U+FFFF at byte 0", "library.replies[0].text");
  // The parser's own words would quote half of this character.
  const std::string what(ParseLibrary(pb::LIBRARY_FORMAT_JSON, "{\"version\": é}").status().message());
  EXPECT_EQ(what, "document: line 1, column 13: syntax error while parsing value - invalid literal");
}

TEST(LibraryHostile, XmlOfTheWrongShape) {
  ExpectXmlRefused("", "line 1, column 1: no element library");
  ExpectXmlRefused("<?xml version=\"1.0\"?>\n<!-- c -->\n", "line 3, column 1: no element library");
  ExpectXmlRefused("<libraries version=\"1\"/>", "line 1, column 2: element \"libraries\"; the root must be library");
  ExpectXmlRefused("<Library version=\"1\"/>", "the root must be library");
  ExpectXmlRefused("<x:library version=\"1\"/>", "element \"x:library\"");
  ExpectXmlRefused(Xml("") + "\n" + Xml(""), "line 2, column 2: a second root element");
  for (const std::string library : {"<library/>", "<library></library>", "<library version=\"\"/>", "<library version=\"2\"/>",
                                    "<library version=\" 1\"/>", "<library version=\"1.0\"/>", "<library version=\"01\"/>"}) {
    ExpectXmlRefused(library, "line 1, column 2: library must have version=\"1\"");
  }
  for (const std::string attribute : {"x=\"\"", "Version=\"1\"", "revision=\"1\"", "xmlns=\"a\"", "xml:space=\"preserve\""}) {
    ExpectXmlRefused("<library version=\"1\" " + attribute + "/>", "is not known");
    ExpectXmlRefused(Xml("<reply name=\"n\" " + attribute + ">t</reply>"), "is not known");
  }
  ExpectXmlRefused("<library version=\"1\" version=\"1\"/>", "attribute \"version\" comes twice");
  ExpectXmlRefused(Xml("\n\n<link name=\"a\" category=\"\" name=\"b\">http://a</link>"),
                   "line 3, column 2: attribute \"name\" comes twice");
  ExpectXmlRefused(Xml("<replies/>"), "element \"replies\"; a library holds reply and link");
  ExpectXmlRefused(Xml("\n  <reply name=\"n\">t<b>u</b></reply>"), "line 2, column 21: an element or instruction in a text");
  for (const char* text : {"x", "&#32;", "<![CDATA[]]>", "<![CDATA[ ]]>", "<reply name=\"n\">t</reply>x"}) {
    ExpectXmlRefused(Xml(text), "text outside of reply and link");
  }
  for (const std::string text : {"x", "&#32;", "<![CDATA[ ]]>"}) {
    ExpectXmlRefused(text + Xml(""), "text outside of reply and link");
    ExpectXmlRefused(Xml("") + text, "text outside of reply and link");
  }
  ExpectXmlRefused(Xml("<reply>t</reply>"), "required", "library.replies[0].name");
  ExpectXmlRefused(Xml("<reply name=\"n\"/>"), "required", "library.replies[0].text");
  ExpectXmlRefused(Xml("<link name=\"n\"> http://a </link>"), "must be an address", "library.links[0].url");
}

TEST(LibraryHostile, XmlInstructionsAndDeclarations) {
  const std::string pi = "<?php x ?>";
  ExpectXmlRefused(pi + Xml(""), "a processing instruction; leave it out");
  ExpectXmlRefused(Xml("") + pi, "a processing instruction");
  ExpectXmlRefused(Xml(pi), "a processing instruction");
  ExpectXmlRefused(Xml("<reply name=\"n\">t" + pi + "</reply>"), "an element or instruction in a text");
  ExpectXmlRefused("<?xml-stylesheet href=\"http://a\"?>" + Xml(""), "a processing instruction");
  const std::string declaration = "<?xml version=\"1.0\"?>";
  ExpectXmlRefused(declaration + declaration + Xml(""), "an XML declaration must be the first");
  ExpectXmlRefused("\n" + declaration + Xml(""), "an XML declaration must be the first");
  ExpectXmlRefused(Xml("") + declaration, "an XML declaration must be the first");
  ExpectXmlRefused("<?XML version=\"1.0\"?>" + Xml(""), "an XML declaration must be the first");
  ExpectXmlRefused(Xml(declaration), "not XML");
  for (const std::string version : {"", "version=\"1.1\"", "version=\"\"", "encoding=\"UTF-8\""}) {
    ExpectXmlRefused("<?xml " + version + "?>" + Xml(""), "the XML declaration must have version=\"1.0\"");
  }
  ExpectXmlRefused("<?xml version=\"1.0\" x=\"1\"?>" + Xml(""), "attribute \"x\" is not known");
}

TEST(LibraryHostile, XmlOfTheWrongSyntax) {
  for (const std::string document :
       {"<", "<library version=\"1\">", "<library version=\"1\"></librarx>", "<library version=1/>", "<library version='1\"/>",
        "<library version=\"1\"", "</library>", "<library version=\"1\"/></library>", "<!-- <library version=\"1\"/>",
        "<library version=\"1\"><![CDATA[</library>", "< library version=\"1\"/>"}) {
    ExpectXmlRefused(document, "not XML");
  }
  ExpectXmlRefused("<library version=\"1\">\n  <reply name=\"n\">t</link>\n</library>", "line 2, column 2");
}

}  // namespace
}  // namespace guichet::router

#include "router/library_file.h"

#include <algorithm>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "router/library_formats.h"
#include "router/limits.h"
#include "router/validate.h"
#include "statemachine/limits.h"
#include "statemachine/refusal.h"

namespace guichet::router {
namespace {

constexpr size_t kShownChars = 32;  // of a word in a message
constexpr bool kOneLine = false;
constexpr bool kManyLines = true;

absl::string_view V(std::string_view s) { return {s.data(), s.size()}; }

// Takes the first character off a text that is not empty. nullopt, and nothing taken: it is no UTF-8 (cut short, overlong, half
// a surrogate pair, beyond U+10FFFF).
std::optional<char32_t> TakeCharacter(std::string_view& text) {
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};  // of so many bytes
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t bytes = lead < 0x80 ? 1 : (lead & 0xE0) == 0xC0 ? 2 : (lead & 0xF0) == 0xE0 ? 3 : (lead & 0xF8) == 0xF0 ? 4 : 0;
  if (bytes == 0 || text.size() < bytes) return std::nullopt;
  char32_t character = bytes == 1 ? lead : lead & (0x7F >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((text[i] & 0xC0) != 0x80) return std::nullopt;
    character = character << 6 | (text[i] & 0x3F);
  }
  const bool surrogate = character >= 0xD800 && character < 0xE000;
  if (character < kLeast[bytes] || surrogate || character > 0x10FFFF) return std::nullopt;
  text.remove_prefix(bytes);
  return character;
}

// Unicode's category Cc.
bool IsControl(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0); }
// XML 1.0 has no way to write these, not even as a reference.
bool IsNoCharacterOfXml(char32_t c) { return c == 0xFFFE || c == 0xFFFF; }

absl::Status CheckCharacters(const std::string& field, const std::string& text, bool many_lines) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t at = text.size() - rest.size();
    const std::optional<char32_t> c = TakeCharacter(rest);
    if (!c) return InvalidField(field, absl::StrCat("is not valid UTF-8 at byte ", at));
    if (many_lines && (*c == '\n' || *c == '\t')) continue;
    if (!IsControl(*c) && !IsNoCharacterOfXml(*c)) continue;
    return InvalidField(field, absl::StrFormat("holds U+%04X at byte %u; control characters%s are not allowed, leave it out",
                                               static_cast<uint32_t>(*c), at, many_lines ? " but newline and tab" : ""));
  }
  return absl::OkStatus();
}

absl::Status CheckNames(const std::string& item, const std::string& name, const std::string& category) {
  const std::string name_field = absl::StrCat(item, ".name");
  const std::string category_field = absl::StrCat(item, ".category");
  if (absl::Status s = CheckCharacters(name_field, name, kOneLine); !s.ok()) return s;
  if (absl::Status s = CheckDisplayName(name_field, name); !s.ok()) return s;
  if (absl::Status s = CheckCharacters(category_field, category, kOneLine); !s.ok()) return s;
  return CheckChars(category_field, category, kLibraryCategoryChars);
}

absl::Status CheckText(const std::string& field, const std::string& text) {
  if (text.empty()) return InvalidField(field, absl::StrCat("required, 1-", limits::kChatChars, " characters"));
  if (absl::Status s = CheckCharacters(field, text, kManyLines); !s.ok()) return s;
  return CheckChars(field, text, limits::kChatChars);
}

// Of "https://user@host:port/path?query#fragment".
std::string_view HostAndPort(std::string_view url) {
  const size_t scheme = absl::StartsWith(V(url), "https://") ? 8 : absl::StartsWith(V(url), "http://") ? 7 : url.size();
  url.remove_prefix(scheme);
  const std::string_view authority = url.substr(0, url.find_first_of("/?#\\"));
  const size_t user = authority.rfind('@');
  return user == std::string_view::npos ? authority : authority.substr(user + 1);
}

absl::Status CheckUrl(const std::string& field, const std::string& url) {
  if (absl::Status s = CheckCharacters(field, url, kOneLine); !s.ok()) return s;
  if (absl::Status s = CheckBytes(field, url, limits::kUrlBytes); !s.ok()) return s;
  const std::string_view host = HostAndPort(url);
  if (!host.empty() && host.front() != ':' && !absl::StrContains(url, " ")) return absl::OkStatus();
  return InvalidField(field, "must be an address such as https://example.com/help, http:// or https://, without spaces");
}

absl::Status CheckDocument(std::string_view document) {
  if (document.size() > kLibraryDocumentBytes) {
    return InvalidField("document", absl::StrCat("has ", document.size(), " bytes, at most ", kLibraryDocumentBytes,
                                                 " are allowed; leave items out"));
  }
  std::string_view rest = document;
  while (!rest.empty()) {
    const size_t at = document.size() - rest.size();
    // A parser may take NUL for the end, and what follows would go unread.
    if (rest.front() == '\0') return DocumentError(document, at, "a NUL byte; save the document as UTF-8");
    if (!TakeCharacter(rest)) return DocumentError(document, at, "not valid UTF-8; save the document as UTF-8");
  }
  return absl::OkStatus();
}

size_t TextBytes(const pb::Library& library) {
  size_t bytes = 0;
  for (const pb::LibraryReply& reply : library.replies()) {
    bytes += reply.name().size() + reply.category().size() + reply.text().size();
  }
  for (const pb::LibraryLink& link : library.links()) bytes += link.name().size() + link.category().size() + link.url().size();
  return bytes;
}

}  // namespace

absl::Status DocumentError(std::string_view document, size_t offset, std::string_view what) {
  const std::string_view before = document.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t column = Characters(before.substr(before.rfind('\n') + 1)) + 1;  // without a newline: + 1 makes npos 0
  return InvalidField("document", absl::StrCat("line ", line, ", column ", column, ": ", V(what)));
}

std::string Shown(std::string_view word) {
  std::string_view rest = word;
  for (size_t i = 0; i < kShownChars && !rest.empty(); ++i) {
    if (!TakeCharacter(rest)) break;
  }
  const std::string_view first = word.substr(0, word.size() - rest.size());
  return absl::StrCat("\"", absl::Utf8SafeCHexEscape(V(first)), rest.empty() ? "" : "…", "\"");
}

absl::Status CheckLibraryFormat(pb::LibraryFormat format) {
  if (format == pb::LIBRARY_FORMAT_JSON || format == pb::LIBRARY_FORMAT_XML) return absl::OkStatus();
  return InvalidField("format", "must be LIBRARY_FORMAT_JSON or LIBRARY_FORMAT_XML");
}

absl::Status CheckLibrary(const pb::Library& library) {
  const size_t items = static_cast<size_t>(library.replies_size()) + static_cast<size_t>(library.links_size());
  if (items > limits::kLibraryItems) {
    return InvalidField("library", absl::StrCat("has ", items, " replies and links, at most ", limits::kLibraryItems,
                                                " are allowed together; remove some"));
  }
  for (int i = 0; i < library.replies_size(); ++i) {
    const std::string item = absl::StrCat("library.replies[", i, "]");
    const pb::LibraryReply& reply = library.replies(i);
    if (absl::Status s = CheckNames(item, reply.name(), reply.category()); !s.ok()) return s;
    if (absl::Status s = CheckText(absl::StrCat(item, ".text"), reply.text()); !s.ok()) return s;
  }
  for (int i = 0; i < library.links_size(); ++i) {
    const std::string item = absl::StrCat("library.links[", i, "]");
    const pb::LibraryLink& link = library.links(i);
    if (absl::Status s = CheckNames(item, link.name(), link.category()); !s.ok()) return s;
    if (absl::Status s = CheckUrl(absl::StrCat(item, ".url"), link.url()); !s.ok()) return s;
  }
  const size_t bytes = TextBytes(library);
  if (bytes <= limits::kLibraryBytes) return absl::OkStatus();
  return InvalidField("library", absl::StrCat("takes ", bytes, " bytes, at most ", limits::kLibraryBytes,
                                              " are allowed for all texts together; shorten or remove some"));
}

absl::StatusOr<pb::Library> ParseLibrary(pb::LibraryFormat format, std::string_view document) {
  if (absl::Status s = CheckLibraryFormat(format); !s.ok()) return s;
  if (absl::Status s = CheckDocument(document); !s.ok()) return s;
  absl::StatusOr<pb::Library> library =
      format == pb::LIBRARY_FORMAT_JSON ? ParseLibraryJson(document) : ParseLibraryXml(document);
  if (!library.ok()) return library;
  if (absl::Status s = CheckLibrary(*library); !s.ok()) return s;
  return library;
}

std::string WriteLibrary(pb::LibraryFormat format, const pb::Library& library) {
  return format == pb::LIBRARY_FORMAT_JSON ? WriteLibraryJson(library) : WriteLibraryXml(library);
}

}  // namespace guichet::router

// A library as XML, by pugixml: it reads no other file, knows no entities of documents, and neither its parser nor its
// destructor recurses. It is lenient where XML is strict, so references are replaced here: pugixml would let through unknown
// entities as text, and references to what is no character.
#include <charconv>
#include <optional>
#include <pugixml.hpp>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "router/library_formats.h"

namespace guichet::router {
namespace {

// What is to be refused must be kept (parse_doctype, parse_pi, and by parse_fragment text outside of the root), and so must
// spaces. Comments are not kept. parse_eol and parse_wconv_attribute normalize line ends and spaces of attributes as XML 1.0
// says.
constexpr unsigned kOptions = pugi::parse_declaration | pugi::parse_doctype | pugi::parse_pi | pugi::parse_fragment |
                              pugi::parse_cdata | pugi::parse_ws_pcdata | pugi::parse_eol | pugi::parse_wconv_attribute;

using Attributes = std::vector<std::pair<std::string_view, std::string*>>;  // those allowed, and where they go

bool IsBlank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

// "lt", "#10" or "#xA", to what it stands for.
std::optional<std::string> Referenced(std::string_view name) {
  constexpr std::pair<std::string_view, const char*> kNamed[] = {
      {"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}};
  for (const auto& [known, text] : kNamed) {
    if (name == known) return text;
  }
  if (!name.starts_with('#')) return std::nullopt;
  const bool hex = name.starts_with("#x");
  name.remove_prefix(hex ? 2 : 1);
  uint32_t code = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), code, hex ? 16 : 10);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return std::nullopt;
  return pugi::as_utf8(std::wstring(1, static_cast<wchar_t>(code)));
}

class Reader {
 public:
  explicit Reader(std::string_view document) : document_(document) {}

  absl::StatusOr<pb::Library> Read() {
    pugi::xml_document tree;
    const pugi::xml_parse_result result = tree.load_buffer(document_.data(), document_.size(), kOptions, pugi::encoding_utf8);
    if (!result) return DocumentError(document_, result.offset, absl::StrCat("not XML: ", result.description()));
    pugi::xml_node root;
    for (const pugi::xml_node node : tree.children()) {
      if (absl::Status s = ReadTop(node, root); !s.ok()) return s;
    }
    if (!root) return DocumentError(document_, document_.size(), "no element library");
    if (absl::Status s = ReadLibrary(root); !s.ok()) return s;
    return std::move(library_);
  }

 private:
  // Where the name of an element, or a text, begins.
  absl::Status Error(pugi::xml_node node, std::string_view what) const {
    return DocumentError(document_, node.offset_debug() < 0 ? 0 : node.offset_debug(), what);
  }

  absl::Status ReadTop(pugi::xml_node node, pugi::xml_node& root) {
    switch (node.type()) {
      case pugi::node_declaration:
        return CheckDeclaration(node);
      case pugi::node_doctype:
        return Error(node, "a DOCTYPE; leave it out, entities and other files are never read");
      case pugi::node_element:
        if (root) return Error(node, "a second root element; one library is allowed");
        root = node;
        return absl::OkStatus();
      default:
        return CheckBlank(node);
    }
  }

  absl::Status CheckDeclaration(pugi::xml_node node) {
    if (node.previous_sibling() || std::string_view(node.name()) != "xml") {
      return Error(node, "an XML declaration must be the first in the document, or left out");
    }
    std::string version, encoding = "UTF-8", standalone;
    if (absl::Status s = ReadAttributes(node, {{"version", &version}, {"encoding", &encoding}, {"standalone", &standalone}});
        !s.ok()) {
      return s;
    }
    if (version != "1.0") return Error(node, "the XML declaration must have version=\"1.0\"");
    if (absl::EqualsIgnoreCase(encoding, "UTF-8")) return absl::OkStatus();
    return Error(node, absl::StrCat("encoding ", Shown(encoding), "; save the document as UTF-8"));
  }

  // Where neither text nor instructions may stand.
  absl::Status CheckBlank(pugi::xml_node node) {
    if (node.type() == pugi::node_pi) return Error(node, "a processing instruction; leave it out");
    if (node.type() == pugi::node_pcdata && IsBlank(node.value())) return absl::OkStatus();
    return Error(node, "text outside of reply and link; remove it");
  }

  absl::Status ReadLibrary(pugi::xml_node root) {
    if (std::string_view(root.name()) != "library") {
      return Error(root, absl::StrCat("element ", Shown(root.name()), "; the root must be library"));
    }
    std::string version;
    if (absl::Status s = ReadAttributes(root, {{"version", &version}}); !s.ok()) return s;
    if (version != "1") return Error(root, "library must have version=\"1\"");
    for (const pugi::xml_node node : root.children()) {
      if (absl::Status s = node.type() == pugi::node_element ? ReadItem(node) : CheckBlank(node); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

  absl::Status ReadItem(pugi::xml_node node) {
    const std::string_view kind = node.name();
    if (kind == "reply") {
      pb::LibraryReply& reply = *library_.add_replies();
      return ReadItem(node, reply, *reply.mutable_text());
    }
    if (kind == "link") {
      pb::LibraryLink& link = *library_.add_links();
      return ReadItem(node, link, *link.mutable_url());
    }
    return Error(node, absl::StrCat("element ", Shown(kind), "; a library holds reply and link"));
  }

  template <class Item>
  absl::Status ReadItem(pugi::xml_node node, Item& item, std::string& text) {
    const Attributes attributes = {{"name", item.mutable_name()}, {"category", item.mutable_category()}};
    if (absl::Status s = ReadAttributes(node, attributes); !s.ok()) return s;
    for (const pugi::xml_node part : node.children()) {
      if (part.type() == pugi::node_cdata) {
        text += part.value();
      } else if (part.type() == pugi::node_pcdata) {
        if (absl::Status s = AppendText(part, part.value(), text); !s.ok()) return s;
      } else {
        return Error(part, "an element or instruction in a text; write < as &lt;");
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadAttributes(pugi::xml_node node, Attributes allowed) {
    for (const pugi::xml_attribute attribute : node.attributes()) {
      const std::string_view name = attribute.name();
      auto place = allowed.begin();
      while (place != allowed.end() && place->first != name) ++place;
      if (place == allowed.end()) return Error(node, absl::StrCat("attribute ", Shown(name), " is not known"));
      if (place->second == nullptr) return Error(node, absl::StrCat("attribute ", Shown(name), " comes twice"));
      place->second->clear();
      if (absl::Status s = AppendText(node, attribute.value(), *place->second); !s.ok()) return s;
      place->second = nullptr;
    }
    return absl::OkStatus();
  }

  // `text` with its references replaced.
  absl::Status AppendText(pugi::xml_node node, std::string_view text, std::string& to) {
    for (size_t from = 0;;) {
      const size_t begin = text.find('&', from);
      to += text.substr(from, begin - from);
      if (begin == std::string_view::npos) return absl::OkStatus();
      const size_t end = text.find(';', begin);
      const std::string_view name = text.substr(begin + 1, end - begin - 1);
      const std::optional<std::string> referenced = end == std::string_view::npos ? std::nullopt : Referenced(name);
      if (!referenced) return Error(node, absl::StrCat("unknown reference after &: ", Shown(name), "; write & as &amp;"));
      to += *referenced;
      from = end + 1;
    }
  }

  const std::string_view document_;
  pb::Library library_;
};

// No character becomes more than 5 bytes: kLibraryDocumentBytes counts on it.
std::string Escaped(const std::string& text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&#34;"}});
}

template <class Item>
void Append(std::string& document, const char* kind, const Item& item, const std::string& text) {
  absl::StrAppend(&document, "  <", kind, " name=\"", Escaped(item.name()), "\" category=\"", Escaped(item.category()), "\">",
                  Escaped(text), "</", kind, ">\n");
}

}  // namespace

absl::StatusOr<pb::Library> ParseLibraryXml(std::string_view document) { return Reader(document).Read(); }

std::string WriteLibraryXml(const pb::Library& library) {
  std::string document = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<library version=\"1\">\n";
  for (const pb::LibraryReply& reply : library.replies()) Append(document, "reply", reply, reply.text());
  for (const pb::LibraryLink& link : library.links()) Append(document, "link", link, link.url());
  return document + "</library>\n";
}

}  // namespace guichet::router

// A library as JSON, by the events of nlohmann's parser. Unlike protobuf's JSON, it tells of keys that come twice, does not
// take texts for numbers, and says where a document is broken. Its parser does not recurse, and this reader refuses any value
// that is deeper than an item's texts, so that nesting costs nothing.
#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "router/library_formats.h"
#include "statemachine/refusal.h"

namespace guichet::router {
namespace {

using Json = nlohmann::json;
using Keys = std::array<const char*, 3>;

constexpr Keys kLibraryKeys = {"version", "replies", "links"};
constexpr Keys kReplyKeys = {"name", "category", "text"};
constexpr Keys kLinkKeys = {"name", "category", "url"};

// Each event returns whether to go on; false once `error` is set.
class Reader final : public nlohmann::json_sax<Json> {
 public:
  explicit Reader(std::string_view document) : document_(document) {}

  bool null() override { return WrongType(); }
  bool boolean(bool) override { return WrongType(); }
  bool number_integer(Json::number_integer_t) override { return WrongType(); }
  bool number_float(Json::number_float_t, const std::string&) override { return WrongType(); }
  bool binary(Json::binary_t&) override { return WrongType(); }

  bool number_unsigned(Json::number_unsigned_t value) override {
    return at_ == At::kLibrary && key_ == "version" && value == 1 ? true : WrongType();
  }

  bool string(std::string& value) override {
    if (at_ != At::kItem) return WrongType();
    if (in_links_) {
      pb::LibraryLink& link = *library_.mutable_links(library_.links_size() - 1);
      *(key_ == "name" ? link.mutable_name() : key_ == "category" ? link.mutable_category() : link.mutable_url()) = value;
    } else {
      pb::LibraryReply& reply = *library_.mutable_replies(library_.replies_size() - 1);
      *(key_ == "name" ? reply.mutable_name() : key_ == "category" ? reply.mutable_category() : reply.mutable_text()) = value;
    }
    return true;
  }

  bool start_object(size_t) override {
    if (at_ == At::kDocument) {
      at_ = At::kLibrary;
    } else if (at_ == At::kList) {
      at_ = At::kItem;
      item_keys_.clear();
      if (in_links_) {
        library_.add_links();
      } else {
        library_.add_replies();
      }
    } else {
      return WrongType();
    }
    return true;
  }

  bool key(std::string& key) override {
    const bool item = at_ == At::kItem;
    const Keys& known = !item ? kLibraryKeys : in_links_ ? kLinkKeys : kReplyKeys;
    std::vector<std::string>& seen = item ? item_keys_ : library_keys_;
    const std::string where = item ? absl::StrCat(Item(), " has ") : "the document has ";
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return Fail(absl::StrCat(where, "the key ", Shown(key), "; known are ", absl::StrJoin(known, ", ")));
    }
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) return Fail(absl::StrCat(where, Shown(key), " twice"));
    seen.push_back(key);
    key_ = key;
    return true;
  }

  bool end_object() override {
    if (at_ == At::kItem) {
      at_ = At::kList;
      return true;
    }
    at_ = At::kDocument;
    const bool version = std::find(library_keys_.begin(), library_keys_.end(), "version") != library_keys_.end();
    return version ? true : Fail("version is missing; it must be 1");
  }

  bool start_array(size_t) override {
    if (at_ != At::kLibrary || key_ == "version") return WrongType();
    at_ = At::kList;
    in_links_ = key_ == "links";
    return true;
  }

  bool end_array() override {
    at_ = At::kLibrary;
    return true;
  }

  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception& exception) override {
    // "[json.exception.…] parse error at line 1, column 2: WHY; last read: 'BYTES'; …". The bytes may end within a character.
    std::string_view why = exception.what();
    why = why.substr(0, why.find("; last read"));
    for (const std::string_view before : {"] ", ": "}) {
      if (const size_t end = why.find(before); end != std::string_view::npos) why.remove_prefix(end + before.size());
    }
    error_ = DocumentError(document_, std::min(position > 0 ? position - 1 : 0, document_.size()), why);
    return false;
  }

  absl::StatusOr<pb::Library> Take() {
    if (!error_.ok()) return error_;
    return std::move(library_);
  }

 private:
  // Where the next value stands.
  enum class At { kDocument, kLibrary, kList, kItem };

  // The item that is being read, or between items the next one.
  std::string Item() const {
    const int count = in_links_ ? library_.links_size() : library_.replies_size();
    return absl::StrCat(in_links_ ? "links[" : "replies[", at_ == At::kItem ? count - 1 : count, "]");
  }

  bool WrongType() {
    switch (at_) {
      case At::kDocument:
        return Fail("the document must be an object");
      case At::kLibrary:
        return Fail(key_ == "version" ? "version must be 1" : absl::StrCat(key_, " must be an array"));
      case At::kList:
        return Fail(absl::StrCat(Item(), " must be an object"));
      case At::kItem:
        return Fail(absl::StrCat(Item(), ".", key_, " must be a string"));
    }
    return false;
  }

  bool Fail(const std::string& what) {
    error_ = InvalidField("document", what);
    return false;
  }

  const std::string_view document_;
  At at_ = At::kDocument;
  bool in_links_ = false;                              // of a list or an item
  std::string key_;                                    // whose value comes
  std::vector<std::string> library_keys_, item_keys_;  // met so far
  pb::Library library_;
  absl::Status error_;
};

template <class Item>
nlohmann::ordered_json Names(const Item& item) {
  return {{"name", item.name()}, {"category", item.category()}};
}

}  // namespace

absl::StatusOr<pb::Library> ParseLibraryJson(std::string_view document) {
  Reader reader(document);
  Json::sax_parse(document.begin(), document.end(), &reader);
  return reader.Take();
}

std::string WriteLibraryJson(const pb::Library& library) {
  using Ordered = nlohmann::ordered_json;
  Ordered replies = Ordered::array();
  for (const pb::LibraryReply& reply : library.replies()) {
    replies.push_back(Names(reply));
    replies.back()["text"] = reply.text();
  }
  Ordered links = Ordered::array();
  for (const pb::LibraryLink& link : library.links()) {
    links.push_back(Names(link));
    links.back()["url"] = link.url();
  }
  const Ordered document = {{"version", 1}, {"replies", std::move(replies)}, {"links", std::move(links)}};
  constexpr int kIndent = 2;
  // `replace`: for texts that are not valid UTF-8, which CheckLibrary refuses, any other handler throws or drops them.
  return document.dump(kIndent, ' ', false, Ordered::error_handler_t::replace) + "\n";
}

}  // namespace guichet::router

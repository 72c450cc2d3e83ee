// What a technician keeps at hand to send to customers: replies and links. Read whole, replaced whole.
#pragma once

#include <string>
#include <vector>

#include "statemachine/ids.h"

namespace guichet {

struct LibraryItem {
  bool link = false;  // `text` is a URL; otherwise a reply
  std::string name;
  std::string category;
  std::string text;
  size_t bytes() const { return name.size() + category.size() + text.size(); }
  bool operator==(const LibraryItem&) const = default;
};

struct Library {
  std::vector<LibraryItem> items;
  Revision revision;  // of its last change
  bool operator==(const Library&) const = default;
};

inline size_t BytesOf(const std::vector<LibraryItem>& items) {
  size_t bytes = 0;
  for (const LibraryItem& item : items) bytes += item.bytes();
  return bytes;
}

}  // namespace guichet

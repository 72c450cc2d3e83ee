// The formats of a library's document, for library_file.cc alone. It has checked that a document is small, valid UTF-8 and
// holds no NUL, and checks texts and counts of what comes out.
#pragma once

#include <string>
#include <string_view>

#include "router/library_file.h"

namespace guichet::router {

absl::StatusOr<pb::Library> ParseLibraryJson(std::string_view document);
absl::StatusOr<pb::Library> ParseLibraryXml(std::string_view document);
std::string WriteLibraryJson(const pb::Library& library);
std::string WriteLibraryXml(const pb::Library& library);

// INVALID_FIELD of "document" that says where: lines and columns count from 1, columns in characters. `offset` in bytes, at
// most the size.
absl::Status DocumentError(std::string_view document, size_t offset, std::string_view what);

// A word of a document for a message: its first characters, control characters escaped. Valid UTF-8 stays so.
std::string Shown(std::string_view word);

}  // namespace guichet::router

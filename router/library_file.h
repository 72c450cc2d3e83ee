// A technician's library as a document: its limits, import and export. Pure functions, safe from any thread; none throws but
// for want of memory, of which a document takes up to 20 MB while it is parsed.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "guichet/v1/library_service.pb.h"

namespace guichet::router {

namespace pb = ::guichet::v1;

// That it is one that documents are read from and written to.
absl::Status CheckLibraryFormat(pb::LibraryFormat format);

// The limits of the proto, and that each text is valid UTF-8 that both formats carry unchanged: no control characters but
// newline and tab in texts of replies. `revision` may be anything. Errors name the item ("library.replies[3].text"), or
// "library" as a whole.
absl::Status CheckLibrary(const pb::Library& library);

// What a document of at most kLibraryDocumentBytes says; it passes CheckLibrary, and its `revision` is 0. A byte order mark of
// UTF-8 is passed over. Errors name "format", "document" with the line or the item, or what CheckLibrary names.
absl::StatusOr<pb::Library> ParseLibrary(pb::LibraryFormat format, std::string_view document);

// Of a library that passes CheckLibrary and a format that passes CheckLibraryFormat: a document that ParseLibrary reads back to
// the same library, whatever characters it is full of.
std::string WriteLibrary(pb::LibraryFormat format, const pb::Library& library);

}  // namespace guichet::router

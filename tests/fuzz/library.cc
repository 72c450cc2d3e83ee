// A technician's library as JSON (an input that begins with "{") or XML: what is read is within the limits and survives both
// formats; what is refused names a field.
#include "router/library_file.h"
#include "router/limits.h"
#include "tests/fuzz/fuzz.h"

using namespace guichet;  // NOLINT: a program of one file

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view document(reinterpret_cast<const char*>(data), size);
  for (const auto format : {v1::LIBRARY_FORMAT_JSON, v1::LIBRARY_FORMAT_XML}) {
    const absl::StatusOr<v1::Library> read = router::ParseLibrary(format, document);
    if (!read.ok()) {
      fuzz::RequireRefusal(read.status(), {absl::StatusCode::kInvalidArgument});
      continue;
    }
    fuzz::Require(router::CheckLibrary(*read).ok() && read->revision() == 0, "a library that was read is a good one");
    for (const auto other : {v1::LIBRARY_FORMAT_JSON, v1::LIBRARY_FORMAT_XML}) {
      const std::string written = router::WriteLibrary(other, *read);
      fuzz::Require(written.size() <= router::kLibraryDocumentBytes, "any library fits a document");
      const absl::StatusOr<v1::Library> back = router::ParseLibrary(other, written);
      fuzz::Require(back.ok() && back->SerializeAsString() == read->SerializeAsString(), "a library survives its formats");
    }
  }
  return 0;
}

// Libraries, documents and expectations that the tests of this folder share.
#pragma once

#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "router/library_file.h"
#include "statemachine/refusal.h"

namespace guichet::router {

inline constexpr pb::LibraryFormat kFormats[] = {pb::LIBRARY_FORMAT_JSON, pb::LIBRARY_FORMAT_XML};

inline std::string Times(size_t times, std::string_view text) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

inline void AddReply(pb::Library& library, std::string name, std::string category, std::string text) {
  pb::LibraryReply& reply = *library.add_replies();
  reply.set_name(std::move(name));
  reply.set_category(std::move(category));
  reply.set_text(std::move(text));
}

inline void AddLink(pb::Library& library, std::string name, std::string category, std::string url) {
  pb::LibraryLink& link = *library.add_links();
  link.set_name(std::move(name));
  link.set_category(std::move(category));
  link.set_url(std::move(url));
}

inline pb::Library OneReply(std::string name, std::string category, std::string text) {
  pb::Library library;
  AddReply(library, std::move(name), std::move(category), std::move(text));
  return library;
}

inline pb::Library OneLink(std::string url) {
  pb::Library library;
  AddLink(library, "n", "", std::move(url));
  return library;
}

inline void ExpectSame(const pb::Library& read, const pb::Library& written) {
  EXPECT_EQ(read.revision(), 0u);
  ASSERT_EQ(read.replies_size(), written.replies_size());
  ASSERT_EQ(read.links_size(), written.links_size());
  for (int i = 0; i < written.replies_size(); ++i) {
    EXPECT_EQ(read.replies(i).name(), written.replies(i).name()) << i;
    EXPECT_EQ(read.replies(i).category(), written.replies(i).category()) << i;
    EXPECT_EQ(read.replies(i).text(), written.replies(i).text()) << i;
  }
  for (int i = 0; i < written.links_size(); ++i) {
    EXPECT_EQ(read.links(i).name(), written.links(i).name()) << i;
    EXPECT_EQ(read.links(i).category(), written.links(i).category()) << i;
    EXPECT_EQ(read.links(i).url(), written.links(i).url()) << i;
  }
}

// Refused as INVALID_FIELD of this field, with a message that holds `text`.
inline void ExpectRefused(const absl::Status& status, const std::string& field, const std::string& text) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_EQ(RefusalOf(status).reason, Name(Reason::kInvalidField)) << status;
  const Metadata metadata = RefusalOf(status).metadata;
  ASSERT_FALSE(metadata.empty());
  EXPECT_EQ(metadata[0], (Metadata::value_type{"field", field})) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), text)) << status << "\nwanted: " << text;
}

inline void ExpectJsonRefused(std::string_view document, const std::string& text, const std::string& field = "document") {
  SCOPED_TRACE(document.substr(0, 100));
  ExpectRefused(ParseLibrary(pb::LIBRARY_FORMAT_JSON, document).status(), field, text);
}

inline void ExpectXmlRefused(std::string_view document, const std::string& text, const std::string& field = "document") {
  SCOPED_TRACE(document.substr(0, 100));
  ExpectRefused(ParseLibrary(pb::LIBRARY_FORMAT_XML, document).status(), field, text);
}

}  // namespace guichet::router

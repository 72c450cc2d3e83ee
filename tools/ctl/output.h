// How results and errors are written: aligned tables, JSON, exit codes.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace guichet::ctl {

// Exit codes, part of the interface; see README.md.
inline constexpr int kExitOk = 0;
inline constexpr int kExitUsage = 1;
inline constexpr int kExitRefused = 2;
inline constexpr int kExitNotFound = 3;
inline constexpr int kExitNotPermitted = 4;
inline constexpr int kExitUnavailable = 5;
inline constexpr int kExitInternal = 6;

int ExitCode(const absl::Status& status);

// Without control characters: text from elsewhere must not move the cursor.
std::string Printable(std::string text);

// Rows under a heading, in columns as wide as their widest cell. An empty cell shows as "-".
class Table {
 public:
  explicit Table(std::vector<std::string> heading) : heading_(std::move(heading)) {}
  // Must have as many cells as the heading.
  void Add(std::vector<std::string> row);
  bool empty() const { return rows_.empty(); }
  std::string Text() const;
  // For few wide rows: one line a cell, "heading  value", rows apart by an empty line.
  std::string Vertical() const;

 private:
  std::vector<std::string> heading_;
  std::vector<std::vector<std::string>> rows_;
};

// JSON with lowerCamelCase names; `pretty` over many lines, otherwise one line without a line feed.
std::string Json(const google::protobuf::Message& message, bool pretty);

// "NOT_FOUND: text (REASON key=value)" and a line feed.
std::string ErrorText(const absl::Status& status);
// {"error":{"code":…,"message":…,"reason":…,"metadata":{…}}}.
std::string ErrorJson(const absl::Status& status);

}  // namespace guichet::ctl

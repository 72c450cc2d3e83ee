#include "tools/ctl/output.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "google/protobuf/wrappers.pb.h"
#include "tools/client/status.h"

namespace guichet::ctl {
namespace {

const std::string& Shown(const std::string& cell) {
  static const std::string kNone = "-";
  return cell.empty() ? kNone : cell;
}

// Columns on the terminal, taking one for each code point.
size_t Width(const std::string& text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

void AppendLine(const std::vector<std::string>& cells, const std::vector<size_t>& widths, std::string* out) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    absl::StrAppend(&line, Shown(cells[i]), std::string(widths[i] - Width(Shown(cells[i])) + 2, ' '));
  }
  line.erase(line.find_last_not_of(' ') + 1);
  absl::StrAppend(out, line, "\n");
}

std::string Quoted(const std::string& text) {
  google::protobuf::StringValue value;
  value.set_value(text);
  return Json(value, /*pretty=*/false);
}

std::map<std::string, std::string> Sorted(const google::rpc::ErrorInfo& info) {
  return {info.metadata().begin(), info.metadata().end()};
}

}  // namespace

int ExitCode(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kAborted:
      return kExitRefused;
    case absl::StatusCode::kNotFound:
      return kExitNotFound;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return kExitNotPermitted;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
      return kExitUnavailable;
    default:
      return kExitInternal;
  }
}

std::string Printable(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return text;
}

void Table::Add(std::vector<std::string> row) {
  GOOGLE_CHECK_EQ(row.size(), heading_.size());
  for (std::string& cell : row) cell = Printable(std::move(cell));
  rows_.push_back(std::move(row));
}

std::string Table::Text() const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < heading_.size(); ++i) {
    size_t width = Width(heading_[i]);
    for (const auto& row : rows_) width = std::max(width, Width(Shown(row[i])));
    widths.push_back(width);
  }
  std::string text;
  AppendLine(heading_, widths, &text);
  for (const auto& row : rows_) AppendLine(row, widths, &text);
  return text;
}

std::string Table::Vertical() const {
  size_t width = 0;
  for (const std::string& name : heading_) width = std::max(width, Width(name));
  std::string text;
  for (const auto& row : rows_) {
    if (!text.empty()) absl::StrAppend(&text, "\n");
    for (size_t i = 0; i < row.size(); ++i) AppendLine({heading_[i], row[i]}, {width, Width(Shown(row[i]))}, &text);
  }
  return text;
}

std::string Json(const google::protobuf::Message& message, bool pretty) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = pretty;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  GOOGLE_CHECK(status.ok()) << status.ToString();
  return text;
}

std::string ErrorText(const absl::Status& status) {
  const google::rpc::ErrorInfo info = client::ErrorInfoOf(status);
  std::string text = absl::StrCat(client::CodeName(status), ": ", status.message());
  if (!info.reason().empty()) {
    absl::StrAppend(&text, " (", info.reason());
    for (const auto& [key, value] : Sorted(info)) absl::StrAppend(&text, " ", key, "=", value);
    absl::StrAppend(&text, ")");
  }
  return absl::StrCat(Printable(std::move(text)), "\n");
}

std::string ErrorJson(const absl::Status& status) {
  const google::rpc::ErrorInfo info = client::ErrorInfoOf(status);
  std::string metadata;
  for (const auto& [key, value] : Sorted(info)) {
    absl::StrAppend(&metadata, metadata.empty() ? "" : ",", Quoted(key), ":", Quoted(value));
  }
  return absl::StrCat("{\"error\":{\"code\":", Quoted(client::CodeName(status)),
                      ",\"message\":", Quoted(std::string(status.message())), ",\"reason\":", Quoted(info.reason()),
                      ",\"metadata\":{", metadata, "}}}\n");
}

}  // namespace guichet::ctl

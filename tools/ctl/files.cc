#include "tools/ctl/files.h"

#include <fcntl.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "guichet/v1/admin_service.pb.h"

namespace guichet::ctl {
namespace {

using google::protobuf::FieldDescriptor;

// Columns of a CSV file; the other fields of a technician are the daemon's.
constexpr const char* kColumns[] = {"technician_id", "display_name", "group_id", "administrator", "administered_group_ids",
                                    "disabled",      "skills",       "capacity", "routing_exempt"};

[[noreturn]] void Fail(const std::string& flag, const std::string& what) { throw CLI::ValidationError(flag, what); }

std::string Read(const std::string& flag, const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) Fail(flag, "cannot read " + path);
  return text.str();
}

void FromJson(const std::string& flag, const std::string& json, google::protobuf::Message* message) {
  const auto status = google::protobuf::util::JsonStringToMessage(json, message);
  if (!status.ok()) Fail(flag, absl::StrCat("not the JSON of this: ", std::string(status.message())));
}

bool SetCell(const std::string& column, const std::string& cell, v1::Technician* technician) {
  const FieldDescriptor* field = v1::Technician::descriptor()->FindFieldByName(column);
  const auto& reflection = *technician->GetReflection();
  if (field->is_repeated()) {
    for (const absl::string_view part : absl::StrSplit(cell, ';', absl::SkipWhitespace())) {
      const std::string item(absl::StripAsciiWhitespace(part));
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        reflection.AddString(technician, field, item);
      } else if (!ParseSkill(item, technician->add_skills())) {
        return false;
      }
    }
    return true;
  }
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    reflection.SetString(technician, field, cell);
    return true;
  }
  if (cell.empty()) return true;
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
    bool value = false;
    if (!absl::SimpleAtob(cell, &value)) return false;
    reflection.SetBool(technician, field, value);
    return true;
  }
  uint32_t value = 0;
  if (!absl::SimpleAtoi(cell, &value)) return false;
  reflection.SetUInt32(technician, field, value);
  return true;
}

void FromCsv(const std::string& flag, const std::string& text,
             google::protobuf::RepeatedPtrField<v1::Technician>* technicians) {
  std::vector<std::vector<std::string>> lines;
  if (!ParseCsv(text, &lines)) Fail(flag, "a quoted cell has no end");
  if (lines.empty()) Fail(flag, "is empty; its first line names the columns");
  const std::vector<std::string>& heading = lines.front();
  for (const std::string& column : heading) {
    if (std::find(std::begin(kColumns), std::end(kColumns), column) == std::end(kColumns)) {
      Fail(flag, absl::StrCat("\"", column, "\" is no column; columns are ", absl::StrJoin(kColumns, ", ")));
    }
  }
  for (size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].size() != heading.size()) {
      Fail(flag, absl::StrCat("row ", i, " has ", lines[i].size(), " cells, the heading has ", heading.size()));
    }
    v1::Technician* technician = technicians->Add();
    for (size_t k = 0; k < heading.size(); ++k) {
      if (!SetCell(heading[k], lines[i][k], technician)) {
        Fail(flag, absl::StrCat("row ", i, ": \"", lines[i][k], "\" is no ", heading[k]));
      }
    }
  }
}

}  // namespace

bool ParseSkill(const std::string& text, v1::Skill* skill) {
  const size_t at = text.rfind('=');
  uint32_t level = 0;
  if (at == std::string::npos || at == 0 || !absl::SimpleAtoi(text.substr(at + 1), &level)) return false;
  skill->set_skill_id(text.substr(0, at));
  skill->set_level(level);
  return true;
}

bool ParseCsv(const std::string& text, std::vector<std::vector<std::string>>* lines) {
  std::vector<std::string> line;
  std::string cell;
  bool quoted = false;
  bool any = false;  // in this line
  const auto end_line = [&] {
    if (any) {
      line.push_back(std::move(cell));
      lines->push_back(std::move(line));
    }
    line.clear();
    cell.clear();
    any = false;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        cell += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        cell += text[++i];
      } else {
        quoted = false;
      }
    } else if (c == '\n') {
      end_line();
    } else if (c == '"' && cell.empty()) {
      quoted = any = true;
    } else if (c == ',') {
      line.push_back(std::move(cell));
      cell.clear();
      any = true;
    } else if (c != '\r') {
      cell += c;
      any = true;
    }
  }
  end_line();
  return !quoted;
}

bool WriteSecret(const std::string& path, const std::string& secret) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return false;
  const std::string line = secret + "\n";
  // A file that was there before keeps its mode otherwise.
  const bool written = fchmod(file, S_IRUSR | S_IWUSR) == 0 && write(file, line.data(), line.size()) == ssize_t(line.size());
  return close(file) == 0 && written;
}

std::vector<std::string> MergeJson(const std::string& flag, const std::string& path, const std::string& member,
                                   const std::vector<std::string>& ignored, google::protobuf::Message* message) {
  google::protobuf::Struct object;
  FromJson(flag, Read(flag, path), &object);
  if (auto inner = object.fields().find(member); inner != object.fields().end() && inner->second.has_struct_value()) {
    object = google::protobuf::Struct(inner->second.struct_value());
  }
  std::string json;
  (void)google::protobuf::util::MessageToJsonString(object, &json);
  std::unique_ptr<google::protobuf::Message> read(message->New());
  FromJson(flag, json, read.get());
  const auto* type = message->GetDescriptor();
  std::vector<std::string> names;
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    if (std::find(ignored.begin(), ignored.end(), field->name()) != ignored.end()) {
      read->GetReflection()->ClearField(read.get(), field);
    } else if (object.fields().contains(field->json_name()) || object.fields().contains(field->name())) {
      names.push_back(field->name());
    }
  }
  message->MergeFrom(*read);
  return names;
}

void ReadTechnicians(const std::string& flag, const std::string& path,
                     google::protobuf::RepeatedPtrField<v1::Technician>* technicians) {
  const std::string text = Read(flag, path);
  if (absl::EndsWithIgnoreCase(path, ".csv")) return FromCsv(flag, text, technicians);
  const bool list = absl::StartsWith(absl::StripLeadingAsciiWhitespace(text), "[");
  v1::CreateTechniciansRequest request;
  FromJson(flag, list ? absl::StrCat("{\"technicians\":", text, "}") : text, &request);
  technicians->MergeFrom(request.technicians());
}

}  // namespace guichet::ctl

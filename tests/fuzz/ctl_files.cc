// Files that guichetctl reads: technicians as JSON and CSV, and messages as JSON. A file is taken or refused with the flag's
// name.
#include "tools/ctl/files.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "guichet/v1/admin_service.pb.h"
#include "tests/fuzz/fuzz.h"

using namespace guichet;  // NOLINT: a program of one file

namespace {

// A file in memory, with a name that ends as its reader expects.
class File {
 public:
  explicit File(const std::string& ending) {
    const auto folder = std::filesystem::exists("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path();
    path_ = folder / absl::StrCat("guichet-fuzz-", getpid(), ending);
  }
  ~File() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  std::string With(std::string_view content) const {
    std::ofstream(path_, std::ios::binary) << content;
    return path_;
  }

 private:
  std::filesystem::path path_;
};

template <class Read>
void TakenOrRefused(Read read) {
  try {
    read();
  } catch (const CLI::ValidationError& refused) {
    fuzz::Require(std::string_view(refused.what()).find("--file") != std::string_view::npos, "a refusal names the flag");
  }
}

void Csv(const std::string& text) {
  std::vector<std::vector<std::string>> lines, again;
  if (!ctl::ParseCsv(text, &lines)) return;
  std::string written;
  for (const auto& line : lines) {
    fuzz::Require(!line.empty(), "a line has cells");
    for (size_t i = 0; i < line.size(); ++i) {
      absl::StrAppend(&written, i == 0 ? "" : ",", "\"", absl::StrReplaceAll(line[i], {{"\"", "\"\""}}), "\"");
    }
    written += "\n";
  }
  fuzz::Require(ctl::ParseCsv(written, &again) && again == lines, "cells survive being quoted");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const File csv(".csv"), json(".json");
  const std::string text(reinterpret_cast<const char*>(data), size);
  Csv(text);
  v1::Skill skill;
  if (ctl::ParseSkill(text, &skill))
    fuzz::Require(text.starts_with(skill.skill_id() + "="), "a skill is named as it was given");
  for (const File* file : {&csv, &json}) {
    const std::string path = file->With(text);
    TakenOrRefused([&] {
      google::protobuf::RepeatedPtrField<v1::Technician> technicians;
      ctl::ReadTechnicians("--file", path, &technicians);
    });
  }
  TakenOrRefused([&] {
    v1::Channel channel;
    const auto names = ctl::MergeJson("--file", json.With(text), "channel", {"channel_id"}, &channel);
    for (const std::string& name : names) {
      fuzz::Require(v1::Channel::descriptor()->FindFieldByName(name) != nullptr, "the names are those of fields");
    }
    fuzz::Require(channel.channel_id().empty(), "what is ignored does not get in");
  });
  return 0;
}

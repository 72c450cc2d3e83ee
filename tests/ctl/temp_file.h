// A file that is gone with this object.
#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>

namespace guichet::ctl {

class TempFile {
 public:
  TempFile(const std::string& name, const std::string& text) {
    static std::atomic<int> count = 0;
    folder_ =
        std::filesystem::temp_directory_path() / ("guichet-ctl-" + std::to_string(getpid()) + "-" + std::to_string(++count));
    std::filesystem::create_directories(folder_);
    path_ = folder_ / name;
    std::ofstream(path_) << text;
  }
  ~TempFile() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path folder_;
  std::filesystem::path path_;
};

}  // namespace guichet::ctl

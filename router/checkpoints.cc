#include "router/checkpoints.h"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "router/limits.h"
#include "statemachine/refusal.h"

namespace guichet::router {
namespace {

namespace fs = std::filesystem;

absl::Status DiskError(const std::string& what, const std::error_code& error) {
  return absl::InternalError(absl::StrCat(what, ": ", error.message()));
}

constexpr char kUnfinished[] = ".tmp";  // of what is being made or deleted, or was when the daemon ended

// What a crash left in the middle of making or deleting a checkpoint.
void RemoveUnfinished(const std::string& folder) {
  std::error_code error;
  std::vector<fs::path> left;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (absl::EndsWith(entry.path().string(), kUnfinished)) left.push_back(entry.path());
  }
  for (const fs::path& path : left) fs::remove_all(path, error);
}

// nullopt for what is unfinished.
std::optional<CheckpointInfo> Describe(const fs::directory_entry& entry) {
  std::error_code error;
  CheckpointInfo info{entry.path().filename().string(), entry.path().string(), {}, 0};
  const fs::path current = entry.path() / "CURRENT";
  if (absl::EndsWith(info.name, kUnfinished) || !fs::exists(current, error)) return std::nullopt;
  struct stat stat {};
  if (::stat(current.c_str(), &stat) != 0) return std::nullopt;
  info.created = Time{std::chrono::duration_cast<Duration>(std::chrono::seconds(stat.st_mtim.tv_sec) +
                                                           std::chrono::nanoseconds(stat.st_mtim.tv_nsec))};
  for (const fs::directory_entry& file : fs::directory_iterator(entry.path(), error)) {
    const uintmax_t bytes = file.file_size(error);
    if (!error) info.bytes += bytes;  // else it is being deleted
  }
  return info;
}

}  // namespace

absl::StatusOr<CheckpointInfo> Checkpoints::Create(const std::string& name) {
  absl::MutexLock lock(&mu_);
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return DiskError("cannot make " + folder_, error);
  RemoveUnfinished(folder_);
  absl::StatusOr<std::vector<CheckpointInfo>> known = List();
  if (!known.ok()) return known.status();
  if (fs::exists(PathOf(name), error)) return AlreadyExists("checkpoint", name);
  if (known->size() >= kCheckpoints) return TooManyCheckpoints(kCheckpoints);
  if (absl::Status made = store_.Checkpoint(PathOf(name)); !made.ok()) {
    spdlog::error("checkpoint {}: {}", name, std::string(made.message()));
    return made;
  }
  std::optional<CheckpointInfo> info = Describe(fs::directory_entry(PathOf(name)));
  if (!info) return absl::InternalError(absl::StrCat("checkpoint ", name, " has vanished"));
  spdlog::info("checkpoint {} made, {} bytes", name, info->bytes);
  return *std::move(info);
}

absl::StatusOr<std::vector<CheckpointInfo>> Checkpoints::List() const {
  std::vector<CheckpointInfo> list;
  std::error_code error;
  if (!fs::exists(folder_, error)) return list;
  fs::directory_iterator entries(folder_, error);
  if (error) return DiskError("cannot list " + folder_, error);
  for (const fs::directory_entry& entry : entries) {
    if (std::optional<CheckpointInfo> info = Describe(entry)) list.push_back(*std::move(info));
  }
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return list;
}

absl::Status Checkpoints::Delete(const std::string& name) {
  absl::MutexLock lock(&mu_);
  std::error_code error;
  if (!fs::exists(PathOf(name), error)) return CheckpointNotFound(name);
  RemoveUnfinished(folder_);
  const std::string unfinished = PathOf(name) + kUnfinished;
  fs::rename(PathOf(name), unfinished, error);
  if (!error) fs::remove_all(unfinished, error);
  return error ? DiskError("cannot remove " + PathOf(name), error) : absl::OkStatus();
}

}  // namespace guichet::router

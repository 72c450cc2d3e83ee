// Copies of the whole store in a folder beside it, made while the daemon serves.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "statemachine/ids.h"
#include "store/store.h"

namespace guichet::router {

struct CheckpointInfo {
  std::string name;
  std::string path;  // on the daemon's machine
  Time created{};
  uint64_t bytes = 0;  // of its files; most are shared with the store until that rewrites them
};

// Thread safety: all methods may be called from any thread; they block for as long as the disk takes.
class Checkpoints {
 public:
  // `folder` is made with the first; it must be on the store's file system.
  Checkpoints(store::Store& store, std::string folder) : store_(store), folder_(std::move(folder)) {}

  // ALREADY_EXISTS, RESOURCE_EXHAUSTED / TOO_MANY beyond kCheckpoints. Wholly there or not at all.
  absl::StatusOr<CheckpointInfo> Create(const std::string& name);
  // By name.
  absl::StatusOr<std::vector<CheckpointInfo>> List() const;
  // Wholly there or not listed; what a crash leaves goes with the next change.
  absl::Status Delete(const std::string& name);

 private:
  std::string PathOf(const std::string& name) const { return folder_ + "/" + name; }

  store::Store& store_;
  const std::string folder_;
  absl::Mutex mu_;  // held by who changes the folder
};

}  // namespace guichet::router

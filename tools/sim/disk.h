// A machine's disk in memory: what is synced survives a power cut, what is written survives the end of a process.
#pragma once

#include <memory>
#include <string>

#include "store/faults/fault_file_system.h"

namespace guichet::sim {

class Disk {
 public:
  explicit Disk(std::string folder);
  // What a crash leaves of `before`, which is frozen.
  Disk(const Disk& before, const store::FaultFileSystem::Keep& keep);

  // Of the store. It exists on the machine too, empty but for the lock of the store.
  const std::string& folder() const { return folder_; }
  store::FaultFileSystem& files() const { return *files_; }
  rocksdb::Env* env() const { return env_.get(); }

 private:
  const std::string folder_;
  const std::unique_ptr<rocksdb::Env> memory_;
  const std::shared_ptr<store::FaultFileSystem> files_;
  const std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace guichet::sim

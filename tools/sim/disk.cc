#include "tools/sim/disk.h"

#include <filesystem>
#include <utility>

namespace guichet::sim {

Disk::Disk(std::string folder)
    : folder_(std::move(folder)),
      memory_(rocksdb::NewMemEnv(rocksdb::Env::Default())),
      files_(std::make_shared<store::FaultFileSystem>(memory_->GetFileSystem())),
      env_(rocksdb::NewCompositeEnv(files_)) {
  std::filesystem::create_directories(folder_);
  (void)memory_->CreateDirIfMissing(folder_);
}

// Copied through the file system of faults, which knows from the first byte what it holds.
Disk::Disk(const Disk& before, const store::FaultFileSystem::Keep& keep) : Disk(before.folder_) {
  before.files_->CopyCrashed(folder_, *files_, folder_, keep);
}

}  // namespace guichet::sim

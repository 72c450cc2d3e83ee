#include <fcntl.h>
#include <unistd.h>

#include "tools/bench/compare/contestants.h"

namespace guichet::bench {
namespace {

class Disk final : public Contestant {
 public:
  Disk(const std::string& path, size_t bytes) : bytes_(bytes, 'x') {
    handle_ = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (handle_ < 0) Die("cannot write " + path);
  }
  ~Disk() override { close(handle_); }

  void Start(Done done) override { done_ = std::move(done); }
  void Wait() override {
    if (write(handle_, bytes_.data(), bytes_.size()) != static_cast<ssize_t>(bytes_.size()) || fdatasync(handle_) != 0) {
      Die("a write to the folder failed; is the disk full?");
    }
    const Done done = std::move(done_);
    done();
  }

 private:
  const std::string bytes_;
  int handle_ = -1;
  Done done_;
};

}  // namespace

std::unique_ptr<Contestant> MakeDisk(const std::string& folder, size_t bytes) {
  return std::make_unique<Disk>(folder + "/disk", bytes);
}

}  // namespace guichet::bench

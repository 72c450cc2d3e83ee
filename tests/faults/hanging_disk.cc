// Preloaded into guichetd: its disk hangs while the file that GUICHET_HANG names exists, in fdatasync and fsync.
#include <dlfcn.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>

namespace {

int Synced(const char* function, int fd) {
  const char* const hang = std::getenv("GUICHET_HANG");
  while (hang != nullptr && access(hang, F_OK) == 0) poll(nullptr, 0, 10);
  using Sync = int (*)(int);
  return reinterpret_cast<Sync>(dlsym(RTLD_NEXT, function))(fd);
}

}  // namespace

extern "C" int fdatasync(int fd) { return Synced("fdatasync", fd); }
extern "C" int fsync(int fd) { return Synced("fsync", fd); }

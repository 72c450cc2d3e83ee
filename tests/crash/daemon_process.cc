#include "tests/crash/daemon_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "absl/time/clock.h"

namespace guichet::crash {
namespace {

int MillisecondsUntil(absl::Time deadline) {
  return static_cast<int>(std::max<int64_t>(absl::ToInt64Milliseconds(deadline - absl::Now()), 0));
}

}  // namespace

DaemonProcess::DaemonProcess(const Options& options) {
  std::vector<std::string> words = {options.binary,
                                    "--data",
                                    options.data,
                                    "--listen",
                                    options.listen,
                                    "--operator-key-file",
                                    options.operator_key_file,
                                    "--store-memory-mib",
                                    "32"};
  words.insert(words.end(), options.flags.begin(), options.flags.end());
  words.insert(words.begin(), options.wrapper.begin(), options.wrapper.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
  pid_ = fork();
  if (pid_ == 0) {  // only calls that are safe after fork in a program with threads
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  if (pid_ < 0) std::abort();
  close(ends[1]);
  log_fd_ = ends[0];
}

DaemonProcess::~DaemonProcess() {
  Kill();
  close(log_fd_);
}

bool DaemonProcess::ReadLog(absl::Time deadline) {
  pollfd ready{log_fd_, POLLIN, 0};
  if (poll(&ready, 1, MillisecondsUntil(deadline)) <= 0) return false;
  char bytes[4096];
  const ssize_t size = read(log_fd_, bytes, sizeof bytes);
  if (size <= 0) return false;
  log_.append(bytes, static_cast<size_t>(size));
  return true;
}

int DaemonProcess::WaitForPort(absl::Duration within) {
  static constexpr char kSays[] = "serving gRPC on port ";
  const absl::Time deadline = absl::Now() + within;
  while (true) {
    const size_t at = log_.find(kSays);
    if (at != std::string::npos && log_.find('\n', at) != std::string::npos)
      return std::atoi(log_.c_str() + at + sizeof kSays - 1);
    if (!ReadLog(deadline)) return 0;
  }
}

bool DaemonProcess::AwaitLog(const std::string& words, absl::Duration within) {
  const absl::Time deadline = absl::Now() + within;
  while (log_.find(words) == std::string::npos) {
    if (!ReadLog(deadline)) return false;
  }
  return true;
}

void DaemonProcess::Kill() {
  if (pid_ == 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

int DaemonProcess::Terminate(absl::Duration within) {
  if (pid_ != 0) kill(pid_, SIGTERM);
  return AwaitEnd(within);
}

int DaemonProcess::AwaitEnd(absl::Duration within) {
  if (pid_ == 0) return exit_code_;
  const absl::Time deadline = absl::Now() + within;
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  pollfd ended{handle, POLLIN, 0};
  const bool in_time = poll(&ended, 1, MillisecondsUntil(deadline)) == 1;
  close(handle);
  if (!in_time) return -1;
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = 0;
  while (ReadLog(absl::Now())) {
  }
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_code_;
}

}  // namespace guichet::crash

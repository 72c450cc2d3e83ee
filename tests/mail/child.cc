#include "tests/mail/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace guichet::mail_test {
Child::Child(std::vector<std::string> words) {
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
  fd_ = ends[0];
}

Child::~Child() {
  if (pid_ != 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(fd_);
}

bool Child::ReadMore(absl::Time deadline) {
  pollfd ready{fd_, POLLIN, 0};
  const int64_t left = std::max<int64_t>(absl::ToInt64Milliseconds(deadline - absl::Now()), 0);
  if (poll(&ready, 1, static_cast<int>(left)) <= 0) return false;
  char bytes[4096];
  const ssize_t size = read(fd_, bytes, sizeof bytes);
  if (size <= 0) return false;
  output_.append(bytes, static_cast<size_t>(size));
  return true;
}

std::string Child::NextLine() {
  const absl::Time deadline = absl::Now() + kPatience;
  size_t end;
  while ((end = output_.find('\n', read_)) == std::string::npos) {
    if (ReadMore(deadline)) continue;
    ADD_FAILURE() << "no further line after:\n" << output_;
    return "";
  }
  const std::string line = output_.substr(read_, end - read_);
  read_ = end + 1;
  return line;
}

void Child::Terminate() { kill(pid_, SIGTERM); }

int Child::Wait() {
  const absl::Time deadline = absl::Now() + kPatience;
  while (ReadMore(deadline)) {
  }
  if (absl::Now() > deadline) return -1;
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace guichet::mail_test

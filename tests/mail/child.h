// A child process whose output is read by lines. It dies with the test.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace guichet::mail_test {

inline constexpr absl::Duration kPatience = absl::Seconds(30);  // reached only when something hangs

// Thread safety: none.
class Child {
 public:
  explicit Child(std::vector<std::string> words);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The next line of its output, both streams together; fails the test at its end, or after kPatience.
  std::string NextLine();
  void Terminate();  // SIGTERM
  pid_t pid() const { return pid_; }
  // Its exit code, once its output has ended; -1 after kPatience.
  int Wait();
  // All of its output so far.
  const std::string& output() const { return output_; }

 private:
  bool ReadMore(absl::Time deadline);

  pid_t pid_ = 0;
  int fd_ = -1;
  std::string output_;
  size_t read_ = 0;  // bytes of output_ that NextLine has returned
};

}  // namespace guichet::mail_test

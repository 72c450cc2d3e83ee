// The real guichetd as a child process. It dies with the test.
#pragma once

#include <sys/types.h>

#include <string>

#include "absl/time/time.h"

namespace guichet::crash {

class DaemonProcess {
 public:
  struct Options {
    std::string binary;
    std::string data;
    std::string operator_key_file;
  };

  // Starts the program; it takes a free port of the loopback.
  explicit DaemonProcess(const Options& options);
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  // Waits until the daemon has said its port; 0 when it did not within the time, or ended.
  int WaitForPort(absl::Duration within);
  // kill -9.
  void Kill();
  // SIGTERM; its exit code, or -1 when it did not end within the time.
  int Terminate(absl::Duration within);
  // What the daemon has written to its log.
  const std::string& log() const { return log_; }

 private:
  // Waits for more of the log; false at the deadline or at its end.
  bool ReadLog(absl::Time deadline);

  pid_t pid_ = 0;
  int log_fd_ = -1;
  std::string log_;
};

}  // namespace guichet::crash

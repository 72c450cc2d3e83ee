// The real guichetd as a child process. It dies with the test.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace guichet::crash {

class DaemonProcess {
 public:
  struct Options {
    std::string binary;
    std::string data;
    std::string operator_key_file;
    std::string listen = "127.0.0.1:0";
    std::vector<std::string> flags = {};    // others
    std::vector<std::string> wrapper = {};  // words before the program: one that becomes it
  };

  // Starts the program.
  explicit DaemonProcess(const Options& options);
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  // Waits until the daemon has said its port; 0 when it did not within the time, or ended.
  int WaitForPort(absl::Duration within);
  // Waits until the log has these words; false when it does not within the time.
  bool AwaitLog(const std::string& words, absl::Duration within);
  // Waits for its end; its exit code, or -1 when it was killed or did not end within the time.
  int AwaitEnd(absl::Duration within);
  pid_t pid() const { return pid_; }  // 0: ended, and somebody asked
  // kill -9.
  void Kill();
  // SIGTERM, if it has not ended by itself; its exit code, or -1 when it did not end within the time.
  int Terminate(absl::Duration within);
  // What the daemon has written to its log.
  const std::string& log() const { return log_; }

 private:
  // Waits for more of the log; false at the deadline or at its end.
  bool ReadLog(absl::Time deadline);

  pid_t pid_ = 0;
  int exit_code_ = -1;  // once pid_ is 0
  int log_fd_ = -1;
  std::string log_;
};

}  // namespace guichet::crash

// Processes of the comparison: each contestant's server is one.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace guichet::bench {

// A child with its output in a file. Dies with the thread that made it. Not thread-safe.
class Process {
 public:
  struct Options {
    std::vector<std::string> command;  // the first word is a path
    std::string log;                   // file for its output
    int stop_signal = 15;              // asks it to end
  };
  explicit Process(Options options);
  // Stops it; kills it when it has not ended after half a minute.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Waits until its output holds `text` and a line's end behind that, and returns what is between them. Dies with the end of
  // the output when the process ends before, or after a minute.
  std::string WaitFor(const std::string& text);
  // Asks it to end and waits. Dies when it does not end cleanly.
  void Stop();
  // Processor time that it and its children have used, in seconds.
  double CpuSeconds() const;
  pid_t pid() const { return pid_; }

 private:
  bool Ended(int* status, bool wait_for_it);
  const Options options_;
  pid_t pid_ = 0;
};

// Runs the command to its end. Dies with its output when it fails.
void RunToEnd(const std::vector<std::string>& command, const std::string& log);

std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& bytes);

// A port of loopback that nobody listened on a moment ago: for servers that cannot choose one themselves.
int FreePort();

}  // namespace guichet::bench

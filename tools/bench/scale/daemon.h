// A guichetd of its own with an organization "bench", and commands in numbers.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "guichet/v1/session_service.pb.h"
#include "tools/bench/compare/process.h"
#include "tools/client/client.h"

namespace guichet::bench {

namespace pb = guichet::v1;

// Ends the program unless it is ok.
void Must(const absl::Status& status, const char* what);

// Thread safety: none, but for what const methods return.
class Daemon {
 public:
  // Serves, with so many technicians "t0", "t1", … of one group, channels "c0" to "c3" and an integrator.
  Daemon(const std::string& program, size_t technicians);
  ~Daemon();

  // On the same folder; seconds until it serves.
  double Restart();
  std::string address() const { return address_; }
  std::string customer_address() const { return customer_address_; }
  const std::string& integrator() const { return integrator_; }
  std::unique_ptr<client::Client> As(const std::string& token) const;
  size_t resident() const;  // bytes
  double cpu_seconds() const { return process_->CpuSeconds(); }

 private:
  void Start();
  std::string program_;
  std::string folder_;
  std::unique_ptr<Process> process_;
  std::string address_;
  std::string customer_address_;
  std::string integrator_;
};

// Runs commands over a few streams, each with many in flight. `make` is asked for the commands 0, 1, … `count`-1, in the order
// of each stream; `answered` hears each answer. Ends the program when a command is refused. `per_second`: 0 is as fast as it
// goes.
void RunCommands(const Daemon& daemon, size_t count, double per_second,
                 const std::function<pb::ExecuteCommandsRequest(size_t)>& make,
                 const std::function<void(size_t, const pb::CommandEffect&)>& answered);

// The value at that part of them, sorted: 0.5 is the median.
double At(std::vector<double>& values, double part);

void BenchLive(const std::string& program, size_t sessions, size_t calls);
void BenchDevices(const std::string& program, size_t devices, int seconds);
void BenchWatchers(const std::string& program, size_t watchers, double per_second, int seconds);

}  // namespace guichet::bench

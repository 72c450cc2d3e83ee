#include "metrics/process_collector.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

namespace guichet::metrics {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

void Append(std::vector<MetricFamily>& out, std::string name, std::string help, double value,
            MetricType type = MetricType::Gauge) {
  prometheus::ClientMetric sample;
  if (type == MetricType::Counter) {
    sample.counter.value = value;
  } else {
    sample.gauge.value = value;
  }
  out.push_back({std::move(name), std::move(help), type, {sample}});
}

// Unix time of the boot; nullopt when /proc/stat does not say.
std::optional<double> BootTimeSeconds() {
  std::ifstream in("/proc/stat");
  std::string line;
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    std::string key;
    double value = 0;
    if (fields >> key >> value && key == "btime") return value;
  }
  return std::nullopt;
}

std::optional<uint64_t> OpenFds() {
  std::error_code error;
  std::filesystem::directory_iterator it("/proc/self/fd", error);
  uint64_t count = 0;
  while (!error && it != std::filesystem::directory_iterator()) {
    ++count;
    it.increment(error);
  }
  if (error || count == 0) return std::nullopt;
  return count - 1;  // without the descriptor of the listing itself
}

}  // namespace

std::optional<ProcessStat> ParseProcessStat(std::string_view line) {
  const size_t close = line.rfind(')');  // ends the command name, which may hold anything
  if (close == std::string_view::npos) return std::nullopt;
  std::istringstream fields{std::string(line.substr(close + 1))};
  std::string skipped;
  for (int field = 3; field <= 13; ++field) fields >> skipped;  // numbers as in proc(5)
  uint64_t user = 0;
  uint64_t system = 0;
  ProcessStat stat;
  fields >> user >> system;
  for (int field = 16; field <= 19; ++field) fields >> skipped;
  fields >> stat.threads >> skipped >> stat.start_ticks >> stat.virtual_bytes >> stat.resident_pages;
  if (!fields) return std::nullopt;
  stat.cpu_ticks = user + system;
  return stat;
}

std::vector<MetricFamily> ProcessCollector::Collect() const {
  std::vector<MetricFamily> out;
  std::ifstream in("/proc/self/stat");
  std::string line;
  std::getline(in, line);
  if (const std::optional<ProcessStat> stat = ParseProcessStat(line)) {
    const double ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
    const double page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));
    Append(out, "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
           stat->cpu_ticks / ticks_per_second, MetricType::Counter);
    Append(out, "process_resident_memory_bytes", "Resident memory size in bytes.", stat->resident_pages * page_bytes);
    Append(out, "process_virtual_memory_bytes", "Virtual memory size in bytes.", stat->virtual_bytes);
    Append(out, "process_threads", "Number of OS threads of the process.", stat->threads);
    if (const std::optional<double> boot = BootTimeSeconds()) {
      Append(out, "process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
             *boot + stat->start_ticks / ticks_per_second);
    }
  }
  if (const std::optional<uint64_t> fds = OpenFds()) {
    Append(out, "process_open_fds", "Number of open file descriptors.", *fds);
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    Append(out, "process_max_fds", "Maximum number of open file descriptors.", limit.rlim_cur);
  }
  return out;
}

}  // namespace guichet::metrics

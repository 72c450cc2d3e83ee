// The conventional process_* metrics, read from /proc at scrape (prometheus-cpp has none).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"

namespace guichet::metrics {

// The fields of /proc/PID/stat that matter here, in the kernel's units. See proc(5).
struct ProcessStat {
  uint64_t cpu_ticks = 0;  // user and system time
  uint64_t threads = 0;
  uint64_t start_ticks = 0;  // since boot
  uint64_t virtual_bytes = 0;
  uint64_t resident_pages = 0;
};

// nullopt when `line` is not a line of /proc/PID/stat. The command name in it may hold blanks and parentheses.
std::optional<ProcessStat> ParseProcessStat(std::string_view line);

// Thread-safe: stateless. A family whose source cannot be read is absent.
class ProcessCollector final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace guichet::metrics

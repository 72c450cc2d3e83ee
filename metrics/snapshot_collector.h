// Turns the daemon's state into gauges at scrape, so that they cannot drift from it. Internal to metrics/.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "metrics/snapshot.h"
#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"

namespace guichet::metrics {

// Thread-safe. Without a provider it yields no families: an unknown number is absent, not 0.
class SnapshotCollector final : public prometheus::Collectable {
 public:
  // Replaces the provider; nullptr clears it. When it returns, the former provider is not running and will not run again.
  // Must not be called by a provider, nor under a lock that a provider takes.
  void SetProvider(std::function<Snapshot()> provider);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  // Held while the provider runs. Not absl::Mutex: TSan cannot see into the packaged Abseil and reports races under it.
  mutable std::mutex mu_;
  std::function<Snapshot()> provider_;  // guarded by mu_
};

}  // namespace guichet::metrics

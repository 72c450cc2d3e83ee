// The daemon without sockets and without threads of its own: store, shard, directory, codes, streams and metrics, moved one
// step at a time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "router/gateway.h"
#include "tools/sim/disk.h"
#include "tools/sim/stepped_store.h"

namespace guichet::sim {

class Node {
 public:
  // `ring_entries`: small, so that watchers fall behind it and read the log.
  Node(router::Clock& clock, size_t ring_entries);
  ~Node();

  absl::Status Open(const Disk& disk, SteppedStore::Seen seen);

  router::Gateway& gateway() { return *gateway_; }
  router::Shard& shard() { return *shards_[0]; }
  SteppedStore& store() { return *store_; }
  const metrics::Metrics& metrics() const { return metrics_; }
  // A commit failed: the process would have ended.
  bool dead() const { return dead_; }

 private:
  router::Clock& clock_;
  const size_t ring_entries_;
  bool dead_ = false;
  metrics::Metrics metrics_;
  router::Directory directory_{""};
  router::Codes codes_;
  router::SignalBytes signal_bytes_{0};
  router::Agents agents_;
  router::Streams streams_;
  router::Workers workers_{0, 0};  // none: what would be read from the store beside the shard is refused as busy
  std::unique_ptr<SteppedStore> store_;
  std::unique_ptr<router::Checkpoints> checkpoints_;
  std::atomic<bool> disk_nearly_full_{false};
  std::vector<std::unique_ptr<router::Shard>> shards_;
  std::unique_ptr<router::Gateway> gateway_;
};

}  // namespace guichet::sim

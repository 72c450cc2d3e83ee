#include "tools/sim/node.h"

#include <utility>

#include "router/methods.h"
#include "store/rocksdb_store.h"

namespace guichet::sim {

Node::Node(router::Clock& clock, size_t ring_entries)
    : clock_(clock), ring_entries_(ring_entries), metrics_(router::MakeMetricsOptions("sim")) {}

Node::~Node() = default;

absl::Status Node::Open(const Disk& disk, SteppedStore::Seen seen) {
  auto opened = store::OpenRocksDbStore({.folder = disk.folder(), .memory_budget_bytes = size_t{16} << 20, .env = disk.env()});
  if (!opened.ok()) return opened.status();
  store_ = std::make_unique<SteppedStore>(*std::move(opened), std::move(seen));
  checkpoints_ = std::make_unique<router::Checkpoints>(*store_, "");
  shards_.push_back(std::make_unique<router::Shard>(
      router::ShardParts{*store_, clock_, metrics_, directory_, codes_, agents_, [](const OrgId&, const KeyId&) {},
                         [](const OrgId&, const TechnicianId&, const absl::Status&) {},
                         [this](const std::string&) { dead_ = true; }, ring_entries_}));
  gateway_.reset(new router::Gateway{*store_, clock_, metrics_, directory_, codes_, streams_, workers_, agents_, shards_,
                                     signal_bytes_, *checkpoints_, disk_nearly_full_, "", ""});
  auto orgs = store_->ListOrgs();
  if (!orgs.ok()) return orgs.status();
  for (const store::OrgKey& org : *orgs) {
    if (absl::Status loaded = shard().Load(OrgId{org.value}); !loaded.ok()) return loaded;
  }
  shard().Arm();
  return absl::OkStatus();
}

}  // namespace guichet::sim

// The state of the daemon as the metrics see it at a scrape.
#pragma once

#include "metrics/snapshot.h"
#include "router/gateway.h"

namespace guichet::router {

// Asks every shard in turn; waits for each.
metrics::Snapshot TakeSnapshot(Gateway& gateway);

}  // namespace guichet::router

// A watcher of an organization's log, as the daemon's watches are: a cursor over the ring and, behind it, over the store, that
// goes on where it was after every break.
#pragma once

#include <memory>
#include <string>

#include "router/feed.h"
#include "store/store.h"
#include "tools/sim/auditor.h"
#include "tools/sim/fold.h"

namespace guichet::sim {

class Watcher {
 public:
  // Reads at most every `pace`; a slow one falls behind the ring.
  Watcher(OrgId org, Duration pace) : org_(std::move(org)), pace_(pace) {}

  // The daemon is there, or gone (null). The cursor stays: it is the resume token.
  void Connect(std::shared_ptr<router::Feed> feed) { feed_ = std::move(feed); }
  bool connected() const { return feed_ != nullptr; }
  void Stop(Time until) { next_ = until; }

  // Takes what there is, as far as its pace allows; returns how many entries. What breaks the order is told the auditor.
  size_t Read(store::Store& store, Time now, Auditor& auditor);
  // … all of it, whatever its pace is.
  size_t CatchUp(store::Store& store, Auditor& auditor);

  const Fold& fold() const { return fold_; }

 private:
  bool Page(store::Store& store, Auditor& auditor, size_t& count);

  const OrgId org_;
  const Duration pace_;
  std::shared_ptr<router::Feed> feed_;
  Fold fold_;
  Time next_{};
};

}  // namespace guichet::sim

// One organization's recorded log, from its first event or from the state that an earlier copy of the store holds.
#pragma once

#include <functional>
#include <string_view>

#include "absl/status/statusor.h"
#include "statemachine/org.h"
#include "statemachine/step.h"
#include "store/store.h"

namespace guichet::replay {

class Log {
 public:
  using Visit = std::function<void(LogEntry entry, std::string_view bytes)>;

  // `from`: null for the first event. FAILED_PRECONDITION when the organization has no events, when events were trimmed that
  // `from` does not bridge, and when `from` is no earlier state of the store. Both must outlive the log.
  static absl::StatusOr<Log> Open(store::Reader& store, const store::OrgKey& org, store::Reader* from);

  // The state before the first event of Read. Once.
  Org TakeBegin() { return std::move(begin_); }
  Revision after() const { return after_; }
  Revision last() const { return last_; }

  // Every event after the beginning, in order. DATA_LOSS for one that does not parse.
  absl::Status Read(const Visit& visit);

 private:
  Log(store::Reader& store, store::OrgKey org) : store_(&store), org_(std::move(org)) {}
  store::Reader* store_;
  store::OrgKey org_;
  Org begin_;
  Revision after_;
  Revision last_;
};

}  // namespace guichet::replay

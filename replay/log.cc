#include "replay/log.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "store/codec.h"
#include "store/load.h"

namespace guichet::replay {
namespace {

constexpr size_t kPage = 1024;  // events read at a time

}  // namespace

absl::StatusOr<Log> Log::Open(store::Reader& store, const store::OrgKey& org, store::Reader* from) {
  absl::StatusOr<store::LogRange> range = store.Log(org);
  if (!range.ok()) return range.status();
  if (range->last == 0) return absl::FailedPreconditionError(absl::StrCat("organization ", org.value, " has no events"));
  Log log(store, org);
  log.last_ = Revision{range->last};
  if (from == nullptr) {
    if (range->first == 1) return log;
    return absl::FailedPreconditionError(absl::StrCat("events 1 to ", range->first - 1, " of organization ", org.value,
                                                      " are no longer kept: begin with a checkpoint from between ",
                                                      range->first - 1, " and ", range->last));
  }
  absl::StatusOr<store::LogRange> earlier = from->Log(org);
  if (!earlier.ok()) return earlier.status();
  if (from->history() != store.history() || earlier->last > range->last) {
    return absl::FailedPreconditionError("the copy to begin with is no earlier state of this store");
  }
  if (earlier->last + 1 < range->first) {
    return absl::FailedPreconditionError(absl::StrCat("the copy to begin with ends at event ", earlier->last,
                                                      ", and events up to ", range->first - 1, " are no longer kept"));
  }
  log.after_ = Revision{earlier->last};
  absl::StatusOr<Org> begin = store::LoadOrg(*from, org, log.after_);
  if (!begin.ok()) return begin.status();
  log.begin_ = *std::move(begin);
  return log;
}

absl::Status Log::Read(const Visit& visit) {
  uint64_t at = after_.value;
  while (at < last_.value) {
    absl::Status bad;
    absl::Status read = store_->ReadEvents(org_, at, kPage, [&](uint64_t seq, std::string_view bytes) {
      absl::StatusOr<LogEntry> entry = store::DecodeLogEntry(bytes);
      if (!entry.ok()) {
        bad = absl::DataLossError(absl::StrCat("event ", seq, ": ", entry.status().message()));
        return false;
      }
      at = seq;
      visit(*std::move(entry), bytes);
      return at < last_.value;
    });
    if (!read.ok()) return read;
    if (!bad.ok()) return bad;
  }
  return absl::OkStatus();
}

}  // namespace guichet::replay

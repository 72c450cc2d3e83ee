#include "tools/sim/watcher.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "store/codec.h"

namespace guichet::sim {
namespace {
constexpr size_t kPage = 64;
}  // namespace

size_t Watcher::Read(store::Store& store, Time now, Auditor& auditor) {
  if (feed_ == nullptr || now < next_) return 0;
  next_ = now + pace_;
  return CatchUp(store, auditor);
}

size_t Watcher::CatchUp(store::Store& store, Auditor& auditor) {
  size_t count = 0;
  while (feed_ != nullptr && Page(store, auditor, count)) {
  }
  return count;
}

// False: there is nothing more.
bool Watcher::Page(store::Store& store, Auditor& auditor, size_t& count) {
  auto take = [&](const LogEntry& entry) {
    auditor.Shown(org_, entry);
    if (std::string broken = fold_.Apply(entry); !broken.empty()) {
      auditor.Broken(absl::StrCat("a watcher of ", org_.value, " at revision ", entry.revision.value, ": ", broken));
    }
    ++count;
  };
  const size_t before = count;
  std::vector<router::PublishedPtr> page;
  if (feed_->Read(fold_.revision(), kPage, page)) {
    for (const router::PublishedPtr& published : page) take(published->entry);
  } else {
    const absl::Status read =
        store.ReadEvents(store::OrgKey{org_.value}, fold_.revision().value, kPage, [&](uint64_t seq, std::string_view bytes) {
          // The log may be ahead of the ring, as for the daemon's watches: it is durable, and that is what counts.
          absl::StatusOr<LogEntry> entry = store::DecodeLogEntry(bytes);
          if (!entry.ok()) auditor.Broken(absl::StrCat(org_.value, ", event ", seq, ": ", entry.status().ToString()));
          if (entry.ok()) take(*entry);
          return entry.ok();
        });
    if (!read.ok()) auditor.Broken(absl::StrCat("a watcher of ", org_.value, ": ", read.ToString()));
  }
  return count > before && auditor.broken().empty();
}

}  // namespace guichet::sim

#include "tools/sim/stepped_store.h"

#include "absl/synchronization/notification.h"

namespace guichet::sim {

bool SteppedStore::Pump() {
  if (handed_.empty()) return false;
  auto [commits, callback] = std::move(handed_.front());
  handed_.pop_front();
  const std::vector<store::Commit> seen = commits;
  absl::Notification done;
  inner_->CommitAsync(std::move(commits), [&](const std::vector<store::CommitResult>& results) {
    for (size_t i = 0; i < results.size(); ++i) seen_(seen[i], results[i]);
    callback(results);
    done.Notify();
  });
  done.WaitForNotification();
  return true;
}

}  // namespace guichet::sim

// A few threads for reads of the store, which must block neither gRPC nor the writer.
#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace guichet::router {

// Thread safety: all methods may be called from any thread.
class Workers {
 public:
  Workers(size_t threads, size_t capacity);
  ~Workers();
  // False when the queue is full or stopping; `job` then never runs.
  bool Run(std::function<void()> job);

 private:
  void Loop();
  const size_t capacity_;
  absl::Mutex mu_;
  absl::CondVar cv_;
  std::deque<std::function<void()>> jobs_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

// What the caller is told whose read Workers::Run did not take: RESOURCE_EXHAUSTED / OVERLOADED with a retry delay.
absl::Status BusyReads();

}  // namespace guichet::router

#include "router/workers.h"

#include "router/limits.h"
#include "statemachine/refusal.h"

namespace guichet::router {

Workers::Workers(size_t threads, size_t capacity) : capacity_(capacity) {
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Loop(); });
}

Workers::~Workers() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
    cv_.SignalAll();
  }
  for (std::thread& thread : threads_) thread.join();
}

bool Workers::Run(std::function<void()> job) {
  absl::MutexLock lock(&mu_);
  if (stopping_ || jobs_.size() >= capacity_) return false;
  jobs_.push_back(std::move(job));
  cv_.Signal();
  return true;
}

void Workers::Loop() {
  while (true) {
    std::function<void()> job;
    {
      absl::MutexLock lock(&mu_);
      while (jobs_.empty() && !stopping_) cv_.Wait(&mu_);
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

absl::Status BusyReads() { return Overloaded("the read queue", kCommandQueue, kRetryDelay); }

}  // namespace guichet::router

#include "router/clock.h"

#include <algorithm>

#include "absl/time/time.h"

namespace guichet::router {

RealClock::RealClock()
    : wall_start_(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now())),
      start_(std::chrono::steady_clock::now()) {}

Time RealClock::Now() {
  return Asked(wall_start_.load() + std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - start_));
}

Time RealClock::Asked(Time now) {
  constexpr Duration kEvery = std::chrono::milliseconds(100);  // not at each question: many threads ask
  const Time before = last_asked_.load(std::memory_order_relaxed);
  if (now - before < kEvery) return now;
  last_asked_.store(now);
  if (before != Time{} && now - before >= kPause) last_pause_.store(now);
  return now;
}

void RealClock::NotBefore(Time floor) {
  const Duration behind = floor - Now();
  if (behind > Duration{0}) wall_start_.store(wall_start_.load() + behind);
}

void RealClock::Wait(absl::CondVar& cv, absl::Mutex& mu, Time until) {
  const Duration left = std::clamp<Duration>(until - Now(), Duration{0}, std::chrono::hours(1));
  cv.WaitWithTimeout(&mu, absl::FromChrono(left));
}

Time ManualClock::Now() {
  absl::MutexLock lock(&mu_);
  return now_;
}

void ManualClock::NotBefore(Time floor) {
  absl::MutexLock lock(&mu_);
  now_ = std::max(now_, floor);
}

void ManualClock::Wait(absl::CondVar& cv, absl::Mutex& mu, Time until) {
  {
    absl::MutexLock lock(&mu_);
    if (now_ >= until) return;
    waiting_.push_back(&cv);
  }
  // Advance() may signal between here and the wait; the short bound makes a missed signal harmless.
  cv.WaitWithTimeout(&mu, absl::Milliseconds(5));
  absl::MutexLock lock(&mu_);
  waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &cv));
}

void ManualClock::Pause(Duration by) {
  {
    absl::MutexLock lock(&mu_);
    last_pause_ = now_ + by;
  }
  Advance(by);
}

Time ManualClock::LastPause() {
  absl::MutexLock lock(&mu_);
  return last_pause_;
}

void ManualClock::Advance(Duration by) {
  absl::MutexLock lock(&mu_);
  now_ += by;
  for (absl::CondVar* cv : waiting_) cv->SignalAll();
}

}  // namespace guichet::router

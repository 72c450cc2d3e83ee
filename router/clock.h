// The one source of time above the core. Tests and simulations put a clock of their own in its place.
#pragma once

#include <atomic>
#include <chrono>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "statemachine/ids.h"

namespace guichet::router {

inline constexpr Duration kPause = std::chrono::milliseconds(1500);

// Thread safety: all methods may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  // Wall-clock time that never goes back.
  virtual Time Now() = 0;
  // It was `floor` before this process began: when the machine's clock was set back meanwhile, this one goes on from there, and
  // is ahead of the machine's until the next start. Before anybody asks what time it is.
  virtual void NotBefore(Time floor) = 0;
  // When this process last went on after it had stood still (SIGSTOP, a frozen virtual machine) for kPause or more; Time{}:
  // never. What others sent meanwhile may not have been read yet.
  virtual Time LastPause() { return Time{}; }
  // Waits on `cv` until signalled or until `until`; may return early. Requires `mu`.
  virtual void Wait(absl::CondVar& cv, absl::Mutex& mu, Time until) = 0;
};

// The system's wall clock at construction, advanced by the monotonic clock: a step of the system's clock fires no timer early.
// A pause shows in that nobody asked for the time: something must ask every second.
class RealClock final : public Clock {
 public:
  RealClock();
  Time Now() override;
  void NotBefore(Time floor) override;
  void Wait(absl::CondVar& cv, absl::Mutex& mu, Time until) override;
  Time LastPause() override { return last_pause_.load(); }

 private:
  // Takes note of pauses.
  Time Asked(Time now);

  std::atomic<Time> wall_start_;
  std::atomic<Time> last_asked_{Time{}};
  std::atomic<Time> last_pause_{Time{}};
  const std::chrono::steady_clock::time_point start_;
};

// Stands still until told to move; moving wakes every waiter.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time start) : now_(start) {}
  Time Now() override;
  void NotBefore(Time floor) override;
  void Wait(absl::CondVar& cv, absl::Mutex& mu, Time until) override;
  void Advance(Duration by);
  // As Advance, while the process stands still.
  void Pause(Duration by);
  Time LastPause() override;

 private:
  absl::Mutex mu_;
  Time now_ ABSL_GUARDED_BY(mu_);
  Time last_pause_ ABSL_GUARDED_BY(mu_){};
  std::vector<absl::CondVar*> waiting_ ABSL_GUARDED_BY(mu_);
};

}  // namespace guichet::router

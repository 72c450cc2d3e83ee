// Debian's Abseil is not built for ThreadSanitizer, which therefore would not know what absl::Mutex and its kin order. Each
// call that this build makes of them goes through a function here (the linker's --wrap), which tells it.
//
// An absl::Condition is judged by whatever thread unlocks, inside Abseil: use absl::CondVar, for which that is not so.
#include <sanitizer/tsan_interface.h>

#include "absl/time/time.h"

// TAKE: after the call everything before a GIVE of the same object has happened.
#define GUICHET_TAKE(symbol)         \
  void __real_##symbol(void* self);  \
  void __wrap_##symbol(void* self) { \
    __real_##symbol(self);           \
    __tsan_acquire(self);            \
  }
#define GUICHET_GIVE(symbol)         \
  void __real_##symbol(void* self);  \
  void __wrap_##symbol(void* self) { \
    __tsan_release(self);            \
    __real_##symbol(self);           \
  }

extern "C" {

GUICHET_TAKE(_ZN4absl7debian35Mutex4LockEv)
GUICHET_TAKE(_ZN4absl7debian35Mutex10ReaderLockEv)
GUICHET_GIVE(_ZN4absl7debian35Mutex6UnlockEv)
GUICHET_GIVE(_ZN4absl7debian35Mutex12ReaderUnlockEv)
GUICHET_GIVE(_ZN4absl7debian312Notification6NotifyEv)
GUICHET_TAKE(_ZNK4absl7debian312Notification19WaitForNotificationEv)
GUICHET_TAKE(_ZN4absl7debian315BlockingCounter4WaitEv)

bool __real__ZN4absl7debian315BlockingCounter14DecrementCountEv(void* self);
bool __wrap__ZN4absl7debian315BlockingCounter14DecrementCountEv(void* self) {
  __tsan_release(self);
  return __real__ZN4absl7debian315BlockingCounter14DecrementCountEv(self);
}

// A wait gives the mutex and takes it again.
void __real__ZN4absl7debian37CondVar4WaitEPNS0_5MutexE(void* self, void* mu);
void __wrap__ZN4absl7debian37CondVar4WaitEPNS0_5MutexE(void* self, void* mu) {
  __tsan_release(mu);
  __real__ZN4absl7debian37CondVar4WaitEPNS0_5MutexE(self, mu);
  __tsan_acquire(mu);
}
bool __real__ZN4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE(void* self, void* mu, absl::Duration timeout);
bool __wrap__ZN4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE(void* self, void* mu, absl::Duration timeout) {
  __tsan_release(mu);
  const bool timed_out = __real__ZN4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE(self, mu, timeout);
  __tsan_acquire(mu);
  return timed_out;
}

}  // extern "C"

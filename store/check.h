// The store's checks: a violated contract is the caller's bug and ends the process, in release builds too, before it can reach
// the disk.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace guichet::store::internal {

[[noreturn]] inline void CheckFailed(const char* file, int line, const char* condition, const char* why) {
  std::fprintf(stderr, "%s:%d: check failed: %s: %s\n", file, line, condition, why);
  std::abort();
}

}  // namespace guichet::store::internal

// Ends the process unless `condition` holds. `why` is a literal that names the broken rule.
#define STORE_CHECK(condition, why)                                                                 \
  do {                                                                                              \
    if (!(condition)) ::guichet::store::internal::CheckFailed(__FILE__, __LINE__, #condition, why); \
  } while (false)

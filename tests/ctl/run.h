// Runs guichetctl in this process.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "tools/ctl/ctl.h"

namespace guichet::ctl {

struct Ran {
  int code = -1;
  std::string out;
  std::string err;
  // What it would have waited for.
  std::vector<absl::Duration> waits;
};

// The time that tables count from.
inline absl::Time TestNow() { return absl::FromUnixSeconds(1'800'000'000); }

inline Ran RunCtl(const std::vector<std::string>& arguments) {
  Ran ran;
  std::ostringstream out;
  std::ostringstream err;
  ran.code = Main(arguments, {.out = out,
                              .err = err,
                              .now = TestNow,
                              .wait = [&ran](absl::Duration delay) { ran.waits.push_back(delay); },
                              .request_id = [] { return std::string("generated-id"); }});
  ran.out = out.str();
  ran.err = err.str();
  return ran;
}

}  // namespace guichet::ctl

// What guichetctl takes from its surroundings, so that tests can replace it.
#pragma once

#include <functional>
#include <ostream>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tools/client/client.h"

namespace guichet::ctl {

struct Io {
  std::ostream& out;
  std::ostream& err;
  std::function<absl::Time()> now = [] { return absl::Now(); };
  std::function<void(absl::Duration)> wait = [](absl::Duration delay) { absl::SleepFor(delay); };
  std::function<std::string()> request_id = client::RandomRequestId;
};

}  // namespace guichet::ctl

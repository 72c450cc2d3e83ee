// How long a customer will wait, from what was learnt of his queue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "statemachine/ids.h"

namespace guichet {

// What is learnt about one queue from the log.
struct QueueStats {
  uint32_t served = 0;
  Duration mean_handle{};
  bool operator==(const QueueStats&) const = default;
};

}  // namespace guichet

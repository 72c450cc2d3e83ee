// A small set of labels for the tests of metrics/.
#pragma once

#include "metrics/metrics.h"

namespace guichet::metrics {

inline MetricsOptions TestOptions() {
  return {
      .version = "1.2.3",
      .rpcs = {{.service = "guichet.v1.SessionService", .method = "StartSession", .type = RpcType::kUnary},
               {.service = "guichet.v1.QueueService", .method = "Watch", .type = RpcType::kServerStream},
               {.service = "guichet.v1.AppletService", .method = "Attach", .type = RpcType::kBidiStream}},
      .transition_rows = {"A01", "A02", "X24"},
      .triggers = {"applet_connected", "start"},
      .session_methods = {"pin", "channel_form"},
      .session_outcomes = {"closed_by_customer", "timed_out"},
      .command_refusals = {"session_not_found", "queue_full"},
      .timers = {"connecting", "hold"},
  };
}

}  // namespace guichet::metrics

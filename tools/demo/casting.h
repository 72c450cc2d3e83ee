// From tokens to a cast: who the credentials are, and which channel they serve.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/client/client.h"
#include "tools/demo/stage.h"

namespace guichet::demo {

struct CastOptions {
  client::ClientOptions connection;
  // "ann=TOKEN".
  std::vector<std::string> technicians;
  std::string integrator_token;
  // channel_id; empty: the first channel that the first two technicians serve.
  std::string channel_id;
  double pace = 1;
};

// Errors: INVALID_ARGUMENT for flags that do not fit together or with what the daemon says; else those of the daemon.
absl::StatusOr<StageOptions> Cast(const CastOptions& options, Board& board);

}  // namespace guichet::demo

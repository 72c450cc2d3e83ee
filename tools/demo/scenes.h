// The scenes of the day. Each plays one session from its beginning to the end that the script intends.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tools/demo/stage.h"

namespace guichet::demo {

struct Scene {
  std::string title;
  std::function<absl::Status(Stage&, std::mt19937_64&)> play;
};

// Lanes are played at the same time, the scenes of a lane one after the other.
std::vector<std::vector<Scene>> Programme(const Stage& stage);

}  // namespace guichet::demo

// What every scene shares: the cast, the pace, the board and the integrator who checks how each session ended.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "guichet/v1/session_service.pb.h"
#include "tools/client/client.h"
#include "tools/demo/actors.h"
#include "tools/demo/board.h"

namespace guichet::demo {

// Returns the error of an expression from the function around it.
#define DEMO_TRY(expression)                                                         \
  do {                                                                               \
    if (absl::Status try_status = (expression); !try_status.ok()) return try_status; \
  } while (false)

struct StageOptions {
  // The first three take the parts of ann, bob and cleo; with two, cleo is played by the first.
  std::vector<std::unique_ptr<Console>> consoles;
  std::unique_ptr<client::Client> public_client;
  std::unique_ptr<client::Client> integrator;
  std::string organization_id;
  // channel_id of a channel that the first two serve; empty: none, and the scenes of a channel are left out.
  std::string channel_id;
  // pace multiplies every pause.
  double pace = 1;
};

// Thread-safe.
class Stage {
 public:
  Stage(StageOptions options, Board& board) : options_(std::move(options)), board_(board) {}

  Console& console(size_t part) { return *options_.consoles[part % options_.consoles.size()]; }
  const client::Client& public_client() const { return *options_.public_client; }
  const StageOptions& options() const { return options_; }
  Board& board() { return board_; }

  // A pause as people make them.
  void Think(std::mt19937_64& random);
  // The integrator makes a PIN or link session for a technician; returns the code.
  absl::StatusOr<std::string> MakeCode(const Console& console, v1::Method method, const std::string& name);
  // Error unless the session ended with `outcome`. Remembers the session for the timeline.
  absl::Status ExpectOutcome(uint64_t session_id, v1::Outcome outcome);
  // Every event of a session.
  absl::StatusOr<std::vector<v1::TimelineEvent>> Timeline(uint64_t session_id);
  // The events of the played session in which most happened.
  absl::StatusOr<std::vector<v1::TimelineEvent>> MostInteresting(uint64_t* session_id);

 private:
  const StageOptions options_;
  Board& board_;
  absl::Mutex mutex_;
  std::vector<uint64_t> played_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace guichet::demo

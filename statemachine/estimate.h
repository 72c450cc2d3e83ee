// How long a session will wait in its queue: from its place, the servers and what the log taught about the queue.
//
// The model: the line moves when a session ends or when somebody in it leaves. With all servers busy, the k-th place waits for
// k such moves, which is close to a gamma distribution. What the model does not know (technicians who come and go, technicians
// who serve other queues too, pauses between sessions) is learnt from how earlier estimates came out: two factors follow the
// share of sessions that waited longer than they were told, which should be 1/2 for `p50` and 1/10 for `p90`.
//
// Integers only, so that a log gives the same estimates on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "statemachine/ids.h"

namespace guichet {

// A factor on an estimate, learnt from outcomes; in 1/65536.
struct Correction {
  uint32_t p50 = 1 << 16;
  uint32_t p90 = 1 << 16;
  uint32_t seen = 0;  // outcomes, saturating
  bool operator==(const Correction&) const = default;
};

// What is learnt about one queue: a small record of bounded size, folded from the log.
struct QueueStats {
  uint32_t served = 0;         // completed sessions, saturating
  Duration mean_handle{};      // decayed mean of the time that a session takes its technician
  uint32_t handle_square = 0;  // decayed mean of (that time / mean)², in 1/1024
  Duration mean_stay{};        // decayed mean of the time in line, of those started and those who left
  uint32_t leaving = 0;        // decayed share of those who left, in 1/65536
  uint32_t stays = 0;          // ends of a stay in line, saturating
  Correction queued;           // of estimates for sessions that waited for a server
  Correction at_once;          // of estimates for sessions that found a free one: technicians who do not take them at once
  bool operator==(const QueueStats&) const = default;
};

// A queue as one session sees it.
struct QueueNow {
  size_t ahead = 0;    // sessions before this one, in the order of routing
  size_t servers = 0;  // sessions that the technicians who are here and serve the queue may have at once
  size_t free = 0;     // how many more they may have at this moment; at most `servers`
};

// From this moment on. Keep it with the session while it waits: the outcome is learnt against it.
struct WaitEstimate {
  Duration p50{};        // as likely longer as shorter
  Duration p90{};        // longer for one in ten; at least p50
  bool at_once = false;  // a server was free for the session
  uint32_t places = 0;   // moves of the line that it waits for
  bool operator==(const WaitEstimate&) const = default;
};

enum class StayEnd : uint8_t { kStarted = 1, kLeft = 2 };

// nullopt: too little is known (fewer than limits::kEstimateServed completed sessions), or nobody serves the queue.
std::optional<WaitEstimate> EstimateWait(const QueueStats& stats, const QueueNow& now);

// A session ended or was handed on `handled` after its start.
void LearnHandled(QueueStats& stats, Duration handled);

// A session left the line: a technician started it, or the customer or a time-out ended it. `told` is the estimate of when it
// joined, if there was one, `waited` the time since then.
void LearnStay(QueueStats& stats, const std::optional<WaitEstimate>& told, Duration waited, StayEnd end);

}  // namespace guichet

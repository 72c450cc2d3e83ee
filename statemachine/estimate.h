// How long a session will wait in its queue: from its place, the servers, and what the log taught about the queue.
//
// The model: the line moves when a session ends or when somebody ahead leaves, and a session at place k waits for k moves:
// close to a gamma distribution. What the model does not know (technicians who come and go, serve other queues too, take no
// more than they like) is learnt from how earlier estimates came out: factors follow the share of sessions that waited longer
// than estimated, which should be one half for `p50` and one tenth for `p90`.
//
// Integers only, so that a log gives the same estimates on every machine. tools/bench compares with other estimates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "statemachine/ids.h"

namespace guichet {

// Factors on an estimate, in 1/2^20, between 1/256 and 64.
struct Correction {
  uint32_t middle = 1 << 20;  // on p50 and p90
  uint32_t spread = 1 << 20;  // on p90 besides
  uint32_t seen = 0;          // outcomes; stays at the highest value
  bool operator==(const Correction&) const = default;
};

// What is learnt about one queue, folded from the log. Its size does not grow.
struct QueueStats {
  uint32_t served = 0;      // completed sessions; stays at the highest value
  Duration mean_handle{};   // decayed mean of the time that a session takes
  uint32_t stays = 0;       // sessions that were in line for some time; stays at the highest value
  int64_t stay_square = 0;  // decayed mean of (time in line)², in (64 ms)²
  uint32_t stay_left = 0;  // decayed mean of the time in line of those who left, counting 0 for those who were served; in 64 ms
  uint32_t mean_servers = 0;  // decayed mean of WaitEstimate::servers, in 1/2^12
  uint32_t steady = 0;        // how far that mean tells more of the wait than the servers of the moment; in 1/2^20, at most 3/4
  Correction queued;          // of estimates with places
  Correction at_once;         // of estimates for sessions that found a free server: the time until a technician takes them
  bool operator==(const QueueStats&) const = default;
};

// A queue as one session in it sees it.
struct QueueNow {
  size_t ahead = 0;    // sessions before this one, in the order of routing
  size_t servers = 0;  // sessions that the technicians who are here and serve the queue may have at once
  size_t free = 0;     // how many more they may take at this moment
  Duration waited{};   // how long this session has waited
};

// From the moment of asking. The one of when it joined is kept with the session: its outcome is learnt.
struct WaitEstimate {
  Duration p50{};        // as likely longer as shorter
  Duration p90{};        // longer for one in ten; at least p50
  uint32_t places = 0;   // moves of the line until it is served; 0: at once, a server is free
  uint32_t servers = 0;  // of QueueNow
  bool operator==(const WaitEstimate&) const = default;
};

// nullopt: too little is known (fewer than limits::kEstimateServed completed sessions), or nobody serves the queue.
std::optional<WaitEstimate> EstimateWait(const QueueStats& stats, const QueueNow& now);

// A session took its technician `handled`, from its start to its end or to being handed on.
void LearnHandled(QueueStats& stats, Duration handled);

enum class StayEnd : uint8_t { kServed = 1, kLeft = 2 };

// A session is in line no more: a technician started it, or the customer or a time-out ended it. `waited` runs from when it
// joined, `told` is the estimate of that moment, if there was one.
void LearnStay(QueueStats& stats, const std::optional<WaitEstimate>& told, Duration waited, StayEnd end);

}  // namespace guichet

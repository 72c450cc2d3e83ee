// What is compared: something that makes one transition of a session durable. And the one driver that loads them all.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace guichet::bench {

using Clock = std::chrono::steady_clock;

// Ends the program with a message on stderr: a benchmark that meets an error has no result.
[[noreturn]] void Die(const std::string& why);

// Used by one thread. Whatever it cannot do, down to a refused transition, ends the program by Die.
class Contestant {
 public:
  using Done = std::function<void()>;
  virtual ~Contestant() = default;
  // Called before each measurement, while nothing is in flight.
  virtual void Prepare(size_t /*in_flight*/) {}
  // Starts one transition. `done` is called by a later Wait, when it is acknowledged as durable.
  virtual void Start(Done done) = 0;
  // Blocks until something happened, and calls what is done. Called only while something is in flight.
  virtual void Wait() = 0;
};

struct Measured {
  double per_second = 0;
  double median_us = 0;
  double p99_us = 0;
};

struct Window {
  size_t in_flight = 1;
  Clock::duration warm_up{};  // not counted
  Clock::duration length{};
};

// Keeps `in_flight` transitions going and counts those that end within the length. Returns when none is in flight. The
// contestant must be prepared for as many.
Measured Measure(Contestant& contestant, const Window& window);

// The middle of the values, which must not be empty.
double Median(std::vector<double> values);

}  // namespace guichet::bench

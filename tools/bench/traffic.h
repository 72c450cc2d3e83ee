// Traffic of a support queue, made by a seed: customers arrive, wait in order, lose patience; technicians come and go, take the
// next customer, work. The truth about a wait is the offered wait: how long this customer waits if he does not leave.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace guichet::bench {

using Rng = std::mt19937_64;
double Uniform(Rng& rng, double low, double high);
double Exponential(Rng& rng, double mean);
double LogNormal(Rng& rng, double mean, double variation);  // `variation`: deviation divided by mean

// All times in seconds.
struct Traffic {
  std::string name;
  size_t customers = 12000;
  size_t queues = 1;                   // they share all technicians
  std::function<double(double)> rate;  // arrivals per second at a time, at most `max_rate`
  double max_rate = 0;
  std::function<double(Rng&, double)> handle;  // a session's length, by its start
  std::function<double(Rng&)> patience;        // empty: nobody leaves
  std::function<size_t(double)> staff;         // technicians who are here, by time; looked at each minute
  size_t capacity = 1;                         // sessions that a technician may have
  size_t focus = 1;                            // sessions that he has before he takes no more, at most `capacity`
  double pick = 0;                             // mean time until a technician without work takes the next customer
};

// Names in the order of Draw. The same seed draws the same traffic.
const std::vector<std::string>& Scenarios();
Traffic Draw(size_t scenario, uint64_t seed);

// What an observer of the queue can see when customer `id` joins or asks again.
struct Sight {
  size_t id = 0;
  size_t queue = 0;
  double now = 0;
  double waited = 0;
  size_t ahead = 0;
  size_t servers = 0;
  size_t free = 0;
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void Joined(const Sight& sight) = 0;
  virtual void AskedAgain(const Sight& sight) = 0;
  virtual void Started(size_t id, size_t queue, double waited) = 0;
  virtual void Left(size_t id, size_t queue, double waited) = 0;
  virtual void Completed(size_t queue, double now, double handled) = 0;
  // The truth, for the score alone: `id` would be served at `now` if he had not left. Not told of those served on arrival.
  virtual void Truth(size_t id, double now) = 0;
};

void Play(const Traffic& traffic, uint64_t seed, Observer& observer);

}  // namespace guichet::bench

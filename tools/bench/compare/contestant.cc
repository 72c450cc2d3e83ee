#include "tools/bench/compare/contestant.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace guichet::bench {
namespace {

class Load {
 public:
  Load(Contestant& contestant, const Window& window)
      : contestant_(contestant), begin_(Clock::now() + window.warm_up), end_(begin_ + window.length) {}

  void Run(size_t in_flight) {
    for (size_t i = 0; i < in_flight; ++i) StartOne();
    while (running_ > 0) contestant_.Wait();
  }

  std::vector<double> took_us;

 private:
  void StartOne() {
    ++running_;
    contestant_.Start([this, started = Clock::now()] {
      const auto now = Clock::now();
      --running_;
      if (now >= begin_ && now < end_) took_us.push_back(std::chrono::duration<double, std::micro>(now - started).count());
      if (now < end_) StartOne();
    });
  }

  Contestant& contestant_;
  const Clock::time_point begin_;
  const Clock::time_point end_;
  size_t running_ = 0;
};

}  // namespace

void Die(const std::string& why) {
  std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, why.c_str());
  std::exit(1);
}

Measured Measure(Contestant& contestant, const Window& window) {
  Load load(contestant, window);
  load.Run(window.in_flight);
  std::vector<double>& took = load.took_us;
  if (took.empty()) Die("no transition ended within a measurement; give a longer --seconds");
  std::sort(took.begin(), took.end());
  const auto at = [&](double share) { return took[static_cast<size_t>(share * static_cast<double>(took.size() - 1))]; };
  return {static_cast<double>(took.size()) / std::chrono::duration<double>(window.length).count(), at(0.5), at(0.99)};
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace guichet::bench

// How far estimates of the wait are from the truth on generated traffic: statemachine/estimate.h against what call queues tell.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "statemachine/estimate.h"
#include "tools/bench/traffic.h"

namespace guichet::bench {
namespace {

enum Method : size_t { kOurs, kAverage, kAverageOfWaits, kFormula, kMethods };

constexpr size_t kEnough = 500;  // estimates in a run, for it to count among the best and worst

Duration ToDuration(double seconds) { return Duration(std::llround(seconds * 1000)); }

// A moving average of past waits, as app_queue of Asterisk keeps it: the last wait counts a quarter.
struct Average {
  double value = 0;
  bool any = false;
  void Learn(double waited) {
    value = any ? value * 0.75 + waited * 0.25 : waited;
    any = true;
  }
  double Rest(double waited) const { return std::max(0.0, value - waited); }
};

// (place − free agents) · average handle time of the last hour / agents, as Google's contact center documents it.
struct Formula {
  std::deque<std::pair<double, double>> hour;  // end, length
  double sum = 0;
  double last = 0;
  void Learn(double now, double handled) {
    hour.emplace_back(now, handled);
    sum += handled;
  }
  double Wait(const Sight& sight) {
    while (!hour.empty() && hour.front().first < sight.now - 3600) {
      sum -= hour.front().second;
      hour.pop_front();
    }
    if (!hour.empty()) last = sum / static_cast<double>(hour.size());
    const double place = static_cast<double>(sight.ahead + 1) - static_cast<double>(sight.free);
    return std::max(0.0, place) * last / static_cast<double>(sight.servers);
  }
};

struct Score {
  size_t count = 0;
  double error[kMethods] = {};
  size_t within50 = 0;
  size_t within90 = 0;

  void Add(const Score& other) {
    count += other.count;
    for (size_t i = 0; i < kMethods; ++i) error[i] += other.error[i];
    within50 += other.within50;
    within90 += other.within90;
  }
  double Mean(size_t method) const { return error[method] / static_cast<double>(count); }
  double Ratio(size_t method) const { return error[kOurs] / error[method]; }
  double Percent(size_t within) const { return 100 * static_cast<double>(within) / static_cast<double>(count); }
};

class Contest : public Observer {
 public:
  explicit Contest(size_t queues) : queues_(queues) {}

  void Joined(const Sight& sight) override { told_[sight.id] = Ask(sight); }
  void AskedAgain(const Sight& sight) override { Ask(sight); }
  void Started(size_t id, size_t queue, double waited) override {
    LearnStay(queues_[queue].stats, told_[id], ToDuration(waited), StayEnd::kServed);
    told_.erase(id);
    queues_[queue].average.Learn(waited);
    if (waited > 0) queues_[queue].average_of_waits.Learn(waited);
    if (waited == 0) asked_.erase(id);  // he was told nothing
  }
  void Left(size_t id, size_t queue, double waited) override {
    LearnStay(queues_[queue].stats, told_[id], ToDuration(waited), StayEnd::kLeft);
    told_.erase(id);
  }
  void Completed(size_t queue, double now, double handled) override {
    LearnHandled(queues_[queue].stats, ToDuration(handled));
    queues_[queue].formula.Learn(now, handled);
  }
  void Truth(size_t id, double now) override {
    for (const Answer& answer : asked_[id]) {
      if (!answer.ours) {
        ++(answer.joined ? thin_joined : thin_later);
        continue;
      }
      Score& score = answer.joined ? joined : later;
      const double truth = now - answer.now;
      const double p50 = static_cast<double>(answer.ours->p50.count()) / 1000;
      const double p90 = static_cast<double>(answer.ours->p90.count()) / 1000;
      ++score.count;
      score.error[kOurs] += std::abs(p50 - truth);
      score.error[kAverage] += std::abs(answer.average - truth);
      score.error[kAverageOfWaits] += std::abs(answer.average_of_waits - truth);
      score.error[kFormula] += std::abs(answer.formula - truth);
      score.within50 += truth <= p50;
      score.within90 += truth <= p90;
    }
    asked_.erase(id);
  }

  Score joined;  // estimates when the session joins
  Score later;   // estimates while it waits
  size_t thin_joined = 0;
  size_t thin_later = 0;

 private:
  struct Queue {
    QueueStats stats;
    Average average;
    Average average_of_waits;
    Formula formula;
  };
  struct Answer {
    bool joined;
    double now;
    std::optional<WaitEstimate> ours;
    double average;
    double average_of_waits;
    double formula;
  };

  std::optional<WaitEstimate> Ask(const Sight& sight) {
    Queue& queue = queues_[sight.queue];
    const QueueNow now{sight.ahead, sight.servers, sight.free, ToDuration(sight.waited)};
    const Answer answer{.joined = sight.waited == 0,
                        .now = sight.now,
                        .ours = EstimateWait(queue.stats, now),
                        .average = queue.average.Rest(sight.waited),
                        .average_of_waits = queue.average_of_waits.Rest(sight.waited),
                        .formula = queue.formula.Wait(sight)};
    asked_[sight.id].push_back(answer);
    return answer.ours;
  }

  std::vector<Queue> queues_;
  std::unordered_map<size_t, std::optional<WaitEstimate>> told_;  // when it joined
  std::unordered_map<size_t, std::vector<Answer>> asked_;         // until the truth is known
};

struct Row {
  Score all;
  size_t thin = 0;
  double worst_ratio = 0;
  double low = 100;
  double high = 0;

  void Add(const Score& run) {
    all.Add(run);
    if (run.count < kEnough) return;
    worst_ratio = std::max(worst_ratio, run.Ratio(kAverage));
    low = std::min(low, run.Percent(run.within90));
    high = std::max(high, run.Percent(run.within90));
  }

  void Print(const std::string& name) const {
    const auto asked = static_cast<double>(all.count + thin);
    std::printf(
        "| %-22s | %7zu | %3.1f | %6.0f | %6.0f | %6.0f | %6.0f | %5.2f | %5.2f | %6.2f | %7.2f | %4.1f | %4.1f | %4.1f-%4.1f "
        "|\n",
        name.c_str(), all.count, 100 * static_cast<double>(thin) / asked, all.Mean(kOurs), all.Mean(kAverage),
        all.Mean(kAverageOfWaits), all.Mean(kFormula), all.Ratio(kAverage), worst_ratio, all.Ratio(kAverageOfWaits),
        all.Ratio(kFormula), all.Percent(all.within50), all.Percent(all.within90), low, high);
  }
};

void PrintTable(const char* title, const std::vector<Row>& rows) {
  std::printf("\n%s: mean error in seconds; ours divided by the others'; percent of true waits within p50 and p90\n\n", title);
  std::printf("| %-22s | %-7s | thin%% | %-6s | %-6s | %-6s | %-6s | %-5s | %-5s | %-6s | %-7s | %-4s | %-4s | %-9s |\n",
              "traffic", "count", "ours", "avg", "avg>0", "form", "/avg", "worst", "/avg>0", "/form", "<p50", "<p90", "runs");
  std::printf("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
  for (size_t i = 0; i < rows.size(); ++i) rows[i].Print(Scenarios()[i]);
}

void Run(uint64_t seed, uint64_t runs) {
  std::printf("seeds %llu to %llu\n", static_cast<unsigned long long>(seed), static_cast<unsigned long long>(seed + runs - 1));
  std::vector<Row> joined(Scenarios().size());
  std::vector<Row> later(Scenarios().size());
  for (size_t scenario = 0; scenario < Scenarios().size(); ++scenario) {
    for (uint64_t run = 0; run < runs; ++run) {
      const Traffic traffic = Draw(scenario, seed + run);
      Contest contest(traffic.queues);
      Play(traffic, seed + run, contest);
      joined[scenario].Add(contest.joined);
      joined[scenario].thin += contest.thin_joined;
      later[scenario].Add(contest.later);
      later[scenario].thin += contest.thin_later;
    }
  }
  PrintTable("When joining", joined);
  PrintTable("While waiting", later);
}

}  // namespace
}  // namespace guichet::bench

// usage: guichet_bench_wait [SEED [RUNS]]
int main(int argc, char** argv) {
  constexpr uint64_t kHeldOut = 9001;  // the constants of the estimate were chosen on seeds below 9001
  const uint64_t seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : kHeldOut;
  const uint64_t runs = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 16;
  if (argc > 3 || seed == 0 || runs == 0) {
    std::fprintf(stderr, "usage: guichet_bench_wait [SEED [RUNS]]\n");
    return 2;
  }
  guichet::bench::Run(seed, runs);
}

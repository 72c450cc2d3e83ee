// The estimate of the wait: refused while data is thin, bounded and of the right direction for every input, the same on every
// machine, and right as often as it says.
#include "statemachine/estimate.h"

#include <cmath>
#include <cstdint>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <queue>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "statemachine/limits.h"

namespace guichet::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr auto kEnough = static_cast<uint32_t>(limits::kEstimateServed);

// A queue whose sessions take `handled`, of which it had `count`.
QueueStats Known(Duration handled, uint32_t count = 1000) {
  QueueStats stats;
  for (uint32_t i = 0; i < count; ++i) LearnHandled(stats, handled);
  return stats;
}

QueueStats Impatient() {
  QueueStats stats = Known(minutes(10));
  for (int i = 0; i < 100; ++i) LearnStay(stats, std::nullopt, minutes(i % 20), i % 2 == 0 ? StayEnd::kLeft : StayEnd::kServed);
  return stats;
}

WaitEstimate Ask(const QueueStats& stats, size_t ahead, size_t servers, size_t free = 0) {
  const auto estimate = EstimateWait(stats, {.ahead = ahead, .servers = servers, .free = free});
  EXPECT_TRUE(estimate.has_value());
  return estimate.value_or(WaitEstimate{});
}

std::string Show(const QueueStats& stats) {
  std::ostringstream out;
  const auto show = [&](const Correction& c) { out << ", {" << c.middle << ", " << c.spread << ", " << c.seen << "}"; };
  out << stats.served << ", " << stats.mean_handle.count() << ", " << stats.stays << ", " << stats.stay_square << ", "
      << stats.stay_left << ", " << stats.mean_servers << ", " << stats.steady;
  show(stats.queued);
  show(stats.at_once);
  return out.str();
}

std::vector<QueueStats> Kinds() {
  QueueStats slow_to_take = Known(minutes(10));
  slow_to_take.queued = {.middle = 3 << 20, .spread = 1 << 18};
  QueueStats breaks = Known(minutes(10));
  breaks.mean_servers = 5 << 12;
  breaks.steady = 1 << 20;
  QueueStats all_leave = Known(hours(2));
  for (int i = 0; i < 100; ++i) LearnStay(all_leave, std::nullopt, milliseconds(40), StayEnd::kLeft);
  return {Known(minutes(10)),
          Known(seconds(7), kEnough),
          Known(limits::kMaxLife),
          Known(milliseconds(3)),
          Known(Duration(0)),
          Impatient(),
          slow_to_take,
          all_leave,
          breaks};
}

TEST(EstimateTest, ThinDataIsRefused) {
  EXPECT_EQ(EstimateWait(QueueStats{}, {.ahead = 1, .servers = 1}), std::nullopt);
  EXPECT_EQ(EstimateWait(Known(minutes(1), kEnough - 1), {.ahead = 1, .servers = 1}), std::nullopt);
  EXPECT_NE(EstimateWait(Known(minutes(1), kEnough), {.ahead = 1, .servers = 1}), std::nullopt);
}

TEST(EstimateTest, NobodyServingIsRefused) {
  EXPECT_EQ(EstimateWait(Known(minutes(1)), {.ahead = 0, .servers = 0, .free = 0}), std::nullopt);
  EXPECT_EQ(EstimateWait(Known(minutes(1)), {.ahead = 3, .servers = 0, .free = 1}), std::nullopt);
}

TEST(EstimateTest, IsNearTheGammaDistribution) {
  const QueueStats stats = Known(minutes(10), 100000);
  struct {
    size_t ahead;
    double p50, p90;  // of gamma(ahead + 1), from tables
  } const rows[] = {{0, 0.6931, 2.3026}, {1, 1.6783, 3.8897}, {4, 4.6709, 7.9936}, {9, 9.6687, 14.2060}, {99, 99.6668, 113.0}};
  for (const auto& row : rows) {
    const WaitEstimate estimate = Ask(stats, row.ahead, 4);
    const double step = 600000.0 / 4;
    EXPECT_NEAR(static_cast<double>(estimate.p50.count()) / step, row.p50, 0.02 * row.p50) << row.ahead;
    EXPECT_NEAR(static_cast<double>(estimate.p90.count()) / step, row.p90, 0.04 * row.p90) << row.ahead;
  }
}

TEST(EstimateTest, ThoseWhoLeaveShortenTheWait) {
  const WaitEstimate patient = Ask(Known(minutes(10)), 20, 3);
  const WaitEstimate impatient = Ask(Impatient(), 20, 3);
  EXPECT_LT(impatient.p50, patient.p50 * 2 / 3);
  EXPECT_GT(impatient.p50, patient.p50 / 10);
}

TEST(EstimateTest, NeverShorterWithMoreAhead) {
  for (const QueueStats& stats : Kinds()) {
    for (const size_t servers : {1, 2, 3, 7, 20, 1000}) {
      WaitEstimate before = Ask(stats, 0, servers);
      for (size_t ahead = 1; ahead < 3000; ahead += 1 + ahead / 100) {
        const WaitEstimate estimate = Ask(stats, ahead, servers);
        EXPECT_GE(estimate.p50, before.p50) << ahead << " ahead, " << servers << " servers";
        EXPECT_GE(estimate.p90, before.p90) << ahead << " ahead, " << servers << " servers";
        before = estimate;
      }
    }
  }
}

TEST(EstimateTest, NeverLongerWithMoreServers) {
  for (const QueueStats& stats : Kinds()) {
    for (const size_t ahead : {0, 1, 2, 5, 30, 1000, 100000}) {
      WaitEstimate before = Ask(stats, ahead, 1);
      for (size_t servers = 2; servers < 1000; servers += 1 + servers / 100) {
        const WaitEstimate estimate = Ask(stats, ahead, servers);
        EXPECT_LE(estimate.p50, before.p50) << ahead << " ahead, " << servers << " servers";
        EXPECT_LE(estimate.p90, before.p90) << ahead << " ahead, " << servers << " servers";
        before = estimate;
      }
    }
  }
}

// Sanitizers see what overflows; here it would show as an answer out of range.
TEST(EstimateTest, BeyondEveryLimitTheAnswerStaysInRange) {
  constexpr size_t kHuge = std::numeric_limits<size_t>::max();
  std::vector<QueueStats> kinds = Kinds();
  kinds.push_back(Known(limits::kMaxLife + milliseconds(1)));
  kinds.push_back(Known(Duration::max()));
  kinds.push_back(Known(Duration::min()));
  constexpr uint32_t kMost = std::numeric_limits<uint32_t>::max();
  QueueStats most{.served = kMost, .mean_handle = limits::kMaxLife, .stays = kMost, .mean_servers = kMost, .steady = kMost};
  most.queued = most.at_once = {.middle = kMost, .spread = kMost, .seen = kMost};
  kinds.push_back(most);
  most.stay_square = 1;
  most.stay_left = (limits::kMaxLife.count() + 32) / 64;
  kinds.push_back(most);
  for (QueueStats stats : kinds) {
    for (const size_t ahead : {size_t{0}, size_t{1}, limits::kLiveSessions, limits::kLiveSessions + 1, kHuge}) {
      for (const size_t servers : {size_t{1}, limits::kTechnicians * limits::kActiveSessions + 1, kHuge}) {
        for (const size_t free : {size_t{0}, size_t{1}, kHuge}) {
          for (const Duration waited : {Duration::min(), Duration(0), Duration::max()}) {
            const auto told = EstimateWait(stats, {.ahead = ahead, .servers = servers, .free = free, .waited = waited});
            ASSERT_TRUE(told.has_value());
            EXPECT_GE(told->p50, Duration(0));
            EXPECT_LE(told->p50, told->p90);
            EXPECT_LE(told->p90, limits::kMaxLife);
            LearnStay(stats, told, waited, StayEnd::kLeft);
            LearnStay(stats, told, waited, StayEnd::kServed);
            LearnStay(stats, WaitEstimate{Duration::max(), Duration::min(), kMost, kMost}, waited, StayEnd::kLeft);
          }
        }
      }
    }
    LearnHandled(stats, Duration::max());
    EXPECT_GE(stats.mean_handle, Duration(0));
    EXPECT_LE(stats.mean_handle, limits::kMaxLife);
    EXPECT_GE(stats.stay_square, 0);
  }
}

TEST(EstimateTest, CountsStayAtTheirHighestValue) {
  constexpr uint32_t kMost = std::numeric_limits<uint32_t>::max();
  QueueStats stats{.served = kMost, .mean_handle = minutes(5), .stays = kMost};
  stats.queued.seen = kMost;
  LearnHandled(stats, minutes(5));
  LearnStay(stats, Ask(stats, 2, 1), minutes(5), StayEnd::kServed);
  EXPECT_EQ(stats.served, kMost);
  EXPECT_EQ(stats.stays, kMost);
  EXPECT_EQ(stats.queued.seen, kMost);
}

TEST(EstimateTest, OneForgottenSessionDoesNotSpoilTheMean) {
  QueueStats stats = Known(minutes(10));
  LearnHandled(stats, limits::kMaxLife);
  EXPECT_LT(stats.mean_handle, minutes(11));
}

TEST(EstimateTest, TheMeanFollowsAChange) {
  QueueStats stats = Known(minutes(10));
  for (int i = 0; i < 400; ++i) LearnHandled(stats, minutes(20));
  EXPECT_GT(stats.mean_handle, minutes(19));
  for (int i = 0; i < 800; ++i) LearnHandled(stats, minutes(10));
  EXPECT_LT(stats.mean_handle, minutes(11));
}

// Half of the technicians' time goes to another queue: waits are twice what the model says.
TEST(EstimateTest, LearnsFromOutcomesWhatTheModelDoesNotKnow) {
  QueueStats stats = Known(minutes(10));
  const Duration model = Ask(stats, 8, 3).p50;
  for (int i = 0; i < 2000; ++i) LearnStay(stats, Ask(stats, 8, 3), model * 2, StayEnd::kServed);
  const WaitEstimate learnt = Ask(stats, 8, 3);
  EXPECT_GT(learnt.p50, model * 18 / 10);
  EXPECT_LT(learnt.p50, model * 22 / 10);
}

// Of two servers, one is away each time when somebody asks, and back soon: waits are those of two.
TEST(EstimateTest, LearnsThatServersComeBack) {
  QueueStats stats = Known(minutes(10));
  for (int i = 0; i < 4000; ++i) {
    const size_t servers = 1 + 2 * (i % 2);
    LearnStay(stats, Ask(stats, 3, servers), minutes(20), StayEnd::kServed);
  }
  EXPECT_EQ(stats.steady, (1u << 20) * 3 / 4);
  EXPECT_NEAR(stats.mean_servers, 2 << 12, 1 << 8);
  EXPECT_LT(Ask(stats, 3, 1).p50, Ask(stats, 3, 3).p50 * 2);
  // Where waits are those of the servers of the moment, these alone count.
  for (int i = 0; i < 4000; ++i) {
    const size_t servers = 1 + 2 * (i % 2);
    LearnStay(stats, Ask(stats, 3, servers), minutes(40 / servers), StayEnd::kServed);
  }
  EXPECT_LT(stats.steady, (1u << 20) / 8);
  EXPECT_GT(Ask(stats, 3, 1).p50, Ask(stats, 3, 3).p50 * 2);
}

TEST(EstimateTest, CorrectionsEndAtTheirBounds) {
  QueueStats stats = Known(minutes(10));
  for (int i = 0; i < 100000; ++i) LearnStay(stats, Ask(stats, 8, 3), Duration(0), StayEnd::kServed);
  EXPECT_EQ(stats.queued.middle, (1u << 20) / 256);
  EXPECT_EQ(stats.queued.spread, (1u << 20) / 256);
  for (int i = 0; i < 100000; ++i) LearnStay(stats, Ask(stats, 8, 3), limits::kMaxLife, StayEnd::kServed);
  EXPECT_EQ(stats.queued.middle, (1u << 20) * 64);
  EXPECT_GT(stats.queued.spread, (1u << 20) / 256);
  EXPECT_EQ(stats.at_once, Correction{});
}

TEST(EstimateTest, AFreeServerIsLearntApart) {
  QueueStats stats = Known(minutes(10));
  for (int i = 0; i < 1000; ++i) LearnStay(stats, Ask(stats, 0, 3, 1), seconds(5), StayEnd::kServed);
  EXPECT_EQ(stats.queued, Correction{});
  const WaitEstimate at_once = Ask(stats, 0, 3, 1);
  EXPECT_EQ(at_once.places, 0u);
  EXPECT_GT(at_once.p50, seconds(3));
  EXPECT_LT(at_once.p50, seconds(8));
  // Whoever waits for longer than that is not served at once, whatever is free.
  const auto late = EstimateWait(stats, {.ahead = 0, .servers = 3, .free = 1, .waited = minutes(4)});
  ASSERT_TRUE(late.has_value());
  EXPECT_EQ(late->places, 1u);
  EXPECT_GT(late->p50, minutes(1));
  // Nor is whoever has somebody ahead of him who is not taken.
  EXPECT_EQ(Ask(stats, 1, 3, 1).places, 2u);
}

TEST(EstimateTest, LeavingBeforeTheEstimateTellsLittle) {
  QueueStats stats = Known(minutes(10));
  for (int i = 0; i < 1000; ++i) LearnStay(stats, Ask(stats, 8, 3), seconds(10), StayEnd::kLeft);
  EXPECT_GT(stats.queued.middle, (1u << 20) * 9 / 10);
  EXPECT_LT(stats.queued.middle, (1u << 20) * 12 / 10);
  // Who left after longer than the 90th percentile would have waited for longer still.
  for (int i = 0; i < 1000; ++i) LearnStay(stats, Ask(stats, 8, 3), hours(10), StayEnd::kLeft);
  EXPECT_GT(Ask(stats, 8, 3).p90, hours(5));
}

// The same on every machine: what a fixed history teaches, to the last bit.
TEST(EstimateTest, Golden) {
  QueueStats stats;
  uint64_t state = 1;
  const auto next = [&](int64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<int64_t>(state >> 33) % below;
  };
  for (int i = 0; i < 5000; ++i) {
    const milliseconds handled(next(1200000));
    const QueueNow now{
        .ahead = static_cast<size_t>(next(12)), .servers = 1 + static_cast<size_t>(next(6)), .free = i % 5 == 0 ? 1u : 0u};
    const milliseconds waited(next(1800000));
    const StayEnd end = next(4) == 0 ? StayEnd::kLeft : StayEnd::kServed;
    LearnHandled(stats, handled);
    LearnStay(stats, EstimateWait(stats, now), waited, end);
  }
  const QueueStats expected{
      .served = 5000,
      .mean_handle = milliseconds(566758),
      .stays = 4999,
      .stay_square = 302406964,
      .stay_left = 4129,
      .mean_servers = 14339,
      .steady = 780829,
      .queued = {.middle = 2592670, .spread = 1065908, .seen = 4917},
      .at_once = {.middle = 8534109, .spread = 1838488, .seen = 74},
  };
  EXPECT_EQ(stats, expected) << Show(stats);
  struct {
    size_t ahead, free;
    WaitEstimate estimate;
  } const rows[] = {
      {0, 2, {milliseconds(891544), milliseconds(5085512), 0, 4}},
      {0, 0, {milliseconds(270851), milliseconds(895740), 1, 4}},
      {1, 0, {milliseconds(629390), milliseconds(1476231), 2, 4}},
      {7, 0, {milliseconds(2435286), milliseconds(3832484), 8, 4}},
      {40, 0, {milliseconds(7692664), milliseconds(9765977), 41, 4}},
      {300, 0, {milliseconds(17782172), milliseconds(20598977), 301, 4}},
      {5000, 0, {milliseconds(33810177), milliseconds(37870894), 5001, 4}},
  };
  for (const auto& row : rows) {
    const WaitEstimate estimate = Ask(stats, row.ahead, 4, row.free);
    EXPECT_EQ(estimate, row.estimate) << row.ahead << ": " << estimate.p50.count() << ", " << estimate.p90.count();
  }
}

// First come, first served by four technicians, nine tenths busy; sessions of exponential length.
TEST(EstimateTest, IsRightAsOftenAsItSays) {
  constexpr uint64_t kSeed = 20240607;
  std::cout << "seed " << kSeed << "\n";
  std::mt19937_64 random(kSeed);
  const auto exponential = [&](double mean) { return -mean * std::log(1 - static_cast<double>(random() >> 11) * 0x1.0p-53); };
  constexpr size_t kServers = 4;
  constexpr double kHandle = 600000;

  QueueStats stats;
  std::priority_queue<double, std::vector<double>, std::greater<>> idle_at;  // when each server is free for the next
  for (size_t i = 0; i < kServers; ++i) idle_at.push(0);
  std::multimap<double, std::function<void()>> later;  // what becomes known, by time
  std::multimap<double, int> starts;                   // of those in line
  int told = 0;
  int within50 = 0;
  int within90 = 0;
  double now = 0;
  for (int customer = 0; customer < 20000; ++customer) {
    now += exponential(kHandle / kServers / 0.9);
    while (!later.empty() && later.begin()->first <= now) {
      later.begin()->second();
      later.erase(later.begin());
    }
    starts.erase(starts.begin(), starts.upper_bound(now));
    const double start = std::max(now, idle_at.top());
    idle_at.pop();
    const auto waited = Duration(static_cast<int64_t>(start - now));
    const auto handled = Duration(static_cast<int64_t>(exponential(kHandle)));
    idle_at.push(start + static_cast<double>(handled.count()));
    later.emplace(start + static_cast<double>(handled.count()), [&stats, handled] { LearnHandled(stats, handled); });
    if (start == now) continue;
    const auto estimate = EstimateWait(stats, {.ahead = starts.size(), .servers = kServers});
    starts.emplace(start, customer);
    later.emplace(start, [&stats, estimate, waited] { LearnStay(stats, estimate, waited, StayEnd::kServed); });
    if (!estimate) continue;
    ++told;
    within50 += waited <= estimate->p50;
    within90 += waited <= estimate->p90;
  }
  EXPECT_GT(told, 10000);
  EXPECT_GT(within50, told * 40 / 100);
  EXPECT_LT(within50, told * 60 / 100);
  EXPECT_GT(within90, told * 85 / 100);
  EXPECT_LT(within90, told * 95 / 100);
}

}  // namespace
}  // namespace guichet::testing

#include "statemachine/estimate.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "statemachine/limits.h"

namespace guichet {
namespace {

constexpr int64_t kOne10 = 1 << 10;
constexpr int64_t kOne12 = 1 << 12;
constexpr int64_t kOne16 = 1 << 16;
constexpr int64_t kOne20 = 1 << 20;

#define TUNE(name, value) const int64_t name = std::getenv(#name) ? std::atoi(std::getenv(#name)) : value;
TUNE(kPlaces50, 1)
TUNE(kPlaces90, 0)
TUNE(kMemory, 64)
TUNE(kStayMemory, 128)
TUNE(kRate50, 32)
TUNE(kRate90, 24)
TUNE(kUseSpread, 1)
TUNE(kUseLeaving, 1)
TUNE(kUseFactor50, 1)

constexpr int64_t kLongest = std::chrono::milliseconds(limits::kMaxLife).count();  // 2^30.2 ms

int64_t Ms(Duration duration) { return std::clamp<int64_t>(duration.count(), 0, kLongest); }

// Moves `mean` by 1/weight of the way to `value`, rounded to nearest.
int64_t Toward(int64_t mean, int64_t value, int64_t weight) {
  const int64_t way = value - mean;
  return mean + (way >= 0 ? way + weight / 2 : way - weight / 2) / weight;
}

uint32_t Increased(uint32_t count) { return count + (count != std::numeric_limits<uint32_t>::max()); }

int64_t SquareRoot(int64_t value) {  // rounded down; value < 2^62
  int64_t root = 0;
  for (int64_t bit = int64_t{1} << 30; bit != 0; bit >>= 1) {
    if ((root + bit) * (root + bit) <= value) root += bit;
  }
  return root;
}

// The moves of the line that a session waits for.
struct Moves {
  int64_t mean;    // of their sum, ms / 64
  int64_t spread;  // variance / mean² of their sum, 1/2^20
};

Moves Sum(const QueueStats& stats, int64_t places, int64_t servers) {
  const int64_t handle = std::min<int64_t>(stats.mean_handle.count(), int64_t{1} << 29);
  // Those who leave while one session is handled, a head of the line; 1/2^12, at most 16.
  int64_t leaving = 0;
  if (kUseLeaving && stats.mean_stay.count() > 0) {
    leaving = std::min<int64_t>(16 * kOne12, (handle * stats.leaving / stats.mean_stay.count()) >> 4);
  }
  // With j others in line, moves come at the rate servers + j·leaving. Alike ones are summed at once.
  const int64_t first = servers * kOne12;
  int64_t sum = 0;      // of first / rate, 1/2^12
  int64_t squares = 0;  // of (first / rate)², 1/2^24
  for (int64_t j = 0; j < places;) {
    const int64_t width = leaving == 0 ? places - j : std::min(places - j, std::max<int64_t>(1, j / 16));
    const int64_t part = width * first * kOne12 / (first + leaving * (2 * j + width - 1) / 2);
    sum += part;
    squares += part / width * part;
    j += width;
  }
  int64_t spread = (((squares << 6) / sum) << 14) / sum;
  if (kUseSpread) {
    // Few moves of many servers come as by chance; many of few servers are as even as the sessions are.
    const int64_t uneven = std::clamp<int64_t>(stats.handle_square - kOne10, 0, 8 * kOne10);
    spread = spread * ((servers * kOne10 + places * uneven) / (servers + places)) / kOne10;
    // The mean is itself an estimate.
    spread += uneven * kOne10 / std::min<int64_t>(stats.served, 2 * kMemory);
  }
  return {handle * sum / servers / (kOne12 / 64), std::min(spread, 4 * kOne20)};
}

// A quantile of the gamma distribution by Wilson and Hilferty: mean · (1 − s/9 + z·√(s/9))³. `z` in 1/2^20; result in ms.
int64_t Quantile(const Moves& moves, int64_t z) {
  const int64_t ninth = moves.spread / 9;
  const int64_t root = kOne20 - ninth + ((z * SquareRoot(ninth * kOne20)) >> 20);
  const int64_t cube = (((root * root) >> 20) * root) >> 20;
  return (std::min<int64_t>(moves.mean, int64_t{1} << 38) * cube) >> 26;
}

WaitEstimate Estimate(const QueueStats& stats, int64_t places, int64_t servers, const Correction& correction, bool at_once) {
  const Moves moves = Sum(stats, places, servers);
  constexpr int64_t kMedian = 0;
  constexpr int64_t kNinetieth = 1343814;  // 1.28155 · 2^20
  const int64_t p50 = std::min((Quantile(moves, kMedian) * (kUseFactor50 ? correction.p50 : kOne16)) >> 16, kLongest);
  const int64_t p90 = std::min((Quantile(moves, kNinetieth) * correction.p90) >> 16, kLongest);
  return {Duration(p50), Duration(std::max(p50, p90)), at_once, static_cast<uint32_t>(places)};
}

// Moves a factor so that `permille` of a thousand outcomes exceed; `exceeds`: how likely this one does, in 1/1024.
void Follow(uint32_t& factor, int64_t exceeds, int64_t target, int64_t rate) {
  const int64_t moved = factor + factor * (exceeds - target) / (kOne10 * rate);
  factor = static_cast<uint32_t>(std::clamp<int64_t>(moved, kOne16 / 1024, kOne16 * 64));
}

}  // namespace

std::optional<WaitEstimate> EstimateWait(const QueueStats& stats, const QueueNow& now) {
  if (stats.served < limits::kEstimateServed || now.servers == 0) return std::nullopt;
  const auto ahead = static_cast<int64_t>(std::min(now.ahead, limits::kLiveSessions));
  const auto servers = static_cast<int64_t>(std::min(now.servers, limits::kTechnicians * limits::kActiveSessions));
  const auto free = static_cast<int64_t>(std::min<size_t>(now.free, servers));
  if (ahead < free) return Estimate(stats, ahead + 1, servers, stats.at_once, true);
  return Estimate(stats, ahead + 1 - free, servers, stats.queued, false);
}

void LearnHandled(QueueStats& stats, Duration handled) {
  stats.served = Increased(stats.served);
  const int64_t weight = std::min<int64_t>(stats.served, kMemory);
  int64_t value = Ms(handled);
  const int64_t mean = stats.mean_handle.count();
  // One session that was forgotten open must not spoil the mean.
  if (stats.served > limits::kEstimateServed) value = std::min(value, mean * 8 + 1000);
  stats.mean_handle = Duration(Toward(mean, value, weight));
  const int64_t ratio = std::min<int64_t>(value * kOne10 / std::max<int64_t>(1, stats.mean_handle.count()), 8 * kOne10);
  stats.handle_square = static_cast<uint32_t>(
      Toward(stats.served == 1 ? 2 * kOne10 : stats.handle_square, ratio * ratio / kOne10, std::max<int64_t>(weight, 16)));
}

void LearnStay(QueueStats& stats, const std::optional<WaitEstimate>& told, Duration waited, StayEnd end) {
  const int64_t value = Ms(waited);
  if (value > 0) {
    stats.stays = Increased(stats.stays);
    const int64_t weight = std::min<int64_t>(stats.stays, kStayMemory);
    stats.mean_stay = Duration(Toward(stats.mean_stay.count(), value, weight));
    stats.leaving = static_cast<uint32_t>(Toward(stats.leaving, end == StayEnd::kLeft ? kOne16 : 0, weight));
  }
  if (!told) return;
  Correction& correction = told->at_once ? stats.at_once : stats.queued;
  const int64_t p50 = Ms(told->p50);
  const int64_t p90 = Ms(told->p90);
  int64_t over50 = value > p50 ? kOne10 : 0;
  int64_t over90 = value > p90 ? kOne10 : 0;
  if (end == StayEnd::kLeft) {
    // How long he would have waited is not known: take what the estimate says of those who waited as long.
    int64_t longer = kOne10;  // share of those who wait longer than this
    if (value <= p50) {
      longer -= p50 == 0 ? 0 : kOne10 / 2 * value / p50;
    } else if (value <= p90) {
      longer = kOne10 / 2 - kOne10 * 2 / 5 * (value - p50) / std::max<int64_t>(1, p90 - p50);
    }
    if (value <= p50) over50 = kOne10 / 2 * kOne10 / longer;
    if (value <= p90) over90 = kOne10 / 10 * kOne10 / std::max<int64_t>(longer, kOne10 / 10);
  }
  correction.seen = Increased(correction.seen);
  const int64_t places = std::max<int64_t>(1, told->places);
  Follow(correction.p50, over50, kOne10 / 2, kRate50 * (kPlaces50 ? places : 1));
  Follow(correction.p90, over90, kOne10 / 10,
         kPlaces90 == 2 ? kRate90 * SquareRoot(places * 16) / 4 : kRate90 * std::min(std::max<int64_t>(1, kPlaces90), places));
}

}  // namespace guichet

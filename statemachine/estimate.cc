#include "statemachine/estimate.h"

#include <algorithm>
#include <limits>

#include "absl/numeric/int128.h"
#include "statemachine/limits.h"

namespace guichet {
namespace {

// How many sessions back a mean remembers: enough that chance does not move it, few enough that it follows a bad day.
constexpr int64_t kMemory = 128;
// How far one outcome moves a correction: 1/8 of the miss at first, 1/kSlowMiddle or 1/kSlowSpread in the long run. The
// outcomes of one line hang together, as its sessions wait for the same moves: so a place k moves the middle by 1/k of that.
constexpr int64_t kFast = 8;
constexpr int64_t kSlowMiddle = 128;
constexpr int64_t kSlowSpread = 160;
constexpr int64_t kSlowSteady = 32;  // how far one outcome moves QueueStats::steady
constexpr int64_t kMostPlaces = 16;  // beyond it 1/k would be too slow

constexpr int64_t kOne10 = 1 << 10;
constexpr int64_t kOne12 = 1 << 12;
constexpr int64_t kOne20 = 1 << 20;
constexpr int64_t kLeastFactor = kOne20 / 256;  // the least step from here is still above 0
constexpr int64_t kMostFactor = kOne20 * 64;
constexpr int64_t kMostSteady = kOne20 * 3 / 4;
constexpr int64_t kLongest = std::chrono::milliseconds(limits::kMaxLife).count();  // below 2^31
constexpr int64_t kMostServers = limits::kTechnicians * limits::kActiveSessions;
static_assert(kLongest < int64_t{1} << 31);
static_assert(limits::kLiveSessions < 1 << 21);
static_assert(kMostServers < 1 << 18);

int64_t Ms(Duration duration) { return std::clamp<int64_t>(duration.count(), 0, kLongest); }

// `mean` moved by 1/weight of the way to `value`, rounded to nearest.
int64_t Toward(int64_t mean, int64_t value, int64_t weight) {
  const int64_t way = value - mean;
  return mean + (way + (way < 0 ? -weight / 2 : weight / 2)) / weight;
}

void Count(uint32_t& count) {
  if (count != std::numeric_limits<uint32_t>::max()) ++count;
}

int64_t SquareRoot(int64_t value) {  // rounded down; value < 2^62
  int64_t root = 0;
  for (int64_t bit = int64_t{1} << 30; bit != 0; bit >>= 1) {
    if ((root + bit) * (root + bit) <= value) root += bit;
  }
  return root;
}

int64_t CubeRoot(int64_t value) {  // rounded down; value < 2^60
  int64_t root = 0;
  for (int64_t bit = int64_t{1} << 19; bit != 0; bit >>= 1) {
    const int64_t tried = root + bit;
    if (tried * tried * tried <= value) root = tried;
  }
  return root;
}

// The time until the line has moved `places` times.
struct Moves {
  int64_t mean = 0;    // ms / 64, below 2^58
  int64_t spread = 0;  // variance / mean², in 1/2^20, at most 4
};

Moves Sum(const QueueStats& stats, int64_t places, int64_t servers) {
  const int64_t handle = std::clamp<int64_t>(stats.mean_handle.count(), 0, int64_t{1} << 29);
  // How many leave while one session is handled, by head of the line; in 1/2^12, at most 16. Those ahead have waited for long
  // and will wait for longer. So each hour in line counts by its age: who stayed s counts s²/2, and s if he left then.
  int64_t leaving = 0;
  if (stats.stay_square > 0) {
    leaving = std::min<int64_t>((handle / 64) * stats.stay_left * 2 * kOne12 / stats.stay_square, 16 * kOne12);
  }
  // Technicians on a break come back: the wait may depend on how many there are usually.
  int64_t first = servers * kOne12;
  if (const auto usual = std::min<int64_t>(stats.mean_servers, kMostServers * kOne12); usual > 0) {
    first += (usual - first) * (std::min<int64_t>(stats.steady, kMostSteady) / 256) / kOne12;
  }
  // With j ahead, moves come at the rate first + j · leaving by mean_handle. Those of nearly the same rate are summed at once.
  int64_t sum = 0;      // of first / rate, in 1/2^12
  int64_t squares = 0;  // of (first / rate)², in 1/2^24
  for (int64_t j = 0; j < places;) {
    const int64_t width = leaving == 0 ? places : std::min(places - j, std::max<int64_t>(1, j / 16));
    const int64_t part = width * first * kOne12 / (first + leaving * (2 * j + width - 1) / 2);
    sum += part;
    squares += part / width * part;
    j += width;
  }
  // The mean is itself an estimate, by its last sessions; a decayed mean knows about twice its memory.
  const int64_t unsure = kOne20 / std::clamp<int64_t>(stats.served, 1, 2 * kMemory);
  const int64_t spread = (((squares << 6) / sum) << 14) / sum + unsure;
  const auto mean = static_cast<int64_t>(absl::uint128(static_cast<uint64_t>(handle)) * static_cast<uint64_t>(sum * 64) /
                                         static_cast<uint64_t>(first));
  return {mean, std::min(spread, 4 * kOne20)};
}

// A quantile of the gamma distribution by Wilson and Hilferty: mean · (1 − spread/9 + z · √(spread/9))³; `z` in 1/2^20.
int64_t Quantile(const Moves& moves, int64_t z) {
  const int64_t ninth = moves.spread / 9;
  const int64_t root = kOne20 - ninth + ((z * SquareRoot(ninth * kOne20)) >> 20);
  const int64_t cube = (((root * root) >> 20) * root) >> 20;
  return std::min((std::min(moves.mean, int64_t{1} << 38) * cube) >> 26, int64_t{1} << 36);
}

int64_t Times(int64_t ms, uint32_t factor) { return std::min((ms * std::min<int64_t>(factor, kMostFactor)) >> 20, kLongest); }

WaitEstimate Estimate(const QueueStats& stats, int64_t places, int64_t servers, const Correction& correction) {
  constexpr int64_t kMedian = 0;
  constexpr int64_t kNinetieth = 1343814;  // of the normal distribution, in 1/2^20
  const Moves moves = Sum(stats, std::max<int64_t>(1, places), servers);
  const int64_t p50 = Times(Quantile(moves, kMedian), correction.middle);
  const int64_t p90 = Times(Times(Quantile(moves, kNinetieth), correction.spread), correction.middle);
  return {Duration(p50), Duration(std::max(p50, p90)), static_cast<uint32_t>(places), static_cast<uint32_t>(servers)};
}

// The share, in 1/1024, of sessions so estimated that wait longer than `waited`: the cube root of a wait is nearly normal.
int64_t Longer(int64_t p50, int64_t p90, int64_t waited) {
  // Of a normal distribution: the share above the median and i/4 of the way from there to the 90th percentile, i from -10 to 4.
  constexpr int64_t kAbove[] = {1023, 1022, 1019, 1011, 996, 968, 922, 852, 757, 641, 512, 383, 267, 172, 102};
  const auto root = [](int64_t ms) { return CubeRoot(ms << 24); };
  const int64_t way = std::max<int64_t>(1, root(p90) - root(p50));
  const int64_t at = std::clamp<int64_t>((root(waited) - root(p50)) * kOne10 / way + 10 * 256, 0, 14 * 256 - 1);
  const int64_t share = kAbove[at / 256];
  return share - (share - kAbove[at / 256 + 1]) * (at % 256) / 256;
}

// Moves a factor so that in the long run `target` of the outcomes exceed it; `exceeds`: how likely this one does. In 1/1024.
void Follow(uint32_t& factor, int64_t exceeds, int64_t target, int64_t slowness) {
  const int64_t moved = factor + static_cast<int64_t>(factor) * (exceeds - target) / (kOne10 * slowness);
  factor = static_cast<uint32_t>(std::clamp(moved, kLeastFactor, kMostFactor));
}

// Whoever waited for longer than the median while there were fewer servers than usual shows that those of the moment count;
// whoever waited for less shows that the usual ones do.
void LearnServers(QueueStats& stats, const WaitEstimate& told, int64_t over50, int64_t places) {
  const int64_t servers = std::min<int64_t>(told.servers, kMostServers) * kOne12;
  if (servers == 0) return;
  if (stats.mean_servers == 0) stats.mean_servers = static_cast<uint32_t>(servers);
  const int64_t mean = stats.mean_servers;
  const int64_t away = std::clamp((mean - servers) * kOne10 / mean, -kOne10, kOne10);
  const int64_t steady = stats.steady + (kOne10 / 2 - over50) * away / (kSlowSteady * places);
  stats.steady = static_cast<uint32_t>(std::clamp<int64_t>(steady, 0, kMostSteady));
  stats.mean_servers = static_cast<uint32_t>(Toward(mean, servers, kMemory));
}

void LearnOutcome(QueueStats& stats, const WaitEstimate& told, int64_t waited, StayEnd end) {
  constexpr int64_t kHalf = kOne10 / 2;
  constexpr int64_t kTenth = kOne10 / 10;
  const int64_t p50 = Ms(told.p50);
  const int64_t p90 = Ms(told.p90);
  int64_t over50 = waited > p50 ? kOne10 : 0;
  int64_t over90 = waited > p90 ? kOne10 : 0;
  if (end == StayEnd::kLeft) {
    // How long he would have waited is not known: take what the estimate says of those who wait at least as long. Leaving
    // these out would teach from calm hours only.
    const int64_t longer = Longer(p50, p90, waited);
    if (waited <= p50) over50 = std::min(kOne10, kHalf * kOne10 / longer);
    if (waited <= p90) over90 = std::min(kOne10, kTenth * kOne10 / longer);
  }
  Correction& correction = told.places == 0 ? stats.at_once : stats.queued;
  Count(correction.seen);
  const int64_t slowness = std::max<int64_t>(correction.seen / 4, kFast);
  const int64_t places = std::clamp<int64_t>(told.places, 1, kMostPlaces);
  if (told.places > 0) LearnServers(stats, told, over50, places);
  Follow(correction.middle, over50, kHalf, std::min(slowness, kSlowMiddle) * places);
  Follow(correction.spread, over90, kTenth, std::min(slowness, kSlowSpread));
}

}  // namespace

std::optional<WaitEstimate> EstimateWait(const QueueStats& stats, const QueueNow& now) {
  if (stats.served < limits::kEstimateServed || now.servers == 0) return std::nullopt;
  const auto ahead = static_cast<int64_t>(std::min(now.ahead, limits::kLiveSessions));
  const auto servers = static_cast<int64_t>(std::min<size_t>(now.servers, kMostServers));
  if (ahead == 0 && now.free > 0) {
    const WaitEstimate at_once = Estimate(stats, 0, servers, stats.at_once);
    if (now.waited <= at_once.p90) return at_once;
  }
  // A free server for which somebody waits is one that technicians do not use: the correction learns how far servers count.
  return Estimate(stats, ahead + 1, servers, stats.queued);
}

void LearnHandled(QueueStats& stats, Duration handled) {
  Count(stats.served);
  const int64_t mean = stats.mean_handle.count();
  int64_t value = Ms(handled);
  // A session that was forgotten open must not spoil the mean.
  if (stats.served > limits::kEstimateServed) value = std::min<int64_t>(value, 8 * mean + 1000);
  stats.mean_handle = Duration(Toward(mean, value, std::min<int64_t>(stats.served, kMemory)));
}

void LearnStay(QueueStats& stats, const std::optional<WaitEstimate>& told, Duration waited, StayEnd end) {
  const int64_t ms = Ms(waited);
  if (const int64_t stay = (ms + 32) / 64; stay > 0) {
    Count(stats.stays);
    const int64_t weight = std::min<int64_t>(stats.stays, kMemory);
    stats.stay_square = Toward(stats.stay_square, stay * stay, weight);
    stats.stay_left = static_cast<uint32_t>(Toward(stats.stay_left, end == StayEnd::kLeft ? stay : 0, weight));
  }
  if (told) LearnOutcome(stats, *told, ms, end);
}

}  // namespace guichet

#include "router/codes.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "router/limits.h"
#include "statemachine/refusal.h"

namespace guichet::router {
namespace {

constexpr double Pins(size_t digits) {
  double pins = 1;
  for (size_t i = 0; i < digits; ++i) pins *= 10;
  return pins;
}

// The bound of codes.h. Beyond a budget is the share of one guess, and of the one before by the same guesser.
constexpr double Bound() {
  double sum = 0;
  for (const size_t digits : kPinLengths) {
    const bool shortest = digits == kPinLengths.front();
    const double share = static_cast<double>(shortest ? kShortPinsLive : kPinsLive) / Pins(digits);
    sum += 2 * (2 * (shortest ? kHitBudget : kLongHitBudget) + 2 * share);
  }
  return sum;
}
static_assert(Bound() < 0.00992, "the rest of 1 % is for what codes.h names");

std::string PeerKey(const Guesser& who) { return absl::StrCat("peer:", who.peer); }
// With the address: whoever knows a device's id elsewhere cannot spend its guesses.
std::string DeviceKey(const Guesser& who) { return absl::StrCat("device:", who.peer, "\x1f", who.device); }

}  // namespace

Codes::Codes(std::function<uint64_t(uint64_t)> below)
    : below_(std::move(below)),
      lengths_{Length(kHitBudget), Length(kLongHitBudget), Length(kLongHitBudget), Length(kLongHitBudget)} {}

double Codes::Spent::RefillPerMs() const { return budget / static_cast<double>(kBudgetRefill.count()); }

double Codes::Spent::At(Time now) const {
  return std::max(0.0, hits - static_cast<double>(std::max(now - at, Duration{0}).count()) * RefillPerMs());
}

void Codes::Spent::Add(double more, Time now) {
  hits = std::max(0.0, At(now) + more);
  at = now;
}

Duration Codes::Spent::Wait(double share, double own, Time now) const {
  const double spent = At(now);
  if (spent - own < budget) return Duration{0};
  return Duration{1 + static_cast<int64_t>(std::ceil((spent - budget + share) / RefillPerMs()))};
}

std::string Codes::KeyOf(std::string_view typed) {
  std::string code;
  for (char c : typed) {
    if (c != ' ' && c != '-') code.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  if (std::find(kPinLengths.begin(), kPinLengths.end(), code.size()) != kPinLengths.end() &&
      std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return code;
  return code.size() < 20 ? std::string() : Sha256(code);
}

size_t Codes::DigitsOf(std::string_view key) { return key.size() <= kPinLengths.back() ? key.size() : 0; }

Codes::Length* Codes::LengthOf(size_t digits) {
  auto found = std::find(kPinLengths.begin(), kPinLengths.end(), digits);
  return found == kPinLengths.end() ? nullptr : &lengths_[found - kPinLengths.begin()];
}

void Codes::Count(const std::string& code_key, int by) {
  Length* length = LengthOf(DigitsOf(code_key));
  (length == nullptr ? links_ : length->live) += by;
}

absl::StatusOr<std::string> Codes::TakePin() {
  absl::MutexLock lock(&mu_);
  size_t live = 0;
  for (const Length& length : lengths_) live += length.live;
  if (live >= kPinsLive) return OutOfPinCodes(kPinsLive);
  const double expected = 2.0 * static_cast<double>(std::max(tried_.wrong, tried_before_));
  const auto fits = [&](size_t index) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const Length& length = lengths_[index];
    if (length.closed || (index == 0 && length.live >= kShortPinsLive)) return false;
    const double spent = expected * static_cast<double>(length.live + 1) / Pins(kPinLengths[index]);
    return spent <= kLengthenAt * length.others.budget;
  };
  size_t index = 0;
  while (index + 1 < kPinLengths.size() && !fits(index)) ++index;
  const size_t digits = kPinLengths[index];
  while (true) {  // few of a length are live: hardly ever drawn twice
    std::string pin = absl::StrFormat("%0*d", static_cast<int>(digits), below_(static_cast<uint64_t>(Pins(digits))));
    if (!codes_.try_emplace(pin).second) continue;
    ++lengths_[index].live;
    return pin;
  }
}

void Codes::Bind(const std::string& code_key, CodeTarget target) {
  absl::MutexLock lock(&mu_);
  auto [it, inserted] = codes_.try_emplace(code_key);
  if (inserted) Count(code_key, 1);
  if (it->second.target) {
    auto own = by_target_.find(*it->second.target);
    if (own != by_target_.end() && *own == &*it) by_target_.erase(own);
  }
  by_target_.erase(target);
  it->second.target = std::move(target);
  it->second.used = false;
  by_target_.insert(&*it);
}

void Codes::Cancel(const std::string& code_key) {
  absl::MutexLock lock(&mu_);
  auto it = codes_.find(code_key);
  if (it == codes_.end() || it->second.target) return;
  codes_.erase(it);
  Count(code_key, -1);
}

void Codes::Release(const CodeTarget& target, bool used, Time now) {
  absl::MutexLock lock(&mu_);
  ForgetUsed(now);
  auto known = by_target_.find(target);
  if (known == by_target_.end()) return;
  auto it = codes_.find((*known)->first);
  by_target_.erase(known);
  Count(it->first, -1);
  if (!used) {
    codes_.erase(it);
    return;
  }
  it->second.used = true;
  it->second.forget = now + kRedeemRepeat;
  used_.emplace_back(it->second.forget, it->first);
}

void Codes::ForgetUsed(Time now) {
  for (; !used_.empty() && used_.front().first <= now; used_.pop_front()) {
    auto it = codes_.find(used_.front().second);
    if (it != codes_.end() && it->second.used) codes_.erase(it);
  }
}

absl::StatusOr<CodeTarget> Codes::Try(const std::string& code_key, const Guesser& who, bool external, Time now) {
  absl::MutexLock lock(&mu_);
  ForgetUsed(now);
  const bool counts = code_key.empty() || DigitsOf(code_key) != 0;
  if (counts) {
    const size_t digits = DigitsOf(code_key);
    const Duration own = WaitForOwn(digits, who, now), all = WaitForAll(digits, who, now);
    ChooseLengths(own == Duration{0} && all > Duration{0}, now);
    if (const Duration wait = std::max(own, all); wait > Duration{0}) return TooManyGuesses(wait);
  }
  auto it = codes_.find(code_key);
  if (it != codes_.end() && it->second.target && bool{it->second.target->external} == external) return *it->second.target;
  if (counts) CountWrong(code_key, who, now);
  return CodeNotFound();
}

void Codes::Wrong(const std::string& code_key, const Guesser& who, Time now) {
  absl::MutexLock lock(&mu_);
  if (code_key.empty() || DigitsOf(code_key) != 0) CountWrong(code_key, who, now);
}

void Codes::Right(const std::string& code_key, const Guesser& who, Time now) {
  absl::MutexLock lock(&mu_);
  if (auto code = codes_.find(code_key); code != codes_.end() && !std::exchange(code->second.right, true)) GiveBack(who, now);
  auto [it, inserted] = known_.try_emplace(who.peer);
  it->second = now;
  if (!inserted) return;
  known_order_.push_back(who.peer);
  if (known_order_.size() <= kKnownPeers) return;
  known_.erase(known_order_.front());
  known_order_.pop_front();
}

bool Codes::IsKnown(const std::string& peer, Time now) const {
  auto it = known_.find(peer);
  return it != known_.end() && it->second + kKnownFor > now;
}

void Codes::GiveBack(const Guesser& who, Time now) {
  auto of = guesses_.find(DeviceKey(who));
  if (of == guesses_.end()) return;
  auto peer = guesses_.find(PeerKey(who));
  for (const Returnable& guess : std::exchange(of->second.returnable, {})) {
    if (guess.at + kGiveBackWithin <= now) continue;
    if (guess.spent != nullptr) guess.spent->Add(-guess.share, now);
    if (peer != guesses_.end()) peer->second.spent.Add(-guess.part(), now);
    size_t& tried = guess.at >= tried_.since ? tried_.wrong : tried_before_;
    if (tried > 0) --tried;
  }
  ChooseLengths(false, now);
}

double Codes::Share(size_t digits) {
  const Length* length = LengthOf(digits);
  return length == nullptr ? 0 : static_cast<double>(length->live) / Pins(digits);
}

Duration Codes::WaitForOwn(size_t digits, const Guesser& who, Time now) {
  Duration wait{0};
  const auto window = [&](const std::string& key, size_t limit) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    auto it = guesses_.find(key);
    if (it == guesses_.end()) return;
    const Window& of = it->second.window;
    if (of.since + kGuessWindow > now && of.wrong >= limit) wait = std::max(wait, of.since + kGuessWindow - now);
  };
  window(PeerKey(who), kGuessesPerPeer);
  if (!who.device.empty()) window(DeviceKey(who), kGuessesPerDevice);
  if (auto it = guesses_.find(PeerKey(who)); it != guesses_.end() && Share(digits) > 0) {
    const Returnable* latest = Latest(who, now);
    wait = std::max(wait, it->second.spent.Wait(Share(digits) / LengthOf(digits)->others.budget,
                                                latest == nullptr ? 0 : latest->part(), now));
  }
  return wait;
}

const Codes::Returnable* Codes::Latest(const Guesser& who, Time now) const {
  auto it = guesses_.find(DeviceKey(who));
  if (it == guesses_.end() || it->second.returnable.empty()) return nullptr;
  const Returnable& latest = it->second.returnable.back();
  return latest.at + kGiveBackWithin > now ? &latest : nullptr;
}

Duration Codes::WaitForAll(size_t digits, const Guesser& who, Time now) {
  if (Share(digits) == 0) return Duration{0};  // it cannot hit
  Length& length = *LengthOf(digits);
  const Spent& spent = IsKnown(who.peer, now) ? length.known : length.others;
  const Returnable* latest = Latest(who, now);
  return spent.Wait(Share(digits), latest != nullptr && latest->spent == &spent ? latest->share : 0, now);
}

void Codes::CountIn(Window& window, Time now) {
  if (window.since + kGuessWindow <= now) window = {now, 0};
  ++window.wrong;
}

Codes::Guesses& Codes::GuessesOf(const std::string& key) {
  auto [it, inserted] = guesses_.try_emplace(key);
  if (!inserted) return it->second;
  guessers_.push_back(key);
  if (guessers_.size() <= kGuessersTracked) return it->second;
  guesses_.erase(guessers_.front());
  guessers_.pop_front();
  return guesses_[key];
}

void Codes::CountWrong(const std::string& code_key, const Guesser& who, Time now) {
  Guesses& peer = GuessesOf(PeerKey(who));
  CountIn(peer.window, now);
  Returnable guess{now};
  if (Length* length = LengthOf(DigitsOf(code_key)); length != nullptr) {
    guess.share = Share(DigitsOf(code_key));
    guess.spent = IsKnown(who.peer, now) ? &length->known : &length->others;
    guess.spent->Add(guess.share, now);
    peer.spent.Add(guess.part(), now);
  }
  Guesses& device = GuessesOf(DeviceKey(who));
  if (!who.device.empty()) CountIn(device.window, now);
  device.returnable.push_back(guess);
  if (device.returnable.size() > kGivenBack) device.returnable.erase(device.returnable.begin());
  ChooseLengths(true, now);
}

void Codes::ChooseLengths(bool tried, Time now) {
  if (tried_.since + kGuessWindow <= now) {
    tried_before_ = tried_.since + 2 * kGuessWindow <= now ? 0 : tried_.wrong;
    tried_ = {now, 0};
  }
  if (tried) ++tried_.wrong;
  for (Length& length : lengths_) {
    const double spent = std::max(length.known.At(now), length.others.At(now)) / length.others.budget;
    length.closed = spent >= (length.closed ? kShortenBelow : kLengthenAt);
  }
}

absl::Status Codes::TakeForm(const std::string& peer, Time now) {
  absl::MutexLock lock(&mu_);
  Window& window = GuessesOf(absl::StrCat("form:", peer)).window;
  CountIn(window, now);
  if (window.wrong <= kFormsPerPeer) return absl::OkStatus();
  return Overloaded("forms from this address", kFormsPerPeer, window.since + kGuessWindow - now);
}

size_t Codes::live_pins() const {
  absl::MutexLock lock(&mu_);
  size_t live = 0;
  for (const Length& length : lengths_) live += length.live;
  return live;
}

size_t Codes::live_links() const {
  absl::MutexLock lock(&mu_);
  return links_;
}

}  // namespace guichet::router

#include "router/codes.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "router/limits.h"
#include "router/secrets.h"
#include "statemachine/refusal.h"

namespace guichet::router {
namespace {

constexpr size_t kPinDigits = 6;
bool IsPin(std::string_view key) { return key.size() == kPinDigits; }

}  // namespace

std::string Codes::KeyOf(std::string_view typed) {
  std::string code;
  for (char c : typed) {
    if (c != ' ' && c != '-') code.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  if (code.size() == kPinDigits && std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return code;
  return code.size() < 20 ? std::string() : Sha256(code);
}

absl::StatusOr<std::string> Codes::TakePin() {
  absl::MutexLock lock(&mu_);
  if (pins_ >= kPinsLive) return OutOfPinCodes(kPinsLive);
  while (true) {  // at most a tenth of all PINs is live: 1.2 draws on average
    std::string pin = absl::StrFormat("%06d", RandomBelow(1000000));
    if (!codes_.try_emplace(pin).second) continue;
    ++pins_;
    return pin;
  }
}

void Codes::Bind(const std::string& code_key, CodeTarget target) {
  absl::MutexLock lock(&mu_);
  auto [it, inserted] = codes_.try_emplace(code_key);
  if (inserted) ++(IsPin(code_key) ? pins_ : links_);
  by_target_[target] = code_key;
  it->second.target = std::move(target);
}

void Codes::Cancel(const std::string& code_key) {
  absl::MutexLock lock(&mu_);
  auto it = codes_.find(code_key);
  if (it == codes_.end() || it->second.target) return;
  codes_.erase(it);
  --pins_;
}

void Codes::Release(const CodeTarget& target, bool used, Time now) {
  absl::MutexLock lock(&mu_);
  ForgetUsed(now);
  auto known = by_target_.find(target);
  if (known == by_target_.end()) return;
  const std::string key = known->second;
  by_target_.erase(known);
  auto it = codes_.find(key);
  if (it == codes_.end()) return;
  --(IsPin(key) ? pins_ : links_);
  if (!used) {
    codes_.erase(it);
    return;
  }
  it->second.used = true;
  it->second.forget = now + kRedeemRepeat;
  used_.emplace_back(it->second.forget, key);
}

void Codes::ForgetUsed(Time now) {
  for (; !used_.empty() && used_.front().first <= now; used_.pop_front()) codes_.erase(used_.front().second);
}

std::optional<CodeTarget> Codes::Find(const std::string& code_key, Time now) {
  absl::MutexLock lock(&mu_);
  ForgetUsed(now);
  auto it = codes_.find(code_key);
  return it == codes_.end() ? std::nullopt : it->second.target;
}

absl::Status Codes::MayGuess(const std::string& peer, const std::string& device, Time now) {
  absl::MutexLock lock(&mu_);
  auto left = [&](const Window& window, size_t limit) {
    const bool spent = window.since + kGuessWindow > now && window.wrong >= limit;
    return spent ? window.since + kGuessWindow - now : Duration{0};
  };
  auto of = [&](const std::string& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    auto it = guesses_.find(key);
    return it == guesses_.end() ? Window{} : it->second;
  };
  Duration wait = std::max(left(all_guesses_, kGuessesInAll), left(of(absl::StrCat("peer:", peer)), kGuessesPerPeer));
  if (!device.empty()) wait = std::max(wait, left(of(absl::StrCat("device:", device)), kGuessesPerDevice));
  return wait > Duration{0} ? TooManyGuesses(wait) : absl::OkStatus();
}

void Codes::CountIn(Window& window, Time now) {
  if (window.since + kGuessWindow <= now) window = {now, 0};
  ++window.wrong;
}

Codes::Window Codes::Count(const std::string& key, Time now) {
  auto [it, inserted] = guesses_.try_emplace(key);
  if (inserted) {
    guessers_.push_back(key);
    if (guessers_.size() > kGuessersTracked) {
      guesses_.erase(guessers_.front());
      guessers_.pop_front();
      it = guesses_.find(key);
    }
  }
  CountIn(it->second, now);
  return it->second;
}

absl::Status Codes::TakeForm(const std::string& peer, Time now) {
  absl::MutexLock lock(&mu_);
  const Window window = Count(absl::StrCat("form:", peer), now);
  if (window.wrong <= kFormsPerPeer) return absl::OkStatus();
  return Overloaded("forms from this address", kFormsPerPeer, window.since + kGuessWindow - now);
}

void Codes::WrongGuess(const std::string& peer, const std::string& device, Time now) {
  absl::MutexLock lock(&mu_);
  CountIn(all_guesses_, now);
  Count(absl::StrCat("peer:", peer), now);
  if (!device.empty()) Count(absl::StrCat("device:", device), now);
}

size_t Codes::live_pins() const {
  absl::MutexLock lock(&mu_);
  return pins_;
}

size_t Codes::live_links() const {
  absl::MutexLock lock(&mu_);
  return links_;
}

}  // namespace guichet::router

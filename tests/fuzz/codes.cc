// Codes as they are typed, and the life of PINs against a model. Input: a line that is a code; then two bytes a step.
#include "router/codes.h"

#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "router/limits.h"
#include "tests/fuzz/fuzz.h"

using namespace guichet;  // NOLINT: a program of one file

namespace {

void Typed(std::string_view code) {
  const std::string key = router::Codes::KeyOf(code);
  const size_t digits = router::Codes::DigitsOf(key);
  fuzz::Require(key.empty() || digits != 0 || key.size() == 32, "a key is a PIN or a hash");
  if (digits != 0) {
    fuzz::Require(key.find_first_not_of("0123456789") == std::string::npos, "a PIN has digits");
    fuzz::Require(router::Codes::KeyOf(key) == key, "a PIN is its own key");
  }
  std::string spaced = " ";
  for (char c : code) spaced += absl::StrCat(std::string(1, c), "- ");
  fuzz::Require(router::Codes::KeyOf(spaced) == key, "spaces and dashes do not matter");
}

class Life {
 public:
  void Step(uint8_t what, uint8_t which) {
    switch (what % 7) {
      case 0:
        if (const auto pin = codes_.TakePin(); pin.ok()) {
          fuzz::Require(!live_.contains(*pin) && !taken_.contains(*pin), "a PIN is taken once");
          taken_.insert(*pin);
        }
        break;
      case 1:
        if (taken_.empty()) break;
        ++sessions_;
        live_[*taken_.begin()] = {OrgId{"acme"}, SessionId{sessions_}, TechnicianId{which % 2 == 0 ? "" : "~1"}};
        codes_.Bind(*taken_.begin(), live_[*taken_.begin()]);
        taken_.erase(taken_.begin());
        break;
      case 2:
        if (taken_.empty()) break;
        codes_.Cancel(*taken_.begin());
        taken_.erase(taken_.begin());
        break;
      case 3:
        if (live_.empty()) break;
        codes_.Cancel(live_.begin()->first);  // does nothing
        codes_.Release(live_.begin()->second, which % 2 == 0, now_);
        live_.erase(live_.begin());
        break;
      case 4:
      case 5:
        Guess(what, which);
        break;
      default:
        now_ += Duration{int64_t{which} * 10000};
    }
    fuzz::Require(codes_.live_pins() == live_.size() + taken_.size(), "live PINs are counted");
  }

 private:
  void Guess(uint8_t what, uint8_t which) {
    const bool right = what % 7 == 4 && !live_.empty();
    const std::string code = right ? live_.begin()->first : absl::StrCat("1", which, "222222");
    const std::string key = router::Codes::KeyOf(code);
    const bool external = which % 3 == 0;
    const router::Guesser who{absl::StrCat("peer", which % 4), which % 8 < 4 ? "" : "device"};
    const auto target = codes_.Try(key, who, external, now_);
    const auto live = live_.find(key);
    const bool leads = live != live_.end() && bool{live->second.external} == external;
    if (target.ok()) {
      fuzz::Require(!live_.contains(key) || (leads && *target == live->second), "a code leads to its own session");
      if (leads) codes_.Right(key, who, now_);
    } else {
      fuzz::RequireRefusal(target.status(), {absl::StatusCode::kNotFound, absl::StatusCode::kResourceExhausted});
      const bool refused = target.status().code() == absl::StatusCode::kResourceExhausted;
      fuzz::Require(!leads || refused, "a live code is found unless guesses are refused");
      fuzz::Require(!refused || RefusalOf(target.status()).retry > Duration{0}, "it says when to try again");
    }
  }

  uint64_t drawn_ = 0;
  router::Codes codes_{[this](uint64_t bound) { return (drawn_++ * 7919 + 111111) % bound; }};
  std::set<std::string> taken_;
  std::map<std::string, router::CodeTarget> live_;
  uint64_t sessions_ = 0;
  Time now_{Duration{1700000000000}};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  Typed(input.Line());
  Life life;
  for (int step = 0; step < 2000 && !input.empty(); ++step) {
    const uint8_t what = input.Byte();
    life.Step(what, input.Byte());
  }
  return 0;
}

// A day of PINs under attack, in virtual time and by a seed: one address that guesses, a botnet of 10,000, and customers who
// mistype, 500 of them behind one address. What guesses may hit is added up here, from what was live when each was looked up,
// and compared with the bound of codes.h.
#include <algorithm>
#include <cmath>
#include <map>
#include <queue>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gtest/gtest.h"
#include "router/codes.h"
#include "router/limits.h"

namespace guichet::router {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr uint64_t kSeed = 20240501;
constexpr Time kMorning{Duration{1700000000000}};
constexpr Duration kDay = hours(24);
constexpr Duration kValidity = minutes(20);  // of a PIN
constexpr double kBound = 0.01;              // of codes.h: a hit within 24 hours

struct Attack {
  size_t addresses = 1;
  Duration from{}, to = kDay;   // since midnight
  Duration every = minutes(1);  // a guess of each address
  bool devices = false;         // each guess from another device
};

struct Outcome {
  double expected_hits = 0;  // of the attackers, in the day
  size_t hits = 0;
  size_t looked_up = 0, turned_away = 0;        // guesses of attackers
  size_t let_in = 0, refused = 0, gave_up = 0;  // customers; refused: with a right code
  size_t mistyped = 0;
  std::map<size_t, size_t> digits;  // of the customers' PINs
};

// Plays one day. Events are ordered by time, then by their number.
class Day {
 public:
  explicit Day(uint64_t seed) : random_(seed), codes_([this](uint64_t bound) { return random_() % bound; }) {}

  // `count` customers from `from` on, evenly spread until `to`: each is told a PIN, and types it after a minute or five.
  void Customers(size_t count, Duration from, Duration to, bool one_address) {
    for (size_t i = 0; i < count; ++i) {
      const std::string peer = one_address ? "office" : absl::StrCat("home-", ++homes_);
      const auto at = from + Duration{static_cast<int64_t>(random_() % static_cast<uint64_t>((to - from).count()))};
      At(at, [this, peer, at] { Call(peer, at); });
    }
  }
  void Attackers(const Attack& attack) {
    const size_t first = bots_;
    bots_ += attack.addresses;
    for (size_t i = 0; i < attack.addresses; ++i) {
      const Duration start =
          attack.from + Duration{static_cast<int64_t>(random_() % static_cast<uint64_t>(attack.every.count()))};
      Bot(attack, absl::StrCat("bot-", first + i), start);
    }
  }
  Outcome Play() {
    while (!events_.empty() && events_.top().at < kDay) {
      now_ = events_.top().at;
      const std::function<void()> what = events_.top().what;
      events_.pop();
      what();
    }
    return outcome_;
  }

 private:
  struct Event {
    Duration at;
    uint64_t number;
    std::function<void()> what;
    bool operator<(const Event& other) const { return std::pair(at, number) > std::pair(other.at, other.number); }
  };
  void At(Duration at, std::function<void()> what) { events_.push({at, ++number_, std::move(what)}); }
  Time now() const { return kMorning + now_; }
  double Chance() { return static_cast<double>(random_() % 1000000) / 1e6; }

  // A technician makes a session and reads its PIN to the customer, who has it until it is used or expires.
  void Call(const std::string& peer, Duration at) {
    const auto pin = codes_.TakePin();
    ASSERT_TRUE(pin.ok()) << pin.status();
    ++outcome_.digits[pin->size()];
    const CodeTarget target{OrgId{"acme"}, SessionId{++sessions_}, {}};
    codes_.Bind(*pin, target);
    live_[*pin] = target;
    ++count_[pin->size()];
    At(at + kValidity, [this, pin = *pin, target] { Gone(pin, target, false); });
    At(at + minutes(1) + seconds(random_() % 240), [this, pin = *pin, target, peer] { Type(pin, target, peer, 0); });
  }
  void Gone(const std::string& pin, const CodeTarget& target, bool used) {
    auto it = live_.find(pin);
    if (it == live_.end() || it->second != target) return;
    live_.erase(it);
    --count_[pin.size()];
    codes_.Release(target, used, now());
  }
  // One of eight is mistyped: a wrong digit, two exchanged, one left out, or last week's PIN. Tried up to five times.
  void Type(const std::string& pin, const CodeTarget& target, const std::string& peer, int times) {
    const Guesser who{peer, absl::StrCat("device-of-", target.session.value)};
    std::string typed = pin;
    if (Chance() < 0.125) {
      const size_t at = random_() % (pin.size() - 1);
      switch (random_() % 4) {
        case 0:
          typed[at] = static_cast<char>('0' + random_() % 10);
          break;
        case 1:
          std::swap(typed[at], typed[at + 1]);
          break;
        case 2:
          typed.erase(at, 1);
          break;
        default:
          for (char& c : typed) c = static_cast<char>('0' + random_() % 10);
      }
    }
    const absl::StatusOr<CodeTarget> found = codes_.Try(Codes::KeyOf(typed), who, false, now());
    if (typed == pin && found.ok() && *found == target) {
      codes_.Right(pin, who, now());
      Gone(pin, target, true);
      ++outcome_.let_in;
    } else if (typed == pin) {
      // A hit of an attacker took his PIN, or he is refused.
      absl::IsResourceExhausted(found.status()) ? ++outcome_.refused : ++outcome_.gave_up;
    } else {
      ++outcome_.mistyped;
      if (times < 5) {
        At(now_ + seconds(15), [this, pin, target, peer, times] { Type(pin, target, peer, times + 1); });
      } else {
        ++outcome_.gave_up;
      }
    }
  }

  // Knows how many PINs of each length are live, and guesses where he hits most likely.
  void Bot(const Attack& attack, const std::string& peer, Duration at) {
    At(at, [this, attack, peer, at] {
      size_t digits = 6;
      double best = 0;
      for (const auto& [length, live] : count_) {
        const double chance = static_cast<double>(live) / std::pow(10, length);
        if (chance > best) std::tie(digits, best) = std::pair(length, chance);
      }
      std::string guess;
      while (guess.size() < digits) guess.push_back(static_cast<char>('0' + random_() % 10));
      const Guesser who{peer, attack.devices ? absl::StrCat("d", random_()) : "d"};
      const auto found = codes_.Try(guess, who, false, now());
      if (found.ok()) {
        ++outcome_.hits;
        codes_.Right(guess, who, now());
        Gone(guess, *found, true);
      }
      const bool looked_up = found.ok() || absl::IsNotFound(found.status());
      ++(looked_up ? outcome_.looked_up : outcome_.turned_away);
      if (looked_up) outcome_.expected_hits += best;
      if (at + attack.every < attack.to) Bot(attack, peer, at + attack.every);
    });
  }

  std::mt19937_64 random_;
  Codes codes_;
  std::priority_queue<Event> events_;
  uint64_t number_ = 0, sessions_ = 0;
  size_t homes_ = 0, bots_ = 0;
  Duration now_{};
  std::map<std::string, CodeTarget> live_;
  std::map<size_t, size_t> count_;
  Outcome outcome_;
};

void Print(const char* what, const Outcome& o) {
  std::string digits;
  for (const auto& [length, count] : o.digits) absl::StrAppend(&digits, " ", count, " of ", length);
  std::printf(
      "%s: expected hits %.5f, hits %zu, guesses looked up %zu, turned away %zu; customers let in %zu, refused %zu, "
      "gave up %zu, mistyped %zu; PINs%s\n",
      what, o.expected_hits, o.hits, o.looked_up, o.turned_away, o.let_in, o.refused, o.gave_up, o.mistyped, digits.c_str());
}

// 500 behind one address and 500 at home, from 8 to 18 o'clock.
void OfficeAndHomes(Day& day) {
  day.Customers(500, hours(8), hours(18), true);
  day.Customers(500, hours(8), hours(18), false);
}

TEST(Guessing, WithoutAttackersNobodyIsRefusedAndPinsStayShort) {
  Day day(kSeed);
  OfficeAndHomes(day);
  const Outcome outcome = day.Play();
  Print("no attack", outcome);
  EXPECT_EQ(outcome.refused, 0u);
  EXPECT_GE(outcome.let_in, 995u);
  EXPECT_GT(outcome.mistyped, 50u) << "nobody mistypes";
  EXPECT_EQ(outcome.digits.size(), 1u);
}

// All of them at home. Of many, those who mistype more often than is given back make some PINs longer.
TEST(Guessing, OrdinaryTyposRefuseNobodyOnABusyDay) {
  for (const size_t count : {3000, 10000, 30000}) {
    Day day(kSeed);
    day.Customers(count, hours(8), hours(18), false);
    const Outcome outcome = day.Play();
    Print(absl::StrCat(count, " customers, no attack").c_str(), outcome);
    EXPECT_EQ(outcome.refused, 0u);
    EXPECT_GT(outcome.mistyped, count / 10);
    EXPECT_GE(outcome.digits.at(6), count == 3000 ? count : count / 10);
  }
}

TEST(Guessing, OneAddressNeitherHitsNorKeepsAnybodyOut) {
  for (const bool devices : {false, true}) {
    Day day(kSeed);
    OfficeAndHomes(day);
    day.Attackers({.addresses = 1, .every = seconds(1), .devices = devices});
    const Outcome outcome = day.Play();
    Print("one address", outcome);
    EXPECT_LE(outcome.expected_hits, kBound);
    EXPECT_EQ(outcome.hits, 0u);
    EXPECT_EQ(outcome.refused, 0u);
    EXPECT_GE(outcome.let_in, 995u);
  }
}

TEST(Guessing, ABotnetThatWasThereBeforeThePinsKeepsNobodyOut) {
  Day day(kSeed);
  OfficeAndHomes(day);
  day.Attackers({.addresses = 10000, .from = hours(7), .to = hours(19), .every = minutes(4), .devices = true});
  day.Attackers({.addresses = 1, .every = seconds(5)});
  const Outcome outcome = day.Play();
  Print("botnet all day", outcome);
  EXPECT_LE(outcome.expected_hits, kBound);
  EXPECT_EQ(outcome.hits, 0u);
  EXPECT_EQ(outcome.refused, 0u);
  EXPECT_GE(outcome.let_in, 995u);
}

// Guesses that begin while PINs of 6 digits are live: whoever has one at an address that is not known may have to ask for
// another. The office is known.
TEST(Guessing, ABotnetAtNoonCostsAtMostThePinsThatAreLiveThen) {
  Outcome office, all;
  for (const bool homes : {false, true}) {
    Day day(kSeed);
    day.Customers(500, hours(8), hours(18), true);
    if (homes) day.Customers(500, hours(8), hours(18), false);
    day.Attackers({.addresses = 10000, .from = hours(12), .every = minutes(4), .devices = true});
    day.Attackers({.addresses = 1, .every = seconds(5)});
    (homes ? all : office) = day.Play();
  }
  Print("botnet at noon, office", office);
  Print("botnet at noon, office and homes", all);
  EXPECT_LE(office.expected_hits, kBound);
  EXPECT_EQ(office.hits, 0u);
  EXPECT_EQ(office.refused, 0u);
  EXPECT_GE(office.let_in, 495u);
  EXPECT_LE(all.expected_hits, kBound);
  EXPECT_EQ(all.hits, 0u);
  EXPECT_LE(all.refused, 10u) << "more than have a PIN of 6 digits at noon";
  EXPECT_GE(all.let_in, 985u);
}

TEST(Guessing, TheIdOfAnotherDeviceDoesNotKeepItOut) {
  Codes codes;
  const auto pin = codes.TakePin();
  ASSERT_TRUE(pin.ok());
  const CodeTarget target{OrgId{"acme"}, SessionId{1}, {}};
  codes.Bind(*pin, target);
  const std::string wrong = *pin == "000000" ? "000001" : "000000";
  for (size_t i = 0; i < kGuessesPerDevice; ++i) {
    EXPECT_TRUE(absl::IsNotFound(codes.Try(wrong, {"attacker", "tablet"}, false, kMorning).status()));
  }
  EXPECT_TRUE(absl::IsResourceExhausted(codes.Try(*pin, {"attacker", "tablet"}, false, kMorning).status()));
  EXPECT_TRUE(codes.Try(*pin, {"home", "tablet"}, false, kMorning).ok());
}

// Live PINs that nobody types, and who guesses beside them.
class Budget : public ::testing::Test {
 protected:
  // With 190 live, a guess takes 0.19 of the budget of 6 digits: six are looked up.
  static constexpr size_t kLive = 190, kFull = 6;

  void Live(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      const auto pin = codes_.TakePin();
      ASSERT_TRUE(pin.ok() && pin->size() == 6) << pin.status();
      codes_.Bind(*pin, {OrgId{"acme"}, SessionId{pins_.size() + 1}, {}});
      pins_.push_back(*pin);
    }
  }
  // A PIN of 6 digits that is not live.
  std::string Wrong() const {
    for (int pin = 0;; ++pin) {
      std::string wrong = absl::StrFormat("%06d", pin);
      if (std::find(pins_.begin(), pins_.end(), wrong) == pins_.end()) return wrong;
    }
  }
  // Whether it is looked up.
  bool Guess(const Guesser& who) {
    const absl::Status answer = codes_.Try(Wrong(), who, false, now_).status();
    EXPECT_TRUE(absl::IsNotFound(answer) || absl::IsResourceExhausted(answer)) << answer;
    return absl::IsNotFound(answer);
  }
  void Typos(size_t count, const Guesser& who) {
    for (size_t i = 0; i < count; ++i) EXPECT_TRUE(Guess(who));
  }
  absl::Status Right(size_t pin, const Guesser& who) {
    const absl::Status answer = codes_.Try(pins_[pin], who, false, now_).status();
    if (answer.ok()) codes_.Right(pins_[pin], who, now_);
    return answer;
  }
  // Guesses that are looked up until everybody's are refused, each from an address of its own.
  size_t Left(bool known = false) {
    size_t left = 0;
    while (true) {
      const Guesser who{absl::StrCat("stranger-", ++strangers_), "d"};
      if (known) codes_.Right("", who, now_);
      if (!Guess(who)) return left;
      ++left;
    }
  }

  std::mt19937_64 random_{kSeed};
  Codes codes_{[this](uint64_t bound) { return random_() % bound; }};
  std::vector<std::string> pins_;
  size_t strangers_ = 0;
  Time now_ = kMorning;
  const Guesser customer_{"home", "tablet"};
};

TEST_F(Budget, AThousandPinsHaveSixDigitsAndTheNextHasNine) {
  Live(kShortPinsLive);
  const auto longer = codes_.TakePin();
  ASSERT_TRUE(longer.ok());
  EXPECT_EQ(longer->size(), 9u);
  codes_.Release({OrgId{"acme"}, SessionId{1}, {}}, false, now_);
  EXPECT_EQ(codes_.TakePin()->size(), 6u);
  EXPECT_EQ(codes_.TakePin()->size(), 9u);
}

TEST_F(Budget, AGuessMakesPinsLongerUntilItIsGivenBack) {
  Live(300);
  Typos(1, customer_);
  EXPECT_EQ(codes_.TakePin()->size(), 9u);
  EXPECT_TRUE(Right(0, customer_).ok());
  EXPECT_EQ(codes_.TakePin()->size(), 6u);
}

TEST_F(Budget, AWrongGuessIsNotGivenBackWithoutARightOne) {
  Live(kLive);
  Typos(1, customer_);
  EXPECT_EQ(Left(), kFull - 1);
}

TEST_F(Budget, TwoGuessesAreGivenBack) {
  Live(kLive);
  Typos(kGivenBack, customer_);
  EXPECT_TRUE(Right(0, customer_).ok());
  EXPECT_EQ(Left(), kFull);
}

TEST_F(Budget, TheThirdGuessIsNotGivenBack) {
  Live(kLive);
  Typos(kGivenBack + 1, customer_);
  EXPECT_TRUE(Right(0, customer_).ok());
  EXPECT_EQ(Left(), kFull - 1);
}

TEST_F(Budget, GuessesAreGivenBackWithinTwoMinutes) {
  Live(kLive);
  Typos(1, customer_);
  now_ += kGiveBackWithin - Duration{1};
  EXPECT_TRUE(Right(0, customer_).ok());
  EXPECT_EQ(Left(), kFull);
}

TEST_F(Budget, AfterTwoMinutesNothingIsGivenBack) {
  Live(kLive);
  Typos(1, customer_);
  now_ += kGiveBackWithin;
  EXPECT_TRUE(Right(0, customer_).ok());
  EXPECT_EQ(Left(), kFull - 1);
}

TEST_F(Budget, OnlyTheSameAddressAndDeviceGivesBack) {
  Live(kLive);
  Typos(1, customer_);
  EXPECT_TRUE(Right(0, {"home", "another"}).ok());
  EXPECT_TRUE(Right(1, {"elsewhere", "tablet"}).ok());
  EXPECT_EQ(Left(), kFull - 1);
}

// Whoever redeemed a code may repeat it: that is no further code.
TEST_F(Budget, ACodeGivesBackOnce) {
  Live(kLive);
  EXPECT_TRUE(Right(0, customer_).ok());
  Typos(2, customer_);
  EXPECT_TRUE(Right(0, customer_).ok());
  EXPECT_EQ(Left(true), kFull - 2);
}

TEST_F(Budget, AnotherCodeGivesBackAgain) {
  Live(kLive);
  EXPECT_TRUE(Right(0, customer_).ok());
  Typos(2, customer_);
  EXPECT_TRUE(Right(1, customer_).ok());
  EXPECT_EQ(Left(true), kFull);
}

// One guess among a thousand PINs is the whole budget: his own does not keep a customer out, nor others when he is in.
TEST_F(Budget, ATypoAmongAThousandPinsKeepsNobodyOut) {
  Live(kShortPinsLive);
  const Guesser neighbour{"other home", "tablet"};
  Typos(1, customer_);
  EXPECT_TRUE(absl::IsResourceExhausted(Right(1, neighbour)));
  EXPECT_TRUE(Right(0, customer_).ok());
  EXPECT_TRUE(Right(1, neighbour).ok());
}

TEST_F(Budget, OnlyTheLatestGuessIsLeftOutOfWhatIsSpent) {
  Live(kShortPinsLive);
  Typos(2, customer_);
  EXPECT_FALSE(Guess(customer_));
  EXPECT_TRUE(absl::IsResourceExhausted(Right(0, customer_)));
}

TEST_F(Budget, OneGuessBeyondWhatIsSpentIsLookedUpNotOneOfEachGuesser) {
  Live(kLive);
  const Guesser another{"another home", "tablet"};
  Typos(1, customer_);
  Typos(1, another);
  EXPECT_EQ(Left(), kFull - 2);
  EXPECT_TRUE(Guess(another));
  EXPECT_FALSE(Guess(customer_));
}

TEST_F(Budget, AnOfficeOfCustomersWhoMistypeIsNotKeptOut) {
  Live(kLive);
  for (size_t i = 0; i < 20; ++i) {
    const Guesser who{"office", absl::StrCat("tablet-", i)};
    Typos(1, who);
    EXPECT_TRUE(Right(i, who).ok());
  }
}

// The worst that guesses can do in a day: from addresses that are known and others, each guessing again while its latest guess
// is left out, among PINs that stay live.
class WorstDay : public Budget, public ::testing::WithParamInterface<size_t> {};

TEST_P(WorstDay, StaysWithinTheBound) {
  Live(GetParam());
  const std::string wrong = Wrong();
  size_t looked_up = 0, turned_away = 0;
  for (size_t second = 0; second < 24 * 3600; ++second, now_ += seconds(1)) {
    const Guesser known{absl::StrCat("known-", second % 5000), "d"}, other{absl::StrCat("other-", second % 5000), "d"};
    if (second < 5000) codes_.Right("", known, now_);
    for (const Guesser& who : {known, known, other, other}) {
      ++(absl::IsNotFound(codes_.Try(wrong, who, false, now_).status()) ? looked_up : turned_away);
    }
  }
  const double expected = static_cast<double>(looked_up * GetParam()) / 1e6;
  std::printf("%zu PINs of 6 digits: expected hits %.5f, guesses looked up %zu, turned away %zu\n", GetParam(), expected,
              looked_up, turned_away);
  EXPECT_LE(expected, kBound);
  EXPECT_GT(expected, 2 * kHitBudget) << "the budgets were not spent";
}
INSTANTIATE_TEST_SUITE_P(Live, WorstDay, ::testing::Values(1, 20, 250, kShortPinsLive));

// Many more sessions than 6 digits are good for.
TEST(Guessing, ALargeDaemonDrawsLongerPinsAndKeepsTheBound) {
  Day day(kSeed);
  day.Customers(100000, hours(8), hours(18), false);
  day.Attackers({.addresses = 10000, .from = hours(10), .to = hours(14), .every = minutes(4), .devices = true});
  const Outcome outcome = day.Play();
  Print("100,000 customers, botnet", outcome);
  EXPECT_LE(outcome.expected_hits, kBound);
  EXPECT_EQ(outcome.hits, 0u);
  EXPECT_LE(outcome.refused, kShortPinsLive);
  EXPECT_GE(outcome.let_in, 99000u);
}

}  // namespace
}  // namespace guichet::router

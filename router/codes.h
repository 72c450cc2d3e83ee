// Live PINs and links of all organizations, and the budgets of wrong guesses. All organizations draw from the same PINs, and a
// wrong PIN belongs to none of them, so budgets are the daemon's.
//
// What is guaranteed. A guess of d digits hits with probability live(d) / 10^d, its share, where live(d) PINs of that length
// are live: PINs are drawn uniformly, so no plan does better. The shares of all guesses add up to the expected number of hits,
// which bounds the probability of one. Wrong guesses take their shares from budgets, and a guess is looked up only while its
// budget is not spent. There are 8: for each length, one of addresses that are known and one of others. Each gets as much back
// in a day as it holds: kHitBudget for 6 digits, kLongHitBudget for the others. For whoever guessed wrong within
// kGiveBackWithin, his latest guess is left out of what is spent; so guesses take at most 2 of a budget within any 24 hours,
// and the shares of two guesses beyond. A share is 0.001 at most for 6 digits, of which kShortPinsLive are drawn, and for the
// others 0.0001 (kPinsLive of 9 digits), 10^-7, 10^-10. Therefore, for any number of addresses, at any rate (added up
// in codes.cc):
//   P(somebody who has no right codes of his own hits a PIN, within 24 hours)
//     <= 2 * (2 * 0.001 + 2 * 0.001) + 6 * 2 * 0.000125 + 2 * 2 * (0.0001 + 10^-7 + 10^-10) < 0.00991 < 1 %.
// Leaving out what was found wrong gains a factor of 1 + 0.004 / live(6) at most, and what is given back across the begin of
// the 24 hours the refill of two minutes: less than 0.00003 together. Assumed are randomness that nobody can predict
// (OpenSSL's), and no restart: a start fills the budgets.
//
// A customer's typo is no attack. A right code gives back the guesser's latest wrong guesses, those of the same address and
// device within kGiveBackWithin, at most kGivenBack of them, once for a code. So an attacker needs sessions of his own, one
// for each two guesses, hence an account of an organization whose history then shows them. Not in the bound are the typos
// themselves: each leads to somebody else's session with the probability of its share.
//
// Who gets in. Nobody can tell a customer's right code from a lucky guess: with 50 live PINs of 6 digits and 10,000 addresses
// that guess once, either customers are refused or half a PIN is hit. So PINs grow in time: TakePin draws the shortest length
// of whose budgets less than kLengthenAt is spent, even after guesses as many as twice those of the last kGuessWindow that were
// not given back. With none, kShortPinsLive have 6 digits; for a day of 6 digits, wrong guesses that nobody makes good may be
// about 1,000 / live(6). A customer with a right code is refused, with TOO_MANY_GUESSES, in two cases only. Either there were
// too many wrong ones at his own address. Or guesses became so much more frequent while his PIN was live that they spent what
// kLengthenAt left, which 500 / live(6) of them do: then he has a PIN from before them, and an address that has had no right
// code within kKnownFor; a PIN that is drawn after them lets him in. Known addresses are refused likewise only for guesses of
// other known ones: typos that nobody corrects, or attackers with right codes.
//
// Links are never limited: they have 130 random bits.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/container/node_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "router/limits.h"
#include "router/secrets.h"
#include "statemachine/session.h"

namespace guichet::router {

// Where a code leads.
struct CodeTarget {
  OrgId org;
  SessionId session;
  Rare<TechnicianId> external;  // an external technician's invitation; empty: the customer's way in
  bool operator==(const CodeTarget&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const CodeTarget& target) {
    return H::combine(std::move(h), target.org, target.session, *target.external);
  }
};

// Digits that a PIN can have.
inline constexpr std::array<size_t, 4> kPinLengths = {6, 9, 12, 15};

// Who tries a code.
struct Guesser {
  std::string peer;    // his address (PeerAddress)
  std::string device;  // free text, may be empty
};

// Thread safety: all methods may be called from any thread. Invariant: a code is live for at most one session of the daemon.
class Codes {
 public:
  // `below`: draws uniformly from 0 to its argument, without it.
  explicit Codes(std::function<uint64_t(uint64_t)> below = RandomBelow);

  // A PIN that no live or recently redeemed session has, taken until Bind or Cancel. OUT_OF_PIN_CODES at the limit. Its length
  // follows from the budgets as they were at the latest guess.
  absl::StatusOr<std::string> TakePin();
  void Bind(const std::string& code_key, CodeTarget target);
  void Cancel(const std::string& code_key);
  // The code is used or dead. A used one still leads to its target for kRedeemRepeat, so that its redeemer may repeat.
  void Release(const CodeTarget& target, bool used, Time now);

  // The PIN itself, or the hash of a link's code: what the session stores. Spaces and dashes are ignored. Empty: no possible
  // code.
  static std::string KeyOf(std::string_view typed);
  // 0 for a key of no PIN.
  static size_t DigitsOf(std::string_view key);

  // Where the code leads. `external`: an external technician tries it, else a customer; each may use his own kind. Errors:
  // TOO_MANY_GUESSES while a budget is spent, whether the code is right or not; CODE_NOT_FOUND, which counts.
  absl::StatusOr<CodeTarget> Try(const std::string& code_key, const Guesser& who, bool external, Time now);
  // Counts a code that Try let pass and its session refused: somebody else had used it.
  void Wrong(const std::string& code_key, const Guesser& who, Time now);
  // The code let him in: his address is a known one, and his latest wrong guesses are given back, once for a code.
  void Right(const std::string& code_key, const Guesser& who, Time now);
  // Counts a channel's form against the budget of its peer. OVERLOADED while that is spent.
  absl::Status TakeForm(const std::string& peer, Time now);

  size_t live_pins() const;
  size_t live_links() const;

 private:
  struct Entry {
    std::optional<CodeTarget> target;  // nullopt: taken, its session is not durable
    bool used = false;
    bool right = false;  // Right was called: it gives nothing back again
    Time forget{};       // used: when the entry goes
  };
  using Map = absl::node_hash_map<std::string, Entry>;  // whose nodes stay where they are
  struct TargetHash {
    using is_transparent = void;
    size_t operator()(const CodeTarget& target) const { return absl::HashOf(target); }
    size_t operator()(const Map::value_type* code) const { return absl::HashOf(*code->second.target); }
  };
  struct TargetEq {
    using is_transparent = void;
    static const CodeTarget& Of(const CodeTarget& target) { return target; }
    static const CodeTarget& Of(const Map::value_type* code) { return *code->second.target; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return Of(a) == Of(b);
    }
  };
  struct Window {
    Time since{};
    size_t wrong = 0;
  };
  // Expected hits of guesses, which are forgotten at a constant rate: a budget of them in kBudgetRefill.
  struct Spent {
    double budget;
    double hits = 0;
    Time at{};
    double RefillPerMs() const;
    double At(Time now) const;
    // Until a guess of that share fits; 0: the budget is not spent. `own`: what is left out of what is spent.
    Duration Wait(double share, double own, Time now) const;
    void Add(double more, Time now);
  };
  // A wrong guess that a right code would give back.
  struct Returnable {
    Time at{};
    double share = 0;
    Spent* spent = nullptr;  // in lengths_; nullptr: no possible code, which took no share
    double part() const { return spent == nullptr ? 0 : share / spent->budget; }
  };
  struct Guesses {
    Window window;
    Spent spent{kPeerPart};              // of an address: parts of budgets
    std::vector<Returnable> returnable;  // of a device: the latest kGivenBack, oldest first
  };
  struct Length {
    explicit Length(double budget) : known{budget}, others{budget} {}
    size_t live = 0;
    Spent known, others;
    bool closed = false;  // for PINs that are drawn: too much is spent
  };

  void ForgetUsed(Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static void CountIn(Window& window, Time now);
  // What is counted of `key`.
  Guesses& GuessesOf(const std::string& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool IsKnown(const std::string& peer, Time now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The entry of kPinLengths; nullptr for another number of digits.
  Length* LengthOf(size_t digits) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // How long he has to wait until he may guess, because of his own guesses or of everybody's; 0: he may.
  Duration WaitForOwn(size_t digits, const Guesser& who, Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Duration WaitForAll(size_t digits, const Guesser& who, Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // His latest guess if it may yet be given back.
  const Returnable* Latest(const Guesser& who, Time now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void GiveBack(const Guesser& who, Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The chance of a guess.
  double Share(size_t digits) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CountWrong(const std::string& code_key, const Guesser& who, Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Decides which lengths the next PINs can have. `tried`: one more guess would have been looked up but for the budgets of all.
  void ChooseLengths(bool tried, Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Count(const std::string& code_key, int by) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::function<uint64_t(uint64_t)> below_;
  mutable absl::Mutex mu_;
  Map codes_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_set<const Map::value_type*, TargetHash, TargetEq> by_target_ ABSL_GUARDED_BY(mu_);  // codes not yet used
  std::deque<std::pair<Time, std::string>> used_ ABSL_GUARDED_BY(mu_);
  std::array<Length, kPinLengths.size()> lengths_ ABSL_GUARDED_BY(mu_);
  size_t links_ ABSL_GUARDED_BY(mu_) = 0;
  Window tried_ ABSL_GUARDED_BY(mu_);             // by everybody
  size_t tried_before_ ABSL_GUARDED_BY(mu_) = 0;  // in the window before
  absl::flat_hash_map<std::string, Guesses> guesses_ ABSL_GUARDED_BY(mu_);
  std::deque<std::string> guessers_ ABSL_GUARDED_BY(mu_);              // in the order in which they came
  absl::flat_hash_map<std::string, Time> known_ ABSL_GUARDED_BY(mu_);  // peer to its latest right code
  std::deque<std::string> known_order_ ABSL_GUARDED_BY(mu_);
};

}  // namespace guichet::router

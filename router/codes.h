// Live PINs and links of all organizations, and the budget of wrong guesses. PINs are few (a million), so both belong together.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "statemachine/session.h"

namespace guichet::router {

// Where a code leads.
struct CodeTarget {
  OrgId org;
  SessionId session;
  TechnicianId external;  // an external technician's invitation; empty: the customer's way in
  auto operator<=>(const CodeTarget&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const CodeTarget& target) {
    return H::combine(std::move(h), target.org, target.session, target.external);
  }
};

// Thread safety: all methods may be called from any thread. Invariant: a code is live for at most one session of the daemon.
class Codes {
 public:
  // A PIN that no live or recently redeemed session has, taken until Bind or Cancel. OUT_OF_PIN_CODES at the limit.
  absl::StatusOr<std::string> TakePin();
  void Bind(const std::string& code_key, CodeTarget target);
  void Cancel(const std::string& code_key);
  // The code is used or dead. A used one still leads to its target for kRedeemRepeat, so that its redeemer may repeat.
  void Release(const CodeTarget& target, bool used, Time now);

  // The PIN itself, or the hash of a link's code: what the session stores. Spaces and dashes are ignored. Empty: no possible
  // code.
  static std::string KeyOf(std::string_view typed);

  // Only PINs count against the budgets: the code of a link has 130 random bits, and trying some finds nothing.
  static bool IsGuessable(std::string_view typed) { return KeyOf(typed).size() <= 6; }

  // TOO_MANY_GUESSES while a budget is spent. `peer` and `device` are free text; `device` may be empty.
  absl::Status MayGuess(const std::string& peer, const std::string& device, Time now);
  // Counts against the budgets.
  void WrongGuess(const std::string& peer, const std::string& device, Time now);
  // Counts a channel's form against the budget of its peer. OVERLOADED while that is spent.
  absl::Status TakeForm(const std::string& peer, Time now);
  std::optional<CodeTarget> Find(const std::string& code_key, Time now);

  size_t live_pins() const;
  size_t live_links() const;

 private:
  struct Entry {
    std::optional<CodeTarget> target;  // nullopt: taken, its session is not durable
    bool used = false;
    Time forget{};  // used: when the entry goes
  };
  struct Window {
    Time since{};
    size_t wrong = 0;
  };

  void ForgetUsed(Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static void CountIn(Window& window, Time now);
  // The window of `key` after counting in it.
  Window Count(const std::string& key, Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable absl::Mutex mu_;
  absl::flat_hash_map<std::string, Entry> codes_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<CodeTarget, std::string> by_target_ ABSL_GUARDED_BY(mu_);
  std::deque<std::pair<Time, std::string>> used_ ABSL_GUARDED_BY(mu_);
  size_t pins_ ABSL_GUARDED_BY(mu_) = 0;
  size_t links_ ABSL_GUARDED_BY(mu_) = 0;
  Window all_guesses_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<std::string, Window> guesses_ ABSL_GUARDED_BY(mu_);
  std::deque<std::string> guessers_ ABSL_GUARDED_BY(mu_);  // in the order of their windows
};

}  // namespace guichet::router

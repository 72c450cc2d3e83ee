// Many ask at once; one gets it. Every round is a session of its own; several rounds are under way at the same time.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/synchronization/mutex.h"
#include "statemachine/limits.h"
#include "tests/race/ledger.h"

namespace guichet::race {
namespace {

constexpr size_t kRounds = 10000;               // of the start; GUICHET_RACE_ROUNDS overrides
constexpr size_t kOtherRounds = 1000;           // of each other race; a tenth of GUICHET_RACE_ROUNDS
constexpr size_t kEnoughRounds = kOtherRounds;  // both orders of two commands must have been seen
constexpr size_t kFew = 7;                      // who start against one who cancels or ends, so that he wins often
constexpr size_t kLanes = 8;                    // rounds under way
static_assert(kLanes <= limits::kActiveSessions, "whoever wins in all lanes may not be refused");

using Random = std::mt19937_64;

// How a session is when the race for it begins; "desk" sends it to the floor.
enum class Scene { kWaiting, kSentByLead, kSentAsItWaits };
constexpr Scene kScenes[] = {Scene::kWaiting, Scene::kSentByLead, Scene::kSentAsItWaits};

// What was seen, over all rounds.
class Tally {
 public:
  void Count(const std::string& what) {
    absl::MutexLock lock(&mu_);
    ++counts_[what];
  }
  size_t operator[](const std::string& what) const {
    absl::MutexLock lock(&mu_);
    const auto it = counts_.find(what);
    return it == counts_.end() ? 0 : it->second;
  }
  void Print() const {
    absl::MutexLock lock(&mu_);
    for (const auto& [what, count] : counts_) std::cout << "  " << count << " " << what << std::endl;
  }

 private:
  mutable absl::Mutex mu_;
  std::map<std::string, size_t> counts_ ABSL_GUARDED_BY(mu_);
};

size_t RoundsFromEnvironment() {
  const char* text = std::getenv("GUICHET_RACE_ROUNDS");
  size_t rounds = kRounds;
  if (text != nullptr && (!absl::SimpleAtoi(text, &rounds) || rounds == 0)) {
    ADD_FAILURE() << "GUICHET_RACE_ROUNDS: not a number of rounds: " << text;
  }
  return rounds;
}

uint64_t Seed() {
  const char* text = std::getenv("GUICHET_SEED");
  uint64_t seed = 0;
  return text != nullptr && absl::SimpleAtoi(text, &seed) ? seed : std::random_device()();
}

std::vector<Move> Racers(Verb verb, Random& random, size_t count = kRacers) {
  std::vector<Move> moves;
  for (size_t seat = 0; seat < kRacers; ++seat) moves.push_back({verb, seat});
  std::shuffle(moves.begin(), moves.end(), random);
  moves.resize(count);
  return moves;
}

// The move is sent first or last in turn, so that it often wins and often loses.
std::vector<Move> With(std::vector<Move> moves, Move move, size_t round) {
  moves.insert(round % 2 == 0 ? moves.begin() : moves.end(), move);
  return moves;
}

class Race : public ::testing::Test {
 protected:
  // Plays a round in the contest, to the end of its session.
  using Round = std::function<void(Contest& contest, size_t round, Random& random)>;

  // What went wrong, or "".
  static std::string Played(const Round& play, Contest& contest, size_t round, Random& random) {
    try {
      play(contest, round, random);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "";
  }

  // Checks each round against its timeline. Stops at the first failure.
  void Run(size_t rounds, const Round& play) {
    const uint64_t seed = Seed();
    std::cout << "GUICHET_SEED=" << seed << ", " << rounds << " rounds" << std::endl;
    std::atomic<size_t> next = 0;
    auto lane = [&] {
      const Client client(arena_.port());
      for (size_t round = next++; round < rounds && !HasFailure(); round = next++) {
        Random random(seed + round);
        try {
          Contest contest(arena_, client);
          std::string wrong = Played(play, contest, round, random);
          const auto timeline = contest.Timeline();
          if (wrong.empty()) wrong = Disagreement(contest, timeline, contest.Get());
          if (!wrong.empty()) ADD_FAILURE() << "round " << round << ": " << wrong << "\n" << Story(contest, timeline);
          for (const Answer& answer : contest.answers()) {
            if (!answer.ok()) tally_.Count("refused with " + answer.outcome.reason);
          }
        } catch (const std::exception& error) {
          ADD_FAILURE() << "round " << round << ": " << error.what();
        }
      }
    };
    std::vector<std::thread> lanes;
    for (size_t i = 0; i < std::min(kLanes, rounds); ++i) lanes.emplace_back(lane);
    for (std::thread& thread : lanes) thread.join();
    tally_.Print();
  }

  // Plays a move that must take effect.
  static void Must(Contest& contest, Verb verb, size_t seat) {
    const Answer answer = contest.Play(verb, seat);
    if (!answer.ok()) throw std::runtime_error(std::string(Name(verb)) + ": " + answer.outcome.message);
  }

  // Of racers who all start and of whom one must win: where in the order of sending he was.
  size_t OneWinner(const std::vector<Answer>& answers) {
    std::vector<size_t> winners;
    for (size_t i = 0; i < answers.size(); ++i) {
      if (answers[i].ok()) winners.push_back(i);
    }
    if (winners.size() != 1) throw std::runtime_error(std::to_string(winners.size()) + " have won");
    const Answer& winner = answers[winners.front()];
    for (const Answer& loser : answers) {
      if (loser.ok()) continue;
      const auto& facts = loser.outcome.metadata;
      if (loser.outcome.code != grpc::StatusCode::FAILED_PRECONDITION || loser.outcome.reason != "ALREADY_STARTED" ||
          facts.at("lead_technician_id") != winner.who || facts.at("epoch") != std::to_string(winner.epoch)) {
        throw std::runtime_error(winner.who + " has won; " + loser.who + " was told " + loser.outcome.reason + ", " +
                                 loser.outcome.message);
      }
    }
    tally_.Count(winners.front() == 0 ? "won by who was asked for first" : "won by another than who was asked for first");
    return winners.front();
  }

  static void Arrange(Contest& contest, Scene scene) {
    if (scene == Scene::kSentByLead) Must(contest, Verb::kStart, kDesk);
    if (scene != Scene::kWaiting) Must(contest, Verb::kTransfer, kDesk);
  }

  // Of starts against one other move.
  struct Won {
    size_t starts = 0;
    size_t seat = 0;  // who started it
    bool other = false;
  };
  static Won WinnersOf(const std::vector<Move>& moves, const std::vector<Answer>& answers) {
    Won won;
    for (size_t i = 0; i < moves.size(); ++i) {
      if (!answers[i].ok()) continue;
      if (moves[i].verb == Verb::kStart) {
        ++won.starts;
        won.seat = moves[i].seat;
      } else {
        won.other = true;
      }
    }
    return won;
  }

  void ExpectSeen(const std::vector<std::string>& outcomes) const {
    if (other_rounds_ < kEnoughRounds) return;
    for (const std::string& outcome : outcomes) EXPECT_GT(tally_[outcome], 0u) << "never seen: " << outcome;
  }

  const size_t rounds_ = RoundsFromEnvironment();
  const size_t other_rounds_ = std::max<size_t>(1, rounds_ / (kRounds / kOtherRounds));
  Arena arena_;
  Tally tally_;
};

TEST_F(Race, OneOfAllWhoStartAWaitingSessionWins) {
  Run(rounds_, [&](Contest& contest, size_t, Random& random) {
    const auto moves = Racers(Verb::kStart, random);
    const size_t winner = OneWinner(contest.Play(moves));
    Must(contest, Verb::kEnd, moves[winner].seat);
  });
}

TEST_F(Race, OneOfAllRecipientsOfATransferWins) {
  Run(other_rounds_, [&](Contest& contest, size_t round, Random& random) {
    Arrange(contest, round % 2 == 0 ? Scene::kSentByLead : Scene::kSentAsItWaits);
    const auto moves = Racers(Verb::kStart, random);
    const size_t winner = OneWinner(contest.Play(moves));
    Must(contest, Verb::kEnd, moves[winner].seat);
  });
}

TEST_F(Race, OneOfTheSenderWhoTakesBackAndTheRecipientsWins) {
  Run(other_rounds_, [&](Contest& contest, size_t round, Random& random) {
    Arrange(contest, round / 2 % 2 == 0 ? Scene::kSentByLead : Scene::kSentAsItWaits);
    const auto moves = With(Racers(Verb::kStart, random, kFew), {Verb::kStart, kDesk}, round);
    const size_t winner = OneWinner(contest.Play(moves));
    tally_.Count(moves[winner].seat == kDesk ? "taken back" : "taken");
    Must(contest, Verb::kEnd, moves[winner].seat);
  });
  ExpectSeen({"taken back", "taken"});
}

TEST_F(Race, AStartAndTheCancelOfItsTransferComeInOneOrder) {
  Run(other_rounds_, [&](Contest& contest, size_t round, Random& random) {
    const Scene scene = round / 2 % 2 == 0 ? Scene::kSentByLead : Scene::kSentAsItWaits;
    Arrange(contest, scene);
    const auto moves = With(Racers(Verb::kStart, random, kFew), {Verb::kCancelTransfer, kDesk}, round);
    const Won won = WinnersOf(moves, contest.Play(moves));
    // What its lead gets back is his; what waited waits again, and may be started by any of them.
    if (won.starts != (won.other && scene == Scene::kSentByLead ? 0 : 1))
      throw std::runtime_error("started too often or never");
    tally_.Count(!won.other        ? "taken before the cancel"
                 : won.starts == 0 ? "cancelled, and the sender's"
                                   : "cancelled, then started");
    Must(contest, Verb::kEnd, won.starts == 0 ? kDesk : won.seat);
  });
  ExpectSeen({"taken before the cancel", "cancelled, and the sender's", "cancelled, then started"});
}

TEST_F(Race, AStartAndTheEndByAnotherTechnicianComeInOneOrder) {
  Run(other_rounds_, [&](Contest& contest, size_t round, Random& random) {
    const Scene scene = kScenes[round / 2 % std::size(kScenes)];
    Arrange(contest, scene);
    const auto moves = With(Racers(Verb::kStart, random, kFew), {Verb::kEnd, kDesk}, round);
    const Won won = WinnersOf(moves, contest.Play(moves));
    if (won.starts != (won.other ? 0 : 1)) throw std::runtime_error("started and ended, or neither");
    tally_.Count(won.other ? "ended before a start" : "started before the end");
    if (!won.other) Must(contest, Verb::kEnd, won.seat);
  });
  ExpectSeen({"ended before a start", "started before the end"});
}

TEST_F(Race, AStartAndTheEndByTheCustomerComeInOneOrder) {
  Run(other_rounds_, [&](Contest& contest, size_t round, Random& random) {
    const Scene scene = kScenes[round / 2 % std::size(kScenes)];
    Arrange(contest, scene);
    const auto moves = With(Racers(Verb::kStart, random, kFew), {Verb::kCustomerEnd, 0}, round);
    const Won won = WinnersOf(moves, contest.Play(moves));
    if (won.starts > 1) throw std::runtime_error("started too often");
    tally_.Count(won.starts == 0 ? "ended before a start" : "started before the end");
    // Who led or sent it dismisses it.
    if (won.starts == 1 || scene != Scene::kWaiting) Must(contest, Verb::kEnd, won.starts == 1 ? won.seat : kDesk);
  });
  ExpectSeen({"ended before a start", "started before the end"});
}

}  // namespace
}  // namespace guichet::race

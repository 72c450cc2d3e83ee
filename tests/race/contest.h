// One session from its creation to its end, and all that was asked about it, phase by phase. What is asked within a phase is
// on its way at the same time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/race/arena.h"

namespace guichet::race {

enum class Verb { kStart, kTransfer, kCancelTransfer, kEnd, kCustomerEnd };
const char* Name(Verb verb);  // as the timeline's trigger

struct Move {
  Verb verb = Verb::kStart;
  size_t seat = 0;  // who; the customer has none
};

struct Answer {
  Verb verb = Verb::kStart;
  std::string who;  // empty: the customer
  size_t phase = 0;
  Outcome outcome;
  // Of the session after an effect; the customer is told only how the session ended.
  uint64_t revision = 0;
  uint64_t epoch = 0;
  std::string lead;
  pb::Outcome ended = pb::OUTCOME_UNSPECIFIED;
  bool ok() const { return outcome.ok(); }
};

class Contest {
 public:
  // A session of the channel, WAITING for all seats. `client` is a connection for reading and creating.
  Contest(const Arena& arena, const Client& client);

  uint64_t id() const { return id_; }
  // One phase: sends all moves, in this order, without waiting, then blocks for all answers; the customer's is the end of the
  // session, whoever ends it. Returns the answers in the order of the moves.
  std::vector<Answer> Play(const std::vector<Move>& moves);
  // A phase of one move.
  Answer Play(Verb verb, size_t seat) { return Play(std::vector<Move>{{verb, seat}}).front(); }

  const std::vector<Answer>& answers() const { return answers_; }
  pb::Session Get() const;
  std::vector<pb::TimelineEvent> Timeline() const;

 private:
  // What the device is told at the end; blocks for it.
  pb::Outcome AwaitEndOfDevice();
  template <class Response>
  Response Must(const google::protobuf::Message& request) const;

  const Arena& arena_;
  const Client& client_;
  uint64_t id_ = 0;
  std::unique_ptr<api_test::Device> device_;
  size_t phase_ = 0;
  std::vector<Answer> answers_;
};

}  // namespace guichet::race

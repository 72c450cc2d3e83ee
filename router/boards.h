// What people outside a console look at: customers at their place in a queue, others at the availability of a channel. They are
// told again whenever it changes.
//
// A board belongs to one queue at which somebody looks. What a command changes marks the boards that it concerns: of the queues
// of its sessions, and of those that its technicians serve. At the end of the writer's turn each marked board is computed once
// for all who look, and who sees something else than before is told; the newest state wins, nobody is owed more than one
// message.
//
// What it costs on the writer's thread: for a queue with n waiting sessions, s technicians and w who look, n + s + w·log n
// steps of some 50 ns. After it the board rests, w / kToldPerMs long, however often its queue changes meanwhile. So a board
// takes a bounded share of the thread, and of the one that tells: a queue of 10,000 of whom all look is told once in a second,
// one of 10 at once. A command that concerns no board pays one look-up for each session and technician that it touches.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "statemachine/route.h"
#include "statemachine/step.h"

namespace guichet::router {

// Where a session stands, for its customer. In the API: never renumber the states.
struct Place {
  enum class State : uint8_t { kNotAttached = 1, kWaiting = 2, kOffered = 3, kStarted = 4, kEnded = 5 };
  State state = State::kEnded;
  size_t position = 0;                   // from 1; 0: in no line
  Duration waited{};                     // so far, or until it was over
  std::optional<WaitEstimate> estimate;  // from this moment on
  std::string notice;                    // nobody serves the queue at this time

  bool final() const { return state == State::kStarted || state == State::kEnded; }
  // Whether the customer need not be told of this after he was told of `told`: what is only due to the passing of time (the
  // time waited, and a little in the estimate) is no reason.
  bool IsAs(const Place& told) const;
};

// Of a channel.
struct Availability {
  std::array<size_t, 4> technicians{};  // [count AWAY ones + 2 · count BUSY ones]; who is both counts with both
  bool open = true;
  size_t waiting = 0;
  std::optional<WaitEstimate> estimate;  // of a session that joined at this moment
  bool IsAs(const Availability& told) const;
};

template <class View>
struct Seen {
  uint64_t version = 0;  // a higher one is newer: views may come out of order
  Revision revision;
  View view;
};

// Who looks. Both are called once what they tell of is durable, from any thread; they must not block.
class Looker {
 public:
  virtual ~Looker() = default;
  virtual void Show(const Seen<Place>&) {}
  virtual void Show(const Seen<Availability>&) {}
  // The channel is gone.
  virtual void ShowGone() {}
};

// Of one organization. Used on its shard's thread only.
class Boards {
 public:
  Place PlaceOf(const Org& org, const Session& session, Time now);
  // Of a channel that exists.
  Availability AvailabilityOf(const Org& org, const ChannelId& channel, Time now);

  // Somebody looks from here on; returns what he sees at this moment. The session is live.
  absl::StatusOr<Seen<Place>> Look(const Org& org, const Session& session, std::weak_ptr<Looker> looker, Time now);
  Seen<Availability> Look(const Org& org, const ChannelId& channel, std::weak_ptr<Looker> looker, Time now);

  // Marks what a step has changed, and what time alone has for a technician.
  void Note(const Org& org, const Step& step);
  void Note(const Org& org, const TechnicianId& technician);
  void Note(const Queue& queue);
  bool marked() const { return !marked_boards_.empty() || !marked_sessions_.empty(); }

  // Computes what is marked and may be told, and returns the tellings, for when it is durable. `next`: when there may be more;
  // kNoTime: nothing is left.
  std::vector<std::function<void()>> Compute(const Org& org, Time now, Time& next);

  size_t boards() const { return boards_.size(); }

 private:
  struct Board {
    // What is known of the queue; not to be used while it is stale.
    bool stale = true;
    std::vector<std::pair<Time, SessionId>> line;
    std::array<std::optional<QueueNow>, 2> here;  // [for sessions that overflow]
    std::optional<std::array<size_t, 4>> there;   // as Availability::technicians
    std::string notice;

    std::vector<GroupId> groups;  // under which it is in the indexes
    std::vector<TechnicianId> technicians;
    absl::flat_hash_set<SessionId> sessions;     // whose customers look
    std::vector<std::weak_ptr<Looker>> lookers;  // at its availability
    size_t prune_at = 16;                        // number of lookers at which those who are gone are looked for
    std::optional<Availability> told;
    Time rests_until{};
  };
  struct Customer {
    Queue queue;
    std::vector<std::weak_ptr<Looker>> lookers;
    std::optional<Place> told;
  };

  Board& BoardOf(const Org& org, const Queue& queue);
  Board& Fresh(const Org& org, const Queue& queue);
  void Index(const Org& org, const Queue& queue, Board& board);
  void Unindex(const Queue& queue, Board& board);
  void Mark(const Queue& queue);
  void Leave(std::map<Queue, Board>::iterator board);
  void Forget(SessionId id);
  std::optional<WaitEstimate> Estimate(const Org& org, const Queue& queue, Board& board, QueueNow line, Duration waited,
                                       Time now);
  void TellSessions(const Org& org, Time now, std::vector<std::function<void()>>& out);
  void TellBoard(const Org& org, std::map<Queue, Board>::iterator it, Time now, std::vector<std::function<void()>>& out);

  uint64_t version_ = 0;
  std::map<Queue, Board> boards_;
  absl::flat_hash_map<SessionId, Customer> customers_;
  // Which boards a technician concerns.
  absl::flat_hash_map<GroupId, std::set<Queue>> by_group_;
  absl::flat_hash_map<TechnicianId, std::set<Queue>> by_technician_;
  std::set<Queue> marked_boards_;
  std::map<SessionId, std::shared_ptr<const Session>> marked_sessions_;  // as they were last
};

}  // namespace guichet::router

// Views of an organization that are sent again whenever they change: a customer's place in the queue, a channel's availability.
//
// A view is not a log: of many changes at once only the newest state is sent. All views of an organization are computed
// together, at most one computation at a time, on the shard's thread: one pass over each queue that somebody looks at, and one
// step a view. After a large computation (kLiveStepsAtOnce) the next one waits for the tick, so that it takes no more than a
// fraction of the thread.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "router/limits.h"
#include "router/shard.h"
#include "router/stream.h"
#include "statemachine/refusal.h"
#include "statemachine/route.h"

namespace guichet::router {

// Ranks of waiting sessions, and lines of queues, computed once for all views of one computation.
class QueueRanks {
 public:
  QueueRanks(const Org& org, Time now) : org_(org), now_(now) {}
  // Sessions of its queue that are served before a waiting one.
  size_t Ahead(const Session& session);
  // From now on; nullopt: too little is known, or nobody is there.
  std::optional<WaitEstimate> Estimate(const Session& session, size_t ahead);
  const Org& org() const { return org_; }
  Time now() const { return now_; }
  size_t steps() const { return steps_; }

 private:
  const Org& org_;
  const Time now_;
  size_t steps_ = 0;
  std::map<Queue, absl::flat_hash_map<SessionId, size_t>> ranks_;
  std::map<Queue, QueueNow> lines_;
};

// One view. Thread safety: all methods may be called from any thread.
class LiveView {
 public:
  virtual ~LiveView() = default;
  // On the shard's thread: the view as it is. False: it is gone.
  virtual bool Look(QueueRanks& ranks) = 0;
  // What the last Look saw is durable.
  virtual void Show() = 0;
};

// The views of one organization. Kept alive by them; the shard knows it weakly through the feed.
class LiveBoard final : public Listener, public std::enable_shared_from_this<LiveBoard> {
 public:
  LiveBoard(Gateway& gateway, OrgId org) : gateway_(gateway), org_(std::move(org)) {}
  // On the shard's thread: adds the view to the organization's board, and looks at once. Returns the board, which the view
  // keeps.
  static std::shared_ptr<LiveBoard> Join(Gateway& gateway, Turn& turn, OrgRuntime& rt, const std::shared_ptr<LiveView>& view);

  void Poke() override;
  // After a large computation: the next one.
  void Tick();

 private:
  void Compute(Turn& turn, OrgRuntime& rt);

  Gateway& gateway_;
  const OrgId org_;
  std::atomic<bool> scheduled_ = false;
  std::atomic<bool> resting_ = false;
  std::atomic<bool> missed_ = false;
  absl::Mutex mu_;
  std::vector<std::weak_ptr<LiveView>> views_ ABSL_GUARDED_BY(mu_);
};

// A stream of such a view: sends what differs from what it sent last.
template <class Response>
class LiveStream : public Stream<grpc::ServerWriteReactor<Response>, Response>, public LiveView {
 public:
  using Base = Stream<grpc::ServerWriteReactor<Response>, Response>;
  using Base::Base;

  // Requires Open.
  void Begin(const OrgId& org) {
    auto self = std::static_pointer_cast<LiveStream>(this->self());
    absl::Status submitted = this->gateway_.ShardOf(org).Submit([self, org](Turn& turn) {
      OrgRuntime* rt = turn.Find(org);
      absl::Status refused = rt == nullptr ? Unauthenticated("the device token is unknown") : self->Check(*rt);
      if (refused.ok()) {
        std::shared_ptr<LiveBoard> board = LiveBoard::Join(self->gateway_, turn, *rt, self);
        absl::MutexLock lock(&self->mu_);
        self->board_ = std::move(board);
      } else {
        turn.AfterDurable([self, refused] { self->EndStream(refused); });
      }
    });
    if (!submitted.ok()) this->EndStream(submitted);
  }

  bool Look(QueueRanks& ranks) final {
    Response response;
    bool last = false;
    absl::Status seen = Make(ranks, &response, &last);
    absl::MutexLock lock(&this->mu_);
    if (this->closing()) return false;
    looked_ = std::move(response);
    looked_.set_revision(ranks.org().revision.value);
    last_ = last;
    if (!seen.ok()) failed_ = seen;
    return true;
  }

  void Show() final {
    absl::MutexLock lock(&this->mu_);
    if (!failed_.ok()) {
      this->EndAfterFlushLocked(failed_);
    } else {
      Response bare = looked_;
      bare.clear_revision();
      Forget(&bare);
      std::string bytes = bare.SerializeAsString();
      if (bytes != shown_ || last_) {
        shown_ = std::move(bytes);
        next_ = looked_;
      }
      if (last_) this->EndAfterFlushLocked(absl::OkStatus());
    }
    this->PumpLocked();
  }

  void Tick(Time now) override {
    this->CancelIfStalled(now);
    std::shared_ptr<LiveBoard> board;
    {
      absl::MutexLock lock(&this->mu_);
      board = board_;
    }
    if (board) board->Tick();
  }

 protected:
  // On the shard's thread, before the first look.
  virtual absl::Status Check(const OrgRuntime& rt) = 0;
  // The message, without its revision; `last`: the stream ends with OK after it. A refusal ends the stream.
  virtual absl::Status Make(QueueRanks& ranks, Response* out, bool* last) = 0;

  // Takes out what is no reason to send the view again.
  virtual void Forget(Response*) {}

  bool Next(Response* out) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(this->mu_) {
    if (!next_) return false;
    *out = *std::move(next_);
    next_.reset();
    return true;
  }

 private:
  std::shared_ptr<LiveBoard> board_ ABSL_GUARDED_BY(this->mu_);
  Response looked_ ABSL_GUARDED_BY(this->mu_);
  bool last_ ABSL_GUARDED_BY(this->mu_) = false;
  absl::Status failed_ ABSL_GUARDED_BY(this->mu_);
  std::string shown_ ABSL_GUARDED_BY(this->mu_);
  std::optional<Response> next_ ABSL_GUARDED_BY(this->mu_);
};

}  // namespace guichet::router

// The one writer of a set of organizations: a thread that takes commands from a bounded queue, decides them on state in memory
// and hands batches to the store. Nothing leaves a batch - no reply, no watch event - before it is durable.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "metrics/metrics.h"
#include "router/agents.h"
#include "router/boards.h"
#include "router/clock.h"
#include "router/codes.h"
#include "router/feed.h"
#include "router/limits.h"
#include "router/principal.h"
#include "router/signal.h"
#include "statemachine/dispatch.h"
#include "statemachine/step.h"
#include "store/codec.h"
#include "store/store.h"

namespace guichet::router {

// What the customer is told after a change of his session.
struct CustomerUpdate {
  std::shared_ptr<const Session> session;
  std::string lead_name;
  std::vector<std::string> collaborator_names;
  std::string survey;  // of his lead's group; empty: none was sent
  std::string notice;  // nobody serves the queue; empty: somebody does, or he was not told
  bool terms_pending = false;
  bool reboot_ordered = false;  // by a technician, in this change
};

// An applet's or a console's stream, as the shard knows it. Heartbeats only touch `last_seen`: they are no events.
class Attachment {
 public:
  explicit Attachment(Time now)
      : last_seen_ms_(now.time_since_epoch().count()), last_activity_ms_(now.time_since_epoch().count()) {}
  virtual ~Attachment() = default;
  void Seen(Time now) { last_seen_ms_.store(now.time_since_epoch().count(), std::memory_order_relaxed); }
  Time last_seen() const { return Time{Duration{last_seen_ms_.load(std::memory_order_relaxed)}}; }

  // The technician uses the console. True when he counted as inactive: then the shard must be told.
  bool Active(Time now) {
    last_activity_ms_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    return inactive_.exchange(false);
  }
  Time last_activity() const { return Time{Duration{last_activity_ms_.load(std::memory_order_relaxed)}}; }
  void CountAsInactive() { inactive_.store(true); }

  // All three are called after the change is durable, from any thread; they must not block.
  virtual void OnCustomer(CustomerUpdate) {}
  virtual void OnTechnician(TechnicianInfo) {}
  // Whether its queue takes another signal.
  virtual bool HasRoom() { return false; }
  // Takes it into its queue; false: the stream has ended.
  virtual bool OnSignal(SignalPtr) { return false; }
  virtual void Close(absl::Status why) = 0;

 private:
  std::atomic<int64_t> last_seen_ms_;
  std::atomic<int64_t> last_activity_ms_;
  std::atomic<bool> inactive_ = false;
};

// One device or console that counts as attached. Without an attachment (after a restart, or a broken stream) it has the grace.
struct Presence {
  Time since{};  // last seen when there is no attachment
  std::shared_ptr<Attachment> attachment;
  Time armed{};
  Duration told{};  // the grace of its last welcome, by which it sends its heartbeats; a longer one takes its place
  Time last_seen() const { return attachment ? std::max(since, attachment->last_seen()) : since; }
};

// How often a device has arrived in a window of kGuessWindow, in a way that changed its session.
struct Arrivals {
  Time since{};
  size_t count = 0;
};

// An invitation of a session, by when it came to be handed over.
struct DeliveryKey {
  Revision due;
  SessionId session;
  TechnicianId technician;  // empty: the customer
  auto operator<=>(const DeliveryKey&) const = default;
};

// An organization with what the writer keeps beside its state.
struct OrgRuntime {
  Org org;
  store::Token token;
  std::shared_ptr<Feed> feed;
  absl::btree_set<SessionId> ids;           // of org.sessions, in order
  absl::btree_set<DeliveryKey> deliveries;  // invitations that somebody has to send, in their order
  absl::flat_hash_map<SessionId, std::vector<DeliveryKey>> deliveries_of;
  absl::flat_hash_map<SessionId, Time> armed;        // the deadline in the shard's timer set
  absl::flat_hash_map<SessionId, Presence> devices;  // sessions whose link is attached
  absl::flat_hash_map<TechnicianId, Presence> consoles;
  absl::flat_hash_map<SessionId, Arrivals> arrivals;
  absl::flat_hash_map<std::string, store::RequestItem> requests;  // by "KEY\x1fREQUEST_ID"
  std::deque<std::pair<Time, std::string>> request_ages;
  Dirty dirty;                                            // what routing has to look at
  absl::flat_hash_map<SessionId, Time> routing_sessions;  // when time alone changes the answer for a waiting session
  absl::flat_hash_map<TechnicianId, Time> routing_technicians;
  absl::flat_hash_map<ChannelId, Time> channel_hours;  // the next boundary of the channel's hours
  absl::flat_hash_map<ComputerId, Time> computers;     // when access to it expires, in the shard's timer set
  Boards boards;                                       // who looks at queues
  bool boards_due = false;                             // is in Shard::boards_due_
  Time boards_wake{};                                  // … when boards have rested; kNoTime: none rests
  uint64_t trimmed = 0;
};

// The parts that a shard shares with the rest of the daemon. All outlive it.
struct ShardParts {
  store::Store& store;
  Clock& clock;
  metrics::Metrics& metrics;
  Directory& directory;
  Codes& codes;
  Agents& agents;
  std::function<void(const OrgId&, const KeyId&)> on_key_revoked;
  std::function<void(const OrgId&, const TechnicianId&, const absl::Status&)>
      on_technician_demoted;                         // disabled, or no administrator any more
  std::function<void(const std::string&)> on_fatal;  // a commit failed: the process must end
  size_t ring_entries;                               // recent log entries in memory, an organization
};

class Shard;

// The shard's state during one item of work, on the shard's thread. Not to be kept.
class Turn {
 public:
  // Null when the shard has no such organization.
  OrgRuntime* Find(const OrgId& org);
  const std::map<OrgId, std::unique_ptr<OrgRuntime>>& orgs() const;
  Time now() const { return now_; }

  // Decides, changes the state and adds the effect to the batch.
  absl::StatusOr<Step> Apply(OrgRuntime& org, const Command& command, std::string actor);
  absl::StatusOr<Step> CreateOrg(const command::CreateOrg& command, std::string actor);

  // Keeps the answer of a request in the same commit as its effect.
  void Remember(OrgRuntime& org, const std::string& key, store::RequestItem item);

  // Notes when a credential was used: in its record, not in the log, which tells of what was done.
  void KeyUsed(OrgRuntime& org, const KeyId& key, Time at);

  // Runs once everything decided up to here is durable. Never runs when the store fails.
  void AfterDurable(std::function<void()> done);

  void AttachDevice(OrgRuntime& org, SessionId session, std::shared_ptr<Attachment> attachment);
  void AttachConsole(OrgRuntime& org, const TechnicianId& technician, std::shared_ptr<Attachment> attachment);

  // Of a device: TOO_FAST beyond kArrivals in a window. What it changes is kept for as long as the session, so that nobody with
  // a token fills the disk by coming and going.
  absl::Status MayArrive(const OrgRuntime& org, SessionId session) const;
  void Arrived(OrgRuntime& org, SessionId session);

  // The grace that a welcome tells. It holds until the next hello: a shorter one, of other settings or another group, cannot be
  // kept by who sends his heartbeats by this one.
  Duration TellGrace(OrgRuntime& org, SessionId session);
  Duration TellGrace(OrgRuntime& org, const TechnicianId& technician);

 private:
  friend class Shard;
  // The batch's last commit of the organization, or one without events.
  store::Commit& LastCommit(OrgRuntime& org);
  Turn(Shard& shard, Time now) : shard_(shard), now_(now) {}
  Shard& shard_;
  Time now_;
};

// Without who monitors him.
TechnicianInfo InfoOf(const Org& org, const Technician& technician);
// Names of who monitors the technician; none where he must not know.
std::vector<std::string> MonitoredBy(const Org& org, const TechnicianId& technician);
CustomerUpdate CustomerUpdateOf(const Org& org, const Session& session);

// Thread safety: Submit and the accessors may be called from any thread; everything else happens on the shard's own thread.
class Shard {
 public:
  using Work = std::function<void(Turn&)>;

  explicit Shard(ShardParts parts) : parts_(std::move(parts)) {}
  ~Shard() { Stop(); }

  // Takes over an organization from the store. Before Start. May set the clock forward, to its last event.
  absl::Status Load(const OrgId& org);
  void Start();
  // In place of Start, for a simulation: Arm once, and then, as often as wanted, what is due and what was submitted as one
  // batch on the caller's thread. False, and nothing was done: there is none, or the store has not answered enough batches yet.
  void Arm();
  bool RunOnce();
  // … and one batch that became durable goes to the feeds. False: there is none.
  bool PublishOnce();
  // Finishes what was submitted, waits until it is durable and ends the thread. Submit answers DRAINING from then on.
  void Stop();

  // RESOURCE_EXHAUSTED / OVERLOADED when the queue is full, UNAVAILABLE / DRAINING when it is stopping; `work` then never runs.
  absl::Status Submit(Work work) { return Take(std::move(work), kCommandQueue); }
  size_t queue_depth() const { return depth_.load(std::memory_order_relaxed); }

  // Runs `read` on the shard's thread and waits, also when the queue is full. For scrapes and tests; false when it is stopping.
  bool RunAndWait(const Work& read);

  size_t armed_deadlines() const { return timers_.size(); }  // on the shard's thread
  // When the next deadline is due, as the loop last knew; Time::max() without one. In the past: the loop is behind or stands.
  Time next_due() const { return Time{Duration{next_due_ms_.load(std::memory_order_relaxed)}}; }

 private:
  friend class Turn;

  struct Batch {
    std::vector<store::Commit> commits;
    std::vector<std::pair<std::shared_ptr<Feed>, PublishedPtr>> published;
    std::vector<std::pair<OrgId, size_t>> entry_of;  // parallel to `published`
    std::vector<std::function<void()>> done;
    std::vector<std::function<void()>> told;  // to those who look at queues, by the publisher
    size_t commands = 0;
    Time taken{};
    Time durable{};
  };
  enum class What : uint8_t { kSession, kDevice, kConsole, kRouting, kHours, kBoards, kComputer };
  struct Timer {
    Time due{};
    What what = What::kSession;
    OrgRuntime* org = nullptr;
    SessionId session;
    Rare<TechnicianId> technician;
    Rare<ChannelId> channel;
    bool operator<(const Timer& other) const;
  };

  absl::Status Take(Work work, size_t capacity);
  void Run();
  absl::Status FollowTime(const store::Token& token);
  void Arm(OrgRuntime& rt);
  // Whether a batch can begin; notes when the next deadline is due.
  bool CanBegin() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TakeWorks() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RunBatch();
  void PublishAndTell(const Batch& batch);
  void FireTimers(Turn& turn);
  void Fire(Turn& turn, const Timer& timer);
  void FirePresence(Turn& turn, const Timer& timer, Presence& presence);
  void FireInactivity(Turn& turn, const Timer& timer, Presence& presence);
  // shard_routing.cc
  void RouteAll(Turn& turn);
  void WakeRouting(OrgRuntime& rt, SessionId session, Time now);
  void WakeRouting(OrgRuntime& rt, const TechnicianId& technician, Time now);
  void ArmHours(Turn& turn, OrgRuntime& rt, const ChannelId& channel);
  void ArmComputer(OrgRuntime& rt, ComputerId computer);
  void FireRouting(Turn& turn, const Timer& timer);
  void BoardsDue(OrgRuntime& rt);
  void TellBoards(Turn& turn);

  void HandOver();
  void OnCommitted(std::shared_ptr<Batch> batch, const std::vector<store::CommitResult>& results);
  void Publish(const Batch& batch);
  void RunPublisher();
  void Count(const LogEntry& entry);
  void CountEstimate(Time now, const Session& session, const EntryChange& change);

  void WriteRecords(OrgRuntime& rt, const Step& step, store::Commit& commit);
  void Rearm(OrgRuntime& rt, const Touched& touched);
  void RearmSession(OrgRuntime& rt, SessionId session);
  Duration GraceOf(const OrgRuntime& rt, What what, const SessionId& session, const TechnicianId& technician) const;
  void ArmPresence(OrgRuntime& rt, What what, const SessionId& session, const TechnicianId& technician, Presence& presence);
  void FollowPresence(OrgRuntime& rt, const Step& step);
  void CheckInvariants(OrgRuntime& rt, const Step& step);
  void ForgetRequests(OrgRuntime& rt, Time now, store::Commit& commit);
  void TrimLog(OrgRuntime& rt);

  ShardParts parts_;
  std::map<OrgId, std::unique_ptr<OrgRuntime>> orgs_;  // shard's thread, and Load
  absl::btree_set<Timer> timers_;                      // shard's thread, and Load
  std::vector<Work> works_;                            // shard's thread: of the batch
  std::shared_ptr<Batch> batch_;                       // shard's thread
  bool routing_left_ = false;                          // shard's thread: more to route than fits into one turn
  std::vector<OrgRuntime*> boards_due_;                // shard's thread: whose boards may have something to tell

  mutable absl::Mutex mu_;
  absl::CondVar cv_;
  std::vector<Work> queue_ ABSL_GUARDED_BY(mu_);
  std::deque<std::shared_ptr<Batch>> in_flight_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  bool answering_ ABSL_GUARDED_BY(mu_) = false;  // a durable batch is being answered, on the store's thread
  std::atomic<size_t> depth_ = 0;
  std::atomic<int64_t> next_due_ms_ = Time::max().time_since_epoch().count();
  std::thread thread_;

  // Durable batches on their way to the feeds. A thread of its own: telling a thousand watchers takes milliseconds, in which
  // the store's thread can answer the next batch.
  absl::Mutex publish_mu_;
  absl::CondVar publish_cv_;
  std::deque<std::shared_ptr<Batch>> to_publish_ ABSL_GUARDED_BY(publish_mu_);
  bool publisher_stops_ ABSL_GUARDED_BY(publish_mu_) = false;
  std::thread publisher_;
};

}  // namespace guichet::router

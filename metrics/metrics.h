// Every metric of the daemon. Start here: count through Metrics, serve it with OpenExposer (exposer.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "metrics/rpc_metrics.h"
#include "metrics/snapshot.h"

namespace prometheus {
class Collectable;
}

namespace guichet::metrics {

// Why a private code was not redeemed.
enum class CodeRefusal : uint8_t { kUnknown, kExpired, kThrottled };

// What a subscriber reports of an invitation: `retry` that it is to be handed over again.
enum class DeliveryReport : uint8_t { kSent, kFailed, kRetry };

// Why a watcher was told to start from a snapshot: who may see what changed, or it fell behind the retained log.
enum class WatchResetCause : uint8_t { kMembership, kExpired };

// The values of all labels, known when the daemon is built. Methods of Metrics that take an index take a position in these
// lists. None may be empty text, and none may come from a request.
struct MetricsOptions {
  std::string version;                        // of the daemon, for guichet_build_info
  std::vector<RpcMethod> rpcs;                // every method of every service
  std::vector<std::string> transition_rows;   // ids of the state table: "A01" … "X24"
  std::vector<std::string> triggers;          // triggers of events
  std::vector<std::string> session_methods;   // how a session begins (domain.md §5)
  std::vector<std::string> session_outcomes;  // how it ended (domain.md §2)
  std::vector<std::string> command_refusals;  // reasons of the error catalogue
  std::vector<std::string> timers;            // kinds of deadline
};

// Owns the registry and every family. All children exist, at 0, from construction on, save two rare codes of RPCs
// (RpcMetrics::Codes) and what needs a snapshot provider.
//
// Thread-safe; counting is an atomic add, observing takes a short mutex. No method fails: an index outside its list is a
// broken invariant and ends the process, save for Rpc().
class Metrics {
 public:
  explicit Metrics(const MetricsOptions& options);
  ~Metrics();  // clears the snapshot provider
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The counters of MetricsOptions::rpcs[index]; of the method "other" when there is no such index, for calls of methods that
  // the daemon does not have. Valid as long as this object.
  RpcMetrics& Rpc(size_t index);

  // A queue entry made the transition of this row of the state table.
  void Transition(size_t row);
  // An event of this trigger became durable.
  void Event(size_t trigger);
  void SessionCreated(size_t method);
  void SessionEnded(size_t outcome);
  void CodeRefused(CodeRefusal reason);
  void Signal(bool accepted);
  void DeliveryReported(DeliveryReport report);
  void CommandRefused(size_t reason);
  void WatchReset(WatchResetCause cause);
  // A watcher was closed because it did not read for too long.
  void SlowWatcherClosed();
  // An auditor or a check that does not end the process found state that must not be.
  void InvariantViolated();

  // A deadline of this kind fired `lateness_seconds` after it was due. As everywhere below, a negative time counts as 0.
  void TimerFired(size_t timer, double lateness_seconds);
  // A queue entry left kEntryStates[state] after `seconds`.
  void EntryLeftState(size_t state, double seconds);
  // A technician started a session that had waited for `seconds`.
  void SessionStarted(double seconds);
  // A technician started a session `error_seconds` from the middle (p50) of the wait that its customer was told when he joined
  // the queue, above or below; `within_p90`: before the time within which nine of ten start.
  void WaitEstimateCame(bool within_p90, double error_seconds);
  // A session joined a queue and was told no wait: too little is known, or nobody is there.
  void WaitEstimateRefused();
  // A batch of `commands` became durable; the engine's synced write took `sync_seconds`.
  void BatchCommitted(size_t commands, double sync_seconds);
  // A command became durable `seconds` after the writer began its turn.
  void CommandDone(double seconds);

  // Sets what computes the gauges at each scrape; nullptr clears it and takes those families off the page. The provider runs
  // on the scraping thread, one call at a time. When this returns, the former provider is not running and will not run again:
  // clear it before tearing down what it reads. Must not be called by a provider, nor under a lock that a provider takes.
  void SetSnapshotProvider(std::function<Snapshot()> provider);

  // The page as Prometheus reads it: families by name, children by label, process_* included.
  std::string Text() const;

  // What an exposer serves: all of the page. Never nullptr.
  std::shared_ptr<prometheus::Collectable> collectable() const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace guichet::metrics

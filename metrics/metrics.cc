#include "metrics/metrics.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "metrics/process_collector.h"
#include "metrics/snapshot_collector.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"

namespace guichet::metrics {
namespace {

using prometheus::Counter;
using prometheus::Histogram;
using prometheus::MetricFamily;
using prometheus::Registry;
using Buckets = Histogram::BucketBoundaries;

// Seconds. People and their consoles: from a click to the 14 days of the system limit, which is beyond the last edge.
const Buckets kStateSeconds = {1, 5, 15, 60, 300, 900, 3600, 14400, 86400};
// Seconds. What a customer feels while he waits.
const Buckets kStartSeconds = {1, 5, 15, 30, 60, 120, 300, 600, 1200, 3600};
// Commands a batch; doubling, because group commit grows with the load.
const Buckets kBatchCommands = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
// Seconds of one fsync: 0.1 ms is a disk with a protected cache, 1 s a disk in trouble.
const Buckets kSyncSeconds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1};
// Seconds from taken in to durable.
const Buckets kCommandSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5};
// Seconds. On time is milliseconds; after a restart whole outages are in here.
const Buckets kLatenessSeconds = {0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 30, 300, 3600};

// By position of the enums.
const std::vector<std::string> kCodeRefusals = {"unknown", "expired", "throttled"};
const std::vector<std::string> kWatchResetCauses = {"membership", "expired"};
const std::vector<std::string> kEstimateOutcomes = {"within_p90", "beyond_p90"};

// What a scrape reads. It owns its parts, so that a scrape that outlives Metrics reads valid memory.
class Page final : public prometheus::Collectable {
 public:
  std::vector<MetricFamily> Collect() const override {
    std::vector<MetricFamily> families = registry.Collect();
    for (const prometheus::Collectable* part :
         {static_cast<const prometheus::Collectable*>(&snapshot), static_cast<const prometheus::Collectable*>(&process)}) {
      std::vector<MetricFamily> more = part->Collect();
      std::move(more.begin(), more.end(), std::back_inserter(families));
    }
    // The registry keeps children in a hash map: without an order a diff of two scrapes is noise.
    std::sort(families.begin(), families.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    for (MetricFamily& family : families) {
      for (auto& metric : family.metric) std::sort(metric.label.begin(), metric.label.end());
      std::sort(family.metric.begin(), family.metric.end(), [](const auto& a, const auto& b) { return a.label < b.label; });
    }
    return families;
  }

  Registry registry;
  SnapshotCollector snapshot;
  ProcessCollector process;
};

Counter& MakeCounter(Registry& registry, const std::string& name, const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

Histogram& MakeHistogram(Registry& registry, const std::string& name, const std::string& help, const Buckets& buckets) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets);
}

// One child for each value of one label. Safe for use by many threads: it never changes.
template <typename T>
class Children {
 public:
  template <typename Values, typename... Args>
  Children(prometheus::Family<T>& family, const std::string& label, const Values& values, const Args&... args) {
    for (const auto& value : values) children_.push_back(&family.Add({{label, std::string(value)}}, args...));
  }

  // Ends the process when `index` is not the position of a value.
  T& at(size_t index) const {
    if (index >= children_.size()) {
      std::fprintf(stderr, "metrics: index %zu outside a label of %zu values\n", index, children_.size());
      std::abort();
    }
    return *children_[index];
  }

 private:
  std::vector<T*> children_;
};

Children<Counter> MakeCounters(Registry& registry, const std::string& name, const std::string& help, const std::string& label,
                               const std::vector<std::string>& values) {
  return Children<Counter>(prometheus::BuildCounter().Name(name).Help(help).Register(registry), label, values);
}

// A clock that went back must not make the sum of a histogram fall.
void Observe(Histogram& histogram, double seconds) { histogram.Observe(seconds > 0 ? seconds : 0); }

}  // namespace

struct Metrics::Impl {
  explicit Impl(const MetricsOptions& options);

  const std::shared_ptr<Page> page = std::make_shared<Page>();
  Registry& registry = page->registry;

  RpcFamilies rpc_families{registry};
  RpcMetrics rpc_other{rpc_families, RpcMethod{.service = "other", .method = "other"}, RpcMetrics::Codes::kAll};
  std::vector<std::unique_ptr<RpcMetrics>> rpcs;

  Children<Counter> transitions;
  Children<Counter> events;
  Children<Counter> sessions_created;
  Children<Counter> sessions_ended;
  Children<Counter> codes_refused;
  Children<Counter> signals;
  Children<Counter> delivery_reports;
  Children<Counter> commands_refused;
  Children<Counter> watch_resets;
  Children<Counter> timers_fired;
  Counter& invariant_violations;
  Counter& slow_watchers_closed;
  Children<Histogram> entry_state_seconds;
  Histogram& time_to_start_seconds;
  Children<Counter> wait_estimates;
  Counter& wait_estimates_refused;
  Histogram& wait_estimate_error_seconds;
  Histogram& commit_batch_commands;
  Histogram& commit_sync_seconds;
  Histogram& command_seconds;
  Histogram& timer_lateness_seconds;
};

Metrics::Impl::Impl(const MetricsOptions& options)
    : transitions(MakeCounters(registry, "guichet_transitions_total", "Transitions of queue entries by row of the state table.",
                               "row", options.transition_rows)),
      events(MakeCounters(registry, "guichet_events_total", "Durable events by trigger.", "trigger", options.triggers)),
      sessions_created(MakeCounters(registry, "guichet_sessions_created_total", "Sessions created by how they began.", "method",
                                    options.session_methods)),
      sessions_ended(MakeCounters(registry, "guichet_sessions_ended_total", "Sessions ended by outcome.", "outcome",
                                  options.session_outcomes)),
      codes_refused(
          MakeCounters(registry, "guichet_codes_refused_total", "Private codes refused by reason.", "reason", kCodeRefusals)),
      signals(MakeCounters(registry, "guichet_signals_total",
                           "Signals between consoles and applets: accepted into the queues of their receivers, or refused.",
                           "outcome", {"accepted", "refused"})),
      delivery_reports(MakeCounters(registry, "guichet_delivery_reports_total",
                                    "Reports of what became of invitations by e-mail and SMS.", "state",
                                    {"sent", "failed", "retry"})),
      commands_refused(MakeCounters(registry, "guichet_commands_refused_total", "Commands refused by reason.", "reason",
                                    options.command_refusals)),
      watch_resets(MakeCounters(registry, "guichet_watch_resets_total", "Watchers sent back to a snapshot by cause.", "cause",
                                kWatchResetCauses)),
      timers_fired(MakeCounters(registry, "guichet_timers_fired_total", "Deadlines fired by kind.", "timer", options.timers)),
      invariant_violations(MakeCounter(registry, "guichet_invariant_violations_total",
                                       "States found that must not be. Anything above 0 is a defect.")),
      slow_watchers_closed(MakeCounter(registry, "guichet_slow_watchers_closed_total",
                                       "Watchers closed because they did not read for too long.")),
      entry_state_seconds(prometheus::BuildHistogram()
                              .Name("guichet_entry_state_seconds")
                              .Help("Seconds that a queue entry spent in the state it left.")
                              .Register(registry),
                          "state", kEntryStates, kStateSeconds),
      time_to_start_seconds(MakeHistogram(registry, "guichet_time_to_start_seconds",
                                          "Seconds that a session waited until a technician started it.", kStartSeconds)),
      wait_estimates(MakeCounters(registry, "guichet_wait_estimates_total",
                                  "Sessions started after their customer was told a wait, by how it came.", "outcome",
                                  kEstimateOutcomes)),
      wait_estimates_refused(
          MakeCounter(registry, "guichet_wait_estimates_refused_total", "Sessions that joined a queue and were told no wait.")),
      wait_estimate_error_seconds(MakeHistogram(registry, "guichet_wait_estimate_error_seconds",
                                                "Seconds between the middle of the wait that was told and the wait.",
                                                kStartSeconds)),
      commit_batch_commands(MakeHistogram(registry, "guichet_commit_batch_commands",
                                          "Commands that became durable by one commit.", kBatchCommands)),
      commit_sync_seconds(
          MakeHistogram(registry, "guichet_commit_sync_seconds", "Seconds of one synced write of the store.", kSyncSeconds)),
      command_seconds(MakeHistogram(registry, "guichet_command_seconds",
                                    "Seconds of a command from when its turn begins to durable.", kCommandSeconds)),
      timer_lateness_seconds(MakeHistogram(registry, "guichet_timer_lateness_seconds",
                                           "Seconds between the time a deadline was due and its firing.", kLatenessSeconds)) {
  for (const RpcMethod& method : options.rpcs) {
    rpcs.push_back(std::make_unique<RpcMetrics>(rpc_families, method, RpcMetrics::Codes::kUsual));
  }
  prometheus::BuildGauge()
      .Name("guichet_build_info")
      .Help("The running build; always 1.")
      .Register(registry)
      .Add({{"version", options.version}})
      .Set(1);
}

Metrics::Metrics(const MetricsOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Metrics::~Metrics() { SetSnapshotProvider(nullptr); }

RpcMetrics& Metrics::Rpc(size_t index) { return index < impl_->rpcs.size() ? *impl_->rpcs[index] : impl_->rpc_other; }

void Metrics::Transition(size_t row) { impl_->transitions.at(row).Increment(); }
void Metrics::Event(size_t trigger) { impl_->events.at(trigger).Increment(); }
void Metrics::SessionCreated(size_t method) { impl_->sessions_created.at(method).Increment(); }
void Metrics::SessionEnded(size_t outcome) { impl_->sessions_ended.at(outcome).Increment(); }
void Metrics::Signal(bool accepted) { impl_->signals.at(accepted ? 0 : 1).Increment(); }
void Metrics::DeliveryReported(DeliveryReport report) { impl_->delivery_reports.at(static_cast<size_t>(report)).Increment(); }

void Metrics::CodeRefused(CodeRefusal reason) { impl_->codes_refused.at(static_cast<size_t>(reason)).Increment(); }
void Metrics::CommandRefused(size_t reason) { impl_->commands_refused.at(reason).Increment(); }
void Metrics::WatchReset(WatchResetCause cause) { impl_->watch_resets.at(static_cast<size_t>(cause)).Increment(); }
void Metrics::SlowWatcherClosed() { impl_->slow_watchers_closed.Increment(); }
void Metrics::InvariantViolated() { impl_->invariant_violations.Increment(); }

void Metrics::TimerFired(size_t timer, double lateness_seconds) {
  impl_->timers_fired.at(timer).Increment();
  Observe(impl_->timer_lateness_seconds, lateness_seconds);
}

void Metrics::EntryLeftState(size_t state, double seconds) { Observe(impl_->entry_state_seconds.at(state), seconds); }
void Metrics::SessionStarted(double seconds) { Observe(impl_->time_to_start_seconds, seconds); }

void Metrics::WaitEstimateCame(bool within_p90, double error_seconds) {
  impl_->wait_estimates.at(within_p90 ? 0 : 1).Increment();
  Observe(impl_->wait_estimate_error_seconds, error_seconds);
}

void Metrics::WaitEstimateRefused() { impl_->wait_estimates_refused.Increment(); }

void Metrics::BatchCommitted(size_t commands, double sync_seconds) {
  Observe(impl_->commit_batch_commands, static_cast<double>(commands));
  Observe(impl_->commit_sync_seconds, sync_seconds);
}

void Metrics::CommandDone(double seconds) { Observe(impl_->command_seconds, seconds); }

void Metrics::SetSnapshotProvider(std::function<Snapshot()> provider) {
  impl_->page->snapshot.SetProvider(std::move(provider));
}

std::string Metrics::Text() const { return prometheus::TextSerializer().Serialize(impl_->page->Collect()); }

std::shared_ptr<prometheus::Collectable> Metrics::collectable() const { return impl_->page; }

}  // namespace guichet::metrics

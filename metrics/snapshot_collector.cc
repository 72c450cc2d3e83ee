#include "metrics/snapshot_collector.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace guichet::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily Scalar(std::string name, std::string help, double value, MetricType type = MetricType::Gauge) {
  ClientMetric sample;
  if (type == MetricType::Counter) {
    sample.counter.value = value;
  } else {
    sample.gauge.value = value;
  }
  return {std::move(name), std::move(help), type, {sample}};
}

template <size_t N>
MetricFamily ByLabel(std::string name, std::string help, std::string label, const std::array<std::string_view, N>& values,
                     const std::array<uint64_t, N>& counts) {
  MetricFamily family{std::move(name), std::move(help), MetricType::Gauge, {}};
  for (size_t i = 0; i < N; ++i) {
    ClientMetric sample;
    sample.label = {{label, std::string(values[i])}};
    sample.gauge.value = static_cast<double>(counts[i]);
    family.metric.push_back(std::move(sample));
  }
  return family;
}

// A family without a sample where there is no value.
MetricFamily Optional(std::string name, std::string help, std::optional<double> value) {
  MetricFamily family = Scalar(std::move(name), std::move(help), value.value_or(0));
  if (!value.has_value()) family.metric.clear();
  return family;
}

std::vector<MetricFamily> ToFamilies(const Snapshot& s) {
  return {
      ByLabel("guichet_entries", "Queue entries by the state that their technician sees.", "state", kEntryStates, s.entries),
      Scalar("guichet_organizations", "Organizations.", s.organizations),
      Scalar("guichet_sessions_live", "Sessions without an outcome.", s.sessions_live),
      Scalar("guichet_queue_waiting", "Sessions that wait in channels.", s.queue_waiting),
      Scalar("guichet_queue_private_waiting", "Private sessions that wait.", s.queue_private_waiting),
      Optional("guichet_oldest_waiting_timestamp_seconds",
               "Unix time since which the longest waiting session waits; no sample when none waits.",
               s.oldest_waiting_timestamp_seconds),
      Scalar("guichet_attached_devices", "Devices attached to their session.", s.attached_devices),
      Scalar("guichet_attached_consoles", "Consoles attached to the daemon.", s.attached_consoles),
      Scalar("guichet_attached_agents", "Agents of enrolled computers attached to the daemon.", s.attached_agents),
      Scalar("guichet_computers", "Computers enrolled for unattended access.", s.computers),
      ByLabel("guichet_deliveries", "Invitations by e-mail and SMS whose codes live and that nobody has sent.", "state",
              kDeliveryStates, s.deliveries),
      ByLabel("guichet_technicians", "Technicians by status.", "status", kTechnicianStatuses, s.technicians),
      Scalar("guichet_watchers", "Open watch streams.", s.watchers),
      Scalar("guichet_position_streams", "Open streams of customers' positions in queues.", s.position_streams),
      Scalar("guichet_watcher_lag_revisions_max", "Revisions by which the slowest watcher is behind its log.",
             s.watcher_lag_revisions_max),
      Scalar("guichet_command_queue_depth", "Commands taken in and not decided.", s.command_queue_depth),
      Scalar("guichet_command_queue_capacity", "Commands at which more are refused.", s.command_queue_capacity),
      ByLabel("guichet_codes_live", "Private codes that can be redeemed, by kind.", "kind", kCodeKinds, s.codes_live),
      Scalar("guichet_armed_deadlines", "Deadlines that are armed.", s.armed_deadlines),
      Scalar("guichet_deadline_overdue_seconds", "How late the oldest armed deadline is; 0 when none is.",
             s.deadline_overdue_seconds),
      Scalar("guichet_store_disk_bytes", "Bytes of the store on disk.", s.store_disk_bytes),
      Scalar("guichet_store_memtable_bytes", "Bytes of the store's write buffers in memory.", s.store_memtable_bytes),
      Scalar("guichet_store_free_disk_bytes", "Free bytes on the file system of the store.", s.store_free_disk_bytes),
      Scalar("guichet_store_write_stopped",
             "1 while the disk is nearly full, so that nothing begins, or writes wait for compaction.", s.store_write_stopped),
      Scalar("guichet_store_failed", "1 after a failed write or background error: the store is read-only.", s.store_failed),
      Scalar("guichet_store_stall_seconds_total", "Seconds for which the store delayed or stopped writes.",
             s.store_stall_seconds_total, MetricType::Counter),
      Scalar("guichet_connections_refused_total", "Connections closed at once, as no descriptor was left for them.",
             static_cast<double>(s.connections_refused_total), MetricType::Counter),
      Optional("guichet_tls_certificate_expiry_timestamp_seconds",
               "Unix time at which the certificate that is served expires; no sample without TLS.",
               s.tls_certificate_expiry_timestamp_seconds),
  };
}

}  // namespace

void SnapshotCollector::SetProvider(std::function<Snapshot()> provider) {
  std::lock_guard lock(mu_);
  provider_ = std::move(provider);
}

std::vector<MetricFamily> SnapshotCollector::Collect() const {
  std::lock_guard lock(mu_);
  if (provider_ == nullptr) return {};
  return ToFamilies(provider_());
}

}  // namespace guichet::metrics

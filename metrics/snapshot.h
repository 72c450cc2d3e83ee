// What the daemon tells the metrics about its state at a scrape. Filled by the snapshot provider
// (Metrics::SetSnapshotProvider).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace guichet::metrics {

// Values of the label `state`: the states of a queue entry (domain.md §2). Snapshot::entries and Metrics::EntryLeftState are
// indexed by position here; the owner of the state enum should static_assert that its order is this one.
inline constexpr std::array<std::string_view, 13> kEntryStates = {
    "connecting",    "waiting",   "active",       "hold",    "incoming",  "outgoing", "invitation",
    "collaboration", "rebooting", "reconnecting", "offline", "timed_out", "closed"};

// Values of the label `status`: technician status (domain.md §8).
inline constexpr std::array<std::string_view, 4> kTechnicianStatuses = {"online", "away", "busy", "offline"};

// Values of the label `kind`: what a private code was given out as (domain.md §5).
inline constexpr std::array<std::string_view, 2> kCodeKinds = {"pin", "link"};

// Values of the label `state` of invitations by e-mail and SMS: for a subscriber's report, or to be handed over again later.
inline constexpr std::array<std::string_view, 2> kDeliveryStates = {"waiting", "retrying"};

// Sums over all organizations of the daemon at one instant. A plain value.
struct Snapshot {
  std::array<uint64_t, kEntryStates.size()> entries{};  // queue entries, by position in kEntryStates
  uint64_t organizations = 0;
  uint64_t sessions_live = 0;          // sessions without an outcome
  uint64_t queue_waiting = 0;          // waiting sessions in channels
  uint64_t queue_private_waiting = 0;  // waiting private sessions
  // Unix time at which the longest waiting session began to wait; nullopt when none waits. Then there is no sample, because
  // a 0 would read as a wait of half a century in `time() - guichet_oldest_waiting_timestamp_seconds`.
  std::optional<double> oldest_waiting_timestamp_seconds;
  uint64_t attached_devices = 0;
  uint64_t attached_consoles = 0;
  uint64_t attached_agents = 0;
  uint64_t computers = 0;
  std::array<uint64_t, kDeliveryStates.size()> deliveries{};       // by position in kDeliveryStates
  std::array<uint64_t, kTechnicianStatuses.size()> technicians{};  // by position in kTechnicianStatuses
  uint64_t watchers = 0;
  uint64_t position_streams = 0;
  uint64_t watcher_lag_revisions_max = 0;                // revisions between the head of the log and the slowest watcher
  uint64_t command_queue_depth = 0;                      // commands taken in and not decided, all shards
  uint64_t command_queue_capacity = 0;                   // commands at which the shards refuse more
  std::array<uint64_t, kCodeKinds.size()> codes_live{};  // by position in kCodeKinds
  uint64_t armed_deadlines = 0;
  double deadline_overdue_seconds = 0;  // how late the oldest armed deadline is; 0 when none is overdue
  uint64_t store_disk_bytes = 0;
  uint64_t store_memtable_bytes = 0;
  uint64_t store_free_disk_bytes = 0;  // free on the file system of the store
  bool store_write_stopped = false;
  bool store_failed = false;
  double store_stall_seconds_total = 0;    // since the store was opened; never falls
  uint64_t connections_refused_total = 0;  // since the start
  // Unix time at which the certificate that is served expires; nullopt without TLS, and no sample then.
  std::optional<double> tls_certificate_expiry_timestamp_seconds;
};

}  // namespace guichet::metrics

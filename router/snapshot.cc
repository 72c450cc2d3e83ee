#include "router/snapshot.h"

#include <algorithm>

#include "router/limits.h"
#include "statemachine/timers.h"

namespace guichet::router {
namespace {

static_assert(metrics::kEntryStates.size() == static_cast<size_t>(EntryState::kClosed),
              "one gauge a state, in the order of the enum");

double Seconds(Time time) { return static_cast<double>(time.time_since_epoch().count()) / 1000; }

void AddDelivery(const Delivery& delivery, const std::string& code_key, metrics::Snapshot& out) {
  if (delivery.state == DeliveryState::kRequested && !code_key.empty()) ++out.deliveries[delivery.retry_at == kNoTime ? 0 : 1];
}

void AddSession(const Session& session, metrics::Snapshot& out) {
  auto count = [&](EntryState state) {
    if (state != EntryState::kNone && state != EntryState::kRemoved) ++out.entries[static_cast<size_t>(state) - 1];
  };
  for (const EntryMark& mark : session.marks) count(mark.state);
  count(session.pool.state);  // one entry for all who serve the channel
  if (session.ended_already()) return;
  ++out.sessions_live;
  AddDelivery(session.delivery, session.code_key, out);
  for (const Participant& participant : session.participants) AddDelivery(participant.delivery, participant.code_key, out);
  const bool waits = session.link != Link::kNeverAttached && session.lead() == nullptr && !session.transfer;
  if (!waits) return;
  ++(session.channel ? out.queue_waiting : out.queue_private_waiting);
  const double since = Seconds(session.waiting_since);
  out.oldest_waiting_timestamp_seconds = std::min(out.oldest_waiting_timestamp_seconds.value_or(since), since);
}

}  // namespace

metrics::Snapshot TakeSnapshot(Gateway& gateway) {
  metrics::Snapshot out;
  for (const auto& shard : gateway.shards) {
    out.command_queue_depth += shard->queue_depth();
    out.command_queue_capacity += kCommandQueue;
    // Read from outside: a loop that stands does not hide it.
    const double late =
        std::chrono::duration<double>(gateway.clock.Now() - std::min(shard->next_due(), gateway.clock.Now())).count();
    out.deadline_overdue_seconds = std::max(out.deadline_overdue_seconds, late);
    shard->RunAndWait([&](Turn& turn) {
      for (const auto& [id, rt] : turn.orgs()) {
        ++out.organizations;
        out.attached_devices += rt->devices.size();
        out.attached_consoles += rt->consoles.size();
        out.computers += rt->org.computers.size();
        for (const auto& [session_id, session] : rt->org.sessions) AddSession(session, out);
        for (const auto& [technician_id, technician] : rt->org.technicians) {
          ++out.technicians[static_cast<size_t>(technician.status) - 1];
        }
      }
      out.armed_deadlines += shard->armed_deadlines();
    });
  }
  out.attached_agents = gateway.agents.online();
  out.watchers = gateway.streams.count(StreamKind::kWatch);
  out.position_streams = gateway.streams.count(StreamKind::kPosition);
  out.watcher_lag_revisions_max = gateway.streams.MaxLag();
  out.codes_live = {gateway.codes.live_pins(), gateway.codes.live_links()};
  const store::StoreStats stats = gateway.store.Stats();
  out.store_disk_bytes = stats.disk_bytes;
  out.store_memtable_bytes = stats.memtable_bytes;
  out.store_free_disk_bytes = stats.free_disk_bytes;
  out.store_write_stopped = stats.write_stopped;
  out.store_failed = stats.failed;
  out.store_stall_seconds_total = static_cast<double>(stats.stall_micros) / 1e6;
  return out;
}

}  // namespace guichet::router

#include "store/records.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/codec.h"
#include "store/keys.h"

namespace guichet::store {
namespace {

std::string QueueKey(const Queue& queue) { return absl::StrCat("q/", queue.channel.value, "/", queue.group.value); }

}  // namespace

void AddRecords(const Org& org, const LogEntry& entry, const Touched& touched, Commit& commit) {
  for (const SessionChange& change : entry.sessions) {
    const Session& session = *change.after;
    const std::string key = NumberKey(session.id.value);
    std::string record = EncodeSession(session);
    if (session.ended_already()) {
      commit.puts.push_back({Family::kHistory, key, record});
      if (session.profile.device_id) {
        commit.puts.push_back({Family::kDevices, DeviceKey(*session.profile.device_id, session.id.value), ""});
      }
    }
    if (session.finished()) {
      commit.dels.push_back({Family::kSessions, key});
    } else {
      commit.puts.push_back({Family::kSessions, key, std::move(record)});
    }
    TimelineItem item{
        entry.revision, entry.time, entry.trigger, entry.actor, {}, change.changes, session.method == Method::kMonitoring};
    for (const Event& event : entry.events) {
      if (SessionOf(event) == session.id) item.events.push_back(event);
    }
    commit.puts.push_back({Family::kTimeline, PairKey(session.id.value, entry.revision.value), EncodeTimelineItem(item)});
  }
  auto put = [&](const std::string& key, const auto& map, const auto& id, const auto& encode) {
    auto it = map.find(id);
    if (it == map.end()) {
      commit.dels.push_back({Family::kOrgs, key});
    } else {
      commit.puts.push_back({Family::kOrgs, key, encode(it->second)});
    }
  };
  for (const TechnicianId& id : touched.technicians) put("t/" + id.value, org.technicians, id, EncodeTechnician);
  for (const GroupId& id : touched.groups) put("g/" + id.value, org.groups, id, EncodeGroup);
  for (const ChannelId& id : touched.channels) put("c/" + id.value, org.channels, id, EncodeChannel);
  for (const KeyId& id : touched.keys) put("k/" + id.value, org.keys, id, EncodeApiKey);
  for (ComputerId id : touched.computers) put(absl::StrCat("u/", id.value), org.computers, id, EncodeComputer);
  for (const TechnicianId& id : touched.libraries) {
    put("l/" + id.value, org.libraries, id, [&](const Library& library) { return EncodeLibrary({id, library}); });
  }
  for (const Queue& queue : touched.queues) {
    auto stats = org.stats.find(queue);
    if (stats == org.stats.end()) {
      commit.dels.push_back({Family::kOrgs, QueueKey(queue)});
    } else {
      commit.puts.push_back({Family::kOrgs, QueueKey(queue), EncodeQueueStats({queue, stats->second})});
    }
  }
  if (touched.org) {
    commit.puts.push_back(
        {Family::kOrgs, "o", EncodeOrg({org.id, org.display_name, org.created, org.last_session, org.settings})});
  }
  if (touched.counters) {
    commit.puts.push_back({Family::kOrgs, "n", EncodeCounters({org.last_session, org.last_computer})});
  }
}

}  // namespace guichet::store

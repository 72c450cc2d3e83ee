// A queue as a console builds it: a snapshot, then changes folded in. Compared with ListQueue.
#pragma once

#include <map>
#include <vector>

#include "tests/api/sessions.h"

namespace guichet::api_test {

struct Fold {
  std::map<uint64_t, pb::QueueEntry> entries;
  uint64_t revision = 0;
  std::string token;
  bool complete = false;
  int snapshots = 0;

  void Add(const pb::WatchQueueResponse& message) {
    if (message.has_snapshot()) {
      if (message.snapshot().first()) {
        entries.clear();
        complete = false;
        ++snapshots;
      }
      for (const pb::QueueEntry& entry : message.snapshot().entries()) entries[entry.session().session_id()] = entry;
      complete = message.snapshot().complete();
      EXPECT_EQ(message.resume_token().empty(), !complete);
    } else if (message.has_change()) {
      const pb::QueueEntry& entry = message.change().entry();
      const uint64_t id = entry.session().session_id();
      if (message.change().in_tab()) {
        entries[id] = entry;
      } else {
        entries.erase(id);
      }
    }
    EXPECT_GE(message.revision(), revision) << "back in time: " << message.ShortDebugString();
    revision = message.revision();
    if (!message.resume_token().empty()) token = message.resume_token();
  }
};

// What ListQueue shows, entries without what watches leave out.
inline std::map<uint64_t, std::string> Shown(const std::map<uint64_t, pb::QueueEntry>& entries) {
  std::map<uint64_t, std::string> shown;
  for (auto [id, entry] : entries) {
    entry.mutable_session()->clear_deadline_time();
    entry.mutable_session()->clear_deadline_timer();
    shown[id] = entry.DebugString();
  }
  return shown;
}

inline std::map<uint64_t, std::string> Listed(World& world, const pb::WatchQueueRequest& of, const std::string& token) {
  pb::ListQueueRequest list;
  list.set_technician_id(of.technician_id());
  list.set_tab(of.tab());
  list.set_channel_id(of.channel_id());
  list.set_page_size(500);
  std::map<uint64_t, pb::QueueEntry> entries;
  const auto answer = world.Must<pb::ListQueueResponse>(list, token);
  for (const auto& entry : answer.entries()) entries[entry.session().session_id()] = entry;
  return Shown(entries);
}

// Messages until one of revision `until` or later, advancing the clock for bookmarks when nothing else would come.
inline std::vector<pb::WatchQueueResponse> ReadUntil(World& world, QueueWatch& watch, uint64_t until) {
  std::vector<pb::WatchQueueResponse> messages;
  (void)world;
  while (messages.empty() || messages.back().revision() < until || messages.back().resume_token().empty()) {
    pb::WatchQueueResponse message;
    if (!watch.Read(&message)) {
      ADD_FAILURE() << "the watch has ended before revision " << until;
      break;
    }
    messages.push_back(std::move(message));
  }
  return messages;
}

// A change that every watch of a technician who serves "help" shows: its revision marks an end.
inline uint64_t Mark(World& world) {
  world.Enter();
  return world.Revision();
}

// Sessions of all kinds going through many states, ending with some left in each.
inline void Play(World& world, Sessions& sessions) {
  const uint64_t held = sessions.Held(world.ann);
  sessions.Transferred(world.ann, "bob");
  sessions.Collaboration(world.ann, "bob", world.bob);
  sessions.Offered(world.bob, "ann", world.ann);
  sessions.Closed(world.bob);
  sessions.Waiting();
  world.CreatePin(world.ann);
  auto update = World::On<pb::UpdateSessionRequest>(held);
  update.mutable_session()->set_tracking_id("ticket-7");
  world.Must<pb::UpdateSessionResponse>(update, world.ann);
  world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(held), world.ann);
  const uint64_t invited = sessions.Invited(world.bob, "ann");
  world.Must<pb::LeaveSessionResponse>(World::On<pb::LeaveSessionRequest>(invited), world.ann);
  const uint64_t back = sessions.Transferred(world.bob, "ann");
  world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(back), world.ann);
}

}  // namespace guichet::api_test

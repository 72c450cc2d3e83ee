// Reading streams up to what a test waits for.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/api/sessions.h"

namespace guichet::api_test {

// The customer's view that fits; earlier ones may come before it.
inline pb::CustomerView ViewUntil(Device& device, const std::function<bool(const pb::CustomerView&)>& fits) {
  pb::AttachResponse message;
  while (device.Read(&message)) {
    if (message.has_state() && fits(message.state())) return message.state();
  }
  ADD_FAILURE() << "the stream has ended before the view that is waited for";
  return {};
}

// The change of the session that fits, skipping others and the snapshot.
inline pb::QueueChange ChangeUntil(QueueWatch& watch, uint64_t session,
                                   const std::function<bool(const pb::QueueChange&)>& fits) {
  pb::WatchQueueResponse message;
  while (watch.Read(&message)) {
    const pb::QueueChange& change = message.change();
    if (message.has_change() && change.entry().session().session_id() == session && fits(change)) return change;
  }
  ADD_FAILURE() << "the watch has ended before the change that is waited for";
  return {};
}

// What was sent to the device before is done once this is answered.
inline void Flush(Device& device) {
  static std::atomic<uint64_t> sequence = 1000;
  device.Beat(++sequence);
}

}  // namespace guichet::api_test

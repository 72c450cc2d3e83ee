// Sessions that nobody serves, in channels with short time-outs: their timers fire before, during and after a crash.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/crash/caller.h"

namespace guichet::crash {

inline constexpr absl::Duration kAlarmAfter = absl::Milliseconds(500);
inline constexpr char kConnectingChannel[] = "alarm-connecting";  // its connecting time-out is kAlarmAfter
inline constexpr char kWaitingChannel[] = "alarm-waiting";        // its waiting time-out is kAlarmAfter

class Alarms {
 public:
  explicit Alarms(std::string integrator) : integrator_(std::move(integrator)) {}

  // Creates a session at every few acknowledged commands.
  void Load(Server& server);
  // The daemon is down until its last timer is due: only the passing of time makes a timer overdue.
  void StayDown() const;
  // Waits until every timer has fired, and checks: the right end, once, not early, not late, in the order of their due times.
  void Recover(Server& server, absl::Time up_since);
  size_t fired() const { return fired_; }
  size_t overdue() const { return overdue_; }

 private:
  struct Alarm {
    uint64_t session = 0;
    bool waiting = false;
    std::unique_ptr<client::Stream> device;
  };

  const std::string integrator_;
  uint64_t sequence_ = 0;
  size_t fired_ = 0;
  size_t overdue_ = 0;  // fired after a restart though due before it
  std::vector<Alarm> alarms_;
};

}  // namespace guichet::crash

// The sessions that a contestant transitions, and what a transition writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <string>
#include <vector>

namespace guichet::bench {

// Four times as many sessions as are in flight at most, and twice as many technicians as PostgreSQL has connections: taken in
// turn, no two transitions in flight are of one session, and no two transactions of PostgreSQL wait for one technician's rows.
inline constexpr size_t kSessions = 1024;
inline constexpr size_t kTechnicians = 128;  // each leads 8; a technician may lead 10

// Mean bytes that Guichet writes for one transition, as found in its store.
struct Sizes {
  size_t session = 0;   // the record of the session
  size_t event = 0;     // the entry of the organization's log
  size_t timeline = 0;  // the item of the session's timeline
  size_t request = 0;   // the kept answer of a request_id
  size_t commit = 0;    // all of these with their keys, and the head of the log
};

// What the driver knows of one session: it is active, or held.
struct Subject {
  uint64_t id = 0;
  size_t technician = 0;  // its lead
  bool held = false;
  uint64_t epoch = 1;    // of its ownership
  uint64_t version = 1;  // of its record; Guichet does not ask for it
};

// Sessions in turn. One that is taken is in flight until it is given back.
class Turns {
 public:
  Turns() : subjects_(kSessions) {
    for (size_t i = 0; i < kSessions; ++i) {
      subjects_[i].id = i + 1;
      subjects_[i].technician = i % kTechnicians;
      free_.push_back(i);
    }
  }
  size_t Take() {
    const size_t next = free_.front();
    free_.pop_front();
    return next;
  }
  void GiveBack(size_t index) { free_.push_back(index); }
  Subject& operator[](size_t index) { return subjects_[index]; }

 private:
  std::vector<Subject> subjects_;
  std::deque<size_t> free_;
};

// Request ids of one run, all different: 32 hexadecimal digits as clients of Guichet make them.
class RequestIds {
 public:
  explicit RequestIds(uint64_t run) : run_(run) {}
  std::string Next() {
    char text[33];
    std::snprintf(text, sizeof text, "%016lx%016lx", static_cast<unsigned long>(run_), static_cast<unsigned long>(++count_));
    return text;
  }

 private:
  const uint64_t run_;
  uint64_t count_ = 0;
};

}  // namespace guichet::bench

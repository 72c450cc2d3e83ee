// Strong types for ids, revisions and time. A bare number or string never names a thing in a signature.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <utility>

namespace guichet {

// A number that names one kind of thing. 0 means "none".
template <class Tag>
struct NumberId {
  uint64_t value = 0;
  explicit operator bool() const { return value != 0; }
  auto operator<=>(const NumberId&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const NumberId& id) {
    return H::combine(std::move(h), id.value);
  }
};

// A word that names one kind of thing. Empty means "none".
template <class Tag>
struct WordId {
  std::string value;
  explicit operator bool() const { return !value.empty(); }
  auto operator<=>(const WordId&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const WordId& id) {
    return H::combine(std::move(h), id.value);
  }
};

using SessionId = NumberId<struct SessionTag>;  // increases in its organization, never used again
using Revision = NumberId<struct RevisionTag>;  // number of a log entry of one organization, gap-free from 1
using Epoch = NumberId<struct EpochTag>;        // counts the changes of ownership of one session
using OrgId = WordId<struct OrgTag>;
using GroupId = WordId<struct GroupTag>;
using TechnicianId = WordId<struct TechnicianTag>;
using ChannelId = WordId<struct ChannelTag>;
using KeyId = WordId<struct KeyTag>;
using SkillId = WordId<struct SkillTag>;

// Where a session waits for a technician: a channel, or by a redirect rule a group's members instead of the channel's.
struct Queue {
  ChannelId channel;
  GroupId group;  // empty: who serves the channel
  explicit operator bool() const { return static_cast<bool>(channel); }
  auto operator<=>(const Queue&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const Queue& queue) {
    return H::combine(std::move(h), queue.channel, queue.group);
  }
};

// Wall-clock time in milliseconds. The core never reads a clock: every instant is an input that the log records.
using Duration = std::chrono::milliseconds;
using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;
inline constexpr Time kNoTime{};      // "has not happened"
inline constexpr Duration kNever{0};  // a time-out that never fires

}  // namespace guichet

// All open streams of the daemon: their number is limited, revoking a key ends its streams, and a draining daemon ends all.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "router/principal.h"

namespace guichet::router {

// kNewcomer: one that has yet to prove that its token is good, by its first message.
enum class StreamKind : uint8_t { kWatch, kDevice, kConsole, kCommands, kPosition, kAgent, kNewcomer };
inline constexpr int kStreamKindCount = 7;

// A stream that can be ended from outside and be asked how far it is behind.
class OpenStream {
 public:
  virtual ~OpenStream() = default;
  virtual void EndStream(absl::Status why) = 0;
  // Called about every second.
  virtual void Tick(Time now) = 0;
  // Revisions that a watcher has not sent yet; 0 for others.
  virtual uint64_t Lag() const { return 0; }
};

// Thread safety: all methods may be called from any thread.
class Streams {
 public:
  // Counts and registers the stream until the ticket goes. TOO_MANY_STREAMS, or DRAINING. A newcomer beyond the limit ends the
  // one that has been silent for longest: whoever says at once who he is gets in, however many there are who say nothing.
  class Ticket {
   public:
    Ticket(Streams& streams, uint64_t id) : streams_(streams), id_(id) {}
    ~Ticket() { streams_.Remove(id_); }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    uint64_t id() const { return id_; }

   private:
    Streams& streams_;
    const uint64_t id_;
  };
  absl::StatusOr<std::unique_ptr<Ticket>> Add(StreamKind kind, const Principal& principal, std::weak_ptr<OpenStream> stream);

  // The newcomer has proved what it is. TOO_MANY_STREAMS, also for one that had to make room.
  absl::Status Admit(uint64_t id, StreamKind kind);

  void EndThoseOf(const OrgId& org, const KeyId& key, const absl::Status& why);
  void EndThoseOf(const OrgId& org, const TechnicianId& technician, const absl::Status& why);
  // Ends all and refuses further ones.
  void Drain();

  size_t count(StreamKind kind) const;
  uint64_t MaxLag() const;
  // Ticks every stream, and ends those whose key has expired.
  void Tick(Time now);

 private:
  struct Entry {
    OrgId org;
    KeyId key;
    TechnicianId technician;
    Time expires{};  // of the key; kNoTime: never
    std::weak_ptr<OpenStream> stream;
    StreamKind kind = StreamKind::kWatch;
  };
  void Remove(uint64_t id);
  absl::Status CountLocked(StreamKind kind) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::vector<std::shared_ptr<OpenStream>> Open(const std::function<bool(const Entry&)>& which) const;

  mutable absl::Mutex mu_;
  uint64_t last_id_ ABSL_GUARDED_BY(mu_) = 0;
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  std::map<uint64_t, Entry> open_ ABSL_GUARDED_BY(mu_);
  std::array<size_t, kStreamKindCount> counts_ ABSL_GUARDED_BY(mu_) = {};
  std::set<uint64_t> newcomers_ ABSL_GUARDED_BY(mu_);  // by age
};

}  // namespace guichet::router

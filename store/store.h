// The Store interface: ordered records and a gap-free event log for each organization, committed atomically and durably.
// It carries what a remote engine needs too: fencing by epoch, commits whose fate may be unknown. RocksDB is the engine
// (rocksdb_store.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace guichet::store {

// Families of keys. On disk: never renumber, never reuse.
enum class Family : uint8_t {
  kMeta = 0,      // schema version, epochs and sequence numbers; written by the engine alone
  kLog = 1,       // events by sequence number; written through Commit::events alone
  kSessions = 2,  // live sessions
  kOrgs = 3,      // groups, technicians, channels, keys, settings
  kHistory = 4,   // ended sessions
  kTimeline = 5,  // events of one session
  kRequests = 6,  // idempotency records
  kDevices = 7,   // ended sessions by device
};
inline constexpr int kFamilyCount = 8;

// Identifies an organization in the store. 1-63 bytes.
struct OrgKey {
  std::string value;
  bool operator==(const OrgKey&) const = default;
  auto operator<=>(const OrgKey&) const = default;
};

// Who may write, and after which event. `epoch` grows by one with every Acquire; `seq` is the number of the last event.
struct Token {
  OrgKey org;
  uint64_t epoch = 0;
  uint64_t seq = 0;
};

struct Put {
  Family family;
  std::string key;
  std::string value;
};

struct Del {
  Family family;
  std::string key;
};

// One atomic change of one organization. Deletions apply before puts (a key in both is there afterwards), each list in its
// order. `events` get the numbers at.seq + 1, at.seq + 2, …; a commit may have none.
struct Commit {
  Token at;
  std::vector<Put> puts;
  std::vector<Del> dels;
  std::vector<std::string> events;
};

enum class CommitResult : uint8_t {
  kOk,        // durable
  kFenced,    // at.epoch is not the organization's: another owner has acquired it, or nobody ever has; nothing was written
  kConflict,  // at.seq is not the last event's number; nothing was written
  kUnknown,   // may or may not be durable (engine failure). For the embedded engine: stop serving and recover from disk
};

// Keys in [begin, end) of one family of one organization; an empty `end` means "to the end of the family".
struct KeyRange {
  Family family;
  std::string begin;
  std::string end;
};

struct StoreStats {
  bool disk_nearly_full = false;  // less is free than the caller wants
  bool write_stopped = false;     // so it is, or writes wait for compaction
  bool failed = false;            // a write or background error happened; the store is read-only
  uint64_t commits = 0;           // commits that became durable since Open
  uint64_t syncs = 0;             // fsyncs of the log by commits, Acquire and Trim since Open
  uint64_t disk_bytes = 0;        // live tables and logs
  uint64_t memtable_bytes = 0;    // all buffers
  uint64_t stall_micros = 0;      // time writes were delayed since Open
  uint64_t free_disk_bytes = 0;   // on the data folder's file system
};

// Called after each fsync, on the engine's commit thread: how many commits it made durable (0: only an Acquire or a Trim) and
// how long the write took.
using SyncObserver = std::function<void(size_t commits, double seconds)>;

// Limits of the interface; larger input is INVALID_ARGUMENT (reads) or a failed check that ends the process (writes: the
// caller's bug). The same holds for an OrgKey of the wrong size and for the families kMeta and kLog as the place of a record.
// Keys and values may be empty. An event counts as a value.
inline constexpr size_t kMaxKeyBytes = 1024;
inline constexpr size_t kMaxValueBytes = 64 << 20;  // above any log entry: the core bounds what one command touches

// Which events of an organization's log are there: first .. last. None: first is last + 1.
struct LogRange {
  uint64_t first = 1;
  uint64_t last = 0;
  bool operator==(const LogRange&) const = default;
};

// What is in a store. Thread safety: all methods may be called from any thread. Visitors run on the caller's thread and may
// call anything. An organization that was never acquired is empty to all reads.
class Reader {
 public:
  // Return false to stop early (no error).
  using RecordVisitor = std::function<bool(std::string_view key, std::string_view value)>;
  using EventVisitor = std::function<bool(uint64_t seq, std::string_view bytes)>;

  virtual ~Reader() = default;

  // The value, or NOT_FOUND. Sees durable data only.
  virtual absl::StatusOr<std::string> Get(const OrgKey& org, Family family, std::string_view key) = 0;

  // Visits records in key order. Sees a consistent snapshot of durable data.
  virtual absl::Status Scan(const OrgKey& org, const KeyRange& range, const RecordVisitor& visit) = 0;

  // Visits up to `max` events with seq > after, in order and without a gap, as of one moment. OUT_OF_RANGE when event after + 1
  // was trimmed, INVALID_ARGUMENT when `max` is 0, DATA_LOSS when an event is missing. None, when `after` is the last event or
  // later.
  virtual absl::Status ReadEvents(const OrgKey& org, uint64_t after, size_t max, const EventVisitor& visit) = 0;

  // Which events ReadEvents finds.
  virtual absl::StatusOr<LogRange> Log(const OrgKey& org) = 0;

  // Every organization that was ever acquired, in order of their keys' bytes.
  virtual absl::StatusOr<std::vector<OrgKey>> ListOrgs() = 0;

  // Tells this store's log from one that it shares a beginning with: the copy that a checkpoint was restored into has another.
  // What a reader knows of one log (a position) means nothing in another. Never 0.
  virtual uint64_t history() const = 0;
};

// Thread safety: all methods may be called from any thread. Callbacks run on the engine's commit thread, must not block, and
// may call CommitAsync and the reads but neither Acquire nor Trim.
class Store : public Reader {
 public:
  using CommitCallback = std::function<void(const std::vector<CommitResult>&)>;

  // Makes the commits durable, each atomically, in order, then calls back once with one result each. Commits handed in while an
  // fsync runs share the next one. Several commits of one organization may be in flight: each names the seq after the one
  // before.
  virtual void CommitAsync(std::vector<Commit> commits, CommitCallback callback) = 0;

  // Makes the caller the organization's owner: the next epoch and the last seq. Creates the organization when it does not
  // exist. Durable before it returns, and ordered with the commits: those handed in before it still count, those after it with
  // the epoch before are fenced. UNAVAILABLE when the store has failed.
  virtual absl::StatusOr<Token> Acquire(const OrgKey& org) = 0;

  // Drops events with seq <= up_to; later ReadEvents before it answers OUT_OF_RANGE. Durable before it returns and ordered with
  // the commits. No error when they are dropped already. NOT_FOUND when the organization was never acquired, INVALID_ARGUMENT
  // when event up_to does not exist yet, UNAVAILABLE when the store has failed.
  virtual absl::Status Trim(const OrgKey& org, uint64_t up_to) = 0;

  // Writes a consistent copy of the store into `folder`, which must not exist (ALREADY_EXISTS) and be on the same file system.
  virtual absl::Status Checkpoint(const std::string& folder) = 0;

  virtual StoreStats Stats() = 0;
};

}  // namespace guichet::store

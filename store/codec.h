// Values of the core as bytes on disk and back (proto/guichet/store/v1/record.proto). Encoding never fails and the same value
// always gives the same bytes. Decoding returns DATA_LOSS, naming the kind of record, for bytes that are no such record and for
// an enumeration, set or event out of range; what an earlier build did not write gets its default. Pure functions: thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "statemachine/step.h"

namespace guichet::store {

std::string EncodeSession(const Session& session);
absl::StatusOr<Session> DecodeSession(std::string_view bytes);

std::string EncodeGroup(const Group& group);
absl::StatusOr<Group> DecodeGroup(std::string_view bytes);

std::string EncodeTechnician(const Technician& technician);
absl::StatusOr<Technician> DecodeTechnician(std::string_view bytes);

std::string EncodeChannel(const Channel& channel);
absl::StatusOr<Channel> DecodeChannel(std::string_view bytes);

std::string EncodeApiKey(const ApiKey& key);
absl::StatusOr<ApiKey> DecodeApiKey(std::string_view bytes);

// What is stored of an organization itself; its parts have records of their own.
struct OrgInfo {
  OrgId id;
  std::string display_name;
  Time created{};
  SessionId last_session;  // when this was written
  OrgSettings settings;
  bool operator==(const OrgInfo&) const = default;
};
std::string EncodeOrg(const OrgInfo& org);
absl::StatusOr<OrgInfo> DecodeOrg(std::string_view bytes);

// Highest ids given out: apart from the settings, which are large, since every session changes them.
struct Counters {
  SessionId last_session;
  ComputerId last_computer;
  bool operator==(const Counters&) const = default;
};
std::string EncodeCounters(const Counters& counters);
absl::StatusOr<Counters> DecodeCounters(std::string_view bytes);

// What was learnt of one queue.
struct QueueItem {
  Queue queue;
  QueueStats stats;
  bool operator==(const QueueItem&) const = default;
};
std::string EncodeQueueStats(const QueueItem& item);
absl::StatusOr<QueueItem> DecodeQueueStats(std::string_view bytes);

std::string EncodeComputer(const Computer& computer);
absl::StatusOr<Computer> DecodeComputer(std::string_view bytes);

// What a technician keeps at hand.
struct LibraryOf {
  TechnicianId technician;
  Library library;
  bool operator==(const LibraryOf&) const = default;
};
std::string EncodeLibrary(const LibraryOf& library);
absl::StatusOr<LibraryOf> DecodeLibrary(std::string_view bytes);

// Every SessionChange::after must be set when encoding, and is set after decoding.
std::string EncodeLogEntry(const LogEntry& entry);
absl::StatusOr<LogEntry> DecodeLogEntry(std::string_view bytes);

// The part of a log entry that concerns one session.
struct TimelineItem {
  Revision revision;
  Time time{};
  Trigger trigger = Trigger::kTick;
  std::string actor;
  Events events;
  std::vector<EntryChange> changes;
  bool monitoring = false;  // of a monitoring session: FindRow prefers the M rows
};
std::string EncodeTimelineItem(const TimelineItem& item);
absl::StatusOr<TimelineItem> DecodeTimelineItem(std::string_view bytes);

// The first reply to a request id, kept so that a repetition gets the same.
struct RequestItem {
  uint64_t content_hash = 0;  // of the request; a repetition with another content is refused
  uint32_t method = 0;        // as the router counts its methods
  Time time{};
  std::string response;
  bool operator==(const RequestItem&) const = default;
};
std::string EncodeRequest(const RequestItem& item);
absl::StatusOr<RequestItem> DecodeRequest(std::string_view bytes);

}  // namespace guichet::store

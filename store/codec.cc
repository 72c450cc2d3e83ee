// Bytes to and from messages, and the records that are made of others: organization, log entry, timeline item, request.
#include "store/codec.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "google/protobuf/arena.h"
#include "store/codec_internal.h"

namespace guichet::store {
namespace codec {
namespace {

using codec::Put;  // besides those below

// Bytes of a request's hash on disk.
constexpr int kHashBytes = 8;

// One message on an arena whose first block lies on the stack: most records need no allocation but for their strings.
template <class Record>
class Scratch {
 public:
  Scratch() : arena_(Options(block_, sizeof(block_))), record_(google::protobuf::Arena::CreateMessage<Record>(&arena_)) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  Record* operator->() { return record_; }
  Record* get() { return record_; }

 private:
  static google::protobuf::ArenaOptions Options(char* block, size_t size) {
    google::protobuf::ArenaOptions options;
    options.initial_block = block;
    options.initial_block_size = size;
    return options;
  }

  alignas(8) char block_[4096];
  google::protobuf::Arena arena_;
  Record* record_;
};

// Refuses to go on when a record cannot be serialized (over 2 GiB): limits.h keeps every value far below.
template <class Record>
std::string Serialize(const Record& record) {
  std::string bytes;
  if (!record.SerializeToString(&bytes)) {
    std::fputs("codec: record too large\n", stderr);
    std::abort();
  }
  return bytes;
}

// `convert(record, faults)` makes the value.
template <class Record, class Convert>
auto Decode(const char* kind, std::string_view bytes, Convert convert)
    -> absl::StatusOr<decltype(convert(std::declval<const Record&>(), std::declval<Faults&>()))> {
  Scratch<Record> record;
  Faults faults(kind);
  if (bytes.size() > INT32_MAX || !record->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    faults.Add("bytes cannot be parsed");
    return faults.ToStatus();
  }
  auto value = convert(std::as_const(*record.get()), faults);
  if (absl::Status status = faults.ToStatus(); !status.ok()) return status;
  return value;
}

void Put(const OrgInfo& org, pb::OrgRecord* record) {
  record->set_id(org.id.value);
  record->set_display_name(org.display_name);
  record->set_created(Millis(org.created));
  record->set_last_session(org.last_session.value);
  Put(org.settings, record->mutable_settings());
}

OrgInfo ToOrg(const pb::OrgRecord& record, Faults& faults) {
  return {OrgId{record.id()}, record.display_name(), ToTime(record.created()), SessionId{record.last_session()},
          record.has_settings() ? ToOrgSettings(record.settings(), faults) : OrgSettings{}};
}

void Put(const Counters& counters, pb::CountersRecord* record) {
  record->set_last_session(counters.last_session.value);
  record->set_last_computer(counters.last_computer.value);
}

Counters ToCounters(const pb::CountersRecord& record, Faults&) {
  return {SessionId{record.last_session()}, ComputerId{record.last_computer()}};
}

template <class Field>
void PutEvents(const Events& events, Field* field) {
  field->Reserve(static_cast<int>(events.size()));
  for (const Event& event : events) Put(event, field->Add());
}

template <class Field>
Events ToEvents(const Field& field, Faults& faults) {
  Events events;
  events.reserve(field.size());
  for (const pb::EventRecord& record : field) events.push_back(ToEvent(record, faults));
  return events;
}

template <class Field>
void PutChanges(const std::vector<EntryChange>& changes, Field* field) {
  field->Reserve(static_cast<int>(changes.size()));
  for (const EntryChange& change : changes) {
    pb::EntryChangeRecord* record = field->Add();
    record->set_technician(change.technician.value);
    record->set_from(Number(change.from));
    record->set_to(Number(change.to));
    record->set_stayed(Millis(change.stayed));
    if (!change.technician || change.pool != Queue{}) Put(change.pool, record->mutable_pool());
  }
}

// `pool`: what a change of the pool speaks of when its record names none.
template <class Field>
std::vector<EntryChange> ToChanges(const Field& field, const Queue& pool, Faults& faults) {
  std::vector<EntryChange> changes;
  changes.reserve(field.size());
  for (const pb::EntryChangeRecord& record : field) {
    EntryChange& change = changes.emplace_back();
    change.technician.value = record.technician();
    if (record.has_pool()) {
      change.pool = ToQueue(record.pool());
    } else if (!change.technician) {
      change.pool = pool;
    }
    change.from = Enum<EntryState>(record.from(), faults);
    change.to = Enum<EntryState>(record.to(), faults);
    change.stayed = Duration(record.stayed());
  }
  return changes;
}

void Put(const LogEntry& entry, pb::LogRecord* record) {
  record->set_revision(entry.revision.value);
  record->set_time(Millis(entry.time));
  record->set_trigger(Number(entry.trigger));
  record->set_actor(entry.actor);
  PutEvents(entry.events, record->mutable_events());
  for (const SessionChange& change : entry.sessions) {
    pb::SessionChangeRecord* session = record->add_sessions();
    Put(*change.after, session->mutable_after());
    PutChanges(change.changes, session->mutable_changes());
  }
}

LogEntry ToLogEntry(const pb::LogRecord& record, Faults& faults) {
  LogEntry entry;
  entry.revision.value = record.revision();
  entry.time = ToTime(record.time());
  entry.trigger = Enum<Trigger>(record.trigger(), faults);
  entry.actor = record.actor();
  entry.events = ToEvents(record.events(), faults);
  entry.sessions.reserve(record.sessions_size());
  for (const pb::SessionChangeRecord& change : record.sessions()) {
    auto after = std::make_shared<const Session>(ToSession(change.after(), faults));
    std::vector<EntryChange> changes = ToChanges(change.changes(), Queue{after->channel}, faults);
    entry.sessions.push_back({std::move(after), std::move(changes)});
  }
  return entry;
}

void Put(const TimelineItem& item, pb::TimelineRecord* record) {
  record->set_revision(item.revision.value);
  record->set_time(Millis(item.time));
  record->set_trigger(Number(item.trigger));
  record->set_actor(item.actor);
  PutEvents(item.events, record->mutable_events());
  PutChanges(item.changes, record->mutable_changes());
  record->set_monitoring(item.monitoring);
}

TimelineItem ToTimelineItem(const pb::TimelineRecord& record, Faults& faults) {
  TimelineItem item;
  item.revision.value = record.revision();
  item.time = ToTime(record.time());
  item.trigger = Enum<Trigger>(record.trigger(), faults);
  item.actor = record.actor();
  item.events = ToEvents(record.events(), faults);
  item.changes = ToChanges(record.changes(), Queue{}, faults);
  item.monitoring = record.monitoring();
  return item;
}

void Put(const RequestItem& item, pb::RequestRecord* record) {
  char hash[kHashBytes];
  for (int i = 0; i < kHashBytes; ++i) hash[i] = static_cast<char>(item.content_hash >> (8 * i));
  record->set_content_hash(hash, kHashBytes);
  record->set_response(item.response);
  record->set_time_ms(Millis(item.time));
  record->set_method(item.method);
}

RequestItem ToRequest(const pb::RequestRecord& record, Faults& faults) {
  RequestItem item;
  const std::string& hash = record.content_hash();
  if (hash.size() != kHashBytes) {
    faults.Add("content hash is not 8 bytes");
    return item;
  }
  for (int i = 0; i < kHashBytes; ++i) item.content_hash |= uint64_t{static_cast<uint8_t>(hash[i])} << (8 * i);
  item.method = record.method();
  item.time = ToTime(record.time_ms());
  item.response = record.response();
  return item;
}

// Stands after every Put, so that it finds them.
template <class Record, class Value>
std::string Encode(const Value& value) {
  Scratch<Record> record;
  Put(value, record.get());
  return Serialize(*record.get());
}

}  // namespace
}  // namespace codec

namespace pb = codec::pb;

std::string EncodeSession(const Session& session) { return codec::Encode<pb::SessionRecord>(session); }
absl::StatusOr<Session> DecodeSession(std::string_view bytes) {
  return codec::Decode<pb::SessionRecord>("session", bytes, codec::ToSession);
}

std::string EncodeGroup(const Group& group) { return codec::Encode<pb::GroupRecord>(group); }
absl::StatusOr<Group> DecodeGroup(std::string_view bytes) {
  return codec::Decode<pb::GroupRecord>("group", bytes, codec::ToGroup);
}

std::string EncodeTechnician(const Technician& technician) { return codec::Encode<pb::TechnicianRecord>(technician); }
absl::StatusOr<Technician> DecodeTechnician(std::string_view bytes) {
  return codec::Decode<pb::TechnicianRecord>("technician", bytes, codec::ToTechnician);
}

std::string EncodeChannel(const Channel& channel) { return codec::Encode<pb::ChannelRecord>(channel); }
absl::StatusOr<Channel> DecodeChannel(std::string_view bytes) {
  return codec::Decode<pb::ChannelRecord>("channel", bytes, codec::ToChannel);
}

std::string EncodeApiKey(const ApiKey& key) { return codec::Encode<pb::ApiKeyRecord>(key); }
absl::StatusOr<ApiKey> DecodeApiKey(std::string_view bytes) {
  return codec::Decode<pb::ApiKeyRecord>("API key", bytes, codec::ToApiKey);
}

std::string EncodeOrg(const OrgInfo& org) { return codec::Encode<pb::OrgRecord>(org); }
absl::StatusOr<OrgInfo> DecodeOrg(std::string_view bytes) {
  return codec::Decode<pb::OrgRecord>("organization", bytes, codec::ToOrg);
}

std::string EncodeCounters(const Counters& counters) { return codec::Encode<pb::CountersRecord>(counters); }
absl::StatusOr<Counters> DecodeCounters(std::string_view bytes) {
  return codec::Decode<pb::CountersRecord>("counters", bytes, codec::ToCounters);
}

std::string EncodeQueueStats(const QueueItem& item) { return codec::Encode<pb::QueueStatsRecord>(item); }
absl::StatusOr<QueueItem> DecodeQueueStats(std::string_view bytes) {
  return codec::Decode<pb::QueueStatsRecord>("queue", bytes, codec::ToQueueItem);
}

std::string EncodeComputer(const Computer& computer) { return codec::Encode<pb::ComputerRecord>(computer); }
absl::StatusOr<Computer> DecodeComputer(std::string_view bytes) {
  return codec::Decode<pb::ComputerRecord>("computer", bytes, codec::ToComputer);
}

std::string EncodeLibrary(const LibraryOf& library) { return codec::Encode<pb::LibraryRecord>(library); }
absl::StatusOr<LibraryOf> DecodeLibrary(std::string_view bytes) {
  return codec::Decode<pb::LibraryRecord>("library", bytes, codec::ToLibrary);
}

std::string EncodeLogEntry(const LogEntry& entry) { return codec::Encode<pb::LogRecord>(entry); }
absl::StatusOr<LogEntry> DecodeLogEntry(std::string_view bytes) {
  return codec::Decode<pb::LogRecord>("log", bytes, codec::ToLogEntry);
}

std::string EncodeTimelineItem(const TimelineItem& item) { return codec::Encode<pb::TimelineRecord>(item); }
absl::StatusOr<TimelineItem> DecodeTimelineItem(std::string_view bytes) {
  return codec::Decode<pb::TimelineRecord>("timeline", bytes, codec::ToTimelineItem);
}

std::string EncodeRequest(const RequestItem& item) { return codec::Encode<pb::RequestRecord>(item); }
absl::StatusOr<RequestItem> DecodeRequest(std::string_view bytes) {
  return codec::Decode<pb::RequestRecord>("request", bytes, codec::ToRequest);
}

}  // namespace guichet::store

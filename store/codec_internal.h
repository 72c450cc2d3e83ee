// Between values of the core and record messages; for the codec's own files only, so that protobuf stays inside them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "guichet/store/v1/record.pb.h"
#include "statemachine/step.h"

namespace guichet::store::codec {

namespace pb = ::guichet::store::v1;

// Remembers the first thing that is wrong with one record, so that converters can return plain values.
class Faults {
 public:
  // `kind` names the record ("session") and must outlive the object.
  explicit Faults(const char* kind) : kind_(kind) {}

  void Add(const char* what) {
    if (what_.empty()) what_ = what;
  }
  // OK, or DATA_LOSS.
  absl::Status ToStatus() const {
    if (what_.empty()) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(kind_, " record: ", what_));
  }

 private:
  const char* kind_;
  std::string what_;
};

// First and last number of an enumeration, and its name for the fault. Values are contiguous.
template <class E>
struct Range;
template <class E, E kFirst, E kLast>
struct RangeOf {
  static constexpr uint32_t first = static_cast<uint32_t>(kFirst);
  static constexpr uint32_t last = static_cast<uint32_t>(kLast);
};
template <>
struct Range<EntryState> : RangeOf<EntryState, EntryState::kNone, EntryState::kRemoved> {
  static constexpr const char* fault = "entry state out of range";
};
template <>
struct Range<Link> : RangeOf<Link, Link::kNeverAttached, Link::kOffline> {
  static constexpr const char* fault = "link out of range";
};
template <>
struct Range<Outcome> : RangeOf<Outcome, Outcome::kNone, Outcome::kAborted> {
  static constexpr const char* fault = "outcome out of range";
};
template <>
struct Range<Method> : RangeOf<Method, Method::kPin, Method::kMonitoring> {
  static constexpr const char* fault = "method out of range";
};
template <>
struct Range<RebootKind> : RangeOf<RebootKind, RebootKind::kNormal, RebootKind::kEmergency> {
  static constexpr const char* fault = "reboot kind out of range";
};
template <>
struct Range<Role> : RangeOf<Role, Role::kLead, Role::kInvitee> {
  static constexpr const char* fault = "role out of range";
};
template <>
struct Range<ConsoleLostPolicy> : RangeOf<ConsoleLostPolicy, ConsoleLostPolicy::kKeep, ConsoleLostPolicy::kGiveToCollaborator> {
  static constexpr const char* fault = "console lost policy out of range";
};
template <>
struct Range<Status> : RangeOf<Status, Status::kOnline, Status::kOffline> {
  static constexpr const char* fault = "status out of range";
};
template <>
struct Range<KeyRole> : RangeOf<KeyRole, KeyRole::kTechnician, KeyRole::kOperator> {
  static constexpr const char* fault = "key role out of range";
};
template <>
struct Range<Trigger> : RangeOf<Trigger, Trigger::kCreate, Trigger::kInactivity> {
  static constexpr const char* fault = "trigger out of range";
};
static_assert(Range<EntryState>::last + 1 == kEntryStateCount && Range<Outcome>::last + 1 == kOutcomeCount &&
              Range<Method>::last + 1 == kMethodCount && Range<Status>::last + 1 == kStatusCount &&
              Range<Trigger>::last + 1 == kTriggerCount);

template <class E>
uint32_t Number(E value) {
  return static_cast<uint32_t>(value);
}

template <class E>
E Enum(uint32_t number, Faults& faults) {
  if (number < Range<E>::first || number > Range<E>::last) {
    faults.Add(Range<E>::fault);
    return static_cast<E>(Range<E>::first);
  }
  return static_cast<E>(number);
}

inline int64_t Millis(Time time) { return time.time_since_epoch().count(); }
inline int64_t Millis(Duration duration) { return duration.count(); }
inline Time ToTime(int64_t millis) { return Time(Duration(millis)); }

// Words to and from a repeated field. Empty words keep their place.
template <class Ids, class Field>
void PutWords(const Ids& ids, Field* field) {
  field->Reserve(static_cast<int>(ids.size()));
  for (const auto& id : ids) *field->Add() = id.value;
}
template <class Id, class Field>
std::vector<Id> ToWords(const Field& field) {
  std::vector<Id> ids;
  ids.reserve(field.size());
  for (const std::string& word : field) ids.push_back(Id{word});
  return ids;
}

// codec_session.cc
void Put(const Profile& profile, pb::ProfileRecord* record);
Profile ToProfile(const pb::ProfileRecord& record);
void Put(const TransferTarget& target, pb::TransferTargetRecord* record);
TransferTarget ToTarget(const pb::TransferTargetRecord& record);
void Put(const Session& session, pb::SessionRecord* record);
Session ToSession(const pb::SessionRecord& record, Faults& faults);

// codec_org.cc
void Put(const Group& group, pb::GroupRecord* record);
Group ToGroup(const pb::GroupRecord& record, Faults& faults);
void Put(const Technician& technician, pb::TechnicianRecord* record);
Technician ToTechnician(const pb::TechnicianRecord& record, Faults& faults);
void Put(const Channel& channel, pb::ChannelRecord* record);
Channel ToChannel(const pb::ChannelRecord& record);
void Put(const ApiKey& key, pb::ApiKeyRecord* record);
ApiKey ToApiKey(const pb::ApiKeyRecord& record, Faults& faults);

// codec_events.cc
void Put(const Event& event, pb::EventRecord* record);
Event ToEvent(const pb::EventRecord& record, Faults& faults);

}  // namespace guichet::store::codec

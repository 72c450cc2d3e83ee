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
#include "store/codec.h"

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
struct Range<Outcome> : RangeOf<Outcome, Outcome::kNone, Outcome::kUnattendedRevoked> {
  static constexpr const char* fault = "outcome out of range";
};
template <>
struct Range<Method> : RangeOf<Method, Method::kPin, Method::kUnattended> {
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
struct Range<SessionType> : RangeOf<SessionType, SessionType::kStandard, SessionType::kMonitoring> {
  static constexpr const char* fault = "session type out of range";
};
template <>
struct Range<ActivityKind> : RangeOf<ActivityKind, ActivityKind::kRemoteControl, ActivityKind::kUnattendedAccess> {
  static constexpr const char* fault = "activity kind out of range";
};
template <>
struct Range<CredentialMode> : RangeOf<CredentialMode, CredentialMode::kAsk, CredentialMode::kNone> {
  static constexpr const char* fault = "credential mode out of range";
};
template <>
struct Range<MessageKind> : RangeOf<MessageKind, MessageKind::kEmailInvitation, MessageKind::kExternalInvitation> {
  static constexpr const char* fault = "message kind out of range";
};
template <>
struct Range<FileOutcome> : RangeOf<FileOutcome, FileOutcome::kNone, FileOutcome::kCanceled> {
  static constexpr const char* fault = "outcome of file out of range";
};
template <>
struct Range<OfferEnd> : RangeOf<OfferEnd, OfferEnd::kRejected, OfferEnd::kWithdrawn> {
  static constexpr const char* fault = "end of offer out of range";
};
template <>
struct Range<DeliveryState> : RangeOf<DeliveryState, DeliveryState::kNone, DeliveryState::kFailed> {
  static constexpr const char* fault = "delivery state out of range";
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
struct Range<LinkCause> : RangeOf<LinkCause, LinkCause::kNeverAttached, LinkCause::kDisabled> {
  static constexpr const char* fault = "link cause out of range";
};
template <>
struct Range<Unserved> : RangeOf<Unserved, Unserved::kKeepWaiting, Unserved::kEnd> {
  static constexpr const char* fault = "fallback action out of range";
};
template <>
struct Range<RedirectWhen> : RangeOf<RedirectWhen, RedirectWhen::kAtOnce, RedirectWhen::kOutOfHours> {
  static constexpr const char* fault = "redirect condition out of range";
};
template <>
struct Range<RoutingMode> : RangeOf<RoutingMode, RoutingMode::kManual, RoutingMode::kAutoStart> {
  static constexpr const char* fault = "routing mode out of range";
};
template <>
struct Range<Strategy> : RangeOf<Strategy, Strategy::kLongestIdle, Strategy::kRoundRobin> {
  static constexpr const char* fault = "strategy out of range";
};
template <>
struct Range<KeyRole> : RangeOf<KeyRole, KeyRole::kTechnician, KeyRole::kExternal> {
  static constexpr const char* fault = "key role out of range";
};
template <>
struct Range<Trigger> : RangeOf<Trigger, Trigger::kCreate, Trigger::kAccessOver> {
  static constexpr const char* fault = "trigger out of range";
};
static_assert(Range<EntryState>::last + 1 == kEntryStateCount && Range<Outcome>::last + 1 == kOutcomeCount &&
              Range<Method>::last + 1 == kMethodCount && Range<Status>::last + 1 == kStatusCount &&
              Range<Trigger>::last + 1 == kTriggerCount && Range<SessionType>::last + 1 == kSessionTypeCount &&
              Range<FileOutcome>::last + 1 == kFileOutcomeCount && Range<CredentialMode>::last + 1 == kCredentialModeCount &&
              Range<MessageKind>::last + 1 == kMessageKindCount && Range<ActivityKind>::last + 1 == kActivityKindCount &&
              Range<DeliveryState>::last + 1 == kDeliveryStateCount && Range<LinkCause>::last + 1 == kLinkCauseCount &&
              Range<KeyRole>::last + 1 == kKeyRoleCount);

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
// For a field that not every build has written.
template <class E>
E EnumOr(E absent, uint32_t number, Faults& faults) {
  return number == 0 ? absent : Enum<E>(number, faults);
}

// A set of permissions or kinds of activities: a bit that stands for nothing is a fault.
template <class Set, class Bits>
Set ToSet(Bits bits, Faults& faults) {
  const Set set(bits);
  if (set.bits() != bits) faults.Add("set out of range");
  return set;
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
void Put(const Queue& queue, pb::QueueRecord* record);
Queue ToQueue(const pb::QueueRecord& record);
void Put(const Profile& profile, pb::ProfileRecord* record);
Profile ToProfile(const pb::ProfileRecord& record);
void Put(const TransferTarget& target, pb::TransferTargetRecord* record);
TransferTarget ToTarget(const pb::TransferTargetRecord& record);
void Put(const AccessTerms& terms, pb::AccessTermsRecord* record);
AccessTerms ToTerms(const pb::AccessTermsRecord& record, Faults& faults);
void Put(const Computer& computer, pb::ComputerRecord* record);
Computer ToComputer(const pb::ComputerRecord& record, Faults& faults);
void Put(const FileInfo& file, pb::FileInfoRecord* record);
FileInfo ToFile(const pb::FileInfoRecord& record);
void Put(const Session& session, pb::SessionRecord* record);
Session ToSession(const pb::SessionRecord& record, Faults& faults);

// codec_org.cc
void Put(const OrgSettings& settings, pb::OrgSettingsRecord* record);
OrgSettings ToOrgSettings(const pb::OrgSettingsRecord& record, Faults& faults);
void Put(const Group& group, pb::GroupRecord* record);
Group ToGroup(const pb::GroupRecord& record, Faults& faults);
void PutConfig(const TechnicianConfig& config, pb::TechnicianRecord* record);
void PutConfig(const TechnicianConfig& config, pb::TechnicianPutRecord* record);
TechnicianConfig ToConfig(const pb::TechnicianRecord& record);
TechnicianConfig ToConfig(const pb::TechnicianPutRecord& record);
void Put(const Technician& technician, pb::TechnicianRecord* record);
Technician ToTechnician(const pb::TechnicianRecord& record, Faults& faults);
void Put(const ApiKey& key, pb::ApiKeyRecord* record);
ApiKey ToApiKey(const pb::ApiKeyRecord& record, Faults& faults);

void Put(const std::vector<LibraryItem>& items, pb::LibraryRecord* record);
std::vector<LibraryItem> ToItems(const pb::LibraryRecord& record);

void Put(const LibraryOf& library, pb::LibraryRecord* record);
LibraryOf ToLibrary(const pb::LibraryRecord& record, Faults& faults);

// codec_channel.cc
void Put(const Channel& channel, pb::ChannelRecord* record);
Channel ToChannel(const pb::ChannelRecord& record, Faults& faults);

// codec_routing.cc
void Put(const RoutingRecord& routing, pb::RoutingRecord* record);
RoutingRecord ToRouting(const pb::RoutingRecord& record, Faults& faults);
void Put(const QueueItem& item, pb::QueueStatsRecord* record);
QueueItem ToQueueItem(const pb::QueueStatsRecord& record, Faults& faults);

// codec_events.cc
void Put(const Event& event, pb::EventRecord* record);

// codec_events_read.cc
Event ToEvent(const pb::EventRecord& record, Faults& faults);

}  // namespace guichet::store::codec

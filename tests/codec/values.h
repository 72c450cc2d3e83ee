// Values of every record kind for the codec's tests: filled in every field, or random by a seed.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "store/codec.h"

namespace guichet::store {

// Number of members of an aggregate, so that one that is added fails to compile here until the tests know it.
struct Anything {
  template <class T>
  operator T() const;
};
template <class T, class... Known>
consteval size_t Members() {
  if constexpr (requires { T{Known{}..., Anything{}}; }) {
    return Members<T, Known..., Anything>();
  } else {
    return sizeof...(Known);
  }
}

// Calls `visit(member of a, member of b)` for each member.
template <class T, class Visit>
void ForEachMember(T& a, T& b, Visit visit) {
  constexpr size_t kMembers = Members<std::remove_const_t<T>>();
  static_assert(kMembers >= 1 && kMembers <= 15);
  auto all = [&](auto&&... pairs) { (visit(pairs.first, pairs.second), ...); };
  auto two = [](auto& x, auto& y) { return std::pair<decltype(x), decltype(y)>(x, y); };
#define MEMBERS(count, x, y, ...)    \
  if constexpr (kMembers == count) { \
    auto& [x] = a;                   \
    auto& [y] = b;                   \
    all(__VA_ARGS__);                \
  }
#define LIST(...) __VA_ARGS__
  MEMBERS(1, a1, b1, two(a1, b1))
  MEMBERS(2, LIST(a1, a2), LIST(b1, b2), two(a1, b1), two(a2, b2))
  MEMBERS(3, LIST(a1, a2, a3), LIST(b1, b2, b3), two(a1, b1), two(a2, b2), two(a3, b3))
  MEMBERS(4, LIST(a1, a2, a3, a4), LIST(b1, b2, b3, b4), two(a1, b1), two(a2, b2), two(a3, b3), two(a4, b4))
  MEMBERS(5, LIST(a1, a2, a3, a4, a5), LIST(b1, b2, b3, b4, b5), two(a1, b1), two(a2, b2), two(a3, b3), two(a4, b4),
          two(a5, b5))
  MEMBERS(6, LIST(a1, a2, a3, a4, a5, a6), LIST(b1, b2, b3, b4, b5, b6), two(a1, b1), two(a2, b2), two(a3, b3), two(a4, b4),
          two(a5, b5), two(a6, b6))
  MEMBERS(7, LIST(a1, a2, a3, a4, a5, a6, a7), LIST(b1, b2, b3, b4, b5, b6, b7), two(a1, b1), two(a2, b2), two(a3, b3),
          two(a4, b4), two(a5, b5), two(a6, b6), two(a7, b7))
  MEMBERS(8, LIST(a1, a2, a3, a4, a5, a6, a7, a8), LIST(b1, b2, b3, b4, b5, b6, b7, b8), two(a1, b1), two(a2, b2), two(a3, b3),
          two(a4, b4), two(a5, b5), two(a6, b6), two(a7, b7), two(a8, b8))
  MEMBERS(9, LIST(a1, a2, a3, a4, a5, a6, a7, a8, a9), LIST(b1, b2, b3, b4, b5, b6, b7, b8, b9), two(a1, b1), two(a2, b2),
          two(a3, b3), two(a4, b4), two(a5, b5), two(a6, b6), two(a7, b7), two(a8, b8), two(a9, b9))
  MEMBERS(10, LIST(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10), LIST(b1, b2, b3, b4, b5, b6, b7, b8, b9, b10), two(a1, b1),
          two(a2, b2), two(a3, b3), two(a4, b4), two(a5, b5), two(a6, b6), two(a7, b7), two(a8, b8), two(a9, b9), two(a10, b10))
  MEMBERS(11, LIST(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11), LIST(b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11),
          two(a1, b1), two(a2, b2), two(a3, b3), two(a4, b4), two(a5, b5), two(a6, b6), two(a7, b7), two(a8, b8), two(a9, b9),
          two(a10, b10), two(a11, b11))
  MEMBERS(12, LIST(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12), LIST(b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12),
          two(a1, b1), two(a2, b2), two(a3, b3), two(a4, b4), two(a5, b5), two(a6, b6), two(a7, b7), two(a8, b8), two(a9, b9),
          two(a10, b10), two(a11, b11), two(a12, b12))
  MEMBERS(13, LIST(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13),
          LIST(b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13), two(a1, b1), two(a2, b2), two(a3, b3), two(a4, b4),
          two(a5, b5), two(a6, b6), two(a7, b7), two(a8, b8), two(a9, b9), two(a10, b10), two(a11, b11), two(a12, b12),
          two(a13, b13))
  MEMBERS(14, LIST(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14),
          LIST(b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14), two(a1, b1), two(a2, b2), two(a3, b3), two(a4, b4),
          two(a5, b5), two(a6, b6), two(a7, b7), two(a8, b8), two(a9, b9), two(a10, b10), two(a11, b11), two(a12, b12),
          two(a13, b13), two(a14, b14))
  MEMBERS(15, LIST(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15),
          LIST(b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15), two(a1, b1), two(a2, b2), two(a3, b3),
          two(a4, b4), two(a5, b5), two(a6, b6), two(a7, b7), two(a8, b8), two(a9, b9), two(a10, b10), two(a11, b11),
          two(a12, b12), two(a13, b13), two(a14, b14), two(a15, b15))
#undef LIST
#undef MEMBERS
}

// Fills values. Seed 0: every field set, no two numbers or texts alike. Otherwise random, also with empty fields.
class Filler {
 public:
  explicit Filler(uint64_t seed) : full_(seed == 0), random_(seed) {}

  template <class T>
  T Make() {
    T value{};
    Fill(value);
    return value;
  }

  // Each alternative of Event once.
  Events AllEvents() { return AllEvents(std::make_index_sequence<std::variant_size_v<Event>>()); }

  uint64_t Below(uint64_t bound) { return random_() % bound; }

 private:
  uint64_t Next(uint64_t bound) { return full_ ? ++count_ : random_() % bound; }
  size_t Size() { return full_ ? 2 : Below(4); }

  void Fill(bool& value) { value = full_ || Below(2) == 1; }
  void Fill(uint32_t& value) { value = static_cast<uint32_t>(Next(uint64_t{1} << 32)); }
  void Fill(uint64_t& value) { value = full_ ? ++count_ : random_() >> Below(64); }
  void Fill(int32_t& value) { value = full_ ? -static_cast<int32_t>(++count_) : static_cast<int32_t>(random_()); }
  void Fill(int64_t& value) {
    value = full_ ? -static_cast<int64_t>(++count_) : static_cast<int64_t>(random_()) >> static_cast<int>(Below(64));
  }
  void Fill(Permissions& value) { value = Permissions(full_ ? ++count_ << 1 : random_()); }  // bit 0 stands for nothing
  void Fill(ActivityKinds& value) { value = ActivityKinds(static_cast<uint32_t>(full_ ? ++count_ << 1 : random_())); }
  void Fill(Duration& value) { value = Duration(Next(uint64_t{1} << 40)); }
  void Fill(Time& value) { value = Below(4) || full_ ? Time(Make<Duration>()) : kNoTime; }
  void Fill(std::string& value) {
    if (full_) {
      value = absl::StrCat("t", ++count_);
      return;
    }
    for (size_t left = Below(8); left > 0; --left) value.push_back(static_cast<char>(Below(256)));
  }
  template <class Tag>
  void Fill(NumberId<Tag>& id) {
    Fill(id.value);
  }
  template <class Tag>
  void Fill(WordId<Tag>& id) {
    Fill(id.value);
  }
  template <class T>
  void Fill(std::vector<T>& values) {
    for (size_t left = Size(); left > 0; --left) values.push_back(Make<T>());
  }
  template <class T, size_t kSize>
  void Fill(std::array<T, kSize>& values) {
    for (T& value : values) Fill(value);
  }
  template <class T>
  void Fill(std::optional<T>& value) {
    if (full_ || Below(2)) value = Make<T>();
  }

  template <class E>
  void FillEnum(E& value, E first, E last) {
    const auto low = static_cast<uint64_t>(first);
    const auto high = static_cast<uint64_t>(last);
    value = full_ ? last : static_cast<E>(low + Below(high - low + 1));
  }
  void Fill(EntryState& value) { FillEnum(value, EntryState::kNone, EntryState::kRemoved); }
  void Fill(Link& value) { FillEnum(value, Link::kNeverAttached, Link::kOffline); }
  void Fill(Outcome& value) { FillEnum(value, Outcome::kNone, Outcome::kUnattendedRevoked); }
  void Fill(Method& value) { FillEnum(value, Method::kPin, Method::kUnattended); }
  void Fill(RebootKind& value) { FillEnum(value, RebootKind::kNormal, RebootKind::kEmergency); }
  void Fill(Role& value) { FillEnum(value, Role::kLead, Role::kInvitee); }
  void Fill(ConsoleLostPolicy& value) { FillEnum(value, ConsoleLostPolicy::kKeep, ConsoleLostPolicy::kGiveToCollaborator); }
  void Fill(Status& value) { FillEnum(value, Status::kOnline, Status::kOffline); }
  void Fill(KeyRole& value) { FillEnum(value, KeyRole::kTechnician, KeyRole::kExternal); }
  void Fill(Trigger& value) { FillEnum(value, Trigger::kCreate, Trigger::kAccessOver); }
  void Fill(SessionType& value) { FillEnum(value, SessionType::kStandard, SessionType::kMonitoring); }
  void Fill(ActivityKind& value) { FillEnum(value, ActivityKind::kRemoteControl, ActivityKind::kUnattendedAccess); }
  void Fill(CredentialMode& value) { FillEnum(value, CredentialMode::kAsk, CredentialMode::kNone); }
  void Fill(MessageKind& value) { FillEnum(value, MessageKind::kEmailInvitation, MessageKind::kExternalInvitation); }
  void Fill(FileOutcome& value) { FillEnum(value, FileOutcome::kNone, FileOutcome::kCanceled); }
  void Fill(OfferEnd& value) { FillEnum(value, OfferEnd::kRejected, OfferEnd::kWithdrawn); }
  void Fill(DeliveryState& value) { FillEnum(value, DeliveryState::kNone, DeliveryState::kFailed); }
  void Fill(LinkCause& value) { FillEnum(value, LinkCause::kNeverAttached, LinkCause::kDisabled); }
  void Fill(Unserved& value) { FillEnum(value, Unserved::kKeepWaiting, Unserved::kEnd); }
  void Fill(RedirectWhen& value) { FillEnum(value, RedirectWhen::kAtOnce, RedirectWhen::kOutOfHours); }
  void Fill(RoutingMode& value) { FillEnum(value, RoutingMode::kManual, RoutingMode::kAutoStart); }
  void Fill(Strategy& value) { FillEnum(value, Strategy::kLongestIdle, Strategy::kRoundRobin); }

  template <class T>
  void Fill(Rare<T>& value) {
    value = Make<T>();
  }
  template <class T>
  void Fill(RareOptional<T>& value) {
    std::optional<T> filled;
    Fill(filled);
    value = std::move(filled);
  }
  template <class... Fields>
  void All(Fields&... fields) {
    (Fill(fields), ...);
  }
  void Fill(GroupSettings& s) {
    static_assert(Members<GroupSettings>() == 23);
    All(s.private_code_validity, s.connecting_timeout, s.waiting_timeout, s.idle_timeout, s.device_lost_grace, s.offline_after,
        s.hold_limit, s.system_limit, s.max_active_sessions, s.busy_at, s.auto_start_private, s.console_lost_policy, s.terms,
        s.away_after, s.logout_after, s.idle_blockers, s.auto_start_channel, s.login_deferral, s.connecting_alert,
        s.waiting_alert, s.survey, s.survey_at_end, s.approved_externals_only);
  }
  void Fill(Technician& t) {
    static_assert(Members<TechnicianConfig>() == 8 && Members<Technician>() == 21);  // the configuration counts as one
    All(t.id, t.display_name, t.group, t.administrator, t.disabled, t.created, t.away, t.away_reason, t.away_since, t.console,
        t.console_name, t.console_since, t.foreground, t.status, t.status_since, t.inactive, t.administers, t.skills,
        t.capacity, t.routing_exempt, t.link_cause, t.busy, t.busy_since, t.idle_since, t.last_offer, t.wrap_up_until,
        t.paused_until, t.external_of);
  }
  void Fill(Channel& c) {
    static_assert(Members<Channel>() == 15);
    All(c.id, c.display_name, c.groups, c.technicians, c.connecting_timeout, c.waiting_timeout, c.fields, c.hours,
        c.out_of_hours, c.nobody_online, c.redirects, c.priority, c.routing, c.open, c.policy_version);
  }
  void Fill(Session& s) {
    static_assert(Members<Session>() == 62);
    All(s.id, s.epoch, s.method, s.owner, s.channel, s.monitored, s.profile, s.link, s.terms_accepted, s.ever_started, s.held,
        s.last_external, s.chat_only, s.messages, s.customer_messages, s.customer_chat_until, s.notes, s.survey_answered,
        s.computer, s.access_until, s.credentials, s.enrolled, s.survey_until, s.lead_console_lost, s.reboot, s.participants,
        s.transfer, s.lead_offered_to, s.outcome, s.keepers, s.hidden_from, s.code_key, s.code_expires, s.device_token_hash,
        s.created, s.waiting_since, s.first_waiting, s.started, s.ended, s.link_since, s.held_since, s.lead_lost_since, s.marks,
        s.pool, s.revision, s.type, s.delivery, s.activities, s.last_activity, s.standing_grants, s.chat_off, s.survey_sent,
        s.queue_group, s.preferred, s.preferred_only, s.offer, s.declines, s.redirects, s.notified, s.end_page, s.queue_since,
        s.told);
  }
  void Fill(std::shared_ptr<const Session>& session) { session = std::make_shared<const Session>(Make<Session>()); }
  void Fill(Events& events) {
    events = AllEvents();
    if (full_) return;
    for (size_t i = events.size(); i > 1; --i) std::swap(events[i - 1], events[Below(i)]);
    events.resize(Below(5), Event(event::CodeExpired{}));
  }
  // Any other aggregate: member by member.
  template <class T>
  requires std::is_aggregate_v<T>
  void Fill(T& value) {
    ForEachMember(value, value, [this](auto& member, auto&) { Fill(member); });
  }

  template <size_t... kIndex>
  Events AllEvents(std::index_sequence<kIndex...>) {
    Events events;
    (events.push_back(Make<std::variant_alternative_t<kIndex, Event>>()), ...);
    return events;
  }

  bool full_;
  std::mt19937_64 random_;
  uint64_t count_ = 0;
};

// Equality of the values that have no operator== of their own.
template <class T>
bool Same(const T& a, const T& b);
inline bool SameEvents(const Events& a, const Events& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].index() != b[i].index()) return false;
    const bool same = std::visit(
        [&](const auto& left) {
          bool all = true;
          ForEachMember(left, std::get<std::decay_t<decltype(left)>>(b[i]),
                        [&](const auto& x, const auto& y) { all = all && x == y; });
          return all;
        },
        a[i]);
    if (!same) return false;
  }
  return true;
}
template <class T>
bool Same(const T& a, const T& b) {
  if constexpr (std::is_same_v<T, LogEntry>) {
    static_assert(Members<LogEntry>() == 6 && Members<SessionChange>() == 2);
    if (a.revision != b.revision || a.time != b.time || a.trigger != b.trigger || a.actor != b.actor) return false;
    if (!SameEvents(a.events, b.events) || a.sessions.size() != b.sessions.size()) return false;
    for (size_t i = 0; i < a.sessions.size(); ++i) {
      if (*a.sessions[i].after != *b.sessions[i].after || a.sessions[i].changes != b.sessions[i].changes) return false;
    }
    return true;
  } else if constexpr (std::is_same_v<T, TimelineItem>) {
    static_assert(Members<TimelineItem>() == 7);
    return a.revision == b.revision && a.time == b.time && a.trigger == b.trigger && a.actor == b.actor &&
           SameEvents(a.events, b.events) && a.changes == b.changes && a.monitoring == b.monitoring;
  } else {
    return a == b;
  }
}

// Calls `visit(name, record message name, encode, decode, T{})` for each kind of record.
template <class Visit>
void ForEachKind(Visit visit) {
  visit("session", "SessionRecord", EncodeSession, DecodeSession, Session{});
  visit("group", "GroupRecord", EncodeGroup, DecodeGroup, Group{});
  visit("technician", "TechnicianRecord", EncodeTechnician, DecodeTechnician, Technician{});
  visit("channel", "ChannelRecord", EncodeChannel, DecodeChannel, Channel{});
  visit("API key", "ApiKeyRecord", EncodeApiKey, DecodeApiKey, ApiKey{});
  visit("organization", "OrgRecord", EncodeOrg, DecodeOrg, OrgInfo{});
  visit("counters", "CountersRecord", EncodeCounters, DecodeCounters, Counters{});
  visit("queue", "QueueStatsRecord", EncodeQueueStats, DecodeQueueStats, QueueItem{});
  visit("computer", "ComputerRecord", EncodeComputer, DecodeComputer, Computer{});
  visit("library", "LibraryRecord", EncodeLibrary, DecodeLibrary, LibraryOf{});
  visit("log", "LogRecord", EncodeLogEntry, DecodeLogEntry, LogEntry{});
  visit("timeline", "TimelineRecord", EncodeTimelineItem, DecodeTimelineItem, TimelineItem{});
  visit("request", "RequestRecord", EncodeRequest, DecodeRequest, RequestItem{});
}

}  // namespace guichet::store

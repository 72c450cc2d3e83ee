// Tables of sessions, queues and timelines.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/ctl/output.h"
#include "tools/ctl/tables.h"
#include "tools/ctl/words.h"

namespace guichet::ctl {
namespace {

std::string TargetWord(const v1::TransferTarget& target) {
  switch (target.target_case()) {
    case v1::TransferTarget::kTechnicianId:
      return target.technician_id();
    case v1::TransferTarget::kGroupId:
      return absl::StrCat("group ", target.group_id());
    case v1::TransferTarget::kChannelId:
      return absl::StrCat("channel ", target.channel_id());
    default:
      return "somebody";
  }
}

std::string ParticipantWord(const v1::Participant& participant) {
  std::string word =
      absl::StrCat(participant.technician_id(), " ", Word(participant.role()), participant.on_hold() ? " HOLD" : "");
  for (int i = 0; i < participant.denied_permissions_size(); ++i) {
    absl::StrAppend(&word, i == 0 ? " without " : "+", Word(participant.denied_permissions(i)));
  }
  return word;
}

std::string ActivityWord(const v1::Activity& activity) {
  return absl::StrCat(Word(activity.kind()), activity.open() ? "" : "?");
}

std::string DeliveryWord(const v1::Session& session) {
  if (!session.has_delivery()) return "";
  const v1::Delivery& delivery = session.delivery();
  return absl::StrCat(Word(delivery.state()), " ", delivery.address(),
                      delivery.detail().empty() ? "" : absl::StrCat(": ", delivery.detail()));
}

std::string DeclineWord(const v1::Decline& decline) {
  return absl::StrCat(decline.technician_id(), " ", Word(decline.cause()),
                      decline.reason().empty() ? "" : absl::StrCat(": ", decline.reason()));
}

std::string In(const google::protobuf::Timestamp& time, absl::Time now) {
  return absl::FormatDuration(absl::Trunc(std::max(ToTime(time) - now, absl::ZeroDuration()), absl::Seconds(1)));
}

std::string OfferWord(const v1::Offer& offer, absl::Time now) {
  return absl::StrCat(offer.technician_id(), " for ", In(offer.expire_time(), now));
}

// What a list of a queue tells besides the state.
std::string Note(const v1::Session& session, absl::Time now) {
  std::vector<std::string> parts;
  if (session.has_urgent_time() && ToTime(session.urgent_time()) <= now) parts.push_back("urgent");
  if (session.type() == v1::SESSION_TYPE_LENS) parts.push_back("camera");
  if (session.has_offer()) parts.push_back(absl::StrCat("offered to ", OfferWord(session.offer(), now)));
  if (session.preferred_only()) parts.push_back(absl::StrCat("for ", session.preferred_technician_id(), " alone"));
  if (session.activities_size() > 0) parts.push_back(ActivitiesWord(session));
  return absl::StrJoin(parts, "; ");
}

template <typename Values>
std::string Words(const Values& values) {
  return absl::StrJoin(values, ", ", [](std::string* out, auto value) { absl::StrAppend(out, Word(value)); });
}

std::string Entrance(const v1::Session& session) {
  return session.channel_id().empty() ? session.owner_technician_id() : absl::StrCat("#", session.channel_id());
}

std::string WhoWord(const v1::EntryChange& change) {
  if (!change.technician_id().empty()) return change.technician_id();
  if (!change.queue_group_id().empty()) return absl::StrCat("group ", change.queue_group_id());
  return change.channel_id().empty() ? "others" : absl::StrCat("#", change.channel_id());
}

std::string ChangeWord(const v1::EntryChange& change) {
  return absl::StrCat(WhoWord(change), " ", Word(change.from()), change.from() == v1::ENTRY_STATE_UNSPECIFIED ? "+" : "→",
                      Word(change.to()), change.row().empty() ? "" : " ", change.row());
}

}  // namespace

std::string SessionStatus(const v1::Session& session) {
  if (session.outcome() != v1::OUTCOME_UNSPECIFIED) return Word(session.outcome());
  if (session.link() == v1::LINK_NEVER_ATTACHED) return "connecting";
  if (session.link() != v1::LINK_ATTACHED) return Word(session.link());
  if (session.has_transfer()) return absl::StrCat("transfer to ", TargetWord(session.transfer().target()));
  if (session.held()) return "held";
  if (session.has_offer()) return absl::StrCat("offered to ", session.offer().technician_id());
  return session.lead_technician_id().empty() ? "waiting" : "active";
}

std::string ActivitiesWord(const v1::Session& session) {
  return absl::StrJoin(session.activities(), ", ",
                       [](std::string* out, const v1::Activity& a) { absl::StrAppend(out, ActivityWord(a)); });
}

std::string ActivityTable(const Rows<v1::Activity>& activities) {
  Table table({"ACTIVITY", "KIND", "TECHNICIAN", "STATE", "DETAIL"});
  for (const v1::Activity& activity : activities) {
    table.Add({absl::StrCat(activity.activity_id()), Word(activity.kind()), activity.technician_id(),
               activity.open() ? "open" : "asked", activity.detail()});
  }
  return table.Text();
}

std::string SessionTable(const Rows<v1::Session>& sessions, absl::Time now) {
  Table table({"SESSION", "STATUS", "LEAD", "FROM", "NAME", "AGE"});
  for (const v1::Session& session : sessions) {
    table.Add({absl::StrCat(session.session_id()), SessionStatus(session), session.lead_technician_id(), Entrance(session),
               session.name(), Since(session.create_time(), now)});
  }
  return table.Text();
}

std::string SessionDetails(const v1::Session& session, absl::Time now) {
  const auto ago = [now](const google::protobuf::Timestamp& time) {
    const std::string since = Since(time, now);
    return since.empty() ? since : absl::StrCat(since, " ago");
  };
  std::vector<v1::ActivityKind> standing;
  for (int kind : session.standing_grants()) standing.push_back(static_cast<v1::ActivityKind>(kind));
  const std::pair<std::string, std::string> lines[] = {
      {"session", absl::StrCat(session.session_id())},
      {"status", SessionStatus(session)},
      {"epoch", absl::StrCat(session.epoch())},
      {"method", Word(session.method())},
      {"type", Word(session.type())},
      {"delivery", DeliveryWord(session)},
      {"name", session.name()},
      {"fields", absl::StrJoin(session.custom_fields(), " | ")},
      {"tracking id", session.tracking_id()},
      {"language", session.language()},
      {"platform", session.platform()},
      {"device", session.device_id()},
      {"channel", session.channel_id()},
      {"queue of group", session.queue_group_id()},
      {"owner", session.owner_technician_id()},
      {"preferred", absl::StrCat(session.preferred_technician_id(), session.preferred_only() ? " alone" : "")},
      {"offered to", session.has_offer() ? OfferWord(session.offer(), now) : ""},
      {"declined by", absl::StrJoin(session.declines(), ", ",
                                    [](std::string* out, const v1::Decline& d) { absl::StrAppend(out, DeclineWord(d)); })},
      {"lead", absl::StrCat(session.lead_technician_id(), session.lead_console_lost() ? " (console lost)" : "")},
      {"participants",
       absl::StrJoin(session.participants(), ", ",
                     [](std::string* out, const v1::Participant& p) { absl::StrAppend(out, ParticipantWord(p)); })},
      {"lead offered to", session.lead_offered_to()},
      {"activities", absl::StrJoin(session.activities(), ", ",
                                   [](std::string* out, const v1::Activity& a) {
                                     absl::StrAppend(out, a.activity_id(), " ", ActivityWord(a), " ", a.technician_id());
                                   })},
      {"standing grants", Words(standing)},
      {"chat", session.chat_off() ? "off" : "on"},
      {"survey", session.survey_sent() ? "sent" : ""},
      {"nobody serves", session.customer_notified() ? "customer notified" : ""},
      {"created", ago(session.create_time())},
      {"waiting since", ago(session.waiting_time())},
      {"told to wait", session.has_told_wait() ? absl::StrCat(DurationWord(session.told_wait().p50()), ", 1 in 10 longer than ",
                                                              DurationWord(session.told_wait().p90()))
                                               : ""},
      {"urgent", !session.has_urgent_time()             ? ""
                 : ToTime(session.urgent_time()) <= now ? ago(session.urgent_time())
                                                        : absl::StrCat("in ", In(session.urgent_time(), now))},
      {"started", ago(session.start_time())},
      {"ended", ago(session.end_time())},
      {"next timer", session.deadline_timer().empty()
                         ? ""
                         : absl::StrCat(session.deadline_timer(), " in ", In(session.deadline_time(), now))}};
  std::vector<std::string> names;
  std::vector<std::string> values;
  for (const auto& [name, value] : lines) {
    names.push_back(name);
    values.push_back(value);
  }
  Table table(names);
  table.Add(values);
  return table.Vertical();
}

std::string QueueTable(const Rows<v1::QueueEntry>& entries, absl::Time now) {
  Table table({"SESSION", "STATE", "SINCE", "LEAD", "FROM", "NAME", "NOTE"});
  for (const v1::QueueEntry& entry : entries) {
    const v1::Session& session = entry.session();
    table.Add({absl::StrCat(session.session_id()), Word(entry.state()), Since(entry.since_time(), now),
               session.lead_technician_id(), Entrance(session), session.name(), Note(session, now)});
  }
  return table.Text();
}

std::string TimelineTable(const Rows<v1::TimelineEvent>& events) {
  Table table({"REVISION", "TIME", "TRIGGER", "ACTOR", "CHANGES"});
  for (const v1::TimelineEvent& event : events) {
    table.Add({absl::StrCat(event.revision()),
               absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", ToTime(event.time()), absl::UTCTimeZone()), event.trigger(),
               event.actor(), absl::StrJoin(event.changes(), ", ", [](std::string* out, const v1::EntryChange& change) {
                 absl::StrAppend(out, ChangeWord(change));
               })});
  }
  return table.Text();
}

}  // namespace guichet::ctl

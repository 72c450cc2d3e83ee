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
  return absl::StrCat(participant.technician_id(), " ", Word(participant.role()), participant.on_hold() ? " HOLD" : "");
}

std::string Entrance(const v1::Session& session) {
  return session.channel_id().empty() ? session.owner_technician_id() : absl::StrCat("#", session.channel_id());
}

std::string ChangeWord(const v1::EntryChange& change) {
  return absl::StrCat(change.technician_id().empty() ? "others" : change.technician_id(), " ", Word(change.from()),
                      change.from() == v1::ENTRY_STATE_UNSPECIFIED ? "+" : "→", Word(change.to()),
                      change.row().empty() ? "" : " ", change.row());
}

}  // namespace

std::string SessionStatus(const v1::Session& session) {
  if (session.outcome() != v1::OUTCOME_UNSPECIFIED) return Word(session.outcome());
  if (session.link() == v1::LINK_NEVER_ATTACHED) return "connecting";
  if (session.link() != v1::LINK_ATTACHED) return Word(session.link());
  if (session.has_transfer()) return absl::StrCat("transfer to ", TargetWord(session.transfer().target()));
  if (session.held()) return "held";
  return session.lead_technician_id().empty() ? "waiting" : "active";
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
  Table table({"session",         "status",   "epoch",         "method",  "name",  "fields",    "tracking id",
               "language",        "platform", "device",        "channel", "owner", "lead",      "participants",
               "lead offered to", "created",  "waiting since", "started", "ended", "next timer"});
  const std::string timer =
      session.deadline_timer().empty()
          ? ""
          : absl::StrCat(session.deadline_timer(), " in ",
                         absl::FormatDuration(absl::Trunc(ToTime(session.deadline_time()) - now, absl::Seconds(1))));
  const auto ago = [now](const google::protobuf::Timestamp& time) {
    const std::string since = Since(time, now);
    return since.empty() ? since : absl::StrCat(since, " ago");
  };
  table.Add({absl::StrCat(session.session_id()),
             SessionStatus(session),
             absl::StrCat(session.epoch()),
             Word(session.method()),
             session.name(),
             absl::StrJoin(session.custom_fields(), " | "),
             session.tracking_id(),
             session.language(),
             session.platform(),
             session.device_id(),
             session.channel_id(),
             session.owner_technician_id(),
             absl::StrCat(session.lead_technician_id(), session.lead_console_lost() ? " (console lost)" : ""),
             absl::StrJoin(session.participants(), ", ",
                           [](std::string* out, const v1::Participant& p) { absl::StrAppend(out, ParticipantWord(p)); }),
             session.lead_offered_to(),
             ago(session.create_time()),
             ago(session.waiting_time()),
             ago(session.start_time()),
             ago(session.end_time()),
             timer});
  return table.Vertical();
}

std::string QueueTable(const Rows<v1::QueueEntry>& entries, absl::Time now) {
  Table table({"SESSION", "STATE", "SINCE", "LEAD", "FROM", "NAME"});
  for (const v1::QueueEntry& entry : entries) {
    const v1::Session& session = entry.session();
    table.Add({absl::StrCat(session.session_id()), Word(entry.state()), Since(entry.since_time(), now),
               session.lead_technician_id(), Entrance(session), session.name()});
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

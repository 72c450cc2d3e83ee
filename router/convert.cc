#include "router/convert.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "statemachine/timers.h"

namespace guichet::router {

void SetTime(Time time, google::protobuf::Timestamp* out) {
  const int64_t ms = time.time_since_epoch().count();
  out->set_seconds(ms / 1000);
  out->set_nanos(static_cast<int32_t>(ms % 1000) * 1000000);
}

void SetDuration(Duration duration, google::protobuf::Duration* out) {
  out->set_seconds(duration.count() / 1000);
  out->set_nanos(static_cast<int32_t>(duration.count() % 1000) * 1000000);
}

pb::EntryState ToProto(EntryState state) { return static_cast<pb::EntryState>(state); }

static_assert(static_cast<int>(EntryState::kRemoved) == pb::ENTRY_STATE_REMOVED);
static_assert(static_cast<int>(EntryState::kTimedOut) == pb::ENTRY_STATE_TIMED_OUT);
static_assert(static_cast<int>(Link::kOffline) == pb::LINK_OFFLINE);
static_assert(static_cast<int>(Outcome::kAborted) == pb::OUTCOME_ABORTED);
static_assert(static_cast<int>(Method::kMonitoring) == pb::METHOD_MONITORING);
static_assert(static_cast<int>(Status::kOffline) == pb::TECHNICIAN_STATUS_OFFLINE);
static_assert(static_cast<int>(KeyRole::kOperator) == pb::ROLE_OPERATOR);

void ToProto(const Session& session, const Org* org, pb::Session* out) {
  out->set_session_id(session.id.value);
  out->set_epoch(session.epoch.value);
  out->set_method(static_cast<pb::Method>(session.method));
  out->set_name(session.profile.name);
  for (const std::string& field : session.profile.custom_fields) out->add_custom_fields(field);
  out->set_tracking_id(session.profile.tracking_id);
  out->set_language(session.profile.language);
  out->set_platform(session.profile.platform);
  out->set_device_id(session.profile.device_id);
  out->set_channel_id(session.channel.value);
  out->set_owner_technician_id(session.owner.value);
  out->set_monitored_technician_id(session.monitored.value);
  if (const Participant* lead = session.lead()) out->set_lead_technician_id(lead->technician.value);
  out->set_link(static_cast<pb::Link>(session.link));
  out->set_lead_console_lost(session.lead_console_lost);
  out->set_held(session.held);
  for (const Participant& participant : session.participants) {
    pb::Participant* p = out->add_participants();
    p->set_technician_id(participant.technician.value);
    p->set_role(static_cast<pb::Participant::Role>(participant.role));
    p->set_on_hold(participant.on_hold);
    p->set_seat_of(participant.seat_of.value);
    p->set_foreground(participant.foreground);
    SetTime(participant.joined, p->mutable_join_time());
  }
  if (session.transfer) {
    pb::Transfer* transfer = out->mutable_transfer();
    for (const TechnicianId& id : session.transfer->senders) transfer->add_sender_technician_ids(id.value);
    for (const TechnicianId& id : session.transfer->recipients) transfer->add_recipient_technician_ids(id.value);
    const TransferTarget& target = session.transfer->target;
    if (target.technician) transfer->mutable_target()->set_technician_id(target.technician.value);
    if (target.group) transfer->mutable_target()->set_group_id(target.group.value);
    if (target.channel) transfer->mutable_target()->set_channel_id(target.channel.value);
    transfer->set_comment(session.transfer->comment);
    SetTime(session.transfer->since, transfer->mutable_create_time());
  }
  out->set_lead_offered_to(session.lead_offered_to.value);
  out->set_outcome(static_cast<pb::Outcome>(session.outcome));
  SetTime(session.created, out->mutable_create_time());
  if (session.first_waiting != kNoTime) SetTime(session.first_waiting, out->mutable_waiting_time());
  if (session.started != kNoTime) SetTime(session.started, out->mutable_start_time());
  if (session.ended != kNoTime) SetTime(session.ended, out->mutable_end_time());
  if (session.code_expires != kNoTime) SetTime(session.code_expires, out->mutable_code_expire_time());
  if (org != nullptr) {
    if (std::optional<Deadline> next = NextDeadline(*org, session)) {
      SetTime(next->due, out->mutable_deadline_time());
      out->set_deadline_timer(std::string(Name(next->kind)));
    }
  }
  out->set_revision(session.revision.value);
}

void ToProto(const Session& session, const TechnicianId& technician, EntryState state, const Org* org, pb::QueueEntry* out) {
  out->set_state(ToProto(state));
  SetTime(SinceOf(session, technician), out->mutable_since_time());
  if (state == EntryState::kReconnecting) {
    out->set_reconnecting_cause(ReconnectingBecauseOfConsole(session, technician) ? pb::QueueEntry::RECONNECTING_CAUSE_CONSOLE
                                                                                  : pb::QueueEntry::RECONNECTING_CAUSE_DEVICE);
  }
  ToProto(session, org, out->mutable_session());
}

void ToProto(const TechnicianInfo& info, pb::Technician* out) {
  const Technician& technician = info.technician;
  out->set_technician_id(technician.id.value);
  out->set_display_name(technician.display_name);
  out->set_group_id(technician.group.value);
  out->set_administrator(technician.administrator);
  out->set_disabled(technician.disabled);
  out->set_status(static_cast<pb::TechnicianStatus>(technician.status));
  SetTime(technician.status_since, out->mutable_status_since_time());
  out->set_away(technician.away);
  out->set_away_reason(technician.away_reason);
  out->set_inactive(technician.inactive);
  out->set_console_attached(technician.console);
  out->set_active_sessions(static_cast<uint32_t>(info.active_sessions));
  SetTime(technician.created, out->mutable_create_time());
}

void ToProto(const Group& group, pb::Group* out) {
  out->set_group_id(group.id.value);
  out->set_display_name(group.display_name);
  const GroupSettings& from = group.settings;
  pb::GroupSettings* to = out->mutable_settings();
  SetDuration(from.private_code_validity, to->mutable_private_code_validity());
  SetDuration(from.connecting_timeout, to->mutable_connecting_timeout());
  SetDuration(from.waiting_timeout, to->mutable_waiting_timeout());
  SetDuration(from.idle_timeout, to->mutable_idle_timeout());
  SetDuration(from.device_lost_grace, to->mutable_device_lost_grace());
  SetDuration(from.offline_after, to->mutable_offline_after());
  SetDuration(from.hold_limit, to->mutable_hold_limit());
  SetDuration(from.system_limit, to->mutable_system_limit());
  to->set_max_active_sessions(from.max_active_sessions);
  to->set_busy_at(from.busy_at);
  to->set_auto_start_private(from.auto_start_private);
  to->set_console_lost_policy(static_cast<pb::GroupSettings::ConsoleLostPolicy>(from.console_lost_policy));
  to->set_terms(from.terms);
  SetDuration(from.away_after, to->mutable_away_after());
  SetDuration(from.logout_after, to->mutable_logout_after());
}

void ToProto(const Channel& channel, pb::Channel* out) {
  out->set_channel_id(channel.id.value);
  out->set_display_name(channel.display_name);
  for (const GroupId& group : channel.groups) out->add_group_ids(group.value);
  for (const TechnicianId& technician : channel.technicians) out->add_technician_ids(technician.value);
  if (channel.connecting_timeout) SetDuration(*channel.connecting_timeout, out->mutable_connecting_timeout());
  if (channel.waiting_timeout) SetDuration(*channel.waiting_timeout, out->mutable_waiting_timeout());
}

void ToProto(const ApiKey& key, pb::ApiKey* out) {
  out->set_key_id(key.id.value);
  out->set_role(static_cast<pb::Role>(key.role));
  out->set_technician_id(key.technician.value);
  if (key.expires != kNoTime) SetTime(key.expires, out->mutable_expire_time());
  SetTime(key.created, out->mutable_create_time());
}

void ToProto(const CustomerUpdate& update, pb::CustomerView* out) {
  const Session& session = *update.session;
  out->set_technician_name(update.lead_name);
  for (const std::string& name : update.collaborator_names) out->add_collaborator_names(name);
  pb::CustomerView::Phase phase = pb::CustomerView::PHASE_WAITING;
  if (session.ended_already()) {
    phase = pb::CustomerView::PHASE_ENDED;
  } else if (session.link == Link::kNeverAttached) {
    phase = pb::CustomerView::PHASE_TERMS;
  } else if (session.link == Link::kRebooting) {
    phase = pb::CustomerView::PHASE_REBOOTING;
  } else if (session.transfer) {
    phase = pb::CustomerView::PHASE_TRANSFERRING;
  } else if (session.held) {
    phase = pb::CustomerView::PHASE_HOLD;
  } else if (session.lead() != nullptr) {
    phase = pb::CustomerView::PHASE_ACTIVE;
  }
  out->set_phase(phase);
}

std::string RowName(EntryState from, EntryState to, Trigger trigger, bool monitoring) {
  if (from == to || from == EntryState::kNone) return "";
  std::optional<size_t> row = FindRow(from, to, trigger, monitoring);
  return row ? std::string(Table()[*row].row) : std::string();
}

void ToProto(const store::TimelineItem& item, pb::TimelineEvent* out) {
  out->set_revision(item.revision.value);
  SetTime(item.time, out->mutable_time());
  out->set_trigger(std::string(Name(item.trigger)));
  out->set_actor(item.actor);
  std::vector<std::string> sentences;
  for (const Event& event : item.events) sentences.push_back(Describe(event));
  out->set_description(absl::StrJoin(sentences, "; "));
  for (const EntryChange& change : item.changes) {
    pb::EntryChange* c = out->add_changes();
    c->set_technician_id(change.technician.value);
    c->set_from(ToProto(change.from));
    c->set_to(ToProto(change.to));
    c->set_row(RowName(change.from, change.to, item.trigger, item.monitoring));
  }
}

}  // namespace guichet::router

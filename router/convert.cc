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

// Numbers of the core and of the API are the same.
static_assert(static_cast<int>(EntryState::kConnecting) == pb::ENTRY_STATE_CONNECTING);
static_assert(static_cast<int>(EntryState::kRemoved) == pb::ENTRY_STATE_REMOVED &&
              kEntryStateCount == pb::EntryState_ARRAYSIZE);
static_assert(static_cast<int>(Link::kNeverAttached) == pb::LINK_NEVER_ATTACHED);
static_assert(static_cast<int>(Link::kOffline) == pb::LINK_OFFLINE);
static_assert(static_cast<int>(Outcome::kClosedByCustomer) == pb::OUTCOME_CLOSED_BY_CUSTOMER);
static_assert(static_cast<int>(Outcome::kUnattendedRevoked) == pb::OUTCOME_UNATTENDED_REVOKED &&
              kOutcomeCount == pb::Outcome_ARRAYSIZE);
static_assert(static_cast<int>(Method::kPin) == pb::METHOD_PIN);
static_assert(static_cast<int>(Method::kMonitoring) == pb::METHOD_MONITORING);
static_assert(static_cast<int>(Method::kUnattended) == pb::METHOD_UNATTENDED && kMethodCount == pb::Method_ARRAYSIZE);
static_assert(static_cast<int>(Role::kLead) == pb::Participant::ROLE_LEAD);
static_assert(static_cast<int>(Role::kInvitee) == pb::Participant::ROLE_INVITEE);
static_assert(static_cast<int>(SessionType::kMonitoring) == pb::SESSION_TYPE_MONITORING &&
              kSessionTypeCount == pb::SessionType_ARRAYSIZE);
static_assert(static_cast<int>(DeliveryState::kRequested) == pb::DELIVERY_STATE_REQUESTED);
static_assert(static_cast<int>(DeliveryState::kFailed) == pb::DELIVERY_STATE_FAILED &&
              kDeliveryStateCount + 1 == pb::DeliveryState_ARRAYSIZE);  // RETRY is in reports alone
static_assert(static_cast<int>(CredentialMode::kNone) == pb::CREDENTIAL_MODE_NONE &&
              kCredentialModeCount == pb::CredentialMode_ARRAYSIZE);
static_assert(static_cast<int>(MessageKind::kExternalInvitation) == pb::MESSAGE_KIND_EXTERNAL_INVITATION &&
              kMessageKindCount == pb::MessageKind_ARRAYSIZE);
static_assert(static_cast<int>(FileOutcome::kCanceled) == pb::FILE_OUTCOME_CANCELED &&
              kFileOutcomeCount == pb::FileOutcome_ARRAYSIZE);
static_assert(static_cast<int>(ActivityKind::kRemoteControl) == pb::ACTIVITY_KIND_REMOTE_CONTROL);
static_assert(static_cast<int>(ActivityKind::kSendFile) == pb::ACTIVITY_KIND_SEND_FILE);
static_assert(static_cast<int>(ActivityKind::kUnattendedAccess) == pb::ACTIVITY_KIND_UNATTENDED_ACCESS &&
              kActivityKindCount == pb::ActivityKind_ARRAYSIZE);
static_assert(static_cast<int>(OfferEnd::kRejected) == pb::Decline::CAUSE_REJECTED);
static_assert(static_cast<int>(OfferEnd::kTimedOut) == pb::Decline::CAUSE_TIMED_OUT);

namespace {

void ToProto(const Delivery& delivery, pb::Delivery* out) {
  out->set_state(static_cast<pb::DeliveryState>(delivery.state));
  out->set_address(delivery.address);
  out->set_detail(delivery.detail);
  out->set_attempts(delivery.attempts);
  if (delivery.retry_at != kNoTime) SetTime(delivery.retry_at, out->mutable_retry_time());
}

void ToProto(const Participant& participant, pb::Participant* out) {
  out->set_technician_id(participant.technician.value);
  out->set_role(static_cast<pb::Participant::Role>(participant.role));
  out->set_on_hold(participant.on_hold);
  out->set_seat_of(participant.seat_of->value);
  out->set_foreground(participant.foreground);
  SetTime(participant.joined, out->mutable_join_time());
  AddPermissions(Permissions::All() ^ participant.granted, out->mutable_denied_permissions());
  out->set_external_name(participant.external_name);
  if (participant.delivery->state != DeliveryState::kNone) ToProto(participant.delivery, out->mutable_delivery());
}

void ToProto(const Transfer& transfer, pb::Transfer* out) {
  for (const TechnicianId& id : transfer.senders) out->add_sender_technician_ids(id.value);
  for (const TechnicianId& id : transfer.recipients) out->add_recipient_technician_ids(id.value);
  const TransferTarget& target = transfer.target;
  if (target.technician) out->mutable_target()->set_technician_id(target.technician.value);
  if (target.group) out->mutable_target()->set_group_id(target.group.value);
  if (target.channel) out->mutable_target()->set_channel_id(target.channel.value);
  out->set_comment(transfer.comment);
  SetTime(transfer.since, out->mutable_create_time());
}

void ToProto(const Activity& activity, pb::Activity* out) {
  out->set_activity_id(activity.id);
  out->set_kind(static_cast<pb::ActivityKind>(activity.kind));
  out->set_technician_id(activity.technician.value);
  out->set_open(activity.open);
  out->set_detail(activity.detail);
  SetTime(activity.since, out->mutable_since_time());
  if (activity.kind == ActivityKind::kUnattendedAccess) router::ToProto(activity.access, out->mutable_access());
  if (activity.file == FileInfo{}) return;
  out->mutable_file()->set_name(activity.file.name);
  out->mutable_file()->set_size(activity.file.size);
  out->mutable_file()->set_sha256(activity.file.sha256);
}

// What routing has done with the session.
void RoutingToProto(const Session& session, pb::Session* out) {
  out->set_queue_group_id(session.queue_group->value);
  out->set_preferred_technician_id(session.preferred->value);
  out->set_preferred_only(session.preferred_only);
  if (session.offer) {
    out->mutable_offer()->set_technician_id(session.offer->technician.value);
    SetTime(session.offer->since, out->mutable_offer()->mutable_create_time());
    SetTime(session.offer->expires, out->mutable_offer()->mutable_expire_time());
  }
  for (const Decline& decline : session.declines) {
    pb::Decline* d = out->add_declines();
    d->set_technician_id(decline.technician.value);
    d->set_cause(static_cast<pb::Decline::Cause>(decline.cause));
    d->set_reason(decline.reason);
    SetTime(decline.at, d->mutable_time());
  }
  out->set_customer_notified(session.notified);
  if (session.told) router::ToProto(*session.told, out->mutable_told_wait());
}

// All but the deadline.
void ToProto(const Session& session, Time urgent, pb::Session* out) {
  out->set_session_id(session.id.value);
  out->set_epoch(session.epoch.value);
  out->set_method(static_cast<pb::Method>(session.method));
  out->set_type(static_cast<pb::SessionType>(session.type));
  out->set_name(session.profile.name);
  for (const std::string& field : session.profile.custom_fields) out->add_custom_fields(field);
  out->set_tracking_id(session.profile.tracking_id);
  out->set_language(session.profile.language);
  out->set_platform(session.profile.platform);
  out->set_device_id(session.profile.device_id);
  out->set_channel_id(session.channel.value);
  out->set_owner_technician_id(session.owner.value);
  out->set_monitored_technician_id(session.monitored->value);
  if (session.delivery->state != DeliveryState::kNone) {
    ToProto(session.delivery, out->mutable_delivery());
  }
  if (const Participant* lead = session.lead()) out->set_lead_technician_id(lead->technician.value);
  out->set_link(static_cast<pb::Link>(session.link));
  out->set_lead_console_lost(session.lead_console_lost);
  out->set_held(session.held);
  for (const Participant& participant : session.participants) ToProto(participant, out->add_participants());
  if (session.transfer) ToProto(*session.transfer, out->mutable_transfer());
  out->set_lead_offered_to(session.lead_offered_to->value);
  for (const Activity& activity : session.activities) ToProto(activity, out->add_activities());
  AddKinds(session.standing_grants, out->mutable_standing_grants());
  out->set_chat_off(session.chat_off);
  out->set_survey_sent(session.survey_sent);
  out->set_chat_only(session.chat_only);
  out->set_survey_answered(session.survey_answered);
  out->set_note_count(session.notes);
  out->set_enrolled_computer_id(session.enrolled.value);
  if (session.computer) {
    out->set_computer_id(session.computer.value);
    SetTime(session.access_until, out->mutable_access_end_time());
    out->set_credential_mode(static_cast<pb::CredentialMode>(session.credentials));
  }
  RoutingToProto(session, out);
  out->set_outcome(static_cast<pb::Outcome>(session.outcome));
  SetTime(session.created, out->mutable_create_time());
  if (session.first_waiting != kNoTime) SetTime(session.first_waiting, out->mutable_waiting_time());
  if (session.started != kNoTime) SetTime(session.started, out->mutable_start_time());
  if (session.ended != kNoTime) SetTime(session.ended, out->mutable_end_time());
  if (session.code_expires != kNoTime) SetTime(session.code_expires, out->mutable_code_expire_time());
  if (urgent != kNoTime) SetTime(urgent, out->mutable_urgent_time());
  out->set_revision(session.revision.value);
}

// All but the session.
void EntryToProto(const Session& session, const TechnicianId& technician, EntryState state, pb::QueueEntry* out) {
  out->set_state(router::ToProto(state));
  SetTime(SinceOf(session, technician), out->mutable_since_time());
  if (state == EntryState::kReconnecting) {
    out->set_reconnecting_cause(ReconnectingBecauseOfConsole(session, technician) ? pb::QueueEntry::RECONNECTING_CAUSE_CONSOLE
                                                                                  : pb::QueueEntry::RECONNECTING_CAUSE_DEVICE);
  }
}

}  // namespace

void ToProto(const AccessTerms& terms, pb::AccessTerms* out) {
  SetDuration(terms.validity, out->mutable_validity());
  const bool bounded = terms.from_minute != 0 || terms.to_minute != 1440;
  out->set_from_minute(bounded ? terms.from_minute : 0);
  out->set_to_minute(bounded ? terms.to_minute : 0);
  out->set_time_zone(terms.time_zone);
  out->set_credential_mode(static_cast<pb::CredentialMode>(terms.credentials));
}

void ToProto(const Computer& computer, pb::Computer* out) {
  out->set_computer_id(computer.id.value);
  out->set_name(computer.name);
  out->set_device_id(computer.device_id);
  out->set_platform(computer.platform);
  out->set_technician_id(computer.technician.value);
  out->set_enrolled_session_id(computer.enrolled_in.value);
  ToProto(computer.terms, out->mutable_terms());
  SetTime(computer.enrolled, out->mutable_enroll_time());
  SetTime(computer.expires, out->mutable_expire_time());
  out->set_session_id(computer.session.value);
}

void ToProto(const WaitEstimate& estimate, pb::WaitEstimate* out) {
  SetDuration(estimate.p50, out->mutable_p50());
  SetDuration(estimate.p90, out->mutable_p90());
}

void ToProto(const Session& session, const Org* org, pb::Session* out) {
  ToProto(session, org == nullptr ? kNoTime : UrgentAt(*org, session), out);
  if (org == nullptr) return;
  if (std::optional<Deadline> next = NextDeadline(*org, session)) {
    SetTime(next->due, out->mutable_deadline_time());
    out->set_deadline_timer(std::string(Name(next->kind)));
  }
}

void ToProto(const Session& session, const TechnicianId& technician, EntryState state, const Org* org, pb::QueueEntry* out) {
  EntryToProto(session, technician, state, out);
  ToProto(session, org, out->mutable_session());
}

void ToWatched(const Session& session, const TechnicianId& technician, EntryState state, Time urgent, pb::QueueEntry* out) {
  EntryToProto(session, technician, state, out);
  ToProto(session, urgent, out->mutable_session());
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
  for (const Activity& activity : session.activities) ToProto(activity, out->add_activities());
  out->set_chat_off(session.chat_off);
  out->set_survey(update.survey);
  out->set_notice(update.notice);
}

void ToProto(const CustomerUpdate& update, pb::AppletEnded* out) {
  out->set_outcome(static_cast<pb::Outcome>(update.session->outcome));
  out->set_survey(update.survey);
  out->set_page_url(update.session->end_page);
  out->set_notice(update.notice);
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
    c->set_channel_id(change.pool.channel.value);
    c->set_queue_group_id(change.pool.group.value);
  }
}

}  // namespace guichet::router

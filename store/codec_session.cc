// Sessions and their parts to and from records.
#include "store/codec_internal.h"

namespace guichet::store::codec {
namespace {

void Put(const Delivery& delivery, pb::DeliveryRecord* record) {
  record->set_state(Number(delivery.state));
  record->set_address(delivery.address);
  record->set_language(delivery.language);
  record->set_detail(delivery.detail);
  record->set_attempts(delivery.attempts);
  record->set_retry_at(Millis(delivery.retry_at));
  record->set_due(delivery.due.value);
}

Delivery ToDelivery(const pb::DeliveryRecord& record, Faults& faults) {
  Delivery delivery;
  delivery.state = Enum<DeliveryState>(record.state(), faults);
  delivery.address = record.address();
  delivery.language = record.language();
  delivery.detail = record.detail();
  delivery.attempts = record.attempts();
  delivery.retry_at = ToTime(record.retry_at());
  delivery.due.value = record.due();
  return delivery;
}

void Put(const Participant& participant, pb::ParticipantRecord* record) {
  record->set_technician(participant.technician.value);
  if (participant.delivery) Put(participant.delivery, record->mutable_delivery());
  record->set_role(Number(participant.role));
  record->set_on_hold(participant.on_hold);
  record->set_foreground(participant.foreground);
  record->set_seat_of(participant.seat_of->value);
  record->set_joined(Millis(participant.joined));
  record->set_background_since(Millis(participant.background_since));
  record->set_granted(participant.granted.bits());
  record->set_external_name(participant.external_name);
  record->set_code_key(participant.code_key);
  record->set_code_expires(Millis(participant.code_expires));
}

Participant ToParticipant(const pb::ParticipantRecord& record, Faults& faults) {
  Participant participant;
  participant.technician.value = record.technician();
  participant.delivery = ToDelivery(record.delivery(), faults);
  participant.role = Enum<Role>(record.role(), faults);
  participant.on_hold = record.on_hold();
  participant.foreground = record.foreground();
  participant.seat_of = TechnicianId{record.seat_of()};
  participant.joined = ToTime(record.joined());
  participant.background_since = ToTime(record.background_since());
  if (record.has_granted()) participant.granted = ToSet<Permissions>(record.granted(), faults);
  participant.external_name = record.external_name();
  participant.code_key = record.code_key();
  participant.code_expires = ToTime(record.code_expires());
  return participant;
}

void Put(const Transfer& transfer, pb::TransferRecord* record) {
  PutWords(transfer.senders, record->mutable_senders());
  PutWords(transfer.recipients, record->mutable_recipients());
  codec::Put(transfer.target, record->mutable_target());
  record->set_comment(transfer.comment);
  record->set_since(Millis(transfer.since));
}

Transfer ToTransfer(const pb::TransferRecord& record) {
  Transfer transfer;
  transfer.senders = ToWords<TechnicianId>(record.senders());
  transfer.recipients = ToWords<TechnicianId>(record.recipients());
  transfer.target = ToTarget(record.target());
  transfer.comment = record.comment();
  transfer.since = ToTime(record.since());
  return transfer;
}

void Put(const Activity& activity, pb::ActivityRecord* record) {
  if (activity.file != FileInfo{}) codec::Put(activity.file, record->mutable_file());
  if (activity.access != AccessTerms{}) codec::Put(activity.access, record->mutable_access());
  record->set_id(activity.id);
  record->set_kind(Number(activity.kind));
  record->set_technician(activity.technician.value);
  record->set_open(activity.open);
  record->set_detail(activity.detail);
  record->set_since(Millis(activity.since));
}

Activity ToActivity(const pb::ActivityRecord& record, Faults& faults) {
  Activity activity;
  activity.file = ToFile(record.file());
  if (record.has_access()) activity.access = ToTerms(record.access(), faults);
  activity.id = record.id();
  activity.kind = Enum<ActivityKind>(record.kind(), faults);
  activity.technician.value = record.technician();
  activity.open = record.open();
  activity.detail = record.detail();
  activity.since = ToTime(record.since());
  return activity;
}

void Put(const Offer& offer, pb::OfferRecord* record) {
  record->set_technician(offer.technician.value);
  record->set_since(Millis(offer.since));
  record->set_expires(Millis(offer.expires));
}

Offer ToOffer(const pb::OfferRecord& record) {
  Offer offer;
  offer.technician.value = record.technician();
  offer.since = ToTime(record.since());
  offer.expires = ToTime(record.expires());
  return offer;
}

void Put(const Decline& decline, pb::DeclineRecord* record) {
  record->set_technician(decline.technician.value);
  record->set_cause(Number(decline.cause));
  record->set_reason(decline.reason);
  record->set_at(Millis(decline.at));
}

Decline ToDecline(const pb::DeclineRecord& record, Faults& faults) {
  Decline decline;
  decline.technician.value = record.technician();
  decline.cause = Enum<OfferEnd>(record.cause(), faults);
  decline.reason = record.reason();
  decline.at = ToTime(record.at());
  return decline;
}

void Put(const WaitEstimate& estimate, pb::WaitEstimateRecord* record) {
  record->set_p50(Millis(estimate.p50));
  record->set_p90(Millis(estimate.p90));
  record->set_places(estimate.places);
  record->set_servers(estimate.servers);
}

WaitEstimate ToEstimate(const pb::WaitEstimateRecord& record) {
  WaitEstimate estimate;
  estimate.p50 = Duration(record.p50());
  estimate.p90 = Duration(record.p90());
  estimate.places = record.places();
  estimate.servers = record.servers();
  return estimate;
}

void Put(const EntryMark& mark, pb::EntryMarkRecord* record) {
  record->set_technician(mark.technician.value);
  record->set_state(Number(mark.state));
  record->set_since(Millis(mark.since));
}

EntryMark ToMark(const pb::EntryMarkRecord& record, Faults& faults) {
  EntryMark mark;
  mark.technician.value = record.technician();
  mark.state = Enum<EntryState>(record.state(), faults);
  mark.since = ToTime(record.since());
  return mark;
}

}  // namespace

void Put(const Queue& queue, pb::QueueRecord* record) {
  record->set_channel(queue.channel.value);
  record->set_group(queue.group.value);
}

Queue ToQueue(const pb::QueueRecord& record) { return {ChannelId{record.channel()}, GroupId{record.group()}}; }

void Put(const Profile& profile, pb::ProfileRecord* record) {
  record->set_name(profile.name);
  for (const std::string& field : profile.custom_fields) record->add_custom_fields(field);
  record->set_tracking_id(profile.tracking_id);
  record->set_language(profile.language);
  record->set_platform(profile.platform);
  record->set_device_id(profile.device_id);
}

Profile ToProfile(const pb::ProfileRecord& record) {
  Profile profile;
  profile.name = record.name();
  profile.custom_fields.assign(record.custom_fields().begin(), record.custom_fields().end());
  profile.tracking_id = record.tracking_id();
  profile.language = record.language();
  profile.platform = record.platform();
  profile.device_id = record.device_id();
  return profile;
}

void Put(const TransferTarget& target, pb::TransferTargetRecord* record) {
  record->set_technician(target.technician.value);
  record->set_group(target.group.value);
  record->set_channel(target.channel.value);
}

TransferTarget ToTarget(const pb::TransferTargetRecord& record) {
  TransferTarget target;
  target.technician.value = record.technician();
  target.group.value = record.group();
  target.channel.value = record.channel();
  return target;
}

void Put(const AccessTerms& terms, pb::AccessTermsRecord* record) {
  record->set_validity(Millis(terms.validity));
  record->set_from_minute(terms.from_minute);
  record->set_to_minute(terms.to_minute);
  record->set_time_zone(terms.time_zone);
  record->set_credentials(Number(terms.credentials));
}

AccessTerms ToTerms(const pb::AccessTermsRecord& record, Faults& faults) {
  return {Duration(record.validity()), record.from_minute(), record.to_minute(), record.time_zone(),
          EnumOr(CredentialMode::kAsk, record.credentials(), faults)};
}

void Put(const Computer& computer, pb::ComputerRecord* record) {
  record->set_id(computer.id.value);
  record->set_name(computer.name);
  record->set_device_id(computer.device_id);
  record->set_platform(computer.platform);
  record->set_technician(computer.technician.value);
  record->set_enrolled_in(computer.enrolled_in.value);
  Put(computer.terms, record->mutable_terms());
  record->set_secret_hash(computer.secret_hash);
  record->set_enrolled(Millis(computer.enrolled));
  record->set_expires(Millis(computer.expires));
  record->set_session(computer.session.value);
}

Computer ToComputer(const pb::ComputerRecord& record, Faults& faults) {
  return {ComputerId{record.id()},
          record.name(),
          record.device_id(),
          record.platform(),
          TechnicianId{record.technician()},
          SessionId{record.enrolled_in()},
          ToTerms(record.terms(), faults),
          record.secret_hash(),
          ToTime(record.enrolled()),
          ToTime(record.expires()),
          SessionId{record.session()}};
}

void Put(const FileInfo& file, pb::FileInfoRecord* record) {
  record->set_name(file.name);
  record->set_size(file.size);
  record->set_sha256(file.sha256);
}

FileInfo ToFile(const pb::FileInfoRecord& record) { return {record.name(), record.size(), record.sha256()}; }

void Put(const Session& session, pb::SessionRecord* record) {
  record->set_id(session.id.value);
  record->set_epoch(session.epoch.value);
  record->set_method(Number(session.method));
  record->set_type(Number(session.type));
  record->set_owner(session.owner.value);
  record->set_channel(session.channel.value);
  record->set_monitored(session.monitored->value);
  Put(session.profile, record->mutable_profile());
  Put(session.delivery, record->mutable_delivery());

  record->set_link(Number(session.link));
  record->set_terms_accepted(session.terms_accepted);
  record->set_ever_started(session.ever_started);
  record->set_held(session.held);
  record->set_lead_console_lost(session.lead_console_lost);
  record->set_reboot(Number(session.reboot));
  for (const Participant& participant : session.participants) Put(participant, record->add_participants());
  if (session.transfer) Put(*session.transfer, record->mutable_transfer());
  record->set_lead_offered_to(session.lead_offered_to->value);
  for (const Activity& activity : session.activities) Put(activity, record->add_activities());
  record->set_last_activity(session.last_activity);
  record->set_standing_grants(session.standing_grants.bits());
  record->set_chat_off(session.chat_off);
  record->set_survey_sent(session.survey_sent);
  record->set_last_external(session.last_external);
  record->set_chat_only(session.chat_only);
  record->set_messages(session.messages);
  record->set_customer_messages(session.customer_messages);
  record->set_customer_chat_until(Millis(session.customer_chat_until));
  record->set_notes(session.notes);
  record->set_survey_answered(session.survey_answered);
  record->set_survey_until(Millis(session.survey_until));
  record->set_computer(session.computer.value);
  record->set_access_until(Millis(session.access_until));
  record->set_credentials(Number(session.credentials));
  record->set_enrolled(session.enrolled.value);

  record->set_queue_group(session.queue_group->value);
  record->set_preferred(session.preferred->value);
  record->set_preferred_only(session.preferred_only);
  if (session.offer) Put(*session.offer, record->mutable_offer());
  for (const Decline& decline : session.declines) Put(decline, record->add_declines());
  record->set_redirects(session.redirects);
  record->set_notified(session.notified);
  if (session.told) Put(*session.told, record->mutable_told());
  record->set_end_page(session.end_page);

  record->set_outcome(Number(session.outcome));
  PutWords(session.keepers, record->mutable_keepers());
  PutWords(session.hidden_from, record->mutable_hidden_from());

  record->set_code_key(session.code_key);
  record->set_code_expires(Millis(session.code_expires));
  record->set_device_token_hash(session.device_token_hash);

  record->set_created(Millis(session.created));
  record->set_waiting_since(Millis(session.waiting_since));
  record->set_queue_since(Millis(session.queue_since));
  record->set_first_waiting(Millis(session.first_waiting));
  record->set_started(Millis(session.started));
  record->set_ended(Millis(session.ended));
  record->set_link_since(Millis(session.link_since));
  record->set_held_since(Millis(session.held_since));
  record->set_lead_lost_since(Millis(session.lead_lost_since));

  for (const EntryMark& mark : session.marks) Put(mark, record->add_marks());
  Put(session.pool, record->mutable_pool());
  record->set_revision(session.revision.value);
}

Session ToSession(const pb::SessionRecord& record, Faults& faults) {
  Session session;
  session.id.value = record.id();
  session.epoch.value = record.epoch();
  session.method = Enum<Method>(record.method(), faults);
  session.type = EnumOr(SessionType::kStandard, record.type(), faults);
  session.owner.value = record.owner();
  session.channel.value = record.channel();
  session.monitored = TechnicianId{record.monitored()};
  session.profile = ToProfile(record.profile());
  session.delivery = ToDelivery(record.delivery(), faults);

  session.link = Enum<Link>(record.link(), faults);
  session.terms_accepted = record.terms_accepted();
  session.ever_started = record.ever_started();
  session.held = record.held();
  session.lead_console_lost = record.lead_console_lost();
  session.reboot = Enum<RebootKind>(record.reboot(), faults);
  session.participants.reserve(record.participants_size());
  for (const auto& participant : record.participants()) session.participants.push_back(ToParticipant(participant, faults));
  if (record.has_transfer()) session.transfer = ToTransfer(record.transfer());
  session.lead_offered_to = TechnicianId{record.lead_offered_to()};
  session.activities.reserve(record.activities_size());
  for (const auto& activity : record.activities()) session.activities.push_back(ToActivity(activity, faults));
  session.last_activity = record.last_activity();
  session.standing_grants = ToSet<ActivityKinds>(record.standing_grants(), faults);
  session.chat_off = record.chat_off();
  session.survey_sent = record.survey_sent();
  session.last_external = record.last_external();
  session.chat_only = record.chat_only();
  session.messages = record.messages();
  session.customer_messages = record.customer_messages();
  session.customer_chat_until = ToTime(record.customer_chat_until());
  session.notes = record.notes();
  session.survey_answered = record.survey_answered();
  session.survey_until = ToTime(record.survey_until());
  session.computer.value = record.computer();
  session.access_until = ToTime(record.access_until());
  session.credentials = EnumOr(CredentialMode::kAsk, record.credentials(), faults);
  session.enrolled.value = record.enrolled();

  session.queue_group = GroupId{record.queue_group()};
  session.preferred = TechnicianId{record.preferred()};
  session.preferred_only = record.preferred_only();
  if (record.has_offer()) session.offer = ToOffer(record.offer());
  session.declines.reserve(record.declines_size());
  for (const auto& decline : record.declines()) session.declines.push_back(ToDecline(decline, faults));
  session.redirects = record.redirects();
  session.notified = record.notified();
  if (record.has_told()) session.told = ToEstimate(record.told());
  session.end_page = record.end_page();

  session.outcome = Enum<Outcome>(record.outcome(), faults);
  session.keepers = ToWords<TechnicianId>(record.keepers());
  session.hidden_from = ToWords<TechnicianId>(record.hidden_from());

  session.code_key = record.code_key();
  session.code_expires = ToTime(record.code_expires());
  session.device_token_hash = record.device_token_hash();

  session.created = ToTime(record.created());
  session.waiting_since = ToTime(record.waiting_since());
  session.queue_since = record.has_queue_since() ? ToTime(record.queue_since()) : session.waiting_since;
  session.first_waiting = ToTime(record.first_waiting());
  session.started = ToTime(record.started());
  session.ended = ToTime(record.ended());
  session.link_since = ToTime(record.link_since());
  session.held_since = ToTime(record.held_since());
  session.lead_lost_since = ToTime(record.lead_lost_since());

  session.marks.reserve(record.marks_size());
  for (const auto& mark : record.marks()) session.marks.push_back(ToMark(mark, faults));
  session.pool = ToMark(record.pool(), faults);
  session.revision.value = record.revision();
  return session;
}

}  // namespace guichet::store::codec

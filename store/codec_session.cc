// Sessions and their parts to and from records.
#include "store/codec_internal.h"

namespace guichet::store::codec {
namespace {

void Put(const Participant& participant, pb::ParticipantRecord* record) {
  record->set_technician(participant.technician.value);
  record->set_role(Number(participant.role));
  record->set_on_hold(participant.on_hold);
  record->set_foreground(participant.foreground);
  record->set_seat_of(participant.seat_of.value);
  record->set_joined(Millis(participant.joined));
  record->set_background_since(Millis(participant.background_since));
}

Participant ToParticipant(const pb::ParticipantRecord& record, Faults& faults) {
  Participant participant;
  participant.technician.value = record.technician();
  participant.role = Enum<Role>(record.role(), faults);
  participant.on_hold = record.on_hold();
  participant.foreground = record.foreground();
  participant.seat_of.value = record.seat_of();
  participant.joined = ToTime(record.joined());
  participant.background_since = ToTime(record.background_since());
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

void Put(const Session& session, pb::SessionRecord* record) {
  record->set_id(session.id.value);
  record->set_epoch(session.epoch.value);
  record->set_method(Number(session.method));
  record->set_owner(session.owner.value);
  record->set_channel(session.channel.value);
  record->set_monitored(session.monitored.value);
  Put(session.profile, record->mutable_profile());

  record->set_link(Number(session.link));
  record->set_terms_accepted(session.terms_accepted);
  record->set_ever_started(session.ever_started);
  record->set_held(session.held);
  record->set_lead_console_lost(session.lead_console_lost);
  record->set_reboot(Number(session.reboot));
  for (const Participant& participant : session.participants) Put(participant, record->add_participants());
  if (session.transfer) Put(*session.transfer, record->mutable_transfer());
  record->set_lead_offered_to(session.lead_offered_to.value);
  record->set_outcome(Number(session.outcome));
  PutWords(session.keepers, record->mutable_keepers());
  PutWords(session.hidden_from, record->mutable_hidden_from());

  record->set_code_key(session.code_key);
  record->set_code_expires(Millis(session.code_expires));
  record->set_device_token_hash(session.device_token_hash);

  record->set_created(Millis(session.created));
  record->set_waiting_since(Millis(session.waiting_since));
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
  session.owner.value = record.owner();
  session.channel.value = record.channel();
  session.monitored.value = record.monitored();
  session.profile = ToProfile(record.profile());

  session.link = Enum<Link>(record.link(), faults);
  session.terms_accepted = record.terms_accepted();
  session.ever_started = record.ever_started();
  session.held = record.held();
  session.lead_console_lost = record.lead_console_lost();
  session.reboot = Enum<RebootKind>(record.reboot(), faults);
  session.participants.reserve(record.participants_size());
  for (const auto& participant : record.participants()) session.participants.push_back(ToParticipant(participant, faults));
  if (record.has_transfer()) session.transfer = ToTransfer(record.transfer());
  session.lead_offered_to.value = record.lead_offered_to();
  session.outcome = Enum<Outcome>(record.outcome(), faults);
  session.keepers = ToWords<TechnicianId>(record.keepers());
  session.hidden_from = ToWords<TechnicianId>(record.hidden_from());

  session.code_key = record.code_key();
  session.code_expires = ToTime(record.code_expires());
  session.device_token_hash = record.device_token_hash();

  session.created = ToTime(record.created());
  session.waiting_since = ToTime(record.waiting_since());
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

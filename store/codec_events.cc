// Events to records: one overload each.
#include <variant>

#include "store/codec_internal.h"

namespace guichet::store::codec {
namespace {

// Shapes that several events share.
template <class E>
void PutSession(const E& event, pb::SessionEventRecord* record) {
  record->set_session(event.session.value);
}
template <class E>
void PutSessionTechnician(const E& event, pb::SessionTechnicianEventRecord* record) {
  record->set_session(event.session.value);
  record->set_technician(event.technician.value);
}
template <class E>
void PutActivity(const E& event, pb::ActivityEventRecord* record) {
  record->set_session(event.session.value);
  record->set_activity(event.activity);
  if (event.file != FileInfo{}) codec::Put(event.file, record->mutable_file());
}

// Fills the alternative of the record that belongs to the event.
struct Writer {
  pb::EventRecord* record;

  void operator()(const event::CodeExpired& e) { PutSession(e, record->mutable_code_expired()); }
  void operator()(const event::TermsAccepted& e) { PutSession(e, record->mutable_terms_accepted()); }
  void operator()(const event::TransferCanceled& e) { PutSession(e, record->mutable_transfer_canceled()); }
  void operator()(const event::LeadOfferCanceled& e) { PutSession(e, record->mutable_lead_offer_canceled()); }
  void operator()(const event::LeadAccepted& e) { PutSession(e, record->mutable_lead_accepted()); }
  void operator()(const event::LeadConsoleLost& e) { PutSession(e, record->mutable_lead_console_lost()); }
  void operator()(const event::LeadConsoleBack& e) { PutSession(e, record->mutable_lead_console_back()); }
  void operator()(const event::Requeued& e) { PutSession(e, record->mutable_requeued()); }
  void operator()(const event::SurveySent& e) { PutSession(e, record->mutable_survey_sent()); }
  void operator()(const event::PreferenceLapsed& e) { PutSession(e, record->mutable_preference_lapsed()); }
  void operator()(const event::LeadTaken& e) { PutSessionTechnician(e, record->mutable_lead_taken()); }
  void operator()(const event::Held& e) { PutSessionTechnician(e, record->mutable_held()); }
  void operator()(const event::HoldReleased& e) { PutSessionTechnician(e, record->mutable_hold_released()); }
  void operator()(const event::TransferLeft& e) { PutSessionTechnician(e, record->mutable_transfer_left()); }
  void operator()(const event::InvitationAccepted& e) { PutSessionTechnician(e, record->mutable_invitation_accepted()); }
  void operator()(const event::ParticipantRemoved& e) { PutSessionTechnician(e, record->mutable_participant_removed()); }
  void operator()(const event::LeadOffered& e) { PutSessionTechnician(e, record->mutable_lead_offered()); }
  void operator()(const event::LeadGiven& e) { PutSessionTechnician(e, record->mutable_lead_given()); }
  void operator()(const event::Revealed& e) { PutSessionTechnician(e, record->mutable_revealed()); }
  void operator()(const event::GroupDeleted& e) { record->mutable_group_deleted()->set_id(e.group.value); }
  void operator()(const event::TechnicianDeleted& e) { record->mutable_technician_deleted()->set_id(e.technician.value); }
  void operator()(const event::ChannelDeleted& e) { record->mutable_channel_deleted()->set_id(e.channel.value); }
  void operator()(const event::KeyRevoked& e) { record->mutable_key_revoked()->set_id(e.key.value); }
  void operator()(const event::SessionCreated& e) {
    auto* r = record->mutable_session_created();
    r->set_session(e.session.value);
    r->set_method(Number(e.method));
    r->set_owner(e.owner.value);
    r->set_channel(e.channel.value);
    r->set_monitored(e.monitored.value);
    codec::Put(e.profile, r->mutable_profile());
    r->set_code_key(e.code_key);
    r->set_code_expires(Millis(e.code_expires));
    r->set_device_token_hash(e.device_token_hash);
    r->set_type(Number(e.type));
    r->set_preferred(e.preferred.value);
    r->set_delivery_address(e.delivery_address);
    r->set_computer(e.computer.value);
    r->set_access_until(Millis(e.access_until));
    r->set_credentials(Number(e.credentials));
  }
  void operator()(const event::CodeRedeemed& e) {
    auto* r = record->mutable_code_redeemed();
    r->set_session(e.session.value);
    r->set_device_token_hash(e.device_token_hash);
    codec::Put(e.profile, r->mutable_profile());
  }
  void operator()(const event::LinkChanged& e) {
    auto* r = record->mutable_link_changed();
    r->set_session(e.session.value);
    r->set_link(Number(e.link));
    r->set_reboot(Number(e.reboot));
  }
  void operator()(const event::TransferRequested& e) {
    auto* r = record->mutable_transfer_requested();
    r->set_session(e.session.value);
    r->set_by(e.by.value);
    codec::Put(e.target, r->mutable_target());
    PutWords(e.recipients, r->mutable_recipients());
    r->set_comment(e.comment);
  }
  void operator()(const event::Invited& e) {
    auto* r = record->mutable_invited();
    r->set_session(e.session.value);
    r->set_technician(e.technician.value);
    r->set_by(e.by.value);
    r->set_seat_of(e.seat_of.value);
    r->set_granted(e.granted.bits());
  }
  void operator()(const event::Attended& e) { PutSession(e, record->mutable_attended()); }
  void operator()(const event::ChatSent& e) {
    auto* r = record->mutable_chat_sent();
    r->set_session(e.session.value);
    r->set_technician(e.technician.value);
    r->set_name(e.name);
    r->set_technicians_only(e.technicians_only);
    r->set_text(e.text);
  }
  void operator()(const event::DeliveryDue& e) { PutSessionTechnician(e, record->mutable_delivery_due()); }
  void operator()(const event::DeviceTokenReplaced& e) {
    record->mutable_device_token_replaced()->set_session(e.session.value);
    record->mutable_device_token_replaced()->set_device_token_hash(e.device_token_hash);
  }
  void operator()(const event::Joined& e) { PutSessionTechnician(e, record->mutable_joined()); }
  void operator()(const event::ComputerEnrolled& e) {
    record->mutable_computer_enrolled()->set_session(e.session.value);
    codec::Put(e.computer, record->mutable_computer_enrolled()->mutable_computer());
  }
  void operator()(const event::ComputerRenamed& e) {
    record->mutable_computer_renamed()->set_computer(e.computer.value);
    record->mutable_computer_renamed()->set_name(e.name);
  }
  void operator()(const event::ComputerGone& e) {
    record->mutable_computer_gone()->set_computer(e.computer.value);
    record->mutable_computer_gone()->set_outcome(Number(e.outcome));
  }
  void operator()(const event::Upgraded& e) { PutSession(e, record->mutable_upgraded()); }
  void operator()(const event::SurveyClosed& e) { PutSession(e, record->mutable_survey_closed()); }
  void operator()(const event::SurveyAnswered& e) {
    auto* r = record->mutable_survey_answered();
    r->set_session(e.session.value);
    for (const SurveyAnswer& answer : e.answers) {
      pb::SurveyAnswerRecord* a = r->add_answers();
      a->set_question(answer.question);
      a->set_answer(answer.answer);
    }
  }
  void operator()(const event::NoteAdded& e) {
    auto* r = record->mutable_note_added();
    r->set_session(e.session.value);
    r->set_technician(e.technician.value);
    r->set_name(e.name);
    r->set_text(e.text);
  }
  void operator()(const event::LibraryPut& e) {
    record->mutable_library_put()->set_technician(e.technician.value);
    codec::Put(e.items, record->mutable_library_put());
  }
  void operator()(const event::ExternalInvited& e) {
    auto* r = record->mutable_external_invited();
    r->set_session(e.session.value);
    r->set_technician(e.technician.value);
    r->set_by(e.by.value);
    r->set_name(e.name);
    r->set_address(e.address);
    r->set_code_key(e.code_key);
    r->set_code_expires(Millis(e.code_expires));
    r->set_granted(e.granted.bits());
    r->set_deliver(e.deliver);
    r->set_language(e.language);
  }
  void operator()(const event::ExternalAdmitted& e) {
    auto* r = record->mutable_external_admitted();
    r->set_session(e.session.value);
    r->set_technician(e.technician.value);
    r->set_secret_hash(e.secret_hash);
  }
  void operator()(const event::ExternalGone& e) { PutSessionTechnician(e, record->mutable_external_gone()); }
  void operator()(const event::ProfileUpdated& e) {
    auto* r = record->mutable_profile_updated();
    r->set_session(e.session.value);
    codec::Put(e.profile, r->mutable_profile());
  }
  void operator()(const event::ForegroundChanged& e) {
    auto* r = record->mutable_foreground_changed();
    r->set_session(e.session.value);
    r->set_technician(e.technician.value);
    r->set_foreground(e.foreground);
  }
  void operator()(const event::SessionEnded& e) {
    auto* r = record->mutable_session_ended();
    r->set_session(e.session.value);
    r->set_outcome(Number(e.outcome));
    PutWords(e.keepers, r->mutable_keepers());
  }
  void operator()(const event::EntryDismissed& e) {
    auto* r = record->mutable_entry_dismissed();
    r->set_session(e.session.value);
    r->set_technician(e.technician.value);
    r->set_outcome(Number(e.outcome));
  }
  void operator()(const event::OrgPut& e) {
    auto* r = record->mutable_org_put();
    r->set_org(e.org.value);
    r->set_display_name(e.display_name);
    codec::Put(e.settings, r->mutable_settings());
  }
  void operator()(const event::GroupPut& e) {
    auto* r = record->mutable_group_put();
    codec::Put(e.group, r->mutable_group());
  }
  void operator()(const event::TechnicianPut& e) {
    auto* r = record->mutable_technician_put();
    r->set_technician(e.technician.value);
    PutConfig(e.config, r);
  }
  void operator()(const event::ChannelPut& e) {
    auto* r = record->mutable_channel_put();
    codec::Put(e.channel, r->mutable_channel());
  }
  void operator()(const event::KeyPut& e) {
    auto* r = record->mutable_key_put();
    codec::Put(e.key, r->mutable_key());
  }
  void operator()(const event::ConsoleAttached& e) {
    auto* r = record->mutable_console_attached();
    r->set_technician(e.technician.value);
    r->set_console_name(e.console_name);
  }
  void operator()(const event::ConsoleGone& e) {
    auto* r = record->mutable_console_gone();
    r->set_technician(e.technician.value);
    r->set_since(Millis(e.since));
    r->set_cause(Number(e.cause));
  }
  void operator()(const event::IntentSet& e) {
    auto* r = record->mutable_intent_set();
    r->set_technician(e.technician.value);
    r->set_away(e.away);
    r->set_reason(e.reason);
  }
  void operator()(const event::InactivityChanged& e) {
    auto* r = record->mutable_inactivity_changed();
    r->set_technician(e.technician.value);
    r->set_inactive(e.inactive);
  }
  void operator()(const event::LookedAt& e) {
    auto* r = record->mutable_looked_at();
    r->set_technician(e.technician.value);
    r->set_session(e.session.value);
  }
  void operator()(const event::ActivityRequested& e) {
    auto* r = record->mutable_activity_requested();
    r->set_session(e.session.value);
    r->set_activity(e.activity);
    r->set_kind(Number(e.kind));
    r->set_technician(e.technician.value);
    r->set_detail(e.detail);
    if (e.file != FileInfo{}) codec::Put(e.file, r->mutable_file());
    if (e.access != AccessTerms{}) codec::Put(e.access, r->mutable_access());
  }
  void operator()(const event::ActivityOpened& e) { PutActivity(e, record->mutable_activity_opened()); }
  void operator()(const event::ActivityClosed& e) {
    PutActivity(e, record->mutable_activity_closed());
    record->mutable_activity_closed()->set_outcome(Number(e.outcome));
  }
  void operator()(const event::StandingGrantsSet& e) {
    auto* r = record->mutable_standing_grants_set();
    r->set_session(e.session.value);
    r->set_kinds(e.kinds.bits());
  }
  void operator()(const event::Granted& e) {
    auto* r = record->mutable_granted();
    r->set_session(e.session.value);
    r->set_technician(e.technician.value);
    r->set_granted(e.granted.bits());
  }
  void operator()(const event::ChatSwitched& e) {
    auto* r = record->mutable_chat_switched();
    r->set_session(e.session.value);
    r->set_off(e.off);
  }
  void operator()(const event::DeliveryReported& e) {
    auto* r = record->mutable_delivery_reported();
    r->set_session(e.session.value);
    r->set_technician(e.technician.value);
    r->set_state(Number(e.state));
    r->set_detail(e.detail);
    r->set_retry_at(Millis(e.retry_at));
  }
  void operator()(const event::Offered& e) {
    auto* r = record->mutable_offered();
    r->set_session(e.session.value);
    r->set_technician(e.technician.value);
    r->set_expires(Millis(e.expires));
    codec::Put(e.record, r->mutable_record());
  }
  void operator()(const event::OfferEnded& e) {
    auto* r = record->mutable_offer_ended();
    r->set_session(e.session.value);
    r->set_technician(e.technician.value);
    r->set_cause(Number(e.cause));
    r->set_reason(e.reason);
    r->set_pause_until(Millis(e.pause_until));
  }
  void operator()(const event::Redirected& e) {
    auto* r = record->mutable_redirected();
    r->set_session(e.session.value);
    codec::Put(e.from, r->mutable_from());
    codec::Put(e.to, r->mutable_to());
    r->set_when(Number(e.when));
  }
  void operator()(const event::Unattended& e) {
    auto* r = record->mutable_unattended();
    r->set_session(e.session.value);
    r->set_notice(e.notice);
    r->set_page_url(e.page_url);
  }
  void operator()(const event::OwnerChanged& e) {
    auto* r = record->mutable_owner_changed();
    r->set_session(e.session.value);
    r->set_owner(e.owner.value);
  }
  void operator()(const event::ChannelHours& e) {
    auto* r = record->mutable_channel_hours();
    r->set_channel(e.channel.value);
    r->set_open(e.open);
  }
};

}  // namespace

void Put(const Event& event, pb::EventRecord* record) { std::visit(Writer{record}, event); }

}  // namespace guichet::store::codec

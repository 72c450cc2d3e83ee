// Events to and from records. Writing is one overload an event; reading is one switch that -Wswitch keeps complete.
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
E FromSession(const pb::SessionEventRecord& record) {
  return E{SessionId{record.session()}};
}
template <class E>
E FromSessionTechnician(const pb::SessionTechnicianEventRecord& record) {
  return E{SessionId{record.session()}, TechnicianId{record.technician()}};
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
  }
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
  }
  void operator()(const event::GroupPut& e) {
    auto* r = record->mutable_group_put();
    codec::Put(e.group, r->mutable_group());
  }
  void operator()(const event::TechnicianPut& e) {
    auto* r = record->mutable_technician_put();
    r->set_technician(e.technician.value);
    r->set_display_name(e.display_name);
    r->set_group(e.group.value);
    r->set_administrator(e.administrator);
    r->set_disabled(e.disabled);
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
};

event::SessionCreated ToSessionCreated(const pb::SessionCreatedRecord& r, Faults& faults) {
  event::SessionCreated e;
  e.session.value = r.session();
  e.method = Enum<Method>(r.method(), faults);
  e.owner.value = r.owner();
  e.channel.value = r.channel();
  e.monitored.value = r.monitored();
  e.profile = ToProfile(r.profile());
  e.code_key = r.code_key();
  e.code_expires = ToTime(r.code_expires());
  e.device_token_hash = r.device_token_hash();
  return e;
}

event::CodeRedeemed ToCodeRedeemed(const pb::CodeRedeemedRecord& r) {
  event::CodeRedeemed e;
  e.session.value = r.session();
  e.device_token_hash = r.device_token_hash();
  e.profile = ToProfile(r.profile());
  return e;
}

event::LinkChanged ToLinkChanged(const pb::LinkChangedRecord& r, Faults& faults) {
  event::LinkChanged e;
  e.session.value = r.session();
  e.link = Enum<Link>(r.link(), faults);
  e.reboot = Enum<RebootKind>(r.reboot(), faults);
  return e;
}

event::TransferRequested ToTransferRequested(const pb::TransferRequestedRecord& r) {
  event::TransferRequested e;
  e.session.value = r.session();
  e.by.value = r.by();
  e.target = ToTarget(r.target());
  e.recipients = ToWords<TechnicianId>(r.recipients());
  e.comment = r.comment();
  return e;
}

event::Invited ToInvited(const pb::InvitedRecord& r) {
  event::Invited e;
  e.session.value = r.session();
  e.technician.value = r.technician();
  e.by.value = r.by();
  e.seat_of.value = r.seat_of();
  return e;
}

event::ProfileUpdated ToProfileUpdated(const pb::ProfileUpdatedRecord& r) {
  event::ProfileUpdated e;
  e.session.value = r.session();
  e.profile = ToProfile(r.profile());
  return e;
}

event::ForegroundChanged ToForegroundChanged(const pb::ForegroundChangedRecord& r) {
  event::ForegroundChanged e;
  e.session.value = r.session();
  e.technician.value = r.technician();
  e.foreground = r.foreground();
  return e;
}

event::SessionEnded ToSessionEnded(const pb::SessionEndedRecord& r, Faults& faults) {
  event::SessionEnded e;
  e.session.value = r.session();
  e.outcome = Enum<Outcome>(r.outcome(), faults);
  e.keepers = ToWords<TechnicianId>(r.keepers());
  return e;
}

event::EntryDismissed ToEntryDismissed(const pb::EntryDismissedRecord& r, Faults& faults) {
  event::EntryDismissed e;
  e.session.value = r.session();
  e.technician.value = r.technician();
  e.outcome = Enum<Outcome>(r.outcome(), faults);
  return e;
}

event::OrgPut ToOrgPut(const pb::OrgPutRecord& r) {
  event::OrgPut e;
  e.org.value = r.org();
  e.display_name = r.display_name();
  return e;
}

event::GroupPut ToGroupPut(const pb::GroupPutRecord& r, Faults& faults) {
  event::GroupPut e;
  e.group = ToGroup(r.group(), faults);
  return e;
}

event::TechnicianPut ToTechnicianPut(const pb::TechnicianPutRecord& r) {
  event::TechnicianPut e;
  e.technician.value = r.technician();
  e.display_name = r.display_name();
  e.group.value = r.group();
  e.administrator = r.administrator();
  e.disabled = r.disabled();
  return e;
}

event::ChannelPut ToChannelPut(const pb::ChannelPutRecord& r) {
  event::ChannelPut e;
  e.channel = ToChannel(r.channel());
  return e;
}

event::KeyPut ToKeyPut(const pb::KeyPutRecord& r, Faults& faults) {
  event::KeyPut e;
  e.key = ToApiKey(r.key(), faults);
  return e;
}

event::ConsoleAttached ToConsoleAttached(const pb::ConsoleAttachedRecord& r) {
  event::ConsoleAttached e;
  e.technician.value = r.technician();
  e.console_name = r.console_name();
  return e;
}

event::ConsoleGone ToConsoleGone(const pb::ConsoleGoneRecord& r) {
  event::ConsoleGone e;
  e.technician.value = r.technician();
  e.since = ToTime(r.since());
  return e;
}

event::IntentSet ToIntentSet(const pb::IntentSetRecord& r) {
  event::IntentSet e;
  e.technician.value = r.technician();
  e.away = r.away();
  e.reason = r.reason();
  return e;
}

event::InactivityChanged ToInactivityChanged(const pb::InactivityChangedRecord& r) {
  event::InactivityChanged e;
  e.technician.value = r.technician();
  e.inactive = r.inactive();
  return e;
}

event::LookedAt ToLookedAt(const pb::LookedAtRecord& r) {
  event::LookedAt e;
  e.technician.value = r.technician();
  e.session.value = r.session();
  return e;
}

}  // namespace

void Put(const Event& event, pb::EventRecord* record) { std::visit(Writer{record}, event); }

Event ToEvent(const pb::EventRecord& record, Faults& faults) {
  switch (record.event_case()) {
    case pb::EventRecord::kSessionCreated:
      return ToSessionCreated(record.session_created(), faults);
    case pb::EventRecord::kCodeRedeemed:
      return ToCodeRedeemed(record.code_redeemed());
    case pb::EventRecord::kCodeExpired:
      return FromSession<event::CodeExpired>(record.code_expired());
    case pb::EventRecord::kTermsAccepted:
      return FromSession<event::TermsAccepted>(record.terms_accepted());
    case pb::EventRecord::kLinkChanged:
      return ToLinkChanged(record.link_changed(), faults);
    case pb::EventRecord::kLeadTaken:
      return FromSessionTechnician<event::LeadTaken>(record.lead_taken());
    case pb::EventRecord::kHeld:
      return FromSessionTechnician<event::Held>(record.held());
    case pb::EventRecord::kHoldReleased:
      return FromSessionTechnician<event::HoldReleased>(record.hold_released());
    case pb::EventRecord::kTransferRequested:
      return ToTransferRequested(record.transfer_requested());
    case pb::EventRecord::kTransferLeft:
      return FromSessionTechnician<event::TransferLeft>(record.transfer_left());
    case pb::EventRecord::kTransferCanceled:
      return FromSession<event::TransferCanceled>(record.transfer_canceled());
    case pb::EventRecord::kInvited:
      return ToInvited(record.invited());
    case pb::EventRecord::kInvitationAccepted:
      return FromSessionTechnician<event::InvitationAccepted>(record.invitation_accepted());
    case pb::EventRecord::kParticipantRemoved:
      return FromSessionTechnician<event::ParticipantRemoved>(record.participant_removed());
    case pb::EventRecord::kLeadOffered:
      return FromSessionTechnician<event::LeadOffered>(record.lead_offered());
    case pb::EventRecord::kLeadOfferCanceled:
      return FromSession<event::LeadOfferCanceled>(record.lead_offer_canceled());
    case pb::EventRecord::kLeadAccepted:
      return FromSession<event::LeadAccepted>(record.lead_accepted());
    case pb::EventRecord::kProfileUpdated:
      return ToProfileUpdated(record.profile_updated());
    case pb::EventRecord::kForegroundChanged:
      return ToForegroundChanged(record.foreground_changed());
    case pb::EventRecord::kLeadConsoleLost:
      return FromSession<event::LeadConsoleLost>(record.lead_console_lost());
    case pb::EventRecord::kLeadConsoleBack:
      return FromSession<event::LeadConsoleBack>(record.lead_console_back());
    case pb::EventRecord::kRequeued:
      return FromSession<event::Requeued>(record.requeued());
    case pb::EventRecord::kLeadGiven:
      return FromSessionTechnician<event::LeadGiven>(record.lead_given());
    case pb::EventRecord::kRevealed:
      return FromSessionTechnician<event::Revealed>(record.revealed());
    case pb::EventRecord::kSessionEnded:
      return ToSessionEnded(record.session_ended(), faults);
    case pb::EventRecord::kEntryDismissed:
      return ToEntryDismissed(record.entry_dismissed(), faults);
    case pb::EventRecord::kOrgPut:
      return ToOrgPut(record.org_put());
    case pb::EventRecord::kGroupPut:
      return ToGroupPut(record.group_put(), faults);
    case pb::EventRecord::kGroupDeleted:
      return event::GroupDeleted{GroupId{record.group_deleted().id()}};
    case pb::EventRecord::kTechnicianPut:
      return ToTechnicianPut(record.technician_put());
    case pb::EventRecord::kTechnicianDeleted:
      return event::TechnicianDeleted{TechnicianId{record.technician_deleted().id()}};
    case pb::EventRecord::kChannelPut:
      return ToChannelPut(record.channel_put());
    case pb::EventRecord::kChannelDeleted:
      return event::ChannelDeleted{ChannelId{record.channel_deleted().id()}};
    case pb::EventRecord::kKeyPut:
      return ToKeyPut(record.key_put(), faults);
    case pb::EventRecord::kKeyRevoked:
      return event::KeyRevoked{KeyId{record.key_revoked().id()}};
    case pb::EventRecord::kConsoleAttached:
      return ToConsoleAttached(record.console_attached());
    case pb::EventRecord::kConsoleGone:
      return ToConsoleGone(record.console_gone());
    case pb::EventRecord::kIntentSet:
      return ToIntentSet(record.intent_set());
    case pb::EventRecord::kInactivityChanged:
      return ToInactivityChanged(record.inactivity_changed());
    case pb::EventRecord::kLookedAt:
      return ToLookedAt(record.looked_at());
    case pb::EventRecord::EVENT_NOT_SET:
      break;
  }
  faults.Add("unknown event");
  return event::CodeExpired{};
}

}  // namespace guichet::store::codec

// Events from records: one switch that -Wswitch keeps complete.
#include "store/codec_internal.h"

namespace guichet::store::codec {
namespace {

// Shapes that several events share.
template <class E>
E FromSession(const pb::SessionEventRecord& record) {
  return E{SessionId{record.session()}};
}
template <class E>
E FromSessionTechnician(const pb::SessionTechnicianEventRecord& record) {
  return E{SessionId{record.session()}, TechnicianId{record.technician()}};
}
event::ActivityOpened ToActivityOpened(const pb::ActivityEventRecord& r) {
  return {SessionId{r.session()}, r.activity(), ToFile(r.file())};
}

event::ActivityClosed ToActivityClosed(const pb::ActivityEventRecord& r, Faults& faults) {
  return {SessionId{r.session()}, r.activity(), Enum<FileOutcome>(r.outcome(), faults), ToFile(r.file())};
}

event::SurveyAnswered ToSurveyAnswered(const pb::SurveyAnsweredRecord& r) {
  event::SurveyAnswered e;
  e.session.value = r.session();
  for (const pb::SurveyAnswerRecord& answer : r.answers()) e.answers.push_back({answer.question(), answer.answer()});
  return e;
}

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
  e.type = EnumOr(SessionType::kStandard, r.type(), faults);
  e.preferred.value = r.preferred();
  e.delivery_address = r.delivery_address();
  e.computer.value = r.computer();
  e.access_until = ToTime(r.access_until());
  e.credentials = EnumOr(CredentialMode::kAsk, r.credentials(), faults);
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

event::Invited ToInvited(const pb::InvitedRecord& r, Faults& faults) {
  event::Invited e;
  e.session.value = r.session();
  e.technician.value = r.technician();
  e.by.value = r.by();
  e.seat_of.value = r.seat_of();
  if (r.has_granted()) e.granted = ToSet<Permissions>(r.granted(), faults);
  return e;
}

event::ExternalInvited ToExternalInvited(const pb::ExternalInvitedRecord& r, Faults& faults) {
  event::ExternalInvited e;
  e.session.value = r.session();
  e.technician.value = r.technician();
  e.by.value = r.by();
  e.name = r.name();
  e.address = r.address();
  e.code_key = r.code_key();
  e.code_expires = ToTime(r.code_expires());
  e.granted = ToSet<Permissions>(r.granted(), faults);
  e.deliver = r.deliver();
  e.language = r.language();
  return e;
}

event::ExternalAdmitted ToExternalAdmitted(const pb::ExternalAdmittedRecord& r) {
  return {SessionId{r.session()}, TechnicianId{r.technician()}, r.secret_hash()};
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

event::OrgPut ToOrgPut(const pb::OrgPutRecord& r, Faults& faults) {
  event::OrgPut e;
  e.org.value = r.org();
  e.display_name = r.display_name();
  if (r.has_settings()) e.settings = ToOrgSettings(r.settings(), faults);
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
  e.config = ToConfig(r);
  return e;
}

event::ChannelPut ToChannelPut(const pb::ChannelPutRecord& r, Faults& faults) {
  event::ChannelPut e;
  e.channel = ToChannel(r.channel(), faults);
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

event::ConsoleGone ToConsoleGone(const pb::ConsoleGoneRecord& r, Faults& faults) {
  event::ConsoleGone e;
  e.technician.value = r.technician();
  e.since = ToTime(r.since());
  e.cause = EnumOr(LinkCause::kLost, r.cause(), faults);
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

event::ActivityRequested ToActivityRequested(const pb::ActivityRequestedRecord& r, Faults& faults) {
  event::ActivityRequested e;
  e.session.value = r.session();
  e.activity = r.activity();
  e.kind = Enum<ActivityKind>(r.kind(), faults);
  e.technician.value = r.technician();
  e.detail = r.detail();
  e.file = ToFile(r.file());
  if (r.has_access()) e.access = ToTerms(r.access(), faults);
  return e;
}

event::StandingGrantsSet ToStandingGrantsSet(const pb::StandingGrantsSetRecord& r, Faults& faults) {
  return {SessionId{r.session()}, ToSet<ActivityKinds>(r.kinds(), faults)};
}

event::Granted ToGranted(const pb::GrantedRecord& r, Faults& faults) {
  return {SessionId{r.session()}, TechnicianId{r.technician()}, ToSet<Permissions>(r.granted(), faults)};
}

event::DeliveryReported ToDeliveryReported(const pb::DeliveryReportedRecord& r, Faults& faults) {
  return {SessionId{r.session()}, TechnicianId{r.technician()}, Enum<DeliveryState>(r.state(), faults), r.detail(),
          ToTime(r.retry_at())};
}

event::Offered ToOffered(const pb::OfferedRecord& r, Faults& faults) {
  event::Offered e;
  e.session.value = r.session();
  e.technician.value = r.technician();
  e.expires = ToTime(r.expires());
  e.record = ToRouting(r.record(), faults);
  return e;
}

event::OfferEnded ToOfferEnded(const pb::OfferEndedRecord& r, Faults& faults) {
  event::OfferEnded e;
  e.session.value = r.session();
  e.technician.value = r.technician();
  e.cause = Enum<OfferEnd>(r.cause(), faults);
  e.reason = r.reason();
  e.pause_until = ToTime(r.pause_until());
  return e;
}

event::Redirected ToRedirected(const pb::RedirectedRecord& r, Faults& faults) {
  return {SessionId{r.session()}, ToQueue(r.from()), ToQueue(r.to()), Enum<RedirectWhen>(r.when(), faults)};
}

event::Unattended ToUnattended(const pb::UnattendedRecord& r) { return {SessionId{r.session()}, r.notice(), r.page_url()}; }

}  // namespace

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
      return ToInvited(record.invited(), faults);
    case pb::EventRecord::kAttended:
      return FromSession<event::Attended>(record.attended());
    case pb::EventRecord::kChatSent: {
      const pb::ChatSentRecord& r = record.chat_sent();
      return event::ChatSent{SessionId{r.session()}, TechnicianId{r.technician()}, r.name(), r.technicians_only(), r.text()};
    }
    case pb::EventRecord::kDeliveryDue:
      return FromSessionTechnician<event::DeliveryDue>(record.delivery_due());
    case pb::EventRecord::kDeviceTokenReplaced:
      return event::DeviceTokenReplaced{SessionId{record.device_token_replaced().session()},
                                        record.device_token_replaced().device_token_hash()};
    case pb::EventRecord::kJoined:
      return FromSessionTechnician<event::Joined>(record.joined());
    case pb::EventRecord::kComputerEnrolled:
      return event::ComputerEnrolled{SessionId{record.computer_enrolled().session()},
                                     ToComputer(record.computer_enrolled().computer(), faults)};
    case pb::EventRecord::kComputerRenamed:
      return event::ComputerRenamed{ComputerId{record.computer_renamed().computer()}, record.computer_renamed().name()};
    case pb::EventRecord::kComputerGone:
      return event::ComputerGone{ComputerId{record.computer_gone().computer()},
                                 Enum<Outcome>(record.computer_gone().outcome(), faults)};
    case pb::EventRecord::kUpgraded:
      return FromSession<event::Upgraded>(record.upgraded());
    case pb::EventRecord::kSurveyClosed:
      return FromSession<event::SurveyClosed>(record.survey_closed());
    case pb::EventRecord::kSurveyAnswered:
      return ToSurveyAnswered(record.survey_answered());
    case pb::EventRecord::kNoteAdded: {
      const pb::NoteAddedRecord& r = record.note_added();
      return event::NoteAdded{SessionId{r.session()}, TechnicianId{r.technician()}, r.name(), r.text()};
    }
    case pb::EventRecord::kLibraryPut:
      return event::LibraryPut{TechnicianId{record.library_put().technician()}, ToItems(record.library_put())};
    case pb::EventRecord::kExternalInvited:
      return ToExternalInvited(record.external_invited(), faults);
    case pb::EventRecord::kExternalAdmitted:
      return ToExternalAdmitted(record.external_admitted());
    case pb::EventRecord::kExternalGone:
      return FromSessionTechnician<event::ExternalGone>(record.external_gone());
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
      return ToOrgPut(record.org_put(), faults);
    case pb::EventRecord::kGroupPut:
      return ToGroupPut(record.group_put(), faults);
    case pb::EventRecord::kGroupDeleted:
      return event::GroupDeleted{GroupId{record.group_deleted().id()}};
    case pb::EventRecord::kTechnicianPut:
      return ToTechnicianPut(record.technician_put());
    case pb::EventRecord::kTechnicianDeleted:
      return event::TechnicianDeleted{TechnicianId{record.technician_deleted().id()}};
    case pb::EventRecord::kChannelPut:
      return ToChannelPut(record.channel_put(), faults);
    case pb::EventRecord::kChannelDeleted:
      return event::ChannelDeleted{ChannelId{record.channel_deleted().id()}};
    case pb::EventRecord::kKeyPut:
      return ToKeyPut(record.key_put(), faults);
    case pb::EventRecord::kKeyRevoked:
      return event::KeyRevoked{KeyId{record.key_revoked().id()}};
    case pb::EventRecord::kConsoleAttached:
      return ToConsoleAttached(record.console_attached());
    case pb::EventRecord::kConsoleGone:
      return ToConsoleGone(record.console_gone(), faults);
    case pb::EventRecord::kIntentSet:
      return ToIntentSet(record.intent_set());
    case pb::EventRecord::kInactivityChanged:
      return ToInactivityChanged(record.inactivity_changed());
    case pb::EventRecord::kLookedAt:
      return ToLookedAt(record.looked_at());
    case pb::EventRecord::kActivityRequested:
      return ToActivityRequested(record.activity_requested(), faults);
    case pb::EventRecord::kActivityOpened:
      return ToActivityOpened(record.activity_opened());
    case pb::EventRecord::kActivityClosed:
      return ToActivityClosed(record.activity_closed(), faults);
    case pb::EventRecord::kStandingGrantsSet:
      return ToStandingGrantsSet(record.standing_grants_set(), faults);
    case pb::EventRecord::kGranted:
      return ToGranted(record.granted(), faults);
    case pb::EventRecord::kChatSwitched:
      return event::ChatSwitched{SessionId{record.chat_switched().session()}, record.chat_switched().off()};
    case pb::EventRecord::kSurveySent:
      return FromSession<event::SurveySent>(record.survey_sent());
    case pb::EventRecord::kDeliveryReported:
      return ToDeliveryReported(record.delivery_reported(), faults);
    case pb::EventRecord::kOffered:
      return ToOffered(record.offered(), faults);
    case pb::EventRecord::kOfferEnded:
      return ToOfferEnded(record.offer_ended(), faults);
    case pb::EventRecord::kPreferenceLapsed:
      return FromSession<event::PreferenceLapsed>(record.preference_lapsed());
    case pb::EventRecord::kRedirected:
      return ToRedirected(record.redirected(), faults);
    case pb::EventRecord::kUnattended:
      return ToUnattended(record.unattended());
    case pb::EventRecord::kOwnerChanged:
      return event::OwnerChanged{SessionId{record.owner_changed().session()}, TechnicianId{record.owner_changed().owner()}};
    case pb::EventRecord::kChannelHours:
      return event::ChannelHours{ChannelId{record.channel_hours().channel()}, record.channel_hours().open()};
    case pb::EventRecord::EVENT_NOT_SET:
      break;
  }
  faults.Add("unknown event");
  return event::CodeExpired{};
}

}  // namespace guichet::store::codec

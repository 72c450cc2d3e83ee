// Facts. A log entry holds those that one command made true; evolve() folds them. On disk through store/codec: append only.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "statemachine/library.h"
#include "statemachine/org.h"
#include "statemachine/route.h"
#include "statemachine/session.h"

namespace guichet::event {

// --- of a session -----------------------------------------------------------------------------------------------------------
struct SessionCreated {
  SessionId session;
  Method method = Method::kPin;
  TechnicianId owner;
  ChannelId channel;
  TechnicianId monitored;
  Profile profile;
  std::string code_key;
  Time code_expires{};
  std::string device_token_hash;
  SessionType type = SessionType::kStandard;
  TechnicianId preferred;
  std::string delivery_address;  // of an e-mail or SMS
  ComputerId computer;           // of unattended sessions, as the next two
  Time access_until{};
  CredentialMode credentials = CredentialMode::kAsk;
};
// The code was exchanged for a device token.
struct CodeRedeemed {
  SessionId session;
  std::string device_token_hash;
  Profile profile;  // with what the applet told
};
struct CodeExpired {
  SessionId session;
};
struct TermsAccepted {
  SessionId session;
};
struct LinkChanged {
  SessionId session;
  Link link = Link::kAttached;
  RebootKind reboot = RebootKind::kNormal;
};
// The technician becomes lead by Start; a pending transfer is over, a former lead is out, nothing is held for everybody.
struct LeadTaken {
  SessionId session;
  TechnicianId technician;
};
// By the lead: for everybody. By a collaborator: for himself.
struct Held {
  SessionId session;
  TechnicianId technician;
};
struct HoldReleased {
  SessionId session;
  TechnicianId technician;
};
// `by` becomes a sender, `recipients` join those who may take the session; a recipient who was a sender is one no more.
struct TransferRequested {
  SessionId session;
  TechnicianId by;
  TransferTarget target;
  std::vector<TechnicianId> recipients;
  std::string comment;
};
// A sender or recipient is out of the transfer.
struct TransferLeft {
  SessionId session;
  TechnicianId technician;
};
struct TransferCanceled {
  SessionId session;
};
struct Invited {
  SessionId session;
  TechnicianId technician;
  TechnicianId by;
  TechnicianId seat_of;
  Permissions granted = Permissions::All();
};
// Somebody from outside is invited: he is a technician of this session alone, until ExternalGone.
struct ExternalInvited {
  SessionId session;
  TechnicianId technician;  // ExternalId
  TechnicianId by;
  std::string name;
  std::string address;  // e-mail; empty: unknown
  std::string code_key;
  Time code_expires{};
  Permissions granted = Permissions::All();
  bool deliver = false;
  std::string language;
};
// He has redeemed his invitation: a key with this secret is his.
struct ExternalAdmitted {
  SessionId session;
  TechnicianId technician;
  std::string secret_hash;
};
// He is out, with his key.
struct ExternalGone {
  SessionId session;
  TechnicianId technician;
};
// The invitee collaborates; the collaborator whose seat he takes is out.
struct InvitationAccepted {
  SessionId session;
  TechnicianId technician;
};
// A collaborator or invitee is out, and with a collaborator whoever was invited into his seat.
struct ParticipantRemoved {
  SessionId session;
  TechnicianId technician;
};
struct LeadOffered {
  SessionId session;
  TechnicianId technician;
};
struct LeadOfferCanceled {
  SessionId session;
};
// Lead and the collaborator to whom the lead was offered change places.
struct LeadAccepted {
  SessionId session;
};
struct ProfileUpdated {
  SessionId session;
  Profile profile;
};
struct ForegroundChanged {
  SessionId session;
  TechnicianId technician;
  bool foreground = false;
};
struct LeadConsoleLost {
  SessionId session;
};
struct LeadConsoleBack {
  SessionId session;
};
// Back into the channel's queue: no participants, hidden from the former lead until his console is back.
struct Requeued {
  SessionId session;
};
// A collaborator becomes lead in place of one whose console is lost, who is out.
struct LeadGiven {
  SessionId session;
  TechnicianId technician;
};
struct Revealed {
  SessionId session;
  TechnicianId technician;
};
struct SessionEnded {
  SessionId session;
  Outcome outcome = Outcome::kClosedByTechnician;
  std::vector<TechnicianId> keepers;
};
struct ActivityRequested {
  SessionId session;
  uint32_t activity = 0;
  ActivityKind kind = ActivityKind::kRemoteControl;
  TechnicianId technician;
  std::string detail;
  FileInfo file;
  AccessTerms access;
};
struct ActivityOpened {
  SessionId session;
  uint32_t activity = 0;
  FileInfo file;  // of the customer's answer; without a name: as before
};
// Closed, or denied while it was asked for.
struct ActivityClosed {
  SessionId session;
  uint32_t activity = 0;
  FileOutcome outcome = FileOutcome::kNone;
  FileInfo file;  // what is known of it at the end
};
struct StandingGrantsSet {
  SessionId session;
  ActivityKinds kinds;
};
struct Granted {
  SessionId session;
  TechnicianId technician;
  Permissions granted;
};
struct ChatSwitched {
  SessionId session;
  bool off = false;
};
// `technician` empty: the customer. The text is kept here alone.
struct ChatSent {
  SessionId session;
  TechnicianId technician;
  std::string name;               // of the technician, as he wrote
  bool technicians_only = false;  // the customer never sees it
  std::string text;
};
struct SurveySent {
  SessionId session;
};
// The answers are kept here alone.
struct SurveyAnswered {
  SessionId session;
  std::vector<SurveyAnswer> answers;
};
// Nobody waits for its answers any longer.
struct SurveyClosed {
  SessionId session;
};
// The text is kept here alone. `technician` empty: an integrator or administrator.
struct NoteAdded {
  SessionId session;
  TechnicianId technician;
  std::string name;  // of the technician, as he wrote
  std::string text;
};
// The customer of an instant chat has started the applet.
struct Upgraded {
  SessionId session;
};
struct DeliveryReported {
  SessionId session;
  TechnicianId technician;                     // an external one; empty: the customer
  DeliveryState state = DeliveryState::kSent;  // kRequested: it is tried again at `retry_at`
  std::string detail;
  Time retry_at{};
};
// It is handed over again.
struct DeliveryDue {
  SessionId session;
  TechnicianId technician;
};
// The token that was given out for the device before is of no use any more.
struct DeviceTokenReplaced {
  SessionId session;
  std::string device_token_hash;
};
// Somebody who monitors a technician of the session collaborates.
struct Joined {
  SessionId session;
  TechnicianId technician;
};
// The customer has agreed to unattended access.
struct ComputerEnrolled {
  SessionId session;
  Computer computer;
};
// Routing holds the session out to one technician, or starts it for him. `record` is why (route.h).
struct Offered {
  SessionId session;
  TechnicianId technician;
  Time expires{};  // kNoTime: no offer, he is lead by the LeadTaken that follows
  RoutingRecord record;
};
struct OfferEnded {
  SessionId session;
  TechnicianId technician;
  OfferEnd cause = OfferEnd::kRejected;
  std::string reason;
  Time pause_until{};  // of the technician, who let it pass; kNoTime: none
};
struct PreferenceLapsed {
  SessionId session;
};
// By a redirect rule, into another queue; the place by time of arrival stays.
struct Redirected {
  SessionId session;
  Queue from;
  Queue to;
  RedirectWhen when = RedirectWhen::kAtOnce;
};
// Nobody serves the queue, or it is out of hours: the customer is told, or (with `page_url`) sent there as the session ends.
struct Unattended {
  SessionId session;
  std::string notice;
  std::string page_url;
};
// Somebody serves again, or its hours have come: the notice is over.
struct Attended {
  SessionId session;
};
struct OwnerChanged {
  SessionId session;
  TechnicianId owner;
};
struct EntryDismissed {
  SessionId session;
  TechnicianId technician;
  Outcome outcome = Outcome::kClosedByTechnician;  // of the session after it
};

// --- of the organization ----------------------------------------------------------------------------------------------------
struct OrgPut {
  OrgId org;
  std::string display_name;
  OrgSettings settings;
};
struct GroupPut {
  Group group;
};
struct GroupDeleted {
  GroupId group;
};
// Creates, or replaces what an administrator sets; presence and intent stay.
struct TechnicianPut {
  TechnicianId technician;
  TechnicianConfig config;
};
struct TechnicianDeleted {
  TechnicianId technician;
};
struct ChannelPut {
  Channel channel;
};
struct ChannelDeleted {
  ChannelId channel;
};
struct KeyPut {
  ApiKey key;
};
struct KeyRevoked {
  KeyId key;
};
// A boundary of the channel's hours.
struct ChannelHours {
  ChannelId channel;
  bool open = true;
};
struct ConsoleAttached {
  TechnicianId technician;
  std::string console_name;
};
// The console signed out or was lost. `since` is when it was last there.
struct ConsoleGone {
  TechnicianId technician;
  Time since{};
  LinkCause cause = LinkCause::kLost;
};
struct IntentSet {
  TechnicianId technician;
  bool away = false;
  std::string reason;
};
struct ComputerRenamed {
  ComputerId computer;
  std::string name;
};
// Expired, or revoked.
struct ComputerGone {
  ComputerId computer;
  Outcome outcome = Outcome::kUnattendedRevoked;
};
// Replaces it; no items: it is gone.
struct LibraryPut {
  TechnicianId technician;
  std::vector<LibraryItem> items;
};
// What the technician's console shows, whether or not he takes part in that session; 0: none.
struct LookedAt {
  TechnicianId technician;
  SessionId session;
};

// The console reports no activity for the group's away_after, or again.
struct InactivityChanged {
  TechnicianId technician;
  bool inactive = false;
};

}  // namespace guichet::event

namespace guichet {

// The index of an alternative is not on disk; the record's field number is.
using Event = std::variant<
    event::SessionCreated, event::CodeRedeemed, event::CodeExpired, event::TermsAccepted, event::LinkChanged, event::LeadTaken,
    event::Held, event::HoldReleased, event::TransferRequested, event::TransferLeft, event::TransferCanceled, event::Invited,
    event::InvitationAccepted, event::ParticipantRemoved, event::LeadOffered, event::LeadOfferCanceled, event::LeadAccepted,
    event::ProfileUpdated, event::ForegroundChanged, event::LeadConsoleLost, event::LeadConsoleBack, event::Requeued,
    event::LeadGiven, event::Revealed, event::SessionEnded, event::EntryDismissed, event::OrgPut, event::GroupPut,
    event::GroupDeleted, event::TechnicianPut, event::TechnicianDeleted, event::ChannelPut, event::ChannelDeleted,
    event::KeyPut, event::KeyRevoked, event::ConsoleAttached, event::ConsoleGone, event::IntentSet, event::LookedAt,
    event::InactivityChanged, event::ActivityRequested, event::ActivityOpened, event::ActivityClosed, event::StandingGrantsSet,
    event::Granted, event::ChatSwitched, event::SurveySent, event::DeliveryReported, event::Offered, event::OfferEnded,
    event::PreferenceLapsed, event::Redirected, event::Unattended, event::OwnerChanged, event::ChannelHours,
    event::ExternalInvited, event::ExternalAdmitted, event::ExternalGone, event::Attended, event::ChatSent,
    event::SurveyAnswered, event::SurveyClosed, event::NoteAdded, event::Upgraded, event::LibraryPut, event::DeliveryDue,
    event::Joined, event::ComputerEnrolled, event::ComputerRenamed, event::ComputerGone, event::DeviceTokenReplaced>;
using Events = std::vector<Event>;

// The session of which the event speaks; 0 for events of the organization.
SessionId SessionOf(const Event& event);
// A sentence for the timeline.
std::string Describe(const Event& event);

}  // namespace guichet

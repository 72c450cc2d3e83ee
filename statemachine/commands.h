// What can be asked of an organization: commands of principals, of applets and consoles, and of the shard's timers.
// Text was checked against limits.h at the edge; ids may name what does not exist.
#pragma once

#include <string>
#include <variant>

#include "statemachine/events.h"

namespace guichet::command {

// Names the session and who acts. `epoch` 0: any. An empty technician means "as the lead" where decide allows it.
struct Target {
  SessionId session;
  TechnicianId technician;
  Epoch epoch;
};

// --- by technicians, integrators and administrators
// Random parts (code, token) are inputs, so that the log replays.
struct CreateSession {
  Method method = Method::kPin;
  TechnicianId owner;
  ChannelId channel;
  TechnicianId monitored;
  Profile profile;
  std::string code_key;
  std::string device_token_hash;
  SessionType type = SessionType::kStandard;
  TechnicianId preferred;        // channel sessions: is asked first
  std::string delivery_address;  // kEmail, kSms
};
struct Start {
  Target target;
};
struct Hold {
  Target target;
};
struct TransferTo {
  Target target;
  TransferTarget to;
  std::string comment;
};
struct CancelTransfer {
  Target target;
};
struct End {
  Target target;
};
struct Reboot {
  Target target;
  RebootKind kind = RebootKind::kNormal;
};
struct Invite {
  Target target;
  TechnicianId invitee;
  Permissions granted = Permissions::All();  // narrows what his group may
};
struct InviteExternal {
  Target target;
  std::string name;
  std::string address;  // e-mail; empty: unknown
  std::string code_key;
  Permissions granted = Permissions::All();  // narrows Permissions::External and what the lead may
  bool deliver = false;                      // the invitation goes to the address
  std::string language;                      // … in this language
};
// Of a session of a technician whom `target.technician` monitors: he collaborates, uninvited.
struct Join {
  Target target;
};
struct Grant {
  Target target;
  TechnicianId collaborator;
  Permissions granted;
};
struct RemoveTechnician {
  Target target;
  TechnicianId removed;
};
struct Leave {
  Target target;
};
struct OfferLead {
  Target target;
  TechnicianId collaborator;
};
struct CancelLeadOffer {
  Target target;
};
struct AcceptLead {
  Target target;
};
// Only engaged fields change.
struct UpdateSession {
  Target target;
  std::optional<std::string> name;
  std::optional<std::vector<std::string>> custom_fields;
  std::optional<std::string> tracking_id;
  std::optional<std::string> language;
};

// Asks the customer, or a standing grant, for one thing to do.
struct RequestActivity {
  Target target;
  ActivityKind kind = ActivityKind::kRemoteControl;
  std::string detail;
  FileInfo file;       // of kSendFile
  AccessTerms access;  // of kUnattendedAccess
};
struct CloseActivity {
  Target target;
  uint32_t activity = 0;
  FileOutcome outcome = FileOutcome::kNone;
  FileInfo file;  // what was learnt of it
};
struct SetChat {
  Target target;
  bool off = false;
};
struct SendChat {
  Target target;
  bool technicians_only = false;
  std::string text;
};
struct SendSurvey {
  Target target;
};
struct AddNote {
  Target target;
  std::string text;
};
// Replaces the library of a technician. `expected`: ABORTED when it was changed by another revision; 0: any.
struct PutLibrary {
  TechnicianId technician;
  std::vector<LibraryItem> items;
  Revision expected;
  bool append = false;  // behind what is there
};
// By the technician to whom the session is offered.
struct RejectOffer {
  Target target;
  std::string reason;
};
struct ReportDelivery {
  SessionId session;
  TechnicianId technician;                     // an external one; empty: the customer
  DeliveryState state = DeliveryState::kSent;  // kRequested: it failed, and is to be tried again
  std::string detail;
};
// On an enrolled computer. By its window, which is no business of the core: whether it is open, and until when.
struct ConnectComputer {
  ComputerId computer;
  TechnicianId technician;
  bool open = true;
  Time open_until{};  // kNoTime: for good
  std::string device_token_hash;
  bool online = true;  // its agent is there
};
// By its agent, which has attached: a session that waits for it gets another token, since the one before may not have arrived.
struct ReachComputer {
  ComputerId computer;
  std::string device_token_hash;
};
struct RenameComputer {
  ComputerId computer;
  std::string name;
};
// By administrators, technicians of its group, and the computer itself.
struct RevokeComputer {
  ComputerId computer;
};
// By the shard.
struct ExpireComputer {
  ComputerId computer;
};

// --- by applets
struct RedeemCode {
  SessionId session;
  std::string code_key;
  std::string device_token_hash;
  std::string device_id;
  std::string platform;
  std::string language;
};
// By an external technician.
struct RedeemInvitation {
  SessionId session;
  TechnicianId technician;
  std::string code_key;
  std::string secret_hash;  // of his key
};
struct AttachDevice {
  SessionId session;
  std::string platform;
  bool chat_only = false;  // a page that only chats
};
struct AnswerTerms {
  SessionId session;
  bool accepted = false;
};
struct CustomerEnd {
  SessionId session;
};
struct AnswerActivity {
  SessionId session;
  uint32_t activity = 0;
  bool granted = false;
  bool standing = false;    // the same answer for every later request of the kind
  FileInfo file;            // of kReceiveFile
  std::string secret_hash;  // of the computer's token, if it is enrolled by this
};
// By the customer: one, or (0) all at once, which takes standing grants back too.
struct RevokeActivity {
  SessionId session;
  uint32_t activity = 0;
  FileOutcome outcome = FileOutcome::kNone;  // of the one
  FileInfo file;
};
struct AnswerSurvey {
  SessionId session;
  std::vector<SurveyAnswer> answers;
};
struct CustomerChat {
  SessionId session;
  std::string text;
};
struct DeviceReboots {
  SessionId session;
  RebootKind kind = RebootKind::kNormal;
};
// By the shard: heartbeats are missing for longer than the grace.
struct DeviceLost {
  SessionId session;
};

// --- by consoles
struct AttachConsole {
  TechnicianId technician;
  std::string console_name;
};
struct DetachConsole {
  TechnicianId technician;
  Time last_seen{};
  LinkCause cause = LinkCause::kLost;
};
struct SetForeground {
  TechnicianId technician;
  SessionId session;
};
// By the shard: activity stopped for the group's away_after, or came again.
struct SetInactive {
  TechnicianId technician;
  bool inactive = false;
};
struct SetIntent {
  TechnicianId technician;
  bool away = false;
  std::string reason;
};

// --- by the shard: the earliest due timer of the session fires; nothing when none is due
struct FireTimer {
  SessionId session;
};
// What is to be done with a waiting session: a redirect rule, the rules of an unattended queue, or a technician for it.
struct Route {
  SessionId session;
};
struct SetChannelOpen {
  ChannelId channel;
  bool open = true;
};

// --- by administrators
struct CreateOrg {
  OrgId org;
  std::string display_name;
  ApiKey first_key;
};
struct UpdateOrg {
  std::string display_name;
  OrgSettings settings;
};
// `create`: ALREADY_EXISTS when it exists; else NOT_FOUND when it does not.
struct PutGroup {
  Group group;
  bool create = false;
  bool unlock = true;  // a master administrator: may change locks and what is locked
};
struct DeleteGroup {
  GroupId group;
};
// `successor` takes over what a technician who gets disabled leads and owns; empty: those sessions end with ABORTED.
struct PutTechnician {
  TechnicianId technician;
  TechnicianConfig config;
  bool create = false;
  TechnicianId successor;
};
// All or none.
struct CreateTechnicians {
  std::vector<std::pair<TechnicianId, TechnicianConfig>> technicians;
};
struct DeleteTechnician {
  TechnicianId technician;
  TechnicianId successor;  // as in PutTechnician
};
struct PutChannel {
  Channel channel;
  bool create = false;
};
struct DeleteChannel {
  ChannelId channel;
};
struct CreateKey {
  ApiKey key;
};
struct RevokeKey {
  KeyId key;
};

}  // namespace guichet::command

namespace guichet {

using Command = std::variant<
    command::CreateSession, command::Start, command::Hold, command::TransferTo, command::CancelTransfer, command::End,
    command::Reboot, command::Invite, command::InviteExternal, command::RemoveTechnician, command::Leave, command::OfferLead,
    command::CancelLeadOffer, command::AcceptLead, command::UpdateSession, command::RedeemCode, command::RedeemInvitation,
    command::AttachDevice, command::AnswerTerms, command::CustomerEnd, command::DeviceReboots, command::DeviceLost,
    command::AttachConsole, command::DetachConsole, command::SetForeground, command::SetIntent, command::SetInactive,
    command::FireTimer, command::CreateOrg, command::UpdateOrg, command::PutGroup, command::DeleteGroup, command::PutTechnician,
    command::DeleteTechnician, command::PutChannel, command::DeleteChannel, command::CreateKey, command::RevokeKey,
    command::Grant, command::RequestActivity, command::CloseActivity, command::SetChat, command::SendChat, command::AddNote,
    command::PutLibrary, command::Join, command::ConnectComputer, command::ReachComputer, command::RenameComputer,
    command::RevokeComputer, command::ExpireComputer, command::AnswerSurvey, command::CustomerChat, command::SendSurvey,
    command::RejectOffer, command::ReportDelivery, command::AnswerActivity, command::RevokeActivity, command::Route,
    command::SetChannelOpen, command::CreateTechnicians>;

}  // namespace guichet

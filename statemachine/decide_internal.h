// The parts of decide(), by who commands. Not for use outside decide*.cc.
#pragma once

#include "absl/status/statusor.h"
#include "statemachine/decide.h"
#include "statemachine/refusal.h"
#include "statemachine/timers.h"
#include "statemachine/view.h"

namespace guichet::internal {

using Result = absl::StatusOr<Decision>;

// decide_session.cc
Result On(const Org& org, const command::CreateSession& c, Time now);
Result On(const Org& org, const command::Start& c, Time now);
Result On(const Org& org, const command::Hold& c, Time now);
Result On(const Org& org, const command::TransferTo& c, Time now);
Result On(const Org& org, const command::CancelTransfer& c, Time now);
Result On(const Org& org, const command::End& c, Time now);
Result On(const Org& org, const command::Reboot& c, Time now);
Result On(const Org& org, const command::Invite& c, Time now);
Result On(const Org& org, const command::RemoveTechnician& c, Time now);
Result On(const Org& org, const command::Leave& c, Time now);
Result On(const Org& org, const command::OfferLead& c, Time now);
Result On(const Org& org, const command::CancelLeadOffer& c, Time now);
Result On(const Org& org, const command::AcceptLead& c, Time now);
Result On(const Org& org, const command::UpdateSession& c, Time now);
Result On(const Org& org, const command::InviteExternal& c, Time now);
Result On(const Org& org, const command::Grant& c, Time now);
Result On(const Org& org, const command::Join& c, Time now);
// Administrators monitor everybody, administrators of groups those groups.
bool MayMonitor(const TechnicianConfig& administrator, const TechnicianConfig& monitored);
// Refuses one who lacks what the kind of session needs.
absl::Status MayTake(const Org& org, const TechnicianId& technician, SessionType type);
// Refuses one who has as many active sessions as he may.
absl::Status RoomForActive(const Org& org, const TechnicianId& technician, SessionType type);
// Whether the technician would own too many sessions with so many more.
bool OwnsTooMany(const Org& org, const TechnicianId& owner, size_t more);

// decide_activity.cc
Result On(const Org& org, const command::RequestActivity& c, Time now);
Result On(const Org& org, const command::CloseActivity& c, Time now);
Result On(const Org& org, const command::SetChat& c, Time now);
Result On(const Org& org, const command::SendChat& c, Time now);
Result On(const Org& org, const command::CustomerChat& c, Time now);
Result On(const Org& org, const command::SendSurvey& c, Time now);
Result On(const Org& org, const command::AnswerSurvey& c, Time now);
Result On(const Org& org, const command::AddNote& c, Time now);
Result On(const Org& org, const command::AnswerActivity& c, Time now);
Result On(const Org& org, const command::RevokeActivity& c, Time now);
Result On(const Org& org, const command::ReportDelivery& c, Time now);
// An activity with a file that somebody closes has an outcome: without one, CANCELED, and without a file, that of its request.
// What closes other activities is told of none. Those that a hold, a transfer, the end or a lost link closes are folded into
// that event.
event::ActivityClosed Closed(SessionId session, const Activity& activity, FileOutcome outcome, const FileInfo& file);

// decide_computer.cc
Result On(const Org& org, const command::ConnectComputer& c, Time now);
Result On(const Org& org, const command::ReachComputer& c, Time now);
Result On(const Org& org, const command::RenameComputer& c, Time now);
Result On(const Org& org, const command::RevokeComputer& c, Time now);
Result On(const Org& org, const command::ExpireComputer& c, Time now);
// The customer has agreed to unattended access, asked for by `activity`: the computer is enrolled, and the activity over.
void Enroll(const Org& org, const Session& session, const Activity& activity, const std::string& secret_hash, Time now,
            Events& events);

// decide_route.cc
Result On(const Org& org, const command::Route& c, Time now);
Result On(const Org& org, const command::RejectOffer& c, Time now);
Result On(const Org& org, const command::SetChannelOpen& c, Time now);
// What the rules of its queue do with a session that waits there: a redirect, a notice, an end; no events: nothing.
Decision Unserved(const Org& org, const Session& session, Time now);
// The offer to `technician`, if there is one, is taken back.
void WithdrawOffer(const Org& org, const TechnicianId& technician, Events& events);

// decide_device.cc
Result On(const Org& org, const command::RedeemCode& c, Time now);
Result On(const Org& org, const command::RedeemInvitation& c, Time now);
Result On(const Org& org, const command::AttachDevice& c, Time now);
Result On(const Org& org, const command::AnswerTerms& c, Time now);
Result On(const Org& org, const command::CustomerEnd& c, Time now);
Result On(const Org& org, const command::DeviceReboots& c, Time now);
Result On(const Org& org, const command::DeviceLost& c, Time now);
Result On(const Org& org, const command::AttachConsole& c, Time now);
Result On(const Org& org, const command::DetachConsole& c, Time now);
Result On(const Org& org, const command::SetForeground& c, Time now);
Result On(const Org& org, const command::SetIntent& c, Time now);
Result On(const Org& org, const command::SetInactive& c, Time now);
Result On(const Org& org, const command::FireTimer& c, Time now);

// decide_admin.cc
Result On(const Org& org, const command::CreateOrg& c, Time now);
Result On(const Org& org, const command::UpdateOrg& c, Time now);
Result On(const Org& org, const command::PutGroup& c, Time now);
Result On(const Org& org, const command::DeleteGroup& c, Time now);
Result On(const Org& org, const command::PutTechnician& c, Time now);
Result On(const Org& org, const command::CreateTechnicians& c, Time now);
Result On(const Org& org, const command::DeleteTechnician& c, Time now);
Result On(const Org& org, const command::PutChannel& c, Time now);
Result On(const Org& org, const command::DeleteChannel& c, Time now);
Result On(const Org& org, const command::CreateKey& c, Time now);
Result On(const Org& org, const command::RevokeKey& c, Time now);
Result On(const Org& org, const command::PutLibrary& c, Time now);

// The session and the acting technician of a command, checked.
struct Scene {
  const Session* session = nullptr;
  TechnicianId self;
  EntryState view = EntryState::kRemoved;    // what he sees
  const Participant* participant = nullptr;  // his part; null: none
  const Participant* lead = nullptr;         // null: nobody has started it

  bool leads() const { return participant != nullptr && participant->role == Role::kLead; }
  bool collaborates() const { return participant != nullptr && participant->role == Role::kCollaborator; }
  bool invited() const { return participant != nullptr && participant->role == Role::kInvitee; }
  bool sees() const { return view != EntryState::kRemoved; }
};
// `may_default`: an empty technician means the lead, else the first sender, else the owner.
absl::StatusOr<Scene> SceneOf(const Org& org, const command::Target& target, bool may_default);
// Refuses what the group of the acting technician, or for a collaborator the lead, does not allow.
absl::Status Require(const Org& org, const Scene& scene, Permission permission);
// Refuses what needs a live session with its device.
absl::Status NeedsLink(const Scene& scene, std::string_view command);
absl::Status NotMonitoring(const Scene& scene, std::string_view command);
absl::StatusOr<const Session*> LiveSession(const Org& org, SessionId id);
Result Do(const Scene& scene, Trigger trigger, Event event);

// The end of a session whose access to its computer is over: expired, or revoked.
Event AccessEnded(const Session& session, Outcome outcome);

// Who keeps an entry of a session that gets its outcome (domain.md §2).
enum class EndedBy { kCustomer, kTechnician, kIdle, kLimit };
Event Ended(const Session& session, Outcome outcome, EndedBy by);

}  // namespace guichet::internal

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

// decide_device.cc
Result On(const Org& org, const command::RedeemCode& c, Time now);
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
Result On(const Org& org, const command::DeleteTechnician& c, Time now);
Result On(const Org& org, const command::PutChannel& c, Time now);
Result On(const Org& org, const command::DeleteChannel& c, Time now);
Result On(const Org& org, const command::CreateKey& c, Time now);
Result On(const Org& org, const command::RevokeKey& c, Time now);

// Who keeps an entry of a session that gets its outcome (domain.md §2).
enum class EndedBy { kCustomer, kTechnician, kIdle, kLimit };
Event Ended(const Session& session, Outcome outcome, EndedBy by);

}  // namespace guichet::internal

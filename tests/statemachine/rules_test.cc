// The rules in prose of domain.md §2, one test each. The views of ann, bob and cat are written in that order.
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/statemachine/world.h"

namespace guichet::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

GroupSettings WithIdle() {
  GroupSettings settings;
  settings.idle_timeout = minutes(10);
  return settings;
}

// --- who keeps an entry when a session gets its outcome

TEST(Outcome, CustomerEndsLeadAndCollaboratorsSeeClosedInviteesGo) {
  World world;
  const SessionId id = world.Active();
  world.Do(Invite(id, kAnn, kBob));
  world.Do(Start(id, kBob));
  world.Do(Invite(id, kAnn, kCat));
  world.Do(CustomerEnds(id));
  EXPECT_EQ(world.Views(id), "CLOSED CLOSED REMOVED");
  EXPECT_EQ(world.LastOutcome(id), Outcome::kClosedByCustomer);
  world.Do(End(id, kBob));
  EXPECT_EQ(world.Views(id), "CLOSED REMOVED REMOVED");
  world.Do(End(id, kAnn));
  EXPECT_TRUE(world.Gone(id));
  EXPECT_EQ(world.LastOutcome(id), Outcome::kClosedByCustomer);
}

TEST(Outcome, CustomerEndsAPendingTransferSendersSeeClosedRecipientsGo) {
  World world;
  const SessionId id = world.Active();
  world.Do(Transfer(id, kAnn, kBob));
  world.Do(Transfer(id, kBob, kCat));
  world.Do(CustomerEnds(id));
  EXPECT_EQ(world.Views(id), "CLOSED CLOSED REMOVED");
}

TEST(Outcome, CustomerEndsBeforeAnybodyStartedAllGoButASender) {
  World world;
  const SessionId waiting = world.Private();
  world.Do(CustomerEnds(waiting));
  EXPECT_TRUE(world.Gone(waiting));
  EXPECT_EQ(world.LastOutcome(waiting), Outcome::kClosedByWaitingCustomer);
  const SessionId sent = world.Private();
  world.Do(Transfer(sent, kAnn, kBob));
  world.Do(CustomerEnds(sent));
  EXPECT_EQ(world.Views(sent), "CLOSED REMOVED REMOVED");
  EXPECT_EQ(world.LastOutcome(sent), Outcome::kClosedByWaitingCustomer);
}

TEST(Outcome, IdleTimeoutLeadSendersAndRecipientsSeeTimedOut) {
  World world(WithIdle());
  const SessionId id = world.Active();
  world.Do(Transfer(id, kAnn, kBob));
  world.Do(Transfer(id, kBob, kCat));
  world.Wait(minutes(10));
  world.FireDue();
  EXPECT_EQ(world.Views(id), "TIMED_OUT TIMED_OUT TIMED_OUT");
  world.Do(End(id, kCat));
  EXPECT_EQ(world.LastOutcome(id), Outcome::kTimedOut) << "a recipient's End dismisses his own entry only";
  world.Do(End(id, kAnn));
  EXPECT_EQ(world.LastOutcome(id), Outcome::kTimedOutClosedByTechnician);
  EXPECT_EQ(world.Views(id), "REMOVED TIMED_OUT REMOVED");
}

TEST(Outcome, IdleTimeoutOfTheLeadTakesCollaboratorsAndInviteesAway) {
  World world(WithIdle());
  const SessionId id = world.Active();
  world.Do(Invite(id, kAnn, kBob));
  world.Do(Start(id, kBob));
  world.Do(Look(kBob, id));
  world.Do(Invite(id, kAnn, kCat));
  world.Wait(minutes(10));
  world.FireDue();
  EXPECT_EQ(world.Views(id), "TIMED_OUT REMOVED REMOVED");
}

TEST(Outcome, LimitsTermsAndAbortLeaveNoEntry) {
  GroupSettings settings;
  settings.terms = "Be kind.";
  World world(settings);
  const SessionId declined = world.Private();
  world.Do(command::AnswerTerms{declined, false});
  EXPECT_TRUE(world.Gone(declined));
  EXPECT_EQ(world.LastOutcome(declined), Outcome::kTermsDeclined);
  const SessionId id = world.Private();
  world.Do(command::AnswerTerms{id, true});
  world.Do(Start(id, kAnn));
  world.Do(Hold(id, kAnn));
  world.Wait(settings.hold_limit);
  world.FireDue();
  EXPECT_TRUE(world.Gone(id));
  EXPECT_EQ(world.LastOutcome(id), Outcome::kTimedOut);
}

TEST(Outcome, TechniciansEndClosesForCollaboratorsWhoDismissIt) {
  World world;
  const SessionId id = world.Collaborating();
  EXPECT_EQ(world.ReasonOf(End(id, kBob)), "NOT_LEAD");
  world.Do(End(id, kAnn));
  EXPECT_EQ(world.Views(id), "REMOVED CLOSED CLOSED");
  EXPECT_EQ(world.ReasonOf(End(id, kAnn)), "SESSION_ENDED");
  world.Do(End(id, kBob));
  world.Do(End(id, kCat));
  EXPECT_TRUE(world.Gone(id));
  EXPECT_EQ(world.LastOutcome(id), Outcome::kClosedByTechnician);
}

TEST(Outcome, DeletedOrDisabledLeadAborts) {
  for (const Command& command :
       {Command(command::DeleteTechnician{kAnn}), Command(command::PutTechnician{kAnn, Config(kAnn, kDesk, false, true)})}) {
    World world;
    const SessionId led = world.Collaborating();
    const SessionId waiting = world.Private();
    const SessionId closed = world.Active();
    world.Do(CustomerEnds(closed));
    world.Do(command);
    EXPECT_EQ(world.LastOutcome(led), Outcome::kAborted);
    EXPECT_EQ(world.LastOutcome(waiting), Outcome::kAborted);
    EXPECT_EQ(world.LastOutcome(closed), Outcome::kClosedByCustomer);
    EXPECT_TRUE(world.org.sessions.empty());
  }
}

TEST(Outcome, OtherPartsOfADeletedTechnicianEndWithoutTheSession) {
  World world;
  const SessionId collaboration = world.Collaborating();
  const SessionId transfer = world.Active();
  world.Do(Transfer(transfer, kAnn, kBob));
  world.Do(command::DeleteTechnician{kBob});
  EXPECT_EQ(world.Views(collaboration), "ACTIVE REMOVED COLLABORATION");
  EXPECT_EQ(world.Views(transfer), "ACTIVE REMOVED REMOVED");
}

TEST(Outcome, ADeletedTechnicianLeavesHisChannels) {
  World world;
  world.Channel({kAnn, kBob});
  const Step step = world.Do(command::DeleteTechnician{kBob});
  EXPECT_EQ(step.touched.channels, std::vector{kWeb}) << "its record is to be written";
  EXPECT_EQ(world.org.channels.at(kWeb).technicians, std::vector{kAnn});
  world.Technician(kBob);
  EXPECT_FALSE(Serves(world.org, kBob, kWeb));
}

// --- the device link

TEST(Link, WhatNeedsTheDeviceIsRefusedWithoutIt) {
  World world;
  const SessionId led = world.Active();
  world.Do(Invite(led, kAnn, kBob));
  world.Do(Start(led, kBob));
  world.Do(Offer(led, kAnn, kBob));
  world.Do(Invite(led, kAnn, kCat));
  world.Do(Lose(led));
  const SessionId waiting = world.Private();
  world.Do(Restart(waiting));
  for (const Command& command : {Hold(led, kAnn), Hold(led, kBob), Transfer(led, kAnn, kCat), Transfer(led, kBob, kCat),
                                 Invite(led, kAnn, kCat), Start(led, kCat), Accept(led, kBob), Reboot(led, kAnn),
                                 Offer(led, kAnn, kBob), Start(waiting, kAnn), Transfer(waiting, kAnn, kBob)}) {
    EXPECT_EQ(world.ReasonOf(command), "LINK_NOT_ATTACHED") << Text(command);
  }
}

TEST(Link, EndRemoveLeaveAndCancelAreNotRefusedWithoutIt) {
  World world;
  const SessionId id = world.Collaborating();
  world.Do(Lose(id));
  world.Do(Remove(id, kAnn, kBob));
  world.Do(Leave(id, kCat));
  EXPECT_EQ(world.Views(id), "RECONNECTING REMOVED REMOVED");
  world.Do(End(id, kAnn));
  const SessionId sent = world.Active();
  world.Do(Transfer(sent, kAnn, kBob));
  world.Do(Restart(sent));
  world.Do(Cancel(sent, kAnn));
  EXPECT_EQ(world.Views(sent), "REBOOTING REMOVED REMOVED");
  world.Do(Attach(sent));
  EXPECT_EQ(world.Views(sent), "ACTIVE REMOVED REMOVED");
}

TEST(Link, EverybodySeesAgainWhatHeSawBefore) {
  World world;
  const SessionId id = world.Collaborating();
  world.Do(Hold(id, kBob));
  const std::string before = world.Views(id);
  world.Do(Lose(id));
  EXPECT_EQ(world.Views(id), "RECONNECTING RECONNECTING RECONNECTING");
  world.Wait(minutes(5));
  world.FireDue();
  EXPECT_EQ(world.Views(id), "OFFLINE OFFLINE OFFLINE");
  world.Do(Attach(id));
  EXPECT_EQ(world.Views(id), before);
  world.Do(Restart(id));
  world.Do(Attach(id));
  EXPECT_EQ(world.Views(id), before);
}

// --- hold

TEST(HoldRule, TheLeadHoldsForEverybodyACollaboratorForHimself) {
  World world;
  const SessionId id = world.Collaborating();
  world.Do(Hold(id, kBob));
  EXPECT_EQ(world.Views(id), "ACTIVE HOLD COLLABORATION");
  world.Do(Hold(id, kAnn));
  EXPECT_EQ(world.Views(id), "HOLD HOLD HOLD");
  EXPECT_EQ(world.ReasonOf(Start(id, kCat)), "HELD_BY_LEAD");
  world.Do(Start(id, kAnn));
  EXPECT_EQ(world.Views(id), "ACTIVE HOLD COLLABORATION");
  world.Do(Start(id, kBob));
  EXPECT_EQ(world.Views(id), "ACTIVE COLLABORATION COLLABORATION");
}

TEST(HoldRule, NobodyElseCanHold) {
  World world;
  const SessionId id = world.Active();
  world.Do(Invite(id, kAnn, kBob));
  EXPECT_EQ(world.ReasonOf(Hold(id, kBob)), "WRONG_STATE");
  EXPECT_EQ(world.ReasonOf(Hold(id, kCat)), "WRONG_STATE");
  EXPECT_EQ(world.ReasonOf(Hold(world.Private(), kAnn)), "WRONG_STATE");
}

TEST(HoldRule, AnInvitationIsNotAcceptedWhileHeld) {
  World world;
  const SessionId id = world.Active();
  world.Do(Invite(id, kAnn, kBob));
  world.Do(Hold(id, kAnn));
  EXPECT_EQ(world.Views(id), "HOLD INVITATION REMOVED");
  EXPECT_EQ(world.ReasonOf(Start(id, kBob)), "WRONG_STATE");
}

TEST(HoldRule, HeldSessionsDoNotCountAsActive) {
  GroupSettings settings;
  settings.max_active_sessions = 1;
  World world(settings);
  const SessionId first = world.Active();
  const SessionId second = world.Private();
  EXPECT_EQ(world.ReasonOf(Start(second, kAnn)), "TOO_MANY_ACTIVE_SESSIONS");
  world.Do(Hold(first, kAnn));
  world.Do(Start(second, kAnn));
  EXPECT_EQ(world.ReasonOf(Start(first, kAnn)), "TOO_MANY_ACTIVE_SESSIONS") << "resuming counts";
}

// --- the active limit

TEST(ActiveLimit, HoldsForTransfersAndTheLead) {
  GroupSettings settings;
  settings.max_active_sessions = 1;
  World world(settings);
  world.Active(kBob);
  const SessionId sent = world.Active(kAnn);
  world.Do(Transfer(sent, kAnn, kBob));
  EXPECT_EQ(world.ReasonOf(Start(sent, kBob)), "TOO_MANY_ACTIVE_SESSIONS");
  world.Do(Start(sent, kAnn));  // his own counts already
  world.Do(Invite(sent, kAnn, kBob));
  world.Do(Start(sent, kBob));
  world.Do(Offer(sent, kAnn, kBob));
  EXPECT_EQ(world.ReasonOf(Accept(sent, kBob)), "TOO_MANY_ACTIVE_SESSIONS");
}

TEST(ActiveLimit, AutoStartRespectsIt) {
  GroupSettings settings;
  settings.max_active_sessions = 1;
  settings.auto_start_private = true;
  World world(settings);
  const SessionId first = world.Private();
  const SessionId second = world.Private();
  EXPECT_EQ(world.See(first, kAnn), EntryState::kActive);
  EXPECT_EQ(world.See(second, kAnn), EntryState::kWaiting);
}

TEST(AutoStart, ComesAfterTheTerms) {
  GroupSettings settings;
  settings.terms = "Be kind.";
  settings.auto_start_private = true;
  World world(settings);
  const SessionId id = world.Private();
  EXPECT_EQ(world.See(id, kAnn), EntryState::kConnecting);
  world.Do(command::AnswerTerms{id, true});
  EXPECT_EQ(world.See(id, kAnn), EntryState::kActive);
}

// --- transfers

TEST(TransferRule, FirstToStartWinsAndAllOtherEntriesGo) {
  World world;
  const SessionId id = world.Active();
  world.Do(Transfer(id, kAnn, kDesk));
  EXPECT_EQ(world.Views(id), "OUTGOING INCOMING INCOMING") << "the sender's group contains him: OUTGOING, never both";
  world.Do(Start(id, kBob));
  EXPECT_EQ(world.Views(id), "REMOVED ACTIVE REMOVED");
  EXPECT_EQ(world.ReasonOf(Start(id, kCat)), "ALREADY_STARTED");
}

TEST(TransferRule, StaleEpochIsRefused) {
  World world;
  const SessionId id = world.Active();
  const Epoch seen = world.Get(id).epoch;
  world.Do(Transfer(id, kAnn, kBob));
  EXPECT_EQ(world.ReasonOf(command::End{{id, kAnn, seen}}), "STALE_EPOCH");
  EXPECT_EQ(world.ReasonOf(command::End{{id, kAnn, world.Get(id).epoch}}), "");
}

TEST(StatusRule, InactivityIsALayerOfItsOwn) {
  World world;
  const auto& ann = world.org.technicians.at(kAnn);
  world.Do(command::SetInactive{kAnn, true});
  EXPECT_EQ(ann.status, Status::kAway);
  EXPECT_FALSE(ann.away);  // the intent is untouched
  world.Do(Away(kAnn, true));
  world.Do(command::SetInactive{kAnn, false});
  EXPECT_EQ(ann.status, Status::kAway);
  world.Do(Away(kAnn, false));
  EXPECT_EQ(ann.status, Status::kOnline);
  world.Do(command::SetInactive{kAnn, true});
  world.Do(SignOut(kAnn, world.now));
  world.Do(SignIn(kAnn));
  EXPECT_EQ(ann.status, Status::kOnline);  // whoever signs in is there
}

TEST(TransferRule, WhoIsDisabledIsToldApartFromWhoIsNotThere) {
  World world;
  const SessionId id = world.Active();
  world.Do(command::PutTechnician{kBob, Config(kBob, kDesk, false, true)});
  EXPECT_EQ(world.ReasonOf(Transfer(id, kAnn, kBob)), "TECHNICIAN_DISABLED");
  EXPECT_EQ(world.ReasonOf(Invite(id, kAnn, kBob)), "TECHNICIAN_DISABLED");
}

TEST(TransferRule, AThousandReceiveAndNoMore) {
  World world;
  const SessionId id = world.Active();
  const GroupId many{"many"};
  world.Group(many);
  for (size_t i = 0; i <= limits::kRecipients; ++i) world.Technician(TechnicianId{absl::StrCat("t", i)}, many);
  EXPECT_EQ(world.ReasonOf(Transfer(id, kAnn, many)), "TRANSFER_TOO_LARGE");
  world.Do(SignOut(TechnicianId{"t7"}, world.now));
  world.Do(Transfer(id, kAnn, many));
  EXPECT_EQ(world.Get(id).transfer->recipients.size(), limits::kRecipients);
}

TEST(ChannelRule, FormsWhoseAppletHasNotAttachedAreLimited) {
  World world;
  world.Channel({kAnn});
  command::CreateSession form;
  form.method = Method::kChannelForm;
  form.channel = kWeb;
  world.org.connecting[kWeb] = limits::kConnectingPerChannel;
  EXPECT_EQ(world.ReasonOf(form), "TOO_MANY_SESSIONS");
  world.org.connecting.erase(kWeb);
  EXPECT_EQ(world.ReasonOf(form), "");
}

TEST(TransferRule, OnlyWhoIsOnlineReceives) {
  GroupSettings settings;
  settings.busy_at = 1;
  World world(settings);
  const SessionId id = world.Active();
  world.Do(Away(kBob, true));
  world.Active(kCat);
  EXPECT_EQ(world.ReasonOf(Transfer(id, kAnn, kBob)), "TECHNICIAN_NOT_AVAILABLE");
  EXPECT_EQ(world.ReasonOf(Transfer(id, kAnn, kCat)), "TECHNICIAN_NOT_AVAILABLE");
  EXPECT_EQ(world.ReasonOf(Transfer(id, kAnn, kDesk)), "NO_RECIPIENT");
  EXPECT_EQ(world.ReasonOf(Invite(id, kAnn, kBob)), "TECHNICIAN_NOT_AVAILABLE");
  world.Do(Away(kBob, false));
  world.Do(SignOut(kBob, world.now));
  EXPECT_EQ(world.ReasonOf(Transfer(id, kAnn, kBob)), "TECHNICIAN_NOT_AVAILABLE");
  world.Do(SignIn(kBob));
  world.Do(Transfer(id, kAnn, kDesk));
  EXPECT_EQ(world.Get(id).transfer->recipients, std::vector{kBob});
}

TEST(TransferRule, AnAwayTechnicianPicksSessionsHimself) {
  World world;
  world.Channel({kAnn, kBob});
  world.Do(Away(kBob, true));
  const SessionId id = world.FromChannel();
  world.Do(Start(id, kBob));
  EXPECT_EQ(world.See(id, kBob), EntryState::kActive);
}

TEST(TransferRule, PassingOnMakesASender) {
  World world;
  const SessionId id = world.Active();
  world.Do(Transfer(id, kAnn, kBob));
  EXPECT_EQ(world.ReasonOf(Transfer(id, kAnn, kCat)), "WRONG_STATE");
  world.Do(Transfer(id, kBob, kCat));
  EXPECT_EQ(world.Views(id), "OUTGOING OUTGOING INCOMING");
  world.Do(Start(id, kBob));
  EXPECT_EQ(world.Views(id), "REMOVED ACTIVE REMOVED") << "any sender cancels by Start, which makes him lead";
}

TEST(TransferRule, PassingBackMakesTheSenderARecipient) {
  World world;
  const SessionId id = world.Active();
  world.Do(Transfer(id, kAnn, kBob));
  world.Do(Transfer(id, kBob, kAnn));
  EXPECT_EQ(world.Views(id), "INCOMING OUTGOING REMOVED");
  world.Do(CustomerEnds(id));
  EXPECT_EQ(world.Views(id), "CLOSED CLOSED REMOVED") << "the recipient is the lead himself";
}

TEST(TransferRule, PassingOnToAGroupWithEarlierSendersLeavesThemSenders) {
  World world;
  const SessionId id = world.Active();
  world.Do(Transfer(id, kAnn, kBob));
  world.Do(Transfer(id, kBob, kDesk));
  EXPECT_EQ(world.Views(id), "OUTGOING OUTGOING INCOMING");
}

TEST(TransferRule, CancelRestoresActiveHeldOrWaiting) {
  World world;
  const SessionId active = world.Active();
  world.Do(Transfer(active, kAnn, kBob));
  world.Do(Transfer(active, kBob, kCat));
  EXPECT_EQ(world.ReasonOf(Cancel(active, kCat)), "WRONG_STATE");
  world.Do(Cancel(active, kBob));
  EXPECT_EQ(world.Views(active), "ACTIVE REMOVED REMOVED");
  world.Do(Hold(active, kAnn));
  world.Do(Transfer(active, kAnn, kBob));
  world.Do(Transfer(active, kBob, kAnn));
  world.Do(Cancel(active, kBob));
  EXPECT_EQ(world.Views(active), "HOLD REMOVED REMOVED");
  const SessionId waiting = world.Private();
  world.Do(Transfer(waiting, kAnn, kBob));
  world.Do(Cancel(waiting, kAnn));
  EXPECT_EQ(world.Views(waiting), "WAITING REMOVED REMOVED");
}

TEST(TransferRule, StartOfAHeldTransferEndsTheHold) {
  World world;
  const SessionId id = world.Active();
  world.Do(Hold(id, kAnn));
  world.Do(Transfer(id, kAnn, kBob));
  world.Do(Start(id, kAnn));
  EXPECT_EQ(world.Views(id), "ACTIVE REMOVED REMOVED");
}

TEST(TransferRule, TheLastRecipientWhoLeavesCancelsIt) {
  World world;
  const SessionId id = world.Active();
  world.Do(Transfer(id, kAnn, kDesk));
  world.Do(Leave(id, kBob));
  EXPECT_EQ(world.Views(id), "OUTGOING REMOVED INCOMING");
  world.Do(Leave(id, kCat));
  EXPECT_EQ(world.Views(id), "ACTIVE REMOVED REMOVED");
}

TEST(TransferRule, AParticipantIsNeverARecipient) {
  World world;
  const SessionId id = world.Active();
  world.Do(Invite(id, kAnn, kBob));
  EXPECT_EQ(world.ReasonOf(Transfer(id, kAnn, kBob)), "ALREADY_IN_SESSION");
  world.Do(Start(id, kBob));
  EXPECT_EQ(world.ReasonOf(Transfer(id, kAnn, kBob)), "ALREADY_IN_SESSION");
  EXPECT_EQ(world.ReasonOf(Transfer(id, kAnn, kAnn)), "ALREADY_IN_SESSION");
  world.Do(Transfer(id, kAnn, kDesk));
  EXPECT_EQ(world.Views(id), "OUTGOING COLLABORATION INCOMING");
  world.Do(Start(id, kCat));
  EXPECT_EQ(world.Views(id), "REMOVED COLLABORATION ACTIVE") << "collaborators stay";
}

TEST(TransferRule, OtherMembersOfTheChannelDoNotSeeAPendingTransferOfAWaitingSession) {
  World world;
  world.Channel({kAnn, kBob, kCat});
  const SessionId id = world.FromChannel();
  EXPECT_EQ(world.Views(id), "WAITING WAITING WAITING");
  world.Do(Transfer(id, kAnn, kBob));
  EXPECT_EQ(world.Views(id), "OUTGOING INCOMING REMOVED");
  EXPECT_EQ(world.ReasonOf(Start(id, kCat)), "NOT_IN_QUEUE");
  world.Do(Cancel(id, kAnn));
  EXPECT_EQ(world.Views(id), "WAITING WAITING WAITING");
}

TEST(TransferRule, IntegratorsActAsTheLead) {
  World world;
  const SessionId id = world.Active();
  world.Do(Transfer(id, kAnn, kBob));
  world.Do(Transfer(id, kBob, kAnn));
  world.Do(Cancel(id, {}));
  EXPECT_EQ(world.Views(id), "ACTIVE REMOVED REMOVED");
  for (const Command& command :
       {Start(id, {}), Hold(id, {}), Leave(id, {}), Reboot(id, {}), CancelOffer(id, {}), Accept(id, {}), Transfer(id, {}, kBob),
        Transfer(id, {}, kDesk), Invite(id, {}, kBob), Offer(id, {}, kBob), Reject(id, {})}) {
    EXPECT_EQ(world.ReasonOf(command), "INVALID_FIELD") << Text(command);
  }
  world.Do(End(id, {}));
  EXPECT_TRUE(world.Gone(id));
}

// --- collaboration

TEST(Collaboration, ASeatPassesToTheInvited) {
  World world;
  const SessionId id = world.Active();
  world.Do(Invite(id, kAnn, kBob));
  world.Do(Start(id, kBob));
  EXPECT_EQ(world.ReasonOf(Transfer(id, kBob, kDesk)), "INVALID_FIELD");
  world.Do(Transfer(id, kBob, kCat));
  EXPECT_EQ(world.Views(id), "ACTIVE COLLABORATION INVITATION");
  world.Do(Start(id, kCat));
  EXPECT_EQ(world.Views(id), "ACTIVE REMOVED COLLABORATION");
}

TEST(Collaboration, AnInvitationIntoTheSeatOfWhoBecameLeadIsAnOrdinaryOne) {
  World world;
  const SessionId id = world.Active();
  world.Do(Invite(id, kAnn, kBob));
  world.Do(Start(id, kBob));
  world.Do(Transfer(id, kBob, kCat));
  world.Do(Offer(id, kAnn, kBob));
  world.Do(Accept(id, kBob));
  world.Do(Start(id, kCat));
  EXPECT_EQ(world.Views(id), "COLLABORATION ACTIVE COLLABORATION");
}

TEST(Collaboration, AnInvitationIntoASeatGoesWithTheSeat) {
  World world;
  const SessionId id = world.Active();
  world.Do(Invite(id, kAnn, kBob));
  world.Do(Start(id, kBob));
  world.Do(Transfer(id, kBob, kCat));
  world.Do(Remove(id, kAnn, kBob));
  EXPECT_EQ(world.Views(id), "ACTIVE REMOVED REMOVED");
}

TEST(Collaboration, LeadHandOver) {
  World world;
  const SessionId id = world.Collaborating();
  world.Do(Offer(id, kAnn, kBob));
  EXPECT_EQ(world.ReasonOf(Accept(id, kCat)), "NO_LEAD_OFFER");
  world.Do(CancelOffer(id, kAnn));
  EXPECT_EQ(world.ReasonOf(Accept(id, kBob)), "NO_LEAD_OFFER");
  world.Do(Offer(id, kAnn, kBob));
  world.Do(Accept(id, kBob));
  EXPECT_EQ(world.Views(id), "COLLABORATION ACTIVE COLLABORATION");
  EXPECT_EQ(world.ReasonOf(Offer(id, kAnn, kCat)), "NOT_LEAD");
  world.Do(Offer(id, kBob, kAnn));
  world.Do(Accept(id, kAnn));
  EXPECT_EQ(world.Views(id), "ACTIVE COLLABORATION COLLABORATION");
}

TEST(Collaboration, HoldAndTransferWithdrawTheOffer) {
  World world;
  const SessionId id = world.Collaborating();
  world.Do(Offer(id, kAnn, kBob));
  world.Do(Hold(id, kAnn));
  world.Do(Start(id, kAnn));
  EXPECT_EQ(world.ReasonOf(Accept(id, kBob)), "NO_LEAD_OFFER");
}

TEST(Collaboration, NeedsAnActiveSession) {
  World world;
  EXPECT_EQ(world.ReasonOf(Invite(world.Private(), kAnn, kBob)), "NOT_LEAD");
  const SessionId held = world.Active();
  world.Do(Hold(held, kAnn));
  EXPECT_EQ(world.ReasonOf(Invite(held, kAnn, kBob)), "WRONG_STATE");
}

TEST(Collaboration, MoreParticipantsThanTheLimitAreRefused) {
  World world;
  const SessionId id = world.Active();
  for (size_t i = 1; i < limits::kParticipants; ++i) {
    const TechnicianId extra{"extra" + std::to_string(i)};
    world.Technician(extra);
    world.Do(Invite(id, kAnn, extra));
  }
  EXPECT_EQ(world.ReasonOf(Invite(id, kAnn, kBob)), "TOO_MANY_PARTICIPANTS");
}

// --- a lead whose console is lost

World Lost(ConsoleLostPolicy policy) {
  GroupSettings settings;
  settings.console_lost_policy = policy;
  World world(settings);
  world.Channel({kAnn, kBob});
  return world;
}

TEST(ConsoleLost, RequeueHidesFromTheFormerLeadUntilHisConsoleIsBack) {
  World world = Lost(ConsoleLostPolicy::kRequeue);
  const SessionId id = world.FromChannel();
  world.Do(Start(id, kAnn));
  world.Do(SignOut(kAnn, world.now));
  world.Wait(minutes(5));
  world.FireDue();
  EXPECT_EQ(world.Views(id), "REMOVED WAITING REMOVED");
  EXPECT_EQ(world.ReasonOf(Start(id, kAnn)), "NOT_IN_QUEUE");
  world.Do(SignIn(kAnn));
  EXPECT_EQ(world.Views(id), "WAITING WAITING REMOVED");
}

TEST(ConsoleLost, SecondRequeueStillHidesFromTheFirstFormerLead) {
  World world = Lost(ConsoleLostPolicy::kRequeue);
  const SessionId id = world.FromChannel();
  for (const TechnicianId& lead : {kAnn, kBob}) {
    world.Do(Start(id, lead));
    world.Do(SignOut(lead, world.now));
    world.Wait(minutes(5));
    world.FireDue();
  }
  EXPECT_EQ(world.Views(id), "REMOVED REMOVED REMOVED");
  world.Do(SignIn(kBob));
  EXPECT_EQ(world.Views(id), "REMOVED WAITING REMOVED");
}

TEST(ConsoleLost, RequeueEndsInvitationsInACommitBefore) {
  World world = Lost(ConsoleLostPolicy::kRequeue);
  const SessionId id = world.FromChannel();
  world.Do(Start(id, kAnn));
  world.Do(Invite(id, kAnn, kBob));
  world.Do(SignOut(kAnn, world.now));
  world.Wait(minutes(5));
  EXPECT_EQ(world.FireAllDue(id),
            (std::vector{Trigger::kConsoleLost, Trigger::kConsoleLostPolicy, Trigger::kConsoleLostPolicy}));
  EXPECT_EQ(world.Views(id), "REMOVED WAITING REMOVED");
}

TEST(ConsoleLost, GivesToTheLongestServingCollaborator) {
  World world = Lost(ConsoleLostPolicy::kGiveToCollaborator);
  const SessionId id = world.Collaborating();
  world.Do(SignOut(kAnn, world.now));
  world.Wait(minutes(5));
  world.FireDue();
  EXPECT_EQ(world.Views(id), "REMOVED ACTIVE COLLABORATION");
}

TEST(ConsoleLost, APrivateSessionIsNeverRequeued) {
  World world = Lost(ConsoleLostPolicy::kRequeue);
  const SessionId id = world.Active();
  world.Do(SignOut(kAnn, world.now));
  world.Wait(std::chrono::hours(1));
  world.FireDue();
  EXPECT_EQ(world.Views(id), "ACTIVE REMOVED REMOVED");
}

TEST(ConsoleLost, APendingTransferStopsThePolicy) {
  World world = Lost(ConsoleLostPolicy::kRequeue);
  const SessionId id = world.FromChannel();
  world.Do(Start(id, kAnn));
  world.Do(Transfer(id, kAnn, kCat));
  world.Do(SignOut(kAnn, world.now));
  world.Wait(minutes(5));
  world.FireDue();
  EXPECT_EQ(world.Views(id), "OUTGOING REMOVED RECONNECTING");
  world.Do(Start(id, kCat));
  EXPECT_EQ(world.Views(id), "REMOVED REMOVED ACTIVE");
}

// --- monitoring

TEST(Monitoring, OnlyAdministratorsAndOnlyAttachedConsoles) {
  World world;
  const command::CreateSession create{.method = Method::kMonitoring, .owner = kAnn, .monitored = kBob};
  EXPECT_EQ(world.ReasonOf(create), "PERMISSION_DENIED");
  world.Technician(kAnn, kDesk, true);
  world.Do(SignOut(kBob, world.now));
  EXPECT_EQ(world.ReasonOf(create), "CONSOLE_NOT_ATTACHED");
  world.Do(SignIn(kBob));
  const SessionId id = world.Do(create).session;
  world.Do(Attach(id));
  world.Do(Start(id, kAnn));
  for (const Command& command : {Hold(id, kAnn), Transfer(id, kAnn, kCat), Invite(id, kAnn, kCat), Reboot(id, kAnn)}) {
    EXPECT_EQ(world.ReasonOf(command), "WRONG_STATE") << Text(command);
  }
  world.Do(SignOut(kBob, world.now));
  EXPECT_EQ(world.Views(id), "CLOSED REMOVED REMOVED") << "M03";
}

// --- limits and status

TEST(Limits, EntriesOfOthersDoNotCountAsOwned) {
  World world;
  for (size_t i = 0; i < limits::kOwnedSessions; ++i) {  // Apply alone: the checks of World are slow for so many
    const auto created = Apply(world.org, command::CreateSession{.owner = kAnn}, "test", world.now);
    ASSERT_TRUE(created.ok());
    ASSERT_TRUE(Apply(world.org, Attach(created->session), "test", world.now).ok());
    ASSERT_TRUE(Apply(world.org, Transfer(created->session, kAnn, kBob), "test", world.now).ok());
  }
  EXPECT_TRUE(Decide(world.org, command::CreateSession{.owner = kBob}, world.now).ok());
  EXPECT_EQ(RefusalOf(Decide(world.org, command::CreateSession{.owner = kAnn}, world.now).status()).reason,
            "TOO_MANY_SESSIONS");
}

TEST(StatusRule, LayersDoNotOverwriteEachOther) {
  GroupSettings settings;
  settings.busy_at = 1;
  World world(settings);
  auto status = [&] { return world.org.technicians.at(kAnn).status; };
  EXPECT_EQ(status(), Status::kOnline);
  const SessionId id = world.Active();
  EXPECT_EQ(status(), Status::kBusy);
  world.Do(Away(kAnn, true));
  EXPECT_EQ(status(), Status::kAway);
  world.Do(SignOut(kAnn, world.now));
  EXPECT_EQ(status(), Status::kOffline);
  world.Do(SignIn(kAnn));
  EXPECT_EQ(status(), Status::kAway);
  world.Do(Away(kAnn, false));
  EXPECT_EQ(status(), Status::kBusy);
  settings.busy_at = 2;
  world.Settings(settings);
  EXPECT_EQ(status(), Status::kOnline);
  world.Do(End(id, kAnn));
  EXPECT_EQ(status(), Status::kOnline);
}

}  // namespace
}  // namespace guichet::testing

// Rows that more than one thing leads to, and what changes of the organization and of consoles do to queues.
#include "gtest/gtest.h"
#include "tests/wire/scenarios.h"
#include "tests/wire/shared_daemon.h"

namespace guichet::wire {
namespace {

class Conditions : public SharedDaemon {
 protected:
  void SetUp() override {
    std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    stage_ = std::make_unique<Stage>(daemon(), name);
  }
  void TearDown() override {
    if (!HasFailure()) stage_->CheckQueues();
    stage_.reset();
  }
  Stage& stage() { return *stage_; }

 private:
  std::unique_ptr<Stage> stage_;
};

// --- other conditions of rows

TEST_F(Conditions, DeclinedTermsTakeTheEntryAway) {
  Stage& s = stage();
  pb::GroupSettings settings;
  settings.set_terms("Be kind.");
  s.Set(settings);
  const uint64_t id = s.Connecting();
  s.device(id).Attach();
  s.AwaitState("ann", id, pb::ENTRY_STATE_CONNECTING);
  s.device(id).AnswerTerms(false);
  EXPECT_EQ(s.device(id).AwaitEnded(), pb::OUTCOME_TERMS_DECLINED);
  s.Sees("ann", id, "A02");
  EXPECT_EQ(s.OutcomeOf(id), pb::OUTCOME_TERMS_DECLINED);
}

TEST_F(Conditions, AcceptedTermsLeadToTheQueue) {
  Stage& s = stage();
  pb::GroupSettings settings;
  settings.set_terms("Be kind.");
  s.Set(settings);
  const uint64_t id = s.Connecting();
  s.device(id).Attach();
  s.device(id).AnswerTerms(true);
  s.Sees("ann", id, "A01");
}

TEST_F(Conditions, AChannelSessionAppearsToAllAndTheStarterTakesIt) {
  Stage& s = stage();
  const uint64_t id = s.InChannel();
  for (const char* who : {"ann", "bob", "cat"}) s.Sees(who, id, "A01");
  s.Start("bob", id);
  s.Sees("bob", id, "A03");
  for (const char* who : {"ann", "cat"}) s.AwaitState(who, id, pb::ENTRY_STATE_REMOVED);
}

TEST_F(Conditions, ACustomerWhoGivesUpWaitingLeavesNoEntry) {
  Stage& s = stage();
  const uint64_t id = s.InChannel();
  EXPECT_EQ(s.device(id).End(), pb::OUTCOME_CLOSED_BY_WAITING_CUSTOMER);
  for (const char* who : {"ann", "bob", "cat"}) s.AwaitState(who, id, pb::ENTRY_STATE_REMOVED);
  EXPECT_EQ(s.OutcomeOf(id), pb::OUTCOME_CLOSED_BY_WAITING_CUSTOMER);
}

TEST_F(Conditions, TheCustomersEndTakesTheRecipientsEntry) {
  Stage& s = stage();
  const uint64_t id = s.Sent();
  s.device(id).End();
  s.Sees("bob", id, "A37");
  s.Sees("ann", id, "A42");
}

TEST_F(Conditions, ARecipientPassesOnToAChannel) {
  Stage& s = stage();
  const uint64_t id = s.Sent();
  s.TransferToChannel("bob", id, "web");
  s.Sees("bob", id, "A34");
  s.AwaitState("cat", id, pb::ENTRY_STATE_INCOMING);
  s.AwaitState("ann", id, pb::ENTRY_STATE_OUTGOING);
}

TEST_F(Conditions, TheCustomersEndClosesForCollaborators) {
  Stage& s = stage();
  const uint64_t id = s.Collaborating();
  s.device(id).End();
  s.Sees("bob", id, "A48");
  s.Sees("ann", id, "A08");
  s.End("bob", id);
  s.Sees("bob", id, "A60");
  s.AwaitState("ann", id, pb::ENTRY_STATE_CLOSED);
}

TEST_F(Conditions, TheLeadHoldsForEverybody) {
  Stage& s = stage();
  const uint64_t id = s.Collaborating();
  s.Hold("ann", id);
  s.Sees("bob", id, "A49");
  s.Sees("ann", id, "A14");
  s.Start("ann", id);
  s.Sees("bob", id, "A19");
}

TEST_F(Conditions, TheCustomersRebootIsSeenByAll) {
  Stage& s = stage();
  const uint64_t id = s.Collaborating();
  s.DeviceReboots(id);
  s.Sees("bob", id, "A46");
  s.Sees("ann", id, "A11");
}

TEST_F(Conditions, TheSystemLimitEndsAHeldSession) {
  Stage& s = stage();
  const uint64_t id = s.Held();
  s.Set(&pb::GroupSettings::mutable_system_limit, kShort);
  s.Pass(kShort);
  s.Sees("ann", id, "X16");
  EXPECT_EQ(s.OutcomeOf(id), pb::OUTCOME_TIMED_OUT);
}

TEST_F(Conditions, AMonitoredConsoleThatVanishesClosesTheSession) {
  Stage& s = stage();
  const uint64_t id = s.Monitoring();
  s.Start("amy", id);
  s.console("bob").Vanish();
  s.Pass(kGrace + kShort);
  s.Sees("amy", id, "M03");
}

// --- consoles

TEST_F(Conditions, OthersSeeReconnectingWhileTheLeadsConsoleIsLost) {
  Stage& s = stage();
  const uint64_t id = s.Collaborating();
  s.console("ann").Vanish();
  s.Pass(kGrace * 2);
  s.Sees("bob", id, "X01");
  EXPECT_EQ(s.queue("bob").AwaitState(id, pb::ENTRY_STATE_RECONNECTING).entries.at(id).reconnecting_cause(),
            pb::QueueEntry::RECONNECTING_CAUSE_CONSOLE);
  s.AwaitState("ann", id, pb::ENTRY_STATE_ACTIVE);
  s.SignIn("ann");
  s.Sees("bob", id, "X02");
}

TEST_F(Conditions, ALostConsolesChannelSessionGoesBackToTheQueue) {
  Stage& s = stage();
  pb::GroupSettings settings;
  settings.set_console_lost_policy(pb::GroupSettings::CONSOLE_LOST_POLICY_REQUEUE);
  s.Set(settings);
  const uint64_t id = s.InChannel();
  s.Start("ann", id);
  s.AwaitState("bob", id, pb::ENTRY_STATE_REMOVED);
  EXPECT_TRUE(s.console("ann").SignOut().ok());
  s.Pass(kGrace);
  s.Pass(kOfflineAfter);
  for (const char* who : {"bob", "cat"}) s.AwaitState(who, id, pb::ENTRY_STATE_WAITING);
  s.AwaitState("ann", id, pb::ENTRY_STATE_REMOVED);
  s.SignIn("ann");
  s.AwaitState("ann", id, pb::ENTRY_STATE_WAITING);
}

TEST_F(Conditions, ALostConsolesSessionIsGivenToTheCollaborator) {
  Stage& s = stage();
  pb::GroupSettings settings;
  settings.set_console_lost_policy(pb::GroupSettings::CONSOLE_LOST_POLICY_GIVE_TO_COLLABORATOR);
  s.Set(settings);
  const uint64_t id = s.Collaborating();
  EXPECT_TRUE(s.console("ann").SignOut().ok());
  s.Pass(kGrace);
  s.AwaitState("bob", id, pb::ENTRY_STATE_RECONNECTING);
  s.Pass(kOfflineAfter);
  s.AwaitState("bob", id, pb::ENTRY_STATE_ACTIVE);
  s.AwaitState("ann", id, pb::ENTRY_STATE_REMOVED);
}

TEST_F(Conditions, TheNewerConsoleStays) {
  Stage& s = stage();
  const uint64_t id = s.Active();
  Console newer(s.org().technician("ann"));
  EXPECT_EQ(s.console("ann").AwaitEnd().code(), absl::StatusCode::kAborted);
  newer.Beat();
  s.AwaitState("ann", id, pb::ENTRY_STATE_ACTIVE);
}

// --- the organization

TEST_F(Conditions, WhoBeginsToServeAChannelSeesItsQueue) {
  Stage& s = stage();
  s.Watch("amy");
  const uint64_t id = s.InChannel();
  s.AwaitState("amy", id, pb::ENTRY_STATE_REMOVED);
  s.MoveTo("desk", "amy");
  s.AwaitState("amy", id, pb::ENTRY_STATE_WAITING);
  s.MoveTo("office", "amy");
  s.AwaitState("amy", id, pb::ENTRY_STATE_REMOVED);
}

TEST_F(Conditions, ADisabledLeadsSessionIsAborted) {
  Stage& s = stage();
  const uint64_t id = s.Collaborating();
  s.Disable("ann");
  s.AwaitState("bob", id, pb::ENTRY_STATE_REMOVED);
  EXPECT_EQ(s.OutcomeOf(id), pb::OUTCOME_ABORTED);
  EXPECT_EQ(s.device(id).AwaitEnded(), pb::OUTCOME_ABORTED);
  EXPECT_EQ(s.console("ann").AwaitEnd().code(), absl::StatusCode::kFailedPrecondition);
  s.Unwatch("ann");
}

TEST_F(Conditions, AnEndedSessionLeavesNoDeadline) {
  Stage& s = stage();
  const double before = daemon().Metric("guichet_armed_deadlines");
  for (int i = 0; i < 10; ++i) {
    const uint64_t id = s.Active();
    s.End("ann", id);
    s.AwaitState("ann", id, pb::ENTRY_STATE_REMOVED);
  }
  EXPECT_EQ(daemon().Metric("guichet_armed_deadlines"), before);
}

// --- real time

TEST(RealTime, ADeviceIsLostGoesOfflineAndComesBack) {
  TestDaemon daemon(TestDaemon::Time::kReal);
  Stage s(daemon, "A29");
  pb::GroupSettings settings;
  SetMs(settings.mutable_device_lost_grace(), std::chrono::milliseconds(300));
  SetMs(settings.mutable_offline_after(), std::chrono::milliseconds(200));
  const uint64_t id = s.Active();
  s.Set(settings);
  s.device(id).Vanish();
  s.Sees("ann", id, "A12");
  s.Sees("ann", id, "A28");
  s.device(id).Attach();
  s.Sees("ann", id);
}

}  // namespace
}  // namespace guichet::wire

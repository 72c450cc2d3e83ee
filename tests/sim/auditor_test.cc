// The auditor notices what it is there for: each lie that a daemon could tell, told once.
#include "tools/sim/auditor.h"

#include "gtest/gtest.h"
#include "store/codec.h"
#include "store/model_store.h"

namespace guichet::sim {
namespace {

using std::chrono::seconds;

const OrgId kAcme{"acme"};
const TechnicianId kAnn{"ann"};
const TechnicianId kBob{"bob"};

// An organization's log as the auditor reads it, with one session of ann's.
class Audit : public testing::Test {
 protected:
  Audit() {
    session_.id = SessionId{1};
    session_.owner = kAnn;
    Created();
    EXPECT_EQ(auditor_.broken(), "");
  }

  // One entry: what happened, and that `technician` sees another state.
  LogEntry Entry(Trigger trigger, Events events, std::vector<EntryChange> changes) {
    LogEntry entry;
    entry.revision.value = ++revision_;
    entry.time = now_;
    entry.trigger = trigger;
    entry.events = std::move(events);
    entry.sessions.push_back({std::make_shared<const Session>(session_), std::move(changes)});
    return entry;
  }
  void Tell(const LogEntry& entry) { auditor_.Durable(kAcme, entry.revision.value, store::EncodeLogEntry(entry)); }
  void Mark(const TechnicianId& technician, EntryState state) {
    for (EntryMark& mark : session_.marks) {
      if (mark.technician == technician) {
        mark = {technician, state, now_};
        return;
      }
    }
    session_.marks.push_back({technician, state, now_});
  }
  // ann's session is there, and waits for her since then.
  void Created() {
    event::SessionCreated created;
    created.session = session_.id;
    created.owner = kAnn;
    created.code_key = "123456";
    Mark(kAnn, EntryState::kConnecting);
    Tell(Entry(Trigger::kCreate, {created}, {{kAnn, {}, EntryState::kNone, EntryState::kConnecting, Duration{0}}}));
    now_ += seconds(10);
    Mark(kAnn, EntryState::kWaiting);
    Tell(Entry(Trigger::kAppletConnected, {event::LinkChanged{session_.id, guichet::Link::kAttached}},
               {{kAnn, {}, EntryState::kConnecting, EntryState::kWaiting, seconds(10)}}));
    now_ += seconds(10);
  }
  LogEntry Started(const TechnicianId& by, Duration waited = seconds(10)) {
    Mark(by, EntryState::kActive);
    ++session_.epoch.value;
    return Entry(Trigger::kStart, {event::LeadTaken{session_.id, by}},
                 {{by, {}, EntryState::kWaiting, EntryState::kActive, waited}});
  }
  void ExpectBroken(const std::string& part) {
    EXPECT_NE(auditor_.broken().find(part), std::string::npos) << auditor_.broken();
  }

  Auditor auditor_{{.connecting = seconds(600), .reconnecting = seconds(300)}, nullptr};
  Session session_;
  Time now_{std::chrono::hours(24 * 365 * 50)};
  uint64_t revision_ = 0;
};

TEST_F(Audit, WhatIsTrueHolds) {
  Tell(Started(kAnn));
  EXPECT_EQ(auditor_.broken(), "");
  EXPECT_EQ(auditor_.events(), 3u);
  EXPECT_EQ(auditor_.rows_reached(), 2u);
}

TEST_F(Audit, AStayThatDoesNotTileTime) {
  Tell(Started(kAnn, seconds(9)));
  ExpectBroken("does not tile");
}

TEST_F(Audit, ATransitionOutsideTheTable) {
  Mark(kAnn, EntryState::kConnecting);
  Tell(Entry(Trigger::kTick, {}, {{kAnn, {}, EntryState::kWaiting, EntryState::kConnecting, seconds(10)}}));
  ExpectBroken("outside the table");
}

TEST_F(Audit, AStateThatWasNotLeft) {
  Mark(kAnn, EntryState::kReconnecting);
  Tell(Entry(Trigger::kDeviceLost, {event::LinkChanged{session_.id, guichet::Link::kReconnecting}},
             {{kAnn, {}, EntryState::kActive, EntryState::kReconnecting, seconds(10)}}));
  ExpectBroken("does not tile");
}

TEST_F(Audit, AMarkWithoutAChange) {
  Mark(kAnn, EntryState::kActive);
  Tell(Entry(Trigger::kStart, {event::LeadTaken{session_.id, kAnn}}, {}));
  ExpectBroken("without a change");
}

TEST_F(Audit, WhoSeesActiveAndDoesNotLead) {
  LogEntry entry = Started(kAnn);
  entry.events = {event::LeadTaken{session_.id, kBob}};
  Tell(entry);
  ExpectBroken("does not lead");
}

TEST_F(Audit, TwoOwnersInOneEpoch) {
  Tell(Started(kAnn));
  now_ += seconds(5);
  Mark(kAnn, EntryState::kRemoved);
  Mark(kBob, EntryState::kActive);
  Tell(Entry(Trigger::kRecipientStart, {event::LeadTaken{session_.id, kBob}},
             {{kAnn, {}, EntryState::kActive, EntryState::kRemoved, seconds(5)},
              {kBob, {}, EntryState::kNone, EntryState::kActive, Duration{0}}}));
  ExpectBroken("two owners in epoch");
}

TEST_F(Audit, ASessionThatNobodySees) {
  Mark(kAnn, EntryState::kRemoved);
  Tell(Entry(Trigger::kTick, {}, {{kAnn, {}, EntryState::kWaiting, EntryState::kRemoved, seconds(10)}}));
  ExpectBroken("nobody sees it");
}

TEST_F(Audit, LifeAfterTheEnd) {
  session_.marks.clear();
  Tell(Entry(Trigger::kEnd, {event::SessionEnded{session_.id}},
             {{kAnn, {}, EntryState::kWaiting, EntryState::kRemoved, seconds(10)}}));
  ASSERT_EQ(auditor_.broken(), "");
  LogEntry again = Started(kAnn, Duration{0});
  again.sessions[0].changes[0].from = EntryState::kNone;
  Tell(again);
  ExpectBroken("is over was started");
}

TEST_F(Audit, TwoSessionsOfOneRequest) {
  session_ = {};
  session_.id = SessionId{2};
  session_.owner = kAnn;
  Created();
  ExpectBroken("one request made two sessions");
}

TEST_F(Audit, TimeThatGoesBack) {
  now_ -= seconds(15);
  Tell(Started(kAnn, -seconds(5)));
  ExpectBroken("time went back");
}

TEST_F(Audit, AGapInTheLog) {
  ++revision_;
  Tell(Started(kAnn));
  ExpectBroken("became durable after");
}

TEST_F(Audit, AnAnswerBeforeItIsDurable) {
  auditor_.Answered(kAcme, "request", Revision{2}, "fine");
  EXPECT_EQ(auditor_.broken(), "");
  auditor_.Answered(kAcme, "another", Revision{3}, "too early");
  ExpectBroken("not durable");
}

TEST_F(Audit, TwoAnswersToOneRequest) {
  auditor_.Answered(kAcme, "request", Revision{2}, "yes");
  auditor_.Answered(kAcme, "request", Revision{2}, "yes");
  EXPECT_EQ(auditor_.broken(), "");
  auditor_.Answered(kAcme, "request", Revision{2}, "no");
  ExpectBroken("answered twice, differently");
}

TEST_F(Audit, AWatcherThatSeesTheFuture) {
  LogEntry entry = Started(kAnn);
  auditor_.Shown(kAcme, entry);
  ExpectBroken("not durable");
}

TEST_F(Audit, WhatIsLostInACrash) {
  store::ModelStore empty;
  ASSERT_TRUE(empty.Acquire({kAcme.value}).ok());
  auditor_.Recovered(empty, true);
  ExpectBroken("are lost");
}

}  // namespace
}  // namespace guichet::sim

// Why a session waits and a technician gets nothing. What an explanation says one change would do is done to a copy of the
// organization, and routing must do as it says.
#include "statemachine/explain.h"

#include <algorithm>
#include <cstdlib>
#include <random>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "statemachine/dispatch.h"
#include "statemachine/limits.h"
#include "statemachine/step.h"
#include "statemachine/timers.h"

namespace guichet {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const GroupId kDesk{"desk"};
const GroupId kNight{"night"};
const ChannelId kWeb{"web"};
const ChannelId kShop{"shop"};
const SkillId kFrench{"french"};

// An organization that routes as the daemon does: after every command, and at every instant at which time alone changes
// something.
struct Lab {
  Org org;
  Time now{std::chrono::hours(24 * 365 * 50)};
  Dirty dirty;
  std::set<SessionId> happened;  // sessions about which there were events

  Lab() {
    Do(command::CreateOrg{OrgId{"acme"}, "Acme", ApiKey{KeyId{"first"}, KeyRole::kAdministrator}});
    for (const GroupId& id : {kDesk, kNight}) Put(Group{id, id.value});
  }

  absl::StatusOr<Step> Try(const Command& command) {
    absl::StatusOr<Step> step = Apply(org, command, "test", now);
    if (step.ok() && !step->entry.events.empty()) See(*step);
    Settle();
    return step;
  }
  void See(const Step& step) {
    Note(org, step.touched, now, dirty);
    for (const Event& event : step.entry.events) happened.insert(SessionOf(event));
  }
  void Settle() {
    for (int left = 1000; left > 0; --left) {
      const SessionId id = NextToRoute(org, dirty, now);
      if (!id) return;
      absl::StatusOr<Step> routed = Apply(org, command::Route{id}, "routing", now);
      ASSERT_TRUE(routed.ok() && !routed->entry.events.empty()) << id.value;
      See(*routed);
    }
    FAIL() << "routing goes on for ever";
  }
  Step Do(const Command& command) {
    absl::StatusOr<Step> step = Try(command);
    EXPECT_TRUE(step.ok()) << step.status();
    return step.ok() ? *step : Step{};
  }

  void Put(const Group& group) { Do(command::PutGroup{group, !org.groups.contains(group.id)}); }
  void Put(const Channel& channel) { Do(command::PutChannel{channel, !org.channels.contains(channel.id)}); }
  void Put(const TechnicianId& id, const TechnicianConfig& config) {
    Do(command::PutTechnician{id, config, !org.technicians.contains(id), {}});
  }
  void Hire(const TechnicianId& id, bool console = true, const GroupId& group = kDesk) {
    TechnicianConfig config;
    config.display_name = id.value;
    config.group = group;
    Put(id, config);
    if (console) Do(command::AttachConsole{id, "desk"});
  }
  void Configure(const TechnicianId& id, const std::function<void(TechnicianConfig&)>& change) {
    TechnicianConfig config = org.technicians.at(id);
    change(config);
    Put(id, config);
  }
  void Set(const GroupId& id, const std::function<void(Group&)>& change) {
    Group group = org.groups.at(id);
    change(group);
    Put(group);
  }
  void Set(const ChannelId& id, const std::function<void(Channel&)>& change) {
    Channel channel;
    channel.id = id;
    channel.display_name = id.value;
    channel.groups = {kDesk};
    channel.routing.mode = RoutingMode::kOffer;
    if (org.channels.contains(id)) channel = org.channels.at(id);
    change(channel);
    Put(channel);
  }
  SessionId Arrive(const ChannelId& channel = kWeb, const TechnicianId& preferred = {},
                   SessionType type = SessionType::kStandard) {
    const SessionId id = Do(command::CreateSession{.method = Method::kChannelForm,
                                                   .channel = channel,
                                                   .device_token_hash = "token",
                                                   .type = type,
                                                   .preferred = preferred})
                             .session;
    Do(command::AttachDevice{id, ""});
    return id;
  }
  void Away(const TechnicianId& id, bool away) { Do(command::SetIntent{id, away, away ? "lunch" : ""}); }
  void Start(SessionId id, const TechnicianId& technician) { Do(command::Start{{id, technician, {}}}); }

  void Pass(Duration duration) {
    const Time until = now + duration;
    for (int i = 0; i < 10000; ++i) {
      Time next = kNoTime;
      auto at = [&](Time time) {
        if (time != kNoTime && (next == kNoTime || time < next)) next = time;
      };
      for (const auto& [id, session] : org.sessions) {
        if (auto deadline = NextDeadline(org, session)) at(deadline->due);
        at(NextChange(org, session, now));
      }
      for (const auto& [id, technician] : org.technicians) at(NextChange(org, id, now));
      if (next == kNoTime || next > until) break;
      now = std::max(now, next);
      for (const auto& [id, session] : org.sessions) dirty.sessions.insert(id);
      for (const auto& [id, technician] : org.technicians) dirty.technicians.insert(id);
      std::vector<SessionId> due;
      for (const auto& [id, session] : org.sessions) {
        if (auto deadline = NextDeadline(org, session); deadline && deadline->due <= now) due.push_back(id);
      }
      std::sort(due.begin(), due.end());
      for (SessionId id : due) Do(command::FireTimer{id});
      Settle();
    }
    now = until;
  }

  const Session& Get(SessionId id) const { return org.sessions.at(id); }
  TechnicianId With(SessionId id) const {
    const Session* session = FindSession(org, id);
    if (session == nullptr) return {};
    if (session->offer) return session->offer->technician;
    return session->lead() == nullptr ? TechnicianId{} : session->lead()->technician;
  }
  std::vector<Change> ChangesOf(SessionId id) const { return WhyWaiting(org, Get(id), now).changes; }
  std::string SummaryOf(SessionId id) const {
    const Waiting waiting = WhyWaiting(org, Get(id), now);
    return Summary(org, Get(id), IsRoutable(Get(id)) ? &waiting : nullptr, now);
  }
  std::string SummaryOf(const TechnicianId& id) const { return Summary(org, id, WhyIdle(org, id, now), now); }
};

const TechnicianId kAnn{"ann"};
const TechnicianId kBob{"bob"};
const TechnicianId kCid{"cid"};

class ExplainTest : public ::testing::Test {
 protected:
  ExplainTest() {
    lab_.Set(kWeb, [](Channel&) {});
    for (const TechnicianId& id : {kAnn, kBob}) lab_.Hire(id);
    for (const TechnicianId& id : {kAnn, kBob}) lab_.Away(id, true);
  }
  // The only change that is named.
  Change TheChange(SessionId id) {
    const std::vector<Change> changes = lab_.ChangesOf(id);
    EXPECT_EQ(changes.size(), 1u);
    return changes.empty() ? Change{} : changes[0];
  }
  // ann has as many active sessions as she may.
  void Fill(const TechnicianId& id, size_t count) {
    lab_.Set(kDesk, [&](Group& group) { group.settings.max_active_sessions = count; });
    lab_.Away(id, false);
    for (size_t i = 0; i < count; ++i) lab_.Start(lab_.Arrive(), id);
  }

  Lab lab_;
};

TEST_F(ExplainTest, AwayEndsWithTheIntent) {
  const SessionId id = lab_.Arrive();
  const std::vector<Change> changes = lab_.ChangesOf(id);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0], (Change{kAnn, Filter::kAway, "ann is back from AWAY", kNoTime, id}));
  EXPECT_EQ(changes[1], (Change{kBob, Filter::kAway, "bob is back from AWAY", kNoTime, id}));
  lab_.Pass(minutes(4));
  EXPECT_EQ(lab_.SummaryOf(id),
            "Waits 4 min; first of 1; 2 technicians serve channel web: 2 AWAY. It would be offered at once if ann is back from "
            "AWAY, or if bob is back from AWAY.");
  lab_.Away(kBob, false);
  EXPECT_EQ(lab_.With(id), kBob);
  EXPECT_EQ(lab_.SummaryOf(id), "Offered to bob, who has 20 s left to answer.");
}

TEST_F(ExplainTest, AnInactiveTechnicianUsesHisConsoleAgain) {
  lab_.Away(kBob, false);
  lab_.Do(command::SetInactive{kBob, true});
  lab_.Do(command::SetInactive{kAnn, true});
  const std::vector<Change> changes = lab_.ChangesOf(lab_.Arrive());
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].description, "ann uses his console again and is back from AWAY");
  EXPECT_EQ(changes[1].description, "bob uses his console again");
}

TEST_F(ExplainTest, MoreThanOneFilterIsNoSingleChange) {
  lab_.Do(command::DetachConsole{kAnn, lab_.now});
  lab_.Configure(kBob, [](TechnicianConfig& c) { c.routing_exempt = true; });
  const SessionId id = lab_.Arrive();
  EXPECT_EQ(lab_.ChangesOf(id).size(), 0u);
  EXPECT_THAT(lab_.SummaryOf(id),
              HasSubstr("2 technicians serve channel web: 1 OFFLINE, 1 AWAY. No change of one thing alone"));
}

TEST_F(ExplainTest, AConsoleAttachesAndTheTimeAfterLogInPasses) {
  lab_.Set(kDesk, [](Group& group) { group.settings.login_deferral = seconds(30); });
  lab_.Away(kBob, false);
  lab_.Do(command::DetachConsole{kBob, lab_.now});
  lab_.Pass(minutes(1));
  const SessionId id = lab_.Arrive();
  ASSERT_EQ(lab_.ChangesOf(id).size(), 2u);
  EXPECT_EQ(lab_.ChangesOf(id)[1].description, "bob's console attaches, and 30 s have passed since");
  lab_.Do(command::AttachConsole{kBob, "desk"});
  EXPECT_EQ(lab_.ChangesOf(id)[1],
            (Change{kBob, Filter::kDeferred, "the time after bob's log-in is over", lab_.now + seconds(30), id}));
  EXPECT_THAT(lab_.SummaryOf(id), HasSubstr(" By itself it comes to bob in 30 s, when the time after bob's log-in is over."));
  lab_.Pass(seconds(30));
  EXPECT_EQ(lab_.With(id), kBob);
}

TEST_F(ExplainTest, AnExemptTechnicianTakesPartAgain) {
  lab_.Configure(kBob, [](TechnicianConfig& c) { c.routing_exempt = true; });
  lab_.Away(kBob, false);
  const SessionId id = lab_.Arrive();
  EXPECT_EQ(lab_.ChangesOf(id)[1].description, "bob takes part in routing again (routing_exempt)");
  lab_.Configure(kBob, [](TechnicianConfig& c) { c.routing_exempt = false; });
  EXPECT_EQ(lab_.With(id), kBob);
}

TEST_F(ExplainTest, AFullTechnicianNeedsOneActiveSessionLess) {
  Fill(kAnn, 2);
  const SessionId id = lab_.Arrive();
  ASSERT_EQ(lab_.ChangesOf(id).size(), 2u);
  // FULL and CAPACITY go together; bob is both AWAY and nothing else.
  EXPECT_EQ(lab_.ChangesOf(id)[0],
            (Change{kAnn, Filter::kFull, "one of ann's 2 active sessions is held or ends", kNoTime, id}));
  EXPECT_THAT(lab_.SummaryOf(id), HasSubstr("1 AWAY, 1 FULL."));
  lab_.Do(command::Hold{{SessionId{1}, kAnn, {}}});
  EXPECT_EQ(lab_.With(id), kAnn);
}

TEST_F(ExplainTest, RoomForAHeavySessionNeedsACertainOneLess) {
  lab_.Set(kShop, [](Channel& channel) { channel.routing.weight = 3; });
  lab_.Configure(kAnn, [](TechnicianConfig& c) { c.capacity = 4; });
  lab_.Away(kAnn, false);
  lab_.Start(lab_.Arrive(kWeb), kAnn);
  lab_.Start(lab_.Arrive(kShop), kAnn);
  const SessionId id = lab_.Arrive(kShop);
  EXPECT_EQ(lab_.ChangesOf(id)[0], (Change{kAnn, Filter::kCapacity, "ann's session 2 is held or ends", kNoTime, id}));
  EXPECT_THAT(lab_.SummaryOf(id), HasSubstr("1 without room for its weight of 3"));
  lab_.Do(command::Hold{{SessionId{1}, kAnn, {}}});
  EXPECT_EQ(lab_.With(id), TechnicianId{});
  EXPECT_EQ(lab_.ChangesOf(id)[0].description, "ann's session 2 is held or ends");
  lab_.Do(command::Hold{{SessionId{2}, kAnn, {}}});
  EXPECT_EQ(lab_.With(id), kAnn);
}

TEST_F(ExplainTest, ABusyTechnicianFarAboveHisLevelIsNoSingleChange) {
  Fill(kAnn, 2);
  lab_.Set(kDesk, [](Group& group) { group.settings.busy_at = 1; });
  const SessionId id = lab_.Arrive();
  ASSERT_EQ(lab_.ChangesOf(id).size(), 1u);
  EXPECT_EQ(lab_.ChangesOf(id)[0].technician, kBob);
}

TEST_F(ExplainTest, AfterWorkEndsByItself) {
  lab_.Set(kWeb, [](Channel& channel) { channel.routing.wrap_up = seconds(40); });
  Fill(kAnn, 1);
  const SessionId id = lab_.Arrive();
  EXPECT_EQ(lab_.ChangesOf(id)[0].description, "ann's session 1 is held or ends, after-work included");
  lab_.Do(command::End{{SessionId{1}, kAnn, {}}});
  ASSERT_EQ(lab_.ChangesOf(id).size(), 2u);
  EXPECT_EQ(lab_.ChangesOf(id)[1], (Change{kAnn, Filter::kWrapUp, "ann's after-work is over", lab_.now + seconds(40), id}));
  lab_.Pass(seconds(40));
  EXPECT_EQ(lab_.With(id), kAnn);
}

TEST_F(ExplainTest, ASkillIsGivenOrTheNeedRelaxes) {
  lab_.Set(kWeb, [](Channel& channel) { channel.routing.skills = {{kFrench, 5, seconds(60), 3}}; });
  lab_.Configure(kAnn, [](TechnicianConfig& c) { c.skills = {{kFrench, 3}}; });
  lab_.Away(kAnn, false);
  lab_.Away(kBob, false);
  const SessionId id = lab_.Arrive();
  EXPECT_EQ(
      lab_.ChangesOf(id),
      (std::vector<Change>{{kAnn, Filter::kSkill, "ann gets skill french 5 (has 3)", kNoTime, id},
                           {kBob, Filter::kSkill, "bob gets skill french 5", kNoTime, id},
                           {kAnn, Filter::kSkill, "its wait has relaxed what it asks of ann", lab_.now + seconds(120), id}}));
  EXPECT_THAT(lab_.SummaryOf(id), HasSubstr("2 lack skill french 5."));
  Lab given = lab_;
  given.Configure(kBob, [](TechnicianConfig& c) { c.skills = {{kFrench, 5}}; });
  EXPECT_EQ(given.With(id), kBob);
  lab_.Pass(seconds(119));
  EXPECT_EQ(lab_.With(id), TechnicianId{});
  lab_.Pass(seconds(1));
  EXPECT_EQ(lab_.With(id), kAnn);
}

TEST_F(ExplainTest, WhoDeclinedIsAskedAgainLater) {
  lab_.Away(kAnn, false);
  const SessionId id = lab_.Arrive();
  lab_.Do(command::RejectOffer{{id, kAnn, {}}, "busy"});
  EXPECT_EQ(lab_.ChangesOf(id)[1],
            (Change{kAnn, Filter::kDeclined, "ann may be asked for it again", lab_.now + seconds(60), id}));
  lab_.Pass(seconds(60));
  EXPECT_EQ(lab_.With(id), kAnn);
  // Who lets it pass is paused besides; both end at once.
  lab_.Pass(seconds(20));
  EXPECT_EQ(lab_.ChangesOf(id)[1],
            (Change{kAnn, Filter::kPaused, "ann's pause after a missed offer is over and ann may be asked for it again",
                    lab_.now + seconds(60), id}));
}

TEST_F(ExplainTest, TheBestOfTheOthersGetsItWhenThePreferenceIsOver) {
  lab_.Set(kWeb, [](Channel& channel) { channel.routing.preferred_for = minutes(2); });
  lab_.Hire(kCid);
  lab_.Pass(seconds(1));
  lab_.Away(kBob, false);
  const SessionId id = lab_.Arrive(kWeb, kAnn);
  EXPECT_EQ(lab_.ChangesOf(id),
            (std::vector<Change>{{kAnn, Filter::kAway, "ann is back from AWAY", kNoTime, id},
                                 {kBob, Filter::kPreferred, "its time alone with ann is over", lab_.now + minutes(2), id}}));
  EXPECT_THAT(lab_.SummaryOf(id),
              HasSubstr("first of 1; for ann alone; 3 technicians serve channel web: 1 AWAY, 2 kept from it"));
  lab_.Pass(minutes(2));
  EXPECT_EQ(lab_.With(id), kBob);
}

TEST_F(ExplainTest, AChannelThatRoutesNothingIsToRoute) {
  lab_.Set(kWeb, [](Channel& channel) { channel.routing.mode = RoutingMode::kManual; });
  lab_.Pass(seconds(1));
  lab_.Away(kBob, false);
  lab_.Away(kAnn, false);
  const SessionId first = lab_.Arrive();
  const SessionId second = lab_.Arrive();
  const char* change = "channel web routes by itself (routing.mode OFFER)";
  EXPECT_EQ(TheChange(first), (Change{kAnn, Filter::kManual, change, kNoTime, first}));
  EXPECT_EQ(TheChange(second), (Change{kAnn, Filter::kManual, change, kNoTime, first}));
  EXPECT_THAT(lab_.SummaryOf(first), HasSubstr("2 who must pick it themselves (routing is MANUAL)."));
  EXPECT_THAT(lab_.SummaryOf(second),
              HasSubstr("If channel web routes by itself (routing.mode OFFER), session 1 would come first for ann."));
  lab_.Set(kWeb, [](Channel& channel) { channel.routing.mode = RoutingMode::kOffer; });
  EXPECT_EQ(lab_.With(first), kAnn);
}

TEST_F(ExplainTest, ACameraSessionNeedsThePermissionAndNoOther) {
  lab_.Set(kDesk, [](Group& group) { group.permissions.Set(Permission::kLens, false); });
  lab_.Away(kBob, false);
  const SessionId id = lab_.Arrive(kWeb, {}, SessionType::kLens);
  EXPECT_EQ(TheChange(id), (Change{kBob, Filter::kLens, "group desk gets the permission LENS", kNoTime, id}));
  lab_.Set(kDesk, [](Group& group) { group.permissions = Permissions::Default(); });
  EXPECT_EQ(lab_.With(id), kBob);
  lab_.Start(id, kBob);
  const SessionId other = lab_.Arrive(kWeb, {}, SessionType::kLens);
  EXPECT_EQ(lab_.ChangesOf(other)[1], (Change{kBob, Filter::kLens, "bob's session 1 is held or ends", kNoTime, other}));
  lab_.Do(command::Hold{{id, kBob, {}}});
  EXPECT_EQ(lab_.With(other), kBob);
}

TEST_F(ExplainTest, WhoIsAskedAboutAnotherRejectsThat) {
  lab_.Away(kBob, false);
  const SessionId first = lab_.Arrive();
  const SessionId second = lab_.Arrive();
  EXPECT_EQ(lab_.ChangesOf(second)[1], (Change{kBob, Filter::kOffered, "bob rejects the offer of session 1", kNoTime, second}));
  EXPECT_THAT(lab_.SummaryOf(second), HasSubstr("1 AWAY, 1 asked about another session."));
  lab_.Do(command::RejectOffer{{first, kBob, {}}, ""});
  EXPECT_EQ(lab_.With(second), kBob);
}

TEST_F(ExplainTest, ItOverflowsAfterItsTime) {
  lab_.Hire(kCid, true, kNight);
  lab_.Set(kWeb, [](Channel& channel) {
    channel.routing.overflow_after = minutes(3);
    channel.routing.overflow_groups = {kNight};
  });
  const SessionId id = lab_.Arrive();
  EXPECT_EQ(lab_.ChangesOf(id)[2],
            (Change{kCid, std::nullopt, "it has waited 3 min and overflows to group night", lab_.now + minutes(3), id}));
  lab_.Pass(minutes(3));
  EXPECT_EQ(lab_.With(id), kCid);
}

TEST_F(ExplainTest, WhatComesTooLateIsNoChange) {
  lab_.Set(kShop, [](Channel&) {});
  lab_.Set(kWeb, [](Channel& channel) {
    channel.groups = {kNight};
    channel.routing.skills = {{kFrench, 5, seconds(60), 0}};
    channel.redirects = {{RedirectWhen::kAfterWait, minutes(2), 0, kShop, {}}};
  });
  lab_.Hire(kCid, true, kNight);
  const SessionId id = lab_.Arrive();
  EXPECT_EQ(TheChange(id).at, kNoTime) << "its needs would be relaxed in 5 minutes, but it waits elsewhere then";
}

TEST_F(ExplainTest, ASessionThatIsServedBeforeIsNamed) {
  lab_.Set(kShop, [](Channel& channel) { channel.priority = 1; });
  const SessionId low = lab_.Arrive(kWeb);
  lab_.Pass(seconds(10));
  const SessionId high = lab_.Arrive(kShop);
  EXPECT_EQ(lab_.ChangesOf(low)[0], (Change{kAnn, Filter::kAway, "ann is back from AWAY", kNoTime, high}));
  EXPECT_EQ(lab_.ChangesOf(high)[0].first, high);
  EXPECT_THAT(lab_.SummaryOf(low), HasSubstr("2 AWAY. If ann is back from AWAY, session 2 would come first for ann."));
  lab_.Away(kAnn, false);
  EXPECT_EQ(lab_.With(high), kAnn);
}

TEST_F(ExplainTest, PlaceInTheLine) {
  const SessionId first = lab_.Arrive();
  const SessionId second = lab_.Arrive();
  EXPECT_EQ(WhyWaiting(lab_.org, lab_.Get(first), lab_.now).ahead, 0u);
  const Waiting waiting = WhyWaiting(lab_.org, lab_.Get(second), lab_.now);
  EXPECT_EQ(waiting.ahead, 1u);
  EXPECT_EQ(waiting.length, 2u);
  EXPECT_THAT(lab_.SummaryOf(second), HasSubstr("second of 2;"));
}

TEST_F(ExplainTest, SummaryOfWhatDoesNotWait) {
  lab_.Away(kAnn, false);
  SessionId id = lab_.Do(command::CreateSession{.owner = kAnn, .code_key = "123456"}).session;
  EXPECT_THAT(lab_.SummaryOf(id), HasSubstr("In no queue yet"));
  lab_.Do(command::RedeemCode{id, "123456", "token", "device"});
  lab_.Do(command::AttachDevice{id, ""});
  lab_.Pass(seconds(5));
  EXPECT_EQ(lab_.SummaryOf(id), "Waits 5 s for ann to start it: it is private.");
  lab_.Start(id, kAnn);
  lab_.Pass(seconds(65));
  EXPECT_EQ(lab_.SummaryOf(id), "With ann for 1 min 5 s.");
  lab_.Away(kBob, false);
  lab_.Do(command::TransferTo{{id, kAnn, {}}, {.technician = kBob}, ""});
  EXPECT_EQ(lab_.SummaryOf(id), "A transfer waits for its recipients for 0 ms.");
  lab_.Do(command::CustomerEnd{id});
  EXPECT_EQ(lab_.SummaryOf(id), "Ended 0 ms ago: CLOSED_BY_CUSTOMER.");
  id = lab_.Arrive();
  lab_.Do(command::DeviceLost{id});
  EXPECT_EQ(lab_.SummaryOf(id), "The customer's device is RECONNECTING for 0 ms; the session keeps its place.");
}

TEST_F(ExplainTest, NobodyServes) {
  lab_.Set(kShop, [](Channel& channel) {
    channel.groups = {kNight};
    channel.nobody_online = {Unserved::kNotify, "come back", ""};
  });
  const SessionId id = lab_.Arrive(kShop);
  EXPECT_EQ(lab_.SummaryOf(id),
            "Waits 0 ms; first of 1; no technicians serve channel shop: nobody serves it. Nobody who serves it is online.");
}

// --- technicians

TEST_F(ExplainTest, ATechnicianWhoGetsNothing) {
  lab_.Set(kShop, [](Channel& channel) { channel.priority = 1; });
  lab_.Arrive(kWeb);
  const SessionId second = lab_.Arrive(kShop);
  lab_.Pass(minutes(5));
  const Standing standing = WhyIdle(lab_.org, kAnn, lab_.now);
  EXPECT_EQ(standing.filters, Bit(Filter::kAway));
  EXPECT_EQ(standing.changes, kNoTime);
  EXPECT_EQ(standing.next, second);
  EXPECT_EQ(standing.queues, (std::vector<ServedQueue>{{{kShop, {}}, 1, SessionId{2}, Bit(Filter::kAway), false},
                                                       {{kWeb, {}}, 1, SessionId{1}, Bit(Filter::kAway), false}}));
  EXPECT_EQ(
      lab_.SummaryOf(kAnn),
      "ann is given nothing: AWAY for 5 min: lunch. Serves 2 queues; 2 sessions wait in those that he serves or that overflow "
      "to him; but for that he would be given session 2.");
}

TEST_F(ExplainTest, ATechnicianWhoCouldButNothingIsForHim) {
  lab_.Set(kWeb, [](Channel& channel) { channel.routing.skills = {{kFrench, 5, {}, 0}}; });
  lab_.Away(kAnn, false);
  EXPECT_EQ(lab_.SummaryOf(kAnn),
            "ann can be given sessions. Serves 1 queue; 0 sessions wait in those that he serves or that overflow to him.");
  lab_.Arrive();
  const Standing standing = WhyIdle(lab_.org, kAnn, lab_.now);
  EXPECT_EQ(standing.queues, (std::vector<ServedQueue>{{{kWeb, {}}, 1, SessionId{1}, Bit(Filter::kSkill), false}}));
  EXPECT_EQ(
      lab_.SummaryOf(kAnn),
      "ann can be given sessions. Serves 1 queue; 1 session waits in those that he serves or that overflow to him, none of "
      "which he could have.");
}

TEST_F(ExplainTest, QueuesOfGroupsAndOverflowCount) {
  lab_.Hire(kCid, false, kNight);
  lab_.Set(kWeb, [](Channel& channel) {
    channel.routing.overflow_after = minutes(3);
    channel.routing.overflow_groups = {kNight};
  });
  lab_.Set(kShop, [](Channel& channel) { channel.redirects = {{RedirectWhen::kAtOnce, {}, 0, {}, kNight}}; });
  const SessionId id = lab_.Arrive(kShop);
  const Standing standing = WhyIdle(lab_.org, kCid, lab_.now);
  EXPECT_EQ(standing.queues,
            (std::vector<ServedQueue>{{{kShop, kNight}, 1, id, Bit(Filter::kOffline), false}, {{kWeb, {}}, 0, {}, 0, true}}));
  EXPECT_THAT(lab_.SummaryOf(id), HasSubstr("1 member of group night: 1 OFFLINE."));
}

TEST_F(ExplainTest, AQueueThatIsHisInSeveralWaysIsListedOnce) {
  lab_.Set(kWeb, [](Channel& channel) {
    channel.technicians = {kAnn};
    channel.routing.overflow_after = minutes(3);
    channel.routing.overflow_groups = {kDesk};
  });
  const Standing standing = WhyIdle(lab_.org, kAnn, lab_.now);
  EXPECT_EQ(standing.queues, (std::vector<ServedQueue>{{{kWeb, {}}, 0, {}, 0, false}}));
}

TEST_F(ExplainTest, TimesOfATechnicianEnd) {
  lab_.Set(kDesk, [](Group& group) { group.settings.login_deferral = seconds(30); });
  lab_.Away(kAnn, false);
  const Standing standing = WhyIdle(lab_.org, kAnn, lab_.now);
  EXPECT_EQ(standing.filters, Bit(Filter::kDeferred));
  EXPECT_EQ(standing.changes, lab_.now + seconds(30));
}

// --- limits

TEST_F(ExplainTest, NamesNoMoreThanItsLimits) {
  std::vector<std::pair<TechnicianId, TechnicianConfig>> people;
  for (size_t i = 0; i < limits::kExplainedCandidates; ++i) {
    TechnicianConfig config;
    config.display_name = "x";
    config.group = kDesk;
    people.emplace_back(TechnicianId{absl::StrCat("t", i)}, config);
  }
  lab_.Do(command::CreateTechnicians{people});
  const Waiting waiting = WhyWaiting(lab_.org, lab_.Get(lab_.Arrive()), lab_.now);
  EXPECT_EQ(waiting.considered.considered, limits::kExplainedCandidates + 2);
  EXPECT_EQ(waiting.considered.candidates.size(), limits::kExplainedCandidates);
  EXPECT_EQ(waiting.changes.size(), limits::kExplainedChanges);
}

TEST_F(ExplainTest, QueuesInWhichSomebodyWaitsComeFirst) {
  for (size_t i = 0; i < limits::kExplainedQueues; ++i) lab_.Set(ChannelId{absl::StrCat("c", i)}, [](Channel&) {});
  const SessionId id = lab_.Arrive(kWeb);
  const Standing standing = WhyIdle(lab_.org, kAnn, lab_.now);
  EXPECT_EQ(standing.queues.size(), limits::kExplainedQueues);
  EXPECT_EQ(standing.queues.back().first, id) << "web comes after c… and before none";
}

TEST(SpokenTest, TwoUnits) {
  EXPECT_EQ(Spoken(Duration(999)), "999 ms");
  EXPECT_EQ(Spoken(Duration(1999)), "1 s");
  EXPECT_EQ(Spoken(seconds(60)), "1 min");
  EXPECT_EQ(Spoken(seconds(250)), "4 min 10 s");
  EXPECT_EQ(Spoken(minutes(125)), "2 h 5 min");
  EXPECT_EQ(Spoken(minutes(60 * 49)), "2 d 1 h");
  EXPECT_EQ(Spoken(Duration(-5)), "0 ms");
}

// --- what is said comes true

// Random organizations: of every session that waits, every change that would route it first is made on a copy.
class Truth {
 public:
  explicit Truth(uint32_t seed) : random_(seed) {}

  void Run(int steps) {
    SetUp();
    for (int i = 0; i < steps; ++i) {
      Act();
      if (i % 10 == 0) CheckAll();
      if (::testing::Test::HasFailure()) return;
    }
  }
  std::array<int, kFilterCount + 1> made{};  // by filter; the last one: overflow

 private:
  int Pick(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  bool Chance(int percent) { return Pick(100) < percent; }
  TechnicianId Somebody() { return people_[Pick(static_cast<int>(people_.size()))]; }

  void SetUp() {
    for (const GroupId& id : {kDesk, kNight}) {
      lab_.Set(id, [&](Group& group) {
        group.settings.max_active_sessions = 1 + Pick(3);
        group.settings.busy_at = Pick(3);
        if (Chance(20)) group.settings.login_deferral = seconds(30);
        if (Chance(40)) group.permissions.Set(Permission::kLens, false);
      });
    }
    for (int i = 0; i < 6; ++i) {
      people_.push_back(TechnicianId{absl::StrCat("t", i)});
      lab_.Hire(people_.back(), Chance(70), Chance(60) ? kDesk : kNight);
      lab_.Configure(people_.back(), [&](TechnicianConfig& c) {
        if (Chance(50)) c.skills = {{kFrench, 1 + static_cast<uint32_t>(Pick(5))}};
        if (Chance(30)) c.capacity = 1 + Pick(5);
        c.routing_exempt = Chance(15);
      });
    }
    for (const ChannelId& id : {kWeb, kShop}) {
      lab_.Set(id, [&](Channel& channel) {
        channel.priority = Pick(3);
        channel.groups = {Chance(50) ? kDesk : kNight};
        RoutingPolicy& policy = channel.routing;
        policy.mode = Chance(20) ? RoutingMode::kManual : Chance(30) ? RoutingMode::kAutoStart : RoutingMode::kOffer;
        policy.strategy = static_cast<Strategy>(1 + Pick(3));
        if (Chance(30)) policy.wrap_up = seconds(40);
        if (Chance(40)) policy.skills = {{kFrench, 4, Chance(50) ? Duration(seconds(30)) : Duration{0}, 1}};
        if (Chance(30)) policy.preferred_for = minutes(2);
        if (Chance(30)) {
          policy.overflow_after = seconds(70);
          policy.overflow_groups = {channel.groups[0] == kDesk ? kNight : kDesk};
        }
        policy.weight = 1 + Pick(2);
      });
    }
  }

  void Act() {
    const TechnicianId who = Somebody();
    switch (Pick(9)) {
      case 0:
      case 1:
        lab_.Arrive(Chance(50) ? kWeb : kShop, Chance(30) ? who : TechnicianId{},
                    Chance(20) ? SessionType::kLens : SessionType::kStandard);
        break;
      case 2:
        lab_.Away(who, Chance(50));
        break;
      case 3:
        if (Chance(50)) {
          lab_.Do(command::DetachConsole{who, lab_.now});
        } else {
          lab_.Do(command::AttachConsole{who, "desk"});
        }
        break;
      case 4:
        lab_.Pass(Duration(Pick(20000)));
        break;
      case 5:
        if (lab_.org.offers.contains(who)) (void)lab_.Try(command::Start{{lab_.org.offers.at(who), who, {}}});
        break;
      case 6:
        if (lab_.org.offers.contains(who)) (void)lab_.Try(command::RejectOffer{{lab_.org.offers.at(who), who, {}}, ""});
        break;
      case 7:
        if (const SessionId led = Led(lab_, who); led && Chance(60)) (void)lab_.Try(command::End{{led, who, {}}});
        break;
      case 8:
        if (lab_.org.technicians.at(who).console) lab_.Do(command::SetInactive{who, Chance(50)});
        break;
    }
  }

  static SessionId Led(const Lab& lab, const TechnicianId& technician) {
    for (const auto& [id, session] : lab.org.sessions) {
      const Participant* lead = session.lead();
      if (lead != nullptr && lead->technician == technician && !session.ended_already() && !session.held) return id;
    }
    return {};
  }

  void CheckAll() {
    for (const auto& [id, session] : lab_.org.sessions) {
      if (IsRoutable(session) && session.channel) Check(id);
    }
  }

  void Check(SessionId id) {
    const Waiting waiting = WhyWaiting(lab_.org, lab_.Get(id), lab_.now);
    EXPECT_EQ(waiting.considered.eligible, 0u) << "session " << id.value << " waits though somebody could have it";
    Time earliest = kNoTime;
    for (const Change& change : waiting.changes) {
      if (change.at != kNoTime && change.first == id && (earliest == kNoTime || change.at < earliest)) earliest = change.at;
    }
    for (const Change& change : waiting.changes) {
      if (change.first != id || (change.at != kNoTime && change.at != earliest)) continue;
      Lab then = lab_;
      then.happened.clear();
      const std::string what = absl::StrCat("session ", id.value, ": ", change.description);
      if (!Make(then, change)) continue;
      // What comes by itself is said of things as they stand: nothing else may have happened meanwhile.
      if (change.at != kNoTime && then.happened != std::set<SessionId>{id}) continue;
      ++made[change.filter ? static_cast<size_t>(*change.filter) : kFilterCount];
      // What concerns several may give it to a better one, for whom something came before that went elsewhere.
      if (change.at != kNoTime || change.filter == Filter::kManual || change.filter == Filter::kLens) {
        EXPECT_NE(then.With(id).value, "") << what;
      } else {
        EXPECT_EQ(then.With(id).value, change.technician.value)
            << what << "; then: " << then.SummaryOf(change.technician) << "; " << then.SummaryOf(id);
      }
    }
  }

  // Does on `then` what the change says; false when it cannot be done by one command.
  bool Make(Lab& then, const Change& change) {
    const TechnicianId& he = change.technician;
    if (change.at != kNoTime) {
      then.Pass(change.at - then.now);
      return true;
    }
    switch (*change.filter) {
      case Filter::kOffline:
        if (absl::StrContains(change.description, "passed since")) return false;  // others may come meanwhile
        then.Do(command::AttachConsole{he, "desk"});
        return true;
      case Filter::kAway: {
        const Technician person = then.org.technicians.at(he);
        // Both at once, so that routing sees no state between them.
        if (person.inactive) then.Do(command::SetInactive{he, false});
        if (person.away) then.Away(he, false);
        return true;
      }
      case Filter::kExempt:
        then.Configure(he, [](TechnicianConfig& c) { c.routing_exempt = false; });
        return true;
      case Filter::kManual:
        then.Set(then.Get(change.first).channel, [](Channel& channel) { channel.routing.mode = RoutingMode::kOffer; });
        return true;
      case Filter::kOffered:
        then.Do(command::RejectOffer{{then.org.offers.at(he), he, {}}, ""});
        return true;
      case Filter::kSkill:
        then.Configure(he, [&](TechnicianConfig& c) {
          c.skills = {{kFrench, NumberAfter(change.description, "skill french ")}};
        });
        return true;
      case Filter::kLens:
        if (absl::StrContains(change.description, "permission")) {
          then.Set(then.org.technicians.at(he).group, [](Group& group) { group.permissions = Permissions::Default(); });
          return true;
        }
        return Less(then, change);
      case Filter::kFull:
      case Filter::kCapacity:
      case Filter::kBusy:
        return Less(then, change);
      default:
        ADD_FAILURE() << "no change without a time: " << change.description;
        return false;
    }
  }

  static uint32_t NumberAfter(const std::string& text, const std::string& word) {
    const size_t at = text.find(word);
    return at == std::string::npos ? 0 : std::strtoul(text.c_str() + at + word.size(), nullptr, 10);
  }

  static bool Less(Lab& then, const Change& change) {
    SessionId less{NumberAfter(change.description, "'s session ")};
    if (!less) less = Led(then, change.technician);
    then.Do(command::Hold{{less, change.technician, {}}});
    return true;
  }

  std::mt19937 random_;
  Lab lab_;
  std::vector<TechnicianId> people_;
};

TEST(ExplainTruthTest, WhatIsSaidComesTrue) {
  const char* given = std::getenv("GUICHET_SEED");
  const uint32_t seed = given != nullptr ? std::strtoul(given, nullptr, 10) : 20240611;
  std::array<int, kFilterCount + 1> made{};
  for (uint32_t i = 0; i < 150 && !::testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(absl::StrCat("GUICHET_SEED=", seed + i));
    Truth truth(seed + i);
    truth.Run(200);
    for (size_t f = 0; f < made.size(); ++f) made[f] += truth.made[f];
  }
  for (int f = 0; f <= kFilterCount; ++f) {
    const std::string name = f == kFilterCount ? "overflow" : std::string(Name(static_cast<Filter>(f)));
    if (given == nullptr) {
      EXPECT_GE(made[f], 3) << name << ": hardly tried";
    }
    RecordProperty(name, made[f]);
  }
}

}  // namespace
}  // namespace guichet

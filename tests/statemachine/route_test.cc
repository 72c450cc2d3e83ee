// Who gets which waiting session: strategies, filters and offers, one test each, with exact instants.
#include "statemachine/route.h"

#include <functional>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "statemachine/limits.h"
#include "tests/statemachine/router_loop.h"

namespace guichet::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const TechnicianId kDan{"dan"};
const GroupId kNight{"night"};
const ChannelId kVip{"vip"};
const SkillId kPrinters{"printers"};

TechnicianId Numbered(size_t n) { return TechnicianId{absl::StrCat("t", n)}; }

class RouteTest : public ::testing::Test {
 protected:
  RouteTest() {
    web_.id = kWeb;
    web_.display_name = "Web";
    web_.groups = {kDesk};
    web_.routing.mode = RoutingMode::kOffer;
    Put(web_);
  }

  void Put(const guichet::Channel& channel) { Do(command::PutChannel{channel, !world_.org.channels.contains(channel.id)}); }
  void Policy(const std::function<void(RoutingPolicy&)>& change) {
    change(web_.routing);
    Put(web_);
  }
  void Configure(const TechnicianId& id, const std::function<void(TechnicianConfig&)>& change) {
    TechnicianConfig config = world_.org.technicians.at(id);
    change(config);
    Do(command::PutTechnician{id, config});
  }
  // The command, and what routing makes of it.
  Step Do(const Command& command) {
    Step step = world_.Do(command);
    RunRouting(world_);
    return step;
  }
  SessionId Arrive(const TechnicianId& preferred = {}, SessionType type = SessionType::kStandard,
                   const ChannelId& channel = kWeb) {
    const SessionId id = Do(command::CreateSession{.method = Method::kChannelForm,
                                                   .channel = channel,
                                                   .device_token_hash = "token",
                                                   .type = type,
                                                   .preferred = preferred})
                             .session;
    Do(Attach(id));
    return id;
  }
  void Pass(Duration duration) { PassTime(world_, duration); }

  // Their idle time begins in this order.
  void RestInOrder(const std::vector<TechnicianId>& order) {
    for (const TechnicianId& id : order) {
      Pass(seconds(1));
      Do(SignIn(id));
    }
  }
  void Only(const TechnicianId& id) {
    for (const TechnicianId& other : {kAnn, kBob, kCat}) {
      if (other != id) Do(Away(other, true));
    }
  }

  TechnicianId OfferedTo(SessionId id) const {
    const RareOptional<guichet::Offer>& offer = world_.Get(id).offer;
    return offer ? offer->technician : TechnicianId{};
  }
  TechnicianId LeadOf(SessionId id) const {
    const Participant* lead = world_.Get(id).lead();
    return lead == nullptr ? TechnicianId{} : lead->technician;
  }
  SessionId Accepted(const TechnicianId& expected) {
    const SessionId id = Arrive();
    EXPECT_EQ(OfferedTo(id), expected);
    if (OfferedTo(id)) Do(Start(id, OfferedTo(id)));
    return id;
  }
  // What the record would say of him now.
  Candidate About(SessionId id, const TechnicianId& technician) const {
    const RoutingRecord record = Consider(world_.org, world_.Get(id), world_.now);
    for (const Candidate& candidate : record.candidates) {
      if (candidate.technician == technician) return candidate;
    }
    ADD_FAILURE() << technician.value << " is not considered";
    return {};
  }
  const guichet::Technician& Of(const TechnicianId& id) const { return world_.org.technicians.at(id); }
  // A millisecond before `after` has passed nobody is offered the session, then `expected`.
  void ExpectOfferedAfter(SessionId id, Duration after, const TechnicianId& expected) {
    Pass(after - milliseconds(1));
    EXPECT_EQ(OfferedTo(id), TechnicianId{}) << "too early";
    Pass(milliseconds(1));
    EXPECT_EQ(OfferedTo(id), expected);
  }

  World world_;
  guichet::Channel web_;
};

// --- strategies

TEST_F(RouteTest, LongestIdleGivesToWhoseLastSessionEndedFirst) {
  RestInOrder({kCat, kAnn, kBob});
  const SessionId first = Accepted(kCat);
  Accepted(kAnn);
  Accepted(kBob);
  Pass(seconds(1));
  Do(End(first, kCat));
  Accepted(kCat);  // nobody else is idle
}

TEST_F(RouteTest, LongestIdlePrefersWhoWorksOnLittleToWhoseIdleTimeBeganEarlier) {
  RestInOrder({kCat, kAnn, kBob});
  for (int round = 0; round < 3; ++round) {
    for (const TechnicianId& id : {kCat, kAnn, kBob}) Accepted(id);
  }
}

TEST_F(RouteTest, TiesGoToTheLowerId) {
  for (const TechnicianId& id : {kAnn, kBob, kCat}) Do(SignIn(id));
  const SessionId id = Arrive();
  EXPECT_EQ(OfferedTo(id), kAnn);
  Do(command::RejectOffer{T(id, kAnn), ""});
  int decided_by = 0;
  Session waiting = world_.Get(id);
  waiting.offer.reset();
  waiting.declines.clear();
  EXPECT_EQ(Winner(Consider(world_.org, waiting, world_.now), &decided_by), kAnn);
  EXPECT_EQ(decided_by, kTermCount);
}

TEST_F(RouteTest, WhatDecidedIsTheFirstTermThatSetsTheBestApart) {
  RestInOrder({kBob, kAnn, kCat});
  RoutingRecord record = Consider(world_.org, world_.Get(Arrive()), world_.now);
  int decided_by = 0;
  EXPECT_EQ(Winner(record, &decided_by), kAnn);  // the offer is bob's
  EXPECT_EQ(decided_by, static_cast<int>(Term::kIdleSince));
  record.candidates[1].terms = {0, 0, 0};
  EXPECT_EQ(Winner(record, &decided_by), kCat);
  EXPECT_EQ(decided_by, static_cast<int>(Term::kPreferred));
  record.candidates.erase(record.candidates.begin() + 1);
  EXPECT_EQ(Winner(record, &decided_by), kAnn);
  EXPECT_EQ(decided_by, -1);
  EXPECT_EQ(Winner(RoutingRecord{}, &decided_by), TechnicianId{});
}

TEST_F(RouteTest, LeastActiveGivesToTheSmallestShareOfCapacityInUse) {
  Policy([](RoutingPolicy& p) { p.strategy = Strategy::kLeastActive; });
  Configure(kAnn, [](TechnicianConfig& c) { c.capacity = 4; });
  Configure(kBob, [](TechnicianConfig& c) { c.capacity = 2; });
  Configure(kCat, [](TechnicianConfig& c) { c.capacity = 8; });
  RestInOrder({kAnn, kBob, kCat});
  Accepted(kAnn);  // 0/4, 0/2, 0/8: who is idle for longest
  Accepted(kBob);  // 1/4, 0/2, 0/8
  Accepted(kCat);  // 1/4, 1/2, 0/8
  Accepted(kCat);  // 1/4, 1/2, 1/8
  Accepted(kAnn);  // 1/4, 1/2, 2/8: a tie, and ann is idle for longer
  Accepted(kCat);  // 2/4, 1/2, 2/8
}

TEST_F(RouteTest, RoundRobinGivesToWhoWasOfferedOneTheLongestAgo) {
  Policy([](RoutingPolicy& p) { p.strategy = Strategy::kRoundRobin; });
  RestInOrder({kCat, kBob, kAnn});
  for (int round = 0; round < 3; ++round) {
    for (const TechnicianId& id : {kCat, kBob, kAnn}) {
      Accepted(id);
      Pass(seconds(1));
    }
  }
  const SessionId rejected = Arrive();
  Do(command::RejectOffer{T(rejected, kCat), ""});
  EXPECT_EQ(OfferedTo(rejected), kBob);  // the offer that he rejected was one
  Accepted(kAnn);
}

// --- filters

TEST_F(RouteTest, NobodyWhoIsOfflineAwayInactiveOrExemptIsOfferedAnything) {
  Do(Away(kAnn, true));
  Do(SignOut(kBob, world_.now));
  Do(command::SetInactive{kCat, true});
  const SessionId id = Arrive();
  EXPECT_EQ(OfferedTo(id), TechnicianId{});
  EXPECT_EQ(About(id, kAnn).filters, Bit(Filter::kAway));
  EXPECT_EQ(About(id, kBob).filters, Bit(Filter::kOffline));
  EXPECT_EQ(About(id, kCat).filters, Bit(Filter::kAway));
  Configure(kAnn, [](TechnicianConfig& c) { c.routing_exempt = true; });
  Do(Away(kAnn, false));
  EXPECT_EQ(About(id, kAnn).filters, Bit(Filter::kExempt));
  EXPECT_EQ(OfferedTo(id), TechnicianId{});
  Do(Start(id, kAnn));  // he may pick
  const SessionId other = Arrive();
  Do(SignIn(kBob));
  EXPECT_EQ(OfferedTo(other), kBob);
}

TEST_F(RouteTest, AnExemptTechnicianIsOfferedSessionsOnceHeIsNot) {
  Only(kAnn);
  Configure(kAnn, [](TechnicianConfig& c) { c.routing_exempt = true; });
  const SessionId id = Arrive();
  EXPECT_EQ(OfferedTo(id), TechnicianId{});
  Configure(kAnn, [](TechnicianConfig& c) { c.routing_exempt = false; });
  EXPECT_EQ(OfferedTo(id), kAnn);
}

TEST_F(RouteTest, OneOfferATechnician) {
  Only(kAnn);
  const SessionId first = Arrive();
  const SessionId second = Arrive();
  EXPECT_EQ(OfferedTo(first), kAnn);
  EXPECT_EQ(OfferedTo(second), TechnicianId{});
  EXPECT_EQ(About(second, kAnn).filters, Bit(Filter::kOffered));
  Do(Start(first, kAnn));
  EXPECT_EQ(OfferedTo(second), kAnn);
}

TEST_F(RouteTest, DeferralAfterLogIn) {
  GroupSettings settings;
  settings.login_deferral = seconds(30);
  Do(SignOut(kAnn, world_.now));
  Only(kAnn);
  world_.Settings(settings);
  const SessionId id = Arrive();
  Do(SignIn(kAnn));
  EXPECT_EQ(About(id, kAnn).filters, Bit(Filter::kDeferred));
  EXPECT_EQ(About(id, kAnn).changes, world_.now + seconds(30));
  ExpectOfferedAfter(id, seconds(30), kAnn);
}

TEST_F(RouteTest, FullAtTheLimitOfActiveSessionsAndHoldingMakesRoom) {
  GroupSettings settings;
  settings.max_active_sessions = 2;
  world_.Settings(settings);
  Configure(kAnn, [](TechnicianConfig& c) { c.capacity = 100; });
  Only(kAnn);
  const SessionId first = Accepted(kAnn);
  Accepted(kAnn);
  const SessionId third = Arrive();
  EXPECT_EQ(OfferedTo(third), TechnicianId{});
  EXPECT_EQ(About(third, kAnn).filters, Bit(Filter::kFull));
  Do(Hold(first, kAnn));
  EXPECT_EQ(OfferedTo(third), kAnn);
}

TEST_F(RouteTest, WeightsCountAgainstCapacity) {
  Policy([](RoutingPolicy& p) { p.weight = 3; });
  Configure(kAnn, [](TechnicianConfig& c) { c.capacity = 7; });
  Only(kAnn);
  const SessionId first = Accepted(kAnn);
  Accepted(kAnn);
  const SessionId third = Arrive();
  EXPECT_EQ(OfferedTo(third), TechnicianId{}) << "6 of 7 units are taken";
  EXPECT_EQ(About(third, kAnn).filters, Bit(Filter::kCapacity));
  Configure(kAnn, [](TechnicianConfig& c) { c.capacity = 8; });
  EXPECT_EQ(OfferedTo(third), TechnicianId{});
  Configure(kAnn, [](TechnicianConfig& c) { c.capacity = 9; });
  EXPECT_EQ(OfferedTo(third), kAnn);
  Do(Start(third, kAnn));
  const SessionId fourth = Arrive();
  EXPECT_EQ(OfferedTo(fourth), TechnicianId{});
  Do(End(first, kAnn));
  EXPECT_EQ(OfferedTo(fourth), kAnn);
}

TEST_F(RouteTest, AChangedWeightCountsForRunningSessionsToo) {
  Configure(kAnn, [](TechnicianConfig& c) { c.capacity = 4; });
  Only(kAnn);
  Accepted(kAnn);
  Accepted(kAnn);
  Policy([](RoutingPolicy& p) { p.weight = 2; });
  const SessionId id = Arrive();
  EXPECT_EQ(About(id, kAnn).filters, Bit(Filter::kCapacity));
  Policy([](RoutingPolicy& p) { p.weight = 1; });
  EXPECT_EQ(OfferedTo(id), kAnn);
}

TEST_F(RouteTest, BusyByTheGroupsSetting) {
  GroupSettings settings;
  settings.busy_at = 1;
  world_.Settings(settings);
  Only(kAnn);
  Accepted(kAnn);
  const SessionId id = Arrive();
  EXPECT_EQ(About(id, kAnn).filters, Bit(Filter::kBusy));
  settings.busy_at = 2;
  Do(command::PutGroup{guichet::Group{kDesk, "desk", settings}});
  EXPECT_EQ(OfferedTo(id), kAnn);
}

TEST_F(RouteTest, SkillsAreNeededAndRelaxAtTheirInstants) {
  Policy([](RoutingPolicy& p) { p.skills = {{kPrinters, 5, seconds(10), 2}}; });
  Configure(kAnn, [](TechnicianConfig& c) { c.skills = {{kPrinters, 3}}; });
  Configure(kBob, [](TechnicianConfig& c) { c.skills = {{kPrinters, 1}}; });
  const SessionId id = Arrive();
  EXPECT_EQ(About(id, kAnn).filters, Bit(Filter::kSkill));
  ExpectOfferedAfter(id, seconds(20), kAnn);
  Do(Away(kAnn, true));
  Pass(minutes(60));
  EXPECT_EQ(OfferedTo(id), TechnicianId{}) << "not below relax_to";
  EXPECT_EQ(NextChange(world_.org, world_.Get(id), world_.now), kNoTime);
  Configure(kBob, [](TechnicianConfig& c) { c.skills = {{kPrinters, 2}}; });
  EXPECT_EQ(OfferedTo(id), kBob);
}

TEST_F(RouteTest, SkillsThatRelaxToNothingAreNeededByNobodyAtLast) {
  Policy([](RoutingPolicy& p) { p.skills = {{kPrinters, 2, milliseconds(500), 0}, {SkillId{"danish"}, 1, seconds(5), 0}}; });
  Only(kCat);
  const SessionId id = Arrive();
  ExpectOfferedAfter(id, seconds(5), kCat);
}

TEST_F(RouteTest, SkillsWithoutRelaxingStay) {
  Policy([](RoutingPolicy& p) { p.skills = {{kPrinters, 2, {}, 1}}; });
  Configure(kBob, [](TechnicianConfig& c) { c.skills = {{SkillId{"danish"}, 9}, {kPrinters, 2}}; });
  EXPECT_EQ(OfferedTo(Arrive()), kBob);
  const SessionId id = Arrive();
  Pass(std::chrono::hours(24));
  EXPECT_EQ(About(id, kAnn).filters, Bit(Filter::kSkill));
}

TEST_F(RouteTest, LensSessionsGoToWhoMayAndHasNone) {
  guichet::Group group = world_.org.groups.at(kDesk);
  group.permissions.Set(Permission::kLens, false);
  Do(command::PutGroup{group});
  const SessionId first = Arrive({}, SessionType::kLens);
  EXPECT_EQ(About(first, kAnn).filters, Bit(Filter::kLens));
  const SessionId standard = Arrive();
  EXPECT_EQ(OfferedTo(standard), kAnn) << "what nobody may have blocks nobody";
  Do(Start(standard, kAnn));
  Only(kAnn);
  group.permissions = Permissions::Default();
  Do(command::PutGroup{group});
  EXPECT_EQ(OfferedTo(first), kAnn);
  Do(Start(first, kAnn));
  const SessionId second = Arrive({}, SessionType::kLens);
  EXPECT_EQ(About(second, kAnn).filters, Bit(Filter::kLens)) << "one at a time";
  Do(Hold(first, kAnn));
  EXPECT_EQ(OfferedTo(second), kAnn);
}

TEST_F(RouteTest, WhoLeadsAsManySessionsAsAnybodyMayIsGivenNoMore) {
  Policy([](RoutingPolicy& p) { p.mode = RoutingMode::kAutoStart; });
  Only(kAnn);
  Org org = world_.org;
  const auto arrives = [&] {
    const SessionId id =
        Apply(org, command::CreateSession{.method = Method::kChannelForm, .channel = kWeb}, "", world_.now)->session;
    EXPECT_TRUE(Apply(org, Attach(id), "", world_.now).ok());
    EXPECT_TRUE(Apply(org, command::Route{id}, "", world_.now).ok());
    return id;
  };
  SessionId id;
  for (size_t i = 0; i < limits::kLedSessions; ++i) {
    id = arrives();
    ASSERT_NE(FindSession(org, id)->lead(), nullptr) << i;
    if (i + 1 == limits::kLedSessions) break;
    ASSERT_TRUE(Apply(org, Hold(id, kAnn), "", world_.now).ok());
  }
  const SessionId over = arrives();
  EXPECT_EQ(FindSession(org, over)->lead(), nullptr);
  const RoutingRecord record = Consider(org, *FindSession(org, over), world_.now);
  EXPECT_EQ(record.removed[static_cast<size_t>(Filter::kFull)], 1u);
  EXPECT_EQ(RefusalOf(Decide(org, Start(over, kAnn), world_.now).status()).reason, "TOO_MANY_SESSIONS");
  ASSERT_TRUE(Apply(org, End(id, kAnn), "", world_.now).ok());
  EXPECT_EQ(FirstFor(org, kAnn, world_.now), over);
}

// --- order

TEST_F(RouteTest, PriorityIsAHeadStart) {
  guichet::Channel vip = web_;
  vip.id = kVip;
  vip.priority = 3;
  Put(vip);
  for (const bool overtakes : {true, false}) {
    for (const TechnicianId& id : {kAnn, kBob, kCat}) Do(Away(id, true));
    const SessionId usual = Arrive();
    Pass(seconds(90) + milliseconds(overtakes ? -1 : 0));
    const SessionId early = Arrive({}, SessionType::kStandard, kVip);
    EXPECT_EQ(PlaceOf(world_.org, world_.Get(early)), world_.now - seconds(90));
    Do(Away(kAnn, false));
    EXPECT_EQ(OfferedTo(overtakes ? early : usual), kAnn) << "in a tie who is there for longer";
    for (SessionId id : {usual, early}) Do(CustomerEnds(id));
  }
}

TEST_F(RouteTest, TheStepOfPriorityIsASettingOfTheOrganization) {
  guichet::Channel vip = web_;
  vip.id = kVip;
  vip.priority = 10;
  Put(vip);
  Do(command::UpdateOrg{"Acme", {minutes(2)}});
  for (const TechnicianId& id : {kAnn, kBob, kCat}) Do(Away(id, true));
  Arrive();
  Pass(minutes(19));
  const SessionId early = Arrive({}, SessionType::kStandard, kVip);
  Do(Away(kBob, false));
  EXPECT_EQ(OfferedTo(early), kBob);
}

TEST_F(RouteTest, ASessionKeepsItsPlaceWhileItsDeviceIsAway) {
  Only(kAnn);
  const SessionId first = Arrive();
  Pass(seconds(1));
  const SessionId second = Arrive();
  Do(Lose(first));
  EXPECT_EQ(OfferedTo(second), kAnn);
  Do(Attach(first));
  const SessionId third = Arrive();
  Do(Start(second, kAnn));
  EXPECT_EQ(OfferedTo(first), kAnn);
  EXPECT_EQ(OfferedTo(third), TechnicianId{});
}

TEST_F(RouteTest, OverflowGroupsAreAskedAfterTheWaitAndSeeTheSessionWhileItIsOffered) {
  world_.Group(kNight);
  world_.Technician(kDan, kNight);
  Policy([](RoutingPolicy& p) {
    p.overflow_after = seconds(30);
    p.overflow_groups = {kNight};
  });
  for (const TechnicianId& id : {kAnn, kBob, kCat}) Do(Away(id, true));
  const SessionId id = Arrive();
  EXPECT_EQ(Consider(world_.org, world_.Get(id), world_.now).considered, 3u);
  EXPECT_EQ(world_.See(id, kDan), EntryState::kRemoved);
  ExpectOfferedAfter(id, seconds(30), kDan);
  EXPECT_EQ(world_.See(id, kDan), EntryState::kWaiting);
  Do(command::RejectOffer{T(id, kDan), ""});
  EXPECT_EQ(world_.See(id, kDan), EntryState::kRemoved);
  ExpectOfferedAfter(id, web_.routing.retry_after, kDan);
  Do(Start(id, kDan));
  EXPECT_EQ(world_.See(id, kDan), EntryState::kActive);
  const SessionId ended = Arrive();
  Pass(seconds(30));
  EXPECT_EQ(OfferedTo(ended), kDan);
  Pass(web_.routing.offer_timeout);
  EXPECT_EQ(world_.See(ended, kDan), EntryState::kRemoved);
}

TEST_F(RouteTest, WhoIsNamedSeveralTimesIsConsideredOnce) {
  world_.Group(kNight);
  world_.Technician(kDan, kNight);
  web_.groups = {kDesk, kDesk};
  web_.technicians = {kAnn, kDan, kDan};
  Policy([](RoutingPolicy& p) {
    p.overflow_after = seconds(1);
    p.overflow_groups = {kDesk, kNight, kNight};
  });
  for (const TechnicianId& id : {kAnn, kBob, kCat, kDan}) Do(Away(id, true));
  const SessionId id = Arrive();
  EXPECT_EQ(Consider(world_.org, world_.Get(id), world_.now).considered, 4u);
  Pass(seconds(1));
  EXPECT_EQ(Consider(world_.org, world_.Get(id), world_.now).considered, 4u);
}

// --- the preferred technician

TEST_F(RouteTest, ThePreferredTechnicianIsAskedFirst) {
  RestInOrder({kAnn, kBob, kCat});
  EXPECT_EQ(OfferedTo(Arrive(kCat)), kCat);
}

TEST_F(RouteTest, ASessionWaitsForItsPreferredTechnicianAloneForSoLong) {
  Policy([](RoutingPolicy& p) { p.preferred_for = seconds(60); });
  Do(Away(kCat, true));
  const SessionId id = Arrive(kCat);
  EXPECT_EQ(About(id, kAnn).filters, Bit(Filter::kPreferred));
  Accepted(kAnn);  // it blocks nobody
  ExpectOfferedAfter(id, seconds(60), kBob);
}

TEST_F(RouteTest, ThePreferredTechnicianGetsItWhenHeIsFree) {
  Policy([](RoutingPolicy& p) { p.preferred_for = seconds(60); });
  Do(Away(kCat, true));
  const SessionId id = Arrive(kCat);
  Pass(seconds(59));
  Do(Away(kCat, false));
  EXPECT_EQ(OfferedTo(id), kCat);
  Pass(seconds(10));
  EXPECT_EQ(OfferedTo(id), kCat) << "the end of his time alone does not take back an offer";
  Do(command::RejectOffer{T(id, kCat), ""});
  EXPECT_EQ(OfferedTo(id), kAnn);
}

TEST_F(RouteTest, APreferredTechnicianWhoLetsItPassHasNoTimeAloneAnyMore) {
  Policy([](RoutingPolicy& p) { p.preferred_for = minutes(60); });
  SessionId id = Arrive(kCat);
  Do(command::RejectOffer{T(id, kCat), ""});
  EXPECT_EQ(OfferedTo(id), kAnn);
  Do(CustomerEnds(id));
  id = Arrive(kCat);
  Pass(web_.routing.offer_timeout);
  EXPECT_EQ(OfferedTo(id), kAnn);
}

TEST_F(RouteTest, ThePreferenceLapsesWhenHeIsNotThere) {
  Policy([](RoutingPolicy& p) { p.preferred_for = minutes(60); });
  world_.Group(kNight);
  world_.Technician(kDan, kNight);
  EXPECT_EQ(OfferedTo(Arrive(kDan)), kAnn) << "does not serve the channel";
  Do(SignOut(kCat, world_.now));
  const SessionId offline = Arrive(kCat);
  EXPECT_EQ(OfferedTo(offline), kBob);
  Do(Start(offline, kBob));
  Do(SignIn(kCat));
  Do(Away(kCat, true));
  SessionId waiting = Arrive(kCat);
  EXPECT_EQ(OfferedTo(waiting), TechnicianId{});
  Do(SignOut(kCat, world_.now));
  EXPECT_EQ(OfferedTo(waiting), kBob);
  Do(Start(waiting, kBob));

  Do(SignIn(kCat));
  waiting = Arrive(kCat);
  EXPECT_EQ(OfferedTo(waiting), TechnicianId{});
  Configure(kCat, [](TechnicianConfig& c) { c.group = kNight; });
  EXPECT_EQ(OfferedTo(waiting), kBob) << "serves it no more";
  Do(Start(waiting, kBob));

  Configure(kCat, [](TechnicianConfig& c) { c.group = kDesk; });
  waiting = Arrive(kCat);
  EXPECT_EQ(OfferedTo(waiting), TechnicianId{});
  Do(command::DeleteTechnician{kCat});
  EXPECT_EQ(OfferedTo(waiting), kBob);
}

TEST_F(RouteTest, APreferenceIsOneForTheFirstTimeInTheQueue) {
  Policy([](RoutingPolicy& p) { p.preferred_for = minutes(60); });
  const SessionId id = Arrive(kCat);
  Do(Start(id, kCat));
  Do(Transfer(id, kCat, kDesk));
  Do(Start(id, kBob));
  EXPECT_FALSE(world_.Get(id).preferred_only);
}

// --- offers

TEST_F(RouteTest, AnOfferIsExclusive) {
  const SessionId id = Arrive();
  ASSERT_EQ(OfferedTo(id), kAnn);
  EXPECT_EQ(world_.ReasonOf(Start(id, kBob)), "OFFERED_TO_ANOTHER");
  EXPECT_EQ(world_.ReasonOf(Transfer(id, kBob, kCat)), "OFFERED_TO_ANOTHER");
  EXPECT_EQ(world_.ReasonOf(command::RejectOffer{T(id, kBob), ""}), "NO_OFFER");
  EXPECT_EQ(world_.Views(id), "WAITING WAITING WAITING");
  const Epoch before = world_.Get(id).epoch;
  Do(Start(id, kAnn));
  EXPECT_EQ(world_.Views(id), "ACTIVE REMOVED REMOVED");
  EXPECT_EQ(world_.Get(id).epoch.value, before.value + 1);
  EXPECT_FALSE(world_.Due(id, TimerKind::kOffer));
  EXPECT_EQ(world_.ReasonOf(command::RejectOffer{T(id, kAnn), ""}), "NO_OFFER");
  Do(CustomerEnds(id));
  EXPECT_EQ(world_.ReasonOf(command::RejectOffer{T(id, kAnn), ""}), "SESSION_ENDED");
}

TEST_F(RouteTest, WhoIsOfferedASessionMayTransferIt) {
  const SessionId id = Arrive();
  Do(Transfer(id, kAnn, kCat));
  EXPECT_EQ(world_.Views(id), "OUTGOING REMOVED INCOMING");
  EXPECT_EQ(OfferedTo(Arrive()), kAnn);
  Do(Cancel(id, kAnn));
  EXPECT_EQ(OfferedTo(id), kBob) << "it waits again, and is offered again";
}

TEST_F(RouteTest, ARejectedOfferGoesToTheNextAndComesBackAfterTheRetryTime) {
  Policy([](RoutingPolicy& p) { p.retry_after = seconds(45); });
  Do(Away(kCat, true));
  const SessionId id = Arrive();
  const Time rejected = world_.now;
  Do(command::RejectOffer{T(id, kAnn), "lunch"});
  EXPECT_EQ(OfferedTo(id), kBob);
  ASSERT_EQ(world_.Get(id).declines.size(), 1u);
  EXPECT_EQ(world_.Get(id).declines[0], (Decline{kAnn, OfferEnd::kRejected, "lunch", rejected}));
  Pass(seconds(5));
  Do(command::RejectOffer{T(id, kBob), ""});
  EXPECT_EQ(About(id, kAnn).filters, Bit(Filter::kDeclined));
  EXPECT_EQ(About(id, kAnn).changes, rejected + seconds(45));
  const SessionId other = Arrive();
  EXPECT_EQ(OfferedTo(other), kAnn) << "who rejects one is asked for others";
  Do(Start(other, kAnn));
  ExpectOfferedAfter(id, seconds(40), kAnn);
}

TEST_F(RouteTest, AnOfferTimesOutAtItsInstantAndPausesWhoLetItPass) {
  Policy([](RoutingPolicy& p) {
    p.offer_timeout = seconds(15);
    p.retry_after = seconds(60);
  });
  Only(kAnn);
  const SessionId id = Arrive();
  EXPECT_EQ(world_.Get(id).offer->expires, world_.now + seconds(15));
  Pass(seconds(15) - milliseconds(1));
  EXPECT_EQ(OfferedTo(id), kAnn);
  Pass(milliseconds(1));
  EXPECT_EQ(OfferedTo(id), TechnicianId{});
  ASSERT_EQ(world_.Get(id).declines.size(), 1u);
  EXPECT_EQ(world_.Get(id).declines[0].cause, OfferEnd::kTimedOut);
  EXPECT_EQ(Of(kAnn).paused_until, world_.now + seconds(60));
  const SessionId other = Arrive();
  EXPECT_EQ(About(other, kAnn).filters, Bit(Filter::kPaused));
  EXPECT_EQ(About(id, kAnn).filters, Bit(Filter::kPaused) | Bit(Filter::kDeclined));
  Pass(seconds(60) - milliseconds(1));
  EXPECT_EQ(OfferedTo(id), TechnicianId{});
  EXPECT_EQ(OfferedTo(other), TechnicianId{});
  Pass(milliseconds(1));
  EXPECT_EQ(OfferedTo(id), kAnn) << "the first in line";
}

TEST_F(RouteTest, AnOfferIsWithdrawnWhenItsTechnicianGoesAndGoesToTheNext) {
  const std::vector<std::function<Command()>> ways = {
      [&] { return Away(kAnn, true); },
      [&] { return SignOut(kAnn, world_.now); },
      [&] {
        return command::SetInactive{kAnn, true};
      },
      [&] {
        return command::PutTechnician{kAnn, Config(kAnn, kDesk, false, true)};
      },
      [&] { return command::DeleteTechnician{kAnn}; },
  };
  for (const auto& way : ways) {
    world_ = World();
    Put(web_);
    const SessionId id = Arrive();
    ASSERT_EQ(OfferedTo(id), kAnn);
    Do(way());
    EXPECT_EQ(OfferedTo(id), kBob) << Text(way());
    EXPECT_TRUE(world_.Get(id).declines.empty());
    const guichet::Technician* ann = FindTechnician(world_.org, kAnn);
    EXPECT_TRUE(ann == nullptr || ann->paused_until == kNoTime);
  }
}

TEST_F(RouteTest, AWithdrawnOfferMayComeBackAtOnce) {
  Only(kAnn);
  const SessionId id = Arrive();
  Do(Away(kAnn, true));
  EXPECT_EQ(OfferedTo(id), TechnicianId{});
  Do(Away(kAnn, false));
  EXPECT_EQ(OfferedTo(id), kAnn);
}

TEST_F(RouteTest, ADeviceLostWhileItsSessionIsOfferedEndsTheOffer) {
  Only(kAnn);
  const SessionId id = Arrive();
  const SessionId other = Arrive();
  Do(Lose(id));
  EXPECT_EQ(OfferedTo(id), TechnicianId{});
  EXPECT_EQ(OfferedTo(other), kAnn);
  Do(Start(other, kAnn));
  Do(Attach(id));
  EXPECT_EQ(OfferedTo(id), kAnn);
}

TEST_F(RouteTest, ASessionThatEndsWhileItIsOfferedFreesItsTechnician) {
  Only(kAnn);
  const SessionId id = Arrive();
  const SessionId other = Arrive();
  Do(CustomerEnds(id));
  EXPECT_EQ(OfferedTo(other), kAnn);
}

TEST_F(RouteTest, DeclinesAreRememberedUpToTheLimit) {
  Policy([](RoutingPolicy& p) { p.retry_after = minutes(60); });
  Only(kAnn);
  Do(Away(kAnn, true));
  for (size_t i = 0; i <= limits::kDeclines; ++i) world_.Technician(Numbered(10 + i));
  const SessionId id = Arrive();
  for (size_t i = 0; i <= limits::kDeclines; ++i) {
    ASSERT_EQ(OfferedTo(id), Numbered(10 + i));
    EXPECT_EQ(world_.Get(id).declines.size(), i);
    Do(command::RejectOffer{T(id, OfferedTo(id)), ""});
  }
  EXPECT_EQ(world_.Get(id).declines.size(), limits::kDeclines) << "one over: the oldest is forgotten";
  EXPECT_EQ(OfferedTo(id), TechnicianId{"t10"});
}

// --- after-work

// Ways out of an active session of ann's, whose after-work begins then.
TEST_F(RouteTest, WrapUpBeginsWhicheverWayASessionLeavesItsTechnician) {
  struct Way {
    std::string name;
    std::function<void(SessionId)> leave;
    Duration idle_before{};  // it: ann has been idle for so long
  };
  GroupSettings settings;
  settings.idle_timeout = minutes(9);
  settings.console_lost_policy = ConsoleLostPolicy::kRequeue;
  const std::vector<Way> ways = {
      {"end", [&](SessionId id) { Do(End(id, kAnn)); }},
      {"customer ends", [&](SessionId id) { Do(CustomerEnds(id)); }},
      {"transfer",
       [&](SessionId id) {
         Do(Transfer(id, kAnn, kBob));
         EXPECT_EQ(Of(kAnn).wrap_up_until, kNoTime) << "it is hers until bob takes it";
         Pass(seconds(3));
         Do(Start(id, kBob));
       }},
      {"held and transferred",
       [&](SessionId id) {
         Do(Hold(id, kAnn));
         EXPECT_EQ(Of(kAnn).wrap_up_until, kNoTime);
         Do(Transfer(id, kAnn, kBob));
         Pass(seconds(3));
         Do(Start(id, kBob));
       },
       seconds(3)},
      {"hand-over",
       [&](SessionId id) {
         Do(Invite(id, kAnn, kBob));
         Do(Start(id, kBob));
         Do(Offer(id, kAnn, kBob));
         Do(Accept(id, kBob));
       }},
      {"idle time-out",
       [&](SessionId id) {
         Pass(minutes(9) - seconds(10));
         EXPECT_EQ(world_.See(id, kAnn), EntryState::kTimedOut);
       }},
      {"console lost",
       [&](SessionId id) {
         Do(SignOut(kAnn, world_.now));
         Pass(minutes(5));
         EXPECT_EQ(world_.Get(id).lead(), nullptr);
         Do(SignIn(kAnn));
       }},
      {"given to another by an administrator",
       [&](SessionId id) {
         Do(command::PutTechnician{kAnn, Config(kAnn, kDesk, false, true), false, kBob});
         EXPECT_EQ(LeadOf(id), kBob);
         Do(command::PutTechnician{kAnn, Config(kAnn)});
         Do(SignIn(kAnn));
       }},
  };
  for (const Way& way : ways) {
    SCOPED_TRACE(way.name);
    world_ = World(settings);
    web_.routing.wrap_up = seconds(40);
    Put(web_);
    const SessionId id = Accepted(kAnn);
    for (const TechnicianId& other : {kBob, kCat}) Configure(other, [](TechnicianConfig& c) { c.routing_exempt = true; });
    Pass(seconds(10));
    way.leave(id);
    const Time left = world_.now;
    ASSERT_EQ(Of(kAnn).wrap_up_until, left + seconds(40));
    const Time idle_since = Of(kAnn).idle_since;
    EXPECT_EQ(left - idle_since, way.idle_before);
    const SessionId next = Arrive();
    EXPECT_NE(About(next, kAnn).filters & Bit(Filter::kWrapUp), 0u);
    Pass(seconds(40) - milliseconds(1));
    EXPECT_NE(OfferedTo(next), kAnn);
    Pass(milliseconds(1));
    EXPECT_TRUE(OfferedTo(next) == kAnn || world_.org.offers.contains(kAnn));
    if (world_.Gone(id) || world_.See(id, kAnn) == EntryState::kRemoved) continue;
    if (!world_.Get(id).ended_already()) continue;
    Do(End(id, kAnn));
    EXPECT_EQ(Of(kAnn).wrap_up_until, left + seconds(40)) << "dismissing what ended is no work";
    EXPECT_EQ(Of(kAnn).idle_since, idle_since);
  }
}

TEST_F(RouteTest, WrapUpIsHonouredAcrossChannels) {
  guichet::Channel vip = web_;
  vip.id = kVip;
  Put(vip);
  Policy([](RoutingPolicy& p) { p.wrap_up = seconds(40); });
  Only(kAnn);
  const SessionId id = Accepted(kAnn);
  Do(End(id, kAnn));
  const SessionId next = Arrive({}, SessionType::kStandard, kVip);
  ExpectOfferedAfter(next, seconds(40), kAnn);
}

TEST_F(RouteTest, PrivateSessionsHaveNoWrapUp) {
  Policy([](RoutingPolicy& p) { p.wrap_up = seconds(40); });
  Only(kAnn);
  const SessionId id = world_.Active(kAnn);
  Do(End(id, kAnn));
  EXPECT_EQ(OfferedTo(Arrive()), kAnn);
}

TEST_F(RouteTest, HandledTimeIsOfEachTechnicianAndCountsOnce) {
  Only(kAnn);
  const Queue queue{kWeb, {}};
  const SessionId id = Accepted(kAnn);
  Pass(minutes(10));
  Do(Away(kBob, false));
  Do(Transfer(id, kAnn, kBob));
  Do(Start(id, kBob));
  EXPECT_EQ(world_.org.stats.at(queue).served, 1u);
  EXPECT_EQ(world_.org.stats.at(queue).mean_handle, minutes(10));
  Pass(minutes(10));
  Do(CustomerEnds(id));
  EXPECT_EQ(world_.org.stats.at(queue).served, 2u);
  EXPECT_EQ(world_.org.stats.at(queue).mean_handle, minutes(10)) << "not the 20 minutes of both";
  Pass(minutes(10));
  Do(End(id, kBob));
  EXPECT_EQ(world_.org.stats.at(queue).served, 2u) << "dismissing is not handling";
}

// --- auto-start

TEST_F(RouteTest, AutoStartStartsForTheTechnicianInOneCommit) {
  Policy([](RoutingPolicy& p) { p.mode = RoutingMode::kAutoStart; });
  RestInOrder({kBob, kAnn, kCat});
  const SessionId id = world_.FromChannel();
  EXPECT_EQ(world_.Views(id), "WAITING WAITING WAITING");
  const Step step = world_.Do(command::Route{id});
  EXPECT_EQ(step.entry.trigger, Trigger::kAutoStart);
  ASSERT_EQ(step.entry.events.size(), 2u);
  const auto& offered = std::get<event::Offered>(step.entry.events[0]);
  EXPECT_EQ(offered.technician, kBob);
  EXPECT_EQ(offered.expires, kNoTime);
  EXPECT_EQ(Winner(offered.record), kBob);
  EXPECT_EQ(std::get<event::LeadTaken>(step.entry.events[1]).technician, kBob);
  EXPECT_EQ(world_.Views(id), "REMOVED ACTIVE REMOVED");
  EXPECT_EQ(OfferedTo(id), TechnicianId{});
}

TEST_F(RouteTest, AGroupsAutoStartServesItsMembersInChannelsWithoutRouting) {
  world_.Group(kNight);
  world_.Technician(kDan, kNight);
  web_.technicians = {kDan};
  Policy([](RoutingPolicy& p) { p.mode = RoutingMode::kManual; });
  SessionId id = Arrive();
  EXPECT_EQ(LeadOf(id), TechnicianId{}) << "technicians pick";
  EXPECT_FALSE(RoutesByItself(world_.org, {kWeb, {}}));
  GroupSettings settings;
  settings.auto_start_channel = true;
  Do(command::PutGroup{guichet::Group{kNight, "night", settings}});
  EXPECT_TRUE(RoutesByItself(world_.org, {kWeb, {}}));
  EXPECT_EQ(LeadOf(id), kDan) << "the oldest, at once";
  Do(Away(kDan, true));
  id = Arrive();
  EXPECT_EQ(About(id, kAnn).filters, Bit(Filter::kManual));
  EXPECT_EQ(LeadOf(id), TechnicianId{});
  Do(Away(kDan, false));
  EXPECT_EQ(LeadOf(id), kDan);
}

TEST_F(RouteTest, AnOverflowGroupsAutoStartServesTooAfterTheWait) {
  GroupSettings settings;
  settings.auto_start_channel = true;
  world_.Group(kNight, settings);
  world_.Technician(kDan, kNight);
  Policy([](RoutingPolicy& p) {
    p.mode = RoutingMode::kManual;
    p.overflow_after = seconds(30);
    p.overflow_groups = {kNight};
  });
  const SessionId id = Arrive();
  Pass(seconds(30) - milliseconds(1));
  EXPECT_EQ(LeadOf(id), TechnicianId{});
  Pass(milliseconds(1));
  EXPECT_EQ(LeadOf(id), kDan);
}

TEST_F(RouteTest, InManualChannelsTechniciansPickWhatIsNotOffered) {
  Policy([](RoutingPolicy& p) { p.mode = RoutingMode::kManual; });
  const SessionId id = Arrive();
  EXPECT_TRUE(world_.Do(command::Route{id}).entry.events.empty());
  Do(Start(id, kCat));
  EXPECT_EQ(LeadOf(id), kCat);
}

// --- roster

TEST_F(RouteTest, TheRecordDoesNotDependOnTheOrderOfTheRoster) {
  for (int i = 0; i < 40; ++i) {
    const TechnicianId id = Numbered((i * 7) % 40);
    world_.Technician(id, kDesk, false, i % 3 == 0);
    if (i % 5 == 0) world_.Do(Away(id, true));
  }
  world_.Do(command::DeleteTechnician{TechnicianId{"t3"}});
  RunRouting(world_);
  const SessionId id = world_.FromChannel();
  Org rebuilt = world_.org;
  RebuildIndexes(rebuilt);
  const RoutingRecord record = Consider(world_.org, world_.Get(id), world_.now);
  EXPECT_EQ(record, Consider(rebuilt, *FindSession(rebuilt, id), world_.now));
  EXPECT_EQ(record.considered, 42u);
  EXPECT_EQ(record.candidates.size(), record.eligible + 16u) << "named are 16 of each sort";
  EXPECT_EQ(Winner(record), Winner(Consider(world_.org, world_.Get(id), world_.now, 1)));
  EXPECT_EQ(BestFor(world_.org, world_.Get(id), world_.now), Winner(record));
}

}  // namespace
}  // namespace guichet::testing

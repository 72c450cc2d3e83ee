// Boards by themselves: who is told of what, and how often.
#include "router/boards.h"

#include "gtest/gtest.h"
#include "router/limits.h"
#include "router/streams.h"
#include "statemachine/refusal.h"
#include "statemachine/step.h"

namespace guichet::router {
namespace {

using std::chrono::seconds;

const ChannelId kWeb{"web"};
const ChannelId kShop{"shop"};
const GroupId kDesk{"desk"};
const GroupId kNight{"night"};
const TechnicianId kAnn{"ann"};
const TechnicianId kBob{"bob"};

// Remembers what it is told.
class Eye : public Looker {
 public:
  using Looker::Show;
  void Show(const Seen<Place>& seen) override { places.push_back(seen); }
  void Show(const Seen<Availability>& seen) override { availabilities.push_back(seen); }
  void ShowGone() override { gone = true; }
  std::vector<Seen<Place>> places;
  std::vector<Seen<Availability>> availabilities;
  bool gone = false;
};

class BoardsTest : public ::testing::Test {
 protected:
  BoardsTest() {
    Do(command::CreateOrg{OrgId{"acme"}, "Acme", ApiKey{KeyId{"first"}, KeyRole::kAdministrator}});
    for (const GroupId& id : {kDesk, kNight}) Do(command::PutGroup{Group{id, id.value}, true});
    Hire(kAnn, kDesk);
    Hire(kBob, kNight);
    Put(kWeb, {kDesk});
    Put(kShop, {kNight});
  }
  Step Do(const Command& command) {
    absl::StatusOr<Step> step = Apply(org, command, "test", now);
    EXPECT_TRUE(step.ok()) << step.status();
    if (step.ok()) boards.Note(org, *step);
    return step.ok() ? *step : Step{};
  }
  void Hire(const TechnicianId& id, const GroupId& group) {
    TechnicianConfig config;
    config.display_name = id.value;
    config.group = group;
    Do(command::PutTechnician{id, config, true, {}});
  }
  void Put(const ChannelId& id, const std::vector<GroupId>& groups) {
    Channel channel;
    channel.id = id;
    channel.display_name = id.value;
    channel.groups = groups;
    Do(command::PutChannel{channel, !org.channels.contains(id)});
  }
  SessionId Arrive(const ChannelId& channel = kWeb) {
    const SessionId id =
        Do(command::CreateSession{.method = Method::kChannelForm, .channel = channel, .device_token_hash = "token"}).session;
    Do(command::AttachDevice{id, ""});
    return id;
  }
  std::shared_ptr<Eye> Look(SessionId id) {
    auto eye = std::make_shared<Eye>();
    EXPECT_TRUE(boards.Look(org, org.sessions.at(id), eye, now).ok());
    return eye;
  }
  std::shared_ptr<Eye> Look(const ChannelId& id) {
    auto eye = std::make_shared<Eye>();
    boards.Look(org, id, eye, now);
    return eye;
  }
  // The end of a turn; how many were told.
  size_t Tell() {
    const auto told = boards.Compute(org, now, next);
    for (const auto& tell : told) tell();
    return told.size();
  }

  Org org;
  Time now{std::chrono::hours(24 * 365 * 50)};
  Boards boards;
  Time next{};
};

TEST_F(BoardsTest, OnlyThoseWhoseViewDiffersAreTold) {
  const SessionId first = Arrive();
  const SessionId second = Arrive();
  const SessionId third = Arrive();
  auto of_first = Look(first);
  auto of_second = Look(second);
  auto of_third = Look(third);
  Tell();
  EXPECT_EQ(Tell(), 0u) << "nothing is marked";
  Do(command::CustomerEnd{second});
  EXPECT_EQ(Tell(), 2u);
  EXPECT_EQ(of_first->places.size(), 0u);
  EXPECT_EQ(of_second->places.at(0).view.state, Place::State::kEnded);
  EXPECT_EQ(of_third->places.at(0).view.position, 2u);
  EXPECT_EQ(of_third->places.at(0).revision, org.revision);
  Arrive();
  EXPECT_EQ(Tell(), 0u) << "behind all who look";
}

TEST_F(BoardsTest, ManyChangesOfATurnAreToldOnce) {
  std::vector<SessionId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(Arrive());
  auto last = Look(ids.back());
  Tell();
  for (int i = 0; i < 4; ++i) Do(command::CustomerEnd{ids[i]});
  EXPECT_EQ(Tell(), 1u);
  EXPECT_EQ(last->places.at(0).view.position, 1u);
}

TEST_F(BoardsTest, ABoardRestsTheLongerTheMoreLook) {
  const size_t many = 3 * kToldPerMs;
  std::vector<SessionId> ids;
  std::vector<std::shared_ptr<Eye>> eyes;
  for (size_t i = 0; i < many; ++i) {
    ids.push_back(Arrive());
    eyes.push_back(Look(ids.back()));
  }
  Tell();
  EXPECT_EQ(next, kNoTime);
  Do(command::CustomerEnd{ids[0]});
  EXPECT_EQ(Tell(), 1u) << "an end is told at once";
  EXPECT_EQ(next, now + Duration(3));
  EXPECT_TRUE(boards.marked());
  Do(command::CustomerEnd{ids[1]});
  now += Duration(2);
  EXPECT_EQ(Tell(), 1u);
  now += Duration(1);
  EXPECT_EQ(Tell(), many - 2) << "the others once, of both";
  EXPECT_EQ(next, kNoTime);
  EXPECT_EQ(eyes.back()->places.size(), 1u);
  EXPECT_EQ(eyes.back()->places.back().view.position, many - 2);
}

TEST_F(BoardsTest, WhoServesTheQueueMattersAndNobodyElse) {
  auto of_web = Look(kWeb);
  auto of_shop = Look(kShop);
  Tell();
  Do(command::AttachConsole{kAnn, "desk"});
  EXPECT_EQ(Tell(), 1u);
  EXPECT_EQ(of_web->availabilities.at(0).view.technicians, (std::array<size_t, 4>{1, 1, 1, 1}));
  Do(command::SetIntent{kAnn, true, ""});
  EXPECT_EQ(Tell(), 1u);
  EXPECT_EQ(of_web->availabilities.at(1).view.technicians, (std::array<size_t, 4>{0, 1, 0, 1}));
  Do(command::SetForeground{kAnn, SessionId{}});
  EXPECT_EQ(Tell(), 0u);
  EXPECT_EQ(of_shop->availabilities.size(), 0u);
  // Another group serves, as the channel or the technician changes.
  Put(kShop, {kNight, kDesk});
  EXPECT_EQ(Tell(), 1u);
  TechnicianConfig moved = org.technicians.at(kAnn);
  moved.group = kNight;
  Put(kShop, {kDesk});
  Tell();
  Do(command::PutTechnician{kAnn, moved, false, {}});
  EXPECT_EQ(Tell(), 2u) << "she serves neither";
  EXPECT_EQ(of_web->availabilities.back().view.technicians[3], 0u);
  EXPECT_EQ(of_shop->availabilities.back().view.technicians[3], 0u);
}

TEST_F(BoardsTest, WhoIsGoneIsForgotten) {
  const SessionId id = Arrive();
  auto eye = Look(id);
  Look(kWeb);
  EXPECT_EQ(boards.boards(), 1u);
  eye.reset();
  Arrive();
  EXPECT_EQ(Tell(), 0u);
  EXPECT_EQ(boards.boards(), 0u);
  Arrive();
  EXPECT_FALSE(boards.marked());
  // What was only asked about goes with its next change.
  EXPECT_EQ(boards.PlaceOf(org, org.sessions.at(id), now).position, 1u);
  EXPECT_EQ(boards.boards(), 1u);
  Arrive();
  Tell();
  EXPECT_EQ(boards.boards(), 0u);
}

TEST_F(BoardsTest, AnAnswerBetweenChangesIsOfThatMoment) {
  const SessionId first = Arrive();
  const SessionId second = Arrive();
  EXPECT_EQ(boards.PlaceOf(org, org.sessions.at(second), now).position, 2u);
  Do(command::CustomerEnd{first});
  EXPECT_EQ(boards.PlaceOf(org, org.sessions.at(second), now).position, 1u) << "in the same turn";
}

TEST_F(BoardsTest, SecondLookersAreToldWhatTheFirstWere) {
  const SessionId first = Arrive();
  const SessionId second = Arrive();
  auto one = Look(second);
  Do(command::CustomerEnd{first});
  auto two = Look(second);  // sees the change before it is told
  Tell();
  EXPECT_EQ(one->places.at(0).view.position, 1u);
  std::vector<std::shared_ptr<Eye>> eyes;
  for (size_t i = 2; i < kLookersPerSession; ++i) eyes.push_back(Look(second));
  auto over = std::make_shared<Eye>();
  const auto refused = boards.Look(org, org.sessions.at(second), over, now);
  EXPECT_EQ(RefusalOf(refused.status()).reason, Name(Reason::kTooManyStreams));
  two.reset();
  EXPECT_TRUE(boards.Look(org, org.sessions.at(second), over, now).ok());
}

TEST_F(BoardsTest, WhoLooksInBetweenIsToldWhenItIsAsBefore) {
  auto one = Look(kWeb);
  Do(command::AttachConsole{kAnn, "desk"});
  auto two = std::make_shared<Eye>();
  EXPECT_EQ(boards.Look(org, kWeb, two, now).view.technicians[0], 1u);
  Do(command::DetachConsole{kAnn, now});
  Tell();
  EXPECT_EQ(two->availabilities.at(0).view.technicians[0], 0u);
}

TEST_F(BoardsTest, ADeletedChannelIsGone) {
  auto eye = Look(kShop);
  Do(command::DeleteChannel{kShop});
  Tell();
  EXPECT_TRUE(eye->gone);
  EXPECT_EQ(boards.boards(), 0u);
}

TEST(PlaceTest, WhatTimeAloneChangesIsNoReason) {
  Place told{.state = Place::State::kWaiting, .position = 2, .estimate = WaitEstimate{seconds(100), seconds(200)}};
  Place seen = told;
  seen.waited = seconds(5);
  seen.estimate->p50 = seconds(95);
  EXPECT_TRUE(seen.IsAs(told));
  seen.estimate->p50 = seconds(85);
  EXPECT_FALSE(seen.IsAs(told));
  seen.estimate.reset();
  EXPECT_FALSE(seen.IsAs(told));
  told.estimate = WaitEstimate{Duration(100), Duration(900)};
  seen.estimate = WaitEstimate{Duration(1000), Duration(1800)};
  EXPECT_TRUE(seen.IsAs(told)) << "within a second";
  seen.notice = "come back";
  EXPECT_FALSE(seen.IsAs(told));
}

TEST(StreamsTest, KindsAreCountedApart) {
  Streams streams;
  for (const auto& [kind, limit] : {std::pair(StreamKind::kPosition, kPositionStreams), {StreamKind::kAgent, kAgentStreams}}) {
    std::vector<std::unique_ptr<Streams::Ticket>> tickets;
    for (size_t i = 0; i < limit; ++i) {
      auto ticket = streams.Add(kind, Principal{}, {});
      ASSERT_TRUE(ticket.ok()) << i;
      tickets.push_back(*std::move(ticket));
    }
    EXPECT_EQ(RefusalOf(streams.Add(kind, Principal{}, {}).status()).reason, Name(Reason::kTooManyStreams));
    EXPECT_TRUE(streams.Add(StreamKind::kWatch, Principal{}, {}).ok()) << "consoles are not crowded out";
    EXPECT_TRUE(streams.Add(StreamKind::kDevice, Principal{}, {}).ok()) << "nor customers";
    tickets.pop_back();
    EXPECT_TRUE(streams.Add(kind, Principal{}, {}).ok());
  }
}

// A stream that notes how it was ended.
class Silent final : public OpenStream {
 public:
  void EndStream(absl::Status why) override { end = why; }
  void Tick(Time) override {}
  absl::Status end;
};

TEST(StreamsTest, TheNewcomerWhoIsSilentForLongestMakesRoom) {
  Streams streams;
  std::vector<std::shared_ptr<Silent>> silent;
  std::vector<std::unique_ptr<Streams::Ticket>> tickets;
  const auto come = [&] {
    silent.push_back(std::make_shared<Silent>());
    tickets.push_back(*streams.Add(StreamKind::kNewcomer, Principal{}, silent.back()));
  };
  for (size_t i = 0; i < kNewcomers; ++i) come();
  EXPECT_TRUE(silent[0]->end.ok());
  EXPECT_TRUE(streams.Admit(tickets[0]->id(), StreamKind::kDevice).ok());
  come();
  EXPECT_TRUE(silent[1]->end.ok()) << "the first is none any more";
  come();
  EXPECT_EQ(RefusalOf(silent[1]->end).reason, Name(Reason::kTooManyStreams));
  EXPECT_EQ(RefusalOf(streams.Admit(tickets[1]->id(), StreamKind::kDevice)).reason, Name(Reason::kTooManyStreams));
  EXPECT_TRUE(silent[0]->end.ok());
  EXPECT_TRUE(silent[2]->end.ok());
  tickets.erase(tickets.begin() + 2);
  come();
  EXPECT_TRUE(silent[3]->end.ok()) << "one has gone";
  EXPECT_EQ(streams.count(StreamKind::kDevice), 1u);
  tickets.clear();
  EXPECT_EQ(streams.count(StreamKind::kDevice), 0u);
  EXPECT_EQ(streams.count(StreamKind::kNewcomer), 0u);
}

TEST(StreamsTest, NewcomersAreAdmittedUpToTheLimitOfWhatTheyAre) {
  Streams streams;
  std::vector<std::unique_ptr<Streams::Ticket>> tickets;
  for (size_t i = 0; i < kDeviceStreams; ++i) {
    tickets.push_back(*streams.Add(StreamKind::kNewcomer, Principal{}, {}));
    ASSERT_TRUE(streams.Admit(tickets.back()->id(), StreamKind::kDevice).ok()) << i;
  }
  tickets.push_back(*streams.Add(StreamKind::kNewcomer, Principal{}, {}));
  EXPECT_EQ(RefusalOf(streams.Admit(tickets.back()->id(), StreamKind::kDevice)).reason, Name(Reason::kTooManyStreams));
  EXPECT_TRUE(streams.Admit((*streams.Add(StreamKind::kNewcomer, Principal{}, {}))->id(), StreamKind::kAgent).ok());
}

}  // namespace
}  // namespace guichet::router

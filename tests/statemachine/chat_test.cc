// Chat (domain.md §7): who may write, when, and how much.
#include "gtest/gtest.h"
#include "statemachine/limits.h"
#include "tests/statemachine/world.h"

namespace guichet::testing {
namespace {

Command Say(SessionId id, const TechnicianId& t, bool technicians_only = false) {
  return command::SendChat{T(id, t), technicians_only, "hello"};
}
Command CustomerSays(SessionId id) { return command::CustomerChat{id, "hello"}; }

TEST(Chat, LeadCollaboratorsAndCustomerWriteNobodyElse) {
  World world;
  const SessionId id = world.Active();
  world.Do(Invite(id, kAnn, kBob));
  EXPECT_EQ(world.ReasonOf(Say(id, kBob)), "NOT_IN_SESSION") << "an invitee has not joined";
  world.Do(Start(id, kBob));
  for (const TechnicianId& t : {kAnn, kBob}) {
    for (bool technicians_only : {false, true}) EXPECT_EQ(world.ReasonOf(Say(id, t, technicians_only)), "");
  }
  EXPECT_EQ(world.ReasonOf(CustomerSays(id)), "");
  EXPECT_EQ(world.ReasonOf(Say(id, kCat)), "NOT_IN_SESSION");
  EXPECT_EQ(world.Get(id).messages, 4u);
  EXPECT_EQ(world.Get(id).customer_messages, 1u);
}

TEST(Chat, SwitchedOffForTheCustomerTechniciansGoOnAmongThemselves) {
  World world;
  const SessionId id = world.Active();
  world.Do(command::SetChat{T(id, kAnn), true});
  EXPECT_EQ(world.ReasonOf(CustomerSays(id)), "CHAT_OFF");
  EXPECT_EQ(world.ReasonOf(Say(id, kAnn)), "CHAT_OFF");
  EXPECT_EQ(world.ReasonOf(Say(id, kAnn, true)), "");
  world.Do(command::SetChat{T(id, kAnn), false});
  EXPECT_EQ(world.ReasonOf(CustomerSays(id)), "");
}

TEST(Chat, GoesOnWhileTheDeviceIsAwayAndEndsWithTheSession) {
  World world;
  const SessionId id = world.Active();
  world.Do(Lose(id));
  EXPECT_EQ(world.ReasonOf(Say(id, kAnn)), "");
  EXPECT_EQ(world.ReasonOf(CustomerSays(id)), "") << "its applet may have another way to the daemon";
  world.Do(Attach(id));
  world.Do(CustomerEnds(id));
  EXPECT_EQ(world.ReasonOf(Say(id, kAnn)), "SESSION_ENDED");
  EXPECT_EQ(world.ReasonOf(CustomerSays(id)), "SESSION_ENDED");
  EXPECT_EQ(world.ReasonOf(CustomerSays(SessionId{99})), "SESSION_NOT_FOUND");
}

TEST(Chat, WhoWaitsCanWriteBeforeSomebodyIsThere) {
  World world;
  const SessionId id = world.Private();
  EXPECT_EQ(world.ReasonOf(CustomerSays(id)), "");
  EXPECT_EQ(world.ReasonOf(Say(id, kAnn)), "NOT_IN_SESSION");
}

TEST(Chat, WhereNobodySitsNobodyIsWrittenTo) {
  World world;
  const SessionId id = world.Active();
  world.org.sessions.at(id).type = SessionType::kLan;
  EXPECT_EQ(world.ReasonOf(Say(id, kAnn)), "SESSION_KIND");
  EXPECT_EQ(world.ReasonOf(Say(id, kAnn, true)), "");
}

TEST(Chat, NobodyWritesBeforeTheAppletAttached) {
  World world;
  world.Channel({kAnn});
  const SessionId id = world.Do(command::CreateSession{.method = Method::kChannelForm, .channel = kWeb}).session;
  EXPECT_EQ(world.ReasonOf(CustomerSays(id)), "LINK_NOT_ATTACHED");
}

TEST(Chat, EachSideHasALimitOfItsOwn) {
  World world;
  const SessionId id = world.Active();
  world.org.sessions.at(id).messages = limits::kChatMessages - 1;
  EXPECT_EQ(world.ReasonOf(Say(id, kAnn)), "");
  EXPECT_EQ(world.ReasonOf(Say(id, kAnn)), "TOO_MANY");
  world.org.sessions.at(id).customer_messages = limits::kChatMessages - 1;
  EXPECT_EQ(world.ReasonOf(CustomerSays(id)), "");
  EXPECT_EQ(world.ReasonOf(CustomerSays(id)), "TOO_MANY");
}

TEST(Chat, ACustomerWritesTwentyAtOnceAndOneASecond) {
  World world;
  const SessionId id = world.Active();
  for (size_t i = 0; i < limits::kCustomerChatBurst; ++i) EXPECT_EQ(world.ReasonOf(CustomerSays(id)), "") << i;
  EXPECT_EQ(world.ReasonOf(CustomerSays(id)), "TOO_FAST");
  EXPECT_EQ(RefusalOf(world.Try(CustomerSays(id)).status()).retry, limits::kCustomerChatEvery);
  world.now += limits::kCustomerChatEvery;
  EXPECT_EQ(world.ReasonOf(CustomerSays(id)), "");
  EXPECT_EQ(world.ReasonOf(CustomerSays(id)), "TOO_FAST");
  EXPECT_EQ(world.ReasonOf(Say(id, kAnn)), "") << "technicians are not held back";
}

}  // namespace
}  // namespace guichet::testing

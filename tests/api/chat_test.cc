// Chat over the API: durable, in one order for everybody, read on after an absence.
#include "router/limits.h"
#include "statemachine/limits.h"
#include "tests/api/sessions.h"

namespace guichet::api_test {
namespace {

class Chat : public ::testing::Test {
 protected:
  Chat() {
    sessions.Attach(world.ann);
    sessions.Attach(world.bob);
    customer = sessions.Waiting();
    session = customer.id;
    world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(session), world.ann);
  }
  pb::SendChatRequest By(const std::string& text, bool technicians_only = false) const {
    auto request = World::On<pb::SendChatRequest>(session);
    request.set_text(text);
    request.set_technicians_only(technicians_only);
    return request;
  }
  uint64_t Say(const std::string& token, const std::string& text, bool technicians_only = false) {
    return world.Must<pb::SendChatResponse>(By(text, technicians_only), token).revision();
  }
  // Of the session, page by page; "ann: hello".
  std::vector<std::string> Read(const std::string& token, int page_size = 100) {
    std::vector<std::string> texts;
    pb::ListChatRequest request;
    request.set_session_id(session);
    request.set_page_size(page_size);
    do {
      const auto page = world.Must<pb::ListChatResponse>(request, token);
      for (const pb::ChatMessage& m : page.messages())
        texts.push_back((m.name().empty() ? "customer" : m.name()) + ": " + m.text());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return texts;
  }
  std::unique_ptr<ChatWatch> Watch(const std::string& token, const std::string& after = "") {
    pb::WatchChatRequest request;
    request.set_session_id(session);
    request.set_resume_token(after);
    return std::make_unique<ChatWatch>(world.client(), request, token);
  }
  std::string Name(const std::string& id) { return world.Technician(id).display_name(); }
  using Texts = std::vector<std::string>;

  World world;
  Sessions sessions{world};
  Entered customer;
  uint64_t session = 0;
};

TEST_F(Chat, EverybodyReadsTheSameInTheSameOrder) {
  Say(world.ann, "How can I help?");
  Say(customer.token, "It is on fire.");
  const Texts all = {Name("ann") + ": How can I help?", "customer: It is on fire."};
  for (const std::string& token : {world.ann, world.integrator, customer.token}) {
    EXPECT_EQ(Read(token), all);
    EXPECT_EQ(Read(token, 1), all);
  }
}

TEST_F(Chat, WhatIsForTechniciansTheCustomerNeverSees) {
  auto watch = Watch(customer.token);
  Say(world.ann, "He is difficult.", true);
  Say(world.ann, "Hello!");
  EXPECT_EQ(watch->NextMessage().text(), "Hello!");
  EXPECT_EQ(Read(customer.token), (Texts{Name("ann") + ": Hello!"}));
  EXPECT_EQ(Read(world.ann).size(), 2u);
  const pb::ChatMessage seen = Watch(world.ann)->NextMessage();
  EXPECT_TRUE(seen.technicians_only());
  EXPECT_EQ(seen.technician_id(), "ann");
  EXPECT_EQ(Watch(customer.token)->NextMessage().technician_id(), "") << "a customer gets the name alone";
}

TEST_F(Chat, WhoWasAwayReadsOn) {
  auto watch = Watch(customer.token);
  Say(world.ann, "one");
  EXPECT_EQ(watch->NextMessage().text(), "one");
  const std::string have = watch->Have();
  watch.reset();
  sessions.devices.clear();
  Say(world.ann, "two");
  world.daemon.Restart();
  Say(world.ann, "three");
  watch = Watch(customer.token, have);
  EXPECT_EQ(watch->NextMessage().text(), "two");
  EXPECT_EQ(watch->NextMessage().text(), "three");
  Say(world.ann, "four");
  EXPECT_EQ(watch->NextMessage().text(), "four");
}

TEST_F(Chat, AWatchEndsWithTheSessionAfterTheLastWord) {
  auto of_customer = Watch(customer.token);
  auto of_ann = Watch(world.ann);
  Say(world.ann, "Bye.");
  world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(session), world.ann);
  for (ChatWatch* watch : {of_customer.get(), of_ann.get()}) {
    EXPECT_EQ(watch->NextMessage().text(), "Bye.");
    EXPECT_TRUE(watch->End().ok());
  }
  EXPECT_EQ(world.Call<pb::SendChatResponse>(By("too late"), customer.token).outcome.reason, "SESSION_ENDED");
  EXPECT_EQ(Read(customer.token), (Texts{Name("ann") + ": Bye."})) << "he may still read";
  auto again = Watch(customer.token);
  EXPECT_EQ(again->NextMessage().text(), "Bye.");
  EXPECT_TRUE(again->End().ok());
}

TEST_F(Chat, AWatchEndsForWhoIsOut) {
  auto invite = World::On<pb::InviteTechnicianRequest>(session);
  invite.set_invitee_technician_id("bob");
  world.Must<pb::InviteTechnicianResponse>(invite, world.ann);
  world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(session), world.bob);
  auto watch = Watch(world.bob);
  Say(world.bob, "I am here.");
  EXPECT_EQ(watch->NextMessage().text(), "I am here.");
  world.Must<pb::LeaveSessionResponse>(World::On<pb::LeaveSessionRequest>(session), world.bob);
  EXPECT_EQ(watch->End().reason, "NOT_IN_SESSION");
  EXPECT_EQ(world.Call<pb::SendChatResponse>(By("again"), world.bob).outcome.reason, "NOT_IN_SESSION");
}

TEST_F(Chat, IsRefusedForThoseWhoHaveNoPartInIt) {
  EXPECT_EQ(world.Call<pb::SendChatResponse>(By("hello"), world.cid).outcome.reason, "NOT_IN_SESSION");
  pb::ListChatRequest list;
  list.set_session_id(session);
  EXPECT_EQ(world.Call<pb::ListChatResponse>(list, world.cid).outcome.reason, "SESSION_NOT_FOUND");
  EXPECT_EQ(Watch(world.cid)->End().reason, "SESSION_NOT_FOUND");
  EXPECT_EQ(world.Call<pb::ListChatResponse>(list, "").outcome.code, grpc::UNAUTHENTICATED);
  EXPECT_EQ(world.Call<pb::ListChatResponse>(list, customer.token + "x").outcome.code, grpc::UNAUTHENTICATED);
  list.set_session_id(session + 1);
  EXPECT_EQ(world.Call<pb::ListChatResponse>(list, customer.token).outcome.metadata["field"], "session_id");
  EXPECT_EQ(world.Call<pb::ListChatResponse>(list, world.ann).outcome.reason, "SESSION_NOT_FOUND");
}

TEST_F(Chat, CanBeTurnedOffForTheCustomer) {
  auto off = World::On<pb::SetChatRequest>(session);
  off.set_off(true);
  world.Must<pb::SetChatResponse>(off, world.ann);
  EXPECT_EQ(world.Call<pb::SendChatResponse>(By("hello"), customer.token).outcome.reason, "CHAT_OFF");
  EXPECT_EQ(world.Call<pb::SendChatResponse>(By("hello"), world.ann).outcome.reason, "CHAT_OFF");
  Say(world.ann, "among us", true);
}

TEST_F(Chat, HasLimitsThatNameTheField) {
  std::string longest;
  for (size_t i = 0; i < limits::kChatChars; ++i) longest += "ü";
  Say(world.ann, longest);
  Say(customer.token, longest);
  for (const std::string& token : {world.ann, customer.token}) {
    EXPECT_EQ(world.Call<pb::SendChatResponse>(By(longest + "x"), token).outcome.metadata["field"], "text");
    EXPECT_EQ(world.Call<pb::SendChatResponse>(By(""), token).outcome.metadata["field"], "text");
  }
  EXPECT_EQ(world.Call<pb::SendChatResponse>(By("x", true), customer.token).outcome.code, grpc::PERMISSION_DENIED);
}

TEST_F(Chat, ARepeatedMessageIsOne) {
  auto by_ann = By("once");
  by_ann.set_request_id("a");
  auto by_customer = By("once too");
  by_customer.set_request_id("a");
  for (int i = 0; i < 2; ++i) {
    world.Must<pb::SendChatResponse>(by_ann, world.ann);
    world.Must<pb::SendChatResponse>(by_customer, customer.token);
  }
  EXPECT_EQ(Read(world.ann).size(), 2u);
}

TEST_F(Chat, HasALimitOfWatchesForEachSide) {
  for (const auto& [token, limit] :
       {std::pair(world.ann, router::kChatsOfTechnicians), {customer.token, router::kChatsOfCustomer}}) {
    std::vector<std::unique_ptr<ChatWatch>> watches;
    const std::string before = Watch(token)->Live();
    Say(world.ann, "hello");
    for (size_t i = 0; i < limit; ++i) {
      watches.push_back(Watch(token, before));
      EXPECT_EQ(watches.back()->NextMessage().text(), "hello");
    }
    EXPECT_EQ(Watch(token, before)->End().reason, "TOO_MANY_STREAMS");
    const std::string& other = token == world.ann ? customer.token : world.ann;
    EXPECT_EQ(Watch(other, before)->NextMessage().text(), "hello") << "the other side";
    Say(world.ann, "more");
    for (const auto& watch : watches) EXPECT_EQ(watch->NextMessage().text(), "more") << "those that are there stay";
  }
}

TEST_F(Chat, AWatchTellsWhenTheHistoryIsThrough) {
  auto of_nothing = Watch(world.ann);
  const pb::WatchChatResponse live = of_nothing->Next();
  EXPECT_FALSE(live.has_message());
  EXPECT_EQ(live.revision(), world.Revision());
  Say(world.ann, "hello");
  EXPECT_EQ(of_nothing->Next().message().text(), "hello");
  auto watch = Watch(customer.token);
  EXPECT_EQ(watch->Next().message().text(), "hello");
  EXPECT_FALSE(watch->Next().has_message());
}

TEST_F(Chat, AnotherSessionsTokenIsRefused) {
  Say(world.ann, "here");
  const uint64_t here = session;
  const Entered other = sessions.Waiting();
  for (const std::string& token : {world.ann, world.integrator, customer.token}) {
    session = here;
    EXPECT_EQ(Watch(token, "no token")->End().metadata["field"], "resume_token");
    const std::string have = Watch(token)->Live();
    session = other.id;
    const std::string& there = token == customer.token ? other.token : world.integrator;
    const Outcome refused = Watch(there, have)->End();
    EXPECT_EQ(refused.code, grpc::INVALID_ARGUMENT) << refused;
    EXPECT_EQ(refused.metadata.at("field"), "resume_token");
  }
}

TEST_F(Chat, ACustomerWhoFloodsIsToldWhenToGoOn) {
  for (size_t i = 0; i < limits::kCustomerChatBurst; ++i) Say(customer.token, "!");
  const Outcome refused = world.Call<pb::SendChatResponse>(By("!"), customer.token).outcome;
  EXPECT_EQ(refused.code, grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(refused.reason, "TOO_FAST");
  world.daemon.clock().Advance(limits::kCustomerChatEvery);
  Say(customer.token, "!");
}

// More than a page of them.
TEST_F(Chat, ALongOneIsReadFromTheStore) {
  constexpr int kMany = 600;
  for (int i = 0; i < kMany; ++i) Say(i % 40 != 0 ? world.ann : customer.token, std::to_string(i));
  auto watch = Watch(customer.token);
  for (int i = 0; i < kMany; ++i) ASSERT_EQ(watch->NextMessage().text(), std::to_string(i));
  EXPECT_EQ(Read(world.ann, 500).size(), static_cast<size_t>(kMany));
  // Also once the session has left memory.
  pb::AttachRequest end;
  end.mutable_end();
  sessions.devices.back()->Send(end);
  world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(session), world.ann);
  watch = Watch(customer.token);
  for (int i = 0; i < kMany; ++i) ASSERT_EQ(watch->NextMessage().text(), std::to_string(i));
  EXPECT_TRUE(watch->End().ok());
}

}  // namespace
}  // namespace guichet::api_test

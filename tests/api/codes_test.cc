// RedeemCode: one use, how a code may be typed, and the budget of wrong guesses.
#include <algorithm>

#include "router/limits.h"
#include "tests/api/world.h"

namespace guichet::api_test {
namespace {

class Codes : public ::testing::Test {
 protected:
  Answer<pb::RedeemCodeResponse> Redeem(const std::string& code, const std::string& device = "d",
                                        const std::string& request_id = "") {
    pb::RedeemCodeRequest request;
    request.set_code(code);
    request.set_device_id(device);
    request.set_request_id(request_id);
    return world.Call<pb::RedeemCodeResponse>(request, "");
  }
  std::string Link() {
    pb::CreateSessionRequest request;
    request.set_method(pb::METHOD_LINK);
    const auto created = world.Must<pb::CreateSessionResponse>(request, world.ann);
    EXPECT_EQ(created.link(), "https://support.example/join/" + created.code());
    EXPECT_EQ(created.code().size(), 26u);
    return created.code();
  }
  std::string Pin() { return world.CreatePin(world.ann).code(); }
  // A PIN that is not live: the only live one is `pin`.
  static std::string Wrong(const std::string& pin) { return pin == "000000" ? "000001" : "000000"; }
  World world;
};

TEST_F(Codes, SpacesDashesAndCaseDoNotMatter) {
  const std::string pin = Pin();
  EXPECT_TRUE(Redeem(" " + pin.substr(0, 3) + "-" + pin.substr(3) + " ").ok());
  std::string link = Link();
  for (char& c : link) c = static_cast<char>(std::toupper(c));
  EXPECT_TRUE(Redeem(link.substr(0, 10) + " " + link.substr(10)).ok());
}

TEST_F(Codes, ACodeIsUsedOnce) {
  for (const std::string& code : {Pin(), Link()}) {
    EXPECT_TRUE(Redeem(code, "one").ok());
    for (const char* device : {"one", "two"}) {
      const Outcome again = Redeem(code, device).outcome;
      EXPECT_EQ(again.code, grpc::NOT_FOUND) << again;
      EXPECT_EQ(again.reason, "CODE_NOT_FOUND");
    }
  }
}

TEST_F(Codes, TheSameRequestMayRepeatItForTwoMinutesAcrossARestart) {
  const std::string code = Pin();
  const auto first = Redeem(code, "d", "r");
  ASSERT_TRUE(first.ok()) << first.outcome;
  world.daemon.clock().Advance(minutes(1));
  EXPECT_EQ(Redeem(code, "d", "r")->device_token(), first->device_token());
  EXPECT_EQ(Redeem(code, "other", "r").outcome.code, grpc::NOT_FOUND);
  world.daemon.Restart();
  EXPECT_EQ(Redeem(code, "d", "r")->device_token(), first->device_token());
  EXPECT_EQ(Redeem(code, "other", "r").outcome.code, grpc::NOT_FOUND);
  world.daemon.clock().Advance(minutes(1));
  EXPECT_EQ(Redeem(code, "d", "r").outcome.code, grpc::NOT_FOUND);
}

TEST_F(Codes, ExpiredAndEndedOnesAreGone) {
  const std::string code = Pin();
  world.daemon.clock().Advance(minutes(20) - milliseconds(1));
  EXPECT_TRUE(Redeem(code).ok() || world.Revision() > 0);
  const auto created = world.CreatePin(world.ann);
  EXPECT_EQ(created.session().code_expire_time().seconds() - created.session().create_time().seconds(), 20 * 60);
  world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(created.session().session_id()), world.ann);
  EXPECT_EQ(Redeem(created.code()).outcome.reason, "CODE_NOT_FOUND");
  pb::UpdateGroupRequest group;
  group.mutable_group()->set_group_id("desk");
  group.mutable_group()->mutable_settings()->mutable_private_code_validity()->set_seconds(60);
  world.Must<pb::UpdateGroupResponse>(group, world.admin);
  const std::string late = Pin();
  world.daemon.clock().Advance(minutes(1));
  EXPECT_EQ(Redeem(late).outcome.reason, "CODE_NOT_FOUND");
}

TEST_F(Codes, WrongCodesAreBudgetedPerDevice) {
  const std::string code = Pin();
  for (size_t i = 0; i < router::kGuessesPerDevice; ++i)
    EXPECT_EQ(Redeem(Wrong(code), "guesser").outcome.code, grpc::NOT_FOUND);
  const Outcome refused = Redeem(code, "guesser").outcome;
  EXPECT_EQ(refused.code, grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(refused.reason, "TOO_MANY_GUESSES");
  ASSERT_TRUE(refused.retry.has_value());
  EXPECT_GT(refused.retry->count(), 0);
  EXPECT_TRUE(Redeem(code, "honest").ok()) << "a neighbour is locked out";
  world.daemon.clock().Advance(*refused.retry);
  EXPECT_EQ(Redeem(Wrong(code), "guesser").outcome.code, grpc::NOT_FOUND);
}

TEST_F(Codes, WrongCodesAreBudgetedPerPeer) {
  const std::string code = Pin();
  for (size_t i = 0; i < router::kGuessesPerPeer; ++i) {
    ASSERT_EQ(Redeem(Wrong(code), "device-" + std::to_string(i)).outcome.code, grpc::NOT_FOUND);
  }
  EXPECT_EQ(Redeem(code, "another").outcome.reason, "TOO_MANY_GUESSES");
  Client other(world.daemon.daemon().port());  // another port of the same address is the same peer
  pb::RedeemCodeRequest request;
  request.set_code(code);
  request.set_device_id("x");
  EXPECT_EQ(other.Call<pb::RedeemCodeResponse>(request, "").outcome.reason, "TOO_MANY_GUESSES");
  world.daemon.clock().Advance(router::kGuessWindow);
  EXPECT_TRUE(Redeem(Pin(), "another").ok());
}

TEST_F(Codes, PinsGrowWhileCodesAreGuessedAndShrinkAfterwards) {
  const std::string first = Pin();
  EXPECT_EQ(first.size(), 6u);
  EXPECT_EQ(Pin().size(), 6u);
  for (size_t i = 0; i < router::kGuessesPerPeer; ++i) (void)Redeem(Wrong(first), "device-" + std::to_string(i));
  world.daemon.clock().Advance(minutes(1));
  const std::string longer = Pin();
  EXPECT_EQ(longer.size(), 9u);
  world.daemon.clock().Advance(router::kGuessWindow - minutes(1));  // a minute before nobody is waited for any longer
  const auto redeemed = Redeem(longer.substr(0, 3) + " " + longer.substr(3, 3) + "-" + longer.substr(6));
  EXPECT_TRUE(redeemed.ok()) << redeemed.outcome;
  world.daemon.clock().Advance(router::kBudgetRefill);
  EXPECT_TRUE(Redeem(Pin()).ok());
  EXPECT_EQ(Pin().size(), 6u);
}

TEST_F(Codes, ATypoThatItsCustomerMakesGoodIsForgotten) {
  std::vector<std::string> pins;
  while (pins.size() < 300) pins.push_back(Pin());
  std::string wrong = "000000";
  while (std::find(pins.begin(), pins.end(), wrong) != pins.end()) ++wrong.back();
  EXPECT_EQ(Redeem(wrong).outcome.code, grpc::NOT_FOUND);
  EXPECT_EQ(Pin().size(), 9u);
  EXPECT_TRUE(Redeem(pins[0], "another").ok());
  EXPECT_EQ(Pin().size(), 9u);
  EXPECT_TRUE(Redeem(pins[1]).ok());
  EXPECT_EQ(Pin().size(), 6u);
}

TEST_F(Codes, ImpossibleCodesAreWrongCodes) {
  for (const char* code : {"1", "12345", "1234567", "abcdef", "------", "99999999999999999999999999"}) {
    EXPECT_EQ(Redeem(code, code).outcome.reason, "CODE_NOT_FOUND") << code;
  }
}

}  // namespace
}  // namespace guichet::api_test

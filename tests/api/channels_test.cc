// The customers' entrance: the form and its rules, the place in the queue and the wait, leaving it.
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "router/limits.h"
#include "statemachine/limits.h"
#include "tests/api/admin.h"

namespace guichet::api_test {
namespace {

using State = pb::QueuePosition;

class PositionWatch : public Watching<pb::ChannelService::Stub, pb::WatchPositionRequest, pb::WatchPositionResponse> {
 public:
  PositionWatch(const Client& client, const std::string& token)
      : Watching(client, &pb::ChannelService::Stub::WatchPosition, pb::WatchPositionRequest(), token) {}
  // Skips what comes before.
  pb::QueuePosition Until(const std::function<bool(const pb::QueuePosition&)>& fits) {
    pb::WatchPositionResponse message;
    while (Read(&message)) {
      if (fits(message.position())) return message.position();
    }
    ADD_FAILURE() << "the watch has ended before the place that is waited for";
    return {};
  }
};

class Channels : public ::testing::Test {
 protected:
  Channels() : sessions(world) {}

  void Set(const std::string& fields) {
    world.Must<pb::UpdateChannelResponse>(Text<pb::UpdateChannelRequest>("channel { channel_id: 'help' " + fields + " }"),
                                          world.admin);
  }
  pb::GetFormRequest Form(const std::string& channel = "help", const std::string& organization = "acme") {
    pb::GetFormRequest request;
    request.set_organization_id(organization);
    request.set_channel_id(channel);
    return request;
  }
  pb::SubmitFormRequest Filled(const std::vector<std::string>& fields = {}) {
    pb::SubmitFormRequest request;
    request.set_organization_id("acme");
    request.set_channel_id("help");
    request.set_device_id("device");
    for (const std::string& field : fields) request.add_custom_fields(field);
    return request;
  }
  Outcome Submit(const std::vector<std::string>& fields = {}) {
    return world.Call<pb::SubmitFormResponse>(Filled(fields), "").outcome;
  }
  pb::QueuePosition Place(const std::string& token) {
    return world.Must<pb::GetPositionResponse>(pb::GetPositionRequest(), token).position();
  }
  uint64_t Leave(const std::string& token) {
    return world.Must<pb::LeaveQueueResponse>(pb::LeaveQueueRequest(), token).revision();
  }
  void Start(uint64_t id, const std::string& token) {
    world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(id), token);
  }
  void End(uint64_t id, const std::string& token) {
    world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(id), token);
  }
  // ann works on a session for so long; nobody else's heartbeat may be due meanwhile.
  void Serve(seconds duration) {
    const uint64_t id = sessions.Active(world.ann);
    sessions.consoles.front()->Beat(++beats);
    world.daemon.clock().Advance(duration);
    End(id, world.ann);
    sessions.devices.pop_back();
  }
  std::string Today() {
    const auto now = absl::FromUnixMillis(world.daemon.clock().Now().time_since_epoch().count());
    return absl::FormatTime("%Y-%m-%d", now, absl::UTCTimeZone());
  }

  World world;
  Sessions sessions;
  uint64_t beats = 0;
};

// --- the form

TEST_F(Channels, AFormTellsWhatIsAskedAndWhetherAnybodyServes) {
  Set("display_name: 'Help' fields { label: 'Serial' required: true pattern: '[0-9]+' } fields { label: 'Product' choices: 'a' "
      "} "
      "hours { time_zone: 'Europe/Zurich' days_off: '2020-12-25' } "
      "nobody_online { action: ACTION_NOTIFY notice: 'Come back at nine' }");
  auto form = world.Must<pb::GetFormResponse>(Form(), "");
  EXPECT_EQ(form.display_name(), "Help");
  ASSERT_EQ(form.fields_size(), 2);
  EXPECT_EQ(form.fields(0).ShortDebugString(), "label: \"Serial\" required: true pattern: \"[0-9]+\"");
  EXPECT_EQ(form.fields(1).choices(0), "a");
  EXPECT_TRUE(form.open());
  EXPECT_EQ(form.hours().time_zone(), "Europe/Zurich");
  EXPECT_FALSE(form.served());
  EXPECT_EQ(form.fallback().notice(), "Come back at nine");
  sessions.Attach(world.ann);
  form = world.Must<pb::GetFormResponse>(Form(), "");
  EXPECT_TRUE(form.served());
  EXPECT_FALSE(form.has_fallback());
}

TEST_F(Channels, AStrangerDoesNotLearnWhichOrganizationsExist) {
  const Outcome no_channel = world.Call<pb::GetFormResponse>(Form("nothing"), "").outcome;
  const Outcome no_organization = world.Call<pb::GetFormResponse>(Form("nothing", "nobody"), "").outcome;
  EXPECT_EQ(no_channel.reason, "CHANNEL_NOT_FOUND");
  EXPECT_EQ(no_organization.code, no_channel.code);
  EXPECT_EQ(no_organization.reason, no_channel.reason);
  EXPECT_EQ(no_organization.message, no_channel.message);
  EXPECT_EQ(no_organization.metadata, no_channel.metadata);
}

TEST_F(Channels, AFormIsCheckedByTheRulesOfItsChannel) {
  Set("fields { label: 'Serial' required: true pattern: '[0-9]+' } fields { choices: 'printer' choices: 'scanner' }");
  EXPECT_EQ(Submit().fields, std::vector<std::string>{"custom_fields[0]"});
  EXPECT_EQ(Submit({" "}).fields, std::vector<std::string>{"custom_fields[0]"});
  EXPECT_EQ(Submit({"12a"}).fields, std::vector<std::string>{"custom_fields[0]"});
  EXPECT_EQ(Submit({"12", "plotter"}).fields, std::vector<std::string>{"custom_fields[1]"});
  EXPECT_TRUE(Submit({"12"}).ok());
  EXPECT_TRUE(Submit({"12", "scanner", "what I like"}).ok());
  // Rules apply as they are at that moment, and a repetition is answered as the first time.
  pb::SubmitFormRequest form = Filled({"12"});
  form.set_request_id("once");
  const auto first = world.Must<pb::SubmitFormResponse>(form, "");
  Set("fields { label: 'Serial' required: true pattern: '[a-z]+' }");
  EXPECT_EQ(world.Must<pb::SubmitFormResponse>(form, "").session_id(), first.session_id());
  EXPECT_FALSE(Submit({"12"}).ok());
}

TEST_F(Channels, AClosedChannelSendsCustomersToItsPage) {
  sessions.Attach(world.ann);
  Set("hours { days_off: '" + Today() + "' } out_of_hours { action: ACTION_END page_url: 'https://example.com/closed' }");
  const Outcome closed = Submit();
  EXPECT_EQ(closed.code, grpc::FAILED_PRECONDITION) << closed;
  EXPECT_EQ(closed.reason, "CHANNEL_CLOSED");
  EXPECT_EQ(closed.metadata.at("page_url"), "https://example.com/closed");
  const auto form = world.Must<pb::GetFormResponse>(Form(), "");
  EXPECT_FALSE(form.open());
  EXPECT_TRUE(form.served());
  EXPECT_EQ(form.fallback().page_url(), "https://example.com/closed");
  Set("hours { days_off: '2020-12-25' }");
  EXPECT_TRUE(Submit().ok());
}

TEST_F(Channels, SoDoesOneThatNobodyServes) {
  Set("nobody_online { action: ACTION_END page_url: 'https://example.com/nobody' }");
  EXPECT_EQ(Submit().metadata["page_url"], "https://example.com/nobody");
  sessions.Attach(world.ann);
  EXPECT_TRUE(Submit().ok());
}

// --- the place

TEST_F(Channels, ThePlaceIsInTheOrderOfServiceAndMovesUp) {
  sessions.Attach(world.ann);
  const Entered first = world.Enter();
  EXPECT_EQ(Place(first.token).state(), State::STATE_NOT_ATTACHED);
  EXPECT_EQ(Place(first.token).position(), 0u);
  const Entered second = sessions.Waiting();
  world.daemon.clock().Advance(seconds(2));
  const Entered third = sessions.Waiting();
  world.daemon.clock().Advance(std::chrono::milliseconds(1));
  Device late(world.client(), first.token);
  late.Hello();
  EXPECT_EQ(Place(second.token).position(), 1u);
  EXPECT_EQ(Place(second.token).waited().seconds(), 2);
  EXPECT_EQ(Place(third.token).position(), 2u);
  EXPECT_EQ(Place(first.token).position(), 3u) << "it arrived when its applet attached";
  EXPECT_EQ(Place(first.token).state(), State::STATE_WAITING);
  Start(second.id, world.ann);
  EXPECT_EQ(Place(second.token).state(), State::STATE_STARTED);
  EXPECT_EQ(Place(second.token).waited().seconds(), 2);
  EXPECT_EQ(Place(third.token).position(), 1u);
  EXPECT_EQ(Place(first.token).position(), 2u);
}

TEST_F(Channels, WatchersAreToldWhenTheirPlaceChangesAndUntilItIsOver) {
  sessions.Attach(world.ann);
  const Entered first = sessions.Waiting();
  const Entered second = sessions.Waiting();
  const Entered third = sessions.Waiting();
  PositionWatch of_first(world.client(), first.token);
  PositionWatch of_second(world.client(), second.token);
  PositionWatch of_third(world.client(), third.token);
  EXPECT_EQ(of_first.Next().position().position(), 1u);
  EXPECT_EQ(of_second.Next().position().position(), 2u);
  EXPECT_EQ(of_third.Next().position().position(), 3u);
  Start(first.id, world.ann);
  const auto started = of_first.Next();
  EXPECT_EQ(started.position().state(), State::STATE_STARTED);
  EXPECT_EQ(started.revision(), world.Get(first.id).revision());
  EXPECT_TRUE(of_first.End().ok());
  EXPECT_EQ(of_second.Next().position().position(), 1u);
  EXPECT_EQ(of_third.Next().position().position(), 2u);
  // Nothing of theirs changes when somebody arrives behind them: the next message is of the next change.
  sessions.Waiting();
  Leave(second.token);
  EXPECT_EQ(of_second.Next().position().state(), State::STATE_ENDED);
  EXPECT_TRUE(of_second.End().ok());
  EXPECT_EQ(of_third.Next().position().position(), 1u);
}

TEST_F(Channels, WatchersSeeThatTheyAreAwayBackAndOffered) {
  Set("routing { mode: ROUTING_MODE_OFFER offer_timeout { seconds: 5 } retry_after { seconds: 600 } }");
  const Entered entered = world.Enter();
  PositionWatch watch(world.client(), entered.token);
  EXPECT_EQ(watch.Next().position().state(), State::STATE_NOT_ATTACHED);
  Device device(world.client(), entered.token);
  device.Hello();
  EXPECT_EQ(watch.Next().position().position(), 1u);
  sessions.Attach(world.ann);
  EXPECT_EQ(watch.Next().position().state(), State::STATE_OFFERED);
  world.daemon.clock().Advance(seconds(5));
  EXPECT_EQ(watch.Next().position().state(), State::STATE_WAITING);
  pb::AttachRequest rebooting;
  rebooting.mutable_rebooting()->set_kind(pb::REBOOT_KIND_NORMAL);
  device.Send(rebooting);
  EXPECT_EQ(watch.Next().position().state(), State::STATE_NOT_ATTACHED);
  Device back(world.client(), entered.token);
  back.Hello();
  EXPECT_EQ(watch.Next().position().position(), 1u) << "the place is kept";
}

TEST_F(Channels, ARedirectedSessionHasAPlaceInItsNextQueue) {
  world.Must<pb::CreateChannelResponse>(Text<pb::CreateChannelRequest>("channel { channel_id: 'vip' group_ids: 'desk' }"),
                                        world.admin);
  sessions.Waiting("vip");
  const Entered entered = sessions.Waiting();
  PositionWatch watch(world.client(), entered.token);
  EXPECT_EQ(watch.Next().position().position(), 1u);
  Set("redirects { when: WHEN_AT_ONCE channel_id: 'vip' }");
  EXPECT_EQ(watch.Next().position().position(), 2u);
  EXPECT_EQ(Place(entered.token).position(), 2u);
}

TEST_F(Channels, AnEstimateIsGivenOnceEnoughIsKnown) {
  sessions.Attach(world.ann);
  for (size_t i = 1; i < limits::kEstimateServed; ++i) Serve(seconds(5));
  const Entered thin = sessions.Waiting();
  EXPECT_FALSE(Place(thin.token).has_estimate()) << "one session fewer than it takes";
  EXPECT_FALSE(world.Get(thin.id).has_told_wait());
  Leave(thin.token);
  Serve(seconds(5));
  const Entered told = sessions.Waiting();
  ASSERT_TRUE(Place(told.token).has_estimate());
  EXPECT_TRUE(world.Get(told.id).has_told_wait());
  const auto estimate = Place(told.token).estimate();
  EXPECT_LE(estimate.p50().seconds(), estimate.p90().seconds());
  // Nobody is there: how long it takes is not known.
  PositionWatch watch(world.client(), told.token);
  EXPECT_TRUE(watch.Next().position().has_estimate());
  pb::SetStatusRequest away;
  away.set_status(pb::TECHNICIAN_STATUS_AWAY);
  world.Must<pb::SetStatusResponse>(away, world.ann);
  EXPECT_FALSE(watch.Next().position().has_estimate());
  EXPECT_FALSE(Place(told.token).has_estimate());
}

TEST_F(Channels, TheCustomerIsToldThatNobodyServes) {
  Set("nobody_online { action: ACTION_NOTIFY notice: 'Come back at nine' }");
  const Entered entered = sessions.Waiting();
  PositionWatch watch(world.client(), entered.token);
  EXPECT_EQ(watch.Next().position().notice(), "Come back at nine");
  EXPECT_EQ(Place(entered.token).notice(), "Come back at nine");
  sessions.Attach(world.ann);
  EXPECT_EQ(watch.Next().position().notice(), "");
}

TEST_F(Channels, APrivateSessionHasNoPlaceInALine) {
  pb::RedeemCodeRequest redeem;
  redeem.set_code(world.CreatePin(world.ann).code());
  redeem.set_device_id("device");
  const auto entered = world.Must<pb::RedeemCodeResponse>(redeem, "");
  PositionWatch watch(world.client(), entered.device_token());
  EXPECT_EQ(watch.Next().position().state(), State::STATE_NOT_ATTACHED);
  Device device(world.client(), entered.device_token());
  device.Hello();
  const auto place = watch.Next().position();
  EXPECT_EQ(place.state(), State::STATE_WAITING);
  EXPECT_EQ(place.position(), 0u);
  sessions.Attach(world.ann);
  Start(entered.session_id(), world.ann);
  EXPECT_EQ(watch.Next().position().state(), State::STATE_STARTED);
}

// --- leaving

TEST_F(Channels, LeavingEndsTheSessionAndMayBeRepeated) {
  sessions.Attach(world.ann);
  const Entered entered = sessions.Waiting();
  const uint64_t revision = Leave(entered.token);
  EXPECT_EQ(world.Get(entered.id).outcome(), pb::OUTCOME_CLOSED_BY_WAITING_CUSTOMER);
  EXPECT_EQ(world.Get(entered.id).revision(), revision);
  EXPECT_EQ(Leave(entered.token), revision);
  EXPECT_EQ(Place(entered.token).state(), State::STATE_ENDED);
  PositionWatch late(world.client(), entered.token);
  EXPECT_EQ(late.Next().position().state(), State::STATE_ENDED);
  EXPECT_TRUE(late.End().ok());
  world.daemon.Restart();
  EXPECT_EQ(Leave(entered.token), revision);
  EXPECT_EQ(Place(entered.token).state(), State::STATE_ENDED);
}

TEST_F(Channels, SoDoesLeavingAfterTheStart) {
  sessions.Attach(world.ann);
  const uint64_t id = sessions.Active(world.ann);
  const Entered entered = sessions.Waiting();
  Start(entered.id, world.ann);
  Leave(entered.token);
  // Its lead shows the ended session: it is in memory.
  EXPECT_EQ(world.Get(entered.id).outcome(), pb::OUTCOME_CLOSED_BY_CUSTOMER);
  Leave(entered.token);
  EXPECT_EQ(Place(entered.token).state(), State::STATE_ENDED);
  PositionWatch late(world.client(), entered.token);
  EXPECT_EQ(late.Next().position().state(), State::STATE_ENDED);
  EXPECT_TRUE(late.End().ok());
  EXPECT_EQ(world.Get(id).outcome(), pb::OUTCOME_UNSPECIFIED);
}

// --- whose token it is

TEST_F(Channels, OnlyTheSessionsOwnTokenCounts) {
  const Entered mine = sessions.Waiting();
  const Entered other = sessions.Waiting();
  const std::string secret = mine.token.substr(mine.token.rfind('_'));
  MakeOrganization(world.client(), "rival");
  for (const std::string& token : {std::string(), std::string("garbage"), world.ann, world.admin, mine.token + "x",
                                   absl::StrCat("gd_acme_", other.id, secret), absl::StrCat("gd_acme_999", secret),
                                   absl::StrCat("gd_rival_", mine.id, secret), absl::StrCat("gd_nobody_", mine.id, secret)}) {
    SCOPED_TRACE(token);
    EXPECT_EQ(world.Call<pb::GetPositionResponse>(pb::GetPositionRequest(), token).outcome.reason, "UNAUTHENTICATED");
    EXPECT_EQ(world.Call<pb::LeaveQueueResponse>(pb::LeaveQueueRequest(), token).outcome.reason, "UNAUTHENTICATED");
    EXPECT_EQ(PositionWatch(world.client(), token).End().reason, "UNAUTHENTICATED");
  }
  EXPECT_EQ(Place(other.token).position(), 2u);
}

TEST_F(Channels, ACustomerHasAFewWatches) {
  const Entered entered = sessions.Waiting();
  std::vector<std::unique_ptr<PositionWatch>> watches;
  for (size_t i = 0; i < router::kLookersPerSession; ++i) {
    watches.push_back(std::make_unique<PositionWatch>(world.client(), entered.token));
    EXPECT_EQ(watches.back()->Next().position().position(), 1u);
  }
  EXPECT_EQ(PositionWatch(world.client(), entered.token).End().reason, "TOO_MANY_STREAMS");
  EXPECT_EQ(Place(entered.token).position(), 1u);
  Leave(entered.token);
  for (const auto& watch : watches) {
    EXPECT_EQ(watch->Next().position().state(), State::STATE_ENDED);
    EXPECT_TRUE(watch->End().ok());
  }
}

TEST_F(Channels, ADrainingDaemonEndsTheWatches) {
  PositionWatch watch(world.client(), sessions.Waiting().token);
  watch.Next();
  sessions.devices.clear();
  world.daemon.Stop();
  EXPECT_EQ(watch.End().reason, "DRAINING");
}

}  // namespace
}  // namespace guichet::api_test

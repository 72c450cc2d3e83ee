// The streams of applets and consoles: presence, heartbeats, who wins, what the customer is told.
#include <thread>

#include "router/limits.h"
#include "tests/api/sessions.h"

namespace guichet::api_test {
namespace {

constexpr milliseconds kGrace = seconds(20);

class Attach : public ::testing::Test {
 protected:
  static pb::AttachRequest Hello() {
    pb::AttachRequest request;
    request.mutable_hello();
    return request;
  }
  World world;
};

TEST_F(Attach, HelloMustComeFirstAndOnce) {
  const std::string token = world.Enter().token;
  pb::AttachRequest beat;
  beat.mutable_heartbeat();
  Device device(world.client(), token);
  device.Send(beat);
  EXPECT_EQ(device.End().fields, std::vector<std::string>{"hello"});
  Device twice(world.client(), token);
  twice.Hello();
  twice.Send(Hello());
  EXPECT_EQ(twice.End().fields, std::vector<std::string>{"hello"});
  Device empty(world.client(), token);
  empty.Hello();
  empty.Send({});
  EXPECT_EQ(empty.End().fields, std::vector<std::string>{"message"});
  Console console(world.client(), world.ann);
  pb::AttachConsoleRequest out;
  out.mutable_sign_out();
  console.Send(out);
  EXPECT_EQ(console.End().fields, std::vector<std::string>{"hello"});
}

TEST_F(Attach, HelloMustComeWithinTenSeconds) {
  Device device(world.client(), world.Enter().token);
  Console console(world.client(), world.ann);
  // Another stream that is served proves that both have arrived; then time passes.
  Console later(world.client(), world.bob);
  later.Hello();
  Outcome first, second;
  std::thread advance([&] {
    while (first.ok() || second.ok()) world.daemon.clock().Advance(seconds(1)), std::this_thread::yield();
  });
  first = device.End();
  second = console.End();
  advance.join();
  EXPECT_EQ(first.fields, std::vector<std::string>{"hello"}) << first;
  EXPECT_EQ(second.fields, std::vector<std::string>{"hello"}) << second;
}

TEST_F(Attach, WelcomeTellsTheIntervalAndTheGrace) {
  const Entered entered = world.Enter();
  Device device(world.client(), entered.token);
  const pb::AppletWelcome welcome = device.Hello();
  EXPECT_EQ(welcome.session_id(), entered.id);
  EXPECT_EQ(welcome.device_lost_grace().seconds(), 20);
  EXPECT_EQ(welcome.heartbeat_interval().seconds(), 6);
  EXPECT_EQ(welcome.state().phase(), pb::CustomerView::PHASE_WAITING);
  EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_ATTACHED);
  EXPECT_EQ(world.Get(entered.id).platform(), "Debian 12");
  Console console(world.client(), world.ann);
  EXPECT_EQ(console.Hello().technician().status(), pb::TECHNICIAN_STATUS_ONLINE);
  EXPECT_EQ(world.Technician("ann").status(), pb::TECHNICIAN_STATUS_ONLINE);
}

TEST_F(Attach, HeartbeatsKeepADeviceToTheMillisecond) {
  const Entered entered = world.Enter();
  Device device(world.client(), entered.token);
  device.Hello();
  for (uint64_t i = 1; i <= 5; ++i) {
    world.daemon.clock().Advance(kGrace - milliseconds(1));
    device.Beat(i);
    EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_ATTACHED);
  }
  world.daemon.clock().Advance(kGrace - milliseconds(1));
  EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_ATTACHED);
  world.daemon.clock().Advance(milliseconds(1));
  EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_RECONNECTING);
  const Outcome end = device.End();
  EXPECT_EQ(end.code, grpc::UNAVAILABLE) << end;
  EXPECT_EQ(end.reason, "HEARTBEATS_MISSED");
  world.daemon.clock().Advance(minutes(5) - milliseconds(1));
  EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_RECONNECTING);
  world.daemon.clock().Advance(milliseconds(1));
  EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_OFFLINE);
  Device back(world.client(), entered.token);
  back.Hello();
  EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_ATTACHED);
}

TEST_F(Attach, WhoWasSilentWhileTheDaemonStoodStillHasHisGraceAnew) {
  const Entered entered = world.Enter();
  Device device(world.client(), entered.token);
  device.Hello();
  Console console(world.client(), world.ann);
  console.Hello();
  world.daemon.clock().Pause(minutes(10));
  EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_ATTACHED);
  EXPECT_EQ(world.Technician("ann").status(), pb::TECHNICIAN_STATUS_ONLINE);
  console.Beat(1);
  world.daemon.clock().Advance(kGrace - milliseconds(1));
  EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_ATTACHED);
  world.daemon.clock().Advance(milliseconds(1));
  EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_RECONNECTING);
}

TEST_F(Attach, HeartbeatsKeepAConsoleToTheMillisecond) {
  Console console(world.client(), world.ann);
  console.Hello();
  world.daemon.clock().Advance(kGrace - milliseconds(1));
  console.Beat(1);
  world.daemon.clock().Advance(kGrace - milliseconds(1));
  EXPECT_EQ(world.Technician("ann").status(), pb::TECHNICIAN_STATUS_ONLINE);
  world.daemon.clock().Advance(milliseconds(1));
  EXPECT_EQ(world.Technician("ann").status(), pb::TECHNICIAN_STATUS_OFFLINE);
  EXPECT_EQ(console.End().reason, "HEARTBEATS_MISSED");
}

// A grace that becomes shorter holds from the next hello on: nobody is lost who sends heartbeats as he was told.
TEST_F(Attach, TheGraceOfTheWelcomeHolds) {
  const Entered entered = world.Enter();
  Device device(world.client(), entered.token);
  device.Hello();
  Console console(world.client(), world.ann);
  console.Hello();
  pb::UpdateGroupRequest group;
  group.mutable_group()->set_group_id("desk");
  group.mutable_group()->mutable_settings()->mutable_device_lost_grace()->set_seconds(3);
  group.mutable_group()->mutable_settings()->mutable_away_after()->set_seconds(7);
  world.Must<pb::UpdateGroupResponse>(group, world.admin);
  world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(entered.id), world.ann);
  world.daemon.clock().Advance(kGrace - milliseconds(1));
  EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_ATTACHED);
  EXPECT_EQ(world.Technician("ann").status(), pb::TECHNICIAN_STATUS_AWAY);
  world.daemon.clock().Advance(milliseconds(1));
  EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_RECONNECTING);
  EXPECT_EQ(world.Technician("ann").status(), pb::TECHNICIAN_STATUS_OFFLINE);
  Device back(world.client(), entered.token);
  EXPECT_EQ(back.Hello().device_lost_grace().seconds(), 3);
  Console again(world.client(), world.ann);
  again.Hello();
  world.daemon.clock().Advance(seconds(3));
  EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_RECONNECTING);
  EXPECT_EQ(world.Technician("ann").status(), pb::TECHNICIAN_STATUS_OFFLINE);
  group.mutable_group()->mutable_settings()->mutable_device_lost_grace()->set_seconds(30);
  Device once_more(world.client(), entered.token);
  once_more.Hello();
  world.Must<pb::UpdateGroupResponse>(group, world.admin);
  world.daemon.clock().Advance(seconds(30) - milliseconds(1));
  EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_ATTACHED) << "a longer one holds at once";
}

TEST_F(Attach, WithoutActivityATechnicianIsAwayAndThenSignedOut) {
  pb::UpdateGroupRequest group;
  group.mutable_group()->set_group_id("desk");
  group.mutable_group()->mutable_settings()->mutable_away_after()->set_seconds(30);
  group.mutable_group()->mutable_settings()->mutable_logout_after()->set_seconds(70);
  world.Must<pb::UpdateGroupResponse>(group, world.admin);
  Console console(world.client(), world.ann);
  console.Hello();
  uint64_t beats = 0;
  auto pass = [&](milliseconds time) {  // heartbeats go on: they are no activity
    world.daemon.clock().Advance(time);
    console.Beat(++beats);
  };
  pass(seconds(15));
  pass(seconds(15) - milliseconds(1));
  EXPECT_EQ(world.Technician("ann").status(), pb::TECHNICIAN_STATUS_ONLINE);
  world.daemon.clock().Advance(milliseconds(1));
  EXPECT_EQ(console.Next().technician().status(), pb::TECHNICIAN_STATUS_AWAY);
  EXPECT_TRUE(world.Technician("ann").inactive());
  EXPECT_FALSE(world.Technician("ann").away());
  pb::AttachConsoleRequest activity;
  activity.mutable_activity();
  console.Send(activity);
  EXPECT_EQ(console.Next().technician().status(), pb::TECHNICIAN_STATUS_ONLINE);
  for (int i = 0; i < 2; ++i) world.daemon.clock().Advance(seconds(15)), console.Send(activity), console.Beat(++beats);
  EXPECT_EQ(world.Technician("ann").status(), pb::TECHNICIAN_STATUS_ONLINE);
  pass(seconds(15));
  world.daemon.clock().Advance(seconds(15));
  EXPECT_EQ(console.Next().technician().status(), pb::TECHNICIAN_STATUS_AWAY);
  console.Beat(++beats);
  for (int i = 0; i < 3; ++i) pass(seconds(13));
  EXPECT_EQ(world.Technician("ann").status(), pb::TECHNICIAN_STATUS_AWAY);
  world.daemon.clock().Advance(seconds(1));
  EXPECT_EQ(world.Technician("ann").status(), pb::TECHNICIAN_STATUS_OFFLINE);
  const Outcome end = console.End();
  EXPECT_EQ(end.code, grpc::ABORTED) << end;
  EXPECT_EQ(end.reason, "LOGGED_OUT");
}

TEST_F(Attach, ABrokenStreamHasTheGrace) {
  const Entered entered = world.Enter();
  {
    Device device(world.client(), entered.token);
    device.Hello();
  }
  world.daemon.clock().Advance(kGrace - milliseconds(1));
  EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_ATTACHED);
  Device back(world.client(), entered.token);
  back.Hello();
  world.daemon.clock().Advance(kGrace - milliseconds(1));
  EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_ATTACHED);
}

TEST_F(Attach, ARestartHasTheGraceToo) {
  const Entered entered = world.Enter();
  auto device = std::make_unique<Device>(world.client(), entered.token);
  device->Hello();
  auto console = std::make_unique<Console>(world.client(), world.ann);
  console->Hello();
  device.reset();
  console.reset();
  world.daemon.Restart();
  world.daemon.clock().Advance(kGrace - milliseconds(1));
  EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_ATTACHED);
  EXPECT_EQ(world.Technician("ann").status(), pb::TECHNICIAN_STATUS_ONLINE);
  world.daemon.clock().Advance(milliseconds(1));
  EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_RECONNECTING);
  EXPECT_EQ(world.Technician("ann").status(), pb::TECHNICIAN_STATUS_OFFLINE);
}

TEST_F(Attach, TheNewerStreamWins) {
  const Entered entered = world.Enter();
  Device old_device(world.client(), entered.token);
  old_device.Hello();
  Device device(world.client(), entered.token);
  device.Hello();
  Outcome end = old_device.End();
  EXPECT_EQ(end.code, grpc::ABORTED);
  EXPECT_EQ(end.reason, "SUPERSEDED");
  Console old_console(world.client(), world.ann);
  old_console.Hello();
  Console console(world.client(), world.ann);
  console.Hello();
  EXPECT_EQ(old_console.End().reason, "SUPERSEDED");
  device.Beat(7);
  console.Beat(7);
  EXPECT_EQ(world.Technician("ann").status(), pb::TECHNICIAN_STATUS_ONLINE);
}

TEST_F(Attach, SignOutIsOfflineAtOnce) {
  Console console(world.client(), world.ann);
  console.Hello();
  pb::AttachConsoleRequest out;
  out.mutable_sign_out();
  console.Send(out);
  EXPECT_TRUE(console.End().ok());
  EXPECT_EQ(world.Technician("ann").status(), pb::TECHNICIAN_STATUS_OFFLINE);
}

TEST_F(Attach, TheConsoleIsToldOfItsOwnStatus) {
  Console console(world.client(), world.ann);
  console.Hello();
  pb::SetStatusRequest away;
  away.set_status(pb::TECHNICIAN_STATUS_AWAY);
  away.set_reason("lunch");
  world.Must<pb::SetStatusResponse>(away, world.ann);
  EXPECT_EQ(console.Next().technician().away_reason(), "lunch");
  Console integrators(world.client(), world.integrator);
  EXPECT_EQ(integrators.End().code, grpc::PERMISSION_DENIED);
}

TEST_F(Attach, OnTheLanNobodyIsAskedForTerms) {
  world.PermitAll();
  pb::UpdateGroupRequest group;
  group.mutable_group()->set_group_id("desk");
  group.mutable_group()->mutable_settings()->set_terms("Be kind.");
  group.mutable_update_mask()->add_paths("settings.terms");
  world.Must<pb::UpdateGroupResponse>(group, world.admin);
  pb::CreateSessionRequest lan;
  lan.set_method(pb::METHOD_LAN);
  pb::RedeemCodeRequest redeem;
  redeem.set_code(world.Must<pb::CreateSessionResponse>(lan, world.ann).code());
  redeem.set_device_id("d");
  const auto redeemed = world.Must<pb::RedeemCodeResponse>(redeem, "");
  EXPECT_EQ(redeemed.terms(), "") << "nobody sits there to accept them";
  Device device(world.client(), redeemed.device_token());
  EXPECT_EQ(device.Hello().state().phase(), pb::CustomerView::PHASE_WAITING);
}

TEST_F(Attach, TermsAreAcceptedOrDeclined) {
  // A channel's sessions live by the defaults: terms are of the owner's group.
  pb::UpdateGroupRequest group;
  group.mutable_group()->set_group_id("desk");
  group.mutable_group()->mutable_settings()->set_terms("Be kind.");
  world.Must<pb::UpdateGroupResponse>(group, world.admin);
  for (const bool accepted : {true, false}) {
    const auto created = world.CreatePin(world.ann);
    const uint64_t id = created.session().session_id();
    pb::RedeemCodeRequest redeem;
    redeem.set_code(created.code());
    redeem.set_device_id("d");
    const auto redeemed = world.Must<pb::RedeemCodeResponse>(redeem, "");
    EXPECT_EQ(redeemed.terms(), "Be kind.");
    Device device(world.client(), redeemed.device_token());
    const pb::AppletWelcome welcome = device.Hello();
    EXPECT_EQ(welcome.terms(), "Be kind.");
    EXPECT_EQ(welcome.state().phase(), pb::CustomerView::PHASE_TERMS);
    EXPECT_EQ(world.Get(id).link(), pb::LINK_NEVER_ATTACHED);
    pb::AttachRequest answer;
    answer.mutable_terms()->set_accepted(accepted);
    device.Send(answer);
    if (accepted) {
      EXPECT_EQ(device.Next().state().phase(), pb::CustomerView::PHASE_WAITING);
      EXPECT_EQ(world.Get(id).link(), pb::LINK_ATTACHED);
      world.daemon.clock().Advance(kGrace);
      EXPECT_EQ(world.Get(id).link(), pb::LINK_RECONNECTING) << "a device that accepted is watched";
    } else {
      std::vector<pb::AttachResponse> rest;
      EXPECT_TRUE(device.End(&rest).ok());
      ASSERT_FALSE(rest.empty());
      EXPECT_EQ(rest.back().ended().outcome(), pb::OUTCOME_TERMS_DECLINED);
    }
  }
}

TEST_F(Attach, ARebootOrderEndsTheStreamAndTheSessionGoesOn) {
  Sessions sessions(world);
  sessions.Attach(world.ann);
  const Entered entered = sessions.Waiting();
  world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(entered.id), world.ann);
  EXPECT_EQ(sessions.devices[0]->Next().state().phase(), pb::CustomerView::PHASE_ACTIVE);
  auto reboot = World::On<pb::RebootDeviceRequest>(entered.id);
  reboot.set_kind(pb::REBOOT_KIND_SAFE_MODE);
  world.Must<pb::RebootDeviceResponse>(reboot, world.ann);
  std::vector<pb::AttachResponse> rest;
  EXPECT_TRUE(sessions.devices[0]->End(&rest).ok());
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(rest[0].state().phase(), pb::CustomerView::PHASE_REBOOTING);
  EXPECT_EQ(rest[1].reboot().kind(), pb::REBOOT_KIND_SAFE_MODE);
  EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_REBOOTING);
  Device back(world.client(), entered.token);
  EXPECT_EQ(back.Hello().state().phase(), pb::CustomerView::PHASE_ACTIVE);
}

// What it changes by coming is kept with the session.
TEST_F(Attach, ADeviceComesAndGoesSoOftenAndNoOftener) {
  const Entered entered = world.Enter();
  pb::AttachRequest hello = Hello();
  for (size_t i = 0; i < router::kArrivals; ++i) {
    hello.mutable_hello()->set_platform("system " + std::to_string(i));
    Device device(world.client(), entered.token);
    device.Send(hello);
    ASSERT_TRUE(device.Next().has_welcome()) << i;
  }
  Device refused(world.client(), entered.token);
  refused.Send(hello);
  const Outcome end = refused.End();
  EXPECT_EQ(end.code, grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(end.reason, "TOO_FAST");
  EXPECT_EQ(end.retry, router::kGuessWindow);
  world.daemon.clock().Advance(router::kGuessWindow);
  hello.mutable_hello()->set_platform("another");
  Device back(world.client(), entered.token);
  back.Send(hello);
  EXPECT_TRUE(back.Next().has_welcome());
  for (size_t i = 0; i < 2 * router::kArrivals; ++i) {  // a bad network changes nothing
    Device again(world.client(), entered.token);
    again.Send(hello);
    ASSERT_TRUE(again.Next().has_welcome()) << i;
  }
}

TEST_F(Attach, AnAnnouncedRebootIsNotOrderedBack) {
  const Entered entered = world.Enter();
  Device device(world.client(), entered.token);
  device.Hello();
  pb::AttachRequest rebooting;
  rebooting.mutable_rebooting();
  device.Send(rebooting);
  std::vector<pb::AttachResponse> rest;
  EXPECT_TRUE(device.End(&rest).ok());
  for (const auto& message : rest) EXPECT_FALSE(message.has_reboot()) << message.ShortDebugString();
  EXPECT_EQ(world.Get(entered.id).link(), pb::LINK_REBOOTING);
}

TEST_F(Attach, TheEndIsToldAlsoToADeviceThatWasAway) {
  Sessions sessions(world);
  sessions.Attach(world.ann);
  const Entered entered = sessions.Waiting();
  world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(entered.id), world.ann);
  world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(entered.id), world.ann);
  std::vector<pb::AttachResponse> rest;
  EXPECT_TRUE(sessions.devices[0]->End(&rest).ok());
  EXPECT_EQ(rest.back().ended().outcome(), pb::OUTCOME_CLOSED_BY_TECHNICIAN);
  for (int i = 0; i < 2; ++i) {
    Device late(world.client(), entered.token);
    late.Send(Hello());
    EXPECT_EQ(late.Next().ended().outcome(), pb::OUTCOME_CLOSED_BY_TECHNICIAN);
    EXPECT_TRUE(late.End().ok());
    sessions.consoles.clear();
    sessions.devices.clear();
    world.daemon.Restart();
  }
}

TEST_F(Attach, WrongDeviceTokens) {
  const Entered entered = world.Enter();
  const Entered other = world.Enter();
  const std::string mixed = entered.token.substr(0, entered.token.rfind('_')) + other.token.substr(other.token.rfind('_'));
  for (const std::string& token : {mixed, entered.token + "x", std::string("gd_acme_999_secret"), std::string("gd_none_1_s"),
                                   world.ann, std::string(), std::string("gd_acme_99999999999999999999999_x")}) {
    Device device(world.client(), token);
    device.Send(Hello());
    EXPECT_EQ(device.End().code, grpc::UNAUTHENTICATED) << token;
  }
}

}  // namespace
}  // namespace guichet::api_test

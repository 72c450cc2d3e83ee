// Invitations by e-mail and SMS: made, handed to subscribers, reported. And the other ways to make a session.
#include "router/limits.h"
#include "statemachine/limits.h"
#include "tests/api/admin.h"
#include "tests/api/sessions.h"

namespace guichet::api_test {
namespace {

using Invitation = pb::WatchDeliveriesResponse;

class Subscription : public Watching<pb::DeliveryService::Stub, pb::WatchDeliveriesRequest, Invitation> {
 public:
  Subscription(const Client& client, const std::string& token)
      : Watching(client, &pb::DeliveryService::Stub::WatchDeliveries, {}, token) {}
};

pb::CreateSessionRequest To(pb::Method method, const std::string& address) {
  pb::CreateSessionRequest request;
  request.set_method(method);
  request.set_delivery_address(address);
  return request;
}

class Deliveries : public ::testing::Test {
 protected:
  pb::CreateSessionResponse Invite(const std::string& name, World& in) {
    pb::CreateSessionRequest request = To(pb::METHOD_EMAIL, "lind@example.com");
    request.set_name(name);
    request.set_language("de-CH");
    return in.Must<pb::CreateSessionResponse>(request, in.ann);
  }
  pb::CreateSessionResponse Invite(const std::string& name = "Mrs Lind") { return Invite(name, world); }
  Outcome Report(uint64_t session, pb::DeliveryState state, const std::string& detail = "") {
    return world.Call<pb::ReportDeliveryResponse>(Of(session, state, detail), world.integrator).outcome;
  }
  static pb::ReportDeliveryRequest Of(uint64_t session, pb::DeliveryState state, const std::string& detail = "") {
    pb::ReportDeliveryRequest request;
    request.set_session_id(session);
    request.set_state(state);
    request.set_detail(detail);
    return request;
  }
  static uint64_t IdOf(const pb::CreateSessionResponse& made) { return made.session().session_id(); }
  // Ids of the invitations that a subscriber gets at once. `last` is the one made last: it marks the end.
  std::vector<uint64_t> Pending(uint64_t last) {
    Subscription subscription(world.client(), world.integrator);
    std::vector<uint64_t> ids;
    while (ids.empty() || ids.back() != last) {
      Invitation invitation;
      if (!subscription.Read(&invitation)) break;
      ids.push_back(invitation.session_id());
    }
    return ids;
  }
  void Redeem(const std::string& code) {
    pb::RedeemCodeRequest redeem;
    redeem.set_code(code);
    redeem.set_device_id("device");
    world.Must<pb::RedeemCodeResponse>(redeem, "");
  }

  World world;
};

TEST_F(Deliveries, AreRenderedInTheLanguageOfTheInvited) {
  Subscription subscription(world.client(), world.integrator);
  Invite();
  Invitation mail = subscription.Next();
  EXPECT_NE(mail.text().find(mail.code()), std::string::npos);
  EXPECT_NE(mail.text().find("https://support.example/join/" + mail.code()), std::string::npos) << mail.text();
  EXPECT_NE(mail.subject(), "");
  EXPECT_EQ(mail.attempt(), 1u);
  world.Must<pb::UpdateOrganizationResponse>(
      Text<pb::UpdateOrganizationRequest>("organization { templates { kind: MESSAGE_KIND_EMAIL_INVITATION language: 'de' "
                                          "subject: 'Hilfe von {{technician}}' text: 'Hallo {{customer}}: {{code}}' } }"),
      world.admin);
  Invite("Frau Lind");
  mail = subscription.Next();
  EXPECT_EQ(mail.subject(), "Hilfe von " + mail.technician_name());
  EXPECT_EQ(mail.text(), "Hallo Frau Lind: " + mail.code());
  pb::CreateSessionRequest sms = To(pb::METHOD_SMS, "+4366012345");
  world.Must<pb::CreateSessionResponse>(sms, world.ann);
  mail = subscription.Next();
  EXPECT_EQ(mail.subject(), "");
  EXPECT_NE(mail.text().find(mail.code()), std::string::npos);
}

TEST_F(Deliveries, BadTemplatesNameTheirField) {
  auto field = [&](const std::string& t) {
    return world
        .Call<pb::UpdateOrganizationResponse>(Text<pb::UpdateOrganizationRequest>("organization { templates { " + t + " } }"),
                                              world.admin)
        .outcome.metadata["field"];
  };
  const std::string good = "kind: MESSAGE_KIND_EMAIL_INVITATION language: 'de' text: '{{code}}'";
  EXPECT_EQ(field("language: 'de' text: '{{code}}'"), "organization.templates[0].kind");
  EXPECT_EQ(field("kind: MESSAGE_KIND_EMAIL_INVITATION language: 'de' text: 'hello'"), "organization.templates[0].text");
  EXPECT_EQ(field(good + " } templates { " + good), "organization.templates[1].language");
  std::string many = good;
  for (size_t i = 0; i < limits::kTemplates; ++i) many += " } templates { " + good;
  EXPECT_EQ(field(many), "organization.templates");
  // As many and as large as may be, and then one byte more.
  pb::UpdateOrganizationRequest large;
  for (size_t i = 0; i < limits::kTemplates; ++i) {
    pb::MessageTemplate* t = large.mutable_organization()->add_templates();
    t->set_kind(pb::MESSAGE_KIND_EMAIL_INVITATION);
    t->set_language({static_cast<char>('a' + i / 26), static_cast<char>('a' + i % 26)});
    t->set_text("{{code}}" + std::string(limits::kTemplatesBytes / limits::kTemplates - 8, '.'));
  }
  const size_t left = limits::kTemplatesBytes % limits::kTemplates;
  large.mutable_organization()->mutable_templates(0)->set_subject(std::string(left, '.'));
  EXPECT_TRUE(world.Call<pb::UpdateOrganizationResponse>(large, world.admin).ok());
  large.mutable_organization()->mutable_templates(0)->set_subject(std::string(left + 1, '.'));
  EXPECT_EQ(world.Call<pb::UpdateOrganizationResponse>(large, world.admin).outcome.metadata["field"], "organization.templates");
  EXPECT_EQ(field(good), "");
}

TEST_F(Deliveries, OneThatFailedForAWhileIsHandedOverAgain) {
  Subscription subscription(world.client(), world.integrator);
  const uint64_t id = IdOf(Invite());
  EXPECT_EQ(subscription.Next().session_id(), id);
  ASSERT_TRUE(Report(id, pb::DELIVERY_STATE_RETRY, "greylisted").ok());
  const pb::Delivery delivery = world.Get(id).delivery();
  EXPECT_EQ(delivery.state(), pb::DELIVERY_STATE_REQUESTED);
  EXPECT_EQ(delivery.detail(), "greylisted");
  EXPECT_EQ(delivery.attempts(), 1u);
  EXPECT_TRUE(delivery.has_retry_time());
  const uint64_t other = IdOf(Invite());
  EXPECT_EQ(subscription.Next().session_id(), other) << "it waits";
  EXPECT_EQ(Pending(other), std::vector{other}) << "for who subscribes meanwhile, too";
  world.daemon.clock().Advance(limits::kDeliveryRetry);
  const Invitation again = subscription.Next();
  EXPECT_EQ(again.session_id(), id);
  EXPECT_EQ(again.attempt(), 2u);
  EXPECT_EQ(Pending(id), (std::vector{other, id})) << "behind those that came meanwhile";
}

TEST_F(Deliveries, AnExternalTechnicianIsInvitedByMail) {
  world.PermitAll();
  Sessions sessions(world);
  const uint64_t id = sessions.Active(world.ann);
  auto invite = World::On<pb::InviteExternalRequest>(id);
  invite.set_name("Olga");
  invite.set_method(pb::METHOD_EMAIL);
  invite.set_language("fr");
  EXPECT_EQ(world.Call<pb::InviteExternalResponse>(invite, world.ann).outcome.metadata["field"], "address");
  invite.set_address("olga@example.com");
  const auto invited = world.Must<pb::InviteExternalResponse>(invite, world.ann);
  Subscription subscription(world.client(), world.integrator);
  const Invitation mail = subscription.Next();
  EXPECT_EQ(mail.technician_id(), invited.technician_id());
  EXPECT_EQ(mail.address(), "olga@example.com");
  EXPECT_EQ(mail.code(), invited.code());
  EXPECT_EQ(mail.name(), "Olga");
  EXPECT_NE(mail.text().find("https://support.example/invitation/" + mail.code()), std::string::npos) << mail.text();
  pb::ReportDeliveryRequest report = Of(id, pb::DELIVERY_STATE_SENT, "250 queued");
  EXPECT_EQ(world.Call<pb::ReportDeliveryResponse>(report, world.integrator).outcome.reason, "SESSION_NOT_FOUND");
  report.set_technician_id(invited.technician_id());
  world.Must<pb::ReportDeliveryResponse>(report, world.integrator);
  EXPECT_EQ(world.Get(id).participants(1).delivery().state(), pb::DELIVERY_STATE_SENT);
}

TEST_F(Deliveries, AnInvitationTellsAllThatASenderNeeds) {
  Subscription subscription(world.client(), world.integrator);
  world.Must<pb::UpdateTechnicianResponse>(
      Text<pb::UpdateTechnicianRequest>("technician { technician_id: 'ann' display_name: 'Ann Arbor' }"), world.admin);
  const auto made = Invite();
  EXPECT_EQ(made.code().size(), 6u);
  EXPECT_EQ(made.session().method(), pb::METHOD_EMAIL);
  EXPECT_EQ(made.session().delivery().state(), pb::DELIVERY_STATE_REQUESTED);
  EXPECT_EQ(made.session().delivery().address(), "lind@example.com");
  const Invitation mail = subscription.Next();
  EXPECT_EQ(mail.session_id(), IdOf(made));
  EXPECT_EQ(mail.method(), pb::METHOD_EMAIL);
  EXPECT_EQ(mail.address(), "lind@example.com");
  EXPECT_EQ(mail.code(), made.code());
  EXPECT_EQ(mail.expire_time().DebugString(), made.session().code_expire_time().DebugString());
  EXPECT_EQ(mail.name(), "Mrs Lind");
  EXPECT_EQ(mail.language(), "de-CH");
  EXPECT_EQ(mail.technician_name(), "Ann Arbor");
  Redeem(mail.code());
  EXPECT_NE(world.Get(IdOf(made)).device_id(), "");

  const auto text = world.Must<pb::CreateSessionResponse>(To(pb::METHOD_SMS, "+41791234567"), world.bob);
  const Invitation sms = subscription.Next();
  EXPECT_EQ(sms.session_id(), IdOf(text));
  EXPECT_EQ(sms.method(), pb::METHOD_SMS);
  EXPECT_EQ(sms.address(), "+41791234567");
  EXPECT_EQ(sms.code(), text.code());
}

TEST_F(Deliveries, ASubscriberGetsWhatWaitsAndThenWhatComes) {
  std::vector<uint64_t> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(IdOf(Invite()));
  world.CreatePin(world.ann);  // nobody sends it
  Subscription first(world.client(), world.integrator);
  Subscription second(world.client(), world.admin);
  for (Subscription* subscription : {&first, &second}) {
    for (uint64_t id : ids) EXPECT_EQ(subscription->Next().session_id(), id);
  }
  world.CreatePin(world.ann);
  const uint64_t next = IdOf(Invite());
  for (Subscription* subscription : {&first, &second}) EXPECT_EQ(subscription->Next().session_id(), next);
}

TEST_F(Deliveries, WhatIsReportedRedeemedExpiredOrOverDoesNotComeAgain) {
  const auto sent = Invite();
  const auto failed = Invite();
  const auto redeemed = Invite();
  const auto ended = Invite();
  const auto waits = Invite();
  EXPECT_EQ(Pending(IdOf(waits)).size(), 5u);
  EXPECT_EQ(Pending(IdOf(waits)).size(), 5u) << "until somebody reports it";
  EXPECT_TRUE(Report(IdOf(sent), pb::DELIVERY_STATE_SENT).ok());
  EXPECT_TRUE(Report(IdOf(failed), pb::DELIVERY_STATE_FAILED, "mailbox full").ok());
  EXPECT_EQ(world.Get(IdOf(sent)).delivery().state(), pb::DELIVERY_STATE_SENT);
  EXPECT_EQ(world.Get(IdOf(failed)).delivery().state(), pb::DELIVERY_STATE_FAILED);
  EXPECT_EQ(world.Get(IdOf(failed)).delivery().detail(), "mailbox full");
  Redeem(redeemed.code());
  world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(IdOf(ended)), world.ann);
  EXPECT_EQ(Pending(IdOf(waits)), std::vector<uint64_t>{IdOf(waits)});
  world.daemon.Restart();
  EXPECT_EQ(Pending(IdOf(waits)), std::vector<uint64_t>{IdOf(waits)});
  world.daemon.clock().Advance(minutes(20));  // private_code_validity
  EXPECT_EQ(world.Get(IdOf(waits)).code_expire_time().seconds(), 0);
  const uint64_t last = IdOf(Invite());
  EXPECT_EQ(Pending(last), std::vector<uint64_t>{last});
}

TEST_F(Deliveries, TechniciansSeeWhatBecameOfTheirInvitation) {
  QueueWatch watch(world.client(), {}, world.ann);
  watch.Next();
  const uint64_t id = IdOf(Invite());
  EXPECT_TRUE(Report(id, pb::DELIVERY_STATE_FAILED, "no such address").ok());
  while (true) {
    const pb::Delivery delivery = watch.Next().change().entry().session().delivery();
    if (delivery.state() == pb::DELIVERY_STATE_REQUESTED) continue;
    EXPECT_EQ(delivery.state(), pb::DELIVERY_STATE_FAILED);
    EXPECT_EQ(delivery.detail(), "no such address");
    break;
  }
}

TEST_F(Deliveries, MoreThanAPageComeOnceAndInOrder) {
  const size_t count = 2 * router::kDeliveriesPage + 1;
  std::vector<uint64_t> ids;
  for (size_t i = 0; i < count; ++i) ids.push_back(IdOf(Invite()));
  EXPECT_EQ(Pending(ids.back()), ids);
}

TEST_F(Deliveries, ASubscriberBehindTheRingMissesNothing) {
  router::DaemonOptions options;
  options.ring_entries = 4;
  World small(options);
  Subscription subscription(small.client(), small.integrator);
  const uint64_t first = IdOf(Invite("first", small));
  EXPECT_EQ(subscription.Next().session_id(), first);
  std::vector<uint64_t> ids;
  for (int i = 0; i < 200; ++i) {
    for (int j = 0; j < 5; ++j) small.CreatePin(i % 2 == 0 ? small.bob : small.cid);
    ids.push_back(IdOf(Invite("next", small)));
  }
  for (uint64_t id : ids) EXPECT_EQ(subscription.Next().session_id(), id);
}

TEST_F(Deliveries, RevokingTheKeyAndDrainingEndTheSubscription) {
  Subscription of_integrator(world.client(), world.integrator);
  Subscription of_admin(world.client(), world.admin);
  Invite();
  of_integrator.Next();
  of_admin.Next();
  world.Must<pb::RevokeApiKeyResponse>(Text<pb::RevokeApiKeyRequest>("key_id: 'integrator'"), world.admin);
  EXPECT_EQ(of_integrator.End().code, grpc::UNAUTHENTICATED);
  Invite();
  of_admin.Next();
  world.daemon.Stop();
  const Outcome drained = of_admin.End();
  EXPECT_EQ(drained.code, grpc::UNAVAILABLE) << drained;
  EXPECT_EQ(drained.reason, "DRAINING");
}

TEST_F(Deliveries, OnlyWhoMayHandleThemGetsThem) {
  Invite();
  for (const std::string& token : {world.ann, std::string(kOperatorToken)}) {
    EXPECT_EQ(Subscription(world.client(), token).End().code, grpc::PERMISSION_DENIED);
    EXPECT_EQ(world.Call<pb::ReportDeliveryResponse>(Of(1, pb::DELIVERY_STATE_SENT), token).outcome.code,
              grpc::PERMISSION_DENIED);
  }
  EXPECT_EQ(Subscription(world.client(), "").End().code, grpc::UNAUTHENTICATED);
  const auto key = [&](const std::string& id, const std::string& scope) {
    return world
        .Must<pb::CreateApiKeyResponse>(
            Text<pb::CreateApiKeyRequest>("api_key { key_id: '" + id + "' role: ROLE_INTEGRATOR scopes: " + scope + " }"),
            world.admin)
        .token();
  };
  const std::string writer = key("writer", "SCOPE_SESSIONS_WRITE");
  EXPECT_EQ(Subscription(world.client(), writer).End().code, grpc::PERMISSION_DENIED);
  const std::string sender = key("sender", "SCOPE_DELIVERIES");
  EXPECT_EQ(Subscription(world.client(), sender).Next().session_id(), 1u);
  world.Must<pb::ReportDeliveryResponse>(Of(1, pb::DELIVERY_STATE_SENT), sender);
  const std::string stranger = MakeOrganization(world.client(), "rival");
  EXPECT_EQ(world.Call<pb::ReportDeliveryResponse>(Of(1, pb::DELIVERY_STATE_SENT), stranger).outcome.reason,
            "SESSION_NOT_FOUND");
}

TEST_F(Deliveries, ReportsOfWhatIsNoInvitation) {
  const uint64_t pin = world.CreatePin(world.ann).session().session_id();
  EXPECT_EQ(Report(pin, pb::DELIVERY_STATE_SENT).reason, "SESSION_NOT_FOUND");
  EXPECT_EQ(Report(99, pb::DELIVERY_STATE_SENT).code, grpc::NOT_FOUND);
  EXPECT_EQ(Report(0, pb::DELIVERY_STATE_SENT).fields, std::vector<std::string>{"session_id"});
  const uint64_t id = IdOf(Invite());
  for (int state : {0, 1, 5, -1}) {
    EXPECT_EQ(Report(id, static_cast<pb::DeliveryState>(state)).fields, std::vector<std::string>{"state"});
  }
  const std::string longest = Repeat("ü", limits::kDeliveryDetailChars);
  EXPECT_EQ(Report(id, pb::DELIVERY_STATE_FAILED, longest + "x").fields, std::vector<std::string>{"detail"});
  EXPECT_TRUE(Report(id, pb::DELIVERY_STATE_FAILED, longest).ok());
  const uint64_t revision = world.Revision();
  EXPECT_TRUE(Report(id, pb::DELIVERY_STATE_FAILED, longest).ok());
  EXPECT_EQ(world.Revision(), revision) << "the same report again changes nothing";
  EXPECT_TRUE(Report(id, pb::DELIVERY_STATE_SENT).ok()) << "a later attempt";
}

TEST_F(Deliveries, AddressesAreChecked) {
  const std::string longest = Repeat("a", 64) + "@" + Repeat(Repeat("b", 62) + ".", 3);
  ASSERT_EQ(longest.size(), limits::kAddressBytes);
  const std::vector<std::string> mails = {"a@b",
                                          "Lind.Eva+x@mail.example.com",
                                          "o'neil@example.com",
                                          "a_b-c@example.com",
                                          "eva@bücher.ch",
                                          "evä@example.com",
                                          longest.substr(0, 253) + "b"};
  for (const std::string& address : mails) {
    EXPECT_TRUE(world.Call<pb::CreateSessionResponse>(To(pb::METHOD_EMAIL, address), world.ann).ok()) << address;
  }
  const std::vector<std::string> no_mails = {"",
                                             "eva",
                                             "@example.com",
                                             "eva@",
                                             "eva@example.com ",
                                             "a b@c.d",
                                             "a@b@c",
                                             "eva@example..com",
                                             ".eva@b.com",
                                             "eva.@b.com",
                                             "e@.b",
                                             "e@b.",
                                             "<eva@b.com>",
                                             "\"e v\"@b.c",
                                             "eva@b.com\nBcc: x@y.z",
                                             "a,b@c.d",
                                             "eva@[1.2.3.4]",
                                             Repeat("a", 65) + "@b.c",
                                             longest.substr(0, 253) + "bb"};
  for (const std::string& address : no_mails) {
    EXPECT_EQ(world.Call<pb::CreateSessionResponse>(To(pb::METHOD_EMAIL, address), world.ann).outcome.fields,
              std::vector<std::string>{"delivery_address"})
        << address;
  }
  for (const char* number : {"112", "+41791234567", "0791234567", "+123456789012345"}) {
    EXPECT_TRUE(world.Call<pb::CreateSessionResponse>(To(pb::METHOD_SMS, number), world.ann).ok()) << number;
  }
  for (const char* number : {"", "11", "+", "+11", "1234567890123456", "079 123 45 67", "+41-79", "++41791234567", "eva@b.com",
                             "\u0661\u0661\u0662"}) {
    EXPECT_EQ(world.Call<pb::CreateSessionResponse>(To(pb::METHOD_SMS, number), world.ann).outcome.fields,
              std::vector<std::string>{"delivery_address"})
        << number;
  }
  for (pb::Method method : {pb::METHOD_PIN, pb::METHOD_LINK, pb::METHOD_LAN}) {
    EXPECT_EQ(world.Call<pb::CreateSessionResponse>(To(method, "a@b.c"), world.ann).outcome.fields,
              std::vector<std::string>{"delivery_address"});
  }
}

TEST_F(Deliveries, EachMethodNeedsItsPermission) {
  const Outcome lan = world.Call<pb::CreateSessionResponse>(To(pb::METHOD_LAN, ""), world.ann).outcome;
  EXPECT_EQ(lan.code, grpc::PERMISSION_DENIED) << lan;
  EXPECT_EQ(lan.metadata.at("permission"), "LAN") << "off by default";
  const auto allow = [&](const std::string& permissions) {
    world.Must<pb::UpdateGroupResponse>(
        Text<pb::UpdateGroupRequest>("group { group_id: 'desk' permissions: [" + permissions + "] }"), world.admin);
  };
  allow("PERMISSION_START_PRIVATE, PERMISSION_LAN");
  const auto made = world.Must<pb::CreateSessionResponse>(To(pb::METHOD_LAN, ""), world.ann);
  EXPECT_EQ(made.code().size(), 26u);
  EXPECT_EQ(made.link(), "");
  EXPECT_EQ(made.session().method(), pb::METHOD_LAN);
  Redeem(made.code());
  EXPECT_EQ(world.Call<pb::CreateSessionResponse>(To(pb::METHOD_EMAIL, "a@b.c"), world.ann).outcome.metadata["permission"],
            "EMAIL");
  EXPECT_EQ(world.Call<pb::CreateSessionResponse>(To(pb::METHOD_SMS, "112"), world.ann).outcome.metadata["permission"], "SMS");
  EXPECT_EQ(world.Call<pb::CreateSessionResponse>(To(pb::METHOD_PIN, ""), world.ann).outcome.metadata["permission"], "PIN");
  pb::CreateSessionRequest camera = To(pb::METHOD_PIN, "");
  camera.set_type(pb::SESSION_TYPE_LENS);
  allow("PERMISSION_START_PRIVATE, PERMISSION_PIN");
  EXPECT_EQ(world.Call<pb::CreateSessionResponse>(camera, world.ann).outcome.metadata["permission"], "LENS");
  allow("PERMISSION_START_PRIVATE, PERMISSION_PIN, PERMISSION_LENS");
  EXPECT_EQ(world.Must<pb::CreateSessionResponse>(camera, world.ann).session().type(), pb::SESSION_TYPE_LENS);
  EXPECT_EQ(made.session().type(), pb::SESSION_TYPE_LAN);
  allow("PERMISSION_LAN");
  EXPECT_EQ(world.Call<pb::CreateSessionResponse>(To(pb::METHOD_LAN, ""), world.ann).outcome.metadata["permission"],
            "START_PRIVATE");
}

TEST_F(Deliveries, FieldsOfOtherMethodsAreRefused) {
  pb::CreateSessionRequest request;
  request.set_type(static_cast<pb::SessionType>(9));
  EXPECT_EQ(world.Call<pb::CreateSessionResponse>(request, world.ann).outcome.fields, std::vector<std::string>{"type"});
  request.Clear();
  request.set_preferred_technician_id("bob");
  EXPECT_EQ(world.Call<pb::CreateSessionResponse>(request, world.ann).outcome.fields,
            std::vector<std::string>{"preferred_technician_id"});
  request = Text<pb::CreateSessionRequest>("method: METHOD_CHANNEL_FORM channel_id: 'help' preferred_technician_id: 'X'");
  EXPECT_EQ(world.Call<pb::CreateSessionResponse>(request, world.integrator).outcome.fields,
            std::vector<std::string>{"preferred_technician_id"});
  request.set_preferred_technician_id("nobody");
  EXPECT_EQ(world.Call<pb::CreateSessionResponse>(request, world.integrator).outcome.reason, "TECHNICIAN_NOT_FOUND");
  request.set_preferred_technician_id("bob");
  EXPECT_EQ(world.Must<pb::CreateSessionResponse>(request, world.integrator).session().preferred_technician_id(), "bob");
  request = Text<pb::CreateSessionRequest>(
      "method: METHOD_MONITORING technician_id: 'ann' monitored_technician_id: 'bob' type: SESSION_TYPE_LENS");
  EXPECT_EQ(world.Call<pb::CreateSessionResponse>(request, world.admin).outcome.fields, std::vector<std::string>{"type"});
}

TEST_F(Deliveries, TheCommandStreamMakesSessionsWithACode) {
  Attached<pb::SessionService::Stub, pb::ExecuteCommandsRequest, pb::ExecuteCommandsResponse> stream(
      world.client(), &pb::SessionService::Stub::ExecuteCommands, world.integrator);
  pb::ExecuteCommandsRequest request;
  *request.mutable_create() = To(pb::METHOD_SMS, "112");
  request.mutable_create()->set_technician_id("ann");
  stream.Send(request);
  const pb::ExecuteCommandsResponse made = stream.Next();
  EXPECT_EQ(made.effect().code().size(), 6u) << made.ShortDebugString();
  EXPECT_EQ(Pending(made.effect().session_id()), std::vector<uint64_t>{made.effect().session_id()});
  for (const char* method : {"METHOD_CHANNEL_FORM channel_id: 'help'", "METHOD_MONITORING"}) {
    *request.mutable_create() = Text<pb::CreateSessionRequest>(std::string("method: ") + method);
    stream.Send(request);
    EXPECT_EQ(stream.Next().error().metadata().at("field"), "create.method");
  }
}

}  // namespace
}  // namespace guichet::api_test

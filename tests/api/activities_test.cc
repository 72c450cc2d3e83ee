// What technicians ask of the customer, what he grants, and who may ask for what.
#include "statemachine/limits.h"
#include "tests/api/admin.h"
#include "tests/api/reading.h"

namespace guichet::api_test {
namespace {

using Kind = pb::ActivityKind;

class Activities : public ::testing::Test {
 protected:
  Activities() : sessions(world) {
    sessions.Attach(world.ann);
    sessions.Attach(world.bob);
  }

  Device& device() { return *sessions.devices.back(); }

  static pb::RequestActivityRequest Asking(uint64_t id, Kind kind, const std::string& detail = "") {
    auto request = World::On<pb::RequestActivityRequest>(id);
    request.set_kind(kind);
    request.set_detail(detail);
    if (kind == pb::ACTIVITY_KIND_UNATTENDED_ACCESS) request.mutable_access()->mutable_validity()->set_seconds(60);
    if (kind == pb::ACTIVITY_KIND_SEND_FILE) request.mutable_file()->set_name("manual.pdf");
    return request;
  }
  uint32_t Ask(uint64_t id, Kind kind, const std::string& token) {
    return world.Must<pb::RequestActivityResponse>(Asking(id, kind), token).activity_id();
  }
  Outcome TryAsk(uint64_t id, Kind kind, const std::string& token) {
    return world.Call<pb::RequestActivityResponse>(Asking(id, kind), token).outcome;
  }
  void Answer(uint32_t activity, bool granted, bool standing = false) {
    pb::AttachRequest answer;
    answer.mutable_activity()->set_activity_id(activity);
    answer.mutable_activity()->set_granted(granted);
    answer.mutable_activity()->set_standing(standing);
    device().Send(answer);
    Flush(device());
  }
  void Revoke(uint32_t activity) {
    pb::AttachRequest revoke;
    revoke.mutable_revoke()->set_activity_id(activity);
    device().Send(revoke);
    Flush(device());
  }
  uint32_t Open(uint64_t id, Kind kind, const std::string& token) {
    const uint32_t activity = Ask(id, kind, token);
    Answer(activity, true);
    return activity;
  }

  // "1 REMOTE_CONTROL of ann open"
  std::vector<std::string> Of(uint64_t id) {
    std::vector<std::string> words;
    const auto answer = world.Get(id);
    for (const pb::Activity& a : answer.activities()) {
      words.push_back(std::to_string(a.activity_id()) + " " + pb::ActivityKind_Name(a.kind()).substr(14) + " of " +
                      a.technician_id() + (a.open() ? " open" : ""));
    }
    return words;
  }
  using Words = std::vector<std::string>;

  World world;
  Sessions sessions;
};

TEST_F(Activities, ARequestReachesTheCustomerAndWhatHeGrantsReachesAllParticipants) {
  const uint64_t id = sessions.Collaboration(world.ann, "bob", world.bob);
  QueueWatch of_ann(world.client(), {}, world.ann);
  QueueWatch of_bob(world.client(), {}, world.bob);
  of_ann.Next();
  of_bob.Next();
  const auto asked = world.Must<pb::RequestActivityResponse>(Asking(id, pb::ACTIVITY_KIND_SEND_FILE, "manual.pdf"), world.ann);
  EXPECT_EQ(asked.activity_id(), 1u);
  ASSERT_EQ(asked.session().activities_size(), 1);
  EXPECT_FALSE(asked.session().activities(0).open());

  const pb::CustomerView view = ViewUntil(device(), [](const auto& v) { return v.activities_size() == 1; });
  EXPECT_EQ(view.activities(0).activity_id(), 1u);
  EXPECT_EQ(view.activities(0).kind(), pb::ACTIVITY_KIND_SEND_FILE);
  EXPECT_EQ(view.activities(0).detail(), "manual.pdf");
  EXPECT_EQ(view.activities(0).technician_id(), "ann");
  EXPECT_FALSE(view.activities(0).open());

  Answer(1, true);
  for (QueueWatch* watch : {&of_ann, &of_bob}) {
    const pb::QueueChange change = ChangeUntil(*watch, id, [](const pb::QueueChange& c) {
      return c.entry().session().activities_size() == 1 && c.entry().session().activities(0).open();
    });
    EXPECT_EQ(change.trigger(), "activity");
    EXPECT_EQ(change.actor(), "device");
    EXPECT_EQ(change.from(), change.entry().state()) << "an activity is no change of state";
    EXPECT_EQ(change.entry().session().activities(0).detail(), "manual.pdf");
  }
  EXPECT_EQ(Ask(id, pb::ACTIVITY_KIND_RECORDING, world.bob), 2u);
  EXPECT_EQ(Of(id), (Words{"1 SEND_FILE of ann open", "2 RECORDING of bob"}));
}

TEST_F(Activities, WhatTheCustomerDeniesIsOver) {
  const uint64_t id = sessions.Active(world.ann);
  Answer(Ask(id, pb::ACTIVITY_KIND_CLIPBOARD, world.ann), false);
  EXPECT_EQ(Of(id), Words{});
  EXPECT_EQ(Ask(id, pb::ACTIVITY_KIND_CLIPBOARD, world.ann), 2u) << "numbers are not used again";
}

TEST_F(Activities, AStandingGrantOpensLaterRequestsOfItsKind) {
  const uint64_t id = sessions.Collaboration(world.ann, "bob", world.bob);
  Answer(Ask(id, pb::ACTIVITY_KIND_SCREENSHOT, world.ann), true, true);
  EXPECT_EQ(world.Get(id).standing_grants_size(), 1);
  EXPECT_EQ(world.Get(id).standing_grants(0), pb::ACTIVITY_KIND_SCREENSHOT);
  const auto again = world.Must<pb::RequestActivityResponse>(Asking(id, pb::ACTIVITY_KIND_SCREENSHOT), world.bob);
  EXPECT_TRUE(again.session().activities(1).open());
  Ask(id, pb::ACTIVITY_KIND_SCRIPT, world.ann);
  EXPECT_EQ(Of(id), (Words{"1 SCREENSHOT of ann open", "2 SCREENSHOT of bob open", "3 SCRIPT of ann"}));
}

TEST_F(Activities, RevokingOneKeepsStandingGrantsAndRevokingAllTakesThemBack) {
  const uint64_t id = sessions.Active(world.ann);
  Answer(Ask(id, pb::ACTIVITY_KIND_SCREENSHOT, world.ann), true, true);
  Open(id, pb::ACTIVITY_KIND_FILE_MANAGER, world.ann);
  Ask(id, pb::ACTIVITY_KIND_SEND_URL, world.ann);
  Revoke(1);
  EXPECT_EQ(Of(id), (Words{"2 FILE_MANAGER of ann open", "3 SEND_URL of ann"}));
  EXPECT_EQ(world.Get(id).standing_grants_size(), 1);
  Revoke(0);
  EXPECT_EQ(Of(id), Words{});
  EXPECT_EQ(world.Get(id).standing_grants_size(), 0);
  Ask(id, pb::ACTIVITY_KIND_SCREENSHOT, world.ann);
  EXPECT_EQ(Of(id), (Words{"4 SCREENSHOT of ann"}));
}

TEST_F(Activities, AnswersToWhatIsNotAskedChangeNothing) {
  const uint64_t id = sessions.Active(world.ann);
  const uint32_t denied = Ask(id, pb::ACTIVITY_KIND_SCRIPT, world.ann);
  Answer(denied, false);
  const uint32_t open = Open(id, pb::ACTIVITY_KIND_RECORDING, world.ann);
  const uint64_t before = world.Revision();
  for (uint32_t activity : {0u, denied, open, 99u, 4000000000u}) {
    Answer(activity, true, true);
    Answer(activity, false, activity != open);  // that would take a standing grant back
  }
  for (uint32_t activity : {denied, 99u}) Revoke(activity);
  EXPECT_EQ(world.Revision(), before);
  EXPECT_EQ(Of(id), (Words{"2 RECORDING of ann open"}));
}

TEST_F(Activities, HoldTransferEndAndALostDeviceCloseAll) {
  const std::vector<std::pair<std::string, std::function<void(uint64_t)>>> ways = {
      {"hold", [&](uint64_t id) { world.Must<pb::HoldSessionResponse>(World::On<pb::HoldSessionRequest>(id), world.ann); }},
      {"transfer",
       [&](uint64_t id) {
         auto request = World::On<pb::TransferSessionRequest>(id);
         request.mutable_to()->set_technician_id("bob");
         world.Must<pb::TransferSessionResponse>(request, world.ann);
       }},
      {"reboot", [&](uint64_t id) { world.Must<pb::RebootDeviceResponse>(World::On<pb::RebootDeviceRequest>(id), world.ann); }},
      {"end", [&](uint64_t id) { world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(id), world.ann); }},
      {"lost device", [&](uint64_t id) {
         device().Cancel();
         (void)device().End();
         for (int i = 0; i < 4; ++i) {  // consoles answer meanwhile
           world.daemon.clock().Advance(seconds(5));
           for (auto& console : sessions.consoles) console->Beat(static_cast<uint64_t>(i) + 1);
         }
         EXPECT_EQ(world.Get(id).link(), pb::LINK_RECONNECTING);
       }}};
  for (const auto& [name, close] : ways) {
    SCOPED_TRACE(name);
    const uint64_t id = sessions.Active(world.ann);
    QueueWatch watch(world.client(), {}, world.ann);
    watch.Next();
    Open(id, pb::ACTIVITY_KIND_REMOTE_CONTROL, world.ann);
    Ask(id, pb::ACTIVITY_KIND_SEND_FILE, world.ann);
    ASSERT_EQ(Of(id).size(), 2u);
    close(id);
    EXPECT_EQ(Of(id), Words{});
    ChangeUntil(watch, id, [](const pb::QueueChange& c) {
      return c.trigger() != "activity" && c.entry().session().activities_size() == 0;
    });
  }
}

TEST_F(Activities, ACollaboratorsHoldAndLeaveCloseHisAlone) {
  const uint64_t id = sessions.Collaboration(world.ann, "bob", world.bob);
  Open(id, pb::ACTIVITY_KIND_REMOTE_CONTROL, world.ann);
  Open(id, pb::ACTIVITY_KIND_CLIPBOARD, world.bob);
  world.Must<pb::HoldSessionResponse>(World::On<pb::HoldSessionRequest>(id), world.bob);
  EXPECT_EQ(Of(id), (Words{"1 REMOTE_CONTROL of ann open"}));
  EXPECT_EQ(TryAsk(id, pb::ACTIVITY_KIND_CLIPBOARD, world.bob).reason, "WRONG_STATE");
  world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(id), world.bob);
  Open(id, pb::ACTIVITY_KIND_CLIPBOARD, world.bob);
  EXPECT_EQ(Of(id).size(), 2u);
  world.Must<pb::LeaveSessionResponse>(World::On<pb::LeaveSessionRequest>(id), world.bob);
  EXPECT_EQ(Of(id), (Words{"1 REMOTE_CONTROL of ann open"}));
}

TEST_F(Activities, OneIsClosedByItsTechnicianOrTheLead) {
  const uint64_t id = sessions.Collaboration(world.ann, "bob", world.bob);
  const uint32_t of_ann = Open(id, pb::ACTIVITY_KIND_REMOTE_CONTROL, world.ann);
  const uint32_t of_bob = Open(id, pb::ACTIVITY_KIND_CLIPBOARD, world.bob);
  const uint32_t second_of_bob = Ask(id, pb::ACTIVITY_KIND_SCRIPT, world.bob);
  auto close = World::On<pb::CloseActivityRequest>(id);
  close.set_activity_id(of_ann);
  EXPECT_EQ(world.Call<pb::CloseActivityResponse>(close, world.bob).outcome.reason, "NOT_LEAD");
  close.set_activity_id(of_bob);
  world.Must<pb::CloseActivityResponse>(close, world.bob);
  close.set_activity_id(second_of_bob);
  world.Must<pb::CloseActivityResponse>(close, world.ann);
  const Outcome gone = world.Call<pb::CloseActivityResponse>(close, world.ann).outcome;
  EXPECT_EQ(gone.code, grpc::NOT_FOUND) << gone;
  EXPECT_EQ(gone.reason, "ACTIVITY_NOT_FOUND");
  EXPECT_EQ(gone.metadata.at("activity_id"), std::to_string(second_of_bob));
  close.set_activity_id(of_ann);
  world.Must<pb::CloseActivityResponse>(close, world.integrator);  // as the lead
  EXPECT_EQ(Of(id), Words{});
}

TEST_F(Activities, OnlyAtWork) {
  const uint64_t waiting = sessions.Waiting().id;
  EXPECT_EQ(TryAsk(waiting, pb::ACTIVITY_KIND_SCRIPT, world.ann).reason, "NOT_IN_SESSION");
  const uint64_t held = sessions.Held(world.ann);
  EXPECT_EQ(TryAsk(held, pb::ACTIVITY_KIND_SCRIPT, world.ann).reason, "WRONG_STATE");
  const uint64_t invited = sessions.Invited(world.ann, "bob");
  EXPECT_EQ(TryAsk(invited, pb::ACTIVITY_KIND_SCRIPT, world.bob).reason, "NOT_IN_SESSION");
}

TEST_F(Activities, ARefusalNamesThePermission) {
  const uint64_t id = sessions.Active(world.ann);
  Open(id, pb::ACTIVITY_KIND_REMOTE_CONTROL, world.ann);
  auto update = Text<pb::UpdateGroupRequest>("group { group_id: 'desk' permissions: PERMISSION_SCRIPTS }");
  world.Must<pb::UpdateGroupResponse>(update, world.admin);
  EXPECT_TRUE(TryAsk(id, pb::ACTIVITY_KIND_SCRIPT, world.ann).ok());
  for (int kind = 1; kind < pb::ActivityKind_ARRAYSIZE; ++kind) {
    if (kind == pb::ACTIVITY_KIND_SCRIPT) continue;
    const Outcome outcome = TryAsk(id, static_cast<Kind>(kind), world.ann);
    EXPECT_EQ(outcome.code, grpc::PERMISSION_DENIED) << pb::ActivityKind_Name(static_cast<Kind>(kind)) << " " << outcome;
    pb::Permission named;
    EXPECT_TRUE(pb::Permission_Parse("PERMISSION_" + outcome.metadata.at("permission"), &named)) << outcome;
  }
  const Outcome control = TryAsk(id, pb::ACTIVITY_KIND_REMOTE_CONTROL, world.ann);
  EXPECT_EQ(control.metadata.at("permission"), "REMOTE_CONTROL");
  EXPECT_EQ(control.metadata.at("technician_id"), "ann");
}

TEST_F(Activities, TheLeadNarrowsWhatACollaboratorMay) {
  const uint64_t id = sessions.Active(world.ann);
  auto invite = World::On<pb::InviteTechnicianRequest>(id);
  invite.set_invitee_technician_id("bob");
  invite.add_denied_permissions(pb::PERMISSION_REMOTE_CONTROL);
  const pb::Session invited = world.Must<pb::InviteTechnicianResponse>(invite, world.ann).session();
  ASSERT_EQ(invited.participants_size(), 2);
  EXPECT_EQ(invited.participants(1).denied_permissions_size(), 1);
  world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(id), world.bob);
  EXPECT_EQ(TryAsk(id, pb::ACTIVITY_KIND_REMOTE_CONTROL, world.bob).metadata["permission"], "REMOTE_CONTROL");
  Open(id, pb::ACTIVITY_KIND_CLIPBOARD, world.bob);

  auto grants = World::On<pb::SetGrantsRequest>(id);
  grants.set_collaborator_technician_id("bob");
  EXPECT_EQ(world.Call<pb::SetGrantsResponse>(grants, world.bob).outcome.reason, "NOT_LEAD");
  world.Must<pb::SetGrantsResponse>(grants, world.ann);  // none is denied
  Open(id, pb::ACTIVITY_KIND_REMOTE_CONTROL, world.bob);
  EXPECT_EQ(Of(id), (Words{"1 CLIPBOARD of bob open", "2 REMOTE_CONTROL of bob open"}));
  grants.add_denied_permissions(pb::PERMISSION_REMOTE_CONTROL);
  grants.add_denied_permissions(pb::PERMISSION_HOLD);
  grants.mutable_target()->clear_technician_id();
  const pb::Session narrowed = world.Must<pb::SetGrantsResponse>(grants, world.integrator).session();  // as the lead
  EXPECT_EQ(narrowed.participants(1).denied_permissions_size(), 2);
  EXPECT_EQ(Of(id), (Words{"1 CLIPBOARD of bob open"})) << "what he may no longer do is over";
  EXPECT_EQ(
      world.Call<pb::HoldSessionResponse>(World::On<pb::HoldSessionRequest>(id), world.bob).outcome.metadata["permission"],
      "HOLD");
  EXPECT_TRUE(TryAsk(id, pb::ACTIVITY_KIND_REMOTE_CONTROL, world.ann).ok()) << "the lead is not narrowed";
  grants.set_collaborator_technician_id("cid");
  EXPECT_EQ(world.Call<pb::SetGrantsResponse>(grants, world.integrator).outcome.reason, "NOT_IN_SESSION");
}

TEST_F(Activities, OneOverTheLimits) {
  const uint64_t id = sessions.Active(world.ann);
  for (size_t i = 0; i < limits::kActivities; ++i) Ask(id, pb::ACTIVITY_KIND_SCREENSHOT, world.ann);
  const Outcome outcome = TryAsk(id, pb::ACTIVITY_KIND_SCREENSHOT, world.ann);
  EXPECT_EQ(outcome.code, grpc::RESOURCE_EXHAUSTED) << outcome;
  EXPECT_EQ(outcome.reason, "TOO_MANY");
  EXPECT_EQ(Of(id).size(), limits::kActivities);
  Answer(1, false);
  const std::string longest = Repeat("ü", limits::kActivityDetailChars);
  const Outcome longer =
      world.Call<pb::RequestActivityResponse>(Asking(id, pb::ACTIVITY_KIND_SCRIPT, longest + "x"), world.ann).outcome;
  EXPECT_EQ(longer.fields, std::vector<std::string>{"detail"}) << longer;
  world.Must<pb::RequestActivityResponse>(Asking(id, pb::ACTIVITY_KIND_SCRIPT, longest), world.ann);
}

TEST_F(Activities, MistakesNameTheirField) {
  for (int kind : {0, -1, static_cast<int>(pb::ActivityKind_ARRAYSIZE)}) {
    EXPECT_EQ(TryAsk(1, static_cast<Kind>(kind), world.ann).fields, std::vector<std::string>{"kind"});
  }
  EXPECT_EQ(world.Call<pb::CloseActivityResponse>(World::On<pb::CloseActivityRequest>(1), world.ann).outcome.fields,
            std::vector<std::string>{"activity_id"});
  EXPECT_EQ(world.Call<pb::SetGrantsResponse>(World::On<pb::SetGrantsRequest>(1), world.ann).outcome.fields,
            std::vector<std::string>{"collaborator_technician_id"});
  for (int permission : {0, -1, static_cast<int>(pb::Permission_ARRAYSIZE)}) {
    auto grants = World::On<pb::SetGrantsRequest>(1);
    grants.set_collaborator_technician_id("bob");
    grants.add_denied_permissions(static_cast<pb::Permission>(permission));
    EXPECT_EQ(world.Call<pb::SetGrantsResponse>(grants, world.ann).outcome.fields,
              std::vector<std::string>{"denied_permissions"});
    auto invite = World::On<pb::InviteTechnicianRequest>(1);
    invite.set_invitee_technician_id("bob");
    invite.add_denied_permissions(static_cast<pb::Permission>(permission));
    EXPECT_EQ(world.Call<pb::InviteTechnicianResponse>(invite, world.ann).outcome.fields,
              std::vector<std::string>{"denied_permissions"});
  }
}

TEST_F(Activities, CommandsOnTheStreamDoTheSame) {
  const uint64_t id = sessions.Collaboration(world.ann, "bob", world.bob);
  Attached<pb::SessionService::Stub, pb::ExecuteCommandsRequest, pb::ExecuteCommandsResponse> stream(
      world.client(), &pb::SessionService::Stub::ExecuteCommands, world.ann);
  auto run = [&](const pb::ExecuteCommandsRequest& request) {
    stream.Send(request);
    const pb::ExecuteCommandsResponse answer = stream.Next();
    EXPECT_TRUE(answer.has_effect()) << answer.ShortDebugString();
    return answer.effect();
  };
  pb::ExecuteCommandsRequest request;
  *request.mutable_request_activity() = Asking(id, pb::ACTIVITY_KIND_SCRIPT);
  EXPECT_EQ(run(request).activity_id(), 1u);
  EXPECT_EQ(run(request).activity_id(), 2u);
  *request.mutable_close_activity() = World::On<pb::CloseActivityRequest>(id);
  request.mutable_close_activity()->set_activity_id(1);
  EXPECT_EQ(run(request).activity_id(), 0u);
  *request.mutable_set_chat() = World::On<pb::SetChatRequest>(id);
  request.mutable_set_chat()->set_off(true);
  run(request);
  *request.mutable_set_grants() = World::On<pb::SetGrantsRequest>(id);
  request.mutable_set_grants()->set_collaborator_technician_id("bob");
  request.mutable_set_grants()->add_denied_permissions(pb::PERMISSION_SCRIPTS);
  run(request);
  EXPECT_EQ(Of(id), (Words{"2 SCRIPT of ann"}));
  EXPECT_TRUE(world.Get(id).chat_off());
  *request.mutable_send_survey() = World::On<pb::SendSurveyRequest>(id);
  stream.Send(request);
  EXPECT_EQ(stream.Next().error().reason(), "WRONG_STATE") << "the group has no survey";
  *request.mutable_reject_offer() = World::On<pb::RejectOfferRequest>(id);
  stream.Send(request);
  EXPECT_EQ(stream.Next().error().reason(), "NO_OFFER");
}

}  // namespace
}  // namespace guichet::api_test

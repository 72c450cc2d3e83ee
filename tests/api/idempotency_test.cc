// request_id: the same id with the same content answers as the first time, whatever happened since; with other content it is
// refused.
#include <functional>
#include <set>

#include "guichet/v1/library_service.grpc.pb.h"
#include "tests/api/sessions.h"

namespace guichet::api_test {
namespace {

// One mutating rpc: a request that succeeds, and the same request with other content.
struct Row {
  std::unique_ptr<Message> request;
  std::unique_ptr<Message> other;
  std::string token;
};

class Idempotency : public ::testing::Test {
 protected:
  Idempotency() : sessions(world) {
    for (const std::string& token : {world.ann, world.bob, world.cid}) sessions.Attach(token);
  }

  template <class Request>
  void Add(const std::string& token, Request request, const std::function<void(Request&)>& change) {
    request.set_request_id("request-1");
    Request other = request;
    change(other);
    rows.push_back({std::make_unique<Request>(request), std::make_unique<Request>(other), token});
  }
  // A verb: `set` fills what it needs besides the target, another epoch is other content.
  template <class Request>
  void Verb(const std::string& token, uint64_t session, const std::function<void(Request&)>& set = nullptr) {
    auto request = World::On<Request>(session);
    if (set) set(request);
    Add<Request>(token, request, [](Request& r) { r.mutable_target()->set_expected_epoch(77); });
  }
  void AddAll();
  void AddAdministration();

  World world;
  Sessions sessions;
  std::unique_ptr<Agent> agent;
  std::vector<Row> rows;
};

void Idempotency::AddAdministration() {
  pb::CreateOrganizationRequest org;
  org.mutable_organization()->set_organization_id("other");
  org.mutable_organization()->set_display_name("Other");
  Add<pb::CreateOrganizationRequest>(kOperatorToken, org, [](auto& r) { r.mutable_organization()->set_display_name("Else"); });
  pb::UpdateOrganizationRequest update;
  update.mutable_organization()->set_display_name("Acme");
  Add<pb::UpdateOrganizationRequest>(world.admin, update, [](auto& r) { r.mutable_organization()->set_display_name("Else"); });

  pb::CreateGroupRequest group;
  group.mutable_group()->set_group_id("night");
  Add<pb::CreateGroupRequest>(world.admin, group, [](auto& r) { r.mutable_group()->set_group_id("late"); });
  pb::UpdateGroupRequest update_group;
  update_group.mutable_group()->set_group_id("desk");
  update_group.mutable_group()->set_display_name("Desk");
  Add<pb::UpdateGroupRequest>(world.admin, update_group, [](auto& r) { r.mutable_group()->set_display_name("Else"); });
  pb::DeleteGroupRequest delete_group;
  delete_group.set_group_id("night");
  Add<pb::DeleteGroupRequest>(world.admin, delete_group, [](auto& r) { r.set_group_id("desk"); });

  pb::CreateTechnicianRequest technician;
  technician.mutable_technician()->set_technician_id("dora");
  technician.mutable_technician()->set_group_id("desk");
  Add<pb::CreateTechnicianRequest>(world.admin, technician, [](auto& r) { r.mutable_technician()->set_disabled(true); });
  pb::CreateTechniciansRequest technicians;
  for (const char* id : {"eva", "fred"}) {
    technicians.add_technicians()->set_technician_id(id);
    technicians.mutable_technicians()->rbegin()->set_group_id("desk");
  }
  Add<pb::CreateTechniciansRequest>(world.admin, technicians, [](auto& r) { r.mutable_technicians()->RemoveLast(); });
  pb::UpdateTechnicianRequest update_technician;
  update_technician.mutable_technician()->set_technician_id("dora");
  update_technician.mutable_technician()->set_display_name("Dora");
  Add<pb::UpdateTechnicianRequest>(world.admin, update_technician, [](auto& r) { r.mutable_technician()->set_disabled(true); });
  pb::DeleteTechnicianRequest delete_technician;
  delete_technician.set_technician_id("dora");
  Add<pb::DeleteTechnicianRequest>(world.admin, delete_technician, [](auto& r) { r.set_technician_id("ann"); });

  pb::CreateChannelRequest channel;
  channel.mutable_channel()->set_channel_id("vip");
  Add<pb::CreateChannelRequest>(world.admin, channel, [](auto& r) { r.mutable_channel()->set_channel_id("gold"); });
  pb::UpdateChannelRequest update_channel;
  update_channel.mutable_channel()->set_channel_id("vip");
  update_channel.mutable_channel()->set_display_name("VIP");
  Add<pb::UpdateChannelRequest>(world.admin, update_channel, [](auto& r) { r.mutable_channel()->set_display_name("Else"); });
  pb::DeleteChannelRequest delete_channel;
  delete_channel.set_channel_id("vip");
  Add<pb::DeleteChannelRequest>(world.admin, delete_channel, [](auto& r) { r.set_channel_id("help"); });

  pb::CreateApiKeyRequest key;
  key.mutable_api_key()->set_key_id("spare");
  key.mutable_api_key()->set_role(pb::ROLE_INTEGRATOR);
  Add<pb::CreateApiKeyRequest>(world.admin, key, [](auto& r) { r.mutable_api_key()->set_role(pb::ROLE_ADMINISTRATOR); });
  pb::RevokeApiKeyRequest revoke;
  revoke.set_key_id("spare");
  Add<pb::RevokeApiKeyRequest>(world.admin, revoke, [](auto& r) { r.set_key_id("integrator"); });
}

void Idempotency::AddAll() {
  AddAdministration();
  pb::SetStatusRequest status;
  status.set_status(pb::TECHNICIAN_STATUS_ONLINE);
  Add<pb::SetStatusRequest>(world.cid, status, [](auto& r) { r.set_reason("lunch"); });
  pb::CreateSessionRequest link;
  link.set_method(pb::METHOD_LINK);
  Add<pb::CreateSessionRequest>(world.ann, link, [](auto& r) { r.set_name("Else"); });

  pb::RedeemCodeRequest redeem;
  redeem.set_code(world.CreatePin(world.ann).code());
  redeem.set_device_id("laptop");
  Add<pb::RedeemCodeRequest>("", redeem, [](auto& r) { r.set_platform("Else"); });
  pb::SubmitFormRequest enter;
  enter.set_organization_id("acme");
  enter.set_channel_id("help");
  enter.set_device_id("laptop");
  Add<pb::SubmitFormRequest>("", enter, [](auto& r) {
    r.set_name("Else");
    r.set_request_id("request-2");
  });
  rows.back().request->GetReflection()->SetString(
      rows.back().request.get(), pb::SubmitFormRequest::descriptor()->FindFieldByName("request_id"), "request-2");

  Verb<pb::StartSessionRequest>(world.ann, sessions.Waiting().id);
  Verb<pb::HoldSessionRequest>(world.ann, sessions.Active(world.ann));
  Verb<pb::TransferSessionRequest>(world.ann, sessions.Active(world.ann),
                                   [](auto& r) { r.mutable_to()->set_technician_id("bob"); });
  Verb<pb::CancelTransferRequest>(world.ann, sessions.Transferred(world.ann, "bob"));
  Verb<pb::EndSessionRequest>(world.ann, sessions.Active(world.ann));
  Verb<pb::RebootDeviceRequest>(world.ann, sessions.Active(world.ann));
  Verb<pb::InviteTechnicianRequest>(world.ann, sessions.Active(world.ann), [](auto& r) { r.set_invitee_technician_id("bob"); });
  world.PermitAll();
  Verb<pb::InviteExternalRequest>(world.ann, sessions.Active(world.ann), [](auto& r) { r.set_name("Olga"); });
  auto guest = World::On<pb::InviteExternalRequest>(sessions.Active(world.ann));
  guest.set_name("Piet");
  pb::RedeemInvitationRequest come;
  come.set_code(world.Must<pb::InviteExternalResponse>(guest, world.ann).code());
  Add<pb::RedeemInvitationRequest>("", come, [](auto& r) { r.set_code(" " + r.code()); });
  Verb<pb::RemoveTechnicianRequest>(world.ann, sessions.Invited(world.ann, "bob"),
                                    [](auto& r) { r.set_removed_technician_id("bob"); });
  Verb<pb::LeaveSessionRequest>(world.cid, sessions.Invited(world.bob, "cid"));
  Verb<pb::OfferLeadRequest>(world.bob, sessions.Collaboration(world.bob, "cid", world.cid),
                             [](auto& r) { r.set_collaborator_technician_id("cid"); });
  Verb<pb::CancelLeadOfferRequest>(world.bob, sessions.Offered(world.bob, "cid", world.cid));
  Verb<pb::AcceptLeadRequest>(world.cid, sessions.Offered(world.bob, "cid", world.cid));
  Verb<pb::UpdateSessionRequest>(world.bob, sessions.Active(world.bob), [](auto& r) { r.mutable_session()->set_name("Eve"); });
  pb::UpdateGroupRequest survey;
  survey.mutable_group()->set_group_id("desk");
  survey.mutable_group()->mutable_settings()->set_survey("How was it?");
  world.Must<pb::UpdateGroupResponse>(survey, world.admin);
  Verb<pb::SetGrantsRequest>(world.bob, sessions.Collaboration(world.bob, "cid", world.cid), [](auto& r) {
    r.set_collaborator_technician_id("cid");
    r.add_denied_permissions(pb::PERMISSION_SCRIPTS);
  });
  Verb<pb::RequestActivityRequest>(world.cid, sessions.Active(world.cid),
                                   [](auto& r) { r.set_kind(pb::ACTIVITY_KIND_RECORDING); });
  Verb<pb::CloseActivityRequest>(world.cid, sessions.WithActivity(world.cid), [](auto& r) { r.set_activity_id(1); });
  Verb<pb::SetChatRequest>(world.cid, sessions.Active(world.cid), [](auto& r) { r.set_off(true); });
  Verb<pb::SendSurveyRequest>(world.cid, sessions.Active(world.cid));
  const Entered asked = sessions.Waiting();
  world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(asked.id), world.cid);
  world.Must<pb::SendSurveyResponse>(World::On<pb::SendSurveyRequest>(asked.id), world.cid);
  pb::AnswerSurveyRequest answers;
  answers.add_answers()->set_question("How was it?");
  Add<pb::AnswerSurveyRequest>(asked.token, answers, [](auto& r) { r.mutable_answers(0)->set_answer("Fine."); });
  Verb<pb::SendChatRequest>(world.cid, sessions.Active(world.cid), [](auto& r) { r.set_text("Good morning."); });
  const auto lathe = sessions.Enroll(world.cid), drill = sessions.Enroll(world.cid, "drill");
  for (const uint64_t id : {lathe.session, drill.session}) {
    world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(id), world.cid);
  }
  agent = std::make_unique<Agent>(world.client(), drill.token);
  agent->Hello();
  pb::UpdateComputerRequest named;
  named.set_computer_id(lathe.id);
  named.set_name("Lathe");
  Add<pb::UpdateComputerRequest>(world.cid, named, [](auto& r) { r.set_name("Drill"); });
  pb::ConnectComputerRequest connect;
  connect.set_computer_id(drill.id);
  Add<pb::ConnectComputerRequest>(world.cid, connect, [](auto& r) { r.set_computer_id(99); });
  pb::RevokeComputerRequest revoke;
  revoke.set_computer_id(lathe.id);
  Add<pb::RevokeComputerRequest>(world.cid, revoke, [](auto& r) { r.set_computer_id(99); });
  pb::UpdateTechnicianRequest promote;
  promote.mutable_technician()->set_technician_id("cid");
  promote.mutable_technician()->set_administrator(true);
  world.Must<pb::UpdateTechnicianResponse>(promote, world.admin);
  const uint64_t watched = sessions.Active(world.bob);
  sessions.Monitoring("cid", "bob");
  Verb<pb::JoinSessionRequest>(world.cid, watched);
  Verb<pb::AddNoteRequest>(world.cid, sessions.Active(world.cid), [](auto& r) { r.set_text("Printer replaced."); });
  pb::UpdateLibraryRequest library;
  library.mutable_library()->add_replies()->set_name("Hello");
  library.mutable_library()->mutable_replies(0)->set_text("Good morning.");
  Add<pb::UpdateLibraryRequest>(world.cid, library, [](auto& r) { r.mutable_library()->mutable_replies(0)->set_text("Hi."); });
  pb::ImportLibraryRequest import;
  import.set_format(pb::LIBRARY_FORMAT_XML);
  import.set_document("<library version=\"1\"><reply name=\"Hello\">Good day.</reply></library>");
  Add<pb::ImportLibraryRequest>(world.bob, import, [](auto& r) { r.set_append(true); });
  Verb<pb::RejectOfferRequest>(world.cid, sessions.Routed("cid"));
  pb::ReportDeliveryRequest report;
  report.set_session_id(sessions.Mailed(world.ann));
  report.set_state(pb::DELIVERY_STATE_FAILED);
  Add<pb::ReportDeliveryRequest>(world.integrator, report, [](auto& r) { r.set_detail("no such address"); });
  // Ids are of a key, whatever the rpc.
  int number = 0;
  for (Row& row : rows) {
    if (row.request->GetDescriptor() == pb::SubmitFormRequest::descriptor()) continue;
    const std::string id = "request-" + std::to_string(100 + ++number);
    for (Message* message : {row.request.get(), row.other.get()}) {
      message->GetReflection()->SetString(message, message->GetDescriptor()->FindFieldByName("request_id"), id);
    }
  }
}

TEST_F(Idempotency, EveryMutatingRpcAnswersARepetitionAsTheFirstTimeAlsoAfterARestart) {
  AddAll();
  std::set<std::string> covered;
  std::vector<std::string> first;
  for (const Row& row : rows) {
    SCOPED_TRACE(row.request->GetTypeName());
    const MethodDescriptor* method = MethodOf(*row.request);
    covered.insert(method->full_name());
    auto response = NewMessage(method->output_type());
    ASSERT_TRUE(world.client().CallInto(*row.request, response.get(), row.token).ok())
        << world.client().CallInto(*row.request, response.get(), row.token);
    first.push_back(response->SerializeAsString());
    EXPECT_FALSE(first.back().empty());
    const uint64_t revision = world.Revision();

    auto again = NewMessage(method->output_type());
    const Outcome repeated = world.client().CallInto(*row.request, again.get(), row.token);
    EXPECT_TRUE(repeated.ok()) << repeated;
    EXPECT_EQ(again->DebugString(), response->DebugString());

    const Outcome other = world.client().CallInto(*row.other, again.get(), row.token);
    EXPECT_EQ(other.code, grpc::INVALID_ARGUMENT) << other;
    EXPECT_EQ(other.reason, "REQUEST_ID_REUSED") << other;
    EXPECT_EQ(world.Revision(), revision) << "a repetition has an effect";
  }
  for (const MethodDescriptor* method : Methods()) {
    if (method->input_type()->FindFieldByName("request_id") == nullptr) continue;
    EXPECT_TRUE(covered.contains(method->full_name())) << method->full_name() << " has a request_id and no row here";
  }

  sessions.consoles.clear();
  sessions.devices.clear();
  world.daemon.Restart();
  const uint64_t revision = world.Revision();
  for (size_t i = 0; i < rows.size(); ++i) {
    SCOPED_TRACE(rows[i].request->GetTypeName());
    auto again = NewMessage(MethodOf(*rows[i].request)->output_type());
    const Outcome repeated = world.client().CallInto(*rows[i].request, again.get(), rows[i].token);
    EXPECT_TRUE(repeated.ok()) << repeated;
    EXPECT_TRUE(again->SerializeAsString() == first[i]) << again->DebugString();
    EXPECT_EQ(world.client().CallInto(*rows[i].other, again.get(), rows[i].token).reason, "REQUEST_ID_REUSED");
  }
  EXPECT_EQ(world.Revision(), revision) << "a repetition after the restart has an effect";
}

TEST_F(Idempotency, IdsAreOfOneKey) {
  pb::CreateSessionRequest request;
  request.set_request_id("same");
  const auto ann = world.Must<pb::CreateSessionResponse>(request, world.ann);
  const auto bob = world.Must<pb::CreateSessionResponse>(request, world.bob);
  EXPECT_NE(ann.session().session_id(), bob.session().session_id());
}

TEST_F(Idempotency, AnOrganizationOfAnotherNameIsOtherContent) {
  pb::CreateOrganizationRequest request;
  request.set_request_id("create");
  request.mutable_organization()->set_organization_id("one");
  request.mutable_organization()->set_display_name("One");
  world.Must<pb::CreateOrganizationResponse>(request, kOperatorToken);
  for (int restarts = 0; restarts < 2; ++restarts) {
    request.mutable_organization()->set_organization_id("two");
    EXPECT_EQ(world.Call<pb::CreateOrganizationResponse>(request, kOperatorToken).outcome.reason, "REQUEST_ID_REUSED");
    sessions.consoles.clear();
    world.daemon.Restart();
  }
}

TEST_F(Idempotency, ARefusedRequestMayBeRepeatedOnceItsCauseIsGone) {
  const Entered entered = world.Enter();
  auto start = World::On<pb::StartSessionRequest>(entered.id);
  start.set_request_id("start");
  EXPECT_EQ(world.Call<pb::StartSessionResponse>(start, world.ann).outcome.code, grpc::FAILED_PRECONDITION);
  Device device(world.client(), entered.token);
  device.Hello();
  EXPECT_TRUE(world.Call<pb::StartSessionResponse>(start, world.ann).ok());
}

TEST_F(Idempotency, AnIdIsForgottenAfterADay) {
  pb::CreateSessionRequest request;
  request.set_request_id("daily");
  request.set_method(pb::METHOD_LINK);
  const auto first = world.Must<pb::CreateSessionResponse>(request, world.ann);
  world.daemon.clock().Advance(std::chrono::hours(24) - milliseconds(1));
  EXPECT_EQ(world.Must<pb::CreateSessionResponse>(request, world.ann).session().session_id(), first.session().session_id());
  world.daemon.clock().Advance(milliseconds(1));
  pb::CreateSessionRequest other;  // what is old goes when something is remembered
  other.set_request_id("other");
  world.Must<pb::CreateSessionResponse>(other, world.bob);
  EXPECT_NE(world.Must<pb::CreateSessionResponse>(request, world.ann).session().session_id(), first.session().session_id());
}

TEST_F(Idempotency, AKeyThatExpiresIsStillAnsweredForItsRequest) {
  pb::CreateApiKeyRequest request;
  request.set_request_id("key");
  request.mutable_api_key()->set_key_id("short");
  request.mutable_api_key()->set_role(pb::ROLE_INTEGRATOR);
  const auto now = world.daemon.clock().Now().time_since_epoch().count() / 1000;
  request.mutable_api_key()->mutable_expire_time()->set_seconds(now + 60);
  const auto first = world.Must<pb::CreateApiKeyResponse>(request, world.admin);
  world.daemon.clock().Advance(minutes(2));
  EXPECT_EQ(world.Must<pb::CreateApiKeyResponse>(request, world.admin).token(), first.token());
}

TEST_F(Idempotency, StreamedCommandsAreRepeatableAmongThemselves) {
  pb::ExecuteCommandsRequest request;
  request.mutable_create()->set_request_id("create");
  std::vector<pb::ExecuteCommandsResponse> answers;
  for (int i = 0; i < 2; ++i) {
    Attached<pb::SessionService::Stub, pb::ExecuteCommandsRequest, pb::ExecuteCommandsResponse> stream(
        world.client(), &pb::SessionService::Stub::ExecuteCommands, world.ann);
    stream.Send(request);
    answers.push_back(stream.Next());
  }
  EXPECT_EQ(answers[0].DebugString(), answers[1].DebugString());
  EXPECT_EQ(answers[0].effect().code().size(), 6u);
}

}  // namespace
}  // namespace guichet::api_test

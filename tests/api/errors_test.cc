// What errors carry: field, state, command, reason.
#include <functional>

#include "google/protobuf/util/field_mask_util.h"
#include "tests/api/sessions.h"

namespace guichet::api_test {
namespace {

class Errors : public ::testing::Test {
 protected:
  // INVALID_ARGUMENT that names `field` in both details.
  void Refused(const Message& request, const std::string& token, const std::string& field) {
    auto response = NewMessage(MethodOf(request)->output_type());
    const Outcome outcome = world.client().CallInto(request, response.get(), token);
    SCOPED_TRACE(request.GetTypeName() + " " + field);
    EXPECT_EQ(outcome.code, grpc::INVALID_ARGUMENT) << outcome;
    EXPECT_EQ(outcome.reason, "INVALID_FIELD") << outcome;
    EXPECT_EQ(outcome.domain, "guichet");
    EXPECT_EQ(outcome.metadata.count("field") == 0 ? "" : outcome.metadata.at("field"), field) << outcome;
    ASSERT_EQ(outcome.fields.size(), 1u) << outcome;
    EXPECT_EQ(outcome.fields[0], field);
  }
  World world;
};

TEST_F(Errors, UnknownEnumValuesNameTheirField) {
  pb::CreateSessionRequest create;
  create.set_method(static_cast<pb::Method>(99));
  Refused(create, world.ann, "method");
  pb::SetStatusRequest status;
  for (int value : {0, 3, 4, 99, -1}) {
    status.set_status(static_cast<pb::TechnicianStatus>(value));
    Refused(status, world.ann, "status");
  }
  pb::ListQueueRequest queue;
  queue.set_tab(static_cast<pb::QueueTab>(99));
  Refused(queue, world.ann, "tab");
  pb::ListTechniciansRequest technicians;
  technicians.set_status(static_cast<pb::TechnicianStatus>(99));
  Refused(technicians, world.ann, "status");
  auto reboot = World::On<pb::RebootDeviceRequest>(1);
  reboot.set_kind(static_cast<pb::RebootKind>(99));
  Refused(reboot, world.ann, "kind");
  auto activity = World::On<pb::RequestActivityRequest>(1);
  for (int value : {0, 99, -1}) {
    activity.set_kind(static_cast<pb::ActivityKind>(value));
    Refused(activity, world.ann, "kind");
  }
  auto grants = World::On<pb::SetGrantsRequest>(1);
  grants.set_collaborator_technician_id("bob");
  grants.add_denied_permissions(static_cast<pb::Permission>(99));
  Refused(grants, world.ann, "denied_permissions");
  pb::ReportDeliveryRequest report;
  report.set_session_id(1);
  for (int value : {0, 1, 99}) {
    report.set_state(static_cast<pb::DeliveryState>(value));
    Refused(report, world.integrator, "state");
  }
  pb::CreateApiKeyRequest key;
  key.mutable_api_key()->set_key_id("k");
  for (int value : {0, 4, 99}) {
    key.mutable_api_key()->set_role(static_cast<pb::Role>(value));
    Refused(key, world.admin, "api_key.role");
  }
  key.mutable_api_key()->set_role(pb::ROLE_INTEGRATOR);
  key.mutable_api_key()->add_scopes(static_cast<pb::Scope>(99));
  Refused(key, world.admin, "api_key.scopes[0]");
  pb::UpdateGroupRequest group;
  group.mutable_group()->set_group_id("desk");
  group.mutable_group()->mutable_settings()->set_console_lost_policy(static_cast<pb::GroupSettings::ConsoleLostPolicy>(99));
  Refused(group, world.admin, "settings.console_lost_policy");
}

TEST_F(Errors, UnknownMaskPathsAreRefused) {
  for (const char* path : {"nothing", "state", "settings", "settings.nothing", "session_id", "", "name.first"}) {
    pb::UpdateOrganizationRequest organization;
    organization.mutable_organization()->set_display_name("X");
    organization.mutable_update_mask()->add_paths(path);
    Refused(organization, world.admin, "update_mask");
    pb::UpdateTechnicianRequest technician;
    technician.mutable_technician()->set_technician_id("ann");
    technician.mutable_update_mask()->add_paths(path);
    Refused(technician, world.admin, "update_mask");
    pb::UpdateChannelRequest channel;
    channel.mutable_channel()->set_channel_id("help");
    channel.mutable_update_mask()->add_paths(path);
    Refused(channel, world.admin, "update_mask");
    auto session = World::On<pb::UpdateSessionRequest>(1);
    session.mutable_update_mask()->add_paths(path);
    Refused(session, world.ann, "update_mask");
    if (std::string(path) == "settings") continue;
    pb::UpdateGroupRequest group;
    group.mutable_group()->set_group_id("desk");
    group.mutable_update_mask()->add_paths(path);
    Refused(group, world.admin, "update_mask");
  }
}

TEST_F(Errors, RequiredFieldsAreNamed) {
  Refused(pb::GetSessionRequest(), world.ann, "session_id");
  Refused(pb::GetTimelineRequest(), world.ann, "session_id");
  Refused(pb::StartSessionRequest(), world.ann, "target.session_id");
  Refused(World::On<pb::StartSessionRequest>(1), world.integrator, "target.technician_id");
  Refused(World::On<pb::TransferSessionRequest>(1), world.ann, "to");
  Refused(World::On<pb::InviteTechnicianRequest>(1), world.ann, "invitee_technician_id");
  Refused(World::On<pb::RemoveTechnicianRequest>(1), world.ann, "removed_technician_id");
  Refused(World::On<pb::OfferLeadRequest>(1), world.ann, "collaborator_technician_id");
  Refused(World::On<pb::SetGrantsRequest>(1), world.ann, "collaborator_technician_id");
  Refused(World::On<pb::CloseActivityRequest>(1), world.ann, "activity_id");
  Refused(World::On<pb::SetChatRequest>(1), world.integrator, "target.technician_id");
  Refused(World::On<pb::SendSurveyRequest>(1), world.integrator, "target.technician_id");
  Refused(World::On<pb::RejectOfferRequest>(1), world.integrator, "target.technician_id");
  Refused(pb::ReportDeliveryRequest(), world.integrator, "session_id");
  Refused(pb::CreateSessionRequest(), world.integrator, "technician_id");
  Refused(pb::ListQueueRequest(), world.integrator, "technician_id");
  Refused(pb::SetStatusRequest(), world.integrator, "technician_id");
  Refused(pb::RedeemCodeRequest(), "", "code");
  pb::RedeemCodeRequest redeem;
  redeem.set_code("123456");
  Refused(redeem, "", "device_id");
  Refused(pb::SubmitFormRequest(), "", "organization_id");
  Refused(pb::GetFormRequest(), "", "organization_id");
  Refused(pb::ExplainSessionRequest(), world.ann, "session_id");
  Refused(pb::ExplainTechnicianRequest(), world.integrator, "technician_id");
  Refused(pb::GetAvailabilityRequest(), world.ann, "channel_id");
  Refused(pb::CreateOrganizationRequest(), kOperatorToken, "organization.organization_id");
  Refused(pb::CreateGroupRequest(), world.admin, "group.group_id");
  Refused(pb::UpdateGroupRequest(), world.admin, "group.group_id");
  Refused(pb::DeleteGroupRequest(), world.admin, "group_id");
  Refused(pb::CreateTechnicianRequest(), world.admin, "technician.technician_id");
  Refused(pb::CreateTechniciansRequest(), world.admin, "technicians");
  Refused(pb::CreateChannelRequest(), world.admin, "channel.channel_id");
  Refused(pb::CreateApiKeyRequest(), world.admin, "api_key.key_id");
  Refused(pb::RevokeApiKeyRequest(), world.admin, "key_id");
}

TEST_F(Errors, FieldsThatDoNotBelongToTheMethodAreRefused) {
  pb::CreateSessionRequest create;
  create.set_channel_id("help");
  Refused(create, world.ann, "channel_id");
  create.clear_channel_id();
  create.set_monitored_technician_id("bob");
  Refused(create, world.ann, "monitored_technician_id");
  create.Clear();
  create.set_method(pb::METHOD_CHANNEL_FORM);
  create.set_technician_id("ann");
  create.set_channel_id("help");
  Refused(create, world.integrator, "technician_id");
  pb::ListQueueRequest queue;
  queue.set_channel_id("help");
  Refused(queue, world.ann, "channel_id");
  queue.set_tab(pb::QUEUE_TAB_CHANNEL);
  queue.clear_channel_id();
  Refused(queue, world.ann, "channel_id");
}

TEST_F(Errors, TokensThatAreNoneAreRefused) {
  pb::ListSessionsRequest list;
  list.set_page_token("garbage!");
  Refused(list, world.ann, "page_token");
  pb::ListTechniciansRequest technicians;
  technicians.set_page_token("AAAA");
  Refused(technicians, world.ann, "page_token");
}

// Every verb in every state: refused for the state, or accepted; never anything else.
TEST_F(Errors, WrongStatesNameStateAndCommand) {
  Sessions sessions(world);
  sessions.Attach(world.ann);
  sessions.Attach(world.bob);
  const std::vector<std::pair<std::string, std::function<uint64_t()>>> states = {
      {"connecting", [&] { return world.Enter().id; }},
      {"waiting", [&] { return sessions.Waiting().id; }},
      {"active", [&] { return sessions.Active(world.bob); }},
      {"hold", [&] { return sessions.Held(world.ann); }},
      {"outgoing", [&] { return sessions.Transferred(world.ann, "bob"); }},
      {"invitation", [&] { return sessions.Invited(world.bob, "ann"); }},
      {"closed", [&] { return sessions.Closed(world.ann); }}};
  auto invite = World::On<pb::InviteTechnicianRequest>(0);
  invite.set_invitee_technician_id("cid");
  auto remove = World::On<pb::RemoveTechnicianRequest>(0);
  remove.set_removed_technician_id("cid");
  auto offer = World::On<pb::OfferLeadRequest>(0);
  offer.set_collaborator_technician_id("bob");
  auto transfer = World::On<pb::TransferSessionRequest>(0);
  transfer.mutable_to()->set_technician_id("bob");
  const pb::HoldSessionRequest hold;
  const pb::CancelTransferRequest cancel;
  const pb::RebootDeviceRequest reboot;
  const pb::LeaveSessionRequest leave;
  const pb::CancelLeadOfferRequest cancel_offer;
  const pb::AcceptLeadRequest accept;
  auto grants = World::On<pb::SetGrantsRequest>(0);
  grants.set_collaborator_technician_id("cid");
  auto activity = World::On<pb::RequestActivityRequest>(0);
  activity.set_kind(pb::ACTIVITY_KIND_CLIPBOARD);
  const pb::SetChatRequest chat;
  const pb::SendSurveyRequest survey;
  const pb::RejectOfferRequest reject;
  const std::vector<const Message*> verbs = {&hold,         &transfer, &cancel, &reboot,   &invite, &remove, &leave, &offer,
                                             &cancel_offer, &accept,   &grants, &activity, &chat,   &survey, &reject};
  size_t refused = 0;
  for (const auto& [state, make] : states) {
    for (const Message* verb : verbs) {
      SCOPED_TRACE(state + " " + verb->GetTypeName());
      const uint64_t id = make();
      std::unique_ptr<Message> request(verb->New());
      request->CopyFrom(*verb);
      const auto* target = request->GetDescriptor()->FindFieldByName("target");
      dynamic_cast<pb::SessionTarget*>(request->GetReflection()->MutableMessage(request.get(), target))->set_session_id(id);
      auto response = NewMessage(MethodOf(*request)->output_type());
      const Outcome outcome = world.client().CallInto(*request, response.get(), world.ann);
      if (!outcome.ok()) {
        ++refused;
        EXPECT_EQ(outcome.code, grpc::FAILED_PRECONDITION) << outcome;
        EXPECT_TRUE(outcome.metadata.contains("session_id")) << outcome;
      }
      for (const char* who : {"bob", "ann"}) {  // room for the next one
        (void)world.Call<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(id, who), world.integrator);
      }
      if (outcome.reason == "WRONG_STATE" || outcome.reason == "NOT_LEAD" || outcome.reason == "LINK_NOT_ATTACHED" ||
          outcome.reason == "ALREADY_STARTED") {
        EXPECT_TRUE(outcome.metadata.contains("command")) << outcome;
        EXPECT_TRUE(outcome.metadata.contains("state")) << outcome;
      }
    }
  }
  EXPECT_GT(refused, 70u);
}

TEST_F(Errors, AStaleEpochNamesTheOwner) {
  Sessions sessions(world);
  sessions.Attach(world.ann);
  const uint64_t id = sessions.Active(world.ann);
  auto hold = World::On<pb::HoldSessionRequest>(id);
  hold.mutable_target()->set_expected_epoch(world.Get(id).epoch() + 1);
  const Outcome outcome = world.Call<pb::HoldSessionResponse>(hold, world.ann).outcome;
  EXPECT_EQ(outcome.code, grpc::FAILED_PRECONDITION);
  EXPECT_EQ(outcome.reason, "STALE_EPOCH");
  EXPECT_EQ(outcome.metadata.at("lead_technician_id"), "ann") << outcome;
}

TEST_F(Errors, ALongUnknownIdIsNotFoundAndNotTooLargeForItsAnswer) {
  pb::GetTechnicianRequest technician;
  technician.set_technician_id(std::string(20000, 'x'));
  EXPECT_EQ(world.Call<pb::GetTechnicianResponse>(technician, world.ann).outcome.code, grpc::NOT_FOUND);
  pb::UpdateTechnicianRequest update;
  update.mutable_technician()->set_technician_id("ann");
  update.mutable_update_mask()->add_paths(std::string(20000, '\n'));
  Refused(update, world.admin, "update_mask");
}

TEST_F(Errors, SingularNotFounds) {
  pb::GetSessionRequest session;
  session.set_session_id(999);
  EXPECT_EQ(world.Call<pb::GetSessionResponse>(session, world.ann).outcome.reason, "SESSION_NOT_FOUND");
  pb::GetTimelineRequest timeline;
  timeline.set_session_id(999);
  EXPECT_EQ(world.Call<pb::GetTimelineResponse>(timeline, world.ann).outcome.reason, "SESSION_NOT_FOUND");
  pb::GetGroupRequest group;
  group.set_group_id("none");
  EXPECT_EQ(world.Call<pb::GetGroupResponse>(group, world.ann).outcome.reason, "GROUP_NOT_FOUND");
  pb::DeleteChannelRequest channel;
  channel.set_channel_id("none");
  EXPECT_EQ(world.Call<pb::DeleteChannelResponse>(channel, world.admin).outcome.reason, "CHANNEL_NOT_FOUND");
  pb::RevokeApiKeyRequest key;
  key.set_key_id("none");
  EXPECT_EQ(world.Call<pb::RevokeApiKeyResponse>(key, world.admin).outcome.reason, "API_KEY_NOT_FOUND");
  pb::ReportDeliveryRequest report;
  report.set_session_id(world.Enter().id);
  report.set_state(pb::DELIVERY_STATE_SENT);
  EXPECT_EQ(world.Call<pb::ReportDeliveryResponse>(report, world.integrator).outcome.reason, "SESSION_NOT_FOUND");
  auto close = World::On<pb::CloseActivityRequest>(world.CreatePin(world.ann).session().session_id());
  close.set_activity_id(7);
  EXPECT_EQ(world.Call<pb::CloseActivityResponse>(close, world.ann).outcome.reason, "ACTIVITY_NOT_FOUND");
  pb::ExplainSessionRequest explain;
  explain.set_session_id(999);
  EXPECT_EQ(world.Call<pb::ExplainSessionResponse>(explain, world.ann).outcome.reason, "SESSION_NOT_FOUND");
  pb::ExplainTechnicianRequest explain_technician;
  explain_technician.set_technician_id("nobody");
  EXPECT_EQ(world.Call<pb::ExplainTechnicianResponse>(explain_technician, world.integrator).outcome.reason,
            "TECHNICIAN_NOT_FOUND");
  pb::GetAvailabilityRequest availability;
  availability.set_channel_id("none");
  EXPECT_EQ(world.Call<pb::GetAvailabilityResponse>(availability, world.ann).outcome.reason, "CHANNEL_NOT_FOUND");
  pb::GetFormRequest form;
  form.set_organization_id("nobody");
  form.set_channel_id("help");
  EXPECT_EQ(world.Call<pb::GetFormResponse>(form, "").outcome.reason, "CHANNEL_NOT_FOUND");
  pb::SubmitFormRequest enter;
  enter.set_organization_id("nobody");
  enter.set_channel_id("help");
  enter.set_device_id("d");
  EXPECT_EQ(world.Call<pb::SubmitFormResponse>(enter, "").outcome.reason, "CHANNEL_NOT_FOUND");
}

}  // namespace
}  // namespace guichet::api_test

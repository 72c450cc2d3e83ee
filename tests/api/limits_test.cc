// One over each limit is refused and names its field; the limit itself is allowed.
#include "statemachine/limits.h"

#include <functional>

#include "router/limits.h"
#include "tests/api/sessions.h"

namespace guichet::api_test {
namespace {

const std::string kWide = "\xC3\xA9";  // one character, two bytes

std::string Repeat(const std::string& text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

class Limits : public ::testing::Test {
 protected:
  Outcome Try(const Message& request, const std::string& token) {
    auto response = NewMessage(MethodOf(request)->output_type());
    return world.client().CallInto(request, response.get(), token);
  }
  void Refused(const Message& request, const std::string& token, const std::string& field) {
    const Outcome outcome = Try(request, token);
    SCOPED_TRACE(request.GetTypeName() + " " + field);
    EXPECT_EQ(outcome.code, grpc::INVALID_ARGUMENT) << outcome;
    ASSERT_EQ(outcome.fields.size(), 1u) << outcome;
    EXPECT_EQ(outcome.fields[0], field) << outcome;
  }
  // `set` puts a text of the given size into a request that is otherwise right.
  template <class Request>
  void Text(const std::string& field, const std::string& token, size_t max, bool characters, Request request,
            const std::function<void(Request&, const std::string&)>& set) {
    set(request, Repeat(characters ? kWide : "e", max));
    const Outcome most = Try(request, token);
    EXPECT_TRUE(most.ok()) << field << " at its limit: " << most;
    set(request, Repeat(characters ? kWide : "e", max + 1));
    Refused(request, token, field);
  }
  World world;
};

TEST_F(Limits, FormsOfOneAddress) {
  pb::SubmitFormRequest form;
  form.set_organization_id("acme");
  form.set_channel_id("help");
  form.set_device_id("device");
  form.set_request_id("the first");
  const auto first = world.Must<pb::SubmitFormResponse>(form, "");
  form.set_request_id("");
  // The world's own forms count too, so the limit is met at the latest after as many as it allows.
  Outcome last;
  size_t accepted = 0;
  for (; accepted <= router::kFormsPerPeer; ++accepted) {
    last = Try(form, "");
    if (!last.ok()) break;
  }
  EXPECT_LE(accepted, router::kFormsPerPeer);
  EXPECT_GE(accepted, router::kFormsPerPeer - 10);
  EXPECT_EQ(last.reason, "OVERLOADED") << last;
  EXPECT_EQ(last.retry, router::kGuessWindow);
  form.set_request_id("the first");
  EXPECT_EQ(world.Must<pb::SubmitFormResponse>(form, "").session_id(), first.session_id()) << "a repetition is no other form";
  form.set_request_id("");
  world.daemon.clock().Advance(router::kGuessWindow);
  EXPECT_TRUE(Try(form, "").ok());
}

TEST_F(Limits, TextsOfSessions) {
  using Create = pb::CreateSessionRequest;
  Text<Create>("name", world.ann, limits::kNameChars, true, {}, [](Create& r, const std::string& t) { r.set_name(t); });
  Text<Create>("tracking_id", world.ann, limits::kTrackingIdChars, true, {},
               [](Create& r, const std::string& t) { r.set_tracking_id(t); });
  Text<Create>("language", world.ann, limits::kLanguageBytes, false, {},
               [](Create& r, const std::string& t) { r.set_language(t); });
  Text<Create>("request_id", world.ann, limits::kRequestIdBytes, false, {},
               [](Create& r, const std::string& t) { r.set_request_id(t); });
  for (int i = 0; i < 5; ++i) {
    Text<Create>("custom_fields[" + std::to_string(i) + "]", world.ann, limits::kCustomFieldChars[i], true, {},
                 [i](Create& r, const std::string& t) {
                   r.clear_custom_fields();
                   for (int k = 0; k < i; ++k) r.add_custom_fields("");
                   r.add_custom_fields(t);
                 });
  }
  Create six;
  for (int i = 0; i < 6; ++i) six.add_custom_fields("");
  Refused(six, world.ann, "custom_fields");
  Create zero;
  zero.set_name(std::string("a\0b", 3));
  Refused(zero, world.ann, "name");
}

TEST_F(Limits, TextsOfDevices) {
  using Enter = pb::SubmitFormRequest;
  Enter enter;
  enter.set_organization_id("acme");
  enter.set_channel_id("help");
  enter.set_device_id("d");
  Text<Enter>("name", "", limits::kNameChars, true, enter, [](Enter& r, const std::string& t) { r.set_name(t); });
  Text<Enter>("device_id", "", limits::kDeviceIdBytes, false, enter,
              [](Enter& r, const std::string& t) { r.set_device_id(t); });
  Text<Enter>("platform", "", limits::kPlatformBytes, false, enter, [](Enter& r, const std::string& t) { r.set_platform(t); });
  Text<Enter>("language", "", limits::kLanguageBytes, false, enter, [](Enter& r, const std::string& t) { r.set_language(t); });
  Text<Enter>("request_id", "", limits::kRequestIdBytes, false, enter,
              [](Enter& r, const std::string& t) { r.set_request_id(t); });
  pb::RedeemCodeRequest redeem;
  redeem.set_device_id("d");
  redeem.set_code(std::string(65, '1'));
  Refused(redeem, "", "code");
  redeem.set_code(std::string(64, '1'));
  EXPECT_EQ(Try(redeem, "").reason, "CODE_NOT_FOUND");
}

TEST_F(Limits, TextsOfStreams) {
  pb::AttachConsoleRequest console_hello;
  console_hello.mutable_hello()->set_console_name(Repeat(kWide, limits::kConsoleNameChars + 1));
  Console console(world.client(), world.ann);
  console.Send(console_hello);
  EXPECT_EQ(console.End().fields, std::vector<std::string>{"hello.console_name"});
  Device device(world.client(), world.Enter().token);
  pb::AttachRequest hello;
  hello.mutable_hello()->set_platform(std::string(limits::kPlatformBytes + 1, 'p'));
  device.Send(hello);
  EXPECT_EQ(device.End().fields, std::vector<std::string>{"hello.platform"});
}

TEST_F(Limits, TextsOfVerbs) {
  Sessions sessions(world);
  sessions.Attach(world.ann);
  sessions.Attach(world.bob);
  using Transfer = pb::TransferSessionRequest;
  auto transfer = World::On<Transfer>(sessions.Active(world.ann));
  transfer.mutable_to()->set_technician_id("bob");
  Text<Transfer>("comment", world.ann, limits::kCommentChars, true, transfer,
                 [](Transfer& r, const std::string& t) { r.set_comment(t); });
  using Status = pb::SetStatusRequest;
  Status status;
  status.set_status(pb::TECHNICIAN_STATUS_AWAY);
  Text<Status>("reason", world.ann, limits::kStatusReasonChars, true, status,
               [](Status& r, const std::string& t) { r.set_reason(t); });
  using Update = pb::UpdateSessionRequest;
  auto update = World::On<Update>(sessions.Active(world.bob));
  Text<Update>("name", world.bob, limits::kNameChars, true, update,
               [](Update& r, const std::string& t) { r.mutable_session()->set_name(t); });
}

TEST_F(Limits, IdsAreDnsLabels) {
  using Group = pb::CreateGroupRequest;
  Text<Group>("group.group_id", world.admin, limits::kIdBytes, false, {},
              [](Group& r, const std::string& t) { r.mutable_group()->set_group_id(t); });
  for (const char* id : {"Upper", "1digit", "-dash", "dash-", "under_score", "dot.", "sp ace", "\xC3\xA9", "a\nb"}) {
    pb::CreateGroupRequest request;
    request.mutable_group()->set_group_id(id);
    Refused(request, world.admin, "group.group_id");
  }
}

TEST_F(Limits, TextsOfAdministration) {
  using Group = pb::UpdateGroupRequest;
  Group group;
  group.mutable_group()->set_group_id("desk");
  Text<Group>("group.display_name", world.admin, limits::kDisplayNameChars, true, group,
              [](Group& r, const std::string& t) { r.mutable_group()->set_display_name(t); });
  Text<Group>("settings.terms", world.admin, limits::kTermsChars, true, group,
              [](Group& r, const std::string& t) { r.mutable_group()->mutable_settings()->set_terms(t); });
  pb::UpdateGroupRequest settings = group;
  settings.mutable_group()->mutable_settings()->set_max_active_sessions(11);
  Refused(settings, world.admin, "settings.max_active_sessions");
  settings.mutable_group()->mutable_settings()->set_max_active_sessions(0);
  Refused(settings, world.admin, "settings.max_active_sessions");
  settings = group;
  settings.mutable_group()->mutable_settings()->set_busy_at(11);
  Refused(settings, world.admin, "settings.busy_at");
  pb::CreateChannelRequest channel;
  channel.mutable_channel()->set_channel_id("vip");
  for (size_t i = 0; i <= limits::kChannelGroups; ++i) channel.mutable_channel()->add_group_ids("desk");
  Refused(channel, world.admin, "channel.group_ids");
  channel.mutable_channel()->clear_group_ids();
  for (size_t i = 0; i <= limits::kChannelTechnicians; ++i) channel.mutable_channel()->add_technician_ids("ann");
  Refused(channel, world.admin, "channel.technician_ids");
}

TEST_F(Limits, DurationsOfSettings) {
  struct Case {
    const char* field;
    int64_t max_ms;
    bool zero;
  };
  for (const Case& c :
       {Case{"private_code_validity", limits::kMaxTimeout.count(), false},
        Case{"connecting_timeout", limits::kMaxTimeout.count(), false},
        Case{"waiting_timeout", limits::kMaxTimeout.count(), true}, Case{"idle_timeout", limits::kMaxTimeout.count(), true},
        Case{"device_lost_grace", limits::kMaxDeviceLostGrace.count(), false},
        Case{"offline_after", limits::kMaxTimeout.count(), false}, Case{"hold_limit", limits::kMaxLife.count(), false},
        Case{"system_limit", limits::kMaxLife.count(), false}}) {
    pb::UpdateGroupRequest request;
    request.mutable_group()->set_group_id("desk");
    pb::GroupSettings* settings = request.mutable_group()->mutable_settings();
    const auto* field = pb::GroupSettings::descriptor()->FindFieldByName(c.field);
    auto set = [&](int64_t ms, int32_t nanos = 0) -> const Message& {
      auto* duration = dynamic_cast<google::protobuf::Duration*>(settings->GetReflection()->MutableMessage(settings, field));
      duration->set_seconds(ms / 1000);
      duration->set_nanos(static_cast<int32_t>(ms % 1000) * 1000000 + nanos);
      return request;
    };
    const std::string name = std::string("settings.") + c.field;
    EXPECT_TRUE(Try(set(c.max_ms), world.admin).ok()) << name;
    EXPECT_TRUE(Try(set(1), world.admin).ok()) << name;
    EXPECT_EQ(Try(set(0), world.admin).ok(), c.zero) << name;
    Refused(set(c.max_ms + 1), world.admin, name);
    Refused(set(-1000), world.admin, name);
    Refused(set(0, 999999), world.admin, name);
    Refused(set(0, 1000000000), world.admin, name);
    EXPECT_EQ(Try(set(INT64_MAX / 4), world.admin).code, grpc::INVALID_ARGUMENT) << name;
  }
}

TEST_F(Limits, PageSizes) {
  pb::ListSessionsRequest sessions;
  pb::ListQueueRequest queue;
  pb::ListTechniciansRequest technicians;
  pb::ListGroupsRequest groups;
  pb::ListChannelsRequest channels;
  pb::ListApiKeysRequest keys;
  pb::ListOrganizationsRequest organizations;
  pb::GetTimelineRequest timeline;
  timeline.set_session_id(1);
  world.Enter();
  const std::vector<std::pair<Message*, std::string>> lists = {
      {&sessions, world.ann}, {&queue, world.ann},  {&technicians, world.ann},        {&groups, world.ann},
      {&channels, world.ann}, {&keys, world.admin}, {&organizations, kOperatorToken}, {&timeline, world.admin}};
  for (const auto& [request, token] : lists) {
    const auto* field = request->GetDescriptor()->FindFieldByName("page_size");
    request->GetReflection()->SetInt32(request, field, -1);
    Refused(*request, token, "page_size");
    request->GetReflection()->SetInt32(request, field, INT32_MAX);
    EXPECT_TRUE(Try(*request, token).ok()) << request->GetTypeName() << Try(*request, token);
  }
}

TEST_F(Limits, MessagesAndMetadata) {
  pb::GetTechnicianRequest request;
  request.set_technician_id(std::string(router::kMessageBytes - 16, 'x'));
  EXPECT_EQ(Try(request, world.ann).code, grpc::NOT_FOUND);
  request.set_technician_id(std::string(router::kMessageBytes, 'x'));
  EXPECT_EQ(Try(request, world.ann).code, grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Try(pb::GetPrincipalRequest(), std::string(2 * router::kMetadataBytes, 't')).code, grpc::RESOURCE_EXHAUSTED);
  Client other(world.daemon.daemon().port());
  EXPECT_TRUE(other.Call<pb::GetPrincipalResponse>(pb::GetPrincipalRequest(), world.ann).ok());
}

TEST_F(Limits, OwnedSessionsOfATechnician) {
  pb::CreateSessionRequest create;
  create.set_method(pb::METHOD_LINK);
  for (size_t i = 0; i < limits::kOwnedSessions; ++i) ASSERT_TRUE(Try(create, world.ann).ok()) << i;
  const Outcome outcome = Try(create, world.ann);
  EXPECT_EQ(outcome.code, grpc::RESOURCE_EXHAUSTED) << outcome;
  EXPECT_EQ(outcome.reason, "TOO_MANY_SESSIONS") << outcome;
  EXPECT_TRUE(Try(create, world.bob).ok());
}

TEST_F(Limits, ActiveSessionsOfATechnician) {
  Sessions sessions(world);
  sessions.Attach(world.ann);
  for (size_t i = 0; i < limits::kActiveSessions; ++i) sessions.Active(world.ann);
  const Outcome outcome = Try(World::On<pb::StartSessionRequest>(sessions.Waiting().id), world.ann);
  EXPECT_EQ(outcome.code, grpc::FAILED_PRECONDITION);
  EXPECT_EQ(outcome.reason, "TOO_MANY_ACTIVE_SESSIONS");
}

}  // namespace
}  // namespace guichet::api_test

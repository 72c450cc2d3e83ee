// Commands of administrators: what flags and files put into requests, and how answers are shown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/protobuf/text_format.h"
#include "tests/ctl/fake_daemon.h"
#include "tests/ctl/run.h"
#include "tests/ctl/temp_file.h"

namespace guichet::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

template <class M>
M Text(const std::string& text) {
  M message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

// Answers a change with what it changes.
template <class Request, class Response, class Value>
FakeDaemon::Unary<Request, Response> Echo(Request* seen, const Value& (Request::*get)() const, Value* (Response::*put)()) {
  return [=](const Request& request, Response* response) {
    *seen = request;
    *(response->*put)() = (request.*get)();
    return absl::OkStatus();
  };
}

TEST(AdminTest, GroupPermissions) {
  v1::UpdateGroupRequest seen;
  FakeDaemon daemon({.update_group = Echo(&seen, &v1::UpdateGroupRequest::group, &v1::UpdateGroupResponse::mutable_group),
                     .get_group = [](const v1::GetGroupRequest& request, v1::GetGroupResponse* response) {
                       EXPECT_EQ(request.group_id(), "desk");
                       for (int i = 1; i < v1::Permission_ARRAYSIZE; ++i) {
                         if (i != v1::PERMISSION_LAN)
                           response->mutable_group()->add_permissions(static_cast<v1::Permission>(i));
                       }
                       return absl::OkStatus();
                     }});
  Ran ran = RunCtl({"group", "set", "desk", "--permissions", "pin,hold", "--locked", "none", "--idle-blockers", "script",
                    "--waiting-alert", "30s", "--auto-start-channel", "true", "--survey", "How was it?", "--address",
                    daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_THAT(seen.group().permissions(), ElementsAre(v1::PERMISSION_PIN, v1::PERMISSION_HOLD));
  EXPECT_THAT(seen.update_mask().paths(),
              UnorderedElementsAre("permissions", "locked_permissions", "settings.idle_blockers", "settings.waiting_alert",
                                   "settings.auto_start_channel", "settings.survey"));
  EXPECT_THAT(ran.out, HasSubstr("\npermissions              pin,hold\nlocked                   -\n"));
  EXPECT_THAT(ran.out, HasSubstr("\nidle_blockers            script\n"));
  EXPECT_THAT(ran.out, HasSubstr("\nsurvey                   How was it?\n"));

  ran = RunCtl({"group", "set", "desk", "--allow", "lan", "--deny", "reboot,scripts", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(seen.group().permissions_size(), v1::Permission_ARRAYSIZE - 3);
  EXPECT_THAT(seen.update_mask().paths(), ElementsAre("permissions"));
  EXPECT_THAT(ran.out, HasSubstr("\npermissions              all but reboot,scripts\n"));
}

TEST(AdminTest, GroupFromAFile) {
  v1::UpdateGroupRequest seen;
  FakeDaemon daemon({.update_group = Echo(&seen, &v1::UpdateGroupRequest::group, &v1::UpdateGroupResponse::mutable_group)});
  const TempFile file("desk.json",
                      R"({"group": {"groupId": "x", "settings": {"idleTimeout": "90s"}, "lockedPermissions": []}})");
  const Ran ran =
      RunCtl({"group", "set", "desk", "--from", file.path(), "--display-name", "Desk", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(seen.group().group_id(), "desk");
  EXPECT_EQ(seen.group().settings().idle_timeout().seconds(), 90);
  EXPECT_THAT(seen.update_mask().paths(), UnorderedElementsAre("settings", "locked_permissions", "display_name"));
}

TEST(AdminTest, TechnicianSet) {
  v1::UpdateTechnicianRequest seen;
  FakeDaemon daemon({.update_technician = Echo(&seen, &v1::UpdateTechnicianRequest::technician,
                                               &v1::UpdateTechnicianResponse::mutable_technician)});
  Ran ran = RunCtl({"technician", "set", "ann", "--skills", "german=9,linux=2", "--capacity", "20", "--routing-exempt", "true",
                    "--administers", "desk,night", "--disabled", "true", "--successor", "bob", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(
      seen.ShortDebugString(),
      Text<v1::UpdateTechnicianRequest>(
          "request_id: 'generated-id' technician { technician_id: 'ann' disabled: true administered_group_ids: ['desk', "
          "'night'] skills { skill_id: 'german' level: 9 } skills { skill_id: 'linux' level: 2 } capacity: 20 "
          "routing_exempt: true } update_mask { paths: 'disabled' paths: 'routing_exempt' paths: 'administered_group_ids' "
          "paths: 'skills' paths: 'capacity' } successor_technician_id: 'bob'")
          .ShortDebugString());
  EXPECT_THAT(ran.out, HasSubstr("\nskills       german=9,linux=2\nadministers  desk,night\n"));
  ran = RunCtl({"technician", "set", "ann", "--skills", "none", "--address", daemon.address()});
  EXPECT_EQ(seen.technician().skills_size(), 0);
  EXPECT_THAT(seen.update_mask().paths(), ElementsAre("skills"));
}

TEST(AdminTest, TechnicianShowsItsLayers) {
  v1::UpdateTechnicianRequest seen;
  FakeDaemon daemon({.update_technician = [](const auto&, v1::UpdateTechnicianResponse* response) {
    *response->mutable_technician() = Text<v1::Technician>(
        "technician_id: 'ann' display_name: 'Ann' group_id: 'desk' status: TECHNICIAN_STATUS_AWAY "
        "status_since_time { seconds: 1799999990 } intent { away: true reason: 'lunch' since_time { seconds: 1799999990 } } "
        "link { attached: true cause: CAUSE_ATTACHED console_name: 'desk 4' since_time { seconds: 1799996400 } } "
        "load { busy: true reason: '3 active sessions, BUSY at 3' since_time { seconds: 1799999880 } capacity_used: 5 "
        "capacity: 10 offered_session_id: 7 wrap_up_time { seconds: 1800000020 } pause_time { seconds: 1799999999 } }");
    return absl::OkStatus();
  }});
  const Ran ran = RunCtl({"technician", "set", "ann", "--capacity", "10", "--address", daemon.address()});
  EXPECT_EQ(
      ran.out,
      "technician   ann\nname         Ann\ngroup        desk\nstatus       AWAY, 10s ago\nintent       AWAY: lunch, 10s ago\n"
      "link         ATTACHED: desk 4, 1h ago\nload         BUSY: 3 active sessions, BUSY at 3, 2m ago\nunits        5 of 10\n"
      "offered      7\nafter-work   in 20s\npause        -\nskills       -\nadministers  -\nnotes        -\ncreated      -\n");
}

TEST(AdminTest, TechniciansFromAFile) {
  v1::CreateTechniciansRequest seen;
  FakeDaemon daemon(
      {.create_technicians = [&seen](const v1::CreateTechniciansRequest& request, v1::CreateTechniciansResponse*) {
        seen = request;
        return absl::OkStatus();
      }});
  const TempFile file("people.csv", "technician_id,group_id,skills\nann,desk,german=7\nbob,desk,\n");
  const Ran ran = RunCtl({"technician", "import", file.path(), "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(ran.out, "2 created\n");
  ASSERT_EQ(seen.technicians_size(), 2);
  EXPECT_EQ(seen.technicians(0).skills(0).level(), 7u);
  EXPECT_EQ(seen.request_id(), "generated-id");
}

TEST(AdminTest, ChannelFlags) {
  v1::UpdateChannelRequest seen;
  FakeDaemon daemon(
      {.update_channel = Echo(&seen, &v1::UpdateChannelRequest::channel, &v1::UpdateChannelResponse::mutable_channel)});
  Ran ran = RunCtl({"channel",
                    "set",
                    "web",
                    "--priority",
                    "3",
                    "--open",
                    "mon-tue 08:00-12:30",
                    "--open",
                    "sat 9:00-24:00",
                    "--time-zone",
                    "Europe/Zurich",
                    "--days-off",
                    "2026-12-25,2026-12-26",
                    "--out-of-hours",
                    "end",
                    "--out-of-hours-page",
                    "https://example.com",
                    "--nobody-online",
                    "notify",
                    "--nobody-online-notice",
                    "Soon",
                    "--routing",
                    "offer",
                    "--strategy",
                    "least-active",
                    "--offer-timeout",
                    "15s",
                    "--wrap-up",
                    "1m",
                    "--overflow-after",
                    "2m",
                    "--overflow-groups",
                    "night,day",
                    "--needs",
                    "german=7/5m/3,linux=2",
                    "--weight",
                    "4",
                    "--address",
                    daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(seen.channel().DebugString(),
            Text<v1::Channel>(
                "channel_id: 'web' hours { time_zone: 'Europe/Zurich' open { weekday: 1 from_minute: 480 to_minute: 750 } "
                "open { weekday: 2 from_minute: 480 to_minute: 750 } open { weekday: 6 from_minute: 540 to_minute: 1440 } "
                "days_off: ['2026-12-25', '2026-12-26'] } out_of_hours { action: ACTION_END page_url: 'https://example.com' } "
                "nobody_online { action: ACTION_NOTIFY notice: 'Soon' } priority: 3 routing { mode: ROUTING_MODE_OFFER "
                "strategy: ROUTING_STRATEGY_LEAST_ACTIVE offer_timeout { seconds: 15 } wrap_up { seconds: 60 } "
                "overflow_after { seconds: 120 } overflow_group_ids: ['night', 'day'] skills { skill_id: 'german' level: 7 "
                "relax_every { seconds: 300 } relax_to: 3 } skills { skill_id: 'linux' level: 2 } weight: 4 }")
                .DebugString());
  const std::set<std::string> paths(seen.update_mask().paths().begin(), seen.update_mask().paths().end());
  EXPECT_THAT(paths, ElementsAre("hours", "nobody_online", "out_of_hours", "priority", "routing"));
  EXPECT_THAT(ran.out, HasSubstr("open                no; mon 08:00-12:30, tue 08:00-12:30, sat 09:00-24:00, but "
                                 "2026-12-25,2026-12-26 (Europe/Zurich)\n"));
  EXPECT_THAT(ran.out, HasSubstr("out of hours        END → https://example.com\nnobody online       NOTIFY: Soon\n"));
  EXPECT_THAT(ran.out, HasSubstr("needs               german=7/5m/3,linux=2\n"));
}

TEST(AdminTest, ChannelFromAFileThatFlagsOverride) {
  v1::UpdateChannelRequest seen;
  FakeDaemon daemon(
      {.update_channel = Echo(&seen, &v1::UpdateChannelRequest::channel, &v1::UpdateChannelResponse::mutable_channel)});
  const TempFile file("web.json",
                      R"({"priority": 2, "redirects": [{"when": "WHEN_AFTER_WAIT", "wait": "60s", "groupId": "night"}],
                                      "fields": [{"label": "Product", "required": true, "choices": ["door", "gate"]}],
                                      "open": true, "policyVersion": 9})");
  const Ran ran = RunCtl({"channel", "set", "web", "--priority", "4", "--from", file.path(), "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(seen.channel().priority(), 4u);
  EXPECT_EQ(seen.channel().policy_version(), 0u);
  const std::set<std::string> paths(seen.update_mask().paths().begin(), seen.update_mask().paths().end());
  EXPECT_THAT(paths, ElementsAre("fields", "priority", "redirects"));
  EXPECT_THAT(ran.out, HasSubstr("fields              Product (required): door|gate\n"));
  EXPECT_THAT(ran.out, HasSubstr("redirects           AFTER_WAIT 1m → group night\n"));
}

TEST(AdminTest, KeysAndOrganization) {
  v1::CreateApiKeyRequest key;
  v1::UpdateOrganizationRequest organization;
  FakeDaemon daemon({.update_organization = Echo(&organization, &v1::UpdateOrganizationRequest::organization,
                                                 &v1::UpdateOrganizationResponse::mutable_organization),
                     .create_key = Echo(&key, &v1::CreateApiKeyRequest::api_key, &v1::CreateApiKeyResponse::mutable_api_key)});
  Ran ran = RunCtl({"key", "create", "mailer", "--role", "integrator", "--display-name", "Mails", "--scopes",
                    "deliveries,sessions-read", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_THAT(key.api_key().scopes(), ElementsAre(v1::SCOPE_DELIVERIES, v1::SCOPE_SESSIONS_READ));
  EXPECT_THAT(ran.out, HasSubstr("mailer  INTEGRATOR  -           Mails  deliveries,sessions-read  never    never  -\n"));
  ran = RunCtl({"org", "set", "--priority-step", "1m", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(organization.organization().priority_step().seconds(), 60);
  EXPECT_THAT(organization.update_mask().paths(), ElementsAre("priority_step"));

  const TempFile file("organization.json",
                      R"({"organization": {"organizationId": "acme", "createTime": "2026-01-01T00:00:00Z", "templates": [
      {"kind": "MESSAGE_KIND_SMS_INVITATION", "language": "de", "text": "Ihr Code: {{code}}"}], "defaultLanguage": "de"}})");
  ran = RunCtl({"org", "set", "--from", file.path(), "--default-language", "fr", "--monitor-silently", "true", "--address",
                daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(organization.organization().templates(0).text(), "Ihr Code: {{code}}");
  EXPECT_EQ(organization.organization().organization_id(), "") << "the caller's";
  EXPECT_EQ(organization.organization().default_language(), "fr") << "the flag wins";
  EXPECT_TRUE(organization.organization().monitor_silently());
  EXPECT_THAT(organization.update_mask().paths(),
              UnorderedElementsAre("templates", "default_language", "default_language", "monitor_silently"));
}

TEST(AdminTest, WhoamiShowsRights) {
  FakeDaemon daemon({.principal = [](const auto&, v1::GetPrincipalResponse* response) {
    *response = Text<v1::GetPrincipalResponse>(
        "role: ROLE_GROUP_ADMINISTRATOR organization_id: 'acme' key_id: 'k' technician_id: 'ann' administered_group_ids: "
        "'desk' "
        "permissions: [PERMISSION_PIN]");
    return absl::OkStatus();
  }});
  const Ran ran = RunCtl({"whoami", "--address", daemon.address()});
  EXPECT_EQ(ran.out,
            "role          GROUP_ADMINISTRATOR\norganization  acme\nkey           k\ntechnician    ann\nadministers   desk\n"
            "scopes        -\npermissions   pin\n");
}

}  // namespace
}  // namespace guichet::ctl

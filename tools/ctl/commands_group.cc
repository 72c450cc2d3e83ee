// group: technician groups and their settings.
#include "guichet/v1/admin_service.pb.h"
#include "tools/ctl/commands.h"
#include "tools/ctl/flags.h"
#include "tools/ctl/tables.h"

namespace guichet::ctl {
namespace {

using GroupField = std::function<v1::Group*()>;
// Notes a path for the update mask.
using Touch = std::function<void(const std::string&)>;

struct DurationSetting {
  const char* flag;
  const char* field;
  const char* help;
};

constexpr DurationSetting kDurationSettings[] = {
    {"--private-code-validity", "private_code_validity", "How long an unused PIN or link works"},
    {"--connecting-timeout", "connecting_timeout", "Until the applet must have attached"},
    {"--waiting-timeout", "waiting_timeout", "Until somebody must have started the session"},
    {"--idle-timeout", "idle_timeout", "How long a session may stay in the background"},
    {"--device-lost-grace", "device_lost_grace", "Missing heartbeats until RECONNECTING; at most 60s"},
    {"--offline-after", "offline_after", "RECONNECTING or REBOOTING for longer is OFFLINE"},
    {"--hold-limit", "hold_limit", "A session held for longer ends"},
    {"--system-limit", "system_limit", "No session lives longer"},
    {"--away-after", "away_after", "A technician whose console reports no activity is AWAY"},
    {"--logout-after", "logout_after", "A console that reports no activity is signed out"},
};

void DurationSettingFlag(CLI::App* command, const DurationSetting& setting, GroupField group, Touch touch) {
  const std::string flag = setting.flag;
  const std::string name = setting.field;
  command
      ->add_option_function<std::string>(
          flag,
          [flag, name, group, touch](const std::string& text) {
            auto* settings = group()->mutable_settings();
            const auto* field = settings->GetDescriptor()->FindFieldByName(name);
            touch("settings." + name);
            if (text == "default") return;
            const google::protobuf::Duration value = ToProto(ParseDurationFlag(flag, text));
            settings->GetReflection()->MutableMessage(settings, field)->CopyFrom(value);
          },
          setting.help)
      ->type_name("DURATION");
}

void SettingFlags(CLI::App* command, GroupField group, Touch touch) {
  TextFlag(
      command, "--display-name",
      [=](const std::string& name) {
        group()->set_display_name(name);
        touch("display_name");
      },
      "Name for people");
  for (const DurationSetting& setting : kDurationSettings) DurationSettingFlag(command, setting, group, touch);
  Flag<uint32_t>(
      command, "--max-active-sessions",
      [=](const uint32_t& count) {
        group()->mutable_settings()->set_max_active_sessions(count);
        touch("settings.max_active_sessions");
      },
      "Sessions that a technician may lead at once, 1-10");
  Flag<uint32_t>(
      command, "--busy-at",
      [=](const uint32_t& count) {
        group()->mutable_settings()->set_busy_at(count);
        touch("settings.busy_at");
      },
      "Active sessions from which a technician is BUSY; 0: never");
  Flag<bool>(
      command, "--auto-start-private",
      [=](const bool& on) {
        group()->mutable_settings()->set_auto_start_private(on);
        touch("settings.auto_start_private");
      },
      "Start a private session when the applet attaches")
      ->type_name("true|false");
  EnumFlag<v1::GroupSettings::ConsoleLostPolicy>(
      command, "--console-lost-policy",
      [=](v1::GroupSettings::ConsoleLostPolicy policy) {
        group()->mutable_settings()->set_console_lost_policy(policy);
        touch("settings.console_lost_policy");
      },
      "What becomes of sessions whose lead's console is gone");
  TextFlag(
      command, "--terms",
      [=](const std::string& terms) {
        group()->mutable_settings()->set_terms(terms);
        touch("settings.terms");
      },
      "Terms that the customer must accept; empty: none");
}

void AddGroupCreate(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"create", "Make a group. Durations are such as 90s or 1h30m, or never",
                                      "group create desk --display-name 'Help desk' --idle-timeout 30m"});
  auto request = runner.Bind<v1::CreateGroupRequest, v1::CreateGroupResponse>(
      command, {.table = [](const v1::CreateGroupResponse& response) { return GroupTable(One(response.group())); }});
  Argument(
      command, "GROUP", [request](const std::string& id) { request->mutable_group()->set_group_id(id); }, "Id of the group");
  SettingFlags(
      command, [request] { return request->mutable_group(); }, [](const std::string&) {});
}

void AddGroupSet(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"set", "Change a group. Durations are such as 90s or 1h30m, never, or default",
                                      "group set desk --idle-timeout 30m"});
  auto request = runner.Bind<v1::UpdateGroupRequest, v1::UpdateGroupResponse>(
      command, {.table = [](const v1::UpdateGroupResponse& response) { return GroupTable(One(response.group())); }});
  Argument(
      command, "GROUP", [request](const std::string& id) { request->mutable_group()->set_group_id(id); }, "Id of the group");
  SettingFlags(
      command, [request] { return request->mutable_group(); },
      [request](const std::string& path) { request->mutable_update_mask()->add_paths(path); });
}

}  // namespace

void AddGroupCommands(CLI::App& app, Runner& runner) {
  CLI::App* group = runner.AddFamily(app, "group", "Groups of technicians and their settings");
  AddGroupCreate(*group, runner);

  auto* list = runner.Add(*group, {"list", "List groups", "group list"});
  runner.BindList<v1::ListGroupsRequest, v1::ListGroupsResponse>(
      list, [](const v1::ListGroupsResponse& response) { return GroupTable(response.groups()); });

  auto* get = runner.Add(*group, {"get", "Show a group", "group get desk -o json"});
  auto get_request = runner.Bind<v1::GetGroupRequest, v1::GetGroupResponse>(
      get, {.table = [](const v1::GetGroupResponse& response) { return GroupTable(One(response.group())); }});
  Argument(
      get, "GROUP", [get_request](const std::string& id) { get_request->set_group_id(id); }, "Id of the group");

  AddGroupSet(*group, runner);

  auto* remove = runner.Add(*group, {"delete", "Delete an empty group", "group delete desk"});
  auto remove_request = runner.Bind<v1::DeleteGroupRequest, v1::DeleteGroupResponse>(
      remove, {.table = [](const v1::DeleteGroupResponse&) { return "deleted\n"; }});
  Argument(
      remove, "GROUP", [remove_request](const std::string& id) { remove_request->set_group_id(id); }, "Id of the group");
}

}  // namespace guichet::ctl

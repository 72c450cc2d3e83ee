// group: technician groups, their settings, permissions and locks.
#include <algorithm>
#include <set>

#include "guichet/v1/admin_service.pb.h"
#include "tools/ctl/commands.h"
#include "tools/ctl/files.h"
#include "tools/ctl/flags.h"
#include "tools/ctl/tables.h"

namespace guichet::ctl {
namespace {

using GroupField = std::function<v1::Group*()>;
// Notes a path for the update mask.
using Touch = std::function<void(const std::string&)>;

struct Setting {
  const char* flag;
  const char* field;
  const char* help;
};

constexpr Setting kDurations[] = {
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
    {"--login-deferral", "login_deferral", "Nothing is routed to a technician whose console attached so recently"},
    {"--connecting-alert", "connecting_alert", "A session CONNECTING for longer is urgent"},
    {"--waiting-alert", "waiting_alert", "A session WAITING for longer is urgent"},
};
constexpr Setting kSwitches[] = {
    {"--auto-start-private", "auto_start_private", "Start a private session when the applet attaches"},
    {"--auto-start-channel", "auto_start_channel", "Start waiting sessions of channels with manual routing for the members"},
    {"--approved-externals-only", "approved_externals_only", "Invite from outside only whom the organization has approved"},
    {"--survey-at-end", "survey_at_end", "Send the survey when a session ends"},
};
constexpr Setting kNumbers[] = {
    {"--max-active-sessions", "max_active_sessions", "Sessions that a technician may lead at once, 1-10"},
    {"--busy-at", "busy_at", "Active sessions from which a technician is BUSY; 0: never"},
};
constexpr Setting kTexts[] = {
    {"--terms", "terms", "Terms that the customer must accept; empty: none"},
    {"--survey", "survey", "Survey for the customer, a text or URL; empty: none"},
};

// Sets one field of the settings by its name.
template <typename Value>
std::function<void(const Value&)> Set(const Setting& setting, GroupField group, Touch touch,
                                      void (google::protobuf::Reflection::*set)(google::protobuf::Message*,
                                                                                const google::protobuf::FieldDescriptor*, Value)
                                          const) {
  return [name = std::string(setting.field), group, touch, set](const Value& value) {
    v1::GroupSettings* settings = group()->mutable_settings();
    (settings->GetReflection()->*set)(settings, settings->GetDescriptor()->FindFieldByName(name), value);
    touch("settings." + name);
  };
}

void DurationSettingFlag(CLI::App* command, const Setting& setting, GroupField group, Touch touch) {
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
  for (const Setting& setting : kDurations) DurationSettingFlag(command, setting, group, touch);
  for (const Setting& setting : kNumbers) {
    Flag<uint32_t>(command, setting.flag, Set<uint32_t>(setting, group, touch, &google::protobuf::Reflection::SetUInt32),
                   setting.help);
  }
  for (const Setting& setting : kSwitches) {
    Flag<bool>(command, setting.flag, Set<bool>(setting, group, touch, &google::protobuf::Reflection::SetBool), setting.help)
        ->type_name("true|false");
  }
  for (const Setting& setting : kTexts) {
    TextFlag(command, setting.flag, Set<std::string>(setting, group, touch, &google::protobuf::Reflection::SetString),
             setting.help);
  }
  EnumFlag<v1::GroupSettings::ConsoleLostPolicy>(
      command, "--console-lost-policy",
      [=](v1::GroupSettings::ConsoleLostPolicy policy) {
        group()->mutable_settings()->set_console_lost_policy(policy);
        touch("settings.console_lost_policy");
      },
      "What becomes of sessions whose lead's console is gone");
  EnumListFlag<v1::ActivityKind>(
      command, "--idle-blockers",
      [=](const std::vector<v1::ActivityKind>& kinds) {
        auto* blockers = group()->mutable_settings()->mutable_idle_blockers();
        blockers->clear_kinds();
        for (const v1::ActivityKind kind : kinds) blockers->add_kinds(kind);
        touch("settings.idle_blockers");
      },
      "Open activities that hold off the idle time-out, such as remote-control,send-file; or none");
}

void GroupFlags(CLI::App* command, GroupField group, Touch touch) {
  Argument(
      command, "GROUP", [=](const std::string& id) { group()->set_group_id(id); }, "Id of the group");
  TextFlag(
      command, "--from",
      [=](const std::string& path) {
        for (const std::string& field : MergeJson("--from", path, "group", {"group_id"}, group())) touch(field);
      },
      "JSON of the group, as group get -o json shows it; other flags win over it")
      ->type_name("FILE");
  TextFlag(
      command, "--display-name",
      [=](const std::string& name) {
        group()->set_display_name(name);
        touch("display_name");
      },
      "Name for people");
  EnumListFlag<v1::Permission>(
      command, "--permissions",
      [=](const std::vector<v1::Permission>& permissions) {
        group()->clear_permissions();
        for (const v1::Permission permission : permissions) group()->add_permissions(permission);
        touch("permissions");
      },
      "What its technicians may, such as pin,hold,remote-control; or none");
  EnumListFlag<v1::Permission>(
      command, "--locked",
      [=](const std::vector<v1::Permission>& permissions) {
        group()->clear_locked_permissions();
        for (const v1::Permission permission : permissions) group()->add_locked_permissions(permission);
        touch("locked_permissions");
      },
      "Permissions that only a master administrator changes; or none");
  SettingFlags(command, group, touch);
}

// What --allow and --deny change of the permissions that the group has.
struct Changes {
  std::vector<v1::Permission> allow;
  std::vector<v1::Permission> deny;
};

absl::Status Complete(Runner& runner, const Changes& changes, v1::UpdateGroupRequest* request) {
  if (changes.allow.empty() && changes.deny.empty()) return absl::OkStatus();
  v1::GetGroupRequest get;
  v1::GetGroupResponse got;
  get.set_group_id(request->group().group_id());
  if (absl::Status status = runner.Call(&get, &got); !status.ok()) return status;
  std::set<int> permissions(got.group().permissions().begin(), got.group().permissions().end());
  permissions.insert(changes.allow.begin(), changes.allow.end());
  for (const v1::Permission permission : changes.deny) permissions.erase(permission);
  for (const int permission : permissions) request->mutable_group()->add_permissions(static_cast<v1::Permission>(permission));
  request->mutable_update_mask()->add_paths("permissions");
  return absl::OkStatus();
}

void AddGroupCreate(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"create", "Make a group. Durations are such as 90s or 1h30m, or never",
                                      "group create desk --display-name 'Help desk' --idle-timeout 30m"});
  auto request = runner.Bind<v1::CreateGroupRequest, v1::CreateGroupResponse>(
      command, {.table = [](const v1::CreateGroupResponse& response) { return GroupDetails(response.group()); }});
  GroupFlags(
      command, [request] { return request->mutable_group(); }, [](const std::string&) {});
}

void AddGroupSet(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"set", "Change a group. Durations are such as 90s or 1h30m, never, or default",
                                      "group set desk --idle-timeout 30m --deny scripts,reboot"});
  auto changes = std::make_shared<Changes>();
  auto request = runner.Bind<v1::UpdateGroupRequest, v1::UpdateGroupResponse>(
      command, {.table = [](const v1::UpdateGroupResponse& response) { return GroupDetails(response.group()); }},
      [&runner, changes](v1::UpdateGroupRequest* filled) { return Complete(runner, *changes, filled); });
  GroupFlags(
      command, [request] { return request->mutable_group(); },
      [request](const std::string& path) { request->mutable_update_mask()->add_paths(path); });
  // Not CLI11's excludes(): its help lists them in the order of their addresses.
  const CLI::Validator alone(
      [whole = command->get_option("--permissions")](std::string&) {
        return whole->count() > 0 ? std::string("cannot be given with --permissions") : std::string();
      },
      "");
  EnumListFlag<v1::Permission>(
      command, "--allow", [changes](const std::vector<v1::Permission>& permissions) { changes->allow = permissions; },
      "Permissions to give to those that it has; not with --permissions")
      ->check(alone);
  EnumListFlag<v1::Permission>(
      command, "--deny", [changes](const std::vector<v1::Permission>& permissions) { changes->deny = permissions; },
      "Permissions to take from those that it has; not with --permissions")
      ->check(alone);
}

}  // namespace

void AddGroupCommands(CLI::App& app, Runner& runner) {
  CLI::App* group = runner.AddFamily(app, "group", "Groups of technicians, their settings and permissions");
  AddGroupCreate(*group, runner);

  auto* list = runner.Add(*group, {"list", "List groups", "group list"});
  runner.BindList<v1::ListGroupsRequest, v1::ListGroupsResponse>(
      list, [](const v1::ListGroupsResponse& response) { return GroupTable(response.groups()); });

  auto* get = runner.Add(*group, {"get", "Show a group", "group get desk -o json"});
  auto get_request = runner.Bind<v1::GetGroupRequest, v1::GetGroupResponse>(
      get, {.table = [](const v1::GetGroupResponse& response) { return GroupDetails(response.group()); }});
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

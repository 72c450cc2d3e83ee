// technician and channel: who supports, and through which entrance customers come.
#include "guichet/v1/admin_service.pb.h"
#include "guichet/v1/technician_service.pb.h"
#include "tools/client/watch.h"
#include "tools/ctl/commands.h"
#include "tools/ctl/flags.h"
#include "tools/ctl/lines.h"
#include "tools/ctl/tables.h"

namespace guichet::ctl {
namespace {

using Touch = std::function<void(const std::string&)>;

template <typename Response>
Show<Response> ShowTechnician(Runner& runner) {
  return {
      .table = [&runner](const Response& response) { return TechnicianTable(One(response.technician()), runner.io().now()); }};
}

template <typename Response>
Show<Response> ShowChannel() {
  return {.table = [](const Response& response) { return ChannelTable(One(response.channel())); }};
}

void TechnicianFlags(CLI::App* command, std::function<v1::Technician*()> technician, Touch touch) {
  Argument(
      command, "TECHNICIAN", [=](const std::string& id) { technician()->set_technician_id(id); }, "Id of the technician");
  TextFlag(
      command, "--display-name",
      [=](const std::string& name) {
        technician()->set_display_name(name);
        touch("display_name");
      },
      "Name for colleagues and customers");
  TextFlag(
      command, "--group",
      [=](const std::string& id) {
        technician()->set_group_id(id);
        touch("group_id");
      },
      "Group to which he belongs");
  Flag<bool>(
      command, "--administrator",
      [=](const bool& on) {
        technician()->set_administrator(on);
        touch("administrator");
      },
      "Whether he administers the organization")
      ->type_name("true|false");
  Flag<bool>(
      command, "--disabled",
      [=](const bool& on) {
        technician()->set_disabled(on);
        touch("disabled");
      },
      "Whether he is kept out; true ends the sessions that he leads")
      ->type_name("true|false");
}

void AddTechnicianStatus(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"status", "Set what a technician wants to be", "technician status away --reason lunch"});
  auto request =
      runner.Bind<v1::SetStatusRequest, v1::SetStatusResponse>(command, ShowTechnician<v1::SetStatusResponse>(runner));
  command
      ->add_option_function<std::string>(
          "STATUS",
          [request](const std::string& status) {
            request->set_status(status == "away" ? v1::TECHNICIAN_STATUS_AWAY : v1::TECHNICIAN_STATUS_ONLINE);
          },
          "online or away")
      ->check(CLI::IsMember({"online", "away"}))
      ->type_name("")
      ->required();
  TextFlag(
      command, "--technician", [request](const std::string& id) { request->set_technician_id(id); },
      "Whose status; technicians set their own");
  TextFlag(
      command, "--reason", [request](const std::string& reason) { request->set_reason(reason); }, "Why he is away");
}

void AddTechnicianWatch(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"watch", "Follow the technicians: one line a change, or JSON lines", "technician watch"});
  auto changes = DeclareChanges(command);
  runner.Act(command, [&runner, changes]() -> absl::Status {
    const auto client = runner.Connect();
    if (!client.ok()) return client.status();
    ChangeCounter counter(*changes);
    return client::Watch<v1::WatchTechniciansRequest, v1::WatchTechniciansResponse>(
        **client, {},
        [&](const v1::WatchTechniciansResponse& response) {
          PrintTechnicianMessage(runner, response);
          return counter.GoOn(response.event_case() == v1::WatchTechniciansResponse::kTechnician ||
                              response.event_case() == v1::WatchTechniciansResponse::kDeletedTechnicianId);
        },
        [&](const absl::Status& why) { PrintResume(runner, why); });
  });
}

void AddTechnicianFamily(CLI::App& app, Runner& runner) {
  CLI::App* family = runner.AddFamily(app, "technician", "Technicians and their status");
  auto* create = runner.Add(*family, {"create", "Make a technician", "technician create ann --display-name Ann --group desk"});
  auto created = runner.Bind<v1::CreateTechnicianRequest, v1::CreateTechnicianResponse>(
      create, ShowTechnician<v1::CreateTechnicianResponse>(runner));
  TechnicianFlags(
      create, [created] { return created->mutable_technician(); }, [](const std::string&) {});
  AddTechnicianList(*family, runner, "list");
  auto* get = runner.Add(*family, {"get", "Show a technician", "technician get ann"});
  auto got =
      runner.Bind<v1::GetTechnicianRequest, v1::GetTechnicianResponse>(get, ShowTechnician<v1::GetTechnicianResponse>(runner));
  Argument(
      get, "TECHNICIAN", [got](const std::string& id) { got->set_technician_id(id); }, "Id of the technician");
  auto* set = runner.Add(*family, {"set", "Change a technician", "technician set ann --group second-line"});
  auto changed = runner.Bind<v1::UpdateTechnicianRequest, v1::UpdateTechnicianResponse>(
      set, ShowTechnician<v1::UpdateTechnicianResponse>(runner));
  TechnicianFlags(
      set, [changed] { return changed->mutable_technician(); },
      [changed](const std::string& path) { changed->mutable_update_mask()->add_paths(path); });
  auto* remove = runner.Add(
      *family, {"delete", "Delete a technician; his sessions end and his keys are revoked", "technician delete ann"});
  auto removed = runner.Bind<v1::DeleteTechnicianRequest, v1::DeleteTechnicianResponse>(
      remove, {.table = [](const v1::DeleteTechnicianResponse&) { return "deleted\n"; }});
  Argument(
      remove, "TECHNICIAN", [removed](const std::string& id) { removed->set_technician_id(id); }, "Id of the technician");
  AddTechnicianStatus(*family, runner);
  AddTechnicianWatch(*family, runner);
}

void ChannelFlags(CLI::App* command, std::function<v1::Channel*()> channel, Touch touch) {
  Argument(
      command, "CHANNEL", [=](const std::string& id) { channel()->set_channel_id(id); }, "Id of the channel");
  TextFlag(
      command, "--display-name",
      [=](const std::string& name) {
        channel()->set_display_name(name);
        touch("display_name");
      },
      "Name for people");
  ListFlag(
      command, "--groups",
      [=] {
        touch("group_ids");
        return channel()->mutable_group_ids();
      },
      "Groups whose members serve it");
  ListFlag(
      command, "--technicians",
      [=] {
        touch("technician_ids");
        return channel()->mutable_technician_ids();
      },
      "Technicians who serve it besides");
  DurationFlag(
      command, "--connecting-timeout",
      [=](absl::Duration duration) {
        *channel()->mutable_connecting_timeout() = ToProto(duration);
        touch("connecting_timeout");
      },
      "Overrides the group's");
  DurationFlag(
      command, "--waiting-timeout",
      [=](absl::Duration duration) {
        *channel()->mutable_waiting_timeout() = ToProto(duration);
        touch("waiting_timeout");
      },
      "Overrides the group's");
}

void AddChannelFamily(CLI::App& app, Runner& runner) {
  CLI::App* family = runner.AddFamily(app, "channel", "Public entrances with a queue");
  auto* create =
      runner.Add(*family, {"create", "Make a channel", "channel create web --display-name Website --groups desk,second-line"});
  auto created =
      runner.Bind<v1::CreateChannelRequest, v1::CreateChannelResponse>(create, ShowChannel<v1::CreateChannelResponse>());
  ChannelFlags(
      create, [created] { return created->mutable_channel(); }, [](const std::string&) {});
  auto* list = runner.Add(*family, {"list", "List channels", "channel list"});
  runner.BindList<v1::ListChannelsRequest, v1::ListChannelsResponse>(
      list, [](const v1::ListChannelsResponse& response) { return ChannelTable(response.channels()); });
  auto* get = runner.Add(*family, {"get", "Show a channel", "channel get web"});
  auto got = runner.Bind<v1::GetChannelRequest, v1::GetChannelResponse>(get, ShowChannel<v1::GetChannelResponse>());
  Argument(
      get, "CHANNEL", [got](const std::string& id) { got->set_channel_id(id); }, "Id of the channel");
  auto* set = runner.Add(*family, {"set", "Change a channel", "channel set web --technicians ann,bob"});
  auto changed =
      runner.Bind<v1::UpdateChannelRequest, v1::UpdateChannelResponse>(set, ShowChannel<v1::UpdateChannelResponse>());
  ChannelFlags(
      set, [changed] { return changed->mutable_channel(); },
      [changed](const std::string& path) { changed->mutable_update_mask()->add_paths(path); });
  auto* remove = runner.Add(*family, {"delete", "Delete a channel without live sessions", "channel delete web"});
  auto removed = runner.Bind<v1::DeleteChannelRequest, v1::DeleteChannelResponse>(
      remove, {.table = [](const v1::DeleteChannelResponse&) { return "deleted\n"; }});
  Argument(
      remove, "CHANNEL", [removed](const std::string& id) { removed->set_channel_id(id); }, "Id of the channel");
}

}  // namespace

void AddTechnicianList(CLI::App& parent, Runner& runner, const std::string& name) {
  auto* command = runner.Add(parent, {name, "List technicians with their status", "technician list --status online"});
  auto request = runner.BindList<v1::ListTechniciansRequest, v1::ListTechniciansResponse>(
      command, [&runner](const v1::ListTechniciansResponse& response) {
        return TechnicianTable(response.technicians(), runner.io().now());
      });
  TextFlag(
      command, "--group", [request](const std::string& id) { request->set_group_id(id); }, "Only members of this group");
  EnumFlag<v1::TechnicianStatus>(
      command, "--status", [request](v1::TechnicianStatus status) { request->set_status(status); }, "Only with this status");
}

void AddPeopleCommands(CLI::App& app, Runner& runner) {
  AddTechnicianFamily(app, runner);
  AddChannelFamily(app, runner);
}

}  // namespace guichet::ctl

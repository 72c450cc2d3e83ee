// technician: who supports customers.
#include "absl/strings/str_cat.h"
#include "guichet/v1/admin_service.pb.h"
#include "guichet/v1/technician_service.pb.h"
#include "tools/client/watch.h"
#include "tools/ctl/commands.h"
#include "tools/ctl/files.h"
#include "tools/ctl/flags.h"
#include "tools/ctl/lines.h"
#include "tools/ctl/tables.h"

namespace guichet::ctl {
namespace {

using Touch = std::function<void(const std::string&)>;

template <typename Response>
Show<Response> ShowTechnician(Runner& runner) {
  return {.table = [&runner](const Response& response) { return TechnicianDetails(response.technician(), runner.io().now()); }};
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
  const auto flag = [=](const std::string& name, const std::string& field, void (v1::Technician::*set)(bool),
                        const std::string& help) {
    BoolFlag(
        command, name,
        [=](bool on) {
          (technician()->*set)(on);
          touch(field);
        },
        help);
  };
  flag("--administrator", "administrator", &v1::Technician::set_administrator, "Whether he administers the whole organization");
  flag("--disabled", "disabled", &v1::Technician::set_disabled,
       "Whether he is kept out; true: his sessions go to the successor or end");
  flag("--routing-exempt", "routing_exempt", &v1::Technician::set_routing_exempt, "Whether nothing is offered to him");
  ListFlag(
      command, "--administers",
      [=] {
        touch("administered_group_ids");
        return technician()->mutable_administered_group_ids();
      },
      "Groups that he administers");
  command
      ->add_option_function<std::vector<std::string>>(
          "--skills",
          [=](const std::vector<std::string>& skills) {
            technician()->clear_skills();
            touch("skills");
            if (skills == std::vector<std::string>{"none"}) return;
            for (const std::string& skill : skills) {
              if (!ParseSkill(skill, technician()->add_skills())) {
                throw CLI::ValidationError("--skills", "\"" + skill + "\" is no skill with a level, such as german=7");
              }
            }
          },
          "Skills with their levels 1-10; or none")
      ->delimiter(',')
      ->type_name("A=N,B=N");
  Flag<uint32_t>(
      command, "--capacity",
      [=](const uint32_t& units) {
        technician()->set_capacity(units);
        touch("capacity");
      },
      "Units of weighted work, 1-1000; 0: sessions of his group's limit");
}

void SuccessorFlag(CLI::App* command, std::function<void(const std::string&)> set) {
  TextFlag(command, "--successor", std::move(set), "Who takes over his sessions; without one they end");
}

void AddTechnicianImport(CLI::App& parent, Runner& runner) {
  auto* command =
      runner.Add(parent, {"import", "Make up to 1,000 technicians from a file, all or none", "technician import people.csv"});
  auto count = std::make_shared<int>(0);
  auto request = runner.Bind<v1::CreateTechniciansRequest, v1::CreateTechniciansResponse>(
      command, {.table = [count](const v1::CreateTechniciansResponse&) { return absl::StrCat(*count, " created\n"); }});
  Argument(
      command, "FILE",
      [request, count](const std::string& path) {
        ReadTechnicians("FILE", path, request->mutable_technicians());
        *count = request->technicians_size();
      },
      "JSON list, or .csv with a heading of field names: technician_id,display_name,group_id,skills,…; lists as a;b");
}

void AddTechnicianRedeem(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"redeem", "Exchange the code of an invitation from outside for a token, once",
                                      "technician redeem 493051 -o token > olga.token"});
  auto request = runner.Bind<v1::RedeemInvitationRequest, v1::RedeemInvitationResponse>(
      command, {.table =
                    [](const v1::RedeemInvitationResponse& response) {
                      return absl::StrCat("session ", response.session_id(), " as ", response.technician_id(),
                                          "\n\ntoken, shown only here: ", response.token(), "\n");
                    },
                .secret = [](const v1::RedeemInvitationResponse& response) { return response.token(); }});
  Argument(
      command, "CODE", [request](const std::string& code) { request->set_code(code); }, "PIN, or code of a link");
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
  auto* create = runner.Add(
      *family, {"create", "Make a technician", "technician create ann --display-name Ann --group desk --skills german=9"});
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
  SuccessorFlag(set, [changed](const std::string& id) { changed->set_successor_technician_id(id); });
  auto* remove =
      runner.Add(*family, {"delete", "Delete a technician; his sessions go to the successor or end, and his keys are revoked",
                           "technician delete ann"});
  auto removed = runner.Bind<v1::DeleteTechnicianRequest, v1::DeleteTechnicianResponse>(
      remove, {.table = [](const v1::DeleteTechnicianResponse&) { return "deleted\n"; }});
  Argument(
      remove, "TECHNICIAN", [removed](const std::string& id) { removed->set_technician_id(id); }, "Id of the technician");
  SuccessorFlag(remove, [removed](const std::string& id) { removed->set_successor_technician_id(id); });
  AddTechnicianImport(*family, runner);
  AddTechnicianRedeem(*family, runner);
  AddTechnicianStatus(*family, runner);
  AddTechnicianWatch(*family, runner);
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

void AddPeopleCommands(CLI::App& app, Runner& runner) { AddTechnicianFamily(app, runner); }

}  // namespace guichet::ctl

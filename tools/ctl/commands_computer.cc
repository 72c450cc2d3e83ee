// computer: unattended access.
#include "absl/strings/str_cat.h"
#include "guichet/v1/computer_service.pb.h"
#include "tools/ctl/commands.h"
#include "tools/ctl/flags.h"
#include "tools/ctl/output.h"
#include "tools/ctl/tables.h"
#include "tools/ctl/words.h"

namespace guichet::ctl {
namespace {

// "always", or "08:00-18:00 Europe/Vienna".
std::string TermsWord(const v1::AccessTerms& terms) {
  if (terms.from_minute() == 0 && terms.to_minute() == 0) return "always";
  return absl::StrCat(WindowWord(terms.from_minute(), terms.to_minute()), " ", terms.time_zone());
}

std::string ComputerTable(const Rows<v1::Computer>& computers) {
  Table table({"COMPUTER", "NAME", "DEVICE", "TECHNICIAN", "STATE", "WINDOW", "EXPIRES"});
  for (const v1::Computer& c : computers) {
    const std::string state = c.session_id() != 0 ? absl::StrCat("in session ", c.session_id())
                              : c.online()        ? "online"
                                                  : "offline";
    table.Add({absl::StrCat(c.computer_id()), c.name(), c.device_id(), c.technician_id(), state,
               absl::StrCat(TermsWord(c.terms()), c.window_open() ? "" : ", closed"),
               absl::FormatTime("%Y-%m-%d %H:%M", ToTime(c.expire_time()), absl::UTCTimeZone())});
  }
  return table.Text();
}

void ComputerArgument(CLI::App* command, std::function<void(const uint64_t&)> set) {
  Flag<uint64_t>(command, "COMPUTER", std::move(set), "Number of the computer")->type_name("")->required();
}

}  // namespace

void AddComputerCommands(CLI::App& app, Runner& runner) {
  CLI::App* family = runner.AddFamily(app, "computer", "Unattended access to enrolled computers");

  auto* list = runner.Add(*family, {"list", "List the computers that can be reached", "computer list --online"});
  auto listed = runner.BindList<v1::ListComputersRequest, v1::ListComputersResponse>(
      list, [](const v1::ListComputersResponse& response) { return ComputerTable(response.computers()); });
  TextFlag(
      list, "--technician", [listed](const std::string& id) { listed->set_technician_id(id); }, "Who enrolled them");
  TextFlag(
      list, "--device", [listed](const std::string& id) { listed->set_device_id(id); }, "Id of the device");
  TextFlag(
      list, "--name", [listed](const std::string& part) { listed->set_name_contains(part); }, "Part of the name");
  list->add_flag_callback(
      "--online", [listed] { listed->set_online_only(true); }, "Whose agent is attached");

  auto* connect = runner.Add(*family, {"connect", "Begin a session on a computer", "computer connect 12 --technician ann"});
  auto connected = runner.Bind<v1::ConnectComputerRequest, v1::ConnectComputerResponse>(
      connect, {.table = [&runner](const v1::ConnectComputerResponse& response) {
        return SessionTable(One(response.session()), runner.io().now());
      }});
  ComputerArgument(connect, [connected](const uint64_t& id) { connected->set_computer_id(id); });
  TextFlag(
      connect, "--technician", [connected](const std::string& id) { connected->set_technician_id(id); },
      "Who connects; that of the token by default");

  auto* rename = runner.Add(*family, {"rename", "Give a computer another name", "computer rename 12 'Lathe in hall 2'"});
  auto renamed = runner.Bind<v1::UpdateComputerRequest, v1::UpdateComputerResponse>(
      rename, {.table = [](const v1::UpdateComputerResponse& response) { return ComputerTable(One(response.computer())); }});
  ComputerArgument(rename, [renamed](const uint64_t& id) { renamed->set_computer_id(id); });
  Argument(
      rename, "NAME", [renamed](const std::string& name) { renamed->set_name(name); }, "For people");

  auto* revoke = runner.Add(*family, {"revoke", "End the access to a computer, and the session on it; a computer token its own",
                                      "computer revoke 12"});
  auto revoked = runner.Bind<v1::RevokeComputerRequest, v1::RevokeComputerResponse>(
      revoke, {.table = [](const v1::RevokeComputerResponse& response) {
        return absl::StrCat("revision ", response.revision(), "\n");
      }});
  Flag<uint64_t>(
      revoke, "COMPUTER", [revoked](const uint64_t& id) { revoked->set_computer_id(id); },
      "Number of the computer; not with a computer token")
      ->type_name("");
}

}  // namespace guichet::ctl

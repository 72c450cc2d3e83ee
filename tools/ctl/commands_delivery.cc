// deliveries: invitations by e-mail and SMS, for programs that send them.
#include "absl/strings/str_cat.h"
#include "guichet/v1/delivery_service.pb.h"
#include "tools/client/watch.h"
#include "tools/ctl/commands.h"
#include "tools/ctl/flags.h"
#include "tools/ctl/lines.h"
#include "tools/ctl/words.h"

namespace guichet::ctl {
namespace {

void AddWatch(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"watch",
                                      "Print each invitation that waits and each that comes, with its code: one line, or JSON "
                                      "lines; once one came, it goes on after the daemon restarts",
                                      "deliveries watch -o json"});
  auto changes = DeclareChanges(command);
  runner.Act(command, [&runner, changes]() -> absl::Status {
    const auto client = runner.Connect();
    if (!client.ok()) return client.status();
    ChangeCounter counter(*changes);
    return client::Watch<v1::WatchDeliveriesRequest, v1::WatchDeliveriesResponse>(
        **client, {},
        [&](const v1::WatchDeliveriesResponse& response) {
          PrintDelivery(runner, response);
          return counter.GoOn(true);
        },
        [&](const absl::Status& why) { PrintResume(runner, why); });
  });
}

void AddReport(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(
      parent, {"report", "Tell what became of an invitation", "deliveries report 1861711 failed --detail 'mailbox full'"});
  auto request = runner.Bind<v1::ReportDeliveryRequest, v1::ReportDeliveryResponse>(
      command, {.table = [](const v1::ReportDeliveryResponse& response) {
        return absl::StrCat("revision ", response.revision(), "\n");
      }});
  SessionArgument(command, [request](const uint64_t& id) { request->set_session_id(id); });
  EnumFlag<v1::DeliveryState>(
      command, "STATE", [request](v1::DeliveryState state) { request->set_state(state); },
      "sent, failed, or retry: it is handed over again")
      ->required();
  TextFlag(
      command, "--technician", [request](const std::string& id) { request->set_technician_id(id); },
      "Of the invitation of an external technician");
  TextFlag(
      command, "--detail", [request](const std::string& detail) { request->set_detail(detail); }, "For technicians");
}

}  // namespace

void AddDeliveryCommands(CLI::App& app, Runner& runner) {
  CLI::App* deliveries = runner.AddFamily(app, "deliveries", "Invitations by e-mail and SMS, for programs that send them");
  AddWatch(*deliveries, runner);
  AddReport(*deliveries, runner);
}

}  // namespace guichet::ctl

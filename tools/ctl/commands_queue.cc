// queue: what a technician's console shows.
#include "guichet/v1/queue_service.pb.h"
#include "tools/client/watch.h"
#include "tools/ctl/commands.h"
#include "tools/ctl/flags.h"
#include "tools/ctl/lines.h"
#include "tools/ctl/tables.h"

namespace guichet::ctl {
namespace {

template <typename Request>
void TabFlags(CLI::App* command, std::shared_ptr<Request> request) {
  EnumFlag<v1::QueueTab>(
      command, "--tab", [request](v1::QueueTab tab) { request->set_tab(tab); }, "Which part of the queue");
  TextFlag(
      command, "--technician", [request](const std::string& id) { request->set_technician_id(id); },
      "Whose queue; technicians see their own");
  TextFlag(
      command, "--channel",
      [request](const std::string& id) {
        request->set_channel_id(id);
        if (request->tab() == v1::QUEUE_TAB_UNSPECIFIED) request->set_tab(v1::QUEUE_TAB_CHANNEL);
      },
      "Sessions of this channel; implies --tab channel");
}

}  // namespace

void AddQueueWatch(CLI::App& parent, Runner& runner) {
  auto* command =
      runner.Add(parent, {"watch", "Follow a queue: one line a change, or JSON lines; goes on after the daemon restarts",
                          "queue watch --technician ann"});
  auto request = std::make_shared<v1::WatchQueueRequest>();
  TabFlags(command, request);
  auto changes = DeclareChanges(command);
  runner.Act(command, [&runner, request, changes]() -> absl::Status {
    const auto client = runner.Connect();
    if (!client.ok()) return client.status();
    ChangeCounter counter(*changes);
    return client::Watch<v1::WatchQueueRequest, v1::WatchQueueResponse>(
        **client, *request,
        [&](const v1::WatchQueueResponse& response) {
          PrintQueueMessage(runner, response);
          return counter.GoOn(response.has_change());
        },
        [&](const absl::Status& why) { PrintResume(runner, why); });
  });
}

void AddQueueCommands(CLI::App& app, Runner& runner) {
  CLI::App* queue = runner.AddFamily(app, "queue", "What a technician's console shows");
  auto* list = runner.Add(*queue, {"list", "List a queue", "queue list --channel web"});
  auto request = runner.BindList<v1::ListQueueRequest, v1::ListQueueResponse>(
      list, [&runner](const v1::ListQueueResponse& response) { return QueueTable(response.entries(), runner.io().now()); });
  TabFlags(list, request);
  AddQueueWatch(*queue, runner);
}

}  // namespace guichet::ctl

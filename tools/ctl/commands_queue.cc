// queue: what a technician's console shows.
#include <atomic>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "guichet/v1/queue_service.pb.h"
#include "tools/client/watch.h"
#include "tools/ctl/commands.h"
#include "tools/ctl/flags.h"
#include "tools/ctl/lines.h"
#include "tools/ctl/tables.h"
#include "tools/ctl/words.h"

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

// The state of `session_id` after a message, if the message tells it.
std::optional<v1::EntryState> StateIn(const v1::WatchQueueResponse& response, uint64_t session_id) {
  for (const v1::QueueEntry& entry : response.snapshot().entries()) {
    if (entry.session().session_id() == session_id) return entry.state();
  }
  const v1::QueueEntry& changed = response.change().entry();
  if (response.has_change() && changed.session().session_id() == session_id) return changed.state();
  return std::nullopt;
}

// Reads the watch until the session is in `wanted`; after `patience` the watch is cancelled.
absl::Status AwaitState(const client::Client& client, const v1::WatchQueueRequest& request, uint64_t session_id,
                        v1::EntryState wanted, absl::Duration patience) {
  std::unique_ptr<client::Stream> stream = client.Open(request);
  absl::Notification done;
  std::atomic<bool> late = false;
  std::thread watchdog([&] {
    if (done.WaitForNotificationWithTimeout(patience)) return;
    late = true;
    stream->Cancel();
  });
  if (stream->Write(request)) stream->WritesDone();
  v1::EntryState seen = v1::ENTRY_STATE_UNSPECIFIED;
  v1::WatchQueueResponse response;
  while (seen != wanted && stream->Read(&response)) seen = StateIn(response, session_id).value_or(seen);
  done.Notify();
  watchdog.join();
  if (seen == wanted) return absl::OkStatus();
  const absl::Status status = stream->Finish();
  if (!late) return status.ok() ? absl::UnavailableError("the watch ended") : status;
  return absl::DeadlineExceededError(
      absl::StrCat("session ", session_id, " is ", seen == v1::ENTRY_STATE_UNSPECIFIED ? "not in the queue" : Word(seen)));
}

void AddQueueWait(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"wait", "Wait, as long as --timeout, until the queue shows a session in a state",
                                      "queue wait 1861711 waiting --timeout 60"});
  auto request = std::make_shared<v1::WatchQueueRequest>();
  auto session_id = std::make_shared<uint64_t>();
  auto state = std::make_shared<v1::EntryState>();
  SessionArgument(command, [session_id](const uint64_t& id) { *session_id = id; });
  EnumFlag<v1::EntryState>(
      command, "STATE", [state](v1::EntryState wanted) { *state = wanted; }, "What the queue shows")
      ->required();
  TextFlag(
      command, "--technician", [request](const std::string& id) { request->set_technician_id(id); },
      "Whose queue; technicians see their own");
  runner.Act(command, [&runner, request, session_id, state]() -> absl::Status {
    const auto client = runner.Connect();
    if (!client.ok()) return client.status();
    return AwaitState(**client, *request, *session_id, *state, (*client)->options().timeout);
  });
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
  AddQueueWait(*queue, runner);
}

}  // namespace guichet::ctl

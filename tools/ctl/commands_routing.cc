// routing: why sessions wait and technicians get nothing, and who is available.
#include "guichet/v1/routing_service.pb.h"
#include "tools/client/watch.h"
#include "tools/ctl/commands.h"
#include "tools/ctl/flags.h"
#include "tools/ctl/lines.h"
#include "tools/ctl/tables.h"

namespace guichet::ctl {
namespace {

void AddExplain(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(
      parent, {"explain", "Why a session waits: who was considered, what one change would route it, and past decisions",
               "routing explain 1861711"});
  auto request = runner.Bind<v1::ExplainSessionRequest, v1::ExplainSessionResponse>(
      command, {.table = [&runner](const v1::ExplainSessionResponse& response) {
        return ExplanationText(response, runner.io().now());
      }});
  SessionArgument(command, [request](const uint64_t& id) { request->set_session_id(id); });
}

void AddTechnician(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(
      parent, {"technician", "Why a technician gets nothing, and what waits in his queues", "routing technician ann"});
  auto request = runner.Bind<v1::ExplainTechnicianRequest, v1::ExplainTechnicianResponse>(
      command, {.table = [&runner](const v1::ExplainTechnicianResponse& response) {
        return ExplanationText(response, runner.io().now());
      }});
  TextFlag(
      command, "TECHNICIAN", [request](const std::string& id) { request->set_technician_id(id); },
      "Id of the technician; technicians ask about themselves");
}

struct AvailabilityFlags {
  v1::WatchAvailabilityRequest request;
  bool watch = false;
};

absl::Status GetAvailability(Runner& runner, const v1::WatchAvailabilityRequest& asked) {
  v1::GetAvailabilityRequest request;
  request.set_channel_id(asked.channel_id());
  request.set_count_away(asked.count_away());
  request.set_count_busy(asked.count_busy());
  v1::GetAvailabilityResponse response;
  if (absl::Status status = runner.Call(&request, &response); !status.ok()) return status;
  runner.Emit(
      response, [&] { return AvailabilityLine(response.availability()) + "\n"; }, nullptr);
  return absl::OkStatus();
}

absl::Status WatchAvailability(Runner& runner, const v1::WatchAvailabilityRequest& request, int changes) {
  const auto client = runner.Connect();
  if (!client.ok()) return client.status();
  ChangeCounter counter(changes);
  return client::Watch<v1::WatchAvailabilityRequest, v1::WatchAvailabilityResponse>(
      **client, request,
      [&](const v1::WatchAvailabilityResponse& response) {
        PrintLine(runner, response, AvailabilityLine(response.availability()));
        return counter.GoOn(true);
      },
      [&](const absl::Status& why) { PrintResume(runner, why); });
}

void AddAvailability(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"availability", "Whether anybody is available on a channel, and how long one would wait",
                                      "routing availability web --watch"});
  auto flags = std::make_shared<AvailabilityFlags>();
  Argument(
      command, "CHANNEL", [flags](const std::string& id) { flags->request.set_channel_id(id); }, "Id of the channel");
  command->add_flag_callback(
      "--count-away", [flags] { flags->request.set_count_away(true); }, "AWAY technicians count as available");
  command->add_flag_callback(
      "--count-busy", [flags] { flags->request.set_count_busy(true); }, "BUSY technicians count as available");
  command->add_flag("--watch", flags->watch, "Print it again whenever it changes");
  auto changes = DeclareChanges(command);
  runner.Act(command, [&runner, flags, changes] {
    return flags->watch ? WatchAvailability(runner, flags->request, *changes) : GetAvailability(runner, flags->request);
  });
}

}  // namespace

void AddRoutingCommands(CLI::App& app, Runner& runner) {
  CLI::App* routing = runner.AddFamily(app, "routing", "Why routing does what it does, and who is available");
  AddExplain(*routing, runner);
  AddTechnician(*routing, runner);
  AddAvailability(*routing, runner);
}

}  // namespace guichet::ctl

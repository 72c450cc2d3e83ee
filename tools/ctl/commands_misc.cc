// health, whoami and completion.

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "grpc/health/v1/health.pb.h"
#include "guichet/v1/admin_service.pb.h"
#include "tools/ctl/commands.h"
#include "tools/ctl/completion.h"
#include "tools/ctl/flags.h"
#include "tools/ctl/tables.h"

namespace guichet::ctl {
namespace {

namespace health = ::grpc::health::v1;

void AddHealth(CLI::App& app, Runner& runner) {
  auto* command = runner.Add(app, {"health", "Ask whether the daemon serves; exit code 5 when it does not", "health"});
  auto request = std::make_shared<health::HealthCheckRequest>();
  TextFlag(
      command, "--service", [request](const std::string& service) { request->set_service(service); },
      "One service; the whole daemon by default");
  runner.Act(command, [&runner, request] {
    health::HealthCheckResponse response;
    if (absl::Status status = runner.Call(request.get(), &response); !status.ok()) return status;
    const std::string word = health::HealthCheckResponse::ServingStatus_Name(response.status());
    runner.Emit(
        response, [&] { return word + "\n"; }, nullptr);
    return response.status() == health::HealthCheckResponse::SERVING ? absl::OkStatus()
                                                                     : absl::UnavailableError("the daemon answers " + word);
  });
}

void AddWhoami(CLI::App& app, Runner& runner) {
  auto* command = runner.Add(app, {"whoami", "Show whose credential this is", "whoami --token-file ann.token"});
  runner.Bind<v1::GetPrincipalRequest, v1::GetPrincipalResponse>(
      command, {.table = [](const v1::GetPrincipalResponse& response) {
        Table table({"role", "organization", "key", "technician", "administers", "scopes", "permissions"});
        table.Add({Word(response.role()), response.organization_id(), response.key_id(), response.technician_id(),
                   absl::StrJoin(response.administered_group_ids(), ","), ScopesWord(response.scopes()),
                   response.technician_id().empty() ? "" : PermissionsWord(response.permissions())});
        return table.Vertical();
      }});
}

void AddCompletion(CLI::App& app, Runner& runner) {
  auto* command = runner.Add(app, {"completion", "Print a script that completes commands and flags", "completion bash"});
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash or zsh")->check(CLI::IsMember({"bash", "zsh"}))->type_name("")->required();
  runner.Act(command, [&app, &runner, shell] {
    runner.io().out << CompletionScript(app, *shell);
    return absl::OkStatus();
  });
}

}  // namespace

void AddMiscCommands(CLI::App& app, Runner& runner) {
  AddHealth(app, runner);
  AddWhoami(app, runner);
  AddCompletion(app, runner);
}

}  // namespace guichet::ctl

// org and key: tenants and credentials.
#include "absl/strings/str_cat.h"
#include "guichet/v1/admin_service.pb.h"
#include "tools/ctl/commands.h"
#include "tools/ctl/files.h"
#include "tools/ctl/flags.h"
#include "tools/ctl/tables.h"

namespace guichet::ctl {
namespace {

void AddOrgCreate(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"create", "Make an organization and its first administrator key; shows the key once",
                                      "org create acme --display-name 'Acme Ltd' -o token > admin.token"});
  auto request = runner.Bind<v1::CreateOrganizationRequest, v1::CreateOrganizationResponse>(
      command, {.table =
                    [&runner](const v1::CreateOrganizationResponse& response) {
                      return absl::StrCat(OrganizationTable(One(response.organization()), runner.io().now()),
                                          "\nadministrator token, shown only here:\n", response.administrator_token(), "\n");
                    },
                .secret = [](const v1::CreateOrganizationResponse& response) { return response.administrator_token(); }});
  Argument(
      command, "ORGANIZATION", [request](const std::string& id) { request->mutable_organization()->set_organization_id(id); },
      "Id of the organization");
  TextFlag(
      command, "--display-name",
      [request](const std::string& name) { request->mutable_organization()->set_display_name(name); }, "Name for people")
      ->required();
}

void AddOrgList(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"list", "List organizations (operators)", "org list"});
  runner.BindList<v1::ListOrganizationsRequest, v1::ListOrganizationsResponse>(
      command, [&runner](const v1::ListOrganizationsResponse& response) {
        return OrganizationTable(response.organizations(), runner.io().now());
      });
}

void AddOrgGet(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"get", "Show the caller's organization", "org get -o json"});
  runner.Bind<v1::GetOrganizationRequest, v1::GetOrganizationResponse>(
      command, {.table = [&runner](const v1::GetOrganizationResponse& response) {
        return OrganizationTable(One(response.organization()), runner.io().now());
      }});
}

void AddOrgSet(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"set", "Change the caller's organization", "org set --priority-step 1m"});
  auto request = runner.Bind<v1::UpdateOrganizationRequest, v1::UpdateOrganizationResponse>(
      command, {.table = [&runner](const v1::UpdateOrganizationResponse& response) {
        return OrganizationTable(One(response.organization()), runner.io().now());
      }});
  TextFlag(
      command, "--from",
      [request](const std::string& path) {
        const std::vector<std::string> not_set = {"organization_id", "create_time"};
        for (const std::string& field : MergeJson("--from", path, "organization", not_set, request->mutable_organization())) {
          request->mutable_update_mask()->add_paths(field);
        }
      },
      "JSON of the organization, as org get -o json shows it; other flags win over it. Templates of invitations are set so")
      ->type_name("FILE");
  TextFlag(
      command, "--display-name",
      [request](const std::string& name) {
        request->mutable_organization()->set_display_name(name);
        request->mutable_update_mask()->add_paths("display_name");
      },
      "Name for people");
  DurationFlag(
      command, "--priority-step",
      [request](absl::Duration step) {
        *request->mutable_organization()->mutable_priority_step() = ToProto(step);
        request->mutable_update_mask()->add_paths("priority_step");
      },
      "What one point of a channel's priority is worth in waiting");
  ListFlag(
      command, "--approved-external",
      [request] {
        request->mutable_update_mask()->add_paths("approved_externals");
        return request->mutable_organization()->mutable_approved_externals();
      },
      "Address, or @DOMAIN, that may be invited from outside, repeated; replaces all");
  TextFlag(
      command, "--default-language",
      [request](const std::string& tag) {
        request->mutable_organization()->set_default_language(tag);
        request->mutable_update_mask()->add_paths("default_language");
      },
      "BCP 47 tag: of messages to people whose language has no template");
  BoolFlag(
      command, "--monitor-silently",
      [request](bool silently) {
        request->mutable_organization()->set_monitor_silently(silently);
        request->mutable_update_mask()->add_paths("monitor_silently");
      },
      "Technicians are not told who monitors them");
}

void AddKeyCreate(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"create", "Make a credential; shows its secret once",
                                      "key create ann-console --role technician --technician ann -o token > ann.token"});
  auto request = runner.Bind<v1::CreateApiKeyRequest, v1::CreateApiKeyResponse>(
      command, {.table =
                    [&runner](const v1::CreateApiKeyResponse& response) {
                      return absl::StrCat(KeyTable(One(response.api_key()), runner.io().now()), "\ntoken, shown only here:\n",
                                          response.token(), "\n");
                    },
                .secret = [](const v1::CreateApiKeyResponse& response) { return response.token(); }});
  Argument(
      command, "KEY", [request](const std::string& id) { request->mutable_api_key()->set_key_id(id); }, "Id of the key");
  EnumFlag<v1::Role>(
      command, "--role", [request](v1::Role role) { request->mutable_api_key()->set_role(role); }, "What the key grants")
      ->required();
  TextFlag(
      command, "--technician", [request](const std::string& id) { request->mutable_api_key()->set_technician_id(id); },
      "For whom a technician's key acts");
  TextFlag(
      command, "--display-name", [request](const std::string& name) { request->mutable_api_key()->set_display_name(name); },
      "What the key is for");
  EnumListFlag<v1::Scope>(
      command, "--scopes",
      [request](const std::vector<v1::Scope>& scopes) {
        for (const v1::Scope scope : scopes) request->mutable_api_key()->add_scopes(scope);
      },
      "What an integrator's key may do, such as sessions-read,deliveries; everything by default");
  DurationFlag(
      command, "--expires-in",
      [request, &runner](absl::Duration duration) {
        if (duration != absl::ZeroDuration()) {
          *request->mutable_api_key()->mutable_expire_time() = ToProto(runner.io().now() + duration);
        }
      },
      "How long the key is accepted; never by default");
}

void AddKeyRevoke(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"revoke", "End a credential at once", "key revoke ann-console"});
  auto request = runner.Bind<v1::RevokeApiKeyRequest, v1::RevokeApiKeyResponse>(
      command, {.table = [](const v1::RevokeApiKeyResponse&) { return "revoked\n"; }});
  Argument(
      command, "KEY", [request](const std::string& id) { request->set_key_id(id); }, "Id of the key");
}

}  // namespace

void AddKeyList(CLI::App& parent, Runner& runner, const std::string& name) {
  auto* command = runner.Add(parent, {name, "List credentials, without their secrets", "key list"});
  runner.BindList<v1::ListApiKeysRequest, v1::ListApiKeysResponse>(
      command, [&runner](const v1::ListApiKeysResponse& response) { return KeyTable(response.api_keys(), runner.io().now()); });
}

void AddOrgCommands(CLI::App& app, Runner& runner) {
  CLI::App* org = runner.AddFamily(app, "org", "Organizations");
  AddOrgCreate(*org, runner);
  AddOrgList(*org, runner);
  AddOrgGet(*org, runner);
  AddOrgSet(*org, runner);
  CLI::App* key = runner.AddFamily(app, "key", "Credentials");
  AddKeyCreate(*key, runner);
  AddKeyList(*key, runner, "list");
  AddKeyRevoke(*key, runner);
}

}  // namespace guichet::ctl

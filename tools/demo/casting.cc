#include "tools/demo/casting.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "guichet/v1/admin_service.pb.h"

namespace guichet::demo {
namespace {

bool Contains(const google::protobuf::RepeatedPtrField<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

bool Serves(const v1::Channel& channel, const Console& console) {
  return Contains(channel.group_ids(), console.group_id()) || Contains(channel.technician_ids(), console.technician_id());
}

absl::StatusOr<std::string> FindChannel(const StageOptions& stage, const std::string& wanted) {
  v1::ListChannelsRequest request;
  do {
    v1::ListChannelsResponse response;
    DEMO_TRY(stage.integrator->Call(request, &response));
    for (const v1::Channel& channel : response.channels()) {
      if (!wanted.empty() && channel.channel_id() != wanted) continue;
      if (Serves(channel, *stage.consoles[0]) && Serves(channel, *stage.consoles[1])) return channel.channel_id();
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  if (wanted.empty()) return std::string();
  return absl::InvalidArgumentError(absl::StrCat("channel ", wanted, " is not served by the first two technicians"));
}

absl::StatusOr<std::unique_ptr<Console>> CastTechnician(const client::Client& client, const std::string& flag, Board& board) {
  const size_t equals = flag.find('=');
  if (equals == std::string::npos) return absl::InvalidArgumentError("--technician must be NAME=TOKEN");
  const std::string name = flag.substr(0, equals);
  auto own = client.WithToken(flag.substr(equals + 1));
  if (!own.ok()) return own.status();
  v1::GetPrincipalResponse principal;
  DEMO_TRY((*own)->Call(v1::GetPrincipalRequest(), &principal));
  if (principal.technician_id() != name) {
    return absl::InvalidArgumentError(absl::StrCat("the token of ", name, " acts for \"", principal.technician_id(), "\""));
  }
  auto console = std::make_unique<Console>(*std::move(own), name, board);
  DEMO_TRY(console->SignIn());
  return console;
}

}  // namespace

absl::StatusOr<StageOptions> Cast(const CastOptions& options, Board& board) {
  if (options.technicians.size() < 2) return absl::InvalidArgumentError("give --technician NAME=TOKEN at least twice");
  StageOptions stage;
  stage.pace = options.pace;
  auto client = client::Client::Make(options.connection);
  if (!client.ok()) return client.status();
  stage.public_client = *std::move(client);
  auto integrator = stage.public_client->WithToken(options.integrator_token);
  if (!integrator.ok()) return integrator.status();
  stage.integrator = *std::move(integrator);
  v1::GetPrincipalResponse principal;
  DEMO_TRY(stage.integrator->Call(v1::GetPrincipalRequest(), &principal));
  stage.organization_id = principal.organization_id();
  for (const std::string& flag : options.technicians) {
    auto console = CastTechnician(*stage.public_client, flag, board);
    if (!console.ok()) return console.status();
    stage.consoles.push_back(*std::move(console));
  }
  auto channel = FindChannel(stage, options.channel_id);
  if (!channel.ok()) return channel.status();
  stage.channel_id = *std::move(channel);
  return stage;
}

}  // namespace guichet::demo

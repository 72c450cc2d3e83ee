#include "tools/ctl/runner.h"

#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace guichet::ctl {

void Runner::DeclareGlobalFlags(CLI::App& app) {
  constexpr char kGroup[] = "Connection and output";
  app.add_option("--address", options_.address, "Daemon to call")
      ->envname("GUICHET_ADDRESS")
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--token", options_.token, "Credential. Others on this machine can see it: prefer --token-file")
      ->envname("GUICHET_TOKEN")
      ->group(kGroup);
  app.add_option("--token-file", token_file_, "File that holds the credential; wins over --token")->group(kGroup);
  app.add_option("--tls-ca", options_.tls_ca, "PEM root certificates; without them the connection is plaintext")
      ->envname("GUICHET_TLS_CA")
      ->group(kGroup);
  app.add_option("--tls-certificate", options_.tls_certificate, "PEM chain, for a daemon that asks clients for a certificate")
      ->envname("GUICHET_TLS_CERTIFICATE")
      ->group(kGroup);
  app.add_option("--tls-key", options_.tls_key, "PEM private key of the certificate")
      ->envname("GUICHET_TLS_KEY")
      ->group(kGroup);
  app.add_flag("--insecure", options_.insecure, "Allow a credential over plaintext to another machine")->group(kGroup);
  app.add_option("-o,--output", output_, "table, json, or token: only the secret that the command created")
      ->check(CLI::IsMember({"table", "json", "token"}))
      ->capture_default_str()
      ->group(kGroup);
  app.add_option("--timeout", timeout_s_, "Seconds for one call")
      ->check(CLI::Range(0.001, 3600.0))
      ->capture_default_str()
      ->group(kGroup);
}

CLI::App* Runner::Add(CLI::App& parent, const CommandSpec& spec) {
  CLI::App* command = parent.add_subcommand(spec.name, spec.help);
  command->footer(absl::StrCat("Example:\n  guichetctl ", spec.example));
  return command;
}

CLI::App* Runner::AddFamily(CLI::App& parent, const std::string& name, const std::string& help) {
  CLI::App* family = parent.add_subcommand(name, help);
  family->require_subcommand(1);
  // The program's own footer would be inherited.
  family->footer("");
  return family;
}

void Runner::Act(CLI::App* command, std::function<absl::Status()> action) {
  command->callback([this, command, action = std::move(action)] {
    chosen_ = command;
    action_ = action;
  });
}

void Runner::DeclareRequestId(CLI::App* command) {
  command->add_option("--request-id", request_id_, "Makes the command repeatable; random when not given");
}

std::shared_ptr<int> Runner::DeclareLimit(CLI::App* command) {
  auto limit = std::make_shared<int>(1000);
  command->add_option("--limit", *limit, "At most so many rows; 0: all")->check(CLI::NonNegativeNumber)->capture_default_str();
  return limit;
}

int Runner::RowCount(const google::protobuf::Message& response) {
  int count = 0;
  for (int i = 0; i < response.GetDescriptor()->field_count(); ++i) {
    const auto* field = response.GetDescriptor()->field(i);
    if (field->is_repeated()) count += response.GetReflection()->FieldSize(response, field);
  }
  return count;
}

absl::StatusOr<client::Client*> Runner::Connect() {
  if (client_ != nullptr) return client_.get();
  usage_error_ = true;
  if (!token_file_.empty()) {
    std::ifstream file(token_file_);
    std::string token;
    if (!std::getline(file, token)) return absl::InvalidArgumentError(absl::StrCat("cannot read a token from ", token_file_));
    options_.token = std::string(absl::StripAsciiWhitespace(token));
  }
  options_.timeout = absl::Seconds(timeout_s_);
  options_.wait = io_.wait;
  auto client = client::Client::Make(options_);
  if (!client.ok()) return client.status();
  usage_error_ = false;
  client_ = *std::move(client);
  return client_.get();
}

absl::Status Runner::Call(google::protobuf::Message* request, google::protobuf::Message* response) {
  const auto client = Connect();
  if (!client.ok()) return client.status();
  client::SetRequestId(request, request_id_.empty() ? io_.request_id() : request_id_);
  return (*client)->Call(*request, response);
}

void Runner::Emit(const google::protobuf::Message& message, absl::FunctionRef<std::string()> table,
                  std::function<std::string()> secret) {
  if (output_ == "json") {
    io_.out << Json(message, /*pretty=*/true);
  } else if (output_ == "token" && secret) {
    io_.out << secret() << "\n";
  } else {
    io_.out << table();
  }
}

int Runner::Run() {
  if (output_ == "token" && !secrets_.contains(chosen_)) {
    io_.err << "guichetctl: " << chosen_->get_name() << " creates no secret; -o token is for commands that do\n";
    return kExitUsage;
  }
  const absl::Status status = action_();
  io_.out.flush();
  if (status.ok()) return kExitOk;
  io_.err << (json() ? ErrorJson(status) : "guichetctl: " + ErrorText(status));
  return usage_error_ ? kExitUsage : ExitCode(status);
}

}  // namespace guichet::ctl

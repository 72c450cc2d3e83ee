#include "tests/faults/rig.h"

#include <poll.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace guichet::faults {
namespace {

constexpr char kOperatorToken[] = "operator-token-of-the-faults";

std::string TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "guichet-faults-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  return name;
}

}  // namespace

void Await(const std::string& what, const std::function<bool()>& holds) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (!holds()) {
    if (absl::Now() > deadline) throw std::runtime_error("waited in vain for " + what);
    poll(nullptr, 0, 20);
  }
}

size_t Resident(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/statm"));
  size_t size = 0;
  size_t resident = 0;
  file >> size >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

Rig::Rig(RigOptions options) : options_(std::move(options)), folder_(TemporaryFolder()) {
  if (options_.data.empty()) options_.data = folder_ + "/data";
  operator_key_file_ = WriteFile("operator", kOperatorToken);
  Launch(options_.wrapper);
  operator_ = As(kOperatorToken);
  pb::CreateOrganizationRequest organization;
  organization.mutable_organization()->set_organization_id("acme");
  organization.mutable_organization()->set_display_name("Acme");
  const auto admin = As(wire::Must<pb::CreateOrganizationResponse>(*operator_, organization).administrator_token());
  pb::CreateGroupRequest group;
  group.mutable_group()->set_group_id("desk");
  group.mutable_group()->set_display_name("Desk");
  for (int i = 1; i < pb::Permission_ARRAYSIZE; ++i) group.mutable_group()->add_permissions(static_cast<pb::Permission>(i));
  group.mutable_group()->mutable_settings()->mutable_device_lost_grace()->set_seconds(1);
  wire::Must<pb::CreateGroupResponse>(*admin, group);
  pb::CreateTechnicianRequest technician;
  technician.mutable_technician()->set_technician_id("ann");
  technician.mutable_technician()->set_display_name("Ann");
  technician.mutable_technician()->set_group_id("desk");
  wire::Must<pb::CreateTechnicianResponse>(*admin, technician);
  pb::CreateApiKeyRequest key;
  key.mutable_api_key()->set_key_id("ann");
  key.mutable_api_key()->set_role(pb::ROLE_TECHNICIAN);
  key.mutable_api_key()->set_technician_id("ann");
  const std::string token = wire::Must<pb::CreateApiKeyResponse>(*admin, key).token();
  ann_token_file_ = WriteFile("ann", token);
  ann_ = As(token);
}

Rig::~Rig() {
  daemon_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string Rig::WriteFile(const std::string& name, const std::string& text) const {
  const std::string path = folder_ + "/" + name;
  std::ofstream(path) << text;
  return path;
}

void Rig::Launch(const std::vector<std::string>& wrapper) {
  daemon_ = std::make_unique<crash::DaemonProcess>(crash::DaemonProcess::Options{
      .binary = GUICHETD,
      .data = options_.data,
      .operator_key_file = operator_key_file_,
      .listen = port_ == 0 ? options_.listen : absl::StrCat(options_.listen.substr(0, options_.listen.rfind(':')), ":", port_),
      .flags = options_.flags,
      .wrapper = wrapper});
  const int port = daemon_->WaitForPort(kPatience);
  if (port == 0) throw std::runtime_error("guichetd does not start: " + daemon_->log());
  port_ = port;
}

void Rig::Start(const std::vector<std::string>& wrapper) {
  Launch(wrapper);
  Await("the connection to come back", [&] {
    if (daemon_->AwaitEnd(absl::ZeroDuration()) != -1) throw std::runtime_error("guichetd ends: " + daemon_->log());
    pb::GetPrincipalResponse response;
    return ann_->Call(pb::GetPrincipalRequest(), &response).ok();
  });
}

int Rig::StartInVain(std::string* log) {
  daemon_ = std::make_unique<crash::DaemonProcess>(crash::DaemonProcess::Options{
      .binary = GUICHETD, .data = options_.data, .operator_key_file = operator_key_file_, .flags = options_.flags});
  const int code = daemon_->AwaitEnd(kPatience);
  *log = daemon_->log();
  return code;
}

void Rig::Stop() {
  if (const int code = daemon_->Terminate(kPatience); code != 0) {
    throw std::runtime_error(absl::StrCat("guichetd ends with ", code, ": ", daemon_->log()));
  }
}

std::unique_ptr<client::Client> Rig::As(const std::string& token) const {
  auto made = client::Client::Make({.address = address(), .token = token});
  if (!made.ok()) throw std::runtime_error(made.status().ToString());
  return *std::move(made);
}

std::unique_ptr<mail_test::Child> Rig::Ctl(std::vector<std::string> words) const {
  words.insert(words.begin(), {GUICHETCTL, "--address", address()});
  return std::make_unique<mail_test::Child>(std::move(words));
}

absl::Status Rig::TryCreate() {
  pb::CreateSessionRequest request;
  request.set_method(pb::METHOD_PIN);
  request.set_tracking_id(absl::StrCat("made-", acknowledged_.size()));
  pb::CreateSessionResponse response;
  const absl::Status status = ann_->Mutate(&request, &response);
  if (status.ok()) acknowledged_[response.session().session_id()] = request.tracking_id();
  return status;
}

pb::CreateSessionResponse Rig::Create() {
  pb::CreateSessionRequest request;
  request.set_method(pb::METHOD_PIN);
  auto response = wire::Must<pb::CreateSessionResponse>(*ann_, request);
  acknowledged_[response.session().session_id()] = "";
  return response;
}

std::string Rig::Redeem(const std::string& code) {
  pb::RedeemCodeRequest request;
  request.set_code(code);
  request.set_device_id("lathe");
  return wire::Must<pb::RedeemCodeResponse>(*As(""), request).device_token();
}

absl::Status Rig::TryUpdate(uint64_t session, const std::string& tracking_id) {
  pb::UpdateSessionRequest request;
  request.mutable_target()->set_session_id(session);
  request.mutable_session()->set_tracking_id(tracking_id);
  pb::UpdateSessionResponse response;
  const absl::Status status = ann_->Mutate(&request, &response);
  if (status.ok()) acknowledged_[session] = tracking_id;
  in_doubt_[session] = tracking_id;
  return status;
}

void Rig::End(uint64_t session) {
  pb::EndSessionRequest request;
  request.mutable_target()->set_session_id(session);
  wire::Must<pb::EndSessionResponse>(*ann_, request);
}

void Rig::ExpectAllAcknowledged() const {
  for (const auto& [session, tracking_id] : acknowledged_) {
    pb::GetSessionRequest request;
    request.set_session_id(session);
    pb::GetSessionResponse response;
    if (absl::Status status = ann_->Call(request, &response); !status.ok()) {
      throw std::runtime_error(absl::StrCat("session ", session, ": ", status.ToString()));
    }
    // The last one may be durable without an answer.
    const auto in_doubt = in_doubt_.find(session);
    if (in_doubt != in_doubt_.end() && response.session().tracking_id() == in_doubt->second) continue;
    if (response.session().tracking_id() != tracking_id) {
      throw std::runtime_error(absl::StrCat("session ", session, " has \"", response.session().tracking_id(), "\", and \"",
                                            tracking_id, "\" was acknowledged"));
    }
  }
}

void ExpectNumbersInOrder(mail_test::Child& watch, int count) {
  for (int i = 0; i < count;) {
    const std::string line = watch.NextLine();
    ASSERT_NE(line, "");
    if (!absl::StrContains(line, "\"number-")) continue;
    ASSERT_TRUE(absl::StrContains(line, absl::StrCat("\"number-", i, ".\""))) << line;
    ++i;
  }
}

}  // namespace guichet::faults

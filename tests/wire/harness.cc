#include "tests/wire/harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace guichet::wire {
namespace {

constexpr char kOperatorToken[] = "operator-token-of-the-wire-tests";
// 2026-01-01 00:00 UTC: any instant does.
constexpr guichet::Time kStart{std::chrono::milliseconds(1767225600000)};

std::string MakeFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "guichet-wire-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
  return pattern;
}

std::unique_ptr<client::Client> Connect(client::ClientOptions options) {
  auto made = client::Client::Make(std::move(options));
  if (!made.ok()) throw std::runtime_error(made.status().ToString());
  return *std::move(made);
}

pb::AttachConsoleRequest ConsoleHello() {
  pb::AttachConsoleRequest hello;
  hello.mutable_hello()->set_console_name("wire");
  return hello;
}

}  // namespace

void SetMs(google::protobuf::Duration* out, Duration value) {
  out->set_seconds(value.count() / 1000);
  out->set_nanos(static_cast<int32_t>(value.count() % 1000 * 1000000));
}

// --- TestDaemon

TestDaemon::TestDaemon(Time time) : folder_(MakeFolder()), clock_(kStart) {
  router::DaemonOptions options;
  options.data = folder_;
  options.listen = "127.0.0.1:0";
  options.metrics_listen = "127.0.0.1:0";
  options.operator_token = kOperatorToken;
  if (time == Time::kManual) options.clock = &clock_;
  auto started = router::Daemon::Start(std::move(options));
  if (!started.ok()) throw std::runtime_error(started.status().ToString());
  daemon_ = *std::move(started);
  operator_ = As(kOperatorToken);
}

TestDaemon::~TestDaemon() {
  daemon_->Stop();
  daemon_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string TestDaemon::address() const { return absl::StrCat("127.0.0.1:", daemon_->port()); }

std::unique_ptr<client::Client> TestDaemon::As(const std::string& token) const {
  client::ClientOptions options;
  options.address = address();
  options.token = token;
  return Connect(std::move(options));
}

double TestDaemon::Metric(const std::string& series) const {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<uint16_t>(daemon_->metrics_port()));
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string page;
  if (connect(fd, reinterpret_cast<sockaddr*>(&peer), sizeof(peer)) == 0) {
    constexpr char kRequest[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    (void)send(fd, kRequest, sizeof(kRequest) - 1, MSG_NOSIGNAL);
    char buffer[4096];
    for (ssize_t n; (n = recv(fd, buffer, sizeof(buffer), 0)) > 0;) page.append(buffer, static_cast<size_t>(n));
  }
  close(fd);
  const size_t at = page.find("\n" + series + " ");
  double value = 0;
  if (at == std::string::npos) throw std::runtime_error("no series " + series);
  const size_t begin = at + series.size() + 2;
  if (!absl::SimpleAtod(page.substr(begin, page.find_first_of("\r\n", begin) - begin), &value)) {
    throw std::runtime_error("no number: " + series);
  }
  return value;
}

// --- Organization

Organization::Organization(const TestDaemon& daemon, const std::string& id) : daemon_(daemon), id_(id) {
  pb::CreateOrganizationRequest request;
  request.mutable_organization()->set_organization_id(id);
  request.mutable_organization()->set_display_name("Wire " + id);
  auto created = Must<pb::CreateOrganizationResponse>(daemon.operators(), request);
  administrator_ = daemon.As(created.administrator_token());
  integrator_ = AddKey("integrator", pb::ROLE_INTEGRATOR, "");
}

std::unique_ptr<client::Client> Organization::AddKey(const std::string& id, pb::Role role, const std::string& technician) {
  pb::CreateApiKeyRequest request;
  request.mutable_api_key()->set_key_id(id);
  request.mutable_api_key()->set_role(role);
  request.mutable_api_key()->set_technician_id(technician);
  return daemon_.As(Must<pb::CreateApiKeyResponse>(administrator(), request).token());
}

void Organization::AddGroup(const std::string& id, const pb::GroupSettings& settings) {
  pb::CreateGroupRequest request;
  request.mutable_group()->set_group_id(id);
  request.mutable_group()->set_display_name("Group " + id);
  *request.mutable_group()->mutable_settings() = settings;
  Must<pb::CreateGroupResponse>(administrator(), request);
}

void Organization::AddTechnician(const std::string& id, const std::string& group, bool administrator) {
  pb::CreateTechnicianRequest request;
  request.mutable_technician()->set_technician_id(id);
  request.mutable_technician()->set_display_name("Technician " + id);
  request.mutable_technician()->set_group_id(group);
  request.mutable_technician()->set_administrator(administrator);
  Must<pb::CreateTechnicianResponse>(*administrator_, request);
  technicians_[id] = AddKey(id, administrator ? pb::ROLE_ADMINISTRATOR : pb::ROLE_TECHNICIAN, id);
}

void Organization::AddChannel(const std::string& id, const std::string& group) {
  pb::CreateChannelRequest request;
  request.mutable_channel()->set_channel_id(id);
  request.mutable_channel()->set_display_name("Channel " + id);
  request.mutable_channel()->add_group_ids(group);
  Must<pb::CreateChannelResponse>(administrator(), request);
}

void Organization::Set(const std::string& group, const pb::GroupSettings& settings) {
  pb::UpdateGroupRequest request;
  request.mutable_group()->set_group_id(group);
  *request.mutable_group()->mutable_settings() = settings;
  Must<pb::UpdateGroupResponse>(administrator(), request);
}

// --- Console

Console::Console(const client::Client& technician) : stream_(technician, ConsoleHello()) { stream_.AwaitWelcome(); }

void Console::Foreground(uint64_t session) {
  pb::AttachConsoleRequest request;
  request.mutable_foreground()->set_session_id(session);
  stream_.Send(request);
  stream_.Beat();
}

absl::Status Console::SignOut() {
  pb::AttachConsoleRequest request;
  request.mutable_sign_out();
  stream_.Send(request);
  return stream_.AwaitEnd();
}

// --- Applet

std::unique_ptr<Applet> Applet::Redeem(const TestDaemon& daemon, const std::string& code, const std::string& device) {
  pb::RedeemCodeRequest request;
  request.set_code(code);
  request.set_device_id(device);
  request.set_platform("Test OS");
  auto redeemed = Must<pb::RedeemCodeResponse>(*daemon.As(""), request);
  return std::unique_ptr<Applet>(new Applet(daemon, redeemed.device_token(), redeemed.session_id()));
}

std::unique_ptr<Applet> Applet::Enter(const TestDaemon& daemon, const std::string& org, const std::string& channel,
                                      const std::string& device) {
  pb::SubmitFormRequest request;
  request.set_organization_id(org);
  request.set_channel_id(channel);
  request.set_device_id(device);
  auto entered = Must<pb::SubmitFormResponse>(*daemon.As(""), request);
  return std::unique_ptr<Applet>(new Applet(daemon, entered.device_token(), entered.session_id()));
}

void Applet::Attach() {
  pb::AttachRequest hello;
  hello.mutable_hello();
  stream_ = std::make_unique<Link>(*client_, hello);
  stream_->AwaitWelcome();
}

void Applet::AnswerTerms(bool accepted) {
  pb::AttachRequest request;
  request.mutable_terms()->set_accepted(accepted);
  stream_->Send(request);
}

pb::Outcome Applet::AwaitEnded() {
  const auto ended = stream_->Await("the session's end", [](const pb::AttachResponse& r) { return r.has_ended(); });
  if (absl::Status status = stream_->AwaitEnd(); !status.ok()) throw std::runtime_error("after ended: " + status.ToString());
  return ended.ended().outcome();
}

pb::Outcome Applet::End() {
  pb::AttachRequest request;
  request.mutable_end();
  stream_->Send(request);
  return AwaitEnded();
}

void Applet::Reboot() {
  pb::AttachRequest request;
  request.mutable_rebooting();
  stream_->Send(request);
  if (absl::Status status = stream_->AwaitEnd(); !status.ok())
    throw std::runtime_error("after rebooting: " + status.ToString());
}

void Applet::AwaitRebootOrder() {
  stream_->Await("an order to reboot", [](const pb::AttachResponse& r) { return r.has_reboot(); });
  if (absl::Status status = stream_->AwaitEnd(); !status.ok()) throw std::runtime_error("after reboot: " + status.ToString());
}

}  // namespace guichet::wire

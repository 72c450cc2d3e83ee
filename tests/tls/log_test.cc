// No secret of anybody is in the log of the real guichetd at its most talkative, and no token on its disk.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "guichet/v1/admin_service.pb.h"
#include "guichet/v1/applet_service.pb.h"
#include "guichet/v1/chat_service.pb.h"
#include "guichet/v1/computer_service.pb.h"
#include "guichet/v1/queue_service.pb.h"
#include "guichet/v1/session_service.pb.h"
#include "guichet/v1/technician_service.pb.h"
#include "tests/crash/daemon_process.h"
#include "tests/tls/harness.h"
#include "tests/wire/harness.h"

namespace guichet::tls_test {
namespace {

namespace pb = guichet::v1;
using wire::Must;

template <class Request>
Request On(uint64_t session) {
  Request request;
  request.mutable_target()->set_session_id(session);
  return request;
}

class TlsLog : public ::testing::Test {
 protected:
  TlsLog()
      : process_({.binary = GUICHETD,
                  .data = folder_.path("data"),
                  .operator_key_file = folder_.Write("operator", Secret("operator", kOperatorToken)),
                  .flags = {"--log-level", "debug"}}),
        port_(process_.WaitForPort(kPatience)) {}

  // Remembers it as what must not be logged; returns it.
  std::string Secret(const std::string& name, const std::string& secret) {
    EXPECT_NE(secret, "") << name;
    secrets_[name] = secret;
    return secret;
  }
  std::unique_ptr<client::Client> As(const std::string& token) const {
    auto made = client::Client::Make({.address = absl::StrCat("127.0.0.1:", port_), .token = token});
    EXPECT_TRUE(made.ok()) << made.status();
    return *std::move(made);
  }
  // A call whose credential or code is a secret that opens nothing.
  template <class Response, class Request>
  void Refused(const std::string& token, Request request) const {
    Response response;
    EXPECT_FALSE(As(token)->Mutate(&request, &response).ok()) << request.ShortDebugString();
  }
  std::string Key(const client::Client& admin, const std::string& id, pb::Role role, const std::string& technician) {
    pb::CreateApiKeyRequest request;
    request.mutable_api_key()->set_key_id(id);
    request.mutable_api_key()->set_role(role);
    request.mutable_api_key()->set_technician_id(technician);
    return Secret("key " + id, Must<pb::CreateApiKeyResponse>(admin, request).token());
  }
  // A session of that method by Ann; its code is a secret.
  pb::CreateSessionResponse Create(const client::Client& ann, pb::Method method) {
    pb::CreateSessionRequest request;
    request.set_method(method);
    request.set_name("Lind-by-name");
    return Must<pb::CreateSessionResponse>(ann, request);
  }
  // All that the daemon has on disk.
  std::string Disk() const {
    std::string all;
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder_.path("data"))) {
      if (!file.is_regular_file()) continue;
      std::ifstream bytes(file.path(), std::ios::binary);
      all.append(std::istreambuf_iterator<char>(bytes), {});
    }
    return all;
  }
  // What was logged holds the secret; digits beside a PIN are those of another number.
  bool Logged(const std::string& secret) const {
    const std::string& log = process_.log();
    auto digit = [&](size_t at) { return at < log.size() && absl::ascii_isdigit(static_cast<unsigned char>(log[at])); };
    for (size_t at = log.find(secret); at != std::string::npos; at = log.find(secret, at + 1)) {
      const bool pin = secret.size() == 6;
      if (!pin || !((at > 0 && digit(at - 1)) || digit(at + secret.size()))) return true;
    }
    return false;
  }

  Folder folder_;
  std::map<std::string, std::string> secrets_;
  crash::DaemonProcess process_;
  const int port_;
};

TEST_F(TlsLog, NoTokenCodeOrTextOfACallIsInTheLogAndNoTokenOnDisk) {
  ASSERT_NE(port_, 0) << process_.log();
  pb::CreateOrganizationRequest organization;
  organization.mutable_organization()->set_organization_id("acme");
  organization.mutable_organization()->set_display_name("acme");
  const auto admin = As(
      Secret("administrator", Must<pb::CreateOrganizationResponse>(*As(kOperatorToken), organization).administrator_token()));
  pb::CreateGroupRequest group;
  group.mutable_group()->set_group_id("desk");
  group.mutable_group()->set_display_name("desk");
  for (int i = 1; i < pb::Permission_ARRAYSIZE; ++i) group.mutable_group()->add_permissions(static_cast<pb::Permission>(i));
  Must<pb::CreateGroupResponse>(*admin, group);
  pb::CreateTechnicianRequest technician;
  technician.mutable_technician()->set_technician_id("ann");
  technician.mutable_technician()->set_display_name("ann");
  technician.mutable_technician()->set_group_id("desk");
  Must<pb::CreateTechnicianResponse>(*admin, technician);
  const std::string ann_token = Key(*admin, "ann", pb::ROLE_TECHNICIAN, "ann");
  const auto ann = As(ann_token);
  Key(*admin, "integrator", pb::ROLE_INTEGRATOR, "");
  const wire::Console console(*ann);
  const wire::QueueWatcher watcher(*ann, "ann");

  // A session by PIN and by link, each with its device; what is said and learnt there.
  const auto by_pin = Create(*ann, pb::METHOD_PIN);
  const uint64_t session = by_pin.session().session_id();
  pb::RedeemCodeRequest redeem;
  redeem.set_device_id("lathe");
  redeem.set_code(Secret("PIN", by_pin.code()));
  const std::string device_token = Secret("device", Must<pb::RedeemCodeResponse>(*As(""), redeem).device_token());
  const auto by_link = Create(*ann, pb::METHOD_LINK);
  redeem.set_code(Secret("link", by_link.code()));
  Secret("device by link", Must<pb::RedeemCodeResponse>(*As(""), redeem).device_token());
  Secret("name", "Lind-by-name");

  const auto device = As(device_token);
  pb::AttachRequest hello;
  hello.mutable_hello();
  wire::Attached<pb::AttachRequest, pb::AttachResponse> applet(*device, hello);
  applet.AwaitWelcome();
  Must<pb::StartSessionResponse>(*ann, On<pb::StartSessionRequest>(session));
  auto chat = On<pb::SendChatRequest>(session);
  chat.set_text(Secret("chat", "the-safe-opens-with-1234"));
  Must<pb::SendChatResponse>(*device, chat);

  // An external technician.
  auto invite = On<pb::InviteExternalRequest>(session);
  invite.set_name("Guest");
  invite.set_method(pb::METHOD_LINK);
  pb::RedeemInvitationRequest invited;
  invited.set_code(Secret("invitation", Must<pb::InviteExternalResponse>(*ann, invite).code()));
  const auto external = As(Secret("external technician", Must<pb::RedeemInvitationResponse>(*As(""), invited).token()));
  pb::GetPrincipalResponse principal;
  EXPECT_TRUE(external->Call(pb::GetPrincipalRequest(), &principal).ok());

  // The computer, with nobody there.
  auto ask = On<pb::RequestActivityRequest>(session);
  ask.set_kind(pb::ACTIVITY_KIND_UNATTENDED_ACCESS);
  ask.mutable_access()->mutable_validity()->set_seconds(86400);
  const uint32_t activity = Must<pb::RequestActivityResponse>(*ann, ask).activity_id();
  pb::AttachRequest agree;
  agree.mutable_activity()->set_activity_id(activity);
  agree.mutable_activity()->set_granted(true);
  applet.Send(agree);
  const std::string computer_token =
      Secret("computer", applet.Await("a computer token", [](const pb::AttachResponse& r) { return r.has_enrolled(); })
                             .enrolled()
                             .computer_token());
  pb::AttachComputerRequest agent_hello;
  agent_hello.mutable_hello();
  wire::Attached<pb::AttachComputerRequest, pb::AttachComputerResponse> agent(*As(computer_token), agent_hello);
  agent.AwaitWelcome();

  // Secrets that open nothing: a typing error, another kind, a token that was revoked, a PIN that is not live.
  std::string wrong = ann_token;
  wrong.back() = wrong.back() == 'a' ? 'b' : 'a';
  for (const std::string& token :
       {wrong, device_token, computer_token, std::string("gk_acme_nobody_abcdefghijklmnopqrstuvwxyz"),
        std::string("the-password-of-somebody")}) {
    Refused<pb::StartSessionResponse>(Secret("refused " + token, token), On<pb::StartSessionRequest>(session));
  }
  redeem.set_code(Secret("wrong PIN", by_pin.code() == "471108" ? "471109" : "471108"));
  Refused<pb::RedeemCodeResponse>("", redeem);
  redeem.set_code(Secret("wrong link", "abcdefghijklmnopqrstuvwx23"));
  Refused<pb::RedeemCodeResponse>("", redeem);
  redeem.set_code(by_link.code());  // used
  redeem.set_device_id("another");
  Refused<pb::RedeemCodeResponse>("", redeem);
  pb::RevokeApiKeyRequest revoke;
  revoke.set_key_id("integrator");
  Must<pb::RevokeApiKeyResponse>(*admin, revoke);
  Refused<pb::StartSessionResponse>(secrets_["key integrator"], On<pb::StartSessionRequest>(session));

  EXPECT_EQ(process_.Terminate(kPatience), 0);
  EXPECT_TRUE(absl::StrContains(process_.log(), "guichet.v1.SessionService/StartSession")) << process_.log();
  EXPECT_TRUE(absl::StrContains(process_.log(), "UNAUTHENTICATED")) << process_.log();
  EXPECT_GE(secrets_.size(), 18u);
  for (const auto& [name, secret] : secrets_)
    EXPECT_FALSE(Logged(secret)) << name << " " << secret << " in\n" << process_.log();
}

}  // namespace
}  // namespace guichet::tls_test

// guichet-mail as a process, between a daemon and an SMTP server.
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "tests/ctl/fake_daemon.h"
#include "tests/ctl/temp_file.h"
#include "tests/mail/servers.h"
#include "tests/wire/harness.h"

namespace guichet::mail_test {
namespace {

std::vector<std::string> Words(const std::string& daemon, const std::string& token_file, const std::string& smtp_url,
                               std::vector<std::string> more = {}) {
  std::vector<std::string> words = {GUICHET_MAIL,   "--server", daemon,
                                    "--token-file", token_file, "--smtp-url",
                                    smtp_url,       "--from",   "Acme Support <support@acme.example>"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(Program, AnInvitationReachesTheMailboxAndTheLogKeepsItsSecrets) {
  const ctl::TempFile token("token", "integrator-token-0123456789\n"), password("password", "pass-word-0123\n");
  SmtpServer smtp({"--auth", "acme", "pass-word-0123"});
  absl::Mutex mutex;
  std::vector<v1::WatchDeliveriesResponse> waiting(2);
  for (size_t i = 0; i < waiting.size(); ++i) {
    waiting[i].set_session_id(i + 1);
    waiting[i].set_method(v1::METHOD_EMAIL);
    waiting[i].set_address(i == 0 ? "quote@example.com" : "lind@example.com");
    waiting[i].set_code("493817");
    waiting[i].set_subject("Einladung für Zoë");
    waiting[i].set_text("Guten Tag Zoë\n\nCode: 493817\n");
    waiting[i].set_attempt(1);
  }
  std::vector<v1::ReportDeliveryRequest> reports;
  ctl::FakeDaemon daemon({.report =
                              [&](const v1::ReportDeliveryRequest& request, v1::ReportDeliveryResponse*) {
                                absl::MutexLock lock(&mutex);
                                reports.push_back(request);
                                return absl::OkStatus();
                              },
                          .deliveries =
                              [&] {
                                absl::MutexLock lock(&mutex);
                                return std::exchange(waiting, {});
                              }});
  Child program(
      Words(daemon.address(), token.path(), smtp.url(), {"--smtp-user", "acme", "--smtp-password-file", password.path()}));
  const google::protobuf::Struct message = smtp.Next();
  EXPECT_EQ(message.fields().at("text").string_value(), "Guten Tag Zoë\n\nCode: 493817\n");
  const auto& headers = message.fields().at("headers").struct_value().fields();
  EXPECT_EQ(headers.at("subject").string_value(), "Einladung für Zoë");
  EXPECT_TRUE(absl::StartsWith(headers.at("message-id").string_value(), "<guichet.2."));
  {
    absl::MutexLock lock(&mutex);
    const auto both = [&] { return reports.size() == 2; };
    ASSERT_TRUE(mutex.AwaitWithTimeout(absl::Condition(&both), kPatience));
    EXPECT_EQ(reports[0].state(), v1::DELIVERY_STATE_FAILED);
    EXPECT_EQ(reports[0].detail(), "554 5.7.1 blocked: https://help.example.com/s/?");
    EXPECT_EQ(reports[1].state(), v1::DELIVERY_STATE_SENT);
  }
  EXPECT_EQ(daemon.authorization(), "Bearer integrator-token-0123456789");
  program.Terminate();
  EXPECT_EQ(program.Wait(), 0) << program.output();
  EXPECT_TRUE(absl::StrContains(program.output(), "session 2, attempt 1: DELIVERY_STATE_SENT")) << program.output();
  for (const char* secret : {"493817", "Guten Tag", "Einladung", "integrator-token", "pass-word"}) {
    EXPECT_FALSE(absl::StrContains(program.output(), secret)) << program.output();
  }
}

TEST(Program, ATokenThatMayNotEndsItWithTheDaemonsWords) {
  wire::TestDaemon daemon;
  const ctl::TempFile token("token", "no-such-token-0123456789\n");
  Child program(Words(daemon.address(), token.path(), "smtp://127.0.0.1:1"));
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_TRUE(
      absl::StrContains(program.output(), absl::StrCat("the daemon at ", daemon.address(), " refuses: UNAUTHENTICATED")))
      << program.output();
  EXPECT_FALSE(absl::StrContains(program.output(), "no-such-token"));
}

TEST(Program, SigtermEndsItWhileTheDaemonIsAway) {
  const MutePort nobody(/*listens=*/false);
  const ctl::TempFile token("token", "integrator-token-0123456789\n");
  Child program(Words(nobody.address(), token.path(), "smtp://127.0.0.1:1"));
  EXPECT_TRUE(absl::StrContains(program.NextLine(), "sending the invitations"));
  EXPECT_TRUE(absl::StrContains(program.NextLine(), "connecting again"));
  program.Terminate();
  EXPECT_EQ(program.Wait(), 0) << program.output();
}

TEST(Program, FlagsAreChecked) {
  const ctl::TempFile token("token", "integrator-token-0123456789\n"), empty("empty", "\n");
  const auto expect = [](std::vector<std::string> words, const std::string& says) {
    Child program(std::move(words));
    EXPECT_GT(program.Wait(), 0);
    EXPECT_TRUE(absl::StrContains(program.output(), says)) << program.output();
  };
  expect({GUICHET_MAIL}, "--token-file is required");
  expect(Words("127.0.0.1:1", empty.path(), "smtp://a.b"), "must hold the secret");
  expect(Words("127.0.0.1:1", token.path(), "http://a.b"), "--smtp-url must be");
  expect(Words("example.com:1", token.path(), "smtp://a.b"), "--insecure");
  expect(Words("127.0.0.1:1", token.path(), "smtp://a.b", {"--smtp-user", "acme"}), "--smtp-password-file");
  expect(Words("127.0.0.1:1", token.path(), "smtp://a.b", {"--smtp-timeout", "0"}), "--smtp-timeout");
  expect(Words("127.0.0.1:1", token.path(), "smtp://a.b", {"--smtp-timeout", "3601"}), "--smtp-timeout");
}

}  // namespace
}  // namespace guichet::mail_test

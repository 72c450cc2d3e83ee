// Clients must have a certificate where --tls-client-ca is given, and plaintext stays on loopback.
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/ctl/run.h"
#include "tests/tls/harness.h"

namespace guichet::tls_test {
namespace {

class TlsMutual : public ::testing::Test {
 protected:
  router::DaemonOptions Options() const {
    const Pem pem = servers.Issue("guichet");
    router::DaemonOptions options;
    options.tls_certificate = folder.Write("certificate.pem", pem.certificate);
    options.tls_key = folder.Write("key.pem", pem.key);
    options.tls_client_ca = folder.Write("clients.pem", clients.certificate());
    return options;
  }
  // Trusts the daemon and has no certificate.
  client::ClientOptions Stranger() const {
    client::ClientOptions options;
    options.tls_ca = folder.Write("roots.pem", servers.certificate());
    return options;
  }
  client::ClientOptions Holding(const std::string& name, const Pem& pem) const {
    client::ClientOptions options = Stranger();
    options.tls_certificate = folder.Write(name + ".pem", pem.certificate);
    options.tls_key = folder.Write(name + ".key", pem.key);
    return options;
  }

  Folder folder;
  Log log;
  Authority servers{"servers"};
  Authority clients{"clients"};
  Authority others{"others"};
};

TEST_F(TlsMutual, ServesTheCertificatesOfItsAuthorityOnly) {
  TlsDaemon daemon(Options());
  auto ask = [&](const client::ClientOptions& options) { return Ask(*daemon.As(kOperatorToken, options)); };
  EXPECT_EQ(ask(Holding("right", clients.Issue("console"))), absl::OkStatus());
  EXPECT_TRUE(absl::IsUnavailable(ask(Stranger())));
  EXPECT_TRUE(absl::IsUnavailable(ask(Holding("other", others.Issue("console")))));
  EXPECT_TRUE(absl::IsUnavailable(ask(Holding("server", servers.Issue("console")))));
  const absl::Time now = absl::Now();
  const Pem expired = clients.Issue("console", {.begins = now - absl::Hours(2), .expires = now - absl::Hours(1)});
  EXPECT_TRUE(absl::IsUnavailable(ask(Holding("expired", expired))));
  EXPECT_TRUE(absl::IsUnavailable(ask({}))) << "plaintext";
}

TEST_F(TlsMutual, CustomersNeedNoneAtTheirAddress) {
  router::DaemonOptions options = Options();
  options.customer_listen = "127.0.0.1:0";
  TlsDaemon daemon(options);
  const int port = daemon.daemon().customer_port();
  EXPECT_TRUE(absl::IsUnimplemented(Ask(*TlsDaemon::At(port, kOperatorToken, Stranger())))) << "connected, and not served";
  EXPECT_TRUE(absl::IsUnavailable(Ask(*TlsDaemon::At(port, kOperatorToken, {})))) << "plaintext";
  EXPECT_TRUE(absl::IsUnavailable(Ask(*daemon.As(kOperatorToken, Stranger()))));
  folder.Write("certificate.pem", "none");
  ASSERT_TRUE(daemon.AdvanceUntil([&] { return log.Count("error --tls-certificate") == 1; }));
  const Pem next = others.Issue("guichet");
  folder.Write("key.pem", next.key);
  folder.Write("certificate.pem", next.certificate);
  client::ClientOptions trusts;
  trusts.tls_ca = folder.Write("others.pem", others.certificate());
  EXPECT_TRUE(daemon.AdvanceUntil([&] { return absl::IsUnimplemented(Ask(*TlsDaemon::At(port, kOperatorToken, trusts))); }))
      << "its certificate is read again too";
}

TEST_F(TlsMutual, ACertificateIsNoCredential) {
  TlsDaemon daemon(Options());
  const auto client = daemon.As("", Holding("right", clients.Issue("console")));
  EXPECT_TRUE(absl::IsUnauthenticated(Ask(*client)));
}

TEST_F(TlsMutual, TheAuthoritiesAreReadAgain) {
  TlsDaemon daemon(Options());
  const client::ClientOptions former = Holding("former", clients.Issue("console"));
  const client::ClientOptions later = Holding("later", others.Issue("console"));
  const auto open = daemon.As(kOperatorToken, former);
  ASSERT_EQ(Ask(*open), absl::OkStatus());
  folder.Write("clients.pem", "none");
  ASSERT_TRUE(daemon.AdvanceUntil([&] { return log.Count("error --tls-client-ca") == 1; }));
  EXPECT_EQ(Ask(*daemon.As(kOperatorToken, former)), absl::OkStatus()) << "the last good ones";
  folder.Write("clients.pem", others.certificate());
  ASSERT_TRUE(daemon.AdvanceUntil([&] { return Ask(*daemon.As(kOperatorToken, later)).ok(); }));
  EXPECT_TRUE(absl::IsUnavailable(Ask(*daemon.As(kOperatorToken, former))));
  EXPECT_EQ(Ask(*open), absl::OkStatus()) << "an open connection stays";
}

TEST_F(TlsMutual, GuichetctlPresentsItsCertificate) {
  TlsDaemon daemon(Options());
  const client::ClientOptions right = Holding("right", clients.Issue("console"));
  std::vector<std::string> words = {"org",     "list",         "--address", absl::StrCat("127.0.0.1:", daemon.port()),
                                    "--token", kOperatorToken, "--tls-ca",  right.tls_ca};
  EXPECT_EQ(ctl::RunCtl(words).code, ctl::kExitUnavailable);
  words.insert(words.end(), {"--tls-certificate", right.tls_certificate, "--tls-key", right.tls_key});
  const ctl::Ran ran = ctl::RunCtl(words);
  EXPECT_EQ(ran.code, ctl::kExitOk) << ran.err;
  words.resize(words.size() - 2);
  EXPECT_EQ(ctl::RunCtl(words).code, ctl::kExitUsage) << "a certificate without its key";
}

class TlsPlaintext : public TlsMutual {
 protected:
  absl::Status Start(router::DaemonOptions options) const {
    options.data = folder.path("data");
    auto daemon = router::Daemon::Start(std::move(options));
    return daemon.status();
  }
};

TEST_F(TlsPlaintext, IsRefusedBeyondLoopback) {
  for (const std::string listen : {"0.0.0.0:0", "[::]:0", "192.0.2.1:0", "127.example.com:0", "localhost.example.com:0"}) {
    router::DaemonOptions options;
    options.listen = listen;
    const absl::Status status = Start(options);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << listen << " " << status;
    EXPECT_TRUE(absl::StartsWith(status.message(), "--listen: plaintext is allowed on loopback only")) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), "--allow-plaintext")) << status;
    std::swap(options.customer_listen, options.listen);
    options.listen = "127.0.0.1:0";
    EXPECT_TRUE(absl::StartsWith(Start(options).message(), "--customer-listen: plaintext is allowed on loopback only"));
  }
}

TEST_F(TlsPlaintext, IsServedOnLoopbackAndWhereItIsAllowed) {
  for (const std::string listen : {"127.0.0.1:0", "localhost:0"}) {
    router::DaemonOptions options;
    options.listen = listen;
    EXPECT_EQ(Start(options), absl::OkStatus()) << listen;
  }
  router::DaemonOptions allowed;
  allowed.listen = "0.0.0.0:0";
  allowed.allow_plaintext = true;
  TlsDaemon daemon(allowed);
  EXPECT_EQ(Ask(*daemon.As(kOperatorToken)), absl::OkStatus());
}

TEST_F(TlsPlaintext, IsNotAnsweredOnAPortWithTls) {
  router::DaemonOptions options = Options();
  options.listen = "0.0.0.0:0";
  options.tls_client_ca = "";
  TlsDaemon daemon(options);
  EXPECT_TRUE(absl::IsUnavailable(Ask(*daemon.As(kOperatorToken))));
  EXPECT_EQ(Ask(*daemon.As(kOperatorToken, Stranger())), absl::OkStatus());
}

TEST_F(TlsPlaintext, TlsFlagsThatLackOthersAreRefused) {
  auto refused = [&](auto change) {
    router::DaemonOptions options = Options();
    change(options);
    const absl::Status status = Start(options);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  };
  EXPECT_EQ(refused([](auto& o) { o.tls_key = ""; }), "--tls-certificate: needs --tls-key");
  EXPECT_EQ(refused([](auto& o) { o.tls_certificate = ""; }), "--tls-key: needs --tls-certificate");
  EXPECT_EQ(refused([](auto& o) { o.tls_certificate = o.tls_key = ""; }), "--tls-client-ca: needs --tls-certificate");
}

}  // namespace
}  // namespace guichet::tls_test

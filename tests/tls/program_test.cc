// The real guichetd: what it says of bad TLS flags, and that it reads its certificate again by the clock of the machine.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "tests/crash/daemon_process.h"
#include "tests/tls/harness.h"

namespace guichet::tls_test {
namespace {

using crash::DaemonProcess;

class TlsProgram : public ::testing::Test {
 protected:
  DaemonProcess::Options With(std::vector<std::string> flags, const std::string& listen = "127.0.0.1:0") const {
    return {.binary = GUICHETD,
            .data = folder.path("data"),
            .operator_key_file = folder.Write("operator", kOperatorToken),
            .listen = listen,
            .flags = std::move(flags)};
  }
  // What it logs and prints before it ends by itself.
  std::string Refused(const DaemonProcess::Options& options) const {
    DaemonProcess daemon(options);
    EXPECT_EQ(daemon.WaitForPort(kPatience), 0);
    EXPECT_GT(daemon.Terminate(kPatience), 0) << daemon.log();
    return daemon.log();
  }
  void Write(const Pem& pem) const {
    folder.Write("certificate.pem", pem.certificate);
    folder.Write("key.pem", pem.key);
  }

  Folder folder;
  Authority authority{"authority"};
  Pem first = authority.Issue("first");
  Pem second = authority.Issue("second");
  const std::vector<std::string> flags = {"--tls-certificate", folder.path("certificate.pem"), "--tls-key",
                                          folder.path("key.pem")};
};

TEST_F(TlsProgram, DoesNotStartWithFilesThatCannotBeServed) {
  Write({"no certificate", first.key});
  std::string says = Refused(With(flags));
  EXPECT_TRUE(absl::StrContains(says, absl::StrCat("--tls-certificate: ", flags[1], " is no PEM certificate chain"))) << says;
  Write({first.certificate, second.key});
  says = Refused(With(flags));
  EXPECT_TRUE(absl::StrContains(says, "does not belong to the certificate of --tls-certificate")) << says;
  EXPECT_TRUE(absl::StrContains(says, absl::StrCat("--tls-key: ", flags[3]))) << says;
  EXPECT_FALSE(absl::StrContains(says, "PRIVATE KEY"));
}

TEST_F(TlsProgram, FlagsThatLackOthersAreUsageErrors) {
  Write(first);
  EXPECT_TRUE(absl::StrContains(Refused(With({flags[0], flags[1]})), "--tls-key"));
  EXPECT_TRUE(absl::StrContains(Refused(With({flags[2], flags[3]})), "--tls-certificate"));
  EXPECT_TRUE(absl::StrContains(Refused(With({"--tls-client-ca", flags[1]})), "--tls-certificate"));
  EXPECT_TRUE(absl::StrContains(Refused(With({"--tls-client-ca", folder.path("none")})), "--tls-client-ca"));
  EXPECT_TRUE(absl::StrContains(Refused(With({}, "0.0.0.0:0")), "--allow-plaintext"));
}

TEST_F(TlsProgram, SecondsBetweenReadsAreFrom1To86400) {
  for (const std::string seconds : {"0", "86401"}) {
    const std::string says = Refused(With({"--tls-reload-seconds", seconds}));
    EXPECT_TRUE(absl::StrContains(says, "--tls-reload-seconds")) << says;
    EXPECT_TRUE(absl::StrContains(says, "not in range 1 to 86400")) << says;
  }
  for (const std::string seconds : {"1", "86400"}) {
    DaemonProcess daemon(With({"--tls-reload-seconds", seconds}));
    EXPECT_NE(daemon.WaitForPort(kPatience), 0) << daemon.log();
    EXPECT_EQ(daemon.Terminate(kPatience), 0);
  }
}

TEST_F(TlsProgram, ServesTheNextCertificateWithoutARestart) {
  Write(first);
  std::vector<std::string> often = flags;
  often.insert(often.end(), {"--tls-reload-seconds", "1"});
  DaemonProcess daemon(With(often));
  const int port = daemon.WaitForPort(kPatience);
  ASSERT_NE(port, 0) << daemon.log();
  EXPECT_EQ(ServedName(port), "first");
  Write(second);
  EXPECT_TRUE(Await([&] { return ServedName(port) == "second"; }));
  EXPECT_EQ(daemon.Terminate(kPatience), 0);
  EXPECT_TRUE(absl::StrContains(daemon.log(), "was read again and is served, valid until")) << daemon.log();
}

TEST_F(TlsProgram, ChannelzIsServedOnLoopbackOnly) {
  Write(first);
  const std::string roots = authority.certificate();
  auto ask = [&](int port, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    const auto channel = grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), credentials);
    grpc::GenericStub stub(channel);
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    const grpc::Slice empty("");
    const grpc::ByteBuffer request(&empty, 1);
    grpc::ByteBuffer response;
    grpc::Status status;
    absl::Notification done;
    stub.UnaryCall(&context, "/grpc.channelz.v1.Channelz/GetServers", {}, &request, &response, [&](grpc::Status result) {
      status = std::move(result);
      done.Notify();
    });
    done.WaitForNotification();
    return status.error_code();
  };
  DaemonProcess loopback(With({}));
  EXPECT_EQ(ask(loopback.WaitForPort(kPatience), grpc::InsecureChannelCredentials()), grpc::StatusCode::OK);
  EXPECT_EQ(loopback.Terminate(kPatience), 0);
  DaemonProcess everywhere(With(flags, "0.0.0.0:0"));
  EXPECT_EQ(ask(everywhere.WaitForPort(kPatience), grpc::SslCredentials({.pem_root_certs = roots})),
            grpc::StatusCode::UNIMPLEMENTED);  // check-words: allow (a code of gRPC)
}

}  // namespace
}  // namespace guichet::tls_test

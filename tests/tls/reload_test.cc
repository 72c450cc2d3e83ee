// The certificate is read again while the daemon serves.
#include <gtest/gtest.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "router/tls.h"
#include "tests/tls/harness.h"
#include "tests/wire/harness.h"

namespace guichet::tls_test {
namespace {

namespace pb = guichet::v1;
using router::ServedCertificate;
using wire::Must;

constexpr char kExpiry[] = "guichet_tls_certificate_expiry_timestamp_seconds";

class TlsReload : public ::testing::Test {
 protected:
  void Write(const Pem& pem) const {
    folder.Write("certificate.pem", pem.certificate);
    folder.Write("key.pem", pem.key);
  }
  router::DaemonOptions Options() const {
    router::DaemonOptions options;
    options.tls_certificate = folder.path("certificate.pem");
    options.tls_key = folder.path("key.pem");
    return options;
  }
  client::ClientOptions Trusting() const {
    client::ClientOptions options;
    options.tls_ca = folder.Write("roots.pem", authority.certificate());
    return options;
  }

  Folder folder;
  Log log;
  Authority authority{"authority"};
  Pem first = authority.Issue("first", {.expires = absl::Now() + absl::Hours(100)});
  Pem second = authority.Issue("second", {.expires = absl::Now() + absl::Hours(200)});
};

TEST_F(TlsReload, AFreshConnectionGetsTheChangedCertificateAndAnOpenStreamStays) {
  Write(first);
  TlsDaemon daemon(Options());
  EXPECT_EQ(ServedName(daemon.port()), "first");
  const auto operators = daemon.As(kOperatorToken, Trusting());
  pb::CreateOrganizationRequest organization;
  organization.mutable_organization()->set_organization_id("acme");
  organization.mutable_organization()->set_display_name("acme");
  const auto admin =
      daemon.As(Must<pb::CreateOrganizationResponse>(*operators, organization).administrator_token(), Trusting());
  pb::CreateGroupRequest group;
  group.mutable_group()->set_group_id("desk");
  group.mutable_group()->set_display_name("desk");
  Must<pb::CreateGroupResponse>(*admin, group);
  pb::CreateTechnicianRequest technician;
  technician.mutable_technician()->set_technician_id("ann");
  technician.mutable_technician()->set_display_name("ann");
  technician.mutable_technician()->set_group_id("desk");
  Must<pb::CreateTechnicianResponse>(*admin, technician);
  wire::QueueWatcher watcher(*admin, "ann");
  std::string before = daemon.Metric(kExpiry);

  Write(second);
  ASSERT_TRUE(daemon.AdvanceUntil([&] { return ServedName(daemon.port()) == "second"; }));
  EXPECT_TRUE(Ask(*daemon.As(kOperatorToken, Trusting())).ok());
  double expires_before = 0, expires_after = 0;
  ASSERT_TRUE(absl::SimpleAtod(before, &expires_before) && absl::SimpleAtod(daemon.Metric(kExpiry), &expires_after));
  EXPECT_NEAR(expires_after - expires_before, 100 * 3600, 2);
  EXPECT_EQ(log.Count("was read again and is served"), 1u);

  pb::CreateSessionRequest session;
  session.set_technician_id("ann");
  session.set_method(pb::METHOD_PIN);
  const uint64_t id =
      Must<pb::CreateSessionResponse>(*daemon.As(admin->options().token, Trusting()), session).session().session_id();
  watcher.AwaitState(id, pb::ENTRY_STATE_CONNECTING);
}

TEST_F(TlsReload, ABadReplacementLeavesTheLastGoodOneInPlace) {
  Write(first);
  TlsDaemon daemon(Options());
  folder.Write("certificate.pem", second.certificate);  // the key follows later, as when somebody copies both
  ASSERT_TRUE(daemon.AdvanceUntil([&] { return log.Count("does not belong to the certificate") == 1; }));
  EXPECT_EQ(ServedName(daemon.port()), "first");
  folder.Write("certificate.pem", second.certificate.substr(0, 300));
  ASSERT_TRUE(daemon.AdvanceUntil([&] { return log.Count("is no PEM certificate chain") == 1; }));
  EXPECT_EQ(ServedName(daemon.port()), "first");
  std::filesystem::remove(folder.path("certificate.pem"));
  ASSERT_TRUE(daemon.AdvanceUntil([&] { return log.Count("is no file") == 1; }));
  EXPECT_EQ(ServedName(daemon.port()), "first");
  EXPECT_TRUE(Ask(*daemon.As(kOperatorToken, Trusting())).ok());
  Write(second);
  EXPECT_TRUE(daemon.AdvanceUntil([&] { return ServedName(daemon.port()) == "second"; }));
}

TEST_F(TlsReload, IsReadAgainAsOftenAsTheFlagSays) {
  Write(first);
  router::DaemonOptions options = Options();
  options.tls_reload_seconds = 86400;
  TlsDaemon daemon(options);
  Write(second);
  int seconds = 0;
  ASSERT_TRUE(daemon.AdvanceUntil([&] { return ++seconds % 100 == 0 && log.Count("was read again") == 1; }));
  EXPECT_GE(seconds, 86400);
  EXPECT_EQ(ServedName(daemon.port()), "second");
}

TEST_F(TlsReload, EachBadReplacementIsLoggedOnce) {
  Write(first);
  auto opened = ServedCertificate::Open({folder.path("certificate.pem"), folder.path("key.pem"), ""}, Now());
  ASSERT_TRUE(opened.ok()) << opened.status();
  ServedCertificate& served = **opened;
  const guichet::Time expires = served.expires();
  uint64_t version = 0;
  EXPECT_TRUE(served.Later(&version));
  auto reload_thrice = [&] {
    for (int i = 0; i < 3; ++i) served.Reload(Now());
    return log.Count("error --tls-key");
  };
  EXPECT_EQ(reload_thrice(), 0u) << "unchanged";
  folder.Write("key.pem", second.key);
  EXPECT_EQ(reload_thrice(), 1u);
  folder.Write("key.pem", authority.Issue("third").key);
  EXPECT_EQ(reload_thrice(), 2u) << "another one";
  folder.Write("key.pem", first.key);
  EXPECT_EQ(reload_thrice(), 2u) << "as served";
  folder.Write("key.pem", second.key);
  EXPECT_EQ(reload_thrice(), 3u) << "again";
  EXPECT_FALSE(served.Later(&version)) << "nothing else to serve";
  EXPECT_EQ(served.expires(), expires);
  Write(second);
  EXPECT_EQ(reload_thrice(), 3u);
  const auto later = served.Later(&version);
  ASSERT_TRUE(later);
  EXPECT_EQ(later->key, second.key);
  EXPECT_GT(served.expires(), expires);
}

TEST_F(TlsReload, WithoutTlsNoExpiryIsToldAndWithItThatOfTheCertificate) {
  TlsDaemon plain{router::DaemonOptions{}};
  EXPECT_EQ(plain.Metric(kExpiry), "");
  Write(first);
  TlsDaemon daemon(Options());
  double seconds = 0;
  ASSERT_TRUE(absl::SimpleAtod(daemon.Metric(kExpiry), &seconds));
  EXPECT_NEAR(seconds, absl::ToDoubleSeconds(absl::Now() + absl::Hours(100) - absl::UnixEpoch()), 60 * 10);
}

}  // namespace
}  // namespace guichet::tls_test

// What the daemon asks of the files of its TLS flags.
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "router/limits.h"
#include "router/tls.h"
#include "tests/tls/harness.h"

namespace guichet::tls_test {
namespace {

using router::ReadTls;
using router::TlsFiles;

class TlsFilesTest : public ::testing::Test {
 protected:
  TlsFiles Written(const Pem& pem, const std::string& client_ca = "") const {
    return {folder.Write("certificate.pem", pem.certificate), folder.Write("key.pem", pem.key),
            client_ca.empty() ? "" : folder.Write("ca.pem", client_ca)};
  }
  void ExpectRefused(const TlsFiles& files, const std::string& words) const {
    const auto material = ReadTls(files, Now());
    ASSERT_FALSE(material.ok()) << words;
    EXPECT_TRUE(absl::IsInvalidArgument(material.status())) << material.status();
    EXPECT_TRUE(absl::StrContains(material.status().message(), words)) << material.status();
  }

  Folder folder;
  Authority authority{"authority"};
  Pem good = authority.Issue("guichet");
};

TEST_F(TlsFilesTest, AGoodPairIsReadWithTheTimeOfItsExpiry) {
  const absl::Time expires = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now() + absl::Hours(100)));
  const Pem pem = authority.Issue("guichet", {.expires = expires});
  const auto material = ReadTls(Written(pem, authority.certificate()), Now());
  ASSERT_TRUE(material.ok()) << material.status();
  EXPECT_EQ(material->certificate, pem.certificate);
  EXPECT_EQ(material->key, pem.key);
  EXPECT_EQ(material->client_ca, authority.certificate());
  EXPECT_EQ(absl::FromChrono(material->expires), expires);
}

TEST_F(TlsFilesTest, CertificateAndKeyMayLieInOneFile) {
  const std::string path = folder.Write("both.pem", good.key + good.certificate);
  EXPECT_TRUE(ReadTls({path, path, ""}, Now()).ok());
}

TEST_F(TlsFilesTest, WhatIsNoFileIsNamed) {
  TlsFiles files = Written(good);
  ExpectRefused({folder.path("none.pem"), files.key, ""},
                absl::StrCat("--tls-certificate: ", folder.path("none.pem"), " is no file"));
  ExpectRefused({folder.path(""), files.key, ""}, "--tls-certificate: ");
  ExpectRefused({files.certificate, folder.path("none.pem"), ""}, "--tls-key: ");
  ExpectRefused({files.certificate, files.key, folder.path("none.pem")}, "--tls-client-ca: ");
}

TEST_F(TlsFilesTest, WhatIsNoCertificateIsNamed) {
  const std::string says = absl::StrCat("--tls-certificate: ", folder.path("certificate.pem"), " is no PEM certificate chain");
  ExpectRefused(Written({"", good.key}), says);
  ExpectRefused(Written({"no certificate", good.key}), says);
  ExpectRefused(Written({good.key, good.key}), says);
  // Half written, in its first certificate and in its second.
  for (const double part : {0.25, 0.75}) {
    const auto size = static_cast<size_t>(static_cast<double>(good.certificate.size()) * part);
    ExpectRefused(Written({good.certificate.substr(0, size), good.key}), says);
  }
}

TEST_F(TlsFilesTest, WhatIsNoKeyOfTheCertificateIsNamed) {
  const std::string key = folder.path("key.pem");
  ExpectRefused(Written({good.certificate, "no key"}), absl::StrCat("--tls-key: ", key, " is no PEM private key"));
  ExpectRefused(Written({good.certificate, good.key.substr(0, good.key.size() / 2)}), "is no PEM private key");
  ExpectRefused(Written({good.certificate, EncryptedKey()}),
                absl::StrCat("--tls-key: ", key, " is encrypted; give a key without a passphrase"));
  ExpectRefused(Written({good.certificate, authority.Issue("other").key}),
                absl::StrCat("--tls-key: ", key, " does not belong to the certificate of --tls-certificate"));
}

TEST_F(TlsFilesTest, ACertificateOutsideItsTimeIsRefused) {
  const absl::Time now = absl::Now();
  ExpectRefused(Written(authority.Issue("old", {.begins = now - absl::Hours(2), .expires = now - absl::Hours(1)})),
                absl::StrCat(folder.path("certificate.pem"), " expired at 20"));
  ExpectRefused(Written(authority.Issue("early", {.begins = now + absl::Hours(1), .expires = now + absl::Hours(2)})),
                absl::StrCat(folder.path("certificate.pem"), " is valid only from 20"));
}

TEST_F(TlsFilesTest, AKeyThatOpenSslRefusesInAHandshakeIsRefusedBefore) {
  ExpectRefused(Written(authority.Issue("short", {}, 512)), "is refused by OpenSSL: ");
}

TEST_F(TlsFilesTest, ABundleOfAuthoritiesIsWhole) {
  const std::string two = authority.certificate() + Authority("second").certificate();
  EXPECT_TRUE(ReadTls(Written(good, two), Now()).ok());
  const std::string says = absl::StrCat("--tls-client-ca: ", folder.path("ca.pem"), " is no bundle of PEM certificates");
  ExpectRefused(Written(good, two.substr(0, two.size() - 40)), says);
  ExpectRefused(Written(good, "none"), says);
}

TEST_F(TlsFilesTest, AFileOneByteOverTheLimitIsRefused) {
  // White space after the last certificate is none of it.
  auto sized = [&](size_t size) { return good.certificate + std::string(size - good.certificate.size(), '\n'); };
  EXPECT_TRUE(ReadTls(Written({sized(router::kTlsFileBytes), good.key}), Now()).ok());
  ExpectRefused(Written({sized(router::kTlsFileBytes + 1), good.key}), "has more than 1048576 bytes");
}

}  // namespace
}  // namespace guichet::tls_test

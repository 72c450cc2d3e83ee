#include "tests/tls/certificates.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace guichet::tls_test {
namespace {

using Key = std::shared_ptr<EVP_PKEY>;
using Certificate = std::shared_ptr<X509>;

void Check(bool ok) {
  if (!ok) std::abort();
}

// What `write` writes to a BIO.
template <class F>
std::string Text(F write) {
  BIO* bio = BIO_new(BIO_s_mem());
  Check(write(bio) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(bio);
  return text;
}

Key NewKey(int rsa_bits = 0) {
  Key key(rsa_bits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(static_cast<unsigned>(rsa_bits)), EVP_PKEY_free);
  Check(key != nullptr);
  return key;
}

void Extend(X509* certificate, int kind, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
  Check(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

// `issuer` null: signed by itself.
Certificate Sign(const std::string& name, const Key& key, const Validity& validity, const Certificate& issuer,
                 const Key& signer) {
  static std::atomic<int> serial = 0;
  Certificate certificate(X509_new(), X509_free);
  X509* x = certificate.get();
  Check(X509_set_version(x, X509_VERSION_3) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial) == 1);
  Check(ASN1_TIME_set(X509_getm_notBefore(x), absl::ToTimeT(validity.begins)) != nullptr);
  Check(ASN1_TIME_set(X509_getm_notAfter(x), absl::ToTimeT(validity.expires)) != nullptr);
  Check(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0) == 1);
  Check(X509_set_issuer_name(x, X509_get_subject_name(issuer == nullptr ? x : issuer.get())) == 1);
  Check(X509_set_pubkey(x, key.get()) == 1);
  Extend(x, NID_basic_constraints, issuer == nullptr ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (issuer != nullptr) Extend(x, NID_subject_alt_name, "IP:127.0.0.1");
  Check(X509_sign(x, signer.get(), EVP_sha256()) > 0);
  return certificate;
}

std::string ToPem(const Certificate& certificate) {
  return Text([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });
}

}  // namespace

Authority::Authority(const std::string& name) : key_(NewKey()) {
  certificate_ = Sign(name, key_, Validity{}, nullptr, key_);
  pem_ = ToPem(certificate_);
}

Pem Authority::Issue(const std::string& name, const Validity& validity, int rsa_bits) const {
  const Key key = NewKey(rsa_bits);
  Pem pem;
  pem.certificate = ToPem(Sign(name, key, validity, certificate_, key_)) + pem_;
  pem.key = Text([&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  return pem;
}

std::string EncryptedKey() {
  const Key key = NewKey();
  return Text([&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key.get(), EVP_aes_256_cbc(), nullptr, 0, nullptr, const_cast<char*>("passphrase"));
  });
}

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "guichet-tls-XXXXXX").string();
  Check(mkdtemp(name.data()) != nullptr);
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Folder::Write(const std::string& name, const std::string& text) const {
  std::ofstream(path(name + ".part"), std::ios::binary) << text;
  std::filesystem::rename(path(name + ".part"), path(name));
  return path(name);
}

std::string ServedName(int port) {
  std::string name;
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  Check(SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>("\x02h2"), 3) == 0);
  BIO* connection = BIO_new_ssl_connect(context);
  BIO_set_conn_hostname(connection, absl::StrCat("127.0.0.1:", port).c_str());
  if (BIO_do_connect(connection) == 1 && BIO_do_handshake(connection) == 1) {
    SSL* ssl = nullptr;
    BIO_get_ssl(connection, &ssl);
    char text[256] = "";
    X509* certificate = SSL_get1_peer_certificate(ssl);
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text, sizeof text);
    X509_free(certificate);
    name = text;
  }
  BIO_free_all(connection);
  SSL_CTX_free(context);
  return name;
}

}  // namespace guichet::tls_test

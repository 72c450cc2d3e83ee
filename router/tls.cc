#include "router/tls.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "router/limits.h"
#include "router/secrets.h"

namespace guichet::router {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;

// OpenSSL's errors are a queue of the thread, which gRPC reads, too.
struct Errors {
  Errors() { ERR_clear_error(); }
  ~Errors() { ERR_clear_error(); }
};

absl::Status Bad(absl::string_view flag, const std::string& path, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(flag, ": ", path, " ", why));
}

// The content of the files; where one cannot be read, why.
struct Texts {
  absl::StatusOr<std::string> certificate, key, client_ca = std::string();
};

absl::StatusOr<std::string> ReadFile(absl::string_view flag, const std::string& path) {
  std::error_code error;
  // Others, such as pipes, cannot be read again and again.
  if (!std::filesystem::is_regular_file(path, error)) return Bad(flag, path, "is no file");
  std::string text(kTlsFileBytes + 1, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || !file.is_open()) return Bad(flag, path, "cannot be read");
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kTlsFileBytes) {
    return Bad(flag, path, absl::StrCat("has more than ", kTlsFileBytes, " bytes; leave out what no connection needs"));
  }
  return text;
}

Texts ReadFiles(const TlsFiles& files) {
  Texts texts{ReadFile("--tls-certificate", files.certificate), ReadFile("--tls-key", files.key)};
  if (!files.client_ca.empty()) texts.client_ca = ReadFile("--tls-client-ca", files.client_ca);
  return texts;
}

// Nobody is there to type a passphrase.
int NoPassphrase(char*, int, int, void*) { return 0; }

Bio Open(const std::string& text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// All certificates of the text; none when one of them is broken or cut off.
std::vector<Certificate> ParseCertificates(const std::string& text) {
  std::vector<Certificate> all;
  const Bio bio = Open(text);
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr)) all.emplace_back(certificate);
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) all.clear();
  ERR_clear_error();
  return all;
}

Time ToTime(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return Time{};
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::from_time_t(timegm(&parts)));
}

std::string Show(Time time) { return absl::FormatTime(absl::RFC3339_sec, absl::FromChrono(time), absl::UTCTimeZone()); }

absl::StatusOr<TlsMaterial> Check(const TlsFiles& files, const Texts& texts, Time now) {
  for (const auto* text : {&texts.certificate, &texts.key, &texts.client_ca}) {
    if (!text->ok()) return text->status();
  }
  const Errors errors;
  const std::vector<Certificate> chain = ParseCertificates(*texts.certificate);
  if (chain.empty()) return Bad("--tls-certificate", files.certificate, "is no PEM certificate chain");
  const Bio key_text = Open(*texts.key);
  const PrivateKey key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) {
    const bool encrypted = absl::StrContains(*texts.key, "ENCRYPTED");
    return Bad("--tls-key", files.key, encrypted ? "is encrypted; give a key without a passphrase" : "is no PEM private key");
  }
  if (X509_check_private_key(chain[0].get(), key.get()) != 1) {
    return Bad("--tls-key", files.key, "does not belong to the certificate of --tls-certificate");
  }
  const Time begins = ToTime(X509_get0_notBefore(chain[0].get()));
  const Time expires = ToTime(X509_get0_notAfter(chain[0].get()));
  if (now >= expires) return Bad("--tls-certificate", files.certificate, absl::StrCat("expired at ", Show(expires)));
  if (now < begins) return Bad("--tls-certificate", files.certificate, absl::StrCat("is valid only from ", Show(begins)));
  // What OpenSSL asks of a certificate besides, such as the length of its key.
  const Context context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr || SSL_CTX_use_certificate(context.get(), chain[0].get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
    const char* why = ERR_reason_error_string(ERR_peek_last_error());
    return Bad("--tls-certificate", files.certificate,
               absl::StrCat("is refused by OpenSSL: ", why == nullptr ? "unknown" : why));
  }
  if (!files.client_ca.empty() && ParseCertificates(*texts.client_ca).empty()) {
    return Bad("--tls-client-ca", files.client_ca, "is no bundle of PEM certificates");
  }
  return TlsMaterial{*texts.certificate, *texts.key, *texts.client_ca, expires};
}

// gRPC asks for the certificate at each handshake. The C API for this has no counterpart in C++.
class ReloadedCredentials final : public grpc::ServerCredentials {
 public:
  ReloadedCredentials(std::shared_ptr<ServedCertificate> served, bool client_certificates) : served_(std::move(served)) {
    const auto request = client_certificates ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                             : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
    credentials_ = grpc_ssl_server_credentials_create_with_options(
        grpc_ssl_server_credentials_create_options_using_config_fetcher(request, &Fetch, this));
  }
  ~ReloadedCredentials() override { grpc_server_credentials_release(credentials_); }

  // Callers are authenticated by their tokens, in every method.
  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override { std::abort(); }

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  // Under a lock of the port.
  static grpc_ssl_certificate_config_reload_status Fetch(void* self, grpc_ssl_server_certificate_config** config) {
    auto* credentials = static_cast<ReloadedCredentials*>(self);
    const std::optional<TlsMaterial> material = credentials->served_->Later(&credentials->version_);
    if (!material) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const grpc_ssl_pem_key_cert_pair pair{material->key.c_str(), material->certificate.c_str()};
    // gRPC wants authorities also where it asks no client for a certificate, and does not use them there.
    const std::string& authorities = material->client_ca.empty() ? material->certificate : material->client_ca;
    *config = grpc_ssl_server_certificate_config_create(authorities.c_str(), &pair, 1);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const std::shared_ptr<ServedCertificate> served_;
  uint64_t version_ = 0;  // that gRPC has
  grpc_server_credentials* credentials_ = nullptr;
};

}  // namespace

absl::StatusOr<TlsMaterial> ReadTls(const TlsFiles& files, Time now) { return Check(files, ReadFiles(files), now); }

absl::StatusOr<std::shared_ptr<ServedCertificate>> ServedCertificate::Open(TlsFiles files, Time now) {
  absl::StatusOr<TlsMaterial> material = ReadTls(files, now);
  if (!material.ok()) return material.status();
  return std::shared_ptr<ServedCertificate>(new ServedCertificate(std::move(files), *std::move(material)));
}

void ServedCertificate::Reload(Time now) {
  const Texts texts = ReadFiles(files_);
  absl::StatusOr<TlsMaterial> material = Check(files_, texts, now);
  absl::MutexLock lock(&mu_);
  if (material.ok()) {
    refused_.clear();
    if (*material == material_) return;
    material_ = *std::move(material);
    ++version_;
    spdlog::info("--tls-certificate: {} was read again and is served, valid until {}", files_.certificate,
                 Show(material_.expires));
    return;
  }
  const std::string why(material.status().message());
  std::string refused = why;
  for (const auto* text : {&texts.certificate, &texts.key, &texts.client_ca}) {
    absl::StrAppend(&refused, "\n", text->ok() ? Sha256(**text) : std::string());
  }
  if (refused == refused_) return;
  refused_ = std::move(refused);
  spdlog::error("{}; the last good certificate, valid until {}, is served on", why, Show(material_.expires));
}

Time ServedCertificate::expires() const {
  absl::MutexLock lock(&mu_);
  return material_.expires;
}

std::optional<TlsMaterial> ServedCertificate::Later(uint64_t* version) const {
  absl::MutexLock lock(&mu_);
  if (*version == version_) return std::nullopt;
  *version = version_;
  return material_;
}

std::shared_ptr<grpc::ServerCredentials> ServedCertificate::Credentials(std::shared_ptr<ServedCertificate> served,
                                                                        bool clients) {
  const bool client_certificates = clients && !served->files_.client_ca.empty();
  return std::make_shared<ReloadedCredentials>(std::move(served), client_certificates);
}

}  // namespace guichet::router

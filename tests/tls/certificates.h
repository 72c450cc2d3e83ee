// Throwaway certificates, made by OpenSSL, and a folder for their files.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"

struct evp_pkey_st;
struct x509_st;

namespace guichet::tls_test {

struct Pem {
  std::string certificate;  // with its authority's, so that it is a chain
  std::string key;
};

struct Validity {
  absl::Time begins = absl::Now() - absl::Hours(1);
  absl::Time expires = absl::Now() + absl::Hours(48);
};

class Authority {
 public:
  explicit Authority(const std::string& name);
  // Of a server at 127.0.0.1 or of a client. `rsa_bits`: a key of RSA, else one of the curve P-256.
  Pem Issue(const std::string& name, const Validity& validity = {}, int rsa_bits = 0) const;
  const std::string& certificate() const { return pem_; }

 private:
  std::shared_ptr<evp_pkey_st> key_;
  std::shared_ptr<x509_st> certificate_;
  std::string pem_;
};

// A PEM key that needs a passphrase.
std::string EncryptedKey();

// Gone with its files when this object is.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path(const std::string& name) const { return (path_ / name).string(); }
  // Puts a file in place of another in one step; returns its path.
  std::string Write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

// The common name of the certificate that a fresh connection to the port of the loopback gets; "" when there is none.
std::string ServedName(int port);

}  // namespace guichet::tls_test

// The daemon's certificate: read and checked before it serves, and read again while it does.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "statemachine/ids.h"

namespace guichet::router {

// Paths of PEM files.
struct TlsFiles {
  std::string certificate;  // chain, the daemon's own certificate first
  std::string key;          // of that certificate; not encrypted
  std::string client_ca;    // clients must have a certificate of one of these authorities; empty: they need none
};

// The content of TlsFiles, which was checked to belong together.
struct TlsMaterial {
  std::string certificate;
  std::string key;
  std::string client_ca;
  Time expires{};  // of the first certificate
  bool operator==(const TlsMaterial&) const = default;
};

// Reads and checks the files as the handshake will: PEM, the key of the certificate, valid at `now`. INVALID_ARGUMENT that
// names the flag.
absl::StatusOr<TlsMaterial> ReadTls(const TlsFiles& files, Time now);

// The certificate that connections get. What the files hold is served only once it passes the checks of ReadTls: a replacement
// that does not, such as one that is half written, leaves the last good one in place. gRPC's FileWatcherCertificateProvider
// would serve it, which refuses every connection. Thread safety: all methods may be called from any thread.
class ServedCertificate {
 public:
  // INVALID_ARGUMENT as ReadTls.
  static absl::StatusOr<std::shared_ptr<ServedCertificate>> Open(TlsFiles files, Time now);

  // Reads the files again; connections from then on get what is in them. Open connections stay as they are. Logs each change,
  // and a replacement that cannot be served once, until it changes again.
  void Reload(Time now);

  Time expires() const;

  // For one port of one server, which they must outlive; `clients`: they need
  // certificates if TlsFiles names an authority. Its address must not be a name: one that stands for several is several
  // sockets, whose handshakes gRPC 1.51 does not keep apart from a change of the certificate.
  static std::shared_ptr<grpc::ServerCredentials> Credentials(std::shared_ptr<ServedCertificate> served, bool clients = true);

  // Material of a later version than `*version`, which becomes its version; nullopt when there is none. The first is 1.
  std::optional<TlsMaterial> Later(uint64_t* version) const;

 private:
  ServedCertificate(TlsFiles files, TlsMaterial material) : files_(std::move(files)), material_(std::move(material)) {}

  const TlsFiles files_;
  mutable absl::Mutex mu_;
  TlsMaterial material_ ABSL_GUARDED_BY(mu_);
  uint64_t version_ ABSL_GUARDED_BY(mu_) = 1;
  std::string refused_ ABSL_GUARDED_BY(mu_);  // content that is not served and was logged, with the reason; empty: none
};

}  // namespace guichet::router

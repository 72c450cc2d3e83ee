#include "metrics/exposer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "prometheus/exposer.h"

namespace guichet::metrics {
namespace {

// Threads. One scrape at a time is the rule; the second keeps a slow client from hiding the daemon.
constexpr int kThreads = 2;

// Milliseconds for which a connection may stay silent. Above it a thread would be at the mercy of idle clients; below the
// usual scrape timeout of 10 s nothing is lost.
constexpr int kRequestTimeoutMs = 5000;

// civetweb's own syntax knows lists, TLS suffixes and host names; an address here is one numeric host and one port.
std::optional<sockaddr_in> ParseAddress(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  const std::string host = address.substr(0, colon);
  const std::string digits = address.substr(colon + 1);
  for (const char c : digits) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
  }
  uint32_t port = 0;
  if (!absl::SimpleAtoi(digits, &port) || port > 65535) return std::nullopt;
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(static_cast<uint16_t>(port));
  if (inet_pton(AF_INET, host.c_str(), &out.sin_addr) != 1) return std::nullopt;
  return out;
}

// civetweb does not say why it could not listen; a second try with a plain socket does.
std::string BindError(const sockaddr_in& address) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::strerror(errno);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  std::string error = "the HTTP server did not start";
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 || listen(fd, 1) != 0) {
    error = std::strerror(errno);
  }
  close(fd);
  return error;
}

}  // namespace

Exposer::Exposer(std::unique_ptr<prometheus::Exposer> server, int port) : server_(std::move(server)), port_(port) {}
Exposer::~Exposer() = default;

absl::StatusOr<std::unique_ptr<Exposer>> OpenExposer(const std::string& address, const Metrics& metrics) {
  const std::optional<sockaddr_in> parsed = ParseAddress(address);
  if (!parsed.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("metrics address \"", address, "\" is not a numeric IPv4 address and port such as 127.0.0.1:9464"));
  }
  try {
    auto server = std::make_unique<prometheus::Exposer>(std::vector<std::string>{"listening_ports", address, "num_threads",
                                                                                 absl::StrCat(kThreads), "request_timeout_ms",
                                                                                 absl::StrCat(kRequestTimeoutMs)});
    const std::vector<int> ports = server->GetListeningPorts();
    if (ports.size() != 1) {
      return absl::InternalError(absl::StrCat("the metrics server listens on ", ports.size(), " ports, not 1"));
    }
    server->RegisterCollectable(metrics.collectable());
    return std::unique_ptr<Exposer>(new Exposer(std::move(server), ports.front()));
  } catch (const std::exception&) {  // the library's only way to tell
    return absl::UnavailableError(absl::StrCat("cannot serve metrics on ", address, ": ", BindError(*parsed)));
  }
}

}  // namespace guichet::metrics

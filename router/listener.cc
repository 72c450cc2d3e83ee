#include "router/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "router/limits.h"

namespace guichet::router {
namespace {

constexpr int kPauseMs = 100;  // when the system has nothing left for another connection

struct HostPort {
  std::string host;
  std::string port;
};

absl::StatusOr<HostPort> Split(const ConnectionListener::Options& options) {
  const std::string& address = options.address;
  const size_t colon = address.rfind(':');
  uint32_t port = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(address.substr(colon + 1), &port) || port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat(options.flag, ": ", address, " is not HOST:PORT with a port of 0-65535"));
  }
  std::string host = address.substr(0, colon);
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets) host = host.substr(1, host.size() - 2);
  if (host.empty() || (!brackets && host.find(':') != std::string::npos)) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.flag, ": ", address, " has no host; give an address as 0.0.0.0:50443 or [::]:50443"));
  }
  return HostPort{host, absl::StrCat(port)};
}

int PortOf(int socket) {
  sockaddr_storage bound{};
  socklen_t length = sizeof(bound);
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &length) != 0) return 0;
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                           : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
}

// A listening socket, or -1 with errno. No SO_REUSEPORT: two daemons must not share a port silently.
int ListenAt(const addrinfo& address) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  const int off = 0;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (address.ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  if (bind(fd, address.ai_addr, address.ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0) return fd;
  const int why = errno;
  close(fd);
  errno = why;
  return -1;
}

void SetPort(addrinfo& address, int port) {
  if (address.ai_family == AF_INET6) reinterpret_cast<sockaddr_in6*>(address.ai_addr)->sin6_port = htons(port);
  if (address.ai_family == AF_INET) reinterpret_cast<sockaddr_in*>(address.ai_addr)->sin_port = htons(port);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ConnectionListener>> ConnectionListener::Open(const Options& options) {
  std::unique_ptr<ConnectionListener> listener(new ConnectionListener(options.descriptors));
  if (absl::Status listening = listener->Listen(options); !listening.ok()) return listening;
  return listener;
}

ConnectionListener::~ConnectionListener() { Stop(); }

absl::Status ConnectionListener::Listen(const Options& options) {
  const auto where = Split(options);
  if (!where.ok()) return where.status();
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(where->host.c_str(), where->port.c_str(), &hints, &found); error != 0) {
    return absl::InvalidArgumentError(absl::StrCat(options.flag, ": ", options.address, ": ", gai_strerror(error)));
  }
  const absl::Cleanup free_found = [found] { freeaddrinfo(found); };
  for (addrinfo* address = found; address != nullptr; address = address->ai_next) {
    if (port_ != 0) SetPort(*address, port_);  // a free one, for all addresses
    const int fd = ListenAt(*address);
    // A name may stand for an address of a family that this machine does not have.
    if (fd < 0 && (errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT)) continue;
    if (fd < 0) {
      return absl::UnavailableError(
          absl::StrCat(options.flag, ": cannot serve on ", options.address, ": ", strerror(errno), "; is the port taken?"));
    }
    sockets_.push_back(fd);
    port_ = PortOf(fd);
  }
  if (sockets_.empty()) {
    return absl::UnavailableError(
        absl::StrCat(options.flag, ": cannot serve on ", options.address, ": the address is none of this machine's"));
  }
  wake_ = eventfd(0, EFD_CLOEXEC);
  if (wake_ < 0) return absl::UnavailableError(absl::StrCat(options.flag, ": ", strerror(errno)));
  return absl::OkStatus();
}

void ConnectionListener::Start(std::function<void(int)> take) {
  take_ = std::move(take);
  thread_ = std::thread([this] { Run(); });
}

void ConnectionListener::Stop() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    while (write(wake_, &one, sizeof(one)) < 0 && errno == EINTR) {
    }
    thread_.join();
  }
  for (int fd : sockets_) close(fd);
  sockets_.clear();
  if (wake_ >= 0) close(wake_);
  wake_ = -1;
}

void ConnectionListener::Run() {
  std::vector<pollfd> wanted = {{wake_, POLLIN, 0}};
  for (int fd : sockets_) wanted.push_back({fd, POLLIN, 0});
  while (true) {
    if (poll(wanted.data(), wanted.size(), -1) < 0) continue;  // EINTR
    if (wanted[0].revents != 0) return;
    bool room = true;
    for (size_t i = 1; i < wanted.size(); ++i) {
      if (wanted[i].revents != 0) room &= TakeAll(wanted[i].fd);
    }
    if (!room && poll(wanted.data(), 1, kPauseMs) > 0) return;
  }
}

bool ConnectionListener::TakeAll(int socket) {
  for (size_t i = 0; i < kAcceptedAtOnce; ++i) {
    const int fd = accept4(socket, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
    if (fd >= descriptors_) {
      refused_.fetch_add(1, std::memory_order_relaxed);
      close(fd);
      continue;
    }
    // What was sent and is not acknowledged for so long ends the connection, as gRPC does of its own sockets.
    const int patience = kKeepaliveTimeoutMs;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof(patience));
    take_(fd);
  }
  return true;
}

}  // namespace guichet::router

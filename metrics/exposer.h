// Serves the metrics over HTTP: GET /metrics. The HTTP server also answers paths that begin so, and 404 to all others.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "metrics/metrics.h"

namespace prometheus {
class Exposer;
}

namespace guichet::metrics {

// A listening socket with threads of its own, on which scrapes and the snapshot provider run. The destructor closes it and
// joins them; it takes up to 2 s, the poll interval of the HTTP server.
class Exposer {
 public:
  ~Exposer();
  Exposer(const Exposer&) = delete;
  Exposer& operator=(const Exposer&) = delete;

  // The port that is bound: the one asked for, or the one that the kernel chose for port 0.
  int port() const { return port_; }

 private:
  friend absl::StatusOr<std::unique_ptr<Exposer>> OpenExposer(const std::string& address, const Metrics& metrics);
  Exposer(std::unique_ptr<prometheus::Exposer> server, int port);

  const std::unique_ptr<prometheus::Exposer> server_;
  const int port_;
};

// Listens on `address`, a numeric "127.0.0.1:9464" or "0.0.0.0:0" (port 0: the kernel chooses). IPv4 only: Debian's civetweb
// is built without IPv6.
// INVALID_ARGUMENT when it is no such address; UNAVAILABLE, with the system's reason, when it cannot be bound.
// Does not keep `metrics` alive: when it is gone, the page loses its families.
absl::StatusOr<std::unique_ptr<Exposer>> OpenExposer(const std::string& address, const Metrics& metrics);

}  // namespace guichet::metrics

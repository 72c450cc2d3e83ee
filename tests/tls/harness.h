// A daemon with TLS in this process, its clients, and what it logs. Nothing waits for time to pass: the clock is moved.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "router/clock.h"
#include "router/daemon.h"
#include "tests/tls/certificates.h"
#include "tools/client/client.h"

namespace guichet::tls_test {

inline constexpr char kOperatorToken[] = "operator-token-of-the-tls-tests";
inline constexpr absl::Duration kPatience = absl::Seconds(30);  // reached only when something hangs

// The machine's time, to the millisecond.
guichet::Time Now();

// What this process logs while it lives.
class Log {
 public:
  Log();
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  // How many lines hold the words.
  size_t Count(const std::string& words) const;

 private:
  class Sink;
  std::shared_ptr<Sink> sink_;
};

// Tries again and again; false after kPatience.
bool Await(const std::function<bool()>& holds);

class TlsDaemon {
 public:
  // On a free port of the loopback unless the options say otherwise, with a folder of its own.
  explicit TlsDaemon(router::DaemonOptions options);
  ~TlsDaemon();

  router::Daemon& daemon() { return *daemon_; }
  int port() const { return daemon_->port(); }
  // With a connection of its own.
  std::unique_ptr<client::Client> As(const std::string& token, client::ClientOptions tls = {}) const {
    return At(port(), token, std::move(tls));
  }
  // … to another of its ports.
  static std::unique_ptr<client::Client> At(int port, const std::string& token, client::ClientOptions tls);
  // Moves the clock on until it holds; false after kPatience.
  bool AdvanceUntil(const std::function<bool()>& holds);
  // The sample of the series on the page for Prometheus; "" when there is none.
  std::string Metric(const std::string& series) const;

 private:
  Folder folder_;
  router::ManualClock clock_;
  std::unique_ptr<router::Daemon> daemon_;
};

// Whether the daemon answers a call of the operator.
absl::Status Ask(const client::Client& client);

}  // namespace guichet::tls_test

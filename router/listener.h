// The listening sockets of the daemon, and the thread that takes connections from them and gives them to gRPC.
//
// gRPC's own listener (1.51) never accepts again once no descriptor was free, and takes connections until none is left for the
// files of the store. Here, a connection is closed at once when its descriptor's number is not below Options::descriptors. The
// system gives out the lowest number that is free, so this bounds the connections, and leaves what is above to everything else;
// when others close, the next are taken. Clients see UNAVAILABLE and come back with their delays.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"

namespace guichet::router {

// Thread safety: Start and Stop from one thread; port and refused from any.
class ConnectionListener {
 public:
  struct Options {
    // HOST:PORT: a name, an IPv4 address or an IPv6 address in brackets; port 0 takes a free one. Each address of a name is
    // listened on; [::] takes IPv4 too.
    std::string address;
    int descriptors = 0;            // a connection's is below it
    std::string flag = "--listen";  // that gives the address, for messages
  };

  // Listens; nothing is taken before Start. INVALID_ARGUMENT for an address, UNAVAILABLE when it is taken.
  static absl::StatusOr<std::unique_ptr<ConnectionListener>> Open(const Options& options);
  ~ConnectionListener();
  ConnectionListener(const ConnectionListener&) = delete;
  ConnectionListener& operator=(const ConnectionListener&) = delete;

  int port() const { return port_; }
  // Connections that were closed for want of descriptors.
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

  // From here on, each connection is given to `take`, on one thread, as a descriptor that `take` owns.
  void Start(std::function<void(int descriptor)> take);
  // Stops listening; after it, `take` is not called. Idempotent.
  void Stop();

 private:
  explicit ConnectionListener(int descriptors) : descriptors_(descriptors) {}
  absl::Status Listen(const Options& options);
  void Run();
  // All that wait at one socket; false when the system has no descriptor or memory for more.
  bool TakeAll(int socket);

  const int descriptors_;
  std::vector<int> sockets_;
  int wake_ = -1;  // eventfd: Stop
  int port_ = 0;
  std::atomic<uint64_t> refused_{0};
  std::function<void(int)> take_;
  std::thread thread_;
};

}  // namespace guichet::router

// Counters of one RPC method under the conventional grpc_server_* names.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace prometheus {
class Counter;
class Histogram;
template <typename T>
class Family;
class Registry;
}  // namespace prometheus

namespace guichet::metrics {

enum class RpcType : uint8_t { kUnary, kClientStream, kServerStream, kBidiStream };

// A compiled-in method. Never taken from a request.
struct RpcMethod {
  std::string service;  // full name: "guichet.v1.SessionService"
  std::string method;   // "StartSession"
  RpcType type = RpcType::kUnary;
};

// The families that all methods share. Owned by the registry.
struct RpcFamilies {
  explicit RpcFamilies(prometheus::Registry& registry);

  prometheus::Family<prometheus::Counter>& started;
  prometheus::Family<prometheus::Counter>& handled;
  prometheus::Family<prometheus::Counter>& received;
  prometheus::Family<prometheus::Counter>& sent;
  prometheus::Family<prometheus::Histogram>& handling;
};

// Counts one method. Cheap: everything but a rare status code is an atomic add (or a short mutex for the histogram).
// Thread-safe. Lives as long as the Metrics that handed it out.
class RpcMetrics {
 public:
  // Which codes of `handled` exist from the start; a rate() misses the first increment of a child that does not. kUsual is 15
  // of the 17: a method that the daemon has ends with neither of the two others, and codes × methods is the largest
  // product of labels here.
  enum class Codes : uint8_t { kUsual, kAll };

  // Creates the children at 0. `families` must outlive this.
  RpcMetrics(const RpcFamilies& families, const RpcMethod& method, Codes codes);
  RpcMetrics(const RpcMetrics&) = delete;
  RpcMetrics& operator=(const RpcMetrics&) = delete;

  // The server took the call in. Every Started is to be followed by one Handled.
  void Started();
  // The call ended with the gRPC status `code` (0-16; anything else counts as UNKNOWN) after `seconds`. The time of a stream
  // is its life, no latency, and is not observed.
  void Handled(int code, double seconds);
  void MessageReceived();
  void MessageSent();

 private:
  prometheus::Counter& HandledChild(int code);

  const RpcFamilies& families_;
  const RpcMethod method_;
  prometheus::Counter& started_;
  prometheus::Counter& received_;
  prometheus::Counter& sent_;
  std::array<prometheus::Counter*, 17> handled_{};     // nullptr: created when it first happens
  prometheus::Histogram* handling_seconds_ = nullptr;  // nullptr for streams
};

}  // namespace guichet::metrics

// The one place that constructs things: store, shards, services, server, metrics; torn down in reverse.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "router/clock.h"

namespace guichet::router {

struct DaemonOptions {
  std::string data;                        // folder of the store and its checkpoints; made when missing
  std::string listen = "127.0.0.1:50443";  // HOST:PORT; port 0 takes a free one
  // HOST:PORT of another address, for what customers and their computers use and nothing else; empty: none. Clients need no
  // certificate there, and a connection takes 10 KiB less: gRPC keeps a table of all methods for each.
  std::string customer_listen;
  std::string metrics_listen;                                               // A.B.C.D:PORT; empty: no metrics over HTTP
  std::string operator_token;                                               // empty: nobody can create organizations
  std::string link_base_url = "https://support.example/join/";              // in front of a link's code
  std::string invitation_base_url = "https://support.example/invitation/";  // … of an external technician's
  std::string tls_certificate;              // PEM file, a chain; empty: plaintext, allowed on loopback only
  std::string tls_key;                      // PEM file
  std::string tls_client_ca;                // PEM file; clients must have a certificate of it; empty: they need none
  int tls_reload_seconds = 60;              // how often these files are read again
  bool allow_plaintext = false;             // plaintext on other than loopback addresses
  size_t shards = 1;                        // writer threads; organizations are spread over them
  size_t ring_entries = 8192;               // recent log entries in memory, an organization; watchers behind it read the disk
  size_t store_memory_bytes = 256 << 20;    // block cache and write buffers
  size_t transport_memory_bytes = 1 << 30;  // of gRPC, for connections and requests that have not arrived as a whole
  uint64_t min_free_disk_bytes = 0;         // below so much free space nothing begins; 0: off
  std::string version = "0.1.0";
  Clock* clock = nullptr;  // null: the real one
};

// Serves from Start until Stop.
class Daemon {
 public:
  // INVALID_ARGUMENT for options, the store's errors for its folder, UNAVAILABLE when an address is taken.
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(DaemonOptions options);
  virtual ~Daemon() = default;

  virtual int port() const = 0;
  virtual int customer_port() const = 0;  // 0: none
  virtual int metrics_port() const = 0;   // 0: none

  // NOT_SERVING, ends all streams with DRAINING, finishes what was taken in, closes the store. Idempotent.
  virtual void Stop() = 0;
};

}  // namespace guichet::router

// A connection to the daemon for tools and tests: channel, credential, errors, request ids and retries in one place.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "tools/client/stream.h"

namespace grpc {
class Channel;
}

namespace guichet::client {

struct ClientOptions {
  // address as gRPC takes it: host:port, [::1]:port, unix:/path.
  std::string address = "127.0.0.1:50443";
  // token sent as "authorization: Bearer …"; empty: none.
  std::string token;
  // tls_ca is the file of PEM root certificates; empty: plaintext.
  std::string tls_ca;
  // tls_certificate and tls_key are files, of a PEM chain and its key, for a daemon that asks clients for one; need tls_ca.
  std::string tls_certificate;
  std::string tls_key;
  // insecure allows a token over plaintext to an address that is not loopback.
  bool insecure = false;
  // timeout of one unary call.
  absl::Duration timeout = absl::Seconds(10);
  // retry_delay before the one retry of a call that answered UNAVAILABLE.
  absl::Duration retry_delay = absl::Milliseconds(300);
  // wait blocks for a delay. Tests replace it.
  std::function<void(absl::Duration)> wait;
};

// True for addresses that never leave the machine: 127.0.0.0/8, ::1, localhost and unix sockets.
bool IsLoopback(const std::string& address);

// 128 random bits in hexadecimal.
std::string RandomRequestId();

// Sets the field `request_id` of `request` where it has one and it is empty. Returns false when it has none (a read).
bool SetRequestId(google::protobuf::Message* request, const std::string& request_id);

// Calls methods by the type of their request: each request message of the API belongs to exactly one method.
// Thread-safe. Owns a share of the channel; streams that it opened may outlive it.
class Client {
 public:
  // Connects lazily: an absent daemon shows in the first call. Errors: INVALID_ARGUMENT for a token that would go in plaintext
  // to another machine and for TLS files that lack others, NOT_FOUND for an unreadable file.
  static absl::StatusOr<std::unique_ptr<Client>> Make(ClientOptions options);

  // The same channel with another credential. Errors: as Make.
  absl::StatusOr<std::unique_ptr<Client>> WithToken(std::string token) const;

  // One unary call. A request with a `request_id` is repeated once, unchanged, after UNAVAILABLE; it must not be empty then.
  // Returns the status of the call; see status.h for its details.
  absl::Status Call(const google::protobuf::Message& request, google::protobuf::Message* response) const;

  // As Call, with a random request id where the caller has set none.
  absl::Status Mutate(google::protobuf::Message* request, google::protobuf::Message* response) const;

  // Opens the streaming method whose request type is that of `request`, which serves as a prototype and is not sent.
  std::unique_ptr<Stream> Open(const google::protobuf::Message& request) const;

  const ClientOptions& options() const { return options_; }

 private:
  Client(ClientOptions options, std::shared_ptr<grpc::Channel> channel);
  absl::Status CallOnce(const google::protobuf::Message& request, google::protobuf::Message* response) const;

  const ClientOptions options_;
  const std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace guichet::client

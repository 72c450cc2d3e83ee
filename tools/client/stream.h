// A blocking stream over gRPC's callback API. No generated stub is needed, so few files include the heavy gRPC headers.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace grpc {
class Channel;
}

namespace guichet::client {

// One open stream. Read by one thread at a time; Write, Cancel and Finish from any thread. The destructor cancels and waits for
// the end; no other call may be in progress then.
class Stream {
 public:
  // Opens `method`, for example "/guichet.v1.AppletService/Attach". An empty token sends none.
  Stream(std::shared_ptr<grpc::Channel> channel, const std::string& method, const std::string& token);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Blocks until the message is handed over; false when the stream is broken.
  bool Write(const google::protobuf::Message& message);
  // Half-closes: no Write may follow.
  void WritesDone();
  // Blocks for the next message; false at the end of the stream.
  bool Read(google::protobuf::Message* message);
  // Ends the stream at once; a blocked Read returns false.
  void Cancel();
  // Blocks for the final status. To be called after Read returned false, or after Cancel.
  absl::Status Finish();

 private:
  class Reactor;
  std::unique_ptr<Reactor> reactor_;
};

}  // namespace guichet::client

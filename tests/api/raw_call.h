// One call of any rpc, by its descriptor: all that the daemon lets its caller hear, as bytes and as text.
#pragma once

#include <grpcpp/generic/generic_stub.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/api/harness.h"

namespace guichet::api_test {

// What a caller heard.
struct Heard {
  std::vector<std::string> messages;  // serialized
  grpc::Status status;                // OK also for a watch that the caller left
  std::multimap<std::string, std::string> metadata;
};

// The value of the "authorization" metadata for a token; "" for none.
std::string Bearer(const std::string& token);

// Every wait ends with a message, the end, or kDeadline.
class RawCall {
 public:
  // `authorization`: the whole value of the metadata; empty: without.
  RawCall(const Client& client, const std::string& path, const std::string& authorization);
  RawCall(const Client& client, const MethodDescriptor& method, const std::string& authorization)
      : RawCall(client, PathOf(method), authorization) {}
  ~RawCall();
  bool Write(const std::string& bytes);
  bool Write(const Message& message) { return Write(message.SerializeAsString()); }
  void HalfClose();
  std::optional<std::string> Read();
  // Reads to the end.
  Heard End();
  // Goes away.
  Heard Leave();

 private:
  bool Wait();
  Heard Finish();

  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  std::vector<std::string> messages_;
  bool open_ = true;
};

// Says all of `messages` and hears the answers; of a watch, which has no end, the first one.
Heard Ask(const Client& client, const MethodDescriptor& method, const std::vector<std::unique_ptr<Message>>& messages,
          const std::string& authorization);

// All of it for a person. `blank`: without revisions and secrets, which differ from one call to the next.
std::string Text(const MethodDescriptor& method, const Heard& heard, bool blank = false);

// Calls `visit` for every string in the message and below.
void VisitStrings(const Message& message,
                  const std::function<void(const google::protobuf::FieldDescriptor&, const std::string&)>& visit);

}  // namespace guichet::api_test

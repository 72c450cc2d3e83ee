// Calls that outlive the daemon: each keeps its request, so that it can be repeated unchanged after a crash.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/message.h"
#include "guichet/v1/types.pb.h"
#include "tools/client/client.h"

namespace guichet::crash {

namespace pb = guichet::v1;

// The daemon of the moment, and how much it has acknowledged. Thread-safe but for Connect, which is called between loads.
class Server {
 public:
  void Connect(int port);
  // `token` empty: no credential.
  std::unique_ptr<client::Client> As(const std::string& token) const;

  void Acknowledged();
  int64_t acknowledged() const;
  // Waits until so many were acknowledged since the start of the test, or the load ends, or the time is over.
  void AwaitAcknowledged(int64_t count, absl::Duration within);
  // Tells the load that the daemon is about to go.
  void EndLoad();
  bool load_ended() const;

 private:
  std::unique_ptr<client::Client> root_;
  mutable absl::Mutex mutex_;
  int64_t acknowledged_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

using MessagePtr = std::shared_ptr<google::protobuf::Message>;

// What became of a call.
enum class Answer {
  kAccepted,
  kRefused,  // answered with an error: no effect
  kLost,     // no answer: the effect is unknown
};

struct Call {
  MessagePtr request;
  MessagePtr response;
  std::string token;
  Answer answer = Answer::kLost;
  absl::Status status;
};

// Makes one attempt.
Call Make(const Server& server, const std::string& token, MessagePtr request);
// Kinds of errors that a daemon that goes away causes, not a decision.
Answer AnswerOf(const absl::Status& status);

// The `session` of a response; null when it has none.
const pb::Session* SessionIn(const google::protobuf::Message& response);
// Fails the test unless a repetition answers the very bytes of the first time.
void ExpectSameAnswer(const Server& server, const Call& first);

template <typename Response, typename Request>
Response Ask(const Server& server, const std::string& token, const Request& request, absl::Status* status = nullptr) {
  Response response;
  absl::Status result = server.As(token)->Call(request, &response);
  if (status != nullptr) *status = result;
  return response;
}

}  // namespace guichet::crash

// A daemon in this process, and clients of it. Calls find their method by the request's descriptor; every wait has a deadline.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "guichet/v1/admin_service.grpc.pb.h"
#include "guichet/v1/applet_service.grpc.pb.h"
#include "guichet/v1/channel_service.grpc.pb.h"
#include "guichet/v1/chat_service.grpc.pb.h"
#include "guichet/v1/computer_service.grpc.pb.h"
#include "guichet/v1/delivery_service.grpc.pb.h"
#include "guichet/v1/queue_service.grpc.pb.h"
#include "guichet/v1/routing_service.grpc.pb.h"
#include "guichet/v1/session_service.grpc.pb.h"
#include "guichet/v1/technician_service.grpc.pb.h"
#include "router/clock.h"
#include "router/daemon.h"

namespace guichet::api_test {

namespace pb = guichet::v1;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

inline constexpr char kOperatorToken[] = "operator-secret";
inline constexpr auto kDeadline = std::chrono::seconds(30);  // real time: reached only when something hangs

// A status with its google.rpc details taken apart.
struct Outcome {
  grpc::StatusCode code = grpc::OK;
  std::string message;
  std::string reason;
  std::string domain;
  std::map<std::string, std::string> metadata;
  std::vector<std::string> fields;  // of BadRequest
  std::optional<milliseconds> retry;
  bool ok() const { return code == grpc::OK; }
};
Outcome Explain(const grpc::Status& status);
std::ostream& operator<<(std::ostream& out, const Outcome& outcome);

// All rpcs of guichet.v1.
const std::vector<const MethodDescriptor*>& Methods();
const MethodDescriptor* MethodOf(const Message& request);
std::string PathOf(const MethodDescriptor& method);
std::unique_ptr<Message> NewMessage(const google::protobuf::Descriptor* type);

std::unique_ptr<grpc::ClientContext> ContextOf(const std::string& token);

template <class Response>
struct Answer {
  Outcome outcome;
  Response response;
  bool ok() const { return outcome.ok(); }
  const Response* operator->() const { return &response; }
};

// One connection of its own.
class Client {
 public:
  explicit Client(int port);
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  Outcome CallInto(const Message& request, Message* response, const std::string& token) const;
  template <class Response>
  Answer<Response> Call(const Message& request, const std::string& token) const {
    Answer<Response> answer;
    answer.outcome = CallInto(request, &answer.response, token);
    return answer;
  }
  // Any rpc with any bytes, streaming ones too: sends them as one message, half-closes and reads at most `max_reads` answers.
  Outcome CallRaw(const MethodDescriptor& method, const std::string& bytes, const std::string& token, int max_reads = 1) const;

 private:
  std::shared_ptr<grpc::Channel> channel_;
};

// A daemon on a folder of its own with a clock that stands still. Restart keeps the folder and the clock.
class TestDaemon {
 public:
  explicit TestDaemon(router::DaemonOptions options = {});
  ~TestDaemon();
  void Stop() { daemon_->Stop(); }
  void Restart();
  router::DaemonOptions& options() { return options_; }  // take effect with Restart
  router::Daemon& daemon() { return *daemon_; }
  Client& client() { return *client_; }
  router::ManualClock& clock() { return clock_; }
  const std::string& folder() const { return folder_; }

 private:
  void Start();
  std::string folder_;
  router::ManualClock clock_;
  router::DaemonOptions options_;
  std::unique_ptr<router::Daemon> daemon_;
  std::unique_ptr<Client> client_;
};

// A stream of a console or of an applet. Reads block until a message, the end or the deadline.
template <class Stub, class Request, class Response>
class Attached {
 public:
  using Stream = grpc::ClientReaderWriter<Request, Response>;
  using Open = std::unique_ptr<Stream> (Stub::*)(grpc::ClientContext*);
  Attached(const Client& client, Open open, const std::string& token) : stub_(client.channel()), context_(ContextOf(token)) {
    stream_ = (stub_.*open)(context_.get());
  }
  ~Attached() {
    if (stream_ == nullptr) return;
    context_->TryCancel();
    (void)End();
  }
  bool Send(const Request& request) { return stream_->Write(request); }
  bool Read(Response* response) { return stream_->Read(response); }
  Response Next() {
    Response response;
    EXPECT_TRUE(stream_->Read(&response)) << "the stream has ended";
    return response;
  }
  void HalfClose() { stream_->WritesDone(); }
  void Cancel() { context_->TryCancel(); }
  // Reads to the end.
  Outcome End(std::vector<Response>* rest = nullptr) {
    Response response;
    while (stream_->Read(&response)) {
      if (rest != nullptr) rest->push_back(response);
    }
    Outcome outcome = Explain(stream_->Finish());
    stream_.reset();
    return outcome;
  }

 private:
  Stub stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<Stream> stream_;
};

class Console : public Attached<pb::TechnicianService::Stub, pb::AttachConsoleRequest, pb::AttachConsoleResponse> {
 public:
  Console(const Client& client, const std::string& token)
      : Attached(client, &pb::TechnicianService::Stub::AttachConsole, token) {}
  pb::ConsoleWelcome Hello();
  void Beat(uint64_t sequence);  // and waits for the answer
};

class Device : public Attached<pb::AppletService::Stub, pb::AttachRequest, pb::AttachResponse> {
 public:
  Device(const Client& client, const std::string& token) : Attached(client, &pb::AppletService::Stub::Attach, token) {}
  pb::AppletWelcome Hello(const std::string& platform = "Debian 12");
  void Beat(uint64_t sequence);
};

class Agent : public Attached<pb::ComputerService::Stub, pb::AttachComputerRequest, pb::AttachComputerResponse> {
 public:
  Agent(const Client& client, const std::string& token) : Attached(client, &pb::ComputerService::Stub::AttachComputer, token) {}
  pb::ComputerWelcome Hello();
  void Beat(uint64_t sequence);
};

// A server stream.
template <class Stub, class Request, class Response>
class Watching {
 public:
  using Stream = grpc::ClientReader<Response>;
  using Open = std::unique_ptr<Stream> (Stub::*)(grpc::ClientContext*, const Request&);
  Watching(const Client& client, Open open, const Request& request, const std::string& token)
      : stub_(client.channel()), context_(ContextOf(token)) {
    stream_ = (stub_.*open)(context_.get(), request);
  }
  ~Watching() {
    if (stream_ == nullptr) return;
    context_->TryCancel();
    (void)End();
  }
  bool Read(Response* response) { return stream_->Read(response); }
  Response Next() {
    Response response;
    EXPECT_TRUE(stream_->Read(&response)) << "the watch has ended";
    return response;
  }
  void Cancel() { context_->TryCancel(); }
  Outcome End() {
    Response response;
    while (stream_->Read(&response)) {
    }
    Outcome outcome = Explain(stream_->Finish());
    stream_.reset();
    return outcome;
  }

 private:
  Stub stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<Stream> stream_;
};

class QueueWatch : public Watching<pb::QueueService::Stub, pb::WatchQueueRequest, pb::WatchQueueResponse> {
 public:
  QueueWatch(const Client& client, const pb::WatchQueueRequest& request, const std::string& token)
      : Watching(client, &pb::QueueService::Stub::WatchQueue, request, token) {}
};

class ChatWatch : public Watching<pb::ChatService::Stub, pb::WatchChatRequest, pb::WatchChatResponse> {
 public:
  ChatWatch(const Client& client, const pb::WatchChatRequest& request, const std::string& token)
      : Watching(client, &pb::ChatService::Stub::WatchChat, request, token) {}
  // The next that is a message.
  pb::ChatMessage NextMessage() {
    pb::WatchChatResponse response = Next();
    if (!response.has_message()) response = Next();
    have_ = response.resume_token();
    return response.message();
  }
  // The token once what was said before is through.
  std::string Live() {
    pb::WatchChatResponse response = Next();
    while (response.has_message()) response = Next();
    return response.resume_token();
  }
  // The token after the message before.
  const std::string& Have() const { return have_; }

 private:
  std::string have_;
};

class TechnicianWatch
    : public Watching<pb::TechnicianService::Stub, pb::WatchTechniciansRequest, pb::WatchTechniciansResponse> {
 public:
  TechnicianWatch(const Client& client, const pb::WatchTechniciansRequest& request, const std::string& token)
      : Watching(client, &pb::TechnicianService::Stub::WatchTechnicians, request, token) {}
};

}  // namespace guichet::api_test

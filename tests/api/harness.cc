#include "tests/api/harness.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <unistd.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "guichet/v1/chat_service.pb.h"
#include "guichet/v1/computer_service.pb.h"
#include "guichet/v1/library_service.pb.h"

namespace guichet::api_test {

Outcome Explain(const grpc::Status& status) {
  Outcome outcome;
  outcome.code = status.error_code();
  outcome.message = status.error_message();
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return outcome;
  for (const auto& any : details.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad;
    google::rpc::RetryInfo retry;
    if (any.UnpackTo(&info)) {
      outcome.reason = info.reason();
      outcome.domain = info.domain();
      outcome.metadata = {info.metadata().begin(), info.metadata().end()};
    } else if (any.UnpackTo(&bad)) {
      for (const auto& violation : bad.field_violations()) outcome.fields.push_back(violation.field());
    } else if (any.UnpackTo(&retry)) {
      outcome.retry = milliseconds(retry.retry_delay().seconds() * 1000 + retry.retry_delay().nanos() / 1000000);
    }
  }
  return outcome;
}

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  return out << "code " << outcome.code << " " << outcome.reason << ": " << outcome.message;
}

const std::vector<const MethodDescriptor*>& Methods() {
  static const auto* const methods = [] {
    auto* all = new std::vector<const MethodDescriptor*>();
    for (const auto* file : {pb::GetPrincipalRequest::descriptor()->file(), pb::RedeemCodeRequest::descriptor()->file(),
                             pb::WatchQueueRequest::descriptor()->file(), pb::StartSessionRequest::descriptor()->file(),
                             pb::SetStatusRequest::descriptor()->file(), pb::SubmitFormRequest::descriptor()->file(),
                             pb::ExplainSessionRequest::descriptor()->file(), pb::ReportDeliveryRequest::descriptor()->file(),
                             pb::SendChatRequest::descriptor()->file(), pb::GetLibraryRequest::descriptor()->file(),
                             pb::ListComputersRequest::descriptor()->file()}) {
      for (int s = 0; s < file->service_count(); ++s) {
        for (int m = 0; m < file->service(s)->method_count(); ++m) all->push_back(file->service(s)->method(m));
      }
    }
    return all;
  }();
  return *methods;
}

const MethodDescriptor* MethodOf(const Message& request) {
  for (const MethodDescriptor* method : Methods()) {
    if (method->input_type() == request.GetDescriptor()) return method;
  }
  ADD_FAILURE() << request.GetTypeName() << " is the request of no rpc";
  return nullptr;
}

std::string PathOf(const MethodDescriptor& method) { return "/" + method.service()->full_name() + "/" + method.name(); }

std::unique_ptr<Message> NewMessage(const google::protobuf::Descriptor* type) {
  return std::unique_ptr<Message>(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
}

std::unique_ptr<grpc::ClientContext> ContextOf(const std::string& token) {
  auto context = std::make_unique<grpc::ClientContext>();
  if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
  context->set_deadline(std::chrono::system_clock::now() + kDeadline);
  return context;
}

Client::Client(int port) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
  channel_ = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials(), arguments);
}

Outcome Client::CallInto(const Message& request, Message* response, const std::string& token) const {
  const std::string path = PathOf(*MethodOf(request));
  const grpc::internal::RpcMethod method(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC, channel_);
  auto context = ContextOf(token);
  return Explain(
      grpc::internal::BlockingUnaryCall<Message, Message, google::protobuf::MessageLite, google::protobuf::MessageLite>(
          channel_.get(), method, context.get(), request, response));
}

Outcome Client::CallRaw(const MethodDescriptor& method, const std::string& bytes, const std::string& token,
                        int max_reads) const {
  grpc::GenericStub stub(channel_);
  grpc::CompletionQueue queue;
  auto context = ContextOf(token);
  auto call = stub.PrepareCall(context.get(), PathOf(method), &queue);
  auto wait = [&] {
    void* tag;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  call->StartCall(nullptr);
  if (wait()) {
    grpc::Slice slice(bytes);
    call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
    if (wait()) {
      call->WritesDone(nullptr);
      (void)wait();
    }
  }
  bool more = true;
  for (int i = 0; i < max_reads && more; ++i) {
    grpc::ByteBuffer answer;
    call->Read(&answer, nullptr);
    more = wait();
  }
  if (more && method.server_streaming()) context->TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  (void)wait();
  queue.Shutdown();
  void* tag;
  bool ok;
  while (queue.Next(&tag, &ok)) {
  }
  return Explain(status);
}

TestDaemon::TestDaemon(router::DaemonOptions options)
    : clock_(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now())), options_(std::move(options)) {
  folder_ = (std::filesystem::temp_directory_path() / "guichet-api-XXXXXX").string();
  EXPECT_NE(mkdtemp(folder_.data()), nullptr) << folder_;
  Start();
}

TestDaemon::~TestDaemon() {
  client_.reset();
  daemon_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void TestDaemon::Start() {
  options_.data = folder_;
  options_.listen = "127.0.0.1:0";
  options_.operator_token = kOperatorToken;
  options_.clock = &clock_;
  options_.store_memory_bytes = 16 << 20;
  auto daemon = router::Daemon::Start(options_);
  ASSERT_TRUE(daemon.ok()) << daemon.status();
  daemon_ = *std::move(daemon);
  client_ = std::make_unique<Client>(daemon_->port());
}

void TestDaemon::Restart() {
  client_.reset();
  daemon_.reset();
  Start();
}

pb::ConsoleWelcome Console::Hello() {
  pb::AttachConsoleRequest request;
  request.mutable_hello()->set_console_name("desk");
  EXPECT_TRUE(Send(request));
  const pb::AttachConsoleResponse first = Next();
  EXPECT_TRUE(first.has_welcome()) << first.ShortDebugString();
  return first.welcome();
}

void Console::Beat(uint64_t sequence) {
  pb::AttachConsoleRequest request;
  request.mutable_heartbeat()->set_sequence(sequence);
  EXPECT_TRUE(Send(request));
  pb::AttachConsoleResponse answer;
  while (Read(&answer)) {
    if (answer.has_heartbeat_ack() && answer.heartbeat_ack().sequence() == sequence) return;
  }
  ADD_FAILURE() << "no answer to heartbeat " << sequence;
}

pb::ComputerWelcome Agent::Hello() {
  pb::AttachComputerRequest hello;
  hello.mutable_hello();
  Send(hello);
  const pb::AttachComputerResponse response = Next();
  EXPECT_TRUE(response.has_welcome()) << response.ShortDebugString();
  return response.welcome();
}

void Agent::Beat(uint64_t sequence) {
  pb::AttachComputerRequest beat;
  beat.mutable_heartbeat()->set_sequence(sequence);
  Send(beat);
  while (Next().heartbeat_ack().sequence() != sequence) {
  }
}

pb::AppletWelcome Device::Hello(const std::string& platform) {
  pb::AttachRequest request;
  request.mutable_hello()->set_platform(platform);
  EXPECT_TRUE(Send(request));
  const pb::AttachResponse first = Next();
  EXPECT_TRUE(first.has_welcome()) << first.ShortDebugString();
  return first.welcome();
}

void Device::Beat(uint64_t sequence) {
  pb::AttachRequest request;
  request.mutable_heartbeat()->set_sequence(sequence);
  EXPECT_TRUE(Send(request));
  pb::AttachResponse answer;
  while (Read(&answer)) {
    if (answer.has_heartbeat_ack() && answer.heartbeat_ack().sequence() == sequence) return;
  }
  ADD_FAILURE() << "no answer to heartbeat " << sequence;
}

}  // namespace guichet::api_test

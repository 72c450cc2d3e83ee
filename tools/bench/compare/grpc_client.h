// The driver's side of every contestant that speaks gRPC: one channel and one completion queue, read by the driver's thread.
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <functional>
#include <memory>
#include <string>

#include "tools/bench/compare/contestant.h"

namespace guichet::bench {

// Used by one thread.
class GrpcClient {
 public:
  // What a completion queue hands out.
  struct Event {
    virtual ~Event() = default;
    virtual void Happened(bool ok) = 0;
  };

  // `token`: sent with each call as "authorization: Bearer …"; empty: none.
  GrpcClient(const std::string& address, std::string token) : token_(std::move(token)) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel_ = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  }
  ~GrpcClient() {
    queue_.Shutdown();
    void* event = nullptr;
    bool ok = false;
    while (queue_.Next(&event, &ok)) static_cast<Event*>(event)->Happened(ok);
  }

  // Blocks for the next event and handles it.
  void Wait() {
    void* event = nullptr;
    bool ok = false;
    if (!queue_.Next(&event, &ok)) Die("the completion queue ended");
    static_cast<Event*>(event)->Happened(ok);
  }

  void Authorize(grpc::ClientContext& context) const {
    if (!token_.empty()) context.AddMetadata("authorization", "Bearer " + token_);
  }

  // Dies of a status that is not OK.
  template <class Response, class Request>
  void Unary(const std::string& method, const Request& request, std::function<void(const Response&)> done) {
    auto* call = new UnaryCall<Response>;
    call->done = std::move(done);
    call->method = &method;
    Authorize(call->context);
    grpc::TemplatedGenericStub<Request, Response> stub(channel_);
    call->reader = stub.PrepareUnaryCall(&call->context, method, request, &queue_);
    call->reader->StartCall();
    call->reader->Finish(&call->response, &call->status, call);
  }

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  grpc::CompletionQueue& queue() { return queue_; }

 private:
  template <class Response>
  struct UnaryCall : Event {
    void Happened(bool) override {
      if (!status.ok()) Die(*method + ": " + status.error_message());
      done(response);
      delete this;
    }
    grpc::ClientContext context;
    Response response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader;
    std::function<void(const Response&)> done;
    const std::string* method = nullptr;
  };

  const std::string token_;
  std::shared_ptr<grpc::Channel> channel_;
  grpc::CompletionQueue queue_;
};

}  // namespace guichet::bench

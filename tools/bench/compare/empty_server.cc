// The ceiling: a SessionService that reads the request, answers with bytes of the usual size, and does nothing else.
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <cstdio>
#include <deque>
#include <mutex>

#include "guichet/v1/session_service.grpc.pb.h"
#include "tools/bench/compare/guichet.h"

namespace guichet::bench {
namespace {

namespace pb = guichet::v1;
using Context = grpc::CallbackServerContext*;

// Reads and writes at once, as Guichet's stream does.
class EmptyStream final : public grpc::ServerBidiReactor<pb::ExecuteCommandsRequest, pb::ExecuteCommandsResponse> {
 public:
  EmptyStream() { StartRead(&request_); }
  void OnReadDone(bool ok) override {
    {
      const std::lock_guard lock(mu_);
      if (!ok) {
        read_all_ = true;
        FinishIfIdle();
        return;
      }
      pb::ExecuteCommandsResponse& response = ready_.emplace_back();
      response.set_tag(request_.tag());
      pb::CommandEffect& effect = *response.mutable_effect();
      const pb::SessionTarget& target = request_.has_hold() ? request_.hold().target() : request_.start().target();
      effect.set_session_id(target.session_id());
      effect.set_epoch(target.expected_epoch());
      effect.set_revision(++revision_);
      if (ready_.size() == 1) StartWrite(&ready_.front());
    }
    StartRead(&request_);
  }
  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mu_);
    ready_.pop_front();
    if (!ok) ready_.clear();
    if (!ready_.empty()) StartWrite(&ready_.front());
    FinishIfIdle();
  }
  void OnDone() override { delete this; }

 private:
  void FinishIfIdle() {
    if (read_all_ && ready_.empty() && !finished_) Finish(grpc::Status::OK);
    finished_ = read_all_ && ready_.empty();
  }

  std::mutex mu_;
  pb::ExecuteCommandsRequest request_;
  std::deque<pb::ExecuteCommandsResponse> ready_;  // the first is being written
  uint64_t revision_ = 1000000;                    // as many bytes as Guichet's
  bool read_all_ = false;
  bool finished_ = false;
};

class EmptyService final : public pb::SessionService::CallbackService {
 public:
  explicit EmptyService(const std::string& answer) {
    if (!hold_.ParseFromString(answer) || !start_.ParseFromString(answer)) Die("the answer is no HoldSessionResponse");
  }
  grpc::ServerUnaryReactor* HoldSession(Context context, const pb::HoldSessionRequest*,
                                        pb::HoldSessionResponse* response) override {
    *response = hold_;
    return Ok(context);
  }
  grpc::ServerUnaryReactor* StartSession(Context context, const pb::StartSessionRequest*,
                                         pb::StartSessionResponse* response) override {
    *response = start_;
    return Ok(context);
  }
  grpc::ServerBidiReactor<pb::ExecuteCommandsRequest, pb::ExecuteCommandsResponse>* ExecuteCommands(Context) override {
    return new EmptyStream;
  }

 private:
  static grpc::ServerUnaryReactor* Ok(Context context) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  pb::HoldSessionResponse hold_;
  pb::StartSessionResponse start_;
};

}  // namespace

int ServeEmpty(const std::string& answer) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  EmptyService service(answer);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  if (server == nullptr) Die("the empty server cannot listen on loopback");
  std::printf("serving on port %d\n", port);
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  return 0;
}

}  // namespace guichet::bench

// Transitions through SessionService, of Guichet or of the empty server.
#include <array>
#include <deque>

#include "absl/strings/str_cat.h"
#include "guichet/v1/session_service.pb.h"
#include "tools/bench/compare/grpc_client.h"
#include "tools/bench/compare/guichet.h"

namespace guichet::bench {
namespace {

namespace pb = guichet::v1;
constexpr size_t kStreams = 4;

template <class Request>
void Fill(const Subject& subject, RequestIds& ids, Request& request) {
  request.mutable_target()->set_session_id(subject.id);
  request.mutable_target()->set_technician_id(absl::StrCat("t", subject.technician));
  request.mutable_target()->set_expected_epoch(subject.epoch);
  request.set_request_id(ids.Next());
}

class Unary final : public UnaryService {
 public:
  explicit Unary(const ServiceOptions& options)
      : options_(options), turns_(*options.turns), client_(options.address, options.token) {}

  void Prepare(size_t) override {
    if (options_.prepare) options_.prepare();
  }
  void Start(Done done) override {
    const size_t index = turns_.Take();
    if (turns_[index].held) {
      Send<pb::StartSessionRequest, pb::StartSessionResponse>(start_, index, std::move(done));
    } else {
      Send<pb::HoldSessionRequest, pb::HoldSessionResponse>(hold_, index, std::move(done));
    }
  }
  void Wait() override { client_.Wait(); }
  const std::string& first_answer() const override { return first_answer_; }
  uint64_t first_revision() const override { return first_revision_; }

 private:
  template <class Request, class Response>
  void Send(const std::string& method, size_t index, Done done) {
    Request request;
    Fill(turns_[index], *options_.ids, request);
    client_.Unary<Response>(method, request, [this, index, done = std::move(done)](const Response& response) {
      Subject& subject = turns_[index];
      subject.held = !subject.held;
      if (!options_.empty && response.session().held() != subject.held) Die("a session is not as its command left it");
      if (first_revision_ == 0) {
        first_revision_ = response.revision();
        first_answer_ = response.SerializeAsString();
      }
      turns_.GiveBack(index);
      done();
    });
  }

  const ServiceOptions options_;
  const std::string start_ = "/guichet.v1.SessionService/StartSession";
  const std::string hold_ = "/guichet.v1.SessionService/HoldSession";
  Turns& turns_;
  uint64_t first_revision_ = 0;
  std::string first_answer_;
  GrpcClient client_;
};

class Streams final : public Contestant {
 public:
  explicit Streams(const ServiceOptions& options)
      : options_(options), turns_(*options.turns), client_(options.address, options.token) {
    for (auto& stream : streams_) stream = std::make_unique<OneStream>(*this);
    for (auto& stream : streams_) stream->WaitForStart();
  }
  ~Streams() override {
    for (auto& stream : streams_) stream->End();
  }

  void Prepare(size_t) override {
    if (options_.prepare) options_.prepare();
  }
  void Start(Done done) override {
    const size_t index = turns_.Take();
    running_[index] = std::move(done);
    pb::ExecuteCommandsRequest request;
    request.set_tag(index);
    if (turns_[index].held) {
      Fill(turns_[index], *options_.ids, *request.mutable_start());
    } else {
      Fill(turns_[index], *options_.ids, *request.mutable_hold());
    }
    streams_[next_++ % kStreams]->Send(std::move(request));
  }
  void Wait() override { client_.Wait(); }

 private:
  class OneStream {
   public:
    explicit OneStream(Streams& streams) : streams_(streams), stub_(streams.client_.channel()) {
      streams.client_.Authorize(context_);
      stream_ = stub_.PrepareCall(&context_, "/guichet.v1.SessionService/ExecuteCommands", &streams.client_.queue());
      stream_->StartCall(&started_);
    }
    void WaitForStart() {
      while (!open_) streams_.client_.Wait();
      stream_->Read(&response_, &read_);
    }
    void Send(pb::ExecuteCommandsRequest request) {
      unsent_.push_back(std::move(request));
      if (unsent_.size() == 1) stream_->Write(unsent_.front(), &written_);
    }
    void End() {
      ending_ = true;
      context_.TryCancel();
      stream_->Finish(&status_, &finished_);
      while (!ended_ || reading_) streams_.client_.Wait();
    }

   private:
    struct Told : GrpcClient::Event {
      explicit Told(std::function<void(bool)> what) : what(std::move(what)) {}
      void Happened(bool ok) override { what(ok); }
      const std::function<void(bool)> what;
    };
    void OnRead(bool ok) {
      if (!ok) {
        reading_ = false;
        if (!ending_) Die("a stream of commands ended");
        return;
      }
      if (!response_.has_effect()) Die("a command was refused: " + response_.error().message());
      const uint64_t tag = response_.tag();
      stream_->Read(&response_, &read_);
      streams_.Answered(tag);
    }
    void OnWritten(bool ok) {
      if (!ok) Die("a stream of commands broke");
      unsent_.pop_front();
      if (!unsent_.empty()) stream_->Write(unsent_.front(), &written_);
    }

    Streams& streams_;
    grpc::TemplatedGenericStub<pb::ExecuteCommandsRequest, pb::ExecuteCommandsResponse> stub_;
    grpc::ClientContext context_;
    std::unique_ptr<grpc::ClientAsyncReaderWriter<pb::ExecuteCommandsRequest, pb::ExecuteCommandsResponse>> stream_;
    pb::ExecuteCommandsResponse response_;
    std::deque<pb::ExecuteCommandsRequest> unsent_;  // the first is being written
    grpc::Status status_;
    bool open_ = false;
    bool reading_ = true;
    bool ending_ = false;
    bool ended_ = false;
    Told started_{[this](bool ok) {
      if (!ok) Die("a stream of commands does not open");
      open_ = true;
    }};
    Told read_{[this](bool ok) { OnRead(ok); }};
    Told written_{[this](bool ok) { OnWritten(ok); }};
    Told finished_{[this](bool) { ended_ = true; }};
  };

  void Answered(size_t index) {
    Subject& subject = turns_[index];
    subject.held = !subject.held;
    turns_.GiveBack(index);
    const Done done = std::move(running_[index]);
    done();
  }

  const ServiceOptions options_;
  Turns& turns_;
  GrpcClient client_;
  std::array<Done, kSessions> running_;  // by session: one command of each at a time
  std::array<std::unique_ptr<OneStream>, kStreams> streams_;
  size_t next_ = 0;
};

}  // namespace

std::unique_ptr<UnaryService> MakeUnaryService(const ServiceOptions& options) { return std::make_unique<Unary>(options); }
std::unique_ptr<Contestant> MakeStreamService(const ServiceOptions& options) { return std::make_unique<Streams>(options); }

}  // namespace guichet::bench

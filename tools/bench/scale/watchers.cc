// How soon watchers are told: each watches the queue of one technician, whose sessions change at a steady rate.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "guichet/v1/queue_service.grpc.pb.h"
#include "tools/bench/compare/contestant.h"
#include "tools/bench/scale/daemon.h"

namespace guichet::bench {
namespace {

using Clock = std::chrono::steady_clock;

double Now() { return std::chrono::duration<double, std::milli>(Clock::now().time_since_epoch()).count(); }

// When each change was sent, answered, and told; in milliseconds.
struct Times {
  explicit Times(size_t count) : sent(count), answered(count), told(count) {}
  std::vector<double> sent;
  std::vector<double> answered;
  std::vector<double> told;
  std::atomic<size_t> all_told{0};
};

class Watcher final : public grpc::ClientReadReactor<pb::WatchQueueResponse> {
 public:
  Watcher(pb::QueueService::Stub& stub, const std::string& token, size_t technician, std::atomic<size_t>& ready, Times& times)
      : ready_(ready), times_(times) {
    context_.AddMetadata("authorization", absl::StrCat("Bearer ", token));
    request_.set_technician_id(absl::StrCat("t", technician));
    request_.set_tab(pb::QUEUE_TAB_ALL);
    stub.async()->WatchQueue(&context_, &request_, this);
    AddHold();
    StartRead(&response_);
    StartCall();
  }
  void End() {
    context_.TryCancel();
    RemoveHold();
    while (!done_.load()) std::this_thread::yield();
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (response_.has_snapshot() && response_.snapshot().complete()) ready_.fetch_add(1);
    if (response_.has_change()) {
      size_t number = 0;
      if (absl::SimpleAtoi(response_.change().entry().session().tracking_id(), &number) && number < times_.told.size()) {
        times_.told[number] = Now();
        times_.all_told.fetch_add(1);
      }
    }
    StartRead(&response_);
  }
  void OnDone(const grpc::Status&) override { done_.store(true); }

 private:
  grpc::ClientContext context_;
  pb::WatchQueueRequest request_;
  pb::WatchQueueResponse response_;
  std::atomic<bool> done_{false};
  std::atomic<size_t>& ready_;
  Times& times_;
};

}  // namespace

void BenchWatchers(const std::string& program, size_t count, double per_second, int seconds) {
  constexpr size_t kSessions = 4;  // of each technician
  Daemon daemon(program, count);
  std::vector<uint64_t> sessions(count * kSessions);
  RunCommands(
      daemon, sessions.size(), 0,
      [&](size_t i) {
        pb::ExecuteCommandsRequest request;
        request.mutable_create()->set_request_id(absl::StrCat("made-", i));
        request.mutable_create()->set_technician_id(absl::StrCat("t", i % count));
        request.mutable_create()->set_method(pb::METHOD_LINK);
        return request;
      },
      [&](size_t i, const pb::CommandEffect& effect) { sessions[i] = effect.session_id(); });
  const auto changes = static_cast<size_t>(per_second * seconds);
  Times times(changes);
  std::atomic<size_t> ready{0};
  const auto channel = grpc::CreateChannel(daemon.address(), grpc::InsecureChannelCredentials());
  pb::QueueService::Stub stub(channel);
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (size_t i = 0; i < count; ++i) watchers.push_back(std::make_unique<Watcher>(stub, daemon.integrator(), i, ready, times));
  while (ready.load() < count) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const double begin = Now();
  RunCommands(
      daemon, changes, per_second,
      [&](size_t i) {
        const size_t at = i % sessions.size();
        pb::ExecuteCommandsRequest request;
        pb::UpdateSessionRequest& update = *request.mutable_update();
        update.mutable_target()->set_session_id(sessions[at]);
        update.mutable_target()->set_technician_id(absl::StrCat("t", at % count));
        update.set_request_id(absl::StrCat("change-", i));
        update.mutable_session()->set_tracking_id(absl::StrCat(i));
        times.sent[i] = Now();
        return request;
      },
      [&](size_t i, const pb::CommandEffect&) { times.answered[i] = Now(); });
  while (times.all_told.load() < changes) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const double took = (Now() - begin) / 1000;
  std::vector<double> from_send, from_answer, answer;
  for (size_t i = changes / 10; i < changes; ++i) {  // the first tenth warms up
    from_send.push_back(times.told[i] - times.sent[i]);
    from_answer.push_back(times.told[i] - times.answered[i]);
    answer.push_back(times.answered[i] - times.sent[i]);
  }
  absl::PrintF("| %d watchers, %.0f changes a second | median ms | 99 %% ms |\n|---|--:|--:|\n", count,
               static_cast<double>(changes) / took);
  absl::PrintF("| sent to answered | %.2f | %.2f |\n", At(answer, 0.5), At(answer, 0.99));
  absl::PrintF("| sent to told | %.2f | %.2f |\n", At(from_send, 0.5), At(from_send, 0.99));
  absl::PrintF("| answered to told; negative: told first | %.2f | %.2f |\n", At(from_answer, 0.5), At(from_answer, 0.99));
  for (const auto& watcher : watchers) watcher->End();
}

}  // namespace guichet::bench

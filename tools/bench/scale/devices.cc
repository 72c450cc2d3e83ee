// Many devices, each on a connection of its own, with heartbeats at the interval that the daemon asks for.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "guichet/v1/applet_service.grpc.pb.h"
#include "tools/bench/compare/contestant.h"
#include "tools/bench/scale/daemon.h"

namespace guichet::bench {
namespace {

constexpr size_t kArriving = 256;  // at once

class Device final : public grpc::ClientBidiReactor<pb::AttachRequest, pb::AttachResponse> {
 public:
  Device(const std::string& address, const std::string& token, std::atomic<size_t>& welcomes, std::atomic<size_t>& answers)
      : welcomes_(welcomes), answers_(answers) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
    stub_ = pb::AppletService::NewStub(grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
    context_.AddMetadata("authorization", absl::StrCat("Bearer ", token));
    request_.mutable_hello();
    stub_->async()->Attach(&context_, this);
    AddHold();
    StartRead(&response_);
    StartWrite(&request_);
    StartCall();
  }
  void Beat() {
    if (writing_.exchange(true)) return;
    request_.mutable_heartbeat()->set_sequence(++sequence_);
    StartWrite(&request_);
  }
  void End() {
    context_.TryCancel();
    RemoveHold();
    while (!done_.load()) std::this_thread::yield();
  }
  void OnWriteDone(bool) override { writing_.store(false); }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (response_.has_welcome()) welcomes_.fetch_add(1);
    if (response_.has_heartbeat_ack()) answers_.fetch_add(1);
    StartRead(&response_);
  }
  void OnDone(const grpc::Status&) override { done_.store(true); }

 private:
  std::unique_ptr<pb::AppletService::Stub> stub_;
  grpc::ClientContext context_;
  pb::AttachRequest request_;
  pb::AttachResponse response_;
  std::atomic<bool> writing_{true};
  std::atomic<bool> done_{false};
  uint64_t sequence_ = 0;
  std::atomic<size_t>& welcomes_;
  std::atomic<size_t>& answers_;
};

}  // namespace

void BenchDevices(const std::string& program, size_t count, int seconds) {
  using Clock = std::chrono::steady_clock;
  constexpr auto kInterval = std::chrono::duration<double>(20.0 / 3);  // a third of the default grace
  Daemon daemon(program, 10);
  const auto client = daemon.As(daemon.integrator());
  std::atomic<size_t> welcomes{0};
  std::atomic<size_t> answers{0};
  std::vector<std::unique_ptr<Device>> devices;
  std::atomic<bool> stop{false};
  std::atomic<size_t> made{0};
  devices.reserve(count);
  // Each device beats once an interval, in turn.
  std::thread hearts([&] {
    const auto begin = Clock::now();
    for (size_t i = 0; !stop.load(); ++i) {
      std::this_thread::sleep_until(begin + kInterval * (static_cast<double>(i) / static_cast<double>(count)));
      const size_t index = i % count;
      if (index < made.load()) devices[index]->Beat();
    }
  });
  const size_t before = daemon.resident();
  const auto begin = Clock::now();
  for (size_t i = 0; i < count; ++i) {
    while (i - welcomes.load() >= kArriving) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    pb::CreateSessionRequest form;
    form.set_method(pb::METHOD_CHANNEL_FORM);
    form.set_channel_id(absl::StrCat("c", i % 4));
    pb::CreateSessionResponse entered;
    Must(client->Mutate(&form, &entered), "CreateSession");
    devices.push_back(std::make_unique<Device>(daemon.customer_address(), entered.device_token(), welcomes, answers));
    made.store(i + 1);
  }
  while (welcomes.load() < count) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const double arrived = std::chrono::duration<double>(Clock::now() - begin).count();
  std::this_thread::sleep_for(std::chrono::seconds(10));
  const double cpu = daemon.cpu_seconds();
  const size_t answered = answers.load();
  const auto from = Clock::now();
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  const double wall = std::chrono::duration<double>(Clock::now() - from).count();
  const double used = daemon.cpu_seconds() - cpu;
  const double beats = static_cast<double>(answers.load() - answered) / wall;
  const size_t after = daemon.resident();
  absl::PrintF(
      "| devices | KiB each | heartbeats answered a second | cores | devices that arrived a second |\n|--:|--:|--:|--:|--:|\n");
  absl::PrintF("| %d | %.1f | %.0f | %.3f | %.0f |\n", count,
               static_cast<double>(after - before) / 1024 / static_cast<double>(count), beats, used / wall,
               static_cast<double>(count) / arrived);
  stop.store(true);
  hearts.join();
  for (const auto& device : devices) device->End();
}

}  // namespace guichet::bench

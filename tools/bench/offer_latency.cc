// How long from "a technician is free" to "the offer is on the wire": a daemon in this process on a real store, real gRPC over
// loopback, a thousand attached consoles that all watch their queues, and waiting sessions. In each round one technician says
// that he is available; measured is until his console is told of the offer, by its stream and by the watch of its queue.
//
//   guichet_bench_offer [TECHNICIANS [ROUNDS]]
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "guichet/v1/admin_service.grpc.pb.h"
#include "guichet/v1/applet_service.grpc.pb.h"
#include "guichet/v1/queue_service.grpc.pb.h"
#include "guichet/v1/session_service.grpc.pb.h"
#include "guichet/v1/technician_service.grpc.pb.h"
#include "router/daemon.h"

namespace {

namespace pb = guichet::v1;
using Clock = std::chrono::steady_clock;

constexpr char kOperator[] = "operator-secret";
constexpr int kSessions = 50;
constexpr int kChannels = 20;  // connections that the consoles share
constexpr int kWarmUp = 50;

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "guichet_bench_offer: %s\n", why.c_str());
  std::exit(1);
}

void Must(const grpc::Status& status, const char* what) {
  if (!status.ok()) Die(std::string(what) + ": " + status.error_message());
}

void Authorize(grpc::ClientContext& context, const std::string& token) {
  context.AddMetadata("authorization", "Bearer " + token);
}

// A stream that stays open, beats when told to, and hands every message on.
template <class Request, class Response>
class Attached : public grpc::ClientBidiReactor<Request, Response> {
 public:
  using OnMessage = std::function<void(const Response&)>;
  Attached(const std::string& token, OnMessage on_message) : on_message_(std::move(on_message)) { Authorize(context, token); }
  void Begin(const Request& hello) {
    first_ = hello;
    this->AddHold();
    this->StartRead(&response_);
    this->StartWrite(&first_);
    this->StartCall();
  }
  void Beat() {
    std::lock_guard lock(mu_);
    if (writing_ || done_) return;
    writing_ = true;
    beat_.mutable_heartbeat()->set_sequence(++sequence_);
    this->StartWrite(&beat_);
  }
  void WaitForWelcome() {
    std::unique_lock lock(mu_);
    if (!cv_.wait_for(lock, std::chrono::seconds(30), [&] { return welcomed_ || done_; }) || done_) Die("no welcome");
  }
  void Close() {
    context.TryCancel();
    this->RemoveHold();
    std::unique_lock lock(mu_);
    cv_.wait(lock, [&] { return done_; });
  }

  void OnWriteDone(bool) override {
    std::lock_guard lock(mu_);
    writing_ = false;
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (response_.has_welcome()) {
      std::lock_guard lock(mu_);
      welcomed_ = true;
      cv_.notify_all();
    }
    on_message_(response_);
    this->StartRead(&response_);
  }
  void OnDone(const grpc::Status&) override {
    std::lock_guard lock(mu_);
    done_ = true;
    cv_.notify_all();
  }

  grpc::ClientContext context;

 private:
  OnMessage on_message_;
  Request first_;
  Request beat_;
  Response response_;
  uint64_t sequence_ = 0;
  std::mutex mu_;
  std::condition_variable cv_;
  bool writing_ = true;
  bool welcomed_ = false;
  bool done_ = false;
};
using Console = Attached<pb::AttachConsoleRequest, pb::AttachConsoleResponse>;
using Device = Attached<pb::AttachRequest, pb::AttachResponse>;

class QueueWatch : public grpc::ClientReadReactor<pb::WatchQueueResponse> {
 public:
  QueueWatch(pb::QueueService::Stub& stub, const std::string& token,
             std::function<void(const pb::WatchQueueResponse&)> on_message)
      : on_message_(std::move(on_message)) {
    Authorize(context, token);
    stub.async()->WatchQueue(&context, &request_, this);
    StartRead(&response_);
    StartCall();
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    on_message_(response_);
    StartRead(&response_);
  }
  void OnDone(const grpc::Status&) override {
    std::lock_guard lock(mu_);
    done_ = true;
    cv_.notify_all();
  }
  void Close() {
    context.TryCancel();
    std::unique_lock lock(mu_);
    cv_.wait(lock, [&] { return done_; });
  }
  grpc::ClientContext context;

 private:
  pb::WatchQueueRequest request_;
  pb::WatchQueueResponse response_;
  std::function<void(const pb::WatchQueueResponse&)> on_message_;
  std::mutex mu_;
  std::condition_variable cv_;
  bool done_ = false;
};

// What one technician has seen in this round.
struct Seen {
  std::mutex mu;
  std::condition_variable cv;
  Clock::time_point by_console{};
  Clock::time_point by_watch{};
  bool offered = false;
};

struct Technician {
  std::string id;
  std::string token;
  std::unique_ptr<Console> console;
  std::unique_ptr<QueueWatch> watch;
  Seen seen;
};

double Millis(Clock::duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

void Print(const char* what, std::vector<double> millis) {
  std::sort(millis.begin(), millis.end());
  auto at = [&](double share) { return millis[static_cast<size_t>(share * static_cast<double>(millis.size() - 1))]; };
  std::printf("| %s | %.2f | %.2f | %.2f | %.2f |\n", what, at(0.5), at(0.9), at(0.99), millis.back());
}

}  // namespace

int main(int argc, char** argv) {
  const int technicians = argc > 1 ? std::atoi(argv[1]) : 1000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 1000;
  if (technicians < 1 || rounds < 1) Die("usage: guichet_bench_offer [TECHNICIANS [ROUNDS]]");

  char folder[] = "/tmp/guichet-bench-XXXXXX";
  if (mkdtemp(folder) == nullptr) Die("no temporary folder");
  guichet::router::DaemonOptions options;
  options.data = folder;
  options.listen = "127.0.0.1:0";
  options.operator_token = kOperator;
  auto daemon = guichet::router::Daemon::Start(std::move(options));
  if (!daemon.ok()) Die(std::string(daemon.status().message()));
  const std::string address = "127.0.0.1:" + std::to_string((*daemon)->port());
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < kChannels; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channels.push_back(grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
  }

  auto admin = pb::AdminService::NewStub(channels[0]);
  auto sessions = pb::SessionService::NewStub(channels[0]);
  std::string administrator;
  {
    grpc::ClientContext context;
    Authorize(context, kOperator);
    pb::CreateOrganizationRequest request;
    request.mutable_organization()->set_organization_id("bench");
    request.mutable_organization()->set_display_name("Bench");
    pb::CreateOrganizationResponse response;
    Must(admin->CreateOrganization(&context, request, &response), "CreateOrganization");
    administrator = response.administrator_token();
  }
  {
    grpc::ClientContext context;
    Authorize(context, administrator);
    pb::CreateGroupRequest request;
    request.mutable_group()->set_group_id("desk");
    request.mutable_group()->mutable_settings()->mutable_device_lost_grace()->set_seconds(60);
    pb::CreateGroupResponse response;
    Must(admin->CreateGroup(&context, request, &response), "CreateGroup");
  }
  std::vector<std::unique_ptr<Technician>> all;
  for (int i = 0; i < technicians; ++i) {
    all.push_back(std::make_unique<Technician>());
    all.back()->id = "t" + std::to_string(i);
  }
  for (int from = 0; from < technicians; from += 1000) {
    grpc::ClientContext context;
    Authorize(context, administrator);
    pb::CreateTechniciansRequest request;
    for (int i = from; i < std::min(from + 1000, technicians); ++i) {
      request.add_technicians()->set_technician_id(all[i]->id);
      request.mutable_technicians()->rbegin()->set_group_id("desk");
    }
    pb::CreateTechniciansResponse response;
    Must(admin->CreateTechnicians(&context, request, &response), "CreateTechnicians");
  }
  {
    grpc::ClientContext context;
    Authorize(context, administrator);
    pb::CreateChannelRequest request;
    request.mutable_channel()->set_channel_id("web");
    request.mutable_channel()->add_group_ids("desk");
    request.mutable_channel()->mutable_routing()->set_mode(pb::ROUTING_MODE_OFFER);
    request.mutable_channel()->mutable_routing()->mutable_offer_timeout()->set_seconds(600);
    pb::CreateChannelResponse response;
    Must(admin->CreateChannel(&context, request, &response), "CreateChannel");
  }
  for (auto& technician : all) {
    grpc::ClientContext context;
    Authorize(context, administrator);
    pb::CreateApiKeyRequest request;
    request.mutable_api_key()->set_key_id(technician->id);
    request.mutable_api_key()->set_role(pb::ROLE_TECHNICIAN);
    request.mutable_api_key()->set_technician_id(technician->id);
    pb::CreateApiKeyResponse response;
    Must(admin->CreateApiKey(&context, request, &response), "CreateApiKey");
    technician->token = response.token();
  }

  std::vector<std::unique_ptr<pb::TechnicianService::Stub>> presence;
  std::vector<std::unique_ptr<pb::QueueService::Stub>> queues;
  for (const auto& channel : channels) {
    presence.push_back(pb::TechnicianService::NewStub(channel));
    queues.push_back(pb::QueueService::NewStub(channel));
  }
  auto set_status = [&](size_t i, pb::TechnicianStatus status) {
    grpc::ClientContext context;
    Authorize(context, all[i]->token);
    pb::SetStatusRequest request;
    request.set_status(status);
    pb::SetStatusResponse response;
    Must(presence[i % kChannels]->SetStatus(&context, request, &response), "SetStatus");
  };
  for (size_t i = 0; i < all.size(); ++i) {
    Technician& technician = *all[i];
    set_status(i, pb::TECHNICIAN_STATUS_AWAY);
    technician.console =
        std::make_unique<Console>(technician.token, [seen = &technician.seen](const pb::AttachConsoleResponse& message) {
          if (!message.has_technician()) return;
          std::lock_guard lock(seen->mu);
          if (message.technician().load().offered_session_id() != 0 && seen->by_console == Clock::time_point{}) {
            seen->by_console = Clock::now();
          }
          seen->cv.notify_all();
        });
    presence[i % kChannels]->async()->AttachConsole(&technician.console->context, technician.console.get());
    pb::AttachConsoleRequest hello;
    hello.mutable_hello();
    technician.console->Begin(hello);
    technician.watch =
        std::make_unique<QueueWatch>(*queues[i % kChannels], technician.token,
                                     [seen = &technician.seen, id = technician.id](const pb::WatchQueueResponse& message) {
                                       if (!message.has_change()) return;
                                       const bool his = message.change().entry().session().offer().technician_id() == id;
                                       std::lock_guard lock(seen->mu);
                                       if (his && seen->by_watch == Clock::time_point{}) seen->by_watch = Clock::now();
                                       seen->offered = his;
                                       seen->cv.notify_all();
                                     });
  }
  for (auto& technician : all) technician->console->WaitForWelcome();

  auto applets = pb::AppletService::NewStub(channels[0]);
  std::vector<std::unique_ptr<Device>> devices;
  for (int i = 0; i < kSessions; ++i) {
    grpc::ClientContext context;
    Authorize(context, administrator);
    pb::CreateSessionRequest request;
    request.set_method(pb::METHOD_CHANNEL_FORM);
    request.set_channel_id("web");
    pb::CreateSessionResponse response;
    Must(sessions->CreateSession(&context, request, &response), "CreateSession");
    devices.push_back(std::make_unique<Device>(response.device_token(), [](const pb::AttachResponse&) {}));
    applets->async()->Attach(&devices.back()->context, devices.back().get());
    pb::AttachRequest hello;
    hello.mutable_hello();
    devices.back()->Begin(hello);
    devices.back()->WaitForWelcome();
  }

  std::vector<double> console;
  std::vector<double> watch;
  std::mt19937_64 random(7);
  auto last_beat = Clock::now();
  for (int round = 0; round < kWarmUp + rounds; ++round) {
    if (Clock::now() - last_beat > std::chrono::seconds(15)) {
      for (auto& technician : all) technician->console->Beat();
      for (auto& device : devices) device->Beat();
      last_beat = Clock::now();
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
    const size_t i = random() % all.size();
    Seen& seen = all[i]->seen;
    {
      std::lock_guard lock(seen.mu);
      seen.by_console = seen.by_watch = {};
    }
    const auto begin = Clock::now();
    set_status(i, pb::TECHNICIAN_STATUS_ONLINE);
    {
      std::unique_lock lock(seen.mu);
      const bool both = seen.cv.wait_for(lock, std::chrono::seconds(30), [&] {
        return seen.by_console != Clock::time_point{} && seen.by_watch != Clock::time_point{};
      });
      if (!both) Die("no offer in round " + std::to_string(round));
      if (round >= kWarmUp) {
        console.push_back(Millis(seen.by_console - begin));
        watch.push_back(Millis(seen.by_watch - begin));
      }
    }
    set_status(i, pb::TECHNICIAN_STATUS_AWAY);
    {
      std::unique_lock lock(seen.mu);
      seen.cv.wait_for(lock, std::chrono::seconds(30), [&] { return !seen.offered; });
    }
    // A thousand watchers, in this process too, are told of each change; the next round begins when they have read it.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  std::printf("%d technicians attached and watching, %d sessions waiting, %d rounds; milliseconds\n\n", technicians, kSessions,
              rounds);
  std::printf("| from \"available\" to the offer, by | median | 90 %% | 99 %% | most |\n|---|--:|--:|--:|--:|\n");
  Print("the console's stream", console);
  Print("the watch of the queue", watch);

  for (auto& technician : all) {
    technician->watch->Close();
    technician->console->Close();
  }
  for (auto& device : devices) device->Close();
  (*daemon)->Stop();
  std::filesystem::remove_all(folder);
  return 0;
}

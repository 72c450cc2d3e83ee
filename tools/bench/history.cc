// How long "what was with this device before?" takes: ListDeviceHistory over gRPC and loopback, from a daemon whose store holds
// a thousand ended sessions, and then from the same store with a million.
//
//   guichet_bench_history [SESSIONS [CALLS]]
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "guichet/v1/admin_service.grpc.pb.h"
#include "guichet/v1/session_service.grpc.pb.h"
#include "router/daemon.h"
#include "store/codec.h"
#include "store/keys.h"
#include "store/rocksdb_store.h"

namespace {

namespace pb = guichet::v1;
using Clock = std::chrono::steady_clock;
using guichet::SessionId;

constexpr char kOperator[] = "operator-secret";
constexpr uint64_t kFew = 1000;
constexpr uint64_t kOfDevice = 10;  // sessions, each of one month
constexpr uint64_t kInCommit = 500;

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "guichet_bench_history: %s\n", why.c_str());
  std::exit(1);
}
void Must(const grpc::Status& status, const char* what) {
  if (!status.ok()) Die(absl::StrCat(what, ": ", status.error_message()));
}

std::string DeviceOf(uint64_t device) { return absl::StrCat("device-", device); }

// An ended session with what was said in it, as the daemon writes it. Sessions of one device lie far apart.
void AddSession(uint64_t number, uint64_t devices, guichet::store::Commit& commit) {
  using guichet::store::Family;
  const SessionId id{number};
  const guichet::Time start{std::chrono::milliseconds(1700000000000 + static_cast<int64_t>(number) * 1000)};
  guichet::Session session;
  session.id = id;
  session.owner.value = "ann";
  session.created = start;
  session.ended = start + std::chrono::minutes(20);
  session.outcome = guichet::Outcome::kClosedByTechnician;
  session.profile.name = absl::StrCat("Customer ", number);
  session.profile.device_id = DeviceOf(number % devices);
  session.profile.platform = std::string("Debian 12");
  commit.puts.push_back({Family::kHistory, guichet::store::NumberKey(number), guichet::store::EncodeSession(session)});
  commit.puts.push_back({Family::kDevices, guichet::store::DeviceKey(*session.profile.device_id, number), ""});
  const auto add = [&](uint64_t revision, guichet::Trigger trigger, guichet::Event event) {
    guichet::store::TimelineItem item;
    item.revision.value = revision;
    item.time = start + std::chrono::minutes(revision);
    item.trigger = trigger;
    item.actor = "ann";
    item.events.push_back(std::move(event));
    commit.puts.push_back(
        {Family::kTimeline, guichet::store::PairKey(number, revision), guichet::store::EncodeTimelineItem(item)});
  };
  for (uint64_t i = 1; i <= 6; ++i) {
    add(i, guichet::Trigger::kChat,
        guichet::event::ChatSent{id, guichet::TechnicianId{"ann"}, "Ann", false,
                                 "Please restart the printer, and tell me what it says."});
  }
  add(7, guichet::Trigger::kNote, guichet::event::NoteAdded{id, guichet::TechnicianId{"ann"}, "Ann", "Drum replaced."});
  add(8, guichet::Trigger::kEnd, guichet::event::SessionEnded{id, guichet::Outcome::kClosedByTechnician, {}});
}

void Fill(const std::string& folder, uint64_t from, uint64_t to, uint64_t devices) {
  auto store = guichet::store::OpenRocksDbStore({.folder = folder});
  if (!store.ok()) Die(std::string(store.status().message()));
  const auto token = (*store)->Acquire({"bench"});
  if (!token.ok()) Die(std::string(token.status().message()));
  for (uint64_t first = from; first <= to; first += kInCommit) {
    guichet::store::Commit commit{.at = *token};
    for (uint64_t number = first; number < first + kInCommit && number <= to; ++number) AddSession(number, devices, commit);
    std::vector<guichet::store::Commit> commits;
    commits.push_back(std::move(commit));
    absl::BlockingCounter done(1);
    (*store)->CommitAsync(std::move(commits), [&](const std::vector<guichet::store::CommitResult>& results) {
      if (results[0] != guichet::store::CommitResult::kOk) Die("a commit failed");
      done.DecrementCount();
    });
    done.Wait();
  }
}

class Bench {
 public:
  explicit Bench(std::string folder) : folder_(std::move(folder)) {}

  void Start() {
    guichet::router::DaemonOptions options;
    options.data = folder_;
    options.listen = "127.0.0.1:0";
    options.operator_token = kOperator;
    const auto begin = Clock::now();
    auto daemon = guichet::router::Daemon::Start(std::move(options));
    if (!daemon.ok()) Die(std::string(daemon.status().message()));
    started_ms_ = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
    daemon_ = *std::move(daemon);
    channel_ = grpc::CreateChannel(absl::StrCat("127.0.0.1:", daemon_->port()), grpc::InsecureChannelCredentials());
  }
  void Stop() {
    channel_.reset();
    daemon_.reset();
  }
  void MakeOrganization() {
    pb::CreateOrganizationRequest request;
    request.mutable_organization()->set_organization_id("bench");
    request.mutable_organization()->set_display_name("Bench");
    pb::CreateOrganizationResponse response;
    grpc::ClientContext context;
    context.AddMetadata("authorization", absl::StrCat("Bearer ", kOperator));
    Must(pb::AdminService::NewStub(channel_)->CreateOrganization(&context, request, &response), "CreateOrganization");
    administrator_ = response.administrator_token();
  }
  void Measure(const char* name, int calls, uint64_t devices) {
    const auto stub = pb::SessionService::NewStub(channel_);
    std::mt19937_64 random(1);
    std::vector<double> took;
    size_t sessions = 0, bytes = 0;
    for (int i = -100; i < calls; ++i) {  // the first hundred warm up
      pb::ListDeviceHistoryRequest request;
      request.set_device_id(DeviceOf(random() % devices));
      pb::ListDeviceHistoryResponse response;
      grpc::ClientContext context;
      context.AddMetadata("authorization", absl::StrCat("Bearer ", administrator_));
      const auto begin = Clock::now();
      Must(stub->ListDeviceHistory(&context, request, &response), "ListDeviceHistory");
      if (i < 0) continue;
      took.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
      sessions += response.sessions_size();
      bytes += response.ByteSizeLong();
    }
    std::sort(took.begin(), took.end());
    const auto at = [&](double part) { return took[static_cast<size_t>(part * static_cast<double>(took.size() - 1))]; };
    std::printf("| %s | %.1f | %.0f | %.0f | %.0f | %.0f | %.0f |\n", name, static_cast<double>(sessions) / calls,
                static_cast<double>(bytes) / calls, at(0.5), at(0.9), at(0.99), started_ms_);
  }

 private:
  const std::string folder_;
  std::unique_ptr<guichet::router::Daemon> daemon_;
  std::shared_ptr<grpc::Channel> channel_;
  std::string administrator_;
  double started_ms_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const uint64_t many = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000000;
  const int calls = argc > 2 ? std::atoi(argv[2]) : 2000;
  if (many <= kFew || calls < 1) Die("usage: guichet_bench_history [SESSIONS > 1000 [CALLS]]");
  const std::filesystem::path root = std::filesystem::temp_directory_path() / absl::StrCat("guichet-bench-history-", getpid());
  std::filesystem::create_directories(root);
  Bench bench(root / "data");
  bench.Start();
  bench.MakeOrganization();
  bench.Stop();
  std::printf("| ended sessions | sessions an answer | bytes | median us | 90 %% | 99 %% | start of the daemon, ms |\n");
  std::printf("|---|--:|--:|--:|--:|--:|--:|\n");
  // Ten sessions a device, in both.
  Fill(root / "data" / "store", 1, kFew, kFew / kOfDevice);
  bench.Start();
  bench.Measure("a thousand", calls, kFew / kOfDevice);
  bench.Stop();
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root);
  bench.Start();
  bench.MakeOrganization();
  bench.Stop();
  Fill(root / "data" / "store", 1, many, many / kOfDevice);
  bench.Start();
  bench.Measure(absl::StrCat(many).c_str(), calls, many / kOfDevice);
  bench.Stop();
  std::filesystem::remove_all(root);
}

#include "tools/bench/scale/daemon.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "guichet/v1/admin_service.pb.h"
#include "tools/bench/compare/contestant.h"

namespace guichet::bench {
namespace {

constexpr char kOperator[] = "operator-of-the-benchmark";
constexpr size_t kStreams = 8;
constexpr size_t kInFlight = 512;  // of a stream
constexpr size_t kTechniciansAtOnce = 1000;

}  // namespace

void Must(const absl::Status& status, const char* what) {
  if (!status.ok()) Die(absl::StrCat(what, ": ", status.message()));
}

Daemon::Daemon(const std::string& program, size_t technicians) : program_(program) {
  folder_ = (std::filesystem::temp_directory_path() / absl::StrCat("guichet-scale-", getpid())).string();
  std::filesystem::create_directories(folder_);
  WriteFile(folder_ + "/operator.key", kOperator);
  Start();
  pb::CreateOrganizationRequest organization;
  organization.mutable_organization()->set_organization_id("bench");
  organization.mutable_organization()->set_display_name("Bench");
  pb::CreateOrganizationResponse created;
  Must(As(kOperator)->Mutate(&organization, &created), "CreateOrganization");
  const auto administrator = As(created.administrator_token());
  pb::CreateGroupRequest group;
  group.mutable_group()->set_group_id("desk");
  group.mutable_group()->set_display_name("Desk");
  group.mutable_group()->mutable_settings()->mutable_private_code_validity()->set_seconds(59940);
  pb::CreateGroupResponse group_made;
  Must(administrator->Mutate(&group, &group_made), "CreateGroup");
  for (size_t first = 0; first < technicians; first += kTechniciansAtOnce) {
    pb::CreateTechniciansRequest request;
    for (size_t i = first; i < std::min(first + kTechniciansAtOnce, technicians); ++i) {
      pb::Technician& technician = *request.add_technicians();
      technician.set_technician_id(absl::StrCat("t", i));
      technician.set_display_name(absl::StrCat("Technician ", i));
      technician.set_group_id("desk");
    }
    pb::CreateTechniciansResponse made;
    Must(administrator->Mutate(&request, &made), "CreateTechnicians");
  }
  for (int i = 0; i < 4; ++i) {
    pb::CreateChannelRequest channel;
    channel.mutable_channel()->set_channel_id(absl::StrCat("c", i));
    channel.mutable_channel()->set_display_name(absl::StrCat("Channel ", i));
    channel.mutable_channel()->add_group_ids("desk");
    pb::CreateChannelResponse made;
    Must(administrator->Mutate(&channel, &made), "CreateChannel");
  }
  pb::CreateApiKeyRequest key;
  key.mutable_api_key()->set_key_id("integration");
  key.mutable_api_key()->set_role(pb::ROLE_INTEGRATOR);
  pb::CreateApiKeyResponse key_made;
  Must(administrator->Mutate(&key, &key_made), "CreateApiKey");
  integrator_ = key_made.token();
}

Daemon::~Daemon() {
  process_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Daemon::Start() {
  process_ = std::make_unique<Process>(
      Process::Options{.command = {program_, "--data", folder_ + "/data", "--listen", "127.0.0.1:0", "--customer-listen",
                                   "127.0.0.1:0", "--operator-key-file", folder_ + "/operator.key", "--min-free-disk-mib", "0"},
                       .log = folder_ + "/log"});
  address_ = absl::StrCat("127.0.0.1:", process_->WaitFor("serving gRPC on port "));
  customer_address_ = absl::StrCat("127.0.0.1:", process_->WaitFor("serving customers on port "));
}

double Daemon::Restart() {
  process_->Stop();
  const auto begin = std::chrono::steady_clock::now();
  Start();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::unique_ptr<client::Client> Daemon::As(const std::string& token) const {
  auto client = client::Client::Make({.address = address_, .token = token, .timeout = absl::Seconds(60)});
  Must(client.status(), "connecting to the daemon");
  return *std::move(client);
}

size_t Daemon::resident() const {
  std::ifstream file(absl::StrCat("/proc/", process_->pid(), "/statm"));
  size_t size = 0;
  size_t pages = 0;
  file >> size >> pages;
  return pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

void RunCommands(const Daemon& daemon, size_t count, double per_second,
                 const std::function<pb::ExecuteCommandsRequest(size_t)>& make,
                 const std::function<void(size_t, const pb::CommandEffect&)>& answered) {
  const auto client = daemon.As(daemon.integrator());
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (size_t s = 0; s < kStreams; ++s) {
    threads.emplace_back([&, s] {
      const auto stream = client->Open(pb::ExecuteCommandsRequest());
      absl::Mutex mu;
      size_t open = 0;
      std::thread reader([&] {
        pb::ExecuteCommandsResponse response;
        while (stream->Read(&response)) {
          if (!response.has_effect()) Die(absl::StrCat("a command is refused: ", response.error().message()));
          answered(response.tag(), response.effect());
          absl::MutexLock lock(&mu);
          --open;
        }
        Must(stream->Finish(), "ExecuteCommands");
      });
      auto room = [&] { return open < kInFlight; };
      for (size_t i = s; i < count; i += kStreams) {
        if (per_second > 0)
          std::this_thread::sleep_until(begin + std::chrono::duration<double>(static_cast<double>(i) / per_second));
        {
          absl::MutexLock lock(&mu);
          mu.Await(absl::Condition(&room));
          ++open;
        }
        pb::ExecuteCommandsRequest request = make(i);
        request.set_tag(i);
        if (!stream->Write(request)) Die("a stream of commands is broken");
      }
      stream->WritesDone();
      reader.join();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

double At(std::vector<double>& values, double part) {
  if (values.empty()) Die("nothing was measured");
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(part * static_cast<double>(values.size() - 1))];
}

}  // namespace guichet::bench

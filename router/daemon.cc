#include "router/daemon.h"

#include <grpcpp/ext/channelz_service_plugin.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "metrics/exposer.h"
#include "router/admin_service.h"
#include "router/applet_service.h"
#include "router/channel_service.h"
#include "router/chat_service.h"
#include "router/computer_service.h"
#include "router/delivery_service.h"
#include "router/library_service.h"
#include "router/limits.h"
#include "router/methods.h"
#include "router/queue_service.h"
#include "router/routing_service.h"
#include "router/session_service.h"
#include "router/snapshot.h"
#include "router/technician_service.h"
#include "statemachine/refusal.h"
#include "store/rocksdb_store.h"

namespace guichet::router {
namespace {

constexpr size_t kWorkerThreads = 2;
constexpr auto kShutdownGrace = std::chrono::seconds(5);

bool IsLoopback(const std::string& address) {
  const std::string host = address.substr(0, address.rfind(':'));
  const bool numeric = host.find_first_not_of("0123456789.") == std::string::npos;
  return (numeric && host.starts_with("127.")) || address.starts_with("localhost:") || address.starts_with("[::1]") ||
         address.starts_with("unix:");
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file || text.str().empty()) return absl::InvalidArgumentError("cannot read " + path + ", or it is empty");
  return text.str();
}

struct Services {
  explicit Services(Gateway& gateway)
      : sessions(gateway),
        queues(gateway),
        applets(gateway),
        technicians(gateway),
        admin(gateway),
        channels(gateway),
        routing(gateway),
        deliveries(gateway),
        chat(gateway),
        libraries(gateway),
        computers(gateway) {}
  SessionService sessions;
  QueueService queues;
  AppletService applets;
  TechnicianService technicians;
  AdminService admin;
  ChannelService channels;
  RoutingService routing;
  DeliveryService deliveries;
  ChatService chat;
  LibraryService libraries;
  ComputerService computers;
};

class DaemonImpl final : public Daemon {
 public:
  explicit DaemonImpl(DaemonOptions options)
      : options_(std::move(options)),
        clock_(options_.clock != nullptr ? *options_.clock : real_clock_),
        metrics_(MakeMetricsOptions(options_.version)),
        directory_(options_.operator_token),
        workers_(kWorkerThreads, kCommandQueue) {}

  ~DaemonImpl() override { Stop(); }

  absl::Status Open() {
    if (absl::Status s = OpenStore(); !s.ok()) return s;
    gateway_.reset(new Gateway{*store_, clock_, metrics_, directory_, codes_, streams_, workers_, agents_, shards_,
                               signal_bytes_, options_.link_base_url, options_.invitation_base_url});
    if (absl::Status s = OpenShards(); !s.ok()) return s;
    directory_.OnKeyUsed([this](const OrgId& org, const KeyId& key, Time at) {
      (void)gateway_->ShardOf(org).Submit([org, key, at](Turn& turn) {
        if (OrgRuntime* rt = turn.Find(org)) turn.KeyUsed(*rt, key, at);
      });
    });
    if (!options_.metrics_listen.empty()) {
      metrics_.SetSnapshotProvider([this] { return TakeSnapshot(*gateway_); });
      auto exposer = metrics::OpenExposer(options_.metrics_listen, metrics_);
      if (!exposer.ok()) return exposer.status();
      exposer_ = *std::move(exposer);
    }
    return OpenServer();
  }

  int port() const override { return port_; }
  int metrics_port() const override { return exposer_ ? exposer_->port() : 0; }

  void Stop() override {
    if (stopped_) return;
    stopped_ = true;
    if (server_) {
      server_->GetHealthCheckService()->SetServingStatus(false);
      streams_.Drain();
      server_->Shutdown(std::chrono::system_clock::now() + kShutdownGrace);
      server_->Wait();
    }
    StopTicker();
    metrics_.SetSnapshotProvider(nullptr);
    exposer_.reset();
    for (auto& shard : shards_) shard->Stop();
    server_.reset();
  }

 private:
  absl::Status OpenStore() {
    if (options_.data.empty()) return absl::InvalidArgumentError("--data: required, a folder for the store");
    std::error_code error;
    std::filesystem::create_directories(options_.data, error);
    if (error) return absl::InvalidArgumentError("--data: cannot make " + options_.data + ": " + error.message());
    store::RocksDbOptions store_options;
    store_options.folder = (std::filesystem::path(options_.data) / "store").string();
    store_options.memory_budget_bytes = options_.store_memory_bytes;
    store_options.on_sync = [this](size_t commits, double seconds) { metrics_.BatchCommitted(commits, seconds); };
    store_options.on_failure = [this](const std::string& why) { Fatal(why); };
    auto store = store::OpenRocksDbStore(std::move(store_options));
    if (!store.ok()) return store.status();
    store_ = *std::move(store);
    return absl::OkStatus();
  }

  absl::Status OpenShards() {
    ShardParts parts{*store_,
                     clock_,
                     metrics_,
                     directory_,
                     codes_,
                     agents_,
                     [this](const OrgId& org, const KeyId& key) {
                       streams_.EndThoseOf(org, key, Unauthenticated("the credential was revoked"));
                     },
                     [this](const OrgId& org, const TechnicianId& technician, const absl::Status& why) {
                       streams_.EndThoseOf(org, technician, why);
                     },
                     [this](const std::string& why) { Fatal(why); },
                     options_.ring_entries};
    for (size_t i = 0; i < std::max<size_t>(options_.shards, 1); ++i) shards_.push_back(std::make_unique<Shard>(parts));
    auto orgs = store_->ListOrgs();
    if (!orgs.ok()) return orgs.status();
    for (const store::OrgKey& org : *orgs) {
      if (absl::Status loaded = gateway_->ShardOf(OrgId{org.value}).Load(OrgId{org.value}); !loaded.ok()) return loaded;
    }
    for (auto& shard : shards_) shard->Start();
    return absl::OkStatus();
  }

  absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> Credentials() const {
    if (options_.tls_certificate.empty()) {
      if (!IsLoopback(options_.listen) && !options_.allow_plaintext) {
        return absl::InvalidArgumentError(
            "--listen: plaintext is allowed on loopback only; give --tls-certificate and --tls-key, or --allow-plaintext");
      }
      return grpc::InsecureServerCredentials();
    }
    auto certificate = ReadFile(options_.tls_certificate);
    if (!certificate.ok()) return certificate.status();
    auto key = ReadFile(options_.tls_key);
    if (!key.ok()) return key.status();
    grpc::SslServerCredentialsOptions tls;
    tls.pem_key_cert_pairs.push_back({*key, *certificate});
    return grpc::SslServerCredentials(tls);
  }

  absl::Status OpenServer() {
    auto credentials = Credentials();
    if (!credentials.ok()) return credentials.status();
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    // Channelz shows every peer's address and has no credential: on loopback only.
    if (IsLoopback(options_.listen)) grpc::channelz::experimental::InitChannelzService();
    grpc::ServerBuilder builder;
    builder.AddListeningPort(options_.listen, *credentials, &port_);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // two daemons must not share a port silently
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20000);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 600000);  // connections without a call cost descriptors
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10000);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, static_cast<int>(kMetadataBytes));
    builder.SetMaxReceiveMessageSize(static_cast<int>(kMessageBytes));
    services_ = std::make_unique<Services>(*gateway_);
    builder.RegisterService(&services_->sessions);
    builder.RegisterService(&services_->queues);
    builder.RegisterService(&services_->applets);
    builder.RegisterService(&services_->technicians);
    builder.RegisterService(&services_->admin);
    builder.RegisterService(&services_->channels);
    builder.RegisterService(&services_->routing);
    builder.RegisterService(&services_->deliveries);
    builder.RegisterService(&services_->chat);
    builder.RegisterService(&services_->libraries);
    builder.RegisterService(&services_->computers);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port_ == 0)
      return absl::UnavailableError("--listen: cannot serve on " + options_.listen + "; is the port taken?");
    for (const char* service :
         {"guichet.v1.SessionService", "guichet.v1.QueueService", "guichet.v1.AppletService", "guichet.v1.TechnicianService",
          "guichet.v1.AdminService", "guichet.v1.ChannelService", "guichet.v1.RoutingService", "guichet.v1.DeliveryService",
          "guichet.v1.ChatService", "guichet.v1.LibraryService", "guichet.v1.ComputerService"}) {
      server_->GetHealthCheckService()->SetServingStatus(service, true);
    }
    ticker_ = std::thread([this] { TickEverySecond(); });
    return absl::OkStatus();
  }

  void TickEverySecond() {
    absl::MutexLock lock(&ticker_mu_);
    while (!ticker_stop_) {
      clock_.Wait(ticker_cv_, ticker_mu_, clock_.Now() + std::chrono::seconds(1));
      if (ticker_stop_) return;
      ticker_mu_.Unlock();
      streams_.Tick(clock_.Now());
      ticker_mu_.Lock();
    }
  }

  void StopTicker() {
    {
      absl::MutexLock lock(&ticker_mu_);
      ticker_stop_ = true;
      ticker_cv_.SignalAll();
    }
    if (ticker_.joinable()) ticker_.join();
  }

  void Fatal(const std::string& why) {
    if (options_.on_fatal) {
      options_.on_fatal(why);
      return;
    }
    spdlog::critical("{}", why);
    spdlog::shutdown();
    std::_Exit(70);
  }

  DaemonOptions options_;
  RealClock real_clock_;
  Clock& clock_;
  metrics::Metrics metrics_;
  Directory directory_;
  Codes codes_;
  SignalBytes signal_bytes_{0};
  Agents agents_;
  Streams streams_;
  std::unique_ptr<store::Store> store_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::unique_ptr<Gateway> gateway_;
  Workers workers_;  // after the store, the shards and the gateway: its jobs use them
  std::unique_ptr<metrics::Exposer> exposer_;
  absl::Mutex ticker_mu_;
  absl::CondVar ticker_cv_;
  bool ticker_stop_ ABSL_GUARDED_BY(ticker_mu_) = false;
  std::thread ticker_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  bool stopped_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(DaemonOptions options) {
  auto daemon = std::make_unique<DaemonImpl>(std::move(options));
  if (absl::Status opened = daemon->Open(); !opened.ok()) return opened;
  return daemon;
}

}  // namespace guichet::router

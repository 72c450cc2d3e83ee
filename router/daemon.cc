#include "router/daemon.h"

#include <grpcpp/ext/channelz_service_plugin.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <filesystem>
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
#include "router/listener.h"
#include "router/methods.h"
#include "router/queue_service.h"
#include "router/routing_service.h"
#include "router/session_service.h"
#include "router/snapshot.h"
#include "router/technician_service.h"
#include "router/tls.h"
#include "statemachine/refusal.h"
#include "store/rocksdb_store.h"

namespace guichet::router {
namespace {

constexpr size_t kWorkerThreads = 2;
constexpr auto kShutdownGrace = std::chrono::seconds(5);

bool IsLoopback(const std::string& address) {
  const std::string host = address.substr(0, address.rfind(':'));
  const bool numeric = host.find_first_not_of("0123456789.") == std::string::npos;
  return (numeric && host.starts_with("127.")) || host == "localhost" || host == "[::1]";
}

// How many descriptors connections may have: all but those that the store needs.
absl::StatusOr<int> DescriptorsForConnections() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return absl::UnavailableError("cannot tell the limit of open files");
  if (limit.rlim_cur < kDescriptorsNeeded) {
    return absl::InvalidArgumentError(absl::StrCat("the limit of open files is ", limit.rlim_cur, "; at least ",
                                                   kDescriptorsNeeded,
                                                   " are needed, and one a connection (ulimit -n, LimitNOFILE=)"));
  }
  const auto all = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 30));
  return std::min(all - std::min(all / 4, kDescriptorsReserved), kConnections);
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
                               signal_bytes_, *checkpoints_, disk_nearly_full_, options_.link_base_url,
                               options_.invitation_base_url});
    if (absl::Status s = OpenShards(); !s.ok()) return s;
    if (absl::Status s = OpenTls(); !s.ok()) return s;
    if (absl::Status s = OpenListener(); !s.ok()) return s;
    directory_.OnKeyUsed([this](const OrgId& org, const KeyId& key, Time at) {
      (void)gateway_->ShardOf(org).Submit([org, key, at](Turn& turn) {
        if (OrgRuntime* rt = turn.Find(org)) turn.KeyUsed(*rt, key, at);
      });
    });
    if (!options_.metrics_listen.empty()) {
      metrics_.SetSnapshotProvider([this] { return TakeSnapshot(); });
      auto exposer = metrics::OpenExposer(options_.metrics_listen, metrics_);
      if (!exposer.ok()) return exposer.status();
      exposer_ = *std::move(exposer);
    }
    return OpenServer();
  }

  int port() const override { return listener_->port(); }
  int metrics_port() const override { return exposer_ ? exposer_->port() : 0; }

  void Stop() override {
    if (stopped_) return;
    stopped_ = true;
    if (server_) {
      server_->GetHealthCheckService()->SetServingStatus(false);
      streams_.Drain();
      listener_->Stop();
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
    store_options.min_free_disk_bytes = options_.min_free_disk_bytes;
    store_options.on_sync = [this](size_t commits, double seconds) { metrics_.BatchCommitted(commits, seconds); };
    store_options.on_warning = [](const std::string& line) { spdlog::warn("store: {}", line); };
    store_options.on_failure = [this](const std::string& why) { Fatal(why); };
    auto store = store::OpenRocksDbStore(std::move(store_options));
    if (!store.ok()) return store.status();
    store_ = *std::move(store);
    checkpoints_ = std::make_unique<Checkpoints>(*store_, (std::filesystem::path(options_.data) / "checkpoints").string());
    LookAtDisk();
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

  absl::Status OpenTls() {
    if (options_.tls_certificate.empty()) {
      if (!options_.tls_key.empty()) return absl::InvalidArgumentError("--tls-key: needs --tls-certificate");
      if (!options_.tls_client_ca.empty()) return absl::InvalidArgumentError("--tls-client-ca: needs --tls-certificate");
      if (!IsLoopback(options_.listen) && !options_.allow_plaintext) {
        return absl::InvalidArgumentError(
            "--listen: plaintext is allowed on loopback only; give --tls-certificate and --tls-key, or --allow-plaintext");
      }
      credentials_ = grpc::InsecureServerCredentials();
      return absl::OkStatus();
    }
    if (options_.tls_key.empty()) return absl::InvalidArgumentError("--tls-certificate: needs --tls-key");
    tls_read_ = clock_.Now();
    auto tls = ServedCertificate::Open({options_.tls_certificate, options_.tls_key, options_.tls_client_ca}, tls_read_);
    if (!tls.ok()) return tls.status();
    tls_ = *std::move(tls);
    credentials_ = ServedCertificate::Credentials(tls_);
    return absl::OkStatus();
  }

  // On the ticker's thread.
  void ReloadTls(Time now) {
    if (tls_ == nullptr || now < tls_read_ + std::chrono::seconds(options_.tls_reload_seconds)) return;
    tls_read_ = now;
    tls_->Reload(now);
  }

  metrics::Snapshot TakeSnapshot() {
    metrics::Snapshot snapshot = router::TakeSnapshot(*gateway_);
    snapshot.connections_refused_total = listener_->refused();
    if (tls_ != nullptr) {
      snapshot.tls_certificate_expiry_timestamp_seconds =
          std::chrono::duration<double>(tls_->expires().time_since_epoch()).count();
    }
    return snapshot;
  }

  absl::Status OpenListener() {
    const auto descriptors = DescriptorsForConnections();
    if (!descriptors.ok()) return descriptors.status();
    auto listener = ConnectionListener::Open({options_.listen, *descriptors});
    if (!listener.ok()) return listener.status();
    listener_ = *std::move(listener);
    return absl::OkStatus();
  }

  absl::Status OpenServer() {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    // Channelz shows every peer's address and has no credential: on loopback only.
    if (IsLoopback(options_.listen)) grpc::channelz::experimental::InitChannelzService();
    grpc::ServerBuilder builder;
    acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, credentials_);
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kConnectionIdleMs);
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
    if (server_ == nullptr) return absl::InternalError("gRPC does not start");
    for (const char* service :
         {"guichet.v1.SessionService", "guichet.v1.QueueService", "guichet.v1.AppletService", "guichet.v1.TechnicianService",
          "guichet.v1.AdminService", "guichet.v1.ChannelService", "guichet.v1.RoutingService", "guichet.v1.DeliveryService",
          "guichet.v1.ChatService", "guichet.v1.LibraryService", "guichet.v1.ComputerService"}) {
      server_->GetHealthCheckService()->SetServingStatus(service, true);
    }
    listener_->Start([this](int descriptor) {
      grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
      connection.fd = descriptor;
      acceptor_->HandleNewConnection(&connection);
    });
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
      LookAtDisk();
      LookAtConnections();
      ReloadTls(clock_.Now());
      ticker_mu_.Lock();
    }
  }

  void LookAtDisk() {
    const store::StoreStats stats = store_->Stats();
    if (disk_nearly_full_.exchange(stats.write_stopped) == stats.write_stopped) return;
    if (stats.write_stopped) {
      spdlog::error("the disk is nearly full, {} bytes are free: nothing begins; make room (--min-free-disk-mib)",
                    stats.free_disk_bytes);
    } else {
      spdlog::info("the disk has room again: {} bytes are free", stats.free_disk_bytes);
    }
  }

  // A line a minute at most.
  void LookAtConnections() {
    const uint64_t refused = listener_->refused();
    const Time now = clock_.Now();
    if (refused == refused_told_ || now < refused_told_at_ + std::chrono::minutes(1)) return;
    spdlog::error("{} connections were closed at once: all descriptors for connections are in use (ulimit -n, LimitNOFILE=)",
                  refused - refused_told_);
    refused_told_ = refused;
    refused_told_at_ = now;
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
  std::unique_ptr<Checkpoints> checkpoints_;
  std::atomic<bool> disk_nearly_full_{false};
  uint64_t refused_told_ = 0;  // connections, in the log
  Time refused_told_at_{};
  std::vector<std::unique_ptr<Shard>> shards_;
  std::unique_ptr<Gateway> gateway_;
  Workers workers_;  // after the store, the shards and the gateway: its jobs use them
  std::unique_ptr<metrics::Exposer> exposer_;
  absl::Mutex ticker_mu_;
  absl::CondVar ticker_cv_;
  bool ticker_stop_ ABSL_GUARDED_BY(ticker_mu_) = false;
  std::thread ticker_;
  std::unique_ptr<Services> services_;
  std::shared_ptr<ServedCertificate> tls_;                // nullptr: plaintext
  Time tls_read_{};                                       // when its files were
  std::shared_ptr<grpc::ServerCredentials> credentials_;  // outlive the server, which asks them at each handshake
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<ConnectionListener> listener_;
  bool stopped_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(DaemonOptions options) {
  auto daemon = std::make_unique<DaemonImpl>(std::move(options));
  if (absl::Status opened = daemon->Open(); !opened.ok()) return opened;
  return daemon;
}

}  // namespace guichet::router

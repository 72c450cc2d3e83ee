#include "router/daemon.h"

#include <grpcpp/ext/channelz_service_plugin.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <optional>
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

// What the address for customers serves.
struct CustomerServices {
  explicit CustomerServices(Gateway& gateway)
      : applets(gateway),
        channels(gateway),
        chat(gateway, ChatService::Callers::kCustomers),
        computers(gateway, ComputerService::Callers::kAgents) {}
  AppletService applets;
  ChannelService channels;
  ChatService chat;
  ComputerService computers;
};

// An address with the server behind it. Members are destroyed in reverse: the credentials outlive the server, which asks them
// at each handshake.
struct Served {
  std::shared_ptr<grpc::ServerCredentials> credentials;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<ConnectionListener> listener;

  // Serves `services` from here on. What arrives takes of `memory`, and when there is none left gRPC ends calls.
  absl::Status Start(const grpc::ResourceQuota& memory, const std::vector<grpc::Service*>& services) {
    grpc::ServerBuilder builder;
    acceptor = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, credentials);
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kConnectionIdleMs);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10000);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, static_cast<int>(kMetadataBytes));
    builder.SetMaxReceiveMessageSize(static_cast<int>(kMessageBytes));
    // gRPC unpacks a compressed request before it looks at its size.
    for (const auto algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP}) {
      builder.SetCompressionAlgorithmSupportStatus(algorithm, false);
    }
    builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
    // … and looks at the size of a request once it is there as a whole. There is no limit of streams a connection: clients that
    // reach it wait without a word.
    builder.SetResourceQuota(memory);
    for (grpc::Service* service : services) builder.RegisterService(service);
    server = builder.BuildAndStart();
    if (server == nullptr) return absl::InternalError("gRPC does not start");
    return absl::OkStatus();
  }
  void Accept() {
    listener->Start([this](int descriptor) {
      grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
      connection.fd = descriptor;
      acceptor->HandleNewConnection(&connection);
    });
  }
  void Healthy(std::initializer_list<const char*> names) {
    for (const char* name : names) server->GetHealthCheckService()->SetServingStatus(name, true);
  }
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
    if (absl::Status s = OpenListeners(); !s.ok()) return s;
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

  int port() const override { return main_.listener->port(); }
  int customer_port() const override { return customers_ ? customers_->listener->port() : 0; }
  int metrics_port() const override { return exposer_ ? exposer_->port() : 0; }

  void Stop() override {
    if (stopped_) return;
    stopped_ = true;
    for (Served* served : AllServed()) served->server->GetHealthCheckService()->SetServingStatus(false);
    streams_.Drain();
    for (Served* served : AllServed()) served->listener->Stop();
    const auto end = std::chrono::system_clock::now() + kShutdownGrace;
    for (Served* served : AllServed()) served->server->Shutdown(end);
    for (Served* served : AllServed()) served->server->Wait();
    StopTicker();
    metrics_.SetSnapshotProvider(nullptr);
    exposer_.reset();
    for (auto& shard : shards_) shard->Stop();
    for (Served* served : AllServed()) served->server.reset();
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
    if (!options_.customer_listen.empty()) customers_.emplace();
    if (options_.tls_certificate.empty()) {
      if (!options_.tls_key.empty()) return absl::InvalidArgumentError("--tls-key: needs --tls-certificate");
      if (!options_.tls_client_ca.empty()) return absl::InvalidArgumentError("--tls-client-ca: needs --tls-certificate");
      for (const Address& address : Addresses()) {
        if (IsLoopback(address.where) || options_.allow_plaintext) continue;
        return absl::InvalidArgumentError(absl::StrCat(
            address.flag,
            ": plaintext is allowed on loopback only; give --tls-certificate and --tls-key, or --allow-plaintext"));
      }
      main_.credentials = grpc::InsecureServerCredentials();
      if (customers_) customers_->credentials = grpc::InsecureServerCredentials();
      return absl::OkStatus();
    }
    if (options_.tls_key.empty()) return absl::InvalidArgumentError("--tls-certificate: needs --tls-key");
    tls_read_ = clock_.Now();
    auto tls = ServedCertificate::Open({options_.tls_certificate, options_.tls_key, options_.tls_client_ca}, tls_read_);
    if (!tls.ok()) return tls.status();
    tls_ = *std::move(tls);
    main_.credentials = ServedCertificate::Credentials(tls_);
    if (customers_) customers_->credentials = ServedCertificate::Credentials(tls_, false);
    return absl::OkStatus();
  }

  struct Address {
    std::string flag;  // that gives it
    std::string where;
    Served& served;
  };
  std::vector<Address> Addresses() {
    std::vector<Address> addresses = {{"--listen", options_.listen, main_}};
    if (customers_) addresses.push_back({"--customer-listen", options_.customer_listen, *customers_});
    return addresses;
  }
  // Those whose servers have started.
  std::vector<Served*> AllServed() {
    std::vector<Served*> all;
    if (main_.server != nullptr) all.push_back(&main_);
    if (customers_ && customers_->server != nullptr) all.push_back(&*customers_);
    return all;
  }

  // On the ticker's thread.
  void ReloadTls(Time now) {
    if (tls_ == nullptr || now < tls_read_ + std::chrono::seconds(options_.tls_reload_seconds)) return;
    tls_read_ = now;
    tls_->Reload(now);
  }

  metrics::Snapshot TakeSnapshot() {
    metrics::Snapshot snapshot = router::TakeSnapshot(*gateway_);
    snapshot.connections_refused_total = Refused();
    if (tls_ != nullptr) {
      snapshot.tls_certificate_expiry_timestamp_seconds =
          std::chrono::duration<double>(tls_->expires().time_since_epoch()).count();
    }
    return snapshot;
  }

  absl::Status OpenListeners() {
    const auto descriptors = DescriptorsForConnections();
    if (!descriptors.ok()) return descriptors.status();
    for (const Address& address : Addresses()) {
      // The last eighth is for technicians: whoever reaches the address for customers cannot take it.
      const bool customers = &address.served != &main_;
      auto listener =
          ConnectionListener::Open({address.where, customers ? *descriptors - *descriptors / 8 : *descriptors, address.flag});
      if (!listener.ok()) return listener.status();
      address.served.listener = *std::move(listener);
    }
    return absl::OkStatus();
  }

  uint64_t Refused() const { return main_.listener->refused() + (customers_ ? customers_->listener->refused() : 0); }

  absl::Status OpenServer() {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    // Channelz shows every peer's address and has no credential: on loopback only.
    const std::vector<Address> addresses = Addresses();
    if (std::all_of(addresses.begin(), addresses.end(), [](const Address& address) { return IsLoopback(address.where); })) {
      grpc::channelz::experimental::InitChannelzService();
    }
    services_ = std::make_unique<Services>(*gateway_);
    memory_.Resize(options_.transport_memory_bytes);
    absl::Status started =
        main_.Start(memory_, {&services_->sessions, &services_->queues, &services_->applets, &services_->technicians,
                              &services_->admin, &services_->channels, &services_->routing, &services_->deliveries,
                              &services_->chat, &services_->libraries, &services_->computers});
    if (!started.ok()) return started;
    main_.Healthy({"guichet.v1.SessionService", "guichet.v1.QueueService", "guichet.v1.AppletService",
                   "guichet.v1.TechnicianService", "guichet.v1.AdminService", "guichet.v1.ChannelService",
                   "guichet.v1.RoutingService", "guichet.v1.DeliveryService", "guichet.v1.ChatService",
                   "guichet.v1.LibraryService", "guichet.v1.ComputerService"});
    if (customers_) {
      customer_services_ = std::make_unique<CustomerServices>(*gateway_);
      started = customers_->Start(memory_, {&customer_services_->applets, &customer_services_->channels,
                                            &customer_services_->chat, &customer_services_->computers});
      if (!started.ok()) return started;
      customers_->Healthy(
          {"guichet.v1.AppletService", "guichet.v1.ChannelService", "guichet.v1.ChatService", "guichet.v1.ComputerService"});
    }
    for (Served* served : AllServed()) served->Accept();
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
    if (disk_nearly_full_.exchange(stats.disk_nearly_full) == stats.disk_nearly_full) return;
    if (stats.disk_nearly_full) {
      spdlog::error("the disk is nearly full, {} bytes are free: nothing begins; make room (--min-free-disk-mib)",
                    stats.free_disk_bytes);
    } else {
      spdlog::info("the disk has room again: {} bytes are free", stats.free_disk_bytes);
    }
  }

  // A line a minute at most.
  void LookAtConnections() {
    const uint64_t refused = Refused();
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

  [[noreturn]] void Fatal(const std::string& why) {
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
  std::unique_ptr<CustomerServices> customer_services_;
  std::shared_ptr<ServedCertificate> tls_;  // nullptr: plaintext
  Time tls_read_{};                         // when its files were
  grpc::ResourceQuota memory_{"guichet"};
  Served main_;
  std::optional<Served> customers_;  // the address for customers
  bool stopped_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(DaemonOptions options) {
  auto daemon = std::make_unique<DaemonImpl>(std::move(options));
  if (absl::Status opened = daemon->Open(); !opened.ok()) return opened;
  return daemon;
}

}  // namespace guichet::router

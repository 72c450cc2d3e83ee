#include "tools/bench/compare/guichet.h"

#include <grpcpp/grpcpp.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "guichet/v1/admin_service.pb.h"
#include "guichet/v1/applet_service.grpc.pb.h"
#include "guichet/v1/channel_service.pb.h"
#include "guichet/v1/session_service.pb.h"
#include "store/keys.h"
#include "store/rocksdb_store.h"
#include "tools/client/client.h"

namespace guichet::bench {
namespace {

namespace pb = guichet::v1;

constexpr char kOperator[] = "operator-of-the-comparison";
constexpr char kOrganization[] = "bench";
constexpr char kChannel[] = "web";
constexpr char kGroup[] = "desk";
constexpr int kGraceSeconds = 60;  // the longest that a group may give a device

void Must(const absl::Status& status, const char* what) {
  if (!status.ok()) Die(absl::StrCat(what, ": ", status.message()));
}

std::unique_ptr<client::Client> Connect(const std::string& address, const std::string& token) {
  auto client = client::Client::Make({.address = address, .token = token});
  Must(client.status(), "connecting to the daemon");
  return *std::move(client);
}

// Mean of what it is given.
struct Mean {
  void Add(size_t bytes) {
    sum += bytes;
    ++count;
  }
  size_t get() const {
    if (count == 0) Die("the store holds nothing of the sample");
    return (sum + count / 2) / count;
  }
  size_t sum = 0;
  size_t count = 0;
};

}  // namespace

// The streams of all devices, on a connection of their own.
class Devices {
 public:
  Devices(const std::string& address, const std::vector<std::string>& tokens)
      : channel_(grpc::CreateChannel(address, grpc::InsecureChannelCredentials())), stub_(channel_) {
    absl::BlockingCounter welcomes(static_cast<int>(tokens.size()));
    for (const std::string& token : tokens) streams_.push_back(std::make_unique<OneStream>(stub_, token, welcomes));
    welcomes.Wait();
  }
  ~Devices() {
    absl::BlockingCounter ended(static_cast<int>(streams_.size()));
    for (const auto& stream : streams_) stream->Close(ended);
    ended.Wait();
  }

 private:
  class OneStream : public grpc::ClientBidiReactor<pb::AttachRequest, pb::AttachResponse> {
   public:
    OneStream(pb::AppletService::Stub& stub, const std::string& token, absl::BlockingCounter& welcomes) : welcomes_(&welcomes) {
      context_.AddMetadata("authorization", "Bearer " + token);
      hello_.mutable_hello();
      stub.async()->Attach(&context_, this);
      AddHold();
      StartRead(&response_);
      StartWrite(&hello_);
      StartCall();
    }
    void Close(absl::BlockingCounter& ended) {
      ended_ = &ended;
      context_.TryCancel();
      RemoveHold();
    }
    void OnReadDone(bool ok) override {
      if (!ok) return;
      if (welcomes_ != nullptr && response_.has_welcome()) std::exchange(welcomes_, nullptr)->DecrementCount();
      StartRead(&response_);
    }
    void OnDone(const grpc::Status& status) override {
      if (ended_ == nullptr) Die("a device's stream ended: " + status.error_message());
      ended_->DecrementCount();
    }

   private:
    grpc::ClientContext context_;
    pb::AttachRequest hello_;
    pb::AttachResponse response_;
    absl::BlockingCounter* welcomes_;
    absl::BlockingCounter* ended_ = nullptr;
  };

  const std::shared_ptr<grpc::Channel> channel_;
  pb::AppletService::Stub stub_;
  std::vector<std::unique_ptr<OneStream>> streams_;
};

Guichet::Guichet(const std::string& folder, const std::string& program) : folder_(folder), program_(program) {
  WriteFile(folder_ + "/operator.key", kOperator);
  Start();
  SetUp();
  Sample();
  Start();
}

Guichet::~Guichet() = default;

void Guichet::Start() {
  process_ =
      std::make_unique<Process>(Process::Options{.command = {program_, "--data", folder_ + "/data", "--listen", "127.0.0.1:0",
                                                             "--operator-key-file", folder_ + "/operator.key"},
                                                 .log = folder_ + "/log"});
  address_ = "127.0.0.1:" + process_->WaitFor("serving gRPC on port ");
}

void Guichet::SetUp() {
  pb::CreateOrganizationRequest organization;
  organization.mutable_organization()->set_organization_id(kOrganization);
  organization.mutable_organization()->set_display_name("Bench");
  pb::CreateOrganizationResponse created;
  Must(Connect(address_, kOperator)->Call(organization, &created), "CreateOrganization");
  const auto administrator = Connect(address_, created.administrator_token());

  pb::CreateGroupRequest group;
  group.mutable_group()->set_group_id(kGroup);
  group.mutable_group()->set_display_name("Desk");
  group.mutable_group()->mutable_settings()->mutable_device_lost_grace()->set_seconds(kGraceSeconds);
  pb::CreateGroupResponse group_made;
  Must(administrator->Call(group, &group_made), "CreateGroup");

  pb::CreateTechniciansRequest technicians;
  for (size_t i = 0; i < kTechnicians; ++i) {
    pb::Technician& technician = *technicians.add_technicians();
    technician.set_technician_id(absl::StrCat("t", i));
    technician.set_display_name(absl::StrCat("Technician ", i));
    technician.set_group_id(kGroup);
  }
  pb::CreateTechniciansResponse technicians_made;
  Must(administrator->Call(technicians, &technicians_made), "CreateTechnicians");

  pb::CreateChannelRequest channel;
  channel.mutable_channel()->set_channel_id(kChannel);
  channel.mutable_channel()->set_display_name("Web");
  channel.mutable_channel()->add_group_ids(kGroup);
  pb::CreateChannelResponse channel_made;
  Must(administrator->Call(channel, &channel_made), "CreateChannel");

  pb::CreateApiKeyRequest key;
  key.mutable_api_key()->set_key_id("integration");
  key.mutable_api_key()->set_role(pb::ROLE_INTEGRATOR);
  pb::CreateApiKeyResponse key_made;
  Must(administrator->Call(key, &key_made), "CreateApiKey");
  integrator_ = key_made.token();

  const auto integrator = Connect(address_, integrator_);
  for (size_t i = 0; i < kSessions; ++i) {
    pb::CreateSessionRequest create;
    create.set_method(pb::METHOD_CHANNEL_FORM);
    create.set_channel_id(kChannel);
    create.set_name(absl::StrCat("Customer ", i));
    pb::CreateSessionResponse session;
    Must(integrator->Call(create, &session), "CreateSession");
    device_tokens_.push_back(session.device_token());
    turns_[i].id = session.session().session_id();
  }
  AttachDevices();
  for (size_t i = 0; i < kSessions; ++i) {
    pb::StartSessionRequest start;
    start.mutable_target()->set_session_id(turns_[i].id);
    start.mutable_target()->set_technician_id(absl::StrCat("t", turns_[i].technician));
    pb::StartSessionResponse started;
    Must(integrator->Call(start, &started), "StartSession");
    turns_[i].epoch = started.session().epoch();
  }
  DropDevices();
}

void Guichet::Sample() {
  const auto service = MakeUnaryService(Service());
  service->Prepare(64);
  Measure(*service, {.in_flight = 64, .length = std::chrono::seconds(1)});
  answer_ = service->first_answer();
  process_->Stop();
  ReadSizes(service->first_revision());
}

void Guichet::ReadSizes(uint64_t after) {
  using store::Family;
  const store::OrgKey org{kOrganization};
  auto store = store::OpenRocksDbStore({.folder = folder_ + "/data/store"});
  Must(store.status(), "opening the store");
  Mean session, event, timeline, request, keys;
  const auto add = [&](Mean& mean, std::string_view key, std::string_view value) {
    mean.Add(value.size());
    keys.Add(store::EngineKey(org, key).size());
    return true;
  };
  Must((*store)->Scan(org, {Family::kSessions, "", ""},
                      [&](std::string_view key, std::string_view value) { return add(session, key, value); }),
       "reading sessions");
  Must((*store)->ReadEvents(org, after, size_t{1} << 20,
                            [&](uint64_t seq, std::string_view value) { return add(event, store::NumberKey(seq), value); }),
       "reading the log");
  Must((*store)->Scan(org, {Family::kTimeline, "", ""},
                      [&](std::string_view key, std::string_view value) {
                        uint64_t id = 0, revision = 0;
                        if (!store::ParsePairKey(key, &id, &revision)) Die("a key of a timeline is damaged");
                        return revision <= after || add(timeline, key, value);
                      }),
       "reading timelines");
  Must((*store)->Scan(org, {Family::kRequests, "", ""},
                      [&](std::string_view key, std::string_view value) { return add(request, key, value); }),
       "reading requests");
  sizes_ = {.session = session.get(), .event = event.get(), .timeline = timeline.get(), .request = request.get()};
  const size_t head = store::HeadKey(org).size() + store::EncodeHead({}).size();
  sizes_.commit = sizes_.session + sizes_.event + sizes_.timeline + sizes_.request + 4 * keys.get() + head;
}

ServiceOptions Guichet::Service() {
  return {.address = address_, .token = integrator_, .turns = &turns_, .ids = &ids_, .prepare = [this] {
            AttachDevices();
            DropDevices();
          }};
}

void Guichet::AttachDevices() { devices_ = std::make_unique<Devices>(address_, device_tokens_); }
void Guichet::DropDevices() { devices_.reset(); }

}  // namespace guichet::bench

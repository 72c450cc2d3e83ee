#include "tests/ctl/fake_daemon.h"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "google/rpc/status.pb.h"
#include "guichet/v1/admin_service.grpc.pb.h"
#include "guichet/v1/applet_service.grpc.pb.h"
#include "guichet/v1/channel_service.grpc.pb.h"
#include "guichet/v1/chat_service.grpc.pb.h"
#include "guichet/v1/computer_service.grpc.pb.h"
#include "guichet/v1/delivery_service.grpc.pb.h"
#include "guichet/v1/queue_service.grpc.pb.h"
#include "guichet/v1/routing_service.grpc.pb.h"
#include "guichet/v1/session_service.grpc.pb.h"
#include "guichet/v1/technician_service.grpc.pb.h"

namespace guichet::ctl {
namespace {

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(std::string(status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    auto* detail = details.add_details();
    detail->set_type_url(std::string(url));
    detail->set_value(std::string(payload));
  });
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()), details.SerializeAsString());
}

}  // namespace

class FakeDaemon::Impl : v1::SessionService::Service,
                         v1::QueueService::Service,
                         v1::TechnicianService::Service,
                         v1::AdminService::Service,
                         v1::AppletService::Service,
                         v1::DeliveryService::Service,
                         v1::ChannelService::Service,
                         v1::ChatService::Service,
                         v1::RoutingService::Service,
                         v1::ComputerService::Service {
 public:
  explicit Impl(Methods methods) : methods_(std::move(methods)) {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(static_cast<v1::SessionService::Service*>(this));
    builder.RegisterService(static_cast<v1::QueueService::Service*>(this));
    builder.RegisterService(static_cast<v1::TechnicianService::Service*>(this));
    builder.RegisterService(static_cast<v1::AdminService::Service*>(this));
    builder.RegisterService(static_cast<v1::AppletService::Service*>(this));
    builder.RegisterService(static_cast<v1::DeliveryService::Service*>(this));
    builder.RegisterService(static_cast<v1::ChannelService::Service*>(this));
    builder.RegisterService(static_cast<v1::ChatService::Service*>(this));
    builder.RegisterService(static_cast<v1::RoutingService::Service*>(this));
    builder.RegisterService(static_cast<v1::ComputerService::Service*>(this));
    server_ = builder.BuildAndStart();
    address_ = absl::StrCat("127.0.0.1:", port);
  }

  ~Impl() override { server_->Shutdown(); }

  const std::string& address() const { return address_; }

  std::string authorization() {
    absl::MutexLock lock(&mutex_);
    return authorization_;
  }

 private:
  template <typename Method, typename Request, typename Response>
  grpc::Status Answer(grpc::ServerContext* context, const Method& method, const Request& request, Response* response) {
    {
      absl::MutexLock lock(&mutex_);
      const auto it = context->client_metadata().find("authorization");
      authorization_ = it == context->client_metadata().end() ? "" : std::string(it->second.data(), it->second.size());
    }
    if (!method)
      return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "not given by the test");  // check-words: allow (a code of gRPC)
    return ToGrpc(method(request, response));
  }

  grpc::Status StartSession(grpc::ServerContext* c, const v1::StartSessionRequest* q, v1::StartSessionResponse* r) override {
    return Answer(c, methods_.start, *q, r);
  }
  grpc::Status CreateSession(grpc::ServerContext* c, const v1::CreateSessionRequest* q, v1::CreateSessionResponse* r) override {
    return Answer(c, methods_.create, *q, r);
  }
  grpc::Status InviteTechnician(grpc::ServerContext* c, const v1::InviteTechnicianRequest* q,
                                v1::InviteTechnicianResponse* r) override {
    return Answer(c, methods_.invite, *q, r);
  }
  grpc::Status SetGrants(grpc::ServerContext* c, const v1::SetGrantsRequest* q, v1::SetGrantsResponse* r) override {
    return Answer(c, methods_.set_grants, *q, r);
  }
  grpc::Status RequestActivity(grpc::ServerContext* c, const v1::RequestActivityRequest* q,
                               v1::RequestActivityResponse* r) override {
    return Answer(c, methods_.request_activity, *q, r);
  }
  grpc::Status CloseActivity(grpc::ServerContext* c, const v1::CloseActivityRequest* q, v1::CloseActivityResponse* r) override {
    return Answer(c, methods_.close_activity, *q, r);
  }
  grpc::Status SetChat(grpc::ServerContext* c, const v1::SetChatRequest* q, v1::SetChatResponse* r) override {
    return Answer(c, methods_.set_chat, *q, r);
  }
  grpc::Status SendSurvey(grpc::ServerContext* c, const v1::SendSurveyRequest* q, v1::SendSurveyResponse* r) override {
    return Answer(c, methods_.send_survey, *q, r);
  }
  grpc::Status RejectOffer(grpc::ServerContext* c, const v1::RejectOfferRequest* q, v1::RejectOfferResponse* r) override {
    return Answer(c, methods_.reject_offer, *q, r);
  }
  grpc::Status ListQueue(grpc::ServerContext* c, const v1::ListQueueRequest* q, v1::ListQueueResponse* r) override {
    return Answer(c, methods_.list_queue, *q, r);
  }
  grpc::Status ReportDelivery(grpc::ServerContext* c, const v1::ReportDeliveryRequest* q,
                              v1::ReportDeliveryResponse* r) override {
    return Answer(c, methods_.report, *q, r);
  }
  grpc::Status GetSession(grpc::ServerContext* c, const v1::GetSessionRequest* q, v1::GetSessionResponse* r) override {
    return Answer(c, methods_.get_session, *q, r);
  }
  grpc::Status UpdateGroup(grpc::ServerContext* c, const v1::UpdateGroupRequest* q, v1::UpdateGroupResponse* r) override {
    return Answer(c, methods_.update_group, *q, r);
  }
  grpc::Status ExplainSession(grpc::ServerContext* c, const v1::ExplainSessionRequest* q,
                              v1::ExplainSessionResponse* r) override {
    return Answer(c, methods_.explain_session, *q, r);
  }
  grpc::Status ExplainTechnician(grpc::ServerContext* c, const v1::ExplainTechnicianRequest* q,
                                 v1::ExplainTechnicianResponse* r) override {
    return Answer(c, methods_.explain_technician, *q, r);
  }
  grpc::Status GetAvailability(grpc::ServerContext* c, const v1::GetAvailabilityRequest* q,
                               v1::GetAvailabilityResponse* r) override {
    return Answer(c, methods_.availability, *q, r);
  }
  grpc::Status GetForm(grpc::ServerContext* c, const v1::GetFormRequest* q, v1::GetFormResponse* r) override {
    return Answer(c, methods_.form, *q, r);
  }
  grpc::Status GetPosition(grpc::ServerContext* c, const v1::GetPositionRequest* q, v1::GetPositionResponse* r) override {
    return Answer(c, methods_.position, *q, r);
  }
  grpc::Status LeaveQueue(grpc::ServerContext* c, const v1::LeaveQueueRequest* q, v1::LeaveQueueResponse* r) override {
    return Answer(c, methods_.leave, *q, r);
  }
  grpc::Status WatchPosition(grpc::ServerContext*, const v1::WatchPositionRequest*,
                             grpc::ServerWriter<v1::WatchPositionResponse>* writer) override {
    for (const v1::WatchPositionResponse& response : methods_.positions) writer->Write(response);
    return grpc::Status::OK;
  }
  grpc::Status WatchAvailability(grpc::ServerContext*, const v1::WatchAvailabilityRequest*,
                                 grpc::ServerWriter<v1::WatchAvailabilityResponse>* writer) override {
    for (const v1::WatchAvailabilityResponse& response : methods_.availabilities) writer->Write(response);
    return grpc::Status::OK;
  }
  grpc::Status GetGroup(grpc::ServerContext* c, const v1::GetGroupRequest* q, v1::GetGroupResponse* r) override {
    return Answer(c, methods_.get_group, *q, r);
  }
  grpc::Status CreateTechnicians(grpc::ServerContext* c, const v1::CreateTechniciansRequest* q,
                                 v1::CreateTechniciansResponse* r) override {
    return Answer(c, methods_.create_technicians, *q, r);
  }
  grpc::Status UpdateTechnician(grpc::ServerContext* c, const v1::UpdateTechnicianRequest* q,
                                v1::UpdateTechnicianResponse* r) override {
    return Answer(c, methods_.update_technician, *q, r);
  }
  grpc::Status UpdateChannel(grpc::ServerContext* c, const v1::UpdateChannelRequest* q, v1::UpdateChannelResponse* r) override {
    return Answer(c, methods_.update_channel, *q, r);
  }
  grpc::Status UpdateOrganization(grpc::ServerContext* c, const v1::UpdateOrganizationRequest* q,
                                  v1::UpdateOrganizationResponse* r) override {
    return Answer(c, methods_.update_organization, *q, r);
  }
  grpc::Status CreateApiKey(grpc::ServerContext* c, const v1::CreateApiKeyRequest* q, v1::CreateApiKeyResponse* r) override {
    return Answer(c, methods_.create_key, *q, r);
  }
  grpc::Status GetPrincipal(grpc::ServerContext* c, const v1::GetPrincipalRequest* q, v1::GetPrincipalResponse* r) override {
    return Answer(c, methods_.principal, *q, r);
  }
  grpc::Status ListTechnicians(grpc::ServerContext* c, const v1::ListTechniciansRequest* q,
                               v1::ListTechniciansResponse* r) override {
    return Answer(c, methods_.list_technicians, *q, r);
  }
  grpc::Status AttachConsole(grpc::ServerContext*,
                             grpc::ServerReaderWriter<v1::AttachConsoleResponse, v1::AttachConsoleRequest>* stream) override {
    if (!methods_.console)
      return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "not given by the test");  // check-words: allow (a code of gRPC)
    v1::AttachConsoleRequest request;
    while (stream->Read(&request)) {
      const v1::AttachConsoleResponse response = methods_.console(request);
      if (response.message_case() != v1::AttachConsoleResponse::MESSAGE_NOT_SET) stream->Write(response);
    }
    return grpc::Status::OK;
  }
  grpc::Status Attach(grpc::ServerContext*, grpc::ServerReaderWriter<v1::AttachResponse, v1::AttachRequest>* stream) override {
    if (!methods_.applet)
      return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "not given by the test");  // check-words: allow (a code of gRPC)
    v1::AttachRequest request;
    while (stream->Read(&request)) {
      for (const v1::AttachResponse& response : methods_.applet(request)) {
        stream->Write(response);
        if (response.has_ended()) return grpc::Status::OK;
      }
    }
    return grpc::Status::OK;
  }
  grpc::Status AttachComputer(
      grpc::ServerContext*, grpc::ServerReaderWriter<v1::AttachComputerResponse, v1::AttachComputerRequest>* stream) override {
    if (!methods_.agent)
      return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "not given by the test");  // check-words: allow (a code of gRPC)
    v1::AttachComputerRequest request;
    while (stream->Read(&request)) {
      for (const v1::AttachComputerResponse& response : methods_.agent(request)) {
        stream->Write(response);
        if (response.has_revoked()) return grpc::Status::OK;
      }
    }
    return grpc::Status::OK;
  }
  grpc::Status WatchDeliveries(grpc::ServerContext*, const v1::WatchDeliveriesRequest*,
                               grpc::ServerWriter<v1::WatchDeliveriesResponse>* writer) override {
    if (!methods_.deliveries)
      return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "not given by the test");  // check-words: allow (a code of gRPC)
    for (const v1::WatchDeliveriesResponse& response : methods_.deliveries()) writer->Write(response);
    return grpc::Status::OK;
  }
  grpc::Status WatchQueue(grpc::ServerContext*, const v1::WatchQueueRequest* q,
                          grpc::ServerWriter<v1::WatchQueueResponse>* writer) override {
    if (!methods_.watch)
      return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "not given by the test");  // check-words: allow (a code of gRPC)
    return ToGrpc(methods_.watch(*q, [writer](const v1::WatchQueueResponse& response) { writer->Write(response); }));
  }
  grpc::Status WatchChat(grpc::ServerContext*, const v1::WatchChatRequest* q,
                         grpc::ServerWriter<v1::WatchChatResponse>* writer) override {
    if (!methods_.chat)
      return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "not given by the test");  // check-words: allow (a code of gRPC)
    return ToGrpc(methods_.chat(*q, [writer](const v1::WatchChatResponse& response) { writer->Write(response); }));
  }

  const Methods methods_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
  absl::Mutex mutex_;
  std::string authorization_ ABSL_GUARDED_BY(mutex_);
};

FakeDaemon::FakeDaemon(Methods methods) : impl_(std::make_unique<Impl>(std::move(methods))) {}
FakeDaemon::~FakeDaemon() = default;
const std::string& FakeDaemon::address() const { return impl_->address(); }
std::string FakeDaemon::authorization() const { return impl_->authorization(); }

}  // namespace guichet::ctl

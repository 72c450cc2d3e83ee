// A gRPC server in this process with a few methods of the API, whose answers each test gives.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "guichet/v1/admin_service.pb.h"
#include "guichet/v1/applet_service.pb.h"
#include "guichet/v1/channel_service.pb.h"
#include "guichet/v1/chat_service.pb.h"
#include "guichet/v1/computer_service.pb.h"
#include "guichet/v1/delivery_service.pb.h"
#include "guichet/v1/queue_service.pb.h"
#include "guichet/v1/routing_service.pb.h"
#include "guichet/v1/session_service.pb.h"
#include "guichet/v1/technician_service.pb.h"

namespace guichet::ctl {

// Listens on a free port of loopback. A method that the test did not give is refused as one that no server has. Payloads of a
// returned status go into the trailer "grpc-status-details-bin". Methods are called on threads of the server.
class FakeDaemon {
 public:
  template <typename Request, typename Response>
  using Unary = std::function<absl::Status(const Request&, Response*)>;

  struct Methods {
    Unary<v1::StartSessionRequest, v1::StartSessionResponse> start;
    Unary<v1::CreateSessionRequest, v1::CreateSessionResponse> create;
    Unary<v1::InviteTechnicianRequest, v1::InviteTechnicianResponse> invite;
    Unary<v1::SetGrantsRequest, v1::SetGrantsResponse> set_grants;
    Unary<v1::RequestActivityRequest, v1::RequestActivityResponse> request_activity;
    Unary<v1::CloseActivityRequest, v1::CloseActivityResponse> close_activity;
    Unary<v1::SetChatRequest, v1::SetChatResponse> set_chat;
    Unary<v1::SendSurveyRequest, v1::SendSurveyResponse> send_survey;
    Unary<v1::RejectOfferRequest, v1::RejectOfferResponse> reject_offer;
    Unary<v1::ListQueueRequest, v1::ListQueueResponse> list_queue;
    Unary<v1::ReportDeliveryRequest, v1::ReportDeliveryResponse> report;
    Unary<v1::GetSessionRequest, v1::GetSessionResponse> get_session;
    Unary<v1::UpdateGroupRequest, v1::UpdateGroupResponse> update_group;
    Unary<v1::GetGroupRequest, v1::GetGroupResponse> get_group;
    Unary<v1::CreateTechniciansRequest, v1::CreateTechniciansResponse> create_technicians;
    Unary<v1::UpdateTechnicianRequest, v1::UpdateTechnicianResponse> update_technician;
    Unary<v1::UpdateChannelRequest, v1::UpdateChannelResponse> update_channel;
    Unary<v1::UpdateOrganizationRequest, v1::UpdateOrganizationResponse> update_organization;
    Unary<v1::CreateApiKeyRequest, v1::CreateApiKeyResponse> create_key;
    Unary<v1::GetPrincipalRequest, v1::GetPrincipalResponse> principal;
    Unary<v1::ListTechniciansRequest, v1::ListTechniciansResponse> list_technicians;
    Unary<v1::ExplainSessionRequest, v1::ExplainSessionResponse> explain_session;
    Unary<v1::ExplainTechnicianRequest, v1::ExplainTechnicianResponse> explain_technician;
    Unary<v1::GetAvailabilityRequest, v1::GetAvailabilityResponse> availability;
    Unary<v1::GetFormRequest, v1::GetFormResponse> form;
    Unary<v1::GetPositionRequest, v1::GetPositionResponse> position;
    Unary<v1::LeaveQueueRequest, v1::LeaveQueueResponse> leave;
    // positions and availabilities are sent in order, and their watch ends with OK.
    std::vector<v1::WatchPositionResponse> positions;
    std::vector<v1::WatchAvailabilityResponse> availabilities;
    // console answers one message of AttachConsole; the stream ends with the call. A response without a message is not sent.
    std::function<v1::AttachConsoleResponse(const v1::AttachConsoleRequest&)> console;
    // applet answers one message of Attach with any number; the stream ends after one that is `ended`.
    std::function<std::vector<v1::AttachResponse>(const v1::AttachRequest&)> applet;
    // agent likewise, of AttachComputer; the stream ends after one that is `revoked`.
    std::function<std::vector<v1::AttachComputerResponse>(const v1::AttachComputerRequest&)> agent;
    // deliveries are what WatchDeliveries sends before it ends.
    std::function<std::vector<v1::WatchDeliveriesResponse>()> deliveries;
    // watch sends messages by the function that it is given, and returns how the stream ends.
    std::function<absl::Status(const v1::WatchQueueRequest&, const std::function<void(const v1::WatchQueueResponse&)>&)> watch;
    // chat likewise, of WatchChat.
    std::function<absl::Status(const v1::WatchChatRequest&, const std::function<void(const v1::WatchChatResponse&)>&)> chat;
  };

  explicit FakeDaemon(Methods methods);
  ~FakeDaemon();

  const std::string& address() const;
  // The "authorization" of the last unary call.
  std::string authorization() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace guichet::ctl

// SessionService: sessions created, acted on and read.
#pragma once

#include "guichet/v1/session_service.grpc.pb.h"
#include "router/gateway.h"

namespace guichet::router {

// The id of the activity that a step asked for; 0: none.
uint32_t ActivityRequestedBy(const Step& step);

class SessionService final : public pb::SessionService::CallbackService {
 public:
  explicit SessionService(Gateway& gateway) : gateway_(gateway) {}
  using Context = grpc::CallbackServerContext*;
  using Unary = grpc::ServerUnaryReactor*;

  Unary CreateSession(Context, const pb::CreateSessionRequest*, pb::CreateSessionResponse*) override;
  Unary GetSession(Context, const pb::GetSessionRequest*, pb::GetSessionResponse*) override;
  Unary ListSessions(Context, const pb::ListSessionsRequest*, pb::ListSessionsResponse*) override;
  Unary StartSession(Context, const pb::StartSessionRequest*, pb::StartSessionResponse*) override;
  Unary HoldSession(Context, const pb::HoldSessionRequest*, pb::HoldSessionResponse*) override;
  Unary TransferSession(Context, const pb::TransferSessionRequest*, pb::TransferSessionResponse*) override;
  Unary CancelTransfer(Context, const pb::CancelTransferRequest*, pb::CancelTransferResponse*) override;
  Unary EndSession(Context, const pb::EndSessionRequest*, pb::EndSessionResponse*) override;
  Unary RebootDevice(Context, const pb::RebootDeviceRequest*, pb::RebootDeviceResponse*) override;
  Unary InviteTechnician(Context, const pb::InviteTechnicianRequest*, pb::InviteTechnicianResponse*) override;
  Unary InviteExternal(Context, const pb::InviteExternalRequest*, pb::InviteExternalResponse*) override;
  Unary RemoveTechnician(Context, const pb::RemoveTechnicianRequest*, pb::RemoveTechnicianResponse*) override;
  Unary LeaveSession(Context, const pb::LeaveSessionRequest*, pb::LeaveSessionResponse*) override;
  Unary OfferLead(Context, const pb::OfferLeadRequest*, pb::OfferLeadResponse*) override;
  Unary CancelLeadOffer(Context, const pb::CancelLeadOfferRequest*, pb::CancelLeadOfferResponse*) override;
  Unary AcceptLead(Context, const pb::AcceptLeadRequest*, pb::AcceptLeadResponse*) override;
  Unary SetGrants(Context, const pb::SetGrantsRequest*, pb::SetGrantsResponse*) override;
  Unary RequestActivity(Context, const pb::RequestActivityRequest*, pb::RequestActivityResponse*) override;
  Unary CloseActivity(Context, const pb::CloseActivityRequest*, pb::CloseActivityResponse*) override;
  Unary SetChat(Context, const pb::SetChatRequest*, pb::SetChatResponse*) override;
  Unary SendSurvey(Context, const pb::SendSurveyRequest*, pb::SendSurveyResponse*) override;
  Unary JoinSession(Context, const pb::JoinSessionRequest*, pb::JoinSessionResponse*) override;
  Unary AddNote(Context, const pb::AddNoteRequest*, pb::AddNoteResponse*) override;
  Unary ListDeviceHistory(Context, const pb::ListDeviceHistoryRequest*, pb::ListDeviceHistoryResponse*) override;
  Unary RejectOffer(Context, const pb::RejectOfferRequest*, pb::RejectOfferResponse*) override;
  Unary UpdateSession(Context, const pb::UpdateSessionRequest*, pb::UpdateSessionResponse*) override;
  Unary GetTimeline(Context, const pb::GetTimelineRequest*, pb::GetTimelineResponse*) override;
  grpc::ServerBidiReactor<pb::ExecuteCommandsRequest, pb::ExecuteCommandsResponse>* ExecuteCommands(Context) override;

 private:
  template <class Request, class Response>
  Unary Act(Context context, const Request* request, Response* response);

  Gateway& gateway_;
};

}  // namespace guichet::router

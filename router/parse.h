// From requests of the API to commands of the core, with every check of form.
#pragma once

#include "guichet/v1/admin_service.pb.h"
#include "guichet/v1/applet_service.pb.h"
#include "guichet/v1/chat_service.pb.h"
#include "guichet/v1/session_service.pb.h"
#include "router/gateway.h"
#include "statemachine/commands.h"

namespace guichet::router {

// The technician for whom `principal` acts when a request names `requested`: technicians only themselves; others whom they
// name, or, when they name nobody, the one of their key. `field` is for the error. An empty result is possible for integrators.
absl::StatusOr<TechnicianId> Acting(const Principal& principal, std::string_view field, const std::string& requested);

absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::StartSessionRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::HoldSessionRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::TransferSessionRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::CancelTransferRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::EndSessionRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::RebootDeviceRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::InviteTechnicianRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::RemoveTechnicianRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::LeaveSessionRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::OfferLeadRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::CancelLeadOfferRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::AcceptLeadRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::UpdateSessionRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::SetGrantsRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::RequestActivityRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::CloseActivityRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::SetChatRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::SendSurveyRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::SendChatRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::RejectOfferRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::AddNoteRequest& request);
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::JoinSessionRequest& request);

// Of applets and forms.
absl::StatusOr<AccessTerms> ToAccessTerms(const pb::AccessTerms& terms);
absl::StatusOr<FileInfo> ToFileInfo(const pb::FileInfo& file);
absl::StatusOr<command::RevokeActivity> ToRevoke(SessionId session, const pb::AppletRevoke& revoke);
absl::StatusOr<std::vector<SurveyAnswer>> ToAnswers(const google::protobuf::RepeatedPtrField<pb::SurveyAnswer>& answers);
absl::StatusOr<SessionType> ToFormType(pb::SessionType type);

// A session to create, with the secrets drawn for it.
struct NewSession {
  command::CreateSession command;
  std::string code;           // a PIN, or that of a link or LAN, for the answer
  std::string device_secret;  // of the device token, for channels
  absl::Status no_code;       // why there is none: no answer to a repeated request, which needs none
  absl::StatusOr<Command> ToCommand() const { return no_code.ok() ? absl::StatusOr<Command>(command) : no_code; }
};
// Draws the code; a PIN is taken from `codes` and goes back when the creation fails (Codes::Cancel).
absl::StatusOr<NewSession> ToNewSession(const Principal& principal, Codes& codes, const pb::CreateSessionRequest& request);

// An external technician to invite.
struct NewInvitation {
  command::InviteExternal command;
  std::string code;
  bool by_link = false;
  absl::Status no_code;  // as in NewSession
  absl::StatusOr<Command> ToCommand() const { return no_code.ok() ? absl::StatusOr<Command>(command) : no_code; }
};
// As ToNewSession.
absl::StatusOr<NewInvitation> ToNewInvitation(const Principal& principal, Codes& codes,
                                              const pb::InviteExternalRequest& request);

absl::StatusOr<Profile> ToProfile(const std::string& name, const google::protobuf::RepeatedPtrField<std::string>& custom_fields,
                                  const std::string& tracking_id, const std::string& language);

absl::StatusOr<RebootKind> ToRebootKind(pb::RebootKind kind);

}  // namespace guichet::router

#include "router/session_service.h"

#include "router/parse.h"
#include "router/session_reads.h"
#include "router/unary_call.h"

namespace guichet::router {
const Session* SessionAfter(const OrgRuntime& rt, const Step& step) {
  for (const SessionChange& change : step.entry.sessions) {
    if (change.after->id == step.session) return change.after.get();
  }
  return FindSession(rt.org, step.session);
}

uint32_t ActivityRequestedBy(const Step& step) {
  for (const Event& event : step.entry.events) {
    if (const auto* requested = std::get_if<event::ActivityRequested>(&event)) return requested->activity;
  }
  return 0;
}

// Every verb: one command, answered with the session after it.
template <class Request, class Response>
grpc::ServerUnaryReactor* SessionService::Act(Context context, const Request* request, Response* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(Right::kSessionsWrite, "act on sessions");
  absl::StatusOr<Command> command =
      principal.ok() ? ToCommand(*principal, *request) : absl::StatusOr<Command>(principal.status());
  if (!command.ok()) {
    call->Done(command.status());
    return call;
  }
  Mutation mutation = call->Begin(*principal, request->request_id(), *request);
  Mutate(
      gateway_, std::move(mutation), [command = *std::move(command)](const Org&) { return command; }, response,
      [response](const OrgRuntime& rt, const Step& step) {
        response->set_revision(step.entry.revision.value);
        if (const Session* session = SessionAfter(rt, step)) ToProto(*session, &rt.org, response->mutable_session());
        if constexpr (std::is_same_v<Response, pb::RequestActivityResponse>) {
          response->set_activity_id(ActivityRequestedBy(step));
        }
      },
      [call](const absl::Status& status) { call->Done(status); });
  return call;
}

#define GUICHET_VERB(Name)                                                                          \
  grpc::ServerUnaryReactor* SessionService::Name(Context context, const pb::Name##Request* request, \
                                                 pb::Name##Response* response) {                    \
    return Act(context, request, response);                                                         \
  }
GUICHET_VERB(StartSession)
GUICHET_VERB(HoldSession)
GUICHET_VERB(TransferSession)
GUICHET_VERB(CancelTransfer)
GUICHET_VERB(EndSession)
GUICHET_VERB(RebootDevice)
GUICHET_VERB(InviteTechnician)
GUICHET_VERB(RemoveTechnician)
GUICHET_VERB(LeaveSession)
GUICHET_VERB(OfferLead)
GUICHET_VERB(CancelLeadOffer)
GUICHET_VERB(AcceptLead)
GUICHET_VERB(UpdateSession)
GUICHET_VERB(SetGrants)
GUICHET_VERB(RequestActivity)
GUICHET_VERB(CloseActivity)
GUICHET_VERB(SetChat)
GUICHET_VERB(SendSurvey)
GUICHET_VERB(RejectOffer)
GUICHET_VERB(AddNote)
GUICHET_VERB(JoinSession)
#undef GUICHET_VERB

void AttachMonitor(Gateway& gateway, const OrgId& org, SessionId session) {
  // The monitored console is the "device" of the session: it is there, so the session arrives in a revision of its own (M01).
  // When the queue is full the session stays CONNECTING until its time-out.
  (void)gateway.ShardOf(org).Submit([org, session](Turn& turn) {
    if (OrgRuntime* rt = turn.Find(org)) (void)turn.Apply(*rt, command::AttachDevice{session, ""}, "daemon");
  });
}

grpc::ServerUnaryReactor* SessionService::CreateSession(Context context, const pb::CreateSessionRequest* request,
                                                        pb::CreateSessionResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(Right::kSessionsWrite, "create sessions");
  absl::StatusOr<NewSession> made =
      principal.ok() ? ToNewSession(*principal, gateway_.codes, *request) : absl::StatusOr<NewSession>(principal.status());
  if (!made.ok()) {
    call->Done(made.status());
    return call;
  }
  Mutation mutation = call->Begin(*principal, request->request_id(), *request);
  const bool monitoring = made->command.method == Method::kMonitoring;
  Mutate(
      gateway_, std::move(mutation), [command = made->ToCommand()](const Org&) { return command; }, response,
      [response, made = *made, base = gateway_.link_base_url](const OrgRuntime& rt, const Step& step) {
        response->set_revision(step.entry.revision.value);
        ToProto(*SessionAfter(rt, step), &rt.org, response->mutable_session());
        response->set_code(made.code);
        if (made.command.method == Method::kLink) response->set_link(base + made.code);
        if (!made.device_secret.empty())
          response->set_device_token(MakeDeviceToken(rt.org.id, step.session, made.device_secret));
      },
      [this, call, code = made->command.code_key, monitoring, org = principal->org, response](const absl::Status& status) {
        if (!code.empty()) gateway_.codes.Cancel(code);  // does nothing for a code that a session has
        if (status.ok() && monitoring) AttachMonitor(gateway_, org, SessionId{response->session().session_id()});
        call->Done(status);
      });
  return call;
}

grpc::ServerUnaryReactor* SessionService::InviteExternal(Context context, const pb::InviteExternalRequest* request,
                                                         pb::InviteExternalResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(Right::kSessionsWrite, "act on sessions");
  absl::StatusOr<NewInvitation> made = principal.ok() ? ToNewInvitation(*principal, gateway_.codes, *request)
                                                      : absl::StatusOr<NewInvitation>(principal.status());
  if (!made.ok()) {
    call->Done(made.status());
    return call;
  }
  Mutate(
      gateway_, call->Begin(*principal, request->request_id(), *request),
      [command = made->ToCommand()](const Org&) { return command; }, response,
      [response, made = *made, base = gateway_.invitation_base_url](const OrgRuntime& rt, const Step& step) {
        response->set_revision(step.entry.revision.value);
        ToProto(*SessionAfter(rt, step), &rt.org, response->mutable_session());
        for (const Event& event : step.entry.events) {
          const auto* invited = std::get_if<event::ExternalInvited>(&event);
          if (invited == nullptr) continue;
          response->set_technician_id(invited->technician.value);
          SetTime(invited->code_expires, response->mutable_expire_time());
        }
        response->set_code(made.code);
        if (made.by_link) response->set_link(base + made.code);
      },
      [this, call, code = made->command.code_key](const absl::Status& status) {
        if (!code.empty()) gateway_.codes.Cancel(code);  // does nothing for a code that an invitation has
        call->Done(status);
      });
  return call;
}

grpc::ServerUnaryReactor* SessionService::GetSession(Context context, const pb::GetSessionRequest* request,
                                                     pb::GetSessionResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(Right::kSessionsRead, "read sessions");
  if (!principal.ok() || request->session_id() == 0) {
    call->Done(principal.ok() ? InvalidField("session_id", "required") : principal.status());
    return call;
  }
  ReadSession(gateway_, *principal, SessionId{request->session_id()}, response,
              [call](const absl::Status& status) { call->Done(status); });
  return call;
}

grpc::ServerUnaryReactor* SessionService::ListSessions(Context context, const pb::ListSessionsRequest* request,
                                                       pb::ListSessionsResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(Right::kColleaguesRead, "list sessions");
  absl::StatusOr<SessionList> list =
      principal.ok() ? MakeSessionList(*principal, *request) : absl::StatusOr<SessionList>(principal.status());
  if (!list.ok()) {
    call->Done(list.status());
    return call;
  }
  ReadSessions(gateway_, principal->org, *std::move(list), response,
               [call](const absl::Status& status) { call->Done(status); });
  return call;
}

grpc::ServerUnaryReactor* SessionService::ListDeviceHistory(Context context, const pb::ListDeviceHistoryRequest* request,
                                                            pb::ListDeviceHistoryResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(Right::kColleaguesRead, "read the history of devices");
  if (!principal.ok()) {
    call->Done(principal.status());
    return call;
  }
  ReadDeviceHistory(gateway_, *principal, *request, response, [call](const absl::Status& status) { call->Done(status); });
  return call;
}

grpc::ServerUnaryReactor* SessionService::GetTimeline(Context context, const pb::GetTimelineRequest* request,
                                                      pb::GetTimelineResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(Right::kSessionsRead, "read timelines");
  if (!principal.ok()) {
    call->Done(principal.status());
    return call;
  }
  ReadTimeline(gateway_, *principal, *request, response, [call](const absl::Status& status) { call->Done(status); });
  return call;
}

}  // namespace guichet::router

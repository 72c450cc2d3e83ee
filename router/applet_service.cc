#include "router/applet_service.h"

#include "absl/strings/str_cat.h"
#include "router/attach.h"
#include "router/device_visit.h"
#include "router/entrance.h"
#include "router/limits.h"
#include "router/parse.h"
#include "router/secrets.h"
#include "router/session_reads.h"
#include "router/unary_call.h"
#include "router/validate.h"
#include "statemachine/limits.h"

namespace guichet::router {
grpc::ServerUnaryReactor* AppletService::RedeemCode(grpc::CallbackServerContext* context, const pb::RedeemCodeRequest* request,
                                                    pb::RedeemCodeResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  const Time now = gateway_.clock.Now();
  Guess guess(gateway_, PeerAddress(*context), request->device_id(), request->code(), now);
  auto check = [&]() -> absl::Status {
    if (request->code().empty()) return InvalidField("code", "required");
    if (absl::Status s = CheckBytes("code", request->code(), kCodeBytes); !s.ok()) return s;
    if (absl::Status s = CheckDevice(*request); !s.ok()) return s;
    return absl::OkStatus();
  };
  absl::Status refused = check();
  absl::StatusOr<CodeTarget> target = refused.ok() ? guess.Try(false) : absl::StatusOr<CodeTarget>(refused);
  if (!target.ok()) {
    call->Done(target.status());
    return call;
  }
  const std::string secret = RandomSecret();
  Mutation mutation;
  mutation.org = target->org;
  mutation.actor = "device";
  mutation.abandoned = [context] { return context->IsCancelled(); };
  SetRequest(mutation, absl::StrCat("device\x1f", request->device_id()),
             request->code() + request->device_id() + request->request_id(), request->request_id(), *request);
  HideRequestKey(mutation);
  command::RedeemCode command{target->session,      guess.key(),         Sha256(secret),
                              request->device_id(), request->platform(), request->language()};
  Mutate(
      gateway_, std::move(mutation), [command](const Org&) -> absl::StatusOr<Command> { return Command{command}; }, response,
      Entered(response, secret),
      [call, guess](const absl::Status& status) mutable {
        guess.Answered(status);
        call->Done(status);
      });
  return call;
}

grpc::ServerUnaryReactor* AppletService::AnswerSurvey(grpc::CallbackServerContext* context,
                                                      const pb::AnswerSurveyRequest* request,
                                                      pb::AnswerSurveyResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<DeviceToken> device = TokenOf(context);
  if (!device.ok()) {
    call->Done(device.status());
    return call;
  }
  absl::StatusOr<std::vector<SurveyAnswer>> answers = ToAnswers(request->answers());
  absl::Status form = CheckRequestId(request->request_id());
  if (form.ok()) form = answers.status();
  absl::StatusOr<Command> command = command::AnswerSurvey{device->session, answers.value_or(std::vector<SurveyAnswer>())};
  if (!form.ok()) command = form;
  MutateAsDevice(
      gateway_, context, *device, "survey", request->request_id(), *request, std::move(command), response,
      [response](const OrgRuntime&, const Step& step) { response->set_revision(step.entry.revision.value); },
      [](const Session& session) {
        return SurveyClosed(session.id, session.survey_answered ? "its survey was answered before" : "its survey is closed");
      },
      [call](const absl::Status& status) { call->Done(status); });
  return call;
}

grpc::ServerBidiReactor<pb::AttachRequest, pb::AttachResponse>* AppletService::Attach(grpc::CallbackServerContext* context) {
  return OpenDeviceStream(gateway_, context);
}

}  // namespace guichet::router

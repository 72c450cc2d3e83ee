// AppletService: the customer's side.
#pragma once

#include "guichet/v1/applet_service.grpc.pb.h"
#include "router/gateway.h"

namespace guichet::router {

class AppletService final : public pb::AppletService::CallbackService {
 public:
  explicit AppletService(Gateway& gateway) : gateway_(gateway) {}
  grpc::ServerUnaryReactor* RedeemCode(grpc::CallbackServerContext*, const pb::RedeemCodeRequest*,
                                       pb::RedeemCodeResponse*) override;
  grpc::ServerUnaryReactor* AnswerSurvey(grpc::CallbackServerContext*, const pb::AnswerSurveyRequest*,
                                         pb::AnswerSurveyResponse*) override;
  grpc::ServerBidiReactor<pb::AttachRequest, pb::AttachResponse>* Attach(grpc::CallbackServerContext*) override;

 private:
  Gateway& gateway_;
};

}  // namespace guichet::router

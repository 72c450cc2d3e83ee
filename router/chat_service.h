// ChatService: messages between customer and technicians, from the session's timeline.
#pragma once

#include "guichet/v1/chat_service.grpc.pb.h"
#include "router/gateway.h"

namespace guichet::router {

class ChatService final : public pb::ChatService::CallbackService {
 public:
  explicit ChatService(Gateway& gateway) : gateway_(gateway) {}
  using Context = grpc::CallbackServerContext*;

  grpc::ServerUnaryReactor* SendChat(Context, const pb::SendChatRequest*, pb::SendChatResponse*) override;
  grpc::ServerUnaryReactor* ListChat(Context, const pb::ListChatRequest*, pb::ListChatResponse*) override;
  grpc::ServerWriteReactor<pb::WatchChatResponse>* WatchChat(Context, const pb::WatchChatRequest*) override;

 private:
  Gateway& gateway_;
};

}  // namespace guichet::router

// ChatService: messages between customer and technicians, from the session's timeline.
#pragma once

#include "guichet/v1/chat_service.grpc.pb.h"
#include "router/gateway.h"

namespace guichet::router {

class ChatService final : public pb::ChatService::CallbackService {
 public:
  // kCustomers refuses the calls of technicians and programs, at an address where anybody may connect.
  enum class Callers { kAll, kCustomers };
  explicit ChatService(Gateway& gateway, Callers callers = Callers::kAll) : gateway_(gateway), callers_(callers) {}
  using Context = grpc::CallbackServerContext*;

  grpc::ServerUnaryReactor* SendChat(Context, const pb::SendChatRequest*, pb::SendChatResponse*) override;
  grpc::ServerUnaryReactor* ListChat(Context, const pb::ListChatRequest*, pb::ListChatResponse*) override;
  grpc::ServerWriteReactor<pb::WatchChatResponse>* WatchChat(Context, const pb::WatchChatRequest*) override;

 private:
  Gateway& gateway_;
  const Callers callers_;
};

}  // namespace guichet::router

// LibraryService: replies and links of technicians.
#pragma once

#include "guichet/v1/library_service.grpc.pb.h"
#include "router/gateway.h"

namespace guichet::router {

class LibraryService final : public pb::LibraryService::CallbackService {
 public:
  explicit LibraryService(Gateway& gateway) : gateway_(gateway) {}
  using Context = grpc::CallbackServerContext*;
  using Unary = grpc::ServerUnaryReactor*;

  Unary GetLibrary(Context, const pb::GetLibraryRequest*, pb::GetLibraryResponse*) override;
  Unary UpdateLibrary(Context, const pb::UpdateLibraryRequest*, pb::UpdateLibraryResponse*) override;
  Unary ImportLibrary(Context, const pb::ImportLibraryRequest*, pb::ImportLibraryResponse*) override;
  Unary ExportLibrary(Context, const pb::ExportLibraryRequest*, pb::ExportLibraryResponse*) override;

 private:
  Gateway& gateway_;
};

}  // namespace guichet::router

// The streams by which applets and consoles are there: AppletService.Attach and TechnicianService.AttachConsole.
#pragma once

#include "guichet/v1/applet_service.grpc.pb.h"
#include "guichet/v1/technician_service.grpc.pb.h"
#include "router/gateway.h"

namespace guichet::router {

grpc::ServerBidiReactor<pb::AttachRequest, pb::AttachResponse>* OpenDeviceStream(Gateway& gateway,
                                                                                 grpc::CallbackServerContext* context);

grpc::ServerBidiReactor<pb::AttachConsoleRequest, pb::AttachConsoleResponse>* OpenConsoleStream(
    Gateway& gateway, grpc::CallbackServerContext* context);

}  // namespace guichet::router

#include "router/routing_service.h"

namespace guichet::router {}  // namespace guichet::router

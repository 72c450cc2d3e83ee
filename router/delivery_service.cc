#include "router/delivery_service.h"

namespace guichet::router {}  // namespace guichet::router

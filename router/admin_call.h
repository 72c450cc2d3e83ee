// The two kinds of calls of AdminService: changes and looks. Included by its sources only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "router/admin_service.h"
#include "router/limits.h"
#include "router/secrets.h"
#include "router/unary_call.h"
#include "router/validate.h"

namespace guichet::router {

// Checks what the request says, where it arrives, and returns what makes the command, on the state as it is.
using Prepare = std::function<absl::StatusOr<MakeCommand>(const Principal&)>;

// A change by who has `right`, as far as he reaches (MayCommand); `fill` completes the answer, whose revision is set.
template <class Request, class Response>
grpc::ServerUnaryReactor* Change(Gateway& gateway, Right right, grpc::CallbackServerContext* context, const Request* request,
                                 Response* response, const Prepare& prepare,
                                 std::function<void(const OrgRuntime&, std::type_identity_t<Response>*)> fill) {
  auto* call = new UnaryCall(gateway, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(right, "administer the organization");
  absl::Status refused = principal.status();
  if (refused.ok()) refused = CheckRequestId(request->request_id());
  absl::StatusOr<MakeCommand> make = refused.ok() ? prepare(*principal) : absl::StatusOr<MakeCommand>(refused);
  if (!make.ok()) {
    call->Done(make.status());
    return call;
  }
  Mutate(
      gateway, call->Begin(*principal, request->request_id(), *request), *std::move(make), response,
      [response, fill = std::move(fill)](const OrgRuntime& rt, const Step& step) {
        response->set_revision(step.entry.revision.value);
        fill(rt, response);
      },
      [call](const absl::Status& status) { call->Done(status); });
  return call;
}

template <class Request, class Response>
grpc::ServerUnaryReactor* Look(Gateway& gateway, grpc::CallbackServerContext* context, const Request* request,
                               Response* response,
                               std::function<absl::Status(const OrgRuntime&, std::type_identity_t<Response>*)> look) {
  auto* call = new UnaryCall(gateway, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(Right::kOrganizationRead, "read the organization");
  if (!principal.ok()) {
    call->Done(principal.status());
    return call;
  }
  Read(
      gateway, principal->org,
      [look = std::move(look), response](Turn&, OrgRuntime& rt) {
        response->set_revision(rt.org.revision.value);
        return look(rt, response);
      },
      [call](const absl::Status& status) { call->Done(status); });
  return call;
}

// One page of a map that is ordered by id; `add` takes an element over. `name`: of the list, to which its page tokens are
// bound.
template <class Map, class Request, class Response, class Add>
absl::Status Page(const Map& map, const Request& request, Response* response, const std::string& name, const Add& add) {
  absl::StatusOr<size_t> size = CheckPageSize(request.page_size(), 100, kPageMax);
  if (!size.ok()) return size.status();
  const uint64_t filters = Fingerprint(name);
  absl::StatusOr<std::optional<std::string>> after = ParsePageToken(request.page_token(), filters);
  if (!after.ok()) return after.status();
  size_t count = 0;
  std::string last;
  for (auto it = map.upper_bound(typename Map::key_type{after->value_or("")}); it != map.end(); ++it) {
    if (count++ == *size) {
      response->set_next_page_token(MakePageToken(filters, last));
      break;
    }
    last = it->first.value;
    add(it->second);
  }
  return absl::OkStatus();
}

}  // namespace guichet::router

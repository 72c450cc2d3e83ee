#include "router/device_visit.h"

#include "router/limits.h"
#include "router/secrets.h"
#include "statemachine/refusal.h"
#include "store/keys.h"

namespace guichet::router {
namespace {

absl::Status UnknownToken() { return Unauthenticated("the device token is unknown"); }

void VisitHistory(Gateway& gateway, const DeviceToken& token, const Visit& visit) {
  const bool taken = gateway.workers.Run([&gateway, token, visit] {
    absl::StatusOr<std::string> record =
        gateway.store.Get(store::OrgKey{token.org.value}, store::Family::kHistory, store::NumberKey(token.session.value));
    absl::StatusOr<Session> session = record.ok() ? store::DecodeSession(*record) : absl::StatusOr<Session>(record.status());
    if (session.ok() && EqualInConstantTime(session->device_token_hash, token.hash)) {
      visit.gone(*session);
    } else {
      visit.refused(UnknownToken());
    }
  });
  if (!taken) visit.refused(Overloaded("the read queue", kCommandQueue, kRetryDelay));
}

}  // namespace

absl::StatusOr<DeviceToken> TokenOf(grpc::CallbackServerContext* context) {
  const std::string bearer = BearerToken(*context);
  std::optional<DeviceToken> token = ParseDeviceToken(bearer);
  if (token) return *token;
  return Unauthenticated(bearer.empty() ? "no credential: send the metadata \"authorization: Bearer DEVICE_TOKEN\""
                                        : "the device token is unknown");
}

void VisitDevice(Gateway& gateway, const DeviceToken& token, Visit visit) {
  absl::Status submitted = gateway.ShardOf(token.org).Submit([&gateway, token, visit](Turn& turn) {
    OrgRuntime* rt = turn.Find(token.org);
    const Session* session = rt == nullptr ? nullptr : FindSession(rt->org, token.session);
    if (rt == nullptr || token.session > rt->org.last_session) {
      turn.AfterDurable([visit] { visit.refused(UnknownToken()); });
    } else if (session == nullptr) {
      turn.AfterDurable([&gateway, token, visit] { VisitHistory(gateway, token, visit); });
    } else if (!EqualInConstantTime(session->device_token_hash, token.hash)) {
      turn.AfterDurable([visit] { visit.refused(UnknownToken()); });
    } else {
      visit.here(turn, *rt, *session);
    }
  });
  if (!submitted.ok()) visit.refused(submitted);
}

}  // namespace guichet::router

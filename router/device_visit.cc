#include "router/device_visit.h"

#include "absl/strings/str_cat.h"
#include "router/limits.h"
#include "router/secrets.h"
#include "statemachine/refusal.h"
#include "store/keys.h"

namespace guichet::router {
namespace {

// As of a key, where both kinds of credentials may call.
absl::Status UnknownToken() { return Unauthenticated("the credential is unknown, expired or revoked"); }

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
  if (!taken) visit.refused(BusyReads());
}

}  // namespace

absl::StatusOr<DeviceToken> TokenOf(grpc::CallbackServerContext* context) {
  const std::string bearer = BearerToken(*context);
  std::optional<DeviceToken> token = ParseDeviceToken(bearer);
  if (token) return *token;
  if (!bearer.empty()) return UnknownToken();
  return Unauthenticated("no credential: send the metadata \"authorization: Bearer DEVICE_TOKEN\"");
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

void MutateAsDevice(Gateway& gateway, grpc::CallbackServerContext* context, const DeviceToken& device, const std::string& scope,
                    const std::string& request_id, const google::protobuf::Message& request, absl::StatusOr<Command> command,
                    google::protobuf::Message* response, Fill fill, std::function<absl::Status(const Session&)> over,
                    std::function<void(absl::Status)> done) {
  Mutation mutation;
  mutation.org = device.org;
  mutation.actor = "device";
  mutation.abandoned = [context] { return context->IsCancelled(); };
  SetRequest(mutation, absl::StrCat(scope, "\x1f", device.session.value, "\x1f", device.hash), device.hash, request_id,
             request);
  Mutate(
      gateway, std::move(mutation),
      [device, command = std::move(command)](const Org& org) -> absl::StatusOr<Command> {
        const Session* session = FindSession(org, device.session);
        if (session == nullptr || !EqualInConstantTime(session->device_token_hash, device.hash)) return UnknownToken();
        return command;
      },
      response, std::move(fill),
      [&gateway, device, over = std::move(over), done = std::move(done)](const absl::Status& status) {
        // A stranger does not learn which organizations exist.
        const bool no_org = RefusalOf(status).reason == Name(Reason::kOrganizationNotFound);
        if (!absl::IsUnauthenticated(status)) return done(no_org ? UnknownToken() : status);
        Visit visit;
        visit.here = [done](Turn& turn, OrgRuntime&, const Session&) { turn.AfterDurable([done] { done(UnknownToken()); }); };
        visit.gone = [done, over](const Session& session) { done(over(session)); };
        visit.refused = done;
        VisitDevice(gateway, device, std::move(visit));
      });
}

}  // namespace guichet::router

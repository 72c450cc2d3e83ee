#include "router/technician_service.h"

#include "absl/strings/str_cat.h"
#include "router/attach.h"
#include "router/entrance.h"
#include "router/limits.h"
#include "router/parse.h"
#include "router/secrets.h"
#include "router/unary_call.h"
#include "router/validate.h"
#include "router/watch.h"
#include "statemachine/limits.h"

namespace guichet::router {
namespace {

class TechnicianWatch final : public Watch<pb::WatchTechniciansResponse> {
 public:
  TechnicianWatch(Gateway& gateway, grpc::CallbackServerContext* context, OrgId org)
      : Watch(gateway, context, pb::WatchTechniciansRequest::default_instance()),
        scope_(Fingerprint(absl::StrCat("technicians\x1f", org.value))) {}

 protected:
  absl::Status Snapshot(const Org& org, Messages& out) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    out.emplace_back().mutable_snapshot()->set_first(true);
    for (const auto& [id, technician] : org.technicians) {
      if (technician.external_of) continue;
      if (out.back().snapshot().technicians_size() == static_cast<int>(kSnapshotPart)) {
        out.back().set_revision(org.revision.value);
        out.emplace_back();
      }
      ToProto(InfoOf(org, technician), out.back().mutable_snapshot()->add_technicians());
    }
    out.back().mutable_snapshot()->set_complete(true);
    Stamp(org.revision, 0, &out.back());
    return absl::OkStatus();
  }

  absl::Status Resume(const Org& org, const ResumePoint& after) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (after.scope != scope_ || after.revision > org.revision) {
      return InvalidField("resume_token", "is no token of this watch; watch again without it");
    }
    return absl::OkStatus();
  }

  absl::Status Convert(const Published& published, bool from_store, Messages& out) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    // The log keeps no derived status: whoever is behind the entries in memory begins again.
    if (from_store) return absl::AbortedError("behind the entries in memory");
    for (const TechnicianInfo& info : published.technicians) {
      if (!info.technician.external_of) ToProto(info, out.emplace_back().mutable_technician());
    }
    for (const TechnicianId& id : published.deleted) {
      if (!IsExternalId(id)) out.emplace_back().set_deleted_technician_id(id.value);
    }
    return absl::OkStatus();
  }

  void Stamp(Revision revision, uint64_t skip, pb::WatchTechniciansResponse* out) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    out->set_revision(revision.value);
    out->set_resume_token(MakeResumeToken({revision, skip, scope_, 0}, gateway_.store.history()));
  }

 private:
  const uint64_t scope_;
};

}  // namespace

grpc::ServerBidiReactor<pb::AttachConsoleRequest, pb::AttachConsoleResponse>* TechnicianService::AttachConsole(
    grpc::CallbackServerContext* context) {
  return OpenConsoleStream(gateway_, context);
}

grpc::ServerUnaryReactor* TechnicianService::RedeemInvitation(grpc::CallbackServerContext* context,
                                                              const pb::RedeemInvitationRequest* request,
                                                              pb::RedeemInvitationResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  const Time now = gateway_.clock.Now();
  auto check = [&]() -> absl::Status {
    if (request->code().empty()) return InvalidField("code", "required");
    if (absl::Status s = CheckBytes("code", request->code(), kCodeBytes); !s.ok()) return s;
    return CheckRequestId(request->request_id());
  };
  Guess guess(gateway_, PeerAddress(*context), "", request->code(), now);
  absl::Status refused = check();
  absl::StatusOr<CodeTarget> target = refused.ok() ? guess.Try(true) : absl::StatusOr<CodeTarget>(refused);
  if (!target.ok()) {
    call->Done(target.status());
    return call;
  }
  const std::string secret = RandomSecret();
  Mutation mutation;
  mutation.org = target->org;
  mutation.actor = absl::StrCat("technician:", target->external->value);
  mutation.abandoned = [context] { return context->IsCancelled(); };
  SetRequest(mutation, absl::StrCat("invitation\x1f", guess.key()), request->code() + request->request_id(),
             request->request_id(), *request);
  HideRequestKey(mutation);
  const command::RedeemInvitation command{target->session, target->external, guess.key(), Sha256(secret)};
  Mutate(
      gateway_, std::move(mutation), [command](const Org&) -> absl::StatusOr<Command> { return Command{command}; }, response,
      [response, secret, technician = *target->external](const OrgRuntime& rt, const Step& step) {
        response->set_revision(step.entry.revision.value);
        response->set_organization_id(rt.org.id.value);
        response->set_session_id(step.session.value);
        response->set_technician_id(technician.value);
        response->set_token(MakeKeyToken(rt.org.id, KeyId{technician.value}, secret));
      },
      [call, guess](const absl::Status& status) mutable {
        guess.Answered(status);
        call->Done(status);
      });
  return call;
}

grpc::ServerUnaryReactor* TechnicianService::SetStatus(grpc::CallbackServerContext* context,
                                                       const pb::SetStatusRequest* request, pb::SetStatusResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(Right::kSessionsWrite, "set a technician's status");
  command::SetIntent command;
  auto check = [&]() -> absl::Status {
    if (!principal.ok()) return principal.status();
    if (absl::Status s = CheckRequestId(request->request_id()); !s.ok()) return s;
    absl::StatusOr<TechnicianId> technician = Acting(*principal, "technician_id", request->technician_id());
    if (!technician.ok()) return technician.status();
    if (!*technician) return InvalidField("technician_id", "required: name the technician");
    if (request->status() != pb::TECHNICIAN_STATUS_ONLINE && request->status() != pb::TECHNICIAN_STATUS_AWAY) {
      return InvalidField("status", "must be ONLINE or AWAY; BUSY and OFFLINE are automatic");
    }
    if (absl::Status s = CheckChars("reason", request->reason(), limits::kStatusReasonChars); !s.ok()) return s;
    command = {*technician, request->status() == pb::TECHNICIAN_STATUS_AWAY, request->reason()};
    return absl::OkStatus();
  };
  if (absl::Status refused = check(); !refused.ok()) {
    call->Done(refused);
    return call;
  }
  Mutate(
      gateway_, call->Begin(*principal, request->request_id(), *request),
      [command](const Org&) -> absl::StatusOr<Command> { return Command{command}; }, response,
      [response, id = command.technician](const OrgRuntime& rt, const Step& step) {
        response->set_revision(step.entry.revision.value);
        ToProto(InfoOf(rt.org, *FindTechnician(rt.org, id)), response->mutable_technician());
      },
      [call](const absl::Status& status) { call->Done(status); });
  return call;
}

grpc::ServerUnaryReactor* TechnicianService::ListTechnicians(grpc::CallbackServerContext* context,
                                                             const pb::ListTechniciansRequest* request,
                                                             pb::ListTechniciansResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = call->Caller(Right::kColleaguesRead, "list technicians");
  absl::StatusOr<size_t> size = CheckPageSize(request->page_size(), 100, kPageMax);
  absl::Status known = pb::TechnicianStatus_IsValid(request->status())
                           ? absl::OkStatus()
                           : InvalidField("status", "must be ONLINE, AWAY, BUSY or OFFLINE");
  const uint64_t filters =
      Fingerprint(absl::StrCat("technicians\x1f", request->group_id(), "\x1f", static_cast<int>(request->status())));
  absl::StatusOr<std::optional<std::string>> after = ParsePageToken(request->page_token(), filters);
  for (const absl::Status& refused : {principal.status(), size.status(), known, after.status()}) {
    if (refused.ok()) continue;
    call->Done(refused);
    return call;
  }
  Read(
      gateway_, principal->org,
      [response, size = *size, filters, from = TechnicianId{after->value_or("")}, group = GroupId{request->group_id()},
       status = static_cast<int>(request->status())](Turn&, OrgRuntime& rt) -> absl::Status {
        if (group && !rt.org.groups.contains(group)) return GroupNotFound(group);
        response->set_revision(rt.org.revision.value);
        for (auto it = rt.org.technicians.upper_bound(from); it != rt.org.technicians.end(); ++it) {
          const Technician& technician = it->second;
          if (technician.external_of || (group && technician.group != group)) continue;
          if (status != 0 && static_cast<int>(technician.status) != status) continue;
          if (response->technicians_size() == static_cast<int>(size)) {
            const std::string last = response->technicians(response->technicians_size() - 1).technician_id();
            response->set_next_page_token(MakePageToken(filters, last));
            break;
          }
          ToProto(InfoOf(rt.org, technician), response->add_technicians());
        }
        return absl::OkStatus();
      },
      [call](const absl::Status& status) { call->Done(status); });
  return call;
}

grpc::ServerWriteReactor<pb::WatchTechniciansResponse>* TechnicianService::WatchTechnicians(
    grpc::CallbackServerContext* context, const pb::WatchTechniciansRequest* request) {
  absl::StatusOr<Principal> principal = gateway_.directory.Authenticate(BearerToken(*context), gateway_.clock.Now());
  absl::Status refused = principal.status();
  if (refused.ok()) refused = MayCall(*principal, Right::kColleaguesRead, "watch technicians");
  auto token = ParseResumeToken(request->resume_token(), gateway_.store.history());
  if (refused.ok()) refused = token.status();
  auto watch = std::make_shared<TechnicianWatch>(gateway_, context, principal.ok() ? principal->org : OrgId{});
  if (!refused.ok()) {
    watch->Refuse(watch, refused);
    return watch.get();
  }
  if (watch->Open(watch, StreamKind::kWatch, *principal)) watch->Begin(principal->org, *token);
  return watch.get();
}

}  // namespace guichet::router

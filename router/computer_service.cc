#include "router/computer_service.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "router/attach_stream.h"
#include "router/authorize.h"
#include "router/hours.h"
#include "router/limits.h"
#include "router/parse.h"
#include "router/secrets.h"
#include "router/session_reads.h"
#include "router/unary_call.h"
#include "router/validate.h"
#include "statemachine/limits.h"

namespace guichet::router {
namespace {

constexpr char kWhat[] = "reach computers";

// As of a key, since both may call.
absl::Status UnknownToken() { return Unauthenticated("the credential is unknown, expired or revoked"); }

Hours WindowOf(const AccessTerms& terms) { return DailyWindow(terms.from_minute, terms.to_minute, terms.time_zone); }

const Computer* Find(const Org& org, ComputerId id) {
  auto it = org.computers.find(id);
  return it == org.computers.end() ? nullptr : &it->second;
}

// Administrators and integrators revoke all; technicians those of their group, with or without the permission to reach them;
// group administrators those of their groups.
bool MayRevoke(const Principal& principal, const Org& org, const Computer& computer) {
  if (principal.may_act_for_others()) return true;
  const Technician* self = FindMember(org, principal.technician);
  const Technician* owner = OwnerOf(org, computer);
  if (self == nullptr || owner == nullptr) return false;
  return self->group == owner->group || MayActFor(principal, org, owner->id).ok();
}

// … and see and name them, a group's own technicians with the permission alone.
bool Reaches(const Principal& principal, const Org& org, const Computer& computer) {
  if (!MayRevoke(principal, org, computer)) return false;
  if (principal.may_act_for_others()) return true;
  const Technician* owner = OwnerOf(org, computer);
  const bool administers = principal.technician != owner->id && MayActFor(principal, org, owner->id).ok();
  return administers || Allowed(org, principal.technician, Permission::kUnattendedAccess);
}

// Only its group connects: somebody who sees the computer from elsewhere is told so.
absl::Status OfAnotherGroup(const Principal& principal, const Org& org, const Computer& computer,
                            const TechnicianId& technician) {
  const Technician* owner = OwnerOf(org, computer);
  const Technician* self = FindMember(org, technician);
  if (self == nullptr || !Reaches(principal, org, computer)) return absl::OkStatus();
  if (owner != nullptr && owner->group == self->group) return absl::OkStatus();
  return InvalidField("technician_id", owner == nullptr
                                           ? "nobody connects to a computer whose technician was deleted; revoke it"
                                           : absl::StrCat("must be of the computer's group, ", owner->group.value));
}

void ToProto(const Org& org, const Computer& computer, const Agents& agents, Time now, pb::Computer* out) {
  router::ToProto(computer, out);
  out->set_online(agents.Online(org.id, computer.id));
  out->set_window_open(IsOpen(WindowOf(computer.terms), now));
  if (const Session* session = FindSession(org, computer.session)) {
    const Participant* lead = session->lead();
    out->set_session_technician_id(lead != nullptr ? lead->technician.value : session->owner.value);
  }
}

// `part` of the name is in lower case.
bool Matches(const pb::ListComputersRequest& request, const std::string& part, const Org& org, const Computer& computer,
             const Agents& agents) {
  if (!request.technician_id().empty() && computer.technician.value != request.technician_id()) return false;
  if (!request.device_id().empty() && computer.device_id != request.device_id()) return false;
  if (!absl::StrContains(absl::AsciiStrToLower(computer.name), part)) return false;
  return !request.online_only() || agents.Online(org.id, computer.id);
}

absl::StatusOr<Principal> CallerOf(UnaryCall& call, Right right, ComputerService::Callers callers) {
  absl::StatusOr<Principal> principal = call.Caller(right, kWhat);
  if (!principal.ok() || callers == ComputerService::Callers::kAll) return principal;
  return OnlyForCustomers(*principal);
}

ConnectOrder OrderFor(const Org& org, const Session& session, std::string_view secret) {
  const Technician* technician = FindTechnician(org, session.owner);
  return {session.id, MakeDeviceToken(org.id, session.id, secret), technician == nullptr ? "" : technician->display_name,
          session.credentials};
}

// The agent's stream.
class AgentStream final : public AttachStream<pb::AttachComputerRequest, pb::AttachComputerResponse>, public Agent {
 public:
  AgentStream(Gateway& gateway, grpc::CallbackServerContext* context, ComputerToken token)
      : AttachStream(gateway, context), token_(std::move(token)) {}

  void Close(absl::Status why) override { EndStream(std::move(why)); }
  void OnConnect(const ConnectOrder& order) override {
    absl::MutexLock lock(&mu_);
    order_ = order;
    PumpLocked();
  }
  void OnGone(Outcome outcome) override {
    absl::MutexLock lock(&mu_);
    gone_ = outcome;
    PumpLocked();
  }
  void Tick(Time now) override {
    AttachStream::Tick(now);
    if (now >= std::max(last_seen(), this->gateway_.clock.LastPause()) + kAgentGrace) EndStream(HeartbeatsMissed(kAgentGrace));
  }

 protected:
  void Receive(const pb::AttachComputerRequest& request) override {
    if (request.has_hello()) return Hello();
    if (request.has_heartbeat()) return Heartbeat(request.heartbeat().sequence());
    EndStream(InvalidField("message", "required: hello or heartbeat"));
  }

  bool Next(pb::AttachComputerResponse* out) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (gone_) {
      out->mutable_revoked()->set_outcome(static_cast<pb::Outcome>(*gone_));
      gone_.reset();
      last_ = true;
      EndAfterFlushLocked(absl::OkStatus());
      return true;
    }
    if (last_) return false;
    if (welcome_) {
      *out->mutable_welcome() = *std::move(welcome_);
      welcome_.reset();
      welcomed_ = true;
      return true;
    }
    if (!welcomed_) return false;
    if (ack_) {
      out->mutable_heartbeat_ack()->set_sequence(*ack_);
      ack_.reset();
      return true;
    }
    if (!order_) return false;
    pb::ComputerConnect* connect = out->mutable_connect();
    connect->set_session_id(order_->session.value);
    connect->set_device_token(order_->device_token);
    connect->set_technician_name(order_->technician_name);
    connect->set_credential_mode(static_cast<pb::CredentialMode>(order_->credentials));
    order_.reset();
    return true;
  }

  void OnGone() override {
    {
      absl::MutexLock lock(&mu_);
      done_ = true;
    }
    gateway_.agents.Detach(token_.org, token_.computer, this);
  }

 private:
  struct Greeting {
    pb::ComputerWelcome welcome;
    std::optional<ConnectOrder> order;
  };

  // Checks the token and attaches on the shard's thread: a revocation comes before or after, never between.
  void Hello() {
    auto self = std::static_pointer_cast<AgentStream>(this->self());
    auto greeting = std::make_shared<Greeting>();
    Seen(gateway_.clock.Now());
    Read(
        gateway_, token_.org,
        [self, greeting](Turn& turn, OrgRuntime& rt) -> absl::Status {
          const ComputerToken& token = self->token_;
          const Computer* computer = Find(rt.org, token.computer);
          if (computer == nullptr || !EqualInConstantTime(computer->secret_hash, token.hash)) return UnknownToken();
          if (absl::Status admitted = self->Admit(StreamKind::kAgent); !admitted.ok()) return admitted;
          greeting->welcome.set_computer_id(computer->id.value);
          SetDuration(kAgentGrace / 3, greeting->welcome.mutable_heartbeat_interval());
          SetDuration(kAgentGrace, greeting->welcome.mutable_grace());
          SetTime(computer->expires, greeting->welcome.mutable_expire_time());
          greeting->order = OrderAnew(turn, rt, *computer);
          self->gateway_.agents.Attach(token.org, token.computer, self);
          absl::MutexLock lock(&self->mu_);
          // gRPC was done with it before it was attached: nobody else detaches it.
          if (self->done_) self->gateway_.agents.Detach(token.org, token.computer, self.get());
          return absl::OkStatus();
        },
        [self, greeting](const absl::Status& status) {
          if (!status.ok()) {
            // A stranger does not learn which organizations exist.
            const bool no_org = RefusalOf(status).reason == Name(Reason::kOrganizationNotFound);
            self->EndStream(no_org ? UnknownToken() : status);
            return;
          }
          {
            absl::MutexLock lock(&self->mu_);
            self->welcome_ = std::move(greeting->welcome);
            if (greeting->order) self->order_ = std::move(greeting->order);
            self->PumpLocked();
          }
          self->ReadNext();
        });
  }

  // Of a session that waits for this computer: the order before was for a stream that is gone, or for a daemon that has ended.
  static std::optional<ConnectOrder> OrderAnew(Turn& turn, OrgRuntime& rt, const Computer& computer) {
    const ComputerId id = computer.id;
    const std::string secret = RandomSecret();
    absl::StatusOr<Step> step = turn.Apply(rt, command::ReachComputer{id, Sha256(secret)}, "device");
    if (!step.ok() || step->entry.events.empty()) return std::nullopt;
    return OrderFor(rt.org, *SessionAfter(rt, *step), secret);
  }

  const ComputerToken token_;
  std::optional<pb::ComputerWelcome> welcome_ ABSL_GUARDED_BY(mu_);
  bool welcomed_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<ConnectOrder> order_ ABSL_GUARDED_BY(mu_);
  std::optional<Outcome> gone_ ABSL_GUARDED_BY(mu_);
  bool done_ ABSL_GUARDED_BY(mu_) = false;  // gRPC is done with the stream
};

}  // namespace

grpc::ServerUnaryReactor* ComputerService::ListComputers(Context context, const pb::ListComputersRequest* request,
                                                         pb::ListComputersResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = CallerOf(*call, Right::kColleaguesRead, callers_);
  absl::StatusOr<size_t> size = CheckPageSize(request->page_size(), 100, kPageMax);
  pb::ListComputersRequest filter = *request;
  filter.clear_page_size();
  filter.clear_page_token();
  const uint64_t filters = Fingerprint(
      absl::StrCat("computers\x1f", principal.ok() ? principal->org.value : "", "\x1f", filter.SerializeAsString()));
  absl::StatusOr<std::optional<std::string>> token = ParsePageToken(request->page_token(), filters);
  uint64_t after = 0;
  absl::Status refused = principal.status();
  if (refused.ok()) refused = size.status();
  if (refused.ok()) refused = CheckBytes("technician_id", request->technician_id(), limits::kIdBytes);
  if (refused.ok()) refused = CheckBytes("device_id", request->device_id(), limits::kDeviceIdBytes);
  if (refused.ok()) refused = CheckChars("name_contains", request->name_contains(), limits::kNameChars);
  if (refused.ok()) refused = token.status();
  if (refused.ok() && *token && !absl::SimpleAtoi(**token, &after)) {
    refused = InvalidField("page_token", "is not a token of this list");
  }
  if (!refused.ok()) {
    call->Done(refused);
    return call;
  }
  Read(
      gateway_, principal->org,
      [this, request, response, principal = *principal, size = *size, after, filters](Turn& turn, OrgRuntime& rt) {
        response->set_revision(rt.org.revision.value);
        const std::string part = absl::AsciiStrToLower(request->name_contains());
        size_t scanned = 0;
        uint64_t last = after;
        for (auto it = rt.org.computers.upper_bound(ComputerId{after}); it != rt.org.computers.end(); ++it) {
          // A filter that matches little must not hold up the writer.
          if (static_cast<size_t>(response->computers_size()) == size || ++scanned > kLiveScan) {
            response->set_next_page_token(MakePageToken(filters, absl::StrCat(last)));
            break;
          }
          last = it->first.value;
          if (!Reaches(principal, rt.org, it->second) || !Matches(*request, part, rt.org, it->second, gateway_.agents))
            continue;
          ToProto(rt.org, it->second, gateway_.agents, turn.now(), response->add_computers());
        }
        return absl::OkStatus();
      },
      [call](const absl::Status& status) { call->Done(status); });
  return call;
}

grpc::ServerUnaryReactor* ComputerService::ConnectComputer(Context context, const pb::ConnectComputerRequest* request,
                                                           pb::ConnectComputerResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = CallerOf(*call, Right::kSessionsWrite, callers_);
  absl::StatusOr<TechnicianId> technician = principal.ok() ? Acting(*principal, "technician_id", request->technician_id())
                                                           : absl::StatusOr<TechnicianId>(principal.status());
  absl::Status refused = technician.status();
  if (refused.ok()) refused = CheckRequestId(request->request_id());
  if (refused.ok() && !*technician) refused = InvalidField("technician_id", "required: name the technician");
  if (refused.ok() && request->computer_id() == 0) refused = InvalidField("computer_id", "required");
  if (!refused.ok()) {
    call->Done(refused);
    return call;
  }
  const ComputerId id{request->computer_id()};
  const std::string secret = RandomSecret();
  auto order = std::make_shared<std::optional<ConnectOrder>>();  // of the first answer, not of its repetitions
  Mutate(
      gateway_, call->Begin(*principal, request->request_id(), *request),
      [this, id, principal = *principal, technician = *technician,
       hash = Sha256(secret)](const Org& org) -> absl::StatusOr<Command> {
        command::ConnectComputer command{id, technician, true, kNoTime, hash, gateway_.agents.Online(org.id, id)};
        if (const Computer* computer = Find(org, id)) {
          if (absl::Status other = OfAnotherGroup(principal, org, *computer, technician); !other.ok()) return other;
          const Time now = gateway_.clock.Now();
          const Hours window = WindowOf(computer->terms);
          command.open = IsOpen(window, now);
          command.open_until = NextChange(window, now).value_or(kNoTime);
        }
        return Command{command};
      },
      response,
      [response, secret, order](const OrgRuntime& rt, const Step& step) {
        const Session& session = *SessionAfter(rt, step);
        response->set_revision(step.entry.revision.value);
        ToProto(session, &rt.org, response->mutable_session());
        *order = OrderFor(rt.org, session, secret);
      },
      [this, call, id, org = principal->org, order](const absl::Status& status) {
        if (status.ok() && *order) gateway_.agents.Order(org, id, **order);
        call->Done(status);
      });
  return call;
}

grpc::ServerUnaryReactor* ComputerService::UpdateComputer(Context context, const pb::UpdateComputerRequest* request,
                                                          pb::UpdateComputerResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Principal> principal = CallerOf(*call, Right::kSessionsWrite, callers_);
  absl::Status refused = principal.status();
  if (refused.ok()) refused = CheckRequestId(request->request_id());
  if (refused.ok() && request->computer_id() == 0) refused = InvalidField("computer_id", "required");
  if (refused.ok()) refused = CheckDisplayName("name", request->name());
  if (!refused.ok()) {
    call->Done(refused);
    return call;
  }
  Mutate(
      gateway_, call->Begin(*principal, request->request_id(), *request),
      [principal = *principal, command = command::RenameComputer{ComputerId{request->computer_id()}, request->name()}](
          const Org& org) -> absl::StatusOr<Command> {
        const Computer* computer = Find(org, command.computer);
        if (computer == nullptr || !Reaches(principal, org, *computer)) return ComputerNotFound(command.computer);
        return Command{command};
      },
      response,
      [this, response, id = ComputerId{request->computer_id()}](const OrgRuntime& rt, const Step& step) {
        response->set_revision(step.entry.revision.value);
        if (const Computer* computer = Find(rt.org, id)) {
          ToProto(rt.org, *computer, gateway_.agents, gateway_.clock.Now(), response->mutable_computer());
        }
      },
      [call](const absl::Status& status) { call->Done(status); });
  return call;
}

grpc::ServerUnaryReactor* ComputerService::RevokeComputer(Context context, const pb::RevokeComputerRequest* request,
                                                          pb::RevokeComputerResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  const Fill fill = [response](const OrgRuntime&, const Step& step) { response->set_revision(step.entry.revision.value); };
  absl::Status refused = CheckRequestId(request->request_id());
  if (std::optional<ComputerToken> token = ParseComputerToken(BearerToken(*context))) {
    if (request->computer_id() != 0 && request->computer_id() != token->computer.value) {
      refused = InvalidField("computer_id", "must be 0 or that of the computer token");
    }
    Mutation mutation;
    mutation.org = token->org;
    mutation.actor = "device";
    mutation.abandoned = [context] { return context->IsCancelled(); };
    SetRequest(mutation, absl::StrCat("computer\x1f", token->computer.value, "\x1f", token->hash), token->hash,
               request->request_id(), *request);
    Mutate(
        gateway_, std::move(mutation),
        [token = *token, refused](const Org& org) -> absl::StatusOr<Command> {
          const Computer* computer = Find(org, token.computer);
          if (computer == nullptr || !EqualInConstantTime(computer->secret_hash, token.hash)) return UnknownToken();
          if (!refused.ok()) return refused;
          return Command{command::RevokeComputer{token.computer}};
        },
        response, fill,
        [call](const absl::Status& status) {
          const bool no_org = RefusalOf(status).reason == Name(Reason::kOrganizationNotFound);
          call->Done(no_org ? UnknownToken() : status);
        });
    return call;
  }
  absl::StatusOr<Principal> principal = CallerOf(*call, Right::kSessionsWrite, callers_);
  if (!principal.ok()) refused = principal.status();
  if (refused.ok() && request->computer_id() == 0) refused = InvalidField("computer_id", "required");
  if (!refused.ok()) {
    call->Done(refused);
    return call;
  }
  Mutate(
      gateway_, call->Begin(*principal, request->request_id(), *request),
      [principal = *principal, id = ComputerId{request->computer_id()}](const Org& org) -> absl::StatusOr<Command> {
        const Computer* computer = Find(org, id);
        if (computer == nullptr || !MayRevoke(principal, org, *computer)) return ComputerNotFound(id);
        return Command{command::RevokeComputer{id}};
      },
      response, fill, [call](const absl::Status& status) { call->Done(status); });
  return call;
}

grpc::ServerBidiReactor<pb::AttachComputerRequest, pb::AttachComputerResponse>* ComputerService::AttachComputer(
    Context context) {
  const std::string bearer = BearerToken(*context);
  std::optional<ComputerToken> token = ParseComputerToken(bearer);
  auto stream = std::make_shared<AgentStream>(gateway_, context, token ? *token : ComputerToken{});
  if (!token) {
    stream->Refuse(stream, bearer.empty()
                               ? Unauthenticated("no credential: send the metadata \"authorization: Bearer COMPUTER_TOKEN\"")
                               : UnknownToken());
    return stream.get();
  }
  if (stream->Open(stream, StreamKind::kNewcomer, Principal{.org = token->org})) stream->Begin();
  return stream.get();
}

}  // namespace guichet::router

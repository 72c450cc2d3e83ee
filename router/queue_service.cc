#include "router/queue_service.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "router/queue_view.h"
#include "router/secrets.h"
#include "router/unary_call.h"
#include "router/validate.h"
#include "router/watch.h"
#include "statemachine/timers.h"

namespace guichet::router {
namespace {

class QueueWatch final : public Watch<pb::WatchQueueResponse> {
 public:
  QueueWatch(Gateway& gateway, grpc::CallbackServerContext* context, Principal principal, QueueScope scope)
      : Watch(gateway, context, pb::WatchQueueRequest::default_instance()),
        principal_(std::move(principal)),
        scope_(std::move(scope)) {}

 public:
  bool IsAboutHim(const Published& published) const override {
    return std::any_of(published.technicians.begin(), published.technicians.end(),
                       [&](const TechnicianInfo& info) { return info.technician.id == scope_.technician; });
  }

 protected:
  absl::Status Snapshot(const Org& org, Messages& out) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (absl::Status learned = Learn(org); !learned.ok()) return learned;
    out.emplace_back().mutable_snapshot()->set_first(true);
    VisitQueue(org, scope_, SessionId{}, [&](const Session& session, EntryState state) {
      if (out.back().snapshot().entries_size() == static_cast<int>(kSnapshotPart)) {
        out.back().set_revision(org.revision.value);
        out.emplace_back();
      }
      ToWatched(session, scope_.technician, state, UrgentAt(org, session), out.back().mutable_snapshot()->add_entries());
      return true;
    });
    out.back().mutable_snapshot()->set_complete(true);
    Stamp(org.revision, 0, &out.back());
    return absl::OkStatus();
  }

  absl::Status Resume(const Org& org, const ResumePoint& after) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (absl::Status learned = Learn(org); !learned.ok()) return learned;
    if (after.scope != scope_hash_ || after.revision > org.revision) {
      return InvalidField("resume_token", "is no token of this watch; watch again without it");
    }
    return after.membership == membership_ ? absl::OkStatus() : absl::AbortedError("the technician serves other channels");
  }

  absl::Status Convert(const Published& published, bool, Messages& out) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const LogEntry& entry = published.entry;
    for (const Event& event : entry.events) {
      if (const auto* deleted = std::get_if<event::TechnicianDeleted>(&event);
          deleted && deleted->technician == scope_.technician) {
        return TechnicianNotFound(scope_.technician);
      }
      if (ChangesMembership(event)) return absl::AbortedError("the technician serves other channels");
    }
    for (size_t i = 0; i < entry.sessions.size(); ++i) ConvertSession(entry, entry.sessions[i], published.UrgencyOf(i), out);
    return absl::OkStatus();
  }

  void Stamp(Revision revision, uint64_t skip, pb::WatchQueueResponse* out) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    out->set_revision(revision.value);
    out->set_resume_token(MakeResumeToken({revision, skip, scope_hash_, membership_}, gateway_.store.history()));
  }

 private:
  // What of the organization decides which pools the technician sees.
  absl::Status Learn(const Org& org) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const Technician* technician = FindTechnician(org, scope_.technician);
    if (technician == nullptr) return TechnicianNotFound(scope_.technician);
    // The technician may have moved out of the groups that the caller administers.
    if (absl::Status may = MayActFor(principal_, org, scope_.technician); !may.ok()) return may;
    if (scope_.channel && !org.channels.contains(scope_.channel)) return ChannelNotFound(scope_.channel);
    group_ = technician->group;
    disabled_ = technician->disabled;
    served_ = ChannelsServedBy(org, scope_.technician);
    membership_ = MembershipHash();
    return absl::OkStatus();
  }

  uint64_t MembershipHash() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    std::string text = absl::StrCat(group_.value, disabled_ ? "\x1f"
                                                              "disabled"
                                                            : "");
    for (const ChannelId& channel : served_) absl::StrAppend(&text, "\x1f", channel.value);
    return Fingerprint(text);
  }

  bool ChangesMembership(const Event& event) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (const auto* put = std::get_if<event::TechnicianPut>(&event)) {
      return put->technician == scope_.technician && (put->config.group != group_ || put->config.disabled != disabled_);
    }
    if (const auto* put = std::get_if<event::ChannelPut>(&event)) {
      const Channel& channel = put->channel;
      const bool serves =
          !disabled_ &&
          (std::find(channel.groups.begin(), channel.groups.end(), group_) != channel.groups.end() ||
           std::find(channel.technicians.begin(), channel.technicians.end(), scope_.technician) != channel.technicians.end());
      return serves != Serving(channel.id);
    }
    const auto* deleted = std::get_if<event::ChannelDeleted>(&event);
    return deleted != nullptr && Serving(deleted->channel);
  }

  bool Serving(const ChannelId& channel) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return std::find(served_.begin(), served_.end(), channel) != served_.end();
  }

  bool Serving(const Queue& queue) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return queue.group ? !disabled_ && queue.group == group_ : Serving(queue.channel);
  }

  // A rule of its queue moved it out of the channel of the tab, though he may see the same of it.
  bool LeftChannel(const LogEntry& entry, const Session& session) const {
    if (scope_.tab != pb::QUEUE_TAB_CHANNEL || session.channel == scope_.channel) return false;
    return std::any_of(entry.events.begin(), entry.events.end(), [&](const Event& event) {
      const auto* redirected = std::get_if<event::Redirected>(&event);
      return redirected != nullptr && redirected->session == session.id && redirected->from.channel == scope_.channel;
    });
  }

  void ConvertSession(const LogEntry& entry, const SessionChange& change, Time urgent, Messages& out)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (entry.trigger == Trigger::kChat) return;  // no row shows it
    const Session& session = *change.after;
    const EntryChange* own = nullptr;
    std::optional<EntryChange> pool;  // of the queues that he serves; a redirected session leaves one and enters another
    for (const EntryChange& c : change.changes) {
      if (c.technician == scope_.technician) own = &c;
      if (c.technician || !Serving(c.pool)) continue;
      if (!pool) {
        pool = c;
      } else {
        pool->to = c.to;
      }
    }
    const EntryMark* mark = nullptr;
    for (const EntryMark& m : session.marks) {
      if (m.technician == scope_.technician) mark = &m;
    }
    EntryState from = EntryState::kNone;
    EntryState to = EntryState::kNone;
    if (own != nullptr) {
      from = own->from;
      to = own->to;
    } else if (mark != nullptr) {
      from = to = mark->state;
    } else if (pool) {
      from = pool->from;
      to = pool->to;
    } else if (!Serving(session.queue())) {
      return;
    } else {
      from = to = session.pool.state;
    }
    const bool nothing = to == EntryState::kNone || (to == EntryState::kRemoved && (from == to || from == EntryState::kNone));
    if (nothing) return;
    const bool in_tab = InTab(scope_, session, to);
    const bool was_in_tab =
        (from != EntryState::kNone && from != to && (scope_.tab == pb::QUEUE_TAB_ACTIVE || InTab(scope_, session, from))) ||
        (from != EntryState::kNone && LeftChannel(entry, session));
    if (!in_tab && !was_in_tab) return;
    pb::WatchQueueResponse& message = out.emplace_back();
    pb::QueueChange* queue_change = message.mutable_change();
    queue_change->set_from(ToProto(from));
    ToWatched(session, scope_.technician, to, urgent, queue_change->mutable_entry());
    queue_change->set_in_tab(in_tab);
    queue_change->set_trigger(std::string(Name(entry.trigger)));
    queue_change->set_row(RowName(from, to, entry.trigger, session.method == Method::kMonitoring));
    queue_change->set_actor(entry.actor);
  }

  const Principal principal_;
  const QueueScope scope_;
  const uint64_t scope_hash_ = scope_.Fingerprint();
  GroupId group_ ABSL_GUARDED_BY(mu_);
  bool disabled_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<ChannelId> served_ ABSL_GUARDED_BY(mu_);
  uint64_t membership_ ABSL_GUARDED_BY(mu_) = 0;  // MembershipHash
};

}  // namespace

grpc::ServerUnaryReactor* QueueService::ListQueue(grpc::CallbackServerContext* context, const pb::ListQueueRequest* request,
                                                  pb::ListQueueResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  auto run = [&]() -> absl::Status {
    absl::StatusOr<Principal> principal = call->Caller(Right::kSessionsRead, "list queues");
    if (!principal.ok()) return principal.status();
    absl::StatusOr<QueueScope> scope =
        MakeQueueScope(*principal, request->technician_id(), request->tab(), request->channel_id());
    if (!scope.ok()) return scope.status();
    absl::StatusOr<size_t> size = CheckPageSize(request->page_size(), kPageDefault, kPageMax);
    if (!size.ok()) return size.status();
    const uint64_t filters = scope->Fingerprint();
    absl::StatusOr<std::optional<std::string>> after = ParsePageToken(request->page_token(), filters);
    if (!after.ok()) return after.status();
    SessionId from;
    if (*after && !absl::SimpleAtoi(**after, &from.value)) return InvalidField("page_token", "is not a token of this list");
    Read(
        gateway_, principal->org,
        [response, scope = *scope, size = *size, filters, from](Turn&, OrgRuntime& rt) -> absl::Status {
          if (FindTechnician(rt.org, scope.technician) == nullptr) return TechnicianNotFound(scope.technician);
          if (scope.channel && !rt.org.channels.contains(scope.channel)) return ChannelNotFound(scope.channel);
          response->set_revision(rt.org.revision.value);
          uint64_t last = 0;
          VisitQueue(rt.org, scope, from, [&](const Session& session, EntryState state) {
            if (response->entries_size() == static_cast<int>(size)) {
              response->set_next_page_token(MakePageToken(filters, absl::StrCat(last)));
              return false;
            }
            last = session.id.value;
            ToProto(session, scope.technician, state, &rt.org, response->add_entries());
            return true;
          });
          return absl::OkStatus();
        },
        [call](const absl::Status& status) { call->Done(status); });
    return absl::OkStatus();
  };
  if (absl::Status refused = run(); !refused.ok()) call->Done(refused);
  return call;
}

grpc::ServerWriteReactor<pb::WatchQueueResponse>* QueueService::WatchQueue(grpc::CallbackServerContext* context,
                                                                           const pb::WatchQueueRequest* request) {
  absl::StatusOr<Principal> principal = gateway_.directory.Authenticate(BearerToken(*context), gateway_.clock.Now());
  absl::Status refused = principal.status();
  if (principal.ok()) refused = MayCall(*principal, Right::kSessionsRead, "watch queues");
  absl::StatusOr<QueueScope> scope =
      refused.ok() ? MakeQueueScope(*principal, request->technician_id(), request->tab(), request->channel_id())
                   : absl::StatusOr<QueueScope>(refused);
  if (!scope.ok()) refused = scope.status();
  auto token = ParseResumeToken(request->resume_token(), gateway_.store.history());
  if (refused.ok()) refused = token.status();
  auto watch = std::make_shared<QueueWatch>(gateway_, context, principal.ok() ? *principal : Principal{},
                                            scope.ok() ? *scope : QueueScope{});
  if (!refused.ok()) {
    watch->Refuse(watch, refused);
    return watch.get();
  }
  if (watch->Open(watch, StreamKind::kWatch, *principal)) watch->Begin(principal->org, *token);
  return watch.get();
}

}  // namespace guichet::router

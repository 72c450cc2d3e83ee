#include "router/delivery_service.h"

#include <deque>

#include "absl/time/time.h"
#include "router/authorize.h"
#include "router/limits.h"
#include "router/message_template.h"
#include "router/stream.h"
#include "router/unary_call.h"
#include "router/validate.h"
#include "statemachine/limits.h"

namespace guichet::router {
namespace {

constexpr char kWhat[] = "handle deliveries";

// "18:30 UTC": codes live for minutes.
std::string Clock(Time time) { return absl::FormatTime("%H:%M UTC", absl::FromChrono(time), absl::UTCTimeZone()); }

void ToProto(const Gateway& gateway, const Org& org, const DeliveryKey& key, pb::WatchDeliveriesResponse* out) {
  const Session& session = *FindSession(org, key.session);
  const Participant* external = key.technician ? session.Find(key.technician) : nullptr;
  const Delivery& delivery = external != nullptr ? external->delivery : session.delivery;
  // Of these methods the key of a code is the code itself.
  const std::string& code = external != nullptr ? external->code_key : session.code_key;
  const Time expires = external != nullptr ? external->code_expires : session.code_expires;
  const Participant* lead = session.lead();
  const Technician* inviter = FindTechnician(org, external != nullptr && lead != nullptr ? lead->technician : session.owner);

  out->set_session_id(session.id.value);
  out->set_technician_id(key.technician.value);
  out->set_method(external != nullptr ? pb::METHOD_EMAIL : static_cast<pb::Method>(session.method));
  out->set_address(delivery.address);
  out->set_code(code);
  if (expires != kNoTime) SetTime(expires, out->mutable_expire_time());
  out->set_name(external != nullptr ? external->external_name.get() : session.profile.name);
  out->set_language(external != nullptr ? delivery.language : session.profile.language.get());
  if (inviter != nullptr) out->set_technician_name(inviter->display_name);
  const std::string& base = external != nullptr ? gateway.invitation_base_url : gateway.link_base_url;
  if (!base.empty()) out->set_link(base + code);
  out->set_attempt(delivery.attempts + 1);

  const MessageKind kind = external != nullptr              ? MessageKind::kExternalInvitation
                           : session.method == Method::kSms ? MessageKind::kSmsInvitation
                                                            : MessageKind::kEmailInvitation;
  const RenderedMessage message = Render(org.settings.templates, kind, out->language(), org.settings.default_language,
                                         {.customer = session.profile.name,
                                          .technician = out->technician_name(),
                                          .organization = org.display_name,
                                          .code = code,
                                          .link = out->link(),
                                          .expires = expires == kNoTime ? std::string() : Clock(expires)});
  out->set_subject(message.subject);
  out->set_text(message.text);
}

// Walks along the invitations that wait, in the order in which they came to be handed over, a page at a time. The log only says
// when there may be more: so a watcher that is far behind misses nothing and holds no more than a page.
class DeliveryWatch final : public Stream<grpc::ServerWriteReactor<pb::WatchDeliveriesResponse>, pb::WatchDeliveriesResponse>,
                            public Listener {
 public:
  DeliveryWatch(Gateway& gateway, grpc::CallbackServerContext* context, OrgId org)
      : Stream(gateway, context, pb::WatchDeliveriesRequest::default_instance()), org_(std::move(org)) {}

  // Requires Open.
  void Begin() { Load(DeliveryKey{}); }

  void Poke() override {
    absl::MutexLock lock(&mu_);
    more_ = true;
    PumpLocked();
  }

  void Tick(Time now) override { CancelIfStalled(now); }

 protected:
  bool Next(pb::WatchDeliveriesResponse* out) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (ready_.empty()) {
      LoadMoreLocked();
      return false;
    }
    *out = std::move(ready_.front());
    ready_.pop_front();
    return true;
  }

 private:
  struct Page {
    std::deque<pb::WatchDeliveriesResponse> invitations;
    Revision revision;
    DeliveryKey last;
    bool more = false;  // than fit into the page
  };

  // Whether the log has an invitation that no page has covered.
  bool AnyInLog() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    std::vector<PublishedPtr> entries;
    while (true) {
      entries.clear();
      if (!feed_->Read(seen_, kLogPage, entries)) return true;  // it moved on too far to tell
      if (entries.empty()) return false;
      seen_ = entries.back()->entry.revision;
      for (const PublishedPtr& published : entries) {
        for (const Event& event : published->entry.events) {
          if (Hands(event)) return true;
        }
      }
    }
  }

  void LoadMoreLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (!more_ || loading_ || closing()) return;
    more_ = false;
    if (!page_full_ && !AnyInLog()) return;
    loading_ = true;
    // From a thread that holds no lock: a shard that refuses answers in the same call.
    auto self = std::static_pointer_cast<DeliveryWatch>(this->self());
    if (!gateway_.workers.Run([self, last = last_] { self->Load(last); })) {
      EndAfterFlushLocked(BusyReads());
    }
  }

  // Whether the event may put an invitation behind those that were taken.
  static bool Hands(const Event& event) {
    if (const auto* created = std::get_if<event::SessionCreated>(&event)) return !created->delivery_address.empty();
    if (const auto* invited = std::get_if<event::ExternalInvited>(&event)) return invited->deliver;
    return std::holds_alternative<event::DeliveryDue>(event);
  }

  void Load(DeliveryKey after) {
    auto self = std::static_pointer_cast<DeliveryWatch>(this->self());
    auto page = std::make_shared<Page>();
    Read(
        gateway_, org_,
        [self, after, page](Turn&, OrgRuntime& rt) {
          self->Follow(rt.feed);
          page->revision = rt.org.revision;
          page->last = after;
          for (auto it = rt.deliveries.upper_bound(after); it != rt.deliveries.end(); ++it) {
            page->more = page->invitations.size() == kDeliveriesPage;
            if (page->more) break;
            ToProto(self->gateway_, rt.org, *it, &page->invitations.emplace_back());
            page->last = *it;
          }
          return absl::OkStatus();
        },
        [self, page](const absl::Status& status) {
          if (status.ok()) {
            self->Take(*page);
          } else {
            self->EndStream(status);
          }
        });
  }

  void Take(Page& page) {
    absl::MutexLock lock(&mu_);
    loading_ = false;
    seen_ = std::max(seen_, page.revision);
    last_ = page.last;
    ready_.swap(page.invitations);
    page_full_ = page.more;
    more_ = true;
    PumpLocked();
  }

  void Follow(const std::shared_ptr<Feed>& feed) {
    absl::MutexLock lock(&mu_);
    if (feed_ == nullptr) feed->Subscribe(std::weak_ptr<Listener>(std::static_pointer_cast<DeliveryWatch>(self())));
    feed_ = feed;
  }

  const OrgId org_;
  std::shared_ptr<Feed> feed_ ABSL_GUARDED_BY(mu_);  // null until the first page
  Revision seen_ ABSL_GUARDED_BY(mu_);               // of the log
  DeliveryKey last_ ABSL_GUARDED_BY(mu_);            // invitations up to this one were taken
  std::deque<pb::WatchDeliveriesResponse> ready_ ABSL_GUARDED_BY(mu_);
  bool loading_ ABSL_GUARDED_BY(mu_) = true;     // the shard or a worker will go on
  bool page_full_ ABSL_GUARDED_BY(mu_) = false;  // there was more than the page
  bool more_ ABSL_GUARDED_BY(mu_) = false;       // there may be more: the log went on, or the page was full
};

}  // namespace

grpc::ServerWriteReactor<pb::WatchDeliveriesResponse>* DeliveryService::WatchDeliveries(Context context,
                                                                                        const pb::WatchDeliveriesRequest*) {
  absl::StatusOr<Principal> principal = gateway_.directory.Authenticate(BearerToken(*context), gateway_.clock.Now());
  absl::Status refused = principal.status();
  if (refused.ok()) refused = MayCall(*principal, Right::kDeliveries, kWhat);
  auto watch = std::make_shared<DeliveryWatch>(gateway_, context, refused.ok() ? principal->org : OrgId{});
  if (!refused.ok()) {
    watch->Refuse(watch, refused);
    return watch.get();
  }
  if (watch->Open(watch, StreamKind::kWatch, *principal)) watch->Begin();
  return watch.get();
}

grpc::ServerUnaryReactor* DeliveryService::ReportDelivery(Context context, const pb::ReportDeliveryRequest* request,
                                                          pb::ReportDeliveryResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  auto run = [&]() -> absl::Status {
    absl::StatusOr<Principal> principal = call->Caller(Right::kDeliveries, kWhat);
    if (!principal.ok()) return principal.status();
    if (absl::Status id = CheckRequestId(request->request_id()); !id.ok()) return id;
    if (request->session_id() == 0) return InvalidField("session_id", "required");
    const bool retry = request->state() == pb::DELIVERY_STATE_RETRY;
    if (!retry && request->state() != pb::DELIVERY_STATE_SENT && request->state() != pb::DELIVERY_STATE_FAILED) {
      return InvalidField("state", "must be SENT, FAILED or RETRY");
    }
    if (!request->technician_id().empty()) {
      if (absl::Status id = CheckTechnicianId("technician_id", request->technician_id()); !id.ok()) return id;
    }
    if (absl::Status detail = CheckChars("detail", request->detail(), limits::kDeliveryDetailChars); !detail.ok())
      return detail;
    command::ReportDelivery command{SessionId{request->session_id()}, TechnicianId{request->technician_id()},
                                    retry ? DeliveryState::kRequested : static_cast<DeliveryState>(request->state()),
                                    request->detail()};
    Mutate(
        gateway_, call->Begin(*principal, request->request_id(), *request),
        [command = std::move(command)](const Org&) -> absl::StatusOr<Command> { return Command{command}; }, response,
        [response](const OrgRuntime&, const Step& step) { response->set_revision(step.entry.revision.value); },
        [call](const absl::Status& status) { call->Done(status); });
    return absl::OkStatus();
  };
  if (absl::Status refused = run(); !refused.ok()) call->Done(refused);
  return call;
}

}  // namespace guichet::router

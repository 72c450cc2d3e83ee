#include "router/chat_service.h"

#include <deque>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "router/authorize.h"
#include "router/convert.h"
#include "router/device_visit.h"
#include "router/limits.h"
#include "router/parse.h"
#include "router/secrets.h"
#include "router/session_reads.h"
#include "router/stream.h"
#include "router/unary_call.h"
#include "router/validate.h"
#include "router/watch.h"
#include "statemachine/limits.h"
#include "statemachine/refusal.h"
#include "store/keys.h"

namespace guichet::router {
namespace {

// Who reads a session's chat: a principal, or the customer by his token.
struct Reader {
  OrgId org;
  SessionId session;
  std::optional<Principal> principal;
  std::optional<DeviceToken> device;
  absl::Status form;  // what is wrong with the request, told to whoever has a good credential
  bool customer() const { return device.has_value(); }
};

// By the credential of the call. `session_id` is what the request names.
absl::StatusOr<Reader> ReaderOf(Gateway& gateway, grpc::CallbackServerContext* context, uint64_t session_id,
                                ChatService::Callers callers) {
  const std::string bearer = BearerToken(*context);
  if (std::optional<DeviceToken> device = ParseDeviceToken(bearer)) {
    const bool his = session_id == 0 || session_id == device->session.value;
    return Reader{device->org, device->session, std::nullopt, *device,
                  his ? absl::OkStatus() : InvalidField("session_id", "must be 0 or that of the device token")};
  }
  absl::StatusOr<Principal> principal = gateway.directory.Authenticate(bearer, gateway.clock.Now());
  if (!principal.ok()) return principal.status();
  if (callers == ChatService::Callers::kCustomers) return OnlyForCustomers(*principal);
  if (absl::Status may = MayCall(*principal, Right::kSessionsRead, "read chats"); !may.ok()) return may;
  if (session_id == 0) return InvalidField("session_id", "required");
  return Reader{principal->org, SessionId{session_id}, *principal, std::nullopt, absl::OkStatus()};
}

uint64_t ScopeOf(const Reader& reader) {
  return Fingerprint(absl::StrCat("chat\x1f", reader.org.value, "\x1f", reader.session.value));
}

bool ToMessage(const event::ChatSent& sent, Revision revision, Time time, bool customer, pb::ChatMessage* out) {
  if (customer && sent.technicians_only) return false;
  out->set_revision(revision.value);
  SetTime(time, out->mutable_create_time());
  if (!customer) out->set_technician_id(sent.technician.value);
  out->set_name(sent.name);
  out->set_technicians_only(sent.technicians_only);
  out->set_text(sent.text);
  return true;
}

// Messages of the timeline after a revision, up to another; `take` returns false to stop. On a worker.
absl::Status ScanChat(Gateway& gateway, const Reader& reader, Revision after, Revision until,
                      const std::function<bool(const pb::ChatMessage&)>& take) {
  absl::Status bad;
  absl::Status scan =
      gateway.store.Scan(store::OrgKey{reader.org.value},
                         {store::Family::kTimeline, store::PairKey(reader.session.value, after.value + 1),
                          store::PairKey(reader.session.value + 1, 0)},
                         [&](std::string_view, std::string_view value) {
                           absl::StatusOr<store::TimelineItem> item = store::DecodeTimelineItem(value);
                           if (!item.ok()) {
                             bad = item.status();
                             return false;
                           }
                           if (item->revision > until) return false;
                           for (const Event& event : item->events) {
                             const auto* sent = std::get_if<event::ChatSent>(&event);
                             pb::ChatMessage message;
                             if (sent == nullptr || !ToMessage(*sent, item->revision, item->time, reader.customer(), &message))
                               continue;
                             if (!take(message)) return false;
                           }
                           return true;
                         });
  return scan.ok() ? bad : scan;
}

// Checks that the reader may read, and calls `may` with the last revision that is durable by then and whether the session has
// ended, or `refused`; both on any thread. `follow` is called on the shard's thread, unless the session has left memory.
struct Opened {
  Revision revision;
  bool ended = false;
};
void OpenChat(Gateway& gateway, const Reader& reader, std::function<absl::Status(const std::shared_ptr<Feed>&)> follow,
              std::function<void(Opened)> may, std::function<void(absl::Status)> refused) {
  auto opened = std::make_shared<Opened>();
  if (reader.device) {
    Visit visit;
    visit.here = [follow, may, refused, opened, form = reader.form](Turn& turn, OrgRuntime& rt, const Session& session) {
      absl::Status follows = form.ok() ? follow(rt.feed) : form;
      *opened = {rt.org.revision, session.ended_already()};
      turn.AfterDurable([may, refused, opened, follows] { follows.ok() ? may(*opened) : refused(follows); });
    };
    visit.gone = [may, refused, form = reader.form](const Session& session) {
      form.ok() ? may({session.revision, true}) : refused(form);
    };
    visit.refused = std::move(refused);
    VisitDevice(gateway, *reader.device, std::move(visit));
    return;
  }
  Read(
      gateway, reader.org,
      [reader, follow, opened](Turn&, OrgRuntime& rt) -> absl::Status {
        const Session* session = FindSession(rt.org, reader.session);
        if (!MayReadSession(*reader.principal, rt.org, reader.session)) return SessionNotFound(reader.session);
        if (session == nullptr && reader.session > rt.org.last_session) return SessionNotFound(reader.session);
        *opened = {rt.org.revision, session == nullptr || session->ended_already()};
        return session == nullptr ? absl::OkStatus() : follow(rt.feed);
      },
      [may, refused, opened](const absl::Status& status) { status.ok() ? may(*opened) : refused(status); });
}

// Looks into the session's timeline whenever something touched the session. Each look asks again whether the reader may read,
// so whoever is out of the session gets nothing that came later.
class ChatWatch final : public Stream<grpc::ServerWriteReactor<pb::WatchChatResponse>, pb::WatchChatResponse>, public Listener {
 public:
  ChatWatch(Gateway& gateway, grpc::CallbackServerContext* context, const pb::WatchChatRequest& request)
      : Stream(gateway, context, request) {}

  // `after`: a resume token, or nullopt for all messages. Requires Open.
  void Begin(Reader reader, const std::optional<ResumePoint>& after) {
    reader_ = std::move(reader);
    if (after) {
      absl::MutexLock lock(&mu_);
      seen_ = after->revision;
    }
    Load();
  }

  void Poke() override {
    absl::MutexLock lock(&mu_);
    more_ = true;
    PumpLocked();
  }
  void Tick(Time now) override {
    CancelIfStalled(now);
    Pump();  // a look that found the daemon busy
  }

 protected:
  bool Next(pb::WatchChatResponse* out) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (ready_.empty()) {
      LoadMoreLocked();
      if (loading_ || more_ || told_ || ended_) return false;
      told_ = true;
      out->set_revision(seen_.value);
      out->set_resume_token(TokenAfter(seen_));
      return true;
    }
    *out->mutable_message() = std::move(ready_.front());
    ready_.pop_front();
    out->set_resume_token(TokenAfter(Revision{out->message().revision()}));
    return true;
  }

 private:
  std::string TokenAfter(Revision revision) const {
    return MakeResumeToken({revision, 0, ScopeOf(reader_), 0}, gateway_.store.history());
  }

  void LoadMoreLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (loading_ || closing()) return;
    if (ended_) EndAfterFlushLocked(absl::OkStatus());
    if (ended_ || !more_) return;
    more_ = false;
    loading_ = true;
    // From a thread that holds no lock: a shard that refuses answers in the same call.
    auto self = std::static_pointer_cast<ChatWatch>(this->self());
    if (!gateway_.workers.Run([self] { self->Load(); })) LaterLocked();
  }

  // At the next tick: a busy daemon does not end a watch that has begun.
  void LaterLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    loading_ = false;
    more_ = true;
  }

  // From the shard what is durable, from the store what was missed.
  void Load() {
    auto self = std::static_pointer_cast<ChatWatch>(this->self());
    OpenChat(
        gateway_, reader_, [self](const std::shared_ptr<Feed>& feed) { return self->Follow(feed); },
        [self](const Opened& opened) {
          if (!self->gateway_.workers.Run([self, opened] { self->ReadMissed(opened); })) self->Refused(BusyReads());
        },
        [self](const absl::Status& why) { self->Refused(why); });
  }

  // On the shard's thread, before it is known what is durable: nothing is missed in between.
  absl::Status Follow(const std::shared_ptr<Feed>& feed) {
    absl::MutexLock lock(&mu_);
    if (follows_) return absl::OkStatus();
    follows_ = true;
    const size_t max = reader_.customer() ? kChatsOfCustomer : kChatsOfTechnicians;
    auto self = std::static_pointer_cast<ChatWatch>(this->self());
    return feed->Subscribe(std::weak_ptr<Listener>(self), reader_.session, reader_.customer(), max)
               ? absl::OkStatus()
               : TooManyStreams(reader_.customer() ? "customer's chat" : "technicians' chat", max);
  }

  // Who could read and cannot any more is out of the session.
  void Refused(const absl::Status& why) {
    bool began = false;
    {
      absl::MutexLock lock(&mu_);
      began = began_;
      if (began && RefusalOf(why).reason == Name(Reason::kOverloaded)) return LaterLocked();
    }
    const bool out = began && absl::IsNotFound(why) && reader_.principal && reader_.principal->technician;
    EndStream(out ? NotInSession(reader_.session, reader_.principal->technician) : why);
  }

  void ReadMissed(const Opened& opened) {
    std::deque<pb::ChatMessage> messages;
    Revision after;
    {
      absl::MutexLock lock(&mu_);
      after = seen_;
    }
    if (after > opened.revision) {
      EndStream(InvalidField("resume_token", "is no token of this watch; begin without it"));
      return;
    }
    size_t bytes = 0;
    bool full = false;
    absl::Status read = ScanChat(gateway_, reader_, after, opened.revision, [&](const pb::ChatMessage& message) {
      full = messages.size() == kLogPage || bytes > kChatPageBytes;
      if (full) return false;
      bytes += message.ByteSizeLong();
      messages.push_back(message);
      return true;
    });
    if (!read.ok()) {
      EndStream(read);
      return;
    }
    absl::MutexLock lock(&mu_);
    began_ = true;
    seen_ = full ? Revision{messages.back().revision()} : opened.revision;
    more_ |= full;
    ended_ = !full && opened.ended;
    loading_ = false;
    ready_.swap(messages);
    PumpLocked();
  }

  Reader reader_;  // set before anything can happen
  Revision seen_ ABSL_GUARDED_BY(mu_);
  std::deque<pb::ChatMessage> ready_ ABSL_GUARDED_BY(mu_);
  bool follows_ ABSL_GUARDED_BY(mu_) = false;
  bool began_ ABSL_GUARDED_BY(mu_) = false;   // one look has succeeded
  bool loading_ ABSL_GUARDED_BY(mu_) = true;  // the shard or a worker will go on
  bool more_ ABSL_GUARDED_BY(mu_) = false;    // there may be more in the timeline
  bool told_ ABSL_GUARDED_BY(mu_) = false;    // … that the history is through
  bool ended_ ABSL_GUARDED_BY(mu_) = false;   // nothing comes after what is ready
};

absl::Status CheckText(const std::string& text) {
  if (text.empty()) return InvalidField("text", absl::StrCat("required: 1-", limits::kChatChars, " characters"));
  return CheckChars("text", text, limits::kChatChars);
}

}  // namespace

grpc::ServerUnaryReactor* ChatService::SendChat(Context context, const pb::SendChatRequest* request,
                                                pb::SendChatResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  const Fill fill = [response](const OrgRuntime&, const Step& step) { response->set_revision(step.entry.revision.value); };
  auto done = [call](const absl::Status& status) { call->Done(status); };
  absl::Status form = CheckText(request->text());
  if (form.ok()) form = CheckRequestId(request->request_id());
  if (std::optional<DeviceToken> device = ParseDeviceToken(BearerToken(*context))) {
    const uint64_t named = request->target().session_id();
    absl::StatusOr<Command> command = command::CustomerChat{device->session, request->text()};
    if (named != 0 && named != device->session.value) {
      command = InvalidField("target.session_id", "must be 0 or that of the device token");
    } else if (request->technicians_only()) {
      command = PermissionDenied("device", "write to technicians alone");
    } else if (!form.ok()) {
      command = form;
    }
    MutateAsDevice(
        gateway_, context, *device, "chat", request->request_id(), *request, std::move(command), response, fill,
        [](const Session& session) { return SessionEnded(session.id, session.outcome); }, done);
    return call;
  }
  absl::StatusOr<Principal> principal = call->Caller(Right::kSessionsWrite, "act on sessions");
  if (principal.ok() && callers_ == Callers::kCustomers) principal = OnlyForCustomers(*principal);
  if (!principal.ok()) form = principal.status();
  absl::StatusOr<Command> command = form.ok() ? ToCommand(*principal, *request) : absl::StatusOr<Command>(form);
  if (!command.ok()) {
    call->Done(command.status());
    return call;
  }
  Mutate(
      gateway_, call->Begin(*principal, request->request_id(), *request),
      [command = *std::move(command)](const Org&) { return command; }, response, fill, done);
  return call;
}

grpc::ServerUnaryReactor* ChatService::ListChat(Context context, const pb::ListChatRequest* request,
                                                pb::ListChatResponse* response) {
  auto* call = new UnaryCall(gateway_, context, *request);
  absl::StatusOr<Reader> reader = ReaderOf(gateway_, context, request->session_id(), callers_);
  absl::StatusOr<size_t> size = CheckPageSize(request->page_size(), 100, kPageMax);
  uint64_t after = 0;
  absl::Status refused = reader.status();
  if (refused.ok() && reader->form.ok()) reader->form = size.status();
  uint64_t filters = 0;
  if (refused.ok()) {
    filters = ScopeOf(*reader);
    absl::StatusOr<std::optional<std::string>> token = ParsePageToken(request->page_token(), filters);
    absl::Status page = token.status();
    if (token.ok() && *token && !absl::SimpleAtoi(**token, &after)) {
      page = InvalidField("page_token", "is not a token of this list");
    }
    if (reader->form.ok()) reader->form = page;
    if (!reader->customer()) refused = reader->form;
  }
  if (!refused.ok()) {
    call->Done(refused);
    return call;
  }
  OpenChat(
      gateway_, *reader, [](const std::shared_ptr<Feed>&) { return absl::OkStatus(); },
      [this, call, reader = *reader, response, size = size.value_or(0), after, filters](const Opened& opened) {
        response->set_revision(opened.revision.value);
        const bool taken = gateway_.workers.Run([this, call, reader, response, size, after, filters, opened] {
          size_t bytes = 0;
          absl::Status read = ScanChat(gateway_, reader, Revision{after}, opened.revision, [&](const pb::ChatMessage& message) {
            bytes += message.ByteSizeLong();
            if (static_cast<size_t>(response->messages_size()) == size ||
                (bytes > kPageBytes && response->messages_size() > 0)) {
              const uint64_t last = response->messages(response->messages_size() - 1).revision();
              response->set_next_page_token(MakePageToken(filters, absl::StrCat(last)));
              return false;
            }
            *response->add_messages() = message;
            return true;
          });
          call->Done(read);
        });
        if (!taken) call->Done(BusyReads());
      },
      [call](const absl::Status& why) { call->Done(why); });
  return call;
}

grpc::ServerWriteReactor<pb::WatchChatResponse>* ChatService::WatchChat(Context context, const pb::WatchChatRequest* request) {
  absl::StatusOr<Reader> reader = ReaderOf(gateway_, context, request->session_id(), callers_);
  auto token = ParseResumeToken(request->resume_token(), gateway_.store.history());
  absl::Status refused = reader.status();
  if (refused.ok() && reader->form.ok()) {
    reader->form = token.status();
    if (token.ok() && *token && (*token)->scope != ScopeOf(*reader)) {
      reader->form = InvalidField("resume_token", "is no token of this watch; begin without it");
    }
    if (!reader->customer()) refused = reader->form;
  }
  auto watch = std::make_shared<ChatWatch>(gateway_, context, *request);
  if (!refused.ok()) {
    watch->Refuse(watch, refused);
    return watch.get();
  }
  const Principal principal = reader->principal ? *reader->principal : Principal{.org = reader->org};
  const StreamKind kind = reader->customer() ? StreamKind::kPosition : StreamKind::kWatch;
  if (watch->Open(watch, kind, principal)) watch->Begin(*reader, token.ok() ? *token : std::nullopt);
  return watch.get();
}

}  // namespace guichet::router

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
  bool customer() const { return device.has_value(); }
};

// By the credential of the call. `session_id` is what the request names.
absl::StatusOr<Reader> ReaderOf(Gateway& gateway, grpc::CallbackServerContext* context, uint64_t session_id) {
  const std::string bearer = BearerToken(*context);
  if (std::optional<DeviceToken> device = ParseDeviceToken(bearer)) {
    if (session_id != 0 && session_id != device->session.value) {
      return InvalidField("session_id", "must be 0 or that of the device token");
    }
    return Reader{device->org, device->session, std::nullopt, *device};
  }
  absl::StatusOr<Principal> principal = gateway.directory.Authenticate(bearer, gateway.clock.Now());
  if (!principal.ok()) return principal.status();
  if (absl::Status may = MayCall(*principal, Right::kSessionsRead, "read chats"); !may.ok()) return may;
  if (session_id == 0) return InvalidField("session_id", "required");
  return Reader{principal->org, SessionId{session_id}, *principal, std::nullopt};
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
// ended, or `refused`; both on any thread.
struct Opened {
  Revision revision;
  std::shared_ptr<Feed> feed;
  bool ended = false;
};
void OpenChat(Gateway& gateway, const Reader& reader, std::function<void(Opened)> may,
              std::function<void(absl::Status)> refused) {
  auto opened = std::make_shared<Opened>();
  if (reader.device) {
    Visit visit;
    visit.here = [may, opened](Turn& turn, OrgRuntime& rt, const Session& session) {
      *opened = {rt.org.revision, rt.feed, session.ended_already()};
      turn.AfterDurable([may, opened] { may(*opened); });
    };
    visit.gone = [may](const Session& session) { may({session.revision, nullptr, true}); };
    visit.refused = std::move(refused);
    VisitDevice(gateway, *reader.device, std::move(visit));
    return;
  }
  Read(
      gateway, reader.org,
      [reader, opened](Turn&, OrgRuntime& rt) -> absl::Status {
        const Session* session = FindSession(rt.org, reader.session);
        if (!MayReadSession(*reader.principal, rt.org, reader.session)) return SessionNotFound(reader.session);
        if (session == nullptr && reader.session > rt.org.last_session) return SessionNotFound(reader.session);
        *opened = {rt.org.revision, rt.feed, session == nullptr || session->ended_already()};
        return absl::OkStatus();
      },
      [may, refused, opened](const absl::Status& status) { status.ok() ? may(*opened) : refused(status); });
}

// Follows the ring of the organization; what is behind it comes from the store, a page at a time.
class ChatWatch final : public Stream<grpc::ServerWriteReactor<pb::WatchChatResponse>, pb::WatchChatResponse>, public Listener {
 public:
  ChatWatch(Gateway& gateway, grpc::CallbackServerContext* context, const pb::WatchChatRequest& request)
      : Stream(gateway, context, request), seen_{request.after_revision()} {}

  // Requires Open.
  void Begin(Reader reader) {
    reader_ = std::move(reader);
    Load();
  }

  void Poke() override {
    absl::MutexLock lock(&mu_);
    PumpLocked();
  }
  void Tick(Time now) override { CancelIfStalled(now); }

 protected:
  bool Next(pb::WatchChatResponse* out) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (ready_.empty() && !loading_) FollowLocked();
    if (ready_.empty()) return false;
    *out->mutable_message() = std::move(ready_.front());
    ready_.pop_front();
    if (ready_.empty() && ended_) EndAfterFlushLocked(absl::OkStatus());
    return true;
  }

 private:
  // From the shard what is durable, from the store what was missed.
  void Load() {
    auto self = std::static_pointer_cast<ChatWatch>(this->self());
    OpenChat(
        gateway_, reader_,
        [self](const Opened& opened) {
          const bool taken = self->gateway_.workers.Run([self, opened] { self->ReadMissed(opened); });
          if (!taken) self->EndStream(Overloaded("the read queue", kCommandQueue, kRetryDelay));
        },
        [self](const absl::Status& why) { self->EndStream(why); });
  }

  void ReadMissed(const Opened& opened) {
    std::deque<pb::ChatMessage> messages;
    Revision after;
    {
      absl::MutexLock lock(&mu_);
      after = seen_;
    }
    absl::Status read = ScanChat(gateway_, reader_, after, opened.revision, [&](const pb::ChatMessage& message) {
      messages.push_back(message);
      return messages.size() < kLogPage;
    });
    if (!read.ok()) {
      EndStream(read);
      return;
    }
    auto self = std::static_pointer_cast<ChatWatch>(this->self());
    absl::MutexLock lock(&mu_);
    const bool all = messages.size() < kLogPage;
    seen_ = all ? std::max(seen_, opened.revision) : Revision{messages.back().revision()};
    if (feed_ == nullptr && opened.feed != nullptr) {
      feed_ = opened.feed;
      feed_->Subscribe(std::weak_ptr<Listener>(self));
    }
    ended_ = all && opened.ended;
    loading_ = false;
    ready_.swap(messages);
    if (ready_.empty() && ended_) EndAfterFlushLocked(absl::OkStatus());
    PumpLocked();
  }

  // From a thread that holds no lock.
  void LoadAgainLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    loading_ = true;
    auto self = std::static_pointer_cast<ChatWatch>(this->self());
    if (!gateway_.workers.Run([self] { self->Load(); })) {
      EndAfterFlushLocked(Overloaded("the read queue", kCommandQueue, kRetryDelay));
    }
  }

  void FollowLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (closing() || ended_) return;
    if (feed_ == nullptr) {  // of a session that has left memory: the next page
      LoadAgainLocked();
      return;
    }
    std::vector<PublishedPtr> entries;
    while (ready_.empty() && !ended_) {
      entries.clear();
      if (!feed_->Read(seen_, kLogPage, entries)) {
        LoadAgainLocked();
        return;
      }
      if (entries.empty()) return;
      for (const PublishedPtr& published : entries) TakeLocked(published->entry);
    }
    if (ready_.empty() && ended_) EndAfterFlushLocked(absl::OkStatus());
  }

  void TakeLocked(const LogEntry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    seen_ = entry.revision;
    for (const SessionChange& change : entry.sessions) {
      if (change.after->id != reader_.session) continue;
      for (const Event& event : entry.events) {
        const auto* sent = std::get_if<event::ChatSent>(&event);
        pb::ChatMessage message;
        if (sent != nullptr && sent->session == reader_.session &&
            ToMessage(*sent, entry.revision, entry.time, reader_.customer(), &message)) {
          ready_.push_back(std::move(message));
        }
      }
      ended_ |= change.after->ended_already();
      for (const EntryChange& c : change.changes) {
        const bool out = reader_.principal && c.technician && c.technician == reader_.principal->technician &&
                         c.to == EntryState::kRemoved && !ended_;
        if (out) EndAfterFlushLocked(NotInSession(reader_.session, c.technician));
      }
    }
  }

  Reader reader_;  // set before anything can happen
  std::shared_ptr<Feed> feed_ ABSL_GUARDED_BY(mu_);
  Revision seen_ ABSL_GUARDED_BY(mu_);
  std::deque<pb::ChatMessage> ready_ ABSL_GUARDED_BY(mu_);
  bool loading_ ABSL_GUARDED_BY(mu_) = true;  // the shard or a worker will go on
  bool ended_ ABSL_GUARDED_BY(mu_) = false;   // nothing comes after what is ready
};

absl::Status UnknownDevice() { return Unauthenticated("the device token is unknown, or its session is over"); }

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
  absl::Status text = CheckText(request->text());
  if (text.ok()) text = CheckRequestId(request->request_id());
  if (!text.ok()) {
    call->Done(text);
    return call;
  }
  if (std::optional<DeviceToken> device = ParseDeviceToken(BearerToken(*context))) {
    const uint64_t named = request->target().session_id();
    absl::Status refused;
    if (named != 0 && named != device->session.value) {
      refused = InvalidField("target.session_id", "must be 0 or that of the device token");
    } else if (request->technicians_only()) {
      refused = InvalidField("technicians_only", "must not be set with a device token");
    }
    if (!refused.ok()) {
      call->Done(refused);
      return call;
    }
    Mutation mutation;
    mutation.org = device->org;
    mutation.actor = "device";
    mutation.abandoned = [context] { return context->IsCancelled(); };
    SetRequest(mutation, absl::StrCat("chat\x1f", device->session.value, "\x1f", device->hash), device->hash,
               request->request_id(), *request);
    Mutate(
        gateway_, std::move(mutation),
        [device = *device, text = request->text()](const Org& org) -> absl::StatusOr<Command> {
          const Session* session = FindSession(org, device.session);
          if (session == nullptr || !EqualInConstantTime(session->device_token_hash, device.hash)) {
            return UnknownDevice();
          }
          return Command{command::CustomerChat{device.session, text}};
        },
        response, fill,
        [call](const absl::Status& status) {
          // A stranger does not learn which organizations exist.
          const bool no_org = RefusalOf(status).reason == Name(Reason::kOrganizationNotFound);
          call->Done(no_org ? UnknownDevice() : status);
        });
    return call;
  }
  absl::StatusOr<Principal> principal = call->Caller(Right::kSessionsWrite, "act on sessions");
  absl::StatusOr<Command> command =
      principal.ok() ? ToCommand(*principal, *request) : absl::StatusOr<Command>(principal.status());
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
  absl::StatusOr<Reader> reader = ReaderOf(gateway_, context, request->session_id());
  absl::StatusOr<size_t> size = CheckPageSize(request->page_size(), 100, kPageMax);
  uint64_t after = 0;
  absl::Status refused = reader.ok() ? size.status() : reader.status();
  uint64_t filters = 0;
  if (refused.ok()) {
    filters = Fingerprint(absl::StrCat("chat\x1f", reader->org.value, "\x1f", reader->session.value));
    absl::StatusOr<std::optional<std::string>> token = ParsePageToken(request->page_token(), filters);
    refused = token.status();
    if (token.ok() && *token && !absl::SimpleAtoi(**token, &after)) {
      refused = InvalidField("page_token", "is not a token of this list");
    }
  }
  if (!refused.ok()) {
    call->Done(refused);
    return call;
  }
  OpenChat(
      gateway_, *reader,
      [this, call, reader = *reader, response, size = *size, after, filters](const Opened& opened) {
        const bool taken = gateway_.workers.Run([this, call, reader, response, size, after, filters, opened] {
          absl::Status read = ScanChat(gateway_, reader, Revision{after}, opened.revision, [&](const pb::ChatMessage& message) {
            if (static_cast<size_t>(response->messages_size()) == size) {
              const uint64_t last = response->messages(response->messages_size() - 1).revision();
              response->set_next_page_token(MakePageToken(filters, absl::StrCat(last)));
              return false;
            }
            *response->add_messages() = message;
            return true;
          });
          call->Done(read);
        });
        if (!taken) call->Done(Overloaded("the read queue", kCommandQueue, kRetryDelay));
      },
      [call](const absl::Status& why) { call->Done(why); });
  return call;
}

grpc::ServerWriteReactor<pb::WatchChatResponse>* ChatService::WatchChat(Context context, const pb::WatchChatRequest* request) {
  absl::StatusOr<Reader> reader = ReaderOf(gateway_, context, request->session_id());
  auto watch = std::make_shared<ChatWatch>(gateway_, context, *request);
  if (!reader.ok()) {
    watch->Refuse(watch, reader.status());
    return watch.get();
  }
  const Principal principal = reader->principal ? *reader->principal : Principal{.org = reader->org};
  const StreamKind kind = reader->customer() ? StreamKind::kPosition : StreamKind::kWatch;
  if (watch->Open(watch, kind, principal)) watch->Begin(*reader);
  return watch.get();
}

}  // namespace guichet::router

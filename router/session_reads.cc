#include "router/session_reads.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "router/authorize.h"
#include "router/limits.h"
#include "router/parse.h"
#include "router/secrets.h"
#include "router/validate.h"
#include "statemachine/limits.h"
#include "statemachine/refusal.h"
#include "store/keys.h"

namespace guichet::router {
namespace {

// History is for every technician of the organization (domain.md §7).
bool MayRead(const Principal& principal, const Org& org, const Session& session) {
  return session.ended_already() || MaySee(principal, org, session);
}

// External technicians know of one session only, also of ended ones.
bool IsForeign(const Principal& principal, SessionId id) {
  return principal.role == KeyRole::kExternal && id != principal.external_of;
}

bool TakesPart(const Org* org, const Session& session, const TechnicianId& technician) {
  if (session.owner == technician || session.Find(technician) != nullptr) return true;
  return org != nullptr && View(*org, session, technician) != EntryState::kRemoved;
}

bool Matches(const Org* org, const Session& session, const SessionList& list) {
  if (list.channel && session.channel != list.channel) return false;
  if (!list.tracking_id.empty() && session.profile.tracking_id != list.tracking_id) return false;
  if (!list.device_id.empty() && session.profile.device_id != list.device_id) return false;
  return !list.technician || TakesPart(org, session, list.technician);
}

store::OrgKey KeyOf(const OrgId& org) { return store::OrgKey{org.value}; }

// Runs `job` on a worker; `done` tells when there is no room.
void OnWorker(Gateway& gateway, const Done& done, std::function<void()> job) {
  if (!gateway.workers.Run(std::move(job))) done(BusyReads());
}

void ListEnded(Gateway& gateway, const OrgId& org, const SessionList& list, pb::ListSessionsResponse* response,
               const Done& done) {
  size_t scanned = 0;
  uint64_t last = list.after.value;
  bool more = false;
  absl::Status bad;
  absl::Status scan =
      gateway.store.Scan(KeyOf(org), {store::Family::kHistory, list.after ? store::NumberKey(list.after.value + 1) : "", ""},
                         [&](std::string_view key, std::string_view value) {
                           if (static_cast<size_t>(response->sessions_size()) == list.page_size || scanned == kHistoryScan) {
                             more = true;
                             return false;
                           }
                           ++scanned;
                           (void)store::ParseNumberKey(key, &last);
                           absl::StatusOr<Session> session = store::DecodeSession(value);
                           if (!session.ok()) bad = session.status();
                           if (session.ok() && Matches(nullptr, *session, list))
                             ToProto(*session, nullptr, response->add_sessions());
                           return bad.ok();
                         });
  if (more) response->set_next_page_token(MakePageToken(list.filters, absl::StrCat(last)));
  done(scan.ok() ? bad : scan);
}

}  // namespace

bool MayReadSession(const Principal& principal, const Org& org, SessionId id) {
  const Session* session = FindSession(org, id);
  return !IsForeign(principal, id) && (session == nullptr || MayRead(principal, org, *session));
}

void ReadSession(Gateway& gateway, const Principal& principal, SessionId id, pb::GetSessionResponse* response, Done done) {
  if (IsForeign(principal, id)) return done(SessionNotFound(id));
  auto live = std::make_shared<bool>(false);
  Read(
      gateway, principal.org,
      [principal, id, response, live](Turn&, OrgRuntime& rt) -> absl::Status {
        response->set_revision(rt.org.revision.value);
        const Session* session = FindSession(rt.org, id);
        if (session == nullptr) return absl::OkStatus();
        *live = true;
        if (!MayRead(principal, rt.org, *session)) return SessionNotFound(id);
        ToProto(*session, &rt.org, response->mutable_session());
        return absl::OkStatus();
      },
      [&gateway, org = principal.org, id, response, live, done](const absl::Status& status) {
        if (!status.ok() || *live) {
          done(status);
          return;
        }
        OnWorker(gateway, done, [&gateway, org, id, response, done] {
          absl::StatusOr<std::string> record =
              gateway.store.Get(KeyOf(org), store::Family::kHistory, store::NumberKey(id.value));
          if (!record.ok()) {
            done(absl::IsNotFound(record.status()) ? SessionNotFound(id) : record.status());
            return;
          }
          absl::StatusOr<Session> session = store::DecodeSession(*record);
          if (session.ok()) ToProto(*session, nullptr, response->mutable_session());
          done(session.status());
        });
      });
}

absl::StatusOr<SessionList> MakeSessionList(const Principal& principal, const pb::ListSessionsRequest& request) {
  SessionList list;
  absl::StatusOr<size_t> size = CheckPageSize(request.page_size(), kPageDefault, kPageMax);
  if (!size.ok()) return size.status();
  list.page_size = *size;
  list.ended = request.ended();
  absl::StatusOr<TechnicianId> technician = Acting(principal, "technician_id", request.technician_id());
  if (!technician.ok()) return technician.status();
  list.technician = *technician;
  list.channel.value = request.channel_id();
  list.tracking_id = request.tracking_id();
  list.device_id = request.device_id();
  pb::ListSessionsRequest filters = request;
  filters.clear_page_token();
  filters.clear_page_size();
  list.filters = Fingerprint(absl::StrCat(principal.org.value, "\x1f", filters.SerializeAsString()));
  absl::StatusOr<std::optional<std::string>> after = ParsePageToken(request.page_token(), list.filters);
  if (!after.ok()) return after.status();
  if (*after && !absl::SimpleAtoi(**after, &list.after.value)) return InvalidField("page_token", "is not a token of this list");
  return list;
}

void ReadSessions(Gateway& gateway, const OrgId& org, SessionList list, pb::ListSessionsResponse* response, Done done) {
  Read(
      gateway, org,
      [list, response](Turn&, OrgRuntime& rt) {
        response->set_revision(rt.org.revision.value);
        if (list.ended) return absl::OkStatus();
        uint64_t last = 0;
        size_t scanned = 0;
        for (auto it = rt.ids.upper_bound(list.after); it != rt.ids.end(); ++it) {
          if (++scanned > kLiveScan) {  // a filter that matches little must not hold up the writer
            response->set_next_page_token(MakePageToken(list.filters, absl::StrCat(std::prev(it)->value)));
            break;
          }
          const Session& session = *FindSession(rt.org, *it);
          if (session.ended_already() || !Matches(&rt.org, session, list)) continue;
          if (static_cast<size_t>(response->sessions_size()) == list.page_size) {
            response->set_next_page_token(MakePageToken(list.filters, absl::StrCat(last)));
            break;
          }
          last = session.id.value;
          ToProto(session, &rt.org, response->add_sessions());
        }
        return absl::OkStatus();
      },
      [&gateway, org, list, response, done](const absl::Status& status) {
        if (!status.ok() || !list.ended) {
          done(status);
          return;
        }
        OnWorker(gateway, done, [&gateway, org, list, response, done] { ListEnded(gateway, org, list, response, done); });
      });
}

namespace {

// What was kept of an ended session. Adds to `scanned` the items that were read.
absl::Status FillPast(Gateway& gateway, const OrgId& org, const Session& session, size_t& scanned, pb::PastSession* out) {
  ToProto(session, nullptr, out->mutable_session());
  absl::Status bad;
  absl::Status scan = gateway.store.Scan(
      KeyOf(org), {store::Family::kTimeline, store::PairKey(session.id.value, 0), store::PairKey(session.id.value + 1, 0)},
      [&](std::string_view, std::string_view value) {
        absl::StatusOr<store::TimelineItem> item = store::DecodeTimelineItem(value);
        if (!item.ok()) {
          bad = item.status();
          return false;
        }
        ++scanned;
        bool elsewhere = !item->events.empty();  // in the notes, the answers or the chat
        for (const Event& event : item->events) {
          elsewhere &= std::holds_alternative<event::NoteAdded>(event) || std::holds_alternative<event::ChatSent>(event) ||
                       std::holds_alternative<event::SurveyAnswered>(event);
          if (const auto* note = std::get_if<event::NoteAdded>(&event)) {
            pb::Note* n = out->add_notes();
            n->set_revision(item->revision.value);
            SetTime(item->time, n->mutable_create_time());
            n->set_technician_id(note->technician.value);
            n->set_name(note->name);
            n->set_text(note->text);
          }
          if (const auto* answered = std::get_if<event::SurveyAnswered>(&event)) {
            for (const SurveyAnswer& answer : answered->answers) {
              pb::SurveyAnswer* a = out->add_survey_answers();
              a->set_question(answer.question);
              a->set_answer(answer.answer);
            }
          }
        }
        if (elsewhere) return true;
        out->set_more_events(static_cast<size_t>(out->events_size()) == kHistoryEvents);
        if (!out->more_events()) ToProto(*item, out->add_events());
        return true;
      });
  return scan.ok() ? bad : scan;
}

// Pages end at kPageBytes and kHistoryScan items, but have one session at least.
absl::Status FillDeviceHistory(Gateway& gateway, const OrgId& org, const std::string& device, uint64_t before, size_t size,
                               uint64_t filters, pb::ListDeviceHistoryResponse* response) {
  std::vector<uint64_t> ids;
  const std::string first = store::DeviceKey(device, before - 1);
  absl::Status scan =
      gateway.store.Scan(KeyOf(org), {store::Family::kDevices, first, store::PrefixEnd(store::StringPrefix(device))},
                         [&](std::string_view key, std::string_view) {
                           std::string name;
                           uint64_t number = 0;
                           if (!store::ParseStringNumberKey(key, &name, &number)) return true;
                           ids.push_back(~number);
                           return ids.size() <= size;
                         });
  if (!scan.ok()) return scan;
  size_t bytes = 0;
  size_t scanned = 0;
  uint64_t last = 0;
  for (uint64_t id : ids) {
    if (static_cast<size_t>(response->sessions_size()) == size || bytes > kPageBytes || scanned > kHistoryScan) {
      response->set_next_page_token(MakePageToken(filters, absl::StrCat(last)));
      break;
    }
    absl::StatusOr<std::string> record = gateway.store.Get(KeyOf(org), store::Family::kHistory, store::NumberKey(id));
    if (!record.ok()) return record.status();
    absl::StatusOr<Session> session = store::DecodeSession(*record);
    if (!session.ok()) return session.status();
    pb::PastSession* past = response->add_sessions();
    if (absl::Status filled = FillPast(gateway, org, *session, scanned, past); !filled.ok()) return filled;
    bytes += past->ByteSizeLong();
    last = id;
  }
  return absl::OkStatus();
}

}  // namespace

void ReadDeviceHistory(Gateway& gateway, const Principal& principal, const pb::ListDeviceHistoryRequest& request,
                       pb::ListDeviceHistoryResponse* response, Done done) {
  if (request.device_id().empty()) return done(InvalidField("device_id", "required"));
  if (absl::Status id = CheckBytes("device_id", request.device_id(), limits::kDeviceIdBytes); !id.ok()) return done(id);
  absl::StatusOr<size_t> size = CheckPageSize(request.page_size(), 10, 50);
  if (!size.ok()) return done(size.status());
  const uint64_t filters = Fingerprint(absl::StrCat("device\x1f", principal.org.value, "\x1f", request.device_id()));
  absl::StatusOr<std::optional<std::string>> token = ParsePageToken(request.page_token(), filters);
  if (!token.ok()) return done(token.status());
  uint64_t before = 0;  // wraps to the highest id
  if (*token && (!absl::SimpleAtoi(**token, &before) || before == 0)) {
    return done(InvalidField("page_token", "is not a token of this list"));
  }
  Read(
      gateway, principal.org,
      [response](Turn&, OrgRuntime& rt) {
        response->set_revision(rt.org.revision.value);
        return absl::OkStatus();
      },
      [&gateway, org = principal.org, device = request.device_id(), before, size = *size, filters, response,
       done](const absl::Status& status) {
        if (!status.ok()) return done(status);
        OnWorker(gateway, done, [&gateway, org, device, before, size, filters, response, done] {
          done(FillDeviceHistory(gateway, org, device, before, size, filters, response));
        });
      });
}

void ReadTimeline(Gateway& gateway, const Principal& principal, const pb::GetTimelineRequest& request,
                  pb::GetTimelineResponse* response, Done done) {
  const SessionId id{request.session_id()};
  const uint64_t filters = Fingerprint(absl::StrCat("timeline", principal.org.value, "\x1f", id.value));
  absl::StatusOr<size_t> size = CheckPageSize(request.page_size(), 100, kPageMax);
  absl::StatusOr<std::optional<std::string>> after = ParsePageToken(request.page_token(), filters);
  uint64_t after_revision = 0;
  if (!id) return done(InvalidField("session_id", "required"));
  if (IsForeign(principal, id)) return done(SessionNotFound(id));
  if (!size.ok()) return done(size.status());
  if (!after.ok()) return done(after.status());
  if (*after && !absl::SimpleAtoi(**after, &after_revision))
    return done(InvalidField("page_token", "is not a token of this list"));
  Read(
      gateway, principal.org,
      [principal, id, response](Turn&, OrgRuntime& rt) -> absl::Status {
        response->set_revision(rt.org.revision.value);
        const Session* session = FindSession(rt.org, id);
        return session != nullptr && !MayRead(principal, rt.org, *session) ? SessionNotFound(id) : absl::OkStatus();
      },
      [&gateway, org = principal.org, id, size = *size, after_revision, filters, response, done](const absl::Status& status) {
        if (!status.ok()) {
          done(status);
          return;
        }
        OnWorker(gateway, done, [&gateway, org, id, size, after_revision, filters, response, done] {
          absl::Status bad;
          uint64_t last = 0;
          size_t bytes = 0;
          absl::Status scan = gateway.store.Scan(
              KeyOf(org),
              {store::Family::kTimeline, store::PairKey(id.value, after_revision + 1), store::PairKey(id.value + 1, 0)},
              [&](std::string_view, std::string_view value) {
                absl::StatusOr<store::TimelineItem> item = store::DecodeTimelineItem(value);
                if (!item.ok()) {
                  bad = item.status();
                  return false;
                }
                if (item->revision.value > response->revision()) return false;
                if (static_cast<size_t>(response->events_size()) == size || bytes > kPageBytes) {
                  response->set_next_page_token(MakePageToken(filters, absl::StrCat(last)));
                  return false;
                }
                last = item->revision.value;
                ToProto(*item, response->add_events());
                bytes += response->events(response->events_size() - 1).ByteSizeLong();
                return true;
              });
          const bool nothing = scan.ok() && bad.ok() && response->events_size() == 0 && after_revision == 0;
          done(nothing ? SessionNotFound(id) : scan.ok() ? bad : scan);
        });
      });
}

}  // namespace guichet::router

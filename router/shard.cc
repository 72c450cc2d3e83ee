#include "router/shard.h"

#include <algorithm>
#include <tuple>

#include <spdlog/spdlog.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/notification.h"
#include "router/limits.h"
#include "statemachine/invariant.h"
#include "statemachine/kinds.h"
#include "statemachine/refusal.h"
#include "statemachine/route.h"
#include "statemachine/timers.h"
#include "store/load.h"
#include "store/records.h"

namespace guichet::router {
namespace {

constexpr Time kFarFuture = Time::max();

store::OrgKey KeyOf(const OrgId& org) { return store::OrgKey{org.value}; }

// A used code is kept among the remembered requests, with its session as the content: its redeemer may repeat after a restart
// too, and nobody is given the same PIN meanwhile. No caller has an empty name, so no request has such a key.
constexpr absl::string_view kUsedCode =
    "\x1f"
    "code\x1f";

// Live sessions of these channels.
std::vector<SessionId> SessionsOf(const OrgRuntime& rt, const std::vector<ChannelId>& channels) {
  std::vector<SessionId> ids;
  if (channels.empty()) return ids;
  for (const auto& [id, session] : rt.org.sessions) {
    if (std::find(channels.begin(), channels.end(), session.channel) != channels.end()) ids.push_back(id);
  }
  return ids;
}

bool Awaits(const Delivery& delivery, const std::string& code_key) {
  return delivery.state == DeliveryState::kRequested && delivery.retry_at == kNoTime && !code_key.empty();
}

void FollowDeliveries(OrgRuntime& rt, const Session& session) {
  if (auto known = rt.deliveries_of.find(session.id); known != rt.deliveries_of.end()) {
    for (const DeliveryKey& key : known->second) rt.deliveries.erase(key);
    rt.deliveries_of.erase(known);
  }
  if (session.ended_already()) return;
  std::vector<DeliveryKey> keys;
  if (Awaits(session.delivery, session.code_key)) keys.push_back({session.delivery->due, session.id, {}});
  for (const Participant& p : session.participants) {
    if (Awaits(p.delivery, p.code_key)) keys.push_back({p.delivery->due, session.id, p.technician});
  }
  if (keys.empty()) return;
  rt.deliveries.insert(keys.begin(), keys.end());
  rt.deliveries_of.emplace(session.id, std::move(keys));
}

// What no watcher reads from memory: it is in the store, and would stay in the ring.
void DropTexts(Event& event) {
  if (auto* put = std::get_if<event::LibraryPut>(&event)) put->items.clear();
  if (auto* answered = std::get_if<event::SurveyAnswered>(&event)) answered->answers.clear();
  if (auto* note = std::get_if<event::NoteAdded>(&event)) note->text.clear();
  if (auto* sent = std::get_if<event::ChatSent>(&event)) sent->text.clear();
  if (auto* put = std::get_if<event::OrgPut>(&event)) put->settings.templates.clear();
}

metrics::DeliveryReport ReportOf(DeliveryState state) {
  if (state == DeliveryState::kSent) return metrics::DeliveryReport::kSent;
  return state == DeliveryState::kFailed ? metrics::DeliveryReport::kFailed : metrics::DeliveryReport::kRetry;
}

}  // namespace

std::vector<std::string> MonitoredBy(const Org& org, const TechnicianId& technician) {
  std::vector<std::string> names;
  if (org.settings.monitor_silently) return names;
  for (SessionId id : org.monitoring) {
    const Session& monitoring = *FindSession(org, id);
    if (monitoring.monitored != technician || monitoring.lead() == nullptr) continue;
    if (const Technician* by = FindTechnician(org, monitoring.lead()->technician)) names.push_back(by->display_name);
  }
  return names;
}

TechnicianInfo InfoOf(const Org& org, const Technician& technician) {
  const GroupSettings& settings = SettingsOf(org, technician.id);
  const Load load = LoadOf(org, technician.id);
  TechnicianInfo info{technician, static_cast<uint32_t>(load.active), settings.busy_at, static_cast<uint32_t>(load.units)};
  info.capacity = technician.capacity > 0 ? technician.capacity : settings.max_active_sessions;
  if (auto offer = org.offers.find(technician.id); offer != org.offers.end()) info.offered = offer->second;
  return info;
}

CustomerUpdate CustomerUpdateOf(const Org& org, const Session& session) {
  CustomerUpdate update;
  update.session = std::make_shared<const Session>(session);
  update.terms_pending = session.link == Link::kNeverAttached && TermsPending(org, session);
  for (const Participant& participant : session.participants) {
    const Technician* technician = FindTechnician(org, participant.technician);
    if (technician == nullptr || participant.role == Role::kInvitee) continue;
    if (participant.role == Role::kLead) {
      update.lead_name = technician->display_name;
    } else {
      update.collaborator_names.push_back(technician->display_name);
    }
  }
  if (session.survey_sent && !session.survey_answered) update.survey = SettingsOf(org, session).survey;
  const Fallback* fallback = session.notified ? FallbackNow(org, session.queue()) : nullptr;
  const bool waits = !session.ended_already() && session.lead() == nullptr && !session.transfer;
  const bool sent_away = session.outcome == Outcome::kTimedOut && !session.ever_started && fallback != nullptr &&
                         fallback->action == Unserved::kEnd;
  if (fallback != nullptr && (waits || sent_away)) update.notice = fallback->notice;
  return update;
}

bool Shard::Timer::operator<(const Timer& other) const {
  if (due != other.due) return due < other.due;
  if (org != other.org) return org->org.id < other.org->org.id;
  if (session != other.session) return session < other.session;
  if (what != other.what) return what < other.what;
  return std::tie(*technician, *channel) < std::tie(*other.technician, *other.channel);
}

// --- Turn -----------------------------------------------------------------------------------------------------------------

OrgRuntime* Turn::Find(const OrgId& org) {
  auto it = shard_.orgs_.find(org);
  return it == shard_.orgs_.end() ? nullptr : it->second.get();
}

const std::map<OrgId, std::unique_ptr<OrgRuntime>>& Turn::orgs() const { return shard_.orgs_; }

absl::StatusOr<Step> Turn::Apply(OrgRuntime& rt, const Command& command, std::string actor) {
  ++shard_.batch_->commands;
  absl::StatusOr<Step> step = guichet::Apply(rt.org, command, std::move(actor), now_);
  if (!step.ok()) return step;
  if (step->entry.events.empty()) {
    step->entry.revision = rt.org.revision;
    return step;
  }
  store::Commit commit;
  commit.at = rt.token;
  shard_.WriteRecords(rt, *step, commit);
  commit.events.push_back(store::EncodeLogEntry(step->entry));
  ++rt.token.seq;
  shard_.batch_->commits.push_back(std::move(commit));
  if (const auto* redeem = std::get_if<command::RedeemCode>(&command)) {
    Remember(rt, absl::StrCat(kUsedCode, redeem->code_key), {.content_hash = redeem->session.value, .time = now_});
  }
  if (const auto* redeem = std::get_if<command::RedeemInvitation>(&command)) {
    Remember(rt, absl::StrCat(kUsedCode, redeem->code_key),
             {.content_hash = redeem->session.value, .time = now_, .response = redeem->technician.value});
  }

  auto published = std::make_shared<Published>();
  published->entry = step->entry;
  for (Event& event : published->entry.events) DropTexts(event);
  published->AddUrgency(rt.org);
  for (const TechnicianId& id : step->touched.loads) {
    if (const Technician* technician = FindTechnician(rt.org, id)) {
      published->technicians.push_back(InfoOf(rt.org, *technician));
      auto console = rt.consoles.find(id);
      if (console != rt.consoles.end() && console->second.attachment) {
        TechnicianInfo info = published->technicians.back();
        info.monitored_by = MonitoredBy(rt.org, id);
        AfterDurable([attachment = console->second.attachment, info = std::move(info)] { attachment->OnTechnician(info); });
      }
    } else {
      published->deleted.push_back(id);
    }
  }
  shard_.FollowPresence(rt, *step);
  shard_.Rearm(rt, step->touched);
  Note(rt.org, step->touched, now_, rt.dirty);
  for (SessionId id : step->touched.live) shard_.WakeRouting(rt, id, now_);
  for (SessionId id : step->touched.finished) shard_.WakeRouting(rt, id, now_);
  for (const TechnicianId& id : step->touched.loads) shard_.WakeRouting(rt, id, now_);
  for (SessionId id : SessionsOf(rt, step->touched.channels)) shard_.WakeRouting(rt, id, now_);
  rt.boards.Note(rt.org, *step);
  shard_.BoardsDue(rt);
  shard_.CheckInvariants(rt, *step);
  shard_.batch_->entry_of.emplace_back(rt.org.id, shard_.batch_->published.size());
  shard_.batch_->published.emplace_back(rt.feed, std::move(published));
  shard_.TrimLog(rt);
  // Last, since it may decide a command of its own.
  for (ComputerId id : step->touched.computers) shard_.ArmComputer(rt, id);
  for (const ChannelId& id : step->touched.channels) shard_.ArmHours(*this, rt, id);
  return step;
}

absl::StatusOr<Step> Turn::CreateOrg(const command::CreateOrg& command, std::string actor) {
  if (Find(command.org) != nullptr) return AlreadyExists("organization", command.org.value);
  absl::StatusOr<store::Token> token = shard_.parts_.store.Acquire(KeyOf(command.org));
  if (!token.ok()) return StorageFailed();
  auto rt = std::make_unique<OrgRuntime>();
  rt->token = *token;
  rt->feed = std::make_shared<Feed>(Revision{token->seq}, shard_.parts_.ring_entries);
  rt->org.revision = Revision{token->seq};
  OrgRuntime& ref = *rt;
  shard_.orgs_.emplace(command.org, std::move(rt));
  return Apply(ref, command, std::move(actor));
}

store::Commit& Turn::LastCommit(OrgRuntime& rt) {
  auto& commits = shard_.batch_->commits;
  if (commits.empty() || commits.back().at.org.value != rt.org.id.value) {
    store::Commit commit;
    commit.at = rt.token;
    commits.push_back(std::move(commit));
  }
  return commits.back();
}

void Turn::KeyUsed(OrgRuntime& rt, const KeyId& key, Time at) {
  auto it = rt.org.keys.find(key);
  if (it == rt.org.keys.end()) return;
  it->second.last_used = std::max(it->second.last_used, at);
  LastCommit(rt).puts.push_back({store::Family::kOrgs, "k/" + key.value, store::EncodeApiKey(it->second)});
}

void Turn::Remember(OrgRuntime& rt, const std::string& key, store::RequestItem item) {
  store::Commit& commit = LastCommit(rt);
  commit.puts.push_back({store::Family::kRequests, key, store::EncodeRequest(item)});
  rt.request_ages.emplace_back(item.time, key);
  rt.requests.insert_or_assign(key, std::move(item));
  shard_.ForgetRequests(rt, now_, commit);
}

void Turn::AfterDurable(std::function<void()> done) { shard_.batch_->done.push_back(std::move(done)); }

void Turn::AttachDevice(OrgRuntime& rt, SessionId session, std::shared_ptr<Attachment> attachment) {
  Presence& presence = rt.devices[session];
  if (presence.attachment && presence.attachment != attachment) {
    AfterDurable([old = presence.attachment] { old->Close(Superseded("another stream of the device")); });
  }
  presence.since = now_;
  presence.told = {};
  presence.attachment = std::move(attachment);
  shard_.ArmPresence(rt, Shard::What::kDevice, session, {}, presence);
}

void Turn::AttachConsole(OrgRuntime& rt, const TechnicianId& technician, std::shared_ptr<Attachment> attachment) {
  Presence& presence = rt.consoles[technician];
  if (presence.attachment && presence.attachment != attachment) {
    AfterDurable([old = presence.attachment] { old->Close(Superseded("a newer console of the technician")); });
  }
  presence.since = now_;
  presence.told = {};
  presence.attachment = std::move(attachment);
  shard_.ArmPresence(rt, Shard::What::kConsole, {}, technician, presence);
}

absl::Status Turn::MayArrive(const OrgRuntime& rt, SessionId session) const {
  auto it = rt.arrivals.find(session);
  if (it == rt.arrivals.end() || it->second.count < kArrivals || it->second.since + kGuessWindow <= now_) {
    return absl::OkStatus();
  }
  return TooFast("arrivals of the device", it->second.since + kGuessWindow - now_);
}

void Turn::Arrived(OrgRuntime& rt, SessionId session) {
  Arrivals& arrivals = rt.arrivals[session];
  if (arrivals.since + kGuessWindow <= now_) arrivals = {now_, 0};
  ++arrivals.count;
}

Duration Turn::TellGrace(OrgRuntime& rt, SessionId session) {
  const Duration grace = shard_.GraceOf(rt, Shard::What::kDevice, session, {});
  if (auto it = rt.devices.find(session); it != rt.devices.end()) it->second.told = grace;
  return grace;
}

Duration Turn::TellGrace(OrgRuntime& rt, const TechnicianId& technician) {
  const Duration grace = shard_.GraceOf(rt, Shard::What::kConsole, {}, technician);
  if (auto it = rt.consoles.find(technician); it != rt.consoles.end()) it->second.told = grace;
  return grace;
}

// --- Records --------------------------------------------------------------------------------------------------------------

void Shard::WriteRecords(OrgRuntime& rt, const Step& step, store::Commit& commit) {
  store::AddRecords(rt.org, step.entry, step.touched, commit);
  for (const SessionChange& change : step.entry.sessions) {
    const Session& session = *change.after;
    FollowDeliveries(rt, session);
    if (session.finished()) {
      rt.ids.erase(session.id);
    } else {
      rt.ids.insert(session.id);
    }
  }
}

// What a command touched must be somebody's, with its deadline armed. Never false but for a fault of the daemon itself, which
// the metric tells of.
void Shard::CheckInvariants(OrgRuntime& rt, const Step& step) {
  for (SessionId id : step.touched.live) {
    const Session& session = *FindSession(rt.org, id);
    std::string_view broken = BrokenInvariant(rt.org, session);
    const std::optional<Deadline> next = NextDeadline(rt.org, session);
    if (broken.empty() && (next || !session.ended_already())) {
      auto armed = rt.armed.find(id);
      const bool is_armed = armed != rt.armed.end() && next && armed->second == next->due &&
                            timers_.contains({next->due, What::kSession, &rt, id, {}, {}});
      if (!is_armed) broken = "its deadline is not armed";
    }
    if (broken.empty()) continue;
    parts_.metrics.InvariantViolated();
    spdlog::error("organization {} session {}: invariant violated: {}", rt.org.id.value, id.value, broken);
  }
}

void Shard::ForgetRequests(OrgRuntime& rt, Time now, store::Commit& commit) {
  while (!rt.request_ages.empty() &&
         (rt.requests.size() > kRequestIds || rt.request_ages.front().first + kRequestIdAge <= now)) {
    commit.dels.push_back({store::Family::kRequests, rt.request_ages.front().second});
    rt.requests.erase(rt.request_ages.front().second);
    rt.request_ages.pop_front();
  }
}

void Shard::TrimLog(OrgRuntime& rt) {
  if (rt.token.seq < rt.trimmed + kRetainedLog + kTrimStep) return;
  rt.trimmed = rt.token.seq - kRetainedLog;
  // Not in a commit's callback, where the store allows no trim. A failure shows in the store's own state, which stops the
  // daemon.
  (void)parts_.store.Trim(KeyOf(rt.org.id), rt.trimmed);
}

absl::Status Shard::Load(const OrgId& id) {
  absl::StatusOr<store::Token> token = parts_.store.Acquire(KeyOf(id));
  if (!token.ok()) return token.status();
  auto rt = std::make_unique<OrgRuntime>();
  rt->token = *token;
  rt->feed = std::make_shared<Feed>(Revision{token->seq}, parts_.ring_entries);
  absl::StatusOr<Org> org = store::LoadOrg(parts_.store, token->org, Revision{token->seq});
  if (!org.ok()) return org.status();
  rt->org = *std::move(org);
  for (const auto& [session_id, session] : rt->org.sessions) {
    rt->ids.insert(session_id);
    FollowDeliveries(*rt, session);
  }
  absl::Status bad;
  absl::Status scan =
      parts_.store.Scan(token->org, {store::Family::kRequests, "", ""}, [&](std::string_view key, std::string_view value) {
        absl::StatusOr<store::RequestItem> item = store::DecodeRequest(value);
        if (!item.ok()) {
          bad = item.status();
          return false;
        }
        rt->request_ages.emplace_back(item->time, std::string(key));
        rt->requests.emplace(std::string(key), *std::move(item));
        return true;
      });
  if (!scan.ok()) return scan;
  if (!bad.ok()) return bad;
  if (!rt->org.id) return absl::OkStatus();  // acquired by a creation that never became durable
  std::sort(rt->request_ages.begin(), rt->request_ages.end());
  for (const auto& [time, key] : rt->request_ages) {
    if (key.starts_with(kOperatorRequest)) (void)parts_.directory.ClaimRequest(key.substr(kOperatorRequest.size()), id, time);
  }
  if (absl::Status followed = FollowTime(*token); !followed.ok()) return followed;
  orgs_.emplace(id, std::move(rt));
  return absl::OkStatus();
}

// The log never goes back in time, also when the machine's clock was set back while the daemon was away.
absl::Status Shard::FollowTime(const store::Token& token) {
  if (token.seq == 0) return absl::OkStatus();
  absl::StatusOr<LogEntry> last = absl::DataLossError("the last event is missing");
  const absl::Status read = parts_.store.ReadEvents(token.org, token.seq - 1, 1, [&](uint64_t, std::string_view bytes) {
    last = store::DecodeLogEntry(bytes);
    return true;
  });
  if (!read.ok()) return read;
  if (!last.ok()) return last.status();
  const Duration behind = last->time - parts_.clock.Now();
  if (behind > Duration{0}) {
    spdlog::warn("the machine's clock is {} ms behind the last event of organization {}: time goes on from there",
                 behind.count(), token.org.value);
    parts_.clock.NotBefore(last->time);
  }
  return absl::OkStatus();
}

void Shard::Arm() {
  for (auto& [id, rt] : orgs_) Arm(*rt);
}

// What is due from here on: once every organization is there, since each may set the clock.
void Shard::Arm(OrgRuntime& ref) {
  Org& org = ref.org;
  for (auto& [technician_id, technician] : org.technicians) {
    if (RefreshStatus(org, technician, parts_.clock.Now())) RefreshRoster(org, technician_id);
  }
  parts_.directory.Load(org);

  const Time now = parts_.clock.Now();
  for (const auto& [time, key] : ref.request_ages) {
    if (!absl::StartsWith(key, kUsedCode) || time + kRedeemRepeat <= now) continue;
    const store::RequestItem& used = ref.requests.at(key);
    const CodeTarget target{org.id, SessionId{used.content_hash}, TechnicianId{used.response}};
    parts_.codes.Bind(key.substr(kUsedCode.size()), target);
    parts_.codes.Release(target, true, time);
  }
  for (const auto& [queue, waiting] : org.waiting) {
    for (const auto& [arrived, session_id] : waiting) ref.dirty.sessions.insert(session_id);
  }
  for (const auto& [technician_id, kept] : org.kept) {
    for (const auto& [arrived, session_id] : kept) ref.dirty.sessions.insert(session_id);
  }
  for (const auto& [channel_id, channel] : org.channels) {  // due at once: the first turn, which also routes what waits
    ref.channel_hours.emplace(channel_id, now);
    timers_.insert({now, What::kHours, &ref, {}, {}, channel_id});
  }
  for (const auto& [session_id, session] : org.sessions) {
    RearmSession(ref, session_id);
    WakeRouting(ref, session_id, now);
    if (!session.code_key.empty()) parts_.codes.Bind(session.code_key, {org.id, session_id, {}});
    for (const Participant& participant : session.participants) {
      if (!participant.code_key.empty()) parts_.codes.Bind(participant.code_key, {org.id, session_id, participant.technician});
    }
    if (session.link == Link::kAttached && !session.ended_already() && session.method != Method::kMonitoring) {
      Presence& presence = ref.devices[session_id];
      presence.since = now;
      ArmPresence(ref, What::kDevice, session_id, {}, presence);
    }
  }
  for (const auto& [computer_id, computer] : org.computers) ArmComputer(ref, computer_id);
  for (const auto& [technician_id, technician] : org.technicians) {
    WakeRouting(ref, technician_id, now);
    if (!technician.console) continue;
    Presence& presence = ref.consoles[technician_id];
    presence.since = now;
    ArmPresence(ref, What::kConsole, {}, technician_id, presence);
  }
}

// --- Timers ---------------------------------------------------------------------------------------------------------------

void Shard::RearmSession(OrgRuntime& rt, SessionId id) {
  auto armed = rt.armed.find(id);
  const Session* session = FindSession(rt.org, id);
  const std::optional<Deadline> next = session == nullptr ? std::nullopt : NextDeadline(rt.org, *session);
  if (armed != rt.armed.end()) {
    if (next && next->due == armed->second) return;
    timers_.erase({armed->second, What::kSession, &rt, id, {}, {}});
    rt.armed.erase(armed);
  }
  if (!next) return;
  rt.armed.emplace(id, next->due);
  timers_.insert({next->due, What::kSession, &rt, id, {}, {}});
}

void Shard::Rearm(OrgRuntime& rt, const Touched& touched) {
  for (SessionId id : touched.finished) RearmSession(rt, id);
  if (!touched.groups.empty()) {  // settings may have changed for everybody
    for (SessionId id : rt.ids) RearmSession(rt, id);
    for (auto& [id, presence] : rt.devices) ArmPresence(rt, What::kDevice, id, {}, presence);
    for (auto& [id, presence] : rt.consoles) ArmPresence(rt, What::kConsole, {}, id, presence);
    return;
  }
  for (SessionId id : touched.live) RearmSession(rt, id);
  for (const TechnicianId& technician : touched.timing) {
    auto entries = rt.org.entries.find(technician);
    if (entries == rt.org.entries.end()) continue;
    for (SessionId id : entries->second) RearmSession(rt, id);
  }
  for (SessionId id : SessionsOf(rt, touched.channels)) RearmSession(rt, id);
}

Duration Shard::GraceOf(const OrgRuntime& rt, What what, const SessionId& session, const TechnicianId& technician) const {
  if (what == What::kConsole) return SettingsOf(rt.org, technician).device_lost_grace;
  const Session* s = FindSession(rt.org, session);
  return s != nullptr ? SettingsOf(rt.org, *s).device_lost_grace : DefaultSettings().device_lost_grace;
}

void Shard::ArmPresence(OrgRuntime& rt, What what, const SessionId& session, const TechnicianId& technician,
                        Presence& presence) {
  if (presence.armed != kNoTime) timers_.erase({presence.armed, what, &rt, session, technician, {}});
  presence.armed = presence.last_seen() + std::max(presence.told, GraceOf(rt, what, session, technician));
  const Technician* t = FindTechnician(rt.org, technician);
  if (what == What::kConsole && presence.attachment && t != nullptr) {
    const GroupSettings& settings = SettingsOf(rt.org, technician);
    const Time active = presence.attachment->last_activity();
    if (settings.away_after != kNever && !t->inactive) presence.armed = std::min(presence.armed, active + settings.away_after);
    if (settings.logout_after != kNever) presence.armed = std::min(presence.armed, active + settings.logout_after);
  }
  timers_.insert({presence.armed, what, &rt, session, technician, {}});
}

// Presence follows the facts: a device that is not attached, or a console that is gone, is watched no more.
void Shard::FollowPresence(OrgRuntime& rt, const Step& step) {
  for (const SessionChange& change : step.entry.sessions) {
    const Session& session = *change.after;
    if (session.ended_already()) rt.arrivals.erase(session.id);
    auto it = rt.devices.find(session.id);
    if (it == rt.devices.end()) continue;
    Presence& presence = it->second;
    if (presence.attachment) {
      CustomerUpdate update = CustomerUpdateOf(rt.org, session);
      update.reboot_ordered =
          step.entry.trigger == Trigger::kReboot && session.link == Link::kRebooting && step.entry.actor != "device";
      batch_->done.push_back(
          [attachment = presence.attachment, update = std::move(update)] { attachment->OnCustomer(update); });
    }
    const bool terms = session.link == Link::kNeverAttached && presence.attachment != nullptr;
    if (!session.ended_already() && (session.link == Link::kAttached || terms)) continue;
    timers_.erase({presence.armed, What::kDevice, &rt, session.id, {}, {}});
    rt.devices.erase(it);
  }
  for (const TechnicianId& id : step.touched.technicians) {  // his group, or his activity, may have changed
    auto console = rt.consoles.find(id);
    if (console != rt.consoles.end()) ArmPresence(rt, What::kConsole, {}, id, console->second);
  }
  for (const Event& event : step.entry.events) {
    const auto* gone = std::get_if<event::ConsoleGone>(&event);
    if (gone == nullptr) continue;
    auto it = rt.consoles.find(gone->technician);
    if (it == rt.consoles.end()) continue;
    if (it->second.attachment && gone->cause == LinkCause::kDisabled) {
      batch_->done.push_back(
          [attachment = it->second.attachment, id = gone->technician] { attachment->Close(TechnicianDisabled(id)); });
    }
    timers_.erase({it->second.armed, What::kConsole, &rt, {}, gone->technician, {}});
    rt.consoles.erase(it);
  }
}

void Shard::FirePresence(Turn& turn, const Timer& timer, Presence& presence) {
  OrgRuntime& rt = *timer.org;
  presence.armed = kNoTime;
  // Heartbeats that came while this process stood still may wait to be read: whoever was silent has his grace anew.
  presence.since = std::max(presence.since, parts_.clock.LastPause());
  ArmPresence(rt, timer.what, timer.session, timer.technician, presence);
  if (presence.armed > turn.now()) return;  // heartbeats or activity came meanwhile
  const Duration lost = std::max(presence.told, GraceOf(rt, timer.what, timer.session, timer.technician));
  if (timer.what == What::kConsole && presence.last_seen() + lost > turn.now()) {
    FireInactivity(turn, timer, presence);
    return;
  }
  timers_.erase({presence.armed, timer.what, &rt, timer.session, timer.technician, {}});
  presence.armed = kNoTime;
  const Time last_seen = presence.last_seen();
  if (presence.attachment) {
    turn.AfterDurable(
        [stream = presence.attachment, grace = turn.now() - last_seen] { stream->Close(HeartbeatsMissed(grace)); });
  }
  if (timer.what == What::kDevice) {
    rt.devices.erase(timer.session);
    (void)turn.Apply(rt, command::DeviceLost{timer.session}, "daemon");
  } else {
    rt.consoles.erase(timer.technician);
    (void)turn.Apply(rt, command::DetachConsole{timer.technician, last_seen, LinkCause::kLost}, "daemon");
  }
}

// The console is there but its technician is not: AWAY first, signed out later.
void Shard::FireInactivity(Turn& turn, const Timer& timer, Presence& presence) {
  OrgRuntime& rt = *timer.org;
  const Duration logout_after = SettingsOf(rt.org, timer.technician).logout_after;
  const Time active = presence.attachment->last_activity();
  if (logout_after == kNever || active + logout_after > turn.now()) {
    presence.attachment->CountAsInactive();
    (void)turn.Apply(rt, command::SetInactive{timer.technician, true}, "timer");
    ArmPresence(rt, What::kConsole, {}, timer.technician, presence);
    return;
  }
  turn.AfterDurable([stream = presence.attachment, logout_after] { stream->Close(LoggedOut(logout_after)); });
  (void)turn.Apply(rt, command::DetachConsole{timer.technician, turn.now(), LinkCause::kLoggedOut}, "timer");
}

void Shard::Fire(Turn& turn, const Timer& timer) {
  OrgRuntime& rt = *timer.org;
  if (timer.what == What::kDevice) {
    if (auto it = rt.devices.find(timer.session); it != rt.devices.end()) FirePresence(turn, timer, it->second);
    return;
  }
  if (timer.what == What::kConsole) {
    if (auto it = rt.consoles.find(timer.technician); it != rt.consoles.end()) FirePresence(turn, timer, it->second);
    return;
  }
  if (timer.what == What::kComputer) {
    const ComputerId computer{timer.session.value};
    rt.computers.erase(computer);
    (void)turn.Apply(rt, command::ExpireComputer{computer}, "timer");
    ArmComputer(rt, computer);
    return;
  }
  if (timer.what == What::kRouting || timer.what == What::kHours) {
    FireRouting(turn, timer);
    return;
  }
  if (timer.what == What::kBoards) {
    rt.boards_wake = kNoTime;
    BoardsDue(rt);
    return;
  }
  rt.armed.erase(timer.session);
  const Session* session = FindSession(rt.org, timer.session);
  if (session == nullptr) return;
  if (std::optional<Deadline> deadline = NextDeadline(rt.org, *session); deadline && deadline->due <= turn.now()) {
    const std::chrono::duration<double> late = turn.now() - deadline->due;
    parts_.metrics.TimerFired(static_cast<size_t>(deadline->kind), late.count());
  }
  (void)turn.Apply(rt, command::FireTimer{timer.session}, "timer");
  RearmSession(rt, timer.session);
}

void Shard::FireTimers(Turn& turn) {
  while (!timers_.empty() && timers_.begin()->due <= turn.now() && batch_->commands < kBatchCommands) {
    const Timer timer = *timers_.begin();
    timers_.erase(timers_.begin());
    Fire(turn, timer);
  }
}

// --- The loop -------------------------------------------------------------------------------------------------------------

void Shard::Start() {
  Arm();
  publisher_ = std::thread([this] { RunPublisher(); });
  thread_ = std::thread([this] { Run(); });
}

void Shard::Stop() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
    cv_.SignalAll();
  }
  if (thread_.joinable()) thread_.join();
  {
    absl::MutexLock lock(&publish_mu_);
    publisher_stops_ = true;
    publish_cv_.SignalAll();
  }
  if (publisher_.joinable()) publisher_.join();
}

void Shard::RunPublisher() {
  while (true) {
    std::shared_ptr<Batch> batch;
    {
      absl::MutexLock lock(&publish_mu_);
      while (to_publish_.empty() && !publisher_stops_) publish_cv_.Wait(&publish_mu_);
      if (to_publish_.empty()) return;
      batch = std::move(to_publish_.front());
      to_publish_.pop_front();
      publish_cv_.SignalAll();
    }
    PublishAndTell(*batch);
  }
}

bool Shard::PublishOnce() {
  std::shared_ptr<Batch> batch;
  {
    absl::MutexLock lock(&publish_mu_);
    if (to_publish_.empty()) return false;
    batch = std::move(to_publish_.front());
    to_publish_.pop_front();
  }
  PublishAndTell(*batch);
  return true;
}

void Shard::PublishAndTell(const Batch& batch) {
  Publish(batch);
  for (const auto& tell : batch.told) tell();
}

absl::Status Shard::Take(Work work, size_t capacity) {
  absl::MutexLock lock(&mu_);
  if (stopping_) return Draining();
  if (queue_.size() >= capacity) return Overloaded("the command queue", kCommandQueue, kRetryDelay);
  queue_.push_back(std::move(work));
  depth_.store(queue_.size(), std::memory_order_relaxed);
  if (queue_.size() == 1) cv_.Signal();
  return absl::OkStatus();
}

bool Shard::RunAndWait(const Work& read) {
  absl::Notification done;
  auto work = [&](Turn& turn) {
    read(turn);
    done.Notify();
  };
  absl::Status submitted = Take(work, SIZE_MAX);
  if (!submitted.ok()) return false;
  done.WaitForNotification();
  return true;
}

void Shard::Run() {
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      while (!CanBegin()) {
        if (stopping_ && queue_.empty() && in_flight_.empty() && !answering_) return;
        const Time next = next_due();
        if (in_flight_.size() < kBatchesInFlight && next != kFarFuture && !stopping_) {
          parts_.clock.Wait(cv_, mu_, next);
        } else {
          cv_.Wait(&mu_);
        }
      }
      TakeWorks();
    }
    RunBatch();
  }
}

bool Shard::RunOnce() {
  {
    absl::MutexLock lock(&mu_);
    if (!CanBegin()) return false;
    TakeWorks();
  }
  RunBatch();
  return true;
}

bool Shard::CanBegin() {
  const Time next = timers_.empty() ? kFarFuture : timers_.begin()->due;
  next_due_ms_.store(next.time_since_epoch().count(), std::memory_order_relaxed);
  if (in_flight_.size() >= kBatchesInFlight) return false;
  return !queue_.empty() || (!stopping_ && (routing_left_ || next <= parts_.clock.Now()));
}

void Shard::TakeWorks() {
  if (queue_.size() <= kBatchCommands) {
    works_.swap(queue_);
  } else {
    auto end = queue_.begin() + kBatchCommands;
    works_.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
    queue_.erase(queue_.begin(), end);
  }
  depth_.store(queue_.size(), std::memory_order_relaxed);
}

void Shard::RunBatch() {
  batch_ = std::make_shared<Batch>();
  batch_->taken = parts_.clock.Now();
  Turn turn(*this, batch_->taken);
  FireTimers(turn);
  RouteAll(turn);  // what is read in this turn shows what its timers routed
  for (Work& work : works_) work(turn);
  works_.clear();
  RouteAll(turn);
  TellBoards(turn);
  HandOver();
}

void Shard::HandOver() {
  std::shared_ptr<Batch> batch = std::move(batch_);
  if (batch->commits.empty()) {
    // Nothing to write: what was read is shown once everything before it is durable.
    {
      absl::MutexLock lock(&mu_);
      if (!in_flight_.empty()) {
        auto append = [](auto& to, auto& from) {
          to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
        };
        append(in_flight_.back()->done, batch->done);
        append(in_flight_.back()->told, batch->told);
        return;
      }
    }
    for (const auto& done : batch->done) done();
    if (!batch->told.empty()) {
      absl::MutexLock lock(&publish_mu_);
      to_publish_.push_back(batch);
      publish_cv_.SignalAll();
    }
    return;
  }
  std::vector<store::Commit> commits = std::move(batch->commits);
  {
    absl::MutexLock lock(&mu_);
    in_flight_.push_back(batch);
  }
  parts_.store.CommitAsync(std::move(commits),
                           [this, batch](const std::vector<store::CommitResult>& results) { OnCommitted(batch, results); });
}

void Shard::OnCommitted(std::shared_ptr<Batch> batch, const std::vector<store::CommitResult>& results) {
  for (store::CommitResult result : results) {
    if (result != store::CommitResult::kOk) {
      parts_.on_fatal("a commit failed; the daemon must recover from disk");
      return;
    }
  }
  for (const auto& [org, index] : batch->entry_of) {
    const LogEntry& entry = batch->published[index].second->entry;
    for (const auto& [demoted, why] : parts_.directory.Apply(org, entry)) parts_.on_technician_demoted(org, demoted, why);
    for (const Event& event : entry.events) {
      const SessionId session = SessionOf(event);
      if (const auto* revoked = std::get_if<event::KeyRevoked>(&event)) parts_.on_key_revoked(org, revoked->key);
      if (const auto* gone = std::get_if<event::ComputerGone>(&event)) parts_.agents.Gone(org, gone->computer, gone->outcome);
      if (const auto* created = std::get_if<event::SessionCreated>(&event); created != nullptr && !created->code_key.empty()) {
        parts_.codes.Bind(created->code_key, {org, session, {}});
      } else if (std::holds_alternative<event::CodeRedeemed>(event)) {
        parts_.codes.Release({org, session, {}}, true, entry.time);
      } else if (std::holds_alternative<event::CodeExpired>(event) || std::holds_alternative<event::SessionEnded>(event)) {
        parts_.codes.Release({org, session, {}}, false, entry.time);
      } else if (const auto* invited = std::get_if<event::ExternalInvited>(&event)) {
        parts_.codes.Bind(invited->code_key, {org, session, invited->technician});
      } else if (const auto* admitted = std::get_if<event::ExternalAdmitted>(&event)) {
        parts_.codes.Release({org, session, admitted->technician}, true, entry.time);
      } else if (const auto* gone = std::get_if<event::ExternalGone>(&event)) {
        parts_.codes.Release({org, session, gone->technician}, false, entry.time);
      }
    }
  }
  batch->durable = parts_.clock.Now();
  std::vector<std::function<void()>> done;
  {
    absl::MutexLock lock(&mu_);
    done = std::move(batch->done);
    in_flight_.pop_front();  // the store calls back in order
    answering_ = true;
    cv_.Signal();
  }
  for (const auto& run : done) run();
  {
    absl::MutexLock lock(&publish_mu_);
    while (to_publish_.size() >= kBatchesToPublish) publish_cv_.Wait(&publish_mu_);
    to_publish_.push_back(batch);
    publish_cv_.SignalAll();
  }
  absl::MutexLock lock(&mu_);
  answering_ = false;
  cv_.Signal();
}

void Shard::Publish(const Batch& batch) {
  const std::chrono::duration<double> took = batch.durable - batch.taken;
  std::map<Feed*, std::vector<PublishedPtr>> together;
  for (const auto& [feed, published] : batch.published) {
    Count(published->entry);
    parts_.metrics.CommandDone(took.count());
    together[feed.get()].push_back(published);
  }
  for (const auto& [feed, published] : together) feed->Publish(published);
}

// How an estimate of the wait came out that a session was told when it joined its queue, or that it was told none. Who leaves
// without a technician does not count: how long he would have waited is not known.
void Shard::CountEstimate(Time now, const Session& session, const EntryChange& change) {
  if (change.technician || !session.channel) return;  // the queue's view of it, not one technician's
  const bool joined = change.to == EntryState::kWaiting && session.queue_since == now;
  if (joined && !session.told) parts_.metrics.WaitEstimateRefused();
  const bool started = change.from == EntryState::kWaiting && session.lead() != nullptr;
  if (!started || !session.told) return;
  const Duration waited = now - session.queue_since;
  const std::chrono::duration<double> error =
      waited > session.told->p50 ? waited - session.told->p50 : session.told->p50 - waited;
  parts_.metrics.WaitEstimateCame(waited <= session.told->p90, error.count());
}

void Shard::Count(const LogEntry& entry) {
  metrics::Metrics& metrics = parts_.metrics;
  metrics.Event(static_cast<size_t>(entry.trigger));
  for (const Event& event : entry.events) {
    if (const auto* created = std::get_if<event::SessionCreated>(&event))
      metrics.SessionCreated(static_cast<size_t>(created->method));
    if (const auto* ended = std::get_if<event::SessionEnded>(&event)) metrics.SessionEnded(static_cast<size_t>(ended->outcome));
    if (const auto* reported = std::get_if<event::DeliveryReported>(&event))
      metrics.DeliveryReported(ReportOf(reported->state));
  }
  for (const SessionChange& change : entry.sessions) {
    const Session& session = *change.after;
    if (session.started == entry.time && session.started != kNoTime) {
      const std::chrono::duration<double> waited = session.started - session.first_waiting;
      metrics.SessionStarted(waited.count());
    }
    for (const EntryChange& c : change.changes) CountEstimate(entry.time, session, c);
    for (const EntryChange& c : change.changes) {
      if (c.from == EntryState::kNone) continue;
      const std::chrono::duration<double> stayed = c.stayed;
      metrics.EntryLeftState(static_cast<size_t>(c.from) - 1, stayed.count());
      if (std::optional<size_t> row = FindRow(c.from, c.to, entry.trigger, session.method == Method::kMonitoring)) {
        metrics.Transition(*row);
      } else {
        metrics.InvariantViolated();
      }
    }
  }
}

}  // namespace guichet::router

#include "tests/wire/stage.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"

namespace guichet::wire {
namespace {

pb::GroupSettings StageSettings() {
  pb::GroupSettings settings;
  SetMs(settings.mutable_device_lost_grace(), kGrace);
  SetMs(settings.mutable_offline_after(), kOfflineAfter);
  return settings;
}

const Transition& RowOf(const std::string& row) {
  for (const Transition& transition : Table()) {
    if (transition.row == row) return transition;
  }
  throw std::runtime_error("no row " + row);
}

// What the event of a row is called. A start is one event, though A37 and A43 tell its viewers by who starts; for a monitoring
// session the customer who ends it (M03) is the monitored console that goes.
std::string_view EventOf(const Transition& row) {
  if (row.trigger == Trigger::kSenderStart || row.trigger == Trigger::kRecipientStart) return Name(Trigger::kStart);
  if (row.viewer == Viewer::kMonitor && row.trigger == Trigger::kCustomerEnd) return Name(Trigger::kConsoleGone);
  return Name(row.trigger);
}

// Without the fields that only reads carry.
pb::QueueEntry Comparable(pb::QueueEntry entry) {
  entry.mutable_session()->clear_deadline_time();
  entry.mutable_session()->clear_deadline_timer();
  return entry;
}

}  // namespace

Stage::Stage(TestDaemon& daemon, const std::string& row)
    : daemon_(daemon), row_(row), org_(daemon, absl::StrCat("row-", absl::AsciiStrToLower(row))) {
  org_.AddGroup("desk", StageSettings());
  org_.AddGroup("office", StageSettings());
  for (const char* who : {"ann", "bob", "cat"}) org_.AddTechnician(who, "desk");
  org_.AddTechnician("amy", "office", true);
  org_.AddChannel("web", "desk");
  for (const char* who : {"ann", "bob", "cat"}) {
    consoles_[who] = std::make_unique<Console>(org_.technician(who));
    Watch(who);
  }
}

void Stage::Watch(const std::string& who) { watchers_[who] = std::make_unique<QueueWatcher>(org_.technician(who), who); }

void Stage::Set(Setting setting, Duration value) {
  pb::GroupSettings settings;
  SetMs((settings.*setting)(), value);
  Set(settings);
}

void Stage::Pass(Duration by) {
  while (by > Duration{0}) {
    for (auto& [who, console] : consoles_) {
      if (console->alive()) console->Beat();
    }
    for (auto& [id, applet] : devices_) {
      if (applet->alive()) applet->Beat();
    }
    const Duration step = std::min<Duration>(by, kGrace / 3);
    daemon_.Advance(step);
    by -= step;
  }
}

// --- sessions

uint64_t Stage::Create(const std::string& owner) {
  pb::CreateSessionRequest request;
  request.set_technician_id(owner);
  auto created = Must<pb::CreateSessionResponse>(org_.technician(owner), request);
  codes_[created.session().session_id()] = created.code();
  return created.session().session_id();
}

uint64_t Stage::Connecting() {
  const uint64_t id = Create("ann");
  AwaitState("ann", id, pb::ENTRY_STATE_CONNECTING);
  devices_[id] = Applet::Redeem(daemon_, codes_.at(id), absl::StrCat("device-", row_, "-", id));
  return id;
}

uint64_t Stage::Waiting() {
  const uint64_t id = Connecting();
  device(id).Attach();
  AwaitState("ann", id, pb::ENTRY_STATE_WAITING);
  return id;
}

uint64_t Stage::Active() {
  const uint64_t id = Waiting();
  Start("ann", id);
  AwaitState("ann", id, pb::ENTRY_STATE_ACTIVE);
  return id;
}

uint64_t Stage::Held() {
  const uint64_t id = Active();
  Hold("ann", id);
  AwaitState("ann", id, pb::ENTRY_STATE_HOLD);
  return id;
}

uint64_t Stage::Collaborating() {
  const uint64_t id = Active();
  Invite(id, "bob");
  AwaitState("bob", id, pb::ENTRY_STATE_INVITATION);
  Start("bob", id);
  AwaitState("bob", id, pb::ENTRY_STATE_COLLABORATION);
  return id;
}

uint64_t Stage::Sent() {
  const uint64_t id = Active();
  Transfer("ann", id, "bob");
  AwaitState("ann", id, pb::ENTRY_STATE_OUTGOING);
  AwaitState("bob", id, pb::ENTRY_STATE_INCOMING);
  return id;
}

uint64_t Stage::TimedOut() {
  const uint64_t id = Active();
  IdleOut();
  AwaitState("ann", id, pb::ENTRY_STATE_TIMED_OUT);
  return id;
}

uint64_t Stage::InChannel() {
  std::unique_ptr<Applet> applet = Applet::Enter(daemon_, org_.id(), "web", "device-" + row_);
  const uint64_t id = applet->session();
  devices_[id] = std::move(applet);
  device(id).Attach();
  for (const char* who : {"ann", "bob", "cat"}) AwaitState(who, id, pb::ENTRY_STATE_WAITING);
  return id;
}

uint64_t Stage::Monitoring() {
  Watch("amy");
  pb::CreateSessionRequest request;
  request.set_technician_id("amy");
  request.set_method(pb::METHOD_MONITORING);
  request.set_monitored_technician_id("bob");
  const uint64_t id = Must<pb::CreateSessionResponse>(org_.technician("amy"), request).session().session_id();
  AwaitState("amy", id, pb::ENTRY_STATE_WAITING);
  return id;
}

// --- verbs

template <class Request>
Request Stage::Verb(const std::string& who, uint64_t id) const {
  Request request;
  request.mutable_target()->set_session_id(id);
  request.mutable_target()->set_technician_id(who);
  return request;
}

void Stage::Start(const std::string& who, uint64_t id) {
  Must<pb::StartSessionResponse>(org_.technician(who), Verb<pb::StartSessionRequest>(who, id));
}

void Stage::Hold(const std::string& who, uint64_t id) {
  Must<pb::HoldSessionResponse>(org_.technician(who), Verb<pb::HoldSessionRequest>(who, id));
}

void Stage::End(const std::string& who, uint64_t id) {
  Must<pb::EndSessionResponse>(org_.technician(who), Verb<pb::EndSessionRequest>(who, id));
}

void Stage::Transfer(const std::string& who, uint64_t id, const std::string& to) {
  auto request = Verb<pb::TransferSessionRequest>(who, id);
  request.mutable_to()->set_technician_id(to);
  request.set_comment("please");
  Must<pb::TransferSessionResponse>(org_.technician(who), request);
}

void Stage::TransferToGroup(const std::string& who, uint64_t id, const std::string& group) {
  auto request = Verb<pb::TransferSessionRequest>(who, id);
  request.mutable_to()->set_group_id(group);
  Must<pb::TransferSessionResponse>(org_.technician(who), request);
}

void Stage::TransferToChannel(const std::string& who, uint64_t id, const std::string& channel) {
  auto request = Verb<pb::TransferSessionRequest>(who, id);
  request.mutable_to()->set_channel_id(channel);
  Must<pb::TransferSessionResponse>(org_.technician(who), request);
}

void Stage::CancelTransfer(const std::string& who, uint64_t id) {
  Must<pb::CancelTransferResponse>(org_.technician(who), Verb<pb::CancelTransferRequest>(who, id));
}

void Stage::Invite(uint64_t id, const std::string& invitee) {
  auto request = Verb<pb::InviteTechnicianRequest>("ann", id);
  request.set_invitee_technician_id(invitee);
  Must<pb::InviteTechnicianResponse>(org_.technician("ann"), request);
}

void Stage::Remove(uint64_t id, const std::string& removed) {
  auto request = Verb<pb::RemoveTechnicianRequest>("ann", id);
  request.set_removed_technician_id(removed);
  Must<pb::RemoveTechnicianResponse>(org_.technician("ann"), request);
}

void Stage::HandLead(const std::string& from, uint64_t id, const std::string& to) {
  auto request = Verb<pb::OfferLeadRequest>(from, id);
  request.set_collaborator_technician_id(to);
  Must<pb::OfferLeadResponse>(org_.technician(from), request);
  Must<pb::AcceptLeadResponse>(org_.technician(to), Verb<pb::AcceptLeadRequest>(to, id));
}

void Stage::Reboot(const std::string& who, uint64_t id) {
  Must<pb::RebootDeviceResponse>(org_.technician(who), Verb<pb::RebootDeviceRequest>(who, id));
  device(id).AwaitRebootOrder();
}

// --- the administrator

void Stage::MoveTo(const std::string& group, const std::string& who) {
  pb::UpdateTechnicianRequest request;
  request.mutable_technician()->set_technician_id(who);
  request.mutable_technician()->set_group_id(group);
  Must<pb::UpdateTechnicianResponse>(org_.administrator(), request);
}

void Stage::Disable(const std::string& who) {
  pb::UpdateTechnicianRequest request;
  request.mutable_technician()->set_technician_id(who);
  request.mutable_technician()->set_disabled(true);
  Must<pb::UpdateTechnicianResponse>(org_.administrator(), request);
}

// --- the device

void Stage::Lose(uint64_t id) {
  device(id).Vanish();
  Pass(kGrace + kShort);
  AwaitState("ann", id, pb::ENTRY_STATE_RECONNECTING);
}

void Stage::LoseForLong(uint64_t id) {
  Lose(id);
  Pass(kOfflineAfter);
  AwaitState("ann", id, pb::ENTRY_STATE_OFFLINE);
}

void Stage::DeviceReboots(uint64_t id) {
  device(id).Reboot();
  AwaitState("ann", id, pb::ENTRY_STATE_REBOOTING);
}

// --- who sees what

void Stage::Sees(const std::string& who, uint64_t id, const std::string& row) {
  const Transition& transition = RowOf(row.empty() ? row_ : row);
  const pb::QueueChange seen = queue(who).AwaitRow(id, static_cast<pb::EntryState>(transition.from),
                                                   static_cast<pb::EntryState>(transition.to), std::string(transition.row));
  if (row.empty() && seen.trigger() != EventOf(transition)) throw std::runtime_error("trigger " + seen.trigger());
  CheckTimeline(who, seen);
}

// The session's timeline tells of the same change, as his own or as one of all who serve the channel.
void Stage::CheckTimeline(const std::string& who, const pb::QueueChange& seen) {
  pb::GetTimelineRequest request;
  request.set_session_id(seen.entry().session().session_id());
  const auto timeline = Must<pb::GetTimelineResponse>(org_.integrator(), request);
  for (const pb::TimelineEvent& event : timeline.events()) {
    if (event.revision() != seen.entry().session().revision()) continue;
    for (const pb::EntryChange& c : event.changes()) {
      const bool his = c.technician_id() == who || c.technician_id().empty();
      if (his && c.from() == seen.from() && c.to() == seen.entry().state() && c.row() == seen.row()) return;
    }
  }
  throw std::runtime_error("the timeline misses " + seen.ShortDebugString() + "\n" + timeline.ShortDebugString());
}

pb::Session Stage::Get(uint64_t id) {
  pb::GetSessionRequest request;
  request.set_session_id(id);
  return Must<pb::GetSessionResponse>(org_.integrator(), request).session();
}

void Stage::CheckQueues() {
  for (auto& [who, watcher] : watchers_) {
    // A session of his own comes after all that is under way; a watch that shows it is complete.
    const uint64_t fence = Create(who);
    const QueueWatcher::View view = watcher->AwaitState(fence, pb::ENTRY_STATE_CONNECTING);
    const auto [listed, revision] = ListWholeQueue(org_.technician(who), who);
    if (view.revision > revision) throw std::runtime_error("the watch of " + who + " is ahead of ListQueue");
    if (view.entries.size() != listed.size())
      throw std::runtime_error("the watch of " + who + " shows other sessions than ListQueue");
    for (const auto& [id, entry] : listed) {
      const auto shown = view.entries.find(id);
      if (shown == view.entries.end()) throw std::runtime_error(absl::StrCat("the watch of ", who, " misses session ", id));
      const pb::QueueEntry a = Comparable(shown->second);
      const pb::QueueEntry b = Comparable(entry);
      if (!google::protobuf::util::MessageDifferencer::Equals(a, b)) {
        throw std::runtime_error(
            absl::StrCat("the watch of ", who, " shows\n  ", a.ShortDebugString(), "\nListQueue\n  ", b.ShortDebugString()));
      }
    }
  }
}

}  // namespace guichet::wire

#include "tests/statemachine/world.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "statemachine/invariant.h"
#include "statemachine/route.h"

namespace guichet::testing {
namespace {

absl::string_view V(std::string_view s) { return {s.data(), s.size()}; }

struct CommandText {
  static std::string To(const TransferTarget& to) {
    if (to.technician) return to.technician.value;
    return to.group ? absl::StrCat("group ", to.group.value) : absl::StrCat("channel ", to.channel.value);
  }
  static std::string By(const command::Target& target, const char* verb) {
    return absl::StrCat(target.technician ? target.technician.value : "nobody", " ", verb);
  }
  std::string operator()(const command::Start& c) const { return By(c.target, "start"); }
  std::string operator()(const command::Hold& c) const { return By(c.target, "hold"); }
  std::string operator()(const command::TransferTo& c) const { return absl::StrCat(By(c.target, "transfer to "), To(c.to)); }
  std::string operator()(const command::CancelTransfer& c) const { return By(c.target, "cancel transfer"); }
  std::string operator()(const command::End& c) const { return By(c.target, "end"); }
  std::string operator()(const command::Reboot& c) const { return By(c.target, "reboot"); }
  std::string operator()(const command::Invite& c) const { return absl::StrCat(By(c.target, "invite "), c.invitee.value); }
  std::string operator()(const command::RemoveTechnician& c) const {
    return absl::StrCat(By(c.target, "remove "), c.removed.value);
  }
  std::string operator()(const command::Leave& c) const { return By(c.target, "leave"); }
  std::string operator()(const command::OfferLead& c) const {
    return absl::StrCat(By(c.target, "offer lead to "), c.collaborator.value);
  }
  std::string operator()(const command::CancelLeadOffer& c) const { return By(c.target, "cancel lead offer"); }
  std::string operator()(const command::AcceptLead& c) const { return By(c.target, "accept lead"); }
  std::string operator()(const command::UpdateSession& c) const { return By(c.target, "update"); }
  std::string operator()(const command::CreateSession& c) const { return absl::StrCat("create ", V(Name(c.method))); }
  std::string operator()(const command::RedeemCode&) const { return "device redeems"; }
  std::string operator()(const command::AttachDevice&) const { return "device attaches"; }
  std::string operator()(const command::AnswerTerms& c) const { return c.accepted ? "terms accepted" : "terms declined"; }
  std::string operator()(const command::CustomerEnd&) const { return "customer ends"; }
  std::string operator()(const command::DeviceReboots&) const { return "device reboots"; }
  std::string operator()(const command::DeviceLost&) const { return "device lost"; }
  std::string operator()(const command::AttachConsole& c) const { return absl::StrCat(c.technician.value, " console on"); }
  std::string operator()(const command::DetachConsole& c) const { return absl::StrCat(c.technician.value, " console off"); }
  std::string operator()(const command::SetForeground& c) const {
    return absl::StrCat(c.technician.value, " looks at ", c.session.value);
  }
  std::string operator()(const command::SetIntent& c) const {
    return absl::StrCat(c.technician.value, c.away ? " away" : " back");
  }
  std::string operator()(const command::FireTimer&) const { return "tick"; }
  std::string operator()(const command::PutTechnician& c) const {
    return absl::StrCat("put ", c.technician.value, " in ", c.config.group.value, c.config.disabled ? " disabled" : "",
                        c.successor ? " for " : "", c.successor.value);
  }
  std::string operator()(const command::DeleteTechnician& c) const {
    return absl::StrCat("delete ", c.technician.value, c.successor ? " for " : "", c.successor.value);
  }
  std::string operator()(const command::Grant& c) const {
    return absl::StrCat(By(c.target, "grant to "), c.collaborator.value, ": ", absl::Hex(c.granted.bits()));
  }
  std::string operator()(const command::RequestActivity& c) const {
    return absl::StrCat(By(c.target, "ask for "), V(Name(c.kind)));
  }
  std::string operator()(const command::CloseActivity& c) const {
    return absl::StrCat(By(c.target, "close activity "), c.activity);
  }
  std::string operator()(const command::SetChat& c) const { return By(c.target, c.off ? "chat off" : "chat on"); }
  std::string operator()(const command::SendSurvey& c) const { return By(c.target, "send survey"); }
  std::string operator()(const command::RejectOffer& c) const { return By(c.target, "reject offer"); }
  std::string operator()(const command::ReportDelivery& c) const { return absl::StrCat("delivery ", V(Name(c.state))); }
  std::string operator()(const command::AnswerActivity& c) const {
    return absl::StrCat("customer ", c.granted ? "grants" : "denies", " activity ", c.activity, c.standing ? " for good" : "");
  }
  std::string operator()(const command::RevokeActivity& c) const {
    return absl::StrCat("customer revokes ", c.activity == 0 ? "all" : absl::StrCat("activity ", c.activity));
  }
  std::string operator()(const command::Route& c) const { return absl::StrCat("route ", c.session.value); }
  std::string operator()(const command::SetChannelOpen& c) const {
    return absl::StrCat("channel ", c.channel.value, c.open ? " opens" : " closes");
  }
  std::string operator()(const command::SetInactive& c) const {
    return absl::StrCat(c.technician.value, c.inactive ? " inactive" : " active");
  }
  std::string operator()(const command::CreateTechnicians& c) const {
    return absl::StrCat("create ", c.technicians.size(), " technicians");
  }
  std::string operator()(const command::DeleteGroup& c) const { return absl::StrCat("delete group ", c.group.value); }
  std::string operator()(const command::DeleteChannel& c) const { return absl::StrCat("delete channel ", c.channel.value); }
  std::string operator()(const command::PutGroup& c) const { return absl::StrCat("put group ", c.group.id.value); }
  std::string operator()(const command::PutChannel& c) const { return absl::StrCat("put channel ", c.channel.id.value); }
  template <class C>
  std::string operator()(const C&) const {
    return "administer";
  }
};

EntryState ViewIn(const Org& org, SessionId id, const TechnicianId& technician) {
  const Session* session = FindSession(org, id);
  return session == nullptr ? EntryState::kRemoved : View(org, *session, technician);
}

bool HasMark(const Session* session, const TechnicianId& technician) {
  if (session == nullptr) return false;
  for (const EntryMark& mark : session->marks) {
    if (mark.technician == technician) return true;
  }
  return false;
}

template <class T>
bool Distinct(const std::vector<T>& list) {
  return std::set<T>(list.begin(), list.end()).size() == list.size();
}

std::string BrokenTransfer(const Session& session) {
  const guichet::Transfer& transfer = *session.transfer;
  if (transfer.senders.empty()) return "a transfer without senders";
  if (transfer.recipients.empty()) return "a transfer without recipients";
  if (!Distinct(transfer.senders) || !Distinct(transfer.recipients)) return "a technician twice in a transfer";
  for (const TechnicianId& recipient : transfer.recipients) {
    if (session.IsSender(recipient)) return absl::StrCat(recipient.value, " is sender and recipient");
    const Participant* self = session.Find(recipient);
    if (self != nullptr && self->role != Role::kLead) return absl::StrCat(recipient.value, " participates and is recipient");
  }
  for (const TechnicianId& sender : transfer.senders) {
    const Participant* self = session.Find(sender);
    if (self != nullptr && self->role != Role::kLead) return absl::StrCat(sender.value, " participates and is sender");
  }
  const Participant* lead = session.lead();
  if (lead != nullptr && !session.IsSender(lead->technician) && !session.IsRecipient(lead->technician)) {
    return "the lead has no part in the transfer";
  }
  if (session.owner && lead == nullptr && !session.IsSender(session.owner) && !session.IsRecipient(session.owner)) {
    return "the owner has no part in the transfer";
  }
  return "";
}

std::string BrokenParticipants(const Org& org, const Session& session) {
  int leads = 0;
  std::set<TechnicianId> known;
  for (const Participant& p : session.participants) {
    leads += p.role == Role::kLead;
    if (!known.insert(p.technician).second) return absl::StrCat(p.technician.value, " participates twice");
    const Technician* t = FindTechnician(org, p.technician);
    const bool looks = t != nullptr && t->console && t->foreground == session.id;
    if (p.foreground != looks) return absl::StrCat("it is not known what the console of ", p.technician.value, " shows");
    if (!p.seat_of) continue;
    const Participant* seat = session.Find(p.seat_of);
    if (p.role != Role::kInvitee) return "only an invitee can be on his way into a seat";
    if (seat == nullptr || seat->role != Role::kCollaborator) return "a seat that is no collaborator's";
  }
  if (leads > 1) return "more than one lead";
  if (session.type == SessionType::kLens && session.participants.size() > 1) return "a Lens session with collaborators";
  if (leads == 0 && !session.participants.empty()) return "participants without a lead";
  if (leads == 0 && (session.held || session.lead_console_lost)) return "held, or a console lost, without a lead";
  if (session.lead_offered_to) {
    const Participant* offered = session.Find(session.lead_offered_to);
    if (offered == nullptr || offered->role != Role::kCollaborator) return "the lead is offered to nobody who collaborates";
    if (session.held || session.transfer) return "the lead is offered while held or in transfer";
  }
  return "";
}

std::string BrokenActivities(const Session& session) {
  std::set<uint32_t> ids;
  if (session.activities.size() > limits::kActivities) return "more activities than the limit";
  for (const Activity& activity : session.activities) {
    if (!ids.insert(activity.id).second) return "two activities of one id";
    if (activity.id > session.last_activity) return "an activity whose id was not given out";
    const Participant* self = session.Find(activity.technician);
    if (self == nullptr || self->role == Role::kInvitee) return "an activity of nobody in the session";
    if (session.held || session.transfer || self->on_hold) return "an activity while held or in transfer";
    if (session.link != Link::kAttached) return "an activity without the device";
    if (self->role == Role::kCollaborator && !self->granted.Has(PermissionOf(activity.kind))) {
      return "an activity that the lead does not allow";
    }
  }
  return "";
}

std::string BrokenRouting(const Org& org, const Session& session) {
  std::set<TechnicianId> declined;
  if (session.declines.size() > limits::kDeclines) return "more declines than the limit";
  for (const Decline& decline : session.declines) {
    if (!declined.insert(decline.technician).second) return absl::StrCat(decline.technician.value, " declined twice");
  }
  if (session.preferred_only && (!session.preferred || session.lead() != nullptr)) return "kept for nobody, or led";
  if (!session.offer) return "";
  if (session.link != Link::kAttached || PoolView(session) != EntryState::kWaiting) return "an offer of what does not wait";
  if (session.offer->expires <= session.offer->since) return "an offer for no time";
  const Technician* technician = FindTechnician(org, session.offer->technician);
  const bool there = technician != nullptr && technician->console && !technician->away && !technician->inactive;
  return there ? "" : absl::StrCat("an offer to ", session.offer->technician.value, ", who is not there");
}

std::string BrokenMarks(const Org& org, const Session& session) {
  std::set<TechnicianId> marked;
  for (const EntryMark& mark : session.marks) {
    if (!marked.insert(mark.technician).second) return absl::StrCat(mark.technician.value, " has two entries");
    const EntryState view = View(org, session, mark.technician);
    if (view != mark.state) {
      return absl::StrCat(mark.technician.value, " sees ", V(Name(view)), " but his mark is ", V(Name(mark.state)));
    }
  }
  const std::vector<TechnicianId> involved = Involved(session);
  if (marked != std::set<TechnicianId>(involved.begin(), involved.end())) return "marks are not those of the involved";
  if (PoolView(session) != session.pool.state) return "the pool's mark is not its view";
  for (const TechnicianId& technician : marked) {
    if (!org.technicians.contains(technician)) return absl::StrCat("an entry of ", technician.value, ", who does not exist");
  }
  int active = 0;
  for (const auto& [id, technician] : org.technicians) active += View(org, session, id) == EntryState::kActive;
  return active > 1 ? "more than one technician sees ACTIVE" : "";
}

std::string BrokenSession(const Org& org, const Session& session) {
  if (std::string_view broken = guichet::BrokenInvariant(org, session); !broken.empty()) return std::string(broken);
  if (std::string broken = BrokenMarks(org, session); !broken.empty()) return broken;
  if (session.ended_already()) {
    if (session.transfer || session.lead_offered_to || !session.code_key.empty()) return "an ended session is busy";
    const bool asks = session.survey_until != kNoTime;
    if (session.keepers.empty() && !asks) return "an ended session that nobody shows";
    if (asks && (!session.survey_sent || session.survey_answered)) return "an ended session waits for no survey";
    if (Deadlines(org, session).empty() == asks) return "an ended session has another deadline than that of its survey";
    return "";
  }
  if (Deadlines(org, session).empty()) return "no deadline";
  if (session.owner && session.channel) return "private and of a channel";
  if (std::string broken = BrokenParticipants(org, session); !broken.empty()) return broken;
  if (std::string broken = BrokenActivities(session); !broken.empty()) return broken;
  if (std::string broken = BrokenRouting(org, session); !broken.empty()) return broken;
  if (session.transfer) return BrokenTransfer(session);
  return "";
}

}  // namespace

std::string Text(const Command& command) { return std::visit(CommandText{}, command); }

bool Same(const Org& a, const Org& b) {
  return a.id == b.id && a.last_session == b.last_session && a.revision == b.revision && a.groups == b.groups &&
         a.technicians == b.technicians && a.channels == b.channels && a.keys == b.keys && a.sessions == b.sessions &&
         a.entries == b.entries && a.pools == b.pools && a.stats == b.stats && a.settings == b.settings &&
         a.connecting == b.connecting && a.monitoring == b.monitoring && a.waiting == b.waiting && a.kept == b.kept &&
         a.offers == b.offers && a.libraries == b.libraries && a.library_bytes == b.library_bytes &&
         a.computers == b.computers && a.last_computer == b.last_computer;
}

// Numbers of skills differ with the order in which they became known.
std::map<SkillId, uint32_t> SkillsOf(const Org& org, const RosterItem& item) {
  std::map<SkillId, uint32_t> skills;
  for (const auto& [skill, number] : org.skill_numbers) {
    if (const uint32_t level = LevelOf(org, item, skill); level > 0) skills[skill] = level;
  }
  return skills;
}

bool SameRoster(const Org& a, const Org& b, const TechnicianId& id) {
  auto at_a = a.roster_at.find(id);
  auto at_b = b.roster_at.find(id);
  if (at_a == a.roster_at.end() || at_b == b.roster_at.end()) return at_a == a.roster_at.end() && at_b == b.roster_at.end();
  RosterItem item_a = a.roster.at(at_a->second.first)[at_a->second.second];
  RosterItem item_b = b.roster.at(at_b->second.first)[at_b->second.second];
  if (SkillsOf(a, item_a) != SkillsOf(b, item_b)) return false;
  item_a.skills = item_b.skills;
  item_a.order = item_b.order;  // depends on the order in which they came
  return item_a == item_b;
}

std::string BrokenInvariant(const Org& org) {
  for (const auto& [id, session] : org.sessions) {
    if (std::string broken = BrokenSession(org, session); !broken.empty()) {
      return absl::StrCat("session ", id.value, ": ", broken);
    }
  }
  for (const auto& [id, technician] : org.technicians) {
    if (technician.status != StatusOf(org, technician)) return absl::StrCat("stale status of ", id.value);
    if (LoadOf(org, id).lens > 1) return absl::StrCat("two active Lens sessions of ", id.value);
  }
  Org rebuilt = org;
  RebuildIndexes(rebuilt);
  if (rebuilt.entries != org.entries) return "index `entries` is not what the sessions say";
  if (rebuilt.leading != org.leading) return "index `leading` is not what the sessions say";
  if (rebuilt.pools != org.pools) return "index `pools` is not what the sessions say";
  if (rebuilt.monitoring != org.monitoring) return "index `monitoring` is not what the sessions say";
  if (rebuilt.waiting != org.waiting) return "index `waiting` is not what the sessions say";
  if (rebuilt.kept != org.kept) return "index `kept` is not what the sessions say";
  if (rebuilt.notified != org.notified) return "index `notified` is not what the sessions say";
  if (rebuilt.offers != org.offers) return "index `offers` is not what the sessions say";
  if (rebuilt.channels_of_group != org.channels_of_group) return "index `channels_of_group` is not what the channels say";
  if (rebuilt.channels_of_technician != org.channels_of_technician) return "index `channels_of_technician` is not theirs";
  if (rebuilt.queues_of_group != org.queues_of_group) return "index `queues_of_group` is not what waits";
  uint64_t order = 0;
  for (const auto& [id, technician] : org.technicians) {
    const RosterItem* line = FindRosterItem(org, id);
    if (line == nullptr) continue;
    if (line->order <= order) return absl::StrCat("the roster does not keep the order of ids at ", id.value);
    order = line->order;
  }
  for (const auto& [id, technician] : org.technicians) {
    if (!SameRoster(org, rebuilt, id)) return absl::StrCat("stale roster of ", id.value);
  }
  if (rebuilt.connecting != org.connecting) return "index `connecting` is not what the sessions say";
  return "";
}

namespace {

// Changes of one session, as technicians see them, against its views before and after.
std::string BrokenChanges(const Org& before, const Org& after, const SessionChange& change, const LogEntry& entry) {
  const Trigger trigger = entry.trigger;
  const SessionId id = change.after->id;
  const bool monitoring = change.after->method == Method::kMonitoring;
  std::map<TechnicianId, EntryChange> reported;
  std::vector<EntryChange> pools;
  for (const EntryChange& c : change.changes) {
    if (!c.technician) {
      pools.push_back(c);
    } else if (!reported.emplace(c.technician, c).second) {
      return absl::StrCat("two changes for ", c.technician.value);
    }
  }
  for (const auto& [technician, facts] : after.technicians) {
    const EntryState from = ViewIn(before, id, technician);
    const EntryState to = ViewIn(after, id, technician);
    const bool by_pool = !HasMark(FindSession(before, id), technician) && !HasMark(change.after.get(), technician);
    const bool known = before.technicians.contains(technician);
    // Who serves a channel changes without entry changes: watchers of queues begin again (Touched::membership).
    if (by_pool &&
        (!known || Serves(before, technician, change.after->queue()) != Serves(after, technician, change.after->queue()))) {
      continue;
    }
    std::optional<EntryChange> told;
    if (auto it = reported.find(technician); it != reported.end()) told = it->second;
    for (const EntryChange& pool : pools) {  // a redirected session leaves one and enters another
      if (!by_pool || !Serves(after, technician, pool.pool)) continue;
      if (!told) {
        told = EntryChange{technician, {}, pool.from, pool.to, pool.stayed};
      } else {
        told->to = pool.to;
      }
    }
    if (from == to) {
      if (told && told->from != told->to) return absl::StrCat("a change for ", technician.value, " who sees the same");
      continue;
    }
    if (!told) {
      return absl::StrCat("no change told to ", technician.value, ": ", V(Name(from)), " to ", V(Name(to)));
    }
    const EntryState expected = from == EntryState::kRemoved ? EntryState::kNone : from;
    if (told->from != expected || told->to != to) {
      return absl::StrCat(technician.value, " is told ", V(Name(told->from)), " to ", V(Name(told->to)), ", but sees ",
                          V(Name(from)), " to ", V(Name(to)));
    }
    const Duration stayed =
        expected == EntryState::kNone ? Duration{0} : entry.time - SinceOf(before.sessions.at(id), technician);
    if (told->stayed != stayed) {
      return absl::StrCat(technician.value, " is told to have been in ", V(Name(from)), " for ", told->stayed.count(),
                          " ms, not ", stayed.count());
    }
    if (expected != EntryState::kNone && !FindRow(from, to, trigger, monitoring)) {
      return absl::StrCat("no row for ", V(Name(from)), " to ", V(Name(to)), " (", technician.value, ", ", V(Name(trigger)),
                          ")");
    }
  }
  return "";
}

std::string BrokenAfterlife(const Org& before, const Step& step) {
  for (const Event& event : step.entry.events) {
    const Session* session = FindSession(before, SessionOf(event));
    if (session == nullptr || !session->ended_already()) continue;
    if (std::holds_alternative<event::NoteAdded>(event) || std::holds_alternative<event::SurveyAnswered>(event) ||
        std::holds_alternative<event::SurveyClosed>(event)) {
      continue;
    }
    const auto* dismissed = std::get_if<event::EntryDismissed>(&event);
    if (dismissed == nullptr) return absl::StrCat("after the outcome: ", Describe(event));
    if (dismissed->outcome == session->outcome) continue;
    if (session->outcome != Outcome::kTimedOut || dismissed->outcome != Outcome::kTimedOutClosedByTechnician) {
      return "the outcome changed";
    }
  }
  return "";
}

template <class T>
bool Contains(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// Keys of what is in one map and not, or otherwise, in the other.
template <class Map>
std::vector<typename Map::key_type> Differing(const Map& before, const Map& after) {
  std::vector<typename Map::key_type> keys;
  for (const auto& [key, value] : before) {
    auto it = after.find(key);
    if (it == after.end() || !(it->second == value)) keys.push_back(key);
  }
  for (const auto& [key, value] : after) {
    if (!before.contains(key)) keys.push_back(key);
  }
  return keys;
}

// Whatever changed must be written, or a restart brings back what was before.
std::string BrokenTouched(const Org& before, const Org& after, const Touched& touched) {
  for (const TechnicianId& id : Differing(before.technicians, after.technicians)) {
    if (!Contains(touched.technicians, id)) return absl::StrCat("technician ", id.value, " changed and is not written");
  }
  for (const GroupId& id : Differing(before.groups, after.groups)) {
    if (!Contains(touched.groups, id)) return absl::StrCat("group ", id.value, " changed and is not written");
  }
  for (const ChannelId& id : Differing(before.channels, after.channels)) {
    if (!Contains(touched.channels, id)) return absl::StrCat("channel ", id.value, " changed and is not written");
  }
  for (const KeyId& id : Differing(before.keys, after.keys)) {
    if (!Contains(touched.keys, id)) return absl::StrCat("key ", id.value, " changed and is not written");
  }
  for (ComputerId id : Differing(before.computers, after.computers)) {
    if (!Contains(touched.computers, id)) return absl::StrCat("computer ", id.value, " changed and is not written");
  }
  if (before.last_computer != after.last_computer && !touched.counters) return "the last computer id is not written";
  for (const TechnicianId& id : Differing(before.libraries, after.libraries)) {
    if (!Contains(touched.libraries, id)) return absl::StrCat("library of ", id.value, " changed and is not written");
  }
  for (SessionId id : Differing(before.sessions, after.sessions)) {
    if (!Contains(after.sessions.contains(id) ? touched.live : touched.finished, id)) {
      return absl::StrCat("session ", id.value, " changed and is not written");
    }
  }
  for (const Queue& queue : Differing(before.stats, after.stats)) {
    const bool deleted = !after.channels.contains(queue.channel) && Contains(touched.channels, queue.channel);
    if (!deleted && !Contains(touched.queues, queue))
      return absl::StrCat("statistics of ", queue.channel.value, " not written");
  }
  if (before.last_session != after.last_session && !touched.counters) return "the last session id is not written";
  if (touched.membership) return "";
  for (const auto& [id, session] : before.sessions) {
    if (Contains(touched.live, id) || Contains(touched.finished, id)) continue;
    for (const auto& [technician, facts] : after.technicians) {
      if (ViewIn(before, id, technician) != ViewIn(after, id, technician)) {
        return absl::StrCat(technician.value, " sees session ", id.value, " change without being told");
      }
    }
  }
  return "";
}

}  // namespace

std::string BrokenStep(const Org& before, const Org& after, const Step& step, bool folds_again) {
  if (step.entry.events.empty()) return Same(before, after) ? "" : "no events, but something changed";
  for (const SessionChange& change : step.entry.sessions) {
    if (std::string broken = BrokenChanges(before, after, change, step.entry); !broken.empty()) {
      return absl::StrCat("session ", change.after->id.value, ": ", broken);
    }
  }
  if (std::string broken = BrokenTouched(before, after, step.touched); !broken.empty()) return broken;
  if (std::string broken = BrokenAfterlife(before, step); !broken.empty()) return broken;
  if (!folds_again) return "";
  Org folded = before;
  LogEntry entry{
      .time = step.entry.time, .trigger = step.entry.trigger, .actor = step.entry.actor, .events = step.entry.events};
  Fold(folded, entry);
  return Same(folded, after) ? "" : "folding the events gives another organization";
}

World::World(GroupSettings settings) {
  org.id = OrgId{"acme"};
  Group(kDesk, settings);
  for (const TechnicianId& id : {kAnn, kBob, kCat}) Technician(id);
}

void World::Technician(const TechnicianId& id, const GroupId& group, bool administrator, bool console) {
  Do(command::PutTechnician{id, Config(id, group, administrator), !org.technicians.contains(id)});
  if (console && !org.technicians.at(id).console) Do(SignIn(id));
}

void World::Group(const GroupId& id, GroupSettings settings) {
  Do(command::PutGroup{guichet::Group{id, id.value, std::move(settings)}, true});
}

void World::Settings(const GroupSettings& settings, const GroupId& group) {
  guichet::Group changed = org.groups.at(group);
  changed.settings = settings;
  Do(command::PutGroup{changed, false});
}

void World::Permit(Permissions permissions, const GroupId& group) {
  guichet::Group changed = org.groups.at(group);
  changed.permissions = permissions;
  Do(command::PutGroup{changed, false});
}

void World::Channel(const std::vector<TechnicianId>& technicians, const std::vector<GroupId>& groups) {
  Do(command::PutChannel{guichet::Channel{kWeb, "Web", groups, technicians, {}, {}}, !org.channels.contains(kWeb)});
}

SessionId World::Private(const TechnicianId& owner) {
  const SessionId id = Do(command::CreateSession{.method = Method::kPin, .owner = owner, .code_key = "123456"}).session;
  Do(command::RedeemCode{id, "123456", "token", "device", "", ""});
  Do(Attach(id));
  return id;
}

SessionId World::FromChannel() {
  const SessionId id =
      Do(command::CreateSession{.method = Method::kChannelForm, .channel = kWeb, .device_token_hash = "token"}).session;
  Do(Attach(id));
  return id;
}

SessionId World::Active(const TechnicianId& lead) {
  const SessionId id = Private(lead);
  Do(Start(id, lead));
  return id;
}

SessionId World::Collaborating() {
  const SessionId id = Active(kAnn);
  for (const TechnicianId& technician : {kBob, kCat}) {
    Do(Invite(id, kAnn, technician));
    Do(Start(id, technician));
    Wait(Duration{1});
  }
  return id;
}

uint32_t World::Ask(SessionId id, const TechnicianId& technician, ActivityKind kind) {
  Do(Request(id, technician, kind));
  return Get(id).last_activity;
}

uint32_t World::Open(SessionId id, const TechnicianId& technician, ActivityKind kind) {
  const uint32_t activity = Ask(id, technician, kind);
  Do(Answer(id, activity, true));
  return activity;
}

absl::StatusOr<Step> World::Try(const Command& command) {
  const Org before = org;
  absl::StatusOr<Step> step = Apply(org, command, "test", now);
  if (!step.ok()) {
    EXPECT_TRUE(Same(before, org)) << Text(command) << ": a refused command changed something";
    EXPECT_NE(RefusalOf(step.status()).reason, "") << step.status();
    return step;
  }
  for (const SessionChange& change : step->entry.sessions) outcomes[change.after->id] = change.after->outcome;
  Note(org, step->touched, now, dirty);
  EXPECT_EQ(BrokenStep(before, org, *step), "") << Text(command);
  EXPECT_EQ(BrokenInvariant(org), "") << Text(command);
  return step;
}

Step World::Do(const Command& command) {
  absl::StatusOr<Step> step = Try(command);
  EXPECT_TRUE(step.ok()) << Text(command) << ": " << step.status();
  return step.ok() ? *std::move(step) : Step{};
}

std::string World::ReasonOf(const Command& command) {
  const absl::StatusOr<Step> step = Try(command);
  return step.ok() ? "" : std::string(RefusalOf(step.status()).reason);
}

int World::FireDue() {
  std::vector<SessionId> ids;
  for (const auto& [id, session] : org.sessions) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  int fired = 0;
  for (SessionId id : ids) fired += static_cast<int>(FireAllDue(id).size());
  return fired;
}

std::vector<Trigger> World::FireAllDue(SessionId id) {
  std::vector<Trigger> fired;
  for (;;) {
    const Step step = Do(command::FireTimer{id});
    if (step.entry.events.empty()) return fired;
    fired.push_back(step.entry.trigger);
    if (fired.size() > 100) {
      ADD_FAILURE() << "timers of session " << id.value << " fire for ever";
      return fired;
    }
  }
}

EntryState World::See(SessionId id, const TechnicianId& technician) const { return ViewIn(org, id, technician); }

std::string World::Views(SessionId id) const {
  return absl::StrCat(V(Name(See(id, kAnn))), " ", V(Name(See(id, kBob))), " ", V(Name(See(id, kCat))));
}

std::string World::Activities(SessionId id) const {
  return absl::StrJoin(Get(id).activities, ", ", [](std::string* out, const Activity& activity) {
    absl::StrAppend(out, activity.technician.value, " ", V(Name(activity.kind)), activity.open ? "" : "?");
  });
}

std::optional<Deadline> World::Due(SessionId id, TimerKind kind) const {
  const Session* session = FindSession(org, id);
  if (session == nullptr) return std::nullopt;
  for (const Deadline& deadline : Deadlines(org, *session)) {
    if (deadline.kind == kind) return deadline;
  }
  return std::nullopt;
}

}  // namespace guichet::testing

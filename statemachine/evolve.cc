#include "statemachine/evolve.h"

#include <algorithm>

#include "statemachine/kinds.h"
#include "statemachine/limits.h"
#include "statemachine/view.h"

namespace guichet {
namespace {

using namespace event;  // NOLINT: this file is about nothing else

template <class T>
void Erase(std::vector<T>& list, const T& value) {
  list.erase(std::remove(list.begin(), list.end(), value), list.end());
}

// Applies one event; `session` is null for events of the organization or of a session that is gone.
struct Folder {
  Org& org;
  Session* session;
  Time now;

  void AddParticipant(const TechnicianId& technician, Role role, const TechnicianId& seat_of = {}) {
    Participant participant{technician, role, false, LooksAt(technician), seat_of, now, now};
    session->participants.push_back(std::move(participant));
  }

  bool LooksAt(const TechnicianId& technician) const {
    const Technician* t = FindTechnician(org, technician);
    return t != nullptr && t->console && t->foreground == session->id;
  }

  void RemoveParticipant(const TechnicianId& technician) {
    CloseActivities(technician);
    auto gone = [&](const Participant& p) { return p.technician == technician || p.seat_of == technician; };
    auto& list = session->participants;
    list.erase(std::remove_if(list.begin(), list.end(), gone), list.end());
    if (session->Find(session->lead_offered_to) == nullptr) session->lead_offered_to = {};
  }

  // Open and asked-for activities of one technician, or (empty) of all, are over.
  void CloseActivities(const TechnicianId& technician = {}) {
    auto closes = [&](const Activity& a) { return !technician || a.technician == technician; };
    for (const Activity& activity : session->activities) {
      if (closes(activity)) RestartIdle(activity);
    }
    std::erase_if(session->activities, closes);
  }

  // What held off the idle time-out is over: it runs from here.
  void RestartIdle(const Activity& activity) {
    if (!activity.open || !SettingsOf(org, activity.technician).idle_blockers.Has(activity.kind)) return;
    for (Participant& p : session->participants) {
      if (!p.foreground && (p.technician == activity.technician || p.role == Role::kLead)) p.background_since = now;
    }
  }

  // Nobody can be invited into the seat of a lead: whoever was on his way there joins as one more collaborator.
  void KeepSeat(const TechnicianId& lead) {
    for (Participant& participant : session->participants) {
      if (participant.seat_of == lead) participant.seat_of = {};
    }
  }

  // Nobody idled while it was held for everybody.
  void EndHold() {
    if (!session->held) return;
    session->held = false;
    for (Participant& participant : session->participants) participant.background_since = now;
  }

  void MakeLead(const TechnicianId& technician) {
    EndHold();
    if (const Participant* former = session->lead(); former != nullptr && former->technician != technician) {
      RemoveParticipant(TechnicianId(former->technician));
    }
    if (Participant* self = session->Find(technician)) {
      if (self->role != Role::kLead) self->joined = now;
      self->role = Role::kLead;
      self->on_hold = false;
      self->seat_of = {};
      self->background_since = now;
      KeepSeat(technician);
    } else {
      AddParticipant(technician, Role::kLead);
    }
    session->transfer.reset();
    session->offer.reset();
    session->preferred_only = false;
    session->lead_offered_to = {};
    session->lead_console_lost = false;
    Erase(session->hidden_from, technician);
    if (!session->ever_started) session->started = now;
    session->ever_started = true;
    ++session->epoch.value;
  }

  void ForgetCode() {
    session->code_key.clear();
    session->code_expires = kNoTime;
    if (session->delivery) session->delivery.Mutable().retry_at = kNoTime;
  }

  void LeaveConnecting() {
    auto it = org.connecting.find(session->channel);
    if (it == org.connecting.end() || session->link != Link::kNeverAttached) return;
    if (--it->second == 0) org.connecting.erase(it);
  }

  void operator()(const SessionCreated& e) {
    Session created;
    created.id = e.session;
    created.method = e.method;
    created.type = e.type;
    created.chat_only = e.type == SessionType::kInstantChat;
    created.preferred = e.preferred;
    if (!e.delivery_address.empty()) created.delivery = Requested(e.delivery_address, "");
    created.computer = e.computer;
    created.access_until = e.access_until;
    created.credentials = e.credentials;
    if (auto it = org.computers.find(e.computer); it != org.computers.end()) it->second.session = e.session;
    created.owner = e.owner;
    created.channel = e.channel;
    created.monitored = e.monitored;
    created.profile = e.profile;
    created.code_key = e.code_key;
    created.code_expires = e.code_expires;
    created.device_token_hash = e.device_token_hash;
    created.created = now;
    created.link_since = now;
    org.last_session = std::max(org.last_session, e.session);
    if (e.channel) ++org.connecting[e.channel];
    if (e.monitored) org.monitoring.insert(e.session);
    org.sessions.insert_or_assign(e.session, std::move(created));
  }

  void operator()(const CodeRedeemed& e) {
    session->device_token_hash = e.device_token_hash;
    session->profile = e.profile;
    ForgetCode();
  }

  void operator()(const CodeExpired&) { ForgetCode(); }
  void operator()(const TermsAccepted&) { session->terms_accepted = true; }

  void operator()(const LinkChanged& e) {
    if (session->link == Link::kNeverAttached && e.link == Link::kAttached) {
      LeaveConnecting();
      session->waiting_since = now;
      session->queue_since = now;
      session->first_waiting = now;
      const Channel* channel = FindChannel(org, session->channel);
      session->preferred_only = session->preferred && channel != nullptr && channel->routing.preferred_for > Duration{0};
    }
    if (e.link != Link::kAttached) {
      CloseActivities();
      session->offer.reset();
    }
    session->link = e.link;
    session->reboot = e.reboot;
    session->link_since = now;
    session->lead_console_lost = false;  // raised again, by its timer, once the device is back
  }

  void operator()(const LeadTaken& e) { MakeLead(e.technician); }

  void operator()(const Held& e) {
    Participant* self = session->Find(e.technician);
    if (self == nullptr) return;
    if (self->role == Role::kLead) {
      CloseActivities();
      session->held = true;
      session->held_since = now;
      session->lead_offered_to = {};
    } else {
      CloseActivities(self->technician);
      self->on_hold = true;
    }
  }

  void operator()(const HoldReleased& e) {
    Participant* self = session->Find(e.technician);
    if (self == nullptr) return;
    if (self->role != Role::kLead) {
      self->on_hold = false;
      self->background_since = now;
      return;
    }
    EndHold();
  }

  void operator()(const TransferRequested& e) {
    CloseActivities();
    session->offer.reset();
    if (!session->transfer) {
      session->transfer.emplace();
      session->transfer->since = now;
    }
    Transfer& transfer = *session->transfer;
    transfer.target = e.target;
    transfer.comment = e.comment;
    Erase(transfer.recipients, e.by);
    transfer.senders.push_back(e.by);
    for (const TechnicianId& recipient : e.recipients) {
      Erase(transfer.senders, recipient);
      if (!session->IsRecipient(recipient)) transfer.recipients.push_back(recipient);
      Erase(session->hidden_from, recipient);
    }
    session->lead_offered_to = {};
    ++session->epoch.value;
  }

  void operator()(const TransferLeft& e) {
    if (!session->transfer) return;
    Erase(session->transfer->recipients, e.technician);
    Erase(session->transfer->senders, e.technician);
  }

  void operator()(const TransferCanceled&) {
    session->transfer.reset();
    ++session->epoch.value;
  }

  void operator()(const Invited& e) {
    AddParticipant(e.technician, Role::kInvitee, e.seat_of);
    session->participants.back().granted = e.granted;
  }

  void operator()(const ExternalInvited& e) {
    ++session->last_external;
    Technician external;
    external.id = e.technician;
    external.display_name = e.name;
    external.external_of = e.session;
    external.created = external.console_since = external.away_since = external.status_since = now;
    external.busy_since = external.idle_since = now;
    org.technicians.insert_or_assign(e.technician, std::move(external));
    AddParticipant(e.technician, Role::kInvitee);
    Participant& self = session->participants.back();
    self.granted = e.granted;
    self.external_name = e.name;
    self.code_key = e.code_key;
    self.code_expires = e.code_expires;
    if (e.deliver) self.delivery = Requested(e.address, e.language);
  }

  void operator()(const ExternalAdmitted& e) {
    if (Participant* self = session->Find(e.technician)) {
      self->code_key.clear();
      self->code_expires = kNoTime;
      if (self->delivery) self->delivery.Mutable().retry_at = kNoTime;
    }
    org.keys.insert_or_assign(KeyId{e.technician.value}, ExternalKey(e.technician, e.secret_hash, now));
  }

  void operator()(const ExternalGone& e) {
    RemoveParticipant(TechnicianId(e.technician));
    org.technicians.erase(e.technician);
    org.keys.erase(KeyId{e.technician.value});
  }

  void operator()(const InvitationAccepted& e) {
    Participant* self = session->Find(e.technician);
    if (self == nullptr) return;
    self->role = Role::kCollaborator;
    self->joined = now;
    self->background_since = now;
    self->foreground = LooksAt(e.technician);
    const TechnicianId seat_of = self->seat_of;
    self->seat_of = {};
    if (const Participant* seat = session->Find(seat_of)) self->granted = self->granted & seat->granted;
    if (seat_of) RemoveParticipant(seat_of);
  }

  void operator()(const ParticipantRemoved& e) { RemoveParticipant(TechnicianId(e.technician)); }
  void operator()(const LeadOffered& e) { session->lead_offered_to = e.technician; }
  void operator()(const LeadOfferCanceled&) { session->lead_offered_to = {}; }

  void operator()(const LeadAccepted&) {
    Participant* former = session->lead();
    Participant* next = session->Find(session->lead_offered_to);
    if (former == nullptr || next == nullptr) return;
    former->role = Role::kCollaborator;
    former->joined = now;
    former->background_since = now;
    next->role = Role::kLead;
    next->joined = now;
    next->background_since = now;
    next->on_hold = false;
    KeepSeat(next->technician);
    session->lead_offered_to = {};
    session->lead_console_lost = false;
    ++session->epoch.value;
  }

  void operator()(const ProfileUpdated& e) { session->profile = e.profile; }

  void operator()(const ForegroundChanged& e) {
    Participant* self = session->Find(e.technician);
    if (self == nullptr) return;
    if (self->foreground && !e.foreground) self->background_since = now;
    self->foreground = e.foreground;
  }

  void operator()(const LeadConsoleLost&) {
    session->lead_console_lost = true;
    session->lead_lost_since = now;
  }
  void operator()(const LeadConsoleBack&) { session->lead_console_lost = false; }

  void operator()(const Requeued&) {
    if (const Participant* lead = session->lead()) {
      Erase(session->hidden_from, lead->technician);
      session->hidden_from.push_back(lead->technician);
    }
    CloseActivities();
    session->participants.clear();
    session->lead_offered_to = {};
    session->held = false;
    session->lead_console_lost = false;
    session->declines.clear();
    session->waiting_since = now;
    session->queue_since = now;
    ++session->epoch.value;
  }

  void operator()(const LeadGiven& e) { MakeLead(e.technician); }
  void operator()(const Revealed& e) { Erase(session->hidden_from, e.technician); }

  void operator()(const SessionEnded& e) {
    if (auto it = org.computers.find(session->computer); it != org.computers.end()) it->second.session = {};
    LeaveConnecting();
    org.monitoring.erase(e.session);
    session->outcome = e.outcome;
    session->keepers = e.keepers;
    session->ended = now;
    session->activities.clear();
    session->offer.reset();
    session->transfer.reset();
    session->lead_offered_to = {};
    const GroupSettings& settings = SettingsOf(org, *session);
    const bool asks = settings.survey_at_end && !settings.survey.empty() && session->ever_started && HasCustomer(*session);
    session->survey_sent |= asks;
    if (session->survey_sent && !session->survey_answered) session->survey_until = now + limits::kSurveyOpen;
    ForgetCode();
  }

  void operator()(const EntryDismissed& e) {
    Erase(session->keepers, e.technician);
    session->outcome = e.outcome;
  }

  void operator()(const ActivityRequested& e) {
    session->last_activity = e.activity;
    session->activities.push_back({e.activity, e.kind, e.technician, false, e.detail, now, e.file, e.access});
  }
  void operator()(const ActivityOpened& e) {
    for (Activity& activity : session->activities) {
      if (activity.id != e.activity) continue;
      activity.open = true;
      if (!e.file.name.empty()) activity.file = e.file;
      activity.since = now;
    }
  }
  void operator()(const ActivityClosed& e) {
    if (const Activity* activity = session->FindActivity(e.activity)) RestartIdle(*activity);
    std::erase_if(session->activities, [&](const Activity& a) { return a.id == e.activity; });
  }
  void operator()(const StandingGrantsSet& e) { session->standing_grants = e.kinds; }
  void operator()(const Granted& e) {
    if (Participant* participant = session->Find(e.technician)) participant->granted = e.granted;
  }
  void operator()(const ChatSwitched& e) { session->chat_off = e.off; }
  void operator()(const ChatSent& e) {
    if (e.technician) {
      ++session->messages;
      return;
    }
    ++session->customer_messages;
    session->customer_chat_until = std::max(session->customer_chat_until, now) + limits::kCustomerChatEvery;
  }
  void operator()(const SurveySent&) { session->survey_sent = true; }
  void operator()(const SurveyAnswered&) {
    session->survey_answered = true;
    session->survey_until = kNoTime;
  }
  void operator()(const SurveyClosed&) { session->survey_until = kNoTime; }
  void operator()(const NoteAdded&) { ++session->notes; }
  void operator()(const Upgraded&) { session->chat_only = false; }
  Revision NextRevision() const { return Revision{org.revision.value + 1}; }
  Delivery Requested(const std::string& address, const std::string& language) const {
    Delivery delivery;
    delivery.state = DeliveryState::kRequested;
    delivery.address = address;
    delivery.language = language;
    delivery.due = NextRevision();
    return delivery;
  }
  Delivery* DeliveryTo(const TechnicianId& technician) {
    if (!technician) return &session->delivery.Mutable();
    Participant* participant = session->Find(technician);
    return participant == nullptr ? nullptr : &participant->delivery.Mutable();
  }
  void operator()(const DeliveryReported& e) {
    Delivery* delivery = DeliveryTo(e.technician);
    if (delivery == nullptr) return;
    delivery->state = e.state;
    delivery->detail = e.detail;
    delivery->retry_at = e.retry_at;
    if (e.state == DeliveryState::kRequested) ++delivery->attempts;
  }
  void operator()(const DeliveryDue& e) {
    Delivery* delivery = DeliveryTo(e.technician);
    if (delivery == nullptr) return;
    delivery->retry_at = kNoTime;
    delivery->due = NextRevision();
  }
  void operator()(const DeviceTokenReplaced& e) { session->device_token_hash = e.device_token_hash; }
  void operator()(const Joined& e) { AddParticipant(e.technician, Role::kCollaborator); }
  void operator()(const ComputerEnrolled& e) {
    org.computers.insert_or_assign(e.computer.id, e.computer);
    org.last_computer = std::max(org.last_computer, e.computer.id);
    session->enrolled = e.computer.id;
  }
  void operator()(const ComputerRenamed& e) {
    if (auto it = org.computers.find(e.computer); it != org.computers.end()) it->second.name = e.name;
  }
  void operator()(const ComputerGone& e) { org.computers.erase(e.computer); }

  void operator()(const Offered& e) {
    if (e.expires != kNoTime) session->offer = Offer{e.technician, now, e.expires};
    auto it = org.technicians.find(e.technician);
    if (it != org.technicians.end()) it->second.last_offer = now;
  }
  void operator()(const OfferEnded& e) {
    session->offer.reset();
    auto it = org.technicians.find(e.technician);
    if (it != org.technicians.end() && e.pause_until != kNoTime) it->second.paused_until = e.pause_until;
    if (e.cause == OfferEnd::kWithdrawn) return;
    if (e.technician == session->preferred) session->preferred_only = false;  // he will not: it waits for anybody
    std::erase_if(session->declines, [&](const Decline& d) { return d.technician == e.technician; });
    if (session->declines.size() == limits::kDeclines) session->declines.erase(session->declines.begin());
    session->declines.push_back({e.technician, e.cause, e.reason, now});
  }
  void operator()(const PreferenceLapsed&) { session->preferred_only = false; }
  void operator()(const Redirected& e) {
    session->channel = e.to.channel;
    session->queue_group = e.to.group;
    session->queue_since = now;
    session->preferred_only = false;
    session->notified = false;
    ++session->redirects;
  }
  void operator()(const Unattended& e) {
    session->notified = true;
    session->end_page = e.page_url;
  }
  void operator()(const Attended&) { session->notified = false; }
  void operator()(const OwnerChanged& e) { session->owner = e.owner; }

  void operator()(const LibraryPut& e) {
    DropLibrary(e.technician);
    if (e.items.empty()) return;
    org.library_bytes += BytesOf(e.items);
    org.libraries[e.technician] = {e.items, NextRevision()};
  }
  void DropLibrary(const TechnicianId& technician) {
    auto it = org.libraries.find(technician);
    if (it == org.libraries.end()) return;
    org.library_bytes -= BytesOf(it->second.items);
    org.libraries.erase(it);
  }

  void operator()(const OrgPut& e) {
    if (!org.id) org.created = now;
    org.id = e.org;
    org.display_name = e.display_name;
    org.settings = e.settings;
  }
  void operator()(const GroupPut& e) { org.groups.insert_or_assign(e.group.id, e.group); }
  void operator()(const GroupDeleted& e) {
    org.groups.erase(e.group);
    std::erase_if(org.stats, [&](const auto& entry) { return entry.first.group == e.group; });
  }

  void operator()(const TechnicianPut& e) {
    auto [it, created] = org.technicians.try_emplace(e.technician);
    Technician& technician = it->second;
    if (created) {
      technician.id = e.technician;
      technician.created = technician.console_since = technician.away_since = technician.status_since = now;
      technician.busy_since = technician.idle_since = now;
    }
    static_cast<TechnicianConfig&>(technician) = e.config;
  }
  void operator()(const TechnicianDeleted& e) {
    org.technicians.erase(e.technician);
    DropLibrary(e.technician);
  }
  void operator()(const ChannelPut& e) {
    auto [it, created] = org.channels.try_emplace(e.channel.id, e.channel);
    const bool open = created || it->second.open;
    const uint32_t version = created ? 0 : it->second.policy_version;
    if (!created) UnindexChannel(org, it->second);
    it->second = e.channel;
    IndexChannel(org, it->second);
    it->second.open = open;
    it->second.policy_version = version + 1;
  }
  void operator()(const ChannelHours& e) {
    auto it = org.channels.find(e.channel);
    if (it != org.channels.end()) it->second.open = e.open;
  }
  void operator()(const ChannelDeleted& e) {
    if (const Channel* channel = FindChannel(org, e.channel)) UnindexChannel(org, *channel);
    org.channels.erase(e.channel);
    std::erase_if(org.stats, [&](const auto& entry) { return entry.first.channel == e.channel; });
  }
  void operator()(const KeyPut& e) { org.keys.insert_or_assign(e.key.id, e.key); }
  void operator()(const KeyRevoked& e) { org.keys.erase(e.key); }

  void operator()(const ConsoleAttached& e) {
    auto it = org.technicians.find(e.technician);
    if (it == org.technicians.end()) return;
    if (!it->second.console) it->second.console_since = now;
    it->second.console = true;
    it->second.link_cause = LinkCause::kAttached;
    it->second.idle_since = now;
    it->second.console_name = e.console_name;
    it->second.inactive = false;
    it->second.foreground = {};
  }
  void operator()(const ConsoleGone& e) {
    auto it = org.technicians.find(e.technician);
    if (it == org.technicians.end()) return;
    it->second.inactive = false;
    it->second.console = false;
    it->second.console_since = e.since;
    it->second.link_cause = e.cause;
    it->second.foreground = {};
  }
  void operator()(const IntentSet& e) {
    auto it = org.technicians.find(e.technician);
    if (it == org.technicians.end()) return;
    if (it->second.away != e.away) it->second.away_since = now;
    it->second.away = e.away;
    it->second.away_reason = e.reason;
  }
  void operator()(const InactivityChanged& e) {
    auto it = org.technicians.find(e.technician);
    if (it != org.technicians.end()) it->second.inactive = e.inactive;
  }
  void operator()(const LookedAt& e) {
    auto it = org.technicians.find(e.technician);
    if (it != org.technicians.end()) it->second.foreground = e.session;
  }
};

}  // namespace

void Evolve(Org& org, const Event& event, Time now) {
  Folder folder{org, nullptr, now};
  if (SessionId id = SessionOf(event); id && !std::holds_alternative<SessionCreated>(event)) {
    auto it = org.sessions.find(id);
    if (it == org.sessions.end() && !std::holds_alternative<LookedAt>(event)) return;
    if (it != org.sessions.end()) folder.session = &it->second;
  }
  std::visit(folder, event);
}

}  // namespace guichet

// Commands of technicians, and of integrators for them, on sessions. Rules: domain.md §2.
#include <algorithm>

#include "statemachine/decide_internal.h"
#include "statemachine/kinds.h"
#include "statemachine/limits.h"

namespace guichet::internal {

absl::StatusOr<Scene> SceneOf(const Org& org, const command::Target& target, bool may_default) {
  const Session* session = FindSession(org, target.session);
  if (session == nullptr) return SessionNotFound(target.session);
  if (target.epoch && target.epoch != session->epoch) return StaleEpoch(*session, target.epoch);
  Scene scene;
  scene.session = session;
  scene.lead = session->lead();
  scene.self = target.technician;
  if (!scene.self && may_default) {
    if (scene.lead != nullptr) {
      scene.self = scene.lead->technician;
    } else if (session->transfer) {
      scene.self = session->transfer->senders.front();
    } else {
      scene.self = session->owner;
    }
  }
  const bool on_behalf_of_pool = !scene.self && may_default;
  if (!on_behalf_of_pool) {
    if (!scene.self) return InvalidField("target.technician_id", "required: name the technician who acts");
    const Technician* technician = FindTechnician(org, scene.self);
    if (technician == nullptr) return TechnicianNotFound(scene.self);
    if (technician->disabled) return TechnicianDisabled(scene.self);
    scene.view = View(org, *session, scene.self);
    scene.participant = session->Find(scene.self);
  } else {
    scene.view = PoolView(*session);
  }
  return scene;
}

absl::Status NeedsLink(const Scene& scene, std::string_view command) {
  const Session& session = *scene.session;
  if (session.ended_already()) {
    return scene.sees() ? WrongState(session.id, command, scene.view, "EndSession dismisses it")
                        : SessionEnded(session.id, session.outcome);
  }
  if (session.link != Link::kAttached) return LinkNotAttached(session.id, command, scene.view, session.link);
  return absl::OkStatus();
}

absl::Status NotMonitoring(const Scene& scene, std::string_view command) {
  if (scene.session->method != Method::kMonitoring) return absl::OkStatus();
  return WrongState(scene.session->id, command, scene.view, "a monitoring session can only be started and ended");
}

absl::Status Require(const Org& org, const Scene& scene, Permission permission) {
  if (!scene.self) return absl::OkStatus();  // an administrator, for nobody in particular
  const bool granted = !scene.collaborates() || scene.participant->granted.Has(permission);
  return granted && Allowed(org, scene.self, permission) ? absl::OkStatus() : PermissionMissing(scene.self, permission);
}

Result Do(const Scene& scene, Trigger trigger, Event event) { return Decision{trigger, {std::move(event)}, scene.session->id}; }

namespace {

// Refuses a technician who must receive a transfer or an invitation and cannot.
absl::Status Available(const Org& org, const Session& session, const TechnicianId& technician) {
  const Technician* t = FindMember(org, technician);
  if (t == nullptr) return TechnicianNotFound(technician);
  if (t->disabled) return TechnicianDisabled(technician);
  const Status status = StatusOf(org, *t);
  if (status != Status::kOnline) return TechnicianNotAvailable(technician, status);
  return MayTake(org, technician, session.type);
}

// What is offered to him and will not fit beside the session that he starts goes to somebody else at once.
void WithdrawIfFull(const Org& org, const Scene& scene, Events& events) {
  auto offered = org.offers.find(scene.self);
  if (offered == org.offers.end() || offered->second == scene.session->id) return;
  auto weight = [&](const Session& session) {
    const Channel* channel = FindChannel(org, session.channel);
    return channel == nullptr ? 1 : channel->routing.weight;
  };
  const GroupSettings& settings = SettingsOf(org, scene.self);
  const Technician& technician = *FindTechnician(org, scene.self);
  const uint32_t capacity = technician.capacity > 0 ? technician.capacity : settings.max_active_sessions;
  const Load load = LoadOf(org, scene.self);
  const Session& other = *FindSession(org, offered->second);
  const bool both_lens = other.type == SessionType::kLens && scene.session->type == SessionType::kLens;
  const bool fits = load.active + 2 <= settings.max_active_sessions &&
                    load.units + weight(*scene.session) + weight(other) <= capacity && !both_lens;
  if (!fits) WithdrawOffer(org, scene.self, events);
}

Result Lead(const Org& org, const Scene& scene, Event event) {
  const bool counts_already = scene.leads() && !scene.session->held;
  if (!counts_already) {
    if (absl::Status room = RoomForActive(org, scene.self, scene.session->type); !room.ok()) return room;
  }
  Result started = Do(scene, Trigger::kStart, std::move(event));
  if (!counts_already) WithdrawIfFull(org, scene, started->events);
  return started;
}

Result Accept(const Scene& scene) {
  const Session& session = *scene.session;
  if (session.held) return WrongState(session.id, "start", scene.view, "the session is held for everybody; wait for its lead");
  if (session.lead_console_lost) return LeadConsoleLost(session.id, "start", scene.view);
  return Do(scene, Trigger::kStart, event::InvitationAccepted{session.id, scene.self});
}

// Recipients of a transfer by `scene.self`: who is ONLINE there, without him, participants and earlier senders.
absl::StatusOr<std::vector<TechnicianId>> RecipientsOf(const Org& org, const Scene& scene, const TransferTarget& to) {
  const Session& session = *scene.session;
  std::vector<TechnicianId> candidates;
  if (to.technician) {
    if (to.technician == scene.self) return AlreadyInSession(session.id, to.technician);
    if (absl::Status available = Available(org, session, to.technician); !available.ok()) return available;
    const bool back_to_sender = session.IsSender(to.technician);
    if ((session.Find(to.technician) != nullptr && !back_to_sender)) return AlreadyInSession(session.id, to.technician);
    return std::vector<TechnicianId>{to.technician};
  }
  if (to.group) {
    if (!org.groups.contains(to.group)) return GroupNotFound(to.group);
    candidates = MembersOf(org, to.group);
  } else {
    if (!org.channels.contains(to.channel)) return ChannelNotFound(to.channel);
    candidates = TechniciansServing(org, to.channel);
  }
  std::erase_if(candidates, [&](const TechnicianId& candidate) {
    return candidate == scene.self || session.Find(candidate) != nullptr || session.IsSender(candidate) ||
           !Available(org, session, candidate).ok();
  });
  if (candidates.empty()) return NoRecipient(session.id);
  size_t all = session.transfer ? session.transfer->recipients.size() : 0;
  for (const TechnicianId& candidate : candidates) all += !session.IsRecipient(candidate);
  if (all > limits::kRecipients) return TransferTooLarge(session.id, all);
  return candidates;
}

absl::Status MayJoin(const Org& org, const Session& session, const TechnicianId& invitee) {
  if (absl::Status available = Available(org, session, invitee); !available.ok()) return available;
  if (session.Find(invitee) != nullptr || session.IsSender(invitee) || session.IsRecipient(invitee)) {
    return AlreadyInSession(session.id, invitee);
  }
  return session.participants.size() >= limits::kParticipants ? TooManyParticipants(session.id) : absl::OkStatus();
}

// By the address, or by its domain.
bool Approved(const Org& org, const std::string& address) {
  const auto& approved = org.settings.approved_externals;
  const size_t at = address.rfind('@');
  return at != std::string::npos && (std::find(approved.begin(), approved.end(), address) != approved.end() ||
                                     std::find(approved.begin(), approved.end(), address.substr(at)) != approved.end());
}

// A collaborator's transfer is an invitation into his own seat.
Result InviteIntoSeat(const Org& org, const Scene& scene, const TransferTarget& to) {
  const Session& session = *scene.session;
  if (!to.technician) return InvalidField("to", "a collaborator can hand his seat to a technician only; set to.technician_id");
  if (session.held || scene.participant->on_hold) return WrongState(session.id, "transfer", scene.view, "resume it first");
  for (const Participant& other : session.participants) {
    if (other.seat_of == scene.self) return AlreadyInSession(session.id, other.technician);
  }
  if (absl::Status may = MayJoin(org, session, to.technician); !may.ok()) return may;
  return Do(scene, Trigger::kInvite,
            event::Invited{session.id, to.technician, scene.self, scene.self, scene.participant->granted});
}

// What the technician may not do as a collaborator to whom the lead grants this is over.
void CloseForbidden(const Session& session, const TechnicianId& technician, Permissions granted, Events& events) {
  for (const Activity& activity : session.activities) {
    if (activity.technician != technician || granted.Has(PermissionOf(activity.kind))) continue;
    events.push_back(Closed(session.id, activity, FileOutcome::kCanceled, {}));
  }
}

// The lead, ACTIVE: device attached, nothing held or on its way.
absl::Status NeedsActiveLead(const Scene& scene, std::string_view command) {
  if (absl::Status link = NeedsLink(scene, command); !link.ok()) return link;
  if (!scene.leads()) return NotLead(*scene.session, command, scene.view);
  if (scene.session->held || scene.session->transfer)
    return WrongState(scene.session->id, command, scene.view, "start it first");
  return NotMonitoring(scene, command);
}

}  // namespace

// Counts only when the technician has so many entries of any kind at all.
bool OwnsTooMany(const Org& org, const TechnicianId& owner, size_t more) {
  auto entries = org.entries.find(owner);
  if (entries == org.entries.end()) return more > limits::kOwnedSessions;
  if (entries->second.size() + more <= limits::kOwnedSessions) return false;
  const auto owned = std::count_if(entries->second.begin(), entries->second.end(), [&](SessionId id) {
    const Session* session = FindSession(org, id);
    return session->owner == owner && !session->ended_already();
  });
  return static_cast<size_t>(owned) + more > limits::kOwnedSessions;
}

namespace {

Permission PermissionOf(Method method) {
  switch (method) {
    case Method::kLink:
      return Permission::kLink;
    case Method::kEmail:
      return Permission::kEmail;
    case Method::kSms:
      return Permission::kSms;
    case Method::kLan:
      return Permission::kLan;
    default:
      return Permission::kPin;
  }
}

// The method says the kind where it leaves no choice.
SessionType TypeOf(const command::CreateSession& c) {
  if (c.method == Method::kMonitoring) return SessionType::kMonitoring;
  return c.method == Method::kLan ? SessionType::kLan : c.type;
}

absl::Status MayCreate(const Org& org, const command::CreateSession& c) {
  for (Permission needed : {Permission::kStartPrivate, PermissionOf(c.method)}) {
    if (!Allowed(org, c.owner, needed)) return PermissionMissing(c.owner, needed);
  }
  return MayTake(org, c.owner, c.type);
}

// A form for a channel that would end at once is refused, and the customer told where to go instead.
absl::Status ChannelTakes(const Org& org, const command::CreateSession& c, Time now) {
  if (!org.channels.contains(c.channel)) return ChannelNotFound(c.channel);
  if (c.preferred && FindMember(org, c.preferred) == nullptr) return TechnicianNotFound(c.preferred);
  auto connecting = org.connecting.find(c.channel);
  if (connecting != org.connecting.end() && connecting->second >= limits::kConnectingPerChannel) {
    return TooManySessions("the channel", "that wait for their applet", limits::kConnectingPerChannel);
  }
  Session session;
  session.id.value = org.last_session.value + 1;
  session.channel = c.channel;
  session.waiting_since = session.queue_since = now;
  for (const Event& event : Unserved(org, session, now).events) {
    if (!std::holds_alternative<event::SessionEnded>(event)) continue;
    const Channel& channel = org.channels.at(c.channel);
    return ChannelClosed(c.channel, channel.open ? channel.nobody_online : channel.out_of_hours);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RoomForActive(const Org& org, const TechnicianId& technician, SessionType type) {
  const size_t limit = SettingsOf(org, technician).max_active_sessions;
  const Load load = LoadOf(org, technician);
  if (load.active >= limit) return TooManyActiveSessions(technician, limit);
  if (type == SessionType::kLens && load.lens > 0) return TooManyActiveSessions(technician, 1);
  if (load.led < limits::kLedSessions) return absl::OkStatus();
  return TooManySessions("the technician", "that he leads, held or active, or led and did not dismiss; end or dismiss one",
                         limits::kLedSessions);
}

absl::Status MayTake(const Org& org, const TechnicianId& technician, SessionType type) {
  const std::optional<Permission> needed = NeededFor(type);
  return !needed || Allowed(org, technician, *needed) ? absl::OkStatus() : PermissionMissing(technician, *needed);
}

bool MayMonitor(const TechnicianConfig& administrator, const TechnicianConfig& monitored) {
  const auto& groups = administrator.administers;
  return administrator.administrator || std::find(groups.begin(), groups.end(), monitored.group) != groups.end();
}

Result On(const Org& org, const command::CreateSession& c, Time now) {
  if (org.sessions.size() >= limits::kLiveSessions) {
    return TooManySessions("the organization", "that have not ended, were not dismissed or wait for their survey",
                           limits::kLiveSessions);
  }
  Time expires = kNoTime;
  if (c.channel) {
    if (absl::Status takes = ChannelTakes(org, c, now); !takes.ok()) return takes;
  } else {
    const Technician* owner = FindTechnician(org, c.owner);
    if (owner == nullptr) return TechnicianNotFound(c.owner);
    if (owner->disabled) return TechnicianDisabled(c.owner);
    if (OwnsTooMany(org, c.owner, 1)) {
      return TooManySessions("the technician", "of his own that have not ended; end one", limits::kOwnedSessions);
    }
    if (c.method == Method::kMonitoring) {
      const Technician* monitored = FindMember(org, c.monitored);
      if (monitored == nullptr) return TechnicianNotFound(c.monitored);
      if (!MayMonitor(*owner, *monitored)) return PermissionDenied("technician", "monitor another technician");
      if (c.monitored == c.owner) return InvalidField("monitored_technician_id", "must be another technician");
      if (!monitored->console) return ConsoleNotAttached(c.monitored);
    } else {
      if (absl::Status may = MayCreate(org, c); !may.ok()) return may;
      expires = now + SettingsOf(org, c.owner).private_code_validity;
    }
  }
  const SessionId id{org.last_session.value + 1};
  event::SessionCreated created{id,          c.method,          c.owner, c.channel,           c.monitored,
                                c.profile,   c.code_key,        expires, c.device_token_hash, TypeOf(c),
                                c.preferred, c.delivery_address};
  if (c.code_key.empty()) created.code_expires = kNoTime;
  return Decision{Trigger::kCreate, {std::move(created)}, id};
}

Result On(const Org& org, const command::Start& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, false);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (absl::Status link = NeedsLink(*scene, "start"); !link.ok()) return link;
  if (const std::optional<Permission> needed = NeededFor(session.type)) {
    if (absl::Status may = Require(org, *scene, *needed); !may.ok()) return may;
  }
  if (scene->invited()) return Accept(*scene);
  if (session.offer && session.offer->technician != scene->self) return OfferedToAnother(session, "start");
  if (session.IsRecipient(scene->self) || session.IsSender(scene->self)) {
    return Lead(org, *scene, event::LeadTaken{session.id, scene->self});
  }
  if (scene->leads()) {
    if (!session.held) return WrongState(session.id, "start", scene->view, "you lead it already");
    return Lead(org, *scene, event::HoldReleased{session.id, scene->self});
  }
  if (scene->collaborates()) {
    if (scene->participant->on_hold) return Do(*scene, Trigger::kStart, event::HoldReleased{session.id, scene->self});
    return session.held ? HeldByLead(session.id, "start")
                        : WrongState(session.id, "start", scene->view, "you collaborate already");
  }
  if (scene->lead != nullptr) return AlreadyStarted(session, "start");
  if (!scene->sees()) return NotInQueue(session.id, scene->self, "start");
  return Lead(org, *scene, event::LeadTaken{session.id, scene->self});
}

Result On(const Org& org, const command::Hold& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, false);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (absl::Status may = Require(org, *scene, Permission::kHold); !may.ok()) return may;
  if (absl::Status link = NeedsLink(*scene, "hold"); !link.ok()) return link;
  if (absl::Status kind = NotMonitoring(*scene, "hold"); !kind.ok()) return kind;
  const bool may = (scene->leads() && !session.held && !session.transfer) ||
                   (scene->collaborates() && !session.held && !scene->participant->on_hold);
  if (!may) return WrongState(session.id, "hold", scene->view, "only an active or collaborating technician can hold");
  return Do(*scene, Trigger::kHold, event::Held{session.id, scene->self});
}

Result On(const Org& org, const command::TransferTo& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, false);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (absl::Status may = Require(org, *scene, Permission::kTransfer); !may.ok()) return may;
  if (absl::Status link = NeedsLink(*scene, "transfer"); !link.ok()) return link;
  if (absl::Status kind = NotMonitoring(*scene, "transfer"); !kind.ok()) return kind;
  if (scene->collaborates()) return InviteIntoSeat(org, *scene, c.to);
  if (scene->invited() || session.IsSender(scene->self)) {
    return WrongState(session.id, "transfer", scene->view, "start it or cancel the transfer first");
  }
  const bool passes_on = session.IsRecipient(scene->self);
  if (!passes_on && !scene->leads()) {
    if (scene->lead != nullptr) return NotLead(session, "transfer", scene->view);
    if (!scene->sees()) return NotInQueue(session.id, scene->self, "transfer");
    if (session.offer && session.offer->technician != scene->self) return OfferedToAnother(session, "transfer");
  }
  absl::StatusOr<std::vector<TechnicianId>> recipients = RecipientsOf(org, *scene, c.to);
  if (!recipients.ok()) return recipients.status();
  return Do(*scene, Trigger::kTransfer,
            event::TransferRequested{session.id, scene->self, c.to, *std::move(recipients), c.comment});
}

Result On(const Org& org, const command::CancelTransfer& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, true);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (session.ended_already()) return SessionEnded(session.id, session.outcome);
  const bool sent_back_to_him = !c.target.technician && session.transfer.has_value();
  if (!session.IsSender(scene->self) && !sent_back_to_him) {
    return WrongState(session.id, "cancel_transfer", scene->view, "only a sender of a pending transfer can cancel it");
  }
  return Do(*scene, Trigger::kCancelTransfer, event::TransferCanceled{session.id});
}

Result On(const Org& org, const command::End& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, true);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (session.ended_already()) {
    if (!scene->sees()) return SessionEnded(session.id, session.outcome);
    const bool closes_timed_out = session.outcome == Outcome::kTimedOut && (scene->leads() || scene->lead == nullptr);
    const Outcome outcome = closes_timed_out ? Outcome::kTimedOutClosedByTechnician : session.outcome;
    return Do(*scene, Trigger::kEnd, event::EntryDismissed{session.id, scene->self, outcome});
  }
  const bool first_sender = session.transfer && session.transfer->senders.front() == scene->self;
  const bool may = scene->leads() || (scene->lead == nullptr &&
                                      (first_sender || session.owner == scene->self || (!session.transfer && scene->sees())));
  if (!may) {
    if (!scene->sees())
      return scene->lead != nullptr ? AlreadyStarted(session, "end") : NotInQueue(session.id, scene->self, "end");
    return NotLead(session, "end", scene->view);
  }
  return Do(*scene, Trigger::kEnd, Ended(session, Outcome::kClosedByTechnician, EndedBy::kTechnician));
}

Result On(const Org& org, const command::Reboot& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, false);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (absl::Status may = Require(org, *scene, Permission::kReboot); !may.ok()) return may;
  if (absl::Status link = NeedsLink(*scene, "reboot"); !link.ok()) return link;
  if (absl::Status kind = NotMonitoring(*scene, "reboot"); !kind.ok()) return kind;
  if (!scene->sees()) return NotInQueue(session.id, scene->self, "reboot");
  if (scene->invited()) return WrongState(session.id, "reboot", scene->view, "accept the invitation first");
  if (session.lead_console_lost) return LeadConsoleLost(session.id, "reboot", scene->view);
  if (!Fits(session, c.kind)) return KindForbids(session, c.kind == RebootKind::kNormal ? "reboot" : "reboot of this kind");
  return Do(*scene, Trigger::kReboot, event::LinkChanged{session.id, Link::kRebooting, c.kind});
}

Result On(const Org& org, const command::Invite& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, false);
  if (!scene.ok()) return scene.status();
  if (absl::Status may = Require(org, *scene, Permission::kInviteInternal); !may.ok()) return may;
  if (absl::Status active = NeedsActiveLead(*scene, "invite"); !active.ok()) return active;
  if (!AllowsCollaboration(*scene->session)) return KindForbids(*scene->session, "collaboration; transfer it");
  if (absl::Status may = MayJoin(org, *scene->session, c.invitee); !may.ok()) return may;
  return Do(*scene, Trigger::kInvite, event::Invited{scene->session->id, c.invitee, scene->self, {}, c.granted});
}

Result On(const Org& org, const command::InviteExternal& c, Time now) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, false);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (absl::Status may = Require(org, *scene, Permission::kInviteExternal); !may.ok()) return may;
  if (absl::Status active = NeedsActiveLead(*scene, "invite_external"); !active.ok()) return active;
  if (!AllowsCollaboration(session)) return KindForbids(session, "collaboration; transfer it");
  if (session.type == SessionType::kUnattended) return KindForbids(session, "external technicians");
  if (c.deliver) {
    if (absl::Status may = Require(org, *scene, Permission::kEmail); !may.ok()) return may;
  }
  const GroupSettings& settings = SettingsOf(org, scene->self);
  if (settings.approved_externals_only && !Approved(org, c.address)) return NotApproved(c.address);
  if (session.participants.size() >= limits::kParticipants) return TooManyParticipants(session.id);
  return Do(
      *scene, Trigger::kInvite,
      event::ExternalInvited{session.id, ExternalId(session.id, session.last_external + 1), scene->self, c.name, c.address,
                             c.code_key, now + settings.private_code_validity, c.granted, c.deliver, c.language});
}

// Whoever monitors a technician of the session, and is not silent about himself: he is seen as a collaborator.
Result On(const Org& org, const command::Join& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, false);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  const bool monitors = std::any_of(org.monitoring.begin(), org.monitoring.end(), [&](SessionId id) {
    const Session& monitoring = *FindSession(org, id);
    const Participant* lead = monitoring.lead();
    const Participant* monitored = session.Find(monitoring.monitored);
    return lead != nullptr && lead->technician == scene->self && monitored != nullptr && monitored->role != Role::kInvitee;
  });
  if (!monitors) return NotMonitored(session.id, scene->self);
  if (absl::Status may = MayTake(org, scene->self, session.type); !may.ok()) return may;
  if (absl::Status link = NeedsLink(*scene, "join"); !link.ok()) return link;
  if (!AllowsCollaboration(session)) return KindForbids(session, "collaboration");
  if (session.Find(scene->self) != nullptr || session.IsSender(scene->self) || session.IsRecipient(scene->self)) {
    return AlreadyInSession(session.id, scene->self);
  }
  if (scene->lead == nullptr || session.held || session.transfer) {
    return WrongState(session.id, "join", scene->view, "it must be active");
  }
  if (session.lead_console_lost) return LeadConsoleLost(session.id, "join", scene->view);
  if (session.participants.size() >= limits::kParticipants) return TooManyParticipants(session.id);
  return Do(*scene, Trigger::kJoin, event::Joined{session.id, scene->self});
}

Result On(const Org& org, const command::RemoveTechnician& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, true);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (session.ended_already()) return SessionEnded(session.id, session.outcome);
  if (!scene->leads()) return NotLead(session, "remove_technician", scene->view);
  const Participant* removed = session.Find(c.removed);
  if (removed == nullptr || removed->role == Role::kLead) return NotInSession(session.id, c.removed);
  return Do(*scene, Trigger::kRemoveTechnician, event::ParticipantRemoved{session.id, c.removed});
}

Result On(const Org& org, const command::Leave& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, false);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (session.ended_already()) return SessionEnded(session.id, session.outcome);
  if (scene->collaborates() || scene->invited()) {
    return Do(*scene, Trigger::kLeave, event::ParticipantRemoved{session.id, scene->self});
  }
  if (!session.IsRecipient(scene->self)) {
    return WrongState(session.id, "leave", scene->view,
                      "only a collaborator, an invitee or a recipient can leave; a lead transfers or ends");
  }
  const bool whole = session.transfer->recipients.size() == 1 || scene->leads() || session.owner == scene->self;
  if (whole) return Do(*scene, Trigger::kDeclineTransfer, event::TransferCanceled{session.id});
  return Do(*scene, Trigger::kDeclineTransfer, event::TransferLeft{session.id, scene->self});
}

Result On(const Org& org, const command::OfferLead& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, false);
  if (!scene.ok()) return scene.status();
  if (absl::Status active = NeedsActiveLead(*scene, "offer_lead"); !active.ok()) return active;
  const Participant* collaborator = scene->session->Find(c.collaborator);
  if (collaborator == nullptr || collaborator->role != Role::kCollaborator)
    return NotInSession(scene->session->id, c.collaborator);
  if (collaborator->external()) return ExternalTechnician(scene->session->id, c.collaborator);
  return Do(*scene, Trigger::kOfferLead, event::LeadOffered{scene->session->id, c.collaborator});
}

Result On(const Org& org, const command::CancelLeadOffer& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, false);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (session.ended_already()) return SessionEnded(session.id, session.outcome);
  if (!session.lead_offered_to || (!scene->leads() && session.lead_offered_to != scene->self)) {
    return NoLeadOffer(session.id, scene->self);
  }
  return Do(*scene, Trigger::kCancelLeadOffer, event::LeadOfferCanceled{session.id});
}

Result On(const Org& org, const command::AcceptLead& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, false);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (absl::Status link = NeedsLink(*scene, "accept_lead"); !link.ok()) return link;
  if (!session.lead_offered_to || session.lead_offered_to != scene->self) return NoLeadOffer(session.id, scene->self);
  if (scene->participant->on_hold) return WrongState(session.id, "accept_lead", scene->view, "resume it first");
  if (absl::Status room = RoomForActive(org, scene->self, session.type); !room.ok()) return room;
  Decision decision{Trigger::kLeadAccepted, {event::LeadAccepted{session.id}}, session.id};
  if (scene->lead != nullptr) CloseForbidden(session, scene->lead->technician, scene->lead->granted, decision.events);
  return decision;
}

Result On(const Org& org, const command::Grant& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, true);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (session.ended_already()) return SessionEnded(session.id, session.outcome);
  if (!scene->leads()) return NotLead(session, "grant", scene->view);
  const Participant* collaborator = session.Find(c.collaborator);
  if (collaborator == nullptr || collaborator->role == Role::kLead) return NotInSession(session.id, c.collaborator);
  Decision decision{Trigger::kGrant, {}, session.id};
  if (collaborator->granted == c.granted) return decision;
  decision.events.push_back(event::Granted{session.id, c.collaborator, c.granted});
  CloseForbidden(session, c.collaborator, c.granted, decision.events);
  return decision;
}

Result On(const Org& org, const command::UpdateSession& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, true);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (session.ended_already()) return SessionEnded(session.id, session.outcome);
  if (!scene->sees()) return NotInQueue(session.id, scene->self, "update");
  if (c.target.technician) {  // not an administrator or integrator for nobody in particular
    if (absl::Status may = Require(org, *scene, Permission::kEditFields); !may.ok()) return may;
  }
  Profile profile = session.profile;
  if (c.name) profile.name = *c.name;
  if (c.custom_fields) profile.custom_fields = *c.custom_fields;
  if (c.tracking_id) profile.tracking_id = *c.tracking_id;
  if (c.language) profile.language = *c.language;
  if (profile == session.profile) return Decision{Trigger::kUpdate, {}, session.id};
  return Do(*scene, Trigger::kUpdate, event::ProfileUpdated{session.id, std::move(profile)});
}

}  // namespace guichet::internal

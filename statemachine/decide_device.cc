// What applets, consoles and the shard's timers report. A report that changes nothing is no error: links repeat themselves.
#include "statemachine/decide_internal.h"
#include "statemachine/kinds.h"

namespace guichet::internal {

absl::StatusOr<const Session*> LiveSession(const Org& org, SessionId id) {
  const Session* session = FindSession(org, id);
  if (session == nullptr) return SessionNotFound(id);
  if (session->ended_already()) return SessionEnded(id, session->outcome);
  return session;
}

namespace {

// The applet is there and the terms are accepted: WAITING, or ACTIVE at once by auto-start.
void Arrive(const Org& org, const Session& session, Events& events) {
  events.push_back(event::LinkChanged{session.id, Link::kAttached, RebootKind::kNormal});
  const GroupSettings& settings = SettingsOf(org, session);
  const bool at_once = settings.auto_start_private || session.type == SessionType::kUnattended;
  if (session.method == Method::kMonitoring || !session.owner || !at_once) return;
  const Load load = LoadOf(org, session.owner);
  if (load.active >= settings.max_active_sessions) return;
  if (session.type == SessionType::kLens && load.lens > 0) return;
  if (!internal::MayTake(org, session.owner, session.type).ok()) return;
  events.push_back(event::LeadTaken{session.id, session.owner});
}

}  // namespace

Result On(const Org& org, const command::RedeemCode& c, Time now) {
  const Session* session = FindSession(org, c.session);
  if (session == nullptr || session->ended_already() || session->code_key.empty() || session->code_key != c.code_key ||
      session->code_expires <= now) {
    return CodeNotFound();
  }
  Profile profile = session->profile;
  profile.device_id = c.device_id;
  if (!c.platform.empty()) profile.platform = c.platform;
  if (!c.language.empty()) profile.language = c.language;
  return Decision{Trigger::kRedeemCode, {event::CodeRedeemed{c.session, c.device_token_hash, std::move(profile)}}, c.session};
}

Result On(const Org& org, const command::RedeemInvitation& c, Time now) {
  const Session* session = FindSession(org, c.session);
  const Participant* self = session == nullptr || session->ended_already() ? nullptr : session->Find(c.technician);
  if (self == nullptr || self->code_key.empty() || self->code_key != c.code_key || self->code_expires <= now) {
    return CodeNotFound();
  }
  return Decision{Trigger::kInvitationRedeemed, {event::ExternalAdmitted{c.session, c.technician, c.secret_hash}}, c.session};
}

Result On(const Org& org, const command::AttachDevice& c, Time) {
  absl::StatusOr<const Session*> found = LiveSession(org, c.session);
  if (!found.ok()) return found.status();
  const Session& session = **found;
  if (c.chat_only && !session.chat_only) return KindForbids(session, "page that only chats: attach with the applet");
  Decision decision{Trigger::kDeviceBack, {}, c.session};
  if (session.chat_only && !c.chat_only) decision.events.push_back(event::Upgraded{c.session});
  if (!c.platform.empty() && c.platform != session.profile.platform) {
    Profile profile = session.profile;
    profile.platform = c.platform;
    decision.events.push_back(event::ProfileUpdated{c.session, std::move(profile)});
  }
  if (session.link == Link::kNeverAttached) {
    decision.trigger = Trigger::kAppletConnected;
    if (!TermsPending(org, session)) Arrive(org, session, decision.events);
  } else if (session.link != Link::kAttached) {
    decision.events.push_back(event::LinkChanged{c.session, Link::kAttached, RebootKind::kNormal});
  }
  return decision;
}

Result On(const Org& org, const command::AnswerTerms& c, Time) {
  absl::StatusOr<const Session*> found = LiveSession(org, c.session);
  if (!found.ok()) return found.status();
  const Session& session = **found;
  if (session.link != Link::kNeverAttached || session.terms_accepted) return Decision{Trigger::kAppletConnected, {}, c.session};
  if (!c.accepted) {
    return Decision{Trigger::kDeclineTerms, {Ended(session, Outcome::kTermsDeclined, EndedBy::kLimit)}, c.session};
  }
  Decision decision{Trigger::kAppletConnected, {event::TermsAccepted{c.session}}, c.session};
  Arrive(org, session, decision.events);
  return decision;
}

Result On(const Org& org, const command::CustomerEnd& c, Time) {
  absl::StatusOr<const Session*> found = LiveSession(org, c.session);
  if (!found.ok()) return found.status();
  const Outcome outcome = (*found)->ever_started ? Outcome::kClosedByCustomer : Outcome::kClosedByWaitingCustomer;
  return Decision{Trigger::kCustomerEnd, {Ended(**found, outcome, EndedBy::kCustomer)}, c.session};
}

Result On(const Org& org, const command::DeviceReboots& c, Time) {
  absl::StatusOr<const Session*> found = LiveSession(org, c.session);
  if (!found.ok()) return found.status();
  // While the lead's console is lost everybody else sees RECONNECTING; the device will be missed by its heartbeats instead.
  if ((*found)->link != Link::kAttached || (*found)->lead_console_lost) return Decision{Trigger::kReboot, {}, c.session};
  return Decision{Trigger::kReboot, {event::LinkChanged{c.session, Link::kRebooting, c.kind}}, c.session};
}

Result On(const Org& org, const command::DeviceLost& c, Time) {
  const Session* session = FindSession(org, c.session);
  Decision decision{Trigger::kDeviceLost, {}, c.session};
  if (session != nullptr && !session->ended_already() && session->link == Link::kAttached) {
    decision.events.push_back(event::LinkChanged{c.session, Link::kReconnecting, RebootKind::kNormal});
  }
  return decision;
}

Result On(const Org& org, const command::AttachConsole& c, Time) {
  const Technician* technician = FindTechnician(org, c.technician);
  if (technician == nullptr) return TechnicianNotFound(c.technician);
  if (technician->disabled) return TechnicianDisabled(c.technician);
  Decision decision{Trigger::kConsoleAttached, {event::ConsoleAttached{c.technician, c.console_name}}, {}};
  auto entries = org.entries.find(c.technician);
  if (entries == org.entries.end()) return decision;
  for (SessionId id : entries->second) {
    const Session& session = *FindSession(org, id);
    if (session.ended_already()) continue;
    const Participant* self = session.Find(c.technician);
    if (self != nullptr && self->foreground) decision.events.push_back(event::ForegroundChanged{id, c.technician, false});
    if (self != nullptr && self->role == Role::kLead && session.lead_console_lost) {
      decision.events.push_back(event::LeadConsoleBack{id});
    }
    for (const TechnicianId& hidden : session.hidden_from) {
      if (hidden == c.technician) decision.events.push_back(event::Revealed{id, c.technician});
    }
  }
  return decision;
}

Result On(const Org& org, const command::DetachConsole& c, Time) {
  const Technician* technician = FindTechnician(org, c.technician);
  Decision decision{Trigger::kConsoleGone, {}, {}};
  if (technician == nullptr || !technician->console) return decision;
  decision.events.push_back(event::ConsoleGone{c.technician, c.last_seen, c.cause});
  WithdrawOffer(org, c.technician, decision.events);
  if (const Session* session = FindSession(org, technician->foreground); session != nullptr && !session->ended_already()) {
    const Participant* self = session->Find(c.technician);
    if (self != nullptr && self->foreground)
      decision.events.push_back(event::ForegroundChanged{session->id, c.technician, false});
  }
  // M03: whoever watches this console sees the session close.
  for (SessionId id : org.monitoring) {
    const Session& session = *FindSession(org, id);
    if (session.monitored != c.technician) continue;
    const Outcome outcome = session.ever_started ? Outcome::kClosedByCustomer : Outcome::kClosedByWaitingCustomer;
    decision.events.push_back(Ended(session, outcome, EndedBy::kCustomer));
  }
  return decision;
}

Result On(const Org& org, const command::SetForeground& c, Time) {
  const Technician* technician = FindTechnician(org, c.technician);
  Decision decision{Trigger::kForeground, {}, {}};
  if (technician == nullptr || !technician->console || technician->foreground == c.session) return decision;
  decision.events.push_back(event::LookedAt{c.technician, c.session});
  for (const auto& [id, foreground] : {std::pair{technician->foreground, false}, std::pair{c.session, true}}) {
    const Session* session = FindSession(org, id);
    if (session == nullptr || session->ended_already() || session->Find(c.technician) == nullptr) continue;
    decision.events.push_back(event::ForegroundChanged{id, c.technician, foreground});
  }
  return decision;
}

Result On(const Org& org, const command::SetIntent& c, Time) {
  const Technician* technician = FindTechnician(org, c.technician);
  if (technician == nullptr) return TechnicianNotFound(c.technician);
  if (technician->away == c.away && technician->away_reason == c.reason) return Decision{Trigger::kSetStatus, {}, {}};
  Decision decision{Trigger::kSetStatus, {event::IntentSet{c.technician, c.away, c.reason}}, {}};
  if (c.away) WithdrawOffer(org, c.technician, decision.events);
  return decision;
}

Result On(const Org& org, const command::SetInactive& c, Time) {
  const Technician* technician = FindTechnician(org, c.technician);
  Decision decision{Trigger::kInactivity, {}, {}};
  if (technician == nullptr || !technician->console || technician->inactive == c.inactive) return decision;
  decision.events.push_back(event::InactivityChanged{c.technician, c.inactive});
  if (c.inactive) WithdrawOffer(org, c.technician, decision.events);
  return decision;
}

Result On(const Org& org, const command::FireTimer& c, Time now) {
  const Session* session = FindSession(org, c.session);
  if (session == nullptr) return Decision{Trigger::kTick, {}, c.session};
  const std::optional<Deadline> deadline = NextDeadline(org, *session);
  if (!deadline || deadline->due > now) return Decision{Trigger::kTick, {}, c.session};
  return Fire(org, *session, *deadline, now);
}

}  // namespace guichet::internal

namespace guichet {

using internal::Ended;
using internal::EndedBy;

Decision Fire(const Org& org, const Session& session, const Deadline& deadline, Time now) {
  const SessionId id = session.id;
  switch (deadline.kind) {
    case TimerKind::kCodeValidity:
      return Decision{Trigger::kCodeExpired, {event::CodeExpired{id}}, id};
    case TimerKind::kConnecting:
      return Decision{Trigger::kConnectingTimeout, {Ended(session, Outcome::kConnectingTimedOut, EndedBy::kLimit)}, id};
    case TimerKind::kWaiting:
      return Decision{Trigger::kWaitingTimeout, {Ended(session, Outcome::kTimedOut, EndedBy::kLimit)}, id};
    case TimerKind::kOffline:
      return Decision{Trigger::kOfflineTimeout, {event::LinkChanged{id, Link::kOffline, session.reboot}}, id};
    case TimerKind::kIdle:
      return Decision{Trigger::kIdleTimeout, {Ended(session, Outcome::kTimedOut, EndedBy::kIdle)}, id};
    case TimerKind::kCollaboratorIdle:
      return Decision{Trigger::kIdleTimeout, {event::ParticipantRemoved{id, deadline.technician}}, id};
    case TimerKind::kHold:
      return Decision{Trigger::kHoldLimit, {Ended(session, Outcome::kTimedOut, EndedBy::kLimit)}, id};
    case TimerKind::kSystem:
      return Decision{Trigger::kSystemLimit, {Ended(session, Outcome::kTimedOut, EndedBy::kLimit)}, id};
    case TimerKind::kLeadLost:
      return Decision{Trigger::kConsoleLost, {event::LeadConsoleLost{id}}, id};
    case TimerKind::kOffer: {
      const Channel* channel = FindChannel(org, session.channel);
      const Duration pause = channel == nullptr ? Duration{0} : channel->routing.retry_after;
      return Decision{Trigger::kOfferTimeout,
                      {event::OfferEnded{id, session.offer->technician, OfferEnd::kTimedOut, "", deadline.due + pause}},
                      id};
    }
    case TimerKind::kPreference:
      return Decision{Trigger::kPreference, {event::PreferenceLapsed{id}}, id};
    case TimerKind::kRedirect:
      return internal::Unserved(org, session, now);
    case TimerKind::kDelivery:
      return Decision{Trigger::kDelivery, {event::DeliveryDue{id, deadline.technician}}, id};
    case TimerKind::kAccess:
      return Decision{Trigger::kAccessOver, {internal::AccessEnded(session, Outcome::kUnattendedExpired)}, id};
    case TimerKind::kSurvey:
      return Decision{Trigger::kSurveyClosed, {event::SurveyClosed{id}}, id};
    case TimerKind::kInvitation:
      return Decision{Trigger::kInvitationExpired, {event::ParticipantRemoved{id, deadline.technician}}, id};
    case TimerKind::kLeadLostPolicy:
      break;
  }
  // The longest-serving collaborator, when the policy is to give; else back to the channel's queue.
  if (SettingsOf(org, session).console_lost_policy == ConsoleLostPolicy::kGiveToCollaborator) {
    const Participant* longest = nullptr;
    for (const Participant& p : session.participants) {
      if (p.role == Role::kCollaborator && !p.external() && (longest == nullptr || p.joined < longest->joined)) longest = &p;
    }
    if (longest != nullptr) {
      return Decision{Trigger::kConsoleLostPolicy, {event::LeadGiven{id, longest->technician}}, id};
    }
  }
  // Invitations of a lead who is gone end in a commit of their own; the deadline stays due and requeues in the next one. So a
  // member of the channel never sees INVITATION become WAITING.
  Decision decision{Trigger::kConsoleLostPolicy, {}, id};
  for (const Participant& p : session.participants) {
    if (p.role == Role::kInvitee) decision.events.push_back(event::ParticipantRemoved{id, p.technician});
  }
  if (decision.events.empty()) decision.events.push_back(event::Requeued{id});
  return decision;
}

}  // namespace guichet

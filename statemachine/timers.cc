#include "statemachine/timers.h"

#include <algorithm>
#include <array>

#include "statemachine/route.h"

namespace guichet {
namespace {

class List {
 public:
  void Offer(Time due, TimerKind kind, const TechnicianId& technician = {}) { all_.push_back({due, kind, technician}); }
  std::vector<Deadline> Take() { return std::move(all_); }

 private:
  std::vector<Deadline> all_;
};

bool PolicyApplies(const Org& org, const Session& session) {
  if (session.transfer) return false;  // its recipients can take the session
  const ConsoleLostPolicy policy = SettingsOf(org, session).console_lost_policy;
  if (policy == ConsoleLostPolicy::kKeep) return false;
  if (session.channel) return true;
  return policy == ConsoleLostPolicy::kGiveToCollaborator &&
         std::any_of(session.participants.begin(), session.participants.end(),
                     [](const Participant& p) { return p.role == Role::kCollaborator && !p.external(); });
}

void OfferLeadLost(const Org& org, const Session& session, const Participant& lead, List& list) {
  if (session.link != Link::kAttached || session.method == Method::kMonitoring) return;
  const Technician* technician = FindTechnician(org, lead.technician);
  if (technician == nullptr || technician->console) return;
  const GroupSettings& settings = SettingsOf(org, session);
  const Time gone_since = std::max(technician->console_since, lead.joined);
  if (!session.lead_console_lost) {
    list.Offer(gone_since + settings.device_lost_grace, TimerKind::kLeadLost);
  } else if (PolicyApplies(org, session)) {
    // Never before the loss was shown, though offline_after may be shorter than the grace.
    list.Offer(std::max(gone_since + settings.offline_after, session.lead_lost_since), TimerKind::kLeadLostPolicy);
  }
}

void OfferIdle(const Org& org, const Session& session, List& list) {
  if (session.held) return;
  auto blocks = [&](const TechnicianId& technician) {  // empty: anybody's
    return std::any_of(session.activities.begin(), session.activities.end(), [&](const Activity& a) {
      return a.open && (!technician || a.technician == technician) && SettingsOf(org, a.technician).idle_blockers.Has(a.kind);
    });
  };
  for (const Participant& participant : session.participants) {
    const Duration timeout = SettingsOf(org, participant.technician).idle_timeout;
    if (timeout == kNever || participant.foreground || participant.on_hold) continue;
    if (blocks(participant.role == Role::kLead ? TechnicianId{} : participant.technician)) continue;
    if (participant.role == Role::kLead) {
      list.Offer(participant.background_since + timeout, TimerKind::kIdle);
    } else if (participant.role == Role::kCollaborator) {
      list.Offer(participant.background_since + timeout, TimerKind::kCollaboratorIdle, participant.technician);
    }
  }
}

void OfferRouting(const Org& org, const Session& session, List& list) {
  if (session.offer) list.Offer(session.offer->expires, TimerKind::kOffer);
  const Channel* channel = FindChannel(org, session.channel);
  if (!IsRoutable(session) || channel == nullptr) return;
  if (session.preferred_only) list.Offer(session.waiting_since + channel->routing.preferred_for, TimerKind::kPreference);
  for (const Redirect& rule : channel->redirects) {
    if (rule.when != RedirectWhen::kAfterWait || !CanRedirect(org, session, rule)) continue;
    list.Offer(session.queue_since + rule.wait, TimerKind::kRedirect);
  }
}

}  // namespace

std::string_view Name(TimerKind kind) {
  static constexpr std::array<std::string_view, kTimerKindCount> kNames = {
      "code_validity", "connecting", "waiting",   "offline",          "idle",      "collaborator_idle",
      "hold",          "system",     "lead_lost", "lead_lost_policy", "offer",     "preference",
      "redirect",      "delivery",   "access",    "survey",           "invitation"};
  return kNames[static_cast<size_t>(kind)];
}

std::vector<Deadline> Deadlines(const Org& org, const Session& session) {
  List list;
  if (session.ended_already()) {
    if (session.survey_until != kNoTime) list.Offer(session.survey_until, TimerKind::kSurvey);
    return list.Take();
  }
  const GroupSettings& settings = SettingsOf(org, session);
  list.Offer(session.created + settings.system_limit, TimerKind::kSystem);
  if (!session.code_key.empty()) list.Offer(session.code_expires, TimerKind::kCodeValidity);
  if (!session.code_key.empty() && session.delivery->retry_at != kNoTime) {
    list.Offer(session.delivery->retry_at, TimerKind::kDelivery);
  }
  for (const Participant& participant : session.participants) {
    if (participant.code_key.empty()) continue;
    list.Offer(participant.code_expires, TimerKind::kInvitation, participant.technician);
    if (participant.delivery->retry_at != kNoTime) {
      list.Offer(participant.delivery->retry_at, TimerKind::kDelivery, participant.technician);
    }
  }
  if (session.access_until != kNoTime) list.Offer(session.access_until, TimerKind::kAccess);
  if (session.link == Link::kNeverAttached) {
    list.Offer(session.created + ConnectingTimeout(org, session), TimerKind::kConnecting);
    return list.Take();
  }
  if (session.link == Link::kReconnecting || session.link == Link::kRebooting) {
    list.Offer(session.link_since + settings.offline_after, TimerKind::kOffline);
  }
  if (session.held) list.Offer(session.held_since + settings.hold_limit, TimerKind::kHold);
  if (const Participant* lead = session.lead()) {
    OfferIdle(org, session, list);
    OfferLeadLost(org, session, *lead, list);
  } else if (Duration waiting = WaitingTimeout(org, session); waiting != kNever) {
    list.Offer(session.waiting_since + waiting, TimerKind::kWaiting);
  }
  OfferRouting(org, session, list);
  return list.Take();
}

std::optional<Deadline> NextDeadline(const Org& org, const Session& session) {
  const std::vector<Deadline> all = Deadlines(org, session);
  auto earliest = std::min_element(all.begin(), all.end(), [](const Deadline& a, const Deadline& b) {
    return std::pair(a.due, a.kind) < std::pair(b.due, b.kind);
  });
  return earliest == all.end() ? std::nullopt : std::optional(*earliest);
}

bool AwaitsStart(const Session& session) {
  if (session.ended_already() || session.lead() != nullptr || session.transfer) return false;
  return session.link == Link::kNeverAttached || session.link == Link::kAttached;
}

Time UrgentAt(const Org& org, const Session& session) {
  if (!AwaitsStart(session)) return kNoTime;
  const GroupSettings& settings = SettingsOf(org, session);
  const bool connecting = session.link == Link::kNeverAttached;
  const Duration level = connecting ? settings.connecting_alert : settings.waiting_alert;
  if (level == kNever) return kNoTime;
  return (connecting ? session.created : session.waiting_since) + level;
}

}  // namespace guichet

// What technicians do with the device while a session is active, and what the customer agrees to. Rules: domain.md §4, §7.
#include "statemachine/decide_internal.h"
#include "statemachine/limits.h"

namespace guichet::internal {
namespace {

// The lead, or a collaborator, at work: device attached, nothing held or on its way.
absl::Status AtWork(const Scene& scene, std::string_view command) {
  const Session& session = *scene.session;
  if (absl::Status link = NeedsLink(scene, command); !link.ok()) return link;
  if (absl::Status kind = NotMonitoring(scene, command); !kind.ok()) return kind;
  if (!scene.leads() && !scene.collaborates()) return NotInSession(session.id, scene.self);
  if (session.lead_console_lost && !scene.leads()) return LeadConsoleLost(session.id, command, scene.view);
  const bool at_work = !session.held && !session.transfer && !scene.participant->on_hold;
  return at_work ? absl::OkStatus() : WrongState(session.id, command, scene.view, "start it first");
}

}  // namespace

Result On(const Org& org, const command::RequestActivity& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, false);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (absl::Status may = Require(org, *scene, PermissionOf(c.kind)); !may.ok()) return may;
  if (absl::Status work = AtWork(*scene, "request_activity"); !work.ok()) return work;
  if (session.activities.size() >= limits::kActivities) return TooManyActivities(session.id, limits::kActivities);
  const uint32_t id = session.last_activity + 1;
  Decision decision{Trigger::kActivity, {}, session.id};
  decision.events.push_back(event::ActivityRequested{session.id, id, c.kind, scene->self, c.detail});
  if (session.standing_grants.Has(c.kind)) decision.events.push_back(event::ActivityOpened{session.id, id});
  return decision;
}

Result On(const Org& org, const command::CloseActivity& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, true);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (session.ended_already()) return SessionEnded(session.id, session.outcome);
  const Activity* activity = session.FindActivity(c.activity);
  if (activity == nullptr) return ActivityNotFound(session.id, c.activity);
  if (!scene->leads() && activity->technician != scene->self) return NotLead(session, "close_activity", scene->view);
  return Do(*scene, Trigger::kActivity, event::ActivityClosed{session.id, c.activity});
}

Result On(const Org& org, const command::SetChat& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, false);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (absl::Status may = Require(org, *scene, Permission::kChatSwitch); !may.ok()) return may;
  if (absl::Status work = AtWork(*scene, "set_chat"); !work.ok()) return work;
  if (session.chat_off == c.off) return Decision{Trigger::kChatSwitch, {}, session.id};
  return Do(*scene, Trigger::kChatSwitch, event::ChatSwitched{session.id, c.off});
}

namespace {
absl::Status RoomForChat(const Session& session) {
  if (session.chat_messages < limits::kChatMessages) return absl::OkStatus();
  return TooMany("chat messages in the session", limits::kChatMessages);
}
}  // namespace

// Also while the device is away: it reads on when it is back.
Result On(const Org& org, const command::SendChat& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, false);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (session.ended_already()) return SessionEnded(session.id, session.outcome);
  if (!scene->leads() && !scene->collaborates()) return NotInSession(session.id, scene->self);
  if (session.chat_off && !c.technicians_only) return ChatOff(session.id);
  if (absl::Status room = RoomForChat(session); !room.ok()) return room;
  return Do(
      *scene, Trigger::kChat,
      event::ChatSent{session.id, scene->self, FindTechnician(org, scene->self)->display_name, c.technicians_only, c.text});
}

Result On(const Org& org, const command::CustomerChat& c, Time) {
  absl::StatusOr<const Session*> found = LiveSession(org, c.session);
  if (!found.ok()) return found.status();
  if ((*found)->link == Link::kNeverAttached) {
    return LinkNotAttached(c.session, "send_chat", EntryState::kConnecting, Link::kNeverAttached);
  }
  if ((*found)->chat_off) return ChatOff(c.session);
  if (absl::Status room = RoomForChat(**found); !room.ok()) return room;
  return Decision{Trigger::kChat, {event::ChatSent{c.session, {}, "", false, c.text}}, c.session};
}

Result On(const Org& org, const command::SendSurvey& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, false);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (absl::Status may = Require(org, *scene, Permission::kSendSurvey); !may.ok()) return may;
  if (absl::Status work = AtWork(*scene, "send_survey"); !work.ok()) return work;
  if (SettingsOf(org, session).survey.empty()) {
    return WrongState(session.id, "send_survey", scene->view, "the lead's group has no survey; an administrator sets one");
  }
  if (session.survey_sent) return Decision{Trigger::kSurvey, {}, session.id};
  return Do(*scene, Trigger::kSurvey, event::SurveySent{session.id});
}

Result On(const Org& org, const command::AnswerActivity& c, Time) {
  absl::StatusOr<const Session*> found = LiveSession(org, c.session);
  if (!found.ok()) return found.status();
  const Session& session = **found;
  Decision decision{Trigger::kActivity, {}, c.session};
  const Activity* activity = session.FindActivity(c.activity);
  if (activity == nullptr) return decision;  // closed meanwhile
  const bool withdraws = c.standing && !c.granted;
  if (activity->open && !withdraws) return decision;  // answered before
  ActivityKinds standing = session.standing_grants;
  if (c.standing) standing.Set(activity->kind, c.granted);
  if (standing != session.standing_grants) decision.events.push_back(event::StandingGrantsSet{c.session, standing});
  if (c.granted) {
    decision.events.push_back(event::ActivityOpened{c.session, c.activity});
  } else {
    decision.events.push_back(event::ActivityClosed{c.session, c.activity});
  }
  return decision;
}

Result On(const Org& org, const command::RevokeActivity& c, Time) {
  absl::StatusOr<const Session*> found = LiveSession(org, c.session);
  if (!found.ok()) return found.status();
  const Session& session = **found;
  Decision decision{Trigger::kActivity, {}, c.session};
  for (const Activity& activity : session.activities) {
    if (c.activity == 0 || activity.id == c.activity) {
      decision.events.push_back(event::ActivityClosed{c.session, activity.id});
    }
  }
  if (c.activity == 0 && session.standing_grants != ActivityKinds{}) {
    decision.events.push_back(event::StandingGrantsSet{c.session, {}});
  }
  return decision;
}

Result On(const Org& org, const command::ReportDelivery& c, Time) {
  const Session* session = FindSession(org, c.session);
  if (session == nullptr || session->delivery.state == DeliveryState::kNone) return SessionNotFound(c.session);
  if (session->ended_already()) return SessionEnded(c.session, session->outcome);
  Decision decision{Trigger::kDelivery, {}, c.session};
  if (session->delivery.state == c.state && session->delivery.detail == c.detail) return decision;
  decision.events.push_back(event::DeliveryReported{c.session, c.state, c.detail});
  return decision;
}

}  // namespace guichet::internal

// What technicians do with the device while a session is active, and what the customer agrees to. Rules: domain.md §4, §7.
#include <algorithm>

#include "statemachine/decide_internal.h"
#include "statemachine/kinds.h"
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

bool IsFile(ActivityKind kind) { return kind == ActivityKind::kSendFile || kind == ActivityKind::kReceiveFile; }

}  // namespace

event::ActivityClosed Closed(SessionId session, const Activity& activity, FileOutcome outcome, const FileInfo& file) {
  if (!IsFile(activity.kind)) return {session, activity.id, FileOutcome::kNone, {}};
  if (outcome == FileOutcome::kNone) outcome = FileOutcome::kCanceled;
  return {session, activity.id, outcome, file.name.empty() ? activity.file : file};
}

Result On(const Org& org, const command::RequestActivity& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, false);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (absl::Status may = Require(org, *scene, PermissionOf(c.kind)); !may.ok()) return may;
  if (absl::Status work = AtWork(*scene, "request_activity"); !work.ok()) return work;
  if (session.activities.size() >= limits::kActivities) return TooManyActivities(session.id, limits::kActivities);
  if (!Fits(session, c.kind)) return KindForbids(session, Name(c.kind));
  if (c.kind == ActivityKind::kUnattendedAccess && !session.profile.device_id) {
    return WrongState(session.id, "request_activity", scene->view, "its device has no stable id, so it cannot be enrolled");
  }
  if (c.kind == ActivityKind::kUnattendedAccess && org.computers.size() >= limits::kComputers) {
    return TooMany("computers of the organization", limits::kComputers);
  }
  const uint32_t id = session.last_activity + 1;
  Decision decision{Trigger::kActivity, {}, session.id};
  event::ActivityRequested asked{session.id, id, c.kind, scene->self, c.detail, c.file, {}};
  if (c.kind == ActivityKind::kUnattendedAccess) asked.access = c.access;
  decision.events.push_back(std::move(asked));
  // Nobody agrees beforehand to what lasts beyond the session.
  const bool granted =
      (session.standing_grants.Has(c.kind) || !HasCustomer(session)) && c.kind != ActivityKind::kUnattendedAccess;
  if (granted) decision.events.push_back(event::ActivityOpened{session.id, id, {}});
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
  return Do(*scene, Trigger::kActivity, Closed(session.id, *activity, c.outcome, c.file));
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
absl::Status RoomForChat(uint32_t messages, std::string_view whose) {
  return messages < limits::kChatMessages ? absl::OkStatus() : TooMany(whose, limits::kChatMessages);
}
}  // namespace

// Also while the device is away: it reads on when it is back.
Result On(const Org& org, const command::SendChat& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, false);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (session.ended_already()) return SessionEnded(session.id, session.outcome);
  if (!scene->leads() && !scene->collaborates()) return NotInSession(session.id, scene->self);
  if (!HasCustomer(session) && !c.technicians_only) return KindForbids(session, "chat with a customer");
  if (session.chat_off && !c.technicians_only) return ChatOff(session.id);
  if (absl::Status room = RoomForChat(session.messages, "chat messages of technicians in the session"); !room.ok()) return room;
  return Do(
      *scene, Trigger::kChat,
      event::ChatSent{session.id, scene->self, FindTechnician(org, scene->self)->display_name, c.technicians_only, c.text});
}

Result On(const Org& org, const command::CustomerChat& c, Time now) {
  absl::StatusOr<const Session*> found = LiveSession(org, c.session);
  if (!found.ok()) return found.status();
  if ((*found)->link == Link::kNeverAttached) {
    return LinkNotAttached(c.session, "send_chat", EntryState::kConnecting, Link::kNeverAttached);
  }
  if ((*found)->chat_off) return ChatOff(c.session);
  const uint32_t sent = (*found)->customer_messages;
  if (absl::Status room = RoomForChat(sent, "chat messages of the customer in the session"); !room.ok()) return room;
  const Time may = (*found)->customer_chat_until - limits::kCustomerChatEvery * (limits::kCustomerChatBurst - 1);
  if (may > now) return TooFast("chat messages", may - now);
  return Decision{Trigger::kChat, {event::ChatSent{c.session, {}, "", false, c.text}}, c.session};
}

Result On(const Org& org, const command::SendSurvey& c, Time) {
  absl::StatusOr<Scene> scene = SceneOf(org, c.target, false);
  if (!scene.ok()) return scene.status();
  const Session& session = *scene->session;
  if (absl::Status may = Require(org, *scene, Permission::kSendSurvey); !may.ok()) return may;
  if (absl::Status work = AtWork(*scene, "send_survey"); !work.ok()) return work;
  if (!HasCustomer(session)) return KindForbids(session, "survey");
  if (SettingsOf(org, session).survey.empty()) {
    return WrongState(session.id, "send_survey", scene->view, "the lead's group has no survey; an administrator sets one");
  }
  if (session.survey_sent) return Decision{Trigger::kSurvey, {}, session.id};
  return Do(*scene, Trigger::kSurvey, event::SurveySent{session.id});
}

Result On(const Org& org, const command::AnswerSurvey& c, Time) {
  const Session* session = FindSession(org, c.session);
  if (session == nullptr || (session->ended_already() && session->survey_until == kNoTime && !session->survey_answered)) {
    return SurveyClosed(c.session, "its survey is closed");
  }
  if (session->survey_answered) return SurveyClosed(c.session, "its survey was answered before");
  if (!session->survey_sent) return SurveyClosed(c.session, "no survey was sent");
  return Decision{Trigger::kSurveyAnswered, {event::SurveyAnswered{c.session, c.answers}}, c.session};
}

// By whoever sees the session, also once it has ended; and by administrators and integrators.
Result On(const Org& org, const command::AddNote& c, Time) {
  const Session* found = FindSession(org, c.target.session);
  if (found == nullptr) return SessionNotFound(c.target.session);
  const Session& session = *found;
  if (c.target.epoch && c.target.epoch != session.epoch) return StaleEpoch(session, c.target.epoch);
  std::string name;
  if (c.target.technician) {
    absl::StatusOr<Scene> scene = SceneOf(org, c.target, false);
    if (!scene.ok()) return scene.status();
    if (!scene->sees()) {
      if (session.ended_already()) return SessionEnded(session.id, session.outcome);
      return NotInQueue(session.id, scene->self, "add_note");
    }
    if (scene->participant != nullptr && scene->participant->external()) return ExternalTechnician(session.id, scene->self);
    name = FindTechnician(org, scene->self)->display_name;
  }
  if (session.notes >= limits::kNotes) return TooMany("notes of the session", limits::kNotes);
  return Decision{Trigger::kNote, {event::NoteAdded{session.id, c.target.technician, std::move(name), c.text}}, session.id};
}

Result On(const Org& org, const command::AnswerActivity& c, Time now) {
  absl::StatusOr<const Session*> found = LiveSession(org, c.session);
  if (!found.ok()) return found.status();
  const Session& session = **found;
  Decision decision{Trigger::kActivity, {}, c.session};
  const Activity* activity = session.FindActivity(c.activity);
  if (activity == nullptr) return decision;  // closed meanwhile
  const bool withdraws = c.standing && !c.granted;
  if (activity->open && !withdraws) return decision;  // answered before
  ActivityKinds standing = session.standing_grants;
  // A computer more than there may be counts as refused: nobody is left waiting for an answer.
  const bool may = activity->kind != ActivityKind::kUnattendedAccess || org.computers.size() < limits::kComputers;
  const bool granted = c.granted && may;
  const bool enrolls = granted && activity->kind == ActivityKind::kUnattendedAccess;
  if (enrolls && (!session.profile.device_id || c.secret_hash.empty())) {
    return InvalidField("device_id", "a device without a stable id cannot be enrolled");
  }
  if (c.standing && activity->kind != ActivityKind::kUnattendedAccess) standing.Set(activity->kind, c.granted);
  if (standing != session.standing_grants) decision.events.push_back(event::StandingGrantsSet{c.session, standing});
  if (granted) {
    decision.events.push_back(
        event::ActivityOpened{c.session, c.activity, activity->kind == ActivityKind::kReceiveFile ? c.file : FileInfo{}});
    if (enrolls) Enroll(org, session, *activity, c.secret_hash, now, decision.events);
  } else {
    decision.events.push_back(Closed(c.session, *activity, FileOutcome::kCanceled, {}));
  }
  return decision;
}

Result On(const Org& org, const command::RevokeActivity& c, Time) {
  absl::StatusOr<const Session*> found = LiveSession(org, c.session);
  if (!found.ok()) return found.status();
  const Session& session = **found;
  Decision decision{Trigger::kActivity, {}, c.session};
  for (const Activity& activity : session.activities) {
    if (c.activity == 0) {
      decision.events.push_back(Closed(c.session, activity, FileOutcome::kCanceled, {}));
    } else if (activity.id == c.activity) {
      decision.events.push_back(Closed(c.session, activity, c.outcome, c.file));
    }
  }
  if (c.activity == 0 && session.standing_grants != ActivityKinds{}) {
    decision.events.push_back(event::StandingGrantsSet{c.session, {}});
  }
  return decision;
}

Result On(const Org& org, const command::ReportDelivery& c, Time now) {
  const Session* session = FindSession(org, c.session);
  const Participant* external = session == nullptr || !c.technician ? nullptr : session->Find(c.technician);
  const bool there = session != nullptr && (!c.technician || external != nullptr);
  const Delivery none;
  const Delivery& delivery = !there ? none : external != nullptr ? external->delivery.get() : session->delivery.get();
  if (delivery.state == DeliveryState::kNone) return SessionNotFound(c.session);
  if (session->ended_already()) return SessionEnded(c.session, session->outcome);
  Decision decision{Trigger::kDelivery, {}, c.session};
  event::DeliveryReported reported{c.session, c.technician, c.state, c.detail, kNoTime};
  if (c.state == DeliveryState::kRequested) {
    const bool dead = (external != nullptr ? external->code_key : session->code_key).empty();
    const bool before = delivery.state != DeliveryState::kRequested || delivery.retry_at != kNoTime;
    if (before || dead) return decision;
    const uint32_t doublings = std::min<uint32_t>(delivery.attempts, 10);
    reported.retry_at = now + std::min(limits::kDeliveryRetry * (1 << doublings), limits::kDeliveryRetryMax);
  } else if (delivery.state == c.state && delivery.detail == c.detail) {
    return decision;
  }
  decision.events.push_back(std::move(reported));
  return decision;
}

}  // namespace guichet::internal

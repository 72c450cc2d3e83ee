// People, settings and entrances of an organization, from the core's types to the API's.
#include "absl/strings/str_cat.h"
#include "router/convert.h"

namespace guichet::router {
namespace {

// Numbers of the core and of the API are the same.
static_assert(static_cast<int>(Status::kOnline) == pb::TECHNICIAN_STATUS_ONLINE);
static_assert(static_cast<int>(Status::kOffline) == pb::TECHNICIAN_STATUS_OFFLINE);
static_assert(kStatusCount == pb::TechnicianStatus_ARRAYSIZE);
static_assert(static_cast<int>(LinkCause::kNeverAttached) == pb::LinkLayer::CAUSE_NEVER_ATTACHED);
static_assert(static_cast<int>(LinkCause::kLost) == pb::LinkLayer::CAUSE_LOST);
static_assert(static_cast<int>(LinkCause::kDisabled) == pb::LinkLayer::CAUSE_DISABLED);
static_assert(kLinkCauseCount == pb::LinkLayer::Cause_ARRAYSIZE);
static_assert(static_cast<int>(ConsoleLostPolicy::kGiveToCollaborator) ==
              pb::GroupSettings::CONSOLE_LOST_POLICY_GIVE_TO_COLLABORATOR);
static_assert(static_cast<int>(Permission::kStartPrivate) == pb::PERMISSION_START_PRIVATE);
static_assert(static_cast<int>(Permission::kInviteExternal) == pb::PERMISSION_INVITE_EXTERNAL);
static_assert(static_cast<int>(Permission::kReboot) == pb::PERMISSION_REBOOT);
static_assert(static_cast<int>(Permission::kSendSurvey) == pb::PERMISSION_SEND_SURVEY);
static_assert(kPermissionCount == pb::Permission_ARRAYSIZE);
static_assert(static_cast<int>(KeyRole::kTechnician) == pb::ROLE_TECHNICIAN);
static_assert(static_cast<int>(KeyRole::kOperator) == pb::ROLE_OPERATOR);
static_assert(static_cast<int>(KeyRole::kGroupAdministrator) == pb::ROLE_GROUP_ADMINISTRATOR);
static_assert(static_cast<int>(KeyRole::kExternal) == pb::ROLE_EXTERNAL);
static_assert(kKeyRoleCount == pb::Role_ARRAYSIZE);
static_assert(static_cast<int>(Scope::kSessionsRead) == pb::SCOPE_SESSIONS_READ);
static_assert(static_cast<int>(Scope::kDeliveries) == pb::SCOPE_DELIVERIES && kScopeCount == pb::Scope_ARRAYSIZE);
static_assert(static_cast<int>(Unserved::kEnd) == pb::Fallback::ACTION_END);
static_assert(static_cast<int>(Unserved::kNotify) == pb::Fallback::ACTION_NOTIFY);
static_assert(static_cast<int>(RedirectWhen::kAtOnce) == pb::Redirect::WHEN_AT_ONCE);
static_assert(static_cast<int>(RedirectWhen::kOutOfHours) == pb::Redirect::WHEN_OUT_OF_HOURS);
static_assert(static_cast<int>(RoutingMode::kManual) == pb::ROUTING_MODE_MANUAL);
static_assert(static_cast<int>(RoutingMode::kAutoStart) == pb::ROUTING_MODE_AUTO_START);
static_assert(static_cast<int>(Strategy::kLongestIdle) == pb::ROUTING_STRATEGY_LONGEST_IDLE);
static_assert(static_cast<int>(Strategy::kRoundRobin) == pb::ROUTING_STRATEGY_ROUND_ROBIN);

void IntentToProto(const Technician& technician, pb::IntentLayer* out) {
  out->set_away(technician.away);
  SetTime(technician.away_since, out->mutable_since_time());
  out->set_reason(technician.away_reason);
}

void LinkToProto(const Technician& technician, pb::LinkLayer* out) {
  out->set_attached(technician.console);
  SetTime(technician.console_since, out->mutable_since_time());
  out->set_cause(static_cast<pb::LinkLayer::Cause>(technician.link_cause));
  out->set_console_name(technician.console_name);
  out->set_inactive(technician.inactive);
}

void LoadToProto(const TechnicianInfo& info, pb::LoadLayer* out) {
  const Technician& technician = info.technician;
  out->set_busy(technician.busy);
  SetTime(technician.busy_since, out->mutable_since_time());
  out->set_active_sessions(info.active_sessions);
  out->set_capacity_used(info.units);
  out->set_capacity(info.capacity);
  out->set_reason(absl::StrCat(info.active_sessions, info.active_sessions == 1 ? " active session, " : " active sessions, ",
                               info.busy_at == 0 ? "never BUSY" : absl::StrCat("BUSY at ", info.busy_at)));
  out->set_offered_session_id(info.offered.value);
  if (technician.wrap_up_until != kNoTime) SetTime(technician.wrap_up_until, out->mutable_wrap_up_time());
  if (technician.paused_until != kNoTime) SetTime(technician.paused_until, out->mutable_pause_time());
}

void ToProto(const GroupSettings& from, pb::GroupSettings* to) {
  SetDuration(from.private_code_validity, to->mutable_private_code_validity());
  SetDuration(from.connecting_timeout, to->mutable_connecting_timeout());
  SetDuration(from.waiting_timeout, to->mutable_waiting_timeout());
  SetDuration(from.idle_timeout, to->mutable_idle_timeout());
  SetDuration(from.device_lost_grace, to->mutable_device_lost_grace());
  SetDuration(from.offline_after, to->mutable_offline_after());
  SetDuration(from.hold_limit, to->mutable_hold_limit());
  SetDuration(from.system_limit, to->mutable_system_limit());
  to->set_max_active_sessions(from.max_active_sessions);
  to->set_busy_at(from.busy_at);
  to->set_auto_start_private(from.auto_start_private);
  to->set_console_lost_policy(static_cast<pb::GroupSettings::ConsoleLostPolicy>(from.console_lost_policy));
  SetDuration(from.away_after, to->mutable_away_after());
  SetDuration(from.logout_after, to->mutable_logout_after());
  AddKinds(from.idle_blockers, to->mutable_idle_blockers()->mutable_kinds());
  to->set_auto_start_channel(from.auto_start_channel);
  SetDuration(from.login_deferral, to->mutable_login_deferral());
  SetDuration(from.connecting_alert, to->mutable_connecting_alert());
  SetDuration(from.waiting_alert, to->mutable_waiting_alert());
  to->set_survey(from.survey);
  to->set_survey_at_end(from.survey_at_end);
  to->set_approved_externals_only(from.approved_externals_only);
  to->set_terms(from.terms);
}

void ToProto(const Hours& hours, pb::Hours* out) {
  out->set_time_zone(hours.time_zone);
  for (const OpenInterval& interval : hours.open) {
    pb::OpenInterval* open = out->add_open();
    open->set_weekday(interval.weekday);
    open->set_from_minute(interval.from_minute);
    open->set_to_minute(interval.to_minute);
  }
  for (const CalendarDay& day : hours.days_off) {
    out->add_days_off(absl::StrCat(absl::Dec(day.year, absl::kZeroPad4), "-", absl::Dec(day.month, absl::kZeroPad2), "-",
                                   absl::Dec(day.day, absl::kZeroPad2)));
  }
}

void ToProto(const Fallback& fallback, pb::Fallback* out) {
  out->set_action(static_cast<pb::Fallback::Action>(fallback.action));
  out->set_notice(fallback.notice);
  out->set_page_url(fallback.page_url);
}

void ToProto(const Redirect& rule, pb::Redirect* out) {
  out->set_when(static_cast<pb::Redirect::When>(rule.when));
  if (rule.when == RedirectWhen::kAfterWait) SetDuration(rule.wait, out->mutable_wait());
  out->set_length(rule.length);
  if (rule.channel) {
    out->set_channel_id(rule.channel.value);
  } else {
    out->set_group_id(rule.group.value);
  }
}

void ToProto(const RoutingPolicy& policy, pb::RoutingPolicy* out) {
  out->set_mode(static_cast<pb::RoutingMode>(policy.mode));
  out->set_strategy(static_cast<pb::RoutingStrategy>(policy.strategy));
  SetDuration(policy.offer_timeout, out->mutable_offer_timeout());
  SetDuration(policy.retry_after, out->mutable_retry_after());
  SetDuration(policy.wrap_up, out->mutable_wrap_up());
  SetDuration(policy.preferred_for, out->mutable_preferred_for());
  SetDuration(policy.overflow_after, out->mutable_overflow_after());
  for (const GroupId& group : policy.overflow_groups) out->add_overflow_group_ids(group.value);
  for (const SkillNeed& need : policy.skills) {
    pb::SkillNeed* skill = out->add_skills();
    skill->set_skill_id(need.skill.value);
    skill->set_level(need.level);
    SetDuration(need.relax_every, skill->mutable_relax_every());
    skill->set_relax_to(need.relax_to);
  }
  out->set_weight(policy.weight);
}

}  // namespace

void ToProto(const TechnicianInfo& info, pb::Technician* out) {
  const Technician& technician = info.technician;
  out->set_technician_id(technician.id.value);
  out->set_display_name(technician.display_name);
  out->set_group_id(technician.group.value);
  out->set_administrator(technician.administrator);
  for (const GroupId& group : technician.administers) out->add_administered_group_ids(group.value);
  out->set_disabled(technician.disabled);
  for (const Skill& skill : technician.skills) {
    out->add_skills()->set_skill_id(skill.skill.value);
    out->mutable_skills()->rbegin()->set_level(skill.level);
  }
  out->set_capacity(technician.capacity);
  out->set_routing_exempt(technician.routing_exempt);
  out->set_status(static_cast<pb::TechnicianStatus>(technician.status));
  SetTime(technician.status_since, out->mutable_status_since_time());
  out->set_away(technician.away);
  out->set_away_reason(technician.away_reason);
  out->set_inactive(technician.inactive);
  out->set_console_attached(technician.console);
  out->set_active_sessions(info.active_sessions);
  SetTime(technician.created, out->mutable_create_time());
  IntentToProto(technician, out->mutable_intent());
  LinkToProto(technician, out->mutable_link());
  LoadToProto(info, out->mutable_load());
}

void ToProto(const Group& group, pb::Group* out) {
  out->set_group_id(group.id.value);
  out->set_display_name(group.display_name);
  ToProto(group.settings, out->mutable_settings());
  AddPermissions(group.permissions, out->mutable_permissions());
  AddPermissions(group.locked, out->mutable_locked_permissions());
}

void ToProto(const Channel& channel, pb::Channel* out) {
  out->set_channel_id(channel.id.value);
  out->set_display_name(channel.display_name);
  for (const GroupId& group : channel.groups) out->add_group_ids(group.value);
  for (const TechnicianId& technician : channel.technicians) out->add_technician_ids(technician.value);
  if (channel.connecting_timeout) SetDuration(*channel.connecting_timeout, out->mutable_connecting_timeout());
  if (channel.waiting_timeout) SetDuration(*channel.waiting_timeout, out->mutable_waiting_timeout());
  for (const FieldRule& rule : channel.fields) {
    pb::FieldRule* field = out->add_fields();
    field->set_label(rule.label);
    field->set_required(rule.required);
    field->set_pattern(rule.pattern);
    for (const std::string& choice : rule.choices) field->add_choices(choice);
  }
  if (channel.hours != Hours{}) ToProto(channel.hours, out->mutable_hours());
  if (channel.out_of_hours != Fallback{}) ToProto(channel.out_of_hours, out->mutable_out_of_hours());
  if (channel.nobody_online != Fallback{}) ToProto(channel.nobody_online, out->mutable_nobody_online());
  for (const Redirect& rule : channel.redirects) ToProto(rule, out->add_redirects());
  out->set_priority(channel.priority);
  ToProto(channel.routing, out->mutable_routing());
  out->set_open(channel.open);
  out->set_policy_version(channel.policy_version);
}

void ToProto(const ApiKey& key, pb::ApiKey* out) {
  out->set_key_id(key.id.value);
  out->set_role(static_cast<pb::Role>(key.role));
  out->set_technician_id(key.technician.value);
  if (key.expires != kNoTime) SetTime(key.expires, out->mutable_expire_time());
  SetTime(key.created, out->mutable_create_time());
  out->set_display_name(key.display_name);
  if (key.role == KeyRole::kIntegrator) AddScopes(key.scopes, out->mutable_scopes());
  if (key.last_used != kNoTime) SetTime(key.last_used, out->mutable_last_used_time());
}

void ToProto(const Org& org, pb::Organization* out) {
  out->set_organization_id(org.id.value);
  out->set_display_name(org.display_name);
  SetTime(org.created, out->mutable_create_time());
  SetDuration(org.settings.priority_step, out->mutable_priority_step());
  for (const std::string& approved : org.settings.approved_externals) out->add_approved_externals(approved);
  for (const MessageTemplate& from : org.settings.templates) {
    pb::MessageTemplate* to = out->add_templates();
    to->set_kind(static_cast<pb::MessageKind>(from.kind));
    to->set_language(from.language);
    to->set_subject(from.subject);
    to->set_text(from.text);
  }
  out->set_default_language(org.settings.default_language);
  out->set_monitor_silently(org.settings.monitor_silently);
}

}  // namespace guichet::router

// Groups, technicians, keys and settings of organizations to and from records.
#include "store/codec_internal.h"

namespace guichet::store::codec {
namespace {

void Put(const GroupSettings& settings, pb::GroupSettingsRecord* record) {
  record->set_private_code_validity(Millis(settings.private_code_validity));
  record->set_connecting_timeout(Millis(settings.connecting_timeout));
  record->set_waiting_timeout(Millis(settings.waiting_timeout));
  record->set_idle_timeout(Millis(settings.idle_timeout));
  record->set_device_lost_grace(Millis(settings.device_lost_grace));
  record->set_offline_after(Millis(settings.offline_after));
  record->set_hold_limit(Millis(settings.hold_limit));
  record->set_system_limit(Millis(settings.system_limit));
  record->set_max_active_sessions(settings.max_active_sessions);
  record->set_busy_at(settings.busy_at);
  record->set_auto_start_private(settings.auto_start_private);
  record->set_console_lost_policy(Number(settings.console_lost_policy));
  record->set_terms(settings.terms);
  record->set_away_after(Millis(settings.away_after));
  record->set_logout_after(Millis(settings.logout_after));
  record->set_idle_blockers(settings.idle_blockers.bits());
  record->set_auto_start_channel(settings.auto_start_channel);
  record->set_login_deferral(Millis(settings.login_deferral));
  record->set_connecting_alert(Millis(settings.connecting_alert));
  record->set_waiting_alert(Millis(settings.waiting_alert));
  record->set_survey(settings.survey);
  record->set_survey_at_end(settings.survey_at_end);
  record->set_approved_externals_only(settings.approved_externals_only);
}

GroupSettings ToSettings(const pb::GroupSettingsRecord& record, Faults& faults) {
  GroupSettings settings;
  settings.private_code_validity = Duration(record.private_code_validity());
  settings.connecting_timeout = Duration(record.connecting_timeout());
  settings.waiting_timeout = Duration(record.waiting_timeout());
  settings.idle_timeout = Duration(record.idle_timeout());
  settings.device_lost_grace = Duration(record.device_lost_grace());
  settings.offline_after = Duration(record.offline_after());
  settings.hold_limit = Duration(record.hold_limit());
  settings.system_limit = Duration(record.system_limit());
  settings.max_active_sessions = record.max_active_sessions();
  settings.busy_at = record.busy_at();
  settings.auto_start_private = record.auto_start_private();
  settings.console_lost_policy = Enum<ConsoleLostPolicy>(record.console_lost_policy(), faults);
  settings.terms = record.terms();
  settings.away_after = Duration(record.away_after());
  settings.logout_after = Duration(record.logout_after());
  if (record.has_idle_blockers()) settings.idle_blockers = ToSet<ActivityKinds>(record.idle_blockers(), faults);
  settings.auto_start_channel = record.auto_start_channel();
  settings.login_deferral = Duration(record.login_deferral());
  settings.connecting_alert = Duration(record.connecting_alert());
  settings.waiting_alert = Duration(record.waiting_alert());
  settings.survey = record.survey();
  settings.survey_at_end = record.survey_at_end();
  settings.approved_externals_only = record.approved_externals_only();
  return settings;
}

// What an administrator sets has the same names in the technician's record and in that of the event.
template <class Record>
void PutSet(const TechnicianConfig& config, Record* record) {
  record->set_display_name(config.display_name);
  record->set_group(config.group.value);
  record->set_administrator(config.administrator);
  PutWords(config.administers, record->mutable_administers());
  record->set_disabled(config.disabled);
  for (const Skill& skill : config.skills) {
    pb::SkillRecord* r = record->add_skills();
    r->set_skill(skill.skill.value);
    r->set_level(skill.level);
  }
  record->set_capacity(config.capacity);
  record->set_routing_exempt(config.routing_exempt);
}

template <class Record>
TechnicianConfig FromSet(const Record& record) {
  TechnicianConfig config;
  config.display_name = record.display_name();
  config.group.value = record.group();
  config.administrator = record.administrator();
  config.administers = ToWords<GroupId>(record.administers());
  config.disabled = record.disabled();
  config.skills.reserve(record.skills_size());
  for (const pb::SkillRecord& skill : record.skills()) config.skills.push_back({SkillId{skill.skill()}, skill.level()});
  config.capacity = record.capacity();
  config.routing_exempt = record.routing_exempt();
  return config;
}

}  // namespace

void Put(const std::vector<LibraryItem>& items, pb::LibraryRecord* record) {
  for (const LibraryItem& item : items) {
    pb::LibraryItemRecord* r = record->add_items();
    r->set_link(item.link);
    r->set_name(item.name);
    r->set_category(item.category);
    r->set_text(item.text);
  }
}

std::vector<LibraryItem> ToItems(const pb::LibraryRecord& record) {
  std::vector<LibraryItem> items;
  items.reserve(record.items_size());
  for (const pb::LibraryItemRecord& r : record.items()) items.push_back({r.link(), r.name(), r.category(), r.text()});
  return items;
}

void Put(const LibraryOf& library, pb::LibraryRecord* record) {
  record->set_technician(library.technician.value);
  record->set_revision(library.library.revision.value);
  Put(library.library.items, record);
}

LibraryOf ToLibrary(const pb::LibraryRecord& record, Faults&) {
  return {TechnicianId{record.technician()}, {ToItems(record), Revision{record.revision()}}};
}

void Put(const OrgSettings& settings, pb::OrgSettingsRecord* record) {
  record->set_priority_step(Millis(settings.priority_step));
  for (const std::string& approved : settings.approved_externals) record->add_approved_externals(approved);
  for (const MessageTemplate& t : settings.templates) {
    pb::MessageTemplateRecord* r = record->add_templates();
    r->set_kind(Number(t.kind));
    r->set_language(t.language);
    r->set_subject(t.subject);
    r->set_text(t.text);
  }
  record->set_default_language(settings.default_language);
  record->set_monitor_silently(settings.monitor_silently);
}

OrgSettings ToOrgSettings(const pb::OrgSettingsRecord& record, Faults& faults) {
  OrgSettings settings;
  settings.priority_step = Duration(record.priority_step());
  settings.approved_externals.assign(record.approved_externals().begin(), record.approved_externals().end());
  for (const pb::MessageTemplateRecord& t : record.templates()) {
    settings.templates.push_back({Enum<MessageKind>(t.kind(), faults), t.language(), t.subject(), t.text()});
  }
  if (!record.default_language().empty()) settings.default_language = record.default_language();
  settings.monitor_silently = record.monitor_silently();
  return settings;
}

void Put(const Group& group, pb::GroupRecord* record) {
  record->set_id(group.id.value);
  record->set_display_name(group.display_name);
  Put(group.settings, record->mutable_settings());
  record->set_permissions(group.permissions.bits());
  record->set_locked(group.locked.bits());
}

Group ToGroup(const pb::GroupRecord& record, Faults& faults) {
  Group group;
  group.id.value = record.id();
  group.display_name = record.display_name();
  group.settings = ToSettings(record.settings(), faults);
  if (record.has_permissions()) group.permissions = ToSet<Permissions>(record.permissions(), faults);
  group.locked = ToSet<Permissions>(record.locked(), faults);
  return group;
}

void PutConfig(const TechnicianConfig& config, pb::TechnicianRecord* record) { PutSet(config, record); }
void PutConfig(const TechnicianConfig& config, pb::TechnicianPutRecord* record) { PutSet(config, record); }
TechnicianConfig ToConfig(const pb::TechnicianRecord& record) { return FromSet(record); }
TechnicianConfig ToConfig(const pb::TechnicianPutRecord& record) { return FromSet(record); }

void Put(const Technician& technician, pb::TechnicianRecord* record) {
  PutConfig(technician, record);
  record->set_id(technician.id.value);
  record->set_created(Millis(technician.created));
  record->set_away(technician.away);
  record->set_inactive(technician.inactive);
  record->set_away_reason(technician.away_reason);
  record->set_away_since(Millis(technician.away_since));
  record->set_console(technician.console);
  record->set_console_name(technician.console_name);
  record->set_console_since(Millis(technician.console_since));
  record->set_foreground(technician.foreground.value);
  record->set_status(Number(technician.status));
  record->set_status_since(Millis(technician.status_since));
  record->set_link_cause(Number(technician.link_cause));
  record->set_busy(technician.busy);
  record->set_busy_since(Millis(technician.busy_since));
  record->set_idle_since(Millis(technician.idle_since));
  record->set_last_offer(Millis(technician.last_offer));
  record->set_wrap_up_until(Millis(technician.wrap_up_until));
  record->set_paused_until(Millis(technician.paused_until));
  record->set_external_of(technician.external_of.value);
}

Technician ToTechnician(const pb::TechnicianRecord& record, Faults& faults) {
  Technician technician{ToConfig(record)};
  technician.id.value = record.id();
  technician.created = ToTime(record.created());
  technician.away = record.away();
  technician.inactive = record.inactive();
  technician.away_reason = record.away_reason();
  technician.away_since = ToTime(record.away_since());
  technician.console = record.console();
  technician.console_name = record.console_name();
  technician.console_since = ToTime(record.console_since());
  technician.foreground.value = record.foreground();
  technician.status = Enum<Status>(record.status(), faults);
  technician.status_since = ToTime(record.status_since());
  technician.link_cause = EnumOr(LinkCause::kNeverAttached, record.link_cause(), faults);
  technician.busy = record.busy();
  technician.busy_since = ToTime(record.busy_since());
  technician.idle_since = ToTime(record.idle_since());
  technician.last_offer = ToTime(record.last_offer());
  technician.wrap_up_until = ToTime(record.wrap_up_until());
  technician.paused_until = ToTime(record.paused_until());
  technician.external_of.value = record.external_of();
  return technician;
}

void Put(const ApiKey& key, pb::ApiKeyRecord* record) {
  record->set_id(key.id.value);
  record->set_role(Number(key.role));
  record->set_technician(key.technician.value);
  record->set_secret_hash(key.secret_hash);
  record->set_created(Millis(key.created));
  record->set_expires(Millis(key.expires));
  record->set_display_name(key.display_name);
  record->set_scopes(key.scopes);
  record->set_last_used(Millis(key.last_used));
}

ApiKey ToApiKey(const pb::ApiKeyRecord& record, Faults& faults) {
  ApiKey key;
  key.id.value = record.id();
  key.role = Enum<KeyRole>(record.role(), faults);
  key.technician.value = record.technician();
  key.secret_hash = record.secret_hash();
  key.created = ToTime(record.created());
  key.expires = ToTime(record.expires());
  key.display_name = record.display_name();
  if (record.has_scopes()) key.scopes = record.scopes();
  key.last_used = ToTime(record.last_used());
  return key;
}

}  // namespace guichet::store::codec

// Groups, technicians, channels and keys to and from records.
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
  record->set_away_after(settings.away_after.count());
  record->set_logout_after(settings.logout_after.count());
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
  settings.away_after = Duration{record.away_after()};
  settings.logout_after = Duration{record.logout_after()};
  return settings;
}

}  // namespace

void Put(const Group& group, pb::GroupRecord* record) {
  record->set_id(group.id.value);
  record->set_display_name(group.display_name);
  Put(group.settings, record->mutable_settings());
}

Group ToGroup(const pb::GroupRecord& record, Faults& faults) {
  return {GroupId{record.id()}, record.display_name(), ToSettings(record.settings(), faults)};
}

void Put(const Technician& technician, pb::TechnicianRecord* record) {
  record->set_id(technician.id.value);
  record->set_display_name(technician.display_name);
  record->set_group(technician.group.value);
  record->set_administrator(technician.administrator);
  record->set_disabled(technician.disabled);
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
}

Technician ToTechnician(const pb::TechnicianRecord& record, Faults& faults) {
  Technician technician;
  technician.id.value = record.id();
  technician.display_name = record.display_name();
  technician.group.value = record.group();
  technician.administrator = record.administrator();
  technician.disabled = record.disabled();
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
  return technician;
}

void Put(const Channel& channel, pb::ChannelRecord* record) {
  record->set_id(channel.id.value);
  record->set_display_name(channel.display_name);
  PutWords(channel.groups, record->mutable_groups());
  PutWords(channel.technicians, record->mutable_technicians());
  if (channel.connecting_timeout) record->set_connecting_timeout(Millis(*channel.connecting_timeout));
  if (channel.waiting_timeout) record->set_waiting_timeout(Millis(*channel.waiting_timeout));
}

Channel ToChannel(const pb::ChannelRecord& record) {
  Channel channel;
  channel.id.value = record.id();
  channel.display_name = record.display_name();
  channel.groups = ToWords<GroupId>(record.groups());
  channel.technicians = ToWords<TechnicianId>(record.technicians());
  if (record.has_connecting_timeout()) channel.connecting_timeout = Duration(record.connecting_timeout());
  if (record.has_waiting_timeout()) channel.waiting_timeout = Duration(record.waiting_timeout());
  return channel;
}

void Put(const ApiKey& key, pb::ApiKeyRecord* record) {
  record->set_id(key.id.value);
  record->set_role(Number(key.role));
  record->set_technician(key.technician.value);
  record->set_secret_hash(key.secret_hash);
  record->set_created(Millis(key.created));
  record->set_expires(Millis(key.expires));
}

ApiKey ToApiKey(const pb::ApiKeyRecord& record, Faults& faults) {
  ApiKey key;
  key.id.value = record.id();
  key.role = Enum<KeyRole>(record.role(), faults);
  key.technician.value = record.technician();
  key.secret_hash = record.secret_hash();
  key.created = ToTime(record.created());
  key.expires = ToTime(record.expires());
  return key;
}

}  // namespace guichet::store::codec

// Channels to and from records.
#include "store/codec_internal.h"

namespace guichet::store::codec {
namespace {

void Put(const FieldRule& rule, pb::FieldRuleRecord* record) {
  record->set_label(rule.label);
  record->set_required(rule.required);
  record->set_pattern(rule.pattern);
  for (const std::string& choice : rule.choices) record->add_choices(choice);
}

FieldRule ToFieldRule(const pb::FieldRuleRecord& record) {
  FieldRule rule;
  rule.label = record.label();
  rule.required = record.required();
  rule.pattern = record.pattern();
  rule.choices.assign(record.choices().begin(), record.choices().end());
  return rule;
}

void Put(const Hours& hours, pb::HoursRecord* record) {
  record->set_time_zone(hours.time_zone);
  for (const OpenInterval& interval : hours.open) {
    pb::OpenIntervalRecord* r = record->add_open();
    r->set_weekday(interval.weekday);
    r->set_from_minute(interval.from_minute);
    r->set_to_minute(interval.to_minute);
  }
  for (const CalendarDay& day : hours.days_off) {
    pb::CalendarDayRecord* r = record->add_days_off();
    r->set_year(day.year);
    r->set_month(day.month);
    r->set_day(day.day);
  }
}

Hours ToHours(const pb::HoursRecord& record) {
  Hours hours;
  hours.time_zone = record.time_zone();
  hours.open.reserve(record.open_size());
  for (const auto& r : record.open()) hours.open.push_back({r.weekday(), r.from_minute(), r.to_minute()});
  hours.days_off.reserve(record.days_off_size());
  for (const auto& r : record.days_off()) hours.days_off.push_back({r.year(), r.month(), r.day()});
  return hours;
}

void Put(const Fallback& fallback, pb::FallbackRecord* record) {
  record->set_action(Number(fallback.action));
  record->set_notice(fallback.notice);
  record->set_page_url(fallback.page_url);
}

Fallback ToFallback(const pb::FallbackRecord& record, Faults& faults) {
  return {Enum<Unserved>(record.action(), faults), record.notice(), record.page_url()};
}

void Put(const Redirect& redirect, pb::RedirectRecord* record) {
  record->set_when(Number(redirect.when));
  record->set_wait(Millis(redirect.wait));
  record->set_length(redirect.length);
  record->set_channel(redirect.channel.value);
  record->set_group(redirect.group.value);
}

Redirect ToRedirect(const pb::RedirectRecord& record, Faults& faults) {
  Redirect redirect;
  redirect.when = Enum<RedirectWhen>(record.when(), faults);
  redirect.wait = Duration(record.wait());
  redirect.length = record.length();
  redirect.channel.value = record.channel();
  redirect.group.value = record.group();
  return redirect;
}

void Put(const SkillNeed& need, pb::SkillNeedRecord* record) {
  record->set_skill(need.skill.value);
  record->set_level(need.level);
  record->set_relax_every(Millis(need.relax_every));
  record->set_relax_to(need.relax_to);
}

SkillNeed ToNeed(const pb::SkillNeedRecord& record) {
  return {SkillId{record.skill()}, record.level(), Duration(record.relax_every()), record.relax_to()};
}

void Put(const RoutingPolicy& policy, pb::RoutingPolicyRecord* record) {
  record->set_mode(Number(policy.mode));
  record->set_strategy(Number(policy.strategy));
  record->set_offer_timeout(Millis(policy.offer_timeout));
  record->set_retry_after(Millis(policy.retry_after));
  record->set_wrap_up(Millis(policy.wrap_up));
  record->set_preferred_for(Millis(policy.preferred_for));
  record->set_overflow_after(Millis(policy.overflow_after));
  PutWords(policy.overflow_groups, record->mutable_overflow_groups());
  for (const SkillNeed& need : policy.skills) Put(need, record->add_skills());
  record->set_weight(policy.weight);
}

RoutingPolicy ToPolicy(const pb::RoutingPolicyRecord& record, Faults& faults) {
  RoutingPolicy policy;
  policy.mode = Enum<RoutingMode>(record.mode(), faults);
  policy.strategy = Enum<Strategy>(record.strategy(), faults);
  policy.offer_timeout = Duration(record.offer_timeout());
  policy.retry_after = Duration(record.retry_after());
  policy.wrap_up = Duration(record.wrap_up());
  policy.preferred_for = Duration(record.preferred_for());
  policy.overflow_after = Duration(record.overflow_after());
  policy.overflow_groups = ToWords<GroupId>(record.overflow_groups());
  for (const pb::SkillNeedRecord& need : record.skills()) policy.skills.push_back(ToNeed(need));
  policy.weight = record.weight();
  return policy;
}

}  // namespace

void Put(const Channel& channel, pb::ChannelRecord* record) {
  record->set_id(channel.id.value);
  record->set_display_name(channel.display_name);
  PutWords(channel.groups, record->mutable_groups());
  PutWords(channel.technicians, record->mutable_technicians());
  if (channel.connecting_timeout) record->set_connecting_timeout(Millis(*channel.connecting_timeout));
  if (channel.waiting_timeout) record->set_waiting_timeout(Millis(*channel.waiting_timeout));
  for (const FieldRule& rule : channel.fields) Put(rule, record->add_fields());
  Put(channel.hours, record->mutable_hours());
  Put(channel.out_of_hours, record->mutable_out_of_hours());
  Put(channel.nobody_online, record->mutable_nobody_online());
  for (const Redirect& redirect : channel.redirects) Put(redirect, record->add_redirects());
  record->set_priority(channel.priority);
  Put(channel.routing, record->mutable_routing());
  record->set_open(channel.open);
  record->set_policy_version(channel.policy_version);
}

Channel ToChannel(const pb::ChannelRecord& record, Faults& faults) {
  Channel channel;
  channel.id.value = record.id();
  channel.display_name = record.display_name();
  channel.groups = ToWords<GroupId>(record.groups());
  channel.technicians = ToWords<TechnicianId>(record.technicians());
  if (record.has_connecting_timeout()) channel.connecting_timeout = Duration(record.connecting_timeout());
  if (record.has_waiting_timeout()) channel.waiting_timeout = Duration(record.waiting_timeout());
  for (const pb::FieldRuleRecord& rule : record.fields()) channel.fields.push_back(ToFieldRule(rule));
  channel.hours = ToHours(record.hours());
  if (record.has_out_of_hours()) channel.out_of_hours = ToFallback(record.out_of_hours(), faults);
  if (record.has_nobody_online()) channel.nobody_online = ToFallback(record.nobody_online(), faults);
  for (const pb::RedirectRecord& redirect : record.redirects()) channel.redirects.push_back(ToRedirect(redirect, faults));
  channel.priority = record.priority();
  if (record.has_routing()) channel.routing = ToPolicy(record.routing(), faults);
  if (record.has_open()) channel.open = record.open();
  channel.policy_version = record.policy_version();
  return channel;
}

}  // namespace guichet::store::codec

// Tables of people, groups, channels, keys and organizations.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/ctl/output.h"
#include "tools/ctl/tables.h"
#include "tools/ctl/words.h"

namespace guichet::ctl {
namespace {

std::string TechnicianNotes(const v1::Technician& technician) {
  std::vector<std::string> notes;
  if (technician.administrator()) notes.push_back("administrator");
  if (technician.administered_group_ids_size() > 0) {
    notes.push_back(absl::StrCat("administers ", absl::StrJoin(technician.administered_group_ids(), ",")));
  }
  if (technician.disabled()) notes.push_back("disabled");
  if (technician.routing_exempt()) notes.push_back("exempt");
  if (!technician.away_reason().empty()) notes.push_back(technician.away_reason());
  return absl::StrJoin(notes, ", ");
}

// Words of an enum's values as flags take them: "all", "all but x,y" when few are missing, or "x,y".
std::string SetWord(const google::protobuf::EnumDescriptor& type, const google::protobuf::RepeatedField<int>& values) {
  std::vector<std::string> words;
  for (const int value : values) words.push_back(EnumChoice(type, value));
  std::vector<std::string> missing;
  for (const std::string& choice : EnumChoices(type)) {
    if (std::find(words.begin(), words.end(), choice) == words.end()) missing.push_back(choice);
  }
  if (words.empty()) return "none";
  if (missing.empty()) return "all";
  if (missing.size() < words.size()) return absl::StrCat("all but ", absl::StrJoin(missing, ","));
  return absl::StrJoin(words, ",");
}

// The value of one field of the settings.
std::string SettingWord(const v1::GroupSettings& settings, const google::protobuf::FieldDescriptor& field) {
  const auto& reflection = *settings.GetReflection();
  switch (field.cpp_type()) {
    case google::protobuf::FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(reflection.GetUInt32(settings, &field));
    case google::protobuf::FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(settings, &field) ? "true" : "false";
    case google::protobuf::FieldDescriptor::CPPTYPE_ENUM:
      return EnumWord(*field.enum_type(), reflection.GetEnumValue(settings, &field));
    case google::protobuf::FieldDescriptor::CPPTYPE_STRING:
      return reflection.GetString(settings, &field);
    default:
      break;
  }
  const auto& value = reflection.GetMessage(settings, &field);
  if (const auto* duration = dynamic_cast<const google::protobuf::Duration*>(&value)) return DurationWord(*duration);
  if (const auto* kinds = dynamic_cast<const v1::ActivityKinds*>(&value)) {
    return SetWord(*v1::ActivityKind_descriptor(), kinds->kinds());
  }
  return value.ShortDebugString();
}

std::string SkillWord(const v1::Skill& skill) { return absl::StrCat(skill.skill_id(), "=", skill.level()); }

std::string Ago(const google::protobuf::Timestamp& time, absl::Time now) {
  const std::string since = Since(time, now);
  return since.empty() ? since : absl::StrCat(since, " ago");
}

// "in 20s" of an instant to come; empty for one that is past or unset.
std::string In(const google::protobuf::Timestamp& time, absl::Time now) {
  if (ToTime(time) <= now) return "";
  return absl::StrCat("in ", absl::FormatDuration(absl::Trunc(ToTime(time) - now, absl::Seconds(1))));
}

// "AWAY: lunch, 3m ago".
std::string LayerWord(const std::string& state, const std::string& reason, const google::protobuf::Timestamp& since,
                      absl::Time now) {
  const std::string ago = Ago(since, now);
  return absl::StrCat(state, reason.empty() ? "" : ": ", reason, ago.empty() ? "" : ", ", ago);
}

std::string HoursWord(const v1::Hours& hours) {
  constexpr const char* kDays[] = {"?", "mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  std::vector<std::string> words;
  for (const v1::OpenInterval& open : hours.open()) {
    words.push_back(absl::StrCat(kDays[open.weekday() < std::size(kDays) ? open.weekday() : 0], " ",
                                 WindowWord(open.from_minute(), open.to_minute())));
  }
  if (words.empty()) words.push_back("always");
  if (hours.days_off_size() > 0) words.push_back(absl::StrCat("but ", absl::StrJoin(hours.days_off(), ",")));
  return absl::StrCat(absl::StrJoin(words, ", "), hours.time_zone().empty() ? "" : absl::StrCat(" (", hours.time_zone(), ")"));
}

std::string FallbackWord(const v1::Fallback& fallback) {
  return absl::StrCat(Word(fallback.action()), fallback.notice().empty() ? "" : absl::StrCat(": ", fallback.notice()),
                      fallback.page_url().empty() ? "" : absl::StrCat(" → ", fallback.page_url()));
}

std::string FieldWord(const v1::FieldRule& rule) {
  return absl::StrCat(rule.label(), rule.required() ? " (required)" : "", rule.pattern().empty() ? "" : " /", rule.pattern(),
                      rule.pattern().empty() ? "" : "/", rule.choices_size() == 0 ? "" : ": ",
                      absl::StrJoin(rule.choices(), "|"));
}

std::string RedirectWord(const v1::Redirect& rule) {
  return absl::StrCat(Word(rule.when()), rule.has_wait() ? absl::StrCat(" ", DurationWord(rule.wait())) : "",
                      rule.length() == 0 ? "" : absl::StrCat(" ", rule.length()), " → ",
                      rule.target_case() == v1::Redirect::kChannelId ? absl::StrCat("channel ", rule.channel_id())
                                                                     : absl::StrCat("group ", rule.group_id()));
}

std::string NeedWord(const v1::SkillNeed& need) {
  const bool relaxes = need.relax_every().seconds() != 0 || need.relax_every().nanos() != 0;
  return absl::StrCat(need.skill_id(), "=", need.level(),
                      relaxes ? absl::StrCat("/", DurationWord(need.relax_every()), "/", need.relax_to()) : "");
}

}  // namespace

std::string TechnicianTable(const Rows<v1::Technician>& technicians, absl::Time now) {
  Table table({"TECHNICIAN", "STATUS", "SINCE", "ACTIVE", "GROUP", "NAME", "NOTES"});
  for (const v1::Technician& technician : technicians) {
    table.Add({technician.technician_id(), Word(technician.status()), Since(technician.status_since_time(), now),
               absl::StrCat(technician.active_sessions()), technician.group_id(), technician.display_name(),
               TechnicianNotes(technician)});
  }
  return table.Text();
}

std::string TechnicianDetails(const v1::Technician& technician, absl::Time now) {
  Table table({"technician", "name", "group", "status", "intent", "link", "load", "units", "offered", "after-work", "pause",
               "skills", "administers", "notes", "created"});
  const v1::LoadLayer& load = technician.load();
  const v1::LinkLayer& link = technician.link();
  table.Add({technician.technician_id(), technician.display_name(), technician.group_id(),
             LayerWord(Word(technician.status()), "", technician.status_since_time(), now),
             LayerWord(technician.intent().away() ? "AWAY" : "ONLINE", technician.intent().reason(),
                       technician.intent().since_time(), now),
             LayerWord(absl::StrCat(Word(link.cause()), link.inactive() ? " (inactive)" : ""), link.console_name(),
                       link.since_time(), now),
             LayerWord(load.busy() ? "BUSY" : "FREE", load.reason(), load.since_time(), now),
             absl::StrCat(load.capacity_used(), " of ", load.capacity()),
             load.offered_session_id() == 0 ? "" : absl::StrCat(load.offered_session_id()), In(load.wrap_up_time(), now),
             In(load.pause_time(), now),
             absl::StrJoin(technician.skills(), ",",
                           [](std::string* out, const v1::Skill& skill) { absl::StrAppend(out, SkillWord(skill)); }),
             absl::StrJoin(technician.administered_group_ids(), ","), TechnicianNotes(technician),
             Ago(technician.create_time(), now)});
  return table.Vertical();
}

std::string PermissionsWord(const google::protobuf::RepeatedField<int>& permissions) {
  return SetWord(*v1::Permission_descriptor(), permissions);
}

std::string ScopesWord(const google::protobuf::RepeatedField<int>& scopes) {
  return scopes.empty() ? "" : SetWord(*v1::Scope_descriptor(), scopes);
}

std::string GroupTable(const Rows<v1::Group>& groups) {
  Table table({"GROUP", "NAME", "PERMISSIONS", "LOCKED"});
  for (const v1::Group& group : groups) {
    table.Add({group.group_id(), group.display_name(), PermissionsWord(group.permissions()),
               group.locked_permissions().empty() ? "" : PermissionsWord(group.locked_permissions())});
  }
  return table.Text();
}

std::string GroupDetails(const v1::Group& group) {
  std::vector<std::string> heading = {"group", "name", "permissions", "locked"};
  std::vector<std::string> row = {group.group_id(), group.display_name(), PermissionsWord(group.permissions()),
                                  group.locked_permissions().empty() ? "" : PermissionsWord(group.locked_permissions())};
  const auto* type = v1::GroupSettings::descriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    heading.push_back(type->field(i)->name());
    row.push_back(SettingWord(group.settings(), *type->field(i)));
  }
  Table table(std::move(heading));
  table.Add(std::move(row));
  return table.Vertical();
}

std::string ChannelTable(const Rows<v1::Channel>& channels) {
  Table table({"CHANNEL", "NAME", "OPEN", "GROUPS", "TECHNICIANS", "PRIORITY", "ROUTING"});
  for (const v1::Channel& channel : channels) {
    table.Add({channel.channel_id(), channel.display_name(), channel.open() ? "yes" : "no",
               absl::StrJoin(channel.group_ids(), ","), absl::StrJoin(channel.technician_ids(), ","),
               absl::StrCat(channel.priority()), Word(channel.routing().mode())});
  }
  return table.Text();
}

std::string ChannelDetails(const v1::Channel& channel) {
  const v1::RoutingPolicy& policy = channel.routing();
  const auto join = [](const auto& items, const std::string& between, const auto& word) {
    return absl::StrJoin(items, between, [&](std::string* out, const auto& item) { absl::StrAppend(out, word(item)); });
  };
  std::vector<std::pair<std::string, std::string>> lines = {
      {"channel", channel.channel_id()},
      {"name", channel.display_name()},
      {"groups", absl::StrJoin(channel.group_ids(), ",")},
      {"technicians", absl::StrJoin(channel.technician_ids(), ",")},
      {"connecting timeout", channel.has_connecting_timeout() ? DurationWord(channel.connecting_timeout()) : ""},
      {"waiting timeout", channel.has_waiting_timeout() ? DurationWord(channel.waiting_timeout()) : ""},
      {"fields", join(channel.fields(), "; ", FieldWord)},
      {"open", absl::StrCat(channel.open() ? "yes" : "no", "; ", HoursWord(channel.hours()))},
      {"out of hours", FallbackWord(channel.out_of_hours())},
      {"nobody online", FallbackWord(channel.nobody_online())},
      {"redirects", join(channel.redirects(), "; ", RedirectWord)},
      {"priority", absl::StrCat(channel.priority())},
      {"routing", Word(policy.mode())},
      {"strategy", Word(policy.strategy())},
      {"offer timeout", DurationWord(policy.offer_timeout())},
      {"retry after", DurationWord(policy.retry_after())},
      {"wrap-up", DurationWord(policy.wrap_up())},
      {"preferred for", DurationWord(policy.preferred_for())},
      {"overflow after", DurationWord(policy.overflow_after())},
      {"overflow groups", absl::StrJoin(policy.overflow_group_ids(), ",")},
      {"needs", join(policy.skills(), ",", NeedWord)},
      {"weight", absl::StrCat(policy.weight())},
      {"version", absl::StrCat(channel.policy_version())}};
  std::vector<std::string> heading;
  std::vector<std::string> row;
  for (auto& [name, value] : lines) {
    heading.push_back(std::move(name));
    row.push_back(std::move(value));
  }
  Table table(std::move(heading));
  table.Add(std::move(row));
  return table.Vertical();
}

std::string FormDetails(const v1::GetFormResponse& form) {
  std::string text = absl::StrCat(Printable(form.display_name()), ": ", form.open() ? "open" : "closed", ", ",
                                  form.served() ? "served" : "nobody is there", "; ", HoursWord(form.hours()), "\n");
  if (form.has_fallback()) absl::StrAppend(&text, "for customers: ", Printable(FallbackWord(form.fallback())), "\n");
  Table table({"FIELD", "LABEL", "REQUIRED", "MUST BE"});
  for (int i = 0; i < form.fields_size(); ++i) {
    const v1::FieldRule& rule = form.fields(i);
    std::vector<std::string> must;
    if (!rule.choices().empty()) must.push_back(absl::StrJoin(rule.choices(), " | "));
    if (!rule.pattern().empty()) must.push_back(absl::StrCat("/", rule.pattern(), "/"));
    table.Add({absl::StrCat(i + 1), rule.label(), rule.required() ? "yes" : "no", absl::StrJoin(must, " and ")});
  }
  return table.empty() ? text : absl::StrCat(text, "\n", table.Text());
}

std::string KeyTable(const Rows<v1::ApiKey>& keys, absl::Time now) {
  Table table({"KEY", "ROLE", "TECHNICIAN", "NAME", "SCOPES", "EXPIRES", "USED", "AGE"});
  for (const v1::ApiKey& key : keys) {
    table.Add({key.key_id(), Word(key.role()), key.technician_id(), key.display_name(), ScopesWord(key.scopes()),
               key.has_expire_time() ? absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", ToTime(key.expire_time()), absl::UTCTimeZone())
                                     : "never",
               key.has_last_used_time() ? Ago(key.last_used_time(), now) : "never", Since(key.create_time(), now)});
  }
  return table.Text();
}

std::string OrganizationTable(const Rows<v1::Organization>& organizations, absl::Time now) {
  Table table({"ORGANIZATION", "NAME", "PRIORITY STEP", "AGE"});
  for (const v1::Organization& organization : organizations) {
    table.Add({organization.organization_id(), organization.display_name(), DurationWord(organization.priority_step()),
               Since(organization.create_time(), now)});
  }
  return table.Text();
}

}  // namespace guichet::ctl

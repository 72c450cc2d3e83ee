#include "router/parse_org.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "router/message_template.h"
#include "router/validate.h"
#include "statemachine/limits.h"
#include "statemachine/refusal.h"

namespace guichet::router {
namespace {

constexpr DurationRange kNotZero = {limits::kMaxTimeout, false};
constexpr DurationRange kOrNever = {limits::kMaxTimeout, true};

// A set from a list of enum values: each known, none twice. `count`: one more than the highest known value.
template <class List>
absl::StatusOr<uint64_t> ToBits(const std::string& field, const List& values, int count, std::string_view what) {
  uint64_t bits = 0;
  for (int i = 0; i < values.size(); ++i) {
    const int value = values.Get(i);
    const std::string item = absl::StrCat(field, "[", i, "]");
    if (value < 1 || value >= count) {
      return InvalidField(item, absl::StrCat(value, " is no ", absl::string_view(what.data(), what.size())));
    }
    if ((bits >> value & 1) != 0) return InvalidField(item, "is in the list twice; name each once");
    bits |= uint64_t{1} << value;
  }
  return bits;
}

// --- Settings of a group
// ------------------------------------------------------------------------------------------------------

// Collects what a request says of the settings; the first refusal ends it.
class SettingsReader {
 public:
  SettingsReader(const pb::GroupSettings& from, const Mask& mask) : from_(from), mask_(mask) {}

  void Take(const char* name, bool is_set, const google::protobuf::Duration& value, DurationRange range,
            Duration GroupSettings::*member) {
    if (!Has(name, is_set)) return;
    if (!is_set) return Reset(member);
    absl::StatusOr<Duration> checked = CheckDuration(Field(name), value, range);
    if (!checked.ok()) {
      bad_ = checked.status();
    } else {
      edit_.Set(member, *checked);
    }
  }
  void Take(const char* name, bool is_set, uint32_t value, uint32_t least, uint32_t most, const char* allowed,
            uint32_t GroupSettings::*member) {
    if (!Has(name, is_set)) return;
    if (!is_set) return Reset(member);
    if (value < least || value > most) bad_ = InvalidField(Field(name), allowed);
    edit_.Set(member, value);
  }
  void Take(const char* name, bool is_set, bool value, bool GroupSettings::*member) {
    if (Has(name, is_set)) edit_.Set(member, value);
  }
  void Take(const char* name, bool is_set, const std::string& value, size_t most, std::string GroupSettings::*member) {
    if (!Has(name, is_set)) return;
    bad_ = CheckChars(Field(name), value, most);
    edit_.Set(member, value);
  }
  void TakePolicy() {
    const auto policy = from_.console_lost_policy();
    const bool is_set = policy != pb::GroupSettings::CONSOLE_LOST_POLICY_UNSPECIFIED;
    if (!Has("console_lost_policy", is_set)) return;
    if (!pb::GroupSettings::ConsoleLostPolicy_IsValid(policy)) {
      bad_ = InvalidField("settings.console_lost_policy", "must be KEEP, REQUEUE or GIVE_TO_COLLABORATOR");
    }
    edit_.Set(&GroupSettings::console_lost_policy, is_set ? static_cast<ConsoleLostPolicy>(policy) : ConsoleLostPolicy::kKeep);
  }
  void TakeBlockers() {
    if (!Has("idle_blockers", from_.has_idle_blockers())) return;
    if (!from_.has_idle_blockers()) return Reset(&GroupSettings::idle_blockers);
    absl::StatusOr<uint64_t> bits =
        ToBits("settings.idle_blockers.kinds", from_.idle_blockers().kinds(), kActivityKindCount, "kind of activity");
    if (!bits.ok()) {
      bad_ = bits.status();
    } else {
      edit_.Set(&GroupSettings::idle_blockers, ActivityKinds(static_cast<uint32_t>(*bits)));
    }
  }

  absl::StatusOr<Edit<GroupSettings>> Done() {
    if (!bad_.ok()) return bad_;
    return std::move(edit_);
  }

 private:
  static std::string Field(const char* name) { return absl::StrCat("settings.", name); }
  bool Has(const char* name, bool is_set) const { return bad_.ok() && mask_.Has(Field(name), is_set); }
  template <class V>
  void Reset(V GroupSettings::*member) {
    edit_.Set(member, DefaultSettings().*member);
  }

  const pb::GroupSettings& from_;
  const Mask& mask_;
  absl::Status bad_;
  Edit<GroupSettings> edit_;
};

absl::StatusOr<Edit<GroupSettings>> ToSettings(const pb::GroupSettings& from, const Mask& mask) {
  SettingsReader reader(from, mask);
  const auto duration = [&](const char* name, bool is_set, const google::protobuf::Duration& value, DurationRange range,
                            Duration GroupSettings::*member) { reader.Take(name, is_set, value, range, member); };
#define GUICHET_DURATION(field, ...) duration(#field, from.has_##field(), from.field(), __VA_ARGS__, &GroupSettings::field)
  GUICHET_DURATION(private_code_validity, kNotZero);
  GUICHET_DURATION(connecting_timeout, kNotZero);
  GUICHET_DURATION(waiting_timeout, kOrNever);
  GUICHET_DURATION(idle_timeout, kOrNever);
  GUICHET_DURATION(device_lost_grace, (DurationRange{limits::kMaxDeviceLostGrace, false}));
  GUICHET_DURATION(offline_after, kNotZero);
  GUICHET_DURATION(hold_limit, (DurationRange{limits::kMaxLife, false}));
  GUICHET_DURATION(system_limit, (DurationRange{limits::kMaxLife, false}));
  GUICHET_DURATION(away_after, kOrNever);
  GUICHET_DURATION(logout_after, kOrNever);
  GUICHET_DURATION(login_deferral, kOrNever);
  GUICHET_DURATION(connecting_alert, kOrNever);
  GUICHET_DURATION(waiting_alert, kOrNever);
#undef GUICHET_DURATION
  static_assert(limits::kActiveSessions == 10);
  reader.Take("max_active_sessions", from.has_max_active_sessions(), from.max_active_sessions(), 1, limits::kActiveSessions,
              "must be 1 to 10", &GroupSettings::max_active_sessions);
  reader.Take("busy_at", from.has_busy_at(), from.busy_at(), 0, limits::kActiveSessions, "must be 0 (never) to 10",
              &GroupSettings::busy_at);
  reader.Take("auto_start_private", from.has_auto_start_private(), from.auto_start_private(),
              &GroupSettings::auto_start_private);
  reader.Take("auto_start_channel", from.has_auto_start_channel(), from.auto_start_channel(),
              &GroupSettings::auto_start_channel);
  reader.Take("approved_externals_only", from.has_approved_externals_only(), from.approved_externals_only(),
              &GroupSettings::approved_externals_only);
  reader.Take("survey_at_end", from.has_survey_at_end(), from.survey_at_end(), &GroupSettings::survey_at_end);
  reader.Take("terms", from.has_terms(), from.terms(), limits::kTermsChars, &GroupSettings::terms);
  reader.Take("survey", from.has_survey(), from.survey(), limits::kSurveyChars, &GroupSettings::survey);
  reader.TakePolicy();
  reader.TakeBlockers();
  return reader.Done();
}

// --- Technicians
// --------------------------------------------------------------------------------------------------------------

absl::StatusOr<std::vector<Skill>> ToSkills(const std::string& field, const pb::Technician& from) {
  if (absl::Status count = CheckCount(field, from.skills_size(), limits::kSkills); !count.ok()) return count;
  std::vector<Skill> skills;
  for (int i = 0; i < from.skills_size(); ++i) {
    const pb::Skill& skill = from.skills(i);
    const std::string item = absl::StrCat(field, "[", i, "]");
    if (absl::Status id = CheckSkillId(absl::StrCat(item, ".skill_id"), skill.skill_id()); !id.ok()) return id;
    if (skill.level() < 1 || skill.level() > limits::kSkillLevel) {
      return InvalidField(absl::StrCat(item, ".level"), absl::StrCat("must be 1 to ", limits::kSkillLevel));
    }
    skills.push_back({SkillId{skill.skill_id()}, skill.level()});
  }
  std::sort(skills.begin(), skills.end(), [](const Skill& a, const Skill& b) { return a.skill < b.skill; });
  const auto same = [](const Skill& a, const Skill& b) { return a.skill == b.skill; };
  if (auto twice = std::adjacent_find(skills.begin(), skills.end(), same); twice != skills.end()) {
    return InvalidField(field, absl::StrCat("\"", twice->skill.value, "\" is in the list twice"));
  }
  return skills;
}

absl::StatusOr<std::vector<GroupId>> ToAdministered(const std::string& field, const pb::Technician& from) {
  if (absl::Status count = CheckCount(field, from.administered_group_ids_size(), limits::kAdministeredGroups); !count.ok()) {
    return count;
  }
  std::vector<GroupId> groups;
  for (const std::string& id : from.administered_group_ids()) {
    if (absl::Status form = CheckId(absl::StrCat(field, "[", groups.size(), "]"), id); !form.ok()) return form;
    if (std::find(groups.begin(), groups.end(), GroupId{id}) != groups.end()) {
      return InvalidField(field, absl::StrCat("\"", id, "\" is in the list twice"));
    }
    groups.push_back(GroupId{id});
  }
  return groups;
}

}  // namespace

absl::StatusOr<Edit<Group>> ToEdit(const pb::Group& from, const FieldMask& update_mask) {
  absl::StatusOr<Mask> mask = Mask::Of(update_mask, {"display_name", "settings", "permissions", "locked_permissions"});
  if (!mask.ok()) return mask.status();
  Edit<Group> edit;
  if (mask->Has("display_name", !from.display_name().empty())) {
    if (absl::Status s = CheckDisplayName("group.display_name", from.display_name()); !s.ok()) return s;
    edit.Set(&Group::display_name, from.display_name());
  }
  absl::StatusOr<Edit<GroupSettings>> settings = ToSettings(from.settings(), *mask);
  if (!settings.ok()) return settings.status();
  edit.Add([settings = *std::move(settings)](Group& group) { settings(group.settings); });
  if (mask->Has("permissions", from.permissions_size() > 0)) {
    absl::StatusOr<uint64_t> bits = ToBits("group.permissions", from.permissions(), kPermissionCount, "permission");
    if (!bits.ok()) return bits.status();
    edit.Set(&Group::permissions, Permissions(*bits));
  }
  if (mask->Has("locked_permissions", from.locked_permissions_size() > 0)) {
    absl::StatusOr<uint64_t> bits =
        ToBits("group.locked_permissions", from.locked_permissions(), kPermissionCount, "permission");
    if (!bits.ok()) return bits.status();
    edit.Set(&Group::locked, Permissions(*bits));
  }
  return edit;
}

absl::StatusOr<Edit<TechnicianConfig>> ToEdit(const pb::Technician& from, const FieldMask& update_mask,
                                              const std::string& field) {
  absl::StatusOr<Mask> mask = Mask::Of(update_mask, {"display_name", "group_id", "administrator", "administered_group_ids",
                                                     "disabled", "skills", "capacity", "routing_exempt"});
  if (!mask.ok()) return mask.status();
  Edit<TechnicianConfig> edit;
  if (mask->Has("display_name", !from.display_name().empty())) {
    if (absl::Status s = CheckDisplayName(field + ".display_name", from.display_name()); !s.ok()) return s;
    edit.Set(&TechnicianConfig::display_name, from.display_name());
  }
  if (mask->Has("group_id", !from.group_id().empty())) {
    if (absl::Status id = CheckId(field + ".group_id", from.group_id()); !id.ok()) return id;
    edit.Set(&TechnicianConfig::group, GroupId{from.group_id()});
  }
  if (mask->Has("administrator", from.administrator())) edit.Set(&TechnicianConfig::administrator, from.administrator());
  if (mask->Has("administered_group_ids", from.administered_group_ids_size() > 0)) {
    absl::StatusOr<std::vector<GroupId>> groups = ToAdministered(field + ".administered_group_ids", from);
    if (!groups.ok()) return groups.status();
    edit.Set(&TechnicianConfig::administers, *std::move(groups));
  }
  if (mask->Has("disabled", from.disabled())) edit.Set(&TechnicianConfig::disabled, from.disabled());
  if (mask->Has("skills", from.skills_size() > 0)) {
    absl::StatusOr<std::vector<Skill>> skills = ToSkills(field + ".skills", from);
    if (!skills.ok()) return skills.status();
    edit.Set(&TechnicianConfig::skills, *std::move(skills));
  }
  if (mask->Has("capacity", from.capacity() > 0)) {
    if (from.capacity() > limits::kCapacity) {
      return InvalidField(field + ".capacity", absl::StrCat("must be 1 to ", limits::kCapacity, ", or 0 for the group's"));
    }
    edit.Set(&TechnicianConfig::capacity, from.capacity());
  }
  if (mask->Has("routing_exempt", from.routing_exempt())) edit.Set(&TechnicianConfig::routing_exempt, from.routing_exempt());
  return edit;
}

namespace {

absl::StatusOr<std::vector<std::string>> ToApproved(const pb::Organization& from) {
  const std::string list = "organization.approved_externals";
  if (absl::Status s = CheckCount(list, from.approved_externals_size(), limits::kApprovedExternals); !s.ok()) return s;
  std::set<std::string> approved;
  for (int i = 0; i < from.approved_externals_size(); ++i) {
    const std::string entry = absl::AsciiStrToLower(from.approved_externals(i));
    const std::string field = absl::StrCat(list, "[", i, "]");
    const bool domain = entry.starts_with('@');
    if (absl::Status form = CheckEmailAddress(field, domain ? "anybody" + entry : entry); !form.ok()) {
      return InvalidField(field, "must be an e-mail address, or a domain as @example.com");
    }
    if (!approved.insert(entry).second) return InvalidField(field, absl::StrCat("\"", entry, "\" is in the list twice"));
  }
  return std::vector<std::string>(approved.begin(), approved.end());
}

absl::StatusOr<std::vector<MessageTemplate>> ToTemplates(const pb::Organization& from) {
  const std::string list = "organization.templates";
  if (absl::Status s = CheckCount(list, from.templates_size(), limits::kTemplates); !s.ok()) return s;
  std::vector<MessageTemplate> templates;
  std::set<std::pair<int, std::string>> known;
  size_t bytes = 0;
  for (const pb::MessageTemplate& t : from.templates()) {
    const std::string field = absl::StrCat(list, "[", templates.size(), "]");
    if (t.kind() <= 0 || t.kind() >= kMessageKindCount) return InvalidField(field + ".kind", "required");
    templates.push_back({static_cast<MessageKind>(t.kind()), t.language(), t.subject(), t.text()});
    if (absl::Status s = CheckTemplate(field, templates.back()); !s.ok()) return s;
    if (!known.emplace(t.kind(), absl::AsciiStrToLower(t.language())).second) {
      return InvalidField(field + ".language", "has a template of this kind already");
    }
    bytes += t.subject().size() + t.text().size();
  }
  if (bytes > limits::kTemplatesBytes) {
    return InvalidField(list, absl::StrCat("have ", bytes, " bytes of subjects and texts; at most ", limits::kTemplatesBytes));
  }
  return templates;
}

}  // namespace

absl::StatusOr<Edit<OrgConfig>> ToEdit(const pb::Organization& from, const FieldMask& update_mask) {
  absl::StatusOr<Mask> mask = Mask::Of(update_mask, {"display_name", "priority_step", "approved_externals", "templates",
                                                     "default_language", "monitor_silently"});
  if (!mask.ok()) return mask.status();
  Edit<OrgConfig> edit;
  if (mask->Has("display_name", !from.display_name().empty())) {
    if (absl::Status s = CheckDisplayName("organization.display_name", from.display_name()); !s.ok()) return s;
    edit.Set(&OrgConfig::display_name, from.display_name());
  }
  if (mask->Has("priority_step", from.has_priority_step())) {
    absl::StatusOr<Duration> step = OrgSettings().priority_step;
    if (from.has_priority_step()) step = CheckDuration("organization.priority_step", from.priority_step(), kOrNever);
    if (!step.ok()) return step.status();
    edit.Add([step = *step](OrgConfig& config) { config.settings.priority_step = step; });
  }
  if (mask->Has("approved_externals", from.approved_externals_size() > 0)) {
    absl::StatusOr<std::vector<std::string>> approved = ToApproved(from);
    if (!approved.ok()) return approved.status();
    edit.Add([approved = *std::move(approved)](OrgConfig& config) { config.settings.approved_externals = approved; });
  }
  if (mask->Has("templates", from.templates_size() > 0)) {
    absl::StatusOr<std::vector<MessageTemplate>> templates = ToTemplates(from);
    if (!templates.ok()) return templates.status();
    edit.Add([templates = *std::move(templates)](OrgConfig& config) { config.settings.templates = templates; });
  }
  if (mask->Has("default_language", !from.default_language().empty())) {
    const std::string language = from.default_language().empty() ? OrgSettings().default_language : from.default_language();
    if (absl::Status s = CheckLanguageTag("organization.default_language", language); !s.ok()) return s;
    edit.Add([language](OrgConfig& config) { config.settings.default_language = language; });
  }
  if (mask->Has("monitor_silently", from.monitor_silently())) {
    edit.Add([silently = from.monitor_silently()](OrgConfig& config) { config.settings.monitor_silently = silently; });
  }
  return edit;
}

absl::StatusOr<ApiKey> ToKey(const pb::ApiKey& from) {
  if (absl::Status id = CheckId("api_key.key_id", from.key_id()); !id.ok()) return id;
  if (from.role() != pb::ROLE_TECHNICIAN && from.role() != pb::ROLE_INTEGRATOR && from.role() != pb::ROLE_ADMINISTRATOR) {
    return InvalidField("api_key.role", "must be TECHNICIAN, INTEGRATOR or ADMINISTRATOR");
  }
  if (from.role() == pb::ROLE_TECHNICIAN) {
    if (absl::Status id = CheckId("api_key.technician_id", from.technician_id()); !id.ok()) return id;
  } else if (from.role() == pb::ROLE_INTEGRATOR && !from.technician_id().empty()) {
    return InvalidField("api_key.technician_id", "must be empty for an INTEGRATOR");
  }
  if (absl::Status name = CheckChars("api_key.display_name", from.display_name(), limits::kDisplayNameChars); !name.ok()) {
    return name;
  }
  if (from.role() != pb::ROLE_INTEGRATOR && from.scopes_size() > 0) {
    return InvalidField("api_key.scopes", "must be empty but for an INTEGRATOR");
  }
  absl::StatusOr<uint64_t> scopes = ToBits("api_key.scopes", from.scopes(), kScopeCount, "scope");
  if (!scopes.ok()) return scopes.status();
  ApiKey key;
  if (from.has_expire_time()) {
    absl::StatusOr<Time> expires = CheckTime("api_key.expire_time", from.expire_time());
    if (!expires.ok()) return expires.status();
    key.expires = *expires;
  }
  key.id.value = from.key_id();
  key.role = static_cast<KeyRole>(from.role());
  key.technician.value = from.technician_id();
  key.display_name = from.display_name();
  if (*scopes != 0) key.scopes = static_cast<uint32_t>(*scopes);
  return key;
}

}  // namespace guichet::router

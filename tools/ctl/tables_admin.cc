// Tables of people, groups, channels, keys and organizations.
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
  if (technician.disabled()) notes.push_back("disabled");
  if (!technician.away_reason().empty()) notes.push_back(technician.away_reason());
  return absl::StrJoin(notes, ", ");
}

// "idle_timeout=30m" for each setting that differs from the default, in the order of the proto.
std::string SettingsWord(const v1::GroupSettings& settings) {
  const auto* reflection = settings.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(settings, &fields);
  std::vector<std::string> words;
  for (const auto* field : fields) {
    std::string value;
    switch (field->cpp_type()) {
      case google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE:
        value = DurationWord(static_cast<const google::protobuf::Duration&>(reflection->GetMessage(settings, field)));
        break;
      case google::protobuf::FieldDescriptor::CPPTYPE_UINT32:
        value = absl::StrCat(reflection->GetUInt32(settings, field));
        break;
      case google::protobuf::FieldDescriptor::CPPTYPE_BOOL:
        value = reflection->GetBool(settings, field) ? "true" : "false";
        break;
      case google::protobuf::FieldDescriptor::CPPTYPE_ENUM:
        value = EnumWord(*field->enum_type(), reflection->GetEnumValue(settings, field));
        break;
      default:
        value = absl::StrCat(reflection->GetString(settings, field).size(), " bytes");
    }
    words.push_back(absl::StrCat(field->name(), "=", value));
  }
  return absl::StrJoin(words, " ");
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

std::string GroupTable(const Rows<v1::Group>& groups) {
  Table table({"GROUP", "NAME", "SETTINGS"});
  for (const v1::Group& group : groups) {
    table.Add({group.group_id(), group.display_name(), SettingsWord(group.settings())});
  }
  return table.Text();
}

std::string ChannelTable(const Rows<v1::Channel>& channels) {
  Table table({"CHANNEL", "NAME", "GROUPS", "TECHNICIANS", "CONNECTING", "WAITING"});
  for (const v1::Channel& channel : channels) {
    table.Add({channel.channel_id(), channel.display_name(), absl::StrJoin(channel.group_ids(), ","),
               absl::StrJoin(channel.technician_ids(), ","),
               channel.has_connecting_timeout() ? DurationWord(channel.connecting_timeout()) : "",
               channel.has_waiting_timeout() ? DurationWord(channel.waiting_timeout()) : ""});
  }
  return table.Text();
}

std::string KeyTable(const Rows<v1::ApiKey>& keys, absl::Time now) {
  Table table({"KEY", "ROLE", "TECHNICIAN", "EXPIRES", "AGE"});
  for (const v1::ApiKey& key : keys) {
    table.Add({key.key_id(), Word(key.role()), key.technician_id(),
               key.has_expire_time() ? absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", ToTime(key.expire_time()), absl::UTCTimeZone())
                                     : "never",
               Since(key.create_time(), now)});
  }
  return table.Text();
}

std::string OrganizationTable(const Rows<v1::Organization>& organizations, absl::Time now) {
  Table table({"ORGANIZATION", "NAME", "AGE"});
  for (const v1::Organization& organization : organizations) {
    table.Add({organization.organization_id(), organization.display_name(), Since(organization.create_time(), now)});
  }
  return table.Text();
}

}  // namespace guichet::ctl

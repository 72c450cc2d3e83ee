// Groups, organization and keys: every field is set, read and masked; one over each limit; permissions and locks.
#include "tests/api/admin.h"

#include "statemachine/limits.h"

namespace guichet::api_test {
namespace {

using google::protobuf::FieldDescriptor;
using Admin = AdminTest;

// Gives the field of the settings a value that is not its default.
void SetOther(pb::GroupSettings* settings, const FieldDescriptor* field) {
  const auto& reflection = *settings->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.SetUInt32(settings, field, 7);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.SetBool(settings, field, true);
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.SetString(settings, field, "text");
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.SetEnumValue(settings, field, 2);
    default:
      break;
  }
  Message* value = reflection.MutableMessage(settings, field);
  if (auto* duration = dynamic_cast<google::protobuf::Duration*>(value)) {
    duration->set_seconds(33);
    duration->set_nanos(4000000);
  } else {
    *dynamic_cast<pb::ActivityKinds*>(value) =
        Text<pb::ActivityKinds>("kinds: [ACTIVITY_KIND_SCRIPT, ACTIVITY_KIND_CLIPBOARD]");
  }
}

TEST_F(Admin, EverySettingOfAGroupIsSetReadAndMasked) {
  const pb::Group defaults = Group();
  const auto* type = pb::GroupSettings::descriptor();
  pb::Group all = defaults;
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    SCOPED_TRACE(field->name());
    pb::UpdateGroupRequest set;
    set.mutable_group()->set_group_id("desk");
    SetOther(set.mutable_group()->mutable_settings(), field);
    pb::Group expected = defaults;
    SetOther(expected.mutable_settings(), field);
    SetOther(all.mutable_settings(), field);
    ASSERT_NE(expected.DebugString(), defaults.DebugString()) << "the default";
    EXPECT_EQ(world.Must<pb::UpdateGroupResponse>(set, world.admin).group().DebugString(), expected.DebugString());
    EXPECT_EQ(Group().DebugString(), expected.DebugString());

    pb::UpdateGroupRequest clear;
    clear.mutable_group()->set_group_id("desk");
    SetOther(clear.mutable_group()->mutable_settings(), type->field((i + 1) % type->field_count()));  // not in the mask
    clear.mutable_update_mask()->add_paths("settings." + field->name());
    EXPECT_EQ(world.Must<pb::UpdateGroupResponse>(clear, world.admin).group().DebugString(), defaults.DebugString());
  }
  pb::UpdateGroupRequest request;
  *request.mutable_group() = all;
  EXPECT_EQ(world.Must<pb::UpdateGroupResponse>(request, world.admin).group().DebugString(), all.DebugString());
  world.daemon.Restart();
  EXPECT_EQ(Group().DebugString(), all.DebugString());
  request.mutable_group()->clear_settings();
  request.mutable_update_mask()->add_paths("settings");
  EXPECT_EQ(world.Must<pb::UpdateGroupResponse>(request, world.admin).group().DebugString(), defaults.DebugString());
}

TEST_F(Admin, DefaultsOfAGroup) {
  const pb::Group group = Group();
  EXPECT_EQ(group.permissions_size(), pb::Permission_ARRAYSIZE - 1 - 3);
  for (const int permission : group.permissions()) {
    EXPECT_NE(permission, pb::PERMISSION_INVITE_EXTERNAL);
    EXPECT_NE(permission, pb::PERMISSION_UNATTENDED_ACCESS);
    EXPECT_NE(permission, pb::PERMISSION_LAN);
  }
  EXPECT_EQ(group.locked_permissions_size(), 0);
  EXPECT_EQ(group.settings().idle_blockers().kinds_size(), 7);
  EXPECT_EQ(group.settings().login_deferral().seconds(), 0);
  EXPECT_EQ(group.settings().connecting_alert().seconds(), 0);
}

TEST_F(Admin, SettingsOverTheirLimits) {
  const std::string group = "group { group_id: 'desk' settings { ";
  const auto update = [&](const std::string& settings) { return Text<pb::UpdateGroupRequest>(group + settings + " } }"); };
  for (const std::string field : {"away_after", "logout_after", "login_deferral", "connecting_alert", "waiting_alert"}) {
    Allowed(update(field + " { seconds: 59940 }"));
    Allowed(update(field + " { }"));
    Refused(update(field + " { seconds: 59940 nanos: 1000000 }"), "settings." + field);
    Refused(update(field + " { seconds: -1 }"), "settings." + field);
  }
  Allowed(update("survey: '" + Repeat("\xC3\xA9", limits::kSurveyChars) + "'"));
  Refused(update("survey: '" + Repeat("\xC3\xA9", limits::kSurveyChars + 1) + "'"), "settings.survey");
  Allowed(update("idle_blockers { }"));
  EXPECT_EQ(Group().settings().idle_blockers().kinds_size(), 0);
  Refused(update("idle_blockers { kinds: [1, 0] }"), "settings.idle_blockers.kinds[1]");
  Refused(update("idle_blockers { kinds: [17] }"), "settings.idle_blockers.kinds[0]");
  Refused(update("idle_blockers { kinds: [3, 4, 3] }"), "settings.idle_blockers.kinds[2]");
}

TEST_F(Admin, PermissionsOfAGroup) {
  auto request = Text<pb::UpdateGroupRequest>("group { group_id: 'desk' permissions: [PERMISSION_PIN, PERMISSION_LAN] }");
  pb::Group group = world.Must<pb::UpdateGroupResponse>(request, world.admin).group();
  EXPECT_EQ(group.permissions_size(), 2);
  EXPECT_EQ(group.permissions(1), pb::PERMISSION_LAN);
  request = Text<pb::UpdateGroupRequest>("group { group_id: 'desk' } update_mask { paths: 'permissions' }");
  EXPECT_EQ(world.Must<pb::UpdateGroupResponse>(request, world.admin).group().permissions_size(), 0);
  Refused(Text<pb::UpdateGroupRequest>("group { group_id: 'desk' permissions: [1, 0] }"), "group.permissions[1]");
  Refused(Text<pb::UpdateGroupRequest>("group { group_id: 'desk' permissions: [32] }"), "group.permissions[0]");
  Refused(Text<pb::UpdateGroupRequest>("group { group_id: 'desk' permissions: [-1] }"), "group.permissions[0]");
  Refused(Text<pb::UpdateGroupRequest>("group { group_id: 'desk' permissions: [2, 3, 2] }"), "group.permissions[2]");
  Refused(Text<pb::UpdateGroupRequest>("group { group_id: 'desk' locked_permissions: [31, 32] }"),
          "group.locked_permissions[1]");
  const auto create = Text<pb::CreateGroupRequest>(
      "group { group_id: 'night' permissions: [PERMISSION_PIN] locked_permissions: [PERMISSION_PIN, PERMISSION_LINK] }");
  group = world.Must<pb::CreateGroupResponse>(create, world.admin).group();
  EXPECT_EQ(group.permissions_size(), 1);
  EXPECT_EQ(group.locked_permissions_size(), 2);
}

TEST_F(Admin, LocksAreForMasterAdministrators) {
  Allowed(Text<pb::UpdateTechnicianRequest>("technician { technician_id: 'ann' administered_group_ids: 'desk' }"));
  Allowed(
      Text<pb::UpdateGroupRequest>("group { group_id: 'desk' permissions: [PERMISSION_PIN, PERMISSION_LINK] "
                                   "locked_permissions: [PERMISSION_PIN, PERMISSION_LAN] }"));
  for (const std::string& token : {world.integrator, world.ann}) {
    // What is not locked changes, with or without what is locked as it is.
    for (const char* permissions : {"PERMISSION_PIN", "PERMISSION_PIN, PERMISSION_LINK"}) {
      const auto update =
          Text<pb::UpdateGroupRequest>("group { group_id: 'desk' permissions: [" + std::string(permissions) + "] }");
      const Outcome outcome = Try(update, token);
      EXPECT_TRUE(outcome.ok()) << outcome;
    }
    Denied(Text<pb::UpdateGroupRequest>("group { group_id: 'desk' permissions: [PERMISSION_LINK] }"), token,
           "PERMISSION_LOCKED");
    Denied(Text<pb::UpdateGroupRequest>("group { group_id: 'desk' permissions: [PERMISSION_PIN, PERMISSION_LAN] }"), token,
           "PERMISSION_LOCKED");
    Denied(Text<pb::UpdateGroupRequest>("group { group_id: 'desk' locked_permissions: [PERMISSION_PIN] }"), token,
           "PERMISSION_LOCKED");
    Denied(Text<pb::UpdateGroupRequest>("group { group_id: 'desk' } update_mask { paths: 'locked_permissions' }"), token,
           "PERMISSION_LOCKED");
  }
  Denied(Text<pb::CreateGroupRequest>("group { group_id: 'night' locked_permissions: [PERMISSION_PIN] }"), world.integrator,
         "PERMISSION_LOCKED");
  Allowed(
      Text<pb::UpdateGroupRequest>("group { group_id: 'desk' permissions: [PERMISSION_LAN] } update_mask { paths: "
                                   "'permissions' paths: 'locked_permissions' }"));
  EXPECT_EQ(Group().locked_permissions_size(), 0);
  const Outcome unlocked =
      Try(Text<pb::UpdateGroupRequest>("group { group_id: 'desk' permissions: [PERMISSION_PIN] }"), world.ann);
  EXPECT_TRUE(unlocked.ok()) << unlocked;
}

// --- The organization -------------------------------------------------------------------------------------------------------

TEST_F(Admin, OrganizationIsSetReadAndMasked) {
  const auto get = [&] {
    return world.Must<pb::GetOrganizationResponse>(pb::GetOrganizationRequest(), world.ann).organization();
  };
  EXPECT_EQ(get().priority_step().seconds(), 30);
  Allowed(Text<pb::UpdateOrganizationRequest>("organization { priority_step { seconds: 90 } }"));
  EXPECT_EQ(get().priority_step().seconds(), 90);
  EXPECT_EQ(get().display_name(), "acme");
  Allowed(Text<pb::UpdateOrganizationRequest>("organization { display_name: 'Acme' }"));
  EXPECT_EQ(get().priority_step().seconds(), 90);
  EXPECT_EQ(get().display_name(), "Acme");
  const auto list = world.Must<pb::ListOrganizationsResponse>(pb::ListOrganizationsRequest(), kOperatorToken);
  ASSERT_EQ(list.organizations_size(), 1);
  EXPECT_EQ(list.organizations(0).DebugString(), get().DebugString());
  world.daemon.Restart();
  const auto again = world.Must<pb::ListOrganizationsResponse>(pb::ListOrganizationsRequest(), kOperatorToken);
  EXPECT_EQ(again.organizations(0).DebugString(), get().DebugString());

  Allowed(Text<pb::UpdateOrganizationRequest>("organization { priority_step { } }"));
  EXPECT_TRUE(get().has_priority_step());
  EXPECT_EQ(get().priority_step().seconds(), 0);
  Allowed(
      Text<pb::UpdateOrganizationRequest>("organization { display_name: 'Not taken' } update_mask { paths: 'priority_step' }"));
  EXPECT_EQ(get().priority_step().seconds(), 30);
  EXPECT_EQ(get().display_name(), "Acme");
  Allowed(Text<pb::UpdateOrganizationRequest>("organization { priority_step { seconds: 59940 } }"));
  Refused(Text<pb::UpdateOrganizationRequest>("organization { priority_step { seconds: 59941 } }"),
          "organization.priority_step");
  Refused(Text<pb::UpdateOrganizationRequest>("update_mask { paths: 'display_name' }"), "organization.display_name");
  Refused(Text<pb::UpdateOrganizationRequest>("update_mask { paths: 'create_time' }"), "update_mask");
}

// --- Keys -------------------------------------------------------------------------------------------------------------------

TEST_F(Admin, ScopesAndNamesOfKeys) {
  auto made = world.Must<pb::CreateApiKeyResponse>(
      Text<pb::CreateApiKeyRequest>("api_key { key_id: 'mailer' role: ROLE_INTEGRATOR display_name: 'Sends our mails' scopes: "
                                    "[SCOPE_DELIVERIES, SCOPE_SESSIONS_READ] }"),
      world.admin);
  EXPECT_EQ(made.api_key().display_name(), "Sends our mails");
  ASSERT_EQ(made.api_key().scopes_size(), 2);
  EXPECT_EQ(made.api_key().scopes(0), pb::SCOPE_SESSIONS_READ);
  const auto principal = world.Must<pb::GetPrincipalResponse>(pb::GetPrincipalRequest(), made.token());
  EXPECT_EQ(principal.scopes_size(), 2);
  EXPECT_EQ(principal.permissions_size(), 0);
  EXPECT_EQ(world.Must<pb::GetPrincipalResponse>(pb::GetPrincipalRequest(), world.integrator).scopes_size(),
            pb::Scope_ARRAYSIZE - 1);
  const auto list = world.Must<pb::ListApiKeysResponse>(pb::ListApiKeysRequest(), world.admin);
  for (const pb::ApiKey& key : list.api_keys()) {
    if (key.key_id() == "mailer") {
      EXPECT_EQ(key.display_name(), "Sends our mails");
      EXPECT_EQ(key.scopes_size(), 2);
      EXPECT_EQ(key.last_used_time().seconds(), world.daemon.clock().Now().time_since_epoch().count() / 1000);
    }
    if (key.key_id() == "key-bob") {
      EXPECT_EQ(key.scopes_size(), 0);
      EXPECT_FALSE(key.has_last_used_time());
    }
  }
  const std::string key = "api_key { key_id: 'spare' ";
  Refused(Text<pb::CreateApiKeyRequest>(key + "role: ROLE_INTEGRATOR scopes: [1, 7] }"), "api_key.scopes[1]");
  Refused(Text<pb::CreateApiKeyRequest>(key + "role: ROLE_INTEGRATOR scopes: [0] }"), "api_key.scopes[0]");
  Refused(Text<pb::CreateApiKeyRequest>(key + "role: ROLE_INTEGRATOR scopes: [2, 2] }"), "api_key.scopes[1]");
  Refused(Text<pb::CreateApiKeyRequest>(key + "role: ROLE_ADMINISTRATOR scopes: [1] }"), "api_key.scopes");
  Refused(Text<pb::CreateApiKeyRequest>(key + "role: ROLE_TECHNICIAN technician_id: 'ann' scopes: [1] }"), "api_key.scopes");
  Refused(Text<pb::CreateApiKeyRequest>(key + "role: ROLE_GROUP_ADMINISTRATOR }"), "api_key.role");
  Refused(Text<pb::CreateApiKeyRequest>(key + "role: ROLE_INTEGRATOR display_name: '" +
                                        Repeat("\xC3\xA9", limits::kDisplayNameChars + 1) + "' }"),
          "api_key.display_name");
  Allowed(Text<pb::CreateApiKeyRequest>(key + "role: ROLE_INTEGRATOR display_name: '" +
                                        Repeat("\xC3\xA9", limits::kDisplayNameChars) + "' }"));
}

TEST_F(Admin, PrincipalsKnowTheirPermissionsAndGroups) {
  Allowed(Text<pb::UpdateGroupRequest>("group { group_id: 'desk' permissions: [PERMISSION_PIN, PERMISSION_HOLD] }"));
  Allowed(Text<pb::UpdateTechnicianRequest>("technician { technician_id: 'ann' administered_group_ids: 'desk' }"));
  const auto ann = world.Must<pb::GetPrincipalResponse>(pb::GetPrincipalRequest(), world.ann);
  EXPECT_EQ(ann.role(), pb::ROLE_GROUP_ADMINISTRATOR);
  ASSERT_EQ(ann.administered_group_ids_size(), 1);
  EXPECT_EQ(ann.administered_group_ids(0), "desk");
  ASSERT_EQ(ann.permissions_size(), 2);
  EXPECT_EQ(ann.permissions(1), pb::PERMISSION_HOLD);
  EXPECT_EQ(ann.scopes_size(), 0);
  const auto bob = world.Must<pb::GetPrincipalResponse>(pb::GetPrincipalRequest(), world.bob);
  EXPECT_EQ(bob.administered_group_ids_size(), 0);
  EXPECT_EQ(bob.permissions_size(), 2);
}

}  // namespace
}  // namespace guichet::api_test

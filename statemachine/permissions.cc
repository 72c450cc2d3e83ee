#include "statemachine/permissions.h"

#include <array>

namespace guichet {

std::string_view Name(Permission permission) {
  static constexpr std::array<std::string_view, kPermissionCount> kNames = {"NONE",
                                                                            "START_PRIVATE",
                                                                            "PIN",
                                                                            "LINK",
                                                                            "EMAIL",
                                                                            "SMS",
                                                                            "LENS",
                                                                            "HOLD",
                                                                            "TRANSFER",
                                                                            "INVITE_INTERNAL",
                                                                            "INVITE_EXTERNAL",
                                                                            "CHAT_SWITCH",
                                                                            "SEND_FILES",
                                                                            "RECEIVE_FILES",
                                                                            "SEND_URLS",
                                                                            "EDIT_FIELDS",
                                                                            "REMOTE_CONTROL",
                                                                            "DESKTOP_VIEW",
                                                                            "SCREEN_SHARING",
                                                                            "FILE_MANAGER",
                                                                            "SYSTEM_INFORMATION",
                                                                            "REBOOT",
                                                                            "SCRIPTS",
                                                                            "BUILT_IN_SCRIPTS",
                                                                            "RECORDING",
                                                                            "SCREENSHOTS",
                                                                            "CLIPBOARD",
                                                                            "CALLING_CARD",
                                                                            "UNATTENDED_ACCESS",
                                                                            "LAN",
                                                                            "MOBILE_SETTINGS",
                                                                            "SEND_SURVEY"};
  return kNames[static_cast<size_t>(permission)];
}

std::string_view Name(ActivityKind kind) {
  static constexpr std::array<std::string_view, kActivityKindCount> kNames = {"NONE",
                                                                              "REMOTE_CONTROL",
                                                                              "DESKTOP_VIEW",
                                                                              "SCREEN_SHARING",
                                                                              "FILE_MANAGER",
                                                                              "SYSTEM_INFORMATION",
                                                                              "SCRIPT",
                                                                              "BUILT_IN_SCRIPT",
                                                                              "RECORDING",
                                                                              "SCREENSHOT",
                                                                              "CLIPBOARD",
                                                                              "CALLING_CARD",
                                                                              "MOBILE_SETTINGS",
                                                                              "SEND_FILE",
                                                                              "RECEIVE_FILE",
                                                                              "SEND_URL",
                                                                              "UNATTENDED_ACCESS"};
  return kNames[static_cast<size_t>(kind)];
}

Permission PermissionOf(ActivityKind kind) {
  static constexpr std::array<Permission, kActivityKindCount> kNeeds = {
      Permission::kStartPrivate,    Permission::kRemoteControl,     Permission::kDesktopView,  Permission::kScreenSharing,
      Permission::kFileManager,     Permission::kSystemInformation, Permission::kScripts,      Permission::kBuiltInScripts,
      Permission::kRecording,       Permission::kScreenshots,       Permission::kClipboard,    Permission::kCallingCard,
      Permission::kMobileSettings,  Permission::kSendFiles,         Permission::kReceiveFiles, Permission::kSendUrls,
      Permission::kUnattendedAccess};
  return kNeeds[static_cast<size_t>(kind)];
}

}  // namespace guichet

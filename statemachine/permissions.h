// What a group's technicians may do (domain.md §4: one permission a line there). Checked by decide(); a refusal names it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace guichet {

// On disk and in the API: never renumber.
enum class Permission : uint8_t {
  kStartPrivate = 1,  // make private sessions at all
  kPin = 2,           // … by PIN
  kLink = 3,          // … by link
  kEmail = 4,         // … by e-mail
  kSms = 5,           // … by SMS
  kLens = 6,          // make, start and receive camera sessions
  kHold = 7,
  kTransfer = 8,
  kInviteInternal = 9,   // invite technicians of the organization
  kInviteExternal = 10,  // invite technicians from outside; default off
  kChatSwitch = 11,      // turn the customer's chat on and off
  kSendFiles = 12,
  kReceiveFiles = 13,
  kSendUrls = 14,
  kEditFields = 15,  // change name and custom fields during the session
  kRemoteControl = 16,
  kDesktopView = 17,
  kScreenSharing = 18,  // show the technician's screen to the customer
  kFileManager = 19,
  kSystemInformation = 20,
  kReboot = 21,
  kScripts = 22,
  kBuiltInScripts = 23,
  kRecording = 24,
  kScreenshots = 25,
  kClipboard = 26,
  kCallingCard = 27,       // deploy a calling card
  kUnattendedAccess = 28,  // ask for unattended access; default off
  kLan = 29,               // connect on the LAN; default off
  kMobileSettings = 30,
  kSendSurvey = 31,
};
inline constexpr int kPermissionCount = 32;
std::string_view Name(Permission permission);  // "REMOTE_CONTROL"

// A set of permissions.
class Permissions {
 public:
  constexpr Permissions() = default;
  constexpr explicit Permissions(uint64_t bits) : bits_(bits & kAllBits) {}
  constexpr Permissions(std::initializer_list<Permission> list) {
    for (Permission permission : list) bits_ |= Bit(permission);
  }
  static constexpr Permissions All() { return Permissions(kAllBits); }
  // What a group may unless an administrator says otherwise.
  static constexpr Permissions Default() {
    Permissions set = All();
    set.Set(Permission::kInviteExternal, false);
    set.Set(Permission::kUnattendedAccess, false);
    set.Set(Permission::kLan, false);
    return set;
  }
  // What an external technician may do at most.
  static constexpr Permissions External() {
    return {Permission::kHold,          Permission::kSendFiles,     Permission::kReceiveFiles,
            Permission::kSendUrls,      Permission::kRemoteControl, Permission::kDesktopView,
            Permission::kScreenSharing, Permission::kFileManager,   Permission::kSystemInformation,
            Permission::kReboot,        Permission::kScripts,       Permission::kBuiltInScripts,
            Permission::kRecording,     Permission::kScreenshots,   Permission::kClipboard,
            Permission::kMobileSettings};
  }
  constexpr bool Has(Permission permission) const { return (bits_ & Bit(permission)) != 0; }
  constexpr void Set(Permission permission, bool on) { bits_ = on ? bits_ | Bit(permission) : bits_ & ~Bit(permission); }
  constexpr uint64_t bits() const { return bits_; }
  constexpr bool empty() const { return bits_ == 0; }
  friend constexpr Permissions operator&(Permissions a, Permissions b) { return Permissions(a.bits_ & b.bits_); }
  friend constexpr Permissions operator^(Permissions a, Permissions b) { return Permissions(a.bits_ ^ b.bits_); }
  constexpr bool operator==(const Permissions&) const = default;

 private:
  static constexpr uint64_t kAllBits = ((uint64_t{1} << kPermissionCount) - 1) & ~uint64_t{1};
  static constexpr uint64_t Bit(Permission permission) { return uint64_t{1} << static_cast<unsigned>(permission); }
  uint64_t bits_ = 0;
};

// What a technician can ask to do with the customer's device while a session is active (domain.md §7). On disk and in the API:
// never renumber.
enum class ActivityKind : uint8_t {
  kRemoteControl = 1,
  kDesktopView = 2,
  kScreenSharing = 3,
  kFileManager = 4,
  kSystemInformation = 5,
  kScript = 6,
  kBuiltInScript = 7,
  kRecording = 8,
  kScreenshot = 9,
  kClipboard = 10,
  kCallingCard = 11,
  kMobileSettings = 12,
  kSendFile = 13,
  kReceiveFile = 14,
  kSendUrl = 15,
  kUnattendedAccess = 16,
};
inline constexpr int kActivityKindCount = 17;
std::string_view Name(ActivityKind kind);  // "REMOTE_CONTROL"
Permission PermissionOf(ActivityKind kind);

// A set of kinds, as bits.
class ActivityKinds {
 public:
  constexpr ActivityKinds() = default;
  constexpr explicit ActivityKinds(uint32_t bits) : bits_(bits & kAllBits) {}
  constexpr ActivityKinds(std::initializer_list<ActivityKind> list) {
    for (ActivityKind kind : list) Set(kind, true);
  }
  constexpr bool Has(ActivityKind kind) const { return (bits_ >> static_cast<unsigned>(kind) & 1) != 0; }
  constexpr void Set(ActivityKind kind, bool on) {
    const uint32_t bit = uint32_t{1} << static_cast<unsigned>(kind);
    bits_ = on ? bits_ | bit : bits_ & ~bit;
  }
  constexpr uint32_t bits() const { return bits_; }
  constexpr bool operator==(const ActivityKinds&) const = default;

 private:
  static constexpr uint32_t kAllBits = ((uint32_t{1} << kActivityKindCount) - 1) & ~uint32_t{1};
  uint32_t bits_ = 0;
};

// domain.md §3: open remote control, desktop view, screen sharing and file manager, a pending file transfer or save dialog, and
// the deployment of a calling card.
inline constexpr ActivityKinds kDefaultIdleBlockers = {
    ActivityKind::kRemoteControl, ActivityKind::kDesktopView, ActivityKind::kScreenSharing, ActivityKind::kFileManager,
    ActivityKind::kSendFile,      ActivityKind::kReceiveFile, ActivityKind::kCallingCard};

}  // namespace guichet

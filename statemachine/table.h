// The state table of entries as data: 67 rows of the specification (A…, M…) and the documented additions (X…). It drives
// nothing; it checks what view.h derives, names rows in metrics and watches, and is printed as Markdown and as a diagram.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "statemachine/session.h"

namespace guichet {

// What caused a change: an accepted command, a timer or a link change. On disk: never renumber, append only.
enum class Trigger : uint8_t {
  kCreate = 1,
  kRedeemCode = 2,
  kCodeExpired = 3,
  kAppletConnected = 4,
  kAcceptTerms = 5,
  kDeclineTerms = 6,
  kConnectingTimeout = 7,
  kWaitingTimeout = 8,
  kStart = 9,
  kSenderStart = 10,
  kRecipientStart = 11,
  kHold = 12,
  kTransfer = 13,
  kCancelTransfer = 14,
  kDeclineTransfer = 15,
  kInvite = 16,
  kRemoveTechnician = 17,
  kLeave = 18,
  kOfferLead = 19,
  kCancelLeadOffer = 20,
  kLeadAccepted = 21,
  kUpdate = 22,
  kEnd = 23,
  kCustomerEnd = 24,
  kReboot = 25,
  kDeviceLost = 26,
  kDeviceBack = 27,
  kOfflineTimeout = 28,
  kIdleTimeout = 29,
  kHoldLimit = 30,
  kSystemLimit = 31,
  kTick = 32,
  kConsoleAttached = 33,
  kConsoleGone = 34,
  kConsoleLost = 35,
  kConsoleBack = 36,
  kConsoleLostPolicy = 37,
  kForeground = 38,
  kSetStatus = 39,
  kAbort = 40,
  kAdminister = 41,
  kInactivity = 42,
  kOffer = 43,
  kOfferRejected = 44,
  kOfferTimeout = 45,
  kAutoStart = 46,
  kRedirect = 47,
  kUnattended = 48,
  kPreference = 49,
  kActivity = 50,
  kGrant = 51,
  kChatSwitch = 52,
  kSurvey = 53,
  kDelivery = 54,
  kChannelHours = 55,
  kHandOver = 56,
  kInvitationRedeemed = 57,
  kInvitationExpired = 58,
  kChat = 59,
  kNote = 60,
  kSurveyAnswered = 61,
  kSurveyClosed = 62,
  kLibrary = 63,
  kJoin = 64,
  kComputer = 65,
  kAccessOver = 66,
};
inline constexpr int kTriggerCount = 67;
std::string_view Name(Trigger trigger);  // "applet_connected"

// Whose view a row speaks of.
enum class Viewer : uint8_t { kOwner, kLead, kFormerLead, kSender, kRecipient, kInvitee, kCollaborator, kMonitor };
std::string_view Name(Viewer viewer);

struct Transition {
  std::string_view row;  // "A03"
  EntryState from;
  EntryState to;
  Viewer viewer;
  Trigger trigger;
  std::string_view reason;
};

// Rows in the order of the specification, then the additions.
std::span<const Transition> Table();

// The row of a change: the one of that trigger when there is one, else the first of that pair of states, else nullopt: a
// transition that must never be seen. `monitoring` prefers the M rows.
std::optional<size_t> FindRow(EntryState from, EntryState to, Trigger trigger, bool monitoring);

std::string TableAsMarkdown();
std::string TableAsDot();

}  // namespace guichet

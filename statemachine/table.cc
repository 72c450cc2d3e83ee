#include "statemachine/table.h"

#include <algorithm>
#include <set>

namespace guichet {
namespace {

using S = EntryState;

constexpr Transition kTable[] = {
    {"A01", S::kConnecting, S::kWaiting, Viewer::kOwner, Trigger::kAppletConnected,
     "The customer started the applet and it attached to the daemon with the PIN, link or channel form"},
    {"A02", S::kConnecting, S::kRemoved, Viewer::kOwner, Trigger::kConnectingTimeout,
     "PIN or link issued but no applet attached (or terms declined) before the group's connecting time-out"},
    {"A03", S::kWaiting, S::kActive, Viewer::kOwner, Trigger::kStart, "A technician starts the waiting session"},
    {"A04", S::kWaiting, S::kOutgoing, Viewer::kOwner, Trigger::kTransfer,
     "A technician transfers a session that is still in the queue"},
    {"A05", S::kWaiting, S::kRemoved, Viewer::kOwner, Trigger::kWaitingTimeout,
     "The applet is attached but nobody starts the session before the group's waiting time-out; history outcome is TIMED_OUT"},
    {"A06", S::kWaiting, S::kReconnecting, Viewer::kOwner, Trigger::kDeviceLost,
     "The customer's network goes away while waiting; shown within one minute"},
    {"A07", S::kWaiting, S::kRebooting, Viewer::kOwner, Trigger::kReboot,
     "A technician reboots the device while the session is still waiting"},
    {"A08", S::kActive, S::kClosed, Viewer::kLead, Trigger::kCustomerEnd, "The customer closes the applet"},
    {"A09", S::kActive, S::kTimedOut, Viewer::kLead, Trigger::kIdleTimeout,
     "Console not in the foreground for the group's idle time-out and no blocking activity is open"},
    {"A10", S::kActive, S::kRemoved, Viewer::kLead, Trigger::kEnd,
     "The technician ends the active session; history outcome is CLOSED_BY_TECHNICIAN"},
    {"A11", S::kActive, S::kRebooting, Viewer::kLead, Trigger::kReboot,
     "The technician reboots the device, or asks the customer to"},
    {"A12", S::kActive, S::kReconnecting, Viewer::kLead, Trigger::kDeviceLost, "The customer's device loses its network"},
    {"A13", S::kActive, S::kCollaboration, Viewer::kFormerLead, Trigger::kLeadAccepted,
     "A invited B, A handed the lead to B, B hands the lead back to A and A accepts: B's entry goes from ACTIVE to "
     "COLLABORATION"},
    {"A14", S::kActive, S::kHold, Viewer::kLead, Trigger::kHold, "The technician puts the active session on hold"},
    {"A15", S::kActive, S::kOutgoing, Viewer::kLead, Trigger::kTransfer, "The technician transfers the active session"},
    {"A16", S::kHold, S::kActive, Viewer::kLead, Trigger::kStart, "The technician starts the held session again"},
    {"A17", S::kHold, S::kOutgoing, Viewer::kLead, Trigger::kTransfer, "The technician transfers a held session"},
    {"A18", S::kHold, S::kRebooting, Viewer::kLead, Trigger::kReboot, "The device reboots while the session is held"},
    {"A19", S::kHold, S::kCollaboration, Viewer::kCollaborator, Trigger::kStart,
     "A collaborator who put the session on hold for himself starts it again"},
    {"A20", S::kHold, S::kClosed, Viewer::kLead, Trigger::kCustomerEnd, "The customer closes the applet while held"},
    {"A21", S::kHold, S::kReconnecting, Viewer::kLead, Trigger::kDeviceLost, "The customer's network goes away while held"},
    {"A22", S::kReconnecting, S::kActive, Viewer::kLead, Trigger::kDeviceBack, "The network returns; the session was active"},
    {"A23", S::kReconnecting, S::kHold, Viewer::kLead, Trigger::kDeviceBack, "The network returns; the session was on hold"},
    {"A24", S::kReconnecting, S::kTimedOut, Viewer::kLead, Trigger::kIdleTimeout,
     "The group's idle time-out passes while the device is unreachable"},
    {"A25", S::kReconnecting, S::kRemoved, Viewer::kLead, Trigger::kEnd,
     "The technician ends the session while it is reconnecting"},
    {"A26", S::kReconnecting, S::kWaiting, Viewer::kOwner, Trigger::kDeviceBack,
     "The network returns; nobody had started the session"},
    {"A27", S::kReconnecting, S::kIncoming, Viewer::kRecipient, Trigger::kDeviceBack,
     "The network returns; a transfer to this technician was pending"},
    {"A28", S::kReconnecting, S::kOffline, Viewer::kLead, Trigger::kOfflineTimeout,
     "Reconnection has failed for more than five minutes; the daemon still accepts the device"},
    {"A29", S::kOffline, S::kActive, Viewer::kLead, Trigger::kDeviceBack,
     "The device returns after going offline; the session was active"},
    {"A30", S::kOffline, S::kTimedOut, Viewer::kLead, Trigger::kIdleTimeout,
     "The group's idle time-out (longer than the five minutes) passes while offline"},
    {"A31", S::kOffline, S::kRemoved, Viewer::kLead, Trigger::kEnd, "The technician ends the offline session"},
    {"A32", S::kOffline, S::kHold, Viewer::kLead, Trigger::kDeviceBack, "The device returns; the session was on hold"},
    {"A33", S::kOffline, S::kWaiting, Viewer::kOwner, Trigger::kDeviceBack,
     "The device returns; nobody had started the session"},
    {"A34", S::kIncoming, S::kOutgoing, Viewer::kRecipient, Trigger::kTransfer,
     "The recipient passes the incoming session on to a group or channel; or the target group or channel contains the sender, "
     "who sees OUTGOING and never both"},
    {"A35", S::kIncoming, S::kReconnecting, Viewer::kRecipient, Trigger::kDeviceLost,
     "The customer's network goes away while the transfer is pending"},
    {"A36", S::kIncoming, S::kRebooting, Viewer::kRecipient, Trigger::kReboot,
     "The device reboots while the transfer is pending"},
    {"A37", S::kIncoming, S::kRemoved, Viewer::kRecipient, Trigger::kSenderStart,
     "The sender takes the session back by starting it, or the applet closes"},
    {"A38", S::kIncoming, S::kActive, Viewer::kRecipient, Trigger::kStart, "The recipient starts the incoming session"},
    {"A39", S::kOutgoing, S::kActive, Viewer::kSender, Trigger::kStart,
     "The sender cancels the transfer by starting the session; it leaves the recipient's queue"},
    {"A40", S::kOutgoing, S::kIncoming, Viewer::kSender, Trigger::kTransfer,
     "The recipient transfers the incoming session back to the sender"},
    {"A41", S::kOutgoing, S::kRebooting, Viewer::kSender, Trigger::kReboot, "The device reboots while the transfer is pending"},
    {"A42", S::kOutgoing, S::kClosed, Viewer::kSender, Trigger::kCustomerEnd,
     "The customer closes the applet while the transfer is pending"},
    {"A43", S::kOutgoing, S::kRemoved, Viewer::kSender, Trigger::kRecipientStart,
     "The recipient starts the session; it leaves the sender's queue"},
    {"A44", S::kInvitation, S::kCollaboration, Viewer::kInvitee, Trigger::kStart,
     "The invited technician accepts by starting the session"},
    {"A45", S::kInvitation, S::kRemoved, Viewer::kInvitee, Trigger::kRemoveTechnician,
     "The lead removes the invited technician before he accepts"},
    {"A46", S::kCollaboration, S::kRebooting, Viewer::kCollaborator, Trigger::kReboot,
     "The collaborator (or the customer) reboots the device"},
    {"A47", S::kCollaboration, S::kRemoved, Viewer::kCollaborator, Trigger::kIdleTimeout,
     "The collaborator's console stays in the background for the idle time-out"},
    {"A48", S::kCollaboration, S::kClosed, Viewer::kCollaborator, Trigger::kEnd,
     "The lead ends the session, or the customer closes the applet"},
    {"A49", S::kCollaboration, S::kHold, Viewer::kCollaborator, Trigger::kHold,
     "The collaborator puts the session on hold for himself; or the lead holds it for everybody"},
    {"A50", S::kCollaboration, S::kRemoved, Viewer::kCollaborator, Trigger::kRemoveTechnician,
     "The lead removes the collaborator"},
    {"A51", S::kCollaboration, S::kActive, Viewer::kCollaborator, Trigger::kLeadAccepted,
     "The lead hands the lead role to the collaborator and he accepts"},
    {"A52", S::kRebooting, S::kActive, Viewer::kLead, Trigger::kDeviceBack,
     "The device is back after the reboot; the session was active"},
    {"A53", S::kRebooting, S::kClosed, Viewer::kCollaborator, Trigger::kEnd, "The lead ends the session during the reboot"},
    {"A54", S::kRebooting, S::kRemoved, Viewer::kCollaborator, Trigger::kRemoveTechnician,
     "The lead removes the collaborator during the reboot"},
    {"A55", S::kRebooting, S::kOutgoing, Viewer::kSender, Trigger::kDeviceBack, "The device is back; the session was outgoing"},
    {"A56", S::kRebooting, S::kHold, Viewer::kLead, Trigger::kDeviceBack, "The device is back; the session was on hold"},
    {"A57", S::kRebooting, S::kIncoming, Viewer::kRecipient, Trigger::kDeviceBack,
     "The device is back; the session was incoming"},
    {"A58", S::kRebooting, S::kCollaboration, Viewer::kCollaborator, Trigger::kDeviceBack,
     "The device is back; the technician was collaborating"},
    {"A59", S::kRebooting, S::kWaiting, Viewer::kOwner, Trigger::kDeviceBack,
     "The device is back; nobody had started the session"},
    {"A60", S::kClosed, S::kRemoved, Viewer::kLead, Trigger::kEnd,
     "The technician ends the session that the customer had closed; history outcome stays CLOSED_BY_CUSTOMER"},
    {"A61", S::kTimedOut, S::kTimedOut, Viewer::kLead, Trigger::kTick,
     "A timed-out session left alone stays in the queue as TIMED_OUT"},
    {"A62", S::kTimedOut, S::kRemoved, Viewer::kLead, Trigger::kEnd,
     "The technician ends the timed-out session; history outcome becomes TIMED_OUT_CLOSED_BY_TECHNICIAN"},
    {"M01", S::kConnecting, S::kWaiting, Viewer::kMonitor, Trigger::kAppletConnected,
     "An administrator monitors a technician: the monitoring session passes briefly through WAITING"},
    {"M02", S::kWaiting, S::kActive, Viewer::kMonitor, Trigger::kStart, "The monitoring session starts"},
    {"M03", S::kActive, S::kClosed, Viewer::kMonitor, Trigger::kCustomerEnd,
     "The monitored technician signs out or closes the console"},
    {"M04", S::kActive, S::kRemoved, Viewer::kMonitor, Trigger::kEnd, "The administrator ends the monitoring session"},
    {"M05", S::kClosed, S::kRemoved, Viewer::kMonitor, Trigger::kEnd, "The administrator ends the closed monitoring session"},

    // Additions of the specification (domain.md §2). Leaving the queue is further possible from every state, when a session is
    // aborted, a transfer is taken by another, or a lead's console-lost policy gives the session away; the rows above cover the
    // pairs.
    {"X01", S::kCollaboration, S::kReconnecting, Viewer::kCollaborator, Trigger::kDeviceLost,
     "The device, or the lead's console, is lost while a technician collaborates"},
    {"X02", S::kReconnecting, S::kCollaboration, Viewer::kCollaborator, Trigger::kDeviceBack,
     "The device, or the lead's console, is back; the technician was collaborating"},
    {"X03", S::kOffline, S::kCollaboration, Viewer::kCollaborator, Trigger::kDeviceBack,
     "The device returns after going offline; the technician was collaborating"},
    {"X04", S::kReconnecting, S::kOutgoing, Viewer::kSender, Trigger::kDeviceBack,
     "The network returns; the technician's transfer is pending"},
    {"X05", S::kOffline, S::kOutgoing, Viewer::kSender, Trigger::kDeviceBack,
     "The device returns after going offline; the technician's transfer is pending"},
    {"X06", S::kOffline, S::kIncoming, Viewer::kRecipient, Trigger::kDeviceBack,
     "The device returns after going offline; a transfer to this technician is pending"},
    {"X07", S::kOutgoing, S::kReconnecting, Viewer::kSender, Trigger::kDeviceLost,
     "The customer's network goes away while the technician's transfer is pending"},
    {"X08", S::kRebooting, S::kOffline, Viewer::kLead, Trigger::kOfflineTimeout,
     "The device has not come back from its reboot for longer than offline_after"},
    {"X09", S::kRebooting, S::kTimedOut, Viewer::kLead, Trigger::kIdleTimeout,
     "The group's idle time-out passes during the reboot"},
    {"X10", S::kReconnecting, S::kClosed, Viewer::kCollaborator, Trigger::kEnd,
     "The lead ends the session while it is reconnecting"},
    {"X11", S::kOffline, S::kClosed, Viewer::kCollaborator, Trigger::kEnd, "The lead ends the session while it is offline"},
    {"X12", S::kIncoming, S::kTimedOut, Viewer::kRecipient, Trigger::kIdleTimeout,
     "The lead's idle time-out passes while the transfer is pending"},
    {"X13", S::kOutgoing, S::kTimedOut, Viewer::kSender, Trigger::kIdleTimeout,
     "The lead's idle time-out passes while the transfer is pending"},
    {"X14", S::kIncoming, S::kClosed, Viewer::kLead, Trigger::kCustomerEnd,
     "The customer closes the applet; the recipient is the lead, to whom the session was sent back"},
    {"X15", S::kWaiting, S::kIncoming, Viewer::kRecipient, Trigger::kTransfer,
     "A member of the channel transfers the waiting session to another member"},
    {"X16", S::kHold, S::kRemoved, Viewer::kLead, Trigger::kHoldLimit, "The hold or system limit passes"},
    {"X17", S::kOutgoing, S::kHold, Viewer::kLead, Trigger::kCancelTransfer, "The transfer of a held session is cancelled"},
    {"X18", S::kOutgoing, S::kWaiting, Viewer::kOwner, Trigger::kCancelTransfer,
     "The transfer of a waiting session is cancelled"},
    {"X19", S::kIncoming, S::kHold, Viewer::kLead, Trigger::kCancelTransfer,
     "The transfer of a held session, sent back to its lead, is cancelled"},
    {"X20", S::kIncoming, S::kWaiting, Viewer::kOwner, Trigger::kCancelTransfer,
     "The transfer of a waiting session, sent back to its owner, is cancelled"},
    {"X21", S::kConnecting, S::kActive, Viewer::kOwner, Trigger::kAppletConnected,
     "Auto-start: WAITING is passed in the same commit"},
};

constexpr bool RowsAreUnique() {
  for (size_t i = 0; i < std::size(kTable); ++i) {
    for (size_t j = i + 1; j < std::size(kTable); ++j) {
      if (kTable[i].row == kTable[j].row) return false;
    }
  }
  return true;
}

constexpr bool RemovedHasNoExit() {
  for (const Transition& t : kTable) {
    if (t.from == S::kRemoved || t.from == S::kNone || t.to == S::kNone) return false;
  }
  return true;
}

// One trigger never leads one viewer from one state to two, but where what was before decides: a device that is back, a
// cancelled transfer, an applet that connects with or without auto-start.
constexpr bool IsDeterministic() {
  for (const Transition& a : kTable) {
    for (const Transition& b : kTable) {
      if (a.from == b.from && a.viewer == b.viewer && a.trigger == b.trigger && a.to != b.to &&
          a.trigger != Trigger::kDeviceBack && a.trigger != Trigger::kCancelTransfer &&
          a.trigger != Trigger::kAppletConnected) {
        return false;
      }
    }
  }
  return true;
}

static_assert(RowsAreUnique() && RemovedHasNoExit() && IsDeterministic());

constexpr S kStates[] = {S::kConnecting, S::kWaiting,    S::kActive,        S::kHold,      S::kIncoming,
                         S::kOutgoing,   S::kInvitation, S::kCollaboration, S::kRebooting, S::kReconnecting,
                         S::kOffline,    S::kTimedOut,   S::kClosed,        S::kRemoved};

bool Sees(EntryState from, EntryState to) { return FindRow(from, to, Trigger::kTick, false).has_value(); }

}  // namespace

std::string_view Name(Trigger trigger) {
  static constexpr std::array<std::string_view, kTriggerCount> kNames = {"none",
                                                                         "create",
                                                                         "redeem_code",
                                                                         "code_expired",
                                                                         "applet_connected",
                                                                         "accept_terms",
                                                                         "decline_terms",
                                                                         "connecting_timeout",
                                                                         "waiting_timeout",
                                                                         "start",
                                                                         "sender_start",
                                                                         "recipient_start",
                                                                         "hold",
                                                                         "transfer",
                                                                         "cancel_transfer",
                                                                         "decline_transfer",
                                                                         "invite",
                                                                         "remove_technician",
                                                                         "leave",
                                                                         "offer_lead",
                                                                         "cancel_lead_offer",
                                                                         "lead_accepted",
                                                                         "update",
                                                                         "end",
                                                                         "customer_end",
                                                                         "reboot",
                                                                         "device_lost",
                                                                         "device_back",
                                                                         "offline_timeout",
                                                                         "idle_timeout",
                                                                         "hold_limit",
                                                                         "system_limit",
                                                                         "tick",
                                                                         "console_attached",
                                                                         "console_gone",
                                                                         "console_lost",
                                                                         "console_back",
                                                                         "console_lost_policy",
                                                                         "foreground",
                                                                         "set_status",
                                                                         "abort",
                                                                         "administer",
                                                                         "inactivity",
                                                                         "offer",
                                                                         "offer_rejected",
                                                                         "offer_timeout",
                                                                         "auto_start",
                                                                         "redirect",
                                                                         "unattended",
                                                                         "preference",
                                                                         "activity",
                                                                         "grant",
                                                                         "chat_switch",
                                                                         "survey",
                                                                         "delivery",
                                                                         "channel_hours",
                                                                         "hand_over",
                                                                         "invitation_redeemed",
                                                                         "invitation_expired",
                                                                         "chat",
                                                                         "note",
                                                                         "survey_answered",
                                                                         "survey_closed",
                                                                         "library",
                                                                         "join",
                                                                         "computer",
                                                                         "access_over"};
  return kNames[static_cast<size_t>(trigger)];
}

std::string_view Name(Viewer viewer) {
  static constexpr std::array<std::string_view, 8> kNames = {"owner",     "lead",    "former_lead",  "sender",
                                                             "recipient", "invitee", "collaborator", "monitor"};
  return kNames[static_cast<size_t>(viewer)];
}

std::span<const Transition> Table() { return kTable; }

std::optional<size_t> FindRow(EntryState from, EntryState to, Trigger trigger, bool monitoring) {
  std::optional<size_t> best;
  int best_score = -1;
  for (size_t i = 0; i < std::size(kTable); ++i) {
    const Transition& row = kTable[i];
    if (row.from != from || row.to != to) continue;
    const int score = 2 * ((row.viewer == Viewer::kMonitor) == monitoring) + (row.trigger == trigger);
    if (score > best_score) {
      best = i;
      best_score = score;
    }
  }
  return best;
}

std::string TableAsMarkdown() {
  std::string out = "# State table\n\n| row | from | to | whose view | trigger | reason |\n|---|---|---|---|---|---|\n";
  for (const Transition& t : kTable) {
    for (std::string_view cell : {t.row, Name(t.from), Name(t.to), Name(t.viewer), Name(t.trigger), t.reason}) {
      out.append("| ").append(cell).append(" ");
    }
    out.append("|\n");
  }
  out.append("\n## Transitions that are never seen\n\n| from | to none of |\n|---|---|\n");
  for (EntryState from : kStates) {
    out.append("| ").append(Name(from)).append(" |");
    for (EntryState to : kStates) {
      if (from != to && !Sees(from, to)) out.append(" ").append(Name(to));
    }
    out.append(" |\n");
  }
  return out;
}

std::string TableAsDot() {
  std::string out = "digraph entries {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n";
  std::set<std::pair<EntryState, EntryState>> drawn;
  for (const Transition& t : kTable) {
    if (!drawn.insert({t.from, t.to}).second) continue;
    std::string label;
    for (const Transition& same : kTable) {
      if (same.from != t.from || same.to != t.to) continue;
      if (!label.empty()) label.append("\\n");
      label.append(same.row).append(" ").append(Name(same.trigger));
    }
    out.append("  ").append(Name(t.from)).append(" -> ").append(Name(t.to)).append(" [label=\"").append(label).append("\"];\n");
  }
  out.append("}\n");
  return out;
}

}  // namespace guichet

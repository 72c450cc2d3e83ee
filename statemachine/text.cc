// Events as sentences for the timeline, and which session they speak of.
#include <type_traits>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "statemachine/events.h"

namespace guichet {
namespace {

using namespace event;  // NOLINT: this file is about nothing else

absl::string_view V(std::string_view s) { return {s.data(), s.size()}; }

// ", report.pdf of 1024 bytes, SHA-256 …"; empty when nothing is known.
std::string OfFile(const FileInfo& file) {
  if (file.name.empty()) return "";
  return absl::StrCat(", ", file.name, " of ", file.size, " bytes",
                      file.sha256.empty() ? "" : absl::StrCat(", SHA-256 ", absl::BytesToHexString(file.sha256)));
}

struct Writer {
  std::string operator()(const SessionCreated& e) const {
    return absl::StrCat("created by ", V(Name(e.method)), e.owner ? " for " : " in channel ",
                        e.owner ? e.owner.value : e.channel.value);
  }
  std::string operator()(const CodeRedeemed& e) const { return absl::StrCat("code redeemed by device ", *e.profile.device_id); }
  std::string operator()(const CodeExpired&) const { return "code expired"; }
  std::string operator()(const TermsAccepted&) const { return "terms accepted"; }
  std::string operator()(const LinkChanged& e) const { return absl::StrCat("device ", V(Name(e.link))); }
  std::string operator()(const LeadTaken& e) const { return absl::StrCat("started by ", e.technician.value); }
  std::string operator()(const Held& e) const { return absl::StrCat("held by ", e.technician.value); }
  std::string operator()(const HoldReleased& e) const { return absl::StrCat("resumed by ", e.technician.value); }
  std::string operator()(const TransferRequested& e) const {
    const TransferTarget& to = e.target;
    return absl::StrCat("transferred by ", e.by.value, " to ",
                        to.technician
                            ? to.technician.value
                            : absl::StrCat(to.group ? "group " : "channel ", to.group ? to.group.value : to.channel.value),
                        e.comment.empty() ? "" : ": ", e.comment);
  }
  std::string operator()(const TransferLeft& e) const { return absl::StrCat(e.technician.value, " is out of the transfer"); }
  std::string operator()(const TransferCanceled&) const { return "transfer cancelled"; }
  std::string operator()(const Invited& e) const {
    return absl::StrCat(e.technician.value, " invited by ", e.by.value, e.seat_of ? " into his own seat" : "");
  }
  std::string operator()(const ExternalInvited& e) const {
    return absl::StrCat(e.name, e.address.empty() ? "" : " <", e.address, e.address.empty() ? "" : ">",
                        " invited from outside by ", e.by.value, " as ", e.technician.value);
  }
  std::string operator()(const ExternalAdmitted& e) const {
    return absl::StrCat(e.technician.value, " redeemed the invitation");
  }
  std::string operator()(const ExternalGone& e) const { return absl::StrCat(e.technician.value, " is gone"); }
  std::string operator()(const InvitationAccepted& e) const { return absl::StrCat(e.technician.value, " joined"); }
  std::string operator()(const ParticipantRemoved& e) const { return absl::StrCat(e.technician.value, " is out"); }
  std::string operator()(const LeadOffered& e) const { return absl::StrCat("lead offered to ", e.technician.value); }
  std::string operator()(const LeadOfferCanceled&) const { return "lead offer withdrawn"; }
  std::string operator()(const LeadAccepted&) const { return "lead accepted"; }
  std::string operator()(const ProfileUpdated&) const { return "fields updated"; }
  std::string operator()(const ForegroundChanged& e) const {
    return absl::StrCat(e.technician.value, e.foreground ? " looks at the session" : " looks away");
  }
  std::string operator()(const LeadConsoleLost&) const { return "the lead's console is lost"; }
  std::string operator()(const LeadConsoleBack&) const { return "the lead's console is back"; }
  std::string operator()(const Requeued&) const { return "back in the queue"; }
  std::string operator()(const LeadGiven& e) const { return absl::StrCat("lead given to ", e.technician.value); }
  std::string operator()(const Revealed& e) const { return absl::StrCat("shown to ", e.technician.value, " again"); }
  std::string operator()(const SessionEnded& e) const { return absl::StrCat("ended: ", V(Name(e.outcome))); }
  std::string operator()(const EntryDismissed& e) const { return absl::StrCat("dismissed by ", e.technician.value); }
  std::string operator()(const ActivityRequested& e) const {
    return absl::StrCat(e.technician.value, " asks for ", V(Name(e.kind)), e.detail.empty() ? "" : ": ", e.detail,
                        OfFile(e.file));
  }
  std::string operator()(const ActivityOpened& e) const {
    return absl::StrCat("activity ", e.activity, " open", OfFile(e.file));
  }
  std::string operator()(const ActivityClosed& e) const {
    return absl::StrCat("activity ", e.activity, e.outcome == FileOutcome::kNone ? " over" : ": ",
                        e.outcome == FileOutcome::kNone ? "" : V(Name(e.outcome)), OfFile(e.file));
  }
  std::string operator()(const StandingGrantsSet&) const { return "standing grants of the customer changed"; }
  std::string operator()(const Granted& e) const { return absl::StrCat("permissions of ", e.technician.value, " changed"); }
  std::string operator()(const ChatSwitched& e) const { return e.off ? "chat off" : "chat on"; }
  std::string operator()(const ChatSent& e) const {
    return absl::StrCat(e.technician ? e.technician.value : "customer", e.technicians_only ? " to technicians: " : ": ",
                        e.text);
  }
  std::string operator()(const SurveySent&) const { return "survey sent"; }
  std::string operator()(const SurveyAnswered& e) const {
    return absl::StrCat("survey answered: ", absl::StrJoin(e.answers, "; ", [](std::string* out, const SurveyAnswer& a) {
                          absl::StrAppend(out, a.question, " ", a.answer);
                        }));
  }
  std::string operator()(const DeliveryDue&) const { return "delivery is tried again"; }
  std::string operator()(const Joined& e) const { return absl::StrCat(e.technician.value, " joined by monitoring"); }
  std::string operator()(const DeviceTokenReplaced&) const { return "the computer's agent is told again"; }
  std::string operator()(const ComputerEnrolled& e) const {
    return absl::StrCat("unattended access to computer ", e.computer.id.value, " granted to ", e.computer.technician.value);
  }
  std::string operator()(const SurveyClosed&) const { return "survey not answered"; }
  std::string operator()(const NoteAdded& e) const {
    return absl::StrCat("note", e.technician ? " of " : "", e.technician.value, ": ", e.text);
  }
  std::string operator()(const Upgraded&) const { return "the customer started the applet"; }
  std::string operator()(const DeliveryReported& e) const {
    return absl::StrCat("delivery ", V(Name(e.state)), e.detail.empty() ? "" : ": ", e.detail);
  }
  std::string operator()(const Offered& e) const {
    return absl::StrCat(e.expires == kNoTime ? "routed to " : "offered to ", e.technician.value);
  }
  std::string operator()(const OfferEnded& e) const {
    return absl::StrCat("offer to ", e.technician.value, " ", V(Name(e.cause)), e.reason.empty() ? "" : ": ", e.reason);
  }
  std::string operator()(const PreferenceLapsed&) const { return "waits for its preferred technician alone no more"; }
  std::string operator()(const Redirected& e) const {
    return absl::StrCat("redirected to ", e.to.group ? "group " : "channel ",
                        e.to.group ? e.to.group.value : e.to.channel.value);
  }
  std::string operator()(const Unattended& e) const {
    return e.page_url.empty() ? "nobody serves: the customer was told" : absl::StrCat("nobody serves: sent to ", e.page_url);
  }
  std::string operator()(const Attended&) const { return "somebody serves again"; }
  std::string operator()(const OwnerChanged& e) const { return absl::StrCat("owned by ", e.owner.value); }
  std::string operator()(const ChannelHours& e) const {
    return absl::StrCat("channel ", e.channel.value, e.open ? " opens" : " closes");
  }
  std::string operator()(const OrgPut& e) const { return absl::StrCat("organization ", e.org.value, " put"); }
  std::string operator()(const GroupPut& e) const { return absl::StrCat("group ", e.group.id.value, " put"); }
  std::string operator()(const GroupDeleted& e) const { return absl::StrCat("group ", e.group.value, " deleted"); }
  std::string operator()(const TechnicianPut& e) const { return absl::StrCat("technician ", e.technician.value, " put"); }
  std::string operator()(const TechnicianDeleted& e) const {
    return absl::StrCat("technician ", e.technician.value, " deleted");
  }
  std::string operator()(const ChannelPut& e) const { return absl::StrCat("channel ", e.channel.id.value, " put"); }
  std::string operator()(const ChannelDeleted& e) const { return absl::StrCat("channel ", e.channel.value, " deleted"); }
  std::string operator()(const KeyPut& e) const { return absl::StrCat("key ", e.key.id.value, " put"); }
  std::string operator()(const KeyRevoked& e) const { return absl::StrCat("key ", e.key.value, " revoked"); }
  std::string operator()(const ConsoleAttached& e) const {
    return absl::StrCat("console of ", e.technician.value, " attached");
  }
  std::string operator()(const ConsoleGone& e) const { return absl::StrCat("console of ", e.technician.value, " gone"); }
  std::string operator()(const IntentSet& e) const {
    return absl::StrCat(e.technician.value, e.away ? " is away" : " is available");
  }
  std::string operator()(const LookedAt& e) const {
    return absl::StrCat(e.technician.value, " looks at session ", e.session.value);
  }
  std::string operator()(const ComputerRenamed& e) const {
    return absl::StrCat("computer ", e.computer.value, " named ", e.name);
  }
  std::string operator()(const ComputerGone& e) const {
    return absl::StrCat("computer ", e.computer.value, ": ", V(Name(e.outcome)));
  }
  std::string operator()(const LibraryPut& e) const {
    return absl::StrCat("library of ", e.technician.value, ": ", e.items.size(), " items");
  }
  std::string operator()(const InactivityChanged& e) const {
    return absl::StrCat("console of ", e.technician.value, e.inactive ? " is inactive" : " is active");
  }
};

}  // namespace

SessionId SessionOf(const Event& event) {
  return std::visit(
      [](const auto& e) {
        if constexpr (requires { e.session; } && !std::is_same_v<std::decay_t<decltype(e)>, LookedAt>) {
          return e.session;
        } else {
          return SessionId{};
        }
      },
      event);
}

std::string Describe(const Event& event) { return std::visit(Writer{}, event); }

}  // namespace guichet

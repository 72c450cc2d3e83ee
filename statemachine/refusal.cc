#include "statemachine/refusal.h"

#include <algorithm>

#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace guichet {
namespace {

constexpr char kPayload[] = "guichet/refusal";

absl::string_view View(std::string_view s) { return {s.data(), s.size()}; }

// The payload is reason, retry in milliseconds, then key, value, key, value …, parted by a byte that becomes a space in values:
// some are text of a request.
constexpr size_t kMessageBytes = 1024;  // a status travels in trailing metadata, of which clients take 8 KiB
constexpr size_t kValueBytes = 2048;    // a URL

// The text cut before a character that would pass `max` bytes.
std::string Clip(std::string text, size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0) == 0x80) --max;
  text.resize(max);
  return text;
}

absl::Status Make(absl::StatusCode code, Reason reason, std::string message, Metadata metadata, Duration retry = Duration{0}) {
  absl::Status status(code, Clip(std::move(message), kMessageBytes));
  std::string payload = absl::StrCat(View(Name(reason)), "\x1f", retry.count());
  for (auto& [key, value] : metadata) {
    value = Clip(std::move(value), kValueBytes);
    std::replace(value.begin(), value.end(), '\x1f', ' ');
    absl::StrAppend(&payload, "\x1f", key, "\x1f", value);
  }
  status.SetPayload(kPayload, absl::Cord(payload));
  return status;
}

std::string Str(SessionId id) { return absl::StrCat(id.value); }
std::string Str(std::string_view s) { return std::string(s); }

std::string LeadOf(const Session& session) {
  const Participant* lead = session.lead();
  return lead == nullptr ? std::string() : lead->technician.value;
}

constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kExhausted = absl::StatusCode::kResourceExhausted;

}  // namespace

std::string_view Name(Reason reason) {
  static constexpr std::array<std::string_view, kReasonCount> kNames = {"INVALID_FIELD",
                                                                        "REQUEST_ID_REUSED",
                                                                        "UNAUTHENTICATED",
                                                                        "PERMISSION_DENIED",
                                                                        "SESSION_NOT_FOUND",
                                                                        "SESSION_ENDED",
                                                                        "WRONG_STATE",
                                                                        "LINK_NOT_ATTACHED",
                                                                        "LEAD_CONSOLE_LOST",
                                                                        "ALREADY_STARTED",
                                                                        "NOT_LEAD",
                                                                        "NOT_IN_QUEUE",
                                                                        "STALE_EPOCH",
                                                                        "HELD_BY_LEAD",
                                                                        "TOO_MANY_ACTIVE_SESSIONS",
                                                                        "TOO_MANY_PARTICIPANTS",
                                                                        "NO_RECIPIENT",
                                                                        "TECHNICIAN_NOT_AVAILABLE",
                                                                        "ALREADY_IN_SESSION",
                                                                        "NOT_IN_SESSION",
                                                                        "NO_LEAD_OFFER",
                                                                        "TECHNICIAN_NOT_FOUND",
                                                                        "TECHNICIAN_DISABLED",
                                                                        "GROUP_NOT_FOUND",
                                                                        "GROUP_NOT_EMPTY",
                                                                        "CHANNEL_NOT_FOUND",
                                                                        "CHANNEL_IN_USE",
                                                                        "API_KEY_NOT_FOUND",
                                                                        "ORGANIZATION_NOT_FOUND",
                                                                        "ALREADY_EXISTS",
                                                                        "TOO_MANY",
                                                                        "TOO_MANY_SESSIONS",
                                                                        "CODE_NOT_FOUND",
                                                                        "TOO_MANY_GUESSES",
                                                                        "OUT_OF_PIN_CODES",
                                                                        "OVERLOADED",
                                                                        "TOO_MANY_STREAMS",
                                                                        "RESUME_TOKEN_EXPIRED",
                                                                        "SUPERSEDED",
                                                                        "DRAINING",
                                                                        "CONSOLE_NOT_ATTACHED",
                                                                        "TRANSFER_TOO_LARGE",
                                                                        "STORAGE_FAILED",
                                                                        "HEARTBEATS_MISSED",
                                                                        "LOGGED_OUT",
                                                                        "PERMISSION_LOCKED",
                                                                        "OFFERED_TO_ANOTHER",
                                                                        "NO_OFFER",
                                                                        "ACTIVITY_NOT_FOUND",
                                                                        "CHANNEL_CLOSED",
                                                                        "EXTERNAL_TECHNICIAN",
                                                                        "NOT_APPROVED",
                                                                        "CHAT_OFF",
                                                                        "SESSION_KIND",
                                                                        "TOO_FAST",
                                                                        "SURVEY_CLOSED",
                                                                        "LIBRARY_CHANGED",
                                                                        "COMPUTER_NOT_FOUND",
                                                                        "COMPUTER_OFFLINE",
                                                                        "COMPUTER_BUSY",
                                                                        "OUTSIDE_WINDOW",
                                                                        "NOT_MONITORED",
                                                                        "CHECKPOINT_NOT_FOUND",
                                                                        "DISK_NEARLY_FULL"};
  return kNames[static_cast<size_t>(reason)];
}

absl::Status InvalidField(std::string_view field, std::string_view what) {
  return Make(absl::StatusCode::kInvalidArgument, Reason::kInvalidField, absl::StrCat(View(field), ": ", View(what)),
              {{"field", Str(field)}, {"description", Str(what)}});
}

absl::Status RequestIdReused(std::string_view request_id) {
  return Make(absl::StatusCode::kInvalidArgument, Reason::kRequestIdReused,
              absl::StrCat("request_id: \"", View(request_id), "\" was used for a request with other content; choose another"),
              {{"field", "request_id"}, {"request_id", Str(request_id)}});
}

absl::Status Unauthenticated(std::string_view what) {
  return Make(absl::StatusCode::kUnauthenticated, Reason::kUnauthenticated, Str(what), {});
}

absl::Status PermissionDenied(std::string_view role, std::string_view what) {
  return Make(absl::StatusCode::kPermissionDenied, Reason::kPermissionDenied,
              absl::StrCat("a principal with the role ", View(role), " may not ", View(what)),
              {{"role", Str(role)}, {"permission", Str(what)}});
}

absl::Status SessionNotFound(SessionId id) {
  return Make(kNotFound, Reason::kSessionNotFound, absl::StrCat("session ", id.value, " does not exist"),
              {{"session_id", Str(id)}});
}

absl::Status SessionEnded(SessionId id, Outcome outcome) {
  return Make(kPrecondition, Reason::kSessionEnded, absl::StrCat("session ", id.value, " has ended: ", View(Name(outcome))),
              {{"session_id", Str(id)}, {"outcome", Str(Name(outcome))}});
}

absl::Status WrongState(SessionId id, std::string_view command, EntryState state, std::string_view hint) {
  return Make(kPrecondition, Reason::kWrongState,
              absl::StrCat("session ", id.value, ": ", View(command), " is not possible in ", View(Name(state)),
                           hint.empty() ? "" : "; ", View(hint)),
              {{"session_id", Str(id)}, {"command", Str(command)}, {"state", Str(Name(state))}});
}

absl::Status LinkNotAttached(SessionId id, std::string_view command, EntryState state, Link link) {
  return Make(kPrecondition, Reason::kLinkNotAttached,
              absl::StrCat("session ", id.value, ": ", View(command), " needs the device, whose link is ", View(Name(link)),
                           "; wait for it to come back"),
              {{"session_id", Str(id)}, {"command", Str(command)}, {"state", Str(Name(state))}, {"link", Str(Name(link))}});
}

absl::Status LeadConsoleLost(SessionId id, std::string_view command, EntryState state) {
  return Make(kPrecondition, Reason::kLeadConsoleLost,
              absl::StrCat("session ", id.value, ": ", View(command), " has to wait until the lead's console is back"),
              {{"session_id", Str(id)}, {"command", Str(command)}, {"state", Str(Name(state))}});
}

absl::Status AlreadyStarted(const Session& session, std::string_view command) {
  return Make(kPrecondition, Reason::kAlreadyStarted,
              absl::StrCat("session ", session.id.value, " was started by ", LeadOf(session)),
              {{"session_id", Str(session.id)},
               {"command", Str(command)},
               {"state", Str(Name(EntryState::kRemoved))},
               {"lead_technician_id", LeadOf(session)},
               {"epoch", absl::StrCat(session.epoch.value)}});
}

absl::Status NotLead(const Session& session, std::string_view command, EntryState state) {
  return Make(kPrecondition, Reason::kNotLead,
              absl::StrCat("session ", session.id.value, ": only its lead (", LeadOf(session), ") can ", View(command)),
              {{"session_id", Str(session.id)},
               {"command", Str(command)},
               {"state", Str(Name(state))},
               {"lead_technician_id", LeadOf(session)}});
}

absl::Status NotInQueue(SessionId id, const TechnicianId& technician, std::string_view command) {
  return Make(kPrecondition, Reason::kNotInQueue,
              absl::StrCat("session ", id.value, " is not in the queue of ", technician.value),
              {{"session_id", Str(id)},
               {"technician_id", technician.value},
               {"command", Str(command)},
               {"state", Str(Name(EntryState::kRemoved))}});
}

absl::Status StaleEpoch(const Session& session, Epoch expected) {
  return Make(kPrecondition, Reason::kStaleEpoch,
              absl::StrCat("session ", session.id.value, " is at epoch ", session.epoch.value, ", not ", expected.value,
                           "; its lead is ", session.lead() == nullptr ? "nobody" : LeadOf(session)),
              {{"session_id", Str(session.id)},
               {"epoch", absl::StrCat(session.epoch.value)},
               {"expected_epoch", absl::StrCat(expected.value)},
               {"lead_technician_id", LeadOf(session)}});
}

absl::Status HeldByLead(SessionId id, std::string_view command) {
  return Make(kPrecondition, Reason::kHeldByLead,
              absl::StrCat("session ", id.value, " is held for everybody; only the lead can resume it"),
              {{"session_id", Str(id)}, {"command", Str(command)}, {"state", Str(Name(EntryState::kHold))}});
}

absl::Status TooManyActiveSessions(const TechnicianId& technician, size_t limit) {
  return Make(kPrecondition, Reason::kTooManyActiveSessions,
              absl::StrCat(technician.value, " leads ", limit, " active sessions, the limit of the group; hold or end one"),
              {{"technician_id", technician.value}, {"limit", absl::StrCat(limit)}});
}

absl::Status TooManyParticipants(SessionId id) {
  return Make(kPrecondition, Reason::kTooManyParticipants,
              absl::StrCat("session ", id.value, " has ", limits::kParticipants, " participants, the limit; remove one"),
              {{"session_id", Str(id)}, {"limit", absl::StrCat(limits::kParticipants)}});
}

absl::Status NoRecipient(SessionId id) {
  return Make(kPrecondition, Reason::kNoRecipient, absl::StrCat("session ", id.value, ": nobody there is ONLINE to receive it"),
              {{"session_id", Str(id)}});
}

absl::Status TransferTooLarge(SessionId id, size_t recipients) {
  return Make(
      kPrecondition, Reason::kTransferTooLarge,
      absl::StrCat("session ", id.value, ": ", recipients, " recipients, more than ", limits::kRecipients,
                   "; choose a smaller target"),
      {{"session_id", Str(id)}, {"recipients", absl::StrCat(recipients)}, {"limit", absl::StrCat(limits::kRecipients)}});
}

absl::Status TechnicianNotAvailable(const TechnicianId& technician, Status status) {
  return Make(kPrecondition, Reason::kTechnicianNotAvailable,
              absl::StrCat(technician.value, " is ", View(Name(status)), ", not ONLINE"),
              {{"technician_id", technician.value}, {"status", Str(Name(status))}});
}

absl::Status AlreadyInSession(SessionId id, const TechnicianId& technician) {
  return Make(kPrecondition, Reason::kAlreadyInSession,
              absl::StrCat(technician.value, " has a part in session ", id.value, " already"),
              {{"session_id", Str(id)}, {"technician_id", technician.value}});
}

absl::Status NotInSession(SessionId id, const TechnicianId& technician) {
  return Make(kPrecondition, Reason::kNotInSession, absl::StrCat(technician.value, " is no collaborator of session ", id.value),
              {{"session_id", Str(id)}, {"technician_id", technician.value}});
}

absl::Status NoLeadOffer(SessionId id, const TechnicianId& technician) {
  return Make(kPrecondition, Reason::kNoLeadOffer,
              absl::StrCat("session ", id.value, ": the lead is not offered to ", technician.value),
              {{"session_id", Str(id)}, {"technician_id", technician.value}});
}

absl::Status ExternalTechnician(SessionId id, const TechnicianId& technician) {
  return Make(kPrecondition, Reason::kExternalTechnician,
              absl::StrCat("session ", id.value, ": ", technician.value, " is external and can collaborate only"),
              {{"session_id", Str(id)}, {"technician_id", technician.value}});
}

absl::Status ChatOff(SessionId id) {
  return Make(kPrecondition, Reason::kChatOff,
              absl::StrCat("session ", id.value, ": the chat with the customer is off; a technician turns it on with SetChat"),
              {{"session_id", Str(id)}});
}

absl::Status KindForbids(const Session& session, std::string_view what) {
  return Make(kPrecondition, Reason::kSessionKind,
              session.chat_only
                  ? absl::StrCat("session ", session.id.value, " is an instant chat: no ", View(what),
                                 " before the customer has started the applet")
                  : absl::StrCat("session ", session.id.value, " is of type ", View(Name(session.type)), ": no ", View(what)),
              {{"session_id", Str(session.id)}, {"type", Str(Name(session.type))}, {"what", Str(what)}});
}

absl::Status TooFast(std::string_view what, Duration retry) {
  return Make(absl::StatusCode::kResourceExhausted, Reason::kTooFast,
              absl::StrCat("too many ", View(what), " at once; try again in ", retry.count(), " ms"), {}, retry);
}

absl::Status SurveyClosed(SessionId id, std::string_view why) {
  return Make(kPrecondition, Reason::kSurveyClosed, absl::StrCat("session ", id.value, ": ", View(why)),
              {{"session_id", Str(id)}});
}

absl::Status LibraryChanged(const TechnicianId& technician, Revision revision) {
  return Make(
      absl::StatusCode::kAborted, Reason::kLibraryChanged,
      absl::StrCat("the library of ", technician.value, " was changed in revision ", revision.value, "; read it and try again"),
      {{"technician_id", technician.value}, {"revision", absl::StrCat(revision.value)}});
}

absl::Status ComputerNotFound(ComputerId id) {
  return Make(kNotFound, Reason::kComputerNotFound,
              absl::StrCat("there is no computer ", id.value, "; it may have expired or been revoked"),
              {{"computer_id", absl::StrCat(id.value)}});
}

absl::Status ComputerOffline(ComputerId id) {
  return Make(kPrecondition, Reason::kComputerOffline, absl::StrCat("computer ", id.value, ": its agent is not attached"),
              {{"computer_id", absl::StrCat(id.value)}});
}

absl::Status ComputerBusy(const Computer& computer, const TechnicianId& by) {
  return Make(
      kPrecondition, Reason::kComputerBusy,
      absl::StrCat("computer ", computer.id.value, " is in session ", computer.session.value, " of ", by.value,
                   ", who must end it first"),
      {{"computer_id", absl::StrCat(computer.id.value)}, {"session_id", Str(computer.session)}, {"technician_id", by.value}});
}

absl::Status OutsideWindow(const Computer& computer) {
  const AccessTerms& terms = computer.terms;
  auto clock = [](uint32_t minute) {
    return absl::StrCat(absl::Dec(minute / 60, absl::kZeroPad2), ":", absl::Dec(minute % 60, absl::kZeroPad2));
  };
  const std::string zone = terms.time_zone.empty() ? "UTC" : terms.time_zone;
  return Make(kPrecondition, Reason::kOutsideWindow,
              absl::StrCat("computer ", computer.id.value, " may be reached from ", clock(terms.from_minute), " to ",
                           clock(terms.to_minute), " ", zone),
              {{"computer_id", absl::StrCat(computer.id.value)},
               {"from", clock(terms.from_minute)},
               {"to", clock(terms.to_minute)},
               {"time_zone", zone}});
}

absl::Status NotMonitored(SessionId id, const TechnicianId& technician) {
  return Make(kPrecondition, Reason::kNotMonitored,
              absl::StrCat(technician.value, " monitors nobody in session ", id.value, "; start a monitoring session first"),
              {{"session_id", Str(id)}, {"technician_id", technician.value}});
}

absl::Status NotApproved(std::string_view address) {
  return Make(absl::StatusCode::kPermissionDenied, Reason::kNotApproved,
              address.empty() ? std::string("address: required: the group invites approved external technicians only")
                              : absl::StrCat("address: \"", View(address),
                                             "\" is not approved; an administrator adds it to the organization's "
                                             "approved_externals"),
              {{"address", Str(address)}});
}

absl::Status TechnicianNotFound(const TechnicianId& id) {
  return Make(kNotFound, Reason::kTechnicianNotFound, absl::StrCat("technician \"", id.value, "\" does not exist"),
              {{"technician_id", id.value}});
}

absl::Status TechnicianDisabled(const TechnicianId& id) {
  return Make(kPrecondition, Reason::kTechnicianDisabled, absl::StrCat("technician ", id.value, " is disabled"),
              {{"technician_id", id.value}});
}

absl::Status ConsoleNotAttached(const TechnicianId& id) {
  return Make(kPrecondition, Reason::kConsoleNotAttached, absl::StrCat("no console of ", id.value, " is attached"),
              {{"technician_id", id.value}});
}

absl::Status GroupNotFound(const GroupId& id) {
  return Make(kNotFound, Reason::kGroupNotFound, absl::StrCat("group \"", id.value, "\" does not exist"),
              {{"group_id", id.value}});
}

absl::Status GroupNotEmpty(const GroupId& id) {
  return Make(kPrecondition, Reason::kGroupNotEmpty, absl::StrCat("group ", id.value, " has technicians; move or delete them"),
              {{"group_id", id.value}});
}

absl::Status ChannelNotFound(const ChannelId& id) {
  return Make(kNotFound, Reason::kChannelNotFound, absl::StrCat("channel \"", id.value, "\" does not exist"),
              {{"channel_id", id.value}});
}

absl::Status ChannelInUse(const ChannelId& id) {
  return Make(kPrecondition, Reason::kChannelInUse, absl::StrCat("channel ", id.value, " has sessions that have not ended"),
              {{"channel_id", id.value}});
}

absl::Status ApiKeyNotFound(const KeyId& id) {
  return Make(kNotFound, Reason::kApiKeyNotFound, absl::StrCat("API key \"", id.value, "\" does not exist"),
              {{"key_id", id.value}});
}

absl::Status OrganizationNotFound(std::string_view id) {
  return Make(kNotFound, Reason::kOrganizationNotFound, absl::StrCat("organization \"", View(id), "\" does not exist"),
              {{"organization_id", Str(id)}});
}

absl::Status AlreadyExists(std::string_view kind, std::string_view id) {
  return Make(absl::StatusCode::kAlreadyExists, Reason::kAlreadyExists, absl::StrCat(View(kind), " \"", View(id), "\" exists"),
              {{"kind", Str(kind)}, {"id", Str(id)}});
}

absl::Status TooMany(std::string_view kind, size_t limit) {
  return Make(kExhausted, Reason::kTooMany, absl::StrCat("the organization has ", limit, " ", View(kind), ", the limit"),
              {{"kind", Str(kind)}, {"limit", absl::StrCat(limit)}});
}

absl::Status TooManyActivities(SessionId id, size_t limit) {
  return Make(kExhausted, Reason::kTooMany,
              absl::StrCat("session ", id.value, " has ", limit, " activities asked for or open, the limit; close one"),
              {{"session_id", Str(id)}, {"kind", "activities"}, {"limit", absl::StrCat(limit)}});
}

absl::Status TooManySessions(std::string_view where, std::string_view which, size_t limit) {
  return Make(kExhausted, Reason::kTooManySessions,
              absl::StrCat(View(where), " can have at most ", limit, " sessions ", View(which)),
              {{"where", Str(where)}, {"limit", absl::StrCat(limit)}});
}

absl::Status TooManyBytes(std::string_view what, size_t bytes, size_t limit, std::string_view first) {
  return Make(kExhausted, Reason::kTooManySessions,
              absl::StrCat(View(what), " take ", bytes, " bytes, more than the ", limit, " that one command can change; ",
                           View(first), " first"),
              {{"what", Str(what)}, {"bytes", absl::StrCat(bytes)}, {"limit", absl::StrCat(limit)}});
}

absl::Status CodeNotFound() {
  return Make(kNotFound, Reason::kCodeNotFound, "code: unknown, used or expired; ask for another", {{"field", "code"}});
}

absl::Status TooManyGuesses(Duration retry) {
  return Make(kExhausted, Reason::kTooManyGuesses, "too many wrong codes; try again later",
              {{"retry_ms", absl::StrCat(retry.count())}}, retry);
}

absl::Status OutOfPinCodes(size_t limit) {
  return Make(kExhausted, Reason::kOutOfPinCodes, absl::StrCat(limit, " PINs are live, the limit; use a link, or wait"),
              {{"limit", absl::StrCat(limit)}}, std::chrono::seconds(10));
}

absl::Status Overloaded(std::string_view what, size_t limit, Duration retry) {
  return Make(kExhausted, Reason::kOverloaded, absl::StrCat(View(what), " is full (", limit, "); retry later"),
              {{"what", Str(what)}, {"limit", absl::StrCat(limit)}}, retry);
}

absl::Status TooManyStreams(std::string_view kind, size_t limit) {
  return Make(kExhausted, Reason::kTooManyStreams,
              absl::StrCat(limit, " ", View(kind), " streams are open, the limit; close one"),
              {{"kind", Str(kind)}, {"limit", absl::StrCat(limit)}});
}

absl::Status ResumeTokenExpired(Revision oldest) {
  return Make(absl::StatusCode::kOutOfRange, Reason::kResumeTokenExpired,
              absl::StrCat("resume_token: older than the retained log, which begins at revision ", oldest.value,
                           "; watch again without it"),
              {{"field", "resume_token"}, {"oldest_revision", absl::StrCat(oldest.value)}});
}

absl::Status ResumeTokenOfAnotherHistory() {
  return Make(absl::StatusCode::kOutOfRange, Reason::kResumeTokenExpired,
              "resume_token: from before the daemon's store was restored from a checkpoint; watch again without it",
              {{"field", "resume_token"}});
}

absl::Status Superseded(std::string_view by) {
  return Make(absl::StatusCode::kAborted, Reason::kSuperseded, absl::StrCat("another stream has taken over: ", View(by)),
              {{"by", Str(by)}});
}

absl::Status Draining() {
  return Make(absl::StatusCode::kUnavailable, Reason::kDraining, "the daemon is stopping; connect again and resume", {},
              std::chrono::seconds(1));
}

absl::Status DiskNearlyFull(Duration retry) {
  return Make(kExhausted, Reason::kDiskNearlyFull,
              "the daemon's disk is nearly full: nothing begins until there is space; what runs goes on", {}, retry);
}

absl::Status CheckpointNotFound(std::string_view name) {
  return Make(kNotFound, Reason::kCheckpointNotFound, absl::StrCat("no checkpoint \"", View(name), "\""),
              {{"name", Str(name)}});
}

absl::Status TooManyCheckpoints(size_t limit) {
  return Make(kExhausted, Reason::kTooMany, absl::StrCat("the daemon keeps ", limit, " checkpoints, the limit; delete one"),
              {{"kind", "checkpoints"}, {"limit", absl::StrCat(limit)}});
}

absl::Status StorageFailed() {
  return Make(absl::StatusCode::kUnavailable, Reason::kStorageFailed,
              "the daemon cannot write to its disk and stops; retry later", {}, std::chrono::seconds(5));
}

absl::Status HeartbeatsMissed(Duration grace) {
  return Make(absl::StatusCode::kUnavailable, Reason::kHeartbeatsMissed,
              absl::StrCat("no heartbeat came for ", grace.count(), " ms; attach again"),
              {{"grace_ms", absl::StrCat(grace.count())}});
}

absl::Status LoggedOut(Duration after) {
  return Make(absl::StatusCode::kAborted, Reason::kLoggedOut,
              absl::StrCat("the console reported no activity for ", after.count(), " ms; sign in again"),
              {{"logout_after_ms", absl::StrCat(after.count())}});
}

absl::Status PermissionMissing(const TechnicianId& technician, Permission permission) {
  return Make(absl::StatusCode::kPermissionDenied, Reason::kPermissionDenied,
              absl::StrCat("technician ", technician.value, " does not have the permission ", View(Name(permission)),
                           "; his group, or for a collaborator the lead, grants it"),
              {{"technician_id", technician.value}, {"permission", Str(Name(permission))}});
}
absl::Status PermissionLocked(const GroupId& group, Permissions locked) {
  std::string names;
  for (int i = 1; i < kPermissionCount; ++i) {
    const auto permission = static_cast<Permission>(i);
    if (locked.Has(permission)) absl::StrAppend(&names, names.empty() ? "" : ",", View(Name(permission)));
  }
  return Make(absl::StatusCode::kPermissionDenied, Reason::kPermissionLocked,
              absl::StrCat("only a master administrator changes locked permissions, or what is locked, of group ", group.value,
                           ": ", names),
              {{"group_id", group.value}, {"permissions", names}});
}
absl::Status OfferedToAnother(const Session& session, std::string_view command) {
  const int64_t expires = session.offer->expires.time_since_epoch().count();
  return Make(kPrecondition, Reason::kOfferedToAnother,
              absl::StrCat("session ", session.id.value, " is offered to ", session.offer->technician.value,
                           "; it can be started by others when he has rejected the offer or let it pass"),
              {{"session_id", Str(session.id)},
               {"command", Str(command)},
               {"technician_id", session.offer->technician.value},
               {"expire_time_ms", absl::StrCat(expires)},
               {"epoch", absl::StrCat(session.epoch.value)}});
}
absl::Status NoOffer(SessionId id, const TechnicianId& technician) {
  return Make(kPrecondition, Reason::kNoOffer, absl::StrCat("session ", id.value, " is not offered to ", technician.value),
              {{"session_id", Str(id)}, {"technician_id", technician.value}});
}
absl::Status ActivityNotFound(SessionId id, uint32_t activity) {
  return Make(kNotFound, Reason::kActivityNotFound,
              absl::StrCat("session ", id.value, " has no activity ", activity, ", or it is over"),
              {{"session_id", Str(id)}, {"activity_id", absl::StrCat(activity)}});
}
absl::Status ChannelClosed(const ChannelId& id, const Fallback& fallback) {
  return Make(
      kPrecondition, Reason::kChannelClosed,
      absl::StrCat("nobody serves channel ", id.value, " at this time", fallback.notice.empty() ? "" : ": ", fallback.notice),
      {{"channel_id", id.value}, {"page_url", fallback.page_url}});
}

Refusal RefusalOf(const absl::Status& status) {
  Refusal refusal;
  auto payload = status.GetPayload(kPayload);
  if (!payload.has_value()) return refusal;
  const std::string text(*payload);
  const std::vector<std::string> parts = absl::StrSplit(text, '\x1f');
  for (int i = 0; i < kReasonCount && refusal.reason.empty(); ++i) {
    if (parts[0] == Name(static_cast<Reason>(i))) refusal.reason = Name(static_cast<Reason>(i));
  }
  int64_t retry_ms = 0;
  if (parts.size() > 1 && absl::SimpleAtoi(parts[1], &retry_ms)) refusal.retry = Duration{retry_ms};
  for (size_t i = 2; i + 1 < parts.size(); i += 2) refusal.metadata.emplace_back(parts[i], parts[i + 1]);
  return refusal;
}

absl::Status WithMetadata(const absl::Status& status, const Metadata& more) {
  const Refusal refusal = RefusalOf(status);
  for (int i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    if (refusal.reason != Name(reason)) continue;
    Metadata metadata = refusal.metadata;
    for (const auto& [key, value] : more) {
      auto same = [&key = key](const auto& known) { return known.first == key; };
      if (std::none_of(metadata.begin(), metadata.end(), same)) metadata.emplace_back(key, value);
    }
    if (metadata.size() == refusal.metadata.size()) return status;
    return Make(status.code(), reason, std::string(status.message()), std::move(metadata), refusal.retry);
  }
  return status;
}

}  // namespace guichet

// Every way in which a command can be refused: one named factory each. The gRPC code, the stable reason and the metadata travel
// in the absl::Status; the edge turns them into google.rpc.ErrorInfo.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "statemachine/limits.h"
#include "statemachine/org.h"

namespace guichet {

// Stable words of the API. Append only.
enum class Reason : uint8_t {
  kInvalidField,
  kRequestIdReused,
  kUnauthenticated,
  kPermissionDenied,
  kSessionNotFound,
  kSessionEnded,
  kWrongState,
  kLinkNotAttached,
  kLeadConsoleLost,
  kAlreadyStarted,
  kNotLead,
  kNotInQueue,
  kStaleEpoch,
  kHeldByLead,
  kTooManyActiveSessions,
  kTooManyParticipants,
  kNoRecipient,
  kTechnicianNotAvailable,
  kAlreadyInSession,
  kNotInSession,
  kNoLeadOffer,
  kTechnicianNotFound,
  kTechnicianDisabled,
  kGroupNotFound,
  kGroupNotEmpty,
  kChannelNotFound,
  kChannelInUse,
  kApiKeyNotFound,
  kOrganizationNotFound,
  kAlreadyExists,
  kTooMany,
  kTooManySessions,
  kCodeNotFound,
  kTooManyGuesses,
  kOutOfPinCodes,
  kOverloaded,
  kTooManyStreams,
  kResumeTokenExpired,
  kSuperseded,
  kDraining,
  kConsoleNotAttached,
  kTransferTooLarge,
  kStorageFailed,
  kHeartbeatsMissed,
  kLoggedOut,
  kPermissionLocked,
  kOfferedToAnother,
  kNoOffer,
  kActivityNotFound,
  kChannelClosed,
  kExternalTechnician,
  kNotApproved,
  kChatOff,
  kSessionKind,
  kTooFast,
  kSurveyClosed,
  kLibraryChanged,
  kComputerNotFound,
  kComputerOffline,
  kComputerBusy,
  kOutsideWindow,
  kNotMonitored,
  kCheckpointNotFound,
  kDiskNearlyFull,
};
inline constexpr int kReasonCount = 64;
std::string_view Name(Reason reason);  // "SESSION_NOT_FOUND"

using Metadata = std::vector<std::pair<std::string, std::string>>;

absl::Status InvalidField(std::string_view field, std::string_view what);     // INVALID_ARGUMENT
absl::Status RequestIdReused(std::string_view request_id);                    // INVALID_ARGUMENT
absl::Status Unauthenticated(std::string_view what);                          // UNAUTHENTICATED
absl::Status PermissionDenied(std::string_view role, std::string_view what);  // PERMISSION_DENIED
absl::Status SessionNotFound(SessionId id);                                   // NOT_FOUND
absl::Status SessionEnded(SessionId id, Outcome outcome);                     // FAILED_PRECONDITION
absl::Status WrongState(SessionId id, std::string_view command, EntryState state,
                        std::string_view hint);                                                     // FAILED_PRECONDITION
absl::Status LinkNotAttached(SessionId id, std::string_view command, EntryState state, Link link);  // FAILED_PRECONDITION
absl::Status LeadConsoleLost(SessionId id, std::string_view command, EntryState state);             // FAILED_PRECONDITION
absl::Status AlreadyStarted(const Session& session, std::string_view command);  // FAILED_PRECONDITION, names the lead
absl::Status NotLead(const Session& session, std::string_view command,
                     EntryState state);  // FAILED_PRECONDITION, names the lead
absl::Status NotInQueue(SessionId id, const TechnicianId& technician, std::string_view command);  // FAILED_PRECONDITION
absl::Status StaleEpoch(const Session& session, Epoch expected);                     // FAILED_PRECONDITION, names the owner
absl::Status HeldByLead(SessionId id, std::string_view command);                     // FAILED_PRECONDITION
absl::Status TooManyActiveSessions(const TechnicianId& technician, size_t limit);    // FAILED_PRECONDITION
absl::Status TooManyParticipants(SessionId id);                                      // FAILED_PRECONDITION
absl::Status NoRecipient(SessionId id);                                              // FAILED_PRECONDITION
absl::Status TransferTooLarge(SessionId id, size_t recipients);                      // FAILED_PRECONDITION
absl::Status TechnicianNotAvailable(const TechnicianId& technician, Status status);  // FAILED_PRECONDITION
absl::Status AlreadyInSession(SessionId id, const TechnicianId& technician);         // FAILED_PRECONDITION
absl::Status NotInSession(SessionId id, const TechnicianId& technician);             // FAILED_PRECONDITION
absl::Status ExternalTechnician(SessionId id, const TechnicianId& technician);       // FAILED_PRECONDITION
absl::Status ChatOff(SessionId id);                                                  // FAILED_PRECONDITION
absl::Status KindForbids(const Session& session, std::string_view what);             // FAILED_PRECONDITION, names the kind
absl::Status TooFast(std::string_view what, Duration retry);                         // RESOURCE_EXHAUSTED with a retry delay
absl::Status SurveyClosed(SessionId id, std::string_view why);                       // FAILED_PRECONDITION
absl::Status LibraryChanged(const TechnicianId& technician, Revision revision);      // ABORTED
absl::Status ComputerNotFound(ComputerId id);                                        // NOT_FOUND
absl::Status ComputerOffline(ComputerId id);                                         // FAILED_PRECONDITION
// FAILED_PRECONDITION, names the session and `by`, who is there.
absl::Status ComputerBusy(const Computer& computer, const TechnicianId& by);
absl::Status OutsideWindow(const Computer& computer);                                   // FAILED_PRECONDITION
absl::Status NotMonitored(SessionId id, const TechnicianId& technician);                // FAILED_PRECONDITION
absl::Status NotApproved(std::string_view address);                                     // PERMISSION_DENIED
absl::Status NoLeadOffer(SessionId id, const TechnicianId& technician);                 // FAILED_PRECONDITION
absl::Status TechnicianNotFound(const TechnicianId& id);                                // NOT_FOUND
absl::Status TechnicianDisabled(const TechnicianId& id);                                // FAILED_PRECONDITION
absl::Status ConsoleNotAttached(const TechnicianId& id);                                // FAILED_PRECONDITION
absl::Status GroupNotFound(const GroupId& id);                                          // NOT_FOUND
absl::Status GroupNotEmpty(const GroupId& id);                                          // FAILED_PRECONDITION
absl::Status ChannelNotFound(const ChannelId& id);                                      // NOT_FOUND
absl::Status ChannelInUse(const ChannelId& id);                                         // FAILED_PRECONDITION
absl::Status ApiKeyNotFound(const KeyId& id);                                           // NOT_FOUND
absl::Status OrganizationNotFound(std::string_view id);                                 // NOT_FOUND
absl::Status AlreadyExists(std::string_view kind, std::string_view id);                 // ALREADY_EXISTS
absl::Status TooMany(std::string_view kind, size_t limit);                              // RESOURCE_EXHAUSTED
absl::Status TooManyActivities(SessionId id, size_t limit);                             // RESOURCE_EXHAUSTED
absl::Status CodeNotFound();                                                            // NOT_FOUND
absl::Status TooManyGuesses(Duration retry);                                            // RESOURCE_EXHAUSTED with a retry delay
absl::Status OutOfPinCodes(size_t limit);                                               // RESOURCE_EXHAUSTED
absl::Status Overloaded(std::string_view what, size_t limit, Duration retry);           // RESOURCE_EXHAUSTED with a retry delay
absl::Status TooManyStreams(std::string_view kind, size_t limit);                       // RESOURCE_EXHAUSTED
absl::Status ResumeTokenExpired(Revision oldest);                                       // OUT_OF_RANGE
absl::Status ResumeTokenOfAnotherHistory();                                             // OUT_OF_RANGE, the same reason
absl::Status Superseded(std::string_view by);                                           // ABORTED
absl::Status Draining();                                                                // UNAVAILABLE
absl::Status DiskNearlyFull(Duration retry);                                            // RESOURCE_EXHAUSTED
absl::Status CheckpointNotFound(std::string_view name);                                 // NOT_FOUND
absl::Status TooManyCheckpoints(size_t limit);                                          // RESOURCE_EXHAUSTED / TOO_MANY
absl::Status StorageFailed();                                                           // UNAVAILABLE
absl::Status HeartbeatsMissed(Duration grace);                                          // UNAVAILABLE
absl::Status PermissionMissing(const TechnicianId& technician, Permission permission);  // PERMISSION_DENIED, names it
absl::Status PermissionLocked(const GroupId& group, Permissions locked);                // PERMISSION_DENIED
absl::Status OfferedToAnother(const Session& session,
                              std::string_view command);                    // FAILED_PRECONDITION, names him and until when
absl::Status NoOffer(SessionId id, const TechnicianId& technician);         // FAILED_PRECONDITION
absl::Status ActivityNotFound(SessionId id, uint32_t activity);             // NOT_FOUND
absl::Status ChannelClosed(const ChannelId& id, const Fallback& fallback);  // FAILED_PRECONDITION with the page's URL
absl::Status LoggedOut(Duration after);                                     // ABORTED

// RESOURCE_EXHAUSTED. `which` sessions are limited, and the way out: "that he leads; end one".
absl::Status TooManySessions(std::string_view where, std::string_view which, size_t limit);
// RESOURCE_EXHAUSTED. `what` one command would change is too much; `first` is the way out: "end or move some sessions".
absl::Status TooManyBytes(std::string_view what, size_t bytes, size_t limit, std::string_view first);

// What a refusal carries; {} for a status that is none.
struct Refusal {
  std::string_view reason;  // "" when the status is no refusal
  Metadata metadata;
  Duration retry{};  // 0: none
};
Refusal RefusalOf(const absl::Status& status);

// The refusal with those of `more` whose keys it lacks.
absl::Status WithMetadata(const absl::Status& status, const Metadata& more);

}  // namespace guichet

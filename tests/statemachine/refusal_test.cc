// Every refusal: its gRPC code, its reason, its metadata, and that RefusalOf reads them back.
#include "statemachine/refusal.h"

#include <map>
#include <regex>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace guichet {
namespace {

using absl::StatusCode;
using Fields = std::map<std::string, std::string>;

struct Case {
  Reason reason;
  StatusCode code;
  absl::Status status;
  Fields metadata;
  Duration retry{};
};

Session SomeSession() {
  Session session;
  session.id = SessionId{7};
  session.epoch = Epoch{3};
  session.participants.push_back({TechnicianId{"ann"}, Role::kLead});
  return session;
}

Session OfferedSession() {
  Session session;
  session.id = SessionId{7};
  session.epoch = Epoch{3};
  session.offer = Offer{TechnicianId{"bob"}, Time{Duration{500}}, Time{Duration{1500}}};
  return session;
}

Computer SomeComputer() {
  Computer computer;
  computer.id = ComputerId{5};
  computer.session = SessionId{7};
  computer.terms.from_minute = 8 * 60 + 5;
  computer.terms.to_minute = 18 * 60;
  computer.terms.time_zone = "Europe/Vienna";
  return computer;
}

std::vector<Case> Cases() {
  constexpr auto kPre = StatusCode::kFailedPrecondition;
  constexpr auto kExhausted = StatusCode::kResourceExhausted;
  constexpr SessionId id{7};
  const TechnicianId bob{"bob"};
  const auto ms = [](int n) { return Duration{n}; };
  return {
      {Reason::kInvalidField,
       StatusCode::kInvalidArgument,
       InvalidField("owner", "required"),
       {{"field", "owner"}, {"description", "required"}}},
      {Reason::kRequestIdReused,
       StatusCode::kInvalidArgument,
       RequestIdReused("r1"),
       {{"field", "request_id"}, {"request_id", "r1"}}},
      {Reason::kUnauthenticated, StatusCode::kUnauthenticated, Unauthenticated("no key"), {}},
      {Reason::kPermissionDenied,
       StatusCode::kPermissionDenied,
       PermissionDenied("technician", "fly"),
       {{"role", "technician"}, {"permission", "fly"}}},
      {Reason::kSessionNotFound, StatusCode::kNotFound, SessionNotFound(id), {{"session_id", "7"}}},
      {Reason::kSessionEnded, kPre, SessionEnded(id, Outcome::kAborted), {{"session_id", "7"}, {"outcome", "ABORTED"}}},
      {Reason::kWrongState,
       kPre,
       WrongState(id, "hold", EntryState::kWaiting, "start it"),
       {{"session_id", "7"}, {"command", "hold"}, {"state", "WAITING"}}},
      {Reason::kLinkNotAttached,
       kPre,
       LinkNotAttached(id, "hold", EntryState::kOffline, Link::kOffline),
       {{"session_id", "7"}, {"command", "hold"}, {"state", "OFFLINE"}, {"link", "OFFLINE"}}},
      {Reason::kLeadConsoleLost,
       kPre,
       LeadConsoleLost(id, "start", EntryState::kInvitation),
       {{"session_id", "7"}, {"command", "start"}, {"state", "INVITATION"}}},
      {Reason::kAlreadyStarted,
       kPre,
       AlreadyStarted(SomeSession(), "start"),
       {{"session_id", "7"}, {"command", "start"}, {"state", "REMOVED"}, {"lead_technician_id", "ann"}, {"epoch", "3"}}},
      {Reason::kNotLead,
       kPre,
       NotLead(SomeSession(), "invite", EntryState::kCollaboration),
       {{"session_id", "7"}, {"command", "invite"}, {"state", "COLLABORATION"}, {"lead_technician_id", "ann"}}},
      {Reason::kNotInQueue,
       kPre,
       NotInQueue(id, bob, "start"),
       {{"session_id", "7"}, {"technician_id", "bob"}, {"command", "start"}, {"state", "REMOVED"}}},
      {Reason::kStaleEpoch,
       kPre,
       StaleEpoch(SomeSession(), Epoch{2}),
       {{"session_id", "7"}, {"epoch", "3"}, {"expected_epoch", "2"}, {"lead_technician_id", "ann"}}},
      {Reason::kHeldByLead, kPre, HeldByLead(id, "start"), {{"session_id", "7"}, {"command", "start"}, {"state", "HOLD"}}},
      {Reason::kTooManyActiveSessions, kPre, TooManyActiveSessions(bob, 10), {{"technician_id", "bob"}, {"limit", "10"}}},
      {Reason::kTooManyParticipants, kPre, TooManyParticipants(id), {{"session_id", "7"}, {"limit", "11"}}},
      {Reason::kNoRecipient, kPre, NoRecipient(id), {{"session_id", "7"}}},
      {Reason::kTransferTooLarge,
       kPre,
       TransferTooLarge(id, 1001),
       {{"session_id", "7"}, {"limit", "1000"}, {"recipients", "1001"}}},
      {Reason::kTechnicianNotAvailable,
       kPre,
       TechnicianNotAvailable(bob, Status::kBusy),
       {{"technician_id", "bob"}, {"status", "BUSY"}}},
      {Reason::kAlreadyInSession, kPre, AlreadyInSession(id, bob), {{"session_id", "7"}, {"technician_id", "bob"}}},
      {Reason::kNotInSession, kPre, NotInSession(id, bob), {{"session_id", "7"}, {"technician_id", "bob"}}},
      {Reason::kNoLeadOffer, kPre, NoLeadOffer(id, bob), {{"session_id", "7"}, {"technician_id", "bob"}}},
      {Reason::kTechnicianNotFound, StatusCode::kNotFound, TechnicianNotFound(bob), {{"technician_id", "bob"}}},
      {Reason::kTechnicianDisabled, kPre, TechnicianDisabled(bob), {{"technician_id", "bob"}}},
      {Reason::kConsoleNotAttached, kPre, ConsoleNotAttached(bob), {{"technician_id", "bob"}}},
      {Reason::kGroupNotFound, StatusCode::kNotFound, GroupNotFound(GroupId{"desk"}), {{"group_id", "desk"}}},
      {Reason::kGroupNotEmpty, kPre, GroupNotEmpty(GroupId{"desk"}), {{"group_id", "desk"}}},
      {Reason::kChannelNotFound, StatusCode::kNotFound, ChannelNotFound(ChannelId{"web"}), {{"channel_id", "web"}}},
      {Reason::kChannelInUse, kPre, ChannelInUse(ChannelId{"web"}), {{"channel_id", "web"}}},
      {Reason::kApiKeyNotFound, StatusCode::kNotFound, ApiKeyNotFound(KeyId{"k1"}), {{"key_id", "k1"}}},
      {Reason::kOrganizationNotFound, StatusCode::kNotFound, OrganizationNotFound("acme"), {{"organization_id", "acme"}}},
      {Reason::kAlreadyExists, StatusCode::kAlreadyExists, AlreadyExists("group", "desk"), {{"kind", "group"}, {"id", "desk"}}},
      {Reason::kTooMany, kExhausted, TooMany("groups", 5), {{"kind", "groups"}, {"limit", "5"}}},
      {Reason::kTooManySessions,
       kExhausted,
       TooManySessions("the channel", "that wait for their applet", 5),
       {{"where", "the channel"}, {"limit", "5"}}},
      {Reason::kCodeNotFound, StatusCode::kNotFound, CodeNotFound(), {{"field", "code"}}},
      {Reason::kTooManyGuesses, kExhausted, TooManyGuesses(ms(1500)), {{"retry_ms", "1500"}}, ms(1500)},
      {Reason::kOutOfPinCodes, kExhausted, OutOfPinCodes(9), {{"limit", "9"}}, ms(10000)},
      {Reason::kOverloaded, kExhausted, Overloaded("the queue", 9, ms(20)), {{"what", "the queue"}, {"limit", "9"}}, ms(20)},
      {Reason::kTooManyStreams, kExhausted, TooManyStreams("watch", 9), {{"kind", "watch"}, {"limit", "9"}}},
      {Reason::kResumeTokenExpired,
       StatusCode::kOutOfRange,
       ResumeTokenExpired(Revision{12}),
       {{"field", "resume_token"}, {"oldest_revision", "12"}}},
      {Reason::kSuperseded, StatusCode::kAborted, Superseded("another console"), {{"by", "another console"}}},
      {Reason::kDraining, StatusCode::kUnavailable, Draining(), {}, ms(1000)},
      {Reason::kStorageFailed, StatusCode::kUnavailable, StorageFailed(), {}, ms(5000)},
      {Reason::kCheckpointNotFound, StatusCode::kNotFound, CheckpointNotFound("x"), {{"name", "x"}}},
      {Reason::kDiskNearlyFull, kExhausted, DiskNearlyFull(ms(5)), {}, ms(5)},
      {Reason::kHeartbeatsMissed, StatusCode::kUnavailable, HeartbeatsMissed(ms(20000)), {{"grace_ms", "20000"}}},
      {Reason::kLoggedOut, StatusCode::kAborted, LoggedOut(ms(60000)), {{"logout_after_ms", "60000"}}},
      {Reason::kPermissionLocked,
       StatusCode::kPermissionDenied,
       PermissionLocked(GroupId{"desk"}, {Permission::kReboot, Permission::kHold}),
       {{"group_id", "desk"}, {"permissions", "HOLD,REBOOT"}}},
      {Reason::kOfferedToAnother,
       kPre,
       OfferedToAnother(OfferedSession(), "start"),
       {{"session_id", "7"}, {"command", "start"}, {"technician_id", "bob"}, {"expire_time_ms", "1500"}, {"epoch", "3"}}},
      {Reason::kSessionKind,
       kPre,
       KindForbids(OfferedSession(), "MOBILE_SETTINGS"),
       {{"session_id", "7"}, {"type", "STANDARD"}, {"what", "MOBILE_SETTINGS"}}},
      {Reason::kTooFast,
       StatusCode::kResourceExhausted,
       TooFast("chat messages", std::chrono::milliseconds(250)),
       {},
       std::chrono::milliseconds(250)},
      {Reason::kSurveyClosed, kPre, SurveyClosed(id, "no survey was sent"), {{"session_id", "7"}}},
      {Reason::kLibraryChanged,
       StatusCode::kAborted,
       LibraryChanged(bob, Revision{9}),
       {{"technician_id", "bob"}, {"revision", "9"}}},
      {Reason::kComputerNotFound, StatusCode::kNotFound, ComputerNotFound(ComputerId{5}), {{"computer_id", "5"}}},
      {Reason::kComputerOffline, kPre, ComputerOffline(ComputerId{5}), {{"computer_id", "5"}}},
      {Reason::kComputerBusy,
       kPre,
       ComputerBusy(SomeComputer(), TechnicianId{"ann"}),
       {{"computer_id", "5"}, {"session_id", "7"}, {"technician_id", "ann"}}},
      {Reason::kOutsideWindow,
       kPre,
       OutsideWindow(SomeComputer()),
       {{"computer_id", "5"}, {"from", "08:05"}, {"to", "18:00"}, {"time_zone", "Europe/Vienna"}}},
      {Reason::kNotMonitored, kPre, NotMonitored(id, bob), {{"session_id", "7"}, {"technician_id", "bob"}}},
      {Reason::kChatOff, kPre, ChatOff(id), {{"session_id", "7"}}},
      {Reason::kExternalTechnician, kPre, ExternalTechnician(id, bob), {{"session_id", "7"}, {"technician_id", "bob"}}},
      {Reason::kNotApproved, StatusCode::kPermissionDenied, NotApproved("olga@example.com"), {{"address", "olga@example.com"}}},
      {Reason::kNoOffer, kPre, NoOffer(id, bob), {{"session_id", "7"}, {"technician_id", "bob"}}},
      {Reason::kActivityNotFound, StatusCode::kNotFound, ActivityNotFound(id, 4), {{"session_id", "7"}, {"activity_id", "4"}}},
      {Reason::kChannelClosed,
       kPre,
       ChannelClosed(ChannelId{"web"}, {Unserved::kEnd, "Come on Monday.", "https://example.com/closed"}),
       {{"channel_id", "web"}, {"page_url", "https://example.com/closed"}}},
  };
}

// Second factories of reasons that are above.
std::vector<Case> OtherCases() {
  return {
      {Reason::kResumeTokenExpired, StatusCode::kOutOfRange, ResumeTokenOfAnotherHistory(), {{"field", "resume_token"}}},
      {Reason::kTooMany, StatusCode::kResourceExhausted, TooManyCheckpoints(16), {{"kind", "checkpoints"}, {"limit", "16"}}},
  };
}

TEST(Refusal, EveryReasonHasOneFactory) {
  std::set<Reason> seen;
  for (const Case& c : Cases()) EXPECT_TRUE(seen.insert(c.reason).second) << Name(c.reason);
  EXPECT_EQ(seen.size(), static_cast<size_t>(kReasonCount));
}

TEST(Refusal, CarriesCodeReasonMetadataAndRetry) {
  std::vector<Case> cases = Cases();
  for (const Case& c : OtherCases()) cases.push_back(c);
  for (const Case& c : cases) {
    SCOPED_TRACE(Name(c.reason));
    EXPECT_EQ(c.status.code(), c.code);
    EXPECT_FALSE(c.status.message().empty());
    const Refusal refusal = RefusalOf(c.status);
    EXPECT_EQ(refusal.reason, Name(c.reason));
    EXPECT_EQ(Fields(refusal.metadata.begin(), refusal.metadata.end()), c.metadata);
    EXPECT_EQ(refusal.retry, c.retry);
  }
}

TEST(Refusal, ReasonsAreStableWordsOfTheForm) {
  const std::regex form("[A-Z][A-Z0-9_]+[A-Z0-9]");  // google.rpc.ErrorInfo.reason
  std::set<std::string> names;
  for (int i = 0; i < kReasonCount; ++i) {
    const std::string name(Name(static_cast<Reason>(i)));
    EXPECT_TRUE(std::regex_match(name, form)) << name;
    EXPECT_LE(name.size(), 63u) << name;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

TEST(Refusal, MetadataKeysAreOfTheForm) {
  const std::regex form("[a-z][a-zA-Z0-9-_]+");  // google.rpc.ErrorInfo.metadata
  for (const Case& c : Cases()) {
    for (const auto& [key, value] : RefusalOf(c.status).metadata) EXPECT_TRUE(std::regex_match(key, form)) << key;
  }
}

// PERMISSION_DENIED has two factories: for what a role may not, and for what a technician's group or lead does not allow.
TEST(Refusal, PermissionMissingNamesThePermission) {
  for (int i = 1; i < kPermissionCount; ++i) {
    const auto permission = static_cast<Permission>(i);
    const absl::Status status = PermissionMissing(TechnicianId{"bob"}, permission);
    EXPECT_EQ(status.code(), StatusCode::kPermissionDenied);
    const Refusal refusal = RefusalOf(status);
    EXPECT_EQ(refusal.reason, "PERMISSION_DENIED");
    EXPECT_EQ(Fields(refusal.metadata.begin(), refusal.metadata.end()),
              (Fields{{"technician_id", "bob"}, {"permission", std::string(Name(permission))}}));
    EXPECT_NE(std::string(status.message()).find(Name(permission)), std::string::npos);
  }
}

// What a channel's administrator wrote for the customer is in the message.
TEST(Refusal, ChannelClosedShowsTheNotice) {
  const absl::Status status = ChannelClosed(ChannelId{"web"}, {Unserved::kEnd, "Come on Monday.", ""});
  EXPECT_NE(std::string(status.message()).find("Come on Monday."), std::string::npos);
}

// The limits that reasons share are told apart in words.
TEST(Refusal, SharedReasonsSayWhatIsLimited) {
  const absl::Status led = TooManySessions("the technician", "that he leads; end one", 500);
  EXPECT_EQ(led.message(), "the technician can have at most 500 sessions that he leads; end one");
  const absl::Status activities = TooManyActivities(SessionId{7}, 32);
  EXPECT_EQ(activities.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(activities.message(), "session 7 has 32 activities asked for or open, the limit; close one");
  const Refusal many = RefusalOf(activities);
  EXPECT_EQ(many.reason, "TOO_MANY");
  EXPECT_EQ(Fields(many.metadata.begin(), many.metadata.end()),
            (Fields{{"session_id", "7"}, {"kind", "activities"}, {"limit", "32"}}));
  const absl::Status bytes = TooManyBytes("the sessions of bob", 17, 16, "end some");
  EXPECT_EQ(bytes.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(bytes.message(), "the sessions of bob take 17 bytes, more than the 16 that one command can change; end some first");
  const Refusal heavy = RefusalOf(bytes);
  EXPECT_EQ(heavy.reason, "TOO_MANY_SESSIONS");
  EXPECT_EQ(Fields(heavy.metadata.begin(), heavy.metadata.end()),
            (Fields{{"what", "the sessions of bob"}, {"bytes", "17"}, {"limit", "16"}}));
}

TEST(Refusal, AddedMetadataNeverReplacesWhatIsThere) {
  const absl::Status status =
      WithMetadata(NoOffer(SessionId{7}, TechnicianId{"bob"}), {{"session_id", "8"}, {"state", "HOLD"}});
  const Refusal refusal = RefusalOf(status);
  EXPECT_EQ(refusal.reason, "NO_OFFER");
  EXPECT_EQ(Fields(refusal.metadata.begin(), refusal.metadata.end()),
            (Fields{{"session_id", "7"}, {"technician_id", "bob"}, {"state", "HOLD"}}));
}

// Text of a request may contain any byte.
TEST(Refusal, ValuesWithSeparatorsCannotForgeMetadata) {
  const Refusal refusal =
      RefusalOf(OrganizationNotFound("a\x1f"
                                     "b"));
  EXPECT_EQ(refusal.reason, "ORGANIZATION_NOT_FOUND");
  EXPECT_EQ(refusal.metadata.size(), 1u);
}

TEST(Refusal, OtherStatusesAreNoRefusals) {
  EXPECT_EQ(RefusalOf(absl::OkStatus()).reason, "");
  EXPECT_EQ(RefusalOf(absl::InternalError("broken")).reason, "");
}

}  // namespace
}  // namespace guichet

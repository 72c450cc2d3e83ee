// Commands on sessions, deliveries and the stand-in for the applet: what flags put into requests, and how answers are shown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "google/protobuf/text_format.h"
#include "tests/ctl/fake_daemon.h"
#include "tests/ctl/run.h"
#include "tests/ctl/temp_file.h"
#include "tools/ctl/words.h"

namespace guichet::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

template <class M>
M Text(const std::string& text) {
  M message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

// Keeps the request and answers with `session`.
template <class Request, class Response>
FakeDaemon::Unary<Request, Response> Keep(Request* seen, const v1::Session& session) {
  return [seen, session](const Request& request, Response* response) {
    *seen = request;
    *response->mutable_session() = session;
    return absl::OkStatus();
  };
}

v1::Session Offered() {
  auto session =
      Text<v1::Session>("session_id: 7 name: 'Mrs Lind' link: LINK_ATTACHED channel_id: 'web' offer { technician_id: 'ann' }");
  *session.mutable_offer()->mutable_expire_time() = ToProto(TestNow() + absl::Seconds(12));
  *session.mutable_create_time() = ToProto(TestNow() - absl::Seconds(192));
  return session;
}

TEST(SessionTest, CreateTakesTheAddressTheTypeAndThePreference) {
  v1::CreateSessionRequest seen;
  FakeDaemon daemon({.create = Keep<v1::CreateSessionRequest, v1::CreateSessionResponse>(&seen, Offered())});
  Ran ran = RunCtl(
      {"create", "--method", "email", "--deliver-to", "lind@example.com", "--type", "lens", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(seen.method(), v1::METHOD_EMAIL);
  EXPECT_EQ(seen.delivery_address(), "lind@example.com");
  EXPECT_EQ(seen.type(), v1::SESSION_TYPE_LENS);
  ran = RunCtl(
      {"session", "create", "--method", "channel-form", "--channel", "web", "--prefer", "bob", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(seen.preferred_technician_id(), "bob");
  EXPECT_EQ(RunCtl({"create", "--method", "lan", "--address", daemon.address()}).code, kExitOk);
  EXPECT_EQ(seen.method(), v1::METHOD_LAN);
}

TEST(SessionTest, AnActivityIsAskedForAndClosed) {
  v1::CloseActivityRequest closed;
  FakeDaemon daemon(
      {.request_activity =
           [](const v1::RequestActivityRequest& request, v1::RequestActivityResponse* response) {
             EXPECT_EQ(request.target().session_id(), 7u);
             EXPECT_EQ(request.target().technician_id(), "ann");
             EXPECT_EQ(request.kind(), v1::ACTIVITY_KIND_SEND_FILE);
             EXPECT_EQ(request.detail(), "manual.pdf");
             EXPECT_EQ(request.request_id(), "generated-id");
             response->set_activity_id(2);
             *response->mutable_session() = Text<v1::Session>(
                 "activities { activity_id: 1 kind: ACTIVITY_KIND_SCRIPT open: true } "
                 "activities { activity_id: 2 kind: ACTIVITY_KIND_SEND_FILE technician_id: 'ann' detail: 'manual.pdf' }");
             return absl::OkStatus();
           },
       .close_activity = Keep<v1::CloseActivityRequest, v1::CloseActivityResponse>(&closed, Offered())});
  Ran ran = RunCtl({"session", "request-activity", "7", "send-file", "--detail", "manual.pdf", "--technician", "ann",
                    "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(ran.out,
            "ACTIVITY  KIND       TECHNICIAN  STATE  DETAIL\n"
            "2         SEND_FILE  ann         asked  manual.pdf\n");
  ran = RunCtl({"session", "close-activity", "7", "2", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(closed.activity_id(), 2u);
}

TEST(SessionTest, PermissionsAreDenied) {
  v1::InviteTechnicianRequest invited;
  v1::SetGrantsRequest narrowed;
  FakeDaemon daemon({.invite = Keep<v1::InviteTechnicianRequest, v1::InviteTechnicianResponse>(&invited, Offered()),
                     .set_grants = Keep<v1::SetGrantsRequest, v1::SetGrantsResponse>(&narrowed, Offered())});
  EXPECT_EQ(RunCtl({"session", "invite", "7", "bob", "--deny", "reboot,scripts", "--address", daemon.address()}).code, kExitOk);
  EXPECT_EQ(invited.invitee_technician_id(), "bob");
  EXPECT_THAT(invited.denied_permissions(), ElementsAre(v1::PERMISSION_REBOOT, v1::PERMISSION_SCRIPTS));
  EXPECT_EQ(RunCtl({"session", "set-grants", "7", "bob", "--deny", "hold", "--address", daemon.address()}).code, kExitOk);
  EXPECT_EQ(narrowed.collaborator_technician_id(), "bob");
  EXPECT_THAT(narrowed.denied_permissions(), ElementsAre(v1::PERMISSION_HOLD));
  EXPECT_EQ(RunCtl({"session", "set-grants", "7", "bob", "--address", daemon.address()}).code, kExitOk);
  EXPECT_EQ(narrowed.denied_permissions_size(), 0);
  EXPECT_EQ(RunCtl({"session", "set-grants", "7", "bob", "--deny", "everything", "--address", daemon.address()}).code,
            kExitUsage);
}

TEST(SessionTest, ChatSurveyAndOffers) {
  v1::SetChatRequest chat;
  v1::SendSurveyRequest survey;
  v1::RejectOfferRequest reject;
  FakeDaemon daemon({.set_chat = Keep<v1::SetChatRequest, v1::SetChatResponse>(&chat, Offered()),
                     .send_survey = Keep<v1::SendSurveyRequest, v1::SendSurveyResponse>(&survey, Offered()),
                     .reject_offer = Keep<v1::RejectOfferRequest, v1::RejectOfferResponse>(&reject, Offered())});
  EXPECT_EQ(RunCtl({"session", "chat", "7", "off", "--address", daemon.address()}).code, kExitOk);
  EXPECT_TRUE(chat.off());
  EXPECT_EQ(RunCtl({"session", "chat", "7", "on", "--address", daemon.address()}).code, kExitOk);
  EXPECT_FALSE(chat.off());
  EXPECT_EQ(RunCtl({"session", "chat", "7", "loud", "--address", daemon.address()}).code, kExitUsage);
  EXPECT_EQ(RunCtl({"session", "send-survey", "7", "--address", daemon.address()}).code, kExitOk);
  EXPECT_EQ(survey.target().session_id(), 7u);
  const Ran ran = RunCtl({"session", "reject-offer", "7", "--reason", "lunch", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(reject.reason(), "lunch");
  EXPECT_EQ(ran.out,
            "SESSION  STATUS          LEAD  FROM  NAME      AGE\n"
            "7        offered to ann  -     #web  Mrs Lind  3m12s\n");
}

TEST(SessionTest, QueuesShowOffersAndActivities) {
  FakeDaemon daemon({.list_queue = [](const v1::ListQueueRequest&, v1::ListQueueResponse* response) {
    auto* offered = response->add_entries();
    offered->set_state(v1::ENTRY_STATE_WAITING);
    *offered->mutable_session() = Offered();
    *offered->mutable_session()->mutable_urgent_time() = ToProto(TestNow());
    auto* busy = response->add_entries();
    busy->set_state(v1::ENTRY_STATE_ACTIVE);
    *busy->mutable_session() = Text<v1::Session>(
        "session_id: 8 name: 'Eve' lead_technician_id: 'ann' owner_technician_id: 'ann' type: SESSION_TYPE_LENS "
        "activities { kind: ACTIVITY_KIND_RECORDING open: true } activities { kind: ACTIVITY_KIND_SEND_URL }");
    return absl::OkStatus();
  }});
  const Ran ran = RunCtl({"queue", "list", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(ran.out,
            "SESSION  STATE    SINCE  LEAD  FROM  NAME      NOTE\n"
            "7        WAITING  -      -     #web  Mrs Lind  urgent; offered to ann for 12s\n"
            "8        ACTIVE   -      ann   ann   Eve       camera; RECORDING, SEND_URL?\n");
}

TEST(SessionTest, DetailsTellWhatIsGoingOn) {
  FakeDaemon daemon({.get_session = [](const v1::GetSessionRequest&, v1::GetSessionResponse* response) {
    *response->mutable_session() = Offered();
    response->mutable_session()->MergeFrom(Text<v1::Session>(
        "type: SESSION_TYPE_STANDARD chat_off: true survey_sent: true customer_notified: true queue_group_id: 'night' "
        "preferred_technician_id: 'bob' preferred_only: true standing_grants: ACTIVITY_KIND_SCREENSHOT "
        "delivery { state: DELIVERY_STATE_FAILED address: 'a@b.c' detail: 'mailbox full' } "
        "declines { technician_id: 'cid' cause: CAUSE_REJECTED reason: 'lunch' } declines { technician_id: 'dan' cause: "
        "CAUSE_TIMED_OUT } "
        "activities { activity_id: 3 kind: ACTIVITY_KIND_SCRIPT technician_id: 'ann' } "
        "participants { technician_id: 'eve' role: ROLE_COLLABORATOR denied_permissions: [PERMISSION_REBOOT, PERMISSION_HOLD] "
        "} "
        "told_wait { p50 { seconds: 90 } p90 { seconds: 300 } }"));
    *response->mutable_session()->mutable_urgent_time() = ToProto(TestNow() + absl::Seconds(5));
    return absl::OkStatus();
  }});
  const Ran ran = RunCtl({"session", "get", "7", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  for (const std::string line :
       {"type             STANDARD\n", "delivery         FAILED a@b.c: mailbox full\n", "queue of group   night\n",
        "preferred        bob alone\n", "offered to       ann for 12s\n",
        "declined by      cid REJECTED: lunch, dan TIMED_OUT\n", "participants     eve COLLABORATOR without REBOOT+HOLD\n",
        "activities       3 SCRIPT? ann\n", "standing grants  SCREENSHOT\n", "chat             off\n",
        "survey           sent\n", "nobody serves    customer notified\n", "told to wait     1m30s, 1 in 10 longer than 5m\n",
        "urgent           in 5s\n"}) {
    EXPECT_THAT(ran.out, HasSubstr(line));
  }
}

TEST(SessionTest, DeliveriesAreWatchedAndReported) {
  v1::ReportDeliveryRequest reported;
  FakeDaemon daemon(
      {.report =
           [&](const v1::ReportDeliveryRequest& request, v1::ReportDeliveryResponse* response) {
             reported = request;
             response->set_revision(31);
             return absl::OkStatus();
           },
       .deliveries =
           [] {
             return std::vector<v1::WatchDeliveriesResponse>{
                 Text<v1::WatchDeliveriesResponse>("session_id: 7 method: METHOD_EMAIL address: 'a@b.c' code: '493051' "
                                                   "name: 'Mrs Lind' language: 'de' technician_name: 'Ann'"),
                 Text<v1::WatchDeliveriesResponse>("session_id: 8 method: METHOD_SMS address: '112' code: '000001' "
                                                   "name: 'Eve' technician_name: 'Bob'")};
           }});
  Ran ran = RunCtl({"deliveries", "watch", "--changes", "2", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(ran.out,
            "08:00:00  7  EMAIL  a@b.c  code 493051  Mrs Lind (de)  from Ann\n"
            "08:00:00  8  SMS  112  code 000001  Eve  from Bob\n");
  // A stream that ends is opened again; what nobody reported comes again.
  ran = RunCtl({"deliveries", "watch", "--changes", "3", "-o", "json", "--address", daemon.address()});
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 3);
  EXPECT_THAT(ran.out, ::testing::StartsWith("{\"sessionId\":\"7\",\"method\":\"METHOD_EMAIL\""));
  ran = RunCtl({"deliveries", "report", "7", "failed", "--detail", "mailbox full", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(ran.out, "revision 31\n");
  EXPECT_EQ(reported.session_id(), 7u);
  EXPECT_EQ(reported.state(), v1::DELIVERY_STATE_FAILED);
  EXPECT_EQ(reported.detail(), "mailbox full");
  EXPECT_EQ(reported.request_id(), "generated-id");
}

// A daemon that asks for two activities, tells of what is granted, and ends the session once both are answered.
std::vector<v1::AttachResponse> Asks(const v1::AttachRequest& request, std::vector<v1::AppletActivity>* answers) {
  if (request.has_hello()) {
    return {Text<v1::AttachResponse>("welcome { session_id: 7 heartbeat_interval { seconds: 60 } state { phase: PHASE_ACTIVE "
                                     "technician_name: 'Ann' } }"),
            Text<v1::AttachResponse>(
                "state { phase: PHASE_ACTIVE activities { activity_id: 1 kind: ACTIVITY_KIND_SEND_FILE detail: 'a.pdf' } }")};
  }
  if (!request.has_activity()) return {};
  answers->push_back(request.activity());
  if (answers->size() == 1) {
    return {
        Text<v1::AttachResponse>(
            "state { phase: PHASE_ACTIVE activities { activity_id: 1 kind: ACTIVITY_KIND_SEND_FILE detail: 'a.pdf' } }"),
        Text<v1::AttachResponse>(
            "state { phase: PHASE_ACTIVE chat_off: true activities { activity_id: 1 kind: ACTIVITY_KIND_SEND_FILE open: true } "
            "activities { activity_id: 2 kind: ACTIVITY_KIND_RECORDING } }")};
  }
  return {Text<v1::AttachResponse>(
      "ended { outcome: OUTCOME_TIMED_OUT survey: 'How was it?' notice: 'Closed.' page_url: 'https://example.com' }")};
}

TEST(SessionTest, TheAppletAnswersEachActivityOnce) {
  for (const std::string consent : {"grant", "standing", "deny"}) {
    std::vector<v1::AppletActivity> answers;
    FakeDaemon daemon({.applet = [&](const v1::AttachRequest& request) { return Asks(request, &answers); }});
    const Ran ran = RunCtl({"applet", "attach", "--activities", consent, "--address", daemon.address()});
    EXPECT_EQ(ran.code, kExitOk) << ran.err;
    ASSERT_EQ(answers.size(), 2u);
    for (uint32_t i = 0; i < 2; ++i) {
      EXPECT_EQ(answers[i].activity_id(), i + 1);
      EXPECT_EQ(answers[i].granted(), consent != "deny");
      EXPECT_EQ(answers[i].standing(), consent == "standing");
    }
    EXPECT_THAT(ran.out, HasSubstr("7  attached: ACTIVE with Ann\n"));
    EXPECT_THAT(ran.out, HasSubstr("7  ACTIVE; asked for: SEND_FILE a.pdf\n"));
    EXPECT_THAT(ran.out, HasSubstr("7  ACTIVE; asked for: RECORDING; agreed to: SEND_FILE; chat off\n"));
    EXPECT_THAT(ran.out, HasSubstr("7  ended: TIMED_OUT; survey: How was it?; notice: Closed.; page: https://example.com\n"));
  }
}

TEST(SessionTest, TheTokenOfAnEnrolledComputerGoesToAFileOfItsOwner) {
  const TempFile file("computer.token", "");
  std::filesystem::permissions(file.path(), std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  FakeDaemon daemon({.applet = [](const v1::AttachRequest&) {
    return std::vector{Text<v1::AttachResponse>("welcome { session_id: 7 state { phase: PHASE_ACTIVE } }"),
                       Text<v1::AttachResponse>("enrolled { computer_id: 3 computer_token: 'gc_acme_3_x' }"),
                       Text<v1::AttachResponse>("ended { outcome: OUTCOME_CLOSED_BY_TECHNICIAN }")};
  }});
  for (const std::string output : {"table", "json"}) {
    const Ran ran =
        RunCtl({"applet", "attach", "--computer-token-file", file.path(), "-o", output, "--address", daemon.address()});
    EXPECT_EQ(ran.code, kExitOk) << ran.err;
    EXPECT_THAT(ran.out, Not(HasSubstr("gc_acme_3_x")));
    std::ifstream in(file.path());
    std::string token;
    EXPECT_TRUE(std::getline(in, token));
    EXPECT_EQ(token, "gc_acme_3_x");
    using std::filesystem::perms;
    EXPECT_EQ(std::filesystem::status(file.path()).permissions(), perms::owner_read | perms::owner_write);
  }
  const Ran shown = RunCtl({"applet", "attach", "--address", daemon.address()});
  EXPECT_THAT(shown.out, HasSubstr("enrolled as computer 3; its token, shown only here: gc_acme_3_x\n"));
}

TEST(SessionTest, TheAgentAttachesToTheSessionsThatItIsToldOf) {
  FakeDaemon daemon(
      {.applet =
           [](const v1::AttachRequest&) {
             return std::vector{Text<v1::AttachResponse>("welcome { session_id: 7 state { phase: PHASE_ACTIVE } }"),
                                Text<v1::AttachResponse>("ended { outcome: OUTCOME_CLOSED_BY_TECHNICIAN }")};
           },
       .agent = [](const v1::AttachComputerRequest& request) -> std::vector<v1::AttachComputerResponse> {
         if (!request.has_hello()) return {};
         return {Text<v1::AttachComputerResponse>("welcome { computer_id: 3 heartbeat_interval { seconds: 5 } }"),
                 Text<v1::AttachComputerResponse>("connect { session_id: 7 device_token: 'gd_acme_7_x' technician_name: 'Ann' "
                                                  "credential_mode: CREDENTIAL_MODE_ASK }"),
                 Text<v1::AttachComputerResponse>("revoked { outcome: OUTCOME_UNATTENDED_REVOKED }")};
       }});
  const Ran ran = RunCtl({"applet", "agent", "--token", "gc_acme_3_x", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("there as computer 3\n"));
  EXPECT_THAT(ran.out, HasSubstr("told to attach to session 7 of Ann; credentials: ASK\n"));
  EXPECT_THAT(ran.out, HasSubstr("7  attached: ACTIVE\n"));
  EXPECT_THAT(ran.out, HasSubstr("7  ended: CLOSED_BY_TECHNICIAN\n"));
  EXPECT_THAT(ran.out, HasSubstr("access is over: UNATTENDED_REVOKED\n"));
}

TEST(SessionTest, UnattendedAccessIsAskedForWithItsTerms) {
  v1::RequestActivityRequest asked;
  FakeDaemon daemon({.request_activity = Keep<v1::RequestActivityRequest, v1::RequestActivityResponse>(&asked, {})});
  const Ran ran =
      RunCtl({"session", "request-activity", "7", "unattended-access", "--validity", "72h", "--window", "22:00-06:30",
              "--time-zone", "Europe/Vienna", "--credentials", "stored", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(asked.access().validity().seconds(), 72 * 3600);
  EXPECT_EQ(asked.access().from_minute(), 1320u);
  EXPECT_EQ(asked.access().to_minute(), 390u);
  EXPECT_EQ(asked.access().time_zone(), "Europe/Vienna");
  EXPECT_EQ(asked.access().credential_mode(), v1::CREDENTIAL_MODE_STORED);
}

}  // namespace
}  // namespace guichet::ctl

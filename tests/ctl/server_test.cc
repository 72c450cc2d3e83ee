// guichetctl against a server in this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "google/rpc/error_details.pb.h"
#include "tests/ctl/fake_daemon.h"
#include "tests/ctl/run.h"
#include "tools/ctl/words.h"

namespace guichet::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::Status AlreadyStarted() {
  google::rpc::ErrorInfo info;
  info.set_reason("ALREADY_STARTED");
  info.set_domain("guichet");
  (*info.mutable_metadata())["state"] = "ACTIVE";
  (*info.mutable_metadata())["lead"] = "bob";
  absl::Status status = absl::FailedPreconditionError("session 7 was started by bob");
  status.SetPayload("type.googleapis.com/google.rpc.ErrorInfo", absl::Cord(info.SerializeAsString()));
  return status;
}

v1::Session ActiveSession(uint64_t id) {
  v1::Session session;
  session.set_session_id(id);
  session.set_name("Mrs Lind");
  session.set_link(v1::LINK_ATTACHED);
  session.set_lead_technician_id("ann");
  session.set_owner_technician_id("ann");
  *session.mutable_create_time() = ToProto(TestNow() - absl::Seconds(192));
  return session;
}

v1::WatchQueueResponse Change(uint64_t id, v1::EntryState from, v1::EntryState to, const std::string& token) {
  v1::WatchQueueResponse response;
  auto* change = response.mutable_change();
  change->set_from(from);
  change->mutable_entry()->set_state(to);
  *change->mutable_entry()->mutable_session() = ActiveSession(id);
  change->set_in_tab(true);
  change->set_trigger("start");
  change->set_row("A03");
  change->set_actor("technician:ann");
  response.set_resume_token(token);
  return response;
}

TEST(ServerTest, VerbPrintsTheSessionAsATable) {
  FakeDaemon daemon({.start = [](const v1::StartSessionRequest& request, v1::StartSessionResponse* response) {
    EXPECT_EQ(request.target().session_id(), 7u);
    EXPECT_EQ(request.target().technician_id(), "ann");
    EXPECT_EQ(request.target().expected_epoch(), 3u);
    EXPECT_EQ(request.request_id(), "generated-id");
    *response->mutable_session() = ActiveSession(7);
    return absl::OkStatus();
  }});
  const Ran ran =
      RunCtl({"start", "7", "--technician", "ann", "--epoch", "3", "--address", daemon.address(), "--token", "t0ken"});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(ran.out,
            "SESSION  STATUS  LEAD  FROM  NAME      AGE\n"
            "7        active  ann   ann   Mrs Lind  3m12s\n");
  EXPECT_EQ(daemon.authorization(), "Bearer t0ken");
}

TEST(ServerTest, WaitEndsWhenTheQueueShowsTheState) {
  FakeDaemon daemon({.watch = [](const v1::WatchQueueRequest&, const auto& send) {
    send(Change(6, v1::ENTRY_STATE_CONNECTING, v1::ENTRY_STATE_ACTIVE, "a"));
    send(Change(7, v1::ENTRY_STATE_CONNECTING, v1::ENTRY_STATE_WAITING, "b"));
    return absl::OkStatus();
  }});
  EXPECT_EQ(RunCtl({"queue", "wait", "7", "waiting", "--address", daemon.address()}).code, kExitOk);
  const Ran other = RunCtl({"queue", "wait", "7", "active", "--address", daemon.address()});
  EXPECT_EQ(other.code, kExitUnavailable) << other.err;
}

TEST(ServerTest, JsonIsTheResponse) {
  FakeDaemon daemon({.get_session = [](const v1::GetSessionRequest& request, v1::GetSessionResponse* response) {
    response->set_revision(12);
    response->mutable_session()->set_session_id(request.session_id());
    response->mutable_session()->set_lead_technician_id("ann");
    return absl::OkStatus();
  }});
  const Ran ran = RunCtl({"session", "get", "7", "-o", "json", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(ran.out,
            "{\n \"revision\": \"12\",\n \"session\": {\n  \"sessionId\": \"7\",\n  \"leadTechnicianId\": \"ann\"\n }\n}\n");
}

TEST(ServerTest, RefusalShowsReasonAndMetadata) {
  FakeDaemon daemon({.start = [](const auto&, auto*) { return AlreadyStarted(); }});
  const Ran text = RunCtl({"start", "7", "--address", daemon.address()});
  EXPECT_EQ(text.code, kExitRefused);
  EXPECT_EQ(text.out, "");
  EXPECT_EQ(text.err,
            "guichetctl: FAILED_PRECONDITION: session 7 was started by bob (ALREADY_STARTED lead=bob state=ACTIVE)\n");
  const Ran json = RunCtl({"start", "7", "-o", "json", "--address", daemon.address()});
  EXPECT_EQ(json.code, kExitRefused);
  EXPECT_EQ(json.err,
            "{\"error\":{\"code\":\"FAILED_PRECONDITION\",\"message\":\"session 7 was started by bob\","
            "\"reason\":\"ALREADY_STARTED\",\"metadata\":{\"lead\":\"bob\",\"state\":\"ACTIVE\"}}}\n");
}

TEST(ServerTest, ExitCodeFollowsTheStatus) {
  const std::pair<absl::Status, int> cases[] = {
      {absl::InvalidArgumentError("x"), kExitRefused},
      {absl::AlreadyExistsError("x"), kExitRefused},
      {absl::OutOfRangeError("x"), kExitRefused},
      {absl::AbortedError("x"), kExitRefused},
      {absl::NotFoundError("x"), kExitNotFound},
      {absl::PermissionDeniedError("x"), kExitNotPermitted},
      {absl::UnauthenticatedError("x"), kExitNotPermitted},
      {absl::UnavailableError("x"), kExitUnavailable},
      {absl::ResourceExhaustedError("x"), kExitUnavailable},
      {absl::DeadlineExceededError("x"), kExitUnavailable},
      {absl::InternalError("x"), kExitInternal},
      {absl::UnknownError("x"), kExitInternal},
      {absl::UnimplementedError("x"), kExitInternal},
      {absl::DataLossError("x"), kExitInternal},
  };
  for (const auto& [status, code] : cases) {
    FakeDaemon daemon({.get_session = [status = status](const auto&, auto*) { return status; }});
    EXPECT_EQ(RunCtl({"session", "get", "7", "--address", daemon.address()}).code, code) << status;
  }
}

TEST(ServerTest, UnavailableMutationIsRepeatedOnceWithTheSameRequestId) {
  std::vector<std::string> ids;
  FakeDaemon daemon({.start = [&ids](const v1::StartSessionRequest& request, v1::StartSessionResponse* response) {
    ids.push_back(request.request_id());
    if (ids.size() == 1) return absl::UnavailableError("draining");
    *response->mutable_session() = ActiveSession(7);
    return absl::OkStatus();
  }});
  const Ran ran = RunCtl({"start", "7", "--request-id", "mine", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_THAT(ids, ElementsAre("mine", "mine"));
  EXPECT_EQ(ran.waits.size(), 1u);
}

TEST(ServerTest, SecondUnavailableIsFinal) {
  std::atomic<int> calls = 0;
  FakeDaemon daemon({.start = [&calls](const auto&, auto*) {
    ++calls;
    return absl::UnavailableError("draining");
  }});
  EXPECT_EQ(RunCtl({"start", "7", "--address", daemon.address()}).code, kExitUnavailable);
  EXPECT_EQ(calls, 2);
}

TEST(ServerTest, TokenOutputIsTheSecretAlone) {
  FakeDaemon daemon({.create_key = [](const v1::CreateApiKeyRequest& request, v1::CreateApiKeyResponse* response) {
    EXPECT_EQ(request.api_key().role(), v1::ROLE_TECHNICIAN);
    EXPECT_EQ(ToTime(request.api_key().expire_time()), TestNow() + absl::Hours(1));
    response->set_token("s3cret");
    return absl::OkStatus();
  }});
  const Ran ran = RunCtl({"key", "create", "k", "--role", "technician", "--technician", "ann", "--expires-in", "1h", "-o",
                          "token", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(ran.out, "s3cret\n");
}

TEST(ServerTest, GroupSetNamesTheFieldsItChanges) {
  v1::UpdateGroupRequest seen;
  FakeDaemon daemon({.update_group = [&seen](const v1::UpdateGroupRequest& request, v1::UpdateGroupResponse* response) {
    seen = request;
    *response->mutable_group() = request.group();
    return absl::OkStatus();
  }});
  const Ran ran = RunCtl({"group", "set", "desk", "--idle-timeout", "30m", "--waiting-timeout", "never", "--offline-after",
                          "default", "--console-lost-policy", "requeue", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_THAT(seen.update_mask().paths(),
              ::testing::UnorderedElementsAre("settings.idle_timeout", "settings.waiting_timeout", "settings.offline_after",
                                              "settings.console_lost_policy"));
  EXPECT_FALSE(seen.group().settings().has_offline_after());
  EXPECT_EQ(seen.group().settings().idle_timeout().seconds(), 1800);
  EXPECT_THAT(ran.out, HasSubstr("\nwaiting_timeout          never\nidle_timeout             30m\n"));
  EXPECT_THAT(ran.out, HasSubstr("\nconsole_lost_policy      REQUEUE\n"));
}

TEST(ServerTest, ListFollowsPagesUpToItsLimit) {
  const auto list = [](const v1::ListTechniciansRequest& request, v1::ListTechniciansResponse* response) {
    const int page = request.page_token().empty() ? 0 : std::stoi(request.page_token());
    response->add_technicians()->set_technician_id("t" + std::to_string(page));
    if (page < 2) response->set_next_page_token(std::to_string(page + 1));
    return absl::OkStatus();
  };
  FakeDaemon daemon({.list_technicians = list});
  const Ran all = RunCtl({"technicians", "--address", daemon.address()});
  EXPECT_EQ(all.code, kExitOk) << all.err;
  EXPECT_THAT(all.out, ::testing::AllOf(HasSubstr("\nt0 "), HasSubstr("\nt1 "), HasSubstr("\nt2 ")));
  EXPECT_EQ(all.err, "");
  const Ran two = RunCtl({"technicians", "--limit", "2", "--address", daemon.address()});
  EXPECT_EQ(two.out.find("\nt2 "), std::string::npos);
  EXPECT_THAT(two.err, HasSubstr("there is more"));
}

TEST(ServerTest, HealthIsTheStandardService) {
  FakeDaemon daemon({});
  const Ran ran = RunCtl({"health", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(ran.out, "SERVING\n");
  EXPECT_EQ(RunCtl({"health", "--service", "nobody", "--address", daemon.address()}).code, kExitNotFound);
}

TEST(ServerTest, WatchResumesAfterUnavailableAndBeginsAgainWhenTheTokenIsTooOld) {
  std::vector<std::string> tokens;
  FakeDaemon daemon({.watch = [&tokens](const v1::WatchQueueRequest& request, const auto& send) {
    tokens.push_back(request.resume_token());
    EXPECT_EQ(request.tab(), v1::QUEUE_TAB_CHANNEL);
    EXPECT_EQ(request.channel_id(), "web");
    switch (tokens.size()) {
      case 1:
        send(Change(7, v1::ENTRY_STATE_UNSPECIFIED, v1::ENTRY_STATE_WAITING, "one"));
        return absl::UnavailableError("draining");
      case 2:
        return absl::UnavailableError("still away");
      case 3:
        return absl::OutOfRangeError("too old");
      default:
        send(Change(7, v1::ENTRY_STATE_WAITING, v1::ENTRY_STATE_ACTIVE, "two"));
        return absl::OkStatus();
    }
  }});
  const Ran ran = RunCtl({"watch", "--channel", "web", "--changes", "2", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_THAT(tokens, ElementsAre("", "one", "one", ""));
  EXPECT_EQ(ran.waits.size(), 3u);
  EXPECT_EQ(ran.out,
            "08:00:00  7  +WAITING  Mrs Lind  lead ann  start A03 by technician:ann\n"
            "08:00:00  7  WAITING→ACTIVE  Mrs Lind  lead ann  start A03 by technician:ann\n");
}

TEST(ServerTest, WatchAsJsonIsOneMessageALine) {
  FakeDaemon daemon({.watch = [](const v1::WatchQueueRequest&, const auto& send) {
    v1::WatchQueueResponse snapshot;
    snapshot.mutable_snapshot()->set_first(true);
    snapshot.mutable_snapshot()->set_complete(true);
    send(snapshot);
    send(Change(7, v1::ENTRY_STATE_WAITING, v1::ENTRY_STATE_ACTIVE, "one"));
    return absl::OkStatus();
  }});
  const Ran ran = RunCtl({"watch", "--changes", "1", "-o", "json", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 2);
  EXPECT_THAT(ran.out, ::testing::StartsWith("{\"snapshot\":{\"first\":true,\"complete\":true}}\n{\"change\":"));
}

TEST(ServerTest, WatchEndsWithARefusal) {
  FakeDaemon daemon({.watch = [](const v1::WatchQueueRequest&, const auto&) { return absl::PermissionDeniedError("no"); }});
  EXPECT_EQ(RunCtl({"watch", "--address", daemon.address()}).code, kExitNotPermitted);
}

TEST(ServerTest, AWatchOfAChatReadsOnUntilTheSessionEnds) {
  std::vector<std::string> tokens;
  FakeDaemon daemon({.chat = [&tokens](const v1::WatchChatRequest& request, const auto& send) {
    tokens.push_back(request.resume_token());
    EXPECT_EQ(request.session_id(), 7u);
    v1::WatchChatResponse said;
    said.mutable_message()->set_text(std::to_string(tokens.size()));
    v1::WatchChatResponse live;
    switch (tokens.size()) {
      case 1:
        said.set_resume_token("one");
        send(said);
        live.set_resume_token("live");
        send(live);
        return absl::UnavailableError("draining");
      case 2:
        return absl::OutOfRangeError("of another history");
      default:
        said.set_resume_token("two");
        send(said);
        return absl::OkStatus();
    }
  }});
  const Ran ran = RunCtl({"chat", "watch", "7", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_THAT(tokens, ElementsAre("", "live", ""));
  EXPECT_EQ(ran.out, "08:00:00  00:00:00  customer: 1\n08:00:00  00:00:00  customer: 3\n");
}

}  // namespace
}  // namespace guichet::ctl

// Explanations, availability and places in a queue, as they are shown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/protobuf/text_format.h"
#include "tests/ctl/fake_daemon.h"
#include "tests/ctl/run.h"
#include "tools/ctl/words.h"

namespace guichet::ctl {
namespace {

using ::testing::HasSubstr;

template <class M>
M Text(const std::string& text) {
  M message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

// The message as the answer, whatever was asked.
template <class Request, class Response>
FakeDaemon::Unary<Request, Response> Always(const std::string& text) {
  return [answer = Text<Response>(text)](const Request&, Response* response) {
    *response = answer;
    return absl::OkStatus();
  };
}

TEST(RoutingTest, ExplainedSession) {
  auto answer = Text<v1::ExplainSessionResponse>(R"(
    summary: "Waits 4 min; first of 1; 2 technicians serve channel web: 1 OFFLINE, 1 AWAY."
    considered {
      candidates { technician_id: "ann" filters: ROUTING_FILTER_AWAY filters: ROUTING_FILTER_WRAP_UP }
      candidates { technician_id: "bob" filters: ROUTING_FILTER_OFFLINE }
    }
    changes { technician_id: "bob" description: "bob's console attaches" first_session_id: 7 }
    changes { technician_id: "cid" description: "it overflows" first_session_id: 7 }
    decisions {
      revision: 12 technician_id: "ann" eligible_count: 2 considered_count: 5 decided_by: "STRATEGY"
      candidates { technician_id: "ann" } candidates { technician_id: "cid" }
    }
    decisions { revision: 19 technician_id: "cid" started: true eligible_count: 1 considered_count: 5 })");
  *answer.mutable_considered()->mutable_candidates(0)->mutable_change_time() = ToProto(TestNow() + absl::Seconds(40));
  *answer.mutable_changes(1)->mutable_time() = ToProto(TestNow() + absl::Minutes(2));
  *answer.mutable_decisions(0)->mutable_time() = ToProto(TestNow() - absl::Seconds(90));
  *answer.mutable_decisions(1)->mutable_time() = ToProto(TestNow() - absl::Seconds(30));
  FakeDaemon daemon({.explain_session = [&](const v1::ExplainSessionRequest& request, v1::ExplainSessionResponse* response) {
    EXPECT_EQ(request.session_id(), 7u);
    *response = answer;
    return absl::OkStatus();
  }});
  const Ran ran = RunCtl({"routing", "explain", "7", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(ran.out,
            "Waits 4 min; first of 1; 2 technicians serve channel web: 1 OFFLINE, 1 AWAY.\n"
            "\n"
            "IF                      WHEN   THEN COMES  FOR\n"
            "bob's console attaches  -      session 7   bob\n"
            "it overflows            in 2m  session 7   cid\n"
            "\n"
            "TECHNICIAN  AGAINST HIM    FIRST OF IT ENDS\n"
            "ann         AWAY, WRAP_UP  in 40s\n"
            "bob         OFFLINE        -\n"
            "\n"
            "DECIDED    REVISION  FOR            OF      BY        RUNNER-UP\n"
            "1m30s ago  12        ann            2 of 5  STRATEGY  cid\n"
            "30s ago    19        cid (started)  1 of 5  -         -\n");
}

TEST(RoutingTest, ExplainedTechnician) {
  FakeDaemon daemon({.explain_technician = Always<v1::ExplainTechnicianRequest, v1::ExplainTechnicianResponse>(R"(
    summary: "ann is given nothing: AWAY for 5 min."
    filters: ROUTING_FILTER_AWAY
    queues { channel_id: "web" waiting: 2 first_session_id: 7 filters: ROUTING_FILTER_AWAY }
    queues { channel_id: "shop" queue_group_id: "night" overflow: true })")});
  const Ran ran = RunCtl({"routing", "technician", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(ran.out,
            "ann is given nothing: AWAY for 5 min.\n"
            "\n"
            "QUEUE                          WAITING  FIRST  AGAINST HIM\n"
            "web                            2        7      AWAY\n"
            "shop → group night (overflow)  0        -      -\n");
}

TEST(RoutingTest, AvailabilityOnceAndWatched) {
  const std::string text = R"(
    availability { available: true technicians: 2 open: true waiting: 3 estimate { p50 { seconds: 60 } p90 { seconds: 150 } } })";
  FakeDaemon daemon(
      {.availability = Always<v1::GetAvailabilityRequest, v1::GetAvailabilityResponse>(text),
       .availabilities = {Text<v1::WatchAvailabilityResponse>(text), Text<v1::WatchAvailabilityResponse>("availability {}")}});
  Ran ran = RunCtl({"routing", "availability", "web", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(ran.out, "available  2 technicians  open  3 waiting  wait 1m, 9 of 10 within 2m30s\n");
  ran = RunCtl({"routing", "availability", "web", "--watch", "--changes", "2", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("  available  2 technicians  open  3 waiting  wait 1m, 9 of 10 within 2m30s\n"));
  EXPECT_THAT(ran.out, HasSubstr("  nobody  0 technicians  closed  0 waiting\n"));
}

TEST(RoutingTest, PlacesUntilSomebodyStarts) {
  FakeDaemon daemon(
      {.position = Always<v1::GetPositionRequest, v1::GetPositionResponse>("position { state: STATE_WAITING position: 3 }"),
       .leave = Always<v1::LeaveQueueRequest, v1::LeaveQueueResponse>(""),
       .positions = {Text<v1::WatchPositionResponse>("position { state: STATE_WAITING position: 1 notice: 'back\\nsoon' }"),
                     Text<v1::WatchPositionResponse>("position { state: STATE_STARTED }")}});
  EXPECT_EQ(RunCtl({"applet", "position", "--address", daemon.address()}).out, "WAITING  place 3\n");
  const Ran ran = RunCtl({"applet", "position", "--watch", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("  WAITING  place 1  back?soon\n"));
  EXPECT_THAT(ran.out, HasSubstr("  STARTED\n"));
  EXPECT_EQ(RunCtl({"applet", "leave", "--address", daemon.address()}).out, "left\n");
}

TEST(RoutingTest, FormOfAChannel) {
  FakeDaemon daemon({.form = Always<v1::GetFormRequest, v1::GetFormResponse>(R"(
    display_name: "Website"
    fields { label: "Serial" required: true pattern: "[0-9]+" }
    fields { label: "Product" choices: "printer" choices: "scanner" }
    open: true
    hours { time_zone: "Europe/Zurich" open { weekday: 1 from_minute: 480 to_minute: 1080 } }
    fallback { action: ACTION_NOTIFY notice: "come back" })")});
  const Ran ran = RunCtl({"channel", "form", "acme", "web", "--address", daemon.address()});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(ran.out,
            "Website: open, nobody is there; mon 08:00-18:00 (Europe/Zurich)\n"
            "for customers: NOTIFY: come back\n"
            "\n"
            "FIELD  LABEL    REQUIRED  MUST BE\n"
            "1      Serial   yes       /[0-9]+/\n"
            "2      Product  no        printer | scanner\n");
}

}  // namespace
}  // namespace guichet::ctl

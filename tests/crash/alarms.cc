#include "tests/crash/alarms.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "guichet/v1/applet_service.pb.h"
#include "guichet/v1/channel_service.pb.h"
#include "guichet/v1/session_service.pb.h"

namespace guichet::crash {
namespace {

constexpr absl::Duration kLate = absl::Seconds(3);  // on a machine that does other things
constexpr int kEvery = 12;                          // acknowledged commands

absl::Time ToTime(const google::protobuf::Timestamp& stamp) {
  return absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
}

}  // namespace

void Alarms::Load(Server& server) {
  while (!server.load_ended()) {
    server.AwaitAcknowledged(server.acknowledged() + kEvery, absl::Seconds(5));
    pb::CreateSessionRequest create;
    create.set_method(pb::METHOD_CHANNEL_FORM);
    create.set_channel_id(++sequence_ % 2 == 0 ? kWaitingChannel : kConnectingChannel);
    create.set_request_id(absl::StrCat("alarm-", sequence_));
    absl::Status status;
    const auto created = Ask<pb::CreateSessionResponse>(server, integrator_, create, &status);
    if (!status.ok()) return;
    Alarm alarm;
    alarm.session = created.session().session_id();
    if (create.channel_id() == kWaitingChannel) {
      alarm.device = server.As(created.device_token())->Open(pb::AttachRequest::default_instance());
      pb::AttachRequest hello;
      hello.mutable_hello();
      pb::AttachResponse welcome;
      alarm.waiting = alarm.device->Write(hello) && alarm.device->Read(&welcome);
      if (!alarm.waiting) return;  // nobody was told whether the device is there
    }
    alarms_.push_back(std::move(alarm));
  }
}

void Alarms::StayDown() const { poll(nullptr, 0, static_cast<int>(absl::ToInt64Milliseconds(kAlarmAfter))); }

void Alarms::Recover(Server& server, absl::Time up_since) {
  struct Fired {
    uint64_t revision = 0;
    absl::Time due;
    uint64_t session = 0;
    bool operator<(const Fired& other) const { return revision < other.revision; }
  };
  std::vector<Fired> all;
  for (Alarm& alarm : alarms_) {
    alarm.device.reset();
    pb::GetSessionRequest get;
    get.set_session_id(alarm.session);
    const absl::Time deadline = absl::Now() + kAlarmAfter + kLate;
    pb::Session session;
    do {  // the daemon's answer paces the loop
      absl::Status status;
      session = Ask<pb::GetSessionResponse>(server, integrator_, get, &status).session();
      ASSERT_TRUE(status.ok()) << "session " << alarm.session << " is gone: " << status;
      if (session.outcome() == pb::OUTCOME_UNSPECIFIED) {
        ASSERT_TRUE(session.has_deadline_time())
            << "session " << alarm.session << " has no timer: " << session.ShortDebugString();
      }
    } while (session.outcome() == pb::OUTCOME_UNSPECIFIED && absl::Now() < deadline);
    ASSERT_EQ(session.outcome(), alarm.waiting ? pb::OUTCOME_TIMED_OUT : pb::OUTCOME_CONNECTING_TIMED_OUT)
        << session.ShortDebugString();
    const absl::Time due = ToTime(alarm.waiting ? session.waiting_time() : session.create_time()) + kAlarmAfter;
    const absl::Time end = ToTime(session.end_time());
    EXPECT_GE(end, due) << "session " << alarm.session << " timed out early";
    EXPECT_LE(end, std::max(due, end >= up_since ? up_since : due) + kLate) << "session " << alarm.session << " timed out late";
    if (end >= up_since && due < up_since) ++overdue_;
    pb::GetTimelineRequest timeline;
    timeline.set_session_id(alarm.session);
    const auto events = Ask<pb::GetTimelineResponse>(server, integrator_, timeline);
    const std::string trigger = alarm.waiting ? "waiting_timeout" : "connecting_timeout";
    EXPECT_EQ(
        std::count_if(events.events().begin(), events.events().end(), [&](const auto& e) { return e.trigger() == trigger; }),
        1);
    all.push_back({session.revision(), due, alarm.session});
  }
  fired_ += all.size();
  alarms_.clear();
  std::sort(all.begin(), all.end());
  for (size_t i = 1; i < all.size(); ++i) {
    EXPECT_LE(all[i - 1].due, all[i].due) << "session " << all[i - 1].session << " fired before session " << all[i].session;
  }
}

}  // namespace guichet::crash

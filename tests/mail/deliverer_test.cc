// Invitations to reports: with a daemon in this process, and with one that fails on demand.
#include "tools/mail/deliverer.h"

#include <atomic>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "tests/ctl/fake_daemon.h"
#include "tests/mail/servers.h"
#include "tests/wire/harness.h"

namespace guichet::mail_test {
namespace {

using ctl::FakeDaemon;
using mail::Deliverer;
using mail::Message;
using mail::Outcome;
using mail::Result;

// What was reported, in order. Thread-safe.
class Reports {
 public:
  void Add(const v1::ReportDeliveryRequest& request) {
    absl::MutexLock lock(&mutex_);
    all_.push_back(request);
  }
  std::vector<v1::ReportDeliveryRequest> Await(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return all_.size() >= count; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), kPatience)) << all_.size() << " of " << count;
    return all_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<v1::ReportDeliveryRequest> all_ ABSL_GUARDED_BY(mutex_);
};

// Run on a thread of its own.
class Running {
 public:
  Running(const client::Client& client, Deliverer::Send send,
          Deliverer::Backoff backoff = {.min = absl::Milliseconds(1), .max = absl::Milliseconds(10)},
          Deliverer::Now now = absl::Now)
      : deliverer_(client, std::move(send), backoff, std::move(now)), thread_([this] {
          status_ = deliverer_.Run();
          ended_.Notify();
        }) {}
  ~Running() {
    deliverer_.Stop();
    thread_.join();
  }
  void Stop() { deliverer_.Stop(); }
  bool ended() const { return ended_.HasBeenNotified(); }
  absl::Status AwaitEnd() {
    EXPECT_TRUE(ended_.WaitForNotificationWithTimeout(kPatience)) << "it goes on";
    return ended() ? status_ : absl::InternalError("it goes on");
  }

 private:
  Deliverer deliverer_;
  absl::Notification ended_;
  absl::Status status_;
  std::thread thread_;
};

std::unique_ptr<client::Client> ClientOf(const std::string& address) {
  client::ClientOptions options{.address = address, .token = "integrator"};
  options.wait = [](absl::Duration) {};
  return *client::Client::Make(options);
}

v1::WatchDeliveriesResponse Invitation(uint64_t session, const std::string& address) {
  v1::WatchDeliveriesResponse invitation;
  invitation.set_session_id(session);
  invitation.set_method(v1::METHOD_EMAIL);
  invitation.set_address(address);
  invitation.set_code("493817");
  invitation.mutable_expire_time()->set_seconds(1900000000);
  invitation.set_subject("Invitation");
  invitation.set_text("Code: 493817");
  invitation.set_attempt(1);
  return invitation;
}

// The invitations once, and then none.
std::function<std::vector<v1::WatchDeliveriesResponse>()> Once(std::vector<v1::WatchDeliveriesResponse> invitations) {
  return [left = std::make_shared<std::vector<v1::WatchDeliveriesResponse>>(std::move(invitations)),
          mutex = std::make_shared<absl::Mutex>()] {
    absl::MutexLock lock(mutex.get());
    return std::exchange(*left, {});
  };
}

Outcome Sent(const Message&) { return {Result::kSent, ""}; }

TEST(Deliverer, EachOutcomeIsReportedAndOtherMethodsAreLeftAlone) {
  Reports reports;
  v1::WatchDeliveriesResponse sms = Invitation(2, "+41791234567"), external = Invitation(5, "sent@x.y");
  sms.set_method(v1::METHOD_SMS);
  external.set_technician_id("~5-1");
  FakeDaemon daemon(
      {.report =
           [&](const v1::ReportDeliveryRequest& request, v1::ReportDeliveryResponse*) {
             reports.Add(request);
             return absl::OkStatus();
           },
       .deliveries = Once({Invitation(1, "sent@x.y"), sms, Invitation(3, "later@x.y"), Invitation(4, "never@x.y"), external})});
  const auto client = ClientOf(daemon.address());
  Running running(*client, [](const Message& message) -> Outcome {
    EXPECT_EQ(message.text, "Code: 493817");
    EXPECT_EQ(message.subject, "Invitation");
    if (message.address == "later@x.y") return {Result::kRetry, "451 busy"};
    if (message.address == "never@x.y") return {Result::kFailed, "554 blocked: https://x.y/493817 and 493817"};
    return {Result::kSent, ""};
  });
  const auto all = reports.Await(4);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].session_id(), 1u);
  EXPECT_EQ(all[0].state(), v1::DELIVERY_STATE_SENT);
  EXPECT_EQ(all[0].detail(), "");
  EXPECT_EQ(all[0].technician_id(), "");
  EXPECT_NE(all[0].request_id(), "");
  EXPECT_NE(all[0].request_id(), all[1].request_id());
  EXPECT_EQ(all[1].session_id(), 3u);
  EXPECT_EQ(all[1].state(), v1::DELIVERY_STATE_RETRY);
  EXPECT_EQ(all[1].detail(), "451 busy");
  EXPECT_EQ(all[2].session_id(), 4u);
  EXPECT_EQ(all[2].state(), v1::DELIVERY_STATE_FAILED);
  EXPECT_EQ(all[2].detail(), "554 blocked: https://x.y/? and ?") << "the code is the customer's alone";
  EXPECT_EQ(all[3].session_id(), 5u);
  EXPECT_EQ(all[3].technician_id(), "~5-1");
  running.Stop();
  EXPECT_EQ(running.AwaitEnd(), absl::OkStatus());
}

TEST(Deliverer, WhatHasExpiredMeanwhileIsNeitherSentNorReported) {
  Reports reports;
  v1::WatchDeliveriesResponse dead = Invitation(1, "sent@x.y");
  dead.mutable_expire_time()->set_seconds(1800000000);
  FakeDaemon daemon({.report =
                         [&](const v1::ReportDeliveryRequest& request, v1::ReportDeliveryResponse*) {
                           reports.Add(request);
                           return absl::OkStatus();
                         },
                     .deliveries = Once({dead, Invitation(2, "sent@x.y")})});
  const auto client = ClientOf(daemon.address());
  Running running(*client, Sent, {.min = absl::Milliseconds(1), .max = absl::Milliseconds(10)},
                  [] { return absl::FromUnixSeconds(1800000000); });
  EXPECT_EQ(reports.Await(1).front().session_id(), 2u);
  running.Stop();
  EXPECT_EQ(running.AwaitEnd(), absl::OkStatus());
}

TEST(Deliverer, AServerThatFailsIsNotHammered) {
  Reports reports;
  FakeDaemon daemon({.report =
                         [&](const v1::ReportDeliveryRequest& request, v1::ReportDeliveryResponse*) {
                           reports.Add(request);
                           return absl::OkStatus();
                         },
                     .deliveries = Once({Invitation(1, "a@x.y"), Invitation(2, "b@x.y")})});
  const auto client = ClientOf(daemon.address());
  std::atomic<int> tried = 0;
  Running running(*client,
                  [&](const Message&) -> Outcome {
                    ++tried;
                    return {Result::kRetry, "535 wrong password", /*of_server=*/true};
                  },
                  {.min = absl::Hours(1), .max = absl::Hours(1)});
  EXPECT_EQ(reports.Await(1).front().state(), v1::DELIVERY_STATE_RETRY);
  running.Stop();
  EXPECT_EQ(running.AwaitEnd(), absl::OkStatus());
  EXPECT_EQ(tried, 1);
}

TEST(Deliverer, AReportIsRepeatedUnchangedUntilTheDaemonTakesIt) {
  Reports reports;
  int calls = 0, sends = 0;
  FakeDaemon daemon({.report =
                         [&](const v1::ReportDeliveryRequest& request, v1::ReportDeliveryResponse*) {
                           reports.Add(request);
                           const absl::Status answers[] = {
                               absl::UnavailableError("draining"), absl::UnavailableError("draining"),
                               absl::ResourceExhaustedError("busy"), absl::DeadlineExceededError("slow")};
                           const int call = calls++;
                           return call < 4 ? answers[call] : absl::OkStatus();
                         },
                     .deliveries = Once({Invitation(1, "a@b.c"), Invitation(2, "a@b.c")})});
  const auto client = ClientOf(daemon.address());
  Running running(*client, [&](const Message& message) {
    ++sends;
    return Sent(message);
  });
  const auto all = reports.Await(6);
  for (int i = 1; i < 5; ++i) EXPECT_EQ(all[i].SerializeAsString(), all[0].SerializeAsString());
  EXPECT_EQ(all[5].session_id(), 2u);
  running.Stop();
  EXPECT_EQ(running.AwaitEnd(), absl::OkStatus());
  EXPECT_EQ(sends, 2) << "a message is not sent again for its report";
}

TEST(Deliverer, AReportThatTheDaemonRefusesConcernsThatInvitationOnly) {
  Reports reports;
  FakeDaemon daemon({.report = [&](const v1::ReportDeliveryRequest& request, v1::ReportDeliveryResponse*) -> absl::Status {
                       reports.Add(request);
                       if (request.session_id() == 1) return absl::NotFoundError("the session has ended");
                       if (request.session_id() == 2) return absl::InvalidArgumentError("state must be SENT or FAILED");
                       return absl::UnauthenticatedError("the key was revoked");
                     },
                     .deliveries = Once({Invitation(1, "a@b.c"), Invitation(2, "a@b.c"), Invitation(3, "a@b.c")})});
  const auto client = ClientOf(daemon.address());
  Running running(*client, Sent);
  EXPECT_TRUE(absl::IsUnauthenticated(running.AwaitEnd()));
  EXPECT_EQ(reports.Await(3).size(), 3u);
}

TEST(Deliverer, StopFinishesTheMessageInHand) {
  Reports reports;
  FakeDaemon daemon({.report =
                         [&](const v1::ReportDeliveryRequest& request, v1::ReportDeliveryResponse*) {
                           reports.Add(request);
                           return absl::OkStatus();
                         },
                     .deliveries =
                         [] {
                           return std::vector{Invitation(1, "a@b.c"), Invitation(2, "a@b.c")};
                         }});
  const auto client = ClientOf(daemon.address());
  absl::Notification in_hand, go_on;
  Running running(*client, [&](const Message& message) {
    in_hand.Notify();
    go_on.WaitForNotification();
    return Sent(message);
  });
  ASSERT_TRUE(in_hand.WaitForNotificationWithTimeout(kPatience));
  running.Stop();
  EXPECT_FALSE(running.ended());
  go_on.Notify();
  EXPECT_EQ(running.AwaitEnd(), absl::OkStatus());
  EXPECT_EQ(reports.Await(1).size(), 1u) << "and none of the next";
}

TEST(Deliverer, StopEndsAWaitForTheDaemon) {
  const MutePort nobody(/*listens=*/false);
  const auto client = ClientOf(nobody.address());
  Running running(*client, Sent, {.min = absl::Hours(1), .max = absl::Hours(1)});
  running.Stop();
  EXPECT_EQ(running.AwaitEnd(), absl::OkStatus());
}

TEST(Deliverer, TheIdOfAMessageIsThatOfItsInvitation) {
  const v1::WatchDeliveriesResponse first = Invitation(7, "a@b.c");
  const std::string id = mail::MessageOf(first).id;
  EXPECT_EQ(id.substr(0, 10), "guichet.7.");
  EXPECT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789."), std::string::npos) << id;
  v1::WatchDeliveriesResponse again = first;
  again.set_attempt(4);
  again.set_text("other words");
  again.set_code("111111");
  EXPECT_EQ(mail::MessageOf(again).id, id) << "no attempt, nothing secret";
  std::set<std::string> ids = {id};
  for (const auto change : {+[](v1::WatchDeliveriesResponse& i) { i.set_session_id(8); },
                            +[](v1::WatchDeliveriesResponse& i) { i.set_technician_id("~7-1"); },
                            +[](v1::WatchDeliveriesResponse& i) { i.set_address("a@b.d"); },
                            +[](v1::WatchDeliveriesResponse& i) { i.mutable_expire_time()->set_nanos(1000000); }}) {
    v1::WatchDeliveriesResponse other = first;
    change(other);
    EXPECT_TRUE(ids.insert(mail::MessageOf(other).id).second) << other.ShortDebugString();
  }
}

// A real daemon with an organization whose technician invites by e-mail.
class WithDaemon : public ::testing::Test {
 protected:
  WithDaemon() {
    acme.AddGroup("desk", {});
    acme.AddTechnician("ann", "desk");
  }
  uint64_t Invite(const std::string& address) {
    v1::CreateSessionRequest request;
    request.set_method(v1::METHOD_EMAIL);
    request.set_delivery_address(address);
    return wire::Must<v1::CreateSessionResponse>(acme.technician("ann"), request).session().session_id();
  }
  v1::Delivery Get(uint64_t session) {
    v1::GetSessionRequest request;
    request.set_session_id(session);
    return wire::Must<v1::GetSessionResponse>(acme.administrator(), request).session().delivery();
  }
  static bool Reported(const wire::QueueWatcher::View& view, uint64_t session) {
    const auto found = view.entries.find(session);
    return found != view.entries.end() && found->second.session().delivery().state() != v1::DELIVERY_STATE_REQUESTED;
  }

  wire::TestDaemon daemon;
  wire::Organization acme{daemon, "acme"};
};

TEST_F(WithDaemon, WhatWaitsAndWhatComesIsSentAndTechniciansSeeIt) {
  const uint64_t waits = Invite("waits@x.y"), refused = Invite("never@x.y");
  Running running(
      acme.integrator(),
      [](const Message& message) -> Outcome {
        if (message.address == "never@x.y") return {Result::kFailed, "550 no such mailbox"};
        return {Result::kSent, ""};
      },
      {}, [] { return absl::UnixEpoch(); });  // the daemon's clock is not the machine's
  wire::QueueWatcher queue(acme.technician("ann"), "ann");
  const uint64_t comes = Invite("comes@x.y");
  for (uint64_t session : {waits, refused, comes}) {
    queue.Await("report", [&](const wire::QueueWatcher::View& view) { return Reported(view, session); });
  }
  EXPECT_EQ(Get(waits).state(), v1::DELIVERY_STATE_SENT);
  EXPECT_EQ(Get(comes).state(), v1::DELIVERY_STATE_SENT);
  EXPECT_EQ(Get(refused).state(), v1::DELIVERY_STATE_FAILED);
  EXPECT_EQ(Get(refused).detail(), "550 no such mailbox");
  running.Stop();
  EXPECT_EQ(running.AwaitEnd(), absl::OkStatus()) << "also while it waits for the next";
}

TEST_F(WithDaemon, ATokenThatMayNotEndsIt) {
  EXPECT_TRUE(absl::IsPermissionDenied(Running(acme.technician("ann"), Sent).AwaitEnd()));
  const auto stranger = daemon.As("no-such-token");
  EXPECT_TRUE(absl::IsUnauthenticated(Running(*stranger, Sent).AwaitEnd()));
}

}  // namespace
}  // namespace guichet::mail_test

// Signals between the consoles of a session and its applet, through their attach streams.
#include "router/limits.h"
#include "tests/api/sessions.h"

namespace guichet::api_test {
namespace {

class Signals : public ::testing::Test {
 protected:
  Signals() {
    sessions.Attach(world.ann);
    sessions.Attach(world.bob);
    sessions.Attach(world.cid);
    session = sessions.Active(world.ann);
    Flush(device());
  }
  Console& ann() { return *sessions.consoles[0]; }
  Console& bob() { return *sessions.consoles[1]; }
  Console& cid() { return *sessions.consoles[2]; }
  Device& device() { return *sessions.devices.back(); }

  // bob is invited, and with `joins` collaborates.
  void Invite(bool joins) {
    auto request = World::On<pb::InviteTechnicianRequest>(session);
    request.set_invitee_technician_id("bob");
    world.Must<pb::InviteTechnicianResponse>(request, world.ann);
    if (joins) world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(session), world.bob);
  }
  pb::SignalRequest To(const std::function<void(pb::SignalRequest&)>& to, const std::string& payload = "v=0",
                       uint64_t reference = 7) {
    pb::SignalRequest signal;
    signal.set_session_id(session);
    signal.set_reference(reference);
    signal.set_type("offer");
    signal.set_payload(payload);
    to(signal);
    return signal;
  }
  static void ToDevice(pb::SignalRequest& signal) { signal.set_to_device(true); }
  static void ToAll(pb::SignalRequest& signal) { signal.set_to_all(true); }
  static std::function<void(pb::SignalRequest&)> ToTechnician(const std::string& id) {
    return [id](pb::SignalRequest& signal) { signal.set_to_technician_id(id); };
  }

  template <class Request, class Stream>
  void Send(Stream& stream, const pb::SignalRequest& signal) {
    Request request;
    *request.mutable_signal() = signal;
    stream.Send(request);
  }
  void Send(Console& console, const pb::SignalRequest& signal) { Send<pb::AttachConsoleRequest>(console, signal); }
  void Send(Device& from, const pb::SignalRequest& signal) { Send<pb::AttachRequest>(from, signal); }

  // Reads on until there is one.
  template <class Response, class Stream>
  static Response Until(Stream& stream, bool (Response::*has)() const) {
    Response response;
    while (stream.Read(&response)) {
      if ((response.*has)()) return response;
    }
    ADD_FAILURE() << "the stream has ended: " << stream.End();
    return {};
  }
  static pb::Signal Got(Console& c) { return Until(c, &pb::AttachConsoleResponse::has_signal).signal(); }
  static pb::Signal Got(Device& d) { return Until(d, &pb::AttachResponse::has_signal).signal(); }
  static pb::SignalResult Result(Console& c) { return Until(c, &pb::AttachConsoleResponse::has_signal_result).signal_result(); }
  static pb::SignalResult Result(Device& d) { return Until(d, &pb::AttachResponse::has_signal_result).signal_result(); }
  std::string Reason(Console& console, const pb::SignalRequest& signal) {
    Send(console, signal);
    return Result(console).reason();
  }
  std::string Reason(Device& from, const pb::SignalRequest& signal) {
    Send(from, signal);
    return Result(from).reason();
  }
  static void Flush(Device& d) { d.Beat(1); }

  World world;
  Sessions sessions{world};
  uint64_t session = 0;
};

TEST_F(Signals, GoBothWaysBetweenLeadAndApplet) {
  Send(ann(), To(ToDevice, std::string("v=0\0\xff", 5)));
  const pb::SignalResult result = Result(ann());
  EXPECT_EQ(result.reason(), "") << result.message();
  EXPECT_EQ(result.reference(), 7u);
  EXPECT_EQ(result.receivers(), 1u);
  const pb::Signal offer = Got(device());
  EXPECT_EQ(offer.session_id(), session);
  EXPECT_EQ(offer.from_technician_id(), "ann");
  EXPECT_EQ(offer.type(), "offer");
  EXPECT_EQ(offer.payload(), std::string("v=0\0\xff", 5));
  pb::SignalRequest back = To(ToTechnician("ann"), "answer");
  back.clear_session_id();
  Send(device(), back);
  EXPECT_EQ(Result(device()).receivers(), 1u);
  const pb::Signal answer = Got(ann());
  EXPECT_TRUE(answer.from_device());
  EXPECT_EQ(answer.payload(), "answer");
}

TEST_F(Signals, ToAllReachesEverybodyWhoTakesPartButTheSender) {
  Invite(true);
  Send(ann(), To(ToAll));
  EXPECT_EQ(Result(ann()).receivers(), 2u);
  EXPECT_EQ(Got(device()).from_technician_id(), "ann");
  EXPECT_EQ(Got(bob()).from_technician_id(), "ann");
  Send(device(), To(ToAll));
  EXPECT_EQ(Result(device()).receivers(), 2u);
  EXPECT_TRUE(Got(ann()).from_device());
  EXPECT_TRUE(Got(bob()).from_device());
  Send(bob(), To(ToTechnician("ann"), "between us"));
  EXPECT_EQ(Result(bob()).receivers(), 1u);
  EXPECT_EQ(Got(ann()).payload(), "between us");
}

TEST_F(Signals, ArriveInTheirOrder) {
  constexpr int kMany = 200;
  for (int i = 0; i < kMany; ++i) {
    Send(ann(), To(ToDevice, std::to_string(i), i));
    EXPECT_EQ(Result(ann()).reference(), static_cast<uint64_t>(i));
  }
  for (int i = 0; i < kMany; ++i) ASSERT_EQ(Got(device()).payload(), std::to_string(i));
}

TEST_F(Signals, AreRefusedForThoseWithoutTheRight) {
  EXPECT_EQ(Reason(cid(), To(ToDevice)), "NOT_IN_SESSION");
  EXPECT_EQ(Reason(ann(), To(ToTechnician("cid"))), "NOT_IN_SESSION");
  EXPECT_EQ(Reason(ann(), To(ToTechnician("ann"))), "NOT_IN_SESSION") << "not to oneself";
  Invite(false);
  EXPECT_EQ(Reason(bob(), To(ToDevice)), "WRONG_STATE") << "an invitee has not joined";
  EXPECT_EQ(Reason(ann(), To(ToTechnician("bob"))), "NOT_IN_SESSION");
  world.Must<pb::HoldSessionResponse>(World::On<pb::HoldSessionRequest>(session), world.ann);
  EXPECT_EQ(Reason(ann(), To(ToDevice)), "WRONG_STATE");
  EXPECT_EQ(Reason(device(), To(ToTechnician("ann"))), "WRONG_STATE");
  world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(session), world.ann);
  EXPECT_EQ(Reason(ann(), To(ToDevice)), "SESSION_NOT_FOUND");
  pb::SignalRequest elsewhere = To(ToDevice);
  elsewhere.set_session_id(99);
  EXPECT_EQ(Reason(ann(), elsewhere), "SESSION_NOT_FOUND");
}

TEST_F(Signals, TellWhoIsNotThere) {
  Invite(true);
  pb::AttachConsoleRequest out;
  out.mutable_sign_out();
  bob().Send(out);
  EXPECT_TRUE(bob().End().ok());
  EXPECT_EQ(Reason(ann(), To(ToTechnician("bob"))), "CONSOLE_NOT_ATTACHED");
  Send(ann(), To(ToAll));
  EXPECT_EQ(Result(ann()).receivers(), 1u) << "the device alone";
  world.Must<pb::RebootDeviceResponse>(World::On<pb::RebootDeviceRequest>(session), world.ann);
  EXPECT_EQ(Reason(ann(), To(ToDevice)), "WRONG_STATE");
}

// A stream that broke has the grace to come back; what is sent meanwhile reaches nobody, and the sender is told.
TEST_F(Signals, ABrokenStreamIsNoReceiver) {
  device().Cancel();
  EXPECT_FALSE(device().End().ok());
  std::string reason;
  do {
    reason = Reason(ann(), To(ToDevice));
  } while (reason.empty());  // until the daemon has heard of it
  EXPECT_EQ(reason, "LINK_NOT_ATTACHED");
  Send(ann(), To(ToAll));
  EXPECT_EQ(Result(ann()).receivers(), 0u);
}

TEST_F(Signals, HaveLimitsThatNameTheField) {
  const std::string most(router::kSignalPayloadBytes, 'x');
  Send(ann(), To(ToDevice, most));
  EXPECT_EQ(Result(ann()).reason(), "");
  EXPECT_EQ(Got(device()).payload().size(), most.size());
  Send(ann(), To(ToDevice, most + "x"));
  const pb::SignalResult over = Result(ann());
  EXPECT_EQ(over.reason(), "INVALID_FIELD");
  EXPECT_NE(over.message().find("signal.payload"), std::string::npos) << over.message();
  pb::SignalRequest bad = To(ToDevice);
  bad.set_type(std::string(router::kSignalTypeBytes, 't'));
  EXPECT_EQ(Reason(ann(), bad), "");
  bad.set_type(std::string(router::kSignalTypeBytes + 1, 't'));
  EXPECT_EQ(Reason(ann(), bad), "INVALID_FIELD");
  bad.clear_type();
  EXPECT_EQ(Reason(ann(), bad), "INVALID_FIELD");
  EXPECT_EQ(Reason(ann(), To([](pb::SignalRequest&) {})), "INVALID_FIELD") << "to nobody";
  EXPECT_EQ(Reason(device(), To(ToDevice)), "INVALID_FIELD");
  bad = To(ToDevice);
  bad.clear_session_id();
  EXPECT_EQ(Reason(ann(), bad), "INVALID_FIELD");
}

// A receiver that does not read fills its own queue: its senders are told, nothing is lost of what was accepted, and all others
// go on.
TEST_F(Signals, AReceiverThatDoesNotKeepUpHoldsItsSendersBack) {
  Invite(true);
  const std::string payload(router::kSignalPayloadBytes, 'x');
  size_t accepted = 0;
  pb::SignalResult result;
  do {
    Send(ann(), To(ToDevice, payload, accepted));
    result = Result(ann());
    accepted += result.reason().empty();
  } while (result.reason().empty() && accepted < 10000);
  EXPECT_EQ(result.reason(), "OVERLOADED") << accepted;
  EXPECT_GT(result.retry_delay().nanos() + result.retry_delay().seconds(), 0);
  EXPECT_GE(accepted, router::kSignalBytesQueued / router::kSignalPayloadBytes);
  EXPECT_EQ(Reason(ann(), To(ToAll)), "OVERLOADED") << "to all or to none";
  EXPECT_EQ(Reason(ann(), To(ToTechnician("bob"), "goes on")), "");
  EXPECT_EQ(Got(bob()).payload(), "goes on");
  for (size_t i = 0; i < accepted; ++i) ASSERT_EQ(Got(device()).payload().size(), payload.size()) << i;
  while (Reason(ann(), To(ToDevice, "again")) == "OVERLOADED") {
  }
  EXPECT_EQ(Got(device()).payload(), "again");
}

TEST_F(Signals, ASessionOfAnotherIdIsNoAppletsBusiness) {
  pb::SignalRequest other = To(ToAll);
  other.set_session_id(session + 1);
  Send(device(), other);
  EXPECT_EQ(device().End().fields, std::vector<std::string>{"signal.session_id"});
}

}  // namespace
}  // namespace guichet::api_test

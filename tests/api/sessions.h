// Sessions in every state that the tests of verbs need. Streams live as long as this object.
#pragma once

#include <memory>
#include <vector>

#include "tests/api/world.h"

namespace guichet::api_test {

class Sessions {
 public:
  explicit Sessions(World& world) : world_(world) {}

  void Attach(const std::string& technician_token) {
    consoles.push_back(std::make_unique<Console>(world_.client(), technician_token));
    consoles.back()->Hello();
  }
  Entered Waiting(const std::string& channel = "help") {
    Entered entered = world_.Enter(channel);
    devices.push_back(std::make_unique<Device>(world_.client(), entered.token));
    devices.back()->Hello();
    return entered;
  }
  uint64_t Active(const std::string& lead) {
    const uint64_t id = Waiting().id;
    world_.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(id), lead);
    return id;
  }
  uint64_t Held(const std::string& lead) {
    const uint64_t id = Active(lead);
    world_.Must<pb::HoldSessionResponse>(World::On<pb::HoldSessionRequest>(id), lead);
    return id;
  }
  uint64_t Transferred(const std::string& from, const std::string& to) {
    const uint64_t id = Active(from);
    auto request = World::On<pb::TransferSessionRequest>(id);
    request.mutable_to()->set_technician_id(to);
    world_.Must<pb::TransferSessionResponse>(request, from);
    return id;
  }
  uint64_t Invited(const std::string& lead, const std::string& technician) {
    const uint64_t id = Active(lead);
    auto request = World::On<pb::InviteTechnicianRequest>(id);
    request.set_invitee_technician_id(technician);
    world_.Must<pb::InviteTechnicianResponse>(request, lead);
    return id;
  }
  uint64_t Collaboration(const std::string& lead, const std::string& technician, const std::string& token) {
    const uint64_t id = Invited(lead, technician);
    world_.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(id), token);
    return id;
  }
  uint64_t Offered(const std::string& lead, const std::string& technician, const std::string& token) {
    const uint64_t id = Collaboration(lead, technician, token);
    auto request = World::On<pb::OfferLeadRequest>(id);
    request.set_collaborator_technician_id(technician);
    world_.Must<pb::OfferLeadResponse>(request, lead);
    return id;
  }
  // Offered to the technician by a channel of his own.
  uint64_t Routed(const std::string& technician) {
    pb::CreateChannelRequest request;
    request.mutable_channel()->set_channel_id("of-" + technician);
    request.mutable_channel()->add_technician_ids(technician);
    request.mutable_channel()->mutable_routing()->set_mode(pb::ROUTING_MODE_OFFER);
    world_.Must<pb::CreateChannelResponse>(request, world_.admin);
    return Waiting("of-" + technician).id;
  }
  // An invitation by e-mail, of the token's technician.
  uint64_t Mailed(const std::string& token) {
    pb::CreateSessionRequest request;
    request.set_method(pb::METHOD_EMAIL);
    request.set_delivery_address("mrs.lind@example.com");
    return world_.Must<pb::CreateSessionResponse>(request, token).session().session_id();
  }
  uint64_t WithActivity(const std::string& lead) {
    const uint64_t id = Active(lead);
    auto request = World::On<pb::RequestActivityRequest>(id);
    request.set_kind(pb::ACTIVITY_KIND_SCREENSHOT);
    EXPECT_EQ(world_.Must<pb::RequestActivityResponse>(request, lead).activity_id(), 1u);
    return id;
  }
  uint64_t Closed(const std::string& lead) {
    const uint64_t id = Active(lead);
    pb::AttachRequest end;
    end.mutable_end();
    devices.back()->Send(end);
    EXPECT_TRUE(devices.back()->End().ok());
    return id;
  }

  struct Enrolled {
    uint64_t id = 0;
    std::string token;  // of the computer
    uint64_t session = 0;
  };
  // Of a device with that id, by the token's technician, for a day; its session goes on.
  Enrolled Enroll(const std::string& lead, const std::string& device = "lathe",
                  const std::function<void(pb::AccessTerms&)>& terms = nullptr) {
    const auto made = world_.CreatePin(lead);
    pb::RedeemCodeRequest redeem;
    redeem.set_code(made.code());
    redeem.set_device_id(device);
    devices.push_back(
        std::make_unique<Device>(world_.client(), world_.Must<pb::RedeemCodeResponse>(redeem, "").device_token()));
    devices.back()->Hello();
    Enrolled enrolled;
    enrolled.session = made.session().session_id();
    world_.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(enrolled.session), lead);
    auto ask = World::On<pb::RequestActivityRequest>(enrolled.session);
    ask.set_kind(pb::ACTIVITY_KIND_UNATTENDED_ACCESS);
    ask.mutable_access()->mutable_validity()->set_seconds(86400);
    if (terms) terms(*ask.mutable_access());
    world_.Must<pb::RequestActivityResponse>(ask, lead);
    pb::AttachRequest agree;
    agree.mutable_activity()->set_activity_id(1);
    agree.mutable_activity()->set_granted(true);
    devices.back()->Send(agree);
    pb::AttachResponse answer;
    while (!answer.has_enrolled() && devices.back()->Read(&answer)) {
    }
    enrolled.id = answer.enrolled().computer_id();
    enrolled.token = answer.enrolled().computer_token();
    return enrolled;
  }
  // A session of the technician's that monitors the other; started.
  uint64_t Monitoring(const std::string& technician, const std::string& monitored) {
    pb::CreateSessionRequest monitor;
    monitor.set_method(pb::METHOD_MONITORING);
    monitor.set_technician_id(technician);
    monitor.set_monitored_technician_id(monitored);
    const uint64_t id = world_.Must<pb::CreateSessionResponse>(monitor, world_.admin).session().session_id();
    world_.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(id, technician), world_.admin);
    return id;
  }

  std::vector<std::unique_ptr<Console>> consoles;
  std::vector<std::unique_ptr<Device>> devices;

 private:
  World& world_;
};

}  // namespace guichet::api_test

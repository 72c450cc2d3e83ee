#include "tools/demo/scenes.h"

#include "absl/strings/str_cat.h"

namespace guichet::demo {
namespace {

using Random = std::mt19937_64;

constexpr size_t kAnn = 0;
constexpr size_t kBob = 1;
constexpr size_t kCleo = 2;

std::string SomeName(Random& random) {
  static constexpr const char* kNames[] = {"Mrs Lind",  "Mr Okoro",  "Ms Silva", "Mr Tanaka",
                                           "Mrs Weiss", "Ms Haddad", "Mr Novak"};
  return kNames[random() % std::size(kNames)];
}

// A customer with a PIN or link for `console`, attached and started: the console sees ACTIVE.
absl::Status BeginPrivate(Stage& stage, Random& random, Console& console, v1::Method method, Customer& customer,
                          const std::string& name) {
  auto code = stage.MakeCode(console, method, name);
  if (!code.ok()) return code.status();
  stage.Think(random);
  DEMO_TRY(customer.Redeem(*code));
  DEMO_TRY(customer.Attach());
  DEMO_TRY(console.Await(customer.session_id(), v1::ENTRY_STATE_WAITING));
  stage.Think(random);
  DEMO_TRY(console.Start(customer.session_id()));
  DEMO_TRY(console.Await(customer.session_id(), v1::ENTRY_STATE_ACTIVE));
  stage.Think(random);
  return absl::OkStatus();
}

absl::Status BeginChannel(Stage& stage, Random& random, Console& console, Customer& customer) {
  DEMO_TRY(customer.Enter(stage.options().organization_id, stage.options().channel_id));
  DEMO_TRY(customer.Attach());
  DEMO_TRY(console.Await(customer.session_id(), v1::ENTRY_STATE_WAITING));
  stage.Think(random);
  return absl::OkStatus();
}

// The lead ends it for everybody.
absl::Status EndByTechnician(Stage& stage, Console& console, Customer& customer) {
  DEMO_TRY(console.End(customer.session_id()));
  DEMO_TRY(console.Await(customer.session_id(), v1::ENTRY_STATE_REMOVED));
  DEMO_TRY(customer.AwaitEnded());
  return stage.ExpectOutcome(customer.session_id(), v1::OUTCOME_CLOSED_BY_TECHNICIAN);
}

// The customer ends it; the lead sees CLOSED and dismisses it.
absl::Status EndByCustomer(Stage& stage, Random& random, Console& console, Customer& customer) {
  DEMO_TRY(customer.End());
  DEMO_TRY(console.Await(customer.session_id(), v1::ENTRY_STATE_CLOSED));
  stage.Think(random);
  DEMO_TRY(console.End(customer.session_id()));
  DEMO_TRY(console.Await(customer.session_id(), v1::ENTRY_STATE_REMOVED));
  return stage.ExpectOutcome(customer.session_id(), v1::OUTCOME_CLOSED_BY_CUSTOMER);
}

absl::Status HoldAndResume(Stage& stage, Random& random) {
  Console& ann = stage.console(kAnn);
  const std::string name = SomeName(random);
  Customer customer(stage.public_client(), name);
  DEMO_TRY(BeginPrivate(stage, random, ann, v1::METHOD_PIN, customer, name));
  DEMO_TRY(ann.Hold(customer.session_id()));
  DEMO_TRY(ann.Await(customer.session_id(), v1::ENTRY_STATE_HOLD));
  stage.Think(random);
  DEMO_TRY(ann.Start(customer.session_id()));
  DEMO_TRY(ann.Await(customer.session_id(), v1::ENTRY_STATE_ACTIVE));
  stage.Think(random);
  return EndByTechnician(stage, ann, customer);
}

absl::Status TransferToTechnician(Stage& stage, Random& random) {
  Console& ann = stage.console(kAnn);
  Console& bob = stage.console(kBob);
  const std::string name = SomeName(random);
  Customer customer(stage.public_client(), name);
  DEMO_TRY(BeginPrivate(stage, random, ann, v1::METHOD_LINK, customer, name));
  const uint64_t id = customer.session_id();
  v1::TransferSessionRequest transfer;
  transfer.mutable_to()->set_technician_id(bob.technician_id());
  transfer.set_comment("needs somebody who knows printers");
  DEMO_TRY(ann.Do<v1::TransferSessionResponse>(id, transfer));
  DEMO_TRY(ann.Await(id, v1::ENTRY_STATE_OUTGOING));
  DEMO_TRY(bob.Await(id, v1::ENTRY_STATE_INCOMING));
  stage.Think(random);
  DEMO_TRY(bob.Start(id));
  DEMO_TRY(bob.Await(id, v1::ENTRY_STATE_ACTIVE));
  DEMO_TRY(ann.Await(id, v1::ENTRY_STATE_REMOVED));
  stage.Think(random);
  return EndByCustomer(stage, random, bob, customer);
}

absl::Status TransferToGroupTwice(Stage& stage, Random& random) {
  Console& ann = stage.console(kAnn);
  Console& bob = stage.console(kBob);
  const std::string name = SomeName(random);
  Customer customer(stage.public_client(), name);
  DEMO_TRY(BeginPrivate(stage, random, ann, v1::METHOD_PIN, customer, name));
  const uint64_t id = customer.session_id();
  v1::TransferSessionRequest transfer;
  transfer.mutable_to()->set_group_id(bob.group_id());
  DEMO_TRY(ann.Do<v1::TransferSessionResponse>(id, transfer));
  DEMO_TRY(bob.Await(id, v1::ENTRY_STATE_INCOMING));
  stage.Think(random);
  DEMO_TRY(ann.Do<v1::CancelTransferResponse>(id, v1::CancelTransferRequest()));
  DEMO_TRY(ann.Await(id, v1::ENTRY_STATE_ACTIVE));
  DEMO_TRY(bob.Await(id, v1::ENTRY_STATE_REMOVED));
  stage.Think(random);
  DEMO_TRY(ann.Do<v1::TransferSessionResponse>(id, transfer));
  DEMO_TRY(bob.Await(id, v1::ENTRY_STATE_INCOMING));
  stage.Think(random);
  DEMO_TRY(bob.Start(id));
  DEMO_TRY(bob.Await(id, v1::ENTRY_STATE_ACTIVE));
  stage.Think(random);
  return EndByTechnician(stage, bob, customer);
}

absl::Status CollaborateAndHandOver(Stage& stage, Random& random) {
  Console& ann = stage.console(kAnn);
  Console& bob = stage.console(kBob);
  const std::string name = SomeName(random);
  Customer customer(stage.public_client(), name);
  DEMO_TRY(BeginPrivate(stage, random, ann, v1::METHOD_PIN, customer, name));
  const uint64_t id = customer.session_id();
  v1::InviteTechnicianRequest invite;
  invite.set_invitee_technician_id(bob.technician_id());
  DEMO_TRY(ann.Do<v1::InviteTechnicianResponse>(id, invite));
  DEMO_TRY(bob.Await(id, v1::ENTRY_STATE_INVITATION));
  stage.Think(random);
  DEMO_TRY(bob.Start(id));
  DEMO_TRY(bob.Await(id, v1::ENTRY_STATE_COLLABORATION));
  stage.Think(random);
  v1::OfferLeadRequest offer;
  offer.set_collaborator_technician_id(bob.technician_id());
  DEMO_TRY(ann.Do<v1::OfferLeadResponse>(id, offer));
  stage.Think(random);
  DEMO_TRY(bob.Do<v1::AcceptLeadResponse>(id, v1::AcceptLeadRequest()));
  DEMO_TRY(bob.Await(id, v1::ENTRY_STATE_ACTIVE));
  DEMO_TRY(ann.Await(id, v1::ENTRY_STATE_COLLABORATION));
  stage.Think(random);
  DEMO_TRY(EndByTechnician(stage, bob, customer));
  DEMO_TRY(ann.Await(id, v1::ENTRY_STATE_CLOSED));
  DEMO_TRY(ann.End(id));
  return ann.Await(id, v1::ENTRY_STATE_REMOVED);
}

absl::Status Reboot(Stage& stage, Random& random) {
  Console& cleo = stage.console(kCleo);
  const std::string name = SomeName(random);
  Customer customer(stage.public_client(), name);
  DEMO_TRY(BeginPrivate(stage, random, cleo, v1::METHOD_PIN, customer, name));
  const uint64_t id = customer.session_id();
  v1::RebootDeviceRequest reboot;
  reboot.set_kind(v1::REBOOT_KIND_SAFE_MODE);
  DEMO_TRY(cleo.Do<v1::RebootDeviceResponse>(id, reboot));
  DEMO_TRY(customer.AwaitRebootOrder());
  customer.Vanish();
  DEMO_TRY(cleo.Await(id, v1::ENTRY_STATE_REBOOTING));
  stage.Think(random);
  DEMO_TRY(customer.Attach());
  DEMO_TRY(cleo.Await(id, v1::ENTRY_STATE_ACTIVE));
  stage.Think(random);
  return EndByTechnician(stage, cleo, customer);
}

absl::Status VanishAndReturn(Stage& stage, Random& random) {
  Console& cleo = stage.console(kCleo);
  const std::string name = SomeName(random);
  Customer customer(stage.public_client(), name);
  DEMO_TRY(BeginPrivate(stage, random, cleo, v1::METHOD_PIN, customer, name));
  customer.Vanish();
  DEMO_TRY(cleo.Await(customer.session_id(), v1::ENTRY_STATE_RECONNECTING, customer.grace() + kPatience));
  stage.Think(random);
  DEMO_TRY(customer.Attach());
  DEMO_TRY(cleo.Await(customer.session_id(), v1::ENTRY_STATE_ACTIVE));
  stage.Think(random);
  return EndByCustomer(stage, random, cleo, customer);
}

absl::Status ChannelCase(Stage& stage, Random& random) {
  Console& bob = stage.console(kBob);
  Customer customer(stage.public_client(), SomeName(random));
  DEMO_TRY(BeginChannel(stage, random, bob, customer));
  DEMO_TRY(bob.Start(customer.session_id()));
  DEMO_TRY(bob.Await(customer.session_id(), v1::ENTRY_STATE_ACTIVE));
  DEMO_TRY(stage.console(kAnn).Await(customer.session_id(), v1::ENTRY_STATE_REMOVED));
  stage.Think(random);
  return EndByCustomer(stage, random, bob, customer);
}

absl::Status ImpatientCustomer(Stage& stage, Random& random) {
  Console& bob = stage.console(kBob);
  Customer customer(stage.public_client(), SomeName(random));
  DEMO_TRY(BeginChannel(stage, random, bob, customer));
  DEMO_TRY(customer.End());
  DEMO_TRY(bob.Await(customer.session_id(), v1::ENTRY_STATE_REMOVED));
  return stage.ExpectOutcome(customer.session_id(), v1::OUTCOME_CLOSED_BY_WAITING_CUSTOMER);
}

}  // namespace

std::vector<std::vector<Scene>> Programme(const Stage& stage) {
  std::vector<std::vector<Scene>> lanes = {
      {{"a device vanishes and returns", VanishAndReturn}},
      {{"hold and resume", HoldAndResume},
       {"transfer to a technician", TransferToTechnician},
       {"transfer to a group, cancelled, sent again", TransferToGroupTwice}},
      {{"collaboration and hand-over of the lead", CollaborateAndHandOver}, {"reboot into safe mode", Reboot}},
  };
  if (!stage.options().channel_id.empty()) {
    lanes.push_back({{"a customer of the channel", ChannelCase}, {"an impatient customer of the channel", ImpatientCustomer}});
  }
  return lanes;
}

}  // namespace guichet::demo

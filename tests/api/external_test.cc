// External technicians over the API: from the invitation to the end, what they may call, and what their going leaves behind.
#include <set>

#include "router/limits.h"
#include "tests/api/raw_call.h"
#include "tests/api/sessions.h"
#include "tests/api/tenants_fixture.h"

namespace guichet::api_test {
namespace {

using std::chrono::minutes;

class External : public ::testing::Test {
 protected:
  External() {
    world.PermitAll();
    session = sessions.Active(world.ann);
  }
  pb::InviteExternalRequest Invitation() const {
    auto request = World::On<pb::InviteExternalRequest>(session);
    request.set_name("Olga of Printer Inc");
    return request;
  }
  pb::InviteExternalResponse Invite() { return world.Must<pb::InviteExternalResponse>(Invitation(), world.ann); }
  Answer<pb::RedeemInvitationResponse> Redeem(const std::string& code, const std::string& request_id = "") {
    pb::RedeemInvitationRequest request;
    request.set_code(code);
    request.set_request_id(request_id);
    return world.Call<pb::RedeemInvitationResponse>(request, "");
  }
  // Invited, with his token, attached and in the session.
  std::string Come() {
    const std::string token = Redeem(Invite().code()).response.token();
    sessions.Attach(token);
    world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(session), token);
    return token;
  }

  World world;
  Sessions sessions{world};
  uint64_t session = 0;
};

TEST_F(External, IsInvitedByPinRedeemsOnceAndCollaborates) {
  const auto invited = Invite();
  EXPECT_EQ(invited.code().size(), 6u);
  EXPECT_EQ(invited.link(), "");
  EXPECT_EQ(invited.session().participants(1).external_name(), "Olga of Printer Inc");
  EXPECT_EQ(invited.session().participants(1).technician_id(), invited.technician_id());
  const auto redeemed = Redeem(" " + invited.code().substr(0, 3) + "-" + invited.code().substr(3));
  ASSERT_TRUE(redeemed.ok()) << redeemed.outcome;
  EXPECT_EQ(redeemed.response.organization_id(), "acme");
  EXPECT_EQ(redeemed.response.session_id(), session);
  EXPECT_EQ(redeemed.response.technician_id(), invited.technician_id());
  EXPECT_EQ(Redeem(invited.code()).outcome.reason, "CODE_NOT_FOUND");
  const auto who = world.Must<pb::GetPrincipalResponse>(pb::GetPrincipalRequest(), redeemed.response.token());
  EXPECT_EQ(who.role(), pb::ROLE_EXTERNAL);
  EXPECT_EQ(who.permissions_size(), 16) << "of those that his lead has";
  sessions.Attach(redeemed.response.token());
  const auto started =
      world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(session), redeemed.response.token());
  EXPECT_EQ(started.session().participants(1).role(), pb::Participant::ROLE_COLLABORATOR);
}

TEST_F(External, ByLinkAndAgainWithTheSameRequestId) {
  auto request = Invitation();
  request.set_method(pb::METHOD_LINK);
  const auto invited = world.Must<pb::InviteExternalResponse>(request, world.ann);
  EXPECT_EQ(invited.link(), "https://support.example/invitation/" + invited.code());
  const auto first = Redeem(invited.code(), "once");
  ASSERT_TRUE(first.ok()) << first.outcome;
  EXPECT_EQ(Redeem(invited.code(), "once").response.token(), first.response.token());
  EXPECT_EQ(Redeem(invited.code(), "twice").outcome.reason, "CODE_NOT_FOUND");
}

TEST_F(External, BadInvitationsNameTheField) {
  auto request = Invitation();
  request.clear_name();
  EXPECT_EQ(world.Call<pb::InviteExternalResponse>(request, world.ann).outcome.metadata["field"], "name");
  request = Invitation();
  request.set_address("not an address");
  EXPECT_EQ(world.Call<pb::InviteExternalResponse>(request, world.ann).outcome.metadata["field"], "address");
  request = Invitation();
  request.set_method(pb::METHOD_SMS);
  EXPECT_EQ(world.Call<pb::InviteExternalResponse>(request, world.ann).outcome.metadata["field"], "method");
  EXPECT_EQ(Redeem("").outcome.metadata["field"], "code");
  EXPECT_EQ(Redeem(std::string(65, 'x')).outcome.metadata["field"], "code");
}

// A code leads only where it was made for.
TEST_F(External, CodesOfCustomersAndOfExternalsAreNotMixedUp) {
  const auto customer = world.CreatePin(world.ann);
  EXPECT_EQ(Redeem(customer.code()).outcome.reason, "CODE_NOT_FOUND");
  pb::RedeemCodeRequest redeem;
  redeem.set_code(Invite().code());
  redeem.set_device_id("d");
  EXPECT_EQ(world.Call<pb::RedeemCodeResponse>(redeem, "").outcome.reason, "CODE_NOT_FOUND");
}

TEST_F(External, WrongCodesAreCounted) {
  std::string wrong = Invite().code();
  wrong[0] = wrong[0] == '9' ? '0' : static_cast<char>(wrong[0] + 1);
  std::string reason;
  for (size_t i = 0; i <= router::kGuessesPerPeer && reason != "TOO_MANY_GUESSES"; ++i) reason = Redeem(wrong).outcome.reason;
  EXPECT_EQ(reason, "TOO_MANY_GUESSES");
}

TEST_F(External, AnInvitationExpires) {
  const auto invited = Invite();
  world.daemon.clock().Advance(minutes(20));
  EXPECT_EQ(Redeem(invited.code()).outcome.reason, "CODE_NOT_FOUND");
  EXPECT_EQ(world.Get(session).participants_size(), 1);
}

TEST_F(External, IsInNoListOfTechnicians) {
  Come();
  const auto list = world.Must<pb::ListTechniciansResponse>(pb::ListTechniciansRequest(), world.admin);
  EXPECT_EQ(list.technicians_size(), 3);
  for (const pb::Technician& technician : list.technicians()) EXPECT_NE(technician.technician_id()[0], '~');
}

TEST_F(External, HisTokenGoesWithHisPart) {
  const auto gone = [&](const std::string& token) {
    return world.Call<pb::GetPrincipalResponse>(pb::GetPrincipalRequest(), token).outcome.reason == "UNAUTHENTICATED";
  };
  std::string token = Come();
  EXPECT_FALSE(gone(token));
  world.Must<pb::LeaveSessionResponse>(World::On<pb::LeaveSessionRequest>(session), token);
  EXPECT_TRUE(gone(token));
  EXPECT_FALSE(sessions.consoles.back()->End().ok());
  token = Come();
  auto remove = World::On<pb::RemoveTechnicianRequest>(session);
  remove.set_removed_technician_id(world.Get(session).participants(1).technician_id());
  world.Must<pb::RemoveTechnicianResponse>(remove, world.ann);
  EXPECT_TRUE(gone(token));
  token = Come();
  world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(session), world.ann);
  EXPECT_TRUE(gone(token));
}

// Not whether there is, or was, another session.
TEST_F(External, LearnsNothingOfOtherSessions) {
  const uint64_t ended = sessions.Active(world.ann);
  world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(ended), world.ann);
  const uint64_t live = sessions.Waiting().id;
  const std::string token = Come();
  for (uint64_t id : {ended, live, uint64_t{999}}) {
    SCOPED_TRACE(id);
    const Outcome start = world.Call<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(id), token).outcome;
    EXPECT_EQ(start.reason, "SESSION_NOT_FOUND") << start;
    pb::GetSessionRequest get;
    get.set_session_id(id);
    EXPECT_EQ(world.Call<pb::GetSessionResponse>(get, token).outcome.reason, "SESSION_NOT_FOUND");
    pb::AttachConsoleRequest signal;
    signal.mutable_signal()->set_session_id(id);
    signal.mutable_signal()->set_to_device(true);
    signal.mutable_signal()->set_type("offer");
    sessions.consoles.back()->Send(signal);
    pb::AttachConsoleResponse answer;
    while (!answer.has_signal_result() && sessions.consoles.back()->Read(&answer)) {
    }
    EXPECT_EQ(answer.signal_result().reason(), "SESSION_NOT_FOUND");
  }
}

TEST_F(External, MayNameHimself) {
  const auto redeemed = Redeem(Invite().code()).response;
  sessions.Attach(redeemed.token());
  const auto start = World::On<pb::StartSessionRequest>(session, redeemed.technician_id());
  EXPECT_TRUE(world.Call<pb::StartSessionResponse>(start, redeemed.token()).ok());
}

TEST_F(External, TwoMayUseTheSameRequestId) {
  EXPECT_TRUE(Redeem(Invite().code(), "1").ok());
  EXPECT_TRUE(Redeem(Invite().code(), "1").ok());
}

TEST_F(External, AndAfterARestartHeIsStillThere) {
  const std::string token = Come();
  const auto open = Invite();
  world.daemon.Restart();
  EXPECT_EQ(world.Must<pb::GetPrincipalResponse>(pb::GetPrincipalRequest(), token).role(), pb::ROLE_EXTERNAL);
  EXPECT_TRUE(Redeem(open.code()).ok()) << "the code lives on";
}

TEST_F(External, OnlyApprovedOnesWhereTheGroupAsksForIt) {
  pb::UpdateGroupRequest group;
  group.mutable_group()->set_group_id("desk");
  group.mutable_group()->mutable_settings()->set_approved_externals_only(true);
  world.Must<pb::UpdateGroupResponse>(group, world.admin);
  auto request = Invitation();
  EXPECT_EQ(world.Call<pb::InviteExternalResponse>(request, world.ann).outcome.reason, "NOT_APPROVED");
  request.set_address("Olga@Partner.example");
  EXPECT_EQ(world.Call<pb::InviteExternalResponse>(request, world.ann).outcome.reason, "NOT_APPROVED");
  pb::UpdateOrganizationRequest approve;
  approve.mutable_organization()->add_approved_externals("@PARTNER.example");
  const auto approved = world.Must<pb::UpdateOrganizationResponse>(approve, world.admin);
  EXPECT_EQ(approved.organization().approved_externals(0), "@partner.example");
  EXPECT_GT(approved.organization().priority_step().seconds(), 0) << "what the mask does not name stays";
  EXPECT_TRUE(world.Call<pb::InviteExternalResponse>(request, world.ann).ok());
  approve.mutable_organization()->set_approved_externals(0, "partner");
  EXPECT_EQ(world.Call<pb::UpdateOrganizationResponse>(approve, world.admin).outcome.metadata["field"],
            "organization.approved_externals[0]");
}

// Every rpc of the API with the token of an external technician, about things that are there: nothing succeeds but what is his.
class ExternalWalk : public Tenants {};
TEST_F(ExternalWalk, MayCallNothingThatIsNotHis) {
  const Place place = ours.Prepare(State::kExternal);
  pb::RedeemInvitationRequest redeem;
  redeem.set_code(place.names.code);
  const auto redeemed = daemon.client().Call<pb::RedeemInvitationResponse>(redeem, "");
  ASSERT_TRUE(redeemed.ok()) << redeemed.outcome;
  const std::string bearer = "Bearer " + redeemed.response.token();
  const std::set<std::string> without_credential = {"RedeemCode", "RedeemInvitation", "GetForm", "SubmitForm"};
  const std::set<std::string> own = {"GetPrincipal", "AttachConsole"};
  size_t walked = 0;
  for (const Row& row : Rows()) {
    if (without_credential.contains(row.rpc->name()) || own.contains(row.rpc->name())) continue;
    const Heard heard = Ask(row, ours.names(), bearer);
    EXPECT_TRUE(Refused(row, heard) || heard.status.error_code() == grpc::NOT_FOUND)
        << row.Name() << ": " << Text(*row.rpc, heard);
    ++walked;
  }
  EXPECT_GT(walked, 60u);
}

}  // namespace
}  // namespace guichet::api_test

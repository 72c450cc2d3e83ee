#include "tests/api/tenants.h"

#include "tests/api/raw_call.h"
#include "tests/api/world.h"

namespace guichet::api_test {
namespace {

Names NamesOf(const std::string& home, const std::string& prefix, const std::string& text) {
  Names names;
  names.home = home;
  names.organization = home;
  names.group = prefix + "desk";
  names.technician = prefix + "bob";
  names.self = prefix + "ann";
  names.boss = prefix + "boss";
  names.channel = prefix + "help";
  names.fresh = prefix + "fresh";
  names.doomed = prefix + "doomed";
  names.tracking = prefix + "tracking";
  names.device = prefix + "device";
  names.text = text;
  return names;
}

}  // namespace

template <class Request, class Response>
void Tenant::Act(uint64_t session, const std::string& technician, const std::function<void(Request&)>& fill) const {
  auto request = World::On<Request>(session, technician);
  if (fill) fill(request);
  Do<Response>(request);
}

Tenant::Tenant(TestDaemon& daemon, const std::string& id, const std::string& mark)
    : client_(daemon.client()), id_(id), mark_(mark) {
  admin_ = Keep(MakeOrganization(client_, id));
  pb::UpdateOrganizationRequest organization;
  organization.mutable_organization()->set_display_name(Mark("organization"));
  Do<pb::UpdateOrganizationResponse>(organization);
  integrator_ = AddKey("integrator", pb::ROLE_INTEGRATOR);
  names_ = Fill(NamesOf(id, "", Mark("said so")));
  device_token_ = places_.front().token;
}

Names Tenant::AddOnly(const std::string& prefix) {
  Names names = Fill(NamesOf(id_, prefix, Mark("said so")));
  pb::CreateGroupRequest group;
  group.mutable_group()->set_group_id(names.fresh);
  Do<pb::CreateGroupResponse>(group);
  AddTechnician(names.fresh, names.group);
  AddKey(names.fresh, pb::ROLE_INTEGRATOR);
  pb::CreateChannelRequest channel;
  channel.mutable_channel()->set_channel_id(names.fresh);
  Do<pb::CreateChannelResponse>(channel);
  return names;
}

void Tenant::AddSessions(int count) {
  pb::CreateSessionRequest request;
  request.set_technician_id(names_.self);
  request.set_name(Mark("one of many"));
  for (int i = 0; i < count; ++i) Do<pb::CreateSessionResponse>(request);
}

Names Tenant::Fill(Names names) {
  for (const std::string& id : {names.group, names.doomed}) {
    pb::CreateGroupRequest group;
    group.mutable_group()->set_group_id(id);
    group.mutable_group()->set_display_name(Mark("group"));
    group.mutable_group()->mutable_settings()->set_terms(Mark("terms"));
    Do<pb::CreateGroupResponse>(group);
  }
  AddTechnician(names.self, names.group);
  AddTechnician(names.technician, names.group);
  AddTechnician(names.boss, names.group, true);
  AddTechnician(names.doomed, names.group);
  AddKey(names.doomed, pb::ROLE_INTEGRATOR);
  for (const std::string& id : {names.channel, names.doomed}) {
    pb::CreateChannelRequest channel;
    channel.mutable_channel()->set_channel_id(id);
    channel.mutable_channel()->set_display_name(Mark("channel"));
    if (id != names.doomed) channel.mutable_channel()->add_group_ids(names.group);
    Do<pb::CreateChannelResponse>(channel);
  }
  pb::SetStatusRequest away;
  away.set_technician_id(names.doomed);
  away.set_status(pb::TECHNICIAN_STATUS_AWAY);
  away.set_reason(Mark("reason"));
  Do<pb::SetStatusResponse>(away);

  Place active = Prepare(State::kActive, names);
  names.session = active.names.session;
  places_.push_back(std::move(active));
  Place transferred = Prepare(State::kTransferred, names);
  places_.push_back(std::move(transferred));

  // One that ended, on the device and with the tracking id of the names, and one that lives.
  for (bool ends : {true, false}) {
    pb::CreateSessionRequest create;
    create.set_technician_id(names.self);
    create.set_tracking_id(names.tracking);
    const auto made = Do<pb::CreateSessionResponse>(create);
    pb::RedeemCodeRequest redeem;
    redeem.set_code(made.code());
    redeem.set_device_id(names.device);
    redeem.set_platform(Mark("platform"));
    Keep(Must<pb::RedeemCodeResponse>(client_, redeem, "").device_token());
    if (ends) Act<pb::EndSessionRequest, pb::EndSessionResponse>(made.session().session_id(), names.self);
  }
  // A link that is dead, as its session ended.
  pb::CreateSessionRequest link;
  link.set_method(pb::METHOD_LINK);
  link.set_technician_id(names.self);
  const auto made = Do<pb::CreateSessionResponse>(link);
  names.code = made.code();
  Act<pb::EndSessionRequest, pb::EndSessionResponse>(made.session().session_id(), names.self);
  return names;
}

std::string Tenant::AddTechnician(const std::string& id, const std::string& group, bool administrator) {
  pb::CreateTechnicianRequest technician;
  technician.mutable_technician()->set_technician_id(id);
  technician.mutable_technician()->set_display_name(Mark("technician"));
  technician.mutable_technician()->set_group_id(group);
  technician.mutable_technician()->set_administrator(administrator);
  Do<pb::CreateTechnicianResponse>(technician);
  keys_[id] = AddKey("key-" + id, pb::ROLE_TECHNICIAN, id);
  consoles_.push_back(std::make_unique<Console>(client_, keys_[id]));
  consoles_.back()->Hello();
  return keys_[id];
}

std::string Tenant::AddKey(const std::string& id, pb::Role role, const std::string& technician, Time expires) {
  pb::CreateApiKeyRequest request;
  request.mutable_api_key()->set_key_id(id);
  request.mutable_api_key()->set_role(role);
  request.mutable_api_key()->set_technician_id(technician);
  if (expires != kNoTime) {
    const int64_t ms = expires.time_since_epoch().count();
    request.mutable_api_key()->mutable_expire_time()->set_seconds(ms / 1000);
    request.mutable_api_key()->mutable_expire_time()->set_nanos(static_cast<int32_t>(ms % 1000) * 1000000);
  }
  return Keep(Do<pb::CreateApiKeyResponse>(request).token());
}

std::string Tenant::Keep(const std::string& token) {
  secrets_.push_back(token.substr(token.rfind('_') + 1));
  return token;
}

std::string Tenant::Token(char column) const {
  switch (column) {
    case 'D':
      return device_token_;
    case 'T':
      return keys_.at(names_.self);
    case 'I':
      return integrator_;
    case 'A':
      return admin_;
    case 'M':
      return keys_.at(names_.boss);
    case 'O':
      return kOperatorToken;
    case 'N':
      return "";
  }
  ADD_FAILURE() << "column '" << column << "' of rpc_table.cc has no credential: add one to Tenant::Token";
  return "";
}

std::string Tenant::Authorization(char column, const Place* place) const {
  return Bearer(column == 'D' && place != nullptr && !place->token.empty() ? place->token : Token(column));
}

Place Tenant::Prepare(State state, const Names& names) {
  Place place{names, "", nullptr};
  if (state == State::kAny) return place;
  pb::CreateSessionRequest create;
  create.set_name(Mark("customer"));
  for (int i = 1; i <= 5; ++i) create.add_custom_fields(Mark("field " + std::to_string(i)));
  create.set_tracking_id(Mark("tracking"));
  create.set_language(Mark("language"));
  if (state == State::kCode) {
    create.set_technician_id(names.self);
  } else {
    create.set_method(pb::METHOD_CHANNEL_FORM);
    create.set_channel_id(names.channel);
  }
  const auto made = Do<pb::CreateSessionResponse>(create);
  const uint64_t id = made.session().session_id();
  place.names.session = std::to_string(id);
  if (state == State::kCode) place.names.code = made.code();
  if (state == State::kCode) return place;
  place.token = Keep(made.device_token());
  if (state == State::kTerms) return place;

  place.device = std::make_unique<Device>(client_, place.token);
  EXPECT_NE(place.device->Hello().terms(), "");
  pb::AttachRequest accept;
  accept.mutable_terms()->set_accepted(true);
  place.device->Send(accept);
  pb::AttachResponse answer;
  while (answer.state().phase() != pb::CustomerView::PHASE_WAITING && place.device->Read(&answer)) {
  }
  if (state == State::kWaiting) return place;
  const bool of_self = state == State::kActive || state == State::kTransferred || state == State::kTogether;
  const std::string& lead = of_self ? names.self : names.technician;
  const std::string& other = of_self ? names.technician : names.self;
  Act<pb::StartSessionRequest, pb::StartSessionResponse>(id, lead);
  if (state == State::kActive) return place;
  if (state == State::kTransferred) {
    Act<pb::TransferSessionRequest, pb::TransferSessionResponse>(id, lead, [&](pb::TransferSessionRequest& r) {
      r.mutable_to()->set_technician_id(other);
      r.set_comment(Mark("comment"));
    });
    return place;
  }
  Act<pb::InviteTechnicianRequest, pb::InviteTechnicianResponse>(
      id, lead, [&](pb::InviteTechnicianRequest& r) { r.set_invitee_technician_id(other); });
  if (state == State::kInvited) return place;
  Act<pb::StartSessionRequest, pb::StartSessionResponse>(id, other);
  if (state == State::kTogether) return place;
  Act<pb::OfferLeadRequest, pb::OfferLeadResponse>(id, lead,
                                                   [&](pb::OfferLeadRequest& r) { r.set_collaborator_technician_id(other); });
  return place;
}

void Tenant::Tidy(const Place& place) {
  if (place.names.session == names_.session) return;
  // As the lead, then for those who see that it ended; what is over already is refused.
  for (const std::string& technician : {std::string(), place.names.self, place.names.technician}) {
    (void)client_.Call<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(std::stoull(place.names.session), technician),
                                               admin_);
  }
}

uint64_t Tenant::Revision() const { return Do<pb::GetOrganizationResponse>(pb::GetOrganizationRequest()).revision(); }

}  // namespace guichet::api_test

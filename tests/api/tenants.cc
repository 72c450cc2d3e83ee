#include "tests/api/tenants.h"

#include "guichet/v1/library_service.pb.h"
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

// Technicians of the columns G and H.
constexpr char kAdministratorOfTheGroup[] = "gus";
constexpr char kAdministratorOfAnother[] = "hal";

// Besides Names.channel.
std::string Routed(const Names& names) { return names.channel + "-routed"; }
std::string Unserved(const Names& names) { return names.channel + "-unserved"; }
std::string Shut(const Names& names) { return names.channel + "-shut"; }

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
  for (int scope = pb::SCOPE_SESSIONS_READ; pb::Scope_IsValid(scope); ++scope) {
    scopes_[static_cast<char>('0' + scope)] =
        AddKey("scope-" + std::to_string(scope), pb::ROLE_INTEGRATOR, "", kNoTime, static_cast<pb::Scope>(scope));
  }
  names_ = Fill(NamesOf(id, "", Mark("said so")));
  pb::CreateGroupRequest other;
  other.mutable_group()->set_group_id("other");
  other.mutable_group()->set_display_name(Mark("group"));
  Do<pb::CreateGroupResponse>(other);
  AddTechnician(kAdministratorOfTheGroup, names_.group, false, names_.group);
  pb::UpdateOrganizationRequest approve;
  approve.mutable_organization()->add_approved_externals(mark_ + "@example.com");
  approve.mutable_organization()->set_default_language("de");
  pb::MessageTemplate* message = approve.mutable_organization()->add_templates();
  message->set_kind(pb::MESSAGE_KIND_EMAIL_INVITATION);
  message->set_language("de");
  message->set_subject(Mark("subject"));
  message->set_text(Mark("text") + " {{code}}");
  Do<pb::UpdateOrganizationResponse>(approve);
  AddTechnician(kAdministratorOfAnother, "other", false, "other");
  device_token_ = places_.front().token;
}

Names Tenant::AddOnly(const std::string& prefix) {
  Names names = Fill(NamesOf(id_, prefix, Mark("said so")));
  pb::CreateGroupRequest group;
  group.mutable_group()->set_group_id(names.fresh);
  Do<pb::CreateGroupResponse>(group);
  for (const char* more : {"", "-2", "-3", "-4", "-5"}) AddTechnician(names.fresh + more, names.group);
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
    group.mutable_group()->mutable_settings()->set_survey(Mark("survey"));
    for (int i = 1; i < pb::Permission_ARRAYSIZE; ++i) group.mutable_group()->add_permissions(static_cast<pb::Permission>(i));
    Do<pb::CreateGroupResponse>(group);
  }
  AddTechnician(names.self, names.group);
  AddTechnician(names.technician, names.group);
  AddTechnician(names.boss, names.group, true);
  AddTechnician(names.doomed, names.group);
  AddKey(names.doomed, pb::ROLE_INTEGRATOR);
  AddChannels(names);
  pb::SetStatusRequest away;
  away.set_technician_id(names.doomed);
  away.set_status(pb::TECHNICIAN_STATUS_AWAY);
  away.set_reason(Mark("reason"));
  Do<pb::SetStatusResponse>(away);

  pb::UpdateLibraryRequest library;
  library.set_technician_id(names.self);
  pb::LibraryReply* reply = library.mutable_library()->add_replies();
  reply->set_name(Mark("reply"));
  reply->set_category(Mark("category"));
  reply->set_text(Mark("text"));
  pb::LibraryLink* at_hand = library.mutable_library()->add_links();
  at_hand->set_name(Mark("link"));
  at_hand->set_category(Mark("category"));
  at_hand->set_url("https://example.com/" + mark_);
  Do<pb::UpdateLibraryResponse>(library);

  Place active = Prepare(State::kActive, names);
  names.session = active.names.session;
  places_.push_back(std::move(active));
  places_.push_back(Prepare(State::kTransferred, names));

  places_.push_back(Prepare(State::kEnrolled, names));
  names.computer = places_.back().names.computer;
  computer_token_ = places_.back().computer_token;

  // One invitation that could not be sent, and one that waits for it.
  pb::ReportDeliveryRequest failed;
  failed.set_session_id(std::stoull(Prepare(State::kMailed, names).names.session));
  failed.set_state(pb::DELIVERY_STATE_FAILED);
  failed.set_detail(Mark("detail"));
  Do<pb::ReportDeliveryResponse>(failed);
  places_.push_back(Prepare(State::kMailed, names));

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

void Tenant::AddChannels(const Names& names) {
  auto add = [&](const std::string& id, const std::function<void(pb::Channel&)>& fill) {
    pb::CreateChannelRequest request;
    request.mutable_channel()->set_channel_id(id);
    request.mutable_channel()->set_display_name(Mark("channel"));
    fill(*request.mutable_channel());
    Do<pb::CreateChannelResponse>(request);
  };
  add(names.channel, [&](pb::Channel& channel) { channel.add_group_ids(names.group); });
  add(names.doomed, [](pb::Channel&) {});
  add(Routed(names), [&](pb::Channel& channel) {
    channel.add_technician_ids(names.self);
    channel.mutable_routing()->set_mode(pb::ROUTING_MODE_OFFER);
  });
  add(Unserved(names), [](pb::Channel&) {});
  SetNobodyOnline(Unserved(names), pb::Fallback::ACTION_NOTIFY);
  add(Shut(names), [&](pb::Channel& channel) {
    pb::FieldRule* rule = channel.add_fields();
    rule->set_label(Mark("label"));
    rule->set_pattern(mark_ + ".*");
    rule->add_choices(Mark("choice"));
  });
}

void Tenant::SetNobodyOnline(const std::string& channel, pb::Fallback::Action action) const {
  pb::UpdateChannelRequest request;
  request.mutable_channel()->set_channel_id(channel);
  pb::Fallback* fallback = request.mutable_channel()->mutable_nobody_online();
  fallback->set_action(action);
  fallback->set_notice(Mark("notice"));
  fallback->set_page_url("https://" + mark_ + ".example.com/");
  Do<pb::UpdateChannelResponse>(request);
}

std::string Tenant::AddTechnician(const std::string& id, const std::string& group, bool administrator,
                                  const std::string& administers) {
  pb::CreateTechnicianRequest technician;
  technician.mutable_technician()->set_technician_id(id);
  technician.mutable_technician()->set_display_name(Mark("technician"));
  technician.mutable_technician()->set_group_id(group);
  technician.mutable_technician()->set_administrator(administrator);
  if (!administers.empty()) technician.mutable_technician()->add_administered_group_ids(administers);
  Do<pb::CreateTechnicianResponse>(technician);
  keys_[id] = AddKey("key-" + id, pb::ROLE_TECHNICIAN, id);
  consoles_.push_back(std::make_unique<Console>(client_, keys_[id]));
  consoles_.back()->Hello();
  return keys_[id];
}

std::string Tenant::AddKey(const std::string& id, pb::Role role, const std::string& technician, Time expires, pb::Scope scope) {
  pb::CreateApiKeyRequest request;
  request.mutable_api_key()->set_key_id(id);
  request.mutable_api_key()->set_role(role);
  request.mutable_api_key()->set_technician_id(technician);
  request.mutable_api_key()->set_display_name(Mark("key"));
  if (scope != pb::SCOPE_UNSPECIFIED) request.mutable_api_key()->add_scopes(scope);
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
    case 'C':
      return computer_token_;
    case 'T':
      return keys_.at(names_.self);
    case 'G':
      return keys_.at(kAdministratorOfTheGroup);
    case 'H':
      return keys_.at(kAdministratorOfAnother);
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
    default:
      if (auto key = scopes_.find(column); key != scopes_.end()) return key->second;
  }
  ADD_FAILURE() << "column '" << column << "' of rpc_table.cc has no credential: add one to Tenant::Token";
  return "";
}

std::string Tenant::Authorization(char column, const Place* place) const {
  if (column == 'C' && place != nullptr && !place->computer_token.empty()) return Bearer(place->computer_token);
  return Bearer(column == 'D' && place != nullptr && !place->token.empty() ? place->token : Token(column));
}

std::vector<std::string> Tenant::technicians() const {
  return {names_.self, names_.boss, kAdministratorOfTheGroup, kAdministratorOfAnother};
}

Place Tenant::Prepare(State state, const Names& names) {
  switch (state) {
    case State::kAny:
      return {names, "", nullptr};
    case State::kCode:
      return Invite(names, pb::METHOD_PIN);
    case State::kMailed:
      return Invite(names, pb::METHOD_EMAIL);
    case State::kPast:
      return Past(names);
    case State::kEnrolled:
      return Enrolled(names);
    case State::kMonitored:
      return Monitored(names);
    case State::kTerms:
      return Enter(names, names.channel);
    case State::kRouted:
      return Arrive(Enter(names, Routed(names)));
    case State::kUnserved:
      return Arrive(Enter(names, Unserved(names)));
    case State::kSentAway: {
      SetNobodyOnline(Shut(names), pb::Fallback::ACTION_KEEP_WAITING);
      Place place = Arrive(Enter(names, Shut(names)));
      SetNobodyOnline(Shut(names), pb::Fallback::ACTION_END);
      return place;
    }
    default:
      break;
  }
  Place place = Arrive(Enter(names, names.channel));
  if (state == State::kTalking) {
    Go(place, State::kActive);
    Act<pb::SendChatRequest, pb::SendChatResponse>(std::stoull(place.names.session), names.self,
                                                   [&](pb::SendChatRequest& r) { r.set_text(Mark("chat")); });
    return place;
  }
  if (state == State::kExternal) {
    Go(place, State::kActive);
    pb::InviteExternalRequest invite;
    invite.mutable_target()->set_session_id(std::stoull(place.names.session));
    invite.mutable_target()->set_technician_id(names.self);
    invite.set_name(Mark("external"));
    place.names.code = Do<pb::InviteExternalResponse>(invite).code();
    return place;
  }
  Go(place, state);
  return place;
}

Place Tenant::Invite(const Names& names, pb::Method method) {
  pb::CreateSessionRequest create;
  create.set_method(method);
  create.set_technician_id(names.self);
  create.set_name(Mark("customer"));
  create.set_language(Mark("language"));
  if (method == pb::METHOD_EMAIL) create.set_delivery_address(mark_ + "@example.com");
  const auto made = Do<pb::CreateSessionResponse>(create);
  Place place{names, "", nullptr};
  place.names.session = std::to_string(made.session().session_id());
  place.names.code = made.code();
  return place;
}

Place Tenant::OnDevice(const Names& names) {
  Place place = Invite(names, pb::METHOD_PIN);
  pb::RedeemCodeRequest redeem;
  redeem.set_code(place.names.code);
  redeem.set_device_id(names.device);
  place.token = Keep(Must<pb::RedeemCodeResponse>(client_, redeem, "").device_token());
  place = Arrive(std::move(place), Mark("platform"));
  Act<pb::StartSessionRequest, pb::StartSessionResponse>(std::stoull(place.names.session), names.self);
  return place;
}

Place Tenant::Enrolled(const Names& names) {
  Place place = OnDevice(names);
  const uint64_t id = std::stoull(place.names.session);
  Act<pb::RequestActivityRequest, pb::RequestActivityResponse>(id, names.self, [&](pb::RequestActivityRequest& r) {
    r.set_kind(pb::ACTIVITY_KIND_UNATTENDED_ACCESS);
    r.mutable_access()->mutable_validity()->set_seconds(86400);
  });
  pb::AttachRequest agree;
  agree.mutable_activity()->set_activity_id(1);
  agree.mutable_activity()->set_granted(true);
  place.device->Send(agree);
  pb::AttachResponse answer;
  while (!answer.has_enrolled() && place.device->Read(&answer)) {
  }
  place.names.computer = std::to_string(answer.enrolled().computer_id());
  place.computer_token = Keep(answer.enrolled().computer_token());
  place.agent = std::make_unique<Agent>(client_, place.computer_token);
  place.agent->Hello();
  Act<pb::EndSessionRequest, pb::EndSessionResponse>(id, names.self);
  return place;
}

Place Tenant::Monitored(const Names& names) {
  Place place = Arrive(Enter(names, names.channel));
  Act<pb::StartSessionRequest, pb::StartSessionResponse>(std::stoull(place.names.session), names.technician);
  pb::CreateSessionRequest monitor;
  monitor.set_method(pb::METHOD_MONITORING);
  monitor.set_technician_id(names.boss);
  monitor.set_monitored_technician_id(names.technician);
  place.monitoring = Do<pb::CreateSessionResponse>(monitor).session().session_id();
  Act<pb::StartSessionRequest, pb::StartSessionResponse>(place.monitoring, names.boss);
  return place;
}

Place Tenant::Past(const Names& names) {
  Place place = Invite(names, pb::METHOD_PIN);
  pb::RedeemCodeRequest redeem;
  redeem.set_code(place.names.code);
  redeem.set_device_id(names.device);
  place.token = Keep(Must<pb::RedeemCodeResponse>(client_, redeem, "").device_token());
  place = Arrive(std::move(place));
  const uint64_t id = std::stoull(place.names.session);
  Act<pb::StartSessionRequest, pb::StartSessionResponse>(id, names.self);
  Act<pb::AddNoteRequest, pb::AddNoteResponse>(id, names.self, [&](pb::AddNoteRequest& r) { r.set_text(Mark("note")); });
  Act<pb::SendSurveyRequest, pb::SendSurveyResponse>(id, names.self);
  pb::AnswerSurveyRequest survey;
  survey.add_answers()->set_question(Mark("question"));
  survey.mutable_answers(0)->set_answer(Mark("answer"));
  Must<pb::AnswerSurveyResponse>(client_, survey, place.token);
  Act<pb::EndSessionRequest, pb::EndSessionResponse>(id, names.self);
  return place;
}

Place Tenant::Enter(const Names& names, const std::string& channel) {
  pb::CreateSessionRequest create;
  create.set_method(pb::METHOD_CHANNEL_FORM);
  create.set_channel_id(channel);
  create.set_name(Mark("customer"));
  create.set_tracking_id(Mark("tracking"));
  create.set_language(Mark("language"));
  if (channel == names.channel) {  // others have rules
    for (int i = 1; i <= 5; ++i) create.add_custom_fields(Mark("field " + std::to_string(i)));
  }
  const auto made = Do<pb::CreateSessionResponse>(create);
  Place place{names, Keep(made.device_token()), nullptr};
  place.names.session = std::to_string(made.session().session_id());
  return place;
}

Place Tenant::Arrive(Place place, const std::string& platform) const {
  place.device = std::make_unique<Device>(client_, place.token);
  if (place.device->Hello(platform).terms().empty()) return place;
  pb::AttachRequest accept;
  accept.mutable_terms()->set_accepted(true);
  place.device->Send(accept);
  pb::AttachResponse answer;
  while (answer.state().phase() != pb::CustomerView::PHASE_WAITING && place.device->Read(&answer)) {
  }
  return place;
}

void Tenant::Go(const Place& place, State state) const {
  if (state == State::kWaiting) return;
  const bool of_self = state != State::kInvited && state != State::kOffered;
  const std::string& lead = of_self ? place.names.self : place.names.technician;
  const std::string& other = of_self ? place.names.technician : place.names.self;
  const uint64_t id = std::stoull(place.names.session);
  Act<pb::StartSessionRequest, pb::StartSessionResponse>(id, lead);
  if (state == State::kActive) return;
  if (state == State::kTransferred) {
    Act<pb::TransferSessionRequest, pb::TransferSessionResponse>(id, lead, [&](pb::TransferSessionRequest& r) {
      r.mutable_to()->set_technician_id(other);
      r.set_comment(Mark("comment"));
    });
    return;
  }
  Act<pb::InviteTechnicianRequest, pb::InviteTechnicianResponse>(
      id, lead, [&](pb::InviteTechnicianRequest& r) { r.set_invitee_technician_id(other); });
  if (state == State::kInvited) return;
  Act<pb::StartSessionRequest, pb::StartSessionResponse>(id, other);
  if (state == State::kTogether) return;
  if (state == State::kOffered) {
    Act<pb::OfferLeadRequest, pb::OfferLeadResponse>(id, lead,
                                                     [&](pb::OfferLeadRequest& r) { r.set_collaborator_technician_id(other); });
    return;
  }
  Act<pb::RequestActivityRequest, pb::RequestActivityResponse>(id, lead, [&](pb::RequestActivityRequest& r) {
    r.set_kind(pb::ACTIVITY_KIND_SEND_FILE);
    r.set_detail(Mark("detail"));
    r.mutable_file()->set_name(Mark("file"));
  });
  Act<pb::SendSurveyRequest, pb::SendSurveyResponse>(id, lead);
  if (state == State::kOver) Act<pb::EndSessionRequest, pb::EndSessionResponse>(id, lead);
}

void Tenant::Tidy(const Place& place) {
  if (place.monitoring != 0) {
    (void)client_.Call<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(place.monitoring, place.names.boss), admin_);
  }
  if (place.names.session == names_.session) return;
  // As the lead, then for those who see that it ended; what is over already is refused.
  for (const std::string& technician : {std::string(), place.names.self, place.names.technician}) {
    (void)client_.Call<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(std::stoull(place.names.session), technician),
                                               admin_);
  }
}

uint64_t Tenant::Revision() const { return Do<pb::GetOrganizationResponse>(pb::GetOrganizationRequest()).revision(); }

}  // namespace guichet::api_test

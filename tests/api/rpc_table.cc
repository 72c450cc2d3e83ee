#include "tests/api/rpc_table.h"

#include <algorithm>

#include "guichet/v1/computer_service.pb.h"
#include "guichet/v1/library_service.pb.h"

namespace guichet::api_test {
namespace {

// Who may, by what they do. Letters: see Columns(). G administers Names.group and so reaches its people; H does not.
constexpr char kAnyone[] = "*";
constexpr char kDevices[] = "D";
constexpr char kKeys[] = "TGHI123456AMO";
constexpr char kOperators[] = "O";
constexpr char kReadOrganization[] = "TGHI3AM";
constexpr char kWriteOrganization[] = "I4AM";  // groups as such, channels
constexpr char kWriteGroup[] = "GI4AM";        // Names.group and its technicians
constexpr char kAdministrate[] = "AM";         // the organization, credentials, administrators
constexpr char kReadSessions[] = "TGHI1AM";
constexpr char kReadQueue[] = "TGI1AM";  // of Names.self
constexpr char kWriteSessions[] = "TGI2AM";
constexpr char kWriteChannelSessions[] = "I2AM";
constexpr char kMonitor[] = "AM";
constexpr char kReadTechnicians[] = "TGHI1AM";
constexpr char kWriteTechnicians[] = "TGI2AM";
constexpr char kConsoles[] = "TGHM";
constexpr char kExplain[] = "TGHI5AM";
constexpr char kExplainSelf[] = "TGI5AM";
constexpr char kDeliver[] = "I6AM";
constexpr char kAgents[] = "C";

template <class Request>
using Fill = std::function<void(const Names&, Request&)>;

template <class Request>
Row StreamRow(const std::string& about, const std::string& may, State state, std::vector<Fill<Request>> fills) {
  return {MethodOf(Request()), about, may, state, [fills = std::move(fills)](const Names& names) {
            Messages messages;
            for (const Fill<Request>& fill : fills) {
              auto request = std::make_unique<Request>();
              fill(names, *request);
              messages.push_back(std::move(request));
            }
            return messages;
          }};
}

template <class Request>
Row Rpc(const std::string& may, Fill<Request> fill) {
  return StreamRow<Request>("", may, State::kAny, {std::move(fill)});
}

template <class Request>
Row Rpc(const std::string& about, const std::string& may, Fill<Request> fill, State state = State::kAny) {
  return StreamRow<Request>(about, may, state, {std::move(fill)});
}

// A verb on a session.
template <class Request>
Row Verb(State state, Fill<Request> fill = nullptr, const std::string& about = "") {
  auto all = [fill](const Names& n, Request& r) {
    r.mutable_target()->set_session_id(std::stoull(n.session));
    r.mutable_target()->set_technician_id(n.self);
    if (fill) fill(n, r);
  };
  return StreamRow<Request>(about, kWriteSessions, state, {all});
}

void Describe(const Names& n, pb::CreateSessionRequest& r) {
  r.set_name(n.text);
  for (int i = 0; i < 5; ++i) r.add_custom_fields(n.text);
  r.set_tracking_id(n.text);
  r.set_language(n.text);
}

// Its rules and skills never come to bear: the queue is short, and technicians pick.
void FillChannel(const Names& n, pb::Channel* channel) {
  channel->set_display_name(n.text);
  channel->add_group_ids(n.group);
  channel->add_technician_ids(n.technician);
  for (int i = 0; i < 2; ++i) {
    pb::Redirect* rule = channel->add_redirects();
    rule->set_when(pb::Redirect::WHEN_QUEUE_LONGER_THAN);
    rule->set_length(100000);
    i == 0 ? rule->set_group_id(n.group) : rule->set_channel_id(n.doomed);
  }
  pb::SkillNeed* skill = channel->mutable_routing()->add_skills();
  skill->set_skill_id(n.text);
  skill->set_level(1);
  channel->mutable_routing()->add_overflow_group_ids(n.group);
}

pb::Technician* Member(const Names& n, const std::string& id, pb::Technician* technician) {
  technician->set_technician_id(id);
  technician->set_display_name(n.text);
  technician->set_group_id(n.group);
  return technician;
}

std::vector<Row> AdminRows() {
  return {
      Rpc<pb::GetPrincipalRequest>(kKeys, [](const auto&, auto&) {}),
      Rpc<pb::CreateOrganizationRequest>(kOperators,
                                         [](const auto& n, auto& r) {
                                           r.mutable_organization()->set_organization_id(n.home + "-" + n.fresh);
                                           r.mutable_organization()->set_display_name(n.text);
                                         }),
      Rpc<pb::CreateOrganizationRequest>("that may be there", kOperators,
                                         [](const auto& n, auto& r) {
                                           r.mutable_organization()->set_organization_id(n.organization);
                                           r.mutable_organization()->set_display_name(n.text);
                                         }),
      Rpc<pb::ListOrganizationsRequest>(kOperators, [](const auto&, auto&) {}),
      Rpc<pb::CreateCheckpointRequest>(kOperators, [](const auto& n, auto& r) { r.set_name(n.fresh); }),
      Rpc<pb::ListCheckpointsRequest>(kOperators, [](const auto&, auto&) {}),
      Rpc<pb::DeleteCheckpointRequest>(kOperators, [](const auto& n, auto& r) { r.set_name(n.fresh); }),
      Rpc<pb::GetOrganizationRequest>(kReadOrganization, [](const auto&, auto&) {}),
      Rpc<pb::UpdateOrganizationRequest>(kAdministrate,
                                         [](const auto& n, auto& r) {
                                           r.mutable_organization()->set_organization_id(n.organization);
                                           r.mutable_organization()->set_display_name(n.text);
                                         }),
      Rpc<pb::CreateGroupRequest>(kWriteOrganization,
                                  [](const auto& n, auto& r) {
                                    r.mutable_group()->set_group_id(n.fresh);
                                    r.mutable_group()->set_display_name(n.text);
                                    r.mutable_group()->mutable_settings()->set_terms(n.text);
                                  }),
      Rpc<pb::GetGroupRequest>(kReadOrganization, [](const auto& n, auto& r) { r.set_group_id(n.group); }),
      Rpc<pb::UpdateGroupRequest>(kWriteGroup,
                                  [](const auto& n, auto& r) {
                                    r.mutable_group()->set_group_id(n.group);
                                    r.mutable_group()->set_display_name(n.text);
                                    r.mutable_group()->mutable_settings()->set_terms(n.text);
                                  }),
      Rpc<pb::DeleteGroupRequest>(kWriteOrganization, [](const auto& n, auto& r) { r.set_group_id(n.doomed); }),
      Rpc<pb::ListGroupsRequest>(kReadOrganization, [](const auto&, auto&) {}),
      Rpc<pb::CreateTechnicianRequest>(kWriteGroup, [](const auto& n, auto& r) { Member(n, n.fresh, r.mutable_technician()); }),
      Rpc<pb::CreateTechniciansRequest>(kWriteGroup,
                                        [](const auto& n, auto& r) {
                                          Member(n, n.fresh + "-2", r.add_technicians());
                                          Member(n, n.fresh + "-3", r.add_technicians());
                                        }),
      Rpc<pb::CreateTechniciansRequest>("one an administrator", kAdministrate,
                                        [](const auto& n, auto& r) {
                                          Member(n, n.fresh + "-4", r.add_technicians());
                                          Member(n, n.fresh + "-5", r.add_technicians())->set_administrator(true);
                                        }),
      Rpc<pb::GetTechnicianRequest>(kReadOrganization, [](const auto& n, auto& r) { r.set_technician_id(n.technician); }),
      Rpc<pb::UpdateTechnicianRequest>(kWriteGroup,
                                       [](const auto& n, auto& r) {
                                         pb::Skill* skill = Member(n, n.technician, r.mutable_technician())->add_skills();
                                         skill->set_skill_id(n.text);
                                         skill->set_level(1);
                                       }),
      Rpc<pb::UpdateTechnicianRequest>("who hands over", kWriteGroup,
                                       [](const auto& n, auto& r) {
                                         r.mutable_technician()->set_technician_id(n.doomed);
                                         r.mutable_technician()->set_disabled(true);
                                         r.set_successor_technician_id(n.technician);
                                       }),
      Rpc<pb::UpdateTechnicianRequest>("who administers", kAdministrate,
                                       [](const auto& n, auto& r) {
                                         r.mutable_technician()->set_technician_id(n.technician);
                                         r.mutable_technician()->add_administered_group_ids(n.group);
                                       }),
      Rpc<pb::UpdateTechnicianRequest>("who is an administrator", kAdministrate,
                                       [](const auto& n, auto& r) {
                                         r.mutable_technician()->set_technician_id(n.boss);
                                         r.mutable_technician()->set_display_name(n.text);
                                       }),
      Rpc<pb::DeleteTechnicianRequest>(kWriteGroup,
                                       [](const auto& n, auto& r) {
                                         r.set_technician_id(n.doomed);
                                         r.set_successor_technician_id(n.technician);
                                       }),
      Rpc<pb::CreateChannelRequest>(kWriteOrganization,
                                    [](const auto& n, auto& r) {
                                      FillChannel(n, r.mutable_channel());
                                      r.mutable_channel()->set_channel_id(n.fresh);
                                    }),
      Rpc<pb::GetChannelRequest>(kReadOrganization, [](const auto& n, auto& r) { r.set_channel_id(n.channel); }),
      Rpc<pb::UpdateChannelRequest>(kWriteOrganization,
                                    [](const auto& n, auto& r) {
                                      FillChannel(n, r.mutable_channel());
                                      r.mutable_channel()->set_channel_id(n.channel);
                                    }),
      Rpc<pb::DeleteChannelRequest>(kWriteOrganization, [](const auto& n, auto& r) { r.set_channel_id(n.doomed); }),
      Rpc<pb::ListChannelsRequest>(kReadOrganization, [](const auto&, auto&) {}),
      Rpc<pb::CreateApiKeyRequest>(kAdministrate,
                                   [](const auto& n, auto& r) {
                                     r.mutable_api_key()->set_key_id(n.fresh);
                                     r.mutable_api_key()->set_role(pb::ROLE_TECHNICIAN);
                                     r.mutable_api_key()->set_technician_id(n.technician);
                                   }),
      Rpc<pb::ListApiKeysRequest>(kAdministrate, [](const auto&, auto&) {}),
      Rpc<pb::RevokeApiKeyRequest>(kAdministrate, [](const auto& n, auto& r) { r.set_key_id(n.doomed); }),
  };
}

std::vector<Row> SessionRows() {
  return {
      Rpc<pb::CreateSessionRequest>(kWriteSessions,
                                    [](const auto& n, auto& r) {
                                      Describe(n, r);
                                      r.set_technician_id(n.self);
                                    }),
      Rpc<pb::CreateSessionRequest>("with a link", kWriteSessions,
                                    [](const auto& n, auto& r) {
                                      Describe(n, r);
                                      r.set_method(pb::METHOD_LINK);
                                      r.set_technician_id(n.self);
                                    }),
      Rpc<pb::CreateSessionRequest>("in a channel", kWriteChannelSessions,
                                    [](const auto& n, auto& r) {
                                      Describe(n, r);
                                      r.set_method(pb::METHOD_CHANNEL_FORM);
                                      r.set_channel_id(n.channel);
                                      r.set_preferred_technician_id(n.technician);
                                    }),
      Rpc<pb::CreateSessionRequest>("by e-mail", kWriteSessions,
                                    [](const auto& n, auto& r) {
                                      Describe(n, r);
                                      r.set_method(pb::METHOD_EMAIL);
                                      r.set_technician_id(n.self);
                                      r.set_delivery_address(n.home + "@example.com");
                                    }),
      Rpc<pb::CreateSessionRequest>("that monitors", kMonitor,
                                    [](const auto& n, auto& r) {
                                      r.set_method(pb::METHOD_MONITORING);
                                      r.set_technician_id(n.boss);
                                      r.set_monitored_technician_id(n.self);
                                    }),
      Rpc<pb::GetSessionRequest>(kReadSessions, [](const auto& n, auto& r) { r.set_session_id(std::stoull(n.session)); }),
      Rpc<pb::ListSessionsRequest>(kReadQueue, [](const auto& n, auto& r) { r.set_technician_id(n.self); }),
      Rpc<pb::ListSessionsRequest>("that ended", kReadSessions, [](const auto&, auto& r) { r.set_ended(true); }),
      Rpc<pb::ListSessionsRequest>("of a channel", kReadSessions, [](const auto& n, auto& r) { r.set_channel_id(n.channel); }),
      Rpc<pb::ListSessionsRequest>("with a tracking id", kReadSessions,
                                   [](const auto& n, auto& r) { r.set_tracking_id(n.tracking); }),
      Rpc<pb::ListSessionsRequest>("on a device", kReadSessions, [](const auto& n, auto& r) { r.set_device_id(n.device); }),
      Rpc<pb::ListSessionsRequest>("on a device, ended", kReadSessions,
                                   [](const auto& n, auto& r) {
                                     r.set_device_id(n.device);
                                     r.set_ended(true);
                                   }),
      Verb<pb::StartSessionRequest>(State::kWaiting),
      Verb<pb::HoldSessionRequest>(State::kActive),
      Verb<pb::TransferSessionRequest>(State::kActive,
                                       [](const auto& n, auto& r) {
                                         r.mutable_to()->set_technician_id(n.technician);
                                         r.set_comment(n.text);
                                       }),
      Verb<pb::TransferSessionRequest>(
          State::kActive, [](const auto& n, auto& r) { r.mutable_to()->set_group_id(n.group); }, "to a group"),
      Verb<pb::TransferSessionRequest>(
          State::kActive, [](const auto& n, auto& r) { r.mutable_to()->set_channel_id(n.channel); }, "to a channel"),
      Verb<pb::CancelTransferRequest>(State::kTransferred),
      Verb<pb::EndSessionRequest>(State::kActive),
      Verb<pb::RebootDeviceRequest>(State::kActive),
      Verb<pb::InviteTechnicianRequest>(State::kActive,
                                        [](const auto& n, auto& r) { r.set_invitee_technician_id(n.technician); }),
      Verb<pb::InviteExternalRequest>(State::kActive,
                                      [](const auto& n, auto& r) {
                                        r.set_name(n.text);
                                        r.set_address(n.home + "@example.com");
                                      }),
      Verb<pb::RemoveTechnicianRequest>(State::kTogether,
                                        [](const auto& n, auto& r) { r.set_removed_technician_id(n.technician); }),
      Verb<pb::LeaveSessionRequest>(State::kInvited),
      Verb<pb::OfferLeadRequest>(State::kTogether,
                                 [](const auto& n, auto& r) { r.set_collaborator_technician_id(n.technician); }),
      Verb<pb::CancelLeadOfferRequest>(State::kOffered),
      Verb<pb::AcceptLeadRequest>(State::kOffered),
      Verb<pb::UpdateSessionRequest>(State::kActive,
                                     [](const auto& n, auto& r) {
                                       r.mutable_session()->set_name(n.text);
                                       r.mutable_session()->set_language(n.text);
                                     }),
      Verb<pb::SetGrantsRequest>(State::kTogether,
                                 [](const auto& n, auto& r) {
                                   r.set_collaborator_technician_id(n.technician);
                                   r.add_denied_permissions(pb::PERMISSION_REMOTE_CONTROL);
                                 }),
      Verb<pb::RequestActivityRequest>(State::kActive,
                                       [](const auto& n, auto& r) {
                                         r.set_kind(pb::ACTIVITY_KIND_SYSTEM_INFORMATION);
                                         r.set_detail(n.text);
                                       }),
      Verb<pb::CloseActivityRequest>(State::kBusy, [](const auto&, auto& r) { r.set_activity_id(1); }),
      Verb<pb::SetChatRequest>(State::kActive, [](const auto&, auto& r) { r.set_off(true); }),
      Verb<pb::SendSurveyRequest>(State::kActive),
      Rpc<pb::SendChatRequest>(
          "", std::string(kWriteSessions) + kDevices,
          [](const auto& n, auto& r) {
            r.mutable_target()->set_session_id(std::stoull(n.session));
            r.mutable_target()->set_technician_id(n.self);
            r.set_text(n.text);
          },
          State::kTalking),
      Verb<pb::SendChatRequest>(
          State::kActive,
          [](const auto& n, auto& r) {
            r.set_text(n.text);
            r.set_technicians_only(true);
          },
          "for technicians"),
      Rpc<pb::ListChatRequest>(
          "", std::string(kReadSessions) + kDevices, [](const auto& n, auto& r) { r.set_session_id(std::stoull(n.session)); },
          State::kTalking),
      Rpc<pb::WatchChatRequest>(
          "", std::string(kReadSessions) + kDevices, [](const auto& n, auto& r) { r.set_session_id(std::stoull(n.session)); },
          State::kTalking),
      Verb<pb::AddNoteRequest>(State::kActive, [](const auto& n, auto& r) { r.set_text(n.text); }),
      Rpc<pb::ListDeviceHistoryRequest>(
          "", kReadTechnicians, [](const auto& n, auto& r) { r.set_device_id(n.device); }, State::kPast),
      Rpc<pb::JoinSessionRequest>(
          "", "I2AM",
          [](const auto& n, auto& r) {
            r.mutable_target()->set_session_id(std::stoull(n.session));
            r.mutable_target()->set_technician_id(n.boss);
          },
          State::kMonitored),
      Rpc<pb::ListComputersRequest>(
          "", kReadTechnicians,
          [](const auto& n, auto& r) {
            r.set_technician_id(n.self);
            r.set_device_id(n.device);
          },
          State::kEnrolled),
      Rpc<pb::ConnectComputerRequest>(
          "", kWriteTechnicians,
          [](const auto& n, auto& r) {
            r.set_computer_id(std::stoull(n.computer));
            r.set_technician_id(n.self);
          },
          State::kEnrolled),
      Rpc<pb::UpdateComputerRequest>(
          "", "TGHI2AM",
          [](const auto& n, auto& r) {
            r.set_computer_id(std::stoull(n.computer));
            r.set_name(n.text);
          },
          State::kEnrolled),
      StreamRow<pb::AttachComputerRequest>("", kAgents, State::kEnrolled, {[](const auto&, auto& r) { r.mutable_hello(); }}),
      Rpc<pb::RevokeComputerRequest>(
          "", "TGHI2AMC", [](const auto& n, auto& r) { r.set_computer_id(std::stoull(n.computer)); }, State::kEnrolled),
      Rpc<pb::GetLibraryRequest>(kReadQueue, [](const auto& n, auto& r) { r.set_technician_id(n.self); }),
      Rpc<pb::UpdateLibraryRequest>(kWriteTechnicians,
                                    [](const auto& n, auto& r) {
                                      r.set_technician_id(n.self);
                                      auto* reply = r.mutable_library()->add_replies();
                                      reply->set_name(n.text);
                                      reply->set_category(n.text);
                                      reply->set_text(n.text);
                                    }),
      Rpc<pb::ImportLibraryRequest>(kWriteTechnicians,
                                    [](const auto& n, auto& r) {
                                      r.set_technician_id(n.self);
                                      r.set_format(pb::LIBRARY_FORMAT_XML);
                                      r.set_document("<library version=\"1\"><reply name=\"" + n.home + "\">" + n.home +
                                                     "</reply></library>");
                                      r.set_append(true);
                                    }),
      Rpc<pb::ExportLibraryRequest>(kReadQueue,
                                    [](const auto& n, auto& r) {
                                      r.set_technician_id(n.self);
                                      r.set_format(pb::LIBRARY_FORMAT_JSON);
                                    }),
      Verb<pb::RejectOfferRequest>(State::kRouted, [](const auto& n, auto& r) { r.set_reason(n.text); }),
      Rpc<pb::GetTimelineRequest>(kReadSessions, [](const auto& n, auto& r) { r.set_session_id(std::stoull(n.session)); }),
  };
}

std::vector<Row> TechnicianRows() {
  return {
      Rpc<pb::ListQueueRequest>(kReadQueue, [](const auto& n, auto& r) { r.set_technician_id(n.self); }),
      Rpc<pb::ListQueueRequest>("of a channel", kReadQueue,
                                [](const auto& n, auto& r) {
                                  r.set_technician_id(n.self);
                                  r.set_tab(pb::QUEUE_TAB_CHANNEL);
                                  r.set_channel_id(n.channel);
                                }),
      Rpc<pb::WatchQueueRequest>(kReadQueue, [](const auto& n, auto& r) { r.set_technician_id(n.self); }),
      Rpc<pb::WatchQueueRequest>("of a channel", kReadQueue,
                                 [](const auto& n, auto& r) {
                                   r.set_technician_id(n.self);
                                   r.set_tab(pb::QUEUE_TAB_CHANNEL);
                                   r.set_channel_id(n.channel);
                                 }),
      Rpc<pb::AttachConsoleRequest>(kConsoles, [](const auto& n, auto& r) { r.mutable_hello()->set_console_name(n.text); }),
      StreamRow<pb::AttachConsoleRequest>(
          "with a session in the foreground", kConsoles, State::kAny,
          {[](const auto& n, auto& r) { r.mutable_hello()->set_console_name(n.text); },
           [](const auto& n, auto& r) { r.mutable_foreground()->set_session_id(std::stoull(n.session)); },
           [](const auto&, auto& r) { r.mutable_heartbeat()->set_sequence(1); }}),
      StreamRow<pb::AttachConsoleRequest>("with a signal", kConsoles, State::kAny,
                                          {[](const auto& n, auto& r) { r.mutable_hello()->set_console_name(n.text); },
                                           [](const auto& n, auto& r) {
                                             r.mutable_signal()->set_session_id(std::stoull(n.session));
                                             r.mutable_signal()->set_to_technician_id(n.technician);
                                             r.mutable_signal()->set_type(n.text);
                                             r.mutable_signal()->set_payload(n.text);
                                           },
                                           [](const auto&, auto& r) { r.mutable_heartbeat()->set_sequence(1); }}),
      Rpc<pb::SetStatusRequest>(kWriteTechnicians,
                                [](const auto& n, auto& r) {
                                  r.set_technician_id(n.self);
                                  r.set_status(pb::TECHNICIAN_STATUS_ONLINE);
                                  r.set_reason(n.text);
                                }),
      Rpc<pb::ListTechniciansRequest>(kReadTechnicians, [](const auto&, auto&) {}),
      Rpc<pb::ListTechniciansRequest>("of a group", kReadTechnicians, [](const auto& n, auto& r) { r.set_group_id(n.group); }),
      Rpc<pb::WatchTechniciansRequest>(kReadTechnicians, [](const auto&, auto&) {}),
  };
}

std::vector<Row> RoutingRows() {
  return {
      Rpc<pb::ExplainSessionRequest>(
          "", kExplain, [](const auto& n, auto& r) { r.set_session_id(std::stoull(n.session)); }, State::kWaiting),
      Rpc<pb::ExplainSessionRequest>(
          "that was offered", kExplain, [](const auto& n, auto& r) { r.set_session_id(std::stoull(n.session)); },
          State::kRouted),
      Rpc<pb::ExplainTechnicianRequest>(kExplainSelf, [](const auto& n, auto& r) { r.set_technician_id(n.self); }),
      Rpc<pb::GetAvailabilityRequest>(kReadSessions, [](const auto& n, auto& r) { r.set_channel_id(n.channel); }),
      Rpc<pb::WatchAvailabilityRequest>(kReadSessions, [](const auto& n, auto& r) { r.set_channel_id(n.channel); }),
  };
}

std::vector<Row> DeliveryRows() {
  return {
      Rpc<pb::WatchDeliveriesRequest>(kDeliver, [](const auto&, auto&) {}),
      Rpc<pb::ReportDeliveryRequest>(
          "", kDeliver,
          [](const auto& n, auto& r) {
            r.set_session_id(std::stoull(n.session));
            r.set_state(pb::DELIVERY_STATE_SENT);
            r.set_detail(n.text);
          },
          State::kMailed),
  };
}

// The stream of a device that says `rest` after its hello.
Row AttachRow(const std::string& about, State state, std::vector<Fill<pb::AttachRequest>> rest = {}) {
  rest.insert(rest.begin(), [](const Names& n, pb::AttachRequest& r) { r.mutable_hello()->set_platform(n.text); });
  return StreamRow<pb::AttachRequest>(about, kDevices, state, std::move(rest));
}

std::vector<Row> CustomerRows() {
  return {
      Rpc<pb::RedeemInvitationRequest>(
          "", kAnyone, [](const auto& n, auto& r) { r.set_code(n.code); }, State::kExternal),
      Rpc<pb::RedeemCodeRequest>(
          "", kAnyone,
          [](const auto& n, auto& r) {
            r.set_code(n.code);
            r.set_device_id("device");
            r.set_platform(n.text);
            r.set_language(n.text);
          },
          State::kCode),
      Rpc<pb::GetFormRequest>(kAnyone,
                              [](const auto& n, auto& r) {
                                r.set_organization_id(n.home);
                                r.set_channel_id(n.channel);
                              }),
      Rpc<pb::GetFormRequest>("that nobody has", kAnyone,
                              [](const auto& n, auto& r) {
                                r.set_organization_id(n.organization);
                                r.set_channel_id("no-such-channel");
                              }),
      Rpc<pb::SubmitFormRequest>(kAnyone,
                                 [](const auto& n, auto& r) {
                                   r.set_organization_id(n.home);
                                   r.set_channel_id(n.channel);
                                   r.set_name(n.text);
                                   r.set_device_id("device");
                                   r.set_platform(n.text);
                                 }),
      Rpc<pb::SubmitFormRequest>("that nobody has", kAnyone,
                                 [](const auto& n, auto& r) {
                                   r.set_organization_id(n.organization);
                                   r.set_channel_id("no-such-channel");
                                   r.set_device_id("device");
                                 }),
      AttachRow("", State::kTogether),
      AttachRow("before the terms", State::kTerms),
      AttachRow("with activities", State::kBusy,
                {[](const auto&, auto& r) {
                   r.mutable_activity()->set_activity_id(1);
                   r.mutable_activity()->set_granted(true);
                 },
                 [](const auto&, auto& r) { r.mutable_revoke()->set_activity_id(1); }}),
      AttachRow("that nobody serves", State::kUnserved),
      AttachRow("after the end", State::kOver),
      AttachRow("that was sent away", State::kSentAway),
      Rpc<pb::AnswerSurveyRequest>(
          "", kDevices,
          [](const auto& n, auto& r) {
            auto* answer = r.add_answers();
            answer->set_question(n.text);
            answer->set_answer(n.text);
          },
          State::kBusy),
      Rpc<pb::GetPositionRequest>(
          "", kDevices, [](const auto&, auto&) {}, State::kWaiting),
      Rpc<pb::GetPositionRequest>(
          "that nobody serves", kDevices, [](const auto&, auto&) {}, State::kUnserved),
      Rpc<pb::WatchPositionRequest>(
          "", kDevices, [](const auto&, auto&) {}, State::kWaiting),
      Rpc<pb::WatchPositionRequest>(
          "that nobody serves", kDevices, [](const auto&, auto&) {}, State::kUnserved),
      Rpc<pb::LeaveQueueRequest>(
          "", kDevices, [](const auto&, auto&) {}, State::kWaiting),
  };
}

// The commands of ExecuteCommands are the requests of other rpcs.
void AddCommands(std::vector<Row>& rows) {
  const pb::ExecuteCommandsRequest prototype;
  const auto* commands = prototype.GetDescriptor()->FindOneofByName("command");
  const size_t rpcs = rows.size();
  for (int f = 0; f < commands->field_count(); ++f) {
    const auto* field = commands->field(f);
    for (size_t i = 0; i < rpcs; ++i) {
      if (rows[i].rpc->input_type() != field->message_type()) continue;
      if (rows[i].about == "in a channel" || rows[i].about == "that monitors") continue;  // not by this stream
      Row row = rows[i];
      row.rpc = MethodOf(prototype);
      row.about = "with " + field->name() + (row.about.empty() ? "" : " " + row.about);
      row.ask = [ask = row.ask, field](const Names& names) {
        auto request = std::make_unique<pb::ExecuteCommandsRequest>();
        request->set_tag(1);
        request->GetReflection()->MutableMessage(request.get(), field)->CopyFrom(*ask(names).front());
        Messages messages;
        messages.push_back(std::move(request));
        return messages;
      };
      rows.push_back(std::move(row));
    }
  }
}

}  // namespace

const std::vector<Dimension>& Dimensions() {
  static const auto* const all = new std::vector<Dimension>{{"organization", &Names::organization},
                                                            {"group", &Names::group},
                                                            {"technician", &Names::technician},
                                                            {"self", &Names::self},
                                                            {"boss", &Names::boss},
                                                            {"channel", &Names::channel},
                                                            {"session", &Names::session},
                                                            {"code", &Names::code},
                                                            {"computer", &Names::computer},
                                                            {"fresh", &Names::fresh},
                                                            {"doomed", &Names::doomed},
                                                            {"tracking", &Names::tracking},
                                                            {"device", &Names::device}};
  return *all;
}

const std::vector<Column>& Columns() {
  static const auto* const all = new std::vector<Column>{{'N', "nobody: no credential"},
                                                         {'D', "a device"},
                                                         {'C', "the agent of a computer"},
                                                         {'T', "a technician's key"},
                                                         {'G', "the key of an administrator of the group"},
                                                         {'H', "the key of an administrator of another group"},
                                                         {'I', "an integrator's key with all scopes"},
                                                         {'1', "an integrator's key with SESSIONS_READ alone"},
                                                         {'2', "an integrator's key with SESSIONS_WRITE alone"},
                                                         {'3', "an integrator's key with ORGANIZATION_READ alone"},
                                                         {'4', "an integrator's key with ORGANIZATION_WRITE alone"},
                                                         {'5', "an integrator's key with ROUTING_READ alone"},
                                                         {'6', "an integrator's key with DELIVERIES alone"},
                                                         {'A', "an administrator's key without a technician"},
                                                         {'M', "the key of a technician who is an administrator"},
                                                         {'O', "the operator"}};
  return *all;
}

const std::vector<Row>& Rows() {
  static const auto* const all = [] {
    auto* rows = new std::vector<Row>();
    for (const auto& part : {AdminRows(), SessionRows(), TechnicianRows(), RoutingRows(), DeliveryRows(), CustomerRows()}) {
      rows->insert(rows->end(), part.begin(), part.end());
    }
    AddCommands(*rows);
    return rows;
  }();
  return *all;
}

bool May(const MethodDescriptor& rpc, char column) {
  return std::any_of(Rows().begin(), Rows().end(), [&](const Row& row) { return row.rpc == &rpc && row.May(column); });
}

}  // namespace guichet::api_test

// session: the verbs of SessionService.
#include "absl/strings/str_cat.h"
#include "guichet/v1/session_service.pb.h"
#include "tools/ctl/commands.h"
#include "tools/ctl/flags.h"
#include "tools/ctl/tables.h"
#include "tools/ctl/words.h"

namespace guichet::ctl {
namespace {

// A verb on a session: the target's flags, and the session after it as a row.
template <typename Request, typename Response>
std::pair<CLI::App*, std::shared_ptr<Request>> AddVerb(CLI::App& parent, Runner& runner, const CommandSpec& spec) {
  CLI::App* command = runner.Add(parent, spec);
  auto request = runner.Bind<Request, Response>(command, {.table = [&runner](const Response& response) {
                                                  return SessionTable(One(response.session()), runner.io().now());
                                                }});
  TargetFlags(command, [request] { return request->mutable_target(); });
  return {command, request};
}

std::string CreatedText(const v1::CreateSessionResponse& response, absl::Time now) {
  std::string text = SessionTable(One(response.session()), now);
  if (!response.code().empty()) absl::StrAppend(&text, "\ncode, shown only here: ", response.code(), "\n");
  if (!response.link().empty()) absl::StrAppend(&text, "link: ", response.link(), "\n");
  if (!response.device_token().empty()) {
    absl::StrAppend(&text, "\ndevice token, shown only here: ", response.device_token(), "\n");
  }
  return text;
}

void AddReads(CLI::App& parent, Runner& runner) {
  auto* get = runner.Add(parent, {"get", "Show everything about a session", "session get 1861711"});
  auto request = runner.Bind<v1::GetSessionRequest, v1::GetSessionResponse>(
      get, {.table = [&runner](const v1::GetSessionResponse& response) {
        return SessionDetails(response.session(), runner.io().now());
      }});
  SessionArgument(get, [request](const uint64_t& id) { request->set_session_id(id); });
}

// What a collaborator may not do, of what his group may.
template <typename Request>
void DenyFlag(CLI::App* command, std::shared_ptr<Request> request) {
  EnumListFlag<v1::Permission>(
      command, "--deny",
      [request](const std::vector<v1::Permission>& denied) {
        for (const v1::Permission permission : denied) request->add_denied_permissions(permission);
      },
      "What he may not do, of what his group may, such as remote-control,reboot; none by default");
}

void AddActivities(CLI::App& parent, Runner& runner) {
  CLI::App* ask = runner.Add(parent, {"request-activity", "Ask the customer for one thing to do with the device",
                                      "session request-activity 1861711 send-file --file manual.pdf --file-size 48211"});
  auto request = runner.Bind<v1::RequestActivityRequest, v1::RequestActivityResponse>(
      ask, {.table = [](const v1::RequestActivityResponse& response) {
        Rows<v1::Activity> asked;
        for (const v1::Activity& activity : response.session().activities()) {
          if (activity.activity_id() == response.activity_id()) *asked.Add() = activity;
        }
        return ActivityTable(asked);
      }});
  TargetFlags(ask, [request] { return request->mutable_target(); });
  EnumFlag<v1::ActivityKind>(
      ask, "KIND", [request](v1::ActivityKind kind) { request->set_kind(kind); }, "What to do")
      ->required();
  TextFlag(
      ask, "--detail", [request](const std::string& detail) { request->set_detail(detail); }, "For the customer");
  TextFlag(
      ask, "--file", [request](const std::string& name) { request->mutable_file()->set_name(name); },
      "Name of the file, for send-file")
      ->type_name("NAME");
  Flag<uint64_t>(
      ask, "--file-size", [request](const uint64_t& bytes) { request->mutable_file()->set_size(bytes); }, "Its size")
      ->type_name("BYTES");
  DurationFlag(
      ask, "--validity",
      [request](absl::Duration validity) { *request->mutable_access()->mutable_validity() = ToProto(validity); },
      "How long unattended access is asked for, at most 336h");
  TextFlag(
      ask, "--window",
      [request](const std::string& text) {
        uint32_t from = 0, to = 0;
        if (!ParseWindow(text, &from, &to)) {
          throw CLI::ValidationError("--window", "\"" + text + "\" is not of the form 08:00-18:00");
        }
        request->mutable_access()->set_from_minute(from);
        request->mutable_access()->set_to_minute(to);
      },
      "Daily window of it, as 08:00-18:00 or 22:00-06:00; the whole day by default")
      ->type_name("FROM-TO");
  TextFlag(
      ask, "--time-zone", [request](const std::string& zone) { request->mutable_access()->set_time_zone(zone); },
      "Zone of the window, as Europe/Vienna");
  EnumFlag<v1::CredentialMode>(
      ask, "--credentials", [request](v1::CredentialMode mode) { request->mutable_access()->set_credential_mode(mode); },
      "What the technician needs to log in; ask by default");
  auto [close, closed] = AddVerb<v1::CloseActivityRequest, v1::CloseActivityResponse>(
      parent, runner, {"close-activity", "Close an activity", "session close-activity 1861711 3"});
  Flag<uint32_t>(
      close, "ACTIVITY", [request = closed](const uint32_t& id) { request->set_activity_id(id); }, "Number in the session")
      ->type_name("")
      ->required();
  EnumFlag<v1::FileOutcome>(
      close, "--outcome", [request = closed](v1::FileOutcome outcome) { request->set_file_outcome(outcome); },
      "How the file of the activity came out; canceled by default");
}

void AddConsent(CLI::App& parent, Runner& runner) {
  auto [chat, switched] = AddVerb<v1::SetChatRequest, v1::SetChatResponse>(
      parent, runner, {"chat", "Turn the customer's chat on or off", "session chat 1861711 off"});
  chat->add_option_function<std::string>(
          "STATE", [request = switched](const std::string& state) { request->set_off(state == "off"); }, "on or off")
      ->check(CLI::IsMember({"on", "off"}))
      ->type_name("")
      ->required();
  AddVerb<v1::SendSurveyRequest, v1::SendSurveyResponse>(
      parent, runner, {"send-survey", "Send the survey of the lead's group to the customer", "session send-survey 1861711"});
  auto [note, noted] = AddVerb<v1::AddNoteRequest, v1::AddNoteResponse>(
      parent, runner,
      {"note", "Keep a text with the session and its device's history", "session note 1861711 'Replaced the cable.'"});
  Argument(
      note, "TEXT", [request = noted](const std::string& text) { request->set_text(text); }, "What to keep");
  auto [reject, rejected] = AddVerb<v1::RejectOfferRequest, v1::RejectOfferResponse>(
      parent, runner,
      {"reject-offer", "Pass an offered session on to the next technician", "session reject-offer 1861711 --reason 'lunch'"});
  TextFlag(
      reject, "--reason", [request = rejected](const std::string& reason) { request->set_reason(reason); }, "For colleagues");
}

void AddInviteExternal(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"invite-external", "Ask somebody from outside to collaborate; he redeems the code",
                                      "session invite-external 1861711 'Olga of Printer Inc' --technician ann"});
  auto request = runner.Bind<v1::InviteExternalRequest, v1::InviteExternalResponse>(
      command, {.table =
                    [&runner](const v1::InviteExternalResponse& response) {
                      std::string text =
                          absl::StrCat(SessionTable(One(response.session()), runner.io().now()), "\n", response.technician_id(),
                                       ", code, shown only here: ", response.code(), "\n");
                      if (!response.link().empty()) absl::StrAppend(&text, "link: ", response.link(), "\n");
                      return text;
                    },
                .secret = [](const v1::InviteExternalResponse& response) { return response.code(); }});
  TargetFlags(command, [request] { return request->mutable_target(); });
  Argument(
      command, "NAME", [request](const std::string& name) { request->set_name(name); }, "Who it is, for the participants");
  TextFlag(
      command, "--address", [request](const std::string& address) { request->set_address(address); },
      "His e-mail address: for --method email, and where only approved ones are invited");
  TextFlag(
      command, "--language", [request](const std::string& tag) { request->set_language(tag); }, "BCP 47 tag, of the e-mail");
  EnumFlag<v1::Method>(
      command, "--method", [request](v1::Method method) { request->set_method(method); }, "pin, link or email; default pin");
  DenyFlag(command, request);
}

void AddCollaboration(CLI::App& parent, Runner& runner) {
  AddVerb<v1::JoinSessionRequest, v1::JoinSessionResponse>(
      parent, runner,
      {"join", "Collaborate, uninvited, in a session of somebody whom you monitor", "session join 1861711 --technician boss"});
  auto [invite, invited] = AddVerb<v1::InviteTechnicianRequest, v1::InviteTechnicianResponse>(
      parent, runner, {"invite", "Ask a technician to collaborate", "session invite 1861711 bob"});
  Argument(
      invite, "INVITEE", [request = invited](const std::string& id) { request->set_invitee_technician_id(id); },
      "Whom to invite");
  DenyFlag(invite, invited);
  AddInviteExternal(parent, runner);
  auto [grants, narrowed] = AddVerb<v1::SetGrantsRequest, v1::SetGrantsResponse>(
      parent, runner,
      {"set-grants", "Narrow what a collaborator or invitee may do", "session set-grants 1861711 bob --deny remote-control"});
  Argument(
      grants, "COLLABORATOR", [request = narrowed](const std::string& id) { request->set_collaborator_technician_id(id); },
      "Who is narrowed");
  DenyFlag(grants, narrowed);
  auto [remove, removed] = AddVerb<v1::RemoveTechnicianRequest, v1::RemoveTechnicianResponse>(
      parent, runner, {"remove", "Take an invitee or collaborator out", "session remove 1861711 bob"});
  Argument(
      remove, "REMOVED", [request = removed](const std::string& id) { request->set_removed_technician_id(id); },
      "Whom to remove");
  AddVerb<v1::LeaveSessionRequest, v1::LeaveSessionResponse>(
      parent, runner, {"leave", "Leave, or decline an invitation or transfer", "session leave 1861711"});
  auto [offer, offered] = AddVerb<v1::OfferLeadRequest, v1::OfferLeadResponse>(
      parent, runner, {"offer-lead", "Offer the lead to a collaborator", "session offer-lead 1861711 bob"});
  Argument(
      offer, "COLLABORATOR", [request = offered](const std::string& id) { request->set_collaborator_technician_id(id); },
      "Who is to lead");
  AddVerb<v1::CancelLeadOfferRequest, v1::CancelLeadOfferResponse>(
      parent, runner, {"cancel-lead-offer", "Withdraw or decline the offer of the lead", "session cancel-lead-offer 1861711"});
  AddVerb<v1::AcceptLeadRequest, v1::AcceptLeadResponse>(parent, runner,
                                                         {"accept-lead", "Accept the lead", "session accept-lead 1861711"});
}

void AddReboot(CLI::App& parent, Runner& runner) {
  auto [command, request] = AddVerb<v1::RebootDeviceRequest, v1::RebootDeviceResponse>(
      parent, runner, {"reboot", "Reboot the customer's device", "session reboot 1861711 --kind safe-mode"});
  EnumFlag<v1::RebootKind>(
      command, "--kind", [request = request](v1::RebootKind kind) { request->set_kind(kind); }, "How it comes up again");
}

void AddUpdate(CLI::App& parent, Runner& runner) {
  auto [command, request] = AddVerb<v1::UpdateSessionRequest, v1::UpdateSessionResponse>(
      parent, runner, {"update", "Change what is known of the customer", "session update 1861711 --name 'Mrs Lind'"});
  const auto text = [command = command, request = request](const std::string& flag, const std::string& path,
                                                           void (*set)(v1::Session*, const std::string&),
                                                           const std::string& help) {
    TextFlag(
        command, flag,
        [=](const std::string& value) {
          set(request->mutable_session(), value);
          request->mutable_update_mask()->add_paths(path);
        },
        help);
  };
  text(
      "--name", "name", [](v1::Session* session, const std::string& value) { session->set_name(value); }, "Customer's name");
  text(
      "--tracking-id", "tracking_id", [](v1::Session* session, const std::string& value) { session->set_tracking_id(value); },
      "The integrator's reference");
  text(
      "--language", "language", [](v1::Session* session, const std::string& value) { session->set_language(value); },
      "BCP 47 tag");
  ListFlag(
      command, "--field",
      [request = request] {
        request->mutable_update_mask()->add_paths("custom_fields");
        return request->mutable_session()->mutable_custom_fields();
      },
      "Custom fields 1-5 in order, repeated; replaces all")
      ->delimiter('\0')
      ->type_name("TEXT");
}

}  // namespace

void AddSessionCreate(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(
      parent, {"create", "Make a session and the code for its customer", "session create --technician ann -o token"});
  auto request = runner.Bind<v1::CreateSessionRequest, v1::CreateSessionResponse>(
      command,
      {.table = [&runner](const v1::CreateSessionResponse& response) { return CreatedText(response, runner.io().now()); },
       .secret =
           [](const v1::CreateSessionResponse& response) {
             return response.code().empty() ? response.device_token() : response.code();
           }});
  TextFlag(
      command, "--technician", [request](const std::string& id) { request->set_technician_id(id); },
      "For whom; technicians create for themselves");
  EnumFlag<v1::Method>(
      command, "--method", [request](v1::Method method) { request->set_method(method); },
      "How the customer enters; default pin");
  EnumFlag<v1::SessionType>(
      command, "--type", [request](v1::SessionType type) { request->set_type(type); }, "Kind of support; default standard");
  TextFlag(
      command, "--deliver-to", [request](const std::string& address) { request->set_delivery_address(address); },
      "E-mail address or telephone number, for email and sms");
  TextFlag(
      command, "--channel", [request](const std::string& id) { request->set_channel_id(id); }, "Channel, for channel-form");
  TextFlag(
      command, "--prefer", [request](const std::string& id) { request->set_preferred_technician_id(id); },
      "Technician who is asked first, for channel-form");
  TextFlag(
      command, "--name", [request](const std::string& name) { request->set_name(name); }, "Customer's name");
  ListFlag(
      command, "--field", [request] { return request->mutable_custom_fields(); }, "Custom fields 1-5 in order, repeated")
      ->delimiter('\0')
      ->type_name("TEXT");
  TextFlag(
      command, "--tracking-id", [request](const std::string& id) { request->set_tracking_id(id); }, "Your own reference");
  TextFlag(
      command, "--language", [request](const std::string& tag) { request->set_language(tag); }, "BCP 47 tag");
  TextFlag(
      command, "--monitored", [request](const std::string& id) { request->set_monitored_technician_id(id); },
      "Technician to watch, for monitoring");
}

void AddSessionList(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"list", "List live or ended sessions", "session list --ended --technician ann"});
  auto request = runner.BindList<v1::ListSessionsRequest, v1::ListSessionsResponse>(
      command,
      [&runner](const v1::ListSessionsResponse& response) { return SessionTable(response.sessions(), runner.io().now()); });
  command->add_flag_function(
      "--ended", [request](int64_t) { request->set_ended(true); }, "Ended sessions in place of live ones");
  TextFlag(
      command, "--technician", [request](const std::string& id) { request->set_technician_id(id); }, "Only this technician's");
  TextFlag(
      command, "--channel", [request](const std::string& id) { request->set_channel_id(id); }, "Only this channel's");
  TextFlag(
      command, "--tracking-id", [request](const std::string& id) { request->set_tracking_id(id); }, "Only with this reference");
  TextFlag(
      command, "--device", [request](const std::string& id) { request->set_device_id(id); }, "Only on this device");
}

void AddSessionStart(CLI::App& parent, Runner& runner) {
  AddVerb<v1::StartSessionRequest, v1::StartSessionResponse>(
      parent, runner,
      {"start", "Start, resume, accept an invitation, or take a transfer (back)", "session start 1861711 --technician ann"});
}

void AddSessionHold(CLI::App& parent, Runner& runner) {
  AddVerb<v1::HoldSessionRequest, v1::HoldSessionResponse>(parent, runner, {"hold", "Put on hold", "session hold 1861711"});
}

void AddSessionTransfer(CLI::App& parent, Runner& runner) {
  auto [command, request] = AddVerb<v1::TransferSessionRequest, v1::TransferSessionResponse>(
      parent, runner,
      {"transfer", "Offer to somebody else", "session transfer 1861711 --to-group second-line --comment 'printer'"});
  CLI::Option_group* to = command->add_option_group("To", "Exactly one");
  to->require_option(1);
  TextFlag(
      to, "--to", [request = request](const std::string& id) { request->mutable_to()->set_technician_id(id); }, "Technician");
  TextFlag(
      to, "--to-group", [request = request](const std::string& id) { request->mutable_to()->set_group_id(id); }, "Group");
  TextFlag(
      to, "--to-channel", [request = request](const std::string& id) { request->mutable_to()->set_channel_id(id); }, "Channel");
  TextFlag(
      command, "--comment", [request = request](const std::string& comment) { request->set_comment(comment); },
      "For the recipients");
}

void AddSessionEnd(CLI::App& parent, Runner& runner) {
  AddVerb<v1::EndSessionRequest, v1::EndSessionResponse>(
      parent, runner, {"end", "End for everybody, or dismiss an ended one", "session end 1861711"});
}

void AddSessionTimeline(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"timeline", "Show every event of a session", "session timeline 1861711"});
  auto request = runner.BindList<v1::GetTimelineRequest, v1::GetTimelineResponse>(
      command, [](const v1::GetTimelineResponse& response) { return TimelineTable(response.events()); });
  SessionArgument(command, [request](const uint64_t& id) { request->set_session_id(id); });
}

void AddSessionCommands(CLI::App& app, Runner& runner) {
  CLI::App* session = runner.AddFamily(app, "session", "Sessions");
  AddSessionCreate(*session, runner);
  AddReads(*session, runner);
  AddSessionList(*session, runner);
  AddSessionStart(*session, runner);
  AddSessionHold(*session, runner);
  AddSessionTransfer(*session, runner);
  AddVerb<v1::CancelTransferRequest, v1::CancelTransferResponse>(
      *session, runner, {"cancel-transfer", "Take back a transfer", "session cancel-transfer 1861711"});
  AddSessionEnd(*session, runner);
  AddReboot(*session, runner);
  AddCollaboration(*session, runner);
  AddActivities(*session, runner);
  AddConsent(*session, runner);
  AddUpdate(*session, runner);
  AddSessionTimeline(*session, runner);
  AddSessionHistory(*session, runner);
}

void AddShortcuts(CLI::App& app, Runner& runner) {
  AddSessionCreate(app, runner);
  AddSessionList(app, runner);
  AddSessionStart(app, runner);
  AddSessionHold(app, runner);
  AddSessionTransfer(app, runner);
  AddSessionEnd(app, runner);
  AddSessionTimeline(app, runner);
  AddQueueWatch(app, runner);
  AddTechnicianList(app, runner, "technicians");
  AddKeyList(app, runner, "keys");
}

}  // namespace guichet::ctl

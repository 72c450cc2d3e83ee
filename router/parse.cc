#include "router/parse.h"

#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "router/hours.h"
#include "router/secrets.h"
#include "router/validate.h"
#include "statemachine/limits.h"
#include "statemachine/refusal.h"

namespace guichet::router {
namespace {

// Commands in which an integrator may leave the technician out: "as the lead".
enum class Who { kRequired, kLeadByDefault };

absl::StatusOr<command::Target> ToTarget(const Principal& principal, const pb::SessionTarget& target,
                                         const std::string& request_id, Who who) {
  if (target.session_id() == 0) return InvalidField("target.session_id", "required");
  if (absl::Status id = CheckRequestId(request_id); !id.ok()) return id;
  absl::StatusOr<TechnicianId> technician = Acting(principal, "target.technician_id", target.technician_id());
  if (!technician.ok()) return technician.status();
  if (!*technician && who == Who::kRequired) {
    return InvalidField("target.technician_id", "required for administrators and integrators: name the technician who acts");
  }
  return command::Target{SessionId{target.session_id()}, *technician, Epoch{target.expected_epoch()}};
}

template <class C, class Request>
absl::StatusOr<Command> Simple(const Principal& principal, const Request& request, Who who) {
  absl::StatusOr<command::Target> target = ToTarget(principal, request.target(), request.request_id(), who);
  if (!target.ok()) return target.status();
  return Command{C{*std::move(target)}};
}

// A command about another technician, named in `field`.
template <class C, class Request>
absl::StatusOr<Command> About(const Principal& principal, const Request& request, std::string_view field,
                              const std::string& other, Who who) {
  absl::StatusOr<command::Target> target = ToTarget(principal, request.target(), request.request_id(), who);
  if (!target.ok()) return target.status();
  if (absl::Status id = CheckTechnicianId(field, other); !id.ok()) return id;
  return Command{C{*std::move(target), TechnicianId{other}}};
}

absl::StatusOr<TransferTarget> ToTransferTarget(const pb::TransferTarget& to) {
  TransferTarget target;
  switch (to.target_case()) {
    case pb::TransferTarget::kTechnicianId:
      target.technician.value = to.technician_id();
      break;
    case pb::TransferTarget::kGroupId:
      target.group.value = to.group_id();
      break;
    case pb::TransferTarget::kChannelId:
      target.channel.value = to.channel_id();
      break;
    case pb::TransferTarget::TARGET_NOT_SET:
      return InvalidField("to", "required: set technician_id, group_id or channel_id");
  }
  const std::string& id = target.technician ? target.technician.value
                          : target.group    ? target.group.value
                                            : target.channel.value;
  if (absl::Status form = CheckId("to", id); !form.ok()) return form;
  return target;
}

// What is left of all permissions without those that are denied.
absl::StatusOr<Permissions> WithoutDenied(const google::protobuf::RepeatedField<int>& denied) {
  Permissions granted = Permissions::All();
  for (int value : denied) {
    if (value <= 0 || value >= kPermissionCount) {
      return InvalidField("denied_permissions", absl::StrCat(value, " is no permission"));
    }
    granted.Set(static_cast<Permission>(value), false);
  }
  return granted;
}

// Of a session that is created with a method. The core makes sessions by LAN and MONITORING what their methods say.
absl::StatusOr<SessionType> ToSessionType(pb::SessionType type, pb::Method method) {
  const bool to_channel = method == pb::METHOD_CHANNEL_FORM;
  const bool fixed = method == pb::METHOD_LAN || method == pb::METHOD_MONITORING;
  const pb::SessionType only = method == pb::METHOD_LAN ? pb::SESSION_TYPE_LAN : pb::SESSION_TYPE_MONITORING;
  if (fixed && type != pb::SESSION_TYPE_UNSPECIFIED && type != only) {
    return InvalidField(
        "type", absl::StrCat("must be unset, or ", method == pb::METHOD_LAN ? "LAN" : "MONITORING", ", with this method"));
  }
  switch (type) {
    case pb::SESSION_TYPE_UNSPECIFIED:
    case pb::SESSION_TYPE_STANDARD:
      return SessionType::kStandard;
    case pb::SESSION_TYPE_LENS:
      return SessionType::kLens;
    case pb::SESSION_TYPE_MOBILE:
      return SessionType::kMobile;
    case pb::SESSION_TYPE_INSTANT_CHAT:
      if (to_channel) return SessionType::kInstantChat;
      return InvalidField("type", "INSTANT_CHAT only with method CHANNEL_FORM");
    default:
      if (fixed) return SessionType::kStandard;
      return InvalidField("type",
                          to_channel ? "must be STANDARD, LENS, MOBILE or INSTANT_CHAT" : "must be STANDARD, LENS or MOBILE");
  }
}

absl::StatusOr<FileOutcome> ToFileOutcome(int outcome) {
  if (outcome >= 0 && outcome < kFileOutcomeCount) return static_cast<FileOutcome>(outcome);
  return InvalidField("file_outcome", "must be COMPLETED, FAILED or CANCELED");
}

}  // namespace

absl::StatusOr<FileInfo> ToFileInfo(const pb::FileInfo& file) {
  if (absl::Status name = CheckChars("file.name", file.name(), limits::kFileNameChars); !name.ok()) return name;
  if (file.name().find_first_of("/\\") != std::string::npos || file.name() == "." || file.name() == "..") {
    return InvalidField("file.name", "must be the name of a file, without folders");
  }
  if (file.size() > limits::kFileBytes) return InvalidField("file.size", "must be at most 2^50");
  if (!file.sha256().empty() && file.sha256().size() != limits::kFileHashBytes) {
    return InvalidField("file.sha256", "must have 32 bytes, or be empty");
  }
  if (file.name().empty() && (file.size() > 0 || !file.sha256().empty())) return InvalidField("file.name", "required");
  return FileInfo{file.name(), file.size(), file.sha256()};
}

absl::StatusOr<command::RevokeActivity> ToRevoke(SessionId session, const pb::AppletRevoke& revoke) {
  absl::StatusOr<FileOutcome> outcome = ToFileOutcome(revoke.file_outcome());
  if (!outcome.ok()) return outcome.status();
  absl::StatusOr<FileInfo> file = ToFileInfo(revoke.file());
  if (!file.ok()) return file.status();
  return command::RevokeActivity{session, revoke.activity_id(), *outcome, *std::move(file)};
}

absl::StatusOr<std::vector<SurveyAnswer>> ToAnswers(const google::protobuf::RepeatedPtrField<pb::SurveyAnswer>& answers) {
  if (answers.empty()) return InvalidField("answers", "required");
  if (static_cast<size_t>(answers.size()) > limits::kSurveyAnswers) {
    return InvalidField("answers", absl::StrCat("has ", answers.size(), ", at most ", limits::kSurveyAnswers, " are allowed"));
  }
  std::vector<SurveyAnswer> all;
  for (const pb::SurveyAnswer& answer : answers) {
    const std::string field = absl::StrCat("answers[", all.size(), "].");
    if (answer.question().empty()) return InvalidField(field + "question", "required");
    if (absl::Status s = CheckChars(field + "question", answer.question(), limits::kSurveyQuestionChars); !s.ok()) return s;
    if (absl::Status s = CheckChars(field + "answer", answer.answer(), limits::kSurveyAnswerChars); !s.ok()) return s;
    all.push_back({answer.question(), answer.answer()});
  }
  return all;
}

absl::StatusOr<AccessTerms> ToAccessTerms(const pb::AccessTerms& from) {
  AccessTerms terms;
  absl::StatusOr<Duration> validity = CheckDuration("access.validity", from.validity(), {limits::kMaxAccess});
  if (!validity.ok()) return validity.status();
  terms.validity = *validity;
  if (from.from_minute() >= 1440) return InvalidField("access.from_minute", "must be 0 to 1439");
  if (from.to_minute() > 1440) return InvalidField("access.to_minute", "must be 0 to 1440");
  const bool bounded = from.from_minute() != 0 || from.to_minute() != 0;
  if (bounded && from.from_minute() == from.to_minute())
    return InvalidField("access.to_minute", "must differ from from_minute");
  terms.from_minute = from.from_minute();
  terms.to_minute = bounded ? from.to_minute() : 1440;
  if (bounded && from.time_zone().empty()) return InvalidField("access.time_zone", "required with a window");
  if (!IsKnownTimeZone(from.time_zone())) return InvalidField("access.time_zone", "must be an IANA name such as Europe/Vienna");
  terms.time_zone = from.time_zone();
  if (from.credential_mode() < 0 || from.credential_mode() >= kCredentialModeCount) {
    return InvalidField("access.credential_mode", "must be ASK, STORED or NONE");
  }
  if (from.credential_mode() != 0) terms.credentials = static_cast<CredentialMode>(from.credential_mode());
  return terms;
}

absl::StatusOr<SessionType> ToFormType(pb::SessionType type) {
  if (type == pb::SESSION_TYPE_LENS) return InvalidField("type", "must be STANDARD, MOBILE or INSTANT_CHAT");
  return ToSessionType(type, pb::METHOD_CHANNEL_FORM);
}

absl::StatusOr<TechnicianId> Acting(const Principal& principal, std::string_view field, const std::string& requested) {
  if (requested.empty() || requested == principal.technician.value) return principal.technician;
  if (absl::Status form = CheckId(field, requested); !form.ok()) return form;
  if (!principal.Reaches(TechnicianId{requested})) return PermissionDenied(Name(principal.role), "act for another technician");
  return TechnicianId{requested};
}

absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::StartSessionRequest& request) {
  return Simple<command::Start>(principal, request, Who::kRequired);
}
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::HoldSessionRequest& request) {
  return Simple<command::Hold>(principal, request, Who::kRequired);
}
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::CancelTransferRequest& request) {
  return Simple<command::CancelTransfer>(principal, request, Who::kLeadByDefault);
}
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::EndSessionRequest& request) {
  return Simple<command::End>(principal, request, Who::kLeadByDefault);
}
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::LeaveSessionRequest& request) {
  return Simple<command::Leave>(principal, request, Who::kRequired);
}
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::CancelLeadOfferRequest& request) {
  return Simple<command::CancelLeadOffer>(principal, request, Who::kRequired);
}
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::AcceptLeadRequest& request) {
  return Simple<command::AcceptLead>(principal, request, Who::kRequired);
}
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::JoinSessionRequest& request) {
  return Simple<command::Join>(principal, request, Who::kRequired);
}
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::SendSurveyRequest& request) {
  return Simple<command::SendSurvey>(principal, request, Who::kRequired);
}
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::RemoveTechnicianRequest& request) {
  return About<command::RemoveTechnician>(principal, request, "removed_technician_id", request.removed_technician_id(),
                                          Who::kLeadByDefault);
}
absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::OfferLeadRequest& request) {
  return About<command::OfferLead>(principal, request, "collaborator_technician_id", request.collaborator_technician_id(),
                                   Who::kRequired);
}

absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::InviteTechnicianRequest& request) {
  absl::StatusOr<Command> command =
      About<command::Invite>(principal, request, "invitee_technician_id", request.invitee_technician_id(), Who::kRequired);
  if (!command.ok()) return command;
  absl::StatusOr<Permissions> granted = WithoutDenied(request.denied_permissions());
  if (!granted.ok()) return granted.status();
  std::get<command::Invite>(*command).granted = *granted;
  return command;
}

absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::SetGrantsRequest& request) {
  absl::StatusOr<Command> command = About<command::Grant>(principal, request, "collaborator_technician_id",
                                                          request.collaborator_technician_id(), Who::kLeadByDefault);
  if (!command.ok()) return command;
  absl::StatusOr<Permissions> granted = WithoutDenied(request.denied_permissions());
  if (!granted.ok()) return granted.status();
  std::get<command::Grant>(*command).granted = *granted;
  return command;
}

absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::RequestActivityRequest& request) {
  absl::StatusOr<command::Target> target = ToTarget(principal, request.target(), request.request_id(), Who::kRequired);
  if (!target.ok()) return target.status();
  if (request.kind() <= 0 || request.kind() >= kActivityKindCount) {
    return InvalidField("kind", "required: name what is to be done");
  }
  if (absl::Status detail = CheckChars("detail", request.detail(), limits::kActivityDetailChars); !detail.ok()) return detail;
  const bool sends = request.kind() == pb::ACTIVITY_KIND_SEND_FILE;
  if (!sends && request.has_file()) return InvalidField("file", "only with kind SEND_FILE");
  if (sends && request.file().name().empty()) return InvalidField("file.name", "required with kind SEND_FILE");
  absl::StatusOr<FileInfo> file = ToFileInfo(request.file());
  if (!file.ok()) return file.status();
  command::RequestActivity command{
      *std::move(target), static_cast<ActivityKind>(request.kind()), request.detail(), *std::move(file), {}};
  const bool asks_access = request.kind() == pb::ACTIVITY_KIND_UNATTENDED_ACCESS;
  if (!asks_access && request.has_access()) return InvalidField("access", "only with kind UNATTENDED_ACCESS");
  if (asks_access) {
    absl::StatusOr<AccessTerms> access = ToAccessTerms(request.access());
    if (!access.ok()) return access.status();
    command.access = *std::move(access);
  }
  return Command{std::move(command)};
}

absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::CloseActivityRequest& request) {
  absl::StatusOr<command::Target> target = ToTarget(principal, request.target(), request.request_id(), Who::kLeadByDefault);
  if (!target.ok()) return target.status();
  if (request.activity_id() == 0) return InvalidField("activity_id", "required");
  absl::StatusOr<FileOutcome> outcome = ToFileOutcome(request.file_outcome());
  if (!outcome.ok()) return outcome.status();
  absl::StatusOr<FileInfo> file = ToFileInfo(request.file());
  if (!file.ok()) return file.status();
  return Command{command::CloseActivity{*std::move(target), request.activity_id(), *outcome, *std::move(file)}};
}

absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::AddNoteRequest& request) {
  absl::StatusOr<command::Target> target = ToTarget(principal, request.target(), request.request_id(), Who::kLeadByDefault);
  if (!target.ok()) return target.status();
  if (request.text().empty()) return InvalidField("text", absl::StrCat("required: 1-", limits::kNoteChars, " characters"));
  if (absl::Status text = CheckChars("text", request.text(), limits::kNoteChars); !text.ok()) return text;
  return Command{command::AddNote{*std::move(target), request.text()}};
}

absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::SetChatRequest& request) {
  absl::StatusOr<command::Target> target = ToTarget(principal, request.target(), request.request_id(), Who::kRequired);
  if (!target.ok()) return target.status();
  return Command{command::SetChat{*std::move(target), request.off()}};
}

absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::RejectOfferRequest& request) {
  absl::StatusOr<command::Target> target = ToTarget(principal, request.target(), request.request_id(), Who::kRequired);
  if (!target.ok()) return target.status();
  if (absl::Status reason = CheckChars("reason", request.reason(), limits::kReasonChars); !reason.ok()) return reason;
  return Command{command::RejectOffer{*std::move(target), request.reason()}};
}

absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::TransferSessionRequest& request) {
  absl::StatusOr<command::Target> target = ToTarget(principal, request.target(), request.request_id(), Who::kRequired);
  if (!target.ok()) return target.status();
  absl::StatusOr<TransferTarget> to = ToTransferTarget(request.to());
  if (!to.ok()) return to.status();
  if (absl::Status comment = CheckChars("comment", request.comment(), limits::kCommentChars); !comment.ok()) return comment;
  return Command{command::TransferTo{*std::move(target), *std::move(to), request.comment()}};
}

absl::StatusOr<RebootKind> ToRebootKind(pb::RebootKind kind) {
  switch (kind) {
    case pb::REBOOT_KIND_UNSPECIFIED:
    case pb::REBOOT_KIND_NORMAL:
      return RebootKind::kNormal;
    case pb::REBOOT_KIND_SAFE_MODE:
      return RebootKind::kSafeMode;
    case pb::REBOOT_KIND_EMERGENCY:
      return RebootKind::kEmergency;
    default:
      return InvalidField("kind", "must be NORMAL, SAFE_MODE or EMERGENCY");
  }
}

absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::RebootDeviceRequest& request) {
  absl::StatusOr<command::Target> target = ToTarget(principal, request.target(), request.request_id(), Who::kRequired);
  if (!target.ok()) return target.status();
  absl::StatusOr<RebootKind> kind = ToRebootKind(request.kind());
  if (!kind.ok()) return kind.status();
  return Command{command::Reboot{*std::move(target), *kind}};
}

absl::StatusOr<Profile> ToProfile(const std::string& name, const google::protobuf::RepeatedPtrField<std::string>& custom_fields,
                                  const std::string& tracking_id, const std::string& language) {
  if (absl::Status s = CheckChars("name", name, limits::kNameChars); !s.ok()) return s;
  if (absl::Status s = CheckCustomFields("custom_fields", custom_fields); !s.ok()) return s;
  if (absl::Status s = CheckChars("tracking_id", tracking_id, limits::kTrackingIdChars); !s.ok()) return s;
  if (absl::Status s = CheckBytes("language", language, limits::kLanguageBytes); !s.ok()) return s;
  Profile profile;
  profile.name = name.empty() ? "Client" : name;
  profile.custom_fields.assign(custom_fields.begin(), custom_fields.end());
  while (!profile.custom_fields.empty() && profile.custom_fields.back().empty()) profile.custom_fields.pop_back();
  profile.tracking_id = tracking_id;
  profile.language = language;
  return profile;
}

absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::UpdateSessionRequest& request) {
  absl::StatusOr<command::Target> target = ToTarget(principal, request.target(), request.request_id(), Who::kLeadByDefault);
  if (!target.ok()) return target.status();
  const pb::Session& session = request.session();
  absl::StatusOr<Profile> profile =
      ToProfile(session.name(), session.custom_fields(), session.tracking_id(), session.language());
  if (!profile.ok()) return profile.status();
  std::set<std::string> paths(request.update_mask().paths().begin(), request.update_mask().paths().end());
  if (paths.empty()) {
    if (!session.name().empty()) paths.insert("name");
    if (session.custom_fields_size() > 0) paths.insert("custom_fields");
    if (!session.tracking_id().empty()) paths.insert("tracking_id");
    if (!session.language().empty()) paths.insert("language");
  }
  if (paths.contains("*")) paths = {"name", "custom_fields", "tracking_id", "language"};
  command::UpdateSession command{*std::move(target), {}, {}, {}, {}};
  for (const std::string& path : paths) {
    if (path == "name") {
      command.name = profile->name;
    } else if (path == "custom_fields") {
      command.custom_fields = profile->custom_fields;
    } else if (path == "tracking_id") {
      command.tracking_id = profile->tracking_id;
    } else if (path == "language") {
      command.language = profile->language;
    } else {
      return InvalidField("update_mask",
                          absl::StrCat("\"", path, "\" cannot be updated; use name, custom_fields, tracking_id, language"));
    }
  }
  return Command{std::move(command)};
}

namespace {

// Fields that one method of entering needs and others must not have.
absl::Status CheckMethodFields(const Principal& principal, const pb::CreateSessionRequest& request) {
  const bool to_channel = request.method() == pb::METHOD_CHANNEL_FORM;
  const bool monitors = request.method() == pb::METHOD_MONITORING;
  if (!to_channel && !request.channel_id().empty()) return InvalidField("channel_id", "only with method CHANNEL_FORM");
  if (!to_channel && !request.preferred_technician_id().empty()) {
    return InvalidField("preferred_technician_id", "only with method CHANNEL_FORM");
  }
  if (!monitors && !request.monitored_technician_id().empty()) {
    return InvalidField("monitored_technician_id", "only with method MONITORING");
  }
  if (request.method() == pb::METHOD_EMAIL) {
    if (absl::Status form = CheckEmailAddress("delivery_address", request.delivery_address()); !form.ok()) return form;
  } else if (request.method() == pb::METHOD_SMS) {
    if (absl::Status form = CheckPhoneNumber("delivery_address", request.delivery_address()); !form.ok()) return form;
  } else if (!request.delivery_address().empty()) {
    return InvalidField("delivery_address", "only with methods EMAIL and SMS");
  }
  if (to_channel && !principal.may_act_for_others()) {
    return PermissionDenied(Name(principal.role), "create a session in a channel");
  }
  if (monitors && principal.role != KeyRole::kAdministrator && principal.role != KeyRole::kGroupAdministrator) {
    return PermissionDenied(Name(principal.role), "monitor a technician");
  }
  if (to_channel && !request.technician_id().empty()) {
    return InvalidField("technician_id", "must be empty with method CHANNEL_FORM");
  }
  if (to_channel && !request.preferred_technician_id().empty()) {
    return CheckId("preferred_technician_id", request.preferred_technician_id());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<NewSession> ToNewSession(const Principal& principal, Codes& codes, const pb::CreateSessionRequest& request) {
  if (absl::Status id = CheckRequestId(request.request_id()); !id.ok()) return id;
  absl::StatusOr<TechnicianId> technician = Acting(principal, "technician_id", request.technician_id());
  if (!technician.ok()) return technician.status();
  absl::StatusOr<Profile> profile =
      ToProfile(request.name(), request.custom_fields(), request.tracking_id(), request.language());
  if (!profile.ok()) return profile.status();
  absl::StatusOr<SessionType> type = ToSessionType(request.type(), request.method());
  if (!type.ok()) return type.status();
  if (absl::Status fields = CheckMethodFields(principal, request); !fields.ok()) return fields;
  const bool to_channel = request.method() == pb::METHOD_CHANNEL_FORM;
  if (!to_channel && !*technician) {
    return InvalidField("technician_id", "required: name the technician for whom the session is");
  }

  NewSession made;
  made.command.profile = *std::move(profile);
  made.command.type = *type;
  made.command.preferred.value = request.preferred_technician_id();
  made.command.delivery_address = request.delivery_address();
  switch (request.method()) {
    case pb::METHOD_UNSPECIFIED:
    case pb::METHOD_PIN:
    case pb::METHOD_EMAIL:
    case pb::METHOD_SMS: {
      absl::StatusOr<std::string> pin = codes.TakePin();
      made.no_code = pin.status();
      made.command.method = request.method() == pb::METHOD_EMAIL ? Method::kEmail
                            : request.method() == pb::METHOD_SMS ? Method::kSms
                                                                 : Method::kPin;
      made.code = pin.value_or("");
      break;
    }
    case pb::METHOD_LINK:
    case pb::METHOD_LAN:
      made.command.method = request.method() == pb::METHOD_LAN ? Method::kLan : Method::kLink;
      made.code = RandomSecret();
      break;
    case pb::METHOD_CHANNEL_FORM:
      if (absl::Status id = CheckId("channel_id", request.channel_id()); !id.ok()) return id;
      made.command.method = Method::kChannelForm;
      made.command.channel.value = request.channel_id();
      made.device_secret = RandomSecret();
      made.command.device_token_hash = Sha256(made.device_secret);
      break;
    case pb::METHOD_MONITORING:
      if (absl::Status id = CheckId("monitored_technician_id", request.monitored_technician_id()); !id.ok()) return id;
      made.command.method = Method::kMonitoring;
      made.command.monitored.value = request.monitored_technician_id();
      break;
    default:
      return InvalidField("method", "must be PIN, LINK, EMAIL, SMS, LAN, CHANNEL_FORM or MONITORING");
  }
  if (!to_channel) made.command.owner = *technician;
  if (!made.code.empty()) made.command.code_key = Codes::KeyOf(made.code);
  return made;
}

absl::StatusOr<Command> ToCommand(const Principal& principal, const pb::SendChatRequest& request) {
  absl::StatusOr<command::Target> target = ToTarget(principal, request.target(), request.request_id(), Who::kRequired);
  if (!target.ok()) return target.status();
  return Command{command::SendChat{*std::move(target), request.technicians_only(), request.text()}};
}

absl::StatusOr<NewInvitation> ToNewInvitation(const Principal& principal, Codes& codes,
                                              const pb::InviteExternalRequest& request) {
  absl::StatusOr<command::Target> target = ToTarget(principal, request.target(), request.request_id(), Who::kRequired);
  if (!target.ok()) return target.status();
  if (absl::Status name = CheckDisplayName("name", request.name()); !name.ok()) return name;
  if (!request.address().empty()) {
    if (absl::Status form = CheckEmailAddress("address", request.address()); !form.ok()) return form;
  }
  absl::StatusOr<Permissions> granted = WithoutDenied(request.denied_permissions());
  if (!granted.ok()) return granted.status();
  NewInvitation made;
  if (absl::Status s = CheckBytes("language", request.language(), limits::kLanguageBytes); !s.ok()) return s;
  made.command = {*std::move(target), request.name(), absl::AsciiStrToLower(request.address()), "", *granted};
  made.command.language = request.language();
  made.command.deliver = request.method() == pb::METHOD_EMAIL;
  if (made.command.deliver && request.address().empty()) return InvalidField("address", "required with method EMAIL");
  switch (request.method()) {
    case pb::METHOD_UNSPECIFIED:
    case pb::METHOD_EMAIL:
    case pb::METHOD_PIN: {
      absl::StatusOr<std::string> pin = codes.TakePin();
      made.no_code = pin.status();
      made.code = pin.value_or("");
      break;
    }
    case pb::METHOD_LINK:
      made.code = RandomSecret();
      made.by_link = true;
      break;
    default:
      return InvalidField("method", "must be PIN, LINK or EMAIL");
  }
  if (!made.code.empty()) made.command.code_key = Codes::KeyOf(made.code);
  return made;
}

}  // namespace guichet::router

#include "statemachine/kinds.h"

namespace guichet {
namespace {

constexpr ActivityKinds kOfCamera = {ActivityKind::kRecording, ActivityKind::kScreenshot, ActivityKind::kSendUrl};
constexpr ActivityKinds kOfChat = {ActivityKind::kSendUrl};
constexpr ActivityKinds kNotOnPhones = {ActivityKind::kScript, ActivityKind::kBuiltInScript, ActivityKind::kCallingCard,
                                        ActivityKind::kUnattendedAccess};

}  // namespace

bool Fits(const Session& session, ActivityKind kind) {
  if (session.chat_only) return kOfChat.Has(kind);
  switch (session.type) {
    case SessionType::kLens:
      return kOfCamera.Has(kind);
    case SessionType::kMobile:
      return !kNotOnPhones.Has(kind);
    case SessionType::kMonitoring:
      return false;
    case SessionType::kLan:
    case SessionType::kUnattended:
      return kind != ActivityKind::kMobileSettings && kind != ActivityKind::kUnattendedAccess;
    case SessionType::kStandard:
    case SessionType::kInstantChat:
      return kind != ActivityKind::kMobileSettings;
  }
  return false;
}

bool Fits(const Session& session, RebootKind kind) {
  if (session.chat_only || session.type == SessionType::kLens || session.type == SessionType::kMonitoring) return false;
  return session.type != SessionType::kMobile || kind == RebootKind::kNormal;
}

bool AllowsCollaboration(const Session& session) {
  return !session.chat_only && session.type != SessionType::kLens && session.type != SessionType::kMonitoring;
}

std::optional<Permission> NeededFor(SessionType type) {
  if (type == SessionType::kLens) return Permission::kLens;
  if (type == SessionType::kUnattended) return Permission::kUnattendedAccess;
  return std::nullopt;
}

bool HasCustomer(const Session& session) {
  return session.type != SessionType::kLan && session.type != SessionType::kUnattended && session.method != Method::kMonitoring;
}

bool TermsPending(const Org& org, const Session& session) {
  return !session.terms_accepted && HasCustomer(session) && !SettingsOf(org, session).terms.empty();
}

}  // namespace guichet

// Texts of invitations, by the organization. Rendering them is the router's (router/message_template.h).
#pragma once

#include <cstdint>
#include <string>

namespace guichet {

// On disk and in the API: never renumber.
enum class MessageKind : uint8_t {
  kEmailInvitation = 1,     // of a customer
  kSmsInvitation = 2,       // of a customer
  kExternalInvitation = 3,  // of an external technician, by e-mail
};
inline constexpr int kMessageKindCount = 4;

struct MessageTemplate {
  MessageKind kind = MessageKind::kEmailInvitation;
  std::string language;  // BCP 47
  std::string subject;   // none of an SMS
  std::string text;
  bool operator==(const MessageTemplate&) const = default;
};

}  // namespace guichet

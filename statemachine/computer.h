// Unattended access (domain.md §5, §7): computers that their owners have enrolled, to be reached without anybody there.
#pragma once

#include <cstdint>
#include <string>

#include "statemachine/ids.h"

namespace guichet {

using ComputerId = NumberId<struct ComputerTag>;  // increases in its organization, never used again

// What the technician needs to log in on the computer. On disk and in the API: never renumber.
enum class CredentialMode : uint8_t {
  kAsk = 1,     // the technician types credentials each time
  kStored = 2,  // the agent keeps them
  kNone = 3,    // none are needed
};
inline constexpr int kCredentialModeCount = 4;

// What a technician asks for and the customer agrees to, as it stands.
struct AccessTerms {
  Duration validity{};       // from the consent, at most limits::kMaxAccess
  uint32_t from_minute = 0;  // daily window in `time_zone`; from_minute > to_minute: over midnight
  uint32_t to_minute = 1440;
  std::string time_zone;  // IANA; empty: UTC
  CredentialMode credentials = CredentialMode::kAsk;
  bool operator==(const AccessTerms&) const = default;
};

// An enrolled computer. Its technician, and who is in his group, may connect to it until it expires or is revoked.
struct Computer {
  ComputerId id;
  std::string name;
  std::string device_id;
  std::string platform;
  TechnicianId technician;  // who asked
  SessionId enrolled_in;
  AccessTerms terms;
  std::string secret_hash;  // of its token
  Time enrolled{};
  Time expires{};
  SessionId session;  // the one that runs on it; 0: none
  bool operator==(const Computer&) const = default;
};

}  // namespace guichet

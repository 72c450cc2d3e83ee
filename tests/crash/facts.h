// What the test expects a session to be: the facts that its commands set, without what time and links add.
#pragma once

#include <string>
#include <vector>

#include "guichet/v1/types.pb.h"

namespace guichet::crash {

namespace pb = guichet::v1;

struct Facts {
  std::string name;
  std::string tracking;
  std::string device;
  bool attached = false;
  std::string lead;
  bool held = false;
  std::vector<std::string> collaborators;
  std::vector<std::string> invitees;
  std::string sender;
  std::string recipient;
  std::string lead_offer;
  pb::Outcome outcome = pb::OUTCOME_UNSPECIFIED;

  bool ended() const { return outcome != pb::OUTCOME_UNSPECIFIED; }
  bool started() const { return !lead.empty(); }
};

Facts FactsOf(const pb::Session& session);

// One line. Of an ended session only what stays: whom it was with is history.
std::string ToString(const Facts& facts);

inline bool operator==(const Facts& a, const Facts& b) { return ToString(a) == ToString(b); }

// The bytes of a session without its next timer, which watches do not carry.
std::string Stable(const pb::Session& session);
std::string Stable(const pb::QueueEntry& entry);

}  // namespace guichet::crash

// What technicians see, folded from the changes of log entries alone, as a console does: an independent model beside the core's
// own views.
#pragma once

#include <map>
#include <string>

#include "statemachine/step.h"

namespace guichet::sim {

class Fold {
 public:
  struct Sight {
    EntryState state = EntryState::kNone;
    Time since{};
    bool operator==(const Sight&) const = default;
  };
  // Of one session: whoever has a part of his own in it, and the pool of the queue in which it is.
  struct Views {
    std::map<TechnicianId, Sight> own;
    std::map<Queue, Sight> pools;
    bool operator==(const Views&) const = default;
  };

  // Empty, or what in the entry does not follow from the ones before: a state that was not left, a stay that does not tile
  // time.
  std::string Apply(const LogEntry& entry);

  const std::map<SessionId, Views>& sessions() const { return sessions_; }
  Revision revision() const { return revision_; }
  bool operator==(const Fold&) const = default;

 private:
  std::string Apply(const SessionChange& change, Time time);

  std::map<SessionId, Views> sessions_;  // those that somebody sees
  Revision revision_;
};

}  // namespace guichet::sim

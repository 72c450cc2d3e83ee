// Agents of enrolled computers that are attached.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "statemachine/session.h"

namespace guichet::router {

// Tells an agent to attach to a session.
struct ConnectOrder {
  SessionId session;
  std::string device_token;
  std::string technician_name;
  CredentialMode credentials = CredentialMode::kAsk;
};

// An agent's stream. Called from any thread; must not block.
class Agent {
 public:
  virtual ~Agent() = default;
  virtual void OnConnect(const ConnectOrder& order) = 0;
  virtual void OnGone(Outcome outcome) = 0;
  virtual void Close(absl::Status why) = 0;
};

// Thread safety: all methods may be called from any thread. Nothing of it is on disk, and no order is kept: an agent that has
// not attached to its session gets another order on its next stream.
class Agents {
 public:
  bool Online(const OrgId& org, ComputerId computer) const;
  size_t online() const;
  // The newest stream wins.
  void Attach(const OrgId& org, ComputerId computer, std::shared_ptr<Agent> agent);
  void Detach(const OrgId& org, ComputerId computer, const Agent* agent);
  // To the stream that is there, if one is.
  void Order(const OrgId& org, ComputerId computer, const ConnectOrder& order);
  // The access is over.
  void Gone(const OrgId& org, ComputerId computer, Outcome outcome);

 private:
  using Key = std::pair<OrgId, ComputerId>;
  mutable absl::Mutex mu_;
  std::map<Key, std::shared_ptr<Agent>> agents_ ABSL_GUARDED_BY(mu_);
};

}  // namespace guichet::router

// Agents of enrolled computers that are attached, and the sessions to which they are to attach.
#pragma once

#include <map>
#include <memory>
#include <optional>
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

// Thread safety: all methods may be called from any thread. Nothing of it is on disk: an order that is lost with the daemon
// leaves a session that ends by its connecting time-out.
class Agents {
 public:
  bool Online(const OrgId& org, ComputerId computer) const;
  size_t online() const;
  // The newest stream wins; it gets the order that waits.
  void Attach(const OrgId& org, ComputerId computer, std::shared_ptr<Agent> agent);
  void Detach(const OrgId& org, ComputerId computer, const Agent* agent);
  // Waits for the computer's agent until AttachedTo.
  void Order(const OrgId& org, ComputerId computer, ConnectOrder order);
  // The agent is in the session, or the session is over.
  void AttachedTo(const OrgId& org, ComputerId computer, SessionId session);
  // The access is over.
  void Gone(const OrgId& org, ComputerId computer, Outcome outcome);

 private:
  struct Link {
    std::shared_ptr<Agent> agent;
    std::optional<ConnectOrder> order;
  };
  using Key = std::pair<OrgId, ComputerId>;
  mutable absl::Mutex mu_;
  std::map<Key, Link> links_ ABSL_GUARDED_BY(mu_);
};

}  // namespace guichet::router

#include "router/agents.h"

#include "statemachine/refusal.h"

namespace guichet::router {

bool Agents::Online(const OrgId& org, ComputerId computer) const {
  absl::MutexLock lock(&mu_);
  return agents_.contains({org, computer});
}

size_t Agents::online() const {
  absl::MutexLock lock(&mu_);
  return agents_.size();
}

void Agents::Attach(const OrgId& org, ComputerId computer, std::shared_ptr<Agent> agent) {
  std::shared_ptr<Agent> older;
  {
    absl::MutexLock lock(&mu_);
    older = std::exchange(agents_[{org, computer}], agent);
  }
  if (older != nullptr && older != agent) older->Close(Superseded("a newer stream of the computer"));
}

void Agents::Detach(const OrgId& org, ComputerId computer, const Agent* agent) {
  absl::MutexLock lock(&mu_);
  auto it = agents_.find({org, computer});
  if (it != agents_.end() && it->second.get() == agent) agents_.erase(it);
}

void Agents::Order(const OrgId& org, ComputerId computer, const ConnectOrder& order) {
  std::shared_ptr<Agent> agent;
  {
    absl::MutexLock lock(&mu_);
    auto it = agents_.find({org, computer});
    if (it != agents_.end()) agent = it->second;
  }
  if (agent != nullptr) agent->OnConnect(order);
}

void Agents::Gone(const OrgId& org, ComputerId computer, Outcome outcome) {
  std::shared_ptr<Agent> agent;
  {
    absl::MutexLock lock(&mu_);
    auto it = agents_.find({org, computer});
    if (it == agents_.end()) return;
    agent = std::move(it->second);
    agents_.erase(it);
  }
  agent->OnGone(outcome);
}

}  // namespace guichet::router

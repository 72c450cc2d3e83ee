#include "router/agents.h"

#include <algorithm>

#include "statemachine/refusal.h"

namespace guichet::router {

bool Agents::Online(const OrgId& org, ComputerId computer) const {
  absl::MutexLock lock(&mu_);
  auto it = links_.find({org, computer});
  return it != links_.end() && it->second.agent != nullptr;
}

size_t Agents::online() const {
  absl::MutexLock lock(&mu_);
  return std::count_if(links_.begin(), links_.end(), [](const auto& link) { return link.second.agent != nullptr; });
}

void Agents::Attach(const OrgId& org, ComputerId computer, std::shared_ptr<Agent> agent) {
  std::shared_ptr<Agent> older;
  std::optional<ConnectOrder> order;
  {
    absl::MutexLock lock(&mu_);
    Link& link = links_[{org, computer}];
    older = std::exchange(link.agent, agent);
    order = link.order;
  }
  if (older != nullptr && older != agent) older->Close(Superseded("a newer stream of the computer"));
  if (order) agent->OnConnect(*order);
}

void Agents::Detach(const OrgId& org, ComputerId computer, const Agent* agent) {
  absl::MutexLock lock(&mu_);
  auto it = links_.find({org, computer});
  if (it == links_.end() || it->second.agent.get() != agent) return;
  it->second.agent.reset();
  if (!it->second.order) links_.erase(it);
}

void Agents::Order(const OrgId& org, ComputerId computer, ConnectOrder order) {
  std::shared_ptr<Agent> agent;
  {
    absl::MutexLock lock(&mu_);
    Link& link = links_[{org, computer}];
    agent = link.agent;
    link.order = order;
  }
  if (agent != nullptr) agent->OnConnect(order);
}

void Agents::AttachedTo(const OrgId& org, ComputerId computer, SessionId session) {
  absl::MutexLock lock(&mu_);
  auto it = links_.find({org, computer});
  if (it == links_.end() || !it->second.order || it->second.order->session != session) return;
  it->second.order.reset();
  if (it->second.agent == nullptr) links_.erase(it);
}

void Agents::Gone(const OrgId& org, ComputerId computer, Outcome outcome) {
  std::shared_ptr<Agent> agent;
  {
    absl::MutexLock lock(&mu_);
    auto it = links_.find({org, computer});
    if (it == links_.end()) return;
    agent = std::move(it->second.agent);
    links_.erase(it);
  }
  if (agent != nullptr) agent->OnGone(outcome);
}

}  // namespace guichet::router

// Who comes on a support day: technicians with their consoles, customers with their devices, an administrator who changes
// things while all goes on. What they do follows from what their screens show and from chance.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tools/sim/auditor.h"
#include "tools/sim/simulation.h"

namespace guichet::sim {

class Day {
 public:
  explicit Day(Simulation& sim) : sim_(sim) {}
  ~Day() {  // a customer and his connection hold each other
    for (const CustomerPtr& customer : customers_) customer->wire = nullptr;
  }
  Day(const Day&) = delete;
  Day& operator=(const Day&) = delete;
  // The longest that the settings that are ever made allow.
  static Bounds Limits();

  void Begin();
  // The daemon is there, for the first time or again.
  void Connected();
  // At rest: who is attached counts as attached.
  void Audit(Auditor& auditor);

 private:
  struct Technician {
    OrgId org;
    TechnicianId id;
    bool on_shift = false;
    std::shared_ptr<Wire> wire;  // null: the console is not there
    bool welcome = false;        // … and the daemon has said so
  };
  struct Customer {
    OrgId org;
    SessionId session;
    std::string code;    // to be typed; empty: he came by a form
    bool typed = false;  // … and was taken
    bool away = false;   // his link is cut, or his device restarts
    bool over = false;
    std::shared_ptr<Wire> wire;
    bool welcome = false;
    uint64_t visits = 0;  // attempts to attach
  };
  using CustomerPtr = std::shared_ptr<Customer>;

  void Found(const OrgId& org);
  void Furnish(const OrgId& org);
  GroupSettings RandomSettings();
  Group RandomGroup(const GroupId& id);
  Channel RandomChannel(const ChannelId& id);
  TechnicianConfig RandomConfig(const TechnicianId& id);
  void Administer(const OrgId& org);

  void Shift(Technician& technician);
  void SignIn(Technician& technician);
  void SignOut(Technician& technician, bool properly);
  void Act(Technician& technician);
  void ActOn(Technician& technician, SessionId session, EntryState state);
  void WhileActive(Technician& technician, SessionId session);
  TechnicianId Colleague(const OrgId& org);

  void Arrivals(const OrgId& org);
  void Arrive(const OrgId& org);
  void Type(const CustomerPtr& customer);
  void Attach(const CustomerPtr& customer);
  void Detach(Customer& customer);
  void Live(const CustomerPtr& customer);
  void See(const CustomerPtr& customer, const router::CustomerUpdate& update);
  void Tell(const CustomerPtr& customer, Command command);

  Simulation& sim_;
  std::map<OrgId, std::map<TechnicianId, Technician>> technicians_;
  std::vector<CustomerPtr> customers_;
  std::map<OrgId, bool> furnished_;
  uint64_t codes_ = 0;
};

}  // namespace guichet::sim

// The stage of one scenario: an organization with ann, bob and cat in one group that serves one channel, all with a console and
// a watched queue, and amy, an administrator. Verbs are called with the acting technician's own key.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "statemachine/table.h"
#include "tests/wire/harness.h"

namespace guichet::wire {

// Settings of the group on stage. Real minutes do not pass: the clock is moved by Pass.
inline constexpr Duration kGrace = std::chrono::seconds(6);
inline constexpr Duration kOfflineAfter = std::chrono::seconds(30);
inline constexpr Duration kShort = std::chrono::seconds(1);

class Stage {
 public:
  // `row` of the table that the scenario shows; also names the organization.
  Stage(TestDaemon& daemon, const std::string& row);

  // --- settings and time
  // Sets a duration of the group, which applies at once.
  using Setting = google::protobuf::Duration* (pb::GroupSettings::*)();
  void Set(Setting setting, Duration value);
  void Set(const pb::GroupSettings& settings) { org_.Set("desk", settings); }
  // Moves the clock, in steps small enough that whoever is attached keeps answering in time.
  void Pass(Duration by);
  // Lets the idle time-out of the group pass at once.
  void IdleOut() {
    Set(&pb::GroupSettings::mutable_idle_timeout, std::chrono::milliseconds(1));
    Pass(kShort);
  }

  // --- sessions; the owner, lead or sender is ann
  uint64_t Connecting();
  uint64_t Waiting();
  uint64_t Active();
  uint64_t Held();
  uint64_t Collaborating();  // with bob
  uint64_t Sent();           // from ACTIVE to bob
  uint64_t TimedOut();
  uint64_t InChannel();   // WAITING for all three
  uint64_t Monitoring();  // amy watches bob; WAITING

  // --- verbs
  void Start(const std::string& who, uint64_t id);
  void Hold(const std::string& who, uint64_t id);
  void End(const std::string& who, uint64_t id);
  void Transfer(const std::string& who, uint64_t id, const std::string& to);
  void TransferToGroup(const std::string& who, uint64_t id, const std::string& group);
  void TransferToChannel(const std::string& who, uint64_t id, const std::string& channel);
  void CancelTransfer(const std::string& who, uint64_t id);
  void Invite(uint64_t id, const std::string& invitee);
  void Remove(uint64_t id, const std::string& removed);
  // Offers the lead and accepts it.
  void HandLead(const std::string& from, uint64_t id, const std::string& to);
  // The technician's reboot: the applet gets the order.
  void Reboot(const std::string& who, uint64_t id);

  // --- the administrator
  void MoveTo(const std::string& group, const std::string& who);
  void Disable(const std::string& who);

  // --- the device
  Applet& device(uint64_t id) { return *devices_.at(id); }
  // The network is gone for longer than the grace; ann sees RECONNECTING.
  void Lose(uint64_t id);
  // The same, for longer than offline_after; ann sees OFFLINE.
  void LoseForLong(uint64_t id);
  // Announces a reboot; ann sees REBOOTING.
  void DeviceReboots(uint64_t id);
  void Back(uint64_t id) { device(id).Attach(); }

  // --- who sees what
  void Watch(const std::string& who);
  void Unwatch(const std::string& who) { watchers_.erase(who); }
  // Attaches his console, the first or another one.
  void SignIn(const std::string& who) { consoles_[who] = std::make_unique<Console>(org_.technician(who)); }
  Console& console(const std::string& who) { return *consoles_.at(who); }
  QueueWatcher& queue(const std::string& who) { return *watchers_.at(who); }
  // `who` is shown the change of `row_`, or of `row`.
  void Sees(const std::string& who, uint64_t id, const std::string& row = "");
  void AwaitState(const std::string& who, uint64_t id, pb::EntryState state) { queue(who).AwaitState(id, state); }
  pb::Session Get(uint64_t id);
  pb::Outcome OutcomeOf(uint64_t id) { return Get(id).outcome(); }
  // Every watched queue adds up to what ListQueue says. Nothing else may be going on.
  void CheckQueues();

  Organization& org() { return org_; }

 private:
  template <class Request>
  Request Verb(const std::string& who, uint64_t id) const;
  void CheckTimeline(const std::string& who, const pb::QueueChange& seen);
  uint64_t Create(const std::string& owner);

  TestDaemon& daemon_;
  const std::string row_;
  Organization org_;
  std::map<std::string, std::unique_ptr<Console>> consoles_;
  std::map<std::string, std::unique_ptr<QueueWatcher>> watchers_;
  std::map<uint64_t, std::string> codes_;
  std::map<uint64_t, std::unique_ptr<Applet>> devices_;
};

}  // namespace guichet::wire

// A small organization to drive in tests, with a virtual clock: technicians ann, bob and cat of group "desk", and what must
// hold after every step.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "statemachine/dispatch.h"
#include "statemachine/refusal.h"
#include "statemachine/step.h"

namespace guichet {

// For failures of tests.
template <class Tag>
void PrintTo(const NumberId<Tag>& id, std::ostream* out) {
  *out << id.value;
}
template <class Tag>
void PrintTo(const WordId<Tag>& id, std::ostream* out) {
  *out << '"' << id.value << '"';
}

}  // namespace guichet

namespace guichet::testing {

inline const TechnicianId kAnn{"ann"};
inline const TechnicianId kBob{"bob"};
inline const TechnicianId kCat{"cat"};
inline const GroupId kDesk{"desk"};
inline const ChannelId kWeb{"web"};

std::string Text(const Command& command);  // "bob start"

// Everything but the order in hash tables.
bool Same(const Org& a, const Org& b);

// Empty, or what is wrong with `org` as it stands.
std::string BrokenInvariant(const Org& org);

// Empty, or why `step` from `before` to `after` is not a proper one: changes that do not match the views, transitions that are
// not in the table, changed records that are not to be written, events that do not fold to the same organization, life after
// the outcome. For accepted commands. `folds_again`: also whether folding the events gives the same, which takes as long as the
// rest.
std::string BrokenStep(const Org& before, const Org& after, const Step& step, bool folds_again = true);

// One organization and its clock. Every step is checked with BrokenInvariant and BrokenStep; a broken one fails the test.
class World {
 public:
  explicit World(GroupSettings settings = {});

  // --- set-up
  void Technician(const TechnicianId& id, const GroupId& group = kDesk, bool administrator = false, bool console = true);
  void Group(const GroupId& id, GroupSettings settings = {});
  void Settings(const GroupSettings& settings, const GroupId& group = kDesk);  // its permissions stay
  void Permit(Permissions permissions, const GroupId& group = kDesk);
  void Channel(const std::vector<TechnicianId>& technicians, const std::vector<GroupId>& groups = {});
  SessionId Private(const TechnicianId& owner = kAnn);  // created, WAITING (or as auto-start and terms make it)
  SessionId FromChannel();                              // WAITING
  SessionId Active(const TechnicianId& lead = kAnn);    // private, led by `lead`
  SessionId Collaborating();                            // led by ann; bob and then cat collaborate
  uint32_t Ask(SessionId id, const TechnicianId& technician, ActivityKind kind);   // asked for; its id
  uint32_t Open(SessionId id, const TechnicianId& technician, ActivityKind kind);  // … and agreed to

  // --- steps; Do fails the test when the command is refused
  absl::StatusOr<Step> Try(const Command& command);
  Step Do(const Command& command);
  std::string ReasonOf(const Command& command);  // "" when accepted
  void At(Time time) { now = time; }
  void Wait(Duration duration) { now += duration; }
  int FireDue();                                  // until nothing is due; how many fired
  std::vector<Trigger> FireAllDue(SessionId id);  // in their order

  // --- what is there
  EntryState See(SessionId id, const TechnicianId& technician) const;
  std::string Views(SessionId id) const;       // "ACTIVE COLLABORATION REMOVED" for ann, bob, cat
  std::string Activities(SessionId id) const;  // "ann REMOTE_CONTROL, bob CLIPBOARD?"; asked for: with a question mark
  const Session& Get(SessionId id) const { return org.sessions.at(id); }
  bool Gone(SessionId id) const { return !org.sessions.contains(id); }
  Outcome LastOutcome(SessionId id) const { return outcomes.at(id); }
  std::optional<Deadline> Due(SessionId id, TimerKind kind) const;

  Org org;
  Time now{std::chrono::hours(24 * 365 * 50)};
  std::map<SessionId, Outcome> outcomes;
  Dirty dirty;  // what routing has not looked at since; router_loop.h
};

// --- commands in short
inline TechnicianConfig Config(const TechnicianId& id, const GroupId& group = kDesk, bool administrator = false,
                               bool disabled = false) {
  TechnicianConfig config;
  config.display_name = id.value;
  config.group = group;
  config.administrator = administrator;
  config.disabled = disabled;
  return config;
}
inline command::Target T(SessionId id, const TechnicianId& technician) { return {id, technician, {}}; }
inline Command Start(SessionId id, const TechnicianId& t) { return command::Start{T(id, t)}; }
inline Command Hold(SessionId id, const TechnicianId& t) { return command::Hold{T(id, t)}; }
inline Command End(SessionId id, const TechnicianId& t) { return command::End{T(id, t)}; }
inline Command Leave(SessionId id, const TechnicianId& t) { return command::Leave{T(id, t)}; }
inline Command Reboot(SessionId id, const TechnicianId& t) { return command::Reboot{T(id, t)}; }
inline Command Cancel(SessionId id, const TechnicianId& t) { return command::CancelTransfer{T(id, t)}; }
inline Command Transfer(SessionId id, const TechnicianId& t, const TechnicianId& to) {
  return command::TransferTo{T(id, t), TransferTarget{.technician = to}, ""};
}
inline Command Transfer(SessionId id, const TechnicianId& t, const GroupId& to) {
  return command::TransferTo{T(id, t), TransferTarget{.group = to}, ""};
}
inline Command Transfer(SessionId id, const TechnicianId& t, const ChannelId& to) {
  return command::TransferTo{T(id, t), TransferTarget{.channel = to}, ""};
}
inline Command Invite(SessionId id, const TechnicianId& t, const TechnicianId& invitee) {
  return command::Invite{T(id, t), invitee};
}
inline Command Remove(SessionId id, const TechnicianId& t, const TechnicianId& removed) {
  return command::RemoveTechnician{T(id, t), removed};
}
inline Command Offer(SessionId id, const TechnicianId& t, const TechnicianId& to) { return command::OfferLead{T(id, t), to}; }
inline Command CancelOffer(SessionId id, const TechnicianId& t) { return command::CancelLeadOffer{T(id, t)}; }
inline Command Accept(SessionId id, const TechnicianId& t) { return command::AcceptLead{T(id, t)}; }
inline Command Attach(SessionId id) { return command::AttachDevice{id, ""}; }
inline Command Lose(SessionId id) { return command::DeviceLost{id}; }
inline Command Restart(SessionId id) { return command::DeviceReboots{id, RebootKind::kNormal}; }
inline Command CustomerEnds(SessionId id) { return command::CustomerEnd{id}; }
inline Command SignIn(const TechnicianId& t) { return command::AttachConsole{t, "desk"}; }
inline Command SignOut(const TechnicianId& t, Time seen) { return command::DetachConsole{t, seen}; }
inline Command Look(const TechnicianId& t, SessionId id) { return command::SetForeground{t, id}; }
inline Command Request(SessionId id, const TechnicianId& t, ActivityKind kind) {
  return command::RequestActivity{T(id, t), kind, ""};
}
inline Command Answer(SessionId id, uint32_t activity, bool granted, bool standing = false) {
  return command::AnswerActivity{id, activity, granted, standing};
}
inline Command Close(SessionId id, const TechnicianId& t, uint32_t activity) {
  return command::CloseActivity{T(id, t), activity};
}
inline Command Revoke(SessionId id, uint32_t activity = 0) { return command::RevokeActivity{id, activity}; }
inline Command Grant(SessionId id, const TechnicianId& t, const TechnicianId& collaborator, Permissions granted) {
  return command::Grant{T(id, t), collaborator, granted};
}
inline Command Narrowed(SessionId id, const TechnicianId& t, const TechnicianId& invitee, Permissions granted) {
  return command::Invite{T(id, t), invitee, granted};
}
inline Permissions Without(Permission permission, Permissions from = Permissions::All()) {
  from.Set(permission, false);
  return from;
}
inline Command Reject(SessionId id, const TechnicianId& t) { return command::RejectOffer{T(id, t), ""}; }
inline Command Route(SessionId id) { return command::Route{id}; }
inline Command Away(const TechnicianId& t, bool away) { return command::SetIntent{t, away, ""}; }

}  // namespace guichet::testing

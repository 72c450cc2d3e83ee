#include "tests/statemachine/routed_run.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "statemachine/limits.h"
#include "statemachine/route.h"

namespace guichet::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const std::vector<GroupId> kGroups = {kDesk, GroupId{"night"}, GroupId{"field"}};
const std::vector<ChannelId> kChannels = {kWeb, ChannelId{"phone"}, ChannelId{"vip"}};
const std::vector<SkillId> kAllSkills = {SkillId{"danish"}, SkillId{"printers"}};
const std::vector<TechnicianId> kPeople = {
    kAnn, kBob, kCat, TechnicianId{"dan"}, TechnicianId{"eve"}, TechnicianId{"fay"}, TechnicianId{"gus"}, TechnicianId{"hal"}};
constexpr size_t kSessions = 16;

bool CanHave(const Org& org, const Session& session, const TechnicianId& technician, Time now) {
  const RoutingRecord record = Consider(org, session, now, SIZE_MAX);
  return std::any_of(record.candidates.begin(), record.candidates.end(),
                     [&](const Candidate& c) { return c.technician == technician && c.filters == 0; });
}

uint32_t PriorityOf(const Org& org, const Session& session) { return FindChannel(org, session.channel)->priority; }

}  // namespace

std::string BrokenRouting(const Org& before, const Step& step) {
  const Time now = step.entry.time;
  for (const Event& event : step.entry.events) {
    const auto* offered = std::get_if<event::Offered>(&event);
    if (offered == nullptr) continue;
    const Session& session = *FindSession(before, offered->session);
    if (Winner(offered->record) != offered->technician) return "the record names another winner";
    if (!IsRoutable(session)) return "not to be routed";
    if (before.offers.contains(offered->technician)) return "two offers to one technician";
    if (Consider(before, session, now, limits::kRecordedCandidates) != offered->record) return "another record";
    Org rebuilt = before;
    RebuildIndexes(rebuilt);
    if (Consider(rebuilt, session, now, limits::kRecordedCandidates) != offered->record) return "another record when rebuilt";
    if (Winner(Consider(before, session, now, SIZE_MAX)) != offered->technician) return "the whole record says otherwise";
    for (const auto& [id, other] : before.sessions) {
      if (id == session.id || !IsRoutable(other) || !CanHave(before, other, offered->technician, now)) continue;
      const int64_t steps = int64_t{PriorityOf(before, session)} - PriorityOf(before, other);
      if (session.waiting_since > other.waiting_since + before.settings.priority_step * steps) {
        return absl::StrCat("session ", id.value, " is overtaken by session ", session.id.value);
      }
    }
  }
  return "";
}

std::string BrokenPolicy(const Org& org, Time now) {
  for (const auto& [id, technician] : org.technicians) {
    SessionId first;
    Time first_place{};
    for (const auto& [session_id, session] : org.sessions) {
      if (!IsRoutable(session) || !CanHave(org, session, id, now)) continue;
      const Time place = PlaceOf(org, session);
      if (first && std::pair(first_place, first) < std::pair(place, session_id)) continue;
      first = session_id;
      first_place = place;
    }
    if (FirstFor(org, id, now) != first) {
      return absl::StrCat("session ", first.value, " is the first for ", id.value, ", not ", FirstFor(org, id, now).value);
    }
  }
  for (const auto& [id, session] : org.sessions) {
    if (!IsRoutable(session)) continue;
    if (BestFor(org, session, now) != Winner(Consider(org, session, now))) return absl::StrCat("another best for ", id.value);
  }
  return "";
}

RoutedRun::RoutedRun(uint64_t seed) : random_(seed) {
  for (size_t i = 1; i < kGroups.size(); ++i) world.Group(kGroups[i]);
  for (size_t i = 3; i < kPeople.size(); ++i) world.Technician(kPeople[i], kGroups[i % 3]);
  for (const ChannelId& id : kChannels) world.Do(command::PutChannel{guichet::Channel{id, id.value}, true});
  for (const ChannelId& id : kChannels) world.Do(command::PutChannel{Channel(id)});
  for (const GroupId& id : kGroups) world.Do(command::PutGroup{Group(id)});
  for (const TechnicianId& id : kPeople) {
    TechnicianConfig config = Config();
    config.disabled = false;
    world.Do(command::PutTechnician{id, config});
  }
}

void RoutedRun::See(const Org& before, const guichet::Step& step) {
  EXPECT_EQ(BrokenRouting(before, step), "");
  decisions += std::holds_alternative<event::Offered>(step.entry.events[0]);
  redirects += step.entry.trigger == Trigger::kRedirect;
}

bool RoutedRun::Try(const Command& command) {
  const bool accepted = world.Try(command).ok();
  RunRouting(world, [this](const Org& before, const guichet::Step& step) { See(before, step); });
  EXPECT_EQ(LeftWaiting(world), "") << "after " << Text(command);
  EXPECT_EQ(BrokenPolicy(world.org, world.now), "") << "after " << Text(command);
  return accepted;
}

void RoutedRun::Step() {
  PassTime(world, One<Duration>({Duration{0}, Duration{1}, Duration{700}, seconds(5), seconds(20)}),
           [this](const Org& before, const guichet::Step& step) { See(before, step); });
  EXPECT_EQ(LeftWaiting(world), "") << "after time";
  switch (Below(12)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return Arrive();
    case 4:
      return Chance(3) ? Administer() : FromOutside();
    case 5:
      return ByPresence();
    default:
      return ByTechnician();
  }
}

void RoutedRun::Arrive() {
  if (world.org.sessions.size() >= kSessions) {
    const SessionId id = Session();
    const auto& keepers = world.org.sessions.at(id).keepers;
    Try(keepers.empty() ? CustomerEnds(id) : End(id, keepers.front()));
    return;
  }
  command::CreateSession form{.method = Method::kChannelForm, .channel = One(kChannels), .device_token_hash = "token"};
  if (Chance(5)) form.type = SessionType::kLens;
  if (Chance(4)) form.preferred = One(kPeople);
  if (Try(form)) Try(Attach(world.org.last_session));
}

SessionId RoutedRun::Session() {
  std::vector<SessionId> ids;  // sorted: the order in the hash table differs from run to run
  for (const auto& [id, session] : world.org.sessions) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return ids.empty() ? SessionId{} : One(ids);
}

void RoutedRun::ByTechnician() {
  const SessionId id = Session();
  const auto* session = FindSession(world.org, id);
  if (session == nullptr) return;
  TechnicianId self = One(kPeople);
  if (session->offer && !Chance(8)) {
    self = session->offer->technician;
    Try(Chance(2) ? Command(command::RejectOffer{T(id, self), "no"}) : Start(id, self));
    return;
  }
  if (session->lead() != nullptr && !Chance(8)) self = session->lead()->technician;
  if (session->transfer && Chance(2)) self = One(session->transfer->recipients);
  switch (Below(10)) {
    case 0:
    case 1:
    case 2:
      Try(End(id, self));
      break;
    case 3:
      Try(Hold(id, self));
      break;
    case 4:
    case 5:
      Try(Start(id, self));
      break;
    case 6:
      Try(Chance(2)   ? Transfer(id, self, One(kPeople))
          : Chance(2) ? Transfer(id, self, One(kGroups))
                      : Transfer(id, self, One(kChannels)));
      break;
    case 7:
      Try(Cancel(id, self));
      break;
    case 8:
      Try(Invite(id, self, One(kPeople)));
      break;
    default:
      Try(Chance(2) ? Offer(id, self, One(kPeople)) : Accept(id, session->lead_offered_to));
  }
}

void RoutedRun::ByPresence() {
  const TechnicianId& self = One(kPeople);
  const guichet::Technician* technician = FindTechnician(world.org, self);
  if (technician == nullptr) return;
  if (!technician->console) {
    Try(SignIn(self));
  } else if (technician->away) {
    Try(Away(self, false));
  } else if (technician->inactive) {
    Try(command::SetInactive{self, false});
  } else {
    Try(Chance(2) ? SignOut(self, world.now) : Chance(2) ? Away(self, true) : Command(command::SetInactive{self, true}));
  }
}

void RoutedRun::FromOutside() {
  const SessionId id = Session();
  switch (Below(6)) {
    case 0:
      Try(CustomerEnds(id));
      break;
    case 1:
      Try(Lose(id));
      break;
    case 2:
      Try(Restart(id));
      break;
    default:
      Try(Attach(id));
  }
}

GroupSettings RoutedRun::Settings() {
  GroupSettings settings;
  settings.waiting_timeout = One<Duration>({kNever, minutes(10)});
  settings.idle_timeout = One<Duration>({kNever, minutes(10)});
  settings.device_lost_grace = seconds(5);
  settings.offline_after = seconds(40);
  settings.max_active_sessions = One<uint32_t>({1, 2, 3, 10});
  settings.busy_at = One<uint32_t>({0, 0, 1, 2});
  settings.console_lost_policy =
      One({ConsoleLostPolicy::kKeep, ConsoleLostPolicy::kRequeue, ConsoleLostPolicy::kGiveToCollaborator});
  settings.auto_start_channel = Chance(3);
  settings.login_deferral = One<Duration>({Duration{0}, seconds(15)});
  return settings;
}

guichet::Group RoutedRun::Group(const GroupId& id) {
  guichet::Group group{id, id.value, Settings()};
  if (Chance(3)) group.permissions.Set(Permission::kLens, false);
  return group;
}

TechnicianConfig RoutedRun::Config() {
  TechnicianConfig config;
  config.group = One(kGroups);
  config.disabled = Chance(20);
  config.routing_exempt = Chance(8);
  config.capacity = One<uint32_t>({0, 0, 1, 3, 7});
  for (const SkillId& skill : kAllSkills) {
    if (Chance(2)) config.skills.push_back({skill, static_cast<uint32_t>(1 + Below(5))});
  }
  return config;
}

guichet::Channel RoutedRun::Channel(const ChannelId& id) {
  guichet::Channel channel{id, id.value};
  for (const GroupId& group : kGroups) {
    if (world.org.groups.contains(group) && Chance(2)) channel.groups.push_back(group);
  }
  for (const TechnicianId& technician : kPeople) {
    if (world.org.technicians.contains(technician) && Chance(6)) channel.technicians.push_back(technician);
  }
  channel.priority = Chance(2) ? 0 : Below(11);
  if (Chance(4)) channel.waiting_timeout = minutes(5);
  for (Fallback* fallback : {&channel.out_of_hours, &channel.nobody_online}) {
    if (Chance(5)) fallback->action = One({Unserved::kNotify, Unserved::kEnd});
  }
  for (int i = Chance(2) ? Below(4) : 0; i > 0; --i) {
    Redirect rule{
        One({RedirectWhen::kAtOnce, RedirectWhen::kAfterWait, RedirectWhen::kAfterWait, RedirectWhen::kQueueLongerThan,
             RedirectWhen::kQueueLongerThan, RedirectWhen::kNobodyOnline, RedirectWhen::kOutOfHours}),
        seconds(1 + Below(60)), static_cast<uint32_t>(1 + Below(4))};
    const GroupId& group = One(kGroups);
    const ChannelId& other = One(kChannels);
    if (Chance(3) && world.org.groups.contains(group)) {
      rule.group = group;
    } else if (world.org.channels.contains(other)) {
      rule.channel = other;
    } else {
      continue;
    }
    channel.redirects.push_back(rule);
  }
  RoutingPolicy& policy = channel.routing;
  policy.mode = One({RoutingMode::kManual, RoutingMode::kOffer, RoutingMode::kOffer, RoutingMode::kAutoStart});
  policy.strategy = One({Strategy::kLongestIdle, Strategy::kLeastActive, Strategy::kRoundRobin});
  policy.offer_timeout = seconds(1 + Below(30));
  policy.retry_after = One<Duration>({Duration{0}, seconds(20), minutes(1)});
  policy.wrap_up = One<Duration>({Duration{0}, seconds(8)});
  policy.preferred_for = One<Duration>({Duration{0}, seconds(30)});
  if (Chance(3)) {
    policy.overflow_after = seconds(1 + Below(30));
    for (const GroupId& group : kGroups) {
      if (world.org.groups.contains(group) && Chance(2)) policy.overflow_groups.push_back(group);
    }
  }
  for (const SkillId& skill : kAllSkills) {
    if (!Chance(4)) continue;
    const uint32_t level = 1 + Below(6);
    policy.skills.push_back(
        {skill, level, Chance(2) ? Duration{0} : Duration{seconds(3)}, static_cast<uint32_t>(Below(level + 1))});
  }
  policy.weight = One<uint32_t>({1, 1, 2, 3});
  return channel;
}

void RoutedRun::Administer() {
  switch (Below(10)) {
    case 0:
    case 1: {
      const GroupId& id = One(kGroups);
      Try(command::PutGroup{Group(id), !world.org.groups.contains(id)});
      break;
    }
    case 2:
    case 3: {
      const TechnicianId& id = One(kPeople);
      Try(command::PutTechnician{id, Config(), !world.org.technicians.contains(id), Chance(2) ? One(kPeople) : TechnicianId{}});
      break;
    }
    case 4:
    case 5: {
      const ChannelId& id = One(kChannels);
      Try(command::PutChannel{Channel(id), !world.org.channels.contains(id)});
      break;
    }
    case 6:
      Try(command::SetChannelOpen{One(kChannels), !Chance(3)});
      break;
    case 7:
      Try(command::UpdateOrg{"Acme", {seconds(Below(40))}});
      break;
    case 8:
      Try(command::DeleteTechnician{One(kPeople)});
      break;
    default:
      Try(Chance(2) ? Command(command::DeleteGroup{One(kGroups)}) : Command(command::DeleteChannel{One(kChannels)}));
  }
}

}  // namespace guichet::testing

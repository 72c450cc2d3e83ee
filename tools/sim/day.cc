#include "tools/sim/day.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace guichet::sim {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

const std::vector<GroupId> kGroups = {GroupId{"desk"}, GroupId{"night"}, GroupId{"field"}};
const std::vector<ChannelId> kChannels = {ChannelId{"web"}, ChannelId{"phone"}, ChannelId{"shop"}, ChannelId{"vip"}};
const std::vector<SkillId> kSkills = {SkillId{"printers"}, SkillId{"french"}, SkillId{"networks"}};

constexpr Duration kConnecting = minutes(10);
constexpr Duration kOffline = minutes(5);

}  // namespace

Bounds Day::Limits() { return {.connecting = kConnecting + seconds(1), .reconnecting = kOffline + seconds(1)}; }

void Day::Begin() {
  for (int i = 0; i < sim_.options().organizations; ++i) {
    const OrgId org{absl::StrCat("org-", i + 1)};
    furnished_[org] = false;
    for (int t = 0; t < sim_.options().technicians; ++t) {
      const TechnicianId id{absl::StrCat("tech-", t + 1)};
      technicians_[org].emplace(id, Technician{org, id});
    }
    Found(org);
  }
}

void Day::Found(const OrgId& org) {
  command::CreateOrg create;
  create.org = org;
  create.display_name = org.value;
  create.first_key = {KeyId{"first"}, KeyRole::kAdministrator, {}, "hash", sim_.now()};
  sim_.Submit([create](router::Turn& turn) {
    if (turn.Find(create.org) == nullptr) (void)turn.CreateOrg(create, "operator:");
  });
  sim_.After(seconds(2), [this, org] {
    if (!furnished_[org]) Furnish(org);
  });
}

// Again and again until it is there: an organization may have been lost before anybody was told of it.
void Day::Furnish(const OrgId& org) {
  auto exists = std::make_shared<bool>(false);
  sim_.Submit([org, exists](router::Turn& turn) { *exists = turn.Find(org) != nullptr; });
  sim_.After(seconds(1), [this, org, exists] {
    if (!*exists) return Found(org);
    if (std::exchange(furnished_[org], true)) return;
    // Groups come first; what is refused because its group is not there yet comes with later changes.
    for (const GroupId& id : kGroups) sim_.Request(org, {}, command::PutGroup{RandomGroup(id), true, true});
    sim_.After(minutes(1), [this, org] {
      for (const auto& [id, technician] : technicians_[org]) {
        sim_.Request(org, {}, command::PutTechnician{id, RandomConfig(id), true, {}});
      }
      for (const ChannelId& id : kChannels) sim_.Request(org, {}, command::PutChannel{RandomChannel(id), true});
    });
    sim_.After(minutes(2), [this, org] {
      for (auto& [id, technician] : technicians_[org]) {
        sim_.After(sim_.chance().Between(seconds(0), hours(2)), [this, &t = technician] { Shift(t); });
      }
      Arrivals(org);
      Administer(org);
    });
  });
}

// --- the administrator

GroupSettings Day::RandomSettings() {
  Chance& chance = sim_.chance();
  GroupSettings s;
  s.connecting_timeout = chance.Of<Duration>({minutes(2), kConnecting});
  s.waiting_timeout = chance.Of<Duration>({kNever, kNever, minutes(20), hours(2)});
  s.idle_timeout = chance.Of<Duration>({kNever, kNever, minutes(15)});
  s.device_lost_grace = chance.Of<Duration>({seconds(10), seconds(20)});
  s.offline_after = chance.Of<Duration>({minutes(1), kOffline});
  s.hold_limit = chance.Of<Duration>({hours(1), hours(24 * 14)});
  s.max_active_sessions = chance.Of<uint32_t>({1, 3, 10});
  s.busy_at = chance.Of<uint32_t>({0, 0, 2});
  s.auto_start_private = chance.OneIn(4);
  s.auto_start_channel = chance.OneIn(6);
  s.console_lost_policy = chance.Of<ConsoleLostPolicy>(
      {ConsoleLostPolicy::kKeep, ConsoleLostPolicy::kRequeue, ConsoleLostPolicy::kGiveToCollaborator});
  s.terms = chance.OneIn(4) ? "Be kind." : "";
  s.away_after = chance.Of<Duration>({kNever, minutes(10)});
  s.logout_after = chance.Of<Duration>({kNever, hours(1)});
  s.login_deferral = chance.Of<Duration>({Duration{0}, seconds(30)});
  s.waiting_alert = chance.Of<Duration>({kNever, minutes(3)});
  s.survey = chance.OneIn(2) ? "https://example.com/survey" : "";
  s.survey_at_end = chance.OneIn(2);
  return s;
}

Group Day::RandomGroup(const GroupId& id) {
  Group group;
  group.id = id;
  group.display_name = id.value;
  group.settings = RandomSettings();
  group.permissions = sim_.chance().OneIn(3) ? Permissions::Default() : Permissions::All();
  return group;
}

TechnicianConfig Day::RandomConfig(const TechnicianId& id) {
  Chance& chance = sim_.chance();
  TechnicianConfig config;
  config.display_name = id.value;
  config.group = chance.Of(kGroups);
  config.administrator = chance.OneIn(12);
  config.disabled = chance.OneIn(30);
  config.capacity = chance.Of<uint32_t>({0, 0, 2, 5});
  config.routing_exempt = chance.OneIn(15);
  for (const SkillId& skill : kSkills) {
    if (chance.OneIn(2)) config.skills.push_back({skill, static_cast<uint32_t>(1 + chance.Below(10))});
  }
  std::sort(config.skills.begin(), config.skills.end(), [](const Skill& a, const Skill& b) { return a.skill < b.skill; });
  return config;
}

Channel Day::RandomChannel(const ChannelId& id) {
  Chance& chance = sim_.chance();
  Channel channel;
  channel.id = id;
  channel.display_name = id.value;
  for (const GroupId& group : kGroups) {
    if (chance.OneIn(2)) channel.groups.push_back(group);
  }
  if (channel.groups.empty()) channel.groups.push_back(kGroups[0]);
  channel.priority = static_cast<uint32_t>(chance.Below(4));
  RoutingPolicy& routing = channel.routing;
  routing.mode =
      chance.Of<RoutingMode>({RoutingMode::kManual, RoutingMode::kOffer, RoutingMode::kOffer, RoutingMode::kAutoStart});
  routing.strategy = chance.Of<Strategy>({Strategy::kLongestIdle, Strategy::kLeastActive, Strategy::kRoundRobin});
  routing.wrap_up = chance.Of<Duration>({Duration{0}, seconds(60)});
  routing.preferred_for = chance.Of<Duration>({Duration{0}, minutes(2)});
  routing.weight = chance.Of<uint32_t>({1, 1, 2});
  if (chance.OneIn(3)) {
    routing.overflow_after = minutes(3);
    routing.overflow_groups = {chance.Of(kGroups)};
  }
  if (chance.OneIn(3)) routing.skills.push_back({chance.Of(kSkills), 5, minutes(2), chance.Of<uint32_t>({0, 1})});
  if (chance.OneIn(4)) {
    Redirect redirect;
    redirect.when =
        chance.Of<RedirectWhen>({RedirectWhen::kAfterWait, RedirectWhen::kQueueLongerThan, RedirectWhen::kNobodyOnline});
    redirect.wait = minutes(4);
    redirect.length = 3;
    redirect.group = chance.Of(kGroups);
    channel.redirects.push_back(redirect);
  }
  if (chance.OneIn(3)) channel.nobody_online = {Unserved::kNotify, "Nobody is there.", ""};
  if (chance.OneIn(4)) {
    for (uint32_t day = 1; day <= 7; ++day) channel.hours.open.push_back({day, 7 * 60, 21 * 60});
    channel.hours.time_zone = "Europe/Berlin";
  }
  return channel;
}

void Day::Administer(const OrgId& org) {
  Chance& chance = sim_.chance();
  const TechnicianId who = Colleague(org);
  const TechnicianId successor = chance.OneIn(2) ? Colleague(org) : TechnicianId{};
  switch (chance.Below(8)) {
    case 0:
    case 1:
      sim_.Request(org, {}, command::PutGroup{RandomGroup(chance.Of(kGroups)), false, true});
      break;
    case 2:
    case 3:
      sim_.Request(org, {}, command::PutChannel{RandomChannel(chance.Of(kChannels)), false});
      break;
    case 4:
      sim_.Request(org, {}, command::PutTechnician{who, RandomConfig(who), false, successor});
      break;
    case 5:
      sim_.Request(org, {}, command::DeleteTechnician{who, successor});
      sim_.After(chance.Between(minutes(1), hours(2)), [this, org, who] {
        sim_.Request(org, {}, command::PutTechnician{who, RandomConfig(who), true, {}});
      });
      break;
    case 6: {
      const ChannelId channel = chance.Of(kChannels);
      sim_.Request(org, {}, command::DeleteChannel{channel});
      sim_.After(chance.Between(minutes(1), hours(1)), [this, org, channel] {
        sim_.Request(org, {}, command::PutChannel{RandomChannel(channel), true});
      });
      break;
    }
    default:
      sim_.Request(org, {}, command::UpdateOrg{org.value, OrgSettings{.monitor_silently = chance.OneIn(2)}});
  }
  sim_.After(chance.Between(minutes(10), hours(1)), [this, org] { Administer(org); });
}

// --- technicians

TechnicianId Day::Colleague(const OrgId& org) {
  auto it = technicians_[org].begin();
  std::advance(it, sim_.chance().Below(static_cast<int>(technicians_[org].size())));
  return it->first;
}

void Day::Shift(Technician& t) {
  t.on_shift = true;
  SignIn(t);
  Act(t);
  sim_.After(sim_.chance().Between(hours(4), hours(10)), [this, &t] {
    t.on_shift = false;
    SignOut(t, !sim_.chance().OneIn(4));
    sim_.After(sim_.chance().Between(hours(6), hours(14)), [this, &t] { Shift(t); });
  });
}

void Day::SignIn(Technician& t) {
  auto wire = sim_.MakeWire();
  t.wire = wire;
  t.welcome = false;
  wire->on_close = [this, &t, wire = std::weak_ptr<Wire>(wire)] {
    if (t.wire != wire.lock()) return;
    t.wire = nullptr;  // superseded, signed out for want of activity, or thought lost: he comes back after a while
    sim_.AfterHere(seconds(30), [this, &t] {
      if (t.on_shift && t.wire == nullptr) SignIn(t);
    });
  };
  sim_.Submit([&t, wire](router::Turn& turn) {
    router::OrgRuntime* rt = turn.Find(t.org);
    if (rt == nullptr) return;
    const absl::Status status = turn.Apply(*rt, command::AttachConsole{t.id, "desk"}, "console:" + t.id.value).status();
    if (!status.ok()) {
      turn.AfterDurable([wire, status] { wire->Close(status); });
      return;
    }
    turn.AttachConsole(*rt, t.id, wire);
    turn.AfterDurable([&t, wire] { t.welcome |= t.wire == wire; });
  });
}

void Day::SignOut(Technician& t, bool properly) {
  const std::shared_ptr<Wire> wire = std::exchange(t.wire, nullptr);
  if (wire == nullptr) return;
  wire->alive = false;
  if (!properly) return;  // the laptop is shut
  sim_.Submit([&t, wire](router::Turn& turn) {
    router::OrgRuntime* rt = turn.Find(t.org);
    if (rt == nullptr) return;
    auto console = rt->consoles.find(t.id);
    if (console == rt->consoles.end() || console->second.attachment != wire) return;
    (void)turn.Apply(*rt, command::DetachConsole{t.id, turn.now(), LinkCause::kSignedOut}, "console:" + t.id.value);
  });
}

void Day::Act(Technician& t) {
  if (!t.on_shift) return;
  Chance& chance = sim_.chance();
  sim_.After(chance.Between(seconds(10), seconds(150)), [this, &t] { Act(t); });
  if (t.wire == nullptr) return;
  if (t.wire->Active(sim_.now())) {
    sim_.Submit([&t](router::Turn& turn) {
      if (router::OrgRuntime* rt = turn.Find(t.org)) {
        (void)turn.Apply(*rt, command::SetInactive{t.id, false}, "console:" + t.id.value);
      }
    });
  }
  if (chance.OneIn(60)) {  // the network of the technician
    t.wire->alive = false;
    t.wire = nullptr;
    sim_.After(chance.Between(seconds(2), minutes(8)), [this, &t] {
      if (t.on_shift && t.wire == nullptr) SignIn(t);
    });
    return;
  }
  if (chance.OneIn(25)) sim_.Request(t.org, t.id, command::SetIntent{t.id, chance.OneIn(2), "lunch"});
  std::vector<std::pair<SessionId, EntryState>> mine;
  std::vector<SessionId> waiting;
  for (const auto& [id, views] : sim_.Screen(t.org).sessions()) {
    const auto own = views.own.find(t.id);
    if (own != views.own.end()) {
      mine.emplace_back(id, own->second.state);
    } else if (!views.pools.empty() && views.pools.begin()->second.state == EntryState::kWaiting) {
      waiting.push_back(id);
    }
  }
  if (!mine.empty() && !chance.OneIn(4)) {
    const auto& [id, state] = chance.Of(mine);
    return ActOn(t, id, state);
  }
  if (!waiting.empty() && chance.OneIn(2)) return sim_.Request(t.org, t.id, command::Start{{waiting.front(), t.id, {}}});
  if (chance.OneIn(5)) sim_.Request(t.org, t.id, command::SetForeground{t.id, mine.empty() ? SessionId{} : mine[0].first});
}

void Day::ActOn(Technician& t, SessionId session, EntryState state) {
  Chance& chance = sim_.chance();
  const command::Target target{session, t.id, {}};
  switch (state) {
    case EntryState::kActive:
      return WhileActive(t, session);
    case EntryState::kWaiting:
      if (chance.OneIn(6)) return sim_.Request(t.org, t.id, command::RejectOffer{target, "busy"});
      return sim_.Request(t.org, t.id, command::Start{target});
    case EntryState::kHold:
    case EntryState::kOutgoing:
    case EntryState::kIncoming:
    case EntryState::kInvitation:
      if (chance.OneIn(5)) return sim_.Request(t.org, t.id, command::CancelTransfer{target});
      if (chance.OneIn(6)) return sim_.Request(t.org, t.id, command::Leave{target});
      return sim_.Request(t.org, t.id, command::Start{target});
    case EntryState::kCollaboration:
      if (chance.OneIn(4)) return sim_.Request(t.org, t.id, command::AcceptLead{target});
      if (chance.OneIn(3)) return sim_.Request(t.org, t.id, command::Leave{target});
      return sim_.Request(t.org, t.id, command::Hold{target});
    case EntryState::kTimedOut:
    case EntryState::kClosed:
      return sim_.Request(t.org, t.id, command::End{target});
    default:
      if (chance.OneIn(4)) sim_.Request(t.org, t.id, command::End{target});
  }
}

void Day::WhileActive(Technician& t, SessionId session) {
  Chance& chance = sim_.chance();
  const command::Target target{session, t.id, {}};
  auto ask = [&](Command command) { sim_.Request(t.org, t.id, std::move(command)); };
  switch (chance.Below(14)) {
    case 0:
      return ask(command::Hold{target});
    case 1:
      return ask(command::TransferTo{target, TransferTarget{.technician = Colleague(t.org)}, "please"});
    case 2:
      return ask(command::TransferTo{target, TransferTarget{.group = chance.Of(kGroups)}, ""});
    case 3:
      return ask(command::TransferTo{target, TransferTarget{.channel = chance.Of(kChannels)}, ""});
    case 4:
      return ask(command::Invite{target, Colleague(t.org)});
    case 5:
      return ask(command::OfferLead{target, Colleague(t.org)});
    case 6:
      return ask(command::Reboot{target, RebootKind::kNormal});
    case 7:
    case 8:
      return ask(command::RequestActivity{target,
                                          chance.Of<ActivityKind>({ActivityKind::kRemoteControl, ActivityKind::kFileManager,
                                                                   ActivityKind::kSendFile, ActivityKind::kScript}),
                                          ""});
    case 9:
      return ask(command::SendChat{target, chance.OneIn(3), "Have you tried to turn it off and on again?"});
    case 10:
      return ask(command::AddNote{target, "The drum is worn."});
    default:
      return ask(command::End{target});
  }
}

// --- customers

// More at noon than at night.
void Day::Arrivals(const OrgId& org) {
  const double hour = static_cast<double>(sim_.now().time_since_epoch() % hours(24) / minutes(1)) / 60;
  const double rate = sim_.options().customers_per_hour * (0.1 + 0.9 * std::max(0.0, std::sin((hour - 6) / 12 * 3.14159)));
  const auto mean = Duration{static_cast<int64_t>(3600e3 / rate)};
  sim_.After(sim_.chance().Between(Duration{1}, 2 * mean), [this, org] {
    Arrive(org);
    Arrivals(org);
  });
}

void Day::Arrive(const OrgId& org) {
  Chance& chance = sim_.chance();
  std::erase_if(customers_, [](const CustomerPtr& customer) {
    if (customer->over) customer->wire = nullptr;
    return customer->over;
  });
  command::CreateSession create;
  create.profile.name = "Mrs Lind";
  create.profile.device_id = absl::StrCat("device-", chance.Below(50));
  auto customer = std::make_shared<Customer>();
  customer->org = org;
  TechnicianId by;
  if (chance.OneIn(2)) {
    create.method = Method::kChannelForm;
    create.channel = chance.Of(kChannels);
    create.device_token_hash = absl::StrCat("token-", ++codes_);
    if (chance.OneIn(4)) create.preferred = Colleague(org);
    if (chance.OneIn(6)) create.type = SessionType::kInstantChat;
    customer->typed = true;
  } else {
    by = Colleague(org);
    create.owner = by;
    create.method = chance.Of<Method>({Method::kPin, Method::kPin, Method::kLink, Method::kLan});
    create.type = create.method == Method::kLan ? SessionType::kLan
                  : chance.OneIn(8)             ? SessionType::kLens
                  : chance.OneIn(8)             ? SessionType::kMobile
                                                : SessionType::kStandard;
    customer->code = create.code_key = absl::StrCat("code-", ++codes_);
  }
  customers_.push_back(customer);
  sim_.Request(org, by, create, [this, customer](const absl::Status& status, const pb::CreateSessionResponse& response) {
    customer->session.value = response.session().session_id();
    customer->over = !status.ok() || sim_.chance().OneIn(15);  // he never comes
    if (customer->over) return;
    sim_.After(sim_.chance().Between(seconds(2), minutes(3)),
               [this, customer] { customer->typed ? Attach(customer) : Type(customer); });
  });
}

void Day::Type(const CustomerPtr& customer) {
  sim_.Request(
      customer->org, {},
      command::RedeemCode{customer->session, customer->code, "token-of-" + customer->code, "device", "Debian 12", "en"},
      [this, customer](const absl::Status& status, const pb::CreateSessionResponse&) {
        customer->over = !status.ok();
        customer->typed = true;
        if (!customer->over) Attach(customer);
      });
}

void Day::Attach(const CustomerPtr& customer) {
  if (customer->over || customer->wire != nullptr) return;
  auto wire = sim_.MakeWire();
  customer->wire = wire;
  customer->welcome = false;
  customer->away = false;
  wire->on_customer = [this, customer](const router::CustomerUpdate& update) { See(customer, update); };
  wire->on_close = [this, customer, wire = std::weak_ptr<Wire>(wire)] {
    if (customer->wire != wire.lock()) return;
    customer->wire = nullptr;
    sim_.AfterHere(seconds(10), [this, customer] { Attach(customer); });
  };
  sim_.Submit([this, customer, wire](router::Turn& turn) {
    router::OrgRuntime* rt = turn.Find(customer->org);
    const Session* session = rt == nullptr ? nullptr : FindSession(rt->org, customer->session);
    if (session == nullptr || session->ended_already()) {
      turn.AfterDurable([customer, wire] {
        customer->over = true;
        wire->alive = false;
      });
      return;
    }
    turn.AttachDevice(*rt, customer->session, wire);
    (void)turn.Apply(*rt, command::AttachDevice{customer->session, "Debian 12"}, "device");
    const router::CustomerUpdate update = router::CustomerUpdateOf(rt->org, *FindSession(rt->org, customer->session));
    turn.AfterDurable([this, customer, wire, update] {
      customer->welcome |= customer->wire == wire;
      See(customer, update);
    });
  });
  if (customer->visits++ == 0) Live(customer);
}

// His link is cut without a word.
void Day::Detach(Customer& customer) {
  if (customer.wire != nullptr) customer.wire->alive = false;
  customer.wire = nullptr;
  customer.away = true;
}

void Day::Tell(const CustomerPtr& customer, Command command) {
  if (customer->wire == nullptr || !customer->welcome) return;
  sim_.Submit([customer, command = std::move(command)](router::Turn& turn) {
    if (router::OrgRuntime* rt = turn.Find(customer->org)) (void)turn.Apply(*rt, command, "device");
  });
}

void Day::See(const CustomerPtr& customer, const router::CustomerUpdate& update) {
  Chance& chance = sim_.chance();
  const Session& session = *update.session;
  if (session.ended_already()) {
    if (!update.survey.empty() && chance.OneIn(3)) {
      Tell(customer, command::AnswerSurvey{customer->session, {{"How was it?", "fine"}}});
    }
    customer->over = true;
    if (customer->wire != nullptr) customer->wire->alive = false;
    return;
  }
  if (update.terms_pending) {
    const bool accepts = !chance.OneIn(10);
    sim_.AfterHere(chance.Between(seconds(1), seconds(40)), [this, customer, accepts] {
      Tell(customer, command::AnswerTerms{customer->session, accepts});
    });
  }
  if (update.reboot_ordered) {
    Detach(*customer);
    sim_.After(chance.Between(seconds(20), minutes(7)), [this, customer] { Attach(customer); });
    return;
  }
  for (const Activity& activity : session.activities) {
    if (activity.open || chance.OneIn(5)) continue;
    sim_.AfterHere(chance.Between(seconds(1), seconds(30)), [this, customer, id = activity.id, yes = !chance.OneIn(6)] {
      Tell(customer, command::AnswerActivity{customer->session, id, yes, false});
    });
  }
}

void Day::Live(const CustomerPtr& customer) {
  Chance& chance = sim_.chance();
  sim_.After(chance.Between(seconds(20), minutes(4)), [this, customer] {
    if (!customer->over) Live(customer);
  });
  switch (chance.Below(16)) {
    case 0:  // the network
    case 1:
      Detach(*customer);
      sim_.After(chance.Between(seconds(1), minutes(8)), [this, customer] { Attach(customer); });
      return;
    case 2:  // he restarts it himself
      Tell(customer, command::DeviceReboots{customer->session, RebootKind::kNormal});
      Detach(*customer);
      sim_.After(chance.Between(seconds(20), minutes(3)), [this, customer] { Attach(customer); });
      return;
    case 3:
      return Tell(customer, command::CustomerChat{customer->session, "Hello?"});
    case 4:
      return Tell(customer, command::RevokeActivity{customer->session, 0});
    case 5:
      if (chance.OneIn(2)) Tell(customer, command::CustomerEnd{customer->session});
      return;
    case 6:
      if (chance.OneIn(6)) {  // he goes home
        Detach(*customer);
        customer->over = true;
      }
      return;
    default:
      return;
  }
}

// --- all of them

void Day::Connected() {
  for (const auto& [org, furnished] : furnished_) {
    if (!furnished) Found(org);
  }
  for (auto& [org, technicians] : technicians_) {
    for (auto& [id, technician] : technicians) {
      technician.wire = nullptr;
      if (!technician.on_shift) continue;
      sim_.AfterHere(sim_.chance().Between(Duration{1}, seconds(15)), [this, &t = technician] {
        if (t.on_shift && t.wire == nullptr) SignIn(t);
      });
    }
  }
  for (const CustomerPtr& customer : customers_) {
    customer->wire = nullptr;
    if (customer->over || !customer->typed || !customer->session || customer->away) continue;
    sim_.AfterHere(sim_.chance().Between(Duration{1}, seconds(15)), [this, customer] { Attach(customer); });
  }
}

// A device or console that has been welcomed, and sends its heartbeats, counts as there.
void Day::Audit(Auditor& auditor) {
  std::vector<CustomerPtr> there;
  for (const CustomerPtr& customer : customers_) {
    if (customer->wire != nullptr && customer->wire->alive && customer->welcome && !customer->over) there.push_back(customer);
  }
  sim_.Submit([this, there, &auditor](router::Turn& turn) {
    for (const CustomerPtr& customer : there) {
      const router::OrgRuntime* rt = turn.Find(customer->org);
      const Session* session = rt == nullptr ? nullptr : FindSession(rt->org, customer->session);
      if (session == nullptr || session->ended_already()) continue;
      const bool counts = session->link == guichet::Link::kAttached || session->link == guichet::Link::kNeverAttached;
      if (!counts) {
        auditor.Broken(absl::StrCat(customer->org.value, ", session ", customer->session.value, " shows its device as ",
                                    std::string(Name(session->link)), ", and it sends heartbeats"));
      }
    }
    for (const auto& [org, technicians] : technicians_) {
      const router::OrgRuntime* rt = turn.Find(org);
      for (const auto& [id, t] : technicians) {
        if (rt == nullptr || t.wire == nullptr || !t.wire->alive || !t.welcome) continue;
        const guichet::Technician* known = FindTechnician(rt->org, id);
        if (known != nullptr && !known->disabled && !known->console) {
          auditor.Broken(absl::StrCat(org.value, ", technician ", id.value, " counts as gone, and sends heartbeats"));
        }
      }
    }
  });
}

}  // namespace guichet::sim

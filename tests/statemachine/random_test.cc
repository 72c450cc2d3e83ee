// Random runs: many sessions, technicians, groups and channels under commands of everybody, administrators and routing too,
// with the checks of World after each step. GUICHET_SEED=… repeats one run, GUICHET_SEEDS=… tries so many from it on.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <random>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/statemachine/world.h"

namespace guichet::testing {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kSeeds = 24;
constexpr int kSteps = 6000;
constexpr size_t kLiveSessions = 10;

using Counts = std::array<int, std::variant_size_v<Event>>;

class RandomRun {
 public:
  RandomRun(uint64_t seed, Counts& counts) : random_(seed), counts_(counts) {
    for (const GroupId& group : {kNight, kSpare}) world_.Group(group);
    world_.Channel({kAnn}, {kDesk});
    world_.Do(command::PutChannel{guichet::Channel{kPhone, "Phone", {kNight}, {}, {}, {}}, true});
    for (int i = 0; i < 3; ++i) world_.Technician(people_[3 + i], kNight, i == 0);
    for (const GroupId& group : {kDesk, kNight}) world_.Settings(RandomSettings(), group);
    for (const ChannelId& channel : {kWeb, kPhone}) Do(command::PutChannel{RandomChannel(channel), false});
  }

  int accepted() const { return accepted_; }

  void Step() {
    world_.Wait(Duration{One({0, 1, 500, 2000, 15000})});
    if (Chance(40)) world_.Wait(minutes(Below(12)));
    if (Chance(5)) {
      FireDue();
    } else if (Chance(45)) {
      Do(Administration());
    } else if (Chance(8)) {
      Do(FromOutside());
    } else if (Chance(6)) {
      Do(Chance(2) ? AboutActivities() : ByTechnician());
    } else if (Chance(8)) {
      Do(Route(Session()));
    } else {
      Do(Likely());
    }
  }

  // Nothing sticks for ever: left alone, every session ends.
  void Drain() {
    world_.Wait(limits::kMaxLife);
    FireDue();
    for (const auto& [id, session] : world_.org.sessions) {
      EXPECT_TRUE(session.ended_already()) << "session " << id.value << " has not ended";
    }
  }

 private:
  inline static const GroupId kNight{"night"};
  inline static const GroupId kSpare{"spare"};
  inline static const ChannelId kPhone{"phone"};
  inline static const SkillId kFrench{"french"};

  // --- dice
  int Below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  bool Chance(int one_in) { return Below(one_in) == 0; }
  template <class T>
  T One(std::initializer_list<T> list) {
    return *(list.begin() + Below(static_cast<int>(list.size())));
  }
  const TechnicianId& Somebody() { return people_[Below(static_cast<int>(people_.size()))]; }
  GroupId SomeGroup() { return One({kDesk, kNight, kNight, kSpare}); }
  Permissions SomePermissions() {
    Permissions set = Permissions::All();
    for (int i = One({0, 0, 1, 3, 12}); i > 0; --i) set.Set(static_cast<Permission>(1 + Below(kPermissionCount - 1)), false);
    return set;
  }
  ActivityKind SomeKind() { return static_cast<ActivityKind>(1 + Below(kActivityKindCount - 1)); }

  Command Ask(SessionId id, const TechnicianId& self) {
    command::RequestActivity ask{T(id, self), Chance(4) ? ActivityKind::kUnattendedAccess : SomeKind(), ""};
    ask.access.validity = minutes(1 + Below(600));
    return ask;
  }

  SessionId Session() {
    const uint64_t last = world_.org.last_session.value;
    if (world_.org.sessions.empty() || Chance(50)) return SessionId{last + Chance(2)};
    std::vector<SessionId> ids;  // sorted: the order in the hash table differs from run to run
    for (const auto& [id, session] : world_.org.sessions) ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    return ids[Below(static_cast<int>(ids.size()))];
  }

  // Mostly somebody to whom the session shows.
  TechnicianId Involved(SessionId id) {
    const auto* session = FindSession(world_.org, id);
    if (session == nullptr || session->marks.empty() || Chance(6)) return Chance(20) ? TechnicianId{} : Somebody();
    return session->marks[Below(static_cast<int>(session->marks.size()))].technician;
  }

  uint32_t SomeActivity(SessionId id) {
    const auto* session = FindSession(world_.org, id);
    if (session == nullptr || session->activities.empty()) return static_cast<uint32_t>(Below(3));
    return session->activities[Below(static_cast<int>(session->activities.size()))].id;
  }

  // --- steps
  void Count(const guichet::Step& step) {
    for (const Event& event : step.entry.events) ++counts_[event.index()];
  }
  void Do(Command command) {
    if (Chance(10)) SetEpoch(command);
    const absl::StatusOr<guichet::Step> step = world_.Try(command);
    if (!step.ok()) return;
    ++accepted_;
    Count(*step);
  }
  // The owner's epoch, or one that has passed.
  void SetEpoch(Command& command) {
    std::visit(
        [&](auto& c) {
          if constexpr (requires { c.target; }) {
            if (const auto* session = FindSession(world_.org, c.target.session)) {
              c.target.epoch = session->epoch;
              if (Chance(4) && c.target.epoch.value > 1) --c.target.epoch.value;
            }
          }
        },
        command);
  }
  void FireDue() {
    std::vector<SessionId> ids;
    for (const auto& [id, session] : world_.org.sessions) ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    for (SessionId id : ids) {
      for (int i = 0;; ++i) {
        const guichet::Step step = world_.Do(command::FireTimer{id});
        if (step.entry.events.empty()) break;
        Count(step);
        if (i > 100) {
          ADD_FAILURE() << "timers of session " << id.value << " fire for ever";
          return;
        }
      }
    }
  }

  // --- settings
  GroupSettings RandomSettings() {
    GroupSettings settings;
    settings.waiting_timeout = One<Duration>({kNever, minutes(20)});
    settings.idle_timeout = One<Duration>({kNever, minutes(4), minutes(30)});
    settings.hold_limit = One<Duration>({minutes(30), hours(24)});
    settings.system_limit = One<Duration>({minutes(90), hours(24 * 14)});
    settings.offline_after = One<Duration>({seconds(5), minutes(5)});
    settings.max_active_sessions = One<uint32_t>({1, 3, 10});
    settings.busy_at = One<uint32_t>({0, 0, 1, 3});
    settings.auto_start_private = Chance(3);
    settings.auto_start_channel = Chance(4);
    settings.login_deferral = One<Duration>({Duration{0}, seconds(90)});
    settings.console_lost_policy =
        One({ConsoleLostPolicy::kKeep, ConsoleLostPolicy::kRequeue, ConsoleLostPolicy::kGiveToCollaborator});
    settings.terms = Chance(4) ? "Be kind." : "";
    settings.idle_blockers = One({kDefaultIdleBlockers, ActivityKinds{}, ActivityKinds(~uint32_t{0})});
    settings.survey = Chance(3) ? "" : "https://example.com/survey";
    settings.survey_at_end = Chance(2);
    settings.approved_externals_only = Chance(3);
    return settings;
  }

  guichet::Group RandomGroup(const GroupId& id) {
    guichet::Group group{id, id.value, RandomSettings()};
    group.permissions = SomePermissions();
    if (Chance(3)) group.locked = {Permission::kReboot, Permission::kHold};
    return group;
  }

  TechnicianConfig RandomConfig(const TechnicianId& id) {
    TechnicianConfig config = Config(id, One({kDesk, kNight}), Chance(2), Chance(4));
    if (Chance(2)) config.skills = {{kFrench, static_cast<uint32_t>(1 + Below(10))}};
    config.capacity = One<uint32_t>({0, 0, 2, 20});
    config.routing_exempt = Chance(8);
    if (Chance(4)) config.administers = {SomeGroup()};
    return config;
  }

  guichet::Channel RandomChannel(const ChannelId& id) {
    guichet::Channel channel{id, id.value, {}, {}, {}, {}};
    if (!Chance(4)) channel.groups.push_back(SomeGroup());
    for (int i = Below(3); i > 0; --i) {
      const TechnicianId& who = Somebody();
      if (world_.org.technicians.contains(who) &&
          std::find(channel.technicians.begin(), channel.technicians.end(), who) == channel.technicians.end()) {
        channel.technicians.push_back(who);
      }
    }
    if (Chance(4)) channel.waiting_timeout = One<Duration>({kNever, minutes(5)});
    if (Chance(6)) channel.connecting_timeout = minutes(5);
    channel.priority = static_cast<uint32_t>(Below(11));
    auto fallback = [&](int end_in) {
      Fallback f;
      if (Chance(2)) f = {Unserved::kNotify, "Nobody is here.", ""};
      if (Chance(end_in)) f = {Unserved::kEnd, "Come back.", "https://example.com/closed"};
      return f;
    };
    channel.out_of_hours = fallback(5);
    channel.nobody_online = fallback(8);
    for (int i = One({0, 0, 1, 3}); i > 0; --i) {
      Redirect rule;
      rule.when = static_cast<RedirectWhen>(1 + Below(5));
      rule.wait = minutes(1 + Below(5));
      rule.length = static_cast<uint32_t>(1 + Below(3));
      if (Chance(2)) {
        rule.group = SomeGroup();
      } else {
        rule.channel = One({kWeb, kPhone});
      }
      channel.redirects.push_back(rule);
    }
    RoutingPolicy& policy = channel.routing;
    policy.mode = One({RoutingMode::kManual, RoutingMode::kOffer, RoutingMode::kOffer, RoutingMode::kAutoStart});
    policy.strategy = static_cast<Strategy>(1 + Below(3));
    policy.offer_timeout = One<Duration>({seconds(20), minutes(3)});
    policy.retry_after = One<Duration>({Duration{0}, seconds(60)});
    policy.wrap_up = One<Duration>({Duration{0}, Duration{0}, seconds(45)});
    policy.preferred_for = One<Duration>({Duration{0}, minutes(2)});
    policy.weight = One<uint32_t>({1, 1, 2});
    if (Chance(3))
      policy.skills = {{kFrench, static_cast<uint32_t>(1 + Below(10)), minutes(1), static_cast<uint32_t>(Below(2))}};
    if (Chance(3)) {
      policy.overflow_after = minutes(2);
      policy.overflow_groups = {SomeGroup()};
    }
    return channel;
  }

  // --- what comes next in what somebody sees
  Command Likely() {
    const SessionId id = Session();
    const auto* session = FindSession(world_.org, id);
    if (session == nullptr || Chance(world_.org.sessions.size() < 6 ? 8 : 40)) return NewSession();
    if (Chance(12)) return Return(Somebody());
    if (session->ended_already() && Chance(3)) return command::AnswerSurvey{id, {{"How was it?", "Fine."}}};
    if (session->chat_only && session->link != Link::kAttached && !Chance(3)) return command::AttachDevice{id, "", true};
    if (session->offer && !Chance(4)) {
      const TechnicianId& to = session->offer->technician;
      if (Chance(3)) return command::RejectOffer{T(id, to), "lunch"};
      return Start(id, to);
    }
    if (!session->activities.empty() && Chance(4)) return AboutActivities();
    if (session->computer && Chance(20)) return command::RevokeComputer{session->computer};
    const TechnicianId self = Involved(id);
    switch (world_.See(id, self)) {
      case EntryState::kConnecting:
        if (session->computer && Chance(3)) return command::ReachComputer{session->computer, absl::StrCat("token ", Below(3))};
        if (Chance(5)) return command::RedeemCode{id, "123456", "token", "device", "Linux", "en"};
        return Chance(3) ? Command(command::AnswerTerms{id, !Chance(5)}) : Attach(id);
      case EntryState::kWaiting:
        return Chance(3) ? Route(id) : Chance(6) ? Transfer(id, self, Somebody()) : Start(id, self);
      case EntryState::kActive:
        if (session->method == Method::kMonitoring && Chance(2)) {
          return command::Join{T(SessionOf(session->monitored), self)};
        }
        return Lead(id, self);
      case EntryState::kCollaboration:
        return Collaborate(id, self);
      case EntryState::kHold:
        return Chance(8) ? Transfer(id, self, Somebody()) : Start(id, self);
      case EntryState::kInvitation:
        if (const Participant* p = session->Find(self); p != nullptr && !p->code_key.empty() && !Chance(3)) {
          return command::RedeemInvitation{id, self, Chance(8) ? "777778" : "777777", "hash"};
        }
        return Chance(8) ? Leave(id, self) : Start(id, self);
      case EntryState::kIncoming:
        if (Chance(2)) return Start(id, self);
        return Chance(4) ? Leave(id, self) : Chance(2) ? Transfer(id, self, Somebody()) : Transfer(id, self, SomeGroup());
      case EntryState::kOutgoing:
        return Chance(3) ? Start(id, self) : Chance(2) ? Cancel(id, self) : Look(self, id);
      case EntryState::kRebooting:
      case EntryState::kReconnecting:
      case EntryState::kOffline:
        if (session->link == Link::kAttached) return SignIn(session->lead()->technician);
        return Attach(id);
      case EntryState::kTimedOut:
      case EntryState::kClosed:
        return End(id, self);
      default:
        return ByTechnician();
    }
  }

  Command Return(const TechnicianId& technician) {
    const auto* t = FindTechnician(world_.org, technician);
    return t == nullptr || !t->console ? SignIn(technician) : Away(technician, false);
  }

  // Mostly somebody who can come.
  TechnicianId Invitee(SessionId id) {
    std::vector<TechnicianId> online;
    for (const auto& [technician, t] : world_.org.technicians) {
      if (t.status == Status::kOnline && world_.Get(id).Find(technician) == nullptr) online.push_back(technician);
    }
    return online.empty() || Chance(8) ? Somebody() : online[Below(static_cast<int>(online.size()))];
  }

  TechnicianId Collaborator(SessionId id) {
    std::vector<TechnicianId> collaborators;
    for (const Participant& p : world_.Get(id).participants) {
      if (p.role == Role::kCollaborator) collaborators.push_back(p.technician);
    }
    return collaborators.empty() ? Somebody() : collaborators[Below(static_cast<int>(collaborators.size()))];
  }

  Command Lead(SessionId id, const TechnicianId& self) {
    switch (Below(22)) {
      case 0:
      case 1:
      case 2:
      case 3:
        if (Chance(4))
          return command::InviteExternal{T(id, self), "Olga", Chance(2) ? "" : "olga@example.com", "777777", SomePermissions(),
                                         Chance(2),   "de"};
        return Narrowed(id, self, Invitee(id), SomePermissions());
      case 4:
      case 5:
        return Offer(id, self, Collaborator(id));
      case 6:
        return Grant(id, self, Collaborator(id), SomePermissions());
      case 7:
        return Hold(id, self);
      case 8:
        return Transfer(id, self, Somebody());
      case 9:
        return Transfer(id, self, SomeGroup());
      case 10:
        return Transfer(id, self, One({kWeb, kPhone}));
      case 11:
        return Chance(2) ? End(id, self) : Remove(id, self, Involved(id));
      case 12:
        return Chance(3) && !world_.Get(id).lead_offered_to ? Reboot(id, self) : CancelOffer(id, self);
      case 13:
        return command::SetChat{T(id, self), Chance(2)};
      case 14:
        if (Chance(3)) return command::CustomerChat{id, "hello"};
        if (Chance(2)) return command::SendChat{T(id, self), Chance(2), "hello"};
        if (Chance(3)) return command::AddNote{T(id, Chance(4) ? TechnicianId{} : self), "note"};
        if (Chance(4)) return command::PutLibrary{self, {{Chance(2), "name", "", "text"}}, {}, Chance(2)};
        return command::SendSurvey{T(id, self)};
      case 15:
        return Look(self, Chance(3) ? SessionId{} : id);
      case 16:
        return Chance(3) ? Lose(id) : Chance(4) ? CustomerEnds(id) : Restart(id);
      case 17:
        return Chance(2) ? SignOut(self, world_.now) : Away(self, Chance(2));
      default:
        return Ask(id, self);
    }
  }

  Command Collaborate(SessionId id, const TechnicianId& self) {
    if (world_.Get(id).lead_offered_to == self && !Chance(4)) return Accept(id, self);
    switch (Below(10)) {
      case 0:
        return Hold(id, self);
      case 1:
        return Chance(3) ? Leave(id, self) : CancelOffer(id, self);
      case 2:
        return Transfer(id, self, Somebody());
      case 3:
        return command::UpdateSession{T(id, self), absl::StrCat("Grace ", Below(3)), {}, {}, {}};
      case 4:
        return Look(self, Chance(3) ? SessionId{} : id);
      case 5:
      case 6:
        return Look(world_.Get(id).lead()->technician, id);  // so that sessions with collaborators last
      default:
        return Ask(id, self);
    }
  }

  Command AboutActivities() {
    const SessionId id = Session();
    const uint32_t activity = SomeActivity(id);
    switch (Below(8)) {
      case 0:
        return Revoke(id, Chance(2) ? 0 : activity);
      case 1:
        return Close(id, Involved(id), activity);
      case 2:
        return Ask(id, Involved(id));
      case 3:
        return Answer(id, activity, false, Chance(4));
      default: {
        command::AnswerActivity answer{id, activity, true, Chance(4)};
        answer.secret_hash = "hash";
        return answer;
      }
    }
  }

  // --- anything by anybody
  Command ByTechnician() {
    const SessionId id = Session();
    const TechnicianId self = Involved(id);
    const TechnicianId& other = Somebody();
    switch (Below(19)) {
      case 0:
      case 1:
        return Start(id, self);
      case 2:
        return Hold(id, self);
      case 3:
        return Transfer(id, self, other);
      case 4:
        return Transfer(id, self, SomeGroup());
      case 5:
        return Transfer(id, self, One({kWeb, kPhone}));
      case 6:
        return Cancel(id, self);
      case 7:
        return Invite(id, self, other);
      case 8:
        return Chance(2) ? Remove(id, self, other) : Leave(id, self);
      case 9:
        return Offer(id, self, Involved(id));
      case 10:
        return Chance(4) ? CancelOffer(id, self) : Accept(id, self);
      case 11:
        return Chance(2) ? End(id, self) : Reboot(id, self);
      case 12:
        return Look(self, Chance(3) ? SessionId{} : id);
      case 13:
        return Grant(id, self, Involved(id), SomePermissions());
      case 14:
        return Close(id, self, SomeActivity(id));
      case 15:
        return command::RejectOffer{T(id, self), ""};
      case 16:
        return Chance(2) ? Command(command::SetChat{T(id, self), Chance(2)}) : command::SendSurvey{T(id, self)};
      case 17:
        return Ask(id, self);
      default:
        return command::UpdateSession{T(id, self), absl::StrCat("Grace ", Below(3)), {}, {}, {}};
    }
  }

  Command NewSession() {
    if (world_.org.sessions.size() >= kLiveSessions) return CustomerEnds(Session());
    if (!world_.org.computers.empty() && Chance(3)) {
      return command::ConnectComputer{SomeComputer(), Somebody(), !Chance(5), Chance(2) ? kNoTime : world_.now + minutes(30),
                                      "token",        !Chance(5)};
    }
    command::CreateSession create;
    create.type = Chance(6) ? SessionType::kLens : Chance(6) ? SessionType::kMobile : SessionType::kStandard;
    if (Chance(2)) {
      create.method = Method::kChannelForm;
      create.profile.device_id = std::string("device");
      create.channel = One({kWeb, kPhone});
      if (Chance(3)) create.preferred = Somebody();
      if (Chance(5)) create.type = SessionType::kInstantChat;
      return create;
    }
    create.owner = Somebody();
    create.method = One({Method::kPin, Method::kPin, Method::kLink, Method::kEmail, Method::kSms, Method::kLan});
    if (create.method != Method::kLan) create.code_key = "123456";
    if (create.method == Method::kEmail || create.method == Method::kSms) create.delivery_address = "grace@example.com";
    if (Chance(8)) return command::CreateSession{.method = Method::kMonitoring, .owner = Somebody(), .monitored = Somebody()};
    return create;
  }

  ComputerId SomeComputer() {
    if (world_.org.computers.empty()) return ComputerId{1};
    auto it = world_.org.computers.begin();
    std::advance(it, Below(static_cast<int>(world_.org.computers.size())));
    return it->first;
  }

  // Where the technician of the console that a session monitors works.
  SessionId SessionOf(const TechnicianId& technician) {
    std::vector<SessionId> ids;
    for (const auto& [id, session] : world_.org.sessions) {
      if (session.Find(technician) != nullptr && session.method != Method::kMonitoring) ids.push_back(id);
    }
    std::sort(ids.begin(), ids.end());
    return ids.empty() ? Session() : ids[Below(static_cast<int>(ids.size()))];
  }

  Command FromOutside() {
    const SessionId id = Session();
    if (Chance(20)) return command::RenameComputer{SomeComputer(), absl::StrCat("Lathe ", Below(3))};
    if (Chance(30)) return command::RevokeComputer{SomeComputer()};
    if (Chance(20)) return command::ExpireComputer{SomeComputer()};
    switch (Below(13)) {
      case 0:
        return NewSession();
      case 1:
        return command::RedeemCode{id, "123456", "token", "device", "Linux", "en"};
      case 2:
        return Attach(id);
      case 3:
        return command::AnswerTerms{id, !Chance(5)};
      case 4:
        return Chance(3) ? CustomerEnds(id) : Restart(id);
      case 5:
        return Lose(id);
      case 6:
        return Away(Somebody(), Chance(3));
      case 7:
        return SignOut(Somebody(), world_.now - seconds(Below(20)));
      case 8:
        return command::SetInactive{Somebody(), Chance(2)};
      case 9:
        return command::ReportDelivery{id, Chance(3) ? Involved(id) : TechnicianId{},
                                       One({DeliveryState::kSent, DeliveryState::kFailed, DeliveryState::kRequested}),
                                       absl::StrCat(Below(3))};
      case 10:
        return command::SetChannelOpen{One({kWeb, kPhone}), !Chance(3)};
      default:
        return SignIn(Somebody());
    }
  }

  Command Administration() {
    const TechnicianId& who = Somebody();
    const bool creates = !world_.org.technicians.contains(who);
    const TechnicianId successor = Chance(3) ? TechnicianId{} : Somebody();
    switch (Below(10)) {
      case 0:
      case 1: {
        const GroupId group = SomeGroup();
        return command::PutGroup{RandomGroup(group), !world_.org.groups.contains(group), !Chance(4)};
      }
      case 2:
      case 3:
        return command::PutTechnician{who, RandomConfig(who), creates, successor};
      case 4:
        return command::DeleteTechnician{who, successor};
      case 5:
      case 6: {
        const ChannelId channel = One({kWeb, kPhone});
        return command::PutChannel{RandomChannel(channel), !world_.org.channels.contains(channel)};
      }
      case 7: {
        command::CreateTechnicians create;
        for (const TechnicianId& id : people_) {
          if (!world_.org.technicians.contains(id)) create.technicians.emplace_back(id, Config(id, One({kDesk, kNight})));
        }
        return create;
      }
      case 8:
        return command::DeleteChannel{One({kWeb, kPhone})};
      default:
        return command::DeleteGroup{SomeGroup()};
    }
  }

  World world_;
  std::mt19937_64 random_;
  Counts& counts_;
  const std::vector<TechnicianId> people_ = {kAnn, kBob, kCat, TechnicianId{"dan"}, TechnicianId{"eve"}, TechnicianId{"fay"}};
  int accepted_ = 0;
};

// Events of administrators; not all of them are drawn.
using Administrative =
    std::variant<event::OrgPut, event::GroupPut, event::GroupDeleted, event::TechnicianPut, event::TechnicianDeleted,
                 event::ChannelPut, event::ChannelDeleted, event::KeyPut, event::KeyRevoked>;
template <class E, class... Alternatives>
constexpr bool IsOneOf(std::variant<Alternatives...>*) {
  return (std::is_same_v<E, Alternatives> || ...);
}

template <size_t... I>
void ExpectEveryKind(const Counts& counts, std::index_sequence<I...>) {
  auto expect = [&]<class E>(E*, int count) {
    if constexpr (!IsOneOf<E>(static_cast<Administrative*>(nullptr))) {
      EXPECT_GT(count, 0) << "never reached: " << __PRETTY_FUNCTION__;
    }
  };
  (expect(static_cast<std::variant_alternative_t<I, Event>*>(nullptr), counts[I]), ...);
}

uint64_t Number(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(Random, RunsKeepTheInvariants) {
  const bool repeats = std::getenv("GUICHET_SEED") != nullptr;
  const uint64_t first = Number("GUICHET_SEED", 1);
  const uint64_t seeds = Number("GUICHET_SEEDS", repeats ? 1 : kSeeds);
  Counts counts{};
  int accepted = 0;
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    SCOPED_TRACE(absl::StrCat("GUICHET_SEED=", seed));
    RandomRun run(seed, counts);
    for (int i = 0; i < kSteps && !::testing::Test::HasFailure(); ++i) run.Step();
    if (!::testing::Test::HasFailure()) run.Drain();
    if (::testing::Test::HasFailure()) {
      std::cout << "failed with GUICHET_SEED=" << seed << "\n";
      return;
    }
    accepted += run.accepted();
  }
  std::cout << accepted << " commands accepted, " << seeds << " seeds from " << first << "\n";
  EXPECT_GT(accepted, static_cast<int>(seeds) * kSteps / 5);
  if (!repeats) ExpectEveryKind(counts, std::make_index_sequence<std::variant_size_v<Event>>());
}

}  // namespace
}  // namespace guichet::testing

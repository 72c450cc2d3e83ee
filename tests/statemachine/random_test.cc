// Random runs: many sessions, technicians, groups and channels under commands of everybody, administrators too, with the checks
// of World after each step. GUICHET_SEED=… repeats one run.
#include <cstdlib>
#include <iostream>
#include <random>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/statemachine/world.h"

namespace guichet::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kSeeds = 40;
constexpr int kSteps = 6000;
constexpr size_t kLiveSessions = 12;

class RandomRun {
 public:
  explicit RandomRun(uint64_t seed) : random_(seed) {
    world_.Group(kNight);
    world_.Do(command::PutChannel{guichet::Channel{kPhone, "Phone", {kNight}, {}, {}, {}}, true});
    world_.Channel({kAnn}, {kDesk});
    for (int i = 0; i < 3; ++i) world_.Technician(people_[3 + i], kNight, i == 0);
    Change();
  }

  int accepted() const { return accepted_; }
  void Step() {
    world_.Wait(Duration{One({0, 1, 500, 5000, 60000})});
    if (Chance(10)) world_.Wait(minutes(Below(12)));
    if (Chance(4)) {
      world_.FireDue();
      return;
    }
    const Command command = Chance(50) ? Administration() : Chance(3) ? FromOutside() : ByTechnician();
    accepted_ += world_.Try(command).ok();
  }

 private:
  inline static const GroupId kNight{"night"};
  inline static const ChannelId kPhone{"phone"};

  int Below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  bool Chance(int one_in) { return Below(one_in) == 0; }
  template <class T>
  T One(std::initializer_list<T> list) {
    return *(list.begin() + Below(static_cast<int>(list.size())));
  }
  const TechnicianId& Somebody() { return people_[Below(static_cast<int>(people_.size()))]; }

  SessionId Session() {
    const uint64_t last = world_.org.last_session.value;
    if (world_.org.sessions.empty() || Chance(20)) return SessionId{last + Chance(2)};
    std::vector<SessionId> ids;  // sorted: the order in the hash table differs from run to run
    for (const auto& [id, session] : world_.org.sessions) ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    return ids[Below(static_cast<int>(ids.size()))];
  }

  // Mostly somebody to whom the session shows.
  TechnicianId Involved(SessionId id) {
    const auto* session = FindSession(world_.org, id);
    if (session == nullptr || session->marks.empty() || Chance(4)) return Chance(20) ? TechnicianId{} : Somebody();
    return session->marks[Below(static_cast<int>(session->marks.size()))].technician;
  }

  GroupSettings Random() {
    GroupSettings settings;
    settings.waiting_timeout = One<Duration>({kNever, minutes(20)});
    settings.idle_timeout = One<Duration>({kNever, minutes(4), minutes(30)});
    settings.hold_limit = One<Duration>({minutes(30), std::chrono::hours(24)});
    settings.system_limit = One<Duration>({minutes(90), std::chrono::hours(24 * 14)});
    settings.offline_after = One<Duration>({seconds(5), minutes(5)});
    settings.max_active_sessions = One<uint32_t>({1, 3, 10});
    settings.busy_at = One<uint32_t>({0, 1, 2});
    settings.auto_start_private = Chance(3);
    settings.console_lost_policy =
        One({ConsoleLostPolicy::kKeep, ConsoleLostPolicy::kRequeue, ConsoleLostPolicy::kGiveToCollaborator});
    settings.terms = Chance(4) ? "Be kind." : "";
    return settings;
  }
  void Change() {
    for (const GroupId& group : {kDesk, kNight}) world_.Settings(Random(), group);
  }

  Command ByTechnician() {
    const SessionId id = Session();
    const TechnicianId self = Involved(id);
    const TechnicianId& other = Somebody();
    switch (Below(17)) {
      case 0:
      case 1:
      case 2:
        return Start(id, self);
      case 3:
        return Hold(id, self);
      case 4:
      case 5:
        return Transfer(id, self, other);
      case 6:
        return Transfer(id, self, One({kDesk, kNight}));
      case 7:
        return Transfer(id, self, One({kWeb, kPhone}));
      case 8:
        return Cancel(id, self);
      case 9:
      case 10:
        return Invite(id, self, other);
      case 11:
        return Chance(2) ? Remove(id, self, other) : Leave(id, self);
      case 12:
        return Offer(id, self, Involved(id));
      case 13:
        return Chance(4) ? CancelOffer(id, self) : Accept(id, self);
      case 14:
        return Chance(2) ? End(id, self) : Reboot(id, self);
      case 15:
        return Look(self, Chance(3) ? SessionId{} : id);
      default:
        return command::UpdateSession{T(id, self), absl::StrCat("Grace ", Below(3)), {}, {}, {}};
    }
  }

  Command FromOutside() {
    const SessionId id = Session();
    switch (Below(12)) {
      case 0:
      case 1:
      case 2:
        if (world_.org.sessions.size() >= kLiveSessions) return Attach(id);
        if (Chance(6))
          return command::CreateSession{.method = Method::kMonitoring, .owner = Somebody(), .monitored = Somebody()};
        if (Chance(2)) return command::CreateSession{.method = Method::kChannelForm, .channel = One({kWeb, kPhone})};
        return command::CreateSession{.owner = Somebody(), .code_key = "123456"};
      case 3:
        return command::RedeemCode{id, "123456", "token", "device", "Linux", "en"};
      case 4:
      case 5:
      case 6:
        return Attach(id);
      case 7:
        return command::AnswerTerms{id, !Chance(5)};
      case 8:
        return Chance(3) ? CustomerEnds(id) : Restart(id);
      case 9:
        return Lose(id);
      case 10:
        return Chance(3) ? Away(Somebody(), Chance(2)) : SignOut(Somebody(), world_.now - seconds(Below(20)));
      default:
        return SignIn(Somebody());
    }
  }

  Command Administration() {
    const TechnicianId& who = Somebody();
    const GroupId group = One({kDesk, kNight});
    switch (Below(7)) {
      case 0:
        return command::PutGroup{guichet::Group{group, group.value, Random()}, false};
      case 1:
        return command::PutTechnician{who, Config(who, group, Chance(2), Chance(4)), !world_.org.technicians.contains(who)};
      case 2:
        return command::PutTechnician{who, Config(who, group, Chance(2)), !world_.org.technicians.contains(who)};
      case 3:
        return command::DeleteTechnician{who};
      case 4: {
        guichet::Channel channel{One({kWeb, kPhone}), "Channel", {}, {}, {}, {}};
        if (!Chance(3)) channel.groups.push_back(group);
        if (Chance(2) && world_.org.technicians.contains(who)) channel.technicians.push_back(who);
        if (Chance(3)) channel.waiting_timeout = minutes(5);
        return command::PutChannel{channel, !world_.org.channels.contains(channel.id)};
      }
      case 5:
        return command::DeleteChannel{One({kWeb, kPhone})};
      default:
        return command::DeleteGroup{group};
    }
  }

  World world_;
  std::mt19937_64 random_;
  const std::vector<TechnicianId> people_ = {kAnn, kBob, kCat, TechnicianId{"dan"}, TechnicianId{"eve"}, TechnicianId{"fay"}};
  int accepted_ = 0;
};

TEST(Random, RunsKeepTheInvariants) {
  const char* one = std::getenv("GUICHET_SEED");
  const uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
  int accepted = 0;
  for (uint64_t seed = first; seed < first + (one != nullptr ? 1 : kSeeds); ++seed) {
    SCOPED_TRACE(absl::StrCat("GUICHET_SEED=", seed));
    RandomRun run(seed);
    for (int i = 0; i < kSteps && !::testing::Test::HasFailure(); ++i) run.Step();
    if (::testing::Test::HasFailure()) {
      std::cout << "failed with GUICHET_SEED=" << seed << "\n";
      return;
    }
    accepted += run.accepted();
  }
  std::cout << accepted << " commands accepted, seeds from " << first << "\n";
  EXPECT_GT(accepted, kSteps / 5);
}

}  // namespace
}  // namespace guichet::testing

// How long anybody can be kept waiting: adversaries flood channels of high priority, and put sessions in front that nobody can
// take. With c technicians who finish each session within H, a session that finds A others before it waits at most
//
//   H * ceil((A + F + 1) / c),
//
// where F are those that overtake it: they have a higher priority and arrive within (their priority - its own) * priority_step
// after it, and nobody else does. So an adversary with rate r adds at most r * 10 * priority_step. GUICHET_SEED=… repeats one
// run.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "statemachine/dispatch.h"
#include "statemachine/limits.h"
#include "statemachine/route.h"
#include "tests/statemachine/router_loop.h"

namespace guichet::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kStep = seconds(30);
constexpr Duration kService = seconds(40);  // H
constexpr int kHighest = limits::kPriority;
constexpr int kPriorities = kHighest + 1;
const GroupId kEverybody{"everybody"};
const SkillId kUnknown{"unknown"};

ChannelId ChannelOf(int priority) { return ChannelId{absl::StrCat("p", priority)}; }

struct Start {
  int customer = 0;
  TechnicianId technician;
  Time at{};
  bool operator==(const Start&) const = default;
};

// Technicians who each take one session at a time and finish it in at most kService; one channel for each priority. Customers
// carry numbers; negative ones are those that nobody can take.
class Flood {
 public:
  explicit Flood(int technicians) {
    org.id = OrgId{"acme"};
    GroupSettings settings;
    settings.max_active_sessions = 1;
    Do(command::UpdateOrg{"Acme", {kStep}});
    Do(command::PutGroup{guichet::Group{kEverybody, "", settings}, true});
    for (int i = 0; i < technicians; ++i) {
      const TechnicianId id{absl::StrCat("t", i)};
      Do(command::PutTechnician{id, Config(id, kEverybody), true});
      Do(SignIn(id));
    }
    guichet::Channel channel;
    channel.groups = {kEverybody};
    channel.routing.mode = RoutingMode::kAutoStart;
    for (int priority = 0; priority < kPriorities; ++priority) {
      channel.id = ChannelOf(priority);
      channel.priority = priority;
      Do(command::PutChannel{channel, true});
    }
    channel.id = ChannelId{"skilled"};
    channel.routing.skills = {{kUnknown, 1, {}, 1}};
    Do(command::PutChannel{channel, true});
    channel.id = ChannelId{"heavy"};
    channel.routing.skills = {};
    channel.routing.weight = 2;
    Do(command::PutChannel{channel, true});
    channel.id = ChannelId{"kept"};
    channel.routing.weight = 1;
    channel.routing.preferred_for = std::chrono::hours(24 * 7);
    Do(command::PutChannel{channel, true});
    const TechnicianId absent{"absent"};
    Do(command::PutTechnician{absent, Config(absent, kEverybody), true});
    Do(SignIn(absent));
    Do(Away(absent, true));
  }

  void At(Time time, std::function<void()> action) { plan_.emplace(time, std::move(action)); }
  void Arrives(Time time, int customer, const ChannelId& channel, const TechnicianId& preferred = {},
               SessionType type = SessionType::kStandard) {
    At(time, [=, this] {
      const SessionId id =
          Do(command::CreateSession{.method = Method::kChannelForm, .channel = channel, .type = type, .preferred = preferred})
              .session;
      customers[id] = customer;
      arrived[customer] = now;
      Do(Attach(id));
    });
  }
  void Run() {
    while (!plan_.empty()) {
      auto next = plan_.begin();
      now = next->first;
      const std::function<void()> action = std::move(next->second);
      plan_.erase(next);
      action();
    }
  }

  Step Do(const Command& command) {
    Step step = Commit(command);
    while (SessionId id = NextToRoute(org, dirty, now)) {
      if (Commit(command::Route{id}).entry.events.empty()) {
        ADD_FAILURE() << "nothing to do";
        break;
      }
    }
    return step;
  }
  Step Commit(const Command& command) {
    absl::StatusOr<Step> step = Apply(org, command, "", now);
    EXPECT_TRUE(step.ok()) << step.status();
    if (!step.ok()) return {};
    Note(org, step->touched, now, dirty);
    for (const Event& event : step->entry.events) {
      const auto* taken = std::get_if<event::LeadTaken>(&event);
      if (taken == nullptr) continue;
      const SessionId id = taken->session;
      const TechnicianId technician = taken->technician;
      starts.push_back({customers.at(id), technician, now});
      // As long as the customer needs: the same in every run with the seed.
      const auto needs =
          Duration{static_cast<int64_t>((static_cast<uint64_t>(customers.at(id)) * 7919) % (kService.count() + 1))};
      At(now + needs, [=, this] { Do(End(id, technician)); });
      if (on_start) on_start(customers.at(id));
    }
    return *std::move(step);
  }

  Org org;
  Time now{std::chrono::hours(24 * 365 * 50)};
  Dirty dirty;
  std::map<SessionId, int> customers;
  std::map<int, Time> arrived;
  std::vector<Start> starts;
  std::function<void(int customer)> on_start;

 private:
  std::multimap<Time, std::function<void()>> plan_;
};

uint64_t FirstSeed() {
  const char* one = std::getenv("GUICHET_SEED");
  return one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
}
int Seeds(int usual) { return std::getenv("GUICHET_SEED") != nullptr ? 1 : usual; }

struct Customer {
  int priority = 0;
  Time arrival{};
  Time place() const { return arrival - kStep * priority; }
};

// Bursts of high priority around customers of every priority, faster than they can be served.
std::vector<Customer> Adversary(std::mt19937_64& random, Time from, int technicians) {
  auto below = [&](int64_t n) { return std::uniform_int_distribution<int64_t>(0, n - 1)(random); };
  std::vector<Customer> customers;
  const int64_t mean = kService.count() / 2 / technicians;
  Time time = from;
  for (int i = 0; i < 1500; ++i) {
    if (below(20) == 0) {  // a victim, and at once as much as it takes to starve it
      customers.push_back({static_cast<int>(below(4)), time});
      for (int64_t n = below(40); n > 0; --n)
        customers.push_back({static_cast<int>(7 + below(4)), time + Duration{below(5000)}});
    } else {
      customers.push_back({below(3) == 0 ? static_cast<int>(below(kPriorities)) : kHighest, time});
    }
    time += Duration{below(3 * mean)};
    if (below(200) == 0) time += minutes(20);  // it catches up
  }
  return customers;
}

TEST(Starvation, NobodyIsOvertakenBeyondThePrioritysHeadStartNorWaitsLongerThanTheBound) {
  for (uint64_t seed = FirstSeed(); seed < FirstSeed() + Seeds(4); ++seed) {
    SCOPED_TRACE(absl::StrCat("GUICHET_SEED=", seed));
    std::mt19937_64 random(seed);
    const int technicians = 1 + static_cast<int>(random() % 5);
    Flood flood(technicians);
    const std::vector<Customer> customers = Adversary(random, flood.now, technicians);
    for (size_t i = 0; i < customers.size(); ++i) {
      flood.Arrives(customers[i].arrival, static_cast<int>(i), ChannelOf(customers[i].priority));
    }
    // Of those who wait, by priority, the oldest first; kept apart from the organization.
    std::array<std::set<std::pair<Time, int>>, kPriorities> waiting;
    std::set<int> started;
    Time known{};
    auto catch_up = [&] {
      for (const auto& [customer, at] : flood.arrived) {
        if (at >= known && !started.contains(customer)) waiting[customers[customer].priority].insert({at, customer});
      }
      known = flood.now;
    };
    flood.on_start = [&](int customer) {
      catch_up();
      const Customer& self = customers[customer];
      waiting[self.priority].erase({self.arrival, customer});
      started.insert(customer);
      for (int priority = 0; priority < kPriorities; ++priority) {
        if (waiting[priority].empty()) continue;
        const Time bound = waiting[priority].begin()->first + kStep * (self.priority - priority);
        EXPECT_LE(self.arrival, bound) << "customer " << waiting[priority].begin()->second << " is overtaken";
      }
    };
    flood.Run();
    ASSERT_EQ(flood.starts.size(), customers.size()) << "everybody is served";

    std::map<int, Time> start;
    for (const Start& s : flood.starts) start[s.customer] = s.at;
    Duration longest{};
    double nearest = 0;
    for (size_t i = 0; i < customers.size(); ++i) {
      const Customer& self = customers[i];
      int64_t before = 0;
      int64_t overtake = 0;
      for (size_t j = 0; j < customers.size(); ++j) {
        const Customer& other = customers[j];
        if (other.arrival > self.arrival && start[j] < start[i]) {
          EXPECT_LE(other.arrival, self.arrival + kStep * (other.priority - self.priority)) << j << " overtakes " << i;
        }
        if (j == i || start[j] < self.arrival || other.place() > self.place()) continue;
        ++(other.arrival <= self.arrival ? before : overtake);
      }
      const Duration waited = start[i] - self.arrival;
      const Duration bound = kService * ((before + overtake + 1 + technicians - 1) / technicians);
      EXPECT_LE(waited, bound) << "customer " << i;
      longest = std::max(longest, waited);
      nearest = std::max(nearest, static_cast<double>(waited.count()) / bound.count());
      if (::testing::Test::HasFailure()) return;
    }
    std::cout << "seed " << seed << ": " << customers.size() << " customers, " << technicians << " technicians, longest wait "
              << longest.count() / 1000 << " s, at most " << nearest << " of the bound\n";
  }
}

TEST(Starvation, UnderAFloodThatNeverEndsTheLowestPriorityIsServedWithinTheDeclaredTime) {
  // Priority 10 arrives every 10 s for as long as it takes, twice as fast as one technician can serve. 300 s of head start
  // admit 30 of them.
  Flood flood(1);
  const Time from = flood.now;
  constexpr int kVictim = 100000;
  for (int i = 0; i < 900; ++i) flood.Arrives(from + seconds(10) * i, i, ChannelOf(10));
  const Time arrival = from + minutes(60);
  flood.Arrives(arrival, kVictim, ChannelOf(0));
  size_t before = 0;
  flood.At(arrival, [&] { before = flood.org.waiting.at({ChannelOf(10), {}}).size() + 1; });  // and the one in work
  flood.Run();
  auto start = std::find_if(flood.starts.begin(), flood.starts.end(), [&](const Start& s) { return s.customer == kVictim; });
  ASSERT_NE(start, flood.starts.end());
  EXPECT_LE(start->at - arrival, kService * (before + 30 + 1));
  EXPECT_GT(before, 100u) << "no flood";
}

TEST(Starvation, WhatNobodyCanTakeChangesNothingForOthers) {
  for (uint64_t seed = FirstSeed(); seed < FirstSeed() + Seeds(4); ++seed) {
    SCOPED_TRACE(absl::StrCat("GUICHET_SEED=", seed));
    std::vector<std::vector<Start>> runs;
    for (const bool blocked : {false, true}) {
      std::mt19937_64 random(seed);
      Flood flood(3);
      const std::vector<Customer> customers = Adversary(random, flood.now + minutes(1), 3);
      int blocker = 0;
      auto block = [&](Time time) {
        flood.Arrives(time, --blocker, ChannelId{"skilled"});
        flood.Arrives(time, --blocker, ChannelId{"heavy"});
        flood.Arrives(time, --blocker, ChannelId{"kept"}, TechnicianId{"absent"});
      };
      if (blocked) block(flood.now);
      for (size_t i = 0; i < customers.size(); ++i) {
        if (blocked && i % 10 == 0) block(customers[i].arrival);
        flood.Arrives(customers[i].arrival, static_cast<int>(i), ChannelOf(customers[i].priority));
      }
      flood.Run();
      for (const Start& start : flood.starts) EXPECT_GE(start.customer, 0) << "nobody can take it";
      runs.push_back(flood.starts);
    }
    EXPECT_EQ(runs[0].size(), runs[1].size());
    EXPECT_TRUE(runs[0] == runs[1]) << "others were served at other times or by others";
  }
}

TEST(Starvation, ATechnicianWhoNeverAnswersDelaysOneSessionByOneOffer) {
  World world;
  for (const TechnicianId& id : {kCat}) world.Do(Away(id, true));
  guichet::Channel web{kWeb, "Web", {kDesk}};
  web.routing.mode = RoutingMode::kOffer;
  web.routing.offer_timeout = seconds(20);
  web.routing.retry_after = seconds(60);
  world.Do(command::PutChannel{web, true});
  GroupSettings settings;
  settings.max_active_sessions = 1;
  world.Settings(settings);
  constexpr int kCustomers = 60;
  constexpr Duration kEach = seconds(10);
  std::map<SessionId, Time> arrival;
  std::map<SessionId, Duration> waited;
  std::map<SessionId, int> offers_to_bob;
  // Ann accepts at once and works 10 s; bob never answers.
  for (Duration time{}; waited.size() < kCustomers && time < std::chrono::hours(2); time += seconds(1)) {
    if (arrival.size() < kCustomers && time.count() % 12000 == 0) {
      const SessionId id = world.FromChannel();
      arrival[id] = world.now;
    }
    RunRouting(world);
    if (auto offered = world.org.offers.find(kAnn); offered != world.org.offers.end()) {
      const SessionId id = offered->second;
      world.Do(testing::Start(id, kAnn));
      waited[id] = world.now - arrival[id];
    }
    for (const auto& [id, session] : Org(world.org).sessions) {
      const Participant* lead = session.lead();
      if (lead == nullptr || world.now - lead->joined < kEach) continue;
      world.Do(End(id, kAnn));
      RunRouting(world);
    }
    PassTime(world, seconds(1), [&](const Org&, const Step& step) {
      const auto* offered = std::get_if<event::Offered>(&step.entry.events[0]);
      if (offered != nullptr && offered->technician == kBob) ++offers_to_bob[offered->session];
    });
  }
  ASSERT_EQ(waited.size(), static_cast<size_t>(kCustomers));
  for (const auto& [id, duration] : waited) {
    EXPECT_LE(duration, web.routing.offer_timeout + 2 * kEach + seconds(2)) << "session " << id.value;
    EXPECT_LE(offers_to_bob[id], 1);
  }
}

}  // namespace
}  // namespace guichet::testing

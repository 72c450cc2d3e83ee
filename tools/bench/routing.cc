// How long routing takes to decide, with ten thousand technicians and a hundred thousand waiting sessions: statemachine/route.h
// and command::Route.
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "statemachine/dispatch.h"
#include "statemachine/limits.h"
#include "statemachine/route.h"
#include "statemachine/step.h"

namespace guichet::bench {
namespace {

constexpr int kTechnicians = 10000;
constexpr int kWaiting = 100000;
constexpr int kSamples = 3000;

std::string Numbered(const char* what, int number) {
  std::string text(32, '\0');
  text.resize(static_cast<size_t>(std::snprintf(text.data(), text.size(), "%s%05d", what, number)));
  return text;
}

struct Shape {
  const char* name;
  int groups = 1;
  int channels = 1;
  int groups_of_channel = 1;
  std::function<void(RoutingPolicy&)> policy = [](RoutingPolicy&) {};
  bool lens_first = false;  // camera sessions, which nobody may take, wait in front of all others
};

// An organization in which everybody works on one session, as many as his group allows, and customers wait.
class Desk {
 public:
  explicit Desk(const Shape& shape) : random_(1), shape_(shape) {
    org.id = OrgId{"bench"};
    Group group;
    group.settings.max_active_sessions = 1;
    group.permissions.Set(Permission::kLens, !shape.lens_first);
    for (int i = 0; i < shape.groups; ++i) {
      group.id = GroupId{Numbered("group", i)};
      Do(command::PutGroup{group, true});
    }
    for (int i = 0; i < kTechnicians; ++i) {
      TechnicianConfig config;
      config.group = GroupId{Numbered("group", i % shape.groups)};
      config.skills = {{SkillId{"danish"}, 1u + i % 10}, {SkillId{"printers"}, 1u + i / 10 % 10}};
      const TechnicianId id = Technician(i);
      Do(command::PutTechnician{id, config, true});
      now += Duration{1 + i % 3};
      Do(command::AttachConsole{id, ""});
    }
    for (int i = 0; i < shape.channels; ++i) {
      Channel channel;
      channel.id = ChannelOf(i);
      channel.priority = static_cast<uint32_t>(i % 11);
      for (int g = 0; g < shape.groups_of_channel; ++g) {
        channel.groups.push_back(GroupId{Numbered("group", (i + g) % shape.groups)});
      }
      channel.routing.mode = RoutingMode::kAutoStart;
      shape.policy(channel.routing);
      Do(command::PutChannel{channel, true});
    }
  }

  static TechnicianId Technician(int i) { return TechnicianId{Numbered("technician", i)}; }
  static ChannelId ChannelOf(int i) { return ChannelId{Numbered("channel", i)}; }
  int Below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }

  // Everybody gets a session, and others wait.
  void Fill() {
    for (int i = 0; i < kTechnicians; ++i) {
      Arrive();
      RouteAll();
    }
    while (org.sessions.size() < kTechnicians + kWaiting) {
      Arrive(shape_.lens_first && org.sessions.size() < kTechnicians + kWaiting / 2 ? SessionType::kLens
                                                                                    : SessionType::kStandard);
    }
    dirty = {};
  }
  SessionId Arrive(SessionType type = SessionType::kStandard) {
    now += Duration{1};
    const ChannelId channel = ChannelOf(Below(shape_.channels));
    command::CreateSession form{.method = Method::kChannelForm, .channel = channel, .device_token_hash = "token", .type = type};
    const SessionId id = Do(form);
    Do(command::AttachDevice{id, ""});
    return id;
  }
  void RouteAll() {
    while (SessionId id = NextToRoute(org, dirty, now)) Do(command::Route{id});
    dirty = {};
  }
  // Somebody's session ends: he is free.
  TechnicianId Free() {
    for (;;) {
      const TechnicianId id = Technician(Below(kTechnicians));
      auto entries = org.entries.find(id);
      if (entries == org.entries.end()) continue;
      for (SessionId session : entries->second) {
        const Participant* lead = FindSession(org, session)->lead();
        if (lead == nullptr || lead->technician != id) continue;
        now += Duration{1};
        Do(command::End{{session, id, {}}});
        return id;
      }
    }
  }
  SessionId Do(const Command& command) {
    absl::StatusOr<Step> step = Apply(org, command, "bench", now);
    if (!step.ok()) {
      std::fprintf(stderr, "%s\n", step.status().ToString().c_str());
      std::exit(1);
    }
    Note(org, step->touched, now, dirty);
    return step->session;
  }

  Org org;
  Time now{std::chrono::hours(24 * 365 * 50)};
  Dirty dirty;

 private:
  std::mt19937_64 random_;
  const Shape& shape_;
};

// Of this thread alone: a machine that does other things too makes the clock's highest values its own.
double CpuMicroseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

class Table {
 public:
  Table() {
    std::printf("| %-38s | %-30s | %9s | %9s | %9s | %9s |\n|---|---|--:|--:|--:|--:|\n", "organization", "what", "median us",
                "p99 us", "cpu p99", "cpu max");
  }
  // `prepare` is not measured; nor is `after`.
  void Measure(const char* shape, const char* what, int samples, const std::function<void()>& prepare,
               const std::function<void()>& run, const std::function<void()>& after = {}) {
    std::vector<double> clock;
    std::vector<double> cpu;
    for (int i = 0; i < samples; ++i) {
      prepare();
      const double cpu_begin = CpuMicroseconds();
      const auto begin = std::chrono::steady_clock::now();
      run();
      const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
      cpu.push_back(CpuMicroseconds() - cpu_begin);
      clock.push_back(took.count());
      if (after) after();
    }
    std::sort(clock.begin(), clock.end());
    std::sort(cpu.begin(), cpu.end());
    const size_t p99 = clock.size() * 99 / 100;
    std::printf("| %-38s | %-30s | %9.1f | %9.1f | %9.1f | %9.1f |\n", shape, what, clock[clock.size() / 2], clock[p99],
                cpu[p99], cpu.back());
    std::fflush(stdout);
  }
};

// Everybody works, and one becomes free.
void MeasureBusy(Table& table, const Shape& shape) {
  Desk desk(shape);
  desk.Fill();
  std::vector<SessionId> waiting;
  for (const auto& [queue, places] : desk.org.waiting) {
    for (const auto& [arrived, id] : places) waiting.push_back(id);
  }
  TechnicianId technician;
  SessionId id;
  const Session* session = nullptr;
  table.Measure(
      shape.name, "Consider + Winner, nobody free", kSamples,
      [&] { session = FindSession(desk.org, waiting[desk.Below(static_cast<int>(waiting.size()))]); },
      [&] { technician = Winner(Consider(desk.org, *session, desk.now)); });
  table.Measure(
      shape.name, "FirstFor, one free", kSamples, [&] { technician = desk.Free(); },
      [&] { id = FirstFor(desk.org, technician, desk.now); },
      [&] {
        desk.RouteAll();
        desk.Arrive();
      });
  table.Measure(
      shape.name, "Apply(Route), one free", kSamples, [&] { id = FirstFor(desk.org, desk.Free(), desk.now); },
      [&] { desk.Do(command::Route{id}); },
      [&] {
        desk.RouteAll();
        desk.Arrive();
      });
  table.Measure(
      shape.name, "NextToRoute + Apply until done", kSamples, [&] { desk.Free(); }, [&] { desk.RouteAll(); },
      [&] { desk.Arrive(); });
}

// Everybody is free, and one session arrives.
void MeasureIdle(Table& table, const Shape& shape) {
  Desk desk(shape);
  SessionId id;
  const auto arrives = [&] {
    desk.now += Duration{1};
    const ChannelId channel = Desk::ChannelOf(desk.Below(shape.channels));
    id = desk.Do(command::CreateSession{.method = Method::kChannelForm, .channel = channel, .device_token_hash = "token"});
    desk.Do(command::AttachDevice{id, ""});
  };
  const auto ends = [&] {
    const Participant* lead = FindSession(desk.org, id)->lead();
    if (lead == nullptr) {
      desk.Do(command::CustomerEnd{id});
    } else {
      desk.Do(command::End{{id, lead->technician, {}}});
    }
    desk.dirty = {};
  };
  TechnicianId technician;
  table.Measure(
      shape.name, "Consider + Winner, all free", kSamples, arrives,
      [&] { technician = Winner(Consider(desk.org, *FindSession(desk.org, id), desk.now)); }, ends);
  table.Measure(
      shape.name, "Apply(Route), all free", kSamples, arrives, [&] { desk.Do(command::Route{id}); }, ends);
  table.Measure(
      shape.name, "NextToRoute + Apply until done", kSamples, arrives, [&] { desk.RouteAll(); }, ends);
}

// As many technicians as are remembered have declined it.
void MeasureDeclined(Table& table, const Shape& shape) {
  Desk desk(shape);
  Session session = *FindSession(desk.org, desk.Arrive());
  for (size_t i = 0; i < limits::kDeclines; ++i) {
    session.declines.push_back({Desk::Technician(static_cast<int>(i * 600)), OfferEnd::kRejected, "", desk.now});
  }
  TechnicianId technician;
  table.Measure(
      shape.name, "Consider + Winner, 16 declined", kSamples, [] {},
      [&] { technician = Winner(Consider(desk.org, session, desk.now)); });
}

}  // namespace

int Main() {
  const Shape one{"1 channel, 1 group"};
  const Shape many{"100 channels of 10 of 100 groups", 100, 100, 10};
  Shape skilled = one;
  skilled.name = "1 channel, 1 group, 2 skills";
  skilled.policy = [](RoutingPolicy& policy) {
    policy.strategy = Strategy::kLeastActive;
    policy.skills = {{SkillId{"danish"}, 5, std::chrono::minutes(1), 0}, {SkillId{"printers"}, 5, std::chrono::minutes(1), 0}};
  };
  const Shape most{"10000 channels of 10 of 1000 groups", 1000, 10000, 10};
  Shape lens = one;
  lens.name = "1 channel, 50000 camera sessions first";
  lens.lens_first = true;
  Table table;
  for (const Shape& shape : {one, skilled, many, most}) {
    MeasureIdle(table, shape);
    MeasureBusy(table, shape);
  }
  MeasureBusy(table, lens);
  MeasureDeclined(table, one);
  return 0;
}

}  // namespace guichet::bench

int main() { return guichet::bench::Main(); }

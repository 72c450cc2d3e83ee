#include "tools/bench/traffic.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <queue>

namespace guichet::bench {
namespace {

constexpr double kMinute = 60;
constexpr double kHour = 3600;
constexpr double kDay = 24 * kHour;

struct Customer {
  size_t id = 0;
  size_t queue = 0;
  double joined = 0;
  bool left = false;  // stays in line as a ghost until he would have been served
};

struct Technician {
  bool here = false;
  size_t load = 0;
  bool picking = false;
};

enum class What : uint8_t { kArrival, kPick, kEnd, kPatience, kMinute };

struct Event {
  double at = 0;
  uint64_t order = 0;
  What what = What::kArrival;
  size_t subject = 0;  // technician or customer
  size_t queue = 0;
  double length = 0;
  bool operator>(const Event& other) const { return at != other.at ? at > other.at : order > other.order; }
};

class Simulation {
 public:
  Simulation(const Traffic& traffic, uint64_t seed, Observer& observer) : traffic_(traffic), rng_(seed), observer_(observer) {}

  void Run() {
    Staff();
    Schedule({.at = kMinute, .what = What::kMinute});
    ScheduleArrival();
    while (!events_.empty() && !(done_ && line_.empty())) {
      const Event event = events_.top();
      events_.pop();
      now_ = event.at;
      switch (event.what) {
        case What::kArrival:
          Arrive();
          break;
        case What::kPick:
          Pick(event.subject);
          break;
        case What::kEnd:
          End(event);
          break;
        case What::kPatience:
          Leave(event.subject);
          break;
        case What::kMinute:
          Minute();
          break;
      }
    }
  }

 private:
  void Schedule(Event event) {
    event.order = ++order_;
    events_.push(event);
  }

  void ScheduleArrival() {
    if (next_id_ >= traffic_.customers) {
      done_ = true;
      return;
    }
    double at = now_;
    do {  // thinning
      at += Exponential(rng_, 1 / traffic_.max_rate);
    } while (Uniform(rng_, 0, traffic_.max_rate) > traffic_.rate(at));
    Schedule({.at = at, .what = What::kArrival});
  }

  Sight Look(const Customer& customer, size_t place) const {
    Sight sight{.id = customer.id, .queue = customer.queue, .now = now_, .waited = now_ - customer.joined};
    for (size_t i = 0; i < place; ++i) sight.ahead += !line_[i].left && line_[i].queue == customer.queue;
    for (const Technician& technician : technicians_) {
      if (!technician.here) continue;
      sight.servers += traffic_.capacity;
      sight.free += traffic_.capacity - std::min(technician.load, traffic_.capacity);
    }
    return sight;
  }

  void Arrive() {
    const Customer customer{next_id_++, static_cast<size_t>(rng_() % traffic_.queues), now_, false};
    line_.push_back(customer);
    observer_.Joined(Look(customer, line_.size() - 1));
    if (traffic_.patience) Schedule({.at = now_ + traffic_.patience(rng_), .what = What::kPatience, .subject = customer.id});
    WakeTechnicians();
    ScheduleArrival();
  }

  bool Willing(const Technician& technician) const { return technician.here && technician.load < traffic_.focus; }

  void WakeTechnicians() {
    if (std::none_of(line_.begin(), line_.end(), [](const Customer& c) { return !c.left; })) {
      if (std::any_of(technicians_.begin(), technicians_.end(), [&](const Technician& t) { return Willing(t); })) DropGhosts();
      return;
    }
    for (size_t i = 0; i < technicians_.size() && !line_.empty(); ++i) {
      if (!Willing(technicians_[i]) || technicians_[i].picking) continue;
      if (traffic_.pick == 0) {
        Take(i);
      } else {
        technicians_[i].picking = true;
        Schedule({.at = now_ + Exponential(rng_, traffic_.pick), .what = What::kPick, .subject = i});
      }
    }
  }

  void DropGhosts() {
    while (!line_.empty() && line_.front().left) {
      observer_.Truth(line_.front().id, now_);
      line_.pop_front();
    }
  }

  void Take(size_t technician) {
    DropGhosts();
    if (line_.empty()) return;
    const Customer customer = line_.front();
    line_.pop_front();
    const double waited = now_ - customer.joined;
    if (waited > 0) observer_.Truth(customer.id, now_);
    observer_.Started(customer.id, customer.queue, waited);
    ++technicians_[technician].load;
    const double length = traffic_.handle(rng_, now_);
    Schedule({.at = now_ + length, .what = What::kEnd, .subject = technician, .queue = customer.queue, .length = length});
  }

  void Pick(size_t technician) {
    technicians_[technician].picking = false;
    if (Willing(technicians_[technician])) Take(technician);
    WakeTechnicians();
  }

  void End(const Event& event) {
    --technicians_[event.subject].load;
    observer_.Completed(event.queue, now_, event.length);
    WakeTechnicians();
  }

  void Leave(size_t id) {
    const auto found = std::find_if(line_.begin(), line_.end(), [&](const Customer& c) { return c.id == id; });
    if (found == line_.end()) return;
    found->left = true;
    observer_.Left(found->id, found->queue, now_ - found->joined);
  }

  void Staff() {
    const size_t wanted = traffic_.staff(now_);
    size_t here = std::count_if(technicians_.begin(), technicians_.end(), [](const Technician& t) { return t.here; });
    while (technicians_.size() < wanted) technicians_.emplace_back();
    for (Technician& technician : technicians_) {
      if (here < wanted && !technician.here) technician.here = true, ++here;
    }
    for (; here > wanted; --here) {  // whoever goes ends his session, but takes no other
      size_t leaver = rng_() % technicians_.size();
      while (!technicians_[leaver].here) leaver = (leaver + 1) % technicians_.size();
      technicians_[leaver].here = false;
    }
  }

  void Minute() {
    Staff();
    WakeTechnicians();
    if (!line_.empty()) {
      const size_t place = rng_() % line_.size();
      if (!line_[place].left) observer_.AskedAgain(Look(line_[place], place));
    }
    Schedule({.at = now_ + kMinute, .what = What::kMinute});
  }

  const Traffic& traffic_;
  Rng rng_;
  Observer& observer_;
  double now_ = 0;
  uint64_t order_ = 0;
  size_t next_id_ = 0;
  bool done_ = false;
  std::deque<Customer> line_;
  std::vector<Technician> technicians_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
};

double Noise(uint64_t seed, uint64_t number) {  // in [0, 1)
  Rng rng(seed ^ (number * 0x9e3779b97f4a7c15ULL));
  rng();
  return Uniform(rng, 0, 1);
}

Traffic Steady(Rng& rng, double load_low, double load_high, double variation) {
  Traffic traffic;
  const auto staff = static_cast<size_t>(std::floor(std::exp(Uniform(rng, std::log(1.0), std::log(25.0)))));
  const double mean = Uniform(rng, 2 * kMinute, 30 * kMinute);
  const double rate = Uniform(rng, load_low, load_high) * static_cast<double>(staff) / mean;
  traffic.staff = [staff](double) { return staff; };
  traffic.rate = [rate](double) { return rate; };
  traffic.max_rate = rate;
  if (variation == 0) {
    traffic.handle = [mean](Rng& r, double) { return Exponential(r, mean); };
  } else {
    traffic.handle = [mean, variation](Rng& r, double) { return LogNormal(r, mean, variation); };
  }
  return traffic;
}

// Two busy times in a day, shifts, a thin night; `load` is that of the busiest hour.
Traffic Day(Rng& rng, double load) {
  Traffic traffic = Steady(rng, 1, 1, 0);
  const size_t staff = 3 + rng() % 15;
  const double mean = Uniform(rng, 4 * kMinute, 20 * kMinute);
  const double variation = Uniform(rng, 0.7, 1.3);
  const double rate = load * static_cast<double>(staff) / mean;
  const auto shape = [](double time) {
    const double hour = std::fmod(time, kDay) / kHour;
    const auto hump = [hour](double at, double width) { return std::exp(-(hour - at) * (hour - at) / (2 * width * width)); };
    return 0.08 + 0.92 * std::max(hump(10.5, 2), 0.85 * hump(15, 2.2));
  };
  traffic.rate = [=](double time) { return rate * shape(time); };
  traffic.max_rate = rate;
  traffic.handle = [=](Rng& r, double) { return LogNormal(r, mean, variation); };
  // Shifts follow the load roughly, in half hours, with absences.
  const uint64_t luck = rng();
  traffic.staff = [=](double time) {
    const auto half_hour = static_cast<uint64_t>(time / (kHour / 2));
    const double planned = static_cast<double>(staff) * shape((static_cast<double>(half_hour) + 0.5) * kHour / 2);
    return std::max<size_t>(1, static_cast<size_t>(std::lround(planned * (0.8 + 0.4 * Noise(luck, half_hour)))));
  };
  return traffic;
}

std::function<double(Rng&)> Patience(Rng& rng, double low, double high, double variation) {
  const double mean = Uniform(rng, low, high);
  if (variation == 0) return [mean](Rng& r) { return Exponential(r, mean); };
  return [mean, variation](Rng& r) { return LogNormal(r, mean, variation); };
}

}  // namespace

double Uniform(Rng& rng, double low, double high) {
  return low + (high - low) * (static_cast<double>(rng() >> 11) * 0x1.0p-53);
}

double Exponential(Rng& rng, double mean) { return -mean * std::log(1 - Uniform(rng, 0, 1)); }

double LogNormal(Rng& rng, double mean, double variation) {
  const double variance = std::log(1 + variation * variation);
  const double normal = std::sqrt(-2 * std::log(1 - Uniform(rng, 0, 1))) * std::cos(6.283185307179586 * Uniform(rng, 0, 1));
  return mean * std::exp(normal * std::sqrt(variance) - variance / 2);
}

const std::vector<std::string>& Scenarios() {
  static const auto& names = *new std::vector<std::string>{
      "M/M/c",
      "M/G/c, even sessions",
      "M/G/c, uneven sessions",
      "M/M/c, impatient",
      "M/G/c, impatient",
      "day with shifts",
      "day, impatient",
      "breaks",
      "incident",
      "two queues",
      "taken by hand",
      "spare capacity",
  };
  return names;
}

Traffic Draw(size_t scenario, uint64_t seed) {
  Rng rng(seed * 1000 + scenario);
  rng();
  Traffic traffic;
  switch (scenario) {
    case 0:
      traffic = Steady(rng, 0.75, 0.97, 0);
      break;
    case 1:
      traffic = Steady(rng, 0.8, 0.98, Uniform(rng, 0.3, 0.6));
      break;
    case 2:
      traffic = Steady(rng, 0.75, 0.95, Uniform(rng, 1.1, 1.8));
      break;
    case 3:
      traffic = Steady(rng, 0.9, 1.5, 0);
      traffic.patience = Patience(rng, 3 * kMinute, 40 * kMinute, 0);
      break;
    case 4:
      traffic = Steady(rng, 0.9, 1.5, Uniform(rng, 0.6, 1.4));
      traffic.patience = Patience(rng, 3 * kMinute, 40 * kMinute, Uniform(rng, 0.5, 1.5));
      break;
    case 5:
      traffic = Day(rng, Uniform(rng, 0.8, 0.95));
      break;
    case 6:
      traffic = Day(rng, Uniform(rng, 0.9, 1.4));
      traffic.patience = Patience(rng, 5 * kMinute, 40 * kMinute, Uniform(rng, 0.5, 1.5));
      break;
    case 7: {  // each quarter of an hour some are away
      traffic = Steady(rng, 0.7, 0.9, Uniform(rng, 0.7, 1.3));
      const size_t most = traffic.staff(0) + 2;
      const uint64_t luck = rng();
      traffic.staff = [most, luck](double time) {
        const auto quarter = static_cast<uint64_t>(time / (kHour / 4));
        const double away = Noise(luck, quarter) * Noise(luck, quarter / 4 + 1000003) * 0.8;
        return std::max<size_t>(1, most - static_cast<size_t>(std::lround(away * static_cast<double>(most))));
      };
      break;
    }
    case 8: {  // a day in five: twice the customers for three hours, and sessions half as long again
      traffic = Day(rng, 0.8);
      const auto incident = [](double time) {
        const double hour = std::fmod(time, 5 * kDay) / kHour;
        return hour > 33 && hour < 36;
      };
      const auto rate = traffic.rate;
      const auto handle = traffic.handle;
      traffic.rate = [=](double time) { return rate(time) * (incident(time) ? 2 : 1); };
      traffic.max_rate *= 2;
      traffic.handle = [=](Rng& r, double time) { return handle(r, time) * (incident(time) ? 1.5 : 1); };
      traffic.patience = Patience(rng, 20 * kMinute, 60 * kMinute, 1);
      break;
    }
    case 9:
      traffic = Steady(rng, 0.85, 0.97, 1);
      traffic.queues = 2;
      break;
    case 10:
      traffic = Steady(rng, 0.6, 0.85, 1);
      traffic.pick = Uniform(rng, 5, 60);
      break;
    case 11:
      traffic = Steady(rng, 0.6, 0.85, 1);
      traffic.pick = Uniform(rng, 5, 60);
      traffic.capacity = 2 + rng() % 4;
      break;
    default:
      break;
  }
  traffic.name = Scenarios()[scenario];
  return traffic;
}

void Play(const Traffic& traffic, uint64_t seed, Observer& observer) { Simulation(traffic, seed, observer).Run(); }

}  // namespace guichet::bench

// A random run of an organization whose channels route: customers come and go, technicians answer offers and work,
// administrators change policies, and time passes. After each command routing runs as in the daemon. Each decision and each
// state is checked.
#pragma once

#include <cstdint>
#include <random>

#include "tests/statemachine/router_loop.h"

namespace guichet::testing {

class RoutedRun {
 public:
  explicit RoutedRun(uint64_t seed);

  void Step();

  World world;
  int decisions = 0;  // offers and automatic starts
  int redirects = 0;

 private:
  int Below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  bool Chance(int one_in) { return Below(one_in) == 0; }
  template <class T>
  T One(std::initializer_list<T> list) {
    return *(list.begin() + Below(static_cast<int>(list.size())));
  }
  template <class T>
  const T& One(const std::vector<T>& list) {
    return list[Below(static_cast<int>(list.size()))];
  }
  void See(const Org& before, const guichet::Step& step);
  bool Try(const Command& command);
  void Arrive();
  void ByTechnician();
  void ByPresence();
  void FromOutside();
  void Administer();
  SessionId Session();
  GroupSettings Settings();
  guichet::Group Group(const GroupId& id);
  TechnicianConfig Config();
  guichet::Channel Channel(const ChannelId& id);

  std::mt19937_64 random_;
};

// Empty, or what is wrong with a routing step: a decision that does not follow from its record, a record that cannot be made
// again, a session that came first for the technician, an offer to somebody who has one.
std::string BrokenRouting(const Org& before, const Step& step);

// Empty, or where FirstFor, BestFor and Consider disagree about the organization.
std::string BrokenPolicy(const Org& org, Time now);

}  // namespace guichet::testing

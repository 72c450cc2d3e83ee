// Why routing did what it did, what one change would do, and who is available.
#include <cstdlib>
#include <random>

#include "absl/strings/str_cat.h"
#include "router/limits.h"
#include "tests/api/admin.h"

namespace guichet::api_test {
namespace {

class AvailabilityWatch
    : public Watching<pb::RoutingService::Stub, pb::WatchAvailabilityRequest, pb::WatchAvailabilityResponse> {
 public:
  AvailabilityWatch(const Client& client, const pb::WatchAvailabilityRequest& request, const std::string& token)
      : Watching(client, &pb::RoutingService::Stub::WatchAvailability, request, token) {}
};

class Routing : public ::testing::Test {
 protected:
  Routing() : sessions(world) { Set("routing { mode: ROUTING_MODE_OFFER }"); }

  void Set(const std::string& fields) {
    world.Must<pb::UpdateChannelResponse>(Text<pb::UpdateChannelRequest>("channel { channel_id: 'help' " + fields + " }"),
                                          world.admin);
  }
  void SetTechnician(const std::string& id, const std::string& fields) {
    world.Must<pb::UpdateTechnicianResponse>(
        Text<pb::UpdateTechnicianRequest>("technician { technician_id: '" + id + "' " + fields + " }"), world.admin);
  }
  void Away(const std::string& token, bool away) {
    pb::SetStatusRequest request;
    request.set_status(away ? pb::TECHNICIAN_STATUS_AWAY : pb::TECHNICIAN_STATUS_ONLINE);
    world.Must<pb::SetStatusResponse>(request, token);
  }
  Outcome Ask(uint64_t session, const std::string& token, pb::ExplainSessionResponse* response) {
    pb::ExplainSessionRequest request;
    request.set_session_id(session);
    return world.client().CallInto(request, response, token);
  }
  pb::ExplainSessionResponse Explain(uint64_t session) {
    pb::ExplainSessionResponse response;
    const Outcome outcome = Ask(session, world.admin, &response);
    EXPECT_TRUE(outcome.ok()) << outcome;
    return response;
  }
  pb::ExplainTechnicianResponse Explain(const std::string& technician) {
    pb::ExplainTechnicianRequest request;
    request.set_technician_id(technician);
    return world.Must<pb::ExplainTechnicianResponse>(request, world.admin);
  }
  pb::Availability Available(const std::string& how = "") {
    return world.Must<pb::GetAvailabilityResponse>(Text<pb::GetAvailabilityRequest>("channel_id: 'help' " + how), world.admin)
        .availability();
  }
  std::string OfferedTo(uint64_t session) { return world.Get(session).offer().technician_id(); }
  void Reject(uint64_t session, const std::string& token) {
    world.Must<pb::RejectOfferResponse>(World::On<pb::RejectOfferRequest>(session), token);
  }
  std::string TokenOf(const std::string& technician) {
    return technician == "ann" ? world.ann : technician == "bob" ? world.bob : world.cid;
  }

  World world;
  Sessions sessions;
};

// Who wins among the candidates of an answer, by its terms alone; and what sets him apart from the next.
std::pair<std::string, std::string> WinnerOf(const pb::RoutingDecision& decision) {
  std::vector<std::pair<std::vector<int64_t>, std::string>> able;
  for (const pb::RoutingCandidate& candidate : decision.candidates()) {
    if (candidate.filters_size() > 0) continue;
    able.emplace_back(std::vector<int64_t>(candidate.terms().begin(), candidate.terms().end()), candidate.technician_id());
  }
  std::sort(able.begin(), able.end());
  if (able.empty()) return {};
  if (able.size() == 1) return {able[0].second, ""};
  const char* names[] = {"PREFERRED", "STRATEGY", "IDLE_SINCE", "ID"};
  size_t term = 0;
  while (term < able[0].first.size() && able[0].first[term] == able[1].first[term]) ++term;
  return {able[0].second, names[term]};
}

// --- sessions

TEST_F(Routing, ASessionThatWaitsIsExplained) {
  sessions.Attach(world.ann);
  sessions.Attach(world.bob);
  Away(world.ann, true);
  Set("routing { mode: ROUTING_MODE_OFFER skills { skill_id: 'french' level: 5 } }");
  const uint64_t first = sessions.Waiting().id;
  world.daemon.clock().Advance(seconds(10));
  const uint64_t id = sessions.Waiting().id;
  const pb::ExplainSessionResponse why = Explain(id);
  EXPECT_EQ(why.revision(), world.Revision());
  EXPECT_EQ(why.ahead(), 1u);
  EXPECT_EQ(why.summary(),
            "Waits 0 ms; second of 2; 3 technicians serve channel help: 1 OFFLINE, 1 AWAY, 1 lacks skill french 5. If bob gets "
            "skill french 5, session 1 would come first for bob.");
  const pb::RoutingDecision& considered = why.considered();
  EXPECT_EQ(considered.revision(), 0u);
  EXPECT_EQ(considered.channel_id(), "help");
  EXPECT_EQ(considered.mode(), pb::ROUTING_MODE_OFFER);
  EXPECT_EQ(considered.policy_version(), Explain(first).considered().policy_version());
  EXPECT_EQ(considered.considered_count(), 3u);
  EXPECT_EQ(considered.eligible_count(), 0u);
  ASSERT_EQ(considered.candidates_size(), 3);
  std::map<std::string, std::vector<int>> filters;
  for (const auto& c : considered.candidates()) filters[c.technician_id()] = {c.filters().begin(), c.filters().end()};
  EXPECT_EQ(filters["ann"], (std::vector<int>{pb::ROUTING_FILTER_AWAY, pb::ROUTING_FILTER_SKILL}));
  EXPECT_EQ(filters["bob"], (std::vector<int>{pb::ROUTING_FILTER_SKILL}));
  EXPECT_EQ(filters["cid"], (std::vector<int>{pb::ROUTING_FILTER_OFFLINE, pb::ROUTING_FILTER_SKILL}));
  EXPECT_EQ(why.decisions_size(), 0);
}

TEST_F(Routing, WhatOneChangeWouldDoItDoes) {
  sessions.Attach(world.ann);
  Away(world.ann, true);
  const uint64_t id = sessions.Waiting().id;
  auto why = Explain(id);
  ASSERT_EQ(why.changes_size(), 3);
  std::map<std::string, pb::RoutingChange> changes;
  for (const auto& change : why.changes()) {
    EXPECT_EQ(change.first_session_id(), id);
    EXPECT_FALSE(change.has_time());
    changes[change.technician_id()] = change;
  }
  EXPECT_EQ(changes["ann"].filter(), pb::ROUTING_FILTER_AWAY);
  EXPECT_EQ(changes["ann"].description(), "ann is back from AWAY");
  EXPECT_EQ(changes["bob"].description(), "bob's console attaches");
  sessions.Attach(world.bob);
  EXPECT_EQ(OfferedTo(id), "bob");
  Reject(id, world.bob);
  // What time alone does it does, at its time.
  why = Explain(id);
  const auto by_itself = std::find_if(why.changes().begin(), why.changes().end(), [](const auto& c) { return c.has_time(); });
  ASSERT_NE(by_itself, why.changes().end());
  EXPECT_EQ(by_itself->technician_id(), "bob");
  EXPECT_EQ(by_itself->filter(), pb::ROUTING_FILTER_DECLINED);
  Away(world.ann, false);
  EXPECT_EQ(OfferedTo(id), "ann");
  EXPECT_EQ(Explain(id).summary(), "Offered to ann, who has 20 s left to answer.");
  EXPECT_FALSE(Explain(id).has_considered());
}

TEST_F(Routing, ADecliningTechnicianIsAskedAgainAtTheTimeThatIsSaid) {
  Set("routing { mode: ROUTING_MODE_OFFER retry_after { seconds: 7 } }");
  sessions.Attach(world.ann);
  const uint64_t id = sessions.Waiting().id;
  Reject(id, world.ann);
  const auto why = Explain(id);
  const auto change = std::find_if(why.changes().begin(), why.changes().end(), [](const auto& c) { return c.has_time(); });
  ASSERT_NE(change, why.changes().end());
  const int64_t now = world.daemon.clock().Now().time_since_epoch().count();
  EXPECT_EQ(change->time().seconds() * 1000 + change->time().nanos() / 1000000, now + 7000);
  world.daemon.clock().Advance(milliseconds(6999));
  sessions.consoles[0]->Beat(1);
  EXPECT_EQ(OfferedTo(id), "");
  world.daemon.clock().Advance(milliseconds(1));
  sessions.consoles[0]->Beat(2);
  EXPECT_EQ(OfferedTo(id), "ann");
}

TEST_F(Routing, DecisionsFollowFromTheirRecord) {
  const char* given = std::getenv("GUICHET_SEED");
  const uint32_t seed = given != nullptr ? std::strtoul(given, nullptr, 10) : std::random_device()();
  SCOPED_TRACE(absl::StrCat("GUICHET_SEED=", seed));
  std::mt19937 random(seed);
  auto pick = [&](int n) { return static_cast<int>(random() % static_cast<uint32_t>(n)); };
  Set("routing { mode: ROUTING_MODE_OFFER skills { skill_id: 'french' level: 2 } retry_after { nanos: 1000000 } }");
  for (const char* id : {"ann", "bob", "cid"}) SetTechnician(id, "capacity: 3 skills { skill_id: 'french' level: 5 }");
  for (const std::string& token : {world.ann, world.bob, world.cid}) {
    world.daemon.clock().Advance(milliseconds(pick(3)));
    sessions.Attach(token);
  }
  const char* strategies[] = {"LONGEST_IDLE", "LEAST_ACTIVE", "ROUND_ROBIN"};
  std::vector<std::pair<uint64_t, std::string>> seen;  // whom each was offered to
  for (int i = 0; i < 12; ++i) {
    world.daemon.clock().Advance(milliseconds(pick(3)));
    Set(absl::StrCat(
        "routing { mode: ROUTING_MODE_OFFER skills { skill_id: 'french' level: 2 } retry_after { nanos: 1000000 } ",
        "strategy: ROUTING_STRATEGY_", strategies[pick(3)], " }"));
    SetTechnician("cid", absl::StrCat("skills { skill_id: 'french' level: ", 1 + pick(5), " }"));
    const uint64_t id = sessions.Waiting().id;
    std::string who = OfferedTo(id);
    if (who.empty()) break;
    seen.emplace_back(id, who);
    if (pick(3) == 0) {
      Reject(id, TokenOf(who));
    } else {
      world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(id), TokenOf(who));
    }
  }
  EXPECT_GE(seen.size(), 3u);
  for (const auto& [id, who] : seen) {
    const auto why = Explain(id);
    ASSERT_GE(why.decisions_size(), 1) << id;
    EXPECT_EQ(why.decisions(0).technician_id(), who);
    uint64_t revision = 0;
    for (const pb::RoutingDecision& decision : why.decisions()) {
      EXPECT_GT(decision.revision(), revision);
      revision = decision.revision();
      EXPECT_FALSE(decision.started());
      const auto [winner, by] = WinnerOf(decision);
      EXPECT_EQ(decision.technician_id(), winner) << decision.ShortDebugString();
      EXPECT_EQ(decision.decided_by(), by) << decision.ShortDebugString();
      uint32_t removed = 0;
      for (const auto& count : decision.removed_counts()) removed += count.count();
      EXPECT_EQ(removed + decision.eligible_count(), decision.considered_count());
    }
  }
}

TEST_F(Routing, PastDecisionsAreExplainedAfterTheEndToo) {
  sessions.Attach(world.ann);
  sessions.Attach(world.bob);
  const Entered entered = sessions.Waiting();
  const uint64_t id = entered.id;
  const std::string first = OfferedTo(id);
  Reject(id, TokenOf(first));
  const std::string second = OfferedTo(id);
  EXPECT_NE(first, second);
  world.Must<pb::StartSessionResponse>(World::On<pb::StartSessionRequest>(id), TokenOf(second));
  EXPECT_EQ(Explain(id).summary(), "With " + second + " for 0 ms.");
  world.Must<pb::EndSessionResponse>(World::On<pb::EndSessionRequest>(id), TokenOf(second));
  for (int restarts = 0; restarts < 2; ++restarts) {
    const auto why = Explain(id);
    EXPECT_EQ(why.summary(), "Ended 0 ms ago: CLOSED_BY_TECHNICIAN.");
    EXPECT_FALSE(why.has_considered());
    ASSERT_EQ(why.decisions_size(), 2);
    EXPECT_EQ(why.decisions(0).technician_id(), first);
    EXPECT_EQ(why.decisions(0).eligible_count(), 2u);
    EXPECT_EQ(why.decisions(1).technician_id(), second);
    EXPECT_EQ(why.decisions(1).decided_by(), "") << "nobody else could have it";
    EXPECT_GT(why.decisions(1).policy_version(), 0u);
    world.daemon.Restart();
  }
}

TEST_F(Routing, AnAutomaticStartIsADecision) {
  Set("routing { mode: ROUTING_MODE_AUTO_START }");
  sessions.Attach(world.ann);
  const uint64_t id = sessions.Waiting().id;
  EXPECT_EQ(world.Get(id).lead_technician_id(), "ann");
  const auto why = Explain(id);
  ASSERT_EQ(why.decisions_size(), 1);
  EXPECT_TRUE(why.decisions(0).started());
  EXPECT_EQ(why.decisions(0).technician_id(), "ann");
}

TEST_F(Routing, TheLatestDecisionsAreKept) {
  Set("routing { mode: ROUTING_MODE_OFFER retry_after { nanos: 1000000 } }");
  sessions.Attach(world.ann);
  const uint64_t id = sessions.Waiting().id;
  for (size_t i = 0; i <= router::kExplainedDecisions; ++i) {
    ASSERT_EQ(OfferedTo(id), "ann") << i;
    if (i == router::kExplainedDecisions) break;
    Reject(id, world.ann);
    world.daemon.clock().Advance(milliseconds(1));
    sessions.consoles[0]->Beat(i + 1);  // the turn after the clock's
    if (i == 0) {
      EXPECT_EQ(Explain(id).decisions_size(), 2);
    }
  }
  const auto why = Explain(id);
  ASSERT_EQ(why.decisions_size(), static_cast<int>(router::kExplainedDecisions));
  EXPECT_EQ(why.decisions(static_cast<int>(router::kExplainedDecisions) - 1).revision(), world.Get(id).revision());
}

TEST_F(Routing, TechniciansAskAboutWhatTheySee) {
  const uint64_t of_bob = world.CreatePin(world.bob).session().session_id();
  pb::ExplainSessionResponse response;
  EXPECT_EQ(Ask(of_bob, world.ann, &response).reason, "SESSION_NOT_FOUND");
  EXPECT_TRUE(Ask(of_bob, world.bob, &response).ok());
  EXPECT_EQ(Ask(999, world.admin, &response).reason, "SESSION_NOT_FOUND");
  EXPECT_EQ(Ask(0, world.admin, &response).fields, std::vector<std::string>{"session_id"});
  pb::ExplainTechnicianRequest technician;
  technician.set_technician_id("bob");
  EXPECT_EQ(world.Call<pb::ExplainTechnicianResponse>(technician, world.ann).outcome.code, grpc::PERMISSION_DENIED);
  EXPECT_TRUE(world.Call<pb::ExplainTechnicianResponse>(technician, world.bob).ok());
  EXPECT_TRUE(world.Call<pb::ExplainTechnicianResponse>(pb::ExplainTechnicianRequest(), world.ann).ok());
  EXPECT_EQ(world.Call<pb::ExplainTechnicianResponse>(pb::ExplainTechnicianRequest(), world.integrator).outcome.fields,
            std::vector<std::string>{"technician_id"});
  technician.set_technician_id("nobody");
  EXPECT_EQ(world.Call<pb::ExplainTechnicianResponse>(technician, world.admin).outcome.reason, "TECHNICIAN_NOT_FOUND");
}

// --- technicians

TEST_F(Routing, ATechnicianWhoGetsNothingIsExplained) {
  sessions.Attach(world.ann);
  Away(world.ann, true);
  const uint64_t id = sessions.Waiting().id;
  sessions.Waiting();
  const auto why = Explain("ann");
  EXPECT_EQ(why.revision(), world.Revision());
  EXPECT_EQ(std::vector<int>(why.filters().begin(), why.filters().end()), std::vector<int>{pb::ROUTING_FILTER_AWAY});
  EXPECT_FALSE(why.has_change_time());
  EXPECT_EQ(why.next_session_id(), id);
  ASSERT_EQ(why.queues_size(), 1);
  EXPECT_EQ(why.queues(0).ShortDebugString(),
            "channel_id: \"help\" waiting: 2 first_session_id: 1 filters: ROUTING_FILTER_AWAY");
  EXPECT_EQ(why.summary(),
            "ann is given nothing: AWAY for 0 ms. Serves 1 queue; 2 sessions wait in those that he serves or that overflow to "
            "him; but for that he would be given session 1.");
  Away(world.ann, false);
  EXPECT_EQ(Explain("ann").filters(0), pb::ROUTING_FILTER_OFFERED);
}

// --- availability

TEST_F(Routing, AvailabilityCountsAsAsked) {
  EXPECT_EQ(Available().ShortDebugString(), "open: true");
  sessions.Attach(world.ann);
  sessions.Attach(world.bob);
  sessions.Attach(world.cid);
  Away(world.bob, true);
  world.Must<pb::UpdateGroupResponse>(Text<pb::UpdateGroupRequest>("group { group_id: 'desk' settings { busy_at: 1 } }"),
                                      world.admin);
  EXPECT_EQ(Available().technicians(), 2u);
  Set("routing { mode: ROUTING_MODE_MANUAL }");
  sessions.Active(world.cid);
  EXPECT_EQ(Available().technicians(), 1u);
  EXPECT_EQ(Available("count_away: true").technicians(), 2u);
  EXPECT_EQ(Available("count_busy: true").technicians(), 2u);
  EXPECT_EQ(Available("count_away: true count_busy: true").technicians(), 3u);
  Away(world.cid, true);  // BUSY and AWAY: counts with both
  EXPECT_EQ(Available("count_away: true").technicians(), 2u);
  EXPECT_EQ(Available("count_busy: true").technicians(), 1u);
  EXPECT_EQ(Available("count_away: true count_busy: true").technicians(), 3u);
  sessions.Waiting();
  EXPECT_EQ(Available().waiting(), 1u);
  EXPECT_TRUE(Available().available());
  EXPECT_FALSE(Available().has_estimate());
  EXPECT_EQ(
      world.Call<pb::GetAvailabilityResponse>(Text<pb::GetAvailabilityRequest>("channel_id: 'none'"), world.ann).outcome.reason,
      "CHANNEL_NOT_FOUND");
}

TEST_F(Routing, AvailabilityIsToldAgainWhenItChanges) {
  Set("routing { mode: ROUTING_MODE_MANUAL }");
  AvailabilityWatch strict(world.client(), Text<pb::WatchAvailabilityRequest>("channel_id: 'help'"), world.ann);
  AvailabilityWatch lax(world.client(), Text<pb::WatchAvailabilityRequest>("channel_id: 'help' count_away: true"),
                        world.integrator);
  EXPECT_EQ(strict.Next().availability().ShortDebugString(), "open: true");
  EXPECT_EQ(lax.Next().availability().ShortDebugString(), "open: true");
  sessions.Attach(world.ann);
  EXPECT_EQ(strict.Next().availability().technicians(), 1u);
  EXPECT_EQ(lax.Next().availability().technicians(), 1u);
  Away(world.ann, true);
  EXPECT_EQ(strict.Next().availability().technicians(), 0u);
  const auto waiting = sessions.Waiting();
  EXPECT_EQ(strict.Next().availability().waiting(), 1u);
  const auto told = lax.Next();  // that ann went AWAY is nothing to it
  EXPECT_EQ(told.availability().waiting(), 1u);
  EXPECT_EQ(told.availability().technicians(), 1u);
  EXPECT_LE(told.revision(), world.Revision());
  world.Must<pb::LeaveQueueResponse>(pb::LeaveQueueRequest(), waiting.token);
  EXPECT_EQ(lax.Next().availability().waiting(), 0u);
  EXPECT_EQ(strict.Next().availability().waiting(), 0u);
  // A technician who begins to serve the channel, and a group that stops.
  world.Must<pb::UpdateChannelResponse>(
      Text<pb::UpdateChannelRequest>("channel { channel_id: 'help' } update_mask { paths: 'group_ids' }"), world.admin);
  EXPECT_EQ(lax.Next().availability().technicians(), 0u);
  Set("technician_ids: 'ann'");
  EXPECT_EQ(lax.Next().availability().technicians(), 1u);
  pb::DeleteChannelRequest gone;
  gone.set_channel_id("help");
  world.Must<pb::DeleteChannelResponse>(gone, world.admin);
  EXPECT_EQ(lax.End().reason, "CHANNEL_NOT_FOUND");
  EXPECT_EQ(strict.End().reason, "CHANNEL_NOT_FOUND");
}

}  // namespace
}  // namespace guichet::api_test

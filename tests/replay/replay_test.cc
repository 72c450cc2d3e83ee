// A recorded log gives the same states, decisions and records again, and what was tampered with is found.
#include "replay/replay.h"

#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "replay/what_if.h"
#include "statemachine/dispatch.h"
#include "statemachine/step.h"
#include "statemachine/timers.h"
#include "store/codec.h"
#include "store/keys.h"
#include "store/load.h"
#include "store/model_store.h"
#include "store/records.h"

namespace guichet::replay {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const store::OrgKey kAcme{"acme"};
const Time kMorning{std::chrono::hours(480000)};

// The writer without its threads: decides, records, routes, fires timers.
class Recorder {
 public:
  // Of a store that another one continues.
  explicit Recorder(store::ModelStore& store) : store_(store) {
    token_ = *store.Acquire(kAcme);
    if (token_.seq > 0) org_ = *store::LoadOrg(store, kAcme, Revision{token_.seq});
  }

  SessionId Do(const Command& command, const std::string& actor = "technician:ann") {
    absl::StatusOr<Step> step = Apply(org_, command, actor, now_);
    EXPECT_TRUE(step.ok()) << step.status();
    if (!step.ok() || step->entry.events.empty()) return {};
    store::Commit commit{.at = token_};
    store::AddRecords(org_, step->entry, step->touched, commit);
    commit.events.push_back(store::EncodeLogEntry(step->entry));
    ++token_.seq;
    store_.CommitAsync({std::move(commit)}, [](const auto& results) { EXPECT_EQ(results.front(), store::CommitResult::kOk); });
    Note(org_, step->touched, now_, dirty_);
    return step->session;
  }

  void RouteAll() {
    while (SessionId id = NextToRoute(org_, dirty_, now_)) Do(command::Route{id}, "routing");
  }

  void Pass(Duration time) {
    now_ += time;
    std::vector<SessionId> due;
    for (const auto& [id, session] : org_.sessions) {
      std::optional<Deadline> deadline = NextDeadline(org_, session);
      if (deadline && deadline->due <= now_) due.push_back(id);
    }
    std::sort(due.begin(), due.end());
    for (SessionId id : due) Do(command::FireTimer{id}, "timer");
    RouteAll();
  }

  // Lets time pass, and nothing else.
  void Wait(Duration time) { now_ += time; }

  const Org& org() const { return org_; }

 private:
  store::ModelStore& store_;
  store::Token token_;
  Org org_;
  Dirty dirty_;
  Time now_ = kMorning;
};

void Found(Recorder& recorder) {
  command::CreateOrg create{.org = OrgId{"acme"}, .display_name = "Acme"};
  create.first_key.id.value = "administrator";
  create.first_key.role = KeyRole::kAdministrator;
  create.first_key.secret_hash = "hash";
  recorder.Do(create, "operator");
  command::PutGroup desk{.create = true};
  desk.group.id.value = "desk";
  recorder.Do(desk);
  for (const char* id : {"ann", "bob"}) {
    command::PutTechnician put;
    put.technician.value = id;
    put.config.display_name = id;
    put.config.group.value = "desk";
    put.create = true;
    recorder.Do(put);
    recorder.Do(command::AttachConsole{TechnicianId{id}, "console"}, absl::StrCat("console:", id));
  }
  command::PutChannel web{.create = true};
  web.channel.id.value = "web";
  web.channel.groups = {GroupId{"desk"}};
  web.channel.routing.mode = RoutingMode::kOffer;
  recorder.Do(web);
  recorder.Pass(minutes(1));
}

// One customer: offered, taken or let pass, and served for a while.
void Serve(Recorder& recorder, int number) {
  command::CreateSession create{.method = Method::kChannelForm, .channel = ChannelId{"web"}};
  create.device_token_hash = absl::StrCat("device ", number);
  create.profile.device_id = absl::StrCat("laptop-", number % 3);
  const SessionId session = recorder.Do(create, "device");
  recorder.Do(command::AttachDevice{session, "linux"}, "device");
  recorder.RouteAll();
  const Session* live = FindSession(recorder.org(), session);
  ASSERT_NE(live, nullptr);
  ASSERT_TRUE(live->offer);
  if (number % 4 == 0) recorder.Pass(seconds(21));  // nobody answers: it is offered to the other
  recorder.RouteAll();
  ASSERT_TRUE(live->offer);
  const TechnicianId technician = live->offer->technician;
  recorder.Do(command::Start{{session, technician}}, "technician:" + technician.value);
  recorder.Pass(seconds(30 + number));
  recorder.Do(command::End{{session, technician}}, "technician:" + technician.value);
  recorder.Pass(seconds(40));
}

class ReplayTest : public testing::Test {
 protected:
  void SetUp() override {
    Recorder recorder(store_);
    Found(recorder);
    for (int i = 0; i < 12; ++i) ASSERT_NO_FATAL_FAILURE(Serve(recorder, i));
    state_ = StateHash(recorder.org());
  }

  Report Verify() {
    absl::StatusOr<Report> report = Replay(store_, kAcme, {.compare_records = true});
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : Report{};
  }

  // Another log: as recorded but for one event.
  static std::unique_ptr<store::ModelStore> Changed(store::ModelStore& from, const std::function<bool(LogEntry&)>& change) {
    auto copy = std::make_unique<store::ModelStore>();
    store::Token token = *copy->Acquire(kAcme);
    bool changed = false;
    EXPECT_TRUE(from.ReadEvents(kAcme, 0, SIZE_MAX,
                                [&](uint64_t, std::string_view bytes) {
                                  LogEntry entry = *store::DecodeLogEntry(bytes);
                                  if (!changed) changed = change(entry);
                                  store::Commit commit{.at = token, .events = {store::EncodeLogEntry(entry)}};
                                  ++token.seq;
                                  copy->CommitAsync({std::move(commit)}, [](const auto&) {});
                                  return true;
                                })
                    .ok());
    EXPECT_TRUE(changed);
    return copy;
  }

  void Put(store::Family family, const std::string& key, const std::string& value) {
    store::Token token = *store_.Acquire(kAcme);
    store_.CommitAsync({{.at = token, .puts = {{family, key, value}}}}, [](const auto&) {});
  }

  store::ModelStore store_;
  std::string state_;
};

TEST_F(ReplayTest, GivesTheSameStatesDecisionsAndRecords) {
  const Report report = Verify();
  EXPECT_EQ(report.differences, 0u) << report.first_differences.front().what;
  EXPECT_EQ(report.state, state_);
  EXPECT_EQ(report.events, report.last.value);
  EXPECT_GE(report.decisions, 15u);
  EXPECT_GE(report.timers, 3u);
  EXPECT_GT(report.records, 60u);
}

// The end of the access to a computer ends its session, if one runs: a timer that is the computer's, not the session's.
TEST_F(ReplayTest, TheTimersOfComputersAreDecidedAgain) {
  Recorder recorder(store_);
  const TechnicianId ann{"ann"};
  command::PutGroup desk;
  desk.group = recorder.org().groups.at(GroupId{"desk"});
  desk.group.permissions = Permissions::All();
  recorder.Do(desk);
  const uint64_t timers = Verify().timers;
  for (const bool connected : {true, false}) {
    const SessionId asked = recorder.Do(command::CreateSession{.owner = ann, .code_key = "123456"});
    recorder.Do(command::RedeemCode{asked, "123456", "token", "lathe", "Linux", "en"}, "device");
    recorder.Do(command::AttachDevice{asked, "linux"}, "device");
    recorder.Do(command::Start{{asked, ann}});
    command::RequestActivity ask{{asked, ann}, ActivityKind::kUnattendedAccess, ""};
    ask.access.validity = std::chrono::hours(1);
    recorder.Do(ask);
    command::AnswerActivity agree{asked, FindSession(recorder.org(), asked)->activities.back().id, true, false};
    agree.secret_hash = "hash";
    recorder.Do(agree, "device");
    recorder.Do(command::End{{asked, ann}});
    const ComputerId computer = recorder.org().last_computer;
    if (connected) recorder.Do(command::ConnectComputer{computer, ann, true, kNoTime, "secret"});
    recorder.Wait(std::chrono::hours(1));
    recorder.Do(command::ExpireComputer{computer}, "timer");
    EXPECT_TRUE(recorder.org().computers.empty());
  }
  const Report report = Verify();
  EXPECT_EQ(report.differences, 0u) << report.first_differences.front().what;
  EXPECT_EQ(report.timers, timers + 2);
}

TEST_F(ReplayTest, MarksTellWhereTwoBuildsPart) {
  absl::StatusOr<Report> report = Replay(store_, kAcme, {.mark_every = 10});
  ASSERT_TRUE(report.ok());
  ASSERT_EQ(report->marks.size(), report->last.value / 10);
  EXPECT_EQ(report->marks[2].revision.value, 30u);
  EXPECT_NE(report->marks[2].state, report->marks[3].state);
}

TEST_F(ReplayTest, AStateThatTheEventsDoNotGiveIsFound) {
  auto changed = Changed(store_, [](LogEntry& entry) {
    if (entry.trigger != Trigger::kStart) return false;
    auto session = std::make_shared<Session>(*entry.sessions.front().after);
    session->profile.name = "somebody else";
    entry.sessions.front().after = session;
    return true;
  });
  absl::StatusOr<Report> report = Replay(*changed, kAcme, {});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->differences, 1u);
  EXPECT_EQ(report->first_differences.front().what, "the state after it is another");
}

TEST_F(ReplayTest, ARoutingDecisionThatThePolicyDoesNotMakeIsFound) {
  auto changed = Changed(store_, [](LogEntry& entry) {
    for (Event& event : entry.events) {
      auto* offered = std::get_if<event::Offered>(&event);
      if (offered == nullptr) continue;
      offered->technician.value = offered->technician.value == "ann" ? "bob" : "ann";
      return true;
    }
    return false;
  });
  absl::StatusOr<Report> report = Replay(*changed, kAcme, {});
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_GE(report->differences, 1u);
  EXPECT_TRUE(absl::StrContains(report->first_differences.front().what, "routing decides otherwise"));
}

TEST_F(ReplayTest, RecordsThatDifferAreNamed) {
  const std::string key = store::NumberKey(3);
  Put(store::Family::kHistory, key, *store_.Get(kAcme, store::Family::kHistory, key) + "\x08\x01");
  Put(store::Family::kHistory, store::NumberKey(4000), "x");
  store::Token token = *store_.Acquire(kAcme);
  store_.CommitAsync({{.at = token, .dels = {{store::Family::kTimeline, store::PairKey(2, 14)}}}}, [](const auto&) {});
  std::string gone;
  ASSERT_TRUE(store_
                  .Scan(kAcme, {store::Family::kTimeline, "", ""},
                        [&](std::string_view first, std::string_view) {
                          gone = first;
                          return false;
                        })
                  .ok());
  store_.CommitAsync({{.at = token, .dels = {{store::Family::kTimeline, gone}}}}, [](const auto&) {});
  const Report report = Verify();
  std::string all;
  for (const Difference& difference : report.first_differences) absl::StrAppend(&all, difference.what, "\n");
  EXPECT_TRUE(absl::StrContains(all, "record history 3 is not what the events make of it")) << all;
  EXPECT_TRUE(absl::StrContains(all, "record history 4000 is there, though no event made it")) << all;
  EXPECT_TRUE(absl::StrContains(all, "record timeline 1 at ")) << all;
  EXPECT_TRUE(absl::StrContains(all, " is missing")) << all;
}

TEST_F(ReplayTest, WhenAKeyWasUsedIsNotOfTheLog) {
  ApiKey key = *store::DecodeApiKey(*store_.Get(kAcme, store::Family::kOrgs, "k/administrator"));
  key.last_used = kMorning;
  Put(store::Family::kOrgs, "k/administrator", store::EncodeApiKey(key));
  EXPECT_EQ(Verify().differences, 0u);
}

TEST_F(ReplayTest, TrimmedLogNeedsACopyToBeginWith) {
  // The same day again, up to a moment: what a checkpoint would hold.
  store::ModelStore early;
  {
    Recorder recorder(early);
    Found(recorder);
    for (int i = 0; i < 5; ++i) ASSERT_NO_FATAL_FAILURE(Serve(recorder, i));
  }
  const uint64_t at = early.Log(kAcme)->last;
  ASSERT_TRUE(store_.Trim(kAcme, at).ok());
  const absl::StatusOr<Report> alone = Replay(store_, kAcme, {});
  EXPECT_EQ(alone.status().code(), absl::StatusCode::kFailedPrecondition) << alone.status();
  EXPECT_TRUE(absl::StrContains(alone.status().message(), "begin with a checkpoint"));
  const absl::StatusOr<Report> report = Replay(store_, kAcme, {.from = &early, .compare_records = true});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->differences, 0u) << report->first_differences.front().what;
  EXPECT_EQ(report->state, state_);
  EXPECT_EQ(report->after.value, at);
  ASSERT_TRUE(store_.Trim(kAcme, at + 1).ok());
  EXPECT_EQ(Replay(store_, kAcme, {.from = &early}).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ReplayTest, AnOrganizationWithoutEventsIsRefused) {
  EXPECT_EQ(Replay(store_, store::OrgKey{"other"}, {}).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ReplayTest, TheSamePolicyChangesNothing) {
  const absl::StatusOr<WhatIf> result = RunWhatIf(store_, kAcme, nullptr, [](Channel&) {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_GE(result->decisions, 15u);
  EXPECT_EQ(result->changed, 0u);
  EXPECT_EQ(result->modelled, 0u);
  EXPECT_EQ(result->recorded.all.started, 12u);
  EXPECT_EQ(result->instead.all.started, 12u);
  EXPECT_EQ(result->instead.all.mean, result->recorded.all.mean);
  EXPECT_EQ(result->instead.busy, result->recorded.busy);
  EXPECT_EQ(result->instead.sessions, result->recorded.sessions);
  EXPECT_EQ(result->recorded.fairness, result->instead.fairness);
  EXPECT_GT(result->recorded.fairness, 0.5);
}

TEST_F(ReplayTest, WithoutRoutingNobodyIsServed) {
  const absl::StatusOr<WhatIf> result =
      RunWhatIf(store_, kAcme, nullptr, [](Channel& channel) { channel.routing.mode = RoutingMode::kManual; });
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->changed, result->decisions);
  EXPECT_EQ(result->modelled, 12u);
  EXPECT_EQ(result->recorded.all.started, 12u);
  EXPECT_EQ(result->instead.all.started, 0u);
  EXPECT_EQ(result->first_changed.front().recorded.substr(0, 11), "offered to ");
  EXPECT_EQ(result->first_changed.front().instead, "");
}

TEST_F(ReplayTest, MoreAfterWorkMeansLongerWaits) {
  const absl::StatusOr<WhatIf> result =
      RunWhatIf(store_, kAcme, nullptr, [](Channel& channel) { channel.routing.wrap_up = minutes(4); });
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_GT(result->changed, 0u);
  EXPECT_GT(result->modelled, 0u);
  EXPECT_GT(result->instead.all.mean, result->recorded.all.mean);
  EXPECT_GT(result->instead.all.started, 5u);
}

// A log that an earlier build wrote folds to the state that it had: on disk nothing may change its meaning.
TEST_F(ReplayTest, GoldenLogGivesItsState) {
  const std::string folder = std::getenv("GUICHET_GOLDENS");
  const std::string log_path = folder + "/day.log", state_path = folder + "/day.state";
  if (std::getenv("UPDATE_GOLDENS") != nullptr) {
    std::ofstream log(log_path, std::ios::binary);
    ASSERT_TRUE(store_
                    .ReadEvents(kAcme, 0, SIZE_MAX,
                                [&](uint64_t, std::string_view bytes) {
                                  log << store::NumberKey(bytes.size()) << bytes;
                                  return true;
                                })
                    .ok());
    std::ofstream(state_path) << state_ << "\n";
  }
  store::ModelStore golden;
  store::Token token = *golden.Acquire(kAcme);
  std::ifstream log(log_path, std::ios::binary);
  std::string size(8, '\0');
  while (log.read(size.data(), 8)) {
    uint64_t bytes = 0;
    ASSERT_TRUE(store::ParseNumberKey(size, &bytes));
    std::string event(bytes, '\0');
    ASSERT_TRUE(log.read(event.data(), static_cast<std::streamsize>(bytes)));
    golden.CommitAsync({{.at = token, .events = {event}}}, [](const auto&) {});
    ++token.seq;
  }
  std::string state;
  std::ifstream(state_path) >> state;
  const absl::StatusOr<Report> report = Replay(golden, kAcme, {});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_GT(report->decisions, 10u);
  EXPECT_EQ(report->differences, 0u) << report->first_differences.front().what;
  EXPECT_EQ(report->state, state);
}

}  // namespace
}  // namespace guichet::replay

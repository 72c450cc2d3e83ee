// Names, labels and values of the page, and the snapshot provider.
#include "metrics/metrics.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <latch>
#include <limits>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/metrics/test_options.h"

namespace guichet::metrics {
namespace {

// The value of the sample `series`, written as in the page; "absent" without one.
std::string Value(const std::string& text, const std::string& series) {
  for (const auto& line : absl::StrSplit(text, '\n')) {
    if (absl::StartsWith(line, absl::StrCat(series, " "))) return std::string(line.substr(series.size() + 1));
  }
  return "absent";
}

// The page with "*" for the values that the kernel decides.
std::string Masked(const std::string& text) {
  std::string out;
  for (const auto& line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (absl::StartsWith(line, "process_")) {
      absl::StrAppend(&out, line.substr(0, line.rfind(' ')), " *\n");
    } else {
      absl::StrAppend(&out, line, "\n");
    }
  }
  return out;
}

TEST(MetricsTest, FreshPageIsTheGolden) {
  Metrics metrics(TestOptions());
  metrics.SetSnapshotProvider([] { return Snapshot{}; });
  const std::string page = Masked(metrics.Text());
  if (std::getenv("UPDATE_GOLDENS") != nullptr) std::ofstream(GUICHET_METRICS_GOLDEN) << page;
  std::ifstream in(GUICHET_METRICS_GOLDEN);
  std::stringstream golden;
  golden << in.rdbuf();
  EXPECT_EQ(page, golden.str()) << "if meant, rewrite it with UPDATE_GOLDENS=1";
}

TEST(MetricsTest, ReadmeNamesEveryMetric) {
  std::ifstream in(GUICHET_METRICS_README);
  std::stringstream readme;
  readme << in.rdbuf();
  Metrics metrics(TestOptions());
  metrics.SetSnapshotProvider([] { return Snapshot{}; });
  for (const auto& line : absl::StrSplit(metrics.Text(), '\n')) {
    if (!absl::StartsWith(line, "# TYPE ")) continue;
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    const std::string row = absl::StrCat("\n| `", words[2], "` | ", words[3], " | ");
    EXPECT_TRUE(absl::StrContains(readme.str(), row)) << row;
  }
}

TEST(MetricsTest, EveryChildExistsAtZero) {
  Metrics metrics(TestOptions());
  metrics.SetSnapshotProvider([] { return Snapshot{}; });
  const std::string text = metrics.Text();
  for (const std::string row : {"A01", "A02", "X24"}) {
    EXPECT_EQ(Value(text, absl::StrCat("guichet_transitions_total{row=\"", row, "\"}")), "0");
  }
  for (const std::string reason : {"unknown", "expired", "throttled"}) {
    EXPECT_EQ(Value(text, absl::StrCat("guichet_codes_refused_total{reason=\"", reason, "\"}")), "0");
  }
  for (const std::string cause : {"membership", "expired"}) {
    EXPECT_EQ(Value(text, absl::StrCat("guichet_watch_resets_total{cause=\"", cause, "\"}")), "0");
  }
  for (const std::string_view state : kEntryStates) {
    const std::string label(state);
    EXPECT_EQ(Value(text, absl::StrCat("guichet_entries{state=\"", label, "\"}")), "0");
    EXPECT_EQ(Value(text, absl::StrCat("guichet_entry_state_seconds_count{state=\"", label, "\"}")), "0");
  }
  for (const std::string code :
       {"OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied",
        "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Internal", "Unavailable", "Unauthenticated"}) {
    for (const std::string method :
         {"grpc_method=\"StartSession\",grpc_service=\"guichet.v1.SessionService\",grpc_type=\"unary\"",
          "grpc_method=\"Watch\",grpc_service=\"guichet.v1.QueueService\",grpc_type=\"server_stream\"",
          "grpc_method=\"other\",grpc_service=\"other\",grpc_type=\"unary\""}) {
      EXPECT_EQ(Value(text, absl::StrCat("grpc_server_handled_total{grpc_code=\"", code, "\",", method, "}")), "0") << method;
    }
  }
}

TEST(MetricsTest, RpcCountsCallsMessagesAndCodes) {
  Metrics metrics(TestOptions());
  RpcMetrics& rpc = metrics.Rpc(0);
  rpc.Started();
  rpc.Started();
  rpc.MessageReceived();
  rpc.MessageSent();
  rpc.Handled(5, 0.003);
  rpc.Handled(15, -1);  // the clock went back
  const std::string text = metrics.Text();
  const std::string labels = "grpc_method=\"StartSession\",grpc_service=\"guichet.v1.SessionService\",grpc_type=\"unary\"";
  EXPECT_EQ(Value(text, "grpc_server_started_total{" + labels + "}"), "2");
  EXPECT_EQ(Value(text, "grpc_server_msg_received_total{" + labels + "}"), "1");
  EXPECT_EQ(Value(text, "grpc_server_msg_sent_total{" + labels + "}"), "1");
  EXPECT_EQ(Value(text, "grpc_server_handled_total{grpc_code=\"NotFound\"," + labels + "}"), "1");
  EXPECT_EQ(Value(text, "grpc_server_handled_total{grpc_code=\"DataLoss\"," + labels + "}"), "1");
  EXPECT_EQ(Value(text, "grpc_server_handling_seconds_count{" + labels + "}"), "2");
  EXPECT_EQ(Value(text, "grpc_server_handling_seconds_sum{" + labels + "}"), "0.003");
}

TEST(MetricsTest, TimeOfAStreamIsNotObserved) {
  Metrics metrics(TestOptions());
  metrics.Rpc(1).Handled(1, 86400);
  const std::string text = metrics.Text();
  const std::string labels = "grpc_method=\"Watch\",grpc_service=\"guichet.v1.QueueService\",grpc_type=\"server_stream\"";
  EXPECT_EQ(Value(text, "grpc_server_handled_total{grpc_code=\"Canceled\"," + labels + "}"), "1");
  EXPECT_EQ(Value(text, "grpc_server_handling_seconds_count{" + labels + "}"), "absent");
}

TEST(MetricsTest, UnknownMethodsAndCodesFallTogether) {
  Metrics metrics(TestOptions());
  EXPECT_EQ(&metrics.Rpc(3), &metrics.Rpc(std::numeric_limits<size_t>::max()));
  metrics.Rpc(3).Handled(12, 0);
  metrics.Rpc(3).Handled(17, 0);
  metrics.Rpc(3).Handled(-1, 0);
  const std::string text = metrics.Text();
  const std::string labels = "grpc_method=\"other\",grpc_service=\"other\",grpc_type=\"unary\"";
  EXPECT_EQ(Value(text, "grpc_server_handled_total{grpc_code=\"Unimplemented\"," + labels + "}"), "1");
  EXPECT_EQ(Value(text, "grpc_server_handled_total{grpc_code=\"Unknown\"," + labels + "}"), "2");
}

TEST(MetricsTest, EachMethodCountsInItsOwnFamily) {
  Metrics metrics(TestOptions());
  metrics.Transition(2);
  metrics.Event(1);
  metrics.SessionCreated(1);
  metrics.SessionEnded(0);
  metrics.CodeRefused(CodeRefusal::kThrottled);
  metrics.CommandRefused(1);
  metrics.WatchReset(WatchResetCause::kExpired);
  metrics.SlowWatcherClosed();
  metrics.InvariantViolated();
  metrics.TimerFired(1, 0.02);
  metrics.EntryLeftState(0, 15);
  metrics.SessionStarted(61);
  metrics.WaitEstimateCame(false, 12);
  metrics.WaitEstimateRefused();
  metrics.BatchCommitted(3, 0.002);
  metrics.CommandDone(0.004);
  const std::string text = metrics.Text();
  for (const std::string series : {"guichet_transitions_total{row=\"X24\"}",
                                   "guichet_events_total{trigger=\"start\"}",
                                   "guichet_sessions_created_total{method=\"channel_form\"}",
                                   "guichet_sessions_ended_total{outcome=\"closed_by_customer\"}",
                                   "guichet_codes_refused_total{reason=\"throttled\"}",
                                   "guichet_commands_refused_total{reason=\"queue_full\"}",
                                   "guichet_watch_resets_total{cause=\"expired\"}",
                                   "guichet_slow_watchers_closed_total",
                                   "guichet_invariant_violations_total",
                                   "guichet_timers_fired_total{timer=\"hold\"}",
                                   "guichet_timer_lateness_seconds_count",
                                   "guichet_entry_state_seconds_count{state=\"connecting\"}",
                                   "guichet_entry_state_seconds_bucket{state=\"connecting\",le=\"15\"}",
                                   "guichet_time_to_start_seconds_count",
                                   "guichet_wait_estimates_total{outcome=\"beyond_p90\"}",
                                   "guichet_wait_estimates_refused_total",
                                   "guichet_wait_estimate_error_seconds_bucket{le=\"15\"}",
                                   "guichet_commit_batch_commands_bucket{le=\"4\"}",
                                   "guichet_commit_sync_seconds_count",
                                   "guichet_command_seconds_count"}) {
    EXPECT_EQ(Value(text, series), "1") << series;
  }
  EXPECT_EQ(Value(text, "guichet_entry_state_seconds_bucket{state=\"connecting\",le=\"5\"}"), "0");
  EXPECT_EQ(Value(text, "guichet_commit_batch_commands_bucket{le=\"2\"}"), "0");
  EXPECT_EQ(Value(text, "guichet_timer_lateness_seconds_sum"), "0.02");
}

TEST(MetricsTest, NoCountIsLostBetweenThreads) {
  Metrics metrics(TestOptions());
  std::atomic<bool> done{false};
  std::thread scraper([&] {
    while (!done) metrics.Text();
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) {
        metrics.Transition(0);
        metrics.CommandDone(0.001);
        metrics.Rpc(0).Handled(15, 0.001);  // the child that is created on demand
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  done = true;
  scraper.join();
  const std::string text = metrics.Text();
  EXPECT_EQ(Value(text, "guichet_transitions_total{row=\"A01\"}"), "4000");
  EXPECT_EQ(Value(text, "guichet_command_seconds_count"), "4000");
  EXPECT_EQ(Value(text,
                  "grpc_server_handled_total{grpc_code=\"DataLoss\",grpc_method=\"StartSession\","
                  "grpc_service=\"guichet.v1.SessionService\",grpc_type=\"unary\"}"),
            "4000");
}

TEST(MetricsDeathTest, IndexOutsideItsListEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Metrics metrics(TestOptions());
  EXPECT_DEATH(metrics.Transition(3), "index 3 outside a label of 3 values");
}

TEST(SnapshotTest, EveryFieldReachesThePage) {
  Snapshot s;
  for (size_t i = 0; i < s.entries.size(); ++i) s.entries[i] = 100 + i;
  for (size_t i = 0; i < s.technicians.size(); ++i) s.technicians[i] = 200 + i;
  for (size_t i = 0; i < s.codes_live.size(); ++i) s.codes_live[i] = 300 + i;
  s.organizations = 1;
  s.sessions_live = 2;
  s.queue_waiting = 3;
  s.queue_private_waiting = 4;
  s.oldest_waiting_timestamp_seconds = 1700000000.25;
  s.attached_devices = 5;
  s.attached_consoles = 6;
  s.watchers = 7;
  s.position_streams = 15;
  s.attached_agents = 16;
  s.computers = 17;
  s.deliveries = {18, 19};
  s.watcher_lag_revisions_max = 8;
  s.command_queue_depth = 9;
  s.command_queue_capacity = 10;
  s.armed_deadlines = 11;
  s.deadline_overdue_seconds = 1.5;
  s.store_disk_bytes = 12;
  s.store_memtable_bytes = 13;
  s.store_free_disk_bytes = 14;
  s.store_write_stopped = true;
  s.store_failed = true;
  s.store_stall_seconds_total = 2.5;
  s.connections_refused_total = 20;
  s.tls_certificate_expiry_timestamp_seconds = 1800000000;
  Metrics metrics(TestOptions());
  metrics.SetSnapshotProvider([s] { return s; });
  const std::string text = metrics.Text();

  EXPECT_EQ(Value(text, "guichet_entries{state=\"connecting\"}"), "100");
  EXPECT_EQ(Value(text, "guichet_entries{state=\"closed\"}"), "112");
  EXPECT_EQ(Value(text, "guichet_technicians{status=\"online\"}"), "200");
  EXPECT_EQ(Value(text, "guichet_technicians{status=\"offline\"}"), "203");
  EXPECT_EQ(Value(text, "guichet_codes_live{kind=\"pin\"}"), "300");
  EXPECT_EQ(Value(text, "guichet_codes_live{kind=\"link\"}"), "301");
  EXPECT_EQ(std::stod(Value(text, "guichet_oldest_waiting_timestamp_seconds")), 1700000000.25);
  EXPECT_EQ(std::stod(Value(text, "guichet_tls_certificate_expiry_timestamp_seconds")), 1800000000);
  const std::vector<std::pair<std::string, std::string>> scalars = {{"organizations", "1"},
                                                                    {"sessions_live", "2"},
                                                                    {"queue_waiting", "3"},
                                                                    {"queue_private_waiting", "4"},
                                                                    {"attached_devices", "5"},
                                                                    {"attached_consoles", "6"},
                                                                    {"watchers", "7"},
                                                                    {"position_streams", "15"},
                                                                    {"attached_agents", "16"},
                                                                    {"computers", "17"},
                                                                    {"deliveries{state=\"waiting\"}", "18"},
                                                                    {"deliveries{state=\"retrying\"}", "19"},
                                                                    {"watcher_lag_revisions_max", "8"},
                                                                    {"command_queue_depth", "9"},
                                                                    {"command_queue_capacity", "10"},
                                                                    {"armed_deadlines", "11"},
                                                                    {"deadline_overdue_seconds", "1.5"},
                                                                    {"store_disk_bytes", "12"},
                                                                    {"store_memtable_bytes", "13"},
                                                                    {"store_free_disk_bytes", "14"},
                                                                    {"store_write_stopped", "1"},
                                                                    {"store_failed", "1"},
                                                                    {"store_stall_seconds_total", "2.5"},
                                                                    {"connections_refused_total", "20"}};
  for (const auto& [name, value] : scalars) EXPECT_EQ(Value(text, "guichet_" + name), value) << name;
}

TEST(SnapshotTest, OldestWaitingHasNoSampleWhenNoneWaits) {
  Metrics metrics(TestOptions());
  metrics.SetSnapshotProvider([] { return Snapshot{}; });
  EXPECT_EQ(Value(metrics.Text(), "guichet_oldest_waiting_timestamp_seconds"), "absent");
}

TEST(SnapshotTest, CertificateExpiryHasNoSampleWithoutTls) {
  Metrics metrics(TestOptions());
  metrics.SetSnapshotProvider([] { return Snapshot{}; });
  EXPECT_EQ(Value(metrics.Text(), "guichet_tls_certificate_expiry_timestamp_seconds"), "absent");
}

TEST(SnapshotTest, EachScrapeAsksTheProvider) {
  Metrics metrics(TestOptions());
  uint64_t calls = 0;
  metrics.SetSnapshotProvider([&] { return Snapshot{.watchers = ++calls}; });
  EXPECT_EQ(Value(metrics.Text(), "guichet_watchers"), "1");
  EXPECT_EQ(Value(metrics.Text(), "guichet_watchers"), "2");
}

TEST(SnapshotTest, WithoutAProviderItsFamiliesAreAbsent) {
  Metrics metrics(TestOptions());
  EXPECT_EQ(Value(metrics.Text(), "guichet_watchers"), "absent");
  metrics.SetSnapshotProvider([] { return Snapshot{}; });
  EXPECT_EQ(Value(metrics.Text(), "guichet_watchers"), "0");
  metrics.SetSnapshotProvider(nullptr);
  const std::string text = metrics.Text();
  EXPECT_EQ(Value(text, "guichet_watchers"), "absent");
  EXPECT_EQ(Value(text, "guichet_invariant_violations_total"), "0");
}

TEST(SnapshotTest, ClearingWaitsForARunningProvider) {
  Metrics metrics(TestOptions());
  std::latch entered(1);
  std::latch clearing(1);
  std::atomic<bool> returned{false};
  metrics.SetSnapshotProvider([&] {
    entered.count_down();
    clearing.wait();
    returned = true;
    return Snapshot{};
  });
  std::thread scraper([&] { metrics.Text(); });
  entered.wait();
  std::thread releaser([&] { clearing.count_down(); });
  metrics.SetSnapshotProvider(nullptr);
  EXPECT_TRUE(returned);
  scraper.join();
  releaser.join();
}

}  // namespace
}  // namespace guichet::metrics

// guichet-demo: plays a support day against a running daemon.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "tools/client/status.h"
#include "tools/ctl/output.h"
#include "tools/ctl/words.h"
#include "tools/demo/casting.h"
#include "tools/demo/scenes.h"

namespace guichet::demo {
namespace {

// How long the longest lane takes at pace 1.
constexpr double kSecondsAtPaceOne = 11;
// Long enough to follow, short enough to watch to the end.
constexpr double kSeconds = 20;

void PrintTimeline(uint64_t session_id, const std::vector<v1::TimelineEvent>& events) {
  std::map<std::string, std::string> states;
  for (const v1::TimelineEvent& event : events) {
    for (const v1::EntryChange& change : event.changes()) {
      if (!change.technician_id().empty()) states[change.technician_id()];
    }
  }
  std::vector<std::string> heading = {"TIME", "TRIGGER", "ACTOR"};
  for (const auto& [technician, state] : states) heading.push_back(technician);
  ctl::Table table(heading);
  for (const v1::TimelineEvent& event : events) {
    for (const v1::EntryChange& change : event.changes()) {
      const bool removed = change.to() == v1::ENTRY_STATE_REMOVED;
      if (!change.technician_id().empty()) states[change.technician_id()] = removed ? "" : ctl::Word(change.to());
    }
    const absl::Duration at = ctl::ToTime(event.time()) - ctl::ToTime(events.front().time());
    std::vector<std::string> row = {absl::StrCat("+", absl::FormatDuration(at)), event.trigger(), event.actor()};
    for (const auto& [technician, state] : states) row.push_back(state);
    table.Add(std::move(row));
  }
  std::cout << "\nTimeline of session " << session_id << ", and what each technician saw:\n\n" << table.Text();
}

// Plays all lanes; returns how many scenes failed.
int Play(Stage& stage, uint64_t seed) {
  const auto lanes = Programme(stage);
  absl::Mutex mutex;
  std::vector<std::string> failures;
  int played = 0;
  std::vector<std::thread> threads;
  for (size_t lane = 0; lane < lanes.size(); ++lane) {
    threads.emplace_back([&, lane] {
      std::mt19937_64 random(seed * 1000 + lane);
      for (const Scene& scene : lanes[lane]) {
        stage.board().Say(absl::StrCat("begins: ", scene.title));
        const absl::Status status = scene.play(stage, random);
        stage.board().Say(absl::StrCat(status.ok() ? "done: " : "FAILED: ", scene.title));
        absl::MutexLock lock(&mutex);
        ++played;
        if (!status.ok()) failures.push_back(absl::StrCat(scene.title, ": ", ctl::ErrorText(status)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  stage.board().Close();
  std::cout << "\n" << played - failures.size() << " of " << played << " scenes ended as intended (seed " << seed << ")\n";
  for (const std::string& failure : failures) std::cerr << "failed: " << failure;
  return static_cast<int>(failures.size());
}

int Fail(const CastOptions& options, const absl::Status& status) {
  if (absl::IsUnavailable(status)) {
    std::cerr << "guichet-demo: no daemon answers at " << options.connection.address << "; start guichetd, or see --address\n";
  }
  std::cerr << ctl::ErrorText(status);
  return status.code() == absl::StatusCode::kInvalidArgument ? ctl::kExitUsage : ctl::ExitCode(status);
}

int Main(int argc, char** argv) {
  CastOptions options;
  uint64_t seed = 1;
  double minutes = kSeconds / 60;
  CLI::App app("Plays a support day against a running daemon, by real clients", "guichet-demo");
  app.add_option("--address", options.connection.address, "Daemon to call")->envname("GUICHET_ADDRESS")->capture_default_str();
  app.add_option("--tls-ca", options.connection.tls_ca, "PEM root certificates; without them the connection is plaintext");
  app.add_option("--tls-certificate", options.connection.tls_certificate,
                 "PEM chain, for a daemon that asks clients for a certificate");
  app.add_option("--tls-key", options.connection.tls_key, "PEM private key of the certificate");
  app.add_flag("--insecure", options.connection.insecure, "Allow credentials over plaintext to another machine");
  app.add_option("--technician", options.technicians, "NAME=TOKEN of a technician; at least two, repeated")->required();
  app.add_option("--integrator", options.integrator_token, "Token of an integrator")->required();
  app.add_option("--channel", options.channel_id, "Channel that the first two serve; by default the first such");
  app.add_option("--seed", seed, "Of names and pauses")->capture_default_str();
  app.add_option("--minutes", minutes, "How long the day takes, about; a vanished device takes its group's grace besides")
      ->check(CLI::Range(0.05, 600.0));
  app.footer("Example:\n  guichet-demo --technician ann=$ANN --technician bob=$BOB --integrator $INTEGRATOR");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ctl::kExitOk : ctl::kExitUsage;
  }
  options.pace = minutes * 60 / kSecondsAtPaceOne;
  Board board(isatty(STDOUT_FILENO) != 0);
  auto cast = Cast(options, board);
  if (!cast.ok()) {
    board.Close();
    return Fail(options, cast.status());
  }
  Stage stage(*std::move(cast), board);
  if (stage.options().channel_id.empty())
    board.Say("no channel is served by the first two technicians: its scenes are left out");
  int failed = Play(stage, seed);
  uint64_t session_id = 0;
  const auto events = stage.MostInteresting(&session_id);
  if (events.ok() && !events->empty()) PrintTimeline(session_id, *events);
  if (!events.ok()) return Fail(options, events.status());
  for (const auto& console : stage.options().consoles) {
    const absl::Status status = console->SignOut();
    if (!status.ok()) std::cerr << ctl::ErrorText(status);
    failed += status.ok() ? 0 : 1;
  }
  return failed == 0 ? ctl::kExitOk : ctl::kExitInternal;
}

}  // namespace
}  // namespace guichet::demo

int main(int argc, char** argv) { return guichet::demo::Main(argc, argv); }

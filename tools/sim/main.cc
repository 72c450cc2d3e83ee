// guichet-sim: simulated support days under faults, checked by an independent auditor. Exit 0: everything held; 1: something
// broke, with the seed that shows it; 2: bad flags.
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>

#include <unistd.h>

#include "tools/sim/simulation.h"

namespace {

// "org-1 12 02:10:00.000 start technician:tech-1: what happened"
void Print(const guichet::OrgId& org, const guichet::LogEntry& entry) {
  const int64_t ms = entry.time.time_since_epoch().count() % 86400000;
  std::printf("%s %llu %02d:%02d:%06.3f %s %s:", org.value.c_str(), static_cast<unsigned long long>(entry.revision.value),
              static_cast<int>(ms / 3600000), static_cast<int>(ms / 60000 % 60), static_cast<double>(ms % 60000) / 1000,
              std::string(Name(entry.trigger)).c_str(), entry.actor.c_str());
  for (const guichet::Event& event : entry.events) {
    const guichet::SessionId session = guichet::SessionOf(event);
    std::printf(session ? " [%llu] %s" : " %.0llu%s", static_cast<unsigned long long>(session.value),
                guichet::Describe(event).c_str());
  }
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  guichet::sim::Options options;
  int seeds = 1;
  bool no_faults = false;
  bool log = false;
  CLI::App app("Plays support days against the daemon's own parts, under a virtual clock, and checks everything");
  app.add_option("--seed", options.seed, "First seed; the same seed plays the same days")->capture_default_str();
  app.add_option("--seeds", seeds, "How many seeds, one after the other")->check(CLI::Range(1, 1000000))->capture_default_str();
  app.add_option("--hours", options.hours, "Simulated hours of each")->check(CLI::Range(1, 100000))->capture_default_str();
  app.add_option("--organizations", options.organizations, "Beside each other on one store")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--technicians", options.technicians, "Of each organization")
      ->check(CLI::Range(1, 5000))
      ->capture_default_str();
  app.add_option("--customers", options.customers_per_hour, "Of each organization an hour, at noon")
      ->check(CLI::Range(0.1, 100000.0))
      ->capture_default_str();
  app.add_flag("--no-faults", no_faults, "No crashes, no failing disks, no sleeping machine");
  app.add_flag("--log", log, "Prints every event");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (log) options.seen = Print;
  spdlog::set_level(spdlog::level::off);  // what it would log is in the report
  options.faults = !no_faults;
  const std::filesystem::path root = std::filesystem::temp_directory_path() / ("guichet-sim-" + std::to_string(getpid()));
  options.folder = (root / "store").string();
  int broken = 0;
  std::printf(
      "| seed | hours | events | sessions | requests | sent again | crashes | shown | decided again | rows | hash | seconds "
      "|\n");
  std::printf("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|--:|\n");
  for (int i = 0; i < seeds && broken == 0; ++i, ++options.seed) {
    const auto begin = std::chrono::steady_clock::now();
    const guichet::sim::Report report = guichet::sim::Simulation(options).Run();
    const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::printf("| %llu | %d | %llu | %llu | %llu | %llu | %llu | %llu | %llu | %zu | %016llx | %.1f |\n",
                static_cast<unsigned long long>(options.seed), options.hours, static_cast<unsigned long long>(report.events),
                static_cast<unsigned long long>(report.sessions), static_cast<unsigned long long>(report.requests),
                static_cast<unsigned long long>(report.repeated), static_cast<unsigned long long>(report.crashes),
                static_cast<unsigned long long>(report.shown),
                static_cast<unsigned long long>(report.decisions + report.timers), report.rows,
                static_cast<unsigned long long>(report.hash), took);
    std::fflush(stdout);
    if (report.broken.empty()) continue;
    ++broken;
    std::printf("seed %llu broke after %.4f hours: %s\n", static_cast<unsigned long long>(options.seed),
                std::chrono::duration<double, std::ratio<3600>>(report.at.time_since_epoch() % std::chrono::hours(24)).count(),
                report.broken.c_str());
  }
  std::filesystem::remove_all(root);
  return broken;
}

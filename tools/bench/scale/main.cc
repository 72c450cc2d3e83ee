#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "absl/synchronization/mutex.h"
#include "tools/bench/scale/daemon.h"

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as guichetd
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {  // a connection each
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
  }
  CLI::App app("guichet_bench_scale: what one daemon holds");
  app.require_subcommand(1);
  std::string program = (std::filesystem::path(argv[0]).parent_path() / "../../guichetd").string();
  app.add_option("--guichetd", program, "The daemon")->check(CLI::ExistingFile);
  size_t sessions = 1000000;
  size_t calls = 2000;
  CLI::App& live = *app.add_subcommand("live", "Many live sessions: memory, the time of a change, a start");
  live.add_option("--sessions", sessions, "How many")->check(CLI::Range(2000, 1500000))->capture_default_str();
  live.add_option("--calls", calls, "Changes that are timed")->check(CLI::Range(100, 100000))->capture_default_str();
  size_t devices = 15000;
  int seconds = 60;
  CLI::App& attached = *app.add_subcommand("devices", "Many devices with heartbeats: memory, processor time");
  attached.add_option("--devices", devices, "How many")->check(CLI::Range(10, 50000))->capture_default_str();
  attached.add_option("--seconds", seconds, "How long processor time is measured")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  size_t watchers = 200;
  double rate = 5000;
  int length = 20;
  CLI::App& watched = *app.add_subcommand("watchers", "From a change to the watcher that is told");
  watched.add_option("--watchers", watchers, "How many")->check(CLI::Range(1, 20000))->capture_default_str();
  watched.add_option("--rate", rate, "Changes a second")->check(CLI::Range(1, 100000))->capture_default_str();
  watched.add_option("--seconds", length, "How long")->check(CLI::Range(1, 600))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (live.parsed()) guichet::bench::BenchLive(program, sessions, calls);
  if (attached.parsed()) guichet::bench::BenchDevices(program, devices, seconds);
  if (watched.parsed()) guichet::bench::BenchWatchers(program, watchers, rate, length);
}

// guichet_bench_compare: what a durable transition of a session costs in Guichet, and in what else a team might build on,
// measured in one run with one driver. README.md says what exactly is compared.
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "tools/bench/compare/contestants.h"
#include "tools/bench/compare/guichet.h"

namespace guichet::bench {
namespace {

constexpr long kTmpfs = 0x01021994;

// Names in tables.
constexpr const char* kGuichet = "Guichet";
constexpr const char* kTold = "Guichet, devices told";
constexpr const char* kEcho = "echo";
constexpr const char* kPostgres = "PostgreSQL";
constexpr const char* kEtcd = "etcd";
constexpr const char* kDisk = "disk";

struct Flags {
  int rounds = 5;
  double seconds = 4;
  double warm_up = 1;
  std::string folder = "/tmp";
  std::string guichetd;
  std::string postgres = "/usr/lib/postgresql/15/bin";
  std::string etcd = "/usr/bin/etcd";
  std::vector<std::string> without;
  std::string data;

  bool has(const std::string& name) const { return std::find(without.begin(), without.end(), name) == without.end(); }
};

// A folder of this run, gone with it.
class Folder {
 public:
  explicit Folder(const std::string& parent) {
    std::string name = parent + "/guichet-compare-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) Die("--folder: cannot make a folder in " + parent + "; name one that can be written");
    path_ = name;
    chmod(name.c_str(), 0711);  // PostgreSQL may run as another user
    struct statfs system {};
    if (statfs(name.c_str(), &system) == 0 && static_cast<long>(system.f_type) == kTmpfs) {
      std::filesystem::remove_all(path_);
      Die("--folder: " + parent + " is in memory, where nothing is durable; name a folder on a disk");
    }
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }
  std::string Make(const std::string& name) const {
    const std::string path = path_ + "/" + name;
    std::filesystem::create_directory(path);
    return path;
  }

 private:
  std::string path_;
};

double OwnCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Entrant {
  std::string name;
  Contestant* contestant = nullptr;  // not owned
  const Process* server = nullptr;   // not owned; none: no processor time is measured
};

// What each round measured, by row and contestant.
struct Sample {
  Measured measured;
  double server_us = 0;  // processor time a transition
  double driver_us = 0;
};
using Row = std::map<std::string, std::vector<Sample>>;

class Comparison {
 public:
  explicit Comparison(const Flags& flags) : flags_(flags) {}

  void Take(Row& row, const Entrant& entrant, size_t in_flight) {
    const auto duration = [](double seconds) {
      return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    };
    entrant.contestant->Prepare(in_flight);
    const double server = entrant.server == nullptr ? 0 : entrant.server->CpuSeconds();
    const double driver = OwnCpuSeconds();
    Sample sample;
    sample.measured = Measure(
        *entrant.contestant, {.in_flight = in_flight, .warm_up = duration(flags_.warm_up), .length = duration(flags_.seconds)});
    // Processor time is of the warm-up too, which does the same.
    const double transitions = sample.measured.per_second * (flags_.seconds + flags_.warm_up);
    if (entrant.server != nullptr) sample.server_us = (entrant.server->CpuSeconds() - server) / transitions * 1e6;
    sample.driver_us = (OwnCpuSeconds() - driver) / transitions * 1e6;
    row[entrant.name].push_back(sample);
    std::fprintf(stderr, "  %-22s %4zu in flight %9.0f/s  median %8.0f us\n", entrant.name.c_str(), in_flight,
                 sample.measured.per_second, sample.measured.median_us);
  }

 private:
  const Flags& flags_;
};

template <class Get>
std::vector<double> Each(const std::vector<Sample>& samples, Get get) {
  std::vector<double> values;
  for (const Sample& sample : samples) values.push_back(get(sample));
  return values;
}
double PerSecond(const Sample& sample) { return sample.measured.per_second; }
double MedianUs(const Sample& sample) { return sample.measured.median_us; }

// "1.23 (1.10-1.31)": Guichet by the other, round by round.
struct Ratio {
  double median = 0;
  std::string text = "-";
};
Ratio RatioOf(const Row& row, const std::string& ours, const std::string& other) {
  if (!row.contains(other)) return {};
  std::vector<double> ratios;
  for (size_t i = 0; i < row.at(ours).size(); ++i) ratios.push_back(PerSecond(row.at(ours)[i]) / PerSecond(row.at(other)[i]));
  const double median = Median(ratios);
  return {median, absl::StrFormat("%.2f (%.2f-%.2f)", median, *std::min_element(ratios.begin(), ratios.end()),
                                  *std::max_element(ratios.begin(), ratios.end()))};
}

std::string Cell(const Row& row, const std::string& name, double (*get)(const Sample&)) {
  return row.contains(name) ? absl::StrFormat("%.0f", Median(Each(row.at(name), get))) : "-";
}

struct Target {
  std::string other;
  double at_least = 0;
};
std::string Verdict(const Row& row, const std::vector<Target>& targets, std::string* met) {
  std::string text;
  for (const Target& target : targets) {
    const Ratio ratio = RatioOf(row, kGuichet, target.other);
    absl::StrAppend(&text, text.empty() ? "" : ", ", absl::StrFormat("%g x %s", target.at_least, target.other));
    absl::StrAppend(met, met->empty() ? "" : ", ", ratio.text == "-" ? "-" : ratio.median >= target.at_least ? "yes" : "no");
  }
  return text;
}

struct Rows {
  std::map<size_t, Row> unary;  // by transitions in flight
  Row stream;
};

void PrintThroughput(const Rows& rows) {
  std::printf(
      "| transitions a second, in flight | Guichet | echo | PostgreSQL | etcd | Guichet/echo | Guichet/PostgreSQL | "
      "Guichet/etcd | "
      "target | met |\n|---|--:|--:|--:|--:|--:|--:|--:|---|---|\n");
  const auto line = [](const std::string& name, const Row& row, const std::vector<Target>& targets) {
    std::string met;
    const std::string wanted = Verdict(row, targets, &met);
    std::printf("| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", name.c_str(), Cell(row, kGuichet, PerSecond).c_str(),
                Cell(row, kEcho, PerSecond).c_str(), Cell(row, kPostgres, PerSecond).c_str(),
                Cell(row, kEtcd, PerSecond).c_str(), RatioOf(row, kGuichet, kEcho).text.c_str(),
                RatioOf(row, kGuichet, kPostgres).text.c_str(), RatioOf(row, kGuichet, kEtcd).text.c_str(), wanted.c_str(),
                met.c_str());
  };
  line("unary, 1", rows.unary.at(1), {});
  line("unary, 64", rows.unary.at(64), {{kEcho, 0.85}, {kPostgres, 2.5}, {kEtcd, 4}});
  line("unary, 256", rows.unary.at(256), {{kEcho, 0.85}});
  line("command stream, 256 over 4", rows.stream, {{kEcho, 0.7}});
  const Row& row = rows.unary.at(64);
  std::printf("\nAt 64 with each session's device attached, and told of each change: %s a second.\n",
              Cell(row, kTold, PerSecond).c_str());
}

void PrintLatency(const Rows& rows) {
  const Row& one = rows.unary.at(1);
  const auto median = [&](const std::string& name) { return Median(Each(one.at(name), MedianUs)); };
  const double limit = median(kEcho) + 1.5 * median(kDisk);
  std::printf("\n| microseconds, median (99 %%) | Guichet | echo | PostgreSQL | etcd |\n|---|--:|--:|--:|--:|\n");
  for (const auto& [in_flight, row] : rows.unary) {
    std::printf("| unary, %zu |", in_flight);
    for (const char* name : {kGuichet, kEcho, kPostgres, kEtcd}) {
      if (!row.contains(name)) {
        std::printf(" - |");
        continue;
      }
      std::printf(" %.0f (%.0f) |", Median(Each(row.at(name), MedianUs)),
                  Median(Each(row.at(name), [](const Sample& sample) { return sample.measured.p99_us; })));
    }
    std::printf("\n");
  }
  std::printf(
      "\nA write of the same bytes and fdatasync: median %.0f us (99 %%: %.0f). One at a time, the target is a median of at "
      "most\n"
      "echo + 1.5 x fdatasync = %.0f us; Guichet's is %.0f us: %s.\n",
      median(kDisk), Median(Each(one.at(kDisk), [](const Sample& sample) { return sample.measured.p99_us; })), limit,
      median(kGuichet), median(kGuichet) <= limit ? "met" : "not met");
}

void PrintCpu(const Rows& rows) {
  std::printf("\n| processor time a transition, microseconds | Guichet | echo | PostgreSQL | etcd |\n|---|--:|--:|--:|--:|\n");
  const auto line = [](const std::string& name, const Row& row, double (*get)(const Sample&)) {
    std::printf("| %s | %s | %s | %s | %s |\n", name.c_str(), Cell(row, kGuichet, get).c_str(), Cell(row, kEcho, get).c_str(),
                Cell(row, kPostgres, get).c_str(), Cell(row, kEtcd, get).c_str());
  };
  const auto server = [](const Sample& sample) { return sample.server_us; };
  const auto driver = [](const Sample& sample) { return sample.driver_us; };
  line("unary, 64: server", rows.unary.at(64), server);
  line("unary, 64: driver", rows.unary.at(64), driver);
  line("command stream: server", rows.stream, server);
  line("command stream: driver", rows.stream, driver);
}

// For compare.gp: medians with the least and most of the rounds.
void WriteData(const Rows& rows, const std::string& path) {
  std::string text = "# row, then median, least and most transitions a second of Guichet, echo, PostgreSQL, etcd\n";
  const auto line = [&](const std::string& name, const Row& row) {
    absl::StrAppend(&text, "\"", name, "\"");
    for (const char* contestant : {kGuichet, kEcho, kPostgres, kEtcd}) {
      if (!row.contains(contestant)) {
        absl::StrAppend(&text, " ? ? ?");
        continue;
      }
      const std::vector<double> values = Each(row.at(contestant), PerSecond);
      absl::StrAppendFormat(&text, " %.0f %.0f %.0f", Median(values), *std::min_element(values.begin(), values.end()),
                            *std::max_element(values.begin(), values.end()));
    }
    absl::StrAppend(&text, "\n");
  };
  for (const auto& [in_flight, row] : rows.unary) line(absl::StrCat("unary, ", in_flight), row);
  line("stream, 256", rows.stream);
  WriteFile(path, text);
}

int Compare(const Flags& flags, const std::string& self) {
  const Folder folder(flags.folder);
  std::fprintf(stderr, "setting up %zu sessions of %zu technicians in %s, which stays only after an error\n", kSessions,
               kTechnicians, folder.path().c_str());
  Guichet guichet(folder.Make("guichet"), flags.guichetd);
  const Sizes& sizes = guichet.sizes();

  const std::string echo_folder = folder.Make("echo");
  WriteFile(echo_folder + "/answer", guichet.answer());
  Process echo_server({.command = {self, "empty-server", echo_folder + "/answer"}, .log = echo_folder + "/log"});
  Turns echo_turns;
  RequestIds echo_ids(2);
  // Metadata of the same length.
  const ServiceOptions echo_service{.address = "127.0.0.1:" + echo_server.WaitFor("serving on port "),
                                    .token = std::string(guichet.Service().token.size(), 'x'),
                                    .turns = &echo_turns,
                                    .ids = &echo_ids,
                                    .empty = true};
  const auto guichet_unary = MakeUnaryService(guichet.Service());
  const auto guichet_stream = MakeStreamService(guichet.Service());
  const auto echo_unary = MakeUnaryService(echo_service);
  const auto echo_stream = MakeStreamService(echo_service);
  const auto disk = MakeDisk(folder.Make("disk"), sizes.commit);
  Database postgres, etcd;
  std::vector<Entrant> entrants = {{kGuichet, guichet_unary.get(), &guichet.process()},
                                   {kEcho, echo_unary.get(), &echo_server}};
  if (flags.has("postgres")) {
    postgres = MakePostgres({.folder = folder.Make("postgres"), .programs = flags.postgres, .sizes = sizes});
    entrants.push_back({kPostgres, postgres.contestant.get(), postgres.process.get()});
  }
  if (flags.has("etcd")) {
    etcd = MakeEtcd({.folder = folder.Make("etcd"), .programs = flags.etcd, .sizes = sizes});
    entrants.push_back({kEtcd, etcd.contestant.get(), etcd.process.get()});
  }

  ServiceOptions attached = guichet.Service();
  attached.prepare = [&] { guichet.AttachDevices(); };
  const auto guichet_told = MakeUnaryService(attached);
  Comparison comparison(flags);
  Rows rows;
  for (int round = 0; round < flags.rounds; ++round) {
    std::fprintf(stderr, "round %d of %d\n", round + 1, flags.rounds);
    // Each begins a round in turn: what one leaves behind meets another.
    std::rotate(entrants.begin(), entrants.begin() + (round == 0 ? 0 : 1), entrants.end());
    for (const size_t in_flight : {size_t{1}, size_t{64}, size_t{256}}) {
      for (const Entrant& entrant : entrants) comparison.Take(rows.unary[in_flight], entrant, in_flight);
      if (in_flight == 1) comparison.Take(rows.unary[1], {kDisk, disk.get(), nullptr}, 1);
    }
    comparison.Take(rows.unary[64], {kTold, guichet_told.get(), &guichet.process()}, 64);
    guichet.DropDevices();
    comparison.Take(rows.stream, {kGuichet, guichet_stream.get(), &guichet.process()}, 256);
    comparison.Take(rows.stream, {kEcho, echo_stream.get(), &echo_server}, 256);
  }

  std::printf(
      "%ld processors; %d rounds of %g s after %g s of warm-up; medians of the rounds, least and most of the ratios in "
      "brackets.\n"
      "A transition writes %zu bytes: session %zu, event %zu, timeline %zu, kept answer %zu, and their keys. An answer has "
      "%zu.\n\n",
      sysconf(_SC_NPROCESSORS_ONLN), flags.rounds, flags.seconds, flags.warm_up, sizes.commit, sizes.session, sizes.event,
      sizes.timeline, sizes.request, guichet.answer().size());
  PrintThroughput(rows);
  PrintLatency(rows);
  PrintCpu(rows);
  if (!flags.data.empty()) WriteData(rows, flags.data);
  return 0;
}

int Main(int argc, char** argv) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  Flags flags;
  flags.guichetd = std::filesystem::path(self).parent_path() / "../../guichetd";
  std::string answer;
  CLI::App app("guichet_bench_compare: durable transitions of Guichet, an empty gRPC server, PostgreSQL and etcd");
  app.add_option("--rounds", flags.rounds, "Each contestant is measured so often")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--seconds", flags.seconds, "Length of a measurement")->check(CLI::Range(0.1, 20.0))->capture_default_str();
  app.add_option("--warm-up", flags.warm_up, "Seconds before it that are not counted")
      ->check(CLI::Range(0.0, 10.0))
      ->capture_default_str();
  app.add_option("--folder", flags.folder, "A temporary folder is made in it; on the disk that is compared")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  app.add_option("--guichetd", flags.guichetd, "The daemon")->check(CLI::ExistingFile);
  app.add_option("--postgres", flags.postgres, "Folder of initdb and postgres")->capture_default_str();
  app.add_option("--etcd", flags.etcd, "Program of etcd")->capture_default_str();
  app.add_option("--without", flags.without, "Leave out postgres, etcd or both")->check(CLI::IsMember({"postgres", "etcd"}));
  app.add_option("--data", flags.data, "File for the medians, for compare.gp");
  auto* server = app.add_subcommand("empty-server", "Serve the empty SessionService; for the program itself");
  server->add_option("answer", answer, "File with a serialized HoldSessionResponse")->required()->check(CLI::ExistingFile);
  CLI11_PARSE(app, argc, argv);
  if (server->parsed()) return ServeEmpty(ReadFile(answer));
  if (flags.has("postgres") && access((flags.postgres + "/initdb").c_str(), X_OK) != 0) {
    Die("--postgres: " + flags.postgres + " has no initdb; install postgresql-15, or give --without postgres");
  }
  if (flags.has("etcd") && access(flags.etcd.c_str(), X_OK) != 0) {
    Die("--etcd: " + flags.etcd + " is no program; install etcd-server, or give --without etcd");
  }
  return Compare(flags, self);
}

}  // namespace
}  // namespace guichet::bench

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as guichetd: for the empty server and the driver
  return guichet::bench::Main(argc, argv);
}

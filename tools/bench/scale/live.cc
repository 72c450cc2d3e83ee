// Many live sessions: their memory, the time of a change among them, a start with all of them.
#include <chrono>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "tools/bench/scale/daemon.h"

namespace guichet::bench {
namespace {

constexpr size_t kFew = 1000;
constexpr size_t kOfTechnician = 1000;

struct Live {
  uint64_t session;
  size_t technician;
};

class Population {
 public:
  explicit Population(const Daemon& daemon) : daemon_(daemon) {}

  // Until there are so many.
  void Grow(size_t to) {
    const size_t first = live_.size();
    live_.resize(to);
    RunCommands(
        daemon_, to - first, 0,
        [&](size_t i) {
          pb::ExecuteCommandsRequest request;
          pb::CreateSessionRequest& create = *request.mutable_create();
          create.set_request_id(absl::StrCat("live-", first + i));
          create.set_technician_id(absl::StrCat("t", (first + i) / kOfTechnician));
          create.set_method(pb::METHOD_LINK);
          create.set_name(absl::StrCat("Customer ", first + i));
          return request;
        },
        [&](size_t i, const pb::CommandEffect& effect) {
          live_[first + i] = {effect.session_id(), (first + i) / kOfTechnician};
        });
  }
  // Microseconds of changes, one at a time.
  std::vector<double> Change(size_t calls) {
    const auto client = daemon_.As(daemon_.integrator());
    std::mt19937_64 random(calls);
    std::vector<double> took;
    for (size_t i = 0; i < calls; ++i) {
      const Live& live = live_[random() % live_.size()];
      pb::UpdateSessionRequest request;
      request.mutable_target()->set_session_id(live.session);
      request.mutable_target()->set_technician_id(absl::StrCat("t", live.technician));
      request.mutable_session()->set_tracking_id(absl::StrCat(i));
      pb::UpdateSessionResponse response;
      const auto begin = std::chrono::steady_clock::now();
      Must(client->Mutate(&request, &response), "UpdateSession");
      took.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
    }
    return took;
  }

 private:
  const Daemon& daemon_;
  std::vector<Live> live_;
};

}  // namespace

void BenchLive(const std::string& program, size_t sessions, size_t calls) {
  Daemon daemon(program, (sessions + kOfTechnician - 1) / kOfTechnician);
  Population population(daemon);
  population.Grow(kFew);
  (void)population.Change(calls / 4);  // warm
  std::vector<double> few = population.Change(calls);
  const size_t before = daemon.resident();
  const auto begin = std::chrono::steady_clock::now();
  population.Grow(sessions);
  const double filled = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const size_t after = daemon.resident();
  std::vector<double> many = population.Change(calls);
  const double start = daemon.Restart();
  const size_t restarted = daemon.resident();
  absl::PrintF("| live sessions | bytes each | a change, median us | 99 %% us | start, s |\n|--:|--:|--:|--:|--:|\n");
  absl::PrintF("| %d | | %.0f | %.0f | |\n", kFew, At(few, 0.5), At(few, 0.99));
  absl::PrintF("| %d | %d | %.0f | %.0f | %.1f |\n", sessions, (after - before) / (sessions - kFew), At(many, 0.5),
               At(many, 0.99), start);
  absl::PrintF(
      "\nmedian %.2f times; made at %.0f a second; after the start %d bytes each, the daemon and its caches included\n",
      At(many, 0.5) / At(few, 0.5), static_cast<double>(sessions - kFew) / filled, restarted / sessions);
}

}  // namespace guichet::bench

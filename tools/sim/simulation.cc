#include "tools/sim/simulation.h"

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"
#include "google/protobuf/wrappers.pb.h"
#include "replay/replay.h"
#include "replay/what_if.h"
#include "router/convert.h"
#include "router/errors.h"
#include "router/secrets.h"
#include "statemachine/refusal.h"
#include "tools/sim/day.h"

namespace guichet::sim {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr size_t kRing = 256;  // entries: few, so that slow watchers fall behind it
constexpr Duration kHeartbeat = seconds(5);
constexpr Duration kSettle = hours(1);

}  // namespace

struct Simulation::Call {
  OrgId org;
  TechnicianId technician;
  Command command;
  std::string id;
  Answer answered;
  bool done = false;
};

Simulation::Simulation(const Options& options)
    : options_(options),
      chance_(options.seed),
      auditor_(Day::Limits(), options.seen),
      disk_(std::make_unique<Disk>(options.folder)) {
  for (int i = 0; i < options_.organizations; ++i) {
    const OrgId org{absl::StrCat("org-", i + 1)};
    auto& watchers = watchers_[org];
    for (const Duration pace : {Duration{0}, Duration{seconds(1)}, Duration{minutes(2)}, Duration{hours(2)}}) {
      watchers.push_back(std::make_unique<Watcher>(org, pace));
    }
  }
  day_ = std::make_unique<Day>(*this);
}

Simulation::~Simulation() = default;

Report Simulation::Run() {
  Open();
  if (!auditor_.broken().empty()) return Report{.broken = auditor_.broken(), .at = clock_.truth};
  const Time end = clock_.truth + hours(options_.hours);
  day_->Begin();
  if (options_.faults) PlanFaults();
  std::function<void()> beat = [&] {
    Heartbeats();
    Connect();
    After(kHeartbeat, beat);
  };
  After(kHeartbeat, beat);
  std::function<void()> settle = [&] {
    Settle();
    After(kSettle, settle);
  };
  After(kSettle, settle);
  while (auditor_.broken().empty()) {
    const Time next = NextInstant();
    if (next > end) break;
    clock_.truth = std::max(clock_.truth, next);
    while (!agenda_.empty() && agenda_.begin()->first.first <= clock_.truth) {
      const auto what = std::move(agenda_.begin()->second);
      agenda_.erase(agenda_.begin());
      what();
    }
    Work();
  }
  if (auditor_.broken().empty() && node_ == nullptr) Open();
  if (auditor_.broken().empty()) Settle();
  if (auditor_.broken().empty() && node_ == nullptr) Open();  // it has not survived that
  if (auditor_.broken().empty()) auditor_.Recovered(node_->store(), true);
  if (auditor_.broken().empty()) ReplayAll();
  report_.broken = auditor_.broken();
  report_.at = clock_.truth;
  report_.hash = auditor_.hash();
  report_.events = auditor_.events();
  report_.sessions = auditor_.sessions();
  report_.requests = requests_;
  report_.rows = auditor_.rows_reached();
  return report_;
}

// The log alone gives the same states, decisions and records again.
void Simulation::ReplayAll() {
  for (const OrgId& org : auditor_.orgs()) {
    const absl::StatusOr<replay::Report> again =
        replay::Replay(node_->store(), store::OrgKey{org.value}, {.compare_records = true});
    if (!again.ok()) return auditor_.Broken(absl::StrCat("no replay of ", org.value, ": ", again.status().ToString()));
    report_.decisions += again->decisions;
    report_.timers += again->timers;
    if (options_.what_if) {
      const absl::StatusOr<replay::WhatIf> same =
          replay::RunWhatIf(node_->store(), store::OrgKey{org.value}, nullptr, [](Channel&) {});
      if (!same.ok()) return auditor_.Broken(absl::StrCat("no what-if of ", org.value, ": ", same.status().ToString()));
      if (same->changed != 0) {
        const replay::ChangedDecision& first = same->first_changed.front();
        return auditor_.Broken(absl::StrCat("the same policy decides otherwise ", same->changed, " times: session ",
                                            first.session.value, ": \"", first.recorded, "\", \"", first.instead, "\""));
      }
    }
    if (again->differences == 0) continue;
    const replay::Difference& first = again->first_differences.front();
    return auditor_.Broken(absl::StrCat("the replay of ", org.value, " differs ", again->differences, " times: event ",
                                        first.revision.value, ": ", first.what));
  }
}

Time Simulation::NextInstant() const {
  Time next = Time::max();
  if (!agenda_.empty()) next = agenda_.begin()->first.first;
  if (node_ != nullptr && !stalled_) next = std::min(next, std::max(clock_.truth, node_->shard().next_due() - clock_.off));
  return next;
}

void Simulation::After(Duration delay, std::function<void()> what) {
  agenda_.emplace(std::pair(clock_.truth + delay, ++planned_), std::move(what));
}

void Simulation::AfterHere(Duration delay, std::function<void()> what) {
  After(delay, [this, life = life_, what = std::move(what)] {
    if (life == life_ && node_ != nullptr) what();
  });
}

const Fold& Simulation::Screen(const OrgId& org) const { return watchers_.at(org)[0]->fold(); }

std::shared_ptr<Wire> Simulation::MakeWire() {
  auto wire = std::make_shared<Wire>(now());
  wires_.push_back(wire);
  return wire;
}

void Simulation::Heartbeats() {
  std::erase_if(wires_, [&](const std::weak_ptr<Wire>& weak) {
    const std::shared_ptr<Wire> wire = weak.lock();
    if (wire == nullptr || !wire->alive) return true;
    wire->Seen(now());
    return false;
  });
}

// --- the daemon

void Simulation::Open() {
  ++life_;
  node_ = std::make_unique<Node>(clock_, kRing);
  const absl::Status opened = node_->Open(*disk_, [this](const store::Commit& commit, store::CommitResult result) {
    if (result != store::CommitResult::kOk) return;
    for (size_t i = 0; i < commit.events.size(); ++i) {
      auditor_.Durable(OrgId{commit.at.org.value}, commit.at.seq + i + 1, commit.events[i]);
    }
  });
  if (!opened.ok()) {
    node_.reset();
    return auditor_.Broken(absl::StrCat("the daemon does not start: ", opened.ToString()));
  }
  auditor_.Recovered(node_->store(), false);
  day_->Connected();
}

// The process is gone at this instant, and perhaps the machine with it.
void Simulation::Crash() {
  ++report_.crashes;
  disk_->files().Freeze();
  for (const auto& [org, watchers] : watchers_) {
    for (const auto& watcher : watchers) watcher->Connect(nullptr);
  }
  for (const std::weak_ptr<Wire>& weak : wires_) {
    if (const std::shared_ptr<Wire> wire = weak.lock()) wire->alive = false;
  }
  wires_.clear();
  arrived_.clear();
  node_.reset();
  stalled_ = false;
  ++life_;
  // kill -9 leaves all that was written; a power cut what was synced, and perhaps a part of the rest.
  const bool power_cut = chance_.OneIn(2);
  const uint64_t torn = chance_.Next();
  disk_ = std::make_unique<Disk>(*disk_, [&](const std::string&, uint64_t synced, uint64_t written) {
    if (!power_cut) return written;
    return written > synced ? synced + torn % (written - synced + 1) : synced;
  });
  After(chance_.Between(seconds(1), chance_.OneIn(4) ? Duration{minutes(10)} : Duration{seconds(20)}), [this] {
    // While it was away its clock may have been set.
    if (chance_.OneIn(3)) clock_.off += chance_.Between(-seconds(30), seconds(30));
    Open();
  });
}

// What the loop of a shard, the store's thread and the publisher do, in an order that chance decides.
void Simulation::Work() {
  while (node_ != nullptr && auditor_.broken().empty()) {
    bool worked = false;
    const int first = chance_.Below(3);
    for (int i = 0; i < 3 && !node_->dead(); ++i) {
      switch ((first + i) % 3) {
        case 0:
          worked |= node_->shard().RunOnce();
          break;
        case 1:
          if (!stalled_) worked |= node_->store().Pump();
          break;
        default:
          while (node_->shard().PublishOnce()) worked = true;
      }
      if (!stalled_) Watch();
    }
    if (node_->dead()) return Crash();
    for (const auto& arrived : std::exchange(arrived_, {})) arrived();
    if (!worked) return;
  }
}

// Those that are not connected, as far as their organizations are there.
void Simulation::Connect() {
  Submit([this](router::Turn& turn) {
    for (const auto& [id, rt] : turn.orgs()) {
      for (const auto& watcher : watchers_[id]) {
        if (!watcher->connected()) watcher->Connect(rt->feed);
      }
    }
  });
}

void Simulation::Watch() {
  for (const auto& [org, watchers] : watchers_) {
    for (const auto& watcher : watchers) report_.shown += watcher->Read(node_->store(), now(), auditor_);
  }
}

// Everything under way comes to its end, and then state, model and every watcher must agree.
void Simulation::Settle() {
  if (node_ == nullptr) return;
  stalled_ = false;
  Work();
  if (node_ == nullptr || !auditor_.broken().empty()) return;
  for (const auto& [org, watchers] : watchers_) {
    for (const auto& watcher : watchers) {
      if (!watcher->connected()) continue;
      report_.shown += watcher->CatchUp(node_->store(), auditor_);
      const Fold* fold = auditor_.FoldOf(org);
      if (fold != nullptr && !(*fold == watcher->fold())) {
        auditor_.Broken(absl::StrCat("a watcher of ", org.value, " sees something else than the log says"));
      }
    }
  }
  Submit([this](router::Turn& turn) {
    for (const auto& [id, rt] : turn.orgs()) auditor_.Quiet(*rt, turn.now());
  });
  day_->Audit(auditor_);
  Work();
  if (node_ == nullptr) return;
  const std::string page = node_->metrics().Text();
  if (page.find("guichet_invariant_violations_total 0\n") == std::string::npos)
    auditor_.Broken("the daemon counts a violation");
}

// --- faults

void Simulation::PlanFaults() {
  After(chance_.Between(minutes(20), hours(4)), [this] {
    if (node_ != nullptr) Fault();
    PlanFaults();
  });
}

void Simulation::Fault() {
  switch (chance_.Below(8)) {
    case 0:
      return Crash();
    case 1:
    case 2:
      return disk_->files().FreezeAtLogWrite(1 + chance_.Next() % 40);
    case 3:
      return disk_->files().FailLogSyncs(true);
    case 4:
      return disk_->files().Fill(true);
    case 5:  // the disk hangs
      stalled_ = true;
      return AfterHere(chance_.Between(seconds(1), seconds(90)), [this] { stalled_ = false; });
    case 6: {  // the machine sleeps, or is stopped: nothing happens, and then it is late
      const Time wake = clock_.truth + chance_.Between(seconds(5), hours(1));
      clock_.truth = wake;
      clock_.paused = clock_.wall();
      return;
    }
    default:
      for (const auto& [org, watchers] : watchers_) {
        watchers[1 + static_cast<size_t>(chance_.Below(3))]->Stop(now() + chance_.Between(minutes(1), hours(6)));
      }
  }
}

// --- the network

void Simulation::Submit(router::Shard::Work work) {
  if (node_ != nullptr) (void)node_->shard().Submit(std::move(work));
}

void Simulation::Request(const OrgId& org, const TechnicianId& technician, Command command, Answer answered) {
  auto call = std::make_shared<Call>();
  call->org = org;
  call->technician = technician;
  call->command = std::move(command);
  call->id = absl::StrCat("request-", ++requests_);
  call->answered = std::move(answered);
  Send(call);
}

void Simulation::Send(const std::shared_ptr<Call>& call) {
  if (call->done) return;
  if (!chance_.OneIn(50)) {
    AfterHere(chance_.Between(milliseconds(1), milliseconds(80)), [this, call] { Deliver(call); });
  }
  if (chance_.OneIn(30)) {
    ++report_.repeated;
    AfterHere(chance_.Between(milliseconds(1), seconds(20)), [this, call] { Deliver(call); });
  }
  After(seconds(5), [this, call] {
    if (call->done) return;
    ++report_.repeated;
    Send(call);
  });
}

void Simulation::Deliver(const std::shared_ptr<Call>& call) {
  router::Principal principal;
  principal.role = call->technician ? KeyRole::kTechnician : KeyRole::kAdministrator;
  principal.org = call->org;
  principal.key = KeyId{call->technician ? call->technician.value : "admin"};
  principal.technician = call->technician;
  router::Mutation mutation;
  mutation.org = call->org;
  mutation.principal = principal;
  mutation.actor = principal.actor();
  google::protobuf::StringValue content;
  content.set_value(absl::StrCat(call->command.index(), " ", call->id));
  router::SetRequest(mutation, principal.key.value, "secret", call->id, content);
  auto response = std::make_shared<pb::CreateSessionResponse>();
  router::Mutate(
      node_->gateway(), std::move(mutation), [command = call->command](const Org&) { return command; }, response.get(),
      [response](const router::OrgRuntime& rt, const Step& step) {
        response->set_revision(step.entry.revision.value);
        for (const SessionChange& change : step.entry.sessions) {
          if (change.after->id == step.session) router::ToProto(*change.after, &rt.org, response->mutable_session());
        }
      },
      [this, call, response](const absl::Status& status) {
        arrived_.push_back([this, call, response, status] { Answered(call, status, *response); });
      });
}

// The daemon has answered: that counts, whether or not the answer arrives.
void Simulation::Answered(const std::shared_ptr<Call>& call, const absl::Status& status,
                          const pb::CreateSessionResponse& response) {
  const std::string reason(RefusalOf(status).reason);
  if (!status.ok()) ++report_.refusals[reason.empty() ? status.ToString() : reason];
  if (status.code() == absl::StatusCode::kInternal || status.code() == absl::StatusCode::kUnknown) {
    auditor_.Broken(absl::StrCat("request ", call->id, " was answered with ", status.ToString()));
  }
  if (reason == "REQUEST_ID_REUSED") auditor_.Broken(absl::StrCat("request ", call->id, " counts as another one"));
  const bool again = reason == "OVERLOADED" || reason == "DRAINING";
  if (status.ok()) {
    auditor_.Answered(call->org, call->id, Revision{response.revision()}, response.SerializeAsString());
  }
  if (again || chance_.OneIn(50)) return;  // lost on the way back, or to be tried again
  AfterHere(chance_.Between(milliseconds(1), milliseconds(80)), [call, status, response] {
    if (call->done) return;
    call->done = true;
    if (call->answered) call->answered(status, response);
  });
}

}  // namespace guichet::sim

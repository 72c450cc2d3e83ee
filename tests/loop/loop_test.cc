// The daemon's threads without gRPC: shards, the store's writer and publishers, with callers, watchers, reads of the log,
// scrapes and a clock all at once. Most useful under ThreadSanitizer (tests/tsan), which sees every access from here on.
#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "router/methods.h"
#include "router/shard.h"
#include "router/workers.h"
#include "store/rocksdb_store.h"
#include "tests/store/store_testing.h"
#include "tools/sim/fold.h"

namespace guichet::router {
namespace {

using std::chrono::milliseconds;

constexpr int kShards = 2;
constexpr int kOrgs = 4;
constexpr int kTechnicians = 4;  // of each organization; each is a thread
constexpr int kRounds = 25;      // sessions of each technician
constexpr size_t kRing = 64;     // entries; a watcher that sleeps reads the rest from the store

OrgId OrgOf(int org) { return OrgId{absl::StrCat("org-", org)}; }
TechnicianId NameOf(int technician) { return TechnicianId{absl::StrCat("tech-", technician)}; }
const ChannelId kHelp{"help"};

struct Answer {
  absl::Status status;
  SessionId session;
  Revision revision;
};

// An applet or a console that is always there.
class Wire : public Attachment {
 public:
  explicit Wire(Clock& clock) : Attachment(clock.Now()) {}
  void OnCustomer(CustomerUpdate update) override { told_ += update.session != nullptr; }
  void OnTechnician(TechnicianInfo info) override { told_ += info.technician.id.value.empty() ? 0 : 1; }
  void Close(absl::Status) override { closed_ = true; }

 private:
  std::atomic<int> told_ = 0;
  std::atomic<bool> closed_ = false;
};

class Loop : public testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<store::Store>> opened =
        store::OpenRocksDbStore({.folder = temp_.Path("db"), .memory_budget_bytes = size_t{16} << 20});
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
    for (int i = 0; i < kShards; ++i) {
      shards_.push_back(std::make_unique<Shard>(ShardParts{*store_, clock_, metrics_, directory_, codes_, agents_,
                                                           [](const OrgId&, const KeyId&) {},
                                                           [](const OrgId&, const TechnicianId&, const absl::Status&) {},
                                                           [](const std::string& why) { ADD_FAILURE() << why; }, kRing}));
      shards_.back()->Start();
    }
    for (int org = 0; org < kOrgs; ++org) Found(org);
  }

  void TearDown() override {
    for (const auto& shard : shards_) shard->Stop();
  }

  Shard& ShardOf(int org) { return *shards_[org % kShards]; }

  // Waits until the effect is durable.
  Answer Ask(int org, Command command, const std::string& actor) {
    absl::Notification done;
    Answer answer;
    const absl::Status submitted = ShardOf(org).Submit([&](Turn& turn) {
      absl::StatusOr<Step> step = turn.Apply(*turn.Find(OrgOf(org)), command, actor);
      answer.status = step.status();
      if (step.ok()) {
        answer.session = step->session;
        answer.revision = step->entry.revision;
      }
      turn.AfterDurable([&] { done.Notify(); });
    });
    if (!submitted.ok()) return {submitted, {}, {}};
    done.WaitForNotification();
    return answer;
  }

  void Found(int org) {
    absl::Notification done;
    ASSERT_TRUE(ShardOf(org)
                    .Submit([&](Turn& turn) {
                      command::CreateOrg create;
                      create.org = OrgOf(org);
                      create.first_key = {KeyId{"first"}, KeyRole::kAdministrator, {}, "hash", clock_.Now()};
                      EXPECT_TRUE(turn.CreateOrg(create, "operator:").ok());
                      feeds_.push_back(turn.Find(create.org)->feed);
                      turn.AfterDurable([&] { done.Notify(); });
                    })
                    .ok());
    done.WaitForNotification();
    command::PutGroup group{.group = {.id = GroupId{"all"}}, .create = true};
    ASSERT_TRUE(Ask(org, group, "administrator:first").status.ok());
    command::CreateTechnicians technicians;
    for (int i = 0; i < kTechnicians; ++i)
      technicians.technicians.push_back({NameOf(i), {.display_name = "T", .group = {"all"}}});
    ASSERT_TRUE(Ask(org, technicians, "administrator:first").status.ok());
    command::PutChannel channel{.channel = {.id = kHelp, .groups = {GroupId{"all"}}}, .create = true};
    ASSERT_TRUE(Ask(org, channel, "administrator:first").status.ok());
  }

  // What a technician does, and his customers: half of them are his, for half of them he competes.
  void Work(int org, int technician) {
    const TechnicianId self = NameOf(technician);
    const std::string actor = absl::StrCat("technician:", self.value);
    const auto wire = std::make_shared<Wire>(clock_);
    ASSERT_TRUE(ShardOf(org)
                    .Submit([=](Turn& turn) {
                      OrgRuntime& rt = *turn.Find(OrgOf(org));
                      EXPECT_TRUE(turn.Apply(rt, command::AttachConsole{self, "desk"}, actor).ok());
                      turn.AttachConsole(rt, self, wire);
                    })
                    .ok());
    for (int round = 0; round < kRounds; ++round) {
      const Answer created = Ask(org, round % 2 == 0 ? Private(self) : FromForm(), actor);
      ASSERT_TRUE(created.status.ok()) << created.status;
      accepted_ += Customer(org, technician, created, round % 2 == 0);
      const command::Target target{created.session, self, {}};
      for (const Command& command : std::initializer_list<Command>{
               command::Start{target}, command::Hold{target}, command::Start{target},
               command::AddNote{target, "The drum is worn."},
               command::TransferTo{target, {.technician = NameOf((technician + 1) % kTechnicians)}, ""},
               command::CancelTransfer{target}, command::End{target}}) {
        const Answer answer = Ask(org, command, actor);
        accepted_ += answer.status.ok();
        EXPECT_TRUE(!answer.status.ok() || IsDurable(org, answer.revision));
      }
    }
  }

  command::CreateSession Private(const TechnicianId& owner) {
    command::CreateSession create;
    create.owner = owner;
    create.code_key = codes_.TakePin().value();
    return create;
  }
  command::CreateSession FromForm() {
    command::CreateSession create;
    create.method = Method::kChannelForm;
    create.channel = kHelp;
    create.device_token_hash = "hash";
    return create;
  }

  // His applet attaches; a code is found by guessing it right.
  int Customer(int org, int technician, const Answer& created, bool has_code) {
    if (has_code) {
      std::string code;
      ShardOf(org).RunAndWait([&](Turn& turn) {
        const Session* session = FindSession(turn.Find(OrgOf(org))->org, created.session);
        if (session != nullptr) code = session->code_key;
      });
      const Guesser who{absl::StrCat("10.0.", org, ".", technician), "device"};
      const absl::StatusOr<CodeTarget> target = codes_.Try(code, who, false, clock_.Now());
      EXPECT_TRUE(target.ok() || absl::IsNotFound(target.status())) << target.status();
      if (!target.ok()) return 0;  // it has expired
      codes_.Right(code, who, clock_.Now());
      EXPECT_EQ(target->session, created.session);
      if (!Ask(org, command::RedeemCode{created.session, code, "hash", "device", "Debian 12", "en"}, "device").status.ok())
        return 0;
    }
    const auto wire = std::make_shared<Wire>(clock_);
    const absl::Status submitted = ShardOf(org).Submit([this, wire, org, session = created.session](Turn& turn) {
      OrgRuntime& rt = *turn.Find(OrgOf(org));
      turn.AttachDevice(rt, session, wire);
      (void)turn.Apply(rt, command::AttachDevice{session, "Debian 12"}, "device");
      wire->Seen(clock_.Now() + std::chrono::hours(1));  // so that nobody must send heartbeats
    });
    return submitted.ok();
  }

  bool IsDurable(int org, Revision revision) {
    bool found = false;
    const absl::Status read =
        store_->ReadEvents({OrgOf(org).value}, revision.value - 1, 1, [&](uint64_t seq, std::string_view) {
          found = seq == revision.value;
          return true;
        });
    return read.ok() && found;
  }

  const store::TempFolder temp_;
  ManualClock clock_{Time{std::chrono::hours(24 * 365 * 50)}};
  metrics::Metrics metrics_{MakeMetricsOptions("test")};
  Directory directory_{""};
  Codes codes_;
  Agents agents_;
  std::unique_ptr<store::Store> store_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<std::shared_ptr<Feed>> feeds_;  // by organization
  std::atomic<int> accepted_ = 0;
};

// Folds an organization's entries, from the ring while it can and else from the log, as a watch does.
class Watcher : public Listener {
 public:
  Watcher(store::Store& store, Feed& feed, OrgId org) : store_(store), feed_(feed), org_(std::move(org)) {}

  void Poke() override {
    absl::MutexLock lock(&mu_);
    ++pokes_;
    cv_.Signal();
  }
  void Stop() {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
    cv_.Signal();
  }

  // Until it is stopped, and has seen all. One that reads only after many entries falls behind the ring.
  void Run(size_t entries) {
    while (true) {
      bool last;
      {
        absl::MutexLock lock(&mu_);
        while (pokes_ < entries && !stopping_) cv_.Wait(&mu_);
        pokes_ = 0;
        last = stopping_;
      }
      while (Page()) {
      }
      if (last) return;
    }
  }

  const sim::Fold& fold() const { return fold_; }
  size_t from_store() const { return from_store_; }

 private:
  bool Page() {
    const Revision before = fold_.revision();
    std::vector<PublishedPtr> page;
    if (feed_.Read(before, 16, page)) {
      for (const PublishedPtr& published : page) Take(published->entry);
    } else {
      const absl::Status read = store_.ReadEvents({org_.value}, before.value, 16, [&](uint64_t, std::string_view bytes) {
        absl::StatusOr<LogEntry> entry = store::DecodeLogEntry(bytes);
        EXPECT_TRUE(entry.ok()) << entry.status();
        if (entry.ok()) Take(*entry);
        ++from_store_;
        return entry.ok();
      });
      EXPECT_TRUE(read.ok()) << read;
    }
    return fold_.revision() > before;
  }
  void Take(const LogEntry& entry) { EXPECT_EQ(fold_.Apply(entry), "") << org_.value << ", " << entry.revision.value; }

  store::Store& store_;
  Feed& feed_;
  const OrgId org_;
  sim::Fold fold_;
  size_t from_store_ = 0;
  absl::Mutex mu_;
  absl::CondVar cv_;
  size_t pokes_ ABSL_GUARDED_BY(mu_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
};

TEST_F(Loop, ManyThreadsSeeOneTruth) {
  std::atomic<bool> over = false;
  std::vector<std::shared_ptr<Watcher>> watchers;
  std::vector<std::thread> watching;
  for (int org = 0; org < kOrgs; ++org) {
    for (const size_t entries : {size_t{1}, 2 * kRing}) {
      watchers.push_back(std::make_shared<Watcher>(*store_, *feeds_[org], OrgOf(org)));
      feeds_[org]->Subscribe(watchers.back());
      watching.emplace_back([watcher = watchers.back(), entries] { watcher->Run(entries); });
    }
  }
  // Time passes much faster than work is done: offers expire, codes die, time-outs end sessions.
  std::thread time([&] {
    while (!over) {
      for (const auto& shard : shards_) shard->RunAndWait([](Turn&) {});
      clock_.Advance(milliseconds(200));
    }
  });
  std::thread scrapes([&] {
    while (!over) {
      for (const auto& shard : shards_) {
        size_t sessions = 0;
        shard->RunAndWait([&](Turn& turn) {
          for (const auto& [id, rt] : turn.orgs()) sessions += rt->org.sessions.size();
        });
        EXPECT_LE(sessions, size_t{kOrgs * kTechnicians * kRounds});
        (void)shard->next_due();
        (void)shard->queue_depth();
      }
      (void)codes_.live_pins();
      EXPECT_FALSE(directory_.Authenticate("gk_org-0_first_secret", clock_.Now()).ok());
      (void)directory_.ListOrgs();
    }
  });
  Workers workers(2, 8);
  std::thread reads([&] {
    for (int i = 0; !over; ++i) {
      absl::Notification read;
      ASSERT_TRUE(workers.Run([&, org = i % kOrgs, revision = Revision{static_cast<uint64_t>(1 + i % 20)}] {
        (void)IsDurable(org, revision);
        read.Notify();
      }));
      read.WaitForNotification();
    }
  });
  std::vector<std::thread> working;
  for (int org = 0; org < kOrgs; ++org) {
    for (int technician = 0; technician < kTechnicians; ++technician) {
      working.emplace_back([this, org, technician] { Work(org, technician); });
    }
  }
  for (std::thread& thread : working) thread.join();
  over = true;
  for (std::thread* thread : {&time, &scrapes, &reads}) thread->join();
  for (const auto& shard : shards_) shard->Stop();  // and all that is durable was published
  for (const auto& watcher : watchers) watcher->Stop();
  for (std::thread& thread : watching) thread.join();

  size_t from_store = 0;
  for (int org = 0; org < kOrgs; ++org) {
    const Watcher& prompt = *watchers[2 * org];
    const Watcher& late = *watchers[2 * org + 1];
    EXPECT_EQ(prompt.fold().revision(), feeds_[org]->last());
    EXPECT_EQ(prompt.fold(), late.fold());
    from_store += late.from_store();
  }
  EXPECT_GT(from_store, 0u) << "nobody fell behind the ring";
  EXPECT_GT(accepted_, kOrgs * kTechnicians * kRounds) << "hardly anything was done";
}

}  // namespace
}  // namespace guichet::router

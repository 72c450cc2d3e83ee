// Nothing is answered or shown before it is durable: loads the real daemon, kills it at any moment, restarts it on the same
// folder and compares it with what it has acknowledged. GUICHET_SEED and GUICHET_ROUNDS override seed and number of crashes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "guichet/v1/admin_service.pb.h"
#include "tests/crash/alarms.h"
#include "tests/crash/daemon_process.h"
#include "tests/crash/driver.h"
#include "tests/crash/pipeline.h"
#include "tests/crash/watcher.h"

namespace guichet::crash {
namespace {

constexpr char kOperator[] = "operator-of-the-crash-test";
constexpr absl::Duration kUp = absl::Seconds(15);  // a restart on a busy machine
constexpr size_t kDrivers = 3;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class CrashTest : public testing::Test {
 protected:
  CrashTest() : seed_(FromEnvironment("GUICHET_SEED", std::random_device{}())), random_(seed_) {
    std::cout << "GUICHET_SEED=" << seed_ << std::endl;
    std::string folder = (std::filesystem::temp_directory_path() / "guichet-crash-XXXXXX").string();
    if (mkdtemp(folder.data()) == nullptr) std::abort();
    folder_ = folder;
    std::ofstream(folder_ / "operator") << kOperator << "\n";
  }
  ~CrashTest() override {
    consoles_.clear();
    for (const auto& watcher : watchers_) watcher->Stop();
    if (technicians_) technicians_->Stop();
    daemon_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  size_t Below(size_t bound) { return std::uniform_int_distribution<size_t>(0, bound - 1)(random_); }

  void Spawn() {
    daemon_.reset();
    daemon_ = std::make_unique<DaemonProcess>(
        DaemonProcess::Options{GUICHETD, (folder_ / "data").string(), (folder_ / "operator").string()});
  }

  void Up() {
    up_since_ = absl::Now();
    Spawn();
    const int port = daemon_->WaitForPort(kUp);
    ASSERT_NE(port, 0) << "the daemon does not come up:\n" << daemon_->log();
    server_.Connect(port);
  }

  template <typename Response, typename Request>
  Response Admin(const Request& request, const std::string& token) {
    absl::Status status;
    Response response = Ask<Response>(server_, token, request, &status);
    EXPECT_TRUE(status.ok()) << status << "\n" << request.ShortDebugString();
    return response;
  }

  std::string Key(const std::string& id, pb::Role role, const std::string& technician) {
    pb::CreateApiKeyRequest request;
    request.mutable_api_key()->set_key_id(id);
    request.mutable_api_key()->set_role(role);
    request.mutable_api_key()->set_technician_id(technician);
    return Admin<pb::CreateApiKeyResponse>(request, administrator_).token();
  }

  void Channel(const std::string& id, const std::vector<std::string>& technicians, const pb::Channel& settings = {}) {
    pb::CreateChannelRequest request;
    *request.mutable_channel() = settings;
    request.mutable_channel()->set_channel_id(id);
    request.mutable_channel()->set_display_name(id);
    for (const std::string& technician : technicians) request.mutable_channel()->add_technician_ids(technician);
    Admin<pb::CreateChannelResponse>(request, administrator_);
  }

  void Found() {
    pb::CreateOrganizationRequest organization;
    organization.mutable_organization()->set_organization_id("acme");
    organization.mutable_organization()->set_display_name("Acme");
    administrator_ = Admin<pb::CreateOrganizationResponse>(organization, kOperator).administrator_token();
    pb::CreateGroupRequest group;
    group.mutable_group()->set_group_id("all");
    group.mutable_group()->set_display_name("All");
    group.mutable_group()->mutable_settings()->mutable_device_lost_grace()->set_seconds(60);
    Admin<pb::CreateGroupResponse>(group, administrator_);
    std::vector<std::string> names = {"pipe", "alarm", "marked"};
    for (size_t i = 0; i < kDrivers; ++i) {
      names.push_back(absl::StrCat("ann", i));
      names.push_back(absl::StrCat("bob", i));
    }
    for (const std::string& name : names) {
      pb::CreateTechnicianRequest request;
      request.mutable_technician()->set_technician_id(name);
      request.mutable_technician()->set_display_name(name);
      request.mutable_technician()->set_group_id("all");
      Admin<pb::CreateTechnicianResponse>(request, administrator_);
      console_keys_[name] = Key(name, pb::ROLE_TECHNICIAN, name);
    }
    integrator_ = Key("integrator", pb::ROLE_INTEGRATOR, "");
    Channel("marks", names);
    pb::Channel connecting;
    connecting.mutable_connecting_timeout()->set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(kAlarmAfter)));
    Channel(kConnectingChannel, {"alarm"}, connecting);
    pb::Channel waiting;
    waiting.mutable_waiting_timeout()->set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(kAlarmAfter)));
    Channel(kWaitingChannel, {"alarm"}, waiting);
    for (size_t i = 0; i < kDrivers; ++i) {
      const std::string ann = absl::StrCat("ann", i), bob = absl::StrCat("bob", i), channel = absl::StrCat("channel", i);
      Channel(channel, {ann, bob});
      drivers_.push_back(
          std::make_unique<Driver>(DriverOptions{absl::StrCat("d", i), integrator_, ann, bob, channel, random_()}));
    }
    pipeline_ = std::make_unique<Pipeline>(integrator_, "pipe");
    alarms_ = std::make_unique<Alarms>(integrator_);
    for (const std::string& name : names) watchers_.push_back(std::make_unique<QueueWatcher>(name, integrator_));
    technicians_ = std::make_unique<TechniciansWatcher>(integrator_);
  }

  // Consoles come back; before that, within the grace, nobody is seen as gone.
  void AttachConsoles(bool were_attached) {
    if (were_attached) {
      const auto listed = Admin<pb::ListTechniciansResponse>(pb::ListTechniciansRequest(), integrator_);
      for (const auto& one : listed.technicians()) {
        EXPECT_TRUE(one.console_attached()) << one.ShortDebugString();
      }
    }
    consoles_.clear();
    for (const auto& [name, token] : console_keys_) {
      auto stream = server_.As(token)->Open(pb::AttachConsoleRequest::default_instance());
      pb::AttachConsoleRequest hello;
      hello.mutable_hello()->set_console_name("desk");
      pb::AttachConsoleResponse welcome;
      ASSERT_TRUE(stream->Write(hello) && stream->Read(&welcome)) << stream->Finish();
      const pb::TechnicianStatus expected =
          name == "marked" && were_attached ? pb::TECHNICIAN_STATUS_AWAY : pb::TECHNICIAN_STATUS_ONLINE;
      EXPECT_EQ(welcome.welcome().technician().status(), expected) << welcome.ShortDebugString();
      consoles_.push_back(std::move(stream));
    }
  }

  void Watch() {
    for (const auto& watcher : watchers_) watcher->Start(server_);
    technicians_->Start(server_);
  }

  // Runs the load until the daemon is killed after a random number of acknowledged commands.
  void LoadAndCrash(bool gracefully) {
    std::vector<std::thread> threads;
    for (const auto& driver : drivers_) threads.emplace_back([&] { driver->Load(server_); });
    threads.emplace_back([&] { pipeline_->Load(server_); });
    threads.emplace_back([&] { alarms_->Load(server_); });
    server_.AwaitAcknowledged(server_.acknowledged() + 50 + static_cast<int64_t>(Below(500)), absl::Seconds(20));
    int exit_code = 0;
    if (gracefully) {
      exit_code = daemon_->Terminate(absl::Seconds(10));
    } else {
      daemon_->Kill();
    }
    server_.EndLoad();
    EXPECT_EQ(exit_code, 0) << "SIGTERM\n" << daemon_->log();
    if (exit_code != 0) daemon_->Kill();
    for (std::thread& thread : threads) thread.join();
    consoles_.clear();
    for (const auto& watcher : watchers_) watcher->Stop();
    technicians_->Stop();
  }

  // Starts that do not get far.
  void CrashInRecovery() {
    for (size_t i = 1 + Below(3); i > 0; --i) {
      Spawn();
      daemon_->WaitForPort(absl::Milliseconds(Below(120)));
      daemon_->Kill();
    }
  }

  // A change that every technician sees. Its revision.
  uint64_t Mark() {
    if (marks_++ % 2 == 0) {
      pb::CreateSessionRequest create;
      create.set_method(pb::METHOD_CHANNEL_FORM);
      create.set_channel_id("marks");
      const auto created = Admin<pb::CreateSessionResponse>(create, integrator_);
      mark_ = created.session().session_id();
      return created.revision();
    }
    pb::EndSessionRequest end;
    end.mutable_target()->set_session_id(mark_);
    return Admin<pb::EndSessionResponse>(end, integrator_).revision();
  }

  // What each watch shows after it was resumed is what a fresh list says.
  void CheckWatches(uint64_t shown_before) {
    EXPECT_GE(Mark(), shown_before) << "something was shown that is not in the log";
    std::vector<std::pair<uint64_t, QueueWatcher::Entries>> lists;
    std::map<uint64_t, std::string> leads;
    for (const auto& watcher : watchers_) {
      pb::ListQueueRequest list;
      list.set_technician_id(watcher->technician());
      list.set_page_size(500);
      const auto listed = Admin<pb::ListQueueResponse>(list, integrator_);
      EXPECT_EQ(listed.next_page_token(), "");
      QueueWatcher::Entries entries;
      for (const pb::QueueEntry& entry : listed.entries()) {
        entries[entry.session().session_id()] = Stable(entry);
        if (entry.state() != pb::ENTRY_STATE_ACTIVE) continue;
        const auto [it, first] = leads.emplace(entry.session().session_id(), watcher->technician());
        EXPECT_TRUE(first) << it->second << " and " << watcher->technician() << " both lead session " << it->first;
      }
      lists.emplace_back(listed.revision(), std::move(entries));
    }
    const uint64_t last = Mark();
    for (size_t i = 0; i < watchers_.size(); ++i) {
      ASSERT_TRUE(watchers_[i]->Await(last, absl::Seconds(10)))
          << watchers_[i]->technician() << " is not told of revision " << last;
      ExpectSame(watchers_[i]->technician(), watchers_[i]->At(lists[i].first), lists[i].second);
    }
  }

  static void ExpectSame(const std::string& technician, const QueueWatcher::Entries& shown,
                         const QueueWatcher::Entries& listed) {
    const auto print = [](const std::string& bytes) {
      pb::QueueEntry entry;
      entry.ParseFromString(bytes);
      return entry.ShortDebugString();
    };
    for (const auto& [session, entry] : listed) {
      const auto it = shown.find(session);
      EXPECT_TRUE(it != shown.end()) << technician << " was never shown session " << session << ": " << print(entry);
      if (it == shown.end()) continue;
      EXPECT_EQ(it->second, entry) << technician << " is shown " << print(it->second) << "\nbut it is " << print(entry);
    }
    for (const auto& [session, entry] : shown) {
      EXPECT_TRUE(listed.contains(session))
          << technician << " is shown session " << session << " that is not there: " << print(entry);
    }
  }

  void CheckTechnicians() {
    constexpr int kTries = 5;  // something else may change while the list is read
    for (int i = 1;; ++i) {
      pb::SetStatusRequest set;
      set.set_technician_id("marked");
      set.set_status(pb::TECHNICIAN_STATUS_AWAY);
      set.set_reason(absl::StrCat("mark ", ++marks_of_technicians_));
      const uint64_t revision = Admin<pb::SetStatusResponse>(set, integrator_).revision();
      ASSERT_TRUE(technicians_->Await(revision, absl::Seconds(10)));
      TechniciansWatcher::Technicians listed;
      const auto list = Admin<pb::ListTechniciansResponse>(pb::ListTechniciansRequest(), integrator_);
      for (const pb::Technician& one : list.technicians()) {
        listed[one.technician_id()] = one.SerializeAsString();
      }
      const TechniciansWatcher::Technicians shown = technicians_->now();
      if (shown == listed) return;
      if (i < kTries) continue;
      EXPECT_EQ(shown, listed);
      return;
    }
  }

  void CheckSessions() {
    pb::ListSessionsRequest request;
    request.set_page_size(500);
    do {
      const auto page = Admin<pb::ListSessionsResponse>(request, integrator_);
      for (const pb::Session& session : page.sessions()) {
        EXPECT_TRUE(session.has_deadline_time()) << "waits for ever: " << session.ShortDebugString();
        std::string leads;
        for (const pb::Participant& participant : session.participants()) {
          if (participant.role() == pb::Participant::ROLE_LEAD) leads += participant.technician_id();
        }
        EXPECT_EQ(leads, session.lead_technician_id()) << session.ShortDebugString();
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
  }

  void CheckPins() {
    std::vector<std::string> codes = pipeline_->LiveCodes();
    for (const auto& driver : drivers_) {
      for (std::string& code : driver->LiveCodes()) codes.push_back(std::move(code));
    }
    EXPECT_EQ(std::set<std::string>(codes.begin(), codes.end()).size(), codes.size()) << "two live sessions have one code";
  }

  void Recover(uint64_t shown_before) {
    AttachConsoles(true);
    if (HasFailure()) return;
    Watch();
    std::vector<std::thread> threads;
    for (const auto& driver : drivers_) threads.emplace_back([&] { driver->Recover(server_); });
    threads.emplace_back([&] { pipeline_->Recover(server_); });
    threads.emplace_back([&] { alarms_->Recover(server_, up_since_); });
    for (std::thread& thread : threads) thread.join();
    CheckPins();
    CheckSessions();
    CheckWatches(shown_before);
    CheckTechnicians();
  }

  const uint64_t seed_;
  std::mt19937_64 random_;
  std::filesystem::path folder_;
  std::unique_ptr<DaemonProcess> daemon_;
  absl::Time up_since_;
  Server server_;
  std::string administrator_;
  std::string integrator_;
  std::map<std::string, std::string> console_keys_;
  std::vector<std::unique_ptr<client::Stream>> consoles_;
  std::vector<std::unique_ptr<Driver>> drivers_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<Alarms> alarms_;
  std::vector<std::unique_ptr<QueueWatcher>> watchers_;
  std::unique_ptr<TechniciansWatcher> technicians_;
  uint64_t marks_ = 0;
  uint64_t mark_ = 0;
  uint64_t marks_of_technicians_ = 0;
};

TEST_F(CrashTest, EverythingAcknowledgedOrShownSurvivesKillNine) {
  const uint64_t rounds = FromEnvironment("GUICHET_ROUNDS", 30);
  Up();
  ASSERT_FALSE(HasFailure());
  Found();
  AttachConsoles(false);
  Watch();
  CheckTechnicians();
  size_t recovery_kills = 0;
  size_t stops = 0;
  for (uint64_t round = 1; round <= rounds && !HasFailure(); ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round, ", GUICHET_SEED=", seed_));
    const bool gracefully = round % 6 == 5;
    LoadAndCrash(gracefully);
    stops += gracefully;
    uint64_t shown = 0;
    for (const auto& watcher : watchers_) shown = std::max(shown, watcher->shown());
    if (round % 4 == 3) {
      CrashInRecovery();
      ++recovery_kills;
    }
    if (round % 3 == 1) alarms_->StayDown();
    Up();
    if (HasFailure()) break;
    Recover(shown);
  }
  size_t repeated = 0;
  for (const auto& driver : drivers_) repeated += driver->repeated();
  std::cout << rounds << " rounds (" << stops << " by SIGTERM, " << recovery_kills << " with kills in recovery), "
            << server_.acknowledged() << " acknowledged, " << repeated << " repeated, " << alarms_->fired() << " timers, "
            << alarms_->overdue() << " of them overdue at a restart" << std::endl;
  EXPECT_GT(alarms_->overdue(), 0u) << "no timer became due while the daemon was down";
  if (HasFailure()) {
    std::cout << daemon_->log();
    return;
  }
  EXPECT_EQ(daemon_->Terminate(absl::Seconds(10)), 0) << daemon_->log();
}

}  // namespace
}  // namespace guichet::crash

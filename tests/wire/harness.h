// A daemon in this process, and its people over real gRPC: operators, administrators, consoles, applets and watchers of queues.
// Everything waits for events with a deadline; nothing waits for time to pass. What fails throws, which fails the test.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "guichet/v1/admin_service.pb.h"
#include "guichet/v1/applet_service.pb.h"
#include "guichet/v1/channel_service.pb.h"
#include "guichet/v1/queue_service.pb.h"
#include "guichet/v1/session_service.pb.h"
#include "guichet/v1/technician_service.pb.h"
#include "router/clock.h"
#include "router/daemon.h"
#include "tests/wire/attached.h"
#include "tools/client/client.h"

namespace guichet::wire {

namespace pb = guichet::v1;

void SetMs(google::protobuf::Duration* out, Duration value);

// One call that must succeed. `Response` follows from `Request` by name only, so it is given.
template <class Response, class Request>
Response Must(const client::Client& client, Request request) {
  Response response;
  if (absl::Status status = client.Mutate(&request, &response); !status.ok()) {
    throw std::runtime_error(request.GetDescriptor()->name() + ": " + status.ToString() + "\n" + request.ShortDebugString());
  }
  return response;
}

// A router::Daemon on a free port with a temporary folder. With manual time its clock stands still until Advance.
class TestDaemon {
 public:
  enum class Time { kManual, kReal };
  explicit TestDaemon(Time time = Time::kManual);
  ~TestDaemon();

  std::string address() const;
  const client::Client& operators() const { return *operator_; }
  std::unique_ptr<client::Client> As(const std::string& token) const;
  void Advance(Duration by) { clock_.Advance(by); }
  router::Daemon& daemon() { return *daemon_; }
  // The value of one time series, labels included, as /metrics shows it.
  double Metric(const std::string& series) const;

 private:
  const std::string folder_;
  router::ManualClock clock_;
  std::unique_ptr<router::Daemon> daemon_;
  std::unique_ptr<client::Client> operator_;
};

// An organization with its credentials. Thread safety: none.
class Organization {
 public:
  Organization(const TestDaemon& daemon, const std::string& id);

  void AddGroup(const std::string& id, const pb::GroupSettings& settings);
  // Makes the technician and a key of his. An administrator gets an administrator's key.
  void AddTechnician(const std::string& id, const std::string& group, bool administrator = false);
  void AddChannel(const std::string& id, const std::string& group);
  // Changes the settings that are set; they apply at once.
  void Set(const std::string& group, const pb::GroupSettings& settings);

  const std::string& id() const { return id_; }
  const client::Client& administrator() const { return *administrator_; }
  const client::Client& integrator() const { return *integrator_; }
  const client::Client& technician(const std::string& id) const { return *technicians_.at(id); }

 private:
  std::unique_ptr<client::Client> AddKey(const std::string& id, pb::Role role, const std::string& technician);

  const TestDaemon& daemon_;
  const std::string id_;
  std::unique_ptr<client::Client> administrator_;
  std::unique_ptr<client::Client> integrator_;
  std::map<std::string, std::unique_ptr<client::Client>> technicians_;
};

// A technician's console, attached once constructed, with heartbeats of its own.
class Console {
 public:
  explicit Console(const client::Client& technician);
  // Blocks until the daemon has taken it in. 0: none.
  void Foreground(uint64_t session);
  // Blocks until the stream has ended.
  absl::Status SignOut();
  void Vanish() { stream_.Vanish(); }
  absl::Status AwaitEnd() { return stream_.AwaitEnd(); }
  bool alive() const { return stream_.alive(); }
  void Beat() { stream_.Beat(); }

 private:
  Attached<pb::AttachConsoleRequest, pb::AttachConsoleResponse> stream_;
};

// The program on a customer's device.
class Applet {
 public:
  // Exchanges a code for the device's token.
  static std::unique_ptr<Applet> Redeem(const TestDaemon& daemon, const std::string& code, const std::string& device);
  // Enters by the form of a channel.
  static std::unique_ptr<Applet> Enter(const TestDaemon& daemon, const std::string& org, const std::string& channel,
                                       const std::string& device);

  uint64_t session() const { return session_; }
  // Attaches, for the first time or again, and blocks for the welcome.
  void Attach();
  void AnswerTerms(bool accepted);
  // The customer closes the applet; blocks until the daemon has told the outcome and ended the stream.
  pb::Outcome End();
  // The device says that it reboots; blocks until the stream has ended.
  void Reboot();
  // Blocks for the order to reboot and the end of the stream.
  void AwaitRebootOrder();
  // Blocks for the end of the session.
  pb::Outcome AwaitEnded();
  void Vanish() { stream_->Vanish(); }
  bool alive() const { return stream_ != nullptr && stream_->alive(); }
  void Beat() { stream_->Beat(); }

 private:
  using Link = Attached<pb::AttachRequest, pb::AttachResponse>;
  Applet(const TestDaemon& daemon, const std::string& token, uint64_t session) : client_(daemon.As(token)), session_(session) {}

  const std::unique_ptr<client::Client> client_;
  const uint64_t session_;
  std::unique_ptr<Link> stream_;
};

// A WatchQueue of one technician's whole queue, folded. Thread safety: all methods may be called from any thread.
class QueueWatcher {
 public:
  using Entries = std::map<uint64_t, pb::QueueEntry>;
  struct View {
    Entries entries;                       // what the stream's messages add up to
    std::vector<pb::QueueChange> changes;  // all, in order
    uint64_t revision = 0;                 // complete up to here
    size_t bookmarks = 0;
  };

  // Returns once the snapshot has come.
  QueueWatcher(const client::Client& client, const std::string& technician);
  ~QueueWatcher();

  // Blocks until `holds` of what was received; throws after kPatience or at the end of the stream. Returns what held.
  View Await(const std::string& what, const std::function<bool(const View&)>& holds);
  View AwaitState(uint64_t session, pb::EntryState state);
  // The change of that session with exactly these states and that row.
  pb::QueueChange AwaitRow(uint64_t session, pb::EntryState from, pb::EntryState to, const std::string& row);

 private:
  void ReadAll();
  void TakeLocked(const pb::WatchQueueResponse& message) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::string TextLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string technician_;
  std::unique_ptr<client::Stream> stream_;
  absl::Mutex mu_;
  absl::CondVar cv_;
  View view_ ABSL_GUARDED_BY(mu_);
  bool complete_ ABSL_GUARDED_BY(mu_) = false;
  std::string broken_ ABSL_GUARDED_BY(mu_);  // a message that breaks the promise of the stream
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mu_);
  std::thread reader_;
};

// The whole queue of a technician by ListQueue, page by page, and the revision of the last page.
std::pair<QueueWatcher::Entries, uint64_t> ListWholeQueue(const client::Client& client, const std::string& technician);

}  // namespace guichet::wire

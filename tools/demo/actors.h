// The people of the play: a customer with a device, and a technician with a console. Both talk real gRPC.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "guichet/v1/applet_service.pb.h"
#include "guichet/v1/channel_service.pb.h"
#include "guichet/v1/queue_service.pb.h"
#include "guichet/v1/session_service.pb.h"
#include "guichet/v1/technician_service.pb.h"
#include "tools/client/attachment.h"
#include "tools/client/client.h"
#include "tools/demo/board.h"

namespace guichet::demo {

// How long anybody waits for what must happen, beyond the daemon's own grace.
inline constexpr absl::Duration kPatience = absl::Seconds(10);

// A customer with one device in one session. Used from one thread.
class Customer {
 public:
  // `client` without a credential; must outlive the customer.
  Customer(const client::Client& client, std::string name) : client_(client), name_(std::move(name)) {}

  absl::Status Redeem(const std::string& code);
  absl::Status Enter(const std::string& organization_id, const std::string& channel_id);
  // Attaches, also again after Vanish; accepts the terms.
  absl::Status Attach();
  // The stream breaks and the heartbeats stop.
  void Vanish() { attachment_.Drop(); }
  // Closes the applet for good and waits until the daemon says that the session is over.
  absl::Status End();
  absl::Status AwaitRebootOrder();
  // Waits for the end of the session, which somebody else brings about.
  absl::Status AwaitEnded();

  uint64_t session_id() const { return session_id_; }
  absl::Duration grace() const { return grace_; }

 private:
  void OnMessage(const v1::AttachResponse& message);

  const client::Client& client_;
  const std::string name_;
  std::string device_token_;
  uint64_t session_id_ = 0;
  absl::Duration grace_;
  std::unique_ptr<client::Client> attach_client_;
  absl::Mutex mutex_;
  bool terms_pending_ ABSL_GUARDED_BY(mutex_) = false;
  bool reboot_ordered_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  client::Attachment<v1::AttachRequest, v1::AttachResponse> attachment_;
};

// A technician at his console, whose queue is watched. The verbs and waits are thread-safe.
class Console {
 public:
  Console(std::unique_ptr<client::Client> client, std::string technician_id, Board& board)
      : client_(std::move(client)), technician_id_(std::move(technician_id)), board_(board) {}
  ~Console();

  // Attaches the console, sets ONLINE, and waits for the first snapshot of the queue.
  absl::Status SignIn();
  // Closes the streams; reports one that ended by itself.
  absl::Status SignOut();

  // Waits until this technician sees the session in `state`; REMOVED also when he has seen it and does not see it any more.
  absl::Status Await(uint64_t session_id, v1::EntryState state, absl::Duration patience = kPatience);

  // One verb of SessionService on a session; `request` needs no target.
  template <typename Response, typename Request>
  absl::Status Do(uint64_t session_id, Request request) {
    request.mutable_target()->set_session_id(session_id);
    Response response;
    return client_->Mutate(&request, &response);
  }
  absl::Status Start(uint64_t id) { return Do<v1::StartSessionResponse>(id, v1::StartSessionRequest()); }
  absl::Status Hold(uint64_t id) { return Do<v1::HoldSessionResponse>(id, v1::HoldSessionRequest()); }
  absl::Status End(uint64_t id) { return Do<v1::EndSessionResponse>(id, v1::EndSessionRequest()); }

  const client::Client& client() const { return *client_; }
  const std::string& technician_id() const { return technician_id_; }
  const std::string& group_id() const { return group_id_; }

 private:
  void WatchQueue();

  const std::unique_ptr<client::Client> client_;
  const std::string technician_id_;
  Board& board_;
  std::string group_id_;
  absl::Mutex mutex_;
  bool snapshot_complete_ ABSL_GUARDED_BY(mutex_) = false;
  bool watch_ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<uint64_t, v1::EntryState> states_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<client::Stream> watch_;
  std::thread watcher_;
  client::Attachment<v1::AttachConsoleRequest, v1::AttachConsoleResponse> attachment_;
};

}  // namespace guichet::demo

// From the daemon's invitations to reports of what became of them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "guichet/v1/delivery_service.pb.h"
#include "tools/client/client.h"
#include "tools/mail/sender.h"

namespace guichet::mail {

// What is sent of an invitation. The id holds nothing secret and is the same for each attempt; it differs between
// organizations, whose sessions have the same numbers, and when the code is another.
Message MessageOf(const v1::WatchDeliveriesResponse& invitation);

// Run and Stop may be called from different threads; each object runs once.
class Deliverer {
 public:
  using Send = std::function<Outcome(const Message&)>;
  struct Backoff {
    // Doubles from `min` to `max` with each failure in a row; what is waited is half to all of it, by chance.
    absl::Duration min = absl::Milliseconds(250);
    absl::Duration max = absl::Seconds(30);
  };

  using Now = std::function<absl::Time()>;

  // `client` must outlive the object. `send` and `now` are called from Run's thread, one message at a time.
  Deliverer(const client::Client& client, Send send, Backoff backoff, Now now = absl::Now);
  Deliverer(const client::Client& client, Send send) : Deliverer(client, std::move(send), Backoff{}) {}

  // Sends each invitation by e-mail that waits or comes, and reports it, until Stop; then OK. One whose code has expired
  // meanwhile is neither sent nor reported. Others are left to other programs. While the server fails, each message waits. A
  // daemon that is away or has no room is called again for ever. Errors: those that trying again does not cure, such as
  // UNAUTHENTICATED, PERMISSION_DENIED and INVALID_ARGUMENT, with the daemon's words.
  absl::Status Run();

  // Ends Run once the message in hand is sent and its report was tried. From any thread, at any time.
  void Stop();

 private:
  // What is final is returned, anything else is OK.
  absl::Status Watch(bool* received);
  absl::Status Deliver(const v1::WatchDeliveriesResponse& invitation);
  absl::Status Report(v1::ReportDeliveryRequest request);
  bool stopped();
  // Waits after the `failures`th failure in a row, or until Stop.
  void Wait(int failures);

  const client::Client& client_;
  const Send send_;
  const Backoff backoff_;
  const Now now_;
  int server_failures_ = 0;  // in a row
  absl::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  client::Stream* stream_ ABSL_GUARDED_BY(mutex_) = nullptr;  // the open one
};

}  // namespace guichet::mail

// Messages between a session's consoles and its applet: typed, bounded, ordered, never stored.
//
// They pass through the session's shard, which knows who takes part, and reach the streams in the order of what is durable: who
// is told that he collaborates can be signalled from then on. A receiver that does not keep up fills its own queue only;
// senders are told OVERLOADED, and a sender that does not read its results is not read from.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "guichet/v1/types.pb.h"
#include "router/limits.h"
#include "statemachine/org.h"

namespace guichet::router {

namespace pb = guichet::v1;

// Bytes of the signals in all queues.
using SignalBytes = std::atomic<size_t>;

// One signal, in the queues of all its receivers. Counts its bytes while it lives.
class SentSignal {
 public:
  SentSignal(SignalBytes& bytes, pb::Signal signal);
  ~SentSignal();
  SentSignal(const SentSignal&) = delete;
  const pb::Signal& signal() const { return signal_; }
  size_t size() const { return size_; }

 private:
  SignalBytes& bytes_;
  const pb::Signal signal_;
  const size_t size_;
};
using SignalPtr = std::shared_ptr<const SentSignal>;

// What waits for one receiver. Thread safety: none; its stream's lock guards it.
class SignalQueue {
 public:
  bool full() const { return signals_.size() >= kSignalsQueued || bytes_ >= kSignalBytesQueued; }
  bool empty() const { return signals_.empty(); }
  void Push(SignalPtr signal);
  SignalPtr Pop();

 private:
  std::deque<SignalPtr> signals_;
  size_t bytes_ = 0;
};

// INVALID_ARGUMENT naming the field. `from_device`: the sender is the applet.
absl::Status CheckSignal(const pb::SignalRequest& request, bool from_device);

// Who sends: a technician, or the applet of the session.
struct SignalSender {
  SessionId session;
  TechnicianId technician;  // empty: the applet
  SessionId external_of;    // of an external technician: the one session that he may know of
};

// To whom it goes as things stand: a technician, or (empty) the applet.
using SignalReceivers = std::vector<TechnicianId>;
// Refuses a sender without the right and a named receiver who does not take part.
absl::StatusOr<SignalReceivers> ReceiversOf(const Org& org, const SignalSender& sender, const pb::SignalRequest& request);

struct OrgRuntime;
class Attachment;
// … who of them is attached. CONSOLE_NOT_ATTACHED or LINK_NOT_ATTACHED for a named one who is not.
absl::StatusOr<std::vector<std::shared_ptr<Attachment>>> AttachedReceivers(const OrgRuntime& rt, const SignalSender& sender,
                                                                           const pb::SignalRequest& request);

void ToProto(const absl::Status& refused, pb::SignalResult* out);

}  // namespace guichet::router

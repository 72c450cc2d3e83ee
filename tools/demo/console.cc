#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tools/ctl/words.h"
#include "tools/demo/actors.h"

namespace guichet::demo {

Console::~Console() { SignOut().IgnoreError(); }

absl::Status Console::SignIn() {
  v1::AttachConsoleRequest hello;
  hello.mutable_hello()->set_console_name("guichet-demo");
  absl::Status status = attachment_.Attach(*client_, hello, [this](const v1::AttachConsoleResponse& message) {
    // The welcome comes on the thread of Attach, and only once.
    if (message.has_welcome()) group_id_ = message.welcome().technician().group_id();
  });
  if (!status.ok()) return status;
  v1::SetStatusRequest online;
  online.set_status(v1::TECHNICIAN_STATUS_ONLINE);
  v1::SetStatusResponse response;
  if (status = client_->Mutate(&online, &response); !status.ok()) return status;
  watch_ = client_->Open(v1::WatchQueueRequest());
  watcher_ = std::thread([this] { WatchQueue(); });
  absl::MutexLock lock(&mutex_);
  const auto known = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return snapshot_complete_ || watch_ended_; };
  if (mutex_.AwaitWithTimeout(absl::Condition(&known), kPatience) && snapshot_complete_) return absl::OkStatus();
  return absl::DeadlineExceededError(absl::StrCat(technician_id_, " got no snapshot of his queue"));
}

void Console::WatchQueue() {
  if (watch_->Write(v1::WatchQueueRequest())) watch_->WritesDone();
  v1::WatchQueueResponse response;
  while (watch_->Read(&response)) {
    board_.Show(technician_id_, response);
    absl::MutexLock lock(&mutex_);
    for (const v1::QueueEntry& entry : response.snapshot().entries()) states_[entry.session().session_id()] = entry.state();
    if (response.snapshot().complete()) snapshot_complete_ = true;
    if (response.has_change()) states_[response.change().entry().session().session_id()] = response.change().entry().state();
  }
  absl::MutexLock lock(&mutex_);
  watch_ended_ = true;
}

absl::Status Console::Await(uint64_t session_id, v1::EntryState state, absl::Duration patience) {
  absl::MutexLock lock(&mutex_);
  const auto reached = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    const auto it = states_.find(session_id);
    return watch_ended_ || (it != states_.end() && it->second == state);
  };
  const bool in_time = mutex_.AwaitWithTimeout(absl::Condition(&reached), patience);
  if (in_time && !watch_ended_) return absl::OkStatus();
  const auto it = states_.find(session_id);
  return absl::DeadlineExceededError(absl::StrCat(technician_id_, " should see session ", session_id, " as ", ctl::Word(state),
                                                  " but sees ", it == states_.end() ? "nothing" : ctl::Word(it->second),
                                                  watch_ended_ ? "; the watch of his queue ended" : ""));
}

absl::Status Console::SignOut() {
  bool ended_early = false;
  if (watch_ != nullptr) {
    {
      absl::MutexLock lock(&mutex_);
      ended_early = watch_ended_;
    }
    watch_->Cancel();
    watcher_.join();
    watch_.reset();
  }
  attachment_.Drop();
  if (ended_early) return absl::UnavailableError(absl::StrCat("the watch of ", technician_id_, "'s queue ended by itself"));
  return absl::OkStatus();
}

}  // namespace guichet::demo

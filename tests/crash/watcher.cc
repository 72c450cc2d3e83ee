#include "tests/crash/watcher.h"

#include <gtest/gtest.h>

namespace guichet::crash {

void QueueWatcher::Start(const Server& server) {
  Stop();
  pb::WatchQueueRequest request;
  request.set_technician_id(technician_);
  {
    absl::MutexLock lock(&mutex_);
    request.set_resume_token(resume_);
  }
  stream_ = server.As(token_)->Open(request);
  thread_ = std::thread([this, request] {
    if (stream_->Write(request)) {
      stream_->WritesDone();
      Run(*stream_);
    }
    const absl::Status status = stream_->Finish();
    EXPECT_EQ(AnswerOf(status), Answer::kLost) << "the watch of " << technician_ << " ended: " << status;
  });
}

void QueueWatcher::Stop() {
  if (stream_) stream_->Cancel();
  if (thread_.joinable()) thread_.join();
}

void QueueWatcher::Run(client::Stream& stream) {
  bool resumed = false;
  {
    absl::MutexLock lock(&mutex_);
    resumed = !resume_.empty();
  }
  pb::WatchQueueResponse message;
  while (stream.Read(&message)) {
    absl::MutexLock lock(&mutex_);
    Take(message, resumed);
  }
}

void QueueWatcher::Take(const pb::WatchQueueResponse& message, bool resumed) {
  EXPECT_GE(message.revision(), revision_) << technician_ << " goes back: " << message.ShortDebugString();
  if (message.has_snapshot()) {
    EXPECT_FALSE(resumed) << technician_ << " must start over after a resume";
    if (message.snapshot().first()) {
      folded_.clear();
      changes_.clear();
    }
    for (const pb::QueueEntry& entry : message.snapshot().entries()) folded_[entry.session().session_id()] = Stable(entry);
  }
  if (message.has_change()) {
    const pb::QueueChange& change = message.change();
    const pb::Session& session = change.entry().session();
    EXPECT_GT(session.revision(), revision_) << technician_ << " sees a change again: " << message.ShortDebugString();
    const bool leaves = !change.in_tab() || change.entry().state() == pb::ENTRY_STATE_REMOVED;
    changes_.push_back({session.revision(), session.session_id(), leaves ? std::string() : Stable(change.entry())});
    const size_t hash = std::hash<std::string>{}(change.SerializeAsString());
    const auto [it, first] = seen_.try_emplace({session.revision(), session.session_id()}, hash);
    EXPECT_EQ(it->second, hash) << technician_ << " sees a revision with another content: " << message.ShortDebugString();
    (void)first;
  }
  if (message.resume_token().empty()) return;  // of a snapshot that is not complete
  resume_ = message.resume_token();
  revision_ = message.revision();
}

bool QueueWatcher::Await(uint64_t revision, absl::Duration within) {
  const auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return revision_ >= revision; };
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithTimeout(absl::Condition(&there), within);
}

QueueWatcher::Entries QueueWatcher::At(uint64_t revision) {
  absl::MutexLock lock(&mutex_);
  size_t taken = 0;
  for (; taken < changes_.size() && changes_[taken].revision <= revision; ++taken) {
    const Change& change = changes_[taken];
    if (change.entry.empty()) {
      folded_.erase(change.session);
    } else {
      folded_[change.session] = change.entry;
    }
  }
  changes_.erase(changes_.begin(), changes_.begin() + static_cast<std::ptrdiff_t>(taken));
  return folded_;
}

uint64_t QueueWatcher::shown() const {
  absl::MutexLock lock(&mutex_);
  return revision_;
}

void TechniciansWatcher::Start(const Server& server) {
  Stop();
  pb::WatchTechniciansRequest request;
  {
    absl::MutexLock lock(&mutex_);
    request.set_resume_token(resume_);
  }
  stream_ = server.As(token_)->Open(request);
  thread_ = std::thread([this, request] {
    if (stream_->Write(request)) {
      stream_->WritesDone();
      Run(*stream_);
    }
    const absl::Status status = stream_->Finish();
    EXPECT_EQ(AnswerOf(status), Answer::kLost) << "the watch of technicians ended: " << status;
  });
}

void TechniciansWatcher::Stop() {
  if (stream_) stream_->Cancel();
  if (thread_.joinable()) thread_.join();
}

void TechniciansWatcher::Run(client::Stream& stream) {
  pb::WatchTechniciansResponse message;
  while (stream.Read(&message)) {
    absl::MutexLock lock(&mutex_);
    EXPECT_TRUE(message.revision() >= revision_ || message.has_snapshot())
        << "technicians go back: " << message.ShortDebugString();
    if (message.snapshot().first()) technicians_.clear();
    for (const pb::Technician& one : message.snapshot().technicians())
      technicians_[one.technician_id()] = one.SerializeAsString();
    if (message.has_technician()) technicians_[message.technician().technician_id()] = message.technician().SerializeAsString();
    if (message.resume_token().empty()) continue;
    resume_ = message.resume_token();
    revision_ = message.revision();
  }
}

bool TechniciansWatcher::Await(uint64_t revision, absl::Duration within) {
  const auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return revision_ >= revision; };
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithTimeout(absl::Condition(&there), within);
}

TechniciansWatcher::Technicians TechniciansWatcher::now() const {
  absl::MutexLock lock(&mutex_);
  return technicians_;
}

}  // namespace guichet::crash

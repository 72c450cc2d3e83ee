#include "absl/strings/str_cat.h"
#include "tests/wire/harness.h"

namespace guichet::wire {

QueueWatcher::QueueWatcher(const client::Client& client, const std::string& technician) : technician_(technician) {
  pb::WatchQueueRequest request;
  request.set_technician_id(technician);
  stream_ = client.Open(request);
  (void)stream_->Write(request);
  stream_->WritesDone();
  reader_ = std::thread([this] { ReadAll(); });
  Await("the snapshot", [](const View&) { return true; });
}

QueueWatcher::~QueueWatcher() {
  stream_->Cancel();
  reader_.join();
}

void QueueWatcher::ReadAll() {
  pb::WatchQueueResponse message;
  while (stream_->Read(&message)) {
    absl::MutexLock lock(&mu_);
    TakeLocked(message);
    cv_.SignalAll();
  }
  const absl::Status status = stream_->Finish();
  absl::MutexLock lock(&mu_);
  end_ = status;
  cv_.SignalAll();
}

void QueueWatcher::TakeLocked(const pb::WatchQueueResponse& message) {
  if (message.revision() < view_.revision) broken_ = "a revision goes back: " + message.ShortDebugString();
  if (message.has_snapshot()) {
    if (message.snapshot().first()) view_.entries.clear();
    for (const pb::QueueEntry& entry : message.snapshot().entries()) view_.entries[entry.session().session_id()] = entry;
    complete_ = message.snapshot().complete();
  } else if (message.has_change()) {
    const pb::QueueChange& change = message.change();
    const uint64_t session = change.entry().session().session_id();
    const auto known = view_.entries.find(session);
    const pb::EntryState before = known == view_.entries.end() ? pb::ENTRY_STATE_UNSPECIFIED : known->second.state();
    if (before != change.from()) broken_ = "a change from what was not shown: " + change.ShortDebugString();
    if (change.from() != change.entry().state() && change.from() != pb::ENTRY_STATE_UNSPECIFIED && change.row().empty()) {
      broken_ = "a change without a row: " + change.ShortDebugString();
    }
    if (change.in_tab()) {
      view_.entries[session] = change.entry();
    } else {
      view_.entries.erase(session);
    }
    view_.changes.push_back(change);
  } else {
    ++view_.bookmarks;
  }
  if (complete_) view_.revision = message.revision();
}

std::string QueueWatcher::TextLocked() const {
  std::string text = "queue of " + technician_ + ":";
  for (const auto& [session, entry] : view_.entries) {
    absl::StrAppend(&text, "\n  ", session, " ", pb::EntryState_Name(entry.state()));
  }
  for (const pb::QueueChange& c : view_.changes) {
    absl::StrAppend(&text, "\n  change: ", c.entry().session().session_id(), " ", pb::EntryState_Name(c.from()), " -> ",
                    pb::EntryState_Name(c.entry().state()), " ", c.row(), " ", c.trigger());
  }
  return text;
}

QueueWatcher::View QueueWatcher::Await(const std::string& what, const std::function<bool(const View&)>& holds) {
  absl::MutexLock lock(&mu_);
  const absl::Time deadline = absl::Now() + kPatience;
  while (true) {
    if (!broken_.empty()) throw std::runtime_error(broken_ + "\n" + TextLocked());
    if (complete_ && holds(view_)) return view_;
    if (end_)
      throw std::runtime_error(absl::StrCat("the watch ended before ", what, ": ", end_->ToString(), "\n", TextLocked()));
    if (cv_.WaitWithDeadline(&mu_, deadline)) {
      throw std::runtime_error(absl::StrCat("waited in vain for ", what, "\n", TextLocked()));
    }
  }
}

QueueWatcher::View QueueWatcher::AwaitState(uint64_t session, pb::EntryState state) {
  return Await(absl::StrCat(technician_, " to see ", session, " ", pb::EntryState_Name(state)), [&](const View& view) {
    const auto it = view.entries.find(session);
    return it == view.entries.end() ? state == pb::ENTRY_STATE_REMOVED : it->second.state() == state;
  });
}

pb::QueueChange QueueWatcher::AwaitRow(uint64_t session, pb::EntryState from, pb::EntryState to, const std::string& row) {
  pb::QueueChange found;
  Await(
      absl::StrCat(technician_, " to see ", session, " ", pb::EntryState_Name(from), " -> ", pb::EntryState_Name(to), " ", row),
      [&](const View& view) {
        for (const pb::QueueChange& c : view.changes) {
          if (c.entry().session().session_id() != session || c.from() != from || c.entry().state() != to || c.row() != row) {
            continue;
          }
          found = c;
          return true;
        }
        return false;
      });
  return found;
}

std::pair<QueueWatcher::Entries, uint64_t> ListWholeQueue(const client::Client& client, const std::string& technician) {
  QueueWatcher::Entries entries;
  pb::ListQueueRequest request;
  request.set_technician_id(technician);
  uint64_t revision = 0;
  do {
    auto page = Must<pb::ListQueueResponse>(client, request);
    for (const pb::QueueEntry& entry : page.entries()) entries[entry.session().session_id()] = entry;
    request.set_page_token(page.next_page_token());
    revision = page.revision();
  } while (!request.page_token().empty());
  return {std::move(entries), revision};
}

}  // namespace guichet::wire

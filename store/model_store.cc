#include "store/model_store.h"

#include "store/limits.h"

namespace guichet::store {

void ModelStore::SetManual(bool manual) {
  absl::MutexLock lock(&mu_);
  manual_ = manual;
}

size_t ModelStore::held() const {
  absl::MutexLock lock(&mu_);
  return held_.size();
}

bool ModelStore::CompleteOne() {
  Call call;
  {
    absl::MutexLock lock(&mu_);
    if (held_.empty()) return false;
    call = std::move(held_.front());
    held_.pop_front();
  }
  Complete(call);
  return true;
}

size_t ModelStore::CompleteAll() {
  size_t completed = 0;
  while (CompleteOne()) ++completed;
  return completed;
}

void ModelStore::CrashAndKeep(size_t durable) {
  std::deque<Call> dropped;  // destroyed without the lock: a callback may own anything
  absl::MutexLock lock(&mu_);
  for (size_t i = 0; i < durable && i < held_.size(); ++i) ApplyLocked(held_[i].commits);
  dropped.swap(held_);
}

void ModelStore::Fail() {
  {
    absl::MutexLock lock(&mu_);
    stats_.failed = true;
  }
  CompleteAll();
}

void ModelStore::CommitAsync(std::vector<Commit> commits, CommitCallback callback) {
  CheckCommits(commits);
  Call call{std::move(commits), std::move(callback)};
  {
    absl::MutexLock lock(&mu_);
    if (manual_) {
      held_.push_back(std::move(call));
      return;
    }
  }
  CompleteAll();
  Complete(call);
}

void ModelStore::Complete(const Call& call) {
  std::vector<CommitResult> results;
  size_t durable = 0;
  {
    absl::MutexLock lock(&mu_);
    const uint64_t before = stats_.commits;
    results = ApplyLocked(call.commits);
    durable = stats_.commits - before;
    if (durable > 0) ++stats_.syncs;
  }
  if (durable > 0 && options_.on_sync) options_.on_sync(durable, 0);
  if (call.callback) call.callback(results);
}

std::vector<CommitResult> ModelStore::ApplyLocked(const std::vector<Commit>& commits) {
  std::vector<CommitResult> results;
  results.reserve(commits.size());
  for (const Commit& commit : commits) {
    results.push_back(stats_.failed ? CommitResult::kUnknown : ApplyOneLocked(commit));
    if (results.back() == CommitResult::kOk) ++stats_.commits;
  }
  return results;
}

CommitResult ModelStore::ApplyOneLocked(const Commit& commit) {
  auto found = orgs_.find(commit.at.org);
  if (found == orgs_.end() || found->second.epoch != commit.at.epoch) return CommitResult::kFenced;
  Org& org = found->second;
  if (org.seq != commit.at.seq) return CommitResult::kConflict;
  for (const Del& del : commit.dels) org.records.erase({del.family, del.key});
  for (const Put& put : commit.puts) org.records[{put.family, put.key}] = put.value;
  for (const std::string& event : commit.events) org.events[++org.seq] = event;
  return CommitResult::kOk;
}

absl::StatusOr<std::string> ModelStore::Get(const OrgKey& org, Family family, std::string_view key) {
  if (absl::Status status = ValidateGet(org, family, key); !status.ok()) return status;
  absl::MutexLock lock(&mu_);
  if (auto found = orgs_.find(org); found != orgs_.end()) {
    auto record = found->second.records.find({family, std::string(key)});
    if (record != found->second.records.end()) return record->second;
  }
  return absl::NotFoundError("no record with this key");
}

absl::Status ModelStore::Scan(const OrgKey& org, const KeyRange& range, const RecordVisitor& visit) {
  if (absl::Status status = ValidateScan(org, range); !status.ok()) return status;
  std::vector<std::pair<std::string, std::string>> snapshot;
  {
    absl::MutexLock lock(&mu_);
    auto found = orgs_.find(org);
    if (found == orgs_.end()) return absl::OkStatus();
    const auto& records = found->second.records;
    for (auto it = records.lower_bound({range.family, range.begin}); it != records.end(); ++it) {
      const auto& [family, key] = it->first;
      if (family != range.family || (!range.end.empty() && key >= range.end)) break;
      snapshot.emplace_back(key, it->second);
    }
  }
  for (const auto& [key, value] : snapshot) {
    if (!visit(key, value)) break;
  }
  return absl::OkStatus();
}

absl::Status ModelStore::ReadEvents(const OrgKey& org, uint64_t after, size_t max, const EventVisitor& visit) {
  if (absl::Status status = ValidateReadEvents(org, max); !status.ok()) return status;
  std::vector<std::pair<uint64_t, std::string>> snapshot;
  {
    absl::MutexLock lock(&mu_);
    auto found = orgs_.find(org);
    if (found == orgs_.end() || after >= found->second.seq) return absl::OkStatus();
    const auto& events = found->second.events;
    if (!events.contains(after + 1)) return absl::OutOfRangeError("the event was trimmed");
    for (auto it = events.find(after + 1); it != events.end() && snapshot.size() < max; ++it) snapshot.push_back(*it);
  }
  for (const auto& [seq, bytes] : snapshot) {
    if (!visit(seq, bytes)) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<LogRange> ModelStore::Log(const OrgKey& org) {
  absl::MutexLock lock(&mu_);
  auto found = orgs_.find(org);
  if (found == orgs_.end()) return LogRange{};
  const auto& [epoch, seq, events, records] = found->second;
  return LogRange{events.empty() ? seq + 1 : events.begin()->first, seq};
}

absl::StatusOr<Token> ModelStore::Acquire(const OrgKey& org) {
  CheckWriter(org);
  CompleteAll();
  absl::MutexLock lock(&mu_);
  if (stats_.failed) return absl::UnavailableError("the store has failed");
  Org& state = orgs_[org];
  ++state.epoch;
  return Token{.org = org, .epoch = state.epoch, .seq = state.seq};
}

absl::StatusOr<std::vector<OrgKey>> ModelStore::ListOrgs() {
  absl::MutexLock lock(&mu_);
  std::vector<OrgKey> orgs;
  for (const auto& [org, state] : orgs_) orgs.push_back(org);
  return orgs;
}

absl::Status ModelStore::Trim(const OrgKey& org, uint64_t up_to) {
  CheckWriter(org);
  CompleteAll();
  absl::MutexLock lock(&mu_);
  if (stats_.failed) return absl::UnavailableError("the store has failed");
  auto found = orgs_.find(org);
  if (found == orgs_.end()) return absl::NotFoundError("the organization was never acquired");
  if (up_to > found->second.seq) return absl::InvalidArgumentError("no event has this number yet");
  auto& events = found->second.events;
  events.erase(events.begin(), events.upper_bound(up_to));
  return absl::OkStatus();
}

absl::Status ModelStore::Checkpoint(const std::string&) { return absl::UnimplementedError("the model has no disk"); }

StoreStats ModelStore::Stats() {
  absl::MutexLock lock(&mu_);
  return stats_;
}

}  // namespace guichet::store

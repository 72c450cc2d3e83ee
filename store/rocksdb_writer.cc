#include "store/rocksdb_writer.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "rocksdb/write_batch.h"
#include "store/check.h"

namespace guichet::store {
namespace {

// Bytes after which a batch takes no further work. Bounds the memory of a batch and the wait of the first work in it; a single
// work may be larger.
constexpr size_t kBatchBytes = size_t{16} << 20;

absl::Status StoreFailed() { return absl::UnavailableError("the store is read-only after a failed write; restart to recover"); }

}  // namespace

// What one write makes durable: changes of records, and the heads as they will be after it.
class Writer::Batch {
 public:
  explicit Batch(const Writer* writer) : writer_(*writer) {}

  // The organization's head as left by the works staged before; nullptr when it was never acquired.
  const Head* Find(const OrgKey& org) {
    if (auto staged = heads_.find(org); staged != heads_.end()) return &staged->second;
    absl::MutexLock lock(&writer_.mu_);
    auto durable = writer_.heads_.find(org);
    return durable == writer_.heads_.end() ? nullptr : &durable->second;
  }
  void SetHead(const OrgKey& org, const Head& head) { heads_[org] = head; }

  void Put(Family family, const std::string& key, const std::string& value) {
    Check(writes_.Put(writer_.database_->family(family), key, value));
  }
  void Del(Family family, const std::string& key) { Check(writes_.Delete(writer_.database_->family(family), key)); }
  void DelRange(Family family, const std::string& begin, const std::string& end) {
    Check(writes_.DeleteRange(writer_.database_->family(family), begin, end));
  }
  void CountCommit() { ++commits_; }

  // Adds the heads; call once, before the write.
  rocksdb::WriteBatch* Finish() {
    for (const auto& [org, head] : heads_) Put(Family::kMeta, HeadKey(org), EncodeHead(head));
    return &writes_;
  }
  size_t bytes() const { return writes_.GetDataSize(); }
  size_t commits() const { return commits_; }
  const std::map<OrgKey, Head>& heads() const { return heads_; }

 private:
  static void Check(const rocksdb::Status& status) { STORE_CHECK(status.ok(), "a write batch refused a change"); }

  const Writer& writer_;
  rocksdb::WriteBatch writes_;
  std::map<OrgKey, Head> heads_;
  size_t commits_ = 0;
};

class Writer::Work {
 public:
  virtual ~Work() = default;
  // Decides and adds the changes to the batch.
  virtual void Stage(Batch* batch) = 0;
  // Answers. `durable` is false when the engine failed, and Stage may not have run.
  virtual void Finish(bool durable) = 0;
};

class Writer::CommitWork : public Work {
 public:
  CommitWork(std::vector<Commit> commits, Store::CommitCallback callback)
      : commits_(std::move(commits)), callback_(std::move(callback)), results_(commits_.size(), CommitResult::kUnknown) {}

  void Stage(Batch* batch) override {
    for (size_t i = 0; i < commits_.size(); ++i) results_[i] = StageOne(commits_[i], batch);
  }

  void Finish(bool durable) override {
    if (!durable) results_.assign(commits_.size(), CommitResult::kUnknown);
    if (callback_) callback_(results_);
  }

 private:
  static CommitResult StageOne(const Commit& commit, Batch* batch) {
    const OrgKey& org = commit.at.org;
    const Head* found = batch->Find(org);
    if (found == nullptr || found->epoch != commit.at.epoch) return CommitResult::kFenced;
    if (found->seq != commit.at.seq) return CommitResult::kConflict;
    for (const Del& del : commit.dels) batch->Del(del.family, EngineKey(org, del.key));
    for (const Put& put : commit.puts) batch->Put(put.family, EngineKey(org, put.key), put.value);
    if (!commit.events.empty()) {
      Head head = *found;
      for (const std::string& event : commit.events) batch->Put(Family::kLog, EngineKey(org, NumberKey(++head.seq)), event);
      batch->SetHead(org, head);
    }
    batch->CountCommit();
    return CommitResult::kOk;
  }

  const std::vector<Commit> commits_;
  const Store::CommitCallback callback_;
  std::vector<CommitResult> results_;
};

// The results of the blocking works live on the caller's stack, which waits for `done`.
class Writer::AcquireWork : public Work {
 public:
  AcquireWork(const OrgKey& org, absl::StatusOr<Token>* result, absl::Notification* done)
      : org_(org), result_(result), done_(done) {}

  void Stage(Batch* batch) override {
    const Head* found = batch->Find(org_);
    head_ = found == nullptr ? Head{} : *found;
    ++head_.epoch;
    batch->SetHead(org_, head_);
  }

  void Finish(bool durable) override {
    if (durable) {
      *result_ = Token{.org = org_, .epoch = head_.epoch, .seq = head_.seq};
    } else {
      *result_ = StoreFailed();
    }
    done_->Notify();
  }

 private:
  const OrgKey org_;
  absl::StatusOr<Token>* const result_;
  absl::Notification* const done_;
  Head head_;
};

class Writer::TrimWork : public Work {
 public:
  TrimWork(const OrgKey& org, uint64_t up_to, absl::Status* result, absl::Notification* done)
      : org_(org), up_to_(up_to), result_(result), done_(done) {}

  void Stage(Batch* batch) override { decision_ = StageTrim(batch); }

  void Finish(bool durable) override {
    *result_ = durable ? decision_ : StoreFailed();
    done_->Notify();
  }

 private:
  absl::Status StageTrim(Batch* batch) {
    const Head* found = batch->Find(org_);
    if (found == nullptr) return absl::NotFoundError("the organization was never acquired");
    if (up_to_ > found->seq) return absl::InvalidArgumentError("no event has this number yet");
    if (up_to_ <= found->trimmed) return absl::OkStatus();
    Head head = *found;
    batch->DelRange(Family::kLog, EngineKey(org_, NumberKey(head.trimmed + 1)), EngineKey(org_, NumberKey(up_to_ + 1)));
    head.trimmed = up_to_;
    batch->SetHead(org_, head);
    return absl::OkStatus();
  }

  const OrgKey org_;
  const uint64_t up_to_;
  absl::Status* const result_;
  absl::Notification* const done_;
  absl::Status decision_;
};

Writer::Writer(Database* database, std::map<OrgKey, Head> heads, SyncObserver on_sync)
    : database_(database), on_sync_(std::move(on_sync)), heads_(std::move(heads)), thread_([this] { Run(); }) {}

Writer::~Writer() {
  STORE_CHECK(std::this_thread::get_id() != thread_.get_id(), "the store is destroyed by one of its callbacks");
  {
    absl::MutexLock lock(&mu_);
    stop_ = true;
    cv_.Signal();
  }
  thread_.join();
}

void Writer::CommitAsync(std::vector<Commit> commits, Store::CommitCallback callback) {
  Enqueue(std::make_unique<CommitWork>(std::move(commits), std::move(callback)));
}

absl::StatusOr<Token> Writer::Acquire(const OrgKey& org) {
  STORE_CHECK(std::this_thread::get_id() != thread_.get_id(), "Acquire in a callback would wait for itself");
  absl::StatusOr<Token> result = StoreFailed();
  absl::Notification done;
  Enqueue(std::make_unique<AcquireWork>(org, &result, &done));
  done.WaitForNotification();
  return result;
}

absl::Status Writer::Trim(const OrgKey& org, uint64_t up_to) {
  STORE_CHECK(std::this_thread::get_id() != thread_.get_id(), "Trim in a callback would wait for itself");
  absl::Status result;
  absl::Notification done;
  Enqueue(std::make_unique<TrimWork>(org, up_to, &result, &done));
  done.WaitForNotification();
  return result;
}

std::vector<OrgKey> Writer::ListOrgs() const {
  absl::MutexLock lock(&mu_);
  std::vector<OrgKey> orgs;
  orgs.reserve(heads_.size());
  for (const auto& [org, head] : heads_) orgs.push_back(org);
  return orgs;
}

void Writer::Enqueue(std::unique_ptr<Work> work) {
  absl::MutexLock lock(&mu_);
  queue_.push_back(std::move(work));
  if (queue_.size() == 1) cv_.Signal();
}

void Writer::Run() {
  while (true) {
    std::deque<std::unique_ptr<Work>> taken;
    {
      absl::MutexLock lock(&mu_);
      while (queue_.empty() && !stop_) cv_.Wait(&mu_);
      if (queue_.empty()) return;
      taken.swap(queue_);
    }
    while (!taken.empty()) RunBatch(&taken);
  }
}

void Writer::RunBatch(std::deque<std::unique_ptr<Work>>* taken) {
  Batch batch(this);
  std::vector<std::unique_ptr<Work>> staged;
  while (!taken->empty() && batch.bytes() < kBatchBytes) {
    taken->front()->Stage(&batch);
    staged.push_back(std::move(taken->front()));
    taken->pop_front();
  }
  const bool durable = Write(&batch);
  for (const std::unique_ptr<Work>& work : staged) work->Finish(durable);
}

bool Writer::Write(Batch* batch) {
  if (database_->failure().failed()) return false;
  rocksdb::WriteBatch* writes = batch->Finish();
  if (writes->Count() > 0) {
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const auto start = std::chrono::steady_clock::now();
    const rocksdb::Status status = database_->db()->Write(synced, writes);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (!status.ok()) {
      database_->failure().Set(absl::StrCat("write failed: ", status.ToString()));
      return false;
    }
    syncs_.fetch_add(1, std::memory_order_relaxed);
    if (on_sync_) on_sync_(batch->commits(), took.count());
    absl::MutexLock lock(&mu_);
    for (const auto& [org, head] : batch->heads()) heads_[org] = head;
  }
  commits_.fetch_add(batch->commits(), std::memory_order_relaxed);
  return true;
}

}  // namespace guichet::store

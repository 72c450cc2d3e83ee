// A watcher: a cursor over an organization's log. It begins with a snapshot at a revision, or after the revision of a resume
// token, and then converts every entry once and in order: from the shared ring, or from the store when it is behind it.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <string>

#include "absl/random/random.h"
#include "router/limits.h"
#include "router/stream.h"
#include "statemachine/refusal.h"
#include "statemachine/timers.h"

namespace guichet::router {

// What a resume token says; opaque to clients.
struct ResumePoint {
  Revision revision;        // the receiver has all up to it
  uint64_t skip = 0;        // and so many messages of the revision after it
  uint64_t scope = 0;       // hash of what the watch is of
  uint64_t membership = 0;  // hash of what its technician served
};
// `history`: of the store, in whose log the revision is.
std::string MakeResumeToken(const ResumePoint& point, uint64_t history);
// nullopt for an empty token; INVALID_ARGUMENT for one that is none; OUT_OF_RANGE for one of another history.
absl::StatusOr<std::optional<ResumePoint>> ParseResumeToken(const std::string& token, uint64_t history);

// Thread safety: as Stream. Memory of a watcher: one page of entries, or its snapshot while that is being sent.
template <class Response>
class Watch : public Stream<grpc::ServerWriteReactor<Response>, Response>, public Listener {
 public:
  using Base = Stream<grpc::ServerWriteReactor<Response>, Response>;
  using Base::Base;

  // Begins. `after`: a resume token, or nullopt for a snapshot. Requires Open.
  void Begin(const OrgId& org, std::optional<ResumePoint> after) {
    {
      absl::MutexLock lock(&this->mu_);
      org_ = org;
      next_bookmark_ = this->gateway_.clock.Now() + Jitter();
      loading_ = true;
    }
    AskShard(after);
  }

  void Poke() override { this->Pump(); }

  void Tick(Time now) override {
    this->CancelIfStalled(now);
    absl::MutexLock lock(&this->mu_);
    if (now < next_bookmark_ || loading_ || feed_ == nullptr) return;
    bookmark_due_ = true;
    this->PumpLocked();
  }

  uint64_t Lag() const override {
    absl::MutexLock lock(&this->mu_);
    return feed_ == nullptr ? 0 : feed_->last().value - std::min(feed_->last().value, cursor_.value);
  }

 protected:
  using Messages = std::deque<Response>;

  // On the shard's thread. The state at the organization's revision as messages; the last one carries the token.
  virtual absl::Status Snapshot(const Org& org, Messages& out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this->mu_) = 0;
  // On the shard's thread. OK: the watch can go on after `after`; kAborted: it needs a snapshot; others end it.
  virtual absl::Status Resume(const Org& org, const ResumePoint& after) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this->mu_) = 0;
  // What one entry means to this watcher, not stamped. kAborted: a snapshot is needed from here; others end the watch.
  virtual absl::Status Convert(const Published& published, bool from_store, Messages& out)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(this->mu_) = 0;
  // Sets revision and token: the receiver has all up to `revision`, and the first `skip` messages of the next.
  virtual void Stamp(Revision revision, uint64_t skip, Response* out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this->mu_) = 0;

  bool Next(Response* out) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(this->mu_) {
    if (ready_.empty() && !loading_ && feed_ != nullptr) Refill();
    const Time now = this->gateway_.clock.Now();
    if (!ready_.empty()) {
      *out = std::move(ready_.front());
      ready_.pop_front();
      next_bookmark_ = now + Jitter();
      return true;
    }
    if (!bookmark_due_ || loading_ || this->closing()) return false;
    bookmark_due_ = false;
    next_bookmark_ = now + Jitter();
    out->mutable_bookmark();
    Stamp(cursor_, 0, out);
    return true;
  }

 private:
  // So that bookmarks of many watchers do not come together: 80 % to 120 % of the interval.
  Duration Jitter() ABSL_EXCLUSIVE_LOCKS_REQUIRED(this->mu_) {
    const int64_t ms = kBookmarkEvery.count();
    return Duration{absl::Uniform<int64_t>(random_, ms * 4 / 5, ms * 6 / 5)};
  }

  void AskShard(std::optional<ResumePoint> after) {
    auto self = std::static_pointer_cast<Watch>(this->self());
    Read(
        this->gateway_, org_,
        [self, after](Turn&, OrgRuntime& rt) {
          absl::MutexLock lock(&self->mu_);
          if (self->pending_feed_ == nullptr) {
            self->pending_feed_ = rt.feed;
            rt.feed->Subscribe(std::weak_ptr<Listener>(self));
          }
          if (after) {
            absl::Status resumed = self->Resume(rt.org, *after);
            if (!absl::IsAborted(resumed)) {
              self->pending_cursor_ = after->revision;
              self->skip_ = after->skip;
              return resumed;
            }
            self->gateway_.metrics.WatchReset(metrics::WatchResetCause::kMembership);
          }
          self->pending_cursor_ = rt.org.revision;
          self->skip_ = 0;
          self->pending_.clear();
          return self->Snapshot(rt.org, self->pending_);
        },
        [self](const absl::Status& status) {
          if (!status.ok()) {
            self->EndStream(status);
            return;
          }
          absl::MutexLock lock(&self->mu_);
          self->loading_ = false;
          self->feed_ = self->pending_feed_;
          self->cursor_ = self->pending_cursor_;
          self->ready_.swap(self->pending_);
          self->pending_.clear();
          self->PumpLocked();
        });
  }

  // Moves the cursor until there is a message, the end, or something to wait for.
  void Refill() ABSL_EXCLUSIVE_LOCKS_REQUIRED(this->mu_) {
    std::vector<PublishedPtr> page;
    while (ready_.empty() && !loading_) {
      page.clear();
      if (!feed_->Read(cursor_, kLogPage, page)) {
        LoadFromStore();
        return;
      }
      if (page.empty()) return;
      Take(page, false);
    }
  }

  void Take(const std::vector<PublishedPtr>& page, bool from_store) ABSL_EXCLUSIVE_LOCKS_REQUIRED(this->mu_) {
    for (const PublishedPtr& published : page) {
      Messages made;
      absl::Status converted = Convert(*published, from_store, made);
      if (absl::IsAborted(converted)) {
        this->gateway_.metrics.WatchReset(metrics::WatchResetCause::kMembership);
        loading_ = true;
        AskAgain();
        return;
      }
      if (!converted.ok()) {
        this->EndAfterFlushLocked(converted);
        loading_ = true;
        return;
      }
      cursor_ = published->entry.revision;
      const size_t count = made.size();
      for (size_t i = 0; i < count; ++i) {
        if (i + 1 == count) {
          Stamp(cursor_, 0, &made[i]);
        } else {
          Stamp(Revision{cursor_.value - 1}, i + 1, &made[i]);
        }
        if (i >= skip_) ready_.push_back(std::move(made[i]));
      }
      skip_ = 0;
    }
  }

  // Asks for a snapshot from a thread that holds no lock: a shard that refuses answers in the same call.
  void AskAgain() ABSL_EXCLUSIVE_LOCKS_REQUIRED(this->mu_) {
    auto self = std::static_pointer_cast<Watch>(this->self());
    if (!this->gateway_.workers.Run([self] { self->AskShard(std::nullopt); })) {
      this->EndAfterFlushLocked(BusyReads());
    }
  }

  void LoadFromStore() ABSL_EXCLUSIVE_LOCKS_REQUIRED(this->mu_) {
    loading_ = true;
    auto self = std::static_pointer_cast<Watch>(this->self());
    const bool taken = this->gateway_.workers.Run([self, org = org_, after = cursor_] {
      auto page = std::make_shared<Page>();
      absl::Status bad;
      absl::Status read = self->gateway_.store.ReadEvents(store::OrgKey{org.value}, after.value, kLogPage,
                                                          [&](uint64_t, std::string_view bytes) {
                                                            absl::StatusOr<LogEntry> entry = store::DecodeLogEntry(bytes);
                                                            if (!entry.ok()) {
                                                              bad = entry.status();
                                                              return false;
                                                            }
                                                            page->push_back(std::make_shared<Published>());
                                                            page->back()->entry = *std::move(entry);
                                                            return true;
                                                          });
      if (absl::IsOutOfRange(read)) {
        self->gateway_.metrics.WatchReset(metrics::WatchResetCause::kExpired);
        read = ResumeTokenExpired(Revision{after.value + 1});
      }
      if (!read.ok() || !bad.ok()) {
        self->EndStream(read.ok() ? bad : read);
      } else {
        self->AskForUrgency(org, page);
      }
    });
    if (!taken) this->EndAfterFlushLocked(BusyReads());
  }

  using Page = std::vector<std::shared_ptr<Published>>;

  // The log keeps no alert levels: the shard adds when sessions become urgent.
  void AskForUrgency(const OrgId& org, std::shared_ptr<Page> page) {
    auto self = std::static_pointer_cast<Watch>(this->self());
    const bool needed = std::any_of(page->begin(), page->end(), [](const auto& published) {
      const auto& changes = published->entry.sessions;
      return std::any_of(changes.begin(), changes.end(), [](const SessionChange& c) { return AwaitsStart(*c.after); });
    });
    if (!needed) return TakeLoaded(*page);
    Read(
        this->gateway_, org,
        [page](Turn&, OrgRuntime& rt) {
          for (const auto& published : *page) published->AddUrgency(rt.org);
          return absl::OkStatus();
        },
        [self, page](const absl::Status& status) {
          absl::Status bad = status;
          if (bad.ok() && !self->gateway_.workers.Run([self, page] { self->TakeLoaded(*page); })) {
            bad = BusyReads();
          }
          if (!bad.ok()) self->EndStream(bad);
        });
  }

  void TakeLoaded(const Page& page) {
    absl::MutexLock lock(&this->mu_);
    loading_ = false;
    Take({page.begin(), page.end()}, true);
    this->PumpLocked();
  }

  OrgId org_;
  absl::BitGen random_ ABSL_GUARDED_BY(this->mu_);
  std::shared_ptr<Feed> feed_ ABSL_GUARDED_BY(this->mu_);  // null until the first answer of the shard
  std::shared_ptr<Feed> pending_feed_ ABSL_GUARDED_BY(this->mu_);
  Revision cursor_ ABSL_GUARDED_BY(this->mu_);  // everything up to here was converted
  Revision pending_cursor_ ABSL_GUARDED_BY(this->mu_);
  uint64_t skip_ ABSL_GUARDED_BY(this->mu_) = 0;  // messages of the next revision that the receiver has
  Messages ready_ ABSL_GUARDED_BY(this->mu_);
  Messages pending_ ABSL_GUARDED_BY(this->mu_);      // of a snapshot that is not durable yet
  bool loading_ ABSL_GUARDED_BY(this->mu_) = false;  // the shard or a worker will go on
  bool bookmark_due_ ABSL_GUARDED_BY(this->mu_) = false;
  Time next_bookmark_ ABSL_GUARDED_BY(this->mu_){};
};

}  // namespace guichet::router

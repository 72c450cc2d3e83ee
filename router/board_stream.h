// A stream of what somebody sees on a board: the newest view, whenever it says something else than what was sent last.
#pragma once

#include <memory>
#include <optional>

#include "router/boards.h"
#include "router/stream.h"

namespace guichet::router {

template <class Response, class View>
class BoardStream : public Stream<grpc::ServerWriteReactor<Response>, Response>, public Looker {
 public:
  using Base = Stream<grpc::ServerWriteReactor<Response>, Response>;
  using Base::Base;
  using Looker::Show;

  void Show(const Seen<View>& seen) override {
    absl::MutexLock lock(&this->mu_);
    if (seen.version <= version_) return;
    version_ = seen.version;
    untold_ = seen;
    this->PumpLocked();
  }

  void Tick(Time now) override { this->CancelIfStalled(now); }

 protected:
  virtual void Convert(const View& view, Response* out) = 0;
  // Whether the receiver need not be sent `view` after `told`.
  virtual bool IsAs(const View& view, const View& told) { return view.IsAs(told); }
  // Nothing comes after such a view.
  virtual bool IsLast(const View&) { return false; }

  bool Next(Response* out) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(this->mu_) {
    if (!untold_) return false;
    const Seen<View> seen = *std::move(untold_);
    untold_.reset();
    if (told_ && IsAs(seen.view, *told_)) return false;
    out->set_revision(seen.revision.value);
    Convert(seen.view, out);
    told_ = seen.view;
    if (IsLast(seen.view)) this->EndAfterFlushLocked(absl::OkStatus());
    return true;
  }

 private:
  uint64_t version_ ABSL_GUARDED_BY(this->mu_) = 0;
  std::optional<Seen<View>> untold_ ABSL_GUARDED_BY(this->mu_);
  std::optional<View> told_ ABSL_GUARDED_BY(this->mu_);
};

}  // namespace guichet::router

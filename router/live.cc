#include "router/live.h"

namespace guichet::router {

size_t QueueRanks::Ahead(const Session& session) {
  const Queue queue = session.queue();
  auto known = ranks_.find(queue);
  if (known == ranks_.end()) {
    known = ranks_.try_emplace(queue).first;
    auto waiting = org_.waiting.find(queue);
    if (waiting != org_.waiting.end()) {
      known->second.reserve(waiting->second.size());
      size_t rank = 0;
      for (const auto& [arrived, id] : waiting->second) known->second.emplace(id, rank++);
      steps_ += rank;
    }
  }
  auto rank = known->second.find(session.id);
  return rank == known->second.end() ? 0 : rank->second;
}

std::optional<WaitEstimate> QueueRanks::Estimate(const Session& session, size_t ahead) {
  auto stats = org_.stats.find(session.queue());
  if (stats == org_.stats.end()) return std::nullopt;
  auto line = lines_.find(session.queue());
  if (line == lines_.end()) {
    Session first = session;  // as if nobody were before it
    first.id = SessionId{};
    line = lines_.emplace(session.queue(), LineOf(org_, first, now_, 0)).first;
    steps_ += 100;
  }
  QueueNow now = line->second;
  now.free = now.free > ahead ? now.free - ahead : 0;
  now.ahead = ahead;
  now.waited = now_ - session.queue_since;
  return EstimateWait(stats->second, now);
}

std::shared_ptr<LiveBoard> LiveBoard::Join(Gateway& gateway, Turn& turn, OrgRuntime& rt,
                                           const std::shared_ptr<LiveView>& view) {
  std::shared_ptr<LiveBoard> board = rt.board.lock();
  if (board == nullptr) {
    board = std::make_shared<LiveBoard>(gateway, rt.org.id);
    rt.board = board;
    rt.feed->Subscribe(board);
  }
  {
    absl::MutexLock lock(&board->mu_);
    std::erase_if(board->views_, [](const std::weak_ptr<LiveView>& known) { return known.expired(); });
    board->views_.push_back(view);
  }
  QueueRanks ranks(rt.org, turn.now());
  if (view->Look(ranks)) turn.AfterDurable([view] { view->Show(); });
  return board;
}

void LiveBoard::Poke() {
  if (resting_.load()) {
    missed_.store(true);
    return;
  }
  if (scheduled_.exchange(true)) return;
  absl::Status submitted = gateway_.ShardOf(org_).Submit([self = shared_from_this()](Turn& turn) {
    self->scheduled_.store(false);
    if (OrgRuntime* rt = turn.Find(self->org_)) self->Compute(turn, *rt);
  });
  if (submitted.ok()) return;
  scheduled_.store(false);
  missed_.store(true);
}

void LiveBoard::Tick() {
  resting_.store(false);
  if (missed_.exchange(false)) Poke();
}

void LiveBoard::Compute(Turn& turn, OrgRuntime& rt) {
  std::vector<std::shared_ptr<LiveView>> views;
  {
    absl::MutexLock lock(&mu_);
    std::erase_if(views_, [&](const std::weak_ptr<LiveView>& known) {
      std::shared_ptr<LiveView> view = known.lock();
      if (view) views.push_back(std::move(view));
      return known.expired();
    });
  }
  QueueRanks ranks(rt.org, turn.now());
  std::vector<std::shared_ptr<LiveView>> seen;
  for (std::shared_ptr<LiveView>& view : views) {
    if (view->Look(ranks)) seen.push_back(std::move(view));
  }
  if (views.size() + ranks.steps() > kLiveStepsAtOnce) resting_.store(true);
  turn.AfterDurable([seen = std::move(seen)] {
    for (const std::shared_ptr<LiveView>& view : seen) view->Show();
  });
}

}  // namespace guichet::router

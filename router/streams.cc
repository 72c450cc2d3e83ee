#include "router/streams.h"

#include <algorithm>
#include <vector>

#include "router/limits.h"
#include "statemachine/refusal.h"

namespace guichet::router {
namespace {

struct Limit {
  const char* name;
  size_t count;
};
constexpr std::array<Limit, kStreamKindCount> kLimits = {{{"watch", kWatchers},
                                                          {"device", kDeviceStreams},
                                                          {"console", kConsoleStreams},
                                                          {"command", kCommandStreams},
                                                          {"position", kPositionStreams},
                                                          {"agent", kAgentStreams},
                                                          {"newcomer", kNewcomers}}};

const auto kAll = [](const auto&) { return true; };

}  // namespace

absl::StatusOr<std::unique_ptr<Streams::Ticket>> Streams::Add(StreamKind kind, const Principal& principal,
                                                              std::weak_ptr<OpenStream> stream) {
  std::shared_ptr<OpenStream> silent;
  std::unique_ptr<Ticket> ticket;
  {
    absl::MutexLock lock(&mu_);
    if (draining_) return Draining();
    if (kind == StreamKind::kNewcomer && newcomers_.size() >= kNewcomers) {
      silent = open_.at(*newcomers_.begin()).stream.lock();
      newcomers_.erase(newcomers_.begin());
    }
    if (absl::Status counted = CountLocked(kind); !counted.ok()) return counted;
    open_[++last_id_] = {principal.org, principal.key, principal.technician, principal.expires, std::move(stream), kind};
    if (kind == StreamKind::kNewcomer) newcomers_.insert(last_id_);
    ticket = std::make_unique<Ticket>(*this, last_id_);
  }
  if (silent != nullptr) silent->EndStream(TooManyStreams(kLimits[static_cast<size_t>(kind)].name, kNewcomers));
  return ticket;
}

// Newcomers are limited by their own list: those that make room count until gRPC is done with them.
absl::Status Streams::CountLocked(StreamKind kind) {
  const auto index = static_cast<size_t>(kind);
  if (kind != StreamKind::kNewcomer && counts_[index] >= kLimits[index].count) {
    return TooManyStreams(kLimits[index].name, kLimits[index].count);
  }
  ++counts_[index];
  return absl::OkStatus();
}

absl::Status Streams::Admit(uint64_t id, StreamKind kind) {
  absl::MutexLock lock(&mu_);
  auto entry = open_.find(id);
  if (entry == open_.end()) return absl::OkStatus();  // it has gone
  if (newcomers_.erase(id) == 0) return TooManyStreams(kLimits[static_cast<size_t>(StreamKind::kNewcomer)].name, kNewcomers);
  if (absl::Status counted = CountLocked(kind); !counted.ok()) return counted;
  --counts_[static_cast<size_t>(entry->second.kind)];
  entry->second.kind = kind;
  return absl::OkStatus();
}

void Streams::Remove(uint64_t id) {
  absl::MutexLock lock(&mu_);
  auto entry = open_.find(id);
  --counts_[static_cast<size_t>(entry->second.kind)];
  newcomers_.erase(id);
  open_.erase(entry);
}

void Streams::EndThoseOf(const OrgId& org, const KeyId& key, const absl::Status& why) {
  for (const auto& stream : Open([&](const Entry& entry) { return entry.org == org && entry.key == key; }))
    stream->EndStream(why);
}

void Streams::EndThoseOf(const OrgId& org, const TechnicianId& technician, const absl::Status& why) {
  for (const auto& stream : Open([&](const Entry& entry) { return entry.org == org && entry.technician == technician; })) {
    stream->EndStream(why);
  }
}

void Streams::Drain() {
  {
    absl::MutexLock lock(&mu_);
    draining_ = true;
  }
  for (const auto& stream : Open(kAll)) stream->EndStream(Draining());
}

size_t Streams::count(StreamKind kind) const {
  absl::MutexLock lock(&mu_);
  return counts_[static_cast<size_t>(kind)];
}

std::vector<std::shared_ptr<OpenStream>> Streams::Open(const std::function<bool(const Entry&)>& which) const {
  absl::MutexLock lock(&mu_);
  std::vector<std::shared_ptr<OpenStream>> open;
  for (const auto& [id, entry] : open_) {
    if (!which(entry)) continue;
    if (auto stream = entry.stream.lock()) open.push_back(std::move(stream));
  }
  return open;
}

uint64_t Streams::MaxLag() const {
  uint64_t lag = 0;
  for (const auto& stream : Open(kAll)) lag = std::max(lag, stream->Lag());
  return lag;
}

void Streams::Tick(Time now) {
  for (const auto& stream : Open([&](const Entry& entry) { return entry.expires != kNoTime && entry.expires <= now; })) {
    stream->EndStream(Unauthenticated("the credential has expired"));
  }
  for (const auto& stream : Open(kAll)) stream->Tick(now);
}

}  // namespace guichet::router

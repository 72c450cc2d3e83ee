// A store whose commits wait until the simulation lets them through, one batch at a time: between being handed over and being
// durable anything can happen.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "store/store.h"

namespace guichet::sim {

// One thread uses it.
class SteppedStore final : public store::Store {
 public:
  // `seen` is told of each commit and what came of it, before whoever handed it over.
  using Seen = std::function<void(const store::Commit&, store::CommitResult)>;
  SteppedStore(std::unique_ptr<store::Store> inner, Seen seen) : inner_(std::move(inner)), seen_(std::move(seen)) {}

  // Lets the oldest batch through and waits for it. False: there is none.
  bool Pump();

  void CommitAsync(std::vector<store::Commit> commits, CommitCallback callback) override {
    handed_.emplace_back(std::move(commits), std::move(callback));
  }
  absl::StatusOr<std::string> Get(const store::OrgKey& org, store::Family family, std::string_view key) override {
    return inner_->Get(org, family, key);
  }
  absl::Status Scan(const store::OrgKey& org, const store::KeyRange& range, const RecordVisitor& visit) override {
    return inner_->Scan(org, range, visit);
  }
  absl::Status ReadEvents(const store::OrgKey& org, uint64_t after, size_t max, const EventVisitor& visit) override {
    return inner_->ReadEvents(org, after, max, visit);
  }
  absl::StatusOr<store::LogRange> Log(const store::OrgKey& org) override { return inner_->Log(org); }
  uint64_t history() const override { return inner_->history(); }
  absl::StatusOr<store::Token> Acquire(const store::OrgKey& org) override { return inner_->Acquire(org); }
  absl::StatusOr<std::vector<store::OrgKey>> ListOrgs() override { return inner_->ListOrgs(); }
  absl::Status Trim(const store::OrgKey& org, uint64_t up_to) override { return inner_->Trim(org, up_to); }
  absl::Status Checkpoint(const std::string& folder) override { return inner_->Checkpoint(folder); }
  store::StoreStats Stats() override { return inner_->Stats(); }

 private:
  const std::unique_ptr<store::Store> inner_;
  const Seen seen_;
  std::deque<std::pair<std::vector<store::Commit>, CommitCallback>> handed_;
};

}  // namespace guichet::sim

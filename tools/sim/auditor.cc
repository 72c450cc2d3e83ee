#include "tools/sim/auditor.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "router/secrets.h"
#include "statemachine/table.h"
#include "store/codec.h"

namespace guichet::sim {
namespace {

constexpr uint64_t kCompared = 1000;  // events that are read again after each crash

uint64_t Mix(uint64_t hash, uint64_t next) { return (hash ^ next) * 0x9E3779B97F4A7C15u + (hash >> 29); }

}  // namespace

void Auditor::Broken(const std::string& why) {
  if (broken_.empty()) broken_ = why;
}

const Fold* Auditor::FoldOf(const OrgId& org) const {
  auto model = models_.find(org);
  return model == models_.end() ? nullptr : &model->second.fold;
}

std::vector<OrgId> Auditor::orgs() const {
  std::vector<OrgId> orgs;
  for (const auto& [org, model] : models_) orgs.push_back(org);
  return orgs;
}

size_t Auditor::rows_reached() const {
  return static_cast<size_t>(std::count_if(rows_.begin(), rows_.end(), [](uint64_t count) { return count > 0; }));
}

void Auditor::Durable(const OrgId& org, uint64_t seq, const std::string& bytes) {
  if (!broken_.empty()) return;
  Model& model = models_[org];
  if (seq != model.entries.size() + 1) {
    return Broken(absl::StrCat(org.value, ": event ", seq, " became durable after ", model.entries.size()));
  }
  const uint64_t hash = router::Fingerprint(bytes);
  model.entries.push_back(hash);
  hash_ = Mix(hash_, hash);
  ++events_;
  absl::StatusOr<LogEntry> entry = store::DecodeLogEntry(bytes);
  if (!entry.ok()) return Broken(absl::StrCat(org.value, ": event ", seq, ": ", entry.status().ToString()));
  if (seen_) seen_(org, *entry);
  Take(model, *entry);
  if (!broken_.empty()) {
    broken_ = absl::StrCat(org.value, ", revision ", seq, " (", std::string(Name(entry->trigger)), " by ", entry->actor,
                           "): ", broken_);
  }
}

void Auditor::Take(Model& model, const LogEntry& entry) {
  if (entry.time < model.last) {
    return Broken(absl::StrCat("time went back by ", (model.last - entry.time).count(), " ms"));
  }
  model.last = entry.time;
  rows_.resize(Table().size());
  for (const SessionChange& change : entry.sessions) {
    for (const EntryChange& c : change.changes) {
      if (c.from == EntryState::kNone) continue;  // a first appearance: the table speaks of what follows
      const auto row = FindRow(c.from, c.to, entry.trigger, change.after->method == Method::kMonitoring);
      if (!row) {
        return Broken(
            absl::StrCat("a transition outside the table: ", std::string(Name(c.from)), " to ", std::string(Name(c.to))));
      }
      ++rows_[*row];
    }
  }
  if (std::string broken = model.fold.Apply(entry); !broken.empty()) return Broken(broken);
  TakeEvents(model, entry);
  for (const SessionChange& change : entry.sessions) CheckSession(model, change);
}

// Who leads, and whether the device is there, from the facts alone.
void Auditor::TakeEvents(Model& model, const LogEntry& entry) {
  std::map<SessionId, Facts> before;
  for (const Event& event : entry.events) {
    const SessionId id = SessionOf(event);
    if (!id) continue;
    const bool created_here = std::holds_alternative<event::SessionCreated>(event);
    if (created_here != !model.facts.contains(id)) {
      if (created_here) Broken("a session was created twice");
      if (std::holds_alternative<event::LeadTaken>(event)) Broken("a session that is over was started");
      continue;  // over, and seen by nobody: answers to its survey
    }
    Facts& facts = model.facts[id];
    before.emplace(id, facts);
    if (const auto* created = std::get_if<event::SessionCreated>(&event)) {
      ++sessions_;
      facts.link_since = entry.time;
      for (const std::string& code : {created->code_key, created->device_token_hash}) {
        if (code.empty()) continue;
        if (!model.codes.emplace(code, id).second) Broken("one request made two sessions");
      }
    }
    if (facts.ended && std::holds_alternative<event::LeadTaken>(event)) Broken("an ended session was started");
    if (const auto* taken = std::get_if<event::LeadTaken>(&event)) facts.lead = taken->technician;
    if (const auto* given = std::get_if<event::LeadGiven>(&event)) facts.lead = given->technician;
    if (const auto* offered = std::get_if<event::LeadOffered>(&event)) facts.lead_offered_to = offered->technician;
    if (std::holds_alternative<event::LeadAccepted>(event)) facts.lead = facts.lead_offered_to;
    if (std::holds_alternative<event::Requeued>(event)) facts.lead = {};
    if (const auto* link = std::get_if<event::LinkChanged>(&event)) {
      facts.link = link->link;
      facts.link_since = entry.time;
    }
    if (std::holds_alternative<event::SessionEnded>(event)) {
      facts.ended = true;
      facts.lead = {};
    }
  }
  for (const SessionChange& change : entry.sessions) {
    const auto known = model.facts.find(change.after->id);
    if (known == model.facts.end()) continue;
    Facts& facts = known->second;
    const auto old = before.find(change.after->id);
    const Epoch epoch = change.after->epoch;
    if (epoch < facts.epoch) Broken("an epoch went back");
    if (old != before.end() && facts.lead && old->second.lead != facts.lead && epoch == facts.epoch && facts.epoch) {
      Broken(absl::StrCat("two owners in epoch ", epoch.value, ": ", old->second.lead.value, " and ", facts.lead.value));
    }
    facts.epoch = epoch;
    if (facts.ended && change.after->marks.empty()) model.facts.erase(known);
  }
}

void Auditor::CheckSession(const Model& model, const SessionChange& change) {
  const SessionId id = change.after->id;
  const auto facts = model.facts.find(id);
  if (facts == model.facts.end()) return;
  auto broken = [&](const std::string& why) { Broken(absl::StrCat("session ", id.value, ": ", why)); };
  const auto views = model.fold.sessions().find(id);
  if (views == model.fold.sessions().end()) {
    if (!facts->second.ended) broken("nobody sees it, and it has not ended");
    return;
  }
  int active = 0;
  bool seen = !views->second.pools.empty();
  for (const auto& [technician, sight] : views->second.own) {
    seen |= sight.state != EntryState::kRemoved && sight.state != EntryState::kNone;
    if (sight.state != EntryState::kActive) continue;
    ++active;
    if (technician != facts->second.lead) broken(absl::StrCat(technician.value, " sees ACTIVE, and does not lead"));
  }
  if (active > 1) broken("several technicians see ACTIVE");
  if (!seen && !facts->second.ended) broken("nobody sees it, and it has not ended");
  if (facts->second.ended && active > 0) broken("ACTIVE after its end");
}

void Auditor::Recovered(store::Store& store, bool all) {
  auto orgs = store.ListOrgs();
  if (!orgs.ok()) return Broken(orgs.status().ToString());
  for (const store::OrgKey& org : *orgs) models_.try_emplace(OrgId{org.value});
  for (auto& [org, model] : models_) {
    const uint64_t durable = model.entries.size();
    uint64_t after = all || durable < kCompared ? 0 : durable - kCompared;
    while (broken_.empty()) {
      uint64_t read = 0;
      const absl::Status status =
          store.ReadEvents(store::OrgKey{org.value}, after, kCompared, [&](uint64_t seq, std::string_view bytes) {
            ++read;
            after = seq;
            if (seq > durable) {
              Durable(org, seq, std::string(bytes));
            } else if (router::Fingerprint(bytes) != model.entries[seq - 1]) {
              Broken(absl::StrCat(org.value, ": event ", seq, " is another after the crash"));
            }
            return broken_.empty();
          });
      if (!status.ok()) return Broken(absl::StrCat(org.value, ": ", status.ToString()));
      if (read == 0) break;
    }
    if (broken_.empty() && after < durable) {
      Broken(absl::StrCat(org.value, ": events ", after + 1, " to ", durable, " were durable, and are lost"));
    }
  }
}

void Auditor::Answered(const OrgId& org, const std::string& request, Revision revision, const std::string& answer) {
  if (!broken_.empty()) return;
  const Model& model = models_[org];
  if (revision.value > model.entries.size()) {
    return Broken(absl::StrCat(org.value, ": request ", request, " was answered with revision ", revision.value,
                               ", which is not durable"));
  }
  const auto [first, inserted] = answers_.emplace(absl::StrCat(org.value, "/", request), answer);
  if (!inserted && first->second != answer) {
    Broken(absl::StrCat(org.value, ": request ", request, " was answered twice, differently"));
  }
}

void Auditor::Shown(const OrgId& org, const LogEntry& entry) {
  if (!broken_.empty()) return;
  const Model& model = models_[org];
  if (entry.revision.value > model.entries.size()) {
    Broken(absl::StrCat(org.value, ": a watcher was shown revision ", entry.revision.value, ", which is not durable"));
  }
}

void Auditor::Quiet(const router::OrgRuntime& rt, Time now) {
  if (!broken_.empty()) return;
  const Model& model = models_[rt.org.id];
  auto broken = [&](SessionId id, const std::string& why) {
    Broken(absl::StrCat(rt.org.id.value, ", session ", id.value, ", at rest: ", why));
  };
  if (rt.org.revision != model.fold.revision()) {
    return Broken(
        absl::StrCat(rt.org.id.value, " is at revision ", rt.org.revision.value, ", the log at ", model.fold.revision().value));
  }
  for (const auto& [id, session] : rt.org.sessions) {
    Fold::Views views;
    for (const EntryMark& mark : session.marks) views.own[mark.technician] = {mark.state, mark.since};
    if (session.pool.state != EntryState::kNone && session.pool.state != EntryState::kRemoved) {
      views.pools[session.queue()] = {session.pool.state, session.pool.since};
    }
    const auto folded = model.fold.sessions().find(id);
    const bool unseen = views.own.empty() && views.pools.empty();
    if (folded == model.fold.sessions().end()) {
      if (!unseen) broken(id, "is seen, and no watcher was told");
      continue;
    }
    for (const auto& [technician, sight] : folded->second.own) {
      const auto mark = views.own.find(technician);
      if (mark == views.own.end() || mark->second.state != sight.state ||
          (sight.state != EntryState::kRemoved && mark->second.since != sight.since)) {
        broken(id, absl::StrCat(technician.value, " sees something else than the watchers of the log"));
      }
    }
    if (views.own.size() != folded->second.own.size() || views.pools != folded->second.pools) {
      broken(id, "is seen by others than the watchers of the log say");
    }
    if (session.ended_already()) continue;
    const auto armed = rt.armed.find(id);
    if (armed == rt.armed.end()) {
      broken(id, "has no deadline");
    } else if (armed->second <= now) {
      broken(id, "its deadline has passed, and has not fired");
    } else if (armed->second != NextDeadline(rt.org, session)->due) {
      broken(id, "its deadline moved, and it is armed for the earlier one");
    }
    if (session.link == Link::kAttached && session.method != Method::kMonitoring) {
      const auto presence = rt.devices.find(id);
      if (presence == rt.devices.end() || presence->second.armed == kNoTime) {
        broken(id, "nobody looks after the presence of its device");
      }
    }
    const auto facts = model.facts.find(id);
    if (facts == model.facts.end()) continue;
    if (facts->second.link != session.link) broken(id, "its device's link is not what the events say");
    if (facts->second.link == Link::kReconnecting && now - facts->second.link_since > bounds_.reconnecting) {
      broken(id, "is RECONNECTING for longer than any setting allows");
    }
    if (facts->second.link == Link::kNeverAttached && now - facts->second.link_since > bounds_.connecting) {
      broken(id, "is CONNECTING for longer than any setting allows");
    }
  }
  for (const auto& [id, technician] : rt.org.technicians) {
    const auto presence = rt.consoles.find(id);
    if (technician.console && (presence == rt.consoles.end() || presence->second.armed == kNoTime)) {
      Broken(absl::StrCat(rt.org.id.value, ", technician ", id.value, ": nobody looks after the presence of his console"));
    }
  }
}

}  // namespace guichet::sim

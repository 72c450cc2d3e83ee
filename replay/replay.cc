#include "replay/replay.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "replay/log.h"
#include "statemachine/decide.h"
#include "statemachine/invariant.h"
#include "statemachine/step.h"
#include "store/codec.h"
#include "store/keys.h"
#include "store/load.h"
#include "store/records.h"

namespace guichet::replay {
namespace {

constexpr store::Family kRecordFamilies[] = {store::Family::kSessions, store::Family::kOrgs, store::Family::kHistory,
                                             store::Family::kTimeline, store::Family::kDevices};

// FNV-1a: the same on every machine.
class Hash {
 public:
  void Add(std::string_view bytes) {
    for (const char c : bytes) Byte(static_cast<unsigned char>(c));
    for (size_t n = bytes.size(), i = 0; i < 8; ++i, n >>= 8) Byte(static_cast<unsigned char>(n));
  }
  uint64_t value() const { return value_; }

 private:
  void Byte(unsigned char byte) {
    value_ ^= byte;
    value_ *= 0x100000001b3;
  }
  uint64_t value_ = 0xcbf29ce484222325;
};

uint64_t HashOf(std::string_view bytes) {
  Hash hash;
  hash.Add(bytes);
  return hash.value();
}

ApiKey WithoutUse(ApiKey key) {
  key.last_used = kNoTime;
  return key;
}

using RecordKey = std::pair<store::Family, std::string>;

std::string NameOf(const RecordKey& key) {
  static constexpr const char* kNames[] = {"meta", "log", "sessions", "orgs", "history", "timeline", "requests", "devices"};
  uint64_t first = 0, second = 0;
  std::string where = key.second;
  if (store::ParseNumberKey(key.second, &first)) where = absl::StrCat(first);
  if (store::ParsePairKey(key.second, &first, &second)) where = absl::StrCat(first, " at ", second);
  if (store::ParseStringNumberKey(key.second, &where, &first)) absl::StrAppend(&where, " ", ~first);
  return absl::StrCat("record ", kNames[static_cast<size_t>(key.first)], " ", where);
}

// What the records must hold, by hash.
class Records {
 public:
  absl::Status Load(store::Reader& store, const store::OrgKey& org) {
    return Visit(store, org, [this](RecordKey key, uint64_t hash) { expected_.insert_or_assign(std::move(key), hash); });
  }

  void Take(const Org& org, const LogEntry& entry, const Touched& touched) {
    store::Commit commit;
    store::AddRecords(org, entry, touched, commit);
    for (store::Del& del : commit.dels) expected_.erase({del.family, std::move(del.key)});
    for (store::Put& put : commit.puts) {
      std::optional<uint64_t> hash = HashOfRecord(put.family, put.key, put.value);
      if (hash) expected_.insert_or_assign({put.family, std::move(put.key)}, *hash);
    }
  }

  // Calls `differs` for each difference. How many there are in the store.
  template <typename Differs>
  absl::StatusOr<uint64_t> Compare(store::Reader& store, const store::OrgKey& org, const Differs& differs) const {
    uint64_t count = 0;
    auto next = expected_.begin();
    absl::Status read = Visit(store, org, [&](RecordKey key, uint64_t hash) {
      ++count;
      for (; next != expected_.end() && next->first < key; ++next) differs(NameOf(next->first) + " is missing");
      if (next == expected_.end() || next->first != key) {
        differs(NameOf(key) + " is there, though no event made it");
      } else {
        if (next->second != hash) differs(NameOf(key) + " is not what the events make of it");
        ++next;
      }
    });
    if (!read.ok()) return read;
    for (; next != expected_.end(); ++next) differs(NameOf(next->first) + " is missing");
    return count;
  }

 private:
  // nullopt: a key that does not parse, which the loading of the organization reports.
  static std::optional<uint64_t> HashOfRecord(store::Family family, std::string_view key, std::string_view value) {
    if (family != store::Family::kOrgs || !key.starts_with("k/")) return HashOf(value);
    absl::StatusOr<ApiKey> api_key = store::DecodeApiKey(value);
    if (!api_key.ok()) return std::nullopt;
    return HashOf(store::EncodeApiKey(WithoutUse(*std::move(api_key))));
  }

  // In the order of `expected_`.
  template <typename Use>
  static absl::Status Visit(store::Reader& store, const store::OrgKey& org, const Use& use) {
    absl::Status bad;
    for (const store::Family family : kRecordFamilies) {
      absl::Status scan = store.Scan(org, {family, "", ""}, [&](std::string_view key, std::string_view value) {
        std::optional<uint64_t> hash = HashOfRecord(family, key, value);
        if (!hash) {
          bad = absl::DataLossError(NameOf({family, std::string(key)}) + " is damaged");
          return false;
        }
        use(RecordKey(family, key), *hash);
        return true;
      });
      if (!scan.ok()) return scan;
      if (!bad.ok()) return bad;
    }
    return absl::OkStatus();
  }

  std::map<RecordKey, uint64_t> expected_;
};

class Replayer {
 public:
  Replayer(store::Reader& store, const store::OrgKey& key, const Options& options)
      : store_(store), key_(key), options_(options) {
    report_.org = OrgId{key.value};
  }

  absl::StatusOr<Report> Run() {
    absl::StatusOr<Log> log = Log::Open(store_, key_, options_.from);
    if (!log.ok()) return log.status();
    org_ = log->TakeBegin();
    report_.after = log->after();
    report_.last = log->last();
    if (options_.compare_records && options_.from != nullptr) {
      if (absl::Status loaded = records_.Load(*options_.from, key_); !loaded.ok()) return loaded;
    }
    absl::Status read = log->Read([this](LogEntry entry, std::string_view bytes) { Take(std::move(entry), bytes); });
    if (!read.ok()) return read;
    report_.state = StateHash(org_);
    if (options_.compare_records) {
      if (absl::Status compared = CompareRecords(); !compared.ok()) return compared;
    }
    return std::move(report_);
  }

 private:
  void Take(LogEntry entry, std::string_view bytes) {
    const Revision revision = entry.revision;
    DecideAgain(entry);
    const Touched touched = Fold(org_, entry);
    ++report_.events;
    if (store::EncodeLogEntry(entry) != bytes) Differs(revision, "the state after it is another");
    for (SessionId id : touched.live) {
      const std::string_view broken = BrokenInvariant(org_, *FindSession(org_, id));
      if (!broken.empty()) Differs(revision, absl::StrCat("session ", id.value, ": ", std::string(broken)));
    }
    if (options_.compare_records) records_.Take(org_, entry, touched);
    if (options_.mark_every != 0 && revision.value % options_.mark_every == 0) {
      report_.marks.push_back({revision, StateHash(org_)});
    }
  }

  // What the daemon decided by itself follows from the state and the time: it must come out the same.
  void DecideAgain(const LogEntry& entry) {
    const SessionId session = entry.events.empty() ? SessionId{} : SessionOf(entry.events.front());
    const auto* gone = entry.events.empty() ? nullptr : std::get_if<event::ComputerGone>(&entry.events.back());
    std::optional<Command> command;
    if (entry.actor == "routing" && session) {
      command = command::Route{session};
      ++report_.decisions;
    } else if (entry.actor == "timer" && gone != nullptr) {
      command = command::ExpireComputer{gone->computer};
      ++report_.timers;
    } else if (entry.actor == "timer" && FindSession(org_, session) != nullptr) {
      command = command::FireTimer{session};
      ++report_.timers;
    }
    if (!command) return;
    absl::StatusOr<Decision> decision = Decide(org_, *command, entry.time);
    if (!decision.ok()) {
      Differs(entry.revision, absl::StrCat(entry.actor, " decides otherwise: ", decision.status().message()));
      return;
    }
    LogEntry again;
    again.revision = entry.revision;
    again.time = entry.time;
    again.trigger = decision->trigger;
    again.actor = entry.actor;
    again.events = std::move(decision->events);
    LogEntry was = entry;
    was.sessions.clear();
    if (store::EncodeLogEntry(again) != store::EncodeLogEntry(was)) {
      Differs(entry.revision, absl::StrCat(entry.actor, " decides otherwise about session ", session.value));
    }
  }

  absl::Status CompareRecords() {
    absl::StatusOr<Org> stored = store::LoadOrg(store_, key_, report_.last);
    if (!stored.ok()) return stored.status();
    absl::StatusOr<uint64_t> compared =
        records_.Compare(store_, key_, [this](std::string what) { Differs(Revision{}, std::move(what)); });
    if (!compared.ok()) return compared.status();
    report_.records = *compared;
    if (StateHash(*stored) != report_.state) Differs(Revision{}, "the state that the records give is another");
    return absl::OkStatus();
  }

  void Differs(Revision revision, std::string what) {
    ++report_.differences;
    if (report_.first_differences.size() < kDifferencesKept) report_.first_differences.push_back({revision, std::move(what)});
  }

  store::Reader& store_;
  const store::OrgKey key_;
  const Options options_;
  Org org_;
  Records records_;
  Report report_;
};

}  // namespace

std::string StateHash(const Org& org) {
  Hash hash;
  hash.Add(store::NumberKey(org.revision.value));
  hash.Add(store::EncodeOrg({org.id, org.display_name, org.created, org.last_session, org.settings}));
  hash.Add(store::EncodeCounters({org.last_session, org.last_computer}));
  for (const auto& [id, group] : org.groups) hash.Add(store::EncodeGroup(group));
  for (const auto& [id, technician] : org.technicians) hash.Add(store::EncodeTechnician(technician));
  for (const auto& [id, channel] : org.channels) hash.Add(store::EncodeChannel(channel));
  for (const auto& [id, key] : org.keys) hash.Add(store::EncodeApiKey(WithoutUse(key)));
  for (const auto& [id, library] : org.libraries) hash.Add(store::EncodeLibrary({id, library}));
  for (const auto& [id, computer] : org.computers) hash.Add(store::EncodeComputer(computer));
  for (const auto& [queue, stats] : org.stats) hash.Add(store::EncodeQueueStats({queue, stats}));
  std::vector<SessionId> sessions;
  for (const auto& [id, session] : org.sessions) sessions.push_back(id);
  std::sort(sessions.begin(), sessions.end());
  for (SessionId id : sessions) hash.Add(store::EncodeSession(org.sessions.at(id)));
  return absl::StrFormat("%016x", hash.value());
}

absl::StatusOr<Report> Replay(store::Reader& store, const store::OrgKey& org, const Options& options) {
  return Replayer(store, org, options).Run();
}

}  // namespace guichet::replay

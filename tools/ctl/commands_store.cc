// checkpoint, of a daemon; replay, what-if, verify and restore, which need the files of a store and no daemon.
#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "google/protobuf/struct.pb.h"
#include "guichet/v1/admin_service.pb.h"
#include "guichet/v1/channel_service.pb.h"
#include "replay/replay.h"
#include "replay/what_if.h"
#include "store/rocksdb_store.h"
#include "tools/ctl/commands.h"
#include "tools/ctl/flags.h"
#include "tools/ctl/tables.h"
#include "tools/ctl/words.h"

namespace guichet::ctl {
namespace {

struct StoreFlags {
  std::string data;
  std::string from;
  std::string organization;
  uint64_t mark_every = 0;
};

// A checkpoint is a store; a daemon's --data folder has one in it.
std::string StoreIn(const std::string& folder) {
  std::error_code error;
  const std::filesystem::path inside = std::filesystem::path(folder) / "store";
  return std::filesystem::exists(inside / "CURRENT", error) ? inside.string() : folder;
}

using Use = std::function<absl::Status(store::Reader& store, const store::OrgKey& org, store::Reader* from)>;

// `check_files`: compare the checksums first.
absl::Status ForEachOrganization(const StoreFlags& flags, bool check_files, const Use& use) {
  auto store = store::OpenRocksDbForReading(StoreIn(flags.data));
  if (!store.ok()) return store.status();
  std::unique_ptr<store::CheckedReader> from;
  if (!flags.from.empty()) {
    auto opened = store::OpenRocksDbForReading(StoreIn(flags.from));
    if (!opened.ok()) return opened.status();
    from = *std::move(opened);
  }
  if (check_files) {
    if (absl::Status whole = (*store)->CheckFiles(); !whole.ok()) return whole;
  }
  auto orgs = (*store)->ListOrgs();
  if (!orgs.ok()) return orgs.status();
  bool any = false;
  for (const store::OrgKey& org : *orgs) {
    if (!flags.organization.empty() && org.value != flags.organization) continue;
    auto log = (*store)->Log(org);
    if (!log.ok()) return log.status();
    if (log->last == 0) continue;  // its creation never became durable
    any = true;
    if (absl::Status used = use(**store, org, from.get()); !used.ok()) return used;
  }
  if (any || flags.organization.empty()) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("no organization ", flags.organization, " in ", flags.data));
}

void StoreFlagsOf(CLI::App* command, StoreFlags* flags) {
  command->add_option("--data", flags->data, "Checkpoint, or the data folder of a daemon that is stopped; it is not changed")
      ->type_name("FOLDER")
      ->required();
  command->add_option("--from", flags->from, "Earlier checkpoint to begin with, when the first events are no longer kept")
      ->type_name("FOLDER");
  command->add_option("--organization", flags->organization, "Only this one")->type_name("ID");
}

absl::StatusOr<std::vector<replay::Report>> ReplayAll(const StoreFlags& flags, bool compare_records) {
  std::vector<replay::Report> reports;
  absl::Status ran = ForEachOrganization(
      flags, compare_records, [&](store::Reader& store, const store::OrgKey& org, store::Reader* from) -> absl::Status {
        auto report =
            replay::Replay(store, org, {.from = from, .mark_every = flags.mark_every, .compare_records = compare_records});
        if (!report.ok()) return report.status();
        reports.push_back(*std::move(report));
        return absl::OkStatus();
      });
  if (!ran.ok()) return ran;
  return reports;
}

google::protobuf::Struct ToStruct(const std::vector<replay::Report>& reports) {
  google::protobuf::Struct out;
  auto& list = *(*out.mutable_fields())["organizations"].mutable_list_value();
  for (const replay::Report& report : reports) {
    auto& fields = *list.add_values()->mutable_struct_value()->mutable_fields();
    fields["organizationId"].set_string_value(report.org.value);
    fields["after"].set_number_value(static_cast<double>(report.after.value));
    fields["last"].set_number_value(static_cast<double>(report.last.value));
    fields["decisions"].set_number_value(static_cast<double>(report.decisions));
    fields["timers"].set_number_value(static_cast<double>(report.timers));
    fields["records"].set_number_value(static_cast<double>(report.records));
    fields["state"].set_string_value(report.state);
    fields["differences"].set_number_value(static_cast<double>(report.differences));
    auto& differences = *fields["firstDifferences"].mutable_list_value();
    for (const replay::Difference& difference : report.first_differences) {
      auto& one = *differences.add_values()->mutable_struct_value()->mutable_fields();
      one["revision"].set_number_value(static_cast<double>(difference.revision.value));
      one["what"].set_string_value(difference.what);
    }
    auto& marks = *fields["marks"].mutable_list_value();
    for (const replay::Mark& mark : report.marks) {
      auto& one = *marks.add_values()->mutable_struct_value()->mutable_fields();
      one["revision"].set_number_value(static_cast<double>(mark.revision.value));
      one["state"].set_string_value(mark.state);
    }
  }
  return out;
}

std::string ToText(const std::vector<replay::Report>& reports, bool compare_records) {
  std::vector<std::string> heading = {"ORGANIZATION", "EVENTS", "DECISIONS", "TIMERS", "STATE", "DIFFERENCES"};
  if (compare_records) heading.insert(heading.begin() + 4, "RECORDS");
  Table table(heading);
  std::string details;
  for (const replay::Report& report : reports) {
    std::vector<std::string> row = {report.org.value,
                                    absl::StrCat(report.after.value + 1, "-", report.last.value),
                                    absl::StrCat(report.decisions),
                                    absl::StrCat(report.timers),
                                    report.state,
                                    absl::StrCat(report.differences)};
    if (compare_records) row.insert(row.begin() + 4, absl::StrCat(report.records));
    table.Add(std::move(row));
    for (const replay::Mark& mark : report.marks) {
      absl::StrAppend(&details, report.org.value, " ", mark.revision.value, " ", mark.state, "\n");
    }
    for (const replay::Difference& difference : report.first_differences) {
      absl::StrAppend(&details, report.org.value, ": ");
      if (difference.revision.value != 0) absl::StrAppend(&details, "event ", difference.revision.value, ": ");
      absl::StrAppend(&details, Printable(difference.what), "\n");
    }
  }
  return table.Text() + details;
}

void Run(CLI::App* command, Runner& runner, std::shared_ptr<StoreFlags> flags, bool compare_records) {
  StoreFlagsOf(command, flags.get());
  runner.Act(command, [&runner, flags, compare_records] {
    auto reports = ReplayAll(*flags, compare_records);
    if (!reports.ok()) return reports.status();
    runner.Emit(
        ToStruct(*reports), [&] { return ToText(*reports, compare_records); }, nullptr);
    uint64_t differences = 0;
    for (const replay::Report& report : *reports) differences += report.differences;
    if (differences == 0) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(differences, differences == 1 ? " difference" : " differences"));
  });
}

void AddReplay(CLI::App& app, Runner& runner) {
  auto* command = runner.Add(
      app,
      {"replay", "Fold a recorded log again: the same states, the same decisions of routing and timers; exit code 6 when not",
       "replay --data /var/lib/guichet/checkpoints/monday"});
  auto flags = std::make_shared<StoreFlags>();
  command->add_option("--every", flags->mark_every, "Print the state after every so many events, to compare two builds")
      ->type_name("N");
  Run(command, runner, flags, false);
}

struct OtherPolicy {
  std::vector<std::string> channels;  // none: all
  std::optional<Strategy> strategy;
  std::optional<RoutingMode> mode;
  std::optional<Duration> offer_timeout, retry_after, wrap_up, preferred_for, overflow_after;
  std::optional<uint32_t> priority, weight;

  void Change(Channel& channel) const {
    if (!channels.empty() && std::find(channels.begin(), channels.end(), channel.id.value) == channels.end()) return;
    channel.routing.strategy = strategy.value_or(channel.routing.strategy);
    channel.routing.mode = mode.value_or(channel.routing.mode);
    channel.routing.offer_timeout = offer_timeout.value_or(channel.routing.offer_timeout);
    channel.routing.retry_after = retry_after.value_or(channel.routing.retry_after);
    channel.routing.wrap_up = wrap_up.value_or(channel.routing.wrap_up);
    channel.routing.preferred_for = preferred_for.value_or(channel.routing.preferred_for);
    channel.routing.overflow_after = overflow_after.value_or(channel.routing.overflow_after);
    channel.priority = priority.value_or(channel.priority);
    channel.routing.weight = weight.value_or(channel.routing.weight);
  }
};

std::string SecondsWord(Duration duration) { return absl::StrFormat("%.1fs", static_cast<double>(duration.count()) / 1000); }

template <class Map, class Key>
typename Map::mapped_type At(const Map& map, const Key& key) {
  auto it = map.find(key);
  return it == map.end() ? typename Map::mapped_type{} : it->second;
}

std::string WaitsText(const replay::WhatIf& result) {
  Table table({"CHANNEL", "POLICY", "STARTED", "LEFT", "MEAN WAIT", "MEDIAN", "90 %", "LONGEST"});
  auto add = [&](const std::string& channel, const std::string& policy, const replay::Waits& w) {
    table.Add({channel, policy, absl::StrCat(w.started), absl::StrCat(w.left), SecondsWord(w.mean), SecondsWord(w.median),
               SecondsWord(w.p90), SecondsWord(w.max)});
  };
  std::set<ChannelId> channels;
  for (const auto& [channel, w] : result.recorded.channels) channels.insert(channel);
  for (const auto& [channel, w] : result.instead.channels) channels.insert(channel);
  for (const ChannelId& channel : channels) {
    add(channel.value, "recorded", At(result.recorded.channels, channel));
    add(channel.value, "other", At(result.instead.channels, channel));
  }
  add("all", "recorded", result.recorded.all);
  add("all", "other", result.instead.all);
  return table.Text();
}

std::string LoadText(const replay::WhatIf& result) {
  Table table({"TECHNICIAN", "SESSIONS", "OTHER", "BUSY", "OTHER"});
  std::set<TechnicianId> technicians;
  for (const auto& [id, count] : result.recorded.sessions) technicians.insert(id);
  for (const auto& [id, count] : result.instead.sessions) technicians.insert(id);
  for (const TechnicianId& id : technicians) {
    table.Add({id.value, absl::StrCat(At(result.recorded.sessions, id)), absl::StrCat(At(result.instead.sessions, id)),
               SecondsWord(At(result.recorded.busy, id)), SecondsWord(At(result.instead.busy, id))});
  }
  return table.Text();
}

std::string ToText(const std::vector<replay::WhatIf>& results) {
  std::string text;
  for (const replay::WhatIf& result : results) {
    absl::StrAppend(&text, result.org.value, ": ", result.changed, " of ", result.decisions, " decisions differ, ",
                    result.modelled, " sessions are modelled\n\n", WaitsText(result), "\n", LoadText(result),
                    absl::StrFormat("\nfairness %.3f, other %.3f\n", result.recorded.fairness, result.instead.fairness));
    for (const replay::ChangedDecision& changed : result.first_changed) {
      absl::StrAppend(&text, absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromChrono(changed.at), absl::UTCTimeZone()),
                      " session ", changed.session.value, ": ", changed.recorded.empty() ? "nothing" : changed.recorded,
                      ", other: ", changed.instead.empty() ? "nothing" : changed.instead, "\n");
    }
  }
  return text;
}

google::protobuf::Value Number(double number) {
  google::protobuf::Value value;
  value.set_number_value(number);
  return value;
}

google::protobuf::Value Seconds(Duration duration) { return Number(static_cast<double>(duration.count()) / 1000); }

google::protobuf::Value ToValue(const replay::Waits& waits) {
  google::protobuf::Value value;
  auto& fields = *value.mutable_struct_value()->mutable_fields();
  fields["started"] = Number(static_cast<double>(waits.started));
  fields["left"] = Number(static_cast<double>(waits.left));
  fields["meanSeconds"] = Seconds(waits.mean);
  fields["medianSeconds"] = Seconds(waits.median);
  fields["p90Seconds"] = Seconds(waits.p90);
  fields["maxSeconds"] = Seconds(waits.max);
  return value;
}

google::protobuf::Value ToValue(const replay::Outcome& outcome) {
  google::protobuf::Value value;
  auto& fields = *value.mutable_struct_value()->mutable_fields();
  fields["all"] = ToValue(outcome.all);
  auto& channels = *fields["channels"].mutable_struct_value()->mutable_fields();
  for (const auto& [channel, waits] : outcome.channels) channels[channel.value] = ToValue(waits);
  auto& technicians = *fields["technicians"].mutable_struct_value()->mutable_fields();
  for (const auto& [id, count] : outcome.sessions) {
    auto& one = *technicians[id.value].mutable_struct_value()->mutable_fields();
    one["sessions"] = Number(static_cast<double>(count));
    one["busySeconds"] = Seconds(At(outcome.busy, id));
  }
  fields["fairness"] = Number(outcome.fairness);
  return value;
}

google::protobuf::Struct ToStruct(const std::vector<replay::WhatIf>& results) {
  google::protobuf::Struct out;
  auto& list = *(*out.mutable_fields())["organizations"].mutable_list_value();
  for (const replay::WhatIf& result : results) {
    auto& fields = *list.add_values()->mutable_struct_value()->mutable_fields();
    fields["organizationId"].set_string_value(result.org.value);
    fields["decisions"] = Number(static_cast<double>(result.decisions));
    fields["changed"] = Number(static_cast<double>(result.changed));
    fields["modelled"] = Number(static_cast<double>(result.modelled));
    fields["recorded"] = ToValue(result.recorded);
    fields["other"] = ToValue(result.instead);
  }
  return out;
}

void PolicyFlags(CLI::App* command, OtherPolicy* policy) {
  command->add_option("--channel", policy->channels, "Channels that have the other policy; all by default")
      ->delimiter(',')
      ->type_name("A,B");
  EnumFlag<v1::RoutingMode>(
      command, "--routing", [policy](v1::RoutingMode mode) { policy->mode = static_cast<RoutingMode>(mode); },
      "How sessions find a technician");
  EnumFlag<v1::RoutingStrategy>(
      command, "--strategy", [policy](v1::RoutingStrategy strategy) { policy->strategy = static_cast<Strategy>(strategy); },
      "Who among those who can take a session");
  auto duration = [command](const std::string& name, std::optional<Duration>* value, const std::string& help) {
    DurationFlag(
        command, name, [value](absl::Duration duration) { *value = Duration{absl::ToInt64Milliseconds(duration)}; }, help);
  };
  duration("--offer-timeout", &policy->offer_timeout, "Until an offer passes to the next");
  duration("--retry-after", &policy->retry_after, "Who let an offer pass is not asked again so soon");
  duration("--wrap-up", &policy->wrap_up, "After-work of a session");
  duration("--preferred-for", &policy->preferred_for, "How long a session waits for its preferred technician alone");
  duration("--overflow-after", &policy->overflow_after, "When the overflow groups are asked too");
  Flag<uint32_t>(
      command, "--priority", [policy](const uint32_t& priority) { policy->priority = priority; },
      "Priority of the channel, 0-10")
      ->check(CLI::Range(0, 10));
  Flag<uint32_t>(
      command, "--weight", [policy](const uint32_t& weight) { policy->weight = weight; },
      "Units of capacity that a session takes, 1-100")
      ->check(CLI::Range(1, 100));
}

void AddWhatIf(CLI::App& app, Runner& runner) {
  auto* command =
      runner.Add(app, {"what-if", "Route recorded traffic by another policy: what changes in waits, load and fairness",
                       "what-if --data /var/lib/guichet/checkpoints/monday --channel web --strategy least-active"});
  auto flags = std::make_shared<StoreFlags>();
  auto policy = std::make_shared<OtherPolicy>();
  StoreFlagsOf(command, flags.get());
  PolicyFlags(command, policy.get());
  runner.Act(command, [&runner, flags, policy] {
    std::vector<replay::WhatIf> results;
    absl::Status ran = ForEachOrganization(
        *flags, false, [&](store::Reader& store, const store::OrgKey& org, store::Reader* from) -> absl::Status {
          auto result = replay::RunWhatIf(store, org, from, [&](Channel& channel) { policy->Change(channel); });
          if (!result.ok()) return result.status();
          results.push_back(*std::move(result));
          return absl::OkStatus();
        });
    if (!ran.ok()) return ran;
    runner.Emit(
        ToStruct(results), [&] { return ToText(results); }, nullptr);
    return absl::OkStatus();
  });
}

void AddVerify(CLI::App& app, Runner& runner) {
  auto* command = runner.Add(app, {"verify",
                                   "Check a store: checksums of its files, and every record against the log; exit code 6 when "
                                   "something differs",
                                   "verify --data /var/lib/guichet/checkpoints/monday"});
  Run(command, runner, std::make_shared<StoreFlags>(), true);
}

void AddRestore(CLI::App& app, Runner& runner) {
  auto* command = runner.Add(app, {"restore", "Copy a checkpoint into an empty data folder, for a daemon to start on",
                                   "restore --checkpoint /backup/monday --data /var/lib/guichet"});
  auto checkpoint = std::make_shared<std::string>();
  auto data = std::make_shared<std::string>();
  command->add_option("--checkpoint", *checkpoint, "Checkpoint to copy; its checksums are compared first")
      ->type_name("FOLDER")
      ->required();
  command->add_option("--data", *data, "Data folder of the daemon, without a store in it")->type_name("FOLDER")->required();
  runner.Act(command, [&runner, checkpoint, data] {
    const std::string folder = (std::filesystem::path(*data) / "store").string();
    if (absl::Status restored = store::RestoreRocksDbCheckpoint(*checkpoint, folder); !restored.ok()) return restored;
    google::protobuf::Struct result;
    (*result.mutable_fields())["folder"].set_string_value(folder);
    runner.Emit(
        result, [&] { return absl::StrCat("restored into ", folder, "\n"); }, nullptr);
    return absl::OkStatus();
  });
}

std::string CheckpointTable(const google::protobuf::RepeatedPtrField<v1::Checkpoint>& checkpoints, absl::Time now) {
  Table table({"NAME", "AGE", "BYTES", "FOLDER"});
  for (const v1::Checkpoint& checkpoint : checkpoints) {
    table.Add({checkpoint.name(), Since(checkpoint.create_time(), now), absl::StrCat(checkpoint.bytes()), checkpoint.path()});
  }
  return table.Text();
}

void AddCheckpoint(CLI::App& app, Runner& runner) {
  auto* family = runner.AddFamily(app, "checkpoint", "Copies of the whole store, made while the daemon serves (operators)");
  auto* create = runner.Add(*family, {"create", "Make a checkpoint, on the daemon's machine", "checkpoint create monday"});
  auto created = runner.Bind<v1::CreateCheckpointRequest, v1::CreateCheckpointResponse>(
      create, {.table = [&runner](const v1::CreateCheckpointResponse& response) {
        return CheckpointTable(One(response.checkpoint()), runner.io().now());
      }});
  Argument(
      create, "NAME", [created](const std::string& name) { created->set_name(name); }, "Name of the checkpoint");
  auto* list = runner.Add(*family, {"list", "List checkpoints", "checkpoint list"});
  runner.Bind<v1::ListCheckpointsRequest, v1::ListCheckpointsResponse>(
      list, {.table = [&runner](const v1::ListCheckpointsResponse& response) {
        return CheckpointTable(response.checkpoints(), runner.io().now());
      }});
  auto* remove = runner.Add(*family, {"delete", "Delete a checkpoint", "checkpoint delete monday"});
  auto removed = runner.Bind<v1::DeleteCheckpointRequest, v1::DeleteCheckpointResponse>(
      remove, {.table = [](const v1::DeleteCheckpointResponse&) { return std::string("deleted\n"); }});
  Argument(
      remove, "NAME", [removed](const std::string& name) { removed->set_name(name); }, "Name of the checkpoint");
}

}  // namespace

void AddStoreCommands(CLI::App& app, Runner& runner) {
  AddCheckpoint(app, runner);
  AddReplay(app, runner);
  AddWhatIf(app, runner);
  AddVerify(app, runner);
  AddRestore(app, runner);
}

}  // namespace guichet::ctl

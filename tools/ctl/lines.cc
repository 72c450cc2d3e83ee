#include "tools/ctl/lines.h"

#include "absl/strings/str_cat.h"
#include "tools/client/status.h"
#include "tools/ctl/tables.h"
#include "tools/ctl/words.h"

namespace guichet::ctl {
namespace {

std::string Clock(Runner& runner) { return absl::FormatTime("%H:%M:%S", runner.io().now(), absl::UTCTimeZone()); }

std::string EntryLine(const std::string& clock, const v1::QueueEntry& entry, const std::string& from,
                      const std::string& cause) {
  const v1::Session& session = entry.session();
  return absl::StrCat(clock, "  ", session.session_id(), "  ", from, Word(entry.state()), "  ", Printable(session.name()),
                      session.lead_technician_id().empty() ? "" : absl::StrCat("  lead ", session.lead_technician_id()),
                      session.has_offer() ? absl::StrCat("  offered to ", session.offer().technician_id()) : "",
                      session.activities().empty() ? "" : absl::StrCat("  doing ", ActivitiesWord(session)),
                      cause.empty() ? "" : "  ", cause, "\n");
}

std::string ChangeLine(const std::string& clock, const v1::QueueChange& change) {
  std::string from = absl::StrCat(Word(change.from()), "→");
  if (change.from() == v1::ENTRY_STATE_UNSPECIFIED) from = "+";
  if (change.from() == change.entry().state()) from = "=";
  std::string cause = change.trigger();
  if (!change.row().empty()) absl::StrAppend(&cause, " ", change.row());
  if (!change.actor().empty()) absl::StrAppend(&cause, " by ", change.actor());
  if (!change.in_tab()) absl::StrAppend(&cause, " (not in this tab)");
  return EntryLine(clock, change.entry(), from, cause);
}

std::string TechnicianLine(const std::string& clock, const v1::Technician& technician) {
  return absl::StrCat(clock, "  ", technician.technician_id(), "  ", Word(technician.status()), "  ",
                      technician.active_sessions(), " active",
                      technician.away_reason().empty() ? "" : absl::StrCat("  ", technician.away_reason()), "\n");
}

}  // namespace

std::shared_ptr<int> DeclareChanges(CLI::App* command) {
  auto changes = std::make_shared<int>(0);
  command->add_option("--changes", *changes, "End after so many changes; 0: go on for ever")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  return changes;
}

void PrintQueueMessage(Runner& runner, const v1::WatchQueueResponse& response) {
  std::ostream& out = runner.io().out;
  if (runner.json()) {
    out << Json(response, /*pretty=*/false) << "\n";
  } else if (response.has_snapshot()) {
    for (const v1::QueueEntry& entry : response.snapshot().entries()) out << EntryLine(Clock(runner), entry, "", "");
  } else if (response.has_change()) {
    out << ChangeLine(Clock(runner), response.change());
  }
  out.flush();
}

void PrintTechnicianMessage(Runner& runner, const v1::WatchTechniciansResponse& response) {
  std::ostream& out = runner.io().out;
  if (runner.json()) {
    out << Json(response, /*pretty=*/false) << "\n";
  } else if (response.has_snapshot()) {
    for (const v1::Technician& technician : response.snapshot().technicians()) out << TechnicianLine(Clock(runner), technician);
  } else if (response.has_technician()) {
    out << TechnicianLine(Clock(runner), response.technician());
  } else if (response.event_case() == v1::WatchTechniciansResponse::kDeletedTechnicianId) {
    out << Clock(runner) << "  " << response.deleted_technician_id() << "  deleted\n";
  }
  out.flush();
}

void PrintDelivery(Runner& runner, const v1::WatchDeliveriesResponse& response) {
  std::ostream& out = runner.io().out;
  if (runner.json()) {
    out << Json(response, /*pretty=*/false) << "\n";
  } else {
    out << absl::StrCat(Clock(runner), "  ", response.session_id(), "  ", Word(response.method()), "  ", response.address(),
                        "  code ", response.code(), "  ", Printable(response.name()),
                        response.language().empty() ? "" : absl::StrCat(" (", response.language(), ")"), "  from ",
                        Printable(response.technician_name()), "\n");
  }
  out.flush();
}

void PrintLine(Runner& runner, const google::protobuf::Message& message, const std::string& line) {
  runner.io().out << (runner.json() ? Json(message, /*pretty=*/false) : absl::StrCat(Clock(runner), "  ", line)) << "\n";
  runner.io().out.flush();
}

void PrintResume(Runner& runner, const absl::Status& why) {
  runner.io().err << "guichetctl: watch interrupted (" << client::CodeName(why) << "), connecting again\n";
}

}  // namespace guichet::ctl

// What is kept: notes, the history of devices, libraries of technicians.
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "guichet/v1/library_service.pb.h"
#include "tools/ctl/commands.h"
#include "tools/ctl/flags.h"
#include "tools/ctl/lines.h"
#include "tools/ctl/output.h"
#include "tools/ctl/tables.h"
#include "tools/ctl/words.h"

namespace guichet::ctl {
namespace {

std::string HistoryText(const v1::ListDeviceHistoryResponse& response, absl::Time now) {
  std::string text;
  for (const v1::PastSession& past : response.sessions()) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", SessionTable(One(past.session()), now));
    for (const v1::Note& note : past.notes()) {
      absl::StrAppend(&text, "note", note.name().empty() ? "" : " of ", Printable(note.name()), ": ", Printable(note.text()),
                      "\n");
    }
    for (const v1::SurveyAnswer& answer : past.survey_answers()) {
      absl::StrAppend(&text, "survey: ", Printable(answer.question()), " ", Printable(answer.answer()), "\n");
    }
    absl::StrAppend(&text, TimelineTable(past.events()));
    if (past.more_events()) {
      absl::StrAppend(&text, "… more: guichetctl session timeline ", past.session().session_id(), "\n");
    }
  }
  return text.empty() ? "no sessions of this device have ended\n" : text;
}

std::string LibraryText(const v1::GetLibraryResponse& response) {
  std::string text;
  auto add = [&](const std::string& category, const std::string& name, const std::string& value) {
    absl::StrAppend(&text, Printable(category), category.empty() ? "" : " / ", Printable(name), ": ", Printable(value), "\n");
  };
  for (const v1::LibraryReply& reply : response.library().replies()) add(reply.category(), reply.name(), reply.text());
  for (const v1::LibraryLink& link : response.library().links()) add(link.category(), link.name(), link.url());
  return text.empty() ? "the library is empty\n" : text;
}

template <typename Request>
void OwnerFlag(CLI::App* command, std::shared_ptr<Request> request) {
  TextFlag(
      command, "--technician", [request](const std::string& id) { request->set_technician_id(id); },
      "Whose library it is; that of the token's technician by default");
}

// By the end of a file's name.
v1::LibraryFormat FormatOf(const std::string& flag, const std::string& path) {
  if (path.ends_with(".xml")) return v1::LIBRARY_FORMAT_XML;
  if (path.ends_with(".json")) return v1::LIBRARY_FORMAT_JSON;
  throw CLI::ValidationError(flag, "must end with .json or .xml");
}

void AddLibraryGet(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"get", "Show the replies and links of a technician", "library get --technician ann"});
  OwnerFlag(command, runner.Bind<v1::GetLibraryRequest, v1::GetLibraryResponse>(command, {.table = LibraryText}));
}

void AddLibraryImport(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"import", "Put the replies and links of a document in place of a library, or behind it",
                                      "library import replies.xml --append --technician ann"});
  auto request = runner.Bind<v1::ImportLibraryRequest, v1::ImportLibraryResponse>(
      command, {.table = [](const v1::ImportLibraryResponse& response) {
        return absl::StrCat("revision ", response.revision(), "\n");
      }});
  Argument(
      command, "FILE",
      [request](const std::string& path) {
        request->set_format(FormatOf("FILE", path));
        std::ifstream in(path, std::ios::binary);
        if (!in) throw CLI::ValidationError("FILE", "cannot read " + path);
        request->set_document(std::string(std::istreambuf_iterator<char>(in), {}));
      },
      "A document of guichetctl library export: .json or .xml");
  command->add_flag_callback(
      "--append", [request] { request->set_append(true); }, "Keep what is there");
  OwnerFlag(command, request);
}

void AddLibraryExport(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(
      parent, {"export", "Print the replies and links of a technician as a document", "library export xml > replies.xml"});
  auto request = runner.Bind<v1::ExportLibraryRequest, v1::ExportLibraryResponse>(
      command, {.table = [](const v1::ExportLibraryResponse& response) { return response.document(); }});
  EnumFlag<v1::LibraryFormat>(
      command, "FORMAT", [request](v1::LibraryFormat format) { request->set_format(format); }, "json or xml")
      ->required();
  OwnerFlag(command, request);
}

}  // namespace

void AddSessionHistory(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"history", "Show the ended sessions of a device with notes and logs, the newest first",
                                      "session history a3f1-lathe"});
  auto request = runner.BindList<v1::ListDeviceHistoryRequest, v1::ListDeviceHistoryResponse>(
      command, [&runner](const v1::ListDeviceHistoryResponse& response) { return HistoryText(response, runner.io().now()); });
  Argument(
      command, "DEVICE", [request](const std::string& id) { request->set_device_id(id); }, "Id of the device");
}

void AddLibraryCommands(CLI::App& app, Runner& runner) {
  CLI::App* library = runner.AddFamily(app, "library", "Predefined replies and links of technicians");
  AddLibraryGet(*library, runner);
  AddLibraryImport(*library, runner);
  AddLibraryExport(*library, runner);
}

}  // namespace guichet::ctl

// chat: what customer and technicians write to each other in a session.
#include "absl/strings/str_cat.h"
#include "guichet/v1/chat_service.pb.h"
#include "tools/client/watch.h"
#include "tools/ctl/commands.h"
#include "tools/ctl/flags.h"
#include "tools/ctl/lines.h"
#include "tools/ctl/output.h"
#include "tools/ctl/words.h"

namespace guichet::ctl {
namespace {

std::string MessageLine(const v1::ChatMessage& message) {
  return absl::StrCat(absl::FormatTime("%H:%M:%S", ToTime(message.create_time()), absl::UTCTimeZone()), "  ",
                      message.name().empty() ? "customer" : Printable(message.name()),
                      message.technicians_only() ? " (technicians only)" : "", ": ", Printable(message.text()));
}

void AddSend(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"send", "Write into the chat of a session; a device token writes for the customer",
                                      "chat send 1861711 'Please open the printer.' --technician ann"});
  auto request = runner.Bind<v1::SendChatRequest, v1::SendChatResponse>(
      command,
      {.table = [](const v1::SendChatResponse& response) { return absl::StrCat("revision ", response.revision(), "\n"); }});
  TargetFlags(command, [request] { return request->mutable_target(); });
  Argument(
      command, "TEXT", [request](const std::string& text) { request->set_text(text); }, "What to write");
  command->add_flag_callback(
      "--technicians-only", [request] { request->set_technicians_only(true); }, "The customer never sees it");
}

void AddList(CLI::App& parent, Runner& runner) {
  auto* command = runner.Add(parent, {"list", "Show the chat of a session, also of one that has ended", "chat list 1861711"});
  auto request = runner.BindList<v1::ListChatRequest, v1::ListChatResponse>(command, [](const v1::ListChatResponse& response) {
    std::string text;
    for (const v1::ChatMessage& message : response.messages()) absl::StrAppend(&text, MessageLine(message), "\n");
    return text;
  });
  SessionArgument(command, [request](const uint64_t& id) { request->set_session_id(id); });
}

void AddWatch(CLI::App& parent, Runner& runner) {
  auto* command =
      runner.Add(parent, {"watch", "Print the chat of a session as it goes on, until the session ends: lines, or JSON lines",
                          "chat watch 1861711"});
  auto request = std::make_shared<v1::WatchChatRequest>();
  SessionArgument(command, [request](const uint64_t& id) { request->set_session_id(id); });
  auto changes = DeclareChanges(command);
  runner.Act(command, [&runner, request, changes]() -> absl::Status {
    const auto client = runner.Connect();
    if (!client.ok()) return client.status();
    ChangeCounter counter(*changes);
    return client::Watch<v1::WatchChatRequest, v1::WatchChatResponse>(
        **client, *request,
        [&](const v1::WatchChatResponse& response) {
          if (!response.has_message()) return true;
          PrintLine(runner, response, MessageLine(response.message()));
          return counter.GoOn(true);
        },
        [&](const absl::Status& why) { PrintResume(runner, why); });
  });
}

}  // namespace

void AddChatCommands(CLI::App& app, Runner& runner) {
  CLI::App* chat = runner.AddFamily(app, "chat", "What customer and technicians write to each other");
  AddSend(*chat, runner);
  AddList(*chat, runner);
  AddWatch(*chat, runner);
}

}  // namespace guichet::ctl

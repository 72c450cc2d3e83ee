#include "tools/ctl/ctl.h"

#include <algorithm>

#include "tools/ctl/commands.h"

#ifndef GUICHET_VERSION
#define GUICHET_VERSION "unknown"
#endif

namespace guichet::ctl {

void Describe(CLI::App& app, Runner& runner) {
  app.name("guichetctl");
  app.description("Operates a Guichet daemon");
  app.set_version_flag("--version", "guichetctl " GUICHET_VERSION, "Print the version");
  app.fallthrough();
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 done, 1 usage, 2 refused, 3 not found, 4 not permitted, 5 unavailable, 6 internal.\n"
      "Example:\n  guichetctl technicians --token-file admin.token");
  runner.DeclareGlobalFlags(app);
  AddMiscCommands(app, runner);
  AddOrgCommands(app, runner);
  AddGroupCommands(app, runner);
  AddPeopleCommands(app, runner);
  AddChannelCommands(app, runner);
  AddSessionCommands(app, runner);
  AddQueueCommands(app, runner);
  AddRoutingCommands(app, runner);
  AddAppletCommands(app, runner);
  AddChatCommands(app, runner);
  AddLibraryCommands(app, runner);
  AddComputerCommands(app, runner);
  AddDeliveryCommands(app, runner);
  AddStoreCommands(app, runner);
  AddShortcuts(app, runner);
}

int Main(std::vector<std::string> arguments, Io io) {
  CLI::App app;
  Runner runner(io);
  Describe(app, runner);
  // CLI11 takes the words from the back.
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, io.out, io.err) == 0 ? kExitOk : kExitUsage;
  }
  return runner.Run();
}

}  // namespace guichet::ctl

// The commands, by family. Each function declares its commands under `app`; see Runner.
#pragma once

#include <CLI/CLI.hpp>

#include "tools/ctl/runner.h"

namespace guichet::ctl {

void AddMiscCommands(CLI::App& app, Runner& runner);      // health, whoami, completion
void AddOrgCommands(CLI::App& app, Runner& runner);       // org, key
void AddGroupCommands(CLI::App& app, Runner& runner);     // group
void AddPeopleCommands(CLI::App& app, Runner& runner);    // technician
void AddChannelCommands(CLI::App& app, Runner& runner);   // channel
void AddSessionCommands(CLI::App& app, Runner& runner);   // session
void AddChatCommands(CLI::App& app, Runner& runner);      // chat
void AddLibraryCommands(CLI::App& app, Runner& runner);   // library
void AddComputerCommands(CLI::App& app, Runner& runner);  // computer
void AddDeliveryCommands(CLI::App& app, Runner& runner);  // deliveries
void AddQueueCommands(CLI::App& app, Runner& runner);     // queue
void AddRoutingCommands(CLI::App& app, Runner& runner);   // routing
void AddAppletCommands(CLI::App& app, Runner& runner);    // applet
void AddStoreCommands(CLI::App& app, Runner& runner);     // checkpoint, replay, what-if, verify, restore
void AddShortcuts(CLI::App& app, Runner& runner);         // create, list, watch, start, …

// Single commands that shortcuts repeat at the top level under `name`.
void AddSessionCreate(CLI::App& parent, Runner& runner);
void AddSessionList(CLI::App& parent, Runner& runner);
void AddSessionStart(CLI::App& parent, Runner& runner);
void AddSessionHold(CLI::App& parent, Runner& runner);
void AddSessionTransfer(CLI::App& parent, Runner& runner);
void AddSessionEnd(CLI::App& parent, Runner& runner);
void AddSessionTimeline(CLI::App& parent, Runner& runner);
void AddSessionHistory(CLI::App& parent, Runner& runner);
void AddQueueWatch(CLI::App& parent, Runner& runner);
void AddTechnicianList(CLI::App& parent, Runner& runner, const std::string& name);
void AddKeyList(CLI::App& parent, Runner& runner, const std::string& name);

}  // namespace guichet::ctl

// guichetctl as a function, so that tests can call it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "tools/ctl/io.h"
#include "tools/ctl/runner.h"

namespace guichet::ctl {

// Declares every flag and command.
void Describe(CLI::App& app, Runner& runner);

// Runs one command line without the program's name; returns the exit code. Reads GUICHET_ADDRESS, GUICHET_TOKEN and
// GUICHET_TLS_….
int Main(std::vector<std::string> arguments, Io io);

}  // namespace guichet::ctl

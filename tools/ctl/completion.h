// Shell completion, generated from the tree of commands.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace guichet::ctl {

// `shell` is "bash" or "zsh".
std::string CompletionScript(const CLI::App& app, const std::string& shell);

}  // namespace guichet::ctl

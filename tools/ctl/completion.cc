#include "tools/ctl/completion.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace guichet::ctl {
namespace {

// The words that may follow a command: its own commands and flags, and the program's flags.
std::vector<std::string> Words(const CLI::App& app, const CLI::App& root) {
  std::vector<std::string> words;
  for (const CLI::App* command : app.get_subcommands({})) {
    if (!command->get_name().empty()) words.push_back(command->get_name());
  }
  const auto add_flags = [&words](const CLI::App& from) {
    for (const CLI::Option* option : from.get_options({})) {
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
    }
  };
  add_flags(app);
  // Option groups are nameless commands.
  for (const CLI::App* group : app.get_subcommands({})) {
    if (group->get_name().empty()) add_flags(*group);
  }
  if (&app != &root) add_flags(root);
  // --help is everybody's.
  std::vector<std::string> once;
  for (const std::string& word : words) {
    if (std::find(once.begin(), once.end(), word) == once.end()) once.push_back(word);
  }
  return once;
}

// One case of the script for each command: "session/start) words='…' ;;".
void AppendCases(const CLI::App& app, const CLI::App& root, const std::string& path, std::string* out) {
  absl::StrAppend(out, "    \"", path, "\") words=\"", absl::StrJoin(Words(app, root), " "), "\" ;;\n");
  for (const CLI::App* command : app.get_subcommands({})) {
    if (command->get_name().empty()) continue;
    AppendCases(*command, root, path.empty() ? command->get_name() : absl::StrCat(path, "/", command->get_name()), out);
  }
}

}  // namespace

std::string CompletionScript(const CLI::App& app, const std::string& shell) {
  std::string cases;
  AppendCases(app, app, "", &cases);
  // The path of a command is the longest run of words that are commands; words that are not (flags and their values) are
  // skipped.
  const std::string body = absl::StrCat(
      "_guichetctl_words() {\n"
      "  case \"$1\" in\n",
      cases,
      "    *) return 1 ;;\n"
      "  esac\n"
      "}\n"
      "_guichetctl_path() {\n"
      "  local word next words\n"
      "  at=\"\"\n"
      "  for word in \"$@\"; do\n"
      "    next=\"${at:+$at/}$word\"\n"
      "    if [ -n \"$word\" ] && _guichetctl_words \"$next\"; then at=\"$next\"; fi\n"
      "  done\n"
      "}\n");
  if (shell == "bash") {
    return absl::StrCat("# bash completion of guichetctl; load it with: source <(guichetctl completion bash)\n", body,
                        "_guichetctl() {\n"
                        "  local at words\n"
                        "  _guichetctl_path \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"\n"
                        "  _guichetctl_words \"$at\"\n"
                        "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
                        "}\n"
                        "complete -o default -F _guichetctl guichetctl\n");
  }
  return absl::StrCat(
      "#compdef guichetctl\n# zsh completion of guichetctl; load it with: source <(guichetctl completion zsh)\n", body,
      "_guichetctl() {\n"
      "  local at words_here=(\"${words[@]}\") words\n"
      "  _guichetctl_path \"${words_here[@]:1:$((CURRENT - 2))}\"\n"
      "  _guichetctl_words \"$at\"\n"
      "  compadd -- ${=words}\n"
      "}\n"
      "compdef _guichetctl guichetctl\n");
}

}  // namespace guichet::ctl

// Prints the state table of queue entries: `guichet-table markdown` or `guichet-table dot`.
#include <cstdio>
#include <string>
#include <string_view>

#include "statemachine/table.h"

int main(int argc, char** argv) {
  const std::string_view format = argc == 2 ? argv[1] : "";
  if (format == "--help" || (format != "markdown" && format != "dot")) {
    std::fputs("usage: guichet-table markdown|dot\n", format == "--help" ? stdout : stderr);
    return format == "--help" ? 0 : 2;
  }
  const std::string text = format == "dot" ? guichet::TableAsDot() : guichet::TableAsMarkdown();
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0 ? 0 : 1;
}

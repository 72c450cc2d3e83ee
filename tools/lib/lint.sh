# shellcheck shell=bash
# Part of tools/dev: the checks of `lint`. Each is one pipeline, so that its status is the check's.

# Folders whose locks carry thread-safety annotations. g++ ignores those; clang reads them.
ANNOTATED=(statemachine metrics store router)

cxx_files() { tools/list-files | grep -E '\.(h|cc)$' || true; }

check_format() { cxx_files | xargs -r -d '\n' clang-format --dry-run -Werror; }

# What names the mutex header, or has annotations.
LOCKS='absl/synchronization/mutex\.h|ABSL_(GUARDED_BY|EXCLUSIVE_LOCKS_REQUIRED)'

# The .cc files with locks of their own, or that include a project header with locks.
annotated_files() {
  local folders pattern
  folders=$(IFS='|' && echo "${ANNOTATED[*]}")
  pattern=$(cxx_files | grep -E "^($folders)/.*\.h$" | xargs -r -d '\n' grep -lE "$LOCKS" | sed 's/\./\\./g' | paste -sd '|' -)
  cxx_files | grep -E "^($folders)/.*\.cc$" |
    xargs -r -d '\n' grep -lE "$LOCKS${pattern:+|#include \"($pattern)\"}" || true
}

check_thread_safety() {
  local files
  files=$(annotated_files)
  [[ -n $files ]] || return 0
  # Generated headers must exist; after a build this does nothing.
  "$SELF" build release --target guichet_record guichet_proto >/dev/null || return
  xargs -d '\n' -n 1 -P "$JOBS" clang++ -std=c++20 -fsyntax-only -Wthread-safety -Werror -I. -isystem build/release/proto <<<"$files"
}

lint_step() {
  local name=$1 rc=0
  shift
  "$@" || rc=$?
  printf 'lint: %-14s %s\n' "$name" "$( ((rc == 0)) && echo ok || echo FAILED)"
  return "$rc"
}

cmd_lint() {
  local rc=0
  cmd_setup
  lint_step format check_format || rc=1
  lint_step buf run_buf lint proto || rc=1
  lint_step layers tools/check-layers || rc=1
  lint_step words tools/check-words || rc=1
  lint_step thread-safety check_thread_safety || rc=1
  return "$rc"
}

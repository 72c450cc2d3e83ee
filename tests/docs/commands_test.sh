#!/usr/bin/env bash
# Every `ctest` command in tests/README.md selects at least one test of this build. usage: commands_test.sh BUILD
set -euo pipefail

README=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/README.md
BUILD=$1
failed=0
count=0
while IFS= read -r arguments; do
  count=$((count + 1))
  # shellcheck disable=SC2086
  found=$(eval ctest --test-dir "$BUILD" -N $arguments | sed -n 's/^Total Tests: //p')
  [[ ${found:-0} -gt 0 ]] && continue
  echo "FAILED: no test for: ctest --test-dir build/release $arguments"
  failed=1
done < <(grep -oE '`ctest --test-dir build/release [^`]*`' "$README" | sed -E 's/^`ctest --test-dir build\/release (.*)`$/\1/')
((count > 0)) || { echo "FAILED: found no command in $README"; exit 1; }
echo "$count commands"
exit "$failed"

#!/usr/bin/env bash
# Every `ctest` command in tests/README.md selects at least one test of this build, and every test that router/THREATS.md names is one.
# usage: commands_test.sh BUILD
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

THREATS=$(dirname "$README")/../router/THREATS.md
tests=$(ctest --test-dir "$BUILD" -N | sed -nE 's/^ *Test +#[0-9]+: //p')
named=0
while IFS= read -r name; do
  named=$((named + 1))
  grep -qxF "$name" <<<"$tests" && continue
  echo "FAILED: $THREATS names $name, which is no test"
  failed=1
done < <(awk -F'|' 'NF == 6 { print $4 }' "$THREATS" | grep -oE '`[^`]+`' | tr -d '`' | sort -u)
((named > 0)) || { echo "FAILED: found no test in $THREATS"; exit 1; }
echo "$count commands, $named tests of threats"
exit "$failed"

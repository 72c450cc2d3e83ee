#!/usr/bin/env bash
# Tests tools/check-layers and tools/check-words: every sample below is a folder with one file, refused or accepted.
set -euo pipefail

TOOLS=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../tools" && pwd)
ROOT=$(mktemp -d)
trap 'rm -rf "$ROOT"' EXIT
passed=0
failed=0

check_sample() {  # expected status, check, path, content
  local status=0 output
  rm -rf "$ROOT/sample"
  mkdir -p "$ROOT/sample/$(dirname "$3")"
  printf '%s\n' "$4" >"$ROOT/sample/$3"
  output=$("$TOOLS/$2" "$ROOT/sample" 2>&1) || status=$?
  # A refusal names the file; anything else that fails is a broken check.
  if [[ $status == "$1" ]] && { [[ $1 == 0 ]] || [[ $output == "$3"* ]]; }; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s of %s, "%s": status %s, expected %s\n%s\n' "$2" "$3" "$4" "$status" "$1" "$output"
  fi
}

refuses() { check_sample 1 "$@"; }
accepts() { check_sample 0 "$@"; }

refuses check-layers statemachine/a.cc '#include "store/store.h"'
refuses check-layers statemachine/a.cc '#include "metrics/metrics.h"'
refuses check-layers statemachine/a.cc '#include "guichet/v1/types.pb.h"'
refuses check-layers statemachine/a.cc '#include <google/protobuf/message.h>'
refuses check-layers statemachine/a.h '#include <grpcpp/grpcpp.h>'
refuses check-layers statemachine/a.h '  #  include <mutex>'
refuses check-layers statemachine/a.h '#include <thread>'
refuses check-layers statemachine/a.h '#include "absl/synchronization/mutex.h"'
refuses check-layers statemachine/a.cc 'auto now = std::chrono::system_clock::now();'
refuses check-layers statemachine/a.cc 'using Clock = std::chrono::steady_clock;'
refuses check-layers metrics/a.h '#include "router/limits.h"'
refuses check-layers metrics/a.h '#include "statemachine/state.h"'
refuses check-layers store/a.cc '#include "router/shard.h"'
refuses check-layers store/a.cc '#include "guichet/v1/types.pb.h"'
refuses check-layers store/a.cc '#include <grpcpp/server.h>'
refuses check-layers router/a.cc '#include "tools/flags.h"'
refuses check-layers router/a.cc '#include "tests/fake.h"'
refuses check-layers router/a.cc '#include "guichet/store/v1/record.pb.h"'
refuses check-layers router/a.cc '#include "shard.h"'
refuses check-layers router/a.cc '#include "../store/store.h"'
refuses check-layers proto/guichet/v1/a.proto 'import "guichet/store/v1/record.proto";'
refuses check-layers proto/guichet/store/v1/a.proto 'import "guichet/v1/types.proto";'
refuses check-layers tests/deep/down/a.cc '#include "a.h"'
accepts check-layers statemachine/a.cc '#include "statemachine/state.h"'
accepts check-layers statemachine/a.cc '// The caller reads steady_clock.'
accepts check-layers statemachine/a.cc '#include <chrono>'
accepts check-layers metrics/a.cc '#include "metrics/metrics.h"'
accepts check-layers store/a.cc '#include "guichet/store/v1/record.pb.h"'
accepts check-layers store/a.cc '#include "absl/synchronization/mutex.h"'
accepts check-layers router/a.cc '#include "guichet/v1/types.pb.h"'
accepts check-layers router/a.cc '#include "statemachine/decide.h"'
accepts check-layers tools/a.cc '#include "router/daemon.h"'
accepts check-layers tests/a.cc '#include "guichet/store/v1/record.pb.h"'
accepts check-layers proto/guichet/v1/a.proto 'import "guichet/v1/types.proto";'

# Quotes inside the words keep check-words from refusing this file.
refuses check-words router/a.cc '// TO''DO: later'
refuses check-words router/a.cc 'int x;  // FIX''ME'
refuses check-words docs/a.md 'XX''X'
refuses check-words router/a.cc 'return Status(StatusCode::UNIMPLEMENT''ED, "");'
refuses check-words router/a.cc '"not implement''ed"'
refuses check-words docs/a.md 'a place''holder'
refuses check-words docs/a.md 'Place''holders'
refuses check-words tests/a_test.cc 'std::this_thread::sleep_''for(1s);'
refuses check-words tests/a_test.cc 'absl::Sleep''For(absl::Seconds(1));'
refuses check-words store/a_test.cc 'usl''eep(10);'
refuses check-words tests/a_test.cc 'TEST(A, DISABLE''D_B) {}'
refuses check-words tests/a_test.cc 'GTEST_''SKIP();'
refuses check-words proto/a.pb.h '#pragma once'
refuses check-words router/CMakeFiles/a.txt 'x'
accepts check-words router/a.cc 'return DoneStatus();'
accepts check-words router/a.sh 'mktemp XXXX''XX'
accepts check-words router/a.cc 'case UNIMPLEMENT''ED:  // check-words: allow (codes of the client library)'
accepts check-words tools/a.cc 'std::this_thread::sleep_''for(1s);'
accepts check-words tools/npm/package-lock.json '"integrity": "sha512-TO''DO"'

# A check that looks at nothing must not pass.
mkdir "$ROOT/empty"
for check in check-layers check-words; do
  if "$TOOLS/$check" "$ROOT/empty" 2>/dev/null; then
    failed=$((failed + 1))
    echo "FAILED: $check accepts an empty folder"
  else
    passed=$((passed + 1))
  fi
done

echo "$passed passed, $failed failed"
((failed == 0))

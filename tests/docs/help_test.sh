#!/usr/bin/env bash
# Compares `guichetd --help` with its golden; UPDATE_GOLDENS=1 rewrites it. usage: help_test.sh GUICHETD
set -euo pipefail

golden=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/guichetd-help.txt
# The environment must not show through as a default, nor the build's path as the program's name.
help=$(env -u GUICHET_DATA "$1" --help | sed "s#$1#guichetd#")
if [[ -n ${UPDATE_GOLDENS:-} ]]; then printf '%s\n' "$help" >"$golden"; fi
diff -u "$golden" <(printf '%s\n' "$help") || { echo "run with UPDATE_GOLDENS=1 when the change is meant"; exit 1; }

#!/usr/bin/env bash
# Runs the ```sh blocks of README.md in order, in one shell that stops at the first failure, with programs that are already built,
# free ports and data of its own. A comment before a block says what is special about it:
#   <!-- test: background -->  goes on in another terminal; the next such block comes after Ctrl-C
#   <!-- test: needs buf -->   left out where `tools/dev setup` has not installed buf
# usage: readme_test.sh BUILD
set -euo pipefail

SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$(cd "$1" && pwd)
WORK=$(mktemp -d)
trap 'stop_background || true; rm -rf "$WORK"' EXIT

# The checkout as a reader sees it, but with its own .data and this build.
for path in "$SOURCE"/*; do
  [[ ${path##*/} == build ]] || ln -s "$path" "$WORK/"
done
mkdir "$WORK/build"
ln -s "$BUILD" "$WORK/build/release"
[[ ! -d $SOURCE/build/npm ]] || ln -s "$SOURCE/build/npm" "$WORK/build/npm"
cd "$WORK"

# Below the ports that systems hand out themselves.
free_port() {
  local port
  while port=$((20000 + RANDOM % 10000)); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

unset GUICHET_ADDRESS GUICHET_TOKEN GUICHET_DATA GUICHET_TLS_CA GUICHET_TLS_CERTIFICATE GUICHET_TLS_KEY
GUICHET_PORT=$(free_port)
GUICHET_METRICS_PORT=$(free_port)
export GUICHET_PORT GUICHET_METRICS_PORT GUICHET_BIN=$BUILD/tools

fail() { echo "FAILED: $*"; exit 1; }

# In a process group and without a job number of this shell, so that %1 in a block is the reader's own job, and that the command gets
# the SIGINT which a shell's background jobs ignore. Its output comes over a pipe, whose end tells that all of it has ended.
background_id() { cat "$WORK/background.pid" 2>/dev/null; }
start_background() {
  stop_background
  rm -f "$WORK/background.pipe"
  mkfifo "$WORK/background.pipe"
  (
    set -m
    bash -c "echo \$\$ >'$WORK/background.pid'; exec $1" <"/dev/null" >"$WORK/background.pipe" 2>&1 &
  )
  exec 9<"$WORK/background.pipe"
  local line
  while IFS= read -r line <&9; do
    printf '| %s\n' "$line"
    [[ $line != "Ctrl-C ends it." ]] || return 0
  done
  fail "$1 ended early"
}
stop_background() {
  local id line last=
  id=$(background_id) || return 0
  kill -INT "$id" 2>/dev/null || true
  while IFS= read -r line <&9; do
    printf '| %s\n' "$line"
    last=$line
  done
  exec 9<&-
  rm -f "$WORK/background.pid"
  [[ $last == "guichetd ended cleanly" ]] || { echo "FAILED: after Ctrl-C: $last"; return 1; }
}

# Turns the page into a script; a block begins with its line number on standard output.
blocks() {
  awk '
    /^<!-- test: .* -->$/ { mark = $0; sub(/^<!-- test: /, "", mark); sub(/ -->$/, "", mark); next }
    /^```sh$/ {
      inside = 1
      count++
      printf "echo \"== README.md:%d\"\n", NR
      if (mark == "background") printf "start_background \\\n"
      else if (mark == "needs buf") printf "if [[ ! -d build/npm ]]; then echo \"left out: buf is not installed\"; else\n"
      else if (mark != "") { printf "fail \"unknown mark: %s\"\n", mark }
      next
    }
    /^```$/ && inside { if (mark == "needs buf") print "fi"; inside = 0; mark = ""; next }
    inside { if (mark == "background") printf "\"%s\"\n", $0; else print }
    !inside && !/^$/ { mark = "" }
    END { if (count < 5) print "fail \"README.md has too few blocks\"" }
  ' "$SOURCE/README.md"
}

blocks >"$WORK/blocks.sh"
# shellcheck disable=SC1091
. "$WORK/blocks.sh"
echo "== after the last block"
stop_background

#!/usr/bin/env bash
# Each store of an earlier release in this folder: nothing in it is lost, and it can be served. usage: upgrade_test.sh GUICHETD GUICHETCTL
set -euo pipefail

GUICHETD=$1
GUICHETCTL=$2
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
WORK=$(mktemp -d)
DAEMON=
trap '[[ -z $DAEMON ]] || kill -9 "$DAEMON"; rm -rf "$WORK"' EXIT

fail() {
  printf 'FAILED: %s\n' "$*"
  exit 1
}

# Compares a file with a golden, or writes it.
same() {  # golden, file
  if [[ -n ${UPDATE_GOLDENS:-} ]]; then cp "$2" "$1"; fi
  diff -u "$1" "$2" || fail "$(basename "$1")"
}

sums() { (cd "$1" && sha256sum -- *); }

upgrade() {  # name
  local data=$WORK/$1 before session last lines
  mkdir "$data"
  cp -r "$HERE/$1" "$data/store"
  before=$(sums "$data/store")
  "$GUICHETCTL" verify --data "$data"
  "$GUICHETCTL" replay --data "$data" --every 10 >"$WORK/replay"
  same "$HERE/$1.replay" "$WORK/replay"
  [[ $(sums "$data/store") == "$before" ]] || fail "verify and replay changed the store"

  "$GUICHETD" --data "$data" --listen 127.0.0.1:0 --min-free-disk-mib 0 >"$WORK/log" 2>&1 &
  DAEMON=$!
  until grep -q 'serving gRPC' "$WORK/log"; do
    kill -0 "$DAEMON" 2>/dev/null || fail "guichetd: $(cat "$WORK/log")"
  done
  GUICHET_ADDRESS=127.0.0.1:$(grep -oE 'serving gRPC on port [0-9]+' "$WORK/log" | grep -oE '[0-9]+$')
  GUICHET_TOKEN=$(<"$HERE/$1.token")
  export GUICHET_ADDRESS GUICHET_TOKEN
  [[ $("$GUICHETCTL" technicians | wc -l) == 5 ]] || fail "technicians: $("$GUICHETCTL" technicians)"
  # Time-outs that came due since are behind what was there.
  last=$(grep -c '^session' "$HERE/$1.timelines" || true)
  [[ -z ${UPDATE_GOLDENS:-} ]] || last=13
  for ((session = 1; session <= last; ++session)); do
    "$GUICHETCTL" timeline "$session" | tr -s ' ' >"$WORK/timeline"
    lines=$(awk -v s="session $session" '$0 == s { on = 1; next } /^session/ { on = 0 } on' "$HERE/$1.timelines" | wc -l)
    [[ -z ${UPDATE_GOLDENS:-} ]] || lines=$(wc -l <"$WORK/timeline")
    echo "session $session"
    head -n "$lines" "$WORK/timeline"
  done >"$WORK/timelines"
  same "$HERE/$1.timelines" "$WORK/timelines"
  "$GUICHETCTL" create --name Later -o token >/dev/null
  kill "$DAEMON"
  wait "$DAEMON" || fail "guichetd ends with $?"
  DAEMON=
  "$GUICHETCTL" verify --data "$data"
}

for store in "$HERE"/schema-*/; do
  echo "== $(basename "$store")"
  upgrade "$(basename "$store")"
done

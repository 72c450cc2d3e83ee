# shellcheck shell=bash
# Part of tools/dev: `run` starts guichetd on loopback with a development organization, `demo` plays against it.
# The data folder holds store/ (the daemon's), operator.key, dev.env (tokens; these two readable by the owner alone) and,
# while the daemon serves, address.

# Programs of GUICHET_BIN are taken as they are.
BIN=${GUICHET_BIN:-build/release/tools}
DATA=${GUICHET_DATA:-.data}
PORT=${GUICHET_PORT:-50443}
METRICS_PORT=${GUICHET_METRICS_PORT:-9464}
ADDRESS=127.0.0.1:$PORT

# Replaying a long log takes its time; a daemon that serves after a minute is broken.
START_SECONDS=60

DAEMON=  # process id while guichetd runs
SIGNALS=0

make_operator_key() {
  [[ -s $DATA/operator.key ]] && return
  (umask 077 && printf 'operator_%s' "$(od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n')" >"$DATA/operator.key")
}

require_free_port() {
  if (exec 3<>"/dev/tcp/127.0.0.1/$2") 2>/dev/null; then
    die "port $2 is in use; choose another by $1=NUMBER, or stop what listens there"
  fi
}

# In its own process group: Ctrl-C reaches this script alone, which forwards it once.
start_daemon() {
  set -m
  "$BIN/guichetd" --listen "$ADDRESS" --metrics-listen "127.0.0.1:$METRICS_PORT" --data "$DATA" \
    --operator-key-file "$DATA/operator.key" "$@" </dev/null &
  DAEMON=$!
  set +m
  trap 'forward INT' INT
  trap 'forward TERM' TERM
  trap cleanup EXIT
}

# The first signal asks for a clean end, a second one forces it.
forward() {
  SIGNALS=$((SIGNALS + 1))
  if ((SIGNALS == 1)); then kill -s "$1" "$DAEMON" 2>/dev/null || true; else kill -KILL "$DAEMON" 2>/dev/null || true; fi
}

# Returns the daemon's exit status. A trapped signal wakes `wait` early, with a status that is not the daemon's.
wait_for_daemon() {
  local seen rc
  while :; do
    seen=$SIGNALS
    rc=0
    wait "$DAEMON" || rc=$?
    ((seen == SIGNALS)) && break
  done
  DAEMON=
  return "$rc"
}

cleanup() {
  local rc=$?
  if [[ -n $DAEMON ]]; then
    kill -TERM "$DAEMON" 2>/dev/null || true
    wait_for_daemon || true
    rm -f "$DATA/address"
  fi
  exit "$rc"
}

# A stop during the start is no failure.
stop_if_signalled() {
  ((SIGNALS == 0)) || finish
}

finish() {
  local rc=0
  wait_for_daemon || rc=$?
  rm -f "$DATA/address"
  ((rc == 0)) && say "guichetd ended cleanly" || say "guichetd ended with status $rc"
  exit "$rc"
}

# This daemon has no TLS, whatever the caller's shell is set up for.
ctl() { env -u GUICHET_TLS_CA -u GUICHET_TLS_CERTIFICATE -u GUICHET_TLS_KEY "$BIN/guichetctl" --address "$ADDRESS" "$@"; }

wait_until_serving() {
  local end=$((SECONDS + START_SECONDS))
  until ctl health >/dev/null 2>&1; do
    stop_if_signalled
    kill -0 "$DAEMON" 2>/dev/null || finish
    ((SECONDS < end)) || die "guichetd does not serve after $START_SECONDS seconds"
    sleep 0.2
  done
  stop_if_signalled
}

# A key's shell line. The assignment, unlike a substitution inside echo, ends the script when guichetctl fails.
create_key() {  # name, flags of key create
  local name=$1 token
  shift
  token=$(ctl key create "$name" "$@" -o token)
  echo "export GUICHET_${name^^}_TOKEN=$token"
}

# Prints the shell lines of dev.env. A process of its own runs it: GUICHET_TOKEN ends with that, and `set -e` holds in it.
create_organization() {
  local technician
  GUICHET_TOKEN=$(<"$DATA/operator.key")
  export GUICHET_TOKEN
  GUICHET_TOKEN=$(ctl org create dev --display-name "Development" -o token)
  echo "export GUICHET_ADMINISTRATOR_TOKEN=$GUICHET_TOKEN"
  # A short grace: a device that vanishes is noticed while one watches.
  ctl group create support --device-lost-grace 5s >/dev/null
  ctl group create backoffice --device-lost-grace 5s >/dev/null
  ctl technician create ann --group support --display-name "Ann" --administrator true >/dev/null
  ctl technician create ben --group support --display-name "Ben" >/dev/null
  ctl technician create cleo --group backoffice --display-name "Cleo" >/dev/null
  ctl technician create dan --group backoffice --display-name "Dan" >/dev/null
  ctl channel create web --groups support >/dev/null
  ctl channel create phone --groups support,backoffice >/dev/null
  for technician in ann ben cleo dan; do
    create_key "$technician" --role technician --technician "$technician"
  done
  create_key integration --role integrator
}

# dev.env appears whole or not at all. Its tokens are shown once, so a half-made organization cannot be taken up again.
make_organization() {
  [[ -s $DATA/dev.env ]] && return
  say "creating the organization dev"
  if ! (umask 077 && "$SELF" create-organization >"$DATA/dev.env.part"); then
    say "the organization is incomplete; to begin again: rm -r $DATA"
    stop_if_signalled
    exit 1
  fi
  mv "$DATA/dev.env.part" "$DATA/dev.env"
}

print_welcome() {
  # shellcheck disable=SC1091
  . "$DATA/dev.env"
  local curl="tools/dev buf curl --protocol grpc --http2-prior-knowledge -H 'authorization: Bearer $GUICHET_ANN_TOKEN'"
  cat <<WELCOME

guichetd serves $ADDRESS, without TLS; metrics: http://127.0.0.1:$METRICS_PORT/metrics; data: $DATA
Tokens of the organization dev, kept in $DATA/dev.env, and the operator key, kept in $DATA/operator.key:

$(sed 's/^export /  /' "$DATA/dev.env")
  operator: $(<"$DATA/operator.key")

To try, in another terminal in this folder:

  tools/dev demo

  export GUICHET_ADDRESS=$ADDRESS GUICHET_TOKEN=$GUICHET_ANN_TOKEN
  $BIN/guichetctl technicians
  $BIN/guichetctl create --name 'Mrs Lind'
  $BIN/guichetctl queue list

  $curl \\
    -d '{}' http://$ADDRESS/guichet.v1.AdminService/GetPrincipal
  $curl \\
    -d '{"name": "Mr Okoro"}' http://$ADDRESS/guichet.v1.SessionService/CreateSession
  grpcurl -plaintext -H 'authorization: Bearer $GUICHET_ANN_TOKEN' \\
    -d '{}' $ADDRESS guichet.v1.QueueService/WatchQueue

Ctrl-C ends it.
WELCOME
}

cmd_run() {
  [[ ${1:-} == -- ]] && shift
  if [[ -z ${GUICHET_BIN:-} ]]; then
    setup_packages
    (setup_npm) || say "without buf: the buf curl commands below do not work"
    cmd_build release --target guichetd guichetctl guichet-demo
  fi
  mkdir -p -m 700 "$DATA"
  make_operator_key
  require_free_port GUICHET_PORT "$PORT"
  require_free_port GUICHET_METRICS_PORT "$METRICS_PORT"
  start_daemon "$@"
  wait_until_serving
  (umask 077 && echo "$ADDRESS" >"$DATA/address")
  make_organization
  print_welcome
  finish
}

cmd_demo() {
  local address
  address=$(cat "$DATA/address" 2>/dev/null || echo "$ADDRESS")
  if [[ ! -s $DATA/dev.env ]] || ! "$BIN/guichetctl" --address "$address" health >/dev/null 2>&1; then
    die "no daemon serves $address with the data in $DATA; start one in another terminal: tools/dev run"
  fi
  # shellcheck disable=SC1091
  . "$DATA/dev.env"
  exec "$BIN/guichet-demo" --address "$address" --integrator "$GUICHET_INTEGRATION_TOKEN" \
    --technician "ann=$GUICHET_ANN_TOKEN" --technician "ben=$GUICHET_BEN_TOKEN" --technician "cleo=$GUICHET_CLEO_TOKEN" "$@"
}

cmd_sim() {
  setup_packages
  cmd_build release --target guichet-sim >/dev/null
  exec build/release/tools/sim/guichet-sim "$@"
}

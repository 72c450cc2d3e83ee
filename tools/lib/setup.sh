# shellcheck shell=bash
# Part of tools/dev: installs what a build needs on Debian 12. Does nothing, without asking the network, when all is there.

PACKAGES=(
  build-essential g++ clang libclang-rt-14-dev cmake ninja-build mold ccache clang-format git ca-certificates pkg-config curl
  libgrpc++-dev libgrpc-dev protobuf-compiler protobuf-compiler-grpc libprotobuf-dev libabsl-dev librocksdb-dev
  libcurl4-openssl-dev openssl python3 python3-aiosmtpd iproute2 util-linux
  prometheus-cpp-dev libgtest-dev libgmock-dev libspdlog-dev libcli11-dev libssl-dev
  libre2-dev libpugixml-dev nlohmann-json3-dev tzdata libpq-dev
)
# Only where no npm is on the path: machines often have one from elsewhere, and Debian's conflicts with it.
NPM_PACKAGES=(nodejs npm)

NPM_DIR=build/npm

# Arguments: packages to ask for besides.
missing_packages() {
  local wanted=("${PACKAGES[@]}" "$@") package
  command -v npm >/dev/null || wanted+=("${NPM_PACKAGES[@]}")
  for package in "${wanted[@]}"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
  done
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "needs root or sudo for: $*"
  fi
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}

setup_packages() {  # packages besides those of a build
  command -v dpkg-query >/dev/null || die "setup knows Debian only; install by hand: ${PACKAGES[*]} ${NPM_PACKAGES[*]} $*"
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} > 0)) || return 0
  say "installing: ${missing[*]}"
  apt_get update
  apt_get install -y --no-install-recommends "${missing[@]}"
}

buf_binary() {
  case $(uname -m) in
    x86_64) echo "$NPM_DIR/node_modules/@bufbuild/buf-linux-x64/bin/buf" ;;
    aarch64) echo "$NPM_DIR/node_modules/@bufbuild/buf-linux-aarch64/bin/buf" ;;
    *) die "there is no buf for $(uname -m)" ;;
  esac
}

# buf, and what tests/webrtc takes from npm.
setup_npm() {
  local buf
  buf=$(buf_binary)
  [[ -x $buf ]] && cmp -s tools/npm/package-lock.json "$NPM_DIR/package-lock.json" && return
  say "installing buf, WebRTC and gRPC for Node into $NPM_DIR"
  rm -rf "$NPM_DIR"
  mkdir -p "$NPM_DIR"
  cp tools/npm/package.json tools/npm/package-lock.json "$NPM_DIR/"
  (cd "$NPM_DIR" && npm ci --include=dev --ignore-scripts --no-audit --no-fund --loglevel=error)
  # npm takes a failed download of an optional dependency for a success.
  [[ -x $buf ]] || die "npm did not deliver $buf"
}

run_buf() {
  local buf
  buf=$(buf_binary)
  [[ -x $buf ]] || die "buf is not installed: tools/dev setup"
  "$buf" "$@"
}

cmd_setup() {
  setup_packages
  setup_npm
}

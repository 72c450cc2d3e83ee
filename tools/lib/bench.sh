# shellcheck shell=bash
# Part of tools/dev: `bench` measures Guichet beside an empty gRPC server, PostgreSQL and etcd.

# Beside those of a build.
BENCH_PACKAGES=(postgresql-15 etcd-server gnuplot-nox)

# Debian starts a server of its own for each of these when it installs them, on its own ports; the comparison makes others, in a
# temporary folder.
cmd_bench() {
  setup_packages "${BENCH_PACKAGES[@]}"
  cmd_build release --target guichetd guichet_bench_compare
  mkdir -p build/bench
  build/release/tools/bench/compare/guichet_bench_compare --data build/bench/compare.dat "$@" | tee build/bench/compare.md
  gnuplot -e "data='build/bench/compare.dat'; out='build/bench/compare.svg'" tools/bench/compare/compare.gp
  say "table: build/bench/compare.md; plot: build/bench/compare.svg"
}

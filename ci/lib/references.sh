# shellcheck shell=bash
# Which image references a command line needs: read from the drill files that it names. Needs common.sh.

OPENBAO_REFERENCE=quay.io/openbao/openbao:2.7.2 # the program's default authority
POSTGRES_REFERENCE=postgres:17
MINIO_REFERENCE=minio/minio:RELEASE.2026-02-12T20-18-48Z
# The program's defaults, by the backend's key: for a drill that names no image.
DEFAULT_REFERENCES=(
  "postgres=$POSTGRES_REFERENCE"
  rabbitmq=rabbitmq:4-management
  nginx=nginx:1.26
  ssh=linuxserver/openssh-server:version-10.0_p1-r10
  mariadb=mariadb:11.8
  valkey=valkey/valkey:8.1
  influxdb=influxdb:1.6
  "minio=$MINIO_REFERENCE"
)

# parse_args ARGS…: COMMAND, NAMES (what it selects), DRILLS_DIR, IMAGES. What is unknown here is drill's to complain about.
# shellcheck disable=SC2034
parse_args() {
  COMMAND='' NAMES=() DRILLS_DIR=${DRILL_DRILLS:-} IMAGES=${DRILL_IMAGES:-auto}
  local arg value
  while (($#)); do
    arg=$1
    shift
    case $arg in
      --help | -h | --version | -V) COMMAND=help; return ;;
      --drills=* | --images=*) value=${arg#*=} arg=${arg%%=*} ;;
      --drills | --images | --reports | --color | --jobs | --timeout | --junit | --summary | --repeat | --gate)
        value=${1:-}
        [[ $# -eq 0 ]] || shift ;;
      -*) continue ;;
      *)
        if [[ $COMMAND ]]; then NAMES+=("$arg"); else COMMAND=$arg; fi
        continue ;;
    esac
    case $arg in --drills) DRILLS_DIR=$value ;; --images) IMAGES=$value ;; esac
  done
  DRILLS_DIR=${DRILLS_DIR:-drills}
}

needs_servers() { [[ $COMMAND == run || $COMMAND == prove ]]; }

# drill_files: the files that NAMES select; all where none is named. exceptions.yaml and inventory.yaml are no drills.
drill_files() {
  local file stem name
  for file in "$DRILLS_DIR"/*.yaml; do
    stem=${file##*/} stem=${stem%.yaml}
    [[ -e $file && $stem != exceptions && $stem != inventory ]] || continue
    ((${#NAMES[@]})) || { printf '%s\n' "$file"; continue; }
    for name in "${NAMES[@]}"; do
      # shellcheck disable=SC2053 # the name may be a glob
      [[ $stem == ${name%%/*} ]] && { printf '%s\n' "$file"; break; }
    done
  done
}

# references_in FILE…: every `image:` value, and the default where a backend names none.
references_in() {
  local file
  (($#)) || return 0
  printf '%s\n' "$OPENBAO_REFERENCE"
  for file in "$@"; do
    awk -v defaults="${DEFAULT_REFERENCES[*]}" '
      BEGIN { n = split(defaults, pairs, " ")
        for (i = 1; i <= n; i++) { at = index(pairs[i], "="); reference[substr(pairs[i], 1, at - 1)] = substr(pairs[i], at + 1) } }
      { sub(/(^|[ \t])#.*/, "")
        for (key in reference) if ($0 ~ "(^|[ \t{])" key ":([ \t]|$)") seen[key] = 1
        line = $0
        while (match(line, /(^|[ \t{,])image:[ \t]*[^ \t,}]+/)) {
          value = substr(line, RSTART, RLENGTH); line = substr(line, RSTART + RLENGTH)
          sub(/.*image:[ \t]*/, "", value); gsub(/["\047]/, "", value); print value; named = 1 } }
      END { if (!named) for (key in seen) print reference[key] }' "$file"
  done
}

# needed_references: one a line, each once.
needed_references() {
  local files=()
  mapfile -t files < <(drill_files; sabotage_files)
  references_in "${files[@]}" | sort -u
}

# `prove` runs the sabotages, which may name images of their own.
sabotage_files() {
  [[ $COMMAND == prove ]] || return 0
  find "$DRILL_ROOT/fixtures/sabotage" -name '*.yaml' 2>/dev/null || true
}

# What the shipped drills and sabotages name: for `ci/images` without a name, and ci/test.
# shellcheck disable=SC2034
all_references() (
  NAMES=() DRILLS_DIR=$DRILL_ROOT/drills COMMAND=prove
  needed_references
)

# reference_parts REF: HOST (docker.io where none is written), REPO (its path there), NAME, TAG.
# shellcheck disable=SC2034
reference_parts() {
  local ref=${1%%@*} first=${1%%/*}
  HOST=docker.io REPO=$ref TAG=latest
  if [[ $1 == */* && ($first == *.* || $first == *:* || $first == localhost) ]]; then HOST=$first REPO=${ref#*/}; fi
  if [[ ${REPO##*/} == *:* ]]; then TAG=${REPO##*:} REPO=${REPO%:*}; fi
  [[ $HOST != docker.io ]] || REPO=${REPO#library/}
  NAME=${REPO##*/}
}

# Where ./drills is not there and nothing else is said, the repository's own drills and reports are meant; the caller's
# directory stays, so that relative paths on the command line mean what they say.
default_drills() {
  local arg
  for arg in "$@"; do [[ $arg != --drills && $arg != --drills=* ]] || return 0; done
  [[ ! ${DRILL_DRILLS:-} && ! -d drills ]] || return 0
  export DRILL_DRILLS=$DRILL_ROOT/drills DRILL_REPORTS=${DRILL_REPORTS:-$DRILL_ROOT/reports}
}

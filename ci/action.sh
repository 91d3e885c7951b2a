#!/bin/bash
# What ci/action.yml does: inputs come as INPUT_*, drill's exit code goes out as it is. Needs nothing else of the clone.
set -uo pipefail

refuse() { # wrong inputs: drill's own code for that
  echo "::error::drill: $1" >&2
  finish 2
}
finish() {
  [[ ! ${GITHUB_OUTPUT:-} ]] || echo "exit-code=$1" >>"$GITHUB_OUTPUT"
  exit "$1"
}

# program: fetched once, kept under its digest (~/.cache/drill/bin), and used only if it is the one that was asked for.
program() {
  local dir=${XDG_CACHE_HOME:-$HOME/.cache}/drill/bin file
  [[ $INPUT_SHA256 =~ ^[0-9a-f]{64}$ ]] || refuse "binary needs sha256, 64 hexadecimal digits"
  file=$dir/$INPUT_SHA256/drill
  if [[ ! -x $file ]] || ! check "$file"; then
    mkdir -p "${file%/*}"
    case $INPUT_BINARY in
      https://*) curl -sSfL --retry 3 -o "$file" "$INPUT_BINARY" || { echo "::error::drill: $INPUT_BINARY cannot be fetched" >&2; finish 3; } ;;
      *://*) refuse "binary is neither https:// nor a path" ;;
      *) cp "$INPUT_BINARY" "$file" || refuse "no binary $INPUT_BINARY" ;;
    esac
    check "$file" || { rm -f "$file"; refuse "$INPUT_BINARY has another sha256 than the one stated"; }
    chmod +x "$file"
  fi
  RUN=("$file")
}
check() { echo "$INPUT_SHA256  $1" | sha256sum --check --status; }

# in_image: the workspace at the same path inside, as this user, with the group of the engine's socket.
in_image() {
  local v workspace=${GITHUB_WORKSPACE:-$PWD}
  RUN=(docker run --rm -v /var/run/docker.sock:/var/run/docker.sock -v "$workspace:$workspace" -w "$PWD"
    --user "$(id -u):$(id -g)" --group-add "$(stat -Lc %g /var/run/docker.sock 2>/dev/null || echo 0)")
  if [[ ${GITHUB_STEP_SUMMARY:-} ]]; then RUN+=(-v "${GITHUB_STEP_SUMMARY%/*}:${GITHUB_STEP_SUMMARY%/*}"); fi
  # By name only: docker takes the values from here, and they do not stand in the arguments.
  for v in CI GITHUB_ACTIONS GITHUB_SERVER_URL GITHUB_REPOSITORY GITHUB_RUN_ID GITHUB_SHA GITHUB_STEP_SUMMARY GITHUB_WORKSPACE USER; do
    [[ ! ${!v:-} ]] || RUN+=(-e "$v")
  done
  while read -r v; do RUN+=(-e "$v"); done < <(compgen -e DRILL_)
  RUN+=("$INPUT_IMAGE")
}

main() {
  local names=() args try rc
  if [[ $INPUT_IMAGE ]]; then in_image
  elif [[ $INPUT_BINARY ]]; then program
  else refuse "one of image and binary is needed"; fi
  [[ $INPUT_TRIES =~ ^[1-9]$ ]] || refuse "tries is a number from 1 to 9"
  read -r -a names <<<"$INPUT_NAMES"
  args=(run --drills "$INPUT_DRILLS" --junit drill.xml)
  [[ ! $INPUT_GATE ]] || args+=(--gate "$INPUT_GATE")
  args+=(-- ${names[@]+"${names[@]}"})
  for ((try = 1; ; try++)); do
    rc=0
    "${RUN[@]}" "${args[@]}" || rc=$?
    ((rc == 3 && try < INPUT_TRIES)) || finish "$rc"
    echo "drill: could not be judged, trying again ($((try + 1)) of $INPUT_TRIES)" >&2
  done
}
main

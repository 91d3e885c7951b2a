# shellcheck shell=bash
# Prepares the images: present, pulled, or a stand-in built. Needs common.sh, references.sh, build.sh and an engine.

STAMP_HOURS=24      # how long "no registry answered" is believed
CONNECT_SECONDS=20  # a registry that has said nothing by then does not answer
PULL_SECONDS=1800   # once it answers, a slow line may take its time
IMAGES_LOCK=$DRILL_CACHE/images.lock

stamp_of() { printf '%s/no-registry-%s' "$DRILL_CACHE" "$(printf '%s' "$1@${DOCKER_HOST:-}" | tr -c 'A-Za-z0-9.\n' '_')"; }
stamped() { [[ $(find "$(stamp_of "$1")" -mmin -$((STAMP_HOURS * 60)) 2>/dev/null) ]]; }

# registry_of HOST: who is asked: the mirror if there is one.
registry_of() { local m=${DRILL_REGISTRY_MIRROR:-}; printf '%s' "${m:-$1}"; }

# has_recipe NAME TAG: can a stand-in be built for it?
has_recipe() { [[ $1 && -f $RECIPES/$1/tags ]] && grep -qxF "$2" "$RECIPES/$1/tags"; }

# unpublished NAME TAG: is it a version that its makers publish as source only? No registry is asked for it: one that answers
# would say "not found", which for every other image is an error.
unpublished() { [[ $1 && -f $RECIPES/$1/unpublished ]] && grep -qxF "$2" "$RECIPES/$1/unpublished"; }

# image_state REF: official | stand-in (built from this very recipe) | pull | build.
image_state() {
  reference_parts "$1"
  local local_tag=drill-stand-in/$NAME:$TAG
  if [[ $IMAGES != local ]]; then
    if "$DOCKER" image inspect "$1" >/dev/null 2>&1; then echo official; return; fi
    if [[ $IMAGES == official ]] || ! { unpublished "$NAME" "$TAG" || stamped "$(registry_of "$HOST")"; }; then
      echo pull
      return
    fi
  fi
  if has_recipe "$NAME" "$TAG" && [[ $(image_label "$local_tag" drill.recipe) == "$(recipe_hash "$NAME")" ]]; then echo stand-in
  else echo build; fi
}

# Registry answers that are none: the name, the route or the port is not there, or nothing is said in time.
no_answer() {
  grep -qiE 'no such host|server misbehaving|name resolution|connection refused|connection reset|no route to host|network is (unreachable|down)|i/o timeout|Client\.Timeout|deadline exceeded|handshake timeout' "$1"
}

# pull_one REF → 0 pulled · 1 the registry answered and refused (or broke off) · 2 no registry answers. What it said: in $2.
pull_one() {
  local ref=$1 out=$2 pid rc=0 start=$SECONDS
  "$DOCKER" pull "$ref" >"$out" 2>&1 </dev/null &
  pid=$!
  # The engine's own limits add up to minutes on a network that swallows packets.
  while kill -0 "$pid" 2>/dev/null; do
    if ! grep -q 'Pulling from' "$out" && ((SECONDS - start > CONNECT_SECONDS)) || ((SECONDS - start > PULL_SECONDS)); then
      kill "$pid" 2>/dev/null
      echo "i/o timeout: nothing for $((SECONDS - start)) s" >>"$out"
    fi
    sleep 0.05
  done
  wait "$pid" || rc=$?
  ((rc == 0)) && return 0
  ! grep -q 'Pulling from' "$out" && no_answer "$out" && return 2
  return 1
}

# pull_official REF OUT: from the mirror and tagged as the official one, or from the reference's own registry.
pull_official() {
  local ref=$1 out=$2 mirror=${DRILL_REGISTRY_MIRROR:-} path rc=0
  [[ $mirror ]] || { pull_one "$ref" "$out"; return; }
  reference_parts "$ref"
  for path in "$REPO" "library/$REPO"; do
    # Proxies of Docker Hub keep its own images under library/; one's own pushes usually do not.
    [[ $path != library/* || ($HOST == docker.io && $REPO != */*) ]] || continue
    rc=0
    pull_one "$mirror/$path:$TAG" "$out" || rc=$?
    ((rc == 1)) && grep -qiE 'not found|manifest unknown|name unknown' "$out" && continue
    break
  done
  ((rc == 0)) || return "$rc"
  "$DOCKER" tag "$mirror/$path:$TAG" "$ref" && "$DOCKER" rmi "$mirror/$path:$TAG" >/dev/null
}

# prepare_one REF DIR: writes DIR/said (what is there now) or DIR/why, and fails. `build` leaves DIR/build for later.
prepare_one() {
  local ref=$1 dir=$2 state rc=0
  mkdir -p "$dir"
  state=$(image_state "$ref")
  reference_parts "$ref"
  if [[ $state == pull ]]; then
    pull_official "$ref" "$dir/pull" || rc=$?
    if ((rc == 0)); then echo "$ref pulled" >"$dir/said"; return; fi
    local said
    said=$(tail -n 1 "$dir/pull")
    if ((rc == 1)); then
      printf '%s\n' "the registry for $ref answered, and gave no image: ${said#Error response from daemon: }" \
        "  A stand-in would hide that, so none is used. Log in (docker login $(registry_of "$HOST")), check the name, or choose: --images local" >"$dir/why"
      return 1
    elif [[ $IMAGES == official ]]; then
      printf '%s\n' "no registry answers for $ref, and --images official wants it: ${said#Error response from daemon: }" >"$dir/why"
      return 1
    fi
    mkdir -p "$DRILL_CACHE" && touch "$(stamp_of "$(registry_of "$HOST")")"
    state=$(image_state "$ref")
  fi
  if [[ $state == build ]]; then
    if has_recipe "$NAME" "$TAG"; then touch "$dir/build"; return; fi
    printf '%s\n' "no registry answers for $ref, and there is no stand-in recipe for it: fixtures/images/$NAME$([[ ! -d $RECIPES/$NAME ]] || printf ' stands for %s only' "$(tr '\n' ' ' <"$RECIPES/$NAME/tags")")" >"$dir/why"
    return 1
  fi
}

# images_ensure N/OF REF…: all there, or one message for all that are not, and exit 3. Silent if nothing had to be done.
images_ensure() {
  local of=$1 ref t0 work states rc=0
  shift
  (($#)) || return 0
  t0=$(now_ms)
  states=$(for ref in "$@"; do image_state "$ref" & done; wait)
  grep -qE 'pull|build' <<<"$states" || return 0
  mkdir -p "$DRILL_CACHE"
  exec 9>"$IMAGES_LOCK"
  flock 9 # two at once would build the same image twice
  work=$(mktemp -d)
  chmod 755 "$work"
  (images_work "$of" "$t0" "$work" "$@") 9>&- || rc=$?
  rm -rf "$work"
  exec 9>&-
  return $rc
}

# images_work N/OF START WORK REF…
images_work() {
  local of=$1 t0=$2 work=$3 ref i=0 dirs=() failed='' builds=() pids=() pid done_text=''
  shift 3
  for ref in "$@"; do
    dirs+=("$work/$((++i))")
    prepare_one "$ref" "$work/$i" &
  done
  wait
  i=0
  for ref in "$@"; do
    [[ ! -e ${dirs[i]}/why ]] || failed+=$(printf '%s\n.' "$(<"${dirs[i]}/why")")
    [[ ! -e ${dirs[i]}/build ]] || builds+=("$ref")
    [[ ! -e ${dirs[i]}/said ]] || done_text+="${done_text:+ · }$(<"${dirs[i]}/said")"
    i=$((i + 1))
  done
  [[ ! $failed ]] || die "${failed%$'\n.'}"
  if ((${#builds[@]})); then
    local why="published as source only"
    for ref in "${builds[@]}"; do
      reference_parts "$ref"
      unpublished "$NAME" "$TAG" || why="no registry answers"
    done
    [[ $IMAGES != local ]] || why="--images local"
    step "$of" images "$why: building stand-ins for ${builds[*]}"
    ensure_pip || die "python3 with pip is missing: it fetches the wheels that stand-in images are made of"
    host_apt "$work/host" || die "the host's apt configuration could not be read"
    build_base "$work/host" "$DRILL_CACHE/base.log" || die "the base of the stand-in images could not be built (see above)"
    for ref in "${builds[@]}"; do
      reference_parts "$ref"
      build_stand_in "$ref" "$NAME" "$TAG" "$work/host" "$DRILL_CACHE/$NAME.log" &
      pids+=($!)
      done_text+="${done_text:+ · }drill-stand-in/$NAME:$TAG built"
    done
    for pid in "${pids[@]}"; do wait "$pid" || failed=yes; done
    [[ ! $failed ]] || die "a stand-in image could not be built (see above)"
  fi
  step "$of" images "${done_text:-stand-ins, no registry answers}" "$t0"
}

# shellcheck shell=bash
# Finds the container engine, in the program's own order; installs and starts one where none answers. Needs common.sh.
# Leaves DOCKER_HOST (exported, unless a docker context decides) and DOCKER, the command line client.

DOCKER=docker
ENGINE_TRIED=()
PING_SECONDS=3        # a ping that takes longer is no answer
START_SECONDS=60      # dockerd's first start makes its directories and the bridge
DOCKERD_LOG=

# answers HOST: does an engine answer there? curl needs no docker CLI; ssh:// and the like do.
answers() {
  local host=$1 tls=()
  case $host in
    unix://*) [[ -S ${host#unix://} ]] && ping_url http://engine/_ping --unix-socket "${host#unix://}" ;;
    tcp://*)
      if [[ ${DOCKER_TLS_VERIFY:-} ]]; then
        local d=${DOCKER_CERT_PATH:-$HOME/.docker}
        tls=(--cacert "$d/ca.pem" --cert "$d/cert.pem" --key "$d/key.pem")
        ping_url "https://${host#tcp://}/_ping" "${tls[@]}"
      else ping_url "http://${host#tcp://}/_ping"; fi ;;
    *) have docker && DOCKER_HOST=$host timeout 20 docker version >/dev/null 2>&1 ;;
  esac
}
ping_url() {
  local url=$1
  shift
  [[ $(curl -sf --noproxy '*' -m "$PING_SECONDS" "$@" "$url" 2>/dev/null) == OK ]]
}

context_name() {
  [[ ${DOCKER_CONTEXT:-} ]] && { printf '%s' "$DOCKER_CONTEXT"; return; }
  sed -n 's/.*"currentContext" *: *"\([^"]*\)".*/\1/p' "${DOCKER_CONFIG:-${HOME:-}/.docker}/config.json" 2>/dev/null || true
}

# engine_find: 0 and DOCKER_HOST set, or 1 and what was tried in ENGINE_TRIED.
engine_find() {
  local context where sockets=(/var/run/docker.sock)
  ENGINE_TRIED=()
  if [[ ${DOCKER_HOST:-} ]]; then
    # An explicit choice is never replaced by another engine.
    answers "$DOCKER_HOST" && return 0
    ENGINE_TRIED=("DOCKER_HOST=$DOCKER_HOST  does not answer")
    return 1
  fi
  ENGINE_TRIED=("DOCKER_HOST  not set")
  context=$(context_name)
  if [[ $context && $context != default ]]; then
    where=$(docker context inspect --format '{{.Endpoints.docker.Host}}' "$context" 2>/dev/null || true)
    if [[ $where ]] && { answers "$where" || timeout 20 docker version >/dev/null 2>&1; }; then return 0; fi
    ENGINE_TRIED+=("docker context $context (${where:-unknown})  does not answer")
  else ENGINE_TRIED+=("docker context  none"); fi
  [[ ! ${XDG_RUNTIME_DIR:-} ]] || sockets+=("$XDG_RUNTIME_DIR/docker.sock" "$XDG_RUNTIME_DIR/podman/podman.sock")
  sockets+=(/run/podman/podman.sock)
  for where in "${sockets[@]}"; do
    if [[ ! -S $where ]]; then ENGINE_TRIED+=("$where  not there")
    elif answers "unix://$where"; then export DOCKER_HOST=unix://$where; return 0
    elif [[ ! -w $where ]]; then ENGINE_TRIED+=("$where  no permission (is $(id -un 2>/dev/null || id -u) in the group docker?)")
    else ENGINE_TRIED+=("$where  does not answer"); fi
  done
  return 1
}

where_we_are() {
  if [[ ${KUBERNETES_SERVICE_HOST:-} ]]; then
    if is_root; then echo "in a Kubernetes pod"; else echo "in an unprivileged Kubernetes pod"; fi
  elif [[ -e /.dockerenv || -e /run/.containerenv ]]; then echo "in a container, as $(id -un 2>/dev/null || id -u)"
  else echo "on $(uname -s), as $(id -un 2>/dev/null || id -u)"; fi
}

# engine_refuse [REASON]: the one message for "no engine, and none can be had".
engine_refuse() {
  local tried todo
  tried=$(printf '    %s\n' "${ENGINE_TRIED[@]}")
  todo="  do one of:
    - start Docker or Podman, or let this user reach it:  sudo usermod -aG docker \$USER
    - use an engine elsewhere:                            export DOCKER_HOST=tcp://HOST:2376  (DOCKER_TLS_VERIFY, DOCKER_CERT_PATH)
    - run this once as root on Debian or Ubuntu: it installs docker.io and starts it"
  [[ ! ${KUBERNETES_SERVICE_HOST:-} ]] ||
    todo="  do: give the job an engine outside the pod:  export DOCKER_HOST=tcp://HOST:2376   (docs/ci.md#kubernetes)"
  die "no container engine answers${1:+: $1}
  tried:
$tried
  where: $(where_we_are)
$todo"
}

# Ask only a person; a script is told, and gets it.
agreed() {
  local answer
  if [[ -t 0 && -t 2 && ! ${CI:-} ]]; then
    read -r -p "drill: no container engine answers. $1? [Y/n] " answer
    [[ ! $answer || $answer == [Yy]* ]]
  else note "no container engine answers: ${1,}"; fi
}

# engine_ensure N/OF: an engine that answers, and a client. Prints a step only if something had to be done.
engine_ensure() {
  local t0 text
  t0=$(now_ms)
  have curl || need curl curl "it asks the engine's socket whether it answers"
  if engine_find; then engine_client; return; fi
  # An explicit DOCKER_HOST or a context that does not answer is for its owner to mend; sockets can be served from here.
  [[ ! ${DOCKER_HOST:-} ]] || engine_refuse "DOCKER_HOST is set, so nothing else is used"
  is_root || engine_refuse
  if have dockerd; then
    agreed "Start dockerd" || engine_refuse
    text="dockerd"
  else
    have apt-get || engine_refuse "and this is no Debian or Ubuntu, so none is installed"
    agreed "Install docker.io from Debian and start it" || engine_refuse
    engine_install || engine_refuse "docker.io could not be installed (see above)"
    text="docker.io installed,"
  fi
  engine_start || engine_refuse "dockerd does not start here; the end of ${DOCKERD_LOG:-its log} says why${KUBERNETES_SERVICE_HOST:+ (an unprivileged pod cannot run one)}"
  engine_find || engine_refuse
  engine_client
  step "$1" engine "$text started, $("$DOCKER" version --format '{{.Server.Version}}' 2>/dev/null) at $DOCKER_HOST" "$t0"
}

engine_install() {
  local packages=(docker.io iptables)
  # Newer Debians have the client apart; with AppArmor in the kernel, dockerd needs its parser.
  apt-cache show docker-cli >/dev/null 2>&1 && ! have docker && packages+=(docker-cli)
  [[ ! -d /sys/kernel/security/apparmor ]] || packages+=(apparmor)
  mountpoint -q /sys/fs/cgroup || packages+=(cgroupfs-mount)
  apt_install "${packages[@]}"
}

# engine_start: systemd's if systemd runs, else dockerd itself, detached so that it outlives this script.
engine_start() {
  local dir=/var/log attempt args=() path=$PATH
  if [[ -d /run/systemd/system ]]; then
    systemctl start docker >/dev/null 2>&1 && wait_for_engine 0 && return 0
  fi
  # The package, or somebody beside us, may just have started one.
  if [[ -s /var/run/docker.pid ]] && kill -0 "$(</var/run/docker.pid)" 2>/dev/null; then
    wait_for_engine "$(</var/run/docker.pid)" && return 0
  fi
  [[ -w $dir ]] || dir=${XDG_STATE_HOME:-$HOME/.local/state}
  mkdir -p "$dir"
  DOCKERD_LOG=$dir/drill-dockerd.log
  mountpoint -q /sys/fs/cgroup || ! have cgroupfs-mount || cgroupfs-mount || true
  for attempt in 1 2 3 4; do
    : >"$DOCKERD_LOG"
    PATH=$path setsid dockerd "${args[@]}" >>"$DOCKERD_LOG" 2>&1 </dev/null &
    disown
    wait_for_engine $! && return 0
    # What this kernel lacks stands in the log: overlay file systems, nftables, or iptables altogether.
    if grep -qiE 'graphdriver|overlay|storage.driver' "$DOCKERD_LOG" && [[ " ${args[*]} " != *vfs* ]]; then args+=(--storage-driver=vfs)
    elif grep -qi iptables "$DOCKERD_LOG" && [[ $path == "$PATH" ]] && have iptables-legacy; then path=$(legacy_iptables):$PATH
    elif grep -qi iptables "$DOCKERD_LOG" && [[ " ${args[*]} " != *iptables=false* ]]; then args+=(--iptables=false --ip6tables=false)
    else break; fi
    say "      dockerd did not start (attempt $attempt); trying ${args[*]:-the older iptables}"
  done
  tail -n 5 "$DOCKERD_LOG" >&2
  return 1
}

# A directory in which `iptables` is the legacy one: for dockerd only, the host's alternatives stay as they are.
legacy_iptables() {
  local dir=/run/drill-iptables c
  mkdir -p "$dir"
  for c in iptables ip6tables; do ln -sf "$(command -v "$c-legacy")" "$dir/$c"; done
  printf '%s' "$dir"
}

# wait_for_engine PID: until it answers, its process is gone (PID 0: systemd's), or the bound is reached.
wait_for_engine() {
  local end=$((SECONDS + START_SECONDS))
  until answers unix:///var/run/docker.sock; do
    ((SECONDS < end)) || { (($1)) && kill "$1" 2>/dev/null; return 1; }
    if (($1)) && ! kill -0 "$1" 2>/dev/null; then return 1; fi
    sleep 0.1
  done
}

# engine_client: a command line client for the engine that was found.
engine_client() {
  if have docker; then DOCKER=docker
  elif have podman; then
    DOCKER=podman
    export CONTAINER_HOST=${DOCKER_HOST:-}
  elif apt_install docker-cli || apt_install docker.io; then DOCKER=docker
  else die "an engine answers at ${DOCKER_HOST:-the docker context}, but there is no client: install the docker or podman command"; fi
}

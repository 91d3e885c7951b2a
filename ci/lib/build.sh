# shellcheck shell=bash
# Builds the stand-in images from fixtures/images/. Needs common.sh and an engine in $DOCKER.

RECIPES=$DRILL_ROOT/fixtures/images
BASE_IMAGE=drill-stand-in/base-trixie:13

# sources_of NAME: where an image is made of this repository's own code, the paths of that, seen from the recipes'.
sources_of() { [[ ! -f $RECIPES/$1/sources ]] || sed 's#^#../../#' "$RECIPES/$1/sources"; }

# recipe_hash NAME: one sha256 over paths, modes and contents; the base's recipe counts for everybody.
recipe_hash() {
  # shellcheck disable=SC2046 # paths without blanks
  (cd "$RECIPES" && find base-trixie "$1" $(sources_of "$1") -type f -printf '%m %p\n' | LC_ALL=C sort -u -k2 |
    while read -r mode path; do printf '%s %s %s\n' "$mode" "$path" "$(sha256sum <"$path")"; done |
    sha256sum | cut -d' ' -f1)
}

image_label() { "$DOCKER" image inspect --format "{{index .Config.Labels \"$2\"}}" "$1" 2>/dev/null || true; }

# host_apt DIR: the host's apt configuration (mirror, proxy, CA, logins) for trixie, in one directory that is never
# committed and never reaches an image: mmdebstrap reads it here, `docker build` in a stage that is thrown away.
host_apt() {
  local dir=$1 main='' sec='' line
  umask 077
  mkdir -p "$dir"
  if have apt-get; then
    # shellcheck disable=SC2016
    while IFS='|' read -r label uri; do
      case $label in Debian) main=${main:-$uri} ;; Debian-Security) sec=${sec:-$uri} ;; esac
    done < <(apt-get indextargets --format '$(LABEL)|$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null)
  fi
  [[ $main ]] || sec=http://deb.debian.org/debian-security
  main=${main:-http://deb.debian.org/debian}
  {
    echo "deb [signed-by=/host/debian.gpg] $main trixie main"
    echo "deb [signed-by=/host/debian.gpg] $main trixie-updates main"
    [[ ! $sec ]] || echo "deb [signed-by=/host/debian.gpg] $sec trixie-security main"
  } >"$dir/sources.list"
  cp /usr/share/keyrings/debian-archive-keyring.gpg "$dir/debian.gpg"
  {
    printf 'Dir::Etc::sourcelist "/host/sources.list";\nDir::Etc::sourceparts "/dev/null";\nDir::Etc::netrc "/host/auth.conf";\n'
    # Only what a mirror needs: the host's hooks and caches mean nothing inside.
    apt-config dump 2>/dev/null | grep -E '^Acquire::(https?::(Proxy|Verify)|Retries|Check-|Force)' || true
    for line in http https; do
      local v=${line}_proxy
      [[ ! ${!v:-} ]] || printf 'Acquire::%s::Proxy "%s";\n' "$line" "${!v}"
    done
    [[ ! -e /etc/ssl/certs/ca-certificates.crt ]] || echo 'Acquire::https::CAInfo "/host/ca.crt";'
  } >"$dir/apt.conf"
  [[ ! -e /etc/ssl/certs/ca-certificates.crt ]] || cp -L /etc/ssl/certs/ca-certificates.crt "$dir/ca.crt"
  cat /etc/apt/auth.conf /etc/apt/auth.conf.d/*.conf >"$dir/auth.conf" 2>/dev/null || true
  cp "$RECIPES/base-trixie/install" "$dir/install"
  chmod -R a+rX "$dir" # apt fetches as _apt
}

# build_base HOST_APT_DIR LOG: Debian trixie, imported as an image, rebuilt when its recipe changes.
build_base() {
  local host=$1 log=$2 want tar
  want=$(recipe_hash base-trixie)
  [[ $(image_label "$BASE_IMAGE" drill.recipe) == "$want" ]] && return 0
  need mmdebstrap mmdebstrap "stand-in images start from a Debian base"
  tar=${host%/*}/base.tar
  # mmdebstrap runs apt from here, so /host becomes the directory's real place.
  sed "s#/host/#$host/#g" "$host/sources.list" >"$host/../base-sources.list"
  grep -v '^Dir::Etc::source' "$host/apt.conf" | sed "s#/host/#$host/#g" >"$host/../base-apt.conf"
  # The hook takes the mirror and the host's options out again before the tar is written.
  # shellcheck disable=SC2016
  run_logged "$log" mmdebstrap --variant=apt --include=passwd --aptopt="$host/../base-apt.conf" --dpkgopt="$RECIPES/base-trixie/dpkg.cfg" \
    --customize-hook='rm -f "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/etc/apt/sources.list.d/* "$1"/etc/hostname "$1"/etc/resolv.conf' \
    --customize-hook='echo "deb http://deb.debian.org/debian trixie main" >"$1/etc/apt/sources.list"' \
    trixie "$tar" "$host/../base-sources.list" || return 1
  run_logged "$log" "$DOCKER" import -c "LABEL drill.recipe=$want" "$tar" "$BASE_IMAGE" || return 1
  rm -f "$tar"
}

# build_stand_in REFERENCE NAME TAG HOST_APT_DIR LOG
build_stand_in() {
  local ref=$1 name=$2 tag=$3 host=$4 log=$5 ctx args=() v stage rc=0
  ctx=$(mktemp -d "${host%/*}/$name.XXXXXX") stage=${ctx##*.}
  cp -a "$RECIPES/$name/." "$ctx/"
  mkdir -p "$ctx/fetched"
  cp -a "$host" "$ctx/host"
  [[ ! -x $ctx/fetch ]] || run_logged "$log" env DRILL_ROOT="$DRILL_ROOT" "$ctx/fetch" "$ctx/fetched" || return 1
  for v in http_proxy https_proxy no_proxy; do [[ ! ${!v:-} ]] || args+=(--build-arg "$v=${!v}"); done
  # The classic builder: the engine's own, on every version, without a plugin. --network host: a mirror or a proxy
  # that only the host resolves is reached as the host reaches it.
  DOCKER_BUILDKIT=0 run_logged "$log" "$DOCKER" build --network host --force-rm --build-arg "BASE=$BASE_IMAGE" \
    --build-arg "STAGE=$stage" "${args[@]}" --label "drill.stand-in-for=$ref" --label "drill.recipe=$(recipe_hash "$name")" \
    -t "drill-stand-in/$name:$tag" "$ctx" || rc=1
  # The stage that saw the host's apt configuration goes, and its layers with it.
  "$DOCKER" image prune -f --filter "label=drill.stage=$stage" >>"$log" 2>&1 || true
  rm -rf "$ctx"
  return $rc
}

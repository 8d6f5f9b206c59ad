#!/usr/bin/env bash
# Builds the image of the suite from the commit that is checked out, with its bill of materials.
#
#   make images                       the programs are compiled inside the builder (Containerfile)
#   make images PREBUILT=1            they are compiled here first: for builders that cannot reach the crates, and for tests
#   make images PREBUILT=FOLDER       they are taken from there as they are
#
#   ENGINE=podman|docker|buildah      default: the first of them that is there; buildah works where no engine runs
#   PROFILE=release|dev               how they are compiled; dev is for tests
#   VERSION=…, TAG=…                  default: the chart's appVersion, localhost/motcua:VERSION
#   RUST=…                            the base of the build, best with its digest; default as in the Containerfile. Which digest it was
#                                     stands in the labels org.opencontainers.image.base.* and in the bill of materials
#   TWICE=1                           build it a second time, from nothing (with PREBUILT=1 the programs, too), and fail if it is another
#   LOCAL_BASE=1                      make that base here with mmdebstrap (needs root, PREBUILT=1): where no registry can be reached
#
# The same commit gives the same digest as long as RUST is the same: the context is what git has, times are the commit's. With
# PREBUILT=1 also the compiler and the folder here must be the same (the library of the API's page writes into its source where it was unpacked:
# elsewhere the code is the same, its symbols are not), and nothing may be uncommitted (dev: for tests, whatever is there); docker sets the times of files that a step
# makes itself, so that there only the programs are the same.
set -euo pipefail
ME=images
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "${BASH_SOURCE[0]}")/../servers/lib.sh"
cd "$ROOT"

PROFILE=${PROFILE:-release}
VERSION=${VERSION:-$(sed -n 's/^appVersion: //p' helm/motcua/Chart.yaml)}
TAG=${TAG:-localhost/motcua:$VERSION}
PROGRAMS=$(sed -n 's/^ARG PROGRAMS="\(.*\)"$/\1/p' Containerfile)
REVISION=$(git rev-parse HEAD)
EPOCH=$(git log -1 --format=%ct)
ENGINE=${ENGINE:-}
if [ -z "$ENGINE" ]; then
  for ENGINE in podman docker buildah none; do command -v "$ENGINE" >/dev/null && break; done
fi
command -v "$ENGINE" >/dev/null || die "no podman, docker or buildah here (Debian: apt-get install buildah)"
[ -z "$(git status --porcelain --untracked-files=no)" ] || say "uncommitted changes are not in the image"

CONTEXT=$(mktemp -d "${TMPDIR:-/tmp}/motcua-image-XXXXXX")
trap 'rm -rf -- "$CONTEXT"' EXIT
mkdir -p dist
FROM_FOLDER=
# Compiles the programs here, into the profile's folder below target/.
programs() {
  local flags bins=() program
  flags="${RUSTFLAGS:+$RUSTFLAGS }${REMAP---remap-path-prefix=$ROOT=motcua --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo}"
  # Other flags mean that everything is compiled again: a test image takes what is there.
  [ "$PROFILE" != dev ] || flags=
  for program in $PROGRAMS; do bins+=(--bin "$program"); done
  # mimalloc is compiled with the time of day, unless it is told another: one for all commits, since what was compiled before is kept.
  SOURCE_DATE_EPOCH=0 RUSTFLAGS=$flags cargo build --locked "${bins[@]}" --profile "$PROFILE" </dev/null
}
sums() { (cd "$FROM_FOLDER" && for program in $PROGRAMS; do echo "$(strip --strip-debug -o /dev/stdout "$program" | sha256sum) $program"; done); }
if [ -d "${PREBUILT:-}" ]; then
  FROM_FOLDER=$PREBUILT
elif [ -n "${PREBUILT:-}" ]; then
  [ "$PROFILE" = dev ] || [ -z "$(git status --porcelain --untracked-files=no)" ] || die "PREBUILT=1 compiles what is here, and it is not committed"
  say "building the programs ($PROFILE)"
  programs
  FROM_FOLDER=$(program_dir "$PROFILE")
  if [ -n "${TWICE:-}" ]; then
    first=$(sums)
    say "building the programs again, from nothing"
    mv "$FROM_FOLDER" "$FROM_FOLDER.first"
    programs
    again=$(sums)
    rm -rf -- "$FROM_FOLDER.first"
    [ "$again" = "$first" ] || die "compiled again they are others: $(diff <(echo "$first") <(echo "$again") || true)"
  fi
fi
if [ -n "$FROM_FOLDER" ]; then
  mkdir -p "$CONTEXT/dist/bin"
  for program in $PROGRAMS; do
    strip --strip-debug -o "$CONTEXT/dist/bin/$program" "$FROM_FOLDER/$program"
  done
  git archive HEAD Containerfile LICENSE | tar -x -C "$CONTEXT"
else
  git archive HEAD | tar -x -C "$CONTEXT"
  mkdir -p "$CONTEXT/dist"
fi

# What a machine without systemd, or with limits of its own, needs to build at all.
build() {
  case $ENGINE in
    # A label with the builder's version would make another image of it.
    buildah) buildah bud --isolation "${ISOLATION:-chroot}" --identity-label=false --timestamp "$EPOCH" "$@" ;;
    podman) podman build --identity-label=false --timestamp "$EPOCH" "$@" ;;
    docker) SOURCE_DATE_EPOCH=$EPOCH docker build "$@" ;;
  esac
}

if [ -n "${LOCAL_BASE:-}" ]; then
  [ -n "${PREBUILT:-}" ] || die "LOCAL_BASE has no compiler: give PREBUILT=1 too"
  command -v mmdebstrap >/dev/null || die "mmdebstrap is missing (Debian: apt-get install mmdebstrap)"
  RUST=localhost/motcua-base:bookworm
  if ! "$ENGINE" inspect --type image "$RUST" >/dev/null 2>&1; then
    say "making a base with mmdebstrap"
    mkdir -p "$LOCAL"
    mmdebstrap --quiet --variant=minbase --include=ca-certificates bookworm "$LOCAL/base.tar"
    printf 'FROM scratch\nADD base.tar /\n' >"$LOCAL/Containerfile.base"
    mkdir -p "$LOCAL/base" && mv "$LOCAL/base.tar" "$LOCAL/Containerfile.base" "$LOCAL/base/"
    build --tag "$RUST" --file "$LOCAL/base/Containerfile.base" "$LOCAL/base"
    rm -rf "$LOCAL/base"
  fi
fi

# The base as this engine has it; nothing when it has not.
base_digest() {
  case $RUST in *@sha256:*) echo "sha256:${RUST##*@sha256:}"; return ;; esac
  case $ENGINE in
    buildah) buildah inspect --type image --format '{{.FromImageDigest}}' "$RUST" ;;
    podman) podman image inspect --format '{{.Digest}}' "$RUST" ;;
    # One that was made here has no digest of a registry.
    docker) docker image inspect --format '{{range .RepoDigests}}{{.}} {{end}}{{.Id}}' "$RUST" | sed -E 's/ .*//; s/.*@//' ;;
  esac 2>/dev/null || true
}
RUST=${RUST:-$(sed -n 's/^ARG RUST=//p' Containerfile)}
BASE_DIGEST=$(base_digest)
if [ -z "$BASE_DIGEST" ]; then
  "$ENGINE" pull "$RUST" >/dev/null
  BASE_DIGEST=$(base_digest)
fi
case $BASE_DIGEST in sha256:*) ;; *) die "the base $RUST has no digest: ${BASE_DIGEST:-nothing}" ;; esac
BASE_NAME=${RUST%@sha256:*}
# What is written down is what is used: a tag may move meanwhile. Not every engine takes a name with both. A base of this machine has no
# other name.
case $RUST in
  *@sha256:* | localhost/*) ;;
  *) case ${RUST##*/} in *:*) RUST=${RUST%:*} ;; esac; RUST=$RUST@$BASE_DIGEST ;;
esac
say "base: $BASE_NAME $BASE_DIGEST"
BASE="$BASE_NAME@$BASE_DIGEST" python3 e2e/cluster/sbom.py >dist/motcua.cdx.json
install -m 0644 dist/motcua.cdx.json "$CONTEXT/dist/"
# The time of a file is part of a layer.
find "$CONTEXT" -exec touch -h -d "@$EPOCH" {} +

arguments=(--build-arg "RUST=$RUST" --build-arg "BASE_NAME=$BASE_NAME" --build-arg "BASE_DIGEST=$BASE_DIGEST" --build-arg "VERSION=$VERSION" --build-arg "REVISION=$REVISION" --build-arg "PROFILE=$PROFILE" --tag "$TAG" --file "$CONTEXT/Containerfile")
digest() {
  case $ENGINE in
    docker) docker image inspect --format '{{.Id}} {{.Size}} bytes' "$TAG" ;;
    *) "$ENGINE" images --no-trunc --format '{{.Digest}} {{.ID}} {{.Size}}' "$TAG" ;;
  esac
}
build "${arguments[@]}" "$CONTEXT"
first=$(digest)
echo "$first"
if [ -n "${TWICE:-}" ]; then
  build --no-cache "${arguments[@]}" "$CONTEXT"
  [ "$(digest)" = "$first" ] || die "built again it is another: $(digest)"
  say "built again, it is the same"
fi
say "$TAG is built; bill of materials: dist/motcua.cdx.json"

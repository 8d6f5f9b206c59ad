#!/usr/bin/env bash
# Starts the rendered production set as containers - the chart's commands, environment, secrets, users, limits, read-only roots - beside
# private PostgreSQL, RabbitMQ and Redis,
# each behind TLS with a CA of its own; plays the story through the gateway; ends services and lets them come back; makes a backup, loses
# everything, restores it; seals everything again with another secret.
#
#   make images-test                  builds a test image first (PREBUILT=1 PROFILE=dev LOCAL_BASE=1), needs podman and root
#   IMAGE=…                           takes this one instead
#   BACKUP_IMAGE=…                    what the backup runs in; default: the stock image of PostgreSQL of the server's major version, and where that
#                                     cannot be had, one with this Debian's own clients, made with mmdebstrap
#
# Not part of .ci/run: it takes minutes, and a builder.
set -euo pipefail
ME=images-test
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "${BASH_SOURCE[0]}")/../servers/lib.sh"
HERE=$ROOT/e2e/cluster
cd "$ROOT"
command -v podman >/dev/null || die "podman is missing (Debian: apt-get install podman netavark aardvark-dns runc iptables)"
# netavark asks it for the bridge, and says only that a file is missing.
command -v iptables >/dev/null || die "iptables is missing (Debian: apt-get install iptables)"
[ -x "$LOCAL/chart-tools/venv/bin/python" ] || "$HERE/chart.sh" --collect-only >/dev/null

if [ -z "${CONTAINERS_CONF:-}" ] && [ ! -d /run/systemd/system ]; then
  # Without systemd: plain cgroups, events in a file, limits that an unprivileged root may set.
  cat >"$LOCAL/containers.conf" <<'C'
[containers]
default_ulimits = ["nofile=16384:16384", "nproc=16384:16384"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
C
  export CONTAINERS_CONF=$LOCAL/containers.conf
fi
if [ -z "${IMAGE:-}" ]; then
  IMAGE=localhost/motcua:test
  ENGINE=buildah PREBUILT=1 PROFILE=dev LOCAL_BASE=1 TAG=$IMAGE "$HERE/images.sh"
fi
export IMAGE

trap '"$ROOT/e2e/servers/servers.sh" release $$ test' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
"$ROOT/e2e/servers/servers.sh" start test --while-pid $$ >/dev/null
# shellcheck disable=SC1091
. "$LOCAL/servers.env"
if [ -z "${BACKUP_IMAGE:-}" ]; then
  # As an operator would choose it: of the major version of the server.
  BACKUP_IMAGE=docker.io/library/postgres:$(psql "$MOTCUA_TEST_POSTGRES_URL" -XqtAc 'show server_version_num' | cut -c1-2)
  if ! podman image exists "$BACKUP_IMAGE" && ! podman pull --quiet "$BACKUP_IMAGE" >/dev/null 2>&1; then
    BACKUP_IMAGE=localhost/motcua-backup:test
    if ! podman image exists "$BACKUP_IMAGE"; then
      command -v mmdebstrap >/dev/null || die "no image for the backup: give BACKUP_IMAGE, or install mmdebstrap (Debian: apt-get install mmdebstrap)"
      say "making an image for the backup with mmdebstrap"
      # shellcheck disable=SC1091
      mmdebstrap --quiet --variant=minbase --include=postgresql-client "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$LOCAL/backup.tar"
      podman import --quiet "$LOCAL/backup.tar" "$BACKUP_IMAGE" >/dev/null
      rm -f "$LOCAL/backup.tar"
    fi
  fi
fi
export BACKUP_IMAGE
PYTHONPATH=$HERE/chart "$LOCAL/chart-tools/venv/bin/python" "$HERE/containers.py"

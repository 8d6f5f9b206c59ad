#!/usr/bin/env bash
# Stops what up.sh started: the services, then the servers that were started for them.
#
#   down.sh                    the data stays
#   down.sh --services-only    PostgreSQL, RabbitMQ and Redis go on
#   down.sh --forget           and forget data, passwords and logs
set -euo pipefail
ME=down
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
HERE=$ROOT/e2e/servers
UP=$LOCAL/up

# Sends TERM to all of them, then waits for each: they drain at the same time.
stop() { # NAME…
  local name pid waiting=
  for name in "$@"; do
    pid=$(read_file "$UP/run/$name.pid")
    if ours "$pid" "$UP"; then
      kill -TERM "$pid" 2>/dev/null || true
      waiting="$waiting $name:$pid"
    fi
  done
  for name in $waiting; do
    await_end "${name#*:}" 35
  done
  for name in "$@"; do rm -f "$UP/run/$name.pid"; done
}

if [ -d "$UP/run" ]; then
  stop gateway portal # the doors first, so that nobody asks a service that is gone
  stop catalogue dossier notifications postal identity
fi
case ${1:-} in
  --services-only) ;;
  --forget)
    # What is ours on a server that is not: its databases, which nobody could read without the secrets.
    if [ -f "$LOCAL/servers-dev.env" ] && [ -d "$UP" ]; then
      for name in catalogue dossier notifications postal identity; do
        echo "drop database if exists motcua_$name with (force);"
        echo "drop role if exists motcua_$name;"
      done | "$HERE/servers.sh" psql dev >/dev/null 2>&1 || say "the databases could not be dropped"
    fi
    "$HERE/servers.sh" stop dev
    "$HERE/servers.sh" forget dev
    rm -rf -- "$UP" "$LOCAL/log"
    ;;
  '') "$HERE/servers.sh" stop dev ;;
  *) die "unknown: $1" ;;
esac

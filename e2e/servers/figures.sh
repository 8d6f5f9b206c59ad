#!/usr/bin/env bash
# What filing, transitions and reconcilers cost with many dossiers, on a PostgreSQL of its own that syncs to the disk. Arguments go to the
# program (`e2e/src/bin/figures`).
set -euo pipefail
ME=figures
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"
# Measured as it is deployed, whatever the rest was built with.
cargo build --locked --workspace --bins --profile "${PROFILE:-release}" </dev/null
HERE=$(mktemp -d "${TMPDIR:-/tmp}/motcua-figures.XXXXXX")
chmod 755 "$HERE"
OWN="$ROOT/e2e/servers/own.sh"
trap '"$OWN" "$HERE/servers" forget >/dev/null 2>&1 || true; rm -rf -- "$HERE"' EXIT
"$OWN" "$HERE/servers" start postgres
MOTCUA_TEST_POSTGRES_URL=$("$OWN" "$HERE/servers" url postgres)
export MOTCUA_TEST_POSTGRES_URL MOTCUA_TEST_BACKEND=postgres
PID=$("$OWN" "$HERE/servers" pids postgres | head -n 1)
# The log lies beside the data.
LOG=$(dirname -- "$(readlink -f "/proc/$PID/cwd")")/log
"$(program_dir "${PROFILE:-release}")/figures" --server-log "$LOG" "$@"

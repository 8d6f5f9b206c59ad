#!/usr/bin/env bash
# Measures the catalogue with the national portal's JSON lines (FILE) on the test servers.
set -euo pipefail
ME=bench-catalogue
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
FILE=${1:-}
[ -f "$FILE" ] || die "name a file of the national portal's JSON lines: make bench-catalogue FILE=…"
FILE=$(readlink -f -- "$FILE")
cd "$ROOT"
PROFILE=${PROFILE:-dev}
# The same set as the other measurements build, so that nothing is compiled twice.
cargo build --locked --workspace --bins --profile "$PROFILE" </dev/null
SERVERS=$ROOT/e2e/servers/servers.sh
trap '"$SERVERS" release $$ test' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
"$SERVERS" start test --while-pid $$ >/dev/null
# shellcheck disable=SC1091
. "$LOCAL/servers.env"
"$(program_dir "$PROFILE")/catalogue_bench" --file "$FILE"

#!/usr/bin/env bash
# Executes docs/operations/upgrade.md: the data that the release before left behind, the migrations of this one beside its programs, one
# service after the other exchanged while people file, and the way back.
#
#   e2e/cluster/upgrade.sh            on the data of e2e/cluster/previous/; the programs of this release play both parts
#                                     (PROFILE=dev: those that `.ci/run` has built; COUNT=8: stories a round while services are exchanged)
#   PREVIOUS=FOLDER                   the programs of the release before: they serve first, and again after the roll-back
#   e2e/cluster/upgrade.sh --record   makes e2e/cluster/previous/ from the programs, the chart and the examples as they are: when a
#                                     release is made, and never else
#
# Needs the binaries built; PostgreSQL, RabbitMQ and Redis are found or started as for the tests.
set -euo pipefail
ME=upgrade
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "${BASH_SOURCE[0]}")/../servers/lib.sh"
cd "$ROOT"
BIN=$(program_dir "${PROFILE:-dev}")
OLD=${PREVIOUS:-$BIN}
[ -x "$BIN/motcua" ] || die "build first: cargo build --workspace --bins"
[ -x "$OLD/motcua" ] || die "PREVIOUS=$OLD has no motcua"
command -v pg_dump >/dev/null || packages postgresql-client
command -v pg_dump >/dev/null || die "pg_dump is missing (Debian: apt-get install postgresql-client)"
KEPT=$ROOT/e2e/cluster/previous

"$ROOT/e2e/servers/servers.sh" start test --while-pid $$ >/dev/null
# shellcheck disable=SC1091
. "$LOCAL/servers.env"
WORK=$(mktemp -d "${TMPDIR:-/tmp}/motcua-upgrade-XXXXXX")
RUN=motcua_upgrade_$(secret | cut -c1-6)
# shellcheck source-path=SCRIPTDIR
. "$ROOT/e2e/cluster/suite.sh"
trap 'clean_suite a; "$ROOT/e2e/servers/servers.sh" release $$ test' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# Of a data set for tests, and of nothing else.
export MOTCUA_PROCESS__SEALING__SECRET=a-secret-for-the-data-of-this-test-only
roles
databases a

if [ "${1:-}" = --record ]; then
  say "the story, twice"
  migrated "$BIN"
  "$BIN/motcua" migrate --demo
  start_suite "$BIN" new
  "$BIN/motcua" demo --gateway "$GATEWAY" --count 2 --json >"$WORK/demo.json" || die "the story failed: $(cat "$WORK/demo.json")"
  settled
  stop_suite
  rm -rf "$KEPT"
  mkdir -p "$KEPT/data" "$KEPT/values"
  for name in $STORED; do
    # Without what only newer or older tools write.
    pg_dump --dbname="$(cat "$WORK/$name.url")" --no-owner --no-privileges --encoding=UTF8 |
      sed -E '/^\\(un)?restrict /d; /^SET transaction_timeout/d' | gzip -9n >"$KEPT/data/$name.sql.gz"
  done
  tar -C "$FILES" --exclude=./incoming --sort=name --mtime=@0 --owner=0 --group=0 -c . | gzip -9n >"$KEPT/data/files.tar.gz"
  cp -r helm/motcua "$KEPT/chart"
  cp helm/examples/values-*.yaml "$KEPT/values/"
  git rev-parse HEAD >"$KEPT/COMMIT"
  sed -n 's/^version: //p' helm/motcua/Chart.yaml >"$KEPT/VERSION"
  du -sh "$KEPT" >&2
  say "recorded"
  exit 0
fi

say "the data of $(cat "$KEPT/VERSION")"
for name in $STORED; do
  gunzip -c "$KEPT/data/$name.sql.gz" | psql "$(cat "$WORK/$name.url")" -Xq -v ON_ERROR_STOP=1 >/dev/null || die "the data of $name cannot be read in"
done
mkdir -p "$FILES"
tar -C "$FILES" -xzf "$KEPT/data/files.tar.gz"
dossiers=$(count dossier dossier)
notices=$(count notifications notice)
files=$(find "$FILES" -type f -not -path '*/incoming/*' | wc -l)
[ $((dossiers * files)) -gt 0 ] || die "there is nothing in it: the test would prove nothing"

if [ -n "${PREVIOUS:-}" ]; then
  say "the programs before, at work"
  start_suite "$OLD" old
fi
say "the migrations of this release, twice at once, and again"
(migrated "$BIN") &
migrated "$BIN"
wait $!
migrated "$BIN"
[ -n "${PREVIOUS:-}" ] || start_suite "$BIN" old

failed() { # what the gateways have answered with 5xx, and what the doors could not lead
  local file sum=0 n
  for file in "$WORK"/gateway.*.admin; do
    n=$(limited 5 python3 -c '
import sys, urllib.request
try:
    text = urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/metrics", timeout=3).read().decode()
except OSError:
    text = ""
print(sum(int(float(l.rsplit(" ", 1)[1])) for l in text.split("\n") if l.startswith("motcua_http_requests_total{") and "status=\"5" in l))' "$(cat "$file")")
    sum=$((sum + n))
  done
  [ ! -e "$WORK/refused" ] || sum=$((sum + $(wc -l <"$WORK/refused")))
  echo "$sum"
}

file_until() { # FILE LABEL: people file, and file again, until that file is there
  until [ -e "$1" ]; do
    "$BIN/motcua" demo --gateway "$GATEWAY" --count "${COUNT:-8}" --concurrency 2 --json >"$WORK/demo-$2.json" 2>"$WORK/demo-$2.err" || return 1
  done
}

FAILED=0
exchange() { # FROM PROGRAMS TO: each service by its successor, while people file
  local name from=$1 programs=$2 to=$3
  say "$from gives way to $to while people file"
  file_until "$WORK/exchanged-$to" "$to" &
  local load=$!
  for name in $SERVICES; do
    # The gateway's own count goes with it.
    [ "$name" != gateway ] || FAILED=$((FAILED + $(failed)))
    start_service "$name" "$programs" "$to"
    lead_to "$name" "$NEW_PORT"
    # What a preStop hook waits for: that nobody is led to the old one any more.
    sleep 0.5
    stop_service "$name" "$from"
  done
  : >"$WORK/exchanged-$to"
  wait "$load" || die "people could not file: $(head -c 2000 "$WORK/demo-$to.json") $(tail -n 3 "$WORK/demo-$to.err")"
  rm -f "$WORK/gateway.$from.admin"
  FAILED=$((FAILED + $(failed)))
  [ "$FAILED" = 0 ] || die "$FAILED requests failed: $(head -n 5 "$WORK/refused" 2>/dev/null)"
}

exchange old "$BIN" new
settled
"$BIN/motcua" verify || die "verify finds faults after the upgrade"

say "and back: the schema stays"
for name in $STORED; do export "MOTCUA_$(upper "$name")__DATABASE__ACCEPT_NEWER_SCHEMA=true"; done
migrated "$OLD"
exchange new "$OLD" back
settled
"$BIN/motcua" verify >/dev/null || die "verify finds faults after the roll-back"
[ "$(count dossier dossier)" -gt "$dossiers" ] || die "nothing was filed meanwhile"
[ "$(count notifications notice)" -gt "$notices" ] || die "nobody was told meanwhile"
say "passed in $SECONDS s: $dossiers dossiers and $files files of $(cat "$KEPT/VERSION") are whole; $(count dossier dossier) dossiers now; not one request failed"

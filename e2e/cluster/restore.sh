#!/usr/bin/env bash
# Executes docs/operations/restore.md: the story, a backup by the chart's own script, loss of all databases and files, restore by the
# chart's own script, and then `motcua verify` must find nothing; the story goes on with the restored data.
#
#   e2e/cluster/restore.sh            with PostgreSQL, RabbitMQ and Redis found or started as for the tests; needs the programs built
#                                     (PROFILE=dev, as `.ci/run` builds them for its stage "operations")
#
# Also takes away what a backup may lose between its dumps: events that consumers had not had yet at the time of their dump.
set -euo pipefail
ME=restore
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "${BASH_SOURCE[0]}")/../servers/lib.sh"
cd "$ROOT"
BIN=$(program_dir "${PROFILE:-dev}")
[ -x "$BIN/motcua" ] || die "build first: cargo build --workspace --bins"
command -v pg_dump >/dev/null || packages postgresql-client
command -v pg_dump >/dev/null || die "pg_dump is missing (Debian: apt-get install postgresql-client)"

"$ROOT/e2e/servers/servers.sh" start test --while-pid $$ >/dev/null
# shellcheck disable=SC1091
. "$LOCAL/servers.env"
WORK=$(mktemp -d "${TMPDIR:-/tmp}/motcua-restore-XXXXXX")
RUN=motcua_restore_$(secret | cut -c1-6)
# shellcheck source-path=SCRIPTDIR
. "$ROOT/e2e/cluster/suite.sh"
trap 'clean_suite a b; "$ROOT/e2e/servers/servers.sh" release $$ test' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
export MOTCUA_PROCESS__SEALING__SECRET
MOTCUA_PROCESS__SEALING__SECRET=$(secret)
roles

say "the story, three times"
databases a
migrated "$BIN"
"$BIN/motcua" migrate --demo
start_suite "$BIN" a
"$BIN/motcua" demo --gateway "$GATEWAY" --count 3 --json >"$WORK/demo.json" || die "the story failed: $(cat "$WORK/demo.json")"
settled
before="$(count dossier dossier) $(count notifications notice) $(count postal shipment) $(find "$FILES" -type f | wc -l)"

say "backup, twice: the second copies no object again"
export BACKUP_TO=$WORK/backup KEEP_DAYS=14
sh helm/motcua/files/backup.sh >"$WORK/backup.log" 2>&1 || die "$(cat "$WORK/backup.log")"
sleep 1 # the name of a backup is its second
sh helm/motcua/files/backup.sh >"$WORK/backup2.log" 2>&1 || die "$(cat "$WORK/backup2.log")"
grep -q ', 0 new' "$WORK/backup2.log" || die "objects were copied again: $(cat "$WORK/backup2.log")"
newest=$(find "$BACKUP_TO" -mindepth 1 -maxdepth 1 -name '20*Z' | sort | tail -n 1)

say "a damaged backup and a database that is not empty are refused"
cp -r "$newest" "$BACKUP_TO/damaged"
printf x >>"$BACKUP_TO/damaged/postal.dump"
if sh helm/motcua/files/restore.sh "$BACKUP_TO/damaged" >"$WORK/out" 2>&1; then die "a damaged backup was restored"; fi
grep -q 'is damaged' "$WORK/out" || die "$(cat "$WORK/out")"
if sh helm/motcua/files/restore.sh "$newest" >"$WORK/out" 2>&1; then die "a full database was restored over"; fi
grep -q 'not empty' "$WORK/out" || die "$(cat "$WORK/out")"
stop_suite

say "everything is lost, and restored"
for name in $STORED; do "${PSQL[@]}" -c "drop database ${RUN}_${name}_a with (force)"; done
rm -rf "$WORK/files-a"
databases b
sh helm/motcua/files/restore.sh "$newest" >"$WORK/restore.log" 2>&1 || die "$(cat "$WORK/restore.log")"
cat "$WORK/restore.log" >&2
say "and the notices of one dossier never reached the dump of their consumer"
psql "$(cat "$WORK/notifications.url")" -XqtA -v ON_ERROR_STOP=1 <<'SQL'
create temp table lost as select distinct event_id from notice where event_id is not null limit 4;
delete from task where kind = 'send-delivery' and payload::json ->> 'delivery' in (select id::text from delivery where event_id in (select event_id from lost));
delete from delivery where event_id in (select event_id from lost);
delete from notice where event_id in (select event_id from lost);
delete from task where key in (select event_id::text from lost);
SQL
[ "$(count notifications notice)" -lt "$(printf '%s' "$before" | cut -d' ' -f2)" ] ||
  die "no notice is missing: the test would prove nothing"

migrated "$BIN"
start_suite "$BIN" b
settled
"$BIN/motcua" verify || die "verify finds faults after the restore"
after="$(count dossier dossier) $(count notifications notice) $(count postal shipment) $(find "$FILES" -type f | wc -l)"
[ "$before" = "$after" ] || die "before: $before; after: $after (dossiers, notices, shipments, files)"
"$BIN/motcua" demo --gateway "$GATEWAY" --json >"$WORK/demo.json" || die "the story does not go on: $(cat "$WORK/demo.json")"
settled
"$BIN/motcua" verify >/dev/null || die "verify finds faults after the story went on"
say "passed in $SECONDS s: $after dossiers, notices, shipments, files, as before"

#!/usr/bin/env bash
# Executes docs/operations/restore.md: the story, a backup by the chart's own script, loss of all databases and files, restore by the
# chart's own script, and then `motcua verify` must find nothing; the story goes on with the restored data.
#
#   e2e/cluster/restore.sh            with PostgreSQL, RabbitMQ and Redis found or started as for the tests; needs the binaries built
#
# Also takes away what a backup may lose between its dumps: events that consumers had not had yet at the time of their dump.
set -euo pipefail
ME=restore
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "${BASH_SOURCE[0]}")/../servers/lib.sh"
cd "$ROOT"
BIN=$(program_dir "${PROFILE:-dev}")
[ -x "$BIN/motcua" ] || die "build first: cargo build --workspace --bins"
command -v pg_dump >/dev/null || die "pg_dump is missing (Debian: apt-get install postgresql-client)"

"$ROOT/e2e/servers/servers.sh" start test --while-pid $$ >/dev/null
# shellcheck disable=SC1091
. "$LOCAL/servers.env"
WORK=$(mktemp -d "${TMPDIR:-/tmp}/motcua-restore-XXXXXX")
RUN=motcua_restore_$(secret | cut -c1-6)
STORED='dossier catalogue postal notifications identity'
PSQL=(psql "$MOTCUA_TEST_POSTGRES_URL" -XqtA -v ON_ERROR_STOP=1)
server=${MOTCUA_TEST_POSTGRES_URL#*@}
server=${server%%/*}

stop_suite() {
  local pid
  for pid in "$WORK"/*.pid; do
    [ -e "$pid" ] || continue
    kill -TERM "$(cat "$pid")" 2>/dev/null || true
    await_end "$(cat "$pid")" 35
    rm -f "$pid"
  done
}
clean() {
  stop_suite
  for name in $STORED; do
    for round in a b; do "${PSQL[@]}" -c "drop database if exists ${RUN}_${name}_$round with (force)" || true; done
    "${PSQL[@]}" -c "drop role if exists ${RUN}_$name" || true
  done
  rm -rf -- "$WORK"
  "$ROOT/e2e/servers/servers.sh" release $$ test
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

export MOTCUA_PROCESS__SEALING__SECRET MOTCUA_PROCESS__BUS__URL=$MOTCUA_TEST_AMQP_URL MOTCUA_PROCESS__CACHE__URL=$MOTCUA_TEST_REDIS_URL
export MOTCUA_DATA=$WORK/data NO_COLOR=1
MOTCUA_PROCESS__SEALING__SECRET=$(secret)
for name in $STORED; do
  password=$(secret)
  "${PSQL[@]}" -c "create role ${RUN}_$name login password '$password'" -c "grant ${RUN}_$name to current_user"
  printf '%s' "$password" >"$WORK/$name.password"
done

databases() { # ROUND: empty ones, and their addresses into the environment
  local name upper
  for name in $STORED; do
    upper=$(printf '%s' "$name" | tr '[:lower:]' '[:upper:]')
    "${PSQL[@]}" -c "create database ${RUN}_${name}_$1 owner ${RUN}_$name encoding 'UTF8' template template0"
    printf 'postgres://%s_%s:%s@%s/%s_%s_%s' "$RUN" "$name" "$(cat "$WORK/$name.password")" "$server" "$RUN" "$name" "$1" >"$WORK/$name.url"
    export "MOTCUA_${upper}__DATABASE__URL_FILE=$WORK/$name.url" "${upper}_URL_FILE=$WORK/$name.url"
  done
  export FILES=$WORK/files-$1 MOTCUA_DOSSIER__FILES__DIR=$WORK/files-$1
  # Another broker's worth of queues: what lay in the old one is lost with it.
  export MOTCUA_PROCESS__BUS__PREFIX=$RUN.$1. MOTCUA_PROCESS__CACHE__PREFIX=$RUN.$1:
}

start_suite() {
  local name ports port=0 i
  # Ports below the range from which the kernel takes outgoing ones.
  port=$((20000 + RANDOM % 9000))
  i=0
  for name in catalogue dossier notifications postal identity portal gateway; do
    ports="${ports:-} $name:$((port + i)):$((port + i + 20))"
    export "MOTCUA_PROCESS__DIRECTORY__$(printf '%s' "$name" | tr '[:lower:]' '[:upper:]')=http://127.0.0.1:$((port + i))"
    i=$((i + 1))
  done
  GATEWAY=http://127.0.0.1:$((port + 6))
  export MOTCUA_PROCESS__TOKENS__ISSUER=$GATEWAY MOTCUA_GATEWAY__REQUESTS_PER_MINUTE=60000 MOTCUA_GATEWAY__PUBLIC_REQUESTS_PER_MINUTE=60000
  export MOTCUA_DOSSIER__TRACKING__NUMBERS_PER_HOUR=60000
  export MOTCUA_NOTIFICATIONS__EMAIL__DIRECTORY=$WORK/email MOTCUA_NOTIFICATIONS__SMS__DIRECTORY=$WORK/sms
  for name in $STORED; do "$BIN/$name" migrate 2>"$WORK/$name.log" || die "$name migrate: $(tail -n 3 "$WORK/$name.log")"; done
  [ "$1" = restored ] || "$BIN/motcua" migrate --demo
  for name in $ports; do
    IFS=: read -r name port admin <<<"$name"
    MOTCUA_PROCESS__HTTP__BIND=127.0.0.1:$port MOTCUA_PROCESS__HTTP__ADMIN_BIND=127.0.0.1:$admin \
      detached "$WORK/$name.pid" "$WORK/$name.log" "$BIN/$name"
  done
  for name in $ports; do
    IFS=: read -r name port admin <<<"$name"
    i=0
    until [ "$(http_status "$admin" /readyz)" = 200 ]; do
      alive "$(cat "$WORK/$name.pid")" || die "$name ended: $(tail -n 3 "$WORK/$name.log")"
      i=$((i + 1))
      [ $i -lt 600 ] || die "$name is not ready"
      sleep 0.1
    done
  done
}

waiting() { # what is not sent or not done, in all databases
  local name sum=0 n
  for name in $STORED; do
    n=$(psql "$(cat "$WORK/$name.url")" -XqtA -c "select (select count(*) from outbox where sent_at is null) + (select count(*) from task where state in ('ready', 'leased'))")
    sum=$((sum + n))
  done
  echo "$sum"
}
settled() {
  local i
  for ((i = 0; i < 600; i++)); do
    [ "$(waiting)" = 0 ] && return 0
    sleep 0.2
  done
  die "$(waiting) events and tasks are still waiting"
}
count() { psql "$(cat "$WORK/$1.url")" -XqtA -c "select count(*) from $2"; }

say "the story, three times"
databases a
start_suite new
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
delete from delivery where event_id in (select event_id from lost);
delete from notice where event_id in (select event_id from lost);
delete from task where key in (select event_id::text from lost);
SQL
[ "$(count notifications notice)" -lt "$(printf '%s' "$before" | cut -d' ' -f2)" ] ||
  die "no notice is missing: the test would prove nothing"

start_suite restored
settled
"$BIN/motcua" verify || die "verify finds faults after the restore"
after="$(count dossier dossier) $(count notifications notice) $(count postal shipment) $(find "$FILES" -type f | wc -l)"
[ "$before" = "$after" ] || die "before: $before; after: $after (dossiers, notices, shipments, files)"
"$BIN/motcua" demo --gateway "$GATEWAY" --json >"$WORK/demo.json" || die "the story does not go on: $(cat "$WORK/demo.json")"
settled
"$BIN/motcua" verify >/dev/null || die "verify finds faults after the story went on"
say "passed: $after dossiers, notices, shipments, files, as before"

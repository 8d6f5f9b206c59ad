#!/usr/bin/env bash
# Starts each service as a process of its own: one database and one role each on PostgreSQL,
# messages over RabbitMQ, the cache in Redis (servers.sh finds or starts those).
#
# Everything lies below .local/: data and pids in up/, logs in log/, passwords in up/secret/.
# A second run restarts the services on the same data. PROFILE=release for the optimised build,
# PORT=8000 for another public port than 8080.
set -euo pipefail
ME=up
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
HERE=$ROOT/e2e/servers
UP=$LOCAL/up
LOG=$LOCAL/log
SECRETS=$UP/secret
PROFILE=${PROFILE:-dev}
PORT=${PORT:-8080}
# name:port:admin port
SERVICES="catalogue:8101:9101 dossier:8102:9102 notifications:8103:9103 postal:8104:9104 identity:8105:9105 portal:8106:9106 gateway:$PORT:9180"
WITH_DATABASE='catalogue dossier notifications postal identity'
PUBLIC_URL=http://127.0.0.1:$PORT

cd "$ROOT"
say "building"
cargo build --workspace --bins --profile "$PROFILE" </dev/null
BIN=$(program_dir "$PROFILE")

"$HERE/servers.sh" start dev >/dev/null
# shellcheck disable=SC1091
. "$LOCAL/servers-dev.env"

mkdir -p "$UP/run" "$LOG" "$SECRETS" "$UP/files" "$UP/outbox"
chmod 700 "$SECRETS" "$UP/files" "$UP/outbox"
"$HERE/down.sh" --services-only
for entry in $SERVICES; do
  IFS=: read -r name port admin <<<"$entry"
  for port in "$port" "$admin"; do
    ! port_taken "$port" || die "port $port is needed for $name and something else has it (PORT=… moves the public one)"
  done
done

# ---------------------------------------------------------------- databases

# One role and one database for each service; nobody else's role may enter.
private_file "$SECRETS/roles.sql" "$(
  echo 'set client_min_messages = warning;'
  for name in $WITH_DATABASE; do
    role=motcua_$name
    password=$(kept_secret "$SECRETS/$name.password")
    cat <<SQL
select 'create role $role' where not exists (select from pg_roles where rolname = '$role') \\gexec
alter role $role login nosuperuser nocreatedb nocreaterole password '$password';
grant $role to current_user;
select 'create database $role owner $role encoding ''UTF8'' template template0'
  where not exists (select from pg_database where datname = '$role') \\gexec
revoke all on database $role from public;
SQL
  done
)"
"$HERE/servers.sh" psql dev <"$SECRETS/roles.sql" || die "the databases could not be made"
rm -f "$SECRETS/roles.sql"

# ---------------------------------------------------------------- settings

server=${MOTCUA_DEV_POSTGRES_URL#*://}
server=${server#*@}
query=
case $server in *\?*) query="?${server#*\?}" ;; esac
server=${server%%/*}

kept_secret "$SECRETS/sealing" >/dev/null
private_file "$SECRETS/amqp" "$MOTCUA_DEV_AMQP_URL"
private_file "$SECRETS/redis" "$MOTCUA_DEV_REDIS_URL"

# To be sourced, also by who wants to run `motcua verify` or `motcua token` against this: the
# names of files with secrets, no secret itself. What the caller's environment says stays.
{
  echo "export MOTCUA_DATA='$UP'"
  for name in $WITH_DATABASE; do
    private_file "$SECRETS/$name.url" "postgres://motcua_$name:$(cat "$SECRETS/$name.password")@$server/motcua_$name$query"
    echo "export MOTCUA_$(printf '%s' "$name" | tr '[:lower:]' '[:upper:]')__DATABASE__URL_FILE='$SECRETS/$name.url'"
  done
  cat <<E
export MOTCUA_PROCESS__SEALING__SECRET_FILE='$SECRETS/sealing'
export MOTCUA_PROCESS__BUS__URL_FILE='$SECRETS/amqp'
export MOTCUA_PROCESS__CACHE__URL_FILE='$SECRETS/redis'
export MOTCUA_PROCESS__TOKENS__ISSUER='$PUBLIC_URL'
export MOTCUA_PROCESS__DIRECTORY__GATEWAY='$PUBLIC_URL'
export MOTCUA_DOSSIER__FILES__DIR='$UP/files'
export MOTCUA_DOSSIER__LINKS__TRACKING='$PUBLIC_URL/tra-cuu?so={number}'
export MOTCUA_NOTIFICATIONS__PUBLIC_URL='$PUBLIC_URL'
export MOTCUA_GATEWAY__REQUESTS_PER_MINUTE=60000
export MOTCUA_GATEWAY__PUBLIC_REQUESTS_PER_MINUTE=60000
export MOTCUA_DOSSIER__TRACKING__NUMBERS_PER_HOUR=60000
export MOTCUA_NOTIFICATIONS__EMAIL__DIRECTORY='$UP/outbox/email'
export MOTCUA_NOTIFICATIONS__SMS__DIRECTORY='$UP/outbox/sms'
E
} >"$UP/env"
# shellcheck disable=SC1091
. "$UP/env"

# ---------------------------------------------------------------- start

status=0
trap 'status=$?; trap - EXIT; say "stopping again what was started"; "$HERE/down.sh" --services-only; exit $status' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

for name in $WITH_DATABASE; do
  "$BIN/$name" migrate >"$LOG/$name-migrate.log" 2>&1 </dev/null || { tail -n 20 "$LOG/$name-migrate.log" >&2; die "$name migrate failed"; }
done
"$BIN/motcua" migrate --demo >"$LOG/demo-data.log" 2>&1 </dev/null || { tail -n 20 "$LOG/demo-data.log" >&2; die "the demo data could not be written"; }

# A service learns its own secrets, not the others' nor the administrator's.
hide_from() { # NAME; sets HIDE
  local other
  HIDE=(-u MOTCUA_DEV_POSTGRES_URL -u MOTCUA_DEV_AMQP_URL -u MOTCUA_DEV_REDIS_URL)
  for other in $WITH_DATABASE; do
    [ "$other" = "$1" ] || HIDE+=(-u "MOTCUA_$(printf '%s' "$other" | tr '[:lower:]' '[:upper:]')__DATABASE__URL_FILE")
  done
}

cd "$UP"
for entry in $SERVICES; do
  IFS=: read -r name port admin <<<"$entry"
  hide_from "$name"
  [ -f "$LOG/$name.log" ] && mv "$LOG/$name.log" "$LOG/$name.log.1"
  detached "$UP/run/$name.pid" "$LOG/$name.log" env "${HIDE[@]}" \
    NO_COLOR=1 \
    MOTCUA_PROCESS__HTTP__BIND="127.0.0.1:$port" \
    MOTCUA_PROCESS__HTTP__ADMIN_BIND="127.0.0.1:$admin" \
    "$BIN/$name"
done
for entry in $SERVICES; do
  IFS=: read -r name port admin <<<"$entry"
  pid=$(cat "$UP/run/$name.pid")
  until=$((SECONDS + 60))
  until [ "$(http_status "$admin" /readyz)" = 200 ]; do
    alive "$pid" || { tail -n 20 "$LOG/$name.log" >&2; die "$name ended by itself (log: $LOG/$name.log)"; }
    [ $SECONDS -lt $until ] || { tail -n 20 "$LOG/$name.log" >&2; die "$name is not ready after a minute (log: $LOG/$name.log)"; }
    sleep 0.1
  done
done
trap - EXIT INT TERM

echo
echo "  Một Cửa is running, each service by itself"
echo
printf '    %-14s %s/\n' pages "$PUBLIC_URL" API "$PUBLIC_URL/docs"
echo
for entry in $SERVICES; do
  IFS=: read -r name port admin <<<"$entry"
  printf '    %-14s http://127.0.0.1:%s  health, metrics: http://127.0.0.1:%s  pid %s\n' "$name" "$port" "$admin" "$(cat "$UP/run/$name.pid")"
done
cat <<E

  demo accounts  citizen officer specialist leader officer2 … (password motcua-demo)
  logs           ${LOG#"$ROOT"/}/
  tools          . ${UP#"$ROOT"/}/env; ${BIN#"$ROOT"/}/motcua verify
  stop           make down

E

#!/usr/bin/env bash
# Finds PostgreSQL, RabbitMQ and Redis, or starts private ones.
#
#   servers.sh start  [test|dev] [--while-pid PID]   find or start all three, write and print their addresses
#   servers.sh env    [test|dev]                     print the export lines again
#   servers.sh status [test|dev]                     what is used, and what runs because of us
#   servers.sh release PID [test|dev]                PID needs them no longer; stops them if nobody does
#   servers.sh stop   [test|dev]                     stop what was started here, and nothing else
#   servers.sh forget [test|dev]                     stop it, and remove its data
#   servers.sh psql   [test|dev]                     psql as the administrator, reading from the standard input
#
# Each server is looked for by itself, in this order:
#   1. MOTCUA_TEST_POSTGRES_URL, MOTCUA_TEST_AMQP_URL, MOTCUA_TEST_REDIS_URL (MOTCUA_DEV_… for `dev`);
#   2. a private one that an earlier `start` left running;
#   3. the usual local port, if it answers, takes the usual account, and really lets us work;
#   4. a private one: loopback only, own port, own password, files below .local/ in the repository.
# Missing programs are installed with apt-get when that is possible (root on Debian or Ubuntu).
#
# `test` is quick and forgets everything; `dev` keeps its data and syncs it to the disk.
#
# Everything of a private server, its pid included, lies in one folder that is written before the
# server starts, so that `stop` also cleans up after a start that was killed half way.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"

usage() { sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }

# ---------------------------------------------------------------- arguments

COMMAND=${1:-}
[ $# -gt 0 ] && shift
INSTANCE="test"
WHILE_PID=
RELEASE_PID=
if [ "$COMMAND" = release ]; then
  RELEASE_PID=${1:?release needs the pid that start was given}
  shift
fi
while [ $# -gt 0 ]; do
  case $1 in
    test | dev) INSTANCE=$1 ;;
    --while-pid) WHILE_PID=${2:?--while-pid needs a pid}; shift ;;
    *) usage ;;
  esac
  shift
done

HOME_DIR=$LOCAL/$INSTANCE
case $INSTANCE in
  test) ENV_FILE=$LOCAL/servers.env ;;
  *) ENV_FILE=$LOCAL/servers-$INSTANCE.env ;;
esac
PREFIX=MOTCUA_$(printf '%s' "$INSTANCE" | tr '[:lower:]' '[:upper:]')

# A PGPORT or PGHOST of the caller's shell must not lead us elsewhere.
unset PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE PGDATA PGSERVICE PGOPTIONS PGSSLMODE
umask 022

# shellcheck source-path=SCRIPTDIR
. "$ROOT/e2e/servers/probes.sh"
# shellcheck source-path=SCRIPTDIR
. "$ROOT/e2e/servers/private.sh"

# ---------------------------------------------------------------- all three

locked() { # one start or stop at a time
  mkdir -p "$HOME_DIR"
  # The folder of the data has its own, stricter rights; this one must be walked through.
  chmod 755 "$LOCAL" "$HOME_DIR" 2>/dev/null || true
  if command -v flock >/dev/null; then
    exec 9>"$HOME_DIR/lock"
    flock -w 300 9 || die "another start or stop has been running for 5 minutes"
  else
    exec 9>/dev/null
  fi
}

given() { # COMPONENT: the address the environment gives
  local name
  name=${PREFIX}_$(printf '%s' "$1" | tr '[:lower:]' '[:upper:]')_URL
  printf '%s' "${!name:-}"
}

private_url() { # COMPONENT: address of the private server that runs, if one does
  local d
  case $1 in
    postgres)
      d=$HOME_DIR/postgres
      postgres_pid >/dev/null || return 1
      echo "postgres://postgres:$(read_file "$d/password")@127.0.0.1:$(read_file "$d/port")/postgres"
      ;;
    amqp)
      d=$HOME_DIR/rabbitmq
      rabbitmq_pid >/dev/null || return 1
      echo "amqp://motcua:$(read_file "$d/password")@127.0.0.1:$(read_file "$d/port")/%2f"
      ;;
    redis)
      d=$HOME_DIR/redis
      redis_pid >/dev/null || return 1
      echo "redis://default:$(read_file "$d/password")@127.0.0.1:$(read_file "$d/port")/0"
      ;;
  esac
}

usual_url() {
  case $1 in
    postgres) echo postgres://postgres:postgres@127.0.0.1:5432/postgres ;;
    amqp) echo amqp://guest:guest@127.0.0.1:5672/%2f ;;
    redis) echo redis://127.0.0.1:6379/0 ;;
  esac
}

title() { case $1 in postgres) echo PostgreSQL ;; amqp) echo RabbitMQ ;; redis) echo Redis ;; esac; }
without_password() { printf '%s' "$1" | sed -E 's#(://[^:/@]*):[^@]*@#\1:***@#'; }

# Finds each server or leaves its name in TO_START. Sets URL_postgres, URL_amqp, URL_redis.
find_servers() {
  local c url
  TO_START=
  for c in postgres amqp redis; do
    url=$(given "$c")
    if [ -n "$url" ]; then
      check_"$c" "$url" given || die "$(title "$c") at $(without_password "$url") (from the environment) does not answer, or does not let us create what we need"
      say "$(title "$c"): $(without_password "$url") (from the environment)"
    elif url=$(private_url "$c") && {
      check_"$c" "$url" || { [ "$c" = amqp ] && await_answer "$HOME_DIR/rabbitmq/pid" 90 check_amqp "$url"; }
    }; then
      say "$(title "$c"): $(without_password "$url") (ours, already running)"
    elif url=$(usual_url "$c") && check_"$c" "$url"; then
      say "$(title "$c"): $(without_password "$url") (found at the usual port)"
    else
      url=
      TO_START="$TO_START $c"
    fi
    printf -v "URL_$c" %s "$url"
  done
}

write_env() {
  (
    umask 077
    {
      printf "export %s_POSTGRES_URL='%s'\n" "$PREFIX" "$URL_postgres"
      printf "export %s_AMQP_URL='%s'\n" "$PREFIX" "$URL_amqp"
      printf "export %s_REDIS_URL='%s'\n" "$PREFIX" "$URL_redis"
      # The broker's door with TLS, where it is ours and has one, and whom to believe there.
      if [ "$URL_amqp" = "$(private_url amqp || true)" ] && [ -s "$HOME_DIR/rabbitmq/tls.port" ]; then
        printf "export %s_AMQPS_URL='amqps://motcua:%s@127.0.0.1:%s/%%2f'\n" "$PREFIX" "$(read_file "$HOME_DIR/rabbitmq/password")" "$(read_file "$HOME_DIR/rabbitmq/tls.port")"
        printf "export %s_CA='%s'\n" "$PREFIX" "$HOME_DIR/rabbitmq/ca.pem"
      fi
    } >"$ENV_FILE.new"
  )
  mv "$ENV_FILE.new" "$ENV_FILE"
}

start() {
  locked
  # Started by hand, the servers stay until they are stopped by hand.
  mkdir -p "$HOME_DIR/users"
  if [ -n "$WHILE_PID" ]; then : >"$HOME_DIR/users/$WHILE_PID"; else : >"$HOME_DIR/keep"; fi
  find_servers
  local c
  # shellcheck disable=SC2086
  [ -z "$TO_START" ] || need_programs $TO_START
  for c in $TO_START; do # what runs but does not answer, or died and left half of itself
    stop_"${c/amqp/rabbitmq}"
    [ "$INSTANCE" = test ] && forget "$c"
  done
  # The slowest is launched first and awaited last.
  case $TO_START in *amqp*) launch_rabbitmq ;; esac
  for c in $TO_START; do
    case $c in
      postgres) start_postgres; URL_postgres=$URL ;;
      redis) start_redis; URL_redis=$URL ;;
    esac
  done
  case $TO_START in *amqp*) await_rabbitmq; URL_amqp=$URL ;; esac
  for c in $TO_START; do
    local name=URL_$c
    say "$(title "$c"): $(without_password "${!name}") (private, started now)"
  done
  write_env
  cat "$ENV_FILE"
}

# Removes what a private server stored.
forget() { # COMPONENT
  case $1 in
    postgres)
      postgres_dir
      # Only ever a folder that new_postgres_dir made.
      case $PG_DIR in "$HOME_DIR/postgres/server" | */motcua-"$INSTANCE"-??????) rm -rf -- "$PG_DIR" ;; esac
      rm -f "$HOME_DIR/postgres/where" "$HOME_DIR/postgres/password"
      ;;
    amqp) rm -rf -- "$HOME_DIR/rabbitmq" ;;
    redis) rm -rf -- "$HOME_DIR/redis" ;;
  esac
}

stop_all() {
  stop_postgres
  stop_rabbitmq &
  stop_redis
  wait
  if [ "$INSTANCE" = test ]; then
    forget postgres
    forget amqp
    forget redis
  fi
  rm -f "$ENV_FILE" "$HOME_DIR/keep"
  rm -rf "$HOME_DIR/users"
}

stop() {
  [ -d "$HOME_DIR" ] || return 0
  locked
  stop_all
}

# Removes the data of private servers; for a server found elsewhere its databases are somebody's
# business, and stay.
forget_all() {
  [ -d "$HOME_DIR" ] || return 0
  locked
  stop_all
  forget postgres
  forget amqp
  forget redis
  rm -rf -- "$HOME_DIR/postgres"
}

release() {
  [ -d "$HOME_DIR" ] || return 0
  locked
  rm -f "$HOME_DIR/users/$RELEASE_PID"
  local f
  for f in "$HOME_DIR"/users/*; do
    [ -e "$f" ] || continue
    if alive "${f##*/}"; then say "still needed by process ${f##*/}: left running"; return 0; fi
    rm -f "$f"
  done
  if [ -e "$HOME_DIR/keep" ]; then say "started by hand: left running"; return 0; fi
  stop_all
}

status() {
  local pid c rc=0
  for c in postgres:postgres_pid amqp:rabbitmq_pid epmd:epmd_pid redis:redis_pid; do
    if pid=$("${c#*:}"); then printf '%-10s private, pid %s\n' "${c%%:*}" "$pid"; else printf '%-10s not started by us\n' "${c%%:*}"; fi
  done
  if [ -f "$ENV_FILE" ]; then
    # shellcheck disable=SC1090
    . "$ENV_FILE"
    for c in postgres amqp redis; do
      local url
      url=$(given "$c")
      if check_"$c" "$url" given; then printf '%-10s answers at %s\n' "$c" "$(without_password "$url")"; else printf '%-10s NO ANSWER at %s\n' "$c" "$(without_password "$url")"; rc=1; fi
    done
  else
    echo 'no addresses: run start first'
    rc=1
  fi
  return $rc
}

case $COMMAND in
  start) start ;;
  stop) stop ;;
  release) release ;;
  forget) forget_all ;;
  status) status ;;
  psql)
    [ -f "$ENV_FILE" ] || die "not started"
    # shellcheck disable=SC1090
    . "$ENV_FILE"
    find_psql || die "please install psql (Debian, Ubuntu: sudo apt-get install postgresql-client)"
    exec "$PSQL" "$(given postgres)" -w -X -q -v ON_ERROR_STOP=1
    ;;
  env) [ -f "$ENV_FILE" ] && cat "$ENV_FILE" || die "not started" ;;
  *) usage ;;
esac

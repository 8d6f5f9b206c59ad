#!/usr/bin/env bash
# Servers of the fault harness's own, below a folder that it names: it kills, stops and empties them. Like those of `make up` they
# sync to the disk; nothing else is ever touched.
#
#   own.sh FOLDER start COMPONENT…     start what does not run (postgres, amqp, redis)
#   own.sh FOLDER stop COMPONENT       stop softly
#   own.sh FOLDER pids COMPONENT       its processes, the first is the one that was started
#   own.sh FOLDER url COMPONENT        its address
#   own.sh FOLDER eval EXPRESSION      Erlang, in the broker
#   own.sh FOLDER forget               stop all, remove all
set -euo pipefail
ME=faults
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
HOME_DIR=${1:?a folder}
COMMAND=${2:?a command}
shift 2
# The names that private.sh asks for.
# shellcheck disable=SC2034
INSTANCE=faults PREFIX=MOTCUA_FAULTS
unset PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE PGDATA PGSERVICE PGOPTIONS PGSSLMODE
umask 022
# shellcheck source-path=SCRIPTDIR
. "$ROOT/e2e/servers/probes.sh"
# shellcheck source-path=SCRIPTDIR
. "$ROOT/e2e/servers/private.sh"
mkdir -p "$HOME_DIR"
chmod 755 "$HOME_DIR"

url() {
  case $1 in
    postgres) echo "postgres://postgres:$(cat "$HOME_DIR/postgres/password")@127.0.0.1:$(cat "$HOME_DIR/postgres/port")/postgres" ;;
    amqp) echo "amqp://motcua:$(cat "$HOME_DIR/rabbitmq/password")@127.0.0.1:$(cat "$HOME_DIR/rabbitmq/port")/%2f" ;;
    redis) echo "redis://default:$(cat "$HOME_DIR/redis/password")@127.0.0.1:$(cat "$HOME_DIR/redis/port")/0" ;;
  esac
}

stop() {
  case $1 in
    postgres) stop_postgres ;;
    amqp) stop_rabbitmq ;;
    redis) stop_redis ;;
  esac
}

# A server that was killed a moment ago may still be there as a process that nobody has buried.
await_killed() {
  local pid i
  postgres_dir
  pid=$(head -n 1 "$PG_DIR/data/postmaster.pid" 2>/dev/null) || return 0
  for ((i = 0; i < 100; i++)); do
    alive "$pid" || return 0
    grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null && { rm -f "$PG_DIR/data/postmaster.pid"; return 0; }
    sleep 0.05
  done
}

case $COMMAND in
  start)
    need_programs "$@"
    # The slowest is launched first and awaited last.
    case " $* " in *" amqp "*) find_rabbitmq; stop_rabbitmq; launch_rabbitmq ;; esac
    for c in "$@"; do
      case $c in
        postgres) find_postgres; await_killed; start_postgres ;;
        redis) find_redis; start_redis ;;
      esac
    done
    case " $* " in *" amqp "*) await_rabbitmq ;; esac
    ;;
  stop) find_postgres; find_rabbitmq; stop "$1" ;;
  pids)
    case $1 in
      postgres) pid=$(postgres_pid) ;;
      amqp) pid=$(rabbitmq_pid) ;;
      redis) pid=$(redis_pid) ;;
    esac
    echo "$pid"
    # Children of the server; of the broker they are helpers that end with it.
    [ "$1" != postgres ] || ps -o pid= --ppid "$pid" | tr -d ' '
    ;;
  url) url "$1" ;;
  eval)
    find_rabbitmq
    # shellcheck disable=SC1091
    . "$HOME_DIR/rabbitmq/env.sh"
    if command -v erl_call >/dev/null; then
      # A C program: rabbitmqctl would start a virtual machine for each question.
      printf '%s.\n' "$1" | limited 20 erl_call -sname "$RABBITMQ_NODENAME" -c "$(cat "$HOME/.erlang.cookie")" -e
    else
      limited 60 "$RABBIT_BIN/rabbitmqctl" -q eval "$1."
    fi
    ;;
  forget)
    find_postgres || true
    find_rabbitmq || true
    for c in amqp redis postgres; do stop $c; done
    postgres_dir
    case $PG_DIR in "$HOME_DIR/postgres/server" | */motcua-faults-??????) rm -rf -- "$PG_DIR" ;; esac
    rm -rf -- "$HOME_DIR"
    ;;
  *) die "own.sh does not know $COMMAND" ;;
esac

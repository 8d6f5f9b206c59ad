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
INSTANCE=test
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

# ---------------------------------------------------------------- small tools

# A free port below the range from which the kernel takes outgoing ports.
free_port() {
  local p try
  for try in $(seq 1 200); do
    p=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    case " $TAKEN " in *" $p "*) continue ;; esac
    port_taken "$p" && continue
    TAKEN="$TAKEN $p"
    PORT=$p
    return 0
  done
  die "no free port between 20000 and 32000"
}
TAKEN=

# Splits scheme://user:password@host:port/rest into U_USER, U_PASSWORD, U_HOST, U_PORT, U_PATH.
split_url() { # URL DEFAULT_PORT
  local rest=${1#*://} auth=
  case $rest in *@*) auth=${rest%@*}; rest=${rest##*@} ;; esac
  U_PATH=
  case $rest in */*) U_PATH=${rest#*/}; rest=${rest%%/*} ;; esac
  U_PATH=${U_PATH%%\?*}
  U_USER=$(unescape "${auth%%:*}")
  U_PASSWORD=
  case $auth in *:*) U_PASSWORD=$(unescape "${auth#*:}") ;; esac
  case $rest in
    \[*\]:*) U_HOST=${rest%:*}; U_PORT=${rest##*:} ;;
    \[*\]) U_HOST=$rest; U_PORT=$2 ;;
    *:*) U_HOST=${rest%:*}; U_PORT=${rest##*:} ;;
    *) U_HOST=$rest; U_PORT=$2 ;;
  esac
  U_HOST=${U_HOST#[}
  U_HOST=${U_HOST%]}
}

unescape() { # TEXT with %XX
  local s=${1//\\/\\\\}
  printf '%b' "${s//%/\\x}"
}

# ---------------------------------------------------------------- programs

find_postgres() { # sets PG_BIN
  local d
  for d in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -rV) \
    "$(pg_config --bindir 2>/dev/null || true)" \
    /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
    "$(dirname "$(command -v initdb 2>/dev/null || echo /none/x)")"; do
    if [ -x "$d/initdb" ] && [ -x "$d/postgres" ] && [ -x "$d/pg_ctl" ]; then
      PG_BIN=$d
      return 0
    fi
  done
  return 1
}

# Debian's /usr/sbin wrappers change to the user rabbitmq; the scripts themselves are what we need.
find_rabbitmq() { # sets RABBIT_BIN
  local d
  for d in /usr/lib/rabbitmq/bin $(ls -d /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin 2>/dev/null | sort -rV) \
    /opt/homebrew/opt/rabbitmq/sbin /usr/local/opt/rabbitmq/sbin \
    "$(dirname "$(command -v rabbitmq-server 2>/dev/null || echo /none/x)")"; do
    if [ -x "$d/rabbitmq-server" ]; then
      RABBIT_BIN=$d
      command -v erl >/dev/null || return 1
      return 0
    fi
  done
  return 1
}

find_epmd() { # sets EPMD
  local root
  EPMD=$(command -v epmd || true)
  [ -n "$EPMD" ] && return 0
  root=$(dirname "$(dirname "$(readlink -f "$(command -v erl)")")")
  for EPMD in "$root"/erts-*/bin/epmd "$root"/lib/erlang/erts-*/bin/epmd /usr/lib/erlang/erts-*/bin/epmd; do
    [ -x "$EPMD" ] && return 0
  done
  EPMD=
}

find_redis() { # sets REDIS
  REDIS=$(command -v redis-server || command -v valkey-server || true)
  [ -n "$REDIS" ]
}

find_psql() { # sets PSQL
  PSQL=
  if find_postgres && [ -x "$PG_BIN/psql" ]; then PSQL=$PG_BIN/psql; else PSQL=$(command -v psql || true); fi
  [ -n "$PSQL" ]
}

# Makes sure that the programs of the components named are there.
need_programs() { # COMPONENT…
  local c missing=
  for c in "$@"; do
    case $c in
      postgres) find_postgres || missing="$missing postgresql" ;;
      amqp) find_rabbitmq || missing="$missing rabbitmq-server" ;;
      redis) find_redis || missing="$missing redis-server" ;;
    esac
  done
  [ -z "$missing" ] && return 0
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || ! grep -qE '^ID(_LIKE)?=.*(debian|ubuntu)' /etc/os-release 2>/dev/null; then
    die "please install:$missing (Debian, Ubuntu: sudo apt-get install --no-install-recommends$missing), or set ${PREFIX}_POSTGRES_URL, ${PREFIX}_AMQP_URL, ${PREFIX}_REDIS_URL"
  fi
  say "installing$missing"
  mkdir -p "$HOME_DIR"
  local log=$HOME_DIR/apt.log
  # shellcheck disable=SC2086
  if ! {
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 $missing
  } </dev/null >"$log" 2>&1 9>&-; then
    tail -n 15 "$log" >&2
    die "apt-get could not install:$missing (whole output: $log)"
  fi
  # Where packages start their services, the ones that nobody had before us are not wanted.
  if [ -d /run/systemd/system ]; then
    for c in $missing; do systemctl disable --now "$c" >>"$log" 2>&1 </dev/null || true; done
  fi
  hash -r
  for c in "$@"; do
    case $c in
      postgres) find_postgres || die "PostgreSQL is still not found after installing it" ;;
      amqp) find_rabbitmq || die "RabbitMQ is still not found after installing it" ;;
      redis) find_redis || die "Redis is still not found after installing it" ;;
    esac
  done
}

# ---------------------------------------------------------------- does it answer?

# The server lets us in and lets us create (and drop) a database; for `dev` a role too.
check_postgres() { # URL
  split_url "$1" 5432
  if ! find_psql; then
    # Cannot look closer without a client; an address somebody gave us is believed.
    [ "${2:-}" = given ] && (exec 3<>"/dev/tcp/$U_HOST/$U_PORT") 2>/dev/null
    return
  fi
  local name=motcua_probe_$$_$RANDOM
  local steps=(-c "create database $name" -c "drop database $name")
  [ "$INSTANCE" = dev ] && steps+=(-c "create role $name" -c "drop role $name")
  PGCONNECT_TIMEOUT=5 limited 30 "$PSQL" "$1" -w -X -q -v ON_ERROR_STOP=1 "${steps[@]}" </dev/null >/dev/null 2>&1 9>&-
}

check_redis() { # URL
  split_url "$1" 6379
  limited 5 bash -c '
    exec 3<>"/dev/tcp/$1/$2" || exit 1
    if [ -n "$4" ]; then
      if [ -n "$3" ]; then printf "AUTH %s %s\r\n" "$3" "$4" >&3; else printf "AUTH %s\r\n" "$4" >&3; fi
      read -r -t 3 line <&3; [ "${line%%[[:space:]]}" = +OK ] || exit 1
    fi
    printf "PING\r\n" >&3
    read -r -t 3 line <&3
    [ "${line%%[[:space:]]}" = +PONG ]
  ' probe "$U_HOST" "$U_PORT" "$U_USER" "$U_PASSWORD" </dev/null >/dev/null 2>&1 9>&-
}

# The first steps of AMQP 0-9-1 by hand: log in and open the virtual host. Costs a few
# milliseconds, where rabbitmqctl starts a virtual machine for each question.
check_amqp() { # URL
  split_url "$1" 5672
  limited 5 bash -c '
    host=$1 port=$2 user=$3 password=$4 vhost=$5
    exec 3<>"/dev/tcp/$host/$port" || exit 1
    hex() { printf "%s" "$1" | od -An -v -tx1 | tr -d " \n"; }
    raw() { printf "%b" "$(printf "%s" "$1" | sed "s/../\\\\x&/g")"; }
    frame() { raw "01" >&3; raw "0000$(printf %08x $((${#1} / 2)))$1ce" >&3; }
    # Leaves class and method of the next frame in METHOD, for example 000a001e, and what follows in REST.
    next() {
      local head size
      head=$(dd bs=1 count=7 <&3 2>/dev/null | od -An -v -tx1 | tr -d " \n")
      [ ${#head} = 14 ] || exit 1
      size=$((16#${head:6:8}))
      METHOD=$(dd bs=1 count=$((size + 1)) <&3 2>/dev/null | od -An -v -tx1 | tr -d " \n")
      REST=${METHOD:8}
      METHOD=${METHOD:0:8}
    }
    raw 414d515000000901 >&3
    next; [ "$METHOD" = 000a000a ] || exit 1                       # start
    answer=00$(hex "$user")00$(hex "$password")
    frame "000a000b0000000005$(hex PLAIN)$(printf %08x $((${#answer} / 2)))${answer}05$(hex en_US)"
    next; [ "$METHOD" = 000a001e ] || exit 1                       # tune, so the account is good
    frame "000a001f${REST:0:16}"                                   # the limits it proposed
    name=$(hex "$vhost")
    frame "000a0028$(printf %02x $((${#name} / 2)))${name}0000"
    next; [ "$METHOD" = 000a0029 ] || exit 1                       # open-ok
    frame 000a003200c800000000000000                               # close, so that it logs no warning
    next
    exit 0
  ' probe "$U_HOST" "$U_PORT" "${U_USER:-guest}" "${U_PASSWORD:-guest}" "$(amqp_vhost)" </dev/null >/dev/null 2>&1 9>&-
}

# `amqp://host` means the virtual host "/"; a path names it, escaped.
amqp_vhost() { if [ -n "$U_PATH" ]; then unescape "$U_PATH"; else printf /; fi; }

# Repeats CHECK until it holds. Gives up when the process is gone or time is over.
await_answer() { # PIDFILE SECONDS CHECK URL
  local until=$((SECONDS + $2))
  while ! "$3" "$4"; do
    alive "$(read_file "$1")" || return 1
    [ $SECONDS -lt $until ] || return 1
    sleep 0.2
  done
}

# ---------------------------------------------------------------- PostgreSQL

# PostgreSQL refuses to run as root, so root hands it to the user postgres.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then
    (cd / && exec runuser -u postgres -- env -u HOME "$@")
  else
    "$@"
  fi 9>&-
}

# Where the data lies: below .local/, or in a folder of its own if the server's user may not
# walk through the folders above the repository.
postgres_dir() { # sets PG_DIR
  local d=$HOME_DIR/postgres
  PG_DIR=$(read_file "$d/where")
  [ -n "$PG_DIR" ] && [ -d "$PG_DIR" ] && return 0
  PG_DIR=
}

new_postgres_dir() { # sets PG_DIR
  local d=$HOME_DIR/postgres
  postgres_dir
  [ -n "$PG_DIR" ] && return 0
  PG_DIR=$d/server
  mkdir -p "$PG_DIR"
  if [ "$(id -u)" = 0 ]; then
    id postgres >/dev/null 2>&1 || die "PostgreSQL does not run as root, and there is no user postgres"
    chown postgres "$PG_DIR"
    if ! as_postgres test -w "$PG_DIR" 2>/dev/null; then
      rmdir "$PG_DIR"
      if [ "$INSTANCE" = dev ]; then PG_DIR=/var/tmp; else PG_DIR=${TMPDIR:-/tmp}; as_postgres test -x "$PG_DIR" || PG_DIR=/tmp; fi
      PG_DIR=$(mktemp -d "$PG_DIR/motcua-$INSTANCE-XXXXXX")
      chown postgres "$PG_DIR"
    fi
  fi
  chmod 700 "$PG_DIR"
  echo "$PG_DIR" >"$d/where"
}

postgres_pid() { # the postmaster's pid, if it is ours and runs
  postgres_dir
  [ -n "$PG_DIR" ] || return 1
  local pid
  pid=$(head -n 1 "$PG_DIR/data/postmaster.pid" 2>/dev/null) || return 1
  ours "$pid" "$PG_DIR/data" || return 1
  echo "$pid"
}

start_postgres() {
  local d=$HOME_DIR/postgres auth try settings
  mkdir -p "$d"
  new_postgres_dir
  local password
  password=$(kept_secret "$d/password")
  if [ ! -f "$PG_DIR/data/PG_VERSION" ]; then
    # Made under another name first: a folder called `data` is always a whole one.
    rm -rf "$PG_DIR/data.new"
    # A clear password over loopback spares the tests a key derivation for each connection.
    if [ "$INSTANCE" = test ]; then auth=password; else auth=scram-sha-256; fi
    local locale=C
    locale -a 2>/dev/null | grep -qixE 'C\.utf-?8' && locale=C.UTF-8
    (umask 077; cp "$d/password" "$PG_DIR/password")
    [ "$(id -u)" = 0 ] && chown postgres "$PG_DIR/password"
    as_postgres "$PG_BIN/initdb" -D "$PG_DIR/data.new" -U postgres -A "$auth" --pwfile="$PG_DIR/password" \
      -E UTF8 --locale="$locale" --no-sync </dev/null >"$d/initdb.log" 2>&1 ||
      { tail -n 10 "$d/initdb.log" >&2; die "initdb failed (see $d/initdb.log)"; }
    rm -f "$PG_DIR/password"
    mv "$PG_DIR/data.new" "$PG_DIR/data"
  fi
  settings="-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=300 -c timezone=UTC"
  if [ "$INSTANCE" = test ]; then
    settings="$settings -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_wal_size=2GB -c autovacuum=off"
  fi
  for try in 1 2 3; do
    reuse_port "$d/port"
    if as_postgres "$PG_BIN/pg_ctl" -D "$PG_DIR/data" -l "$PG_DIR/log" -w -t 60 -o "-p $PORT $settings" start </dev/null >"$d/start.log" 2>&1; then
      URL="postgres://postgres:$password@127.0.0.1:$PORT/postgres"
      if check_postgres "$URL"; then return 0; fi
      say "PostgreSQL runs on $PORT but refuses us"
    fi
    stop_postgres
    rm -f "$d/port"
  done
  tail -n 15 "$d/start.log" "$PG_DIR/log" >&2
  die "PostgreSQL does not start (see $PG_DIR/log)"
}

stop_postgres() {
  local pid
  if pid=$(postgres_pid); then
    kill -INT "$pid" 2>/dev/null || true # a fast shutdown
    await_end "$pid" 30
  fi
}

# ---------------------------------------------------------------- RabbitMQ

rabbitmq_env() { # the environment by which server and rabbitmqctl find each other; also a file to source
  local d=$HOME_DIR/rabbitmq
  cat <<E
export HOME='$d/home'
export RABBITMQ_NODENAME='motcua_$INSTANCE@localhost'
export RABBITMQ_CONFIG_FILE='$d/rabbitmq.conf'
export RABBITMQ_ADVANCED_CONFIG_FILE='$d/none'
export RABBITMQ_CONF_ENV_FILE=/dev/null
export RABBITMQ_ENABLED_PLUGINS_FILE='$d/plugins'
export RABBITMQ_MNESIA_BASE='$d/data'
export RABBITMQ_LOG_BASE='$d/log'
export RABBITMQ_PID_FILE='$d/beam.pid'
export RABBITMQ_DIST_PORT=$1
export ERL_EPMD_PORT=$2
export ERL_EPMD_ADDRESS=127.0.0.1
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none'
# The script then becomes the server instead of a parent of it: one pid.
export RUNNING_UNDER_SYSTEMD=1
unset NOTIFY_SOCKET RABBITMQ_NODE_PORT RABBITMQ_NODE_IP_ADDRESS RABBITMQ_BASE RABBITMQ_USE_LONGNAME
E
}

rabbitmq_pid() {
  local pid
  pid=$(read_file "$HOME_DIR/rabbitmq/pid")
  ours "$pid" "$HOME_DIR/rabbitmq" && echo "$pid"
}

epmd_pid() {
  local d=$HOME_DIR/rabbitmq pid
  pid=$(read_file "$d/epmd.pid")
  ours "$pid" "$d" && echo "$pid"
}

# Launches the server; it takes seconds, so await_rabbitmq comes later.
launch_rabbitmq() {
  local d=$HOME_DIR/rabbitmq dist epmd
  mkdir -p "$d/data" "$d/log" "$d/home"
  find_epmd
  [ -n "$EPMD" ] || die "Erlang's epmd is not found"
  reuse_port "$d/port"
  AMQP_PORT=$PORT
  free_port; dist=$PORT
  free_port; epmd=$PORT
  local password
  password=$(kept_secret "$d/password")
  URL="amqp://motcua:$password@127.0.0.1:$AMQP_PORT/%2f"
  (
    umask 077
    [ -s "$d/home/.erlang.cookie" ] || secret >"$d/home/.erlang.cookie"
    chmod 400 "$d/home/.erlang.cookie"
    cat >"$d/rabbitmq.conf" <<E
listeners.tcp.1 = 127.0.0.1:$AMQP_PORT
default_user = motcua
default_pass = $password
log.file.level = warning
log.console = false
disk_free_limit.absolute = 50MB
E
  )
  echo '[].' >"$d/plugins"
  rabbitmq_env "$dist" "$epmd" >"$d/env.sh"
  # Our own port mapper, in the foreground, so that its pid is known and no other node uses it.
  detached "$d/epmd.pid" "$d/out.log" env MOTCUA_SERVERS="$d" ERL_EPMD_ADDRESS=127.0.0.1 "$EPMD" -port "$epmd"
  # Erlang sizes tables by the limit of open files, which is a billion in some containers.
  # shellcheck disable=SC2016
  detached "$d/pid" "$d/out.log" bash -c '
    . "$1/env.sh"
    ulimit -Sn 65536 2>/dev/null || ulimit -Sn "$(ulimit -Hn)"
    cd "$1" && exec "$2/rabbitmq-server"' rabbitmq "$d" "$RABBIT_BIN"
}

await_rabbitmq() {
  local d=$HOME_DIR/rabbitmq try
  for try in 1 2 3; do
    URL="amqp://motcua:$(cat "$d/password")@127.0.0.1:$(cat "$d/port")/%2f"
    await_answer "$d/pid" 120 check_amqp "$URL" && return 0
    say "RabbitMQ did not come up; once more"
    stop_rabbitmq
    rm -rf "$d/port"
    [ "$INSTANCE" = test ] && rm -rf "$d/data"
    [ "$try" = 3 ] || launch_rabbitmq
  done
  tail -n 15 "$d/out.log" >&2
  die "RabbitMQ does not start (see $d/out.log, $d/log)"
}

stop_rabbitmq() {
  local pid
  if pid=$(rabbitmq_pid); then
    kill -TERM "$pid" 2>/dev/null || true
    await_end "$pid" 40
  fi
  if pid=$(epmd_pid); then
    kill -TERM "$pid" 2>/dev/null || true
    await_end "$pid" 5
  fi
  rm -f "$HOME_DIR/rabbitmq/pid" "$HOME_DIR/rabbitmq/epmd.pid"
}

# ---------------------------------------------------------------- Redis

redis_pid() {
  local pid
  pid=$(read_file "$HOME_DIR/redis/pid")
  ours "$pid" "$HOME_DIR/redis" && echo "$pid"
}

start_redis() {
  local d=$HOME_DIR/redis try password
  mkdir -p "$d/data"
  password=$(kept_secret "$d/password")
  for try in 1 2 3; do
    reuse_port "$d/port"
    (
      umask 077
      cat >"$d/redis.conf" <<E
bind 127.0.0.1
port $PORT
dir $d/data
daemonize no
save ""
appendonly $([ "$INSTANCE" = dev ] && echo yes || echo no)
requirepass $password
E
    )
    detached "$d/pid" "$d/log" env MOTCUA_SERVERS="$d" "$REDIS" "$d/redis.conf"
    URL="redis://default:$password@127.0.0.1:$PORT/0"
    await_answer "$d/pid" 20 check_redis "$URL" && return 0
    stop_redis
    rm -f "$d/port"
  done
  tail -n 10 "$d/log" >&2
  die "Redis does not start (see $d/log)"
}

stop_redis() {
  local pid
  if pid=$(redis_pid); then
    kill -TERM "$pid" 2>/dev/null || true
    await_end "$pid" 10
  fi
  rm -f "$HOME_DIR/redis/pid"
}

# ---------------------------------------------------------------- all three

# The port of the last time if it is free, so that addresses stay the same; else a new one.
reuse_port() { # FILE; sets PORT
  PORT=$(read_file "$1")
  if [ -z "$PORT" ] || port_taken "$PORT"; then
    free_port
    echo "$PORT" >"$1"
  fi
}

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
  local name=${PREFIX}_$(printf '%s' "$1" | tr '[:lower:]' '[:upper:]')_URL
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

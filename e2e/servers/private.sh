# Servers of our own: their programs, how each is started and stopped. Sourced by servers.sh, which
# sets HOME_DIR, INSTANCE and PREFIX.
# shellcheck shell=bash

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

# The port of the last time if it is free, so that addresses stay the same; else a new one.
reuse_port() { # FILE; sets PORT
  PORT=$(read_file "$1")
  if [ -z "$PORT" ] || port_taken "$PORT"; then
    free_port
    echo "$PORT" >"$1"
  fi
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
    # A test that ends while it connects must not hold up the others for a minute.
    settings="$settings -c authentication_timeout=10s"
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

# A CA of the moment and a certificate of it for this machine; nothing where there is no openssl.
rabbitmq_certificate() {
  local d=$HOME_DIR/rabbitmq key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
  [ -s "$d/tls.pem" ] && return 0
  command -v openssl >/dev/null || return 1
  echo 'subjectAltName=IP:127.0.0.1,DNS:localhost' >"$d/tls.ext"
  # shellcheck disable=SC2086
  {
    openssl req -x509 $key -days 3650 -subj /CN=motcua-test -keyout "$d/ca.key" -out "$d/ca.pem" &&
      openssl req $key -subj /CN=localhost -keyout "$d/tls.key" -out "$d/tls.csr" &&
      openssl x509 -req -in "$d/tls.csr" -CA "$d/ca.pem" -CAkey "$d/ca.key" -CAcreateserial -days 3650 -extfile "$d/tls.ext" -out "$d/tls.pem"
  } </dev/null >"$d/tls.log" 2>&1
}

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
  # For tests a door with TLS beside it.
  rm -f "$d/tls.port"
  if [ "$INSTANCE" = test ] && (umask 077; rabbitmq_certificate); then
    free_port
    echo "$PORT" >"$d/tls.port"
    cat >>"$d/rabbitmq.conf" <<E
listeners.ssl.1 = 127.0.0.1:$PORT
ssl_options.cacertfile = $d/ca.pem
ssl_options.certfile = $d/tls.pem
ssl_options.keyfile = $d/tls.key
ssl_options.verify = verify_none
E
  fi
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

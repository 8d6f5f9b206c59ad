# Runs the services as processes of their own on the test servers, each behind a small balancer, so that a successor can be there before
# its predecessor goes, as in a cluster. Sourced after lib.sh, by restore.sh and upgrade.sh.
#
# Set by who sources it: WORK (a folder), RUN (prefix of databases, roles and queues), BIN (the programs).
# shellcheck shell=bash

STORED='dossier catalogue postal notifications identity'
# Identity first: what a release wants of a token is in those that its own identity gives.
SERVICES='identity catalogue dossier notifications postal portal gateway'
PSQL=(psql "$MOTCUA_TEST_POSTGRES_URL" -XqtA -v ON_ERROR_STOP=1)
SERVER=${MOTCUA_TEST_POSTGRES_URL#*@}
SERVER=${SERVER%%/*}
# Below the range from which the kernel takes outgoing ports.
NEXT_PORT=$((20000 + RANDOM % 9000))

export MOTCUA_PROCESS__BUS__URL=$MOTCUA_TEST_AMQP_URL MOTCUA_PROCESS__CACHE__URL=$MOTCUA_TEST_REDIS_URL
export MOTCUA_DATA=$WORK/data NO_COLOR=1
export MOTCUA_GATEWAY__REQUESTS_PER_MINUTE=60000 MOTCUA_GATEWAY__PUBLIC_REQUESTS_PER_MINUTE=60000
export MOTCUA_DOSSIER__TRACKING__NUMBERS_PER_HOUR=60000
export MOTCUA_NOTIFICATIONS__EMAIL__DIRECTORY=$WORK/email MOTCUA_NOTIFICATIONS__SMS__DIRECTORY=$WORK/sms

upper() { printf '%s' "$1" | tr '[:lower:]' '[:upper:]'; }

next_port() { # sets NEW_PORT
  NEXT_PORT=$((NEXT_PORT + 1))
  while port_taken "$NEXT_PORT"; do NEXT_PORT=$((NEXT_PORT + 1)); done
  NEW_PORT=$NEXT_PORT
}

roles() { # one for each service; nobody else's may enter
  local name password
  for name in $STORED; do
    password=$(secret)
    "${PSQL[@]}" -c "create role ${RUN}_$name login password '$password'" -c "grant ${RUN}_$name to current_user"
    printf '%s' "$password" >"$WORK/$name.password"
  done
}

databases() { # ROUND: empty ones, and their addresses into the environment
  local name
  for name in $STORED; do
    "${PSQL[@]}" -c "create database ${RUN}_${name}_$1 owner ${RUN}_$name encoding 'UTF8' template template0"
    printf 'postgres://%s_%s:%s@%s/%s_%s_%s' "$RUN" "$name" "$(cat "$WORK/$name.password")" "$SERVER" "$RUN" "$name" "$1" >"$WORK/$name.url"
    export "MOTCUA_$(upper "$name")__DATABASE__URL_FILE=$WORK/$name.url" "$(upper "$name")_URL_FILE=$WORK/$name.url"
  done
  export FILES=$WORK/files-$1 MOTCUA_DOSSIER__FILES__DIR=$WORK/files-$1
  # Another broker's worth of queues: what lay in the old one is lost with it.
  export MOTCUA_PROCESS__BUS__PREFIX=$RUN.$1. MOTCUA_PROCESS__CACHE__PREFIX=$RUN.$1:
}

known_to() { # PROGRAMS: what keeps settings from those of the release before that it does not know
  [ "$1" = "${BIN:-$1}" ] || echo "env -u MOTCUA_DOSSIER__TRACKING__NUMBERS_PER_HOUR"
}

migrated() { # PROGRAMS
  local name
  for name in $STORED; do $(known_to "$1") "$1/$name" migrate 2>"$WORK/$name.migrate.log" || die "$name migrate: $(tail -n 3 "$WORK/$name.migrate.log")"; done
}

doors() { # the addresses by which the services know each other; sets GATEWAY
  local name
  mkdir -p "$WORK/behind"
  : >"$WORK/doors"
  for name in $SERVICES; do
    next_port
    echo "$NEW_PORT $name" >>"$WORK/doors"
    export "MOTCUA_PROCESS__DIRECTORY__$(upper "$name")=http://127.0.0.1:$NEW_PORT"
    GATEWAY=http://127.0.0.1:$NEW_PORT
  done
  export MOTCUA_PROCESS__TOKENS__ISSUER=$GATEWAY
  detached "$WORK/balance.pid" "$WORK/balance.log" python3 "$ROOT/e2e/cluster/balance.py" "$WORK"
}

start_service() { # NAME PROGRAMS LABEL: ready when it returns, not yet asked; sets NEW_PORT to its door
  local name=$1 port admin i
  next_port
  port=$NEW_PORT
  next_port
  admin=$NEW_PORT
  echo "$admin" >"$WORK/$name.$3.admin"
  MOTCUA_PROCESS__HTTP__BIND=127.0.0.1:$port MOTCUA_PROCESS__HTTP__ADMIN_BIND=127.0.0.1:$admin \
    detached "$WORK/$name.$3.pid" "$WORK/$name.$3.log" $(known_to "$2") "$2/$name"
  i=0
  until [ "$(http_status "$admin" /readyz)" = 200 ]; do
    alive "$(cat "$WORK/$name.$3.pid")" || die "$name ended: $(tail -n 3 "$WORK/$name.$3.log")"
    i=$((i + 1))
    [ $i -lt 600 ] || die "$name is not ready"
    sleep 0.1
  done
  NEW_PORT=$port
}

lead_to() { # NAME PORT: whoever comes from now on is led there
  echo "$2" >"$WORK/behind/$1.new" && mv "$WORK/behind/$1.new" "$WORK/behind/$1"
}

stop_service() { # NAME LABEL: SIGTERM, and it must end by itself
  local pid
  [ -e "$WORK/$1.$2.pid" ] || return 0
  pid=$(cat "$WORK/$1.$2.pid")
  rm -f "$WORK/$1.$2.pid"
  kill -TERM "$pid" 2>/dev/null || return 0
  await_end "$pid" 35
}

start_suite() { # PROGRAMS LABEL
  local name
  [ -e "$WORK/doors" ] || doors
  for name in $SERVICES; do
    start_service "$name" "$1" "$2"
    lead_to "$name" "$NEW_PORT"
  done
}

stop_suite() {
  local pid name
  for name in $SERVICES; do
    for pid in "$WORK/$name".*.pid; do
      [ -e "$pid" ] || continue
      pid=${pid##*/"$name".}
      stop_service "$name" "${pid%.pid}"
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

clean_suite() { # ROUND…: everything that was made
  local name round
  stop_suite
  if [ -e "$WORK/balance.pid" ]; then kill "$(cat "$WORK/balance.pid")" 2>/dev/null || true; fi
  for name in $STORED; do
    for round in "$@"; do "${PSQL[@]}" -c "set client_min_messages = warning" -c "drop database if exists ${RUN}_${name}_$round with (force)" || true; done
    "${PSQL[@]}" -c "drop role if exists ${RUN}_$name" || true
  done
  rm -rf -- "$WORK"
}

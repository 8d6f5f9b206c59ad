# Does a server answer, take the account, and let us work? Sourced by servers.sh.
# shellcheck shell=bash

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

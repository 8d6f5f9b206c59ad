# Small tools of the scripts in this folder. Sourced, not run.
# shellcheck shell=bash

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
LOCAL=$ROOT/.local

say() { printf '%s\n' "${ME:-servers}: $*" >&2; }
die() { say "$*"; exit 1; }

alive() { [ -n "${1:-}" ] && kill -0 "$1" 2>/dev/null; }

# True if the process PID is alive and still the one we started: it works in FOLDER, or its
# command line or environment names it. (Redis overwrites both of the latter.) A pid file may
# outlive a reboot, and its number then belongs to somebody else.
ours() { # PID FOLDER
  alive "$1" || return 1
  if [ -d "/proc/$1" ]; then
    case $(readlink "/proc/$1/cwd" 2>/dev/null || true)/ in "$2"/*) return 0 ;; esac
    grep -qaF -- "$2" "/proc/$1/environ" "/proc/$1/cmdline" 2>/dev/null
  else
    ps -ww -p "$1" -o args= 2>/dev/null | grep -qF -- "$2"
  fi
}

read_file() { [ -f "$1" ] && cat -- "$1" 2>/dev/null || true; }

secret() { od -An -N18 -tx1 /dev/urandom | tr -d ' \n'; }

# Reads a secret from FILE, making it first if need be.
kept_secret() { # FILE
  [ -s "$1" ] || (umask 077; secret >"$1")
  cat -- "$1"
}

# Writes a text into a file that only we may read.
private_file() { # FILE TEXT
  (umask 077; printf '%s\n' "$2" >"$1")
}

# Runs a command that must not outlive SECONDS.
limited() { # SECONDS COMMAND…
  if command -v timeout >/dev/null; then timeout "$@"; else shift; "$@"; fi
}

# Starts a server in a session of its own, without our lock, terminal or input.
# The pid file is written before anything else can fail.
detached() { # PIDFILE LOG COMMAND…
  local pidfile=$1 log=$2
  shift 2
  if command -v setsid >/dev/null; then
    setsid "$@" </dev/null >>"$log" 2>&1 9>&- &
  else
    nohup "$@" </dev/null >>"$log" 2>&1 9>&- &
  fi
  echo $! >"$pidfile"
  disown
}

# Waits until the process is gone; after SECONDS it is killed.
await_end() { # PID SECONDS
  local i
  for ((i = 0; i < $2 * 10; i++)); do
    alive "$1" || return 0
    sleep 0.1
  done
  say "process $1 does not stop; killing it"
  kill -9 "$1" 2>/dev/null || true
  sleep 0.2
}

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The status of GET http://127.0.0.1:PORT/PATH, or nothing.
http_status() { # PORT PATH
  limited 5 bash -c '
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n" "$2" "$1" >&3
    read -r _ status _ <&3 && printf "%s" "$status"
  ' http "$1" "$2" </dev/null 2>/dev/null || true
}

# Where cargo puts programs of a profile.
program_dir() { # PROFILE
  local target=${CARGO_TARGET_DIR:-$ROOT/target}
  case $target in /*) ;; *) target=$ROOT/$target ;; esac
  case $1 in dev | test) echo "$target/debug" ;; *) echo "$target/$1" ;; esac
}

# Debian packages, where they may be installed: best effort, what is missing is named afterwards by who needs it.
packages() { # PACKAGE…
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 0
  say "installing $*"
  mkdir -p "$LOCAL"
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"; } </dev/null >>"$LOCAL/apt.log" 2>&1 || true
  hash -r
}

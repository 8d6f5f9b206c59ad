#!/usr/bin/env bash
# Everything that tests: with SQLite, then with PostgreSQL, RabbitMQ and Redis at hand in both.
# Arguments go to the test runner (`test.sh -p dossier`, `test.sh due_date`).
#
# Ends with the runner's summary and one line that adds up both runs; the exit code is 0 only if
# everything passed.
set -euo pipefail
ME="test"
# shellcheck source-path=SCRIPTDIR
. "$(dirname -- "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"
SERVERS=$ROOT/e2e/servers/servers.sh
NEXTEST_VERSION=0.9.143

LOCKED=
PROFILE=default
if [ -n "${CI:-}" ]; then
  LOCKED=--locked
  PROFILE=ci
fi

have_nextest() { cargo nextest --version >/dev/null 2>&1; }

RUNNER=nextest
if ! have_nextest; then
  say "installing cargo-nextest $NEXTEST_VERSION (once; a few minutes)"
  if ! cargo install --locked "cargo-nextest@$NEXTEST_VERSION" </dev/null || ! have_nextest; then
    say "cargo-nextest cannot be installed: using cargo test, which has no time limits and no groups"
    RUNNER=cargo
  fi
fi

trap '"$SERVERS" release $$ test' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
"$SERVERS" start test --while-pid $$ >/dev/null
# shellcheck disable=SC1091
. "$LOCAL/servers.env"

# Other people's libraries, in Python: the tests that use them say so when they are not there.
TOOLS=$LOCAL/test-tools
has_tools() { "$TOOLS/bin/python" -c 'import authlib, joserfc, numpy, requests' 2>/dev/null; }
if ! has_tools; then
  # Debian's python3 has no ensurepip of its own.
  python3 -c 'import ensurepip' 2>/dev/null || packages python3-venv
  if python3 -m venv "$TOOLS" 2>/dev/null; then
    "$TOOLS/bin/pip" -q install -r "$ROOT/e2e/servers/requirements.txt" </dev/null || true
  fi
fi
if has_tools; then
  export MOTCUA_TEST_PYTHON=$TOOLS/bin/python
else
  say "no Authlib, no numpy (Python with venv, and pip that reaches an index): the tests authlib_… and numpy_… are skipped"
fi

# The test vectors of Project Wycheproof, in a folder that whoever has them names.
[ -d "${MOTCUA_WYCHEPROOF:-$ROOT/../shared/data/wycheproof}" ] ||
  say "no vectors of Wycheproof (MOTCUA_WYCHEPROOF=folder with json_web_*_test.json): that test is skipped"

# Also the programs that tests start as processes of their own.
say "building"
# shellcheck disable=SC2086
cargo build --workspace --lib --bins --tests $LOCKED

PASSED=0
FAILED=0
STATUS=0
COUNTED=yes

# Adds up what the runner recorded of a run.
count() { # PROFILE
  local head tests failures errors
  head=$(grep -m1 '<testsuites ' "$(junit "$1")" 2>/dev/null) || { COUNTED=; return 0; }
  tests=$(attribute tests "$head")
  failures=$(attribute failures "$head")
  errors=$(attribute errors "$head")
  PASSED=$((PASSED + tests - failures - errors))
  FAILED=$((FAILED + failures + errors))
}
attribute() { local n; n=$(printf '%s' "$2" | sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p"); echo "${n:-0}"; }
junit() { echo "$(dirname "$(program_dir dev)")/nextest/$1/junit.xml"; }

run() { # BACKEND PROFILE ARGUMENTS…
  local backend=$1 profile=$2 started=$SECONDS
  shift 2
  say "tests with $backend"
  if [ $RUNNER = nextest ]; then
    rm -f "$(junit "$profile")"
    # shellcheck disable=SC2086
    MOTCUA_TEST_BACKEND=$backend cargo nextest run --workspace --no-fail-fast --profile "$profile" $LOCKED "$@" </dev/null || STATUS=$?
    count "$profile"
  else
    COUNTED=
    # shellcheck disable=SC2086
    MOTCUA_TEST_BACKEND=$backend cargo test --workspace --no-fail-fast $LOCKED "$@" </dev/null || STATUS=$?
  fi
  say "tests with $backend: $((SECONDS - started)) s"
}

run sqlite "$PROFILE" "$@"
run postgres postgres "$@"

trap - INT TERM EXIT
"$SERVERS" release $$ test || true
[ -z "$COUNTED" ] || echo "$PASSED passed, $FAILED failed"
exit $STATUS
